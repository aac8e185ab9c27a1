"""From submission to confirmation: acceptance, review, return and resubmission (Q1–Q5, Q8).

For each act of the table, `may_…` names the fact that is missing, and the function of the act's name applies it.
"""

from datetime import date, datetime

from models.acts import (
    TOGETHER,
    Accept,
    Act,
    ChecklistLine,
    Confirm,
    ExtendReview,
    GiveIitOpinion,
    Lapse,
    Recommend,
    Refuse,
    Resubmit,
    ReturnForCorrection,
    Submit,
    Transfer,
    Withdraw,
)
from models.filing import Filing, Mark, Notice, Office, Review
from models.findings import Lack
from models.values import day_of, midnight_after, on_day
from models.vocabulary import ActKind, LapseKind, Role, Stage
from regulation import checklist, intake, local_rules, notice, offices, terms
from regulation.agenda import (
    begin,
    begin_until,
    end,
    end_all,
    holding,
    kinds_of,
    letters_waiting,
    number,
    prolong,
)
from regulation.checklist import Line
from regulation.moment import Moment
from regulation.service import STRICTER_SINCE, concluded, decided, notify, still_to_prove

OF_THE_VERSION = (ActKind.ACCEPT, ActKind.GIVE_IIT_OPINION, ActKind.RECOMMEND)
"""Signatures that a new version asks for anew (Q3)."""


def submit(event: Submit, when: Moment) -> Filing:
    """备案申请 is received: the filing begins (A-27, B-16)."""
    filing = Filing(
        id=event.filing,
        kind=event.alliance,
        stage=Stage.SUBMITTED,
        number=1,
        jurisdiction=event.jurisdiction,
        zone=event.zone,
        leader=event.leader,
        paper=event.paper,
        version=1,
        substance=event.substance,
        consent=event.consent,
        address=event.address,
        terms=event.terms,
        calendar=event.calendar,
        serves_all=event.serves_all,
        whole_checklist=event.whole_checklist,
        chased_since=when.at if event.chased_until_done else None,
        continues=event.continues,
        incomplete=event.incomplete,
        submitted_at=when.at,
        review=Review(received_at=when.at),
    )
    return _received(filing, when)


def _received(filing: Filing, when: Moment) -> Filing:
    """An application has come to its reviewer: acceptance runs, and for kind B the call's day for recommending."""
    filing = begin(filing, "acceptance", when.day)
    deadline = recommendation_deadline(filing)
    if deadline and midnight_after(deadline) > when.at:
        filing = begin_until(filing, "recommendation", when.day, midnight_after(deadline))
    return filing


# Handing over before archiving


def may_hand_over(filing: Filing, act: Transfer, when: Moment) -> Lack | None:
    """By both offices, the giving one first; or by the province at once, with its reason (A-24, G-31)."""
    here, to = Office(jurisdiction=filing.jurisdiction, zone=filing.zone), Office(jurisdiction=act.to, zone=act.to_zone)
    if not filing.whole_checklist and when.day < STRICTER_SINCE:  # histories from before 0.4.0 may hold it refused
        return Lack(missing=f"备案申请的移送自{STRICTER_SINCE}起办理")
    if filing.open_objections:
        return Lack(missing=f"尚有 {filing.open_objections} 件异议未处理")
    if to != here and (lack := _answered_first(filing, when)):
        return lack
    if act.to_zone and not offices.reviews_in(filing.kind, act.to, act.to_zone, when.day):
        return Lack(missing=f"{act.to_zone} 不是该市受理本类备案的高新区")
    giving = act.by.office == (filing.zone or filing.jurisdiction)
    if to == here:
        return None if filing.transfer and giving else Lack(missing="移送的目的地就是现受理机构")
    if act.by.role is Role.PROVINCE_ST:
        return None if act.reason else Lack(missing="由省科技厅移送的，须说明理由")
    if filing.transfer is None:
        return None if giving else Lack(missing="移出机构尚未移送", supplied_by=ActKind.TRANSFER)
    if to != filing.transfer:
        return Lack(missing=f"正在移送至{offices.name_of(filing.transfer.zone or filing.transfer.jurisdiction)}")
    return Lack(missing="须由接收机构接收；收回的，写明移送至本机构") if giving else None


