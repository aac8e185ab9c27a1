"""Very many deadlines that fall at one instant, on a server as `make run` starts it: ours against the baseline, in turns.

Each side starts so many workflows that wait for one instant, and is watched from outside: how many of them have written
what that instant brings, and how late. Ours write a lapse with its letters, which are delivered when the lapses are done.
`python -m bench.same_deadline` measures this alone; with `--joins` another worker joins each side meanwhile, and leaves again.
"""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from sqlite3 import connect
from statistics import median
from typing import Protocol

import click
from sqlmodel import Session, col, func, select
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from activities.letters import Letters
from activities.register import Register
from bench import baseline, full_register, simulator, workers
from bench.engine import embedded
from bench.figures import Figure, percentile, table
from bench.quiet_life import QuietLife
from gateway.client import Filings
from models.filing import Filing
from models.register import FilingRow
from models.settings import Settings
from models.vocabulary import LapseKind
from regulation import agenda
from tests.patience import comes
from workflows import searching

LOOK = 0.1
"""Seconds between two looks at what is written."""

SLOWEST = 5
"""Workflows a second below which a side counts as stuck."""

SPARE = 1.5
"""So much longer than the last time starting may take, before the instant comes."""

IDLE = 0.15
"""Of a second that a worker at rest may still be at work."""

WARM = 20
"""The first turn, which does not count, is of one workflow for so many of the others."""

JOINS, LEAVES = 0.1, 0.6
"""Of all, how many are written when another worker joins, and when it leaves."""

STARTED_AT_ONCE = 50
STEP = 9
"""At which of its steps the baseline waits: an entry was made before, and another timer comes after."""


class Side(Protocol):
    """What starts workflows that wait for an instant, and looks at how many wrote what it brings."""

    def prepare(self, first: int, last: int, instant: datetime) -> None:
        """What must be there before they start."""

    async def start(self, first: int, last: int, instant: datetime) -> None:
        """Start them, so that they wait."""

    def waiting(self, instant: datetime) -> int:
        """How many have not written yet what the instant brings."""

    def done(self) -> bool:
        """Whether what follows from it is done as well."""


@dataclass(frozen=True)
class Ours:
    """Filings in force, put into the register in bulk and started from it alone, whose report is due."""

    register: Register
    doors: Filings
    original: Filing

    def prepare(self, first: int, last: int, instant: datetime) -> None:
        """Copies of one filing, all with one deadline."""
        copies = list(full_register.copies(self.original, last - first, lambda _: instant, after=first))
        due = agenda.next_lapse(copies[0])
        assert due is not None, copies[0]
        assert (due.at, due.lapse.kind) == (instant, LapseKind.YEAR_MISSED), due
        full_register.copy(self.register, self.original.id, copies)

    async def start(self, first: int, last: int, instant: datetime) -> None:
        """As after a restore."""
        revived = await self.doors.revive({full_register.name_of_copy(number) for number in range(first, last)})
        assert len(revived) == last - first

    def waiting(self, instant: datetime) -> int:
        """Filings whose next deadline it still is."""
        due = select(func.count()).where(col(FilingRow.next_deadline) == instant)
        with Session(self.register.engine) as session:
            return session.exec(due).one()

    def done(self) -> bool:
        """Every letter is delivered."""
        return Letters(self.register.engine).backlog(datetime.now(UTC)).waiting == 0


@dataclass
class Bare:
    """The baseline: a timer before, a row in a local activity, a timer after."""

    client: Client
    queue: str
    database: Path
    rows_at_the_end: int = 0

    def prepare(self, first: int, last: int, instant: datetime) -> None:
        """Nothing, but to know when it is over."""
        self.rows_at_the_end = self._rows() + last - first

    async def start(self, first: int, last: int, instant: datetime) -> None:
        """Side by side, as ours."""
        gate = asyncio.Semaphore(STARTED_AT_ONCE)
        began = instant - timedelta(baseline.DAYS[STEP - 1])

        async def one(number: int) -> None:
            async with gate:
                await self.client.start_workflow(
                    baseline.Baseline.run, args=[began, STEP], id=f"baseline-{number}", task_queue=self.queue
                )

        await asyncio.gather(*map(one, range(first, last)))

    def waiting(self, instant: datetime) -> int:
        """Rows that are not there yet."""
        return self.rows_at_the_end - self._rows()

    def done(self) -> bool:
        """Nothing follows."""
        return True

    def _rows(self) -> int:
        with closing(connect(self.database)) as connection:
            rows: int = connection.execute("SELECT max(rowid) FROM steps").fetchone()[0] or 0
            return rows


