"""Rounds of inspection: the story of one, told step by step, and what is refused at each step (rounds/inspection.yaml)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from models.acts import By
from models.findings import Refusal
from models.rounds.base import RoundKind, RoundStage
from models.rounds.inspections import InspectionState, Purpose, Standing
from models.rounds.round import ROUND_ACT, RoundReceipt
from models.values import digest
from models.vocabulary import Ground, Kind, Role, Stage
from regulation.moment import Moment
from regulation.rounds import after_inspecting, agenda, inspecting, lot, wording
from regulation.rounds.checks import CHECKS
from regulation.rounds.consequences import ActInRound, ActOnFiling, Letter
from regulation.rounds.known import Alliance, Known, KnownItem
from regulation.rounds.lodging import lodge
from regulation.rounds.simulation import RoundLife
from tests.law.notation import moment

ROUND = "inspection-2027-LN-1"
BY = {
    "st": By(person="p-401", office="210000", role=Role.PROVINCE_ST),
    "st2": By(person="p-402", office="210000", role=Role.PROVINCE_ST),
    "iit": By(person="p-501", office="210000", role=Role.PROVINCE_IIT),
    "city": By(person="c-101", office="210100", role=Role.CITY_ST),
    "city2": By(person="c-102", office="210100", role=Role.CITY_ST),
}
SECRETS = {"st": "aaaaaaaaaaaaaaaaaaaa", "iit": "bbbbbbbbbbbbbbbbbbbb"}
CASES = yaml.safe_load((Path(__file__).parent / "rounds" / "inspection.yaml").read_text("utf-8"))
PEOPLE = [
    {"person": "p-401", "name": "张衡", "employer": "省科技厅", "no_conflict": True},
    {"person": "p-501", "name": "王充", "employer": "省工信厅", "no_conflict": True},
]


def alliance(number: int, city: str, kind: Kind = Kind.A, stage: Stage = Stage.IN_FORCE) -> Alliance:
    """An alliance on file."""
    return Alliance(
        id=f"LN-{number}", kind=kind, stage=stage, jurisdiction=city, zone=None, leader=f"91210100MA10ABC{number:03}",
        name=f"甲乙{number}产学研联盟", leader_name="其盟主企业", technical_field="新材料", archive_number=f"N{number}",
        archived_on=date(2025, 1, 1), number=9,
    )  # fmt: skip


INSPECTED = {"LN-10": date(2026, 9, 1), "LN-9": date(2026, 2, 1)}
ALLIANCES = {each.id: each for each in [alliance(n, "210100" if n < 7 else "210200") for n in range(1, 11)]}


class Story:
    """A round that draws three of nine alliances; the tenth was inspected lately."""

    def __init__(self, alliances: Mapping[str, Alliance] = ALLIANCES) -> None:
        self.life = RoundLife(ROUND)
        self.bare = Known(alliances=alliances, inspected=INSPECTED)

    def known(self) -> Known:
        """What the register would answer."""
        papers = [self.population, self.lot] if self.life.round and state(self).population else []
        items = {
            each.filing_id: KnownItem(each.filing_id, each.state, each.figures, 1, None, moment("2027-03-12"))
            for each in self.life.items.values()
        }
        return Known(
            alliances=self.bare.alliances,
            items={ROUND: items},
            inspected=self.bare.inspected,
            applications={each: {"members": [{"name": "沈阳某某大学"}]} for each in ALLIANCES},
            papers={digest(each): each for each in papers},
        )

    @property
    def population(self) -> dict[str, Any]:
        """The list as the service draws it up."""
        return self.population_on(date(2027, 3, 2))

    def population_on(self, day: date) -> dict[str, Any]:
        """The list as it would be of a day."""
        assert self.life.round
        return inspecting.population_of(self.life.round, self.bare, day).model_dump(mode="json")

    @property
    def lot(self) -> dict[str, Any]:
        """The lot as the service draws it up."""
        assert self.life.round
        population = inspecting.population_of(self.life.round, self.bare, date(2027, 3, 2))
        return lot.draw(population, lot.seed_of(inspecting.seeds_of(self.life.round))).model_dump(mode="json")

    @property
    def drawn(self) -> list[str]:
        """Who was drawn."""
        return [each["id"] for each in self.lot["order"] if each.get("drawn")]

    def record(self, *not_met: str) -> dict[str, Any]:
        """A record in which everything but these items was in order."""
        asked = CHECKS["LN-2026"].items(state(self).purpose)
        lines = [{"item": each.asks, "met": each.item not in not_met, "note": "协议已过期"} for each in asked]
        until = {"rectify_by": "2027-06-30"} if not_met else {}
        return {"inspected_on": "2027-05-20", "place": "沈阳市", "present": ["赵某"], "lines": lines, "conclusion": "如上", **until}  # fmt: skip

    def does(self, by: str, on: str, content: Mapping[str, Any] | None = None, **said: Any) -> Any:
        """What a round answers to an act."""
        who = BY[by] if by in BY else By(person="l-1", office=ALLIANCES[said["filing"]].leader, role=Role.LEADER)
        paper = {"paper": digest(content)} if content else {}
        at = moment(f"{on} 10:00")
        told = {"id": f"{said['kind']}-{by}-{on}", "by": who.model_dump(), "received_at": at.isoformat(), **paper}
        return self.life.act(ROUND_ACT.validate_python({**said, **told}), at, content, self.known())


PLAN = {"purpose": "check", "draw": 3, "at_least_one": True,
        "public_value": {"name": "双色球第2027028期", "source": "中国福利彩票官网", "on": "2027-03-10"}}  # fmt: skip
WINDOW = {"title": "2027年度随机抽查", "opens": "2027-03-01", "closes": "2027-09-30"}


def state(story: Story) -> InspectionState:
    """What the round holds of its kind."""
    assert story.life.round
    return inspecting.state(story.life.round)


def committing(by: str) -> dict[str, Any]:
    """What commits somebody to their secret."""
    return {"kind": "commit_seed", "commitment": lot.commitment(ROUND, SECRETS[by])}


STEPS: Mapping[str, Any] = {
    "nothing": lambda s: None,
    "opened": lambda s: s.does("st", "2027-03-01", PLAN, kind="open_round", **WINDOW),
    "listed": lambda s: s.does("st", "2027-03-02", s.population, kind="list_population"),
    "half_committed": lambda s: s.does("st", "2027-03-03", **committing("st")),
    "committed": lambda s: s.does("iit", "2027-03-03", **committing("iit")),
    "half_revealed": lambda s: s.does("iit", "2027-03-04", kind="reveal_seed", secret=SECRETS["iit"]),
    "revealed": lambda s: s.does("st", "2027-03-04", kind="reveal_seed", secret=SECRETS["st"]),
    "half_valued": lambda s: s.does("st", "2027-03-11", kind="enter_public_value", value="03 09 14 22 27 31 05"),
    "valued": lambda s: s.does("iit", "2027-03-11", kind="enter_public_value", value="03 09 14 22 27 31 05"),
    "drawn": lambda s: s.does("st", "2027-03-11", s.lot, kind="draw_lot"),
    "assigned": lambda s: s.does("st", "2027-03-12", {"planned_on": "2027-05-20", "inspectors": PEOPLE}, kind="assign_inspectors", filing=s.drawn[0]),
    "half_recorded": lambda s: s.does("st", "2027-05-20", s.record("agreement"), kind="record_findings", filing=s.drawn[0]),
    "found": lambda s: s.does("iit", "2027-05-21", s.record("agreement"), kind="record_findings", filing=s.drawn[0]),
    "reported": lambda s: s.does("leader", "2027-06-15", {"measures": "已续签", "finished_on": "2027-06-10"}, kind="report_rectification", filing=s.drawn[0]),
    "ruled": lambda s: s.does("iit", "2027-06-20", kind="rule_on_rectification", filing=s.drawn[0], decision="accepted"),
}  # fmt: skip


def told(after: str) -> Story:
    """The story up to a step."""
    story = Story()
    for name, step in STEPS.items():
        answer = step(story)
        assert name == "nothing" or isinstance(answer, RoundReceipt), (name, answer)
        if name == after:
            break
    return story


def half_voided() -> Story:
    """One department would give up the lot, after the other has revealed."""
    story = told("half_revealed")
    assert isinstance(story.does("st", "2027-03-05", kind="void_lot", reason="随机数遗失"), RoundReceipt)
    return story


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_what_may_not_be(case: dict[str, Any]) -> None:
    story = told(case["after"]) if case["after"] in STEPS else half_voided()
    contents = {
        "population": lambda: story.population,
        "shortened population": lambda: {**story.population, "alliances": story.population["alliances"][1:]},
        "backdated population": lambda: story.population_on(date(2026, 8, 1)),
        "lot": lambda: story.lot,
        "another lot": lambda: {**story.lot, "order": story.lot["order"][::-1]},
        "deficient record": lambda: story.record("agreement"),
    }
    content, act = case.get("content"), dict(case["act"])
    content = contents[content]() if isinstance(content, str) else content
    if "filing" in act:
        act["filing"] = (
            story.drawn[0] if act["filing"] == "drawn" else ({f"LN-{n}" for n in range(1, 10)} - {*story.drawn}).pop()
        )
    if act.get("commitment") == "same as the first":
        act["commitment"] = lot.commitment(ROUND, SECRETS["st"])
    elif "commitment" in act:
        act["commitment"] = str(act["commitment"])
    answer = story.does(case["by"], str(case["day"]), _plain(content), **_plain(act))
    if "lacks" in case:
        assert isinstance(answer, Refusal)
        assert case["lacks"] in answer.missing
    else:
        assert [[each.field, each.message] for each in answer] == case["finds"]


def _plain(value: Any) -> Any:
    """YAML's days as texts."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return (
        [_plain(each) for each in value]
        if isinstance(value, list)
        else str(value)
        if isinstance(value, date)
        else value
    )


