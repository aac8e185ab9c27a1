"""Revocation (撤销备案), its window, defence and decision (Q16–Q18); its service is service.py.

Ground 6 opens by itself at the second consecutive miss and, once served, completes by itself unless cured, contested or
held. Every other ground takes two people. Whoever is in the lapse path may report until the last second.
"""

from collections.abc import Mapping
from datetime import date

from models.acts import (
    ApproveRevocation,
    ConfirmNoStatement,
    DropRevocation,
    Hold,
    Lapse,
    ProposeRevocation,
    RecordAnnouncement,
    RecordChallenge,
    RecordChallengeOutcome,
    Release,
    RuleOnDefence,
    StateDefence,
)
from models.filing import Case, Challenge, Filing, Mark, Period
from models.findings import Lack
from models.values import day_of, last_day_until, midnight_after, on_day
from models.vocabulary import ActKind, Ground, Role, Stage
from regulation.agenda import (
    as_known_now,
    begin,
    begin_until,
    decision_waits,
    end,
    end_all,
    last_day,
    letters_waiting,
    number,
    reported_since,
    window_again,
)
from regulation.identity import is_of_stop
from regulation.moment import Moment
from regulation.service import STRICTER_SINCE, answered, case_of, concluded, decided, notify

GROUNDS = {
    Ground.ART5_LOST: "A-37",
    Ground.FALSIFICATION: "A-38",
    Ground.MISCONDUCT: "A-39",
    Ground.ACCIDENT: "A-40",
    Ground.LISTED: "A-41",
    Ground.OTHER: "A-43",
    Ground.NO_COOPERATION: "A-47",
}
"""The requirement behind each ground on which people decide; the sixth completes itself (G-16)."""

PERIODS = ("window", "statement_grace", "publicity", "defence", "decision", "listing_cure", "calendar")
"""The periods of a case; they go when it does, and so does its service."""


ANNOUNCING = ("announcement", "announcement_alert", "unannounced")
"""The periods for announcing a decision, and for what is overdue of it (G-20)."""


def decided_before(filing: Filing, when: Moment) -> Lack | None:
    """Once revoked, only what was received before the decision still counts (G-21, Instants 4)."""
    if filing.stage is Stage.REVOKED and filing.ended_at and when.at >= filing.ended_at:
        return Lack(missing="备案已于此前撤销", supplied_by=ActKind.RESTORE)
    return None


# Opening


def revocation_opened(filing: Filing, lapse: Lapse, when: Moment) -> Filing:
    """Two consecutive due years missed: the case opens by itself (A-42, G-12, G-16)."""
    case = Case(
        ground=Ground.TWO_YEARS_MISSED,
        opened=Mark(number=filing.number, at=when.at),
        years=tuple(year.year for year in filing.missed_in_a_row),
    )
    return _open(filing.but(opened_for=lapse.year), case, when)


def may_propose(filing: Filing, act: ProposeRevocation, when: Moment) -> Lack | None:
    """Ground 6 is a system fact and opens itself; ground 5 names the list (G-16, G-27)."""
    if act.ground is Ground.TWO_YEARS_MISSED:
        return Lack(missing="第六项事由由系统在连续第二个年度未报送时立案，不由人提议")
    if act.ground is Ground.LISTED and act.listing is None:
        return Lack(missing="未写明列入经营异常名录还是严重违法失信名单")
    return None


def propose_revocation(filing: Filing, act: ProposeRevocation, when: Moment) -> Filing:
    """提议撤销 on another ground, of kind B by inheritance (A-36…A-41, A-43, A-47, B-27, G-15)."""
    case = Case(ground=act.ground, opened=Mark(number=filing.number, at=when.at), listing=act.listing)
    return _open(filing.but(end_reported=None), case, when)


def _open(filing: Filing, case: Case, when: Moment) -> Filing:
    """The 告知书 is served, or awaits its service (G-17, G-18)."""
    return notify(filing.but(stage=Stage.REVOCATION_PENDING, case=case), when)


# The window, statement and defence


def statement_ended(filing: Filing, lapse: Lapse, when: Moment) -> Filing:
    """陈述申辩期满. What people decide is chased; what completes by itself waits for letters (G-17, Q16)."""
    filing = filing.but(case=case_of(filing).but(ended=Mark(number=filing.number, at=when.at)))
    day = last_day(filing.periods["window"])
    return _await_calendar(filing) if lapse.provisional else _decide_from(filing, day)


