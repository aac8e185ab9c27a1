"""What is known of a year's report (年度报告) before it is written: what was planned, what was reported, what was sent back, and figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from gateway.identity import Identity
from gateway.problem import NoAct
from gateway.shown.rounds import surveys
from gateway.tools import Tools, value_of
from models.acts import ReturnAnnualReport
from models.choices import CHOICES
from models.filing import Filing, ReportingYear
from models.register import AnnualReportRow, FilingRow, RoundItemRow
from models.vocabulary import ActKind
from regulation.offers import Offer, offer

REPORTS, ITEMS = AnnualReportRow.metadata.tables["annual_reports"], RoundItemRow.metadata.tables["round_items"]
PARTS = ("summary", "plan")
"""The halves of a report: what was done this year, what is planned for the next."""


@dataclass(frozen=True)
class Known:
    """A year of an alliance with what the register knows of it.

    `before` is the report of the year before, whose plan was for this one; `sent` what was reported of this year already;
    `returned` why it was sent back.
    """

    row: FilingRow
    filing: Filing
    year: ReportingYear
    offer: Offer
    before: Mapping[str, Any] | None
    sent: Mapping[str, Any] | None
    returned: str

    @property
    def kind(self) -> ActKind:
        """By which act it is brought."""
        return self.offer.kind

    @property
    def planned(self) -> Mapping[str, Any]:
        """What the year before was planned for this one."""
        return dict((self.before or {}).get("plan") or {})

    @property
    def begun(self) -> dict[str, Any]:
        """What a report begins with: as it was sent, else the plan of the year before, to be made into what was done."""
        if self.sent:
            return {name: self.sent[name] for name in PARTS if name in self.sent}
        return {"summary": texts_of(self.planned)} if self.planned else {}

    def taken_over(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """What was written so far, with the last report's texts wherever nothing stands: to be changed into this year's."""
        taken = dict(raw)
        for name in PARTS:
            last, own = texts_of((self.before or {}).get(name) or {}), dict(raw.get(name) or {})
            tasks = {**(last.get("tasks") or {}), **(own.get("tasks") or {})}
            own |= {"text": own.get("text") or last.get("text"), "tasks": tasks}
            taken[name] = {key: value for key, value in own.items() if value}
        return taken

    def unchanged(self, raw: Mapping[str, Any]) -> tuple[str, ...]:
        """Which parts have no text but what was planned, or reported, the year before, word for word."""
        earlier = {text for name in PARTS for text in _texts((self.before or {}).get(name) or {})}
        return tuple(name for name in PARTS if (own := set(_texts(raw.get(name) or {}))) and own <= earlier)


def _texts(part: Mapping[str, Any]) -> list[str]:
    """Every text of a part."""
    return [text for text in (part.get("text"), *(part.get("tasks") or {}).values()) if text]


def texts_of(part: Mapping[str, Any]) -> dict[str, Any]:
    """The texts of a part, without its documents: those are of their year."""
    return {name: part[name] for name in ("text", "tasks") if part.get(name)}


def known_of(tools: Tools, row: FilingRow, year: int, who: Identity) -> Known:
    """What is known of a year's report; `NotFound` for a year that is none of this alliance's, and where no report is brought."""
    filing = value_of(row)
    due = filing.year(year)
    kind = ActKind.ANSWER_ANNUAL_RETURN if due and due.returned else ActKind.FILE_ANNUAL_REPORT
    offered = offer(filing, kind, tools.now, who.by, year)
    if due is None or offered is None or not offered.mine:
        raise NoAct(row.filing_id)
    papers = _papers(tools, filing.id, (year, year - 1))
    return Known(row, filing, due, offered, papers.get(year - 1), papers.get(year), _returned(tools, filing, due))


def _papers(tools: Tools, filing_id: str, years: tuple[int, ...]) -> dict[int, Mapping[str, Any]]:
    found = select(REPORTS.c.year, REPORTS.c.paper).where(
        REPORTS.c.filing_id == filing_id, REPORTS.c.year.in_(years), REPORTS.c.paper.is_not(None)
    )
    with tools.register.engine.connect() as db:
        digests = {row.year: row.paper for row in db.execute(found)}
    return {year: tools.register.paper(key) for year, key in digests.items()}


def _returned(tools: Tools, filing: Filing, year: ReportingYear) -> str:
    """Why the report of a year was sent back, if it waits for an answer."""
    if not year.returned:
        return ""
    for entry in reversed(tools.register.docket(filing.id, most=RECENT)):
        if isinstance(entry.event, ReturnAnnualReport) and entry.event.year == year.year and entry.refused is None:
            return entry.event.reason or ""
    return ""


RECENT = 200
"""Entries among which the return is looked for."""

TASKS = tuple(CHOICES["tasks"].items())
"""The eight tasks, by their numbers."""


def figures(tools: Tools, filing_id: str) -> tuple[str, list[tuple[str, str]]]:
    """Figures that the alliance told in the last survey, with what that is called: to have them at hand while writing."""
    items = select(ITEMS.c.round_id).where(
        ITEMS.c.filing_id == filing_id, ITEMS.c.current, ITEMS.c.paper.is_not(None), ITEMS.c.round_id.like("survey-%")
    )
    with tools.register.engine.connect() as db:
        found = db.scalars(items.order_by(ITEMS.c.at.desc()).limit(1)).first()
    if found is None:
        return "", []
    told = surveys.return_of(tools, found, filing_id)
    given = (told.sent or {}).get("figures") or {}
    lines = [
        (indicator.label, f"{value}{indicator.unit or ''}")
        for table in told.questionnaire.tables
        if table.rows == "once"
        for indicator in table.indicators
        if indicator.is_figure and (value := (given.get(table.key) or {}).get(indicator.key)) is not None
    ]
    return f"{told.year}年度统计调查所报", lines[:FIGURES]


FIGURES = 20
"""How many figures are shown, the first of the questionnaire."""
