"""The leader's pages (盟主): where each filing stands and what is to be done, drafts, and the inbox."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from activities.database import reading
from gateway.asked.applications import may_go_on
from gateway.identity import Identity
from gateway.pages.web import Answer, SignedIn, page, then
from gateway.problem import KeyReused, NoMessage, Refused
from gateway.remembered.audit import AuditKind
from gateway.remembered.drafts import body_of, kept
from gateway.remembered.sessions import Session
from gateway.shown.rounds import surveys
from gateway.tools import Doors, Tools, value_of
from gateway.visit import visit_of
from models.acts import NEW_VERSIONS
from models.filing import Filing, ReportingYear
from models.register import FilingRow, LetterRow, MessageRow
from models.values import at_hour, day_of, midnight_after
from models.vocabulary import ActKind, Kind, Role, YearStatus
from regulation import entries, intake, lifecycle
from regulation.annual import COUNTS
from regulation.moment import Moment
from regulation.offers import Offer, offers

router = APIRouter(prefix="/my")


def _leader(session: SignedIn) -> Session:
    if session.who.role is not Role.LEADER:
        raise HTTPException(403)
    return session


Leading = Annotated[Session, Depends(_leader)]
"""The session of somebody who acts for a leader; staff have pages of their own."""

URGENT = (
    ActKind.RESUBMIT,
    ActKind.STATE_DEFENCE,
    ActKind.ANSWER_ANNUAL_RETURN,
    ActKind.FILE_ANNUAL_REPORT,
    ActKind.COMPLETE_RECORD,
)
"""What somebody waits for, the most urgent first; all else can be done if there is occasion."""

IN_THE_INBOX = (ActKind.ACKNOWLEDGE_SERVICE,)
"""What is done by opening a message."""

AHEAD = timedelta(days=92)
"""So long before its day something is told among what is to be done; a report may be filed many months before."""


@dataclass(frozen=True)
class Task:
    """Something that a leader may do now: where, and until when if there is such a day. `due` is exclusive.

    `again`: it was done already, and may be done once more; nobody waits for it.
    """

    kind: ActKind
    address: str
    what: str
    due: datetime | None = None
    again: bool = False


@dataclass(frozen=True)
class Standing:
    """A filing with what its leader may do now: what is waited for, and what else."""

    row: FilingRow
    urgent: tuple[Task, ...]
    other: tuple[Task, ...]

    @property
    def first(self) -> tuple[bool, bool, float]:
        """By what it stands before others: that something is waited for, and the day of it."""
        due = min((each.due.timestamp() for each in self.urgent if each.due), default=0.0)
        return not self.urgent, not due, due


@router.get("")
def overview(request: Request, tools: Doors, session: Leading) -> HTMLResponse:
    """My filings, those first that wait for me, and my drafts."""
    who, now = session.who, tools.clock()
    rows = tools.register.filings(scope=who.scope)
    standing = sorted((_standing(tools, row, who) for row in rows), key=lambda each: each.first)
    drafts = [
        (row, Kind(body_of(row)["kind"]), day_of(row.updated_at + kept(now)))
        for row in tools.drafts.of(who.office, now)
    ]
    return page(
        request,
        tools,
        "leader_overview.html",
        session,
        standing=standing,
        drafts=drafts,
        surveys=surveys.asked_of(tools, rows),
        unread=len(_received(tools, who, unread=True)),
        call=_call(tools, who, now),
        going_on=[row for row in rows if may_go_on(row)],
    )


def _standing(tools: Tools, row: FilingRow, who: Identity) -> Standing:
    filing = value_of(row)
    open_now = [each for each in offers(filing, tools.now, who.by) if each.mine and each.open]
    tasks = [task for each in open_now if each.kind not in IN_THE_INBOX for task in tasks_of(filing, each, tools.now)]
    soon = tools.clock() + AHEAD
    waited_for = [each for each in tasks if each.kind in URGENT and not each.again]
    urgent = [each for each in waited_for if each.due is None or each.due <= soon]
    urgent.sort(key=lambda each: URGENT.index(each.kind))
    return Standing(row, tuple(urgent), tuple(each for each in tasks if each not in urgent))


def tasks_of(filing: Filing, offer: Offer, when: Moment) -> list[Task]:
    """An offer as tasks: one of each year, where it is about a year and several can be done now."""
    if not hasattr(offer.act, "year"):
        return [task_of(filing, offer)]
    stands = entries.projected(filing, when)
    about = [offer.act.but(year=year.year) for year in stands.years]
    acts = [act for act in about if lifecycle.check(stands, act, when) is None]
    return [task_of(stands, offer.but(act=act)) for act in acts or [offer.act]]


def task_of(filing: Filing, offer: Offer) -> Task:
    """An offer as a task. What has a day of its own is told with it: that of the period or year that governs this act."""
    kind = offer.kind
    address = f"/filings/{filing.id}/acts/{kind.value}"
    if kind in NEW_VERSIONS:
        period = filing.periods.get("correction")
        return Task(kind, f"/my/corrections/{filing.id}", kind.label, period.until if period else None)
    if kind is ActKind.STATE_DEFENCE:
        period = filing.periods.get("window")
        return Task(kind, address, kind.label, period.until if period else None)
    year = filing.year(getattr(offer.act, "year", 0))
    return _of_a_year(filing, offer, year, f"{address}?year={year.year}") if year else Task(kind, address, kind.label)


def _of_a_year(filing: Filing, offer: Offer, year: ReportingYear, address: str) -> Task:
    """What is done about a year: reported until its deadline, or as long as it may be made good (Q14); answered within the
    answer's own period (G-11b); an extension is asked for before the deadline, and after it as the obstacle allows (G-14)."""
    kind, about, due, again = offer.kind, f"{year.year}年度", None, False
    if kind is ActKind.ANSWER_ANNUAL_RETURN:
        period = filing.periods.get(f"answer:{year.year}")
        due = period.until if period else None
    elif kind is ActKind.FILE_ANNUAL_REPORT:
        again, missed = year.status in COUNTS, year.status is YearStatus.MISSED
        about += "，替换已报送的" if again else "，补报" if missed else ""
        due = _made_good_until(filing, year) if missed else year.due
    elif year.status is not YearStatus.MISSED:
        due = year.due
    return Task(kind, address, f"{kind.label}（{about}）", due, again)