def _answered_first(filing: Filing, when: Moment) -> Lack | None:
    """What speaks against 视为撤回 is answered, told and proven where it was sent: in the other office the application begins anew,
    where it could not take effect any more (G-07, G-42); from `STRICTER_SINCE` on."""
    if filing.stage is not Stage.RETURNED or day_of(when.stamped_at) < STRICTER_SINCE:
        return None
    ends = LapseKind.CORRECTION_LAPSED
    if letters := holding(filing, ends, when.stamped_at):
        what = "、".join(kinds_of(letters))
        return Lack(missing=f"代为登记的来文（{what}）尚待登记人以外的人核对，答复之后方可移送")
    return still_to_prove(filing, ends, when.stamped_at, "此后方可移送")


def hand_over(filing: Filing, act: Transfer, when: Moment) -> Filing:
    """移送 to the right office: there the application is received on this day, and everything begins anew (A-24, G-31).

    Kind B has kept its call by its first submission. A notice that the wrong office showed is taken back.
    """
    to = Office(jurisdiction=act.to, zone=act.to_zone)
    if to == Office(jurisdiction=filing.jurisdiction, zone=filing.zone):
        return filing.but(transfer=None)
    if filing.transfer is None and act.by.role is not Role.PROVINCE_ST:
        return filing.but(transfer=to)
    filing = end_all(concluded(filing)).but(
        stage=Stage.SUBMITTED,
        jurisdiction=to.jurisdiction,
        zone=to.zone,
        transfer=None,
        review=Review(received_at=when.at, returns=review_of(filing).returns),
        notice=None,
        province=None,
        signed={},
        proposals=letters_waiting(filing),
    )
    return _received(filing, when)


def being_handed_over(filing: Filing, act: Act, when: Moment) -> Lack | None:
    """An application that is on its way to another office is not decided meanwhile; it can be taken back. What came for the office that
    gives it, it enters, answers and serves until then, for its leader's days go on (G-42)."""
    staff = act.by.role in (Role.CITY_ST, Role.ZONE, Role.CITY_IIT)
    there = taker_of(filing)
    if there is None or not staff or act.kind is ActKind.TRANSFER:
        return None
    goes_on = act.on_behalf_of is not None or act.kind in GOES_ON
    if goes_on and day_of(when.stamped_at) >= STRICTER_SINCE:
        return None
    return Lack(missing=f"正在移送至{there}，由其接收后办理；尚未接收的，移出机构可以收回")


GOES_ON = (
    ActKind.DENY_LETTER,
    ActKind.CLOSE_LETTER,
    ActKind.RECORD_SERVICE,
    ActKind.REPORT_UNDELIVERABLE,
    ActKind.SETTLE_DELIVERY,
)
"""What the office does that gives an application, also while that is on its way."""


def taker_of(filing: Filing) -> str | None:
    """The office, by name, that an application is on its way to and that has not taken it yet."""
    if filing.transfer is None or filing.stage not in MOVABLE:
        return None
    return offices.name_of(filing.transfer.zone or filing.transfer.jurisdiction)


MOVABLE = (Stage.SUBMITTED, Stage.RETURNED, Stage.UNDER_REVIEW, Stage.REVIEW_PASSED)
"""Where an application can be handed over. What is on notice or at the province is first returned to its city."""


def recommendation_deadline(filing: Filing) -> date | None:
    """The call's last day for 初审推荐, kind B (B-03)."""
    year = day_of(filing.submitted_at).year
    text = terms.find(filing.terms, "intake.recommend_deadline", filing.kind, filing.jurisdiction, year)
    return date.fromisoformat(text) if text else None


def review_of(filing: Filing) -> Review:
    """The review of the present version; there is one until the filing is archived."""
    if filing.review is None:
        raise LookupError(f"{filing.id}: 没有进行中的审核")
    return filing.review


