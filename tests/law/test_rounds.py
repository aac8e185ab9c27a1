"""What is the same in all rounds: opened, moved, closed, cancelled; by whom; what several must say; what time brings."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from models.acts import By
from models.findings import Finding, Refusal
from models.rounds.base import (
    Agreed,
    CancelRound,
    CloseRound,
    MoveWindow,
    OnAlliance,
    OpenRound,
    RoundAct,
    RoundKind,
    RoundStage,
    parts,
    round_id,
)
from models.rounds.round import ROUND_ACT, ROUND_ACT_TYPES, STATES, Round, RoundEntry, RoundReceipt
from models.values import canonical
from models.vocabulary import Kind, Role, Stage
from regulation import data, offices
from regulation.articles import cite
from regulation.moment import Moment
from regulation.rounds import agenda, offers, table
from regulation.rounds.agreeing import HALVES_OF_ALL, MOST_HALVES
from regulation.rounds.common_acts import common
from regulation.rounds.every import RULES, rules_of
from regulation.rounds.known import Alliance, Known
from regulation.rounds.lodging import lacks_of_opening, lodge
from regulation.rounds.rules import Row, Rules
from regulation.rounds.simulation import RoundLife
from tests.law.notation import moment
from tests.law.test_bounds import collections
from tests.law.test_days import named_in

PROV = By(person="p-401", office="210000", role=Role.PROVINCE_ST)
PROV2 = By(person="p-402", office="210000", role=Role.PROVINCE_ST)
IIT = By(person="p-501", office="210000", role=Role.PROVINCE_IIT)
CITY = By(person="c-101", office="210100", role=Role.CITY_ST)
OTHER_CITY = By(person="c-301", office="210200", role=Role.CITY_ST)

SURVEY = "survey-2027-LN-1"
LAID_DOWN = {"year": 2026, "questionnaire": data.read("rounds/surveys/LN-2026.json")}
"""What is laid down with the opening of a survey."""
CITYS = "evaluation-2027-210100-1"


def opening(by: By = PROV, **said: Any) -> OpenRound:
    """The act that opens a round for a month."""
    told = {"title": "2027年度创新资源统计调查", "opens": date(2027, 3, 1), "closes": date(2027, 3, 31)} | said
    return OpenRound(id="open-1", by=by, **told)


def open_round(of: str = SURVEY, by: By = PROV, **said: Any) -> RoundLife:
    """A round that was opened on 20 February."""
    life = RoundLife(of)
    paper = LAID_DOWN if of == SURVEY else None
    assert isinstance(life.act(opening(by, **said), moment("2027-02-20 10:00"), paper), RoundReceipt)
    return life


def lacks(answer: RoundReceipt | Refusal | list[Finding]) -> str:
    """What was missing."""
    assert isinstance(answer, Refusal), answer
    return answer.missing


# Names


def test_every_kind_has_rules_a_state_and_the_acts_that_all_have() -> None:
    assert set(RULES) == set(STATES) == set(RoundKind)
    for kind, rules in RULES.items():
        assert rules.kind is kind
        assert common("A-35").keys() <= rules.rows.keys() <= ROUND_ACT_TYPES.keys()
        assert rules.papers.keys() <= rules.rows.keys()
        assert STATES[kind]().kind is kind


def test_the_id_of_a_round_says_kind_year_and_place() -> None:
    for given in (SURVEY, CITYS, "call-2060-21SF00-12"):
        told = parts(given)
        assert told
        assert round_id(told.kind, told.year, told.jurisdiction, told.running) == given
    for none in ("survey-2027-LN-0", "survey-2027-LN-1x", "party-2027-LN-1", "survey-2027-219900-1", "LN-1", ""):
        assert parts(none) is None
    with pytest.raises(KeyError):
        rules_of("LN-1")


# From opening to end


@pytest.mark.parametrize("kind", RoundKind)
def test_a_round_of_every_kind_is_opened_moved_and_closed(kind: RoundKind) -> None:
    rows = RULES[kind].rows
    if any(row.may is not mine.may for row, mine in zip(common("A-35").values(), rows.values(), strict=False)):
        return  # a kind that asks more of its opening has tests of its own
    life = open_round(f"{kind.value}-2027-LN-1")
    life.does(MoveWindow(id="m", by=PROV, closes=date(2027, 4, 10), reason="系统维护"), moment("2027-03-20 10:00"))
    assert life.round
    assert life.round.closes == date(2027, 4, 10)
    assert "未过" in lacks(life.act(CloseRound(id="c", by=PROV), moment("2027-04-10 23:59")))
    assert life.does(CloseRound(id="c", by=PROV), moment("2027-04-11 00:00")).over
    assert [each.number for each in life.entries] == list(range(1, len(life.entries) + 1))
    assert agenda.outlook(life.rules, life.round) == []


OPENERS = [(PROV, "LN"), (CITY, "210100"), (By(person="d-111", office="210200", role=Role.CITY_ST), "210200")]


@pytest.mark.parametrize(("by", "place"), OPENERS)
def test_an_opening_offers_what_would_not_be_refused_and_nothing_else(by: By, place: str) -> None:
    when = Moment(moment("2027-02-20 10:00"), moment("2027-02-20 10:00"))
    for kind, where in offers.may_open(by):
        of = round_id(kind, 2027, where, 1)
        offered = offers.opening(of, by, when)
        assert parts(of) == (kind, 2027, place, 1)
        for alliances in (None, *Kind):
            refused = table.check(rules_of(of), of, None, opening(by, alliances=alliances), when)
            told = {each.field for each in refused.findings} if refused else set()
            assert (alliances in offered.kinds) == ("/alliances" not in told), (of, alliances)
        for zone in offices.ZONES:
            refused = table.check(rules_of(of), of, None, opening(by, zone=zone), when)
            assert (zone in offered.zones) == ("/zone" not in {each.field for each in (refused or NOTHING).findings})
    zones = {
        kind: offers.opening(round_id(kind, 2027, where, 1), by, when).zones for kind, where in offers.may_open(by)
    }
    own = tuple(key for key in offices.ZONES if key.startswith(place))
    assert zones == {kind: own if kind is RoundKind.ANNUAL else () for kind in zones}


NOTHING = Refusal(message="", article="", missing="")
BARE: dict[str, Any] = {"id": "o", "kind": "open_round", "by": PROV.model_dump(mode="json")}


@pytest.mark.parametrize(
    ("of", "said", "asked"),
    [
        ("call-2027-LN-1", {}, {"/title", "/opens", "/closes", "/document_no", "/content/text", "/content/recommend_by"}),
        (
            "inspection-2027-LN-1", {},
            {"/title", "/opens", "/closes", "/content/purpose", "/content/draw", "/content/at_least_one"},
        ),
        ("survey-2027-LN-1", {}, {"/title", "/opens", "/closes", "/content/year"}),
        (
            "call-2027-LN-1", {"title": "通知", "opens": "2027-04-01", "closes": "2026-03-01"},
            {"/opens", "/closes", "/document_no", "/content/text", "/content/recommend_by"},
        ),
        ("subsidy-2027-LN-1", {"opens": "2027-04-01", "closes": "2027-05-01"}, {"/title", "/alliances"}),
    ],
)  # fmt: skip
def test_what_an_opening_lacks_is_told_at_once_in_its_paper_too(of: str, said: dict[str, Any], asked: set[str]) -> None:
    raw, rules = BARE | said, rules_of(of)
    when = Moment(moment("2027-02-20 10:00"), moment("2027-02-20 10:00"))
    told = lacks_of_opening(rules, of, raw, lodge(rules, None, raw), when)
    assert {each.field for each in told} == asked
    places = [(each.field, each.message) for each in told]
    assert len(places) == len(set(places))


def test_a_window_is_only_made_longer() -> None:
    life = open_round()
    shorter = MoveWindow(id="m", by=PROV, closes=date(2027, 3, 31), reason="误")
    assert "只能顺延" in lacks(life.act(shorter, moment("2027-03-02 09:00")))


@pytest.mark.parametrize(
    ("said", "missing"),
    [
        ({"opens": date(2027, 4, 1)}, "不得早于开始日"),
        ({"opens": date(2029, 3, 1), "closes": date(2029, 4, 1)}, "前后"),
        ({"closes": date(2027, 2, 19), "opens": date(2027, 2, 1)}, "截止日已过"),
        ({"zone": "210100-shenyang"}, "不在本轮次的属地"),
    ],
)
def test_an_opening_that_makes_no_window_is_refused(said: dict[str, Any], missing: str) -> None:
    assert missing in lacks(RoundLife(SURVEY).act(opening(**said), moment("2027-02-20 10:00")))


@pytest.mark.parametrize("kind", sorted(set(RoundKind) - {RoundKind.OUTAGE}))
def test_an_opening_is_told_all_that_it_lacks_at_once_each_on_its_field(kind: RoundKind) -> None:
    wrong = opening(opens=date(2019, 4, 1), closes=date(2019, 3, 1), zone="210100-shenyang", alliances=None)
    refused = RoundLife(f"{kind.value}-2027-LN-1").act(wrong, moment("2027-02-20 10:00"))
    assert isinstance(refused, Refusal)
    told = [(each.field, each.message) for each in refused.findings]
    assert {each.article for each in refused.findings} == {refused.article}
    assert refused.missing == "；".join(message for _, message in told)
    common_to_all = {("/closes", "截止日不得早于开始日"), ("/closes", "截止日已过")}
    assert common_to_all <= set(told)
    assert {"/zone", "/opens"} <= {field for field, _ in told}
    of_its_own = {
        RoundKind.CALL: "须写明文号", RoundKind.ANNUAL: "法定报送末日（2027年12月31日）", RoundKind.SUBSIDY: "后补助只对",
        RoundKind.PERFORMANCE: "年度绩效评价只对", RoundKind.EVALUATION: "评估评价的对象",
    }  # fmt: skip
    assert of_its_own.get(kind, "") in refused.missing


def test_a_round_is_opened_once_and_nothing_is_done_to_what_is_not_open() -> None:
    life = open_round()
    assert "已经开启" in lacks(life.act(opening(), moment("2027-02-21 10:00")))
    life.does(CancelRound(id="x", by=PROV, reason="改期"), moment("2027-02-22 10:00"))
    assert "已取消" in lacks(life.act(CloseRound(id="c", by=PROV), moment("2027-05-01 10:00")))
    assert "没有这一轮次" in lacks(RoundLife(SURVEY).act(CloseRound(id="c", by=PROV), moment("2027-05-01 10:00")))


def test_who_may_not_open_is_told_who_may() -> None:
    assert "省科技厅" in lacks(RoundLife(SURVEY).act(opening(CITY), moment("2027-02-20 10:00")))
    assert open_round(CITYS, CITY, alliances=Kind.A).round
    assert "不由 210200 办理" in lacks(RoundLife(CITYS).act(opening(OTHER_CITY), moment("2027-02-20 10:00")))
    elsewhere = opening(PROV.but(office="210100"))
    assert "机构代码" in lacks(RoundLife(SURVEY).act(elsewhere, moment("2027-02-20 10:00")))


# Whose a round is

DALIAN = "210200"
OWNERS_ACTS = [
    (kind, act)
    for kind, rules in RULES.items()
    for act, row in rules.rows.items()
    if act in ("move_window", "close_round", "cancel_round") or row.owner_only
]
"""Every act by which whoever opened a round of a kind moves or ends it."""


def standing(of: str, by: By) -> Round:
    """A round of any kind, as it stands right after somebody opened it."""
    return table.begun(of, opening(by), Moment(moment("2027-02-20 10:00"), moment("2027-02-20 10:00")))


def bare(kind: str, by: By) -> RoundAct:
    """An act of which only kind and sender are told."""
    model = ROUND_ACT_TYPES[kind]
    return model.model_construct(None, id="a", by=by, kind=model.model_fields["kind"].default)


@pytest.mark.parametrize(("of", "opener"), [("evaluation-2027-LN-1", PROV), (CITYS, CITY)])
def test_an_evaluation_is_offered_where_it_is_done_and_to_whom(of: str, opener: By) -> None:
    """A city evaluates and reports in its own round, both departments of the province name in the province's."""
    round_ = table.begun(
        of, opening(opener, alliances=Kind.A), Moment(moment("2027-02-20 10:00"), moment("2027-02-20 10:00"))
    )
    when = Moment(moment("2027-03-02 10:00"), moment("2027-03-02 10:00"))
    open_to = {
        by.role: {each.kind.value for each in offers.offers(round_, by, when) if each.open} for by in (CITY, PROV, IIT)
    }
    of_city, province = "evaluate" in open_to[Role.CITY_ST], "decide_typical" in open_to[Role.PROVINCE_IIT]
    assert (of_city, province) == (of == CITYS, of != CITYS)
    told = [each for each in offers.offers(round_, CITY, when) if each.kind.value == "evaluate" and each.refusal]
    assert [each.refusal.missing for each in told if each.refusal] == (
        [] if of == CITYS else ["联盟由所在地区评价；本轮次由省科技厅会同省工信厅确定典型联盟"]
    )


