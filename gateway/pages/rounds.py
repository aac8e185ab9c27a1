"""The year's rounds at the desk (轮次): the list, one round with what may be done in it, its alliances, and the forms of its acts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData

from gateway.asked import rounds as asked
from gateway.asked.forms import Field, fields_of
from gateway.pages.acts import SENT_OTHERWISE
from gateway.pages.staff import Staff, as_asked
from gateway.pages.uploads import large
from gateway.pages.web import Answer, SignedIn, page, rests_on, then
from gateway.problem import KeyReused, MovedOn, NoPaper, NoRound, Refused, Unreachable
from gateway.remembered.audit import AuditKind
from gateway.remembered.sessions import Session
from gateway.remembered.uploads import owner_of, taken
from gateway.shown.rounds import downloads, seen
from gateway.shown.rounds.panels import CHOICES, FILLED_IN, HINTS, ONE_OF, PANELS, UNASKED
from gateway.shown.rounds.questionnaires import brought_shown, document_in
from gateway.tools import Doors, Tools
from gateway.visit import visit_of
from models.findings import Finding, Refusal
from models.register import FilingRow, RoundRow
from models.rounds.base import RoundActKind, RoundKind, called, of_year, parts
from models.rounds.round import ROUND_ACT_TYPES, Round, RoundReceipt
from models.values import Ordinal, day_of
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
        states=seen.states(tools, session.who, round_id),
        called=called(round_.kind, row.jurisdiction),
        counts=seen.counts(session.who, row, round_),
        agenda=agenda.outlook(rules, round_),
        docket=seen.readable(tools, session.who, docket),
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
        fields=fields, names=tools.people.named([*seen.persons([entry]), *seen.persons_in(brought)]),
    )  # fmt: skip


# The forms of acts


@router.get("/rounds/{round_id}/acts/{kind}", dependencies=[Depends(large)])
def ask(request: Request, tools: Doors, session: SignedIn, round_id: str, kind: str, filing: str = "") -> HTMLResponse:
    """The form of an act, with what the address fills in: the alliance that it is about, or another field of the act."""
    form = _form(request, tools, session, round_id, kind)
    told = {name: value for name, value in request.query_params.items() if name in asked.asked(kind)}
    return form.page(form.first_half(filing) or form.proposed(told))


@router.post("/rounds/{round_id}/acts/{kind}", dependencies=[Depends(large)])
async def send(request: Request, tools: Doors, session: SignedIn, form: Answer, round_id: str, kind: str) -> Response:
    """Take the form. If others acted since it was shown, it says so and asks again; sent twice, it is one act."""
    shown = await run_in_threadpool(_form, request, tools, session, round_id, kind, str(form.get("id", "")))
    sent, faults = await taken(form, tools.uploads, owner_of(session.who.by), tools.clock(), person=session.who.person)
    shown = replace(shown, brought=str(form.get("brought", "")))
    raw = await run_in_threadpool(shown.read, sent, faults)
    if isinstance(raw, Response):
        return raw
    said = rests_on(str(form.get("seen", "")))
    act = {**raw, "id": shown.act_id, "kind": kind}
    try:
        receipt = await visit_of(request, tools, session.who).act_on_round(round_id, act, seen=said or None)
    except (Refused, KeyReused, MovedOn, Unreachable) as refused:
        return await run_in_threadpool(shown.refused, raw, refused)
    return shown.done(receipt)


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
        if faults:
            return self.page(raw, refusal_of(faults), status=422)
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

    def about(self, raw: Mapping[str, Any] | None) -> FilingRow | None:
        """The alliance that an act is about, if the visitor sees it."""
        row = self.tools.register.row(str(raw["filing"])) if raw and raw.get("filing") else None
        return row if row and self.session.who.sees(row) else None

    def first_half(self, filing: str = "") -> dict[str, Any] | None:
        """What another of several said last, of an alliance if it is about one: whoever agrees says the same."""
        key = f"{self.kind}:{filing}" if filing else self.kind
        half = agreeing.half_for(self.round, key, self.session.who.by) if self.round else None
        entry = self.tools.rounds.register.entry(self.round_id, half.number) if half else None
        if entry is None or entry.act is None:
            return None
        raw = entry.act.model_dump(mode="json", include=set(asked.asked(self.kind)))
        content = self.tools.rounds.register.content(entry.act)
        return raw | ({"content": content} if content else {})

    def refused(self, raw: dict[str, Any], refused: Refused | KeyReused | MovedOn | Unreachable) -> HTMLResponse:
        """The form again, with the reason."""
        match refused:
            case Refused():
                return self.page(raw, refused.refusal, status=422)
            case MovedOn():
                said = Refusal(message="您打开页面之后，本轮次已有新的登记，请核对后再次提交", article="", missing="")
                return self.page(raw, said, status=409)
            case KeyReused():
                said = Refusal(message=SENT_OTHERWISE, article="", missing="")
                return replace(self, act_id=f"desk-{uuid4().hex}").page(raw, said, status=409)
        return self.page(raw, Refusal(message=Unreachable.__doc__ or "", article="", missing=""), status=503)

    def done(self, receipt: RoundReceipt) -> Response:
        """To the round, with what was entered."""
        warned = "".join(f"；{each}" for each in receipt.warnings)
        return then(
            f"/rounds/{self.round_id}",
            f"“{self.label}”已登记为第{receipt.number}号，现为“{receipt.stage.label}”{warned}",
        )

    def page(
        self, raw: dict[str, Any] | None, refusal: Refusal | None = None, *, more_rows: str = "", status: int = 200
    ) -> HTMLResponse:
        """The form as a page."""
        rules = rules_of(self.round_id)
        fields: tuple[Field, ...] = asked.form_of(
            rules, self.round, self.kind, raw, refusal.findings if refusal else (), more_rows=more_rows
        )
        about, hints, choices = self.about(raw), HINTS.get(self.kind), CHOICES.get(self.kind)
        if choices and self.round:
            fields = asked.choosing(fields, choices(self.tools, self.round))
        if self.round and self.kind in ONE_OF:
            name, options = ONE_OF[self.kind]
            fields = asked.choosing(fields, options(self.tools, self.round), {name})
        told = parts(self.round_id)
        if told and self.round is None and (unasked := UNASKED.get(told.kind)):
            fields = tuple(field for field in fields if field.at not in unasked(told))
        if self.brought:
            fields = tuple(field for field in fields if field.at != "/content/edition")
        by, now = self.session.who.by, self.tools.now
        offered = (
            offers.offer(self.round, self.kind, by, now, str((raw or {}).get("filing") or "")) if self.round else None
        )
        row = self.tools.rounds.register.row(self.round_id)
        return page(
            self.request,
            self.tools,
            "round_act.html",
            self.session,
            status=status,
            round_id=self.round_id,
            of=told,
            title=self.round.title if self.round else of_year(rules.kind, told.year, told.jurisdiction) if told else "",
            label=self.label,
            kind=self.kind,
            article=cite(rules.rows[self.kind].article_for(by.role)),
            offer=offered,
            fields=fields,
            refusal=refusal,
            about=about,
            hints=hints(self.tools, self.round, about.filing_id) if hints and about and self.round else (),
            act_id=self.act_id,
            seen=row.number if row else 0,
            short=naming.short,
            brought=self.brought,
            **brought_shown(self.brought),
        )


def opening(request: Request, tools: Tools, session: Session, round_id: str, brought: str = "") -> HTMLResponse:
    """The form by which a round is opened, with what was brought as a file."""
    form = _form(request, tools, session, round_id, RoundActKind.OPEN_ROUND)
    return replace(form, brought=brought).page(None)
