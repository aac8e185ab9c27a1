"""Tables (表格) as xlsx: the summary that cities send upward, and the list of deadlines.

Codes and numbers of documents are text, so that no digit is lost; days are days, counts are numbers. Nothing that people
wrote is ever a formula.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from io import BytesIO

import xlsxwriter

from activities.columns import Column, columns, days_left
from activities.database import reading
from activities.register import Register
from models.filing import Filing
from models.register import FilingRow, Paper
from models.values import legible
from models.vocabulary import YearStatus

FORMULA = re.compile(r"[=+\-@\t\r]")
"""What a program may take for a formula at the beginning of a text."""


def summary(register: Register, rows: Sequence[FilingRow]) -> bytes:
    """汇总表: a line a filing, as cities send it upward."""
    filings = {row.filing_id: Filing.model_validate_json(row.value) for row in rows}
    numbers = {filing_id: number for number, filing_id in enumerate(filings, 1)}
    counts = dict(_counts(register, filings.values()))
    told = (
        Column("number", "序号", 6, lambda row: numbers[row.filing_id]),
        *columns("alliance", "leader_name", "leader", "city", "technical_field"),
        *(_members(counts, *each) for each in MEMBERS),
        *columns("archive_number", "archived_on", "stage"),
        Column("last_report", "最近年度报送情况", 20, lambda row: _last_report(filings[row.filing_id])),
    )
    return _sheet("汇总表", told, rows)


def deadlines(rows: Sequence[FilingRow], today: date) -> bytes:
    """期限表: what each filing waits for, until the end of which day, and how many working days are left of that."""
    left = Column("left", f"剩余工作日（截至{today}）", 24, lambda row: days_left(row, today))
    told = ("filing_id", "alliance", "kind", "city", "stage", "awaited", "last_day", "lapse", "provisional")
    return _sheet("期限表", (*columns(*told), left), rows)


MEMBERS = (
    ("total", "成员总数（个）", 14), ("enterprises", "企业（个）", 10), ("universities", "高校（个）", 10), ("institutes", "院所（个）", 10),
)  # fmt: skip
"""The sorts of members that are counted."""


def _members(counts: Mapping[str, Mapping[str, int]], sort: str, title: str, width: int) -> Column:
    """How many members of one sort each alliance has."""
    return Column(sort, title, width, lambda row: counts[row.filing_id].get(sort))


def _counts(register: Register, filings: Iterable[Filing]) -> Iterator[tuple[str, Mapping[str, int]]]:
    """How many members of each sort a filing has, by the paper that now stands."""
    with reading(register.engine) as session:
        for filing in filings:
            yield filing.id, json.loads(session.get_one(Paper, filing.paper).body).get("counts") or {}


def _last_report(filing: Filing) -> str | None:
    """The last year on which there is something to say, or else the one that is awaited."""
    told = [year for year in filing.years if year.status is not YearStatus.OPEN] or list(filing.years[:1])
    return f"{told[-1].year}年度{told[-1].status.label}" if told else None


def _sheet(name: str, told: Sequence[Column], rows: Sequence[FilingRow]) -> bytes:
    """A workbook of one sheet with a line a filing, its header frozen and a filter on it."""
    written = BytesIO()
    book = xlsxwriter.Workbook(written, {"in_memory": True})
    book.set_properties({"title": name, "created": max((row.updated_at for row in rows), default=EARLIEST)})
    bold = book.add_format({"bold": True, "text_wrap": True, "align": "center", "valign": "vcenter", "border": 1})
    text = book.add_format({"num_format": "@", "text_wrap": True, "valign": "vcenter", "border": 1})
    day = book.add_format({"num_format": "yyyy-mm-dd", "valign": "vcenter", "border": 1})
    count = book.add_format({"num_format": "0", "valign": "vcenter", "border": 1})
    sheet = book.add_worksheet(name)
    for at, column in enumerate(told):
        sheet.set_column(at, at, column.width)
        sheet.write_string(0, at, column.title, bold)
    for line, row in enumerate(rows, 1):
        for at, value in enumerate(column.of(row) for column in told):
            if isinstance(value, str):
                sheet.write_string(line, at, harmless(value), text)
            elif isinstance(value, date):
                sheet.write_datetime(line, at, datetime.combine(value, datetime.min.time()), day)
            elif value is not None:
                sheet.write_number(line, at, value, count)
            else:
                sheet.write_blank(line, at, None, text)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(rows), len(told) - 1)
    sheet.ignore_errors({"number_stored_as_text": f"A1:Z{len(rows) + 1}"})
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
