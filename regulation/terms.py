"""The numbers of the law (期限标准): dated rows, each with its article, by kind, jurisdiction and year.

To change a number, ship a new edition that builds on the newest one; nothing else changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from models.vocabulary import Kind
from regulation import data
from regulation.editions import EditionRefused, Editions

RANGES: dict[str, tuple[int, int]] = {
    "review.acceptance_working_days": (1, 10),
    "review.city_working_days": (1, 60),
    "review.reminder_working_days": (1, 60),
    "review.extension_working_days": (1, 60),
    "review.iit_opinion_working_days": (1, 60),
    "correction.applicant_days": (5, 180),
    "notice.length": (3, 30),
    "notice.postal_grace_working_days": (0, 10),
    "objection.handling_working_days": (1, 60),
    "annual.first_due_min_days": (0, 366),
    "extension.max_days": (1, 120),
    "revocation.missed_years": (2, 2),
    "revocation.statement_working_days": (5, 60),
    "revocation.postal_grace_working_days": (0, 10),
    "text.max_chars": (500, 500),
}
"""What an edition may set a number to (domain.md §3)."""

Selector = tuple[str, str | None, str | None, int | None]
"""A row's key, kind, jurisdiction and year; None means any."""


@dataclass(frozen=True)
class TermsEdition:
    """All rows in force under one edition, its own over those of the one it builds on."""

    name: str
    since: date
    known_from: date | None
    document_no: str
    rows: Mapping[Selector, tuple[Any, str]]


def _make(document: Mapping[str, Any], base: TermsEdition | None) -> TermsEdition:
    rows = dict(base.rows) if base else {}
    for row in document["rows"]:
        key, value = row["key"], row["value"]
        if base and key not in {known for known, *_ in base.rows} and not key.startswith("intake."):
            raise EditionRefused(f"期限标准 {document['edition']}: 没有 {key} 这一项")
        low, high = RANGES.get(key, (None, None))
        if low is not None and high is not None and not (isinstance(value, int) and low <= value <= high):
            raise EditionRefused(f"期限标准 {document['edition']}: {key} = {value} 须在 {low} 与 {high} 之间")
        rows[(key, row.get("kind"), row.get("jurisdiction"), row.get("year"))] = (value, row["article"])
    known_from = document.get("known_from")
    return TermsEdition(
        name=document["edition"],
        since=date.fromisoformat(document["effective"]),
        known_from=date.fromisoformat(known_from) if known_from else None,
        document_no=document["document_no"],
        rows=rows,
    )


TERMS: Editions[TermsEdition] = Editions("期限标准", _make)
for _name in data.names("terms"):
    TERMS.add(data.read(_name))


@cache
def find(edition: str, key: str, kind: Kind, jurisdiction: str, year: int | None = None) -> Any:
    """The value of a row, the most specific first: year, then jurisdiction, then kind. None if no row fits."""
    rows = TERMS[edition].rows
    for of_year in (year, None) if year else (None,):
        for place in (jurisdiction, None):
            for of_kind in (kind.value, None):
                if (row := rows.get((key, of_kind, place, of_year))) is not None:
                    return row[0]
    return None


def value(edition: str, key: str, kind: Kind, jurisdiction: str, year: int | None = None) -> Any:
    """The value of a row that every edition has."""
    found = find(edition, key, kind, jurisdiction, year)
    if found is None:
        raise KeyError(f"{edition}: {key}")
    return found
