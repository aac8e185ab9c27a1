"""Sessions (会话): who a browser is signed in as. The cookie holds a secret, the database its digest; signing out ends it."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, bindparam, delete, or_, select
from sqlmodel import col

from activities.database import writing
from activities.privacy import kept_secret
from gateway.identity import Identity
from models.gateway import SessionRow
from models.settings import Settings
from models.values import digest
from models.vocabulary import Role
from regulation import identity

SESSIONS = SessionRow.metadata.tables["sessions"]
FIND = select(SESSIONS).where(SESSIONS.c.id == bindparam("key"))
"""Asked for every page."""


@dataclass(frozen=True)
class Session:
    """A signed-in browser; `csrf` is what its forms must bring along."""

    who: Identity
    csrf: str


@dataclass(frozen=True)
class Sessions:
    """The sessions behind one database, each for so many hours."""

    engine: Engine
    lifetime: timedelta

    def begin(self, who: Identity, now: datetime) -> str:
        """Sign somebody in; the secret for their cookie. Sessions that are over are forgotten.

        Whoever has another post now than in a session that still runs, has lost that one: it ends.
        """
        secret = secrets.token_urlsafe(32)
        row = SessionRow(
            id=_key(secret),
            person=who.person,
            name=who.name,
            office=who.office,
            role=who.role.value,
            csrf=f"{secrets.token_urlsafe(24)}.{mark_of(who.person)}",
            started_at=now,
            expires_at=now + self.lifetime,
            head=who.head,
        )
        with writing(self.engine) as session:
            session.connection().execute(delete(SessionRow).where(col(SessionRow.expires_at) <= now))
            another = or_(col(SessionRow.office) != row.office, col(SessionRow.role) != row.role)
            session.connection().execute(delete(SessionRow).where(col(SessionRow.person) == row.person, another))
            session.add(row)
        return secret

    def find(self, secret: str, now: datetime) -> Session | None:
        """Whose session it is; None if there is none, or it is over, or an earlier release let somebody in as the service itself."""
        with self.engine.connect() as db:
            row = db.execute(FIND, {"key": _key(secret)}).first()
        if row is None or row.expires_at <= now or identity.is_routine(row.person):
            return None
        role, head = Role(row.role), bool(row.head)
        who = Identity(person=row.person, name=row.name, office=row.office, role=role, head=head)
        return Session(who, row.csrf)

    def end(self, secret: str) -> None:
        """Sign out: whoever kept the cookie has nothing."""
        with writing(self.engine) as session:
            session.connection().execute(delete(SessionRow).where(col(SessionRow.id) == _key(secret)))


def _key(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def over_https(settings: Settings) -> bool:
    """Whether people reach the gateway over https."""
    return settings.own_address.startswith("https://")


def cookie_of(settings: Settings) -> str:
    """The name of the cookie that holds a session's secret; over https, one that no other host can set (`__Host-`)."""
    return f"{'__Host-' if over_https(settings) else ''}beian"


def signing_secret(settings: Settings) -> str:
    """What signs cookies: as set for the deployment, else made once below `var`, readable for its owner alone."""
    if told := settings.secret.get_secret_value():
        return told
    return kept_secret(settings.secret_file)


def mark_of(person: str) -> str:
    """By what a form tells for whom it was drawn."""
    return digest(person)[:12]


def drawn_for(csrf: str) -> str:
    """The mark of whom a form was drawn for, by what it brings along; empty if it does not say."""
    return csrf.rpartition(".")[2] if "." in csrf else ""