def by_of(role: Role, office: str) -> By:
    """Somebody of an office."""
    return By(person="x-1", office=office, role=role)


FOREIGN = {
    "LN": [by_of(Role.CITY_ST, DALIAN), by_of(Role.CITY_IIT, DALIAN), by_of(Role.ZONE, "210200-dalian"),
           by_of(Role.LEADER, "91210200MA0UN1QJ0M"), by_of(Role.EVALUATOR, "210000"), IIT],
    "210100": [OTHER_CITY, by_of(Role.CITY_IIT, "210100"), by_of(Role.ZONE, "210100-shenyang"), PROV, IIT,
               by_of(Role.LEADER, "91210200MA0UN1QJ0M"), by_of(Role.EVALUATOR, "210000")],
}  # fmt: skip


@pytest.mark.parametrize("place", FOREIGN)
@pytest.mark.parametrize(("kind", "act"), OWNERS_ACTS)
def test_whoever_opened_a_round_alone_moves_closes_cancels_and_settles_it(
    kind: RoundKind, act: str, place: str
) -> None:
    owner = PROV if place == "LN" else CITY
    round_, row = standing(f"{kind.value}-2027-{place}-1", owner), RULES[kind].rows[act]
    for foreign in FOREIGN[place]:
        assert not table.is_of(round_, bare(act, foreign), row), foreign
    assert table.is_of(round_, bare(act, owner), row) is (owner.role in row.roles)


