"""What a site reads of the register, as publications.py asks for it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Engine, func
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from activities.database import in_parts, reading
from activities.publishing.log_book import LogBook
from models.register import PublicNoticeRow
from models.values import at_hour, day_of

OF_FILINGS = col(PublicNoticeRow.filing_id).is_not(None)
"""What rounds publish has pages of its own."""


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

    def current(self, today: date, jurisdiction: str | None = None) -> Sequence[PublicNoticeRow]:
        """What is being shown on a day."""
        query = select(PublicNoticeRow).where(
            OF_FILINGS, PublicNoticeRow.shown_from <= today, col(PublicNoticeRow.shown_until) >= today
        )
        return self._all(_in(query, jurisdiction))

    def latest(self, today: date, limit: int, jurisdiction: str | None = None) -> Sequence[PublicNoticeRow]:
        """What was published last of what may be shown by a day."""
        query = select(PublicNoticeRow).where(OF_FILINGS, PublicNoticeRow.shown_from <= today)
        newest = col(PublicNoticeRow.published_at).desc(), col(PublicNoticeRow.id).desc()
        return self._all(_in(query, jurisdiction).order_by(*newest).limit(limit))

    def of_year(self, year: int) -> Sequence[PublicNoticeRow]:
        """Everything published in a year of Shanghai."""
        first, next_first = at_hour(date(year, 1, 1), 0), at_hour(date(year + 1, 1, 1), 0)
        published = col(PublicNoticeRow.published_at)
        return self._all(select(PublicNoticeRow).where(OF_FILINGS, published >= first, published < next_first))

    def years(self) -> Sequence[int]:
        """The years in which anything was published."""
        published = col(PublicNoticeRow.published_at)
        with reading(self.engine) as session:
            first, last = session.exec(select(func.min(published), func.max(published))).one()
        if first is None or last is None:
            return []
        years = range(day_of(first).year, day_of(last).year + 1)
        return [year for year in years if self._any(year)]

    def log(self) -> LogBook:
        """The log in which they stand."""
        return LogBook.opened(self.engine)

    def _any(self, year: int) -> bool:
        first, next_first = at_hour(date(year, 1, 1), 0), at_hour(date(year + 1, 1, 1), 0)
        published = col(PublicNoticeRow.published_at)
        with reading(self.engine) as session:
            found = select(PublicNoticeRow.id).where(OF_FILINGS, published >= first, published < next_first).limit(1)
            return session.exec(found).first() is not None

    def _all(self, query: SelectOfScalar[PublicNoticeRow]) -> Sequence[PublicNoticeRow]:
        with reading(self.engine) as session:
            return session.exec(query).all()


def _in(query: SelectOfScalar[PublicNoticeRow], jurisdiction: str | None) -> SelectOfScalar[PublicNoticeRow]:
    return query.where(PublicNoticeRow.jurisdiction == jurisdiction) if jurisdiction else query
