"""Batches (批量办理): tick filings, choose an act, fill it in once, look at what would come of it, confirm."""

import asyncio
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.datastructures import FormData

from activities.documents import sheets
from activities.documents.summary import summary as summary_of
from gateway.asked import batches
from gateway.asked.batches import Choice
from gateway.asked.matters import before
from gateway.pages.acts import first_beside
from gateway.pages.halves import FirstHalf
from gateway.pages.reviewing import reading
from gateway.pages.staff import Staff
from gateway.pages.uploads import large
from gateway.pages.web import Answer, page, rests_on, then
from gateway.problem import Failed, KeyReused, MovedOn, NoAct, NotFound, Problem, Refused, Unreachable
from gateway.remembered.audit import AuditKind
from gateway.remembered.sessions import Session
from gateway.remembered.uploads import owner_of, taken
from gateway.shown.documents import DOCX, XLSX, attachment
from gateway.shown.foreseen import previewed
from gateway.tools import Doors, Tools, value_of
from gateway.visit import Visit, visit_of
from models.filing import Receipt
from models.findings import Finding
from models.register import FilingRow
from models.values import day_of
from models.vocabulary import ActKind, Stage
from regulation import offices
from regulation.offers import offer

router = APIRouter(prefix="/desk/batch", dependencies=[Depends(large)])

AT_ONCE = 8
"""How many acts of a batch are under way side by side."""

OURS = ("csrf", "filing", "kind", "batch", "seen", "previewed")
"""Inputs of a batch that are not fields of its act."""


OTHERWISE = "预览之后，所填、核对清单或者日期有变，未办理；请重新预览，读过再办理"


@dataclass(frozen=True)
class Done:
    """What a filing answered: a receipt, or why nothing was entered."""

    row: FilingRow
    receipt: Receipt | None = None
    why: str = ""


@router.get("")
@router.get("/{step}")
def begin(session: Staff, step: str = "") -> RedirectResponse:
    """A batch begins with ticks in a list; whoever comes by an address of its steps is sent there."""
    return then("/desk")


@router.post("")
def choose(request: Request, tools: Doors, session: Staff, form: Answer) -> HTMLResponse:
    """The acts that can be done to the filings that were ticked."""
    rows = _rows(tools, session, form)
    found = batches.choices(rows, tools.now, session.who.by, _brought(tools, session, rows))
    return page(request, tools, "desk_batch.html", session, rows=rows, choices=found, batch=secrets.token_hex(8))


@router.post("/form")
def fill_in(request: Request, tools: Doors, session: Staff, form: Answer) -> HTMLResponse:
    """The form of the chosen act."""
    rows = _rows(tools, session, form)
    return _form(request, tools, session, form, rows, _chosen(tools, session, rows, form))


@router.post("/summary.{ending}")
def summary(request: Request, tools: Doors, session: Staff, form: Answer, ending: Literal["xlsx", "docx"]) -> Response:
    """汇总表 of the filings that were ticked, to go with the formal letter. That it was taken away is on record."""
    rows = _rows(tools, session, form)
    who, now = session.who, tools.clock()
    visit_of(request, tools, who).note(AuditKind.EXPORTED, about=f"汇总表（{len(rows)}件）")
    name = f"汇总表-{day_of(now)}.{ending}"
    if ending == "xlsx":
        return attachment(sheets.summary(tools.register, rows), name, XLSX)
    sender, document_no = offices.title(who.role, who.office), str(form.get("/document_no") or "")
    return attachment(summary_of(tools.register, rows, sender, document_no, now), name, DOCX)


@router.post("/preview")
async def preview(request: Request, tools: Doors, session: Staff, form: Answer) -> HTMLResponse:
    """What would come of the act, filing by filing; the file of a letter that is one for all is stored by now."""
    owner = owner_of(session.who.by)
    sent, faults = await taken(form, tools.uploads, owner, tools.clock(), person=session.who.person)
    return await run_in_threadpool(_previewed, request, tools, session, sent, faults)


