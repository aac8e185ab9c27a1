"""Reading a workbook (xlsx) that somebody filled in: rows by the titles of their columns, with bounds on everything.

Columns may stand in any order and others between them; the first row that has every title wanted is the header. Numbers
come as they were written, never as the float next to them.
"""

import re
import struct
import warnings
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from itertools import repeat
from threading import BoundedSemaphore, Lock
from typing import Any, NamedTuple
from zipfile import BadZipFile, ZipFile

from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from activities.documents import sheet_bounds

LARGEST = 10_000_000
"""Bytes of a file that is read."""

WAITING = 4
"""Workbooks that wait in a process while one is read. Whoever comes then is asked to come again, so that nobody waits for anything else."""

HEADER_WITHIN = 10
"""The header is one of the first rows."""

WIDEST = 200
"""Columns that are looked at."""

SPARE = 10
"""Columns of people's own that are reckoned with in a table."""


UNREADABLE = (
    BadZipFile,
    InvalidFileException,
    SyntaxError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    AssertionError,
    ArithmeticError,
    OSError,
    EOFError,
    RuntimeError,
    struct.error,
    zlib.error,
)
"""What reading raises of a file that is none, is damaged, is locked with a password, or is packed in a way that nobody knows."""

FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
"""How a formula begins in the XML of a sheet."""

PIECE = 1_000_000
"""Bytes of a sheet that are looked through at a time."""

SHOWN = 3
"""So many of the cells that have a fault are named."""


class SheetRefused(Exception):
    """A file that cannot be read as the table that is wanted; the message says why, in Chinese."""


@dataclass(frozen=True)
class Row:
    """A row as it was filled in: its number in the sheet, and its cells by the titles of their columns; empty ones are not there."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Table:
    """What a sheet holds: the rows in which something is written, and the letter of each column; `name` is the sheet's."""

    rows: tuple[Row, ...]
    columns: Mapping[str, str]
    name: str = ""

    def where(self, row: int, title: str) -> str:
        """A cell as people find it: 第3行E列“创新成效”."""
        return f"第{row}行{self.columns.get(title, '')}列“{title}”"


class Wanted(NamedTuple):
    """A table to look for: the columns that it must have, at most so many rows, and columns that it may have."""

    columns: Sequence[str]
    most: int
    optional: Sequence[str] = ()

    @property
    def cells(self) -> int:
        """How many cells it may have, with some columns of people's own."""
        return self.most * (len(self.columns) + len(self.optional) + SPARE)


_ADMITTED, _READING = BoundedSemaphore(WAITING + 1), Lock()


def table(content: bytes, wanted: Sequence[str], *, most: int, optional: Sequence[str] = ()) -> Table:
    """The rows of the first sheet that has all wanted columns. Raises `SheetRefused`."""
    (found,) = tables(content, [Wanted(wanted, most, optional)])
    return found


def tables(content: bytes, wanted: Sequence[Wanted]) -> list[Table]:
    """Each of several tables, in the first sheet that has its columns. Raises `SheetRefused`.

    One workbook at a time is read in a process: whatever is in one, so much memory it takes and no more.
    """
    if not _ADMITTED.acquire(blocking=False):
        raise SheetRefused("此刻正在读取的表格较多，请稍候再传")
    try:
        with _READING:
            return _read(content, wanted)
    except UNREADABLE as error:
        raise SheetRefused("不是可读的 xlsx 工作簿（文件已损坏、设有密码，或者不是 xlsx）") from error
    finally:
        _ADMITTED.release()


def _read(content: bytes, wanted: Sequence[Wanted]) -> list[Table]:
    if len(content) > LARGEST:
        raise SheetRefused(f"文件超过{LARGEST // 1_000_000}兆字节")
    try:
        with ZipFile(BytesIO(content)) as packed:
            sheet_bounds.examine(packed, sum(each.cells for each in wanted))
    except sheet_bounds.TooMuch as error:
        raise SheetRefused("工作簿解压后过大，或者所填表格以外的内容过多：请把所填表格另存为新的工作簿再传") from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what a program wrote besides (styles, validations) is nothing to us
        values = sheet_bounds.sheets(content, results=True)
        formulas = sheet_bounds.sheets(content, results=False) if _has_formulas(content) else repeat(None)
        read = list(zip(values, formulas, strict=False))
        return [_of(read, each) for each in wanted]


