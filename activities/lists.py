"""Lists of filings: in which order, from which place on, which of them an office may see, what a search means."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, cast

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, false, func, or_, select, true, tuple_, union
from sqlmodel import col

from activities import search_texts
from activities.database import in_parts
from activities.survey_standing import OfSurvey
from models.register import AnnualReportRow, FilingRow
from models.values import Value
from models.vocabulary import ReportState
from regulation import offices, service

FILINGS = FilingRow.metadata.tables["filings"]

UNOPENED = case(
    (
        FILINGS.c.stage.in_([each.value for each in service.FROM_SERVICE]),
        and_(
            FILINGS.c.value.like('%"notification":{"by_inbox":true,%'),
            FILINGS.c.value.not_like('%"read":true}%'),
        ),
    ),
    else_=false(),
).label("unopened")
"""Whether the notice of a filing lies in the inbox and nobody has opened it yet (`service.is_unopened`), as the filing's canonical JSON
tells it: no text that people write has a quotation mark that is not escaped there. A case, so that no filing is read of which there is no
notice: of most lines of a list."""

WHOLE = select(FILINGS, UNOPENED)
LINES = select(*(column for column in FILINGS.c if column.name not in ("value", "public")), UNOPENED)
"""What a line of a list is made of: all but the filing itself and what may be shown of it, which are long."""


def along_another_index(column: Any) -> ColumnElement[str]:
    """A column in a condition that few rows fail: databases without statistics would look it up, and sort what they found."""
    return func.coalesce(column, "")


def read_rows(db: Connection, query: Any, of: Mapping[str, Any] | None = None) -> list[FilingRow]:
    """Filings as mere rows: every column by its name, and no object that a session would make of it first."""
    return cast(list[FilingRow], db.execute(query, of).all())


def columns_of(row: FilingRow) -> dict[str, Any]:
    """The columns of such a row as a mapping."""
    return {name: value for name, value in cast(Row[Any], row)._mapping.items() if name in FILINGS.c}


Order = Literal["due", "submitted", "name", "office"]
"""By what a list is ordered: what is overdue or due, the day of submission, the alliance's name, the city and then what is due."""

ORDERS: Mapping[Order, tuple[str, ...]] = {
    "due": ("listed_at", "filing_id"),
    "submitted": ("submitted_at", "filing_id"),
    "name": ("alliance_name", "filing_id"),
    "office": ("jurisdiction", "listed_at", "filing_id"),
}
"""The columns of each order; each has an index, of the whole register and of one city."""


class Place(Value):
    """Where a filing stands in a list: by what is overdue on it or its nearest deadline, and by its id; in another order by the instant
    or the `word` that it begins with."""

    at: datetime
    filing_id: str
    word: str = ""

    def along(self, order: Order) -> tuple[datetime | str, ...]:
        """As the columns of an order tell it."""
        told: dict[str, datetime | str] = {
            "listed_at": self.at, "submitted_at": self.at, "alliance_name": self.word, "jurisdiction": self.word,
            "filing_id": self.filing_id,
        }  # fmt: skip
        return tuple(told[name] for name in ORDERS[order])

    @classmethod
    def of(cls, row: FilingRow) -> "Place":
        """That of a filing as it was listed."""
        return cls(at=row.listed_at, filing_id=row.filing_id)


class OfYear(Value):
    """年度报送情况: filings of which a reporting year is counted as one of these."""

    year: int
    states: tuple[ReportState, ...]

    @property
    def fact(self) -> ColumnElement[bool]:
        """As a condition."""
        reports = AnnualReportRow
        told = select(col(reports.filing_id)).where(col(reports.year) == self.year, col(reports.state).in_(self.states))
        return FILINGS.c.filing_id.in_(told)


def in_order(
    rows: Select[Any],
    facts: Sequence[ColumnElement[bool]],
    ways: Sequence[ColumnElement[bool]],
    after: Place | None,
    limit: int,
    by: Order = "due",
) -> Select[Any]:
    """The filings of a list, in its order, from a place on.

    They are found by an index along each of the `ways` by which somebody may see a filing, so no more is read than is listed.
    """
    order = [FILINGS.c[name] for name in ORDERS[by]]
    ahead = [tuple_(*order) > tuple_(*after.along(by))] if after else []
    found = [select(*order).where(way, *facts, *ahead).order_by(*order).limit(limit).subquery() for way in ways]
    which = union(*(select(*each.c) for each in found)).subquery()
    return rows.join(which, FILINGS.c.filing_id == which.c.filing_id).order_by(*which.c).limit(limit)