# One turn


@dataclass(frozen=True)
class Turn:
    """What one instant came to: how late each was in seconds, how many were started a second, and CPU a workflow.

    `worker` and `everything` are seconds of CPU until all were written, `letters` those of everything after that.
    """

    late: Sequence[float]
    started_per_s: float
    worker: float
    everything: float
    letters: float
    memory: float

    @property
    def per_s(self) -> float:
        """How many were written a second, from the instant until the last."""
        return len(self.late) / self.late[-1]


@dataclass
class Herd:
    """One side with its workers, and what each of its turns came to. `guest` starts a worker that joins and leaves, uncounted."""

    side: Side
    workers: Sequence[int]
    others: Sequence[int]
    guest: Callable[[], AbstractContextManager[int]] | None = None
    pace: float = SLOWEST
    begun: int = 0
    turns: list[Turn] = field(default_factory=list)

    async def turn(self, how_many: int) -> Turn:
        """Start so many, wait for the instant, and watch."""
        instant, memory = await self._waiting(how_many)
        await asyncio.sleep((instant - datetime.now(UTC)).total_seconds())
        cpu, cpu_all = workers.cpu(*self.workers), self._cpu_of_all()
        late = await self._lateness(how_many, instant)
        written, written_all = workers.cpu(*self.workers), self._cpu_of_all()
        await comes(self.side.done)
        return Turn(
            late=late,
            started_per_s=self.pace,
            worker=(written - cpu) / how_many,
            everything=(written_all - cpu_all) / how_many,
            letters=(self._cpu_of_all() - written_all) / how_many,
            memory=memory / how_many,
        )

    async def _waiting(self, how_many: int) -> tuple[datetime, int]:
        """Start so many: the instant that they wait for, and what they take of the workers' memory.

        If it came before all were waiting, others are started, with more time.
        """
        while True:
            first, self.begun = self.begun, self.begun + how_many
            memory, began = sum(map(workers.memory, self.workers)), datetime.now(UTC)
            instant = began + timedelta(seconds=10 + SPARE * how_many / self.pace)
            self.side.prepare(first, self.begun, instant)
            began = datetime.now(UTC)
            await self.side.start(first, self.begun, instant)
            rested = await self._at_rest()
            self.pace = how_many / (rested - began).total_seconds()
            if datetime.now(UTC) < instant:
                return instant, sum(map(workers.memory, self.workers)) - memory

    def _cpu_of_all(self) -> float:
        return workers.cpu(*self.workers, *self.others)

    async def _at_rest(self) -> datetime:
        """Wait until the workers have nothing to do; since when that is so."""
        while True:
            since, used = datetime.now(UTC), workers.cpu(*self.workers)
            await asyncio.sleep(1)
            if workers.cpu(*self.workers) - used < IDLE * len(self.workers):
                return since

    async def _lateness(self, how_many: int, instant: datetime) -> list[float]:
        """How late each was written, in seconds, in the order in which they came."""
        late: list[float] = []
        visiting = asyncio.create_task(self._visited(late, how_many))
        async with asyncio.timeout(60 + how_many / SLOWEST):
            while len(late) < how_many:
                written = how_many - await asyncio.to_thread(self.side.waiting, instant)
                late += [(datetime.now(UTC) - instant).total_seconds()] * (written - len(late))
                await asyncio.sleep(LOOK)
        await visiting
        return late

    async def _visited(self, late: Sequence[float], how_many: int) -> None:
        """Have another worker join when some are written, and leave when most are."""
        if self.guest is None:
            return
        with ExitStack() as visit:
            for share, comes_or_goes in ((JOINS, partial(visit.enter_context, self.guest())), (LEAVES, visit.close)):
                await comes(partial(_are, late, share * how_many))
                await asyncio.to_thread(comes_or_goes)


