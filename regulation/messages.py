"""Who must be told what after which event (docs/messages.md).

`told` says which texts an entry sends and to whom. Addressees are data/messages.toml, texts stand below data/texts/.
A text to a leader marked `service` is served by its inbox delivery (G-18).
"""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files

from models.acts import (
    FileAnnualReport,
    Lapse,
    Object,
    ReportChange,
    RuleOnObjection,
)
from models.filing import Entry, Filing
from models.values import Value
from models.vocabulary import ActKind, Ground, LapseKind, Role, Stage, YearStatus
from regulation import (
    agenda,
    annual,
    data,
    identity,
    lifecycle,
    notice,
    offices,
    on_paper,
    revocation,
    service,
    standing,
)
from regulation.agenda import number


@dataclass(frozen=True)
class Notification:
    """Who is told of an event; whether its delivery to the leader is a service (G-18); whether one letter a day tells all."""

    to: tuple[str, ...]
    service: bool = False
    bundle: bool = False


NOTIFICATIONS = {
    key: Notification(to=tuple(each["to"]), service=each.get("service", False), bundle=each.get("bundle", False))
    for key, each in tomllib.loads((files(data) / "messages.toml").read_text("utf-8")).items()
}


class Message(Value):
    """One text to one addressee: what it is, to whom, at which office."""

    text: str
    to: str
    office: str
    service: bool = False


def told(before: Filing | None, entry: Entry) -> list[Message]:
    """The messages that an entry sends. A refused act sends none: the door answers."""
    if entry.refused is not None:
        return []
    return [
        Message(text=key, to=to, office=_office(before, entry.filing, to), service=NOTIFICATIONS[key].service)
        for key in _keys(before, entry)
        for to in NOTIFICATIONS[key].to
        if to != "city_iit" or number(entry.filing, "review.iit_required")  # it has no part in kind B (B-14, A-29)
    ]


def _office(before: Filing | None, filing: Filing, to: str) -> str:
    if to == "leader":
        return filing.leader
    if to in ("province_st", "province_iit"):
        return offices.PROVINCE
    if to == "public":
        return to
    if to == "giving" and before:
        return before.zone or before.jurisdiction
    handed = filing.transfer or (before.transfer if before else None)
    if to == "taking" and handed:
        return handed.zone or handed.jurisdiction
    return filing.jurisdiction if to == "city_iit" else filing.zone or filing.jurisdiction


# Which texts an event sends


def _keys(before: Filing | None, entry: Entry) -> Iterator[str]:
    event, filing = entry.event, entry.filing
    if entry.awaits_second:
        yield from _of_first_half(entry)
        return
    yield from _of_paper(entry)
    if before is None:
        listed = ("to_be_completed",) if filing.incomplete else ()
        yield from ("imported", *listed) if filing.stage is Stage.IN_FORCE else ("submitted", "new_case")
    elif isinstance(event, Lapse):
        yield from _of_lapse(before, event, entry)
    elif event.kind in ALWAYS:
        yield from ALWAYS[event.kind]
    elif event.kind in DEPENDS:
        yield from DEPENDS[event.kind](before, entry)
    if before is not None:
        yield from _consequences(before, entry)


def _of_first_half(entry: Entry) -> Iterator[str]:
    """What was entered for somebody and is not confirmed: a colleague is asked to, and the sender told while it has no effect."""
    yield "letter_to_confirm"
    if getattr(entry.event, "on_behalf_of", None) is Role.LEADER:
        yield "letter_entered"


def _of_paper(entry: Entry) -> Iterator[str]:
    """What came on paper: its sender is told that it was entered, and superiors if it undoes what time had brought."""
    told = vars(entry.event)
    if told.get("came") is None:
        return
    if told.get("on_behalf_of") is Role.LEADER:
        yield "entered_for_leader"
    if entry.undoes:
        yield "paper_undoes"


