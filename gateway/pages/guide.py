"""办事指南 on the public site: what to know before one applies, and as long as an alliance is on file. Nobody signs in."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response

from gateway.pages.public import GET, SOON, for_all
from gateway.shown import guide
from gateway.tools import Doors
from models.vocabulary import Kind

router = APIRouter(prefix="/guide")

PLACES = {kind.value.lower(): kind for kind in Kind}
"""The last part of the address of each kind's guide."""


@router.api_route("", methods=GET)
def both(request: Request, tools: Doors) -> Response:
    """Which of the two it is."""

    def shown() -> Mapping[str, Any]:
        return {"guides": [(place, guide.shown(tools, kind)) for place, kind in PLACES.items()]}

    return for_all(request, tools, None, "public_guides.html", shown, SOON)


@router.api_route("/{place}", methods=GET)
def one(request: Request, tools: Doors, place: str) -> Response:
    """The guide of a kind, to be read or printed."""
    kind = PLACES.get(place)
    if kind is None:
        raise HTTPException(404)

    def shown() -> Mapping[str, Any]:
        return {"shown": guide.shown(tools, kind)}

    return for_all(request, tools, None, "public_guide.html", shown, SOON)
