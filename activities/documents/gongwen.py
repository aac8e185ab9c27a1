"""The layout of official documents (公文格式, GB/T 9704-2012), as python-docx can do it.

What is made here is a draft for the office's own 公文 system: no red head, no seal. Fonts are named, not shipped.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from math import floor
from pathlib import Path
from shutil import copyfileobj
from typing import IO
from unicodedata import east_asian_width
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import docx
from docx.document import Document
from docx.enum.section import WD_ORIENT
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml.ns import qn
from docx.oxml.parser import OxmlElement
from docx.oxml.table import CT_Row, CT_Tc
from docx.oxml.text.parfmt import CT_PPr
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Length, Mm, Pt
from docx.styles.style import ParagraphStyle
from docx.table import Table, _Cell, _Row

from activities import query_codes
from models.values import SHANGHAI, legible

XIAOBIAOSONG, FANGSONG, HEITI, KAITI, SONGTI = "方正小标宋简体", "仿宋_GB2312", "黑体", "楷体_GB2312", "宋体"

TYPE_AREA = 156
"""Millimetres of text across: A4 less 28 on the left and 26 on the right."""

LINE = Pt(28.95)
NONE = Pt(0)
THREE, TWO, FOUR, FIVE, SMALL_FIVE = Pt(16), Pt(22), Pt(14), Pt(10.5), Pt(9)
"""三号, 二号, 四号, 五号, 小五."""

CENTRE, LEFT, RIGHT = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.RIGHT

MARKS = {"##": "Heading 2", "#": "Heading 1", "<": "主送机关", "^": "发文字号"}
"""What a mark at the beginning of a line makes of the paragraph; one without a mark is text."""

TEMPLATE_STYLES = {
    "Normal", "Title", "Heading 1", "Heading 2", "Header", "Footer",
    "Default Paragraph Font", "Normal Table", "No List", "Table Grid",
}  # fmt: skip
UNNEEDED_PARTS = {"thumbnail", "stylesWithEffects", "customXml", "numbering"}
"""What of the template is used, and what not."""

TEXT, SIGNATURE, ATTACHMENTS, CELL, FINE = "公文正文", "落款", "附件说明", "表格", "表格小字"

DATE_FROM_RIGHT = 4
"""Characters that stay free to the right of the date."""


@dataclass(frozen=True)
class Grid:
    """A table: what its columns are called, how wide they are in millimetres, and its rows."""

    header: Sequence[str]
    widths: Sequence[float]
    rows: Sequence[Sequence[str]]


def blank(title: str, office: str, at: datetime, status: str = "") -> Document:
    """A new document with page, styles, page numbers and properties; `at` is when it was caused, not when it is printed."""
    document = docx.Document(BytesIO(_empty()))
    properties = document.core_properties
    properties.title = legible(title.replace("\n", ""))[:255]
    properties.author = properties.last_modified_by = legible(office)
    properties.created = properties.modified = at.astimezone(UTC)
    properties.language, properties.comments = "zh-CN", status
    return document


@cache
def _empty() -> bytes:
    """A document with all that is the same in every one, laid out once a process: that took three quarters of drawing a short one."""
    document = docx.Document()
    _unburden(document)
    _page(document)
    _styles(document)
    _footers(document)
    file = BytesIO()
    document.save(file)
    return file.getvalue()


ACROSS = 257
"""Millimetres of text across on a page that lies on its side, 20 of margin on each."""


def lay_on_side(document: Document) -> None:
    """The pages lie on their side, for a table with many columns."""
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Mm(20)
    section.footer_distance = Mm(10)


def write(document: Document, lines: Sequence[tuple[str, str]]) -> None:
    """The lines of a document, each with its mark: headings, text, signature (`>`), attachments (`+`), blank lines."""
    signature: list[str] = []
    attachments = _attachments([text for mark, text in lines if mark == "+"])
    for number, (mark, text) in enumerate(lines):
        if number == 0 and mark != "^":
            document.add_paragraph("", TEXT)
        if mark == ">":
            signature.append(text)
        elif mark == "+":
            document.add_paragraph(next(attachments), ATTACHMENTS)
        else:
            document.add_paragraph(text, MARKS.get(mark, TEXT))
    _sign(document, signature)


def reached(document: Document, words: str, address: str, style: str = "") -> None:
    """Where in the network a document's reader gets on, in letters and as a QR code; nothing if there is no such place."""
    if address:
        document.add_paragraph(
            f"{words}：{address}，或者扫描下图。", style or TEXT
        ).paragraph_format.keep_with_next = True
        document.add_picture(BytesIO(query_codes.drawn(address, "png")), width=Mm(25))


