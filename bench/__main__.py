"""`make bench`: every measure, as tables; on the last line every figure as one JSON object. `--quick`: below a minute."""

import asyncio
import json
import os
import platform
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.syntax import Syntax

from bench import baseline, deliveries, full_register, gateway, lives, same_deadline, simulator
from bench.figures import Figure, table


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    simulated: int
    turns: int
    lives: int
    replays: int
    letters: int
    at_one_instant: int
    registered: int
    written: int
    asked: int


FULL = Sizes(
    simulated=200, turns=3, lives=16, replays=9, letters=300, at_one_instant=2000, registered=100_000, written=100,
    asked=100,
)  # fmt: skip
QUICK = Sizes(
    simulated=20, turns=1, lives=4, replays=1, letters=21, at_one_instant=60, registered=5_000, written=10, asked=8
)


async def measure(sizes: Sizes, folder: Path, console: Console) -> list[Figure]:
    """Everything, one after another, each printed as soon as it is known."""
    told: list[Figure] = []

    def tell(title: str, figures: list[Figure]) -> None:
        console.print(table(title, figures))
        told.extend(figures)

    tell("Regulation", list(simulator.simulated(sizes.simulated)))
    with full_register.databases(folder) as databases:
        for name, url in databases.items():
            tell(f"Register: {name}", list(full_register.registered(name, url, sizes.registered, sizes.written)))
    tell("Gateway", list(gateway.measured(folder / "gateway", sizes.registered, sizes.asked)))
    tell("Lives", [each async for each in lives.measured(folder / "lives", sizes.turns, sizes.lives, sizes.replays)])
    tell("Deliveries", [each async for each in deliveries.measured(folder / "letters", sizes.turns, sizes.letters)])
    tell("One instant", [each async for each in same_deadline.measured(folder / "instant", sizes.at_one_instant)])
    return told


@click.command()
@click.option("--quick", is_flag=True, help="smaller sizes, below a minute")
def main(quick: bool) -> None:
    """Measure, and print."""
    console = Console(width=120)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        figures = asyncio.run(measure(QUICK if quick else FULL, Path(folder), console))
    console.print("The baseline, bench/baseline.py:")
    console.print(Syntax(Path(baseline.__file__).read_text("utf-8"), "python", background_color="default"))
    about = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "took_s": round(time.monotonic() - began, 1),
        "quick": quick,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }
    print(json.dumps(about | {each.key: round(each.value, 4) for each in figures}), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
