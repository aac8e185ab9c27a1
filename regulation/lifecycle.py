"""The lifecycle as one table: stage × event → stage, with who may do it and by which article.

An *act* comes from somebody, a *lapse* from the passing of a day. A row says in which stages its event may happen and
to which it may lead, who may do it, the requirement behind it, the function that says which fact is missing (`may`) and
the one that applies it (`does`). Anything that is not in the table is refused. `check` says why not; `apply` moves; both
are pure, and `apply` does not fail where `check` passed. The published diagram is drawn from this table.

Most rows stay in their stage: finer states are facts on the filing. Some events may lead to one of several stages; which
one, their function decides.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from models.acts import (
    LABELS,
    Act,
    DiscountAnnualReport,
    Event,
    Lapse,
    ProposeRevocation,
    RecordPartyGroup,
    RuleOnObjection,
    Submit,
    Unreadable,
    Withheld,
    left_out,
)
from models.filing import Entry, Filing, Letter, Proposed
from models.findings import Lack, Refusal
from models.values import day_of
from models.vocabulary import ActKind, ByKind, Ground, Kind, LapseKind, Role, Stage
from regulation import (
    agenda,
    annual,
    calendar,
    completing,
    days,
    identity,
    letters,
    notice,
    objections,
    offices,
    on_paper,
    province,
    review,
    revocation,
    service,
    standing,
    transition,
    urging,
)
from regulation.articles import cite
from regulation.moment import Moment
from regulation.reading import TWICE, repeated

Stages = frozenset[Stage]


def _by_one(filing: Filing, act: Act, when: Moment) -> bool:
    return False


def _by_two(filing: Filing, act: Act, when: Moment) -> bool:
    return True


def _if_it_refuses(filing: Filing, act: RuleOnObjection, when: Moment) -> bool:
    """To uphold an objection by not confirming is to refuse, whoever objected (G-07, Q7)."""
    return act.outcome == "not_confirmed" and day_of(when.stamped_at) >= service.STRICTER_SINCE


@dataclass(frozen=True)
class Row:
    """One event of the lifecycle. `articles` are the requirements for kind A and kind B.

    `two_people` says of an act whether it takes two: the first proposes, and another does the same (G-42). The decision
    has one content: whoever says anything else, of the two or of others, proposes anew.
    """

    event: ActKind | LapseKind
    moves: Mapping[Stage, Stages]
    articles: tuple[str, str]
    does: Callable[[Filing, Any, Moment], Filing]
    by: frozenset[Role] = frozenset()
    kinds: tuple[Kind, ...] = tuple(Kind)
    may: Callable[[Filing, Any, Moment], Lack | None] | None = None
    undoes: Callable[[Filing, Any, Moment], int | None] | None = None
    warns: Callable[[Filing, Any, Moment], str | None] | None = None
    two_people: Callable[[Filing, Any, Moment], bool] = _by_one

    def article(self, kind: Kind, ground: Ground | None = None) -> str:
        """The article as quoted to people; where it is that of revocation, the one of the case's own ground."""
        return _article(self.articles, kind, ground)


@cache
def _article(articles: tuple[str, str], kind: Kind, ground: Ground | None) -> str:
    number = ByKind(*articles)[kind]
    return cite(revocation.GROUNDS[ground] if ground in revocation.GROUNDS and number in OF_ANY_CASE else number)


OF_ANY_CASE = ("A-36", "G-16")
"""The requirements behind what is done in a case, whatever its ground."""


def _stay(*stages: Stage) -> dict[Stage, Stages]:
    return {stage: frozenset({stage}) for stage in stages}


def _go(stages: Stage | Iterable[Stage], *to: Stage) -> dict[Stage, Stages]:
    return {stage: frozenset(to) for stage in ([stages] if isinstance(stages, Stage) else stages)}


def _either(stages: Iterable[Stage], *to: Stage) -> dict[Stage, Stages]:
    """Stay, or go to one of these."""
    return {stage: frozenset({stage, *to}) for stage in stages}


S, A, L = Stage, ActKind, LapseKind
REVIEWER = frozenset({Role.CITY_ST, Role.ZONE})
LEADER = frozenset({Role.LEADER})
PROVINCE = frozenset({Role.PROVINCE_ST})
STAFF = REVIEWER | PROVINCE
WHOEVER_PUBLISHES = frozenset({Role.PROVINCE_ST, Role.OPERATOR, Role.PLATFORM})

APPLYING = (S.SUBMITTED, S.RETURNED, S.UNDER_REVIEW, S.REVIEW_PASSED, S.ON_NOTICE, S.NOTICE_CLEARED, S.AT_PROVINCE)
REVIEWED = (S.SUBMITTED, S.RETURNED, S.UNDER_REVIEW, S.REVIEW_PASSED, S.ON_NOTICE)
FILED = (S.IN_FORCE, S.REVOCATION_PENDING)
OPEN = (*APPLYING, *FILED)
ONLY_B = (S.REVIEW_PASSED, S.NOTICE_CLEARED, S.CONTINUED)
NOT_OF: ByKind[Collection[Stage]] = ByKind(a=ONLY_B, b=())
ENDS = (S.REVOKED, S.WITHDRAWN, S.LAPSED, S.NOT_CONFIRMED, S.DEREGISTERED, S.CONTINUED)
ANNOUNCED = (S.REVOKED, S.DEREGISTERED)
PENDING = (S.REVOCATION_PENDING,)
SERVED = (S.RETURNED, S.REVOCATION_PENDING)


REMINDERS: Mapping[str, tuple[str, Callable[[Filing, Lapse, Moment], Filing]]] = {
    "review": ("G-05", review.midway),
    "notice": ("G-01", notice.end_announced),
    "change_notice": ("G-24", standing.change_end_announced),
    "annual": ("G-13", annual.reminded),
}
"""What is reminded of: the requirement behind it, and what it does."""


def _reminder(filing: Filing, lapse: Lapse, when: Moment) -> Filing:
    return REMINDERS[lapse.of or ""][1](filing, lapse, when)