def test_whom_the_lot_is_drawn_of_nobody_says() -> None:
    """LN-9 was inspected 13 months before: a list of half a year ago would leave it out."""
    story = told("opened")
    backdated = story.population_on(date(2026, 8, 1))
    assert {each["id"] for each in backdated["alliances"] if each.get("left_out")} == {"LN-9", "LN-10"}
    assert {each["id"] for each in story.population["alliances"] if each.get("left_out")} == {"LN-10"}
    said = {"id": "x", "kind": "list_population", "by": BY["st"].model_dump(mode="json")}
    for brought in ({"content": backdated}, {"content": story.population}, {"paper": digest(story.population)}):
        (found,) = lodge(story.life.rules, story.life.round, said | brought).findings
        assert (found.field, found.message) == (f"/{next(iter(brought))}", "该文书由系统按当时的记录生成，不得另附")
    assert lodge(story.life.rules, story.life.round, said).is_drawn


def test_a_visit_that_was_drawn_is_entered_on_the_filing_as_such() -> None:
    before = {n: replace(each, kind=Kind.B, stage=Stage.AT_PROVINCE) for n, each in ALLIANCES.items()}
    story = Story(before)
    plan = {"purpose": "survey", "draw": 3, "at_least_one": False}
    story.does("st", "2027-03-01", plan, kind="open_round", alliances="B", **WINDOW)
    story.does("st", "2027-03-02", story.population, kind="list_population")
    for step in ("commit", "reveal"):
        for by in ("st", "st2"):
            secret = SECRETS.get(by, "cccccccccccccccccccc")
            said: Any = {"commitment": lot.commitment(ROUND, secret)} if step == "commit" else {"secret": secret}
            answer = story.does(by, "2027-03-04", kind=f"{step}_seed", **said)
            assert isinstance(answer, RoundReceipt), answer
    story.does("st", "2027-03-11", story.lot, kind="draw_lot")
    people = [PEOPLE[0], PEOPLE[0] | {"person": "p-402", "name": "李冶"}]
    visited: Any = {"filing": story.drawn[0]}
    story.does(
        "st", "2027-03-12", {"planned_on": "2027-05-20", "inspectors": people}, kind="assign_inspectors", **visited
    )
    for by in ("st", "st2"):
        answer = story.does(by, "2027-05-21", story.record(), kind="record_findings", **visited)
        assert isinstance(answer, RoundReceipt), answer
    acts = [(each.filing_id, each.act) for each in story.life.followed if isinstance(each, ActOnFiling)]
    assert acts == [(story.drawn[0], {"kind": "record_survey", "surveyed_on": "2027-05-20"})]


