"""A return in a survey (统计调查表) that is being filled in: by its leader online, or by an office that reads it off what came on paper.

One form for both: what it begins with, what is found on it, its draft, its workbook, and its filing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from pydantic import BaseModel
from starlette.datastructures import FormData
from temporalio.service import RPCError

from activities.documents import survey_sheet
from activities.documents.sheet_reader import SheetRefused
from gateway.asked import surveys as asked
from gateway.asked.compared import differences
from gateway.asked.surveys import Uploaded
from gateway.pages.autosaving import answered
from gateway.pages.halves import FirstHalf, first_half
from gateway.pages.previewing import PREVIEW, NotDone, sent
from gateway.pages.uploads import workbook_in
from gateway.pages.web import page, then
from gateway.problem import KeyReused, Refused, Unreachable
from gateway.remembered.audit import AuditKind
from gateway.remembered.drafts import Overtaken, body_of, paper_about, version_of
from gateway.remembered.sessions import Session
from gateway.remembered.uploads import owner_of, taken
from gateway.shown.documents import XLSX, attachment
from gateway.shown.foreseen import Foreseen, previewed
from gateway.shown.rounds import surveys as shown
from gateway.shown.rounds.foreseen import foreseen as foresees
from gateway.shown.rounds.surveys import Return
from gateway.tools import Tools
from gateway.visit import visit_of
from models.faults import MISSING
from models.findings import Finding, Refusal
from models.rounds.round import RoundReceipt
from models.rounds.surveys import EnterSurvey, SurveyActKind
from models.values import day_of, midnight_after
from regulation.rounds import agreeing, returns
from regulation.rounds.every import rules_of
from regulation.rounds.figures import form_of

UNKNOWN = "暂时不能确认是否已经报送；填写的内容已保存，请稍后在本页再次报送，不会重复登记"
SENT_OTHERWISE = "这份调查表此前已按其他内容报送；请核对后再次报送"


@dataclass(frozen=True)
class Editing:
    """A return that is being filled in: what is known of it, its draft as it was last saved (`seen`), the id of its act.

    `on_paper`: an office enters it; then `raw` says besides how it came. `entered`: what one officer entered, until another has
    compared it; `own` if the visitor is that one.
    """

    known: Return
    raw: dict[str, Any]
    on_paper: bool = False
    seen: str = ""
    act_id: str = ""
    entered: int | None = None
    own: bool = False

    @property
    def address(self) -> str:
        """Where it is filled in."""
        round_id, filing_id = self.known.round.id, self.known.alliance.id
        return (
            f"/rounds/{round_id}/returns/{filing_id}/entry" if self.on_paper else f"/my/surveys/{round_id}/{filing_id}"
        )

    @property
    def key(self) -> str:
        """The id of its draft."""
        return paper_about(self.known.round.id, self.known.alliance.id, *(["paper"] if self.on_paper else []))

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that can be said about it as it stands."""
        return returns.examine(self.known.questionnaire, self.raw.get("figures"), self.known.subject).findings

    @property
    def act(self) -> dict[str, Any]:
        """The act that sends it."""
        kind = SurveyActKind.ANSWER_SURVEY_RETURN if self.known.returned else SurveyActKind.FILE_SURVEY
        act = {"id": self.act_id, "filing": self.known.alliance.id}
        if not self.on_paper:
            return {**act, "kind": kind.value, "content": self.raw}
        content = {name: value for name, value in self.raw.items() if name != "came"}
        return {**act, "kind": SurveyActKind.ENTER_SURVEY.value, "came": self.raw.get("came") or {}, "content": content}

    def filled_in(self, form: FormData) -> dict[str, Any]:
        """What came back of the form."""
        return asked.filled_in(self.known.questionnaire, form, on_paper=self.on_paper)

    @property
    def how_it_came(self) -> dict[str, Any]:
        """What is told with a return on paper beside the return."""
        return {name: value for name, value in self.raw.items() if name in ("came", *asked.RECORD)}

    def closed(self, now: datetime) -> bool:
        """Whether nothing may be sent any more. What came on paper in time may be entered until the round is over."""
        return self.known.round.over or (not self.on_paper and now >= midnight_after(self.known.round.closes))


