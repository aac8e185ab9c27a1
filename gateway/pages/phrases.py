"""The phrases of my office (常用语): what is kept for which purpose, and keeping, changing and deleting one."""

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.datastructures import FormData

from gateway.pages.staff import Staff, as_asked
from gateway.pages.web import Answer, page, then
from gateway.problem import NoFile
from gateway.remembered.audit import AuditKind
from gateway.remembered.handling import post_of
from gateway.remembered.phrases import LONGEST, MOST, Phrases, Unusable
from gateway.remembered.sessions import Session
from gateway.tools import Doors, Tools
from gateway.visit import visit_of
from models.values import Ordinal
from regulation.phrases import Purpose, shipped

router = APIRouter(prefix="/desk/phrases")

GONE = "没有保存：这一条已由同事修改或者删除。您所写的仍在“增加一条”中；请看现在的内容，仍要保留的，按“增加”"


@dataclass(frozen=True)
class Unkept:
    """A phrase as it was written and is not kept, why, and of which one it would have been a change."""

    purpose: Purpose
    text: str
    why: str
    instead_of: int | None = None


@router.get("")
def show(request: Request, tools: Doors, session: Staff) -> HTMLResponse:
    """My office's phrases by purpose, each with who put it, and what is shipped."""
    return _page(request, tools, session)


def _page(
    request: Request, tools: Tools, session: Session, *, status: int = 200, unkept: Unkept | None = None
) -> HTMLResponse:
    rows = Phrases(tools.register.engine).of_post(post_of(session.who))
    return page(
        request,
        tools,
        "desk_phrases.html",
        session,
        status=status,
        unkept=unkept,
        phrases_of={purpose: [each for each in rows if each.purpose == purpose.value] for purpose in Purpose},
        shipped={purpose: shipped(session.who.role, purpose) for purpose in Purpose},
        names=tools.people.named(each.by_person for each in rows),
        longest=LONGEST,
        most=MOST,
    )


@router.post("")
def put(request: Request, tools: Doors, session: Staff, form: Answer) -> Response:
    """Keep another."""
    return _put(request, tools, session, form, None)


@router.post("/{phrase_id}")
def change(request: Request, tools: Doors, session: Staff, form: Answer, phrase_id: Ordinal) -> Response:
    """Change one."""
    return _put(request, tools, session, form, phrase_id)


@router.post("/{phrase_id}/delete")
def delete(request: Request, tools: Doors, session: Staff, form: Answer, phrase_id: Ordinal) -> RedirectResponse:
    """Keep one no longer."""
    if not Phrases(tools.register.engine).delete(session.who, phrase_id, tools.clock()):
        raise NoFile(str(phrase_id))
    visit_of(request, tools, session.who).note(AuditKind.HANDLED, about=f"phrase deleted {phrase_id}")
    return then("/desk/phrases", "已删除")


def _put(request: Request, tools: Tools, session: Session, form: FormData, instead_of: int | None) -> Response:
    """Keep it; what is not kept stays in the form in which it was written, and if that is gone, in the one for another."""
    purpose, text = as_asked(lambda: Purpose(str(form.get("purpose", "")))), str(form.get("text", ""))
    phrases = Phrases(tools.register.engine)
    try:
        if not phrases.put(session.who, purpose, text, tools.clock(), instead_of):
            if not phrases.was_of(post_of(session.who), instead_of or 0):
                raise NoFile(str(instead_of))
            return _page(request, tools, session, status=409, unkept=Unkept(purpose, text, GONE))
    except Unusable as why:
        there = any(each.id == instead_of for each in phrases.of_post(post_of(session.who)))
        unkept = Unkept(purpose, text, f"没有保存：{why}", instead_of if there else None)
        return _page(request, tools, session, status=422, unkept=unkept)
    visit_of(request, tools, session.who).note(AuditKind.HANDLED, about=f"phrase {purpose.value}")
    return then(f"/desk/phrases#{purpose.value}", "")
