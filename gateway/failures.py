"""How what goes wrong is answered: to programs as a problem (RFC 9457) with every finding, to people as a page."""

import re
from contextlib import suppress
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive
from temporalio.service import RPCError

from activities import logs
from activities.documents.record import NoSuchFiling
from gateway.guard import CODEC
from gateway.identity import Identity
from gateway.pages.web import page, session_of
from gateway.problem import (
    AGAIN,
    PROBLEM,
    Conflict,
    Elsewhere,
    Failed,
    Forged,
    KeyReused,
    MovedOn,
    NotFound,
    Problem,
    Refused,
    SignInFirst,
    Unreachable,
    at_interface,
)
from gateway.remembered.audit import AuditKind
from gateway.remembered.sessions import Session, cookie_of, drawn_for, mark_of
from gateway.tools import Tools
from gateway.turns import Busy
from gateway.visit import visit_of
from models.faults import in_chinese
from models.findings import Finding
from regulation.articles import numbered
from regulation.naming import lasting
from regulation.reading import pointer

log = structlog.get_logger()


def problem_of(error: Exception) -> Problem:
    """An error as a problem."""
    match error:
        case Failed():
            return error.problem
        case Refused():
            refusal = error.refusal
            return Problem(
                title="未予登记", status=422, code="refused", detail=refusal.message, article=numbered(refusal.article) or None,
                missing=refusal.missing or None, supplied_by=refusal.supplied_by, instead=refusal.instead,
                findings=refusal.findings,
            )  # fmt: skip
        case Elsewhere():
            title = f"该备案现由{error.office}办理"
            detail = "已由其接收或者收回，不再由本机构办理；需要了解的，请与其联系"
            return Problem(title=title, status=404, code="not_found", detail=detail)
        case NotFound():
            return Problem(title=f"{error.__doc__}，或您无权查看", status=404, code="not_found")
        case NoSuchFiling():
            return problem_of(NotFound())
        case KeyReused():
            return Problem(title="编号已用于其他行为", status=409, code="key_reused", detail="须以新的编号发送")
        case Conflict():
            return Problem(title="编号已用于其他内容", status=409, code="conflict", detail=error.__doc__ or "")
        case MovedOn():
            return Problem(title=error.__doc__ or "", status=412, code="moved_on")
        case Unreachable():
            return Problem(title="服务暂不可用", status=503, code="unreachable", detail=error.__doc__ or "")
        case Busy():
            return Problem(title="此刻同时办理的较多", status=503, code="busy", detail=error.__doc__ or "")
        case RPCError() | SQLAlchemyError():
            return Problem(title="服务暂不可用", status=503, code="unreachable", detail=Unreachable.__doc__ or "")
        case SignInFirst():
            return Problem(title="请先登录", status=401, code="unauthenticated")
        case Forged():
            return Problem(title="页面已过期", status=403, code="forged", detail=error.__doc__ or "")
        case HTTPException():
            status = HTTPStatus(error.status_code)
            return Problem(title=TITLES.get(status, OTHERWISE), status=status, code=status.name.lower())
        case RequestValidationError():
            found = _faults(error)
            told = "；".join(f"{each.field.lstrip('?/')}：{each.message}" for each in found)
            return Problem(title="请求的内容有误", status=422, code="malformed", detail=told, findings=found)
    return Problem(title="系统出错，没有办成", status=500, code="internal")


TITLES = {
    HTTPStatus.NOT_FOUND: "没有这一页",
    HTTPStatus.METHOD_NOT_ALLOWED: "这一地址不能这样使用",
    HTTPStatus.BAD_REQUEST: "请求无法读取",
    HTTPStatus.FORBIDDEN: "您无权查看或者办理",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "所发的内容太大",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "不接收这种格式的内容",
    HTTPStatus.TOO_MANY_REQUESTS: "请求过于频繁，请稍后再试",
}
OTHERWISE = "请求没有办成"
"""What an answer is called that has no name of its own; nobody is told a phrase of the protocol."""


def _faults(error: RequestValidationError) -> tuple[Finding, ...]:
    """What is wrong with the parameters of a request, one finding for each of them."""
    found: dict[str, Finding] = {}
    for each in error.errors():
        place, *names = each["loc"]
        field = f"?{names[0]}" if place == "query" and names else pointer(*names)
        found.setdefault(field, at_interface(field, in_chinese(each)))
    return tuple(found.values())


def problem(error: Exception) -> JSONResponse:
    """The answer that tells a program."""
    told = problem_of(error)
    headers = dict(getattr(error, "headers", None) or {})
    if told.status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers = {**AGAIN, **headers}
    if told.status == 401:
        headers.setdefault("WWW-Authenticate", "Bearer")
    return JSONResponse(told.model_dump(mode="json"), told.status, headers, media_type=PROBLEM)


ECHO = 256_000
"""Bytes of a form that is shown again to somebody who is not signed in. A page is at most six times as long."""


async def _filled_in(request: Request) -> list[tuple[str, str]]:
    """What somebody had filled in whose session ended meanwhile: it is shown to them again, and not lost.

    A file that was chosen is not kept: a browser gives it once, and nobody who is not signed in leaves files here. Of what
    is longer than `ECHO` nothing is read any further.
    """
    body, taken = [], 0
    try:
        async for chunk in request.stream():
            taken += len(chunk)
            if taken > ECHO:
                return []
            body.append(chunk)
    except ClientDisconnect:
        return []
    except RuntimeError:  # whoever is signed in was read already
        whole = request
    else:
        whole = Request(request.scope, _again(b"".join(body)))
    with suppress(HTTPException):  # no form that can be read
        async with whole.form() as form:
            kept = [(name, value) for name, value in form.multi_items() if isinstance(value, str) and name not in OURS]
            if mark := drawn_for(str(form.get("csrf", ""))) or str(form.get("drawn", ""))[:12]:
                kept = [*kept, ("drawn", mark)]
        return kept if sum(len(name) + len(value) for name, value in kept) <= ECHO else []
    return []


