"""What stands before every request: whom the gateway answers, how much it takes and how often; and the headers of answers.

Each guard is plain ASGI, so that an upload streams through it. The headers are outermost: whoever answers, a guard or the
application or nobody in time, the answer carries them.
"""

import asyncio
import hashlib
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.security.utils import get_authorization_scheme_param
from starlette.datastructures import MutableHeaders
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.counters import A_DAY, A_MINUTE, AN_HOUR, Counters, Limit
from gateway.problem import AGAIN, Failed, Problem
from gateway.remembered.sessions import cookie_of, over_https
from gateway.shipped import HEALTH
from gateway.tools import Tools
from gateway.turns import Busy, Turns
from gateway.visit import client_of
from models.settings import Settings

CONTENT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
"""What a page may load: its own style, script and pictures, nothing else and from nowhere else."""

HEADERS = {
    "Content-Security-Policy": CONTENT,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

ALWAYS_HTTPS = {"Strict-Transport-Security": "max-age=31536000"}
"""Told where the gateway is served over https: for a year, browsers ask in no other way."""

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
"""By which names the embedded identity is asked for; any other means that somebody exposed it."""

FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
"""What a proxy adds to what it passes on."""

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""

NOT_OURS = "本次没有登记任何事项。请从本系统的页面上办理。"

CODEC = "/codec/"
"""Where pages of the Temporal UI have payloads decrypted (codec.py). It changes nothing, and is asked by POST."""

CALENDAR = "/calendar/deadlines.ics"
"""Where calendar programs read somebody's deadlines, by a secret in the query: nothing that logs a path tells it."""

CALENDARS_AN_HOUR = 60
"""How often one of them may: it is made anew each time, and programs ask every quarter of an hour at most."""

AN_OFFICE = 10
"""How many times what one person may ask for may come from one address: the people of an office share one."""

OTHERWISE = "异议的期限不因此受影响：也可以在公示期内将书面异议寄送或者当面递交审核机关，邮寄的以邮戳日期为准。"
"""What whoever may not object over the public form just now is told: nobody is shut out from objecting."""

AROUND_AN_UPLOAD = 1_000_000
"""Bytes of a form around the document that is uploaded with it."""


def protect(app: FastAPI, settings: Settings, counters: Counters) -> None:
    """Put the guards before an application. The one that is added last stands first."""
    proxied = [_proxied] if settings.identity == "embedded" else []
    app.add_middleware(AtOnce, settings=settings)
    app.add_middleware(Sizes, settings=settings)
    app.add_middleware(
        Gate,
        checks=(
            *proxied,
            Origins(urlsplit(settings.own_address).scheme, ui_origin(settings)),
            Rates(settings, counters),
        ),
    )
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=_hosts(settings), www_redirect=False)
    headers = {**HEADERS, **(ALWAYS_HTTPS if over_https(settings) else {})}
    build = app.build_middleware_stack
    app.build_middleware_stack = lambda: Headers(build(), headers)  # type: ignore[method-assign]


def ui_origin(settings: Settings) -> str:
    """From where pages of the Temporal UI come; empty if no address of it is set."""
    parts = urlsplit(settings.ui_address)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def _hosts(settings: Settings) -> tuple[str, ...]:
    host = urlsplit(settings.own_address).hostname or ""
    return LOOPBACK if settings.identity == "embedded" else (f"[{host}]" if ":" in host else host,)