ALWAYS: Mapping[str, tuple[str, ...]] = {
    ActKind.ACCEPT: ("accepted",),
    ActKind.GIVE_IIT_OPINION: ("iit_opinion_given",),
    ActKind.EXTEND_REVIEW: ("review_extended",),
    ActKind.RECOMMEND: ("recommended",),
    ActKind.COMPLETE_RECORD: ("record_completed",),
    ActKind.WITHDRAW: ("withdrawn",),
    ActKind.FORWARD: ("at_province",),
    ActKind.RETURN_TO_CITY: ("returned_to_city",),
    ActKind.ARCHIVE: ("archived",),
    ActKind.RETURN_ANNUAL_REPORT: ("report_returned",),
    ActKind.RULE_ON_EXTENSION: ("extension_ruled",),
    ActKind.DEREGISTER: ("deregistered",),
    ActKind.RECORD_CONTINUATION: ("continued",),
    ActKind.RULE_ON_DEFENCE: ("defence_ruled",),
    ActKind.CONFIRM_NO_STATEMENT: ("no_statement",),
    ActKind.RECORD_ANNOUNCEMENT: ("announced",),
    ActKind.RESTORE: ("restored",),
    ActKind.RECORD_CHALLENGE: ("challenge_recorded",),
    ActKind.RECORD_CHALLENGE_OUTCOME: ("challenge_decided",),
}
"""Acts that always send the same."""


def _of_return(before: Filing, entry: Entry) -> Iterator[str]:
    yield "returned"
    if entry.filing.review and (entry.filing.review.returns or 0) >= number(before, "correction.escalate_after"):
        yield "returned_often"


def _of_resubmission(before: Filing, entry: Entry) -> Iterator[str]:
    yield from ("resubmitted", "new_version")
    if entry.undoes:
        yield "late_correction_taken"


def _of_confirmation(before: Filing, entry: Entry) -> Iterator[str]:
    resumed = notice.stands(before) and before.stage is not Stage.ON_NOTICE
    yield from ("notice_resumed",) if resumed else ("confirmed", "notice_published")


def _of_objection(before: Filing, entry: Entry) -> Iterator[str]:
    event, filing = entry.event, entry.filing
    if not isinstance(event, Object):
        return
    shown = filing.notice or (filing.change.notice if filing.change else None)
    told = filing.told and filing.told == before.told  # one that came before on the same day spoke for this one
    if filing.open_objections > before.open_objections:
        by_post = filing.stage in (Stage.NOTICE_CLEARED, Stage.AT_PROVINCE)
        to_leader = "change_objection_told_leader" if filing.change else "objection_told_leader"
        yield from () if told else ("objection_by_post",) if by_post else ("objection_filed", to_leader)
        if entry.undoes:
            yield "objection_undoes_clearing"
    elif standing.came_in_time(filing, event, entry.at):
        yield "objection_after_change"
    elif not told:
        yield "objection_not_admitted" if shown else "objection_after_archive"


def _of_admissibility(before: Filing, entry: Entry) -> Iterator[str]:
    if before.stage in (Stage.NOTICE_CLEARED, Stage.AT_PROVINCE) and entry.stage is Stage.ON_NOTICE:
        yield "objection_admitted_late"


def _of_objection_ruling(before: Filing, entry: Entry) -> Iterator[str]:
    if lifecycle.is_proposed(entry):
        yield "refusal_proposed"
        return
    yield "objection_ruled"
    if entry.stage is Stage.RETURNED and isinstance(entry.event, RuleOnObjection) and entry.event.outcome == "returned":
        yield "returned"


def _of_two(proposed: str, done: str) -> Callable[[Filing, Entry], Iterator[str]]:
    """An act of two people: the first half tells those of whom another must do the same, the second whom it concerns."""

    def keys(before: Filing, entry: Entry) -> Iterator[str]:
        yield proposed if lifecycle.is_proposed(entry) else done

    return keys


