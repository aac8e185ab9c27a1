"""What happens to a filing in force besides its duty: changes, transfer, supervision, exit, return."""

from datetime import datetime

from models import contacts
from models.acts import (
    TOGETHER,
    CalendarPublished,
    ConfirmNoticeClear,
    Deregister,
    GiveIitOpinion,
    Lapse,
    Object,
    RecordContinuation,
    RecordEvaluation,
    RecordInspection,
    ReportChange,
    Restore,
    RuleOnAdmissibility,
    RuleOnChange,
    RuleOnObjection,
    Tag,
    TermsPublished,
    Transfer,
)
from models.filing import Change, Filing, Notice, Office, TookEffect
from models.findings import Lack
from models.values import day_of, midnight_after, on_day
from models.vocabulary import ActKind, Ground, Kind, LapseKind, Role, Stage, YearStatus
from regulation import agenda, annual, identity, notice, objections, offices, review, revocation, service, transition
from regulation.agenda import begin, count_again, end, end_all, last_day, letters_waiting, number
from regulation.calendar import CALENDARS
from regulation.moment import Moment
from regulation.terms import TERMS

REVIEWED = ("members", "leader")
"""Changes that somebody must confirm; a contact or a name is only recorded, an end asks for a case (G-24)."""

CHANGE_PERIODS = ("change", "change_notice", "change_grace")


def change_of(filing: Filing) -> Change:
    """The change under review."""
    if filing.change is None:
        raise LookupError(f"{filing.id}: 没有待审核的变更")
    return filing.change


# Changes


def may_report_change(filing: Filing, act: ReportChange, when: Moment) -> Lack | None:
    """One reviewed change at a time; a replaced leader is named by its code (G-24)."""
    if act.happened_on > when.day:
        return Lack(missing="变更日期晚于报告之日")
    if act.change in REVIEWED and filing.change:
        return Lack(missing="已有变更待审核", supplied_by=ActKind.RULE_ON_CHANGE)
    taken_over = filing.change is not None and filing.change.change == "leader"
    if act.change == "rename" and taken_over and when.day >= service.STRICTER_SINCE:
        return Lack(missing="待审核的盟主变更已载明变更后的联盟名称", supplied_by=ActKind.RULE_ON_CHANGE)
    if act.change in REVIEWED and act.substance is None:
        return Lack(missing="变更材料未随附变更后的成员与盟主情况")
    if act.change == "leader" and (act.leader is None or act.leader == filing.leader):
        return Lack(missing="未写明新盟主的统一社会信用代码")
    return None


def report_change(filing: Filing, act: ReportChange, when: Moment) -> Filing:
    """报告变更: (a) and (d) are recorded, (b) and (c) wait for the reviewer, and so does the end of an alliance (G-24)."""
    if act.change == "ended" and filing.chased_since:
        return filing.but(end_reported=filing.end_reported or when.arrival_day)
    if act.change not in REVIEWED or act.substance is None:
        return filing
    change = Change(
        change="members" if act.change == "members" else "leader",
        paper=act.paper,
        substance=act.substance,
        leader=act.leader if act.change == "leader" else None,
    )
    return begin(filing.but(change=change), "change", when.arrival_day)


def warn_late_change(filing: Filing, act: ReportChange, when: Moment) -> str | None:
    """A change reported after 90 days is taken with a warning (G-24)."""
    days = number(filing, "change.report_days")
    return f"变更发生已超过{days}日，仍予接收" if (when.day - act.happened_on).days > days else None


def may_give_iit_opinion(filing: Filing, act: GiveIitOpinion, when: Moment) -> Lack | None:
    """A replaced leader is reviewed in full, 工信 included (G-24)."""
    if lack := review.iit_takes_part(filing):
        return lack
    if filing.change is None or filing.change.change != "leader" or filing.change.notice:
        return Lack(missing="没有待审核的盟主变更")
    return None


def give_iit_opinion(filing: Filing, act: GiveIitOpinion, when: Moment) -> Filing:
    """工信部门对盟主变更的意见."""
    return filing.but(change=change_of(filing).but(iit_positive=act.positive))


