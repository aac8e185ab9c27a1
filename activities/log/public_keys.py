"""The public keys by which logs are known, ours and others', with the last checkpoint that was seen of each (`log_witnessed`).

A new key of a log is known from the checkpoint on that one of its known keys has signed with it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from activities.log.notes import Checkpoint, Key, Note
from models.log import LogCheckpoint, LogWitnessed

WITNESSED = LogWitnessed.metadata.tables["log_witnessed"]
OF = select(WITNESSED).where(WITNESSED.c.origin == bindparam("of")).with_for_update()


def _puts(dialect: Any) -> Any:
    put = dialect.insert(WITNESSED)
    now = {name: put.excluded[name] for name in ("keys", "size", "root", "note", "seen_at")}
    return put.on_conflict_do_update(index_elements=["origin"], set_=now)


PUTS: Mapping[str, Any] = {"sqlite": _puts(sqlite), "postgresql": _puts(postgresql)}


def seen(db: Connection, origin: str) -> LogWitnessed | None:
    """What was seen of a log; nobody else sees more until this transaction ends."""
    row = db.execute(OF, {"of": origin}).mappings().first()
    return LogWitnessed(**row) if row else None


def known(db: Connection, origin: str) -> list[Key]:
    """The keys by which a log is known, the oldest first."""
    row = seen(db, origin)
    return [Key.read(line) for line in row.keys.splitlines()] if row else []


def note(db: Connection, checkpoint: Checkpoint, signed: Note, at: datetime, more: Iterable[Key]) -> None:
    """Note the last checkpoint of a log, and further keys of it."""
    lines = dict.fromkeys([*map(str, known(db, checkpoint.origin)), *map(str, more)])
    row = {
        "origin": checkpoint.origin, "keys": "\n".join(lines), "size": checkpoint.size, "root": checkpoint.root.hex(),
        "note": str(signed), "seen_at": at,
    }  # fmt: skip
    db.execute(PUTS[db.dialect.name], row)


def remember(db: Connection, row: LogCheckpoint, signing: Iterable[Key]) -> None:
    """The same of our own log, in the transaction that stores its checkpoint."""
    signed = Note.read(row.note)
    note(db, Checkpoint.read(signed.text), signed, row.made_at, signing)
