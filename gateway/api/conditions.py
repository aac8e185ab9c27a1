"""Conditional requests (RFC 9110): nothing is sent twice that has not changed, and nobody acts on what has moved on.

A tag begins with the number of a filing's last entry, as far as an answer is about one; the rest is the answer's digest.
"""

import hashlib
import re
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Header, Request, Response
from fastapi.routing import APIRoute

from gateway.api.problems import failed
from gateway.problem import Failed, MovedOn
from gateway.visit import Visit
from regulation import naming

TAG = re.compile(r'(?:W/)?"[^"]*"|\*')
NUMBERED = re.compile(r'(?<!W/)"(\d{1,9})(?:-[0-9a-f]*)?"')

IfMatch = Annotated[
    str | None, Header(alias="If-Match", description="所依据的 ETag：此后已有新的登记的，不予办理（412）")
]


class Conditional(APIRoute):
    """A route whose readings carry a tag, and are not sent again to whoever has them."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The route's own handler; what it reads is tagged."""
        answer = super().get_route_handler()

        async def conditional(request: Request) -> Response:
            response = await answer(request)
            return _tagged(request, response) if request.method == "GET" else response

        return conditional


def _tagged(request: Request, response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Cache-Control", "private, no-cache")
    headers["Vary"] = "Authorization"
    if "no-store" in headers["Cache-Control"]:
        return response
    number = getattr(request.state, "number", None)
    digest = hashlib.sha256(response.body).hexdigest()[:16]
    headers["ETag"] = f'"{digest}"' if number is None else f'"{number}-{digest}"'
    known = [each.removeprefix("W/") for each in TAG.findall(request.headers.get("If-None-Match", ""))]
    if headers["ETag"] not in known and "*" not in known:
        return response
    kept = {name: headers[name] for name in ("ETag", "Cache-Control", "Vary")}
    return Response(status_code=304, headers=kept)


def rests_on(if_match: str | None) -> frozenset[int] | None:
    """The entries on the last of which an act rests, as its condition says; None if on whatever is the last."""
    if if_match is None or if_match.strip() == "*":
        return None
    return frozenset(map(int, NUMBERED.findall(if_match)))


def moved_on(visit: Visit, moved: MovedOn, filing_id: str) -> Failed:
    """An act rests on an earlier state of its filing: what was entered since."""
    since = visit.since(moved, filing_id) if moved.last_seen is not None else []
    told = "；".join(f"第{entry.number}号 {naming.name_of_entry(entry)}" for entry in since)
    detail = f"此后登记：{told}" if told else "If-Match 不是本备案给出的标记"
    return failed(412, "moved_on", "备案已有新的登记", detail)
