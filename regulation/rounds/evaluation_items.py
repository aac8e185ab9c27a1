"""The items of evaluation (评价内容, 《工作指引》第十三条): what is asked of each alliance, as dated data.

An edition may be of one jurisdiction, which makes the items more specific (第十七条): a score in place of yes or no, an item
more. A round keeps the edition that it was opened under.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from models.forms import OrganisationType
from models.rounds.evaluation_papers import ItemKey, Score
from models.values import Day, Jurisdiction, Value
from regulation import data
from regulation.articles import cite
from regulation.editions import Editions, read

Task = Literal["1", "2", "3", "4", "5", "6", "7", "8"]


class Item(Value):
    """One item: what is asked, what evidence it looks for, and where the register may hold some of it.

    With `most` it is scored up to that, else answered yes or no, of which `favourable` is the good one. Suggestions are
    looked for in `form` (fields of the application), `tasks` (of the annual summary), `members` (their types), `survey`
    (figures of the yearly survey) and the `docket` (what 第十一条 names).
    """

    key: ItemKey
    article: str
    title: str = Field(min_length=1, max_length=100)
    looks_for: str = Field(min_length=1, max_length=300)
    most: Score | None = None
    favourable: bool = True
    form: tuple[str, ...] = ()
    tasks: tuple[Task, ...] = ()
    members: tuple[OrganisationType, ...] = ()
    survey: tuple[str, ...] = ()
    docket: bool = False

    @property
    def scored(self) -> bool:
        """Whether it gets a score."""
        return self.most is not None


class Document(Value):
    """An edition as a file: its items stand in place of those of the same key that it builds on, or after them."""

    edition: str
    base: str | None = None
    effective: Day
    known_from: Day | None = None
    jurisdiction: Jurisdiction | None = None
    document_no: str = Field(min_length=1, max_length=200)
    items: tuple[Item, ...] = Field(max_length=30)


@dataclass(frozen=True)
class ItemsEdition:
    """Everything that is asked under one edition, in order."""

    name: str
    since: date
    known_from: date | None
    jurisdiction: str | None
    document_no: str
    items: Mapping[str, Item]

    @property
    def full_marks(self) -> Decimal:
        """The most that the scores can add up to; 0 where nothing is scored."""
        return sum((each.most for each in self.items.values() if each.most is not None), Decimal(0))


MOST_ITEMS = 30
"""More than anybody asks; what a paper answers has a bound."""


def _make(raw: Mapping[str, Any], base: ItemsEdition | None) -> ItemsEdition:
    document = read(Document, raw)
    items = dict(base.items) if base else {}
    for item in document.items:
        try:
            cite(item.article)
        except KeyError:
            raise ValueError(f"{item.key} 的依据 {item.article} 不存在") from None
        items[item.key] = item
    if not items or len(items) > MOST_ITEMS:
        raise ValueError(f"评价内容须为1至{MOST_ITEMS}项")
    return ItemsEdition(
        document.edition, document.effective, document.known_from, document.jurisdiction, document.document_no, items
    )


def shipped() -> Editions[ItemsEdition]:
    """The nine items of the guideline, to which a deployment adds its own."""
    return Editions("评价内容", _make, map(data.read, data.names("rounds/evaluation")))


ITEMS = shipped()


def edition_for(day: date, jurisdiction: str | None) -> str:
    """By which edition an evaluation that begins on a day asks: the newest of the place's own and of those for all."""
    return ITEMS.newest(day, lambda each: each.since <= day and each.jurisdiction in (None, jurisdiction))