def accept(filing: Filing, act: Accept, when: Moment) -> Filing:
    """受理: the period of review runs from this day (G-05b, Q2)."""
    return _under_review(filing, when.day)


def deemed_accepted(filing: Filing, lapse: Lapse, when: Moment) -> Filing:
    """视为受理, dated to the day of receipt (许可法32, G-05b, Q2)."""
    return _under_review(filing, day_of(review_of(filing).received_at))


def _under_review(filing: Filing, start: date) -> Filing:
    filing = end(filing, "acceptance").but(stage=Stage.UNDER_REVIEW)
    filing = _review_begins(filing, start)
    if number(filing, "review.iit_required") and review_of(filing).iit_positive is None:
        filing = begin(filing, "iit", start)
    return filing


def _review_begins(filing: Filing, start: date) -> Filing:
    """The period of review, with its reminder on the fifteenth day (G-05)."""
    return begin(begin(filing, "review", start), "midway", start)


def may_return_for_correction(filing: Filing, act: ReturnForCorrection, when: Moment) -> Lack | None:
    """What is to be corrected is a requirement, a field of the form or a document (A-30)."""
    unknown = [each.item for each in act.deficiencies if each.item not in intake.REQUIREMENTS]
    if unknown and when.day >= STRICTER_SINCE:
        return Lack(missing=f"没有编号为{'、'.join(dict.fromkeys(unknown))}的条件、填报项或材料")
    return None


def return_for_correction(filing: Filing, act: ReturnForCorrection, when: Moment) -> Filing:
    """退回补正: the applicant has 30 days from service (A-30, G-07, G-18)."""
    return returned(filing, when)


def returned(filing: Filing, when: Moment, *, by_objection: bool = False) -> Filing:
    """The application goes back to the leader, by the reviewer or upon an upheld objection (Q7)."""
    review = review_of(filing)
    review = review.but(returns=(review.returns or 0) + 1, by_objection=by_objection, readdressed=False)
    filing = end(filing, "acceptance", "review", "midway", "iit", "correction", "service", "unread")
    return notify(filing.but(stage=Stage.RETURNED, review=review, proposals=letters_waiting(filing)), when)


def may_resubmit(filing: Filing, act: Resubmit, when: Moment) -> Lack | None:
    """A lapsed filing takes the correction that was received in time, and a refused one that which was received before (Instants 4)."""
    if lack := _older_than_the_newest(filing, act, when):
        return lack
    if filing.stage is Stage.NOT_CONFIRMED:
        return _not_corrected_before(filing, when)
    if filing.lapsed and when.at >= filing.lapsed.at:
        return Lack(missing="补正期限已经届满，申请视为撤回；可另行申请")
    return None


def _older_than_the_newest(filing: Filing, act: Resubmit, when: Moment) -> Lack | None:
    """What came before the newest version is no answer to the return of that, and does not take its place (G-07); of what came on the same
    day nobody can say which is newer. From `STRICTER_SINCE` on."""
    newest = day_of(review_of(filing).received_at)
    if filing.version == 1 or when.day >= newest or day_of(when.stamped_at) < STRICTER_SINCE:
        return None
    missing = f"该补正早于盟主企业其后的补正（第{filing.version}版，{on_day(newest)}收到），以较晚的为准"
    return Lack(missing=missing, supplied_by=ActKind.CLOSE_LETTER if act.seconds else None)


def _not_corrected_before(filing: Filing, when: Moment) -> Lack | None:
    """What was corrected before it was decided on was refused for what did not stand any more (G-07, Instants 4). Only while a return
    waited for its correction: the notice of one is on file until that comes."""
    refused = filing.decided if day_of(when.stamped_at) >= STRICTER_SINCE and filing.notification else None
    if refused and when.at < refused.at:
        return None
    decided_on = on_day(day_of(filing.ended_at or filing.submitted_at))
    return Lack(missing=f"备案申请已于{decided_on}不予确认，只有退回之后、决定之前送达的补正才可登记；可另行申请")


