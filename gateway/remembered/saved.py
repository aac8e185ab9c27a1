"""Saved filters (常用筛选): the lists that somebody looks at often, each under a name, by the query that makes it."""

from dataclasses import dataclass

from sqlalchemy import Engine, delete
from sqlmodel import col, func, select

from activities.database import alone, reading, writing
from models.gateway import SavedFilterRow

MOST = 30
"""How many somebody may keep."""


class TooMany(Exception):
    """常用筛选已满"""


@dataclass(frozen=True)
class SavedFilters:
    """The saved filters behind one database. Everybody has their own."""

    engine: Engine

    def of(self, person: str) -> list[SavedFilterRow]:
        """Somebody's, by name."""
        with reading(self.engine) as session:
            query = select(SavedFilterRow).where(SavedFilterRow.person == person)
            return list(session.exec(query.order_by(col(SavedFilterRow.name))))

    def save(self, person: str, name: str, query: str) -> None:
        """Keep a list under a name; one of that name is replaced."""
        mine = SavedFilterRow.person == person
        with writing(self.engine) as session:
            alone(session, "saved filters", person)
            row = session.exec(select(SavedFilterRow).where(mine, SavedFilterRow.name == name)).first()
            kept = session.exec(select(func.count()).select_from(SavedFilterRow).where(mine)).one()
            if row is None and kept >= MOST:
                raise TooMany
            row = row or SavedFilterRow(person=person, name=name, query=query)
            row.query = query
            session.add(row)

    def delete(self, person: str, filter_id: int) -> bool:
        """Forget one; False if it is not theirs."""
        mine = (col(SavedFilterRow.id) == filter_id, col(SavedFilterRow.person) == person)
        with writing(self.engine) as session:
            return session.connection().execute(delete(SavedFilterRow).where(*mine)).rowcount > 0
