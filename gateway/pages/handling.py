"""Handling on a filing (经办): 转办, 委派, 拿回, 催办, 抄送."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from gateway.identity import Identity
from gateway.pages.sign_in import local
from gateway.pages.web import Answer, SignedIn, then
from gateway.problem import Failed, NoHandover, Problem
from gateway.remembered import handling
from gateway.remembered.audit import AuditKind
from gateway.remembered.handling import NOTE, HandlingKind
from gateway.tools import Doors, Tools
from gateway.visit import visit_of
from models.register import FilingRow
from models.values import Ordinal, storable

router = APIRouter(prefix="/filings/{filing_id}/handling")


@router.post("")
def note(request: Request, tools: Doors, session: SignedIn, form: Answer, filing_id: str) -> RedirectResponse:
    """Put a record. Leaders only nudge; how an office shares its work is its own matter."""
    row, who = tools.seen(filing_id, session.who), session.who
    kind, said = str(form.get("kind", "")), storable(str(form.get("note", "")).strip())
    if kind not in set(HandlingKind) or (kind != HandlingKind.NUDGE and not who.staff):
        raise Failed(Problem(title="不能这样经办", status=422, code="malformed"))
    if len(said) > NOTE:
        raise Failed(
            Problem(title=f"附言不得超过{NOTE}字", status=422, code="too_long", detail="未发送，请缩短后重发。")
        )
    visit_of(request, tools, who).note(AuditKind.HANDLED, filing_id=filing_id, about=kind)
    if kind == HandlingKind.NUDGE:
        return then(_back(form, filing_id), _nudged(tools, who, row, said))
    office, person, name = _recipient(tools, who, row, HandlingKind(kind), str(form.get("to", "")))
    tools.handling.note(who, filing_id, HandlingKind(kind), office, person, said, tools.clock())
    if person and kind != HandlingKind.COPY:
        tools.reviews.hand_over(filing_id, (who.role, who.office), who.person, person, tools.clock())
    return then(_back(form, filing_id), f"已{HandlingKind(kind).label}：{name}")


@router.post("/{handling_id}/take-back")
def take_back(
    request: Request, tools: Doors, session: SignedIn, form: Answer, filing_id: str, handling_id: Ordinal
) -> RedirectResponse:
    """拿回 what one gave away oneself."""
    row = tools.seen(filing_id, session.who)
    if not tools.handling.take_back(session.who, handling_id, tools.clock()):
        raise NoHandover(row.filing_id)
    visit_of(request, tools, session.who).note(AuditKind.HANDLED, filing_id=filing_id, about=f"take_back {handling_id}")
    return then(_back(form, filing_id), "已拿回")


def _nudged(tools: Tools, who: Identity, row: FilingRow, said: str) -> str:
    """催办, and what the visitor is told of it."""
    if not [each for each in handling.awaited(row) if each != handling.post_of(who)]:
        return "现在没有需要催办的机构，未发送"
    reached = tools.handling.nudge(who, row, said, tools.clock())
    return f"已催办：{'、'.join(map(handling.place, reached))}" if reached else "今日已催办过，未重复发送"


def _recipient(tools: Tools, who: Identity, row: FilingRow, kind: HandlingKind, to: str) -> tuple[str, str | None, str]:
    """Post, person and name of whom a record is for: a colleague, or for a copy also an office that sees the filing."""
    sort, _, key = to.partition("/")
    if sort == "person":
        found = [each for each in tools.people.colleagues(who.office, who.role) if each.person == key]
        if found:
            return handling.post_of(who), key, found[0].name
    elif sort == "office" and kind is HandlingKind.COPY and handling.sees(key, row):
        return key, None, handling.place(key)
    raise Failed(Problem(title="请选择收件人", status=422, code="malformed"))


def _back(form: FormData, filing_id: str) -> str:
    """The page that the form was on, if it is one of ours."""
    return local(str(form.get("back", ""))) or f"/filings/{filing_id}"
