"""A return in a survey that came on paper (代录): an officer enters it with its scan, a colleague compares it with what came."""

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from gateway.pages import survey_filling as filling
from gateway.pages.staff import Staff
from gateway.pages.survey_filling import Editing
from gateway.pages.uploads import large
from gateway.pages.web import Answer
from gateway.remembered.sessions import Session
from gateway.shown.rounds import surveys as shown
from gateway.tools import Doors, Tools

router = APIRouter(prefix="/rounds/{round_id}/returns/{filing_id}/entry", dependencies=[Depends(large)])


def _editing(tools: Tools, session: Session, round_id: str, filing_id: str) -> Editing:
    """A return that the visitor's office may enter."""
    round_ = shown.survey_seen(tools, session.who, round_id)
    if not shown.may_enter(round_, session.who, tools.now):
        raise HTTPException(403)
    return filling.editing_of(tools, session, round_id, filing_id)


@router.get("")
def entry(
    request: Request, tools: Doors, session: Staff, round_id: str, filing_id: str, more: str = "", check: bool = False
) -> HTMLResponse:
    """代录, as it was last saved, or as a colleague entered it."""
    editing = _editing(tools, session, round_id, filing_id)
    return filling.form_page(request, tools, session, editing, more=more, check=check)


@router.post("")
async def change(
    request: Request, tools: Doors, session: Staff, form: Answer, round_id: str, filing_id: str
) -> Response:
    """Save what was filled in, and do what the button says."""
    editing = await run_in_threadpool(_editing, tools, session, round_id, filing_id)
    return await filling.changed(request, tools, session, form, editing)


@router.post("/findings")
def findings(
    request: Request, tools: Doors, session: Staff, form: Answer, round_id: str, filing_id: str
) -> HTMLResponse:
    """What is found on the return as it stands in the browser."""
    return filling.found_on(request, tools, session, form, _editing(tools, session, round_id, filing_id))


@router.get("/form.xlsx")
def to_fill_in(request: Request, tools: Doors, session: Staff, round_id: str, filing_id: str) -> Response:
    """填报表: the return as a workbook."""
    return filling.to_fill_in(request, tools, session, _editing(tools, session, round_id, filing_id))


@router.post("/form.xlsx")
async def fill_in(
    request: Request, tools: Doors, session: Staff, form: Answer, round_id: str, filing_id: str
) -> Response:
    """Take the workbook that was filled in."""
    editing = await run_in_threadpool(_editing, tools, session, round_id, filing_id)
    return await filling.read_in(request, tools, session, form, editing)
