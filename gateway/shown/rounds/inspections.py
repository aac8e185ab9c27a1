"""随机抽查、随机调研考察: what the page of such a round shows, the sheet of each inspection, and what a finding may lead to."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import select

from activities.documents.inspection import Inspected, record_sheet
from activities.rounds.known import ITEMS
from gateway.identity import Identity
from gateway.problem import NoFile
from gateway.tools import Tools
from models.register import RoundItemRow
from models.rounds.inspections import Assignment, CheckRecord, Found, InspectionActKind, InspectionState, Standing
from models.rounds.round import Round
from models.values import DAY
from models.vocabulary import Ground, Role
from regulation.naming import on_day
from regulation.rounds.checks import CHECKS
from regulation.rounds.inspecting import LEFT, state
from regulation.rounds.inspections import ON_PAPER
from regulation.rounds.known import Alliance, Needs

SHOWN = 200
"""So many alliances of each standing are listed on the page; the others are on the list of alliances."""

UNDER_WAY = (Standing.DRAWN, Standing.ASSIGNED, Standing.DEFICIENT, Standing.REPORTED)
DONE = (
    Standing.IN_ORDER, Standing.RECTIFIED, Standing.NOT_RECTIFIED, Standing.ENDED, Standing.VISITED, Standing.REPLACED,
)  # fmt: skip
INSPECTED = (
    Standing.IN_ORDER, Standing.DEFICIENT, Standing.REPORTED, Standing.RECTIFIED, Standing.NOT_RECTIFIED, Standing.ENDED,
    Standing.VISITED,
)  # fmt: skip

DEPARTMENTS = (Role.PROVINCE_ST, Role.PROVINCE_IIT)


@dataclass(frozen=True)
class Line:
    """An alliance that was drawn: where it stands, and what may be done with it from here."""

    alliance: Alliance
    standing: Standing
    told: str
    acts: tuple[str, ...] = ()
    sheet: bool = False
    proposal: bool = False


def panel(tools: Tools, who: Identity, round_: Round) -> Mapping[str, Any]:
    """What is laid open already, and whoever was drawn, as far as the visitor sees it."""
    of = state(round_)
    labels = {each.value: each.label for each in InspectionActKind}
    return {"inspection": of, "lines": list(_lines(tools, who, round_)), "acts_of_kind": labels}


ACTS: Mapping[Standing, tuple[str, ...]] = {
    Standing.DRAWN: ("assign_inspectors", "replace_drawn"),
    Standing.ASSIGNED: ("record_findings", "assign_inspectors", "replace_drawn"),
    Standing.DEFICIENT: ("rule_on_rectification",),
    Standing.REPORTED: ("rule_on_rectification",),
}
"""What the departments may do next, by where an alliance stands."""

Choices = Sequence[tuple[str, str]]


def _standing(*standings: Standing) -> Callable[[Tools, Round], Choices]:
    """The alliances of a round that stand at one of these, by id, each with where it stands."""

    def choices(tools: Tools, round_: Round) -> Choices:
        rows = [
            (row.filing_id, standing)
            for standing in standings
            for row in tools.rounds.register.items(round_.id, state=standing.value, most=SHOWN)
        ]
        known = tools.register.rows([filing_id for filing_id, _ in rows], whole=False)
        return [(key, f"{known[key].alliance_name}（{standing.label}）") for key, standing in rows if key in known]

    return choices


CHOICES: Mapping[str, Callable[[Tools, Round], Choices]] = {
    InspectionActKind.ASSIGN_INSPECTORS: _standing(Standing.DRAWN, Standing.ASSIGNED),
    InspectionActKind.REPLACE_DRAWN: _standing(Standing.DRAWN, Standing.ASSIGNED),
    InspectionActKind.RECORD_FINDINGS: _standing(Standing.ASSIGNED),
    InspectionActKind.RULE_ON_RECTIFICATION: _standing(*LEFT),
}
"""Of which alliances the form of an act of both departments lets one choose."""

MET = (Standing.RECTIFIED, Standing.ENDED)
"""Where nothing is left of what was found: no revocation is proposed for it."""


def _lines(tools: Tools, who: Identity, round_: Round) -> Iterator[Line]:
    for standing in (*UNDER_WAY, *DONE):
        rows = tools.rounds.register.items(round_.id, state=standing.value, most=SHOWN)
        known = tools.rounds.register.known(Needs(filings=tuple(each.filing_id for each in rows)), None)
        filings = tools.register.rows([each.filing_id for each in rows], whole=False)
        for row in rows:
            if who.sees(filings[row.filing_id]):
                yield _line(who, known.alliances[row.filing_id], standing, row, round_)


def _line(who: Identity, alliance: Alliance, standing: Standing, row: RoundItemRow, round_: Round) -> Line:
    figures = _figures(row)
    ours, theirs = who.role in DEPARTMENTS, who.role is Role.LEADER
    acts = ACTS.get(standing, ()) if ours else ("report_rectification",) if theirs and standing in LEFT else ()
    if who.role in ON_PAPER and standing in LEFT:
        acts = (*acts, "enter_rectification")
    return Line(
        alliance=alliance,
        standing=standing,
        told=_told(figures),
        acts=() if round_.over else acts,
        sheet=who.staff and standing in (Standing.ASSIGNED, *INSPECTED),
        proposal=who.role in (Role.CITY_ST, Role.PROVINCE_ST) and standing not in MET and bool(figures.get("grounds")),
    )


def _figures(row: RoundItemRow) -> dict[str, Any]:
    figures: dict[str, Any] = json.loads(row.figures)
    return figures


def _told(figures: Mapping[str, Any]) -> str:
    days = (("planned_on", "计划{}检查"), ("inspected_on", "{}检查"), ("rectify_by", "整改至{}"))
    return "，".join(
        says.format(on_day(DAY.validate_python(figures[name]))) for name, says in days if figures.get(name)
    )


def downloads(tools: Tools, who: Identity, round_: Round) -> Sequence[tuple[str, str, Callable[[], bytes]]]:
    """检查记录表 of every alliance that is inspected, or was."""
    return [
        (
            f"{each.alliance.id}.docx",
            f"检查记录表-{each.alliance.name}.docx",
            partial(sheet, tools, round_, each.alliance.id),
        )
        for each in _lines(tools, who, round_)
        if each.sheet
    ]


def empty_record(round_: Round) -> Mapping[str, Any]:
    """A record with every item that is to be looked at."""
    of = state(round_)
    return {"lines": [{"item": each.asks} for each in CHECKS[of.rule].items(of.purpose)]}


# The sheet


def sheet(tools: Tools, round_: Round, filing_id: str) -> bytes:
    """检查记录表 of one alliance: to be filled in while nobody inspected it, and as it was recorded."""
    known = tools.rounds.register.known(Needs(filings=(filing_id,)), None)
    task = _paper(tools, round_.id, filing_id, Standing.ASSIGNED)
    if task is None or filing_id not in known.alliances:
        raise NoFile(filing_id)
    found = next((paper for each in FOUND if (paper := _paper(tools, round_.id, filing_id, each))), None)
    inspected = Inspected(
        round_,
        known.alliances[filing_id],
        Assignment.model_validate(task),
        CheckRecord.model_validate(found) if found else None,
    )
    return record_sheet(inspected, tools.clock())


FOUND = (Standing.IN_ORDER, Standing.DEFICIENT, Standing.VISITED)


def _paper(tools: Tools, round_id: str, filing_id: str, standing: Standing) -> dict[str, Any] | None:
    """The paper by which an alliance first came to stand so after its last assignment."""
    of_it = (ITEMS.round_id == round_id, ITEMS.filing_id == filing_id, ITEMS.state == standing.value)
    latest = select(ITEMS.paper).where(*of_it, ITEMS.paper.is_not(None)).order_by(ITEMS.number)
    if standing is Standing.ASSIGNED:
        latest = select(ITEMS.paper).where(*of_it).order_by(ITEMS.number.desc())
    with tools.register.engine.connect() as db:
        key = db.execute(latest.limit(1)).scalar()
    return tools.register.paper(key) if key else None


# What a finding may lead to (Art. 11)


def proposal(tools: Tools, round_id: str, filing_id: str) -> dict[str, object] | None:
    """A proposal of revocation as the record would found it, to be judged by whoever makes it; None where nothing was found."""
    round_ = tools.rounds.register.round(round_id)
    known = tools.rounds.register.known(Needs(items=(round_id,), filings=(filing_id,)), None)
    item = known.item(round_id, filing_id)
    if round_ is None or not isinstance(round_.of, InspectionState) or item is None or not item.figures.get("grounds"):
        return None
    found = Found.model_validate(item.figures)
    asks = {each.item: each for each in CHECKS[round_.of.rule].items(round_.of.purpose)}
    not_met = "；".join(asks[each].asks for each in found.not_met)
    text = f"{on_day(found.inspected_on)}经“{round_.title}”检查，下列事项不符合：{not_met}。"
    if item.state in (*LEFT, Standing.NOT_RECTIFIED) and found.rectify_by:
        text += f"限期{on_day(found.rectify_by)}前整改，{Standing(item.state).label}。"
    ground: Ground = found.grounds[0]
    return {"ground": ground.value, "reason": text[:500], "content": {"text": text}}
