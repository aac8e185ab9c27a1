"""Messages: the inbox of the caller's office, what did not arrive, and whether the platform's webhooks work."""

import json
from datetime import datetime
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from activities import rows
from activities.channels import configured
from activities.channels.channel import Letter, Recipient, Undeliverable
from activities.channels.webhook import Webhook
from gateway.api.caller import Caller
from gateway.api.conditions import Conditional
from gateway.api.problems import answers, failed, missing
from gateway.api.shapes import Read, Redelivered, Tested, Told, Undelivered
from gateway.identity import Identity
from gateway.remembered.audit import AuditKind
from gateway.shown.lists import SomeTime
from gateway.tools import Doors, Tools
from gateway.visit import visit_of
from models.register import LetterRow
from models.values import at_hour
from models.vocabulary import Role
from regulation import offices

router = APIRouter(route_class=Conditional, tags=["消息"])

ANY = frozenset({Role.PLATFORM, Role.OPERATOR})
"""Who looks after delivery, whosever letter it is."""

LetterId = Annotated[str, Path(pattern="^[A-Za-z0-9_][A-Za-z0-9._:@-]{0,99}$", description="信函编号")]
MessageId = Annotated[str, Path(pattern="^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$", description="消息编号")]


@router.get("/inbox", responses=answers(422))
def inbox(
    request: Request,
    response: Response,
    tools: Doors,
    who: Caller,
    after: Annotated[SomeTime | None, Query(description="晚于此时，或自该日0时起，由早到晚；缺省为最新的")] = None,
    unread: Annotated[bool, Query(description="只列未读")] = False,
    limit: Annotated[int, Query(ge=1, le=200, description="最多列出；同一时刻的不拆开")] = 200,
) -> list[Told]:
    """收件箱: what the caller's office was sent, the newest last. With `after`, the next ones: none is missed."""
    if who.role not in offices.ADDRESSED:
        return []
    visit_of(request, tools, who).note(AuditKind.READ_MESSAGES, about="inbox")
    response.headers["Cache-Control"] = "no-store"
    since = after if after is None or isinstance(after, datetime) else at_hour(after, 0)
    received = tools.inbox(who, after=since, unread=unread, limit=limit)
    return [Told.of(message, [letter]) for message, letter in received]


@router.post("/messages/{message_id}/read", responses=answers(404, 422))
async def read(request: Request, tools: Doors, who: Caller, message_id: MessageId) -> Read:
    """已读: a message of the caller's office was read; of a notice that is to be served, this is its service (签收)."""
    letter = await run_in_threadpool(tools.letters.row, message_id)
    if letter is None or not (who.is_told(letter) or who.role is Role.PLATFORM):
        raise missing("这条消息")
    return Read(receipt=await visit_of(request, tools, who).read(message_id, letter.filing_id))


@router.get("/undelivered")
def list_undelivered(request: Request, response: Response, tools: Doors, who: Caller) -> list[Undelivered]:
    """未能送达的信函: those of the caller's department, or about filings that it reviews, which a channel gave up."""
    visit_of(request, tools, who).note(AuditKind.READ_MESSAGES, about="undelivered")
    response.headers["Cache-Control"] = "no-store"
    return [Undelivered.of(*each) for each in tools.letters.failed() if _looked_after(tools, who, each[0])]


@router.post("/letters/{letter_id}/redeliver", status_code=202, responses=answers(404, 422))
def redeliver(request: Request, tools: Doors, who: Caller, letter_id: LetterId) -> Redelivered:
    """再次投递: the channels that gave up try again. The letter keeps its id."""
    letter = tools.letters.row(letter_id)
    if letter is None or not _looked_after(tools, who, letter):
        raise missing("这封信函")
    visit_of(request, tools, who).note(AuditKind.HANDLED, filing_id=letter.filing_id, about=f"redeliver {letter_id}")
    tools.letters.reopen(letter_id, tools.clock())
    return Redelivered(letter=letter_id)


def _looked_after(tools: Tools, who: Identity, letter: LetterRow) -> bool:
    """Whether somebody may know what became of a letter."""
    if who.role in ANY or who.is_told(letter):
        return True
    told = () if letter.round_id else json.loads(letter.messages)
    about = {letter.filing_id, letter.about, *(rows.parts_of(each)[0] for each in told)}
    filings = [tools.register.row(each) for each in about if each]
    return any((who.role, who.office) == offices.reviewer(row.jurisdiction, row.zone) for row in filings if row)


@router.post("/webhooks/test")
def send_test(request: Request, tools: Doors, who: Caller) -> list[Tested]:
    """测试回调: one signed event through every webhook, and what came back. Nothing is kept."""
    if who.role not in ANY:
        raise failed(403, "forbidden", "只有平台和运维人员可以测试回调")
    visit_of(request, tools, who).note(AuditKind.HANDLED, about="webhooks/test")
    letter = _test(who, tools.clock())
    built = configured.build(tools.channels)
    return [_tested(each.name, each.channel, letter) for each in built if isinstance(each.channel, Webhook)]


def _test(who: Identity, now: datetime) -> Letter:
    return Letter(
        id=f"_test-{uuid4().hex}", messages=(), text="test", to=who.role.value, office=who.office,
        title="测试", body="这是一条测试消息，无须处理。", created_at=now,
    )  # fmt: skip


def _tested(name: str, webhook: Webhook, letter: Letter) -> Tested:
    try:
        carried = webhook.send(letter, Recipient())
    except (Undeliverable, ConnectionError) as failure:
        return Tested(channel=name, arrived=False, receipt=str(failure))
    return Tested(channel=name, arrived=True, host=carried.address, receipt=carried.receipt)
