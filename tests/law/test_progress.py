"""The way of a filing, in steps: every case of the law is on it somewhere, and its days are those of the agenda."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import cache

import pytest

from examples.seed import ALLIANCES, past
from models.filing import Entry
from models.values import SHANGHAI, day_of, last_day_until
from models.vocabulary import Kind, LapseKind, Role, Stage
from regulation import agenda, entries, lifecycle, naming, overdue, progress
from regulation.progress import Step, Track
from regulation.simulation import simulate
from tests.law.cases import Case, load, sample
from tests.samples import WHOLE


@cache
def _case(name: str) -> Case:
    return next(each for each in load() if each.id == name)


def at(name: str, entry: int) -> Track:
    """The way that a case's filing is on after so many entries."""
    docket = _case(name).life.docket[:entry]
    return progress.tracks(docket[-1].filing, progress.passed(docket), docket[-1].entered_at)[0]


def step(track: Track, key: str) -> Step:
    """One of its steps."""
    return next(each for each in track.steps if each.key == key)


def told(track: Track) -> list[str]:
    """A way in a line a step: what it is, how it stands, and its day."""
    return [f"{each.title} {each.called} {each.on or each.last or ''}".strip() for each in track.steps]


EVERY = 13
"""Of the law's cases so many are one that is looked at here; `make law` looks at all of them."""

BESIDES = (
    *("objection-b-same-rules", "objection-undoes-the-provincial-step", "revocation-decision-waits"),
    *("revocation-second-defence-before-its-service", "revocation-not-approved-on-the-day-of-a-ruling"),
    *("annual-deadline-moved-beyond-the-next", "annual-answer-goes-on-over-the-next-deadline"),
    "revocation-not-approved-on-the-day-its-service-is-recorded",
)
"""Cases of what a tenth of them does not show: days that rest, a notice that is clear only upon a ruling, a year that goes on over the next."""


def looked_at() -> list[Case]:
    """The cases that are looked at step by step."""
    return load() if WHOLE else [*sample(EVERY), *(_case(each) for each in BESIDES)]


def some(beginning: str = "", step: int = 1) -> list[Case]:
    """Cases whose names begin so."""
    return [each for each in load() if each.id.startswith(beginning)][::step]


ORDER = ["done", "stopped", "current", "ahead"]


def test_every_case_is_on_its_way_and_time_only_goes_forward() -> None:
    seen = set[str]()
    for case in looked_at():
        docket = case.life.docket
        for number, entry in enumerate(docket, 1):
            for track in progress.tracks(entry.filing, progress.passed(docket[:number]), entry.entered_at):
                seen.add(track.key)
                states = [each.state for each in track.steps]
                assert states == sorted(states, key=ORDER.index), f"{case.id} {number} {states}"
                assert states.count("current") + states.count("stopped") <= 1
                over = [
                    each.on for each in track.steps if each.state == "done" and each.on and track.key == "application"
                ]
                assert over == sorted(over), f"{case.id} {number}"
                ahead = [
                    each.until
                    for each in track.steps  # the next year has a day of its own, also where this one was moved beyond it
                    if each.state in ("current", "ahead") and each.until and (track.key, each.key) != ("year", "next")
                ]
                assert ahead == sorted(ahead), f"{case.id} {number}"
                if entry.stage in progress.AT[entry.filing.kind] and track.key == "application":
                    assert track.current, f"{case.id} {number} {entry.stage}"
                    assert track.current.who, f"{case.id} {number}"
                filing = entry.filing
                waits = naming.awaited(lifecycle.awaited(filing), filing.leader, lifecycle.awaits_iit(filing))
                if track.current and track.key != "year":  # a year is asked for whoever has the filing meanwhile
                    assert track.current.who in (waits or track.current.who, waits), f"{case.id} {number}: one source"
    assert seen == {"application", "year", "case"}


