"""办事指南 on the public site: what to know before one applies, and as long as an alliance is on file. Nobody signs in."""

import hashlib
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Request, Response

from activities.documents import drafted
from gateway.pages.public import GET, LATER, SOON, for_all, told
from gateway.remembered.kept import Page
from gateway.shown import guide
from gateway.shown.documents import DOCX
from gateway.tools import Doors
from models.values import at_hour, day_of
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
        return {"shown": guide.shown(tools, kind), "place": place}

    return for_all(request, tools, None, "public_guide.html", shown, SOON)


@router.api_route("/{place}/form.docx", methods=GET)
def form(request: Request, tools: Doors, place: str) -> Response:
    """The application form (D1) of a kind with nothing in it, to be looked at."""
    kind = PLACES.get(place)
    if kind is None:
        raise HTTPException(404)
    made = _form(kind, day_of(tools.clock()))
    name = quote(f"备案申请表（空表）-{kind.label}.docx")
    return told(request, tools, made, LATER, DOCX, {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"})


@lru_cache(2 * len(Kind))
def _form(kind: Kind, day: date) -> Page:
    content = drafted.blank(kind, at_hour(day, 9), day.year)
    return Page(content, f'"{hashlib.sha256(content).hexdigest()}"')
