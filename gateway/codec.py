"""The codec server (`/codec`): what the engine keeps encrypted, decrypted for operators who look at it in the Temporal UI or by its command line.

It speaks Temporal's remote codec protocol: `POST /codec/decode` and `/codec/encode`, payloads as the JSON of their protocol
buffers. What is in clear passes as it is, so it answers alike where nothing is encrypted.
"""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials
from google.protobuf.json_format import MessageToDict, Parse, ParseError
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send
from temporalio.api.common.v1 import Payload, Payloads

from activities.encryption import NO_KEYS, Codec, Undecipherable
from gateway.api.caller import BEARER, bearer
from gateway.api.problems import failed
from gateway.guard import CODEC, ui_origin
from gateway.identity import Identity
from gateway.pages.web import session_of
from gateway.remembered.audit import AuditKind
from gateway.tools import Doors, Tools
from gateway.visit import visit_of
from models.settings import Settings
from models.vocabulary import Role

router = APIRouter(prefix=CODEC.rstrip("/"), include_in_schema=False)

MOST = 2_000
"""Payloads of one request at most: more than the events of a page of the UI."""


async def _operator(
    request: Request, tools: Doors, token: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]
) -> Identity:
    """An operator: by a token, as the command line tells it, or signed in with the browser in which the UI is open."""
    if token:
        request.state.who = await bearer(tools, token.credentials)
    else:
        await run_in_threadpool(session_of, request, tools)
    who: Identity | None = request.state.who
    if who is None:
        raise failed(401, "unauthenticated", "须先登录，或以令牌表明身份")
    if who.role is not Role.OPERATOR:
        raise failed(403, "forbidden", "只有运维人员可以查看引擎中加密的内容")
    return who


Operator = Annotated[Identity, Depends(_operator)]


@router.post("/decode")
async def decode(request: Request, tools: Doors, who: Operator) -> JSONResponse:
    """Payloads in clear."""
    return await _done(request, tools, who, "decode", codec_of(tools).decrypted)


@router.post("/encode")
async def encode(request: Request, tools: Doors, who: Operator) -> JSONResponse:
    """Payloads as the engine is to keep them."""
    return await _done(request, tools, who, "encode", codec_of(tools).encrypted)


def codec_of(tools: Tools) -> Codec:
    """The codec by which the gateway itself reads what the engine answers."""
    return cast(Codec, tools.filings.client.data_converter.payload_codec or NO_KEYS)


async def _done(
    request: Request, tools: Tools, who: Identity, what: str, one: Callable[[Payload], Payload]
) -> JSONResponse:
    body = await request.body()

    def done() -> Any:
        payloads = _read(body)
        about, success = f"{what} {len(payloads)}", False
        try:
            answer = MessageToDict(Payloads(payloads=[one(each) for each in payloads]))
            success = True
        except Undecipherable as error:
            raise failed(422, "undecipherable", error.__doc__ or "", str(error)) from error
        finally:
            visit_of(request, tools, who).note(AuditKind.CODEC, about=about, success=success)
        return answer

    return JSONResponse(await run_in_threadpool(done), headers={"Cache-Control": "no-store"})


def _read(body: bytes) -> Sequence[Payload]:
    try:
        payloads = Parse(body, Payloads()).payloads
    except (ParseError, ValueError, RecursionError):
        raise failed(400, "malformed", "请求无法读取", "须为 Temporal 远程编解码协议的 payloads") from None
    if len(payloads) > MOST:
        raise failed(422, "too_many_payloads", "载荷过多", f"一次不得超过{MOST:,}个")
    return payloads


class ForTheUi:
    """Lets pages of the Temporal UI, and of nowhere else, read what the codec server answers (CORS)."""

    def __init__(self, app: ASGIApp, origin: str) -> None:
        self.app = app
        self.answered = CORSMiddleware(
            app,
            allow_origins=[origin] if origin else [],
            allow_methods=["POST"],
            allow_headers=["Authorization", "Content-Type", "X-Namespace"],
            allow_credentials=True,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and say who may read the answer."""
        told = scope["type"] == "http" and scope["path"].startswith(CODEC)
        await (self.answered if told else self.app)(scope, receive, send)


def serve(app: FastAPI, settings: Settings) -> None:
    """Put the codec server into the application."""
    app.add_middleware(ForTheUi, origin=ui_origin(settings))
    app.include_router(router)
