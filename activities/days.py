"""What every day brings by itself: notices begin and end, and calendars look further ahead."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from activities.letter_opening import CALENDARS, PUBLICATION
from activities.letters import Letters
from models.register import LetterRow
from models.values import day_of
from regulation import offices


@dataclass
class Days:
    """Opens a day's letters that have announcements and calendars written; once a day, whoever asks first."""

    letters: Letters
    written: Mapping[str, Path] = field(default_factory=dict)
    """Where what a letter has written lies: what is gone at the start is written anew, also if the day's letter is done."""

    _compiled_on: date | None = field(default=None, init=False)

    def compile(self, now: datetime) -> list[str]:
        """Open them if they are not; which ones."""
        today = day_of(now)
        if today == self._compiled_on:
            return []
        starting, self._compiled_on = self._compiled_on is None, today
        opened = []
        for text in (PUBLICATION, CALENDARS):
            of_today = self._opened(text, f"_{text}-{today}", now)
            if of_today is None and starting and (folder := self.written.get(text)) and not folder.exists():
                of_today = self._opened(text, f"_{text}-{today}-anew", now)
            opened += [of_today] if of_today else []
        return opened

    def _opened(self, text: str, key: str, now: datetime) -> str | None:
        """A letter's id, if it is opened now."""
        letter = LetterRow(id=key, text=text, to="public", office=offices.PROVINCE, messages="[]", created_at=now)
        return key if self.letters.compile(letter) else None
