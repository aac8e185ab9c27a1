"""What if (推演): a filing lives on from where it stands, under the editions in force and under supposed ones, and both are compared.

Pure, and no second simulator: a life goes on by `simulation.Life`, by the agenda and the table, and what people do comes from
`expectations`, or is told act by act. The editions that are supposed must be known to this process, which is one that nobody is
served by (activities/forks.py).
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from models.acts import By, CalendarPublished, Lapse, Submit, TermsPublished, Unreadable
from models.filing import Entry, Filing
from models.values import INSTANT, at_hour, day_of
from models.vocabulary import ActKind, Kind, LapseKind, Role
from models.whatif import Change, Differs, Happened, Published
from regulation import agenda, breaker, calendar, entries, expectations, lifecycle, offices, statutory
from regulation.breaker import Bound
from regulation.expectations import Expectations
from regulation.moment import Moment
from regulation.simulation import Life

TERMS, CALENDAR = "terms", "calendar"

TOLD_ALONE = frozenset({ActKind.CALENDAR_PUBLISHED.value, ActKind.TERMS_PUBLISHED.value})
"""What is supposed, and so no difference."""

CHASES = frozenset({*agenda.CHASED.values(), LapseKind.ANNOUNCEMENT_OVERDUE})
"""What an office, or a leader, is chased for."""

Name = tuple[str, str | None, int | None, int | None, int | None]


Stop = tuple[date, Kind, str]
"""A day on which revocations that complete by themselves are too many, for a kind in a jurisdiction."""


class Event(NamedTuple):
    """Something entered in a future: what it is, whenever it comes, and when it came."""

    name: Name
    at: datetime


class Hand(NamedTuple):
    """An office has a filing in hand from one day until another, that one excluded."""

    office: str
    since: date
    until: date


@dataclass(frozen=True)
class Lived:
    """One future of a filing: what was entered, who had it when, and where it ends."""

    events: tuple[Event, ...]
    hands: tuple[Hand, ...]
    docket: tuple[Entry, ...]
    refused: int

    @property
    def filing(self) -> Filing:
        """Where it ends."""
        return self.docket[-1].filing


@dataclass(frozen=True)
class Future:
    """How filings live on: until when, what people do, what is published on the way, and which days stop revocations (G-16).

    `acts` are acts as a door takes them, by filing, that come besides what is expected.
    """

    until: datetime
    expectations: Expectations
    published: tuple[Published, ...] = ()
    acts: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    stops: Mapping[Stop, Bound] = field(default_factory=dict)

    def lived(self, last: Entry) -> Lived:
        """What becomes of a filing after its last entry."""
        life = _Going(last, self)
        life.goes_on()
        docket = tuple(life.docket)
        return Lived(tuple(_events(docket[1:])), tuple(_hands(docket, self.until)), docket, life.refused)


class _Going(Life):
    """A life that goes on by what is expected; `moved_on` is the day of what it waits upon."""

    docket: list[Entry]

    def __init__(self, last: Entry, future: Future) -> None:
        self.docket, self.future, self.refused = [last], future, 0
        self.moved_on = day_of(max(last.at, last.filing.submitted_at))
        self.tried: frozenset[str] = frozenset()
        told = future.acts.get(last.filing.id, ())
        self.told = sorted(told, key=_received, reverse=True)
        self.coming = sorted(future.published, key=lambda each: each.at, reverse=True)
        self.not_yet: list[Published] = []

    def goes_on(self) -> None:
        """Until the end of the future."""
        future = self.future
        while True:
            now = max(self.docket[-1].entered_at, future.expectations.since)
            due = agenda.next_lapse(self.filing)
            step = future.expectations.next(self.filing, self.moved_on, now, self.tried)
            instants = [step.at] if step else []
            instants += [self.coming[-1].at] if self.coming else []
            instants += [_received(self.told[-1])] if self.told else []
            first = min(instants, default=None)
            if due and due.at <= future.until and (first is None or due.at <= first):
                if due.at.year >= calendar.LAST_YEAR:
                    return
                self._passes(due)
            elif first is None or first > future.until:
                return
            elif self.coming and self.coming[-1].at == first:
                self._publishes(self.coming.pop())
            elif self.told and _received(self.told[-1]) == first:
                self.act(self.told.pop())
                self._moved()
            elif step:
                self._does(step)

    def _passes(self, due: agenda.Due) -> None:
        before, bound = self.filing, None
        if due.lapse.kind is LapseKind.REVOKED:
            bound = self.future.stops.get((day_of(due.at), before.kind, before.jurisdiction))
        self.passes(due)
        if bound and not breaker.is_let_go(before):
            self.docket.append(breaker.stopped(before, self.docket.pop(), bound))
        if due.lapse.kind is not LapseKind.REMINDER and due.lapse.kind not in CHASES:
            self._moved()

    def _does(self, step: expectations.Expected) -> None:
        act, when = expectations.act(self.filing, step), expectations.moment(step)
        if lifecycle.check(self.filing, act, when):
            self.tried, self.refused = self.tried | {step.step.name}, self.refused + 1
            return
        self.docket.append(entries.entered(self.filing, act, when))
        self._moved()

    def _moved(self) -> None:
        last = self.docket[-1]
        self.moved_on, self.tried = day_of(last.at), frozenset()
        if self.not_yet and last.filing.stage in lifecycle.FILED:
            tomorrow = at_hour(self.moved_on + timedelta(days=1), expectations.HOUR)
            self.coming = [*self.coming, *(each.but(at=tomorrow) for each in reversed(self.not_yet))]
            self.coming.sort(key=lambda each: each.at, reverse=True)
            self.not_yet = []

    def _publishes(self, edition: Published) -> None:
        """Told to the filing, as an operator tells it to all; an application is told new terms when it is archived."""
        if edition.subject == TERMS and self.filing.stage in lifecycle.APPLYING:
            self.not_yet.append(edition)
            return
        by = By(person="whatif-operator", office=offices.PROVINCE, role=Role.OPERATOR)
        told = {"id": f"whatif-{edition.subject}-{self.filing.number}", "by": by, "received_at": edition.at}
        act = (
            TermsPublished(terms=edition.name, **told)
            if edition.subject == TERMS
            else CalendarPublished(calendar=edition.name, **told)
        )
        when = Moment(edition.at, max(edition.at, self.docket[-1].entered_at))
        if lifecycle.check(self.filing, act, when) is None:
            self.docket.append(entries.entered(self.filing, act, when))


def _received(act: Mapping[str, Any]) -> datetime:
    return INSTANT.validate_python(act.get("reaches") or act["received_at"])


def _events(docket: Iterable[Entry]) -> Iterator[Event]:
    for entry in docket:
        event = entry.event
        if entry.refused is not None or isinstance(event, Submit | Unreadable) or event.kind in TOLD_ALONE:
            continue
        if isinstance(event, Lapse):
            of = (
                None if event.of and event.of.isdecimal() else event.of
            )  # the number of an entry tells nothing of what it is
            yield Event((event.kind.value, of, event.year, event.days, event.level), entry.at)
        else:
            yield Event((event.kind.value, None, getattr(event, "year", None), None, None), entry.at)


def _hands(docket: Sequence[Entry], until: datetime) -> Iterator[Hand]:
    """Which office has the filing in hand from when until when; what waits for its leader is in nobody's."""
    begun: dict[str, date] = {}
    for entry in docket:
        day, has = day_of(entry.at), set(_holders(entry.filing))
        for office in begun.keys() - has:
            yield Hand(office, begun.pop(office), day)
        begun |= dict.fromkeys(has - begun.keys(), day)
    end = day_of(until) + timedelta(days=1)
    for office, day in begun.items():
        yield Hand(office, day, end)


