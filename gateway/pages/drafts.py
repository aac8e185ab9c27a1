"""The application (备案申请): a leader's draft, what is found on it while it is filled in, and its submission; corrections too."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData
from temporalio.service import RPCError

from gateway.asked import applications
from gateway.identity import Identity
from gateway.pages.leader import Leading
from gateway.pages.uploads import large
from gateway.pages.web import Answer, page, then
from gateway.problem import Conflict, KeyReused, NotFound, Refused, Unreachable
from gateway.reception import of_the_application
from gateway.remembered.audit import AuditKind
from gateway.remembered.drafts import NoSuchDraft, Overtaken, body_of, correction_of, of_an_application, version_of
from gateway.remembered.sessions import Session
from gateway.remembered.uploads import taken
from gateway.tools import Doors, Tools, value_of
from gateway.visit import Visit, visit_of
from models.acts import Deficiency, ReturnForCorrection, RuleOnObjection
from models.filing import Filing
from models.findings import Finding, Refusal
from models.sections import TITLES
from models.values import day_of
from models.vocabulary import ActKind, Kind, Severity
from regulation import intake, lodging
from regulation.offers import offer
from regulation.wording import if_not_corrected

SENT_OTHERWISE = "这份申请此前已按其他内容送出，结果尚不确定；请稍后先查看是否已经登记，再决定是否重新提交"
UNCHANGED = f"{intake.NOTHING_CORRECTED}，尚未提交。请补正后提交；确无须补正的，也可以按现状提交"
UNKNOWN = "暂时不能确认是否已经提交；填写的内容已保存，请稍后在本页再次提交，不会重复登记"

router = APIRouter(prefix="/my", dependencies=[Depends(large)])


@dataclass(frozen=True)
class Editing:
    """An application that is being filled in: its draft, as it was last saved (`seen`), and the filing it corrects."""

    address: str
    filing_id: str
    key: str
    raw: dict[str, Any]
    seen: str = ""
    correcting: Filing | None = None
    act_id: str = ""

    @property
    def kind(self) -> Kind:
        """Form A or form B."""
        return Kind(self.raw["kind"])

    @property
    def brings(self) -> ActKind | None:
        """By which act it is brought to a filing that is there: what was returned, or what a list did not say (A-02)."""
        if self.correcting is None:
            return None
        return ActKind.COMPLETE_RECORD if self.correcting.incomplete else ActKind.RESUBMIT

    @property
    def application(self) -> dict[str, Any]:
        """What was filled in, with the number under which it is submitted."""
        return {**self.raw, "filing_id": self.filing_id}

    def examined(self, tools: Tools, who: Identity, now: datetime) -> tuple[Finding, ...]:
        """Everything that can be said about it as it stands, as the door will when it is submitted now."""
        stamped = who.stamped(self.application, now)
        known = tools.register.known(self.filing_id, stamped)
        return intake.examine(stamped, now, known, correcting=self.correcting).findings


def _draft(tools: Tools, who: Identity, draft_id: str) -> Editing:
    """A leader's own draft; another's is not there."""
    row = tools.drafts.find(draft_id, who.office, tools.clock())
    if row is None or not of_an_application(draft_id):
        raise NotFound(draft_id)
    return Editing(f"/my/drafts/{draft_id}", draft_id, draft_id, body_of(row), version_of(row))


def _correction(tools: Tools, who: Identity, filing_id: str) -> Editing:
    """The correction of a returned application: as it was last saved, else as it was submitted."""
    filing = value_of(tools.seen(filing_id, who))
    key = correction_of(filing)
    row = tools.drafts.find(key, who.office, tools.clock())
    raw = body_of(row) if row else applications.of_paper(tools.register.paper(filing.paper))
    seen = version_of(row) if row else ""
    return Editing(f"/my/corrections/{filing_id}", filing_id, key, raw, seen, filing, f"desk-{uuid4().hex}")


def _refused(tools: Tools, who: Identity, editing: Editing) -> str | None:
    """Why a filing cannot be corrected now, if it cannot."""
    if editing.correcting is None or editing.brings is None:
        return None
    found = offer(editing.correcting, editing.brings, tools.now, who.by)
    if found is None or not found.mine:
        return "此件现在不须补正"
    return found.refusal.message if found.refusal else None


# The pages


@router.post("/drafts")
def begin(request: Request, tools: Doors, session: Leading, form: Answer) -> Response:
    """新的备案申请, on form A or form B."""
    kind = form.get("kind")
    if kind not in ("A", "B"):
        raise NotFound(str(kind))
    raw = applications.prefilled(Kind(kind), session.who)
    if kind == Kind.B and (goes_on := str(form.get("continues", ""))):
        row = tools.seen(goes_on, session.who)
        if not applications.may_go_on(row):
            raise NotFound(goes_on)
        raw |= applications.continuing(tools.register.paper(value_of(row).paper), goes_on)
    key = tools.drafts.begin(session.who, raw, tools.clock())
    visit_of(request, tools, session.who).note(AuditKind.DRAFTED, filing_id=key, about="begin")
    return then(f"/my/drafts/{key}")


@router.get("/drafts/{draft_id}")
def draft(
    request: Request, tools: Doors, session: Leading, draft_id: str, more: str = "", check: bool = False
) -> Response:
    """The form as it was saved. Once it was submitted, it is a filing."""
    try:
        editing = _draft(tools, session.who, draft_id)
    except NotFound:
        tools.seen(draft_id, session.who)
        return then(f"/filings/{draft_id}")
    return _form(request, tools, session, editing, more=more, check=check)


@router.post("/drafts/{draft_id}")
async def change(request: Request, tools: Doors, session: Leading, form: Answer, draft_id: str) -> Response:
    """Save what was filled in, and do what the button says. Submitted twice, it is one filing."""
    try:
        editing = await run_in_threadpool(_draft, tools, session.who, draft_id)
    except NotFound:
        return await run_in_threadpool(_gone, tools, session.who, draft_id)
    return await _changed(request, tools, session, form, editing)


@router.post("/drafts/{draft_id}/findings")
def findings(request: Request, tools: Doors, session: Leading, form: Answer, draft_id: str) -> HTMLResponse:
    """What is found on the form as it stands in the browser. Nothing is saved."""
    return _findings(request, tools, session, form, _draft(tools, session.who, draft_id))


@router.post("/drafts/{draft_id}/delete")
def delete(request: Request, tools: Doors, session: Leading, form: Answer, draft_id: str) -> Response:
    """Delete a draft."""
    editing = _draft(tools, session.who, draft_id)
    visit_of(request, tools, session.who).note(AuditKind.DRAFTED, filing_id=draft_id, about="delete")
    tools.drafts.discard(editing.key, session.who.office, tools.clock())
    return then("/my", "草稿已删除")


@router.get("/corrections/{filing_id}")
def correction(
    request: Request, tools: Doors, session: Leading, filing_id: str, more: str = "", check: bool = False
) -> Response:
    """The returned application, to be corrected."""
    editing = _correction(tools, session.who, filing_id)
    if why := _refused(tools, session.who, editing):
        return then(f"/filings/{filing_id}", why)
    return _form(request, tools, session, editing, more=more, check=check)


@router.post("/corrections/{filing_id}")
async def correct(request: Request, tools: Doors, session: Leading, form: Answer, filing_id: str) -> Response:
    """Save the correction, and do what the button says. Sent twice, it is one act."""
    editing = await run_in_threadpool(_correction, tools, session.who, filing_id)
    editing = replace(editing, act_id=str(form.get("id") or editing.act_id))
    if await run_in_threadpool(tools.register.entry_of, filing_id, editing.act_id):
        return await _sent_before(request, tools, session, form, editing)
    received = await run_in_threadpool(tools.filings.reception.is_known, filing_id, editing.act_id)
    if not received and (why := _refused(tools, session.who, editing)):
        return then(f"/filings/{filing_id}", f"{why}；此次填写的没有保存")
    return await _changed(request, tools, session, form, editing)


@router.post("/corrections/{filing_id}/findings")
def findings_of_correction(
    request: Request, tools: Doors, session: Leading, form: Answer, filing_id: str
) -> HTMLResponse:
    """What is found on the correction as it stands in the browser. Nothing is saved."""
    return _findings(request, tools, session, form, _correction(tools, session.who, filing_id))


async def _sent_before(request: Request, tools: Tools, session: Session, form: FormData, editing: Editing) -> Response:
    """A correction under a number that has an entry: the answer of then, if it says the same."""
    filled, _ = await taken(form, tools.uploads, session.who.office, tools.clock(), person=session.who.person)
    editing = replace(editing, raw=applications.filled_in(editing.kind, filled))
    visit = visit_of(request, tools, session.who)
    try:
        await visit.act(editing.filing_id, _act(editing, visit))
    except (KeyReused, Refused):
        return then(f"/filings/{editing.filing_id}", "这份补正已按此前的内容送出；此次填写的没有保存")
    return then(f"/filings/{editing.filing_id}", "已补正重报")


def _act(editing: Editing, visit: Visit) -> dict[str, Any]:
    """A correction as the act that sends it."""
    content = visit.stamped(editing.application)
    return {"id": editing.act_id, "kind": editing.brings, "content": content}


# What they have in common


def _gone(tools: Tools, who: Identity, filing_id: str) -> Response:
    """A draft that is no more: a filing by now, or nothing of theirs."""
    tools.seen(filing_id, who)
    return then(f"/filings/{filing_id}", "这份申请已经提交；此后填写的没有保存")


async def _changed(request: Request, tools: Tools, session: Session, form: FormData, editing: Editing) -> Response:
    filled, not_taken = await taken(form, tools.uploads, session.who.office, tools.clock(), person=session.who.person)
    saved = await run_in_threadpool(_saved, request, tools, session, form, editing, filled, not_taken)
    anyway = form.get("do") == "anyway"
    return await _submitted(request, tools, session, saved, anyway=anyway) if isinstance(saved, Editing) else saved


def _saved(
    request: Request, tools: Tools, session: Session, form: FormData, editing: Editing, filled: FormData,
    not_taken: Sequence[Finding],
) -> Response | Editing:  # fmt: skip
    """What was filled in, saved; to be submitted, or the answer to whatever else the button says."""
    now, who = tools.clock(), session.who
    visit_of(request, tools, who).note(AuditKind.DRAFTED, filing_id=editing.filing_id, about="save")
    editing = replace(editing, raw=applications.filled_in(editing.kind, filled))
    try:
        seen = tools.drafts.save(editing.key, who, editing.raw, now, str(form.get("seen", "")))
    except NoSuchDraft:
        return _gone(tools, who, editing.filing_id)
    except Overtaken:
        return _form(request, tools, session, editing, overtaken=True, status=409)
    editing = replace(editing, seen=seen)
    if not_taken:
        return _form(request, tools, session, editing, not_taken, status=422)
    if more := form.get("more"):
        return then(f"{editing.address}?more={quote(str(more))}#{applications.new_row(editing.raw, str(more))}")
    match form.get("do"):
        case "submit" | "anyway":
            return editing
        case "check":
            return then(f"{editing.address}?check=1#found")
    return then(editing.address, "已保存")


async def _submitted(request: Request, tools: Tools, session: Session, editing: Editing, *, anyway: bool) -> Response:
    """Submit what was saved. What is refused comes back with every finding; what is taken is a draft no longer. A correction
    in which nothing was corrected is sent if it is meant so.
    """
    now, who = tools.clock(), session.who
    visit = visit_of(request, tools, who)

    async def shown(**more: Any) -> HTMLResponse:
        return await run_in_threadpool(partial(_form, request, tools, session, editing, **more))

    findings = await run_in_threadpool(editing.examined, tools, who, now) if editing.correcting else ()
    if any(each.severity is Severity.ERROR for each in findings):
        return await shown(check=True, refusal=lodging.refusal(findings), status=422)
    if not anyway and any(each.message == intake.NOTHING_CORRECTED for each in findings):
        unchanged = Refusal(message=UNCHANGED, article="", missing="")
        return await shown(refusal=unchanged, unchanged=True, status=422)
    try:
        if editing.correcting:
            receipt = await visit.act(editing.filing_id, _act(editing, visit))
        else:
            receipt = await visit.submit(editing.application)
    except Refused as refused:
        refusal = of_the_application(refused.refusal) if editing.correcting else refused.refusal
        return await shown(check=True, refusal=refusal, status=422)
    except (Unreachable, RPCError):
        unknown = Refusal(message=UNKNOWN, article="", missing="")
        return await shown(refusal=unknown, status=503)
    except KeyReused:
        editing = replace(editing, act_id=f"desk-{uuid4().hex}")
        return await shown(refusal=Refusal(message=SENT_OTHERWISE, article="", missing=""), status=409)
    except Conflict:
        if (
            await run_in_threadpool(tools.register.row, editing.filing_id) is None
        ):  # it is being taken in, filled in otherwise
            return await shown(refusal=Refusal(message=SENT_OTHERWISE, article="", missing=""), status=409)
        await run_in_threadpool(tools.drafts.submitted, editing.key, who.office)
        return await run_in_threadpool(_gone, tools, who, editing.filing_id)
    await run_in_threadpool(tools.drafts.submitted, editing.key, who.office)
    what = f"已{editing.brings.label}" if editing.brings else "备案申请已提交"
    return then(f"/filings/{editing.filing_id}", f"{what}，登记为第{receipt.number}号，现为“{receipt.stage.label}”")


def _form(
    request: Request, tools: Tools, session: Session, editing: Editing, not_taken: Sequence[Finding] = (), *,
    more: str = "", check: bool = False, overtaken: bool = False, refusal: Refusal | None = None,
    unchanged: bool = False, status: int = 200,
) -> HTMLResponse:  # fmt: skip
    """The form. Every finding stands at its field once somebody asked for it; the contents always count them."""
    now, kind = tools.clock(), editing.kind
    rules = intake.asked_by_city(kind, editing.raw.get("jurisdiction"), day_of(now), editing.correcting)
    findings = refusal.findings if refusal and refusal.findings else editing.examined(tools, session.who, now)
    returned = _returned(tools, editing)
    at_fields = [*not_taken, *applications.told(kind, editing.raw, returned), *(findings if check else ())]
    return page(
        request,
        tools,
        "leader_application.html",
        session,
        status=status,
        editing=editing,
        title=TITLES[kind],
        parts_=applications.parts(editing.raw, at_fields, rules=rules, more_rows=more),
        rules=rules,
        found=applications.found(kind, [*not_taken, *findings]),
        check=check or bool(not_taken),
        not_taken=not_taken,
        overtaken=overtaken,
        refusal=refusal,
        unchanged=unchanged,
        returned=returned,
        reason=_reason(tools, editing),
        if_not_corrected=if_not_corrected(editing.correcting) if editing.correcting else "",
        year=day_of(editing.correcting.submitted_at if editing.correcting else now).year,
    )


def _findings(request: Request, tools: Tools, session: Session, form: FormData, editing: Editing) -> HTMLResponse:
    editing = replace(editing, raw=applications.filled_in(editing.kind, form))
    findings = editing.examined(tools, session.who, tools.clock())
    shown = applications.found(editing.kind, applications.on_the_form(editing.kind, form, findings))
    return page(request, tools, "leader_findings.html", session, found=shown)


def _returned(tools: Tools, editing: Editing) -> tuple[Deficiency, ...]:
    """What the last return said is lacking."""
    last = _last_return(tools, editing)
    return last.deficiencies if isinstance(last, ReturnForCorrection) else ()


def _reason(tools: Tools, editing: Editing) -> str:
    """The reason that the last return gave beside that."""
    last = _last_return(tools, editing)
    return last.reason or "" if last else ""


def _last_return(tools: Tools, editing: Editing) -> ReturnForCorrection | RuleOnObjection | None:
    """The act that returned the application: the reviewer's, or the ruling on an objection."""
    if editing.correcting is None:
        return None
    acts = [entry.event for entry in reversed(tools.register.docket(editing.filing_id)) if entry.refused is None]
    return next(
        (
            each
            for each in acts
            if isinstance(each, ReturnForCorrection)
            or (isinstance(each, RuleOnObjection) and each.outcome == "returned")
        ),
        None,
    )
