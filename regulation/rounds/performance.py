"""年度绩效评价: the rules of a round of this kind."""

from models.rounds.base import RoundKind
from regulation.rounds.table import PROVINCE, Rules, common, window

ARTICLE = "B-20"

REMINDED = (7, 1)
"""How many days before the last one it is reminded of."""

RULES = Rules(
    kind=RoundKind.PERFORMANCE,
    rows=common(ARTICLE, PROVINCE),
    lapses=lambda round_: window(round_, ARTICLE, REMINDED),
)
