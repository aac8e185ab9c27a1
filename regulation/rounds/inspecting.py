"""What the papers of an inspection must say, what an entry makes of alliances, and what follows from it (A-33, B-18)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any, TypeVar

from models.findings import Finding
from models.names import folded
from models.rounds.base import OpenRound, RoundAct, RoundActKind
from models.rounds.inspections import (
    Assigned,
    AssignInspectors,
    Assignment,
    CheckRecord,
    DrawLot,
    EnterRectification,
    Found,
    InspectionActKind,
    InspectionPlan,
    InspectionState,
    Listed,
    ListPopulation,
    LotDrawn,
    Purpose,
    RecordFindings,
    RectificationReport,
    ReplaceDrawn,
    ReportOnPaper,
    ReportRectification,
    RuleOnRectification,
    Standing,
    StandsIn,
)
from models.rounds.lots import Candidate, Committed, Lot, Population, Seeds
from models.rounds.round import Round
from models.values import Value, day_of, digest, on_day
from models.vocabulary import Kind, Role, Severity, Stage
from regulation import offices
from regulation.reading import finding, pointer, read
from regulation.rounds import lot
from regulation.rounds.checks import CHECKS, checks_on
from regulation.rounds.known import FILED, Alliance, Known, KnownItem, Needs
from regulation.rounds.rules import Examined

ARTICLE: Mapping[Purpose, str] = MappingProxyType({Purpose.CHECK: "A-33", Purpose.SURVEY: "B-18"})

STAGES: Mapping[Purpose, tuple[Stage, ...]] = MappingProxyType(
    {Purpose.CHECK: FILED, Purpose.SURVEY: (Stage.AT_PROVINCE,)}
)
"""Where those stand that are drawn of: on file, or before the province."""

PAPERS: Mapping[str, type[Value]] = MappingProxyType(
    {
        RoundActKind.OPEN_ROUND: InspectionPlan,
        InspectionActKind.LIST_POPULATION: Population,
        InspectionActKind.DRAW_LOT: Lot,
        InspectionActKind.ASSIGN_INSPECTORS: Assignment,
        InspectionActKind.RECORD_FINDINGS: CheckRecord,
        InspectionActKind.REPORT_RECTIFICATION: RectificationReport,
        InspectionActKind.ENTER_RECTIFICATION: ReportOnPaper,
    }
)

T = TypeVar("T")


def state(round_: Round) -> InspectionState:
    """What the round holds of its kind."""
    if not isinstance(round_.of, InspectionState):
        raise TypeError(f"{round_.id} is no round of inspections")
    return round_.of


def told(facts: T | None) -> T:
    """The facts that the service filled in."""
    if facts is None:
        raise LookupError("an act was entered without its facts")
    return facts


def seeds_of(round_: Round) -> Seeds:
    """What the seed is made of, as it is published: commitments first, the secrets once they are revealed."""
    of = state(round_)
    return Seeds(
        round=round_.id,
        population=told(of.population),
        commitments=tuple(
            Committed(
                office=offices.title(each.by.role, each.by.office), commitment=each.commitment, secret=each.secret
            )
            for each in of.commitments
        ),
        public_value=of.public_value,
    )


# What is asked of the register


def asks(round_: Round | None, act: RoundAct) -> Needs:
    """The population for its list, the published papers for the lot, and of one alliance what the round made of it."""
    if round_ is None:
        return Needs()
    of = state(round_)
    match act:
        case ListPopulation():
            return Needs(population=True, stages=STAGES[of.purpose], inspected=True)
        case DrawLot():
            return Needs(papers=_papers(of.population_paper))
        case ReplaceDrawn():
            return Needs(population=True, stages=STAGES[of.purpose], items=(round_.id,), papers=_papers(of.lot_paper))
        case AssignInspectors(filing=filing):
            return Needs(items=(round_.id,), applications=(filing,))
        case RecordFindings() | ReportRectification() | EnterRectification() | RuleOnRectification():
            return Needs(items=(round_.id,))
        case _:
            return Needs()


def _papers(paper: str | None) -> tuple[str, ...]:
    return (paper,) if paper else ()


# What the service draws up


def population_of(round_: Round, known: Known, on: date) -> Population:
    """总体名单: who stands where the round draws of; who was inspected lately takes no part, by rule."""
    of = state(round_)
    rule = CHECKS[of.rule].document
    since = _months_before(on, rule.not_again_months)
    alliances = []
    for each in known.alliances.values():
        if each.stage not in STAGES[of.purpose] or not each.lies_in(round_.area):
            continue
        inspected = known.inspected.get(each.id)
        lately = inspected is not None and inspected >= since and rule.not_again_months > 0
        alliances.append(
            Candidate(
                id=each.id,
                name=each.name if each.archived_on else None,
                kind=each.kind,
                city=each.jurisdiction,
                inspected_on=inspected,
                left_out=f"{rule.not_again_months}个月内已检查" if lately else None,
            )
        )
    return Population(
        round=round_.id,
        as_of=on,
        rule=of.rule,
        draw=of.draw,
        at_least_one=of.at_least_one,
        alliances=tuple(sorted(alliances, key=lambda each: each.id)),
    )


def _months_before(day: date, months: int) -> date:
    """The same day so many months before, or the last one of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    first_after = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return min(
        date(year, month + 1, min(day.day, 28)) + timedelta(days=max(0, day.day - 28)), first_after - timedelta(1)
    )


