"""Drafts (草稿): applications, corrections of returned ones, and other long papers that a leader has not submitted yet.

They are no legal record: no workflow knows of them, and they are gone some time after their last change.
"""

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, delete
from sqlmodel import Session, col, select

from activities.database import alone, reading, writing
from gateway.identity import Identity
from gateway.problem import refuse
from gateway.remembered.uploads import Uploads
from models.filing import Filing
from models.gateway import DraftRow
from models.values import canonical, day_of, digest, storable
from models.vocabulary import Severity
from regulation import retention
from regulation.reading import finding


def kept(now: datetime) -> timedelta:
    """How long a draft is kept after its last change."""
    return retention.days("retention.draft_days", now)


LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Base 32 without letters that read like others."""

CORRECTION, PAPER, REVIEW = "c-", "p-", "r-"
"""How the ids of corrections begin, those of other long papers, and those of half-done reviews (reviews.py); an application's
draft has the id that its filing will have."""

MOST = 50
"""Drafts of applications that a leader has at once: more than twice as many as may be under way, and as many as a page shows at a glance."""

DIGEST = re.compile(r"\b[0-9a-f]{64}\b")


class NoSuchDraft(LookupError):
    """没有这份草稿"""


class Overtaken(Exception):
    """草稿已在别处另行保存"""


@dataclass(frozen=True)
class Drafts:
    """The drafts behind one database, and the store with their files."""

    engine: Engine
    uploads: Uploads

    def begin(self, who: Identity, body: Mapping[str, Any], now: datetime, layout: str = "") -> str:
        """A new draft of an application; its id, which will be its filing's number. `Refused` if its leader has too many."""
        if len(self.of(who.office, now)) >= MOST:
            refuse(
                [
                    finding(
                        "A-28",
                        "",
                        Severity.ERROR,
                        f"本单位已有{MOST}份未提交的草稿；请先删除不再使用的，再开始新的申请",
                    )
                ]
            )
        key = f"LN-{day_of(now):%Y%m%d}-{''.join(secrets.choice(LETTERS) for _ in range(6))}"
        self.save(key, who, body, now, layout=layout)
        return key

    def find(self, key: str, leader: str, now: datetime) -> DraftRow | None:
        """A draft of a leader; None if there is none, or it is another's."""
        with reading(self.engine) as session:
            row = _row(session, key, leader)
        return row if row and row.updated_at > now - kept(now) else None

    def of(self, leader: str, now: datetime) -> list[DraftRow]:
        """A leader's drafts of applications, the last changed first. Whatever is past its time goes."""
        self.forget(now)
        others = (col(DraftRow.id).not_like(f"{prefix}%") for prefix in (CORRECTION, PAPER, REVIEW))
        query = select(DraftRow).where(DraftRow.leader == leader, *others)
        with reading(self.engine) as session:
            return list(session.exec(query.order_by(col(DraftRow.updated_at).desc())))

    def save(
        self, key: str, who: Identity, body: Mapping[str, Any], now: datetime, seen: str = "", layout: str = ""
    ) -> str:
        """Save a draft over the version that was seen, or as a new one if none was; the version that it is now. How it is to be
        shown stays as it was unless a `layout` is told.

        Files that it no longer names may go. Raises `Overtaken` if somebody saved something else since, and `NoSuchDraft` if it is gone or never was this leader's;
        `Refused` if today's quota does not allow it.
        """
        self.forget(now)
        if refused := self._beyond(key, who, body, now):
            refuse([finding("A-28", "", Severity.ERROR, refused)])
        with writing(self.engine) as session:
            alone(session, "draft", key)
            row = _row(session, key, who.office)
            if row is None and not seen:
                row = _begun(session, key, who.office, now)
            elif row is None:
                raise NoSuchDraft(key)
            elif version_of(row) != seen and canonical(body_of(row)) != canonical(body):
                raise Overtaken(key)
            before, layout = files_of(row), layout or layout_of(row)
            row.person, row.updated_at = who.person, now
            row.title = storable(str(body.get("alliance_name") or ""))[:200]
            row.body = canonical({**body, LAYOUT: layout} if layout else body)
            session.add(row)
        self.uploads.release(before - files_of(row), now)
        return version_of(row)

    def save_or_begin(self, key: str, who: Identity, body: Mapping[str, Any], now: datetime, seen: str) -> str:
        """The same, of a paper that may be written again: one that was sent or forgotten since it was seen begins anew, as there
        is nothing to be overwritten."""
        try:
            return self.save(key, who, body, now, seen)
        except NoSuchDraft:
            return self.save(key, who, body, now)

    def submitted(self, key: str, leader: str) -> None:
        """A draft was submitted: its paper is in the register, with the files that it names."""
        self._delete(key, leader)

    def discard(self, key: str, leader: str, now: datetime) -> None:
        """A draft is no longer wanted, and neither are its files."""
        if row := self._delete(key, leader):
            self.uploads.release(files_of(row), now)

    def _delete(self, key: str, leader: str) -> DraftRow | None:
        with writing(self.engine) as session:
            alone(session, "draft", key)
            row = _row(session, key, leader)
            if row:
                session.delete(row)
            return row

    def _beyond(self, key: str, who: Identity, body: Mapping[str, Any], now: datetime) -> str | None:
        """Why a draft may not grow by so much today, in words."""
        if self.uploads.quotas is None:
            return None
        with reading(self.engine) as session:
            row = _row(session, key, who.office)
        growth = len(canonical(body).encode()) - (len(row.body.encode()) if row else 0)
        return self.uploads.quotas.take(growth, now, person=who.person, office=who.office)

    def forget(self, now: datetime) -> int:
        """Delete every draft that was not changed for too long, and what was handed in with it; how many there were."""
        old = self.past(now)
        if not old:
            return 0
        with writing(self.engine) as session:
            session.connection().execute(delete(DraftRow).where(col(DraftRow.updated_at) <= now - kept(now)))
        for row in old:
            self.uploads.release(files_of(row), now)
        return len(old)

    def past(self, now: datetime) -> Sequence[DraftRow]:
        """Every draft that was not changed for too long."""
        with reading(self.engine) as session:
            return session.exec(select(DraftRow).where(col(DraftRow.updated_at) <= now - kept(now))).all()


