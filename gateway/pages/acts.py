"""The forms of acts: shown, checked, sent, and what came of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.datastructures import FormData

from gateway.asked import acts
from gateway.asked.forms import Field
from gateway.asked.matters import LOOKED_BACK, Before, before
from gateway.pages.act_drafts import ActDraft
from gateway.pages.halves import FirstHalf, first_half
from gateway.pages.previewing import PREVIEW, NotDone, beside, sent
from gateway.pages.reviewing import decided_here
from gateway.pages.uploads import large
from gateway.pages.web import Answer, SignedIn, page, rests_on, then
from gateway.problem import KeyReused, MovedOn, NoAct, Unreachable
from gateway.remembered.audit import AuditKind
from gateway.remembered.phrases import Phrases
from gateway.remembered.sessions import Session
from gateway.remembered.uploads import owner_of, taken
from gateway.shown.foreseen import Foreseen, foreseen, previewed
from gateway.shown.leading import REPORTS
from gateway.shown.objected import known_by, objections
from gateway.shown.rounds import inspections
from gateway.tools import Doors, Tools, value_of
from gateway.visit import Visit, visit_of
from models.acts import NEW_VERSIONS
from models.filing import Entry, Filing, Receipt
from models.findings import Finding, Refusal
from models.register import FilingRow
from models.values import Ordinal, day_of, required
from models.vocabulary import ActKind, Ground, Role
from regulation import lifecycle, naming
from regulation.agenda import letters_waiting
from regulation.letters import ANSWERS
from regulation.lodging import refusal as refusal_of
from regulation.offers import TYPES, Offer, offer
from regulation.on_paper import ON_PAPER
from regulation.phrases import purpose_of
from regulation.rounds.evaluation_facts import inactivity

SENT_OTHERWISE = "这一页此前已按其他内容送出，其结果以卷宗为准；如确要另行办理，请核对后再次提交"

UNKNOWN = "系统暂时连不上，尚不知道是否已经登记；所填内容仍在本页，请稍后在本页再按一次，不会重复登记"

UNCONFIRMED = "请先阅读后果，并勾选“我已知悉，确认办理”"

router = APIRouter(prefix="/filings/{filing_id}/acts/{kind}", dependencies=[Depends(large)])


def _offered(tools: Tools, row: FilingRow, kind: ActKind, session: Session, year: int | None = None) -> Offer:
    """The act as offered to the visitor; what is not theirs, or not of this stage, is not there."""
    found = offer(value_of(row), kind, tools.now, session.who.by, year)
    if found is None or not (found.mine or found.on_paper):
        raise NoAct(row.filing_id)
    return found


@router.get("")
def show(
    request: Request,
    tools: Doors,
    session: SignedIn,
    filing_id: str,
    kind: ActKind,
    year: Ordinal | None = None,
    ground: Ground | None = None,
    inspection: str = "",
) -> Response:
    """The form, about the year if one was chosen, with the evidence of the ground or of the inspection if one was; or why not."""
    if kind in NEW_VERSIONS and not session.who.staff:
        return RedirectResponse(f"/my/corrections/{filing_id}", 303)
    row = tools.seen(filing_id, session.who)
    if decided_here(row, kind, session.who):
        _offered(tools, row, kind, session)
        return RedirectResponse(f"/filings/{filing_id}/review?decide={kind.value}#decision", 303)
    if kind in REPORTS and not session.who.staff and (report := _report_of(tools, row, kind, session, year)):
        return RedirectResponse(f"/my/reports/{filing_id}/{report}", 303)
    raw = _with_evidence(tools, filing_id) if (kind, ground) == WITHOUT_COOPERATION else None
    if inspection and kind is ActKind.PROPOSE_REVOCATION and session.who.staff:
        raw = inspections.proposal(tools, inspection, filing_id)
    offered = _offered(tools, row, kind, session, year)
    drafted = _draft(tools, session, row, offered)
    raw = drafted.raw if drafted and drafted.raw and raw is None else raw
    return _form(
        request, tools, session, row, offered, raw, looked=_is_filled_in(offered, session), drafted=drafted, opened=True
    )


def _draft(tools: Tools, session: Session, row: FilingRow, offered: Offer | None) -> ActDraft | None:
    """The draft of what is written with an act; what came on paper is there to be read again."""
    if offered is None or offered.on_paper:
        return None
    return ActDraft.of(tools, session.who, row.filing_id, offered.kind, _year_of(offered))


def _is_filled_in(offered: Offer, session: Session) -> bool:
    """Whether an officer's form is complete as it is shown, so that what would come of it can be read at once: nothing must be told,
    or another officer has told it."""
    if not session.who.staff or offered.on_paper or offered.refusal:
        return False
    return offered.second or not set(acts.asked(offered.kind)) & set(required(TYPES[offered.kind]))


def _year_of(offered: Offer | None) -> int | None:
    """The year that an act is about, if it is about one."""
    return getattr(offered.act, "year", None) if offered else None


@router.post("/saved")
def saved(
    request: Request, tools: Doors, session: SignedIn, form: Answer, filing_id: str, kind: ActKind,
    year: Ordinal | None = None,
) -> Response:  # fmt: skip
    """Save a long text as it stands in the browser, while it is written."""
    row = tools.seen(filing_id, session.who)
    drafted = _draft(tools, session, row, _offered(tools, row, kind, session, year))
    if drafted is None:
        raise NoAct(filing_id)
    return drafted.autosaved(request, tools, session, form, acts.read_act(kind, form))


def _report_of(tools: Tools, row: FilingRow, kind: ActKind, session: Session, year: int | None) -> int | None:
    """The year whose report a leader can bring now: it is written on a page of its own."""
    offered = _offered(tools, row, kind, session, year)
    return None if offered.refusal else getattr(offered.act, "year", None)


WITHOUT_COOPERATION = (ActKind.PROPOSE_REVOCATION, Ground.NO_COOPERATION)


def _with_evidence(tools: Tools, filing_id: str) -> dict[str, object] | None:
    """A proposal under 第十四条 as the evaluations on record would found it, to be judged by whoever makes it (A-47)."""
    found = inactivity(tools.register.docket(filing_id))
    if found is None:
        return None
    return {"ground": Ground.NO_COOPERATION.value, "reason": found.reason, "content": {"text": found.text}}


@router.post("")
async def send(
    request: Request, tools: Doors, session: SignedIn, form: Answer, filing_id: str, kind: ActKind,
    about: Ordinal | None = None,
) -> Response:  # fmt: skip
    """Take the form; `about` is the year of which its draft is. If others acted since it was shown, it says so and asks again; sent twice, it is one act."""
    visit = visit_of(request, tools, session.who)
    row = await run_in_threadpool(visit.seen, filing_id)
    if decided_here(row, kind, session.who):  # the same form, to where it is looked at before it goes
        return RedirectResponse(f"/filings/{filing_id}/review/{kind.value}", 307)
    filled, faults = await taken(
        form, tools.uploads, owner_of(session.who.by), tools.clock(), person=session.who.person
    )
    asked = Asked(
        request, visit, session, row, kind, str(form.get("id", "")), rests_on(str(form.get("seen", ""))), about
    )
    raw = await run_in_threadpool(asked.read, filled, faults)
    return raw if isinstance(raw, Response) else await sent(asked, filled, raw, tools.clock())


@dataclass(frozen=True)
class Asked:
    """A form that came back: of which act, under which number, and on which entry it rests; of which year its draft is (`about`)."""

    request: Request
    visit: Visit
    session: Session
    row: FilingRow
    kind: ActKind
    act_id: str
    seen: frozenset[int]
    about: int | None = None

    @property
    def tools(self) -> Tools:
        """What the doors work with."""
        return self.visit.tools

    @property
    def on_paper(self) -> bool:
        """Whether an officer enters what somebody else had brought on paper."""
        return self.session.who.staff and self.kind in ON_PAPER

    @property
    def looked_at(self) -> bool:
        """What an office does is read before it goes; a leader's own acts say beforehand what they bring about."""
        return self.session.who.staff

    @property
    def is_fresh(self) -> bool:
        """Whether the entry that the form rests on is still the last."""
        return self.row.number in self.seen

    def first_received(self) -> datetime | None:
        """When the act first reached the door, if its outcome is not known."""
        return self.tools.filings.reception.arrivals.noted_at(self.row.filing_id, self.act_id)

    async def act(self, raw: dict[str, Any]) -> Receipt:
        """Do it, on the entry that it rests on."""
        return await self.visit.act(
            self.row.filing_id, {**raw, "id": self.act_id, "kind": self.kind.value}, seen=self.seen
        )

    def preview(self, raw: dict[str, Any], *, changed: bool) -> Response:
        """The form with what would come of it."""
        return self.again(self.row, raw, looked=True, changed=changed, status=409 if changed else 200)

    def read(self, form: FormData, faults: Sequence[Finding]) -> dict[str, Any] | Response:
        """What was filled in; or the form again, if it asks for more rows or has faults."""
        if self.kind in acts.CONFIRMED and not self.session.who.staff and form.get("sure") != "yes":
            raw = acts.read_act(self.kind, form)
            return self.again(self.row, raw, Refusal(message=UNCONFIRMED, article="", missing=""), status=422)
        raw = acts.read_act(self.kind, form, on_paper=self.on_paper, of=value_of(self.row).kind)
        raw = acts.worded(value_of(self.row), raw)
        raw, unknown = self.tools.people.received(raw, self.session.who)
        if faults := [*faults, *unknown]:
            return self.again(self.row, raw, refusal_of(faults), looked=True, status=422)
        if more := form.get("more"):
            return self.again(self.row, raw, more_rows=str(more))
        return raw

    def refused(self, raw: dict[str, Any], why: NotDone) -> Response:
        """The form again, with the reason; or with what was entered meanwhile."""
        if isinstance(why, KeyReused):  # under another number, to be sent again if it is meant
            said = Refusal(message=SENT_OTHERWISE, article="", missing="")
            anew = replace(self, act_id="", row=self.visit.seen(self.row.filing_id))
            return anew.again(anew.row, raw, said, looked=True, status=409)
        if isinstance(why, Unreachable):
            unknown = Refusal(message=UNKNOWN, article="", missing="")
            return self.again(self.row, raw, unknown, looked=True, status=503)
        now = self.visit.seen(self.row.filing_id)
        if isinstance(why, MovedOn):
            return self.moved_on(now, raw, why)
        if now.number != self.row.number:
            return self.moved_on(now, raw, MovedOn(now.filing_id, self.seen), why.refusal)
        return self.again(now, raw, why.refusal, status=422)

    def done(self, receipt: Receipt) -> Response:
        """Where somebody goes afterwards: to the filing, if they still see it."""
        if drafted := ActDraft.of(self.tools, self.session.who, self.row.filing_id, self.kind, self.about):
            drafted.done(self.tools, self.session.who)
        filing_id, who = self.row.filing_id, self.session.who
        warned = "".join(f"；{each}" for each in receipt.warnings)
        if self.on_paper:
            said = f"来文已登记为第{receipt.number}号，待另一人核对后生效，现为“{receipt.stage.label}”{warned}"
            return then(f"/filings/{filing_id}/entries/{receipt.number}/receipt", said)
        address = f"/filings/{filing_id}" if who.sees(self.tools.register.row(filing_id) or self.row) else "/"
        if address != "/" and not who.staff:
            address = f"{address}/entries/{receipt.number}/done"
        entered = self.tools.register.entry(filing_id, receipt.number)
        half = entered is not None and lifecycle.is_proposed(entered)
        whole = who.staff and entered is not None and not half
        corrected = acts.corrected_by(self.kind, entered.filing, self.tools.now, who.by) if entered and whole else ""
        warned += "；尚未生效，待另一人以同一内容办理" if half else ""
        said = f"“{self.kind.label}”已登记为第{receipt.number}号，现为“{receipt.stage.label}”{warned}{corrected}"
        return then(address, said)

    def again(
        self, row: FilingRow, raw: dict[str, Any], refusal: Refusal | None = None, *, more_rows: str = "",
        looked: bool = False, changed: bool = False, status: int = 200,
    ) -> Response:  # fmt: skip
        """The form as it was filled in; `looked`: with what would come of it."""
        offered = _offered(self.tools, row, self.kind, self.session)
        return _form(
            self.request, self.tools, self.session, row, offered, raw, refusal,
            act_id=self.act_id, more_rows=more_rows, looked=looked, changed=changed, status=status,
        )  # fmt: skip

    def moved_on(self, row: FilingRow, raw: dict[str, Any], moved: MovedOn, refusal: Refusal | None = None) -> Response:
        """Somebody, or time, was first: what was entered since, and the form once more if it still can be done."""
        found = offer(value_of(row), self.kind, self.tools.now, self.session.who.by)
        outdated, checked = earlier_version(self.tools, row, moved.last_seen), list[tuple[str, str]]()
        if outdated is not None and "checklist" in raw:  # what was checked of another version is no answer to this one
            checked = acts.checked(value_of(row), raw["checklist"])
            raw = {name: value for name, value in raw.items() if name != "checklist"}
        return _form(
            self.request, self.tools, self.session, row, found if found and (found.mine or found.on_paper) else None,
            raw, refusal, since=self.visit.since(moved, row.filing_id), act_id=self.act_id, kind=self.kind,
            of_version=outdated, checked=checked, looked=refusal is None, status=409,
        )  # fmt: skip


