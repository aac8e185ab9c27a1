"""How long requests take (请求用时): every one, whoever answers it, by the route it took and never by what was asked."""

import time
from dataclasses import dataclass

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from activities.health.instruments import REQUESTS
from activities.health.routes import route_of
from activities.tracing import Traces

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def measure(app: FastAPI, api: str, traces: Traces | None) -> None:
    """Measure and trace what an application answers, its guards included. `api` is below what address its interface for
    programs lies.
    """
    build = app.build_middleware_stack

    def measured() -> ASGIApp:
        stack = build()
        return Measured(traces.of_requests(stack, api) if traces else stack, api)

    app.build_middleware_stack = measured  # type: ignore[method-assign]


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
            told = (route_of(scope, self.api), method, f"{status // 100}xx" if status else "none")
            REQUESTS.labels(*told).observe(time.perf_counter() - began)
