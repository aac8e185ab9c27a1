"""全景: the picture of the whole, as far as somebody sees it: where filings are on their way, what is late and where, how long it took.
Each number is a link to the list that has exactly so many rows."""

from collections.abc import Callable
from datetime import date
from typing import Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from activities.pictures import flow
from activities.pictures.charts import TILES
from gateway.pages.lists import cities
from gateway.pages.staff import Staff, as_asked
from gateway.pages.web import page
from gateway.remembered.handling import place, post
from gateway.shown.lists import read
from gateway.tools import Doors
from models.values import day_of
from models.vocabulary import Kind

router = APIRouter(prefix="/desk/overview")


@router.get("")
def show(
    request: Request, tools: Doors, session: Staff, kind: Literal["", "A", "B"] = "", jurisdiction: str = ""
) -> HTMLResponse:
    """One page of it, of one kind or both, of one jurisdiction or all that the visitor sees."""
    where = as_asked(lambda: read({"jurisdiction": jurisdiction})).jurisdiction
    scope, of_kind, today = session.who.scope, Kind(kind) if kind else None, day_of(tools.clock())
    told = flow.picture(tools.register.engine, scope, of_kind, where)
    way = tools.pictures.journey(scope, today, of_kind, where)
    return page(
        request,
        tools,
        "desk_overview.html",
        session,
        kind=kind,
        place=where or "",
        cities=cities(session.who),
        told=told,
        way=way,
        STEPS=flow.STEPS,
        tiles=_rows(told) if len(told.places) > 1 else [],
        nowhere=flow.Place(),
        late=[(post(*at), place(post(*at)), count, told.latest[at]) for at, count in told.late_at.most_common()],
        rows=_address(kind, where),
        arrived={"archived_from": way.first, "archived_by": way.last},
    )


def _address(kind: str, where: str | None) -> Callable[..., str]:
    """The address of the list behind a number."""
    narrowed = {"kind": kind, "jurisdiction": where or ""}

    def rows(**asked: str | date) -> str:
        told = {name: str(value) for name, value in (narrowed | asked).items() if value}
        return f"/desk/filings?{urlencode(told)}"

    return rows


def _rows(told: flow.Picture) -> list[list[str]]:
    """The jurisdictions as they lie on the map, row by row; an empty text is an empty place."""
    at = {tile: code for code, tile in TILES.items()}
    wide, high = (max(each[i] for each in TILES.values()) + 1 for i in (0, 1))
    return [[at.get((column, row), "") for column in range(wide)] for row in range(high)]
