"""The cases of evaluation (rounds/evaluation.yaml): what is judged, suggested and proposed, and by which edition."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from models.acts import By, RecordEvaluation
from models.findings import Finding, Refusal
from models.rounds.base import OpenRound
from models.rounds.evaluation_papers import Decided, EvaluationPaper, Recommended
from models.rounds.round import ROUND_ACT, RoundReceipt
from models.values import digest
from models.vocabulary import Kind, Role, Stage
from regulation import identity, messages
from regulation.articles import cite
from regulation.reading import read
from regulation.rounds import evaluating, evaluation_items, evaluation_judging
from regulation.rounds.consequences import ActOnFiling, Letter
from regulation.rounds.evaluation_facts import Facts, inactivity, noted, of_joint_activities, suggestions
from regulation.rounds.known import Alliance, Known, KnownItem
from regulation.rounds.simulation import RoundLife
from tests.law import cases
from tests.law.notation import moment, plain

WRITTEN: dict[str, list[dict[str, Any]]] = plain(
    (Path(__file__).parent / "rounds" / "evaluation.yaml").read_text("utf-8")
)

SCORED = {
    "edition": "打分", "base": "PJ-2021", "effective": "2027-01-01", "jurisdiction": "210200", "document_no": "大科发〔2027〕1号",
    "items": [{"key": "chain", "article": "A-45", "title": "产业链上下游企业参与是否全面", "looks_for": "配套清单", "most": "20"}],
}  # fmt: skip


@pytest.fixture(scope="module")
def editions() -> Any:
    """What is shipped, and a city's own that scores one item."""
    known = evaluation_items.shipped()
    known.add(SCORED)
    return known


def test_the_nine_items_are_those_that_were_shipped() -> None:
    """An edition by which alliances were evaluated never changes."""
    assert (
        evaluation_items.ITEMS.digest("PJ-2021") == "e84d1e49659335d198e46ddbe19f5014d0ebee00b9b31c63621db68cfda56575"
    )
    assert [item.favourable for item in evaluation_items.ITEMS["PJ-2021"].items.values()] == [True] * 8 + [False]


def by_name(part: str) -> pytest.MarkDecorator:
    """A test of each case of a part of the file."""
    return pytest.mark.parametrize("case", WRITTEN[part], ids=[case["name"] for case in WRITTEN[part]])


def test_every_case_names_articles_that_there_are() -> None:
    assert [cite(article) for part in WRITTEN.values() for case in part for article in case.get("articles", ())]


@by_name("judged")
def test_an_evaluation_is_judged_item_by_item(
    editions: Any, monkeypatch: pytest.MonkeyPatch, case: dict[str, Any]
) -> None:
    monkeypatch.setattr(evaluation_items, "ITEMS", editions)
    edition = editions[case.get("edition", "PJ-2021")]
    told = case.get("answers", {})
    answers = {
        key: told.get(key, {} if item.scored else {"met": item.favourable})
        | ({"met": item.favourable} if key in told and not item.scored and "met" not in told[key] else {})
        for key, item in edition.items.items()
        if key not in case.get("without", ())
    }
    content = {"answers": answers | {key: told[key] for key in told if key not in answers}, **case["paper"]}
    form, found = read(evaluation_items.paper_of.__wrapped__(edition.name), content, {}, "/content")
    paper = EvaluationPaper.model_validate(form.model_dump(mode="json")) if not found else None
    found += evaluation_judging.judge(edition, paper) if paper else []
    assert len(found) == len(case["findings"]), found
    for each, wanted in zip(found, case["findings"], strict=True):
        field, _, said = wanted.partition(" ")
        assert (each.field, said in each.message) == (field, True), each
    if paper:
        assert evaluation_judging.favourable(edition, paper) == case["favourable"]
        assert evaluation_judging.misconduct(edition, paper) is case.get("misconduct", False)
        assert str(evaluation_judging.marks(edition, paper)) == str(case.get("marks"))


@by_name("suggested")
def test_a_suggestion_says_what_it_rests_on(editions: Any, case: dict[str, Any]) -> None:
    said = suggestions(editions["PJ-2021"], Facts.model_validate(case["facts"]))
    assert said.keys() == editions["PJ-2021"].items.keys()
    joint = of_joint_activities(editions["PJ-2021"], Facts.model_validate(case["facts"]))
    assert [[each.says, each.rests_on, each.leans] for each in joint] == case.get("activities", [])
    assert {key: [[each.says, each.rests_on, each.leans] for each in said[key]] for key in case["says"]} == case["says"]


