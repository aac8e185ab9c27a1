"""评估评价 (《工作指引》第十二至十五条): the rules of a round of this kind.

A city's round evaluates the alliances of its place, reports to both departments of the province, and recommends. The
province's round decides whom both departments name typical or pilot. What it comes to are ordinary acts on the filings.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from models.acts import By
from models.findings import Lack
from models.rounds.base import (
    Item,
    OpenRound,
    RoundActKind,
    RoundKind,
    RoundLapse,
    RoundLapseKind,
    RoundLine,
    RoundStage,
)
from models.rounds.evaluation_papers import EvaluationPaper, EvaluationReport, TypicalList
from models.rounds.evaluations import (
    DecideTypical,
    DecisionFacts,
    Evaluate,
    EvaluationActKind,
    EvaluationFacts,
    ReportEvaluation,
    ReportFacts,
)
from models.rounds.round import Round, RoundEntry
from models.values import Value, at_hour, on_day
from models.vocabulary import Kind, Role
from regulation.articles import cite
from regulation.moment import Moment
from regulation.rounds import after_evaluating
from regulation.rounds.agenda import REMINDER_HOUR, window
from regulation.rounds.agreeing import without_halves
from regulation.rounds.common_acts import Lacks, all_at_once, closed, common, has_begun, lacks_of_window, may_close
from regulation.rounds.evaluating import expected, items_of, made, names_nobody, one_office, report_needs, state
from regulation.rounds.evaluation_items import ITEMS, paper_of
from regulation.rounds.evaluation_judging import (
    fault,
    favourable,
    judge,
    judge_decided,
    judge_recommended,
    marks,
    may_be_evaluated,
    misconduct,
)
from regulation.rounds.known import Known, Needs
from regulation.rounds.rules import PROVINCE, Examined, Row, Rules

CITY = frozenset({Role.CITY_ST, Role.CITY_IIT})
BOTH = frozenset({Role.PROVINCE_ST, Role.PROVINCE_IIT})

REMINDED = (7, 1)
"""How many days before the last one it is reminded of."""

CHASED = (7, 14, 21, 28)
"""How many days after the last one a report that is still owed is asked for (及时报送)."""


# Whether an act may be, and what it does


def may_open_evaluation(round_: Round, act: OpenRound, when: Moment) -> Lack | None:
    """Of kind A alone; kind B is evaluated by a third party (B-20)."""
    return all_at_once(_lacks(round_, act, when))


def _lacks(round_: Round, act: OpenRound, when: Moment) -> Lacks:
    if act.alliances is Kind.B:
        yield "/alliances", "评估评价的对象是实质性产学研联盟（A类）；B类由第三方评价机构评价"
    if act.zone:
        yield "/zone", "评估评价的对象是所在地区的全部实质性产学研联盟，不分高新区"
    if round_.looks_back and round_.area.jurisdiction is None:
        yield "/opens", "以往年度由各地区补评；典型联盟、试点示范在当年的轮次中确定"
    yield from lacks_of_window(round_, act, when, looks_back=True)


def may_evaluate(round_: Round, by: By, when: Moment) -> Lack | None:
    """Alliances are evaluated in the round of their place, once it has begun."""
    if round_.area.jurisdiction is None:
        return Lack(missing="联盟由所在地区评价；本轮次由省科技厅会同省工信厅确定典型联盟")
    if when.at < round_.opens_at:
        return Lack(missing=f"{on_day(round_.opens)}起方可办理")
    return has_begun(round_, when)


def evaluated(round_: Round, act: Evaluate, when: Moment) -> Round:
    """What one office has said of a report falls away: it was of other results."""
    facts = act.facts
    assert facts
    done = round_.counts.get("evaluated", 0) + (not facts.again)
    counts = {**round_.counts, "expected": facts.expected, "evaluated": done}
    round_ = without_halves(round_, EvaluationActKind.REPORT_EVALUATION)
    return round_.but(counts=counts, of=state(round_).but(items=facts.items))


def may_report(round_: Round, by: By, when: Moment) -> Lack | None:
    """A city's round reports, once anything was evaluated."""
    if round_.area.jurisdiction is None:
        return Lack(missing="评估评价情况由所在地区报送")
    return has_begun(round_, when) if round_.counts.get("evaluated") else Lack(missing="尚未评价任何联盟")


