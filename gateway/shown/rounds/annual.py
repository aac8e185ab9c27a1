"""What the page of a year of reports adds: its board, and whom the visitor's office would urge now, with the letter that they get."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.identity import Identity
from gateway.shown.year import Year
from gateway.tools import Tools, value_of
from models.acts import UrgeReport
from models.register import FilingRow
from models.rounds.annual import UrgeAll, Urged
from models.rounds.round import Round
from regulation import entries, lifecycle
from regulation.previews import letters_to_leader
from regulation.rounds.annual import URGES
from regulation.wording import Names

NAMED = 20
"""So many alliances that would be urged are named, each with its letter; the list behind the board has all."""


@dataclass(frozen=True)
class Foreseen:
    """One alliance on the list: the letter that its leader would get, or why it would get none."""

    row: FilingRow
    letters: tuple[tuple[str, str], ...] = ()
    why_not: str = ""


def panel(tools: Tools, who: Identity, round_: Round) -> Mapping[str, Any]:
    """The board of the round's year as the visitor sees it, and the preview of a 催报 of all."""
    urged = _urged(tools, who, round_)
    return {
        "year": round_.year,
        "board": Year.of(tools, who, round_.year, round_.area.kind).board,
        "urged": len(urged),
        "foreseen": list(_foreseen(tools, who, round_.year, urged[:NAMED])),
    }


def _urged(tools: Tools, who: Identity, round_: Round) -> tuple[str, ...]:
    """Whom the visitor's office would urge now."""
    if round_.over or who.role not in URGES:
        return ()
    act = UrgeAll(id="preview", by=who.by, received_at=tools.clock(), paper="0" * 64)
    return Urged.model_validate(tools.rounds.register.drawn(round_, act)).filings


def _foreseen(tools: Tools, who: Identity, year: int, filings: tuple[str, ...]) -> Iterator[Foreseen]:
    now = tools.now
    for row in tools.register.rows(filings).values():
        filing = entries.projected(value_of(row), now)
        act = UrgeReport(id="preview", by=who.by, received_at=now.at, year=year)
        if refusal := lifecycle.check(filing, act, now):
            yield Foreseen(row, why_not=refusal.missing)
            continue
        names = Names(row.alliance_name, row.leader_name)
        yield Foreseen(row, tuple(letters_to_leader(filing, entries.entered(filing, act, now), names)))