def named(db: Connection, filing_ids: Iterable[str], *, whole: bool) -> dict[str, FilingRow]:
    """These filings, by their ids."""
    found: dict[str, FilingRow] = {}
    for some in in_parts(filing_ids):
        rows = read_rows(db, (WHOLE if whole else LINES).where(col(FilingRow.filing_id).in_(some)))
        found |= {row.filing_id: row for row in rows}
    return found


def listed(
    db: Connection,
    *,
    stage: str | None = None,
    kind: str | None = None,
    jurisdiction: str | None = None,
    zone: str | None = None,
    waiting_for: str | None = None,
    awaits_iit: bool = False,
    due_by: datetime | None = None,
    overdue: bool = False,
    of_year: OfYear | None = None,
    of_survey: OfSurvey | None = None,
    text: str | None = None,
    named: str | None = None,
    evaluated: str | None = None,
    also: Sequence[ColumnElement[bool]] = (),
    scope: offices.Scope | None = None,
    after: Place | None = None,
    limit: int = 200,
    whole: bool = True,
    order: Order = "due",
) -> list[FilingRow]:
    """Filings: first those on which something is overdue, then by the nearest deadline; those that wait for no day last.

    A deadline is the instant at which it is over; `due_by` is the last such instant that is meant (`values.due_by`).
    `overdue`: an office is late with something. `of_year`: what became of a reporting year; `of_survey`: how it stands in a survey.
    `text` is looked for in ids, names, codes and archive numbers, `named` in what an alliance is named; `also` are further conditions. With `after`, the ones that follow that one. Not `whole`,
    they are lines of a list. `order` may be another one.
    """
    wanted = {"kind": kind, "jurisdiction": jurisdiction, "zone": zone, "waiting_for": waiting_for}
    facts = [getattr(FilingRow, fact) == value for fact, value in wanted.items() if value]
    if stage:  # at one place there are fewer than in one stage
        placed = jurisdiction or zone or waiting_for or (scope and (scope.jurisdiction or scope.zone or scope.leader))
        facts.append((along_another_index(FILINGS.c.stage) if placed else FILINGS.c.stage) == stage)
    facts += [col(FilingRow.awaits_iit).is_(True)] if awaits_iit else []
    facts += [col(FilingRow.overdue).is_not(None)] if overdue else []
    facts += [of_year.fact] if of_year else []
    facts += [of_survey.fact] if of_survey else []
    facts += [_mentions(text.strip())] if text else []
    facts += is_named(named) if named else []
    facts += [FILINGS.c.evaluated == evaluated] if evaluated else []
    facts += also
    facts += [col(FilingRow.next_deadline) <= due_by, col(FilingRow.listed_at) <= due_by] if due_by else []
    rows, seen = WHOLE if whole else LINES, ways(scope) if scope else [true()]
    return read_rows(db, in_order(rows, facts, seen, after, limit, order))


def is_named(name: str) -> list[ColumnElement[bool]]:
    """The alliances that are named so: few of many, found along an index of their own."""
    return [FILINGS.c.named.is_not(None), FILINGS.c.named.contains(name)]


def ways(scope: offices.Scope) -> list[ColumnElement[bool]]:
    """The filings that an office may see, as conditions of which one holds: they lie within its place, or wait for it.

    `Scope.holds` says the same of one filing.
    """
    facts = [
        getattr(FilingRow, name) == value
        for name in ("jurisdiction", "zone", "leader")
        if (value := getattr(scope, name))
    ]
    facts += [col(FilingRow.stage).in_(scope.stages)] if scope.stages else []
    facts += [col(FilingRow.filing_id).in_(scope.filings)] if scope.filings is not None else []
    if not facts:
        return [true()]
    return [and_(*facts), *([col(FilingRow.waiting_for) == scope.office] if scope.office else [])]


def sees(scope: offices.Scope, row: FilingRow) -> bool:
    """Whether a filing as it was listed lies within a scope."""
    return scope.holds(row.filing_id, row.jurisdiction, row.zone, row.leader, row.stage, row.waiting_for)


def within(scope: offices.Scope) -> ColumnElement[bool]:
    """The same as one condition."""
    return or_(*ways(scope))


def _mentions(text: str) -> ColumnElement[bool]:
    """Filings that a search means: each of its words is the beginning of id, code or number, or part of what the filing is found by."""
    begins = (FilingRow.filing_id, FilingRow.leader, FilingRow.archive_number)
    return and_(
        *(
            or_(*(col(column).startswith(word, autoescape=True) for column in begins), search_texts.mentions(word))
            for word in text.split()[: search_texts.WORDS]
        )
    )
