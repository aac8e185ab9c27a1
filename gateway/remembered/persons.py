"""What there is about a person (个人信息查询): where somebody's telephone, name or opaque id stands, listed on request.

Everybody may ask what is kept about them (个人信息保护法第四十五条). Whoever looks it up has a post that may, and each time is
in the audit, by a digest under the deployment's secret: the record says that the same was looked for, and not what.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, func, or_, select

from activities.database import reading
from gateway.identity import Identity
from gateway.remembered.audit import AUDIT, Audit, AuditKind
from models import contacts
from models.gateway import (
    AbsenceRow,
    DraftRow,
    HandlingRow,
    PersonNameRow,
    PersonRow,
    PhraseRow,
    SavedFilterRow,
    SessionRow,
    SubscriptionRow,
)
from models.register import EntryRow, Paper, RefusedAct, RoundEntryRow
from models.values import Value, canonical
from models.vocabulary import Role

MAY_ASK = (Role.PROVINCE_ST, Role.PROVINCE_IIT, Role.AUDITOR, Role.OPERATOR)
"""Who may look up what there is about somebody, wherever it stands."""

PAPERS, DRAFTS, ENTRIES, ROUND_ENTRIES, HANDLINGS, PEOPLE, REFUSALS, SESSIONS, SAVED, NAMES, ABSENCES, PHRASES, SUBSCRIPTIONS = (
    model.metadata.tables[model.__tablename__]
    for model in (
        Paper, DraftRow, EntryRow, RoundEntryRow, HandlingRow, PersonRow, RefusedAct, SessionRow, SavedFilterRow,
        PersonNameRow, AbsenceRow, PhraseRow, SubscriptionRow,
    )
)  # fmt: skip


class Place(Value):
    """Where something about somebody stands: in what, of which filing or round, under which field, what, since when."""

    where: str
    filing_id: str | None = None
    field: str
    value: str
    at: datetime | None = None


def who_asks(engine: Engine, person: str) -> Identity | None:
    """Somebody who signed in and may look people up; None for everybody else."""
    with reading(engine) as session:
        row = session.get(PersonRow, person)
    if row is None or Role(row.role) not in MAY_ASK:
        return None
    return Identity(person=row.person, name=row.name, office=row.office, role=Role(row.role))


@dataclass(frozen=True)
class Persons:
    """Looking people up behind one database; `secret` keeps what was looked for out of the audit."""

    engine: Engine
    secret: str

    def find(self, word: str, who: Identity, now: datetime) -> list[Place]:
        """Every place where it stands: as a whole id, anywhere in a text of a paper or a draft, or as a telephone however written."""
        told = str(contacts.phone(word.strip()))
        mark = hmac.new(self.secret.encode(), told.encode(), hashlib.sha256).hexdigest()
        Audit(self.engine).note(who, AuditKind.SEARCHED, now, about=mark)
        with self.engine.connect() as db:
            return [*_in_papers(db, told), *_of_id(db, told)]


def _in_papers(db: Connection, word: str) -> Iterator[Place]:
    """In the texts of papers and drafts."""
    written = canonical(word)[1:-1]
    rows = select(PAPERS.c.kind, PAPERS.c.filing_id, PAPERS.c.body, PAPERS.c.stored_at)
    there = rows.where(PAPERS.c.body.contains(written, autoescape=True)).order_by(
        PAPERS.c.filing_id, PAPERS.c.stored_at
    )
    for row in db.execute(there.execution_options(yield_per=100)):
        for field, value in _fields(json.loads(row.body), word):
            yield Place(where=f"文书 {row.kind}", filing_id=row.filing_id, field=field, value=value, at=row.stored_at)
    drafts = select(DRAFTS.c.id, DRAFTS.c.body, DRAFTS.c.updated_at)
    for draft in db.execute(drafts.where(DRAFTS.c.body.contains(written, autoescape=True)).order_by(DRAFTS.c.id)):
        for field, value in _fields(json.loads(draft.body), word):
            yield Place(where="草稿", filing_id=draft.id, field=field, value=value, at=draft.updated_at)
    people = select(PEOPLE).where(or_(PEOPLE.c.person == word, PEOPLE.c.name == word))
    for one in db.execute(people.order_by(PEOPLE.c.person)):
        yield Place(where="人员", field="name", value=f"{one.person} {one.name}", at=one.seen_at)
    names = select(NAMES).where(or_(NAMES.c.person == word, NAMES.c.name == word))
    for one in db.execute(names.order_by(NAMES.c.person, NAMES.c.since)):
        yield Place(where="人员姓名", field="name", value=f"{one.person} {one.name}", at=one.since)


def _of_id(db: Connection, word: str) -> Iterator[Place]:
    """What somebody did under their opaque id, as counts: by filing or round, in the audit, in what the doors remember."""
    named = f'"person":{canonical(word)}'
    for table, name in ((ENTRIES, "登记"), (ROUND_ENTRIES, "轮次登记")):
        of = table.c.filing_id if table is ENTRIES else table.c.round_id
        counted = select(of.label("of"), func.count().label("count"), func.max(table.c.at).label("at")).group_by(of)
        for row in db.execute(counted.where(table.c.body.contains(named, autoescape=True)).order_by(of)):
            yield Place(where=name, filing_id=row.of, field="by.person", value=f"{row.count}条", at=row.at)
    kept = (
        (AUDIT.c.person, AUDIT.c.at, "审计"), (REFUSALS.c.person, REFUSALS.c.refused_at, "未予登记的行为"),
        (HANDLINGS.c.by_person, HANDLINGS.c.at, "经办"), (HANDLINGS.c.to_person, HANDLINGS.c.at, "经办"),
        (SESSIONS.c.person, SESSIONS.c.started_at, "会话"), (SUBSCRIPTIONS.c.person, SUBSCRIPTIONS.c.started_at, "日历订阅"),
        (ABSENCES.c.person, ABSENCES.c.set_at, "委托代办"), (ABSENCES.c.deputy, ABSENCES.c.set_at, "委托代办"),
        (ABSENCES.c.set_by, ABSENCES.c.set_at, "委托代办"), (PHRASES.c.by_person, PHRASES.c.at, "常用语"),
    )  # fmt: skip
    for person, at, name in kept:
        count, last = db.execute(select(func.count(), func.max(at)).where(person == word)).one()
        if count:
            yield Place(where=name, field=person.name, value=f"{count}条", at=last)
    if saved := db.scalar(select(func.count()).select_from(SAVED).where(SAVED.c.person == word)):
        yield Place(where="常用筛选", field="person", value=f"{saved}条")


def _fields(value: Any, word: str, at: str = "") -> Iterator[tuple[str, str]]:
    """The texts in a document that hold a word, by their pointers; long ones cut."""
    match value:
        case str() if word in value:
            yield at, value if len(value) <= LONGEST else f"{value[:LONGEST]}…"
        case Mapping():
            for name, each in value.items():
                yield from _fields(each, word, f"{at}/{name}")
        case list():
            for number, each in enumerate(value):
                yield from _fields(each, word, f"{at}/{number}")


LONGEST = 200
"""How much of a text is listed, in characters."""
