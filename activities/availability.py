"""When each part of the service was seen up (`seen_up`), and how available it was by that.

A watcher says every minute which parts it saw up (`activities/sightings.py`). Written down are spans, so a year without outages is a
row a part and watcher.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection, Engine, func, insert, select, update

from activities.database import stating
from models.availability import BREAK, Outage, Part, Span
from models.register import SeenUp
from models.values import day_of
from regulation import availability
from regulation.availability import Measure

SEEN = SeenUp.metadata.tables["seen_up"]

SETTLED = timedelta(days=1)
"""After so long every part of a deployment was seen up once, or something is wrong."""

LOOKED_BACK = timedelta(days=400)
"""How far back spans are read."""


@dataclass(frozen=True)
class Availability:
    """What was seen, in one register."""

    engine: Engine

    def keep(self, watcher: str, spans: Iterable[Span]) -> None:
        """Write down what a watcher saw. Said again it changes nothing."""
        with stating(self.engine) as db:
            for each in spans:
                _keep(db, watcher, each)

    def of_parts(self, now: datetime, *, days: int) -> list["PartAvailability"]:
        """How available each part was of late. What was never seen up is not measured: not deployed, or not to be reached."""
        begins = now - timedelta(days=days)
        with self.engine.connect() as db:
            return _of_parts(spans_since(db, min(begins, now - Measure.on(day_of(now)).before)), begins, now)

    def never_seen(self, now: datetime) -> list[Part]:
        """The parts that nobody ever saw up although others were for a day: whoever looks cannot reach them. Mail may not be configured;
        that letters do not leave is told where it is."""
        with self.engine.connect() as db:
            told = select(SEEN.c.part, func.min(SEEN.c.since)).group_by(SEEN.c.part)
            first = {Part(part): since for part, since in db.execute(told)}
        long = bool(first) and min(first.values()) <= now - SETTLED
        return [part for part in Part if part not in first and part is not Part.MAIL] if long else []


@dataclass(frozen=True)
class PartAvailability:
    """How available a part was in the hours that count before a deadline, and in all, in percent; since when it was measured in that
    time, where not for all of it; its outages, the newest first."""

    part: Part
    last_hours: Decimal
    in_all: Decimal
    measured_since: datetime | None
    outages: Sequence[Outage]


def _of_parts(spans: Sequence[Span], begins: datetime, now: datetime) -> list[PartAvailability]:
    measure = Measure.on(day_of(now))
    found = availability.outages(spans, begins, now)
    last_hours, in_all = (availability.by_part(found, since, now) for since in (now - measure.before, begins))
    first = {part: min((each.since for each in spans if each.part is part), default=now) for part in Part}
    seen = {each.part for each in spans}
    return [
        PartAvailability(
            part,
            last_hours[part],
            in_all[part],
            first[part] if first[part] > begins else None,
            [each for each in found[::-1] if each.part is part],
        )
        for part in Part
        if part in seen
    ]


def of_last_hours(db: Connection, now: datetime) -> dict[Part, Decimal]:
    """How available each part that is measured was in the hours that count before a deadline, in percent."""
    begins = now - Measure.on(day_of(now)).before
    return {each.part: each.last_hours for each in _of_parts(spans_since(db, begins), begins, now)}


def is_measured(db: Connection, part: Part) -> bool:
    """Whether a part was ever seen up."""
    return db.execute(select(SEEN.c.part).where(SEEN.c.part == part.value).limit(1)).first() is not None


def spans_since(db: Connection, since: datetime) -> list[Span]:
    """The spans that tell of a time from an instant on; of each part also its last one before."""
    told = select(SEEN.c.part, SEEN.c.since, SEEN.c.until).where(SEEN.c.until >= since).order_by(SEEN.c.since)
    last = select(SEEN.c.part, func.max(SEEN.c.until)).where(SEEN.c.until < since).group_by(SEEN.c.part)
    before = [Span(Part(part), until, until) for part, until in db.execute(last)]
    return before + [Span(Part(part), began, until) for part, began, until in db.execute(told)]


def _keep(db: Connection, watcher: str, span: Span) -> None:
    """Add a span, or make the watcher's that it goes on from longer. One that began earlier than what is there is added: what had
    waited, or was left by another watcher, may come in later."""
    own = (SEEN.c.part == span.part.value, SEEN.c.watcher == watcher)
    goes_on = (*own, SEEN.c.since <= span.since, SEEN.c.until >= span.since - BREAK)
    row = db.execute(select(SEEN.c.since, SEEN.c.until).where(*goes_on).order_by(SEEN.c.since.desc()).limit(1)).first()
    if row is None:
        db.execute(insert(SEEN).values(part=span.part.value, watcher=watcher, since=span.since, until=span.until))
    elif span.until > row.until:
        db.execute(update(SEEN).where(*own, SEEN.c.since == row.since).values(until=span.until))
