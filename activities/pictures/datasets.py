"""A table of figures as a value, and what is handed out of it: CSV, JSON with its schema, and a line of the data dictionary."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from activities.documents.sheets import harmless
from models.values import canonical

Datum = str | int | float | None


@dataclass(frozen=True)
class Field:
    """A column: its name for programs, its title for people, what it means, and in what unit."""

    name: str
    title: str
    type: Literal["string", "integer", "number"] = "integer"
    unit: str = ""
    meaning: str = ""

    @property
    def heading(self) -> str:
        """What stands over the column."""
        return f"{self.title}（{self.unit}）" if self.unit else self.title

    @property
    def described(self) -> dict[str, str]:
        """Its line of the data dictionary."""
        return {
            "name": self.name,
            "title": self.title,
            "type": self.type,
            "unit": self.unit,
            "description": self.meaning,
        }

    @property
    def schema(self) -> dict[str, Any]:
        """The column in JSON Schema; any but a text may be unknown."""
        told = {"title": self.heading, "type": self.type if self.type == "string" else [self.type, "null"]}
        return told | ({"description": self.meaning} if self.meaning else {})


@dataclass(frozen=True)
class Dataset:
    """Figures under a name, as of a day: what they are, their columns, and a row for each thing that is counted."""

    key: str
    title: str
    note: str
    fields: tuple[Field, ...]
    rows: tuple[tuple[Datum, ...], ...]
    as_of: date

    @property
    def records(self) -> list[dict[str, Datum]]:
        """Each row by the names of its columns."""
        return [dict(zip((each.name for each in self.fields), row, strict=True)) for row in self.rows]

    @property
    def csv(self) -> str:
        """As a table for spreadsheets: titles above, marked as UTF-8."""
        written = io.StringIO()
        table = csv.writer(written)
        table.writerow(each.heading for each in self.fields)
        for row in self.rows:
            table.writerow("" if each is None else harmless(str(each)) for each in row)
        return "\ufeff" + written.getvalue()

    @property
    def json(self) -> str:
        """For programs: what it is, as of when, and its rows."""
        return canonical({"name": self.key, "title": self.title, "as_of": str(self.as_of), "rows": self.records})

    @property
    def schema(self) -> dict[str, Any]:
        """JSON Schema of the JSON."""
        row = {
            "type": "object",
            "properties": {each.name: each.schema for each in self.fields},
            "required": [each.name for each in self.fields],
            "additionalProperties": False,
        }
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": self.title,
            "description": self.note,
            "type": "object",
            "properties": {
                "name": {"const": self.key},
                "title": {"type": "string"},
                "as_of": {"type": "string", "format": "date", "description": "统计截至日期"},
                "rows": {"type": "array", "items": row},
            },
            "required": ["name", "title", "as_of", "rows"],
            "additionalProperties": False,
        }


def total(rows: Sequence[Sequence[Datum]], column: int) -> int:
    """The sum of a column of counts."""
    return sum(each[column] for each in rows if isinstance(each[column], int))  # type: ignore[misc]
