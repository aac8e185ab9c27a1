"""Who stands in for whom (委托代办): what is set for my post, and setting and withdrawing it."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from gateway.pages.staff import Staff
from gateway.pages.web import Answer, page, then
from gateway.problem import NoHandover
from gateway.remembered import absences
from gateway.remembered.audit import AuditKind
from gateway.remembered.handling import post_of
from gateway.remembered.sessions import Session
from gateway.tools import Doors, Tools
from gateway.visit import visit_of
from models.findings import Finding
from models.values import Ordinal, day_of

router = APIRouter(prefix="/desk/absences")


@router.get("")
def show(request: Request, tools: Doors, session: Staff) -> HTMLResponse:
    """The absences of my post that are not over, and the form for another."""
    return _page(request, tools, session)


@router.post("")
def ask(request: Request, tools: Doors, session: Staff, form: Answer) -> Any:
    """Set one, for oneself or, by whoever heads the office, for a colleague."""
    who, now = session.who, tools.clock()
    told = {name: str(value) for name, value in form.items() if isinstance(value, str)}
    asked, found = absences.read(told, told.get("person") or who.person)
    if asked:
        names = _colleagues(tools, session)
        found = tools.absences.ask(who, post_of(who), asked, names, now, day_of(now))
    if asked is None or found:
        return _page(request, tools, session, told, found)
    visit_of(request, tools, who).note(AuditKind.HANDLED, about=f"absence {asked.person}: {asked.deputy}")
    return then("/desk/absences", f"已委托{names[asked.deputy]}代办")


@router.post("/{absence_id}/withdraw")
def withdraw(request: Request, tools: Doors, session: Staff, form: Answer, absence_id: Ordinal) -> RedirectResponse:
    """Withdraw one: whose work it is has it again at once."""
    who = session.who
    if not tools.absences.withdraw(who, post_of(who), absence_id, tools.clock()):
        raise NoHandover(str(absence_id))
    visit_of(request, tools, who).note(AuditKind.HANDLED, about=f"absence withdrawn {absence_id}")
    return then("/desk/absences", "已撤回委托")


def _colleagues(tools: Tools, session: Session) -> dict[str, str]:
    """Everybody of the visitor's post, by name."""
    known = {each.person: each.name for each in tools.people.colleagues(session.who.office, session.who.role)}
    return {session.who.person: session.who.name} | known


def _page(
    request: Request, tools: Tools, session: Session, told: Mapping[str, str] | None = None, found: Sequence[Finding] = ()
) -> HTMLResponse:  # fmt: skip
    today = day_of(tools.clock())
    rows = tools.absences.of_post(post_of(session.who), today)
    names = _colleagues(tools, session)
    return page(
        request,
        tools,
        "desk_absences.html",
        session,
        status=422 if found else 200,
        absences=rows,
        names=tools.people.named(name for each in rows for name in (each.person, each.deputy, each.set_by)) | names,
        colleagues=names,
        told=told or {},
        found=found,
    )
