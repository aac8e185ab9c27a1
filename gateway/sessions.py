"""Sessions (会话): who a browser is signed in as. The cookie holds a secret, the database its digest; signing out ends it."""

import hashlib
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, or_
from sqlmodel import col

from activities.database import reading, writing
from gateway.identity import Identity
from models.gateway import SessionRow
from models.settings import Settings
from models.vocabulary import Role


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
            csrf=secrets.token_urlsafe(24),
            started_at=now,
            expires_at=now + self.lifetime,
        )
        with writing(self.engine) as session:
            session.connection().execute(delete(SessionRow).where(col(SessionRow.expires_at) <= now))
            another = or_(col(SessionRow.office) != row.office, col(SessionRow.role) != row.role)
            session.connection().execute(delete(SessionRow).where(col(SessionRow.person) == row.person, another))
            session.add(row)
        return secret

    def find(self, secret: str, now: datetime) -> Session | None:
        """Whose session it is; None if there is none, or it is over."""
        with reading(self.engine) as session:
            row = session.get(SessionRow, _key(secret))
        if row is None or row.expires_at <= now:
            return None
        who = Identity(person=row.person, name=row.name, office=row.office, role=Role(row.role))
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
    path = settings.secret_file
    if not path.exists():
        settings.var.mkdir(parents=True, exist_ok=True)
        made = path.with_name(f"{path.name}-{secrets.token_hex(8)}")
        with open(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(secrets.token_urlsafe(48))
        with suppress(FileExistsError):  # another gateway was quicker, and its secret is whole: a link appears at once
            os.link(made, path)
        made.unlink()
    return path.read_text("utf-8")
