"""An act at a door: what is wrong with it is told once, and where it is wrong."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any, get_origin

import pytest

from models.acts import Confirm, ExcuseYear, ReturnForCorrection
from models.filing import Filing, ReportingYear
from models.forms import LeaderB, Part
from models.values import SHANGHAI, OneFor, Value, required
from models.vocabulary import Kind, Severity, Stage
from regulation import lifecycle
from regulation.articles import ARTICLES
from regulation.checklist import CONDITIONS, CONDITIONS_UNTIL_0_3
from regulation.intake import FORMS
from regulation.lodging import ACT_TYPES, FROM_THE_PAPER, PAPERS, lodge
from regulation.moment import Moment
from regulation.reading import NO_PROGRAMS, NO_SECRETS
from regulation.simulation import simulate

EXAMPLES = Path(__file__).parents[2] / "examples"


def faults(**fields: Any) -> list[str]:
    """Where a return for correction is at fault."""
    by = {"person": "c-101", "office": "210100", "role": "city_st"}
    lodged = lodge("LN-1", {"id": "r1", "kind": "return_for_correction", "by": by, **fields})
    return [each.field for each in lodged.findings]


def test_a_list_without_rows_is_at_fault() -> None:
    assert faults(deficiencies=[]) == ["/deficiencies"]


def test_a_row_at_fault_does_not_make_its_list_too_short() -> None:
    good, bad = {"item": "D2", "message": "协议缺签署页"}, {"item": "其他", "message": ""}
    assert faults(deficiencies=[bad]) == ["/deficiencies/0/item", "/deficiencies/0/message"]
    assert faults(deficiencies=[good, bad]) == ["/deficiencies/1/item", "/deficiencies/1/message"]
    assert faults(deficiencies=[good]) == []


# One row for each thing

BY = {"person": "c-101", "office": "210100", "role": "city_st"}
LINES = [{"item": item, "met": True} for item in CONDITIONS[Kind.A]]
CONTRADICTED = [{"item": "A-12", "met": False}, *LINES]


def found(act: dict[str, Any]) -> list[tuple[str, str]]:
    """Where an act or its paper is at fault, and what is said."""
    lodged = lodge("LN-1", {"id": "a1", "by": BY, **act})
    return [(each.field, each.message) for each in lodged.findings if each.severity is Severity.ERROR]


def test_a_condition_has_one_line() -> None:
    act = {"kind": "confirm", "received_at": "2026-12-01T09:00:00+08:00", "checklist": CONTRADICTED}
    again = f"/checklist/{1 + CONDITIONS[Kind.A].index('A-12')}"
    assert found(act) == [(again, "核对清单：重复，每项只填一次")]
    assert found(act | {"received_at": "2026-11-30T23:59:59+08:00"}) == [], "what was taken before stands"


def under_review(year: int) -> tuple[Filing, Moment]:
    """A filing of kind A under review, 工信 agreeing, and an instant of its review."""
    form = json.loads((EXAMPLES / "kind_a.json").read_text("utf-8")) | {"received_at": f"{year}-03-02T09:00:00+08:00"}
    acts: list[dict[str, Any]] = [
        {"id": "1", "kind": "accept", "by": BY, "received_at": f"{year}-03-03T09:00:00+08:00"},
        {"id": "2", "kind": "give_iit_opinion", "positive": True, "received_at": f"{year}-03-03T10:00:00+08:00",
         "by": {"person": "i-301", "office": "210100", "role": "city_iit"}},
    ]  # fmt: skip
    filing = simulate(form, acts).filing
    assert filing
    at = datetime(year, 3, 4, 9, tzinfo=SHANGHAI)
    return filing, Moment(at, at)


def confirming(filing: Filing, when: Moment, checklist: Any) -> str | None:
    """What the law says to a confirmation, however it came."""
    act = Confirm.model_validate({"id": "c", "by": {**BY, "person": "c-102"}, "checklist": checklist})
    refusal = lifecycle.check(filing, act, when)
    return refusal.missing if refusal else None


def test_the_law_itself_takes_no_second_line_whatever_door_it_came_through() -> None:
    assert confirming(*under_review(2027), CONTRADICTED) == "核对清单中有重复，每项只填一次"
    assert confirming(*under_review(2027), LINES) is None
    assert confirming(*under_review(2026), CONTRADICTED) is None, "a history from before replays"


def test_a_line_that_nobody_asks_for_is_no_line() -> None:
    assert confirming(*under_review(2027), [*LINES, {"item": "A-99", "met": True}]) == "审核清单中没有这一项：A-99"


def test_what_lacks_is_a_requirement() -> None:
    filing, when = under_review(2027)
    for item, said in (("A-99", "没有编号为A-99的条件、填报项或材料"), ("A-17", None), ("FA-19", None), ("D3", None)):
        act = ReturnForCorrection.model_validate(
            {"id": "r", "by": BY, "deficiencies": [{"item": item, "message": "请补充"}]}
        )
        refusal = lifecycle.check(filing, act, when)
        assert (refusal.missing if refusal else None) == said


def test_filings_from_before_are_asked_what_they_were_asked() -> None:
    filing, when = under_review(2027)
    earlier = filing.but(whole_checklist=False)
    few = [{"item": item, "met": True} for item in CONDITIONS_UNTIL_0_3[Kind.A]]
    assert confirming(earlier, when, few) is None
    unfilled = "核对是否为以契约为保障、有明确市场目标的技术创新联合体；核对契约能否约束成员行为、保护成员利益；"
    assert str(confirming(filing, when, few)).startswith(f"审核清单未填：{unfilled}")


def test_the_checklist_has_every_requirement_that_only_a_person_can_judge() -> None:
    """《工作指引》 up to its ninth article and its nineteenth, 《实施细则》 up to its sixth: the rest is about filings in force."""
    judged = {code for code, row in ARTICLES.items() if row["system"] == "CHECK" or "CHECK" in row["system"]}
    for kind, letter in ((Kind.A, "A"), (Kind.B, "B")):
        later = {"A-29", *(f"A-{number}" for number in range(36, 50))}
        asked = {code for code in judged if code.startswith(f"{letter}-")} - later
        assert asked <= set(CONDITIONS[kind]), kind


LISTS = {
    "a deficiency in the same words": (
        "return_for_correction",
        "deficiencies",
        [{"item": "D2", "message": "缺签署页"}] * 2,
    ),
    "a line of a recommendation": ("recommend", "checklist", [{"item": "B-10", "met": True}] * 2),
}


@pytest.mark.parametrize(("kind", "name", "rows"), LISTS.values(), ids=LISTS)
def test_other_lists_have_one_row_each_too(kind: str, name: str, rows: Any) -> None:
    assert [at for at, _ in found({"kind": kind, name: rows})] == [f"/{name}/1"]


def test_a_file_is_named_once() -> None:
    document = {
        "kind": "D8",
        "name": "证据.pdf",
        "media_type": "application/pdf",
        "size": 9,
        "sha256": "a" * 64,
        "location": "p",
    }
    leader = {"person": "u-1", "office": "91210102MA10ABCD6H", "role": "leader"}
    defence = {"kind": "state_defence", "by": leader, "content": {"text": "属实", "documents": [document, document]}}
    assert [at for at, _ in found(defence)] == ["/content/documents/1"]
    other = document | {"sha256": "b" * 64}
    assert found(defence | {"content": {"text": "属实", "documents": [document, other]}}) == []


def test_every_list_of_an_act_or_paper_that_could_repeat_itself_says_what_makes_two_rows_one() -> None:
    """A new list is either marked or named here with the reason why rows may be alike."""
    free = {
        "members": "judged by code, in whatever writing (intake.members)",
        "cooperation": "one partner may have several contents",
    }
    models: list[type[Value]] = [*ACT_TYPES, *PAPERS.values(), *FORMS.values(), Part, LeaderB]
    unmarked = {
        name
        for model in models
        for name, info in model.model_fields.items()
        if get_origin(info.annotation) is tuple and not any(isinstance(each, OneFor) for each in info.metadata)
    }
    assert unmarked == set(free)


# What an act must bring


def asked(act_type: type[Value]) -> list[tuple[type[Value], str]]:
    """Each field that an act class or one of its bases requires, the door's own aside."""
    kept = ("id", "by", *FROM_THE_PAPER.get(act_type.model_fields["kind"].default, ()))
    return [(act_type, name) for name in sorted(required(act_type)) if name not in kept]


