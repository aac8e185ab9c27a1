"""Dates: the only file that computes an instant at which time changes a filing.

A period of the law begins with `begin` and stands among the filing's periods until `end`. `next_lapse` reads the periods
and the reporting years and says what time alone will bring next. It is asked after every entry; whoever needs a date
(the workflow's timer, the register, the operators' page, the simulator) takes it from here.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from typing import Any, NamedTuple

from models.acts import Lapse
from models.filing import Case, Counted, Filing, Notice, Period, ReportingYear, Unit
from models.values import at_hour, day_of, last_day_until, midnight_after, on_day, once
from models.vocabulary import ActKind, Ground, LapseKind, Stage, YearStatus
from regulation import calendar, terms
from regulation.moment import STRICTER_SINCE, Moment

LENGTHS = {
    "acceptance": "review.acceptance_working_days",
    "review": "review.city_working_days",
    "midway": "review.reminder_working_days",
    "iit": "review.iit_opinion_working_days",
    "correction": "correction.applicant_days",
    "notice": "notice.length",
    "grace": "notice.postal_grace_working_days",
    "objection": "objection.handling_working_days",
    "forwarding": "forwarding.working_days",
    "archiving": "archive.working_days",
    "check": "annual.check_working_days",
    "answer": "annual.answer_working_days",
    "extension": "extension.ruling_working_days",
    "obstacle": "extension.obstacle_days",
    "change": "change.review_working_days",
    "change_notice": "notice.length",
    "change_grace": "notice.postal_grace_working_days",
    "service": "revocation.service_working_days",
    "unread": "revocation.service_working_days",
    "delivery": "revocation.service_working_days",
    "window": "revocation.statement_working_days",
    "statement_grace": "revocation.postal_grace_working_days",
    "publicity": "revocation.publish_proposal_working_days",
    "defence": "revocation.defence_working_days",
    "decision": "revocation.decision_working_days",
    "restoration": "revocation.decision_working_days",
    "listing_cure": "revocation.listing_cure_days",
    "denied": "letter.answer_days",
    "announcement": "revocation.announce_working_days",
    "announcement_alert": "revocation.announce_alert_working_days",
}
"""Which number of the law each period lasts. A period of one thing among several is named `period:thing`."""

CHASED = {
    "iit": LapseKind.IIT_OVERDUE,
    "review": LapseKind.REVIEW_OVERDUE,
    "recommendation": LapseKind.RECOMMENDATION_OVERDUE,
    "correction": LapseKind.CORRECTION_OVERDUE,
    "objection": LapseKind.OBJECTION_OVERDUE,
    "forwarding": LapseKind.FORWARDING_OVERDUE,
    "archiving": LapseKind.ARCHIVING_OVERDUE,
    "answer": LapseKind.ANNUAL_ANSWER_OVERDUE,
    "extension": LapseKind.EXTENSION_OVERDUE,
    "change": LapseKind.CHANGE_OVERDUE,
    "service": LapseKind.SERVICE_OVERDUE,
    "delivery": LapseKind.DELIVERY_OVERDUE,
    "defence": LapseKind.DEFENCE_OVERDUE,
    "decision": LapseKind.DECISION_OVERDUE,
    "restoration": LapseKind.RESTORATION_DUE,
    "calendar": LapseKind.CALENDAR_OVERDUE,
    "hold": LapseKind.HOLD_OVERDUE,
    "handing": LapseKind.HANDING_OVERDUE,
    "second": LapseKind.SECOND_OVERDUE,
    "ending": LapseKind.ENDING_OVERDUE,
    "challenge": LapseKind.CHALLENGE_OVERDUE,
    "unannounced": LapseKind.ANNOUNCEMENT_OVERDUE,
}
"""Periods whose passing decides nothing: whoever is late is chased, and 5 working days later the superior (Q31)."""

CHASES = 2

AGAIN = 90
"""Every how many days after those two a chase comes again, until somebody acts (Q31)."""

AGAIN_SOONER = {"calendar": 30}
"""Where it comes again sooner; so does that of a letter against what ends a filing."""

FOLLOWED_UP = {"hold": 30, "handing": 10, "second": 10, "ending": 30, "challenge": 90}
"""What waits for somebody without any period of the law, and after how many days it is chased first (`waits`)."""

ANNOUNCED = {"announcement": 1, "announcement_alert": 2}
"""The target and the alert for an announcement, each a chase of its own (G-20)."""

NOTICES = {
    "notice": (LapseKind.NOTICE_ENDED, "grace", LapseKind.NOTICE_CLEARED),
    "change_notice": (LapseKind.CHANGE_NOTICE_ENDED, "change_grace", LapseKind.CHANGE_NOTICE_CLEARED),
}
"""Each notice period, what its end is, its postal grace, and what the end of that is."""

GRACES = {grace: notice for notice, (_, grace, _) in NOTICES.items()}

RANK = {kind: rank for rank, kind in enumerate(LapseKind)}

REMINDER_HOUR = 9


class Due(NamedTuple):
    """What time alone will bring to a filing, at what instant, and the period it follows from."""

    at: datetime
    lapse: Lapse
    period: str | None = None


@lru_cache(1000)
def _lapse(
    kind: LapseKind,
    *,
    of: str | None = None,
    year: int | None = None,
    days: int | None = None,
    level: int | None = None,
    provisional: bool = False,
) -> Lapse:
    """A lapse, made once for all filings that it comes to."""
    return Lapse(kind=kind, of=of, year=year, days=days, level=level, provisional=provisional)


def number(filing: Filing, key: str, year: int | None = None) -> Any:
    """A number of the law as it governs this filing."""
    edition = governing(filing, key) if filing.kept else filing.terms
    return terms.value(edition, key, filing.kind, filing.jurisdiction, year)


def governing(filing: Filing, key: str) -> str:
    """The edition whose number governs a filing: that of its terms, unless it keeps an earlier one (transition.py)."""
    kept = filing.kept.get(key)
    return kept.terms if kept else filing.terms


# Periods: begin, prolong, end, count again


def begin(filing: Filing, name: str, start: date, *, follows: str | None = None) -> Filing:
    """The filing with a period running from a day, that day excluded (Instants 9)."""
    length = LENGTHS[name.partition(":")[0]]
    period = Period.made(
        from_=start,
        count=number(filing, length),
        unit=_unit(filing, length),
        terms=governing(filing, length),
        calendar=filing.calendar,
        until=midnight_after(start),
        follows=follows,
        first_day_counts=length == "notice.length" and number(filing, "notice.count_publication_day"),
    )
    return filing.but(periods={**filing.periods, name: _count(filing, period)})


def begin_until(filing: Filing, name: str, start: date, until: datetime) -> Filing:
    """The filing with a period that ends at a fixed instant, which no calendar moves (Instants 8)."""
    period = Period.made(from_=start, unit="date", terms=filing.terms, calendar=filing.calendar, until=until)
    return filing.but(periods={**filing.periods, name: period})


def prolong(filing: Filing, name: str, key: str) -> Filing:
    """The filing with a running period made longer by a number of the law."""
    period = filing.periods[name]
    longer = period.but(count=(period.count or 0) + number(filing, key))
    return filing.but(periods={**filing.periods, name: _count(filing, longer)})


def end(filing: Filing, *names: str) -> Filing:
    """The filing without these periods."""
    if filing.periods.keys().isdisjoint(names):
        return filing
    return filing.but(periods={name: period for name, period in filing.periods.items() if name not in names})


def end_all(filing: Filing) -> Filing:
    """The filing without any running period."""
    return filing.but(periods={}, denials={})


def last_day(period: Period) -> date:
    """The last day of a period, which is over at its 24:00."""
    return day_of(period.until) - timedelta(days=1)


def count_again(filing: Filing, edition: str, now: datetime) -> Filing:
    """Every running period on a newer calendar; what is over stays. No date moves to before what was announced.

    While a case waits for a calendar, its window and the days for letters are counted again although they seemed over; so are a
    leader's days, and those of a notice, that ended on a provisional day (`COUNTED_ANEW`).
    """
    rested_on = ("window", "statement_grace") if awaits_calendar(filing) else ()
    filing = filing.but(calendar=edition)
    for name, period in sorted(filing.periods.items(), key=lambda each: each[1].follows is not None):
        what = name.partition(":")[0]
        seemed_over = period.provisional and what in COUNTED_ANEW
        if period.until <= now and name not in rested_on and not seemed_over:
            continue
        start = last_day(filing.periods[period.follows]) if period.follows else period.from_
        moved = _count(filing, period.but(from_=start, calendar=edition))
        if seemed_over and what in ENDING and moved.until <= now:  # known to be over from this day on
            moved = moved.but(until=midnight_after(day_of(now)))
        filing = filing.but(periods={**filing.periods, name: moved})
    waits = any(filing.periods[name].provisional for name in rested_on if name in filing.periods)
    return filing if waits else end(filing, "calendar")


ENDING = ("correction", "denied")
"""Days after which something ends by itself against a leader."""

COUNTED_ANEW = (*ENDING, "answer", "window", "statement_grace", *NOTICES, *GRACES)
"""What a calendar may still move after it seemed over: days in which somebody was to be heard."""

CALENDAR_MOVES = timedelta(days=15)
"""By how much no arrangement of holidays moves a last day: the longest holiday are nine days in a row."""


def over_for_sure(period: Period) -> datetime:
    """From when something may be held against a leader that was to act within a period. Where it runs into a year whose calendar is to
    come, that may move its last day; nothing waits for one for ever, but a revocation on the sixth ground (Instants 10, G-09)."""
    runs_into = period.provisional and not calendar.provisional(period.calendar, period.from_, period.from_)
    return period.until + CALENDAR_MOVES if runs_into else period.until


def told_until(period: Period) -> str:
    """The last day of a period as it is told, which a calendar to come may move."""
    return f"{on_day(last_day(period))}24时前" + ("（暂定，工作日历公布后可能后延）" if period.provisional else "")


def as_known_now(filing: Filing, period: Period) -> Period:
    """A period that is over, on the calendar that the filing has now; its day moves to no earlier one."""
    return _count(filing, period.but(calendar=filing.calendar))


def _count(filing: Filing, period: Period) -> Period:
    if period.unit == "date" or period.count is None:
        return period
    last = calendar.last_day(
        period.calendar,
        filing.jurisdiction,
        period.from_,
        period.count,
        period.unit,
        first_day_counts=period.first_day_counts,
    )
    return period.but(
        until=max(period.until, midnight_after(last)),
        provisional=calendar.provisional(period.calendar, period.from_, last),
    )


def _unit(filing: Filing, length: str) -> Unit:
    if length == "notice.length":
        unit: Unit = number(filing, "notice.unit")
        return unit
    return "working_day" if length.endswith("working_days") else "calendar_day"


# Reporting years


def annual_deadline(filing: Filing, year: int) -> datetime:
    """24:00 of the last day for a reporting year (A-34, B-19, G-09); fixed dates do not roll (G-09b)."""
    rolls = filing.calendar if number(filing, "annual.roll_forward") else None
    return _annual_deadline(number(filing, "annual.deadline", year), year, filing.jurisdiction, rolls)


@lru_cache(1000)
def _annual_deadline(of_year: str, year: int, jurisdiction: str, rolls: str | None) -> datetime:
    """The same of a month and day, which `rolls` on to the next working day of a calendar, or does not."""
    month, day = map(int, of_year.split("-"))
    last = date(year, month, day)
    return midnight_after(calendar.next_working_day(rolls, jurisdiction, last) if rolls else last)


def first_due_year(filing: Filing, day: date) -> int:
    """The year in which a filing in force from a day first reports: this one if 90 days are left (G-08)."""
    left = (day_of(annual_deadline(filing, day.year)) - timedelta(days=1) - day).days
    return day.year if left >= 0 and left >= number(filing, "annual.first_due_min_days") else day.year + 1


def first_due_year_of_continuation(filing: Filing, day: date) -> int:
    """The year in which a continuation in force from a day first reports: the one that the filing it continues still owed, for the
    alliance was on file all along (G-08, G-32)."""
    return day.year if day <= last_day_until(annual_deadline(filing, day.year)) else day.year + 1


def year_begins(year: int) -> datetime:
    """From when a year can be reported (当年度, A-34); before, there is nothing to sum up."""
    return at_hour(date(year, 1, 1), 0)


def window_opens(filing: Filing, year: int) -> datetime:
    """From when a year's report is expected (G-12b); an earlier one is taken with a warning."""
    month, day = map(int, number(filing, "annual.window_opens").split("-"))
    return at_hour(date(year, month, day), 0)