def _holders(filing: Filing) -> Iterator[str]:
    office = lifecycle.awaited(filing)
    if office and office != filing.leader:
        yield office
    if lifecycle.awaits_iit(filing):
        yield f"{filing.jurisdiction}{IIT}"


IIT = ":iit"
"""After a jurisdiction: its 工信 department."""


def named(office: str) -> str:
    """An office of a load by its name."""
    if office.endswith(IIT):
        return offices.title(Role.CITY_IIT, office.removesuffix(IIT))
    return offices.name_of(office)


def differences(was: Lived, is_now: Lived) -> tuple[Change, ...]:
    """What comes at another time, no more, or newly; the same thing twice is compared in order."""
    before, after = _by_name(was.events), _by_name(is_now.events)
    return tuple(sorted(_differences(before, after), key=lambda each: (each.what.at, each.what.kind)))


def _by_name(events: Iterable[Event]) -> dict[Name, list[datetime]]:
    found: dict[Name, list[datetime]] = defaultdict(list)
    for event in events:
        found[event.name].append(event.at)
    return found


def _differences(before: Mapping[Name, list[datetime]], after: Mapping[Name, list[datetime]]) -> Iterator[Change]:
    for name in dict.fromkeys((*before, *after)):
        olds, news = before.get(name, []), after.get(name, [])
        if olds == news:
            continue
        for at in range(max(len(olds), len(news))):
            old, new = olds[at] if at < len(olds) else None, news[at] if at < len(news) else None
            if (at_last := old or new) and old != new:
                kind, of, year, days, level = name
                what = Happened(kind=kind, at=at_last, of=of, year=year, days=days, level=level)
                yield Change(what=what, was=old, is_now=new)


def differs(was: Lived, is_now: Lived) -> Differs | None:
    """A filing with its differences; None if its futures are the same."""
    changes = differences(was, is_now)
    if not changes:
        return None
    filing = was.filing
    return Differs(
        filing=filing.id,
        office=filing.zone or filing.jurisdiction,
        kind=filing.kind.value,
        stages=(was.filing.stage.value, is_now.filing.stage.value),
        changes=changes,
    )