@by_name("editions")
def test_the_newest_edition_of_the_place_counts(
    editions: Any, monkeypatch: pytest.MonkeyPatch, case: dict[str, Any]
) -> None:
    monkeypatch.setattr(evaluation_items, "ITEMS", editions)
    assert evaluation_items.edition_for(date.fromisoformat(str(case["day"])), case["jurisdiction"]) == case["edition"]


@by_name("docket")
def test_what_the_docket_says(case: dict[str, Any]) -> None:
    lived = cases.read({"id": f"evaluation-{WRITTEN['docket'].index(case)}", "then": "", "when": "", **case}).life
    assert lived.filing
    found = inactivity(lived.docket)
    assert (list(found.years) if found else None) == case.get("idle")
    assert case.get("evidence", "") in (found.text if found else "")
    if "noted" in case:
        said = [each.says + (" !" if each.grave else "") for each in noted(lived.docket, date(2026, 1, 1))]
        assert said == case["noted"]


# Whom a city recommends, and what both departments decide


def alliance(
    name: str, tags: str = "", stage: Stage = Stage.IN_FORCE, kind: Kind = Kind.A, place: str = "210100"
) -> Alliance:
    """An alliance as rounds see it."""
    return Alliance(
        id=name, kind=kind, stage=stage, jurisdiction=place, zone=None, leader=f"91210100MA{name:0>8}", name=f"{name}联盟",
        leader_name=f"{name}公司", technical_field="新材料", archive_number=f"LN-CXY-A-{place}-2026-0001",
        archived_on=date(2026, 5, 11), number=9, tags=tuple(tags.split()),
    )  # fmt: skip


PENDING = Stage.REVOCATION_PENDING
THERE = {
    each.id: each
    for each in (
        *map(alliance, ("A1", "A2", "A3")), alliance("R1", "recommended"), alliance("R2", "recommended"), alliance("T1", "typical"),
        alliance("T2", "typical pilot"), alliance("P1", "recommended", PENDING), alliance("B1", "recommended", kind=Kind.B),
    )
}  # fmt: skip


def said(found: list[Finding], case: dict[str, Any], at: str) -> None:
    """Each finding is at its row, and says what the case says."""
    assert len(found) == len(case["findings"]), found
    for each, wanted in zip(found, case["findings"], strict=True):
        row, _, words = wanted.partition(" ")
        assert (each.field, words in each.message) == (f"{at}/{row}/filing_id", True), each


@by_name("recommended")
def test_whom_a_city_may_recommend(case: dict[str, Any]) -> None:
    results = {name: (told.partition(" ")[0], told.endswith("!")) for name, told in case["results"].items()}
    rows = [Recommended(filing_id=name, reason="成效突出") for name in case["rows"]]
    said([*evaluation_judging.judge_recommended(rows, results, THERE, "/r")], case, "/r")


@by_name("decided")
def test_what_both_departments_may_decide(case: dict[str, Any]) -> None:
    rows = [
        Decided(filing_id=name, tag=tag, removed=bool(removed))
        for name, tag, *removed in (each.split() for each in case["rows"])
    ]
    said([*evaluation_judging.judge_decided(rows, THERE, "/d")], case, "/d")


# A round


CITY, IIT = (
    By(person="c-101", office="210100", role=Role.CITY_ST),
    By(person="i-201", office="210100", role=Role.CITY_IIT),
)
PROV, PROV_IIT = (
    By(person="p-401", office="210000", role=Role.PROVINCE_ST),
    By(person="p-501", office="210000", role=Role.PROVINCE_IIT),
)
CITY_OF_DALIAN, IIT_OF_DALIAN = (
    By(person="c-102", office="210200", role=Role.CITY_ST),
    By(person="i-202", office="210200", role=Role.CITY_IIT),
)
OF_CITY, OF_PROVINCE = "evaluation-2027-210100-1", "evaluation-2027-LN-1"
KEYS = tuple(evaluation_items.ITEMS["PJ-2021"].items)