def resubmit(filing: Filing, act: Resubmit, when: Moment) -> Filing:
    """补正重报 as the next version, with periods of its own (G-07, Q3). After an upheld objection: no new acceptance (Q7)."""
    review, facts = review_of(filing), act.facts
    if facts is None:
        raise LookupError(f"{filing.id}: 补正材料未经核对")
    stands = review.by_objection and facts.substance == filing.substance
    kept = {ActKind.ACCEPT} if review.by_objection else set()
    kept |= {ActKind.GIVE_IIT_OPINION} if stands else set()
    refused = filing.decided  # the decision does not stand, so it is not served either
    served = [f"delivery:{refused.number}"] if refused else []
    filing = end(concluded(filing), "correction", *served).but(
        version=filing.version + 1,
        paper=act.paper,
        substance=facts.substance,
        leader=facts.leader,
        consent=facts.consent,
        address=facts.address,
        continues=facts.continues,
        lapsed=None,
        decided=None,
        ended_at=None,
        signed={kind: person for kind, person in filing.signed.items() if kind in kept or kind not in OF_THE_VERSION},
        proposals=letters_waiting(filing),
        review=Review(
            received_at=when.arrival,
            returns=review.returns,
            iit_positive=review.iit_positive if stands else None,
        ),
    )
    reopened = _open_names(filing.notice) if refused and filing.notice else []
    for name in reopened:  # handled anew, as the refusal does not stand
        filing = begin(filing, f"objection:{name}", when.arrival_day)
    if review.by_objection:
        return _under_review(filing, when.arrival_day)
    return begin(filing.but(stage=Stage.SUBMITTED), "acceptance", when.arrival_day)


def _open_names(shown: Notice) -> list[str]:
    """Under which names objections to a notice are open: one by one, and together those that are not listed."""
    return [*(each.id for each in shown.objections if each.open), *([TOGETHER] if shown.unlisted else [])]


def undoes_correction_lapse(filing: Filing, act: Resubmit, when: Moment) -> int | None:
    """The lapse, or the refusal, that a correction received before it undoes."""
    undone = filing.lapsed or filing.decided
    return undone.number if undone else None


def correction_lapsed(filing: Filing, lapse: Lapse, when: Moment) -> Filing:
    """视为撤回: no correction within 30 days; nothing is held against the applicant (G-07).

    Other periods, as of a notice that was shown, stand still: a correction received in time takes them up again.
    """
    lapsed = Mark(number=filing.number, at=when.at)
    return end(filing, "correction").but(stage=Stage.LAPSED, lapsed=lapsed, ended_at=when.at)


def iit_takes_part(filing: Filing) -> Lack | None:
    """工信 is asked in reviews of kind A, except where one office is both (A-29)."""
    return None if number(filing, "review.iit_required") else Lack(missing="本备案的审核不需要工信部门意见")


def may_give_iit_opinion(filing: Filing, act: GiveIitOpinion, when: Moment) -> Lack | None:
    """Asked only where 工信 takes part (A-29)."""
    return iit_takes_part(filing)


def give_iit_opinion(filing: Filing, act: GiveIitOpinion, when: Moment) -> Filing:
    """工信部门意见 (A-29); a negative one may be followed by a new one (Q4)."""
    return end(filing, "iit").but(review=review_of(filing).but(iit_positive=act.positive))


def may_extend_review(filing: Filing, act: ExtendReview, when: Moment) -> Lack | None:
    """Once a version, and only before the period is over (G-05, Q3)."""
    if review_of(filing).extended:
        return Lack(missing="本次申报的审核期限已延长过一次")
    if "review" not in filing.periods or filing.periods["review"].until <= when.at:
        return Lack(missing="审核期限已届满，不能再延长")
    return None


def extend_review(filing: Filing, act: ExtendReview, when: Moment) -> Filing:
    """延长审核期限 by 10 working days (G-05)."""
    filing = prolong(filing, "review", "review.extension_working_days")
    return filing.but(review=review_of(filing).but(extended=True))


