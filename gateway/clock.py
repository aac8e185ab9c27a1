"""The door's clock (时钟): receipts are stamped by it, and decide what is in time; so it is compared with the database's.

A clock that is a little off is set right by what it is off. One that is further off than a minute stamps nothing: what is
to be done is answered with 503 until somebody has set it; what is only shown is shown.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from activities.database import AHEAD_AT_MOST, ahead_of
from activities.logs import named
from gateway.problem import Unreachable

log = structlog.get_logger()

LEAST = timedelta(seconds=1)
"""Less than that is the way to the database and back."""

EVERY = 60.0
"""Seconds between two comparisons."""


class ClockWrong(Unreachable):
    """本服务的时钟有误，暂不办理；请稍后以同一编号重新发送"""


@dataclass
class DoorClock:
    """The time, as the door's own clock and the database's together tell it. `ahead` is by how much the own one is."""

    database: Callable[[], datetime]
    own: Callable[[], datetime] = lambda: datetime.now(UTC)
    ahead: timedelta = field(default=timedelta(0), init=False)

    def __call__(self) -> datetime:
        return self.own() - self.ahead

    def compare(self) -> None:
        """Look how far off it is; a database that does not answer leaves it as it was."""
        try:
            ahead = ahead_of(self.database, self.own)
        except SQLAlchemyError as error:
            log.warning("clock.not_compared", error=named(error))
            return
        self.ahead = ahead if abs(ahead) >= LEAST else timedelta(0)
        if self.ahead:
            (log.error if self.wrong else log.warning)("clock.off", ahead_seconds=round(ahead.total_seconds(), 1))

    @property
    def wrong(self) -> bool:
        """Whether nothing may be stamped by it."""
        return abs(self.ahead) > AHEAD_AT_MOST

    def refuse_if_wrong(self) -> None:
        """Raise `ClockWrong` rather than have something stamped."""
        if self.wrong:
            raise ClockWrong

    async def keep(self) -> None:
        """Compare again and again, until cancelled. Whatever fails is tried again."""
        while True:
            await asyncio.sleep(EVERY)
            try:
                await asyncio.to_thread(self.compare)
            except Exception as error:
                log.warning("clock.not_compared", error=named(error))