def _form(
    request: Request, tools: Tools, session: Session, row: FilingRow, offered: Offer | None,
    raw: dict[str, object] | None = None, refusal: Refusal | None = None, *, act_id: str = "", more_rows: str = "",
    since: list[Entry] | None = None, kind: ActKind | None = None, of_version: int | None = None,
    checked: Sequence[tuple[str, str]] = (), looked: bool = False, changed: bool = False, status: int = 200,
    drafted: ActDraft | None = None, opened: bool = False,
) -> HTMLResponse:  # fmt: skip
    """`looked`: what would come of the act is shown, if it can be done as it is filled in; `changed`: it is not what was read;
    `opened`: it is shown for the first time, with its draft if there is one."""
    versions = tools.register.versions(row.filing_id)
    of_application: list[Finding] = versions[-1][1] if versions else []
    raw = first_said(tools, row, offered) if raw is None and offered and offered.second else raw
    would = look(tools, session, row, offered.kind, raw or {}) if looked and offered and session.who.staff else None
    shown = beside(would, refusal, opened=opened, changed=changed, status=status, overtaken=bool(since))
    found = shown.refusal.findings if shown.refusal else ()
    fields = _fields(tools, session, row, offered, of_application, raw, found, more_rows) if offered else ()
    year = _year_of(offered)
    drafted = drafted if opened else _draft(tools, session, row, offered)
    behind = before(tools, session.who, value_of(row), offered.kind) if offered and session.who.staff else None
    return page(
        request,
        tools,
        "act.html",
        session,
        status=shown.status,
        row=row,
        filing=value_of(row),
        kind=offered.kind if offered else kind,
        offer=offered,
        fields=fields,
        consequence=acts.CONSEQUENCES.get(offered.kind) if offered else None,
        confirmed=offered is not None and offered.kind in acts.CONFIRMED and not session.who.staff,
        refusal=shown.refusal,
        since=[(entry.number, naming.short_received(entry.at), naming.name_of_entry(entry)) for entry in since or ()],
        act_id=act_id or f"desk-{uuid4().hex}",
        phrases=phrases_of(tools, session, offered),
        drafted=drafted,
        about=year,
        of_version=of_version,
        checked=checked,
        unsent=list(_texts(raw)) if offered is None else [],
        foreseen=shown.foreseen,
        looked=shown.in_vain,
        changed=shown.changed,
        previewed=previewed(acts.as_sent(raw or {}, fields), day_of(tools.clock())),
        half=first_beside(tools, row, offered, raw) if offered else None,
        before=behind,
        names=_named(request, tools, session, row, behind) if behind else {},
    )


