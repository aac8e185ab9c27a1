"""What a round of an evaluation by third parties holds, and by which terms it counts: what its rules and what follows both ask."""

from typing import Any

from models.rounds.performance import Commissioned, PerformanceState
from models.rounds.round import Round
from regulation.rounds.scoring import PERFORMANCE, PerformanceTerms


def state_of(round_: Round) -> PerformanceState:
    """What a round of this kind holds."""
    if not isinstance(round_.of, PerformanceState):
        raise TypeError(round_.id)
    return round_.of


def terms_of(round_: Round) -> PerformanceTerms:
    """The weights and thresholds by which it counts."""
    return PERFORMANCE[state_of(round_).edition or next(iter(PERFORMANCE))]


def commission_of(round_: Round, number: Any) -> Commissioned | None:
    """A commission by its entry."""
    return next((each for each in state_of(round_).commissions if each.number == number), None)
