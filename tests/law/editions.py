"""The editions of a deployment's own folder that the cases count by, and the same 28 years later.

28 years bring the same weekdays back. So a case of past years can be lived on a real server, whose time cannot go back:
its dates are moved, and so are the editions it counts by. `python -m tests.law.editions` writes the moved ones anew.
"""

import json
from datetime import date
from pathlib import Path
from typing import Any

from activities import editions
from regulation import calendar, data
from regulation.terms import LOCAL_RULES
from tests.law.shifting import YEARS, shifted

FOLDER = Path(__file__).parent / "editions"
TERMS = ("LN-2022", "LN-2024", "LN-2025", "LN-2026", "LN-2026-R", "LN-2027")


def load_editions() -> None:
    """Add the editions of the folder to this process. Doing it twice is doing it once."""
    editions.load(FOLDER)


def moved() -> dict[str, dict[str, Any]]:
    """The moved editions, by the file each is kept in below the folder."""
    changing = [*(_read(f"terms/{name}.json") for name in TERMS), data.read("terms/LN-2023.json")]
    terms = [_as_before(changing), *map(shifted, changing)]
    calendars = [_bridge(), shifted(_read("calendars/2027-fictional.json"))]
    return {
        **{f"terms/{each['edition']}.json": each for each in terms},
        **{f"calendars/{each['edition']}.json": each for each in calendars},
    }


def _read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((FOLDER / name).read_text("utf-8"))
    return document


def _as_before(editions: list[dict[str, Any]]) -> dict[str, Any]:
    """Terms at the beginning of the moved years: what these editions change is as it was before them."""
    first = data.read("terms/LN-2021.json")
    usual = {(row["key"], row.get("kind")): row["value"] for row in first["rows"]}
    return {
        "edition": "LN-2049",
        "base": "LN-2027",
        "effective": "2049-01-01",
        "document_no": first["document_no"],
        "rows": [
            {**row, "value": usual.get((row["key"], row.get("kind")), usual.get((row["key"], None), False))}
            for each in editions
            for row in each["rows"]
            if "year" not in row and row["key"] != LOCAL_RULES  # they say themselves until when they hold
        ],
    }


def _bridge() -> dict[str, Any]:
    """Calendar years from 2027 on: by the statutory table alone until the moved years begin, then those."""
    shipped = [data.read(name)["years"] for name in data.names("calendars")]
    of_law = {
        year: {"days_off": {f"{year}-{day}": name for day, name in days.items() if _weekday(year, day)}, "workdays": []}
        for year, days in calendar.STATUTORY.items()
        if int(year) < calendar.FIRST_YEAR + YEARS
    }
    of_the_shipped = {year: days for years in shipped for year, days in shifted(years).items()}
    return {"edition": "2054", "base": "2026", "known_from": "2049-01-01", "years": of_law | of_the_shipped}


def _weekday(year: str, day: str) -> bool:
    return date.fromisoformat(f"{year}-{day}").weekday() < 5


if __name__ == "__main__":
    for path, document in moved().items():
        (FOLDER / path).write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", "utf-8")
