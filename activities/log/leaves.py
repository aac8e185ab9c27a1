"""What becomes a leaf of the log: the rows of the register that it covers, a kind each, and how each is known again.

A leaf says nothing: it is a digest of the row's own digest with a nonce, so nobody can guess what it stands for, and whoever has
the row and its nonce can prove it. Nothing is written for it when a row is: what is new is found afterwards (`fresh`).
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, Table, bindparam, case, exists, literal, select, tuple_

from activities.database import in_portions
from models.gateway import AuditRow
from models.log import LogLeaf
from models.register import (
    DeliveryRow,
    EntryRow,
    FilingRow,
    LetterRow,
    MaskedPaper,
    Paper,
    PublicNoticeRow,
    PublishedEdition,
    RoundEntryRow,
    RoundRow,
    UsedEdition,
)
from models.values import Named, digest

FILINGS, ENTRIES, ROUNDS, ROUND_ENTRIES, NOTICES, PAPERS, LETTERS, DELIVERIES, MASKED, USED, PUBLISHED, AUDIT, LEAVES = (
    model.metadata.tables[str(model.__tablename__)]
    for model in (
        FilingRow, EntryRow, RoundRow, RoundEntryRow, PublicNoticeRow, Paper, LetterRow, DeliveryRow, MaskedPaper,
        UsedEdition, PublishedEdition, AuditRow, LogLeaf,
    )
)  # fmt: skip

AT_ONCE = 200
"""How many rows are looked up at once."""

LOOKS_BACK = timedelta(days=1)
"""How long before the last pass what a clock or a slow transaction held back may have come about."""


class LeafKind(Named):
    """What a leaf stands for."""

    ENTRY = "entry", "登记"
    ROUND = "round", "轮次登记"
    TOLD = "told", "轮次登记的消息和公告"
    NOTICE = "notice", "公示公告"
    PAPER = "paper", "文书的类别和归属"
    DELIVERY = "delivery", "信函的送达"
    RECEIPT = "receipt", "送达回执"
    READ = "read", "阅读"
    EDITION = "edition", "版本"
    PUBLISHED = "published", "发布的版本"
    MASKED = "masked", "遮蔽"
    AUDIT = "audit", "审计记录"
    LOST = "lost", "恢复前的条目"


class Key(NamedTuple):
    """The row that a leaf stands for."""

    of: str
    number: int


def data(kind: str, nonce: str, covers: str) -> bytes:
    """What a leaf says: 32 bytes that tell nothing to whoever does not know what they were made of. A lost one is known by them alone."""
    if kind == LeafKind.LOST:
        return bytes.fromhex(covers)
    return hashlib.sha256(f"beian leaf 1\n{kind}\n{nonce}\n{covers}\n".encode()).digest()


@dataclass(frozen=True)
class Source:
    """Rows of one kind: which may be new since an instant (or of all times), and the digests of those that stand now, by their keys."""

    kind: LeafKind
    fresh: Callable[[Connection, datetime | None], Iterable[Key]]
    stands: Callable[[Connection, Collection[Key]], Mapping[Key, str]]


def not_logged(db: Connection, kind: str, keys: Iterable[Key]) -> Iterator[Key]:
    """Those that have no leaf yet."""
    for some in in_portions(list(dict.fromkeys(keys)), AT_ONCE):
        there = select(LEAVES.c.of, LEAVES.c.number).where(LEAVES.c.kind == kind, among(LEAVES, "of", "number", some))
        has = {Key(*row) for row in db.execute(there)}
        yield from (key for key in some if key not in has)


def among(table: Table, of: str, number: str, keys: Iterable[Key]) -> Any:
    """A condition: rows that are found by two columns."""
    return tuple_(table.c[of], table.c[number]).in_([tuple(key) for key in keys])


# Entries of filings and of rounds


def _entries(kind: LeafKind, heads: Table, entries: Table, of: str) -> Source:
    """Entries are numbered: whether any is new is told by the last one of each."""
    covered = exists().where(LEAVES.c.kind == kind.value, LEAVES.c.of == heads.c[of], LEAVES.c.number == heads.c.number)
    behind = select(heads.c[of]).where(~covered).order_by(heads.c[of])
    logged = (
        select(literal(1))
        .where(LEAVES.c.kind == kind.value, LEAVES.c.of == entries.c[of], LEAVES.c.number == entries.c.number)
        .exists()
    )
    new = select(entries.c[of], entries.c.number).where(entries.c[of].in_(bindparam("some", expanding=True)), ~logged)
    new = new.order_by(entries.c.entered_at, entries.c[of], entries.c.number)

    def fresh(db: Connection, since: datetime | None) -> Iterator[Key]:
        for some in in_portions(db.scalars(behind).all(), AT_ONCE):
            yield from (Key(*row) for row in db.execute(new, {"some": list(some)}))

    return Source(kind, fresh, _by_columns(entries, of, "number", lambda row: str(row["hash"]), "hash"))


def _told(db: Connection, since: datetime | None) -> Iterator[Key]:
    """Entries of rounds of which everything that follows was done."""
    logged = exists().where(
        LEAVES.c.kind == LeafKind.TOLD.value,
        LEAVES.c.of == ROUND_ENTRIES.c.round_id,
        LEAVES.c.number == ROUND_ENTRIES.c.number,
    )
    query = select(ROUND_ENTRIES.c.round_id, ROUND_ENTRIES.c.number).where(ROUND_ENTRIES.c.told.is_not(None), ~logged)
    yield from (Key(*row) for row in db.execute(query.order_by(ROUND_ENTRIES.c.round_id, ROUND_ENTRIES.c.number)))


def _by_columns(table: Table, of: str, number: str, covers: Callable[[Any], str], *needs: str) -> Any:
    """What stands of rows that are found by two columns."""

    def stands(db: Connection, keys: Collection[Key]) -> dict[Key, str]:
        columns = [table.c[of].label("_of"), table.c[number].label("_number"), *(table.c[each] for each in needs)]
        query = select(*columns).where(among(table, of, number, keys))
        return {Key(row["_of"], row["_number"]): covers(row) for row in db.execute(query).mappings()}

    return stands


# What is published of filings and of rounds


NOTICE = ("id", "filing_id", "number", "kind", "jurisdiction", "shown_from", "shown_until", "published_at", "content")
"""What a notice says, and when; all of it is public, so that anybody can prove a notice who has no entry. That of a round has the
round in its id."""


def _notices(db: Connection, since: datetime | None) -> Iterator[Key]:
    logged = exists().where(LEAVES.c.kind == LeafKind.NOTICE.value, LEAVES.c.of == NOTICES.c.id)
    query = select(NOTICES.c.id).where(~logged)
    yield from (Key(row.id, 0) for row in db.execute(query.order_by(NOTICES.c.published_at, NOTICES.c.id)))


# Papers that entries rest on


def papers_of(db: Connection, kind: LeafKind, keys: Collection[Key]) -> Iterator[Key]:
    """The papers that entries of a kind rest on: their own, and the record of receipt of what came on paper."""
    entries, of = (ENTRIES, "filing_id") if kind is LeafKind.ENTRY else (ROUND_ENTRIES, "round_id")
    came = case((entries.c.body.contains(CAME), entries.c.body))
    for row in db.execute(select(entries.c.paper, came.label("came")).where(among(entries, of, "number", keys))):
        if row.paper:
            yield Key(row.paper, 0)
        if row.came and (record := (json.loads(row.came)["event"].get("came") or {}).get("record")):
            yield Key(record, 0)


CAME = '"came":{'
"""How the body of an entry begins what it says of a receipt on paper, which is a paper of its own."""


PAPER = ("digest", "filing_id", "kind", "stored_at")
"""What of a paper is in a leaf of its own; what it says is in its digest."""


def _with_their_entry(db: Connection, since: datetime | None) -> Iterator[Key]:
    """None: `papers_of` finds them."""
    yield from ()


def _of_rows(table: Table, key: str, covers: Callable[[Any], str]) -> Any:
    """What stands of rows that are found by one column, whole."""

    def stands(db: Connection, keys: Collection[Key]) -> dict[Key, str]:
        query = select(table).where(table.c[key].in_([each.of for each in keys]))
        return {Key(row[key], 0): covers(row) for row in db.execute(query).mappings()}

    return stands


def _row(row: Any, *names: str) -> str:
    """The digest of some columns of a row."""
    return digest({name: _plain(row[name]) for name in names})


def columns(row: Any, *names: str) -> dict[str, Any]:
    """What such a digest is made of, of a row as an object."""
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value if isinstance(value, str | int | bool) or value is None else str(value)


# Letters


def micros(at: datetime) -> int:
    """An instant as a number that a row is known by: the same thing done again is another row."""
    return round(at.timestamp() * 1_000_000)


def _since(column: str) -> Callable[[Connection, datetime | None], Iterator[Key]]:
    """Letters of which something came about since an instant."""
    at = LETTERS.c[column]

    def fresh(db: Connection, since: datetime | None) -> Iterator[Key]:
        query = select(LETTERS.c.id, at).where(at.is_not(None)).order_by(at, LETTERS.c.id)
        for row in db.execute(query if since is None else query.where(at >= since)):
            yield Key(row[0], micros(row[1]))

    return fresh


def _closed(covers: Callable[[Any, list[Any]], str]) -> Any:
    """What stands of closed letters with what their channels have to show."""

    def stands(db: Connection, keys: Collection[Key]) -> dict[Key, str]:
        ids = [key.of for key in keys]
        shown: dict[str, list[Any]] = {}
        tried = select(DELIVERIES).where(DELIVERIES.c.letter.in_(ids)).order_by(DELIVERIES.c.channel)
        for row in db.execute(tried).mappings():
            shown.setdefault(row["letter"], []).append(row)
        found = db.execute(select(LETTERS).where(LETTERS.c.id.in_(ids), LETTERS.c.closed_at.is_not(None))).mappings()
        return {Key(row["id"], micros(row["closed_at"])): covers(row, shown.get(row["id"], [])) for row in found}

    return stands


LETTER = (
    *("id", "filing_id", "text", "to", "office", "messages", "title", "body", "created_at", "handed_at", "closed_at"),
    *("failed", "round_id", "about"),
)
CARRIED = ("channel", "state", "tries", "first_tried_at", "last_tried_at", "content")
SIGNED_FOR = ("channel", "address", "receipt")
"""What of a delivery identifies somebody, and goes when its time is over (gateway/remembered/retention.py)."""


def _delivered(letter: Any, shown: list[Any]) -> str:
    return digest([_row(letter, *LETTER), *(_row(each, *CARRIED) for each in shown)])


def _receipted(letter: Any, shown: list[Any]) -> str:
    return digest([letter["id"], *(_row(each, *SIGNED_FOR) for each in shown)])


def _read(db: Connection, keys: Collection[Key]) -> dict[Key, str]:
    query = select(LETTERS.c.id, LETTERS.c.read_at).where(
        LETTERS.c.id.in_([key.of for key in keys]), LETTERS.c.read_at.is_not(None)
    )
    return {Key(row["id"], micros(row["read_at"])): _row(row, "id", "read_at") for row in db.execute(query).mappings()}


# The rest


def _all(query: Select[Any]) -> Callable[[Connection, datetime | None], Iterator[Key]]:
    """Rows of which there are few: all of them."""

    def fresh(db: Connection, since: datetime | None) -> Iterator[Key]:
        yield from (Key(str(row[0]), 0) for row in db.execute(query))

    return fresh


def _editions(db: Connection, keys: Collection[Key]) -> dict[Key, str]:
    rows = db.execute(select(USED).where((USED.c.subject + "/" + USED.c.name).in_([key.of for key in keys])))
    return {
        Key(f"{row['subject']}/{row['name']}", 0): _row(row, "subject", "name", "digest", "first_used_at")
        for row in rows.mappings()
    }


AUDITED = "audit"


def _audited(db: Connection, since: datetime | None) -> Iterator[Key]:
    last = db.scalar(select(AUDIT.c.number).order_by(AUDIT.c.number.desc()).limit(1))
    if last:
        yield Key(AUDITED, last)


def _audit(db: Connection, keys: Collection[Key]) -> dict[Key, str]:
    query = select(AUDIT.c.number, AUDIT.c.hash).where(AUDIT.c.number.in_([key.number for key in keys]))
    return {Key(AUDITED, number): hash_ for number, hash_ in db.execute(query)}


SOURCES: Mapping[LeafKind, Source] = {
    each.kind: each
    for each in (
        _entries(LeafKind.ENTRY, FILINGS, ENTRIES, "filing_id"),
        _entries(LeafKind.ROUND, ROUNDS, ROUND_ENTRIES, "round_id"),
        Source(
            LeafKind.TOLD,
            _told,
            _by_columns(ROUND_ENTRIES, "round_id", "number", lambda row: str(row["told"]), "told"),
        ),
        Source(LeafKind.NOTICE, _notices, _of_rows(NOTICES, "id", lambda row: _row(row, *NOTICE))),
        Source(
            LeafKind.PAPER,
            _with_their_entry,
            _of_rows(PAPERS, "digest", lambda row: _row(row, *PAPER)),
        ),
        Source(LeafKind.DELIVERY, _since("closed_at"), _closed(_delivered)),
        Source(LeafKind.RECEIPT, _since("closed_at"), _closed(_receipted)),
        Source(LeafKind.READ, _since("read_at"), _read),
        Source(LeafKind.EDITION, _all(select(USED.c.subject + "/" + USED.c.name)), _editions),
        Source(
            LeafKind.PUBLISHED,
            _all(select(PUBLISHED.c.name)),
            _of_rows(PUBLISHED, "name", lambda row: _row(row, *PUBLISHED.c.keys())),
        ),
        Source(
            LeafKind.MASKED,
            _all(select(MASKED.c.digest)),
            _of_rows(MASKED, "digest", lambda row: _row(row, *MASKED.c.keys())),
        ),
        Source(LeafKind.AUDIT, _audited, _audit),
    )
}
"""Everything that the log covers. Messages, versions and what a round made of alliances are in the hash of their entry, and notices too."""
