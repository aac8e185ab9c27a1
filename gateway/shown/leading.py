"""What a leader has to do and may do (盟主待办): tasks over all its filings, each until when and what follows if nobody does it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gateway.identity import Identity
from gateway.shown.progress import ways
from gateway.shown.rounds.surveys import Asked
from gateway.tools import Tools, value_of
from models.acts import NEW_VERSIONS
from models.filing import Filing, ReportingYear
from models.register import FilingRow, MessageRow
from models.values import day_of, last_day_until, midnight_after
from models.vocabulary import ActKind, YearStatus
from regulation import calendar, entries, lifecycle, naming
from regulation.annual import COUNTS
from regulation.moment import Moment
from regulation.offers import Offer, offers
from regulation.progress import Track
from regulation.steps import MISSED_TWICE, if_nobody

URGENT = (
    ActKind.RESUBMIT,
    ActKind.STATE_DEFENCE,
    ActKind.ANSWER_ANNUAL_RETURN,
    ActKind.FILE_ANNUAL_REPORT,
    ActKind.COMPLETE_RECORD,
)
"""What somebody waits for, the most urgent first; all else can be done if there is occasion."""

IN_THE_INBOX = (ActKind.ACKNOWLEDGE_SERVICE,)
"""What is done by opening a message."""

REPORTS = (ActKind.FILE_ANNUAL_REPORT, ActKind.ANSWER_ANNUAL_RETURN)
"""What is written on the page of a year's report."""

AHEAD = timedelta(days=92)
"""So long before its day something is told among what is to be done; a report may be filed many months before."""


@dataclass(frozen=True)
class Task:
    """Something that a leader may do now: where, and until when if there is such a day. `due` is exclusive.

    `again`: it was done already, and may be done once more; nobody waits for it. `late`: its day is over, and it may still be
    made good by `due`. `otherwise`: what follows if nobody does it.
    """

    kind: ActKind
    address: str
    what: str
    due: datetime | None = None
    again: bool = False
    otherwise: str = ""
    late: bool = False


@dataclass(frozen=True)
class Standing:
    """A filing with the ways that it goes and what its leader may do now: what is waited for, and what else."""

    row: FilingRow
    ways: tuple[Track, ...]
    urgent: tuple[Task, ...]
    other: tuple[Task, ...]

    @property
    def first(self) -> tuple[bool, bool, float]:
        """By what it stands before others: that something is waited for, and the day of it."""
        due = min((each.due.timestamp() for each in self.urgent if each.due), default=0.0)
        return not self.urgent, not due, due


@dataclass(frozen=True)
class Todo:
    """A line of the leader's list: what, where, about which alliance, until when, and how it stands in a word."""

    name: str
    href: str
    hint: str
    due: datetime | None
    state: str
    tone: str


def standings(tools: Tools, rows: list[FilingRow], who: Identity) -> list[Standing]:
    """Every filing of a leader, those first that wait for it."""
    filings = {row.filing_id: value_of(row) for row in rows}
    gone = ways(tools.register.engine, filings, tools.clock())
    found = [_standing(tools, row, filings[row.filing_id], gone[row.filing_id], who) for row in rows]
    return sorted(found, key=lambda each: each.first)


def _standing(tools: Tools, row: FilingRow, filing: Filing, gone: tuple[Track, ...], who: Identity) -> Standing:
    open_now = [each for each in offers(filing, tools.now, who.by) if each.mine and each.open]
    tasks = [task for each in open_now if each.kind not in IN_THE_INBOX for task in tasks_of(filing, each, tools.now)]
    soon = tools.clock() + AHEAD
    waited_for = [each for each in tasks if each.kind in URGENT and not each.again]
    urgent = [each for each in waited_for if each.late or each.due is None or each.due <= soon]
    urgent.sort(key=lambda each: URGENT.index(each.kind))
    return Standing(row, gone, tuple(urgent), tuple(each for each in tasks if each not in urgent))


def todos(
    tools: Tools,
    standing: Iterable[Standing],
    surveys: Iterable[Asked],
    letters: Iterable[tuple[MessageRow, str]],
) -> list[Todo]:
    """What is due now, over all filings: the `letters` that wait to be opened, with what that means, then what is late, then by the day."""
    now = tools.clock()
    found = [
        Todo(
            f"签收：{message.title}",
            f"/my/inbox/{message.id}",
            on_opening,
            None,
            "待签收",
            "warn",
        )
        for message, on_opening in letters
    ]
    dated = [_todo(each.row, task, now) for each in standing for task in each.urgent]
    dated += [_of_survey(each, now) for each in surveys if each.waits]
    return found + sorted(dated, key=lambda each: (each.tone != "bad", each.due is None, each.due or now))


