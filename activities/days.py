"""What every day brings by itself: notices begin and end, and calendars look further ahead."""

from dataclasses import dataclass
from datetime import datetime

from activities.letters import CALENDARS, PUBLICATION, Letters
from models.register import LetterRow
from models.values import day_of
from regulation import offices


@dataclass
class Days:
    """Opens a day's letters that have announcements and calendars written; once a day, whoever asks first."""

    letters: Letters

    def compile(self, now: datetime) -> list[str]:
        """Open them if they are not; which ones."""
        letters = [
            LetterRow(
                id=f"_{text}-{day_of(now)}",
                text=text,
                to="public",
                office=offices.PROVINCE,
                messages="[]",
                created_at=now,
            )
            for text in (PUBLICATION, CALENDARS)
        ]
        return [letter.id for letter in letters if self.letters.compile(letter)]
