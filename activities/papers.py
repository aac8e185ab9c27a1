"""Papers (文书), each kept once under the digest of its text; and the files that they refer to."""

import hashlib
import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select

from activities.attachments import LOCATION, Reference, references
from activities.database import in_parts, unless_there
from models.gateway import UploadRow
from models.register import EntryRow, Paper
from models.values import canonical
from regulation import identity

PAPERS, ENTRIES, UPLOADS = (model.metadata.tables[model.__tablename__] for model in (Paper, EntryRow, UploadRow))
STORES = unless_there(PAPERS)
BODY, STORED = (
    select(column).where(PAPERS.c.digest == bindparam("key")) for column in (PAPERS.c.body, PAPERS.c.digest)
)
OF_MANY = select(PAPERS.c.digest, PAPERS.c.body).where(PAPERS.c.digest.in_(bindparam("some", expanding=True)))
REFERRING = select(PAPERS.c.body).where(PAPERS.c.body.contains(f'"{LOCATION}'))


class PaperMissing(Exception):
    """文书未存入备案库: the act names a paper that the register does not have."""


def store(db: Connection, filing_id: str, kind: str, paper: Mapping[str, Any], now: datetime) -> str:
    """Store a paper under its digest; the same paper twice is one."""
    body = canonical(paper)
    key = hashlib.sha256(body.encode()).hexdigest()
    row = {"digest": key, "filing_id": filing_id, "kind": kind, "body": body, "stored_at": now}
    db.execute(STORES[db.dialect.name], row)
    return key


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
