"""The year's rounds at the desk (轮次): the list, one round with what may be done in it, its alliances, and the forms of its acts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel
from starlette.datastructures import FormData

from gateway.asked import rounds as asked
from gateway.asked.forms import fields_of
from gateway.pages.act_drafts import ActDraft
from gateway.pages.acts import SENT_OTHERWISE, UNKNOWN
from gateway.pages.halves import FirstHalf, first_half
from gateway.pages.previewing import PREVIEW, NotDone, beside, sent
from gateway.pages.staff import Staff, as_asked
from gateway.pages.uploads import large
from gateway.pages.web import Answer, SignedIn, page, rests_on, then
from gateway.problem import KeyReused, MovedOn, NoPaper, NoRound, Refused
from gateway.remembered.audit import AuditKind
from gateway.remembered.sessions import Session
from gateway.remembered.uploads import owner_of, taken
from gateway.shown.foreseen import Foreseen, previewed
from gateway.shown.rounds import downloads, inspections, seen
from gateway.shown.rounds.foreseen import foreseen
from gateway.shown.rounds.panels import ASIDE, BESIDE, CHOICES, FILLED_IN, HINTS, ONE_OF, PANELS, UNASKED
from gateway.shown.rounds.questionnaires import brought_shown, document_in
from gateway.tools import Doors, Tools
from gateway.visit import visit_of
from models.findings import Finding, Refusal
from models.register import FilingRow, RoundRow
from models.rounds.base import RoundActKind, RoundKind, called, of_year, parts
from models.rounds.inspections import InspectionActKind
from models.rounds.round import ROUND_ACT_TYPES, Round, RoundEntry, RoundReceipt
from models.rounds.subsidies import SubsidyActKind
from models.rounds.surveys import SurveyActKind
from models.values import Ordinal, day_of, required
from models.vocabulary import Role
from regulation import naming
from regulation.articles import cite
from regulation.lodging import refusal as refusal_of
from regulation.offices import READERS
from regulation.rounds import agenda, agreeing, offers
from regulation.rounds.every import RULES, rules_of

router = APIRouter()

SHOWN = 50
"""How many entries the page of a round shows, the newest."""


@router.get("/desk/rounds")
def show_all(request: Request, tools: Doors, session: Staff) -> HTMLResponse:
    """The list, and what the visitor may open."""
    wanted = as_asked(lambda: seen.RoundFilter.of(request))
    year = wanted.year or day_of(tools.clock()).year
    return page(
        request,
        tools,
        "rounds.html",
        session,
        rounds=seen.listed(tools, session.who, wanted),
        wanted=wanted,
        kinds=RoundKind,
        called=called,
        opened=_next_ids(tools, session, year),
        names={kind: of_year(kind, year, place) for kind, place in offers.may_open(session.who.by)},
        year=year,
    )


def _next_ids(tools: Tools, session: Session, year: int) -> Mapping[RoundKind, str]:
    """What the visitor may open, each under the id that it would have."""
    may = offers.may_open(session.who.by)
    return {kind: tools.rounds.register.next_id(kind, year, place) for kind, place in may}


@router.get("/rounds/{round_id}")
def show(
    request: Request, tools: Doors, session: SignedIn, round_id: str, before: Ordinal | None = None
) -> HTMLResponse:
    """Everything of one round on one page: where it stands, what may be done, its alliances by state, what was entered."""
    row, round_ = seen.seen(tools, session.who, round_id)
    rules, panel = rules_of(round_id), PANELS.get(round_.kind)
    offered = list(offers.offers(round_, session.who.by, tools.now))
    shown = panel(tools, session.who, round_) if panel else {}
    docket = tools.rounds.register.docket(round_id, before=before, most=SHOWN)
    if session.who.role is Role.EVALUATOR:
        docket = [each for each in docket if seen.may_read(tools, session.who, each)]
    return page(
        request,
        tools,
        "round.html",
        session,
        row=row,
        round=round_,
        rules=rules,
        mine=[each for each in offered if each.mine],
        others=[each for each in offered if not each.mine],
        aside=ASIDE,
        elsewhere=RETURNS if shown.get("asked_for") else (),
        states=seen.states(tools, session.who, round_id),
        called=called(round_.kind, row.jurisdiction),
        counts=seen.counts(session.who, row, round_),
        agenda=agenda.outlook(rules, round_),
        docket=seen.readable(tools, session.who, docket),
        of_alliances=seen.alliances_in(
            tools, session.who, [{"filing": getattr(each.event, "filing", None)} for each in docket]
        ),
        earlier=docket[0].number if docket and docket[0].number > 1 else None,
        documents=downloads.listed(tools, session.who, round_),
        panel=f"round_{round_.kind.value}.html" if panel else None,
        names=tools.people.named([*seen.persons(docket), *shown.get("people", ())]),
        **shown,
    )


@router.get("/rounds/{round_id}/items")
def items(
    request: Request,
    tools: Doors,
    session: SignedIn,
    round_id: str,
    state: str = "",
    jurisdiction: str = "",
    after: str = "",
) -> HTMLResponse:
    """The alliances of a round, by state and place, as far as the visitor sees them."""
    row, round_ = seen.seen(tools, session.who, round_id)
    found = seen.items(tools, session.who, round_id, seen.ItemFilter(state, jurisdiction, after))
    rules = rules_of(round_id)
    told = seen.figures(tools.people, found.shown)
    figures = list(dict.fromkeys(name for each in told for name in each))
    return page(
        request,
        tools,
        "round_items.html",
        session,
        row=row,
        round=round_,
        rules=rules,
        items=list(zip(found.shown, told, strict=True)),
        figures=figures,
        columns=[rules.word(name) for name in figures],
        filings=seen.alliances(tools, found.shown),
        states=seen.states(tools, session.who, round_id),
        wanted=seen.ItemFilter(state, jurisdiction, after),
        more=found.more,
    )


@router.get("/rounds/{round_id}/documents/{key}")
def document(request: Request, tools: Doors, session: Staff, round_id: str, key: str) -> Response:
    """A document of a round, drawn now."""
    _, round_ = seen.seen(tools, session.who, round_id)
    return downloads.download(tools, request, session.who, round_, key)


@router.get("/rounds/{round_id}/entries/{number}/paper")
def paper(request: Request, tools: Doors, session: SignedIn, round_id: str, number: Ordinal) -> HTMLResponse:
    """The paper that an entry brought, as the form that it was. That it was read is on record."""
    row, round_ = seen.seen(tools, session.who, round_id)
    entry = tools.rounds.register.entry(round_id, number)
    model = rules_of(round_id).paper(round_, str(entry.event.kind)) if entry else None
    brought = tools.rounds.register.content(entry.event) if entry else None
    readable = entry and session.who.role in READERS and seen.may_read(tools, session.who, entry)
    if entry is None or model is None or brought is None or not readable:
        raise NoPaper(f"{round_id} {number}")
    visit_of(request, tools, session.who).note(AuditKind.READ_PAPER, about=f"{round_id} {number}")
    about = tools.register.row(getattr(entry.act, "filing", None) or "")
    fields = fields_of(model, brought)
    return page(
        request, tools, "round_paper.html", session, of_round=round_id, round=round_, row=row, entry=entry, about=about,
        fields=fields, names=tools.people.named([*seen.persons([entry]), *seen.persons_in(brought)]) | seen.alliances_in(tools, session.who, brought),
    )  # fmt: skip


# The forms of acts


@router.get("/rounds/{round_id}/acts/{kind}", dependencies=[Depends(large)])
def ask(request: Request, tools: Doors, session: SignedIn, round_id: str, kind: str, filing: str = "") -> Response:
    """The form of an act, with what the address fills in: the alliance that it is about, or another field of the act."""
    form = _form(request, tools, session, round_id, kind)
    if kind in RETURNS:
        return RedirectResponse(_return_at(session, round_id, quote(filing, safe="")), 303)
    if kind == SubsidyActKind.NOTE_BASE:
        chosen = f"/bases/{quote(filing, safe='')}" if filing else "#considered"
        return RedirectResponse(f"/rounds/{round_id}{chosen}", 303)
    told = {name: value for name, value in request.query_params.items() if name in asked.asked(kind)}
    form = replace(form, filing=filing)
    form = replace(form, opened_with=(drafted := form.draft(),))
    if drafted and drafted.raw:
        return form.page(drafted.raw, looked=form.is_for_the_second(filing))
    first, proposed = form.first_half(filing), form.proposed(told)
    looked = form.is_for_the_second(filing) if first else form.asks_for_nothing(proposed)
    return form.page(first or proposed, looked=looked)


RETURNS = frozenset({SurveyActKind.FILE_SURVEY, SurveyActKind.ANSWER_SURVEY_RETURN, SurveyActKind.ENTER_SURVEY})
"""What is filled in on a page of its own, an indicator a line (survey_filling.py)."""


def _return_at(session: Session, round_id: str, filing: str) -> str:
    """Where a return is filled in; while nobody has said whose, where one is chosen."""
    if session.who.staff:
        return f"/rounds/{round_id}/returns" + (f"/{filing}/entry" if filing else "")
    return f"/my/surveys/{round_id}/{filing}" if filing else "/my"


@router.post("/rounds/{round_id}/acts/{kind}/saved", dependencies=[Depends(large)])
def saved(
    request: Request, tools: Doors, session: SignedIn, form: Answer, round_id: str, kind: str, filing: str = ""
) -> Response:
    """Save a long text as it stands in the browser, while it is written."""
    shown = _form(request, tools, session, round_id, kind)
    drafted = replace(shown, filing=filing).draft()
    if drafted is None:
        raise NoRound(round_id)
    return drafted.autosaved(request, tools, session, form, asked.read_act(rules_of(round_id), shown.round, kind, form))


@router.post("/rounds/{round_id}/acts/{kind}", dependencies=[Depends(large)])
async def send(
    request: Request, tools: Doors, session: SignedIn, form: Answer, round_id: str, kind: str, filing: str = ""
) -> Response:
    """Take the form; `filing` is that of its draft. If others acted since it was shown, it says so and asks again; sent twice, it is one act."""
    shown = await run_in_threadpool(_form, request, tools, session, round_id, kind, str(form.get("id", "")))
    filled, faults = await taken(
        form, tools.uploads, owner_of(session.who.by), tools.clock(), person=session.who.person
    )
    seen_ = rests_on(str(form.get("seen", ""))) or frozenset({0})
    shown = replace(shown, brought=str(form.get("brought", "")), seen=seen_, filing=filing)
    raw = await run_in_threadpool(shown.read, filled, faults)
    return raw if isinstance(raw, Response) else await sent(shown, filled, raw, tools.clock())


def _form(request: Request, tools: Tools, session: Session, round_id: str, kind: str, act_id: str = "") -> "_Form":
    """The form of an act of a round that the visitor may see, or may open; `NoRound` if there is none."""
    told = parts(round_id)
    if told is None or kind not in RULES[told.kind].rows:
        raise NoRound(round_id)
    if tools.rounds.register.row(round_id) is None:
        if kind != RoundActKind.OPEN_ROUND or not offers.opens(round_id, session.who.by):
            raise NoRound(round_id)
        row, round_ = None, None
    else:
        row, round_ = seen.seen(tools, session.who, round_id)
    return _Form(request, tools, session, round_id, kind, row, round_, act_id or f"desk-{uuid4().hex}")


@dataclass(frozen=True)
class _Form:
    """The form of one act, shown or come back."""

    request: Request
    tools: Tools
    session: Session
    round_id: str
    kind: str
    row: RoundRow | None
    round: Round | None
    act_id: str
    brought: str = ""
    """What was brought as a file with an opening, and is not typed: a questionnaire, as JSON."""
    seen: frozenset[int] = frozenset()
    """The entries on the last of which it rests; none, 0, of an opening."""
    filing: str = ""
    """The alliance that its address names: that of its draft."""

    opened_with: tuple[ActDraft | None, ...] = ()
    """The draft with which it is shown first, once it was read."""

    def draft(self) -> ActDraft | None:
        """The draft of what is written with it; what was brought as a file is no draft."""
        rules = rules_of(self.round_id)
        paper = rules.paper(self.round, self.kind) if self.kind not in rules.draws else None
        if self.brought:
            return None
        return ActDraft.in_round(self.tools, self.session.who, self.round_id, self.kind, self.filing, paper)

    @property
    def looked_at(self) -> bool:
        """What an office does is read before it goes."""
        return self.session.who.staff

    @property
    def is_fresh(self) -> bool:
        """Whether the entry that the form rests on is still the last."""
        return (self.round.number if self.round else 0) in self.seen

    def first_received(self) -> datetime | None:
        """When the act first reached the door, if its outcome is not known."""
        return self.tools.rounds.arrivals.noted_at(self.round_id, self.act_id)

    async def act(self, raw: dict[str, Any]) -> RoundReceipt:
        """Do it, on the entry that it rests on."""
        told = {**raw, "id": self.act_id, "kind": self.kind}
        visit = visit_of(self.request, self.tools, self.session.who)
        return await visit.act_on_round(self.round_id, told, seen=self.seen)

    def preview(self, raw: dict[str, Any], *, changed: bool) -> HTMLResponse:
        """The form with what would come of it."""
        return self.page(raw, looked=True, changed=changed, status=409 if changed else 200)

    @property
    def label(self) -> str:
        """What the act is called."""
        label: str = ROUND_ACT_TYPES[self.kind].model_fields["kind"].default.label
        return label

    def read(self, form: FormData, faults: Sequence[Finding]) -> dict[str, Any] | HTMLResponse:
        """What was filled in; or the form again, if it asks for more rows or has faults."""
        raw = asked.read_act(rules_of(self.round_id), self.round, self.kind, form)
        if self.brought:
            raw["content"] = raw.get("content", {}) | {"questionnaire": document_in(self.brought)}
        raw, unknown = self.tools.people.known(self.kind, raw, self.session.who)
        if faults := [*faults, *unknown]:
            return self.page(raw, refusal_of(faults), looked=True, status=422)
        if more := form.get("more"):
            return self.page(raw, more_rows=str(more))
        return raw

    def proposed(self, told: Mapping[str, str]) -> dict[str, Any]:
        """What is filled in beforehand: by the address, and by the kind of round."""
        fills = FILLED_IN.get(self.kind)
        about = told.get("filing", "")
        if about:
            self.tools.seen(about, self.session.who)
        return {**told, **({"content": fills(self.tools, self.round, about)} if fills and self.round else {})}

    def colleagues(self) -> list[tuple[str, str]]:
        """Who of the office may have taken in what came, or of both departments may inspect: ids with names."""
        who, people = self.session.who, self.tools.people
        roles = inspections.DEPARTMENTS if self.kind == InspectionActKind.ASSIGN_INSPECTORS else (who.role,)
        return [(each.person, each.name) for role in roles for each in people.colleagues(who.office, role)]

    def within_sight(self, options: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """What may be chosen, without the alliances that the visitor may not see."""
        rows = self.tools.register.rows([key for key, _ in options], whole=False)
        return [each for each in options if each[0] in rows and self.session.who.sees(rows[each[0]])]

    def about(self, raw: Mapping[str, Any] | None) -> FilingRow | None:
        """The alliance that an act is about, if the visitor sees it."""
        row = self.tools.register.row(str(raw["filing"])) if raw and raw.get("filing") else None
        return row if row and self.session.who.sees(row) else None

    def first_half(self, filing: str = "") -> dict[str, Any] | None:
        """What another of several said last, of an alliance if it is about one: whoever agrees says the same."""
        entry = self._half(filing)
        return self._said(entry) if entry else None

    def _said(self, entry: RoundEntry) -> dict[str, Any] | None:
        """What an entry says, as the form of its act asks it."""
        if entry.act is None:
            return None
        raw = entry.act.model_dump(mode="json", include=set(asked.asked(self.kind)))
        content = self.tools.rounds.register.content(entry.act)
        return raw | ({"content": content} if content else {})

    def _half(self, filing: str) -> RoundEntry | None:
        """The entry of a first half, of an alliance if it is about one."""
        key = f"{self.kind}:{filing}" if filing else self.kind
        half = agreeing.half_for(self.round, key, self.session.who.by) if self.round else None
        return self.tools.rounds.register.entry(self.round_id, half.number) if half else None

    def asks_for_nothing(self, proposed: Mapping[str, Any]) -> bool:
        """Whether whoever looks may do it as the form is shown: nothing must be filled in, and what would come of it can be read at
        once."""
        if proposed or self.round is None or not self.session.who.staff:
            return False
        rules, told = rules_of(self.round_id), set(required(ROUND_ACT_TYPES[self.kind]))
        paper = rules.paper(self.round, self.kind) if self.kind not in rules.draws else None
        offered = offers.offer(self.round, self.kind, self.session.who.by, self.tools.now)
        return paper is None and not told & set(asked.asked(self.kind)) and offered.open

    def is_for_the_second(self, filing: str) -> bool:
        """Whether somebody else said it first, and whoever looks may say it now."""
        entry, now = self._half(filing), self.tools.now
        offered = offers.offer(self.round, self.kind, self.session.who.by, now, filing) if self.round else None
        by = entry.act.by if entry and entry.act else None
        return by is not None and by.person != self.session.who.person and bool(offered and offered.open)

    def beside(self, raw: Mapping[str, Any]) -> FirstHalf | None:
        """What another said first, beside what is filled in now; None if nobody else did."""
        entry = self._half(str(raw.get("filing") or ""))
        said = self._said(entry) if entry else None
        if entry is None or entry.act is None or said is None or entry.act.by.person == self.session.who.person:
            return None
        models: dict[str, type[BaseModel]] = {"": ROUND_ACT_TYPES[self.kind]}
        rules = rules_of(self.round_id)
        paper = rules.paper(self.round, self.kind)
        if paper is not None and self.kind not in rules.draws:
            models["/content"] = paper
        return first_half(self.tools, entry.number, entry.at, entry.act.by, said, raw, models)

    def look(self, raw: Mapping[str, Any]) -> Foreseen:
        """What would come of the act as it is filled in, if it were sent now."""
        told = self.session.who.stamped({**raw, "id": PREVIEW, "kind": self.kind}, self.tools.clock())
        return foreseen(self.tools, self.round_id, told, self.tools.now)

    def refused(self, raw: dict[str, Any], why: NotDone) -> HTMLResponse:
        """The form again, with the reason."""
        match why:
            case Refused():
                return self.page(raw, why.refusal, status=422)
            case MovedOn():
                said = Refusal(message="您打开页面之后，本轮次已有新的登记，请核对后再次提交", article="", missing="")
                return self.page(raw, said, looked=True, status=409)
            case KeyReused():
                said = Refusal(message=SENT_OTHERWISE, article="", missing="")
                return replace(self, act_id=f"desk-{uuid4().hex}").page(raw, said, looked=True, status=409)
        unknown = Refusal(message=UNKNOWN, article="", missing="")
        return self.page(raw, unknown, looked=True, status=503)

    def done(self, receipt: RoundReceipt) -> Response:
        """To the round, with what was entered."""
        if drafted := self.draft():
            drafted.done(self.tools, self.session.who)
        warned = "".join(f"；{each}" for each in receipt.warnings)
        return then(
            f"/rounds/{self.round_id}",
            f"“{self.label}”已登记为第{receipt.number}号，现为“{receipt.stage.label}”{warned}",
        )

    def page(
        self, raw: dict[str, Any] | None, refusal: Refusal | None = None, *, more_rows: str = "", looked: bool = False,
        changed: bool = False, status: int = 200,
    ) -> HTMLResponse:  # fmt: skip
        """The form as a page; `looked`: with what would come of it, if it can be done as it is filled in."""
        rules = rules_of(self.round_id)
        would = self.look(raw or {}) if looked and self.session.who.staff else None
        opened = self.request.method == "GET"
        shown = beside(would, refusal, opened=opened, changed=changed, status=status)
        found = shown.refusal.findings if shown.refusal else ()
        by, now = self.session.who.by, self.tools.now
        begins = offers.opening(self.round_id, by, now) if self.round is None else None
        fields = asked.form_of(rules, self.round, self.kind, raw, found, opening=begins, more_rows=more_rows)
        about, hints, choices = self.about(raw), HINTS.get(self.kind), CHOICES.get(self.kind)
        if choices and self.round:
            fields = asked.choosing(fields, self.within_sight(choices(self.tools, self.round)))
        if self.session.who.staff:
            fields = asked.offering(fields, self.colleagues())
        if self.round and self.kind in ONE_OF:
            name, options = ONE_OF[self.kind]
            fields = asked.choosing(fields, options(self.tools, self.round), {name})
        told = parts(self.round_id)
        if told and self.round is None and (unasked := UNASKED.get(told.kind)):
            fields = asked.without(fields, unasked(told))
        if self.brought:
            fields = tuple(field for field in fields if field.at != "/content/edition")
        offered = (
            offers.offer(self.round, self.kind, by, now, str((raw or {}).get("filing") or "")) if self.round else None
        )
        row = self.tools.rounds.register.row(self.round_id)
        part, panel = BESIDE.get(self.kind, ("", None))
        beside_it = panel(self.tools, self.session.who, self.round) if panel and self.round else {}
        return page(
            self.request,
            self.tools,
            "round_act.html",
            self.session,
            status=shown.status,
            round_id=self.round_id,
            of=told,
            title=self.round.title if self.round else of_year(rules.kind, told.year, told.jurisdiction) if told else "",
            label=self.label,
            kind=self.kind,
            article=cite(rules.rows[self.kind].article_for(by.role)),
            offer=offered,
            fields=fields,
            refusal=shown.refusal,
            about=about,
            hints=hints(self.tools, self.round, about.filing_id) if hints and about and self.round else (),
            act_id=self.act_id,
            seen=row.number if row else 0,
            short=naming.short,
            brought=self.brought,
            foreseen=shown.foreseen,
            looked=shown.in_vain,
            changed=shown.changed,
            previewed=previewed(raw or {}, day_of(self.tools.clock())),
            drafted=self.opened_with[0] if self.opened_with else self.draft(),
            of_filing=self.filing,
            half=self.beside(raw or {}) if self.round else None,
            round=self.round,
            part=part if beside_it else "",
            names=self.tools.people.named(beside_it.get("people", ())),
            **{name: value for name, value in beside_it.items() if name != "people"},
            **brought_shown(self.brought),
        )


def opening(request: Request, tools: Tools, session: Session, round_id: str, brought: str = "") -> HTMLResponse:
    """The form by which a round is opened, with what was brought as a file."""
    form = _form(request, tools, session, round_id, RoundActKind.OPEN_ROUND)
    return replace(form, brought=brought).page(None)
