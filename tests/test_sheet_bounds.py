"""Workbooks that unpack to more than is wanted of them: counted before anything is made of them, in marks and bytes, never in seconds."""

from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from threading import Thread
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from activities.documents import sheet_reader
from activities.documents.sheet_bounds import CHUNK, MARKS, OF_A_ROW, TooMuch, Unusual, examine
from activities.documents.sheet_reader import SheetRefused, table
from activities.documents.sheets import Head
from activities.documents.sheets import table as made
from gateway.asked.alliance_list import COLUMNS

OURS = made(
    "表",
    (Head("编号", 10), Head("得分", 10, filled_in=True)),
    [("0001", None), ("0002", 3)],
    datetime(2027, 5, 1, tzinfo=UTC),
)
SHEET, STYLES, STRINGS, BOOK = "xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/sharedStrings.xml", "xl/workbook.xml"
WANTED = 3 * (2 + sheet_reader.SPARE)
"""Cells of a table of two columns and three rows."""


def but(part: str, change: Callable[[bytes], bytes]) -> bytes:
    """A workbook of ours of which one part is another."""
    written = BytesIO()
    with ZipFile(BytesIO(OURS)) as ours, ZipFile(written, "w", ZIP_DEFLATED) as packed:
        for each in ours.namelist():
            packed.writestr(each, change(ours.read(each)) if each == part else ours.read(each))
    return written.getvalue()


def more(end: bytes, piece: bytes, count: int) -> Callable[[bytes], bytes]:
    """Many pieces before the first end of an element."""

    def change(content: bytes) -> bytes:
        assert end in content
        return content.replace(end, piece * count + end, 1)

    return change


def examined(content: bytes, cells: int = WANTED) -> None:
    """What is counted before a workbook is read."""
    with ZipFile(BytesIO(content)) as packed:
        examine(packed, cells)


@pytest.mark.parametrize(
    ("part", "end", "piece"),
    [
        (STYLES, b"</cellXfs>", b"<xf/>"),
        (STRINGS, b"</sst>", b"<si/>"),
        (SHEET, b"</sheetData>", b"<row/>"),
        (SHEET, b"</worksheet>", b"<mc/>"),
        (BOOK, b"</sheets>", b"<sheet/>"),
        ("docProps/core.xml", b"</cp:coreProperties>", b"<dc:title/>"),
        ("[Content_Types].xml", b"</Types>", b"<Default/>"),
    ],
)
def test_each_part_has_a_bound_of_its_own(part: str, end: bytes, piece: bytes) -> None:
    """A thousandth of a bomb passes, for Excel and WPS add to what we wrote; a bomb is refused in words, however small it is packed."""
    examined(but(part, more(end, piece, 1_000)))
    bomb = but(part, more(end, piece, 1_000_000))
    assert len(bomb) < 60_000
    with pytest.raises(TooMuch, match=part.replace("[", "\\[")):
        examined(bomb)
    with pytest.raises(SheetRefused, match="另存为新的工作簿"):
        table(bomb, ["编号"], most=3)


def test_as_many_rows_as_are_wanted_pass() -> None:
    """Ten thousand rows of a list that is imported, each cell with its text in it and a format, and columns of people's own."""
    cell = b'<c r="XX10000" s="12" t="inlineStr"><is><t>' + "沈阳示例材料产学研联盟".encode() + b"</t></is></c>"
    columns = len(COLUMNS) + sheet_reader.SPARE
    rows = (b'<row r="10000" spans="1:40">' + cell * columns + b"</row>") * 10_000
    imported = but(SHEET, more(b"</sheetData>", rows, 1))
    examined(imported, 10_000 * columns)
    with pytest.raises(TooMuch):
        examined(imported)


def test_a_row_is_no_longer_than_a_sheet_is_wide() -> None:
    """However many rows are wanted: what one row holds is made at once."""
    examined(but(SHEET, more(b"</row>", b"<c/>", 16_000)), 10**6)
    with pytest.raises(TooMuch):
        examined(but(SHEET, more(b"</row>", b"<c/>", OF_A_ROW + 1)), 10**6)


def unnamed(before: str, encoding: str) -> Callable[[bytes], bytes]:
    """In an encoding that a part does not name and a parser guesses all the same; behind some white space."""
    return lambda told: (before + told.decode().rpartition("?>")[2]).encode(encoding)


@pytest.mark.parametrize(
    ("part", "change"),
    [
        (SHEET, more(b"</row>", b"<!-- <row > -->", 1)),
        (SHEET, more(b"</row>", b"<?x <row ?>", 1)),
        (STYLES, lambda told: told.replace(b"?>", b'?><!DOCTYPE a [<!ENTITY b "<xf/><xf/>">]>', 1)),
        (STYLES, lambda told: told.decode().replace("UTF-8", "UTF-16").replace("utf-8", "utf-16").encode("utf-16")),
        (STYLES, lambda told: b'<?xml version="1.0" encoding="cp037"?>' + told.partition(b"?>")[2]),
        *((SHEET, unnamed(before, encoding)) for before in ("", "   ") for encoding in ("utf-16-le", "utf-16-be")),
        (SHEET, unnamed(" " * CHUNK, "utf-8")),
        (SHEET, unnamed("\n" * CHUNK, "utf-16-le")),
    ],
)
def test_what_would_count_otherwise_than_it_reads_is_refused(part: str, change: Callable[[bytes], bytes]) -> None:
    with pytest.raises(Unusual):
        examined(but(part, change))
    with pytest.raises(SheetRefused, match="不是可读的"):
        table(but(part, change), ["编号"], most=3)


def test_a_sheet_has_one_name() -> None:
    """A workbook that names one sheet many times over would have it read as many times."""
    twice = more(b"</sheets>", b'<sheet name="b" sheetId="9" r:id="rId1"/>', 1)
    with pytest.raises(SheetRefused, match="不是可读的"):
        table(but(BOOK, twice), ["编号"], most=3)


def test_one_is_read_at_a_time_and_few_wait() -> None:
    """Nobody's thread is held by more than some; whoever comes then is asked to come again, and is let in afterwards."""
    told: list[int] = []
    with sheet_reader._READING:
        waiting = [
            Thread(target=lambda: told.append(len(table(OURS, ["编号"], most=3).rows)))
            for _ in range(sheet_reader.WAITING + 1)
        ]
        for each in waiting:
            each.start()
        while sheet_reader._ADMITTED._value:
            pass
        with pytest.raises(SheetRefused, match="请稍候再传"):
            table(OURS, ["编号"], most=3)
    for each in waiting:
        each.join()
    assert told == [2] * len(waiting)
    assert len(table(OURS, ["编号"], most=3).rows) == 2
    assert sum(MARKS.values()) < 300_000
