"""What was reported of a year (年度总结和计划): each alliance's summary and plan, and the sums by the eight main tasks (A-22)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from sqlalchemy import Engine, select
from sqlmodel import col

from activities import papers
from activities.database import in_parts
from activities.year_board import REPORTS, placed
from models.choices import CHOICES
from models.register import FilingRow, Paper
from models.vocabulary import Kind, ReportState
from regulation import offices

TASKS: Mapping[str, str] = CHOICES["tasks"]
"""The eight main tasks, by their number."""

PartName = Literal["summary", "plan"]
PARTS: Mapping[PartName, str] = {"summary": "总结", "plan": "计划"}

MOST = 10_000
"""How many reports one table takes."""

FILINGS = FilingRow.metadata.tables["filings"]


@dataclass(frozen=True)
class Content:
    """One alliance's report: who, when, and what it says of the year, of the next, and of each task."""

    filing_id: str
    alliance: str
    leader: str
    jurisdiction: str
    zone: str | None
    kind: Kind
    archive_number: str
    state: ReportState
    filed_at: datetime | None
    paper: Mapping[str, Any]

    def text(self, part: PartName) -> str:
        """What it says of the year, or of the next."""
        return str((self.paper.get(part) or {}).get("text") or "")

    def tasks(self, part: PartName) -> Mapping[str, str]:
        """What it says of each task that it speaks of."""
        told: Mapping[str, str] = (self.paper.get(part) or {}).get("tasks") or {}
        return {number: told[number] for number in TASKS if told.get(number)}


@dataclass(frozen=True)
class Contents:
    """Everything that was reported of a year within a scope, by place and number."""

    year: int
    reports: Sequence[Content]

    @cached_property
    def sums(self) -> Mapping[tuple[PartName, str], Counter[tuple[str, Kind]]]:
        """How many alliances of each city and kind speak of a task, in summary and plan."""
        found: dict[tuple[PartName, str], Counter[tuple[str, Kind]]] = {
            (part, task): Counter() for task in TASKS for part in PARTS
        }
        for each in self.reports:
            for part in PARTS:
                for task in each.tasks(part):
                    found[part, task][each.jurisdiction, each.kind] += 1
        return found


def contents(engine: Engine, year: int, scope: offices.Scope, kind: Kind | None = None) -> Contents:
    """What was reported of a year; of a report that was replaced or corrected, the last one that counts."""
    reports, filings = REPORTS.c, FILINGS.c
    reported = reports.state.in_([ReportState.FILED.value, ReportState.LATE.value])
    query = (
        select(
            filings.filing_id, filings.alliance_name, filings.leader_name, filings.jurisdiction, filings.zone,
            filings.kind, filings.archive_number, reports.state, reports.filed_at, reports.paper,
        )
        .join(FILINGS, filings.filing_id == reports.filing_id)
        .where(reports.year == year, reported, *placed(scope))
        .order_by(filings.jurisdiction, filings.filing_id)
        .limit(MOST + 1)
    )  # fmt: skip
    query = query.where(reports.kind == kind.value) if kind else query
    with engine.connect() as db:
        rows = db.execute(query).all()
        bodies: dict[str, Mapping[str, Any]] = {}
        for some in in_parts({row.paper for row in rows if row.paper}):
            wanted = select(col(Paper.digest), col(Paper.body)).where(col(Paper.digest).in_(some))
            bodies |= {row.digest: papers.read(row.body) for row in db.execute(wanted)}
    return Contents(
        year,
        [
            Content(
                row.filing_id, row.alliance_name, row.leader_name, row.jurisdiction, row.zone, Kind(row.kind),
                row.archive_number or "", ReportState(row.state), row.filed_at, bodies.get(row.paper, {}),
            )
            for row in rows
        ],
    )  # fmt: skip
