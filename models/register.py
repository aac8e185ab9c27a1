"""The register's tables (备案库): the legal record. Entries are only ever added; every other table can be told from them.

Instants are stored in UTC. JSON is stored as text, exactly as it was hashed.
"""

from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import DateTime, Dialect, Index, Text, TypeDecorator, UniqueConstraint, text
from sqlmodel import Field, SQLModel


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant; databases without time zones hold it in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """As it is stored: in UTC."""
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """As it is read: aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def bind_processor(self, dialect: Dialect) -> Any:
        """SQLite has instants as texts: of the few that an entry's rows name again and again each is written once."""
        return _as_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: Any) -> Any:
        """And is read once."""
        return _of_text if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


@lru_cache(10_000)
def _as_text(value: datetime | None) -> str | None:
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds") if value else None


@lru_cache(10_000)
def _of_text(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None


def instant(**options: Any) -> Any:
    """A column for an instant."""
    return Field(sa_type=UtcDateTime, **options)


def long_text(**options: Any) -> Any:
    """A column for a text of any length."""
    return Field(sa_type=Text, **options)


def some(name: str, *columns: str, where: str) -> Index:
    """An index of few rows of many."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


def of_round(table: str) -> Index:
    """The index of what rounds caused, few of many."""
    return some(f"ix_{table}_round", "round_id", "number", where="round_id IS NOT NULL")


class Paper(SQLModel, table=True):
    """文书: what was submitted, immutable, addressed by its digest. Written by a door before the act is sent.

    `filing_id` is whose it is: a filing, or a round.
    """

    __tablename__ = "papers"

    digest: str = Field(primary_key=True, max_length=64)
    filing_id: str = Field(index=True, max_length=64)
    kind: str = Field(max_length=40)
    body: str = long_text()
    stored_at: datetime = instant()


class MaskedPaper(SQLModel, table=True):
    """遮蔽: a paper of which some fields were masked when their time was over (regulation/retention.py).

    `stands` is the digest of the text that is there since, `fields` the pointers of what is gone, `whose` which number of the
    terms said so. `report` is the digest of everything that was masked of a filing at once; the audit has it on record.
    """

    __tablename__ = "masked_papers"
    __table_args__ = (Index("ix_masked_papers_report", "report"),)

    digest: str = Field(primary_key=True, max_length=64)
    stands: str = Field(max_length=64)
    filing_id: str = Field(max_length=64)
    fields: str = long_text()
    whose: str = Field(max_length=40)
    masked_at: datetime = instant()
    report: str = Field(max_length=64)


class ArrivalRow(SQLModel, table=True):
    """首次收到: what a door has received under an id, and when first; gone when it is entered or refused.

    `asked` is the digest of what was asked (regulation/identity.py), `nonce` goes into its paper: so a retry is the same act,
    stamped as of its first receipt, and other content under the id is seen before anything is tried.
    """

    __tablename__ = "arrivals"

    filing_id: str = Field(primary_key=True, max_length=64)
    act_id: str = Field(primary_key=True, max_length=64)
    asked: str = Field(max_length=64)
    nonce: str = Field(max_length=32)
    received_at: datetime = instant()
    stored_at: datetime = instant(index=True)


class FilingRow(SQLModel, table=True):
    """备案: where each filing stands. `value` is the filing after its last entry, `public` what may be shown of it.

    `id_key` is the id in one case: no two new filings have the same.
    `name_key` is by what names are compared (`models.names.key`), `claimed_key` that of the alliance's name after a change under
    review: it is taken from when the change was reported on.

    `listed_at` is by what lists are ordered: until when what is overdue longest should have been done, or else the nearest
    deadline; where no day is waited for, one that never comes (`rows.NEVER`). `due_at` says the same of the office alone that
    the filing waits for, `iit_due_at` of the 工信 department, where that is awaited. `overdue` is every duty that an office is
    late with (`regulation.overdue.Late`), `unsettled` the entries of which something did not reach the leader; neither is
    there where there is nothing to tell.

    `named` is what the alliance is named (`rows.NAMED`, with spaces between; A-46, A-49). `evaluated_for` is the newest year that
    it was evaluated for, `evaluated` the result as evaluated last (A-44, B-20), of which the filing itself says nothing.
    """

    __tablename__ = "filings"
    __table_args__ = (
        Index("ix_filings_agenda", "next_deadline", "filing_id"),
        Index("ix_filings_place", "jurisdiction", "next_deadline", "filing_id"),
        Index("ix_filings_entered", "updated_at", "number"),
        Index("ix_filings_listed", "listed_at", "filing_id"),
        Index("ix_filings_listed_place", "jurisdiction", "listed_at", "filing_id"),
        Index("ix_filings_submitted", "submitted_at", "filing_id"),
        Index("ix_filings_submitted_place", "jurisdiction", "submitted_at", "filing_id"),
        Index("ix_filings_called", "alliance_name", "filing_id"),
        Index("ix_filings_called_place", "jurisdiction", "alliance_name", "filing_id"),
        Index("ix_filings_zone", "zone", "listed_at", "filing_id"),
        Index("ix_filings_stage", "stage", "listed_at", "filing_id"),
        Index("ix_filings_awaited", "waiting_for", "listed_at", "filing_id"),
        Index("ix_filings_inbox", "waiting_for", "due_at", "submitted_at", "filing_id", "calendar", "jurisdiction"),
        some(
            "ix_filings_iit",
            "jurisdiction",
            "iit_due_at",
            "submitted_at",
            "filing_id",
            "calendar",
            where="iit_due_at IS NOT NULL",
        ),
        Index("ix_filings_picture", "jurisdiction", "stage", "kind"),
        some("ix_filings_overdue", "waiting_for", "filing_id", where="overdue IS NOT NULL"),
        some("ix_filings_named", "listed_at", "filing_id", where="named IS NOT NULL"),
        some("ix_filings_unsettled", "jurisdiction", "zone", "filing_id", where="unsettled IS NOT NULL"),
        Index(
            "ix_filings_public",
            "archive_number",
            "alliance_name",
            "leader_name",
            "jurisdiction",
            "kind",
            "technical_field",
            "archived_on",
            "stage",
            "named",
        ),
    )

    filing_id: str = Field(primary_key=True, max_length=64)
    number: int
    head: str = Field(max_length=64)
    kind: str = Field(max_length=1)
    stage: str = Field(max_length=30)
    open: bool
    jurisdiction: str = Field(max_length=6)
    zone: str | None = Field(default=None, max_length=40)
    leader: str = Field(max_length=18, index=True)
    alliance_name: str = Field(max_length=200, index=True)
    leader_name: str = Field(max_length=200)
    technical_field: str = Field(max_length=200)
    archive_number: str | None = Field(default=None, max_length=30, unique=True)
    archived_on: date | None = None
    waiting_for: str | None = Field(default=None, max_length=40)
    report_year: int | None = None
    next_deadline: datetime | None = instant(default=None)
    next_lapse: str | None = Field(default=None, max_length=30)
    missed_years: int
    open_objections: int
    on_hold: bool
    provisional: bool
    terms: str = Field(max_length=40)
    calendar: str = Field(max_length=40)
    first_paper: str = Field(max_length=64)
    public: str = long_text()
    value: str = long_text()
    updated_at: datetime = instant()
    awaits_iit: bool = False
    name_key: str | None = Field(default=None, max_length=64, index=True)
    id_key: str | None = Field(default=None, max_length=64, index=True)
    claimed_key: str | None = Field(default=None, max_length=64, index=True)
    listed_at: datetime = instant()
    due_at: datetime = instant()
    iit_due_at: datetime | None = instant(default=None)
    overdue: str | None = long_text(default=None)
    unsettled: str | None = long_text(default=None)
    submitted_at: datetime = instant()
    named: str | None = Field(default=None, max_length=40)
    evaluated_for: int | None = None
    evaluated: str | None = Field(default=None, max_length=20)


class SearchText(SQLModel, table=True):
    """检索文字: what a filing is found by (activities/search_texts.py): its public names, number, field and place, and initials of pinyin."""

    __tablename__ = "search_texts"

    filing_id: str = Field(primary_key=True, max_length=64, foreign_key="filings.filing_id")
    text: str = long_text()


class FollowedRow(SQLModel, table=True):
    """Up to which entry the engine is known to follow a filing, in which run, and for which instant its timer was armed then.

    Where the filing is further, or another run has taken over, or its agenda says another instant, it has to be asked. A
    memory aid of the sentinel: without it every filing is asked once more.
    """

    __tablename__ = "followed"

    filing_id: str = Field(primary_key=True, max_length=64, foreign_key="filings.filing_id")
    number: int
    run_id: str | None = Field(default=None, max_length=36)
    armed_for: datetime | None = instant(default=None)


class DriftRow(SQLModel, table=True):
    """不一致: where the last pass of the sentinel found that engine and register differ; of which filing or round.

    `told`: operators were written to, or it was mended and nobody needs to be.
    """

    __tablename__ = "drift"

    key: str = Field(primary_key=True, max_length=64)
    kind: str = Field(max_length=20)
    what: str = long_text()
    mended: bool
    found_at: datetime = instant()
    told: bool


class PassRow(SQLModel, table=True):
    """巡查: the last pass of the sentinel over what a task queue works on; `body` is the whole of it (`models.drift.Pass`)."""

    __tablename__ = "passes"

    queue: str = Field(primary_key=True, max_length=200)
    at: datetime = instant()
    body: str = long_text()


class SeenUp(SQLModel, table=True):
    """可用时段: from when until when a watcher saw a part of the service up without a break. Whatever lies between such spans is an outage."""

    __tablename__ = "seen_up"

    part: str = Field(primary_key=True, max_length=20)
    watcher: str = Field(primary_key=True, max_length=64)
    since: datetime = instant(primary_key=True)
    until: datetime = instant(index=True)


class VersionRow(SQLModel, table=True):
    """申请版本 V1, V2…: each submission with everything that was found on it."""

    __tablename__ = "versions"

    filing_id: str = Field(primary_key=True, max_length=64, foreign_key="filings.filing_id")
    version: int = Field(primary_key=True)
    paper: str = Field(max_length=64, foreign_key="papers.digest")
    received_at: datetime = instant()
    findings: str = long_text()


class EntryRow(SQLModel, table=True):
    """登记: one event as written down. `body` is what is hashed; the other columns repeat parts of it for queries."""

    __tablename__ = "entries"
    __table_args__ = (UniqueConstraint("filing_id", "act_id", name="uq_entries_act"),)

    filing_id: str = Field(primary_key=True, max_length=64, foreign_key="filings.filing_id")
    number: int = Field(primary_key=True)
    at: datetime = instant()
    entered_at: datetime = instant()
    kind: str = Field(max_length=40, index=True)
    act_id: str | None = Field(default=None, max_length=64)
    stage: str = Field(max_length=30)
    refused: str | None = long_text(default=None)
    paper: str | None = Field(default=None, max_length=64, foreign_key="papers.digest")
    body: str = long_text()
    effects: str = Field(max_length=64)
    hash: str = Field(max_length=64)


class MessageRow(SQLModel, table=True):
    """消息: one text to one addressee, written with the entry that causes it. The row is the addressee's inbox.

    What an entry of a round tells is of no filing: `round_id` names the round, whose entry the number is, and `about` the filing
    that it is about, if it is about one.
    """

    __tablename__ = "messages"
    __table_args__ = (Index("ix_messages_inbox", "office", "created_at"), of_round("messages"))

    id: str = Field(primary_key=True, max_length=100)
    filing_id: str | None = Field(default=None, max_length=64, foreign_key="filings.filing_id", index=True)
    number: int
    text: str = Field(max_length=60)
    to: str = Field(max_length=20)
    office: str = Field(max_length=40)
    service: bool
    title: str = long_text()
    body: str = long_text()
    created_at: datetime = instant()
    round_id: str | None = Field(default=None, max_length=40)
    about: str | None = Field(default=None, max_length=64)


OPEN = text("closed_at IS NULL")
"""Of the letters, those that are still to be delivered: few of many."""


class LetterRow(SQLModel, table=True):
    """信函: what leaves as one. Most are one message and have its id; reminders of a day leave together, and so does a digest.

    A letter is closed when every channel is done with it; `failed` says that one gave up. Until then it is to be taken from
    `due_at` on (activities/letter_queue.py); `handed_at` says when that was first done. What is compiled of several messages
    keeps its title and body here, so that every try says the same.
    """

    __tablename__ = "letters"
    __table_args__ = (
        Index("ix_letters_due", "due_at", "id", sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_letters_failed", "failed", "office", "closed_at"),
        Index("ix_letters_unread", "office", "read_at", "created_at"),
        some("ix_letters_closed_at", "closed_at", where="closed_at IS NOT NULL"),
        some("ix_letters_read_at", "read_at", where="read_at IS NOT NULL"),
    )

    id: str = Field(primary_key=True, max_length=100)
    filing_id: str | None = Field(default=None, max_length=64, index=True)
    text: str = Field(max_length=60)
    to: str = Field(max_length=20)
    office: str = Field(max_length=40)
    messages: str = long_text()
    title: str | None = long_text(default=None)
    body: str | None = long_text(default=None)
    created_at: datetime = instant()
    handed_at: datetime | None = instant(default=None)
    closed_at: datetime | None = instant(default=None)
    failed: bool = False
    read_at: datetime | None = instant(default=None)
    due_at: datetime = instant()
    round_id: str | None = Field(default=None, max_length=40)
    about: str | None = Field(default=None, max_length=64)


class DeliveryRow(SQLModel, table=True):
    """投递: what one channel has to show for one letter: how often it tried, when it arrived or why it never will.

    `address` is masked, `content` the digest of what was sent, `receipt` the other side's own words.
    """

    __tablename__ = "deliveries"

    letter: str = Field(primary_key=True, max_length=100, foreign_key="letters.id")
    channel: str = Field(primary_key=True, max_length=40)
    state: str = Field(max_length=10)
    tries: int
    first_tried_at: datetime = instant()
    last_tried_at: datetime = instant()
    address: str = long_text()
    content: str = Field(max_length=64)
    receipt: str = long_text()


class PublicNoticeRow(SQLModel, table=True):
    """公示与公告: what is made public, written with the entry that causes it, of a filing or of a round."""

    __tablename__ = "public_notices"
    __table_args__ = (
        Index("ix_public_notices_shown", "shown_until", "shown_from"),
        Index("ix_public_notices_place", "jurisdiction", "published_at"),
        of_round("public_notices"),
    )

    id: str = Field(primary_key=True, max_length=100)
    filing_id: str | None = Field(default=None, max_length=64, foreign_key="filings.filing_id", index=True)
    number: int
    kind: str = Field(max_length=30, index=True)
    jurisdiction: str = Field(max_length=6, index=True)
    shown_from: date
    shown_until: date | None = None
    content: str = long_text()
    published_at: datetime = instant(index=True)
    round_id: str | None = Field(default=None, max_length=40)


class AnnualReportRow(SQLModel, table=True):
    """年度报送: what became of each due year of each filing.

    `state` is what a board counts it as (`models.vocabulary.ReportState`), by kind and by where the filing lies now; `urged_at`
    is when an office last urged its leader to report it. The year of an alliance that ended before is owed by nobody.
    """

    __tablename__ = "annual_reports"
    __table_args__ = (
        Index("ix_annual_reports_board", "year", "jurisdiction", "kind", "zone", "state", "filing_id"),
        Index("ix_annual_reports_zone", "zone", "year", "kind", "state", "filing_id"),
        Index("ix_annual_reports_state", "year", "state", "filing_id"),
    )

    filing_id: str = Field(primary_key=True, max_length=64, foreign_key="filings.filing_id")
    year: int = Field(primary_key=True)
    status: str = Field(max_length=10, index=True)
    due: datetime = instant()
    filed_at: datetime | None = instant(default=None)
    paper: str | None = Field(default=None, max_length=64)
    number: int
    kind: str = Field(max_length=1)
    jurisdiction: str = Field(max_length=6)
    zone: str | None = Field(default=None, max_length=40)
    state: str = Field(max_length=10)
    urged_at: datetime | None = instant(default=None)


class ArchiveNumber(SQLModel, table=True):
    """备案编号, reserved once for a filing and a year (G-40)."""

    __tablename__ = "archive_numbers"
    __table_args__ = (UniqueConstraint("prefix", "filing_id", name="uq_archive_numbers_filing"),)

    prefix: str = Field(primary_key=True, max_length=30)
    running: int = Field(primary_key=True)
    filing_id: str = Field(max_length=64)


class RefusedAct(SQLModel, table=True):
    """An act that the engine refused, recorded by the door that brought it. It changed nothing."""

    __tablename__ = "refused_acts"

    id: int | None = Field(default=None, primary_key=True)
    filing_id: str = Field(max_length=64, index=True)
    act_id: str = Field(max_length=64)
    kind: str = Field(max_length=40)
    person: str = Field(max_length=64)
    office: str = Field(max_length=40)
    message: str = long_text()
    refused_at: datetime = instant()


class RoundRow(SQLModel, table=True):
    """轮次: where each round stands. `value` is the round after its last entry, `counts` what a list shows of it.

    `followed` is the last entry of which everything that follows was done.
    """

    __tablename__ = "rounds"
    __table_args__ = (
        Index("ix_rounds_listed", "closes", "round_id"),
        Index("ix_rounds_kind", "kind", "year", "jurisdiction"),
        some("ix_rounds_open", "round_id", where="open"),
    )

    round_id: str = Field(primary_key=True, max_length=40)
    number: int
    head: str = Field(max_length=64)
    kind: str = Field(max_length=20)
    year: int
    jurisdiction: str | None = Field(default=None, max_length=6)
    zone: str | None = Field(default=None, max_length=40)
    alliances: str | None = Field(default=None, max_length=1)
    stage: str = Field(max_length=20)
    open: bool
    title: str = Field(max_length=100)
    document_no: str | None = long_text(default=None)
    opens: date
    closes: date
    next_at: datetime | None = instant(default=None)
    next_lapse: str | None = Field(default=None, max_length=60)
    counts: str = long_text()
    value: str = long_text()
    followed: int
    updated_at: datetime = instant()


class RoundEntryRow(SQLModel, table=True):
    """轮次登记: one event of a round as written down. `body` is what is hashed; the other columns repeat parts of it for queries.

    `told` seals what it told and published, once everything that follows from it was done (activities/rounds/sealing.py).
    """

    __tablename__ = "round_entries"
    __table_args__ = (UniqueConstraint("round_id", "act_id", name="uq_round_entries_act"),)

    round_id: str = Field(primary_key=True, max_length=40, foreign_key="rounds.round_id")
    number: int = Field(primary_key=True)
    at: datetime = instant()
    entered_at: datetime = instant()
    kind: str = Field(max_length=40)
    act_id: str | None = Field(default=None, max_length=64)
    filing_id: str | None = Field(default=None, max_length=64)
    stage: str = Field(max_length=20)
    paper: str | None = Field(default=None, max_length=64, foreign_key="papers.digest")
    body: str = long_text()
    effects: str = Field(max_length=64)
    hash: str = Field(max_length=64)
    told: str | None = Field(default=None, max_length=64)


class RoundItemRow(SQLModel, table=True):
    """轮次事项: what an entry made of an alliance in a round. The last one is `current`, the others are what it was before."""

    __tablename__ = "round_items"
    __table_args__ = (
        some("ix_round_items_state", "round_id", "state", "filing_id", where="current"),
        some("ix_round_items_filing", "filing_id", "round_id", where="current"),
    )

    round_id: str = Field(primary_key=True, max_length=40, foreign_key="rounds.round_id")
    filing_id: str = Field(primary_key=True, max_length=64)
    number: int = Field(primary_key=True)
    state: str = Field(max_length=30)
    paper: str | None = Field(default=None, max_length=64)
    figures: str = long_text()
    at: datetime = instant()
    current: bool = True


class PublishedEdition(SQLModel, table=True):
    """An edition of terms that a round's entry published, as the document that a folder would hold; in the order of their numbers."""

    __tablename__ = "published_editions"
    __table_args__ = (UniqueConstraint("round_id", "entry", name="uq_published_editions_entry"),)

    number: int = Field(primary_key=True)
    name: str = Field(unique=True, max_length=40)
    document: str = long_text()
    round_id: str = Field(max_length=40, foreign_key="rounds.round_id")
    entry: int
    published_at: datetime = instant()


class WhatIfRow(SQLModel, table=True):
    """推演: what was asked of a fork of the register, how far it has come, and what came of it (`models.whatif.Outcome`).

    One runs at a time. `subject`, `name` and `digest` are those of the edition whose preview it is; else somebody asked at the desk.
    """

    __tablename__ = "what_ifs"
    __table_args__ = (
        UniqueConstraint("subject", "digest", name="uq_what_ifs_edition"),
        Index(
            "ux_what_ifs_running", "state", unique=True,
            sqlite_where=text("state = 'running'"), postgresql_where=text("state = 'running'"),
        ),
    )  # fmt: skip

    id: str = Field(primary_key=True, max_length=32)
    asked_at: datetime = instant()
    asked_by: str = Field(max_length=64)
    subject: str | None = Field(default=None, max_length=20)
    name: str | None = Field(default=None, max_length=40)
    digest: str | None = Field(default=None, max_length=64)
    state: str = Field(max_length=10)
    done: int
    of: int
    seen_at: datetime = instant()
    question: str = long_text()
    outcome: str | None = long_text(default=None)
    outcome_digest: str | None = Field(default=None, max_length=64)


class UsedEdition(SQLModel, table=True):
    """An edition of terms or calendar by which filings count, with its digest when it was first used."""

    __tablename__ = "used_editions"

    subject: str = Field(primary_key=True, max_length=20)
    name: str = Field(primary_key=True, max_length=40)
    digest: str = Field(max_length=64)
    first_used_at: datetime = instant()