def test_a_check_from_its_opening_to_its_end() -> None:
    story = told("found")
    first = story.drawn[0]
    assert story.life.items["LN-10"].state == Standing.LEFT_OUT
    assert story.life.items[first].state == Standing.DEFICIENT
    assert [each.act for each in story.life.followed if isinstance(each, ActOnFiling)] == [
        {"kind": "record_inspection", "inspected_on": "2027-05-20", "result": "deficient"}
    ]
    assert story.life.items[first].figures["grounds"] == [Ground.ART5_LOST]
    assert story.life.round
    assert story.life.round.counts == {
        "population": 10, "taking_part": 9, "drawn_in_all": 3, "assigned_in_all": 1, "inspected": 1, "deficient_in_all": 1,
    }  # fmt: skip
    for name in ("reported", "ruled"):
        assert isinstance(STEPS[name](story), RoundReceipt)
    for other in story.drawn[1:]:
        task = {"planned_on": "2027-08-01", "inspectors": PEOPLE}
        story.does("st", "2027-07-01", task, kind="assign_inspectors", filing=other)
        for by in ("st", "iit"):
            story.does(
                by, "2027-08-02", {**story.record(), "inspected_on": "2027-08-01"}, kind="record_findings", filing=other
            )
    assert isinstance(story.does("st", "2027-08-03", kind="close_round"), RoundReceipt)
    assert story.life.round.counts["inspected"] == story.life.round.counts["drawn_in_all"] == 3
    assert {story.life.items[each].state for each in story.drawn} == {Standing.RECTIFIED, Standing.IN_ORDER}


