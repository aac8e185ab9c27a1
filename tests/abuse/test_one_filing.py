"""Whatever is sent to one filing, it goes on: the engine's limits of a run are lowered, so that few acts reach them."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

from deploy.skipping import skipping_server
from gateway.client import Filings
from gateway.problem import Refused, Unreachable
from models.values import canonical
from tests.abuse.amounts import ACTS, OBJECTIONS, STORM
from tests.story import Story
from tests.world import OpenWorld
from workflows.filing import AllianceFiling

CONTACT = {"contact": "张示例", "phone": "13800000003", "service": {"consent": True, "address": "沈阳市示例路1号"}}

UPDATES = 20
"""How many updates this server takes in one run; a real one takes 2,000."""

LIMITS = (
    f"history.maxTotalUpdates={UPDATES}",
    "history.maxTotalUpdates.suggestContinueAsNewThreshold=0.8",
    f"limit.historyCount.suggestContinueAsNew={10 * UPDATES}",
)


@pytest.fixture(scope="module")
async def narrow() -> AsyncIterator[WorkflowEnvironment]:
    """A server whose runs are soon full."""
    async with skipping_server(flags=LIMITS) as server:
        yield server


@pytest.fixture(scope="module")
def limited(request: pytest.FixtureRequest) -> WorkflowEnvironment:
    """That server; for the full amounts one with the limits that are usual."""
    server: WorkflowEnvironment = request.getfixturevalue("environment" if STORM else "narrow")
    return server


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


async def replayed(story: Story) -> None:
    """Each of its runs is rebuilt from its history, as another worker would."""
    replayer = Replayer(workflows=[AllianceFiling], data_converter=pydantic_data_converter)
    client = story.world.client
    async for run in client.list_workflows(f"WorkflowId = 'filing-{story.id}'"):
        await replayer.replay_workflow(await client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history())


def inspection(story: Story, **fields: Any) -> dict[str, Any]:
    """An act that moves no date."""
    told = {"inspected_on": "2027-04-20", "result": "in_order", **fields}
    return story.act("province", "record_inspection", "2027-04-20", **told)


async def test_acts_that_move_no_date_do_not_fill_a_run_for_ever(narrow: WorkflowEnvironment, tmp_path: Path) -> None:
    async with in_force(narrow, tmp_path, "FULL-1") as (story, door):
        before = story.filing.number
        for _ in range(2 * UPDATES):
            await door.act(story.id, inspection(story))
        assert story.filing.number == before + 2 * UPDATES
        assert await runs(story) >= 3
        await replayed(story)
        await story.on("2027-11-02")
        assert story.all_kinds()[-1] == "reminder", "time goes on as well"
        assert story.world.register.verify(story.id) == []


async def test_acts_that_meet_the_end_of_a_run_are_all_answered(narrow: WorkflowEnvironment, tmp_path: Path) -> None:
    async with in_force(narrow, tmp_path, "FULL-2") as (story, door):
        acts = [inspection(story) for _ in range(3 * UPDATES)]
        receipts = await asyncio.gather(*(door.act(story.id, act) for act in acts))
        again = await asyncio.gather(*(door.act(story.id, act) for act in acts[:: UPDATES // 2]))
        assert again == receipts[:: UPDATES // 2]
        assert sorted(receipt.number for receipt in receipts) == [*range(9, 9 + len(acts))]
        assert await runs(story) >= 4


async def test_signals_do_not_fill_a_run_for_ever(narrow: WorkflowEnvironment, tmp_path: Path) -> None:
    async with in_force(narrow, tmp_path, "FULL-3") as (story, door):
        handle = story.world.handle(story.id)
        await asyncio.gather(*(handle.signal("act", {"not": number}) for number in range(120)))
        receipt = await door.act(story.id, inspection(story))
        await story.world.at_rest(story.id)
        assert receipt.number <= story.filing.number == 8 + 121
        assert await runs(story) >= 2


PAPER = {
    "party": "individual",
    "name": "何示例",
    "contact": "13900000002",
    "channel": "platform",
    "text": "并未参与合作",
}


async def test_whatever_comes_staff_can_act_and_every_act_has_its_entry(
    limited: WorkflowEnvironment, tmp_path: Path
) -> None:
    """Acts of the leader in a row, objections by everybody at once; in between an officer."""
    async with OpenWorld.opened(limited, tmp_path, delivering=False) as world:
        story = Story(world, "STORM-1")
        await story.on_notice(2027)
        door = world.door_at(await world.now(story.id) + timedelta(seconds=1))
        day = "2027-03-18"
        contact = [story.act("leader", "correct_contact", day, content=CONTACT) for _ in range(ACTS)]
        objections = [story.act("public", "object", day, content=PAPER) for _ in range(OBJECTIONS)]
        acts, waits = [*contact, *objections], list[float]()
        coming = asyncio.create_task(all_at_once(door, story, acts))
        ruling = {"objection": "beian:together", "counted": 1, "admissible": False, "reason": "无证明材料"}
        while not coming.done():
            await asyncio.sleep(1 if STORM else 0.05)
            began = time.monotonic()
            with suppress(Refused):  # there may be none yet
                await door.act(story.id, story.act("city", "rule_on_admissibility", day, **ruling))
            waits.append(time.monotonic() - began)
        await coming
        register = world.register
        assert [act["id"] for act in acts if register.entry_of(story.id, act["id"]) is None] == []
        assert len(canonical(story.filing.model_dump(mode="json")).encode()) <= 16 * 1024
        ruled = sum(entry.event.kind == "rule_on_admissibility" for entry in story.docket)
        assert story.filing.open_objections == OBJECTIONS - ruled
        assert await runs(story) >= (ACTS + OBJECTIONS) // (2000 if STORM else UPDATES)
        assert waits
        assert max(waits) < 5 or not STORM, f"an officer waited {max(waits):.1f} s"
        print(f"{len(acts)} acts, {await runs(story)} runs, an officer waited at most {max(waits):.2f} s")  # noqa: T201


async def all_at_once(door: Filings, story: Story, acts: Sequence[dict[str, Any]]) -> None:
    """Fifty senders, each with its share of the acts, as often as it takes until each is answered."""

    async def send(share: Sequence[dict[str, Any]]) -> None:
        for act in share:
            while True:
                with suppress(Unreachable):
                    await door.act(story.id, act)
                    break

    await asyncio.gather(*(send(acts[first::50]) for first in range(50)))
