"""The register (备案库) over its tables: appending an entry, papers, what is on a filing, lists, and verifying the chain.

One transaction an entry. An entry carries the hash of the one before it, and of what it sent and published, so a change
to any of it shows.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, partial
from typing import Any

from sqlalchemy import ColumnElement, Engine, and_, bindparam, func
from sqlalchemy import select as sql_select
from sqlmodel import col, select

from activities import archive_numbers, arrivals, continuations, editions_used, known, lists, papers, proof
from activities.appending import BODY_OF_NUMBER, ENTRIES, Appended, Appending
from activities.attachments import Reference
from activities.continuations import Continuation
from activities.database import clock_of, connect, reading, stating, writing
from activities.editions_used import EditionsUsed
from activities.health import instruments
from activities.lists import OfYear, Place
from activities.log import checking
from activities.published_editions import PublishedEditions
from activities.rows import Row
from activities.survey_standing import OfSurvey
from models.filing import Entry, Filing
from models.findings import Finding
from models.register import (
    ArrivalRow,
    EntryRow,
    FilingRow,
    MessageRow,
    PublicNoticeRow,
    RefusedAct,
    VersionRow,
)
from models.vocabulary import ActKind
from regulation import changes, judging, offices
from regulation.lifecycle import APPLYING

OF_FILING = lists.WHOLE.where(lists.FILINGS.c.filing_id == bindparam("of"))
VALUE_OF, IS_OPEN = (
    sql_select(column).where(lists.FILINGS.c.filing_id == bindparam("of"))
    for column in (lists.FILINGS.c.value, lists.FILINGS.c.open)
)
BODY_OF_ACTS = (
    sql_select(ENTRIES.c.body)
    .where(ENTRIES.c.filing_id == bindparam("of"), ENTRIES.c.act_id.in_(bindparam("acts", expanding=True)))
    .order_by(ENTRIES.c.number)
)
"""What doors ask at every act is asked by statements that are built once."""

LONGEST_REFUSAL = 500
"""Characters that are kept of why an act was refused; with everything else of it, under 2 KB."""


@dataclass
class Register:
    """The register behind one database."""

    engine: Engine
    _editions: EditionsUsed = field(default_factory=EditionsUsed, repr=False)

    @cached_property
    def published(self) -> PublishedEditions:
        """The editions of terms that were published in it."""
        return PublishedEditions(self.engine)

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

    # Entries

    def append(self, entry: Entry) -> Appended:
        """Compare and append (`Appending.append`)."""
        return Appending(self.engine, self._editions).append(entry)

    def append_all(self, docket: Sequence[Entry], brought: Sequence[Row] = ()) -> None:
        """Entries with their papers, whole or not at all, of lives that no engine lives or of a list (`Appending.append_all`)."""
        Appending(self.engine, self._editions).append_all(docket, brought)

    def refuse_changed_editions(self) -> None:
        """At start-up: raise if an edition by which filings count was altered or lost since."""
        with self.engine.connect() as db:
            editions_used.refuse_changed(db)

    # Papers

    def lodge(self, filing_id: str, kind: str, paper: Mapping[str, Any], now: datetime) -> str:
        """Store a paper under its digest; the same paper twice is one."""
        with stating(self.engine) as db:
            return papers.store(db, filing_id, kind, paper, now)

    def paper(self, key: str) -> dict[str, Any]:
        """What a paper says, by its digest."""
        with self.engine.connect() as db:
            return papers.content(db, key)

    def has_paper(self, key: str) -> bool:
        """Whether a paper is stored."""
        with self.engine.connect() as db:
            return papers.is_stored(db, key)

    def attached(self, filing_id: str | None = None) -> list[Reference]:
        """The files that the papers of a filing refer to, or those of all, and whatever else was brought."""
        with self.engine.connect() as db:
            return papers.all_attached(db) if filing_id is None else papers.attached(db, filing_id)

    # What doors ask, and leave

    def reserve_archive_number(self, filing_id: str, prefix: str) -> str:
        """备案编号: the next running number under a prefix, once a filing (G-40)."""
        with writing(self.engine) as session:
            return archive_numbers.reserve(session, filing_id, prefix)

    def foresee_archive_number(self, filing_id: str, prefix: str) -> str:
        """The number that a filing would be given now; another filing may still take it first."""
        with reading(self.engine) as session:
            return archive_numbers.foreseen(session, filing_id, prefix)

    def record_refusal(
        self, filing_id: str, act: Mapping[str, Any], message: str, now: datetime, *, asked: str | None = None
    ) -> None:
        """Record an act that was refused without an entry. If `asked` is told, that was its answer: it has arrived no more.

        However much was refused, at most 2 KB are kept of it.
        """
        instruments.refused(str(act.get("kind")))
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

    def known(self, filing_id: str, form: Mapping[str, Any]) -> judging.Known:
        """What the register knows that bears on an application, as far as whoever brings it may know it. From now on this
        process also knows every edition that was published, by the newest of which it is examined.

        That a name is taken anybody may know. What a leader has beside it is told to that leader and to the province.
        """
        self.published.catch_up()
        leader = known.leader_of(form)
        with self.engine.connect() as db:
            near = known.around(db, filing_id, str(form.get("alliance_name")), leader)
            present = known.present(db, near)
        return known.of_application(near, form, leader if known.may_know(near, form, leader) else "", present)

    def continuations(self) -> list[Continuation]:
        """继续申报: archived filings whose predecessor still stands or ended unannounced, each with it (G-32)."""
        with reading(self.engine) as session:
            return continuations.found(session)

    def subject(self, filing_id: str, content: Any) -> changes.Subject | None:
        """The filing on which a change is reported, and what the register knows of the name that its paper brings."""
        with reading(self.engine) as session:
            row = session.get(FilingRow, filing_id)
            if row is None:
                return None
            name = content.get("alliance_name") if isinstance(content, Mapping) else None
            named = isinstance(name, str) and known.around(session.connection(), filing_id, name)
            taken = bool(named and named.called_alike)
            return changes.Subject(
                filing=Filing.model_validate_json(row.value),
                alliance_name=row.alliance_name,
                leader_name=row.leader_name,
                known=judging.Known(names=(str(name),) if taken else ()),
            )

    # On a filing

    def filing(self, filing_id: str) -> Filing | None:
        """A filing as it stands."""
        with self.engine.connect() as db:
            value = db.scalar(VALUE_OF, {"of": filing_id})
        return Filing.model_validate_json(value) if value else None

    def is_open(self, filing_id: str) -> bool:
        """Whether a filing stands that has not come to its end."""
        with self.engine.connect() as db:
            return bool(db.scalar(IS_OPEN, {"of": filing_id}))

    def row(self, filing_id: str) -> FilingRow | None:
        """A filing's row."""
        with self.engine.connect() as db:
            return next(iter(lists.read_rows(db, OF_FILING, {"of": filing_id})), None)

    def rows(self, filing_ids: Iterable[str], *, whole: bool = True) -> dict[str, FilingRow]:
        """Those of some filings, by their ids. Not `whole`, they are lines of a list, without the filing itself."""
        with self.engine.connect() as db:
            return lists.named(db, filing_ids, whole=whole)

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

    def bodies(self, filing_id: str) -> Sequence[str]:
        """The docket as it is stored, in order: for what reads thousands of entries and needs little of each."""
        with reading(self.engine) as session:
            query = select(EntryRow.body).where(EntryRow.filing_id == filing_id).order_by(col(EntryRow.number))
            return session.exec(query).all()

    def entry(self, filing_id: str, number: int) -> Entry | None:
        """One entry by its number."""
        with self.engine.connect() as db:
            body = db.scalar(BODY_OF_NUMBER, {"of": filing_id, "number": number})
        return Entry.model_validate_json(body) if body else None

    def entry_of(self, filing_id: str, *act_ids: str) -> Entry | None:
        """The entry of an act, whenever it was: the first under one of these ids."""
        with self.engine.connect() as db:
            body = db.scalars(BODY_OF_ACTS, {"of": filing_id, "acts": act_ids}).first()
        return Entry.model_validate_json(body) if body else None

    def objected_since(self, filing_id: str, instant: datetime) -> int:
        """How many objections were entered on a filing that were received since an instant."""
        of_public = select(func.count()).where(EntryRow.filing_id == filing_id, EntryRow.kind == ActKind.OBJECT.value)
        with reading(self.engine) as session:
            return session.exec(of_public.where(EntryRow.at >= instant)).one()

    def version_rows(self, filing_id: str) -> list[VersionRow]:
        """The versions of an application, in order."""
        with reading(self.engine) as session:
            query = select(VersionRow).where(VersionRow.filing_id == filing_id)
            return list(session.exec(query.order_by(col(VersionRow.version))))

    def application(self, filing_id: str) -> dict[str, Any]:
        """The application as it stands: its last version, with its name, leader and members as changes since have left them (G-24)."""
        with reading(self.engine) as session:
            row = session.get_one(FilingRow, filing_id)
        version, standing = self.version_rows(filing_id)[-1].paper, Filing.model_validate_json(row.value).paper
        change = None if version == standing else self.paper(standing)
        return changes.applied(self.paper(version), row.alliance_name, change)

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

    def verify(self, filing_id: str) -> list[str]:
        """What is wrong with a filing's chain; empty if every entry, message, notice and paper is as it was written."""
        faults = []
        with reading(self.engine) as session:
            try:
                for fault in proof.faults(session, filing_id, partial(papers.content, session.connection())):
                    faults.append(fault)
            except (papers.PaperMissing, ValueError, TypeError, LookupError) as unreadable:
                faults.append(f"备案库的内容无法读取（{type(unreadable).__name__}）")
            faults += checking.of_filing(session.connection(), filing_id)
        return faults

    def masked(self, filing_id: str | None = None) -> list[dict[str, Any]]:
        """Which papers were masked when their time was over, of one filing or of all."""
        with self.engine.connect() as db:
            return papers.masked(db, filing_id)

    # On many

    def filings(
        self,
        *,
        stage: str | None = None,
        kind: str | None = None,
        jurisdiction: str | None = None,
        zone: str | None = None,
        waiting_for: str | None = None,
        awaits_iit: bool = False,
        due_by: datetime | None = None,
        overdue: bool = False,
        of_year: OfYear | None = None,
        of_survey: OfSurvey | None = None,
        text: str | None = None,
        named: str | None = None,
        evaluated: str | None = None,
        also: Sequence[ColumnElement[bool]] = (),
        scope: offices.Scope | None = None,
        after: Place | None = None,
        limit: int = 200,
        whole: bool = True,
        order: lists.Order = "due",
    ) -> list[FilingRow]:
        """Filings: first those on which something is overdue, then by the nearest deadline; those that wait for no day last.

        A deadline is the instant at which it is over; `due_by` is the last such instant that is meant (`values.due_by`).
        `overdue`: an office is late with something. `of_year`: what became of a reporting year; `of_survey`: how it stands in a survey.
        `text` is looked for in ids, names, codes and archive numbers, `also` are further conditions. With `after`, the ones that follow that one.
        Not `whole`, they are lines of a list, without the filing itself. `order` may be another one.
        """
        with self.engine.connect() as db:
            return lists.listed(
                db, stage=stage, kind=kind, jurisdiction=jurisdiction, zone=zone, waiting_for=waiting_for,
                awaits_iit=awaits_iit, due_by=due_by, overdue=overdue, of_year=of_year, of_survey=of_survey, text=text,
                named=named, evaluated=evaluated, also=also, scope=scope, after=after, limit=limit, whole=whole,
                order=order,
            )  # fmt: skip

    def filing_ids(self) -> list[str]:
        """Every filing there is, in order."""
        with reading(self.engine) as session:
            return list(session.exec(select(FilingRow.filing_id).order_by(col(FilingRow.filing_id))))

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

    def applications_of(self, leader: str, since: datetime) -> tuple[int, int]:
        """How many applications of a leader are under way, and how many were received since an instant."""
        mine = select(func.count()).select_from(FilingRow).where(FilingRow.leader == leader)
        applying = [stage.value for stage in APPLYING]
        of_it, first = col(EntryRow.filing_id) == FilingRow.filing_id, col(EntryRow.number) == 1
        with reading(self.engine) as session:
            under_way = session.exec(mine.where(col(FilingRow.stage).in_(applying))).one()
            return under_way, session.exec(mine.join(EntryRow, and_(of_it, first)).where(EntryRow.at >= since)).one()
