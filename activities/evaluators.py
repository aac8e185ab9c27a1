"""Who evaluates what: the alliances of the commissions under which somebody works on a day (细则 8)."""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import Connection, Engine, select

from activities import papers
from activities.database import in_parts
from models.register import RoundItemRow, RoundRow
from models.rounds.base import RoundKind
from models.rounds.performance import Commissioned
from models.rounds.round import Round
from regulation.rounds.appraising import Withdrawn, is_theirs
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
                yield from _theirs(db, round_, one, paper["alliances"], person)


def _theirs(db: Connection, round_: Round, one: Commissioned, alliances: list[str], person: str) -> Iterator[str]:
    of_the_year = select(ROUNDS.round_id).where(ROUNDS.kind == round_.kind.value, ROUNDS.year == round_.year)
    for some in in_parts(alliances):
        query = select(ITEMS.filing_id, ITEMS.round_id, ITEMS.figures).where(ITEMS.current, ITEMS.filing_id.in_(some))
        told: dict[str, dict[str, Any]] = defaultdict(dict)
        for filing_id, round_id, figures in db.execute(query.where(ITEMS.round_id.in_(of_the_year))):
            told[filing_id][round_id] = json.loads(figures)
        for filing_id, by_round in told.items():
            if is_theirs(by_round.get(round_.id, {}), one, person, Withdrawn.told(by_round.values())):
                yield filing_id
