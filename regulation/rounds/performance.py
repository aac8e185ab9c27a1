"""年度绩效评价 (kind B, 细则 8): the rules of a round of this kind.

The province commissions third parties; each evaluates its own alliances, and none with which it, or one of its people, has to do. What they
bring is scored by dated weights and accepted by the province as a whole; the grade then stands on the filing and is public, and is
the basis of a subsidy (细则 9).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from models.acts import By
from models.findings import Finding, Lack
from models.rounds.appraisals import DIMENSIONS, Appraisal, Appraisals, Commission, Result, Results
from models.rounds.base import CloseRound, Item, OpenRound, RoundAct, RoundActKind, RoundKind
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
from models.values import day_of
from models.vocabulary import Kind, Role, Severity
from regulation import codes
from regulation.moment import Moment
from regulation.reading import finding
from regulation.rounds import table
from regulation.rounds.after_performance import FOLLOWS, PUBLISHED
from regulation.rounds.known import Known, KnownItem, Needs
from regulation.rounds.performing import state_of, terms_of
from regulation.rounds.scoring import PERFORMANCE
from regulation.rounds.table import PROVINCE, Examined, Row, Rules, common, may_open, window

ARTICLE = "B-20"

REMINDED = (7, 1)
"""How many days before the last one it is reminded of."""

COMMISSIONED, APPRAISED, RETURNED, ACCEPTED = "commissioned", "appraised", "returned", "accepted"
STATES = {COMMISSIONED: "待评价", APPRAISED: "已评价", RETURNED: "退回重评", ACCEPTED: "已验收"}
"""What becomes of an alliance in the round."""

EVALUATORS = frozenset({Role.EVALUATOR})


# Opening, commissioning


def may_begin(round_: Round, act: OpenRound, when: Moment) -> Lack | None:
    """细则 8 knows alliances of kind B alone."""
    if round_.area.kind is not Kind.B:
        return Lack(missing="年度绩效评价只对技术能力提升类联盟（《实施细则》第八条），联盟类别须选该类")
    return may_open(round_, act, when)


def begun(round_: Round, act: OpenRound, when: Moment) -> Round:
    """It counts by one edition to its end."""
    return round_.but(of=PerformanceState(edition=str((act.facts or {})["edition"])))


def may_commission(round_: Round, act: CommissionThirdParty, when: Moment) -> Lack | None:
    """Before acceptance, for a term that is one, to an organisation that has a code."""
    if len(state_of(round_).commissions) >= MOST_COMMISSIONS:
        return Lack(missing=f"一个轮次至多登记{MOST_COMMISSIONS}次委托")
    if act.ends < act.begins:
        return Lack(missing="委托止日不得早于起日")
    if act.ends < when.day:
        return Lack(missing="委托止日已过")
    if not codes.is_uscc(act.code):
        return Lack(missing="第三方评价机构的统一社会信用代码校验不符")
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


def commission_of(round_: Round, number: Any) -> Commissioned | None:
    """A commission by its entry."""
    return next((each for each in state_of(round_).commissions if each.number == number), None)


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


def may_evaluate(round_: Round, act: Any, when: Moment) -> Lack | None:
    """While a commission runs. Whose it is, and for which alliances, only its paper tells."""
    if act.by.role is Role.EVALUATOR and not running(round_, when):
        return Lack(missing="没有在委托期内的评价委托")
    return None


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


def may_accept(round_: Round, act: AcceptResults, when: Moment) -> Lack | None:
    """Not before every alliance is evaluated, unless it is said that the others follow later."""
    done, expected = (round_.counts.get(name, 0) for name in ("done", "expected"))
    if not done:
        return Lack(missing="尚无评价可验收")
    if done < expected and not act.unfinished:
        return Lack(missing=f"受托评价的联盟{expected}家，已评价{done}家；其余不评的须注明先行验收")
    return None


def accept(round_: Round, act: AcceptResults, when: Moment) -> Round:
    """验收."""
    grades = {name: int(str(count)) for name, count in (act.facts or {}).items()}
    state = state_of(round_).but(results=act.paper, accepted_by=act.document_no)
    return round_.but(of=state, counts={**round_.counts, **grades})


def results(round_: Round, act: RoundAct, known: Known) -> Results:
    """The results as they follow from what was brought: of each alliance that was evaluated, or accepted before."""
    items = known.items.get(round_.id, {})
    return Results(rows=tuple(_results(round_, items, known)))


def _results(round_: Round, items: Mapping[str, KnownItem], known: Known) -> Iterator[Result]:
    terms = terms_of(round_)
    for filing_id, item in sorted(items.items()):
        alliance = known.alliances.get(filing_id)
        if item.state not in (APPRAISED, ACCEPTED) or alliance is None:
            continue
        told = Appraisal.model_validate({"filing": filing_id, **appraised(item.figures)})
        score, one = terms.score(told), commission_of(round_, item.figures["commission"])
        yield Result.model_validate(
            {
                **told.model_dump(), "alliance": alliance.name, "leader": alliance.leader, "leader_name": alliance.leader_name,
                "archive_number": alliance.archive_number, "commission": item.figures["commission"],
                "organisation": one.organisation if one else "", "score": score, "grade": terms.grade(score),
            }
        )  # fmt: skip


BROUGHT = (*DIMENSIONS, "joint_activities", "opinion")


def appraised(figures: Mapping[str, Any]) -> dict[str, Any]:
    """What an evaluator brought of an alliance, out of its figures."""
    return {name: figures[name] for name in BROUGHT if name in figures}


def may_close(round_: Round, act: CloseRound, when: Moment) -> Lack | None:
    """A round whose results are accepted is over; one that is not to be finished is cancelled."""
    if state_of(round_).results is None:
        return Lack(missing="评价结果尚未验收；不再评价的，请取消本轮次")
    return table.may_close(round_, act, when)


# What only the register and the papers tell


def asks(round_: Round | None, act: RoundAct) -> Needs:
    """Who is in the round, what was brought of them, whom the commissions name, where the organisation is a member."""
    if round_ is None:
        return Needs()
    papers = tuple(each.paper for each in state_of(round_).commissions)
    match act:
        case CommissionThirdParty():
            return Needs(population=True, items=(round_.id,), naming=act.code)
        case Appraise():
            own = commissions_of(round_, act.by.role)
            return Needs(population=True, items=(round_.id,), papers=papers, naming=own[-1].code if own else None)
        case AcceptResults():
            return Needs(population=True, items=(round_.id,))
        case DeclareInterest() | ReturnAppraisal():
            return Needs(items=(round_.id,), papers=papers)
        case _:
            return Needs()


def commissions_of(round_: Round, role: Role) -> tuple[Commissioned, ...]:
    """The commissions that are not ended."""
    return tuple(each for each in state_of(round_).commissions if not each.ended) if role in EVALUATORS else ()


def examine(round_: Round | None, act: RoundAct, content: Mapping[str, Any] | None, known: Known) -> Examined:
    """An act with what its paper and the register tell, or everything that is wrong with it."""
    match act:
        case OpenRound():
            day = day_of(act.received_at) if act.received_at else act.opens
            edition = PERFORMANCE.newest(day)
            return act.but(facts={"edition": edition, "digest": PERFORMANCE.digest(edition)})
        case CommissionThirdParty() if round_:
            return _examine_commission(round_, act, Commission.model_validate(content), known)
        case Appraise() if round_:
            return _examine_appraisals(round_, act, Appraisals.model_validate(content), known)
        case DeclareInterest() | ReturnAppraisal() if round_:
            return _examine_one(round_, act, known)
        case AcceptResults() if round_:
            drawn = results(round_, act, known)
            if content is None or Results.model_validate(content) != drawn:
                return [_wrong("", "评价结果的依据已有变化，请按现有评价重新验收")]
            counts = {
                grade: sum(row.grade == grade for row in drawn.rows)
                for grade in ("excellent", "qualified", "unqualified")
            }
            return act.but(facts=counts)
        case _:
            return act


def _wrong(field: str, message: str) -> Finding:
    return finding(ARTICLE, field, Severity.ERROR, message)


def _examine_commission(round_: Round, act: CommissionThirdParty, paper: Commission, known: Known) -> Examined:
    found = [] if paper.no_interest else [_wrong("/content/no_interest", "机构须书面声明与受托评价的联盟无利害关系")]
    items = known.items.get(round_.id, {})
    for number, filing_id in enumerate(paper.alliances):
        if fault := _not_to_be_commissioned(round_, filing_id, known, items.get(filing_id)):
            found.append(_wrong(f"/content/alliances/{number}", f"{filing_id}：{fault}"))
    new = sum(filing_id not in items for filing_id in paper.alliances)
    return found or act.but(facts={"alliances": len(paper.alliances), "new": new})


def _not_to_be_commissioned(round_: Round, filing_id: str, known: Known, item: KnownItem | None) -> str | None:
    alliance = known.alliances.get(filing_id)
    if alliance is None or not alliance.lies_in(round_.area):
        return "不是本轮次范围内已备案入库的联盟"
    if filing_id in known.naming:
        return f"“{alliance.name}”的盟主或者成员就是该机构，须回避"
    if item is None:
        return None
    if item.state in (APPRAISED, ACCEPTED):
        return f"“{alliance.name}”已经评价"
    other = commission_of(round_, item.figures.get("commission"))
    if other and not other.ended and not item.figures.get("whole"):
        return f"“{alliance.name}”已委托{other.organisation}评价"
    return None


def _examine_appraisals(round_: Round, act: Appraise, paper: Appraisals, known: Known) -> Examined:
    found: list[Finding] = []
    items, day = known.items.get(round_.id, {}), day_of(act.received_at) if act.received_at else None
    mine = {
        each.number: each
        for each in commissions_of(round_, act.by.role)
        if act.by.person in known.papers.get(each.paper, {}).get("people", ())
        and (day is None or each.begins <= day <= each.ends)
    }
    for number, row in enumerate(paper.rows):
        if fault := _not_to_be_appraised(row.filing, act.by, items.get(row.filing), mine, known):
            found.append(_wrong(f"/content/rows/{number}/filing", f"{row.filing}：{fault}"))
    kept = {row.filing: _kept(items[row.filing].figures) for row in paper.rows if row.filing in items}
    done = sum(items[row.filing].state != APPRAISED for row in paper.rows if row.filing in items)
    if found:
        return found
    # All rows of one sheet are of one commission, as a rule; what differs is kept by alliance.
    first = next(iter(kept.values()))
    other = {filing_id: told for filing_id, told in kept.items() if told != first}
    return act.but(facts={"done": done, "kept": first, "other": other})


def _kept(figures: Mapping[str, Any]) -> dict[str, Any]:
    """What stays of an alliance's figures, whatever is brought of it."""
    return {name: figures[name] for name in ("commission", "conflicts") if name in figures}


