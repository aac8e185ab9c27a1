"""Corrections of applications (补正重报、补充存量资料): what was returned, or what a list did not say, brought by the leader."""

from dataclasses import replace
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData

from gateway.asked import applications
from gateway.identity import Identity
from gateway.pages.editing import Editing, act_of, autosaved, changed, findings_of, form_of, sealed_form
from gateway.pages.leader import Leading
from gateway.pages.uploads import large
from gateway.pages.web import Answer, then
from gateway.problem import Failed, KeyReused, Problem, Refused
from gateway.remembered.drafts import body_of, correction_of, layout_of, version_of
from gateway.remembered.sessions import Session
from gateway.remembered.uploads import taken
from gateway.tools import Doors, Tools, value_of
from gateway.visit import visit_of
from models.filing import Entry
from models.vocabulary import ActKind
from regulation.offers import offer

router = APIRouter(prefix="/my", dependencies=[Depends(large)])


def _correction(tools: Tools, who: Identity, filing_id: str) -> Editing:
    """The correction of a returned application: as it was last saved, else as it was submitted."""
    row = tools.seen(filing_id, who)
    filing = value_of(row)
    key = correction_of(filing)
    draft = tools.drafts.find(key, who.office, tools.clock())
    raw = body_of(draft) if draft else applications.of_paper(tools.register.application(filing_id))
    seen = version_of(draft) if draft else ""
    layout, act_id = layout_of(draft) if draft else "", f"desk-{uuid4().hex}"
    return Editing(f"/my/corrections/{filing_id}", filing_id, key, raw, seen, filing, act_id, layout)


def _refused(tools: Tools, who: Identity, editing: Editing) -> str | None:
    """Why a filing cannot be corrected now, if it cannot."""
    if editing.correcting is None or editing.brings is None:
        return None
    found = offer(editing.correcting, editing.brings, tools.now, who.by)
    if found is None or not found.mine:
        return "此件现在不须补正"
    return found.refusal.message if found.refusal else None


@router.get("/corrections/{filing_id}")
def correction(
    request: Request, tools: Doors, session: Leading, filing_id: str, step: str = "", more: str = "",
    check: bool = False,
) -> Response:  # fmt: skip
    """The returned application, to be corrected."""
    editing = _correction(tools, session.who, filing_id)
    if why := _refused(tools, session.who, editing):
        return then(f"/filings/{filing_id}", why)
    return form_of(request, tools, session, editing, step=step, more=more, check=check)


@router.post("/corrections/{filing_id}")
async def correct(request: Request, tools: Doors, session: Leading, form: Answer, filing_id: str) -> Response:
    """Save the correction, and do what the button says. Sent twice, it is one act."""
    editing = await run_in_threadpool(_correction, tools, session.who, filing_id)
    editing = replace(editing, act_id=str(form.get("id") or editing.act_id))
    if entry := await run_in_threadpool(tools.register.entry_of, filing_id, editing.act_id):
        return await _sent_before(request, tools, session, form, editing, entry)
    received = await run_in_threadpool(tools.filings.reception.is_known, filing_id, editing.act_id)
    if not received and (why := _refused(tools, session.who, editing)):
        return then(f"/filings/{filing_id}", f"{why}；此次填写的没有保存")
    return await changed(request, tools, session, form, editing)


@router.post("/corrections/{filing_id}/findings")
def findings_of_correction(
    request: Request, tools: Doors, session: Leading, form: Answer, filing_id: str
) -> HTMLResponse:
    """What is found on the correction as it stands in the browser. Nothing is saved."""
    return findings_of(request, tools, session, form, _correction(tools, session.who, filing_id))


@router.post("/corrections/{filing_id}/saved")
def saved(request: Request, tools: Doors, session: Leading, form: Answer, filing_id: str) -> Response:
    """Save the correction as it stands in the browser, while it is filled in."""
    editing = _correction(tools, session.who, filing_id)
    if why := _refused(tools, session.who, editing):
        raise Failed(Problem(title=why, status=410, code="over"))
    return autosaved(request, tools, session, form, editing)


@router.get("/corrections/{filing_id}/form.docx")
def form(request: Request, tools: Doors, session: Leading, filing_id: str) -> Response:
    """The form as it was saved, to be printed and sealed."""
    return sealed_form(request, tools, session, _correction(tools, session.who, filing_id))


async def _sent_before(
    request: Request, tools: Tools, session: Session, form: FormData, editing: Editing, entry: Entry
) -> Response:
    """What is sent under a number that has an entry, which may have left nothing to correct: the answer of then, if it says the same."""
    kind = ActKind(entry.event.kind)
    filled, _ = await taken(form, tools.uploads, session.who.office, tools.clock(), person=session.who.person)
    editing = replace(editing, raw=editing.filled_in(filled))
    visit = visit_of(request, tools, session.who)
    try:
        await visit.act(editing.filing_id, act_of(editing, visit, kind))
    except (KeyReused, Refused):
        return then(f"/filings/{editing.filing_id}", "此前已按其他内容送出；此次填写的没有保存")
    return then(f"/filings/{editing.filing_id}", f"已{kind.label}")
