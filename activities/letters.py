"""Letters (信函): what leaves as one, to whom, in which words, and what every channel has to show for it.

A letter is opened in the transaction of the entry whose message it carries, so nothing is lost. Most carry one message
and have its id. Reminders of a day to one addressee also leave together, on the channels that knock at somebody's door.
What a letter says in another family of texts is rendered from the stored entries, so every try says the same.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine, insert, or_, update
from sqlmodel import Session, col, select

from activities.channels.channel import Letter, Recipient
from activities.database import reading, writing
from models.acts import CorrectContact, Lapse, ReportChange
from models.filing import Entry, Filing
from models.register import DeliveryRow, EntryRow, FilingRow, LetterRow, MessageRow, Paper, PublicNoticeRow
from models.values import Value, day_of, digest
from models.vocabulary import ActKind
from regulation import texts
from regulation.messages import NOTIFICATIONS
from regulation.wording import Names, midnight

REMINDERS = "reminders"
"""The text of a letter that carries several reminders."""

PUBLICATION = "publication"
"""The text of a letter that has announcements written: those of one filing, or of all for whom a day begins or ends."""

CALENDARS = "calendars"
"""The text of a letter that has the calendars of deadlines written."""

PAGES = frozenset({PUBLICATION, CALENDARS})
"""Letters without a message: what they bring about is written for whoever looks."""

ONLY_ITS_OWN = frozenset({"sms", "document"})
"""Families that carry only events for which they have a text."""

AS_IT_STANDS = frozenset({"inbox", "document"})
"""Families whose channels are given the message as it stands; a document is drawn up from the whole filing."""

BRING_CONTACTS = ("submit", ActKind.RESUBMIT.value, ActKind.CORRECT_CONTACT.value, ActKind.REPORT_CHANGE.value)


def open_for(session: Session, sent: Sequence[MessageRow], shown: Sequence[PublicNoticeRow]) -> None:
    """Open the letters of an entry's messages and publications, in its transaction."""
    opened = [*(_of(message, message.id) for message in sent), *map(_publication, shown)]
    if opened:
        session.connection().execute(insert(LetterRow), [letter.model_dump() for letter in opened])
    for message in sent:
        if NOTIFICATIONS[message.text].bundle:
            _add_to_bundle(session, message)


def _of(message: MessageRow, key: str) -> LetterRow:
    """A message's own letter, or a day's bundle that begins with it."""
    alone = key == message.id
    return LetterRow(
        id=key,
        filing_id=message.filing_id if alone else None,
        text=message.text if alone else REMINDERS,
        to=message.to,
        office=message.office,
        messages=json.dumps([message.id]),
        created_at=message.created_at,
    )


def _publication(notice: PublicNoticeRow) -> LetterRow:
    return LetterRow(
        id=f"page-{notice.id}",
        filing_id=notice.filing_id,
        text=PUBLICATION,
        to="public",
        office=notice.jurisdiction,
        messages="[]",
        created_at=notice.published_at,
    )


def _add_to_bundle(session: Session, message: MessageRow) -> None:
    """Into the day's bundle for its addressee; once that has been handed over, into a next one."""
    name = f"{REMINDERS}-{message.office}-{message.to}-{day_of(message.created_at)}"
    running = 1
    while True:
        key = name if running == 1 else f"{name}-{running}"
        bundle = session.exec(select(LetterRow).where(LetterRow.id == key).with_for_update()).first()
        if bundle is None:
            session.add(_of(message, key))
            return
        if bundle.handed_at is None:
            bundle.messages = json.dumps([*json.loads(bundle.messages), message.id])
            session.add(bundle)
            return
        running += 1


class Tried(Value):
    """What one try of one channel came to: `arrived`, `failed` for good, or `trying` again."""

    state: str
    address: str = ""
    receipt: str
    content: str


