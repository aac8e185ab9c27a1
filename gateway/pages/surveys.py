"""The leader's return in a survey (统计调查表): what it begins with, what is found on it while it is filled in, and its filing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData
from temporalio.service import RPCError

from activities.documents import survey_sheet
from activities.documents.sheet_reader import SheetRefused
from gateway.asked import surveys as asked
from gateway.asked.surveys import Uploaded
from gateway.pages.leader import Leading
from gateway.pages.uploads import large, workbook_in
from gateway.pages.web import Answer, page, then
from gateway.problem import KeyReused, Refused, Unreachable
from gateway.remembered.audit import AuditKind
from gateway.remembered.drafts import NoSuchDraft, Overtaken, body_of, paper_about, version_of
from gateway.remembered.sessions import Session
from gateway.shown.documents import DOCX, XLSX, attachment
from gateway.shown.rounds import surveys as shown
from gateway.shown.rounds.surveys import Return
from gateway.tools import Doors, Tools
from gateway.visit import visit_of
from models.findings import Finding, Refusal
from models.rounds.surveys import SurveyActKind
from models.values import midnight_after
from regulation.rounds import returns

UNKNOWN = "暂时不能确认是否已经报送；填写的内容已保存，请稍后在本页再次报送，不会重复登记"
SENT_OTHERWISE = "这份调查表此前已按其他内容报送；请核对后再次报送"

router = APIRouter(prefix="/my/surveys")


@dataclass(frozen=True)
class Editing:
    """A return that is being filled in: what is known of it, its draft as it was last saved (`seen`), the id of its act."""

    known: Return
    raw: dict[str, Any]
    seen: str = ""
    act_id: str = ""

    @property
    def address(self) -> str:
        """Where it is filled in."""
        return f"/my/surveys/{self.known.round.id}/{self.known.alliance.id}"

    @property
    def key(self) -> str:
        """The id of its draft."""
        return paper_about(self.known.round.id, self.known.alliance.id)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that can be said about it as it stands."""
        return returns.examine(self.known.questionnaire, self.raw.get("figures"), self.known.subject).findings

    @property
    def act(self) -> dict[str, Any]:
        """The act that sends it."""
        kind = SurveyActKind.ANSWER_SURVEY_RETURN if self.known.returned else SurveyActKind.FILE_SURVEY
        return {"id": self.act_id, "kind": kind.value, "filing": self.known.alliance.id, "content": self.raw}


def _editing(tools: Tools, session: Session, round_id: str, filing_id: str) -> Editing:
    """A return: as it was last saved, else as it was sent, else with what is known before anything is filled in."""
    tools.seen(filing_id, session.who)
    known = shown.return_of(tools, round_id, filing_id)
    editing = Editing(known, {}, act_id=f"desk-{uuid4().hex}")
    row = tools.drafts.find(editing.key, session.who.office, tools.clock())
    raw = body_of(row) if row else known.sent or {"figures": known.begun}
    return replace(editing, raw=raw, seen=version_of(row) if row else "")


@router.get("/{round_id}/{filing_id}")
def survey(
    request: Request, tools: Doors, session: Leading, round_id: str, filing_id: str, more: str = "", check: bool = False
) -> HTMLResponse:
    """统计调查表, as it was last saved."""
    return _form(request, tools, session, _editing(tools, session, round_id, filing_id), more=more, check=check)


@router.post("/{round_id}/{filing_id}")
async def change(
    request: Request, tools: Doors, session: Leading, form: Answer, round_id: str, filing_id: str
) -> Response:
    """Save what was filled in, and do what the button says. Sent twice, it is one act."""
    editing = await run_in_threadpool(_editing, tools, session, round_id, filing_id)
    editing = replace(editing, act_id=str(form.get("id") or editing.act_id))
    saved = await run_in_threadpool(_saved, request, tools, session, form, editing)
    return await _filed(request, tools, session, saved) if isinstance(saved, Editing) else saved


@router.post("/{round_id}/{filing_id}/findings")
def findings(
    request: Request, tools: Doors, session: Leading, form: Answer, round_id: str, filing_id: str
) -> HTMLResponse:
    """What is found on the return as it stands in the browser. Nothing is saved."""
    editing = _editing(tools, session, round_id, filing_id)
    by = editing.known.questionnaire
    editing = replace(editing, raw=asked.filled_in(by, form))
    found = asked.found(by, asked.on_the_form(by, form, editing.findings))
    return page(request, tools, "leader_findings.html", session, found=found)


@router.get("/{round_id}/{filing_id}/form.xlsx")
def to_fill_in(request: Request, tools: Doors, session: Leading, round_id: str, filing_id: str) -> Response:
    """填报表: a workbook to be filled in, with what was saved, was sent, or is known."""
    editing = _editing(tools, session, round_id, filing_id)
    visit_of(request, tools, session.who).note(AuditKind.EXPORTED, filing_id=filing_id, about=f"{round_id} form.xlsx")
    name = f"{editing.known.year}年度统计调查填报表-{editing.known.alliance.name}.xlsx"
    return attachment(shown.to_fill_in(editing.known, editing.raw), name, XLSX)


@router.post("/{round_id}/{filing_id}/form.xlsx", dependencies=[Depends(large)])
async def fill_in(
    request: Request, tools: Doors, session: Leading, form: Answer, round_id: str, filing_id: str
) -> Response:
    """Take a workbook that was filled in: what it says becomes the draft, to be looked over and sent."""
    editing = await run_in_threadpool(_editing, tools, session, round_id, filing_id)
    try:
        content = await workbook_in(form, "填报表")
        return await run_in_threadpool(_read_in, request, tools, session, form, editing, content)
    except SheetRefused as refused:
        return await run_in_threadpool(
            partial(_form, request, tools, session, editing, not_read=str(refused), status=422)
        )


