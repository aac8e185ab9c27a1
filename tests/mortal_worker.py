"""A worker process for tests of sudden death: it kills itself right after the register has committed a given event.

Or it dies at a step of its first delivery: `taken`, `sending`, `sent`, `noted`; or lives on: `-`; or lives on and makes
rounds: `follows`. Of a round it dies after its opening, or after the first of many `letters`. Letters are noted, one line each, in `sent.log` below var.
"""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar

from temporalio.common import MetricMeter

import worker as service
from activities.appending import Appended
from activities.channels.channel import Carried, Letter, Recipient
from activities.channels.configured import Configured
from activities.delivering import Delivering
from activities.letter_queue import Batch, Fate, LetterQueue, Note
from activities.letters import Letters
from activities.postman import Gauges, Postman
from activities.register import Register
from activities.rounds.following import RoundFollowing
from activities.rounds.register import RoundRegister
from activities.rows import Row
from gateway.client import Filings
from gateway.watching.keeper import Keeper
from models.channels import Filters
from models.filing import Entry
from models.rounds.round import RoundEntry
from models.settings import Settings
from regulation.rounds.consequences import Consequence
from tests.plain_rounds import in_force, rules, tells_cities
from workflows import searching
from workflows.connection import connect

FOLLOWS = "follows"

SAID = "said.log"
"""Below var: what who only carries letters says, in case it comes to another end than it was to."""

LAST = Lock()
"""Held while something is entered after which the worker dies: no letter of it is on its way when it does, for it dies in that instant."""


@dataclass
class MortalRegister(Register):
    """Commits, and then everything is over before the engine can know."""

    dies_after: str = "-"

    def append(self, entry: Entry) -> Appended:
        """Append for real; die if this was the event."""
        with LAST:
            appended = super().append(entry)
            if entry.event.kind == self.dies_after and appended.outcome == "entered":
                die()
        return appended


@dataclass(frozen=True)
class MortalRounds(RoundRegister):
    """The same for rounds."""

    dies_after: str = "-"

    def append(self, entry: RoundEntry, content: Mapping[str, Any] | None = None) -> Row:
        """Append for real; die if this was the event."""
        row = super().append(entry, content)
        if entry.event.kind == self.dies_after:
            die()
        return row


@dataclass(frozen=True)
class MortalFollowing(RoundFollowing):
    """Writes a few letters of many at once, and perhaps no more than the first few."""

    dies_after: str = "-"
    at_once: int = 4

    def write(self, entry: RoundEntry, some: Sequence[Consequence]) -> None:
        """Write them for real; die if that is how far it comes."""
        super().write(entry, some)
        if self.dies_after == "letters":
            die()


def die() -> None:
    """Everything is over."""
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True)
class MortalQueue(LetterQueue):
    """The register's side of a delivery, of which one step is the last thing that happens."""

    dies_at: str = "-"

    def take(self, now: datetime, most: int) -> Batch:
        """Take a batch for real; die before anything is done with it."""
        with LAST:
            batch = super().take(now, most)
        if self.dies_at == "taken" and batch.letters:
            die()
        return batch

    def settle(self, batch: Batch, now: datetime, notes: Sequence[Note] = (), fates: Sequence[Fate] = ()) -> None:
        """Note it for real; die right after."""
        super().settle(batch, now, notes, fates)
        if self.dies_at == "noted":
            die()


@dataclass
class Ledger:
    """A channel that notes each sending."""

    words: ClassVar[str] = "inbox"

    file: Path
    dies_at: str

    def reaches(self, letter: Letter, recipient: Recipient) -> bool:
        """Everybody."""
        return True

    def send(self, letter: Letter, recipient: Recipient) -> Carried:
        """Note the letter's id."""
        if self.dies_at == "sending":
            die()
        with self.file.open("a", encoding="utf-8") as ledger:
            ledger.write(f"{letter.id}\n")
        if self.dies_at == "sent":
            die()
        return Carried(address=letter.office, receipt="noted")


async def main(dies_after: str) -> None:
    """Work until killed."""
    settings = Settings()
    register = MortalRegister(service.open_register(settings).engine, dies_after=dies_after)
    client = await connect(settings)
    await searching.register(client)
    channels = [Configured("ledger", Ledger(settings.var / "sent.log", dies_after), Filters())]
    vars(service)["RoundRegister"] = partial(MortalRounds, dies_after=dies_after)
    vars(service)["RoundFollowing"] = partial(MortalFollowing, dies_after=dies_after)
    vars(service)["LetterQueue"] = partial(MortalQueue, dies_at=dies_after)
    built, postman = service.build(client, register, settings, channels)
    every = timedelta(seconds=settings.following_interval)
    keeper = Keeper(Filings(client, register, settings.task_queue), every)
    async with built:
        rounds = [postman.run(), *([keeper.keep()] if dies_after == FOLLOWS else [])]
        await asyncio.gather(*rounds)


async def carry(dies_after: str) -> None:
    """Carry letters until killed, without an engine: what was decided is in the register already."""
    settings = Settings()
    register = service.open_register(settings)
    letters = Letters(register.engine)
    queue = MortalQueue(register.engine, timedelta(seconds=settings.delivery_timeout), timedelta(0), dies_at=dies_after)
    channels = [Configured("ledger", Ledger(settings.var / "sent.log", dies_after), Filters())]
    delivering = Delivering(
        letters, channels, report=unheard, give_up_after=timedelta(days=1), longest_pause=timedelta(seconds=1)
    )
    gauges = Gauges(MetricMeter.noop)
    await Postman(letters, queue, delivering, [], settings.delivery_interval, 1, gauges).run()


async def unheard(filing_id: str, act: Mapping[str, Any]) -> None:
    """Nobody is told."""


def post(environ: Mapping[str, str], dies_after: str) -> None:
    """What a process does that only carries letters."""
    os.environ.update(environ)
    os.dup2(os.open(Settings().var / SAID, os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
    asyncio.run(carry(dies_after))


def work(environ: Mapping[str, str], dies_after: str) -> None:
    """What the process does, in its own environment and without a word."""
    os.environ.update(environ)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    with in_force(rules(follows=tells_cities)):
        asyncio.run(main(dies_after))
