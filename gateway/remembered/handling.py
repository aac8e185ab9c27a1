"""Handling (经办): 转办, 委派, 拿回, 催办 and 抄送 among people and offices.

They reach the inbox of whoever they are for, and touch no legal state: who may do an act is the lifecycle's matter alone.
An office stands here with the role in it, as `city_iit@210100`: a city's 科技局 and 工信部门 share one code, and so do
all of the province's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Engine, Select, and_, bindparam, func, or_, update
from sqlalchemy import select as sql_select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from activities import lists
from activities.database import alone, reading, writing
from gateway.identity import Identity
from gateway.remembered import absences
from models.gateway import AbsenceRow, HandlingRow, PersonRow
from models.register import FilingRow
from models.values import Named, at_hour, day_of
from models.vocabulary import Role
from regulation import offices

NOTE = 200
"""How long a note may be, in characters."""

SHOWN = 200
"""How many records somebody's inbox shows, the newest."""


class HandlingKind(Named):
    """What somebody asks of somebody else about a filing."""

    HAND_OVER = "hand_over", "转办"
    DEPUTE = "depute", "委派"
    NUDGE = "nudge", "催办"
    COPY = "copy", "抄送"


def post(role: Role, office: str) -> str:
    """An office with the role in it, as records name it."""
    return f"{role.value}@{office}"


def post_of(who: Identity) -> str:
    """Somebody's own post."""
    return post(who.role, who.office)


def place(key: str) -> str:
    """A post by name: 沈阳市工信部门, 省科技厅."""
    role, _, office = key.partition("@")
    return offices.title(Role(role), office)


def sees(key: str, row: FilingRow) -> bool:
    """Whether whoever holds a post may see a filing; nobody holds one that is not."""
    role, _, office = key.partition("@")
    if role not in set(Role) or not offices.is_post(Role(role), office):
        return False
    scope = offices.scope(Role(role), office)
    return scope is not None and lists.sees(scope, row)


def awaited(row: FilingRow) -> list[str]:
    """The posts that everybody waits for: the one that has to act, and the city's 工信 department beside it."""
    posts = [_awaited(row, row.waiting_for)] if row.waiting_for else []
    return [*posts, post(Role.CITY_IIT, row.jurisdiction)] if row.awaits_iit else posts


def _awaited(row: FilingRow, office: str) -> str:
    if office == row.leader:
        return post(Role.LEADER, office)
    if office == offices.PROVINCE:
        return post(Role.PROVINCE_ST, office)
    return post(Role.ZONE if office in offices.ZONES else Role.CITY_ST, office)


class InHand(NamedTuple):
    """Who has a filing in hand; while they are away, who stands in for them."""

    person: str
    name: str
    deputy: str | None = None
    deputy_name: str | None = None

    def is_for(self, who: Identity) -> bool:
        """Whether somebody has it in hand, for themselves or for whom they stand in."""
        return who.person in (self.person, self.deputy)

    def called(self, who: Identity) -> str:
        """As a list shows it to somebody: 代 is what they do for a colleague."""
        if self.deputy is None:
            return self.name
        return f"代：{self.name}" if self.deputy == who.person else f"{self.name}（{self.deputy_name}代）"


