"""The phrases of my office (常用语): what is kept for which purpose, and keeping, changing and deleting one."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.datastructures import FormData

from gateway.pages.staff import Staff, as_asked
from gateway.pages.web import Answer, page, then
from gateway.problem import Failed, NoFile, Problem
from gateway.remembered.audit import AuditKind
from gateway.remembered.handling import post_of
from gateway.remembered.phrases import LONGEST, MOST, Phrases, Unusable
from gateway.remembered.sessions import Session
from gateway.tools import Doors, Tools
from gateway.visit import visit_of
from models.values import Ordinal
from regulation.phrases import Purpose, shipped

router = APIRouter(prefix="/desk/phrases")


@router.get("")
def show(request: Request, tools: Doors, session: Staff) -> HTMLResponse:
    """My office's phrases by purpose, each with who put it, and what is shipped."""
    rows = Phrases(tools.register.engine).of_post(post_of(session.who))
    return page(
        request,
        tools,
        "desk_phrases.html",
        session,
        phrases_of={purpose: [each for each in rows if each.purpose == purpose.value] for purpose in Purpose},
        shipped={purpose: shipped(session.who.role, purpose) for purpose in Purpose},
        names=tools.people.named(each.by_person for each in rows),
        longest=LONGEST,
        most=MOST,
    )


@router.post("")
def put(request: Request, tools: Doors, session: Staff, form: Answer) -> RedirectResponse:
    """Keep another."""
    return _put(request, tools, session, form, None)


@router.post("/{phrase_id}")
def change(request: Request, tools: Doors, session: Staff, form: Answer, phrase_id: Ordinal) -> RedirectResponse:
    """Change one."""
    return _put(request, tools, session, form, phrase_id)


@router.post("/{phrase_id}/delete")
def delete(request: Request, tools: Doors, session: Staff, form: Answer, phrase_id: Ordinal) -> RedirectResponse:
    """Keep one no longer."""
    if not Phrases(tools.register.engine).delete(session.who, phrase_id, tools.clock()):
        raise NoFile(str(phrase_id))
    visit_of(request, tools, session.who).note(AuditKind.HANDLED, about=f"phrase deleted {phrase_id}")
    return then("/desk/phrases", "已删除")


def _put(request: Request, tools: Tools, session: Session, form: FormData, instead_of: int | None) -> RedirectResponse:
    purpose = as_asked(lambda: Purpose(str(form.get("purpose", ""))))
    try:
        kept = Phrases(tools.register.engine).put(
            session.who, purpose, str(form.get("text", "")), tools.clock(), instead_of
        )
    except Unusable as why:
        raise Failed(Problem(title=str(why), status=422, code="malformed")) from None
    if not kept:
        raise NoFile(str(instead_of))
    visit_of(request, tools, session.who).note(AuditKind.HANDLED, about=f"phrase {purpose.value}")
    return then(f"/desk/phrases#{purpose.value}", "")
