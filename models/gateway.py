"""What the doors remember: who signed in and read what, drafts, uploads, and how offices share their work.

None of it is the legal record: a filing stands where it stands without these tables. Instants are stored in UTC.
"""

from datetime import date, datetime

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from models.register import instant, long_text


class PersonRow(SQLModel, table=True):
    """人员: somebody who signed in once, with the post they held then; so colleagues can be picked by name."""

    __tablename__ = "people"
    __table_args__ = (Index("ix_people_office", "office", "role"),)

    person: str = Field(primary_key=True, max_length=64)
    name: str = Field(max_length=100)
    office: str = Field(max_length=40)
    role: str = Field(max_length=20)
    seen_at: datetime = instant()


class PersonNameRow(SQLModel, table=True):
    """曾用显示姓名: what somebody was called since when, so that a record of then is shown with the name of then."""

    __tablename__ = "person_names"

    person: str = Field(primary_key=True, max_length=64)
    since: datetime = instant(primary_key=True)
    name: str = Field(max_length=100)


class SessionRow(SQLModel, table=True):
    """会话: a browser that somebody signed in with. `id` is the digest of what its cookie says."""

    __tablename__ = "sessions"

    id: str = Field(primary_key=True, max_length=64)
    person: str = Field(max_length=64)
    name: str = Field(max_length=100)
    office: str = Field(max_length=40)
    role: str = Field(max_length=20)
    csrf: str = Field(max_length=64)
    started_at: datetime = instant()
    expires_at: datetime = instant(index=True)
    head: bool | None = None


class SubscriptionRow(SQLModel, table=True):
    """日历订阅: an address by which a calendar program reads somebody's deadlines. `id` is the digest of the secret in it."""

    __tablename__ = "subscriptions"

    id: str = Field(primary_key=True, max_length=64)
    person: str = Field(max_length=64, index=True)
    office: str = Field(max_length=40)
    role: str = Field(max_length=20)
    started_at: datetime = instant()
    used_at: datetime | None = instant(default=None)


class SpentRow(SQLModel, table=True):
    """已用: what was good for once and was used, by its digest, for as long as somebody could bring it again."""

    __tablename__ = "spent"

    key: str = Field(primary_key=True, max_length=64)
    at: datetime = instant(index=True)


class AuditRow(SQLModel, table=True):
    """审计记录: who read personal data, signed in, or was refused, each line with the hash of the one before."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_at", "at"),
        Index("ix_audit_office", "office", "number"),
        Index("ix_audit_kind", "kind", "number"),
    )

    number: int = Field(primary_key=True)
    at: datetime = instant()
    person: str = Field(max_length=64, index=True)
    office: str = Field(max_length=40)
    role: str = Field(max_length=20)
    client: str = Field(max_length=45)
    kind: str = Field(max_length=40)
    filing_id: str | None = Field(default=None, max_length=64, index=True)
    object: str = Field(max_length=100)
    success: bool
    hash: str = Field(max_length=64)


class DraftRow(SQLModel, table=True):
    """草稿: an application that a leader has not submitted yet; no workflow knows of it."""

    __tablename__ = "drafts"

    id: str = Field(primary_key=True, max_length=64)
    leader: str = Field(max_length=18, index=True)
    person: str = Field(max_length=64)
    title: str = Field(max_length=200)
    body: str = long_text()
    created_at: datetime = instant()
    updated_at: datetime = instant(index=True)


class UploadRow(SQLModel, table=True):
    """上传的材料: a file in the store, under its SHA-256, and whose it is."""

    __tablename__ = "uploads"

    sha256: str = Field(primary_key=True, max_length=64)
    owner: str = Field(primary_key=True, max_length=40)
    name: str = Field(max_length=200)
    media_type: str = Field(max_length=100)
    size: int
    stored_at: datetime = instant()


class StoredRow(SQLModel, table=True):
    """额度: how many bytes were stored in a day for a person, an office or a filing (gateway/remembered/quotas.py)."""

    __tablename__ = "stored"

    day: date = Field(primary_key=True)
    whose: str = Field(primary_key=True, max_length=100)
    size: int = Field(sa_type=BigInteger)


class CountedRow(SQLModel, table=True):
    """合计: how often somebody asked at one gateway lately, for the others to count along (gateway/together.py)."""

    __tablename__ = "counted"

    gateway: str = Field(primary_key=True, max_length=32)
    counts: str = long_text()
    written_at: datetime = instant(index=True)


class SavedFilterRow(SQLModel, table=True):
    """常用筛选: a list that somebody looks at often, by the query that makes it."""

    __tablename__ = "saved_filters"
    __table_args__ = (Index("ix_saved_filters_person", "person", "name", unique=True),)

    id: int | None = Field(default=None, primary_key=True)
    person: str = Field(max_length=64)
    name: str = Field(max_length=60)
    query: str = long_text()


class HandlingRow(SQLModel, table=True):
    """经办记录: 转办, 委派, 催办, 抄送 among people and offices. It reaches inboxes and touches no legal state."""

    __tablename__ = "handlings"
    __table_args__ = (Index("ix_handlings_to", "to_office", "to_person", "ended_at"),)

    id: int | None = Field(default=None, primary_key=True)
    filing_id: str = Field(max_length=64, foreign_key="filings.filing_id", index=True)
    kind: str = Field(max_length=20)
    by_person: str = Field(max_length=64)
    by_office: str = Field(max_length=40)
    to_person: str | None = Field(default=None, max_length=64)
    to_office: str = Field(max_length=40)
    note: str = long_text()
    at: datetime = instant()
    ended_at: datetime | None = instant(default=None)
    ended_by: str | None = Field(default=None, max_length=64)


class AbsenceRow(SQLModel, table=True):
    """委托代办: who is away from which day to which, and which colleague of the same post does their work meanwhile."""

    __tablename__ = "absences"
    __table_args__ = (Index("ix_absences_post", "post", "last"),)

    id: int | None = Field(default=None, primary_key=True)
    post: str = Field(max_length=60)
    person: str = Field(max_length=64)
    deputy: str = Field(max_length=64)
    first: date
    last: date
    set_by: str = Field(max_length=64)
    set_at: datetime = instant()
    ended_at: datetime | None = instant(default=None)
    ended_by: str | None = Field(default=None, max_length=64)


class PhraseRow(SQLModel, table=True):
    """常用语: a sentence that an office often writes, and for what; one that is changed is ended, and a new one put."""

    __tablename__ = "phrases"
    __table_args__ = (Index("ix_phrases_post", "post", "ended_at"),)

    id: int | None = Field(default=None, primary_key=True)
    post: str = Field(max_length=60)
    purpose: str = Field(max_length=20)
    text: str = long_text()
    by_person: str = Field(max_length=64)
    at: datetime = instant()
    ended_at: datetime | None = instant(default=None)
    ended_by: str | None = Field(default=None, max_length=64)
