"""Lists of filings: in which order, from which place on, which of them an office may see, what a search means."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, true
from sqlmodel import Session, col, select

from models.register import FilingRow
from models.values import Value
from regulation import offices


class Place(Value):
    """Where a filing stands in a list: among what is overdue or not, by its nearest deadline, by its id."""

    overdue: bool = False
    at: datetime | None = None
    filing_id: str

    @classmethod
    def of(cls, row: FilingRow) -> "Place":
        """That of a filing as it was listed."""
        return cls(overdue=CHASED in row.value, at=row.next_deadline, filing_id=row.filing_id)


CHASED = '"chased":'
"""How a period of a filing's value says that it passed, and that whoever is late was chased (Q31)."""


def may_be_late() -> ColumnElement[bool]:
    """Filings on which something is overdue, as a condition."""
    return col(FilingRow.value).contains(CHASED)


def _in_order(query: Any, after: Place | None, due_by: datetime | None) -> Iterator[Any]:
    """The groups of a list, each in its order, from a place on: what is overdue, what is due on a day, what waits for none.

    What is overdue without another day to come is overdue longest.
    """
    deadline, name, overdue = col(FilingRow.next_deadline), col(FilingRow.filing_id), may_be_late()
    begun = None if after is None else 0 if after.overdue else 1 if after.at else 2
    ordered = query.order_by(deadline.is_not(None), deadline, name)
    groups = [
        ordered.where(overdue),
        ordered.where(~overdue, deadline.is_not(None)),
        ordered.where(~overdue, deadline.is_(None)),
    ]
    if due_by:
        groups = [group.where(deadline <= due_by) for group in groups[:2]]
    for number, group in enumerate(groups):
        if after is None or begun is None or number > begun:
            yield group
        elif number == begun and after.at:
            yield group.where(deadline >= after.at, or_(deadline > after.at, name > after.filing_id))
        elif number == begun:
            yield group.where(or_(deadline.is_not(None), name > after.filing_id))


def listed(
    session: Session,
    *,
    stage: str | None = None,
    kind: str | None = None,
    jurisdiction: str | None = None,
    waiting_for: str | None = None,
    awaits_iit: bool = False,
    due_by: datetime | None = None,
    text: str | None = None,
    scope: offices.Scope | None = None,
    after: Place | None = None,
    limit: int = 200,
) -> list[FilingRow]:
    """Filings: first those on which something is overdue, then by the nearest deadline; those that wait for no day last.

    A deadline is the instant at which it is over; `due_by` is the last such instant that is meant (`values.due_by`).
    `text` is looked for in ids, names, codes and archive numbers. With `after`, the ones that follow that one.
    """
    query = select(FilingRow)
    facts = {"stage": stage, "kind": kind, "jurisdiction": jurisdiction, "waiting_for": waiting_for}
    for fact, value in facts.items():
        if value:
            query = query.where(getattr(FilingRow, fact) == value)
    if awaits_iit:
        query = query.where(col(FilingRow.awaits_iit).is_(True))
    if text:
        query = query.where(_mentions(text.strip()))
    if scope:
        query = query.where(within(scope))
    rows: list[FilingRow] = []
    for group in _in_order(query, after, due_by):
        rows += session.exec(group.limit(limit - len(rows)))
        if len(rows) == limit:
            break
    return rows


def within(scope: offices.Scope) -> ColumnElement[bool]:
    """The filings that an office may see, as a condition of a query; `Scope.holds` says the same of one filing."""
    facts: list[ColumnElement[bool]] = [true()]
    for name in ("jurisdiction", "zone", "leader"):
        if value := getattr(scope, name):
            facts.append(getattr(FilingRow, name) == value)
    if scope.stages:
        facts.append(col(FilingRow.stage).in_(scope.stages))
    return or_(and_(*facts), col(FilingRow.waiting_for) == scope.office) if scope.office else and_(*facts)


def _mentions(text: str) -> ColumnElement[bool]:
    """Filings that a search means: by a beginning of id, code or number, or by any part of a name."""
    begins = (FilingRow.filing_id, FilingRow.leader, FilingRow.archive_number)
    contain = (FilingRow.alliance_name, FilingRow.leader_name)
    return or_(
        *(col(column).startswith(text, autoescape=True) for column in begins),
        *(col(column).contains(text, autoescape=True) for column in contain),
    )
