"""A figure as it is told: under its key to programs, in words to people, against its goal where there is one."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """One figure. `at_most` and `at_least` are the goals of the project."""

    key: str
    words: str
    value: float
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None

    @property
    def goal(self) -> str:
        """The goal, and whether it is met."""
        if self.at_most is not None:
            return f"≤ {self.at_most:,g}  {'met' if self.value <= self.at_most else 'MISSED'}"
        if self.at_least is not None:
            return f"≥ {self.at_least:,g}  {'met' if self.value >= self.at_least else 'MISSED'}"
        return ""


def table(title: str, figures: Sequence[Figure]) -> Table:
    """Figures as a table."""
    printed = Table("measured", "figure", "unit", "goal", title=title, title_justify="left")
    printed.columns[1].justify = "right"
    for each in figures:
        printed.add_row(
            each.words, f"{each.value:,.4g}" if each.value < 100 else f"{each.value:,.0f}", each.unit, each.goal
        )
    return printed


def percentile(values: Sequence[float], share: float) -> float:
    """The value that a share of the values does not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]