def test_every_letter_has_its_words() -> None:
    story = told("found")
    story.life.until(moment("2027-09-29"), story.known())
    story.does(
        "leader",
        "2027-09-29",
        {"measures": "已续签", "finished_on": "2027-09-28"},
        kind="report_rectification",
        filing=story.drawn[0],
    )
    story.does(
        "st",
        "2027-09-29",
        kind="rule_on_rectification",
        filing=story.drawn[0],
        decision="again",
        reason="未盖章",
        rectify_by="2027-10-20",
    )
    story.does(
        "leader",
        "2027-09-29",
        {"measures": "已盖章", "finished_on": "2027-09-29"},
        kind="report_rectification",
        filing=story.drawn[0],
    )
    story.does("iit", "2027-09-30", kind="rule_on_rectification", filing=story.drawn[0], decision="accepted")
    letters = [each for each in story.life.followed if isinstance(each, Letter)]
    for each in letters:
        title, body = wording.render(each, story.life.entries[-1], ALLIANCES.get(each.filing_id or ""))
        assert not set("{}") & {*title, *body}
    sent = {each.text for each in letters}
    assert {
        "seed_to_commit",
        "seed_to_reveal",
        "inspection_drawn",
        "inspection_planned",
        "rectification_asked",
        "rectification_overdue",
        "rectification_again",
        "rectification_accepted",
        "inspection_left",
    } <= sent


