"""Bringing the register's database up to date with the tables, by the migrations that are shipped below `deploy/`."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, make_url

MIGRATIONS = Path(__file__).parent.parent / "deploy" / "migrations"


def config(url: str) -> Config:
    """Alembic's configuration for one database, without a file."""
    configuration = Config()
    configuration.set_main_option("script_location", str(MIGRATIONS))
    configuration.attributes["url"] = url
    return configuration


def migrate(url: str, revision: str = "head") -> None:
    """Upgrade a database to a revision, or the newest; the folder of a SQLite file is made if need be."""
    database = make_url(url)
    if database.get_backend_name() == "sqlite" and database.database:
        Path(database.database).parent.mkdir(parents=True, exist_ok=True)
    command.upgrade(config(url), revision)


@cache
def _revisions() -> tuple[str, ...]:
    """What this release makes of a database, step by step, the first first."""
    steps = ScriptDirectory.from_config(config("")).walk_revisions()
    return tuple(step.revision for step in steps)[::-1]


def lacking(engine: Engine) -> list[str]:
    """The steps that a database still lacks. One that this release does not know comes from a newer one, which made all of ours."""
    with engine.connect() as connection:
        has = MigrationContext.configure(connection).get_current_revision()
    known = _revisions()
    if has is None:
        return list(known)
    return list(known[known.index(has) + 1 :]) if has in known else []
