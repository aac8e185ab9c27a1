"""What is asked again and again, and is kept meanwhile: whoever asks within some seconds is told what was told before."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import structlog

from activities.logs import named

log = structlog.get_logger()

T = TypeVar("T")

PATIENCE = 5.0
"""Seconds that an answer is waited for; it may still come for whoever asks next."""


@dataclass
class Kept(Generic[T]):
    """An answer that is asked for at most every so many seconds, and by one at a time."""

    ask: Callable[[], Awaitable[T]]
    seconds: float
    patience: float = PATIENCE
    clock: Callable[[], float] = time.monotonic
    _asking: asyncio.Task[T] | None = field(default=None, init=False)
    _at: float = field(default=-math.inf, init=False)

    async def told(self) -> T | None:
        """The answer; None where none came in time, or it could not be asked."""
        if self._asking is None or (self._asking.done() and self.clock() - self._at >= self.seconds):
            self._at, self._asking = self.clock(), asyncio.create_task(self._asked())
        await asyncio.wait({self._asking}, timeout=self.patience)
        return self._asking.result() if self._asking.done() and not self._asking.exception() else None

    async def _asked(self) -> T:
        try:
            return await self.ask()
        except Exception as error:
            log.warning("health.not_told", error=named(error))
            raise
