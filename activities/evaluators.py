"""Who evaluates what: the alliances of the commissions under which somebody works on a day (细则 8)."""

import json
from collections.abc import Iterator
from datetime import date

from sqlalchemy import Connection, Engine, select

from activities import papers
from activities.database import in_parts
from models.register import RoundItemRow, RoundRow
from models.rounds.base import RoundKind
from models.rounds.performance import Commissioned
from models.rounds.round import Round
from regulation.rounds.appraising import is_theirs
from regulation.rounds.performing import state_of

ROUNDS, ITEMS = (model.metadata.tables[model.__tablename__].c for model in (RoundRow, RoundItemRow))
RUNNING = select(ROUNDS.value).where(ROUNDS.kind == RoundKind.PERFORMANCE.value, ROUNDS.open)


def assigned(engine: Engine, person: str, today: date) -> frozenset[str]:
    """The filings that somebody may read because they evaluate them: no longer than the commission runs, and none with which they have to do."""
    with engine.connect() as db:
        return frozenset(filing for value in db.scalars(RUNNING).all() for filing in _of(db, value, person, today))


def _of(db: Connection, value: str, person: str, today: date) -> Iterator[str]:
    round_ = Round.model_validate_json(value)
    for one in state_of(round_).commissions:
        if not one.ended and one.begins <= today <= one.ends:
            paper = papers.content(db, one.paper)
            if person in paper["people"]:
                yield from _theirs(db, round_.id, one, paper["alliances"], person)


def _theirs(db: Connection, round_id: str, one: Commissioned, alliances: list[str], person: str) -> Iterator[str]:
    for some in in_parts(alliances):
        query = select(ITEMS.filing_id, ITEMS.figures).where(ITEMS.current, ITEMS.round_id == round_id)
        query = query.where(ITEMS.filing_id.in_(some))
        for filing_id, figures in db.execute(query):
            if is_theirs(json.loads(figures), one.number, person):
                yield filing_id
