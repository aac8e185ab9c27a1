"""创新资源统计调查 (A-35, B-19): what is found on a return, with what it begins, and what of the sums may be published."""

import json
from collections.abc import Mapping
from copy import deepcopy
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gateway.asked.filled import read
from gateway.asked.forms import fields_of
from models.vocabulary import Kind
from regulation import data
from regulation.editions import EditionRefused, Editions
from regulation.rounds import prefilling, questionnaires, sums
from regulation.rounds.figures import figures_in, form_of
from regulation.rounds.questionnaires import QUESTIONNAIRES
from regulation.rounds.returns import MemberRow, Subject, Told, examine
from regulation.rounds.sums import Answer
from regulation.rounds.survey_letters import GROUPINGS, public_lines
from tests.applications import changed, good
from tests.filling import written
from tests.test_forms import flat

SHIPPED = QUESTIONNAIRES["LN-2026"]
CASES: list[dict[str, Any]] = yaml.load(
    (Path(__file__).parent / "rounds" / "surveys.yaml").read_text("utf-8"), yaml.CSafeLoader
)
EXAMPLE: dict[str, Any] = json.loads((Path(__file__).parents[2] / "examples" / "survey_b.json").read_text("utf-8"))[
    "figures"
]
MEMBERS = tuple(MemberRow(row["code"], row["name"], row["type"]) for row in EXAMPLE["members"])


def told(year: int, where: str, figures: Mapping[str, str] | None) -> Told | None:
    """What a case says was told before."""
    return Told(year, where, {term: Decimal(figure) for term, figure in figures.items()}) if figures else None


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_what_is_found_on_a_return(case: dict[str, Any]) -> None:
    raw = changed(EXAMPLE, case)
    before, elsewhere = told(2025, "上年调查", case.get("before")), told(2026, "备案申请表", case.get("elsewhere"))
    subject = Subject(Kind(case.get("kind", "B")), MEMBERS, before, elsewhere)
    found = [[each.field, each.severity.value, each.message] for each in examine(SHIPPED, raw, subject).findings]
    assert len(found) == len(case["findings"]), found
    for one, (field, severity, words) in zip(found, case["findings"], strict=True):
        assert one[:2] == [field, severity]
        assert words in one[2]
    assert {each.article for each in examine(SHIPPED, raw, subject).findings} <= {
        "《工作指引》第十条（A-35）" if subject.kind is Kind.A else "《实施细则》第七条（B-19）"
    }


def test_what_is_asked_for_in_a_case_says_in_which() -> None:
    def said(when: dict[str, Any]) -> str:
        asked = edited(change={"/tables/0/indicators/1/required": False, "/tables/0/indicators/1/when": when})
        figures = {**EXAMPLE, "leader": {**EXAMPLE["leader"], "is_eagle": True}}
        figures["leader"].pop(asked["tables"][0]["indicators"][1]["key"])
        (found,) = examine(questionnaires.made(asked, None), figures, Subject(Kind.B, MEMBERS)).findings
        return found.message.partition("：")[2]

    assert said({"indicator": "staff", "is": "positive"}) == "“101 从业人员期末人数”大于0时须填写"
    assert said({"indicator": "is_eagle", "is": "yes"}).endswith("”为“是”时须填写")
    enterprise = {**EXAMPLE, "members": [{**row, "sales": None} for row in EXAMPLE["members"][:1]]}
    assert any(
        each.message == "销售收入（万元）：单位类型为“企业”时须填写" and each.field == "/members/0/sales"
        for each in examine(SHIPPED, enterprise, Subject(Kind.B, MEMBERS)).findings
    )


@pytest.mark.parametrize("raw", [None, [], "…", {}, {"leader": [], "members": {}, "projects": 3, "moon": {}}])
def test_whatever_comes_is_refused_with_findings(raw: Any) -> None:
    assert examine(SHIPPED, raw, Subject(Kind.A)).errors