class Rounds:
    """A round that is lived act by act, with what the register knows of alliances and of the round itself."""

    def __init__(self, of: str, by: By, *there: Alliance) -> None:
        self.life, self.there, self.count = RoundLife(of), {each.id: each for each in there}, 0
        self.others: tuple[Rounds, ...] = ()
        self.numbers: dict[str, int] = {}
        opening = OpenRound(
            id="open",
            by=by,
            title="2027年度评估评价",
            opens=date(2027, 9, 1),
            closes=date(2027, 9, 30),
            alliances=Kind.A,
        )
        self.life.does(opening, moment("2027-08-20 10:00"), known=self.known)

    @property
    def known(self) -> Known:
        items = {
            key: KnownItem(key, each.state, each.figures, self.numbers[key], None, moment("2027-09-02 10:00"))
            for key, each in self.life.items.items()
        }
        to_evaluate = sum(evaluation_judging.may_be_evaluated(each, 2027) is None for each in self.there.values())
        rounds = {each.life.round_id: each.life.round for each in self.others if each.life.round}
        return Known(alliances=self.there, items={self.life.round_id: items}, rounds=rounds, to_evaluate=to_evaluate)

    def does(self, kind: str, by: By, at: str, content: dict[str, Any], **said: Any) -> Any:
        """An act with its paper; its receipt, or what is against it."""
        self.count += 1
        told = {"id": f"act-{self.count}", "kind": kind, "by": by, "paper": digest(content), **said}
        answer = self.life.act(ROUND_ACT.validate_python(told), moment(at), content, self.known)
        if kind == "evaluate" and isinstance(answer, RoundReceipt):
            self.numbers[said["filing"]] = answer.number
        return answer

    def evaluates(
        self, name: str, at: str, result: str = "qualified", by: By = CITY, joint: int = 3, **answers: Any
    ) -> Any:
        """An evaluation that finds everything good but what is said."""
        favourable = {key: {"met": key != "misconduct"} for key in KEYS} | answers
        content = {"answers": favourable, "joint_activities": joint, "result": result}
        return self.does("evaluate", by, at, content, filing=name)

    @property
    def acts(self) -> list[tuple[str, str, str, str]]:
        """The acts on filings that followed: whose, on what, which, and how."""
        return [
            (each.by.role.value if each.by else "", each.filing_id, each.act["kind"], str(each.act.get("result") or each.act.get("tag")) + ("-" if each.act.get("removed") else ""))
            for each in self.life.followed if isinstance(each, ActOnFiling)
        ]  # fmt: skip

    @property
    def letters(self) -> list[tuple[str, str, str]]:
        """The letters that followed: the text, to whom, where."""
        return [(each.text, each.to.value, each.office) for each in self.life.followed if isinstance(each, Letter)]


REPORT = {"text": "已逐家评价。", "recommended": [{"filing_id": "A1", "reason": "成效突出"}]}


def test_a_city_evaluates_reports_and_recommends_with_its_iit_office() -> None:
    city = Rounds(OF_CITY, CITY, THERE["A1"], THERE["A2"], THERE["R1"])
    assert [each[1] for each in city.letters] == ["city_st", "city_iit", "leader", "leader", "leader"]
    assert city.evaluates("A1", "2027-08-31 10:00").missing == "2027年9月1日起方可办理"
    assert city.evaluates("A1", "2027-09-02 10:00", "excellent").number == 2
    assert city.evaluates("A2", "2027-09-02 11:00", "unqualified", IIT, joint=0).number == 3
    refused = city.does("report_evaluation", CITY, "2027-09-03 10:00", REPORT)
    assert [each.field for each in refused] == ["/content/not_evaluated"]
    whole = REPORT | {"not_evaluated": "R1正在办理变更。"}
    assert city.does("report_evaluation", IIT, "2027-09-03 11:00", whole).warnings, "one office alone has no effect"
    assert city.letters[-1] == ("evaluation_to_agree", "city_st", "210100")
    assert not city.acts
    assert city.does("report_evaluation", CITY, "2027-09-03 12:00", whole).warnings == ()
    assert city.letters[-2:] == [
        ("evaluation_reported", "province_st", "210000"),
        ("evaluation_reported", "province_iit", "210000"),
    ]
    assert city.acts == [
        ("city_st", "A1", "record_evaluation", "excellent"), ("city_st", "A2", "record_evaluation", "unqualified"),
        ("city_st", "A1", "tag", "recommended"), ("city_st", "R1", "tag", "recommended-"),
    ]  # fmt: skip
    assert city.life.round
    assert city.life.round.counts == {"expected": 3, "evaluated": 2, "recommended": 1}


