"""How long requests take (请求用时): every one, whoever answers it, by the route it took and never by what was asked."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from activities.health.instruments import REQUESTS

NO_ROUTE = "none"
"""What was asked for an address that nothing has, or turned away before anybody looked."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def measure(app: FastAPI, api: str) -> None:
    """Measure what an application answers, its guards included. `api` is below what address its interface for programs lies."""
    build = app.build_middleware_stack
    app.build_middleware_stack = lambda: Measured(build(), api)  # type: ignore[method-assign]


@dataclass(frozen=True)
class Measured:
    """Passes on, and notes how long it took until the answer was whole."""

    app: ASGIApp
    api: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on and measure."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0

        async def answered(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self.app(scope, receive, answered)
        finally:
            method = scope["method"] if scope["method"] in METHODS else "other"
            told = (self._route(scope), method, f"{status // 100}xx" if status else "none")
            REQUESTS.labels(*told).observe(time.perf_counter() - began)

    def _route(self, scope: Mapping[str, Any]) -> str:
        """The pattern of the address, as the application has it."""
        path = str(scope["path"])
        if path.startswith("/static/"):
            return "/static"
        pattern = str(getattr(scope.get("route"), "path", NO_ROUTE))
        within = path.startswith(f"{self.api}/") and pattern.startswith("/") and not pattern.startswith(self.api)
        return f"{self.api}{pattern}" if within else pattern
