"""How long tests wait for what ought to come: counted in what the machine had to spare, not in seconds.

While the processors are busy, with the test itself or with something else, patience lasts; it is spent while they idle,
for then nobody is at work on what is waited for. So a busy machine is given its time, and a test that hangs still ends.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from inspect import isawaitable
from typing import Any

import httpx
import psutil

IDLE = 60.0
"""Seconds of an idle machine that are waited for something; half of a machine that idles counts half."""

AT_MOST = 1800.0
"""Seconds after which also a machine that was busy all the time is not waited for any longer."""

PAUSES = (0.01, 1.0)
"""The first pause between two looks, in seconds, and the longest: looking itself is work for a busy machine."""

LASTING = timedelta(seconds=AT_MOST)
"""The patience of doors in tests: who waits for them is who decides how long."""

Patient = partial(httpx.AsyncClient, timeout=AT_MOST)
"""Somebody who calls at a gateway that is served, and waits for its answer: the library's own five seconds are too few on a busy machine."""


class Patience:
    """Patience for one thing, from now on."""

    def __init__(self, idle: float = IDLE) -> None:
        self.idle = _idled() + idle
        self.end = time.monotonic() + AT_MOST
        self.pause = PAUSES[0]

    def lasts(self) -> bool:
        """Whether it is to be waited for any longer."""
        return _idled() < self.idle and time.monotonic() < self.end

    def pauses(self) -> float:
        """How long to wait before the next look: each time a little longer."""
        now, self.pause = self.pause, min(self.pause * 1.3, PAUSES[1])
        return now


def _idled() -> float:
    """How many seconds this machine's processors have had nothing to do since it started, each counted as its share."""
    times = psutil.cpu_times()
    return float(times.idle + getattr(times, "iowait", 0.0)) / (psutil.cpu_count() or 1)


def eventually(holds: Callable[[], Any], idle: float = IDLE) -> Any:
    """Wait until something holds, on a thread of its own; what it came to."""
    patience = Patience(idle)
    while not (found := holds()):
        if not patience.lasts():
            raise TimeoutError(f"it never came to hold: {holds}")
        time.sleep(patience.pauses())
    return found


async def comes(asked: Callable[[], Any], idle: float = IDLE) -> Any:
    """Wait until something holds; what it came to. What is asked may wait itself; else it is asked beside the loop."""
    patience = Patience(idle)
    while True:
        found = await asyncio.to_thread(asked)
        if isawaitable(found):
            found = await found
        if found:
            return found
        if not patience.lasts():
            raise TimeoutError(f"it never came to hold: {asked}")
        await asyncio.sleep(patience.pauses())


@asynccontextmanager
async def patiently(idle: float = 2 * IDLE) -> AsyncIterator[None]:
    """End with `TimeoutError` what takes longer than patience lasts."""
    patience = Patience(idle)
    async with asyncio.timeout(None) as limit:
        loop = asyncio.get_running_loop()

        def look() -> None:
            if patience.lasts():
                looks.append(loop.call_later(PAUSES[1], look))
            else:
                limit.reschedule(loop.time())

        looks = [loop.call_later(PAUSES[1], look)]
        try:
            yield
        finally:
            looks[-1].cancel()
