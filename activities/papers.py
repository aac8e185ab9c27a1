"""Papers (文书), each kept once under the digest of its text; and the files that they refer to."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select

from activities.attachments import LOCATION, Reference, references
from activities.database import in_parts, unless_there
from activities.rows import Row
from models.gateway import AuditRow, UploadRow
from models.register import EntryRow, MaskedPaper, Paper
from models.values import canonical, digest, in_shanghai
from regulation import identity

PAPERS, ENTRIES, UPLOADS, MASKED, AUDIT = (
    model.metadata.tables[model.__tablename__] for model in (Paper, EntryRow, UploadRow, MaskedPaper, AuditRow)
)
STORES = unless_there(PAPERS)
BODY, STORED = (
    select(column).where(PAPERS.c.digest == bindparam("key")) for column in (PAPERS.c.body, PAPERS.c.digest)
)
OF_MANY = select(PAPERS.c.digest, PAPERS.c.body).where(PAPERS.c.digest.in_(bindparam("some", expanding=True)))
ON_RECORD = "masked"
"""How the audit calls a line that tells what was masked."""

REFERRING = select(PAPERS.c.body).where(PAPERS.c.body.contains(f'"{LOCATION}'))


class PaperMissing(Exception):
    """文书未存入备案库: the act names a paper that the register does not have."""


def store(db: Connection, filing_id: str, kind: str, paper: Mapping[str, Any], now: datetime) -> str:
    """Store a paper under its digest; the same paper twice is one."""
    row = row_of(filing_id, kind, paper, now)
    db.execute(STORES[db.dialect.name], row)
    return str(row["digest"])


def store_all(db: Connection, brought: Sequence[Row]) -> None:
    """Store papers, each the row that `row_of` makes of it."""
    if brought:
        db.execute(STORES[db.dialect.name], brought)


def row_of(filing_id: str, kind: str, paper: Mapping[str, Any], now: datetime) -> Row:
    """A paper as it is stored."""
    body = canonical(paper)
    key = hashlib.sha256(body.encode()).hexdigest()
    return {"digest": key, "filing_id": filing_id, "kind": kind, "body": body, "stored_at": now}


def is_stored(db: Connection, key: str) -> bool:
    """Whether a paper is stored."""
    return db.execute(STORED, {"key": key}).first() is not None


def contents(db: Connection, keys: Collection[str]) -> dict[str, dict[str, Any]]:
    """What many papers say, by their digests."""
    found: dict[str, dict[str, Any]] = {}
    for some in in_parts(keys):
        found |= {row.digest: read(row.body) for row in db.execute(OF_MANY, {"some": some})}
    if missing := set(keys) - found.keys():
        raise PaperMissing(*sorted(missing)[:1])
    return found


def content(db: Connection, key: str) -> dict[str, Any]:
    """What a paper says, by its digest."""
    body = db.execute(BODY, {"key": key}).scalar()
    if body is None:
        raise PaperMissing(key)
    return read(body)


def read(body: str) -> dict[str, Any]:
    """What the text of a paper says."""
    return identity.content_of(json.loads(body))


def fault(db: Connection, key: str) -> str | None:
    """What is wrong with a paper, in words: it is gone, or not what it was. One that was masked is what it was, so far as its
    time was not over: the audit has on record which text took its place."""
    body = db.execute(BODY, {"key": key}).scalar()
    if body is None:
        return "缺失"
    stands = hashlib.sha256(body.encode()).hexdigest()
    if stands == key:
        return None
    masked = db.execute(select(MASKED).where(MASKED.c.digest == key)).first()
    return None if masked and masked.stands == stands and _is_on_record(db, masked) else "已被改动"


def masked(db: Connection, filing_id: str | None = None) -> list[dict[str, Any]]:
    """What was masked of a filing's papers, or of all: which fields, when, by which number of the terms."""
    every = select(MASKED).order_by(MASKED.c.filing_id, MASKED.c.digest)
    found = db.execute(every if filing_id is None else every.where(MASKED.c.filing_id == filing_id)).mappings()
    return [{**row, "fields": json.loads(row["fields"]), "masked_at": in_shanghai(row["masked_at"])} for row in found]


def report_of(rows: Iterable[Any]) -> str:
    """The digest of everything that was masked at once."""
    return digest([[row[name] for name in ("digest", "stands", "filing_id", "fields", "whose")] for row in rows])


def _is_on_record(db: Connection, masked: Any) -> bool:
    """Whether the audit tells of a masking, with all that was masked with it; or is itself past its time by now."""
    together = select(MASKED).where(MASKED.c.report == masked.report).order_by(MASKED.c.digest)
    if report_of(db.execute(together).mappings().all()) != masked.report:
        return False
    line = select(AUDIT.c.number).where(AUDIT.c.filing_id == masked.filing_id, AUDIT.c.kind == ON_RECORD)
    if db.execute(line.where(AUDIT.c.object == masked.report)).first():
        return True
    oldest = db.execute(select(AUDIT.c.number, AUDIT.c.at).order_by(AUDIT.c.number).limit(1)).first()
    return oldest is not None and oldest.number > 1 and bool(oldest.at > masked.masked_at)


def attached(db: Connection, filing_id: str) -> list[Reference]:
    """The files that the papers of a filing refer to."""
    based_on = select(ENTRIES.c.paper).where(ENTRIES.c.filing_id == filing_id, ENTRIES.c.paper.is_not(None))
    own = or_(PAPERS.c.filing_id == filing_id, PAPERS.c.digest.in_(based_on))
    return references(db.scalars(REFERRING.where(own).order_by(PAPERS.c.digest)))


def all_attached(db: Connection) -> list[Reference]:
    """The files that any paper refers to, and whatever else was brought."""
    brought = db.execute(select(UPLOADS.c.sha256, UPLOADS.c.name).order_by(UPLOADS.c.sha256))
    found = {sha256: Reference(sha256=sha256, name=name) for sha256, name in brought}
    found |= {each.sha256: each for each in references(db.scalars(REFERRING))}
    return list(found.values())
