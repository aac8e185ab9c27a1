"""Tables that are taken away and come back filled in: what was written is what is read, to the last digit."""

from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from zipfile import ZipFile

import openpyxl
import pytest

from activities.documents.sheet_reader import SheetRefused, table
from activities.documents.sheets import Head
from activities.documents.sheets import table as made

AT = datetime(2027, 5, 1, tzinfo=UTC)
HEADS = (Head("编号", 10), Head("得分", 10, filled_in=True), Head("日期", 12), Head("件数", 8))


def book(*rows: tuple[str | None, Decimal | None, date | None, int | None]) -> bytes:
    """A workbook of these rows."""
    return made("表", HEADS, rows, AT)


def test_what_is_written_is_read() -> None:
    """Digits of codes and of scores, days, counts; an empty row is no row of the table."""
    content = book(
        ("0001", Decimal("92.55"), date(2027, 5, 1), 3), (None, None, None, None), ("=1+1", Decimal("0.10"), None, 0)
    )
    read = table(content, ["得分", "编号"], most=10, optional=["日期", "件数", "没有的"])
    assert [(row.number, dict(row.cells)) for row in read.rows] == [
        (2, {"编号": "0001", "得分": "92.55", "日期": "2027-05-01", "件数": "3"}),
        (4, {"编号": "=1+1", "得分": "0.1", "件数": "0"}),
    ]
    assert read.where(4, "得分") == "第4行B列“得分”"
    assert content == book(("0001", Decimal("92.55"), date(2027, 5, 1), 3), (None, None, None, None), ("=1+1", Decimal("0.10"), None, 0))  # fmt: skip


def test_only_what_is_to_be_filled_in_can_be_written_to() -> None:
    """A sheet with such a column is locked but for it; another is not locked at all."""
    sheet = openpyxl.load_workbook(BytesIO(book(("0001", None, None, None)))).active
    assert sheet is not None
    assert sheet.protection.sheet
    assert [sheet.cell(2, at).protection.locked for at in (1, 2)] == [True, False]
    free = openpyxl.load_workbook(BytesIO(made("表", HEADS[:1], [["1"]], AT))).active
    assert free is not None
    assert not free.protection.sheet


def test_a_header_may_stand_lower_and_columns_in_another_order() -> None:
    """People put a title above it, and columns of their own between."""
    mine = openpyxl.Workbook()
    sheet = mine.active
    assert sheet is not None
    for row in (["二〇二七年度评价表"], [], ["自用", "得分", "编号"], ["x", 84.99, "A-1"], ["y", "八十", "A-2"]):
        sheet.append(row)
    written = BytesIO()
    mine.save(written)
    read = table(written.getvalue(), ["编号", "得分"], most=10)
    assert [(row.number, dict(row.cells)) for row in read.rows] == [
        (4, {"编号": "A-1", "得分": "84.99"}), (5, {"编号": "A-2", "得分": "八十"})
    ]  # fmt: skip


def test_what_is_no_such_table_is_refused_in_words() -> None:
    """Not a workbook, one cut short, one without a column, one with too many rows, one that unpacks beyond measure."""
    whole = book(("0001", None, None, None), ("0002", None, None, None))
    bomb = BytesIO()
    with ZipFile(bomb, "w") as packed:
        packed.writestr("xl/workbook.xml", "<a/>")
    for content, wanted, said in (
        (b"PK\x03\x04", ["编号"], "不是可读的"),
        (b"", ["编号"], "不是可读的"),
        (whole[:400], ["编号"], "不是可读的"),
        (bomb.getvalue(), ["编号"], "不是可读的"),
        (whole, ["编号", "创新成效"], "缺少“创新成效”"),
        (whole, ["编号"], "超过1行"),
        (bytes(10_000_001), ["编号"], "兆字节"),
    ):
        with pytest.raises(SheetRefused, match=said):
            table(content, wanted, most=1)


def _spoilt(content: bytes, at: int, value: int) -> bytes:
    """Every entry of the archive with two bytes of its head written over, in front of its data and in the directory at the end."""
    spoilt = bytearray(content)
    for sign, offset in ((b"PK\x03\x04", at), (b"PK\x01\x02", at + 2)):
        place = spoilt.find(sign)
        while place >= 0:
            spoilt[place + offset : place + offset + 2] = value.to_bytes(2, "little")
            place = spoilt.find(sign, place + 4)
    return bytes(spoilt)


def _torn(content: bytes) -> bytes:
    """The packed bytes of each part written over."""
    torn = bytearray(content)
    with ZipFile(BytesIO(content)) as packed:
        for part in packed.infolist():
            begin = part.header_offset + 30 + len(part.filename)
            torn[begin : begin + part.compress_size] = b"\xff" * part.compress_size
    return bytes(torn)


@pytest.mark.parametrize(
    "content",
    [
        _torn(book(("0001", None, None, None))),
        _spoilt(book(("0001", None, None, None)), 6, 1),
        _spoilt(book(("0001", None, None, None)), 8, 77),
        book(("0001", None, None, None))[:-30],
        b"",
        b"PK\x05\x06" + bytes(18),
    ],
    ids=["torn", "with a password", "packed in a way that nobody knows", "cut off", "empty", "an archive of nothing"],
)
def test_what_cannot_be_read_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(SheetRefused, match="不是可读的 xlsx 工作簿"):
        table(content, ["编号"], most=10)


def of_cells(*rows: tuple[str | int | None, ...]) -> bytes:
    """A workbook as somebody's program writes it: its formulas without results."""
    mine = openpyxl.Workbook()
    assert mine.active is not None
    for row in rows:
        mine.active.append(row)
    written = BytesIO()
    mine.save(written)
    return written.getvalue()


def test_a_formula_without_its_result_is_no_empty_cell() -> None:
    content = of_cells(("编号", "得分", "自用"), ("A-1", 80, "=1+1"), ("A-2", "=B2+1", None), ("A-3", "=B3+1", None))
    with pytest.raises(SheetRefused, match="“Sheet”表第3行B列“得分”、第4行B列“得分”是公式，文件中没有计算结果"):
        table(content, ["编号", "得分"], most=10)
    assert len(table(content, ["编号"], most=10).rows) == 3, "in a column that nobody asks for it does no harm"


def test_a_formula_with_its_result_is_read_and_an_empty_text_is_empty() -> None:
    packed = BytesIO()
    with (
        ZipFile(BytesIO(of_cells(("编号", "得分"), ("A-1", "=1+1"), ("A-2", '=""')))) as source,
        ZipFile(packed, "w") as target,
    ):
        for name in source.namelist():
            part = source.read(name)
            if name.endswith("sheet1.xml"):
                part = part.replace(b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>").replace(
                    b"<f>1+1</f><v></v>", b"<f>1+1</f><v>2</v>"
                )
                part = part.replace(b'<c r="B3"', b'<c r="B3" t="str"')
            target.writestr(name, part)
    assert [dict(row.cells) for row in table(packed.getvalue(), ["编号", "得分"], most=10).rows] == [
        {"编号": "A-1", "得分": "2"}, {"编号": "A-2"}
    ]  # fmt: skip


def test_two_columns_of_one_title_are_refused() -> None:
    with pytest.raises(SheetRefused, match="表头重复：“得分”各只能有一列"):
        table(of_cells(("编号", "得分", "得分", "自用", "自用"), ("A-1", 80, 90)), ["编号", "得分"], most=10)