def _again(body: bytes) -> Receive:
    """A body that was read, to be read again."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


NOT_TOLD = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})
"""With these a door turns somebody away from what is not theirs."""


def _on_record(request: Request, error: Exception) -> None:
    """Note whom a door turned away, and from what, whichever door it was. Nobody can be named who showed no credential."""
    status = problem_of(error).status
    who: Identity | None = getattr(request.state, "who", None)
    mistyped = isinstance(error, HTTPException) and status == HTTPStatus.NOT_FOUND  # an address that nothing has
    if status not in NOT_TOLD or who is None or mistyped:
        return
    about = f"{status} {request.method} {request.url.path}"
    visit_of(request, request.app.state.tools, who).note(
        AuditKind.REFUSED, filing_id=_named(request), about=about, success=False
    )


def _named(request: Request) -> str | None:
    """The filing that an address names, if it looks like one."""
    named = request.path_params.get("filing_id")
    return named if isinstance(named, str) and re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", named) else None


def _page(request: Request, error: Exception, kept: list[tuple[str, str]]) -> Response:
    """The page that tells a person."""
    tools, told = request.app.state.tools, problem_of(error)
    session = session_of(request, tools) if not isinstance(error, SQLAlchemyError) else None
    if kept:
        mark = dict(kept).get("drawn", "")
        other = _writer(tools, session, mark) if session and mark not in ("", mark_of(session.who.person)) else ""
        return page(request, tools, "again.html", session, status=told.status, problem=told, kept=kept, other=other)
    if isinstance(error, SignInFirst):
        asked = f"{request.url.path}?{request.url.query}".rstrip("?") if request.method == "GET" else ""
        return RedirectResponse(f"/sign-in?next={quote(asked)}", 303)
    failed = page(
        request, tools, "failure.html", session, status=told.status, problem=to_a_person(error, told), sent=request.method == "POST",
        turned_away=told.code in TURNED_AWAY, wait=_wait(error, told), was_signed_in=cookie_of(tools.settings) in request.cookies,
    )  # fmt: skip
    failed.headers.update(AGAIN if told.status == HTTPStatus.SERVICE_UNAVAILABLE else {})
    return failed


TURNED_AWAY = frozenset({"too_many", "busy"})
"""What is answered before anything is done of what was asked."""


def _wait(error: Exception, told: Problem) -> str:
    """After how long a person is to try again: as they were told by the header, if it is their turn that they wait for."""
    seconds = int((getattr(error, "headers", None) or AGAIN).get("Retry-After", 0))
    if told.code not in TURNED_AWAY or not seconds:
        return "几分钟"
    return f"{seconds}秒" if seconds < 60 else lasting(timedelta(seconds=seconds + 30))


def to_a_person(error: Exception, told: Problem) -> Problem:
    """What a page says of an error that is told to programs in their own words; what was sent and what to do is said below it."""
    match error:
        case RequestValidationError():
            return MISTYPED
        case Unreachable() | RPCError() | SQLAlchemyError():
            return told.but(detail="系统暂时连不上。")
        case Conflict():
            return told.but(
                title="这张表已用来登记其他内容",
                detail="本次没有登记任何事项。请核对此前已经登记的内容；另有事项的，请打开新的页面填写。",
            )
    return told


MISTYPED = Problem(
    title="地址有误",
    status=HTTPStatus.UNPROCESSABLE_ENTITY,
    code="malformed",
    detail="地址中有的部分不是本系统的事项、编号、年度或者日期。请从页面上的链接重新进入。",
)
"""What a person is told whose address names what there is not: nobody types it by the names that programs have for things."""

OURS = ("csrf", "drawn")
"""What a form brings along for us: the secret of a session, and for whom it was drawn."""


def _writer(tools: Tools, session: Session, mark: str) -> str:
    """Who filled in a form, if not who is signed in now: a colleague by name."""
    colleagues = tools.people.colleagues(session.who.office, session.who.role) if session.who.staff else []
    return next((each.name for each in colleagues if mark_of(each.person) == mark), "另一人")


def handle(app: FastAPI) -> None:
    """Answer every error so: below /api/ and /codec/ as a problem, elsewhere as a page."""

    async def answer(request: Request, error: Exception) -> Response:
        if isinstance(error, ClientDisconnect):  # nobody is left to be told
            return Response(status_code=HTTPStatus.BAD_REQUEST)
        if problem_of(error).status >= 500 and not isinstance(error, Busy):
            log.error("gateway.failed", path=request.url.path, error=logs.named(error))
        await run_in_threadpool(_on_record, request, error)
        if request.url.path.startswith(("/api/", CODEC)):
            return problem(error)
        signed_out = isinstance(error, SignInFirst | Forged)
        kept = await _filled_in(request) if signed_out and request.method == "POST" else []
        return await run_in_threadpool(_page, request, error, kept)

    kinds: tuple[Any, ...] = (
        ClientDisconnect, Failed, Refused, NotFound, NoSuchFiling, KeyReused, Conflict, MovedOn, Unreachable, Busy, RPCError,
        SQLAlchemyError, SignInFirst, Forged, HTTPException, RequestValidationError, Exception,
    )  # fmt: skip
    for kind in kinds:
        app.add_exception_handler(kind, answer)
