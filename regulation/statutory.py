"""A year's working days as the statute alone has them (全国年节及纪念日放假办法): what is supposed of a year that is not arranged yet."""

from datetime import date
from typing import Any

from regulation.calendar import STATUTORY

PUBLISHED_ON = "12-01"
"""On which day of the year before a calendar is supposed to be published."""


def edition(name: str, base: str, year: int) -> dict[str, Any]:
    """It as a document of an edition of the calendar: statutory days on weekdays are off, no weekend works."""
    days = {f"{year}-{day}": festival for day, festival in STATUTORY[str(year)].items()}
    off = {day: festival for day, festival in days.items() if date.fromisoformat(day).weekday() < 5}
    known_from = f"{year - 1}-{PUBLISHED_ON}"
    return {
        "edition": name,
        "base": base,
        "known_from": known_from,
        "years": {str(year): {"days_off": off, "workdays": []}},
    }
