"""What a filing, a deadline and a person at a desk take of a machine: `python -m bench.sizing` measures it anew, in some minutes, or some parts of it.

The figures go to `docs/sizing.json`, from which `make docs` reckons the tables of docs/sizing.md; what a life and a deadline cost is taken
from a report of `make bench` (`--report`). Nothing else should run meanwhile; bytes, and CPU a piece, suffer little from company.
"""

import asyncio
import json
import os
import platform
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import psutil
from sqlalchemy import Engine, func, insert, select
from sqlmodel import SQLModel
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from activities.database import connect
from activities.register import Register
from bench import full_register, gateway, same_deadline, simulator, workers
from bench.engine import embedded
from bench.quiet_life import QuietLife
from gateway.client import Filings
from gateway.identity import EMBEDDED
from gateway.remembered.sessions import Sessions
from models.register import DeliveryRow, LetterRow
from models.settings import Settings
from models.values import digest
from workflows import searching

FIGURES = Path(__file__).parent.parent / "docs" / "sizing.json"

LIVES, YEARS = 50, 5
"""So many lives of one year, and of several, are written to each database."""

BEFORE = 20
"""And so many before them, so that what tables take once is there."""

WAITING = 150
"""Filings that wait in an engine."""

REGISTERED, VIEWS = 10_000, 60
"""Filings behind a gateway, as a province has them, and how often each page is asked for."""

DELIVERIES, LETTERS = (model.metadata.tables[str(model.__tablename__)] for model in (DeliveryRow, LetterRow))

Told = Iterator[tuple[str, float]]
"""Figures by their names: bytes, milliseconds of CPU, counts."""


# The register


def of_registers(folder: Path) -> Told:
    """What a filing takes in the register with its letters, each delivered once: in its first year, and in each further one."""
    folder.mkdir()
    with full_register.databases(folder) as databases:
        for name, url in databases.items():
            register = full_register.opened(url)
            _written(register, range(1, BEFORE + 1), 1)
            empty, first, then = _size(register.engine), BEFORE + 1, BEFORE + 1 + LIVES
            used, own = _of_postgres(folder), time.process_time()
            entries = _written(register, range(first, then), 1)
            cpu, server = time.process_time() - own, _of_postgres(folder) - used
            one = _size(register.engine)
            _written(register, range(then, then + LIVES), YEARS)
            several = _size(register.engine)
            yield f"register_{name}_bytes_first_year", (one - empty) / LIVES
            yield f"register_{name}_bytes_further_year", (several - one - (one - empty)) / LIVES / (YEARS - 1)
            yield f"register_{name}_index_share", _indexes(register.engine) / several
            yield f"register_{name}_cpu_ms_entry", 1000 * cpu / entries
            if name == "postgres":
                yield "register_postgres_server_cpu_ms_entry", 1000 * server / entries
            else:
                yield "entries_first_year", entries / LIVES
                yield "letters_first_year", _letters(register.engine, first)
                yield (
                    "letters_further_year",
                    (_letters(register.engine, then) - _letters(register.engine, first)) / (YEARS - 1),
                )
            register.engine.dispose()


def _written(register: Register, numbers: range, years: int) -> int:
    """Lives written as their doors and the worker write them, without an engine; how many entries."""
    entries = 0
    for number in numbers:
        life = QuietLife(number, simulator.YEAR, years)
        docket = simulator.lived(life, life.over)
        full_register.store_papers(register, life)
        entries += full_register.write(register, docket)
    with register.engine.connect().execution_options(writes=True) as db, db.begin():
        delivered = select(DELIVERIES.c.letter)
        opened = select(LETTERS.c.id, LETTERS.c.created_at).where(LETTERS.c.id.not_in(delivered))
        for letter, at in db.execute(opened).all():
            db.execute(insert(DELIVERIES).values(_delivery(letter, at)))
    return entries


def _letters(engine: Engine, number: int) -> float:
    """How many letters a life came to."""
    of_one = (
        select(func.count()).select_from(LETTERS).where(LETTERS.c.filing_id == QuietLife(number, simulator.YEAR).id)
    )
    with engine.connect() as db:
        return float(db.scalar(of_one) or 0)