def editing_of(tools: Tools, session: Session, round_id: str, filing_id: str) -> Editing:
    """A return: as it was last saved, else as it was sent, else with what is known before anything is filled in; on paper, as a
    colleague entered it.
    """
    tools.seen(filing_id, session.who)
    known = shown.return_of(tools, round_id, filing_id)
    editing = Editing(known, {}, session.who.staff, act_id=f"desk-{uuid4().hex}")
    row = tools.drafts.find(editing.key, session.who.office, tools.clock())
    raw = body_of(row) if row else known.sent or {"figures": known.begun}
    if editing.on_paper:
        raw, editing = _on_paper(tools, session, editing, raw, drafted=row is not None)
    return replace(editing, raw=raw, seen=version_of(row) if row else "")


def _on_paper(
    tools: Tools, session: Session, editing: Editing, raw: dict[str, Any], *, drafted: bool
) -> tuple[dict[str, Any], Editing]:
    """What an office begins with, and whether a colleague has entered it. Of what was sent, only the figures."""
    known = editing.known
    half = agreeing.half_for(known.round, f"{SurveyActKind.ENTER_SURVEY}:{known.alliance.id}", session.who.by)
    entry = tools.rounds.register.entry(known.round.id, half.number) if half else None
    act = entry.event if entry else None
    raw = raw if drafted else {"figures": raw.get("figures") or {}}
    if not isinstance(act, EnterSurvey):
        return raw, editing
    editing = replace(editing, entered=entry.number if entry else None, own=act.by.person == session.who.person)
    content = tools.rounds.register.content(act) or {}
    return (raw if drafted else {**content, "came": act.came.model_dump(mode="json")}), editing


async def changed(request: Request, tools: Tools, session: Session, form: FormData, editing: Editing) -> Response:
    """Save what was filled in, and do what the button says. Sent twice, it is one act."""
    editing = replace(editing, act_id=str(form.get("id") or editing.act_id))
    faults: tuple[Finding, ...] = ()
    if editing.on_paper:
        owner = owner_of(session.who.by)
        form, faults = await taken(form, tools.uploads, owner, tools.clock(), person=session.who.person)
    saved = await run_in_threadpool(_saved, request, tools, session, form, editing, faults)
    if not isinstance(saved, Editing):
        return saved
    return await sent(_Filing(request, tools, session, saved), form, saved.raw, tools.clock())


def found_on(request: Request, tools: Tools, session: Session, form: FormData, editing: Editing) -> HTMLResponse:
    """What is found on the return as it stands in the browser. Nothing is saved."""
    by = editing.known.questionnaire
    editing = replace(editing, raw=editing.filled_in(form))
    found = asked.found(by, asked.on_the_form(by, form, editing.findings), on_paper=editing.on_paper)
    return page(request, tools, "leader_findings.html", session, found=found)


def autosaved(request: Request, tools: Tools, session: Session, form: FormData, editing: Editing) -> Response:
    """Save the return as it stands in the browser, and say when that was."""
    raw = editing.filled_in(form)
    save = partial(tools.drafts.save, editing.key, session.who, raw, tools.clock(), str(form.get("seen", "")))
    saved, typed = [each.get("figures") or {} for each in (editing.raw, raw)]
    elsewhere = partial(differences, form_of(editing.known.questionnaire), saved, typed)
    return answered(request, tools, session, save, "", editing.seen, elsewhere)


# The workbook


def to_fill_in(request: Request, tools: Tools, session: Session, editing: Editing) -> Response:
    """填报表: a workbook to be filled in, with what was saved, was sent, or is known."""
    known = editing.known
    about = f"{known.round.id} form.xlsx"
    visit_of(request, tools, session.who).note(AuditKind.EXPORTED, filing_id=known.alliance.id, about=about)
    name = f"{known.year}年度统计调查填报表-{known.alliance.name}.xlsx"
    return attachment(shown.to_fill_in(known, editing.raw), name, XLSX)


async def read_in(request: Request, tools: Tools, session: Session, form: FormData, editing: Editing) -> Response:
    """Take a workbook that was filled in: what it says becomes the draft, to be looked over and sent."""
    try:
        content = await workbook_in(form, "填报表")
        return await run_in_threadpool(_read_in, request, tools, session, form, editing, content)
    except SheetRefused as refused:
        told = partial(form_page, request, tools, session, editing, not_read=str(refused), status=422)
        return await run_in_threadpool(told)


