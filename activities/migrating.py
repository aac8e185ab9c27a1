"""Bringing the register's database up to date with the tables, by the migrations that are shipped below `deploy/`."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import make_url

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
