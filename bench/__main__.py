"""`make bench`: every measure, as tables of Markdown; on the last line every figure as one JSON object.

`--quick`: in small sizes, in about a minute. `--full`: ten thousand deadlines at one instant, and two workers, as well.
"""

import asyncio
import json
import os
import platform
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
import psutil

from bench import baseline, deliveries, full_register, gateway, lives, rounds, same_deadline, sentinel, simulator
from bench.figures import Figure, table
from bench.goals import goals


@dataclass(frozen=True)
class Sizes:
    """How much is measured. `turns` is how often most of it is, of which the median is told."""

    turns: int
    simulated: int
    lives: int
    replays: int
    letters: int
    at_one_instant: int
    instants: int
    registered: int
    written: int
    asked: int
    few: int
    many: int
    in_rounds: int


USUAL = Sizes(
    turns=5, simulated=50, lives=16, replays=9, letters=150, at_one_instant=2000, instants=3, registered=100_000,
    written=100, asked=100, few=100, many=1000, in_rounds=60,
)  # fmt: skip
QUICK = Sizes(
    turns=1, simulated=20, lives=4, replays=1, letters=150, at_one_instant=60, instants=1, registered=5_000,
    written=10, asked=8, few=20, many=60, in_rounds=8,
)  # fmt: skip
VERY_MANY = 10_000
"""Deadlines at one instant, and how many workers share them, of `--full`."""


async def measure(sizes: Sizes, folder: Path, *, full: bool) -> list[Figure]:
    """Everything, one after another, each printed as soon as it is known."""
    told: list[Figure] = []

    def tell(title: str, figures: Iterable[Figure]) -> None:
        found = list(figures)
        say(*table(title, found))
        told.extend(found)

    tell("The regulation by itself", simulator.simulated(sizes.turns, sizes.simulated))
    tell(
        f"A round, for each of its alliances: of {sizes.few:,} and of {sizes.many:,}",
        await asyncio.to_thread(lambda: [*rounds.measured(folder / "rounds", sizes.few, sizes.many, sizes.in_rounds)]),
    )
    with full_register.databases(folder) as databases:
        tell(
            f"The register, of {sizes.registered:,} filings",
            [
                figure
                for name, url in databases.items()
                for figure in full_register.registered(name, url, sizes.registered, sizes.written)
            ],
        )
    tell(
        f"The gateway, over a register of {sizes.registered:,} filings",
        gateway.measured(folder / "gateway", sizes.registered, sizes.asked),
    )
    tell(
        f"The sentinel, over a register of {sizes.registered:,} filings",
        sentinel.measured(folder, sizes.registered),
    )
    tell(
        "A quiet life",
        [each async for each in lives.measured(folder / "lives", sizes.turns, sizes.lives, sizes.replays)],
    )
    tell("Letters", [each async for each in deliveries.measured(folder / "letters", sizes.turns, sizes.letters)])
    many = sizes.at_one_instant
    tell(
        f"{many:,} deadlines at one instant",
        [each async for each in same_deadline.measured(folder / "herd", sizes.instants, many)],
    )
    if full:
        for at_once, workers in ((many, 2), (VERY_MANY, 1)):
            key = f"{at_once}_by_{workers}"
            tell(
                f"{at_once:,} deadlines at one instant, {workers} worker{'s' if workers > 1 else ''} a side",
                [
                    Figure(f"{each.key}_{key}", each.words, each.value, each.unit, each.side)
                    async for each in same_deadline.measured(folder / key, 1, at_once, workers)
                ],
            )
    return told


REPORT = os.fdopen(os.dup(1), "w")
"""The output, for the report alone: what the engines that are started say goes with the errors."""


def say(*lines: str) -> None:
    """Print."""
    print(*lines, sep="\n", file=REPORT, flush=True)


@click.command()
@click.option("--quick", is_flag=True, help="smaller sizes, about a minute")
@click.option("--full", is_flag=True, help="ten thousand deadlines at one instant, and two workers, as well")
def main(quick: bool, full: bool) -> None:
    """Measure, and print."""
    os.dup2(2, 1)
    began = time.monotonic()
    memory = round(psutil.virtual_memory().total / 2**30)
    say(
        f"## One run: {datetime.now(UTC):%d %B %Y}, {os.cpu_count()} cores ({processor()}), {memory} GB, Python "
        f"{platform.python_version()}",
        "",
    )
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        figures = asyncio.run(measure(QUICK if quick else USUAL, Path(folder), full=full))
    say(*goals(figures))
    say("### The baseline", "", "```python", Path(baseline.__file__).read_text("utf-8").rstrip(), "```", "")
    about = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "took_s": round(time.monotonic() - began, 1),
        "quick": quick,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }
    say(json.dumps(about | {each.key: round(each.value, 4) for each in figures}))


def processor() -> str:
    """What the machine calls its processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


if __name__ == "__main__":
    main()