def is_theirs(figures: Mapping[str, Any], commission: int, person: str) -> bool:
    """Whether somebody who works under a commission evaluates an alliance: it is still of that commission, and nobody withdrew."""
    withdrawn = figures.get("whole") or person in figures.get("conflicts", ())
    return figures.get("commission") == commission and not withdrawn


NOT_YOURS = "不是受您所在机构委托评价的联盟"


def _not_to_be_appraised(
    filing_id: str, by: By, item: KnownItem | None, mine: Mapping[int, Commissioned], known: Known
) -> str | None:
    alliance = known.alliances.get(filing_id)
    if item is None or alliance is None:
        return NOT_YOURS
    if item.state == ACCEPTED:
        return f"“{alliance.name}”的评价已经验收"
    if item.figures.get("commission") not in mine or item.figures.get("whole"):
        return NOT_YOURS
    if by.person in item.figures.get("conflicts", ()):
        return f"您已申报与“{alliance.name}”有利害关系，须由其他人员评价"
    if filing_id in known.naming:
        return f"“{alliance.name}”的盟主或者成员就是受托机构，须回避"
    return None


def _examine_one(round_: Round, act: DeclareInterest | ReturnAppraisal, known: Known) -> Examined:
    item = known.item(round_.id, act.filing)
    if item is None:
        return [_wrong("/filing", "该联盟尚未委托评价")]
    one = commission_of(round_, item.figures.get("commission"))
    told = known.papers.get(one.paper, {}) if one else {}
    if act.by.role is Role.EVALUATOR and act.by.person not in told.get("people", ()):
        return [_wrong("/filing", NOT_YOURS)]
    if item.state == ACCEPTED:
        return [_wrong("/filing", "该联盟的评价已经验收")]
    if isinstance(act, ReturnAppraisal) and item.state != APPRAISED:
        return [_wrong("/filing", "该联盟没有可退回的评价")]
    figures: dict[str, Any] = dict(item.figures) if isinstance(act, ReturnAppraisal) else _kept(item.figures)
    if isinstance(act, DeclareInterest):
        figures["conflicts"] = sorted({*figures.get("conflicts", ()), act.by.person})
        figures |= {"whole": True} if act.whole else {}
    return act.but(facts={"done": -1 if item.state == APPRAISED else 0, "figures": figures})


