"""为什么, of the year's work: why an entry of a round came, what it came to for an alliance, whom it told, and what comes next."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from gateway.pages.web import SignedIn, page
from gateway.shown.rounds import seen
from gateway.shown.rounds.reasons import RoundAsked, answered
from gateway.tools import Doors
from models.acts import MOST_ENTRIES
from models.reasons import Register
from models.values import storable

router = APIRouter(prefix="/rounds/{round_id}/why")


@router.get("")
def show(
    request: Request,
    tools: Doors,
    session: SignedIn,
    round_id: str,
    entry: Annotated[str, Query(max_length=9)] = "",
    filing: Annotated[str, Query(max_length=64)] = "",
    worded_for: Annotated[Register | None, Query(alias="for")] = None,
) -> HTMLResponse:
    """The question as it was asked, and its answer."""
    row, round_ = seen.seen(tools, session.who, round_id)
    known = tools.register.row(storable(filing)) if filing else None
    number = int(entry) if entry.isdecimal() and entry.isascii() else 0
    wanted = RoundAsked(
        entry=number if 0 < number <= MOST_ENTRIES else None,
        filing=known.filing_id if known and session.who.sees(known) else None,
        **{"for": worded_for},
    )
    return page(
        request,
        tools,
        "round_why.html",
        session,
        row=row,
        round=round_,
        wanted=wanted,
        filing=filing,
        register=wanted.register(session.who),
        registers=list(Register) if session.who.staff else [],
        answer=answered(tools, session.who, round_id, wanted),
    )
