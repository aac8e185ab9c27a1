"""The desk (待办): what waits for my office, what people sent me, what was told my office, and what did not arrive."""

from collections.abc import Sequence
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from activities.tasks import Task
from gateway.identity import Identity
from gateway.pages.sign_in import local
from gateway.pages.staff import Staff, as_asked, table
from gateway.pages.web import Answer, SignedIn, page, said_to, then
from gateway.problem import NoHandover, NoMessage
from gateway.remembered.audit import AuditKind
from gateway.remembered.handling import place, post_of
from gateway.shown import inbox as waiting
from gateway.shown import lists
from gateway.shown.figures import Figures
from gateway.shown.rounds.waiting import by_kind
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
def inbox(
    request: Request, tools: Doors, session: Staff, task: str = "", mine: str = "", after: str = ""
) -> HTMLResponse:
    """My office's inbox by what must be done, or one group of it page by page, and what lies beside it; a start page for roles for
    which nothing waits."""
    who, today = session.who, day_of(tools.clock())
    engine = tools.register.engine
    of_group = as_asked(lambda: Task(task)) if task else None
    found = as_asked(
        lambda: waiting.inbox(
            engine, who, today, task=of_group, only=_mine(tools, who) if mine else None, after=after, limit=lists.PAGE
        )
    )
    works = waiting.waits_for(who) is not None
    messages, unread = tools.letters.unread(who.office, who.inbox, MESSAGES) if who.inbox else ([], None)
    beside = waiting.beside(engine, who, today)
    sent = tools.handling.for_(who, today) if beside.sent else []
    away = tools.absences.of_person(who.person, post_of(who), today) if beside.away else []
    named = {name for each in sent for name in (each.by_person, each.to_person) if name}
    named |= {name for each in away for name in (each.person, each.deputy)}
    return page(
        request,
        tools,
        "desk_inbox.html",
        session,
        works=works,
        rounds=by_kind(tools, who) if beside.rounds and not task else (),
        inbox=found,
        Urgency=waiting.Urgency,
        at=lambda **more: _at(**{"task": task, "mine": mine} | more),
        task=of_group,
        mine=bool(mine),
        first=not after,
        sent=_sent(tools, who, sent),
        senders=tools.people.named(named),
        stands_in=[each for each in away if each.deputy == who.person],
        absent=[each for each in away if each.person == who.person],
        place=place,
        messages=messages,
        unread=unread,
        unsettled=waiting.unsettled(engine, who) if beside.unsettled else [],
        bounced=_bounced(tools, who) if beside.failed else [],
        backlog=tools.letters.backlog(tools.clock()) if who.role is Role.OPERATOR else None,
        stages={} if works else Figures(engine).by_stage(who.scope, closed=True),
        **table(tools, session, found.rows),
    )


def _mine(tools: Tools, who: Identity) -> set[str]:
    """The filings that somebody has in hand, for themselves or for whom they stand in."""
    handlers = tools.handling.handlers(who, day_of(tools.clock()))
    return {filing_id for filing_id, each in handlers.items() if each.is_for(who)}


def _at(**asked: str) -> str:
    """The address of an inbox as it is asked for."""
    told = {name: value for name, value in asked.items() if value}
    return f"/desk?{urlencode(told)}" if told else "/desk"


@router.get("/queue")
def queue(
    request: Request, tools: Doors, session: Staff, task: str, mine: str = "", after: str = ""
) -> RedirectResponse:
    """One after the other: the first filing of a group, or the one that follows a place in it; back to the desk after the last.
    What was said on the way is said there."""
    who, today = session.who, day_of(tools.clock())
    only = _mine(tools, who) if mine else None
    of_group = as_asked(lambda: Task(task))
    found = as_asked(
        lambda: waiting.inbox(tools.register.engine, who, today, task=of_group, only=only, after=after, limit=1)
    )
    said = [told] if (told := said_to(request)) else []
    if not found.rows:
        where, left = after_the_last(found, of_group)
        return then(_at(task=where, mine=mine), "。".join([*said, left]))
    asked = {"queue": task, "place": waiting.place_of(who, found.rows[0])} | ({"mine": "1"} if mine else {})
    where = f"/filings/{quote(found.rows[0].filing_id)}{'/review' if of_group in REVIEWED else ''}"
    return then(f"{where}?{urlencode(asked)}", *said)


def after_the_last(found: waiting.Inbox, of_group: Task) -> tuple[str, str]:
    """Where one goes on after the last of a group, and what is left, in words: what was passed over in it, else another group."""
    counts = {each.task: each.counts.total() for each in found.groups}
    here = counts.pop(of_group, 0)
    others = "、".join(f"“{task.label}”{count}件" for task, count in counts.items())
    left = [*([f"本组还有{here}件没有办理"] if here else []), *([f"另有{others}"] if others else [])]
    onward = of_group if here else next(iter(counts), None)
    done = f"“{of_group.label}”已到最后一件"
    return (onward.value if onward else ""), f"{done}，{'；'.join(left)}" if left else f"{done}，待办已全部办完"


REVIEWED = (Task.ACCEPT, Task.REVIEW, Task.OPINION, Task.PUBLISH)
"""What is read and decided on a page of its own (review.py)."""


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
