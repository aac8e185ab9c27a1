"""A questionnaire (调查表) of the province's own, brought as a file: looked over, and then a survey is opened with it.

Whoever opens a survey publishes its questionnaire: it is the survey's paper, and an edition from then on
(activities/brought_questionnaires.py). As a call's, nothing of it takes effect before the opening is sent.
"""

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from starlette.datastructures import UploadFile

from gateway.pages import rounds
from gateway.pages.staff import Staff
from gateway.pages.uploads import large
from gateway.pages.web import Answer, page
from gateway.problem import NoRound
from gateway.remembered.sessions import Session
from gateway.shown.documents import attachment
from gateway.shown.rounds.questionnaires import document_in, newest
from gateway.tools import Doors, Tools
from models.findings import Finding
from models.rounds.base import RoundKind, parts
from models.values import canonical, unbearable
from regulation.rounds import offers, questionnaires

router = APIRouter(prefix="/rounds/{round_id}/questionnaire", dependencies=[Depends(large)])

LARGEST = 500_000
"""Bytes of a questionnaire."""


def _to_be_opened(tools: Tools, session: Session, round_id: str) -> None:
    """`NoRound` for what is no survey that the visitor may open."""
    told = parts(round_id)
    survey = told is not None and told.kind is RoundKind.SURVEY and offers.opens(round_id, session.who.by)
    if not survey or tools.rounds.register.row(round_id):
        raise NoRound(round_id)


@router.get("")
def ask(request: Request, tools: Doors, session: Staff, round_id: str) -> HTMLResponse:
    """Where a questionnaire is brought."""
    return _asked(request, tools, session, round_id)


@router.get("/newest.json")
def last(tools: Doors, session: Staff, round_id: str) -> Response:
    """The questionnaire that was added last, to be changed."""
    _to_be_opened(tools, session, round_id)
    edition = newest()
    content = edition.model_dump_json(indent=1).encode()
    return attachment(content, f"{edition.edition}.json", "application/json")


@router.post("")
async def bring(request: Request, tools: Doors, session: Staff, form: Answer, round_id: str) -> HTMLResponse:
    """Take a questionnaire: everything that is wrong with it, or the form of the opening with it."""
    file = form.get("questionnaire")
    content = await file.read(LARGEST + 1) if isinstance(file, UploadFile) else b""
    return await run_in_threadpool(_brought, request, tools, session, round_id, content)


def _brought(request: Request, tools: Tools, session: Session, round_id: str, content: bytes) -> HTMLResponse:
    _to_be_opened(tools, session, round_id)
    try:
        document = document_in(content.decode("utf-8-sig")) if len(content) <= LARGEST else None
    except UnicodeDecodeError:
        why = "文件的文字编码不是 UTF-8（可能是 GBK），没有读取；请另存为 UTF-8 编码后再上传"
        return _asked(request, tools, session, round_id, why)
    if not isinstance(document, dict):
        why = f"须为一个不超过{LARGEST // 1000}千字节的 JSON 文件（UTF-8），内容为一个对象"
        return _asked(request, tools, session, round_id, why)
    if fault := unbearable(document):
        return _asked(request, tools, session, round_id, fault)
    _, found = questionnaires.examined(document)
    if found:
        return _asked(request, tools, session, round_id, f"调查表有{len(found)}处须改正：", tuple(found))
    return rounds.opening(request, tools, session, round_id, canonical(document))


def _asked(
    request: Request, tools: Tools, session: Session, round_id: str, why: str = "", found: tuple[Finding, ...] = ()
) -> HTMLResponse:
    _to_be_opened(tools, session, round_id)
    told = {"round_id": round_id, "why": why, "found": found, "newest": newest()}
    return page(request, tools, "questionnaire.html", session, status=422 if why else 200, **told)