@pytest.mark.parametrize(
    ("kind", "act"), [(kind, act) for kind, rules in RULES.items() for act in rules.rows if act != "open_round"]
)
def test_in_a_round_over_the_province_a_city_deals_with_its_own_alliances_alone(kind: RoundKind, act: str) -> None:
    row = RULES[kind].rows[act]
    round_ = standing(f"{kind.value}-2027-LN-1", PROV)
    of_own = issubclass(ROUND_ACT_TYPES[act], OnAlliance) or row.each_its_own
    for city in (by_of(Role.CITY_ST, DALIAN), by_of(Role.CITY_IIT, DALIAN), by_of(Role.ZONE, "210200-dalian")):
        assert table.is_of(round_, bare(act, city), row) is (of_own and city.role in row.roles | row.jointly)


def test_a_city_is_told_whose_a_round_is() -> None:
    refused = open_round().act(CancelRound(id="x", by=CITY, reason="误"), moment("2027-03-02 09:00"))
    assert "省科技厅" in lacks(refused)
    calls = standing("call-2027-LN-1", PROV)
    when = Moment(moment("2027-03-02 09:00"), moment("2027-03-02 09:00"))
    refusal = table.barred(RULES[RoundKind.CALL], calls, bare("cancel_round", OTHER_CITY), when)
    assert refusal
    assert "不由 210200 办理" in refusal.missing