def _read_in(
    request: Request, tools: Tools, session: Session, form: FormData, editing: Editing, content: bytes
) -> Response:
    """A workbook as the draft; what is found on it is told by its cells, and at the fields."""
    by = editing.known.questionnaire
    uploaded = Uploaded(by, survey_sheet.read(content, editing.known.taken))
    saved = _kept(request, tools, session, form, replace(editing, raw=editing.how_it_came | uploaded.raw))
    if isinstance(saved, Response):
        return saved
    if not saved.findings:
        return then(saved.address, "填报表已读入草稿，没有发现问题；请核对，勾选承诺后报送")
    told = sorted(uploaded.placed(saved.findings), key=lambda each: each.message.endswith(MISSING))
    return form_page(request, tools, session, saved, check=True, by_cell=told)


def _kept(request: Request, tools: Tools, session: Session, form: FormData, editing: Editing) -> HTMLResponse | Editing:
    """The draft as it was saved; or the form again, if it was saved elsewhere since it was shown."""
    visit_of(request, tools, session.who).note(AuditKind.DRAFTED, filing_id=editing.known.alliance.id, about="survey")
    try:
        seen = tools.drafts.save_or_begin(
            editing.key, session.who, editing.raw, tools.clock(), str(form.get("seen", ""))
        )
    except Overtaken:
        return form_page(request, tools, session, editing, overtaken=True, status=409)
    return replace(editing, seen=seen)


def _saved(
    request: Request, tools: Tools, session: Session, form: FormData, editing: Editing, faults: Sequence[Finding]
) -> Response | Editing:
    """What was filled in, saved; to be sent, or the answer to whatever else the button says."""
    by = editing.known.questionnaire
    raw = editing.filled_in(form)
    raw = asked.with_zeros(by, raw) if form.get("do") == "zero" else raw
    if editing.on_paper:
        raw, unknown = tools.people.received(raw, session.who)
        faults = (*faults, *unknown)
    saved = _kept(request, tools, session, form, replace(editing, raw=raw))
    if isinstance(saved, Response):
        return saved
    editing = saved
    if faults:
        return form_page(request, tools, session, editing, not_taken=faults, status=422)
    if more := form.get("more"):
        return then(f"{editing.address}?more={quote(str(more))}#{asked.new_row(by, editing.raw, str(more))}")
    match form.get("do"):
        case "submit" | "preview":
            return editing
        case "check":
            return then(f"{editing.address}?check=1#found")
        case "zero":
            return then(editing.address, "空着的数已填0，并已保存；请逐项核对")
    return then(editing.address, "已保存")


@dataclass(frozen=True)
class _Filing:
    """A return that is to be filed as it was saved. What is refused comes back with every finding; what is taken is a draft no longer."""

    request: Request
    tools: Tools
    session: Session
    editing: Editing
    is_fresh: bool = True
    """What others do in a round bears on no return."""

    @property
    def looked_at(self) -> bool:
        """What an office enters is read before it goes."""
        return self.editing.on_paper

    def first_received(self) -> datetime | None:
        """When the act first reached the door, if its outcome is not known."""
        return self.tools.rounds.arrivals.noted_at(self.editing.known.round.id, self.editing.act_id)

    def preview(self, raw: dict[str, Any], *, changed: bool) -> HTMLResponse:
        """The form with what would come of it; or with every finding."""
        told = self.session.who.stamped(self.editing.act | {"id": PREVIEW}, self.tools.clock())
        would = foresees(self.tools, self.editing.known.round.id, told, self.tools.now)
        if would.refusal:
            return self._again(check=True, refusal=_on_the_return(would.refusal), status=422)
        return self._again(foreseen=would, changed=changed, status=409 if changed else 200)

    async def act(self, raw: dict[str, Any]) -> RoundReceipt:
        """File it."""
        visit = visit_of(self.request, self.tools, self.session.who)
        try:
            return await visit.act_on_round(self.editing.known.round.id, self.editing.act)
        except RPCError as failed:
            raise Unreachable from failed

    def refused(self, raw: dict[str, Any], why: NotDone) -> HTMLResponse:
        """The form again, with the reason."""
        if isinstance(why, Refused):
            return self._again(check=True, refusal=_on_the_return(why.refusal), status=422)
        if isinstance(why, KeyReused):
            anew = replace(self, editing=replace(self.editing, act_id=f"desk-{uuid4().hex}"))
            return anew._again(refusal=Refusal(message=SENT_OTHERWISE, article="", missing=""), status=409)
        return self._again(refusal=Refusal(message=UNKNOWN, article="", missing=""), status=503)

    def done(self, receipt: RoundReceipt) -> Response:
        """To the return, with what was entered."""
        self.tools.drafts.submitted(self.editing.key, self.session.who.office)
        waits = "，待另一人对照来文核对后生效" if receipt.warnings else ""
        done = "登记" if self.editing.on_paper else "报送"
        return then(self.editing.address, f"已{done}，登记为第{receipt.number}号{waits}")

    def _again(self, **more: Any) -> HTMLResponse:
        return form_page(self.request, self.tools, self.session, self.editing, **more)