def listing(round_: Round, act: RoundAct, known: Known) -> Population:
    """The list as of the day on which it is asked for."""
    return population_of(round_, known, _today(act))


def drawing(round_: Round, act: RoundAct, known: Known) -> Lot:
    """The lot, whoever asks for it whenever."""
    return lot_of(round_, known)


def lot_of(round_: Round, known: Known) -> Lot:
    """抽签结果: what follows from the published files."""
    population = Population.model_validate(known.papers[state(round_).population_paper or ""])
    return lot.draw(population, lot.seed_of(seeds_of(round_)))


# Examining


def examine(round_: Round | None, act: RoundAct, content: Mapping[str, Any] | None, known: Known) -> Examined:
    """An act with its facts, or everything that is wrong with what it brings; one that brings nothing lacks all that it must say."""
    if content is None and (asked := PAPERS.get(act.kind)) and (lacks := read(asked, {}, {}, at="/content")[1]):
        return lacks
    match act:
        case OpenRound():
            return _plan(act, InspectionPlan.model_validate(content or {}))
        case ListPopulation() if round_:
            return _population(round_, act, Population.model_validate(content or {}), known)
        case DrawLot() if round_:
            return _lot(round_, act, Lot.model_validate(content or {}), known)
        case ReplaceDrawn() if round_:
            return _stand_in(round_, act, known)
        case AssignInspectors() if round_:
            return _assignment(round_, act, Assignment.model_validate(content or {}), known)
        case RecordFindings() if round_:
            return _record(round_, act, CheckRecord.model_validate(content or {}), known)
        case ReportRectification() if round_:
            return _report(round_, act, RectificationReport.model_validate(content or {}), known)
        case EnterRectification() if round_:
            return _on_paper(round_, act, ReportOnPaper.model_validate(content or {}), known)
        case RuleOnRectification() if round_:
            return _ruling(round_, act, known)
        case _:
            return act


def _fault(at: str, message: str, article: str = "A-33") -> Finding:
    return finding(article, at, Severity.ERROR, message)


def _in_content(*parts: object) -> str:
    return pointer("content", *parts)


def _today(act: RoundAct) -> date:
    """The day on which an act was received; doors stamp it before anything is examined."""
    return day_of(told(act.received_at))


