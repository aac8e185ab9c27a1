"""The board of a year (年度报送看板): how many alliances of each place and kind are counted as what, read off one index.

What a year is counted as is written by the entry that makes it so (activities/rows.py); nothing is reckoned here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sqlalchemy import ColumnElement, Connection, Engine, FromClause, and_, func, select
from sqlmodel import col

from activities.database import in_parts
from activities.lists import within
from models.register import AnnualReportRow, FilingRow
from models.vocabulary import Kind, ReportState
from regulation import offices
from regulation.forecast import LOOKS_BACK, Earlier, Risk, risk
from regulation.reporting import Tally

REPORTS = AnnualReportRow.metadata.tables["annual_reports"]


@dataclass(frozen=True)
class Cell:
    """What lies together on a board: a kind in a city, within a zone that reviews or outside of them."""

    jurisdiction: str
    kind: Kind
    zone: str | None


@dataclass(frozen=True)
class Board:
    """The board of one year: what each cell is counted as, and the sums of them."""

    year: int
    cells: Mapping[Cell, Tally]

    @cached_property
    def total(self) -> Tally:
        """All of them."""
        return Tally.sum(self.cells.values())

    @cached_property
    def cities(self) -> Mapping[str, Tally]:
        """By city, in the order of the directory, zones included; cities with nothing to count are not there."""
        of = {code: self.of(jurisdiction=code) for code in offices.OFFICES}
        return {code: tally for code, tally in of.items() if tally.counts}

    @cached_property
    def zones(self) -> Mapping[str, Tally]:
        """By zone, what a zone reviews."""
        of = {key: Tally.sum(told for cell, told in self.cells.items() if cell.zone == key) for key in offices.ZONES}
        return {key: tally for key, tally in of.items() if tally.counts}

    def of(self, jurisdiction: str | None = None, kind: Kind | None = None) -> Tally:
        """The sum of what lies in a city, or is of a kind, or both."""
        return Tally.sum(
            told for cell, told in self.cells.items()
            if jurisdiction in (None, cell.jurisdiction) and kind in (None, cell.kind)
        )  # fmt: skip


@dataclass(frozen=True)
class Report:
    """What stands of one year of one filing."""

    state: ReportState
    due: datetime
    filed_at: datetime | None
    urged_at: datetime | None
    paper: str | None


@dataclass(frozen=True)
class YearBoard:
    """The boards of one register."""

    engine: Engine

    def years(self) -> list[int]:
        """The years for which anybody was ever to report, the latest first."""
        first_and_last = (select(of(REPORTS.c.year)).scalar_subquery() for of in (func.min, func.max))
        with self.engine.connect() as db:  # each by itself is the end of an index; both at once would read all of it
            first, last = db.execute(select(*first_and_last)).one()
        return list(range(last, first - 1, -1)) if first else []

    def of(self, year: int, scope: offices.Scope, kind: Kind | None = None) -> Board:
        """The board of a year, as far as somebody sees it."""
        with self.engine.connect() as db:
            return board_of(db, year, scope, kind)

    def reports(self, year: int, filing_ids: Iterable[str]) -> dict[str, Report]:
        """What stands of a year of these filings."""
        with self.engine.connect() as db:
            return {
                row.filing_id: Report(ReportState(row.state), row.due, row.filed_at, row.urged_at, row.paper)
                for some in in_parts(filing_ids)
                for row in db.execute(select(REPORTS).where(REPORTS.c.year == year, REPORTS.c.filing_id.in_(some)))
            }

    def at_risk(self, year: int, scope: offices.Scope, kind: Kind | None = None) -> dict[str, Risk]:
        """Who still owes a year and may miss it, those first that most need to be urged (regulation/forecast.py)."""
        now, before = REPORTS.alias("now"), REPORTS.alias("before")
        place = [*placed(scope, now), *([now.c.kind == kind.value] if kind else [])]
        earlier = and_(
            before.c.year.between(year - LOOKS_BACK, year - 1),
            before.c.state.in_([ReportState.MISSED.value, ReportState.LATE.value]),
        )
        owing = and_(now.c.year == year, now.c.state.in_([ReportState.OPEN.value, ReportState.EXTENDED.value]), *place)
        told = (before.c.filing_id, before.c.year, before.c.state, before.c.due, before.c.filed_at)
        query = select(*told).join(now, now.c.filing_id == before.c.filing_id).where(earlier, owing)
        found: dict[str, list[Earlier]] = {}
        with self.engine.connect() as db:
            for row in db.execute(query):
                of = found.setdefault(row.filing_id, [])
                of.append(Earlier(row.year, ReportState(row.state), row.due, row.filed_at))
        risks = {filing_id: each for filing_id, earlier in found.items() if (each := risk(year, earlier))}
        return dict(sorted(risks.items(), key=lambda pair: (pair[1].order, pair[0])))


def board_of(db: Connection, year: int, scope: offices.Scope, kind: Kind | None = None) -> Board:
    """The board of a year, as far as somebody sees it: one statement, answered by an index."""
    what = (REPORTS.c.jurisdiction, REPORTS.c.kind, REPORTS.c.zone, REPORTS.c.state)
    query = select(*what, func.count()).where(REPORTS.c.year == year, *placed(scope))
    query = query.where(REPORTS.c.kind == kind.value) if kind else query
    cells: dict[Cell, Tally] = {}
    for city, of_kind, zone, state, count in db.execute(query.group_by(*what)):
        cells.setdefault(Cell(city, Kind(of_kind), zone), Tally()).counts[ReportState(state)] += count
    return Board(year, cells)


def placed(scope: offices.Scope, reports: FromClause = REPORTS) -> list[ColumnElement[bool]]:
    """What lies within a scope; what only waits for an office from elsewhere is counted where it lies.

    The place of a report stands in its row, so boards of places are read off their index; whatever else narrows a scope, only the filing tells.
    """
    place = {name: value for name in ("jurisdiction", "zone") if (value := getattr(scope, name))}
    facts = [reports.c[name] == value for name, value in place.items()]
    others = scope.but(office=None, **dict.fromkeys(place))
    if others == offices.Scope():
        return facts
    return [*facts, reports.c.filing_id.in_(select(col(FilingRow.filing_id)).where(within(others)))]
