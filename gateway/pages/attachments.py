"""An attachment looked at in place: a page without script in a sandbox of its own, to stand in a frame beside what it proves."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse, HTMLResponse

from gateway.pages.web import SignedIn, page
from gateway.problem import NoFile
from gateway.shown import attachments
from gateway.shown.attachments import NotShown
from gateway.shown.fetching import fetched
from gateway.tools import Doors
from gateway.visit import visit_of
from models.values import Ordinal

router = APIRouter(prefix="/uploads/{sha256}")

NOTHING = "default-src 'none'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'; sandbox"
"""What a stranger's picture may do beside being seen: nothing, not even be of our origin."""

IN_PLACE = NOTHING.replace("sandbox", "style-src 'self'; img-src 'self'; sandbox allow-same-origin allow-downloads")
"""The same of our page around it, which holds no script: it asks for its pictures as whoever is signed in."""

Filing = Annotated[str | None, Query(alias="filing")]
Round = Annotated[str | None, Query(alias="round")]


@router.get("/shown")
def shown(
    request: Request, tools: Doors, session: SignedIn, sha256: str, filing: Filing = None, of: Round = None
) -> HTMLResponse:
    """Its pages, what is written on them, or its picture; that it was looked at is on record."""
    row, path = fetched(visit_of(request, tools, session.who), sha256, filing, of)
    found = attachments.look(path, row.media_type)
    asked = f"filing={filing}" if filing else f"round={of}" if of else ""
    answer = page(request, tools, "attachment.html", session, row=row, look=found, asked=asked)
    answer.headers["Content-Security-Policy"] = IN_PLACE
    return answer


@router.get("/pages/{number}.png")
def one_page(
    request: Request, tools: Doors, session: SignedIn, sha256: str, number: Ordinal,
    filing: Filing = None, of: Round = None, width: Literal["1000", "2000"] = "1000",
) -> Response:  # fmt: skip
    """A page of a PDF as it looks."""
    row, path = fetched(visit_of(request, tools, session.who), sha256, filing, of, page=number)
    if row.media_type != "application/pdf":
        raise NoFile(sha256)
    try:
        drawn = attachments.picture(path, number, int(width))
    except NotShown as fault:
        raise NoFile(sha256) from fault
    return Response(drawn, media_type="image/png", headers=HEADERS)


@router.get("/picture")
def picture(
    request: Request, tools: Doors, session: SignedIn, sha256: str, filing: Filing = None, of: Round = None
) -> Response:
    """A picture as it was handed in, for a browser to show and to do nothing else with."""
    row, path = fetched(visit_of(request, tools, session.who), sha256, filing, of, page=1)
    if attachments.look(path, row.media_type).sort != "picture":
        raise NoFile(sha256)
    return FileResponse(path, media_type=row.media_type, headers=HEADERS)


HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": NOTHING,
    "Content-Disposition": "inline",
    "Cross-Origin-Resource-Policy": "same-origin",
}