def _named(request: Request, tools: Tools, session: Session, row: FilingRow, behind: Before) -> Mapping[str, str]:
    """Who entered what an act decides on, by name. That the papers beside the form were read is on record."""
    for each in behind.steps:
        if each.key:
            visit_of(request, tools, session.who).note(AuditKind.READ_PAPER, filing_id=row.filing_id, about=each.key)
    return tools.people.named(behind.persons)


def look(tools: Tools, session: Session, row: FilingRow, kind: ActKind, raw: Mapping[str, Any]) -> Foreseen:
    """What would come of an act as it is filled in, if its writer sent it now."""
    stamped = session.who.stamped({**raw, "id": PREVIEW, "kind": kind.value}, tools.clock())
    return foreseen(tools, row, stamped, tools.now)


def overtaken(
    request: Request, tools: Tools, session: Session, row: FilingRow, kind: ActKind, raw: dict[str, Any],
    since: list[Entry],
) -> HTMLResponse:  # fmt: skip
    """What was entered since, of an act that can be done no more; what its writer wrote is still there to be read."""
    return _form(request, tools, session, row, None, raw, since=since, kind=kind, status=409)


def _texts(raw: Any) -> Iterator[str]:
    """What somebody wrote in words, of an act as it was filled in."""
    if isinstance(raw, Mapping):
        for name, each in raw.items():
            if name in ("message", "note", "reason", "text") and isinstance(each, str):
                yield each
            else:
                yield from _texts(each)
    elif isinstance(raw, list | tuple):
        for each in raw:
            yield from _texts(each)


