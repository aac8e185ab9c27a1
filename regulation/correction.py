"""The plan of a correction (更正方案): what follows when a fact proves true late, worked out and never done.

The life is told once more with the fact in its place (`two_times`). What the docket holds and that life does not has lost its ground;
what the register does by itself once the letter is entered and confirmed is tried on the filing as it stands; what is left between
the two people decide, by the acts and the two-person rules that there are. What other rounds made of the alliance rests on it where
the filing stood otherwise when they looked than it truly did.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, cast

from models.acts import Act, By, Lapse
from models.correction import InRound, Plan, ProvenLate, Sort, Step
from models.filing import Entry, Filing
from models.rounds.base import RoundKind, parts
from models.values import day_of
from models.vocabulary import ActKind, LapseKind, Role, Stage, YearStatus
from regulation import agenda, entries, expectations, lifecycle, naming, offers, offices, on_paper, two_times
from regulation.articles import cite
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
    told, fell, steps = _Letter(), tuple[Entry, ...](), list[Step]()
    gone = fell
    if proven is None:
        about, after = "已经登记的迟到事实", stands
        truly = two_times.true_by(docket, now.at)
        steps, gone, fell, rounds = _left(docket, truly, rounds)
    else:
        about = _named(proven)
        after, refused = _once_entered(stands, proven, now)
        told = _Letter(proven, refused)
        act, when = _as_sent(stands, proven, now)
        truly = two_times.true_by(docket, now.at, [(act, when)])
        steps, fell = list(_enters(stands, proven, refused)), _newly(docket, truly, now)
        gone = fell
    steps += [
        *_gone(gone),
        *_years(stands, after),
        *_itself(stands, after, now),
        *_people(docket, after, truly.filing, fell, told, now),
    ]
    steps += [step for each in rounds if (step := _round(docket, truly, each))]
    return Plan(about=about, stage=stands.stage, truly=truly.filing.stage, steps=tuple(steps))


class _Letter(NamedTuple):
    """A letter that is tried, and why it cannot be entered, if it cannot."""

    proven: ProvenLate | None = None
    refused: str = ""


def _left(
    docket: Sequence[Entry], truly: two_times.Retold, rounds: Sequence[InRound]
) -> tuple[list[Step], tuple[Entry, ...], tuple[Entry, ...], Sequence[InRound]]:
    """What of late facts is still to be set right, once people have set a filing right, or a letter's own entry has: what has lost its
    ground since, what people look at, and the rounds. Where the register set it right itself, nobody has looked at anything yet."""
    by_people, by_itself = two_times.settled_by(docket), two_times.set_right_by(docket)
    settled = max(filter(None, (by_people, by_itself)), key=_numbered, default=None)
    before = [entry for entry in truly.fallen if settled and entry.number < settled.number]
    if settled is None or not before:
        return [], truly.fallen, truly.fallen, rounds
    gone = "、".join(f"第{entry.number}号" for entry in sorted(before, key=_numbered) if not is_quiet(entry))
    told = f"；此前失去依据的登记（{gone}）不再影响备案的状态，无须另行处理" if gone else ""
    what = f"第{settled.number}号登记“{naming.name_of_entry(settled)}”（{naming.on_day(day_of(settled.entered_at))}）已经更正{told}"
    done = Step(sort=Sort.DONE, what=what, article=settled.article, entry=settled.number)
    since = tuple(entry for entry in truly.fallen if entry.number > settled.number)
    if settled is by_itself:
        return [done], since, truly.fallen, rounds
    return [done], since, since, [each for each in rounds if each.at < settled.entered_at]


def _numbered(entry: Entry) -> int:
    return entry.number


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
    asked: dict[str, Any] = {
        "paper": "0" * 64,
        "year": proven.year,
        "obstacle_ended_on": proven.came_on,
        "reason": "来文所述",
    }
    asked |= {"facts": expectations.facts(filing)}
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
    who = (offices.post(role, office),)
    what = f"登记来文“{proven.act.label}”，附扫描件，写明收到日期和邮戳日期"
    yield Step(sort=Sort.ENTER, what=what, article=article, by=who, act=proven.act.value)
    confirm = "由登记人以外的人对照原件核对；核对以后才生效"
    yield Step(sort=Sort.ENTER, what=confirm, article=cite("G-42"), by=who, act=proven.act.value, two=True)


# What loses its ground, and what the register does


def _gone(fell: Sequence[Entry]) -> Iterator[Step]:
    """Every entry that would not have come; what only reminded and chased together."""
    told = [entry for entry in fell if not is_quiet(entry)]
    for entry in sorted(told, key=lambda each: each.number):
        name, day = naming.name_of_entry(entry), naming.on_day(day_of(entry.at))
        if isinstance(entry.event, Lapse):
            what = f"第{entry.number}号登记“{name}”（{day}）：届时这一来文已经在先，不应发生"
        else:
            what = f"第{entry.number}号登记“{name}”（{day}）：所据的情形并不存在"
        yield Step(sort=Sort.GONE, what=what, article=entry.article, entry=entry.number)
    if quiet := [entry for entry in fell if is_quiet(entry)]:
        first = min(quiet, key=lambda each: each.number)
        what = f"提醒和催办{len(quiet)}次，自第{first.number}号登记起；不改变备案的状态，无须处理"
        yield Step(sort=Sort.GONE, what=what, article=first.article, entry=first.number)


def is_quiet(entry: Entry) -> bool:
    """Whether an entry only reminded or chased."""
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
    if before.stage is not after.stage and before.stage is not Stage.REVOCATION_PENDING:
        what = f"备案由“{before.stage.label}”转为“{after.stage.label}”"
        yield Step(sort=Sort.ITSELF, what=what, article=cite("G-07"))
    elif before.stage is not after.stage:
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


class _Trying:
    """People's acts, tried one after the other on the filing as the letter leaves it: what would be refused is no line of a plan."""

    def __init__(self, filing: Filing, now: Moment) -> None:
        self.filing, self.now = filing, now

    def does(self, kind: ActKind, **about: Any) -> str:
        """Do an act if it may be; else why it may not be."""
        said = SAID.get(kind, {}) | {"reason": "更正", "document_no": "更正"} | about
        content = {name: each for name, each in said.items() if name in offers.TYPES[kind].model_fields}
        role, office = _doers(self.filing, kind)[0]
        filing, when = self.filing, Moment(self.now.at, self.now.at)
        for person in (ENTERS, CONFIRMS):
            by = {"person": person, "office": office, "role": role}
            told = {"id": f"{person}-{kind}", "by": by, "received_at": self.now.at}
            act: Any = offers.TYPES[kind].model_validate(told | content)
            if refusal := lifecycle.check(filing, act, when):
                return refusal.missing + refusal.way_on
            filing = lifecycle.apply(filing, act, when)
            if not lifecycle.is_half(filing, act):
                break
        self.filing = filing
        return ""