def _has_formulas(content: bytes) -> bool:
    """Whether any sheet holds a formula; most hold none, and are not read twice."""
    with ZipFile(BytesIO(content)) as packed:
        for name in packed.namelist():
            if not name.startswith("xl/worksheets/") or not name.endswith(".xml"):
                continue
            with packed.open(name) as part:
                before = b""
                while piece := part.read(PIECE):
                    if FORMULA.search(before + piece):
                        return True
                    before = piece[-20:]
    return False


def _of(sheets: Sequence[tuple[Any, Any]], wanted: Wanted) -> Table:
    missing: list[str] = list(wanted.columns)
    for sheet, formulas in sheets:
        lines = sheet.iter_rows(values_only=True, max_col=WIDEST)
        for number, line in zip(range(1, HEADER_WITHIN + 1), lines, strict=False):
            asked = (*wanted.columns, *wanted.optional)
            named = [(text, at) for at, cell in enumerate(line) if (text := _text(cell)) in asked]
            titles = dict(named)
            lacking = [title for title in wanted.columns if title not in titles]
            if not lacking:
                refuse_repeated([title for title, _ in named])
                rows = tuple(_rows(lines, titles, number, wanted.most))
                columns = {title: get_column_letter(at + 1) for title, at in titles.items()}
                found = Table(rows, columns, str(sheet.title))
                if formulas:
                    _refuse_uncalculated(found, sheet, formulas, titles, number, wanted.most)
                return found
            missing = min(missing, lacking, key=len)
    raise SheetRefused(f"没有找到表头：缺少{'、'.join(f'“{title}”' for title in missing)}")


def refuse_repeated(titles: Sequence[str]) -> None:
    """Of two columns of the same title nobody knows which one counts. Raises `SheetRefused`."""
    repeated = [title for title in dict.fromkeys(titles) if titles.count(title) > 1]
    if repeated:
        raise SheetRefused(f"表头重复：{'、'.join(f'“{title}”' for title in repeated)}各只能有一列")


def _refuse_uncalculated(
    found: Table, sheet: Any, formulas: Any, titles: Mapping[str, int], header: int, most: int
) -> None:
    """A formula whose result is not in the file is no empty cell: nobody here calculates it. One that comes to an empty text is one."""
    window = {"min_row": header + 1, "max_row": header + 20 * most, "max_col": WIDEST}
    both = zip(sheet.iter_rows(**window), formulas.iter_rows(**window), strict=False)
    cells = [
        found.where(number, title)
        for number, (values, written) in enumerate(both, header + 1)
        for title, at in titles.items()
        if at < min(len(values), len(written)) and written[at].data_type == "f" and _is_uncalculated(values[at])
    ]
    if cells:
        more = f"等{len(cells)}格" if len(cells) > SHOWN else ""
        raise SheetRefused(
            f"“{found.name}”表{'、'.join(cells[:SHOWN])}{more}是公式，文件中没有计算结果，系统不计算公式："
            "请用表格软件打开并保存后再传，或者直接填写数值"
        )


def _is_uncalculated(cell: Any) -> bool:
    return cell.value is None and cell.data_type != "str"


def _rows(lines: Iterator[Sequence[Any]], titles: Mapping[str, int], header: int, most: int) -> Iterator[Row]:
    taken = 0
    for number, line in enumerate(lines, header + 1):
        if number > header + 20 * most:
            return
        cells = {title: text for title, at in titles.items() if at < len(line) and (text := _text(line[at]))}
        if not cells:
            continue
        taken += 1
        if taken > most:
            raise SheetRefused(f"超过{most}行")
        yield Row(number, cells)


def _text(cell: Any) -> str:
    """A cell as a text: a number with the digits that were typed, a day as ISO 8601."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float):
        return f"{Decimal(repr(cell)).normalize():f}"
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == datetime.min.time() else cell.isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    text = str(cell).strip()
    return text[1:] if text.startswith("'") else text
