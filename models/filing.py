"""The filing (备案): one frozen value that is the whole state of one alliance's case."""

from datetime import date, timedelta
from typing import Literal

from pydantic import Field

from models.acts import Event, Lapse, OfficeKey, Submit, Unreadable, Withheld
from models.values import Digest, FilingId, Instant, Jurisdiction, OpaqueId, Value
from models.vocabulary import Ground, Kind, Stage, YearStatus

Unit = Literal["working_day", "calendar_day", "date"]


class Period(Value):
    """A period of the law as it was counted: replaced by one with a later `until`, never by an earlier one.

    `until` is exclusive: 24:00 of the last day. `follows` names the period from whose last day this one counts.
    `chased` is how often its passing was already entered.
    """

    from_: date = Field(alias="from")
    count: int | None = None
    unit: Unit
    terms: str
    calendar: str
    until: Instant
    provisional: bool = False
    first_day_counts: bool = False
    follows: str | None = None
    chased: int | None = None


class Mark(Value):
    """The entry that brought something about, and its instant."""

    number: int
    at: Instant


class Review(Value):
    """What the review of the present version has established. The notice of its return went to a new address once while its arrival was
    in doubt: `readdressed`."""

    received_at: Instant
    iit_positive: bool | None = None
    extended: bool = False
    returns: int | None = None
    by_objection: bool = False
    readdressed: bool = False


class Objection(Value):
    """One objection. `admissible` is None until ruled on; it stays open until it is inadmissible or has an outcome."""

    id: OpaqueId
    admissible: bool | None = None
    outcome: Literal["dismissed", "returned", "not_confirmed"] | None = None

    @property
    def open(self) -> bool:
        return self.admissible is not False and self.outcome is None


class Crowd(Value):
    """Open objections beyond those that are listed one by one, as counts, the oldest first: `undecided`, and those taken
    up (`admitted`). Each stands in the register as it came."""

    undecided: int = 0
    admitted: int = 0


class Notice(Value):
    """A public notice: what it showed (`substance`), what was objected, and the entry that cleared it.

    Of objections it holds what is open. Closed ones were kept in filings of before 0.4.0.
    """

    substance: Digest
    ended: bool = False
    announced_end: bool = False
    objections: tuple[Objection, ...] = ()
    crowd: Crowd | None = None
    ready_at: Instant | None = None
    cleared: Mark | None = None

    @property
    def open_objections(self) -> int:
        """How many are not closed, listed or not: any of them keeps the notice from being cleared."""
        return sum(objection.open for objection in self.objections) + self.unlisted

    @property
    def unlisted(self) -> int:
        """How many are open besides those that are listed."""
        return self.crowd.undecided + self.crowd.admitted if self.crowd else 0

    @property
    def undecided(self) -> int:
        """Of how many nobody has said whether they are admissible."""
        listed = sum(each.open and each.admissible is None for each in self.objections)
        return listed + (self.crowd.undecided if self.crowd else 0)

    @property
    def admitted(self) -> int:
        """How many are admissible and have no outcome."""
        return self.open_objections - self.undecided


class Province(Value):
    """What the provincial step of kind B has established."""

    opinion: bool | None = None
    approved: bool = False


class Extension(Value):
    """A request to extend one year's deadline, until it is ruled on.

    A `timely` one keeps the year from being missed; one that `holds`, made after the miss but in time after an obstacle,
    keeps a revocation that rests on the year from completing (G-14).
    """

    requested_at: Instant
    timely: bool
    holds: bool = False


class ReportingYear(Value):
    """One due reporting year. `due` is exclusive: a report received at that instant is late.

    `filed_at` is the first receipt of what counts, `text_at` that of the report or answer whose text counts, if it is not
    the first. `late_request_refused`: an extension that was asked for after the deadline was refused; `request_refused`: one that was asked for in time
    was, after the deadline. `urged` is when an
    office last urged the leader to report it.
    """

    year: int
    due: Instant
    status: YearStatus = YearStatus.OPEN
    closed: bool = False
    filed_at: Instant | None = None
    text_at: Instant | None = None
    missed: Mark | None = None
    reminded: Instant | None = None
    returned: bool = False
    return_used: bool = False
    extension: Extension | None = None
    extended_from: Instant | None = None
    late_request_refused: bool = False
    request_refused: bool = False
    not_before: Instant | None = None
    urged: Instant | None = None