@cache
def _reminders(due: datetime, offsets: tuple[int, ...]) -> tuple[tuple[datetime, int], ...]:
    last = day_of(due) - timedelta(days=1)
    return tuple((at_hour(last + timedelta(days=offset), REMINDER_HOUR), offset) for offset in offsets)


# What time brings


def next_lapse(filing: Filing, leaving_aside: Collection[str] = ()) -> Due | None:
    """The head of the agenda: what time alone will bring first. None when time brings nothing any more.

    Whoever looks ahead leaves aside the periods whose chases only come again.
    """
    return _first(filing, leaving_aside)


def next_deadline(filing: Filing, leaving_aside: Collection[str] = ()) -> Due | None:
    """The next lapse that changes standing or is an office's duty, reminders left aside (Q29)."""
    return _first(filing, leaving_aside, idle=(LapseKind.REMINDER,))


def nearest_duty(filing: Filing) -> Due | None:
    """The nearest day that somebody must keep, as lists and cards tell it: not the close of a year that was reported or
    excused, for which nobody has to do anything. Filings of before 0.4.0 tell it as they did until they are taken over.
    """
    if filing.chased_since is None:
        return next_deadline(filing)
    return _first(filing, idle=(LapseKind.REMINDER, LapseKind.YEAR_CLOSED))


