"""Tables (表格) as xlsx: the summary that cities send upward, and the list of deadlines.

Codes and numbers of documents are text, so that no digit is lost; days are days, counts are numbers. Nothing that people
wrote is ever a formula.
"""

import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from io import BytesIO

import xlsxwriter

from activities.database import reading
from activities.register import Register
from models.filing import Filing
from models.forms import Counts
from models.register import FilingRow, Paper
from models.values import last_day_until, legible
from models.vocabulary import LapseKind, Stage, YearStatus
from regulation import naming, offices
from regulation.calendar import CALENDARS

FORMULA = re.compile(r"[=+\-@\t\r]")
"""What a program may take for a formula at the beginning of a text."""

Datum = str | int | date | None


@dataclass(frozen=True)
class Column:
    """What a column is called and how wide it is, in characters."""

    title: str
    width: int


SUMMARY = (
    Column("序号", 6), Column("联盟名称", 40), Column("盟主企业", 32), Column("统一社会信用代码", 22),
    Column("所在市", 12), Column("技术领域", 18), Column("成员总数（个）", 14), Column("企业（个）", 10),
    Column("高校（个）", 10), Column("院所（个）", 10), Column("备案编号", 28), Column("备案日期", 12),
    Column("状态", 14), Column("最近年度报送情况", 20),
)  # fmt: skip

DEADLINES = (
    Column("备案", 24), Column("联盟", 40), Column("类别", 8), Column("属地", 20), Column("阶段", 14),
    Column("待办机构", 32), Column("最近期限", 12), Column("事项", 22), Column("暂定", 6),
)  # fmt: skip


def summary(register: Register, rows: Sequence[FilingRow]) -> bytes:
    """汇总表: a line a filing, as cities send it upward."""
    filings = [Filing.model_validate_json(row.value) for row in rows]
    lines = [
        (
            number,
            row.alliance_name,
            row.leader_name,
            row.leader,
            offices.OFFICES[row.jurisdiction].city,
            row.technical_field,
            *counted,
            row.archive_number,
            row.archived_on,
            Stage(row.stage).label,
            _last_report(filing),
        )
        for number, (row, filing, counted) in enumerate(zip(rows, filings, _counts(register, filings), strict=True), 1)
    ]
    return _sheet("汇总表", SUMMARY, lines, rows)


def deadlines(rows: Sequence[FilingRow], today: date) -> bytes:
    """期限表: what each filing waits for, until the end of which day, and how many working days are left of that."""
    left = Column(f"剩余工作日（截至{today}）", 24)
    lines = [
        (
            row.filing_id,
            row.alliance_name,
            f"{row.kind}类",
            offices.OFFICES[row.jurisdiction].city,
            Stage(row.stage).label,
            naming.awaited(row.waiting_for, row.leader, row.awaits_iit, row.leader_name) or None,
            last,
            LapseKind(row.next_lapse).label if row.next_lapse else None,
            "是" if row.provisional else None,
            _working_days(row, today, last) if last else None,
        )
        for row in rows
        for last in [last_day_until(row.next_deadline) if row.next_deadline else None]
    ]
    return _sheet("期限表", (*DEADLINES, left), lines, rows)


def _working_days(row: FilingRow, today: date, last: date) -> int:
    """Working days after today up to the last day; fewer than none when it is over."""
    days = CALENDARS[row.calendar].working_days(row.jurisdiction)
    return bisect_right(days, last.toordinal()) - bisect_right(days, today.toordinal())


def _counts(register: Register, filings: Sequence[Filing]) -> Iterator[Sequence[int | None]]:
    """How many members of each sort, by the paper that now stands."""
    with reading(register.engine) as session:
        for filing in filings:
            counts = json.loads(session.get_one(Paper, filing.paper).body).get("counts") or {}
            yield [counts.get(name) for name in Counts.model_fields]


def _last_report(filing: Filing) -> str | None:
    """The last year on which there is something to say, or else the one that is awaited."""
    told = [year for year in filing.years if year.status is not YearStatus.OPEN] or list(filing.years[:1])
    return f"{told[-1].year}年度{told[-1].status.label}" if told else None


def _sheet(name: str, columns: Sequence[Column], lines: Iterable[Sequence[Datum]], rows: Sequence[FilingRow]) -> bytes:
    """A workbook of one sheet, with its header frozen and a filter on it."""
    written = BytesIO()
    book = xlsxwriter.Workbook(written, {"in_memory": True})
    book.set_properties({"title": name, "created": max((row.updated_at for row in rows), default=EARLIEST)})
    bold = book.add_format({"bold": True, "text_wrap": True, "align": "center", "valign": "vcenter", "border": 1})
    text = book.add_format({"num_format": "@", "text_wrap": True, "valign": "vcenter", "border": 1})
    day = book.add_format({"num_format": "yyyy-mm-dd", "valign": "vcenter", "border": 1})
    count = book.add_format({"num_format": "0", "valign": "vcenter", "border": 1})
    sheet = book.add_worksheet(name)
    for at, column in enumerate(columns):
        sheet.set_column(at, at, column.width)
        sheet.write_string(0, at, column.title, bold)
    last = 0
    for last, line in enumerate(lines, 1):
        for at, value in enumerate(line):
            if isinstance(value, str):
                sheet.write_string(last, at, harmless(value), text)
            elif isinstance(value, date):
                sheet.write_datetime(last, at, datetime.combine(value, datetime.min.time()), day)
            elif value is not None:
                sheet.write_number(last, at, value, count)
            else:
                sheet.write_blank(last, at, None, text)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, last, len(columns) - 1)
    sheet.ignore_errors({"number_stored_as_text": f"A1:Z{last + 1}"})
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    book.close()
    return written.getvalue()


EARLIEST = datetime(2021, 6, 28, tzinfo=UTC)


def harmless(text: str) -> str:
    """A text that no program takes for a formula."""
    return f"'{legible(text)}" if FORMULA.match(text) else legible(text)
