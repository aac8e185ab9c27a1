"""An attachment looked at in place: a page without script in a sandbox of its own, to stand in a frame beside what it proves."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, HTMLResponse

from gateway.pages.web import SignedIn, page
from gateway.problem import AGAIN, NoFile
from gateway.shown.attachments import VIEWER, Look, NotShown, as_picture
from gateway.shown.fetching import fetched
from gateway.tools import Doors
from gateway.turns import Busy
from gateway.visit import visit_of
from models.values import Ordinal

router = APIRouter(prefix="/uploads/{sha256}")

NOTHING = "default-src 'none'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'; sandbox"
"""What a stranger's picture may do beside being seen: nothing, not even be of our origin."""

IN_PLACE = NOTHING.replace("sandbox", "style-src 'self'; img-src 'self'; sandbox allow-same-origin allow-downloads")
"""The same of our page around it, which holds no script: it asks for its pictures as whoever is signed in."""

Filing = Annotated[str | None, Query(alias="filing")]
Round = Annotated[str | None, Query(alias="round")]


BUSY = "此刻查看附件的人较多，请稍候再打开本页，或者下载查看"


@router.get("/shown")
async def shown(
    request: Request, tools: Doors, session: SignedIn, sha256: str, filing: Filing = None, of: Round = None
) -> HTMLResponse:
    """Its pages, what is written on them, or its picture; that it was looked at is on record."""
    visit = visit_of(request, tools, session.who)
    row, path = await run_in_threadpool(fetched, visit, sha256, filing, of)
    try:
        found, headers = await VIEWER.look(path, row.media_type, session.who.person), {}
    except Busy:
        found, headers = Look("none", why=BUSY), AGAIN
    asked = f"filing={filing}" if filing else f"round={of}" if of else ""
    answer = await run_in_threadpool(
        page,
        request,
        tools,
        "attachment.html",
        session,
        status=503 if headers else 200,
        row=row,
        look=found,
        asked=asked,
    )
    answer.headers.update({"Content-Security-Policy": IN_PLACE, **headers})
    return answer


@router.get("/pages/{number}.png")
async def one_page(
    request: Request, tools: Doors, session: SignedIn, sha256: str, number: Ordinal,
    filing: Filing = None, of: Round = None, width: Literal["1000", "2000"] = "1000",
) -> Response:  # fmt: skip
    """A page of a PDF as it looks."""
    visit = visit_of(request, tools, session.who)
    row, path = await run_in_threadpool(fetched, visit, sha256, filing, of, page=number)
    if row.media_type != "application/pdf":
        raise NoFile(sha256)
    try:
        drawn = await VIEWER.picture(path, number, int(width), session.who.person)
    except NotShown as fault:
        raise NoFile(sha256) from fault
    return Response(drawn, media_type="image/png", headers=HEADERS)


@router.get("/picture")
def picture(
    request: Request, tools: Doors, session: SignedIn, sha256: str, filing: Filing = None, of: Round = None
) -> Response:
    """A picture as it was handed in, for a browser to show and to do nothing else with."""
    row, path = fetched(visit_of(request, tools, session.who), sha256, filing, of, page=1)
    if not as_picture(path, row.media_type):
        raise NoFile(sha256)
    return FileResponse(path, media_type=row.media_type, headers=HEADERS)


HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": NOTHING,
    "Content-Disposition": "inline",
    "Cross-Origin-Resource-Policy": "same-origin",
}
