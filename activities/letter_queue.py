"""The queue of letters (待投递): which are due, in whose hands they are, and what is noted of them. The register is the queue.

A letter waits from the transaction that opens it until it is closed; `due_at` says from when on it is to be taken. Who takes
letters puts that off by a lease: so long nobody else takes them, and when everything dies the lease runs out. Its end is also
what tells that a letter is still in the same hands: whoever takes it later, or asks that it be sent again, sets another.
Several may take at once: PostgreSQL lets each pass over what another is taking, SQLite lets one write at a time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Engine, and_, bindparam, case, func, or_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select

from activities.database import writing
from activities.letter_opening import REMINDERS
from models.register import DeliveryRow, LetterRow
from models.values import Value
from models.vocabulary import DeliveryState

DONE = (DeliveryState.ARRIVED, DeliveryState.FAILED)
"""A channel that came to one of these is done with a letter."""


class Tried(Value):
    """What a channel came to with a letter: it arrived, failed for good, or is tried again. `tries` is 0 if it was not asked."""

    state: DeliveryState
    address: str = ""
    receipt: str
    content: str
    tries: int = 1


@dataclass(frozen=True)
class Note:
    """What is to be noted of one letter and one channel, as of an instant."""

    letter: str
    channel: str
    tried: Tried
    at: datetime


@dataclass(frozen=True)
class Fate:
    """What becomes of a letter that was in hand: it is due again, or closed; `failed` says that a channel gave up."""

    letter: str
    due: datetime | None = None
    failed: bool = False


@dataclass(frozen=True)
class Batch:
    """Letters in one pair of hands, as they were when they were taken, and until when."""

    letters: Sequence[LetterRow] = ()
    until: datetime | None = None

    @cached_property
    def ids(self) -> set[str]:
        """Which ones."""
        return {letter.id for letter in self.letters}


_STILL = and_(col(LetterRow.id) == bindparam("letter"), col(LetterRow.due_at) == bindparam("until"))
_OPEN = col(LetterRow.closed_at).is_(None)
_POSTPONES = update(LetterRow).where(_STILL, _OPEN).values(due_at=bindparam("due"))
_CLOSES = update(LetterRow).where(_STILL, _OPEN).values(closed_at=bindparam("at"), failed=bindparam("gave_up"))


@dataclass(frozen=True)
class LetterQueue:
    """The queue of one register. Reminders of a day are left to gather for `bundle_wait` before they are first taken."""

    engine: Engine
    lease: timedelta
    bundle_wait: timedelta = timedelta(0)

    def take(self, now: datetime, most: int) -> Batch:
        """Take letters that are due, those first that have been so for longest. Nothing joins a letter that was taken."""
        due, text = col(LetterRow.due_at), col(LetterRow.text)
        ripe = or_(text != REMINDERS, col(LetterRow.handed_at).is_not(None), due <= now - self.bundle_wait)
        waiting = select(LetterRow).where(_OPEN, due <= now, ripe).order_by(due, LetterRow.id).limit(most)
        until = now + self.lease
        with writing(self.engine) as session:
            letters = session.exec(waiting.with_for_update(skip_locked=True)).all()
            if letters:
                taken = update(LetterRow).where(col(LetterRow.id).in_([letter.id for letter in letters]))
                handed = func.coalesce(LetterRow.handed_at, now)
                session.connection().execute(taken.values(due_at=until, handed_at=handed))
        return Batch(letters, until)

    def keep(self, batch: Batch, now: datetime) -> Batch:
        """Hold on to a batch for another lease; what somebody else has taken meanwhile is no longer in it."""
        until = now + self.lease
        held = update(LetterRow).where(col(LetterRow.id).in_(batch.ids), col(LetterRow.due_at) == batch.until, _OPEN)
        with writing(self.engine) as session:
            kept = set(session.connection().execute(held.values(due_at=until).returning(col(LetterRow.id))).scalars())
        return Batch([letter for letter in batch.letters if letter.id in kept], until)

    def settle(self, batch: Batch, now: datetime, notes: Sequence[Note] = (), fates: Sequence[Fate] = ()) -> None:
        """Note, in one transaction, what channels came to, and what becomes of those letters that are still in hand."""
        postponed = [{"letter": each.letter, "until": batch.until, "due": each.due} for each in fates if each.due]
        closed = [
            {"letter": each.letter, "until": batch.until, "at": now, "gave_up": each.failed}
            for each in fates
            if each.due is None
        ]
        with writing(self.engine) as session:
            connection = session.connection()
            note_all(connection, notes)
            for statement, rows in ((_POSTPONES, postponed), (_CLOSES, closed)):
                if rows:
                    connection.execute(statement, sorted(rows, key=lambda row: str(row["letter"])))


class Held:
    """A batch in hand while it is delivered; its lease is prolonged from beside, for one letter may take long."""

    def __init__(self, queue: LetterQueue, batch: Batch) -> None:
        self.queue, self.batch, self._one = queue, batch, Lock()

    def holds(self, letter: str, now: datetime) -> bool:
        """Whether a letter is still in hand."""
        return bool(self.batch.until and now < self.batch.until) and letter in self.batch.ids

    def keep(self, now: datetime) -> None:
        """Hold on to it for another lease."""
        with self._one:
            self.batch = self.queue.keep(self.batch, now)

    def settle(self, now: datetime, notes: Sequence[Note] = (), fates: Sequence[Fate] = ()) -> None:
        """Note what channels came to, and what becomes of letters."""
        with self._one:
            self.queue.settle(self.batch, now, notes, fates)


def _notes(dialect: Any) -> Any:
    writing = dialect.insert(DeliveryRow)
    state, new = col(DeliveryRow.state), writing.excluded
    begun = case((state == DeliveryState.AGAIN, new.first_tried_at), else_=col(DeliveryRow.first_tried_at))
    return writing.on_conflict_do_update(
        index_elements=["letter", "channel"],
        set_={
            "state": new.state,
            "tries": col(DeliveryRow.tries) + new.tries,
            "first_tried_at": begun,
            "last_tried_at": new.last_tried_at,
            "address": new.address,
            "content": new.content,
            "receipt": new.receipt,
        },
        where=or_(
            new.state == DeliveryState.ARRIVED,
            and_(state != DeliveryState.ARRIVED, new.state == DeliveryState.FAILED),
            and_(state != DeliveryState.ARRIVED, state != DeliveryState.FAILED),
        ),
    )


NOTES = {"sqlite": _notes(sqlite), "postgresql": _notes(postgresql)}
"""What channels came to. What arrived has arrived, whatever somebody saw who tried at the same time.

Who tries again, after people asked for it, begins anew with the time it may take.
"""


def note_all(connection: Connection, notes: Sequence[Note]) -> None:
    """Note what channels came to."""
    if notes:
        rows = [_row(each) for each in sorted(notes, key=lambda one: (one.letter, one.channel))]
        connection.execute(NOTES[connection.dialect.name], rows)


def _row(note: Note) -> dict[str, Any]:
    tried = note.tried
    return {
        "letter": note.letter, "channel": note.channel, "state": tried.state, "tries": tried.tries,
        "first_tried_at": note.at, "last_tried_at": note.at, "address": tried.address, "content": tried.content,
        "receipt": tried.receipt,
    }  # fmt: skip