# What time brings


def test_reminders_and_the_end_of_the_window_come_in_order_and_once() -> None:
    life = open_round()
    assert life.round
    ahead = agenda.outlook(life.rules, life.round)
    assert [(line.lapse.name, line.at) for line in ahead][-1] == ("window_closed", moment("2027-04-01"))
    life.until(moment("2027-04-30"))
    assert [each.event.kind for each in life.entries[1:]] == [line.lapse.kind for line in ahead]
    assert agenda.next_lapse(life.rules, life.round) is None


def test_a_window_that_is_moved_after_it_was_over_ends_again() -> None:
    life = open_round()
    life.until(moment("2027-04-01"))
    life.does(MoveWindow(id="m", by=PROV, closes=date(2027, 4, 20), reason="补充"), moment("2027-04-02 09:00"))
    life.until(moment("2027-04-30"))
    closed = [each.at for each in life.entries if each.event.kind == "window_closed"]
    assert closed == [moment("2027-04-01"), moment("2027-04-21")]


# What several must say


def jointly(together: Any) -> Rules:
    """The rules of a survey that two must cancel."""
    rows = common("A-35")
    row = replace(rows["cancel_round"], together=together, jointly=frozenset({Role.PROVINCE_ST, Role.PROVINCE_IIT}))
    return replace(RULES[RoundKind.SURVEY], rows={**rows, "cancel_round": row})


