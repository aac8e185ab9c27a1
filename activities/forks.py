"""A fork of the live register (推演): every filing that still has something to come, as of an instant, lived on in memory, twice.

Read-only and in one view of the database. Lives are lived in processes of the run's own: only they know the editions that are
supposed, and they know no database. What people did before is measured in the same view (activities/habits.py).
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from datetime import date, datetime
from multiprocessing import get_all_start_methods, get_context
from typing import Any

from sqlalchemy import Connection, Engine, and_, func, or_, select

from activities import living
from activities.database import in_portions, one_view
from activities.habits import measured
from activities.living import EDITIONS, Found, Setting, Stops
from models.register import EntryRow, FilingRow
from models.values import at_hour, day_of
from models.whatif import Load, Outcome, Published, Question, Sum
from regulation import whatif
from regulation.calendar import CALENDARS
from regulation.expectations import chance
from regulation.terms import TERMS
from regulation.whatif import CALENDAR, Sums

FILINGS = FilingRow.metadata.tables["filings"]
ENTRIES = EntryRow.metadata.tables["entries"]

PROCESSES = 2
"""How many processes live lives."""

PORTION = 250
"""How many filings a process is given at a time."""

WAITING = 3
"""How many portions are read ahead for each process."""

HOUR = 9
"""At which hour a calendar is told to the filings under way."""

KINDS_OF_CHASE = tuple(sorted(each.value for each in whatif.CHASES))

Watch = Callable[[str, int, int], None]
"""Hears what is done, how far it has come, and of how much."""

LIVING = "推演"


def run(engine: Engine, question: Question, at: datetime, watch: Watch = lambda *_: None) -> Outcome:
    """What comes of a question. Raises `EditionRefused` for an edition that could not be published."""
    until = at_hour(_years_later(day_of(at), question.years), 0)
    supposed = Supposed.of(question, at, until)
    with one_view(engine) as db:
        habits = measured(db, at)
        there = list(_there(db, at))
        chosen = [each for each in there if chance(each[0]) * question.one_in < 1]
        setting = Setting.made(
            until=until, since=at, assumption=question.assumption, habits=habits, was=supposed.was, is_now=supposed.is_now,
            acts=question.acts,
        )  # fmt: skip
        with _Processes(supposed.documents, setting) as processes:
            found = processes.live(_bodies(db, chosen), len(chosen), watch)
            stops = processes.stops(found, supposed.name)
            found.join(processes.live(_again(found.revoked), len(found.revoked), watch, stops))
    return _outcome(question, at, until, len(there), found, stops)


def _years_later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)


# What is published in either future


@dataclass(frozen=True)
class Supposed:
    """What is published in either future, and the documents that a process needs for it; `name` is that of the terms asked about."""

    was: tuple[Published, ...]
    is_now: tuple[Published, ...]
    documents: tuple[tuple[str, Mapping[str, Any]], ...]
    name: str | None

    @classmethod
    def of(cls, question: Question, at: datetime, until: datetime) -> "Supposed":
        """Of a question; the editions are tried, and not taken."""
        asked = str(question.calendar["edition"]) if question.calendar else None
        known = max((name for name in CALENDARS if name != asked), key=lambda name: CALENDARS[name].covers)
        was: list[Published] = []
        is_now: list[Published] = []
        documents: list[tuple[str, Mapping[str, Any]]] = []
        if question.assumption.calendars:
            was = [_told(CALENDAR, known, _known_from(CALENDARS[known].known_from, at), at)]
            was += _supposed(known, CALENDARS[known].covers, until, "推定", at, documents)
            is_now = was
        if question.calendar is not None:
            made = CALENDARS.made(question.calendar)
            documents.append(("calendars", question.calendar))
            is_now = [each for each in was if each.name == known]
            is_now += [_told(CALENDAR, made.name, _known_from(made.known_from, at), at)]
            if question.assumption.calendars:
                is_now += _supposed(made.name, made.covers, until, "推定另", at, documents)
        name = None
        if question.terms is not None:
            terms = TERMS.made(question.terms)
            documents.append(("terms", question.terms))
            is_now = [*is_now, _told(whatif.TERMS, terms.name, at_hour(terms.since, 0), at)]
            name = terms.name
        every = [(folder, each) for folder, known_here in EDITIONS.items() for each in known_here.documents]
        return cls(tuple(was), tuple(is_now), (*every, *documents), name)


def _supposed(
    edition: str,
    covers: int,
    until: datetime,
    prefix: str,
    at: datetime,
    documents: list[tuple[str, Mapping[str, Any]]],
) -> list[Published]:
    """Calendars that are supposed after one: each told on the first of December before its year."""
    told = []
    for document in whatif.supposed_calendars(edition, covers, day_of(until), prefix):
        documents.append(("calendars", document))
        year = int(next(iter(document["years"])))
        told.append(_told(CALENDAR, document["edition"], at_hour(date(year - 1, 12, 1), HOUR), at))
    return told


def _known_from(day: date | None, at: datetime) -> datetime:
    return at_hour(day, HOUR) if day else at


def _told(subject: str, name: str, when: datetime, since: datetime) -> Published:
    return Published.made(subject=subject, name=name, at=max(when, since))


# Reading


def _there(db: Connection, at: datetime) -> Iterator[tuple[str, int]]:
    """The filings that stood at an instant, each with its last entry then; those to which nothing can come any more are left out."""
    may_come = or_(FILINGS.c.open.is_(True), FILINGS.c.updated_at > at)
    last = select(ENTRIES.c.filing_id, func.max(ENTRIES.c.number).label("number")).where(ENTRIES.c.entered_at <= at)
    now = select(FILINGS.c.filing_id, FILINGS.c.number, FILINGS.c.updated_at).where(may_come)
    later = []
    for filing_id, number, updated_at in db.execute(now.order_by(FILINGS.c.filing_id)):
        if updated_at > at:
            later.append(filing_id)
        else:
            yield filing_id, number
    for some in in_portions(later, PORTION):
        those = last.where(ENTRIES.c.filing_id.in_(some)).group_by(ENTRIES.c.filing_id)
        yield from ((filing_id, number) for filing_id, number in db.execute(those))


def _bodies(db: Connection, chosen: Sequence[tuple[str, int]]) -> Iterator[list[str]]:
    """The last entries, as they are stored, a portion at a time."""
    for some in in_portions(chosen, PORTION):
        number = dict(some)
        least = min(number.values())
        rows = select(ENTRIES.c.filing_id, ENTRIES.c.number, ENTRIES.c.body).where(
            and_(
                ENTRIES.c.filing_id.in_(list(number)),
                ENTRIES.c.number.in_(set(number.values())),
                ENTRIES.c.number >= least,
            )
        )
        yield [body for filing_id, at, body in db.execute(rows) if number[filing_id] == at]


def _again(revoked: Mapping[str, str]) -> Iterator[list[str]]:
    yield from (list(some) for some in in_portions(list(revoked.values()), PORTION))


# Processes


class _Processes:
    """The processes of one run. They end with it, whatever becomes of it."""

    def __init__(self, documents: Sequence[tuple[str, Mapping[str, Any]]], setting: Setting) -> None:
        context = get_context("forkserver" if "forkserver" in get_all_start_methods() else "spawn")
        context.set_forkserver_preload([living.__name__])  # what one process has loaded the others need not
        self.pool = ProcessPoolExecutor(
            min(PROCESSES, os.cpu_count() or 1), context, living.settle, (list(documents), setting)
        )

    def __enter__(self) -> "_Processes":
        return self

    def __exit__(self, *_: object) -> None:
        self.pool.shutdown(cancel_futures=True)

    def live(self, portions: Iterable[list[str]], of: int, watch: Watch, stops: Stops | None = None) -> Found:
        """Live filings on, each from its last entry; no more is read ahead than is soon lived."""
        found = Found()
        under_way: set[Future[Found]] = set()

        def take(some: Iterable[Future[Found]]) -> None:
            for each in some:
                found.join(each.result())
                watch(LIVING, found.lived + len(found.revoked), of)

        for bodies in portions:
            under_way.add(self.pool.submit(living.live, bodies, stops))
            if len(under_way) >= PROCESSES * WAITING:
                done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                take(done)
        take(wait(under_way).done)
        found.listed.sort(key=lambda each: each.filing)
        return found

    def stops(self, found: Found, supposed: str | None) -> Stops:
        """On which days too many are revoked, in either future."""
        if not found.revoked:
            return {}, {}
        return self.pool.submit(living.stopping, found.on, supposed).result()


# What is told of it


def _outcome(question: Question, at: datetime, until: datetime, there: int, found: Found, stops: Stops) -> Outcome:
    kinds = sorted({kind for sums in (found.was, found.is_now) for _, kind, _ in sums.events})
    return Outcome(
        question=question,
        at=at,
        until=until,
        filings=there,
        lived=found.lived,
        differing=found.differing,
        sums=tuple(_sum(kind, found) for kind in kinds),
        offices=tuple(_loads(found)),
        months=tuple(_months(found)),
        listed=tuple(found.listed),
        stopped=(found.stopped["was"], found.stopped["is_now"]),
        refused=max(found.was.refused, found.is_now.refused),
    )


def _sum(kind: str, found: Found) -> Sum:
    was, is_now = found.was.by_day(kind), found.is_now.by_day(kind)
    return Sum(
        kind=kind, was=sum(was.values()), is_now=sum(is_now.values()), moved=found.moved[kind],
        peak_was=whatif.peak(was), peak_is_now=whatif.peak(is_now),
    )  # fmt: skip


def _months(found: Found) -> Iterator[tuple[str, str, int, int]]:
    counted: tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]] = (Counter(), Counter())
    for of, sums in zip(counted, (found.was, found.is_now), strict=True):
        for (_, kind, day), times in sums.events.items():
            of[kind, f"{day:%Y-%m}"] += times
    was, is_now = counted
    yield from ((kind, month, was[kind, month], is_now[kind, month]) for kind, month in sorted({*was, *is_now}))


def _loads(found: Found) -> Iterator[Load]:
    """The offices, those first whose fullest day grows most, then those with most in hand."""
    names = {office for sums in (found.was, found.is_now) for office, _ in sums.hands}
    names |= {office for sums in (found.was, found.is_now) for office, _, _ in sums.events}
    loads = []
    for office in names:
        (most_was, on_was), (most_is_now, on_is_now) = found.was.fullest(office), found.is_now.fullest(office)
        chased = [_times(sums, office, KINDS_OF_CHASE) for sums in (found.was, found.is_now)]
        reports = [_reports(sums, office) for sums in (found.was, found.is_now)]
        load = Load(
            office=office, most_was=most_was, most_is_now=most_is_now, on_was=on_was, on_is_now=on_is_now,
            chased_was=chased[0], chased_is_now=chased[1], reports_was=reports[0], reports_is_now=reports[1],
        )  # fmt: skip
        loads.append(load)
    yield from sorted(loads, key=lambda each: (-each.grows, -each.most_is_now, each.office))


def _times(sums: Sums, office: str, kinds: Sequence[str]) -> int:
    return sum(times for (of, kind, _), times in sums.events.items() if of == office and kind in kinds)


def _reports(sums: Sums, office: str) -> int:
    """The fullest day of reports that come in."""
    days = {
        day: times for (of, kind, day), times in sums.events.items() if of == office and kind == "file_annual_report"
    }
    return max(days.values(), default=0)
