"""The annual duty: reports, deadlines, extensions, waivers (Q11–Q15).

A due year closes at its deadline, filed or not. A report counts as of its receipt: before `due` it is in time, later it
is late, and a late one is an update all the same (G-11).
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from models.acts import (
    AnswerAnnualReturn,
    DiscountAnnualReport,
    ExcuseYear,
    FileAnnualReport,
    Lapse,
    MoveDeadline,
    RequestExtension,
    ReturnAnnualReport,
    RuleOnExtension,
)
from models.filing import Extension, Filing, Mark, ReportingYear
from models.findings import Lack
from models.values import day_of, midnight_after, on_day
from models.vocabulary import ActKind, Ground, Stage, YearStatus
from regulation import agenda, revocation
from regulation.agenda import (
    CHASES,
    annual_deadline,
    begin,
    chase,
    end,
    first_due_year,
    first_due_year_of_continuation,
    number,
    window_opens,
    year_begins,
)
from regulation.moment import Moment
from regulation.service import STRICTER_SINCE

KEPT = 6
"""How many due years a filing knows, the newest. What was not reported in an older one is long past its time (G-11)."""

OF_A_YEAR = ("check", "answer", "extension")
"""The periods that run on one year's report or request."""

COUNTS = (YearStatus.FILED, YearStatus.LATE)


def awaited_for(filing: Filing, year: ReportingYear) -> str | None:
    """Whom a reporting year waits for: the reviewer to rule on its extension; of a report that was returned its leader, and once the
    period of the answer is over the reviewer; its leader while it is open."""
    reviewer = filing.zone or filing.jurisdiction
    if year.extension:
        return reviewer
    if year.returned:
        period = filing.periods.get(f"answer:{year.year}")
        return filing.leader if filing.chased_since and period and not period.chased else reviewer
    return filing.leader if not year.closed and year.status is YearStatus.OPEN else None


def begin_duty(filing: Filing, when: Moment) -> Filing:
    """The first due year of a filing that comes, or comes back, into force (G-08, Q11, Q22); from `STRICTER_SINCE` on a
    continuation owes what the filing that it continues still owed (G-32)."""
    goes_on = filing.continues is not None and not filing.years and when.day >= STRICTER_SINCE
    year = first_due_year_of_continuation(filing, when.day) if goes_on else first_due_year(filing, when.day)
    if filing.year(year):
        return filing
    return _open(filing, year, when)


def _open(filing: Filing, year: int, when: Moment) -> Filing:
    """A reporting year becomes due; its deadline is fixed now."""
    due = ReportingYear.made(year=year, due=annual_deadline(filing, year), reminded=when.at)
    filing = filing.but(years=(*filing.years, due))
    return _without_old_years(filing, year - KEPT) if when.day >= STRICTER_SINCE else filing


def _without_old_years(filing: Filing, last: int) -> Filing:
    """Without years up to one, and whatever ran on them: nothing can be done about them any more; the register has them.

    Years that a revocation case rests on stay as long as the case.
    """
    rested_on = filing.case.years if filing.case else ()
    old = {str(year.year) for year in filing.years if year.year <= last and year.year not in rested_on}
    if not old:
        return filing
    waiting = agenda.letters_waiting(filing)
    proposals = {
        each: by for each, by in filing.proposals.items() if each in waiting or each.partition(":")[2] not in old
    }
    kept = tuple(year for year in filing.years if str(year.year) not in old)
    over = [name for name in filing.periods if name.partition(":")[0] in OF_A_YEAR and name.partition(":")[2] in old]
    return end(filing, *over).but(years=kept, proposals=proposals)


def replace(filing: Filing, year: ReportingYear) -> Filing:
    """The filing with one year replaced."""
    return filing.but(years=tuple([year if each.year == year.year else each for each in filing.years]))