def _read_in(
    request: Request, tools: Tools, session: Session, form: FormData, editing: Editing, content: bytes
) -> Response:
    """A workbook as the draft; what is found on it is told by its cells, and at the fields."""
    by = editing.known.questionnaire
    uploaded = Uploaded(by, survey_sheet.read(content, editing.known.taken))
    saved = _kept(request, tools, session, form, replace(editing, raw=uploaded.raw))
    if isinstance(saved, Response):
        return saved
    if not saved.findings:
        return then(saved.address, "填报表已读入草稿，没有发现问题；请核对，勾选承诺后报送")
    told = uploaded.placed(saved.findings)
    return _form(request, tools, session, saved, check=True, by_cell=told)


@router.get("/{round_id}/{filing_id}/form.docx")
def printed(request: Request, tools: Doors, session: Leading, round_id: str, filing_id: str) -> Response:
    """The questionnaire in print: as it was sent, which is its receipt, or empty."""
    tools.seen(filing_id, session.who)
    known = shown.return_of(tools, round_id, filing_id)
    visit_of(request, tools, session.who).note(AuditKind.EXPORTED, filing_id=filing_id, about=f"{round_id} form.docx")
    return attachment(shown.printed(known), f"{known.year}年度统计调查表-{known.alliance.name}.docx", DOCX)


def _kept(request: Request, tools: Tools, session: Session, form: FormData, editing: Editing) -> HTMLResponse | Editing:
    """The draft as it was saved; or the form again, if it was saved elsewhere since it was shown."""
    visit_of(request, tools, session.who).note(AuditKind.DRAFTED, filing_id=editing.known.alliance.id, about="survey")
    try:
        seen = tools.drafts.save(editing.key, session.who, editing.raw, tools.clock(), str(form.get("seen", "")))
    except (NoSuchDraft, Overtaken):
        return _form(request, tools, session, editing, overtaken=True, status=409)
    return replace(editing, seen=seen)


def _saved(request: Request, tools: Tools, session: Session, form: FormData, editing: Editing) -> Response | Editing:
    """What was filled in, saved; to be sent, or the answer to whatever else the button says."""
    by = editing.known.questionnaire
    raw = asked.filled_in(by, form)
    raw = asked.with_zeros(by, raw) if form.get("do") == "zero" else raw
    saved = _kept(request, tools, session, form, replace(editing, raw=raw))
    if isinstance(saved, Response):
        return saved
    editing = saved
    if more := form.get("more"):
        return then(f"{editing.address}?more={quote(str(more))}#{asked.new_row(by, editing.raw, str(more))}")
    match form.get("do"):
        case "submit":
            return editing
        case "check":
            return then(f"{editing.address}?check=1#found")
        case "zero":
            return then(editing.address, "空着的数已填0，并已保存；请逐项核对")
    return then(editing.address, "已保存")


async def _filed(request: Request, tools: Tools, session: Session, editing: Editing) -> Response:
    """File what was saved. What is refused comes back with every finding; what is taken is a draft no longer."""

    async def refused(**more: Any) -> HTMLResponse:
        return await run_in_threadpool(partial(_form, request, tools, session, editing, **more))

    try:
        receipt = await visit_of(request, tools, session.who).act_on_round(editing.known.round.id, editing.act)
    except Refused as problem:
        own = problem.refusal.but(findings=tuple(asked.on_the_return(problem.refusal.findings)))
        return await refused(check=True, refusal=own, status=422)
    except (Unreachable, RPCError):
        return await refused(refusal=Refusal(message=UNKNOWN, article="", missing=""), status=503)
    except KeyReused:
        editing = replace(editing, act_id=f"desk-{uuid4().hex}")
        return await refused(refusal=Refusal(message=SENT_OTHERWISE, article="", missing=""), status=409)
    await run_in_threadpool(tools.drafts.submitted, editing.key, session.who.office)
    return then(editing.address, f"已报送，登记为第{receipt.number}号")


def _form(
    request: Request, tools: Tools, session: Session, editing: Editing, *, more: str = "", check: bool = False,
    overtaken: bool = False, refusal: Refusal | None = None, by_cell: Sequence[Finding] = (), not_read: str = "",
    status: int = 200,
) -> HTMLResponse:  # fmt: skip
    """The form. Every finding stands at its field once somebody asked for it; the contents always count them. `by_cell`: what is
    found on a workbook that was read; `not_read`: why one could not be."""
    known = editing.known
    found = refusal.findings if refusal and refusal.findings else editing.findings
    back = asked.sent_back(known.questionnaire, known.returned.points) if known.returned else []
    at_fields = [*back, *(found if check else ())]
    return page(
        request,
        tools,
        "survey_return.html",
        session,
        status=status,
        editing=editing,
        known=known,
        row=tools.seen(known.alliance.id, session.who),
        parts_=asked.parts(known.questionnaire, editing.raw, at_fields, known.figures_before, more_rows=more),
        promise=asked.promise(editing.raw, at_fields),
        found=asked.found(known.questionnaire, found),
        check=check,
        overtaken=overtaken,
        refusal=refusal,
        by_cell=by_cell,
        not_read=not_read,
        closed=tools.clock() >= midnight_after(known.round.closes) or known.round.over,
    )
