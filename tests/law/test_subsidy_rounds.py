"""后补助 (细则 9–10): a year's money from its scheme to its payment, and everything that may come between."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from models.rounds.base import RoundStage
from models.rounds.merit import Scheme, SubsidyList
from models.rounds.subsidies import SubsidyState
from models.values import canonical
from models.vocabulary import Stage
from regulation.rounds.consequences import Letter, Published
from regulation.rounds.drawing_up import candidates
from regulation.rounds.merit import left_out
from regulation.rounds.subsidising import terms_of
from tests.law.rounds_of_money import (
    COMMISSION,
    DOCUMENT,
    EVALUATION,
    SUBSIDY,
    Province,
    alliance,
    evaluated,
    lack,
    opened,
    scores,
)

BANDS = [
    {"at_least": "10", "below": "20", "amount": "3"}, {"at_least": "20", "below": "50", "amount": "6"},
    {"at_least": "50", "below": "100", "amount": "15"}, {"at_least": "100", "below": "200", "amount": "30"},
    {"at_least": "200", "amount": "50"},
]  # fmt: skip

SCHEME: dict[str, Any] = {
    "performance": [EVALUATION], "budget": "100", "bands": BANDS, "grades": ["excellent", "qualified"],
    "order": ["grade", "score", "base"],
}  # fmt: skip

BASE = {"proof": "D5b", "document": DOCUMENT["sha256"]}
OBJECTION = {
    "name": "沈阳某公司",
    "party": "unit",
    "channel": "platform",
    "stamped": True,
    "text": "第二名的研发投入与事实不符",
}


NOTES = {"bring_proof", "note_base", "record_exclusion"}


def test_what_is_offered_is_what_can_be_done_now() -> None:
    """Nobody is offered a list without a scheme, a ruling without an objection, a payment before the list is final."""
    here = Province({f"B-{number}": alliance(number) for number in range(1, 5)})
    evaluated(here, {"B-1": "92", "B-2": "80", "B-3": "70"})
    opened(here, SUBSIDY, "2027-04-01", "2027-06-30")
    always = {"move_window", "cancel_round"}
    assert here.offered(SUBSIDY, "2027-04-01 10:00", "p-401") == always | NOTES | {"adopt_scheme"}
    here = province()
    assert here.offered(SUBSIDY, "2027-04-05 10:00", "p-401") == always | NOTES | {"adopt_scheme", "approve_list"}
    here.done(SUBSIDY, "2027-04-06 09:00", "p-401", "approve_list", document_no="辽科发〔2027〕20号")
    here.done(SUBSIDY, "2027-04-06 10:00", "p-402", "approve_list", document_no="辽科发〔2027〕20号")
    on_notice = {"cancel_round", "enter_list_letter", "withdraw_list"}
    assert here.offered(SUBSIDY, "2027-04-06 11:00", "p-401") == on_notice
    here.done(SUBSIDY, "2027-04-07 09:00", "public", "object_to_list", OBJECTION)
    assert here.offered(SUBSIDY, "2027-04-07 10:00", "p-401") == on_notice | {"admit_list_objection"}


def province(*, budget: str = "100") -> Province:
    """Four alliances, three evaluated, their scheme in force, their bases noted."""
    here = Province({f"B-{number}": alliance(number) for number in range(1, 5)})
    evaluated(here, {"B-1": "92", "B-2": "80", "B-3": "70"})
    opened(here, SUBSIDY, "2027-04-01", "2027-06-30")
    scheme = {**SCHEME, "budget": budget}
    here.done(SUBSIDY, "2027-04-02 09:00", "p-401", "adopt_scheme", scheme, document_no="辽科发〔2027〕9号")
    for filing, amount in (("B-1", "150"), ("B-2", "600"), ("B-3", "60")):
        here.done(SUBSIDY, "2027-04-05 09:00", "c-101", "note_base", filing=filing, amount=amount, **BASE)
    return here


def test_money_does_not_rest_on_a_result_of_a_year_before_the_archiving() -> None:
    """Whatever is accepted in the register: neither ranked, nor paid once it shows after the notice."""
    here = province()
    here.alliances["B-1"] = replace(here.alliances["B-1"], archived_on=date(2028, 1, 15))
    approved(here, "2027-04-10")
    listed = next(told for told in here.papers.values() if "lines" in told)
    (line,) = [each for each in SubsidyList.model_validate(listed).lines if each.filing == "B-1"]
    assert (line.rank, line.amount, line.left_out) == (None, None, "archived_later")
    assert "备案晚于评价年度，不在本年度评价范围" in line.why[0]
    here.alliances["B-2"] = replace(here.alliances["B-2"], archived_on=date(2028, 1, 15))
    scheme = Scheme.model_validate(SCHEME)
    every = {
        each.filing: left_out(each, scheme, terms_of(here.round(SUBSIDY)), 2027)
        for each in candidates(here.round(SUBSIDY), here.known())
    }
    assert [row.code for row in every["B-2"]] == ["archived_later"]
    here.continuing = frozenset({"B-1", "B-2"})
    assert not any(each.archived_later for each in candidates(here.round(SUBSIDY), here.known()))


def approved(here: Province, day: str, number: str = "辽科发〔2027〕12号") -> SubsidyState:
    """Two people approved the list, which is on notice."""
    here.done(SUBSIDY, f"{day} 09:00", "p-401", "approve_list", document_no=number)
    return state(here.done(SUBSIDY, f"{day} 10:00", "p-402", "approve_list", document_no=number))


def state(round_: Any) -> SubsidyState:
    """What only a subsidy holds."""
    assert isinstance(round_.of, SubsidyState)
    return round_.of


def listed(here: Province) -> list[str]:
    """The list that stands."""
    drawn = state(here.round(SUBSIDY)).drawn
    assert drawn
    lines = SubsidyList.model_validate(here.papers[drawn]).lines
    return [f"{line.filing} {line.left_out or (f'{line.amount:.2f}' if line.amount else '无')}" for line in lines]


def test_a_year_from_the_scheme_to_the_payment() -> None:
    here = province()
    assert here.states(SUBSIDY) == dict.fromkeys(("B-1", "B-2", "B-3"), "proven")
    here.done(SUBSIDY, "2027-05-06 09:00", "p-401", "approve_list", document_no="辽科发〔2027〕12号")
    assert here.round(SUBSIDY).stage is RoundStage.OPEN, "one person alone approves nothing"
    same = here.does(SUBSIDY, "2027-05-06 09:30", "p-401", "approve_list", document_no="辽科发〔2027〕12号")
    assert "两人" in lack(same)
    round_ = here.done(SUBSIDY, "2027-05-06 10:00", "p-402", "approve_list", document_no="辽科发〔2027〕12号")
    assert round_.stage is RoundStage.ON_NOTICE
    assert listed(here) == ["B-1 30.00", "B-2 50.00", "B-3 15.00", "B-4 not_evaluated"]
    assert state(round_).total == Decimal(95)
    assert (round_.counts["listed"], round_.counts["beyond"], round_.counts["left_out"]) == (3, 0, 1)
    assert "轮次公示中" in lack(
        here.does(SUBSIDY, "2027-05-07 09:00", "c-101", "note_base", filing="B-4", amount="9", **BASE)
    )
    assert "尚未届满" in lack(here.does(SUBSIDY, "2027-05-12 09:00", "p-401", "confirm_list_clear"))
    round_ = here.until(SUBSIDY, "2027-05-30 00:00")
    assert (round_.stage, state(round_).final_at is not None) == (RoundStage.OPEN, True)
    assert "名单已经确定" in lack(
        here.does(SUBSIDY, "2027-05-31 09:00", "p-401", "approve_list", document_no="辽科发〔2027〕13号")
    )
    early = here.does(
        SUBSIDY, "2027-06-20 09:00", "p-401", "record_payment", document_no="辽财〔2027〕3号", paid_on="2027-05-01"
    )
    assert "名单确定之后" in lack(early)
    assert "尚未下达" in lack(here.does(SUBSIDY, "2027-06-20 09:00", "p-401", "close_round"))
    here.done(
        SUBSIDY, "2027-06-20 09:00", "p-401", "record_payment", document_no="辽财〔2027〕3号", paid_on="2027-06-18"
    )
    round_ = here.done(SUBSIDY, "2027-06-21 09:00", "p-401", "close_round")
    assert round_.stage is RoundStage.CLOSED
    assert here.states(SUBSIDY) == {"B-1": "listed", "B-2": "listed", "B-3": "listed", "B-4": "left_out"}
    assert len(canonical(round_.model_dump(mode="json"))) < 4096


def test_everybody_on_the_list_is_told_why_and_the_public_only_what_it_may_know() -> None:
    """Each leader gets the lines of its own amount; what is published holds no score and no base, and yet adds up (G-04b)."""
    here = province(budget="85")
    approved(here, "2027-05-06")
    here.until(SUBSIDY, "2027-05-30 00:00")
    followed = here.lives[SUBSIDY].followed
    letters = [each for each in followed if isinstance(each, Letter)]
    told = {each.filing_id: each for each in letters if each.text in ("subsidy_listed", "subsidy_not_listed")}
    assert {name: each.text for name, each in told.items()} == {
        "B-1": "subsidy_listed", "B-2": "subsidy_listed", "B-3": "subsidy_not_listed"
    }  # fmt: skip
    assert "2．基数：2026年度研发投入总额150.00万元" in told["B-1"].words["why"]
    assert "不予安排" in told["B-3"].words["why"]
    assert [each.text for each in letters if each.text == "subsidy_to_agree"] == ["subsidy_to_agree"]
    notice, final = (each for each in followed if isinstance(each, Published))
    assert (notice.kind, notice.shown_until, final.kind) == ("subsidy_notice", date(2027, 5, 13), "subsidy_final")
    shown = canonical(notice.content)
    assert '150.00"' not in shown
    assert not any(name in shown for name in ('"score"', '"base"', "92.00"))
    assert sum(Decimal(row["amount"]) for row in notice.content["rows"]) == Decimal(notice.content["total"])


def test_the_notice_ends_and_is_cleared_by_the_days_of_every_notice() -> None:
    """Five working days, three of grace; May Day lies before it."""
    here = province()
    approved(here, "2027-05-06")
    here.until(SUBSIDY, "2027-05-30 00:00")
    ends = {
        entry.event.kind: entry.at.isoformat() for entry in here.lives[SUBSIDY].entries if "notice" in entry.event.kind
    }
    assert ends == {"notice_ended": "2027-05-13T16:00:00+00:00", "notice_cleared": "2027-05-18T16:00:00+00:00"}


def test_an_objection_that_is_upheld_leads_to_an_amended_list() -> None:
    """Who is wrongly listed is excluded by a document; whoever stands behind moves up; the amended list is on notice anew."""
    here = province(budget="85")
    first = approved(here, "2027-05-06")
    assert listed(here) == ["B-1 30.00", "B-2 50.00", "B-3 无", "B-4 not_evaluated"]
    here.done(SUBSIDY, "2027-05-07 09:00", "public", "object_to_list", OBJECTION)
    (objection,) = here.round(SUBSIDY).notice.objections  # type: ignore[union-attr]
    here.until(SUBSIDY, "2027-05-24 00:00")
    assert here.round(SUBSIDY).stage is RoundStage.ON_NOTICE, "an open objection keeps the list from being final"
    said = {"objection": objection.id, "reason": "实名并附证据"}
    here.done(SUBSIDY, "2027-05-24 09:00", "p-401", "admit_list_objection", admissible=True, **said)
    round_ = here.done(SUBSIDY, "2027-05-25 09:00", "p-402", "rule_on_list_objection", outcome="upheld", **said)
    assert (round_.stage, state(round_).drawn, round_.periods) == (RoundStage.OPEN, None, {})
    why = {"code": "dishonest", "document_no": "辽科监〔2027〕2号", "reason": "研发投入虚报"}
    here.done(SUBSIDY, "2027-05-26 09:00", "p-401", "record_exclusion", filing="B-2", **why)
    amended = approved(here, "2027-05-27", "辽科发〔2027〕15号")
    assert listed(here) == ["B-1 30.00", "B-3 15.00", "B-2 dishonest", "B-4 not_evaluated"]
    assert (amended.lists, amended.drawn != first.drawn) == (2, True)
    assert state(here.until(SUBSIDY, "2027-06-20 00:00")).final_at


def test_an_objection_that_is_dismissed_leaves_the_list_as_it_is() -> None:
    here = province()
    approved(here, "2027-05-06")
    here.done(SUBSIDY, "2027-05-07 09:00", "public", "object_to_list", OBJECTION)
    here.done(SUBSIDY, "2027-05-08 09:00", "public", "object_to_list", {**OBJECTION, "name": None}, anonymous=True)
    (objection,) = here.round(SUBSIDY).notice.objections  # type: ignore[union-attr]
    said = {"objection": objection.id, "reason": "经核查不属实"}
    here.done(SUBSIDY, "2027-05-10 09:00", "p-401", "admit_list_objection", admissible=True, **said)
    here.done(SUBSIDY, "2027-05-11 09:00", "p-401", "rule_on_list_objection", outcome="dismissed", **said)
    round_ = here.until(SUBSIDY, "2027-05-20 00:00")
    assert state(round_).final_at
    assert sum(each.event.kind == "object_to_list" for each in here.lives[SUBSIDY].entries) == 2


def test_who_handles_no_objection_is_chased_until_they_do() -> None:
    here = province()
    approved(here, "2027-05-06")
    here.done(SUBSIDY, "2027-05-07 09:00", "public", "object_to_list", OBJECTION)
    here.until(SUBSIDY, "2027-09-01 00:00")
    chased = [entry.at for entry in here.lives[SUBSIDY].entries if entry.event.kind == "overdue"]
    assert len(chased) == 3
    (objection,) = here.round(SUBSIDY).notice.objections  # type: ignore[union-attr]
    said = {"objection": objection.id, "reason": "与名单无关"}
    round_ = here.done(SUBSIDY, "2027-09-02 09:00", "p-401", "admit_list_objection", admissible=False, **said)
    assert not any("objection" in name for name in (*round_.passed, *round_.periods))


def test_a_base_is_what_a_person_read_off_a_document_that_is_there() -> None:
    """Never off the form; of the round's own city; of the year before."""
    here = province()
    none = here.does(
        SUBSIDY, "2027-04-06 09:00", "c-101", "note_base", filing="B-4", amount="90", proof="D5a", document="c" * 64
    )
    assert "没有这份材料" in lack(none)
    foreign = here.does(SUBSIDY, "2027-04-06 09:00", "d-111", "note_base", filing="B-4", amount="90", **BASE)
    assert "不由本机构办理" in lack(foreign)
    document = {
        "kind": "D5a", "name": "加计扣除.pdf", "media_type": "application/pdf", "size": 9, "sha256": "c" * 64, "location": "x",
    }  # fmt: skip
    late = {"year": 2025, "stated": "90", "document": document}
    assert "2026年度" in lack(here.does(SUBSIDY, "2027-04-06 09:00", "c-101", "bring_proof", late, filing="B-4"))
    here.done(SUBSIDY, "2027-04-06 09:00", "c-101", "bring_proof", {**late, "year": 2026}, filing="B-4")
    assert here.states(SUBSIDY)["B-4"] == "brought", "what is stated is no base"
    noted = {"amount": "88.88", "proof": "D5a", "document": "c" * 64}
    here.done(SUBSIDY, "2027-04-07 09:00", "c-101", "note_base", filing="B-4", **noted)
    assert here.round(SUBSIDY).counts["proven"] == 4
    here.done(SUBSIDY, "2027-04-08 09:00", "c-101", "note_base", filing="B-4", **{**noted, "amount": "88.89"})
    assert here.round(SUBSIDY).counts["proven"] == 4


