"""The leader's return in a survey (统计调查表): filled in on a page or in a workbook, filed, and printed as its receipt."""

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse

from gateway.pages import survey_filling as filling
from gateway.pages.leader import Leading
from gateway.pages.uploads import large
from gateway.pages.web import Answer
from gateway.remembered.audit import AuditKind
from gateway.shown.documents import DOCX, attachment
from gateway.shown.rounds import surveys as shown
from gateway.tools import Doors
from gateway.visit import visit_of

router = APIRouter(prefix="/my/surveys/{round_id}/{filing_id}")


@router.get("")
def survey(
    request: Request, tools: Doors, session: Leading, round_id: str, filing_id: str, more: str = "", check: bool = False
) -> HTMLResponse:
    """统计调查表, as it was last saved."""
    editing = filling.editing_of(tools, session, round_id, filing_id)
    return filling.form_page(request, tools, session, editing, more=more, check=check)


@router.post("")
async def change(
    request: Request, tools: Doors, session: Leading, form: Answer, round_id: str, filing_id: str
) -> Response:
    """Save what was filled in, and do what the button says."""
    editing = await run_in_threadpool(filling.editing_of, tools, session, round_id, filing_id)
    return await filling.changed(request, tools, session, form, editing)


@router.post("/findings")
def findings(
    request: Request, tools: Doors, session: Leading, form: Answer, round_id: str, filing_id: str
) -> HTMLResponse:
    """What is found on the return as it stands in the browser."""
    return filling.found_on(request, tools, session, form, filling.editing_of(tools, session, round_id, filing_id))


@router.post("/saved")
def saved(request: Request, tools: Doors, session: Leading, form: Answer, round_id: str, filing_id: str) -> Response:
    """Save the return as it stands in the browser, while it is filled in."""
    return filling.autosaved(request, tools, session, form, filling.editing_of(tools, session, round_id, filing_id))


@router.get("/form.xlsx")
def to_fill_in(request: Request, tools: Doors, session: Leading, round_id: str, filing_id: str) -> Response:
    """填报表: the return as a workbook."""
    return filling.to_fill_in(request, tools, session, filling.editing_of(tools, session, round_id, filing_id))


@router.post("/form.xlsx", dependencies=[Depends(large)])
async def fill_in(
    request: Request, tools: Doors, session: Leading, form: Answer, round_id: str, filing_id: str
) -> Response:
    """Take the workbook that was filled in."""
    editing = await run_in_threadpool(filling.editing_of, tools, session, round_id, filing_id)
    return await filling.read_in(request, tools, session, form, editing)


@router.get("/form.docx")
def printed(request: Request, tools: Doors, session: Leading, round_id: str, filing_id: str) -> Response:
    """The questionnaire in print: as it was sent, which is its receipt, or empty."""
    tools.seen(filing_id, session.who)
    known = shown.return_of(tools, round_id, filing_id)
    visit_of(request, tools, session.who).note(AuditKind.EXPORTED, filing_id=filing_id, about=f"{round_id} form.docx")
    return attachment(
        shown.printed(known, tools.settings.own_address), f"{known.year}年度统计调查表-{known.alliance.name}.docx", DOCX
    )
