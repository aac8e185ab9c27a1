"""创新资源统计调查: the rules of a round of this kind."""

from models.rounds.base import RoundKind
from regulation.rounds.table import PROVINCE, Rules, common, window

ARTICLE = "A-35"

REMINDED = (7, 1)
"""How many days before the last one it is reminded of."""

RULES = Rules(
    kind=RoundKind.SURVEY,
    rows=common(ARTICLE, PROVINCE),
    lapses=lambda round_: window(round_, ARTICLE, REMINDED),
)
