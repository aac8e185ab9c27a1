"""An application that is being filled in, for the first time or as a correction: saved, examined as it stands, shown, submitted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData
from temporalio.service import RPCError

from activities.documents import drafted
from gateway.asked import applications, steps
from gateway.asked.compared import Difference, differences
from gateway.asked.filled import next_row
from gateway.asked.steps import Layout
from gateway.identity import Identity
from gateway.pages.autosaving import answered
from gateway.pages.web import page, then
from gateway.problem import Conflict, KeyReused, Refused, Unreachable
from gateway.reception import of_the_application
from gateway.remembered.audit import AuditKind
from gateway.remembered.drafts import NoSuchDraft, Overtaken, kept
from gateway.remembered.sessions import Session
from gateway.remembered.uploads import taken
from gateway.shown.documents import DOCX, attachment
from gateway.tools import Tools, value_of
from gateway.visit import Visit, visit_of
from models.acts import Deficiency, ReturnForCorrection, RuleOnObjection
from models.filing import Filing
from models.findings import Finding, Refusal
from models.sections import TEXTS, TITLES, Section, names_of
from models.values import day_of
from models.vocabulary import ActKind, Kind, Severity
from regulation import intake, lodging
from regulation.naming import on_day, short_until
from regulation.wording import if_not_corrected

SENT_OTHERWISE = "这份申请此前已按其他内容送出，结果尚不确定；请稍后先查看是否已经登记，再决定是否重新提交"


UNCHANGED = f"{intake.NOTHING_CORRECTED}，尚未提交。请补正后提交；确无须补正的，也可以按现状提交"


OVERVIEW = "overview"
"""The page that lists the steps, and shows nothing of what was filled in."""


UNKNOWN = "暂时不能确认是否已经提交；填写的内容已保存，请稍后在本页再次提交，不会重复登记"


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
    layout: str = ""

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
    def asks_documents(self) -> bool:
        """Whether documents are asked for: of what was imported from a list none is (A-02)."""
        return self.brings is not ActKind.COMPLETE_RECORD

    @property
    def application(self) -> dict[str, Any]:
        """What was filled in, with the number under which it is submitted."""
        return {**self.raw, "filing_id": self.filing_id}

    def filled_in(self, form: FormData) -> dict[str, Any]:
        """What is filled in after a page came back that shows it all, one section (`part`), or none of it."""
        if form.get("part") == OVERVIEW:
            return self.raw
        return applications.filled_in(self.kind, form, self.raw, self.section(form))

    def section(self, form: FormData) -> Section | None:
        """The section that a page shows; None if it shows all."""
        return steps.section_of(self.kind, str(form.get("part", "")))

    def held(self, part: str) -> str:
        """What a page shows of it, as a digest."""
        return steps.held(self.kind, self.raw, part)

    def rests_on(self, form: FormData) -> str:
        """The version on which a page rests: this one, if what it shows was not changed since."""
        part = str(form.get("part", ""))
        return self.seen if form.get("held") == self.held(part) else str(form.get("seen", ""))

    def examined(self, tools: Tools, who: Identity, now: datetime) -> tuple[Finding, ...]:
        """Everything that can be said about it as it stands, as the door will when it is submitted now."""
        stamped = who.stamped(self.application, now)
        known = tools.register.known(self.filing_id, stamped)
        return intake.examine(stamped, now, known, correcting=self.correcting).findings


def act_of(editing: Editing, visit: Visit, kind: ActKind | None) -> dict[str, Any]:
    """A correction as the act that sends it."""
    content = visit.stamped(editing.application)
    return {"id": editing.act_id, "kind": kind, "content": content}


def gone(tools: Tools, who: Identity, filing_id: str) -> Response:
    """A draft that is no more: a filing by now, or nothing of theirs."""
    tools.seen(filing_id, who)
    return then(f"/filings/{filing_id}", "这份申请已经提交；此后填写的没有保存")


async def changed(request: Request, tools: Tools, session: Session, form: FormData, editing: Editing) -> Response:
    """Save what was filled in, and do what the button says."""
    filled, not_taken = await taken(form, tools.uploads, session.who.office, tools.clock(), person=session.who.person)
    saved = await run_in_threadpool(_saved, request, tools, session, form, editing, filled, not_taken)
    anyway = form.get("do") == "anyway"
    return await _submitted(request, tools, session, saved, anyway=anyway) if isinstance(saved, Editing) else saved


def _saved(
    request: Request, tools: Tools, session: Session, form: FormData, editing: Editing, filled: FormData,
    not_taken: Sequence[Finding],
) -> Response | Editing:  # fmt: skip
    """What was filled in, saved; to be submitted, or the answer to whatever else the button says."""
    now, who, do = tools.clock(), session.who, str(form.get("do", ""))
    visit_of(request, tools, who).note(AuditKind.DRAFTED, filing_id=editing.filing_id, about="save")
    section, before, seen = editing.section(form), editing.raw, editing.rests_on(form)
    editing = replace(editing, raw=editing.filled_in(filled), layout=do if do in list(Layout) else editing.layout)
    step = section.key if section else ""
    try:
        seen = tools.drafts.save(editing.key, who, editing.raw, now, seen, editing.layout)
    except NoSuchDraft:
        return gone(tools, who, editing.filing_id)
    except Overtaken:
        elsewhere = differing(editing, before, editing.raw)
        return form_of(request, tools, session, editing, step=step, elsewhere=elsewhere, overtaken=True, status=409)
    editing = replace(editing, seen=seen)
    if not_taken:
        return form_of(request, tools, session, editing, not_taken, step=step, status=422)
    here = f"{editing.address}?step={step}" if step else editing.address
    if more := form.get("more"):
        row = next_row(intake.FORMS[editing.kind], filled, str(more))
        return then(f"{here}{'&' if step else '?'}more={quote(row)}#{applications.new_row(editing.raw, row)}")
    match do:
        case "submit" | "anyway":
            return editing
        case "check":
            return then(f"{here}{'&' if step else '?'}check=1#found")
        case "next" | "back" if step:
            to = steps.beside(editing.kind, step, 1 if do == "next" else -1)
            return then(f"{editing.address}?step={to or OVERVIEW}")
        case "overview" | Layout.STEPS:
            return then(f"{editing.address}?step={OVERVIEW}")
        case Layout.WHOLE:
            return then(f"{editing.address}?step=all")
    return then(here, "已保存")


def differing(editing: Editing, one: Mapping[str, Any], other: Mapping[str, Any]) -> list[Difference]:
    """What two versions of an application say differently."""
    return differences(
        intake.FORMS[editing.kind], one, other, only=[name for name in names_of(editing.kind) if name not in TEXTS]
    )


def autosaved(request: Request, tools: Tools, session: Session, form: FormData, editing: Editing) -> Response:
    """Save what stands in the browser, without its files, and say when that was; or what another window saved meanwhile."""
    part = str(form.get("part", ""))
    before, seen = editing.raw, editing.rests_on(form)
    editing = replace(editing, raw=editing.filled_in(form))
    save = partial(tools.drafts.save, editing.key, session.who, editing.raw, tools.clock(), seen)
    elsewhere = partial(differing, editing, before, editing.raw)
    return answered(request, tools, session, save, editing.held(part), editing.seen, elsewhere)


async def _submitted(request: Request, tools: Tools, session: Session, editing: Editing, *, anyway: bool) -> Response:
    """Submit what was saved. What is refused comes back with every finding; what is taken is a draft no longer. A correction
    in which nothing was corrected is sent if it is meant so.
    """
    now, who = tools.clock(), session.who
    visit = visit_of(request, tools, who)

    async def shown(**more: Any) -> HTMLResponse:
        return await run_in_threadpool(partial(form_of, request, tools, session, editing, **more))

    findings = await run_in_threadpool(editing.examined, tools, who, now) if editing.correcting else ()
    if any(each.severity is Severity.ERROR for each in findings):
        return await shown(check=True, refusal=lodging.refusal(findings), status=422)
    if not anyway and any(each.message == intake.NOTHING_CORRECTED for each in findings):
        unchanged = Refusal(message=UNCHANGED, article="", missing="")
        return await shown(refusal=unchanged, unchanged=True, status=422)
    try:
        if editing.correcting:
            receipt = await visit.act(editing.filing_id, act_of(editing, visit, editing.brings))
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
        return await run_in_threadpool(gone, tools, who, editing.filing_id)
    await run_in_threadpool(tools.drafts.submitted, editing.key, who.office)
    what = f"已{editing.brings.label}" if editing.brings else "备案申请已提交"
    address = f"/filings/{editing.filing_id}/entries/{receipt.number}/done"
    return then(address, f"{what}，登记为第{receipt.number}号，现为“{receipt.stage.label}”")


def form_of(
    request: Request, tools: Tools, session: Session, editing: Editing, not_taken: Sequence[Finding] = (), *,
    step: str = "", more: str = "", check: bool = False, overtaken: bool = False,
    elsewhere: Sequence[Difference] = (), refusal: Refusal | None = None, unchanged: bool = False, status: int = 200,
) -> HTMLResponse:  # fmt: skip
    """The form, as a whole, a section of it as a `step`, or the overview of its steps. Every finding stands at its field once
    somebody asked for it; the contents always count them.
    """
    now, kind = tools.clock(), editing.kind
    section = steps.section_of(kind, step)
    by_steps = section is not None or step == OVERVIEW or (not step and editing.layout == Layout.STEPS)
    rules = intake.asked_by_city(kind, editing.raw.get("jurisdiction"), day_of(now), editing.correcting)
    findings = refusal.findings if refusal and refusal.findings else editing.examined(tools, session.who, now)
    returned = _returned(tools, editing)
    at_fields = [*not_taken, *applications.told(kind, editing.raw, returned), *(findings if check else ())]
    return page(
        request,
        tools,
        "leader_application.html" if section or not by_steps else "leader_steps.html",
        session,
        status=status,
        editing=editing,
        address=editing.address,
        title=TITLES[kind],
        parts_=[
            each
            for each in applications.parts(
                editing.raw,
                at_fields,
                rules=rules,
                more_rows=more,
                asks_documents=editing.asks_documents,
                day=day_of(now),
            )
            if section in (None, each.section)
        ],
        section=section,
        part=section.key if section else OVERVIEW if by_steps else "",
        steps=steps.steps(kind, editing.raw, [*not_taken, *findings], applications.prefilled(kind, session.who)),
        elsewhere=elsewhere,
        names=_names_told(tools, session.who) if section is None or "members" in section.names else {},
        kept_until=_kept_until(editing, now),
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


def _names_told(tools: Tools, who: Identity) -> dict[str, str]:
    """The names that go with codes in what this leader submitted before. Of what others submitted nothing is told here."""
    filings = (value_of(row) for row in tools.register.filings(scope=who.scope))
    return applications.names_told(tools.register.paper(each.paper) for each in filings)


def _kept_until(editing: Editing, now: datetime) -> str:
    """Until when it can be filled in, in words: until the period of a correction is over, or as long as a draft is kept."""
    if editing.correcting:
        period = editing.correcting.periods.get("correction")
        return short_until(period.until) if period else ""
    last = datetime.fromisoformat(editing.seen) if editing.seen else now
    return f"草稿保留至{on_day(day_of(last + kept(now)))}"


def findings_of(request: Request, tools: Tools, session: Session, form: FormData, editing: Editing) -> HTMLResponse:
    """What is found on it as it stands in the browser. Nothing is saved."""
    editing = replace(editing, raw=editing.filled_in(form))
    findings = editing.examined(tools, session.who, tools.clock())
    shown = applications.found(editing.kind, applications.on_the_form(editing.kind, form, findings))
    part = str(form.get("part", ""))
    return page(request, tools, "leader_findings.html", session, found=shown, part=part, address=editing.address)


def sealed_form(request: Request, tools: Tools, session: Session, editing: Editing) -> Response:
    """The application form (D1) of a draft, to be printed, sealed and uploaded; what is missing or wrong is marked in it (A-28)."""
    now = tools.clock()
    year = day_of(editing.correcting.submitted_at if editing.correcting else now).year
    visit_of(request, tools, session.who).note(AuditKind.EXPORTED, filing_id=editing.filing_id, about="draft form")
    form = drafted.drawn(editing.raw, now, year, editing.examined(tools, session.who, now))
    left = f"（未填{form.missing}处、有误{form.wrong}处）" if form.missing + form.wrong else ""
    return attachment(form.content, f"{TITLES[editing.kind]}-{editing.filing_id}{left}.docx", DOCX)


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
