"""Counted budgets: history events, bytes, billable actions, the filing's own size; steps of the interpreter for a year."""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.testing import WorkflowEnvironment

from activities.register import Register
from bench.full_register import store_papers
from bench.quiet_life import QuietLife
from bench.simulator import lived
from models.values import canonical
from regulation import calendar, terms
from regulation.annual import KEPT
from regulation.calendar import CALENDARS
from regulation.terms import TERMS
from tests.databases import Databases, statements
from tests.story import Story
from tests.world import World

OF_SKIPPING = {"WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED", "WORKFLOW_EXECUTION_OPTIONS_UPDATED"}
"""The two event types that only skipped time makes."""

BILLABLE = {
    "WORKFLOW_EXECUTION_STARTED",
    "TIMER_STARTED",
    "ACTIVITY_TASK_SCHEDULED",
    "WORKFLOW_EXECUTION_SIGNALED",
    "WORKFLOW_EXECUTION_UPDATE_ACCEPTED",
    "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES",
}


def name(event: HistoryEvent) -> str:
    """An event's type."""
    return EventType.Name(event.event_type).removeprefix("EVENT_TYPE_")


async def events_of(world: World, story: Story, run_id: str | None = None) -> list[HistoryEvent]:
    """The history of a run, without what skipping adds."""
    handle = world.environment.client.get_workflow_handle(f"filing-{story.id}", run_id=run_id)
    return [event for event in (await handle.fetch_history()).events if name(event) not in OF_SKIPPING]


def actions(events: list[HistoryEvent]) -> int:
    """Billable actions: local activities count once a workflow task."""
    count, marked = 0, False
    for event in events:
        kind = name(event)
        count += kind in BILLABLE
        if kind == "WORKFLOW_TASK_COMPLETED":
            marked = False
        elif kind == "MARKER_RECORDED" and not marked:
            count, marked = count + 1, True
    return count


async def test_from_submission_to_archive_without_incident(environment: WorkflowEnvironment, tmp_path: Path) -> None:
    async with World.opened(environment, tmp_path) as world:
        story = Story(world, "BUDGET-A")
        await story.archived(2027)
        events = await events_of(world, story)
    assert story.filing.number == 8
    assert len(events) <= 63, Counter(map(name, events))
    assert sum(event.ByteSize() for event in events) <= 12_300
    assert Counter(map(name, events))["MARKER_RECORDED"] == story.filing.number + 1, (
        "one write an entry, one read at intake"
    )


async def test_a_quiet_year_and_the_filing_after_five(environment: WorkflowEnvironment, tmp_path: Path) -> None:
    runs: list[str] = []
    async with World.opened(environment, tmp_path) as world:
        story = Story(world, "BUDGET-B")
        await story.archived(2027)
        for year in range(2027, 2033):
            story.id_prefix = f"0f8fad5b-d9cb-469f-a165-{year:012}"
            await story.reports(year, f"{year}-11-03")
            await story.on(f"{year}-12-02")
            if year > 2027:
                assert story.all_kinds()[-4:] == ["reminder", "reminder", "file_annual_report", "year_closed"]
            runs.append((await world.handle(story.id).describe()).run_id or "")
        years = [await events_of(world, story, run) for run in runs]
    assert len(set(runs)) == len(runs), "one run a year"
    assert [name(events[-1]) for events in years[:-1]] == ["WORKFLOW_EXECUTION_CONTINUED_AS_NEW"] * (len(years) - 1)
    for events in years[1:-1]:
        assert len(events) <= 33, Counter(map(name, events))
        assert actions(events) <= 12, Counter(map(name, events))
        assert sum(event.ByteSize() for event in events) <= 9_000
    value = canonical(story.filing.model_dump(mode="json"))
    assert [year.year for year in story.filing.years if year.closed] == [2028, 2029, 2030, 2031, 2032]
    assert len(story.filing.years) == KEPT, "the oldest year went when the newest came, and that run ended all the same"
    assert len(value.encode()) <= 2048


def as_shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """The editions that are shipped, and not those of other tests."""
    for editions, shipped in ((TERMS, terms.shipped()), (CALENDARS, calendar.shipped())):
        monkeypatch.setattr(editions, "_editions", shipped._editions)


@contextmanager
def counted(calls: Counter[str], *rooms: str) -> Iterator[None]:
    """Counts what is called of some of our folders."""

    def count(frame: FrameType, what: str, _: object) -> None:
        if what == "call" and str(frame.f_globals["__name__"]).partition(".")[0] in rooms:
            calls[frame.f_code.co_name] += 1

    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(None)


def test_a_quiet_life_in_the_simulator(monkeypatch: pytest.MonkeyPatch) -> None:
    """How many functions of the regulation and of its values are called for ten years, intake included: the same on every
    machine. Two calls more for each entry show."""
    as_shipped(monkeypatch)
    life, calls = QuietLife(1, 2026, years=10), Counter[str]()
    lived(life, life.over)  # once, so that what is kept is there
    with counted(calls, "regulation", "models"):
        docket = lived(life, life.over)
    assert len(docket) == 48
    assert calls["dues"] == 48, "the dates of a filing are worked out once"
    assert calls.total() <= 5_380, calls.most_common(20)


def test_an_entry_is_eight_statements_at_most_and_an_application_ten(
    sqlite: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is a promise that somebody relies on: none is asked twice, however much an entry sends; and little is called for it."""
    as_shipped(monkeypatch)
    life = QuietLife(1, 2026)
    register = Register.at(sqlite.migrated())
    store_papers(register, life)
    asked_for = {}
    for entry in lived(life, life.over):
        with statements(register) as asked:
            register.append(entry)
        asked_for[entry.number] = len([each for each in asked if "used_editions" not in each])  # noted once a worker
    another, calls = QuietLife(2, 2026), Counter[str]()
    store_papers(register, another)
    docket = lived(another, another.over)
    with counted(calls, "activities", "regulation", "models"):
        for entry in docket:
            register.append(entry)
    register.engine.dispose()
    assert calls.total() <= 330 * len(docket), calls.most_common(20)
    assert asked_for.pop(1) <= 10, "an application is read, its name compared, and it is shown, sent and searched for"
    assert max(asked_for.values()) <= 8, asked_for