def earlier_version(tools: Tools, row: FilingRow, seen: int | None) -> int | None:
    """The version that was looked at, if there is a later one by now: a page tells it by the last entry that it showed. 0 if it does
    not tell."""
    entry = tools.register.entry(row.filing_id, seen or 0)
    of_version = entry.filing.version if entry else 0
    return of_version if of_version != value_of(row).version else None


def phrases_of(tools: Tools, session: Session, offered: Offer | None) -> list[str]:
    """The phrases of an officer's office for an act; a leader writes in their own words."""
    if offered is None or not session.who.staff:
        return []
    return Phrases(tools.register.engine).offered(session.who, purpose_of(offered.kind), offered.kind)


def _first(tools: Tools, row: FilingRow, offered: Offer) -> Entry | None:
    """The entry of what another officer proposed. A filing names it since both must say the same; before that it is the newest of
    the kind that is still open."""
    if offered.proposed:
        return tools.register.entry(row.filing_id, offered.proposed)
    if not offered.second:
        return None
    filing, year = value_of(row), getattr(offered.act, "year", None)
    halves = [
        each
        for each in tools.register.docket(row.filing_id, most=LOOKED_BACK)
        if each.event.kind == offered.kind and lifecycle.is_proposed(each) and lifecycle.is_open_half(filing, each)
    ]
    of_year = [each for each in halves if getattr(each.event, "year", None) == year]
    return next(iter([*reversed(of_year), *reversed(halves)]), None)


