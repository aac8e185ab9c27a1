"""Objecting to a list that a round has put on notice (名单公示异议): the same form as for the notice of an application (G-04)."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse

from gateway.pages import objecting
from gateway.pages.objecting import STORE, Sent
from gateway.problem import Failed, NoRound, NotFound, Refused
from gateway.shown.outcomes import Outcome, Outcomes
from gateway.tools import Doors, Tools
from gateway.visit import visit_of
from models.findings import Finding
from models.rounds.subsidies import ObjectToList, SubsidyActKind
from models.values import day_of, storable
from regulation import lodging, offices
from regulation.rounds import notices
from regulation.rounds.every import rules_of
from regulation.rounds.lodging import lodge

router = APIRouter(prefix="/objections/rounds/{round_id}")


def _shown(tools: Tools, round_id: str) -> Outcome:
    """The list that is objected to."""
    return Outcomes(tools).on_notice(storable(round_id), day_of(tools.clock()))


@router.get("")
def ask(request: Request, tools: Doors, round_id: str) -> HTMLResponse:
    """The form, while the list is on notice; afterwards that it is over."""
    try:
        shown = _shown(tools, round_id)
    except NotFound:
        raise _over(tools, round_id) from None
    return _form(request, tools, shown, objecting.new_key(), {}, ())


def _form(
    request: Request, tools: Tools, shown: Outcome, key: str, content: Mapping[str, Any], found: Sequence[Finding]
) -> HTMLResponse:
    return objecting.form_of(request, tools, "public_list_objection.html", key, content, found, outcome=shown)


def _over(tools: Tools, round_id: str) -> Failed | NotFound:
    """Why nothing can be objected to: of a list that was on notice that it is over, and nothing of anything else."""
    round_id, today = storable(round_id), day_of(tools.clock())
    last = Outcomes(tools).last_notice(round_id, today)
    if last is None or last.row.shown_until is None:
        return NoRound(round_id)
    stands = last.stands and not last.cancelled
    return objecting.over(last.content["title"], last.period, last.row.shown_until, today, stands=stands)


@router.post("")
async def send(request: Request, tools: Doors, round_id: str) -> Response:
    """An objection to a list. The same form sent twice is one; what only warnings speak against is sent when they were read."""
    try:
        shown = await run_in_threadpool(_shown, tools, round_id)
    except NotFound:
        return await _answered_before(request, tools, round_id)
    sent = await objecting.sent(request, tools, round_id)
    act = _act(sent)
    found = sent.comes_back(await run_in_threadpool(_found, tools, shown, act))
    if not found:
        try:
            await visit_of(request, tools, sent.who).act_on_round(round_id, act)
        except Refused as refused:
            found = refused.refusal.findings
            if not found:
                raise
        else:
            return RedirectResponse(f"/objections/rounds/{round_id}/{sent.act_id}", 303, STORE)
    return await run_in_threadpool(_form, request, tools, shown, sent.key, sent.content, found)


def _found(tools: Tools, shown: Outcome, act: dict[str, Any]) -> Sequence[Finding]:
    """What is found on an objection."""
    round_id = shown.round.id
    lodged = lodge(rules_of(round_id), shown.round, act)
    warned = lodging.of_objection(lodged.paper) if lodged.paper else ()
    known = tools.rounds.register.entry_of(round_id, act["id"]) is not None
    today = Outcomes(tools).objected_today(round_id)
    crowded = () if known else objecting.too_many(today, tools.settings.objections_in_all)
    return (*lodged.findings, *warned, *crowded)


async def _answered_before(request: Request, tools: Tools, round_id: str) -> Response:
    """What came of a form that is sent once more when nothing can be objected to any longer; no file of it is kept."""
    sent = await objecting.sent_again(request, tools)
    if not await run_in_threadpool(tools.rounds.is_known, storable(round_id), sent.act_id):
        raise await run_in_threadpool(_over, tools, round_id)
    await visit_of(request, tools, sent.who).act_on_round(round_id, _act(sent))
    return RedirectResponse(f"/objections/rounds/{round_id}/{sent.act_id}", 303, STORE)


def _act(sent: Sent) -> dict[str, Any]:
    """The objection as an act; when it came, the visit says."""
    return {
        "id": sent.act_id, "kind": SubsidyActKind.OBJECT_TO_LIST.value, "by": sent.by.model_dump(mode="json"),
        "content": sent.content, "anonymous": not sent.content.get("name"),
    }  # fmt: skip


@router.get("/{act_id}")
def received(request: Request, tools: Doors, round_id: str, act_id: str) -> HTMLResponse:
    """What became of it."""
    entry = tools.rounds.register.entry_of(storable(round_id), storable(act_id))
    if entry is None or not isinstance(entry.event, ObjectToList):
        raise NoRound(round_id)
    before = tools.rounds.register.entry(round_id, entry.number - 1)
    opened = before is not None and notices.open_objections(entry.round) > notices.open_objections(before.round)
    return objecting.receipt(
        request,
        tools,
        number=entry.number,
        at=entry.at,
        handler=offices.title(entry.round.opened_by.role, entry.round.opened_by.office),
        days=notices.number(entry.round, notices.HANDLING),
        until=objecting.handled_until(entry.round.periods, act_id, opened=opened),
        anonymous=entry.event.anonymous,
        paper=entry.event.paper,
    )
