"""Lists of filings (备案列表): what somebody looks for, as a value and as a query string, and where the next page begins."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Literal
from urllib.parse import urlencode

from pydantic import StringConstraints

from activities.lists import Place
from activities.register import Register
from models.acts import OfficeKey
from models.register import FilingRow
from models.values import INSTANT, Jurisdiction, Value, due_by
from models.vocabulary import Kind, Stage
from regulation import offices
from regulation.calendar import CALENDARS, last_day

PAGE = 50
"""How many filings one page shows."""

LONGEST = 10_000
"""How many filings one table takes."""

IIT = "iit"
"""Waits for the 工信 department, whichever city's it is; it has no code of its own."""

WITHIN = {0: "今日", 3: "3个工作日内", 5: "5个工作日内", 10: "10个工作日内", 20: "20个工作日内"}
"""How soon a deadline may be asked for, in working days."""


class Filter(Value):
    """What somebody looks for: what is left empty does not matter. `due` is in working days from today."""

    stage: Stage | None = None
    kind: Kind | None = None
    jurisdiction: Jurisdiction | None = None
    waiting_for: OfficeKey | Literal["iit"] | None = None
    due: Literal[0, 3, 5, 10, 20] | None = None
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)] | None = None

    @property
    def query(self) -> str:
        """As a query string, always the same for the same filter."""
        return urlencode(self.model_dump(mode="json"))

    def rows(
        self,
        register: Register,
        scope: offices.Scope,
        today: date,
        after: str = "",
        limit: int = PAGE,
        *,
        whole: bool = False,
    ) -> list[FilingRow]:
        """The filings of a scope that are meant, by the nearest deadline: lines of a list, or `whole`."""
        iit = self.waiting_for == IIT
        return register.filings(
            stage=self.stage,
            kind=self.kind,
            jurisdiction=self.jurisdiction,
            waiting_for=None if iit else self.waiting_for,
            awaits_iit=iit,
            due_by=_until(self.jurisdiction or scope.jurisdiction, today, self.due),
            text=self.text,
            scope=scope,
            after=position(after),
            limit=limit,
            whole=whole,
        )


def read(params: Mapping[str, str]) -> Filter:
    """A filter from a query or a form; what is empty, or about something else, is left out. Raises `ValueError`."""
    told: dict[str, str | int] = {name: text for name in Filter.model_fields if (text := params.get(name, "").strip())}
    if "due" in told:
        told["due"] = int(told["due"])
    return Filter.model_validate(told)


def _until(jurisdiction: str | None, today: date, due: int | None) -> datetime | None:
    """24:00 of the last of so many working days."""
    if due is None:
        return None
    last = last_day(CALENDARS.newest(today), jurisdiction or "", today, due, "working_day") if due else today
    return due_by(last)


# Where the next page begins: after a filing as it was listed, wherever it stands by then


def place(row: FilingRow, at: datetime | None = None) -> str:
    """Where a filing stands in a list, to be carried in an address; by another instant, where that is the list's order."""
    return f"{(at or row.listed_at).isoformat()}~{row.filing_id}"


def position(text: str) -> Place | None:
    """The other way round; None is the beginning. Raises `ValueError` if it is no place."""
    if not text:
        return None
    at, _, filing_id = text.partition("~")
    return Place(at=INSTANT.validate_python(at), filing_id=filing_id)
