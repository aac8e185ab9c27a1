"""Which ways a run follows, and when it goes on in a new one."""

from datetime import UTC, datetime

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowExecutionStatus

import deploy.skipping
from activities.entering import Start
from tests.patience import comes
from tests.story import Story
from tests.world import World
from workflows import ways

EVERY = [each for each in vars(ways).values() if isinstance(each, ways.Way)]


async def run_of(world: World, story: Story) -> str | None:
    """The run that a filing is in."""
    return (await world.handle(story.id).describe()).run_id


def test_the_newest_run_follows_every_way_and_asks_for_none() -> None:
    assert max(way.since for way in EVERY) == ways.NEWEST
    assert all(way.is_followed(ways.NEWEST) for way in EVERY)
    assert not ways.YEAR_IS_LEFT_LATER.is_followed(0)


async def test_a_run_without_a_number_leaves_its_year_at_the_deadline_for_one_that_has_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deploy.skipping, "NEWEST", 0)  # as a door of 0.4.0 starts it
    story = Story(world, "WAYS-1")
    await story.archived(2027)
    first = await run_of(world, story)
    await story.on("2027-12-01T08:00")
    second = await run_of(world, story)
    assert second != first
    await story.on("2028-12-01T08:00")
    assert story.kinds()[-2:] == ["year_missed", "revocation_opened"]
    assert await run_of(world, story) == second, "nor when two things fall at one instant"


async def test_a_year_is_left_with_the_first_act_or_day_after_it(world: World) -> None:
    story = Story(world, "WAYS-2")
    await story.archived(2027)
    first = await run_of(world, story)
    await story.on("2027-12-01T08:00")
    assert story.kinds()[-1] == "year_missed"
    assert await run_of(world, story) == first, "at the deadline nothing else is done"
    day = {"inspected_on": "2027-11-30", "result": "in_order"}
    await story.province("record_inspection", "2027-12-01T08:30", **day)
    await world.at_rest(story.id)
    second = await run_of(world, story)
    assert second != first
    await story.province("record_inspection", "2027-12-04", **day)
    await story.on("2028-12-01T08:00")
    assert await run_of(world, story) == second, "once a year"


async def test_a_run_that_a_later_release_began_waits_for_a_worker_of_that_release(world: World) -> None:
    named = world.door.named("WAYS-3", "示例联盟", "210100")
    await world.starts(Start(filing_id="WAYS-3", ways=ways.NEWEST + 1), datetime.now(UTC), named)

    async def given_up() -> bool:
        events = (await world.handle("WAYS-3").fetch_history()).events
        return EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED in {event.event_type for event in events}

    await comes(given_up)
    assert (await world.handle("WAYS-3").describe()).status is WorkflowExecutionStatus.RUNNING
    await world.handle("WAYS-3").terminate()
