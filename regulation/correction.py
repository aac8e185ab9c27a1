"""The plan of a correction (更正方案): what follows when a fact proves true late, worked out and never done.

The life is told once more with the fact in its place (`two_times`). What the docket holds and that life does not has lost its ground;
what the register does by itself once the letter is entered and confirmed is tried on the filing as it stands; what is left between
the two people decide, by the acts and the two-person rules that there are. What other rounds made of the alliance rests on it where
the filing stood otherwise when they looked than it truly did.
"""

from collections.abc import Iterator, Sequence
from typing import Any, cast

from models.acts import Act, By, Lapse
from models.correction import InRound, Plan, ProvenLate, Sort, Step
from models.filing import Entry, Filing
from models.rounds.base import RoundKind, parts
from models.values import day_of
from models.vocabulary import ActKind, LapseKind, Role, Stage, YearStatus
from regulation import agenda, entries, lifecycle, naming, offers, offices, on_paper, two_times
from regulation.articles import cite
from regulation.because import post
from regulation.moment import Moment
from regulation.on_paper import ON_PAPER
from regulation.rounds.every import RULES

QUIET = frozenset(
    {LapseKind.REMINDER, LapseKind.DELIVERY_OVERDUE, *agenda.CHASED.values(), LapseKind.ANNOUNCEMENT_OVERDUE}
)
"""Lapses that changed no legal fact: reminders and chases, told together."""

ENTERS, CONFIRMS = "plan-enters", "plan-confirms"
"""Who tries out the letter: nobody of any office."""


def plan(
    docket: Sequence[Entry], now: Moment, proven: ProvenLate | None = None, rounds: Sequence[InRound] = ()
) -> Plan:
    """What follows from a letter that is not entered yet; without one, from what was entered late already."""
    stands = entries.projected(docket[-1].filing, now)
    if proven is None:
        about = "已经登记的迟到事实"
        truly = two_times.true_by(docket, now.at)
        after, enters = stands, list[Step]()
    else:
        about = _named(proven)
        after, refused = _once_entered(stands, proven, now)
        enters = list(_enters(stands, proven, refused))
        act, when = _as_sent(stands, proven, now)
        truly = two_times.true_by(docket, now.at, [(act, when)])
    fell = truly.fallen if proven is None else _newly(docket, truly, now)
    steps = [
        *enters,
        *_gone(fell),
        *_years(stands, after),
        *_itself(stands, after, now),
        *_people(after, truly.filing, fell),
    ]
    steps += [step for each in rounds if (step := _round(docket, truly, each))]
    return Plan(about=about, stage=stands.stage, truly=truly.filing.stage, steps=tuple(steps))


def _named(proven: ProvenLate) -> str:
    posted = f"，邮戳{naming.on_day(proven.postmarked_on)}" if proven.postmarked_on else ""
    year = f"（{proven.year}年度）" if proven.year else ""
    return f"{proven.act.label}{year}，{naming.on_day(proven.came_on)}收到{posted}"


def _newly(docket: Sequence[Entry], truly: two_times.Retold, now: Moment) -> tuple[Entry, ...]:
    """What falls with this letter, and had not fallen before."""
    before = {entry.number for entry in two_times.true_by(docket, now.at).fallen}
    return tuple(entry for entry in truly.fallen if entry.number not in before)


# The letter


def _acts(filing: Filing, proven: ProvenLate, now: Moment) -> tuple[Any, Any]:
    """The letter as one officer enters it and another confirms it."""
    role, office = offices.reviewer(filing.jurisdiction, filing.zone)
    came = {
        "on": proven.came_on,
        "postmarked_on": proven.postmarked_on,
        "how": "post" if proven.postmarked_on else "in_person",
    }
    asked = {"paper": "0" * 64, "year": proven.year, "obstacle_ended_on": proven.came_on, "reason": "来文所述"}
    model = offers.TYPES[proven.act]
    content = {name: value for name, value in asked.items() if name in model.model_fields and value is not None}
    first = model.model_validate(
        {
            "id": "plan-1",
            "by": By(person=ENTERS, office=office, role=role),
            "received_at": now.at,
            "on_behalf_of": ON_PAPER[proven.act].sender,
            "came": came | {"received_by": "plan-received", "record": "0" * 64},
            **content,
        }
    )
    return first, first.but(id="plan-2", seconds="plan-1", by=By(person=CONFIRMS, office=office, role=role))


def _as_sent(filing: Filing, proven: ProvenLate, now: Moment) -> tuple[Any, Moment]:
    """The letter as if the leader had sent it online on the day as of which it counts."""
    first, _ = _acts(filing, proven, now)
    at = on_paper.moment(filing, first, now.at).at
    by = By(person="plan-leader", office=filing.leader, role=Role.LEADER)
    return first.but(id="plan-0", by=by, on_behalf_of=None, came=None, received_at=at), Moment(at, at)


def _once_entered(filing: Filing, proven: ProvenLate, now: Moment) -> tuple[Filing, str]:
    """The filing once the letter is entered and confirmed; and why it cannot be, if it cannot."""
    for act in _acts(filing, proven, now):
        when = on_paper.moment(filing, act, now.at)
        refusal = lifecycle.check(filing, act, when)
        if refusal:
            return filing, refusal.missing + refusal.way_on
        filing = lifecycle.apply(filing, act, when)
    return filing, ""


