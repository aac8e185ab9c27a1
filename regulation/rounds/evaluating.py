"""What the rules of an evaluation ask of its round: by which items it asks, of whom, and which offices act together."""

from collections.abc import Mapping

from models.rounds.evaluations import EvaluationState
from models.rounds.round import Round
from models.vocabulary import Kind, Role
from regulation import terms
from regulation.rounds.evaluation_items import edition_for
from regulation.rounds.evaluation_judging import may_be_evaluated
from regulation.rounds.known import Alliance, Known, KnownItem


def state(round_: Round) -> EvaluationState:
    """What only a round of this kind holds."""
    assert isinstance(round_.of, EvaluationState)
    return round_.of


def items_of(round_: Round) -> str:
    """The edition by which a round asks: the one of its first evaluation, or the one that holds when it begins."""
    return state(round_).items or edition_for(round_.opens, round_.area.jurisdiction)


def one_office(round_: Round) -> bool:
    """Whether one office says alone in a round what elsewhere two say together."""
    place = round_.area.jurisdiction
    return place is not None and len(offices_of(round_, place)) == 1


def offices_of(round_: Round, place: str) -> tuple[Role, ...]:
    """The offices of a place that evaluate together; in 沈抚示范区 one is both (A-10, A-44)."""
    both = round_.pinned is None or terms.value(round_.pinned.terms, "review.iit_required", Kind.A, place)
    return (Role.CITY_ST, Role.CITY_IIT) if both else (Role.CITY_ST,)


def expected(round_: Round, known: Known) -> dict[str, Alliance]:
    """The alliances that a round evaluates, as they stand now."""
    return {key: each for key, each in known.alliances.items() if may_be_evaluated(each, round_.year) is None}


def made(round_: Round, known: Known) -> Mapping[str, KnownItem]:
    """What the round has made of alliances that are still there."""
    return {key: item for key, item in known.items.get(round_.id, {}).items() if key in known.alliances}