# fmt: off
TABLE: tuple[Row, ...] = (
    # Review
    Row(A.ACCEPT, _go(S.SUBMITTED, S.UNDER_REVIEW), ("G-05b", "G-05b"), review.accept, REVIEWER),
    Row(A.RETURN_FOR_CORRECTION, _go((S.SUBMITTED, S.UNDER_REVIEW, S.REVIEW_PASSED), S.RETURNED), ("A-30",
        "B-17"), review.return_for_correction, REVIEWER, may=review.may_return_for_correction),
    Row(A.RESUBMIT, _go((S.RETURNED, S.LAPSED, S.NOT_CONFIRMED), S.SUBMITTED, S.UNDER_REVIEW), ("G-07", "G-07"), review.resubmit,
        LEADER, may=review.may_resubmit, undoes=review.undoes_correction_lapse),
    Row(A.GIVE_IIT_OPINION, _stay(S.UNDER_REVIEW), ("A-29", "A-29"), review.give_iit_opinion,
        frozenset({Role.CITY_IIT}), kinds=(Kind.A,), may=review.may_give_iit_opinion),
    Row(A.GIVE_IIT_OPINION, _stay(S.IN_FORCE), ("G-24", "G-24"), standing.give_iit_opinion,
        frozenset({Role.CITY_IIT}), kinds=(Kind.A,), may=standing.may_give_iit_opinion),
    Row(A.EXTEND_REVIEW, _stay(S.UNDER_REVIEW, S.REVIEW_PASSED), ("G-05", "G-05"), review.extend_review,
        REVIEWER, may=review.may_extend_review),
    Row(A.RECOMMEND, _go(S.UNDER_REVIEW, S.REVIEW_PASSED), ("B-03", "B-03"), review.recommend, REVIEWER,
        kinds=(Kind.B,), may=review.may_recommend),
    Row(A.CONFIRM, _go(S.UNDER_REVIEW, S.ON_NOTICE), ("A-29", "A-29"), review.confirm, REVIEWER,
        kinds=(Kind.A,), may=review.may_confirm),
    Row(A.CONFIRM, _go(S.REVIEW_PASSED, S.ON_NOTICE), ("B-17", "B-17"), review.confirm, REVIEWER,
        kinds=(Kind.B,), may=review.may_confirm),
    Row(A.CONFIRM, _stay(S.ON_NOTICE), ("A-29", "B-17"), review.confirm, REVIEWER, may=review.may_confirm_again),
    Row(A.REFUSE, _either((S.UNDER_REVIEW, S.REVIEW_PASSED, S.RETURNED), S.NOT_CONFIRMED), ("G-07", "G-07"),
        review.refuse, REVIEWER, two_people=_by_two),
    Row(A.WITHDRAW, _go((*APPLYING, S.NOT_CONFIRMED), S.WITHDRAWN), ("A-26", "B-15"), review.withdraw, LEADER,
        may=review.may_withdraw, undoes=review.undoes_refusal, warns=review.warn_withdrawal),
    Row(A.TRANSFER, _either(review.MOVABLE, S.SUBMITTED), ("G-31", "G-31"), review.hand_over, STAFF,
        may=review.may_hand_over),
    # Public notice
    Row(A.OBJECT, {**_stay(*REVIEWED), **_either((S.NOTICE_CLEARED, S.AT_PROVINCE), S.ON_NOTICE)}, ("G-04",
        "G-04"), objections.object_to_application, frozenset({Role.PUBLIC}), may=objections.may_object,
        undoes=objections.undoes_clearing),
    Row(A.OBJECT, _stay(*FILED), ("G-04", "G-04"), standing.object_to_change, frozenset({Role.PUBLIC})),
    Row(A.RULE_ON_ADMISSIBILITY, {**_stay(*REVIEWED), **_either((S.NOTICE_CLEARED, S.AT_PROVINCE), S.ON_NOTICE)},
        ("G-04", "G-04"), objections.rule_on_admissibility, REVIEWER,
        may=objections.may_rule_on_admissibility),
    Row(A.RULE_ON_ADMISSIBILITY, _stay(*FILED), ("G-04", "G-04"), standing.rule_on_admissibility, REVIEWER,
        may=standing.may_rule_on_admissibility),
    Row(A.RULE_ON_OBJECTION, _either(REVIEWED, S.RETURNED, S.NOT_CONFIRMED), ("G-04", "G-04"),
        objections.rule_on_objection, REVIEWER, may=objections.may_rule_on_objection,
        two_people=_if_it_refuses),
    Row(A.RULE_ON_OBJECTION, _stay(*FILED), ("G-04", "G-04"), standing.rule_on_objection, REVIEWER,
        may=standing.may_rule_on_objection),
    Row(A.CONFIRM_NOTICE_CLEAR, _go(S.ON_NOTICE, S.AT_PROVINCE), ("G-03", "G-03"), notice.confirm_notice_clear,
        REVIEWER, kinds=(Kind.A,), may=notice.may_confirm_notice_clear),
    Row(A.CONFIRM_NOTICE_CLEAR, _go(S.ON_NOTICE, S.NOTICE_CLEARED), ("G-03", "G-03"),
        notice.confirm_notice_clear, REVIEWER, kinds=(Kind.B,), may=notice.may_confirm_notice_clear),
    Row(A.CONFIRM_NOTICE_CLEAR, _stay(S.IN_FORCE), ("G-03", "G-03"), standing.confirm_notice_clear, REVIEWER,
        may=standing.may_confirm_notice_clear),
    # Province
    Row(A.FORWARD, _go(S.NOTICE_CLEARED, S.AT_PROVINCE), ("B-17", "B-17"), province.forward, REVIEWER, kinds=(Kind.B,),
        may=province.may_forward),
    Row(A.RECORD_SURVEY, _stay(S.AT_PROVINCE), ("B-18", "B-18"), province.record_survey, PROVINCE,
        kinds=(Kind.B,), may=province.may_record_survey),
    Row(A.GIVE_OFFICE_OPINION, _stay(S.AT_PROVINCE), ("B-18", "B-18"), province.give_office_opinion, PROVINCE,
        kinds=(Kind.B,)),
    Row(A.RECORD_PARTY_GROUP, _either((S.AT_PROVINCE,), S.NOT_CONFIRMED), ("B-18", "B-18"),
        province.record_party_group, PROVINCE, kinds=(Kind.B,), may=province.may_record_party_group),
    Row(A.RETURN_TO_CITY, _go(S.AT_PROVINCE, S.UNDER_REVIEW), ("G-06", "G-06"), province.return_to_city, PROVINCE),
    Row(A.ARCHIVE, _go(S.AT_PROVINCE, S.IN_FORCE), ("A-32", "B-18"), province.archive, PROVINCE,
        may=province.may_archive),
    Row(A.COMPLETE_RECORD, _stay(*FILED), ("A-02", "A-02"), completing.complete, LEADER, may=completing.may_complete),
    # The annual duty
    Row(A.FILE_ANNUAL_REPORT, {**_stay(S.IN_FORCE, S.REVOKED), **_either(PENDING, S.IN_FORCE)}, ("A-34",
        "B-19"), annual.file_annual_report, LEADER, may=annual.may_file, undoes=annual.undoes_miss_or_case,
        warns=annual.warn_of_report),
    Row(A.RETURN_ANNUAL_REPORT, _stay(*FILED), ("G-11b", "G-11b"), annual.return_annual_report, REVIEWER,
        may=annual.may_return),
    Row(A.ANSWER_ANNUAL_RETURN, {**_stay(S.IN_FORCE, S.REVOKED), **_either(PENDING, S.IN_FORCE)}, ("G-11b",
        "G-11b"), annual.answer_annual_return, LEADER, may=annual.may_answer, undoes=annual.undoes_miss),
    Row(A.REQUEST_EXTENSION, {**_stay(S.IN_FORCE, S.REVOKED), **_either(PENDING, S.IN_FORCE)}, ("G-14", "G-14"),
        annual.request_extension, LEADER, may=annual.may_request_extension, undoes=annual.undoes_miss,
        warns=annual.warn_no_grant),
    Row(A.RULE_ON_EXTENSION, {**_stay(S.IN_FORCE), **_either(PENDING, S.IN_FORCE)}, ("G-14", "G-14"),
        annual.rule_on_extension, REVIEWER, may=annual.may_rule_on_extension),
    Row(A.DISCOUNT_ANNUAL_REPORT, _stay(*FILED), ("G-11b", "G-11b"), annual.discount_annual_report, REVIEWER,
        may=annual.may_discount, two_people=_by_two),
    Row(A.EXCUSE_YEAR, {**_stay(S.IN_FORCE), **_either(PENDING, S.IN_FORCE)}, ("G-12", "G-12"),
        annual.excuse_year, STAFF, may=annual.may_excuse, two_people=_by_two),
    Row(A.URGE_REPORT, _stay(*FILED), ("G-13", "G-13"), urging.urge, STAFF, may=urging.may_urge),
    Row(A.MOVE_DEADLINE, {**_stay(S.IN_FORCE), **_either(PENDING, S.IN_FORCE)}, ("G-10", "G-10"),
        annual.move_deadline, PROVINCE, may=annual.may_move_deadline),
    # Changes, supervision, exit
    Row(A.REPORT_CHANGE, _stay(*FILED), ("G-24", "G-24"), standing.report_change, LEADER,
        may=standing.may_report_change, warns=standing.warn_late_change),
    Row(A.RULE_ON_CHANGE, _stay(S.IN_FORCE), ("G-24", "G-24"), standing.rule_on_change, REVIEWER,
        may=standing.may_rule_on_change),
    Row(A.TRANSFER, _stay(S.IN_FORCE), ("G-31", "G-31"), standing.transfer, STAFF, may=standing.may_transfer),
    Row(A.RECORD_INSPECTION, _stay(*FILED), ("A-33", "A-33"), standing.record_inspection, STAFF |
        {Role.CITY_IIT, Role.PROVINCE_IIT}, kinds=(Kind.A,), may=standing.may_record_inspection),
    Row(A.RECORD_INSPECTION, _stay(*FILED), ("A-33", "A-33"), standing.record_inspection, STAFF |
        {Role.PROVINCE_IIT}, kinds=(Kind.B,), may=standing.may_record_inspection),
    Row(A.RECORD_EVALUATION, _stay(*FILED), ("A-44", "B-20"), standing.record_evaluation, STAFF | {Role.EVALUATOR},
        may=standing.may_record_evaluation),
    Row(A.TAG, _stay(*FILED), ("A-49", "A-49"), standing.tag, STAFF, may=standing.may_tag),
    Row(A.DEREGISTER, _go((*FILED, S.REVOKED), S.DEREGISTERED), ("G-25", "G-25"), standing.deregister, LEADER,
        may=standing.may_deregister, undoes=standing.undoes_what_came_since),
    Row(A.RECORD_CONTINUATION, _go((*FILED, S.REVOKED), S.CONTINUED), ("B-05", "B-05"), standing.record_continuation,
        PROVINCE | {Role.PLATFORM}, kinds=(Kind.B,), may=standing.may_record_continuation,
        undoes=standing.undoes_what_came_since),
    # Revocation
    Row(A.PROPOSE_REVOCATION, _go(S.IN_FORCE, S.REVOCATION_PENDING), ("A-36", "A-36"),
        revocation.propose_revocation, STAFF, may=revocation.may_propose, warns=revocation.warn_without_evidence),
    Row(A.APPROVE_REVOCATION, _go(PENDING, S.REVOKED), ("A-36", "A-36"), revocation.approve_revocation,
        REVIEWER, may=revocation.may_approve),
    Row(A.DROP_REVOCATION, _go(PENDING, S.IN_FORCE), ("G-16", "G-16"), revocation.drop_revocation, REVIEWER,
        may=revocation.may_drop),
    Row(A.RECORD_SERVICE, _stay(*SERVED), ("G-18", "G-18"), service.record_service, REVIEWER,
        may=service.may_record_service),
    Row(A.STATE_DEFENCE, _stay(*PENDING, S.REVOKED), ("G-17", "G-17"), revocation.state_defence, LEADER,
        may=revocation.may_state_defence, undoes=revocation.undoes_statement_end),
    Row(A.RULE_ON_DEFENCE, _either(PENDING, S.IN_FORCE), ("G-17", "G-17"), revocation.rule_on_defence, REVIEWER,
        may=revocation.may_rule_on_defence),
    Row(A.CONFIRM_NO_STATEMENT, _stay(*PENDING), ("G-17", "G-17"), revocation.confirm_no_statement, REVIEWER,
        may=revocation.may_confirm_no_statement),
    Row(A.HOLD, _stay(*PENDING, S.REVOKED), ("G-16", "G-16"), revocation.hold, STAFF | {Role.PLATFORM},
        may=revocation.may_hold),
    Row(A.RELEASE, _stay(*PENDING, S.REVOKED), ("G-16", "G-16"), revocation.release, STAFF, may=revocation.may_release,
        two_people=revocation.takes_two),
    Row(A.RECORD_ANNOUNCEMENT, _stay(*ANNOUNCED), ("G-20", "G-20"),
        revocation.record_announcement, REVIEWER, may=revocation.may_record_announcement),
    Row(A.RESTORE, _go(S.REVOKED, S.IN_FORCE), ("G-23", "G-23"), standing.restore, REVIEWER, may=standing.may_restore),
    Row(A.RECORD_CHALLENGE, _stay(*OPEN, *ENDS), ("G-23", "G-23"), revocation.record_challenge, STAFF,
        may=revocation.may_record_challenge),
    Row(A.RECORD_CHALLENGE_OUTCOME, _stay(*OPEN, *ENDS), ("G-23", "G-23"), revocation.record_challenge_outcome, STAFF,
        may=revocation.may_record_challenge_outcome),
    # At any stage
    Row(A.ACKNOWLEDGE_SERVICE, _stay(*SERVED), ("G-18", "G-18"), service.acknowledge, LEADER | {Role.PLATFORM},
        may=service.may_acknowledge),
    Row(A.REPORT_UNDELIVERABLE, _stay(*OPEN, *ENDS), ("G-18", "G-18"), service.report_undeliverable,
        REVIEWER | {Role.PLATFORM, Role.OPERATOR}, may=service.may_report_undeliverable),
    Row(A.SETTLE_DELIVERY, _stay(*OPEN, *ENDS), ("G-18", "G-18"), service.settle_delivery, REVIEWER,
        may=service.may_settle),
    Row(A.DENY_LETTER, _stay(*agenda.SECONDED), ("G-42", "G-42"), letters.deny, REVIEWER, may=letters.may_deny,
        two_people=_by_two),
    Row(A.CLOSE_LETTER, _stay(*agenda.SECONDED), ("G-42", "G-42"), letters.close, REVIEWER, may=letters.may_close,
        two_people=_by_two),
    Row(A.CORRECT_CONTACT, _stay(*OPEN, S.REVOKED), ("G-18", "G-18"), service.correct_contact, LEADER |
        {Role.PLATFORM}),
    Row(A.CALENDAR_PUBLISHED, _stay(*OPEN, *ANNOUNCED), ("G-09", "G-09"), standing.calendar_published, WHOEVER_PUBLISHES,
        may=standing.may_publish_calendar),
    Row(A.TERMS_PUBLISHED, _stay(*FILED), ("G-44", "G-44"), standing.terms_published, WHOEVER_PUBLISHES,
        may=standing.may_publish_terms),
    # What time brings
    Row(L.DEEMED_ACCEPTED, _go(S.SUBMITTED, S.UNDER_REVIEW), ("G-05b", "G-05b"), review.deemed_accepted),
    Row(L.CORRECTION_LAPSED, _go(S.RETURNED, S.LAPSED), ("G-07", "G-07"), review.correction_lapsed),
    Row(L.CORRECTION_OVERDUE, _stay(S.RETURNED), ("G-07", "G-07"), agenda.chase),
    Row(L.IIT_OVERDUE, _stay(S.UNDER_REVIEW), ("G-05", "G-05"), agenda.chase, kinds=(Kind.A,)),
    Row(L.REVIEW_OVERDUE, _stay(S.UNDER_REVIEW, S.REVIEW_PASSED), ("G-05", "G-05"), agenda.chase),
    Row(L.RECOMMENDATION_OVERDUE, _stay(S.SUBMITTED, S.UNDER_REVIEW, S.RETURNED), ("B-03", "B-03"),
        agenda.chase, kinds=(Kind.B,)),
    Row(L.NOTICE_ENDED, _stay(S.ON_NOTICE), ("G-01", "G-01"), notice.notice_ended),
    Row(L.OBJECTION_OVERDUE, _stay(*REVIEWED, S.NOTICE_CLEARED, S.AT_PROVINCE, *FILED), ("G-04", "G-04"), agenda.chase),
    Row(L.NOTICE_CLEARED, _go(S.ON_NOTICE, S.AT_PROVINCE), ("A-31", "A-31"), notice.notice_cleared, kinds=(Kind.A,)),
    Row(L.NOTICE_CLEARED, _go(S.ON_NOTICE, S.NOTICE_CLEARED), ("B-17", "B-17"), notice.notice_cleared, kinds=(Kind.B,)),
    Row(L.FORWARDING_OVERDUE, _stay(S.NOTICE_CLEARED), ("B-17", "B-17"), agenda.chase, kinds=(Kind.B,)),
    Row(L.ARCHIVING_OVERDUE, _stay(S.AT_PROVINCE), ("G-06", "G-06"), agenda.chase),
    Row(L.EXTENSION_OVERDUE, _stay(*FILED), ("G-14", "G-14"), annual.extension_overdue),
    Row(L.ANNUAL_ANSWER_OVERDUE, _stay(*FILED), ("G-11b", "G-11b"), agenda.chase),
    Row(L.CHANGE_OVERDUE, _stay(S.IN_FORCE), ("G-24", "G-24"), agenda.chase),
    Row(L.CHANGE_NOTICE_ENDED, _stay(*FILED), ("G-24", "G-24"), standing.change_notice_ended),
    Row(L.CHANGE_NOTICE_CLEARED, _stay(S.IN_FORCE), ("G-24", "G-24"), standing.change_notice_cleared),
    Row(L.YEAR_CLOSED, {**_stay(S.IN_FORCE), **_either(PENDING, S.IN_FORCE)}, ("A-34", "B-19"), annual.year_closed),
    Row(L.YEAR_MISSED, _stay(*FILED), ("A-42", "A-42"), annual.year_missed),
    Row(L.SERVICE_FAILED, _stay(*SERVED), ("G-18", "G-18"), service.service_failed),
    Row(L.SERVICE_OVERDUE, _stay(*SERVED), ("G-18", "G-18"), agenda.chase),
    Row(L.DELIVERY_OVERDUE, _stay(*OPEN, *ENDS), ("G-18", "G-18"), agenda.chase),
    Row(L.DEFENCE_OVERDUE, _stay(*PENDING), ("G-17", "G-17"), agenda.chase),
    Row(L.STATEMENT_ENDED, _stay(*PENDING), ("G-17", "G-17"), revocation.statement_ended),
    Row(L.DECISION_OVERDUE, _stay(*PENDING), ("G-16", "G-16"), agenda.chase),
    Row(L.CALENDAR_OVERDUE, _stay(*PENDING), ("G-09", "G-09"), agenda.chase),
    Row(L.REVOKED, _go(PENDING, S.REVOKED), ("A-42", "A-42"), revocation.revoked),
    Row(L.REVOCATION_OPENED, _go(S.IN_FORCE, S.REVOCATION_PENDING), ("A-42", "A-42"), revocation.revocation_opened),
    Row(L.RESTORATION_DUE, _stay(S.REVOKED), ("G-23", "G-23"), agenda.chase),
    Row(L.ANNOUNCEMENT_OVERDUE, _stay(*ANNOUNCED), ("G-20", "G-20"), agenda.chase),
    Row(L.HOLD_OVERDUE, _stay(*PENDING, S.REVOKED), ("G-16", "G-16"), agenda.chase),
    Row(L.HANDING_OVERDUE, _stay(*agenda.HANDED_OVER_FROM), ("G-31", "G-31"), agenda.chase),
    Row(L.SECOND_OVERDUE, _stay(*agenda.SECONDED), ("G-42", "G-42"), agenda.second_overdue),
    Row(L.ENDING_OVERDUE, _stay(S.IN_FORCE), ("G-24", "G-24"), agenda.chase),
    Row(L.CHALLENGE_OVERDUE, _stay(*OPEN, *ENDS), ("G-23", "G-23"), agenda.chase),
    Row(L.REMINDER, _stay(S.UNDER_REVIEW, S.ON_NOTICE, *FILED), ("G-13", "G-13"), _reminder),
)
# fmt: on

