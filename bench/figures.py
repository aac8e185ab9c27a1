"""A figure as it is told: under its key to programs, in a table of Markdown to people."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One figure. Figures of the same words stand in one row, each in the column of its side."""

    key: str
    words: str
    value: float
    unit: str = ""
    side: str = ""

    def __str__(self) -> str:
        """The value with its unit."""
        return f"{number(self.value)} {self.unit}".strip()


def number(value: float) -> str:
    """Three digits, or all that stand before the point."""
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:,.3g}"


def table(title: str, figures: Sequence[Figure]) -> Iterator[str]:
    """Figures as a table: a row for what is measured, a column for each side of it."""
    sides = list(dict.fromkeys(each.side for each in figures))
    cells = {(each.words, each.side): str(each) for each in figures}
    return lined(
        title, ("", *sides), ((row, *(cells.get((row, side), "") for side in sides)) for row in rows_of(figures))
    )


def rows_of(figures: Sequence[Figure]) -> list[str]:
    """What is measured, in the order in which it was."""
    return list(dict.fromkeys(each.words for each in figures))


def lined(title: str, head: Sequence[str], rows: Iterator[Sequence[str]]) -> Iterator[str]:
    """The lines of a table of Markdown under its title."""
    yield from (f"### {title}", "", _line(head), "|" + "---|" * len(head))
    yield from map(_line, rows)
    yield ""


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def percentile(values: Sequence[float], share: float) -> float:
    """The value that a share of the values does not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]
