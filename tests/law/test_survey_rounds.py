"""The yearly survey as a round (A-35, B-19): opened with a questionnaire, answered, sent back once, closed, its sums published."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from models.acts import By
from models.findings import Finding, Refusal
from models.rounds.round import ROUND_ACT, Round, RoundReceipt
from models.rounds.surveys import Standing, SurveyState
from models.values import canonical, digest
from models.vocabulary import Kind, Role, Stage
from regulation import data
from regulation.rounds import answering, table
from regulation.rounds.consequences import Letter, Published
from regulation.rounds.every import rules_of
from regulation.rounds.known import Alliance, Known, KnownItem
from regulation.rounds.lodging import lodge
from regulation.rounds.questionnaires import QUESTIONNAIRES
from regulation.rounds.simulation import RoundLife
from tests.applications import good
from tests.law.notation import moment

SURVEY = "survey-2027-LN-1"
QUESTIONNAIRE = data.read("rounds/surveys/LN-2026.json")
OPENING: dict[str, Any] = {"year": 2026, "questionnaire": QUESTIONNAIRE}
EXAMPLE: dict[str, Any] = json.loads((Path(__file__).parents[2] / "examples" / "survey_b.json").read_text("utf-8"))

PROV = By(person="p-401", office="210000", role=Role.PROVINCE_ST)
CITY = By(person="c-101", office="210100", role=Role.CITY_ST)
COLLEAGUE = CITY.but(person="c-102")
OTHER_CITY = By(person="c-301", office="210200", role=Role.CITY_ST)


def alliance(number: int, city: str = "210100", zone: str | None = None) -> Alliance:
    """One of many alliances of kind B."""
    return Alliance(
        id=f"LN-{number}", kind=Kind.B, stage=Stage.IN_FORCE, jurisdiction=city, zone=zone, leader=leader(number).office,
        name=f"示例联盟{number}", leader_name=f"示例企业{number}", technical_field="新材料", archive_number=None,
        archived_on=date(2024, 5, 1), number=9, submitted_on=date(2026, 4, 10),
    )  # fmt: skip


def leader(number: int) -> By:
    """Whoever acts for the leader of an alliance."""
    return By(person=f"u-{number}", office=f"9121010{number}MA10ABCD6H"[:18], role=Role.LEADER)


ALLIANCES = [alliance(1), alliance(2), alliance(3, "210200"), alliance(4, zone="210100-gaoxin")]


class Life(RoundLife):
    """A survey with what the register knows of it: these alliances, what was answered, and every paper."""

    def __init__(
        self, alliances: list[Alliance], of: str = SURVEY, rounds: tuple[Round, ...] = (), **more: Any
    ) -> None:
        super().__init__(of)
        self.alliances = {each.id: each for each in alliances}
        self.rounds = {each.id: each for each in rounds}
        self.papers: dict[str, Any] = more.get("papers", {})
        self.older: dict[str, dict[str, KnownItem]] = more.get("items", {})

    @property
    def known(self) -> Known:
        """What the register would answer to whatever is asked."""
        held = {
            each.filing_id: KnownItem(
                each.filing_id, each.state, each.figures, entry.number, getattr(entry.event, "paper", None), entry.at
            )
            for entry in self.entries
            for each in table.items(self.rules, entry, None)
        }
        held = {
            filing: each if each.paper else replace(each, paper=self._before(filing, each.number))
            for filing, each in held.items()
        }
        applications = dict.fromkeys(self.alliances, good("B"))
        return Known(
            alliances=self.alliances, items=self.older | {self.round_id: held}, rounds=self.rounds, papers=self.papers,
            applications=applications,
        )  # fmt: skip

    def _before(self, filing: str, number: int) -> str | None:
        papers = [
            getattr(entry.event, "paper", None)
            for entry in self.entries[: number - 1]
            if getattr(entry.event, "filing", None) == filing
        ]
        return next((each for each in reversed(papers) if each), None)

    def says(
        self, kind: str, at: str, by: By, content: Any = None, **said: Any
    ) -> RoundReceipt | Refusal | list[Finding]:
        """Do an act at a moment, with its paper."""
        if content is not None:
            self.papers[digest(content)] = content
            said["paper"] = digest(content)
        act = ROUND_ACT.validate_python({"id": f"a-{len(self.entries)}", "kind": kind, "by": by, **said})
        return self.act(act, moment(at), content, self.known)

    def opened(self, **said: Any) -> "Life":
        """The same, opened on 20 February for March."""
        told = {"title": "2026年度创新资源统计调查", "opens": "2027-03-01", "closes": "2027-03-31"} | said
        answer = self.says("open_round", "2027-02-20 10:00", PROV, OPENING, **told)
        assert isinstance(answer, RoundReceipt), answer
        return self

    def files(
        self, number: int, at: str = "2027-03-10 09:00", **changed: Any
    ) -> RoundReceipt | Refusal | list[Finding]:
        """A leader answers as the example does."""
        return self.says("file_survey", at, leader(number), EXAMPLE | changed, filing=f"LN-{number}")

    def letters(self, text: str) -> list[tuple[str, str | None]]:
        """Who was told something, and about which alliance."""
        return [
            (each.office, each.filing_id) for each in self.followed if isinstance(each, Letter) and each.text == text
        ]


def missing(answer: Any) -> str:
    """What was lacking."""
    assert isinstance(answer, Refusal), answer
    return answer.missing


def found(answer: Any) -> list[tuple[str, str]]:
    """What was found, and where."""
    assert isinstance(answer, list), answer
    return [(each.field, each.message) for each in answer]


@pytest.fixture
def life() -> Life:
    """A survey of four alliances, opened."""
    return Life(ALLIANCES).opened()


# Opening


def test_a_survey_is_opened_with_its_year_and_its_questionnaire(life: Life) -> None:
    assert life.round
    assert life.round.of == SurveyState(year=2026, edition="LN-2026")
    assert life.round.counts == {"expected": 4, "answered": 0, "returned": 0}
    assert len(canonical(life.round.model_dump(mode="json"))) < 2000


@pytest.mark.parametrize(
    ("content", "where", "says"),
    [
        (None, "/content", "须附统计年度和调查表"),
        (
            {"year": 2026, "edition": "LN-1999"},
            "/content/edition",
            "没有这一版调查表，或者没有适用于统计年度的；现有：LN-2026",
        ),
        (OPENING | {"year": 2025}, "/content/year", "统计年度须为2027年或者上一年"),
        (
            OPENING | {"questionnaire": QUESTIONNAIRE | {"first_year": 2027}},
            "/content/questionnaire",
            "这一版调查表自2027年起适用",
        ),
        (
            OPENING | {"questionnaire": QUESTIONNAIRE | {"tables": QUESTIONNAIRE["tables"][:1]}},
            "/content/questionnaire/checks/7/left/0",
            "没有alliance.enterprises",
        ),
    ],
)
def test_a_questionnaire_that_cannot_be_answered_opens_nothing(content: Any, where: str, says: str) -> None:
    life = Life(ALLIANCES)
    told = {"title": "调查", "opens": "2027-03-01", "closes": "2027-03-31"}
    assert (where, says) in found(life.says("open_round", "2027-02-20 10:00", PROV, content, **told))
    assert life.round is None


@pytest.mark.parametrize("content", [{"year": 2026}, {"year": 2026, "edition": "LN-2026"}])
def test_who_names_an_edition_or_none_lays_it_down_whole(content: dict[str, Any]) -> None:
    raw = {"id": "o", "kind": "open_round", "by": PROV, "title": "调查", "opens": "2027-03-01", "closes": "2027-03-31"}
    lodged = lodge(rules_of(SURVEY), None, raw | {"content": content})
    assert lodged.paper
    assert answering.questionnaire_in(lodged.paper) == QUESTIONNAIRES["LN-2026"]


def test_nobody_is_asked_beyond_the_day_until_which_a_questionnaire_is_valid() -> None:
    """统计法: whom a questionnaire asks that is no longer valid may refuse; so no window is opened, or moved, beyond that day."""
    told = {"title": "调查", "opens": "2027-03-01", "closes": "2027-03-31"}
    until = {**OPENING, "questionnaire": {**QUESTIONNAIRE, "edition": "LN-2027", "valid_until": "2027-03-30"}}
    where = found(Life(ALLIANCES).says("open_round", "2027-02-20 10:00", PROV, until, **told))
    says = "截止日晚于调查表的有效期（至2027年3月30日）；超过有效期限的调查表，调查对象有权拒绝填报"
    assert ("/closes", says) in where
    life = Life(ALLIANCES)
    assert isinstance(
        life.says("open_round", "2027-02-20 10:00", PROV, until, **told | {"closes": "2027-03-30"}), RoundReceipt
    )
    moved = {"closes": "2027-04-02", "reason": "系统维护"}
    assert [at for at, _ in found(life.says("move_window", "2027-03-20 10:00", PROV, **moved))] == ["/closes"]
    asked = answering.questionnaire_in(until)
    assert [answering.is_expired(asked, date(2027, 3, day)) for day in (30, 31)] == [False, True]


def test_only_the_province_opens_one() -> None:
    told = {"title": "调查", "opens": "2027-03-01", "closes": "2027-03-31"}
    assert "无权" in missing(Life(ALLIANCES).says("open_round", "2027-02-20 10:00", CITY, OPENING, **told))


# Answering


def test_an_answer_is_taken_in_the_window_alone(life: Life) -> None:
    assert missing(life.files(1, "2027-02-28 23:59")) == "2027年3月1日起方可办理"
    assert isinstance(life.files(1, "2027-03-01 00:00"), RoundReceipt)
    assert isinstance(life.files(2, "2027-03-31 23:59"), RoundReceipt)
    assert missing(life.files(4, "2027-04-01 00:00")) == "截止日（2027年3月31日）已过"
    assert life.round
    assert life.round.counts == {"expected": 4, "answered": 2, "returned": 0}


def test_an_answer_sent_again_replaces_the_one_before(life: Life) -> None:
    life.files(1)
    life.files(1, "2027-03-11 09:00", figures=EXAMPLE["figures"] | {"remarks": {"moved": "更正"}})
    assert life.round
    assert life.round.counts["answered"] == 1
    item = life.items["LN-1"]
    assert item.state == Standing.ANSWERED
    assert item.figures == {
        "leader": leader(1).office,
        "groups": {"city": "沈阳市", "kind": "B类", "field": "新材料"},
    }


def test_an_answer_with_errors_is_refused_whole_with_the_place_of_each(life: Life) -> None:
    wrong = EXAMPLE["figures"] | {"ip": EXAMPLE["figures"]["ip"] | {"shared": 99, "held": "十一"}}
    where = [field for field, _ in found(life.files(1, figures=wrong, integrity_commitment=False))]
    assert where[:3] == ["/content/figures/ip/held", "/content/figures/ip/shared", "/content/integrity_commitment"]
    assert not life.items


def test_nobody_answers_for_another(life: Life) -> None:
    answer = life.says("file_survey", "2027-03-10 09:00", leader(2), EXAMPLE, filing="LN-1")
    assert found(answer) == [("/filing", "该联盟不由本机构办理")]
    assert found(life.files(9)) == [("/filing", "本轮次没有这一联盟")]


# Sending back


def test_an_answer_is_sent_back_once_and_put_right_even_after_the_window(life: Life) -> None:
    life.files(1)
    back = {"filing": "LN-1", "reason": "请核对", "points": [{"code": "104", "message": "与审计报告不一致"}]}
    assert isinstance(life.says("return_survey", "2027-04-02 10:00", CITY, **back), RoundReceipt)
    assert life.letters("survey_returned") == [(leader(1).office, "LN-1")]
    assert life.round
    assert life.round.counts == {"expected": 4, "answered": 0, "returned": 1}
    assert missing(life.files(1, "2027-04-05 09:00")) == "截止日（2027年3月31日）已过"
    answer = life.says("answer_survey_return", "2027-04-05 09:00", leader(1), EXAMPLE, filing="LN-1")
    assert isinstance(answer, RoundReceipt)
    assert life.round.counts == {"expected": 4, "answered": 1, "returned": 0}
    assert found(life.says("return_survey", "2027-04-06 10:00", CITY, **back)) == [("/filing", "统计调查表只退回一次")]


SCAN = {"name": "来件.pdf", "media_type": "application/pdf", "size": 1000, "sha256": "a" * 64, "location": "city:1"}
POSTED = {"on": "2027-04-02", "postmarked_on": "2027-03-31", "how": "post", "received_by": "c-103"}
"""Posted on the last day, received two days later."""


def on_paper(life: Life, by: By, **came: str | None) -> RoundReceipt | Refusal | list[Finding]:
    """An officer enters what came on paper."""
    content, at = EXAMPLE | {"scan": SCAN, "brought_by": "经办人"}, "2027-04-05 09:00"
    received_at = moment(at).isoformat()
    return life.says("enter_survey", at, by, content, filing="LN-1", came=POSTED | came, received_at=received_at)


def test_a_return_on_paper_is_entered_by_two_and_counts_as_of_its_day(life: Life) -> None:
    """G-03: what was posted in time is in time; nobody alone answers for somebody else."""
    assert isinstance(on_paper(life, CITY), RoundReceipt)
    assert life.round
    assert life.round.counts["answered"] == 0
    assert life.letters("survey_to_compare") == [("210100", "LN-1")]
    assert missing(on_paper(life, CITY)) == "“代录纸质统计调查表”须由两人为之，您已办理，待另一人办理"
    assert isinstance(on_paper(life, COLLEAGUE), RoundReceipt)
    assert life.round.counts == {"expected": 4, "answered": 1, "returned": 0}
    item = life.known.item(SURVEY, "LN-1")
    assert item
    assert (item.state, item.figures["came_on"]) == (Standing.ANSWERED, "2027-03-31")
    assert life.letters("survey_entered") == [(leader(1).office, "LN-1")]


def test_what_is_wrong_with_how_a_return_came_is_told_at_its_field(life: Life) -> None:
    late = {"on": "2027-04-02", "postmarked_on": "2027-04-01"}
    assert found(on_paper(life, CITY, **late)) == [
        ("/came/on", "收到或者寄出之日（2027年4月1日）晚于截止日（2027年3月31日）")
    ]
    assert found(on_paper(life, CITY, received_by=CITY.person)) == [
        ("/came/received_by", "收到或者寄出之日早于登记之日的，收件人与登记人须为不同的人")
    ]
    elsewhere = {"on": "2027-02-27", "postmarked_on": None}
    assert found(on_paper(life, CITY, **elsewhere)) == [
        ("/came/on", "收到或者寄出之日（2027年2月27日）早于开始日（2027年3月1日）")
    ]
    life.files(1, "2027-03-30 09:00")
    before = {"on": "2027-03-29", "postmarked_on": None, "how": "in_person"}
    assert found(on_paper(life, CITY, **before)) == [
        ("/came/on", "该联盟2027年3月30日另有填报，晚于此件收到或者寄出之日（2027年3月29日），以后报的为准")
    ]


def test_who_put_right_on_paper_what_was_sent_back_may_be_late(life: Life) -> None:
    life.files(1)
    life.says("return_survey", "2027-04-01 10:00", CITY, filing="LN-1", reason="请核对")
    put_right = {"on": "2027-04-05", "postmarked_on": None, "how": "in_person", "received_by": CITY.person}
    for by in (CITY, COLLEAGUE):
        assert isinstance(on_paper(life, by, **put_right), RoundReceipt)
    assert life.round
    assert life.round.counts["answered"] == 1


def test_what_is_not_there_is_not_sent_back(life: Life) -> None:
    back: dict[str, Any] = {"filing": "LN-1", "reason": "请核对"}
    assert found(life.says("return_survey", "2027-03-12 10:00", CITY, **back)) == [
        ("/filing", "此件没有可以退回的统计调查表")
    ]
    life.files(1)
    assert found(life.says("return_survey", "2027-03-12 10:00", OTHER_CITY, **back)) == [
        ("/filing", "该联盟不由本机构办理")
    ]
    points = [{"code": "999", "message": "请补正"}]
    assert found(life.says("return_survey", "2027-03-12 10:00", PROV, **back, points=points)) == [
        ("/points/0/code", "调查表没有这一指标代码")
    ]
    answer = life.says("answer_survey_return", "2027-03-12 10:00", leader(1), EXAMPLE, filing="LN-1")
    assert found(answer) == [("/filing", "此件没有退回待补正的统计调查表")]


# What time brings


def test_leaders_are_told_when_it_opens_and_whoever_has_not_answered_is_reminded(life: Life) -> None:
    assert life.letters("survey_opened") == []
    life.until(moment("2027-03-01 00:00"), life.known)
    assert len(life.letters("survey_opened")) == 4
    life.files(1)
    life.until(moment("2027-03-16 09:00"), life.known)
    assert life.letters("survey_reminder") == [(leader(n).office, f"LN-{n}") for n in (2, 3, 4)]
    assert life.letters("survey_progress") == [("210100", None), ("210200", None), ("210100-gaoxin", None)]
    life.until(moment("2027-04-01 00:00"), life.known)
    assert life.letters("survey_ended")[-1] == ("210000", None)
    last = next(each for each in reversed(life.followed) if isinstance(each, Letter))
    assert {"expected": "4", "answered": "1", "waiting": "3"}.items() <= last.words.items()


def test_a_window_that_is_open_at_once_is_told_at_once_and_moving_it_too() -> None:
    life = Life(ALLIANCES).opened(opens="2027-02-20")
    assert len(life.letters("survey_opened")) == 4
    life.files(1)
    life.says("move_window", "2027-03-20 10:00", PROV, closes="2027-04-15", reason="系统维护")
    assert len(life.letters("round_moved")) == 3
    assert isinstance(life.files(2, "2027-04-15 23:59"), RoundReceipt)


def test_nothing_follows_from_no_answer(life: Life) -> None:
    """G-11b: not on the filing, and not in the round."""
    life.until(moment("2027-04-01 00:00"), life.known)
    life.says("close_round", "2027-04-10 10:00", PROV)
    assert {type(each) for each in life.followed} == {Letter}
    assert not life.items


# The sums


def test_sums_are_published_once_it_is_closed() -> None:
    life = Life([alliance(number, "210100" if number < 4 else "210200") for number in range(1, 6)]).opened()
    for number in range(1, 6):
        life.files(number)
    assert "只在“已结束”" in missing(life.says("publish_survey_sums", "2027-03-31 12:00", PROV))
    life.says("close_round", "2027-04-10 10:00", PROV)
    assert isinstance(life.says("publish_survey_sums", "2027-04-11 10:00", PROV), RoundReceipt)
    (told,) = (each for each in life.followed if isinstance(each, Published))
    rd = next(each for each in told.content["lines"] if each["code"] == "104")
    assert rd["total"] == "2550.00"
    assert rd["city"] == {}
    assert not {"kind", "field"} & rd.keys(), "两种分列相对照，可以推算出单个企业"
    assert not any(each["code"] == "111" for each in told.content["lines"])
    assert missing(life.says("publish_survey_sums", "2027-04-12 10:00", PROV)) == "汇总数已公布"


# A year later


def test_a_year_later_figures_are_compared_with_those_of_the_survey_before(life: Life) -> None:
    life.files(1)
    life.says("close_round", "2027-04-10 10:00", PROV)
    assert life.round
    later = Life(
        ALLIANCES, "survey-2028-LN-1", (life.round,), papers=dict(life.papers), items={SURVEY: life.known.items[SURVEY]}
    )
    opening = OPENING | {"year": 2027}
    told = {"title": "2027年度创新资源统计调查", "opens": "2028-03-01", "closes": "2028-03-31"}
    assert isinstance(later.says("open_round", "2028-02-20 10:00", PROV, opening, **told), RoundReceipt)
    assert later.round
    state = answering.state_of(later.round)
    assert state.earlier
    assert (state.earlier.id, state.earlier.year) == (SURVEY, 2026)
    subject = answering.subject(later.round, ALLIANCES[0], later.known)
    assert subject.before
    assert subject.before.where == "2026年度调查所填"
    assert str(subject.before.figures["leader.rd"]) == "510.00"
    stranger = answering.subject(later.round, ALLIANCES[1], later.known)
    assert stranger.before is None
