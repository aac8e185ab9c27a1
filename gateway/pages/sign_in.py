"""Signing in and out: by the provider that a deployment names, or as one of the seeded people on this machine alone."""

import hashlib
from itertools import groupby
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse
from itsdangerous import BadData, URLSafeTimedSerializer
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from gateway.audit import AuditKind
from gateway.failures import Failed, Problem
from gateway.identity import EMBEDDED, Identity
from gateway.oidc import ATTEMPT, CALLBACK, NOT_SIGNED_IN, Attempt, Oidc
from gateway.pages.web import Answer, Forged, MaybeSignedIn, SignedIn, page, then
from gateway.sessions import cookie_of, over_https, signing_secret
from gateway.tools import Doors, Tools
from gateway.visit import visit_of
from models.settings import Settings

router = APIRouter()

NOBODY = Problem(title="没有这一人员", status=422, code="nobody")


@router.get("/sign-in")
def choose(request: Request, tools: Doors, session: MaybeSignedIn, next: str = "") -> HTMLResponse:
    """How to sign in; with the embedded identity, as whom."""
    posts = [
        (post, list(people)) for post, people in groupby(EMBEDDED.values(), key=lambda each: (each.role, each.place))
    ]
    start = f"/sign-in/start?next={quote(local(next))}"
    return page(request, tools, "sign_in.html", session, posts=posts, next=local(next), start=start)


@router.post("/sign-in")
def embedded(
    request: Request,
    tools: Doors,
    person: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "",
) -> RedirectResponse:
    """Be one of the seeded people. There is no session yet whose token a form could bring along; its origin must do."""
    if tools.settings.identity != "embedded":
        raise HTTPException(404)
    if not {"origin", "sec-fetch-site"} & set(request.headers):
        raise Forged
    if person not in EMBEDDED:
        raise Failed(NOBODY)
    return _begun(request, tools, EMBEDDED[person], next)


@router.get("/sign-in/start")
async def start(tools: Doors, next: str = "") -> RedirectResponse:
    """To the provider."""
    address, attempt = await _provider(tools).begin(local(next))
    kept = str(_signer(tools.settings).dumps(attempt.model_dump()))
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
        attempt = Attempt.model_validate(_signer(settings).loads(kept, max_age=round(ATTEMPT.total_seconds())))
    except (BadData, ValidationError) as fault:
        raise Failed(NOT_SIGNED_IN) from fault
    who = await provider.finish(attempt, state, code, iss)
    response = await run_in_threadpool(_begun, request, tools, who, attempt.next)
    response.delete_cookie(_attempt_of(settings), secure=over_https(settings), httponly=True, samesite="lax")
    return response


@router.post("/sign-out")
def leave(request: Request, tools: Doors, session: SignedIn, form: Answer) -> RedirectResponse:
    """End the session here, not only in the browser."""
    settings = tools.settings
    tools.sessions.end(request.cookies[cookie_of(settings)])
    visit_of(request, tools, session.who).note(AuditKind.SIGNED_OUT)
    response = then("/", "已退出")
    response.delete_cookie(cookie_of(settings), secure=over_https(settings), httponly=True, samesite="lax")
    return response


def local(address: str) -> str:
    """Where to go next, if it is a path of ours; else nowhere. Browsers read `\\` as `/`, and skip tabs and line ends."""
    plain = address.startswith("/") and not address.startswith("//") and "\\" not in address and address.isprintable()
    return address if plain else ""


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