def test_a_questionnaire_is_a_form_like_any_other() -> None:
    """What is filled in on its page comes back as it was, and whatever is found has its field there."""
    form = form_of(SHIPPED)
    assert form.model_validate(read(form, written(form, EXAMPLE))) == form.model_validate(EXAMPLE)
    found = examine(SHIPPED, {}, Subject(Kind.A)).findings
    fields = flat(fields_of(form, {}, found))
    assert {each.field for each in found} <= {field.at for field in fields}
    codes = [field.code for field in fields if field.widget not in ("group", "rows")]
    assert codes == [each.code for table in SHIPPED.tables if table.rows == "once" for each in table.indicators]


# With what it begins


def test_a_return_begins_with_what_the_application_told_of_the_same_year() -> None:
    """An application of 2023 told of 2022 and 2021; of 2023 it tells nothing but what stands."""
    application = good("B")

    def begun(year: int) -> dict[str, Any]:
        same = prefilling.by_application(SHIPPED, Kind.B, application, 2023, year)
        return prefilling.beginning(SHIPPED, Kind.B, application, same)

    assert begun(2022)["leader"]["staff"] == 86
    assert begun(2022)["leader"]["profit"] == "-120.50"
    assert begun(2021)["alliance"]["sales"] == "4700.00"
    assert "staff" not in begun(2023)["leader"]
    assert begun(2023)["alliance"] == {"members": 3, "enterprises": 1, "universities": 1, "institutes": 1}
    assert begun(2023)["leader"] == {"is_tech_sme": True, "is_eagle": True, "is_gazelle": False}
    assert [row["code"] for row in begun(2023)["members"]] == [row["code"] for row in EXAMPLE["members"]]


def test_a_return_begins_with_what_the_last_one_listed() -> None:
    begun = prefilling.beginning(SHIPPED, Kind.B, good("B"), None, EXAMPLE)
    assert begun["platform_list"] == EXAMPLE["platform_list"]
    assert begun["project_list"] == []
    assert begun["activities"] == {"land": False}


def test_figures_of_an_application_and_of_a_return_are_compared_by_one_name() -> None:
    by_application = prefilling.by_application(SHIPPED, Kind.A, good("A"), 2026, 2025)
    by_return = prefilling.by_return(SHIPPED, EXAMPLE, 2025, "上年调查")
    assert by_application
    assert by_application.figures == {"leader.rd": Decimal("980.50"), "leader.sales": Decimal("12600.00")}
    assert by_application.figures.keys() < by_return.figures.keys()
    assert by_return.figures["members.rd"] == Decimal("960.00")
    assert prefilling.by_application(SHIPPED, Kind.A, good("A"), 2026, 2024) is None
    assert prefilling.by_return(SHIPPED, {"leader": 3, "ip": {"class1": True}}, 2025, "上年调查").figures == {}


# Editions


def edited(**changes: Any) -> dict[str, Any]:
    """The shipped document as a next edition, with some pointers replaced."""
    document: dict[str, Any] = deepcopy(data.read("rounds/surveys/LN-2026.json"))
    return changed(
        document | {"edition": "LN-2028", "base": "LN-2026", "since": "2028-06-01", "first_year": 2028}, changes
    )


def test_the_shipped_edition_is_the_one_that_was_shipped() -> None:
    assert list(QUESTIONNAIRES) == ["LN-2026"]
    assert QUESTIONNAIRES.digest("LN-2026") == "aa99aa1bd33b1eebeda0a2e57fd6bc3b4acf6e06de11df9d2454ca137f5520c5"


