"""The postman (投递员): takes letters that are due, batch by batch, and has them delivered; in every worker, sharing the work.

He looks when an entry was made, when something is to be tried again, and every so often for what others left. So many batches
are under way at once, of so many letters, and no more is held in memory. While lapses are entered late the deadlines have the
machine: one batch leaves at each look, but none is held back for long. What a day brings for everybody, digests, pages and
calendars, waits until no lapse is entered any more: a day begins at the instant at which most deadlines fall.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog
from temporalio import activity
from temporalio.common import MetricMeter

from activities.delivering import Delivering
from activities.health.instruments import LATENESS
from activities.letter_queue import Held, LetterQueue
from activities.letters import Backlog, Letters
from activities.logs import named
from models import metrics
from models.acts import Lapse
from models.filing import Entry
from models.vocabulary import DeliveryState

log = structlog.get_logger()

GATHER = 0.5
"""Seconds that a round waits for more to deliver after the bell: one look at the register serves many entries."""

BATCH = 50
"""Letters that are taken at once."""

LATE = timedelta(seconds=2)
"""How long after its instant a lapse is entered late."""

YIELDS = 5.0
"""Seconds after a lapse that was entered late in which deliveries hold back."""

OVER = 2.0
"""Seconds without a lapse after which an instant that brought many is over."""

LONGEST_HELD = timedelta(minutes=10)
"""How long letters are held back at most: once the first has been due for so long, they leave beside the deadlines."""

PROLONGED = 90
"""How often a lease is prolonged by a third of itself: by default for half an hour."""

NOTHING_LEFT = Backlog(0, 0, timedelta(0), {})

Routine = Callable[[datetime], object]
"""Opens the letters that a day brings, once that day."""


@activity.defn(name="deliver")
def handed_over_before(letter: str) -> None:
    """What a release before 0.5.0 handed to the engine, an activity a letter: it is delivered from the register now."""


class Gauges:
    """What operators see of deliveries: among the worker's metrics."""

    def __init__(self, meter: MetricMeter) -> None:
        self.tries = meter.create_counter(metrics.LETTER_TRIES.name, metrics.LETTER_TRIES.english)
        self.waiting = meter.create_gauge(metrics.LETTERS_WAITING.name, metrics.LETTERS_WAITING.english)
        self.late = meter.create_gauge_float(metrics.LETTERS_LATE.name, metrics.LETTERS_LATE.english)
        self.owed = meter.create_gauge(metrics.LETTERS_OWED.name, metrics.LETTERS_OWED.english)
        self.failed = meter.create_gauge(metrics.LETTERS_FAILED.name, metrics.LETTERS_FAILED.english)

    def tried(self, channel: str, state: DeliveryState) -> None:
        """A channel came to something."""
        self.tries.add(1, {"channel": channel, "state": state.value})

    def shows(self, backlog: Backlog, channels: Sequence[str]) -> None:
        """So much is left."""
        self.waiting.set(backlog.waiting)
        self.failed.set(backlog.failed)
        self.late.set(backlog.late.total_seconds())
        for channel in {*channels, *backlog.down}:
            down = backlog.down.get(channel)
            self.owed.set(down.letters if down else 0, {"channel": channel})


