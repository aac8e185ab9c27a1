"""为什么: why a filing stands as it does, why an act may be done or not, and what comes next, each sentence with its fact and article."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import ValidationError

from gateway.pages.web import SignedIn, page
from gateway.shown.reasons import OUT_OF_BOUNDS, Wanted, answered, moment_of, out_of_bounds
from gateway.tools import Doors, value_of
from models.acts import YEARS
from models.reasons import Register
from models.values import Ordinal
from models.vocabulary import ActKind, LapseKind
from regulation import offers

router = APIRouter(prefix="/filings/{filing_id}/why")

Chosen = Annotated[str, Query(max_length=40)]
"""What was chosen in a list or typed; nothing where nothing was."""


@router.get("")
def show(
    request: Request,
    tools: Doors,
    session: SignedIn,
    filing_id: str,
    about: Chosen = "",
    entry: Ordinal | None = None,
    year: Chosen = "",
    at: Chosen = "",
    worded_for: Annotated[Register | None, Query(alias="for")] = None,
) -> HTMLResponse:
    """The question as it was asked, and its answer."""
    row, who = tools.seen(filing_id, session.who), session.who
    filing, wrong = value_of(row), ""
    wanted = Wanted(
        act=ActKind(about) if about in set(ActKind) else None,
        lapse=LapseKind(about) if about in set(LapseKind) else None,
        entry=entry or None,
        year=int(year) if year.isdecimal() and int(year) in YEARS else None,
        for_=worded_for,
        at=at or None,
    )
    try:
        when = moment_of(at, tools.now)
    except ValidationError:
        when, wrong = tools.now, "时间须写日期，如2026-03-15；以下按现在回答。"
    if at and not wrong and out_of_bounds(tools.register.docket(filing_id, before=2), when):
        when, wrong = tools.now, f"{OUT_OF_BOUNDS.replace('at ', '时间')}；以下按现在回答。"
    return page(
        request,
        tools,
        "why.html",
        session,
        row=row,
        wanted=wanted,
        about=about,
        at=at,
        wrong=wrong,
        register=wanted.register(who),
        registers=list(Register) if who.staff else [],
        acts=[each for each in ActKind if offers.doers(filing, each)],
        lapses=list(LapseKind),
        years=[each.year for each in filing.years],
        answer=answered(tools, who, filing_id, wanted, when),
    )