ROWS: Mapping[tuple[str, Stage, Kind], Row] = {
    (row.event.value, stage, kind): row
    for row in TABLE
    for stage in row.moves
    for kind in row.kinds
    if stage not in NOT_OF[kind]
}
"""Every allowed cell of the table."""

DIFFERENT_PEOPLE: ByKind[Mapping[ActKind, tuple[ActKind, ...]]] = ByKind(
    a={
        A.CONFIRM: (A.ACCEPT,),
        A.APPROVE_REVOCATION: (A.PROPOSE_REVOCATION,),
    },
    b={
        A.CONFIRM: (A.RECOMMEND,),
        A.ARCHIVE: (A.RECORD_PARTY_GROUP,),
        A.APPROVE_REVOCATION: (A.PROPOSE_REVOCATION,),
    },
)
"""Who acts here must be another person than who did those (G-42, Q5)."""

SIGNED = frozenset({A.ACCEPT, A.GIVE_IIT_OPINION, A.RECOMMEND, A.RECORD_PARTY_GROUP, A.PROPOSE_REVOCATION})
"""Acts whose person a filing remembers, because another must follow."""


def check(filing: Filing, act: Act, when: Moment) -> Refusal | None:
    """Why an act may not be done to a filing as it stands; None if it may."""
    row = ROWS.get((act.kind, filing.stage, filing.kind))
    if not when.sensible:
        return _refusal(filing, act, Lack(missing="收到时间晚于系统时间"))
    if when.at < filing.submitted_at and (act.came is None or when.day < day_of(filing.submitted_at)):
        return _refusal(filing, act, Lack(missing="收到时间早于备案申请的提交时间"))
    if when.day.year >= calendar.LAST_YEAR:
        return _refusal(filing, act, Lack(missing=f"本版本只能计算至{calendar.LAST_YEAR}年的期限，须先升级"))
    if row is None:
        return _refusal(filing, act, _out_of_stage(filing.kind, filing.stage, act.kind))
    lack = _not_entitled(filing, act, row) or on_paper.lack(filing, act, when) or _same_person(filing, act, row, when)
    lack = lack or review.being_handed_over(filing, act, when) or days.out_of_bounds(filing, act, when)
    if lack is None and day_of(when.stamped_at) >= service.STRICTER_SINCE:
        lack = _left_out(act) or _twice(act)
    if lack is None and row.may:
        lack = row.may(filing, act, when)
    lack = lack or _letters_first(filing, act, when)
    return _refusal(filing, act, lack) if lack else None


