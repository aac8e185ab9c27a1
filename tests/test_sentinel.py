"""Engine and register are kept alike (gateway/watching/sentinel.py): an answer, a pass, and what operators did by mistake."""

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.client import ScheduleActionExecutionStartWorkflow, WorkflowExecutionStatus
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

from activities.appending import Appended
from activities.arrivals import Arrivals
from activities.register import Register
from gateway.client import workflow_id
from gateway.problem import NotFound
from gateway.watching import comparing
from gateway.watching.engine import shown
from gateway.watching.sentinel import Sentinel
from models.drift import Drift, DriftKind, Pass
from models.filing import Entry, Filing
from models.register import FilingRow
from models.values import canonical
from regulation import agenda, entries, identity, lodging
from regulation.moment import Moment
from tests.patience import Patient, comes
from tests.served import Served, served
from tests.story import Story, checklist, instant
from tests.test_lives import AT_THE_INSTANT, armed
from tests.world import World
from workflows import sentinel, visibility
from workflows.filing import AllianceFiling

pytestmark = pytest.mark.xdist_group("sentinel")


@pytest.fixture(scope="module")
async def world(environment: WorkflowEnvironment, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """A world of its own: what a round brings level is what was left behind here."""
    async with World.opened(environment, tmp_path_factory.mktemp("sentinel"), delivering=False) as opened:
        yield opened


@pytest.fixture(scope="module")
async def gateway(world: World) -> AsyncIterator[Served]:
    """The doors over it."""
    async with served(world, "2027-03-18") as opened:
        yield opened


async def knows(world: World, filing_id: str) -> Filing:
    """The filing as the engine has it, whose timer is armed for what comes next in it and nothing else."""
    filing: Filing = await world.handle(filing_id).query("filing", result_type=Filing)
    due, timers = agenda.next_lapse(filing), await armed(world, filing_id)
    assert len(timers) == (1 if due else 0)
    assert all(due and abs(at - due.at) < AT_THE_INSTANT for at in timers), (due, timers)
    return filing


def committed(world: World, filing_id: str, raw: dict[str, object], on: str) -> None:
    """Everything dies after the register's commit: the entry stands, and the engine has never heard of the act."""
    filing = world.register.filing(filing_id)
    act = lodging.lodge(filing_id, raw).act
    assert filing
    assert act
    entry = entries.entered(filing, act.but(received_at=instant(on), seen=None), Moment(instant(on), instant(on)))
    assert world.register.append(entry).outcome == "entered"


async def under_review(world: World, filing_id: str) -> tuple[Story, dict[str, object]]:
    """A filing of which the register has the confirmation and the engine has not."""
    story = Story(world, filing_id)
    await story.submitted("2027-03-15")
    await story.city("accept", "2027-03-16")
    await story.iit("give_iit_opinion", "2027-03-17", positive=True)
    confirm = story.act("city2", "confirm", "2027-03-18", checklist=checklist())
    committed(world, filing_id, confirm, "2027-03-18")
    before = await knows(world, filing_id)
    assert before.stage == "under_review", "the engine waits for the days of a review"
    return story, confirm


async def test_an_act_repeated_at_the_platform_s_door_reaches_the_engine_before_it_is_answered(
    world: World, gateway: Served
) -> None:
    story, confirm = await under_review(world, "BEHIND-1")
    key = {"Idempotency-Key": str(confirm["id"]), "Authorization": "Bearer c-102"}
    told = {name: value for name, value in confirm.items() if name not in ("by", "received_at", "id")}
    async with Patient(base_url=gateway.base) as client:
        answer = await client.post(f"/api/v1/filings/{story.id}/acts", json=told, headers=key)
        assert (answer.status_code, answer.json()["number"]) == (200, 4)
        assert await knows(world, story.id) == story.filing, "the timer is that of the notice"
        assert story.filing.stage == "on_notice"
        before = (await world.handle(story.id).describe()).history_length
        for _ in range(3):
            again = await client.post(f"/api/v1/filings/{story.id}/acts", json=told, headers=key)
            assert again.json() == answer.json()
        assert (await world.handle(story.id).describe()).history_length == before, (
            "who is level says so without a trace"
        )


async def test_a_submission_repeated_reaches_the_engine_too(world: World) -> None:
    story, _ = await under_review(world, "BEHIND-2")
    assert (await world.door_at(instant("2027-03-18")).submit(story.form)).number == 1
    assert await knows(world, story.id) == story.filing


async def test_an_act_that_comes_after_one_the_engine_never_heard_of_is_judged_by_what_the_register_holds(
    world: World,
) -> None:
    story, _ = await under_review(world, "BEHIND-5")
    assert (await story.leader("withdraw", "2027-03-18")).number == 5
    assert story.kinds()[-2:] == ["confirm", "withdraw"]


async def passes(world: World) -> list[Drift]:
    """What a pass finds, and mends if that is safe; remembered for the next."""
    keeps = Sentinel(world.door)
    found, different = await keeps.look()
    await asyncio.to_thread(keeps.memory.note, found, different)
    return different


async def mended(world: World) -> list[str]:
    """What a pass mends, and that it finds nothing else."""
    different = await passes(world)
    assert all(each.mended for each in different), different
    return [each.key for each in different]


def unseen(world: World) -> set[str]:
    """Filings with entries of which it is not known that the engine has them."""
    memory = Sentinel(world.door).memory
    return {each.filing_id for rows in memory.open_filings() for each in rows if each.followed != each.number}


async def test_a_pass_brings_level_what_nobody_asks_about_and_asks_the_others_no_more(world: World) -> None:
    await passes(world)
    behind, _ = await under_review(world, "BEHIND-3")
    level = Story(world, "LEVEL-1")
    await level.submitted("2027-03-15")
    assert unseen(world) == {"BEHIND-3", "LEVEL-1"}
    assert await mended(world) == ["BEHIND-3"]
    assert await knows(world, behind.id) == behind.filing
    assert await mended(world) == []
    assert unseen(world) == set(), "one look at each that was entered, and then none"
    found, _ = await Sentinel(world.door).look()
    assert (found.looked_at, found.unseen, found.left) == (0, 0, 0)


async def test_filings_that_run_and_are_not_in_the_register_are_named(world: World) -> None:
    """The engine was kept, and the register restored to a time before them."""
    story = Story(world, "KNOWN-1")
    await story.submitted("2027-03-15")
    now = datetime.now(UTC)
    Arrivals(world.register.engine).receive("UNDER-WAY", identity.SUBMISSION, "0" * 64, now, now)
    running = ["filing-KNOWN-1", "filing-LATER-2", "filing-LATER-1", "filing-UNDER-WAY"]
    assert Sentinel(world.door).unknown(running) == ["LATER-1", "LATER-2"]


async def test_one_that_came_to_its_end_in_the_register_alone_ends(world: World) -> None:
    story = Story(world, "BEHIND-4")
    await story.submitted("2027-03-15")
    committed(world, story.id, story.act("leader", "withdraw", "2027-03-16"), "2027-03-16")
    assert story.id in await mended(world)
    assert not (await world.at_rest(story.id)).runs
    assert await Sentinel(world.door).one(story.id) == [], "and is left alone"


async def test_a_workflow_that_was_terminated_is_started_again_with_its_timer(world: World) -> None:
    story = Story(world, "TERMINATED")
    await story.on_notice(2027)
    await world.handle(story.id).terminate(reason="by mistake")
    [found] = await passes(world)
    assert (found.key, found.kind, found.mended) == (story.id, DriftKind.TERMINATED, True)
    assert (await world.handle(story.id).describe()).status is WorkflowExecutionStatus.RUNNING
    filing: Filing = await world.handle(story.id).query("filing", result_type=Filing)
    assert filing == story.filing
    with pytest.raises(NotFound):
        await Sentinel(world.door).one("NOBODY")


async def test_what_operators_see_is_what_the_register_holds_however_the_engine_came_to_know_it(world: World) -> None:
    story, _ = await under_review(world, "BEHIND-6")
    assert await world.door.level(story.id), "it was behind, and nothing was entered"
    await world.at_rest(story.id)
    shows = (await world.handle(story.id).describe()).typed_search_attributes
    assert visibility.changed(visibility.attributes(story.filing), shows) == []
    assert shows.get(visibility.STAGE) == "on_notice"


async def test_what_a_list_has_lost_is_shown_again(world: World) -> None:
    """The store of what is listed was lost, and the engine's own was not: whoever asks has everything written anew."""
    story = Story(world, "SHOWN-1")
    await story.on_notice(2027)
    await world.handle(story.id).execute_update("show")
    history = await world.handle(story.id).fetch_history()
    shows = [each for each in history.events if each.HasField("upsert_workflow_search_attributes_event_attributes")]
    told = shown(shows[-1].upsert_workflow_search_attributes_event_attributes.search_attributes)
    assert comparing.of_filing(story.filing).is_shown(told), "all of it, not what has changed"
    await Replayer(workflows=[AllianceFiling], data_converter=pydantic_data_converter).replay_workflow(history)


async def test_one_that_waits_for_another_instant_is_named_and_started_anew_by_the_command_that_is_named(
    world: World,
) -> None:
    story = Story(world, "INSTANT-1")
    await story.submitted("2027-03-15")
    await passes(world)
    row = world.register.row(story.id)
    assert row
    filing = story.filing
    name, period = min(filing.periods.items(), key=lambda each: each[1].until)
    moved = filing.but(periods=dict(filing.periods) | {name: period.but(until=period.until - timedelta(days=1))})
    assert agenda.next_lapse(moved) != agenda.next_lapse(filing)
    table = FilingRow.metadata.tables["filings"]
    with world.register.engine.connect().execution_options(writes=True) as db, db.begin():
        value = canonical(moved.model_dump(mode="json"))
        db.execute(table.update().where(table.c.filing_id == story.id).values(value=value))
    [found] = await passes(world)
    assert (found.key, found.kind, found.mended) == (story.id, DriftKind.WRONG_INSTANT, False)
    assert found.command == f"starter.py revive {story.id} --anew"
    assert await Sentinel(world.door).one(story.id, anew=True) == [story.id]
    await world.at_rest(story.id)
    assert await knows(world, story.id) == moved
    assert await mended(world) == []


async def older_register(world: World, found: Pass) -> None:
    """The register is put back as it was before a pass, and with it what was seen then: an act that only the engine knows is found."""
    story = Story(world, "PUT-BACK")
    await story.submitted("2027-03-15")
    assert await mended(world) == []
    memory = Sentinel(world.door).memory
    seen = (await asyncio.to_thread(memory.known, [story.id]))[story.id]
    assert seen.followed == seen.number
    await asyncio.to_thread(memory.note, found.but(at=found.at - timedelta(minutes=1)), [])
    looked, _ = await Sentinel(world.door).look(mends=False)
    assert looked.looked_at >= looked.compared > 0, (
        "everything is looked at anew while the engine remembers a later pass"
    )


async def test_passes_are_made_on_a_schedule_of_the_engine_s(world: World) -> None:
    queue, client = world.settings.task_queue, world.client
    await sentinel.scheduled(client, queue, timedelta(hours=1), at_once=True)
    schedule = client.get_schedule_handle(sentinel.schedule_id(queue))
    try:

        async def started() -> bool:
            return bool((await schedule.describe()).info.recent_actions)

        await comes(started)
        await sentinel.scheduled(client, queue, timedelta(hours=2))
        told = await schedule.describe()
        assert [each.every for each in told.schedule.spec.intervals] == [timedelta(hours=2)]
        [made] = told.info.recent_actions
        assert isinstance(made.action, ScheduleActionExecutionStartWorkflow)
        assert await client.get_workflow_handle(made.action.workflow_id).result() is not None
        found = await asyncio.to_thread(Sentinel(world.door).memory.last)
        assert found is not None
        assert found.compared == len(world.register.open_filings())
        assert await sentinel.last_pass(client, queue) == found
        assert await sentinel.pausing(client, queue) == ""
        await schedule.pause(note="while we look")
        paused = await sentinel.pausing(client, queue)
        assert "已暂停（while we look）" in paused
        assert f"--unpause --schedule-id sentinel-{queue}" in paused
        await older_register(world, found)
    finally:
        await schedule.delete()
    assert "没有巡查日程" in await sentinel.pausing(client, queue)


async def test_nobody_cancels_a_filing(world: World) -> None:
    story = Story(world, "CANCELLED")
    await story.on_notice(2027)
    await world.handle(story.id).cancel(reason="by mistake")
    await story.on("2027-03-26")
    assert story.kinds()[-1] == "notice_ended", "its clock runs on"
    await story.on("2027-04-01")
    await story.province("archive", "2027-04-20")
    await story.on("2028-01-02")
    await world.handle(story.id).cancel()
    assert (await story.leader("deregister", "2028-01-03", reason="不再合作")).stage == "deregistered"
    runs = [run async for run in world.client.list_workflows(f"WorkflowId = '{workflow_id(story.id)}'")]
    assert WorkflowExecutionStatus.CANCELED not in {run.status for run in runs}
    for run in runs:
        history = await world.client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
        await Replayer(workflows=[AllianceFiling], data_converter=pydantic_data_converter).replay_workflow(history)


@dataclass
class Slow(Register):
    """A register that takes its time over an entry, until it is let go."""

    over: int = 0
    asked: threading.Event = field(default_factory=threading.Event)
    free: threading.Event = field(default_factory=threading.Event)

    def append(self, entry: Entry) -> Appended:
        """Wait, if this is the one."""
        if entry.number == self.over and not self.free.is_set():
            self.asked.set()
            self.free.wait(30)
        return super().append(entry)


async def test_what_is_being_written_when_somebody_cancels_is_written(
    environment: WorkflowEnvironment, tmp_path: Path
) -> None:
    world = World.without_worker(environment, tmp_path)
    world.delivering = False
    world.register = register = Slow(world.register.engine, over=1)
    story = Story(world, "CANCELLED-WRITING")
    async with world.working():
        submitted = asyncio.create_task(story.submitted("2027-03-15"))
        await asyncio.to_thread(register.asked.wait, 30)
        await world.handle(story.id).cancel()
        register.free.set()
        assert (await submitted).number == 1
        assert (await story.city("accept", "2027-03-16")).number == 2
        assert await knows(world, story.id) == story.filing
    register.engine.dispose()
