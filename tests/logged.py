"""A register whose log was signed twice, with letters that were delivered and read: to be tampered with."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain
from pathlib import Path

from sqlalchemy import Connection, Engine, insert, select, text, update
from sqlmodel import Session, col

from activities import papers, proof
from activities.log import checking, keys
from activities.log.files import LogFiles
from activities.log.keeping import LogKeeping
from activities.log.sequencing import Log
from activities.log.tree import Tree
from activities.register import Register
from gateway.remembered.audit import noted_backup
from models.register import DeliveryRow, LetterRow
from tests.simulated import lived

MIDDLE, LAST = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 12, 2, tzinfo=UTC)
"""When the log was signed."""

ORIGIN = "ln.example/log"


def keeping(engine: Engine, folder: Path, digest: str = "sha-256") -> LogKeeping:
    """The log of a register, with its keys and files in a folder."""
    site = folder / "site"
    log = Log(engine, folder / "log-keys", ORIGIN, digest)
    return LogKeeping(log, LogFiles(site / "log", site), timedelta(hours=1))


def fill(register: Register, kept: LogKeeping) -> None:
    """A life until the middle of its way, signed; its letters, delivered and read; the rest of it, signed again."""
    begin(register)
    kept.passes(MIDDLE)
    register.append_all([entry for entry in lived("LIFE").docket if MIDDLE < entry.entered_at < LAST])
    kept.passes(LAST)


def begin(register: Register) -> None:
    """The life until the middle of its way."""
    lived("LIFE").lodged(register)
    register.append_all([entry for entry in lived("LIFE").docket if entry.entered_at < MIDDLE])
    deliver(register)
    noted_backup(register.engine, MIDDLE, "a", whole=True)


def deliver(register: Register) -> None:
    """Every letter is delivered and read."""
    with register.engine.connect().execution_options(writes=True) as db, db.begin():
        letters = db.scalars(select(col(LetterRow.id)).order_by(col(LetterRow.id))).all()
        at = MIDDLE - timedelta(hours=1)
        db.execute(update(LetterRow).values(closed_at=at, read_at=at, handed_at=at, title="t", body="b"))
        db.execute(
            insert(DeliveryRow),
            [
                {
                    "letter": each, "channel": "mail", "state": "arrived", "tries": 1, "first_tried_at": at,
                    "last_tried_at": at, "address": "a***@example.com", "content": "0" * 64, "receipt": "250 ok",
                }
                for each in letters
            ],
        )  # fmt: skip


def of_log(db: Connection, kept: LogKeeping, mirrors: dict[str, str] | None = None) -> Iterator[str]:
    """What `verify --all` finds wrong with the log, by itself and by what others hold, one after the other."""
    held = {"site": kept.files.note() or "", **(mirrors or {})}
    log = checking.checked(db, map(checking.size_of, held.values()))
    yield from log.faults
    if not {signer.key for signer in keys.signers(kept.log.key_file)} & set(log.keys):
        yield "signed by a key that is not ours"
    for whose, note in held.items():
        yield from checking.against(log, whose, note)
    yield from kept.files.faults(Tree(db, kept.log.hashing(log.signed[-1] if log.signed else None)))


def of_docket(db: Connection) -> Iterator[str]:
    """What it finds wrong with the docket."""
    with Session(db) as session:
        try:
            yield from proof.faults(session, "LIFE", partial(papers.content, db))
        except (papers.PaperMissing, ValueError, TypeError, LookupError) as unreadable:
            yield str(type(unreadable))


@dataclass
class Attacked:
    """A register in the hands of somebody who may do anything with its database."""

    engine: Engine
    kept: LogKeeping

    @contextmanager
    def tampered(self, *statements: str) -> Iterator[Connection]:
        """The register with something done to it, which is undone afterwards."""
        with self.engine.connect() as db:
            db.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
            for each in statements:
                db.execute(text(each))
            yield db
            db.rollback()

    def seen(self, *statements: str, mirrors: dict[str, str] | None = None, docket_first: bool = False) -> str | None:
        """What is found first of what was done."""
        with self.tampered(*statements) as db:
            looks = [of_log(db, self.kept, mirrors), of_docket(db)]
            return next(chain(*(looks[::-1] if docket_first else looks)), None)
