"""Letters (信函): what leaves as one, to whom, in which words, and what every channel has to show for it.

A letter is opened in the transaction of the entry whose message it carries, so nothing is lost. Most carry one message
and have its id. Reminders of a day to one addressee also leave together, on the channels that knock at somebody's door.
What a letter says in another family of texts is rendered from the stored entries, so every try says the same.
Ids of letters that are more than one message begin with `_`, as no filing's number does.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, NamedTuple, cast

from sqlalchemy import ColumnElement, Connection, Engine, Select, and_, bindparam, func, insert, or_, true, update
from sqlalchemy import select as sql_select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from activities.channels.channel import Letter, Recipient
from activities.database import in_parts, reading, stating, unless_there, writing
from activities.rows import Row
from models.acts import NEW_VERSIONS, CorrectContact, Lapse, ReportChange
from models.filing import Entry, Filing
from models.register import DeliveryRow, EntryRow, FilingRow, LetterRow, MessageRow, Paper
from models.values import day_of, digest
from models.vocabulary import ActKind, DeliveryState
from regulation import texts, wording
from regulation.messages import NOTIFICATIONS
from regulation.naming import midnight
from regulation.standing import REVIEWED
from regulation.wording import Names, Past

REMINDERS = "reminders"
"""The text of a letter that carries several reminders."""

PUBLICATION = "publication"
"""The text of a letter that has announcements written: those of one filing, or of all for whom a day begins or ends."""

CALENDARS = "calendars"
"""The text of a letter that has the calendars of deadlines written."""

PAGES = frozenset({PUBLICATION, CALENDARS})
"""Letters without a message: what they bring about is written for whoever looks."""

SHOWN = 50
"""How many lines of one sort a compiled letter prints; the others are counted."""

COMES_BACK_WITHIN = timedelta(days=14)
"""How long after it was sent a letter may come back; mail systems give up after five days."""

UNDER_WAY = (DeliveryState.TRYING, DeliveryState.AGAIN)
"""A channel that came to one of these tries a letter again."""

TRAY = "drafts"
"""A channel that is no way to the addressee: drafts are laid out for staff with the letter."""

ENTERED_FOR = ("letter_entered", "entered_for_leader")
"""Texts that tell a leader what was entered for it."""

BRING_CONTACTS = (
    "submit",
    *(kind.value for kind in NEW_VERSIONS),
    ActKind.CORRECT_CONTACT.value,
    ActKind.REPORT_CHANGE.value,
)


LETTERS = LetterRow.metadata.tables["letters"]
OPENS = insert(LETTERS)
OPENS_ONCE = {name: opens.returning(LETTERS.c.id) for name, opens in unless_there(LETTERS).items()}
"""Open a letter that somebody else has opened, or may be opening at the same time: nothing comes back if they did."""


def _joins(dialect: Any) -> Any:
    put = dialect.insert(LETTERS)
    before_its_end = func.substr(LETTERS.c.messages, 1, func.length(LETTERS.c.messages) - 1)
    joined = before_its_end + ", " + func.substr(put.excluded.messages, 2)
    joining = put.on_conflict_do_update(
        index_elements=["id"], set_={"messages": joined}, where=LETTERS.c.handed_at.is_(None)
    )
    return joining.returning(LETTERS.c.id)


JOINS = {"sqlite": _joins(sqlite), "postgresql": _joins(postgresql)}
"""Open a bundle with a message, or add the message to its list; nothing comes back once the bundle was taken to be delivered."""


def opened_for(sent: Sequence[Row], shown: Sequence[Row]) -> list[Row]:
    """The letters of an entry's messages and publications, opened in its transaction; they are due from then on.

    Deliveries go by the clock of the wall, whatever a filing's own clock shows.
    """
    now = datetime.now(UTC)
    return [*(_of(each, now) for each in sent), *(_publication(each, now) for each in shown)]


def _of(message: Row, now: datetime) -> Row:
    """A message's own letter."""
    return NEW | {
        "id": message["id"],
        "filing_id": message["filing_id"],
        "round_id": message.get("round_id"),
        "about": message.get("about"),
        "text": message["text"],
        "to": message["to"],
        "office": message["office"],
        "messages": json.dumps([message["id"]]),
        "created_at": message["created_at"],
        "due_at": now,
    }


