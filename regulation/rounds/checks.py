"""What a spot check asks and how long it gives (抽查规则), as dated data: `regulation/data/rounds/inspections/`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any

from pydantic import Field

from models.rounds.inspections import Purpose
from models.values import Day, OneFor, Value
from models.vocabulary import Ground
from regulation import data
from regulation.articles import cite
from regulation.editions import Editions, read


class CheckItem(Value):
    """检查事项: one line of the record; what is not met may be a ground of Art. 11, which people look into."""

    item: Annotated[str, Field(pattern=r"^[a-z_]{2,30}$")]
    purpose: Purpose
    asks: Annotated[str, Field(min_length=2, max_length=200)]
    article: str
    ground: Ground | None = None


class ChecksDocument(Value):
    """An edition as a file. `not_again_months`: who was inspected in so many months takes no part in a lot; `chase_days`:
    how often whoever is late is chased, at most `MOST_CHASES` times; `reveal_days`: within how many a secret is revealed."""

    edition: str
    base: str | None = None
    since: Day
    known_from: Day | None = None
    document_no: Annotated[str, Field(min_length=1, max_length=200)]
    not_again_months: Annotated[int, Field(ge=0, le=60)]
    rectification_most_days: Annotated[int, Field(ge=5, le=366)]
    chase_days: Annotated[int, Field(ge=1, le=60)]
    reveal_days: Annotated[int, Field(ge=1, le=30)] = 5
    items: Annotated[tuple[CheckItem, ...], OneFor(("purpose", "item"))] = Field(min_length=1, max_length=60)


MOST_CHASES = 3
"""So often whoever is late is chased; then it is for those above."""

MONTH = 30
"""Days between two letters to those above."""


@dataclass(frozen=True)
class Checks:
    """One edition: what it asks, in order, and its numbers."""

    name: str
    since: date
    known_from: date | None
    document: ChecksDocument

    def items(self, purpose: Purpose) -> tuple[CheckItem, ...]:
        """The lines of the record for one purpose."""
        return tuple(each for each in self.document.items if each.purpose is purpose)

    def raised_on(self, due: date) -> date:
        """The day from which what was due on a day is no more chased, but brought before those above."""
        return due + timedelta(days=1 + MOST_CHASES * self.document.chase_days)

    def next_chase(self, due: date, last: date | None) -> date:
        """The day of the next letter about what was due on a day: first, again, and then every month."""
        if last is None:
            return due + timedelta(days=1)
        return last + timedelta(days=self.document.chase_days if last < self.raised_on(due) else MONTH)


def _make(raw: Mapping[str, Any], base: Checks | None) -> Checks:
    document = read(ChecksDocument, raw)
    for each in document.items:
        try:
            cite(each.article)
        except KeyError as unknown:
            raise ValueError(f"{each.item} 的依据 {each.article} 不存在") from unknown
    return Checks(document.edition, document.since, document.known_from, document)


CHECKS: Editions[Checks] = Editions("抽查规则", _make, [data.read(name) for name in data.names("rounds/inspections")])


def checks_on(day: date) -> str:
    """The edition in force on a day."""
    return CHECKS.newest(day, lambda each: each.since <= day)