class Case(Value):
    """A revocation case (拟撤销). `not_before` is the earliest instant of a decision after a release or a ruling.

    `stopped` is the day on which it would have completed by itself with too many others: that was held, and two people
    release it. `ran` are the periods in which its leader was heard, as they ran until the decision. Its notice went to a new address: `reserved` once inside the window, `readdressed` once while its arrival was in doubt.
    """

    ground: Ground
    opened: Mark
    years: tuple[int, ...] = ()
    listing: Literal["abnormal", "serious"] | None = None
    served_on: date | None = None
    reserved: bool = False
    readdressed: bool = False
    ended: Mark | None = None
    held: bool = False
    stopped: date | None = None
    defence: Literal["open", "rejected"] | None = None
    not_before: Instant | None = None
    ran: dict[str, Period] = Field(default_factory=dict)


class Challenge(Value):
    """行政复议 or 行政诉讼 that is not decided yet: the act that recorded it, and since when it is heard (G-23)."""

    id: OpaqueId
    procedure: Literal["reconsideration", "suit"]
    accepted_on: date | None = None


class Notification(Value):
    """The notice on whose service a period rests: its entry, and what is known of its arrival (G-18).

    `doubted_at` is when every other channel had failed while it was unread.
    """

    number: int
    by_inbox: bool = False
    read: bool = False
    doubted_at: Instant | None = None


class TookEffect(Value):
    """The last change of leader that took effect: when, and until when (exclusive) it had been on notice (G-24)."""

    at: Instant
    shown_until: Instant


class Change(Value):
    """A reported change that is being reviewed (G-24, Q24)."""

    change: Literal["members", "leader"]
    paper: Digest
    substance: Digest
    leader: str | None = None
    iit_positive: bool | None = None
    notice: Notice | None = None


class Proposed(Value):
    """What the first of two people did: under which entry, and the digest of what it says, which the other must say too."""

    number: int
    said: Digest


class Letter(Value):
    """What an office has entered for somebody and two people have not answered yet (来文): its entry, the instant as of which it
    counts, the year it is about, and the version of the application that it corrects."""

    number: int
    at: Instant
    year: int | None = None
    version: int | None = None


class Denial(Value):
    """A letter that was found not genuine, of which its leader is told (认定来文不符): as of when it had counted, the days in which it can
    be proven, whether they begin with this service, and whether staff have told the leader, for good."""

    at: Instant
    days: str
    begins: bool = False
    told: bool = False


class Kept(Value):
    """A number of the terms that a filing keeps from an earlier edition, and why: what it counts had begun, a year was missed, or its
    revocation was under way, when newer terms came. `year` is the reporting year that had begun."""

    terms: str
    why: Literal["begun", "missed", "decided"]
    year: int | None = None


class Office(Value):
    """A jurisdiction and, if one reviews there, its zone."""

    jurisdiction: Jurisdiction
    zone: OfficeKey | None = None