def reported(round_: Round, act: ReportEvaluation, when: Moment) -> Round:
    """报送: the report before it, if there was one, is replaced."""
    facts, of = act.facts, state(round_)
    assert facts
    counts = {**round_.counts, "expected": facts.expected, "recommended": facts.recommended}
    return round_.but(counts=counts, of=of.but(reported=round_.number, reported_before=of.reported, report=act.paper))


def may_decide(round_: Round, by: By, when: Moment) -> Lack | None:
    """Both departments decide for the whole province."""
    if round_.area.jurisdiction is not None:
        return Lack(missing="典型联盟由省科技厅会同省工信厅在全省的轮次中确定")
    return Lack(missing=f"{on_day(round_.opens)}起方可办理") if when.at < round_.opens_at else None


def decided(round_: Round, act: DecideTypical, when: Moment) -> Round:
    """确定."""
    facts = act.facts
    assert facts
    told = {"typical": facts.typical, "pilot": facts.pilot, "removed": facts.removed}
    counts = {**round_.counts, **{name: round_.counts.get(name, 0) + count for name, count in told.items()}}
    return round_.but(counts=counts, of=state(round_).but(decided=act.paper))


def effect(round_: Round) -> str | None:
    """Results are recorded with a city's report, names given with the decision of both departments."""
    of = state(round_)
    if of.reported is not None:
        return "评估评价情况已报送，评价结果已登记在各联盟的备案中"
    return "典型联盟、试点示范已经确定" if of.decided else None


def may_close_evaluation(round_: Round, act: Any, when: Moment) -> Lack | None:
    """A city that evaluated has reported before it closes (A-48)."""
    if round_.area.jurisdiction and state(round_).reported is None:
        return Lack(missing="评估评价情况尚未报送省科技厅、省工信厅")
    return may_close(round_, act, when)


# What only the register and the paper can tell


def asks(round_: Round | None, act: Any) -> Needs:
    """Of one alliance what the round has made of it, and of how many it is one; else everybody, and what was made of them so far."""
    if round_ is None or not isinstance(act, Evaluate | ReportEvaluation | DecideTypical):
        return Needs()
    if isinstance(act, Evaluate):
        return Needs(items=(round_.id,), to_evaluate=round_.year)
    if isinstance(act, ReportEvaluation):
        return report_needs(round_)
    return Needs(population=True, items=(round_.id,))


def examine(round_: Round | None, act: Any, content: Mapping[str, Any] | None, known: Known) -> Examined:
    """An act with what it comes to, or everything that is wrong with it."""
    if round_ is None or content is None:
        return act  # type: ignore[no-any-return]
    match act:
        case Evaluate():
            return _examine_evaluation(round_, act, EvaluationPaper.model_validate(content), known)
        case ReportEvaluation():
            return _examine_report(round_, act, EvaluationReport.model_validate(content), known)
        case DecideTypical():
            return _examine_decision(act, TypicalList.model_validate(content), known)
        case _:
            return act  # type: ignore[no-any-return]


def _examine_evaluation(round_: Round, act: Evaluate, paper: EvaluationPaper, known: Known) -> Examined:
    edition = ITEMS[items_of(round_)]
    found = [*judge(edition, paper)]
    alliance = known.alliances.get(act.filing)
    if alliance and (lack := may_be_evaluated(alliance, round_.year)):
        found.append(fault("A-44", "/filing", lack))
    if found:
        return found
    facts = EvaluationFacts(
        items=edition.name,
        result=paper.result,
        joint_activities=paper.joint_activities,
        favourable=favourable(edition, paper),
        asked=sum(not item.scored for item in edition.items.values()),
        marks=marks(edition, paper),
        misconduct=misconduct(edition, paper),
        again=known.item(round_.id, act.filing) is not None,
        expected=known.to_evaluate,
    )
    return act.but(facts=facts)