def _await_calendar(filing: Filing) -> Filing:
    """Nothing irreversible rests on a provisional day: a calendar that has it is due when its last day is over (G-09)."""
    grace = filing.periods["statement_grace"]
    filing = begin_until(filing, "calendar", grace.from_, grace.until)
    return filing.but(periods={**filing.periods, "calendar": filing.periods["calendar"].but(provisional=True)})


def _decide_from(filing: Filing, day: date) -> Filing:
    """After the window, and after the cure of a listing, the decision that people take is due in 5 working days."""
    if completes_itself(filing) or case_of(filing).ended is None:
        return filing
    cure = filing.periods.get("listing_cure")
    return begin(filing, "decision", max(day, last_day(cure)) if cure else day)


def completes_itself(filing: Filing) -> bool:
    """Only ground 6, the one purely objective ground (G-16)."""
    return case_of(filing).ground is Ground.TWO_YEARS_MISSED and bool(number(filing, "revocation.auto_complete"))


def may_state_defence(filing: Filing, act: StateDefence, when: Moment) -> Lack | None:
    """Taken until the decision (Q16); from `STRICTER_SINCE` on also beside one that is not judged yet, to which it adds."""
    if lack := decided_before(filing, when):
        return lack
    alone = day_of(when.stamped_at) < STRICTER_SINCE
    return Lack(missing="已有陈述申辩待复核") if alone and case_of(filing).defence == "open" else None


def state_defence(filing: Filing, act: StateDefence, when: Moment) -> Filing:
    """An open defence keeps the decision away, each that came in its window and the first later on (Q16): after a ruling on that a
    further one adds to it, is read by whoever decides, and holds nothing, or a case would never end; beside one that is not judged it
    is judged with it. One that had to be heard and was received before a decision asks for its restoration.
    """
    earlier = case_of(filing).defence
    adds = earlier == "open" or (earlier == "rejected" and not _in_window(filing, when))
    adds = adds and day_of(when.stamped_at) >= STRICTER_SINCE
    if filing.stage is Stage.REVOKED:
        return filing if adds else restoration_due(filing, when)
    if adds:
        return answered(filing)
    return begin(answered(filing).but(case=case_of(filing).but(defence="open")), "defence", when.arrival_day)


def ran(filing: Filing, name: str) -> Period | None:
    """A period in which a leader was to be heard, as it runs, or ran when it was decided: never to an earlier day than was told,
    whichever calendar or terms came since."""
    running, case = filing.periods.get(name), filing.case
    ended = case.ran.get(name) if case else None
    return running or (as_known_now(filing, ended) if ended else None)


def _in_window(filing: Filing, when: Moment) -> bool:
    """Whether a defence was received, or posted, while its sender was to be heard; that time is not over before it begins."""
    served_on = case_of(filing).served_on
    return served_on is None or when.day <= last_day_of_window(filing, served_on)


def last_day_of_window(filing: Filing, served_on: date) -> date:
    """Until when a leader was to be heard; of what was decided before `STRICTER_SINCE` counted anew."""
    return last_day(ran(filing, "window") or begin(filing, "window", served_on).periods["window"])


def undoes_statement_end(filing: Filing, act: StateDefence, when: Moment) -> int | None:
    """期满无申辩, where the defence was received before it (Instants 4)."""
    ended = filing.case.ended if filing.case else None
    return ended.number if ended and when.at < ended.at else None


def may_rule_on_defence(filing: Filing, act: RuleOnDefence, when: Moment) -> Lack | None:
    """There must be a defence."""
    if case_of(filing).defence != "open":
        return Lack(missing="没有待复核的陈述申辩")
    return None


def rule_on_defence(filing: Filing, act: RuleOnDefence, when: Moment) -> Filing:
    """Accepted, the case ends; rejected, nothing completes before the next day (Q16)."""
    if act.outcome == "accepted":
        return fall(filing, when)
    case = case_of(filing).but(defence="rejected", not_before=midnight_after(when.day))
    return _decide_from(end(filing, "defence").but(case=case), when.day)


def may_confirm_no_statement(filing: Filing, act: ConfirmNoStatement, when: Moment) -> Lack | None:
    """Not before the window is over (G-17)."""
    case = case_of(filing)
    if case.served_on is None:
        return Lack(missing="告知书尚未送达", supplied_by=ActKind.RECORD_SERVICE)
    again = window_again(case, filing.periods["window"])
    if case.ended is None or (again and when.at < again):
        return Lack(missing="陈述申辩期尚未届满")
    if case.defence == "open":
        return Lack(missing="陈述申辩尚未复核", supplied_by=ActKind.RULE_ON_DEFENCE)
    return None if "statement_grace" in filing.periods else Lack(missing="已确认无陈述申辩")