@dataclass
class Letters:
    """The register's letters. `book` tells how an addressee at an office is reached; leaders' addresses come from papers."""

    engine: Engine
    book: Callable[[str, str], Recipient] = lambda to, office: Recipient()

    # Handing over

    def waiting(self, handed_before: datetime, limit: int = 500) -> list[LetterRow]:
        """Letters still open and not lately handed over for delivery."""
        handed = col(LetterRow.handed_at)
        query = select(LetterRow).where(
            col(LetterRow.closed_at).is_(None), or_(handed.is_(None), handed < handed_before)
        )
        with reading(self.engine) as session:
            return list(session.exec(query.order_by(LetterRow.id).limit(limit)))

    def handed(self, letters: Sequence[str], now: datetime | None) -> None:
        """Note that letters were handed to the engine; nothing joins them any more. None takes it back."""
        with writing(self.engine) as session:
            table = update(LetterRow).where(col(LetterRow.id).in_(letters))
            session.connection().execute(table, {"handed_at": now})

    def compile(self, letter: LetterRow) -> bool:
        """Open a letter that nobody's entry opened, such as a morning's digest; False if it was opened before."""
        with writing(self.engine) as session:
            if session.get(LetterRow, letter.id):
                return False
            session.add(letter)
            return True

    # What is in a letter

    def row(self, letter: str) -> LetterRow | None:
        """A letter's row."""
        with reading(self.engine) as session:
            return session.get(LetterRow, letter)

    def worded(self, row: LetterRow, family: str) -> Letter | None:
        """A letter in the words of a family; None if that family has nothing to say of it."""
        with reading(self.engine) as session:
            messages = [session.get_one(MessageRow, each) for each in json.loads(row.messages)]
            if row.text == REMINDERS and len(messages) > 1:
                said = _reminders(session, messages, family)
            elif messages:
                said = _of_message(session, messages[0], family)
            else:
                said = None if family in texts.UNTITLED else (row.title or "", row.body or "")
        if said is None:
            return None
        return Letter(
            id=row.id,
            messages=tuple(json.loads(row.messages)),
            filing_id=row.filing_id,
            text=messages[0].text if len(messages) == 1 else row.text,
            to=row.to,
            office=row.office,
            service=any(message.service for message in messages),
            title=said[0],
            body=said[1],
            created_at=row.created_at,
        )

    def recipient(self, row: LetterRow) -> Recipient:
        """How the addressee can be reached now: an address corrected since the first try counts from the next one."""
        if row.to != "leader":
            return self.book(row.to, row.office)
        with reading(self.engine) as session:
            filing_id = row.filing_id or session.get_one(MessageRow, json.loads(row.messages)[0]).filing_id
            return _of_leader(session, filing_id)

    # What became of it

    def deliveries(self, letter: str) -> list[DeliveryRow]:
        """What each channel has to show."""
        with reading(self.engine) as session:
            return list(session.exec(select(DeliveryRow).where(DeliveryRow.letter == letter)))

    def note(self, letter: str, channel: str, tried: Tried, now: datetime) -> None:
        """Note what a try came to."""
        with writing(self.engine) as session:
            row = session.get(DeliveryRow, (letter, channel)) or DeliveryRow(
                letter=letter, channel=channel, state="", tries=0, first_tried_at=now, last_tried_at=now,
                address="", content="", receipt="",
            )  # fmt: skip
            row.tries += 1
            row.last_tried_at = now
            row.state, row.address, row.receipt, row.content = tried.state, tried.address, tried.receipt, tried.content
            session.add(row)

    def close(self, letter: str, now: datetime, *, failed: bool) -> None:
        """Every channel is done with a letter."""
        with writing(self.engine) as session:
            table = update(LetterRow).where(col(LetterRow.id) == letter)
            session.connection().execute(table, {"closed_at": now, "failed": failed})

    def reopen(self, letter: str) -> bool:
        """Try again, on the channels that gave up; False if there is no such letter."""
        with writing(self.engine) as session:
            if session.get(LetterRow, letter) is None:
                return False
            given_up = update(DeliveryRow).where(col(DeliveryRow.letter) == letter, col(DeliveryRow.state) == "failed")
            session.connection().execute(given_up, {"state": "again"})
            table = update(LetterRow).where(col(LetterRow.id) == letter)
            session.connection().execute(table, {"closed_at": None, "handed_at": None, "failed": False})
            return True

    def bounced(self, letter: str, channels: Sequence[str], why: str) -> bool:
        """退信: what one of these channels had carried came back. The letter is handed over once more, to be judged anew."""
        with writing(self.engine) as session:
            carried = (col(DeliveryRow.letter) == letter, col(DeliveryRow.channel).in_(channels))
            failed = {"state": "failed", "receipt": why}
            if session.connection().execute(update(DeliveryRow).where(*carried), failed).rowcount == 0:
                return False
            table = update(LetterRow).where(col(LetterRow.id) == letter)
            session.connection().execute(table, {"closed_at": None, "handed_at": None})
            return True

    def read(self, letter: str, now: datetime) -> MessageRow | None:
        """已读: note that a message was read in the inbox; the first time stands. None if there is no such message."""
        with writing(self.engine) as session:
            unread = update(LetterRow).where(col(LetterRow.id) == letter, col(LetterRow.read_at).is_(None))
            session.connection().execute(unread, {"read_at": now})
            return session.get(MessageRow, letter)

    def inbox(
        self, office: str, *, after: datetime | None = None, unread: bool = False, limit: int = 200
    ) -> list[tuple[MessageRow, LetterRow]]:
        """收件箱: what an office, or a leader by its code, was sent; the newest last."""
        query = select(MessageRow, LetterRow).where(LetterRow.id == MessageRow.id, MessageRow.office == office)
        if after:
            query = query.where(col(MessageRow.created_at) > after)
        if unread:
            query = query.where(col(LetterRow.read_at).is_(None))
        with reading(self.engine) as session:
            return list(session.exec(query.order_by(col(MessageRow.created_at), MessageRow.id).limit(limit)))

    def of_filing(self, filing_id: str) -> list[tuple[MessageRow, list[LetterRow], list[DeliveryRow]]]:
        """Every message of a filing with the letters that carried it and what their channels have to show."""
        with reading(self.engine) as session:
            messages = list(session.exec(select(MessageRow).where(MessageRow.filing_id == filing_id)))
            ids = {message.id for message in messages}
            bundles = session.exec(select(LetterRow).where(LetterRow.text == REMINDERS)).all() if ids else []
            letters = [*session.exec(select(LetterRow).where(LetterRow.filing_id == filing_id))]
            letters += [bundle for bundle in bundles if ids & set(json.loads(bundle.messages))]
            shown = select(DeliveryRow).where(col(DeliveryRow.letter).in_([letter.id for letter in letters]))
            deliveries = list(session.exec(shown))
        carried = []
        for message in sorted(messages, key=lambda one: (one.number, len(one.id), one.id)):
            mine = [letter for letter in letters if message.id in json.loads(letter.messages)]
            keys = {letter.id for letter in mine}
            carried.append((message, mine, [each for each in deliveries if each.letter in keys]))
        return carried

    def failed(self, office: str | None = None) -> list[tuple[LetterRow, list[DeliveryRow]]]:
        """Letters on which a channel gave up, with what each channel has to show."""
        query = select(LetterRow).where(col(LetterRow.failed).is_(True))
        if office:
            query = query.where(LetterRow.office == office)
        with reading(self.engine) as session:
            letters = session.exec(query.order_by(col(LetterRow.closed_at))).all()
            return [
                (letter, list(session.exec(select(DeliveryRow).where(DeliveryRow.letter == letter.id))))
                for letter in letters
            ]


