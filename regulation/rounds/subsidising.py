"""What a round of the subsidy holds, and by which terms it counts: what its rules and what follows both ask."""

from collections.abc import Mapping

from models.rounds.base import RoundKind, RoundStage, parts
from models.rounds.round import Round
from models.rounds.subsidies import SubsidyState
from regulation.rounds.appraising import ACCEPTED
from regulation.rounds.bands import SUBSIDIES, SubsidyTerms
from regulation.rounds.known import Known, KnownItem

LISTED, BEYOND, LEFT_OUT, UNPAID = "listed", "beyond", "left_out", "unpaid"
"""What a list makes of an alliance: paid, in order but beyond the money, left out; and whoever was listed and is not paid."""


def state_of(round_: Round) -> SubsidyState:
    """What a round of this kind holds."""
    if not isinstance(round_.of, SubsidyState):
        raise TypeError(round_.id)
    return round_.of


def terms_of(round_: Round) -> SubsidyTerms:
    """The bounds and rows by which it counts."""
    return SUBSIDIES[state_of(round_).edition or next(iter(SUBSIDIES))]


def results_of(round_: Round, known: Known) -> Mapping[str, KnownItem]:
    """The accepted result of each alliance in the evaluations of the scheme: the newest, and none of a round that was cancelled.

    Of two rounds that were accepted at the same instant, the one with the later number decides, in whatever order the scheme names them.
    """
    found: dict[str, tuple[tuple[object, ...], KnownItem]] = {}
    for round_id in state_of(round_).performance:
        one, told = known.rounds.get(round_id), parts(round_id)
        if told is None or one is None or one.stage is RoundStage.CANCELLED:
            continue
        for name, item in known.items.get(round_id, {}).items():
            newer = (item.at, told.running)
            if item.state == ACCEPTED and (name not in found or newer > found[name][0]):
                found[name] = newer, item
    return {name: item for name, (_, item) in found.items()}


def evaluations_of(round_: Round) -> tuple[RoundKind, int]:
    """Which rounds a scheme may rest on: the evaluations of its own year (细则 9)."""
    return RoundKind.PERFORMANCE, round_.year