def _publication(notice: Row, now: datetime) -> Row:
    return NEW | {
        "id": f"_page-{notice['id']}",
        "filing_id": notice["filing_id"],
        "round_id": notice.get("round_id"),
        "text": PUBLICATION,
        "to": "public",
        "office": notice["jurisdiction"],
        "messages": "[]",
        "created_at": notice["published_at"],
        "due_at": now,
    }


NEW = {name: field.default for name, field in LetterRow.model_fields.items() if not field.is_required()}
"""What nobody knows yet of a letter that is opened."""


def _is_bundled(message: Row) -> bool:
    known = NOTIFICATIONS.get(message["text"])
    return known is not None and known.bundle


def _bundle_of(message: Row, running: int = 1) -> str:
    """The id of a day's first bundle for a message's addressee, or of a further one."""
    name = f"_{REMINDERS}-{message['office']}-{message['to']}-{day_of(message['created_at'])}"
    return name if running == 1 else f"{name}-{running}"


def bundle(db: Connection, sent: Sequence[Row]) -> None:
    """Put those messages of an entry that leave together into the day's bundles for their addressees, in its transaction.

    Once a bundle was taken to be delivered, they go into a next one.
    """
    now, joins, left = datetime.now(UTC), JOINS[db.dialect.name], dict[str, list[Row]]()
    in_order = sorted(filter(_is_bundled, sent), key=_bundle_of)  # so no two entries wait for each other
    for message in in_order:
        left.setdefault(_bundle_of(message), []).append(message)
    for running in count(1):
        if not left:
            return
        bundles = {_bundle_of(each[0], running): (first, each) for first, each in left.items()}
        joined = db.scalars(joins, [_of_several(key, each, now) for key, (_, each) in bundles.items()])
        for key in joined.all():
            del left[bundles[key][0]]


def _of_several(key: str, messages: Sequence[Row], now: datetime) -> Row:
    """A day's bundle that begins with these."""
    ids = json.dumps([message["id"] for message in messages])
    return _of(messages[0], now) | {"id": key, "filing_id": None, "text": REMINDERS, "messages": ids}


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
            carried = _carried(session, messages, session.exec(of_these).all())
        return sorted(carried, key=lambda each: (each[0].number, len(each[0].id), each[0].id))

    def waiting(self, office: str | None = None, most: int = 200) -> list[tuple[LetterRow, list[DeliveryRow]]]:
        """Letters that are still to be delivered, the oldest first, with what each channel has to show so far."""
        open_ = and_(col(LetterRow.closed_at).is_(None), true() if office is None else col(LetterRow.office) == office)
        oldest = select(LetterRow).where(open_).order_by(col(LetterRow.created_at), LetterRow.id).limit(most)
        with reading(self.engine) as session:
            letters = session.exec(oldest).all()
            shown = select(DeliveryRow).where(col(DeliveryRow.letter).in_([letter.id for letter in letters]))
            return _with_deliveries(letters, session.exec(shown))

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

    def failed(self, office: str | None = None) -> list[tuple[LetterRow, list[DeliveryRow]]]:
        """Letters on which a channel gave up, with what each channel has to show."""
        these = given_up(office)
        shown = select(DeliveryRow).where(col(DeliveryRow.letter).in_(select(LetterRow.id).where(these)))
        with reading(self.engine) as session:
            letters = session.exec(select(LetterRow).where(these).order_by(col(LetterRow.closed_at))).all()
            return _with_deliveries(letters, session.exec(shown))


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


def _with_deliveries(
    letters: Sequence[LetterRow], deliveries: Iterable[DeliveryRow]
) -> list[tuple[LetterRow, list[DeliveryRow]]]:
    of: dict[str, list[DeliveryRow]] = {}
    for each in deliveries:
        of.setdefault(each.letter, []).append(each)
    return [(letter, of.get(letter.id, [])) for letter in letters]