SAID: dict[ActKind, dict[str, Any]] = {
    ActKind.RULE_ON_EXTENSION: {"outcome": "refused"},
    ActKind.RULE_ON_DEFENCE: {"outcome": "rejected"},
    ActKind.RECORD_CHALLENGE_OUTCOME: {"ruling": "ended"},
}
"""How an act turns out as it is tried, where it may turn out one way or the other."""


def _people(
    docket: Sequence[Entry], after: Filing, truly: Filing, fell: Sequence[Entry], told: _Letter, now: Moment
) -> Iterator[Step]:
    """What is left for people: to restore, to release, and to look at what officers did in a case that was none."""
    trying = _Trying(after, now)
    if after.stage is Stage.REVOKED and (truly.stage is not Stage.REVOKED or "restoration" in after.periods):
        yield from _restores(docket, trying, truly, told)
    if told.refused:
        yield from _instead(trying, truly, told)
    case = trying.filing.case
    heard = case and case.defence == "open" and truly.case and truly.case.defence == "open"
    if heard and not trying.does(ActKind.RULE_ON_DEFENCE):
        what = f"“{ActKind.RULE_ON_DEFENCE.label}”：陈述申辩在期限内，复核以前不作出决定"
        yield _by_act(after, ActKind.RULE_ON_DEFENCE, Sort.APPROVE, what)
    for year in after.years:
        if year.extension:
            yield _rules_on_extension(trying, year.year)
    for entry in sorted(fell, key=lambda each: each.number):
        by = getattr(entry.event, "by", None)
        if by and by.role is not Role.LEADER and entry.event.kind not in NOTED:
            what = f"第{entry.number}号登记“{naming.name_of_entry(entry)}”由人作出：作出的机构复核，另行更正或者说明"
            who = (offices.post(by.role, by.office),)
            yield Step(sort=Sort.LOOK, what=what, article=entry.article, by=who, entry=entry.number)
    if (step := _looked_at(after, told.proven)) is not None:
        yield step