def due_year(filing: Filing, number_of_year: int) -> ReportingYear:
    """A year that `_not_due` let pass."""
    year = filing.year(number_of_year)
    if year is None:
        raise LookupError(f"{filing.id}: {number_of_year}年度无须报送")
    return year


def _not_due(filing: Filing, year: int) -> Lack | None:
    """Only years that have become due can be reported, extended or excused."""
    if filing.year(year):
        return None
    if not filing.years:
        return Lack(missing="本备案尚无应报年度")
    if year > filing.years[-1].year:
        return Lack(missing=f"{year}年度尚未到报送期，现应报{filing.report_year or filing.years[-1].year}年度")
    if len(filing.years) >= KEPT:
        return Lack(missing=f"{year}年度已过去多年或无须报送，现可办理的最早为{filing.years[0].year}年度")
    return Lack(missing=f"{year}年度无须报送，首个应报年度为{filing.years[0].year}年度")


# Time


def year_closed(filing: Filing, lapse: Lapse, when: Moment) -> Filing:
    """The deadline of a year that was filed, filed late or excused (Q15): it breaks the run of years before (G-12)."""
    year = due_year(filing, lapse.year or 0).but(closed=True, extension=None, not_before=None, reminded=None)
    filing = _next_year(replace(end(filing, f"extension:{year.year}"), year), year, when)
    return revocation.reconsider(filing, when)


def year_missed(filing: Filing, lapse: Lapse, when: Moment) -> Filing:
    """The deadline of a year for which nothing was received (A-42)."""
    year = due_year(filing, lapse.year or 0)
    year = year.but(
        closed=True,
        status=YearStatus.MISSED,
        missed=Mark(number=filing.number, at=when.at),
        extension=None,
        not_before=None,
        reminded=when.at,
    )
    return _next_year(replace(end(filing, f"extension:{year.year}"), year), year, when)


def _next_year(filing: Filing, year: ReportingYear, when: Moment) -> Filing:
    """The following year becomes due; a period of this act's kind is answered for (Q15)."""
    return _open_after(_without_settled(filing, year.year, when), year, when)


def _open_after(filing: Filing, year: ReportingYear, when: Moment) -> Filing:
    """The following year becomes due, if it is not already."""
    return filing if filing.years[-1].year > year.year else _open(filing, year.year + 1, when)


def _without_settled(filing: Filing, before: int, when: Moment) -> Filing:
    """Without the periods on earlier years' reports that are over; an unanswered return keeps its own (G-11b)."""

    def settled(year: int) -> bool:
        known = filing.year(year)  # of one too old to be kept nothing waits
        return year < before and not (known and known.returned)

    over = (
        name
        for name, period in filing.periods.items()
        if name.startswith(("check:", "answer:")) and period.until <= when.at and settled(int(name.partition(":")[2]))
    )
    return end(filing, *over)


def reminded(filing: Filing, lapse: Lapse, when: Moment) -> Filing:
    """A reminder went out (G-13)."""
    return replace(filing, due_year(filing, lapse.year or 0).but(reminded=when.at))


# Reports


def may_file(filing: Filing, act: FileAnnualReport, when: Moment) -> Lack | None:
    """A year is filed from its 1 January until its deadline, late until the next one's or the decision (G-11, Q14).

    Until its deadline a further report replaces the earlier one.
    """
    if lack := _not_begun(act.year, when):
        return lack
    filing = _due_for_all(filing, act.year, when)
    if lack := _not_due(filing, act.year) or revocation.decided_before(filing, when):
        return lack
    year = due_year(filing, act.year)
    if year.returned:
        return Lack(missing=f"{act.year}年度已报送，正待答复退回", supplied_by=ActKind.ANSWER_ANNUAL_RETURN)
    if year.status in COUNTS:
        return _stands_as_reported(filing, year, when)
    if year.status is YearStatus.EXCUSED:
        return Lack(missing=f"{act.year}年度已免予报送，不必再报；该年度的情况可在{act.year + 1}年度总结中一并说明")
    return _not_made_good_any_more(filing, year, when)


