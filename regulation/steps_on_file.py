"""The ways of an alliance on file: a year's report, and a revocation, step by step (regulation/progress.py)."""

from dataclasses import replace
from datetime import datetime

from models.filing import Filing, ReportingYear
from models.values import day_of, last_day_until
from models.vocabulary import ActKind, LapseKind, Role, Stage, YearStatus
from regulation import agenda, annual, lifecycle, naming, offices, service
from regulation.moment import Moment
from regulation.steps import MISSED_TWICE, Step, Track, if_nobody, with_day

# A year's report


def reporting(filing: Filing, now: datetime) -> Track | None:
    """年度报送: of the year about which something is to be done now (A-34, B-19)."""
    year = _year_at_hand(filing, now) if filing.stage in (Stage.IN_FORCE, Stage.REVOCATION_PENDING) else None
    if year is None:
        return None
    opens = agenda.window_opens(filing, year.year)
    begun = now >= opens or year.status is not YearStatus.OPEN
    window = Step("window", "报送开始", "done", on=day_of(opens), who=Role.LEADER.label)
    if not begun:
        says = f"自{naming.on_day(day_of(opens))}起报送；早于该日报送的，也予接收"
        window = replace(
            window, title="等候报送", state="current", on=None, since=day_of(opens), until=year.due, says=says
        )
    following = Step("next", f"{year.year + 1}年度报送", who=Role.LEADER.label, says="此后每年报送一次")
    if after := filing.year(year.year + 1):
        following = _following(following, after, now)
    steps = (window, _report(filing, year, now, begun=begun), _check(filing, year, now), following)
    return Track("year", f"{year.year}年度报送", steps)


def _following(step: Step, year: ReportingYear, now: datetime) -> Step:
    """The next year's report, which has a day of its own: it may have come while the year before is still returned, or was moved."""
    if year.status in (*annual.COUNTS, YearStatus.EXCUSED):
        return replace(step, says=f"{year.year}年度{'免报' if year.status is YearStatus.EXCUSED else '已报送'}")
    if year.due <= now:
        return replace(step, until=year.due, says=f"已过{year.year}年度报送截止：请尽快补报")
    return replace(step, until=year.due)


def _year_at_hand(filing: Filing, now: datetime) -> ReportingYear | None:
    """An extension that was asked for comes first, then a report that was returned, before others one that its leader still answers,
    then what is open or missed once its time has come, then a report under review."""
    waiting = annual.to_report(filing, Moment(now, now))
    due = [year for year in filing.years if year.year in waiting]
    asked = [year for year in filing.years if year.extension]
    returned = sorted(
        (year for year in filing.years if year.returned),
        key=lambda year: annual.awaited_for(filing, year) != filing.leader,
    )
    begun = [year for year in due if year.status is YearStatus.MISSED or now >= agenda.window_opens(filing, year.year)]
    checked = [year for year in reversed(filing.years) if _check_runs(filing, year, now)]
    reported = [year for year in reversed(filing.years) if year.status in annual.COUNTS]
    return next(iter([*asked, *returned, *begun, *checked, *due, *reported]), None)


def _check_runs(filing: Filing, year: ReportingYear, now: datetime) -> bool:
    check = filing.periods.get(f"check:{year.year}")
    return check is not None and check.until > now and year.status in annual.COUNTS


def _report(filing: Filing, year: ReportingYear, now: datetime, *, begun: bool) -> Step:
    step = Step("report", "报送总结和计划", who=Role.LEADER.label, says="报送当年度技术创新活动总结和下一年度计划")
    if year.status in annual.COUNTS and year.filed_at:
        return replace(step, state="done", on=day_of(year.filed_at))
    step = replace(step, state="current" if begun else "ahead", until=year.due, late=year.due <= now)
    if year.extension:
        return replace(step, who=_has(filing, year), says="延期申请待批复；批复以前不登记未报送")
    if year.status is YearStatus.MISSED:
        last = naming.on_day(last_day_until(year.due))
        says = f"已过{year.year}年度报送截止（{last}）：请尽快补报，补报以后不计入连续未报送"
        return replace(step, says=says, otherwise=MISSED_TWICE)
    return replace(step, otherwise=f"逾期记为{year.year}年度未报送；{MISSED_TWICE}")


