"""年度绩效评价 (细则 8): who is commissioned, who may not evaluate whom, what is accepted."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from models.rounds.appraisals import Results
from models.rounds.base import RoundStage
from models.rounds.round import RoundReceipt
from models.values import canonical
from regulation.rounds.appraising import Withdrawn, is_theirs
from regulation.rounds.consequences import ActOnFiling, Letter, Published
from regulation.rounds.performing import state_of
from tests.applications import enterprise
from tests.law.rounds_of_money import (
    COMMISSION,
    EVALUATION,
    Province,
    alliance,
    commissioned,
    evaluated,
    lack,
    opened,
    scores,
)


def province(*, naming: tuple[str, ...] = ()) -> Province:
    """Four alliances of kind B."""
    return Province({f"B-{number}": alliance(number) for number in range(1, 5)}, frozenset(naming))


def test_an_evaluation_from_the_commission_to_its_acceptance() -> None:
    """Scores become grades; on a threshold the better one; the round is counted through."""
    here = province()
    commissioned(here, "B-1", "B-2", "B-3")
    rows = [scores("B-1", "92.5"), scores("B-2", "60"), scores("B-3", "85", results="84.99")]
    here.done(EVALUATION, "2027-03-01 09:00", "e-501", "appraise", {"rows": rows})
    after = here.done(EVALUATION, "2027-03-20 09:00", "p-401", "accept_results", document_no="辽科发〔2027〕1号")
    assert after.counts == {"expected": 3, "done": 3, "excellent": 1, "qualified": 2, "unqualified": 0}
    results = Results.model_validate(here.papers[str(state_of(after).results)])
    assert [(row.filing, row.score, row.grade) for row in results.rows] == [
        ("B-1", Decimal("92.5"), "excellent"), ("B-2", Decimal(60), "qualified"), ("B-3", Decimal("84.9975"), "qualified"),
    ]  # fmt: skip
    closed = here.done(EVALUATION, "2027-04-01 09:00", "p-401", "close_round")
    assert closed.stage is RoundStage.CLOSED
    assert set(here.states(EVALUATION).values()) == {"accepted"}
    assert len(canonical(after.model_dump(mode="json"))) < 4096
    acts = [each for each in here.lives[EVALUATION].followed if isinstance(each, ActOnFiling)]
    told = [(each.filing_id, each.act["kind"], each.act["result"], each.act["year"]) for each in acts]
    assert told == [
        (name, "record_evaluation", grade, 2027)
        for name, grade in (("B-1", "excellent"), ("B-2", "qualified"), ("B-3", "qualified"))
    ]
    (shown,) = [each for each in here.lives[EVALUATION].followed if isinstance(each, Published)]
    assert [row["grade"] for row in shown.content["rows"]] == ["优秀", "合格", "合格"]
    assert "score" not in shown.content["rows"][0], "grades are public, scores are not"


def test_what_is_offered_is_what_can_be_done_now() -> None:
    """Nothing is returned or accepted that nobody evaluated, and nobody evaluates without a commission that runs."""
    here, always = province(), {"move_window", "cancel_round", "commission"}
    opened(here, EVALUATION, "2027-02-01", "2027-03-31")
    assert here.offered(EVALUATION, "2027-02-01 10:00", "p-401") == always
    assert here.offered(EVALUATION, "2027-02-01 10:00", "e-501") == set()
    here = province()
    commissioned(here, "B-1", "B-2")
    assert here.offered(EVALUATION, "2027-02-03 09:00", "p-401") == always | {"end_commission"}
    assert here.offered(EVALUATION, "2027-02-03 09:00", "e-501") == {"declare_interest", "appraise"}
    here.done(EVALUATION, "2027-03-01 09:00", "e-501", "appraise", {"rows": [scores("B-1", "92")]})
    more = {"end_commission", "return_appraisal", "accept_results"}
    assert here.offered(EVALUATION, "2027-03-01 10:00", "p-401") == always | more


def test_it_is_of_kind_b_alone() -> None:
    here = province()
    said = {"title": "二〇二七年度", "opens": "2027-02-01", "closes": "2027-03-31", "alliances": "A"}
    assert "技术能力提升类" in lack(here.does(EVALUATION, "2027-02-01 09:00", "p-401", "open_round", **said))


def test_a_year_before_is_made_up_for_of_whoever_was_archived_by_then() -> None:
    here, of = province(), "performance-2025-LN-1"
    here.alliances["B-1"] = replace(here.alliances["B-1"], archived_on=date(2024, 5, 1))
    said = {"title": "二〇二五年度", "opens": "2027-02-01", "closes": "2027-03-31", "alliances": "B"}
    assert here.done(of, "2027-02-01 09:00", "p-401", "open_round", **said).looks_back
    content = {"alliances": ["B-1", "B-2"], "people": ["e-501"], "no_interest": True}
    told = here.does(of, "2027-02-02 09:00", "p-401", "commission", content, **COMMISSION)
    assert "不在2025年度评价范围" in lack(told)
    here.done(of, "2027-02-02 09:00", "p-401", "commission", content | {"alliances": ["B-1"]}, **COMMISSION)


def test_a_year_is_evaluated_once_it_has_begun_of_whoever_was_on_file_by_its_end() -> None:
    """What a filing would refuse is neither commissioned nor brought nor accepted, in the usual round of the year too."""
    here = province()
    opens = {"title": "二〇二七年度", "opens": "2026-12-01", "closes": "2028-03-31", "alliances": "B"}
    here.done(EVALUATION, "2026-12-01 09:00", "p-401", "open_round", **opens)
    content = {"alliances": ["B-1", "B-2", "B-3"], "people": ["e-501"], "no_interest": True}
    term = COMMISSION | {"begins": "2026-12-01", "ends": "2028-03-31"}
    here.done(EVALUATION, "2026-12-01 09:00", "p-401", "commission", content, **term)
    rows = [scores(name, "80") for name in ("B-1", "B-2", "B-3")]
    early = lack(here.does(EVALUATION, "2026-12-31 09:00", "e-501", "appraise", {"rows": rows}))
    assert early == "2027年度尚未开始，不能评价"
    here.done(EVALUATION, "2027-12-01 09:00", "e-501", "appraise", {"rows": rows})
    for name in ("B-1", "B-2"):
        here.alliances[name] = replace(here.alliances[name], archived_on=date(2028, 1, 15))
    here.continuing = frozenset({"B-2"})
    told = lack(here.does(EVALUATION, "2028-02-01 09:00", "e-501", "appraise", {"rows": rows}))
    assert told == "/content/rows/0/filing B-1：“沈阳市第1联盟”于2028年1月15日备案，不在2027年度评价范围"
    told = lack(here.does(EVALUATION, "2028-02-01 09:00", "p-401", "commission", content, **term))
    assert "/content/alliances/0 B-1：“沈阳市第1联盟”于2028年1月15日备案，不在2027年度评价范围" in told
    here.done(EVALUATION, "2028-02-02 09:00", "p-401", "accept_results", document_no="辽科发〔2028〕1号")
    assert here.states(EVALUATION) == {"B-1": "appraised", "B-2": "accepted", "B-3": "accepted"}
    acts = [each.filing_id for each in here.lives[EVALUATION].followed if isinstance(each, ActOnFiling)]
    assert acts == ["B-2", "B-3"], "who continues an earlier filing was on file all along"


def test_a_commission_names_alliances_with_which_nobody_has_to_do() -> None:
    """Every fault at once: strangers, what another evaluates, an organisation that is leader or member itself."""
    here = province(naming=("B-3",))
    commissioned(here, "B-1")
    content = {"people": ["e-503"], "alliances": ["B-1", "B-2", "B-3", "A-9"], "no_interest": False}
    told = lack(here.does(EVALUATION, "2027-02-03 09:00", "p-401", "commission", content, **COMMISSION))
    assert told.splitlines() == [
        "/content/no_interest 机构须书面声明与受托评价的联盟无利害关系",
        "/content/alliances/0 B-1：“沈阳市第1联盟”已委托辽宁某科技评估有限公司评价",
        "/content/alliances/2 B-3：“沈阳市第3联盟”的盟主或者成员就是该机构，须回避",
        "/content/alliances/3 A-9：不是本轮次范围内已备案入库的联盟",
    ]
    wrong = {**COMMISSION, "code": "91210102MA10ABCD6X"}
    content = {"people": ["e-503"], "alliances": ["B-2"], "no_interest": True}
    assert "18位中有写错或者颠倒的" in lack(
        here.does(EVALUATION, "2027-02-03 09:00", "p-401", "commission", content, **wrong)
    )
    wrong = {**COMMISSION, "begins": "2027-04-01"}
    assert "止日" in lack(here.does(EVALUATION, "2027-02-03 09:00", "p-401", "commission", content, **wrong))
    for wrong in ({"ends": "2072-03-31"}, {"begins": "1950-01-01"}):
        told = lack(here.does(EVALUATION, "2027-02-03 09:00", "p-401", "commission", content, **COMMISSION | wrong))
        assert "委托期限须在2026年1月1日与2028年12月31日之间" in told, (
            "a slip of the pen is told, and gives nobody decades"
        )


def test_an_evaluator_evaluates_the_alliances_of_the_commission_alone() -> None:
    here = province()
    commissioned(here, "B-1", "B-2")
    brought = {"rows": [scores("B-1", "80"), scores("B-3", "80"), scores("B-9", "80")]}
    told = lack(here.does(EVALUATION, "2027-03-01 09:00", "e-501", "appraise", brought))
    assert [line.partition(" ")[0] for line in told.splitlines()] == [
        "/content/rows/1/filing",
        "/content/rows/2/filing",
    ]
    stranger = lack(here.does(EVALUATION, "2027-03-01 09:00", "e-503", "appraise", {"rows": [scores("B-1", "80")]}))
    assert "不是受您所在机构委托" in stranger
    late = lack(here.does(EVALUATION, "2027-04-01 09:00", "e-501", "appraise", {"rows": [scores("B-1", "80")]}))
    assert "委托期" in late


def test_who_has_to_do_with_an_alliance_does_not_evaluate_it() -> None:
    """A colleague does; where the whole organisation withdraws, another organisation is commissioned."""
    here = province()
    commissioned(here, "B-1", "B-2")
    here.done(EVALUATION, "2027-02-10 09:00", "e-501", "declare_interest", filing="B-1", reason="曾任该企业顾问")
    told = lack(here.does(EVALUATION, "2027-03-01 09:00", "e-501", "appraise", {"rows": [scores("B-1", "80")]}))
    assert "利害关系" in told
    here.done(EVALUATION, "2027-03-01 09:00", "e-502", "appraise", {"rows": [scores("B-1", "80")]})
    here.done(EVALUATION, "2027-03-02 09:00", "p-401", "return_appraisal", filing="B-1", reason="依据不足")
    again = lack(here.does(EVALUATION, "2027-03-03 09:00", "e-501", "appraise", {"rows": [scores("B-1", "80")]}))
    assert "利害关系" in again, "a return does not make it forgotten"
    here.done(
        EVALUATION, "2027-03-03 09:00", "e-502", "declare_interest", filing="B-2", whole=True, reason="机构承担其项目"
    )
    assert "不是受您" in lack(
        here.does(EVALUATION, "2027-03-04 09:00", "e-502", "appraise", {"rows": [scores("B-2", "80")]})
    )
    other = {**COMMISSION, "organisation": "大连某评估中心", "code": enterprise(77), "contract_no": "辽科评2027-02"}
    content = {"people": ["e-503"], "alliances": ["B-2"], "no_interest": True}
    here.done(EVALUATION, "2027-03-04 10:00", "p-401", "commission", content, **other)
    here.done(EVALUATION, "2027-03-05 09:00", "e-503", "appraise", {"rows": [scores("B-2", "80")]})
    assert here.round(EVALUATION).counts == {"expected": 2, "done": 1}


def test_an_organisation_that_has_become_a_member_since_does_not_evaluate() -> None:
    here = province()
    commissioned(here, "B-1")
    here.naming = frozenset({"B-1"})
    told = lack(here.does(EVALUATION, "2027-03-01 09:00", "e-501", "appraise", {"rows": [scores("B-1", "80")]}))
    assert "须回避" in told


def test_a_commission_that_was_ended_evaluates_no_more() -> None:
    here = province()
    commissioned(here, "B-1")
    number = state_of(here.round(EVALUATION)).commissions[0].number
    here.done(EVALUATION, "2027-02-20 09:00", "p-401", "end_commission", commission=number, reason="合同解除")
    told = lack(here.does(EVALUATION, "2027-03-01 09:00", "e-501", "appraise", {"rows": [scores("B-1", "80")]}))
    assert "没有在委托期内" in told
    content = {"people": ["e-503"], "alliances": ["B-1"], "no_interest": True}
    here.done(EVALUATION, "2027-03-02 09:00", "p-401", "commission", content, **COMMISSION)


def test_results_are_accepted_whole_or_it_is_said_that_some_follow() -> None:
    here = province()
    commissioned(here, "B-1", "B-2")
    here.done(EVALUATION, "2027-03-01 09:00", "e-501", "appraise", {"rows": [scores("B-1", "80")]})
    said = {"document_no": "辽科发〔2027〕1号"}
    assert "2家，已评价1家" in lack(here.does(EVALUATION, "2027-03-20 09:00", "p-401", "accept_results", **said))
    here.done(EVALUATION, "2027-03-20 09:00", "p-401", "accept_results", unfinished=True, **said)
    assert here.states(EVALUATION) == {"B-1": "accepted", "B-2": "commissioned"}
    assert "已经验收" in lack(
        here.does(EVALUATION, "2027-03-21 09:00", "e-501", "appraise", {"rows": [scores("B-1", "90")]})
    )
    here.done(EVALUATION, "2027-03-21 09:00", "e-501", "appraise", {"rows": [scores("B-2", "90")]})
    here.done(EVALUATION, "2027-03-22 09:00", "p-401", "accept_results", document_no="辽科发〔2027〕2号")
    assert here.states(EVALUATION) == {"B-1": "accepted", "B-2": "accepted"}


def test_results_that_were_not_drawn_up_from_what_is_on_record_are_refused() -> None:
    here = province()
    commissioned(here, "B-1")
    here.done(EVALUATION, "2027-03-01 09:00", "e-501", "appraise", {"rows": [scores("B-1", "80")]})
    told = lack(
        here.does(
            EVALUATION, "2027-03-20 09:00", "p-401", "accept_results", {"rows": []}, document_no="辽科发〔2027〕1号"
        )
    )
    assert "依据已有变化" in told
    assert "尚未验收" in lack(here.does(EVALUATION, "2027-04-02 09:00", "p-401", "close_round"))


def test_a_year_s_evaluation_in_short() -> None:
    """As other tests use it."""
    here = province()
    evaluated(here, {"B-1": "90", "B-2": "70"})
    assert here.round(EVALUATION).counts["excellent"] == 1
    assert opened(here, "performance-2028-LN-1", "2028-02-01", "2028-03-01").number == 1


AGAIN = {**COMMISSION, "contract_no": "辽科评2027-09"}
NEXT = "performance-2027-LN-2"


def declared(here: Province, *, whole: bool = False) -> None:
    """One of the evaluators of B-1 and B-2 has to do with B-1, or their whole organisation has."""
    commissioned(here, "B-1", "B-2")
    here.done(
        EVALUATION, "2027-02-10 09:00", "e-501", "declare_interest", filing="B-1", whole=whole, reason="曾任该企业顾问"
    )


def commissions(here: Province, round_id: str, *people: str, **said: str) -> str:
    """B-1 is commissioned: why not, if it is not."""
    content = {"people": people, "alliances": ["B-1"], "no_interest": True}
    answer = here.does(round_id, "2027-02-21 09:00", "p-401", "commission", content, **{**AGAIN, **said})
    return "" if isinstance(answer, RoundReceipt) else lack(answer)


def scored(here: Province, round_id: str, person: str) -> str:
    """B-1 is evaluated by somebody: why not, if it is not."""
    answer = here.does(round_id, "2027-03-01 09:00", person, "appraise", {"rows": [scores("B-1", "80")]})
    return "" if isinstance(answer, RoundReceipt) else lack(answer)


def ended(here: Province) -> None:
    """The first commission is ended."""
    number = state_of(here.round(EVALUATION)).commissions[0].number
    here.done(EVALUATION, "2027-02-20 09:00", "p-401", "end_commission", commission=number, reason="合同解除")


def test_an_interest_that_was_declared_holds_under_another_commission() -> None:
    """细则 8: who withdrew does not come back by another contract; a colleague evaluates."""
    here = province()
    declared(here)
    ended(here)
    assert "所列评价人员均已申报" in commissions(here, EVALUATION, "e-501")
    assert commissions(here, EVALUATION, "e-501", "e-503") == ""
    assert "利害关系" in scored(here, EVALUATION, "e-501")
    assert scored(here, EVALUATION, "e-503") == ""
    assert here.lives[EVALUATION].items["B-1"].figures["conflicts"] == ["e-501"]


def test_an_interest_that_was_declared_holds_in_the_other_evaluations_of_the_year() -> None:
    """Also one declared after the other round commissioned; another year's begins anew."""
    here = province()
    opened(here, NEXT, "2027-02-01", "2027-03-31")
    declared(here)
    assert commissions(here, NEXT, "e-501", "e-503") == ""
    assert here.lives[NEXT].items["B-1"].figures["conflicts"] == ["e-501"]
    assert "利害关系" in scored(here, NEXT, "e-501")
    here.done(NEXT, "2027-03-02 09:00", "e-503", "declare_interest", filing="B-1", reason="持有该企业股份")
    ended(here)
    assert "均已申报" in commissions(here, EVALUATION, "e-501", "e-503")
    later = "performance-2028-LN-1"
    opened(here, later, "2028-02-01", "2028-03-31")
    content = {"people": ["e-501"], "alliances": ["B-1"], "no_interest": True}
    terms = {**AGAIN, "begins": "2028-02-01", "ends": "2028-03-31"}
    here.done(later, "2028-02-02 09:00", "p-401", "commission", content, **terms)


