"""Who stands in for whom (委托代办): somebody is away from one day to another, and a colleague of the same post has their work.

The deputy has it in hand, and acts in their own name: no mandate goes from one person to another, and where the law asks for two
people it asks for two. Days are whole days. Whoever heads the office may say it for others.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import BindParameter, ColumnElement, Engine, and_, or_, update
from sqlmodel import col, select

from activities.database import alone, reading, writing
from gateway.identity import Identity
from models.findings import Finding
from models.gateway import AbsenceRow
from models.values import Value
from models.vocabulary import Severity
from regulation.naming import on_day

LONGEST = 366
"""How many days an absence may last, and how far ahead it may begin."""

MOST = 200
"""How many absences a post may have before it that are not over."""


class Asked(Value):
    """An absence as somebody asks for it."""

    person: str
    deputy: str
    first: date
    last: date

    def overlaps(self, other: AbsenceRow) -> bool:
        """Whether another is about some of the same days."""
        return self.first <= other.last and other.first <= self.last


def read(told: Mapping[str, str], person: str) -> tuple[Asked | None, list[Finding]]:
    """An absence from a form, or what cannot be read of it."""
    found, days = [], {}
    for name, title in (("first", "开始日期"), ("last", "结束日期")):
        try:
            days[name] = date.fromisoformat(told.get(name, "").strip())
        except ValueError:
            found.append(_finding(name, f"请填写{title}，如2026-12-01"))
    deputy = told.get("deputy", "").strip()
    if not deputy:
        found.append(_finding("deputy", "请选择代办人"))
    if found:
        return None, found
    return Asked(person=person, deputy=deputy, **days), []


def conflicts(
    asked: Asked, who: Identity, names: Mapping[str, str], others: Iterable[AbsenceRow], today: date
) -> Iterator[Finding]:
    """Everything that stands against an absence; `names` are those who hold the post, `others` its absences that are not over."""
    others = list(others)
    if asked.person != who.person and not who.head:
        yield _finding("person", "只有本人或者本机构负责人可以设定委托")
    if asked.person not in names:
        yield _finding("person", "委托人不是本机构同一身份的人员")
    if asked.deputy == asked.person:
        yield _finding("deputy", "不能委托本人代办")
    elif asked.deputy not in names:
        yield _finding("deputy", "代办人须为本机构同一身份的人员：其他机构的人员没有办理这些事项的职权")
    yield from _of_days(asked, today)
    for each in others:
        if asked.overlaps(each):
            yield from _against(asked, each, names)
    if len(others) >= MOST:
        yield _finding("person", f"本机构未结束的委托已有{MOST}条，请先撤回不用的")


def _of_days(asked: Asked, today: date) -> Iterator[Finding]:
    if asked.last < asked.first:
        yield _finding("last", "结束日期不得早于开始日期")
    if asked.first < today:
        yield _finding("first", f"开始日期不得早于今日（{on_day(today)}）")
    if max(asked.first - today, asked.last - asked.first) >= timedelta(days=LONGEST):
        yield _finding("last", f"委托应在一年以内开始，最长{LONGEST}日")


def _against(asked: Asked, each: AbsenceRow, names: Mapping[str, str]) -> Iterator[Finding]:
    """What another absence of the same days means for one that is asked for."""
    days = f"{on_day(each.first)}至{on_day(each.last)}"
    person, deputy = names.get(each.person, each.person), names.get(each.deputy, each.deputy)
    if each.person == asked.person:
        yield _finding("first", f"{person}{days}已委托{deputy}代办，日期重叠；请先撤回，或者另选日期")
    elif each.person == asked.deputy and each.deputy == asked.person:
        yield _finding("deputy", f"{person}{days}已委托{deputy}代办，不能互相委托")
    elif each.person == asked.deputy:
        yield _finding("deputy", f"{person}{days}也不在岗（已委托{deputy}代办），请另选代办人")
    elif each.deputy == asked.person:
        yield _finding("person", f"{days}由{deputy}代{person}办理，{deputy}不在岗则无人代办；请先为{person}另选代办人")


def _finding(field: str, message: str) -> Finding:
    return Finding(code="", field=field, severity=Severity.ERROR, message=message, article="")


def standing(today: date | BindParameter[date]) -> ColumnElement[bool]:
    """The absences of a day, as a condition."""
    return and_(col(AbsenceRow.first) <= today, col(AbsenceRow.last) >= today, col(AbsenceRow.ended_at).is_(None))


def concerns(person: str, post: str, today: date) -> ColumnElement[bool]:
    """The absences of a day in which somebody is away, or stands in, as a condition."""
    own = or_(col(AbsenceRow.person) == person, col(AbsenceRow.deputy) == person)
    return and_(col(AbsenceRow.post) == post, own, standing(today))


@dataclass(frozen=True)
class Absences:
    """The absences behind one database."""

    engine: Engine

    def of_post(self, post: str, today: date) -> list[AbsenceRow]:
        """Those of a post that are not over, by their first days."""
        query = select(AbsenceRow).where(AbsenceRow.post == post, AbsenceRow.last >= today, _kept())
        with reading(self.engine) as session:
            return list(session.exec(query.order_by(col(AbsenceRow.first), col(AbsenceRow.id))))

    def ask(
        self, who: Identity, post: str, asked: Asked, names: Mapping[str, str], now: datetime, today: date
    ) -> list[Finding]:
        """Set an absence, or tell everything that stands against it; both in one turn to write."""
        there = select(AbsenceRow).where(AbsenceRow.post == post, AbsenceRow.last >= today, _kept())
        with writing(self.engine) as session:
            alone(session, "absences", post)
            found = list(conflicts(asked, who, names, session.exec(there.order_by(col(AbsenceRow.first))), today))
            if not found:
                session.add(AbsenceRow(post=post, set_by=who.person, set_at=now, **asked.model_dump()))
        return found

    def withdraw(self, who: Identity, post: str, absence_id: int, now: datetime) -> bool:
        """Withdraw one: it is over at once. False if it is not there, or not theirs to withdraw."""
        mine = [col(AbsenceRow.id) == absence_id, col(AbsenceRow.post) == post, _kept()]
        if not who.head:
            mine.append(col(AbsenceRow.person) == who.person)
        with writing(self.engine) as session:
            ended = update(AbsenceRow).where(*mine).values(ended_at=now, ended_by=who.person)
            return session.connection().execute(ended).rowcount > 0

    def of_person(self, person: str, post: str, today: date) -> list[AbsenceRow]:
        """Those of a day in which somebody is away, or stands in."""
        with reading(self.engine) as session:
            return list(
                session.exec(select(AbsenceRow).where(concerns(person, post, today)).order_by(col(AbsenceRow.id)))
            )


def _kept() -> ColumnElement[bool]:
    return col(AbsenceRow.ended_at).is_(None)