def _attachments(names: Sequence[str]) -> Iterator[str]:
    """附件说明: one by its name, several numbered and below each other."""
    for number, name in enumerate(names, 1):
        yield ("附件：" if number == 1 else "　　　") + (f"{number}." if len(names) > 1 else "") + name


def heading(document: Document, text: str, level: int = 1, *, new_page: bool = False) -> None:
    """A heading; level 0 is the title, which breaks before what it has in brackets at its end if one line is too short."""
    if level == 0 and _characters(text) > TYPE_AREA / (TWO.mm):
        text = re.sub(r"(（[^（）]*）)$", r"\n\1", text)
    document.add_heading(legible(text), level).paragraph_format.page_break_before = new_page


def attach(document: Document, number: str, title: str, table: Grid) -> None:
    """An attachment on a page of its own: 附件 on the first line, its title on the third, its table."""
    mark = document.add_paragraph(f"附件{number}", MARKS["<"])
    mark.paragraph_format.page_break_before = True
    for run in mark.runs:
        _name_fonts(run._r.get_or_add_rPr(), HEITI)
    document.add_paragraph()
    heading(document, title, 0)
    document.add_paragraph()
    tabulate(document, table)


def tabulate(document: Document, grid: Grid, style: str = CELL) -> Table:
    """A table whose header is one, and stands again on each page.

    Its rows are copies of one that was laid out: what a list of thousands costs is its text.
    """
    table = ruled(document, 2 if grid.rows else 1, grid.widths)
    head, *body = table.rows
    _mark(head._tr, "tblHeader")
    for cell, text in zip(head.cells, grid.header, strict=True):
        fill(cell, text, style, centred=True)
    for laid_out in body:
        for cell in laid_out.cells:
            fill(cell, "", style)
        keep_with_next(head)
        pattern = laid_out._tr
        for line in grid.rows:
            pattern.addprevious(_row_like(pattern, line))
        table._tbl.remove(pattern)
    return table


def _row_like(pattern: CT_Row, line: Sequence[str]) -> CT_Row:
    """A row with the look of an empty one, and with these texts in its cells."""
    row = deepcopy(pattern)
    for cell, text in zip(row.tc_lst, line, strict=True):
        first, *others = legible(text).split("\n")
        [paragraph] = cell.p_lst
        further = [(deepcopy(paragraph), each) for each in others]
        for each, written in ((paragraph, first), *further):
            [run] = each.r_lst
            run.text = written
        for each, _ in further:
            cell.append(each)
    return row


def ruled(document: Document, rows: int, widths: Sequence[float]) -> Table:
    """An empty ruled table with columns of these widths in millimetres; no row breaks over pages."""
    table: Table = document.add_table(rows, len(widths), "Table Grid")
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
    for row in table.rows:
        _mark(row._tr, "cantSplit")
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = Mm(width)
    return table


def line(table: Table) -> CT_Row:
    """A further row of a ruled table, still without cells; it does not break over pages."""
    row: CT_Row = table._tbl.add_tr()
    _mark(row, "cantSplit")
    return row


def spanning(row: CT_Row, columns: int, width: float) -> CT_Tc:
    """The next cell of such a row, so many columns and millimetres wide. Merging cells afterwards takes several times as long."""
    cell: CT_Tc = row.add_tc()
    cell.width, cell.grid_span = Mm(width), columns
    return cell


def narrow(table: Table) -> None:
    """Cells of a table of many columns give more of their width to what stands in them."""
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), "40")
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    table._tbl.tblPr.append(margins)


def fill(cell: _Cell, text: str, style: str = CELL, *, centred: bool = False) -> None:
    """Write into a cell; each line of the text is a paragraph."""
    cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
    for number, line in enumerate(legible(text).split("\n")):
        paragraph = cell.add_paragraph() if number else cell.paragraphs[0]
        paragraph.text, paragraph.style = line, style
        paragraph.alignment = CENTRE if centred else LEFT