def unknown_edition(filing: Filing, act: Act, name: str) -> Refusal:
    """The refusal of an edition that this release does not have."""
    return _refusal(filing, act, Lack(missing=f"没有名为 {name} 的版本"))


def apply(filing: Filing, event: Event, when: Moment) -> Filing:
    """The filing after an event that may be. The number of its entry is the filing's new number."""
    filing = _counted(filing)
    if isinstance(event, (Submit, Unreadable)):
        return filing
    after = agenda.followed_up(_applied(filing, event, when), filing, when)
    if after.kept:
        after = transition.settled(after)
    if after.proposed.keys() | after.letters.keys() <= after.proposals.keys():
        return after
    return after.but(
        proposed={key: each for key, each in after.proposed.items() if key in after.proposals},
        letters={key: each for key, each in after.letters.items() if key in after.proposals},
    )


def _applied(filing: Filing, event: Act | Lapse, when: Moment) -> Filing:
    row = ROWS[(event.kind, filing.stage, filing.kind)]
    if isinstance(event, Lapse):
        return row.does(filing, event, when)
    if row.two_people(filing, event, when) or event.on_behalf_of:
        key = _proposal(event)
        if key not in filing.proposals or _says_otherwise(filing, event):
            return _propose(filing, event, when)
        filing = filing.but(proposals={each: by for each, by in filing.proposals.items() if each != key})
        filing = letters.answered(filing, event.seconds or "", when) if event.on_behalf_of else filing
    if event.kind in SIGNED:
        filing = filing.but(signed={**filing.signed, event.kind.value: event.by.person})
    return row.does(letters.received(filing, event), event, when)


