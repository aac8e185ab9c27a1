"""创新资源统计调查: what a round of this kind holds, its own acts and their papers."""

from typing import Literal

from models.rounds.base import CommonAct, RoundKind
from models.values import Value


class SurveyState(Value):
    """What only a round of this kind holds; it is bounded: lists live in papers and items."""

    kind: Literal[RoundKind.SURVEY] = RoundKind.SURVEY


SurveyAct = CommonAct
"""The acts that only this kind knows: none yet."""
