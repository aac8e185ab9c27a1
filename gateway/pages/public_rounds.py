"""The year's work on the public site: every round with its days, and what it published, to be taken away and checked."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response

from gateway.pages.public import GET, SOON, for_all
from gateway.shown.rounds.published import PublicRounds
from gateway.tools import Doors
from models.values import day_of

router = APIRouter(prefix="/rounds")


@router.api_route("", methods=GET)
def listed(request: Request, tools: Doors) -> Response:
    """Every round."""
    rounds = PublicRounds(tools.register.engine)

    def shown() -> Mapping[str, Any]:
        return {"rounds": rounds.listed(day_of(tools.clock()))}

    return for_all(request, tools, rounds.key(), "public_rounds.html", shown, SOON)


@router.api_route("/{round_id}/published/{notice_id}.json", methods=GET)
def published(tools: Doors, round_id: str, notice_id: str) -> Response:
    """What a round published, byte for byte as it is hashed."""
    content = PublicRounds(tools.register.engine).content(round_id, notice_id, day_of(tools.clock()))
    return Response(content, media_type="application/json", headers={"Cache-Control": f"public, max-age={SOON}"})