def test_a_scheme_that_could_break_the_bound_is_refused_with_every_fault() -> None:
    here = province()
    wrong = {
        **SCHEME, "order": ["base", "grade"], "performance": ["performance-2027-LN-9"],
        "bands": [{"at_least": "10", "below": "40", "amount": "3"}, {"at_least": "40", "amount": "50"}],
    }  # fmt: skip
    told = lack(
        here.does(SUBSIDY, "2027-04-09 09:00", "p-401", "adopt_scheme", wrong, document_no="辽科发〔2027〕10号")
    )
    assert [line.partition(" ")[0] for line in told.splitlines()] == [
        "/content/bands/0/amount", "/content/bands/1/amount", "/content/order", "/content/performance/0",
    ]  # fmt: skip


def test_what_two_approve_falls_with_what_it_rests_on() -> None:
    """A base that was noted in between makes another list: the second person's word is a first half again."""
    here = province()
    here.done(SUBSIDY, "2027-05-06 09:00", "p-401", "approve_list", document_no="辽科发〔2027〕12号")
    here.done(SUBSIDY, "2027-05-06 09:10", "c-101", "note_base", filing="B-3", amount="61", **BASE)
    round_ = here.done(SUBSIDY, "2027-05-06 10:00", "p-402", "approve_list", document_no="辽科发〔2027〕12号")
    assert round_.stage is RoundStage.OPEN