def _not_made_good_any_more(filing: Filing, year: ReportingYear, when: Moment) -> Lack | None:
    """Late until the next year's deadline (G-11). What a 告知书 promised holds until the decision, however long that takes:
    the newest year that its case rests on may be made good (G-21); from `STRICTER_SINCE` on."""
    lack, case = _too_late(filing, year, when), filing.case
    if lack is None or case is None or year.year not in case.years:
        return lack
    newest = case.years[-1]
    if year.year == newest and day_of(when.stamped_at) >= STRICTER_SINCE:
        return None
    return lack.but(missing=f"{lack.missing}；撤销程序中可补报的是{newest}年度，补报后程序随即终止")


def _not_begun(year: int, when: Moment) -> Lack | None:
    """当年度: nobody sums up a year that has not begun; from `STRICTER_SINCE` on."""
    if when.arrival < year_begins(year) and when.arrival_day >= STRICTER_SINCE:
        return Lack(missing=f"{year}年度尚未开始，自{year}年1月1日起可以报送")
    return None


def _stands_as_reported(filing: Filing, year: ReportingYear, when: Moment) -> Lack | None:
    """What was reported may be replaced until the deadline, from `STRICTER_SINCE` on; later it is put right by other means."""
    if day_of(when.stamped_at) < STRICTER_SINCE:
        return Lack(missing=f"{year.year}年度已报送")
    if when.at < year.due:
        return None
    over = f"{year.year}年度已报送，报送期限已过，不再替换"
    if _may_no_longer_be_returned(filing, year, when):
        return Lack(missing=f"{over}；内容有误的，请在{year.year + 1}年度总结中更正说明")
    missing = f"{over}；内容有误的，可请审核机构在审查期限内退回，再以答复更正"
    return Lack(missing=missing, instead=ActKind.RETURN_ANNUAL_REPORT)


def to_report(filing: Filing, when: Moment) -> tuple[int, ...]:
    """The years that wait for a report, the oldest first: those open, and those missed that may still be made good (Q14)."""
    waiting = (year for year in filing.years if year.status in (YearStatus.OPEN, YearStatus.MISSED))
    return tuple(year.year for year in waiting if not _not_made_good_any_more(filing, year, when))


def _too_late(filing: Filing, year: ReportingYear, when: Moment) -> Lack | None:
    following = filing.year(year.year + 1)
    if year.status is YearStatus.MISSED and following and when.at >= following.due:
        return Lack(missing=f"{year.year}年度的补报期已于{following.year}年度报送截止时届满")
    return None


def file_annual_report(filing: Filing, act: FileAnnualReport, when: Moment) -> Filing:
    """年度总结和计划, by the eight tasks, received (A-22, A-34, B-19, G-11, G-11b)."""
    filing = _due_for_all(filing, act.year, when)
    return received(filing, due_year(filing, act.year), when)


def received(filing: Filing, year: ReportingYear, when: Moment) -> Filing:
    """A report of a year counts from its receipt, even if a lapse was entered since (Instants 4).

    Of several the first receipt tells whether it was in time, the last one what it says. A newer text is checked anew.
    """
    first, last = when.at, None
    if year.status in COUNTS and year.filed_at:
        first, last = min(when.at, year.filed_at), max(when.at, year.text_at or year.filed_at)
    status = YearStatus.FILED if first < year.due else YearStatus.LATE
    filing = replace(filing, year.but(status=status, filed_at=first, text_at=last, missed=None))
    if not year.return_used and filing.stage is not Stage.REVOKED and last in (None, when.at):
        filing = begin(filing, f"check:{year.year}", when.arrival_day)
    return revocation.reconsider(filing, when)


def undoes_miss(
    filing: Filing, act: FileAnnualReport | AnswerAnnualReturn | RequestExtension, when: Moment
) -> int | None:
    """The miss that would not have come had this act arrived when it was received (Instants 4)."""
    year = filing.year(act.year)
    return year.missed.number if year and year.missed and when.at < year.missed.at else None


