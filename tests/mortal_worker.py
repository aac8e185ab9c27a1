"""A worker process for tests of sudden death: it kills itself right after the register has committed a given event.

`python -m tests.mortal_worker KIND` (KIND `-`: it lives on). Messages are noted, one line each, in `sent.log` below var.
"""

import asyncio
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import worker as service
from activities.delivering import Channel
from activities.register import Appended, Message, Register
from models.filing import Entry
from models.settings import Settings
from workflows.connection import connect


@dataclass
class MortalRegister(Register):
    """Commits, and then everything is over before the engine can know."""

    dies_after: str = "-"

    def append(self, entry: Entry) -> Appended:
        """Append for real; die if this was the event."""
        appended = super().append(entry)
        if entry.event.kind == self.dies_after and appended.outcome == "entered":
            os.kill(os.getpid(), signal.SIGKILL)
        return appended


@dataclass
class Ledger:
    """A channel that notes each sending."""

    file: Path

    def send(self, message: Message) -> None:
        """Note the message's id."""
        with self.file.open("a", encoding="utf-8") as ledger:
            ledger.write(f"{message.id}\n")


async def main(dies_after: str) -> None:
    """Work until killed."""
    settings = Settings()
    register = MortalRegister(service.open_register(settings).engine, dies_after=dies_after)
    client = await connect(settings)
    await service.register_search_attributes(client)
    channels: list[Channel] = [Ledger(settings.var / "sent.log")]
    built, postman = service.build(client, register, settings, channels)
    async with built:
        await postman.run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