def content(letter: Letter) -> str:
    """Digest of what a letter says on a channel."""
    return digest([letter.title, letter.body])


# Words


def _of_message(session: Session, message: MessageRow, family: str) -> tuple[str, str] | None:
    """A message in the words of a family: its own text there, or the message as it stands in the inbox."""
    filing = session.get_one(FilingRow, message.filing_id)
    text = texts.find(family, message.text, filing.jurisdiction)
    if text is None and family in ONLY_ITS_OWN:
        return None
    if text is None or family in AS_IT_STANDS:
        return message.title, message.body
    before, entry = _entries(session, message)
    days = reminded_on(session, entry.filing)
    names = Names(alliance=filing.alliance_name, leader=filing.leader_name, reminded_on=days)
    return texts.render(message.text, before, entry, names, family)


def _entries(session: Session, message: MessageRow) -> tuple[Filing | None, Entry]:
    row = session.get_one(EntryRow, (message.filing_id, message.number))
    earlier = session.get(EntryRow, (message.filing_id, message.number - 1))
    before = Entry.model_validate_json(earlier.body).filing if earlier else None
    return before, Entry.model_validate_json(row.body)


def reminded_on(session: Session, filing: Filing) -> tuple[date, ...]:
    """The days on which the leader was reminded of the years that a revocation rests on (G-19)."""
    years = set(filing.case.years) if filing.case else set()
    if not years:
        return ()
    query = select(EntryRow).where(EntryRow.filing_id == filing.id, EntryRow.kind == "reminder")
    days = []
    for row in session.exec(query.order_by(col(EntryRow.number))):
        lapse = Entry.model_validate_json(row.body).event
        if isinstance(lapse, Lapse) and lapse.year in years:
            days.append(day_of(row.at))
    return tuple(days)


def _reminders(session: Session, messages: Sequence[MessageRow], family: str) -> tuple[str, str] | None:
    """Several reminders as one: how many, the nearest deadline, and the title of each."""
    text = texts.find(family, REMINDERS, "") or (
        None if family in texts.UNTITLED else texts.find("inbox", REMINDERS, "")
    )
    if text is None:
        return None
    deadlines = []
    for message in messages:
        _, entry = _entries(session, message)
        year = entry.filing.year(getattr(entry.event, "year", None) or 0)
        deadlines += [year.due] if year else []
    return text.filled(
        {
            "count": str(len(messages)),
            "first": midnight(min(deadlines)) if deadlines else "见各件",
            "lines": "\n".join(f"{n}. {message.title}" for n, message in enumerate(messages, 1)),
        }
    )


# Addresses


def _of_leader(session: Session, filing_id: str) -> Recipient:
    """The leader's phone and mail as last told: by a correction, a change that took effect, or the application."""
    filing = session.get_one(FilingRow, filing_id)
    query = select(EntryRow).where(EntryRow.filing_id == filing_id, col(EntryRow.kind).in_(BRING_CONTACTS))
    query = query.where(col(EntryRow.refused).is_(None)).order_by(col(EntryRow.number).desc())
    for row in session.exec(query):
        event = Entry.model_validate_json(row.body).event
        paper = _paper(session, row.paper)
        told: Mapping[str, Any] | None = None
        if isinstance(event, CorrectContact):
            told = paper
        elif not isinstance(event, ReportChange) or event.leader in (None, filing.leader):
            told = paper.get("leader")
        if told:
            return Recipient(mail=tuple(filter(None, [told.get("email")])), phone=(told["phone"],))
    return Recipient()


def _paper(session: Session, key: str | None) -> dict[str, Any]:
    paper: dict[str, Any] = json.loads(session.get_one(Paper, key).body) if key else {}
    return paper