def _plan(act: OpenRound, plan: InspectionPlan) -> Examined:
    faults = []
    if plan.purpose is Purpose.SURVEY and act.alliances is not Kind.B:
        faults.append(
            _fault("/alliances", "随机调研考察的对象是已报省厅的提升类（B类）备案申请，联盟类别须选B类", "B-18")
        )
    named = plan.public_value
    if named and named.value:
        faults.append(_fault(_in_content("public_value", "value"), "公开随机数公布以后才登记，方案中不填数值"))
    if named and act.received_at and named.on <= _today(act):
        faults.append(_fault(_in_content("public_value", "on"), "须事先指定：公布日期须在开启之后"))
    if named and named.on > act.closes:
        faults.append(_fault(_in_content("public_value", "on"), "公布日期晚于本轮次的截止日"))
    if faults:
        return faults
    rule = checks_on(_today(act) if act.received_at else act.opens)
    of = InspectionState(
        purpose=plan.purpose, rule=rule, draw=plan.draw, at_least_one=plan.at_least_one, public_value=named
    )
    return act.but(facts=of.model_dump(mode="json"))


def _population(round_: Round, act: ListPopulation, listed: Population, known: Known) -> Examined:
    """The list is what the register holds on the day of receipt: another day would leave out others (`not_again_months`)."""
    if listed.as_of != _today(act):
        return [_fault(_in_content("as_of"), f"总体名单以收到公布之日（{on_day(_today(act))}）为准，不得用其他日期")]
    if listed != population_of(round_, known, _today(act)):
        return [_fault("/content", "总体名单与备案库现状不一致，请重新生成")]
    size = lot.sizes(listed.alliances)
    try:
        lot.shares(size, listed.draw, at_least_one=listed.at_least_one)
    except ValueError:
        few = f"参加抽签的只有{sum(size.values())}家、{len(size)}层，" if size else "没有可以参加抽签的联盟，"
        each = "（每层至少一家）" if listed.at_least_one else ""
        return [_fault(_in_content("draw"), f"{few}不能抽取{listed.draw}家{each}；请取消本轮次，调整方案后另行开启")]
    return act.but(
        facts=Listed(
            population=digest(listed.model_dump(mode="json")),
            listed=len(listed.alliances),
            taking_part=sum(size.values()),
        )
    )


def _lot(round_: Round, act: DrawLot, drawn: Lot, known: Known) -> Examined:
    if drawn != lot_of(round_, known):
        return [_fault("/content", "抽签结果与公布的总体名单和种子不一致，请重新计算")]
    many = sum(each.drawn for each in drawn.order)
    return act.but(facts=LotDrawn(seed=drawn.seed, lot=digest(drawn.model_dump(mode="json")), drawn=many))


def _at(round_: Round, act: Any, known: Known, *standings: Standing) -> KnownItem | list[Finding]:
    """What the round made of the alliance that an act is about, if it stands where the act may be done."""
    item = known.item(round_.id, act.filing)
    if item and item.state in standings:
        return item
    stands = Standing(item.state).label if item else "不在总体名单"
    wanted = "、".join(f"“{each.label}”" for each in standings)
    return [_fault("/filing", f"该联盟{stands}，该行为只对{wanted}的联盟可为")]


def _stand_in(round_: Round, act: ReplaceDrawn, known: Known) -> Examined:
    item = _at(round_, act, known, Standing.DRAWN, Standing.ASSIGNED)
    if isinstance(item, list):
        return item
    drawn = Lot.model_validate(known.papers[state(round_).lot_paper or ""])
    untouched = {id_ for id_, each in known.items.get(round_.id, {}).items() if each.state == Standing.LISTED}
    gone = {each.id for each in drawn.order} - {
        each.id for each in known.alliances.values() if each.stage in STAGES[state(round_).purpose]
    }
    taken = {each.id for each in drawn.order if each.id not in untouched} | gone
    following = lot.stands_in(drawn, act.filing, taken)
    return act.but(facts=StandsIn(filing=following, assigned=item.state == Standing.ASSIGNED))