def said(rules: Rules, round_: Round, act: RoundAct) -> RoundEntry | str:
    """The entry of an act, or why it may not be."""
    when = Moment(moment("2027-03-05 09:00"), moment("2027-03-05 09:00"))
    refused = table.check(rules, SURVEY, round_, act, when)
    return refused.missing if refused else table.entered(rules, SURVEY, round_, act, when)


def cancel(by: By, reason: str = "改期") -> CancelRound:
    """Says that the round is cancelled."""
    return CancelRound(id=f"x-{by.person}", by=by, reason=reason)


def test_two_people_must_say_the_same() -> None:
    rules, round_ = jointly("two_people"), open_round().round
    assert round_
    first = said(rules, round_, cancel(PROV))
    assert isinstance(first, RoundEntry)
    assert (first.proposed, first.stage) == (True, RoundStage.OPEN)
    assert "两人" in str(said(rules, first.round, cancel(PROV)))
    otherwise = said(rules, first.round, cancel(PROV2, "另有原因"))
    assert isinstance(otherwise, RoundEntry)
    assert otherwise.proposed
    second = said(rules, first.round, cancel(PROV2))
    assert isinstance(second, RoundEntry)
    assert (second.proposed, second.stage, second.round.agreed) == (False, RoundStage.CANCELLED, {})


def test_who_says_otherwise_displaces_nobody_but_themselves() -> None:
    rules, round_ = jointly("two_people"), open_round().round
    third = PROV.but(person="p-403")
    assert round_

    def after(first: CancelRound, *acts: CancelRound) -> RoundEntry:
        assert round_
        entry = said(rules, round_, first)
        for act in acts:
            assert isinstance(entry, RoundEntry)
            entry = said(rules, entry.round, act)
        assert isinstance(entry, RoundEntry)
        return entry

    first, otherwise = cancel(PROV), cancel(PROV2, "另有原因")
    both = after(first, otherwise)
    assert [each.by for each in both.round.agreed.values()] == [(PROV,), (PROV2,)]
    told = table.receipt(rules, both).warnings
    assert told == (table.HALF, table.OTHERWISE.format("第2号")), "whoever says otherwise is told that another stands"
    agrees = after(first, otherwise, cancel(third))
    assert (agrees.proposed, agrees.stage, agrees.round.agreed) == (False, RoundStage.CANCELLED, {})
    assert agrees.first == (PROV,), "with the first, who still counts"
    for agreeing in (cancel(PROV, "另有原因"), cancel(third, "另有原因")):
        assert after(first, otherwise, agreeing).first == (PROV2,)
    assert after(first, otherwise, cancel(PROV2)).first == (PROV,), "who comes round to the first"
    anew = after(first, otherwise, cancel(PROV, "原填有误"))
    assert [each.by for each in anew.round.agreed.values()] == [(PROV,), (PROV2,)], "their own is replaced"
    assert after(first, otherwise, cancel(PROV, "原填有误"), cancel(third)).proposed, "what was replaced counts no more"
    assert "两人" in str(said(rules, both.round, otherwise))


