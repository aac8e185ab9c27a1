"""后补助: the rules of a round of this kind."""

from models.rounds.base import RoundKind
from regulation.rounds.table import PROVINCE, Rules, common, window

ARTICLE = "B-21"

REMINDED = (7, 1)
"""How many days before the last one it is reminded of."""

RULES = Rules(
    kind=RoundKind.SUBSIDY,
    rows=common(ARTICLE, PROVINCE),
    lapses=lambda round_: window(round_, ARTICLE, REMINDED),
)
