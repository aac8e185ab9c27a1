"""Who must be told what after which event (domain.md §4.3), and the texts they get.

`told` says which texts an entry sends, `render` fills one in. The texts, with their addressees, are data/texts.toml:
to change one, change it there. A text to a leader marked `service` is served by its inbox delivery (G-18).
"""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib.resources import files
from typing import Any

from models.acts import (
    Confirm,
    GiveIitOpinion,
    Lapse,
    Object,
    RecordAnnouncement,
    RecordEvaluation,
    ReportChange,
    ReturnForCorrection,
    RuleOnChange,
    RuleOnDefence,
    RuleOnExtension,
    RuleOnObjection,
)
from models.filing import Entry, Filing
from models.values import SHANGHAI, Value, day_of
from models.vocabulary import ActKind, Ground, LapseKind, Stage, YearStatus
from regulation import agenda, data, notice, offices
from regulation.agenda import number


@dataclass(frozen=True)
class Text:
    """One text: who gets it, whether its delivery is a service, its title and body."""

    to: tuple[str, ...]
    title: str
    body: str
    service: bool = False


TEXTS = {
    key: Text(to=tuple(text["to"]), title=text["title"], body=text["body"], service=text.get("service", False))
    for key, text in tomllib.loads((files(data) / "texts.toml").read_text("utf-8")).items()
}


class Message(Value):
    """One text to one addressee: what it is, to whom, at which office."""

    text: str
    to: str
    office: str
    service: bool = False


@dataclass(frozen=True)
class Names:
    """What a text needs and no filing holds: public names, and the days on which the leader was reminded."""

    alliance: str
    leader: str
    reminded_on: tuple[date, ...] = ()


def told(before: Filing | None, entry: Entry) -> list[Message]:
    """The messages that an entry sends. A refused act sends none: the door answers."""
    if entry.refused is not None:
        return []
    return [
        Message(text=key, to=to, office=_office(before, entry.filing, to), service=TEXTS[key].service)
        for key in _keys(before, entry)
        for to in TEXTS[key].to
    ]


def render(key: str, before: Filing | None, entry: Entry, names: Names) -> tuple[str, str]:
    """Title and body of a text, filled in."""
    facts = _Facts(before, entry, names)
    return TEXTS[key].title.format_map(facts), TEXTS[key].body.format_map(facts)


def _office(before: Filing | None, filing: Filing, to: str) -> str:
    if to == "leader":
        return filing.leader
    if to in ("province_st", "province_iit"):
        return offices.PROVINCE
    if to == "public":
        return to
    if to == "taking" and filing.transfer:
        return filing.transfer.zone or filing.transfer.jurisdiction
    return filing.jurisdiction if to == "city_iit" else filing.zone or filing.jurisdiction


# Which texts an event sends


def _keys(before: Filing | None, entry: Entry) -> Iterator[str]:
    event, filing = entry.event, entry.filing
    if before is None:
        yield from ("imported",) if filing.stage is Stage.IN_FORCE else ("submitted", "new_case")
    elif isinstance(event, Lapse):
        yield from _of_lapse(before, event, filing)
    elif event.kind in ALWAYS:
        yield from ALWAYS[event.kind]
    elif event.kind in DEPENDS:
        yield from DEPENDS[event.kind](before, entry)
    if before is not None:
        yield from _consequences(before, entry)


