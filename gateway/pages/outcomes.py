"""年度绩效评价和后补助 on the public site: grades, lists on notice, lists that stand. Nobody signs in."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response

from activities.publishing.publications import PublishedByRound
from gateway.pages.public import GET, SOON, for_all
from gateway.shown.outcomes import Outcomes
from gateway.shown.rounds.published import PublicRounds
from gateway.tools import Doors
from models.values import day_of, storable

router = APIRouter()


@router.api_route("/outcomes", methods=GET)
def listed(request: Request, tools: Doors) -> Response:
    """Everything that was published."""

    def shown() -> Mapping[str, Any]:
        return {"outcomes": Outcomes(tools).listed(day_of(tools.clock()))}

    return for_all(request, tools, None, "public_outcomes.html", shown, SOON)


@router.api_route("/outcomes/{outcome_id}", methods=GET)
def one(request: Request, tools: Doors, outcome_id: str) -> Response:
    """One of them, with all that anybody needs to reckon it again."""
    outcome = Outcomes(tools).one(storable(outcome_id), day_of(tools.clock()))

    def shown() -> Mapping[str, Any]:
        rounds = PublicRounds(tools.register.engine)
        proven = rounds.proven(PublishedByRound(outcome.row), day_of(tools.clock()))
        return {"outcome": outcome, "told": outcome.content, "proven": proven}

    return for_all(request, tools, outcome.round.number, "public_outcome.html", shown, SOON)
