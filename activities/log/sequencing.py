"""The sequencer: puts what was entered into the log, and signs how far it came. Entries wait for nothing of it.

What has no leaf yet is found, given the next positions and added to the tree, a portion a transaction; so it may be done again, by
several at once, and be killed anywhere: a row has its leaf once, a position is held once, and what was not signed is signed next time.
"""

import secrets
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, func, insert, select, text
from sqlalchemy.exc import IntegrityError

from activities.database import in_portions, stating
from activities.log import keys, public_keys
from activities.log.leaves import SOURCES, Key, LeafKind, data, not_logged, papers_of
from activities.log.merkle import HASHINGS, Hashing
from activities.log.notes import Checkpoint, Note, NotSigned, Signer, Times
from activities.log.tree import Tree
from models.log import LogCheckpoint, LogLeaf
from models.values import midnight_after

LEAVES, CHECKPOINTS = (model.metadata.tables[str(model.__tablename__)] for model in (LogLeaf, LogCheckpoint))
NEWEST = select(CHECKPOINTS).order_by(CHECKPOINTS.c.number.desc()).limit(1)
ENDS = select(CHECKPOINTS).where(CHECKPOINTS.c.day.is_not(None))

PORTION = 1000
"""How many rows are put into the log in one transaction, so that nobody waits long who enters something meanwhile."""


class LogRefused(Exception):
    """日志未签署: what is in the register does not go on from what was signed, or may not be signed here. The text says why."""