def test_a_year_that_was_not_evaluated_is_made_up_for_and_names_nobody() -> None:
    """Art. 12 names no day. The list of the newest report stands, whatever is made up for of a year before."""
    there = (replace(THERE[name], archived_on=date(2023, 5, 11)) for name in ("A1", "R1"))
    city = Rounds("evaluation-2024-210100-1", CITY, *there)
    assert city.life.round
    assert city.life.round.looks_back
    assert city.evaluates("A1", "2027-09-02 10:00", "excellent").number == 2
    city.evaluates("R1", "2027-09-02 11:00")
    refused = city.does("report_evaluation", CITY, "2027-09-03 10:00", REPORT)
    assert [each.message for each in refused] == ["补评以往年度的不推荐典型联盟，推荐在当年的轮次中办理"]
    for by, at in ((CITY, "2027-09-03 11:00"), (IIT, "2027-09-03 12:00")):
        city.does("report_evaluation", by, at, {"text": "补评2024年度。"})
    assert city.acts == [
        ("city_st", "A1", "record_evaluation", "excellent"), ("city_st", "R1", "record_evaluation", "qualified"),
    ]  # fmt: skip
    years = {each.act["year"] for each in city.life.followed if isinstance(each, ActOnFiling)}
    assert years == {2024}


def test_the_list_of_the_newest_year_stands_whatever_is_reported_later_of_a_year_before() -> None:
    """A late round of the year just past is none that looks back, and yet it takes no name away that this year gave, and gives none."""
    there = (replace(THERE["A1"], archived_on=date(2023, 5, 11)), replace(THERE["R1"], archived_on=date(2023, 5, 11)))
    this_year, last_year = Rounds(OF_CITY, CITY, *there), Rounds("evaluation-2026-210100-1", CITY, *there)
    last_year.others = (this_year,)
    assert last_year.life.round
    assert not last_year.life.round.looks_back
    for one in (this_year, last_year):
        one.evaluates("A1", "2027-09-02 10:00", "excellent")
        one.evaluates("R1", "2027-09-02 11:00")
    for by, at in ((CITY, "2027-09-03 11:00"), (IIT, "2027-09-03 12:00")):
        this_year.does("report_evaluation", by, at, REPORT)
    assert this_year.acts[-2:] == [("city_st", "A1", "tag", "recommended"), ("city_st", "R1", "tag", "recommended-")]
    refused = last_year.does("report_evaluation", CITY, "2027-09-04 10:00", REPORT)
    assert [each.message for each in refused] == [
        "已报送2027年度评估评价情况，典型联盟的推荐以2027年度的为准，2026年度不再推荐"
    ]
    for by, at in ((CITY, "2027-09-04 11:00"), (IIT, "2027-09-04 12:00")):
        last_year.does("report_evaluation", by, at, {"text": "补充报送2026年度。"})
    assert {kind for _, _, kind, _ in last_year.acts} == {"record_evaluation"}


def test_until_a_newer_year_is_reported_the_year_just_past_names() -> None:
    """What is reported first of the year just past names as ever; a newer year of another place is none of its business."""
    there = (replace(THERE["A1"], archived_on=date(2023, 5, 11)), replace(THERE["R1"], archived_on=date(2023, 5, 11)))
    last_year = Rounds("evaluation-2026-210100-1", CITY, *there)
    elsewhere = Rounds("evaluation-2027-210200-1", CITY_OF_DALIAN, alliance("D1", place="210200"))
    elsewhere.evaluates("D1", "2027-09-02 10:00", by=CITY_OF_DALIAN)
    for by, at in ((CITY_OF_DALIAN, "2027-09-03 10:00"), (IIT_OF_DALIAN, "2027-09-03 11:00")):
        elsewhere.does("report_evaluation", by, at, {"text": "已逐家评价。"})
    assert elsewhere.life.round
    assert evaluating.state(elsewhere.life.round).reported
    last_year.others = (elsewhere, Rounds(OF_CITY, CITY, *there))
    last_year.evaluates("A1", "2027-09-02 10:00")
    last_year.evaluates("R1", "2027-09-02 10:00")
    for by, at in ((CITY, "2027-09-03 10:00"), (IIT, "2027-09-03 11:00")):
        last_year.does("report_evaluation", by, at, REPORT)
    assert last_year.acts[-2:] == [("city_st", "A1", "tag", "recommended"), ("city_st", "R1", "tag", "recommended-")]


