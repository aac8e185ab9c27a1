"""`python -m bench.storm`: every process killed in random order while thirty clients work; then everything is looked at.

The same seed gives the same order of deaths and the same clients; what meets what is the machine's. It ends with 1 if anything was
lost, doubled, told wrongly or dated otherwise than the regulation by itself dates it; then what was written stays.
"""

import asyncio
import json
import shutil
import sys
import tempfile
from pathlib import Path

import click

from bench.figures import table
from bench.storm.fleet import Fleet
from bench.storm.storm import PLATFORM, Storm
from tests.loopback import receiver

SECRET = "whsec_" + "c3Rvcm0h" * 4
CHANNELS = f'[channels.{PLATFORM}]\ntype = "webhook"\nurl = "{{url}}"\nsecret = "{SECRET}"\n'


async def blow(storm: Storm, minutes: float) -> None:
    """Let the clients work, and kill."""
    async with storm.working():
        await storm.kills(minutes * 60)


@click.command()
@click.option("--seed", default=7, show_default=True)
@click.option("--minutes", default=10.0, show_default=True, help="for how long processes are killed")
@click.option("--workers", default=1, show_default=True)
@click.option("--gateways", default=1, show_default=True)
@click.option("--clients", default=30, show_default=True)
@click.option("--sleepers", default=40, show_default=True, help="filings whose days came while everything was down")
@click.option("--folder", type=click.Path(path_type=Path), help="an empty folder for everything that is written")
def main(
    seed: int, minutes: float, workers: int, gateways: int, clients: int, sleepers: int, folder: Path | None
) -> None:
    """Blow, look, and print."""
    base = folder or Path(tempfile.mkdtemp(prefix="storm"))
    base.mkdir(parents=True, exist_ok=True)
    with receiver() as receiving:
        channels = base / "channels.toml"
        channels.write_text(CHANNELS.format(url=receiving.url), "utf-8")
        fleet = Fleet(base, workers, gateways, environ={"BEIAN_CHANNELS": str(channels)})
        storm = Storm(fleet, seed, clients, sleepers)
        with fleet.running():
            asyncio.run(blow(storm, minutes))
            figures, faults = storm.found(receiving.requests)
    title = f"A storm of {minutes:g} minutes, seed {seed}: {workers} × worker, {gateways} × gateway, {clients} clients"
    told = json.dumps({each.key: round(each.value, 3) for each in figures})
    print(*table(title, figures), *faults[:50], told, sep="\n", flush=True)  # noqa: T201 - the report
    if faults:
        sys.exit(f"what was written, and what each part said: {base}")
    if folder is None:
        shutil.rmtree(base, ignore_errors=True)


if __name__ == "__main__":
    main()
