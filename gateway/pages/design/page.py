"""`/design`: every part in every state, made of the macros that all pages use. For whoever builds pages, on this machine alone."""

from ipaddress import ip_address

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse

from gateway.guard import FORWARDED
from gateway.pages.design.tokens import colours
from gateway.pages.web import MaybeSignedIn, page
from gateway.tools import Doors
from gateway.visit import client_of

router = APIRouter()


@router.get("/design")
def show(request: Request, tools: Doors, session: MaybeSignedIn) -> HTMLResponse:
    """The parts; for any caller from another machine there is no such page."""
    if not _from_this_machine(request):
        raise HTTPException(404)
    return page(request, tools, "design/design.html", session, colours=colours())


def _from_this_machine(request: Request) -> bool:
    """Whether a caller is on this machine, and passes nothing on for somebody elsewhere."""
    try:
        near = ip_address(client_of(request)).is_loopback
    except ValueError:
        return False
    return near and not any(name in request.headers for name in FORWARDED)
