"""What operators see in the Temporal UI: search attributes, summaries, current details; again after every year."""

from datetime import timedelta
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes
from temporalio.service import RPCError

from models.values import in_shanghai, last_day_until
from models.vocabulary import LapseKind, Stage
from regulation import agenda, naming
from tests.patience import comes
from tests.simulated import lived
from tests.story import Story, instant
from tests.world import World
from workflows import searching, visibility


async def attributes(world: World, story: Story) -> dict[str, Any]:
    """The search attributes that the server shows of a filing."""
    described = await world.handle(story.id).describe()
    return {pair.key.name: pair.value for pair in described.typed_search_attributes}


async def details(world: World, story: Story) -> str:
    """The current details that the UI shows of a filing."""
    metadata: WorkflowMetadata = await world.handle(story.id).query(
        "__temporal_workflow_metadata", result_type=WorkflowMetadata
    )
    return metadata.current_details


async def test_search_attributes_follow_the_filing_and_survive_the_year(world: World) -> None:
    story = Story(world, "VISIBLE-1")
    await story.archived(2027)
    for day in ("2027-06-01", "2027-12-01T10:00", "2028-12-02"):
        await world.on(story.id, instant(day))
        shown, filing = await attributes(world, story), story.filing
        due = agenda.next_deadline(filing)
        assert due
        assert shown["FilingStage"] == filing.stage.value
        assert (shown["FilingKind"], shown["Jurisdiction"]) == ("A", "210100")
        assert shown["NextDeadline"] == due.at
        assert shown.get("MissedYears", 0) == filing.missed_years
        assert shown.get("Provisional", False) == agenda.provisional(filing)
        assert not shown.keys() & {"OpenObjections", "OnHold", "TermsEdition"}, "what nobody looks for"
    assert (story.filing.stage, shown["MissedYears"]) == (Stage.REVOCATION_PENDING, 2)
    assert shown["WaitingFor"] == filing.leader


async def test_operators_find_filings_by_attribute(world: World) -> None:
    story = Story(world, "VISIBLE-2", jurisdiction="211400", alliance_name="葫芦岛市示例产学研联盟")
    await story.submitted("2027-03-15")
    query = "Jurisdiction = '211400' AND FilingStage = 'submitted' AND NextDeadline < '2027-04-01T00:00:00Z'"

    async def found() -> list[str]:
        return [each.id async for each in world.environment.client.list_workflows(query)]

    assert await comes(found) == ["filing-VISIBLE-2"]
    due = agenda.next_deadline(story.filing)
    assert due
    for end, those in ((due.at + timedelta(seconds=1), ["filing-VISIBLE-2"]), (due.at, [])):
        query = f"Jurisdiction = '211400' AND NextDeadline < '{in_shanghai(end)}'"
        assert await found() == those, (
            "as the links of docs/operations.md ask: what is due that day is found, and no more"
        )


async def test_details_tell_stage_office_agenda_and_last_entries_in_every_run(world: World) -> None:
    story = Story(world, "VISIBLE-3")
    await story.archived(2027)
    first = await details(world, story)
    assert "**已备案入库**" in first
    assert "| 2027-10-01 09:00 | 提醒 2027年度（前60日） |" in first
    assert "| 2027-11-30 24:00 | 年度报送截止 2027年度 |" in first
    assert "备案入库 | 已备案入库 |" in first
    assert story.form["alliance_name"] in first
    run = (await world.handle(story.id).describe()).run_id
    await world.on(story.id, instant("2028-10-01T10:00"))
    assert (await world.handle(story.id).describe()).run_id != run
    assert "| 2028-11-30 24:00 | 年度报送截止 2028年度 |" in await details(world, story), "the next run shows them anew"
    assert story.form["alliance_name"] in await details(world, story)


def test_a_period_ends_at_24_00_of_its_last_day_and_what_begins_begins_at_00_00() -> None:
    midnight = instant("2025-12-01T00:00")
    assert naming.short(midnight) == "2025-12-01 00:00"
    assert naming.short_until(midnight) == naming.short_due_at(midnight, LapseKind.YEAR_MISSED) == "2025-11-30 24:00"
    assert naming.short_due_at(midnight, LapseKind.REVOCATION_OPENED) == "2025-12-01 00:00", "自2025年12月1日起"
    assert naming.due_at(midnight, LapseKind.YEAR_MISSED) == "2025年11月30日24时"
    assert naming.due_at(midnight, LapseKind.REVOKED) == "2025年12月1日0时"
    assert str(last_day_until(midnight)) == str(last_day_until(midnight - timedelta(hours=1))) == "2025-11-30"


def test_who_is_awaited_is_called_the_same_everywhere() -> None:
    leader = "91210102MA10ABCD6H"
    assert naming.awaited(None, leader, iit=False) == ""
    assert naming.awaited("210100", leader, iit=True) == "沈阳市科技局、沈阳市工信部门"
    assert naming.awaited(leader, leader, iit=False) == "盟主企业"
    assert naming.awaited(leader, leader, iit=False, leader_name="沈阳甲公司") == "沈阳甲公司"


async def test_summaries_are_words(world: World) -> None:
    story = Story(world, "VISIBLE-4")
    await story.submitted("2027-03-15")
    await story.city("accept", "2027-03-16")
    history = await world.handle(story.id).fetch_history()
    said = [
        event.user_metadata.summary.data.decode() for event in history.events if event.user_metadata.HasField("summary")
    ]
    assert '"受理截止"' in said, "what the first timer waits for"
    described = await world.handle(story.id).describe()
    assert await described.static_summary() == f"{story.form['alliance_name']} · 沈阳市"


def test_a_run_of_an_earlier_release_shows_what_it_did_and_the_next_one_takes_away_what_nobody_asks_for() -> None:
    filing = lived("LIFE").docket[-1].filing
    before = {each.key.name: each.value for each in visibility.attributes(filing, as_until_0_4=True)}
    assert (before["TermsEdition"], before["OnHold"], before["OpenObjections"]) == (filing.terms, False, 0)
    shown = TypedSearchAttributes(
        [
            SearchAttributePair(SearchAttributeKey.for_keyword("TermsEdition"), filing.terms),
            *visibility.from_the_start(filing),
        ]
    )
    (taken_away,) = visibility.changed(visibility.attributes(filing), shown)
    assert (taken_away.key.name, taken_away.value) == ("TermsEdition", None)


async def test_registering_search_attributes_again_changes_nothing(world: World) -> None:
    await searching.register(world.environment.client)
    await searching.register(world.environment.client)
    assert await searching.told(world.environment.client) == ""
    with pytest.raises(RPCError):
        await anext(world.environment.client.list_workflows("NoSuchAttribute = 1"))


async def test_search_attributes_are_written_only_when_one_changed(world: World) -> None:
    story = Story(world, "VISIBLE-5")
    await story.archived(2027)
    history = await world.handle(story.id).fetch_history()
    upserts = sum(
        event.event_type == EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES for event in history.events
    )
    assert upserts == 6, "none at the submission, which is started with what it is found by, and none by a reminder"
    await world.on(story.id, instant("2027-11-20"))
    later = await world.handle(story.id).fetch_history()
    reminders = story.filing.number - 8
    assert reminders == 3
    again = sum(event.event_type == EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES for event in later.events)
    assert again == upserts, "a reminder changes no attribute"
    shown = (await world.handle(story.id).describe()).typed_search_attributes
    assert visibility.changed(visibility.attributes(story.filing), shown) == []
