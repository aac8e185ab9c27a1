"""The made-up province's year on a real server in skipped time comes to what it comes to without one, entry by entry. Half a minute: `make lives`."""

import asyncio
from pathlib import Path

from temporalio.testing import WorkflowEnvironment

from deploy.skipping import World
from examples.province.__main__ import lay
from examples.province.alliances import province
from examples.province.documents import PARTS, PICTURES, Documents
from examples.province.on_a_server import ServiceOnServer, differences
from examples.province.reconciliation import Reconciliation
from examples.province.side_by_side import made, opened
from examples.province.story import Story
from examples.province.year import live
from models.rounds.base import RoundKind
from tests.in_force import editions_of_ones_own

HOW_MANY, SEED, YEAR = 7, 46, 2030
"""A seed by which seven are enough for both kinds, every origin and a typical alliance; a year that is still to come."""


async def test_a_year_on_a_server_comes_to_the_same_entries_and_sums(
    environment: WorkflowEnvironment, tmp_path: Path
) -> None:
    made(url := f"sqlite:///{tmp_path / 'simulated.db'}")
    with editions_of_ones_own():
        simulated = Story(opened(url), province(HOW_MANY, SEED), YEAR)
        await asyncio.to_thread(live, simulated)
    with editions_of_ones_own():
        async with World.opened(environment, tmp_path / "lived", delivering=False) as world:
            world.register.published.follow()
            service = ServiceOnServer(world.register, world=world, loop=asyncio.get_running_loop())
            lived = Story(service, province(HOW_MANY, SEED), YEAR)
            await asyncio.to_thread(live, lived)
            assert list(differences(simulated.service, service)) == []
            documents = Documents(lived, lived.over)
            drawn = [each for part in PARTS if part != PICTURES for each in documents.of(part)]
            folder = tmp_path / "folder"
            told = lay(lived, drawn, folder) + Reconciliation(lived, folder).of_register()
            assert [each for each in told if not each.agrees] == []
    rounds = simulated.service.rounds.rounds(year=YEAR)
    assert {row.kind for row in rounds} == set(RoundKind) - {RoundKind.OUTAGE}
    await asyncio.to_thread(simulated.service.close)
