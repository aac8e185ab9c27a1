"""将自动撤销: which of my office's alliances the coming 30 days revoke by themselves if nobody acts, and why (G-16)."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from activities.documents.revocations import TITLE, sheet
from activities.revocations import AHEAD, Revocations, counted
from gateway.pages.staff import Staff
from gateway.pages.web import page
from gateway.remembered.audit import AuditKind
from gateway.shown.documents import XLSX, attachment
from gateway.tools import Doors
from gateway.visit import visit_of

router = APIRouter(prefix="/desk/revocations")


@router.get("")
def show(request: Request, tools: Doors, session: Staff) -> HTMLResponse:
    """The list."""
    found = Revocations(tools.register.engine).coming(tools.clock(), session.who.scope)
    return page(request, tools, "desk_revocations.html", session, found=found, counts=counted(found), days=AHEAD)


@router.get("/list.xlsx")
def document(request: Request, tools: Doors, session: Staff) -> Response:
    """The same as a table; that it was taken away is on record."""
    found = Revocations(tools.register.engine).coming(tools.clock(), session.who.scope)
    visit_of(request, tools, session.who).note(AuditKind.EXPORTED, about=TITLE)
    return attachment(sheet(found, tools.clock()), TITLE, XLSX)