@pytest.mark.parametrize(
    ("of", "by", "days", "why"),
    [
        ("evaluation-2024-LN-1", PROV, ("2027-09-01", "2027-09-30"), "以往年度由各地区补评"),
        ("evaluation-2024-210100-1", CITY, ("2031-09-01", "2031-09-30"), "起止日期须在2024年前后"),
        ("survey-2024-LN-1", PROV, ("2027-09-01", "2027-09-30"), "起止日期须在2024年前后"),
    ],
)
def test_what_is_not_made_up_for(of: str, by: By, days: tuple[str, str], why: str) -> None:
    told = {"id": "open", "kind": "open_round", "by": by, "title": "补评", "opens": days[0], "closes": days[1]}
    refused = RoundLife(of).act(ROUND_ACT.validate_python(told), moment("2027-08-20 10:00"), None, Known())
    assert isinstance(refused, Refusal)
    assert refused.missing.startswith(why)


def test_a_result_that_changed_undoes_what_one_office_had_said_of_the_report() -> None:
    city = Rounds(OF_CITY, CITY, THERE["A1"])
    city.evaluates("A1", "2027-09-02 10:00")
    city.does("report_evaluation", CITY, "2027-09-03 10:00", REPORT)
    city.evaluates("A1", "2027-09-03 11:00", "unqualified")
    refused = city.does("report_evaluation", IIT, "2027-09-03 12:00", REPORT)
    assert [each.message for each in refused] == ["“A1联盟”评价结果不合格，不能推荐"]
    assert city.life.round
    assert not city.life.round.agreed
    done = REPORT | {"recommended": []}
    city.does("report_evaluation", CITY, "2027-09-04 10:00", done)
    city.does("report_evaluation", IIT, "2027-09-04 11:00", done)
    assert city.acts == [("city_st", "A1", "record_evaluation", "unqualified")]
    city.evaluates("A1", "2027-09-05 10:00", "qualified")
    city.does("report_evaluation", IIT, "2027-09-06 10:00", done | {"text": "补充报送。"})
    city.does("report_evaluation", CITY, "2027-09-06 11:00", done | {"text": "补充报送。"})
    assert city.acts[1:] == [("city_st", "A1", "record_evaluation", "qualified")], "only what is new is recorded again"


def test_where_one_office_is_both_it_reports_alone() -> None:
    alone = By(person="f-101", office="21SF00", role=Role.CITY_ST)
    shenfu = Rounds("evaluation-2027-21SF00-1", alone, alliance("A1", place="21SF00"))
    shenfu.evaluates("A1", "2027-09-02 10:00", by=alone)
    assert shenfu.does("report_evaluation", alone, "2027-09-03 10:00", REPORT).warnings == ()
    assert [each for each in shenfu.letters if each[1] == "city_iit"] == []


def test_both_departments_decide_the_same_list() -> None:
    province = Rounds(OF_PROVINCE, PROV, *THERE.values())
    assert province.evaluates("A1", "2027-09-02 10:00").missing.startswith("联盟由所在地区评价")
    listed = {"decided": [{"filing_id": "R1", "tag": "pilot"}, {"filing_id": "R1", "tag": "typical"}, {"filing_id": "T2", "tag": "pilot", "removed": True}]}  # fmt: skip
    number = {"document_no": "辽科发〔2027〕66号"}
    assert province.does("decide_typical", PROV, "2027-10-08 10:00", listed, **number).warnings
    assert province.letters[-1] == ("evaluation_to_agree", "province_iit", "210000")
    other = {"decided": listed["decided"][:2]}
    assert province.does("decide_typical", PROV_IIT, "2027-10-08 11:00", other, **number).warnings, (
        "another list is another proposal"
    )
    assert not province.acts
    assert province.does("decide_typical", PROV, "2027-10-08 12:00", other, **number).warnings == ()
    assert province.acts == [("province_st", "R1", "tag", "typical"), ("province_st", "R1", "tag", "pilot")]
    assert ("typical_named", "leader", THERE["R1"].leader) in province.letters
    assert province.letters[-2:] == [
        ("typical_decided", "city_st", "210100"),
        ("typical_decided", "city_iit", "210100"),
    ]
    assert province.life.round
    assert province.life.round.counts == {"typical": 1, "pilot": 1, "removed": 0}