def _assignment(round_: Round, act: AssignInspectors, task: Assignment, known: Known) -> Examined:
    item = _at(round_, act, known, Standing.DRAWN, Standing.ASSIGNED)
    if isinstance(item, list):
        return item
    faults = []
    within = _names_of(known.alliances[act.filing], known.applications.get(act.filing, {}))
    if task.planned_on < _today(act):
        faults.append(_fault(_in_content("planned_on"), "计划检查日期已过"))
    if task.planned_on > round_.closes:
        faults.append(_fault(_in_content("planned_on"), f"计划检查日期晚于本轮次的截止日（{on_day(round_.closes)}）"))
    for number, each in enumerate(task.inspectors):
        at = ("inspectors", number)
        if not each.no_conflict:
            faults.append(_fault(_in_content(*at, "no_conflict"), "与被检查联盟有利害关系的，须回避，请另派他人"))
        if folded(each.employer) in within:
            faults.append(_fault(_in_content(*at, "employer"), "是被检查联盟的成员单位，须回避，请另派他人"))
    if faults:
        return faults
    people = tuple(each.person for each in task.inspectors)
    return act.but(facts=Assigned(planned_on=task.planned_on, inspectors=people, again=item.state == Standing.ASSIGNED))


def _names_of(alliance: Alliance, application: Mapping[str, Any]) -> set[str]:
    """How the leader and the members of an alliance are called."""
    members = (member.get("name", "") for member in application.get("members") or ())
    return {folded(name) for name in (alliance.leader_name, *members)}


def _record(round_: Round, act: RecordFindings, record: CheckRecord, known: Known) -> Examined:
    item = _at(round_, act, known, Standing.ASSIGNED)
    if isinstance(item, list):
        return item
    faults = []
    if act.by.person not in item.figures.get("inspectors", ()):
        faults.append(_fault("/by/person", "检查记录由被指派的检查人员登记，由另一名检查人员核对"))
    today, of = _today(act), state(round_)
    rule = CHECKS[of.rule]
    if record.inspected_on > today:
        faults.append(_fault(_in_content("inspected_on"), "检查日期晚于登记之日"))
    if record.inspected_on < day_of(item.at):
        faults.append(_fault(_in_content("inspected_on"), f"检查日期早于指派之日（{on_day(day_of(item.at))}）"))
    asked = {each.asks: each for each in rule.items(of.purpose)}
    there = {line.item for line in record.lines}
    for number, line in enumerate(record.lines):
        if line.item not in asked:
            faults.append(_fault(_in_content("lines", number, "item"), "没有这一检查事项"))
        elif not line.met and not line.note:
            faults.append(
                _fault(_in_content("lines", number, "note"), "不符合的，须写明检查情况", asked[line.item].article)
            )
    faults += [
        _fault(_in_content("lines"), f"未填写检查事项：{each.asks}", each.article)
        for each in asked.values()
        if each.asks not in there
    ]
    not_met = tuple(asked[line.item] for line in record.lines if not line.met and line.item in asked)
    faults += _rectify_by(of, record, not_met, rule.document.rectification_most_days)
    if faults:
        return faults
    grounds = dict.fromkeys(each.ground for each in not_met)
    return act.but(
        facts=Found(
            inspected_on=record.inspected_on,
            not_met=tuple(each.item for each in not_met),
            rectify_by=record.rectify_by,
            grounds=tuple(each for each in grounds if each),
        )
    )


def _rectify_by(of: InspectionState, record: CheckRecord, not_met: Sequence[object], most: int) -> Iterator[Finding]:
    at, until = _in_content("rectify_by"), record.rectify_by
    if of.purpose is Purpose.SURVEY:
        if until:
            yield _fault(at, "调研考察不责令整改，情况供业务处室提出意见时参考", "B-18")
        return
    if not_met and until is None:
        yield _fault(at, "有不符合事项的，须定整改期限")
    if until and not not_met:
        yield _fault(at, "没有不符合事项，不定整改期限")
    if until and not record.inspected_on < until <= record.inspected_on + timedelta(days=most):
        yield _fault(at, f"整改期限须在检查日期之后、{most}日之内")


