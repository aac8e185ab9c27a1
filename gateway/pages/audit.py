"""The audit record (审计记录), for auditors."""

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from gateway.pages.web import SignedIn, page
from gateway.remembered.audit import kind_of, role_of
from gateway.shown.paging import page_of
from gateway.tools import Doors
from models.values import Ordinal
from models.vocabulary import Role

router = APIRouter()

LINES = 100
"""Lines on a page."""


@router.get("/desk/audit")
def show(
    request: Request,
    tools: Doors,
    session: SignedIn,
    filing: str = "",
    person: str = "",
    before: Ordinal | None = None,
    verify: bool = False,
) -> HTMLResponse:
    """The latest lines, of one filing or one person where they are named; earlier ones page by page.

    The lines shown are verified always; the whole record when it is asked for, because it grows for years. To everybody
    but an auditor there is no such page.
    """
    if session.who.role is not Role.AUDITOR:
        raise HTTPException(404)
    filters = {"filing": filing.strip(), "person": person.strip()}
    read = tools.audit.lines(filing_id=filters["filing"], person=filters["person"], before=before, limit=LINES + 1)
    found = page_of(read, LINES, lambda line: str(line.number))
    shown = found.shown
    newest = tools.audit.lines(limit=1)
    return page(
        request,
        tools,
        "audit.html",
        session,
        lines=shown,
        astray=tools.audit.astray(shown),
        names=tools.people.named(each.person for each in shown),
        kind_of=kind_of,
        role_of=role_of,
        filters=filters,
        before=before,
        earlier=f"/desk/audit?{urlencode(filters | {'before': found.more})}" if found.more else None,
        newest=newest[0] if newest else None,
        faults=list(tools.audit.faults()) if verify else None,
    )