@dataclass
class Sums:
    """What many filings come to in one future: events by office, kind and day, and how the number in an office's hand changes."""

    events: Counter[tuple[str, str, date]] = field(default_factory=Counter)
    hands: Counter[tuple[str, date]] = field(default_factory=Counter)
    refused: int = 0

    def add(self, lived: Lived) -> None:
        """One filing more."""
        office = lived.filing.zone or lived.filing.jurisdiction
        for event in lived.events:
            self.events[office, event.name[0], day_of(event.at)] += 1
        for hand in lived.hands:
            if hand.since < hand.until:
                self.hands[hand.office, hand.since] += 1
                self.hands[hand.office, hand.until] -= 1
        self.refused += lived.refused

    def join(self, other: "Sums") -> None:
        """And those of others."""
        self.events.update(other.events)
        for key, change in other.hands.items():
            self.hands[key] += change
        self.refused += other.refused

    def by_day(self, *kinds: str) -> dict[date, int]:
        """How often these come on each day."""
        found: Counter[date] = Counter()
        for (_, kind, day), times in self.events.items():
            if kind in kinds:
                found[day] += times
        return dict(found)

    def fullest(self, office: str) -> tuple[int, date | None]:
        """How many filings an office has in hand at most, and from which day."""
        in_hand, most, on = 0, 0, None
        for day in sorted(day for of, day in self.hands if of == office):
            in_hand += self.hands[office, day]
            if in_hand > most:
                most, on = in_hand, day
        return most, on


def peak(days: Mapping[date, int]) -> tuple[date, int] | None:
    """The fullest day, the first of several."""
    return max(days.items(), key=lambda each: (each[1], -each[0].toordinal()), default=None)


def supposed_calendars(edition: str, covers: int, until: date, prefix: str) -> Iterator[dict[str, Any]]:
    """The working days of years that an edition does not cover, as the statute alone has them: an edition a year, each upon the one before."""
    for year in range(covers + 1, min(until.year + 1, calendar.LAST_YEAR) + 1):
        name = f"{prefix}{year}"
        yield statutory.edition(name, edition, year)
        edition = name


SHIFTED = "推演历"
"""The name of a calendar in which some days are only supposed to be others."""


def shifted_calendar(
    known: Mapping[str, Any], covers: int, off: Iterable[date], work: Iterable[date]
) -> dict[str, Any]:
    """A calendar in which some days are off and others work, beside what an edition says that covers the years up to one: of that year,
    or of the next, which is otherwise as the statute alone has it. Raises `ValueError`.
    """
    off, work = set(off), set(work)
    years = {day.year for day in off | work}
    if len(years) != 1 or not years <= {covers, covers + 1} or off & work:
        raise ValueError(f"假定的日子须在同一年，为{covers}年或者{covers + 1}年，同一日不得既休息又上班")
    [year] = years
    document = dict(known) if year == covers else statutory.edition(SHIFTED, str(known["edition"]), year)
    days = document["years"][str(year)]
    days_off, workdays = dict(days["days_off"]), set(map(str, days["workdays"]))
    for day in off:
        if day.weekday() < SATURDAY:
            days_off[str(day)] = "推演"
        workdays.discard(str(day))
    for day in work:
        days_off.pop(str(day), None)
        if day.weekday() >= SATURDAY:
            workdays.add(str(day))
    of_year = {"days_off": dict(sorted(days_off.items())), "workdays": sorted(workdays)}
    return document | {"edition": SHIFTED, "years": {**document["years"], str(year): of_year}}


SATURDAY = 5


def stopping(revoked: Mapping[str, Stop], edition_on: Callable[[date], str]) -> dict[Stop, Bound]:
    """Where too many complete on one day (G-16); `revoked` tells of each filing when it would, its kind and its place."""
    by_day: dict[date, list[tuple[str, str]]] = defaultdict(list)
    for filing_id, (day, _, place) in revoked.items():
        by_day[day].append((filing_id, place))
    found = {}
    for stop in set(revoked.values()):
        day, kind, place = stop
        bound = breaker.exceeded(day, kind, place, partial(_those, by_day[day]), edition_on(day))
        if bound:
            found[stop] = bound
    return found


def _those(those: list[tuple[str, str]], _: str | None) -> list[tuple[str, str]]:
    return those


def revoked_on(lived: Lived) -> Stop | None:
    """When a filing is revoked by itself, if it is."""
    filing = lived.filing
    days = (day_of(each.at) for each in lived.events if each.name[0] == LapseKind.REVOKED)
    return next(((day, filing.kind, filing.jurisdiction) for day in days), None)


def changed_rows(new: Mapping[Any, tuple[Any, str]], old: Mapping[Any, tuple[Any, str]]) -> dict[Any, tuple[Any, Any]]:
    """The numbers of one edition of terms that another has otherwise: what they were, and what they are."""
    return {key: (old.get(key, (None, ""))[0], new[key][0]) for key in new if old.get(key, (None,))[0] != new[key][0]}
