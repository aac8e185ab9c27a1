"""A worker in a process of its own, so that its CPU and its memory can be told from the client's and the server's.

`python -m bench.workers SIDE ADDRESS QUEUE VAR` works until its standard input is closed. Sides: `baseline`; `ours`; `silent`,
which is ours without the deliveries of messages.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from sqlite3 import connect

import psutil
import uvloop
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Worker

import worker as service
from activities import garbage
from activities.channels.configured import Configured
from activities.channels.folder import OutboxFolder
from activities.encryption import Codec
from activities.keyring import Key, Ring
from bench.baseline import Baseline, Rows
from models.channels import Filters
from models.settings import Settings
from workflows.payloads import CONVERTER, encrypting

ROOT = Path(__file__).parent.parent
READY = "ready"
HELD = 20_000
"""Filings that the worker may hold in memory: all of them, so that what one takes can be told."""


@contextmanager
def working(side: str, address: str, queue: str, var: Path) -> Iterator[int]:
    """A worker process, once it works; its id."""
    command = [sys.executable, "-m", "bench.workers", side, address, queue, str(var)]
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environ |= {
        "PYTHONPYCACHEPREFIX": str(var / "bytecode"),  # without bytecode the sandbox compiles workflows in every run
        "BEIAN_CACHED_WORKFLOWS": str(HELD),
    }
    with subprocess.Popen(
        command, cwd=ROOT, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        if process.stdout.readline().strip() != READY:
            raise RuntimeError(f"the worker {side} did not start")
        try:
            yield process.pid
        finally:
            process.stdin.close()


def cpu(*processes: int) -> float:
    """Seconds of CPU that processes have used."""
    used = [psutil.Process(process).cpu_times() for process in processes]
    return float(sum(times.user + times.system for times in used))


def memory(process: int) -> int:
    """Bytes of memory in which a process resides."""
    return int(psutil.Process(process).memory_info().rss)


def server() -> int:
    """The engine that this process has started."""
    return int(next(child.pid for child in psutil.Process().children() if child.name().startswith("temporal")))


def baseline(client: Client, queue: str, var: Path) -> Worker:
    """The baseline's worker, on a table that is as durable as the register."""
    connection = connect(var / "baseline.db", isolation_level=None, check_same_thread=False)
    for statement in (
        "PRAGMA journal_mode=WAL",
        "PRAGMA synchronous=FULL",
        "CREATE TABLE IF NOT EXISTS steps (number INTEGER)",
    ):
        connection.execute(statement)
    return Worker(
        client,
        task_queue=queue,
        workflows=[Baseline],
        activities=[Rows(connection).write],
        activity_executor=ThreadPoolExecutor(Settings().activity_threads),
        max_cached_workflows=HELD,
    )


DELIVERING = ("ours", "encrypted")
"""Sides whose letters are delivered."""

KEY = Key("bench", bytes(range(32)))

LOCKED = encrypting(Codec(Ring({KEY.id: KEY}, KEY)))
"""What a deployment with keys is given."""


async def main(side: str, address: str, queue: str, var: Path) -> None:
    """Work until nobody is there any more."""
    converter = {"baseline": pydantic_data_converter, "encrypted": LOCKED}.get(side, CONVERTER)
    client = await Client.connect(address, data_converter=converter)
    rounds = None
    if side == "baseline":
        worker = baseline(client, queue, var)
    else:
        settings = Settings(var=var, task_queue=queue, metrics_port=0, bundle_wait=0, routines=False)
        files = [Configured("files", OutboxFolder(settings.outbox), Filters())]
        worker, postman = service.build(client, service.open_register(settings), settings, files)
        rounds = asyncio.create_task(postman.run()) if side in DELIVERING else None
    async with worker:
        if side != "baseline":
            garbage.settle()
        print(READY, flush=True)  # noqa: T201 - for the parent
        await asyncio.to_thread(sys.stdin.read)
        if rounds:
            rounds.cancel()
            with suppress(asyncio.CancelledError):
                await rounds


if __name__ == "__main__":
    run = asyncio.run if sys.argv[1] == "baseline" else uvloop.run  # as the SDK comes, and as worker.py works
    run(main(sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4])))
    os._exit(0)  # the engine's runtime may not survive the interpreter's own exit
