"""Retention (保存期限): what is past its time is masked or deleted, a day at a time, and the audit has on record what was.

A paper is masked, not deleted: the fields that identify somebody go (regulation/retention.py), with the nonce by which they could
be guessed. Its digest stays what it was, so whoever has the original can still prove it; which text took its place is told by
`masked_papers` and by a line of the audit in the same transaction (activities/papers.py, `fault`).
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, select, update
from sqlalchemy.exc import IntegrityError

from activities import papers
from activities.database import stating
from gateway.identity import Identity
from gateway.remembered.audit import Audit, AuditKind
from models.filing import Entry
from models.gateway import PersonNameRow, PersonRow, SubscriptionRow
from models.register import (
    DeliveryRow,
    EntryRow,
    FilingRow,
    LetterRow,
    MaskedPaper,
    Paper,
    RefusedAct,
    RoundEntryRow,
    RoundRow,
)
from models.values import Named, Value, canonical, day_of
from models.vocabulary import Role
from regulation import identity, offices, retention

PAPERS, MASKED, FILINGS, ENTRIES, ROUNDS, ROUND_ENTRIES, LETTERS, DELIVERIES, REFUSALS, PEOPLE = (
    model.metadata.tables[model.__tablename__]
    for model in (
        Paper, MaskedPaper, FilingRow, EntryRow, RoundRow, RoundEntryRow, LetterRow, DeliveryRow, RefusedAct, PersonRow,
    )
)  # fmt: skip

NAMES = PersonNameRow.metadata.tables["person_names"]
SUBSCRIPTIONS = SubscriptionRow.metadata.tables["subscriptions"]
"""What people were called before, and by which addresses they read their deadlines: these go with them."""

ROUTINE = Identity(person=identity.RETENTION, name="保存期限", office=offices.PROVINCE, role=Role.OPERATOR)
"""Who masks and deletes: the daily routine, or whoever may run the command line."""

SHORTEST = timedelta(days=365)
"""No paper is masked sooner: what changed since need not be looked at."""


class Kept(Named):
    """What is kept for so long, and by which number of the terms (`retention.…`)."""

    DRAFT = "draft_days", "草稿（自最后修改）"
    UNMENTIONED = "unmentioned_days", "无人引用的文书和上传材料"
    APPLICANT = "applicant_years", "未入库即终结的备案的联系信息"
    FILED = "filed_years", "入库后终结的备案的联系信息"
    OBJECTOR = "objector_years", "异议人身份（自办结）"
    REFUSAL = "refusal_years", "未予登记的行为的记录"
    PERSON = "person_years", "不再登录的人员"
    AUDIT = "audit_years", "审计记录"

    @property
    def number(self) -> str:
        """Its number of the terms."""
        return f"retention.{self.value}"


class Expired(Value):
    """Something past its time: what, how much of it, of which filing or round, which fields of which paper."""

    kept: str
    count: int = 1
    filing_id: str | None = None
    paper: str | None = None
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class Retention:
    """What is past its time, behind one database."""

    engine: Engine

    def due(self, now: datetime) -> list[Expired]:
        """What is past its time and still there; nothing is changed."""
        with self.engine.connect() as db:
            found = [each for whose in self._candidates(db, now) for each in _of(db, whose, now)]
            return [*found, *_rows(db, now)]

    def apply(self, now: datetime) -> list[Expired]:
        """Mask and delete it, a transaction a filing; what was done."""
        with self.engine.connect() as db:  # most have nothing, and need no turn to write
            candidates = [whose for whose in self._candidates(db, now) if _of(db, whose, now)]
        done = [each for whose in candidates for each in self._mask(whose, now)]
        with stating(self.engine) as db:
            rows = list(_rows(db, now))
            for each in rows:
                if each.kept != Kept.AUDIT:
                    table, condition = _of_age(now)[Kept(each.kept)]
                    db.execute(delete(table).where(condition))
            for table in (NAMES, SUBSCRIPTIONS):
                db.execute(delete(table).where(table.c.person.not_in(select(PEOPLE.c.person))))
        audit = Audit(self.engine)
        cut = [each for each in rows if each.kept == Kept.AUDIT]
        if cut and not audit.cut(ROUTINE, _audit_before(now), now):
            rows = [each for each in rows if each not in cut]
        others = [each for each in rows if each.kept != Kept.AUDIT]
        if others:
            told = ",".join(f"{each.kept}:{each.count}" for each in others)
            audit.note(ROUTINE, AuditKind.EXPIRED, now, about=told)
        return [*done, *rows]

    def _candidates(self, db: Connection, now: datetime) -> Iterator[str]:
        """Whose papers are to be looked at: filings that ended, filings with objections, rounds with objections, none of them lately."""
        old = now - SHORTEST
        ended = select(FILINGS.c.filing_id).where(~FILINGS.c.open, FILINGS.c.updated_at <= old)
        objected = select(ENTRIES.c.filing_id).where(
            ENTRIES.c.kind == retention.OBJECTIONS[0], ENTRIES.c.entered_at <= old
        )
        rounds = select(ROUND_ENTRIES.c.round_id).where(ROUND_ENTRIES.c.kind.in_(retention.OBJECTIONS))
        rounds = rounds.join(ROUNDS, ROUNDS.c.round_id == ROUND_ENTRIES.c.round_id)
        rounds = rounds.where(~ROUNDS.c.open, ROUNDS.c.updated_at <= old)
        for query in (ended.union(objected), rounds.distinct()):
            yield from sorted(db.scalars(query))

    def _mask(self, whose: str, now: datetime) -> list[Expired]:
        """Mask what is past its time of one filing or round, all of it or nothing."""
        try:
            with stating(self.engine) as db:
                for table in (FILINGS.c.filing_id, ROUNDS.c.round_id):  # nothing is entered meanwhile
                    db.execute(select(table).where(table == whose).with_for_update())
                found = _of(db, whose, now)
                if found:
                    self._masked(db, whose, found, now)
                return found
        except IntegrityError:  # another gateway did it meanwhile
            return []

    def _masked(self, db: Connection, whose: str, found: Iterable[Expired], now: datetime) -> None:
        made = []
        for each in found:
            body = canonical(retention.without(papers.content(db, each.paper or ""), each.fields))
            db.execute(update(PAPERS).where(PAPERS.c.digest == each.paper).values(body=body))
            row = {
                "digest": each.paper,
                "stands": hashlib.sha256(body.encode()).hexdigest(),
                "filing_id": whose,
                "fields": canonical(each.fields),
                "whose": Kept(each.kept).number,
            }
            made.append(row)
        report = papers.report_of(made := sorted(made, key=lambda row: str(row["digest"])))
        db.execute(MASKED.insert(), [row | {"masked_at": now, "report": report} for row in made])
        if any(row["whose"] != retention.OBJECTED for row in made):
            of_it = select(LETTERS.c.id).where(LETTERS.c.filing_id == whose)
            db.execute(update(DELIVERIES).where(DELIVERIES.c.letter.in_(of_it)).values(address="", receipt=""))
        Audit(self.engine).add(db, ROUTINE, AuditKind.MASKED, now, filing_id=whose, about=report)


def _of(db: Connection, whose: str, now: datetime) -> list[Expired]:
    """What is past its time in the papers of one filing or round."""
    there = select(PAPERS.c.digest, PAPERS.c.kind, PAPERS.c.body).where(PAPERS.c.filing_id == whose)
    loose = there.where(PAPERS.c.digest.not_in(select(MASKED.c.digest))).order_by(PAPERS.c.digest)
    told = [(row, retention.personal(papers.read(row.body), row.kind)) for row in db.execute(loose)]
    if not any(fields for _, fields in told):
        return []
    docket = select(ENTRIES.c.body).where(ENTRIES.c.filing_id == whose).order_by(ENTRIES.c.number)
    reached: retention.Due | None = None
    if entries := [Entry.model_validate_json(body) for body in db.scalars(docket)]:
        reached, objectors = retention.contacts(entries, day_of(now)), retention.objectors(entries, day_of(now))
    else:
        objectors = _of_round(db, whose, now)
    found = []
    for row, fields in told:
        due = objectors.get(row.digest) if row.kind in retention.OBJECTIONS else reached
        if fields and due is not None and due.at <= now:
            kept = due.whose.removeprefix("retention.")
            found.append(Expired(kept=kept, filing_id=whose, paper=row.digest, fields=tuple(fields)))
    return found


def _of_round(db: Connection, round_id: str, now: datetime) -> dict[str, retention.Due]:
    """When who objected in a round is past its time: so many years after the round was over."""
    row = db.execute(select(ROUNDS.c.open, ROUNDS.c.updated_at).where(ROUNDS.c.round_id == round_id)).first()
    if row is None or row.open:
        return {}
    at = retention.years_after(row.updated_at, retention.number(retention.OBJECTED, day_of(now)))
    objections = ROUND_ENTRIES.c.kind.in_(retention.OBJECTIONS)
    entered = select(ROUND_ENTRIES.c.paper).where(ROUND_ENTRIES.c.round_id == round_id, objections)
    return {key: retention.Due(retention.OBJECTED, at) for key in db.scalars(entered) if key}


def _before(kept: Kept, now: datetime) -> datetime:
    return retention.years_before(now, retention.number(kept.number, day_of(now)))


def _audit_before(now: datetime) -> datetime:
    return _before(Kept.AUDIT, now)


def _of_age(now: datetime) -> dict[Kept, tuple[Any, Any]]:
    """What is deleted by its age alone."""
    return {
        Kept.REFUSAL: (REFUSALS, REFUSALS.c.refused_at < _before(Kept.REFUSAL, now)),
        Kept.PERSON: (PEOPLE, PEOPLE.c.seen_at < _before(Kept.PERSON, now)),
    }


def _rows(db: Connection, now: datetime) -> Iterator[Expired]:
    """What is past its time of that which is deleted by its age, counted."""
    for kept, (table, condition) in _of_age(now).items():
        if count := db.scalar(select(func.count()).select_from(table).where(condition)):
            yield Expired(kept=kept, count=count)
    if count := db.scalar(select(func.count()).select_from(papers.AUDIT).where(papers.AUDIT.c.at < _audit_before(now))):
        yield Expired(kept=Kept.AUDIT, count=count)