def test_a_list_that_was_not_drawn_up_from_what_is_on_record_is_refused() -> None:
    here = province()
    drawn = {"lines": [], "budget": "100", "total": "0"}
    told = lack(
        here.does(SUBSIDY, "2027-05-06 09:00", "p-401", "approve_list", drawn, document_no="辽科发〔2027〕12号")
    )
    assert "依据已有变化" in told


def test_who_left_or_is_to_be_revoked_is_left_out_and_told_why() -> None:
    here = province()
    here.alliances["B-1"] = alliance(1, stage=Stage.REVOCATION_PENDING)
    here.alliances["B-2"] = alliance(2, stage=Stage.REVOKED)
    approved(here, "2027-05-06")
    assert listed(here) == ["B-3 15.00", "B-1 pending", "B-2 not_in_force", "B-4 not_evaluated"]


def test_a_recorded_reason_is_lifted_by_another_document() -> None:
    here = province()
    why = {"code": "listed", "document_no": "沈市监〔2027〕2号", "reason": "列入经营异常名录"}
    here.done(SUBSIDY, "2027-04-10 09:00", "c-101", "record_exclusion", filing="B-1", **why)
    assert here.states(SUBSIDY)["B-1"] == "excluded"
    here.done(SUBSIDY, "2027-04-20 09:00", "c-101", "record_exclusion", filing="B-1", lifted=True, **why)
    assert here.states(SUBSIDY)["B-1"] == "proven"
    again = here.does(SUBSIDY, "2027-04-21 09:00", "c-101", "record_exclusion", filing="B-1", lifted=True, **why)
    assert "没有登记" in lack(again)
    unknown = here.does(
        SUBSIDY, "2027-04-21 09:00", "c-101", "record_exclusion", filing="B-1", **{**why, "code": "odd"}
    )
    assert "dishonest（" in lack(unknown)


