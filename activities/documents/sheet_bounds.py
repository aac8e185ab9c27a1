"""How much of a workbook is read: each part of it is counted before anything is made of it.

A few kilobytes can unpack to millions of elements, and to make objects of them takes a thousand times as long as to count them. What is
counted are marks, every "<" of a part; an element that holds something has two. Each kind of part has a bound of its own: what our own
workbooks need, and a good deal more for what Excel and WPS add.
"""

import re
from io import BytesIO
from zipfile import ZipFile, ZipInfo

from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

PARTS = 1_000
"""Files in a workbook, pictures included."""

MARKS = {"worksheet": 100_000, "sst": 50_000, "styleSheet": 15_000, "": 40_000}
"""Marks of all parts whose first element has this name, and of all others together: sheets, the texts that cells share, formats (a
workbook that was copied together for years has some thousands), and what names and joins them. Besides what is asked for."""

OF_A_CELL = {"worksheet": 6, "sst": 4}
"""Marks for each cell that is asked for: of one whose text stands in it, and of a text that is shared."""

OF_A_ROW = 16_384 * OF_A_CELL["worksheet"]
"""Marks from one row of a sheet to the next: no sheet has more columns."""

BYTES, OF_A_TEXT, UNPACKED = 12_000_000, 400, 200_000_000
"""Bytes of all parts when unpacked: besides, for each cell that is asked for, and whatever is asked for."""

CHUNK = 1 << 16

MARK_OF_ORDER = b"\xef\xbb\xbf"
SPACE_IN_WORDS = b"\0 \t\r\n"
"""White space, in an encoding of two bytes too."""

ROW = re.compile(rb"<(?:[\w.-]+:)?row[\s/>]")
FIRST = re.compile(rb"<(?:[\w.-]+:)?([A-Za-z]+)")
PROLOGUE = re.compile(rb"\s*<\?xml[^>]*>")
ENCODED = re.compile(rb"""[^>]*encoding\s*=\s*["'](?!(?:utf-8|us-ascii)["'])""", re.IGNORECASE)


class TooMuch(Exception):
    """More would have to be read than the tables that are asked for need."""


class Unusual(ValueError):
    """No program for tables writes such a workbook: in another encoding than UTF-8, with declarations of its own, a sheet under two names."""


def examine(packed: ZipFile, cells: int) -> None:
    """Let a workbook pass off which so many cells are to be read. Raises `TooMuch` or `Unusual`."""
    parts = packed.infolist()
    if len(parts) > PARTS or sum(part.file_size for part in parts) > min(BYTES + cells * OF_A_TEXT, UNPACKED):
        raise TooMuch("bytes")
    left = {of: most + cells * OF_A_CELL.get(of, 0) for of, most in MARKS.items()}
    for part in parts:
        of = _kind(packed, part)
        if of is not None:
            left[of] -= _marks(packed, part, left[of], in_rows=of == "worksheet")


def _kind(packed: ZipFile, part: ZipInfo) -> str | None:
    """By which bound a part is counted; None: it is no XML (a picture, a printer's settings), and nobody could read it as such."""
    with packed.open(part) as unpacked:
        read = unpacked.read(CHUNK)
    head = read.removeprefix(MARK_OF_ORDER).lstrip()
    if (
        (b"\0" in read[:2] and read.lstrip(SPACE_IN_WORDS).startswith(b"<"))
        or head[:2] in (b"\xff\xfe", b"\xfe\xff")
        or ENCODED.match(_prologue(head))
        or (read and not read.strip(SPACE_IN_WORDS))  # what begins behind so much nothing is not seen
    ):
        raise Unusual
    if not head.startswith(b"<"):
        return None
    first = FIRST.search(head)
    of = first[1].decode() if first else ""
    return of if of in MARKS else ""


def _prologue(head: bytes) -> bytes:
    found = PROLOGUE.match(head)
    return found[0] if found else b""


def _marks(packed: ZipFile, part: ZipInfo, most: int, *, in_rows: bool) -> int:
    """How many a part has. It is unpacked piece by piece, and no further than to what is too much."""
    marks, in_row, before = 0, 0, b""
    with packed.open(part) as unpacked:
        while chunk := unpacked.read(CHUNK):
            seen = before + chunk if before else chunk[len(_prologue(chunk.removeprefix(MARK_OF_ORDER))) :]
            # Comments and the like could hide where a row begins; an entity of a document's own unfolds to more than is counted.
            if b"<!DOCTYPE" in seen or (in_rows and (b"<!" in seen or b"<?" in seen)):
                raise Unusual
            marks += chunk.count(b"<")
            rows = [found.start() for found in ROW.finditer(chunk)] if in_rows else []
            for number, (begin, end) in enumerate(zip([0, *rows], [*rows, len(chunk)], strict=True)):
                in_row = chunk.count(b"<", begin, end) + (0 if number else in_row)
                if in_rows and in_row > OF_A_ROW:
                    raise TooMuch(part.filename)
            if marks > most:
                raise TooMuch(part.filename)
            before = chunk[-len(b"<!DOCTYPE") + 1 :]
    return marks


def sheets(content: bytes, *, results: bool) -> list[ReadOnlyWorksheet]:
    """The sheets of a workbook that was let pass, each read when it is asked for: what formulas came to (`results`), or the formulas.

    Of all else only what cells mean is read; charts, pictures and other workbooks that it refers to are nothing to us. Raises `Unusual`.
    """
    reader = ExcelReader(BytesIO(content), read_only=True, data_only=results, keep_links=False)
    reader.read_manifest()
    reader.read_strings()
    reader.read_workbook()
    apply_stylesheet(reader.archive, reader.wb)
    found = [(sheet.name, of.target) for sheet, of in reader.parser.find_sheets() if of.target in reader.valid_files]
    if len({target for _, target in found}) < len(found):
        raise Unusual
    return [ReadOnlyWorksheet(reader.wb, name, target, reader.shared_strings) for name, target in found]
