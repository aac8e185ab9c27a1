"""The returns of a survey as offices see them: who answered and who has not, one return, and what is taken away."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from gateway.asked import surveys as asked
from gateway.identity import Identity
from gateway.pages.staff import Staff
from gateway.pages.web import SignedIn, page
from gateway.problem import NoSurveyReturn
from gateway.remembered.audit import AuditKind
from gateway.shown.documents import DOCX, attachment
from gateway.shown.rounds import surveys as shown
from gateway.shown.rounds.surveys import COLUMNS, ReturnFilter
from gateway.tools import Doors, Tools
from gateway.visit import visit_of
from models.rounds.surveys import Standing, SurveyActKind
from models.values import storable
from models.vocabulary import Severity
from regulation.rounds import offers, returns

router = APIRouter()

NOT_ANSWERED = "none"
"""How an address says that nothing was entered yet."""


@router.get("/rounds/{round_id}/returns")
def listed(
    request: Request,
    tools: Doors,
    session: Staff,
    round_id: str,
    state: str = "",
    jurisdiction: str = "",
    kind: str = "",
    after: str = "",
) -> HTMLResponse:
    """填报名单: every alliance of the survey, answered or not."""
    round_ = shown.survey_seen(tools, session.who, round_id)
    place = storable(jurisdiction)
    wanted = ReturnFilter(None if not state else "" if state == NOT_ANSWERED else state, place, kind, storable(after))
    found = shown.returns(tools, session.who, round_, wanted)
    return page(
        request,
        tools,
        "survey_returns.html",
        session,
        round=round_,
        wanted=ReturnFilter(state, place, kind),
        columns=COLUMNS,
        lines=found.shown,
        more=found.more,
        reads=shown.may_read(session.who),
        enters=shown.may_enter(round_, session.who, tools.now),
    )


@router.get("/rounds/{round_id}/returns/{filing_id}")
def one(request: Request, tools: Doors, session: Staff, round_id: str, filing_id: str) -> HTMLResponse:
    """One return as it was sent, with last year's figures and what is worth another look."""
    known = _return(request, tools, session.who, round_id, filing_id)
    sent = known.sent or {}
    found = returns.examine(known.questionnaire, sent.get("figures"), known.subject).findings
    offer = offers.offer(known.round, SurveyActKind.RETURN_SURVEY, session.who.by, tools.now)
    answered = known.item is not None and known.item.state == Standing.ANSWERED
    return page(
        request,
        tools,
        "survey_shown.html",
        session,
        known=known,
        standing=Standing(known.item.state).label if known.item else "",
        parts_=asked.parts(known.questionnaire, sent, (), known.figures_before),
        warnings=[each for each in found if each.severity is Severity.WARNING],
        enters=shown.may_enter(known.round, session.who, tools.now),
        scan=sent.get("scan"),
        may_return=bool(offer and offer.mine and offer.open and answered and not known.sent_back),
    )


@router.get("/rounds/{round_id}/returns/{filing_id}/form.docx")
def printed(request: Request, tools: Doors, session: Staff, round_id: str, filing_id: str) -> Response:
    """The same in print."""
    known = _return(request, tools, session.who, round_id, filing_id)
    return attachment(
        shown.printed(known, tools.settings.own_address), f"{known.year}年度统计调查表-{known.alliance.name}.docx", DOCX
    )


def _return(request: Request, tools: Tools, who: Identity, round_id: str, filing_id: str) -> shown.Return:
    """A return that an office may read, put on record as read; `NotFound` if there is none."""
    round_ = shown.survey_seen(tools, who, round_id)
    tools.seen(filing_id, who)
    if not shown.may_read(who):
        raise HTTPException(403)
    known = shown.return_of(tools, round_.id, filing_id)
    if known.sent is None:
        raise NoSurveyReturn(filing_id)
    visit_of(request, tools, who).note(AuditKind.READ_PAPER, filing_id=filing_id, about=f"{round_id} return")
    return known


@router.get("/rounds/{round_id}/questionnaire.docx")
def empty(request: Request, tools: Doors, session: SignedIn, round_id: str) -> Response:
    """The questionnaire in print, empty."""
    round_ = shown.survey_seen(tools, session.who, round_id)
    return attachment(shown.empty(tools, round_), f"{round_.title}-空表.docx", DOCX)


@router.get("/rounds/{round_id}/survey.{ending}")
def taken_away(request: Request, tools: Doors, session: Staff, round_id: str, ending: str) -> Response:
    """What was answered, as a workbook, one long table, or JSON."""
    round_ = shown.survey_seen(tools, session.who, round_id)
    if not shown.may_read(session.who):
        raise HTTPException(403)
    made = shown.taken_away(tools, session.who, round_, ending)
    visit_of(request, tools, session.who).note(AuditKind.EXPORTED, filing_id=round_id, about=made.name)
    return attachment(made.content, made.name, made.media_type)
