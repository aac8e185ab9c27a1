"""The forms of acts: shown, checked, sent, and what came of them."""

import re
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from gateway import acting
from gateway.client import NotFound, Refused, Unreachable
from gateway.pages.uploads import large
from gateway.pages.web import Answer, SignedIn, page, then
from gateway.sessions import Session
from gateway.tools import Doors, Tools, value_of
from gateway.uploads import taken
from models.filing import Entry
from models.findings import Finding, Refusal
from models.register import FilingRow
from models.vocabulary import ActKind
from regulation.lodging import refusal as refusal_of
from regulation.offers import Offer, offer
from workflows import visibility

router = APIRouter(prefix="/filings/{filing_id}/acts/{kind}", dependencies=[Depends(large)])


def _offered(tools: Tools, row: FilingRow, kind: ActKind, session: Session) -> Offer:
    """The act as offered to the visitor; what is not theirs, or not of this stage, is not there."""
    found = offer(value_of(row), kind, tools.now, session.who.by)
    if found is None or not found.mine:
        raise NotFound(row.filing_id)
    return found


@router.get("")
def show(request: Request, tools: Doors, session: SignedIn, filing_id: str, kind: ActKind) -> Response:
    """The form, or why it cannot be done now."""
    if kind is ActKind.RESUBMIT:
        return RedirectResponse(f"/my/corrections/{filing_id}", 303)
    row = tools.seen(filing_id, session.who)
    return _form(request, tools, session, row, _offered(tools, row, kind, session))


@router.post("")
async def send(
    request: Request, tools: Doors, session: SignedIn, form: Answer, filing_id: str, kind: ActKind
) -> Response:
    """Take the form. If others acted since it was shown, it says so and asks again; sent twice, it is one act."""
    row = tools.seen(filing_id, session.who)
    act_id, seen = str(form.get("id", "")), str(form.get("seen", ""))
    form, faults = await taken(form, tools.uploads, session.who.office, tools.clock())
    raw = acting.read_act(kind, form)
    if faults:
        offered = _offered(tools, row, kind, session)
        return _form(request, tools, session, row, offered, raw, refusal_of(faults), act_id=act_id, status=422)
    if more := form.get("more"):
        offered = _offered(tools, row, kind, session)
        return _form(request, tools, session, row, offered, raw, act_id=act_id, more_rows=str(more))
    known = tools.register.entry_of(filing_id, act_id) is not None
    if not known and seen != str(row.number):
        return _moved_on(request, tools, session, row, kind, raw, act_id, seen)
    stamped = {"id": act_id, "kind": kind.value, "by": session.who.by.model_dump(mode="json")}
    try:
        receipt = await tools.filings.act(filing_id, {**raw, **stamped, "received_at": tools.clock().isoformat()})
    except Refused as refused:
        now = tools.seen(filing_id, session.who)
        if now.number != row.number:
            return _moved_on(request, tools, session, now, kind, raw, act_id, seen, refused.refusal)
        offered = _offered(tools, now, kind, session)
        return _form(request, tools, session, now, offered, raw, refused.refusal, act_id=act_id, status=422)
    except Unreachable:
        offered = _offered(tools, row, kind, session)
        unknown = Refusal(message=Unreachable.__doc__ or "", article="", missing="")
        return _form(request, tools, session, row, offered, raw, unknown, act_id=act_id, status=503)
    warned = "".join(f"；{each}" for each in receipt.warnings)
    address = f"/filings/{filing_id}" if session.who.sees(tools.register.row(filing_id) or row) else "/"
    return then(address, f"“{kind.label}”已登记为第{receipt.number}号，现为“{receipt.stage.label}”{warned}")


def _moved_on(
    request: Request, tools: Tools, session: Session, row: FilingRow, kind: ActKind, raw: dict[str, object],
    act_id: str, seen: str, refusal: Refusal | None = None,
) -> HTMLResponse:  # fmt: skip
    """Somebody, or time, was first: what was entered since, and the form once more if it still can be done."""
    since = [
        entry
        for entry in tools.register.docket(row.filing_id)
        if entry.number > (int(seen) if re.fullmatch("[0-9]{1,9}", seen) else 0)
    ]
    found = offer(value_of(row), kind, tools.now, session.who.by)
    return _form(
        request, tools, session, row, found if found and found.mine else None, raw, refusal,
        since=since, act_id=act_id, kind=kind, status=409,
    )  # fmt: skip


def _form(
    request: Request, tools: Tools, session: Session, row: FilingRow, offered: Offer | None,
    raw: dict[str, object] | None = None, refusal: Refusal | None = None, *, act_id: str = "", more_rows: str = "",
    since: list[Entry] | None = None, kind: ActKind | None = None, status: int = 200,
) -> HTMLResponse:  # fmt: skip
    versions = tools.register.versions(row.filing_id)
    of_version: list[Finding] = versions[-1][1] if versions else []
    found = refusal.findings if refusal else ()
    fields = acting.form_of(value_of(row), offered, of_version, raw, found, more_rows=more_rows) if offered else ()
    return page(
        request,
        tools,
        "act.html",
        session,
        status=status,
        row=row,
        filing=value_of(row),
        kind=offered.kind if offered else kind,
        offer=offered,
        fields=fields,
        refusal=refusal,
        since=[(entry.number, visibility.local(entry.at), visibility.name_of(entry.event)) for entry in since or ()],
        act_id=act_id or f"desk-{uuid4().hex}",
    )
