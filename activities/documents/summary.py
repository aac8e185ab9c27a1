"""汇总表 as docx: what goes with the formal letter by which a reviewing body sends several alliances upward (B-17)."""

from collections.abc import Sequence
from datetime import date, datetime
from unicodedata import east_asian_width

from activities.columns import Column, Datum
from activities.documents import gongwen
from activities.documents.gongwen import Grid
from activities.documents.sheets import summarised
from activities.register import Register
from models.register import FilingRow
from models.values import day_of
from regulation.naming import on_day

MARGINS, NARROWEST, WIDEST = 5.0, 11.0, 62.0
"""Millimetres of a column: beside what is written in it, at least, at most."""

TITLE = "实质性产学研联盟备案汇总表"


def summary(register: Register, rows: Sequence[FilingRow], sender: str, document_no: str | None, at: datetime) -> bytes:
    """The 汇总表 of what an office sends; a column in which nothing stands (what was not archived has no number) is left out."""
    told = [column for column in summarised(register, rows) if any(column.of(row) is not None for row in rows)]
    lines = [[_written(column.of(row)) for column in told] for row in rows]
    document = gongwen.blank(TITLE, sender, at)
    gongwen.lay_on_side(document)
    document.add_paragraph("附件", gongwen.MARKS["<"])
    gongwen.heading(document, TITLE, 0)
    told_of = (
        f"报送单位：{sender}",
        document_no and f"文号：{document_no}",
        f"共{len(rows)}个联盟",
        f"填表日期：{on_day(day_of(at))}",
    )
    head = "　　".join(filter(None, told_of))
    document.add_paragraph(head, gongwen.CELL)
    gongwen.tabulate(document, Grid([column.title for column in told], _widths(told, lines), lines), gongwen.FINE)
    return gongwen.saved(document)


def _written(value: Datum) -> str:
    return "" if value is None else f"{value:%Y-%m-%d}" if isinstance(value, date) else str(value)


def _widths(told: Sequence[Column], lines: Sequence[Sequence[str]]) -> list[float]:
    """As wide as what stands in each column, within bounds, all together as wide as the page."""
    longest = [
        max([_length(column.title) / 2, *(_length(line[at]) for line in lines)]) for at, column in enumerate(told)
    ]
    wanted = [min(max(each * 1.6 + MARGINS, NARROWEST), WIDEST) for each in longest]
    return [each * gongwen.ACROSS / sum(wanted) for each in wanted]


def _length(text: str) -> float:
    """How many half characters a text takes; capitals and digits take a little more."""
    return sum(2 if east_asian_width(each) in "WFA" else 1.3 for each in text)
