"""The inbox of an office (待办): every filing that waits for it, by what must be done; what is late first, then by the nearest deadline.

Until when each waits stands in its row, written with the entry that made it so: a page is found along an index.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple, cast

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Engine, and_
from sqlmodel import col

from activities.letters import given_up
from activities.lists import FILINGS, LINES, read_rows
from activities.tasks import Task, task_of
from gateway.identity import Identity
from gateway.remembered.absences import concerns
from gateway.remembered.handling import post_of, waits_for_them
from gateway.shown import paging
from models.register import FilingRow, RoundRow
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


def place_of(who: Identity, row: FilingRow) -> str:
    """Where a filing stands in somebody's inbox."""
    until = row.iit_due_at if who.role is Role.CITY_IIT else row.due_at
    return Line(until or row.due_at, row.submitted_at, row.filing_id).place


@dataclass(frozen=True)
class Group:
    """What an office must do of one sort: how much of it there is, what of it is late or soon will be, and its first filings."""

    task: Task
    counts: Counter[Urgency]
    lines: tuple[tuple[Urgency, FilingRow], ...] = ()

    @property
    def rows(self) -> list[FilingRow]:
        """Its filings, what is late first."""
        return [row for _, row in self.lines]


@dataclass(frozen=True)
class Inbox:
    """What waits for somebody's office, by what must be done; the groups in which something is late come first."""

    groups: tuple[Group, ...] = ()
    more: str = ""

    @property
    def counts(self) -> Counter[Urgency]:
        """How much of it is how urgent, over all groups."""
        return sum((each.counts for each in self.groups), Counter())

    @property
    def rows(self) -> list[FilingRow]:
        """Every filing that is shown."""
        return [row for each in self.groups for row in each.rows]


def waits_for(who: Identity) -> ColumnElement[bool] | None:
    """The filings that wait for a post, as a condition; None if nothing ever does."""
    if who.role is Role.CITY_IIT:
        return and_(col(FilingRow.jurisdiction) == who.office, col(FilingRow.iit_due_at).is_not(None))
    if who.role in (Role.CITY_ST, Role.ZONE, Role.PROVINCE_ST):
        return col(FilingRow.waiting_for) == who.office
    return None


FIRST = 10
"""How many filings of each group an inbox shows, where it shows all groups."""


def inbox(
    engine: Engine, who: Identity, today: date, *,
    task: Task | None = None, only: Collection[str] | None = None, after: str = "", limit: int = 50,
) -> Inbox:  # fmt: skip
    """Somebody's inbox: the first filings of each group, or one page of one group, after a place in it. `only` these filings, if it
    is told."""
    begun, waiting = position(after), waits_for(who)
    if waiting is None:
        return Inbox()
    until, of_task = FILINGS.c.iit_due_at if who.role is Role.CITY_IIT else FILINGS.c.due_at, task_of(who.role)
    facts = [waiting] if only is None else [waiting, FILINGS.c.filing_id.in_(only)]
    order = (until, FILINGS.c.submitted_at, FILINGS.c.filing_id)
    told = sa.select(of_task, FILINGS.c.calendar, FILINGS.c.jurisdiction, until, FILINGS.c.filing_id)
    rows = LINES.add_columns(of_task.label("task")).order_by(*order)
    urgency, counts = _Urgencies(at_hour(today, 0), today), defaultdict[str, Counter[Urgency]](Counter)
    with engine.connect() as db:
        first_of = defaultdict[str, list[str]](list)
        for name, calendar, jurisdiction, at, filing_id in db.execute(told.where(*facts).order_by(*order)):
            counts[name][urgency.of(calendar, jurisdiction, at)] += 1
            if len(first_of[name]) < FIRST:
                first_of[name].append(filing_id)
        if task:
            behind = [sa.tuple_(*order) > sa.tuple_(begun.until, begun.since, begun.filing_id)] if begun else []
            rows = rows.where(*facts, of_task == task.value, *behind).limit(limit + 1)
        else:
            rows = rows.where(FILINGS.c.filing_id.in_([each for some in first_of.values() for each in some]))
        found = cast(list[Any], read_rows(db, rows))
    lines = [(Line(getattr(row, until.key), row.submitted_at, row.filing_id), row) for row in found]
    page = paging.page_of(lines, limit if task else len(lines), lambda each: each[0].place)
    shown: dict[str, list[tuple[Urgency, FilingRow]]] = defaultdict(list)
    for line, row in page.shown:
        shown[row.task].append((urgency.of(row.calendar, row.jurisdiction, line.until), row))
    groups = (Group(each, counts[each.value], tuple(shown[each.value])) for each in Task if each.value in counts)
    return Inbox(tuple(sorted(groups, key=lambda each: not each.counts[Urgency.LATE])), page.more)


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


ROUNDS = RoundRow.metadata.tables["rounds"]


def _in_rounds(who: Identity) -> ColumnElement[bool]:
    """The rounds that run where somebody works: what of them waits for their office, their rules tell (rounds/waiting.py)."""
    if who.role not in (Role.CITY_ST, Role.CITY_IIT, Role.ZONE, Role.PROVINCE_ST, Role.PROVINCE_IIT):
        return sa.false()
    return ROUNDS.c.open.is_(True)


class Beside(NamedTuple):
    """Whether anything lies beside an inbox: few desks have all of it, and only what there is is read."""

    sent: bool
    unsettled: bool
    failed: bool
    away: bool
    rounds: bool


def beside(engine: Engine, who: Identity, today: date) -> Beside:
    """What lies beside somebody's inbox; of letters that came back operators see all."""
    with engine.connect() as db:
        return Beside._make(db.execute(_whether_beside(who, today)).one())


@lru_cache(maxsize=1_000)
def _whether_beside(who: Identity, today: date) -> sa.Select[*tuple[Any, ...]]:
    failed = given_up(None if who.role is Role.OPERATOR else who.office)
    beside_it = (
        waits_for_them(who, today),
        _unsettled(who),
        failed,
        concerns(who.person, post_of(who), today),
        _in_rounds(who),
    )
    asked = (sa.select(sa.literal(1)).where(each).exists() for each in beside_it)
    return sa.select(*asked)