# What money may rest on


SECOND = "performance-2027-LN-2"
"""Another evaluation of the year, accepted after the first."""


def evaluated_again(here: Province, round_id: str, points: str, day: str) -> None:
    """B-1 was evaluated once more."""
    opened(here, round_id, day, "2027-12-31")
    content = {"people": ("e-501",), "alliances": ("B-1",), "no_interest": True}
    here.done(round_id, f"{day} 10:00", "p-401", "commission", content, **COMMISSION | {"ends": "2027-12-31"})
    here.done(round_id, f"{day} 11:00", "e-501", "appraise", {"rows": [scores("B-1", points)]})
    here.done(round_id, f"{day} 12:00", "p-401", "accept_results", document_no="辽科发〔2027〕2号")


def adopts(here: Province, day: str, *performance: str, of: str = SUBSIDY) -> Any:
    """A scheme that rests on these evaluations."""
    content = {**SCHEME, "performance": list(performance)}
    return here.does(of, f"{day} 09:00", "p-401", "adopt_scheme", content, document_no="辽科发〔2027〕10号")


def test_the_newest_result_of_the_year_decides_in_whatever_order_a_scheme_names_them() -> None:
    """An enterprise that was excellent once and is unqualified now is not paid (细则 9)."""
    for order in ((EVALUATION, SECOND), (SECOND, EVALUATION)):
        here = province()
        evaluated_again(here, SECOND, "10", "2027-04-06")
        told = len(here.lives[SUBSIDY].followed)
        assert not isinstance(adopts(here, "2027-04-07", *order), list)
        asked = [each for each in here.lives[SUBSIDY].followed[told:] if isinstance(each, Letter)]
        assert [each.filing_id for each in asked] == ["B-2", "B-3"], "each is asked once, and by its newest grade"
        approved(here, "2027-05-06")
        assert listed(here) == ["B-2 50.00", "B-3 15.00", "B-1 grade", "B-4 not_evaluated"]


