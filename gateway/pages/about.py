"""What is told of this site itself (关于本系统): who runs it, where help is, how it can be used by everybody, and what may be taken from it."""

from collections.abc import Iterator, Mapping
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
        known = ((name, tools.contacts.get(key)) for key, name in _named())
        return {"reached": [(name, each) for name, each in known if each and (each.telephone or each.postal_address)]}

    return for_all(request, tools, None, "public_about.html", shown, LATER)


def _named() -> Iterator[tuple[str, str]]:
    """Every office that decides, by its key: the province, the cities, the zones that review."""
    yield offices.PROVINCE, offices.name_of(offices.PROVINCE)
    yield from ((each.code, each.name) for each in offices.OFFICES.values())
    yield from ((each.key, each.name) for each in offices.ZONES.values() if each.reviews)
