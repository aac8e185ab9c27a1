"""Counting together (合计): gateways on several machines tell each other by the database how often somebody asked.

No request waits for it. Every two seconds a gateway writes in one row what has used a tenth of its limit, if that changed, and
reads the rows of the others: so what abuse costs the database is bounded by the clock, and not by how much is asked. Within these
seconds, and up to a tenth of a limit, each counts for itself; without the database too.
"""

import asyncio
import base64
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import structlog
from sqlalchemy import Engine, select
from sqlmodel import Session, col

from activities.database import writing
from activities.health.instruments import LIMITS_UNTOLD
from activities.logs import named
from gateway.counters import SPANS, TOLD, Counters
from models.gateway import CountedRow

log = structlog.get_logger()

EVERY = 2.0
"""Seconds between two exchanges."""

LATELY = timedelta(minutes=2)
"""What others wrote within it is read again: their clocks may be off by a minute."""

VERSION = "1:"
"""How a row begins that this release can read."""


@dataclass
class Together:
    """What one gateway tells and hears, behind one database. Each start of a gateway is a new one: what the last told goes on counting."""

    engine: Engine
    counters: Counters
    now: Callable[[], float] = time.time
    own: str = field(default_factory=lambda: uuid4().hex, init=False)
    _told: bytes = field(default=b"", init=False)
    _heard: dict[str, str] = field(default_factory=dict, init=False)
    _counts: dict[str, bytes] = field(default_factory=dict, init=False)
    _unread: set[str] = field(default_factory=set, init=False)
    _since: datetime = field(default=datetime.min.replace(tzinfo=UTC), init=False)

    async def keep(self) -> None:
        """Exchange again and again, until cancelled. Whatever fails is tried again; meanwhile this gateway counts for itself."""
        while True:
            try:
                await asyncio.to_thread(self.exchange)
            except Exception as error:
                log.warning("limits.not_shared", error=named(error))
            await asyncio.sleep(EVERY)

    def exchange(self) -> None:
        """Tell what is near its limits here, and count along what the others told."""
        at = self.now()
        now = datetime.fromtimestamp(at, UTC)
        if untold := self.counters.untold():
            LIMITS_UNTOLD.inc(untold)
            log.warning("limits.not_all_shared", untold=untold)
        if (told := self.counters.told(at)) != self._told:
            row = CountedRow(gateway=self.own, counts=VERSION + base64.b64encode(told).decode(), written_at=now)
            with writing(self.engine) as session:
                session.merge(row)
            self._told = told
        others = select(col(CountedRow.gateway), col(CountedRow.counts)).where(
            col(CountedRow.gateway) != self.own, col(CountedRow.written_at) > self._since
        )
        with Session(self.engine) as session:
            new = {gateway: counts for gateway, counts in session.execute(others) if self._heard.get(gateway) != counts}
        self._since = now - LATELY
        if new:
            self._heard |= new
            self._counts |= {gateway: self._read(gateway, counts) for gateway, counts in new.items()}
            self.counters.heard(self._counts.values(), at)

    def _read(self, gateway: str, counts: str) -> bytes:
        """What a gateway told; nothing if it cannot be read, as of a release that tells otherwise. That is said once of each."""
        try:
            told = base64.b64decode(counts.removeprefix(VERSION), validate=True) if counts.startswith(VERSION) else None
        except ValueError:
            told = None
        if told is not None and len(told) % TOLD.size == 0 and {each[1] for each in TOLD.iter_unpack(told)} <= {*SPANS}:
            return told
        if gateway not in self._unread:
            self._unread.add(gateway)
            log.warning("limits.not_read", gateway=gateway)
        return b""