def _row(session: Session, key: str, office: str) -> DraftRow | None:
    """An office's own draft under an id. A filing passes to another leader, a place to another body: what each began about the same
    thing is its own."""
    rows = (session.get(DraftRow, each) for each in (key, _beside(key, office)))
    return next((row for row in rows if row and row.leader == office), None)


def _begun(session: Session, key: str, office: str, now: datetime) -> DraftRow:
    """A new draft of an office under an id: beside another's, if another has begun about the same thing."""
    if session.get(DraftRow, key):
        if of_an_application(key):
            raise NoSuchDraft(key)
        key = _beside(key, office)
    return DraftRow(id=key, leader=office, person="", title="", body="", created_at=now, updated_at=now)


def _beside(key: str, office: str) -> str:
    return f"{key[:2]}{digest([key, office])[:32]}"


def version_of(row: DraftRow) -> str:
    """Which version of a draft somebody saw: when it was last saved."""
    return row.updated_at.astimezone(UTC).isoformat()


def correction_of(filing: Filing) -> str:
    """The id of the draft in which a returned version of an application is corrected."""
    return f"{CORRECTION}{digest([filing.id, filing.version])[:32]}"


def of_an_application(key: str) -> bool:
    """Whether an id is that of an application's draft, which is the number of its filing."""
    return not key.startswith((CORRECTION, PAPER, REVIEW))


def paper_about(*about: str) -> str:
    """The id of the draft of a long paper about something: a return in a survey, about a round and a filing."""
    return f"{PAPER}{digest(list(about))[:32]}"


LAYOUT = "layout"
"""Beside what was filled in, a draft remembers how its writer wants to see it; no form has a field of this name."""


def body_of(row: DraftRow) -> dict[str, Any]:
    """What was filled in."""
    body: dict[str, Any] = json.loads(row.body or "{}")
    body.pop(LAYOUT, None)
    return body


def layout_of(row: DraftRow) -> str:
    """How its writer wants to see it; empty if that was never said."""
    return str(json.loads(row.body or "{}").get(LAYOUT, ""))


def files_of(row: DraftRow) -> set[str]:
    """The digests that a draft mentions."""
    return set(DIGEST.findall(row.body))
