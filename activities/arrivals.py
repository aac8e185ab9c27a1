"""What doors have received and nobody has answered yet (首次收到): under which id, what was asked, and when first.

A door notes an act here before it tries anything else. Whatever dies after that, the same act sent again under its id is
stamped as of its first receipt and brings the same paper. An entry or a refusal is the answer, and takes the note away: what
has an entry is known by it, and what was refused may be sent again, with other content too, as of then.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, bindparam, delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from activities.database import reading, writing
from activities.rows import Row, act_id
from models.acts import Lapse
from models.filing import Entry
from models.register import ArrivalRow, EntryRow, FilingRow
from models.values import Value
from regulation import identity

KEPT = timedelta(days=60)
"""How long an act that nobody answered is remembered: it was never sent again. The daily sweep forgets it (gateway/remembered/sweeping.py)."""


class Arrival(Value):
    """When an act first reached a door, and the nonce of its paper."""

    received_at: datetime
    nonce: str


class OtherContent(Exception):
    """编号已用于其他行为: another act was received under the id, and its outcome is not known yet"""


class Entered(Exception):
    """已登记: the act under this id is entered; the register has the answer"""


@dataclass(frozen=True)
class Arrivals:
    """The acts that have arrived, behind one database."""

    engine: Engine

    def receive(self, filing_id: str, act_id: str, asked: str, received_at: datetime, now: datetime) -> Arrival:
        """Note an act as received, or find it noted. Raises `OtherContent`, or `Entered`. One short transaction."""
        for attempt in (1, 2):
            try:
                with writing(self.engine) as session:
                    return self._received(session, filing_id, act_id, asked, received_at, now)
            except IntegrityError:  # received twice at once
                if attempt == 2:
                    raise
        raise AssertionError

    @staticmethod
    def _received(
        session: Session, filing_id: str, act_id: str, asked: str, received_at: datetime, now: datetime
    ) -> Arrival:
        row = session.get(ArrivalRow, (filing_id, act_id))
        if row is None:
            row = ArrivalRow(
                filing_id=filing_id, act_id=act_id, asked=asked, nonce=secrets.token_hex(16), received_at=received_at,
                stored_at=now,
            )  # fmt: skip
            session.add(row)
            session.flush()
            if _is_entered(session, filing_id, act_id):  # looked for only now: an entry takes the note away
                raise Entered
        elif row.asked != asked:
            raise OtherContent(act_id)
        return Arrival(received_at=row.received_at, nonce=row.nonce)

    def are_noted(self, filing_id: str, act_id: str) -> bool:
        """Whether something was received under an id and not answered yet."""
        with reading(self.engine) as session:
            return session.get(ArrivalRow, (filing_id, act_id)) is not None

    def answered(self, filing_id: str, act_id: str, asked: str | None = None) -> None:
        """What was asked has its answer; without `asked`, whatever was."""
        with writing(self.engine) as session:
            answered(session.connection(), filing_id, act_id, asked)


def _is_entered(session: Session, filing_id: str, act_id: str) -> bool:
    if act_id == identity.SUBMISSION:
        return session.exec(select(FilingRow.number).where(FilingRow.filing_id == filing_id)).first() is not None
    entry = select(EntryRow.number).where(EntryRow.filing_id == filing_id, EntryRow.act_id == act_id)
    return session.exec(entry).first() is not None


def answered_by(entry: Entry) -> list[Row]:
    """What an entry takes away: the note of the act that it is."""
    if isinstance(entry.event, Lapse):
        return []
    return [{"filing": entry.filing.id, "act": act_id(entry) or identity.SUBMISSION}]


def answered(db: Connection, filing_id: str, act_id: str, asked: str | None = None) -> None:
    """The answer takes the note away, in the transaction that brings it; with `asked` only the note of that."""
    db.execute(OF_THAT if asked else ANSWERED, {"filing": filing_id, "act": act_id, "asked": asked})


NOTED = ArrivalRow.metadata.tables["arrivals"]
ANSWERED = delete(NOTED).where(NOTED.c.filing_id == bindparam("filing"), NOTED.c.act_id == bindparam("act"))
OF_THAT = ANSWERED.where(NOTED.c.asked == bindparam("asked"))