def undoes_miss_or_case(filing: Filing, act: FileAnnualReport, when: Moment) -> int | None:
    """The miss, or the case opened since, that a report received earlier undoes (Instants 4)."""
    case, year = filing.case, filing.year(act.year)
    if year and year.status in COUNTS:  # what it replaces has undone them
        return None
    if case and case.ground is Ground.TWO_YEARS_MISSED and when.at < case.opened.at:
        return undoes_miss(filing, act, when) or case.opened.number
    return undoes_miss(filing, act, when)


def warn_of_report(filing: Filing, act: FileAnnualReport, when: Moment) -> str | None:
    """A report before 1 October of its year is taken with a warning (G-12b), and so is one that is not the first."""
    opens, year = window_opens(filing, act.year), filing.year(act.year)
    early = f"{act.year}年度报送自{on_day(day_of(opens))}起；早于该日报送的，也予接收" if when.at < opens else None
    return "；".join(filter(None, (early, _warn_of_another(year, when) if year else None))) or None


def _warn_of_another(year: ReportingYear, when: Moment) -> str | None:
    if year.status not in COUNTS or year.filed_at is None:
        return None
    if when.at < (year.text_at or year.filed_at):
        return f"{year.year}年度另有较晚收到的报告，内容以较晚的为准；是否按期以首次收到为准"
    return f"{year.year}年度已经报送过；内容以本报告为准，是否按期以首次收到为准"


def may_return(filing: Filing, act: ReturnAnnualReport, when: Moment) -> Lack | None:
    """Once, and within 20 working days of receipt (G-11b)."""
    year = filing.year(act.year)
    if year is None or year.status not in COUNTS:
        return Lack(missing=f"{act.year}年度没有已报送的报告")
    return _may_no_longer_be_returned(filing, year, when)


def _may_no_longer_be_returned(filing: Filing, year: ReportingYear, when: Moment) -> Lack | None:
    if year.return_used:
        return Lack(missing=f"{year.year}年度报告已退回过一次")
    period = filing.periods.get(f"check:{year.year}")
    if period is None or period.until <= when.at:
        return Lack(missing=f"{year.year}年度报告的审查期限已届满")
    return None


def return_annual_report(filing: Filing, act: ReturnAnnualReport, when: Moment) -> Filing:
    """退回空白或无关的报告: the leader answers within 10 working days (G-11b)."""
    year = due_year(filing, act.year).but(returned=True, return_used=True)
    return begin(end(replace(filing, year), f"check:{act.year}"), f"answer:{act.year}", when.day)


def may_answer(filing: Filing, act: AnswerAnnualReturn, when: Moment) -> Lack | None:
    """There must be a return to answer; one discounted meanwhile is answered as of receipt (Instants 4, Q13)."""
    year = filing.year(act.year)
    if year is None or not (year.returned or _answered_before_discount(filing, year, when)):
        return Lack(missing=f"{act.year}年度没有待答复的退回")
    return revocation.decided_before(filing, when)


def _answered_before_discount(filing: Filing, year: ReportingYear, when: Moment) -> bool:
    """Whether an answer was received before the report was discounted, or before the miss that came of it."""
    if not year.return_used or year.status not in (YearStatus.OPEN, YearStatus.MISSED):
        return False
    period = filing.periods.get(f"answer:{year.year}")
    return bool((year.missed and when.at < year.missed.at) or (period and when.at < period.until))


def answer_annual_return(filing: Filing, act: AnswerAnnualReturn, when: Moment) -> Filing:
    """Answered in time, the report counts as of its first receipt; else as of the answer's (Q13)."""
    year = due_year(filing, act.year)
    period = filing.periods.get(f"answer:{act.year}")
    first = year.filed_at if year.filed_at and (period is None or when.at < period.until) else when.at
    status = YearStatus.FILED if first < year.due else YearStatus.LATE
    year = year.but(status=status, filed_at=first, text_at=when.at, missed=None, returned=False)
    return revocation.reconsider(end(replace(filing, year), f"answer:{act.year}"), when)


