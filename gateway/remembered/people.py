"""People (人员) who signed in: so that colleagues can be picked by name, and an opaque id be shown as one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import col, select

from activities.database import reading, writing
from gateway.identity import Identity
from models.gateway import PersonRow
from models.vocabulary import Role


@dataclass(frozen=True)
class People:
    """The directory behind one database."""

    engine: Engine

    def remember(self, who: Identity, now: datetime) -> None:
        """Note that somebody signed in, with the post they hold."""
        told = PersonRow(person=who.person, name=who.name, office=who.office, role=who.role.value, seen_at=now)
        with writing(self.engine) as session:
            session.merge(told)

    def colleagues(self, office: str, role: Role) -> list[PersonRow]:
        """Everybody who holds a post, by name."""
        query = select(PersonRow).where(PersonRow.office == office, PersonRow.role == role.value)
        with reading(self.engine) as session:
            return list(session.exec(query.order_by(PersonRow.name, PersonRow.person)))

    def named(self, persons: Iterable[str]) -> dict[str, str]:
        """The names of those who are known, by their opaque ids."""
        if not (asked := set(persons)):
            return {}
        query = select(PersonRow.person, PersonRow.name).where(col(PersonRow.person).in_(asked))
        with reading(self.engine) as session:
            return dict(session.exec(query).all())