def _first(filing: Filing, leaving_aside: Collection[str] = (), idle: Collection[LapseKind] = ()) -> Due | None:
    """The first of what time will bring, some periods and some kinds of lapses left aside."""
    for due in dues(filing):
        if due.period not in leaving_aside and due.lapse.kind not in idle:
            return due
    return None


@once
def provisional(filing: Filing) -> bool:
    """Whether a date that a filing waits for may still move when the next calendar is published."""
    coming = (due for name, period in filing.periods.items() for due in _from_period(filing, name, period))
    return any(is_provisional(filing, due) for due in coming)


def is_provisional(filing: Filing, due: Due) -> bool:
    """Whether a day between which a date was counted lies in a year without an edition (Instants 10)."""
    period = period_of(filing, due)
    if period is None or not period.chased:
        return period is not None and period.provisional
    return calendar.provisional(period.calendar, last_day(period), last_day_until(due.at))


def _order(due: Due) -> tuple[datetime, int, str, int]:
    return due.at, RANK[due.lapse.kind], due.lapse.of or "", due.lapse.year or 0


def _is_kept(filing: Filing, kind: LapseKind, at: datetime) -> bool:
    """Whether what ends a filing against its leader does not come yet, at no instant that is known: a letter of the leader is not
    answered, or the leader not told of the answer."""
    return awaits_letter(filing, kind, at) or bool(untold_denials(filing, kind))


def _put_off(filing: Filing, due: Due) -> Due:
    """What would come before a letter can be proven, or while one keeps everything from completing, comes when that is over."""
    if (days := _days_of_proof(filing, due.lapse.kind)) and over_for_sure(filing.periods[days]) > due.at:
        due = due._replace(at=over_for_sure(filing.periods[days]), period=days)
    if due.lapse.kind in COMPLETES:
        due = due._replace(at=max(due.at, protected_until(filing, due.at) or due.at))
    return due


@once
def dues(filing: Filing) -> tuple[Due, ...]:
    """What time will bring from where a filing stands, in order: of each period and year the next thing.

    All that is asked about dates is read off this, so that for one filing they are worked out once.
    """
    coming = [
        _put_off(filing, due) if due.lapse.kind in PUT_OFF else due
        for due in _dues(filing)
        if due.lapse.kind not in AGAINST or not _is_kept(filing, due.lapse.kind, due.at)
    ]
    return tuple(sorted(coming, key=_order))


COMPLETES = (LapseKind.CORRECTION_LAPSED, LapseKind.NOTICE_CLEARED, LapseKind.CHANGE_NOTICE_CLEARED, LapseKind.REVOKED)
"""What comes by itself and might not have come, had a letter that waits for a second person been confirmed."""


AGAINST = {
    LapseKind.REVOKED: (
        ActKind.FILE_ANNUAL_REPORT,
        ActKind.ANSWER_ANNUAL_RETURN,
        ActKind.REQUEST_EXTENSION,
        ActKind.STATE_DEFENCE,
        ActKind.DEREGISTER,
    ),
    LapseKind.CORRECTION_LAPSED: (ActKind.RESUBMIT, ActKind.WITHDRAW),
}
"""What ends a filing against its leader, and the letters of the leader that it waits for: whichever year they are about, a case may
rest on it, or be broken by it (G-12)."""