def conditions(filing: Filing) -> tuple[str, ...]:
    """The lines that the reviewer of a filing fills in: on the form, at every door, and for the law."""
    of_kind = (checklist.CONDITIONS if filing.whole_checklist else checklist.CONDITIONS_UNTIL_0_3)[filing.kind]
    return (*of_kind, *(line.code for line in local_lines(filing)))


def lines(filing: Filing) -> tuple[Line, ...]:
    """Every line that the reviewer of a filing looks at: those of its kind, and what its city adds."""
    return (*checklist.CHECKS[filing.kind], *local_lines(filing))


def local_lines(filing: Filing) -> tuple[Line, ...]:
    """What the filing's city adds to the checklist of its reviewer (A-51)."""
    return local_rules.lines(local_rules.rules_of(filing))


def _unmet(filing: Filing, filled_in: tuple[ChecklistLine, ...], when: Moment) -> Lack | None:
    """The condition that the checklist leaves out or finds unmet: then it is a return, not a confirmation."""
    answers = {line.item: line.met for line in filled_in}
    local = [line.code for line in local_lines(filing)]
    unknown = [item for item in answers if item not in (*checklist.CONDITIONS[filing.kind], *local)]
    if unknown and when.day >= STRICTER_SINCE:
        return Lack(missing=f"审核清单中没有这一项：{'、'.join(unknown)}")
    if absent := [item for item in conditions(filing) if item not in answers]:
        return Lack(missing=f"审核清单未填：{in_words(filing, *absent)}")
    if unmet := [item for item, met in answers.items() if not met]:
        return Lack(
            missing=f"审核清单认定不符合：{in_words(filing, *unmet)}", supplied_by=ActKind.RETURN_FOR_CORRECTION
        )
    return None


def in_words(filing: Filing, *items: str) -> str:
    """Lines of the checklist by what they ask, for nobody knows them by their numbers; of several under one, the first and how many."""
    asks: dict[str, list[str]] = {}
    for line in lines(filing):
        asks.setdefault(line.code, []).append(line.asks)
    told = {code: of[0] + (f"等{len(of)}项" if len(of) > 1 else "") for code, of in asks.items()}
    return "；".join(told.get(item, item) for item in items)


def may_recommend(filing: Filing, act: Recommend, when: Moment) -> Lack | None:
    """Every condition of 细则第四条 is met (B-10…B-13, B-17)."""
    return _unmet(filing, act.checklist, when)


def recommend(filing: Filing, act: Recommend, when: Moment) -> Filing:
    """初审推荐 (B-03, Q1); the notice is its own milestone."""
    return end(filing, "recommendation", "midway").but(stage=Stage.REVIEW_PASSED)


def may_confirm(filing: Filing, act: Confirm, when: Moment) -> Lack | None:
    """Every condition of 第五条 is met, and 工信 agrees where it takes part (A-12…A-15, A-17…A-21, A-29, Q4)."""
    if act.notice_from and act.notice_from < when.day:
        return Lack(missing="公示起始日不得早于审核确认之日")
    if checklist.ON_CONFIRMING[filing.kind] and (unmet := _unmet(filing, act.checklist, when)):
        return unmet
    return iit_agrees(filing, review_of(filing).iit_positive)


def may_confirm_again(filing: Filing, act: Confirm, when: Moment) -> Lack | None:
    """Another day of publication may be set while the first has not come, and so nobody has seen the notice."""
    if is_published(filing, when):
        return Lack(missing="公示已经发布")
    if checklist.ON_CONFIRMING[filing.kind] and (unmet := _unmet(filing, act.checklist, when)):
        return unmet
    return None


def is_published(filing: Filing, when: Moment) -> bool:
    """Whether a notice stands as it was set: nothing about it is confirmed anew."""
    return notice.is_out(filing, when) or when.day < STRICTER_SINCE


