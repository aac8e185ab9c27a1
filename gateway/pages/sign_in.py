"""Signing in and out: by the provider that a deployment names, or as one of the seeded people on this machine alone."""

import hashlib
import secrets
from datetime import timedelta
from itertools import groupby
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse
from itsdangerous import BadData, URLSafeTimedSerializer
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from gateway.identity import EMBEDDED, Identity, is_let_in
from gateway.oidc import ATTEMPT, CALLBACK, NOT_SIGNED_IN, Attempt, Oidc
from gateway.pages.web import Answer, MaybeSignedIn, SignedIn, page, then
from gateway.problem import Failed, Forged, Problem
from gateway.remembered.audit import AuditKind
from gateway.remembered.sessions import cookie_of, over_https, signing_secret
from gateway.tools import Doors, Tools
from gateway.visit import visit_of
from models.settings import Settings
from models.values import digest

router = APIRouter()

A_MONTH = timedelta(days=30)
"""How long a browser need not bring the start-up token again."""

NOBODY = Problem(title="没有这一人员", status=422, code="nobody")


NOT_LET_IN = Problem(title="启动口令不正确", status=403, code="not_let_in", detail="请打开 make run 在终端打印的链接")


@router.get("/sign-in", response_model=None)
def choose(
    request: Request, tools: Doors, session: MaybeSignedIn, next: str = "", token: str = ""
) -> HTMLResponse | RedirectResponse:
    """How to sign in; with the embedded identity, as whom. The link that `make run` prints brings its start-up token."""
    if token and tools.settings.identity == "embedded":
        return _let_in(tools.settings, token, next)
    posts = [
        (post, list(people)) for post, people in groupby(EMBEDDED.values(), key=lambda each: (each.role, each.place))
    ]
    start, let_in = f"/sign-in/start?next={quote(local(next))}", _is_let_in(request, tools.settings)
    return page(request, tools, "sign_in.html", session, posts=posts, next=local(next), start=start, let_in=let_in)


@router.post("/sign-in")
def embedded(
    request: Request,
    tools: Doors,
    person: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "",
    token: Annotated[str, Form()] = "",
) -> RedirectResponse:
    """Be one of the seeded people, or bring the start-up token first. There is no session yet whose token a form could bring
    along; its origin must do."""
    if tools.settings.identity != "embedded":
        raise HTTPException(404)
    if not {"origin", "sec-fetch-site"} & set(request.headers):
        raise Forged
    if token:
        return _let_in(tools.settings, token, next)
    if not _is_let_in(request, tools.settings):
        raise Failed(NOT_LET_IN)
    if person not in EMBEDDED:
        raise Failed(NOBODY)
    return _begun(request, tools, EMBEDDED[person], next)


@router.get("/sign-in/start")
async def start(tools: Doors, next: str = "") -> RedirectResponse:
    """To the provider."""
    address, attempt = await _provider(tools).begin(local(next))
    kept = str((await run_in_threadpool(_signer, tools.settings)).dumps(attempt.model_dump()))
    response = RedirectResponse(address, 303, {"Cache-Control": "no-store"})
    _set(response, tools.settings, _attempt_of(tools.settings), kept, round(ATTEMPT.total_seconds()))
    return response


@router.get(CALLBACK)
async def back(
    request: Request, tools: Doors, state: str = "", code: str = "", iss: str | None = None
) -> RedirectResponse:
    """Back from the provider: the browser must be the one that it was sent to with."""
    provider, settings = _provider(tools), tools.settings
    try:
        kept = request.cookies.get(_attempt_of(settings), "")
        signer = await run_in_threadpool(_signer, settings)
        attempt = Attempt.model_validate(signer.loads(kept, max_age=round(ATTEMPT.total_seconds())))
    except (BadData, ValidationError) as fault:
        raise Failed(NOT_SIGNED_IN) from fault
    who = await provider.finish(attempt, state, code, iss)
    response = await run_in_threadpool(_begun, request, tools, who, attempt.next)
    response.delete_cookie(_attempt_of(settings), secure=over_https(settings), httponly=True, samesite="lax")
    return response


@router.post("/sign-out")
def leave(request: Request, tools: Doors, session: SignedIn, form: Answer) -> RedirectResponse:
    """End the session here, not only in the browser, which forgets what was typed and not saved (static/form/kept.js)."""
    settings = tools.settings
    tools.sessions.end(request.cookies[cookie_of(settings)])
    visit_of(request, tools, session.who).note(AuditKind.SIGNED_OUT)
    response = then("/", "已退出")
    response.headers["Clear-Site-Data"] = '"storage"'
    response.delete_cookie(cookie_of(settings), secure=over_https(settings), httponly=True, samesite="lax")
    return response


def local(address: str) -> str:
    """Where to go next, if it is a path of ours; else nowhere. Browsers read `\\` as `/`, and skip tabs and line ends."""
    plain = address.startswith("/") and not address.startswith("//") and "\\" not in address and address.isprintable()
    return address if plain else ""


def _let_in(settings: Settings, token: str, next_: str) -> RedirectResponse:
    """The token was brought: this browser need not bring it again, and it stands in no address any more."""
    if not is_let_in(settings, token):
        raise Failed(NOT_LET_IN)
    response = RedirectResponse(f"/sign-in?next={quote(local(next_))}", 303, {"Cache-Control": "no-store"})
    _set(response, settings, _token_of(settings), _mark_of(settings), round(A_MONTH.total_seconds()))
    return response


def _is_let_in(request: Request, settings: Settings) -> bool:
    """Whether a browser has brought the start-up token, or need not."""
    mark = request.cookies.get(_token_of(settings), "")
    return is_let_in(settings, "") or secrets.compare_digest(mark.encode(errors="replace"), _mark_of(settings).encode())


def _mark_of(settings: Settings) -> str:
    """What a browser keeps of the token: enough to be let in, and no use to a program."""
    return digest(["embedded", settings.embedded_token.get_secret_value()])


def _token_of(settings: Settings) -> str:
    return f"{cookie_of(settings)}-token"


def _begun(request: Request, tools: Tools, who: Identity, next_: str) -> RedirectResponse:
    """Somebody is signed in: their session begins, and the one that this browser had before ends."""
    settings, now = tools.settings, tools.clock()
    if earlier := request.cookies.get(cookie_of(settings)):
        tools.sessions.end(earlier)
    tools.people.remember(who, now)
    visit_of(request, tools, who).note(AuditKind.SIGNED_IN)
    response = then(local(next_) or ("/desk" if who.staff else "/my"))
    _set(response, settings, cookie_of(settings), tools.sessions.begin(who, now))
    return response


def _set(response: RedirectResponse, settings: Settings, name: str, value: str, max_age: int | None = None) -> None:
    """A cookie that no script reads and no other site makes a browser send along with a change."""
    response.set_cookie(name, value, max_age, httponly=True, samesite="lax", secure=over_https(settings), path="/")


def _attempt_of(settings: Settings) -> str:
    return f"{cookie_of(settings)}-attempt"


def _signer(settings: Settings) -> URLSafeTimedSerializer:
    kwargs = {"digest_method": hashlib.sha256}
    return URLSafeTimedSerializer(signing_secret(settings), salt="sign-in", signer_kwargs=kwargs)


def _provider(tools: Tools) -> Oidc:
    if tools.oidc is None:
        raise HTTPException(404)
    return tools.oidc
