"""A filing's page (备案): what it is, what may be done now and by whom, its agenda, docket, documents and messages."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Any, Literal
from uuid import uuid4

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse

from activities import query_codes
from activities.attachments import LOCATION
from activities.documents import receipt as receipts_on_paper
from activities.documents.record import Sent, receipts
from gateway.asked import matters
from gateway.asked.forms import Field, fields_of
from gateway.identity import Identity
from gateway.pages.acts import Asked, look
from gateway.pages.previewing import sent
from gateway.pages.web import Answer, SignedIn, page, rests_on, then
from gateway.problem import MovedOn, NoPaper
from gateway.remembered.audit import AuditKind
from gateway.remembered.sessions import Session
from gateway.shown import documents, progress
from gateway.shown.foreseen import previewed
from gateway.shown.objected import ADMITTED, UNDECIDED, objections
from gateway.shown.published import PublicRegister
from gateway.shown.rounds import seen
from gateway.tools import Doors, Tools, value_of
from gateway.visit import visit_of
from models.acts import NEW_VERSIONS, CloseLetter, DenyLetter, Lapse, Submit, Unreadable
from models.filing import Entry, Filing, Receipt
from models.findings import Finding, Refusal
from models.forms import ChangePaper
from models.gateway import HandlingRow
from models.register import FilingRow, MessageRow
from models.sections import order_of
from models.values import Ordinal, day_of
from models.vocabulary import ActKind, LapseKind, Severity
from regulation import agenda, changes, entries, intake, lifecycle, naming, offices, on_paper, review
from regulation.lodging import PAPERS
from regulation.offers import Offer, offers
from regulation.reading import read

router = APIRouter(prefix="/filings/{filing_id}")


ASIDE = frozenset(
    {
        ActKind.WITHDRAW, ActKind.REFUSE, ActKind.RECORD_SURVEY, ActKind.RETURN_TO_CITY, ActKind.MOVE_DEADLINE,
        ActKind.EXCUSE_YEAR, ActKind.URGE_REPORT, ActKind.REPORT_CHANGE, ActKind.TRANSFER, ActKind.RECORD_INSPECTION, ActKind.TAG,
        ActKind.RECORD_EVALUATION, ActKind.DEREGISTER, ActKind.PROPOSE_REVOCATION, ActKind.DROP_REVOCATION, ActKind.HOLD,
        ActKind.REPORT_UNDELIVERABLE, ActKind.CORRECT_CONTACT, ActKind.REQUEST_EXTENSION, ActKind.EXTEND_REVIEW,
        ActKind.ACKNOWLEDGE_SERVICE, ActKind.RECORD_CHALLENGE, ActKind.CALENDAR_PUBLISHED, ActKind.TERMS_PUBLISHED, ActKind.RESTORE,
        ActKind.DENY_LETTER, ActKind.CLOSE_LETTER,
    }
)  # fmt: skip
"""Acts that may be done but that nobody waits for; they come last."""


SHOWN = 50
"""How many entries of the docket a page shows."""

MESSAGES = 200
"""How many messages it shows, the newest."""

AT_ONCE = 100
"""How many objections their page shows at once."""


AHEAD = 50
"""How many lines of the agenda it shows; all of them, if they are asked for."""

LAST_REFUSED = 20
"""Refused acts that a page shows."""


@router.get("")
def show(
    request: Request,
    tools: Doors,
    session: SignedIn,
    filing_id: str,
    before: Ordinal | None = None,
    asked: Annotated[Literal["", "all"], Query(alias="agenda")] = "",
) -> HTMLResponse:
    """Everything on one page, in the order in which an officer asks for it; of the docket the newest, or those `before`."""
    row, who = tools.seen(filing_id, session.who), session.who
    filing = value_of(row)
    docket = [who.shown(entry) for entry in tools.register.docket(filing_id, before=before, most=SHOWN)]
    open_now, taker = offers(filing, tools.now, who.by), review.taker_of(filing)
    handlings = tools.handling.of_filing(filing_id)
    versions = tools.register.versions(filing_id) if who.reads(filing, "application") else []
    ahead = list(islice(entries.outlook(filing), None if asked else AHEAD + 1))
    return page(
        request,
        tools,
        "filing.html",
        session,
        row=row,
        filing=filing,
        shown=json.loads(row.public),
        ways=progress.ways(tools.register.engine, {filing_id: filing}, tools.clock())[filing_id],
        in_rounds=seen.of_filing(tools, who, filing_id),
        mine=sorted((each for each in open_now if each.mine and not each.past), key=lambda each: each.kind in ASIDE),
        aside=ASIDE,
        on_paper=[each for each in open_now if each.on_paper and not taker],
        taker=taker,
        others=[each for each in open_now if not each.mine and each.open and _is_offered(tools, each, filing_id)],
        agenda=ahead if asked else ahead[:AHEAD],
        further=not asked and len(ahead) > AHEAD,
        docket=docket,
        earlier=docket[0].number if docket and docket[0].number > 1 else None,
        objections=row.open_objections and who.reads(filing, ActKind.OBJECT),
        names=tools.people.named([*_persons(docket), *(each.by_person for each in handlings), *_recipients(handlings)]),
        versions=versions,
        checks=_checks(versions[-1][1]) if versions else [],
        on_the_change=_on_the_change(tools, filing) if who.staff and who.reads(filing, "report_change") else [],
        downloads=documents.listed(tools, row, who),
        sent=_sent(tools, row, who),
        may_prove=who.role in offices.READERS,
        may_read=lambda entry: _readable(entry, who),
        may_see_receipt=lambda entry: _has_receipt(entry, who),
        query_code="" if who.staff or row.archived_on else query_codes.code_of(row.first_paper),
        waits=lambda entry: _waits(entry, filing),
        letters=list(matters.letters(tools, filing)) if who.staff else [],
        held="；".join(said for kind, said in HELD.items() if agenda.awaits_letter(filing, kind)),
        refused=tools.register.refused_acts(filing_id, LAST_REFUSED) if who.reads(filing, offices.REFUSED) else [],
        faults=tools.register.verify(filing_id) if "verify" in request.query_params else None,
        handlings=handlings,
        colleagues=[each for each in tools.people.colleagues(who.office, who.role) if each.person != who.person],
    )


def _is_offered(tools: Tools, offer: Offer, filing_id: str) -> bool:
    """Whether others find a door for an act: the public objects while a notice is shown, whatever still comes by post."""
    today = day_of(tools.clock())
    return offer.kind is not ActKind.OBJECT or bool(PublicRegister(tools.register.engine).objected_to(filing_id, today))


def _on_the_change(tools: Tools, filing: Filing) -> list[Finding]:
    """What is found on the change under review: what intake would say of the alliance after it (G-24)."""
    change = filing.change
    if change is None:
        return []
    brought = tools.register.paper(change.paper)
    subject = tools.register.subject(filing.id, brought)
    paper, _ = read(ChangePaper, brought, {})
    return changes.findings(change.change, paper, subject)


def _checks(findings: Sequence[Finding]) -> list[list[Finding]]:
    """What is to be compared, by condition: as whoever reviews answers it, each condition once."""
    of: dict[str, list[Finding]] = {}
    for each in findings:
        if each.severity is Severity.CHECK:
            of.setdefault(each.code, []).append(each)
    return list(of.values())


def _persons(docket: Sequence[Entry]) -> Iterator[str]:
    yield from (by.person for entry in docket if (by := getattr(entry.event, "by", None)))
    yield from (came.received_by for entry in docket if (came := getattr(entry.event, "came", None)))


def _recipients(handlings: Sequence[HandlingRow]) -> Iterator[str]:
    return (each.to_person for each in handlings if each.to_person)


def _readable(entry: Entry, who: Identity) -> bool:
    """Whether an entry brought a paper that the visitor may read."""
    kind = str(entry.event.kind)
    return bool(getattr(entry.event, "paper", None)) and who.reads(entry.filing, kind) and entry.refused is None


@dataclass
class Posted:
    """A text that was sent, with each addressee and what their channels have to show of it."""

    message: MessageRow
    to: list[tuple[MessageRow, list[str]]]


def _sent(tools: Tools, row: FilingRow, who: Identity) -> list[Posted]:
    """What was sent, a text that several got once; a leader sees its own."""
    if who.role not in offices.READERS:
        return []
    told: dict[tuple[Any, ...], Posted] = {}
    for message, letters, deliveries in tools.letters.of_filing(row.filing_id, most=MESSAGES):
        if who.staff or message.office == who.office:
            same = (message.number, message.title, message.body, message.service)
            posted = told.setdefault(same, Posted(message, []))
            posted.to.append((message, list(receipts(Sent(message, tuple(letters), tuple(deliveries))))))
    return list(told.values())


@router.get("/objections")
def objected(
    request: Request,
    tools: Doors,
    session: SignedIn,
    filing_id: str,
    first: Annotated[int, Query(alias="from", ge=0, le=1_000_000)] = 0,
) -> HTMLResponse:
    """公示异议: what is open, the oldest first, and what became of the rest. For the reviewing office alone (G-04)."""
    row = tools.seen(filing_id, session.who)
    if not session.who.reads(value_of(row), ActKind.OBJECT):
        raise NoPaper(filing_id)
    found = objections(tools.register, filing_id)
    still = [each for each in found if each.open]
    shown: Mapping[str, Any] = {
        "row": row,
        "open": len(still),
        "undecided": sum(each.stands == UNDECIDED for each in still),
        "admitted": sum(each.stands == ADMITTED for each in still),
        "shown": still[first : first + AT_ONCE],
        "closed": sorted(Counter(each.stands for each in found if not each.open).items()),
        "first": first,
        "most": AT_ONCE,
    }
    return page(request, tools, "filing_objections.html", session, **shown)


def _waits(entry: Entry, filing: Filing) -> bool:
    """Whether an entry holds what was entered for somebody, and nobody has confirmed it yet."""
    event = entry.event
    if isinstance(event, Lapse | Submit | Unreadable) or not entry.awaits_second:
        return False
    return on_paper.name_of(event) in agenda.letters_waiting(filing)


HELD = {
    LapseKind.REVOKED: "盟主企业的来文由两人认定属实与否以前，不作出撤销决定；机构未核对的后果不由企业承担。",
    LapseKind.CORRECTION_LAPSED: "盟主企业的来文由两人认定属实与否以前，不视为撤回；机构未核对的后果不由企业承担。",
}
"""What waits for a letter to be compared, in words."""


def _has_receipt(entry: Entry, who: Identity) -> bool:
    """Whether an entry took in what had come on paper, and the visitor may read what came."""
    return receipts_on_paper.came_of(entry) is not None and who.reads(entry.filing, str(entry.event.kind))


@router.get("/versions/{version}")
def version(request: Request, tools: Doors, session: SignedIn, filing_id: str, version: Ordinal) -> HTMLResponse:
    """One version of the application as its form reads, with what was found on it. That it was read is on record."""
    row = tools.seen(filing_id, session.who)
    found = next((each for each in tools.register.version_rows(filing_id) if each.version == version), None)
    if found is None or not session.who.reads(value_of(row), "application"):
        raise NoPaper(filing_id)
    paper = tools.register.paper(found.paper)
    findings = next(findings for number, findings in tools.register.versions(filing_id) if number == version)
    fields = fields_of(intake.FORMS[paper["kind"]], paper, findings, only=order_of(intake.FORMS[paper["kind"]]))
    title = "存量名单所载" if paper.get("listed") else f"备案申请表（第{version}版）"
    return _read(request, tools, session, row, found.paper, title, fields, findings)


@router.get("/entries/{number}/paper")
def paper(request: Request, tools: Doors, session: SignedIn, filing_id: str, number: Ordinal) -> HTMLResponse:
    """The paper that an entry brought. That it was read is on record."""
    row = tools.seen(filing_id, session.who)
    entry = tools.register.entry(filing_id, number)
    key = getattr(entry.event, "paper", None) if entry else None
    if entry is None or key is None or not _readable(entry, session.who):
        raise NoPaper(filing_id)
    brought = tools.register.paper(key)
    kind = str(entry.event.kind)
    if kind in ("submit", *NEW_VERSIONS):
        fields = fields_of(intake.FORMS[brought["kind"]], brought, only=order_of(intake.FORMS[brought["kind"]]))
    else:
        fields = fields_of(PAPERS[kind], brought)
    return _read(request, tools, session, row, key, f"第{number}号登记所附文书", fields, [])


def _read(
    request: Request,
    tools: Tools,
    session: SignedIn,
    row: FilingRow,
    key: str,
    title: str,
    fields: tuple[Field, ...],
    findings: Sequence[Any],
) -> HTMLResponse:
    visit_of(request, tools, session.who).note(AuditKind.READ_PAPER, filing_id=row.filing_id, about=key)
    shown: Mapping[str, Any] = {"row": row, "title": title, "fields": fields, "findings": findings}
    return page(request, tools, "paper.html", session, **shown)


@router.get("/entries/{number}/receipt")
def receipt(request: Request, tools: Doors, session: SignedIn, filing_id: str, number: Ordinal) -> HTMLResponse:
    """收件回执: of what came on paper, to be printed and handed to whoever brought it. That it was read is on record."""
    return _receipt(request, tools, session, tools.seen(filing_id, session.who), number)


def _receipt(
    request: Request, tools: Tools, session: Session, row: FilingRow, number: int, refusal: Refusal | None = None, *,
    since: Sequence[Entry] = (), changed: bool = False, act_id: str = "", status: int = 200,
) -> HTMLResponse:  # fmt: skip
    """The receipt; for whoever may confirm what came, also what would come of that."""
    who, filing = session.who, value_of(row)
    entry = tools.register.entry(row.filing_id, number)
    if entry is None or not _has_receipt(entry, who):
        raise NoPaper(row.filing_id)
    names = tools.people.named(receipts_on_paper.persons(entry))
    facts = receipts_on_paper.facts(tools.register, row, entry, names)
    came = receipts_on_paper.came_of(entry)
    record = came.record if came else ""
    visit_of(request, tools, who).note(AuditKind.READ_PAPER, filing_id=row.filing_id, about=record)
    location = tools.register.paper(record)["scan"]["location"]
    scan = location.removeprefix(LOCATION) if location.startswith(LOCATION) else None
    by = getattr(entry.event, "by", None)
    reviews = (who.by.role, who.by.office) == offices.reviewer(filing.jurisdiction, filing.zone)
    waits = _waits(entry, filing)
    may_confirm = reviews and by is not None and by.person != who.person
    second = _second(entry)
    would = look(tools, session, row, ActKind(entry.event.kind), second) if waits and may_confirm else None
    return page(
        request,
        tools,
        "receipt.html",
        session,
        status=status,
        row=row,
        entry=entry,
        facts=facts,
        query_code=query_codes.on_receipt(row, entry),
        scan=scan,
        to_confirm=waits,
        may_confirm=may_confirm,
        answers=_answers(tools, filing, who, second["seconds"]) if waits and may_confirm else (),
        names=names,
        act_id=act_id or f"desk-{uuid4().hex}",
        foreseen=would,
        previewed=previewed(second, day_of(tools.clock())),
        refusal=refusal,
        changed=changed,
        since=[(each.number, naming.short_received(each.at), naming.name_of_entry(each)) for each in since],
    )


def _answers(tools: Tools, filing: Filing, who: Identity, letter: str) -> list[ActKind]:
    """What else than a confirmation may be said of a letter now."""
    told: dict[str, Any] = {
        "id": "offer",
        "by": who.by,
        "received_at": tools.now.at,
        "letter": letter,
        "reason": "核对",
    }
    tried = (DenyLetter(**told), CloseLetter(**told, done_by=filing.number))
    return [act.kind for act in tried if lifecycle.check(filing, act, tools.now) is None]


def _second(entry: Entry) -> dict[str, Any]:
    """What is said by whoever confirms what a colleague entered: that it is the same."""
    return {"seconds": getattr(entry.event, "id", "")}


@router.post("/entries/{number}/confirmation")
async def confirm(
    request: Request, tools: Doors, session: SignedIn, form: Answer, filing_id: str, number: Ordinal
) -> Response:
    """核对来文: what a colleague entered for somebody takes effect, if it is as it was entered."""
    visit = visit_of(request, tools, session.who)
    row = await run_in_threadpool(visit.seen, filing_id)
    entry = await run_in_threadpool(tools.register.entry, filing_id, number)
    if entry is None or not entry.awaits_second or not _has_receipt(entry, session.who):
        raise NoPaper(filing_id)
    seen_, kind = rests_on(str(form.get("seen", ""))), ActKind(entry.event.kind)
    compared = _Comparison(request, visit, session, row, kind, str(form.get("id", "")), seen_, number)
    return await sent(compared, form, _second(entry), tools.clock())


class _Comparison(Asked):
    """The confirmation of what came on paper: its page is the receipt of the entry `about`."""

    def again(
        self, row: FilingRow, raw: dict[str, Any], refusal: Refusal | None = None, *, more_rows: str = "",
        looked: bool = False, changed: bool = False, status: int = 200,
    ) -> Response:  # fmt: skip
        """The receipt again."""
        return _receipt(
            self.request, self.tools, self.session, row, self.about or 0, refusal, changed=changed, act_id=self.act_id,
            status=status,
        )  # fmt: skip

    def moved_on(self, row: FilingRow, raw: dict[str, Any], moved: MovedOn, refusal: Refusal | None = None) -> Response:
        """The receipt, with what was entered since it was shown."""
        since = self.visit.since(moved, row.filing_id)
        return _receipt(
            self.request, self.tools, self.session, row, self.about or 0, refusal, since=since, act_id=self.act_id,
            status=409,
        )  # fmt: skip

    def done(self, receipt: Receipt) -> Response:
        """To the filing."""
        said = f"来文已核对，登记为第{receipt.number}号，现为“{receipt.stage.label}”"
        return then(f"/filings/{self.row.filing_id}", said)


@router.get("/documents/{key}")
def download(request: Request, tools: Doors, session: SignedIn, filing_id: str, key: str) -> Response:
    """A document of the filing."""
    return documents.download(tools, request, tools.seen(filing_id, session.who), session.who, key)