def may_discount(filing: Filing, act: DiscountAnnualReport, when: Moment) -> Lack | None:
    """Only a returned report that was not answered within its 10 working days (G-11b, Q13)."""
    year = filing.year(act.year)
    if year is None or not year.returned:
        return Lack(missing=f"{act.year}年度没有退回未答复的报告", supplied_by=ActKind.RETURN_ANNUAL_REPORT)
    period = filing.periods.get(f"answer:{act.year}")
    if period and when.at < period.until:
        return Lack(missing=f"{act.year}年度报告的答复期限尚未届满")
    if period and when.at < agenda.over_for_sure(period):
        return Lack(missing=f"{act.year}年度报告的答复期限所跨年度的工作日历尚未公布，期限未定")
    return None


def discount_annual_report(filing: Filing, act: DiscountAnnualReport, when: Moment) -> Filing:
    """不予计入: a year whose deadline has passed is missed from this instant (Q13)."""
    year = due_year(filing, act.year).but(returned=False, reminded=when.at)
    # The answer's period stays on file: an answer received in it may still reach us (Instants 4).
    if year.closed:
        year = year.but(status=YearStatus.MISSED, missed=Mark(number=filing.number, at=when.at))
        return replace(filing, year)
    # What a case fell by is gone: that comes back now, not as of the day on which it fell (G-12).
    if filing.stage is Stage.IN_FORCE and filing.missed_in_a_row and agenda.reported_since(filing):
        filing = filing.but(freed_at=when.at)
    return replace(filing, year.but(status=YearStatus.OPEN))


# Extension, waiver, moved deadline


def may_request_extension(filing: Filing, act: RequestExtension, when: Moment) -> Lack | None:
    """Before the deadline, or within 10 days after the obstacle ended, and after it once (G-14)."""
    if lack := _not_due(filing, act.year) or revocation.decided_before(filing, when):
        return lack
    year = due_year(filing, act.year)
    if year.status not in (YearStatus.OPEN, YearStatus.MISSED):
        return Lack(missing=f"{act.year}年度为“{year.status.label}”，无须延期")
    if year.extension:
        return Lack(missing=f"{act.year}年度已有延期申请待批复", supplied_by=ActKind.RULE_ON_EXTENSION)
    if year.extended_from:
        return Lack(missing=f"{act.year}年度已延期过一次")
    in_time = when.at < year.due
    if in_time and (when.stamped_at < year.due or not year.request_refused):
        return None
    if in_time or year.late_request_refused:
        of = "期内的" if in_time else "逾期后的"
        missing = f"{act.year}年度{of}延期申请已经批复，不予批准；障碍确属不可抗力的，可请审核机构或省科技厅免除该年度"
        return Lack(missing=missing, instead=ActKind.EXCUSE_YEAR)
    if act.obstacle_ended_on is None or act.obstacle_ended_on > when.day:
        return Lack(missing="报送期限已过，且未写明障碍消除之日")
    if when.at >= agenda.over_for_sure(begin(filing, "obstacle", act.obstacle_ended_on).periods["obstacle"]):
        return Lack(missing="障碍消除已超过十日")
    return _too_late(filing, year, when) or _no_grant_left(filing, year, when.arrival_day)


def _latest_grant(filing: Filing, year: ReportingYear) -> date:
    """The last day to which a year's deadline can be extended: 60 days on, and before the next year is due (G-10, G-14)."""
    longest = day_of(year.due) - timedelta(days=1) + timedelta(days=number(filing, "extension.max_days"))
    return min(longest, day_of(annual_deadline(filing, year.year + 1)) - timedelta(days=2))