ALWAYS: Mapping[str, tuple[str, ...]] = {
    ActKind.ACCEPT: ("accepted",),
    ActKind.GIVE_IIT_OPINION: ("iit_opinion_given",),
    ActKind.EXTEND_REVIEW: ("review_extended",),
    ActKind.RECOMMEND: ("recommended",),
    ActKind.WITHDRAW: ("withdrawn",),
    ActKind.FORWARD: ("at_province",),
    ActKind.RETURN_TO_CITY: ("returned_to_city",),
    ActKind.ARCHIVE: ("archived",),
    ActKind.RETURN_ANNUAL_REPORT: ("report_returned",),
    ActKind.RULE_ON_EXTENSION: ("extension_ruled",),
    ActKind.MOVE_DEADLINE: ("deadline_moved",),
    ActKind.DEREGISTER: ("deregistered",),
    ActKind.RECORD_SERVICE: ("service_recorded",),
    ActKind.STATE_DEFENCE: ("defence_received",),
    ActKind.RULE_ON_DEFENCE: ("defence_ruled",),
    ActKind.CONFIRM_NO_STATEMENT: ("no_statement",),
    ActKind.HOLD: ("held",),
    ActKind.RELEASE: ("released",),
    ActKind.RECORD_ANNOUNCEMENT: ("announced",),
    ActKind.RESTORE: ("restored",),
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
    yield from ("notice_resumed",) if notice.stands(before) else ("confirmed", "notice_published")


def _of_objection(before: Filing, entry: Entry) -> Iterator[str]:
    event, filing = entry.event, entry.filing
    if not isinstance(event, Object):
        return
    shown = filing.notice or (filing.change.notice if filing.change else None)
    objection = next((each for each in shown.objections if each.id == event.id), None) if shown else None
    if objection is None:
        yield "objection_after_archive"
    elif not objection.open:
        yield "objection_not_admitted"
    else:
        yield from ("objection_filed", "objection_told_leader")
        if entry.undoes:
            yield "objection_undoes_clearing"


def _of_objection_ruling(before: Filing, entry: Entry) -> Iterator[str]:
    yield "objection_ruled"
    if entry.stage is Stage.RETURNED and isinstance(entry.event, RuleOnObjection) and entry.event.outcome == "returned":
        yield "returned"


def _of_two(proposed: str, done: str) -> Callable[[Filing, Entry], Iterator[str]]:
    """An act of two people: the first half tells the supervisor, the second whom it concerns."""

    def keys(before: Filing, entry: Entry) -> Iterator[str]:
        yield proposed if len(entry.filing.proposals) > len(before.proposals) else done

    return keys


def _of_report(before: Filing, entry: Entry) -> Iterator[str]:
    yield "miss_undone" if entry.undoes else "report_received"


def _of_answer(before: Filing, entry: Entry) -> Iterator[str]:
    yield "miss_undone" if entry.undoes else "return_answered"


def _of_extension_request(before: Filing, entry: Entry) -> Iterator[str]:
    yield "extension_requested"
    if entry.undoes:
        yield "miss_undone"


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
    yield "transfer_offered" if entry.filing.transfer else "transferred"


def _of_evaluation(before: Filing, entry: Entry) -> Iterator[str]:
    """The province is told of every evaluation (A-48); two without any cooperation raise a hint (G-28)."""
    yield "evaluated"
    if (entry.filing.idle_evaluations or 0) >= 2 and entry.filing.idle_evaluations != before.idle_evaluations:
        yield "idle_hint"


def _of_calendar(before: Filing, entry: Entry) -> Iterator[str]:
    moved = {name for name, term in entry.filing.clocks.items() if term.until != before.clocks[name].until}
    if moved & {"notice", "change_notice"}:
        yield "corrected_notice"
    if moved:
        yield "dates_moved"


DEPENDS: Mapping[str, Callable[[Filing, Entry], Iterator[str]]] = {
    ActKind.RETURN_FOR_CORRECTION: _of_return,
    ActKind.RESUBMIT: _of_resubmission,
    ActKind.CONFIRM: _of_confirmation,
    ActKind.REFUSE: _of_two("refusal_proposed", "not_confirmed"),
    ActKind.OBJECT: _of_objection,
    ActKind.RULE_ON_OBJECTION: _of_objection_ruling,
    ActKind.FILE_ANNUAL_REPORT: _of_report,
    ActKind.ANSWER_ANNUAL_RETURN: _of_answer,
    ActKind.DISCOUNT_ANNUAL_REPORT: _of_two("discount_proposed", "discounted"),
    ActKind.REQUEST_EXTENSION: _of_extension_request,
    ActKind.EXCUSE_YEAR: _of_two("waiver_proposed", "year_excused"),
    ActKind.REPORT_CHANGE: _of_change,
    ActKind.RULE_ON_CHANGE: _of_change_ruling,
    ActKind.TRANSFER: _of_transfer,
    ActKind.RECORD_EVALUATION: _of_evaluation,
    ActKind.CALENDAR_PUBLISHED: _of_calendar,
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
    LapseKind.DEFENCE_OVERDUE: ("defence_overdue", "defence_overdue_again"),
    LapseKind.DECISION_OVERDUE: ("decision_overdue", "decision_overdue_again"),
    LapseKind.ANNOUNCEMENT_OVERDUE: ("announcement_overdue", "announcement_overdue_again"),
    LapseKind.RESTORATION_DUE: ("restoration_due", "restoration_overdue"),
}
"""What a chase says when something is due, and 5 working days later to the superior (Q31)."""

LAPSES: Mapping[LapseKind, tuple[str, ...]] = {
    LapseKind.DEEMED_ACCEPTED: ("deemed_accepted",),
    LapseKind.CORRECTION_LAPSED: ("lapsed",),
    LapseKind.NOTICE_ENDED: ("notice_ended",),
    LapseKind.CHANGE_NOTICE_ENDED: ("change_notice_ended",),
    LapseKind.STATEMENT_ENDED: ("statement_ended",),
}
"""Lapses that always send the same."""

REMINDERS = {
    "review": ("review_midway",),
    "notice": ("notice_ends_tomorrow",),
    "change_notice": ("change_notice_ends_tomorrow",),
}


def _of_lapse(before: Filing, lapse: Lapse, filing: Filing) -> Iterator[str]:
    if lapse.kind in CHASES:
        yield CHASES[lapse.kind][(lapse.level or 1) - 1]
    elif lapse.kind is LapseKind.REMINDER and lapse.of == "annual":
        yield from _annual(filing, lapse.days or 0)
    elif lapse.kind is LapseKind.REMINDER:
        yield from REMINDERS[lapse.of or ""]
    elif lapse.kind is LapseKind.YEAR_MISSED:
        yield "first_miss" if filing.missed_years < number(filing, "revocation.missed_years") else "second_miss"
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
    if "iit" in filing.clocks and "iit" not in before.clocks:
        yield "iit_opinion_requested"
    if moved and filing.stage is Stage.NOT_CONFIRMED and event.kind != ActKind.REFUSE:
        yield "not_confirmed"
    if moved and filing.stage is Stage.NOTICE_CLEARED:
        yield "prepare_document"
    if moved and filing.stage is Stage.AT_PROVINCE and event.kind != ActKind.FORWARD:
        yield "at_province"
    if before.notice and moved and filing.stage in (Stage.WITHDRAWN, Stage.LAPSED, Stage.NOT_CONFIRMED):
        yield "withdrawn_after_notice"
    if before.change and not filing.change and filing.substance != before.substance:
        yield "change_effective"
    if filing.leader != before.leader:
        yield "consent_asked"
    yield from _of_case(before, entry)
    if moved and filing.stage is Stage.REVOKED:
        yield from ("revocation_decision", "revoked", "announce_revocation")


def _of_case(before: Filing, entry: Entry) -> Iterator[str]:
    filing = entry.filing
    case, earlier = filing.case, before.case
    if case and not earlier:
        ground_6 = case.ground is Ground.TWO_YEARS_MISSED
        yield from ("revocation_notice" if ground_6 else "revocation_notice_other", "revocation_opened")
        if not filing.consent:
            yield "service_needed"
    elif case and earlier and entry.event.kind == ActKind.CORRECT_CONTACT and case != earlier:
        yield "served_again"
        if not filing.consent:
            yield "service_needed"
    elif earlier and not case and before.stage is Stage.REVOCATION_PENDING:
        yield "case_ended"


# Filling in


def _on(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _midnight(instant: datetime) -> str:
    """An exclusive instant as offices write it: 2026年11月30日24时."""
    local = instant.astimezone(SHANGHAI)
    if local.hour or local.minute:
        return f"{_on(local.date())}{local.hour}时{local.minute:02d}分"
    return f"{_on(local.date() - timedelta(days=1))}24时"


def _moment(instant: datetime) -> str:
    local = instant.astimezone(SHANGHAI)
    return f"{_on(local.date())}{local.hour}时{local.minute:02d}分"


PERIOD_OF = {
    "acceptance_end": ("acceptance",),
    "review_end": ("review",),
    "iit_end": ("iit",),
    "correction_end": ("correction",),
    "notice_end": ("change_notice", "notice"),
    "forwarding_end": ("forwarding",),
    "archiving_end": ("archiving",),
    "change_end": ("change",),
    "announcement_end": ("announcement",),
}
"""Words that tell the end of a running period; of two, the first that runs."""

NUMBER_OF = {
    "acceptance_days": "review.acceptance_working_days",
    "extension_days": "review.extension_working_days",
    "midway_days": "review.reminder_working_days",
    "grace_days": "notice.postal_grace_working_days",
    "superior_days": "chase.superior_working_days",
    "window_days": "revocation.statement_working_days",
    "alert_days": "revocation.announce_alert_working_days",
}
"""Words that tell a number of the law as it governs the filing."""

OUTCOMES = {
    "dismissed": "不成立",
    "returned": "成立，退回补正",
    "not_confirmed": "成立，不予确认",
    "granted": "同意",
    "refused": "不同意",
    "confirmed": "同意",
    "accepted": "采纳",
    "rejected": "不予采纳",
    "excellent": "优秀",
    "qualified": "合格",
    "unqualified": "不合格",
}
CHANGES = {"contact": "联系信息", "rename": "更名", "members": "成员", "leader": "盟主", "ended": "盟主或协议终止"}
CLAUSES = {
    Ground.NO_COOPERATION: "《工作指引》第十四条",
    **{ground: f"《工作指引》第十一条第{ground.value}项" for ground in Ground if ground.value != "14"},
}


class _Facts(Mapping[str, str]):
    """Every word that a text may use; a word is worked out only when a text asks for it."""

    def __init__(self, before: Filing | None, entry: Entry, names: Names) -> None:
        self.before = before or entry.filing
        self.entry = entry
        self.filing = entry.filing
        self.names = names

    def __getitem__(self, word: str) -> str:
        if word in PERIOD_OF:
            return self.end_of(*PERIOD_OF[word])
        if word in NUMBER_OF:
            return str(number(self.filing, NUMBER_OF[word]))
        method = getattr(self, f"word_{word}", None)
        if method is None:
            raise KeyError(word)
        text: str = method()
        return text

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def of_event(self, name: str) -> Any:
        return getattr(self.entry.event, name, None)

    def end_of(self, *periods: str) -> str:
        for clocks in (self.filing.clocks, self.before.clocks):
            for period in periods:
                if period in clocks:
                    return _midnight(clocks[period].until)
        return "（未定）"

    def word_window_end(self) -> str:
        case = self.filing.case
        if case and case.served_on is None:
            return f"送达之日起{self['window_days']}个工作日"
        return self.end_of("window")

    def word_alliance(self) -> str:
        return self.names.alliance

    def word_leader_name(self) -> str:
        return self.names.leader

    def word_office(self) -> str:
        return offices.name_of(self.filing.zone or self.filing.jurisdiction)

    def word_at(self) -> str:
        return _moment(self.entry.at)

    def word_version(self) -> str:
        return str(self.filing.version)

    def word_article(self) -> str:
        return self.entry.article

    def word_undoes(self) -> str:
        return str(self.entry.undoes)

    def word_reason(self) -> str:
        return self.of_event("reason") or "见决定文书"

    def word_document_no(self) -> str:
        return self.of_event("document_no") or "（无文号）"

    def word_items(self) -> str:
        event = self.entry.event
        if isinstance(event, ReturnForCorrection):
            return "；".join(f"（{n}）{each.message}（{each.item}）" for n, each in enumerate(event.deficiencies, 1))
        return f"（1）{self.word_reason()}"

    def word_returns(self) -> str:
        return str(self.filing.review.returns if self.filing.review else 0)

    def word_outcome(self) -> str:
        event = self.entry.event
        if isinstance(event, GiveIitOpinion):
            return "同意" if event.positive else "不同意"
        if isinstance(event, RuleOnObjection | RuleOnExtension | RuleOnDefence):
            return OUTCOMES[event.outcome]
        if isinstance(event, RecordEvaluation):
            return OUTCOMES[event.result]
        return OUTCOMES[event.decision] if isinstance(event, RuleOnChange) else ""

    def word_notice_from(self) -> str:
        event = self.entry.event
        day = event.notice_from if isinstance(event, Confirm | RuleOnChange) else None
        return _on(day or day_of(self.entry.at))

    def word_objection(self) -> str:
        event = self.entry.event
        return str(self.of_event("of") or self.of_event("objection") or getattr(event, "id", ""))

    def word_due(self) -> str:
        """The period whose passing is being chased: over at the chase, or 5 working days before."""
        event = self.entry.event
        if not isinstance(event, Lapse):
            return ""
        thing = event.of or (str(event.year) if event.year else "")
        for name, term in self.before.clocks.items():
            period, _, about = name.partition(":")
            announced = agenda.ANNOUNCED.get(period) == event.level and event.kind is LapseKind.ANNOUNCEMENT_OVERDUE
            if announced or (agenda.CHASED.get(period) is event.kind and about == thing):
                return _midnight(term.until)
        return _midnight(self.entry.at)

    def word_calendar(self) -> str:
        return self.filing.calendar

    def word_deadline(self) -> str:
        due = agenda.next_deadline(self.filing)
        return _midnight(due.at) if due else "无"

    def word_archive_number(self) -> str:
        return self.filing.archive_number or "（尚无编号）"

    def year(self) -> int:
        years = self.filing.case.years if self.filing.case else ()
        current = self.filing.years[-1].year if self.filing.years else 0
        return self.of_event("year") or (years[-1] if years else current)

    def word_year(self) -> str:
        return str(self.year())

    def word_next_year(self) -> str:
        return str(self.year() + 1)

    def word_annual_end(self) -> str:
        year = self.filing.year(self.year())
        return _midnight(year.due) if year else "（未定）"

    def word_status(self) -> str:
        year = self.filing.year(self.year())
        return (year.status if year else YearStatus.OPEN).label

    def word_days(self) -> str:
        return str(abs(self.of_event("days") or 0))

    def word_answer_end(self) -> str:
        return self.end_of(f"answer:{self.year()}")

    def word_extension_end(self) -> str:
        return self.end_of(f"extension:{self.year()}")

    def word_change(self) -> str:
        return CHANGES.get(self.of_event("change") or "", "")

    def missed(self) -> list[int]:
        case = self.filing.case
        if case and self.entry.event.kind != LapseKind.YEAR_MISSED:
            return list(case.years)
        return [year.year for year in self.filing.missed_in_a_row]

    def word_missed(self) -> str:
        return "、".join(f"{year}年度" for year in self.missed())

    def word_deadlines(self) -> str:
        years = [self.filing.year(year) for year in self.missed()]
        return "、".join(_midnight(year.due) for year in years if year)

    def word_reminders(self) -> str:
        return "、".join(_on(day) for day in self.names.reminded_on) or "见卷宗"

    def word_ground(self) -> str:
        return self.filing.case.ground.label if self.filing.case else ""

    def word_clause(self) -> str:
        return CLAUSES[self.filing.case.ground] if self.filing.case else ""

    def word_grounds_in_full(self) -> str:
        case = self.filing.case
        if case and case.ground is Ground.TWO_YEARS_MISSED:
            return (
                f"{self.word_missed()}连续两年未在系统中更新年度数据（应报截止时间分别为{self.word_deadlines()}；"
                f"提醒记录：{self.word_reminders()}）"
            )
        return f"{self.word_ground()}"

    def word_served_on(self) -> str:
        case = self.filing.case
        return _on(case.served_on) if case and case.served_on else "（未送达）"

    def word_ended(self) -> str:
        return "已撤销备案" if self.filing.stage is Stage.REVOKED else "已自愿注销"

    def word_url(self) -> str:
        return self.entry.event.url if isinstance(self.entry.event, RecordAnnouncement) else ""