def may_rule_on_change(filing: Filing, act: RuleOnChange, when: Moment) -> Lack | None:
    """Not while a notice of the change runs; a replaced leader needs 工信's consent (G-24)."""
    if filing.change is None:
        return Lack(missing="没有待审核的变更")
    if filing.change.notice and (
        filing.periods["change_notice"].from_ <= when.day or when.day < service.STRICTER_SINCE
    ):
        return Lack(missing="变更正在公示")
    if filing.change.notice and act.decision == "refused":
        return Lack(missing="变更已经确认，只能另定公示起始日")
    if act.notice_from and act.notice_from < when.day:
        return Lack(missing="公示起始日不得早于审核之日")
    if act.decision == "confirmed" and filing.change.change == "leader":
        return review.iit_agrees(filing, filing.change.iit_positive)
    return None


def rule_on_change(filing: Filing, act: RuleOnChange, when: Moment) -> Filing:
    """Members: takes effect at once. Leader: a full notice first (G-24, Q24)."""
    if act.decision == "refused":
        return _drop(filing)
    if change_of(filing).change == "members":
        return _take_effect(filing)
    filing = begin(end(filing, "change"), "change_notice", act.notice_from or when.day)
    filing = begin(filing, "change_grace", last_day(filing.periods["change_notice"]), follows="change_notice")
    change = change_of(filing)
    return filing.but(change=change.but(notice=Notice(substance=change.substance)))


def _take_effect(filing: Filing) -> Filing:
    """A new leader has signed no 电子送达确认书 yet (G-18)."""
    change = change_of(filing)
    filing = end(_drop(filing), *CHANGE_PERIODS).but(paper=change.paper, substance=change.substance)
    return filing.but(leader=change.leader, consent=False) if change.leader else filing


def _after_notice(filing: Filing, when: Moment) -> Filing:
    shown_until = filing.periods["change_notice"].until
    return _take_effect(filing).but(took_effect=TookEffect(at=when.at, shown_until=shown_until))


def came_in_time(filing: Filing, act: Object, when: datetime) -> bool:
    """Whether an objection, received or posted in time, is only entered after the change that it is to has taken effect."""
    effect = filing.took_effect
    if effect is None or act.anonymous or when >= effect.at:
        return False
    posted_in_time = act.postmarked_on is not None and midnight_after(act.postmarked_on) <= effect.shown_until
    return when < effect.shown_until or posted_in_time


def _drop(filing: Filing) -> Filing:
    objected = [f"objection:{each}" for each in (*(each.id for each in _shown(filing).objections), TOGETHER)]
    return end(filing, *CHANGE_PERIODS, *objected).but(change=None)


def _shown(filing: Filing) -> Notice:
    change = filing.change
    return change.notice if change and change.notice else Notice(substance=filing.substance)


def _show(filing: Filing, shown: Notice) -> Filing:
    return filing.but(change=change_of(filing).but(notice=shown))


def change_notice_ended(filing: Filing, lapse: Lapse, when: Moment) -> Filing:
    """变更公示期满 (Q24)."""
    return _show(filing, _shown(filing).but(ended=True))


def change_end_announced(filing: Filing, lapse: Lapse, when: Moment) -> Filing:
    """Leader and reviewer were told that the notice of the change ends tomorrow."""
    return _show(filing, _shown(filing).but(announced_end=True))


def change_notice_cleared(filing: Filing, lapse: Lapse, when: Moment) -> Filing:
    """变更公示无异议: the new leader takes over, the archive number stays (G-24, Q24)."""
    return _after_notice(filing, when)


def may_confirm_notice_clear(filing: Filing, act: ConfirmNoticeClear, when: Moment) -> Lack | None:
    """See `notice.may_be_cleared`. Nobody can attest away the days for letters, for nothing undoes a change that has taken
    effect: what was posted in time, and comes within them, still stops it (G-03, Q24)."""
    if filing.change is None or filing.change.notice is None:
        return Lack(missing="没有正在公示的变更")
    lack = notice.may_be_cleared(filing.change.notice)
    if lack or when.day < service.STRICTER_SINCE:
        return lack
    last = last_day(filing.periods["change_grace"])
    return Lack(missing=f"变更生效后不能再因异议推翻，须待在途异议收至{on_day(last)}；届时无待处理的异议，变更自行生效")


def confirm_notice_clear(filing: Filing, act: ConfirmNoticeClear, when: Moment) -> Filing:
    """An official attested that no letter came on the change: until release 0.4.0."""
    return _after_notice(filing, when)


