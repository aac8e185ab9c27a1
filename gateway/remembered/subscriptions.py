"""Subscriptions to a calendar (日历订阅): a secret address by which a calendar program reads somebody's deadlines, without a sign-in.

The address is shown once; kept is only the digest of what is secret in it. Whoever asks for another has that one alone, whoever
withdraws it has none, and it is good for the post that its owner held when asking, and for as long as they hold it.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, delete, select, update
from sqlmodel import col

from activities.database import alone, reading, writing
from gateway.identity import Identity
from models.gateway import PersonRow, SubscriptionRow
from models.values import day_of
from models.vocabulary import Role
from regulation import identity

SUBSCRIPTIONS = SubscriptionRow.metadata.tables["subscriptions"]
PEOPLE = PersonRow.metadata.tables["people"]


@dataclass(frozen=True)
class Subscriptions:
    """The subscriptions behind one database."""

    engine: Engine

    def begin(self, who: Identity, now: datetime) -> str:
        """A new address's secret, in place of whatever they had."""
        secret = secrets.token_urlsafe(32)
        row = SubscriptionRow(
            id=_key(secret), person=who.person, office=who.office, role=who.role.value, started_at=now
        )
        with writing(self.engine) as session:
            alone(session, "subscriptions", who.person)
            session.connection().execute(delete(SubscriptionRow).where(col(SubscriptionRow.person) == who.person))
            session.add(row)
        return secret

    def withdraw(self, who: Identity) -> bool:
        """End theirs; whether there was one."""
        with writing(self.engine) as session:
            done = session.connection().execute(
                delete(SubscriptionRow).where(col(SubscriptionRow.person) == who.person)
            )
        return done.rowcount > 0

    def of(self, who: Identity) -> SubscriptionRow | None:
        """Theirs, if they have one for the post that they hold."""
        of_them = select(SubscriptionRow).where(col(SubscriptionRow.person) == who.person)
        with reading(self.engine) as session:
            row = session.scalars(of_them).first()
        return row if row and (row.office, row.role) == (who.office, who.role.value) else None

    def find(self, secret: str, now: datetime) -> tuple[Identity, bool] | None:
        """Whose it is, and whether it is used for the first time today; None if it is nobody's any more."""
        found = (
            select(SUBSCRIPTIONS, PEOPLE.c.name, PEOPLE.c.office.label("now_at"), PEOPLE.c.role.label("now_as"))
            .join(PEOPLE, PEOPLE.c.person == SUBSCRIPTIONS.c.person)
            .where(SUBSCRIPTIONS.c.id == _key(secret))
        )
        with self.engine.connect() as db:
            row = db.execute(found).first()
        if row is None or (row.office, row.role) != (row.now_at, row.now_as) or identity.is_routine(row.person):
            return None
        first = row.used_at is None or day_of(row.used_at) != day_of(now)
        if first:
            with writing(self.engine) as session:
                used = update(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.id == row.id).values(used_at=now)
                session.connection().execute(used)
        return Identity(person=row.person, name=row.name, office=row.office, role=Role(row.role)), first


def _key(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