def _are(late: Sequence[float], many: float) -> bool:
    return len(late) >= many


async def measured(
    folder: Path, turns: int, how_many: int, workers_each: int = 1, *, joins: bool = False
) -> AsyncIterator[Figure]:
    """Every figure of one instant: so many turns a side, after a small one that does not count."""
    with ExitStack() as stack:
        settings, server = stack.enter_context(embedded(folder))
        client = await Client.connect(f"127.0.0.1:{settings.temporal_port}", data_converter=pydantic_data_converter)
        await searching.register(client)
        register = full_register.opened(settings.register_url)
        stack.callback(register.engine.dispose)
        sides: dict[str, Side] = {"baseline": _baseline(client, folder), "ours": _ours(client, register, settings)}
        herds = {}
        for name, side in sides.items():
            address = client.service_client.config.target_host
            started = [stack.enter_context(workers.working(name, address, name, folder)) for _ in range(workers_each)]
            guest = partial(workers.working, name, address, name, folder) if joins else None
            herds[name] = Herd(side, started, [server, os.getpid()], guest)
        for turn in range(turns + 1):
            for herd in herds.values():
                measure = await herd.turn(how_many if turn else max(20, how_many // WARM))
                if turn:
                    herd.turns.append(measure)
        for figure in compared(herds):
            yield figure


def _baseline(client: Client, folder: Path) -> Bare:
    return Bare(client, "baseline", folder / "baseline.db")


def _ours(client: Client, register: Register, settings: Settings) -> Ours:
    """With one life in the register, of which the others will be copies."""
    life = QuietLife(1, simulator.YEAR)
    full_register.store_papers(register, life)
    docket = simulator.lived(life, life.over)
    full_register.write(register, docket)
    return Ours(register, Filings(client, register, "ours"), docket[-1].filing)


MEASURED: Sequence[tuple[str, str, str, Callable[[Turn], float]]] = (
    ("per_s", "deadlines entered a second", "", lambda turn: turn.per_s),
    ("late_p50", "entered late by, half of them", "s", lambda turn: percentile(turn.late, 0.5)),
    ("late_p99", "entered late by, 99 of 100", "s", lambda turn: percentile(turn.late, 0.99)),
    ("cpu_ms", "CPU of the worker a deadline", "ms", lambda turn: turn.worker * 1000),
    ("cpu_all_ms", "CPU with server and client a deadline", "ms", lambda turn: turn.everything * 1000),
    ("letters_ms", "CPU of everything for its letters, afterwards", "ms", lambda turn: turn.letters * 1000),
    ("started_per_s", "started before the instant, a second", "", lambda turn: turn.started_per_s),
    ("memory_kib", "memory of the worker a filing that waits", "KiB", lambda turn: turn.memory / 1024),
)
"""Key, words and unit of what a turn came to."""


def compared(herds: Mapping[str, Herd]) -> Iterator[Figure]:
    """Both sides, the median of the turns, and ours by comparison."""
    for key, words, unit, value in MEASURED:
        typical = {side: median(map(value, herd.turns)) for side, herd in herds.items()}
        for side, figure in typical.items():
            yield Figure(f"herd_{key}_{side}", words, figure, unit, side)
        if typical["baseline"] > 0:
            yield Figure(f"herd_{key}_ratio", words, typical["ours"] / typical["baseline"], side="ours / baseline")


@click.command()
@click.option("--deadlines", default=10_000, show_default=True)
@click.option("--turns", default=1, show_default=True)
@click.option(
    "--joins", is_flag=True, help="another worker joins each side when a tenth is written, and leaves at six tenths"
)
def main(deadlines: int, turns: int, joins: bool) -> None:
    """Measure this alone, and print."""

    async def figures(folder: Path) -> list[Figure]:
        return [each async for each in measured(folder, turns, deadlines, joins=joins)]

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        found = asyncio.run(figures(Path(folder)))
    print(*table(f"{deadlines:,} deadlines at one instant", found), sep="\n")  # noqa: T201 - the report


if __name__ == "__main__":
    main()
