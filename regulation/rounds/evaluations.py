"""评估评价: the rules of a round of this kind."""

from models.rounds.base import RoundKind
from models.vocabulary import Role
from regulation.rounds.table import PROVINCE, Rules, common, window

ARTICLE = "A-44"

REMINDED = (7, 1)
"""How many days before the last one it is reminded of."""

RULES = Rules(
    kind=RoundKind.EVALUATION,
    rows=common(ARTICLE, PROVINCE | {Role.CITY_ST}),
    lapses=lambda round_: window(round_, ARTICLE, REMINDED),
)
