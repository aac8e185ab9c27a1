"""The channels that everybody may look at, or subscribe to: the announcements' site, and the calendars of deadlines."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import ClassVar

from sqlmodel import col, select

from activities.channels.channel import Carried, Letter, Recipient
from activities.database import reading
from activities.files import put
from activities.letter_opening import CALENDARS, PUBLICATION
from activities.publishing.calendars import Subject, calendar
from activities.publishing.site import Site
from activities.register import Register
from models.filing import AgendaLine, Filing
from models.register import FilingRow
from models.values import day_of
from regulation import entries, offices


@dataclass
class Website:
    """Writes the pages and feeds of announcements (公示公告), one round at a time: who reads first writes first.

    Letters that come while a round is under way leave together in the next: many at once touch the same lists.
    """

    words: ClassVar[str] = "page"

    site: Site
    clock: Callable[[], datetime]
    _one: Lock = field(default_factory=Lock)
    _asked: set[str | None] = field(default_factory=set)

    def reaches(self, letter: Letter, recipient: Recipient) -> bool:
        """Publications, and nothing else."""
        return letter.text == PUBLICATION

    def send(self, letter: Letter, recipient: Recipient) -> Carried:
        """Write what the publication touches. Harmless to repeat: the same rows make the same pages."""
        self._asked.add(letter.filing_id)
        with self._one:
            written = self._write() if letter.filing_id in self._asked else 0
        receipt = f"写出{written}个文件" if written else "已随其他公告写出"
        return Carried(address=self.site.address or "site", receipt=receipt)

    def _write(self) -> int:
        """Write whatever was asked for; all of it is asked for again if that fails.

        The set stays the one it is: a letter may be about to ask while it is emptied.
        """
        asked = set(self._asked)
        self._asked.difference_update(asked)
        today = day_of(self.clock())
        try:
            if None in asked:
                return len(self.site.write_day(today))
            return len(self.site.write([filing_id for filing_id in asked if filing_id], today))
        except BaseException:
            self._asked.update(asked)
            raise


@dataclass
class CalendarFolder:
    """Writes the calendars of deadlines (iCalendar) of every office and every leader, a file each."""

    words: ClassVar[str] = "page"

    register: Register
    folder: Path

    def reaches(self, letter: Letter, recipient: Recipient) -> bool:
        """The day's letter."""
        return letter.text == CALENDARS

    def send(self, letter: Letter, recipient: Recipient) -> Carried:
        """Write every calendar. Harmless to repeat: the same register makes the same calendars."""
        written = calendars(self.register)
        for key, content in written.items():
            put(self.folder / ("offices" if key in offices.KEYS else "leaders") / f"{key}.ics", content)
        return Carried(address="calendars", receipt=f"写出{len(written)}份日历")


@dataclass
class Diary:
    """日程 of an office or a leader: the agenda of every open filing in which it has a part."""

    name: str
    lines: list[tuple[Subject, AgendaLine]] = field(default_factory=list)

    def written(self) -> bytes:
        """It as a calendar, by the day."""
        by_day = sorted(self.lines, key=lambda each: (each[1].at, each[0].filing_id))
        return calendar(by_day, f"{self.name}备案日程")


def calendars(register: Register, whose: str | None = None) -> Mapping[str, bytes]:
    """The calendar of every office and of every leader by its code; or, by theirs, that of one alone, if there is such a one.

    A calendar to which somebody subscribed stays when nothing is left on it: an office's, and that of a leader whose
    filings are all closed.
    """
    diaries = {key: Diary(offices.name_of(key)) for key in sorted(offices.KEYS) if whose in (None, key)}
    with reading(register.engine) as session:
        for row in session.exec(select(FilingRow).order_by(col(FilingRow.updated_at).desc(), FilingRow.filing_id)):
            part = {key: name for key, name in _parties(row) if whose in (None, key)}
            for key, name in part.items():
                diaries.setdefault(key, Diary(name))
            if part and row.open:
                subject = Subject(row.filing_id, row.alliance_name, row.number, row.updated_at)
                agenda = [(subject, line) for line in entries.outlook(Filing.model_validate_json(row.value))]
                for key in part:
                    diaries[key].lines.extend(agenda)
    return {key: diary.written() for key, diary in diaries.items()}


def _parties(row: FilingRow) -> Iterator[tuple[str, str]]:
    """Who has a part in a filing, by code and name: its leader, the city, the zone, and the province (Q10)."""
    yield row.leader, row.leader_name
    for key in {row.jurisdiction, row.zone or row.jurisdiction, offices.PROVINCE}:
        yield key, offices.name_of(key)
