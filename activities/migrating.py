"""Bringing the register's database up to date with the tables, by the migrations that are shipped below `deploy/`."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, make_url
from sqlalchemy.exc import ProgrammingError

from activities.database import astray, connect
from models.settings import SettingsRefused

MAY_NOT = "42501"
"""How PostgreSQL says that a role has no such right."""

MIGRATIONS = Path(__file__).parent.parent / "deploy" / "migrations"


def config(url: str) -> Config:
    """Alembic's configuration for one database, without a file."""
    configuration = Config()
    configuration.set_main_option("script_location", str(MIGRATIONS))
    configuration.attributes["url"] = url
    return configuration


def migrate(url: str, revision: str = "head") -> None:
    """Upgrade a database to a revision, or the newest; the folder of a SQLite file is made if need be.

    Tables of a later release are left as they are: it made all of ours, and added to them (docs/operations.md, two releases side by side).

    Raises `SettingsRefused` where the tables are behind and the role of PostgreSQL may not change them (deploy/roles.py), or rows of
    SQLite refer to nothing.
    """
    database = make_url(url)
    if database.get_backend_name() == "sqlite" and database.database:
        Path(database.database).parent.mkdir(parents=True, exist_ok=True)
    if not _may_go_on(url):
        return
    try:
        command.upgrade(config(url), revision)
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) != MAY_NOT:
            raise
        raise SettingsRefused(
            "备案库的表结构落后于本版本，而所用的数据库角色无权更改；请先以所有者角色更新表结构（docs/operations.md，PostgreSQL）"
        ) from error


def _may_go_on(url: str) -> bool:
    """Whether there are only steps that this release knows. Nothing is migrated while rows refer to what is not there: a table that is
    made anew would carry them on."""
    engine = connect(url)
    try:
        if not lacking(engine):
            return not is_ahead(engine)
        with engine.connect() as connection:
            lost = astray(connection)
    finally:
        engine.dispose()
    if lost:
        raise SettingsRefused(
            f"备案库中有{len(lost)}行指向不存在的内容（{lost[0]}），表结构未升级；请由备份恢复后再升级"
        )
    return True


@cache
def revisions() -> tuple[str, ...]:
    """What this release makes of a database, step by step, the first first."""
    steps = ScriptDirectory.from_config(config("")).walk_revisions()
    return tuple(step.revision for step in steps)[::-1]


def revision_of(engine: Engine) -> str | None:
    """The last step that a database has made; None of an empty one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_ahead(engine: Engine) -> bool:
    """Whether a later release made these tables."""
    has = revision_of(engine)
    return has is not None and has not in revisions()


def lacking(engine: Engine) -> list[str]:
    """The steps that a database still lacks. One that this release does not know comes from a newer one, which made all of ours."""
    has, known = revision_of(engine), revisions()
    if has is None:
        return list(known)
    return list(known[known.index(has) + 1 :]) if has in known else []