def test_who_sees_the_lot_first_cannot_have_it_drawn_again() -> None:
    """The last to reveal neither reveals nor cancels alone: it is chased, published, and ended by both with a reason."""
    story = told("half_revealed")
    assert state(story).reveal_by == date(2027, 3, 8)
    story.life.until(moment("2027-06-15"), story.known())
    overdue = [each.at for each in story.life.entries if each.event.kind == "overdue"]
    days = ("2027-03-09", "2027-03-19", "2027-03-29", "2027-04-08", "2027-05-08", "2027-06-07")
    assert overdue == [moment(day) for day in days]
    sent = [each.to for each in story.life.followed if isinstance(each, Letter) and each.text == "seed_overdue"]
    assert sent == [Role.PROVINCE_ST] * 3 + [Role.PROVINCE_ST, Role.PROVINCE_IIT] * 3
    for by in ("st", "iit"):
        assert story.life.round
        assert not story.life.round.over
        assert isinstance(story.does(by, "2027-06-15", kind="void_lot", reason="随机数遗失"), RoundReceipt)
    assert story.life.round
    assert (story.life.round.stage, state(story).voided) == (RoundStage.CANCELLED, "随机数遗失")
    assert len(inspecting.seeds_of(story.life.round).commitments) == 2
    assert agenda.next_lapse(story.life.rules, story.life.round) is None
    assert [each.to for each in story.life.followed if isinstance(each, Letter) and each.text == "lot_voided"] == [
        Role.PROVINCE_ST,
        Role.PROVINCE_IIT,
    ]


def test_whoever_expects_a_visit_learns_that_the_lot_is_void() -> None:
    story = told("assigned")
    for by in ("st", "iit"):
        assert isinstance(story.does(by, "2027-03-13", kind="void_lot", reason="名单有误"), RoundReceipt)
    sent = [each for each in story.life.followed if isinstance(each, Letter) and each.text == "lot_voided"]
    assert [each.filing_id for each in sent if each.to is Role.LEADER] == story.drawn[:1]
    assert {each.to for each in sent} == {Role.PROVINCE_ST, Role.PROVINCE_IIT, Role.CITY_ST, Role.LEADER}


def test_a_secret_that_is_another_is_told_at_its_field() -> None:
    story = told("half_revealed")
    refused = story.does("st", "2027-03-05", kind="reveal_seed", secret="z" * 30)
    assert isinstance(refused, Refusal)
    assert [(each.field, each.message) for each in refused.findings] == [
        ("/secret", "与您提交的承诺值不符，请核对随机数")
    ]


def test_secrets_are_revealed_before_the_public_value_is_known() -> None:
    story = told("half_committed")
    assert isinstance(story.does("iit", "2027-03-07", **committing("iit")), RoundReceipt)
    assert state(story).reveal_by == date(2027, 3, 9)


def test_what_is_not_put_right_is_chased_until_it_is() -> None:
    story = told("found")
    assert story.life.round
    story.life.until(moment("2027-07-12"), story.known())
    overdue = [each.at for each in story.life.entries if each.event.kind == "overdue"]
    assert overdue == [moment("2027-07-01"), moment("2027-07-11")]
    late = [
        each
        for each in story.life.followed
        if isinstance(each, Letter) and each.text.startswith("rectification_overdue")
    ]
    assert [each.to for each in late] == [Role.LEADER, Role.CITY_ST] * 2
    again: dict[str, Any] = {
        "kind": "rule_on_rectification",
        "filing": story.drawn[0],
        "decision": "again",
        "reason": "尚未签字",
        "rectify_by": "2027-08-20",
    }
    story.does(
        "leader",
        "2027-07-12",
        {"measures": "已续签", "finished_on": "2027-07-12"},
        kind="report_rectification",
        filing=story.drawn[0],
    )
    assert isinstance(story.does("st", "2027-07-13", **again), RoundReceipt)
    assert state(story).rectify == {"2027-08-20": 1}
    ahead = agenda.outlook(story.life.rules, story.life.round)
    assert moment("2027-08-21") in [each.at for each in ahead if each.lapse.kind == "overdue"]


def chased(story: Story, *texts: str) -> list[Letter]:
    """The letters about a rectification that is overdue."""
    return [each for each in story.life.followed if isinstance(each, Letter) and each.text in texts]