@dataclass(frozen=True)
class Log:
    """The log of one register. `key_file` has the keys; of a log that is begun here, `name` is its origin and `digest` its digest."""

    engine: Engine
    key_file: Path
    name: str
    digest: str = "sha-256"

    # What is there

    def newest(self) -> LogCheckpoint | None:
        """The checkpoint that was signed last."""
        with self.engine.connect() as db:
            return newest(db)

    def hashing(self, last: LogCheckpoint | None) -> Hashing:
        """How it hashes: as it did from the beginning."""
        return HASHINGS[checkpoint_of(last).digest if last else self.digest]

    # What is added

    def sequence(self, since: datetime | None = None) -> int:
        """Put into the log what was entered; how many leaves that is. Letters are looked at since an instant, or all of them."""
        return sum(self._sequence(kind, since) for kind in SOURCES)

    def _sequence(self, kind: LeafKind, since: datetime | None) -> int:
        with self.engine.connect() as db:
            found = list(not_logged(db, kind, SOURCES[kind].fresh(db, since)))
        return sum(self._append(kind, some) for some in in_portions(found, PORTION))

    def _append(self, kind: LeafKind, found: Sequence[Key]) -> int:
        with self.turn() as db:
            covered = [*_covered(db, kind, not_logged(db, kind, found))]
            if kind in (LeafKind.ENTRY, LeafKind.ROUND):
                of_these = [key for some in in_portions(found, PORTION // 5) for key in papers_of(db, kind, some)]
                covered += _covered(db, LeafKind.PAPER, not_logged(db, LeafKind.PAPER, of_these))
            self.add(db, covered)
        return len(covered)

    def add(self, db: Connection, covered: Collection[tuple[LeafKind, Key, str]]) -> None:
        """Give rows the next positions, in this order, in a transaction that has its turn."""
        tree = Tree(db, self.hashing(newest(db)))
        size = tree.size
        rows = [
            {
                "position": position, "kind": kind.value, "of": key.of, "number": key.number,
                "nonce": secrets.token_hex(16), "covers": covers,
            }
            for position, (kind, key, covers) in enumerate(covered, size)
        ]  # fmt: skip
        if rows:
            db.execute(insert(LEAVES), rows)
            said = [data(str(row["kind"]), str(row["nonce"]), str(row["covers"])) for row in rows]
            tree.append(size, [tree.hashing.leaf(each) for each in said])

    @contextmanager
    def turn(self) -> Iterator[Connection]:
        """A transaction in which nobody else adds leaves."""
        with stating(self.engine) as db:
            if db.dialect.name == "postgresql":
                db.execute(text("LOCK TABLE log_tiles IN EXCLUSIVE MODE"))
            yield db

    # What is signed

    def sign(self, now: datetime, day: date | None = None) -> LogCheckpoint | None:
        """Sign how far the log has come, or that a day ended so; None if there is nothing new, or somebody else did meanwhile.

        Raises `LogRefused`.
        """
        with self.engine.connect() as db:
            last = newest(db)
            tree = Tree(db, self.hashing(last))
            size = tree.size
            if day and (last is None or last.made_at >= midnight_after(day) or self._has(db, day)):
                day = None
            if size == (last.size if last else 0) and day is None:
                return None
            if last and (size < last.size or tree.root(last.size).hex() != last.root):
                raise LogRefused("备案库中的日志不是此前所签日志的延续；请执行 verify --all")
            root, times = tree.root(size), _times(db, now, day)
        signing = self._signers(last)
        checkpoint = Checkpoint(signing[-1].key.name, size, root, tree.hashing.name)
        lines = (signer.line(checkpoint.text) for signer in signing)
        note = Note(checkpoint.text, (*lines, signing[-1].times(checkpoint.text, times)))
        try:
            note.signed_by([signer.key for signer in signing])
            note.times([signing[-1].key])
        except NotSigned as false:
            raise LogRefused(f"签名的命令没有给出其公钥的签名：{false}") from None
        row = LogCheckpoint(
            number=last.number + 1 if last else 1, size=size, root=root.hex(), made_at=now, day=day, note=str(note)
        )
        try:
            with stating(self.engine) as db:
                db.execute(insert(CHECKPOINTS), row.model_dump())
                public_keys.remember(db, row, [signer.key for signer in signing])
        except IntegrityError:
            return None
        return row

    def _has(self, db: Connection, day: date) -> bool:
        return db.scalar(select(func.count()).where(CHECKPOINTS.c.day == day)) != 0

    def _signers(self, last: LogCheckpoint | None) -> list[Signer]:
        """Who signs: the newest key; where it has signed nothing yet, the one before it too, once."""
        mine = list(keys.signers(self.key_file))
        if last is None:
            if not mine:
                keys.add(self.key_file, self.name)
                mine = list(keys.signers(self.key_file))
            return mine[-1:]
        try:
            signed = {key for key, _ in Note.read(last.note).signed_by([signer.key for signer in mine])}
        except NotSigned as false:
            raise LogRefused(f"上一检查点{false}") from None
        before = [signer for signer in mine if signer.key in signed]
        if not before:
            raise LogRefused(f"没有签署上一检查点的密钥（{self.key_file}）；日志由持有密钥的 worker 签署")
        return [mine[-1]] if before[-1] == mine[-1] else [before[-1], mine[-1]]


def newest(db: Connection) -> LogCheckpoint | None:
    """The checkpoint that was signed last."""
    row = db.execute(NEWEST).mappings().first()
    return LogCheckpoint(**row) if row else None


def ends_of_days(
    db: Connection, *, since: date | None = None, before: date | None = None, limit: int | None = None
) -> list[LogCheckpoint]:
    """The ends of days that were signed, the newest first: of all days, or of those from a day on and before another, as many as asked."""
    query = ENDS.order_by(CHECKPOINTS.c.day.desc()).limit(limit)
    query = query.where(CHECKPOINTS.c.day >= since) if since else query
    query = query.where(CHECKPOINTS.c.day < before) if before else query
    return [LogCheckpoint(**row) for row in db.execute(query).mappings()]


def _times(db: Connection, now: datetime, day: date | None) -> Times:
    """What a checkpoint tells of its times that is signed now, maybe at a day's end."""
    end = next(iter(ends_of_days(db, limit=1)), None)
    before = times_of(db, end) if end else None
    return Times(now, day, end.size if end else 0, before.made if before else None)


def times_of(db: Connection, row: LogCheckpoint) -> Times | None:
    """What a checkpoint tells of its times; nothing if it is of before 0.10.0. Raises `NotSigned`."""
    return Note.read(row.note).times(public_keys.known(db, checkpoint_of(row).origin))


def ends_around(db: Connection, position: int) -> tuple[LogCheckpoint | None, LogCheckpoint | None]:
    """The first end of a day that has a leaf, and the last one that does not have it; of several of one size, the newest."""
    size = CHECKPOINTS.c.size
    after = ENDS.where(size > position).order_by(size, CHECKPOINTS.c.number).limit(1)
    before = ENDS.where(size <= position).order_by(size.desc(), CHECKPOINTS.c.number.desc()).limit(1)
    first, last = (db.execute(query).mappings().first() for query in (after, before))
    return LogCheckpoint(**first) if first else None, LogCheckpoint(**last) if last else None


def checkpoint_of(row: LogCheckpoint) -> Checkpoint:
    """What a checkpoint says."""
    return Checkpoint.read(Note.read(row.note).text)


def _covered(db: Connection, kind: LeafKind, found: Iterator[Key]) -> Iterator[tuple[LeafKind, Key, str]]:
    for some in in_portions(list(found), PORTION // 5):
        stands = SOURCES[kind].stands(db, some)
        yield from ((kind, key, stands[key]) for key in some if key in stands)
