"""Objecting to the notice of an application (公示异议): by real name, in writing, with evidence, while it is shown (G-04)."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse

from activities.publishing.publications import Published
from gateway.pages import objecting
from gateway.pages.objecting import STORE, Sent
from gateway.problem import Failed, NotFound
from gateway.shown.published import PublicRegister
from gateway.tools import Doors, Tools, value_of
from gateway.visit import visit_of
from models.acts import Object
from models.findings import Finding
from models.values import at_hour, day_of, storable
from models.vocabulary import ActKind
from regulation import entries, lifecycle, lodging, offices
from regulation.agenda import LENGTHS, number

router = APIRouter(prefix="/objections/{filing_id}")


def _shown(tools: Tools, filing_id: str) -> Published:
    """The notice that is objected to. Of anything else it is not even said whether it exists."""
    filing_id = storable(filing_id)
    row = tools.register.row(filing_id)
    shown = PublicRegister(tools.register.engine).objected_to(filing_id, day_of(tools.clock())) if row else None
    if row is None or shown is None:
        raise NotFound(filing_id)
    tried = Object(id="tried", by=objecting.somebody("tried"), received_at=tools.now.at, paper="0" * 64)
    if lifecycle.check(entries.projected(value_of(row), tools.now), tried, tools.now):
        raise NotFound(filing_id)
    return shown


@router.get("")
def ask(request: Request, tools: Doors, filing_id: str) -> HTMLResponse:
    """The form, while the notice is shown; afterwards that it is over."""
    try:
        shown = _shown(tools, filing_id)
    except NotFound:
        raise _over(tools, filing_id) from None
    return objecting.form_of(request, tools, "public_objection.html", objecting.new_key(), {}, (), shown=shown)


def _over(tools: Tools, filing_id: str) -> Failed | NotFound:
    """Why nothing can be objected to: of what was on notice that it is over, and nothing of anything else."""
    filing_id, today = storable(filing_id), day_of(tools.clock())
    row = tools.register.row(filing_id)
    last = PublicRegister(tools.register.engine).last_notice(filing_id, today) if row else None
    if last is None or last.row.shown_until is None:
        return NotFound(filing_id)
    return objecting.over(last.shown.alliance, last.period, last.row.shown_until, today, stands=last.stands)


@router.post("")
async def send(request: Request, tools: Doors, filing_id: str) -> Response:
    """An objection. The same form sent twice is one, also when the filing moved on meanwhile; what only warnings speak against
    is sent when they were read.
    """
    try:
        shown = await run_in_threadpool(_shown, tools, filing_id)
    except NotFound:
        return await _answered_before(request, tools, filing_id)
    sent = await objecting.sent(request, tools, filing_id)
    act = _act(tools, sent)
    if found := sent.comes_back(await run_in_threadpool(_found, tools, filing_id, act)):
        back = objecting.form_of
        return await run_in_threadpool(
            back, request, tools, "public_objection.html", sent.key, sent.content, found, shown=shown
        )
    await visit_of(request, tools, sent.who).act(filing_id, act)
    return RedirectResponse(f"/objections/{filing_id}/{act['id']}", 303, STORE)


def _found(tools: Tools, filing_id: str, act: dict[str, Any]) -> Sequence[Finding]:
    """What is found on an objection."""
    known = tools.register.entry_of(filing_id, act["id"]) is not None
    today = tools.register.objected_since(filing_id, at_hour(day_of(tools.clock()), 0))
    crowded = () if known else objecting.too_many(today, tools.settings.objections_in_all)
    return (*lodging.lodge(filing_id, act).findings, *crowded)


async def _answered_before(request: Request, tools: Tools, filing_id: str) -> Response:
    """What came of a form that is sent once more when nothing can be objected to any longer; no file of it is kept."""
    sent = await objecting.sent_again(request, tools)
    filing_id = storable(filing_id)
    if not await run_in_threadpool(tools.filings.reception.is_known, filing_id, sent.act_id):
        raise await run_in_threadpool(_over, tools, filing_id)
    await visit_of(request, tools, sent.who).act(filing_id, _act(tools, sent))  # received, it counts as of then
    return RedirectResponse(f"/objections/{filing_id}/{sent.act_id}", 303, STORE)


def _act(tools: Tools, sent: Sent) -> dict[str, Any]:
    """The objection as an act."""
    return {
        "id": sent.act_id,
        "kind": ActKind.OBJECT.value,
        "by": sent.by.model_dump(mode="json"),
        "received_at": tools.clock().isoformat(),
        "content": sent.content,
    }


@router.get("/{act_id}")
def received(request: Request, tools: Doors, filing_id: str, act_id: str) -> HTMLResponse:
    """What became of it."""
    entry = tools.register.entry_of(storable(filing_id), storable(act_id))
    if entry is None or not isinstance(entry.event, Object) or entry.refused is not None:
        raise NotFound(filing_id)
    before = tools.register.entry(filing_id, entry.number - 1)
    opened = before is not None and entry.filing.open_objections > before.filing.open_objections
    return objecting.receipt(
        request,
        tools,
        number=entry.number,
        at=entry.at,
        handler=offices.title(*offices.reviewer(entry.filing.jurisdiction, entry.filing.zone)),
        days=number(entry.filing, LENGTHS["objection"]),
        until=objecting.handled_until(entry.filing.periods, act_id, opened=opened),
        anonymous=entry.event.anonymous,
        paper=entry.event.paper,
    )