def object_to_change(filing: Filing, act: Object, when: Moment) -> Filing:
    """While no notice of a change runs, what arrives is recorded and passed to the city (Instants 4)."""
    if filing.change is None or filing.change.notice is None:
        return objections.told(filing, None, when)
    shown, name = objections.receive(filing.change.notice, filing.periods["change_notice"], act, when)
    filing = objections.told(_show(filing, shown), name, when)
    return objections.opened(filing, name, when) if name else filing


def may_rule_on_admissibility(filing: Filing, act: RuleOnAdmissibility, when: Moment) -> Lack | None:
    """See `objections.may_rule_on_admissibility_of`."""
    return objections.may_rule_on_admissibility_of(_shown(filing), act)


def rule_on_admissibility(filing: Filing, act: RuleOnAdmissibility, when: Moment) -> Filing:
    """认定对变更公示的异议是否受理."""
    filing, shown = objections.ruled(filing, _shown(filing), act, when)
    return _show(filing, shown)


def may_rule_on_objection(filing: Filing, act: RuleOnObjection, when: Moment) -> Lack | None:
    """See `objections.may_rule_on_objection_to`."""
    return objections.may_rule_on_objection_to(_shown(filing), act)


def rule_on_objection(filing: Filing, act: RuleOnObjection, when: Moment) -> Filing:
    """处理对变更公示的异议: upheld, the change does not take effect; the filing stands as it was."""
    filing, shown = objections.ruled(filing, _shown(filing), act, when)
    filing = _show(filing, shown)
    return filing if act.outcome == "dismissed" else _drop(filing)


# Transfer


def may_transfer(filing: Filing, act: Transfer, when: Moment) -> Lack | None:
    """The giving office first, then the taking one for the same place (G-31, Q25).

    Until it is taken, the giving office or the province takes it back, by naming the place where the filing is.
    """
    giving = act.by.office == (filing.zone or filing.jurisdiction)
    if filing.transfer is None:
        if act.to == filing.jurisdiction and act.to_zone == filing.zone:
            return Lack(missing="移交的目的地就是现属地")
        if act.to_zone and not offices.reviews_in(filing.kind, act.to, act.to_zone, when.day):
            return Lack(missing=f"{act.to_zone} 不是该市受理本类备案的高新区")
        return None if giving else Lack(missing="移出机构尚未移交", supplied_by=ActKind.TRANSFER)
    known = (
        filing.whole_checklist or when.day >= service.STRICTER_SINCE
    )  # histories from before 0.4.0 may hold it refused
    if known and (act.to, act.to_zone) == (filing.jurisdiction, filing.zone):
        return None
    if (act.to, act.to_zone) != (filing.transfer.jurisdiction, filing.transfer.zone):
        return Lack(missing=f"正在移交至{offices.name_of(filing.transfer.zone or filing.transfer.jurisdiction)}")
    if act.by.office != (act.to_zone or act.to):
        return Lack(missing="须由接收机构接收；收回的，写明移交至本机构" if giving else "须由接收机构接收")
    return None


def transfer(filing: Filing, act: Transfer, when: Moment) -> Filing:
    """The jurisdiction changes when the taking office takes; running periods keep their row (Q25). What was only offered is
    taken back without a trace in the filing."""
    if filing.transfer is None:
        return filing.but(transfer=Office(jurisdiction=act.to, zone=act.to_zone))
    if (act.to, act.to_zone) == (filing.jurisdiction, filing.zone):
        return filing.but(transfer=None)
    return filing.but(jurisdiction=act.to, zone=act.to_zone, transfer=None)


# Supervision


def may_record_inspection(filing: Filing, act: RecordInspection, when: Moment) -> Lack | None:
    """An inspection is recorded after it was made, and made of what was archived."""
    if act.inspected_on > when.day:
        return Lack(missing="检查日期晚于登记之日")
    if when.day >= service.STRICTER_SINCE and filing.archived_on and act.inspected_on < filing.archived_on:
        return Lack(missing=f"检查日期早于备案之日（{on_day(filing.archived_on)}）")
    return None


def record_inspection(filing: Filing, act: RecordInspection, when: Moment) -> Filing:
    """日常监督和随机抽查: recorded (A-33). One by the reviewer looks into an end that was reported (G-24)."""
    looked_into = act.by.role in (Role.CITY_ST, Role.ZONE) and filing.end_reported
    return filing.but(end_reported=None) if looked_into and act.inspected_on >= looked_into else filing