def _previewed(
    request: Request, tools: Tools, session: Session, form: FormData, faults: Sequence[Finding]
) -> HTMLResponse:
    rows = _rows(tools, session, form)
    chosen, now, who = _chosen(tools, session, rows, form), tools.now, session.who
    raw = batches.read(chosen.kind, form)
    brought = _brought(tools, session, rows)
    acts = [(row, who.stamped(_act(session, form, chosen.kind, raw, row, brought), now.at)) for row in rows]
    errors = [*faults] or [each for each in batches.findings(*acts[0]) if each.severity == "error"]
    if errors:
        return _form(request, tools, session, form, rows, chosen, raw, errors)
    foreseen = [batches.foreseen(row, act, now) for row, act in acts]
    allowed = [each.row for each in foreseen if each.refusal is None]
    matters = {row.filing_id: found for row in allowed if (found := before(tools, who, value_of(row), chosen.kind))}
    written = [(name, value) for name, value in form.multi_items() if name not in OURS and isinstance(value, str)]
    return page(
        request,
        tools,
        "desk_batch_preview.html",
        session,
        chosen=chosen,
        foreseen=foreseen,
        written=written,
        previewed={row.filing_id: _mark(act, now.at) for row, act in acts},
        matters=matters,
        halves=_halves(tools, session, allowed, chosen.kind, raw),
        names=tools.people.named(person for each in matters.values() for person in each.persons),
        batch=str(form["batch"]),
    )


def _halves(
    tools: Tools, session: Session, rows: Sequence[FilingRow], kind: ActKind, raw: Mapping[str, Any]
) -> Mapping[str, FirstHalf]:
    """What another officer said first of each filing of which two must say it, beside what is filled in for all."""
    found: dict[str, FirstHalf] = {}
    for row in rows:
        offered = offer(value_of(row), kind, tools.now, session.who.by, raw.get("year"))
        if offered and offered.second and (half := first_beside(tools, row, offered, raw)):
            found[row.filing_id] = half
    return found


@router.post("/done")
async def act(request: Request, tools: Doors, session: Staff, form: Answer) -> HTMLResponse:
    """Do it, and tell what each filing answered. Sent twice, it is one act for each."""
    kind = _kind(form)
    rows, gone = await run_in_threadpool(_still_seen, tools, session, form)
    visit = visit_of(request, tools, session.who)
    raw = batches.read(kind, form)
    seen, read = (dict(str(each).partition(":")[::2] for each in form.getlist(name)) for name in ("seen", "previewed"))
    gate, brought = asyncio.Semaphore(AT_ONCE), await run_in_threadpool(_brought, tools, session, rows)

    async def one(row: FilingRow) -> Done:
        async with gate:
            act = _act(session, form, kind, raw, row, brought)
            rests = seen.get(row.filing_id, "")
            if row.number in rests_on(rests) and read.get(row.filing_id) != _mark(act, tools.clock()):
                return Done(row, why=OTHERWISE)
            done = await _sent(visit, row, act, rests)
            if done.receipt and "checklist" in act:
                await run_in_threadpool(tools.reviews.clear, session.who, row.filing_id)
            return done

    done = await asyncio.gather(*map(one, rows))
    written = [(name, value) for name, value in form.multi_items() if name not in OURS and isinstance(value, str)]
    return await run_in_threadpool(
        page, request, tools, "desk_batch_done.html", session, kind=kind, done=done, gone=gone, batch=str(form["batch"]), written=written,
        one_letter=kind in batches.ONE_LETTER, document_no=raw.get("document_no", ""),
    )  # fmt: skip


def _mark(act: Mapping[str, Any], at: datetime) -> str:
    """What was read of an act of a batch before it is sent."""
    stamps = ("id", "kind", "by", "received_at")
    return previewed({name: value for name, value in act.items() if name not in stamps}, day_of(at))


