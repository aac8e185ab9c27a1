"""Why in rounds: a grade, an amount, a lot, whoever was told, as a jurist reads it; every sentence rests on entries and an article."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from models.reasons import Reason, Register
from models.rounds.round import RoundEntry
from models.values import digest
from regulation.rounds.consequences import Letter
from regulation.rounds.simulation import RoundLife
from regulation.rounds.why import Asked, Sent, why
from tests.law.rounds_of_money import EVALUATION, SUBSIDY, Province
from tests.law.test_inspections import PLAN, Story
from tests.law.test_inspections import told as drawn
from tests.law.test_subsidy_rounds import approved, province
from tests.law.test_why import CODE

RESULT = """\
2027年3月20日9时00分，省科技厅办理了“验收评价结果”（辽科发〔2027〕1号）（第4号登记）。依据：《实施细则》第八条。
  “沈阳市第2联盟”由辽宁某科技评估有限公司评价：建设方向80.00分、运行机制80.00分、创新成效80.00分、组织活动80.00分；按权重（建设方向25%、运行机制25%、创新成效25%、组织活动25%）得80.00分，低于优秀的分数线85.00分、不低于合格的分数线60.00分，评价等级为“合格”（第4号登记）。依据：《实施细则》第八条。"""
OWN_RESULT = "  “沈阳市第2联盟”由辽宁某科技评估有限公司评价，得分低于优秀的分数线85.00分、不低于合格的分数线60.00分，评价等级为“合格”。"
AMOUNT = """\
依照《实施细则》第九条，2027年5月6日10时00分，省科技厅办理了“审定名单并公示”（辽科发〔2027〕12号），此前该机关另一人已作同样的表示，轮次由“进行中”转为“公示中”（第7号登记）。
  依照《实施细则》第九条，“沈阳市第1联盟”列第1名，拟支持30.00万元（第7号登记）。
    评价：年度绩效评价结果为“优秀”，得分92.00分，依据《实施细则》第九条（第7号登记；《实施细则》第九条）。
    基数：2026年度研发投入总额150.00万元，经核对“研发投入专项审计报告”（文件摘要bbbbbbbbbbbb…）登记（第7号登记；《实施细则》第九条）。
    定额：在第4档，100.00（含）至200.00万元（不含），定额30.00万元，依据《实施细则》第十条（第7号登记；《实施细则》第九条）。
    上下限：下限15.00万元（研发投入的10%与50.00万元中较小的），上限45.00万元（研发投入的30%与50.00万元中较小的），定额30.00万元在上下限之内（第7号登记；《实施细则》第九条）。
    次序：第1名（评价等级高者在先，评价得分高者在先，上一年度研发投入高者在先；以上均相同的，备案编号在前者在先）（第7号登记；《实施细则》第九条）。
    资金：年度资金总额85.00万元，列前各名已安排0.00万元，余85.00万元，安排30.00万元（第7号登记；《实施细则》第九条）。"""

NAMES = {f"B-{number}": f"沈阳市第{number}联盟" for number in range(1, 5)}


def asked(life: RoundLife, kind: str, papers: dict[str, Any], **about: Any) -> tuple[Asked, RoundEntry]:
    """What is known of the last entry of a kind."""
    entry = [each for each in life.entries if each.event.kind == kind][-1]
    content = papers.get(getattr(entry.event, "paper", None) or "")
    return Asked(life.entries, content, papers, names=NAMES, **about), entry


def told(life: RoundLife, kind: str, papers: dict[str, Any], register: Register, **about: Any) -> list[str]:
    """What is answered about it, line by line."""
    question, entry = asked(life, kind, papers, **about)
    [reason] = why(question, entry.number).reasons
    return [f"{'  ' * depth}{line}" for depth, line in reason.lines(register)]


def money() -> Province:
    """Three evaluated, of whom the money is enough for two."""
    here = province(budget="85")
    approved(here, "2027-05-06")
    return here


def lot_papers(story: Story) -> dict[str, Any]:
    """The papers of a lot, by digest."""
    return {digest(each): each for each in (PLAN, story.population, story.lot)}


def test_a_grade_is_told_by_its_scores_weights_and_threshold() -> None:
    here = money()
    assert (
        told(here.lives[EVALUATION], "accept_results", here.papers, Register.OFFICE, filing="B-2")
        == RESULT.splitlines()
    )


def test_whoever_may_not_read_the_scores_is_told_the_grade_and_why() -> None:
    here = money()
    lines = told(here.lives[EVALUATION], "accept_results", here.papers, Register.ENTERPRISE, filing="B-2", own=True)
    assert lines[1] == OWN_RESULT
    assert not any("第1联盟" in each for each in lines)


def test_an_amount_is_told_by_the_lines_of_its_list() -> None:
    here = money()
    assert told(here.lives[SUBSIDY], "approve_list", here.papers, Register.COURT, filing="B-1") == AMOUNT.splitlines()
    assert "“沈阳市第3联盟”列第3名，不予安排" in "".join(
        told(here.lives[SUBSIDY], "approve_list", here.papers, Register.OFFICE, filing="B-3")
    )


def test_a_lot_is_told_by_its_seed_its_strata_and_the_place_in_them() -> None:
    story = drawn("drawn")
    [taken, *_] = story.drawn
    lines = told(story.life, "draw_lot", lot_papers(story), Register.OFFICE, filing=taken)
    assert lines[1].startswith(f"  种子{story.lot['seed']}由总体名单的摘要、各方揭示的随机数和事先指定的公开随机数算出")
    assert re.search(r"一层由小到大列第\d位，抽中（第9号登记）", lines[-1])
    left_out = told(story.life, "draw_lot", lot_papers(story), Register.COURT, filing="LN-10")
    assert "“甲乙10产学研联盟”不参加抽签：12个月内已检查" in left_out[-1]


def test_whom_an_entry_told_and_why_is_told() -> None:
    here = money()
    letters = [
        each for each in here.lives[SUBSIDY].followed if isinstance(each, Letter) and each.text == "subsidy_listed"
    ]
    sent = [Sent(each.to, each.office, "列入拟支持名单", each.filing_id) for each in letters]
    sent += [Sent("city_st", "210100", "请核对研发投入"), Sent("province_st", "210000", "请核对研发投入")]
    lines = told(here.lives[SUBSIDY], "approve_list", here.papers, Register.OFFICE, filing="B-4", sent=sent)
    assert (
        "  告知盟主企业2家“列入拟支持名单”：其联盟在本轮次之内（“沈阳市第1联盟”、“沈阳市第2联盟”）（第7号登记）。依据：《实施细则》第九条。"
        in lines
    )
    assert any("告知沈阳市科技局“请核对研发投入”：本轮次由其办理" in each for each in lines)


def test_what_comes_next_is_told_of_a_round() -> None:
    here = money()
    lines = [each.office for each in why(Asked(here.lives[SUBSIDY].entries)).reasons]
    assert lines[0].startswith("轮次处于“公示中”，自2027年5月6日10时")
    assert lines[1].startswith("2027年5月13日24时，到“公示期满（名单）”的日期")


def every() -> Iterator[tuple[RoundLife, RoundEntry, Reason]]:
    """Every sentence about every entry of these rounds."""
    here, story = money(), drawn("ruled")
    for life, papers in [*((life, here.papers) for life in here.lives.values()), (story.life, lot_papers(story))]:
        for entry in life.entries:
            content = papers.get(getattr(entry.event, "paper", None) or "")
            for reason in why(Asked(life.entries, content, papers, names=NAMES), entry.number).reasons:
                yield from ((life, entry, each) for each in reason.every())


def test_every_sentence_is_of_words_and_rests_on_entries_and_an_article() -> None:
    found = list(every())
    assert len(found) > 40
    for life, entry, reason in found:
        numbers = {each.number for each in life.entries}
        assert reason.article, reason
        assert reason.facts[0].entry == entry.number
        assert {each.entry for each in reason.facts} <= numbers
        for register in Register:
            said = re.sub(r"[0-9a-f]{12,64}", "", reason.worded(register))
            assert not CODE.search(said), said


def test_a_first_half_comes_to_nothing_yet() -> None:
    here = money()
    life = here.lives[SUBSIDY]
    first = next(each for each in life.entries if each.event.kind == "approve_list")
    content = here.papers[getattr(first.event, "paper", "")]
    [reason] = why(Asked(life.entries, content, here.papers), first.number).reasons
    assert reason.because == ()
    assert "须另有一人或者另一部门作同样的表示才生效" in reason.office
    assert why(replace(Asked(life.entries)), 99).reasons == ()