def _made_good_until(filing: Filing, year: ReportingYear) -> datetime | None:
    """Until when a missed year can surely be made good: its case may be decided once the window is over (G-21)."""
    case, window, following = filing.case, filing.periods.get("window"), filing.year(year.year + 1)
    if case and year.year in case.years:
        return window.until if window and case.ended is None else None
    return following.due if following else None


@dataclass(frozen=True)
class Call:
    """The yearly call of kind B: its first and last day, and whether applications are taken now (B-02)."""

    year: int
    days: tuple[date, date] | None
    open: bool


def _call(tools: Tools, who: Identity, now: datetime) -> Call:
    tools.register.published.catch_up()
    today = day_of(now)
    days = intake.call_of(today, f"21{who.office[4:6]}00")
    return Call(today.year, days, bool(days and at_hour(days[0], 0) <= now < midnight_after(days[1])))


# The inbox


@dataclass(frozen=True)
class Received:
    """A message as its addressee sees it. `served`: to open it is to acknowledge its service (签收, G-18); `decision`: it is a
    decision to a leader who agreed to electronic service, and when it was opened is when it was received (G-19)."""

    message: MessageRow
    read_at: datetime | None
    served: bool
    decision: bool = False

    @classmethod
    def of(cls, message: MessageRow, letter: LetterRow, filing: Filing | None) -> "Received":
        """A message as it stands, with what its filing says of its service."""
        decision = message.text in DECISIONS and filing is not None and filing.consent
        return cls(message, letter.read_at, _serves(message, filing), decision)

    @property
    def closed(self) -> bool:
        """Whether it must be opened by a deliberate act."""
        return self.message.service and self.read_at is None


DECISIONS = ("not_confirmed", "revocation_decision")
"""The texts of decisions: nothing runs in the proceedings from their service, but the time to contest them does."""

NEWEST = 200
"""How many messages the inbox lists."""


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
    return page(request, tools, "leader_message.html", session, received=received, row=row)


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


def _serves(message: MessageRow, filing: Filing | None) -> bool:
    """Whether to read a message now is the 签收 of what it says (G-18)."""
    notice = filing.notification if filing and filing.consent else None
    return notice is not None and notice.number == message.number and not notice.read
