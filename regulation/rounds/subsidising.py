"""What a round of the subsidy holds, and by which terms it counts: what its rules and what follows both ask."""

from models.rounds.round import Round
from models.rounds.subsidies import SubsidyState
from regulation.rounds.bands import SUBSIDIES, SubsidyTerms

LISTED, BEYOND, LEFT_OUT = "listed", "beyond", "left_out"
"""What a list makes of an alliance: paid, in order but beyond the money, left out."""


def state_of(round_: Round) -> SubsidyState:
    """What a round of this kind holds."""
    if not isinstance(round_.of, SubsidyState):
        raise TypeError(round_.id)
    return round_.of


def terms_of(round_: Round) -> SubsidyTerms:
    """The bounds and rows by which it counts."""
    return SUBSIDIES[state_of(round_).edition or next(iter(SUBSIDIES))]
