"""Delivering messages (送信), after the entry that wrote them and apart from its workflow.

A message is a row of the entry's transaction, so nothing is lost. `Postman` hands each entry's messages to the engine as
one standalone activity, named after the entry; the engine retries it for as long as a channel is down, and no filing's
history grows by it. What was delivered is noted in the row, so a retry goes on where it stopped.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import structlog
from temporalio import activity
from temporalio.client import Client
from temporalio.common import ActivityIDConflictPolicy, ActivityIDReusePolicy, RetryPolicy
from temporalio.service import RPCError

from activities.register import Message, Register
from models.values import FilingId, Value, in_shanghai

log = structlog.get_logger()

RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(hours=1))
GATHER = 0.2
"""Seconds that a round waits for more to deliver after the bell: one look at the register serves many entries."""

HANDED_AGAIN_AFTER = timedelta(minutes=15)


class Channel(Protocol):
    """A way to reach somebody. Sending the same message twice must come to the same wherever the channel can tell."""

    def send(self, message: Message) -> None:
        """Send a message; raise if it may not have arrived."""


@dataclass
class OutboxFolder:
    """Files below a folder, one a message, in a folder for each office; the name is the message's id."""

    folder: Path

    def send(self, message: Message) -> None:
        """Write the file whole or not at all."""
        place = self.folder / message.office
        place.mkdir(parents=True, exist_ok=True)
        half = place / f".{message.id}"
        half.write_text(
            f"编号：{message.id}\n收件：{message.to}（{message.office}）\n时间：{in_shanghai(message.created_at)}\n"
            f"标题：{message.title}\n\n{message.body}\n",
            "utf-8",
        )
        half.replace(place / f"{message.id}.txt")


class Delivery(Value):
    """The messages of one entry."""

    filing_id: FilingId
    number: int


@dataclass
class Delivering:
    """Sends messages through every channel. The inbox is the row itself and needs none."""

    register: Register
    channels: Sequence[Channel]

    @activity.defn
    def deliver(self, delivery: Delivery) -> int:
        """Deliver what is still undelivered of an entry; how many. A retry goes on with what is left."""
        pending, sent = self.register.to_deliver(delivery.filing_id, delivery.number), []
        try:
            for message in pending:
                for channel in self.channels:
                    channel.send(message)
                sent.append(message.id)
        finally:
            if sent:
                self.register.delivered(sent, datetime.now(UTC))
        return len(sent)


@dataclass
class Postman:
    """Hands undelivered messages to the engine: when an entry was made, and every so often for what a crash left."""

    register: Register
    client: Client
    task_queue: str
    interval: float
    _bell: asyncio.Event = field(default_factory=asyncio.Event)
    _loop: asyncio.AbstractEventLoop | None = None

    def ring(self) -> None:
        """Say that there is something to deliver; from any thread."""
        if self._loop:
            self._loop.call_soon_threadsafe(self._bell.set)

    async def run(self) -> None:
        """Go round until cancelled. A register or an engine that does not answer is tried again next time."""
        self._loop = asyncio.get_running_loop()
        while True:
            self._bell.clear()
            try:
                await self._round()
            except Exception as error:
                log.warning("delivery.round_failed", error=type(error).__name__)
            try:
                await asyncio.wait_for(self._bell.wait(), self.interval)
            except TimeoutError:
                continue
            await asyncio.sleep(GATHER)

    async def _round(self) -> None:
        now = datetime.now(UTC)
        pending = await asyncio.to_thread(self.register.undelivered, now - HANDED_AGAIN_AFTER)
        handed = []
        for filing_id, number in pending:
            try:
                await self._hand_over(filing_id, number)
                handed.append((filing_id, number))
            except RPCError as error:
                log.warning("delivery.not_handed_over", filing=filing_id, entry=number, error=error.message)
                break
        if handed:
            await asyncio.to_thread(self.register.handed, handed, now)

    async def _hand_over(self, filing_id: str, number: int) -> None:
        await self.client.start_activity(
            "deliver",
            Delivery(filing_id=filing_id, number=number),
            id=f"messages-{filing_id}-{number}",
            task_queue=self.task_queue,
            start_to_close_timeout=timedelta(minutes=5),
            retry_policy=RETRY,
            id_reuse_policy=ActivityIDReusePolicy.ALLOW_DUPLICATE,
            id_conflict_policy=ActivityIDConflictPolicy.USE_EXISTING,
            summary=f"送达第{number}号登记的消息",
        )
