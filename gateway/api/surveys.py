"""The survey's own routes: its questionnaire, who answered and who has not, and what is taken away."""

from typing import Annotated, Self

from fastapi import APIRouter, Path, Query, Request, Response

from activities.rounds.progress import Line
from gateway.api.caller import Caller
from gateway.api.conditions import Conditional
from gateway.api.exports import files
from gateway.api.problems import answers, missing
from gateway.api.rounds import Of
from gateway.remembered.audit import AuditKind
from gateway.shown.documents import XLSX, attachment
from gateway.shown.rounds import surveys
from gateway.shown.rounds.surveys import ReturnFilter
from gateway.tools import Doors
from gateway.visit import visit_of
from models.rounds.questionnaires import Questionnaire
from models.values import FilingId, Instant, Jurisdiction, Value
from models.vocabulary import Kind
from regulation.rounds import answering

router = APIRouter(route_class=Conditional, tags=["轮次"])


class Answered(Value):
    """一个联盟的填报情况: `state` is empty until it has answered; `warnings` are what was found worth a look."""

    filing_id: FilingId
    alliance_name: str
    leader: str
    jurisdiction: Jurisdiction
    kind: Kind
    state: str
    warnings: int = 0
    number: int | None = None
    at: Instant | None = None

    @classmethod
    def of(cls, line: Line) -> Self:
        """A line as it is answered."""
        told = {name: getattr(line, name) for name in cls.model_fields if name != "warnings"}
        return cls.model_validate({**told, "warnings": line.figures.get("warnings", 0)})


class Answers(Value):
    """填报名单: a page of it; `next` is where the next begins."""

    returns: tuple[Answered, ...]
    next: str | None = None


@router.get("/rounds/{round_id}/questionnaire", responses=answers(404, 422))
def show_questionnaire(tools: Doors, who: Caller, round_id: Of) -> Questionnaire:
    """调查表: the whole questionnaire by which a survey was opened."""
    round_ = surveys.survey_seen(tools, who, round_id)
    return answering.questionnaire_in(tools.register.paper(round_.paper or ""))


@router.get("/rounds/{round_id}/returns", responses=answers(404, 422))
def list_returns(
    tools: Doors,
    who: Caller,
    round_id: Of,
    state: Annotated[str | None, Query(max_length=30, description="answered、returned；空为未填报")] = None,
    jurisdiction: Annotated[Jurisdiction | None, Query(description="属地")] = None,
    after: Annotated[str, Query(max_length=64, description="续页标记，见上一页的 next")] = "",
) -> Answers:
    """填报名单: every alliance of a survey that the caller sees, answered or not."""
    round_ = surveys.survey_seen(tools, who, round_id)
    found = surveys.returns(tools, who, round_, ReturnFilter(state, jurisdiction or "", "", after))
    return Answers(returns=tuple(map(Answered.of, found.shown)), next=found.more or None)


@router.get(
    "/rounds/{round_id}/survey.{ending}",
    response_class=Response,
    responses={**files(XLSX, "text/csv", "application/json"), **answers(404, 422)},
)
def export_survey(
    request: Request,
    tools: Doors,
    who: Caller,
    round_id: Of,
    ending: Annotated[str, Path(pattern="^(xlsx|csv|json)$", description="xlsx、csv 或 json")],
) -> Response:
    """统计调查数据: what alliances that the caller sees told, with the sums."""
    round_ = surveys.survey_seen(tools, who, round_id)
    if not surveys.may_read(who):
        raise missing("统计调查数据")
    made = surveys.taken_away(tools, who, round_, ending)
    visit_of(request, tools, who).note(AuditKind.EXPORTED, filing_id=round_id, about=made.name)
    return attachment(made.content, made.name, made.media_type)
