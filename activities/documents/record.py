"""Everything that the register holds of one filing, read at once: what every document is made from."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlmodel import col, or_, select

from activities import rows
from activities.database import reading
from activities.letter_deliveries import TRAY
from activities.letters import Letters
from activities.papers import PaperMissing
from activities.register import Register
from models.filing import Entry, Filing
from models.register import (
    AnnualReportRow,
    DeliveryRow,
    EntryRow,
    FilingRow,
    LetterRow,
    MessageRow,
    Paper,
    PublicNoticeRow,
    VersionRow,
)
from models.values import SHANGHAI
from models.vocabulary import DeliveryState
from regulation import identity


class NoSuchFiling(LookupError):
    """备案库中没有这一备案."""


@dataclass(frozen=True)
class Step:
    """An entry with the filing before it, and what might be shown of the alliance after it (G-04b)."""

    before: Filing | None
    entry: Entry
    shown: dict[str, Any]

    @property
    def filing(self) -> Filing:
        return self.entry.filing


@dataclass(frozen=True)
class Sent:
    """A message with the letters that carried it, and what each channel has to show."""

    message: MessageRow
    letters: tuple[LetterRow, ...]
    deliveries: tuple[DeliveryRow, ...]


@dataclass(frozen=True)
class Record:
    """One filing as the register holds it."""

    row: FilingRow
    entries: tuple[EntryRow, ...]
    papers: tuple[Paper, ...]
    sent: tuple[Sent, ...]
    notices: tuple[PublicNoticeRow, ...]
    versions: tuple[VersionRow, ...]
    reports: tuple[AnnualReportRow, ...]

    @cached_property
    def filing(self) -> Filing:
        """The filing as it stands."""
        return Filing.model_validate_json(self.row.value)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Its life, entry by entry."""
        return tuple(self._steps())

    def _steps(self) -> Iterator[Step]:
        before: Filing | None = None
        shown: dict[str, Any] = {}
        for row in self.entries:
            entry = Entry.model_validate_json(row.body)
            shown = rows.public(before, shown, entry, self.paper)
            yield Step(before, entry, shown)
            before = entry.filing

    def paper(self, key: str) -> dict[str, Any]:
        """What a paper says, by its digest."""
        for paper in self.papers:
            if paper.digest == key:
                return identity.content_of(json.loads(paper.body))
        raise PaperMissing(key)


def read(register: Register, filing_id: str) -> Record:
    """One filing with everything on it. Reads only; raises `NoSuchFiling`."""
    sent = Letters(register.engine).of_filing(filing_id)
    with reading(register.engine) as session:
        row = session.get(FilingRow, filing_id)
        if row is None:
            raise NoSuchFiling(filing_id)
        entries = select(EntryRow).where(EntryRow.filing_id == filing_id).order_by(col(EntryRow.number))
        based_on = select(EntryRow.paper).where(EntryRow.filing_id == filing_id, col(EntryRow.paper).is_not(None))
        papers = select(Paper).where(or_(Paper.filing_id == filing_id, col(Paper.digest).in_(based_on)))
        notices = select(PublicNoticeRow).where(PublicNoticeRow.filing_id == filing_id)
        versions = select(VersionRow).where(VersionRow.filing_id == filing_id).order_by(col(VersionRow.version))
        reports = select(AnnualReportRow).where(AnnualReportRow.filing_id == filing_id)
        return Record(
            row=row,
            entries=tuple(session.exec(entries)),
            papers=tuple(session.exec(papers.order_by(col(Paper.digest)))),
            sent=tuple(Sent(message, tuple(letters), tuple(receipts)) for message, letters, receipts in sent),
            notices=tuple(sorted(session.exec(notices), key=lambda each: (each.number, len(each.id), each.id))),
            versions=tuple(session.exec(versions)),
            reports=tuple(session.exec(reports.order_by(col(AnnualReportRow.year)))),
        )


CHANNELS = {"files": "发件目录", "platform": "平台收件箱", "mail": "电子邮件", "sms": "短信"}
"""What people call the channels that most deployments have; others bear the name that their deployment gave them."""


def receipts(sent: Sent) -> Iterator[str]:
    """What there is to show for a message: in the inbox since when, read or not, and each channel to it (G-18)."""
    yield f"收件箱 {minute(sent.message.created_at)}"
    read = [letter.read_at for letter in sent.letters if letter.read_at]
    if read:  # it was carried by two letters, its own and one of a day: it is read once
        yield f"已读 {minute(min(read))}"
    for each in sent.deliveries:
        if each.channel != TRAY:
            name = CHANNELS.get(each.channel, each.channel)
            yield f"{name} {DeliveryState(each.state).label} {minute(each.last_tried_at)}"


def minute(instant: datetime) -> str:
    """An instant for people, in Shanghai."""
    return f"{instant.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