def test_an_evaluation_of_another_year_is_no_basis() -> None:
    here = province()
    evaluated_again(here, "performance-2026-LN-1", "95", "2027-04-06")
    told = lack(adopts(here, "2027-04-07", EVALUATION, "performance-2026-LN-1"))
    assert told == ("/content/performance/1 须为本年度（2027年度）的绩效评价，不得以2026年度的评价结果为依据")


def test_an_evaluation_that_was_cancelled_is_no_basis() -> None:
    """Neither for a scheme, nor for a list by a scheme of before."""
    here = province()
    evaluated_again(here, SECOND, "10", "2027-04-06")
    adopts(here, "2027-04-07", EVALUATION, SECOND)
    cancelled(here, SECOND)
    assert "已取消，其评价结果不能作为依据" in lack(adopts(here, "2027-04-09", EVALUATION, SECOND))
    approved(here, "2027-05-06")
    assert listed(here)[0] == "B-1 30.00"
    cancelled(here, EVALUATION)
    other = "subsidy-2027-LN-2"
    opened(here, other, "2027-05-07", "2027-06-30")
    assert "已取消" in lack(adopts(here, "2027-05-08", EVALUATION, of=other))


def cancelled(here: Province, round_id: str) -> None:
    """A round that stands as cancelled, although its results were accepted, which none can be any more."""
    here.lives[round_id].round = here.round(round_id).but(stage=RoundStage.CANCELLED)