class Filing(Value):
    """One alliance's case for its whole life.

    `periods` holds every running period under its name; what is stored calls them `clocks`, as it always did. `signed`
    remembers who did what another person must follow, `proposals` who made the first half of an act that takes two people, `proposed` what it says; what was proposed before
    0.4.0 is not there, and whatever the other said completed it. `letters` is what is known of those that were entered for somebody,
    by 0.10.0 and later; `denials` are those found not genuine, by the task that tells it, while something rests on their service. `answers` and `answers_before` are of 0.1 to 0.3,
    which kept the ids of acts of two periods here; the register knows them all, and the next entry leaves these behind (Q21).
    `kept` are the numbers that newer `terms` do not have for it (过渡规定). `told` is when texts were last sent of which a day's first speaks for all, however many come.
    `serves_all` is absent in filings of 0.1.0, whose histories must replay: of their notices only 告知书 are served (G-18).
    `whole_checklist` is absent in filings taken in before 0.4.0, whose reviewers were asked fewer lines.
    `chased_since` is from when whatever waits is chased until somebody acts: from the beginning, or, in filings taken in
    before 0.4.0, from when a run of a later release took them over. `idle_evaluations`
    is of how many years evaluations found no joint activity: `idle_years`, later than `active_year`. `end_reported` is when the leader reported that the
    alliance has ended, until somebody acts upon it. `settled_from`: nothing completes by itself before that
    instant, for a letter that was entered for somebody was confirmed the day before. `incomplete`: imported from a list, and
    the leader has not yet filled in what that did not say (A-02).
    """

    id: FilingId
    kind: Kind
    stage: Stage
    number: int
    jurisdiction: Jurisdiction
    zone: OfficeKey | None = None
    leader: str
    paper: Digest
    version: int
    substance: Digest
    consent: bool = False
    address: Digest
    terms: str
    kept: dict[str, Kept] = Field(default_factory=dict)
    calendar: str
    serves_all: bool = False
    whole_checklist: bool = False
    chased_since: Instant | None = None
    submitted_at: Instant
    periods: dict[str, Period] = Field(default_factory=dict, alias="clocks")
    review: Review | None = None
    notice: Notice | None = None
    province: Province | None = None
    archive_number: str | None = None
    archived_on: date | None = None
    years: tuple[ReportingYear, ...] = ()
    opened_for: int | None = None
    freed_at: Instant | None = None
    case: Case | None = None
    change: Change | None = None
    took_effect: TookEffect | None = None
    end_reported: date | None = None
    settled_from: Instant | None = None
    notification: Notification | None = None
    transfer: Office | None = None
    tags: tuple[str, ...] = ()
    idle_evaluations: int | None = None
    idle_years: tuple[int, ...] = ()
    active_year: int | None = None
    lapsed: Mark | None = None
    decided: Mark | None = None
    ended_at: Instant | None = None
    continues: FilingId | None = None
    continued_by: FilingId | None = None
    incomplete: bool = False
    announced: date | None = None
    challenges: tuple[Challenge, ...] = ()
    told: dict[str, date] = Field(default_factory=dict)
    signed: dict[str, str] = Field(default_factory=dict)
    proposals: dict[str, str] = Field(default_factory=dict)
    proposed: dict[str, Proposed] = Field(default_factory=dict)
    letters: dict[str, Letter] = Field(default_factory=dict)
    denials: dict[str, Denial] = Field(default_factory=dict)
    answers: dict[str, int] = Field(default_factory=dict)
    answers_before: dict[str, int] = Field(default_factory=dict)

    def year(self, year: int) -> ReportingYear | None:
        """The due year of that number, if it ever became due."""
        for due in self.years:
            if due.year == year:
                return due
        return None

    @property
    def report_year(self) -> int | None:
        """The first due year that is not closed."""
        return next((due.year for due in self.years if not due.closed), None)

    @property
    def on_hold(self) -> bool:
        """Whether a revocation waits by an order of staff (G-16)."""
        return self.case is not None and self.case.held

    @property
    def missed_in_a_row(self) -> tuple[ReportingYear, ...]:
        """The due years missed in a row up to the last closed one (连续, G-12). One still open breaks the row."""
        years = self.years
        end = len(years)
        while end and not years[end - 1].closed:
            end -= 1
        begin = end
        while begin and years[begin - 1].closed and years[begin - 1].status is YearStatus.MISSED:
            begin -= 1
        return years[begin:end]

    @property
    def missed_years(self) -> int:
        """How many due years in a row were missed."""
        return len(self.missed_in_a_row)

    @property
    def open_objections(self) -> int:
        """Objections not yet decided, on the application's notice and on a change's."""
        notices = (self.notice, self.change.notice if self.change else None)
        return sum(notice.open_objections for notice in notices if notice)


class Counted(Value):
    """How a date was counted: from which day, how many of what, which days were skipped and which worked."""

    from_: date = Field(alias="from")
    count: int | None = None
    unit: Unit
    last: date
    skipped: tuple[str, ...] = ()
    worked: tuple[str, ...] = ()


class AgendaLine(Value):
    """日程: one lapse that time alone will bring, and why then. `provisional`: until the next working days are arranged; `unopened`: its
    notice lies in the inbox, and nobody has opened it yet, so that the day holds only if it was served by that."""

    at: Instant
    lapse: Lapse
    article: str
    terms: str
    calendar: str
    provisional: bool = False
    unopened: bool = False
    counted: Counted | None = None


LATE = timedelta(hours=1)
"""By how much an act may be entered after its receipt without being marked: an outage of ours, or a door's clock."""


class Entry(Value):
    """登记: an event as written down, with the filing after it."""

    number: int
    at: Instant
    entered_at: Instant
    event: Event
    stage: Stage
    article: str
    refused: str | None = None
    undoes: int | None = None
    filing: Filing

    @property
    def awaits_second(self) -> bool:
        """Whether it holds what was entered for somebody, and has no effect until another person confirms it (G-42)."""
        return not isinstance(self.event, Lapse | Submit | Unreadable | Withheld) and self.event.awaits_second

    @property
    def back_dated(self) -> bool:
        """Whether an act counts from long before it was entered, and not for what came on paper: a door's word for it, to be seen."""
        acted = not isinstance(self.event, Lapse) and getattr(self.event, "came", None) is None
        return acted and self.entered_at - self.at > LATE


class Next(Value):
    """What comes next if nobody acts."""

    at: Instant
    lapse: str


class Receipt(Value):
    """The short answer to an act: its entry, the stage after it, the next date."""

    number: int
    stage: Stage
    next: Next | None = None
    warnings: tuple[str, ...] = ()