def _on_the_return(refusal: Refusal) -> Refusal:
    """A refusal with its findings as the form has its fields."""
    return refusal.but(findings=tuple(asked.on_the_return(refusal.findings)))


def _first(tools: Tools, editing: Editing) -> FirstHalf | None:
    """What a colleague entered, beside what is filled in now."""
    known, number = editing.known, editing.entered
    entry = tools.rounds.register.entry(known.round.id, number) if number and not editing.own else None
    paper = rules_of(known.round.id).paper(known.round, SurveyActKind.ENTER_SURVEY)
    if entry is None or not isinstance(entry.event, EnterSurvey) or paper is None:
        return None
    content = tools.rounds.register.content(entry.event) or {}
    said = {"came": entry.event.came.model_dump(mode="json"), "content": content}
    now = {name: editing.act[name] for name in ("came", "content")}
    models: dict[str, type[BaseModel]] = {"": EnterSurvey, "/content": paper}
    return first_half(tools, entry.number, entry.at, entry.event.by, said, now, models)


def _colleagues(tools: Tools, session: Session) -> list[tuple[str, str]]:
    """Who may have taken in what came on paper: each person, with the name."""
    return [(each.person, each.name) for each in tools.people.colleagues(session.who.office, session.who.role)]


def _found(editing: Editing, refusal: Refusal | None) -> tuple[Finding, ...]:
    """Everything at once: why it was refused, and whatever else is found on the figures, which what was refused did not come to."""
    refused = refusal.findings if refusal else ()
    told = {each.field for each in refused}
    return (*refused, *(each for each in editing.findings if each.field not in told))


def form_page(
    request: Request, tools: Tools, session: Session, editing: Editing, *, more: str = "", check: bool = False,
    overtaken: bool = False, refusal: Refusal | None = None, by_cell: Sequence[Finding] = (), not_read: str = "",
    not_taken: Sequence[Finding] = (), foreseen: Foreseen | None = None, changed: bool = False, status: int = 200,
) -> HTMLResponse:  # fmt: skip
    """The form. Every finding stands at its field once somebody asked for it; the contents always count them. `by_cell`: what is
    found on a workbook that was read; `not_read`: why one could not be; `not_taken`: what is wrong with files."""
    known = editing.known
    found = _found(editing, refusal)
    back = asked.sent_back(known.questionnaire, known.returned.points) if known.returned else []
    at_fields = [*not_taken, *back, *(found if check else ())]
    parts = asked.parts(known.questionnaire, editing.raw, at_fields, known.figures_before, more_rows=more)
    contents = asked.found(known.questionnaire, [*not_taken, *found], on_paper=editing.on_paper)
    return page(
        request,
        tools,
        "survey_return.html",
        session,
        status=status,
        editing=editing,
        known=known,
        parts_=parts,
        unfolded=asked.unfolded(parts, contents, more=more, everything=request.query_params.get("open") == "all"),
        came=asked.came(editing.raw, at_fields, _colleagues(tools, session)) if editing.on_paper else [],
        promise=asked.promise(editing.raw, at_fields, day_of(tools.clock()), on_paper=editing.on_paper),
        found=contents,
        check=check or bool(not_taken),
        overtaken=overtaken,
        refusal=refusal,
        by_cell=by_cell,
        not_read=not_read,
        foreseen=foreseen,
        changed=changed,
        previewed=previewed(editing.raw, day_of(tools.clock())),
        half=_first(tools, editing) if editing.on_paper else None,
        closed=editing.closed(tools.clock()),
        expired=known.expired(day_of(tools.clock())),
    )