def test_a_year_that_is_asked_for_or_returned_is_with_whom_the_lists_name() -> None:
    """Its extension with the reviewer; returned, with its leader until the period of the answer is over, then with the reviewer."""
    seen = set[str]()
    for case in some("annual"):
        for number, entry in enumerate(case.life.docket, 1):
            filing = entry.filing
            track = progress.tracks(filing, progress.passed(case.life.docket[:number]), entry.entered_at)[0]
            lately = filing.years[-2:]  # lists look at these
            year = next((each for each in lately if track.title == f"{each.year}年度报送"), None)
            if entry.stage is not Stage.IN_FORCE or year is None or filing.change or not track.current:
                continue
            if year.extension or year.returned:
                waits = naming.awaited(lifecycle.awaited(filing), filing.leader, lifecycle.awaits_iit(filing))
                assert track.current.who == waits, f"{case.id} {number}"
                seen.add(f"{'extension' if year.extension else 'returned'} {waits == Role.LEADER.label}")
    assert {"extension False", "returned True", "returned False"} <= seen


def test_an_application_of_kind_a_from_submission_to_the_register() -> None:
    assert told(at("province-a-days-as-counted", 1)) == [
        "提交 已完成 2026-01-12",
        "审核 进行中 2026-02-09",
        "公示 未开始 2026-02-14",
        "报省 未开始 2026-02-26",
        "入库 未开始 2026-03-26",
    ]
    assert told(at("notice-2026-01-05", 4))[1:3] == ["审核 已完成 2026-01-05", "公示 进行中 2026-01-12"]
    assert told(at("notice-2026-01-05", 6))[2:4] == ["公示 已完成 2026-01-12", "报省 进行中 2026-01-15"]
    assert told(at("notice-2026-01-05", 7))[3:] == ["报省 已完成 2026-01-16", "入库 进行中 2026-02-13"]


@pytest.mark.parametrize("kind", Kind)
def test_the_days_ahead_are_those_of_the_agenda(kind: Kind) -> None:
    checked = 0
    for case in [*some("notice", 2), *some("province")[:8]]:
        for number, entry in enumerate(case.life.docket, 1):
            filing = entry.filing
            if filing.kind is not kind or filing.stage is not Stage.ON_NOTICE or filing.open_objections:
                continue
            way = progress.tracks(filing, progress.passed(case.life.docket[:number]), entry.entered_at)[-1]
            ends = {line.lapse.kind.value: line.at for line in entries.outlook(filing)}
            if "notice_ended" in ends:
                assert step(way, "notice").until == ends["notice_ended"], case.id
                assert step(way, "notice").counted == agenda.explained(filing, filing.periods["notice"])
            if kind is Kind.A and filing.settled_from is None and not filing.proposals:
                assert last_day_until(ends["notice_cleared"]) >= (step(way, "forwarding").last or date.max), case.id
            checked += 1
    assert checked


def test_a_returned_application_is_with_its_leader_and_has_no_days_ahead() -> None:
    returned = [
        (case, number)
        for case in some("review", 3)
        for number, entry in enumerate(case.life.docket, 1)
        if entry.stage is Stage.RETURNED and "correction" in entry.filing.periods
    ]
    assert returned
    for case, number in returned:
        way, filing = at(case.id, number), case.life.docket[number - 1].filing
        assert way.current
        assert way.current.until == filing.periods["correction"].until
        assert [each.until for each in way.steps if each.state == "ahead"] == [None] * (len(way.steps) - 2)
        lapses = agenda.number(filing, "correction.lapses")
        assert ("视为撤回" in way.current.otherwise) is bool(lapses)


def _days_told_once(docket: Sequence[Entry], now: datetime) -> str:
    """What is wrong with the day of the step at hand: ahead it is one of the agenda, passed it is what somebody is late with."""
    filing = docket[-1].filing
    for track in progress.tracks(filing, progress.passed(docket), now):
        step = track.current
        if step is None or step.until is None or filing.proposals or filing.settled_from or step.key == "check":
            continue  # what a letter keeps from completing comes later; of a check nobody is chased
        if any(name.startswith("extension:") for name in filing.periods) or (step.until <= now and not step.late):
            continue  # a year whose extension is not ruled on yet, and what comes by itself in this instant
        if not step.late:
            coming = {each.at for each in entries.outlook(filing)} | {each.at for each in agenda.dues(filing)}
            # a provisional last day is told; what ends with it comes when the calendar has, or when none can move it any more
            coming |= {each.until for each in filing.periods.values() if agenda.over_for_sure(each) in coming}
            if step.until not in coming:
                return f"{track.title} {step.title} {step.last} 不在日程"
        elif step.until in {each.at for each in agenda.dues(filing)}:
            continue  # chased in this instant
        elif step.last not in {each.last for each in overdue.late(filing)} and step.who != Role.LEADER.label:
            return f"{track.title} {step.title} {step.last} 逾期，清单未列"
    return ""


