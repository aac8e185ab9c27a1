"""Objecting to a notice (公示异议): by real name, in writing, with evidence, while the notice is shown (G-04).

Nobody signs in, so there is no session that a foreign page could misuse; the guard turns such a page away all the same.
Whoever objects is known to nobody but the reviewer: this page remembers nothing and is kept by no cache.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.datastructures import FormData

from activities.attachments import LOCATION
from activities.publishing.publications import Published
from gateway.asked.forms import fields_of, read
from gateway.guard import OTHERWISE
from gateway.identity import Identity
from gateway.pages.web import page
from gateway.problem import Failed, NotFound, Problem
from gateway.remembered.uploads import PUBLIC, TYPES, Uploads, named, safe_name, taken
from gateway.shown.published import PublicRegister
from gateway.tools import Doors, Tools, value_of
from gateway.visit import visit_of
from models.acts import TOGETHER, By, Object
from models.findings import Finding
from models.forms import ObjectionPaper
from models.values import at_hour, day_of, digest, storable
from models.vocabulary import ActKind, Role, Severity
from regulation import entries, lifecycle, lodging, offices
from regulation.agenda import LENGTHS, last_day, number
from regulation.reading import finding

router = APIRouter(prefix="/objections/{filing_id}")

ASKED = ("party", "name", "contact", "stamped", "text")
"""What the form asks; the rest the door knows."""

CONTENT, EVIDENCE = "/content", "/content/evidence"

MOST = 5
"""Files that one objection brings."""

SORT_OF_DOCUMENT = "D8"
"""Under which of the platform's sorts evidence goes; none is its own."""

TRAP = "website"
"""A field that people do not see and programs fill in."""

STORE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
"""A form that a cache handed out twice would make one objection of two."""


def _shown(tools: Tools, filing_id: str) -> Published:
    """The notice that is objected to. Of anything else it is not even said whether it exists."""
    filing_id = storable(filing_id)
    row = tools.register.row(filing_id)
    shown = PublicRegister(tools.register.engine).objected_to(filing_id, day_of(tools.clock())) if row else None
    if row is None or shown is None:
        raise NotFound(filing_id)
    tried = Object(id="tried", by=somebody("tried"), received_at=tools.now.at, paper="0" * 64)
    if lifecycle.check(entries.projected(value_of(row), tools.now), tried, tools.now):
        raise NotFound(filing_id)
    return shown


def somebody(key: str) -> By:
    """Whoever objects: the act names nobody, the paper does."""
    return By(person=f"public-{key}", office="public", role=Role.PUBLIC)


@router.get("")
def ask(request: Request, tools: Doors, filing_id: str) -> HTMLResponse:
    """The form, while the notice is shown; afterwards that it is over."""
    try:
        shown = _shown(tools, filing_id)
    except NotFound:
        raise _over(tools, filing_id) from None
    return _form(request, tools, shown, secrets.token_hex(16), {}, ())


def _over(tools: Tools, filing_id: str) -> Failed | NotFound:
    """Why nothing can be objected to: of what was on notice that it is over, and nothing of anything else."""
    filing_id, today = storable(filing_id), day_of(tools.clock())
    row = tools.register.row(filing_id)
    last = PublicRegister(tools.register.engine).last_notice(filing_id, today) if row else None
    if last is None or last.row.shown_until is None:
        return NotFound(filing_id)
    said = "公示已提前终止或者中止" if not last.stands or today <= last.row.shown_until else "公示期已满"
    detail = (
        f"“{last.shown.alliance}”的公示期为{last.period}。{said}，不再接受网上异议；期内交邮的书面异议以邮戳日期为准。"
    )
    return Failed(Problem(title=said, status=404, code="notice_over", detail=detail))


def _form(
    request: Request, tools: Tools, shown: Published, key: str, content: Mapping[str, Any], found: Sequence[Finding]
) -> HTMLResponse:
    """The form with what was filled in and what was found on it. `key` makes what is sent twice one objection."""
    uploads = tools.uploads
    (evidence,) = fields_of(ObjectionPaper, content, found, at=CONTENT, only=("evidence",))
    answer = page(
        request,
        tools,
        "public_objection.html",
        None,
        status=422 if found else 200,
        shown=shown,
        key=key,
        trap=TRAP,
        form=fields_of(ObjectionPaper, content, found, at=CONTENT, only=ASKED),
        evidence=evidence,
        kept=content.get("evidence", ()),
        most=MOST if uploads.taking else 0,
        endings=tuple(TYPES),
        largest=min(uploads.largest, tools.settings.largest_request),
        found=found,
        refused=any(each.severity is Severity.ERROR for each in found),
    )
    answer.headers.update(STORE)
    return answer


@router.post("")
async def send(request: Request, tools: Doors, filing_id: str) -> Response:
    """An objection. The same form sent twice is one, also when the filing moved on meanwhile; what only warnings speak against
    is sent when they were read.
    """
    try:
        shown = await run_in_threadpool(_shown, tools, filing_id)
    except NotFound:
        return await _answered_before(request, tools, filing_id)
    async with request.form(max_files=MOST, max_fields=100) as sent:
        form, faults = await taken(sent, tools.uploads, PUBLIC, tools.clock(), notice=filing_id)
    key, act, below = await run_in_threadpool(_written, tools, filing_id, form)
    found = (*trapped(form), *faults, *below)
    if any(each.severity is Severity.ERROR or "anyway" not in form for each in found):
        return await run_in_threadpool(_form, request, tools, shown, key, act["content"], found)
    await visit_of(request, tools, anybody(act)).act(filing_id, act)
    return RedirectResponse(f"/objections/{filing_id}/{act['id']}", 303, STORE)