async def _refuse(failed: Failed, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer as the application answers this failure: with a problem, or with a page."""
    request = Request(scope)
    response = await request.app.exception_handlers[Failed](request, failed)
    response.headers.update(failed.headers or {})
    await response(scope, receive, send)


@dataclass(frozen=True)
class Headers:
    """The security headers, on every answer."""

    app: ASGIApp
    headers: Mapping[str, str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and add to the answer what it does not say itself."""

        async def answered(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, answered)


Check = Callable[[Request], Failed | None]
"""Why a request is turned away, told from its head alone; None if it is not."""


@dataclass(frozen=True)
class Gate:
    """Turns away what one of its checks turns away, before anything of it is read."""

    app: ASGIApp
    checks: tuple[Check, ...]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or refuse."""
        if scope["type"] == "http":
            request = Request(scope)
            for check in self.checks:
                if failed := check(request):
                    await _refuse(failed, scope, receive, send)
                    return
        await self.app(scope, receive, send)


def _proxied(request: Request) -> Failed | None:
    """The embedded identity lets anybody be anybody: what a proxy passes on may come from anywhere."""
    if any(name in request.headers for name in FORWARDED):
        return Failed(Problem(title="演示身份只能用于本机，不得经代理访问", status=403, code="proxied"))
    return None


@dataclass(frozen=True)
class Origins:
    """A change that a browser asks for must come from a page of our own; beside the token in each form (CSRF).

    Programs tell neither header, and have no cookies that somebody else could make them send. The Temporal UI asks the codec server
    from an address of its own.
    """

    scheme: str
    ui: str

    def __call__(self, request: Request) -> Failed | None:
        """Whether another site asks."""
        own = (None, f"{self.scheme}://{request.headers.get('host', '')}")
        near = (None, "same-origin", "none")
        told = request.headers.get("origin"), request.headers.get("sec-fetch-site")
        from_the_ui = request.scope["path"].startswith(CODEC) and self.ui and told[0] == self.ui
        if request.method in SAFE or from_the_ui or (told[0] in own and told[1] in near):
            return None
        return Failed(Problem(title="请求来自其他网站", status=403, code="cross_site", detail=NOT_OURS))


@dataclass(frozen=True)
class Rates:
    """How often somebody may ask: a session or a bearer token by itself, everybody else by their address.

    What carries a credential is counted for its address too, so that made-up ones win nothing; what one limit refuses is
    counted for none. Public pages are counted like any other: ten a second is more than a crawler needs, and it is told when
    to come back. The processes of a gateway count together, and so do gateways on several machines where `limits` says so.
    """

    settings: Settings
    counters: Counters

    def __call__(self, request: Request) -> Failed | None:
        """Count a request; what is told to whoever asks too often."""
        if _is_counted_for_nobody(request.scope["path"]):
            return None
        if wait := self.counters.hit(self._limits(request), time.time()):
            detail = OTHERWISE if request.scope["path"].startswith("/objections/") else ""
            problem = Problem(title="请求过于频繁，请稍后再试", status=429, code="too_many", detail=detail)
            return Failed(problem, {"Retry-After": str(max(1, math.ceil(wait)))})
        return None

    def _limits(self, request: Request) -> Iterator[Limit]:
        """What a request counts for, and how often that may be in how many seconds."""
        reads = request.method in SAFE or request.scope["path"].startswith(CODEC)
        address = _network(client_of(request))
        times = self.settings.reads_a_minute if reads else self.settings.acts_a_minute
        kind = "reads" if reads else "acts"
        if not reads and request.scope["path"].startswith("/objections/"):
            yield Limit(f"objections {address}", self.settings.objections_an_hour, AN_HOUR)
            yield Limit(f"objections {request.scope['path'][:100]} {address}", self.settings.objections_a_day, A_DAY)
        if request.scope["path"] == CALENDAR:
            secret = request.query_params.get("key", "")
            yield Limit(f"calendar {_digest(secret)}", CALENDARS_AN_HOUR, AN_HOUR)
        if is_costly(request):
            yield Limit(f"costly {address}", math.ceil(times / COSTLY_ARE_FEWER), A_MINUTE)
        if credential := credential_of(request, self.settings):
            yield Limit(f"{kind} {_digest(credential)}", times, A_MINUTE)
            yield Limit(f"{kind} of people at {address}", times * AN_OFFICE, A_MINUTE)
        else:
            yield Limit(f"{kind} {address}", times, A_MINUTE)


def _is_counted_for_nobody(path: str) -> bool:
    return path.startswith("/static/") or path == HEALTH


def is_costly(request: Request) -> bool:
    """Whether what anybody may ask for takes long where the register is large."""
    path = request.scope["path"]
    return path.startswith(COSTLY) or (path == "/register" and bool(request.scope["query_string"]))


def _is_empty(request: Request) -> bool:
    """Whether all of a request is there with its head."""
    announced = request.headers.get("content-length", "0").strip("0 ") or request.headers.get("transfer-encoding")
    return request.method in SAFE or not announced


def credential_of(request: Request, settings: Settings) -> str:
    """By what the door that is asked would know somebody; empty if they show nothing. What another door would look at is no one's."""
    if not request.scope["path"].startswith(("/api/", CODEC)):
        return request.cookies.get(cookie_of(settings)) or ""
    scheme, token = get_authorization_scheme_param(request.headers.get("authorization"))
    return token if scheme.lower() == "bearer" else ""


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def _network(client: str) -> str:
    """The address that counts as one: of IPv6, the /64 that a single line is given."""
    try:
        address = ip_address(client)
    except ValueError:
        return client
    return client if address.version == 4 else str(ip_network((address, 64), strict=False))


OF_ONE, OF_AN_ADDRESS = 8, 20
"""Requests that are worked on at once in a process, of one person and of one address: half of its threads (40) are left to others."""

IN_LINE, IN_LINE_OF_AN_ADDRESS = 100, 300
"""How many more of theirs wait. They hold a connection and no thread."""

LINE_PATIENCE = 30.0
"""Seconds that one waits."""

COSTLY = ("/register.", "/sitemap", "/statistics/")
"""What the public may read that goes through the whole register each time; a search does too."""

COSTLY_ARE_FEWER, COSTLY_AT_ONCE = 5, 4
"""One address may ask for such a thing five times less often than for others, and has so many of them at once, each to its end."""

TOO_MUCH = "您同时发出的请求过多"


class AtOnce:
    """How many requests of one person, and of one address, are worked on at once: whatever costs them time costs others none.

    A request counts from when all of it is there until its answer begins; what is costly, until it ends. A made-up credential is one more line at the same address.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app, self.settings = app, settings
        self.of_one = Turns(OF_ONE, IN_LINE, LINE_PATIENCE)
        self.of_an_address = Turns(OF_AN_ADDRESS, IN_LINE_OF_AN_ADDRESS, LINE_PATIENCE)
        self.costly = Turns(COSTLY_AT_ONCE, IN_LINE, LINE_PATIENCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on when it is their turn, or refuse."""
        if scope["type"] != "http" or _is_counted_for_nobody(scope["path"]):
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        async with AsyncExitStack() as whole, AsyncExitStack() as turns:
            address = _network(client_of(request))
            at_once, begun, refused = _is_empty(request), False, False

            async def take() -> None:
                nonlocal refused
                try:
                    if is_costly(request):
                        await whole.enter_async_context(self.costly.turn(address))
                    if credential := credential_of(request, self.settings):
                        await turns.enter_async_context(self.of_one.turn(_digest(credential)))
                    await turns.enter_async_context(self.of_an_address.turn(address))
                except Busy:
                    refused = True
                    raise

            async def brought() -> Message:
                nonlocal at_once
                message = await receive()
                if not at_once and message["type"] == "http.request" and not message.get("more_body"):
                    at_once = True
                    await take()
                return message

            async def answered(message: Message) -> None:
                nonlocal begun
                if refused and not begun:  # whatever was made of it: what is told is below
                    return
                begun = True
                await turns.aclose()
                await send(message)

            try:
                if at_once:
                    await take()
                await self.app(scope, brought, answered)
            except Exception:
                if begun or not refused:
                    raise
        if refused and not begun:
            await _refuse(
                Failed(Problem(title=TOO_MUCH, status=503, code="busy", detail=Busy.__doc__ or ""), AGAIN),
                scope,
                receive,
                send,
            )


BACK = "。在网页上填写的，请用浏览器的“后退”回到原页，换用较小的文件；草稿已保存的内容不受影响"
"""What somebody is told who sent too much with a form."""

UNSIGNED = 256_000
"""Bytes of the largest request of somebody who is not signed in; an objection brings evidence, and may be as large as any."""


async def _signed(request: Request) -> bool:
    """Whether whoever sends a request is known: a cookie, or a token, is only a claim."""
    tools: Tools = request.app.state.tools
    if request.scope["path"].startswith(("/api/", CODEC)):
        return True  # a document is read there only after its token was
    secret = request.cookies.get(cookie_of(tools.settings))
    found = await run_in_threadpool(tools.sessions.find, secret, tools.clock()) if secret else None
    return found is not None


class _TooLarge(Exception):
    """Ends the reading of a request; whatever is made of it, the answer is 413."""


@dataclass(frozen=True)
class Sizes:
    """How large a request may be: as it says itself, and where it does not say, as it comes in."""

    app: ASGIApp
    settings: Settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on as much as may be, or refuse."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        most, taken, begun, known = self._most(request), 0, False, False
        length = request.headers.get("content-length", "")
        announced = int(length[:18]) if length.isdecimal() else 0
        anybody = request.scope["path"].startswith("/objections/")

        async def allowed(size: int) -> bool:
            """Whether a request may be so large; whoever sends much must be known."""
            nonlocal most, known
            if size > UNSIGNED and not anybody and not known and not (known := await _signed(request)):
                most = min(most, UNSIGNED)
            return size <= most

        def failed() -> Failed:
            return Failed(Problem(title="请求过大", status=413, code="too_large", detail=f"不得超过{most:,}字节{BACK}"))

        if not await allowed(announced):
            await _refuse(failed(), scope, receive, send)
            return

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if not await allowed(taken):
                raise _TooLarge
            await asyncio.sleep(0)  # others have their turn between two pieces of a long body
            return message

        async def answered(message: Message) -> None:
            nonlocal begun
            if taken <= most or begun:
                begun = True
                await send(message)

        try:
            await self.app(scope, counted, answered)
        except Exception:
            if taken <= most or begun:
                raise
        if taken > most and not begun:
            await _refuse(failed(), scope, receive, send)

    def _most(self, request: Request) -> int:
        path: str = request.scope["path"]
        form = request.headers.get("content-type", "").startswith("multipart/")
        if path.startswith(("/my/uploads", "/api/v1/uploads")) or (form and path.startswith(("/my/", "/filings/"))):
            return self.settings.largest_upload + AROUND_AN_UPLOAD
        return self.settings.largest_request
