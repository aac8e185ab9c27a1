"""Delivering letters (投递), after the entry that wrote them and apart from its workflow.

`Postman` hands each open letter to the engine as one standalone activity under the letter's own id; the engine retries it
for as long as a channel is down, and no filing's history grows by it. What each channel has to show is noted at once, so
a retry goes on with the channels that are left. A letter that a channel gives up ends as a failed activity, for operators
to see; if it was to tell a leader and nothing else got through, the filing is told, and people are given the task (G-18).
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from temporalio import activity
from temporalio.client import Client
from temporalio.common import ActivityIDConflictPolicy, ActivityIDReusePolicy, RetryPolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from activities.channels.channel import Recipient, Undeliverable
from activities.channels.configured import PERSONAL, Configured
from activities.letters import PAGES, REMINDERS, Letters, Tried, content
from activities.logs import named
from activities.rows import parts_of
from models.register import DeliveryRow, LetterRow
from models.values import Value
from models.vocabulary import ActKind, DeliveryState, Role
from regulation import identity, offices
from regulation.messages import NOTIFICATIONS
from regulation.wording import moment

log = structlog.get_logger()

GATHER = 0.2
"""Seconds that a round waits for more to deliver after the bell: one look at the register serves many entries."""

HANDED_AGAIN_AFTER = timedelta(minutes=15)

AT_ONCE = 20
"""How many letters are handed over side by side."""

PLACED = frozenset({"inbox", "document", "page"})
"""Families of texts whose channels put a letter where it is looked for; all others knock at somebody's door."""

Routine = Callable[[datetime], object]
"""Opens the letters that a day brings, once that day."""

Report = Callable[[str, Mapping[str, Any]], Awaitable[object]]
"""Does an act to a filing."""


NOBODY = Recipient()
"""Whom a letter is placed for: its place is known, and no address is looked up."""

DONE = (DeliveryState.ARRIVED, DeliveryState.FAILED)


def suits(text: str, words: str) -> bool:
    """Whether letters of a text leave by channels of these words: pages are written; reminders are placed, and knock together."""
    if text in PAGES or words == "page":
        return text in PAGES and words == "page"
    if text == REMINDERS:
        return words not in PLACED
    return words in PLACED or text not in NOTIFICATIONS or not NOTIFICATIONS[text].bundle


class Outcome(Value):
    """What one round over a letter's channels came to: which are down, why those that gave up did, and whether it got through.

    `reached` is what counts for a leader: by a channel to a person, and not by a chat or a folder.
    """

    down: tuple[str, ...] = ()
    failed: dict[str, str] = {}
    reached: bool = False


@dataclass
class Delivering:
    """Carries letters through every channel that is for them. The register's inbox needs none: a message is its row."""

    letters: Letters
    channels: Sequence[Configured]
    report: Report
    give_up_after: timedelta
    threads: ThreadPoolExecutor

    @activity.defn
    async def deliver(self, letter: str) -> None:
        """Carry a letter through the channels that are not done with it.

        A retry sends again only what has no receipt; what was sent and not noted, because everything died in between,
        goes out twice under the same id. Raises while a channel is down, and in the end if one gave up.
        """
        aside, threads = asyncio.get_running_loop().run_in_executor, self.threads
        row = await aside(threads, self.letters.row, letter)
        if row is None or row.closed_at:
            return
        outcome = await aside(threads, self._carry, row)
        if outcome.down:
            raise ApplicationError(f"渠道暂不可达，将重试：{'、'.join(outcome.down)}", type="ChannelDown")
        if not outcome.failed:
            return
        why = "；".join(f"{channel}：{reason}" for channel, reason in outcome.failed.items())
        if row.to == "leader" and not outcome.reached:
            for message in json.loads(row.messages):
                await self._tell_filing(message, why)
        await aside(threads, lambda: self.letters.close(letter, datetime.now(UTC), failed=True))
        raise ApplicationError(f"未能送达：{why}", type="Undeliverable", non_retryable=True)

    def _carry(self, row: LetterRow) -> Outcome:
        """One round over the channels of a letter: each result is noted before the next channel is asked.

        If every channel carried it, the letter is closed with the last note.
        """
        earlier = {each.channel: each for each in self.letters.deliveries(row.id)}
        came: dict[str, Tried | DeliveryRow] = {}
        unnoted: tuple[str, Tried] | None = None
        for channel in self.channels:
            if not suits(row.text, channel.channel.words):
                continue
            before = earlier.get(channel.name)
            if before and before.state in DONE:
                came[channel.name] = before
                continue
            if unnoted:
                self.letters.note(row.id, *unnoted, datetime.now(UTC))
                unnoted = None
            if tried := self._try(channel, row, before):
                came[channel.name], unnoted = tried, (channel.name, tried)
        outcome = self._outcome(came)
        arrived = not outcome.down and not outcome.failed
        if unnoted:
            self.letters.note(row.id, *unnoted, datetime.now(UTC), closes=arrived)
        elif arrived:
            self.letters.close(row.id, datetime.now(UTC), failed=False)
        return outcome

    def _outcome(self, came: Mapping[str, Tried | DeliveryRow]) -> Outcome:
        """What the channels of today came to; one that was taken away since holds up nothing."""
        personal = {channel.name for channel in self.channels if channel.channel.words in PERSONAL}
        return Outcome(
            down=tuple(name for name, each in came.items() if each.state == DeliveryState.TRYING),
            failed={name: each.receipt for name, each in came.items() if each.state == DeliveryState.FAILED},
            reached=any(each.state == DeliveryState.ARRIVED and name in personal for name, each in came.items()),
        )

    def _try(self, channel: Configured, row: LetterRow, before: DeliveryRow | None) -> Tried | None:
        """One try of one channel; None if it is not for this letter."""
        letter = self.letters.worded(row, channel.channel.words)
        if letter is None:
            return None
        recipient = NOBODY if channel.channel.words in PLACED else self.letters.recipient(row)
        if not channel.carries(letter, recipient):
            return None
        said = content(letter)
        try:
            carried = channel.channel.send(letter, recipient)
        except Undeliverable as failed:
            log.warning("delivery.failed", letter=row.id, channel=channel.name)
            return Tried(state=DeliveryState.FAILED, receipt=str(failed), content=said)
        except Exception as error:
            since = before.first_tried_at if before and before.state == DeliveryState.TRYING else datetime.now(UTC)
            given_up = datetime.now(UTC) - since >= self.give_up_after
            log.warning("delivery.down", letter=row.id, channel=channel.name, error=named(error))
            why = str(error) if isinstance(error, ConnectionError) else type(error).__name__
            reason = f"自{moment(since)}起始终不通，不再重试（{why}）" if given_up else why
            state = DeliveryState.FAILED if given_up else DeliveryState.TRYING
            return Tried(state=state, receipt=reason, content=said)
        return Tried(state=DeliveryState.ARRIVED, address=carried.address, receipt=carried.receipt, content=said)

    async def _tell_filing(self, message: str, why: str) -> None:
        """An entry told its leader something, and no channel got through."""
        filing_id, entry, index = parts_of(message)
        reason = why[:500]
        act = {
            "id": identity.of_failure(entry, index, reason),
            "kind": ActKind.REPORT_UNDELIVERABLE.value,
            "by": {"person": "delivering", "office": offices.PROVINCE, "role": Role.PLATFORM.value},
            "entry": entry,
            "reason": reason,
        }
        await self.report(filing_id, act)


