"""Moving JSON values by 28 years: the weekdays are the same, so are the working days of an edition moved with them."""

import re
from datetime import datetime
from typing import Any, TypeVar

YEARS = 28

DAY = re.compile(r"\b20\d\d(?=-\d\d-\d\d)")
"""The year of a date or instant, wherever it stands in a text."""

NAMED = re.compile(r"^(LN-|LN-CXY-[AB]-21[0-9SF]{2}00-)?20\d\d(?=$|-[A-Za-z]|-\d{4}$)")
"""The year in the name of an edition (`LN-2026-R`, `2027-fictional`) or in an archive number."""

NAMING = ("edition", "base", "terms", "calendar", "archive_number")
"""Keys whose values are such names."""

T = TypeVar("T")


def shifted(value: T, years: int = YEARS) -> T:
    """A JSON value with every date, every reporting year and every name of an edition moved."""
    moved: T = _shifted(value, years, "")
    return moved


def later(instant: datetime, years: int = YEARS) -> datetime:
    """An instant that many years later."""
    return instant.replace(year=instant.year + years)


def shifted_entry(line: str, years: int = YEARS) -> str:
    """A line of a docket (notation.py) so many years later; of a refusal only that it is one."""
    line, refused, _ = line.partition(" refused ")
    line = re.sub(r"\[[^]]*]", lambda which: _years(which[0], years), DAY.sub(lambda year: _year(year, years), line))
    return f"{line}{refused}".rstrip()


def _years(text: str, years: int) -> str:
    return re.sub(r"\b20\d\d\b", lambda year: _year(year, years), text)


def _year(found: re.Match[str], years: int) -> str:
    return str(int(found[0]) + years)


def _shifted(value: Any, years: int, key: str) -> Any:
    if isinstance(value, dict):
        return {_text(name, years): _shifted(each, years, name) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_shifted(each, years, key) for each in value)
    if isinstance(value, int) and key == "year":
        return value + years
    if not isinstance(value, str):
        return value
    return _name(value, years) if key in NAMING else _text(value, years)


def _text(text: str, years: int) -> str:
    if re.fullmatch(r"20\d\d", text):
        return str(int(text) + years)
    return DAY.sub(lambda year: _year(year, years), text)


def _name(name: str, years: int) -> str:
    return NAMED.sub(lambda found: found[0][:-4] + str(int(found[0][-4:]) + years), name)