def _of_letter(proposed: str, told: str) -> Callable[[Filing, Entry], Iterator[str]]:
    """What two people say of a letter: if it was entered for the leader, the leader is told; who objected is no addressee of the
    service."""

    def keys(before: Filing, entry: Entry) -> Iterator[str]:
        if lifecycle.is_proposed(entry):
            yield proposed
            return
        name = agenda.letter_of(before, getattr(entry.event, "letter", "")) or ""
        if on_paper.ON_PAPER[agenda.kind_of(name)].sender is Role.LEADER:
            yield told
        yield f"{told}_copy"
        if entry.number in service.unsettled(entry.filing):
            yield "decision_service_needed"

    return keys


def _of_report(before: Filing, entry: Entry) -> Iterator[str]:
    year = before.year(entry.event.year) if isinstance(entry.event, FileAnnualReport) else None
    another = year is not None and year.status in annual.COUNTS
    yield "miss_undone" if entry.undoes else "report_replaced" if another else "report_received"


def _of_answer(before: Filing, entry: Entry) -> Iterator[str]:
    yield "miss_undone" if entry.undoes else "return_answered"


def _of_defence(before: Filing, entry: Entry) -> Iterator[str]:
    case = entry.filing.case
    holds_nothing = case is not None and case.defence != "open"
    if _is_to_be_restored(entry.filing):  # what is to be done is told, and by when
        return
    if entry.stage is Stage.REVOKED:
        yield "defence_after_decision" if case and case.defence == "rejected" else "defence_received"
    else:
        yield "defence_noted" if holds_nothing else "defence_received"


def _of_urging(before: Filing, entry: Entry) -> Iterator[str]:
    year = entry.filing.year(getattr(entry.event, "year", 0))
    yield "report_urged_late" if year and year.status is YearStatus.MISSED else "report_urged"


def _of_extension_request(before: Filing, entry: Entry) -> Iterator[str]:
    year = entry.filing.year(getattr(entry.event, "year", 0))
    after_miss = bool(year and year.extension and year.extension.holds)
    if not _is_to_be_restored(entry.filing):  # what is to be done is told, and by when
        yield "extension_requested_after_miss" if after_miss else "extension_requested"
    if entry.undoes:
        yield "miss_undone"


def _of_move(before: Filing, entry: Entry) -> Iterator[str]:
    """What becomes of a request that was pending is said too (Q12); and why, where an outage of our own was the reason (G-29)."""
    year = entry.filing.year(getattr(entry.event, "year", 0))
    asked = "_while_asked" if year and year.extension else ""
    outage = "_after_outage" if identity.is_of_round(getattr(entry.event, "id", "")) else ""
    yield f"deadline_moved{asked}{outage}"


def _of_change(before: Filing, entry: Entry) -> Iterator[str]:
    event, filing = entry.event, entry.filing
    if not isinstance(event, ReportChange):
        return
    if event.change == "ended":
        yield "change_asks_for_case"
    else:
        yield "change_to_review" if filing.change and not before.change else "change_reported"
        if event.change == "leader" and number(filing, "review.iit_required"):
            yield "change_iit_opinion_requested"


def _of_change_ruling(before: Filing, entry: Entry) -> Iterator[str]:
    yield "change_ruled"
    if entry.filing.change and entry.filing.change.notice:
        yield "change_on_notice"


def _of_transfer(before: Filing, entry: Entry) -> Iterator[str]:
    filing = entry.filing
    if filing.transfer:
        yield "transfer_offered"
    elif (filing.jurisdiction, filing.zone) == (before.jurisdiction, before.zone):
        yield "transfer_taken_back"
    else:
        yield "transferred" if filing.stage is Stage.IN_FORCE else "handed_over"


