"""年度工作待办: the rounds in which an office has something to do now or soon, by kind, with what it is and until when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from gateway.identity import Identity
from gateway.shown.rounds import seen
from gateway.tools import Tools
from models.register import RoundRow
from models.rounds.base import RoundActKind, RoundKind, called
from models.rounds.round import Round
from regulation.moment import Moment
from regulation.rounds import offers

IN_PASSING = frozenset({RoundActKind.OPEN_ROUND, RoundActKind.MOVE_WINDOW, RoundActKind.CANCEL_ROUND})
"""What may be done to a round at any time, and so waits for nobody."""


@dataclass(frozen=True)
class Waiting:
    """A round that waits for an office: what may be done there, from which day, until which; whether that day is over."""

    row: RoundRow
    acts: tuple[str, ...]
    begins: date | None = None
    over: bool = False


def by_kind(tools: Tools, who: Identity) -> Sequence[tuple[str, Sequence[Waiting]]]:
    """The rounds that wait for somebody's office, by what they are called; what ends first, first."""
    groups: dict[str, list[Waiting]] = {}
    rows = seen.listed(tools, who, seen.RoundFilter(open=True))
    for row in sorted(rows, key=lambda each: (each.closes, each.round_id)):
        if waits := _waits(tools, who, row):
            groups.setdefault(called(RoundKind(row.kind), row.jurisdiction), []).append(waits)
    return list(groups.items())


def _waits(tools: Tools, who: Identity, row: RoundRow) -> Waiting | None:
    round_, now = Round.model_validate_json(row.value), tools.now
    begins = row.opens if now.at < round_.opens_at else None
    when = Moment(round_.opens_at, round_.opens_at) if begins else now
    offered = offers.offers(round_, who.by, when)
    acts = tuple(each.kind.label for each in offered if each.open and each.kind not in IN_PASSING)
    return Waiting(row, acts, begins, row.closes < now.day) if acts else None
