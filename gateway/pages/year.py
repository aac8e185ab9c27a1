"""The board of a year (年度报送): what my office's alliances are counted as, who may miss it, and the documents drawn of it."""

from typing import Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from gateway.pages.lists import cities
from gateway.pages.staff import Staff, as_asked
from gateway.pages.web import page
from gateway.problem import NoFile
from gateway.remembered.audit import AuditKind
from gateway.shown.documents import attachment
from gateway.shown.lists import read
from gateway.shown.rounds.survey_status import survey_status
from gateway.shown.year import MAKES, Year, may_read
from gateway.tools import Doors
from gateway.visit import visit_of
from models.acts import Year as YearNumber
from models.values import day_of
from models.vocabulary import ActKind, Kind
from regulation.lifecycle import STAFF
from regulation.reporting import year_on

router = APIRouter(prefix="/desk/year")

FORESEEN = 50
"""How many alliances that may miss the year the page names, those first that most need to be urged."""


@router.get("")
def show(
    request: Request, tools: Doors, session: Staff,
    year: str = "", kind: Literal["", "A", "B"] = "", jurisdiction: str = "",
) -> HTMLResponse:  # fmt: skip
    """The board of one year: the one that is looked at today, if no other is asked for. Who may miss it is told of one place."""
    wanted = as_asked(lambda: read({"year": year, "jurisdiction": jurisdiction}))
    asked = wanted.year or year_on(day_of(tools.clock()))
    told = Year.of(tools, session.who, asked, Kind(kind) if kind else None).within(wanted.jurisdiction)
    at_risk = told.boards.at_risk(asked, told.scope, told.kind) if told.is_of_a_place else {}
    foreseen = list(at_risk)[:FORESEEN]
    narrowed = {"year": asked, "kind": kind, "jurisdiction": wanted.jurisdiction or ""}
    rows = tools.register.rows(foreseen, whole=False)
    return page(
        request,
        tools,
        "desk_year.html",
        session,
        year=asked,
        kind=kind,
        years=told.boards.years(),
        board=told.board,
        at_risk=at_risk,
        foreseen=[(rows[each], at_risk[each]) for each in foreseen if each in rows],
        reports=told.boards.reports(asked, foreseen),
        place=wanted.jurisdiction or "",
        cities=cities(session.who),
        is_of_a_place=told.is_of_a_place,
        survey=survey_status(tools, told.scope, asked, told.kind),
        names=lambda **asked_for: "/desk/filings?" + urlencode(narrowed | asked_for),
        narrowed=urlencode({name: each for name, each in narrowed.items() if name != "year"}),
        reads=may_read(session.who),
        urges=session.who.role in STAFF and ActKind.URGE_REPORT,
    )


@router.get("/{year}/{name}")
def document(
    request: Request, tools: Doors, session: Staff, year: YearNumber, name: str,
    kind: Literal["", "A", "B"] = "", jurisdiction: str = "",
) -> Response:  # fmt: skip
    """One of its documents; that it was taken away is on record."""
    if name not in MAKES or not may_read(session.who):
        raise NoFile(name)
    title, media_type, make = MAKES[name]
    place = as_asked(lambda: read({"jurisdiction": jurisdiction})).jurisdiction
    content = make(Year.of(tools, session.who, year, Kind(kind) if kind else None).within(place))
    visit_of(request, tools, session.who).note(AuditKind.EXPORTED, about=title.format(year))
    return attachment(content, title.format(year), media_type)
