"""The charts (办理分析): how long filings stay with whom, what is under way, and what is overdue where."""

from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from gateway.pages.staff import Staff
from gateway.pages.web import page
from gateway.remembered.handling import place, post
from gateway.shown.figures import Actor, Figures
from gateway.tools import Doors
from models.values import day_of
from models.vocabulary import Kind

router = APIRouter(prefix="/desk/charts")


@router.get("")
def show(request: Request, tools: Doors, session: Staff, kind: Literal["", "A", "B"] = "") -> HTMLResponse:
    """One page of figures on what the visitor may see."""
    scope, of_kind = session.who.scope, Kind(kind) if kind else None
    figures = Figures(tools.register.engine)
    stays = figures.stays(scope, day_of(tools.clock()), of_kind)
    return page(
        request,
        tools,
        "desk_charts.html",
        session,
        kind=kind,
        stays=stays,
        Actor=Actor,
        longest=max((spent.ninety for spent in stays.over_all.values()), default=0),
        stages=figures.by_stage(scope, of_kind),
        overdue=[(place(post(*at)), count) for at, count in figures.overdue(scope, of_kind).most_common()],
    )
