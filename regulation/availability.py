"""Outages of our own near a deadline (G-29): what was out, how available the service was, and to which day all alike are to be extended.

A part was up when somebody saw it up; whatever lies between is an outage, whoever was to look: also where the watchers, or the
whole machine, were off. Before a part was first seen nothing is known of it, and nothing is held against anybody. What was planned
is no exception: whether it counts is for people to say.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from itertools import pairwise

from models.availability import BREAK, Outage, Part, Span
from models.values import SHANGHAI, day_of, last_day_until
from models.vocabulary import Kind
from regulation import calendar, naming, terms
from regulation.calendar import CALENDARS

A_DAY = timedelta(days=1)

ALL, HUNDREDTH = Decimal(100), Decimal("0.01")


def outages(spans: Iterable[Span], begins: datetime, now: datetime) -> list[Outage]:
    """The outages of each part that were not over when a time began, up to now; each as long as it was. In order."""
    of = defaultdict[Part, list[Span]](list)
    for span in sorted(spans, key=lambda each: (each.since, each.until)):
        if span.since <= now:
            of[span.part].append(span)
    found: list[Outage] = []
    for part, seen in of.items():
        up = seen[0].since
        for span in seen:
            if span.since - up > BREAK:
                found.append(Outage(part=part, since=up, until=span.since))
            up = max(up, min(span.until, now))
        if now - up > BREAK:
            found.append(Outage(part=part, since=up, until=now, over=False))
    order = list(Part)
    return sorted(
        (each for each in found if each.until > begins), key=lambda each: (each.since, order.index(each.part))
    )


def down(found: Iterable[Outage], begins: datetime, ends: datetime) -> timedelta:
    """How long, between two instants, at least one of some outages lasted."""
    total, until = timedelta(0), begins
    for each in sorted(found, key=lambda one: one.since):
        since, over = max(each.since, until), min(each.until, ends)
        if over > since:
            total, until = total + (over - since), over
    return total


def percent(found: Iterable[Outage], begins: datetime, ends: datetime) -> Decimal:
    """How much of a time was free of some outages, in percent, rounded down to hundredths: 100 only where nothing was out."""
    free = 1 - Decimal(down(found, begins, ends) // timedelta.resolution) / ((ends - begins) // timedelta.resolution)
    return (free * 100).quantize(HUNDREDTH, ROUND_DOWN)


def by_part(found: Sequence[Outage], begins: datetime, ends: datetime) -> dict[Part, Decimal]:
    """The same of each part."""
    return {part: percent([each for each in found if each.part is part], begins, ends) for part in Part}


def in_few_lines(found: Iterable[Outage], most: int) -> tuple[Outage, ...]:
    """Outages in no more than so many lines: those of a part that lie nearest to each other are told as one. In order."""
    order = list(Part)
    each_part = sorted(found, key=lambda each: (order.index(each.part), each.since))
    gaps = [
        (after.since - before.until, number)
        for number, (before, after) in enumerate(pairwise(each_part), 1)
        if before.part is after.part
    ]
    joined = {number for _, number in sorted(gaps)[: max(0, len(each_part) - most)]}
    lines: list[Outage] = []
    for number, each in enumerate(each_part):
        if number in joined:
            before = lines.pop()
            seconds = (before.lasted + each.lasted) // timedelta(seconds=1)
            lines.append(before.but(until=each.until, over=each.over, times=before.times + 1, seconds=seconds))
        else:
            lines.append(each)
    return tuple(sorted(lines, key=lambda each: (each.since, order.index(each.part))))


# Near a deadline


@dataclass(frozen=True)
class Measure:
    """How long before a deadline availability counts, and how much of it there must be: numbers of the terms (G-29)."""

    before: timedelta
    least: Decimal

    @classmethod
    def on(cls, day: date) -> "Measure":
        """By the terms in force on a day, the same for everybody: what is extended is extended for all alike."""
        edition = terms.terms_on(day)
        hours, least = (
            terms.value(edition, key, Kind.A, "") for key in ("outage.hours_before", "outage.least_percent")
        )
        return cls(timedelta(hours=hours), Decimal(str(least)))


@dataclass(frozen=True)
class Failing:
    """That availability before a deadline was less than it must be: since when it counts, how much of it there was, as a whole and of
    each part, and what was out."""

    since: datetime
    deadline: datetime
    least: Decimal
    whole: Decimal
    available: Mapping[Part, Decimal]
    outages: tuple[Outage, ...]

    @property
    def over(self) -> bool:
        """Whether everything is up again."""
        return all(each.over for each in self.outages)

    @property
    def told(self) -> str:
        """In words, where it stops something."""
        low = "、".join(f"{part.label}{each}%" for part, each in self.available.items() if each < ALL)
        hours = (self.deadline - self.since) // timedelta(hours=1)
        on = naming.on_day(last_day_until(self.deadline))
        return f"{on}届满的期限，届满前{hours}小时内本系统可用率为{self.whole}%，低于{self.least}%（{low}），须由两人复核后分别解除"


def failing(
    spans: Iterable[Span], deadline: datetime, now: datetime, *, judged_until: datetime | None = None
) -> Failing | None:
    """Whether the service, which is up while all its parts are, was less available before a deadline than it must be; None if not,
    or not yet.

    What people have judged already (`judged_until`) is not held up to them again.
    """
    measure = Measure.on(last_day_until(deadline))
    since = deadline - measure.before
    counted = max(since, judged_until) if judged_until else since
    spans = [each for each in spans if each.since <= now]
    found = [each for each in outages(spans, counted, now) if each.since < deadline]
    if judged_until:
        found = [each.but(since=max(each.since, judged_until)) for each in found]
    measured = {each.part for each in spans}
    available = {part: each for part, each in by_part(found, since, deadline).items() if part in measured}
    whole = percent(found, since, deadline)
    return Failing(since, deadline, measure.least, whole, available, tuple(found)) if whole < measure.least else None


def proposed_until(failed: Failing, now: datetime) -> date:
    """The last day that is proposed in place of the one that was missed: as many whole days later as the outage took, begun ones
    counted whole; and never before the first working day after everything was up again, nor before the one after today."""
    last = max(each.until for each in failed.outages)
    out = down(failed.outages, min(each.since for each in failed.outages), last)
    days = -(-out // A_DAY)
    whole_again = max(day_of(last), now.astimezone(SHANGHAI).date())
    next_day = calendar.next_working_day(CALENDARS.newest(day_of(now)), "", whole_again + A_DAY)
    return max(last_day_until(failed.deadline) + days * A_DAY, next_day)