def _written(tools: Tools, filing_id: str, form: FormData) -> tuple[str, dict[str, Any], Sequence[Finding]]:
    """The key of a form, its objection as an act, and what is found on it."""
    key, content = said(form, tools.uploads)
    act = _act(tools, key, content)
    known = tools.register.entry_of(filing_id, act["id"]) is not None
    return key, act, (*lodging.lodge(filing_id, act).findings, *(() if known else _too_many(tools, filing_id)))


def anybody(act: Mapping[str, Any]) -> Identity:
    """Who objects, as the audit names them: by the act, and by no name."""
    return Identity(name="", **act["by"])


async def _answered_before(request: Request, tools: Tools, filing_id: str) -> Response:
    """What came of a form that is sent once more when nothing can be objected to any longer; no file of it is kept."""
    async with request.form(max_files=MOST, max_fields=100) as sent:
        form = await run_in_threadpool(named, sent)
    act = _act(tools, *await run_in_threadpool(said, form, tools.uploads))
    filing_id = storable(filing_id)
    if not await run_in_threadpool(tools.filings.reception.is_known, filing_id, act["id"]):
        raise await run_in_threadpool(_over, tools, filing_id)
    await visit_of(request, tools, anybody(act)).act(filing_id, act)  # received, it counts as of then
    return RedirectResponse(f"/objections/{filing_id}/{act['id']}", 303, STORE)


def said(form: FormData, uploads: Uploads) -> tuple[str, dict[str, Any]]:
    """The key of a form, and the objection that was written on it."""
    key = str(form.get("key", ""))
    key = key if re.fullmatch(r"[0-9a-f]{32}", key) else secrets.token_hex(16)
    evidence = _evidence(form, uploads)
    return key, read(ObjectionPaper, form, at=CONTENT, only=ASKED) | {"channel": "platform", "evidence": evidence}


def _evidence(form: FormData, uploads: Uploads) -> list[dict[str, Any]]:
    """What the public brought, now or with the form before: by its digest alone, the rest the store knows."""
    told = {str(form.get(f"{EVIDENCE}/{number}/sha256")): number for number in reversed(range(MOST))}
    return [
        {
            "kind": SORT_OF_DOCUMENT,
            "name": safe_name(str(form.get(f"{EVIDENCE}/{number}/name", ""))) or found[0].name,
            "media_type": found[0].media_type,
            "size": found[0].size,
            "sha256": sha256,
            "location": f"{LOCATION}{sha256}",
            "secrecy": "内部",
        }
        for sha256, number in reversed(told.items())
        if (found := uploads.find(sha256, [PUBLIC]))
    ]


def _act(tools: Tools, key: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """The objection as an act. Its id says nothing, is the same for the same form, and another if that was changed."""
    told = digest([key, content])
    return {
        "id": f"objection-{told[:32]}",
        "kind": ActKind.OBJECT.value,
        "by": somebody(told[32:48]).model_dump(mode="json"),
        "received_at": tools.clock().isoformat(),
        "content": content,
    }


def _too_many(tools: Tools, filing_id: str) -> tuple[Finding, ...]:
    """So many in one day come from a machine. Who means it is told of the other way; nobody is shut out from objecting."""
    if tools.register.objected_since(filing_id, at_hour(day_of(tools.clock()), 0)) < tools.settings.objections_in_all:
        return ()
    return (
        finding(
            "G-04", "", Severity.ERROR, f"今日对本公示的网上异议已达{tools.settings.objections_in_all}件。{OTHERWISE}"
        ),
    )


def trapped(form: FormData) -> list[Finding]:
    """A program filled in what people do not see. A person whose browser did is told, and loses nothing."""
    return [finding("G-04", f"/{TRAP}", Severity.ERROR, "“请勿填写”一栏须留空")] if form.get(TRAP) else []


@router.get("/{act_id}")
def received(request: Request, tools: Doors, filing_id: str, act_id: str) -> HTMLResponse:
    """What became of it: its number in the register, who knows of whom it came, and until when it is handled."""
    entry = tools.register.entry_of(storable(filing_id), storable(act_id))
    if entry is None or not isinstance(entry.event, Object) or entry.refused is not None:
        raise NotFound(filing_id)
    before = tools.register.entry(filing_id, entry.number - 1)
    opened = before is not None and entry.filing.open_objections > before.filing.open_objections
    periods = entry.filing.periods
    period = periods.get(f"objection:{act_id}") or (periods.get(f"objection:{TOGETHER}") if opened else None)
    answer = page(
        request,
        tools,
        "public_objected.html",
        None,
        entry=entry,
        reviewer=offices.title(*offices.reviewer(entry.filing.jurisdiction, entry.filing.zone)),
        days=number(entry.filing, LENGTHS["objection"]),
        until=last_day(period) if period else None,
        anonymous=entry.event.anonymous,
    )
    answer.headers.update(STORE)
    return answer
