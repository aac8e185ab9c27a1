"""查询: where an objection or an application stands, for whoever holds its code. Nobody signs in, and no cache keeps what is told."""

from fastapi import APIRouter, Request, Response

from activities import query_codes
from gateway.pages.objecting import STORE, unkept
from gateway.pages.public import GET, for_all
from gateway.pages.web import page
from gateway.problem import NotFound
from gateway.shown.queried import standing
from gateway.tools import Doors

router = APIRouter()


@router.api_route("/query", methods=GET)
def query(request: Request, tools: Doors, code: str = "") -> Response:
    """The form, and where what a code stands for stands. Whatever is no code of ours is answered alike."""
    if not code:
        return for_all(request, tools, None, "public_query.html", lambda: {"code": "", "found": None, "missed": False})
    found = standing(tools, code)
    shown = {"code": code[:99], "found": found, "missed": found is None}
    return unkept(page(request, tools, "public_query.html", None, status=404 if found is None else 200, **shown))


@router.get("/query.svg")
def picture(tools: Doors, code: str = "") -> Response:
    """A code as a QR code. It is drawn of the code alone: whether there is such a code it does not say."""
    begins = query_codes.read(code)
    if begins is None:
        raise NotFound
    drawn = query_codes.picture(tools.settings.own_address, query_codes.code_of(begins.ljust(64, "0")))
    return Response(drawn, headers=STORE, media_type="image/svg+xml")
