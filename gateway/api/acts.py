"""Acts: submitting, resubmitting, and everything else that is done to a filing. Each may be sent again under its key."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import TypeAdapter, ValidationError

from gateway.api import findings
from gateway.api.caller import Caller, Seen
from gateway.api.conditions import Conditional, IfMatch, moved_on, rests_on
from gateway.api.documents import Document
from gateway.api.openapi import taking
from gateway.api.problems import WITH_BODY, Answers, answers, failed
from gateway.identity import Identity
from gateway.problem import Conflict, Failed, MovedOn, Refused, refuse
from gateway.reception import of_the_application
from gateway.tools import Doors, Tools
from gateway.visit import Visit, visit_of
from models.filing import Receipt
from models.register import FilingRow
from models.values import OpaqueId, canonical
from models.vocabulary import ActKind

router = APIRouter(route_class=Conditional, tags=["办理"])

LARGEST_ACT = 100_000
"""Characters of the largest act, its paper not counted: the engine carries facts, the register carries papers."""

KEY: TypeAdapter[str] = TypeAdapter(OpaqueId)


def _unstamped(document: Document) -> dict[str, Any]:
    if claims := findings.claims(document):
        refuse(claims)
    return document


Unstamped = Annotated[dict[str, Any], Depends(_unstamped)]
"""A document that leaves to the door what is the door's: who acts, when, and the digest of the paper."""

AGAIN: Answers = {200: {"model": Receipt, "description": "此前已登记：同一答复"}}


@router.post(
    "/filings",
    status_code=201,
    response_description="已登记",
    responses={**AGAIN, **answers(*WITH_BODY, 409)},
    openapi_extra=taking("Application"),
)
async def submit(request: Request, response: Response, tools: Doors, who: Caller, document: Unstamped) -> Receipt:
    """提交备案申请: its `filing_id` is the key; the same application again is the same filing."""
    known = await run_in_threadpool(_not_anothers, tools, document, who)
    receipt = await visit_of(request, tools, who).submit(document)
    response.headers["Location"] = f"{request.url.path}/{document['filing_id']}"
    response.status_code = 200 if known else 201
    return receipt


def _not_anothers(tools: Tools, document: Mapping[str, Any], who: Identity) -> FilingRow | None:
    """The caller's own filing under this number. If it is another's, who sends what is refused anyway is not even told that."""
    known = tools.register.row(str(document.get("filing_id")))
    if known and not who.sees(known):
        found = findings.of_application(tools, document, who)
        if findings.refuses(found):
            refuse(found)
        raise Conflict
    return known


@dataclass(frozen=True)
class Sender:
    """Who acts, from where, under which key, and on which state of the filing they rest."""

    visit: Visit
    key: str | None
    if_match: str | None


def _sender(
    request: Request,
    tools: Doors,
    who: Caller,
    key: Annotated[str | None, Header(alias="Idempotency-Key", description="行为编号：同一编号即同一行为")] = None,
    if_match: IfMatch = None,
) -> Sender:
    quoted = re.fullmatch(r'"(.*)"', key or "")
    return Sender(visit_of(request, tools, who), quoted[1] if quoted else key, if_match)


By = Annotated[Sender, Depends(_sender)]


@router.post(
    "/filings/{filing_id}/acts",
    status_code=201,
    response_description="已登记",
    responses={**AGAIN, **answers(*WITH_BODY, 404, 409, 412)},
    openapi_extra=taking("Act"),
)
async def act(response: Response, row: Seen, sender: By, document: Unstamped) -> Receipt:
    """办理: an act of any kind, with its paper as `content`. What confirms a letter names it alone (`seconds`)."""
    return await _done(response, row, sender, document)


@router.post(
    "/filings/{filing_id}/versions",
    status_code=201,
    response_description="已登记",
    responses={**AGAIN, **answers(*WITH_BODY, 404, 409, 412)},
    openapi_extra=taking("Application"),
)
async def resubmit(response: Response, row: Seen, sender: By, document: Unstamped) -> Receipt:
    """补正重报: the corrected application becomes the next version."""
    try:
        return await _done(response, row, sender, {"kind": ActKind.RESUBMIT.value, "content": document})
    except Refused as refused:
        raise Refused(of_the_application(refused.refusal)) from refused


async def _done(response: Response, row: FilingRow, sender: Sender, document: Mapping[str, Any]) -> Receipt:
    """Do an act, or answer as it was answered before."""
    raw = {**document, "id": key_of(sender.key, document.get("id"))}
    _fits(raw)
    try:
        receipt = await sender.visit.act(row.filing_id, raw, seen=rests_on(sender.if_match))
    except MovedOn as moved:
        raise await run_in_threadpool(moved_on, sender.visit, moved, row.filing_id) from moved
    response.status_code = 200 if receipt.number <= row.number else 201
    return receipt


def key_of(header: str | None, written: object) -> str:
    """The id of an act: told by the header, or in the act itself."""
    if header is not None and written is not None and header != written:
        raise failed(400, "idempotency_key_conflict", "行为编号有二", "Idempotency-Key 与 id 不一致")
    key = header if header is not None else written
    if key is None:
        raise failed(400, "idempotency_key_missing", "缺少行为编号", "须有 Idempotency-Key 或 id，重发时不变")
    try:
        return KEY.validate_python(key)
    except ValidationError:
        raise failed(400, "idempotency_key_invalid", "行为编号有误", "须为字母、数字和 ._:@-，至多64个") from None


def _fits(raw: Mapping[str, Any]) -> None:
    """Refuse what the engine could not carry."""
    facts = {name: value for name, value in raw.items() if name != "content"}
    if len(canonical(facts)) > LARGEST_ACT:
        raise too_large()


def too_large() -> Failed:
    """The answer to an act that is larger than the engine could carry."""
    return failed(413, "too_large", "行为过大", f"文书以外不得超过{LARGEST_ACT:,}个字符")