def iit_agrees(filing: Filing, positive: bool | None) -> Lack | None:
    """工信 agreed, where it takes part (A-29, Q4)."""
    if positive or not number(filing, "review.iit_required"):
        return None
    missing = "尚无工信部门意见" if positive is None else "工信部门意见为不同意"
    return Lack(missing=missing, supplied_by=ActKind.GIVE_IIT_OPINION)


def confirm(filing: Filing, act: Confirm, when: Moment) -> Filing:
    """审核确认 publishes the notice; one that stands, and showed the same, goes on (Q1, Q7, Q8)."""
    again = filing.stage is Stage.ON_NOTICE
    filing = end(filing, "review", "midway", "iit").but(stage=Stage.ON_NOTICE, proposals=letters_waiting(filing))
    if notice.stands(filing) and not again:
        return notice.resume(filing, when)
    return notice.publish(filing, act.notice_from or when.day)


def refuse(filing: Filing, act: Refuse, when: Moment) -> Filing:
    """不予确认, by two people, for a reason that no correction could cure (G-07)."""
    return not_confirmed(filing, when)


def not_confirmed(filing: Filing, when: Moment) -> Filing:
    """The application ends without being confirmed."""
    mark = Mark(number=filing.number, at=when.at)
    return decided(end_all(filing).but(stage=Stage.NOT_CONFIRMED, decided=mark, ended_at=when.at), when)


def may_withdraw(filing: Filing, act: Withdraw, when: Moment) -> Lack | None:
    """What was withdrawn before it was decided on could not be refused any more (A-26, Instants 4)."""
    if filing.stage is not Stage.NOT_CONFIRMED:
        return None
    refused = filing.decided if day_of(when.stamped_at) >= STRICTER_SINCE else None
    if refused is None or when.at >= refused.at:
        decided_on = day_of(filing.ended_at or filing.submitted_at)
        return Lack(missing=f"备案申请已于{on_day(decided_on)}不予确认，只有此前送达的撤回才可登记")
    return None


def withdraw(filing: Filing, act: Withdraw, when: Moment) -> Filing:
    """撤回 before archiving (A-26, B-15, G-41)."""
    return end_all(filing).but(stage=Stage.WITHDRAWN, decided=None, ended_at=when.at, transfer=None)


def undoes_refusal(filing: Filing, act: Withdraw, when: Moment) -> int | None:
    """The refusal of an application that had been withdrawn before."""
    return filing.decided.number if filing.decided else None


def applying_again(filing: Filing, when: datetime) -> str:
    """Whether the leader can apply again once it has withdrawn: of kind B only inside the yearly call (B-02)."""
    if not intake.BY_CALL[filing.kind]:
        return "可随时另行申请"
    call = intake.call_of(day_of(when), filing.jurisdiction)
    if call is None:
        return f"{day_of(when).year}年尚未发布申报通知，须待申报通知发布后另行申报"
    closes = midnight_after(call[1])
    if when < closes:
        return f"{call[1].year}年申报期至{call[1]}截止，期内可另行申报"
    return f"{call[1].year}年申报期已于{on_day(call[1])}截止，本年度不能再申报，须待下一年度的申报通知"


def warn_withdrawal(filing: Filing, act: Withdraw, when: Moment) -> str | None:
    """What withdrawing costs a leader who applies upon a call; a wrong city costs nothing, for the application can be handed over."""
    if not intake.BY_CALL[filing.kind]:
        return None
    return f"撤回后，{applying_again(filing, when.at)}；只是属地填错的，不必撤回，可请受理机构或省科技厅移送"


def midway(filing: Filing, lapse: Lapse, when: Moment) -> Filing:
    """The reviewer was reminded on the fifteenth day."""
    return end(filing, "midway")


def reviewed_again(filing: Filing, when: Moment) -> Filing:
    """Back under review from the province: 20 working days from the return (Q8)."""
    filing = filing.but(
        stage=Stage.UNDER_REVIEW,
        province=None,
        periods={name: period for name, period in filing.periods.items() if name in ("notice", "grace")},
    )
    return _review_begins(filing, when.day)
