"""The morning's digest (每日待办): one letter to each office on every working morning, with what is due, overdue and new."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from sqlalchemy import func
from sqlalchemy import select as sql
from sqlmodel import Session, col, select

from activities.compiled import compiled, listed, place_of
from activities.database import reading
from activities.letters import Letters
from activities.year_board import REPORTS, board_of, placed
from models.filing import Filing
from models.register import FilingRow, LetterRow, MessageRow
from models.values import SHANGHAI, last_day_until, midnight_after
from models.vocabulary import Kind, ReportState
from regulation import agenda, calendar, naming, offices, service
from regulation.calendar import CALENDARS
from regulation.naming import due_at, midnight, on_day
from regulation.reporting import year_on

DIGEST = "digest"
MORNING = time(8, 30)
DUE_WITHIN = 5
"""Working days that a digest looks ahead."""


@dataclass
class Digests:
    """Compiles each office's digest once a working morning. Who has nothing waiting gets none.

    What counts as new depends on the day alone, not on when a digest is compiled: nothing is new twice.
    """

    letters: Letters
    _compiled_on: date | None = field(default=None, init=False)

    def compile(self, now: datetime) -> list[str]:
        """Open the letters of this morning, if it is one and they are not open yet; which ones."""
        local = now.astimezone(SHANGHAI)
        today = local.date()
        if local.time() < MORNING or today == self._compiled_on:
            return []
        at_work = [office for office in offices.KEYS if _works(office, today)]
        with reading(self.letters.engine) as session:
            compiled = [letter for office in at_work if (letter := _digest(session, office, today, now))]
        opened = [letter.id for letter in compiled if self.letters.compile(letter)]
        self._compiled_on = today
        return opened


def _digest(session: Session, office: str, today: date, now: datetime) -> LetterRow | None:
    overdue, due = _waiting(session, office, today)
    arrived = _arrived(session, office, today)
    reports = _reports(session, office, today)
    if not (due or overdue or arrived or reports):
        return None
    words = {
        "office": offices.name_of(office),
        "day": on_day(today),
        "due_count": str(len(due)),
        "overdue_count": str(len(overdue)),
        "arrived_count": str(len(arrived)),
        "due": listed(due) or "无",
        "overdue": listed(overdue) or "无",
        "arrived": listed(arrived) or "无",
        "reports": f"\n\n年度报送：\n{listed(reports)}" if reports else "",
    }
    return compiled(f"_{DIGEST}-{office}-{today}", DIGEST, office, words, now)


def _waiting(session: Session, office: str, today: date) -> tuple[Sequence[str], Sequence[str]]:
    """What an office has been chased for and has not done (Q31), and what comes next; each by its date."""
    ahead = midnight_after(calendar.last_day(_edition(today), place_of(office), today, DUE_WITHIN, "working_day"))
    overdue: list[tuple[datetime, str]] = []
    due: list[tuple[datetime, str]] = []
    waiting = select(FilingRow.alliance_name, FilingRow.value).where(FilingRow.waiting_for == office)
    for alliance, value in session.exec(waiting.where(col(FilingRow.open).is_(True))):
        filing = Filing.model_validate_json(value)
        subject = f"{alliance}（{filing.id}）"
        chased = {name: period for name, period in filing.periods.items() if period.chased}
        for name, period in chased.items():
            kind = agenda.CHASED[name.partition(":")[0]]
            overdue.append((period.until, f"{subject}：{midnight(period.until)} {kind.label}"))
        coming = agenda.next_deadline(agenda.end(filing, *chased))
        if coming and coming.at <= ahead:
            mark = naming.reserved(
                provisional=agenda.is_provisional(filing, coming),
                unopened=service.is_unopened(filing, coming.period),
            )
            due.append(
                (coming.at, f"{subject}：{due_at(coming.at, coming.lapse.kind)}{mark} {naming.coming(coming.lapse)}")
            )
    return [line for _, line in sorted(overdue)], [line for _, line in sorted(due)]


def _arrived(session: Session, office: str, today: date) -> Sequence[str]:
    """What was sent to an office from the last working morning to this one."""
    at = col(MessageRow.created_at)
    query = select(MessageRow.title).where(MessageRow.office == office, col(MessageRow.to).not_in(offices.INDUSTRY))
    query = query.where(at > _morning(_before(office, today)), at <= _morning(today))
    return session.exec(query.order_by(at, MessageRow.id)).all()


def _reports(session: Session, office: str, today: date) -> Sequence[str]:
    """年度报送 while the window is open: by kind, how many of the office's alliances have reported, and how many still owe it."""
    year = year_on(today)
    place = offices.Scope(zone=office) if office in offices.ZONES else offices.Scope()
    if office in offices.OFFICES:
        place = offices.Scope(jurisdiction=office)
    waiting = REPORTS.c.state.in_([ReportState.OPEN.value, ReportState.EXTENDED.value])
    ends = sql(REPORTS.c.kind, func.max(REPORTS.c.due)).where(REPORTS.c.year == year, waiting, *placed(place))
    last = {kind: last_day_until(at) for kind, at in session.connection().execute(ends.group_by(REPORTS.c.kind))}
    if not last:
        return []
    board = board_of(session.connection(), year, place)
    return [
        f"{year}年度{kind.value}类（最迟{on_day(last[kind.value])}截止）：应报{tally['expected']}，已报{tally['filed']}，"
        f"迟报{tally['late']}，未报{tally['unreported']}，准予延期{tally['extended']}"
        for kind in Kind
        if kind.value in last and (tally := board.of(kind=kind))["expected"]
    ]


def _edition(day: date) -> str:
    return CALENDARS.newest(day)


def _works(office: str, day: date) -> bool:
    return calendar.next_working_day(_edition(day), place_of(office), day) == day


def _before(office: str, day: date) -> date:
    """The working day before a day."""
    day -= timedelta(days=1)
    while not _works(office, day):
        day -= timedelta(days=1)
    return day


def _morning(day: date) -> datetime:
    return datetime.combine(day, MORNING, SHANGHAI)
