"""Appending an entry of a round: compare and append, in one transaction with what it makes of alliances."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, insert, select, update

from activities import arrivals, editions_used
from activities.database import stating
from activities.papers import PaperMissing, is_stored
from activities.rounds import rows, sealing
from activities.rows import GENESIS, Row
from models.register import RoundEntryRow, RoundItemRow, RoundRow
from models.rounds.round import RoundEntry
from regulation.rounds import table
from regulation.rounds.rules import Rules

ROUNDS, ENTRIES, ITEMS = (
    model.metadata.tables[model.__tablename__] for model in (RoundRow, RoundEntryRow, RoundItemRow)
)
STANDS = select(ROUNDS).where(ROUNDS.c.round_id == bindparam("of")).with_for_update()
BEGINS, ENTERS, MAKES = insert(ROUNDS), insert(ENTRIES), insert(ITEMS)
MOVED = frozenset(ROUNDS.c.keys()) - {"round_id"}
MOVES = (
    update(ROUNDS).where(ROUNDS.c.round_id == bindparam("of")).values({name: bindparam(f"to_{name}") for name in MOVED})
)
IS_PAST = (
    update(ITEMS)
    .where(ITEMS.c.round_id == bindparam("of"), ITEMS.c.filing_id == bindparam("filing"), ITEMS.c.current)
    .values(current=False)
)


class RoundMoved(Exception):
    """轮次已有新的登记: another entry holds the number; what is to be entered must be judged anew."""


def append(engine: Engine, rules: Rules, entry: RoundEntry, content: Mapping[str, Any] | None) -> Row:
    """Append an entry: it takes its number, or raises `RoundMoved` if that is held; the row of its round.

    What has no consequences counts as followed at once, if all before it was.
    """
    made = rows.item_rows(entry, table.items(rules, entry, content))
    with stating(engine) as db:
        head = db.execute(STANDS, {"of": entry.round.id}).one_or_none()
        if entry.number != (head.number if head else 0) + 1:
            raise RoundMoved(entry.round.id)
        if (paper := getattr(entry.event, "paper", None)) and not is_stored(db, paper):
            raise PaperMissing(paper)
        row, stands = rows.entry_rows(rules, entry, rows.effects(made), head.head if head else GENESIS)
        followed = head.followed if head else 0
        if followed == entry.number - 1 and table.follows(rules, entry) is None:
            followed = entry.number
            row["told"] = sealing.seal(row["hash"], [])
        stands["followed"] = followed
        _write(db, entry, stands, row, made, begins=head is None)
        editions_used.note_round(db, entry.round, entry.at)
    return stands


def is_awaited(db: Connection, of: str, number: int) -> bool:
    """Whether something is still to follow from an entry; nobody else can say that it was done until this transaction ends."""
    head = db.execute(STANDS, {"of": of}).one_or_none()
    return head is not None and head.followed < number <= head.number


def _write(db: Connection, entry: RoundEntry, stands: Row, row: Row, made: list[Row], *, begins: bool) -> None:
    of = entry.round.id
    if begins:
        db.execute(BEGINS, stands)
    else:
        db.execute(MOVES, {"of": of, **{f"to_{name}": stands[name] for name in MOVED}})
    db.execute(ENTERS, row)
    if made:
        db.execute(IS_PAST, [{"of": of, "filing": each["filing_id"]} for each in made])
        db.execute(MAKES, made)
    if entry.act:
        arrivals.answered(db, of, entry.act.id)