def _propose(filing: Filing, act: Act, when: Moment) -> Filing:
    """The filing with the first half of an act, and with what it says. What was entered for somebody the register compares; of that
    the filing holds what it is about."""
    key = _proposal(act)
    filing = filing.but(proposals={**filing.proposals, key: act.by.person})
    if filing.chased_since is None or day_of(when.stamped_at) < service.STRICTER_SINCE:
        return filing
    if act.on_behalf_of:
        version = filing.version if act.kind is A.RESUBMIT else None
        letter = Letter(number=filing.number, at=when.at, year=getattr(act, "year", None), version=version)
        return filing.but(letters={**filing.letters, key: letter})
    return filing.but(proposed={**filing.proposed, key: Proposed(number=filing.number, said=identity.content(act))})


PROPOSED = "提出{}（须待另一人决定，尚未生效）"
"""How an entry is called that is the first half of an act, by the name of the act."""


def is_proposed(entry: Entry) -> bool:
    """Whether an entry is the first half of what two officers do: it has no effect until another does the same (G-42)."""
    return entry.refused is None and is_open_half(entry.filing, entry)


def is_open_half(now: Filing, entry: Entry) -> bool:
    """Whether what an entry proposed still waits for another person, by the filing as it stands now."""
    event = entry.event
    return not isinstance(event, Submit | Lapse | Unreadable | Withheld) and is_half(now, event)


