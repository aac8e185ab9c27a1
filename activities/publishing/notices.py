"""What a site reads of the register, as publications.py asks for it."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Engine, and_, func
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from activities.database import in_parts, reading
from activities.publishing.log_book import LogBook
from activities.publishing.publications import month_of, next_month
from models.register import PublicNoticeRow
from models.values import at_hour, day_of

OF_FILINGS = col(PublicNoticeRow.filing_id).is_not(None)
"""What rounds publish has pages of its own."""

PORTION = 1000
"""How many are read at a time where all are."""

BY_TIME = (PublicNoticeRow.published_at, PublicNoticeRow.id)
"""The order in which they were published."""


@dataclass(frozen=True)
class Notices:
    """The register's public notices."""

    engine: Engine

    def of_filings(self, filing_ids: Collection[str]) -> Sequence[PublicNoticeRow]:
        """Everything published of these filings."""
        rows: list[PublicNoticeRow] = []
        with reading(self.engine) as session:
            for some in in_parts(filing_ids):
                rows += session.exec(select(PublicNoticeRow).where(col(PublicNoticeRow.filing_id).in_(some)))
        return rows

    def every(self) -> Iterator[PublicNoticeRow]:
        """Everything published of filings, a filing's after one another; so much at a time."""
        query = select(PublicNoticeRow).where(OF_FILINGS).order_by(col(PublicNoticeRow.filing_id))
        with reading(self.engine) as session:
            yield from session.exec(query.execution_options(yield_per=PORTION))

    def current(self, today: date, limit: int, jurisdiction: str | None = None) -> Sequence[PublicNoticeRow]:
        """What is being shown on a day, what began last first."""
        query = select(PublicNoticeRow).where(
            OF_FILINGS, PublicNoticeRow.shown_from <= today, col(PublicNoticeRow.shown_until) >= today
        )
        if jurisdiction:  # found by its days: the index by place would lead through everything that it ever published
            query = query.where(col(PublicNoticeRow.jurisdiction).concat("") == jurisdiction)
        began_last = [col(each).desc() for each in (PublicNoticeRow.shown_from, *BY_TIME)]
        return self._all(query.order_by(*began_last).limit(limit))

    def latest(self, today: date, limit: int, jurisdiction: str | None = None) -> Sequence[PublicNoticeRow]:
        """What was published last of what may be shown by a day."""
        query = select(PublicNoticeRow).where(OF_FILINGS, PublicNoticeRow.shown_from <= today)
        if jurisdiction:
            query = query.where(PublicNoticeRow.jurisdiction == jurisdiction)
        return self._all(query.order_by(*(col(each).desc() for each in BY_TIME)).limit(limit))

    def months(self, year: int) -> Sequence[date]:
        """The months of a year in which anything was published, by their first days."""
        return [month for number in range(1, 13) if self._any(*_bounds(month := date(year, number, 1)))]

    def count(self, month: date) -> int:
        """How much was published in a month."""
        return self._count(_within(*_bounds(month)))

    def before(self, row: PublicNoticeRow) -> int:
        """How much was published in its month before it."""
        first, _ = _bounds(month_of(row))
        published = col(PublicNoticeRow.published_at)
        with_it = and_(published == row.published_at, col(PublicNoticeRow.id) < row.id)
        return self._count(_within(first, row.published_at)) + self._count(with_it)

    def part(self, month: date, first: int, limit: int) -> Sequence[PublicNoticeRow]:
        """What was published in a month, from a place on."""
        query = select(PublicNoticeRow).where(OF_FILINGS, _within(*_bounds(month)))
        return self._all(query.order_by(*(col(each) for each in BY_TIME)).offset(first).limit(limit))

    def years(self) -> Sequence[int]:
        """The years in which anything was published."""
        published = col(PublicNoticeRow.published_at)
        with reading(self.engine) as session:
            first, last = session.exec(select(func.min(published), func.max(published))).one()
        if first is None or last is None:
            return []
        years = range(day_of(first).year, day_of(last).year + 1)
        return [year for year in years if self._any(at_hour(date(year, 1, 1), 0), at_hour(date(year + 1, 1, 1), 0))]

    def log(self) -> LogBook:
        """The log in which they stand."""
        return LogBook.opened(self.engine)

    def _any(self, first: datetime, until: datetime) -> bool:
        with reading(self.engine) as session:
            found = select(PublicNoticeRow.id).where(OF_FILINGS, _within(first, until)).limit(1)
            return session.exec(found).first() is not None

    def _count(self, condition: ColumnElement[bool]) -> int:
        with reading(self.engine) as session:
            return session.exec(select(func.count()).select_from(PublicNoticeRow).where(OF_FILINGS, condition)).one()

    def _all(self, query: SelectOfScalar[PublicNoticeRow]) -> Sequence[PublicNoticeRow]:
        with reading(self.engine) as session:
            return session.exec(query).all()


def _bounds(month: date) -> tuple[datetime, datetime]:
    """The first instant of a month of Shanghai, and that of the next."""
    return at_hour(month, 0), at_hour(next_month(month), 0)


def _within(first: datetime, until: datetime) -> ColumnElement[bool]:
    """Published at an instant or later, and before another."""
    published = col(PublicNoticeRow.published_at)
    return and_(published >= first, published < until)