def _has(filing: Filing, year: ReportingYear) -> str:
    """Who has a year's report in hand, as lists tell it."""
    return naming.awaited(annual.awaited_for(filing, year), filing.leader, iit=False)


def _check(filing: Filing, year: ReportingYear, now: datetime) -> Step:
    """审查: the reviewer may return an empty report once; who says nothing has it stand (G-11b)."""
    step = Step("check", "审查", who=offices.reviewer_of(filing))
    days = agenda.number(filing, "annual.check_working_days")
    says = f"审核机构在收到后{days}个工作日内审查；未退回的，以所报为准"
    if year.status not in annual.COUNTS:
        return replace(step, says=says)
    if year.returned:
        answer = filing.periods.get(f"answer:{year.year}")
        says, otherwise = "报告已退回：请按退回理由补正答复", if_nobody(filing, ActKind.ANSWER_ANNUAL_RETURN)
        if annual.awaited_for(filing, year) != filing.leader:
            says = "报告已退回，答复期限已过：由审核机构决定是否计入，决定以前仍可答复"
        step = replace(step, state="current", who=_has(filing, year), says=says, otherwise=otherwise)
        return with_day(filing, step, answer, now)
    check = filing.periods.get(f"check:{year.year}")
    if not _check_runs(filing, year, now):
        return replace(step, state="done", on=agenda.last_day(check) if check else None, says="已审查，以所报为准")
    return with_day(filing, replace(step, state="current", says=says, otherwise="期满未退回的，审查结束"), check, now)


# A revocation

UNOPENED = "告知书已送入收件箱，盟主企业尚未签收，期限暂自送入之日起计"
"""What is told of a notice that nobody has opened yet."""


def revoking(filing: Filing, now: datetime) -> Track | None:
    """拟撤销: opened, served, stated, decided (G-16…G-21)."""
    under_way = filing.case if filing.stage is Stage.REVOCATION_PENDING else None
    if under_way is None:
        return None
    reviewer, window = offices.reviewer_of(filing), filing.periods.get("window")
    has = naming.awaited(lifecycle.awaited(filing), filing.leader, lifecycle.awaits_iit(filing))
    days = agenda.number(filing, "revocation.statement_working_days")
    opened = Step(
        "opened", "启动撤销程序", "done", day_of(under_way.opened.at), who=reviewer, says="已发出撤销备案事先告知书"
    )
    served = Step("served", "送达告知书", who=reviewer, says="送达之日起计算陈述、申辩的期限；在收件箱打开即为签收")
    stated = Step("stated", "陈述申辩", who=Role.LEADER.label, says=f"送达之日起{days}个工作日内可以陈述、申辩")
    decided = Step("decided", "作出决定", who=reviewer, says="复核陈述、申辩后，撤销备案或者终止程序")
    if under_way.years:
        cure = f"期间补报{under_way.years[-1]}年度总结和计划的，程序随即终止"
        stated = replace(stated, says=f"{stated.says}；{cure}", otherwise="期满未陈述也未补报的，撤销备案并公告")
    if under_way.served_on is None:
        return Track("case", "撤销程序", (opened, replace(served, state="current", who=has), stated, decided))
    unopened = service.is_unopened(filing, "window")
    served = replace(served, state="done", on=under_way.served_on, unopened=unopened)
    stated = replace(stated, unopened=unopened)
    if unopened:
        served = replace(served, says=f"{UNOPENED}；{served.says}")
    if under_way.ended is None and under_way.defence is None:
        return Track(
            "case",
            "撤销程序",
            (opened, served, replace(with_day(filing, stated, window, now), state="current", who=has), decided),
        )
    on = day_of(under_way.ended.at) if under_way.ended else None
    waits = "撤销程序已暂停，解除暂停以前不作出决定" if under_way.held else decided.says
    decided = replace(decided, state="current", who=has, says=waits, unopened=unopened)
    # who may not decide yet has no day for it
    deciding = None if agenda.rests(filing, "decision") else filing.periods.get("decision")
    decided = with_day(filing, decided, deciding, now)
    if by_itself := next((due for due in agenda.dues(filing) if due.lapse.kind is LapseKind.REVOKED), None):
        decided = replace(decided, until=by_itself.at, otherwise="无人陈述、申辩，也未补报的，届时自动撤销备案并公告")
    return Track("case", "撤销程序", (opened, served, replace(stated, state="done", on=on), decided))
