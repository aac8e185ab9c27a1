"""Public pages that are kept (留存): made once for everybody, and told again until an entry or the end of the day makes them untrue.

Each gateway keeps its own, and asks the register each time whether anything was entered since: no two of them disagree.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Engine, bindparam, func, select
from sqlmodel import col

from models.register import FilingRow
from models.values import day_of, midnight_after

MOST = 500
"""How many pages are kept at once; the one that nobody asked for longest goes first."""

LARGEST = 32_000_000
"""Bytes of all of them together."""

LATE = timedelta(hours=1)
"""An entry that is written so long after it was made is noticed at once, and a later one as soon as a page has had its time."""

MAKING = 16
"""How many pages are made at once; whoever asks for one that is being made waits for it."""


@dataclass(frozen=True)
class Page:
    """A page as it was made: its content, and a tag that changes with it."""

    content: bytes
    tag: str

    @classmethod
    def of(cls, text: str) -> "Page":
        """A page that says this."""
        content = text.encode()
        return cls(content, f'"{hashlib.sha256(content).hexdigest()}"')


Version = tuple[datetime, datetime | None, int, int | None]
"""As of which entries a page was made."""


@dataclass(frozen=True)
class _Kept:
    page: Page
    version: Version
    until: datetime


@dataclass
class KeptPages:
    """The pages that one gateway keeps, by what was asked."""

    engine: Engine
    _kept: OrderedDict[Hashable, _Kept] = field(default_factory=OrderedDict)
    _size: int = 0
    _changing: threading.Lock = field(default_factory=threading.Lock)
    _making: tuple[threading.Lock, ...] = field(default_factory=lambda: tuple(threading.Lock() for _ in range(MAKING)))

    def page(self, key: Hashable, seconds: int, now: datetime, make: Callable[[], str]) -> Page:
        """A page, made now unless it was made within so many seconds, on this day, and nothing was entered since."""
        version = self._version(now)
        if found := self._find(key, version, now):
            return found
        with self._making[hash(key) % MAKING]:
            if found := self._find(key, version, now):
                return found
            page = Page.of(make())
            self._keep(key, _Kept(page, version, now + lifetime(seconds, now)))
            return page

    def _version(self, now: datetime) -> Version:
        """What changes with every entry, as far as the register knows."""
        since = now.replace(minute=0, second=0, microsecond=0) - LATE
        with self.engine.connect() as db:
            newest, filings, entries = db.execute(ENTERED, {"since": since}).one()
            return since, newest, filings, entries

    def _find(self, key: Hashable, version: Version, now: datetime) -> Page | None:
        with self._changing:
            kept = self._kept.get(key)
            if kept is None or kept.version != version or kept.until <= now:
                return None
            self._kept.move_to_end(key)
            return kept.page

    def _keep(self, key: Hashable, kept: _Kept) -> None:
        with self._changing:
            earlier = self._kept.pop(key, None)
            self._kept[key] = kept
            self._size += len(kept.page.content) - (len(earlier.page.content) if earlier else 0)
            while len(self._kept) > MOST or self._size > LARGEST:
                _, oldest = self._kept.popitem(last=False)
                self._size -= len(oldest.page.content)


ENTERED = select(
    select(func.max(col(FilingRow.updated_at))).scalar_subquery(), func.count(), func.sum(FilingRow.number)
).where(col(FilingRow.updated_at) >= bindparam("since"))
"""When the newest entry was made; of how many filings one was made lately, and how many entries those have.

The newest is not enough: of two that are made at once the earlier may be written later. It is one more, whenever it was made.
"""


def lifetime(seconds: int, now: datetime) -> timedelta:
    """How long a page may be kept: so many seconds, but never past midnight, when notices begin and end."""
    return min(timedelta(seconds=seconds), midnight_after(day_of(now)) - now)


def for_caches(seconds: int, now: datetime) -> dict[str, str]:
    """What caches on the way are told: for how long, and for how long after that while they ask anew; not past midnight either."""
    fresh, longest = (lifetime(each, now) // timedelta(seconds=1) for each in (seconds, 2 * seconds))
    again = f", stale-while-revalidate={longest - fresh}" if longest > fresh else ""
    return {"Cache-Control": f"public, max-age={fresh}{again}"}