def _of_hold(before: Filing, entry: Entry) -> Iterator[str]:
    """Of the proceedings, which two people let go on if too many would have completed on one day, or of a decision (G-23)."""
    pending = "stopped" if revocation.is_stopped(entry.filing) else "held"
    yield "stayed" if entry.stage is Stage.REVOKED else pending


def _of_release(before: Filing, entry: Entry) -> Iterator[str]:
    yield from _of_two("release_proposed", "stay_ended" if entry.stage is Stage.REVOKED else "released")(before, entry)


def _of_evaluation(before: Filing, entry: Entry) -> Iterator[str]:
    """The province is told of every evaluation (A-48), of those of a round at once by its report; two without any cooperation
    raise a hint (G-28)."""
    if not identity.is_of_round(getattr(entry.event, "id", "")):
        yield "evaluated"
    if (entry.filing.idle_evaluations or 0) >= 2 and entry.filing.idle_evaluations != before.idle_evaluations:
        yield "idle_hint"


def _of_calendar(before: Filing, entry: Entry) -> Iterator[str]:
    moved = {name for name, period in entry.filing.periods.items() if period.until != before.periods[name].until}
    if moved & {"notice", "change_notice"}:
        yield "corrected_notice"
    if moved:
        yield "dates_moved"


def _of_report_of_failure(before: Filing, entry: Entry) -> Iterator[str]:
    """Only where it gives staff a task that they did not have (G-18)."""
    if service.unsettled(entry.filing) - service.unsettled(before):
        yield "undeliverable"


DEPENDS: Mapping[str, Callable[[Filing, Entry], Iterator[str]]] = {
    ActKind.RETURN_FOR_CORRECTION: _of_return,
    ActKind.RESUBMIT: _of_resubmission,
    ActKind.CONFIRM: _of_confirmation,
    ActKind.REFUSE: _of_two("refusal_proposed", "not_confirmed"),
    ActKind.OBJECT: _of_objection,
    ActKind.RULE_ON_ADMISSIBILITY: _of_admissibility,
    ActKind.RULE_ON_OBJECTION: _of_objection_ruling,
    ActKind.FILE_ANNUAL_REPORT: _of_report,
    ActKind.ANSWER_ANNUAL_RETURN: _of_answer,
    ActKind.DISCOUNT_ANNUAL_REPORT: _of_two("discount_proposed", "discounted"),
    ActKind.REQUEST_EXTENSION: _of_extension_request,
    ActKind.URGE_REPORT: _of_urging,
    ActKind.MOVE_DEADLINE: _of_move,
    ActKind.STATE_DEFENCE: _of_defence,
    ActKind.EXCUSE_YEAR: _of_two("waiver_proposed", "year_excused"),
    ActKind.REPORT_CHANGE: _of_change,
    ActKind.RULE_ON_CHANGE: _of_change_ruling,
    ActKind.TRANSFER: _of_transfer,
    ActKind.RECORD_EVALUATION: _of_evaluation,
    ActKind.HOLD: _of_hold,
    ActKind.RELEASE: _of_release,
    ActKind.REPORT_UNDELIVERABLE: _of_report_of_failure,
    ActKind.CALENDAR_PUBLISHED: _of_calendar,
    ActKind.DENY_LETTER: _of_letter("letter_denial_proposed", "letter_denied"),
    ActKind.CLOSE_LETTER: _of_letter("letter_closing_proposed", "letter_closed"),
}
"""Acts whose messages depend on what they led to. Acts in neither table only stand in the docket."""


