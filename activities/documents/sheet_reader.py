"""Reading a workbook (xlsx) that somebody filled in: rows by the titles of their columns, with bounds on everything.

Columns may stand in any order and others between them; the first row that has every title wanted is the header. Numbers
come as they were written, never as the float next to them.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any, NamedTuple
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

LARGEST = 10_000_000
"""Bytes of a file that is read."""

UNPACKED = 200_000_000
"""Bytes of what is packed in it."""

HEADER_WITHIN = 10
"""The header is one of the first rows."""

WIDEST = 200
"""Columns that are looked at."""


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


def table(content: bytes, wanted: Sequence[str], *, most: int, optional: Sequence[str] = ()) -> Table:
    """The rows of the first sheet that has all wanted columns. Raises `SheetRefused`."""
    (found,) = tables(content, [Wanted(wanted, most, optional)])
    return found


def tables(content: bytes, wanted: Sequence[Wanted]) -> list[Table]:
    """Each of several tables, in the first sheet that has its columns. Raises `SheetRefused`."""
    _refuse_bomb(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what a program wrote besides (styles, validations) is nothing to us
            book = load_workbook(BytesIO(content), read_only=True, data_only=True)
            try:
                return [_of(book.worksheets, each) for each in wanted]
            finally:
                book.close()
    except (
        BadZipFile,
        InvalidFileException,
        SyntaxError,
        LookupError,
        ValueError,
        TypeError,
        OSError,
        EOFError,
    ) as error:
        raise SheetRefused("不是可读的 xlsx 工作簿") from error


def _refuse_bomb(content: bytes) -> None:
    if len(content) > LARGEST:
        raise SheetRefused(f"文件超过{LARGEST // 1_000_000}兆字节")
    try:
        with ZipFile(BytesIO(content)) as packed:
            size = sum(part.file_size for part in packed.infolist())
    except BadZipFile as error:
        raise SheetRefused("不是可读的 xlsx 工作簿") from error
    if size > UNPACKED:
        raise SheetRefused("工作簿解压后过大")


def _of(sheets: Sequence[Any], wanted: Wanted) -> Table:
    missing: list[str] = list(wanted.columns)
    for sheet in sheets:
        lines = sheet.iter_rows(values_only=True, max_col=WIDEST)
        for number, line in zip(range(1, HEADER_WITHIN + 1), lines, strict=False):
            asked = (*wanted.columns, *wanted.optional)
            titles = {text: at for at, cell in enumerate(line) if (text := _text(cell)) in asked}
            lacking = [title for title in wanted.columns if title not in titles]
            if not lacking:
                rows = tuple(_rows(lines, titles, number, wanted.most))
                columns = {title: get_column_letter(at + 1) for title, at in titles.items()}
                return Table(rows, columns, str(sheet.title))
            missing = min(missing, lacking, key=len)
    raise SheetRefused(f"没有找到表头：缺少{'、'.join(f'“{title}”' for title in missing)}")


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
