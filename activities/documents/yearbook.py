"""年度图册: the figures of a year as a document, each as a picture with its table below it, and as a workbook."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from io import BytesIO

from docx.document import Document
from docx.shared import Emu, Mm

from activities.documents import gongwen, sheets
from activities.documents.gongwen import Grid
from activities.documents.sheets import Head, Sheet
from activities.pictures import charts, drawing
from activities.pictures.datasets import Dataset, Datum
from regulation.naming import on_day

LONGEST = 40
"""Rows of a table that a document shows; what is longer is in the workbook."""

CODE = "city_code"
"""A column for programs; people read the city's name beside it."""


def book(title: str, office: str, tables: Sequence[Dataset], at: datetime) -> bytes:
    """Every picture with its table; `at` is when it was so."""
    document = gongwen.blank(title, office, at)
    gongwen.heading(document, title, 0)
    gongwen.write(
        document, [("", f"本图册由备案系统依{on_day(tables[0].as_of)}的备案库生成，供工作参考。")] if tables else []
    )
    for number, table in enumerate((each for each in tables if each.rows), 1):
        add(document, f"{number}. {table.title}", table, new_page=number > 1)
    return gongwen.saved(document)


def add(document: Document, heading: str, table: Dataset, *, new_page: bool = False) -> None:
    """One picture with its table under a heading, in any document."""
    gongwen.heading(document, heading, new_page=new_page)
    if table.note:
        document.add_paragraph(table.note, gongwen.CELL)
    shown = (
        document.add_paragraph("", gongwen.CELL)
        .add_run()
        .add_picture(BytesIO(drawing.png(charts.DRAWN[table.key](table))))
    )
    widest = Mm(gongwen.TYPE_AREA - 6)
    if shown.width > widest:
        shown.height, shown.width = Emu(round(shown.height * widest / shown.width)), widest
    shown._inline.docPr.set("descr", f"{table.title}（图），数据见下表")
    if len(table.rows) <= LONGEST:
        gongwen.tabulate(document, _grid(table), gongwen.FINE)


def _grid(table: Dataset) -> Grid:
    heads = [each.heading for each in table.fields if each.name != CODE]
    width = gongwen.TYPE_AREA / len(heads)
    return Grid(
        heads, [width] * len(heads), [["—" if each is None else str(each) for each in row] for row in _lines(table)]
    )


def _lines(table: Dataset) -> Iterator[Sequence[Datum]]:
    kept = [at for at, each in enumerate(table.fields) if each.name != CODE]
    yield from ([row[at] for at in kept] for row in table.rows)


def workbook(title: str, tables: Sequence[Dataset], at: datetime) -> bytes:
    """The same figures as a workbook, a sheet for each table."""
    return sheets.workbook(title, [_sheet(each) for each in tables if each.rows], at)


def _sheet(table: Dataset) -> Sheet:
    heads = [Head(each.heading, max(10, 2 * len(each.heading) + 2)) for each in table.fields if each.name != CODE]
    lines = ([_cell(each) for each in row] for row in _lines(table))
    return Sheet(table.title.replace("：", " ")[:31], heads, lines)


def _cell(datum: Datum) -> str | int | date | None:
    """A rate or a mean is written as it is read."""
    return str(datum) if isinstance(datum, float) else datum