EVALUATED_IN = {Kind.A: "评估评价轮次中由两部门共同报送", Kind.B: "年度绩效评价轮次中由省科技厅统一验收"}
"""In which round a kind is evaluated, and by whose word it takes effect."""


def may_record_evaluation(filing: Filing, act: RecordEvaluation, when: Moment) -> Lack | None:
    """A year of the alliance that has begun; a continuation is evaluated for its predecessor's years too (A-44, B-20, G-32).

    A city's two offices evaluate together, a third party's results are accepted as a whole: what one person enters by itself is
    no evaluation, and grounds no proposal. It follows from a round.
    """
    if when.day < service.STRICTER_SINCE:
        return None
    if not identity.is_of_round(act.id):
        return Lack(missing=f"评价结果须在{EVALUATED_IN[filing.kind]}，随之登记，不单独登记")
    if act.year > when.day.year:
        return Lack(missing=f"{act.year}年度尚未开始，不能评价")
    if filing.archived_on and act.year < filing.archived_on.year and filing.continues is None:
        return Lack(missing=f"{act.year}年度早于备案（{on_day(filing.archived_on)}），不能评价")
    return None


IDLE_YEARS = 6
"""How many years without any joint activity a filing lists; two are a hint, and people decide (G-28)."""


def record_evaluation(filing: Filing, act: RecordEvaluation, when: Moment) -> Filing:
    """评估评价: recorded; years without any joint activity are counted for a hint (A-44, A-45, B-20, B-21, G-28).

    Each year once, whoever evaluates it and however often: what was said of it last counts. Filings of before 0.4.0 count
    evaluations; what they counted stays until there is a year with activities.
    """
    if act.joint_activities is None:
        return filing
    if when.day < service.STRICTER_SINCE:
        return filing.but(idle_evaluations=None if act.joint_activities else (filing.idle_evaluations or 0) + 1)
    idle, active = {*filing.idle_years} - {act.year}, filing.active_year
    counted_before = (filing.idle_evaluations or 0) - len(filing.idle_years)
    if act.joint_activities:
        active, counted_before = max(active or 0, act.year), 0
    else:
        idle, active = idle | {act.year}, None if active == act.year else active
    years = tuple(sorted(year for year in idle if year > (active or 0)))[-IDLE_YEARS:]
    return filing.but(idle_evaluations=counted_before + len(years) or None, idle_years=years, active_year=active)


def may_tag(filing: Filing, act: Tag, when: Moment) -> Lack | None:
    """The city recommends; typical and pilot alliances are the province's to name (A-46, A-49).

    Two offices recommend together, after evaluating, and both departments of the province name together; so what one of them
    enters by itself recommends and names nobody: it follows from the round in which they said the same.
    """
    if act.tag == "recommended":
        if when.day >= service.STRICTER_SINCE and not identity.is_of_round(act.id):
            return Lack(missing="典型联盟由市科技部门会同市工信部门在评估评价轮次中择优推荐")
        return None
    if act.by.role is not Role.PROVINCE_ST:
        return Lack(missing="典型联盟、试点示范由省科技厅会同省工信厅确定")
    if when.day >= service.STRICTER_SINCE and not identity.is_of_round(act.id):
        return Lack(missing="典型联盟、试点示范由省科技厅会同省工信厅在评估评价轮次中共同确定")
    return None


def tag(filing: Filing, act: Tag, when: Moment) -> Filing:
    """典型联盟、试点示范 (A-46, A-49)."""
    others = tuple(each for each in filing.tags if each != act.tag)
    return filing.but(tags=others if act.removed else (*others, act.tag))


# Exit and return


def may_deregister(filing: Filing, act: Deregister, when: Moment) -> Lack | None:
    """Nobody leaves a case that is open; who asked before it was opened has left, unless its end was announced (G-25)."""
    case = filing.case
    if filing.stage is Stage.IN_FORCE or case is None:
        return None
    if when.at >= case.opened.at or day_of(when.stamped_at) < service.STRICTER_SINCE:
        opened_on = day_of(case.opened.at)
        return Lack(missing=f"撤销程序已于{on_day(opened_on)}立案，只有立案之前送达的注销申请才可登记")
    if filing.announced:
        return Lack(missing=f"撤销备案已于{on_day(filing.announced)}公告", supplied_by=ActKind.RESTORE)
    return None


