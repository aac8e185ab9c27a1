"""The register (备案库) over its tables: papers, compare-and-append, reading, and verifying the chain.

One transaction an entry. An entry carries the hash of the one before it, and of what it sent and published, so a change
to any of it shows. Nothing here decides anything: what an entry says was computed by the regulation.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Engine, and_, bindparam, func, insert, or_, true, update
from sqlalchemy import select as sql_select
from sqlalchemy import text as sql
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from activities import arrivals, letters, proof, rows
from activities.attachments import LOCATION, Reference, references
from activities.database import clock_of, connect, reading, stating, writing
from activities.rows import GENESIS
from models import names
from models.acts import Lapse, RecordContinuation, ReportChange, Restore, Resubmit, RuleOnChange, Submit, Unreadable
from models.filing import Entry, Filing
from models.findings import Finding
from models.gateway import UploadRow
from models.register import (
    AnnualReportRow,
    ArchiveNumber,
    ArrivalRow,
    EntryRow,
    FilingRow,
    FollowedRow,
    MessageRow,
    Paper,
    PublicNoticeRow,
    RefusedAct,
    UsedEdition,
    VersionRow,
)
from models.values import Value, canonical, day_of, digest
from models.vocabulary import ActKind, Kind, Stage
from regulation import changes, codes, identity, intake, lodging, offices
from regulation.calendar import CALENDARS
from regulation.editions import EditionRefused, Editions
from regulation.lifecycle import APPLYING, ENDS, FILED
from regulation.service import STRICTER_SINCE
from regulation.terms import TERMS

# What every entry says to the database

FILINGS, REPORTED = FilingRow.metadata.tables["filings"], FilingRow.metadata.tables["annual_reports"]

STANDS = (
    sql_select(*(FILINGS.c[name] for name in ("number", "head", "first_paper", "public", "value")))
    .where(FILINGS.c.filing_id == bindparam("of"))
    .with_for_update()
)
"""What of a filing's row the next entry is written on."""

BEGINS = insert(FILINGS)
MOVES = (
    update(FILINGS)
    .where(FILINGS.c.filing_id == bindparam("of"))
    .values({name: bindparam(name) for name in FilingRow.model_fields if name != "filing_id"})
)
ENTERS, SENDS, SHOWS, TAKES = (
    insert(FilingRow.metadata.tables[name]) for name in ("entries", "messages", "public_notices", "versions")
)


def _reports(dialect: Any) -> Any:
    put = dialect.insert(REPORTED)
    now = {name: put.excluded[name] for name in ("status", "due", "filed_at", "number")}
    kept = {"paper": func.coalesce(put.excluded.paper, REPORTED.c.paper)}
    return put.on_conflict_do_update(index_elements=["filing_id", "year"], set_=now | kept)


REPORTS = {"sqlite": _reports(sqlite), "postgresql": _reports(postgresql)}
"""Reporting years as they now stand; one that brings no paper keeps the one that is known of it."""

LONGEST_REFUSAL = 500
"""Characters that are kept of why an act was refused; with everything else of it, under 2 KB."""

EDITIONS: Mapping[str, Editions[Any]] = {"calendar": CALENDARS, "terms": TERMS}


class PaperMissing(Exception):
    """文书未存入备案库: the act names a paper that the register does not have."""


class RegisterBehind(Exception):
    """备案库落后于引擎: an older register was put in place. Nothing is written until it is set right; the chain has no hole."""


class Place(Value):
    """Where a filing stands in a list: among what is overdue or not, by its nearest deadline, by its id."""

    overdue: bool = False
    at: datetime | None = None
    filing_id: str

    @classmethod
    def of(cls, row: FilingRow) -> "Place":
        """That of a filing as it was listed."""
        return cls(overdue=CHASED in row.value, at=row.next_deadline, filing_id=row.filing_id)


CHASED = '"chased":'
"""How a period of a filing's value says that it passed, and that whoever is late was chased (Q31)."""


def may_be_late() -> ColumnElement[bool]:
    """Filings on which something is overdue, as a condition."""
    return col(FilingRow.value).contains(CHASED)


def _in_order(query: Any, after: Place | None, due_by: datetime | None) -> Iterator[Any]:
    """The groups of a list, each in its order, from a place on: what is overdue, what is due on a day, what waits for none.

    What is overdue without another day to come is overdue longest.
    """
    deadline, name, overdue = col(FilingRow.next_deadline), col(FilingRow.filing_id), may_be_late()
    begun = None if after is None else 0 if after.overdue else 1 if after.at else 2
    ordered = query.order_by(deadline.is_not(None), deadline, name)
    groups = [
        ordered.where(overdue),
        ordered.where(~overdue, deadline.is_not(None)),
        ordered.where(~overdue, deadline.is_(None)),
    ]
    if due_by:
        groups = [group.where(deadline <= due_by) for group in groups[:2]]
    for number, group in enumerate(groups):
        if after is None or begun is None or number > begun:
            yield group
        elif number == begun and after.at:
            yield group.where(deadline >= after.at, or_(deadline > after.at, name > after.filing_id))
        elif number == begun:
            yield group.where(or_(deadline.is_not(None), name > after.filing_id))


