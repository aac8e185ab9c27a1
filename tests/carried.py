"""What became of letters, noted by a test as a worker would note it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import select

from activities.database import reading
from activities.letter_queue import Batch, Fate, LetterQueue, Note, Tried
from models.register import LetterRow

LEASE = timedelta(minutes=1)
FAR = datetime(9000, 1, 1).astimezone()


def queue_of(engine: Engine, bundle_wait: timedelta = timedelta(0)) -> LetterQueue:
    """The queue of a register."""
    return LetterQueue(engine, LEASE, bundle_wait)


def came_to(engine: Engine, letter: str, channel: str, tried: Tried, now: datetime) -> None:
    """One channel came to something with a letter."""
    queue_of(engine).settle(Batch(), now, [Note(letter, channel, tried, now)])


def closed(engine: Engine, letter: str, now: datetime, *, failed: bool) -> None:
    """Every channel is done with a letter."""
    with reading(engine) as session:
        row = session.get_one(LetterRow, letter)
    queue_of(engine).settle(Batch([row], row.due_at), now, fates=[Fate(letter, failed=failed)])


def waiting(engine: Engine) -> Sequence[str]:
    """Which letters are still to be delivered, or on their way."""
    with reading(engine) as session:
        return session.exec(select(LetterRow.id).where(LetterRow.closed_at == None).order_by(LetterRow.id)).all()  # noqa: E711
