"""What is told of this site itself (关于本系统): who runs it, where help is, how it can be used by everybody, and what may be taken from it."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response

from gateway.pages.public import GET, LATER, for_all
from gateway.tools import Doors
from regulation import offices

router = APIRouter(prefix="/about")


@router.api_route("", methods=GET)
def about(request: Request, tools: Doors) -> Response:
    """One page, to which the foot of every page leads."""

    def shown() -> Mapping[str, Any]:
        return {"province": tools.contacts.get(offices.PROVINCE)}

    return for_all(request, tools, None, "public_about.html", shown, LATER)