# What an entry makes of alliances


def items(round_: Round, entry: RoundEntry, content: Mapping[str, Any] | None) -> Iterable[Item]:
    """What became of each alliance that an entry is about."""
    act = entry.event
    match act:
        case CommissionThirdParty():
            figures = {"commission": entry.number, "organisation": act.organisation}
            for filing_id in Commission.model_validate(content).alliances:
                yield Item(filing_id=filing_id, state=COMMISSIONED, figures=figures)
        case Appraise():
            facts: dict[str, Any] = act.facts or {}
            for row in Appraisals.model_validate(content).rows:
                told = row.model_dump(mode="json", exclude={"filing"})
                score = terms_of(round_).score(row)
                scored = {"score": str(score), "grade": terms_of(round_).grade(score), "by": act.by.person}
                kept = facts["other"].get(row.filing, facts["kept"])
                yield Item(filing_id=row.filing, state=APPRAISED, figures={**kept, **told, **scored})
        case DeclareInterest() | ReturnAppraisal():
            state = RETURNED if isinstance(act, ReturnAppraisal) else COMMISSIONED
            yield Item(filing_id=act.filing, state=state, figures=(act.facts or {})["figures"])
        case AcceptResults():
            for result in Results.model_validate(content).rows:
                told = result.model_dump(mode="json", exclude={"filing", "alliance", "leader_name"})
                yield Item(filing_id=result.filing, state=ACCEPTED, figures=told)
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
        RoundActKind.CLOSE_ROUND: Row(ARTICLE, PROVINCE, may=may_close, then=table.closed),
        A.COMMISSION: Row(ARTICLE, PROVINCE, may=may_commission, then=commission),
        A.END_COMMISSION: Row(ARTICLE, PROVINCE, may=may_end, then=end_commission),
        A.DECLARE_INTEREST: Row(ARTICLE, EVALUATORS, may=may_evaluate, then=declare),
        A.APPRAISE: Row(ARTICLE, EVALUATORS, may=may_evaluate, then=appraise),
        A.RETURN_APPRAISAL: Row(ARTICLE, PROVINCE, then=declare),
        A.ACCEPT_RESULTS: Row(ARTICLE, PROVINCE, may=may_accept, then=accept),
    },
    papers={A.COMMISSION: Commission, A.APPRAISE: Appraisals, A.ACCEPT_RESULTS: Results},
    draws={A.ACCEPT_RESULTS: results},
    asks=asks,
    examine=examine,
    items=items,
    follows=FOLLOWS,
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
        "whole": "机构回避",
        "expected": "受托评价",
        "done": "已评价",
        "excellent": "优秀",
        "qualified": "合格",
        "unqualified": "不合格",
    },
    readers=dict.fromkeys(
        (A.COMMISSION, A.APPRAISE, A.DECLARE_INTEREST, A.RETURN_APPRAISAL, A.ACCEPT_RESULTS), OF_SCORES
    ),
    hidden=frozenset({*BROUGHT, "score", "grade", "by", "conflicts", "whole"}),
    lapses=lambda round_: window(round_, ARTICLE, REMINDED),
)
