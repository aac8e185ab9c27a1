"""What a leader sees once something was taken: that it was, under which number, what happens next, by when, and by whom."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from activities import query_codes
from gateway.pages.leader import Leading
from gateway.pages.web import page
from gateway.problem import NoPaper
from gateway.shown.progress import ways
from gateway.tools import Doors, value_of
from models.acts import Lapse, Unreadable, Withheld
from models.values import Ordinal
from regulation import naming

router = APIRouter(prefix="/filings/{filing_id}/entries/{number}/done")


@router.get("")
def show(request: Request, tools: Doors, session: Leading, filing_id: str, number: Ordinal) -> HTMLResponse:
    """The receipt of what somebody of this leader did, and the way on as it is now."""
    row = tools.seen(filing_id, session.who)
    entry = tools.register.entry(filing_id, number)
    event = entry.event if entry else None
    if entry is None or isinstance(event, None | Lapse | Unreadable | Withheld) or entry.refused is not None:
        raise NoPaper(filing_id)
    by = getattr(event, "by", None)
    if by is None or by.office != session.who.office:
        raise NoPaper(filing_id)
    filing = value_of(row)
    gone = ways(tools.register.engine, {filing_id: filing}, tools.clock())[filing_id]
    return page(
        request,
        tools,
        "done.html",
        session,
        row=row,
        entry=entry,
        what=_named(event),
        ways=gone,
        query_code="" if row.archived_on else query_codes.code_of(row.first_paper),
    )


def _named(event: object) -> str:
    """What was done, with its year if it is about one."""
    year = getattr(event, "year", None)
    label = getattr(getattr(event, "kind", None), "label", None)
    return f"{label}（{year}年度）" if label and year else naming.name_of(event)
