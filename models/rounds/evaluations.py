"""评估评价: what a round of this kind holds, its own acts and their papers."""

from typing import Literal

from models.rounds.base import CommonAct, RoundKind
from models.values import Value


class EvaluationState(Value):
    """What only a round of this kind holds; it is bounded: lists live in papers and items."""

    kind: Literal[RoundKind.EVALUATION] = RoundKind.EVALUATION


EvaluationAct = CommonAct
"""The acts that only this kind knows: none yet."""