CHASES: Mapping[LapseKind, tuple[str, str]] = {
    LapseKind.REVIEW_OVERDUE: ("review_overdue", "review_overdue_again"),
    LapseKind.IIT_OVERDUE: ("iit_overdue", "iit_overdue_again"),
    LapseKind.RECOMMENDATION_OVERDUE: ("recommendation_overdue", "recommendation_overdue_again"),
    LapseKind.CORRECTION_OVERDUE: ("correction_overdue", "correction_overdue_again"),
    LapseKind.OBJECTION_OVERDUE: ("objection_overdue", "objection_overdue_again"),
    LapseKind.FORWARDING_OVERDUE: ("forwarding_overdue", "forwarding_overdue_again"),
    LapseKind.ARCHIVING_OVERDUE: ("archiving_overdue", "archiving_overdue_again"),
    LapseKind.EXTENSION_OVERDUE: ("extension_overdue", "extension_overdue_again"),
    LapseKind.ANNUAL_ANSWER_OVERDUE: ("answer_overdue", "answer_overdue_again"),
    LapseKind.CHANGE_OVERDUE: ("change_overdue", "change_overdue_again"),
    LapseKind.SERVICE_OVERDUE: ("service_overdue", "service_overdue_again"),
    LapseKind.DELIVERY_OVERDUE: ("delivery_overdue", "delivery_overdue_again"),
    LapseKind.DEFENCE_OVERDUE: ("defence_overdue", "defence_overdue_again"),
    LapseKind.DECISION_OVERDUE: ("decision_overdue", "decision_overdue_again"),
    LapseKind.CALENDAR_OVERDUE: ("calendar_overdue", "calendar_overdue_again"),
    LapseKind.ANNOUNCEMENT_OVERDUE: ("announcement_overdue", "announcement_overdue_again"),
    LapseKind.RESTORATION_DUE: ("restoration_due", "restoration_overdue"),
    LapseKind.HOLD_OVERDUE: ("hold_overdue", "still_overdue"),
    LapseKind.HANDING_OVERDUE: ("handing_overdue", "still_overdue"),
    LapseKind.SECOND_OVERDUE: ("second_overdue", "still_overdue"),
    LapseKind.ENDING_OVERDUE: ("ending_overdue", "still_overdue"),
    LapseKind.CHALLENGE_OVERDUE: ("challenge_overdue", "still_overdue"),
}
"""What a chase says when something is due, and 5 working days later to the superior (Q31)."""

STILL = "still_overdue"
"""What every chase says that comes again until somebody acts."""

LAPSES: Mapping[LapseKind, tuple[str, ...]] = {
    LapseKind.DEEMED_ACCEPTED: ("deemed_accepted",),
    LapseKind.CORRECTION_LAPSED: ("lapsed",),
    LapseKind.NOTICE_ENDED: ("notice_ended",),
    LapseKind.CHANGE_NOTICE_ENDED: ("change_notice_ended",),
    LapseKind.STATEMENT_ENDED: ("statement_ended",),
    LapseKind.SERVICE_FAILED: ("service_failed",),
}
"""Lapses that always send the same."""

REMINDERS = {
    "review": ("review_midway",),
    "notice": ("notice_ends_tomorrow",),
    "change_notice": ("change_notice_ends_tomorrow",),
}


def _of_lapse(before: Filing, lapse: Lapse, entry: Entry) -> Iterator[str]:
    filing = entry.filing
    if lapse.kind is LapseKind.SECOND_OVERDUE and lapse.of not in filing.proposals:
        yield "letter_given_up"
    elif lapse.kind is LapseKind.SECOND_OVERDUE and lapse.of in agenda.unanswered(before, entry.at):
        yield "letter_overdue" if lapse.level == 1 else "letter_overdue_again"
    elif lapse.kind in CHASES:
        text = (*CHASES[lapse.kind], STILL)[min(lapse.level or 1, agenda.CHASES + 1) - 1]
        yield "stop_overdue" if text == "hold_overdue" and revocation.is_stopped(filing) else text
    elif lapse.kind is LapseKind.REMINDER and agenda.overtaken(before, lapse, entry.entered_at):
        return
    elif lapse.kind is LapseKind.REMINDER and lapse.of == "annual":
        yield from _annual(filing, lapse.days or 0)
    elif lapse.kind is LapseKind.REMINDER:
        yield from REMINDERS[lapse.of or ""]
    elif lapse.kind is LapseKind.YEAR_MISSED:
        first = filing.missed_years < number(filing, "revocation.missed_years")
        yield from ("first_miss", "first_miss_copy") if first else ("second_miss",)
    else:
        yield from LAPSES.get(lapse.kind, ())