def an_act(act_type: type[Value]) -> dict[str, Any]:
    """An act of a class with all that it must bring."""
    kind = act_type.model_fields["kind"].default
    values = {"paper": "a" * 64, "reason": "见卷宗", "document_no": "沈科发〔2026〕1号", **MUST_BRING}
    office = {"id": "a1", "kind": kind, "by": BY, "received_at": "2026-12-01T00:00:00+08:00"}
    return office | {name: values[name] for _, name in asked(act_type)} | OF_KIND.get(kind, {})


MUST_BRING: dict[str, Any] = {
    "successor": "LN-2", "successor_number": "LN-CXY-B-210100-2026-0002", "procedure": "suit", "authority": "人民法院",
    "accepted_on": "2026-11-30", "challenge": "c-1", "ruling": "set_aside", "decided_on": "2026-11-30",
    "deficiencies": [{"item": "D2", "message": "协议缺签署页"}], "positive": True, "checklist": [], "objection": "o-1",
    "admissible": True, "surveyed_on": "2026-11-30", "met_on": "2026-11-30", "decision": "confirmed", "year": 2026,
    "archive_number": "LN-CXY-A-210100-2026-0001", "until": "2026-12-15", "change": "contact", "to": "210200",
    "happened_on": "2026-11-30", "inspected_on": "2026-11-30", "result": "qualified", "tag": "typical",
    "ground": "1", "served_on": "2026-11-30", "method": "post", "url": "https://kjj.example.gov.cn/1.html",
    "entry": 3, "done_by": 3, "letter": "a-1", "consent": True, "address": "b" * 64, "calendar": "2026", "terms": "2026", "outcome": "granted",
}  # fmt: skip
OF_KIND: dict[str, dict[str, Any]] = {
    "record_party_group": {"decision": "approved"},
    "record_inspection": {"result": "in_order"},
    "rule_on_objection": {"outcome": "dismissed"},
    "rule_on_defence": {"outcome": "rejected"},
}