def keep_with_next(row: _Row) -> None:
    """No page ends with this row."""
    for cell in row.cells:
        for paragraph in cell.paragraphs:
            paragraph.paragraph_format.keep_with_next = True


def saved(document: Document) -> bytes:
    """The file. Its parts carry the document's own time, so that the same document is the same bytes."""
    written = BytesIO()
    document.save(written)
    at = document.core_properties.modified
    assert at
    with ZipFile(written) as parts:
        return packed((part.filename, parts.read(part), at.replace(tzinfo=UTC)) for part in parts.infolist())


def packed(files: Iterable[tuple[str, bytes, datetime]]) -> bytes:
    """A zip of named files with given times, and nothing of the machine that packs it."""
    pack = BytesIO()
    pack_into(pack, files)
    return pack.getvalue()


def pack_into(pack: IO[bytes], files: Iterable[tuple[str, bytes | Path, datetime]]) -> None:
    """Write such a zip; what is the path of a file is copied from there, however large it is."""
    with ZipFile(pack, "w", ZIP_DEFLATED) as target:
        for name, content, at in files:
            local = at.astimezone(SHANGHAI)
            part = ZipInfo(
                name, (max(local.year, 1980), local.month, local.day, local.hour, local.minute, local.second)
            )
            part.compress_type, part.create_system, part.external_attr = ZIP_DEFLATED, 3, 0o644 << 16
            if isinstance(content, bytes):
                target.writestr(part, content)
            else:
                with content.open("rb") as source, target.open(part, "w", force_zip64=True) as copy:
                    copyfileobj(source, copy)


# Page and styles


def _unburden(document: Document) -> None:
    """Without what the template brings and no document needs: a picture of itself, 160 styles, those twice."""
    for rels in (document.part.package.rels, document.part.rels):
        for key in [key for key, rel in rels.items() if rel.reltype.rpartition("/")[2] in UNNEEDED_PARTS]:
            rels.pop(key)
    for style in list(document.styles):
        if style.name not in TEMPLATE_STYLES:
            style.element.getparent().remove(style.element)
    for link in document.styles.element.findall(f".//{qn('w:link')}"):
        link.getparent().remove(link)


def _page(document: Document) -> None:
    """A4; 22 lines of 28 characters in 156 × 225 mm, by spacing and not by a grid, which programs read differently."""
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.footer_distance = Mm(23)
    for grid in section._sectPr.findall(qn("w:docGrid")):
        section._sectPr.remove(grid)


def _styles(document: Document) -> None:
    """Everything in the named fonts, ASCII included; nothing of the template's colours, spacing and theme."""
    defaults = document.styles.element.find(f".//{qn('w:rPrDefault')}/{qn('w:rPr')}")
    _name_fonts(defaults, FANGSONG)
    # Only East Asian text is called Chinese: a number called Chinese may be broken over lines.
    for language in (defaults.find(qn("w:lang")), document.settings.element.find(qn("w:themeFontLang"))):
        language.set(qn("w:eastAsia"), "zh-CN")
    _style(document, "Normal", FANGSONG, THREE, line=LINE)
    _style(document, "Title", XIAOBIAOSONG, TWO, CENTRE, line=Pt(36))
    _style(document, "Heading 1", HEITI, THREE, indent=2, line=LINE).paragraph_format.keep_with_next = True
    _style(document, "Heading 2", KAITI, THREE, indent=2, line=LINE).paragraph_format.keep_with_next = True
    # Not justified: that leaves the 28 places, and LibreOffice then loses marks that hang over the end of a line.
    _style(document, TEXT, FANGSONG, THREE, indent=2, line=LINE)
    _style(document, MARKS["<"], FANGSONG, THREE, line=LINE)
    _style(document, MARKS["^"], FANGSONG, THREE, CENTRE, line=LINE, after=LINE)
    _style(document, ATTACHMENTS, FANGSONG, THREE, indent=2, line=LINE)
    _close_up(_style(document, SIGNATURE, FANGSONG, THREE, CENTRE, line=LINE))
    _style(document, "Footer", SONGTI, FOUR)
    _style(document, CELL, FANGSONG, FIVE, around=Pt(2))
    _style(document, FINE, FANGSONG, SMALL_FIVE, around=Pt(1))