def content(letter: Letter) -> str:
    """Digest of what a letter says on a channel."""
    return digest([letter.title, letter.body])


def _carried(
    session: Session, messages: Sequence[MessageRow], own: Sequence[LetterRow]
) -> list[tuple[MessageRow, list[LetterRow], list[DeliveryRow]]]:
    """Messages with the letters that carried them, their `own` and bundles, and what their channels have to show."""
    letters = [*own, *_bundles(session, messages)]
    shown = select(DeliveryRow).where(col(DeliveryRow.letter).in_([letter.id for letter in letters]))
    of_message: dict[str, list[tuple[LetterRow, list[DeliveryRow]]]] = {}
    for letter, deliveries in _with_deliveries(letters, session.exec(shown)):
        for message_id in json.loads(letter.messages):
            of_message.setdefault(message_id, []).append((letter, deliveries))
    mine = [of_message.get(message.id, []) for message in messages]
    return [
        (message, [letter for letter, _ in each], [one for _, deliveries in each for one in deliveries])
        for message, each in zip(messages, mine, strict=True)
    ]


def _bundles(session: Session, messages: Iterable[MessageRow]) -> list[LetterRow]:
    """The bundles that carry these messages, found by their ids: what is not in a day's first one is in a next."""
    left = {row["id"]: row for row in (message.model_dump() for message in messages) if _is_bundled(row)}
    found: list[LetterRow] = []
    for running in count(1):
        keys = {_bundle_of(message, running) for message in left.values()}
        bundles = session.exec(select(LetterRow).where(col(LetterRow.id).in_(keys))).all() if keys else []
        if not bundles:
            break
        found += bundles
        carried = {each for bundle in bundles for each in json.loads(bundle.messages)}
        left = {key: message for key, message in left.items() if key not in carried}
    return found


class Contents:
    """What is in some letters: their messages, in whatever words, and whom they are for."""

    def __init__(self, session: Session, book: Callable[[str, str], Recipient], rows: Sequence[LetterRow]) -> None:
        self.session, self.book = session, book
        ids = [each for row in rows for each in json.loads(row.messages)]
        found = session.exec(select(MessageRow).where(col(MessageRow.id).in_(ids))) if ids else ()
        self._known = {each.id: each for each in found}
        self._reached: dict[tuple[str, int | None], Recipient] = {}
        self._kept: list[FilingRow | EntryRow] = []

    def _look_up(self) -> None:
        """The filings and entries of all messages, in few statements; kept, so that the session finds them again."""
        if self._kept or not self._known:
            return
        numbers: dict[str, set[int]] = {}
        for each in self._known.values():
            if each.filing_id:
                numbers.setdefault(each.filing_id, set()).update((each.number - 1, each.number))
        for some in in_parts(numbers):
            # pairs would be natural, but SQLite looks for them through the whole table
            entries = or_(*(and_(col(EntryRow.filing_id) == of, col(EntryRow.number).in_(numbers[of])) for of in some))
            self._kept += self.session.exec(select(FilingRow).where(col(FilingRow.filing_id).in_(some))).all()
            self._kept += self.session.exec(select(EntryRow).where(entries)).all()

    def _of_leader(self, filing_id: str, before: int | None = None) -> Recipient:
        key = filing_id, before
        if key not in self._reached:
            self._reached[key] = _of_leader(self.session, filing_id, before)
        return self._reached[key]

    def messages(self, row: LetterRow) -> list[MessageRow]:
        """The messages in a letter, in its order."""
        return [self._known[each] for each in json.loads(row.messages)]

    def deliveries(self, letters: Collection[str]) -> Mapping[tuple[str, str], DeliveryRow]:
        """What channels have to show for letters, by letter and channel."""
        shown = select(DeliveryRow).where(col(DeliveryRow.letter).in_(letters))
        return {(each.letter, each.channel): each for each in self.session.exec(shown)} if letters else {}

    def worded(self, row: LetterRow, family: str) -> Letter | None:
        """A letter in the words of a family; None if that family has nothing to say of it."""
        messages = self.messages(row)
        if family != "inbox" or len(messages) > 1:
            self._look_up()
        if len(messages) > 1:
            said = _reminders(self.session, messages, family)
        elif messages:
            said = _of_message(self.session, messages[0], family)
        else:
            said = None if family in texts.ONLY_ITS_OWN else (row.title or "", row.body or "")
        if said is None:
            return None
        return Letter(
            id=row.id,
            messages=tuple(message.id for message in messages),
            filing_id=row.filing_id,
            round_id=row.round_id,
            about=row.about,
            text=messages[0].text if len(messages) == 1 else row.text,
            to=row.to,
            office=row.office,
            service=any(message.service for message in messages),
            title=said[0],
            body=said[1],
            created_at=row.created_at,
        )

    def recipient(self, row: LetterRow) -> Recipient:
        """How the addressee can be reached now: an address corrected since the first try counts from the next one.

        Reminders of several alliances go to everybody whom their leader named for one of them.
        """
        if row.to != "leader":
            return self.book(row.to, row.office)
        self._look_up()
        about = row.filing_id or row.about
        filings = [about] if about else [each.filing_id for each in self.messages(row)]
        reached = [self._of_leader(filing_id) for filing_id in dict.fromkeys(filings) if filing_id]
        if (
            row.text in ENTERED_FOR
        ):  # also where it was reached before: whoever gives a new address may be somebody else
            told = ((each.filing_id, each.number) for each in self.messages(row))
            reached += [self._of_leader(filing_id, number) for filing_id, number in told if filing_id]
        return Recipient(
            mail=tuple(dict.fromkeys(address for each in reached for address in each.mail)),
            phone=tuple(dict.fromkeys(number for each in reached for number in each.phone)),
        )