def test_of_two_offices_each_has_one_half() -> None:
    rules, round_ = jointly("two_offices"), open_round().round
    assert round_
    first = said(rules, round_, cancel(PROV))
    assert isinstance(first, RoundEntry)
    otherwise = said(rules, first.round, cancel(IIT, "另有原因"))
    assert isinstance(otherwise, RoundEntry)
    colleague = said(rules, otherwise.round, cancel(PROV2, "原填有误"))
    assert isinstance(colleague, RoundEntry)
    assert [each.by for each in colleague.round.agreed.values()] == [(PROV2,), (IIT,)], "an office's word is the latest"
    done = said(rules, colleague.round, cancel(PROV, "另有原因"))
    assert isinstance(done, RoundEntry)
    assert (done.first, done.round.agreed, done.stage) == ((IIT,), {}, RoundStage.CANCELLED)


def test_two_offices_must_say_the_same() -> None:
    rules, round_ = jointly("two_offices"), open_round().round
    assert round_
    first = said(rules, round_, cancel(PROV))
    assert isinstance(first, RoundEntry)
    assert "待省工信厅会同办理" in str(said(rules, first.round, cancel(PROV2)))
    second = said(rules, first.round, cancel(IIT))
    assert isinstance(second, RoundEntry)
    assert second.stage is RoundStage.CANCELLED


def test_what_one_office_leaves_lying_keeps_no_other_from_its_work() -> None:
    """First halves are counted by office; from a number of all together on each may have one, and the round stays small."""
    rules, round_ = jointly("two_people"), open_round().round
    assert round_

    def halves(count: int, by: By) -> dict[str, Agreed]:
        half = Agreed(by=(by,), number=1, said="0" * 64, paper="0" * 64)
        return {f"enter_survey:{by.office}-2027-{number:04}": half for number in range(count)}

    full = round_.but(agreed=halves(MOST_HALVES, CITY))
    assert isinstance(said(rules, full, cancel(PROV)), RoundEntry), "another office"
    own = round_.but(agreed=halves(MOST_HALVES, PROV2))
    assert str(said(rules, own, cancel(PROV))).startswith("本单位已有20件待会同办理，须先办结（由另一人")
    of_all = {**halves(MOST_HALVES, CITY), **halves(HALVES_OF_ALL - MOST_HALVES, OTHER_CITY)}
    assert isinstance(said(rules, round_.but(agreed=of_all), cancel(PROV)), RoundEntry), "its first"
    with_one = round_.but(agreed={**of_all, **halves(1, PROV2)})
    assert str(said(rules, with_one, cancel(PROV))).startswith("本单位已有1件待会同办理")
    every = (CITY.but(office=each) for each in (*offices.OFFICES, *offices.ZONES, offices.PROVINCE))
    most = {**of_all, **{key: half for by in every for key, half in halves(1, by).items()}}
    assert len(canonical(round_.but(agreed=most).model_dump(mode="json"))) <= 16 * 1024


# What asks the same people again


def test_a_second_one_of_the_same_year_place_and_kind_of_alliance_is_not_opened_while_one_runs() -> None:
    running = open_round().round
    assert running

    def opened(of: str, there: Round, **told: Any) -> Any:
        known, act = Known(rounds={there.id: there}), opening(**told)
        return table.examined(rules_of(of), of, None, act, LAID_DOWN, known, date(2027, 2, 20))

    (refused,) = opened("survey-2027-LN-2", running)
    assert (refused.field, refused.message.partition("，再开启")[0]) == (
        "/opens", "2027年度创新资源统计调查已在进行：“2027年度创新资源统计调查”（survey-2027-LN-1，截止2027年3月31日）"
    )  # fmt: skip
    assert isinstance(opened("survey-2027-LN-2", running, alliances=Kind.A), list), "some of them would be asked again"
    of_b = running.but(area=running.area.but(kind=Kind.B))
    assert isinstance(opened("survey-2027-LN-2", of_b, alliances=Kind.A), OpenRound)
    assert isinstance(opened("survey-2027-210100-1", running, by=CITY), OpenRound), "a city's own"
    assert isinstance(opened("survey-2028-LN-1", running), OpenRound)
    assert isinstance(opened("survey-2027-LN-2", running.but(stage=RoundStage.CANCELLED)), OpenRound)
    assert {kind for kind, rules in RULES.items() if rules.one_open} == {
        RoundKind.SURVEY, RoundKind.ANNUAL, RoundKind.EVALUATION
    }  # fmt: skip
    asked = table.needs(rules_of(CITYS), CITYS, None, opening(CITY))
    assert (RoundKind.EVALUATION, 2027) in asked.rounds


