"""The year's work on the public site: every round with its days, and what it published, to be taken away, checked and proven."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response

from gateway.pages.public import GET, SOON, for_all
from gateway.shown.rounds.published import PublicRounds
from gateway.tools import Doors
from models.values import day_of, storable

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
    found = PublicRounds(tools.register.engine).publication(round_id, storable(notice_id), day_of(tools.clock()))
    return _json(found.row.content)


@router.api_route("/{round_id}/published/{notice_id}", methods=GET)
def announcement(request: Request, tools: Doors, round_id: str, notice_id: str) -> Response:
    """One thing that a round published, with its proof."""
    rounds, today = PublicRounds(tools.register.engine), day_of(tools.clock())
    found = rounds.publication(round_id, storable(notice_id), today)

    def shown() -> Mapping[str, Any]:
        return {"proven": rounds.proven(found, today)}

    return for_all(request, tools, rounds.key(), "public_announcement.html", shown, SOON)


@router.api_route("/{round_id}/proofs/{notice_id}.json", methods=GET)
def proof(tools: Doors, round_id: str, notice_id: str) -> Response:
    """The proof of what a round published, as the verifier reads it."""
    found = PublicRounds(tools.register.engine).proof(round_id, storable(notice_id), day_of(tools.clock()))
    return _json(found.document)


def _json(content: str | bytes) -> Response:
    return Response(content, media_type="application/json", headers={"Cache-Control": f"public, max-age={SOON}"})