# Once a year


def test_one_enterprise_is_listed_once_a_year_whatever_the_round() -> None:
    """The bound of 细则 10 is an enterprise's for a year: a second round of the year pays whoever the first does not."""
    here = province(budget="85")
    approved(here, "2027-05-06")
    assert listed(here)[:3] == ["B-1 30.00", "B-2 50.00", "B-3 无"]
    other = "subsidy-2027-LN-2"
    opened(here, other, "2027-05-07", "2027-07-30")
    adopts(here, "2027-05-08", EVALUATION, of=other)
    for filing, amount in (("B-1", "150"), ("B-2", "600"), ("B-3", "60")):
        here.done(other, "2027-05-09 09:00", "c-101", "note_base", filing=filing, amount=amount, **BASE)
    number = "辽科发〔2027〕20号"
    here.done(other, "2027-05-10 09:00", "p-401", "approve_list", document_no=number)
    here.done(other, "2027-05-10 10:00", "p-402", "approve_list", document_no=number)
    drawn = SubsidyList.model_validate(here.papers[str(state(here.round(other)).drawn)])
    assert [(line.filing, line.left_out) for line in drawn.lines] == [
        ("B-3", None), ("B-1", "paid_this_year"), ("B-2", "paid_this_year"), ("B-4", "not_evaluated"),
    ]  # fmt: skip
    assert drawn.lines[1].why == ("不予支持：盟主企业已列入本年度另一后补助名单，依据《实施细则》第十条。",)


# After the list


def final(here: Province) -> None:
    """The list stands."""
    approved(here, "2027-05-06")
    here.until(SUBSIDY, "2027-05-30 00:00")


def pays(here: Province, day: str) -> Any:
    """The money goes out."""
    return here.does(SUBSIDY, f"{day} 09:00", "p-401", "record_payment", document_no="辽财〔2027〕3号", paid_on=day)


def letters(here: Province, text: str) -> list[Letter]:
    """Who was told something."""
    return [each for each in here.lives[SUBSIDY].followed if isinstance(each, Letter) and each.text == text]


def published(here: Province, kind: str) -> list[Published]:
    """What the public was told."""
    return [each for each in here.lives[SUBSIDY].followed if isinstance(each, Published) and each.kind == kind]


def test_who_was_revoked_after_the_list_is_not_paid_and_is_told_why() -> None:
    here = province()
    final(here)
    here.alliances["B-1"] = alliance(1, stage=Stage.REVOKED)
    here.alliances["B-3"] = alliance(3, stage=Stage.REVOCATION_PENDING)
    assert not isinstance(pays(here, "2027-06-18"), list)
    assert state(here.round(SUBSIDY)).unpaid == {"B-1": "not_in_force", "B-3": "pending"}
    assert here.states(SUBSIDY) == {"B-1": "unpaid", "B-2": "listed", "B-3": "unpaid", "B-4": "left_out"}
    assert [each.filing_id for each in letters(here, "subsidy_paid")] == ["B-2"]
    told = letters(here, "subsidy_unpaid")
    assert [(each.filing_id, each.words["amount"]) for each in told] == [("B-1", "30.00"), ("B-3", "15.00")]
    assert told[0].words["why"] == "备案已不在有效状态，依据《实施细则》第八条"
    (shown,) = published(here, "subsidy_unpaid")
    assert [row["alliance"] for row in shown.content["unpaid"]] == ["沈阳市第1联盟", "沈阳市第3联盟"]


