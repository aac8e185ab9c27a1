"""What is told of a filing in a line (列): how each column is called and how wide it is, and how it is read off the row.

Lists at the desk and at the command line, tables to take away and the public register have their columns from here, so that a
filing is told the same wherever it stands in a line.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from activities.rows import duties_of
from models.choices import CHOICES, OUTCOMES
from models.register import FilingRow
from models.values import last_day_until
from models.vocabulary import LapseKind, Role, Stage
from regulation import agenda, calendar, naming, offices
from regulation.listed import is_stand_in
from regulation.overdue import Late

Datum = str | int | date | None


@dataclass(frozen=True)
class Column:
    """A fact of a filing in a line: its key, what it is called, how wide it is in characters, and how it is read."""

    key: str
    title: str
    width: int
    of: Callable[[FilingRow], Datum]


def last_day(row: FilingRow) -> date | None:
    """The last day before a filing's nearest deadline is over; None if it waits for no day."""
    return last_day_until(row.next_deadline) if row.next_deadline else None


def days_left(row: FilingRow, today: date) -> int | None:
    """How many working days that leaves; negative: so many over."""
    last = last_day(row)
    return calendar.days_left(row.calendar, row.jurisdiction, today, last) if last else None


@dataclass(frozen=True)
class Overdue:
    """The duty that is overdue longest, and by how many working days."""

    duty: Late
    days: int


def overdue_of(row: FilingRow, today: date, role: Role, office: str) -> Overdue | None:
    """What is overdue on a filing, as lists and its own page tell it: the duty of whoever looks before any other's."""
    duties = duties_of(row.overdue)
    own = [each for each in duties if (each.role, each.office) == (role, office)]
    duty = min(own or duties, key=lambda each: each.last, default=None)
    return Overdue(duty, -calendar.days_left(row.calendar, row.jurisdiction, today, duty.last)) if duty else None


def _until(row: FilingRow) -> str | None:
    if row.next_deadline is None:
        return None
    return naming.short_due_at(row.next_deadline, row.next_lapse) + reserved(row)


def reserved(row: FilingRow) -> str:
    """What is told beside the nearest deadline of a filing of a list if that may still move."""
    return naming.reserved(provisional=row.provisional, unopened=rests_on_opening(row))


def rests_on_opening(row: FilingRow) -> bool:
    """Whether that deadline runs from a notice that nobody has opened yet; rows that a list has read tell it."""
    return row.next_lapse in FROM_SERVICE and bool(getattr(row, "unopened", False))


FROM_SERVICE = frozenset(
    {
        *(agenda.CHASED[name] for name in ("correction", "decision", "calendar")),
        *(LapseKind.CORRECTION_LAPSED, LapseKind.STATEMENT_ENDED, LapseKind.REVOKED),
    }
)
"""What comes at the end of a period that runs from the service of a notice (`service.FROM_SERVICE`)."""


def _awaited(row: FilingRow) -> str | None:
    return naming.awaited(row.waiting_for, row.leader, row.awaits_iit, row.leader_name) or None


def coming(row: FilingRow) -> str | None:
    """What a filing's nearest deadline is called: of what somebody is late with already, that they are chased for it."""
    if not row.next_lapse:
        return None
    late = any(lapse == row.next_lapse for _, _, lapse, _ in json.loads(row.overdue or "[]"))
    kind = LapseKind(row.next_lapse)
    year = f" {row.report_year}年度" if kind in OF_A_YEAR and row.report_year else ""
    return (kind.label if late else naming.BEFORE[kind]) + year


OF_A_YEAR = (LapseKind.YEAR_MISSED, LapseKind.YEAR_CLOSED)
"""What closes the reporting year that is next to be reported; its name says which."""


def names_of(named: str | None) -> str:
    """What an alliance is named, in words: 典型联盟、试点示范. Of one that is typical it is not said that it was recommended."""
    names = (named or "").split()
    return "、".join(CHOICES["tag"][name] for name in names if name != "recommended" or "typical" not in names)


def _evaluated(row: FilingRow) -> str | None:
    return f"{row.evaluated_for}年度{OUTCOMES[row.evaluated]}" if row.evaluated else None


COLUMNS = {
    column.key: column
    for column in (
        Column("filing_id", "备案", 24, lambda row: row.filing_id),
        Column("alliance", "联盟名称", 40, lambda row: row.alliance_name),
        Column("leader_name", "盟主企业", 32, lambda row: row.leader_name),
        Column("leader", "统一社会信用代码", 22, lambda row: "待补充" if is_stand_in(row.leader) else row.leader),
        Column("kind", "类别", 8, lambda row: f"{row.kind}类"),
        Column("city", "所在市", 12, lambda row: offices.OFFICES[row.jurisdiction].city),
        Column("technical_field", "技术领域", 18, lambda row: row.technical_field),
        Column("stage", "阶段", 14, lambda row: Stage(row.stage).label),
        Column("awaited", "待办", 32, _awaited),
        Column("last_day", "最近期限", 12, last_day),
        Column("until", "最近期限", 24, _until),
        Column("lapse", "事项", 22, coming),
        Column("provisional", "暂定", 16, lambda row: reserved(row).strip("（）") or None),
        Column("archive_number", "备案编号", 28, lambda row: row.archive_number),
        Column("archived_on", "备案日期", 12, lambda row: row.archived_on),
        Column("named", "称号", 20, lambda row: names_of(row.named) or None),
        Column("evaluated", "最近评价", 16, _evaluated),
    )
}
"""Every column there is, by its key."""


def columns(*keys: str) -> tuple[Column, ...]:
    """Those columns of a table, in its order."""
    return tuple(COLUMNS[key] for key in keys)