def _no_grant_left(filing: Filing, year: ReportingYear, today: date) -> Lack | None:
    """Whether nothing could be granted to a year still unreported that would not be over already; a waiver helps then (G-12).

    A request on paper is asked that of the day on which it came: how long an office took to compare it counts against nobody.
    """
    latest = _latest_grant(filing, year)
    if today < STRICTER_SINCE or latest >= max(today, day_of(year.due)):
        return None
    missing = f"{year.year}年度最迟只能延期至{on_day(latest)}，现已不能批准延期；障碍确属不可抗力的，可请审核机构或省科技厅免除该年度"
    return Lack(missing=missing, instead=ActKind.EXCUSE_YEAR)


def warn_no_grant(filing: Filing, act: RequestExtension, when: Moment) -> str | None:
    """A request that came in time is taken however late it is entered, and what still helps is said (G-12, G-14)."""
    lack = _no_grant_left(filing, due_year(filing, act.year), day_of(when.stamped_at))
    return lack.missing if lack else None


def request_extension(filing: Filing, act: RequestExtension, when: Moment) -> Filing:
    """申请延期: a timely one keeps the miss off the agenda until it is ruled on (Q12), or else what rests on it (G-14)."""
    year = due_year(filing, act.year)
    in_time = when.at < year.due
    holds = year.missed is not None and not in_time and when.day >= STRICTER_SINCE
    year = year.but(extension=Extension(requested_at=when.at, timely=year.missed is None or in_time, holds=holds))
    if year.missed and in_time:
        year = _reopened(year)
    filing = replace(filing, year)
    if filing.stage is not Stage.REVOKED:
        filing = begin(filing, f"extension:{act.year}", when.arrival_day)
    elif holds and filing.case and act.year in filing.case.years:  # the decision would have waited for it
        return revocation.restoration_due(filing, when)
    return revocation.reconsider(filing, when)


def _reopened(year: ReportingYear) -> ReportingYear:
    """A year that was entered as missed is open once more."""
    return year.but(status=YearStatus.OPEN, closed=False, missed=None)


def extension_overdue(filing: Filing, lapse: Lapse, when: Moment) -> Filing:
    """A request that nobody rules on is chased; with the last chase the next year becomes due, so it holds up nothing
    (Q12, Q31)."""
    filing, year = chase(filing, lapse, when), lapse.year or 0
    last = lapse.level == CHASES and filing.years[-1].year == year
    return _open(filing, year + 1, when) if last else filing


def may_rule_on_extension(filing: Filing, act: RuleOnExtension, when: Moment) -> Lack | None:
    """`until` lies after the deadline and at most 60 days after it (G-14, Q12)."""
    year = filing.year(act.year)
    if year is None or year.extension is None:
        return Lack(missing=f"{act.year}年度没有待批复的延期申请")
    if act.outcome == "refused":
        return None
    if act.until is None:
        return Lack(missing="未写明延期至何日")
    last = day_of(year.due) - timedelta(days=1)
    if _requested_before_a_move(filing, year, act.until, last):  # the later day governs
        return None
    if lack := _no_grant_left(filing, year, day_of(when.stamped_at)):
        return lack
    if not last < act.until <= last + timedelta(days=number(filing, "extension.max_days")):
        return Lack(missing=f"延期须晚于{on_day(last)}，且不超过其后{number(filing, 'extension.max_days')}日")
    return _already_over(year, act.until, when)


def _requested_before_a_move(filing: Filing, year: ReportingYear, until: date, last: date) -> bool:
    """Whether a request outlived a move of the deadline, and is granted to a day that the move covers already (Q12)."""
    statutory = day_of(annual_deadline(filing, year.year)) - timedelta(days=1)
    return statutory < until <= last and year.extended_from is None


def _already_over(year: ReportingYear, until: date, when: Moment) -> Lack | None:
    """A year still to be reported gets no deadline that has passed: that would be a miss entered backwards."""
    if until < when.day and year.status in (YearStatus.OPEN, YearStatus.MISSED):
        return Lack(missing=f"新的期限{on_day(until)}已过，而{year.year}年度尚未报送")
    return None


