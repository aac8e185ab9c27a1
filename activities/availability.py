"""When each part of the service was seen up (`seen_up`), also while the register itself was away: what was seen then waits in a file.

A watcher says every minute which parts it saw up. Written down are spans, so a year without outages is a row a part and watcher.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import structlog
from sqlalchemy import Connection, Engine, func, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from activities.database import clock_of, stating
from activities.logs import named
from models.availability import BREAK, Outage, Part, Span
from models.register import SeenUp
from models.values import day_of
from regulation import availability
from regulation.availability import Measure

log = structlog.get_logger()

SEEN = SeenUp.metadata.tables["seen_up"]

LARGEST = 20_000_000
"""Bytes of what waits in the file at most: half a year of a register that is away."""

LOOKED_BACK = timedelta(days=400)
"""How far back spans are read."""


@dataclass(frozen=True)
class Availability:
    """What was seen, in one register."""

    engine: Engine

    def spans(self, since: datetime) -> list[Span]:
        """The spans that tell of a time from an instant on; of each part also its last one before."""
        with self.engine.connect() as db:
            return list(_spans(db, since))

    def keep(self, watcher: str, spans: Iterable[Span]) -> None:
        """Write down what a watcher saw, in order. Said again it changes nothing."""
        with stating(self.engine) as db:
            for each in spans:
                _keep(db, watcher, each)

    def stood(self, now: datetime, *, days: int) -> list["Stood"]:
        """How each part stood of late. What was never seen up is not measured: not deployed, or not to be reached."""
        begins = now - timedelta(days=days)
        spans = self.spans(min(begins, now - Measure.on(day_of(now)).before))
        return _stood(spans, begins, now)


@dataclass(frozen=True)
class Stood:
    """A part of late: how available it was in the hours that count before a deadline, and in all; its outages, the newest first."""

    part: Part
    lately: Decimal
    in_all: Decimal
    outages: Sequence[Outage]


def _stood(spans: Sequence[Span], begins: datetime, now: datetime) -> list[Stood]:
    measure = Measure.on(day_of(now))
    found = availability.outages(spans, begins, now)
    lately, in_all = (availability.by_part(found, since, now) for since in (now - measure.before, begins))
    seen = {each.part for each in spans}
    return [
        Stood(part, lately[part], in_all[part], [each for each in found[::-1] if each.part is part])
        for part in Part
        if part in seen
    ]


def lately(db: Connection, now: datetime) -> dict[Part, Decimal]:
    """How available each part that is measured was in the hours that count before a deadline, in percent."""
    begins = now - Measure.on(day_of(now)).before
    return {each.part: each.lately for each in _stood(list(_spans(db, begins)), begins, now)}


def spans_since(db: Connection, since: datetime) -> list[Span]:
    """The same as `Availability.spans`, by a connection."""
    return list(_spans(db, since))


def _spans(db: Connection, since: datetime) -> Iterator[Span]:
    told = select(SEEN.c.part, SEEN.c.since, SEEN.c.until)
    last = select(SEEN.c.part, func.max(SEEN.c.until)).where(SEEN.c.until < since).group_by(SEEN.c.part)
    for part, until in db.execute(last):
        yield Span(Part(part), until, until)
    for part, began, until in db.execute(told.where(SEEN.c.until >= since).order_by(SEEN.c.since)):
        yield Span(Part(part), began, until)


def _keep(db: Connection, watcher: str, span: Span) -> None:
    """Add a span, or make the watcher's that it goes on from longer."""
    own = (SEEN.c.part == span.part.value, SEEN.c.watcher == watcher)
    goes_on = (*own, SEEN.c.since <= span.until, SEEN.c.until >= span.since - BREAK)
    row = db.execute(select(SEEN.c.since, SEEN.c.until).where(*goes_on).order_by(SEEN.c.since.desc()).limit(1)).first()
    if row is None:
        db.execute(insert(SEEN).values(part=span.part.value, watcher=watcher, since=span.since, until=span.until))
    elif span.until > row.until:
        db.execute(update(SEEN).where(*own, SEEN.c.since == row.since).values(until=span.until))


@dataclass(frozen=True)
class Noted:
    """What one watcher saw, on its way into the register: at once, or by its file once the register is back.

    Nothing is seen later than it is by the register's own clock: who writes with a clock that is ahead would hide an outage to come.
    """

    availability: Availability
    watcher: str
    file: Path
    clock: Callable[[Engine], datetime] = clock_of

    def note(self, at: datetime, up: Collection[Part]) -> None:
        """Write down which parts are up. While the register is away it waits in the file, so that its outage is on record too."""
        if Part.REGISTER not in up:
            self.wait(at, up)
            return
        waiting = list(self._waiting())
        try:
            now = self.clock(self.availability.engine)
            seen = joined([*waiting, *(Span(part, at, at) for part in up)])
            until_now = (each._replace(since=min(each.since, now), until=min(each.until, now)) for each in seen)
            self.availability.keep(self.watcher, until_now)
        except SQLAlchemyError as error:
            log.warning("availability.register_away", error=named(error))
            self.wait(at, up)
        else:
            if waiting:
                with suppress(OSError):
                    self.file.unlink()

    def wait(self, at: datetime, up: Collection[Part]) -> None:
        """Have it wait in the file. The register itself was not seen up then."""
        seen = sorted(part.value for part in up if part is not Part.REGISTER)
        try:
            if seen and (not self.file.exists() or self.file.stat().st_size < LARGEST):
                with self.file.open("a", encoding="utf-8") as file:
                    file.write(json.dumps({"at": at.isoformat(), "up": seen}) + "\n")
        except OSError as error:  # what cannot be kept counts as an outage
            log.warning("availability.not_kept", error=named(error))

    def _waiting(self) -> Iterator[Span]:
        """What waits in the file; a line that was cut off with the machine is left."""
        with suppress(OSError):
            for line in self.file.read_text("utf-8").splitlines():
                with suppress(ValueError, KeyError, TypeError):
                    told = json.loads(line)
                    at = datetime.fromisoformat(told["at"])
                    yield from (Span(Part(part), at, at) for part in told["up"])


def joined(spans: Iterable[Span]) -> list[Span]:
    """Single looks made into spans, where no more than a short break lies between."""
    whole: dict[Part, list[Span]] = {}
    for span in sorted(spans, key=lambda each: each.since):
        before = whole.setdefault(span.part, [])
        if before and span.since - before[-1].until <= BREAK:
            before[-1] = before[-1]._replace(until=max(before[-1].until, span.until))
        else:
            before.append(span)
    return [each for of_part in whole.values() for each in of_part]