def test_a_later_edition_holds_from_its_year_on() -> None:
    editions = Editions("统计调查表", questionnaires.made, [data.read("rounds/surveys/LN-2026.json")])
    editions.add(edited(change={"/tables/0/indicators/0/label": "从业人员平均人数"}))
    day = date(2029, 1, 5)
    assert editions.newest(day, lambda each: each.first_year <= 2027) == "LN-2026"
    assert editions.newest(day, lambda each: each.first_year <= 2028) == "LN-2028"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"/tables/0/indicators/1/code": "101"}, "/tables/0/indicators/1/code 指标代码101重复"),
        ({"/tables/0/indicators/1/key": "staff"}, "/tables/0/indicators/1/key 指标名称staff重复或者不可用"),
        ({"/tables/0/indicators/1/key": "but"}, "指标名称but重复或者不可用"),
        ({"/tables/1/indicators/0/key": "code"}, "指标名称code重复或者不可用"),
        ({"/tables/2/key": "leader"}, "分表名称leader重复或者不可用"),
        ({"/checks/0/left/0": "leader.stuff"}, "/checks/0/left/0 没有leader.stuff"),
        ({"/checks/0/left/0": "leader.is_eagle"}, "leader.is_eagle不是数值指标"),
        ({"/checks/0/by_row": True}, "逐行审核的各项须在同一个有行的分表内"),
        ({"/tables/0/indicators/0/options": ["甲"]}, "选项只用于类型为 choice 的指标"),
        ({"/tables/0/indicators/11/public": True}, "只有数值指标可以汇总公开"),
        ({"/tables/1/indicators/2/when/indicator": "colour"}, "同一分表没有另一指标colour"),
        ({"/tables/0/indicators/0/carried/B/last_year": "/leader/moon"}, "申请表没有/leader/moon"),
        ({"/tables/0/indicators/0/type": "float"}, "只能是"),
    ],
)
def test_an_edition_that_could_not_be_answered_is_refused_whole(changes: dict[str, Any], words: str) -> None:
    editions = Editions("统计调查表", questionnaires.made, [data.read("rounds/surveys/LN-2026.json")])
    with pytest.raises(EditionRefused, match="LN-2028") as refused:
        editions.add(edited(change=changes))
    assert words in str(refused.value)
    assert list(editions) == ["LN-2026"]


# Sums


def test_sums_are_those_of_the_returns() -> None:
    figures = figures_in(SHIPPED, EXAMPLE)
    answers = [Answer(str(number), {"city": "沈阳市" if number else "大连市"}, figures) for number in range(4)]
    rd = next(each for each in sums.lines(SHIPPED, answers, "city") if each.term == "leader.rd")
    assert (rd.whole.total, rd.whole.answered) == (Decimal("2040.00"), 4)
    assert {city: each.total for city, each in rd.of.items()} == {
        "沈阳市": Decimal("1530.00"),
        "大连市": Decimal("510.00"),
    }


Told_ = list[tuple[str, str, int]]


def line_of(rows: Told_) -> sums.Line:
    """The line of one published indicator, from (leader, city, figure)."""
    answers = [Answer(leader, {"city": city}, {"leader.rd": Decimal(figure)}) for leader, city, figure in rows]
    return next(each for each in sums.lines(SHIPPED, answers, "city") if each.term == "leader.rd")