def rule_on_extension(filing: Filing, act: RuleOnExtension, when: Moment) -> Filing:
    """Granted, the deadline moves; refused after it, the miss comes at the next 00:00 (G-14, Q12).

    Once: whoever was refused after the deadline cannot keep the miss, or a revocation, away by asking again, nor by further letters that
    were posted in time.
    """
    year = due_year(filing, act.year)
    if act.outcome == "granted" and act.until:
        due = max(midnight_after(act.until), year.due)
        return _moved(filing, year.but(extended_from=year.due), due, when)
    late = when.at >= year.due and not year.closed
    asked_late = year.extension is not None and year.extension.requested_at >= year.due
    for_good = when.at >= year.due and when.day >= STRICTER_SINCE
    year = year.but(
        extension=None,
        not_before=midnight_after(when.day) if late else None,
        late_request_refused=for_good and (asked_late or year.late_request_refused),
        request_refused=for_good and (not asked_late or year.request_refused),
    )
    held = filing.case is not None and agenda.awaits_extension(filing)
    filing = replace(end(filing, f"extension:{act.year}"), year)
    return revocation.not_before_tomorrow(filing, when) if held else filing


def may_move_deadline(filing: Filing, act: MoveDeadline, when: Moment) -> Lack | None:
    """To a later day (G-10). While the statutory day is ahead nobody has relied on a move, and it may be put right."""
    filing = _due_for_all(filing, act.year, when)
    if lack := _not_due(filing, act.year):
        return lack
    year = due_year(filing, act.year)
    last = day_of(year.due) - timedelta(days=1)
    if act.until <= last and not (act.until < last and _may_be_put_right(filing, year, when)):
        return Lack(missing=f"{act.year}年度报送期限为{on_day(last)}，只能后延")
    if year.closed and year.status not in (YearStatus.MISSED, YearStatus.LATE):
        return Lack(missing=f"{act.year}年度已于截止时办结（{year.status.label}）")
    return _already_over(year, act.until, when) or _too_late(filing, year, when)


def _may_be_put_right(filing: Filing, year: ReportingYear, when: Moment) -> bool:
    """Whether a moved deadline may be moved back, though never before the statutory day: that one has not come, and no
    extension was granted on top of it (from `STRICTER_SINCE` on)."""
    statutory = when.at < annual_deadline(filing, year.year)
    return statutory and not year.closed and year.extended_from is None and when.day >= STRICTER_SINCE


def move_deadline(filing: Filing, act: MoveDeadline, when: Moment) -> Filing:
    """The province moves one year's deadline (G-10); a year already missed is open again (G-29)."""
    filing = _due_for_all(filing, act.year, when)
    if midnight_after(act.until) < due_year(filing, act.year).due:
        filing = _without_following(filing, act.year)
    year = due_year(filing, act.year)
    asked, period = year.extension, filing.periods.get(f"extension:{act.year}")
    filing = _moved(filing, year, midnight_after(act.until), when)
    if asked is None or when.day < STRICTER_SINCE:
        return filing
    # What was asked for before is still ruled on: the later of the two days governs (Q12).
    year = due_year(filing, act.year).but(extension=asked.but(timely=True, holds=False))
    filing = replace(filing, year)
    if filing.stage is Stage.REVOKED:
        return filing
    return (
        filing.but(periods={**filing.periods, f"extension:{act.year}": period})
        if period
        else begin(filing, f"extension:{act.year}", when.day)
    )