# Words


def _of_message(session: Session, message: MessageRow, family: str) -> tuple[str, str] | None:
    """A message in the words of a family: its own text there, or the message as it stands in the inbox."""
    as_it_stands = message.title, message.body
    if message.filing_id is None:  # of a round: it reads the same everywhere
        return None if family in texts.ONLY_ITS_OWN else as_it_stands
    entry = _entry(session, message) if family != "inbox" and texts.exists(family, message.text) else None
    if entry is None or texts.find(family, message.text, entry.filing.jurisdiction) is None:
        return None if family in texts.ONLY_ITS_OWN else as_it_stands
    if family == "document":  # drawn up from the whole filing; the letter only says that there is one
        return as_it_stands
    earlier = session.get(EntryRow, (message.filing_id, message.number - 1)) if message.number > 1 else None
    before = Entry.model_validate_json(earlier.body).filing if earlier else None
    filing = session.get_one(FilingRow, message.filing_id)
    past = past_of_case(session.connection(), entry.filing)
    names = Names(alliance=filing.alliance_name, leader=filing.leader_name, past=past)
    return texts.render(message.text, before, entry, names, family)


def _entry(session: Session, message: MessageRow) -> Entry:
    return Entry.model_validate_json(session.get_one(EntryRow, (message.filing_id, message.number)).body)


def past_of_case(db: Connection, filing: Filing) -> Past:
    """What the entry which left a filing so may tell of the past (G-19); looked up only if there is a case."""
    if filing.case is None:
        return Past()
    with Session(db) as session:
        earlier = _told_of(session, filing)
        arrived = _arrived(session, filing.id, [entry.number for entry in earlier])
    return wording.past_of_case(filing, earlier, lambda entry: entry.number in arrived)


def _arrived(session: Session, filing_id: str, numbers: Sequence[int]) -> set[int]:
    """The entries of which what they told the leader got through, as far as is known now."""
    told = select(MessageRow).where(MessageRow.filing_id == filing_id, col(MessageRow.number).in_(numbers))
    messages = session.exec(told.where(MessageRow.to == "leader")).all() if numbers else ()
    own = select(LetterRow).where(col(LetterRow.id).in_([message.id for message in messages]))
    carried = _carried(session, messages, session.exec(own).all()) if messages else ()
    letters, deliveries = dict[int, list[LetterRow]](), dict[int, list[DeliveryRow]]()
    for message, of_message, shown in carried:
        letters.setdefault(message.number, []).extend(of_message)
        deliveries.setdefault(message.number, []).extend(shown)
    return {number for number in numbers if got_through(letters.get(number, ()), deliveries.get(number, ()))}