def confirm_no_statement(filing: Filing, act: ConfirmNoStatement, when: Moment) -> Filing:
    """No letter is pending: the grace need not run out; the day of attesting stays open for a cure (G-17)."""
    case = case_of(filing).but(not_before=midnight_after(when.day))
    rests_on_known_days = not filing.periods["window"].provisional
    return end(filing, "statement_grace", *(["calendar"] if rests_on_known_days else [])).but(case=case)


def may_hold(filing: Filing, act: Hold, when: Moment) -> Lack | None:
    """One hold at a time; after the decision only while there is something left to execute (复议法 42, 行诉法 56; G-23).

    The service itself holds only what would complete by itself, with too many others on one day or after an outage (breaker.py).
    """
    if act.by.role is Role.PLATFORM and (
        filing.stage is Stage.REVOKED or not is_of_stop(act.id, opened=case_of(filing).opened.number)
    ):
        return Lack(missing="平台无权暂停；只由系统在当日自动办结的撤销过多时暂停")
    if filing.stage is Stage.REVOKED and when.day < STRICTER_SINCE:  # histories from before 0.4.0 may hold it refused
        return Lack(missing=f"撤销决定的停止执行自{on_day(STRICTER_SINCE)}起登记")
    if case_of(filing).held:
        return Lack(missing="撤销程序已处于暂停")
    return Lack(missing=f"公告已于{on_day(filing.announced)}登记，撤销决定已执行完毕") if filing.announced else None


def hold(filing: Filing, act: Hold, when: Moment) -> Filing:
    """暂停 stops the completion, not the periods (G-16, Q16). After the decision it is not announced meanwhile (G-23)."""
    stopped = day_of(when.at) if act.by.role is Role.PLATFORM else case_of(filing).stopped
    filing = filing.but(case=case_of(filing).but(held=True, stopped=stopped))
    return end(filing, *ANNOUNCING) if filing.stage is Stage.REVOKED else filing


def is_stopped(filing: Filing) -> bool:
    """Whether a case is held that was stopped because too many would have completed on one day (G-16)."""
    case = filing.case if filing.stage is Stage.REVOCATION_PENDING else None
    return case is not None and case.held and case.stopped is not None


def takes_two(filing: Filing, act: Release, when: Moment) -> bool:
    """What was stopped with too many others two people let go on (G-16)."""
    return is_stopped(filing)


def may_release(filing: Filing, act: Release, when: Moment) -> Lack | None:
    """There must be a hold."""
    return None if case_of(filing).held else Lack(missing="撤销程序未处于暂停")


def release(filing: Filing, act: Release, when: Moment) -> Filing:
    """解除暂停: completion at 00:00 of the next day at the earliest (Q16); a decision is announced from then on (G-20)."""
    if filing.stage is Stage.REVOKED:
        filing = filing.but(case=case_of(filing).but(held=False))
        return filing if "restoration" in filing.periods and when.day >= STRICTER_SINCE else announce(filing, when)
    filing = filing.but(case=case_of(filing).but(held=False, not_before=midnight_after(when.day)))
    return _decide_from(filing, when.day)


# Decision


def may_approve(filing: Filing, act: ApproveRevocation, when: Moment) -> Lack | None:
    """Not before all that time would wait for, by the same list (`decision_waits`); never instead of the sixth ground's own completion
    (Q17). What only time waited for before `STRICTER_SINCE`, people wait for from then on."""
    case = case_of(filing)
    if completes_itself(filing):
        return Lack(missing="第六项事由期满自行办结，不经批准")
    for each in decision_waits(filing, case):
        newly = each.what in WAITED_FOR_BY_TIME_ALONE and when.day < STRICTER_SINCE
        if not newly and (each.until is None or when.at < each.until):
            missing, supplied_by = NOT_YET[each.what]
            day = last_day_until(each.until) if each.until else None
            return Lack(missing=missing.format(last=day and on_day(day)), supplied_by=supplied_by)
    return None


WAITED_FOR_BY_TIME_ALONE = ("extension", "calendar", "statement_grace", "next_day")
"""What was approved over before `STRICTER_SINCE`."""

