"""年度绩效评价 (kind B, 细则 8): the rules of a round of this kind.

The province commissions third parties; each evaluates its own alliances, and none with which it, or one of its people, has to do. What they
bring is scored by dated weights and accepted by the province as a whole; the grade then stands on the filing and is public, and is
the basis of a subsidy (细则 9).
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from models.acts import By
from models.findings import Lack
from models.rounds.appraisals import DIMENSIONS, Appraisals, Commission, Results
from models.rounds.base import CloseRound, Item, OpenRound, RoundActKind, RoundKind
from models.rounds.performance import (
    MOST_COMMISSIONS,
    AcceptResults,
    Appraise,
    Commissioned,
    CommissionThirdParty,
    DeclareInterest,
    EndCommission,
    PerformanceActKind,
    PerformanceState,
    ReturnAppraisal,
)
from models.rounds.round import Round, RoundEntry
from models.values import on_day
from models.vocabulary import Kind, Role
from regulation import codes
from regulation.moment import Moment
from regulation.rounds import common_acts
from regulation.rounds.after_performance import FOLLOWS, PUBLISHED
from regulation.rounds.agenda import window
from regulation.rounds.appraising import (
    ACCEPTED,
    APPRAISED,
    ARTICLE,
    BROUGHT,
    COMMISSIONED,
    DECLARED,
    EVALUATORS,
    GRADES,
    RETURNED,
    asks,
    examine,
    results,
)
from regulation.rounds.common_acts import Lacks, all_at_once, common, edition_of, lacks_of_window
from regulation.rounds.performing import commission_of, state_of, terms_of
from regulation.rounds.rules import PROVINCE, Row, Rules

REMINDED = (7, 1)
"""How many days before the last one it is reminded of."""

STATES = {COMMISSIONED: "待评价", APPRAISED: "已评价", RETURNED: "退回重评", ACCEPTED: "已验收"}
"""What becomes of an alliance in the round."""

# Opening, commissioning


def may_begin(round_: Round, act: OpenRound, when: Moment) -> Lack | None:
    """细则 8 knows alliances of kind B alone."""
    return all_at_once(_lacks(round_, act, when))


def _lacks(round_: Round, act: OpenRound, when: Moment) -> Lacks:
    if round_.area.kind is not Kind.B:
        yield "/alliances", "年度绩效评价只对技术能力提升类联盟（《实施细则》第八条），联盟类别须选该类"
    yield from lacks_of_window(round_, act, when, looks_back=True)


def begun(round_: Round, act: OpenRound, when: Moment) -> Round:
    """It counts by one edition to its end."""
    return round_.but(of=PerformanceState(edition=edition_of(act)))


def ready_to_commission(round_: Round, by: By, when: Moment) -> Lack | None:
    """Not more often than a round holds."""
    often = len(state_of(round_).commissions) >= MOST_COMMISSIONS
    return Lack(missing=f"一个轮次至多登记{MOST_COMMISSIONS}次委托") if often else None


def may_commission(round_: Round, act: CommissionThirdParty, when: Moment) -> Lack | None:
    """For a term that is one, to an organisation that has a code."""
    if act.ends < act.begins:
        return Lack(missing="委托止日不得早于起日")
    if act.ends < when.day:
        return Lack(missing="委托止日已过")
    first, last = date(round_.opens.year - 1, 1, 1), date(round_.closes.year + 1, 12, 31)
    if act.begins < first or act.ends > last:
        return Lack(missing=f"委托期限须在{on_day(first)}与{on_day(last)}之间")
    if not codes.is_uscc(act.code):
        return Lack(missing=f"第三方评价机构的统一社会信用代码{codes.amiss(act.code)}")
    return None


def commission(round_: Round, act: CommissionThirdParty, when: Moment) -> Round:
    """委托: entered with its number, under which its people and alliances are found."""
    state, facts = state_of(round_), act.facts or {}
    one = Commissioned(
        number=round_.number, organisation=act.organisation, code=act.code, contract_no=act.contract_no,
        begins=act.begins, ends=act.ends, paper=act.paper, alliances=int(str(facts["alliances"])),
    )  # fmt: skip
    expected = round_.counts.get("expected", 0) + int(str(facts["new"]))
    return round_.but(
        of=state.but(commissions=(*state.commissions, one)), counts={**round_.counts, "expected": expected}
    )


def ready_to_end(round_: Round, by: By, when: Moment) -> Lack | None:
    """A commission runs that can be ended."""
    runs = any(not each.ended for each in state_of(round_).commissions)
    return None if runs else Lack(missing="没有可以解除的委托")


def may_end(round_: Round, act: EndCommission, when: Moment) -> Lack | None:
    """One that runs."""
    one = commission_of(round_, act.commission)
    if one is None or one.ended:
        return Lack(missing=f"没有登记号为 {act.commission} 的委托，或已解除")
    return None


def end_commission(round_: Round, act: EndCommission, when: Moment) -> Round:
    """解除委托."""
    state = state_of(round_)
    after = (each.but(ended=True) if each.number == act.commission else each for each in state.commissions)
    return round_.but(of=state.but(commissions=tuple(after)))


# Evaluating


def running(round_: Round, when: Moment) -> list[Commissioned]:
    """The commissions under which somebody may evaluate on a day."""
    return [each for each in state_of(round_).commissions if not each.ended and each.begins <= when.day <= each.ends]


def ready_to_evaluate(round_: Round, by: By, when: Moment) -> Lack | None:
    """While a commission runs. Whose it is, and for which alliances, only its paper tells."""
    if by.role is Role.EVALUATOR and not running(round_, when):
        return Lack(missing="没有在委托期内的评价委托")
    return None


def ready_to_appraise(round_: Round, by: By, when: Moment) -> Lack | None:
    """Likewise, and of a year that has begun."""
    return ready_to_evaluate(round_, by, when) or common_acts.has_begun(round_, when)


def appraise(round_: Round, act: Appraise, when: Moment) -> Round:
    """提交评价: how many alliances are done."""
    return _count(round_, act)


def _count(round_: Round, act: Any) -> Round:
    done = round_.counts.get("done", 0) + int(str((act.facts or {}).get("done", 0)))
    return round_.but(counts={**round_.counts, "done": done})


def declare(round_: Round, act: DeclareInterest | ReturnAppraisal, when: Moment) -> Round:
    """回避, 退回: what was brought of the alliance counts no more."""
    return _count(round_, act)


# Acceptance


def ready_to_return(round_: Round, by: By, when: Moment) -> Lack | None:
    """Something was evaluated."""
    return None if round_.counts.get("done") else Lack(missing="尚无评价可退回")


def ready_to_accept(round_: Round, by: By, when: Moment) -> Lack | None:
    """Something was evaluated, of a year that has begun."""
    if lack := common_acts.has_begun(round_, when):
        return lack
    return None if round_.counts.get("done") else Lack(missing="尚无评价可验收")


def may_accept(round_: Round, act: AcceptResults, when: Moment) -> Lack | None:
    """Not before every alliance is evaluated, unless it is said that the others follow later."""
    done, expected = (round_.counts.get(name, 0) for name in ("done", "expected"))
    if done < expected and not act.unfinished:
        return Lack(missing=f"受托评价的联盟{expected}家，已评价{done}家；其余不评的须注明先行验收")
    return None


def accept(round_: Round, act: AcceptResults, when: Moment) -> Round:
    """验收."""
    facts = act.facts or {}
    grades = {name: int(str(facts[name])) for name in GRADES}
    state = state_of(round_).but(results=act.paper, accepted_by=act.document_no)
    return round_.but(of=state, counts={**round_.counts, **grades})


def may_close(round_: Round, act: CloseRound, when: Moment) -> Lack | None:
    """A round whose results are accepted is over; one that is not to be finished is cancelled."""
    if state_of(round_).results is None:
        return Lack(missing="评价结果尚未验收；不再评价的，请取消本轮次")
    return common_acts.may_close(round_, act, when)


# What an entry makes of alliances


def items(round_: Round, entry: RoundEntry, content: Mapping[str, Any] | None) -> Iterable[Item]:
    """What became of each alliance that an entry is about."""
    act = entry.event
    facts: dict[str, Any] = getattr(act, "facts", None) or {}
    match act:
        case CommissionThirdParty():
            figures = {"commission": entry.number, "organisation": act.organisation}
            for filing_id in Commission.model_validate(content).alliances:
                withdrawn = facts["kept"].get(filing_id, {})
                yield Item(filing_id=filing_id, state=COMMISSIONED, figures={**figures, **withdrawn})
        case Appraise():
            for row in Appraisals.model_validate(content).rows:
                told = row.model_dump(mode="json", exclude={"filing"})
                score = terms_of(round_).score(row)
                scored = {"score": str(score), "grade": terms_of(round_).grade(score), "by": act.by.person}
                kept = facts["other"].get(row.filing, facts["kept"])
                yield Item(filing_id=row.filing, state=APPRAISED, figures={**kept, **told, **scored})
        case DeclareInterest() | ReturnAppraisal():
            state = RETURNED if isinstance(act, ReturnAppraisal) else COMMISSIONED
            yield Item(filing_id=act.filing, state=state, figures=facts["figures"])
        case AcceptResults():
            for result in Results.model_validate(content).rows:
                told = result.model_dump(mode="json", exclude={"filing", "alliance", "leader_name"})
                withdrawn = facts["kept"].get(result.filing, {})
                yield Item(filing_id=result.filing, state=ACCEPTED, figures={**told, **withdrawn})
        case _:
            return


A = PerformanceActKind
OF_SCORES = frozenset({Role.PROVINCE_ST, Role.PROVINCE_IIT, Role.AUDITOR, Role.PLATFORM})
"""Who reads what was brought of each alliance: the public and the leaders are told grades, once they are accepted."""

RULES = Rules(
    kind=RoundKind.PERFORMANCE,
    rows={
        **common(ARTICLE, PROVINCE),
        RoundActKind.OPEN_ROUND: Row(ARTICLE, PROVINCE, may=may_begin, then=begun),
        RoundActKind.CLOSE_ROUND: Row(ARTICLE, PROVINCE, may=may_close, then=common_acts.closed),
        A.COMMISSION: Row(ARTICLE, PROVINCE, ready=ready_to_commission, may=may_commission, then=commission),
        A.END_COMMISSION: Row(ARTICLE, PROVINCE, ready=ready_to_end, may=may_end, then=end_commission),
        A.DECLARE_INTEREST: Row(ARTICLE, EVALUATORS, ready=ready_to_evaluate, then=declare),
        A.APPRAISE: Row(ARTICLE, EVALUATORS, ready=ready_to_appraise, then=appraise),
        A.RETURN_APPRAISAL: Row(ARTICLE, PROVINCE, ready=ready_to_return, then=declare),
        A.ACCEPT_RESULTS: Row(ARTICLE, PROVINCE, ready=ready_to_accept, may=may_accept, then=accept),
    },
    papers={A.COMMISSION: Commission, A.APPRAISE: Appraisals, A.ACCEPT_RESULTS: Results},
    draws={A.ACCEPT_RESULTS: results},
    asks=asks,
    examine=examine,
    items=items,
    follows=FOLLOWS,
    effect=lambda round_: "评价结果已验收、公布，并登记在各联盟的备案中" if state_of(round_).results else None,
    words={
        **STATES,
        PUBLISHED: "年度绩效评价结果",
        **{str(name): label for name, label in DIMENSIONS.items()},
        "organisation": "评价机构",
        "commission": "委托登记号",
        "joint_activities": "合作活动次数",
        "opinion": "评价意见",
        "score": "得分",
        "grade": "等级",
        "by": "评价人员",
        "leader": "盟主代码",
        "archive_number": "备案编号",
        "conflicts": "申报回避的人员",
        "whole": "回避的机构",
        "expected": "受托评价",
        "done": "已评价",
        "excellent": "优秀",
        "qualified": "合格",
        "unqualified": "不合格",
    },
    readers=dict.fromkeys(
        (A.COMMISSION, A.APPRAISE, A.DECLARE_INTEREST, A.RETURN_APPRAISAL, A.ACCEPT_RESULTS), OF_SCORES
    ),
    hidden=frozenset({*BROUGHT, *DECLARED, "score", "grade", "by"}),
    lapses=lambda round_: window(round_, ARTICLE, REMINDED),
)
