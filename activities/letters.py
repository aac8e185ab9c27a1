"""Letters (信函), as the register has them: asked for, read, tried again, come back; who has what in its inbox, and what waits."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, cast

from sqlalchemy import ColumnElement, Engine, Select, and_, bindparam, func, or_, true, update
from sqlalchemy import select as sql_select
from sqlmodel import col, select

from activities.channels.channel import Letter, Recipient
from activities.database import in_parts, reading, stating, writing
from activities.letter_contents import Contents
from activities.letter_deliveries import carried_by, with_deliveries
from activities.letter_opening import LETTERS, OPENS_ONCE
from models.register import DeliveryRow, LetterRow, MessageRow
from models.vocabulary import DeliveryState

COMES_BACK_WITHIN = timedelta(days=14)
"""How long after it was sent a letter may come back; mail systems give up after five days."""

UNDER_WAY = (DeliveryState.TRYING, DeliveryState.AGAIN)
"""A channel that came to one of these tries a letter again."""


class Down(NamedTuple):
    """How many letters a channel still owes, since when the first of them, and what was wrong with one of them."""

    letters: int
    since: datetime
    why: str


class Backlog(NamedTuple):
    """What is still to be delivered: how many letters, how many a channel gave up, how long the first of those that are due
    has been so, and which channels have some to try again."""

    waiting: int
    failed: int
    late: timedelta
    down: Mapping[str, Down]


@dataclass
class Letters:
    """The register's letters. `book` tells how an addressee at an office is reached; leaders' addresses come from papers."""

    engine: Engine
    book: Callable[[str, str], Recipient] = lambda to, office: Recipient()

    def compile(self, letter: LetterRow) -> bool:
        """Open a letter that nobody's entry opened, such as a morning's digest, due at once; False if it was opened before."""
        row = letter.model_dump() | {"due_at": datetime.now(UTC)}
        with stating(self.engine) as db:
            return db.execute(OPENS_ONCE[db.dialect.name], row).first() is not None

    # What is in a letter

    def row(self, letter: str) -> LetterRow | None:
        """A letter's row."""
        with reading(self.engine) as session:
            return session.get(LetterRow, letter)

    @contextmanager
    def opened(self, rows: Sequence[LetterRow]) -> Iterator["Contents"]:
        """What is in letters, to be read meanwhile: what several have in common is looked up once."""
        with reading(self.engine) as session:
            yield Contents(session, self.book, rows)

    def worded(self, row: LetterRow, family: str) -> Letter | None:
        """A letter in the words of a family; None if that family has nothing to say of it."""
        with self.opened([row]) as contents:
            return contents.worded(row, family)

    def recipient(self, row: LetterRow) -> Recipient:
        """How the addressee can be reached now."""
        with self.opened([row]) as contents:
            return contents.recipient(row)

    # What became of it

    def deliveries(self, letter: str) -> list[DeliveryRow]:
        """What each channel has to show."""
        with reading(self.engine) as session:
            return list(session.exec(select(DeliveryRow).where(DeliveryRow.letter == letter)))

    def reopen(self, letter: str, now: datetime) -> bool:
        """Try again from now on, on the channels that gave up; False if there is no such letter."""
        with writing(self.engine) as session:
            if session.get(LetterRow, letter) is None:
                return False
            of_letter = update(DeliveryRow).where(col(DeliveryRow.letter) == letter)
            given_up = of_letter.where(col(DeliveryRow.state) == DeliveryState.FAILED)
            session.connection().execute(given_up, {"state": DeliveryState.AGAIN})
            table = update(LetterRow).where(col(LetterRow.id) == letter)
            session.connection().execute(table, {"closed_at": None, "due_at": now, "failed": False})
            return True

    def bounced(self, letter: str, channels: Sequence[str], why: str, address: str, now: datetime) -> bool:
        """退信: what one of these channels had carried to an address, masked, came back. Whether that may be so.

        Anybody can write to the mailbox of returns: what was not sent there by one of these channels, or too long ago, came
        from nobody. One address of several that fails is struck out; with the last the letter is due once more, to be
        judged anew.
        """
        with writing(self.engine) as session:
            carried = select(DeliveryRow).where(
                DeliveryRow.letter == letter,
                col(DeliveryRow.channel).in_(channels),
                col(DeliveryRow.last_tried_at) >= now - COMES_BACK_WITHIN,
            )
            tried = [row for row in session.exec(carried) if address in row.address.split("、")]
            if not tried:
                return False
            for row in tried:
                left = [each for each in row.address.split("、") if each != address]
                row.receipt = why
                if left:
                    row.address = "、".join(left)
                else:
                    row.state = DeliveryState.FAILED
            if all(row.state != DeliveryState.FAILED for row in tried):
                return True
            table = update(LetterRow).where(col(LetterRow.id) == letter)
            session.connection().execute(table, {"closed_at": None, "due_at": now})
            return True

    def read(self, letter: str, now: datetime) -> MessageRow | None:
        """已读: note that a message was read in the inbox; the first time stands. None if there is no such message."""
        with writing(self.engine) as session:
            message = session.get(MessageRow, letter)
            if message:
                unread = update(LetterRow).where(col(LetterRow.id) == letter, col(LetterRow.read_at).is_(None))
                session.connection().execute(unread, {"read_at": now})
            return message

    def inbox(
        self, office: str, *, to: Collection[str] | None = None, after: datetime | None = None, unread: bool = False,
        limit: int = 200,
    ) -> list[tuple[MessageRow, LetterRow]]:  # fmt: skip
        """收件箱: what an office, or a leader by its code, was sent, the newest last; of one department if its addressees
        (`to`) are told.

        With `after`, the next ones; those of one instant are never parted, so whoever goes on after the last misses none.
        """
        query = select(MessageRow, LetterRow).where(LetterRow.id == MessageRow.id, MessageRow.office == office)
        if to is not None:
            query = query.where(col(MessageRow.to).in_(to))
        at = col(MessageRow.created_at)
        if unread:  # by the letters' own index: few of an office's messages are unread
            query = query.where(LetterRow.office == office, col(LetterRow.read_at).is_(None))
            at = col(LetterRow.created_at)
        with reading(self.engine) as session:
            if after is None:
                newest = query.order_by(at.desc(), col(MessageRow.id).desc()).limit(limit)
                return list(reversed(session.exec(newest).all()))
            page = list(session.exec(query.where(at > after).order_by(at, MessageRow.id).limit(limit)))
            if len(page) == limit:
                last, _ = page[-1]
                rest = query.where(at == last.created_at, col(MessageRow.id) > last.id)
                page += session.exec(rest.order_by(MessageRow.id))
            return page

    def unread(self, office: str, to: Collection[str], most: int) -> tuple[list[MessageRow], int]:
        """What a department was told and has not read: the newest of it, the newest first, and how much it is."""
        with self.engine.connect() as db:
            found = db.execute(UNREAD, {"office": office, "to": sorted(to), "most": most}).all()
        return cast(list[MessageRow], found), found[0].unread if found else 0

    def told_of(self, filing_id: str, office: str, to: Collection[str]) -> bool:
        """Whether a department was ever told anything of a filing."""
        of_it = select(MessageRow.id).where(MessageRow.filing_id == filing_id, MessageRow.office == office)
        with reading(self.engine) as session:
            return session.exec(of_it.where(col(MessageRow.to).in_(to)).limit(1)).first() is not None

    def of_filing(
        self, filing_id: str, *, most: int | None = None
    ) -> list[tuple[MessageRow, list[LetterRow], list[DeliveryRow]]]:
        """Every message of a filing, or those of its newest entries, with the letters that carried it and what their
        channels have to show."""
        newest = select(MessageRow).where(MessageRow.filing_id == filing_id)
        newest = newest.order_by(col(MessageRow.number).desc(), col(MessageRow.id)).limit(most)
        with reading(self.engine) as session:
            messages = list(session.exec(newest))
            of_these = select(LetterRow).where(LetterRow.filing_id == filing_id)
            if most is not None and messages:
                of_these = of_these.where(col(LetterRow.created_at) >= messages[-1].created_at)
            carried = carried_by(session, messages, session.exec(of_these).all())
        return sorted(carried, key=lambda each: (each[0].number, len(each[0].id), each[0].id))

    def waiting(self, office: str | None = None, most: int = 200) -> list[tuple[LetterRow, list[DeliveryRow]]]:
        """Letters that are still to be delivered, the oldest first, with what each channel has to show so far."""
        open_ = and_(col(LetterRow.closed_at).is_(None), true() if office is None else col(LetterRow.office) == office)
        oldest = select(LetterRow).where(open_).order_by(col(LetterRow.created_at), LetterRow.id).limit(most)
        with reading(self.engine) as session:
            letters = session.exec(oldest).all()
            shown = select(DeliveryRow).where(col(DeliveryRow.letter).in_([letter.id for letter in letters]))
            return with_deliveries(letters, session.exec(shown))

    def backlog(self, now: datetime) -> Backlog:
        """How much waits, and for which channels; how much was given up."""
        waiting, tried = col(LetterRow.closed_at).is_(None), col(DeliveryRow.state).in_(UNDER_WAY)
        since, why = func.min(DeliveryRow.first_tried_at), func.max(DeliveryRow.receipt)
        of_these = col(DeliveryRow.letter).in_(select(LetterRow.id).where(waiting))
        down = select(DeliveryRow.channel, func.count(), since, why).where(of_these, tried)
        with reading(self.engine) as session:
            letters, due = session.exec(select(func.count(), func.min(LetterRow.due_at)).where(waiting)).one()
            failed = session.exec(select(func.count()).where(col(LetterRow.failed).is_(True))).one()
            channels = session.exec(down.group_by(DeliveryRow.channel)).all()
        late = max(now - due, timedelta(0)) if due else timedelta(0)
        return Backlog(letters, failed, late, {each[0]: Down(*each[1:]) for each in channels})

    def failed(self, office: str | None = None, most: int = 1_000) -> list[tuple[LetterRow, list[DeliveryRow]]]:
        """The newest letters on which a channel gave up, the oldest of them first, with what each channel has to show."""
        newest = select(LetterRow).where(given_up(office)).order_by(col(LetterRow.closed_at).desc(), col(LetterRow.id))
        with reading(self.engine) as session:
            letters = session.exec(newest.limit(most)).all()[::-1]
            shown = (
                each
                for ids in in_parts(letter.id for letter in letters)
                for each in session.exec(select(DeliveryRow).where(col(DeliveryRow.letter).in_(ids)))
            )
            return with_deliveries(letters, shown)


def _unread() -> Select[Any]:
    """The newest messages to a department that it has not read, each with how many those are."""
    messages = MessageRow.metadata.tables["messages"]
    for_it = (LETTERS.c.office == bindparam("office"), LETTERS.c.to.in_(bindparam("to", expanding=True)))
    mine = (*for_it, LETTERS.c.read_at.is_(None))
    of_one = or_(LETTERS.c.filing_id.is_not(None), LETTERS.c.round_id.is_not(None))
    of_message = LETTERS.join(messages, LETTERS.c.id == messages.c.id)
    how_many = sql_select(func.count()).select_from(LETTERS).where(*mine, of_one)
    newest = sql_select(messages, how_many.scalar_subquery().label("unread")).select_from(of_message).where(*mine)
    return newest.order_by(LETTERS.c.created_at.desc(), messages.c.id.desc()).limit(bindparam("most"))


UNREAD = _unread()


def given_up(office: str | None = None) -> ColumnElement[bool]:
    """Letters on which a channel gave up, all or an office's, as a condition."""
    return and_(col(LetterRow.failed).is_(True), true() if office is None else col(LetterRow.office) == office)