NOT_YET: Mapping[str, tuple[str, ActKind | None]] = {
    "service": ("告知书尚未送达", ActKind.RECORD_SERVICE),
    "window": ("陈述申辩期尚未届满", None),
    "defence": ("陈述申辩尚未复核", ActKind.RULE_ON_DEFENCE),
    "hold": ("撤销程序处于暂停", ActKind.RELEASE),
    "extension": ("延期申请尚未批复", ActKind.RULE_ON_EXTENSION),
    "calendar": ("陈述申辩期所跨年度的工作日历尚未公布，期限未定", None),
    "statement_grace": ("在途的陈述申辩信件收至{last}24时", ActKind.CONFIRM_NO_STATEMENT),
    "listing_cure": ("经营异常名录的60日改正期尚未届满", None),
    "next_day": ("送达、复核、确认或者解除暂停登记于{last}，自次日起方可作出决定", None),
}
"""Of what a decision to revoke waits for, what is told, and the act that supplies it."""


def approve_revocation(filing: Filing, act: ApproveRevocation, when: Moment) -> Filing:
    """撤销备案 by decision of a second person (G-16, G-19)."""
    return _revoke(filing, when)


def revoked(filing: Filing, lapse: Lapse, when: Moment) -> Filing:
    """撤销备案 on the sixth ground, completed by itself (A-42, G-16)."""
    return _revoke(filing, when)


HEARD_IN = ("window", "statement_grace")
"""The periods in which a leader is heard."""


def _revoke(filing: Filing, when: Moment) -> Filing:
    if filing.case and when.day >= STRICTER_SINCE:
        heard = {name: filing.periods[name] for name in HEARD_IN if name in filing.periods}
        filing = filing.but(case=filing.case.but(ran=heard))
    filing = end_all(filing).but(
        stage=Stage.REVOKED,
        decided=Mark(number=filing.number, at=when.at),
        ended_at=when.at,
        change=None,
        transfer=None,
        notification=None,
        proposals=letters_waiting(filing),
    )
    return announce(decided(filing, when), when)


def announce(filing: Filing, when: Moment, known_on: date | None = None) -> Filing:
    """公告: due in 5 working days, alerted at 20 (A-36, G-20); from `STRICTER_SINCE` on counted from the day on which it is known that it is."""
    day = known_on if known_on and known_on >= STRICTER_SINCE else when.day
    return begin(begin(filing, "announcement", day), "announcement_alert", day)


def may_record_announcement(filing: Filing, act: RecordAnnouncement, when: Moment) -> Lack | None:
    """Each end is announced once, and not while its execution is stayed (G-23)."""
    if filing.announced:
        return Lack(missing=f"公告已于{on_day(filing.announced)}登记")
    if filing.stage is not Stage.REVOKED or when.day < STRICTER_SINCE:
        return None
    if filing.on_hold:
        return Lack(missing="撤销决定停止执行期间不公告", supplied_by=ActKind.RELEASE)
    return (
        Lack(missing="应予恢复备案的撤销决定不公告", supplied_by=ActKind.RESTORE)
        if "restoration" in filing.periods
        else None
    )


def record_announcement(filing: Filing, act: RecordAnnouncement, when: Moment) -> Filing:
    """官网公告已发布 (A-36, G-20)."""
    return end(filing, *ANNOUNCING).but(announced=when.day)


# Ends other than revocation


CHALLENGES = 4
"""How many undecided 复议 and 诉讼 a filing holds; the docket has all."""


def may_record_challenge(filing: Filing, act: RecordChallenge, when: Moment) -> Lack | None:
    """What was accepted by the review body or the court, not what is announced; two instances and a retrial fit (G-23)."""
    if act.accepted_on > when.day:
        return Lack(missing="受理日期晚于登记之日")
    if len(filing.challenges) >= CHALLENGES:
        supplied_by = ActKind.RECORD_CHALLENGE_OUTCOME
        return Lack(missing=f"已有 {CHALLENGES} 件复议或诉讼尚无结果", supplied_by=supplied_by)
    return None


def record_challenge(filing: Filing, act: RecordChallenge, when: Moment) -> Filing:
    """登记行政复议或行政诉讼: execution goes on unless somebody orders a hold (复议法 42, 行诉法 56; G-23)."""
    return filing.but(
        challenges=(*filing.challenges, Challenge(id=act.id, procedure=act.procedure, accepted_on=act.accepted_on))
    )


def may_record_challenge_outcome(filing: Filing, act: RecordChallengeOutcome, when: Moment) -> Lack | None:
    """There must be such a 复议 or 诉讼, and its outcome must have come."""
    if not filing.challenges:
        return Lack(missing="没有登记过尚无结果的复议或诉讼", supplied_by=ActKind.RECORD_CHALLENGE)
    if act.challenge not in {each.id for each in filing.challenges}:
        return Lack(missing=f"没有编号为 {act.challenge} 的复议或诉讼，或已有结果")
    return Lack(missing="结果的作出日期晚于登记之日") if act.decided_on > when.day else None


