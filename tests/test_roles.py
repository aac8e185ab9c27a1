"""The roles of PostgreSQL: the service may what it needs and no more. That it may do all of its work, every test on PostgreSQL says."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import ProgrammingError
from sqlmodel import SQLModel

from activities.database import connect
from activities.migrating import lacking, migrate
from activities.register import Register
from deploy.database import bring_up_to_date
from deploy.roles import APPENDED, OWNER, RIGHTS, SERVICE, rights, roles
from models.settings import SettingsRefused
from tests.databases import Postgresql, as_owner, as_service
from tests.simulated import holding, lived, written

pytestmark = pytest.mark.xdist_group("postgresql")


@pytest.fixture(scope="module")
def service(postgresql: Postgresql) -> Iterator[Engine]:
    """A register that holds a life, as the service is connected to it."""
    address = postgresql.made("a whole life", holding(lambda register: written(register, lived("LIFE"))))
    engine = connect(address)
    yield engine
    engine.dispose()


def is_refused(engine: Engine, statement: str) -> bool:
    """Whether the database lets nobody do this who has no right to; nothing is left of it otherwise."""
    with engine.connect() as connection:
        try:
            connection.exec_driver_sql(statement)
        except ProgrammingError as error:
            return getattr(error.orig, "sqlstate", None) == "42501"
    return False


def test_every_table_says_what_the_service_may_do_with_it() -> None:
    assert RIGHTS.keys() == SQLModel.metadata.tables.keys()
    assert {"entries", "versions", "messages", "published_editions"} <= {
        name for name, right in RIGHTS.items() if right == APPENDED
    }


def test_the_service_reads_and_appends_and_changes_nothing_that_was_entered(service: Engine) -> None:
    with service.connect() as connection:
        assert connection.exec_driver_sql("SELECT current_user").scalar() == SERVICE
        before = connection.exec_driver_sql("SELECT count(*) FROM entries").scalar()
    for table in (name for name, right in RIGHTS.items() if right == APPENDED):
        column = next(iter(SQLModel.metadata.tables[table].columns)).name
        assert is_refused(service, f"UPDATE {table} SET {column} = {column}"), table
        assert is_refused(service, f"DELETE FROM {table}"), table
    for table in RIGHTS:
        assert is_refused(service, f"TRUNCATE {table} CASCADE"), table
    assert is_refused(service, "UPDATE round_entries SET body = body")
    with service.connect() as connection:
        assert before == connection.exec_driver_sql("SELECT count(*) FROM entries").scalar()
    assert not Register(service).verify("LIFE")


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (number integer)",
        "DROP TABLE entries",
        "ALTER TABLE entries DISABLE TRIGGER ALL",
        "UPDATE alembic_version SET version_num = '0001'",
        f"SET ROLE {OWNER}",
        "SET session_replication_role = replica",
        "CREATE ROLE another",
    ],
)
def test_the_service_helps_itself_to_no_rights(service: Engine, statement: str) -> None:
    with service.connect() as connection:  # as it signs in: nobody to go back to
        connection.exec_driver_sql(f"SET SESSION AUTHORIZATION {SERVICE}")
        with pytest.raises(ProgrammingError) as refused:
            connection.exec_driver_sql(statement)
        connection.invalidate()
    assert getattr(refused.value.orig, "sqlstate", None) == "42501"


def test_what_was_given_once_too_often_is_taken_away_again(postgresql: Postgresql) -> None:
    address = postgresql.migrated()
    owner, service = connect(as_owner(address)), connect(address)
    with owner.begin() as connection:
        connection.exec_driver_sql(f"GRANT ALL ON entries TO {SERVICE}; GRANT DELETE ON entries TO PUBLIC")
    assert not is_refused(service, "DELETE FROM entries")
    with owner.begin() as connection:
        for statement in (*roles(), *rights()):
            connection.exec_driver_sql(statement)
    assert is_refused(service, "DELETE FROM entries")
    owner.dispose()
    service.dispose()
    postgresql.done_with(address)


def test_a_service_that_may_not_migrate_says_so_in_a_line(postgresql: Postgresql) -> None:
    """What is up to date it leaves alone; what is not, is the owner's to bring up to date."""
    address = postgresql.migrated()
    migrate(address)
    postgresql.done_with(address)
    behind = postgresql.made("behind", lambda _: None)
    engine = connect(as_owner(behind))
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0006'")
    assert lacking(engine)
    engine.dispose()
    with pytest.raises(SettingsRefused, match="所有者角色"):
        migrate(as_service(behind))


def test_the_owner_brings_an_empty_database_up_to_date_and_the_service_finds_it_so(postgresql: Postgresql) -> None:
    empty = postgresql.empty()
    bring_up_to_date(empty)
    bring_up_to_date(empty)
    service = connect(as_service(empty))
    assert not lacking(service)
    assert is_refused(service, "CREATE TABLE mine (number integer)")
    service.dispose()
    with pytest.raises(SettingsRefused, match="PostgreSQL"):
        bring_up_to_date("sqlite:///register.db")
