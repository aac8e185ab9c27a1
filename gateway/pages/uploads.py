"""Uploaded documents: the forms that bring them, and who may fetch them."""

from collections.abc import AsyncIterator, Iterator

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse
from sqlmodel import col, select

from activities.database import reading
from gateway.audit import AuditKind
from gateway.client import NotFound
from gateway.identity import Identity
from gateway.pages.web import SignedIn
from gateway.tools import Doors, Tools, value_of
from gateway.visit import visit_of
from models.filing import Entry
from models.register import EntryRow
from models.vocabulary import Role

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
def fetch(request: Request, tools: Doors, session: SignedIn, sha256: str, filing: str | None = None) -> Response:
    """A document: for whoever brought it, or for those who may read the paper of a filing that refers to it."""
    who = session.who
    owners = (
        set(_bringers(tools, filing, sha256, who)) if filing else {who.office} if who.role is Role.LEADER else set()
    )
    found = tools.uploads.find(sha256, owners)
    visit = visit_of(request, tools, who)
    visit.note(AuditKind.READ_UPLOAD, filing_id=filing if found else None, about=sha256, success=bool(found))
    if found is None:
        raise NotFound(sha256)
    row, path = found
    return FileResponse(
        path,
        media_type=row.media_type,
        filename=row.name,
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
    )


def _bringers(tools: Tools, filing_id: str, sha256: str, who: Identity) -> Iterator[str]:
    """Whose papers on a filing refer to a document, as far as somebody may read them.

    What a paper names counts only if whoever brought the paper brought the document too: to know its digest is not enough.
    """
    filing = value_of(tools.seen(filing_id, who))
    with reading(tools.register.engine) as session:
        query = select(EntryRow).where(EntryRow.filing_id == filing_id, col(EntryRow.paper).is_not(None))
        rows = session.exec(query).all()
    for row in rows:
        if who.reads(filing, row.kind) and row.paper and _mentions(tools.register.paper(row.paper), sha256):
            by = getattr(Entry.model_validate_json(row.body).event, "by", None)
            if by:
                yield by.office


def _mentions(paper: object, sha256: str) -> bool:
    """Whether a document with this digest is anywhere in a paper."""
    if isinstance(paper, dict):
        return paper.get("sha256") == sha256 or any(_mentions(each, sha256) for each in paper.values())
    return isinstance(paper, list) and any(_mentions(each, sha256) for each in paper)
