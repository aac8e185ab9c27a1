"""How a letter travels: in batches out of the register, or by a standalone activity of the engine each, as until 0.4.0.

In turns, by a channel that does nothing: what is measured is the way. The activities run on a server as `make run`
starts it. `python -m bench.deliveries SIDE VAR ADDRESS` is the worker of one side; it works until its input is closed.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import astuple, dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any, ClassVar

from sqlalchemy import Engine, insert, update
from temporalio import activity
from temporalio.client import Client
from temporalio.common import ActivityIDConflictPolicy, MetricMeter
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Worker

from activities.channels.channel import Carried, Letter, Recipient
from activities.channels.configured import Configured
from activities.database import writing
from activities.delivering import Delivering
from activities.letter_queue import Batch, Held, LetterQueue
from activities.letters import Letters
from activities.migrating import migrate
from activities.postman import Gauges, Postman
from activities.register import Register
from bench import workers
from bench.engine import embedded
from bench.figures import Figure
from models.channels import Filters
from models.register import LetterRow, MessageRow
from models.settings import Settings
from tests.patience import comes
from tests.simulated import lived, written
from workflows.connection import reached

QUEUE = "letters"
SIDES = {"batches": "in batches", "activity": "an activity each"}
HANDED_AT_ONCE = 20
"""Activities that are started side by side."""


class Nothing:
    """A channel that takes everything, and does nothing."""

    words: ClassVar[str] = "inbox"

    def reaches(self, letter: Letter, recipient: Recipient) -> bool:
        """Everybody."""
        return True

    def send(self, letter: Letter, recipient: Recipient) -> Carried:
        """It has arrived."""
        return Carried(address=letter.office, receipt="taken")


# The register's side: the same for both


def delivering_of(engine: Engine) -> Delivering:
    """What delivers by the channel that does nothing."""

    async def report(filing_id: str, act: Any) -> None:
        raise NotImplementedError

    settings, letters = Settings(), Letters(engine)
    pauses = timedelta(seconds=settings.delivery_gives_up), timedelta(seconds=settings.delivery_retry)
    return Delivering(letters, [Configured("nothing", Nothing(), Filters())], report, *pauses)


def opened(var: Path) -> Register:
    """A register with one life."""
    url = Settings(var=var).register_url
    migrate(url)
    register = Register.at(url)
    written(register, lived("LIFE"))
    with writing(register.engine) as session:
        session.connection().execute(update(LetterRow), {"closed_at": datetime.now(UTC)})
    return register


def more(register: Register, ids: Sequence[str]) -> None:
    """More letters: copies of one, each with its message, none of them due yet."""
    message, now = register.messages("LIFE")[0], datetime.now(UTC)
    same = {"filing_id": "LIFE", "text": message.text, "to": message.to, "office": message.office, "created_at": now}
    far = now + timedelta(days=1000)
    with writing(register.engine) as session:
        connection = session.connection()
        connection.execute(insert(MessageRow), [message.model_dump() | same | {"id": each} for each in ids])
        empty = {"title": None, "body": None, "handed_at": None, "closed_at": None, "failed": False, "read_at": None}
        rows = [{**same, **empty, "id": each, "messages": f'["{each}"]', "due_at": far} for each in ids]
        connection.execute(insert(LetterRow), rows)


# One side


@dataclass(frozen=True)
class Cost:
    """What some letters took, each."""

    seconds: float
    worker: float
    everything: float


@dataclass
class Side:
    """One way to deliver, and what each of its turns took. `begin` has letters leave; `others` are the engine and we."""

    register: Register
    worker: int
    others: Sequence[int]
    begin: Callable[[Sequence[str]], Any]
    turns: list[Cost] = field(default_factory=list)

    async def turn(self, letters: Sequence[str]) -> Cost:
        """Deliver letters, all of them in the register and due at once."""
        more(self.register, letters)
        worker, everything, began = workers.cpu(self.worker), workers.cpu(self.worker, *self.others), time.monotonic()
        await self.begin(letters)
        await comes(lambda: Letters(self.register.engine).backlog(datetime.now(UTC)).waiting == 0)
        return Cost(
            seconds=(time.monotonic() - began) / len(letters),
            worker=(workers.cpu(self.worker) - worker) / len(letters),
            everything=(workers.cpu(self.worker, *self.others) - everything) / len(letters),
        )


async def measured(folder: Path, turns: int, letters: int) -> AsyncIterator[Figure]:
    """Every figure of deliveries: so many turns of so many letters a side, after a first turn that does not count."""
    with ExitStack() as stack:
        settings, server = stack.enter_context(embedded(folder))
        address, sides = f"127.0.0.1:{settings.temporal_port}", dict[str, Side]()
        client = await Client.connect(address, data_converter=pydantic_data_converter, lazy=True)
        await reached(client)
        for side in SIDES:
            register = opened(folder / side)
            stack.callback(register.engine.dispose)
            worker = stack.enter_context(working(side, folder / side, address))
            others = [os.getpid(), server] if side == "activity" else [os.getpid()]
            sides[side] = Side(register, worker, others, _handed_over(client) if side == "activity" else _due(register))
        numbers = count(1)
        for turn in range(turns + 1):
            for side, each in sides.items():
                cost = await each.turn([f"{side}-{next(numbers):06d}-1" for _ in range(letters if turn else 20)])
                if turn:
                    each.turns.append(cost)
        for figure in compared(sides):
            yield figure


def _due(register: Register) -> Callable[[Sequence[str]], Any]:
    async def begin(letters: Sequence[str]) -> None:
        with writing(register.engine) as session:
            session.connection().execute(update(LetterRow), {"due_at": datetime.now(UTC)})

    return begin


def _handed_over(client: Client) -> Callable[[Sequence[str]], Any]:
    async def begin(letters: Sequence[str]) -> None:
        gate = asyncio.Semaphore(HANDED_AT_ONCE)

        async def hand_over(letter: str) -> None:
            async with gate:
                await client.start_activity(
                    "deliver", letter, id=letter, task_queue=QUEUE, start_to_close_timeout=timedelta(minutes=5),
                    id_conflict_policy=ActivityIDConflictPolicy.USE_EXISTING, summary="投递 archived → leader",
                )  # fmt: skip

        await asyncio.gather(*map(hand_over, letters))

    return begin


def compared(sides: dict[str, Side]) -> Iterator[Figure]:
    """Both ways, the median of the turns, and what an activity each costs by comparison."""
    typical = {side: Cost(*map(median, zip(*map(astuple, each.turns), strict=True))) for side, each in sides.items()}
    for side, words in SIDES.items():
        cost = typical[side]
        yield Figure(f"deliveries_per_s_{side}", "letters a second", 1 / cost.seconds, "", words)
        yield Figure(f"delivery_cpu_ms_{side}", "CPU of the worker a letter", 1000 * cost.worker, "ms", words)
        yield Figure(f"delivery_cpu_all_ms_{side}", "with server and client", 1000 * cost.everything, "ms", words)
    one, other, words = typical["batches"], typical["activity"], "an activity each / in batches"
    yield Figure("deliveries_per_s_ratio", "letters a second", one.seconds / other.seconds, "", words)
    yield Figure("delivery_cpu_ratio", "CPU of the worker a letter", other.worker / one.worker, "", words)
    yield Figure("delivery_cpu_all_ratio", "with server and client", other.everything / one.everything, "", words)


# The workers


@contextmanager
def working(side: str, var: Path, address: str) -> Iterator[int]:
    """A worker process, once it works; its id."""
    command = [sys.executable, "-m", "bench.deliveries", side, str(var), address]
    with subprocess.Popen(
        command, cwd=workers.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        if process.stdout.readline().strip() != workers.READY:
            raise RuntimeError("the worker did not start")
        try:
            yield process.pid
        finally:
            process.stdin.close()


@dataclass
class Carrying:
    """One letter by one activity, as until 0.4.0: it is read, carried, and noted, by itself."""

    queue: LetterQueue
    delivering: Delivering

    @activity.defn(name="deliver")
    async def deliver(self, letter: str) -> None:
        """Carry it."""
        await asyncio.to_thread(self._carry, letter)

    def _carry(self, letter: str) -> None:
        row = self.delivering.letters.row(letter)
        assert row
        self.delivering.carry(Held(self.queue, Batch([row], row.due_at)))


async def main(side: str, var: Path, address: str) -> None:
    """Work until nobody is there any more."""
    register = Register.at(Settings(var=var).register_url)
    delivering, queue = delivering_of(register.engine), LetterQueue(register.engine, timedelta(minutes=1))
    until_closed = asyncio.to_thread(sys.stdin.read)
    if side == "activity":
        client, carrying = (
            await Client.connect(address, data_converter=pydantic_data_converter),
            Carrying(queue, delivering),
        )
        at_once = Settings().delivery_threads
        async with Worker(client, task_queue=QUEUE, activities=[carrying.deliver], max_concurrent_activities=at_once):
            print(workers.READY, flush=True)  # noqa: T201 - for the parent
            await until_closed
    else:
        postman = Postman(
            delivering.letters, queue, delivering, [], 0.1, Settings().delivery_threads, Gauges(MetricMeter.noop)
        )
        rounds = asyncio.create_task(postman.run())
        print(workers.READY, flush=True)  # noqa: T201 - for the parent
        await until_closed
        rounds.cancel()
        await asyncio.gather(rounds, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
    os._exit(0)  # the engine's runtime may not survive the interpreter's own exit