ENDED_FROM = {Stage.RETURNED: LapseKind.CORRECTION_LAPSED, Stage.REVOCATION_PENDING: LapseKind.REVOKED}
"""Where something may end a filing against its leader for which letters are waited for, and what."""

LETTERS_AGAINST = frozenset(kind for kinds in AGAINST.values() for kind in kinds)
"""All of those letters."""

PUT_OFF = frozenset((*AGAINST, *COMPLETES))
"""What letters put off."""


def unanswered(filing: Filing, at: datetime | None = None) -> tuple[str, ...]:
    """The letters that stay until two people have said whether they are genuine: those entered from `STRICTER_SINCE` on, and earlier ones
    for what comes `at` an instant from then on.

    What lies in an office, and how long it lies there, is no fault of the one who sent it (G-42).
    """
    if not filing.proposals:
        return ()
    periods = {name: filing.periods.get(f"second:{name}") for name in letters_waiting(filing)}
    later = at is not None and day_of(at) >= STRICTER_SINCE
    return tuple(name for name, period in periods.items() if period and (later or period.from_ >= STRICTER_SINCE))


def awaits_letter(filing: Filing, kind: LapseKind, at: datetime | None = None) -> bool:
    """Whether what ends a filing against its leader waits for two people to answer a letter of the leader."""
    return bool(holding(filing, kind, at))


def holding(filing: Filing, kind: LapseKind, at: datetime | None = None) -> list[str]:
    """The letters of its leader for which what ends a filing waits, if it comes at an instant. One that came when its sender had been heard
    does not hold it: it is answered all the same, also afterwards."""
    against = AGAINST.get(kind, ())
    if not against:
        return []
    return [
        name for name in unanswered(filing, at) if name.partition(":")[0] in against and not came_again(filing, name)
    ]


def objected_on_paper(filing: Filing, at: datetime, *, before: datetime) -> list[str]:
    """The objections on paper that came before an instant and that two people have not answered: what cannot be undone for them any
    more waits for that (G-04, G-42); no office's silence is held against who objected. Those that came later protect as every letter."""
    came = ((name, filing.letters.get(name)) for name in unanswered(filing, at) if kind_of(name) is ActKind.OBJECT)
    return [name for name, letter in came if letter is None or letter.at < before]


def came_again(filing: Filing, name: str) -> bool:
    """Whether a letter that waits is one that came again (`comes_again`)."""
    letter = filing.letters.get(name)
    return letter is not None and comes_again(filing, name.partition(":")[0], letter.year, letter.at)


def comes_again(filing: Filing, kind: str, year: int | None, at: datetime) -> bool:
    """Whether an earlier letter of the same kind on the same thing was answered, and this one came after the window in which its sender
    is heard, and after the days in which what was found not genuine can be proven. Whoever is in doubt holds."""
    days = denied_of(kind, year)
    if at < in_time_until(filing, kind, at) or any(
        filing.denials[task].days == days for task in untold_denials(filing)
    ):
        return False
    if denied := filing.periods.get(days):
        return at >= denied.until
    return kind == ActKind.STATE_DEFENCE and filing.case is not None and filing.case.defence == "rejected"


def came_before(filing: Filing, kind: str, year: int | None, at: datetime) -> bool:
    """Whether what is entered now came in time, or no later than a letter whose proof it may be: one that was found not genuine, and on
    whose service something rests."""
    days = denied_of(kind, year)
    proves = any(each.days == days and at <= each.at for each in filing.denials.values())
    return proves or at < in_time_until(filing, kind, at)


def in_time_until(filing: Filing, kind: str, at: datetime) -> datetime:
    """Until when each letter of a kind is in time, whatever became of earlier ones: a defence in its window, a correction in its days;
    what makes good counts as long as a decision waits for letters anyhow (G-21). `at` where nothing runs."""
    until_then = (
        ("window", "correction") if kind == ActKind.STATE_DEFENCE else ("window", "statement_grace", "correction")
    )
    return max((filing.periods[name].until for name in until_then if name in filing.periods), default=at)


def denied_of(kind: str, year: int | None) -> str:
    """The name of the days in which a letter that was found not genuine can be proven: one for all of a kind on the same thing."""
    return f"denied:{kind}:{year}" if year else f"denied:{kind}"


def heard_in(filing: Filing, kind: LapseKind) -> Period | None:
    """The days in which a leader whose letter was found not genuine can prove it, before what that letter spoke against may end its
    filing."""
    days = _days_of_proof(filing, kind)
    return filing.periods[days] if days else None


def _days_of_proof(filing: Filing, kind: LapseKind) -> str | None:
    """The name of the days that end last of those in which something can be proven that speaks against an end."""
    names = (name for name in filing.periods if _speaks_against(name, kind))
    return max(names, key=lambda name: over_for_sure(filing.periods[name]), default=None)


def untold_denials(filing: Filing, *kinds: LapseKind) -> list[str]:
    """The tasks of telling a leader that a letter that speaks against an end was found not genuine: that end waits for each of them."""
    tasks = (task for task in filing.denials if task in filing.periods)
    return [task for task in tasks if _speaks_against(filing.denials[task].days, *kinds)]


def _speaks_against(days: str, *kinds: LapseKind) -> bool:
    """Whether days are those in which a letter can be proven that speaks against one of these ends, or against any."""
    what, _, of = days.partition(":")
    return what == "denied" and any(of.partition(":")[0] in AGAINST.get(kind, ()) for kind in kinds or AGAINST)


