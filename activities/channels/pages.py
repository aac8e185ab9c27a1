"""The channels that everybody may look at, or subscribe to: the announcements' site, and the calendars of deadlines."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import ClassVar

from sqlmodel import col, select

from activities.channels.channel import Carried, Letter, Recipient
from activities.database import reading
from activities.letters import CALENDARS, PUBLICATION
from activities.publishing.calendars import Subject, calendar
from activities.publishing.site import Site
from activities.register import Register
from models.filing import AgendaLine, Filing
from models.register import FilingRow
from models.values import day_of
from regulation import entries, offices


@dataclass
class Website:
    """Writes the pages and feeds of announcements (公示公告), one letter at a time: who reads first writes first."""

    words: ClassVar[str] = "page"

    site: Site
    clock: Callable[[], datetime]
    _one: Lock = field(default_factory=Lock)

    def reaches(self, letter: Letter, recipient: Recipient) -> bool:
        """Publications, and nothing else."""
        return letter.text == PUBLICATION

    def send(self, letter: Letter, recipient: Recipient) -> Carried:
        """Write what the publication touches. Harmless to repeat: the same rows make the same pages."""
        with self._one:
            today = day_of(self.clock())
            written = self.site.write([letter.filing_id], today) if letter.filing_id else self.site.write_all(today)
        return Carried(address=self.site.address or "site", receipt=f"写出{len(written)}个文件")


@dataclass
class CalendarFolder:
    """Writes a calendar of deadlines (iCalendar) for every office and every leader that an open filing waits for."""

    words: ClassVar[str] = "page"

    register: Register
    folder: Path

    def reaches(self, letter: Letter, recipient: Recipient) -> bool:
        """The day's letter."""
        return letter.text == CALENDARS

    def send(self, letter: Letter, recipient: Recipient) -> Carried:
        """Write every calendar whole or not at all."""
        written = 0
        for name, whose, lines in calendars(self.register):
            path = self.folder / f"{name}.ics"
            path.parent.mkdir(parents=True, exist_ok=True)
            half = path.with_name(f".{path.name}")
            half.write_bytes(calendar(lines, whose))
            os.replace(half, path)
            written += 1
        return Carried(address="calendars", receipt=f"写出{written}份日历")


def calendars(register: Register) -> Iterator[tuple[str, str, list[tuple[Subject, AgendaLine]]]]:
    """The agenda of every open filing, under each office that has a part in it and under its leader."""
    lines: dict[str, list[tuple[Subject, AgendaLine]]] = {}
    names: dict[str, str] = {}
    with reading(register.engine) as session:
        for row in session.exec(select(FilingRow).where(col(FilingRow.open).is_(True)).order_by(FilingRow.filing_id)):
            subject = Subject(row.filing_id, row.alliance_name, row.number, row.updated_at)
            agenda = [(subject, line) for line in entries.outlook(Filing.model_validate_json(row.value))]
            names[f"leaders/{row.leader}"] = row.leader_name
            for key in dict.fromkeys([row.jurisdiction, row.zone or row.jurisdiction, offices.PROVINCE]):
                names[f"offices/{key}"] = offices.name_of(key)
                lines.setdefault(f"offices/{key}", []).extend(agenda)
            lines.setdefault(f"leaders/{row.leader}", []).extend(agenda)
    for key, agenda in lines.items():
        yield key, f"{names[key]}备案日程", sorted(agenda, key=lambda each: (each[1].at, each[0].filing_id))