def deregister(filing: Filing, act: Deregister, when: Moment) -> Filing:
    """自愿注销: announced, not a sanction (G-25). What was entered since it was asked for falls away (Instants 4)."""
    if day_of(when.stamped_at) >= service.STRICTER_SINCE:
        filing = _without_misses_since(filing, when).but(case=None, decided=None, notification=None)
    ended = end_all(filing).but(
        stage=Stage.DEREGISTERED, ended_at=when.at, change=None, transfer=None, proposals=letters_waiting(filing)
    )
    return revocation.announce(ended, when, known_on=day_of(when.stamped_at))


def _without_misses_since(filing: Filing, when: Moment) -> Filing:
    """Nobody owed what was entered as missed after an end that only then became known."""
    years = tuple(
        year.but(status=YearStatus.OPEN, closed=False, missed=None)
        if year.missed and year.missed.at > when.at
        else year
        for year in filing.years
    )
    return filing.but(years=years)


def may_record_continuation(filing: Filing, act: RecordContinuation, when: Moment) -> Lack | None:
    """What people have to decide of a revocation is decided first; two missed years are no such thing (B-05, G-32)."""
    if act.successor == filing.id:
        return Lack(missing="备案不能由其自身承接")
    opened = filing.case and filing.case.opened.at < when.at
    revoked = filing.stage is Stage.REVOKED
    if revoked and (filing.decided is None or filing.decided.at <= when.at or filing.announced):
        return Lack(missing="备案已于新备案入库之前撤销，或者撤销已经公告", supplied_by=ActKind.RESTORE)
    if filing.case and filing.case.ground is not Ground.TWO_YEARS_MISSED and opened:
        return Lack(missing="撤销程序尚未终结", supplied_by=ActKind.RESTORE if revoked else None)
    return None


def record_continuation(filing: Filing, act: RecordContinuation, when: Moment) -> Filing:
    """由新备案承接: ended without a sanction as of the archiving of its continuation, and linked to it (B-05, G-32).

    A year or a case that was entered between the archiving and this act falls away: its duty was the new filing's.
    """
    return end_all(_without_misses_since(filing, when)).but(
        stage=Stage.CONTINUED,
        ended_at=when.at,
        continued_by=act.successor,
        case=None,
        decided=None,
        change=None,
        transfer=None,
        notification=None,
        proposals=letters_waiting(filing),
    )


def undoes_what_came_since(filing: Filing, act: Deregister | RecordContinuation, when: Moment) -> int | None:
    """The first miss, or the case, that was entered although the filing had ended before (Instants 4)."""
    if day_of(when.stamped_at) < service.STRICTER_SINCE and act.kind is ActKind.DEREGISTER:
        return None
    marks = [*(year.missed for year in filing.years), filing.case and filing.case.opened, filing.decided]
    return min((mark.number for mark in marks if mark and mark.at > when.at), default=None)


def may_restore(filing: Filing, act: Restore, when: Moment) -> Lack | None:
    """Only years on which the decision rested are excused with it, or that were missed in a row with those, and that somebody has not
    reported; of the former at least one, or the whole ground of the decision would stand (G-23, Q22). Its basis becomes public: no personal data
    stand in it (G-04b)."""
    if act.basis and contacts.tells_of_somebody(act.basis) and when.day >= service.STRICTER_SINCE:
        return Lack(missing=f"依据{contacts.PUBLISHED}")
    if act.excused is None:
        return None
    if when.day < service.STRICTER_SINCE:
        return Lack(missing=f"恢复备案自{on_day(service.STRICTER_SINCE)}起可以写明所免除的年度")
    excusable = years_of_decision(filing)
    if others := sorted(set(act.excused) - set(excusable)):
        named, of = ("、".join(map(str, years)) for years in (others, excusable))
        return Lack(missing=f"{named}年度不是撤销所依据的未报年度" + (f"，可以免除的为{of}年度" if of else ""))
    ground = [year for year in excusable if year in service.case_of(filing).years]
    if ground and not set(ground) & set(act.excused):
        return Lack(
            missing=f"撤销所依据的为{'、'.join(map(str, ground))}年度，所免除的年度至少须含其一，否则撤销的事由仍然成立"
        )
    return None


