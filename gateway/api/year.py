"""A year of reports (年度报送): the board, who may miss it, what was reported, and the documents drawn of it."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from gateway.api.caller import Caller
from gateway.api.conditions import Conditional
from gateway.api.exports import files
from gateway.api.paged import next_address
from gateway.api.problems import answers, missing
from gateway.identity import Identity
from gateway.problem import NoFile
from gateway.remembered.audit import AuditKind
from gateway.shown.documents import DOCX, XLSX, attachment
from gateway.shown.year import CSV, JSON, MAKES, Year, may_read
from gateway.tools import Doors
from gateway.visit import visit_of
from models import acts
from models.values import Value
from models.vocabulary import Kind
from regulation.reporting import SHOWN, Tally

router = APIRouter(route_class=Conditional, tags=["年度报送"])

OfYear = Annotated[acts.Year, Path(description="报送年度")]
OfKind = Annotated[Kind | None, Query(description="类别")]


class Numbers(Value):
    """The numbers of a board: 应报, 已报, 迟报, 未报 (其中已逾期), 准予延期, 免报, 期间终止, and of a hundred expected how many reported."""

    expected: int = 0
    filed: int = 0
    late: int = 0
    unreported: int = 0
    overdue: int = 0
    extended: int = 0
    excused: int = 0
    ended: int = 0
    rate: float | None = None

    @classmethod
    def of(cls, tally: Tally) -> "Numbers":
        """Those of a tally."""
        return cls(**{name: tally[name] for name in SHOWN}, rate=None if tally.rate is None else float(tally.rate))


class PlaceNumbers(Value):
    """The numbers of one kind in a city, within a zone or outside of them."""

    jurisdiction: str
    kind: Kind
    zone: str | None = None
    numbers: Numbers


class BoardShown(Value):
    """The board of a year: all together, and by place and kind."""

    year: int
    total: Numbers
    places: tuple[PlaceNumbers, ...]


class Foreseen(Value):
    """One alliance that may miss a year, and why it is on the list."""

    filing_id: str
    second: bool
    reasons: tuple[str, ...]


MOST_FORESEEN = 100_000
"""A place in a forecast is no further than this."""


class Forecast(Value):
    """Who may miss a year: how many they are, and a page of them; `next` is where the next page is."""

    count: int
    alliances: tuple[Foreseen, ...]
    next: str | None = None


@router.get("/years/{year}", responses=answers(404, 422))
def show_year(tools: Doors, who: Caller, year: OfYear, kind: OfKind = None) -> BoardShown:
    """年度报送情况: what the caller's alliances are counted as. The names behind a number: `/filings?year=…&report=…`."""
    board = Year.of(tools, _staff(who), year, kind).board
    places = tuple(
        PlaceNumbers(jurisdiction=cell.jurisdiction, kind=cell.kind, zone=cell.zone, numbers=Numbers.of(tally))
        for cell, tally in board.cells.items()
    )
    return BoardShown(year=year, total=Numbers.of(board.total), places=places)


@router.get("/years/{year}/forecast", responses=answers(404, 422))
def foresee_year(
    request: Request,
    response: Response,
    tools: Doors,
    who: Caller,
    year: OfYear,
    kind: OfKind = None,
    after: Annotated[int, Query(ge=0, le=MOST_FORESEEN, description="续页标记，见上一页的 next")] = 0,
    limit: Annotated[int, Query(ge=1, le=200, description="每页件数")] = 100,
) -> Forecast:
    """可能不报的: who still owes the year and missed, or was late with, one of the three before, with the reasons; whom to urge first, first."""
    found = list(Year.of(tools, _staff(who), year, kind).boards.at_risk(year, who.scope, kind).items())
    until = after + limit
    foreseen = tuple(
        Foreseen(filing_id=each, second=risk.second, reasons=risk.reasons) for each, risk in found[after:until]
    )
    if until >= len(found):
        return Forecast(count=len(found), alliances=foreseen)
    return Forecast(count=len(found), alliances=foreseen, next=next_address(request, response, until))


@router.get(
    "/years/{year}/{name}",
    response_class=Response,
    responses={**files(DOCX, XLSX, CSV, JSON), **answers(404, 422)},
)
def download_year(
    request: Request,
    tools: Doors,
    who: Caller,
    year: OfYear,
    name: Annotated[str, Path(pattern=r"^[a-z]{1,20}\.[a-z]{3,4}$", description="、".join(MAKES))],
    kind: OfKind = None,
) -> Response:
    """报告、表格、报告内容: drawn now, of what the caller may see."""
    if name not in MAKES or not may_read(who):
        raise NoFile(name)
    title, media_type, make = MAKES[name]
    content = make(Year.of(tools, _staff(who), year, kind))
    visit_of(request, tools, who).note(AuditKind.EXPORTED, about=title.format(year))
    return attachment(content, title.format(year), media_type)


def _staff(who: Identity) -> Identity:
    """Boards are for offices; a leader sees its own years on its filings."""
    if not who.staff:
        raise missing("年度报送情况")
    return who
