"""The inbox of an office (待办): every filing that waits for it, what is late first, then by the nearest deadline.

The order needs every line, so all lines of an office are read, but only of those that are shown the whole filing.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Engine, and_
from sqlmodel import col, select

from activities.database import reading
from activities.lists import may_be_late
from gateway.identity import Identity
from gateway.shown.overdue import late
from models.filing import Filing
from models.register import EntryRow, FilingRow
from models.values import INSTANT, LAST_YEAR, Named, day_of, midnight_after
from models.vocabulary import Role
from regulation.calendar import days_left

SOON = 3
"""Working days within which a deadline is near."""

UNSETTLED = 200
"""How many filings with something that did not arrive are shown at once."""

NEVER = datetime(LAST_YEAR, 12, 31, tzinfo=UTC)
"""Sorts what waits for no day behind everything else; an instant that can be read again from an address."""


class Urgency(Named):
    """How much time is left, in the order in which an inbox shows it."""

    LATE = "late", "已逾期"
    SOON = "soon", f"{SOON}个工作日内到期"
    LATER = "later", "其后到期或未定期限"


RANK = {urgency: rank for rank, urgency in enumerate(Urgency)}


@dataclass(frozen=True, order=True)
class Line:
    """One filing that waits, and until when; of a duty that is overdue, until when it should have been done.

    Of two that wait until the same day the one that came first is first, whatever ids their leaders chose.
    """

    rank: int
    until: datetime
    since: datetime
    filing_id: str

    @property
    def urgency(self) -> Urgency:
        """In which group it stands."""
        return tuple(Urgency)[self.rank]

    @property
    def place(self) -> str:
        """Where it stands, to be carried in an address."""
        return f"{self.rank}~{self.until.isoformat()}~{self.since.isoformat()}~{self.filing_id}"


def position(text: str) -> Line | None:
    """A place as a line to compare with; None is the beginning. Raises `ValueError` if it is no place."""
    if not text:
        return None
    rank, until, since, filing_id = text.split("~", 3)
    return Line(int(rank), INSTANT.validate_python(until), INSTANT.validate_python(since), filing_id)


@dataclass(frozen=True)
class Inbox:
    """What waits for somebody's office: how much of it there is, and one page of it."""

    counts: Counter[Urgency]
    page: tuple[tuple[Line, FilingRow], ...]
    more: str = ""


def waits_for(who: Identity) -> ColumnElement[bool] | None:
    """The filings that wait for a post, as a condition; None if nothing ever does."""
    if who.role is Role.CITY_IIT:
        return and_(col(FilingRow.jurisdiction) == who.office, col(FilingRow.awaits_iit).is_(True))
    if who.role in (Role.CITY_ST, Role.ZONE, Role.PROVINCE_ST):
        return col(FilingRow.waiting_for) == who.office
    return None


def inbox(
    engine: Engine, who: Identity, today: date, *, only: Collection[str] | None = None, after: str = "", limit: int = 50
) -> Inbox:
    """One page of somebody's inbox, after a place in it; `only` these filings, if it is told."""
    waiting = waits_for(who)
    if waiting is None:
        return Inbox(Counter(), ())
    lines = sorted(_lines(engine, who, waiting, today, only))
    begun = position(after)
    ahead = [line for line in lines if begun is None or line > begun]
    shown = ahead[:limit]
    rows = rows_of(engine, [line.filing_id for line in shown])
    return Inbox(
        Counter(line.urgency for line in lines),
        tuple((line, rows[line.filing_id]) for line in shown if line.filing_id in rows),
        shown[-1].place if len(ahead) > limit else "",
    )


def _lines(
    engine: Engine, who: Identity, waiting: ColumnElement[bool], today: date, only: Collection[str] | None
) -> Iterator[Line]:
    first = and_(col(EntryRow.filing_id) == FilingRow.filing_id, col(EntryRow.number) == 1)
    facts: sa.Select[Any] = sa.select(
        col(FilingRow.filing_id), col(FilingRow.next_deadline), col(FilingRow.calendar), col(FilingRow.jurisdiction),
        col(EntryRow.at), sa.case((may_be_late(), col(FilingRow.value)), else_=sa.null()),
    ).outerjoin(EntryRow, first).where(waiting)  # fmt: skip
    with reading(engine) as session:
        found = session.connection().execute(facts).all()
    for filing_id, deadline, calendar, jurisdiction, since, value in found:
        if only is not None and filing_id not in only:
            continue
        over = _overdue(Filing.model_validate_json(value), who) if value else None
        until = midnight_after(over) if over else deadline
        if until is None:
            yield Line(RANK[Urgency.LATER], NEVER, since or NEVER, filing_id)
            continue
        last = day_of(until - datetime.resolution)  # a deadline is over at 24:00 of its last day
        left = days_left(calendar, jurisdiction, today, last)
        urgency = Urgency.LATE if last < today else Urgency.SOON if left <= SOON else Urgency.LATER
        yield Line(RANK[urgency], until, since or NEVER, filing_id)


def _overdue(filing: Filing, who: Identity) -> date | None:
    """The last day of the duty of somebody's own office that is overdue longest."""
    own = [each.last for each in late(filing) if (each.role, each.office) == (who.role, who.office)]
    return min(own, default=None)


AT_ONCE = 500
"""How many ids one query names."""


def rows_of(engine: Engine, filing_ids: Sequence[str]) -> dict[str, FilingRow]:
    """These filings, by their ids."""
    found: dict[str, FilingRow] = {}
    left = iter(filing_ids)
    with reading(engine) as session:
        while some := list(islice(left, AT_ONCE)):
            rows = session.exec(select(FilingRow).where(col(FilingRow.filing_id).in_(some)))
            found |= {row.filing_id: row for row in rows}
    return found


def unsettled(engine: Engine, who: Identity) -> list[FilingRow]:
    """The filings of which something did not reach the leader, and somebody's office must tell it in another way (G-18)."""
    if who.role is Role.ZONE:
        own = col(FilingRow.zone) == who.office
    elif who.role is Role.CITY_ST:
        own = and_(col(FilingRow.jurisdiction) == who.office, col(FilingRow.zone).is_(None))
    else:
        return []
    running = col(FilingRow.value).contains('"delivery:')
    query = select(FilingRow).where(own, col(FilingRow.open).is_(True), running)
    with reading(engine) as session:
        return list(session.exec(query.order_by(FilingRow.filing_id).limit(UNSETTLED)))
