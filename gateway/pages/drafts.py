"""The application (备案申请): a leader's draft, what is found on it while it is filled in, and its submission."""

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse

from gateway.asked import applications
from gateway.asked.steps import Layout
from gateway.identity import Identity
from gateway.pages.editing import Editing, autosaved, changed, findings_of, form_of, gone, sealed_form
from gateway.pages.leader import Leading
from gateway.pages.uploads import large
from gateway.pages.web import Answer, then
from gateway.problem import NoAct, NoDraft, NotFound
from gateway.remembered.audit import AuditKind
from gateway.remembered.drafts import body_of, layout_of, of_an_application, version_of
from gateway.tools import Doors, Tools
from gateway.visit import visit_of
from models.vocabulary import Kind

router = APIRouter(prefix="/my", dependencies=[Depends(large)])


def _draft(tools: Tools, who: Identity, draft_id: str) -> Editing:
    """A leader's own draft; another's is not there."""
    row = tools.drafts.find(draft_id, who.office, tools.clock())
    if row is None or not of_an_application(draft_id):
        raise NoDraft(draft_id)
    return Editing(f"/my/drafts/{draft_id}", draft_id, draft_id, body_of(row), version_of(row), layout=layout_of(row))


@router.post("/drafts")
def begin(request: Request, tools: Doors, session: Leading, form: Answer) -> Response:
    """新的备案申请, on form A or form B; step by step, unless somebody wants it whole."""
    kind = form.get("kind")
    if kind not in ("A", "B"):
        raise NoAct(str(kind))
    raw = applications.prefilled(Kind(kind), session.who)
    if kind == Kind.B and (goes_on := str(form.get("continues", ""))):
        row = tools.seen(goes_on, session.who)
        if not applications.may_go_on(row):
            raise NotFound(goes_on)
        raw |= applications.continuing(tools.register.application(goes_on), goes_on)
    layout = Layout.WHOLE if form.get("layout") == Layout.WHOLE else Layout.STEPS
    key = tools.drafts.begin(session.who, raw, tools.clock(), layout)
    visit_of(request, tools, session.who).note(AuditKind.DRAFTED, filing_id=key, about="begin")
    return then(f"/my/drafts/{key}")


@router.get("/drafts/{draft_id}")
def draft(
    request: Request, tools: Doors, session: Leading, draft_id: str, step: str = "", more: str = "", check: bool = False
) -> Response:
    """The form as it was saved, as a whole or step by step. Once it was submitted, it is a filing."""
    try:
        editing = _draft(tools, session.who, draft_id)
    except NotFound:
        tools.seen(draft_id, session.who)
        return then(f"/filings/{draft_id}")
    return form_of(request, tools, session, editing, step=step, more=more, check=check)


@router.post("/drafts/{draft_id}")
async def change(request: Request, tools: Doors, session: Leading, form: Answer, draft_id: str) -> Response:
    """Save what was filled in, and do what the button says. Submitted twice, it is one filing."""
    try:
        editing = await run_in_threadpool(_draft, tools, session.who, draft_id)
    except NotFound:
        return await run_in_threadpool(gone, tools, session.who, draft_id)
    return await changed(request, tools, session, form, editing)


@router.post("/drafts/{draft_id}/findings")
def findings(request: Request, tools: Doors, session: Leading, form: Answer, draft_id: str) -> HTMLResponse:
    """What is found on the form as it stands in the browser. Nothing is saved."""
    return findings_of(request, tools, session, form, _draft(tools, session.who, draft_id))


@router.post("/drafts/{draft_id}/saved")
def saved(request: Request, tools: Doors, session: Leading, form: Answer, draft_id: str) -> Response:
    """Save the form as it stands in the browser, while it is filled in."""
    return autosaved(request, tools, session, form, _draft(tools, session.who, draft_id))


@router.get("/drafts/{draft_id}/form.docx")
def form(request: Request, tools: Doors, session: Leading, draft_id: str) -> Response:
    """The form as it was saved, to be printed and sealed."""
    return sealed_form(request, tools, session, _draft(tools, session.who, draft_id))


@router.post("/drafts/{draft_id}/delete")
def delete(request: Request, tools: Doors, session: Leading, form: Answer, draft_id: str) -> Response:
    """Delete a draft."""
    editing = _draft(tools, session.who, draft_id)
    visit_of(request, tools, session.who).note(AuditKind.DRAFTED, filing_id=draft_id, about="delete")
    tools.drafts.discard(editing.key, session.who.office, tools.clock())
    return then("/my", "草稿已删除")
