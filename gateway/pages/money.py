"""What the evaluation by third parties and the subsidy ask beside the forms of their acts: a sheet that comes back, a base that is read off a document."""

from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse

from activities.documents import appraisals
from activities.documents.sheet_reader import SheetRefused
from gateway.pages.staff import Staff
from gateway.pages.uploads import large, workbook_in
from gateway.pages.web import Answer, page, then
from gateway.problem import KeyReused, NoRound, Refused
from gateway.remembered.sessions import Session
from gateway.shown.rounds import seen, subsidies
from gateway.tools import Doors, Tools
from gateway.visit import visit_of
from models.findings import Refusal
from models.rounds.base import RoundKind
from models.rounds.performance import PerformanceActKind
from models.rounds.round import Round
from models.rounds.subsidies import SubsidyActKind
from models.values import storable
from regulation.rounds.merit import PROOFS

router = APIRouter(prefix="/rounds/{round_id}")


def _round(tools: Tools, session: Session, round_id: str, kind: RoundKind) -> Round:
    """A round of a kind that somebody may see; `NotFound` for any other."""
    _, round_ = seen.seen(tools, session.who, storable(round_id))
    if round_.kind is not kind:
        raise NoRound(round_id)
    return round_


@router.post("/appraisals", dependencies=[Depends(large)])
async def bring(request: Request, tools: Doors, session: Staff, form: Answer, round_id: str) -> Response:
    """Take a sheet that was filled in. All of it is entered, or nothing, and every fault is told by row and column."""
    round_ = await run_in_threadpool(_round, tools, session, round_id, RoundKind.PERFORMANCE)
    try:
        brought = await run_in_threadpool(appraisals.read, await workbook_in(form, "评价表"))
    except SheetRefused as refused:
        return _refused(request, tools, session, round_, str(refused), ())
    act = {
        "id": str(form.get("id") or f"desk-{uuid4().hex}"),
        "kind": PerformanceActKind.APPRAISE.value,
        "content": {"rows": [dict(row) for row in brought.rows]},
    }
    try:
        receipt = await visit_of(request, tools, session.who).act_on_round(round_id, act)
    except Refused as refused:
        found = tuple(brought.placed(each) for each in refused.refusal.findings)
        return _refused(request, tools, session, round_, refused.refusal.message, found)
    except KeyReused:
        return _refused(request, tools, session, round_, "此前已上传另一份评价表，请重新打开页面后上传", ())
    return then(f"/rounds/{round_id}", f"{len(brought.rows)}家联盟的评价已登记为第{receipt.number}号")


def _refused(
    request: Request, tools: Tools, session: Session, round_: Round, message: str, found: tuple[Any, ...]
) -> HTMLResponse:
    said = f"评价表有{len(found)}处须改正：" if found else message
    return page(request, tools, "round_appraisals.html", session, status=422, round=round_, message=said, found=found)


# The base of a subsidy


@router.get("/bases/{filing_id}")
def ask(request: Request, tools: Doors, session: Staff, round_id: str, filing_id: str) -> HTMLResponse:
    """The documents of an alliance, and what is read off one of them."""
    round_ = _round(tools, session, round_id, RoundKind.SUBSIDY)
    return _base(request, tools, session, round_, filing_id, f"desk-{uuid4().hex}")


@router.post("/bases/{filing_id}")
async def note(request: Request, tools: Doors, session: Staff, form: Answer, round_id: str, filing_id: str) -> Response:
    """登记核对的研发投入."""
    round_ = await run_in_threadpool(_round, tools, session, round_id, RoundKind.SUBSIDY)
    key, amount, chosen = (str(form.get(name, "")) for name in ("id", "amount", "proof"))
    kind, _, sha256 = chosen.partition(":")
    act = {
        "id": key, "kind": SubsidyActKind.NOTE_BASE.value, "filing": filing_id, "amount": amount.replace(",", ""), "proof": kind,
        "document": sha256,
    }  # fmt: skip
    try:
        receipt = await visit_of(request, tools, session.who).act_on_round(round_id, act)
    except (Refused, KeyReused) as refused:
        said = refused.refusal if isinstance(refused, Refused) else None
        moved = Refusal(message="此前已登记另一内容，请核对后再次登记", article="", missing="")
        return await run_in_threadpool(
            _base, request, tools, session, round_, filing_id, f"desk-{uuid4().hex}", said or moved, chosen, amount
        )
    row = await run_in_threadpool(tools.seen, storable(filing_id), session.who)
    return then(f"/rounds/{round_id}", f"“{row.alliance_name}”的研发投入已登记为第{receipt.number}号")


def _base(
    request: Request, tools: Tools, session: Session, round_: Round, filing_id: str, act_id: str,
    refusal: Refusal | None = None, chosen: str = "", amount: str = "",
) -> HTMLResponse:  # fmt: skip
    row = tools.seen(storable(filing_id), session.who)
    proofs, stated = subsidies.proofs(tools, round_, row.filing_id)
    current = tools.rounds.register.round(round_.id) or round_
    return page(
        request, tools, "round_base.html", session, status=422 if refusal else 200, round=current, row=row, proofs=proofs,
        stated=stated, refusal=refusal, chosen=chosen or (proofs[0].key if proofs else ""), amount=amount, act_id=act_id,
        base_year=round_.year - 1, PROOFS=PROOFS,
    )  # fmt: skip
