"""The desk (待办): what waits for my office, what people sent me, what was told my office, and what did not arrive."""

from collections.abc import Sequence
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from gateway.identity import Identity
from gateway.pages.sign_in import local
from gateway.pages.staff import Staff, as_asked, table
from gateway.pages.web import Answer, SignedIn, page, then
from gateway.problem import NoHandover, NoMessage
from gateway.remembered.audit import AuditKind
from gateway.remembered.handling import place
from gateway.shown import inbox as waiting
from gateway.shown import lists
from gateway.shown.figures import Figures
from gateway.tools import Doors, Tools
from gateway.visit import visit_of
from models.gateway import HandlingRow
from models.register import FilingRow, LetterRow
from models.values import Ordinal, day_of
from models.vocabulary import Role
from regulation import offices

router = APIRouter(prefix="/desk")

MESSAGES = 10
"""How many unread messages the desk shows, the newest."""


BOUNCED = 50
"""How many letters that came back the desk shows, the newest."""


@router.get("")
def inbox(request: Request, tools: Doors, session: Staff, mine: str = "", after: str = "") -> HTMLResponse:
    """My office's inbox, and what lies beside it; a start page for roles for which nothing waits."""
    who, today = session.who, day_of(tools.clock())
    only = {key for key, (person, _) in tools.handling.handlers(who).items() if person == who.person} if mine else None
    engine = tools.register.engine
    found = as_asked(lambda: waiting.inbox(engine, who, today, only=only, after=after, limit=lists.PAGE))
    works = waiting.waits_for(who) is not None
    messages, unread = tools.letters.unread(who.office, who.inbox, MESSAGES) if who.inbox else ([], None)
    beside = waiting.beside(engine, who)
    sent = tools.handling.for_(who) if beside.sent else []
    return page(
        request,
        tools,
        "desk_inbox.html",
        session,
        works=works,
        inbox=found,
        Urgency=waiting.Urgency,
        mine=bool(mine),
        first=not after,
        sent=_sent(tools, who, sent),
        senders=tools.people.named(each.by_person for each in sent),
        place=place,
        messages=messages,
        unread=unread,
        unsettled=waiting.unsettled(engine, who) if beside.unsettled else [],
        bounced=_bounced(tools, who) if beside.failed else [],
        backlog=tools.letters.backlog(tools.clock()) if who.role is Role.OPERATOR else None,
        stages={} if works else Figures(engine).by_stage(who.scope, closed=True),
        **table(tools, session, [row for _, row in found.page]),
    )


def _sent(tools: Tools, who: Identity, sent: Sequence[HandlingRow]) -> list[tuple[HandlingRow, FilingRow]]:
    """What people sent, with its filings; one that is no longer theirs to see is not shown."""
    rows = tools.register.rows([each.filing_id for each in sent], whole=False)
    return [(each, row) for each in sent if (row := rows.get(each.filing_id)) and who.sees(row)]


def _bounced(tools: Tools, who: Identity) -> list[tuple[LetterRow, str]]:
    """Letters to my office that a channel gave up on, each with what the channels say; operators see all."""
    if who.role is not Role.OPERATOR and who.role not in offices.ADDRESSED:
        return []
    failed = tools.letters.failed(None if who.role is Role.OPERATOR else who.office)
    return [
        (letter, "；".join(f"{each.channel}：{each.receipt}" for each in deliveries if each.state == "failed"))
        for letter, deliveries in failed
        if who.role is Role.OPERATOR
        or (who.is_told(letter) and letter.read_at is None and (letter.filing_id or letter.round_id))
    ][-BOUNCED:]


@router.post("/messages/read")
def read(request: Request, tools: Doors, session: Staff, form: Answer) -> RedirectResponse:
    """已读: messages to my office."""
    visit = visit_of(request, tools, session.who)
    letters = [tools.letters.row(str(each)) for each in form.getlist("message")[:MESSAGES]]
    for letter in letters:
        if letter is None or not session.who.is_told(letter):
            raise NoMessage
        visit.note(AuditKind.READ_MESSAGES, filing_id=letter.filing_id, about=letter.id)
        tools.letters.read(letter.id, tools.clock())
    filing, round_id = str(form.get("open", "")), str(form.get("round", ""))
    if round_id:
        return then(f"/rounds/{quote(round_id)}")
    return then(f"/filings/{quote(filing)}") if filing else then("/desk", "已读")


@router.post("/handling/{handling_id}/done")
def done(request: Request, tools: Doors, session: SignedIn, form: Answer, handling_id: Ordinal) -> RedirectResponse:
    """已阅 or 办结: what somebody sent me is done with; a leader too has read that it was nudged."""
    if not tools.handling.done(session.who, handling_id, tools.clock()):
        raise NoHandover(str(handling_id))
    visit_of(request, tools, session.who).note(AuditKind.HANDLED, about=f"done {handling_id}")
    back = local(str(form.get("back", ""))) or ("/desk" if session.who.staff else "/my")
    return then(back, "已办结" if form.get("kind") in ("hand_over", "depute") else "已阅")
