"""The page of a year's report (年度报告): written beside what was planned, saved while it is typed, reported, and a returned one answered."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData

from gateway.asked.compared import Difference, differences
from gateway.asked.filled import read
from gateway.asked.forms import fields_of
from gateway.pages.autosaving import answered
from gateway.pages.leader import Leading
from gateway.pages.uploads import large
from gateway.pages.web import Answer, page, then
from gateway.problem import KeyReused, Refused, Unreachable
from gateway.remembered.audit import AuditKind
from gateway.remembered.drafts import Overtaken, body_of, paper_about, version_of
from gateway.remembered.sessions import Session
from gateway.remembered.uploads import taken
from gateway.shown import reports
from gateway.shown.reports import Known
from gateway.tools import Doors, Tools
from gateway.visit import visit_of
from models.acts import Year
from models.findings import Finding, Refusal
from models.forms import AnnualReport
from models.values import day_of, digest
from models.vocabulary import ActKind, YearStatus
from regulation import naming, promises

router = APIRouter(prefix="/my/reports/{filing_id}/{year}", dependencies=[Depends(large)])

AT = "/content"
ASKED = ("summary", "plan", "integrity_commitment")
"""What people fill in; the year is the page's."""

UNKNOWN = "暂时不能确认是否已经报送；填写的内容已保存，请稍后在本页再次报送，不会重复登记"
SENT_OTHERWISE = "这份报告此前已按其他内容送出，请核对后再次报送"


@dataclass(frozen=True)
class Editing:
    """A report that is being written: what is known of its year, its draft as it was last saved (`seen`), the id of its act."""

    known: Known
    raw: dict[str, Any]
    seen: str
    act_id: str

    @property
    def address(self) -> str:
        """Where it is written."""
        return f"/my/reports/{self.known.filing.id}/{self.known.year.year}"

    @property
    def key(self) -> str:
        """The id of its draft."""
        return paper_about("annual", self.known.filing.id, str(self.known.year.year))

    @property
    def held(self) -> str:
        """What the page shows of it, as a digest."""
        return digest(self.raw)

    @property
    def act(self) -> dict[str, Any]:
        """The act that brings it."""
        year = self.known.year.year
        return {"id": self.act_id, "kind": self.known.kind.value, "year": year, "content": {**self.raw, "year": year}}

    def rests_on(self, form: FormData) -> str:
        """The version on which a page rests: this one, if what it shows was not changed since."""
        return self.seen if form.get("held") == self.held else str(form.get("seen", ""))


def _editing(tools: Tools, session: Session, filing_id: str, year: int) -> Editing:
    """A report as it was last saved, else as it was sent, else with what was planned."""
    known = reports.known_of(tools, tools.seen(filing_id, session.who), year, session.who)
    editing = Editing(known, known.begun, "", f"desk-{uuid4().hex}")
    row = tools.drafts.find(editing.key, session.who.office, tools.clock())
    return replace(editing, raw=body_of(row), seen=version_of(row)) if row else editing


@router.get("")
def show(request: Request, tools: Doors, session: Leading, filing_id: str, year: Year, more: str = "") -> Response:
    """The report as it stands; or why none can be brought now."""
    editing = _editing(tools, session, filing_id, year)
    if editing.known.offer.refusal:
        return then(f"/filings/{filing_id}", editing.known.offer.refusal.message)
    return _form(request, tools, session, editing, more=more)


@router.post("")
async def change(
    request: Request, tools: Doors, session: Leading, form: Answer, filing_id: str, year: Year
) -> Response:
    """Save what was written, and do what the button says. Sent twice, it is one act."""
    editing = await run_in_threadpool(_editing, tools, session, filing_id, year)
    sent, faults = await taken(form, tools.uploads, session.who.office, tools.clock(), person=session.who.person)
    saved = await run_in_threadpool(_saved, request, tools, session, form, editing, sent, faults)
    return await _filed(request, tools, session, saved) if isinstance(saved, Editing) else saved


@router.post("/saved")
def autosave(request: Request, tools: Doors, session: Leading, form: Answer, filing_id: str, year: Year) -> Response:
    """Save what stands in the browser, without its files, and say when that was."""
    before = _editing(tools, session, filing_id, year)
    editing = replace(before, raw=_filled_in(form))
    save = partial(tools.drafts.save, editing.key, session.who, editing.raw, tools.clock(), before.rests_on(form))
    return answered(request, tools, session, save, editing.held, before.seen, partial(_differing, before, editing))