@dataclass
class Postman:
    """Has due letters delivered, `at_once` batches side by side, and looks for more every `interval` seconds."""

    letters: Letters
    queue: LetterQueue
    delivering: Delivering
    routines: Sequence[Routine]
    interval: float
    at_once: int
    gauges: Gauges
    _behind_until: float = 0.0
    _lapses_until: float = 0.0
    _shown_at: float = -math.inf
    _backlog: Backlog = NOTHING_LEFT
    _wanted: bool = False
    _bell: asyncio.Event = field(default_factory=asyncio.Event)
    _under_way: set[asyncio.Task[None]] = field(default_factory=set)
    _loop: asyncio.AbstractEventLoop | None = None

    def entered(self, entry: Entry) -> None:
        """An entry was made, perhaps with letters: look; from any thread."""
        if isinstance(entry.event, Lapse):
            self._lapses_until = time.monotonic() + OVER
            LATENESS.observe(max((entry.entered_at - entry.at).total_seconds(), 0.0))
            if entry.entered_at - entry.at > LATE:
                self._behind_until = time.monotonic() + YIELDS
        self.ring()

    def ring(self) -> None:
        """There may be letters: look; from any thread."""
        if self._loop:
            self._loop.call_soon_threadsafe(self._bell.set)

    async def run(self) -> None:
        """Go round until cancelled; then what is being sent is sent, and the rest left for others.

        What fails is tried again next time. A digest that cannot be compiled holds up no letter.
        """
        self._loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(self.at_once, "postman") as threads:
            try:
                while True:
                    await self._round(threads)
            finally:
                self.delivering.stopping = True
                await asyncio.gather(*self._under_way)

    async def _round(self, threads: ThreadPoolExecutor) -> None:
        self._bell.clear()
        now = datetime.now(UTC)
        for routine in self.routines if time.monotonic() >= self._lapses_until else ():
            await _survived(asyncio.to_thread(routine, now))
        self._start(threads)
        if time.monotonic() - self._shown_at >= self.interval:
            await _survived(self._show())
        try:
            await asyncio.wait_for(self._bell.wait(), self.interval)
        except TimeoutError:
            return
        await asyncio.sleep(self.interval if self._yields else min(GATHER, self.interval))

    @property
    def _yields(self) -> bool:
        return time.monotonic() < self._behind_until and self._backlog.late < LONGEST_HELD

    def _start(self, threads: ThreadPoolExecutor) -> None:
        """Have batches taken and delivered, beside those under way, if there is room for one more."""
        self._wanted = len(self._under_way) >= (1 if self._yields else self.at_once)
        if not self._wanted:
            task = asyncio.create_task(_survived(self._deliver(threads)))
            self._under_way.add(task)
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if self._wanted:
            self._bell.set()

    async def _deliver(self, threads: ThreadPoolExecutor) -> None:
        """Take a batch and deliver it, until there is no more than that."""
        loop, full = asyncio.get_running_loop(), True
        while full and not self.delivering.stopping:
            batch = await loop.run_in_executor(threads, self.queue.take, datetime.now(UTC), BATCH)
            full = len(batch.letters) == BATCH and not self._yields
            if full:
                self._start(threads)
            if batch.letters:
                await self._carry(Held(self.queue, batch), threads)

    async def _carry(self, held: Held, threads: ThreadPoolExecutor) -> None:
        loop = asyncio.get_running_loop()
        keeping = asyncio.create_task(self._keep(held))
        try:
            carried = await loop.run_in_executor(threads, self.delivering.carry, held)
            fates = await asyncio.gather(*map(self.delivering.tell, carried.silent))
            if fates:
                await loop.run_in_executor(threads, held.settle, datetime.now(UTC), (), fates)
        finally:
            keeping.cancel()
        self._look_at(min((each.due for each in (*fates, *carried.fates) if each.due), default=None))

    async def _keep(self, held: Held) -> None:
        """Prolong a lease while its batch is under way; but not for ever, if a channel never comes to an end."""
        for _ in range(PROLONGED):
            await asyncio.sleep(self.queue.lease.total_seconds() / 3)
            await _survived(asyncio.to_thread(held.keep, datetime.now(UTC)))

    def _look_at(self, due: datetime | None) -> None:
        """Something is to be tried again: look then, if one would not look before."""
        wait = (due - datetime.now(UTC)).total_seconds() if due else self.interval
        if wait < self.interval and self._loop:
            self._loop.call_later(max(wait, 0.0), self._bell.set)

    async def _show(self) -> None:
        self._shown_at = time.monotonic()
        self._backlog = await asyncio.to_thread(self.letters.backlog, datetime.now(UTC))
        self.gauges.shows(self._backlog, [channel.name for channel in self.delivering.channels])


async def _survived(step: Awaitable[object]) -> None:
    try:
        await step
    except Exception as error:
        log.warning("delivery.round_failed", error=named(error))