@pytest.mark.parametrize(
    ("rows", "whole", "groups"),
    [
        ([("a", "甲", 1), ("b", "甲", 2)], None, {"甲": None}),
        ([("a", "甲", 1), ("b", "甲", 2), ("b", "甲", 5)], None, {"甲": None}),
        ([("a", "甲", 1), ("b", "甲", 2), ("c", "甲", 3)], 6, {"甲": 6}),
        ([("a", "甲", 1), ("b", "甲", 2), ("c", "甲", 0)], None, {"甲": None}),
        (
            [("a", "甲", 1), ("b", "甲", 2), ("c", "甲", 3), ("d", "乙", 4)],
            10,
            {"甲": None, "乙": None},
        ),
        (
            [*((str(n), "甲", n) for n in range(1, 6)), *((str(n), "乙", n) for n in range(6, 9)), ("9", "丙", 9)],
            45,
            {"甲": 15, "乙": None, "丙": None},
        ),
    ],
    ids=["两家不公开", "两家三个联盟不公开", "三家公开", "填0的不算一家", "一组不公开的连带另一组", "连带最小的一组"],
)
def test_what_is_published_tells_of_nobody_alone(rows: Told_, whole: int | None, groups: dict[str, int | None]) -> None:
    assert sums.published(line_of(rows)) == (whole, groups)


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("甲乙丙丁"), st.integers(0, 3)), max_size=24))
def test_nothing_is_had_by_subtracting_either(rows: Told_) -> None:
    """Whatever adds up, of what is shown or of the whole less what is shown, is of three leaders at least, or nothing is left."""
    line = line_of(rows) if rows else None
    whole, groups = sums.published(line) if line else (None, {})
    for city, shown in groups.items():
        assert shown is None or len({leader for leader, at, figure in rows if at == city and figure}) >= sums.ENOUGH
    rest = {leader for leader, at, figure in rows if figure and groups.get(at) is None}
    assert whole is None or not rest or len(rest) >= sums.ENOUGH


Row_ = tuple[str, str, str, str, int]
"""A leader, its city, kind and technical field, and what it told."""


def published_of(rows: list[Row_]) -> dict[str, Any]:
    """The published line of one indicator."""
    answers = [
        Answer(leader, {"city": city, "kind": kind, "field": of}, {"leader.rd": Decimal(figure)})
        for leader, city, kind, of, figure in rows
    ]
    return next((line for line in public_lines(SHIPPED, answers) if line["code"] == "104"), {})


def rank(rows: list[list[int]]) -> int:
    """How many of some sums cannot be had from the others."""
    left, count = [[Fraction(each) for each in row] for row in rows], 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((row for row in left if row[column]), None)
        if pivot is None:
            continue
        left = [
            [a - b * row[column] / pivot[column] for a, b in zip(row, pivot, strict=True)]
            for row in left
            if row is not pivot
        ]
        count += 1
    return count


def told_alone(rows: list[Row_]) -> list[tuple[str, ...]]:
    """The leaders, alone or in pairs, of whom any adding and subtracting of published sums tells something apart from all others."""
    line = published_of(rows)
    told = [row for row in rows if row[-1]]
    cells = [[1] * len(told)] if "total" in line else []
    for position, by in enumerate(GROUPINGS, 1):
        cells += [[int(row[position] == group) for row in told] for group in line.get(by, {})]
    leaders = sorted({row[0] for row in told})
    few = [each for size in range(1, sums.ENOUGH) for each in combinations(leaders, size)]
    others = {
        each: [[n for n, row in zip(cell, told, strict=True) if row[0] not in each] for cell in cells] for each in few
    }
    return [each for each in few if rank(others[each]) < rank(cells)]


def test_two_groupings_do_not_tell_of_one_leader() -> None:
    """沈阳三家甲类, 大连一家甲类、三家乙类: 甲类合计减去沈阳合计, 就是大连那一家."""
    rows = [(name, "沈阳市", "A类", "x", figure) for name, figure in (("a", 10), ("b", 20), ("c", 30))]
    rows += [("d", "大连市", "A类", "x", 777), *((name, "大连市", "B类", "x", n) for n, name in enumerate("efg", 1))]
    line = published_of(rows)
    assert (line["total"], line["city"]) == ("843", {"沈阳市": "60", "大连市": "783"})
    assert told_alone(rows) == []


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abcdefgh"),
            st.sampled_from("甲乙丙"),
            st.sampled_from("AB"),
            st.sampled_from("xy"),
            st.integers(0, 3),
        ),
        max_size=14,
    )
)
def test_no_reckoning_with_all_that_is_published_tells_of_fewer_than_three_leaders(rows: list[Row_]) -> None:
    assert told_alone(rows) == []
