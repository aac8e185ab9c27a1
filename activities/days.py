"""What every day brings by itself: notices begin and end, and calendars look further ahead."""

from dataclasses import dataclass, field
from datetime import date, datetime

from activities.letters import CALENDARS, PUBLICATION, Letters
from models.register import LetterRow
from models.values import day_of
from regulation import offices


@dataclass
class Days:
    """Opens a day's letters that have announcements and calendars written; once a day, whoever asks first."""

    letters: Letters
    _compiled_on: date | None = field(default=None, init=False)

    def compile(self, now: datetime) -> list[str]:
        """Open them if they are not; which ones."""
        today = day_of(now)
        if today == self._compiled_on:
            return []
        letters = [
            LetterRow(
                id=f"_{text}-{today}",
                text=text,
                to="public",
                office=offices.PROVINCE,
                messages="[]",
                created_at=now,
            )
            for text in (PUBLICATION, CALENDARS)
        ]
        opened = [letter.id for letter in letters if self.letters.compile(letter)]
        self._compiled_on = today
        return opened
