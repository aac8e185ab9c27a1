"""The words that texts may use (文中用语), each worked out from a filing before and after an entry.

A text names a word in braces; `Facts` tells it. To add a word, add a `word_…` method; texts.WORDS then knows it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from models.acts import (
    TOGETHER,
    Confirm,
    DiscountAnnualReport,
    GiveIitOpinion,
    Lapse,
    RecordAnnouncement,
    RecordChallengeOutcome,
    RecordEvaluation,
    RecordPartyGroup,
    Restore,
    ReturnForCorrection,
    RuleOnChange,
    RuleOnDefence,
    RuleOnExtension,
    RuleOnObjection,
    StateDefence,
    UrgeReport,
)
from models.choices import CHANGES, OUTCOMES, PROCEDURES, RULINGS
from models.filing import Entry, Filing
from models.values import day_of
from models.vocabulary import ActKind, ByKind, Ground, LapseKind, Stage, YearStatus
from regulation import agenda, annual, offices, review, service, standing
from regulation.agenda import number
from regulation.articles import GUIDELINE_NO, GUIDELINE_TITLE, RULES_TITLE, behind, quoted
from regulation.moment import Moment
from regulation.naming import CLAUSES, due_at, how_it_came, midnight, moment, on_day, received, reserved


@dataclass(frozen=True)
class Reminder:
    """One reminder to the leader: the day on which it was written, and whether any channel, or its inbox, got it through."""

    day: date
    arrived: bool = True


@dataclass(frozen=True)
class Discounted:
    """A report that was received and then not counted (不予计入): for which year, when, since when not, and why (Q13)."""

    year: int
    received_on: date | None
    day: date
    reason: str


@dataclass(frozen=True)
class Past:
    """What the docket tells of the years that a revocation rests on, and of what was stated in the case (G-19)."""

    reminders: tuple[Reminder, ...] = ()
    discounted: tuple[Discounted, ...] = ()
    heard: tuple[str, ...] = ()


@dataclass(frozen=True)
class Names:
    """What a text needs and no filing holds: public names, and what the docket tells of the years of a case.

    Only documents need the rest: the alliances on one notice, how the office is reached, why a case was opened and when
    that was written.
    """

    alliance: str
    leader: str
    past: Past = Past()
    alliances: tuple[str, ...] = ()
    reached: offices.Contact | None = None
    proposed: str = ""
    opened_on: date | None = None


TOLD_OF = (
    LapseKind.REMINDER.value, ActKind.URGE_REPORT.value, ActKind.DISCOUNT_ANNUAL_REPORT.value,
    ActKind.STATE_DEFENCE.value, ActKind.RULE_ON_DEFENCE.value,
)  # fmt: skip
"""The kinds of entries that tell of it."""


def _reminded(entry: Entry, lapse: Lapse) -> bool:
    return lapse.kind is LapseKind.REMINDER and not agenda.overtaken(entry.filing, lapse, entry.entered_at)


def past_of_case(
    filing: Filing, earlier: Iterable[Entry], arrived: Callable[[Entry], bool] = lambda entry: True
) -> Past:
    """How the leader was reminded of the years that a revocation rests on, what it reported of them that does not count, and
    what it stated in the case, by the entries before it (G-19).

    What counts is when a reminder was written (`entered_at`), not the instant that was meant for it: in an outage nobody is
    told.
    """
    case = filing.case
    years = case.years if case else ()
    reminders, discounted, heard = list[Reminder](), list[Discounted](), list[str]()
    for entry in earlier if case else ():
        event = entry.event
        if (
            entry.refused is not None or entry.awaits_second
        ):  # what one officer entered, and nobody confirmed, was not stated
            continue
        if case and entry.number >= case.opened.number and isinstance(event, StateDefence | RuleOnDefence):
            heard.append(_heard(event, on_day(day_of(entry.at))))
        elif getattr(event, "year", None) not in years:
            continue
        elif isinstance(event, DiscountAnnualReport):
            year = entry.filing.year(event.year)
            if year and not year.returned:  # while it is only proposed, the return still waits for its answer
                received_on = day_of(year.filed_at) if year.filed_at else None
                discounted.append(Discounted(event.year, received_on, day_of(entry.at), event.reason))
        elif isinstance(event, UrgeReport) or (isinstance(event, Lapse) and _reminded(entry, event)):
            reminders.append(Reminder(day_of(entry.entered_at), arrived(entry)))
    return Past(tuple(reminders), tuple(discounted), tuple(heard))


def _heard(event: StateDefence | RuleOnDefence, day: str) -> str:
    """One step of how a leader was heard."""
    if isinstance(event, StateDefence):
        return f"{day}，你单位提出书面陈述、申辩意见"
    return f"{day}，经复核{'采纳' if event.outcome == 'accepted' else '不予采纳'}：{(event.reason or TO_FILL_IN).rstrip('。；')}"


MOST_HEARD = 6
"""So many steps of a hearing a decision tells one by one, the last ones; a leader may state as much as it likes."""


PERIOD_OF = {
    "acceptance_end": ("acceptance",),
    "review_end": ("review",),
    "iit_end": ("iit",),
    "notice_end": ("change_notice", "notice"),
    "forwarding_end": ("forwarding",),
    "archiving_end": ("archiving",),
    "change_end": ("change",),
    "announcement_end": ("announcement",),
    "restoration_end": ("restoration",),
}
"""Words that tell the end of a running period; of two, the first that runs."""

NUMBER_OF = {
    "acceptance_days": "review.acceptance_working_days",
    "correction_days": "correction.applicant_days",
    "extension_days": "review.extension_working_days",
    "midway_days": "review.reminder_working_days",
    "grace_days": "notice.postal_grace_working_days",
    "superior_days": "chase.superior_working_days",
    "statement_grace_days": "revocation.postal_grace_working_days",
    "window_days": "revocation.statement_working_days",
    "alert_days": "revocation.announce_alert_working_days",
}
"""Words that tell a number of the law as it governs the filing."""

ENDED_BY: Mapping[str, str] = {
    ActKind.FILE_ANNUAL_REPORT: "盟主企业已报送年度数据",
    ActKind.ANSWER_ANNUAL_RETURN: "盟主企业已答复年度报告的退回",
    ActKind.REQUEST_EXTENSION: "延期申请系在期限内提出",
    ActKind.RULE_ON_EXTENSION: "报送期限已批准延期",
    ActKind.EXCUSE_YEAR: "年度免予报送",
    ActKind.MOVE_DEADLINE: "报送期限已调整",
    ActKind.RULE_ON_DEFENCE: "陈述、申辩经复核予以采纳",
    ActKind.DROP_REVOCATION: "经研究终止",
    ActKind.RECORD_CONTINUATION: "由新备案承接",
    ActKind.DEREGISTER: "注销申请在立案之前已经送达",
    LapseKind.YEAR_CLOSED: "未报送的年度已不连续",
}
TO_BE_SERVED = {Stage.RETURNED: "补正通知书", Stage.REVOKED: "撤销备案决定书", Stage.NOT_CONFIRMED: "不予确认决定书"}
DECIDED = {
    Stage.REVOKED: "撤销决定已经作出",
    Stage.LAPSED: "申请已视为撤回",
    Stage.NOT_CONFIRMED: "不予确认的决定已经作出",
}
"""What had ended a filing against its leader before something more was said of a letter."""

TO_BE_PROVEN = "留待提供凭证；已经提供或者以其他方式提出的，依其办理"
"""Until when a letter that was found not genuine can be proven, and that nothing waits for it once it was."""

TO_FILL_IN = "（请填写）"
"""Where a document waits for what only the office knows."""

SENTENCES = ("letters_in_office",)
"""Words that are a sentence of their own, which is there or not."""

NOTHING = "（无）"
"""What a word tells of an event that has no such thing."""

GUIDELINE = f"{GUIDELINE_TITLE}（{GUIDELINE_NO}，以下简称《工作指引》）"
RULES = ByKind(
    a=GUIDELINE,
    b=f"{GUIDELINE}和{RULES_TITLE}（以下简称《实施细则》）",
)
"""By what each kind is filed, in full, as a document names it first."""

ANNUAL_CLAUSE = ByKind(a="《工作指引》第十条", b="《实施细则》第七条")
DUTY_CLAUSE = ByKind(a="《工作指引》第十条、第十一条第6项", b="《实施细则》第七条和《工作指引》第十一条第6项")
"""By what each kind reports yearly, and what follows if it does not."""


class Facts(Mapping[str, str]):
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
        return text or ("" if word in SENTENCES else NOTHING)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def of_event(self, name: str) -> Any:
        """A field of the event, if it has one of that name."""
        return getattr(self.entry.event, name, None)

    def end_of(self, *names: str) -> str:
        """The end of the first of these periods that runs, or ran before the entry."""
        for periods in (self.filing.periods, self.before.periods):
            for name in names:
                if name in periods:
                    return midnight(periods[name].until)
        return "（未定）"

    def word_correction_end(self) -> str:
        """补正期限的末日；尚未送达的，写明自送达之日起的日数 (G-07, G-18)."""
        if service.is_awaited(self.filing):
            return f"自送达之日起{self['correction_days']}日内"
        return self.end_of("correction")

    def word_window_end(self) -> str:
        """陈述申辩期的末日；尚未送达的，写明自送达之日起的工作日数 (G-17)."""
        case = self.filing.case
        if case and case.served_on is None:
            return f"送达之日起{self['window_days']}个工作日"
        return self.end_of("window")

    def word_window_end_so_far(self) -> str:
        """陈述申辩期的末日；告知书在收件箱尚未签收的，写明暂计 (G-18)."""
        return self["window_end"] + reserved(unopened=service.is_unopened(self.filing, "window"))

    def word_alliance(self) -> str:
        """联盟名称."""
        return self.names.alliance

    def word_leader_name(self) -> str:
        """盟主企业名称."""
        return self.names.leader

    def word_office(self) -> str:
        """办理机构（市科技局或高新区）."""
        return offices.name_of(self.filing.zone or self.filing.jurisdiction, day_of(self.entry.entered_at))

    def word_urged_by(self) -> str:
        """催报的机构 (G-13)."""
        by = self.of_event("by")
        return offices.title(by.role, by.office) if by else self.word_office()

    def word_we(self) -> str:
        """办理机构的自称：局称我局，高新区称本机关."""
        return "我局" if self.word_office().endswith("局") else "本机关"

    def word_at(self) -> str:
        """收到的时刻；来文代为登记的，为计为收到之日."""
        came = self.of_event("came")
        if came is None:
            return moment(self.entry.at)
        posted = day_of(self.entry.at) < came.on
        return self.word_day() + ("（以邮戳日期计）" if posted else "")

    def word_act(self) -> str:
        """所登记的行为."""
        year, label = self.of_event("year"), getattr(self.entry.event.kind, "label", "")
        return label + (f"（{year}年度）" if year else "")

    def word_came(self) -> str:
        """来文何日、如何收到 (G-03)."""
        came = self.of_event("came")
        if came is None:
            return ""
        return how_it_came(came)

    def word_number(self) -> str:
        """登记号."""
        return str(self.entry.number)

    def word_version(self) -> str:
        """申请的版次."""
        return str(self.filing.version)

    def word_article(self) -> str:
        """所依据的条款，不带内部编号."""
        return quoted(self.entry.article, self.filing.kind)

    def word_undoes(self) -> str:
        """被推翻的登记号 (Instants 4)."""
        return str(self.entry.undoes or "")

    def word_reason(self) -> str:
        """所写的理由."""
        return self.of_event("reason") or "见决定文书"

    def word_refusal_reason(self) -> str:
        """决定书所载不予确认的理由；未写明的，留待机构填写 (G-07)."""
        return (self.of_event("reason") or TO_FILL_IN).rstrip("。；")

    def word_document_no(self) -> str:
        """文号."""
        return self.of_event("document_no") or "（无文号）"

    def word_items(self) -> str:
        """一次性告知的全部补正事项 (A-30)."""
        event = self.entry.event
        if isinstance(event, ReturnForCorrection):
            return "；".join(
                f"（{n}）{each.message}（{quoted(behind(each.item, self.filing.kind))}）"
                for n, each in enumerate(event.deficiencies, 1)
            )
        return f"（1）{self.word_reason()}"

    def word_returns(self) -> str:
        """退回次数."""
        return str((self.filing.review and self.filing.review.returns) or 0)

    def word_outcome(self) -> str:
        """结果、意见或结论."""
        event = self.entry.event
        if isinstance(event, GiveIitOpinion):
            return "同意" if event.positive else "不同意"
        if isinstance(event, RuleOnObjection | RuleOnExtension | RuleOnDefence):
            return OUTCOMES[event.outcome]
        if isinstance(event, RecordEvaluation):
            return OUTCOMES[event.result]
        if isinstance(event, RecordChallengeOutcome):
            return RULINGS[event.ruling]
        return OUTCOMES[event.decision] if isinstance(event, RuleOnChange) else ""

    def word_notice_from(self) -> str:
        """公示起日."""
        event = self.entry.event
        day = event.notice_from if isinstance(event, Confirm | RuleOnChange) else None
        return on_day(day or day_of(self.entry.at))

    def word_objection(self) -> str:
        """所说的异议：以其登记号相称；合并处理的，写明合并."""
        event = self.entry.event
        if event.kind == ActKind.OBJECT:
            return f"第{self.entry.number}号登记"
        if TOGETHER in (self.of_event("of"), self.of_event("objection")):
            return "合并处理各件"
        return str(self.of_event("of") or self.of_event("objection") or getattr(event, "id", ""))

    def word_due(self) -> str:
        """被催办的期限的末日：催办之时，或其前五个工作日 (Q31)."""
        event = self.entry.event
        if not isinstance(event, Lapse):
            return ""
        thing = event.of or (str(event.year) if event.year else "")
        for name, period in self.before.periods.items():
            what, _, about = name.partition(":")
            announced = agenda.ANNOUNCED.get(what) == event.level and event.kind is LapseKind.ANNOUNCEMENT_OVERDUE
            if announced or (agenda.CHASED.get(what) is event.kind and about == thing):
                return midnight(period.until)
        return midnight(self.entry.at)

    def word_overdue(self) -> str:
        """所催办的事项."""
        return str(getattr(self.entry.event.kind, "label", "")).removesuffix("催办").removesuffix("逾期")

    def word_second(self) -> str:
        """须由两人办理、尚待另一人决定的事项 (G-42)."""
        kind, _, about = str(self.of_event("of") or "").partition(":")
        label = ActKind(kind).label if kind in set(ActKind) else ""
        if kind == ActKind.RULE_ON_OBJECTION:
            return f"{label}：不予确认"
        if kind not in agenda.BY_TWO_OFFICERS:
            return f"代为登记的来文：{label}"
        return label + (f"（{about}年度）" if about.isdecimal() else "")

    def word_letter(self) -> str:
        """所说的代为登记的来文 (G-42)."""
        of = self.of_event("of") or agenda.letter_of(self.before, self.of_event("letter") or "")
        kind = str(of or "").partition(":")[0]
        return ActKind(kind).label if kind in set(ActKind) else ""

    def word_entered(self) -> str:
        """代为登记的来文如何登记；经另一人核对的，写明核对的是第几号登记 (G-42)."""
        said, number_ = f"已代为登记“{self.word_act()}”", self.word_number()
        letter = self.before.letters.get(agenda.letter_of(self.before, self.of_event("seconds") or "") or "")
        if letter is None:
            return f"{said}，登记为第{number_}号"
        return f"{said}：第{letter.number}号登记经另一人核对属实，登记为第{number_}号"

    def word_letter_holds(self) -> str:
        """来文核对以前什么不办 (G-42)."""
        name = self.of_event("of") or agenda.letter_of(self.filing, self.of_event("id") or "") or ""
        held = [kind for kind in agenda.AGAINST if name in agenda.holding(self.filing, kind)]
        if self.filing.stage in (Stage.REVOKED, Stage.LAPSED, Stage.NOT_CONFIRMED):
            return "已经作出的决定或者登记不因待核对而停止；核对属实、应予纠正的，依法纠正"
        if not held:
            against = name in agenda.unanswered(self.filing) and name.partition(":")[0] in agenda.LETTERS_AGAINST
            return (
                "此前同类来文已有答复，本件不停止程序"
                if against
                else "核对以前，来文之后方届满的期限不自动办结，至报上级之日止"
            )
        said = "不作出撤销决定" if LapseKind.REVOKED in held else "不视为撤回，也不作出不予确认的决定"
        return f"核对以前，{said}：机构未核对的后果不由企业承担"

    def word_letters_in_office(self) -> str:
        """告知书发出时，代为登记的来文尚待核对的 (G-19, G-42)."""
        waiting = agenda.kinds_of(agenda.holding(self.filing, LapseKind.REVOKED, self.entry.at))
        if not (named := "、".join(f"“{each}”" for each in waiting)):
            return ""
        return f"另有你单位的来文（{named}）由审核机构代为登记、尚待核对：核对以前，不作出撤销备案的决定；核对属实的，以来文之日计，不必重复报送。"

    def word_after_denial(self) -> str:
        """来文经认定不符之后，程序如何 (G-42)."""
        if self.filing.stage in DECIDED:
            return f"{DECIDED[self.filing.stage]}，不因本认定而变更"
        name = agenda.letter_of(self.before, self.of_event("letter") or "") or ""
        letter, kind = self.before.letters.get(name), name.partition(":")[0]
        days = self.filing.periods.get(agenda.denied_of(kind, letter.year if letter else None))
        said = "视为撤回或者不予确认" if self.filing.stage is Stage.RETURNED else "作出撤销决定"
        if (task := f"delivery:{self.filing.number}") in agenda.untold_denials(self.filing):
            if self.filing.denials[task].begins:
                return (
                    f"但自告知送达之日起{agenda.number(self.filing, 'letter.answer_days')}日内不{said}，{TO_BE_PROVEN}"
                )
            return f"但在本告知送达之日24时以前，并在此前同类来文提供凭证的期限届满以前，不{said}，{TO_BE_PROVEN}"
        if days is None or days.until <= self.entry.at:
            held = agenda.is_held_by(self.before, name, self.entry.at)
            return "有关程序自次日起照常办理" if held else "有关程序未因该来文停止，不受影响"
        return f"但在{midnight(days.until)}以前不{said}，{TO_BE_PROVEN}"

    def word_done_by(self) -> str:
        """来文何以无须处理：办结其所请之事、或者终止其所针对的程序的登记 (G-42)."""
        since = f"已由第{self.of_event('done_by')}号登记"
        if self.word_letter() == ActKind.STATE_DEFENCE.label:
            return f"其所针对的撤销程序{since}终止"
        return f"所请之事{since}办结"

    def word_calendar(self) -> str:
        """工作日历版本."""
        return self.filing.calendar

    def word_deadline(self) -> str:
        """下一期限."""
        due = agenda.next_deadline(self.filing)
        return due_at(due.at, due.lapse.kind) if due else "无"

    def word_applying_again(self) -> str:
        """Whether, and when, the leader can apply again after a withdrawal (B-02)."""
        return review.applying_again(self.filing, self.entry.at)

    def word_withdrawn(self) -> str:
        """撤回；在不予确认之前已经送达的，写明该决定不再有效 (A-26)."""
        undone = self.before.stage is Stage.NOT_CONFIRMED
        return "撤回（在不予确认之前已经送达，该决定不再有效）" if undone else "撤回"

    def word_not_by_inbox(self) -> str:
        """Why staff serve a notice: its leader did not agree to the inbox, or that did not deliver it (G-18, Q26)."""
        return (
            "盟主企业的收件箱未能送达，更正后的地址不再另行电子送达"
            if self.filing.consent
            else "盟主企业未同意电子送达"
        )

    def word_ended_as(self) -> str:
        """How an application had ended that goes on, for a correction had come before (G-07)."""
        return self.before.stage.label

    def word_archive_number(self) -> str:
        """备案编号."""
        return self.filing.archive_number or "（尚无编号）"

    def word_successor_number(self) -> str:
        """承接的备案的编号 (G-32)."""
        return self.of_event("successor_number") or ""

    def word_procedure(self) -> str:
        """行政复议或行政诉讼 (G-23)."""
        named = self.of_event("procedure")
        of = next((each.procedure for each in self.before.challenges if each.id == self.of_event("challenge")), None)
        return PROCEDURES.get(named or of or "", "")

    def word_authority(self) -> str:
        """复议机关或法院 (G-23)."""
        return self.of_event("authority") or ""

    def word_accepted_on(self) -> str:
        """复议或诉讼的受理日期 (G-23)."""
        day = self.of_event("accepted_on")
        return on_day(day) if day else ""

    def word_decided_on(self) -> str:
        """复议或诉讼结果的作出日期 (G-23)."""
        day = self.of_event("decided_on")
        return on_day(day) if day else ""

    def year(self) -> int:
        """The year that the entry is about."""
        years = self.filing.case.years if self.filing.case else ()
        current = self.filing.years[-1].year if self.filing.years else 0
        return self.of_event("year") or (years[-1] if years else current)

    def word_year(self) -> str:
        """年度."""
        return str(self.year())

    def word_next_year(self) -> str:
        """下一年度."""
        return str(self.year() + 1)

    def word_annual_end(self) -> str:
        """年度材料的报送截止."""
        year = self.filing.year(self.year())
        return midnight(year.due) if year else "（未定）"

    def word_restored_years(self) -> str:
        """恢复时写明的免除年度；其余仍未报的，是否还可补报、是否仍计入连续未报，又将立案的，一并写明 (G-11, G-12, Q14, Q22)."""
        excused = self.entry.event.excused if isinstance(self.entry.event, Restore) else None
        if excused is None:
            return ""
        left = [year for year in standing.years_of_decision(self.before) if year not in excused]
        told = [f"{'、'.join(map(str, sorted(set(excused))))}年度免予报送；", *map(self._left_year, left)]
        return "".join(told) + self._case_to_come()

    def _left_year(self, number: int) -> str:
        """What is told of a year that a restoration leaves unreported."""
        filing, at = self.filing, Moment(self.entry.at, self.entry.entered_at)
        year, counts = filing.year(number), number in {each.year for each in filing.missed_in_a_row}
        if year is not None and year.status is YearStatus.OPEN:
            asked = f"{number}年度的延期申请尚未批复，以批复为准；"
            return asked if year.extension else f"{number}年度仍应报送，截止为{midnight(year.due)}；"
        counted = "未报送的情况仍然计入连续未报" if counts else "仍为未报送，但其后年度已不再是未报送，不计入连续未报"
        if number not in annual.to_report(filing, at):
            return f"{number}年度{counted}，补报期已届满，不再补报；"
        following = filing.year(number + 1)
        due = following.due if following else agenda.annual_deadline(filing, number + 1)
        return f"{number}年度{counted}，可补报至{midnight(due)}；"

    def _case_to_come(self) -> str:
        """That the years left are two in a row, and a case on them opens."""
        due = standing.case_to_come(self.filing)
        if due is None:
            return ""
        missed = [year.year for year in self.filing.missed_in_a_row]
        years = "、".join(f"{year}年度" for year in missed)
        return (
            f"{years}连续未报送，自{on_day(day_of(due.at))}起依{self.word_duty_clause()}另行启动撤销程序，"
            f"事先告知书另行送达，届时可以陈述、申辩；此前补报{missed[-1]}年度的，不再启动；"
        )

    def word_status(self) -> str:
        """该年度报送情况."""
        year = self.filing.year(self.year())
        return (year.status if year else YearStatus.OPEN).label

    def word_next_annual_end(self) -> str:
        """下一年度材料的报送截止；本年度也补报至此时 (G-11)."""
        year = self.year() + 1
        due = self.filing.year(year)
        return midnight(due.due if due else agenda.annual_deadline(self.filing, year))

    def word_next_window_opens(self) -> str:
        """下一年度材料自何日起报送 (G-12b)."""
        return on_day(day_of(agenda.window_opens(self.filing, self.year() + 1)))

    def word_older_years(self) -> str:
        """撤销所依据的年度中，除最近一个以外的 (G-21)."""
        return "、".join(f"{year}年度" for year in self.missed()[:-1])

    def word_if_not_reported(self) -> str:
        """不报送的后果：已有年度未报送的，或者正在撤销程序中的，写明 (G-12, G-13)."""
        filing, year = self.filing, self.year()
        if filing.case and filing.case.ground is Ground.TWO_YEARS_MISSED:
            return "撤销程序未决期间，年度报送义务不停止；撤销备案的决定作出之前按期报送的，撤销程序随即终止。"
        if not filing.missed_in_a_row or filing.missed_in_a_row[-1].year != year - 1:
            return "逾期未报送的，计为未报送年度。"
        return (
            f"{self.word_missed()}已未报送；{year}年度逾期仍未报送的，即为连续未报送，依{self.word_duty_clause()}启动撤销程序。"
            f"{year - 1}年度可补报至{self.word_annual_end()}。"
        )

    def word_first_received(self) -> str:
        """该年度首次收到报告的时刻，是否按期以此为准."""
        year = self.filing.year(self.year())
        return received(year.filed_at) if year and year.filed_at else ""

    def word_text_received(self) -> str:
        """该年度内容为准的一份收到的时刻."""
        year = self.filing.year(self.year())
        at = year and (year.text_at or year.filed_at)
        return received(at) if at else ""

    def word_days(self) -> str:
        """距截止或逾期的日数，自写就之日起算."""
        year = self.filing.year(self.year())
        last = day_of(year.due) - timedelta(days=1) if year else None
        return str(abs((last - day_of(self.entry.entered_at)).days)) if last else "0"

    def word_days_left(self) -> str:
        """距截止的日数；截止当日写明当日截止."""
        days = self.word_days()
        return "今日截止" if days == "0" else f"距截止{days}日"

    def word_if_unable(self) -> str:
        """不能如期报送的怎么办：尚可申请延期的写明，已延期过一次的不再延期 (G-14)."""
        year = self.filing.year(self.year())
        if year and year.extended_from:
            return "该年度已延期过一次，不能再次延期。"
        return "确不能如期报送的，请在期限届满前申请延期。"

    def word_answer_end(self) -> str:
        """答复年度报告退回的期限."""
        return self.end_of(f"answer:{self.year()}")

    def word_extension_end(self) -> str:
        """批复延期的期限."""
        return self.end_of(f"extension:{self.year()}")

    def word_effect_day(self) -> str:
        """盟主变更的生效日期 (G-24)."""
        effect = self.filing.took_effect
        return on_day(day_of(effect.at)) if effect else ""

    def word_change(self) -> str:
        """变更类别."""
        under_review = self.before.change.change if self.before.change else ""
        return CHANGES.get(self.of_event("change") or under_review, "")

    def missed(self) -> list[int]:
        """The years that a revocation rests on, or that were missed in a row."""
        case = self.filing.case
        if case and self.entry.event.kind != LapseKind.YEAR_MISSED:
            return list(case.years)
        return [year.year for year in self.filing.missed_in_a_row]

    def word_missed(self) -> str:
        """连续未报送的年度."""
        return "、".join(f"{year}年度" for year in self.missed())

    def word_missed_count(self) -> str:
        """连续未报送的年数，写作汉字：两、三."""
        count = len(self.missed())
        return "零一两三四五六七八九"[count] if count < 10 else str(count)

    def word_deadlines(self) -> str:
        """连续未报送年度各自的截止时间 (G-19)."""
        years = [self.filing.year(year) for year in self.missed()]
        return "、".join(midnight(year.due) for year in years if year)

    def word_reminders(self) -> str:
        """提醒过的各日：以实际发出为准，未能送达的写明，没有的写明没有 (G-19)."""
        arrived = dict.fromkeys(on_day(each.day) for each in self.names.past.reminders if each.arrived)
        failed = dict.fromkeys(on_day(each.day) for each in self.names.past.reminders if not each.arrived)
        said = ["、".join(arrived)] if arrived else []
        said += [f"{'、'.join(failed)}发出而未能送达"] if failed else []
        return "；".join(said) or "系统未发出过提醒"

    def word_ground(self) -> str:
        """撤销情形."""
        return self.filing.case.ground.label if self.filing.case else ""

    def word_clause(self) -> str:
        """撤销所依据的条、项 (G-19)."""
        return CLAUSES[self.filing.case.ground] if self.filing.case else ""

    def unreported(self, reminders: str) -> str:
        """Which years were not reported: with each deadline, how the leader was reminded, and what it sent that does not
        count (G-19, Q13)."""
        facts = [
            f"应报截止时间分别为{self.word_deadlines()}",
            reminders,
            *map(_not_counted, self.names.past.discounted),
        ]
        return f"{self.word_missed()}连续{self.word_missed_count()}年未在系统中更新年度数据（{'；'.join(facts)}）"

    def word_grounds_with_annex(self) -> str:
        """连续未报送的事实，提醒记录另附 (G-19)."""
        return self.unreported("提醒记录见附件")

    def word_grounds_in_full(self) -> str:
        """撤销的事实，连同截止时间与提醒记录 (G-19)."""
        case = self.filing.case
        if case and case.ground is Ground.TWO_YEARS_MISSED:
            return self.unreported(f"提醒记录：{self.word_reminders()}")
        return f"{self.word_ground()}（事实与理由见{self.word_opened_on()}的告知书）" if case else ""

    def word_served_on(self) -> str:
        """送达日期 (G-18)."""
        case, correction = self.filing.case, self.filing.periods.get("correction")
        served_on = case.served_on if case else correction.from_ if correction else None
        return on_day(served_on) if served_on else "（未送达）"

    def word_public_notice_days(self) -> str:
        """公告送达的日数 (G-18)."""
        return str(service.PUBLIC_NOTICE_DAYS)

    def word_document(self) -> str:
        """待送达的文书的名称 (G-18, G-42)."""
        if self.entry.event.kind == ActKind.DENY_LETTER:
            return "认定来文不符告知书"
        return TO_BE_SERVED.get(self.filing.stage, "撤销备案事先告知书")

    def word_entry(self) -> str:
        """未能送达的消息所属的登记号 (G-18)."""
        return str(self.of_event("entry") or self.of_event("of") or "")

    def word_ended(self) -> str:
        """终止的方式：撤销或自愿注销."""
        return "已撤销备案" if self.filing.stage is Stage.REVOKED else "已自愿注销"

    def word_url(self) -> str:
        """公告网址."""
        return self.entry.event.url if isinstance(self.entry.event, RecordAnnouncement) else ""

    # Words that only documents need

    def word_day(self) -> str:
        """登记之日，自该日起发生效力."""
        return on_day(day_of(self.entry.at))

    def word_written_on(self) -> str:
        """成文日期：写就之日 (GB/T 9704)."""
        return on_day(day_of(self.entry.entered_at))

    def word_issued_year(self) -> str:
        """成文的年份."""
        return str(day_of(self.entry.entered_at).year)

    def word_reference(self) -> str:
        """发文字号；未有文号的，留待机构编号."""
        return self.of_event("document_no") or f"×××〔{self.word_issued_year()}〕×号"

    def word_telephone(self) -> str:
        """机构的联系电话 (B-26)."""
        return self.reached().telephone or TO_FILL_IN

    def word_postal_address(self) -> str:
        """机构的通信地址 (B-26)."""
        return self.reached().postal_address or TO_FILL_IN

    def reached(self) -> offices.Contact:
        """How the office is reached, as the deployment says (B-26)."""
        return self.names.reached or offices.contact(self.filing.zone or self.filing.jurisdiction)

    def word_review_body(self) -> str:
        """行政复议机关：机构另有登记的从其登记，否则为其本级人民政府 (复议法 24, G-19)."""
        return self.reached().review_body or offices.OFFICES[self.filing.jurisdiction].government

    def word_court(self) -> str:
        """提起行政诉讼的人民法院 (G-19)."""
        return self.reached().court or "有管辖权的人民法院"

    def word_letter_foot(self) -> str:
        """送达的文书的落款：文号或编号、机构、日期、电话和地址 (G-18, G-19)."""
        document_no = self.of_event("document_no") or f"平台编号 {self.filing.id}-{self.entry.number}"
        website = "见本机关官方网站"
        telephone, address = self.reached().telephone or website, self.reached().postal_address or website
        return f"{self.word_office()}\n{self.word_written_on()}\n文号：{document_no}\n联系电话：{telephone}\n通信地址：{address}"

    def word_annual_clause(self) -> str:
        """年度报送所依据的条 (A-34, B-19)."""
        return ANNUAL_CLAUSE[self.filing.kind]

    def word_end_reason(self) -> str:
        """撤销程序因何终止 (G-16, G-21)."""
        reason = self.of_event("reason")
        return ENDED_BY.get(str(self.entry.event.kind), "见卷宗") + (f"：{reason}" if reason else "")

    def word_what_stands(self) -> str:
        """撤销程序终止之后，备案如何 (G-25, G-32)."""
        undone = "，已作出的撤销决定不再有效" if self.before.stage is Stage.REVOKED else ""
        if self.filing.stage is Stage.DEREGISTERED:
            return f"备案已于{self.word_day()}自愿注销{undone}"
        return f"备案由新备案承接{undone}" if self.filing.stage is Stage.CONTINUED else "备案继续有效"

    def word_kind(self) -> str:
        """联盟的类别."""
        return self.filing.kind.label

    def word_rules(self) -> str:
        """备案所依据的文件全称."""
        return RULES[self.filing.kind]

    def word_review_clause(self) -> str:
        """审核、退回与不予确认所依据的条、项 (A-30, B-17, B-18)."""
        step = 3 if isinstance(self.entry.event, RecordPartyGroup) else 2
        return ByKind(a="《工作指引》第九条第2项", b=f"《实施细则》第六条第{step}项")[self.filing.kind]

    def word_duty_clause(self) -> str:
        """年度报送及其后果所依据的条、项 (A-34, B-19, A-42)."""
        return DUTY_CLAUSE[self.filing.kind]

    def word_deficiencies(self) -> str:
        """须补正的全部事项，一事一段，各附依据 (A-30)."""
        event = self.entry.event
        if not isinstance(event, ReturnForCorrection):
            return f"1.{self.word_reason()}"
        return "\n".join(
            f"{n}.{each.message.rstrip('。；')}（依据：{quoted(behind(each.item, self.filing.kind))}）。"
            for n, each in enumerate(event.deficiencies, 1)
        )

    def word_if_not_corrected(self) -> str:
        """逾期未补正的后果 (G-07)."""
        return if_not_corrected(self.filing)

    def word_alliances(self) -> str:
        """一次公示的联盟：一家写全称，多家写首家和家数."""
        first, *others = self.names.alliances or (self.names.alliance,)
        return f"“{first}”等{len(others) + 1}家联盟" if others else f"“{first}”"

    def word_notice_period(self) -> str:
        """公示期的长度、起算和末日 (G-01, G-02)."""
        period = self.filing.periods.get("notice") or self.filing.periods.get("change_notice")
        if period is None:
            return ""
        unit = "工作日" if period.unit == "working_day" else "自然日"
        start = "之日" if period.first_day_counts else "次日"
        return f"{period.count}个{unit}，自发布{start}起算，至{midnight(period.until)}止"

    def word_opened_on(self) -> str:
        """撤销程序的立案日期；系统中断后补登的，为实际登记之日 (G-16)."""
        case = self.filing.case
        return on_day(self.names.opened_on or day_of(case.opened.at)) if case else ""

    def word_case_facts(self) -> str:
        """撤销所认定的事实；提议撤销的，连同提议的理由 (G-19)."""
        if self.filing.case and self.filing.case.ground is Ground.TWO_YEARS_MISSED:
            return self.word_grounds_in_full()
        return f"{self.word_ground()}。具体事实：{self.names.proposed or TO_FILL_IN}"

    def word_heard(self) -> str:
        """陈述申辩及其复核的经过；补报只在第六项事由中有意义 (G-17, G-19, G-21)."""
        case, heard = self.filing.case, self.names.past.heard
        if heard:
            before = len(heard) - MOST_HEARD
            more = f"此前另有{before}次陈述、申辩或者复核；" if before > 0 else ""
            return f"{more}{'；'.join(heard[-MOST_HEARD:])}。"
        if case is None:
            return ""
        reported = any(year.filed_at and year.filed_at >= case.opened.at for year in self.filing.years)
        cure = "，也未补报年度数据" if case.ground is Ground.TWO_YEARS_MISSED and not reported else ""
        return f"期限内你单位未提出书面陈述、申辩意见{cure}。"


def if_not_corrected(filing: Filing) -> str:
    """What becomes of an application that is not corrected (G-07)."""
    if number(filing, "correction.lapses"):
        return "逾期未补正的，视为撤回申请；视为撤回不影响再次申请。"
    return "补正前，本申请不进入审核。"


def _not_counted(report: Discounted) -> str:
    received = f"{on_day(report.received_on)}收到的" if report.received_on else ""
    reason = report.reason.rstrip("。；")
    return f"{received}{report.year}年度报告经退回未按期答复，于{on_day(report.day)}决定不予计入，理由：{reason}"


WORDS = frozenset({*PERIOD_OF, *NUMBER_OF, *(name[5:] for name in vars(Facts) if name.startswith("word_"))})
"""Every word that a text may name."""

OF_THE_PAST = frozenset({"reminders", "grounds_in_full", "grounds_with_annex", "case_facts", "heard"})
"""Words that tell what the docket holds on the years of a case, and on its hearing."""