Outcome = Literal["entered", "known", "reused", "adopted", "refused"]


class Appended(Value):
    """What an append came to.

    `entered`: the event is written under its number. `known`: it already stood in the register, under `number`.
    `reused`: another act stands there under its id. `adopted`: other events hold the number. In these cases `filing` is the
    filing after the last entry, to be carried on.
    `refused`: the register knows better, for the `reason` given (no such paper, a number or a name that is another's);
    nothing was written. `warnings` is what it has to say about what it wrote.
    """

    outcome: Outcome
    number: int = 0
    filing: Filing | None = None
    reason: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Continuation:
    """An archived filing, the predecessor that it continues, when it was archived, and the predecessor's reports by year."""

    filing: Filing
    earlier: Filing
    archived_at: datetime
    papers: Mapping[int, str]

    @property
    def stood(self) -> bool:
        """Whether the predecessor stands, or was revoked only since the archiving and nobody announced it."""
        decided = self.earlier.decided
        revoked_since = decided is not None and decided.at > self.archived_at and self.earlier.announced is None
        return self.earlier.stage in FILED or revoked_since


@dataclass
class Register:
    """The register behind one database."""

    engine: Engine
    _editions_used: set[tuple[str, str]] = field(default_factory=set, repr=False)

    @classmethod
    def at(cls, url: str) -> "Register":
        """The register at a database's address."""
        return cls(connect(url))

    def clock(self) -> datetime:
        """The time by the database's clock. SQLite has none but this machine's: it is never before what was written last."""
        told = clock_of(self.engine)
        if self.engine.dialect.name != "sqlite":
            return told
        with reading(self.engine) as session:
            entered = session.exec(select(func.max(col(FilingRow.updated_at)))).one()
            received = session.exec(select(func.max(col(ArrivalRow.stored_at)))).one()
        return max(each for each in (told, entered, received) if each is not None)

    # Papers

    def lodge(self, filing_id: str, kind: str, paper: Mapping[str, Any], now: datetime) -> str:
        """Store a paper under its digest; the same paper twice is one."""
        body = canonical(paper)
        key = hashlib.sha256(body.encode()).hexdigest()
        with writing(self.engine) as session:
            if session.get(Paper, key) is None:
                session.add(Paper(digest=key, filing_id=filing_id, kind=kind, body=body, stored_at=now))
        return key

    def paper(self, key: str) -> dict[str, Any]:
        """What a paper says, by its digest."""
        with reading(self.engine) as session:
            return self._paper(session, key)

    def has_paper(self, key: str) -> bool:
        """Whether a paper is stored."""
        with reading(self.engine) as session:
            return session.exec(select(Paper.digest).where(Paper.digest == key)).first() is not None

    @staticmethod
    def _paper(session: Session, key: str) -> dict[str, Any]:
        row = session.get(Paper, key)
        if row is None:
            raise PaperMissing(key)
        return identity.content_of(json.loads(row.body))

    # Entries

    def append(self, entry: Entry) -> Appended:
        """Compare and append: the entry takes its number unless the number, or its act, is already held.

        Written first and asked afterwards: an act that is held has its id in the way, and is found in a second try. So a retry,
        or the same event computed again after everything died between commit and engine, finds what it wrote.
        """
        for looks in (False, True):
            try:
                with stating(self.engine) as db, Session(db, expire_on_commit=False) as session:
                    return self._append(db, session, entry, looks=looks)
            except IntegrityError:
                if looks:
                    raise
        raise AssertionError

    def _append(self, db: Connection, session: Session, entry: Entry, *, looks: bool) -> Appended:
        head = db.execute(STANDS, {"of": entry.filing.id}).one_or_none()
        last = head.number if head else 0
        before = Filing.model_validate_json(head.value) if head else None
        reason = self._unfounded(session, head, before, entry) if entry.number == last + 1 else None
        if before and (looks or reason or entry.number <= last):
            held = self._held(session, entry)
            if held or entry.number <= last:
                outcome, number = held or ("adopted", 0)
                return Appended(outcome=outcome, number=number, filing=before)
        if entry.number != last + 1:
            raise RegisterBehind(f"{entry.filing.id}: 备案库只到第{last}号，不能登记第{entry.number}号")
        if reason:
            return Appended(outcome="refused", reason=reason)
        self._write(db, session, head, before, entry)
        if not isinstance(entry.event, Lapse):
            arrivals.answered(db, entry.filing.id, rows.act_id(entry) or identity.SUBMISSION)
        return Appended(outcome="entered", warnings=_warnings(session, head, before, entry))

    def _write(self, db: Connection, session: Session, head: Any, before: Filing | None, entry: Entry) -> None:
        """The entry with everything that follows from it, in the transaction that is open."""
        papers = partial(self._paper, session)
        public = rows.public(before, json.loads(head.public) if head else {}, entry, papers)
        sent = rows.message_rows(before, entry, public, partial(letters.past_of_case, session, entry.filing))
        shown = rows.notice_rows(before, entry, public, papers)
        versions = self._versions(session, before, entry)
        row = rows.entry_row(entry, rows.effects(sent, shown, versions), head.head if head else GENESIS)
        stands = rows.filing_row(entry, head.first_paper if head else entry.filing.paper, public, row["hash"], papers)
        db.execute(*((MOVES, stands | {"of": entry.filing.id}) if head else (BEGINS, stands)))
        db.execute(ENTERS, row)
        reports = list(rows.report_rows(before, entry))
        for statement, each in ((SENDS, sent), (SHOWS, shown), (TAKES, versions), (REPORTS[db.dialect.name], reports)):
            if each:
                db.execute(statement, each)
        letters.open_for(db, sent, shown)
        self._editions(session, entry.filing, entry.entered_at)

    @staticmethod
    def _held(session: Session, entry: Entry) -> tuple[Outcome, int] | None:
        """What the register already holds of this event, and under which number: of an act by its id, of a lapse by its number."""
        event, bodies = entry.event, select(EntryRow.body).where(EntryRow.filing_id == entry.filing.id)
        if isinstance(event, Submit | Lapse):
            body = session.exec(bodies.where(EntryRow.number == entry.number)).first()
            stored = Entry.model_validate_json(body) if body else None
            return ("known", entry.number) if stored and (stored.event, stored.at) == (event, entry.at) else None
        body = session.exec(bodies.where(EntryRow.act_id == event.id)).first()
        if body is None:
            return None
        stored = Entry.model_validate_json(body)
        is_same = not isinstance(stored.event, Submit | Lapse) and identity.same(stored.event, event)
        return ("known" if is_same else "reused", stored.number)

    @staticmethod
    def _unfounded(session: Session, head: Any, before: Filing | None, entry: Entry) -> str | None:
        """What only the register can tell against an entry."""
        key, number = rows.paper_of(entry), entry.filing.archive_number
        body = session.exec(select(Paper.body).where(Paper.digest == key)).first() if key else None
        if key and body is None:
            return lodging.PAPER_MISSING
        for record in set(rows.papers_of(entry)) - {key}:
            if session.exec(select(Paper.digest).where(Paper.digest == record)).first() is None:
                return lodging.PAPER_MISSING
        if number and (before is None or number != before.archive_number):
            others = select(FilingRow.filing_id).where(FilingRow.archive_number == number)
            if session.exec(others.where(FilingRow.filing_id != entry.filing.id)).first():
                return f"备案编号 {number} 已属于另一备案"
        if entry.refused is not None:
            return None
        if before is None and day_of(entry.at) >= STRICTER_SINCE and _alike(session, entry.filing.id):
            return intake.ID_TAKEN
        if isinstance(entry.event, RecordContinuation):
            return Register._not_continued(session, entry, entry.event)
        if fault := Register._not_as_entered(session, entry):
            return fault
        paper = identity.content_of(json.loads(body)) if body else {}
        if (name := _name_brought(session, before, entry, paper)) and _is_taken(session, entry.filing.id, name, paper):
            return intake.NAME_TAKEN
        if before is None or not key or isinstance(entry.event, Submit | Lapse | Unreadable):
            return None
        shown = json.loads(head.public)
        subject = changes.Subject(
            filing=before, alliance_name=shown["alliance_name"], leader_name=shown["leader"]["name"]
        )
        return lodging.unfounded(entry.event, paper, subject)

    @staticmethod
    def _not_as_entered(session: Session, entry: Entry) -> str | None:
        """Whether what confirms a letter says something else than what was entered: then nobody has confirmed that."""
        event = entry.event
        if isinstance(event, Submit | Lapse | Unreadable) or event.seconds is None:
            return None
        query = select(EntryRow.body).where(EntryRow.filing_id == entry.filing.id, EntryRow.act_id == event.seconds)
        body = session.exec(query).first()
        first = Entry.model_validate_json(body).event if body else None
        papers = partial(Register._paper, session)
        if isinstance(first, Submit | Lapse | None) or identity.said(first, papers) != identity.said(event, papers):
            return f"与来文登记 {event.seconds} 所载不同，无从核对"
        return None

    @staticmethod
    def _not_continued(session: Session, entry: Entry, act: RecordContinuation) -> str | None:
        """Whether a filing names another as its predecessor, is of the same leader, and was archived under this number."""
        row = session.get(FilingRow, act.successor)
        if row is None or row.archive_number != act.successor_number or row.leader != entry.filing.leader:
            return f"没有同一盟主的、编号为 {act.successor_number} 的备案 {act.successor}"
        body = session.get_one(Paper, Filing.model_validate_json(row.value).paper).body
        if row.kind != entry.filing.kind.value or json.loads(body).get("previous_filing_id") != entry.filing.id:
            return f"{act.successor} 的备案申请未写明继续申报本备案"
        return None

    @staticmethod
    def _versions(session: Session, before: Filing | None, entry: Entry) -> list[rows.Row]:
        """The version of the application that an entry brings, if it brings one."""
        happened, filing = rows.submission(entry), entry.filing
        if happened is None:
            return []
        form = identity.content_of(json.loads(session.get_one(Paper, filing.paper).body))
        correcting = before if isinstance(happened, Resubmit) else None
        stamped = form | {"by": None if _for_somebody(happened) else happened.by.model_dump(mode="json")}
        findings = intake.examine(stamped, entry.at, known_to(session, filing, form), correcting=correcting).findings
        return [
            {
                "filing_id": filing.id,
                "version": filing.version,
                "paper": filing.paper,
                "received_at": entry.at,
                "findings": canonical([each.model_dump(mode="json") for each in findings]),
            }
        ]

    def _editions(self, session: Session, filing: Filing, now: datetime) -> None:
        """Remember the digest of each edition when a filing first counts by it."""
        for subject, name in (("calendar", filing.calendar), ("terms", filing.terms)):
            if (subject, name) in self._editions_used:
                continue
            if session.get(UsedEdition, (subject, name)) is None:
                content = EDITIONS[subject].digest(name)
                session.add(UsedEdition(subject=subject, name=name, digest=content, first_used_at=now))
                session.flush()
            self._editions_used.add((subject, name))

    def refuse_changed_editions(self) -> None:
        """At start-up: raise if an edition by which filings count was altered or lost since (principle 6)."""
        with reading(self.engine) as session:
            for subject, editions in EDITIONS.items():
                query = select(UsedEdition).where(UsedEdition.subject == subject)
                used = {row.name: row.digest for row in session.exec(query)}
                if changed := editions.changed(used):
                    raise EditionRefused(
                        f"{editions.subject} {'、'.join(changed)}: 已有备案据以计算，内容不得更改或删除"
                    )

    # Doors

    def reserve_archive_number(self, filing_id: str, prefix: str) -> str:
        """备案编号: the next running number under a prefix, once a filing (G-40). Numbers given by hand are passed over."""
        with writing(self.engine) as session:
            if self.engine.dialect.name == "postgresql":
                session.connection().execute(sql("LOCK TABLE archive_numbers IN EXCLUSIVE MODE"))
            reserved = session.exec(select(ArchiveNumber).where(ArchiveNumber.prefix == prefix)).all()
            held = select(FilingRow.archive_number).where(col(FilingRow.archive_number).startswith(prefix))
            by_hand = {number or "" for number in session.exec(held.where(FilingRow.filing_id != filing_id))}
            mine = next((row for row in reserved if row.filing_id == filing_id), None)
            if mine and f"{prefix}{mine.running:04d}" not in by_hand:
                return f"{prefix}{mine.running:04d}"
            if mine:
                session.delete(mine)
                session.flush()
            used = [row.running for row in reserved]
            used += [int(end) for number in by_hand if (end := number.removeprefix(prefix)).isdecimal()]
            running = max(used, default=0) + 1
            session.add(ArchiveNumber(prefix=prefix, running=running, filing_id=filing_id))
            return f"{prefix}{running:04d}"

    def record_refusal(
        self, filing_id: str, act: Mapping[str, Any], message: str, now: datetime, *, asked: str | None = None
    ) -> None:
        """Record an act that was refused without an entry. If `asked` is told, that was its answer: it has arrived no more.

        However much was refused, at most 2 KB are kept of it.
        """
        by = told if isinstance(told := act.get("by"), Mapping) else {}
        with writing(self.engine) as session:
            if asked:
                arrivals.answered(session.connection(), filing_id, str(act.get("id")), asked)
            session.add(
                RefusedAct(
                    filing_id=filing_id,
                    act_id=str(act.get("id"))[:64],
                    kind=str(act.get("kind"))[:40],
                    person=str(by.get("person"))[:64],
                    office=str(by.get("office"))[:40],
                    message=message if len(message) <= LONGEST_REFUSAL else f"{message[:LONGEST_REFUSAL]}…",
                    refused_at=now,
                )
            )

    def refused_acts(self, filing_id: str, limit: int | None = None) -> list[RefusedAct]:
        """The refused acts that doors recorded for a filing, in order; so many of the last ones."""
        with reading(self.engine) as session:
            query = select(RefusedAct).where(RefusedAct.filing_id == filing_id).order_by(col(RefusedAct.id).desc())
            return list(session.exec(query.limit(limit)))[::-1]

    def known(self, filing_id: str, form: Mapping[str, Any]) -> intake.Known:
        """What the register knows that bears on an application, as far as whoever brings it may know it.

        That a name is taken anybody may know. What a leader has beside it is told to that leader and to the province.
        """
        with reading(self.engine) as session:
            leader = form.get("leader")
            code = codes.normalised(str(leader.get("uscc"))) if isinstance(leader, Mapping) else ""
            return _known(
                session,
                filing_id,
                previous=str(form.get("previous_filing_id")),
                name=str(form.get("alliance_name")),
                leader=code if _may_know(session, filing_id, form, code) else "",
                technical_field=str(form.get("technical_field")),
            )

    def continuations(self) -> list["Continuation"]:
        """继续申报: archived filings whose predecessor stood when they were archived and has not ended since, each with it (G-32).

        One that was revoked meanwhile, when nobody knew of the archiving, ends as continued too while that is not announced.
        """
        in_force = col(FilingRow.stage).in_(FILED)
        mine = select(FilingRow.value).where(in_force, col(FilingRow.value).contains('"continues":"'))
        with reading(self.engine) as session:
            archived = [Filing.model_validate_json(value) for value in session.exec(mine)]
            names = [each.continues for each in archived if each.continues]
            stands = col(FilingRow.stage).in_([*FILED, Stage.REVOKED])
            still = select(FilingRow.value).where(stands, col(FilingRow.filing_id).in_(names))
            earlier = {each.id: each for each in map(Filing.model_validate_json, session.exec(still))}
            found = ((each, earlier.get(each.continues or "")) for each in archived)
            all_ = [self._continuation(session, each, before) for each, before in found if before]
        return [each for each in all_ if each.stood]

    @staticmethod
    def _continuation(session: Session, filing: Filing, earlier: Filing) -> "Continuation":
        archiving = select(EntryRow.at).where(EntryRow.filing_id == filing.id, EntryRow.kind == ActKind.ARCHIVE.value)
        at = session.exec(
            archiving.where(col(EntryRow.refused).is_(None)).order_by(col(EntryRow.number).desc())
        ).first()
        reports = session.exec(select(AnnualReportRow).where(AnnualReportRow.filing_id == earlier.id))
        papers = {each.year: each.paper for each in reports if each.paper}
        return Continuation(filing, earlier, at or filing.submitted_at, papers)

    def subject(self, filing_id: str, content: Any) -> changes.Subject | None:
        """The filing on which a change is reported, and what the register knows of the name that its paper brings."""
        with reading(self.engine) as session:
            row = session.get(FilingRow, filing_id)
            if row is None:
                return None
            name = content.get("alliance_name") if isinstance(content, Mapping) else None
            taken = isinstance(name, str) and bool(_others_called(session, filing_id, name))
            return changes.Subject(
                filing=Filing.model_validate_json(row.value),
                alliance_name=row.alliance_name,
                leader_name=row.leader_name,
                known=intake.Known(names=(str(name),) if taken else ()),
            )

    # Reading

    def filing(self, filing_id: str) -> Filing | None:
        """A filing as it stands."""
        with reading(self.engine) as session:
            row = session.get(FilingRow, filing_id)
            return Filing.model_validate_json(row.value) if row else None

    def row(self, filing_id: str) -> FilingRow | None:
        """A filing's row."""
        with reading(self.engine) as session:
            return session.get(FilingRow, filing_id)

    def docket(
        self, filing_id: str, *, after: int = 0, before: int | None = None, most: int | None = None
    ) -> list[Entry]:
        """卷宗: everything entered on a filing, in order; or what comes after a number, or the newest `most` before one."""
        query = select(EntryRow.body).where(EntryRow.filing_id == filing_id, col(EntryRow.number) > after)
        if before is not None:
            query = query.where(col(EntryRow.number) < before)
        with reading(self.engine) as session:
            bodies = session.exec(query.order_by(col(EntryRow.number).desc()).limit(most)).all()
        return [Entry.model_validate_json(body) for body in reversed(bodies)]

    def objected_since(self, filing_id: str, instant: datetime) -> int:
        """How many objections were entered on a filing that were received since an instant."""
        of_public = select(func.count()).where(EntryRow.filing_id == filing_id, EntryRow.kind == ActKind.OBJECT.value)
        with reading(self.engine) as session:
            return session.exec(of_public.where(EntryRow.at >= instant)).one()

    def applications_of(self, leader: str, since: datetime) -> tuple[int, int]:
        """How many applications of a leader are under way, and how many were received since an instant."""
        mine = select(func.count()).select_from(FilingRow).where(FilingRow.leader == leader)
        applying = [stage.value for stage in APPLYING]
        of_it, first = col(EntryRow.filing_id) == FilingRow.filing_id, col(EntryRow.number) == 1
        with reading(self.engine) as session:
            under_way = session.exec(mine.where(col(FilingRow.stage).in_(applying))).one()
            return under_way, session.exec(mine.join(EntryRow, and_(of_it, first)).where(EntryRow.at >= since)).one()

    def bodies(self, filing_id: str) -> Sequence[str]:
        """The docket as it is stored, in order: for what reads thousands of entries and needs little of each."""
        with reading(self.engine) as session:
            query = select(EntryRow.body).where(EntryRow.filing_id == filing_id).order_by(col(EntryRow.number))
            return session.exec(query).all()

    def entry(self, filing_id: str, number: int) -> Entry | None:
        """One entry by its number."""
        with reading(self.engine) as session:
            row = session.get(EntryRow, (filing_id, number))
            return Entry.model_validate_json(row.body) if row else None

    def entry_of(self, filing_id: str, *act_ids: str) -> Entry | None:
        """The entry of an act, whenever it was: the first under one of these ids."""
        with reading(self.engine) as session:
            query = select(EntryRow.body).where(EntryRow.filing_id == filing_id, col(EntryRow.act_id).in_(act_ids))
            body = session.exec(query.order_by(col(EntryRow.number))).first()
            return Entry.model_validate_json(body) if body else None

    def filings(
        self,
        *,
        stage: str | None = None,
        kind: str | None = None,
        jurisdiction: str | None = None,
        waiting_for: str | None = None,
        awaits_iit: bool = False,
        due_by: datetime | None = None,
        text: str | None = None,
        scope: offices.Scope | None = None,
        after: Place | None = None,
        limit: int = 200,
    ) -> list[FilingRow]:
        """Filings: first those on which something is overdue, then by the nearest deadline; those that wait for no day last.

        A deadline is the instant at which it is over; `due_by` is the last such instant that is meant (`values.due_by`).
        `text` is looked for in ids, names, codes and archive numbers. With `after`, the ones that follow that one.
        """
        query = select(FilingRow)
        facts = {"stage": stage, "kind": kind, "jurisdiction": jurisdiction, "waiting_for": waiting_for}
        for fact, value in facts.items():
            if value:
                query = query.where(getattr(FilingRow, fact) == value)
        if awaits_iit:
            query = query.where(col(FilingRow.awaits_iit).is_(True))
        if text:
            query = query.where(_mentions(text.strip()))
        if scope:
            query = query.where(within(scope))
        with reading(self.engine) as session:
            rows: list[FilingRow] = []
            for group in _in_order(query, after, due_by):
                rows += session.exec(group.limit(limit - len(rows)))
                if len(rows) == limit:
                    break
            return rows

    def open_filings(self, *, kind: str | None = None, jurisdiction: str | None = None) -> list[tuple[str, str, str]]:
        """Every filing whose workflow ought to run, with its alliance's name and its jurisdiction."""
        query = select(FilingRow.filing_id, FilingRow.alliance_name, FilingRow.jurisdiction)
        query = query.where(col(FilingRow.open).is_(True))
        if kind:
            query = query.where(FilingRow.kind == kind)
        if jurisdiction:
            query = query.where(FilingRow.jurisdiction == jurisdiction)
        with reading(self.engine) as session:
            return list(session.exec(query.order_by(col(FilingRow.filing_id))))

    def unfollowed(self, *, every: bool = False) -> list[FilingRow]:
        """Filings with entries of which it is not known that the engine has them; or every one that is open."""
        followed = select(FollowedRow.number).where(FollowedRow.filing_id == FilingRow.filing_id).scalar_subquery()
        behind = or_(followed.is_(None), followed < FilingRow.number)
        query = select(FilingRow).where(or_(behind, col(FilingRow.open).is_(True)) if every else behind)
        with reading(self.engine) as session:
            return list(session.exec(query.order_by(col(FilingRow.filing_id))))

    def follows(self, filing_id: str, number: int) -> None:
        """Remember that the engine follows a filing up to an entry."""
        with writing(self.engine) as session:
            session.merge(FollowedRow(filing_id=filing_id, number=number))

    def version_rows(self, filing_id: str) -> list[VersionRow]:
        """The versions of an application, in order."""
        with reading(self.engine) as session:
            query = select(VersionRow).where(VersionRow.filing_id == filing_id)
            return list(session.exec(query.order_by(col(VersionRow.version))))

    def versions(self, filing_id: str) -> list[tuple[int, list[Finding]]]:
        """The versions of an application with what was found on each."""
        return [
            (row.version, [Finding.model_validate(each) for each in json.loads(row.findings)])
            for row in self.version_rows(filing_id)
        ]

    def messages(self, filing_id: str) -> list[MessageRow]:
        """Every message of a filing, in the order of its entries."""
        with reading(self.engine) as session:
            query = select(MessageRow).where(MessageRow.filing_id == filing_id)
            return sorted(session.exec(query), key=lambda row: (row.number, row.id))

    def public_notices(self, filing_id: str) -> list[PublicNoticeRow]:
        """Everything made public of a filing."""
        with reading(self.engine) as session:
            query = select(PublicNoticeRow).where(PublicNoticeRow.filing_id == filing_id)
            return sorted(session.exec(query), key=lambda row: (row.number, row.id))

    def filing_ids(self) -> list[str]:
        """Every filing there is, in order."""
        with reading(self.engine) as session:
            return list(session.exec(select(FilingRow.filing_id).order_by(col(FilingRow.filing_id))))

    def attached(self, filing_id: str | None = None) -> list[Reference]:
        """The files that the papers of a filing refer to, or those of all, and whatever else was brought."""
        holding = select(Paper.body).where(col(Paper.body).contains(f'"{LOCATION}'))
        with reading(self.engine) as session:
            if filing_id is None:
                brought = session.exec(select(UploadRow.sha256, UploadRow.name).order_by(col(UploadRow.sha256)))
                named = {sha256: Reference(sha256=sha256, name=name) for sha256, name in brought}
                return list(
                    {each.sha256: each for each in [*named.values(), *references(session.exec(holding))]}.values()
                )
            based_on = select(EntryRow.paper).where(EntryRow.filing_id == filing_id, col(EntryRow.paper).is_not(None))
            own = or_(col(Paper.filing_id) == filing_id, col(Paper.digest).in_(based_on))
            return references(session.exec(holding.where(own).order_by(col(Paper.digest))))

    # Proof

    def verify(self, filing_id: str) -> list[str]:
        """What is wrong with a filing's chain; empty if every entry, message, notice and paper is as it was written."""
        faults = []
        with reading(self.engine) as session:
            try:
                for fault in proof.faults(session, filing_id, partial(self._paper, session)):
                    faults.append(fault)
            except (PaperMissing, ValueError, TypeError, LookupError) as unreadable:
                faults.append(f"备案库的内容无法读取（{type(unreadable).__name__}）")
        return faults