def test_what_is_never_reported_ends_all_the_same() -> None:
    """Three letters, then both departments every month; the ruling ends it, and with the others inspected the round closes."""
    story = told("found")
    first = story.drawn[0]
    assert story.life.round
    story.life.until(moment("2027-09-29"), story.known())
    assert len(chased(story, "rectification_overdue")) == len(chased(story, "rectification_overdue_office")) == 3
    raised = chased(story, "rectification_raised")
    assert [each.to for each in raised] == [Role.PROVINCE_ST, Role.PROVINCE_IIT] * 3
    overdue = [each.at for each in story.life.entries if each.event.kind == "overdue"]
    days = ("2027-07-01", "2027-07-11", "2027-07-21", "2027-07-31", "2027-08-30", "2027-09-29")
    assert overdue == [moment(day) for day in days]
    ruling: dict[str, Any] = {
        "kind": "rule_on_rectification",
        "filing": first,
        "decision": "not_rectified",
        "reason": "三次催办未报",
    }
    assert isinstance(story.does("st", "2027-09-29", **ruling), RoundReceipt)
    assert story.life.items[first].state == Standing.NOT_RECTIFIED
    assert story.life.items[first].figures["grounds"] == [Ground.ART5_LOST]
    assert (state(story).rectify, story.life.round.counts["not_rectified_in_all"]) == ({}, 1)
    told_of = [each.to for each in chased(story, "rectification_not_done", "rectification_not_done_office")]
    assert told_of == [Role.LEADER, Role.CITY_ST, Role.PROVINCE_ST]
    assert not any(isinstance(each, ActOnFiling) and "revocation" in str(each.act) for each in story.life.followed)
    assert "整改" not in str(story.does("st", "2027-09-29", kind="close_round"))


def test_with_an_alliance_its_rectification_ends() -> None:
    story = told("found")
    first = story.drawn[0]
    gone = replace(ALLIANCES[first], stage=Stage.REVOKED)
    known = replace(story.known(), alliances={**ALLIANCES, first: gone})
    story.life.until(moment("2027-07-01"), known)
    (own,) = [each for each in story.life.followed if isinstance(each, ActInRound)]
    assert not chased(story, "rectification_overdue", "rectification_overdue_office", "rectification_raised")
    said = {"id": "beian:x", "by": BY["st"].model_dump(), "received_at": moment("2027-07-01").isoformat()}
    answer = story.life.act(ROUND_ACT.validate_python({**own.act, **said}), moment("2027-07-01"), None, known)
    assert isinstance(answer, RoundReceipt)
    assert story.life.items[first].state == Standing.ENDED
    assert state(story).rectify == {}


def test_a_report_on_paper_is_entered_by_two_people_of_the_reviewing_office() -> None:
    story = told("found")
    first = story.drawn[0]
    scan = {
        "kind": "D7",
        "name": "整改报告.pdf",
        "media_type": "application/pdf",
        "size": 1000,
        "sha256": "a" * 64,
        "location": "city:1",
    }
    paper = {"measures": "已续签", "finished_on": "2027-06-10", "received_on": "2027-06-15", "documents": [scan]}
    for person in ("city", "city2"):
        answer = story.does(person, "2027-06-16", paper, kind="enter_rectification", filing=first)
        assert isinstance(answer, RoundReceipt), answer
    assert story.life.items[first].state == Standing.REPORTED
    late = story.does(
        "city", "2027-06-16", {**paper, "received_on": "2027-06-17"}, kind="enter_rectification", filing=first
    )
    assert [each.message for each in late] == ["收到日期晚于登记之日"]
    early = story.does(
        "city", "2027-06-16", {**paper, "finished_on": "1950-01-01"}, kind="enter_rectification", filing=first
    )
    assert [each.message for each in early] == ["完成日期早于检查之日（2027年5月20日）"], "nothing was found yet"


GROUNDED = ("inspection_drawn", "inspection_planned", "inspection_planned_office")


