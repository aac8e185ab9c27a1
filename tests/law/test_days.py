"""Every day that somebody names lies within bounds; what may be done can be applied, and what comes of it be counted."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.acts import Act
from models.filing import Filing
from models.values import SHANGHAI, Value
from models.vocabulary import ActKind, LapseKind, Stage
from regulation import agenda, calendar, days, entries, intake, lifecycle
from regulation.lodging import ACT_TYPES, PAPERS
from regulation.moment import Moment
from tests.law import matrix
from tests.law.matrix import CIRCUMSTANCES, Circumstance, Prepared, tables
from tests.samples import one_in

NEWLY = datetime(2026, 12, 1, 12, tzinfo=SHANGHAI)


def named_in(model: type[Value]) -> set[str]:
    """The fields of a model that hold a day."""
    return {name for name, info in model.model_fields.items() if _is_day(info.annotation)}


def _is_day(annotation: Any) -> bool:
    return annotation is date or any(_is_day(each) for each in get_args(annotation))


def test_every_day_that_an_act_names_is_bounded() -> None:
    """A new act that names a day needs a row in `days.BOUNDS`."""
    named = {(each.model_fields["kind"].default, name) for each in ACT_TYPES for name in named_in(each)}
    assert named == set(days.BOUNDS)


def test_every_day_on_a_form_or_paper_is_judged_somewhere() -> None:
    """On applications by `intake`; what a paper names travels on in its act."""
    forms = {name for each in intake.FORMS.values() for name in named_in(each)}
    papers = {(kind, name) for kind, each in PAPERS.items() for name in named_in(each)}
    assert forms == {"agreement_effective_on"}
    assert papers <= set(days.BOUNDS)


CELLS = [
    (circumstance, stage, event)
    for circumstance in CIRCUMSTANCES
    for (event, stage), cell in tables()[circumstance.kind, matrix.ACTS].items()
    if cell and any(kind == event for kind, _ in days.BOUNDS)
]


def far_and_near(filing: Filing, when: datetime) -> set[date]:
    """Days at which counting might break, and those about which an act turns."""
    far = [date(1900, 1, 1), date(1949, 9, 30), date(1949, 10, 1), date(2020, 12, 31), date(2100, 12, 31)]
    last = [date(calendar.LAST_YEAR - 1, 12, 31), date(calendar.LAST_YEAR, 1, 1), date(calendar.LAST_YEAR, 12, 31)]
    near = [when.date() + timedelta(days=n) for n in (-8000, -20, -1, 0, 1, 29, 30, 31, 60, 400)]
    due = [year.due.astimezone(SHANGHAI).date() + timedelta(days=n) for year in filing.years for n in (-1, 0, 59, 364)]
    return {*far, *last, *near, *due}


def computes(filing: Filing, act: Act, when: Moment) -> bool:
    """What `check` passes can be applied, and all that comes of it be counted; whether it passed."""
    filing = entries.projected(filing, when)
    if lifecycle.check(filing, act, when):
        return False
    after = lifecycle.apply(filing, act, when)
    lifecycle.warnings(filing, act, when)
    assert all(line.article for line in entries.outlook(after))
    return True


@pytest.mark.parametrize(("circumstance", "stage", "event"), one_in(3, CELLS), ids=str)
def test_whatever_day_is_named_what_may_be_done_can_be_applied(
    circumstance: Circumstance, stage: Stage, event: str
) -> None:
    asked = matrix.ask(circumstance, stage, event)
    filing, act = asked.filing, asked.act
    names = [name for kind, name in days.BOUNDS if kind == event]
    assert computes(filing, act, Moment(asked.entry.at, asked.entry.at))
    taken: dict[str, int] = dict.fromkeys(names, 0)
    for at in (asked.entry.at, max(asked.entry.at, NEWLY.astimezone(UTC))):
        for name in names:
            for named in far_and_near(filing, at):
                taken[name] += computes(filing, act.but(**{name: named}), Moment(at, at))
    assert all(taken.values()), taken


@pytest.mark.parametrize(("circumstance", "stage", "event"), CELLS, ids=str)
def test_no_day_is_named_that_nobody_can_mean(circumstance: Circumstance, stage: Stage, event: str) -> None:
    """Not before 1949, nor decades ahead; as ever it came: the law itself refuses it."""
    asked = matrix.ask(circumstance, stage, event)
    at = max(asked.entry.at, NEWLY.astimezone(UTC))
    filing, when = entries.projected(asked.filing, Moment(at, at)), Moment(at, at)
    for name in (name for kind, name in days.BOUNDS if kind == event):
        for named in (date(1949, 9, 30), at.date() + timedelta(days=1200), date(2059, 1, 1), date(2099, 1, 1)):
            act = asked.act.but(**{name: named})
            act = act.but(outcome="granted") if act.kind is ActKind.RULE_ON_EXTENSION else act
            assert lifecycle.check(filing, act, when), f"{name} {named}"


@settings(max_examples=300, derandomize=True, deadline=None, database=None)
@given(
    cell=st.sampled_from(
        [(c, s, e) for c in CIRCUMSTANCES for (e, s), cell in tables()[c.kind, matrix.ACTS].items() if cell]
    ),
    hours=st.integers(0, 40_000),
    values=st.fixed_dictionaries(
        {},
        optional={
            "year": st.integers(2021, 2060),
            "named": st.dates(date(1900, 1, 1), date(2100, 12, 31)),
            "joint_activities": st.sampled_from([0, 2**31 - 1]),
            "entry": st.integers(1, 2_000),
        },
    ),
)
def test_every_act_that_may_be_done_at_any_stage_can_be_applied(
    cell: tuple[Circumstance, Stage, str], hours: int, values: dict[str, Any]
) -> None:
    """Whatever it says, and whenever it comes, three years ahead too."""
    asked = matrix.ask(*cell)
    at = asked.entry.at + timedelta(hours=hours)
    fields = type(asked.act).model_fields
    named = {name: values["named"] for kind, name in days.BOUNDS if kind == cell[2] and "named" in values}
    said = {name: value for name, value in values.items() if name in fields} | named
    computes(asked.filing, asked.act.but(**said), Moment(at, at))


def test_every_period_can_be_counted_from_the_last_day_on_which_somebody_may_act() -> None:
    filing = Prepared(CIRCUMSTANCES[0], Stage.IN_FORCE).filing
    last = date(calendar.LAST_YEAR - 1, 12, 31)
    for name in agenda.LENGTHS:
        assert agenda.begin(filing, name, last).periods[name].until


def test_a_slip_of_the_pen_is_asked_about() -> None:
    asked = matrix.ask(CIRCUMSTANCES[0], Stage.IN_FORCE, ActKind.REPORT_CHANGE)
    when = Moment(NEWLY.astimezone(UTC), NEWLY.astimezone(UTC))
    filing = entries.projected(asked.filing, when)
    act = asked.act.but(happened_on=date(2002, 6, 1))
    assert lifecycle.check(filing, act, when) is None
    assert "发生日期2002年6月1日距今已逾20年，请核对" in lifecycle.warnings(filing, act, when)


def test_a_request_in_time_that_was_entered_too_late_is_taken_and_what_helps_is_said() -> None:
    asked = matrix.ask(CIRCUMSTANCES[0], Stage.IN_FORCE, ActKind.REQUEST_EXTENSION)
    year = asked.filing.years[0]
    filing = asked.filing.but(years=(year.but(due=datetime(2026, 12, 1, tzinfo=SHANGHAI)),))
    came, act = datetime(2026, 11, 27, 9, tzinfo=SHANGHAI), asked.act.but(year=year.year, obstacle_ended_on=None)
    for entered, said in ((datetime(2027, 1, 29, 9, tzinfo=SHANGHAI), ()), (datetime(2027, 1, 30, tzinfo=SHANGHAI), 1)):
        when = Moment(came, entered, entered)
        assert lifecycle.check(filing, act, when) is None
        warned = lifecycle.warnings(filing, act, when)
        assert len(warned) == bool(said), entered
        assert not said or "最迟只能延期至2027年1月29日，现已不能批准延期" in warned[0]


def test_a_filing_in_force_at_the_end_of_the_calendars_shows_what_can_still_be_counted() -> None:
    """The outlook of the last years ends, where it cannot be counted on; it does not fail."""
    filing = Prepared(CIRCUMSTANCES[0], Stage.IN_FORCE).filing
    year = filing.years[0]
    shift = calendar.LAST_YEAR - 1 - year.year
    due = year.due.replace(year=year.due.year + shift)
    late = filing.but(years=(year.but(year=year.year + shift, due=due, reminded=due),))
    kinds = [line.lapse.kind for line in entries.outlook(late)]
    assert kinds[0] is LapseKind.YEAR_MISSED


EXAMPLE = json.loads((Path(__file__).parents[2] / "examples" / "kind_a.json").read_text("utf-8"))


@pytest.mark.parametrize(
    ("day", "signed", "severity", "said"),
    [
        ("2026-12-01", "1949-09-30", "error", "联盟协议生效时间不得早于1949年10月1日"),
        ("2026-12-01", "2005-09-30", "warning", "联盟协议生效时间距今已逾20年，请核对"),
        ("2026-12-01", "2006-09-30", None, None),
        ("2026-11-30", "1949-09-30", None, None),
    ],
)
def test_an_agreement_is_not_older_than_the_republic(
    day: str, signed: str, severity: str | None, said: str | None
) -> None:
    application = EXAMPLE | {"received_at": f"{day}T09:00:00+08:00", "agreement_effective_on": signed}
    found = intake.examine(application, datetime.fromisoformat(application["received_at"])).findings
    told = [(each.severity, each.message) for each in found if each.field == "/agreement_effective_on"]
    assert [each for each in told if each[0] != "check"] == ([(severity, said)] if severity else [])