@dataclass
class Postman:
    """Hands open letters to the engine: when an entry was made, and every so often for what a crash left."""

    letters: Letters
    routines: Sequence[Routine]
    client: Client
    task_queue: str
    interval: float
    bundle_wait: float
    retry: RetryPolicy
    timeout: timedelta
    _seen: dict[str, float] = field(default_factory=dict)
    _bell: asyncio.Event = field(default_factory=asyncio.Event)
    _loop: asyncio.AbstractEventLoop | None = None

    def ring(self) -> None:
        """Say that there is something to deliver; from any thread."""
        if self._loop:
            self._loop.call_soon_threadsafe(self._bell.set)

    async def run(self) -> None:
        """Go round until cancelled. What fails is tried again next time: a register or an engine that does not answer.

        A digest that cannot be compiled holds up no letter.
        """
        self._loop = asyncio.get_running_loop()
        while True:
            self._bell.clear()
            now = datetime.now(UTC)
            for routine in self.routines:
                await _survived(asyncio.to_thread(routine, now))
            await _survived(self._round(now))
            try:
                await asyncio.wait_for(self._bell.wait(), self.interval)
            except TimeoutError:
                continue
            await asyncio.sleep(GATHER)

    async def _round(self, now: datetime) -> None:
        waiting = await asyncio.to_thread(self.letters.waiting, now - HANDED_AGAIN_AFTER)
        ready = [letter for letter in waiting if self._ripe(letter)]
        if not ready:
            return
        await asyncio.to_thread(self.letters.handed, [letter.id for letter in ready], now)
        gate = asyncio.Semaphore(AT_ONCE)
        left = [each for each in await asyncio.gather(*(self._hand_over(letter, gate) for letter in ready)) if each]
        if left:
            await asyncio.to_thread(self.letters.handed, left, None)

    def _ripe(self, letter: LetterRow) -> bool:
        """A day's reminders are waited for a while: they are entered one filing at a time."""
        if letter.text != REMINDERS:
            return True
        now = asyncio.get_running_loop().time()
        if now - self._seen.setdefault(letter.id, now) < self.bundle_wait:
            return False
        del self._seen[letter.id]
        return True

    async def _hand_over(self, letter: LetterRow, gate: asyncio.Semaphore) -> str | None:
        """Start a letter's delivery; its id if the engine would not have it."""
        async with gate:
            try:
                await self.client.start_activity(
                    "deliver",
                    letter.id,
                    id=letter.id,
                    task_queue=self.task_queue,
                    start_to_close_timeout=self.timeout,
                    retry_policy=self.retry,
                    id_reuse_policy=ActivityIDReusePolicy.ALLOW_DUPLICATE,
                    id_conflict_policy=ActivityIDConflictPolicy.USE_EXISTING,
                    summary=f"投递 {letter.text} → {letter.to}",
                )
            except RPCError as error:
                log.warning("delivery.not_handed_over", letter=letter.id, error=error.message)
                return letter.id
        return None


async def _survived(step: Awaitable[object]) -> None:
    try:
        await step
    except Exception as error:
        log.warning("delivery.round_failed", error=named(error))
