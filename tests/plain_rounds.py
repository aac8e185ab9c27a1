"""Rounds that ask nothing of their own, for tests of what is the same in all: what annual rounds would be without rules."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from models.acts import By
from models.rounds.base import Item, OpenRound, Pinned, RoundKind
from models.rounds.round import RoundEntry
from models.vocabulary import Role
from regulation.moment import Moment
from regulation.offices import OFFICES
from regulation.rounds import every, table
from regulation.rounds.agenda import window
from regulation.rounds.common_acts import common
from regulation.rounds.consequences import Consequence, Follows, Letter, Published
from regulation.rounds.rules import Rules
from tests.story import instant

PROVINCE = By(person="p-401", office="210000", role=Role.PROVINCE_ST)

Leads = Callable[..., Iterable[Consequence]]


def rules(
    *,
    follows: Leads | None = None,
    items: Callable[..., Iterable[Item]] | None = None,
    of: Collection[str] = ("open_round",),
) -> Rules:
    """The rules of a plain round, what entries lead to (its opening, or those that are named), and what they make of alliances."""
    plain = Rules(RoundKind.ANNUAL, common("A-34"), lapses=lambda round_: window(round_, "A-34", (7,)))
    led = {kind: Follows(follows) for kind in of} if follows else {}
    return replace(plain, follows=led, items=items or plain.items)


def tells_cities(round_: Any, entry: Any, content: Any, known: Any) -> Iterator[Letter | Published]:
    """Every city is told, and the public."""
    yield from (Letter("round_opened", Role.CITY_ST, city) for city in OFFICES)
    yield Published("round_opened", {"title": round_.title}, round_.opens)


async def acts_on_none(filing_id: str, raw: Mapping[str, Any]) -> None:
    """Nothing is done to filings."""


@contextmanager
def in_force(plain: Rules) -> Iterator[None]:
    """Annual rounds are plain meanwhile."""
    before: Mapping[RoundKind, Rules] = every.RULES
    vars(every)["RULES"] = MappingProxyType({**before, RoundKind.ANNUAL: plain})
    try:
        yield
    finally:
        vars(every)["RULES"] = before


def opened(round_id: str, on: str = "2026-11-02", **said: Any) -> RoundEntry:
    """The entry that opens a plain round for the rest of November."""
    at: datetime = instant(on)
    told = {"title": "2026年度报送", "opens": date(2026, 11, 2), "closes": date(2026, 11, 30), **said}
    act = OpenRound(id="open-1", by=PROVINCE, pinned=Pinned(terms="LN-2023", calendar="CN-2026"), **told)
    return table.entered(rules(), round_id, None, act, Moment(at, at))