def _for_somebody(happened: Submit | Resubmit) -> bool:
    """Whether an office entered what a leader had brought on paper: then no account of the leader's did."""
    return isinstance(happened, Resubmit) and happened.on_behalf_of is not None


def within(scope: offices.Scope) -> ColumnElement[bool]:
    """The filings that an office may see, as a condition of a query; `Scope.holds` says the same of one filing."""
    facts: list[ColumnElement[bool]] = [true()]
    for name in ("jurisdiction", "zone", "leader"):
        if value := getattr(scope, name):
            facts.append(getattr(FilingRow, name) == value)
    if scope.stages:
        facts.append(col(FilingRow.stage).in_(scope.stages))
    return or_(and_(*facts), col(FilingRow.waiting_for) == scope.office) if scope.office else and_(*facts)


def _mentions(text: str) -> ColumnElement[bool]:
    """Filings that a search means: by a beginning of id, code or number, or by any part of a name."""
    begins = (FilingRow.filing_id, FilingRow.leader, FilingRow.archive_number)
    contain = (FilingRow.alliance_name, FilingRow.leader_name)
    return or_(
        *(col(column).startswith(text, autoescape=True) for column in begins),
        *(col(column).contains(text, autoescape=True) for column in contain),
    )


# Names


def _name_brought(session: Session, before: Filing | None, entry: Entry, paper: Mapping[str, Any]) -> str | None:
    """The name that an entry brings to life: of an application, or of a change that is recorded, reported or confirmed."""
    event = entry.event
    named = isinstance(event, Submit | Resubmit)
    named |= isinstance(event, ReportChange) and event.change in ("rename", "leader")
    if isinstance(event, RuleOnChange) and event.decision == "confirmed" and before and before.change:
        reported = session.get(Paper, before.change.paper) if before.change.change == "leader" else None
        paper, named = json.loads(reported.body) if reported else {}, reported is not None
    name = paper.get("alliance_name") if named else None
    return name if isinstance(name, str) else None