def is_half(after: Filing, act: Act) -> bool:
    """Whether an act is only half done, by the filing after it."""
    return act.kind in agenda.BY_TWO_OFFICERS and _proposal(act) in after.proposals


def begin(event: Submit, when: Moment) -> Filing:
    """The filing that a submission begins; one archived before this system begins in force (A-02)."""
    filing = review.submit(event, when)
    return province.imported(filing, event, when) if event.archived_on else filing


def refused(filing: Filing, act: Act | Unreadable) -> Filing:
    """The filing after a refused signal: one entry more, no legal fact changed; the id is used up (Q21)."""
    return _counted(filing)


def _counted(filing: Filing) -> Filing:
    """The filing one entry on. Which act has which entry is the register's to know; filings of 0.1 to 0.3 carried it."""
    return filing.but(number=filing.number + 1, answers={}, answers_before={})


def undone_by(filing: Filing, act: Act, when: Moment) -> int | None:
    """The entry of the lapse that an act received before it undoes (Instants 4)."""
    row = ROWS.get((act.kind, filing.stage, filing.kind))
    return row.undoes(filing, act, when) if row and row.undoes and not act.awaits_second else None


def warnings(filing: Filing, act: Act, when: Moment) -> tuple[str, ...]:
    """What is taken all the same, but said."""
    row = ROWS.get((act.kind, filing.stage, filing.kind))
    warned = (row.warns(filing, act, when) if row and row.warns else None, days.doubtful(filing, act, when))
    return tuple(warning for warning in warned if warning)


def ground_of(filing: Filing, event: Event | None = None) -> Ground | None:
    """The ground of the case that an event opens, or in which it happens; filings from before 0.4.0 did not cite it."""
    if filing.chased_since is None:
        return None
    if isinstance(event, ProposeRevocation):
        return event.ground
    return filing.case.ground if filing.case else None


def article_of(event: Event, filing: Filing) -> str:
    """The article behind an event on a filing as it stood before, as quoted to people."""
    kind = filing.kind
    if isinstance(event, Lapse):
        if event.kind is L.REMINDER:
            return cite(REMINDERS[event.of or ""][0])
    elif isinstance(event, Submit):
        imported = event.archived_on is not None
        return cite("A-02" if imported else ByKind(a="A-27", b="B-16")[kind])
    elif isinstance(event, Unreadable):
        return ""
    row = ROWS.get((event.kind, filing.stage, kind)) or next(row for row in TABLE if row.event == event.kind)
    return row.article(kind, ground_of(filing, event))


def is_over(filing: Filing) -> bool:
    """Whether the workflow may close: an end stage, and time brings nothing any more (Q18)."""
    return filing.stage in ENDS and agenda.next_lapse(filing) is None


def awaited(filing: Filing) -> str | None:
    """The office that everybody waits for: its key, or the leader's code; None while only time is awaited."""
    reviewer = filing.zone or filing.jurisdiction
    if filing.transfer and filing.stage in (*review.MOVABLE, S.IN_FORCE):
        return offices.reviewer(filing.transfer.jurisdiction, filing.transfer.zone)[1]
    if filing.stage in (S.SUBMITTED, S.UNDER_REVIEW, S.REVIEW_PASSED, S.NOTICE_CLEARED):
        return reviewer
    if filing.stage is S.RETURNED:
        return reviewer if service.is_awaited(filing) or _awaits_answers(filing) else filing.leader
    if filing.stage is S.ON_NOTICE:
        waits = filing.open_objections or (filing.notice and filing.notice.ended) or agenda.unanswered(filing)
        return reviewer if waits else None
    if filing.stage is S.AT_PROVINCE:
        return reviewer if filing.open_objections else offices.PROVINCE
    if filing.stage is S.REVOCATION_PENDING:
        case = filing.case
        staff = case and (case.served_on is None or case.held or case.defence == "open" or "decision" in filing.periods)
        waits = agenda.awaits_extension(filing) or agenda.awaits_calendar(filing) or _awaits_answers(filing)
        return reviewer if staff or waits else filing.leader
    if filing.stage is S.IN_FORCE:
        years = filing.years[-2:]
        if filing.change or any(year.extension for year in years):
            return reviewer
        if returned := [annual.awaited_for(filing, year) for year in years if year.returned]:
            return filing.leader if filing.leader in returned else reviewer
        if filing.chased_since and any(name.startswith(("ending", "second:")) for name in agenda.waits(filing)):
            return reviewer
        return filing.leader if any(not year.closed and year.status == "open" for year in filing.years) else None
    return reviewer if agenda.next_lapse(filing) else None