def _examine_report(round_: Round, act: ReportEvaluation, paper: EvaluationReport, known: Known) -> Examined:
    there, items = expected(round_, known), made(round_, known)
    results = {key: (str(item.figures["result"]), bool(item.figures.get("misconduct"))) for key, item in items.items()}
    found = [*judge_recommended(paper.recommended, results, known.alliances, "/content/recommended")]
    if paper.recommended and (why := names_nobody(round_, known)):
        found.append(fault("A-46", "/content/recommended", why))
    missing = [alliance for key, alliance in there.items() if key not in items]
    if missing and paper.not_evaluated is None:
        message = f"尚有{len(missing)}家联盟未评价（{missing[0].name}{'等' if len(missing) > 1 else ''}），须说明情况"
        found.append(fault("A-48", "/content/not_evaluated", message))
    if found:
        return found
    counted = Counter(grade for key, (grade, _) in results.items() if key in there)
    facts = ReportFacts(
        expected=len(there),
        evaluated=counted.total(),
        results=dict(counted),
        recommended=len(paper.recommended),
    )
    return act.but(facts=facts)


def _examine_decision(act: DecideTypical, paper: TypicalList, known: Known) -> Examined:
    found = [*judge_decided(paper.decided, known.alliances, "/content/decided")]
    if found:
        return found
    named = Counter(row.tag for row in paper.decided if not row.removed)
    removed = sum(row.removed for row in paper.decided)
    return act.but(facts=DecisionFacts(typical=named["typical"], pilot=named["pilot"], removed=removed))


# What it makes of alliances, and what time brings


def items(round_: Round, entry: RoundEntry, content: Mapping[str, Any] | None) -> Iterator[Item]:
    """An evaluation makes an alliance evaluated, with what it comes to, by whom."""
    act = entry.event
    if isinstance(act, Evaluate) and act.facts:
        told = act.facts.model_dump(mode="json", exclude={"again", "expected", "items"})
        yield Item(filing_id=act.filing, state="evaluated", figures={**told, "by": act.by.person})


def lapses(round_: Round) -> Iterator[RoundLine]:
    """The window, and, while a city owes its report, that it is asked for."""
    city = round_.area.jurisdiction is not None
    owed = city and state(round_).reported is None
    yield from window(round_, "A-48" if city else "A-49", REMINDED if owed or not city else ())
    for days in CHASED if owed and round_.stage is RoundStage.OPEN else ():
        at = at_hour(round_.closes + timedelta(days=days), REMINDER_HOUR)
        overdue = RoundLapse(kind=RoundLapseKind.OVERDUE, of="report", days=days)
        yield RoundLine(at=at, lapse=overdue, article=cite("A-48"))


def _papers(round_: Round) -> Mapping[str, type[Value]]:
    return {EvaluationActKind.EVALUATE: paper_of(items_of(round_))}


WORDS = {
    "expected": "应评", "evaluated": "已评", "recommended": "推荐典型联盟", "typical": "典型联盟", "pilot": "试点示范",
    "removed": "取消称号", "result": "评价结果", "joint_activities": "合作活动次数", "favourable": "较好的项数",
    "asked": "评价项数", "marks": "得分", "misconduct": "有第十一条情形", "by": "评价人", "report": "报送评估评价情况",
}  # fmt: skip
"""What counts, states and figures are called."""

RULES = Rules(
    kind=RoundKind.EVALUATION,
    one_open=True,
    rows={
        **common("A-44", PROVINCE | {Role.CITY_ST}),
        RoundActKind.OPEN_ROUND: Row("A-44", PROVINCE | {Role.CITY_ST}, may=may_open_evaluation),
        RoundActKind.CLOSE_ROUND: Row("A-44", PROVINCE | {Role.CITY_ST}, may=may_close_evaluation, then=closed),
        EvaluationActKind.EVALUATE: Row("A-45", CITY, ready=may_evaluate, then=evaluated),
        EvaluationActKind.REPORT_EVALUATION: Row(
            "A-48", CITY, together="two_offices", jointly=CITY, alone=one_office, ready=may_report, then=reported
        ),
        EvaluationActKind.DECIDE_TYPICAL: Row(
            "A-49", BOTH, together="two_offices", jointly=BOTH, ready=may_decide, then=decided
        ),
    },
    papers={
        EvaluationActKind.EVALUATE: EvaluationPaper,
        EvaluationActKind.REPORT_EVALUATION: EvaluationReport,
        EvaluationActKind.DECIDE_TYPICAL: TypicalList,
    },
    papers_of=_papers,
    asks=asks,
    examine=examine,
    items=items,
    lapses=lapses,
    follows=after_evaluating.FOLLOWS,
    effect=effect,
    words=WORDS,
    readers=dict.fromkeys(EvaluationActKind, CITY | BOTH | {Role.AUDITOR, Role.PLATFORM}),
)