def _is_taken(session: Session, filing_id: str, name: str, paper: Mapping[str, Any]) -> bool:
    """Whether another living alliance has a name; whoever asks for the same name meanwhile waits for this transaction."""
    _in_turn(session, names.key(name))
    if _bears(session, filing_id, name):
        return False
    continued = paper.get("previous_filing_id")
    return any(row.filing_id != continued for row in _others_called(session, filing_id, name))


def _in_turn(session: Session, key: str) -> None:
    """Whoever asks for the same waits for this transaction; SQLite has one writer at a time."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(sql("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})


def _alike(session: Session, filing_id: str) -> bool:
    """Whether another filing has the same id but for the case of its letters."""
    _in_turn(session, filing_id.lower())
    return _has_alike(session, filing_id)


def _has_alike(session: Session, filing_id: str) -> bool:
    alike = select(FilingRow.filing_id).where(FilingRow.id_key == filing_id.lower(), FilingRow.filing_id != filing_id)
    return session.exec(alike.limit(1)).first() is not None


def _bears(session: Session, filing_id: str, name: str) -> bool:
    """Whether a filing has this name already: it keeps it, whoever got one that looks like it from an earlier release."""
    row = session.get(FilingRow, filing_id)
    return row is not None and row.name_key == names.key(name)


def _others_called(session: Session, filing_id: str, name: str) -> Sequence[FilingRow]:
    """The other filings under a name, or one that looks like it, or about to bear one, that have not come to an end."""
    key = names.key(name)
    named = or_(col(FilingRow.name_key) == key, col(FilingRow.claimed_key) == key)
    alive = select(FilingRow).where(named, FilingRow.filing_id != filing_id)
    return session.exec(alive.where(col(FilingRow.stage).not_in([stage.value for stage in ENDS]))).all()


def _warnings(session: Session, head: Any, before: Filing | None, entry: Entry) -> tuple[str, ...]:
    """What the register has to say about an entry that it takes: a correction that corrects nothing, a name taken (FA-01)."""
    if entry.refused is not None or entry.awaits_second:
        return ()
    if isinstance(entry.event, Resubmit) and before:
        versions = [_content(session, paper) for paper in (before.paper, entry.filing.paper)]
        return (intake.NOTHING_CORRECTED,) if versions[0] == versions[1] else ()
    if not isinstance(entry.event, Restore):
        return ()
    name = json.loads(head.public)["alliance_name"]
    others = "、".join(row.filing_id for row in _others_called(session, entry.filing.id, name))
    return (f"撤销期间已有同名联盟备案或正在申请（{others}），请通知盟主更名",) if others else ()


def _content(session: Session, key: str) -> str:
    """Digest of what a stored paper says."""
    return digest(identity.content_of(json.loads(session.get_one(Paper, key).body)))


def _may_know(session: Session, filing_id: str, form: Mapping[str, Any], leader: str) -> bool:
    """Whether whoever brings an application may know what else its leader has: by who brings it, else by the filing it corrects."""
    by = form.get("by")
    if isinstance(by, Mapping):
        return by.get("office") in (leader, offices.PROVINCE)
    row = session.get(FilingRow, filing_id)
    return row is None or row.leader == leader


def known_to(session: Session, filing: Filing, form: Mapping[str, Any]) -> intake.Known:
    """What the register knows that bears on a version of an application that was taken in."""
    return _known(
        session,
        filing.id,
        previous=str(form.get("previous_filing_id")),
        name=str(form["alliance_name"]),
        leader=filing.leader,
        technical_field=str(form["technical_field"]),
    )


def _known(session: Session, own: str, *, previous: str, name: str, leader: str, technical_field: str) -> intake.Known:
    """Whatever an application names as its predecessor, its leader's revocations are told (G-22, G-32)."""
    stands = session.get(FilingRow, own)
    others = select(FilingRow).where(FilingRow.leader == leader, FilingRow.filing_id != own)
    of_leader = session.exec(others).all()
    named = session.get(FilingRow, previous) if previous != own else None
    predecessor = named if named and named.leader == leader else None
    goes_on = predecessor is not None and predecessor.kind == Kind.B and predecessor.stage in FILED
    others_called = () if _bears(session, own, name) else _others_called(session, own, name)
    alike = [each for each in others_called if not (goes_on and each.filing_id == previous)]
    living = [row for row in of_leader if row.stage not in ENDS and row.filing_id != previous]
    return intake.Known(
        names=tuple(name for _ in alike),
        alike_id=stands is None and _has_alike(session, own),
        same_field=tuple(row.alliance_name for row in living if row.technical_field == technical_field),
        revoked=tuple(row.alliance_name for row in of_leader if row.stage == Stage.REVOKED),
        ended=predecessor is not None and predecessor.stage in ENDS,
        goes_on=goes_on,
        present=_content(session, Filing.model_validate_json(stands.value).paper) if stands else None,
    )
