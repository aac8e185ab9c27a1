"""Tables (表格) as xlsx: the summary that cities send upward, the list of deadlines, and any other (`table`).

Codes and numbers of documents are text, so that no digit is lost; days are days, counts are numbers. Nothing that people
wrote is ever a formula.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any, NamedTuple

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from activities import papers
from activities.columns import Column, Datum, columns, days_left
from activities.database import in_parts
from activities.register import Register
from models.filing import Filing
from models.register import FilingRow
from models.values import legible
from models.vocabulary import YearStatus

FORMULA = re.compile(r"[=+\-@\t\r]")
"""What a program may take for a formula at the beginning of a text."""


def summary(register: Register, rows: Sequence[FilingRow]) -> bytes:
    """汇总表: a line a filing, as cities send it upward."""
    return _sheet("汇总表", summarised(register, rows), rows)


def summarised(register: Register, rows: Sequence[FilingRow]) -> tuple[Column, ...]:
    """The columns of the 汇总表 over these filings, in their order."""
    filings = {row.filing_id: Filing.model_validate_json(row.value) for row in rows}
    numbers = {filing_id: number for number, filing_id in enumerate(filings, 1)}
    counts = dict(_counts(register, filings.values()))
    return (
        Column("number", "序号", 6, lambda row: numbers[row.filing_id]),
        *columns("alliance", "leader_name", "leader", "city", "technical_field"),
        *(_members(counts, *each) for each in MEMBERS),
        *columns("archive_number", "archived_on", "stage"),
        Column("last_report", "最近年度报送情况", 20, lambda row: _last_report(filings[row.filing_id])),
        *columns("named", "evaluated"),
    )


def listed(rows: Sequence[FilingRow], keys: Sequence[str]) -> bytes:
    """备案列表: the filings of a list with the columns that somebody chose."""
    return _sheet("备案列表", columns("filing_id", "alliance", *keys), rows)


def deadlines(rows: Sequence[FilingRow], today: date) -> bytes:
    """期限表: what each filing waits for, until the end of which day, and how many working days are left of that."""
    left = Column("left", f"剩余工作日（截至{today}）", 24, lambda row: days_left(row, today))
    told = ("filing_id", "alliance", "kind", "city", "stage", "awaited", "last_day", "lapse", "provisional")
    return _sheet("期限表", (*columns(*told), left), rows)


MEMBERS = (
    ("total", "成员总数（个）", 14), ("enterprises", "企业（个）", 10), ("universities", "高校（个）", 10), ("institutes", "院所（个）", 10),
)  # fmt: skip
"""The sorts of members that are counted."""

NOT_LISTED, UNKNOWN = "名单未载", "不详"
"""What stands where the list from which an alliance was imported names no members, or not of which type they are (A-02)."""


def _members(counts: Mapping[str, Mapping[str, Datum]], sort: str, title: str, width: int) -> Column:
    """How many members of one sort each alliance has."""
    return Column(sort, title, width, lambda row: counts[row.filing_id].get(sort))


def _counts(register: Register, filings: Iterable[Filing]) -> Iterator[tuple[str, Mapping[str, Datum]]]:
    """How many members of each sort a filing has, by the paper that now stands."""
    papers_of = {filing.id: filing.paper for filing in filings}
    with register.engine.connect() as db:
        for some in in_parts(papers_of):
            told = papers.contents(db, {papers_of[each] for each in some})
            yield from ((each, members_counted(told[papers_of[each]])) for each in some)


def members_counted(paper: Mapping[str, Any]) -> Mapping[str, Datum]:
    """How many members of each sort an alliance has, as its paper says. The list from which one was imported counts nothing: there
    its members are counted as they are named, the leader among them.
    """
    if not paper.get("listed"):
        return paper.get("counts") or {}
    leader, members = paper["leader"], paper.get("members") or []
    if not members:
        return {"total": NOT_LISTED}
    types = {each["name"]: each.get("type") for each in members} | {leader["name"]: "enterprise"}
    sorts = {"enterprises": "enterprise", "universities": "university", "institutes": "institute"}
    told = Counter(types.values())
    return {"total": len(types), **{name: told[sort] if None not in told else UNKNOWN for name, sort in sorts.items()}}


def _last_report(filing: Filing) -> str | None:
    """The last year on which there is something to say, or else the one that is awaited."""
    told = [year for year in filing.years if year.status is not YearStatus.OPEN] or list(filing.years[:1])
    return f"{told[-1].year}年度{told[-1].status.label}" if told else None


def _sheet(name: str, told: Sequence[Column], rows: Sequence[FilingRow]) -> bytes:
    """A workbook of one sheet with a line a filing."""
    heads = [Head(column.title, column.width) for column in told]
    lines = ([column.of(row) for column in told] for row in rows)
    return table(name, heads, lines, max((row.updated_at for row in rows), default=EARLIEST))


class Head(NamedTuple):
    """What stands over a column of a table, and how wide it is in characters; `filled_in`: by whoever takes it away.

    In a sheet with such columns nothing else can be written to, so that nothing else is changed by mistake.
    """

    title: str
    width: int
    filled_in: bool = False


class Choice(NamedTuple):
    """A text that is chosen among some words, by whoever fills a table in."""

    text: str
    words: Sequence[str]


Cell = Datum | Decimal | Choice
"""What a table holds: texts, counts and days; amounts with two decimals, or as many more as they have; what is chosen."""

OFFERED = 255
"""So many characters of words a program takes that offers them in a cell."""


class Sheet(NamedTuple):
    """One sheet of a workbook: its name, what stands over its columns, its lines."""

    name: str
    heads: Sequence[Head]
    lines: Iterable[Sequence[Cell]]


def table(name: str, heads: Sequence[Head], lines: Iterable[Sequence[Cell]], as_of: datetime) -> bytes:
    """A workbook of one sheet; `as_of` is when it was so."""
    return workbook(name, [Sheet(name, heads, lines)], as_of)


def workbook(title: str, sheets: Iterable[Sheet], as_of: datetime) -> bytes:
    """A workbook of several sheets, each with its header frozen and a filter on it."""
    written = BytesIO()
    book = xlsxwriter.Workbook(written, {"in_memory": True})
    book.set_properties({"title": title, "created": as_of})
    for each in sheets:
        _write(book, each)
    book.close()
    return written.getvalue()


SHAPES = {str: "@", date: "yyyy-mm-dd", int: "0", Decimal: "0.00##"}
"""How each sort of cell is shown."""


def _write(book: xlsxwriter.Workbook, told: Sheet) -> None:
    framed = {"valign": "vcenter", "border": 1, "text_wrap": True}
    bold = book.add_format({"bold": True, "align": "center", **framed})
    formats = {
        (sort, free): book.add_format({"num_format": shape, "locked": not free, **framed, "text_wrap": sort is str})
        for sort, shape in SHAPES.items()
        for free in (False, True)
    }
    sheet = book.add_worksheet(told.name)
    for at, head in enumerate(told.heads):
        sheet.set_column(at, at, head.width)
        sheet.write_string(0, at, head.title, bold)
    last = 0
    for last, line in enumerate(told.lines, 1):
        for at, (head, cell) in enumerate(zip(told.heads, line, strict=True)):
            free, value = head.filled_in, cell.text if isinstance(cell, Choice) else cell
            if isinstance(cell, Choice) and len(",".join(cell.words)) <= OFFERED:
                sheet.data_validation(last, at, last, at, {"validate": "list", "source": list(cell.words)})
            if isinstance(value, str):
                sheet.write_string(last, at, harmless(value), formats[str, free])
            elif isinstance(value, date):
                sheet.write_datetime(last, at, datetime.combine(value, datetime.min.time()), formats[date, free])
            elif value is not None:
                sheet.write_number(last, at, value, formats[Decimal if isinstance(value, Decimal) else int, free])
            else:
                sheet.write_blank(last, at, None, formats[Decimal if free else str, free])
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, last, len(told.heads) - 1)
    sheet.ignore_errors({"number_stored_as_text": f"A1:{xl_col_to_name(max(len(told.heads) - 1, 25))}{last + 1}"})
    if any(head.filled_in for head in told.heads):
        sheet.protect("", {"format_columns": True, "autofilter": True, "sort": True})
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


EARLIEST = datetime(2021, 6, 28, tzinfo=UTC)


def harmless(text: str) -> str:
    """A text that no program takes for a formula."""
    return f"'{legible(text)}" if FORMULA.match(text) else legible(text)
