"""How alembic reaches the register: `python -m alembic -c deploy/alembic.ini …`, or activities.migrating.migrate."""

from typing import Any, Literal

from alembic import context
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

import models.gateway
import models.log
import models.register
from activities.database import astray, connect
from models.settings import read_settings

assert models.gateway
assert models.log
assert models.register


def render_item(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """Migrations name plain SQL types only, so that they outlive the code of their day."""
    if kind == "type" and isinstance(item, AutoString):
        return f"sa.String(length={item.length})"
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, models.register.UtcDateTime) else False


url = context.config.attributes.get("url") or read_settings().register_url

if context.is_offline_mode():
    context.configure(url=url, target_metadata=SQLModel.metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    engine = connect(url)
    sqlite = engine.dialect.name == "sqlite"
    try:
        with engine.connect() as connection:
            if sqlite:  # it changes a table by making it anew, while others refer to its rows
                connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
            context.configure(
                connection=connection,
                target_metadata=SQLModel.metadata,
                render_as_batch=sqlite,
                render_item=render_item,
            )
            with context.begin_transaction():
                before = context.get_context().get_current_heads()
                context.run_migrations()
                migrated = context.get_context().get_current_heads() != before
                if migrated and (lost := astray(connection)):
                    raise RuntimeError(lost[0])
    finally:
        engine.dispose()