async def _sent(visit: Visit, row: FilingRow, act: Mapping[str, Any], seen: str) -> Done:
    """One act of a batch; a filing that moved on since it was looked at is left as it is."""
    try:
        return Done(row, await visit.act(row.filing_id, act, seen=rests_on(seen)))
    except MovedOn:
        return Done(row, why=f"预览之后已有新的登记（现为第{row.number}号），未办理；请核对后重新办理")
    except Refused as refused:
        return Done(row, why=refused.refusal.message)
    except KeyReused as reused:
        return Done(row, why=reused.__doc__ or "")
    except Unreachable:
        return Done(row, why="结果未知；请返回上一页，重新按一次“确认办理”，不会重复登记")


def _rows(tools: Tools, session: Session, form: FormData) -> list[FilingRow]:
    """The filings that were ticked, each once; one that the visitor may not see is not there."""
    ticked = list(dict.fromkeys(str(each) for each in form.getlist("filing")))
    _bounded(ticked)
    return [tools.seen(each, session.who) for each in ticked]


def _still_seen(tools: Tools, session: Session, form: FormData) -> tuple[list[FilingRow], list[str]]:
    """The filings of a batch that was previewed, and the numbers of those that its sender sees no more: one that went to another
    office since keeps none of the others back. Whoever sees none of them any more is told what everybody is told of what is not theirs:
    nothing (`NotFound`)."""
    ticked = list(dict.fromkeys(str(each) for each in form.getlist("filing")))
    _bounded(ticked)
    rows, gone = list[FilingRow](), list[str]()
    for each in ticked:
        try:
            rows.append(tools.seen(each, session.who))
        except NotFound:
            gone.append(each[:40])
    if not rows:
        raise NotFound(gone[0])
    return rows, gone


def _bounded(ticked: Sequence[str]) -> None:
    if not ticked:
        raise Failed(Problem(title="没有勾选备案", status=422, code="nothing", detail="请返回列表，勾选要办理的备案。"))
    if len(ticked) > batches.MOST:
        raise Failed(Problem(title=f"一次最多办理{batches.MOST}件", status=422, code="too_many"))


def _kind(form: FormData) -> ActKind:
    told = str(form.get("kind", ""))
    if told not in set(ActKind) or not re.fullmatch("[0-9a-f]{16}", str(form.get("batch", ""))):
        raise Failed(Problem(title="请选择要办理的事项", status=422, code="malformed"))
    return ActKind(told)


def _chosen(tools: Tools, session: Session, rows: list[FilingRow], form: FormData) -> Choice:
    """The chosen act, if it still can be done to one of the filings."""
    kind = _kind(form)
    brought = _brought(tools, session, rows)
    found = next(
        (each for each in batches.choices(rows, tools.now, session.who.by, brought) if each.kind is kind), None
    )
    if found is None:
        raise NoAct(kind)
    return found


def _act(
    session: Session, form: FormData, kind: ActKind, raw: Mapping[str, Any], row: FilingRow, brought: batches.Brought
) -> dict[str, Any]:  # fmt: skip
    told = batches.with_brought(kind, raw, brought.get(row.filing_id, {}))
    return batches.one(session.who, str(form["batch"]), kind, told, row.filing_id)


def _brought(tools: Tools, session: Session, rows: Sequence[FilingRow]) -> batches.Brought:
    """The checklists that were answered to the end, of filings that are under review: such may be decided together."""
    now, who = tools.clock(), session.who
    begun = [row for row in rows if row.stage == Stage.UNDER_REVIEW and tools.reviews.find(who, row.filing_id, now)]
    read = ((row.filing_id, reading(tools, row, who, now)) for row in begun)
    return {filing_id: {"checklist": each.checklist} for filing_id, each in read if not each.open}


def _form(
    request: Request, tools: Tools, session: Session, form: FormData, rows: list[FilingRow], chosen: Choice,
    raw: Mapping[str, Any] | None = None, found: list[Finding] | None = None,
) -> HTMLResponse:  # fmt: skip
    return page(
        request,
        tools,
        "desk_batch_form.html",
        session,
        status=422 if found else 200,
        chosen=chosen,
        rows=rows,
        fields=chosen.fields(raw, found or ()),
        found=found or [],
        batch=str(form["batch"]),
    )