def _style(
    document: Document,
    name: str,
    font: str,
    size: Length,
    alignment: WD_ALIGN_PARAGRAPH = LEFT,
    *,
    indent: int = 0,
    line: Length | None = None,
    after: Length = NONE,
    around: Length = NONE,
) -> ParagraphStyle:
    known = name in [style.name for style in document.styles]
    style = document.styles[name] if known else document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    assert isinstance(style, ParagraphStyle)
    for former in [child for child in style.element if child.tag in (qn("w:rPr"), qn("w:pPr"))]:
        style.element.remove(former)
    _name_fonts(style.element.get_or_add_rPr(), font)
    if size == THREE:
        _condense(style.element.get_or_add_rPr())
    style.font.size, style.font.bold = size, False
    layout = style.paragraph_format
    layout.alignment, layout.space_before, layout.space_after = alignment, around, around or after
    layout.line_spacing_rule = WD_LINE_SPACING.SINGLE
    if line:
        layout.line_spacing = line
    layout.widow_control = False
    if indent:
        layout.first_line_indent = Pt(size.pt * indent)
        _in_characters(style.element.get_or_add_pPr(), "firstLineChars", indent)
    return style


def _name_fonts(properties: BaseOxmlElement, font: str) -> None:
    """Every script in one font: what is named only for ASCII leaves Chinese in the theme's font."""
    fonts = properties.find(qn("w:rFonts"))
    if fonts is None:
        fonts = OxmlElement("w:rFonts")
        properties.insert(0, fonts)
    fonts.attrib.clear()
    for script in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{script}"), font)


def _condense(properties: BaseOxmlElement) -> None:
    """28 characters of 16 points would be 158 mm: each gives up what is too much."""
    spacing = OxmlElement("w:spacing")
    spacing.set(qn("w:val"), str(floor((Mm(TYPE_AREA).pt / 28 - THREE.pt) * 20)))
    properties.append(spacing)


def _close_up(style: ParagraphStyle) -> None:
    """Without the space that programs put between digits and characters: it would widen a date."""
    for between in ("autoSpaceDE", "autoSpaceDN"):
        closed = OxmlElement(f"w:{between}")
        closed.set(qn("w:val"), "0")
        style.element.pPr.find(qn("w:spacing")).addprevious(closed)


def _in_characters(properties: CT_PPr, name: str, count: float) -> None:
    properties.get_or_add_ind().set(qn(f"w:{name}"), str(round(count * 100)))


def _footers(document: Document) -> None:
    """Page numbers, — 1 —, one character from the outer edge."""
    section = document.sections[0]
    document.settings.odd_and_even_pages_header_footer = True
    for footer, alignment in ((section.footer, RIGHT), (section.even_page_footer, LEFT)):
        footer.is_linked_to_previous = False
        paragraph = footer.paragraphs[0]
        paragraph.alignment = alignment
        indent = paragraph.paragraph_format
        indent.left_indent, indent.right_indent = (FOUR, NONE) if alignment is LEFT else (NONE, FOUR)
        paragraph.add_run("— ")
        field = OxmlElement("w:fldSimple")
        field.set(qn("w:instr"), "PAGE")
        paragraph._p.append(field)
        paragraph.add_run(" —")


def _sign(document: Document, lines: Sequence[str]) -> None:
    """署名 and 成文日期: the date four characters from the right, the office centred above it."""
    if not lines:
        return
    _keep_with_text(document)
    widths = [_characters(line) for line in lines]
    axis = max(DATE_FROM_RIGHT + widths[-1] / 2, max(widths) / 2)
    for line in lines:
        layout = document.add_paragraph(line, SIGNATURE).paragraph_format
        layout.keep_with_next = line is not lines[-1]
        layout.left_indent = max(Mm(TYPE_AREA) - Pt(2 * axis * THREE.pt), NONE)


def _keep_with_text(document: Document) -> None:
    """A page with nothing but the signature is no page of a document: two paragraphs of text go with it."""
    texts = 0
    for paragraph in reversed(document.paragraphs):
        texts += bool(paragraph.text)
        if texts > 2:
            return
        paragraph.paragraph_format.keep_with_next = True


def _characters(text: str) -> float:
    """How many characters wide a line is; digits are half as wide."""
    return sum(1 if east_asian_width(each) in "WFA" else 0.5 for each in text)


def _mark(row: CT_Row, mark: str) -> None:
    row.get_or_add_trPr().append(OxmlElement(f"w:{mark}"))