def _restores(docket: Sequence[Entry], trying: _Trying, truly: Filing, told: _Letter) -> Iterator[Step]:
    """Restoring, with everything that whoever signs it must know: on what it rests, and what it does besides."""
    revoked = trying.filing
    if why := trying.does(ActKind.RESTORE):
        yield Step(sort=Sort.LOOK, what=f"现在不能“{ActKind.RESTORE.label}”：{why}", article=cite("G-23"))
        return
    announced = f"；撤销已于{naming.on_day(revoked.announced)}公告，恢复须一并公告" if revoked.announced else ""
    challenged = any(entry.event.kind in CHALLENGED and entry.refused is None for entry in docket)
    ground = (
        "依复议、诉讼文书办理"
        if challenged
        else f"没有登记复议、诉讼文书，经核对属实的，由作出决定的机构自行纠正（{OF_OWN_ACCORD}）"
    )
    what = f"“{ActKind.RESTORE.label}”：{_what_failed(truly)}；{ground}，编号不变{announced}"
    besides = _excused(revoked, trying.filing)
    if truly.stage is Stage.REVOCATION_PENDING:
        besides += (
            "。恢复的后果超出这一更正：撤销程序一并终结，陈述申辩不再复核；现有办理事项都不能使备案回到“拟撤销”，"
            "认为仍应撤销的，须另行立案或者复核"
        )
    due = revoked.periods.get("restoration")
    backwards = due and revoked.ended_at and due.until <= revoked.ended_at
    if due and backwards:
        begun = next((each for each in docket if "restoration" in each.filing.periods), None)
        since = f"第{begun.number}号登记（{naming.on_day(day_of(begun.entered_at))}）" if begun else "来文核对登记"
        besides += f"。登记的办理期限（至{naming.midnight(due.until)}）早于撤销决定，不据以认定逾期；建议自{since}之日起尽快办理"
    step = _by_act(revoked, ActKind.RESTORE, Sort.APPROVE, what + besides)
    yield step.but(
        article=step.article if challenged else OF_OWN_ACCORD, until=due.until if due and not backwards else None
    )
    for each in revoked.challenges:
        about = {"challenge": each.id, "decided_on": trying.now.day}
        if not trying.does(ActKind.RECORD_CHALLENGE_OUTCOME, **about):
            what = "有行政复议或者诉讼尚无结果：将恢复备案的决定告知复议机关或者法院，有结果后登记"
            yield _by_act(revoked, ActKind.RECORD_CHALLENGE_OUTCOME, Sort.LOOK, what)
            return


OF_OWN_ACCORD = "参照《行政许可法》第六十九条"
"""By which an office sets its own decision right, where nobody has ordered it to."""

CHALLENGED = frozenset({ActKind.RECORD_CHALLENGE, ActKind.RECORD_CHALLENGE_OUTCOME})


def _what_failed(truly: Filing) -> str:
    """What was wrong with a decision: what it rests on, or, where that stands, how it came about."""
    if truly.stage is not Stage.REVOCATION_PENDING:
        return "撤销所依据的情形，在作出决定时已不存在"
    years = "、".join(str(year) for year in truly.case.years) if truly.case else ""
    stands = f"{years}年度未报送的事实没有改变" if years else "撤销所依据的事实没有改变"
    if truly.case and truly.case.defence == "open":
        return f"{stands}，有误的是程序：期限内的陈述申辩未经复核即已撤销（参照《行政处罚法》第四十五条）"
    return f"{stands}，有误的是程序：程序尚未终结即已撤销"


def _excused(before: Filing, after: Filing) -> str:
    """Which years an act excuses besides."""
    years = [
        f"{year.year}年度由“{was.status.label}”记为“{year.status.label}”"
        for year in after.years
        if (was := before.year(year.year)) and was.status is not year.status
    ]
    return f"。恢复以后{'、'.join(years)}，不再补报" if years else ""


