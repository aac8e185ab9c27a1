"""The migrations and the tables say the same, on both databases."""

from collections.abc import Iterator

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect
from sqlmodel import SQLModel, col, select

from activities.database import connect, reading
from activities.migrating import config, migrate
from activities.register import Register
from models.register import FilingRow
from tests.databases import DATABASES, Databases, on_both
from tests.population import populate
from tests.simulated import holding


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


@on_both
def test_filings_that_stood_say_what_desks_find_them_by(databases: Databases) -> None:
    """As their next entry would: so a register is in order the day it is upgraded."""
    url = databases.made("population", holding(populate))
    register = Register.at(url)
    query = select(FilingRow).order_by(col(FilingRow.filing_id))
    with reading(register.engine) as session:
        stood = [row.model_dump() for row in session.exec(query)]
    assert {"overdue", "iit_due_at"} <= {name for row in stood for name, value in row.items() if value is not None}
    register.engine.dispose()
    command.downgrade(config(url), "0004")
    migrate(url)
    with reading(register.engine) as session:
        assert [row.model_dump() for row in session.exec(query)] == stood
    register.engine.dispose()


def test_there_is_one_line_of_revisions() -> None:
    assert len(ScriptDirectory.from_config(config("sqlite://")).get_heads()) == 1
