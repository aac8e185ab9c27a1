"""Uploaded documents: the forms that bring them, and who may fetch them."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse

from gateway.pages.web import SignedIn
from gateway.shown.fetching import fetched
from gateway.tools import Doors
from gateway.visit import visit_of

router = APIRouter()

FIELDS = 20_000
"""How many inputs a form may have: an alliance of some hundred members."""


async def large(request: Request, _: SignedIn) -> AsyncIterator[None]:
    """Takes a form with many fields and files from somebody who is signed in; its temporary files are gone afterwards.

    How many bytes it may have, the guard has seen to.
    """
    form = await request.form(max_fields=FIELDS)
    try:
        yield
    finally:
        await form.close()


@router.get("/uploads/{sha256}")
def fetch(
    request: Request,
    tools: Doors,
    session: SignedIn,
    sha256: str,
    filing: str | None = None,
    round_: Annotated[str | None, Query(alias="round")] = None,
) -> Response:
    """A document: for whoever brought it, or for those who may read the paper of a filing or a round that refers to it."""
    row, path = fetched(visit_of(request, tools, session.who), sha256, filing, round_)
    return FileResponse(
        path,
        media_type=row.media_type,
        filename=row.name,
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
    )