def protected_until(filing: Filing, comes: datetime | None = None) -> datetime | None:
    """Until when a letter that was entered for somebody, and is not confirmed yet, keeps everything from completing.

    That is until the superior is told that nobody confirmed it, or, of one that was confirmed, until the end of that day.
    What ends a filing against its leader waits longer (`awaits_letter`). What `comes` by itself at an instant does not wait for
    letters that came only when others had kept it already, or one after the other would keep it for ever.
    """
    if not filing.proposals:
        return filing.settled_from
    periods = (filing.periods.get(f"second:{name}") for name in protecting(filing, comes))
    waited = [superior_chase(filing, period) for period in periods if period]
    return max([*waited, *([filing.settled_from] if filing.settled_from else [])], default=None)


def protecting(filing: Filing, comes: datetime | None = None) -> list[str]:
    """The letters that keep what comes by itself from completing, so long as they wait."""
    waiting = [name for name in letters_waiting(filing) if not came_again(filing, name)]
    return [name for name in waiting if not (comes and name in filing.letters and filing.letters[name].at >= comes)]


def is_held_by(filing: Filing, name: str, at: datetime) -> bool:
    """Whether a letter held anything up until an instant: what ends a filing against its leader, a step to the province, or what
    would have come by itself by the end of that day."""
    if (ends := ENDED_FROM.get(filing.stage)) and name in holding(filing, ends):
        return True
    if filing.stage in (Stage.NOTICE_CLEARED, Stage.AT_PROVINCE):
        return name in protecting(filing) and at < (protected_until(filing) or at)
    coming = (due.at for due in _dues(filing) if due.lapse.kind in COMPLETES)
    return any(comes < midnight_after(day_of(at)) and name in protecting(filing, comes) for comes in coming)


def _dues(filing: Filing) -> Iterator[Due]:
    for name, period in filing.periods.items():
        if filing.stage is not Stage.LAPSED or name.startswith(("delivery:", "second:")):  # all else stands still
            yield from _from_period(filing, name, period)
    if filing.stage in (Stage.IN_FORCE, Stage.REVOCATION_PENDING):
        for year in filing.years[-3:]:
            if not year.closed or year.status is YearStatus.MISSED:
                yield from _from_year(filing, year)
    if filing.stage is Stage.IN_FORCE:
        yield from _second_miss(filing)


def _from_period(filing: Filing, name: str, period: Period) -> Iterator[Due]:
    what, _, thing = name.partition(":")
    if what in NOTICES:
        notice = _shown(filing, what)
        if notice and not notice.ended:
            yield Due(period.until, _lapse(NOTICES[what][0]), name)
            eve = at_hour(last_day(period) - timedelta(days=1), REMINDER_HOUR)
            if not notice.announced_end and eve > (notice.ready_at or filing.submitted_at):
                yield Due(eve, _lapse(LapseKind.REMINDER, of=what), name)
    elif what in GRACES:
        notice = _shown(filing, GRACES[what])
        waits = what == "change_grace" and filing.stage is not Stage.IN_FORCE
        if notice and notice.ended and not notice.open_objections and not waits:
            at = max(period.until, notice.ready_at or period.until, _free_since(filing, what) or period.until)
            if what == "change_grace" and objected_on_paper(filing, at, before=filing.periods["change_notice"].until):
                return  # nothing undoes a change that has taken effect
            yield Due(at, _lapse(NOTICES[GRACES[what]][2]), name)
    elif what == "unread":
        yield Due(_fails_at(filing, period), _lapse(LapseKind.SERVICE_FAILED), name)
    elif what == "acceptance":
        yield Due(period.until, _lapse(LapseKind.DEEMED_ACCEPTED), name)
    elif what == "midway":
        yield Due(at_hour(last_day(period), REMINDER_HOUR), _lapse(LapseKind.REMINDER, of="review"), name)
    elif what == "correction" and number(filing, "correction.lapses"):
        yield Due(over_for_sure(period), _lapse(LapseKind.CORRECTION_LAPSED), name)
    elif what in ANNOUNCED:
        yield Due(period.until, _lapse(LapseKind.ANNOUNCEMENT_OVERDUE, level=ANNOUNCED[what]), name)
    elif what == "window":
        yield from _from_window(filing, period)
    elif what in CHASED and ((period.chased or 0) < CHASES or _is_chased_again(filing, name)):
        if rests(filing, name):
            return
        at, level = _next_chase(filing, name, period)
        of, year = (thing, None) if what in OF_SOMETHING else (None, int(thing) if thing else None)
        yield Due(at, _lapse(CHASED[what], of=of, year=year, level=level), name)


OF_SOMETHING = ("objection", "delivery", "second", "challenge")
"""Periods that run on one thing among several; others on a reporting year, if on anything."""


def _is_chased_again(filing: Filing, name: str) -> bool:
    """Whether chases of a period come again until somebody acts.

    Of a filing that has come to its end only what was decided must still reach its leader: other messages rest.
    """
    what = name.partition(":")[0]
    if what in AGAIN_SOONER:
        return True
    return filing.chased_since is not None and not (what == "delivery" and filing.stage in NO_DECISION)


NO_DECISION = (Stage.WITHDRAWN, Stage.LAPSED, Stage.DEREGISTERED, Stage.CONTINUED)
"""Ends that nobody decided."""


def rests(filing: Filing, name: str) -> bool:
    """Whether nobody is late with what a period asks for: it is done, or may not be done yet (Q13, Q16, Q23)."""
    what, _, thing = name.partition(":")
    if what == "answer":
        year = filing.year(int(thing))
        return year is None or not year.returned
    if what == "change":
        return filing.stage is not Stage.IN_FORCE
    if what == "calendar" and awaits_extension(filing):
        return True
    if what == "decision" and filing.case and filing.case.ground is Ground.TWO_YEARS_MISSED:
        return any(each.until is None for each in decision_waits(filing, filing.case))
    return (
        what in ("decision", "calendar")
        and filing.case is not None
        and (filing.case.held or filing.case.defence == "open")
    )


