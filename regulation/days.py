"""Between which days a day lies that a person names in an act: one table, for every act that names one.

The bounds come from the filing, the day of the act and the terms. A day outside of them is refused before any other rule
reckons with it, so whatever `lifecycle.check` lets pass can be counted from.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from models.acts import LABELS, Act
from models.filing import Filing
from models.findings import Lack
from models.values import day_of
from models.vocabulary import ActKind
from regulation import calendar
from regulation.agenda import annual_deadline, number
from regulation.moment import Moment
from regulation.service import STRICTER_SINCE

Edge = Callable[[Filing, Any, Moment], date]


@dataclass(frozen=True)
class Bounds:
    """The first and the last day that may be named, both included."""

    first: Edge
    last: Edge


def _known(filing: Filing, act: Act, when: Moment) -> date:
    """No day is named from before the People's Republic."""
    return date.fromisoformat(number(filing, "days.earliest"))


def _applied(filing: Filing, act: Act, when: Moment) -> date:
    return day_of(filing.submitted_at)


def _filed(filing: Filing, act: Act, when: Moment) -> date:
    """What concerns a filing in force cannot be older than the filing."""
    return min(filing.archived_on or _applied(filing, act, when), _applied(filing, act, when))


def _today(filing: Filing, act: Act, when: Moment) -> date:
    return when.day


def _a_notice_ahead(filing: Filing, act: Act, when: Moment) -> date:
    """A notice is published soon after it was decided on, for until then nobody can object and nothing goes on."""
    return when.day + timedelta(days=number(filing, "notice.max_days_ahead"))


def _an_extension_ahead(filing: Filing, act: Act, when: Moment) -> date:
    """An obstacle that still stands may be known to end soon (G-14)."""
    return when.day + timedelta(days=number(filing, "extension.max_days"))


def statutory_last_day(filing: Filing, year: int) -> date:
    """The last day for a reporting year as the terms have it, before anybody moved or extended it."""
    return day_of(annual_deadline(filing, year)) - timedelta(days=1)


def _statutory(filing: Filing, act: Any, when: Moment) -> date:
    return statutory_last_day(filing, act.year)


def _before_the_next_year(filing: Filing, act: Any, when: Moment) -> date:
    """A year is over before the next one is due: else two years would be reported at once (G-10)."""
    return statutory_last_day(filing, act.year + 1) - timedelta(days=1)


A = ActKind
BOUNDS: Mapping[tuple[ActKind, str], Bounds] = {
    (A.CONFIRM, "notice_from"): Bounds(_today, _a_notice_ahead),
    (A.OBJECT, "postmarked_on"): Bounds(_known, _today),
    (A.RECORD_SURVEY, "surveyed_on"): Bounds(_applied, _today),
    (A.RECORD_PARTY_GROUP, "met_on"): Bounds(_applied, _today),
    (A.REQUEST_EXTENSION, "obstacle_ended_on"): Bounds(_known, _an_extension_ahead),
    (A.RULE_ON_EXTENSION, "until"): Bounds(_statutory, _before_the_next_year),
    (A.MOVE_DEADLINE, "until"): Bounds(_statutory, _before_the_next_year),
    (A.REPORT_CHANGE, "happened_on"): Bounds(_known, _today),
    (A.RULE_ON_CHANGE, "notice_from"): Bounds(_today, _a_notice_ahead),
    (A.RECORD_INSPECTION, "inspected_on"): Bounds(_filed, _today),
    (A.RECORD_SERVICE, "served_on"): Bounds(_known, _today),
    (A.RECORD_CHALLENGE, "accepted_on"): Bounds(_applied, _today),
    (A.RECORD_CHALLENGE_OUTCOME, "decided_on"): Bounds(_applied, _today),
}
"""Every day that an act names. What is narrower still, as the day of a service, the act's own rule says; of what came on paper, `on_paper`."""


def _named(act: Act) -> Iterator[tuple[str, date]]:
    """The days that an act names. One that goes with a refusal, as a form proposes it, means nothing."""
    if getattr(act, "outcome", None) == "refused":
        return
    for kind, name in BOUNDS:
        if kind is act.kind and (named := getattr(act, name)) is not None:
            yield name, named


def out_of_bounds(filing: Filing, act: Act, when: Moment) -> Lack | None:
    """A day that may not be named. Acts received before `STRICTER_SINCE` may only not name one that cannot be counted from."""
    for name, named in _named(act):
        if named.year >= calendar.LAST_YEAR:
            return Lack(missing=f"{LABELS[name]}{named}：本版本只能计算至{calendar.LAST_YEAR}年的期限")
        bounds = BOUNDS[act.kind, name]
        first, last = bounds.first(filing, act, when), bounds.last(filing, act, when)
        if day_of(when.stamped_at) >= STRICTER_SINCE and not first <= named <= last:
            between = f"须为{first}" if first == last else f"须在{first}与{last}之间（含当日）"
            return Lack(missing=f"{LABELS[name]}{named}{between}")
    return None


def doubtful(filing: Filing, act: Act, when: Moment) -> str | None:
    """A day so long ago that it may be a slip of the pen: taken, and said."""
    years = number(filing, "days.doubtful_after_years")
    for name, named in _named(act) if day_of(when.stamped_at) >= STRICTER_SINCE else ():
        if named.year < when.day.year - years:
            return f"{LABELS[name]}{named}距今已逾{years}年，请核对"
    return None