def _awaits_answers(filing: Filing) -> bool:
    """Whether a leader's letter waits for two people, or the leader to be told of their no (G-42)."""
    return bool(agenda.unanswered(filing) or agenda.untold_denials(filing))


def awaits_iit(filing: Filing) -> bool:
    """Whether the city's 工信 department is awaited beside the reviewer: for its opinion on a version or a new leader."""
    if (A.GIVE_IIT_OPINION.value, S.UNDER_REVIEW, filing.kind) not in ROWS or review.iit_takes_part(filing):
        return False
    if filing.stage is S.UNDER_REVIEW:
        return filing.review is not None and filing.review.iit_positive is None
    change = filing.change if filing.stage is S.IN_FORCE else None
    return bool(change and change.change == "leader" and change.notice is None and change.iit_positive is None)


def _refusal(filing: Filing, act: Act, lack: Lack) -> Refusal:
    told = Refusal(
        message=f"不能“{act.kind.label}”：{lack.missing}",
        article=article_of(act, filing),
        missing=lack.missing,
        supplied_by=lack.supplied_by,
        instead=lack.instead,
    )
    return told.but(message=told.message + told.way_on)


AFTER_ARCHIVING: Mapping[ActKind, ActKind] = {A.WITHDRAW: A.DEREGISTER}
"""What a leader does once the filing is archived, where it cannot do this any more (A-26, G-25)."""


@cache
def _out_of_stage(of: Kind, stage: Stage, act: ActKind) -> Lack:
    """Which stage an act belongs to, and the next act on the shortest way there."""
    stages = [there for event, there, kind in ROWS if event == act.value and kind is of]
    if not stages:
        return Lack(missing=f"该行为不适用于{of.label}")
    names = "、".join(f"“{there.label}”" for there in dict.fromkeys(stages))
    missing = f"备案处于“{stage.label}”，该行为只在{names}阶段可为"
    instead = AFTER_ARCHIVING.get(act) if stage in FILED else None
    return Lack(missing=missing, supplied_by=_first_step(of, stage, frozenset(stages)), instead=instead)


REFUSED = frozenset({S.NOT_CONFIRMED})
"""Where nothing is done that leads on, nor is sought: only what came before the refusal counts there (Instants 4)."""

COURSE = {stage: number for number, stage in enumerate(Stage)}
"""How far along its course a filing is at each stage."""

NOT_SOUGHT = frozenset({
    A.WITHDRAW, A.REFUSE, A.DEREGISTER, A.RECORD_CONTINUATION, A.RETURN_FOR_CORRECTION, A.RULE_ON_OBJECTION,
    A.PROPOSE_REVOCATION, A.APPROVE_REVOCATION, L.CORRECTION_LAPSED, L.REVOCATION_OPENED, L.REVOKED,
})  # fmt: skip
"""What harms a leader, or ends a filing: nobody is advised to do it, or to wait for it, for the sake of something else."""

BACK = (A.RETURN_TO_CITY, A.RESTORE)
"""The acts that are done in order to take a filing back to an earlier stage; others may do so, but are not done for it."""


def _first_step(of: Kind, start: Stage, to: Stages) -> ActKind | None:
    """The first act on the shortest way through the table from a stage to one of these: onwards, or straight back."""
    if start in REFUSED:
        return None
    seen, queue = {start}, deque[tuple[Stage, ActKind | LapseKind | None]]([(start, None)])
    while queue:
        stage, first = queue.popleft()
        for row in TABLE:
            if of not in row.kinds or row.event in NOT_SOUGHT:
                continue
            for reached in row.moves.get(stage, frozenset()) - seen - REFUSED:
                onwards = COURSE[reached] > COURSE[stage] or row.event is A.RESUBMIT
                straight_back = stage is start and row.event in BACK and reached in to
                if not (onwards or straight_back):
                    continue
                step = first or row.event
                if reached in to:
                    return step if isinstance(step, ActKind) else None
                seen.add(reached)
                queue.append((reached, step))
    return None


def _not_entitled(filing: Filing, act: Act, row: Row) -> Lack | None:
    by = row.by if act.on_behalf_of is None else REVIEWER  # what came on paper is entered by the reviewing office
    if act.by.role not in by:
        entitled = "、".join(role.label for role in Role if role in by)
        return Lack(missing=f"该行为须由{entitled}为之，{act.by.role.label}无权")
    expected = offices.acting(filing, act)
    if expected is not None and (act.by.role, act.by.office) not in expected:
        names = "、".join(_named(role, office) for role, office in expected)
        return Lack(missing=f"本备案由{names}办理，{_named(act.by.role, act.by.office)}无权")
    return None


def _named(role: Role, office: str) -> str:
    """Whose post it is; a leader, and an office that is none of ours, by its code."""
    name = offices.title(role, office)
    return f"{role.label}（{office}）" if name == office else name


def _left_out(act: Act) -> Lack | None:
    """What an act of its kind must bring."""
    names = "、".join(LABELS[name].partition("（")[0] for name in left_out(act))
    return Lack(missing=f"未写明{names}") if names else None


def _twice(act: Act) -> Lack | None:
    """Of two lines on one thing nobody could say which counts."""
    lists = {LABELS[at.split("/")[1]] for at, _ in repeated(act)}
    return Lack(missing=f"{'、'.join(sorted(lists))}中有{TWICE}") if lists else None


