"""What the rules of an evaluation ask of its round: by which items it asks, of whom, and which offices act together."""

from collections.abc import Mapping

from models.acts import YEARS
from models.rounds.base import RoundKind
from models.rounds.evaluations import EvaluationState
from models.rounds.round import Round
from models.vocabulary import Kind, Role
from regulation import terms
from regulation.rounds.evaluation_items import edition_for
from regulation.rounds.evaluation_judging import may_be_evaluated
from regulation.rounds.known import Alliance, Known, KnownItem, Needs


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


def report_needs(round_: Round) -> Needs:
    """What a report rests on: everybody, what was made of them so far, and the rounds of every year after the round's own."""
    later = tuple((RoundKind.EVALUATION, year) for year in YEARS if year > round_.year)
    return Needs(population=True, items=(round_.id,), rounds=later)


def names_nobody(round_: Round, known: Known) -> str | None:
    """Why a report of a round changes nobody's name: it makes up for a year of before, or the place has reported a newer year,
    whose list stands. It is the year that is newer, not the day of the report."""
    if round_.looks_back:
        return "补评以往年度的不推荐典型联盟，推荐在当年的轮次中办理"
    place = round_.area.jurisdiction
    newer = [
        one.year
        for one in known.rounds.values()
        if one.area.jurisdiction == place and one.year > round_.year and state(one).reported is not None
    ]
    return (
        f"已报送{max(newer)}年度评估评价情况，典型联盟的推荐以{max(newer)}年度的为准，{round_.year}年度不再推荐"
        if newer
        else None
    )