def years_of_decision(filing: Filing) -> tuple[int, ...]:
    """The unreported years of a decision, which its restoration excuses."""
    case = filing.case
    if case is None or not case.years:
        return ()
    run = {*case.years, *(year.year for year in filing.missed_in_a_row)}
    unreported = (YearStatus.OPEN, YearStatus.MISSED)
    return tuple(year.year for year in filing.years if year.year in run and year.status in unreported)


def restore(filing: Filing, act: Restore, when: Moment) -> Filing:
    """恢复备案: in force again under its number (G-23, Q22). The years that it names are excused, or all of the decision; any
    other that was missed stays so, and counts on."""
    rested_on = service.case_of(filing).years
    if rested_on:  # a year missed while the case was pending belongs to the same run
        rested_on += tuple(year.year for year in filing.missed_in_a_row)
    left = [year for year in years_of_decision(filing) if act.excused is not None and year not in act.excused]
    filing = end_all(filing).but(
        stage=Stage.IN_FORCE,
        case=None,
        decided=None,
        ended_at=None,
        announced=None,
        opened_for=None,
        freed_at=when.at,
        signed={},
    )
    filing = annual.resume_duty(filing, rested_on, when, left=left)
    return _case_from_tomorrow(filing, when) if case_to_come(filing) else filing


def case_to_come(filing: Filing) -> agenda.Due | None:
    """The case that years missed in a row ask for: where a restoration leaves them, it says so (G-12, G-16)."""
    return next((due for due in agenda.dues(filing) if due.lapse.kind is LapseKind.REVOCATION_OPENED), None)


def _case_from_tomorrow(filing: Filing, when: Moment) -> Filing:
    """Nobody is restored and charged in the same second: the case opens on the next day at the earliest, the newest year may still be
    made good. Of restorations from `STRICTER_SINCE` on."""
    return filing.but(freed_at=midnight_after(when.day)) if when.day >= service.STRICTER_SINCE else filing


# Editions


def may_publish_calendar(filing: Filing, act: CalendarPublished, when: Moment) -> Lack | None:
    """A calendar that this release knows, and newer than the filing's."""
    if act.calendar not in CALENDARS:
        return Lack(missing=f"没有名为 {act.calendar} 的版本")
    if not CALENDARS.newer(act.calendar, filing.calendar):
        return Lack(missing=f"本备案已按工作日历 {filing.calendar} 计算")
    return None


def calendar_published(filing: Filing, act: CalendarPublished, when: Moment) -> Filing:
    """Running periods are counted again, and never end before what was announced."""
    moved = _shown_again(filing, count_again(filing, act.calendar, when.at), when)
    no_longer_waits = agenda.awaits_calendar(filing) and not agenda.awaits_calendar(moved)
    return revocation.not_before_tomorrow(moved, when) if no_longer_waits else moved


def _shown_again(before: Filing, filing: Filing, when: Moment) -> Filing:
    """A notice that seemed to have ended goes on if the newer calendar moves its last day on, unless it was cleared (G-01, G-09)."""

    def goes_on(name: str, shown: Notice | None) -> Notice | None:
        period, was = (each.periods.get(name) for each in (filing, before))
        if shown is None or not shown.ended or shown.cleared or period is None or was is None:
            return shown
        return shown.but(ended=False) if period.until > max(when.at, was.until) else shown

    change = filing.change
    if change:
        filing = filing.but(change=change.but(notice=goes_on("change_notice", change.notice)))
    return filing.but(notice=goes_on("notice", filing.notice))


def may_publish_terms(filing: Filing, act: TermsPublished, when: Moment) -> Lack | None:
    """New terms govern archived alliances from their effective day; an application keeps those of its submission (G-44)."""
    if act.terms not in TERMS:
        return Lack(missing=f"没有名为 {act.terms} 的版本")
    if not TERMS.newer(act.terms, filing.terms):
        return Lack(missing=f"本备案已适用期限标准 {filing.terms}")
    if TERMS[act.terms].since > when.day:
        return Lack(missing=f"期限标准 {act.terms} 自{on_day(TERMS[act.terms].since)}起施行")
    return None


def terms_published(filing: Filing, act: TermsPublished, when: Moment) -> Filing:
    """Periods that begin from now on follow the new terms; running ones keep theirs (G-44), and so does whatever the new terms say."""
    return filing.but(terms=act.terms, kept=transition.kept(filing, act.terms))
