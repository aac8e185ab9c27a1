"""抽签公开: what is published of each lot, byte by byte as its hash says, and the script that draws it again."""

from collections.abc import Mapping
from typing import Any, Literal

from fastapi import APIRouter, HTTPException, Request, Response

from gateway.pages.public import GET, SOON, for_all, told
from gateway.shown.rounds.published import PublicRounds
from gateway.tools import Doors, Tools
from models.rounds.base import RoundKind
from models.rounds.inspections import InspectionState
from models.rounds.lots import Lot, Population
from models.rounds.round import Round
from models.values import canonical, day_of
from regulation.rounds.inspecting import seeds_of, state

router = APIRouter(prefix="/lots")


@router.api_route("", methods=GET)
def show_all(request: Request, tools: Doors) -> Response:
    """Every round whose list was published."""

    def shown() -> Mapping[str, Any]:
        rows = tools.rounds.register.rounds(kind=RoundKind.INSPECTION)
        rounds = [Round.model_validate_json(row.value) for row in rows]
        return {"rounds": [(each, state(each)) for each in rounds if state(each).population]}

    return for_all(request, tools, None, "public_lots.html", shown, SOON)


@router.api_route("/{round_id}", methods=GET)
def show(request: Request, tools: Doors, round_id: str) -> Response:
    """One lot: what is published of it already, and how to draw it again."""

    def shown() -> Mapping[str, Any]:
        round_, of = _published(tools, round_id)
        lot = Lot.model_validate(_paper(tools, of.lot_paper)) if of.lot_paper else None
        population = Population.model_validate(_paper(tools, of.population_paper))
        return {
            "round": round_,
            "of": of,
            "lot": lot,
            "names": {each.id: each.name or each.id for each in population.alliances},
            "population": population,
            "seeds": seeds_of(round_),
            "proven": PublicRounds(tools.register.engine).newest(round_id, day_of(tools.clock())),
        }

    return for_all(request, tools, None, "public_lot.html", shown, SOON)


@router.api_route("/{round_id}/{name}.json", methods=GET)
def file(request: Request, tools: Doors, round_id: str, name: Literal["population", "seeds", "lot"]) -> Response:
    """A published file: the very text over which its hash was made."""

    def made() -> str:
        round_, of = _published(tools, round_id)
        if name == "seeds":
            return canonical(seeds_of(round_).model_dump(mode="json"))
        return canonical(_paper(tools, of.population_paper if name == "population" else of.lot_paper))

    page = tools.kept.page((request.url.path, None), SOON, tools.clock(), made)
    answer = told(request, tools, page, SOON, "application/json")
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def _published(tools: Tools, round_id: str) -> tuple[Round, InspectionState]:
    """A round whose list was published; nothing is said of others."""
    round_ = tools.rounds.register.round(round_id)
    if round_ is None or not isinstance(round_.of, InspectionState) or round_.of.population is None:
        raise HTTPException(404)
    return round_, round_.of


def _paper(tools: Tools, key: str | None) -> dict[str, Any]:
    """A published file's content; of what is not there yet there is none."""
    if key is None:
        raise HTTPException(404)
    content: dict[str, Any] = tools.register.paper(key)
    return content