def first_said(tools: Tools, row: FilingRow, offered: Offer) -> dict[str, Any] | None:
    """What another officer proposed, filled in: whoever agrees says the same (G-42)."""
    entry = _first(tools, row, offered)
    return _said(entry, offered) if entry else None


def _said(entry: Entry, offered: Offer) -> dict[str, Any]:
    """What an entry says, as the form of its act asks it."""
    return entry.event.model_dump(mode="json", include=set(acts.asked(offered.kind)))


def first_beside(
    tools: Tools, row: FilingRow, offered: Offer, raw: Mapping[str, Any] | None
) -> FirstHalf | None:  # fmt: skip
    """What another officer proposed, beside what is filled in now."""
    entry = _first(tools, row, offered)
    by = getattr(entry.event, "by", None) if entry else None
    if entry is None or by is None:
        return None
    said, models = _said(entry, offered), {"": TYPES[offered.kind]}
    half = first_half(tools, entry.number, entry.at, by, said, said if raw is None else raw, models)
    return replace(half, binds=offered.proposed is not None)


RULED_ON = (ActKind.RULE_ON_ADMISSIBILITY, ActKind.RULE_ON_OBJECTION)


def _letters_by_entry(tools: Tools, filing: Filing) -> dict[str, str]:
    """What people know each letter by that waits to be compared: its entry."""
    acts_ = [name.partition(":")[2] for name in letters_waiting(filing)]
    found = {each: tools.register.entry_of(filing.id, each) for each in acts_}
    return {each: f"第{entry.number}号登记“{naming.name_of_entry(entry)}”" for each, entry in found.items() if entry}