def test_an_act_about_an_alliance_is_of_the_round_and_of_the_office() -> None:
    of = Alliance("A-1", Kind.A, Stage.IN_FORCE, "210100", None, "91210100", "联盟", "盟主", "装备", None, None, 9)
    round_ = open_round(CITYS, CITY, alliances=Kind.A).round
    assert round_
    assert of.lies_in(round_.area)
    assert not replace(of, jurisdiction="210200").lies_in(round_.area)


# How it is kept


COLLECTIONS = {
    "Round.periods": "a period of each name that a kind knows",
    "Round.agreed": "agreeing.MOST_HALVES of an office, agreeing.HALVES_OF_ALL of all, and one of each office",
    "Round.counts": "the counts that a kind names",
    "Round.passed": "the lapses of a kind, by name",
    "Notice.objections": "objections.LISTED",
    "Agreed.by": "one person of each office that must say the same",
}
"""What of a round could grow, and what bounds it. Whoever adds a list or a mapping to a state says so beside it."""


def test_whatever_could_grow_in_a_round_says_what_bounds_it() -> None:
    states = {each.__name__ for each in STATES.values()}
    found = {each for each in collections(Round) if each.partition(".")[0] not in states}
    assert COLLECTIONS.keys() >= found


DAYS = {
    "OpenRound.opens": "common_acts.lacks_of_window, calls",
    "OpenRound.closes": "common_acts.lacks_of_window, calls",
    "MoveWindow.closes": "common_acts.may_move, calls, annual",
    "CallPaper.recommend_by": "calls: from the window's end on, in its year",
    "CommissionThirdParty.begins": "performance.may_commission",
    "CommissionThirdParty.ends": "performance.may_commission",
    "ObjectToList.postmarked_on": "read off the paper",
    "ObjectionPaper.postmarked_on": "the form asks for none; a letter's is told with how it came (on_paper.faults_of)",
    "RecordPayment.paid_on": "subsidies.may_pay: from when the list was final to the day itself",
    "Population.as_of": "drawn up by the service",
    "Assignment.planned_on": "inspecting: from today to the end of the window",
    "CheckRecord.inspected_on": "inspecting: from the assignment to the day itself",
    "CheckRecord.rectify_by": "inspecting: so many days after the inspection",
    "RuleOnRectification.rectify_by": "inspecting: so many days from today",
    "RectificationReport.finished_on": "inspecting: from the inspection to the day itself",
    "ReportOnPaper.finished_on": "inspecting: from the inspection to the day of receipt",
    "ReportOnPaper.received_on": "inspecting: from what was finished to the day itself",
    "OutageEvidence.until": "made by the service",
    "ExtendAll.until": "outages: from the proposed day to the next year's deadline",
}
"""Every day that somebody names in a round, and what bounds it. Whoever adds one says so here, and a case shows it."""


def test_every_day_that_is_named_in_a_round_says_what_bounds_it() -> None:
    papers = (paper for rules in RULES.values() for paper in rules.papers.values())
    named = {f"{each.__name__}.{name}" for each in (*ROUND_ACT_TYPES.values(), *papers) for name in named_in(each)}
    assert named == set(DAYS)


def test_a_round_and_its_entries_are_read_back_as_they_were() -> None:
    life = open_round()
    life.until(moment("2027-04-30"))
    for entry in life.entries:
        written = entry.model_dump(mode="json")
        assert RoundEntry.model_validate(written) == entry
        assert len(canonical(written["round"])) < 2048
    act = ROUND_ACT.validate_python(opening().model_dump(mode="json"))
    assert act == opening()


def test_nothing_is_known_that_was_not_asked_for() -> None:
    assert Known().item(SURVEY, "A-1") is None


def test_rows_name_an_article_that_there_is() -> None:
    for rules in RULES.values():
        for kind, row in rules.rows.items():
            assert isinstance(row, Row)
            assert cite(row.article), kind
