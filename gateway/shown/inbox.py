"""The inbox of an office (待办): every filing that waits for it, what is late first, then by the nearest deadline.

Until when each waits stands in its row, written with the entry that made it so: a page is found along an index.
"""

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Engine, and_
from sqlmodel import col

from activities.letters import given_up
from activities.lists import FILINGS, LINES, read_rows
from activities.rows import NEVER
from gateway.identity import Identity
from gateway.remembered.handling import waits_for_them
from gateway.shown import paging
from models.register import FilingRow
from models.values import Named, last_day_until
from models.vocabulary import Role
from regulation.calendar import days_left

SOON = 3
"""Working days within which a deadline is near."""

UNSETTLED = 200
"""How many filings with something that did not arrive are shown at once."""


class Urgency(Named):
    """How much time is left, in the order in which an inbox shows it."""

    LATE = "late", "已逾期"
    SOON = "soon", f"{SOON}个工作日内到期"
    LATER = "later", "其后到期或未定期限"

    @property
    def rank(self) -> int:
        """Its place in that order."""
        return list(Urgency).index(self)


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
    waiting = waits_for(who)
    begun = position(after)
    if waiting is None:
        return Inbox(Counter())
    until = FILINGS.c.iit_due_at if who.role is Role.CITY_IIT else FILINGS.c.due_at
    name = FILINGS.c.filing_id
    order = (until, FILINGS.c.submitted_at, name)
    if only is not None:
        waiting = and_(waiting, name.in_(only))
    ahead = sa.tuple_(*order) > sa.tuple_(begun.until, begun.since, begun.filing_id) if begun else sa.true()
    days = (FILINGS.c.calendar, FILINGS.c.jurisdiction, until)
    counts: Counter[Urgency] = Counter()
    with engine.connect() as db:
        rows = read_rows(db, LINES.where(waiting, ahead).order_by(*order).limit(limit + 1))
        for calendar, jurisdiction, at, count in db.execute(
            sa.select(*days, sa.func.count()).where(waiting).group_by(*days)
        ):
            counts[_urgency(calendar, jurisdiction, at, today)] += count
    lines = [(Line(getattr(row, until.key), row.submitted_at, row.filing_id), row) for row in rows]
    page = paging.page_of(lines, limit, lambda each: each[0].place)
    return Inbox(
        counts,
        tuple((_urgency(row.calendar, row.jurisdiction, line.until, today), row) for line, row in page.shown),
        page.more,
    )


def _urgency(calendar: str, jurisdiction: str, until: datetime, today: date) -> Urgency:
    """How much time is left of a deadline, which is over at 24:00 of its last day."""
    if until == NEVER:
        return Urgency.LATER
    last = last_day_until(until)
    if last < today:
        return Urgency.LATE
    return Urgency.SOON if days_left(calendar, jurisdiction, today, last) <= SOON else Urgency.LATER


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
    failed = given_up(None if who.role is Role.OPERATOR else who.office)
    with engine.connect() as db:
        asked = (
            sa.select(sa.literal(1)).where(each).exists() for each in (waits_for_them(who), _unsettled(who), failed)
        )
        return Beside._make(db.execute(sa.select(*asked)).one())
