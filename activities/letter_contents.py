"""What is in letters: their messages in whatever words, and the addresses of whom they are for.

What a letter says in another family of texts is rendered from the stored entries, so every try says the same.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, or_
from sqlmodel import Session, col, select

from activities.channels.channel import Letter, Recipient
from activities.compiled import listed
from activities.database import in_parts
from activities.letter_deliveries import carried_by, got_through
from activities.letter_opening import REMINDERS
from activities.rounds.known import alliance_of
from models.acts import NEW_VERSIONS, CorrectContact, Lapse, ReportChange
from models.filing import Entry, Filing
from models.register import DeliveryRow, EntryRow, FilingRow, LetterRow, MessageRow, Paper, RoundEntryRow
from models.rounds.round import RoundEntry
from models.values import digest
from models.vocabulary import ActKind, Role
from regulation import offices, texts, wording
from regulation.naming import midnight
from regulation.retention import MASK
from regulation.rounds import consequences
from regulation.rounds import wording as round_wording
from regulation.standing import REVIEWED
from regulation.wording import Names, Past

ENTERED_FOR = ("letter_entered", "entered_for_leader")
"""Texts that tell a leader what was entered for it."""

BRING_CONTACTS = (
    "submit",
    *(kind.value for kind in NEW_VERSIONS),
    ActKind.CORRECT_CONTACT.value,
    ActKind.REPORT_CHANGE.value,
)


def content(letter: Letter) -> str:
    """Digest of what a letter says on a channel."""
    return digest([letter.title, letter.body])


class Contents:
    """What is in some letters: their messages, in whatever words, and whom they are for."""

    def __init__(self, session: Session, book: Callable[[str, str], Recipient], rows: Sequence[LetterRow]) -> None:
        self.session, self.book = session, book
        ids = [each for row in rows for each in json.loads(row.messages)]
        found = session.exec(select(MessageRow).where(col(MessageRow.id).in_(ids))) if ids else ()
        self._known = {each.id: each for each in found}
        self._reached: dict[tuple[str, int | None], Recipient] = {}
        self._kept: list[FilingRow | EntryRow | RoundEntryRow] = []

    def _look_up(self) -> None:
        """The filings and entries of all messages, of rounds too, in few statements; kept, so that the session finds them again."""
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
        of_rounds = {(each.round_id, each.number) for each in self._known.values() if each.round_id}
        self._kept += [row for each in sorted(of_rounds) if (row := self.session.get(RoundEntryRow, each))]
        for some in in_parts({each.about for each in self._known.values() if each.about}):
            self._kept += self.session.exec(select(FilingRow).where(col(FilingRow.filing_id).in_(some))).all()

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
    if message.filing_id is None:
        said = _of_round(session, message, family) if family != "inbox" else None
        return said or (None if family in texts.ONLY_ITS_OWN else as_it_stands)
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


def _of_round(session: Session, message: MessageRow, family: str) -> tuple[str, str] | None:
    """What a round told in a family that has a text of its own for it, told of its entry and of the alliance that it is about."""
    if not texts.exists(family, message.text):
        return None
    row = session.get(RoundEntryRow, (message.round_id, message.number))
    about = session.get(FilingRow, message.about) if message.about else None
    if row is None:
        return None
    entry, alliance = RoundEntry.model_validate_json(row.body), alliance_of(about) if about else None
    if texts.find(family, message.text, round_wording.place_of(entry, alliance)) is None:
        return None
    letter = consequences.Letter(message.text, _role_of(message), message.office, message.about)
    return round_wording.render(letter, entry, alliance, family)


def _role_of(message: MessageRow) -> Role:
    """To whom a message of a round is: a reviewer is the department of a city, or a zone."""
    reviewer = Role.ZONE if message.office in offices.ZONES else Role.CITY_ST
    return Role(message.to) if message.to in set(Role) else reviewer


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
    carried = carried_by(session, messages, session.exec(own).all()) if messages else ()
    letters, deliveries = dict[int, list[LetterRow]](), dict[int, list[DeliveryRow]]()
    for message, of_message, shown in carried:
        letters.setdefault(message.number, []).extend(of_message)
        deliveries.setdefault(message.number, []).extend(shown)
    return {number for number in numbers if got_through(letters.get(number, ()), deliveries.get(number, ()))}


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
            if told["phone"] == MASK:  # past its time: whoever writes after years is read in the inbox
                return Recipient()
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
