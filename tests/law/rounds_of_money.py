"""Rounds of the evaluation and of the subsidy without engine and register: alliances, people, and what the register would answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from models.acts import By
from models.findings import Finding, Refusal
from models.rounds.base import RoundAct
from models.rounds.round import ROUND_ACT, Round, RoundReceipt
from models.values import digest
from models.vocabulary import Kind, Role, Stage
from regulation.moment import Moment
from regulation.rounds import offers
from regulation.rounds.known import Alliance, Known, KnownItem
from regulation.rounds.simulation import RoundLife
from tests.law.notation import moment

PEOPLE = {
    "p-401": By(person="p-401", office="210000", role=Role.PROVINCE_ST),
    "p-402": By(person="p-402", office="210000", role=Role.PROVINCE_ST),
    "c-101": By(person="c-101", office="210100", role=Role.CITY_ST),
    "d-111": By(person="d-111", office="210200", role=Role.CITY_ST),
    "e-501": By(person="e-501", office="210000", role=Role.EVALUATOR),
    "e-502": By(person="e-502", office="210000", role=Role.EVALUATOR),
    "e-503": By(person="e-503", office="210000", role=Role.EVALUATOR),
    "public": By(person="o-1", office="public", role=Role.PUBLIC),
    "L-1": By(person="u-1", office="91210102MA10ABCD6H", role=Role.LEADER),
}

EVALUATION, SUBSIDY = "performance-2027-LN-1", "subsidy-2027-LN-1"

DOCUMENT = {"kind": "D5b", "sha256": "b" * 64}
"""What every alliance's application has."""

Answer = RoundReceipt | Refusal | list[Finding]


def alliance(number: int, *, leader: str = "", place: str = "210100", stage: Stage = Stage.IN_FORCE) -> Alliance:
    """An archived alliance of kind B."""
    return Alliance(
        id=f"B-{number}", kind=Kind.B, stage=stage, jurisdiction=place, zone=None, leader=leader or f"9121010{number}MA10ABCDX",
        name=f"沈阳市第{number}联盟", leader_name=f"第{number}企业", technical_field="新材料",
        archive_number=f"LN-CXY-B-{place}-2026-{number:04}", archived_on=date(2026, 5, number), number=9,
    )  # fmt: skip


@dataclass
class Province:
    """Alliances, the lives of rounds, and papers by digest."""

    alliances: dict[str, Alliance]
    naming: frozenset[str] = frozenset()
    continuing: frozenset[str] = frozenset()
    lives: dict[str, RoundLife] = field(default_factory=dict)
    papers: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def known(self) -> Known:
        """Everything that the register would answer."""
        items = {
            name: {
                each.filing_id: KnownItem(each.filing_id, each.state, each.figures, 1, None, moment("2027-01-01"))
                for each in life.items.values()
            }
            for name, life in self.lives.items()
        }
        rounds = {name: life.round for name, life in self.lives.items() if life.round}
        applications = {name: {"documents": [DOCUMENT]} for name in self.alliances}
        return Known(
            alliances=self.alliances, items=items, rounds=rounds, papers=self.papers, applications=applications,
            naming={COMMISSION["code"]: self.naming}, continuing=self.continuing,
        )  # fmt: skip

    def does(self, round_id: str, at: str, person: str, kind: str, content: Any = None, **said: Any) -> Answer:
        """An act as a door would take it: with its paper lodged, or drawn up by the door."""
        life = self.lives.setdefault(round_id, RoundLife(round_id))
        raw: dict[str, Any] = {"id": f"{kind}-{len(life.entries)}-{person}", "by": PEOPLE[person], "kind": kind, **said}
        known, when = self.known(), moment(at)
        life.until(when, known)
        if kind in life.rules.draws and content is None and life.round:
            asked = ROUND_ACT.validate_python({**raw, "paper": "0" * 64})
            content = life.rules.draws[kind](life.round, asked, known).model_dump(mode="json")
        if content is not None:
            content = life.rules.papers[kind].model_validate(content).model_dump(mode="json")
            raw["paper"] = digest(content)
            self.papers[raw["paper"]] = content
        act: RoundAct = ROUND_ACT.validate_python({**raw, "received_at": when})
        return life.act(act, when, content, self.known())

    def done(self, round_id: str, at: str, person: str, kind: str, content: Any = None, **said: Any) -> Round:
        """An act that may be: the round after it."""
        answer = self.does(round_id, at, person, kind, content, **said)
        assert isinstance(answer, RoundReceipt), answer
        return self.round(round_id)

    def until(self, round_id: str, at: str) -> Round:
        """Time passes."""
        self.lives[round_id].until(moment(at), self.known())
        return self.round(round_id)

    def round(self, round_id: str) -> Round:
        """Where a round stands."""
        found = self.lives[round_id].round
        assert found
        return found

    def offered(self, round_id: str, at: str, person: str) -> set[str]:
        """What somebody may do in a round then."""
        found = offers.offers(self.until(round_id, at), PEOPLE[person], Moment(moment(at), moment(at)))
        return {str(each.kind) for each in found if each.open}

    def states(self, round_id: str) -> dict[str, str]:
        """What became of each alliance."""
        return {each.filing_id: each.state for each in self.lives[round_id].items.values()}


def lack(answer: Answer) -> str:
    """Why an act may not be, or everything that is wrong with it."""
    if isinstance(answer, list):
        return "\n".join(f"{each.field} {each.message}" for each in answer)
    assert isinstance(answer, Refusal), answer
    return answer.missing


def opened(province: Province, round_id: str, on: str, closes: str) -> Round:
    """A round over all alliances of kind B."""
    return province.done(
        round_id, f"{on} 09:00", "p-401", "open_round", title="二〇二七年度", opens=on, closes=closes, alliances="B"
    )


def scores(filing: str, points: str, **more: Any) -> dict[str, Any]:
    """The same score in every dimension."""
    return {
        "filing": filing, "direction": points, "mechanism": points, "results": points, "activities": points,
        "opinion": "运行正常", "joint_activities": 3, **more,
    }  # fmt: skip


COMMISSION = {
    "organisation": "辽宁某科技评估有限公司", "code": "91210102MA10ABCD6H", "contract_no": "辽科评2027-01",
    "begins": "2027-02-01", "ends": "2027-03-31",
}  # fmt: skip


def commissioned(province: Province, *alliances: str, people: tuple[str, ...] = ("e-501", "e-502")) -> None:
    """The evaluation is opened, and these alliances are given to two evaluators."""
    opened(province, EVALUATION, "2027-02-01", "2027-03-31")
    content = {"people": people, "alliances": alliances, "no_interest": True}
    province.done(EVALUATION, "2027-02-02 09:00", "p-401", "commission", content, **COMMISSION)


def evaluated(province: Province, points: Mapping[str, str]) -> None:
    """The evaluation was accepted with these scores."""
    commissioned(province, *points)
    rows = [scores(filing, given) for filing, given in points.items()]
    province.done(EVALUATION, "2027-03-01 09:00", "e-501", "appraise", {"rows": rows})
    province.done(EVALUATION, "2027-03-20 09:00", "p-401", "accept_results", document_no="辽科发〔2027〕1号")