def record_challenge_outcome(filing: Filing, act: RecordChallengeOutcome, when: Moment) -> Filing:
    """登记结果: it changes nothing by itself; who has to restore, restores (G-23)."""
    return filing.but(challenges=tuple(each for each in filing.challenges if each.id != act.challenge))


def warn_without_evidence(filing: Filing, act: ProposeRevocation, when: Moment) -> str | None:
    """A proposal without evidence is taken, and said (G-19)."""
    return None if act.paper else "未附证据材料；作出决定前须附入卷宗"


def may_drop(filing: Filing, act: DropRevocation, when: Moment) -> Lack | None:
    """A case of the sixth ground stands on facts: it ends by a report, a waiver, a moved date or a defence (G-16)."""
    if case_of(filing).ground is Ground.TWO_YEARS_MISSED:
        return Lack(missing="第六项事由以系统事实为准；补报、免除年度、调整期限或采纳申辩后程序自行终止")
    return None


def drop_revocation(filing: Filing, act: DropRevocation, when: Moment) -> Filing:
    """终止撤销程序."""
    return fall(filing, when)


def fall(filing: Filing, when: Moment) -> Filing:
    """The case ends without a decision; the filing stays in force. A change that had to wait is due anew (Q23)."""
    signed = {kind: person for kind, person in filing.signed.items() if kind != ActKind.PROPOSE_REVOCATION}
    proposals = {name: person for name, person in filing.proposals.items() if name != ActKind.RELEASE}
    filing = end(concluded(filing), *PERIODS).but(
        stage=Stage.IN_FORCE, case=None, freed_at=when.arrival, signed=signed, proposals=proposals
    )
    return begin(filing, "change", when.arrival_day) if "change" in filing.periods else filing


def reconsider(filing: Filing, when: Moment) -> Filing:
    """After a year was set right: a case of the sixth ground stands only while every year it rests on is missed (Q14).

    Whoever is heard on two years is revoked on those two (G-17, G-19): where others are missed in a row now, the case
    falls all the same, and theirs opens with its own notice. A year that is missed no longer takes its case with it, and
    the older years before it, whose own case is over, do not carry it on (G-12).
    """
    case = filing.case if filing.case and filing.case.ground is Ground.TWO_YEARS_MISSED else None
    missed = tuple(year.year for year in filing.missed_in_a_row)
    if len(missed) < number(filing, "revocation.missed_years"):
        filing, stands = filing.but(opened_for=None) if filing.opened_for else filing, False
    else:
        rests_on = case.years if case and when.day >= STRICTER_SINCE else ()
        still_missed, reported = set(rests_on) <= set(missed), reported_since(filing)
        filing = filing.but(opened_for=_still_opened_for(filing, rests_on, missed, when))
        if case and still_missed and reported:  # it opens anew if that report is discounted
            filing = filing.but(opened_for=missed[-1] - 1)
        stands = still_missed and not reported
    if case is None or stands:
        return filing
    return restoration_due(filing, when) if filing.stage is Stage.REVOKED else fall(filing, when)


def _still_opened_for(filing: Filing, rests_on: tuple[int, ...], missed: tuple[int, ...], when: Moment) -> int | None:
    """The newest year whose miss has had its case: a later miss of the same year, or other years with it, is a new one."""
    opened_for = filing.opened_for
    if opened_for is None or when.day < STRICTER_SINCE:
        return opened_for
    if opened_for not in missed:
        return min(opened_for, missed[-1])
    if set(rests_on) <= set(missed) or opened_for < missed[-1]:
        return opened_for
    return opened_for - 1


def not_before_tomorrow(filing: Filing, when: Moment) -> Filing:
    """Nothing completes by itself before the next day: the one on which something was decided stays open for a cure."""
    return filing.but(case=case_of(filing).but(not_before=midnight_after(when.day)))


def restoration_due(filing: Filing, when: Moment) -> Filing:
    """The decision ought not to have come: a person restores, for it was announced (Instants 4).

    They have days of their own for it, from the one on which it is known that they must: when the letter has been compared, or what
    an outage held back has arrived. Before `STRICTER_SINCE` the period was over when it began.
    """
    if filing.ended_at is None or "restoration" in filing.periods:
        return filing
    if (known_on := day_of(when.written_at)) >= STRICTER_SINCE:  # nobody announces, nor is urged to, what must go
        return begin(end(filing, *ANNOUNCING), "restoration", max(known_on, day_of(filing.ended_at)))
    due = max(filing.ended_at, when.arrival) if when.came_on else filing.ended_at
    return begin_until(filing, "restoration", day_of(filing.ended_at), due)
