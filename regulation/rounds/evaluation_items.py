"""The items of evaluation (评价内容, 《工作指引》第十三条): what is asked of each alliance, as dated data.

An edition may be of one jurisdiction, which makes the items more specific (第十七条): a score in place of yes or no, an item
more. A round keeps the edition that it was opened under.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import Field, create_model

from models.forms import OrganisationType, YesNo
from models.forms import item as asked
from models.rounds.evaluation_papers import Answer, EvaluationPaper, ItemKey, Score
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
    joint_activities: tuple[str, ...] | None = None
    items: tuple[Item, ...] = Field(max_length=30)


@dataclass(frozen=True)
class ItemsEdition:
    """Everything that is asked under one edition, in order, and the figures of the survey that tell of joint activities."""

    name: str
    since: date
    known_from: date | None
    jurisdiction: str | None
    document_no: str
    joint_activities: tuple[str, ...]
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
    told = document.joint_activities
    return ItemsEdition(
        name=document.edition,
        since=document.effective,
        known_from=document.known_from,
        jurisdiction=document.jurisdiction,
        document_no=document.document_no,
        joint_activities=(base.joint_activities if base else ()) if told is None else told,
        items=items,
    )


def shipped() -> Editions[ItemsEdition]:
    """The nine items of the guideline, to which a deployment adds its own."""
    return Editions("评价内容", _make, map(data.read, data.names("rounds/evaluation")))


ITEMS = shipped()


@cache
def paper_of(edition: str) -> type[EvaluationPaper]:
    """The form by which alliances are evaluated under an edition: each item a part of it, called what it asks."""
    answers: dict[str, Any] = {
        key: (_answer(item), asked(item.article, item.title)) for key, item in ITEMS[edition].items.items()
    }
    within = create_model("Answers", __base__=Value, **answers)
    paper: type[EvaluationPaper] = create_model(
        "EvaluationForm",
        __base__=EvaluationPaper,
        __doc__=EvaluationPaper.__doc__,
        answers=(within, asked("A-45", "逐项评价")),
    )
    return paper


def _answer(item: Item) -> type[Value]:
    """An answer in the item's own way: it says yes or no, or gives a score up to the most."""
    way: tuple[str, Any] = ("met", YesNo) if item.most is None else ("score", Annotated[Score, Field(le=item.most)])
    title = "是否" if item.most is None else f"得分（满分{item.most}分）"
    told: dict[str, Any] = {way[0]: (way[1], asked(item.article, title))}
    for name in ("finding", "note", "documents"):
        told[name] = (Answer.model_fields[name].annotation, Answer.model_fields[name])
    return create_model(item.key, __base__=Value, **told)


def edition_for(day: date, jurisdiction: str | None) -> str:
    """By which edition an evaluation that begins on a day asks: the newest of the place's own and of those for all."""
    return ITEMS.newest(day, lambda each: each.since <= day and each.jurisdiction in (None, jurisdiction))