def _todo(row: FilingRow, task: Task, now: datetime) -> Todo:
    until = f"{'可以补报至' if task.late else '截至'}{naming.midnight(task.due)}" if task.due else ""
    hint = "；".join(each for each in (row.alliance_name, until, task.otherwise) if each)
    left = ("已逾期", "bad") if task.late else _left(task.due, now, row.calendar, row.jurisdiction)
    return Todo(task.what, task.address, hint, None if task.late else task.due, *left)


def _of_survey(asked: Asked, now: datetime) -> Todo:
    due, row = midnight_after(asked.round.closes), asked.row
    hint = f"{row.alliance_name}；{asked.standing}；截至{naming.midnight(due)}"
    return Todo(
        f"填报统计调查表：{asked.round.title}",
        asked.address,
        hint,
        due,
        *_left(due, now, row.calendar, row.jurisdiction),
    )


NEAR = 5
"""From how many working days left on a day is near."""


def _left(due: datetime | None, now: datetime, edition: str, jurisdiction: str) -> tuple[str, str]:
    """How much is left of a day, in a word, and its tone."""
    if due is None:
        return "待办", ""
    if due <= now:
        return "已过期限", "bad"
    days = calendar.days_left(edition, jurisdiction, day_of(now), last_day_until(due))
    return (f"余{days}个工作日" if days else "今日截止"), "warn" if days <= NEAR else ""


def tasks_of(filing: Filing, offer: Offer, when: Moment) -> list[Task]:
    """An offer as tasks: one of each year, where it is about a year and several can be done now."""
    if not hasattr(offer.act, "year"):
        return [task_of(filing, offer)]
    stands = entries.projected(filing, when)
    about = [offer.act.but(year=year.year) for year in stands.years]
    acts = [act for act in about if lifecycle.check(stands, act, when) is None]
    return [task_of(stands, offer.but(act=act)) for act in acts or [offer.act]]


def task_of(filing: Filing, offer: Offer) -> Task:
    """An offer as a task. What has a day of its own is told with it: that of the period or year that governs this act."""
    kind = offer.kind
    address = f"/filings/{filing.id}/acts/{kind.value}"
    task = Task(kind, address, kind.label, otherwise=if_nobody(filing, kind))
    if kind in NEW_VERSIONS:
        period = filing.periods.get("correction") if kind is ActKind.RESUBMIT else None
        return replace(task, address=f"/my/corrections/{filing.id}", due=period.until if period else None)
    if kind is ActKind.STATE_DEFENCE:
        period = filing.periods.get("window")
        return replace(task, due=period.until if period else None)
    year = filing.year(getattr(offer.act, "year", 0))
    return _of_a_year(filing, offer, year, task) if year else task


def _of_a_year(filing: Filing, offer: Offer, year: ReportingYear, task: Task) -> Task:
    """What is done about a year: reported until its deadline, or as long as it may be made good (Q14); answered within the
    answer's own period (G-11b); an extension is asked for before the deadline, and after it as the obstacle allows (G-14)."""
    kind, about, due, again, late = offer.kind, f"{year.year}年度", None, False, False
    if kind is ActKind.ANSWER_ANNUAL_RETURN:
        period = filing.periods.get(f"answer:{year.year}")
        due = period.until if period else None
    elif kind is ActKind.FILE_ANNUAL_REPORT:
        again, missed = year.status in COUNTS, year.status is YearStatus.MISSED
        about += "，替换已报送的" if again else "，补报" if missed else ""
        due = _made_good_until(filing, year) if missed else year.due
        late = missed
        task = replace(task, otherwise=MADE_GOOD) if missed else task
    elif year.status is not YearStatus.MISSED:
        due = year.due
    address = f"{task.address}?year={year.year}"
    if kind in REPORTS:
        address = f"/my/reports/{filing.id}/{year.year}"
    return replace(task, address=address, what=f"{kind.label}（{about}）", due=due, again=again, late=late)


MADE_GOOD = f"已记为未报送，补报以后不计入连续未报送；{MISSED_TWICE}"
"""What stands beside a missed year that may be made good: what was to follow has followed."""


def _made_good_until(filing: Filing, year: ReportingYear) -> datetime | None:
    """Until when a missed year can surely be made good: its case may be decided once the window is over (G-21)."""
    case, window, following = filing.case, filing.periods.get("window"), filing.year(year.year + 1)
    if case and year.year in case.years:
        return window.until if window and case.ended is None else None
    return following.due if following else None