LEFT = (Standing.DEFICIENT, Standing.REPORTED)
"""What is not put right, or not looked at again."""


def _on_paper(round_: Round, act: EnterRectification, report: ReportOnPaper, known: Known) -> Examined:
    """By the reviewing office, or the province's department, once it came."""
    alliance = known.alliances[act.filing]
    reviewing = offices.reviewer(alliance.jurisdiction, alliance.zone)
    if act.by.role is not Role.PROVINCE_ST and (act.by.role, act.by.office) != reviewing:
        return [_fault("/filing", f"该联盟由{offices.title(*reviewing)}代录")]
    if report.received_on > _today(act):
        return [_fault(_in_content("received_on"), "收到日期晚于登记之日")]
    if report.finished_on > report.received_on:
        return [_fault(_in_content("finished_on"), "完成日期晚于收到纸质报告之日")]
    return _report(round_, act, report, known)


def _report(
    round_: Round, act: ReportRectification | EnterRectification, report: RectificationReport, known: Known
) -> Examined:
    item = _at(round_, act, known, *LEFT)
    if isinstance(item, list):
        return item
    found = Found.model_validate(item.figures)
    if report.finished_on > _today(act):
        return [_fault(_in_content("finished_on"), "完成日期晚于报告之日；尚未完成的，完成后再报")]
    if report.finished_on < found.inspected_on:
        return [_fault(_in_content("finished_on"), f"完成日期早于检查之日（{on_day(found.inspected_on)}）")]
    return act.but(facts=found)


def _ruling(round_: Round, act: RuleOnRectification, known: Known) -> Examined:
    item = _at(round_, act, known, *(LEFT if act.decision in WITHOUT_REPORT else (Standing.REPORTED,)))
    if isinstance(item, list):
        return item
    faults: list[Finding] = []
    if act.decision in WITHOUT_REPORT:
        faults += _without_report(act, Found.model_validate(item.figures), known.alliances[act.filing])
    most = CHECKS[state(round_).rule].document.rectification_most_days
    if act.decision == "again" and not act.reason:
        faults.append(_fault("/reason", "须继续整改的，写明理由"))
    if act.decision == "again" and not (
        act.rectify_by and _today(act) < act.rectify_by <= _today(act) + timedelta(days=most)
    ):
        faults.append(_fault("/rectify_by", f"须继续整改的，定新的期限，在今日之后、{most}日之内"))
    if act.decision != "again" and act.rectify_by:
        faults.append(_fault("/rectify_by", "不须继续整改的，不再定期限"))
    return faults or act.but(facts=Found.model_validate(item.figures))


WITHOUT_REPORT = ("not_rectified", "ended")
"""What is ruled whether or not a leader has reported."""


def _without_report(act: RuleOnRectification, found: Found, alliance: Alliance) -> Iterator[Finding]:
    """逾期未整改: not before its day is over, with the reason; 终结: of an alliance that is no more on file."""
    ended = alliance.stage not in FILED
    if act.decision == "ended":
        if not ended:
            yield _fault("/decision", f"该联盟{alliance.stage.label}，整改不因联盟终止而终结")
        return
    if ended:
        yield _fault("/decision", f"该联盟{alliance.stage.label}，整改随之终结，请选“联盟已终止，整改终结”")
    if found.rectify_by and _today(act) <= found.rectify_by:
        yield _fault("/decision", f"整改期限（{on_day(found.rectify_by)}）未满，不能认定逾期未整改")
    if not act.reason:
        yield _fault("/reason", "认定逾期未整改的，写明理由")