def _enters(filing: Filing, proven: ProvenLate, refused: str) -> Iterator[Step]:
    role, office = offices.reviewer(filing.jurisdiction, filing.zone)
    row = lifecycle.ROWS.get((proven.act.value, filing.stage, filing.kind))
    article = row.article(filing.kind) if row else cite("G-42")
    if refused:
        yield Step(sort=Sort.ENTER, what=f"现在不能登记这一来文：{refused}", article=article)
        return
    who = (post(role, office),)
    what = f"登记来文“{proven.act.label}”，附扫描件，写明收到日期和邮戳日期"
    yield Step(sort=Sort.ENTER, what=what, article=article, by=who, act=proven.act.value)
    confirm = "由登记人以外的人对照原件核对；核对以后才生效"
    yield Step(sort=Sort.ENTER, what=confirm, article=cite("G-42"), by=who, act=proven.act.value, two=True)


# What loses its ground, and what the register does


def _gone(fell: Sequence[Entry]) -> Iterator[Step]:
    """Every entry that would not have come; what only reminded and chased together."""
    told = [entry for entry in fell if not _quiet(entry)]
    for entry in sorted(told, key=lambda each: each.number):
        name, day = naming.name_of_entry(entry), naming.on_day(day_of(entry.at))
        if isinstance(entry.event, Lapse):
            what = f"第{entry.number}号登记“{name}”（{day}）：届时这一来文已经在先，不应发生"
        else:
            what = f"第{entry.number}号登记“{name}”（{day}）：所据的情形并不存在"
        yield Step(sort=Sort.GONE, what=what, article=entry.article, entry=entry.number)
    if quiet := [entry for entry in fell if _quiet(entry)]:
        first = min(quiet, key=lambda each: each.number)
        what = f"提醒和催办{len(quiet)}次，自第{first.number}号登记起；不改变备案的状态，无须处理"
        yield Step(sort=Sort.GONE, what=what, article=first.article, entry=first.number)


def _quiet(entry: Entry) -> bool:
    return isinstance(entry.event, Lapse) and entry.event.kind in QUIET


def _years(before: Filing, after: Filing) -> Iterator[Step]:
    """How the years stand once the letter is entered, and how many in a row are missed then."""
    for year in after.years:
        was = before.year(year.year)
        if was and was.status is not year.status:
            what = f"{year.year}年度由“{was.status.label}”改为“{year.status.label}”"
            yield Step(sort=Sort.ITSELF, what=what, article=cite(OF_YEARS[year.status]))
    if before.missed_years != after.missed_years:
        what = f"连续未报送由{before.missed_years}年改为{after.missed_years}年"
        yield Step(sort=Sort.ITSELF, what=what, article=cite("G-12"))


OF_YEARS = {
    YearStatus.OPEN: "G-14",
    YearStatus.FILED: "G-11",
    YearStatus.LATE: "G-11",
    YearStatus.MISSED: "A-42",
    YearStatus.EXCUSED: "G-12",
}


def _itself(before: Filing, after: Filing, now: Moment) -> Iterator[Step]:
    """What else becomes of the filing with the letter: its stage, and the periods that begin for the office."""
    if before.stage is not after.stage:
        what = f"备案由“{before.stage.label}”转为“{after.stage.label}”，撤销程序终止；已发出的告知由系统另行告知盟主企业不再有效"
        yield Step(sort=Sort.ITSELF, what=what, article=cite("G-21"))
    for name, period in after.periods.items():
        if name not in before.periods and name.partition(":")[0] in ("check", "extension", "defence"):
            kind = agenda.CHASED.get(name.partition(":")[0])
            what = f"起算{AFTER[name.partition(':')[0]]}，至{naming.midnight(period.until)}"
            article = cite("G-17") if kind is LapseKind.DEFENCE_OVERDUE else cite("G-14" if kind else "G-11b")
            yield Step(sort=Sort.ITSELF, what=what, article=article, until=period.until)


AFTER = {"check": "年度报告的审查期限", "extension": "延期申请的批复期限", "defence": "陈述申辩的复核期限"}


# What people decide


