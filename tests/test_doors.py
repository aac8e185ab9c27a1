"""The door for programs: repeated, conflicting, hand-made and old requests."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowFailureError, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from activities.entering import Start
from activities.register import Register
from gateway.client import workflow_id
from gateway.problem import Conflict, NotFound, Refused
from models.vocabulary import Stage
from tests.story import Story, checklist, instant, report
from tests.world import World
from workflows.filing import AllianceFiling


async def test_a_repeated_submission_is_the_same_filing_and_another_one_a_conflict(world: World) -> None:
    story = Story(world, "DOOR-1")
    first = await story.submitted("2027-03-15")
    assert await world.door_at(instant("2027-03-15")).submit(story.form) == first
    later = story.form | {"received_at": instant("2027-03-20").isoformat()}
    assert await world.door_at(instant("2027-03-20")).submit(later) == first
    other = story.form | {"technical_field": "新材料"}
    with pytest.raises(Conflict):
        await world.door_at(instant("2027-03-15")).submit(other)
    assert story.kinds() == ["submit"]


async def test_an_application_with_errors_starts_nothing_and_tells_all_of_them(world: World) -> None:
    form = Story(world, "DOOR-2").form | {"integrity_commitment": False, "agreement_effective_on": "2099-01-01"}
    with pytest.raises(Refused) as refused:
        await world.door.submit(form)
    errors = {each.code for each in refused.value.refusal.findings if each.severity == "error"}
    assert errors == {"A-17", "A-27"}
    assert world.register.row("DOOR-2") is None


async def test_a_hand_made_start_cannot_slip_past_the_findings(world: World) -> None:
    form = Story(world, "DOOR-3").form | {"integrity_commitment": False}
    key = world.register.lodge("DOOR-3", "application", form, instant("2027-03-15"))
    for start in (
        Start(filing_id="DOOR-3", paper=key, received_at=instant("2027-03-15")),
        Start(filing_id="DOOR-3", paper="f" * 64, received_at=instant("2027-03-15")),
        Start(filing_id="DOOR-3"),
    ):
        with pytest.raises(WorkflowFailureError) as failed:
            await world.environment.client.execute_workflow(
                AllianceFiling.run, start, id=workflow_id("DOOR-3"), task_queue=world.settings.task_queue
            )
        cause: BaseException | None = failed.value.cause
        while cause and not isinstance(cause, ApplicationError):
            cause = cause.__cause__
        assert isinstance(cause, ApplicationError)
    assert world.register.row("DOOR-3") is None


async def test_a_start_that_carries_a_filing_of_its_own_is_not_believed(world: World) -> None:
    story = Story(world, "DOOR-4")
    await story.archived(2027)
    forged = story.filing.but(id="DOOR-5")
    with pytest.raises(WorkflowFailureError):
        await world.environment.client.execute_workflow(
            AllianceFiling.run,
            Start(filing_id="DOOR-5", filing=forged),
            id=workflow_id("DOOR-5"),
            task_queue=world.settings.task_queue,
        )


async def test_an_import_under_the_number_of_another_filing_is_refused_and_may_come_again(world: World) -> None:
    imports = {
        "by": {"person": "p-401", "office": "210000", "role": "province_st"},
        "legacy": {"archived_on": "2020-12-18", "archive_number": "辽科备〔2020〕7号", "document_no": "辽科函1号"},
    }
    await Story(world, "DOOR-22", **imports).submitted("2027-03-15")
    story = Story(world, "DOOR-23", **imports)
    with pytest.raises(Refused, match="备案编号 辽科备〔2020〕7号 已属于另一备案"):
        await story.submitted("2027-03-15")
    assert world.register.row(story.id) is None, "nothing was started"
    again = Story(world, "DOOR-23", **imports | {"legacy": imports["legacy"] | {"archive_number": "辽科备〔2020〕8号"}})
    assert (await again.submitted("2027-03-16")).stage is Stage.IN_FORCE


async def test_an_act_on_nothing_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        await world.door.act("NOBODY", {"id": "x", "kind": "accept"})


async def test_the_same_act_gets_the_same_answer_however_late_it_comes_again(world: World) -> None:
    story = Story(world, "DOOR-6")
    await story.submitted("2027-03-15")
    act = story.act("city", "accept", "2027-03-16")
    first = await world.acts(story.id, act)
    await story.iit("give_iit_opinion", "2027-03-17", positive=True)
    assert await world.acts(story.id, act) == first, "in the same run"
    await story.city2("confirm", "2027-03-18", checklist=checklist())
    await story.province("archive", "2027-04-20")
    await story.on("2028-12-02")
    assert await world.acts(story.id, act) == first, "two runs later"
    assert story.kinds().count("accept") == 1


async def test_an_act_that_would_still_be_legal_is_not_done_twice_years_later(world: World) -> None:
    story = Story(world, "DOOR-20")
    await story.archived(2027)
    act = story.act("city", "record_inspection", "2027-06-01", inspected_on="2027-06-01", result="in_order")
    first = await world.acts(story.id, act)
    for year in (2027, 2028):
        await story.reports(year, f"{year}-11-03")
    await story.on("2029-02-02")
    assert await world.acts(story.id, act) == first
    await world.handle(story.id).signal("act", act)
    await story.reports(2029, "2029-11-03")
    assert story.kinds().count("record_inspection") == 1


async def test_a_refused_update_leaves_no_trace_in_the_engine_and_one_at_the_door(world: World) -> None:
    story = Story(world, "DOOR-7")
    await story.submitted("2027-03-15")
    act = story.act("province", "archive", "2027-03-16")
    with pytest.raises(Refused) as refused:
        await world.acts(story.id, act)
    assert refused.value.refusal.supplied_by == "accept"
    types = [EventType.Name(event.event_type) for event in (await world.handle(story.id).fetch_history()).events]
    assert not [each for each in types if "EXECUTION_UPDATE_" in each]
    assert story.kinds() == ["submit"]
    assert [each.act_id for each in world.register.refused_acts(story.id)] == [act["id"]]


async def test_a_receipt_ahead_of_the_clock_is_refused(world: World) -> None:
    story = Story(world, "DOOR-8")
    await story.submitted("2027-03-15")
    act = story.act("city", "accept", "2027-03-15T09:01:00")
    with pytest.raises(Refused, match="收到时间晚于系统时间"):
        await world.door_at(instant("2027-03-15")).act(story.id, act)


async def test_an_act_whose_paper_is_not_in_the_register_is_refused(world: World) -> None:
    story = Story(world, "DOOR-9")
    await story.archived(2027)
    act = story.act("leader", "file_annual_report", "2027-11-01", year=2027, paper="e" * 64)
    with pytest.raises(Refused, match="文书未存入备案库"):
        await world.acts(story.id, act)
    assert (await world.acts(story.id, act | {"content": report(2027)})).stage is Stage.IN_FORCE, (
        "its id is not used up"
    )


async def test_a_resubmission_with_errors_is_refused_with_all_of_them(world: World) -> None:
    story = Story(world, "DOOR-10")
    await story.submitted("2027-03-15")
    await story.city("return_for_correction", "2027-03-16", deficiencies=[{"item": "A-17", "message": "补充协议附件"}])
    bad = {k: v for k, v in story.form.items() if k not in ("received_at", "by")} | {"integrity_commitment": False}
    with pytest.raises(Refused, match="诚信承诺"):
        await story.leader("resubmit", "2027-03-20", content=bad)
    key = world.register.lodge(story.id, "application", bad, instant("2027-03-20"))
    by_hand = story.act("leader", "resubmit", "2027-03-20", paper=key)
    with pytest.raises(WorkflowUpdateFailedError) as failed:
        await world.handle(story.id).execute_update("act", by_hand)
    assert "诚信承诺" in str(failed.value.cause)
    assert story.filing.stage is Stage.RETURNED


async def test_two_officers_deciding_at_once_at_two_gateways_one_wins_and_the_other_is_told_why(world: World) -> None:
    story = Story(world, "DOOR-11")
    await story.submitted("2027-03-15")
    await world.on(story.id, instant("2027-03-16"))
    door = world.door_at(instant("2027-03-16T09:00:10"))
    returned = story.act(
        "city2", "return_for_correction", "2027-03-16", deficiencies=[{"item": "A-17", "message": "补充"}]
    )
    elsewhere = replace(door, register=Register.at(world.settings.register_url))
    accepted = story.act("city", "accept", "2027-03-16")
    answers = await asyncio.gather(
        door.act(story.id, accepted),
        elsewhere.act(story.id, accepted),
        elsewhere.act(story.id, returned),
        return_exceptions=True,
    )
    elsewhere.register.engine.dispose()
    assert story.kinds()[1:] in (["accept", "return_for_correction"], ["return_for_correction"])
    assert any(not isinstance(each, BaseException) for each in answers)
    assert world.register.verify(story.id) == []


async def test_more_acts_at_once_than_the_engine_takes_wait_for_each_other(
    environment: WorkflowEnvironment, tmp_path: Path
) -> None:
    world = World.without_worker(environment, tmp_path)
    story = Story(world, "DOOR-21")
    async with world.working():
        await story.archived(2027)
    now = await world.now(story.id)
    day = {"inspected_on": "2027-04-20", "result": "in_order"}
    acts = [story.act("province", "record_inspection", "2027-04-20") | day for _ in range(14)]
    waiting = [asyncio.create_task(world.door_at(now).act(story.id, act)) for act in acts]
    await asyncio.sleep(1)
    async with world.working():
        receipts = await asyncio.gather(*waiting)
    assert len({receipt.number for receipt in receipts}) == len(acts)


async def test_sixty_acts_hammered_across_a_continue_as_new_are_each_entered_once(world: World) -> None:
    story = Story(world, "DOOR-12")
    await story.archived(2027)
    await world.on(story.id, instant("2027-12-01T08:59"))
    run = (await world.handle(story.id).describe()).run_id
    door = world.door_at(await world.now(story.id))
    day = {"inspected_on": "2027-11-30", "result": "in_order"}
    acts = [story.act("province", "record_inspection", "2027-12-01T08:58:50") | day for _ in range(60)]
    receipts = await asyncio.gather(*(door.act(story.id, act) for act in acts))
    assert (await world.handle(story.id).describe()).run_id != run
    await story.on("2027-12-02")
    assert len({receipt.number for receipt in receipts}) == 60
    assert story.kinds().count("record_inspection") == 60
    assert story.kinds().count("year_missed") == 1
    assert world.register.verify(story.id) == []
