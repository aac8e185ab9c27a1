"""What doors have received and nobody has answered yet (首次收到): under which id, what was asked, and when first.

A door notes an act here before it tries anything else. Whatever dies after that, the same act sent again under its id is
stamped as of its first receipt and brings the same paper. An entry or a refusal is the answer, and takes the note away: what
has an entry is known by it, and what was refused may be sent again, with other content too, as of then.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Select, bindparam, delete, insert, select
from sqlalchemy.exc import IntegrityError

from activities.database import in_parts, stating
from activities.rows import Row, act_id
from models.acts import Lapse
from models.filing import Entry
from models.register import ArrivalRow
from models.rounds.base import parts
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
                with stating(self.engine) as db:
                    return self._received(db, filing_id, act_id, asked, received_at, now)
            except IntegrityError:  # received twice at once
                if attempt == 2:
                    raise
        raise AssertionError

    @staticmethod
    def _received(
        db: Connection, filing_id: str, act_id: str, asked: str, received_at: datetime, now: datetime
    ) -> Arrival:
        of = {"filing": filing_id, "act": act_id}
        if noted := db.execute(NOTE, of).first():
            if noted.asked != asked:
                raise OtherContent(act_id)
            return Arrival(received_at=noted.received_at, nonce=noted.nonce)
        nonce = fresh_nonce()
        stamped = {"asked": asked, "nonce": nonce, "received_at": received_at, "stored_at": now}
        db.execute(NOTES, {"filing_id": filing_id, "act_id": act_id, **stamped})
        if db.execute(_entered(filing_id, act_id), of).first():
            raise Entered  # looked for only now: an entry takes the note away
        return Arrival(received_at=received_at, nonce=nonce)

    def submitted(self, filing_ids: Iterable[str]) -> bool:
        """Whether an application was received under one of these ids and not answered yet."""
        with self.engine.connect() as db:
            return any(db.execute(SUBMITTED_OF, {"some": some}).first() for some in in_parts(filing_ids))

    def are_noted(self, filing_id: str, act_id: str) -> bool:
        """Whether something was received under an id and not answered yet."""
        return self.noted_at(filing_id, act_id) is not None

    def noted_at(self, filing_id: str, act_id: str) -> datetime | None:
        """When something was first received under an id that was not answered yet; None if nothing was."""
        with self.engine.connect() as db:
            noted = db.execute(NOTE, {"filing": filing_id, "act": act_id}).first()
        return noted.received_at if noted else None

    def answered(self, filing_id: str, act_id: str, asked: str | None = None) -> None:
        """What was asked has its answer; without `asked`, whatever was."""
        with stating(self.engine) as db:
            answered(db, filing_id, act_id, asked)


def fresh_nonce() -> str:
    """What makes the digest of a paper tell nothing to whoever guesses what it says."""
    return secrets.token_hex(16)


def _entered(of: str, act_id: str) -> Select[Any]:
    """Asks whether an act is entered, on a filing or in a round."""
    if parts(of):
        return IN_ROUND
    return SUBMITTED if act_id == identity.SUBMISSION else ACTED


def answered_by(entry: Entry) -> list[Row]:
    """What an entry takes away: the note of the act that it is."""
    if isinstance(entry.event, Lapse):
        return []
    return [{"filing": entry.filing.id, "act": act_id(entry) or identity.SUBMISSION}]


def answered(db: Connection, filing_id: str, act_id: str, asked: str | None = None) -> None:
    """The answer takes the note away, in the transaction that brings it; with `asked` only the note of that."""
    db.execute(OF_THAT if asked else ANSWERED, {"filing": filing_id, "act": act_id, "asked": asked})


NOTED, FILINGS, ENTRIES, OF_ROUNDS = (
    ArrivalRow.metadata.tables[name] for name in ("arrivals", "filings", "entries", "round_entries")
)
OF_IT = (NOTED.c.filing_id == bindparam("filing"), NOTED.c.act_id == bindparam("act"))
NOTE, NOTES, ANSWERED = select(NOTED).where(*OF_IT), insert(NOTED), delete(NOTED).where(*OF_IT)
SUBMITTED_OF = select(NOTED.c.filing_id).where(
    NOTED.c.act_id == identity.SUBMISSION, NOTED.c.filing_id.in_(bindparam("some", expanding=True))
)
SUBMITTED = select(FILINGS.c.number).where(FILINGS.c.filing_id == bindparam("filing"))
ACTED = select(ENTRIES.c.number).where(ENTRIES.c.filing_id == bindparam("filing"), ENTRIES.c.act_id == bindparam("act"))
IN_ROUND = select(OF_ROUNDS.c.number).where(
    OF_ROUNDS.c.round_id == bindparam("filing"), OF_ROUNDS.c.act_id == bindparam("act")
)
OF_THAT = ANSWERED.where(NOTED.c.asked == bindparam("asked"))
