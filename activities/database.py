"""The register's database: how it is connected, and its transactions."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, Table, create_engine, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import TimeoutError
from sqlmodel import Session

T = TypeVar("T")

PRAGMAS: tuple[str, ...] = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000")
"""How SQLite is used: what was committed outlasts the machine."""


LOST_AFTER = {"keepalives_idle": 5, "keepalives_interval": 3, "keepalives_count": 3, "tcp_user_timeout": 12_000}
"""By which a connection counts as lost over which nothing comes any more: after about a quarter of a minute, and not of an hour."""


def reaching(url: str) -> dict[str, Any]:
    """How PostgreSQL is reached, and by when it is noticed on either side that it no longer is.

    The database notices too, by the same measure: a transaction whose client was cut off holds up others no longer than that.
    """
    theirs = {f"tcp_{name.removeprefix('tcp_')}": value for name, value in LOST_AFTER.items()}
    asked = make_url(url).query.get("options", "")
    options = " ".join([*([asked] if isinstance(asked, str) else asked), *(f"-c{n}={v}" for n, v in theirs.items())])
    return {"connect_timeout": 5, **LOST_AFTER, "options": options.strip()}


def connect(url: str) -> Engine:
    """An engine for SQLite (write-ahead log, full sync, one writer at a time) or PostgreSQL."""
    far = not url.startswith("sqlite")  # a connection may be lost between two uses
    engine = create_engine(
        url,
        pool_pre_ping=far,
        hide_parameters=True,  # an error's text is seen by operators
        connect_args=reaching(url) if far else {},
    )
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    cursor = connection.connection.cursor()  # past SQLAlchemy: every look at the register begins with it
    cursor.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
    cursor.close()


AT_ONCE = 500
"""How many things one query names: databases bound the number of its parameters."""


def in_parts(names: Iterable[str]) -> Iterator[Sequence[str]]:
    """Names, in order, as many at a time as one query takes."""
    return in_portions(sorted(names), AT_ONCE)


def in_portions(every: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    """So many at a time."""
    return (every[begin : begin + most] for begin in range(0, len(every), most))


def unless_there(table: Table) -> Mapping[str, Any]:
    """An insert, by the dialect's name, that leaves a row alone which is there, or which somebody else writes meanwhile."""
    return {
        "sqlite": sqlite.insert(table).on_conflict_do_nothing(),
        "postgresql": postgresql.insert(table).on_conflict_do_nothing(),
    }


WRITERS = 8
"""How many transactions write at once; fewer than there are connections, so that whoever reads finds one."""

PATIENCE = 30.0
"""Seconds that a transaction waits for its turn to write."""


class Turns:
    """Turns for so many at once, in the order in which they were asked for: a plain semaphore lets whoever writes without pause keep the others out."""

    def __init__(self, free: int) -> None:
        self._free = free
        self._queue: deque[threading.Lock] = deque()
        self._changing = threading.Lock()

    def take(self, patience: float) -> bool:
        """Whether there was a turn within so many seconds."""
        mine = threading.Lock()
        with self._changing:
            if self._free:
                self._free -= 1
                return True
            mine.acquire()
            self._queue.append(mine)
        if mine.acquire(timeout=patience):
            return True
        with self._changing:
            if mine not in self._queue:  # it came in this very moment
                return True
            self._queue.remove(mine)
            return False

    @property
    def waiting(self) -> int:
        """How many wait for a turn."""
        return len(self._queue)

    def give_back(self) -> None:
        """The next in the queue has it."""
        with self._changing:
            if self._queue:
                self._queue.popleft().release()
            else:
                self._free += 1


_turns: WeakKeyDictionary[Engine, Turns] = WeakKeyDictionary()
_turns_of = threading.Lock()


@contextmanager
def _turn(engine: Engine) -> Iterator[None]:
    """A turn to write. SQLite has one writer: the others wait here, and keep no connection from those who read."""
    with _turns_of:
        turns = _turns.setdefault(engine, Turns(1 if engine.dialect.name == "sqlite" else WRITERS))
    if not turns.take(PATIENCE):
        raise TimeoutError("no turn to write")
    try:
        yield
    finally:
        turns.give_back()


def clock_of(engine: Engine) -> datetime:
    """The time by the database's clock."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            told: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
            return told.astimezone(UTC)
        written = connection.exec_driver_sql("SELECT strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')").scalar_one()
        return datetime.fromisoformat(written)


AHEAD_AT_MOST = timedelta(minutes=1)
"""How far a clock may be off and still be set right."""


def ahead_of(told: Callable[[], datetime], own: Callable[[], datetime] = lambda: datetime.now(UTC)) -> timedelta:
    """By how much one clock is ahead of another, which takes a moment to tell."""
    before = own()
    there = told()
    return before + (own() - before) / 2 - there


def ahead_of_database(engine: Engine) -> timedelta:
    """By how much this machine's clock is ahead of the database's."""
    return ahead_of(lambda: clock_of(engine))


def astray(connection: Connection) -> list[str]:
    """In words, the rows that refer to something which is not there. SQLite looks when a row is written, and not at what a hand changed; PostgreSQL has none."""
    if connection.dialect.name != "sqlite":
        return []
    found = connection.exec_driver_sql("PRAGMA foreign_key_check")
    return [f"表 {table} 第{row}行所指的 {parent} 不存在" for table, row, parent, _ in found]


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session that only reads."""
    with Session(engine, expire_on_commit=False) as session:
        yield session


@contextmanager
def one_view(engine: Engine) -> Iterator[Connection]:
    """A connection that sees the database as it is at one moment, however long it reads."""
    one_view = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    options = one_view if engine.dialect.name == "postgresql" else {}
    with engine.connect().execution_options(**options) as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """One transaction that writes."""
    with stating(engine) as connection, Session(connection, expire_on_commit=False) as session:
        yield session
        session.flush()


ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended(:about, 0))")


def alone(session: Session, *about: str) -> None:
    """Until the transaction ends, nobody else writes about the same thing who asks for it so: of two who look first and write then,
    the second sees what the first wrote. SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(ALONE, {"about": " ".join(about)})


@contextmanager
def stating(engine: Engine) -> Iterator[Connection]:
    """One transaction that writes by statements alone, for what is written at every entry."""
    with _turn(engine), engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection
