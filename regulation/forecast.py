"""Who may miss a year (A-34, A-42, G-13): told from what became of the years before, by a rule that anybody can follow.

On the list is whoever still owes the year and missed, or was late with, one of the last three years. First those that missed the
year before, for a second miss in a row opens a revocation; then by how often they missed, then by how often they were late.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from models.values import day_of
from models.vocabulary import ReportState

LOOKS_BACK = 3
"""How many years before it are looked at."""


@dataclass(frozen=True)
class Earlier:
    """What became of an earlier year: of one that was late, when it was due and when it came."""

    year: int
    state: ReportState
    due: datetime
    filed_at: datetime | None = None

    @property
    def told(self) -> str:
        """In words."""
        if self.state is ReportState.MISSED or self.filed_at is None:
            return f"{self.year}年度未报送"
        last = day_of(self.due) - timedelta(days=1)
        return f"{self.year}年度迟报{(day_of(self.filed_at) - last).days}天"


@dataclass(frozen=True)
class Risk:
    """Why an alliance may miss a year: what it missed or was late with; `second`: missing this one too opens a revocation."""

    earlier: tuple[Earlier, ...]
    second: bool

    @property
    def reasons(self) -> tuple[str, ...]:
        """In words, the latest year first."""
        told = tuple(each.told for each in self.earlier)
        return (*told, "再未报送即连续两年，将启动撤销程序") if self.second else told

    @property
    def order(self) -> tuple[int, int, int]:
        """Where it stands on the list: those that most needs it first."""
        missed = sum(each.state is ReportState.MISSED for each in self.earlier)
        return (-self.second, -missed, missed - len(self.earlier))


def risk(year: int, earlier: Iterable[Earlier]) -> Risk | None:
    """Why an alliance that still owes a year may miss it; None if nothing says so."""
    counted = [
        each
        for each in sorted(earlier, key=lambda each: -each.year)
        if year - LOOKS_BACK <= each.year < year and each.state in (ReportState.MISSED, ReportState.LATE)
    ]
    if not counted:
        return None
    return Risk(tuple(counted), any(each.year == year - 1 and each.state is ReportState.MISSED for each in counted))
