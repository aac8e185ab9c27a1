"""申报通知 on the public site: the province's calls and the cities' documents, each with its attachments. Nobody signs in."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from gateway.pages.public import GET, SOON, for_all
from gateway.shown.calls import PublicCalls, paragraphs
from gateway.shown.rounds.published import PublicRounds
from gateway.tools import Doors
from models.values import day_of

router = APIRouter(prefix="/calls")


@router.api_route("", methods=GET)
def listed(request: Request, tools: Doors) -> Response:
    """Every call and every document of a city."""

    def shown() -> Mapping[str, Any]:
        return {"calls": PublicCalls(tools).listed(day_of(tools.clock()))}

    return for_all(request, tools, None, "public_calls.html", shown, SOON)


@router.api_route("/{round_id}", methods=GET)
def one(request: Request, tools: Doors, round_id: str) -> Response:
    """One of them: what it says, its days, what it asks for, its attachments."""
    call, paper, rules = PublicCalls(tools).one(round_id, day_of(tools.clock()))

    def shown() -> Mapping[str, Any]:
        proven = PublicRounds(tools.register.engine).newest(call.round.id, call.today)
        return {
            "call": call, "text": paragraphs(paper.text), "attachments": paper.attachments, "rules": rules, "proven": proven,
        }  # fmt: skip

    return for_all(request, tools, call.round.number, "public_call.html", shown, SOON)


@router.api_route("/{round_id}/files/{sha256}", methods=GET)
def attachment(tools: Doors, round_id: str, sha256: str) -> FileResponse:
    """An attachment, for anybody."""
    row, path = PublicCalls(tools).attachment(round_id, sha256, day_of(tools.clock()))
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "public, max-age=300"}
    return FileResponse(path, media_type=row.media_type, filename=row.name, headers=headers)
