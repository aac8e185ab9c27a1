"""Rounds in the register: where each stands, its entries and items, and whether its chain is whole."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any

from sqlalchemy import Connection, Engine, and_, bindparam, func, or_, select, update

from activities import lists, papers
from activities.database import stating
from activities.log import checking
from activities.log.leaves import LeafKind
from activities.rounds import appending, known, rows, sealing, terms
from activities.rows import GENESIS, Row, link
from models.correction import InRound
from models.register import MessageRow, RoundItemRow, RoundRow
from models.rounds.base import Area, OpenRound, RoundAct, RoundKind, RoundStage, round_id
from models.rounds.round import Round, RoundEntry
from models.values import at_hour
from models.vocabulary import Kind
from regulation import offices
from regulation.rounds import table
from regulation.rounds.every import rules_of
from regulation.rounds.known import Known, Needs
from regulation.rounds.rules import Examined
from regulation.rounds.why import Sent

MESSAGES = MessageRow.metadata.tables[MessageRow.__tablename__]

ROUNDS, ENTRIES, ITEMS = appending.ROUNDS.c, appending.ENTRIES.c, appending.ITEMS.c

STANDS = select(appending.ROUNDS).where(ROUNDS.round_id == bindparam("of"))
VALUE = select(ROUNDS.value).where(ROUNDS.round_id == bindparam("of"))
OF_NUMBER = select(ENTRIES.body).where(ENTRIES.round_id == bindparam("of"), ENTRIES.number == bindparam("number"))
OF_ACT = select(ENTRIES.body).where(ENTRIES.round_id == bindparam("of"), ENTRIES.act_id == bindparam("act"))
"""What every act in a round asks: built once."""


MADE_OF = 500
"""Of how many rounds it is told what they made of one alliance."""


@dataclass(frozen=True)
class RoundRegister:
    """The rounds behind one database."""

    engine: Engine

    # One round

    def round(self, of: str) -> Round | None:
        """A round as it stands."""
        with self.engine.connect() as db:
            value = db.scalar(VALUE, {"of": of})
        return Round.model_validate_json(value) if value else None

    def row(self, of: str) -> RoundRow | None:
        """A round's row."""
        with self.engine.connect() as db:
            row = db.execute(STANDS, {"of": of}).mappings().one_or_none()
        return RoundRow(**row) if row else None

    def docket(
        self, of: str, *, after: int = 0, before: int | None = None, most: int | None = None
    ) -> list[RoundEntry]:
        """Everything entered in a round, in order; or what comes after a number, or the newest `most` before one."""
        query = select(ENTRIES.body).where(ENTRIES.round_id == of, ENTRIES.number > after)
        if before is not None:
            query = query.where(ENTRIES.number < before)
        with self.engine.connect() as db:
            bodies = db.scalars(query.order_by(ENTRIES.number.desc()).limit(most)).all()
        return [RoundEntry.model_validate_json(body) for body in reversed(bodies)]

    def entry(self, of: str, number: int) -> RoundEntry | None:
        """One entry by its number."""
        with self.engine.connect() as db:
            body = db.scalar(OF_NUMBER, {"of": of, "number": number})
        return RoundEntry.model_validate_json(body) if body else None

    def entry_of(self, of: str, act_id: str) -> RoundEntry | None:
        """The entry of an act, whenever it was."""
        with self.engine.connect() as db:
            body = db.scalar(OF_ACT, {"of": of, "act": act_id})
        return RoundEntry.model_validate_json(body) if body else None

    def items(
        self,
        of: str,
        *,
        state: str | None = None,
        jurisdiction: str | None = None,
        scope: offices.Scope | None = None,
        after: str = "",
        most: int = 200,
    ) -> list[RoundItemRow]:
        """What stands of alliances in a round, in the order of their ids: of a state, of a place, within a scope, after one."""
        query = select(appending.ITEMS).where(ITEMS.round_id == of, ITEMS.current, ITEMS.filing_id > after)
        if state:
            query = query.where(ITEMS.state == state)
        if jurisdiction or scope:
            filings = known.FILINGS
            query = query.join_from(appending.ITEMS, filings.filing_id.table, filings.filing_id == ITEMS.filing_id)
            query = query.where(filings.jurisdiction == jurisdiction) if jurisdiction else query
            query = query.where(lists.within(scope)) if scope else query
        with self.engine.connect() as db:
            found = db.execute(query.order_by(ITEMS.filing_id).limit(most)).mappings()
            return [RoundItemRow(**row) for row in found]

    def states(self, of: str, scope: offices.Scope | None = None) -> dict[str, int]:
        """How many alliances stand at which state, all of them or those within a scope."""
        query = select(ITEMS.state, func.count()).where(ITEMS.round_id == of, ITEMS.current).group_by(ITEMS.state)
        if scope:
            filings = known.FILINGS
            query = query.join_from(appending.ITEMS, filings.filing_id.table, filings.filing_id == ITEMS.filing_id)
            query = query.where(lists.within(scope))
        with self.engine.connect() as db:
            return {row.state: row[1] for row in db.execute(query.order_by(ITEMS.state))}

    def items_of(self, filing_id: str) -> list[RoundItemRow]:
        """What stands of one alliance in every round, the newest first."""
        query = select(appending.ITEMS).where(ITEMS.filing_id == filing_id, ITEMS.current).order_by(ITEMS.at.desc())
        with self.engine.connect() as db:
            return [RoundItemRow(**row) for row in db.execute(query).mappings()]

    def of_filing(self, filing_id: str) -> list[tuple[RoundRow, str]]:
        """The rounds that have made something of an alliance, each with its state there, the newest first."""
        query = select(*appending.ROUNDS.c, ITEMS.state.label("item")).join_from(
            appending.ITEMS, appending.ROUNDS, ITEMS.round_id == ROUNDS.round_id
        )
        query = query.where(ITEMS.filing_id == filing_id, ITEMS.current).order_by(ROUNDS.closes.desc(), ROUNDS.round_id)
        with self.engine.connect() as db:
            found = [dict(row) for row in db.execute(query).mappings()]
        return [
            (RoundRow(**{name: value for name, value in row.items() if name != "item"}), row["item"]) for row in found
        ]

    def made_of(self, filing_id: str, kind: Kind, jurisdiction: str, since: date) -> list[InRound]:
        """What rounds made of an alliance since a day, and those that opened since then over its place and kind and made nothing of it."""
        over = or_(ROUNDS.alliances.is_(None), ROUNDS.alliances == kind.value)
        place = or_(ROUNDS.jurisdiction.is_(None), ROUNDS.jurisdiction == jurisdiction)
        mine = and_(ITEMS.round_id == ROUNDS.round_id, ITEMS.filing_id == filing_id, ITEMS.current)
        query = select(ROUNDS.round_id, ROUNDS.title, ROUNDS.opens, ITEMS.state, ITEMS.at).select_from(
            appending.ROUNDS.outerjoin(appending.ITEMS, mine)
        )
        recent = or_(ITEMS.at >= at_hour(since, 0), and_(ITEMS.at.is_(None), ROUNDS.opens >= since))
        query = query.where(over, place, recent, ROUNDS.stage != RoundStage.CANCELLED.value)
        with self.engine.connect() as db:
            found = db.execute(query.order_by(ROUNDS.opens, ROUNDS.round_id).limit(MADE_OF)).all()
        return [
            InRound(round_id=row.round_id, title=row.title, state=row.state, at=row.at or at_hour(row.opens, 0))
            for row in found
        ]

    # Many

    def rounds(
        self,
        *,
        kind: RoundKind | None = None,
        kinds: Iterable[RoundKind] | None = None,
        year: int | None = None,
        jurisdiction: str | None = None,
        is_open: bool | None = None,
        place: str | None = None,
        limit: int = 200,
    ) -> list[RoundRow]:
        """Rounds, the one that closes last first. `jurisdiction`: of it or over it; `place`: of it alone (`LN`: the province's)."""
        query = select(appending.ROUNDS).order_by(ROUNDS.closes.desc(), ROUNDS.round_id)
        if kind:
            query = query.where(ROUNDS.kind == kind.value)
        if kinds is not None:
            query = query.where(ROUNDS.kind.in_([each.value for each in kinds]))
        if year:
            query = query.where(ROUNDS.year == year)
        if jurisdiction:
            query = query.where(or_(ROUNDS.jurisdiction == jurisdiction, ROUNDS.jurisdiction.is_(None)))
        if place:
            own = ROUNDS.jurisdiction.is_(None) if place == "LN" else ROUNDS.jurisdiction == place
            query = query.where(own)
        if is_open is not None:
            query = query.where(ROUNDS.open.is_(is_open))
        with self.engine.connect() as db:
            return [RoundRow(**row) for row in db.execute(query.limit(limit)).mappings()]

    def round_ids(self, *, is_open: bool = False) -> list[str]:
        """Every round, or those whose workflow ought to run."""
        query = select(ROUNDS.round_id).order_by(ROUNDS.round_id)
        if is_open:
            query = query.where(or_(ROUNDS.open, ROUNDS.followed < ROUNDS.number))
        with self.engine.connect() as db:
            return list(db.scalars(query))

    def next_id(self, kind: RoundKind, year: int, jurisdiction: str | None) -> str:
        """The first id of a kind, a year and a place that no round has: programs may have left numbers out."""
        held = self.rounds(kind=kind, year=year, place=jurisdiction or "LN", limit=999)
        taken = {row.round_id for row in held}
        return next(of for n in count(1) if (of := round_id(kind, year, jurisdiction, n)) not in taken)

    # What acts ask

    def known(self, needs: Needs, area: Area | None) -> Known:
        """What the register knows of all that is asked for."""
        with self.engine.connect() as db:
            return known.answer(db, needs, area)

    def sent(self, of: str, number: int) -> list[Sent]:
        """The messages that an entry led to, without what they say."""
        names = [MESSAGES.c[name] for name in ("to", "office", "title", "about")]
        query = select(*names).where(MESSAGES.c.round_id == of, MESSAGES.c.number == number).order_by(MESSAGES.c.id)
        with self.engine.connect() as db:
            return [Sent(*row) for row in db.execute(query)]

    def content(self, act: Any) -> dict[str, Any] | None:
        """What the paper says that an event brings, if it brings one. Raises `PaperMissing`."""
        key = getattr(act, "paper", None)
        if key is None:
            return None
        with self.engine.connect() as db:
            return papers.content(db, key)

    def examined(
        self, of: str, round_: Round | None, act: RoundAct, content: Mapping[str, Any] | None, day: date
    ) -> Examined:
        """An act with all that only its paper and the register can tell, or everything that is wrong with it."""
        rules = rules_of(of)
        area = round_.area if round_ else table.area_of(of, act) if isinstance(act, OpenRound) else None
        known = self.known(table.needs(rules, of, round_, act), area)
        return table.examined(rules, of, round_, act, content, known, day)

    def drawn(self, round_: Round, act: RoundAct) -> dict[str, Any]:
        """The paper of an act that the service draws up from what the register knows."""
        rules = rules_of(round_.id)
        known = self.known(table.needs(rules, round_.id, round_, act), round_.area)
        return rules.draws[act.kind](round_, act, known).model_dump(mode="json")

    def append(self, entry: RoundEntry, content: Mapping[str, Any] | None = None) -> Row:
        """Append an entry with what it makes of alliances; whoever has read its paper brings the content along.

        Raises `RoundMoved`, `PaperMissing`.
        """
        said = self.content(entry.event) if content is None else content
        return appending.append(self.engine, rules_of(entry.round.id), entry, said)

    # What follows

    def to_follow(self, of: str) -> RoundEntry | None:
        """The first entry of which not everything that follows was done."""
        row = self.row(of)
        return self.entry(of, row.followed + 1) if row and row.followed < row.number else None

    def followed(self, of: str, number: int) -> None:
        """Everything that follows from an entry was done: it is noted, and what was told of it is sealed."""
        with stating(self.engine) as db:
            if not appending.is_awaited(db, of, number):
                return
            entry = appending.ENTRIES.c.round_id == of, ENTRIES.number == number
            [head] = db.scalars(select(ENTRIES.hash).where(*entry))
            seal = sealing.sealed(db, of, number, head)
            db.execute(update(appending.ENTRIES).where(*entry).values(told=seal))
            db.execute(update(appending.ROUNDS).where(ROUNDS.round_id == of).values(followed=number))

    # Proof

    def verify(self, of: str) -> list[str]:
        """What is wrong with a round's chain; empty if every entry, item, paper, message, notice and published edition is as it was written."""
        with self.engine.connect() as db:
            return faults(db, of)


