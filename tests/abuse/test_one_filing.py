"""Whatever is sent to one filing, it goes on: the engine's limits of a run are lowered, so that few acts reach them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from deploy.skipping import skipping_server
from gateway.client import Filings
from tests.story import Story
from tests.world import OpenWorld

UPDATES = 20
"""How many updates this server takes in one run; a real one takes 2,000."""

LIMITS = (
    f"history.maxTotalUpdates={UPDATES}",
    "history.maxTotalUpdates.suggestContinueAsNewThreshold=0.8",
    "limit.historyCount.suggestContinueAsNew=200",
)


@pytest.fixture(scope="module")
async def narrow() -> AsyncIterator[WorkflowEnvironment]:
    """A server whose runs are soon full."""
    async with skipping_server(flags=LIMITS) as server:
        yield server


@asynccontextmanager
async def in_force(narrow: WorkflowEnvironment, var: Path, filing_id: str) -> AsyncIterator[tuple[Story, Filings]]:
    """A filing in force, months before time brings it anything, and a door at its time."""
    async with OpenWorld.opened(narrow, var, delivering=False) as world:
        story = Story(world, filing_id)
        await story.archived(2027)
        yield story, world.door_at(await world.now(story.id) + timedelta(seconds=1))


async def runs(story: Story) -> int:
    """In how many runs a filing has lived."""
    listed = story.world.client.list_workflows(f"WorkflowId = 'filing-{story.id}'")
    return len([run async for run in listed])


def tag(story: Story, **fields: Any) -> dict[str, Any]:
    """An act that moves no date."""
    return story.act("province", "tag", "2027-04-20", **{"tag": "pilot", **fields})


async def test_acts_that_move_no_date_do_not_fill_a_run_for_ever(narrow: WorkflowEnvironment, tmp_path: Path) -> None:
    async with in_force(narrow, tmp_path, "FULL-1") as (story, door):
        before = story.filing.number
        for _ in range(2 * UPDATES):
            await door.act(story.id, tag(story))
        assert story.filing.number == before + 2 * UPDATES
        assert await runs(story) >= 3
        await story.on("2027-11-02")
        assert story.all_kinds()[-1] == "reminder", "time goes on as well"
        assert story.world.register.verify(story.id) == []


async def test_acts_that_meet_the_end_of_a_run_are_all_answered(narrow: WorkflowEnvironment, tmp_path: Path) -> None:
    async with in_force(narrow, tmp_path, "FULL-2") as (story, door):
        acts = [tag(story) for _ in range(3 * UPDATES)]
        receipts = await asyncio.gather(*(door.act(story.id, act) for act in acts))
        again = await asyncio.gather(*(door.act(story.id, act) for act in acts[:: UPDATES // 2]))
        assert again == receipts[:: UPDATES // 2]
        assert sorted(receipt.number for receipt in receipts) == [*range(9, 9 + len(acts))]
        assert await runs(story) >= 4


async def test_signals_do_not_fill_a_run_for_ever(narrow: WorkflowEnvironment, tmp_path: Path) -> None:
    async with in_force(narrow, tmp_path, "FULL-3") as (story, door):
        handle = story.world.handle(story.id)
        await asyncio.gather(*(handle.signal("act", {"not": number}) for number in range(120)))
        receipt = await door.act(story.id, tag(story))
        await story.world.at_rest(story.id)
        assert receipt.number <= story.filing.number == 8 + 121
        assert await runs(story) >= 2