def got_through(letters: Sequence[LetterRow], deliveries: Sequence[DeliveryRow]) -> bool:
    """Whether a message reached its addressee: it was read, a channel carried it, or none has given it up.

    Every message stands in its addressee's inbox. Only where the channels gave up and nobody has read it did it not arrive.
    """
    states = {delivery.state for delivery in deliveries if delivery.channel != TRAY}
    read = any(letter.read_at for letter in letters)
    return read or DeliveryState.ARRIVED in states or DeliveryState.FAILED not in states


def _told_of(session: Session, filing: Filing) -> list[Entry]:
    query = select(EntryRow.body).where(EntryRow.filing_id == filing.id, col(EntryRow.kind).in_(wording.TOLD_OF))
    earlier = query.where(EntryRow.number < filing.number).order_by(col(EntryRow.number))
    return [Entry.model_validate_json(body) for body in session.exec(earlier)]


def _reminders(session: Session, messages: Sequence[MessageRow], family: str) -> tuple[str, str] | None:
    """Several reminders as one: how many, the nearest deadline, and the title of each."""
    entries = [_entry(session, message) for message in messages]
    places = {entry.filing.jurisdiction for entry in entries}
    place = places.pop() if len(places) == 1 else ""
    text = texts.find(family, REMINDERS, place)
    if text is None and family not in texts.ONLY_ITS_OWN:
        text = texts.find("inbox", REMINDERS, place)
    if text is None:
        return None
    years = [entry.filing.year(entry.event.year or 0) for entry in entries if isinstance(entry.event, Lapse)]
    deadlines = [year.due for year in years if year]
    return text.filled(
        {
            "count": str(len({message.filing_id for message in messages})),
            "first": midnight(min(deadlines)) if deadlines else "见各件",
            "lines": listed([message.title for message in messages]),
        }
    )


def listed(lines: Sequence[str]) -> str:
    """Lines with their numbers, as many as a letter prints."""
    more = [f"……另有{len(lines) - SHOWN}件"] if len(lines) > SHOWN else []
    return "\n".join([*(f"{number}. {line}" for number, line in enumerate(lines[:SHOWN], 1)), *more])


# Addresses


def _of_leader(session: Session, filing_id: str, before: int | None = None) -> Recipient:
    """The leader's phone and mail as last told: by a correction, a change that took effect, or the application; or as told
    before an entry."""
    filing = Filing.model_validate_json(session.get_one(FilingRow, filing_id).value)
    query = select(EntryRow).where(EntryRow.filing_id == filing_id, col(EntryRow.kind).in_(BRING_CONTACTS))
    query = query.where(col(EntryRow.refused).is_(None)).order_by(col(EntryRow.number).desc())
    if before is not None:
        query = query.where(col(EntryRow.number) < before)
    for row in session.exec(query):
        entry = Entry.model_validate_json(row.body)
        if entry.awaits_second or not _holds(filing, entry):
            continue
        paper = _paper(session, row.paper)
        told: Mapping[str, Any] | None = paper if isinstance(entry.event, CorrectContact) else paper.get("leader")
        if told:
            return Recipient(mail=tuple(filter(None, [told.get("email")])), phone=(told["phone"],))
    return Recipient()


def _holds(filing: Filing, entry: Entry) -> bool:
    """Whether what an entry tells of the leader holds: a reviewed change once in effect (G-24), all else of this leader."""
    if isinstance(entry.event, ReportChange) and entry.event.change in REVIEWED:
        return entry.event.paper == filing.paper
    return entry.filing.leader == filing.leader


def _paper(session: Session, key: str | None) -> dict[str, Any]:
    paper: dict[str, Any] = json.loads(session.get_one(Paper, key).body) if key else {}
    return paper
