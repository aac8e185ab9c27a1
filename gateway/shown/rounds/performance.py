"""An evaluation by third parties as it is shown: the commissions, how far each alliance is, and the sheets."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from activities.documents import appraisals
from activities.documents.appraisals import Evaluated
from gateway.identity import Identity
from gateway.tools import Tools
from models.rounds.performance import Commissioned
from models.rounds.round import Round
from models.vocabulary import Role
from regulation.rounds import performance
from regulation.rounds.every import rules_of
from regulation.rounds.known import Alliance, Known, Needs
from regulation.rounds.performing import state_of, terms_of

SHOWN = 200
"""How many alliances the page lists; the others are in the sheet."""

OFFICERS = frozenset({Role.PROVINCE_ST, Role.PROVINCE_IIT, Role.AUDITOR})
"""Who sees what was brought of every alliance; of its own alliances an evaluator does."""


@dataclass(frozen=True)
class Commission:
    """A commission with its people."""

    one: Commissioned
    people: Sequence[str]


def panel(tools: Tools, who: Identity, round_: Round) -> Mapping[str, Any]:
    """What the page of the round adds: the terms, the commissions, the alliances that somebody sees, and which are not commissioned."""
    known = _known(tools, round_)
    rows = list(_evaluated(who, round_, known))
    officer = who.role in OFFICERS
    papers = known.papers if officer else {}
    mine = [each for each in state_of(round_).commissions if who.person in known.papers[each.paper]["people"]]
    commissions = [
        Commission(each, papers.get(each.paper, {}).get("people", ()))
        for each in (state_of(round_).commissions if officer else mine)
    ]
    return {
        "terms": terms_of(round_),
        "dimensions": [rules_of(round_.id).word(name) for name in terms_of(round_).weights],
        "commissions": commissions,
        "people": {person for each in commissions for person in each.people},
        "evaluated": rows[:SHOWN],
        "evaluated_count": len(rows),
        "not_commissioned": len(uncommissioned(round_, known)) if officer else 0,
        "sheet_id": f"desk-{uuid4().hex}",
        "may_appraise": who.role is Role.EVALUATOR and bool(rows) and state_of(round_).commissions,
    }


def _known(tools: Tools, round_: Round) -> Known:
    papers = tuple(each.paper for each in state_of(round_).commissions)
    return tools.rounds.register.known(
        Needs(population=True, items=(round_.id,), papers=papers, continuing=round_.year), round_.area
    )


def uncommissioned(round_: Round, known: Known) -> list[Alliance]:
    """The alliances of the round that nobody evaluates yet, and that were on file in its year."""
    items = known.items.get(round_.id, {})
    here = (each for each in known.alliances.values() if each.id not in items and each.lies_in(round_.area))
    return [each for each in here if not known.archived_later(each, round_.year)]


def _evaluated(who: Identity, round_: Round, known: Known) -> Iterator[Evaluated]:
    for filing_id, item in known.items.get(round_.id, {}).items():
        alliance = known.alliances.get(filing_id)
        if alliance and (who.role in OFFICERS or filing_id in who.assigned):
            yield Evaluated(
                filing_id, alliance.archive_number or "", alliance.name, alliance.leader_name, item.figures,
                performance.STATES.get(item.state, item.state),
            )  # fmt: skip


def downloads(tools: Tools, who: Identity, round_: Round) -> list[tuple[str, str, Callable[[], bytes]]]:
    """What somebody takes away: an evaluator the sheet to fill in, the province what came of all."""

    def sheet() -> bytes:
        rows = list(_evaluated(who, round_, _known(tools, round_)))
        return appraisals.template("评价表", rows, terms_of(round_), round_.opened_at)

    def results() -> bytes:
        return appraisals.results(round_.title, list(_evaluated(who, round_, _known(tools, round_))), round_.opened_at)

    if who.role is Role.EVALUATOR:
        return [("appraisals.xlsx", "评价表.xlsx", sheet)]
    return [("results.xlsx", "评价结果汇总表.xlsx", results)] if who.role in OFFICERS else []


def proposed_commission(tools: Tools, round_: Round) -> dict[str, Any]:
    """What a commission begins with: every alliance that nobody evaluates yet."""
    return {"alliances": [each.id for each in uncommissioned(round_, _known(tools, round_))]}