def test_a_report_that_is_owed_is_asked_for_and_keeps_the_round_open() -> None:
    city = Rounds(OF_CITY, CITY, THERE["A1"])
    city.life.until(moment("2027-10-20 10:00"))
    told = [text for text, to, _ in city.letters if to == "city_st"]
    assert (
        told
        == ["round_opened", "round_closes_soon", "round_closes_soon", "evaluation_report_due"]
        + ["evaluation_report_overdue"] * 2
    )
    assert [text for text, to, _ in city.letters if to == "province_st"] == ["evaluation_report_missing"] * 2
    closing = {"id": "close", "kind": "close_round", "by": CITY}
    answer = city.life.act(ROUND_ACT.validate_python(closing), moment("2027-10-20 11:00"))
    assert isinstance(answer, Refusal)
    assert answer.missing == "评估评价情况尚未报送省科技厅、省工信厅"
    city.evaluates("A1", "2027-10-20 12:00")
    city.does("report_evaluation", CITY, "2027-10-20 13:00", REPORT)
    city.does("report_evaluation", IIT, "2027-10-20 14:00", REPORT)
    assert city.life.does(ROUND_ACT.validate_python(closing), moment("2027-10-21 11:00")).over


def test_whoever_left_after_being_evaluated_is_counted_neither_as_expected_nor_as_evaluated() -> None:
    city = Rounds(OF_CITY, CITY, THERE["A1"], THERE["A2"])
    city.evaluates("A1", "2027-09-10 12:00")
    city.evaluates("A2", "2027-09-10 13:00")
    del city.there["A2"]
    city.life.until(moment("2027-10-02 10:00"), city.known)
    (due, *_) = (
        each for each in city.life.followed if isinstance(each, Letter) and each.text == "evaluation_report_due"
    )
    assert (due.words["expected"], due.words["evaluated"]) == ("1", "1")


def test_the_province_is_told_of_a_rounds_results_by_its_report_alone() -> None:
    """Each filing's own entry tells it where an office records an evaluation by itself (A-48)."""
    case = next(each for each in WRITTEN["docket"] if "不足以提议" in each["name"])
    lived = cases.read({"id": "evaluation-told", "then": "", **case}).life
    before, entry = lived.docket[-2].filing, lived.docket[-1]
    assert isinstance(entry.event, RecordEvaluation)
    told = [each.text for each in messages.told(before, entry)]
    assert told == ["evaluated", "evaluated"]
    of_round = entry.but(event=entry.event.but(id=identity.of_round(OF_CITY, 7, {"kind": "record_evaluation"})))
    assert messages.told(before, of_round) == []


def moving(by: By) -> dict[str, Any]:
    """Moves the end of a round by two weeks."""
    return {"id": "move", "kind": "move_window", "by": by, "closes": "2027-10-20", "reason": "台风"}


def test_who_was_told_of_a_round_is_told_that_it_was_moved_or_cancelled() -> None:
    city = Rounds(OF_CITY, CITY, THERE["A1"], THERE["A2"])
    everybody = sorted(each[1:] for each in city.letters)
    assert ("leader", THERE["A1"].leader) in everybody
    for act, text in ((moving(CITY), "round_moved"), (cancelling(CITY), "round_cancelled")):
        city.life.does(ROUND_ACT.validate_python(act), moment("2027-09-03 10:00"), known=city.known)
        assert sorted(each[1:] for each in city.letters if each[0] == text) == everybody


def cancelling(by: By) -> dict[str, Any]:
    """Cancels a round."""
    return {"id": "cancel", "kind": "cancel_round", "by": by, "reason": "改期"}


def test_a_round_whose_results_were_recorded_is_not_cancelled() -> None:
    city = Rounds(OF_CITY, CITY, THERE["A1"])
    city.evaluates("A1", "2027-09-02 10:00")
    city.does("report_evaluation", CITY, "2027-09-03 13:00", REPORT)
    city.does("report_evaluation", IIT, "2027-09-03 14:00", REPORT)
    refused = city.life.act(ROUND_ACT.validate_python(cancelling(CITY)), moment("2027-09-04 10:00"))
    assert isinstance(refused, Refusal)
    assert refused.missing == "评估评价情况已报送，评价结果已登记在各联盟的备案中，不能再取消"


def test_a_round_in_which_alliances_were_named_is_not_cancelled() -> None:
    province = Rounds(OF_PROVINCE, PROV, *THERE.values())
    listed = {"decided": [{"filing_id": "R1", "tag": "typical"}]}
    for by, at in ((PROV, "2027-10-08 10:00"), (PROV_IIT, "2027-10-08 11:00")):
        province.does("decide_typical", by, at, listed, document_no="辽科发〔2027〕66号")
    refused = province.life.act(ROUND_ACT.validate_python(cancelling(PROV)), moment("2027-10-09 10:00"))
    assert isinstance(refused, Refusal)
    assert refused.missing == "典型联盟、试点示范已经确定，不能再取消"
