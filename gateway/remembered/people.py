"""People (人员) who signed in: so that colleagues can be picked by name, and an opaque id be shown as one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, or_
from sqlmodel import col, select

from activities.database import alone, reading, writing
from gateway.identity import Identity
from models.findings import Finding
from models.gateway import PersonNameRow, PersonRow
from models.rounds.inspections import InspectionActKind
from models.values import storable
from models.vocabulary import Role, Severity
from regulation.reading import finding

MOST_INSPECTORS = 10
"""As many as one assignment may name (`models.rounds.inspections.Assignment`); of more nobody is looked up."""


@dataclass(frozen=True)
class People:
    """The directory behind one database; `seeded` are known without having signed in."""

    engine: Engine
    seeded: Mapping[str, Identity] = field(default_factory=dict)

    def remember(self, who: Identity, now: datetime) -> None:
        """Note that somebody signed in, with the post they hold; and since when they are called so, if they were not before."""
        told = PersonRow(person=who.person, name=who.name, office=who.office, role=who.role.value, seen_at=now)
        names = select(PersonNameRow.name).where(PersonNameRow.person == who.person)
        with writing(self.engine) as session:
            alone(session, "person", who.person)
            if session.exec(names.order_by(col(PersonNameRow.since).desc()).limit(1)).first() != who.name:
                session.merge(PersonNameRow(person=who.person, since=now, name=who.name))
            session.merge(told)

    def colleagues(self, office: str, role: Role) -> list[PersonRow]:
        """Everybody who holds a post, by name."""
        query = select(PersonRow).where(PersonRow.office == office, PersonRow.role == role.value)
        with reading(self.engine) as session:
            return list(session.exec(query.order_by(PersonRow.name, PersonRow.person)))

    def known(self, kind: str, raw: Mapping[str, Any], who: Identity) -> tuple[dict[str, Any], list[Finding]]:
        """An act with the ids of all whom it names, be it that they were told by name; and who of them is nobody."""
        told, unknown = self.received(raw, who)
        if kind != InspectionActKind.ASSIGN_INSPECTORS:
            return told, unknown
        told, nobody = self.inspecting(told, who)
        return told, [*unknown, *nobody]

    def received(self, raw: Mapping[str, Any], who: Identity) -> tuple[dict[str, Any], list[Finding]]:
        """An act with the id of whoever took in what came, be it that they were told by name; and that nobody of the office is called so,
        or has that id."""
        came = raw.get("came")
        told = came.get("received_by") if isinstance(came, Mapping) else None
        if not isinstance(came, Mapping) or not isinstance(told, str) or not told or told == who.person:
            return dict(raw), []
        seeded = {each.person: each.name for each in self.seeded.values() if each.office == who.office}
        with reading(self.engine) as session:
            query = select(PersonRow.person, PersonRow.name).where(PersonRow.office == who.office)
            office = seeded | dict(session.exec(query).all())
        called = [told] if told in office else [person for person, name in office.items() if name == told]
        if len(called) == 1:
            return {**raw, "came": {**came, "received_by": called[0]}}, []
        why = f"本机构有{len(called)}人同名，请填写其编号" if called else "本机构没有这样的工作人员登录过本系统"
        said = f"收件人须为本机构工作人员的姓名，或者其编号（如 {who.person}）：{why}"
        return dict(raw), [finding("G-42", "/came/received_by", Severity.ERROR, said)]

    def inspecting(self, raw: Mapping[str, Any], who: Identity) -> tuple[dict[str, Any], list[Finding]]:
        """An act with the ids of those who are to inspect, be it that they were told by name; and who of them nobody is: a record is entered
        by the inspector, and nobody could."""
        content = raw.get("content")
        people = content.get("inspectors") if isinstance(content, Mapping) else None
        if not isinstance(content, Mapping) or not isinstance(people, Sequence) or isinstance(people, str):
            return dict(raw), []
        known, read, found = self._known(who.office, people[:MOST_INSPECTORS]), [], list[Finding]()
        for number, each in enumerate(people):
            told = each.get("person") if isinstance(each, Mapping) else None
            if number >= MOST_INSPECTORS or not isinstance(told, str) or not told:
                read.append(each)
                continue
            called = [told] if told in known else [person for person, name in known.items() if name == told]
            read.append({**each, "person": called[0]} if len(called) == 1 else each)
            if len(called) != 1:
                why = f"有{len(called)}人同名，请填写其编号" if called else "没有这样的人员登录过本系统，请其先登录一次"
                said = f"检查人员须按姓名选用，或者填写其登录本系统的编号：{why}"
                found.append(finding("A-33", f"/content/inspectors/{number}/person", Severity.ERROR, said))
        return {**raw, "content": {**content, "inspectors": read}}, found

    def _known(self, office: str, people: Iterable[Any]) -> dict[str, str]:
        """Everybody of an office, and whoever else is told by an id, by their names."""
        told = {
            storable(each["person"])
            for each in people
            if isinstance(each, Mapping) and isinstance(each.get("person"), str)
        }
        query = select(PersonRow.person, PersonRow.name).where(
            or_(col(PersonRow.office) == office, col(PersonRow.person).in_(told))
        )
        with reading(self.engine) as session:
            there = dict(session.exec(query).all())
        seeded = {
            each.person: each.name for each in self.seeded.values() if each.office == office or each.person in told
        }
        return seeded | there

    def named(self, persons: Iterable[str]) -> dict[str, str]:
        """The names of those who are known, by their opaque ids."""
        if not (asked := set(persons)):
            return {}
        query = select(PersonRow.person, PersonRow.name).where(col(PersonRow.person).in_(asked))
        seeded = {person: self.seeded[person].name for person in asked & self.seeded.keys()}
        with reading(self.engine) as session:
            return seeded | dict(session.exec(query).all())

    def named_then(self, when: Iterable[tuple[str, datetime]]) -> dict[tuple[str, datetime], str]:
        """What persons were called at an instant each; of whom no name of then is known, the first that is."""
        asked = set(when)
        if not asked:
            return {}
        query = select(PersonNameRow).where(col(PersonNameRow.person).in_({person for person, _ in asked}))
        called: dict[str, list[PersonNameRow]] = {}
        with reading(self.engine) as session:
            for row in session.exec(query.order_by(col(PersonNameRow.since))):
                called.setdefault(row.person, []).append(row)
        known = self.named({person for person, _ in asked} - called.keys())
        return {
            (person, at): next(
                (row.name for row in reversed(called[person]) if row.since <= at), called[person][0].name
            )
            if person in called
            else known[person]
            for person, at in asked
            if person in called or person in known
        }
