"""The call, and what cities publish, as cases (tests/law/rounds/calls.yaml); and who is told."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from models.acts import By
from models.findings import Finding, Refusal
from models.rounds.base import CancelRound, MoveWindow, OpenRound, RoundAct, parts
from models.rounds.calls import CallState
from models.rounds.round import Round
from models.values import at_hour
from models.vocabulary import Kind, Role, Stage
from regulation import terms
from regulation.local_rules import documents_of
from regulation.rounds import wording
from regulation.rounds.consequences import Letter, NewTerms, Published
from regulation.rounds.known import Alliance, Known
from regulation.rounds.simulation import RoundLife
from regulation.terms import TERMS
from tests.in_force import also_in_force

CASES: list[dict[str, Any]] = yaml.load(
    (Path(__file__).parent / "rounds" / "calls.yaml").read_text("utf-8"), yaml.CSafeLoader
)
BY = {
    "prov": By(person="p-401", office="210000", role=Role.PROVINCE_ST),
    "city": By(person="c-101", office="210100", role=Role.CITY_ST),
}
CALL = {"document_no": "辽科发〔测试〕5号", "opens": date(2027, 4, 3), "closes": date(2027, 4, 25)}
DOCUMENT = {"document_no": "沈科发〔测试〕1号", "opens": date(2027, 3, 20), "closes": date(2027, 12, 31)}
ASKS: dict[str, Any] = {"extra": [{"name": "产业链配套证明"}]}


def life_of(case: Mapping[str, Any]) -> tuple[RoundLife, OpenRound, dict[str, Any], date, Known]:
    """The round of a case, not opened yet: what would open it, its paper, the day, and what else there is."""
    local = "LN" not in case["round"]
    said = {**(DOCUMENT if local else CALL), **case.get("says", {})}
    act = OpenRound(id="open", by=BY[case.get("by", "prov")], title="测试通知", paper="0" * 64, **said)
    content = case.get("content", ASKS if local else {"recommend_by": "2027-04-30"})
    known = Known(rounds={each: standing(each) for each in case.get("known", ())})
    return RoundLife(case["round"]), act, {"text": "正文", **plain(content)}, case.get("day", date(2027, 3, 20)), known


def plain(value: Any) -> Any:
    """A YAML value as JSON has it: days as texts."""
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return str(value) if isinstance(value, date) else value


def standing(round_id: str) -> Round:
    """A call that was published before."""
    told = parts(round_id)
    assert told
    return Round.model_validate(
        {
            "id": round_id, "year": told.year, "area": {}, "title": "前一通知", "document_no": "辽科发〔测试〕4号",
            "opened_by": BY["prov"], "opened_at": at_hour(date(2027, 3, 1), 9), "opens": date(2027, 3, 2),
            "closes": date(2027, 3, 30), "of": CallState(),
        }
    )  # fmt: skip


def why(answer: object) -> str:
    """Why an act was refused; nothing if it was not."""
    if isinstance(answer, Refusal):
        return answer.missing
    return "；".join(each.message for each in answer if isinstance(each, Finding)) if isinstance(answer, list) else ""


def in_terms(edition: str, name: str) -> Any:
    """What an edition says under the name by which a case asks: kind, key, and year or place."""
    kind, key, about = name.split()
    if key == terms.LOCAL_RULES:
        return [each.document_no for each in documents_of(edition, Kind(kind), about)]
    return terms.find(edition, key, Kind(kind), "210100", int(about))


def expected(life: RoundLife, answer: object, told: Mapping[str, Any], base: str) -> str:
    """Look at what came of an act; the edition that then is the newest."""
    if "refused" in told:
        assert told["refused"] in why(answer)
        return base
    assert not why(answer)
    new = [each for each in life.followed if isinstance(each, NewTerms)][-1]
    day = life.entries[-1].at.date()
    with also_in_force(day, *new.rows(base), base=base) as name:
        for asked, value in told.get("terms", {}).items():
            assert in_terms(name, asked) == plain(value), asked
        return name


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_what_comes_of_a_call(case: Mapping[str, Any]) -> None:
    life, act, content, day, known = life_of(case)
    base = TERMS.newest(date(2026, 1, 1), lambda edition: edition.since <= date(2026, 1, 1))
    answer = life.act(act, at_hour(day, 9), content, known)
    expected(life, answer, case, base)
    papers = Known(papers={"0" * 64: content})
    for each in case.get("then", ()):
        by = BY[case.get("by", "prov")]
        moves = {"id": f"then-{each['day']}", "by": by, "reason": "测试"}
        next_act: RoundAct = (
            MoveWindow(**moves, **each["move_window"]) if "move_window" in each else CancelRound(**moves)
        )
        new = [row for row in life.followed if isinstance(row, NewTerms)][-1]
        with also_in_force(day, *new.rows(base), base=base) as before:
            expected(life, life.act(next_act, at_hour(each["day"], 9), None, papers), each, before)


def alliance(number: int, kind: Kind, leader: str) -> Alliance:
    """An alliance that stands."""
    return Alliance(
        id=f"LN-{number}", kind=kind, stage=Stage.IN_FORCE, jurisdiction="210100", zone=None, leader=leader,
        name=f"沈阳市联盟{number}", leader_name=f"企业{leader}", technical_field="新材料", archive_number=None,
        archived_on=None, number=5,
    )  # fmt: skip


def test_a_call_is_announced_and_everybody_is_told_once() -> None:
    """B-01: every city and reviewing zone; every leader once, whose alliance of kind B stands that it may go on (B-05)."""
    life, act, content, day, _ = life_of({"round": "call-2027-LN-1"})
    there = [
        alliance(1, Kind.A, "one"),
        alliance(2, Kind.B, "one"),
        alliance(3, Kind.A, "two"),
        alliance(4, Kind.A, "two"),
        alliance(5, Kind.B, "one"),
    ]
    life.act(act, at_hour(day, 9), content, Known(alliances={each.id: each for each in there}))
    first, public, *letters = life.followed
    assert isinstance(first, NewTerms), "in force before anybody is told"
    assert isinstance(public, Published)
    assert public.content["recommend_by"] == "2027-04-30"
    told = [each for each in letters if isinstance(each, Letter)]
    assert [(each.text, each.office) for each in told if each.to is Role.LEADER] == [
        ("call_published_leaders_b", "one"),
        ("call_published_leaders", "two"),
    ]
    (going_on,) = (each for each in told if each.text == "call_published_leaders_b")
    both = "“沈阳市联盟2”（此前的备案申请编号LN-2）；“沈阳市联盟5”（此前的备案申请编号LN-5）"
    assert going_on.words["going_on"] == both, "every alliance that may go on is named, with its number"
    assert sum(each.to is Role.CITY_ST for each in told) == 15
    life.until(at_hour(date(2027, 4, 26), 1))
    assert [each.event.kind.value for each in life.entries] == ["open_round", "reminder", "reminder", "window_closed"]


@pytest.mark.parametrize(("of", "by", "called"), [("LN", "prov", "申报通知"), ("210100", "city", "属地文件")])
def test_what_a_city_publishes_is_called_so(of: str, by: str, called: str) -> None:
    """Art. 17: a city has no call."""
    life, act, content, day, known = life_of({"round": f"call-2027-{of}-1", "by": by})
    life.act(act, at_hour(day, 9), content, known)
    told = wording.facts(Letter("round_opened", Role.CITY_ST, "210100"), life.entries[0], None)
    assert told["kind"] == called
