"""Sums of returns: of all, and by city, kind or technical field; and what of them may be shown to everybody.

Nobody's own figures can be read off what is published (统计法): a sum is shown only where at least three leaders have something in
it, and so that what is left out cannot be had by subtracting what is shown. That holds within one grouping; only one is published.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from models.rounds.questionnaires import Indicator, Questionnaire, Table

ENOUGH = 3
"""So many leaders must have something in a sum that is published."""


@dataclass(frozen=True)
class Answer:
    """One alliance's return, for summing: whose it is, where it belongs, and its figures by term."""

    leader: str
    groups: Mapping[str, str]
    figures: Mapping[str, Decimal]


@dataclass
class Sum:
    """A sum: of how much, told by how many alliances, and by which leaders something other than nothing."""

    total: Decimal = Decimal(0)
    answered: int = 0
    leaders: set[str] = field(default_factory=set)

    def add(self, leader: str, figure: Decimal) -> None:
        """One figure more."""
        self.total += figure
        self.answered += 1
        if figure:
            self.leaders.add(leader)

    @property
    def public(self) -> bool:
        """Whether it tells of nobody alone."""
        return len(self.leaders) >= ENOUGH


@dataclass(frozen=True)
class Line:
    """One indicator's sums: of all, and of each group."""

    table: Table
    indicator: Indicator
    whole: Sum = field(default_factory=Sum)
    of: dict[str, Sum] = field(default_factory=dict)

    @property
    def term(self) -> str:
        """The indicator's term."""
        return f"{self.table.key}.{self.indicator.key}"


def lines(questionnaire: Questionnaire, answers: Iterable[Answer], by: str | None = None) -> list[Line]:
    """The sums of every figure of a questionnaire, in its order; `by` names a grouping."""
    told = {
        f"{table.key}.{indicator.key}": Line(table, indicator)
        for table in questionnaire.tables
        for indicator in table.indicators
        if indicator.is_figure
    }
    for answer in answers:
        for term, line in told.items():
            if (figure := answer.figures.get(term)) is not None:
                line.whole.add(answer.leader, figure)
                if by:
                    line.of.setdefault(answer.groups[by], Sum()).add(answer.leader, figure)
    return list(told.values())


def published(line: Line) -> tuple[Decimal | None, dict[str, Decimal | None]]:
    """What of a line everybody may see: the whole and each group, None where nothing is said.

    Groups of fewer than three leaders are left out, and, if those are so few that the rest of the whole would tell of them, the
    smallest of the others too, until what is left out is of several groups and of three leaders again.
    """
    if not line.indicator.public or not line.whole.public:
        return None, dict.fromkeys(line.of)
    shown = {group: each for group, each in line.of.items() if each.public or not each.leaders}
    hidden = {group: each for group, each in line.of.items() if group not in shown}
    while hidden and not _hides(hidden.values()) and (others := [group for group in shown if shown[group].leaders]):
        least = min(others, key=lambda group: (len(shown[group].leaders), group))
        hidden[least] = shown.pop(least)
    whole = line.whole.total if not hidden or _hides(hidden.values()) else None
    return whole, {group: shown[group].total if group in shown and shown[group].leaders else None for group in line.of}


def _hides(hidden: Iterable[Sum]) -> bool:
    """Whether the sum of what is left out is that of enough leaders, and of more than one group."""
    several = list(hidden)
    return len(several) > 1 and len(set().union(*(each.leaders for each in several))) >= ENOUGH
