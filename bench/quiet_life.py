"""A quiet life: kind A from submission to archive without incident, and a report in time every year.

What the benches live, in the engine and without it. Every filing has a leader of its own, as in the world.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import count
from typing import Any

from examples import demo
from models.values import SHANGHAI
from models.vocabulary import Kind
from regulation.checklist import CONDITIONS
from tests.applications import enterprise, led_by

MOST = 9999
"""So many different leaders there are."""


@dataclass(frozen=True)
class QuietLife:
    """One of many quiet lives, beginning on 15 March."""

    number: int
    year: int
    years: int = 1

    @property
    def id(self) -> str:
        """The filing's id."""
        return f"BENCH-{self.number:04d}"

    @property
    def over(self) -> datetime:
        """When the last of the years is closed."""
        return datetime(self.year + self.years - 1, 12, 2, tzinfo=SHANGHAI)

    @property
    def left(self) -> datetime:
        """When a filing's workflow has left the last of the years: with the first reminder of the next."""
        return datetime(self.year + self.years, 10, 3, tzinfo=SHANGHAI)

    @cached_property
    def form(self) -> dict[str, Any]:
        """The application."""
        form = demo.application(Kind.A, self.year)
        led_by(form, enterprise(self.number))
        return form | {"filing_id": self.id, "alliance_name": f"沈阳市{self.id}产学研联盟"}

    def acts(self) -> Iterator[dict[str, Any]]:
        """What people do, act by act."""
        numbers = count(1)

        def act(who: str, what: str, day: str, **fields: Any) -> dict[str, Any]:
            by = self.form["by"] if who == "leader" else demo.OFFICES[who]
            received_at = f"{day}T09:00:00+08:00"
            return {"id": f"{self.id}-{next(numbers)}", "kind": what, "by": by, "received_at": received_at, **fields}

        yield act("city", "accept", f"{self.year}-03-16")
        yield act("iit", "give_iit_opinion", f"{self.year}-03-17", positive=True)
        checklist = [{"item": item, "met": True} for item in CONDITIONS[Kind.A]]
        yield act("city2", "confirm", f"{self.year}-03-18", checklist=checklist)
        archive_number = f"LN-CXY-A-210100-{self.year}-{self.number:04d}"
        yield act("province", "archive", f"{self.year}-04-20", archive_number=archive_number)
        for due in range(self.year, self.year + self.years):
            yield act("leader", "file_annual_report", f"{due}-11-03", year=due, content=demo.report(due))