def _annual(filing: Filing, days: int) -> Iterator[str]:
    if days > 0:
        yield "annual_overdue"
        return
    yield "annual_reminder"
    if days >= number(filing, "annual.copy_to_city_from"):
        yield "annual_reminder_copy"


def _consequences(before: Filing, entry: Entry) -> Iterator[str]:
    """What follows from where the filing stands now, whichever event brought it there."""
    filing, event = entry.filing, entry.event
    moved = filing.stage is not before.stage
    if "iit" in filing.periods and "iit" not in before.periods:
        yield "iit_opinion_requested"
    if moved and filing.stage is Stage.NOT_CONFIRMED and event.kind != ActKind.REFUSE:
        yield "not_confirmed"
    if moved and filing.stage is Stage.NOTICE_CLEARED:
        yield "prepare_document"
    if moved and filing.stage is Stage.AT_PROVINCE and event.kind != ActKind.FORWARD:
        yield "at_province"
    ended = moved and before.stage is not Stage.NOT_CONFIRMED
    if before.notice and ended and filing.stage in (Stage.WITHDRAWN, Stage.LAPSED, Stage.NOT_CONFIRMED):
        yield "withdrawn_after_notice"
    if before.change and not filing.change and filing.substance != before.substance:
        yield "change_effective"
    if filing.leader != before.leader and not filing.consent:
        yield "consent_asked"
    yield from _of_case(before, entry)
    yield from _of_service(before, entry)
    if _is_to_be_restored(filing) and not _is_to_be_restored(before):
        yield from ("to_be_restored", "to_be_restored_leader")
    if moved and filing.stage is Stage.REVOKED:
        yield from ("revocation_decision", "revoked", "announce_revocation")
    if moved and filing.stage in (Stage.REVOKED, Stage.NOT_CONFIRMED) and filing.number in service.unsettled(filing):
        yield "decision_service_needed"


def _is_to_be_restored(filing: Filing) -> bool:
    """Whether people have days before them in which to restore a filing; earlier filings were only chased for it at once."""
    period = filing.periods.get("restoration")
    return period is not None and period.count is not None


def _of_case(before: Filing, entry: Entry) -> Iterator[str]:
    filing = entry.filing
    case, earlier = filing.case, before.case
    if case and not earlier:
        ground_6 = case.ground is Ground.TWO_YEARS_MISSED
        yield from ("revocation_notice" if ground_6 else "revocation_notice_other", "revocation_opened")
    elif case and earlier and _sent_anew(before, entry):
        yield "served_again"
    elif earlier and not case and filing.stage is not before.stage and entry.event.kind != ActKind.RESTORE:
        yield "case_ended"


def _of_service(before: Filing, entry: Entry) -> Iterator[str]:
    """What staff must serve, and where to, and what has been served since (G-18)."""
    filing, event = entry.filing, entry.event
    if service.is_awaited(filing):
        new = filing.notification != before.notification or filing.address != before.address
        if new and event.kind != LapseKind.SERVICE_FAILED:
            yield "service_needed"
    elif filing.stage is before.stage and (
        service.is_awaited(before) or event.kind == ActKind.RECORD_SERVICE or _sent_anew(before, entry)
    ):
        if filing.stage is Stage.RETURNED:
            yield "correction_served"
        elif event.kind != ActKind.CORRECT_CONTACT:
            yield "service_recorded"


def _sent_anew(before: Filing, entry: Entry) -> bool:
    """Whether a corrected address made the notice go there (Q26)."""
    return entry.event.kind == ActKind.CORRECT_CONTACT and entry.filing.notification != before.notification
