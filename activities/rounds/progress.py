"""How far a round has come over its alliances: how many stand where, by place and kind, and which ones."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from activities.lists import within
from activities.papers import contents as papers_by
from activities.rounds.known import lies_in
from models.register import FilingRow, RoundItemRow
from models.rounds.round import Round
from regulation.offices import Scope
from regulation.rounds.known import FILED

FILINGS, ITEMS = (model.metadata.tables[model.__tablename__].c for model in (FilingRow, RoundItemRow))

NOTHING = ""
"""The state of an alliance of which nothing was entered yet."""


@dataclass(frozen=True, slots=True)
class Group:
    """So many alliances of one place and kind stand at a state in a round."""

    jurisdiction: str
    zone: str | None
    kind: str
    state: str
    count: int


@dataclass(frozen=True, slots=True)
class Line:
    """One alliance of a round: what it is called, and what the round's last entry on it made of it."""

    filing_id: str
    archive_number: str | None
    alliance_name: str
    leader_name: str
    leader: str
    jurisdiction: str
    zone: str | None
    kind: str
    technical_field: str
    state: str
    number: int | None
    at: datetime | None
    paper: str | None
    figures: Mapping[str, Any]


def groups(db: Connection, round_: Round, scope: Scope) -> list[Group]:
    """How many alliances stand where, by place and kind."""
    state = func.coalesce(ITEMS.state, NOTHING)
    told = (FILINGS.jurisdiction, FILINGS.zone, FILINGS.kind, state)
    query = _joined(select(*told, func.count()), round_).where(*_of(round_, scope)).group_by(*told).order_by(*told)
    return [Group(*row) for row in db.execute(query)]


def lines(
    db: Connection,
    round_: Round,
    scope: Scope,
    *,
    states: Sequence[str] = (),
    jurisdiction: str | None = None,
    kind: str | None = None,
    after: str = "",
    most: int | None = 200,
) -> list[Line]:
    """The alliances of a round in the order of their ids: of some states, of a place, of a kind, after one of them."""
    query = _joined(
        select(
            FILINGS.filing_id, FILINGS.archive_number, FILINGS.alliance_name, FILINGS.leader_name, FILINGS.leader,
            FILINGS.jurisdiction, FILINGS.zone, FILINGS.kind, FILINGS.technical_field, func.coalesce(ITEMS.state, NOTHING).label("state"),
            ITEMS.number, ITEMS.at, ITEMS.paper, ITEMS.figures,
        ),
        round_,
    ).where(*_of(round_, scope), FILINGS.filing_id > after)  # fmt: skip
    if states:
        query = query.where(func.coalesce(ITEMS.state, NOTHING).in_(states))
    if jurisdiction:
        query = query.where(FILINGS.jurisdiction == jurisdiction)
    if kind:
        query = query.where(FILINGS.kind == kind)
    rows = db.execute(query.order_by(FILINGS.filing_id).limit(most)).mappings()
    return [Line(**{**row, "figures": json.loads(row["figures"] or "{}")}) for row in rows]


def contents(db: Connection, told: Sequence[Line]) -> Iterator[tuple[Line, dict[str, Any]]]:
    """Each alliance with the paper behind what was entered on it, where there is one."""
    papers = papers_by(db, {line.paper for line in told if line.paper})
    yield from ((line, papers[line.paper]) for line in told if line.paper)


def _joined(query: Any, round_: Round) -> Any:
    here = and_(ITEMS.filing_id == FILINGS.filing_id, ITEMS.round_id == round_.id, ITEMS.current)
    return query.select_from(FILINGS.filing_id.table.outerjoin(ITEMS.filing_id.table, here))


def _of(round_: Round, scope: Scope) -> list[ColumnElement[bool]]:
    """The alliances of a round that somebody may see: those in force, and those of which something was entered."""
    return [
        *lies_in(round_.area),
        or_(FILINGS.stage.in_([each.value for each in FILED]), ITEMS.state.is_not(None)),
        within(scope),
    ]
