"""Proposals to extend a deadline after an outage of our own (G-29), as the register has them."""

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, select

from models.filing import Filing
from models.register import RoundItemRow, RoundRow
from models.rounds.base import RoundKind
from models.rounds.round import Round
from models.values import midnight_after
from regulation.breaker import Awaited, Undecided
from regulation.rounds.outages import state_of

ITEMS, ROUNDS = (row.metadata.tables[row.__tablename__] for row in (RoundItemRow, RoundRow))
NAMED = select(ITEMS.c.filing_id, ROUNDS.c.value).join_from(ITEMS, ROUNDS, ROUNDS.c.round_id == ITEMS.c.round_id)
NAMED = NAMED.where(ITEMS.c.current, ROUNDS.c.kind == RoundKind.OUTAGE.value)


def of_year(db: Connection, year: int) -> Iterator[Round]:
    """The proposals of a year, decided or not."""
    query = select(ROUNDS.c.value).where(ROUNDS.c.kind == RoundKind.OUTAGE.value, ROUNDS.c.year == year)
    for value in db.scalars(query):
        yield Round.model_validate_json(value)


def naming(db: Connection, filing_id: str) -> list[Round]:
    """The proposals that name an alliance, decided or not."""
    rows = db.execute(NAMED.where(ITEMS.c.filing_id == filing_id))
    return [Round.model_validate_json(value) for _, value in rows]


def named_by(db: Connection, proposals: Iterable[Round]) -> set[str]:
    """The alliances that proposals name."""
    return set(db.scalars(select(ITEMS.c.filing_id).where(ITEMS.c.round_id.in_([each.id for each in proposals]))))


def undecided(db: Connection) -> Iterator[tuple[str, Undecided]]:
    """The alliances that proposals name on which nobody has decided."""
    for filing_id, round_id in db.execute(
        NAMED.with_only_columns(ITEMS.c.filing_id, ROUNDS.c.round_id).where(ROUNDS.c.open)
    ):
        yield filing_id, Undecided(round_id)


def waits_for(filing: Filing, proposals: list[Round]) -> Undecided | Awaited | None:
    """What an alliance waits for before anything adverse may complete: a decision, or a day that was decided on and has not arrived."""
    for each in proposals:
        if not each.over:
            return Undecided(each.id)
        year, until = filing.year(each.year), state_of(each).extended_to
        if until and year and year.due == state_of(each).due and year.due < midnight_after(until):
            return Awaited(each.id)
    return None
