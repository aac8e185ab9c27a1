"""What time brings to a round: the lines that lie ahead of it, its window, and the periods that run on it."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from models.filing import Period, Unit
from models.rounds.base import RoundLapse, RoundLapseKind, RoundLine, RoundStage
from models.rounds.round import Round
from models.values import at_hour, midnight_after
from regulation import calendar
from regulation.articles import cite
from regulation.rounds.rules import Rules

RANK = {kind: rank for rank, kind in enumerate(RoundLapseKind)}


def outlook(rules: Rules, round_: Round) -> list[RoundLine]:
    """What time alone will still bring, in order: every line of the kind whose instant is later than when it last came."""
    known = round_.passed
    lines = [each for each in rules.lapses(round_) if each.lapse.name not in known or each.at > known[each.lapse.name]]
    return sorted(lines, key=lambda line: (line.at, RANK[line.lapse.kind], line.lapse.of or "", line.lapse.days or 0))


def next_lapse(rules: Rules, round_: Round) -> RoundLine | None:
    """The head of the agenda; None when time brings nothing any more."""
    return next(iter(outlook(rules, round_)), None)


def due_by(rules: Rules, round_: Round, until: datetime) -> RoundLine | None:
    """The head of the agenda, if it has come by an instant: lapses come before acts of the same instant."""
    due = next_lapse(rules, round_)
    return due if due and due.at <= until else None


REMINDER_HOUR = 9


def window(round_: Round, article: str, reminders: Iterable[int] = ()) -> Iterator[RoundLine]:
    """The lines of a running window: reminders at nine o'clock so many days before its last day, and its end."""
    if round_.stage is not RoundStage.OPEN:
        return
    for days in reminders:
        at = at_hour(round_.closes - timedelta(days=days), REMINDER_HOUR)
        if at > max(round_.opened_at, round_.opens_at):
            yield RoundLine(at=at, lapse=RoundLapse(kind=RoundLapseKind.REMINDER, days=days), article=cite(article))
    yield RoundLine(at=round_.closes_at, lapse=RoundLapse(kind=RoundLapseKind.WINDOW_CLOSED), article=cite(article))


def begin(round_: Round, name: str, start: date, count: int, unit: Unit = "working_day") -> Round:
    """The round with a period running from a day, that day excluded; the province counts by the common calendar."""
    if round_.pinned is None:
        raise LookupError(f"{round_.id}: counts by no edition")
    by = round_.pinned
    last = calendar.last_day(by.calendar, round_.area.jurisdiction or "", start, count, unit)
    period = Period(
        from_=start,
        count=count,
        unit=unit,
        terms=by.terms,
        calendar=by.calendar,
        until=midnight_after(last),
        provisional=calendar.provisional(by.calendar, start, last),
    )
    return round_.but(periods={**round_.periods, name: period})


def end(round_: Round, *names: str) -> Round:
    """The round without these periods."""
    return round_.but(periods={name: period for name, period in round_.periods.items() if name not in names})
