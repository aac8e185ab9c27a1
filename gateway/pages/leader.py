"""The leader's pages (盟主): where each filing stands and what is to be done, drafts, and the inbox."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from activities import query_codes
from activities.database import reading
from gateway.asked.applications import may_go_on
from gateway.identity import Identity
from gateway.pages.web import Answer, SignedIn, page, then
from gateway.problem import KeyReused, NoMessage, Refused
from gateway.remembered.audit import AuditKind
from gateway.remembered.drafts import body_of, kept
from gateway.remembered.sessions import Session
from gateway.shown import leading
from gateway.shown.guide import Window
from gateway.shown.rounds import surveys
from gateway.tools import Doors, Tools, value_of
from gateway.visit import visit_of
from models.filing import Filing
from models.register import LetterRow, MessageRow
from models.values import day_of
from models.vocabulary import Kind, Role, Stage
from regulation.naming import on_day
from regulation.service import is_awaited, served_on, unsettled

router = APIRouter(prefix="/my")


def _leader(session: SignedIn) -> Session:
    if session.who.role is not Role.LEADER:
        raise HTTPException(403)
    return session


Leading = Annotated[Session, Depends(_leader)]
"""The session of somebody who acts for a leader; staff have pages of their own."""


@router.get("")
def overview(request: Request, tools: Doors, session: Leading) -> HTMLResponse:
    """My filings, those first that wait for me, and my drafts."""
    who, now = session.who, tools.clock()
    rows = tools.register.filings(scope=who.scope)
    standing = leading.standings(tools, rows, who)
    asked, unread = surveys.asked_of(tools, rows), _received(tools, who, unread=True)
    closed = _to_open(unread, {row.filing_id: value_of(row) for row in rows})
    drafts = [
        (row, Kind(body_of(row)["kind"]), day_of(row.updated_at + kept(now)))
        for row in tools.drafts.of(who.office, now)
    ]
    return page(
        request,
        tools,
        "leader_overview.html",
        session,
        todos=leading.todos(tools, standing, asked, [(each.message, each.on_opening) for each in closed]),
        standing=standing,
        drafts=drafts,
        surveys=[each for each in asked if not each.waits],
        unread=len(unread),
        call=Window.of(tools, Kind.B, now, f"21{who.office[4:6]}00"),
        going_on=[row for row in rows if may_go_on(row)],
    )


# The inbox


@dataclass(frozen=True)
class Received:
    """A message as its addressee sees it. `served`: to open it is to acknowledge its service (签收, G-18); `decision`: it is a
    decision to a leader who agreed to electronic service, and when it was opened is when it was received (G-19). `otherwise`:
    what to open it means where its service does not turn on that.

    `runs_from`: the day on which the inbox served it, if its period runs already, whenever it is opened."""

    message: MessageRow
    read_at: datetime | None
    served: bool
    decision: bool = False
    runs_from: date | None = None
    otherwise: str = ""

    @classmethod
    def of(cls, message: MessageRow, letter: LetterRow, filing: Filing | None) -> "Received":
        """A message as it stands, with what its filing says of its service."""
        decision = filing is not None and filing.consent and filing.stage is DECISIONS.get(message.text)
        served = _serves(message, filing)
        runs_from = served_on(filing) if served and filing else None
        return cls(message, letter.read_at, served, decision, runs_from, _otherwise(message, filing))

    @property
    def closed(self) -> bool:
        """Whether it must be opened by a deliberate act."""
        return self.message.service and self.read_at is None

    @property
    def on_opening(self) -> str:
        """What to open it means for its period."""
        if self.decision:
            return "打开即为签收，申请复议、提起诉讼的期限自收到之日起算"
        if self.runs_from:
            return f"已于{on_day(self.runs_from)}送达，文书所定的期限自送达之日起算，不因何时打开而不同；打开即为签收"
        return "打开即为签收，文书所定的期限由此起算"


DECISIONS = {"not_confirmed": Stage.NOT_CONFIRMED, "revocation_decision": Stage.REVOKED}
"""The texts of decisions, and where a filing stands while one holds: nothing runs in the proceedings from their service, but the
time to contest them does. One that was set aside since is read as any other message."""

NEWEST = 200
"""How many messages the inbox lists."""


def _to_open(unread: Sequence[tuple[MessageRow, LetterRow]], filings: Mapping[str, Filing]) -> list[Received]:
    """The unread messages from whose opening something runs: notices that are to be served now, and decisions."""
    told = [Received.of(message, letter, filings.get(message.filing_id or "")) for message, letter in unread]
    return [each for each in told if each.closed and (each.served or each.decision)]


def _received(tools: Tools, who: Identity, *, unread: bool = False) -> list[tuple[MessageRow, LetterRow]]:
    return tools.inbox(who, unread=unread, limit=NEWEST)[::-1]


@router.get("/inbox")
def inbox(request: Request, tools: Doors, session: Leading) -> HTMLResponse:
    """收件箱, the newest first."""
    listed = _received(tools, session.who)
    rows = tools.register.rows({message.filing_id for message, _ in listed if message.filing_id})
    filings = {filing_id: value_of(row) for filing_id, row in rows.items()}
    received = [Received.of(message, letter, filings.get(message.filing_id or "")) for message, letter in listed]
    return page(request, tools, "leader_inbox.html", session, received=received, rows=rows, newest=NEWEST)


@router.post("/inbox")
def read_all(request: Request, tools: Doors, session: Leading, form: Answer) -> Response:
    """全部标为已读: all but what is to be served, which is opened one by one."""
    messages = [message for message, _ in _received(tools, session.who, unread=True) if not message.service]
    visit = visit_of(request, tools, session.who)
    for each in messages:
        visit.note(AuditKind.READ_MESSAGES, filing_id=each.filing_id, about=each.id)
        tools.letters.read(each.id, tools.clock())
    return then("/my/inbox", f"已标为已读{len(messages)}条")


@router.get("/inbox/{message_id}")
def message(request: Request, tools: Doors, session: Leading, message_id: str) -> HTMLResponse:
    """One message in full. A notice that is to be served shows its text only once it was opened on purpose."""
    received = _of_mine(tools, session.who, message_id)
    if not received.closed:
        visit = visit_of(request, tools, session.who)
        visit.note(AuditKind.READ_MESSAGES, filing_id=received.message.filing_id, about=message_id)
    about = received.message.filing_id
    row = tools.register.row(about) if about else None
    round_id = received.message.round_id
    online = f"{tools.settings.own_address}/rounds/{round_id}" if round_id else ""
    code = query_codes.on_page(online) if online else ""
    return page(request, tools, "leader_message.html", session, received=received, row=row, online=online, code=code)


@router.post("/inbox/{message_id}")
async def read(request: Request, tools: Doors, session: Leading, form: Answer, message_id: str) -> Response:
    """已读: it was opened, which is the 签收 of a notice that is to be served. Done twice, it is done once."""
    received = await run_in_threadpool(_of_mine, tools, session.who, message_id)
    try:
        receipt = await visit_of(request, tools, session.who).read(message_id, received.message.filing_id)
    except (Refused, KeyReused) as refused:
        why = refused.refusal.message if isinstance(refused, Refused) else refused.__doc__
        return then(f"/my/inbox/{message_id}", f"已标为已读；未登记签收：{why}")
    said = f"已签收，登记为第{receipt.number}号" if receipt else "已签收" if received.decision else "已标为已读"
    return then(f"/my/inbox/{received.message.id}", said)


def _of_mine(tools: Tools, who: Identity, message_id: str) -> Received:
    """A message to this leader; of others' it is not even said that there are any."""
    with reading(tools.register.engine) as session:
        found, letter = session.get(MessageRow, message_id), session.get(LetterRow, message_id)
    if found is None or letter is None or not who.is_told(found):
        raise NoMessage(message_id)
    return Received.of(found, letter, tools.register.filing(found.filing_id) if found.filing_id else None)


def _otherwise(message: MessageRow, filing: Filing | None) -> str:
    """What to open a document means that is not served by that: it is served by staff, or was, or has no effect any more."""
    if filing is None or not _holds(message, filing):
        gone = (
            "这一决定已不再执行"
            if message.text in DECISIONS
            else "这一文书所说的事项已经办结或者另有通知，不再据以计算期限"
        )
        return f"{gone}；打开只标为已读。"
    if is_awaited(filing) or message.number in unsettled(filing):
        return "打开只标为已读，送达另行登记。"
    return "打开只标为已读，送达已经登记。"


def _holds(message: MessageRow, filing: Filing) -> bool:
    """Whether what a document says still stands: a decision, or the notice from which a period runs or is to run."""
    if message.text in DECISIONS:
        return filing.stage is DECISIONS[message.text]
    if message.text == "correction_served":
        return filing.stage is Stage.RETURNED and filing.notification is not None and not is_awaited(filing)
    return filing.notification is not None and filing.notification.number == message.number


def _serves(message: MessageRow, filing: Filing | None) -> bool:
    """Whether to read a message now is the 签收 of what it says (G-18)."""
    notice = filing.notification if filing and filing.consent else None
    return notice is not None and notice.number == message.number and not notice.read