def _by_entry(tools: Tools, row: FilingRow, session: Session) -> dict[str, str]:
    """What was entered and stands, the newest first: by one of these is done what a letter asks for."""
    docket = [session.who.shown(each) for each in tools.register.docket(row.filing_id, most=LOOKED_BACK)]
    return {
        f"{acts.ENTRY}{each.number}": f"第{each.number}号登记“{naming.name_of_entry(each)}”（{naming.received(each.at)}）"
        for each in reversed(docket)
        if each.refused is None and not each.awaits_second
    }


def _told_by_entry(tools: Tools, filing: Filing) -> dict[str, str]:
    """The entries of which the leader was told, the newest first, by what the letter is called: any may not have arrived."""
    sent = {each.number: each for each in reversed(tools.register.messages(filing.id)) if each.to == Role.LEADER}
    return {
        str(number): f"第{number}号登记：{each.title.partition('：')[0]}（{naming.on_day(day_of(each.created_at))}）"
        for number, each in sorted(sent.items(), reverse=True)
    }


def _fields(
    tools: Tools, session: Session, row: FilingRow, offered: Offer, versions: list[Finding],
    raw: dict[str, object] | None, found: tuple[Finding, ...], more_rows: str,
) -> tuple[Field, ...]:  # fmt: skip
    """The fields of the form; of what came on paper also who may have taken it in, and what is corrected."""
    filing = value_of(row)
    if not offered.on_paper:
        named = known_by(objections(tools.register, filing.id)) if offered.kind in RULED_ON else {}
        named |= _letters_by_entry(tools, filing) if offered.kind in ANSWERS else {}
        named |= _told_by_entry(tools, filing) if offered.kind is ActKind.REPORT_UNDELIVERABLE else {}
        named |= _by_entry(tools, row, session) if offered.kind is ActKind.CLOSE_LETTER else {}
        return acts.form_of(filing, offered, versions, raw, found, more_rows=more_rows, known_by=named)
    who = session.who
    colleagues = [(each.person, each.name) for each in tools.people.colleagues(who.office, who.role)]
    application = tools.register.application(filing.id) if offered.kind in NEW_VERSIONS else None
    return acts.form_of(
        filing, offered, versions, raw, found, more_rows=more_rows, colleagues=colleagues, application=application
    )
