"""The inbox of an office (待办): every filing that waits for it, what is late first, then by the nearest deadline.

Until when each waits stands in its row, written with the entry that made it so: a page is found along an index.
"""

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Engine, and_
from sqlmodel import col

from activities.letters import given_up
from activities.lists import FILINGS, LINES, read_rows
from gateway.identity import Identity
from gateway.remembered.handling import waits_for_them
from gateway.shown import paging
from models.register import FilingRow
from models.values import Named, at_hour
from models.vocabulary import Role
from regulation.calendar import last_day

SOON = 3
"""Working days within which a deadline is near."""

UNSETTLED = 200
"""How many filings with something that did not arrive are shown at once."""


class Urgency(Named):
    """How much time is left, in the order in which an inbox shows it."""

    LATE = "late", "已逾期"
    SOON = "soon", f"{SOON}个工作日内到期"
    LATER = "later", "其后到期或未定期限"


@dataclass(frozen=True, order=True)
class Line:
    """One filing that waits, and until when; of a duty that is overdue, until when it should have been done.

    Of two that wait until the same day the one that came first is first, whatever ids their leaders chose.
    """

    until: datetime
    since: datetime
    filing_id: str

    @property
    def place(self) -> str:
        """Where it stands, to be carried in an address."""
        return paging.place(self.until, self.since, key=self.filing_id)


def position(text: str) -> Line | None:
    """A place as a line to compare with; None is the beginning. Raises `ValueError` if it is no place."""
    if (found := paging.position(text, instants=2)) is None:
        return None
    (until, since), filing_id = found
    return Line(until, since, filing_id)


@dataclass(frozen=True)
class Inbox:
    """What waits for somebody's office: how much of it there is, and one page of it."""

    counts: Counter[Urgency]
    page: tuple[tuple[Urgency, FilingRow], ...] = ()
    more: str = ""

    @property
    def groups(self) -> list[tuple[Urgency, list[FilingRow]]]:
        """The filings of the page by how much time is left."""
        groups = ((urgency, [row for each, row in self.page if each is urgency]) for urgency in Urgency)
        return [(urgency, rows) for urgency, rows in groups if rows]


def waits_for(who: Identity) -> ColumnElement[bool] | None:
    """The filings that wait for a post, as a condition; None if nothing ever does."""
    if who.role is Role.CITY_IIT:
        return and_(col(FilingRow.jurisdiction) == who.office, col(FilingRow.iit_due_at).is_not(None))
    if who.role in (Role.CITY_ST, Role.ZONE, Role.PROVINCE_ST):
        return col(FilingRow.waiting_for) == who.office
    return None


def inbox(
    engine: Engine, who: Identity, today: date, *, only: Collection[str] | None = None, after: str = "", limit: int = 50
) -> Inbox:
    """One page of somebody's inbox, after a place in it; `only` these filings, if it is told."""
    begun, asked = position(after), _asked(who)
    if asked is None:
        return Inbox(Counter())
    until, rows, tally = asked
    if only is not None:
        rows, tally = (each.where(FILINGS.c.filing_id.in_(only)) for each in (rows, tally))
    if begun:
        order = (until, FILINGS.c.submitted_at, FILINGS.c.filing_id)
        rows = rows.where(sa.tuple_(*order) > sa.tuple_(begun.until, begun.since, begun.filing_id))
    counts, urgency = Counter[Urgency](), _Urgencies(at_hour(today, 0), today)
    with engine.connect() as db:
        found = read_rows(db, rows.limit(limit + 1))
        for calendar, jurisdiction, at, count in db.execute(tally):
            counts[urgency.of(calendar, jurisdiction, at)] += count
    lines = [(Line(getattr(row, until.key), row.submitted_at, row.filing_id), row) for row in found]
    page = paging.page_of(lines, limit, lambda each: each[0].place)
    return Inbox(
        counts,
        tuple((urgency.of(row.calendar, row.jurisdiction, line.until), row) for line, row in page.shown),
        page.more,
    )


@lru_cache(maxsize=1_000)
def _asked(who: Identity) -> tuple[sa.Column[datetime], sa.Select[Any], sa.Select[Any]] | None:
    """Until when each filing of an inbox waits, its filings in order, and how many of them wait until when."""
    waiting = waits_for(who)
    if waiting is None:
        return None
    until = FILINGS.c.iit_due_at if who.role is Role.CITY_IIT else FILINGS.c.due_at
    days = (FILINGS.c.calendar, FILINGS.c.jurisdiction, until)
    rows = LINES.where(waiting).order_by(until, FILINGS.c.submitted_at, FILINGS.c.filing_id)
    return until, rows, sa.select(*days, sa.func.count()).where(waiting).group_by(*days)


@dataclass(frozen=True)
class _Urgencies:
    """How much time is left of deadlines on a day, which began at an instant; each is over at 24:00 of its last day."""

    began: datetime
    today: date
    _near: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def of(self, calendar: str, jurisdiction: str, until: datetime) -> Urgency:
        """That of one deadline; the days are counted once for all that are counted by the same calendar in one place."""
        if (counted := (calendar, jurisdiction)) not in self._near:
            first_later = last_day(calendar, jurisdiction, self.today, SOON + 1, "working_day")
            self._near[counted] = at_hour(first_later, 0)
        if until <= self.began:
            return Urgency.LATE
        return Urgency.SOON if until <= self._near[counted] else Urgency.LATER


def unsettled(engine: Engine, who: Identity) -> list[tuple[FilingRow, list[int]]]:
    """The filings of which something did not reach the leader, and by which entries: who must tell it in another way (G-18)."""
    with engine.connect() as db:
        rows = read_rows(db, LINES.where(_unsettled(who)).order_by(FILINGS.c.filing_id).limit(UNSETTLED))
    return [(row, json.loads(row.unsettled or "[]")) for row in rows]


def _unsettled(who: Identity) -> ColumnElement[bool]:
    if who.role is Role.ZONE:
        own = FILINGS.c.zone == who.office
    elif who.role is Role.CITY_ST:
        own = and_(FILINGS.c.jurisdiction == who.office, FILINGS.c.zone.is_(None))
    else:
        return sa.false()
    return and_(own, FILINGS.c.open.is_(True), FILINGS.c.unsettled.is_not(None))


class Beside(NamedTuple):
    """Whether anything lies beside an inbox: few desks have all of it, and only what there is is read."""

    sent: bool
    unsettled: bool
    failed: bool


def beside(engine: Engine, who: Identity) -> Beside:
    """What lies beside somebody's inbox; of letters that came back operators see all."""
    with engine.connect() as db:
        return Beside._make(db.execute(_whether_beside(who)).one())


@lru_cache(maxsize=1_000)
def _whether_beside(who: Identity) -> sa.Select[*tuple[Any, ...]]:
    failed = given_up(None if who.role is Role.OPERATOR else who.office)
    asked = (sa.select(sa.literal(1)).where(each).exists() for each in (waits_for_them(who), _unsettled(who), failed))
    return sa.select(*asked)