@pytest.mark.parametrize(("act_type", "name"), [pair for each in ACT_TYPES for pair in asked(each)])
def test_what_any_base_of_an_act_requires_is_required(act_type: type[Value], name: str) -> None:
    whole = an_act(act_type)
    assert f"/{name}" not in [at for at, _ in found(whole)], "the act as it should be"
    assert f"/{name}" in [at for at, _ in found({key: value for key, value in whole.items() if key != name})]
    described = act_type.model_json_schema()
    assert name in described["required"]
    assert {"type": "null"} not in described["properties"][name].get("anyOf", ())


def test_the_law_itself_asks_for_it_from_a_day_on() -> None:
    """Acts of 0.1.0 to 0.3.0 are judged as they were, so that their histories replay."""
    due = ReportingYear(year=2026, due=datetime(2026, 12, 20, tzinfo=SHANGHAI))
    filing = under_review(2026)[0].but(stage=Stage.IN_FORCE, years=(due,))
    act = ExcuseYear.model_validate(an_act(ExcuseYear) | {"reason": None})
    for day, said in (
        (datetime(2026, 11, 30, 9, tzinfo=SHANGHAI), None),
        (datetime(2026, 12, 1, tzinfo=SHANGHAI), "未写明理由"),
    ):
        refusal = lifecycle.check(filing, act, Moment(day, day))
        assert (refusal.missing if refusal else None) == said


def test_a_program_is_no_formal_document() -> None:
    document = {
        "kind": "D7",
        "name": "关于报送备案的函.exe",
        "media_type": "application/pdf",
        "size": 9,
        "location": "p",
    }
    act = {"kind": "forward", "document_no": "沈科报1号", "content": {"document": document | {"sha256": "a" * 64}}}
    assert [at for at, _ in found(act)] == ["/content/document/name"]
    annual: dict[str, Any] = {
        "year": 2026,
        "summary": {"text": "总结", "documents": [document | {"kind": "R1", "sha256": "b" * 64}]},
    }
    report = annual | {"plan": {"text": "计划"}, "integrity_commitment": True}
    leader = {"person": "u-1", "office": "91210102MA10ABCD6H", "role": "leader"}
    filed: dict[str, Any] = {"kind": "file_annual_report", "year": 2026, "by": leader, "content": report}
    assert ("/content/summary/documents/0/name", NO_PROGRAMS) in found(filed)
    document |= {"kind": "E1", "secrecy": "秘密", "sha256": "b" * 64}
    annual["summary"]["documents"] = [document]
    assert {
        ("/content/summary/documents/0/secrecy", NO_SECRETS),
        ("/content/summary/documents/0/kind", "证据材料只在陈述申辩、异议等须举证时提交"),
    } <= set(found(filed))
