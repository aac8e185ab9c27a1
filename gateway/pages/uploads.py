"""Uploaded documents: the forms that bring them, and who may fetch them."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from starlette.datastructures import FormData, UploadFile

from activities.documents.sheet_reader import LARGEST, SheetRefused
from gateway.pages.web import Answer, SignedIn
from gateway.remembered.uploads import Rejected, owner_of
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


async def workbook_in(form: FormData, called: str) -> bytes:
    """The workbook (`sheet`) that a form brings, as far as one is read. Raises `SheetRefused`, by what it is called, if there is none."""
    sheet = form.get("sheet")
    if not isinstance(sheet, UploadFile) or not sheet.filename:
        raise SheetRefused(f"请选择填好的{called}")
    return await sheet.read(LARGEST + 1)


@router.post("/my/uploads")
async def bring(tools: Doors, session: SignedIn, form: Answer) -> JSONResponse:
    """Take one file while a form is filled in: what a document says of it, or why it was not taken. The browser tells the SHA-256
    of what it sent, if it could work it out."""
    file, told = form.get("file"), form.get("sha256")
    if not isinstance(file, UploadFile):
        return JSONResponse({"message": "须附文件"}, 422)
    who, expected = session.who, told if isinstance(told, str) and told else None
    try:
        reference = await tools.uploads.store(
            file, owner_of(who.by), tools.clock(), expected=expected, person=who.person
        )
    except Rejected as rejected:
        return JSONResponse({"message": str(rejected)}, 422)
    return JSONResponse(reference, 201, {"Cache-Control": "no-store"})


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
