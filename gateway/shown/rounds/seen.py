"""Which rounds, and which alliances in them, somebody sees: the province all, a city its own and those over it, a leader its own."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from fastapi import Request

from gateway.identity import Identity
from gateway.problem import NoRound
from gateway.remembered.people import People
from gateway.shown.paging import Page, page_of
from gateway.tools import Tools
from models.choices import worded
from models.register import FilingRow, RoundItemRow, RoundRow
from models.rounds.base import RoundKind, parts
from models.rounds.round import Round, RoundEntry
from models.values import Value, as_day, canonical
from models.vocabulary import Role
from regulation import offices
from regulation.rounds.every import FOR_ALL, RULES, rules_of

ITEMS = 50
"""How many alliances a page lists."""

LOOK_AT_ALL = frozenset({Role.PROVINCE_ST, Role.PROVINCE_IIT, Role.AUDITOR, Role.OPERATOR, Role.PLATFORM})


INTERNAL = frozenset({RoundKind.EVALUATION})
"""Rounds that are the departments' own work: a leader of the place sees that there is one, and finds on its filing what it came to."""


def city_of(who: Identity) -> str | None:
    """The city of an office; None where it is none of a city's."""
    if who.role is Role.ZONE:
        return offices.ZONES[who.office].city
    return who.office if who.role in (Role.CITY_ST, Role.CITY_IIT) else None


def sees(tools: Tools, who: Identity, row: RoundRow) -> bool:
    """Whether somebody sees a round. Who is neither the province's nor a city's sees those in which something is theirs."""
    if who.role in LOOK_AT_ALL:
        return True
    if city := city_of(who):
        return row.jurisdiction in (None, city)
    if rules_of(row.round_id).of_staff:
        return False
    if row.kind in INTERNAL:
        place = row.jurisdiction
        return who.role is Role.LEADER and bool(tools.register.filings(scope=who.scope, jurisdiction=place, limit=1))
    return row.jurisdiction is None or bool(tools.rounds.register.items(row.round_id, scope=who.scope, most=1))


def seen(tools: Tools, who: Identity, round_id: str) -> tuple[RoundRow, Round]:
    """A round that somebody may see; of another it is not even said that there is one: `NotFound`."""
    row = tools.rounds.register.row(round_id)
    if row is None or not sees(tools, who, row):
        raise NoRound(round_id)
    return row, Round.model_validate_json(row.value)


def readable(tools: Tools, who: Identity, entries: Sequence[RoundEntry]) -> list[RoundEntry]:
    """The entries that somebody may read: of the round, staff of departments; of an alliance, who sees it; and one's own.

    What the kind keeps for some (`Rules.readers`) nobody else reads, whatever else they look at.
    """
    filings = tools.register.rows({about for entry in entries if (about := _about(entry))}, whole=False)
    return [entry for entry in entries if _may_read(who, entry, filings)]


def may_read(tools: Tools, who: Identity, entry: RoundEntry) -> bool:
    """Whether somebody may read what one entry says."""
    return bool(readable(tools, who, [entry]))


def _about(entry: RoundEntry) -> str | None:
    about: str | None = getattr(entry.act, "filing", None)
    return about


def _may_read(who: Identity, entry: RoundEntry, filings: Mapping[str, FilingRow]) -> bool:
    act, about = entry.act, _about(entry)
    if act is not None and (act.by.office, act.by.role) == (who.office, who.role):
        # Evaluators of several organisations share one office: what one declared is no colleague's.
        return who.role is not Role.EVALUATOR or act.by.person == who.person
    kind = str(entry.event.kind)
    if who.role not in rules_of(entry.round.id).readers.get(kind, frozenset({who.role})):
        return False
    if who.role in LOOK_AT_ALL:
        return True
    if about is None:
        return city_of(who) is not None
    row = filings.get(about)
    if row is None or who.role is Role.EVALUATOR or not who.sees(row):
        return False
    return who.staff or entry.event.kind in rules_of(entry.round.id).leaders_read


class RoundFilter(Value):
    """What a list of rounds is narrowed by."""

    kind: RoundKind | None = None
    year: int | None = None
    open: bool | None = None

    @classmethod
    def of(cls, request: Request) -> "RoundFilter":
        """As an address asks for it. Raises `ValueError`."""
        return cls.model_validate(
            {name: value for name, value in request.query_params.items() if value and name in cls.model_fields}
        )


def listed(tools: Tools, who: Identity, wanted: RoundFilter, most: int = 200) -> list[RoundRow]:
    """The rounds that somebody sees, the one that closes last first."""
    city = None if who.role in LOOK_AT_ALL else city_of(who)
    of_department = city is not None or who.role in LOOK_AT_ALL
    kinds = None if of_department else FOR_ALL
    rows = tools.rounds.register.rounds(
        kind=wanted.kind, kinds=kinds, year=wanted.year, is_open=wanted.open, jurisdiction=city, limit=most
    )
    return rows if of_department else [row for row in rows if sees(tools, who, row)]