def _filled_in(form: FormData) -> dict[str, Any]:
    return read(AnnualReport, form, at=AT, only=ASKED)


def _differing(one: Editing, other: Editing) -> list[Difference]:
    return differences(AnnualReport, one.raw, other.raw, at=AT, only=ASKED)


def _saved(
    request: Request, tools: Tools, session: Session, form: FormData, before: Editing, sent: FormData,
    faults: Sequence[Finding],
) -> Response | Editing:  # fmt: skip
    """What was written, saved; to be sent, or the answer to whatever else the button says."""
    do, who = str(form.get("do", "")), session.who
    raw = _filled_in(sent)
    if do == "take_over":
        raw = before.known.taken_over(raw)
    editing = replace(before, raw=raw, act_id=str(form.get("id") or before.act_id))
    about = f"report {editing.known.year.year}"
    visit_of(request, tools, who).note(AuditKind.DRAFTED, filing_id=editing.known.filing.id, about=about)
    try:
        seen = tools.drafts.save_or_begin(editing.key, who, raw, tools.clock(), before.rests_on(form))
    except Overtaken:
        elsewhere = _differing(before, editing)
        return _form(request, tools, session, replace(editing, seen=before.seen), elsewhere=elsewhere, status=409)
    editing = replace(editing, seen=seen)
    if faults:
        return _form(request, tools, session, editing, findings=faults, title="有文件未收下，其余已保存", status=422)
    if more := form.get("more"):
        return _form(request, tools, session, editing, more=str(more))
    if do == "submit" and (same := editing.known.unchanged(raw)):
        return _form(request, tools, session, editing, unchanged=same, status=422)
    if do in ("submit", "anyway"):
        return editing
    said = "已把上一年度报告的内容填入空着的各栏，请改为本年度的情况" if do == "take_over" else "已保存"
    return then(editing.address, said)


async def _filed(request: Request, tools: Tools, session: Session, editing: Editing) -> Response:
    """Bring what was saved. What is refused comes back with every finding; what is taken is a draft no longer."""
    filing_id = editing.known.filing.id

    async def refused(**more: Any) -> HTMLResponse:
        return await run_in_threadpool(partial(_form, request, tools, session, editing, **more))

    try:
        receipt = await visit_of(request, tools, session.who).act(filing_id, editing.act)
    except Refused as problem:
        return await refused(refusal=problem.refusal, status=422)
    except Unreachable:
        return await refused(refusal=Refusal(message=UNKNOWN, article="", missing=""), status=503)
    except KeyReused:
        editing = replace(editing, act_id=f"desk-{uuid4().hex}")
        return await refused(refusal=Refusal(message=SENT_OTHERWISE, article="", missing=""), status=409)
    await run_in_threadpool(tools.drafts.submitted, editing.key, session.who.office)
    warned = "".join(f"；{each}" for each in receipt.warnings)
    said = f"“{editing.known.kind.label}”已登记为第{receipt.number}号{warned}"
    return then(f"/filings/{filing_id}/entries/{receipt.number}/done", said)


def _until(known: Known) -> str:
    """Until when it is to be brought, as offices write it."""
    year, answer = known.year, known.filing.periods.get(f"answer:{known.year.year}")
    if known.kind is ActKind.ANSWER_ANNUAL_RETURN:
        return naming.midnight(answer.until) if answer else ""
    return f"已于{naming.midnight(year.due)}截止" if year.status is YearStatus.MISSED else naming.midnight(year.due)


def _form(
    request: Request, tools: Tools, session: Session, editing: Editing, *, more: str = "", refusal: Refusal | None = None,
    findings: Sequence[Finding] = (), title: str = "", unchanged: Sequence[str] = (), elsewhere: Sequence[Difference] = (),
    status: int = 200,
) -> HTMLResponse:  # fmt: skip
    found = refusal.findings if refusal else findings
    *parts, promised = fields_of(AnnualReport, editing.raw, found, at=AT, only=ASKED, more_rows=more)
    promised = replace(promised, widget="confirm", reads=promises.in_force("report", day_of(tools.clock())))
    figures_of, figures = reports.figures(tools, editing.known.filing.id)
    return page(
        request,
        tools,
        "leader_report.html",
        session,
        status=status,
        editing=editing,
        known=editing.known,
        fields=[*parts, promised],
        tasks=reports.TASKS,
        figures_of=figures_of,
        figures=figures,
        refusal=refusal,
        found=found,
        title=title,
        unchanged=unchanged,
        elsewhere=elsewhere,
        overtaken=status == 409 and refusal is None,
        until=_until(editing.known),
    )
