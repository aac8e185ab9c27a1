"""What one watcher saw up, on its way into the register: at once, or by a file below `var` once the register is back.

Each watcher writes a file of its own. Whoever brings one in renames it first, so that what is written meanwhile begins a new one, and
removes it once it is in the register. What was left by watchers that are gone is brought in by the others.
"""

import socket
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from uuid import uuid4

import structlog
from pydantic import Field
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from activities.availability import LOOKED_BACK, Availability
from activities.database import clock_of
from activities.logs import named
from models.availability import BREAK, Part, Span
from models.values import Instant, Value

log = structlog.get_logger()

LARGEST = 20_000_000
"""Bytes of what waits in one file at most: half a year of a register that is away."""

MOST_FILES = 20
"""Files brought in with one look; the others with the next."""


class Sighting(Value):
    """One look: which parts were seen up. A line of the file."""

    at: Instant
    up: tuple[Part, ...] = Field(max_length=len(Part))


@dataclass(frozen=True)
class SightingFile:
    """The files in which sightings wait: one of its own for whoever looks, and what others left."""

    folder: Path
    watcher: str
    token: str = field(default_factory=lambda: uuid4().hex[:8])
    """Watchers may share a name, as two workers of a machine do, and a folder, as all pods do: their files are apart by this."""

    _turn: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False, compare=False)
    """A look that took too long may still be bringing in while the next is written down."""

    @property
    def own(self) -> Path:
        """The file that this watcher writes to."""
        return self.folder / f"seen-up-{self.watcher}-{self.token}.jsonl"

    def append(self, sighting: Sighting) -> None:
        """Have a sighting wait. A line begins anew after whatever the machine went off over."""
        line = f"\n{sighting.model_dump_json()}\n".encode()
        with self._turn, self.own.open("ab", buffering=0) as file:
            if file.tell() < LARGEST:
                file.write(line)

    def taken(self, now: datetime) -> Iterator[tuple[Path, list[Sighting]]]:
        """What waits, file by file, each taken from whoever else would: to be removed once it is in the register.
        Not removed, it is taken again."""
        return islice(self._taken(now), MOST_FILES)

    def _taken(self, now: datetime) -> Iterator[tuple[Path, list[Sighting]]]:
        for path in sorted(self.folder.glob("seen-up-*.jsonl")):
            with suppress(OSError):  # somebody else was quicker, or it cannot be read
                if self.token in path.name or _is_left(path, now):
                    with self._turn:
                        mine = path.rename(self.own.with_suffix(f".{uuid4().hex[:8]}.jsonl"))
                    yield mine, list(_read(mine, now))


def _is_left(path: Path, now: datetime) -> bool:
    """Whether nobody writes to a file any more: whoever does, does every minute."""
    return now.timestamp() - path.stat().st_mtime > BREAK.total_seconds()


def _read(path: Path, now: datetime) -> Iterator[Sighting]:
    """The lines of a file; what cannot be read is left out. Nothing was seen later than it is."""
    with path.open("rb") as file:
        for line in file.read(LARGEST).decode(errors="replace").splitlines():
            with suppress(ValueError):
                told = Sighting.model_validate_json(line)
                if told.at >= now - LOOKED_BACK:
                    yield told.but(at=min(told.at, now))


@dataclass(frozen=True)
class Sightings:
    """What one watcher sees, written down. Nothing is seen later than it is by the register's own clock: who writes with a clock that is
    ahead would hide an outage to come."""

    availability: Availability
    watcher: str
    file: SightingFile
    clock: Callable[[Engine], datetime] = clock_of

    @classmethod
    def of(cls, process: str, availability: Availability, folder: Path) -> "Sightings":
        """Those of a process, by its name and its machine's."""
        name = f"{process}@{socket.gethostname()}"[:64]
        return cls(availability, name, SightingFile(folder, name))

    def note(self, at: datetime, up: Collection[Part]) -> None:
        """Write down which parts are up. While the register is away it waits in the file, so that its outage is on record too."""
        if Part.REGISTER not in up:
            self.wait(at, up)
            return
        try:
            now = self.clock(self.availability.engine)
            for path, waited in self.file.taken(now):
                self.availability.keep(self.watcher, joined(waited))
                with suppress(OSError):
                    path.unlink()
            self.availability.keep(self.watcher, [Span(part, min(at, now), min(at, now)) for part in up])
        except SQLAlchemyError as error:
            log.warning("availability.register_away", error=named(error))
            self.wait(at, up)

    def wait(self, at: datetime, up: Collection[Part]) -> None:
        """Have it wait in the file. The register itself was not seen up then."""
        seen = tuple(part for part in Part if part in up and part is not Part.REGISTER)
        try:
            if seen:
                self.file.append(Sighting(at=at, up=seen))
        except OSError as error:  # what cannot be kept counts as an outage
            log.warning("availability.not_kept", error=named(error))


def joined(sightings: Iterable[Sighting]) -> list[Span]:
    """Single looks made into spans, where no more than a short break lies between."""
    whole: dict[Part, list[Span]] = {}
    for each in sorted(sightings, key=lambda one: one.at):
        for part in each.up:
            before = whole.setdefault(part, [])
            if before and each.at - before[-1].until <= BREAK:
                before[-1] = before[-1]._replace(until=each.at)
            else:
                before.append(Span(part, each.at, each.at))
    return [each for of_part in whole.values() for each in of_part]
