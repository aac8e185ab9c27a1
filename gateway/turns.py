"""Turns (轮候): how many of somebody's requests are worked on at once; whoever has more of them waits, and holds no thread meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


class Busy(Exception):
    """此刻同时办理的较多，请稍候再试"""


@dataclass
class _Line:
    """Who has a turn and who waits for one, under one key."""

    turns: asyncio.Semaphore
    there: int = 0


@dataclass
class Turns:
    """So many at once under one key; so many more wait, each at most so many seconds. Keys that nobody is under are forgotten."""

    at_once: int
    waiting: int
    patience: float
    _lines: dict[Hashable, _Line] = field(default_factory=dict)

    @asynccontextmanager
    async def turn(self, key: Hashable = "") -> AsyncIterator[None]:
        """Wait for a turn and have it; raises `Busy` if too many wait already, or it takes too long."""
        line = self._lines.setdefault(key, _Line(asyncio.Semaphore(self.at_once)))
        if line.there >= self.at_once + self.waiting:
            raise Busy
        line.there += 1
        try:
            try:
                async with asyncio.timeout(self.patience):
                    await line.turns.acquire()
            except TimeoutError:
                raise Busy from None
            try:
                yield
            finally:
                line.turns.release()
        finally:
            line.there -= 1
            if not line.there:
                del self._lines[key]

    def __len__(self) -> int:
        """How many have a turn or wait for one."""
        return sum(line.there for line in self._lines.values())