def faults(db: Connection, of: str) -> list[str]:
    """The same, by a connection."""
    try:
        return [*_faults(db, of), *terms.faults(db, of), *checking.of_filing(db, of, LeafKind.ROUND)]
    except (papers.PaperMissing, ValueError, TypeError, LookupError) as unreadable:
        return [f"备案库的内容无法读取（{type(unreadable).__name__}）"]


def _faults(db: Connection, of: str) -> Iterator[str]:
    """Every fault of a round's chain, its items, papers, messages and notices, in words."""
    rules, previous = rules_of(of), GENESIS
    last: RoundEntry | None = None
    made: dict[int, list[Row]] = {}
    every = db.execute(select(appending.ITEMS).where(ITEMS.round_id == of).order_by(ITEMS.number)).mappings().all()
    newest = {item["filing_id"]: item["number"] for item in every}
    for item in every:
        made.setdefault(item["number"], []).append(dict(item))
        if item["current"] != (newest[item["filing_id"]] == item["number"]):
            yield f"{item['filing_id']} 在本轮次的现状与登记不符"
    stands = db.execute(select(appending.ROUNDS).where(ROUNDS.round_id == of)).mappings().one_or_none()
    entries = select(appending.ENTRIES).where(ENTRIES.round_id == of).order_by(ENTRIES.number)
    for expected, row in enumerate(db.execute(entries), 1):
        if row.number != expected:
            yield f"第{expected}号登记缺失"
            return
        last = RoundEntry.model_validate_json(row.body)
        yield from (
            f"第{expected}号登记{fault}" for fault in _entry_faults(db, row, last, made.pop(expected, []), previous)
        )
        previous = row.hash
        is_told = stands is not None and row.number <= stands["followed"]
        if row.told != (sealing.sealed(db, of, row.number, row.hash) if is_told else None):
            yield f"第{expected}号登记的消息或公告已被改动"
    if made:
        yield "有事项不属于任何登记"
    if stands is None or last is None:
        yield "轮次或其登记缺失"
        return
    if sealing.any_stray(db, of, last.number):
        yield "有消息或公告不属于任何登记"
    for name, told in rows.round_row(rules, last, previous, last.round.model_dump(mode="json")).items():
        if stands[name] != told:
            yield f"轮次现状的 {name} 与最后一条登记不符"
    if not 0 <= stands["followed"] <= stands["number"]:
        yield "轮次现状的 followed 与登记不符"


def _entry_faults(db: Connection, row: Any, entry: RoundEntry, made: list[Row], previous: str) -> Iterator[str]:
    if row.effects != rows.effects(made) or any(each["at"] != entry.at for each in made):
        yield "的事项已被改动"
    if row.hash != link(previous, row.body, row.effects):
        yield "与前后登记的哈希不符"
    for name, told in rows.searched(entry).items():
        if getattr(row, name) != told:
            yield f"的检索列 {name} 与登记内容不符"
    if row.paper and papers.fault(db, row.paper):
        yield "的文书已被改动或缺失"