@dataclass(frozen=True)
class Handling:
    """The records behind one database."""

    engine: Engine

    def note(
        self,
        who: Identity,
        filing_id: str,
        kind: HandlingKind,
        to: str,
        to_person: str | None,
        note: str,
        now: datetime,
    ) -> None:
        """Put a record for a post, or for somebody in it.

        A hand-over ends whatever assigned the filing within that post before. A deputy stands before those, until it is
        taken back or done.
        """
        row = HandlingRow(
            filing_id=filing_id,
            kind=kind.value,
            by_person=who.person,
            by_office=post_of(who),
            to_person=to_person,
            to_office=to,
            note=note,
            at=now,
        )
        with writing(self.engine) as session:
            alone(session, "handling", filing_id)
            if kind is HandlingKind.HAND_OVER:
                _end(session, now, who, HandlingRow.filing_id == filing_id, _assigns(), HandlingRow.to_office == to)
            session.add(row)

    def nudge(self, who: Identity, row: FilingRow, note: str, now: datetime) -> list[str]:
        """催办: remind whoever is awaited, their own post aside, once a day; whom it reached."""
        today = at_hour(day_of(now), 0)
        mine = select(HandlingRow.to_office).where(
            HandlingRow.filing_id == row.filing_id,
            HandlingRow.kind == HandlingKind.NUDGE.value,
            HandlingRow.by_office == post_of(who),
            HandlingRow.at >= today,
        )
        with reading(self.engine) as session:
            reminded = set(session.exec(mine))
        reached = [each for each in awaited(row) if each != post_of(who) and each not in reminded]
        for each in reached:
            self.note(who, row.filing_id, HandlingKind.NUDGE, each, None, note, now)
        return reached

    def take_back(self, who: Identity, handling_id: int, now: datetime) -> bool:
        """拿回: whoever gave a filing away takes it back; False if it was not theirs to take."""
        with writing(self.engine) as session:
            mine = (HandlingRow.id == handling_id, HandlingRow.by_person == who.person, _assigns())
            return _end(session, now, who, *mine)

    def done(self, who: Identity, handling_id: int, now: datetime) -> bool:
        """已阅 or 办结: whoever it was for has done with it, or who stands in for them."""
        with writing(self.engine) as session:
            return _end(session, now, who, HandlingRow.id == handling_id, _for(who, day_of(now)))

    def for_(self, who: Identity, today: date) -> list[HandlingRow]:
        """What lies in somebody's inbox, the newest first: meant for them, for whom they stand in, or for their office."""
        query = select(HandlingRow).where(waits_for_them(who, today)).order_by(col(HandlingRow.at).desc())
        with reading(self.engine) as session:
            return list(session.exec(query.limit(SHOWN)))

    def of_filing(self, filing_id: str) -> list[HandlingRow]:
        """Every record about a filing, in order."""
        with reading(self.engine) as session:
            query = select(HandlingRow).where(HandlingRow.filing_id == filing_id)
            return list(session.exec(query.order_by(col(HandlingRow.at), col(HandlingRow.id))))

    def handlers(self, who: Identity, today: date, filing_ids: Sequence[str] | None = None) -> dict[str, InHand]:
        """Who of somebody's own office has which filings in hand, all or only these, and who stands in for them today."""
        if filing_ids is not None and not filing_ids:
            return {}
        query, of = (IN_HAND, {}) if filing_ids is None else (THESE_IN_HAND, {"these": filing_ids})
        with self.engine.connect() as db:
            found = db.execute(query, {"post": post_of(who), "today": today, **of})
            return {filing_id: InHand(*told) for filing_id, *told in found if told[0]}


def _in_hand() -> Select[*tuple[Any, ...]]:
    """What somebody of a post has in hand, each with the person, and who stands in for them on a day; both by name."""
    given, deputy = col(HandlingRow.to_person), col(AbsenceRow.deputy)
    person, substitute = aliased(PersonRow), aliased(PersonRow)
    query = sql_select(
        col(HandlingRow.filing_id),
        given,
        func.coalesce(person.name, given),
        deputy,
        func.coalesce(substitute.name, deputy),
    )
    away = and_(
        col(AbsenceRow.post) == bindparam("post"),
        col(AbsenceRow.person) == given,
        absences.standing(bindparam("today")),
    )
    query = query.outerjoin(person, col(person.person) == given).outerjoin(AbsenceRow, away)
    query = query.outerjoin(substitute, col(substitute.person) == deputy)
    of_post = col(HandlingRow.to_office) == bindparam("post")
    return query.where(of_post, _assigns(), _open()).order_by(col(HandlingRow.at), col(HandlingRow.id))


def waits_for_them(who: Identity, today: date) -> ColumnElement[bool]:
    """What lies in somebody's inbox on a day, as a condition."""
    return and_(_for(who, today), _open())


def _open() -> ColumnElement[bool]:
    return col(HandlingRow.ended_at).is_(None)


def _assigns() -> ColumnElement[bool]:
    return col(HandlingRow.kind).in_([HandlingKind.HAND_OVER.value, HandlingKind.DEPUTE.value])


def _for(who: Identity, today: date) -> ColumnElement[bool]:
    given, post_ = col(HandlingRow.to_person), post_of(who)
    away = sql_select(col(AbsenceRow.person)).where(
        col(AbsenceRow.post) == post_, col(AbsenceRow.deputy) == who.person, absences.standing(today)
    )
    return and_(col(HandlingRow.to_office) == post_, or_(given == who.person, given.is_(None), given.in_(away)))


def _end(session: Session, now: datetime, who: Identity, *which: Any) -> bool:
    ended = update(HandlingRow).where(_open(), *which)
    return session.connection().execute(ended, {"ended_at": now, "ended_by": who.person}).rowcount > 0


IN_HAND = _in_hand()
THESE_IN_HAND = IN_HAND.where(col(HandlingRow.filing_id).in_(bindparam("these", expanding=True)))
