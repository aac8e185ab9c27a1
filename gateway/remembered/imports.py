"""The lists that this process looks through or imports (A-02): what would come of each, how far it has come, what was refused.

Nothing is remembered beyond the process, and need not be: what was imported stands in the register. What would come of a list
is looked up once and kept for some minutes, in short; one list at a time is looked through.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from gateway.turns import Busy
from models.findings import Finding

Key = tuple[str, str]
"""A list, and the document number that it is imported by."""

Doing = Literal["核对", "导入"]

Watch = Callable[[int, int], None]
"""Who is told how many rows are done, of how many."""

LISTS = 20
"""So many lists at most are remembered."""

WAITING = 8
"""So many are under way at once, of which one is looked through and the others wait: each is held in memory as a whole."""

FRESH = 600.0
"""Seconds for which what would come of a list is not looked up again."""

AT_ONCE_WITHIN = 5.0
"""A list that is looked through within so many seconds is shown at once."""


@dataclass
class Running:
    """A list that is looked through or imported: how many rows are done, of how many."""

    doing: Doing
    done: int = 0
    of: int = 0

    def watch(self, done: int, of: int) -> None:
        """Be told how far it has come."""
        self.done, self.of = done, of


@dataclass
class Importing:
    """Them all, each by its list."""

    clock: Callable[[], float] = time.monotonic
    _tasks: dict[Key, asyncio.Task[None]] = field(default_factory=dict)
    _running: dict[Key, Running] = field(default_factory=dict)
    _refused: dict[Key, dict[int, tuple[Finding, ...]]] = field(default_factory=dict)
    _looked: dict[Key, tuple[float, object]] = field(default_factory=dict)
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    def running(self, key: Key) -> Running | None:
        """How far a list has come, if it is under way."""
        task = self._tasks.get(key)
        return self._running.get(key) if task and not task.done() else None

    def refused(self, key: Key) -> Mapping[int, tuple[Finding, ...]]:
        """What the last import of a list refused after all."""
        return self._refused.get(key, {})

    async def looked(self, key: Key, look: Callable[[Watch], object]) -> object | Running:
        """What would come of a list, looked up once however often it is asked for; or how far it has come, while it is under way.
        `Busy` if too many others are."""
        if not self.running(key) and not self._is_fresh(key):
            if sum(not task.done() for task in self._tasks.values()) >= WAITING:
                raise Busy
            running = Running("核对")
            self._start(key, running, self._look(key, look, running.watch))
        if (under_way := self.running(key)) and under_way.doing == "核对":
            await asyncio.wait({self._tasks[key]}, timeout=AT_ONCE_WITHIN)
        if under_way := self.running(key):
            return under_way
        self._tasks[key].result()
        return self._looked[key][1] if key in self._looked else Running("核对")

    def forget(self, key: Key) -> None:
        """Have what would come of a list looked up anew."""
        self._looked.pop(key, None)

    def begin(
        self, key: Key, work: Callable[[Watch, dict[int, tuple[Finding, ...]]], Coroutine[Any, Any, None]]
    ) -> None:
        """Have an import go on by itself, unless it does. It is told whom to tell how far it has come, and where to put what is refused."""
        if before := self.running(key):
            if before.doing == "导入":
                return
            self._tasks[key].cancel()
        running, refused = Running("导入"), dict[int, tuple[Finding, ...]]()
        self._start(key, running, work(running.watch, refused))
        self._refused[key] = refused

    def _is_fresh(self, key: Key) -> bool:
        return key in self._looked and self.clock() - self._looked[key][0] < FRESH

    async def _look(self, key: Key, look: Callable[[Watch], object], watch: Watch) -> None:
        async with self._looking:
            self._looked[key] = self.clock(), await asyncio.to_thread(look, watch)

    def _start(self, key: Key, running: Running, work: Coroutine[Any, Any, None]) -> None:
        self.forget(key)
        ended = [each for each, task in self._tasks.items() if task.done() and each != key]
        remembered: tuple[dict[Key, Any], ...] = (self._tasks, self._running, self._refused, self._looked)
        for old in ended[: max(len(self._tasks) - LISTS, 0)]:
            for each in remembered:
                each.pop(old, None)
        self._running[key], self._tasks[key] = running, asyncio.get_running_loop().create_task(work)