def _instead(trying: _Trying, truly: Filing, told: _Letter) -> Iterator[Step]:
    """What people can do where a letter cannot be entered any more, though it was in time."""
    filing, year = trying.filing, told.proven.year if told.proven else None
    had, was = (filing.year(year), truly.year(year)) if year else (None, None)
    if filing.stage is Stage.REVOCATION_PENDING is not truly.stage:
        for kind, why in (
            (ActKind.HOLD, "来文不能登记的，核实期间不使撤销办结"),
            (ActKind.DROP_REVOCATION, "经核实，程序所据的情形不存在"),
        ):
            if not trying.does(kind):
                yield _by_act(filing, kind, Sort.APPROVE, f"“{kind.label}”：{why}")
    reported = was and was.status in (YearStatus.FILED, YearStatus.LATE)
    missed = had and had.status is YearStatus.MISSED
    if year and reported and missed and not trying.does(ActKind.EXCUSE_YEAR, year=year):
        ends = "，撤销程序随即终止" if filing.stage is not trying.filing.stage else ""
        what = f"“{ActKind.EXCUSE_YEAR.label}”（{year}年度）：来文经核实已送达而不能登记的，可以免除该年度{ends}"
        yield _by_act(filing, ActKind.EXCUSE_YEAR, Sort.APPROVE, what)


def _rules_on_extension(trying: _Trying, year: int) -> Step:
    """A request is ruled on, if what comes before leaves anything to rule on."""
    filing = trying.filing
    if why := trying.does(ActKind.RULE_ON_EXTENSION, year=year):
        now = filing.year(year)
        over = f"该年度记为“{now.status.label}”" if now and now.extension is None else why
        what = f"{year}年度的延期申请不再批复：{over}；须人工复核并答复申请人"
        return Step(sort=Sort.LOOK, what=what, article=cite("G-14"))
    what = f"“{ActKind.RULE_ON_EXTENSION.label}”（{year}年度）：申请在期限内，批复以前不记为未报送"
    return _by_act(filing, ActKind.RULE_ON_EXTENSION, Sort.APPROVE, what)


def _looked_at(filing: Filing, proven: ProvenLate | None) -> Step | None:
    """What was posted before a decision and came after it: whether it counts depends on what it is, so people look at it."""
    if filing.stage is not Stage.REVOKED or not (proven and proven.postmarked_on and filing.ended_at):
        return None
    if not proven.postmarked_on < day_of(filing.ended_at) <= proven.came_on:
        return None
    what = (
        "来文在撤销以前交邮、以后收到，是否计入因来文而异（报送以邮戳为准；陈述申辩在其期限内交邮的以邮戳为准，"
        "2026年12月1日以前收到的以等候期限内收到为准）：须人工复核"
    )
    return Step(sort=Sort.LOOK, what=what, article=cite("G-17"))


NOTED = frozenset(
    {
        ActKind.RECORD_SERVICE, ActKind.ACKNOWLEDGE_SERVICE, ActKind.REPORT_UNDELIVERABLE, ActKind.SETTLE_DELIVERY,
        ActKind.CORRECT_CONTACT, ActKind.RECORD_ANNOUNCEMENT, ActKind.RESTORE, ActKind.FILE_ANNUAL_REPORT,
        ActKind.ANSWER_ANNUAL_RETURN, ActKind.REQUEST_EXTENSION, ActKind.STATE_DEFENCE, ActKind.OBJECT,
    }
)  # fmt: skip
"""Acts that note what happened, or set right what was wrong: nobody decided anything by them that must be looked at again."""


def _doers(filing: Filing, kind: ActKind) -> list[tuple[Role, str]]:
    """Who of the offices does an act; what the service itself may do is not for a plan to tell."""
    return [each for each in offers.doers(filing, kind) if each[0] is not Role.PLATFORM]


def _by_act(filing: Filing, kind: ActKind, sort: Sort, what: str) -> Step:
    """A line that people do by an act of the lifecycle."""
    rows = [row for row in lifecycle.TABLE if row.event is kind]
    row = lifecycle.ROWS.get((kind.value, filing.stage, filing.kind), rows[0])
    who = tuple(dict.fromkeys(offices.post(*each) for each in _doers(filing, kind)))
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
