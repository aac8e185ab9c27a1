"""Very many filings whose deadline falls at one instant, on a server as `make run` starts it: pace, lateness, memory."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlmodel import Session, col, func, select
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

import worker as service
from activities.register import Register
from bench import full_register, simulator, workers
from bench.figures import Figure, percentile
from bench.quiet_life import QuietLife
from deploy.embedded import answers, start_server
from gateway.client import Filings
from models.register import EntryRow
from models.settings import Settings
from models.vocabulary import LapseKind
from regulation import agenda
from tests.patience import eventually
from tests.test_kill import two_free_ports

LOOK = 0.05
"""Seconds between looks into the register."""

SLOWEST = 5
"""Filings a second below which a worker counts as stuck."""

SETTLING = 3.0
"""Seconds in which a worker comes to rest."""


SAMPLE = 20
"""One in so many is started first, with a later deadline, to learn how long starting takes."""


async def measured(folder: Path, filings: int) -> AsyncIterator[Figure]:
    """Start them from the register, wait for the instant, and watch the register."""
    temporal_port, ui_port = two_free_ports()
    settings = Settings(var=folder, temporal_port=temporal_port, ui_port=ui_port, metrics_port=0)
    server = start_server(settings)
    try:
        eventually(lambda: answers(temporal_port))
        client = await Client.connect(f"127.0.0.1:{temporal_port}", data_converter=pydantic_data_converter)
        await service.register_search_attributes(client)
        async for figure in _at_one_instant(client, settings, filings):
            yield figure
    finally:
        server.terminate()
        server.wait()


async def _at_one_instant(client: Client, settings: Settings, filings: int) -> AsyncIterator[Figure]:
    register = full_register.opened(settings.register_url)
    life = QuietLife(1, simulator.YEAR)
    full_register.store_papers(register, life)
    docket = simulator.lived(life, life.over)
    full_register.write(register, docket)
    address = client.service_client.config.target_host
    with workers.working("ours", address, settings.task_queue, settings.var) as worker:
        doors = Filings(client, register, settings.task_queue)
        began, sample = datetime.now(UTC), filings // SAMPLE
        full_register.copy(
            register, life.id, full_register.copies(docket[-1].filing, sample, lambda _: began + timedelta(days=300))
        )
        await doors.revive()
        took = await _all_waiting(client, sample + 1) - began
        await asyncio.sleep(SETTLING)
        began, before = datetime.now(UTC), workers.memory(worker)
        instant = began + timedelta(seconds=10) + took * SAMPLE * 1.3
        copies = list(full_register.copies(docket[-1].filing, filings, lambda _: instant, after=sample))
        due = agenda.next_lapse(copies[0])
        assert due is not None, copies[0]
        assert (due.at, due.lapse.kind) == (instant, LapseKind.YEAR_MISSED), due
        full_register.copy(register, life.id, copies)
        await doors.revive()
        took = await _all_waiting(client, sample + 1 + filings) - began
        yield Figure(
            "revived_per_s",
            f"{filings:,} filings started from the register",
            filings / took.total_seconds(),
            "filings/s",
        )
        await asyncio.sleep(SETTLING)
        memory = (workers.memory(worker) - before) / filings / 1024
        yield Figure("memory_per_open_filing_kib", "memory of the worker an open filing (cached)", memory, "KiB")
        assert datetime.now(UTC) < instant, f"the instant came before all {filings} were waiting for it"
        await asyncio.sleep((instant - datetime.now(UTC)).total_seconds())
        late = await _lateness(register, filings, instant)
    register.engine.dispose()
    words = f"{filings:,} deadlines at one instant"
    yield Figure("lapses_per_s", f"{words}: lapses entered", filings / late[-1], "lapses/s")
    yield Figure("lateness_p50_s", f"{words}: late by, half of them", percentile(late, 0.5), "s")
    yield Figure("lateness_p99_s", f"{words}: late by, 99 of 100", percentile(late, 0.99), "s")


async def _all_waiting(client: Client, filings: int) -> datetime:
    """When the engine showed so many filings."""
    async with asyncio.timeout(60 + filings / SLOWEST):
        while (await client.count_workflows("FilingStage='in_force'")).count < filings:  # noqa: ASYNC110 - it cannot tell
            await asyncio.sleep(LOOK)
    return datetime.now(UTC)


async def _lateness(register: Register, filings: int, instant: datetime) -> list[float]:
    """How late each lapse stood in the register, in seconds, in the order in which they came."""
    missed = select(func.count()).where(EntryRow.kind == LapseKind.YEAR_MISSED, col(EntryRow.at) == instant)
    late: list[float] = []
    async with asyncio.timeout(60 + filings / SLOWEST):
        while len(late) < filings:
            with Session(register.engine) as session:
                entered = session.exec(missed).one()
            late += [(datetime.now(UTC) - instant).total_seconds()] * (entered - len(late))
            await asyncio.sleep(LOOK)
    return late