def _fails_at(filing: Filing, period: Period) -> datetime:
    """When a notice in doubt counts as not served: before its own period is over, not before the doubt arose (G-18)."""
    runs = filing.periods.get("window") or filing.periods.get("correction") or period
    at = min(period.until, runs.until)
    doubted_at = filing.notification.doubted_at if filing.notification else None
    return max(at, doubted_at or at)


def superior_chase(filing: Filing, period: Period) -> datetime:
    """When the superior is told of what is overdue: 5 working days after it was due (Q31)."""
    days = number(filing, "chase.superior_working_days")
    return midnight_after(
        calendar.last_day(period.calendar, filing.jurisdiction, last_day(period), days, "working_day")
    )


def _next_chase(filing: Filing, name: str, period: Period) -> tuple[datetime, int]:
    """When somebody who is late is chased next: when it is due, 5 working days later, and at last every so many days.

    Which chase that is, is counted from when it was due. What was left alone by a release of before 0.4.0 is chased on
    from when a newer one took it over, and not for every time that was missed.
    """
    if not period.chased:
        return period.until, 1
    if period.chased < CHASES:
        return superior_chase(filing, period), CHASES
    since = filing.chased_since or period.until
    missed = (day_of(since) - last_day(period)).days // _every(name, period)
    level = max(period.chased, CHASES + missed) + 1
    return midnight_after(last_day(period) + timedelta(days=_days_later(name, period, level))), level


def _every(name: str, period: Period) -> int:
    what, _, of = name.partition(":")
    if what == "second" and of.partition(":")[0] in LETTERS_AGAINST and period.from_ >= STRICTER_SINCE:
        return AGAIN_SOONER["calendar"]
    return AGAIN_SOONER.get(what, AGAIN)


def _days_later(name: str, period: Period, level: int) -> int:
    return _every(name, period) * (level - CHASES)


def _shown(filing: Filing, what: str) -> Notice | None:
    """The notice of a period, while it is being shown and nothing has cleared it."""
    if what == "notice":
        notice = filing.notice if filing.stage is Stage.ON_NOTICE else None
    else:
        notice = filing.change.notice if filing.change else None
    return notice if notice and not notice.cleared else None


def _free_since(filing: Filing, what: str) -> datetime | None:
    """A change waits until a revocation case has ended (Q23)."""
    return filing.freed_at if what == "change_grace" else None


def _from_window(filing: Filing, period: Period) -> Iterator[Due]:
    """The window for statement and defence (G-17), and what follows from it by itself (G-16, Q16)."""
    case = filing.case
    if case is None or filing.stage is not Stage.REVOCATION_PENDING:
        return
    if case.ended is None:
        grace = filing.periods.get("statement_grace")
        provisional = _completes_itself(filing, case) and grace is not None and grace.provisional
        yield Due(period.until, _lapse(LapseKind.STATEMENT_ENDED, provisional=provisional), "window")
    elif _completes_itself(filing, case):
        waits = list(decision_waits(filing, case))
        if all(each.until for each in waits):
            name = "statement_grace" if "statement_grace" in filing.periods else "window"
            at = max([filing.periods[name].until, *(each.until for each in waits if each.until)])
            yield Due(at, _lapse(LapseKind.REVOKED), name)


class Awaits(NamedTuple):
    """What a decision to revoke waits for, and until when; None where it waits for somebody."""

    what: str
    until: datetime | None = None


def decision_waits(filing: Filing, case: Case) -> Iterator[Awaits]:
    """All that a decision to revoke waits for, whoever takes it: what completes by itself and what people approve ask the same
    (G-16, G-17, Q16, Q17). People can know what letters lie about, and how their city works: the days for letters and a calendar
    to come are waited for on the sixth ground alone, which rests on facts of the system, and not on their word.
    """
    if case.served_on is None:
        yield Awaits("service")
    window = filing.periods.get("window")
    if case.ended is None:
        yield Awaits("window")
    elif window and (again := window_again(case, window)):
        yield Awaits("window", again)
    if case.defence == "open":
        yield Awaits("defence")
    if case.held:
        yield Awaits("hold")
    if case.ground is Ground.TWO_YEARS_MISSED:
        if awaits_extension(filing):
            yield Awaits("extension")
        if awaits_calendar(filing):
            yield Awaits("calendar")
    for name in ("statement_grace",) if case.ground is Ground.TWO_YEARS_MISSED else ("listing_cure",):
        if period := filing.periods.get(name):
            yield Awaits(name, period.until)
    if case.not_before:
        yield Awaits("next_day", case.not_before)


def window_again(case: Case, window: Period) -> datetime | None:
    """Until when a window that seemed to have ended is open again, for a calendar has moved its last day (G-09, Q17)."""
    return window.until if case.ended and window.until > case.ended.at else None


def _completes_itself(filing: Filing, case: Case) -> bool:
    return case.ground is Ground.TWO_YEARS_MISSED and bool(number(filing, "revocation.auto_complete"))


def awaits_calendar(filing: Filing) -> bool:
    """Whether a decision on the sixth ground would rest on days that no published calendar covers (Instants 10, G-09). Where people
    take it, no period tells so: it is read off the days in which the leader was heard."""
    case = filing.case if filing.stage is Stage.REVOCATION_PENDING else None
    if "calendar" in filing.periods or case is None or case.ended is None or case.ground is not Ground.TWO_YEARS_MISSED:
        return "calendar" in filing.periods
    heard = (filing.periods.get(name) for name in ("window", "statement_grace"))
    return not _completes_itself(filing, case) and any(period.provisional for period in heard if period)


def awaits_extension(filing: Filing) -> bool:
    """Whether a year on which a case rests may still become due later: a request in time is not ruled on (G-14, Q12)."""
    return any(year.extension and year.extension.holds for year in filing.missed_in_a_row)