COMPLETING = (A.CONFIRM_NOTICE_CLEAR, A.FORWARD, A.ARCHIVE, A.CONFIRM_NO_STATEMENT, A.APPROVE_REVOCATION)
"""Acts that bring about what a letter might prevent."""

DECIDING = {
    A.CONFIRM_NO_STATEMENT: L.REVOKED,
    A.APPROVE_REVOCATION: L.REVOKED,
    A.REFUSE: L.CORRECTION_LAPSED,
    A.RULE_ON_OBJECTION: L.CORRECTION_LAPSED,
    A.RECORD_PARTY_GROUP: L.CORRECTION_LAPSED,
}
"""Acts that end a filing against its leader, and whose letters they wait for, until those are answered, yes or no (`agenda.AGAINST`)."""


def _ends_at_once(filing: Filing, act: Act) -> bool:
    """Whether an act ends a filing against its leader in the same instant: not on the day on which a letter was answered, which stays
    open to who wrote it. An objection to a change in force ends none."""
    return act.kind is not A.CONFIRM_NO_STATEMENT and _end_by(act) is not None and filing.stage is not S.IN_FORCE


def _letters_first(filing: Filing, act: Act, when: Moment) -> Lack | None:
    """A letter that was entered for somebody is confirmed first, while it protects its sender."""
    settled = filing.settled_from if day_of(when.stamped_at) >= service.STRICTER_SINCE else None
    if settled and _ends_at_once(filing, act) and when.stamped_at < settled:
        return Lack(missing="代为登记的来文当日方经两人核对，自次日起方可作出决定")
    ends = None if act.kind is A.CONFIRM_NO_STATEMENT else _end_by(act)
    if ends and (lack := service.still_to_prove(filing, ends, when.stamped_at, "此前不作出决定")):
        return lack
    waiting = agenda.letters_waiting(filing)
    against = _decided_against(filing, act, when) or _discounted_over(filing, act, when)
    if not against:
        until = agenda.protected_until(filing)
        if act.kind not in COMPLETING or not waiting or until is None or when.stamped_at >= until:
            return None
    what = "、".join(agenda.kinds_of(against or waiting))
    return Lack(missing=f"代为登记的来文（{what}）尚待登记人以外的人核对")


def _decided_against(filing: Filing, act: Act, when: Moment) -> list[str]:
    """The letters of the leader that an act would pass over which ends the filing against it, and those that archiving would; not those
    that nothing can come of where it stands."""
    if act.kind is A.ARCHIVE:
        return _archived_over(filing, when)
    holding = agenda.holding(filing, lapse, when.stamped_at) if (lapse := _end_by(act)) else []
    return [name for name in holding if (name.partition(":")[0], filing.stage, filing.kind) in ROWS]


def _archived_over(filing: Filing, when: Moment) -> list[str]:
    """What is archived cannot be withdrawn any more, nor objected to: a withdrawal on paper, and an objection that came before the notice
    was cleared, are answered before (A-26, A-31, G-41, G-42); from `STRICTER_SINCE` on."""
    if day_of(when.stamped_at) < service.STRICTER_SINCE:
        return []
    cleared = filing.notice.cleared if filing.notice else None
    withdrawn = [name for name in agenda.unanswered(filing, when.stamped_at) if agenda.kind_of(name) is A.WITHDRAW]
    return withdrawn + (agenda.objected_on_paper(filing, when.stamped_at, before=cleared.at) if cleared else [])


def _discounted_over(filing: Filing, act: Act, when: Moment) -> list[str]:
    """The answers on paper that a discount of their year's report would pass over: those that came in time, and of late ones those that
    came before the first of two people proposed it (G-11b, Q13, G-42); from `STRICTER_SINCE` on."""
    if not isinstance(act, DiscountAnnualReport) or day_of(when.stamped_at) < service.STRICTER_SINCE:
        return []
    period = filing.periods.get(f"answer:{act.year}")
    late_ones_count = _proposal(act) not in filing.proposals
    return [
        name
        for name in agenda.unanswered(filing, when.stamped_at)
        if agenda.kind_of(name) is A.ANSWER_ANNUAL_RETURN
        and (letter := filing.letters.get(name))
        and letter.year == act.year
        and (late_ones_count or (period and letter.at < period.until))
    ]


def _end_by(act: Act) -> LapseKind | None:
    """What an act does that ends a filing against its leader, as time would do it by itself."""
    if isinstance(act, RuleOnObjection) and act.outcome != "not_confirmed":
        return None
    if isinstance(act, RecordPartyGroup) and act.decision != "rejected":
        return None
    return DECIDING.get(act.kind)


def _same_person(filing: Filing, act: Act, row: Row, when: Moment) -> Lack | None:
    """Who must be another person than whom (G-42, Q5)."""
    earlier = DIFFERENT_PEOPLE[filing.kind].get(act.kind, ())
    if A.ACCEPT in earlier and A.ACCEPT not in filing.signed:  # deemed accepted
        earlier = (A.GIVE_IIT_OPINION,)
    for kind in earlier:
        if filing.signed.get(kind) == act.by.person:
            return Lack(missing=f"“{kind.label}”与“{act.kind.label}”须由不同的人为之")
    if not filing.proposals or filing.proposals.get(_proposal(act)) != act.by.person:
        return None
    if act.on_behalf_of:
        return Lack(missing="代为登记的来文须由登记人以外的人核对")
    if row.two_people(filing, act, when) and not _says_otherwise(filing, act):
        return Lack(missing=f"“{act.kind.label}”须由两人为之，您已办理，待另一人办理")
    return None


def _says_otherwise(filing: Filing, act: Act) -> bool:
    """Whether what the first of two people did says something else."""
    first = filing.proposed.get(_proposal(act))
    return first is not None and first.said != identity.content(act)


def _proposal(act: Act) -> str:
    """Under which name a filing holds what one of two people did: the kind of act, and what it is about."""
    if act.on_behalf_of:
        return on_paper.name_of(act)
    about = getattr(act, "year", None) or getattr(act, "objection", None) or getattr(act, "letter", None)
    return f"{act.kind.value}:{about}" if about else act.kind.value
