"""How people acted until now, measured: by how many days reports came before their deadline, how long offices took for an act.

Bounded: what was due within three years, and the entries of the filings with the highest ids.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, select

from activities.database import in_parts
from models.register import AnnualReportRow, EntryRow, FilingRow
from models.values import day_of, last_day_until
from models.vocabulary import ActKind, Kind, LapseKind, ReportState
from models.whatif import Habits
from regulation import agenda, offices
from regulation.calendar import CALENDARS, days_left

REPORTS = AnnualReportRow.metadata.tables["annual_reports"]
FILINGS = FilingRow.metadata.tables["filings"]
ENTRIES = EntryRow.metadata.tables["entries"]

SAMPLE = 3000
"""Of how many filings the entries are looked at."""

LOOKED_BACK = timedelta(days=3 * 366)

KEPT = 100
"""How finely a distribution is kept."""

FEW = 5
"""Of fewer cases nothing is told of an office; then all offices together tell it."""

MEASURED = {
    ActKind.ACCEPT, ActKind.GIVE_IIT_OPINION, ActKind.RECOMMEND, ActKind.CONFIRM, ActKind.FORWARD, ActKind.GIVE_OFFICE_OPINION,
    ActKind.RECORD_PARTY_GROUP, ActKind.ARCHIVE, ActKind.RECORD_SERVICE, ActKind.RULE_ON_EXTENSION, ActKind.RULE_ON_CHANGE,
    ActKind.RULE_ON_DEFENCE, ActKind.RECORD_ANNOUNCEMENT, ActKind.RESUBMIT, ActKind.ANSWER_ANNUAL_RETURN,
}  # fmt: skip
"""The acts whose time is measured from what came before them."""

OF_THE_PROVINCE = {ActKind.GIVE_OFFICE_OPINION, ActKind.RECORD_PARTY_GROUP, ActKind.ARCHIVE}

PASSED_OVER = {
    LapseKind.REMINDER.value,
    LapseKind.ANNOUNCEMENT_OVERDUE.value,
    *(each.value for each in agenda.CHASED.values()),
}
"""What happens while somebody is waited for."""


def measured(db: Connection, at: datetime) -> Habits:
    """The habits of everybody before an instant."""
    return Habits(reports=_reports(db, at), steps=_steps(db, at))


def _reports(db: Connection, at: datetime) -> dict[str, tuple[int | None, ...]]:
    """Of each office and kind, and of all offices: how many days after the last day a report came; None for never."""
    due = (REPORTS.c.due <= at, REPORTS.c.due > at - LOOKED_BACK)
    told = (ReportState.FILED.value, ReportState.LATE.value, ReportState.MISSED.value)
    columns = (REPORTS.c.zone, REPORTS.c.jurisdiction, REPORTS.c.kind, REPORTS.c.due, REPORTS.c.filed_at)
    found: dict[str, list[int | None]] = defaultdict(list)
    for zone, jurisdiction, kind, due_at, filed_at in db.execute(
        select(*columns).where(*due, REPORTS.c.state.in_(told))
    ):
        days = (day_of(filed_at) - last_day_until(due_at)).days if filed_at and filed_at <= at else None
        for office in (zone or jurisdiction, ""):
            found[f"{office} {Kind(kind)}"].append(days)
    return {name: _kept(days) for name, days in sorted(found.items()) if len(days) >= FEW or name.startswith(" ")}


def _kept(days: Iterable[int | None]) -> tuple[int | None, ...]:
    """In order, and no more finely than needed; those that never came last."""
    ordered: Sequence[int | None] = sorted(days, key=lambda each: (each is None, each or 0))
    if len(ordered) <= KEPT:
        return tuple(ordered)
    return tuple(ordered[int((at + 0.5) * len(ordered) / KEPT)] for at in range(KEPT))


def _steps(db: Connection, at: datetime) -> dict[str, dict[str, tuple[int, ...]]]:
    """Of each act, by office and of all: how many working days it took."""
    columns = (FILINGS.c.filing_id, FILINGS.c.jurisdiction, FILINGS.c.zone)
    newest = select(*columns).order_by(FILINGS.c.filing_id.desc()).limit(SAMPLE)
    places = {filing_id: (jurisdiction, zone) for filing_id, jurisdiction, zone in db.execute(newest)}
    found: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    calendar = CALENDARS.newest(day_of(at))
    for some in in_parts(places):
        of = (ENTRIES.c.filing_id.in_(some), ENTRIES.c.refused.is_(None), ENTRIES.c.entered_at <= at)
        rows = select(ENTRIES.c.filing_id, ENTRIES.c.at, ENTRIES.c.kind).where(*of)
        told = db.execute(rows.order_by(ENTRIES.c.filing_id, ENTRIES.c.number))
        for filing_id, life in groupby(told, key=lambda row: row[0]):
            _of_life(life, places[filing_id], calendar, found)
    return {
        kind: {
            office: tuple(each for each in _kept(days) if each is not None)
            for office, days in by_office.items()
            if not office or len(days) >= FEW
        }
        for kind, by_office in found.items()
    }


def _of_life(
    life: Iterable[Row[Any, Any, Any]],
    place: tuple[str, str | None],
    calendar: str,
    found: Mapping[str, Mapping[str, list[int]]],
) -> None:
    (jurisdiction, zone), before = place, None
    for entry in life:
        day, kind = day_of(entry.at), entry.kind
        if kind in PASSED_OVER:
            continue
        if kind in MEASURED and before:
            took = max(0, days_left(calendar, jurisdiction, before, day))
            office = (
                offices.PROVINCE
                if kind in OF_THE_PROVINCE
                else jurisdiction
                if kind == ActKind.GIVE_IIT_OPINION
                else zone or jurisdiction
            )
            for each in (office, ""):
                found[str(kind)][each].append(took)
        before = day