def _moved(filing: Filing, year: ReportingYear, due: datetime, when: Moment) -> Filing:
    """A year with a later deadline: a report received before it is in time, a miss entered before it falls away."""
    if year.missed:
        year = _reopened(year)
    elif year.status is YearStatus.LATE and year.filed_at and year.filed_at < due:
        year = year.but(status=YearStatus.FILED)
    year = year.but(
        due=due,
        extension=None,
        late_request_refused=False,
        request_refused=False,
        not_before=None,
        reminded=max(year.reminded or when.at, when.at),
    )
    filing = end(replace(filing, year), f"extension:{year.year}")
    if due > window_opens(filing, year.year + 1):  # the following year may be filed before this one closes (Q14)
        filing = _open_after(filing, year, when)
    return revocation.reconsider(filing, when)


def _due_for_all(filing: Filing, year: int, when: Moment) -> Filing:
    """With a year that is due wherever the one before it was not extended: what is moved for all is moved here too.

    From `STRICTER_SINCE` on; earlier such a move was refused.
    """
    last = filing.years[-1] if filing.years else None
    if last is None or last.closed or year != last.year + 1 or when.day < STRICTER_SINCE:
        return filing
    return _open(filing, year, when) if when.at >= annual_deadline(filing, last.year) else filing


def _without_following(filing: Filing, year: int) -> Filing:
    """Without a following year that came early only because the deadline was moved beyond the opening of its window."""
    untouched = YearStatus.OPEN
    kept = (each for each in filing.years if each.year <= year or each.status is not untouched or each.extension)
    return filing.but(years=tuple(kept))


def may_excuse(filing: Filing, act: ExcuseYear, when: Moment) -> Lack | None:
    """A due year that was not reported (G-12)."""
    if lack := _not_due(filing, act.year):
        return lack
    status = due_year(filing, act.year).status
    if status not in (YearStatus.OPEN, YearStatus.MISSED):
        return Lack(missing=f"{act.year}年度为“{status.label}”，无须免除")
    return None


def excuse_year(filing: Filing, act: ExcuseYear, when: Moment) -> Filing:
    """免报: the year breaks the run (连续, G-12)."""
    year = due_year(filing, act.year).but(status=YearStatus.EXCUSED, missed=None, extension=None)
    return revocation.reconsider(end(replace(filing, year), f"extension:{act.year}"), when)


def resume_duty(filing: Filing, rested_on: tuple[int, ...], when: Moment, *, left: Collection[int] = ()) -> Filing:
    """After a restoration: years that the decision rested on are excused, those due while revoked never were (Q22).

    A year reported or excused before the decision stays what it is, and breaks the row; one that the restoration has `left`
    stays missed, and counts on.
    """
    first = first_due_year(filing, when.day)
    kept = tuple(
        _excused(year)
        if year.year in rested_on and year.year not in left and year.status in (YearStatus.OPEN, YearStatus.MISSED)
        else year
        for year in filing.years
        if year.closed
        or year.year in rested_on
        or (when.at < year.due and (year.year == first or year.status is not YearStatus.OPEN))
        or (year.status is not YearStatus.OPEN and when.day >= STRICTER_SINCE)
    )
    kept = tuple(_after_restoration(year, when) for year in kept)
    filing = begin_duty(filing.but(years=kept), when)
    for year in filing.years if when.day >= STRICTER_SINCE else ():
        if year.extension:  # asked for before the decision, which ended the period for ruling on it (Q31)
            filing = begin(filing, f"extension:{year.year}", when.day)
        if year.returned:  # likewise the period in which the leader answers (G-11b)
            filing = begin(filing, f"answer:{year.year}", when.day)
    return filing


def _after_restoration(year: ReportingYear, when: Moment) -> ReportingYear:
    """A year still to close is not reminded of what came before; one whose deadline passed while revoked is over."""
    if year.closed:
        return year
    if when.at < year.due or year.status is YearStatus.OPEN:
        return year.but(reminded=when.at)
    return year.but(closed=True, extension=None, not_before=None, reminded=None)


def _excused(year: ReportingYear) -> ReportingYear:
    return year.but(status=YearStatus.EXCUSED, closed=True, missed=None, extension=None)
