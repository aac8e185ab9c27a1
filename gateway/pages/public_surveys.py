"""统计调查汇总 on the public site: the sums of closed surveys, as far as they tell of nobody alone. Nobody signs in."""

import json
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response

from gateway.pages.public import GET, SOON, for_all
from gateway.problem import NoFile
from gateway.shown.rounds.published import PublicRound, PublicRounds
from gateway.tools import Doors, Tools
from models.rounds.base import RoundKind
from models.values import day_of
from regulation.rounds.survey_letters import GROUPINGS, PUBLIC, SUMS

router = APIRouter(prefix="/surveys")


def _published(tools: Tools) -> Mapping[str, PublicRound]:
    """The surveys whose sums were published, by their ids."""
    rounds = PublicRounds(tools.register.engine).listed(day_of(tools.clock()))
    return {
        each.row.round_id: each
        for each in rounds
        if each.kind is RoundKind.SURVEY and any(one.row.kind == SUMS for one in each.publications)
    }


@router.api_route("", methods=GET)
def listed(request: Request, tools: Doors) -> Response:
    """Every survey whose sums were published."""

    def shown() -> Mapping[str, Any]:
        return {"surveys": list(_published(tools).values())}

    return for_all(request, tools, PublicRounds(tools.register.engine).key(), "public_surveys.html", shown, SOON)


@router.api_route("/{round_id}", methods=GET)
def one(request: Request, tools: Doors, round_id: str) -> Response:
    """The sums of one survey: of all, and by city."""
    survey = _published(tools).get(round_id)
    if survey is None:
        raise NoFile(round_id)

    def shown() -> Mapping[str, Any]:
        sums = next(each for each in survey.publications if each.row.kind == SUMS)
        told = json.loads(sums.row.content)
        groups = sorted({group for line in told["lines"] for group in line.get(PUBLIC, {})})
        tables = list(dict.fromkeys(line["table"] for line in told["lines"]))
        return {
            "survey": survey, "sums": sums, "told": told, "by": PUBLIC, "called": GROUPINGS[PUBLIC], "groups": groups,
            "tables": tables, "proven": PublicRounds(tools.register.engine).proven(sums, day_of(tools.clock())),
        }  # fmt: skip

    return for_all(request, tools, survey.row.number, "public_survey.html", shown, SOON)
