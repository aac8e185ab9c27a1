"""日历订阅: somebody's page on which the secret address of their calendar is made, renewed and withdrawn; and the calendar itself."""

import hashlib
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse

from gateway.guard import CALENDAR
from gateway.pages.web import Answer, SignedIn, page, then
from gateway.remembered.audit import AuditKind
from gateway.remembered.sessions import Session
from gateway.shown.diary import READERS, diary
from gateway.tools import Doors, Tools
from gateway.visit import visit_of

router = APIRouter()

ABOUT = "calendar subscription"


def _may(session: Session) -> Session:
    if session.who.role not in READERS:
        raise HTTPException(403)
    return session


@router.get("/subscription")
def show(request: Request, tools: Doors, session: SignedIn) -> HTMLResponse:
    """Whether there is an address, since when, and when it was last used."""
    return _shown(request, tools, _may(session))


@router.post("/subscription")
async def change(request: Request, tools: Doors, session: SignedIn, form: Answer) -> Response:
    """Make an address, or another one; or withdraw it. It is shown in this answer, and never again."""
    return await run_in_threadpool(_changed, request, tools, _may(session), str(form.get("do", "")))


def _changed(request: Request, tools: Tools, session: Session, do: str) -> Response:
    visit = visit_of(request, tools, session.who)
    if do == "withdraw":
        tools.subscriptions.withdraw(session.who)
        visit.note(AuditKind.HANDLED, about=f"{ABOUT} withdrawn")
        return then("/subscription", "订阅地址已停用，原来的地址不再有效")
    secret = tools.subscriptions.begin(session.who, tools.clock())
    visit.note(AuditKind.HANDLED, about=f"{ABOUT} begun")
    return _shown(request, tools, session, f"{tools.settings.own_address}{CALENDAR}?key={secret}")


def _shown(request: Request, tools: Tools, session: Session, address: str = "") -> HTMLResponse:
    subscription = tools.subscriptions.of(session.who)
    return page(request, tools, "subscription.html", session, subscription=subscription, address=address)


@router.get(CALENDAR)
def calendar(request: Request, tools: Doors, key: Annotated[str, Query(max_length=100)] = "") -> Response:
    """The calendar behind an address. Which is nobody's says nothing else than that there is none; it is on record once a day."""
    found = tools.subscriptions.find(key, tools.clock())
    if found is None:
        raise HTTPException(404)
    who, first = found
    if first:
        visit_of(request, tools, who).note(AuditKind.EXPORTED, about=ABOUT)
    content = diary(tools, who)
    tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    headers = {"Cache-Control": "private, max-age=900", "ETag": tag, "X-Robots-Tag": "noindex"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="text/calendar", headers=headers)
