"""The migrations and the tables say the same, on both databases."""

import sqlite3
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect
from sqlmodel import SQLModel, col, select

from activities.database import connect, reading
from activities.migrating import config, migrate
from activities.register import Register
from models.register import FilingRow
from models.settings import SettingsRefused
from tests.databases import DATABASES, Databases, on_both_by_the_owner
from tests.population import LIVES, archived, life, populate
from tests.simulated import Step, holding, written


@pytest.fixture
def url(request: pytest.FixtureRequest) -> str:
    """An empty database of the kind that a test is run with."""
    return str(request.getfixturevalue(request.param).empty())


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """An engine on that database."""
    opened = connect(url)
    yield opened
    opened.dispose()


def revision(engine: Engine) -> str | None:
    """The revision that a database is at."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest(url: str) -> str | None:
    """The newest revision there is."""
    return ScriptDirectory.from_config(config(url)).get_current_head()


@pytest.mark.parametrize("url", DATABASES, indirect=True)
def test_the_migrations_make_the_tables_of_the_models(url: str, engine: Engine) -> None:
    migrate(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, SQLModel.metadata) == []
    assert set(inspect(engine).get_table_names()) == {*SQLModel.metadata.tables, "alembic_version"}
    assert engine.dialect.name in url


@pytest.mark.parametrize("url", DATABASES, indirect=True)
def test_a_difference_would_be_seen(url: str, engine: Engine) -> None:
    migrate(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE entries ADD COLUMN more VARCHAR(9)")
        connection.exec_driver_sql("DROP INDEX ix_entries_kind")
    with engine.connect() as connection:
        assert len(compare_metadata(MigrationContext.configure(connection), SQLModel.metadata)) == 2


@pytest.mark.parametrize("url", DATABASES, indirect=True)
def test_what_was_made_by_the_models_is_what_the_migrations_make(url: str, engine: Engine) -> None:
    migrate(url)
    tables = {name: inspect(engine).get_columns(name) for name in SQLModel.metadata.tables}
    constraints = {
        name: (inspect(engine).get_foreign_keys(name), inspect(engine).get_unique_constraints(name)) for name in tables
    }
    command.downgrade(config(url), "base")
    SQLModel.metadata.create_all(engine)
    assert {name: str(inspect(engine).get_columns(name)) for name in tables} == {
        name: str(columns) for name, columns in tables.items()
    }
    assert {
        name: (inspect(engine).get_foreign_keys(name), inspect(engine).get_unique_constraints(name)) for name in tables
    } == constraints


@pytest.mark.parametrize("url", DATABASES, indirect=True)
def test_upgrading_again_changes_nothing(url: str, engine: Engine) -> None:
    migrate(url)
    before = {name: str(inspect(engine).get_columns(name)) for name in inspect(engine).get_table_names()}
    migrate(url)
    assert {name: str(inspect(engine).get_columns(name)) for name in inspect(engine).get_table_names()} == before
    assert revision(engine) == newest(url)


@pytest.mark.parametrize("url", DATABASES, indirect=True)
def test_down_to_nothing_and_up_again(url: str, engine: Engine) -> None:
    migrate(url)
    command.downgrade(config(url), "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    assert revision(engine) is None
    migrate(url)
    assert revision(engine) == newest(url)


def evaluated(register: Register) -> None:
    """A register in which one alliance was evaluated three times and named twice."""
    populate(register)
    (force,) = (each for each in LIVES if each[0] == "SY-FORCE")
    acts: tuple[Step, ...] = (
        ("city", "record_evaluation", "2023-04-03T10:00", {"year": 2023, "result": "qualified"}),
        ("city", "record_evaluation", "2023-04-04T10:00", {"year": 2023, "result": "excellent"}),
        ("city", "tag", "2023-04-05T10:00", {"tag": "recommended"}),
        ("province", "tag", "2023-04-06T10:00", {"tag": "typical"}),
        ("city", "tag", "2023-04-07T10:00", {"tag": "recommended", "removed": True}),
    )
    written(register, life("SY-NAMED", *force[1:4], (*force[4][:-1], archived("2023-03-10", 2), *acts)))
    row = register.row("SY-NAMED")
    assert row
    assert (row.named, row.evaluated_for, row.evaluated) == ("typical", 2023, "excellent")
    assert not register.verify("SY-NAMED")
    assert [each.filing_id for each in register.filings(named="typical", evaluated="excellent")] == ["SY-NAMED"]
    assert not register.filings(named="pilot")


@on_both_by_the_owner
def test_filings_that_stood_say_what_desks_find_them_by(databases: Databases) -> None:
    """As their next entry would: so a register is in order the day it is upgraded."""
    url = databases.made("named", holding(evaluated))
    register = Register.at(url)
    query = select(FilingRow).order_by(col(FilingRow.filing_id))
    with reading(register.engine) as session:
        stood = [row.model_dump() for row in session.exec(query)]
    assert {"overdue", "iit_due_at", "named", "evaluated"} <= {
        name for row in stood for name, value in row.items() if value is not None
    }
    register.engine.dispose()
    command.downgrade(config(url), "0004")
    migrate(url)
    with reading(register.engine) as session:
        assert [row.model_dump() for row in session.exec(query)] == stood
    assert {each.filing_id for each in register.filings(text="syssynamedcxy")} == {"SY-NAMED"}
    register.engine.dispose()


def test_there_is_one_line_of_revisions() -> None:
    assert len(ScriptDirectory.from_config(config("sqlite://")).get_heads()) == 1


def test_a_row_that_refers_to_nothing_stops_an_upgrade_in_words_and_no_start(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'register.db'}"
    migrate(url, "0006")
    with sqlite3.connect(tmp_path / "register.db") as db:
        columns = [name for _, name, *_ in db.execute("PRAGMA table_info(deliveries)")]
        db.execute(f"INSERT INTO deliveries VALUES ({', '.join('?' for _ in columns)})", ["none"] * len(columns))
    with pytest.raises(SettingsRefused, match="表 deliveries 第1行所指的 letters 不存在"):
        migrate(url)
    opened = connect(url)
    assert revision(opened) == "0006"
    opened.dispose()
    with sqlite3.connect(tmp_path / "register.db") as db:
        db.execute("UPDATE alembic_version SET version_num = ?", [newest(url)])
    migrate(url)


def of_the_release_before() -> str:
    """The last migration of the release before: each release that has any has one."""
    steps = list(ScriptDirectory.from_config(config("")).walk_revisions())
    return steps[1].revision


FEW = ("drift", "followed")

UNUSED_BY_THE_RELEASE_BEFORE: frozenset[str] = frozenset()
"""What the release before has stopped using, as `table.column`: that may go now (contract)."""

Columns = dict[tuple[str, str], dict[str, Any]]


def columns(engine: Engine | Connection, of: Collection[str] = ()) -> Columns:
    """Every column of every table, or of these."""
    found = inspect(engine)
    return {
        (table, column["name"]): {**column, "type": str(column["type"])}
        for table in of or set(found.get_table_names()) - {"alembic_version"}
        for column in found.get_columns(table)
    }


def bounds(engine: Engine | Connection, of: Collection[str] = ()) -> set[str]:
    """Whatever a database may refuse a row for."""
    found = inspect(engine)
    tables = of or set(found.get_table_names()) - {"alembic_version"}
    return {
        f"{table} {what}"
        for table in tables
        for what in (
            *(f"unique {sorted(each['column_names'])}" for each in found.get_unique_constraints(table)),
            *(
                f"unique {sorted(map(str, each['column_names']))}"
                for each in found.get_indexes(table)
                if each["unique"]
            ),
            *(f"{each['constrained_columns']} in {each['referred_table']}" for each in found.get_foreign_keys(table)),
            *(f"check {each['sqltext']}" for each in found.get_check_constraints(table)),
            f"key {found.get_pk_constraint(table)['constrained_columns']}",
        )
    }


def narrowed(before: Columns, bounded: set[str], engine: Engine | Connection, of: Collection[str] = ()) -> list[str]:
    """What the release before could do with its tables, and cannot any more."""
    now, tables = columns(engine, of), {table for table, _ in before}
    found = []
    for at, column in before.items():
        name = ".".join(at)
        if name in UNUSED_BY_THE_RELEASE_BEFORE:
            continue
        if at not in now:
            found.append(f"{name}: gone")
        elif (now[at]["type"], now[at]["nullable"]) != (column["type"], column["nullable"]):
            found.append(f"{name}: other values than before")
    for at, column in now.items():
        if at not in before and at[0] in tables and not column["nullable"] and column["default"] is None:
            found.append(f"{'.'.join(at)}: asked for, and not known to the release before")
    return found + [each for each in bounds(engine, of) - bounded if each.split(" ")[0] in tables]


@pytest.mark.parametrize("url", DATABASES, indirect=True)
def test_what_the_release_before_reads_and_writes_stays(url: str, engine: Engine) -> None:
    migrate(url, of_the_release_before())
    before, bounded = columns(engine), bounds(engine)
    migrate(url)
    assert narrowed(before, bounded, engine) == [], "expand first: docs/operations.md, tables that two releases use"


@pytest.mark.parametrize("url", DATABASES[-1:], indirect=True)
def test_every_narrowing_is_seen(url: str, engine: Engine) -> None:
    migrate(url)
    before, bounded = columns(engine, FEW), bounds(engine, FEW)
    for change, seen in (
        ("ALTER TABLE drift DROP COLUMN told", "drift.told: gone"),
        ("ALTER TABLE drift RENAME COLUMN what TO words", "drift.what: gone"),
        ("ALTER TABLE followed ALTER COLUMN run_id SET NOT NULL", "followed.run_id: other values than before"),
        ("ALTER TABLE drift ALTER COLUMN kind TYPE VARCHAR(9)", "drift.kind: other values than before"),
        (
            "ALTER TABLE drift ADD COLUMN more TEXT NOT NULL",
            "drift.more: asked for, and not known to the release before",
        ),
        ("CREATE UNIQUE INDEX once ON drift (kind)", "drift unique ['kind']"),
        ("ALTER TABLE drift ADD CHECK (key <> '')", "drift check"),
    ):
        with engine.connect() as connection, connection.begin() as whole:
            connection.exec_driver_sql(change)
            assert any(each.startswith(seen) for each in narrowed(before, bounded, connection, FEW)), change
            whole.rollback()
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE drift ADD COLUMN more TEXT NOT NULL DEFAULT ''")
        connection.exec_driver_sql("ALTER TABLE drift ADD COLUMN most TEXT")
    assert narrowed(before, bounded, engine, FEW) == [], "what may be left out narrows nothing"


def test_tables_of_a_later_release_are_left_as_they_are(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'register.db'}"
    migrate(url)
    engine = connect(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    migrate(url)
    assert revision(engine) == "9999"
    engine.dispose()
