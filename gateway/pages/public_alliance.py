"""The page of an archived alliance, to which its members may link, and the same for programs; its address is its archive number."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Request, Response

from gateway.pages.public import GET, LATER, Open, for_all
from gateway.pages.public import told as answered
from gateway.shown.outcomes import Outcomes
from gateway.shown.public_alliance import PublicAlliance, row_of
from gateway.shown.published import PublicRegister
from gateway.tools import Doors, Tools
from models.values import day_of, storable

router = APIRouter(prefix="/register")


def _told(tools: Tools, register: PublicRegister, archive_number: str) -> PublicAlliance:
    today = day_of(tools.clock())
    found = register.alliance(storable(archive_number), today)
    if found is None:
        raise HTTPException(404)
    return PublicAlliance(
        found, [each for each in Outcomes(tools).listed(today) if row_of(each, found.line.archive_number)], today
    )


@router.api_route("/{archive_number:path}.json", methods=GET)
def as_json(archive_number: str, request: Request, tools: Doors, register: Open) -> Response:
    """An archived alliance for programs."""

    def made() -> str:
        return json.dumps(_told(tools, register, archive_number).told(tools.settings.own_address), ensure_ascii=False)

    page = tools.kept.page((request.url.path, None), LATER, tools.clock(), made)
    headers = {"X-Robots-Tag": "noindex", "Access-Control-Allow-Origin": "*"}
    return answered(request, tools, page, LATER, "application/json", headers)


@router.api_route("/{archive_number:path}", methods=GET)
def show(archive_number: str, request: Request, tools: Doors, register: Open) -> Response:
    """An archived alliance, with everything published of it."""

    def shown() -> Mapping[str, Any]:
        told = _told(tools, register, archive_number)
        return {
            "told": told,
            "line": told.found.line,
            "address": f"{tools.settings.own_address}{quote(request.url.path)}",
        }

    return for_all(request, tools, archive_number, "public_alliance.html", shown)