def _from_year(filing: Filing, year: ReportingYear) -> Iterator[Due]:
    """The close of a due year (Q15) and its reminders (G-13). What was closed otherwise than by a miss brings nothing."""
    undecided = year.extension is not None and year.extension.timely and year.status is not YearStatus.FILED
    if not year.closed and not undecided:
        kind = LapseKind.YEAR_MISSED if year.status is YearStatus.OPEN else LapseKind.YEAR_CLOSED
        yield Due(max(year.due, year.not_before or year.due), _lapse(kind, year=year.year))
    before = year.status is YearStatus.OPEN and not year.closed
    after = (
        year.status is YearStatus.MISSED and filing.stage is Stage.IN_FORCE and filing.years[-1].year <= year.year + 1
    )
    if before or after:
        since = max(filter(None, (year.reminded, None if before else filing.freed_at, filing.submitted_at)))
        for at, offset in _reminders(year.due, tuple(number(filing, "annual.reminder_days"))):
            if (offset < 0) is before and at > since:
                yield Due(at, _lapse(LapseKind.REMINDER, of="annual", year=year.year, days=offset))
                break


def _second_miss(filing: Filing) -> Iterator[Due]:
    """Two consecutive due years missed open a revocation by themselves (A-42, G-12, G-16), unless the next was reported in time."""
    missed = filing.missed_in_a_row
    if not missed or reported_since(filing):
        return
    if len(missed) >= number(filing, "revocation.missed_years") and missed[-1].year > (filing.opened_for or 0):
        since = [year.missed.at for year in missed if year.missed] + ([filing.freed_at] if filing.freed_at else [])
        yield Due(max(since), _lapse(LapseKind.REVOCATION_OPENED, year=missed[-1].year))


def reported_since(filing: Filing) -> bool:
    """Whether the year after those missed was filed in time: it counts at its receipt, not only when it closes (G-12).

    A report on a year that had not begun says nothing yet of that year.
    """
    filed = ((year.year, day_of(year.filed_at)) for year in filing.years if not year.closed and year.filed_at)
    counts = {year.year for year in filing.years if year.status is YearStatus.FILED}
    return any(year in counts and day >= STRICTER_SINCE and day.year >= year for year, day in filed)


def waits(filing: Filing) -> set[str]:
    """What of a filing waits for somebody though no period of the law runs on it: the names under which it is chased.

    An order of 暂缓, a transfer that is not taken, the second of two people, an alliance whose end was reported, a 复议
    or 诉讼 without an outcome.
    """
    names = {f"challenge:{each.id}" for each in filing.challenges}
    names.update(f"second:{key}" for key in filing.proposals if _may_be_seconded(filing, key))
    if filing.on_hold:
        names.add("hold")
    if filing.transfer and filing.stage in HANDED_OVER_FROM:
        names.add("handing")
    if filing.end_reported and filing.stage is Stage.IN_FORCE:
        names.add("ending")
    return names


HANDED_OVER_FROM = (Stage.SUBMITTED, Stage.RETURNED, Stage.UNDER_REVIEW, Stage.REVIEW_PASSED, Stage.IN_FORCE)
"""Where a transfer can be taken (G-31); while a revocation is pending it rests."""


BY_TWO_OFFICERS = (
    ActKind.REFUSE,
    ActKind.RULE_ON_OBJECTION,
    ActKind.EXCUSE_YEAR,
    ActKind.DISCOUNT_ANNUAL_REPORT,
    ActKind.RELEASE,
    ActKind.DENY_LETTER,
    ActKind.CLOSE_LETTER,
)
"""What two officers do of their own. Whatever else waits for a second person was entered for somebody (`on_paper`)."""

SECONDED = tuple(stage for stage in Stage if stage not in NO_DECISION or stage is Stage.LAPSED)
"""Where something may wait for the second of two people; a correction posted in time also after the application lapsed."""


def letters_waiting(filing: Filing) -> dict[str, str]:
    """What was entered for somebody and waits for another person to confirm it, with who entered it."""
    return {name: by for name, by in filing.proposals.items() if name.partition(":")[0] not in BY_TWO_OFFICERS}


def kind_of(letter: str) -> ActKind:
    """What a letter is, by the name under which it waits."""
    return ActKind(letter.partition(":")[0])


def kinds_of(letters: Iterable[str]) -> list[str]:
    """What some letters are, in words, each once."""
    return list(dict.fromkeys(kind_of(each).label for each in letters))


def letter_of(filing: Filing, act: str) -> str | None:
    """Under which name a letter waits that was entered by an act of this id; None if it does not."""
    return next((name for name in letters_waiting(filing) if name.partition(":")[2] == act), None)


def second_overdue(filing: Filing, lapse: Lapse, when: Moment) -> Filing:
    """The second of two people is chased. A letter stays until two people have answered it; before `STRICTER_SINCE` one that
    nobody confirmed fell away when it would be chased once more."""
    stays = unanswered(filing, when.at)
    filing, name = chase(filing, lapse, when), lapse.of or ""
    if (lapse.level or 0) <= CHASES or name not in letters_waiting(filing) or name in stays:
        return filing
    proposals = {each: by for each, by in filing.proposals.items() if each != name}
    return end(filing, f"second:{name}").but(proposals=proposals)