def _people(after: Filing, truly: Filing, fell: Sequence[Entry]) -> Iterator[Step]:
    """What is left for people: to restore, to release, and to look at what officers did in a case that was none."""
    if after.stage is Stage.REVOKED and (truly.stage is not Stage.REVOKED or "restoration" in after.periods):
        due = after.periods.get("restoration")
        announced = f"；撤销已于{naming.on_day(after.announced)}公告，恢复须一并公告" if after.announced else ""
        what = f"“{ActKind.RESTORE.label}”：撤销所依据的事实不存在，经核对后恢复备案，编号不变{announced}"
        yield _by_act(after, ActKind.RESTORE, Sort.APPROVE, what).but(until=due.until if due else None)
        if after.challenges:
            what = "有行政复议或者诉讼尚无结果：将恢复备案的决定告知复议机关或者法院"
            yield _by_act(after, ActKind.RECORD_CHALLENGE_OUTCOME, Sort.LOOK, what)
    if after.case and after.stage is Stage.REVOCATION_PENDING and truly.case and truly.case.defence == "open":
        what = f"“{ActKind.RULE_ON_DEFENCE.label}”：陈述申辩在期限内，复核以前不作出决定"
        yield _by_act(after, ActKind.RULE_ON_DEFENCE, Sort.APPROVE, what)
    for year in after.years:
        if year.extension:
            what = f"“{ActKind.RULE_ON_EXTENSION.label}”（{year.year}年度）：申请在期限内，批复以前不记为未报送"
            yield _by_act(after, ActKind.RULE_ON_EXTENSION, Sort.APPROVE, what)
    for entry in sorted(fell, key=lambda each: each.number):
        by = getattr(entry.event, "by", None)
        if by and by.role is not Role.LEADER and entry.event.kind not in NOTED:
            what = f"第{entry.number}号登记“{naming.name_of_entry(entry)}”由人作出：作出的机构复核，另行更正或者说明"
            who = (post(by.role, by.office),)
            yield Step(sort=Sort.LOOK, what=what, article=entry.article, by=who, entry=entry.number)


NOTED = frozenset(
    {
        ActKind.RECORD_SERVICE, ActKind.ACKNOWLEDGE_SERVICE, ActKind.REPORT_UNDELIVERABLE, ActKind.SETTLE_DELIVERY,
        ActKind.CORRECT_CONTACT, ActKind.RECORD_ANNOUNCEMENT, ActKind.RESTORE, ActKind.FILE_ANNUAL_REPORT,
        ActKind.ANSWER_ANNUAL_RETURN, ActKind.REQUEST_EXTENSION, ActKind.STATE_DEFENCE, ActKind.OBJECT,
    }
)  # fmt: skip
"""Acts that note what happened, or set right what was wrong: nobody decided anything by them that must be looked at again."""


def _by_act(filing: Filing, kind: ActKind, sort: Sort, what: str) -> Step:
    """A line that people do by an act of the lifecycle."""
    rows = [row for row in lifecycle.TABLE if row.event is kind]
    row = lifecycle.ROWS.get((kind.value, filing.stage, filing.kind), rows[0])
    who = tuple(dict.fromkeys(post(*each) for each in offers.doers(filing, kind)))
    bare: dict[str, Any] = {"kind": kind}
    act = cast(Act, offers.TYPES[kind].model_construct(None, **bare))
    two = row.two_people(filing, act, Moment(filing.submitted_at, filing.submitted_at))
    return Step(
        sort=sort,
        what=what,
        article=row.article(filing.kind, lifecycle.ground_of(filing)),
        by=who,
        act=kind.value,
        two=two,
    )


# Rounds

REDONE_BY: dict[RoundKind, tuple[str, str]] = {
    RoundKind.SURVEY: ("enter_survey", "补发统计调查表，或者代录"),
    RoundKind.ANNUAL: ("settle_year", "年度报送的办结数更正"),
    RoundKind.EVALUATION: ("evaluate", "按更正后的报送情况重新评价"),
    RoundKind.PERFORMANCE: ("return_appraisal", "退回评价，由评价机构重新评分"),
    RoundKind.SUBSIDY: ("withdraw_list", "名单已经审定的，撤回名单后按更正后的情况重新审定"),
    RoundKind.INSPECTION: ("void_lot", "总体名单有误的，抽签作废后重新公布、重新抽签"),
}
"""By which act the office of a round sets right what rested on a fact that was none. Other rounds rest on no alliance's standing."""


def _round(docket: Sequence[Entry], truly: two_times.Retold, told: InRound) -> Step | None:
    """What a round made of the alliance, if the filing stood otherwise when it looked than it truly did."""
    place = parts(told.round_id)
    known = two_times.known(docket, told.at)
    true = [entry for entry in truly.docket if entry.at <= told.at]
    if place is None or place.kind not in REDONE_BY or not known or not true:
        return None
    had, was = _standing(known[-1].filing), _standing(true[-1].filing)
    if had == was:
        return None
    kind, how = REDONE_BY[place.kind]
    row = RULES[place.kind].rows[kind]
    told_as = f"列为“{RULES[place.kind].word(told.state)}”" if told.state else "没有列入"
    what = f"{told.title}于{naming.on_day(day_of(told.at))}{told_as}：当时登记为{had}，实际应为{was}；{how}"
    office = offices.name_of(place.jurisdiction) if place.jurisdiction else offices.name_of(offices.PROVINCE)
    return Step(
        sort=Sort.LOOK,
        what=what,
        article=cite(row.article),
        by=(office,),
        act=kind,
        two=row.together != "one",
        round_id=told.round_id,
    )


def _standing(filing: Filing) -> str:
    """How a filing stands as rounds look at it: its stage, and the years that were due."""
    years = [year for year in filing.years if year.closed or year.status is not YearStatus.OPEN]
    told = "、".join(f"{year.year}年度{year.status.label}" for year in years[-3:])
    return f"“{filing.stage.label}”" + (f"、{told}" if told else "")
