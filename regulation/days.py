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
from models.values import day_of, on_day
from models.vocabulary import ActKind, Stage
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


def _decided(filing: Filing, act: Act, when: Moment) -> date:
    """A decision is challenged after it was taken; where the filing stands on none, what was decided before may be meant (G-23)."""
    decided = filing.ended_at if filing.stage in (Stage.REVOKED, Stage.NOT_CONFIRMED) else None
    return day_of(decided or filing.submitted_at)


def _challenged(filing: Filing, act: Any, when: Moment) -> date:
    """What comes of a challenge comes after it was accepted (G-23)."""
    accepted = (each.accepted_on for each in filing.challenges if each.id == act.challenge)
    return next(accepted, None) or _applied(filing, act, when)


def _shown(filing: Filing, act: Act, when: Moment) -> date:
    """The province takes up what was shown without objection: before the notice was over it had nothing in hand (B-17, B-18)."""
    shown = filing.periods.get("notice")
    return day_of(shown.until) if shown else _applied(filing, act, when)


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
    (A.RECORD_SURVEY, "surveyed_on"): Bounds(_shown, _today),
    (A.RECORD_PARTY_GROUP, "met_on"): Bounds(_shown, _today),
    (A.REQUEST_EXTENSION, "obstacle_ended_on"): Bounds(_known, _an_extension_ahead),
    (A.RULE_ON_EXTENSION, "until"): Bounds(_statutory, _before_the_next_year),
    (A.MOVE_DEADLINE, "until"): Bounds(_statutory, _before_the_next_year),
    (A.REPORT_CHANGE, "happened_on"): Bounds(_known, _today),
    (A.RULE_ON_CHANGE, "notice_from"): Bounds(_today, _a_notice_ahead),
    (A.RECORD_INSPECTION, "inspected_on"): Bounds(_filed, _today),
    (A.RECORD_SERVICE, "served_on"): Bounds(_known, _today),
    (A.SETTLE_DELIVERY, "served_on"): Bounds(_known, _today),
    (A.RECORD_CHALLENGE, "accepted_on"): Bounds(_decided, _today),
    (A.RECORD_CHALLENGE_OUTCOME, "decided_on"): Bounds(_challenged, _today),
}
"""Every day that an act names. What is narrower still, as the day of a service, the act's own rule says; of what came on paper, `on_paper`."""

NAMED = {kind: tuple(name for of, name in BOUNDS if of is kind) for kind, _ in BOUNDS}
"""The days that an act of each kind may name."""


def _case_opened(filing: Filing, act: Act, when: Moment) -> date | None:
    return day_of(filing.case.opened.at) if filing.case else None


def _report_returned(filing: Filing, act: Any, when: Moment) -> date | None:
    answer = filing.periods.get(f"answer:{act.year}")
    return answer.from_ if answer else None


ANSWERS: Mapping[ActKind, tuple[str, Callable[[Filing, Any, Moment], date | None]]] = {
    A.STATE_DEFENCE: ("撤销程序的立案之日", _case_opened),
    A.ANSWER_ANNUAL_RETURN: ("年度报告的退回之日", _report_returned),
}
"""What each of these acts answers: it was not sent, nor did it come, before that (G-11b, G-17)."""


def _named(act: Act) -> Iterator[tuple[str, date]]:
    """The days that an act names. One that goes with a refusal, as a form proposes it, means nothing."""
    names = NAMED.get(act.kind)
    if names is None or getattr(act, "outcome", None) == "refused":
        return
    for name in names:
        if (named := getattr(act, name)) is not None:
            yield name, named


def out_of_bounds(filing: Filing, act: Act, when: Moment) -> Lack | None:
    """A day that may not be named. Acts received before `STRICTER_SINCE` may only not name one that cannot be counted from."""
    for name, named in _named(act):
        if named.year >= calendar.LAST_YEAR:
            return Lack(missing=f"{LABELS[name]}{on_day(named)}：本版本只能计算至{calendar.LAST_YEAR}年的期限")
        bounds = BOUNDS[act.kind, name]
        first, last = bounds.first(filing, act, when), bounds.last(filing, act, when)
        if day_of(when.stamped_at) >= STRICTER_SINCE and not first <= named <= last:
            between = f"须为{on_day(first)}" if first == last else f"须在{on_day(first)}与{on_day(last)}之间（含当日）"
            return Lack(missing=f"{LABELS[name]}为{on_day(named)}，{between}")
    return _before_what_it_answers(filing, act, when)


def _before_what_it_answers(filing: Filing, act: Act, when: Moment) -> Lack | None:
    """A letter of before is no answer; of what it says an officer may think when it is taken up, not time alone."""
    what, asked_on = ANSWERS.get(act.kind, ("", None))
    asked = asked_on(filing, act, when) if asked_on else None
    if asked is None or when.day >= asked or day_of(when.stamped_at) < STRICTER_SINCE:
        return None
    return Lack(missing=f"来文之日{on_day(when.day)}早于{what}（{on_day(asked)}）")


def doubtful(filing: Filing, act: Act, when: Moment) -> str | None:
    """A day so long ago that it may be a slip of the pen: taken, and said."""
    years = number(filing, "days.doubtful_after_years")
    for name, named in _named(act) if day_of(when.stamped_at) >= STRICTER_SINCE else ():
        if named.year < when.day.year - years:
            return f"{LABELS[name]}{on_day(named)}距今已逾{years}年，请核对"
    return None