def test_an_organisation_that_withdrew_is_commissioned_for_the_alliance_no_more() -> None:
    """By its code, in the round and in the others of the year, whoever is named; another organisation is."""
    here = province()
    declared(here, whole=True)
    told = "已就“沈阳市第1联盟”申报整个机构回避"
    assert told in commissions(here, EVALUATION, "e-503")
    ended(here)
    assert told in commissions(here, EVALUATION, "e-503", organisation="同一机构另一名称")
    opened(here, NEXT, "2027-02-21", "2027-03-31")
    assert told in commissions(here, NEXT, "e-503")
    other = enterprise(77)
    assert commissions(here, EVALUATION, "e-503", organisation="大连某评估中心", code=other) == ""
    assert scored(here, EVALUATION, "e-503") == ""
    assert here.lives[EVALUATION].items["B-1"].figures["whole"] == [COMMISSION["code"]]


def test_an_acceptance_does_not_make_it_forgotten() -> None:
    """As long as the commission runs, who withdrew may not read the filing either."""
    here = province()
    declared(here)
    here.done(EVALUATION, "2027-03-01 09:00", "e-502", "appraise", {"rows": [scores("B-1", "80")]})
    here.done(
        EVALUATION, "2027-03-20 09:00", "p-401", "accept_results", document_no="辽科发〔2027〕1号", unfinished=True
    )
    figures = here.lives[EVALUATION].items["B-1"].figures
    (one,) = state_of(here.round(EVALUATION)).commissions
    gone = Withdrawn.told([figures])
    assert not is_theirs(figures, one, "e-501", gone)
    assert is_theirs(figures, one, "e-502", gone)
    assert here.round(EVALUATION).counts["qualified"] == 1


def test_the_leaders_who_were_told_of_an_evaluation_are_told_that_it_was_moved_or_cancelled() -> None:
    here = province()
    commissioned(here, "B-1", "B-2")
    here.done(EVALUATION, "2027-03-01 09:00", "p-401", "move_window", closes="2027-04-30", reason="材料补充")
    here.done(EVALUATION, "2027-03-02 09:00", "p-401", "cancel_round", reason="另行安排")
    letters = [each for each in here.lives[EVALUATION].followed if isinstance(each, Letter)]
    for text in ("round_moved", "round_cancelled"):
        assert [each.filing_id for each in letters if each.text == text] == [None, "B-1", "B-2"]


def test_an_evaluation_whose_results_were_accepted_is_not_cancelled() -> None:
    here = province()
    commissioned(here, "B-1")
    here.done(EVALUATION, "2027-03-01 09:00", "e-501", "appraise", {"rows": [scores("B-1", "92.5")]})
    here.done(EVALUATION, "2027-03-20 09:00", "p-401", "accept_results", document_no="辽科发〔2027〕1号")
    assert "不能再取消" in lack(here.does(EVALUATION, "2027-03-21 09:00", "p-401", "cancel_round", reason="误"))
