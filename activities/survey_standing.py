"""How each filing stands in the survey of a year (统计调查填报情况): to narrow a list by it, and to tell it in one.

The survey of a year is that of the province, the last one of several; who is to answer it is on file, or has answered.
"""

from collections.abc import Iterable
from typing import Any, Literal

from sqlalchemy import ColumnElement, Engine, ScalarSelect, and_, exists, or_, select

from activities.database import in_parts
from models.register import FilingRow, RoundItemRow, RoundRow
from models.rounds.base import RoundKind, RoundStage
from models.values import Value
from regulation.rounds.known import FILED

FILINGS, ITEMS, ROUNDS = (
    model.metadata.tables[str(model.__tablename__)].c for model in (FilingRow, RoundItemRow, RoundRow)
)

Stands = Literal["answered", "returned", "none"]
"""As `models.rounds.surveys.Standing` has it; `none`: nothing was entered of it yet."""


class OfSurvey(Value):
    """Filings that stand so in the survey of a year."""

    year: int
    stands: Stands

    @property
    def fact(self) -> ColumnElement[bool]:
        """As a condition."""
        entered = exists().where(
            ITEMS.round_id == _survey(self.year), ITEMS.filing_id == FILINGS.filing_id, ITEMS.current
        )
        if self.stands == "none":
            return and_(_asked(self.year), ~entered)
        return entered.where(ITEMS.state == self.stands)


def standings(engine: Engine, year: int, filing_ids: Iterable[str]) -> dict[str, Stands]:
    """How each of some filings stands; who has nothing to answer is not there."""
    of = and_(ITEMS.filing_id == FILINGS.filing_id, ITEMS.round_id == _survey(year), ITEMS.current)
    query = select(FILINGS.filing_id, ITEMS.state).select_from(
        FILINGS.filing_id.table.outerjoin(ITEMS.filing_id.table, of)
    )
    query = query.where(or_(ITEMS.state.is_not(None), _asked(year)))
    with engine.connect() as db:
        return {
            row.filing_id: row.state or "none"
            for some in in_parts(filing_ids)
            for row in db.execute(query.where(FILINGS.filing_id.in_(some)))
        }


def _of(year: int) -> list[ColumnElement[bool]]:
    return [
        ROUNDS.kind == RoundKind.SURVEY.value, ROUNDS.year == year, ROUNDS.jurisdiction.is_(None),
        ROUNDS.stage != RoundStage.CANCELLED.value,
    ]  # fmt: skip


def _survey(year: int) -> ScalarSelect[Any]:
    """The id of the survey of a year."""
    last = select(ROUNDS.round_id).where(*_of(year)).order_by(ROUNDS.closes.desc(), ROUNDS.round_id)
    return last.limit(1).scalar_subquery()


def _asked(year: int) -> ColumnElement[bool]:
    """Whether a filing is on file, and of the kind that the survey is over."""
    over = exists().where(
        ROUNDS.round_id == _survey(year), or_(ROUNDS.alliances.is_(None), ROUNDS.alliances == FILINGS.kind)
    )
    return and_(FILINGS.stage.in_([each.value for each in FILED]), over)
