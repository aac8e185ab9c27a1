"""A worker process for tests of sudden death: it kills itself right after the register has committed a given event.

Or it dies at a step of its first delivery: `taken`, `sending`, `sent`, `noted`; or lives on: `-`; or lives on and makes
rounds: `follows`. Letters are noted, one line each, in `sent.log` below var.
"""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import ClassVar

import worker as service
from activities.appending import Appended
from activities.channels.channel import Carried, Letter, Recipient
from activities.channels.configured import Configured
from activities.letter_queue import Batch, Fate, LetterQueue, Note
from activities.register import Register
from gateway.client import Filings
from gateway.following import Following
from models.channels import Filters
from models.filing import Entry
from models.settings import Settings
from workflows.connection import connect

FOLLOWS = "follows"


@dataclass
class MortalRegister(Register):
    """Commits, and then everything is over before the engine can know."""

    dies_after: str = "-"

    def append(self, entry: Entry) -> Appended:
        """Append for real; die if this was the event."""
        appended = super().append(entry)
        if entry.event.kind == self.dies_after and appended.outcome == "entered":
            die()
        return appended


def die() -> None:
    """Everything is over."""
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True)
class MortalQueue(LetterQueue):
    """The register's side of a delivery, of which one step is the last thing that happens."""

    dies_at: str = "-"

    def take(self, now: datetime, most: int) -> Batch:
        """Take a batch for real; die before anything is done with it."""
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
    await service.register_search_attributes(client)
    channels = [Configured("ledger", Ledger(settings.var / "sent.log", dies_after), Filters())]
    vars(service)["LetterQueue"] = partial(MortalQueue, dies_at=dies_after)
    built, postman = service.build(client, register, settings, channels)
    following = Following(Filings(client, register, settings.task_queue))
    async with built:
        rounds = [postman.run(), *([following.keep(settings.following_interval)] if dies_after == FOLLOWS else [])]
        await asyncio.gather(*rounds)


def work(environ: Mapping[str, str], dies_after: str) -> None:
    """What the process does, in its own environment and without a word."""
    os.environ.update(environ)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    asyncio.run(main(dies_after))
