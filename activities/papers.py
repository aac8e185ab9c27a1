"""Papers (文书), each kept once under the digest of its text; and the files that they refer to."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import or_
from sqlmodel import Session, col, select

from activities.attachments import LOCATION, Reference, references
from models.gateway import UploadRow
from models.register import EntryRow, Paper
from models.values import canonical, digest
from regulation import identity


class PaperMissing(Exception):
    """文书未存入备案库: the act names a paper that the register does not have."""


def store(session: Session, filing_id: str, kind: str, paper: Mapping[str, Any], now: datetime) -> str:
    """Store a paper under its digest; the same paper twice is one."""
    body = canonical(paper)
    key = hashlib.sha256(body.encode()).hexdigest()
    if session.get(Paper, key) is None:
        session.add(Paper(digest=key, filing_id=filing_id, kind=kind, body=body, stored_at=now))
    return key


def is_stored(session: Session, key: str) -> bool:
    """Whether a paper is stored."""
    return session.exec(select(Paper.digest).where(Paper.digest == key)).first() is not None


def content(session: Session, key: str) -> dict[str, Any]:
    """What a paper says, by its digest."""
    row = session.get(Paper, key)
    if row is None:
        raise PaperMissing(key)
    return identity.content_of(json.loads(row.body))


def substance(session: Session, key: str) -> str:
    """Digest of what a stored paper says: the same for two papers that say the same."""
    return digest(content(session, key))


def attached(session: Session, filing_id: str) -> list[Reference]:
    """The files that the papers of a filing refer to."""
    based_on = select(EntryRow.paper).where(EntryRow.filing_id == filing_id, col(EntryRow.paper).is_not(None))
    own = or_(col(Paper.filing_id) == filing_id, col(Paper.digest).in_(based_on))
    return references(session.exec(_REFERRING.where(own).order_by(col(Paper.digest))))


def all_attached(session: Session) -> list[Reference]:
    """The files that any paper refers to, and whatever else was brought."""
    brought = session.exec(select(UploadRow.sha256, UploadRow.name).order_by(col(UploadRow.sha256)))
    found = {sha256: Reference(sha256=sha256, name=name) for sha256, name in brought}
    found |= {each.sha256: each for each in references(session.exec(_REFERRING))}
    return list(found.values())


_REFERRING = select(Paper.body).where(col(Paper.body).contains(f'"{LOCATION}'))
