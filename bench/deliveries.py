"""How a letter travels: by a standalone activity each, as the postman hands them over, or by a small workflow each.

Side by side on a server as `make run` starts it, in turns, by a channel that does nothing: what is measured is the engine.
`python -m bench.deliveries ADDRESS` is the worker of both; it works until its standard input is closed.
"""

import asyncio
import logging
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from sqlite3 import Connection, connect
from statistics import median

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.common import (
    ActivityIDConflictPolicy,
    ActivityIDReusePolicy,
    RetryPolicy,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from activities.delivering import AT_ONCE
from bench import hands
from bench.figures import Figure
from deploy.embedded import answers, start_server
from models.settings import Settings
from tests.patience import eventually
from tests.test_kill import two_free_ports

QUEUE = "letters"
SIDES = {"activity": "an activity each", "workflow": "a workflow each"}

TRIES = 5
"""How often a channel that is down is tried in vain."""

FEWER = 3
"""One letter in so many is carried by a channel that is down."""

RETRY = RetryPolicy(initial_interval=timedelta(milliseconds=100), backoff_coefficient=1.0)
TIMEOUT = timedelta(seconds=Settings().delivery_timeout)

LOOK = 0.1
"""Seconds between looks at how many have arrived."""

SLOWEST = 5
"""Tries a second below which the server counts as stuck."""


@activity.defn
async def carry(letter: str, down: int) -> None:
    """A channel that takes a letter, after it was down for so many tries."""
    if activity.info().attempt <= down:
        raise ApplicationError("渠道暂不可达，将重试：platform", type="ChannelDown")


@workflow.defn(sandboxed=False)
class Errand:
    """The smallest workflow that carries a letter; without the sandbox, which would make it dearer."""

    @workflow.run
    async def run(self, letter: str, down: int) -> None:
        """Carry it."""
        await workflow.execute_activity(carry, args=[letter, down], start_to_close_timeout=TIMEOUT, retry_policy=RETRY)


# One side


@dataclass(frozen=True)
class Cost:
    """What some letters took, each."""

    seconds: float
    worker: float
    everything: float
    kept: float


@dataclass
class Side:
    """One way to deliver, and what each of its turns took: with a channel that is up, and with one that is down."""

    side: str
    client: Client
    worker: int
    server: int
    database: Connection
    up: list[Cost] = field(default_factory=list)
    down: list[Cost] = field(default_factory=list)
    arrived: int = 0

    async def turn(self, letters: Sequence[str], down: int) -> Cost:
        """Deliver letters, handed over side by side as the postman does."""
        everybody = (self.worker, self.server, os.getpid())
        kept, worker, everything = kept_bytes(self.database), hands.cpu(self.worker), hands.cpu(*everybody)
        began, gate = time.monotonic(), asyncio.Semaphore(AT_ONCE)

        async def hand_over(letter: str) -> None:
            async with gate:
                await self._start(letter, down)

        await asyncio.gather(*map(hand_over, letters))
        self.arrived += len(letters)
        async with asyncio.timeout(60 + len(letters) * (down + 1) / SLOWEST):
            while await self._completed() < self.arrived:  # noqa: ASYNC110 - it cannot tell
                await asyncio.sleep(LOOK)
        return Cost(
            seconds=(time.monotonic() - began) / len(letters),
            worker=(hands.cpu(self.worker) - worker) / len(letters),
            everything=(hands.cpu(*everybody) - everything) / len(letters),
            kept=(kept_bytes(self.database) - kept) / len(letters),
        )

    async def _start(self, letter: str, down: int) -> None:
        if self.side == "activity":
            await self.client.start_activity(
                carry,
                args=[letter, down],
                id=letter,
                task_queue=QUEUE,
                start_to_close_timeout=TIMEOUT,
                retry_policy=RETRY,
                id_reuse_policy=ActivityIDReusePolicy.ALLOW_DUPLICATE,
                id_conflict_policy=ActivityIDConflictPolicy.USE_EXISTING,
                summary="投递 archived → leader",
            )
        else:
            await self.client.start_workflow(
                Errand.run,
                args=[letter, down],
                id=letter,
                task_queue=QUEUE,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                static_summary="投递 archived → leader",
            )

    async def _completed(self) -> int:
        done = "ExecutionStatus = 'Completed'"
        if self.side == "activity":
            return (await self.client.count_activities(f"ActivityType = 'carry' AND {done}")).count
        return (await self.client.count_workflows(f"WorkflowType = 'Errand' AND {done}")).count

    async def events(self, letter: str) -> int:
        """How many events a letter's history has; a standalone activity has none."""
        if self.side == "activity":
            return 0
        return len((await self.client.get_workflow_handle(letter).fetch_history()).events)


def kept_bytes(database: Connection) -> int:
    """Bytes in the rows that a server keeps, without its own tasks, which it clears away within a minute or two."""
    kept = 0
    for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        if not table.endswith("tasks"):
            columns = [column for _, column, *_ in database.execute(f"PRAGMA table_info({table})")]
            size = " + ".join(f'coalesce(length(CAST("{column}" AS BLOB)), 0)' for column in columns)
            kept += database.execute(f"SELECT coalesce(sum({size}), 0) FROM {table}").fetchone()[0]
    return kept


# Both


async def measured(folder: Path, turns: int, letters: int) -> AsyncIterator[Figure]:
    """Every figure of deliveries: so many turns of so many letters a side, after a first turn that does not count."""
    temporal_port, ui_port = two_free_ports()
    settings = Settings(var=folder, temporal_port=temporal_port, ui_port=ui_port, metrics_port=0)
    server = start_server(settings)
    try:
        eventually(lambda: answers(temporal_port))
        address = f"127.0.0.1:{temporal_port}"
        client = await Client.connect(address, data_converter=pydantic_data_converter)
        database = connect(folder / "temporal.db")
        with working(address) as worker:
            sides = [Side(side, client, worker, server.pid, database) for side in SIDES]
            for figure in await _in_turns(sides, turns, letters):
                yield figure
        database.close()
    finally:
        server.terminate()
        server.wait()


async def _in_turns(sides: Sequence[Side], turns: int, letters: int) -> list[Figure]:
    numbers = count(1)

    def more(side: Side, how_many: int) -> list[str]:
        return [f"{side.side}-{next(numbers):06d}-1" for _ in range(how_many)]

    for side in sides:
        await side.turn(more(side, AT_ONCE), down=1)
    added: dict[str, tuple[int, int]] = {}
    for _ in range(turns):
        for side in sides:
            up, down = more(side, letters), more(side, letters // FEWER)
            side.up.append(await side.turn(up, 0))
            side.down.append(await side.turn(down, TRIES))
            added[side.side] = await side.events(up[-1]), await side.events(down[-1])
    return [*(figure for side in sides for figure in _of(side, *added[side.side])), *_compared(*sides)]


def typical(costs: Sequence[Cost]) -> Cost:
    """The median of each figure."""
    return Cost(*(median(values) for values in zip(*map(astuple, costs), strict=True)))


def _of(side: Side, events: int, events_if_down: int) -> Iterator[Figure]:
    key, words, up, down = side.side, SIDES[side.side], typical(side.up), typical(side.down)
    yield Figure(f"deliveries_per_s_{key}", f"{words}: letters", 1 / up.seconds, "letters/s")
    yield Figure(f"delivery_cpu_ms_{key}", f"{words}: CPU of the worker a letter", 1000 * up.worker, "ms")
    yield Figure(f"delivery_cpu_all_ms_{key}", f"{words}: with server and client", 1000 * up.everything, "ms")
    yield Figure(f"delivery_events_{key}", f"{words}: events in its history", events)
    yield Figure(f"delivery_bytes_{key}", f"{words}: what the server keeps of a letter", up.kept, "bytes")
    tries, more = f"{words}, channel down for {TRIES} tries", (down.everything - up.everything) / TRIES
    yield Figure(f"delivery_try_cpu_all_ms_{key}", f"{tries}: CPU more a try", 1000 * more, "ms")
    yield Figure(f"delivery_tries_events_{key}", f"{tries}: events more", events_if_down - events)
    yield Figure(f"delivery_tries_bytes_{key}", f"{tries}: kept more", down.kept - up.kept, "bytes")


def _compared(one: Side, other: Side) -> Iterator[Figure]:
    words, first, second = f"{SIDES[other.side]} / {SIDES[one.side]}", typical(one.up), typical(other.up)
    yield Figure("delivery_seconds_ratio", f"{words}: time", second.seconds / first.seconds)
    yield Figure("delivery_cpu_ratio", f"{words}: CPU of the worker", second.worker / first.worker)
    yield Figure("delivery_cpu_all_ratio", f"{words}: CPU of everything", second.everything / first.everything)
    yield Figure("delivery_bytes_ratio", f"{words}: what the server keeps", second.kept / first.kept)


# The worker


@contextmanager
def working(address: str) -> Iterator[int]:
    """A worker process, once it works; its id."""
    command = [sys.executable, "-m", "bench.deliveries", address]
    with subprocess.Popen(command, cwd=hands.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        if process.stdout.readline().strip() != hands.READY:
            raise RuntimeError("the worker did not start")
        try:
            yield process.pid
        finally:
            process.stdin.close()


async def main(address: str) -> None:
    """Work until nobody is there any more."""
    logging.getLogger("temporalio.activity").setLevel(logging.ERROR)  # a channel that is down is no news
    client = await Client.connect(address, data_converter=pydantic_data_converter)
    at_once = Settings().delivery_threads
    async with Worker(
        client, task_queue=QUEUE, workflows=[Errand], activities=[carry], max_concurrent_activities=at_once
    ):
        print(hands.READY, flush=True)  # noqa: T201 - for the parent
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
    os._exit(0)  # the engine's runtime may not survive the interpreter's own exit