NOW = datetime(2026, 11, 29, 18, tzinfo=SHANGHAI)


def seeded(filing_id: str) -> Sequence[Entry]:
    """The docket of an invented alliance of the seed, as on one day."""
    alliance = next(each for each in ALLIANCES if each.id == filing_id)
    return simulate(*past(alliance, NOW), NOW).docket


def test_the_step_at_hand_has_the_day_of_the_agenda_or_is_late_as_the_inbox_says() -> None:
    told = {each.id: _days_told_once(seeded(each.id), NOW) for each in ALLIANCES}
    for case in looked_at():
        docket = case.life.docket
        told |= {
            f"{case.id} {n}": _days_told_once(docket[:n], docket[n - 1].entered_at) for n in range(1, len(docket) + 1)
        }
    assert {name: each for name, each in told.items() if each} == {}


def test_before_acceptance_the_review_is_over_when_it_would_be_if_nobody_accepted() -> None:
    """视为受理 counts from the receipt (Q2)."""
    docket = seeded("LN-SHOW-01")
    way = progress.tracks(docket[-1].filing, progress.passed(docket), NOW)[0]
    ends = {
        line.lapse.level: line.at
        for line in entries.outlook(docket[-1].filing)
        if line.lapse.kind is LapseKind.REVIEW_OVERDUE
    }
    assert (step(way, "review").last, step(way, "review").until) == (date(2026, 12, 25), ends[1])


def test_a_year_is_told_by_its_name_from_when_on_and_until_when() -> None:
    docket = seeded("LN-SHOW-10")
    waits = progress.tracks(docket[-1].filing, progress.passed(docket), NOW)[0].current
    assert waits
    assert (waits.title, waits.since, waits.last) == ("等候报送", date(2027, 10, 1), date(2027, 11, 30))
    docket = seeded("LN-SHOW-08")
    way = progress.tracks(docket[-1].filing, progress.passed(docket), NOW)[0]
    assert step(way, "report").says.startswith("已过2025年度报送截止（2025年11月30日）")
    assert (step(way, "next").title, step(way, "next").last) == ("2026年度报送", date(2026, 11, 30))


def test_who_may_not_decide_yet_has_no_day_for_it() -> None:
    """While a defence is not judged the days to decide rest; after the ruling they run (Q16)."""
    days = {n: step(at("revocation-decision-waits", n), "decided").last for n in (12, 13, 14)}  # stated, judged, held
    assert days == {12: None, 13: date(2026, 6, 4), 14: None}


def test_a_notice_that_is_clear_only_upon_a_ruling_is_reported_from_then_on() -> None:
    way, docket = at("objection-b-same-rules", 11), _case("objection-b-same-rules").life.docket
    cleared = next(each for each in docket if each.event.kind == LapseKind.NOTICE_CLEARED)
    begun = agenda.begin(docket[10].filing, "forwarding", day_of(cleared.at))
    assert step(way, "forwarding").until == begun.periods["forwarding"].until


def test_the_next_year_is_told_as_what_became_of_it() -> None:
    told = {
        (case, n): step(at(case, n), "next").says
        for case, n in (
            ("annual-deadline-moved-beyond-the-next", 20),
            ("annual-answer-goes-on-over-the-next-deadline", 23),
            ("annual-answer-goes-on-over-the-next-deadline", 31),
        )
    }
    assert list(told.values()) == ["2026年度已报送", "此后每年报送一次", "已过2026年度报送截止：请尽快补报"]