@pytest.mark.parametrize(
    ("kind", "basis"), [("check", "《工作指引》第九条第3项"), ("survey", "《实施细则》第六条第3项")]
)
def test_who_is_drawn_learns_by_which_article(kind: str, basis: str) -> None:
    story = told("assigned")
    assert story.life.round
    of = state(story).but(purpose=Purpose(kind))
    words = after_inspecting._grounded(story.life.round.but(of=of))
    assert words["basis"] == basis
    letters = [each for each in story.life.followed if isinstance(each, Letter) and each.text in GROUNDED]
    for each in letters:
        _, body = wording.render(each, story.life.entries[-1], ALLIANCES.get(each.filing_id or ""))
        assert "你处" not in body
        assert "《工作指引》第九条第3项" in body


def test_who_cannot_be_inspected_gives_way_to_the_next_of_the_stratum() -> None:
    story = told("drawn")
    out = story.drawn[0]
    for by in ("st", "iit"):
        answer = story.does(by, "2027-03-13", kind="replace_drawn", filing=out, reason="已注销")
        assert isinstance(answer, RoundReceipt), answer
    assert story.life.items[out].state == Standing.REPLACED
    drawn = [each for each, item in story.life.items.items() if item.state == Standing.DRAWN]
    assert len(drawn) == 3
    (following,) = {*drawn} - {*story.drawn}
    ranks = [
        each["id"] for each in story.lot["order"] if ALLIANCES[each["id"]].jurisdiction == ALLIANCES[out].jurisdiction
    ]
    assert following == next(each for each in ranks if each not in story.drawn)


@pytest.mark.parametrize(("day", "months", "before"), [("2027-03-31", 1, "2027-02-28"), ("2027-01-15", 12, "2026-01-15"), ("2028-02-29", 12, "2027-02-28"), ("2027-12-31", 1, "2027-11-30"), ("2027-05-01", 0, "2027-05-01")])  # fmt: skip
def test_months_are_counted_by_the_calendar(day: str, months: int, before: str) -> None:
    assert inspecting._months_before(date.fromisoformat(day), months) == date.fromisoformat(before)


def test_nothing_ahead_of_a_round_that_is_over() -> None:
    story = told("opened")
    assert story.life.round
    story.does("st", "2027-03-02", kind="cancel_round", reason="调整方案")
    assert agenda.next_lapse(story.life.rules, story.life.round) is None
    assert story.life.rules.kind is RoundKind.INSPECTION
    assert Moment(moment("2027-03-02"), moment("2027-03-02")).sensible


def test_the_departments_are_told_that_a_check_was_moved_or_given_up_and_leaders_of_a_day_that_it_was_moved() -> None:
    early, late = told("listed"), told("assigned")
    moves: dict[str, Any] = {"kind": "move_window", "closes": "2027-11-10", "reason": "防汛"}
    early.does("st", "2027-03-03", **moves)
    early.does("st", "2027-03-04", kind="cancel_round", reason="调整方案")
    late.does("st", "2027-03-13", **moves)

    def letters(story: Story, text: str) -> set[str]:
        return {each.to for each in story.life.followed if isinstance(each, Letter) and each.text == text}

    departments = {"province_st", "province_iit"}
    assert letters(early, "round_moved") == letters(early, "round_cancelled") == departments
    assert {"leader", "city_st"} <= letters(late, "round_moved") - departments


def test_a_plan_that_says_nothing_is_told_all_that_it_lacks() -> None:
    """Nobody filled in what is drawn, nor of how many."""
    act = ROUND_ACT.validate_python(
        {
            "id": "open", "kind": "open_round", "by": BY["st"], "title": "随机抽查", "opens": "2027-03-01", "closes": "2027-06-30",
            "received_at": moment("2027-03-01 09:00"),
        }
    )  # fmt: skip
    found = inspecting.examine(None, act, None, Known())
    assert isinstance(found, list)
    assert {each.field for each in found} >= {"/content/purpose", "/content/draw", "/content/at_least_one"}