def _may_be_seconded(filing: Filing, key: str) -> bool:
    """Whether what one of two people did is still open to the other: to refuse, upon an objection or without, to excuse or
    discount a year, or what was entered for somebody."""
    kind, _, of = key.partition(":")
    if kind not in BY_TWO_OFFICERS:
        return filing.stage in SECONDED
    if kind == ActKind.REFUSE:
        return filing.stage in (Stage.RETURNED, Stage.UNDER_REVIEW, Stage.REVIEW_PASSED)
    if kind == ActKind.RULE_ON_OBJECTION:
        return f"objection:{of}" in filing.periods
    if kind == ActKind.RELEASE:
        return filing.case is not None and filing.case.held
    if kind in (ActKind.DENY_LETTER, ActKind.CLOSE_LETTER):
        return filing.stage in SECONDED and letter_of(filing, of) is not None
    year = filing.year(int(of)) if filing.stage in (Stage.IN_FORCE, Stage.REVOCATION_PENDING) else None
    if year is None:
        return False
    return (
        year.returned if kind == ActKind.DISCOUNT_ANNUAL_REPORT else year.status in (YearStatus.OPEN, YearStatus.MISSED)
    )


def followed_up(filing: Filing, before: Filing, when: Moment) -> Filing:
    """The filing with a chase for everything that waits, and none for what does so no more.

    A letter that waited `before` and still does is chased on from where that stood, though a case, or the filing, has ended
    meanwhile; for those that were entered from `STRICTER_SINCE` on.
    """
    if filing.chased_since is None:
        return filing
    waiting = waits(filing)
    if filing.stage is Stage.LAPSED and day_of(when.stamped_at) < STRICTER_SINCE:
        waiting = {name for name in waiting if not name.startswith("second:")}
    over = [name for name in filing.periods if name.partition(":")[0] in FOLLOWED_UP and name not in waiting]
    if not waiting and not over:
        return filing
    filing = end(filing, *over)
    for name in sorted(waiting - filing.periods.keys()):
        what, _, of = name.partition(":")
        chased = before.periods.get(name)
        if what == "second" and chased and chased.from_ >= STRICTER_SINCE:
            filing = filing.but(periods={**filing.periods, name: chased})
            continue
        day = day_of(when.stamped_at) if what == "second" else when.arrival_day
        first = midnight_after(day + timedelta(days=FOLLOWED_UP[what]))
        if what == "second" and day >= STRICTER_SINCE and (since := _held_since(filing, of)):
            first = min(first, max(midnight_after(since + timedelta(days=FOLLOWED_UP[what])), midnight_after(day)))
        filing = begin_until(filing, name, day, first)
    return filing


def _held_since(filing: Filing, letter: str) -> date | None:
    """Since when what a letter holds would have come: whoever chases it chases a case that is as old as that, not as the letter."""
    kinds = [kind for kind, against in AGAINST.items() if letter.partition(":")[0] in against]
    if came_again(filing, letter):
        return None
    at = min((due.at for due in _dues(filing) if due.lapse.kind in kinds), default=None)
    return day_of(at) if at else None


def chase(filing: Filing, lapse: Lapse, when: Moment) -> Filing:
    """Whoever is late was chased: when due, then at their superior's, then again and again (Q31). No legal fact changes."""
    thing = lapse.of or (str(lapse.year) if lapse.year else "")
    for name, period in filing.periods.items():
        what, _, about = name.partition(":")
        if lapse.kind is LapseKind.ANNOUNCEMENT_OVERDUE and ANNOUNCED.get(what) == lapse.level:
            filing = end(filing, name)
            alerted = lapse.level == CHASES and filing.chased_since is not None
            kept = {"unannounced": period.but(chased=CHASES)} if alerted else {}
            return filing.but(periods=filing.periods | kept)
        if CHASED.get(what) is lapse.kind and about == thing:
            return filing.but(periods={**filing.periods, name: period.but(chased=lapse.level)})
    raise LookupError(f"{filing.id}: 没有正在催办的{lapse.kind.label}")


def overtaken(filing: Filing, lapse: Lapse, written_at: datetime) -> bool:
    """Whether a reminder that is only written now comes too late to remind: the next one's instant, or the end that it
    reminds of, has passed. Of many that an outage held back, the leader gets one that is still true (G-13).
    """
    if lapse.of == "annual":
        year = filing.year(lapse.year or 0)
        days = lapse.days or 0
        if year is None:
            return False
        offsets = tuple(number(filing, "annual.reminder_days"))
        later = [at for at, offset in _reminders(year.due, offsets) if offset > days and (offset < 0) is (days < 0)]
        return min([*later, *([year.due] if days < 0 else [])], default=written_at + timedelta(1)) <= written_at
    period = filing.periods.get(lapse.of or "")
    return period is not None and period.until <= written_at


# How a date was counted


def period_of(filing: Filing, due: Due) -> Period | None:
    """The running period that a line of the agenda follows from."""
    return filing.periods.get(due.period) if due.period else None


def counted(filing: Filing, due: Due) -> Counted | None:
    """How the date of a line of the agenda was counted."""
    last = last_day_until(due.at)
    if due.lapse.kind is LapseKind.REMINDER and due.lapse.year is not None:
        year = filing.year(due.lapse.year)
        basis = day_of(year.due) - timedelta(days=1) if year else last
        return Counted(from_=basis, count=due.lapse.days, unit="calendar_day", last=day_of(due.at))
    period = period_of(filing, due)
    if period is None:
        return Counted(from_=last, unit="date", last=last)
    if period.chased and period.chased >= CHASES:
        days = _days_later(due.period or "", period, due.lapse.level or 0)
        return Counted(from_=last_day(period), count=days, unit="calendar_day", last=last)
    if period.chased:
        days = number(filing, "chase.superior_working_days")
        return calendar.explain(
            period.calendar, filing.jurisdiction, last_day(period), last, days, "working_day", first_day_counts=False
        )
    return explained(filing, period)


def explained(filing: Filing, period: Period) -> Counted:
    """How the last day of a period was counted."""
    return calendar.explain(
        period.calendar,
        filing.jurisdiction,
        period.from_,
        last_day(period),
        period.count,
        period.unit,
        period.first_day_counts,
    )
