"""Figures (办理分析): deadlines by day, by city and week; what is under way and overdue.

Counts are made by the database along its indexes. How long filings stay with whom: activities/pictures/stays.py.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Engine, Executable, func, or_, select
from sqlmodel import col

from activities.database import reading
from activities.lists import LINES, Place, read_rows, within
from activities.rows import duties_of
from models.register import FilingRow
from models.values import at_hour, last_day_until
from models.vocabulary import Kind, Role, Stage
from regulation import offices
from regulation.lifecycle import APPLYING

UNDER_WAY = (*APPLYING, Stage.REVOCATION_PENDING)
"""The stages in which a case is under way."""


@dataclass(frozen=True)
class Figures:
    """The figures of one register."""

    engine: Engine

    # Deadlines

    def by_day(self, scope: offices.Scope, first: date, last: date, jurisdiction: str | None = None) -> Counter[date]:
        """How many filings of a scope have their nearest deadline on which day."""
        at = col(FilingRow.next_deadline)
        query = select(at, func.count()).where(*_due(scope, first, last, jurisdiction)).group_by(at)
        counts: Counter[date] = Counter()
        for deadline, count in self._told(query):
            counts[last_day_until(deadline)] += count
        return counts

    def by_week(self, scope: offices.Scope, monday: date, weeks: int) -> Counter[tuple[str, int]]:
        """How many filings have their nearest deadline in which city and week, counted from the week of a Monday."""
        at, city = col(FilingRow.next_deadline), col(FilingRow.jurisdiction)
        days = _due(scope, monday, monday + timedelta(weeks=weeks, days=-1), None)
        counts: Counter[tuple[str, int]] = Counter()
        for deadline, jurisdiction, count in self._told(select(at, city, func.count()).where(*days).group_by(city, at)):
            counts[jurisdiction, (last_day_until(deadline) - monday).days // 7] += count
        return counts

    def due(
        self, scope: offices.Scope, first: date, last: date, jurisdiction: str | None = None, *,
        after: Place | None = None, limit: int,
    ) -> list[FilingRow]:  # fmt: skip
        """The filings whose nearest deadline lies on these days, by deadline; with `after`, the ones that follow it."""
        at, name = col(FilingRow.next_deadline), col(FilingRow.filing_id)
        query = LINES.where(*_due(scope, first, last, jurisdiction))
        if after:
            query = query.where(at >= after.at, or_(at > after.at, name > after.filing_id))
        with self.engine.connect() as db:
            return read_rows(db, query.order_by(at, name).limit(limit))

    # Under way

    def by_stage(self, scope: offices.Scope, kind: Kind | None = None, *, closed: bool = False) -> Counter[Stage]:
        """How many filings are under way in which stage; with `closed`, also those that are in force or ended."""
        stage = col(FilingRow.stage)
        told = [within(scope), *([] if closed else [stage.in_(UNDER_WAY)]), *_of_kind(kind)]
        query = select(stage, func.count()).where(*told).group_by(stage)
        return Counter({Stage(name): count for name, count in self._told(query)})

    def overdue(self, scope: offices.Scope, kind: Kind | None = None) -> Counter[tuple[Role, str]]:
        """How many duties are overdue at which post, on filings that wait for an office."""
        waiting = col(FilingRow.waiting_for).in_([offices.PROVINCE, *offices.OFFICES, *offices.ZONES])
        overdue = col(FilingRow.overdue)
        query = select(overdue, func.count()).where(overdue.is_not(None), waiting, within(scope), *_of_kind(kind))
        counts: Counter[tuple[Role, str]] = Counter()
        for duties, count in self._told(query.group_by(overdue).order_by(overdue)):
            for each in duties_of(duties):
                counts[each.role, each.office] += count
        return counts

    def _told(self, query: Executable) -> Sequence[Any]:
        with reading(self.engine) as session:
            return session.connection().execute(query).all()


def _due(scope: offices.Scope, first: date, last: date, jurisdiction: str | None) -> list[ColumnElement[bool]]:
    at = col(FilingRow.next_deadline)
    days = [at > at_hour(first, 0), at <= at_hour(last + timedelta(days=1), 0), within(scope)]
    return [*days, col(FilingRow.jurisdiction) == jurisdiction] if jurisdiction else days


def _of_kind(kind: Kind | None) -> list[ColumnElement[bool]]:
    return [col(FilingRow.kind) == kind.value] if kind else []