def test_a_list_of_which_nobody_stands_any_more_is_not_paid() -> None:
    here = province()
    final(here)
    cancelled(here, EVALUATION)
    assert "均不能下达：本年度绩效评价没有验收的结果" in lack(pays(here, "2027-06-18"))
    assert state(here.round(SUBSIDY)).paid_on is None


def withdraws(here: Province, at: str, person: str) -> Any:
    """The office takes its list back."""
    return here.does(SUBSIDY, at, person, "withdraw_list", reason="研发投入登记有误")


def test_two_people_take_a_list_back_without_anybody_s_objection() -> None:
    """On notice, and when it is final: put right, it is approved and on notice anew, and whoever stood on it is told."""
    for day, again in (("2027-05-07", "2027-05-10"), ("2027-05-31", "2027-06-02")):
        here = province()
        assert "没有公示中" in lack(withdraws(here, "2027-05-05 09:00", "p-401"))
        approved(here, "2027-05-06")
        withdraws(here, f"{day} 09:00", "p-401")
        assert state(here.round(SUBSIDY)).drawn, "one person alone takes nothing back"
        assert "两人" in lack(withdraws(here, f"{day} 09:30", "p-401"))
        withdraws(here, f"{day} 10:00", "p-402")
        round_ = here.round(SUBSIDY)
        assert (round_.stage, round_.periods, state(round_).drawn, state(round_).final_at) == (
            RoundStage.OPEN,
            {},
            None,
            None,
        )
        assert [each.filing_id for each in letters(here, "subsidy_withdrawn")] == ["B-1", "B-2", "B-3"]
        assert len(letters(here, "subsidy_other_to_agree")) == 1
        assert published(here, "subsidy_withdrawn")
        assert "尚未确定" in lack(pays(here, day))
        here.done(SUBSIDY, f"{day} 11:00", "c-101", "note_base", filing="B-2", amount="150", **BASE)
        approved(here, again, "辽科发〔2027〕15号")
        assert here.round(SUBSIDY).stage is RoundStage.ON_NOTICE
        assert listed(here)[:2] == ["B-1 30.00", "B-2 30.00"]
        assert state(here.until(SUBSIDY, "2027-06-20 00:00")).final_at


def test_a_list_that_was_paid_is_neither_taken_back_nor_cancelled() -> None:
    here = province()
    final(here)
    pays(here, "2027-06-18")
    for kind in ("withdraw_list", "cancel_round"):
        told = lack(here.does(SUBSIDY, "2027-06-19 09:00", "p-401", kind, reason="另有考虑"))
        assert "资金已于2027年6月18日下达" in told


def test_a_round_whose_list_was_on_notice_is_cancelled_by_two_and_everybody_on_it_is_told() -> None:
    here = province()
    approved(here, "2027-05-06")
    here.done(SUBSIDY, "2027-05-07 09:00", "p-401", "cancel_round", reason="年度财力调整")
    assert here.round(SUBSIDY).stage is RoundStage.ON_NOTICE, "one person alone cancels nothing that was on notice"
    assert len(letters(here, "subsidy_other_to_agree")) == 1
    here.done(SUBSIDY, "2027-05-07 10:00", "p-402", "cancel_round", reason="年度财力调整")
    assert here.round(SUBSIDY).stage is RoundStage.CANCELLED
    assert [each.filing_id for each in letters(here, "subsidy_cancelled")] == ["B-1", "B-2", "B-3"]
    assert published(here, "subsidy_cancelled")


def test_a_round_without_a_list_is_cancelled_by_one() -> None:
    here = province()
    round_ = here.done(SUBSIDY, "2027-05-05 09:00", "p-401", "cancel_round", reason="年度财力调整")
    assert round_.stage is RoundStage.CANCELLED
    assert not letters(here, "subsidy_cancelled")
