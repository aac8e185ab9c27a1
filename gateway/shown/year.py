"""A year of reports (年度报送) as a post sees it: the board, who may miss it, and the documents drawn of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from activities.documents import year as documents
from activities.documents.year import Closing
from activities.lists import OfYear
from activities.pictures.counting import Counting
from activities.pictures.datasets import Dataset
from activities.register import Register
from activities.year_board import Board, YearBoard
from activities.year_contents import MOST, Contents, contents
from gateway.identity import Identity
from gateway.problem import Failed, Problem
from gateway.shown.documents import DOCX, XLSX
from gateway.tools import Tools
from models.values import day_of
from models.vocabulary import Kind, ReportState, Role
from regulation import offices

CSV, JSON = "text/csv; charset=utf-8", "application/json"


@dataclass(frozen=True)
class Year:
    """One year, as far as somebody sees it; `office` is who reports on it, `now` as of when."""

    register: Register
    scope: offices.Scope
    office: str
    now: datetime
    year: int
    kind: Kind | None = None

    @classmethod
    def of(cls, tools: Tools, who: Identity, year: int, kind: Kind | None = None) -> "Year":
        """As a post sees it."""
        return cls(tools.register, who.scope, who.office, tools.clock(), year, kind)

    def within(self, jurisdiction: str | None) -> "Year":
        """The same of one city alone, for whoever sees several."""
        own = self.scope.jurisdiction or self.scope.zone
        return self if own or not jurisdiction else replace(self, scope=self.scope.but(jurisdiction=jurisdiction))

    @property
    def is_of_a_place(self) -> bool:
        """Whether it is of one city or zone."""
        return bool(self.scope.jurisdiction or self.scope.zone)

    @property
    def boards(self) -> YearBoard:
        """The boards of the register."""
        return YearBoard(self.register.engine)

    @property
    def board(self) -> Board:
        """What the alliances are counted as."""
        return self.boards.of(self.year, self.scope, self.kind)

    @property
    def contents(self) -> Contents:
        """What they reported; more than one table takes is refused."""
        found = contents(self.register.engine, self.year, self.scope, self.kind)
        return found if len(found.reports) <= MOST else _too_many()

    @property
    def closing(self) -> Closing:
        """What a closing report tells."""
        place = self.scope.but(office=None)
        of_year = OfYear(year=self.year, states=tuple(ReportState))
        kind = self.kind.value if self.kind else None
        rows = self.register.filings(kind=kind, scope=place, of_year=of_year, limit=MOST + 1, whole=False)
        if len(rows) > MOST:
            _too_many()
        reports = self.boards.reports(self.year, [row.filing_id for row in rows])
        names = [(row, reports[row.filing_id]) for row in rows if row.filing_id in reports]
        office, board = offices.name_of(self.office), self.board
        return Closing(board, office, _where(place), names, self.contents, self.now, self._drawn(board))

    def _drawn(self, board: Board) -> list[Dataset]:
        """What a closing report draws: how much of each year was reported in time, and of the whole province where."""
        counting = Counting(self.register.engine, day_of(self.now), self.scope, self.kind)
        over_years = counting.reports(until=self.year)
        tables = [over_years] if self.is_of_a_place else [over_years, counting.reports_of(board)]
        return [each for each in tables if each.rows]


def _where(scope: offices.Scope) -> str:
    """What a scope is over, by name."""
    if scope.zone:
        return offices.ZONES[scope.zone].name
    return offices.CITIES[scope.jurisdiction] if scope.jurisdiction else "全省"


def _too_many() -> Contents:
    raise Failed(Problem(title=f"一份表最多{MOST}件", status=422, code="too_many", detail="请按类别或者地区分别导出。"))


MAKES: Mapping[str, tuple[str, str, Callable[[Year], bytes]]] = {
    "report.docx": ("{}年度报送情况报告.docx", DOCX, lambda year: documents.closing_report(year.closing)),
    "report.xlsx": ("{}年度报送情况表.xlsx", XLSX, lambda year: documents.closing_tables(year.closing)),
    "contents.xlsx": (
        "{}年度报告内容.xlsx", XLSX, lambda year: documents.contents_xlsx(year.contents, year.now),
    ),
    "contents.csv": ("{}年度报告内容.csv", CSV, lambda year: documents.contents_csv(year.contents)),
    "contents.json": ("{}年度报告内容.json", JSON, lambda year: documents.contents_json(year.contents)),
}  # fmt: skip
"""The documents of a year: what each is called, its media type, and how it is drawn."""


def may_read(who: Identity) -> bool:
    """Whether somebody may take away what was reported: it is no more public than the reports themselves."""
    return who.role in offices.READERS and who.role is not Role.LEADER
