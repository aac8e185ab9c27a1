"""办事指南 as data: what people read of it on the public site, the same for everybody."""

from datetime import date
from typing import Annotated, Self

from fastapi import APIRouter, Path
from pydantic import Field

from gateway.api.caller import Caller
from gateway.api.conditions import Conditional
from gateway.api.problems import answers
from gateway.shown import guide
from gateway.tools import Doors
from models.rounds.base import RoundId
from models.values import Value
from models.vocabulary import Kind
from regulation.articles import ANALOG
from regulation.guide import Limit, Material

router = APIRouter(route_class=Conditional, tags=["办事指南"])


class ArticleNamed(Value):
    """依据: the article as people read it. `analog`: neither document says anything, and this one is followed by analogy (参照)."""

    text: str
    analog: bool = False

    @classmethod
    def of(cls, text: str) -> Self:
        """An article as the guide names it."""
        return cls(text=text, analog=text.startswith(ANALOG))


class SaidByArticle(Value):
    """A sentence with the article behind it."""

    text: str
    article: ArticleNamed


class HandedIn(Value):
    """申请材料: a document that is handed in, by its number, with how many of it, whose seal, and what else is asked of it."""

    code: str
    name: str
    copies: str
    seal: str | None = None
    note: str | None = None

    @classmethod
    def of(cls, material: Material) -> Self:
        """A material of the guide."""
        return cls(
            code=material.code, name=material.name, copies=material.copies,
            seal=material.seal or None, note=material.note or None,
        )  # fmt: skip


class InCity(Value):
    """How long something takes in one city, where that is otherwise."""

    city: str
    length: str


class TimeLimit(Value):
    """办理期限: how long something takes, who keeps it, and where it is otherwise."""

    what: str
    length: str
    who: str
    article: ArticleNamed
    elsewhere: tuple[InCity, ...] = ()

    @classmethod
    def of(cls, limit: Limit) -> Self:
        """A limit of the guide."""
        elsewhere = tuple(InCity(city=city, length=length) for city, length in limit.elsewhere)
        return cls(
            what=limit.what,
            length=limit.length,
            who=limit.who,
            article=ArticleNamed.of(limit.article),
            elsewhere=elsewhere,
        )


class GuideStep(Value):
    """办理步骤: a step, what is done in it, and how long it takes."""

    title: str
    says: str
    length: str | None = None


class QuestionAnswered(Value):
    """常见问题: a question that people ask, and its answer."""

    asked: str
    answer: str


class Applying(Value):
    """何时可以申请: now (`open`), at any time (`always`), or in the window of a call."""

    year: int
    open: bool
    always: bool = False
    opens: date | None = None
    closes: date | None = Field(None, description="截止日，当日24时届满")


class CallNamed(Value):
    """申报通知: a call that is running or yet to come."""

    round_id: RoundId
    title: str
    document_no: str


class OfficeReached(Value):
    """受理和审核机构: an office, and how it is reached."""

    name: str
    city: str
    telephone: str | None = None
    address: str | None = None


class OfCity(Value):
    """所在市另有要求的: what a city asks besides, by its document."""

    city: str
    document_no: str
    documents: tuple[str, ...] = ()
    criteria: tuple[str, ...] = ()


class GuideShown(Value):
    """办事指南: what to know before one applies, and as long as an alliance is on file, by the terms in force today."""

    kind: Kind
    title: str
    basis: str
    decides: str
    terms: str
    document_no: str
    since: date
    applying: Applying
    calls: tuple[CallNamed, ...] = ()
    conditions: tuple[SaidByArticle, ...]
    materials: tuple[HandedIn, ...]
    local: tuple[OfCity, ...] = ()
    steps: tuple[GuideStep, ...]
    limits: tuple[TimeLimit, ...]
    duties: tuple[SaidByArticle, ...]
    offices: tuple[OfficeReached, ...]
    questions: tuple[QuestionAnswered, ...]


@router.get("/guide/{kind}", responses=answers(404, 422))
def show_guide(tools: Doors, who: Caller, kind: Annotated[Kind, Path(description="类别")]) -> GuideShown:
    """办事指南: conditions, materials, steps, days, offices and questions of a kind, each with its article."""
    shown = guide.shown(tools, kind)
    told, window = shown.guide, shown.window
    opens, closes = window.days or (None, None)
    return GuideShown(
        kind=kind,
        title=kind.label,
        basis=told.basis,
        decides=told.decides,
        terms=told.edition,
        document_no=told.document_no,
        since=told.since,
        applying=Applying(year=window.year, open=window.open, always=window.always, opens=opens, closes=closes),
        calls=tuple(
            CallNamed(round_id=each.round.id, title=each.round.title, document_no=each.round.document_no)
            for each in shown.calls
        ),
        conditions=tuple(
            SaidByArticle(text=each.text, article=ArticleNamed.of(each.article)) for each in told.conditions
        ),
        materials=tuple(HandedIn.of(each) for each in told.materials),
        local=tuple(
            OfCity(
                city=city,
                document_no=rules.document_no,
                documents=tuple(each.name for each in rules.documents),
                criteria=tuple(each.asks + (f"（{each.wanted}）" if each.wanted else "") for each in rules.criteria),
            )
            for city, rules in shown.local
        ),
        steps=tuple(GuideStep(title=title, says=says, length=length or None) for title, says, length in told.steps),
        limits=tuple(TimeLimit.of(each) for each in told.limits),
        duties=tuple(SaidByArticle(text=each.text, article=ArticleNamed.of(each.article)) for each in told.duties),
        offices=tuple(
            OfficeReached(
                name=each.name, city=each.city, telephone=each.telephone or None, address=each.address or None
            )
            for each in shown.offices
        ),
        questions=tuple(QuestionAnswered(asked=each.asked, answer=each.answer) for each in told.questions),
    )
