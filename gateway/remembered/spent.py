"""What is good for once (一次有效): states of sign-ins that were used, whichever gateway they came back to."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from activities.database import writing
from models.gateway import SpentRow
from models.values import digest


@dataclass(frozen=True)
class Spent:
    """What was used, behind one database."""

    engine: Engine

    def first(self, key: str, now: datetime, within: timedelta) -> bool:
        """Whether something is used for the first time; it is remembered for as long as it could be used again."""
        try:
            with writing(self.engine) as session:
                session.connection().execute(delete(SpentRow).where(col(SpentRow.at) <= now - within))
                session.add(SpentRow(key=digest(key), at=now))
        except IntegrityError:
            return False
        return True