def _delivery(letter: str, at: datetime) -> dict[str, object]:
    """One letter by mail, as it is noted."""
    return {
        "letter": letter, "channel": "mail", "state": "arrived", "tries": 1, "first_tried_at": at, "last_tried_at": at,
        "address": "z***@example.gov.cn", "content": digest(letter), "receipt": "250 2.0.0 Ok: queued as 4F2A1B3C",
    }  # fmt: skip


def _size(engine: Engine) -> int:
    """Bytes of a database's tables and indexes."""
    with engine.connect() as db:
        if engine.dialect.name == "sqlite":
            db.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            pages, free, size = (
                db.exec_driver_sql(f"PRAGMA {each}").scalar() or 0
                for each in ("page_count", "freelist_count", "page_size")
            )
            return int((pages - free) * size)
        sizes = (f"pg_total_relation_size('{table.name}')" for table in SQLModel.metadata.sorted_tables)
        return int(db.exec_driver_sql(f"SELECT {' + '.join(sizes)}").scalar() or 0)


def _indexes(engine: Engine) -> int:
    """Bytes of its indexes; 0 where it does not say."""
    with engine.connect() as db:
        if engine.dialect.name == "sqlite":
            names = [row.name for row in db.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'index'")]
            told = db.exec_driver_sql(
                "SELECT 1 FROM pragma_compile_options WHERE compile_options = 'ENABLE_DBSTAT_VTAB'"
            )
            if told.first() is None:
                return 0
            marks = ", ".join(f"'{name}'" for name in names)
            return int(db.exec_driver_sql(f"SELECT sum(pgsize) FROM dbstat WHERE name IN ({marks})").scalar() or 0)
        sizes = (f"pg_indexes_size('{table.name}')" for table in SQLModel.metadata.sorted_tables)
        return int(db.exec_driver_sql(f"SELECT {' + '.join(sizes)}").scalar() or 0)


def _of_postgres(folder: Path) -> float:
    """Seconds of CPU that the PostgreSQL server below a folder has used."""
    ours = [
        each for each in psutil.process_iter(["name", "cmdline"])
        if each.info["name"] == "postgres" and str(folder) in " ".join(each.info["cmdline"] or ())
    ]  # fmt: skip
    family = {each.pid for top in ours for each in (top, *top.children(recursive=True))}
    return workers.cpu(*family)


# The engine and the worker


async def of_engine(folder: Path) -> AsyncIterator[tuple[str, float]]:
    """What a filing that waits takes in the engine's database and of a worker's memory."""
    with ExitStack() as stack:
        settings, _ = stack.enter_context(embedded(folder))
        client = await Client.connect(f"127.0.0.1:{settings.temporal_port}", data_converter=pydantic_data_converter)
        await searching.register(client)
        register = full_register.opened(settings.register_url)
        stack.callback(register.engine.dispose)
        life = QuietLife(1, simulator.YEAR)
        full_register.store_papers(register, life)
        docket = simulator.lived(life, life.over)
        full_register.write(register, docket)
        side = same_deadline.Ours(register, Filings(client, register, "ours"), docket[-1].filing)
        address = client.service_client.config.target_host
        worker = stack.enter_context(workers.working("ours", address, "ours", folder))
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        side.prepare(0, 2 * WAITING, tomorrow)
        await side.start(0, WAITING, tomorrow)  # what a worker and a database take once
        before, memory = await _at_rest(folder, worker)
        await side.start(WAITING, 2 * WAITING, tomorrow)
        after, more = await _at_rest(folder, worker)
        yield "engine_bytes_waiting", (after - before) / WAITING
        yield "worker_bytes_waiting", (more - memory) / WAITING
        yield "worker_bytes_alone", memory - (more - memory)


async def _at_rest(folder: Path, worker: int) -> tuple[int, int]:
    """Bytes of the engine's database and of the worker's memory, once it has nothing to do."""
    while True:
        used = workers.cpu(worker)
        await asyncio.sleep(2)
        if workers.cpu(worker) - used < same_deadline.IDLE:
            return await asyncio.to_thread(_of_files, folder), workers.memory(worker)


def _of_files(folder: Path) -> int:
    return sum(each.stat().st_size for each in folder.rglob("*temporal*.db*") if each.is_file())


TAKEN = {
    "cpu_ours": "worker_cpu_ms_life", "cpu_all_ours": "all_cpu_ms_life", "history_bytes_ours": "engine_bytes_history_life",
    "herd_cpu_ms_ours": "worker_cpu_ms_deadline", "herd_cpu_all_ms_ours": "all_cpu_ms_deadline",
    "herd_letters_ms_ours": "letters_cpu_ms_deadline", "herd_per_s_ours": "deadlines_per_s",
    "sentinel_pass_cpu_s": "sentinel_cpu_s",
}  # fmt: skip
"""What is taken of the figures of other benches, and what it is called here. The sentinel's pass is over 100,000 filings."""


def of_report(report: Path) -> Told:
    """What a life, a deadline and a pass of the sentinel cost, as a report of `make bench` says on its last line."""
    figures = json.loads(report.read_text("utf-8").splitlines()[-1])
    for key, name in TAKEN.items():
        yield name, float(figures[key])


# The gateway


def of_gateway(folder: Path) -> Told:
    """CPU of a page, and memory of a process of the gateway, over a register as a province has it."""
    settings, now = Settings(var=folder), datetime.now(UTC)
    folder.mkdir()
    register = full_register.opened(settings.register_url)
    with register.engine.connect().execution_options(writes=True) as connection, connection.begin():
        gateway.seed(connection, REGISTERED, now)
    sessions = Sessions(register.engine, timedelta(hours=24))
    cookies = {person: sessions.begin(EMBEDDED[person], now) for person in ("c-101", "p-401")}
    register.engine.dispose()
    before = set(psutil.Process().children(recursive=True))
    with gateway.served(folder) as port:
        processes = [each.pid for each in psutil.Process().children(recursive=True) if each not in before]
        for asked in gateway.ASKED:
            with gateway.asking(port, asked, gateway.headers_of(settings, asked, cookies)) as ask:
                for _ in range(gateway.WARM):
                    ask()
                used = workers.cpu(*processes)
                for _ in range(VIEWS):
                    ask()
                yield f"gateway_cpu_ms_{asked.key}", 1000 * (workers.cpu(*processes) - used) / VIEWS
        yield "gateway_bytes_process", max(map(workers.memory, processes))


def of_connections() -> Told:
    """How many connections a process has to PostgreSQL: kept, and at most."""
    pool = connect("postgresql+psycopg://nobody@127.0.0.1/none").pool
    kept = int(pool.size())  # type: ignore[attr-defined]
    yield "connections_kept", kept
    yield "connections_at_most", kept + int(pool._max_overflow)  # type: ignore[attr-defined]


def in_the_engine(folder: Path) -> Told:
    """What a filing that waits takes."""

    async def measured() -> list[tuple[str, float]]:
        return [each async for each in of_engine(folder)]

    folder.mkdir()
    yield from asyncio.run(measured())


PARTS: Mapping[str, Callable[[Path], Told]] = {
    "register": of_registers, "gateway": of_gateway, "engine": in_the_engine,
}  # fmt: skip
"""What is measured here."""


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice([*PARTS]))
@click.option(
    "--report", type=click.Path(exists=True, path_type=Path), help="a report of make bench: lives and deadlines"
)
def main(parts: Sequence[str], report: Path | None) -> None:
    """Measure some parts, or all, and write the figures down beside the others."""
    known = json.loads(FIGURES.read_text("utf-8")) if FIGURES.exists() else {"figures": {}}
    figures: dict[str, float] = known["figures"]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        for part in parts or PARTS:
            figures |= dict(PARTS[part](Path(folder) / part))
    figures |= {**dict(of_connections()), **(dict(of_report(report)) if report else {})}
    about = {
        "at": datetime.now(UTC).date().isoformat(),
        "cores": os.cpu_count(),
        "gigabytes": round(psutil.virtual_memory().total / 2**30),
        "python": platform.python_version(),
        "registered": REGISTERED,
    }
    told = {name: round(value, 3) for name, value in sorted(figures.items())}
    FIGURES.write_text(json.dumps({"about": about, "figures": told}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