@dataclass(frozen=True)
class ItemFilter:
    """What a list of items is narrowed by, and where its page begins."""

    state: str = ""
    jurisdiction: str = ""
    after: str = ""


def items(tools: Tools, who: Identity, round_id: str, wanted: ItemFilter, most: int = ITEMS) -> Page[RoundItemRow]:
    """A page of the alliances of a round, as far as somebody sees them. What an evaluator sees of its own, its kind shows."""
    told = parts(round_id)
    internal = told is not None and told.kind in INTERNAL and who.role not in LOOK_AT_ALL and city_of(who) is None
    if who.role is Role.EVALUATOR or internal:
        return Page(())
    found = tools.rounds.register.items(
        round_id,
        state=wanted.state or None,
        jurisdiction=wanted.jurisdiction or None,
        scope=None if who.role in LOOK_AT_ALL else who.scope,
        after=wanted.after,
        most=most + 1,
    )
    if who.role not in (*LOOK_AT_ALL, Role.EVALUATOR):
        found = [_bared(item) for item in found]
    return page_of(found, most, lambda item: item.filing_id)


def _bared(item: RoundItemRow) -> RoundItemRow:
    """An item without the figures that are hidden."""
    hidden = rules_of(item.round_id).hidden
    if not hidden:
        return item
    told = {name: value for name, value in json.loads(item.figures).items() if name not in hidden}
    return RoundItemRow(**{**item.model_dump(), "figures": canonical(told)})


def of_filing(tools: Tools, who: Identity, filing_id: str) -> list[tuple[RoundRow, str]]:
    """The rounds in which an alliance is, each with what its state there is called, for offices that see it."""
    if who.role in (Role.EVALUATOR, Role.LEADER):
        return []
    found = tools.rounds.register.of_filing(filing_id)
    return [(row, RULES[RoundKind(row.kind)].word(state)) for row, state in found]


def states(tools: Tools, who: Identity, round_id: str) -> Mapping[str, int]:
    """How many alliances of a round stand at which state, as far as somebody sees them."""
    return tools.rounds.register.states(round_id, None if city_of(who) is None else who.scope)


def counts(who: Identity, row: RoundRow, round_: Round) -> Mapping[str, int]:
    """What a round counts as a whole. An office of a city is told none of the whole province's: it has the numbers of its own."""
    return round_.counts if city_of(who) in (None, row.jurisdiction) else {}


def alliances(tools: Tools, shown: Sequence[RoundItemRow]) -> Mapping[str, FilingRow]:
    """The filings of some items, as lines of a list."""
    return tools.register.rows([item.filing_id for item in shown], whole=False)


def figures(people: People, items: Sequence[RoundItemRow]) -> list[Mapping[str, str]]:
    """The figures of each item as a table shows them; what is no plain value, or is there to be drawn up from, has pages of its own."""
    told: list[Mapping[str, Any]] = [json.loads(item.figures) for item in items]
    names = people.named(persons_in(told))
    return [
        {name: said(name, value, names) for name, value in each.items() if not isinstance(value, list | dict)}
        for each in told
    ]


def said(name: str, value: Any, names: Mapping[str, str]) -> str:
    """A figure of an item as people read it: grades and the like by their words, days as offices write them, persons by name."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if not isinstance(value, str):
        return "" if value is None else str(value)
    if name in PERSONS:
        return names.get(value, value)
    return worded(name, as_day(value))


PERSONS = frozenset({"by", "noted_by", "person", "people", "inspectors", "received_by", "conflicts"})
"""What figures, and fields of papers, are called that name persons by their opaque ids."""


def persons(entries: Iterable[RoundEntry]) -> Iterator[str]:
    """Everybody whom entries name as having acted, by their opaque ids."""
    for entry in entries:
        if entry.act:
            yield from (by.person for by in (entry.act.by, *entry.first))
            yield from persons_in(entry.act.model_dump(include={"came"}))


ALLIANCES = frozenset({"filing", "filing_id", "filings"})
"""What fields of papers are called that name alliances by their ids."""

MOST_NAMED = 2_000
"""Of so many alliances at most a paper's page tells the name; a list of all of a year is longer than anybody reads there."""


def alliances_in(tools: Tools, who: Identity, written: Any) -> dict[str, str]:
    """The alliances that a paper names and somebody sees, by their ids: the name, and the number that it has."""
    rows = tools.register.rows(islice(dict.fromkeys(_named_in(written, ALLIANCES)), MOST_NAMED), whole=False)
    return {key: f"{row.alliance_name}（{row.archive_number or key}）" for key, row in rows.items() if who.sees(row)}


def persons_in(written: Any) -> Iterator[str]:
    """Everybody whom a paper names, or the figures of an item."""
    return _named_in(written, PERSONS)


def _named_in(written: Any, names: Collection[str]) -> Iterator[str]:
    if isinstance(written, list | tuple):
        yield from (named for each in written for named in _named_in(each, names))
    elif isinstance(written, Mapping):
        for name, value in written.items():
            if name in names:
                some = value if isinstance(value, list | tuple) else [value]
                yield from (each for each in some if isinstance(each, str))
            yield from _named_in(value, names)
