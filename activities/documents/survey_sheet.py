"""A return in a survey (统计调查表) as a workbook: taken away with what is known, filled in by whoever gathers the figures, brought back.

What comes back is what a browser would have sent of the form: the pointer of each field with what was written in its cell. So
it is read by the same reader, lands in the same draft, and whatever is found on a field is told by its cell too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from activities.documents import sheet_reader, sheets
from activities.documents.sheet_reader import SheetRefused, Wanted
from activities.documents.sheets import Cell, Choice, Head, Sheet
from activities.documents.survey_tables import indicator_title, sheet_name
from models.choices import MEMBERS
from models.findings import Finding
from models.forms import MEMBERS as MOST_MEMBERS
from models.rounds.questionnaires import INDICATORS, TABLES, Indicator, Questionnaire, Table
from regulation.rounds.figures import figure_of

FACT, SAID = "项目", "内容"
FILING, YEAR, EDITION = "平台申请编号", "统计年度", "调查表版本"
TABLE, CODE, CALLED, UNIT, NOW, BEFORE, MEANS = "分表", "代码", "指标名称", "计量单位", "本年", "上年", "指标解释"

MEMBER: Mapping[str, str] = {"name": "单位名称", "code": "统一社会信用代码", "type": "单位类型"}
"""Which member a row is about, by the names of the fields."""

TO_ADD = 20
"""So many empty rows stand below those of the members; a list has as many as it takes."""

YES_NO = {"是": "yes", "否": "no"}

TO_FILL_IN = (
    "只填写“本年”一列和各清单的行；成员单位已按备案填入，清单有几项填几行，没有的不填。",
    "金额单位为万元，保留两位小数；没有发生的填0；“是否”填是或者否；日期写成2026-05-01的样子。",
    "不得改动表头、代码，也不得删除工作表。填好后在系统中上传，读入草稿；有问题的，系统按行、列一次列明。",
    "上传不是报送：请在系统中核对读入的内容，勾选承诺后报送。",
)


@dataclass(frozen=True)
class Taken:
    """Whose return a workbook is: the alliance, the year of its figures, and by which questionnaire they are asked for."""

    filing_id: str
    alliance: str
    year: int
    questionnaire: Questionnaire

    @property
    def facts(self) -> Mapping[str, str]:
        """What tells it from any other."""
        return {FILING: self.filing_id, YEAR: f"{self.year}年", EDITION: self.questionnaire.edition}


# Taken away


def workbook(taken: Taken, figures: Mapping[str, Any], before: Mapping[str, Decimal], as_of: datetime) -> bytes:
    """填报表: the notes, the figures that are told once, and a sheet for each table with rows, with what is known so far."""
    asked = taken.questionnaire
    sheets_ = [_notes(taken), _once(asked, figures, before)]
    sheets_ += [_rows(table, figures.get(table.key)) for table in asked.tables if table.rows != "once"]
    named = [each._replace(name=sheet_name(number, each.name)) for number, each in enumerate(sheets_, 1)]
    return sheets.workbook(asked.title, named, as_of)


def _notes(taken: Taken) -> Sheet:
    told = [*taken.facts.items(), ("联盟名称", taken.alliance)]
    told += [("填报说明", note) for note in (*TO_FILL_IN, *taken.questionnaire.notes)]
    return Sheet("填报说明", (Head(FACT, 16), Head(SAID, 140)), told)


def _once(asked: Questionnaire, figures: Mapping[str, Any], before: Mapping[str, Decimal]) -> Sheet:
    heads = (
        Head(TABLE, 20), Head(CODE, 8), Head(CALLED, 34), Head(UNIT, 10), Head(NOW, 20, filled_in=True), Head(BEFORE, 14),
        Head(MEANS, 110),
    )  # fmt: skip
    lines = [
        [
            table.title, each.code, each.label, each.unit, _cell(each, held.get(each.key)),
            before.get(f"{table.key}.{each.key}"), each.definition,
        ]
        for table in asked.tables
        if table.rows == "once"
        for held in [_mapping(figures.get(table.key))]
        for each in table.indicators
    ]  # fmt: skip
    return Sheet("填报数", heads, lines)


def _rows(table: Table, held: Any) -> Sheet:
    heads = [Head(title, 30 if title == MEMBER["name"] else 22, filled_in=True) for title in _columns(table)]
    rows = [_mapping(row) for row in held] if isinstance(held, list | tuple) else []
    room = _most(table) - len(rows)
    rows += [{}] * max(0, min(room, TO_ADD) if table.rows == "members" else room)
    return Sheet(table.title, heads, [[*_identity(table, row), *_cells(table, row)] for row in rows])


def _identity(table: Table, row: Mapping[str, Any]) -> Iterator[Cell]:
    if table.rows == "members":
        yield from (str(row.get(name) or "") for name in ("name", "code"))
        yield Choice(MEMBERS.get(str(row.get("type")), str(row.get("type") or "")), tuple(MEMBERS.values()))


def _cells(table: Table, row: Mapping[str, Any]) -> Iterator[Cell]:
    yield from (_cell(each, row.get(each.key)) for each in table.indicators)


def _cell(indicator: Indicator, value: Any) -> Cell:
    """A cell with what is known; what cannot be what is asked for stands there as it was written."""
    text = "" if value is None else str(value)
    match indicator.type:
        case "whole" if isinstance(value, int):
            return value
        case "whole" | "amount":
            figure = figure_of(value)
            return figure if value is None or figure is not None else text
        case "yes_no":
            return Choice({True: "是", False: "否"}.get(value, text), tuple(YES_NO))
        case "choice":
            return Choice(text, indicator.options)
        case _:
            return text


def _mapping(held: Any) -> Mapping[str, Any]:
    return held if isinstance(held, Mapping) else {}


def _most(table: Table) -> int:
    return MOST_MEMBERS if table.rows == "members" else table.most


def _columns(table: Table) -> dict[str, str]:
    """The titles of the columns of a table with rows, each with the field that it fills."""
    who = {title: name for name, title in MEMBER.items()} if table.rows == "members" else {}
    return who | {indicator_title(each): each.key for each in table.indicators}


# Brought back


@dataclass(frozen=True)
class Brought:
    """What a workbook brings: by pointer what is written, as a browser sends it; and where each field stands in it."""

    written: Mapping[str, str]
    _once: Mapping[str, str] = field(default_factory=dict)
    _rows: Mapping[str, tuple[sheet_reader.Table, Mapping[str, str]]] = field(default_factory=dict)

    def where(self, pointer: str) -> str:
        """The cell of a field as people find it, its sheet if it is about a whole table; empty for what is in no cell."""
        _, table, *below = pointer.split("/") if pointer.count("/") else ("", "")
        if pointer in self._once:
            return self._once[pointer]
        if table not in self._rows:
            return ""
        sheet, titles = self._rows[table]
        number = int(below[0]) if below and below[0].isdecimal() else len(sheet.rows)
        if number >= len(sheet.rows):
            return f"“{sheet.name}”表"
        title = titles.get(below[1] if len(below) > 1 else "", next(iter(titles.values())))
        return f"“{sheet.name}”表{sheet.where(sheet.rows[number].number, title)}"

    def placed(self, finding: Finding) -> Finding:
        """A finding on a field, told by its cell too; what stands over the column is not said twice, and kinds of
        members are told in the words of the sheet."""
        where = self.where(finding.field)
        label, _, rest = finding.message.partition("：")
        said = rest if rest and where.endswith(f"{label}”") else finding.message
        for key, called in MEMBERS.items() if where.endswith(f"“{MEMBER['type']}”") else ():
            said = said.replace(key, called)
        return finding.but(message=f"{where}：{said}") if where else finding


def read(content: bytes, taken: Taken) -> Brought:
    """A workbook that came back. Raises `SheetRefused` for one that is none, or is another alliance's or year's."""
    asked = taken.questionnaire
    listed = [table for table in asked.tables if table.rows != "once"]
    notes, once, *rows = sheet_reader.tables(
        content,
        [
            Wanted((FACT, SAID), 100),
            Wanted((CODE, NOW), TABLES * INDICATORS),
            *(Wanted(tuple(_columns(table)), _most(table)) for table in listed),
        ],
    )
    _refuse_other(notes, taken)
    written, cells = _told_once(asked, once)
    for table, sheet in zip(listed, rows, strict=True):
        written |= dict(_told_in_rows(table, sheet))
    columns = {table.key: {key: title for title, key in _columns(table).items()} for table in listed}
    return Brought(
        written, cells, {table.key: (sheet, columns[table.key]) for table, sheet in zip(listed, rows, strict=True)}
    )


def _refuse_other(notes: sheet_reader.Table, taken: Taken) -> None:
    told = {row.cells.get(FACT): row.cells.get(SAID, "") for row in notes.rows}
    for fact, wanted in taken.facts.items():
        if told.get(fact) != wanted:
            raise SheetRefused(
                f"这不是本联盟本次调查的填报表：{fact}须为“{wanted}”，文件中为“{told.get(fact) or '（空）'}”"
            )


def _told_once(asked: Questionnaire, sheet: sheet_reader.Table) -> tuple[dict[str, str], dict[str, str]]:
    """What the figures say that are told once, and where each of them stands."""
    lines = {row.cells.get(CODE): row for row in sheet.rows}
    _refuse_repeated(sheet)
    written, cells = {}, {}
    for table in asked.tables:
        for each in table.indicators if table.rows == "once" else ():
            pointer, row = f"/{table.key}/{each.key}", lines.get(each.code)
            if row is None:
                raise SheetRefused(f"“{sheet.name}”表缺少代码{each.code}的一行")
            cells[pointer] = f"“{sheet.name}”表{sheet.where(row.number, NOW)}"
            if text := row.cells.get(NOW):
                written[pointer] = _as_sent(each, text)
    return written, cells


def _refuse_repeated(sheet: sheet_reader.Table) -> None:
    """Of two lines of the same code nobody knows which one counts."""
    rows: dict[str, list[int]] = {}
    for row in sheet.rows:
        if code := row.cells.get(CODE):
            rows.setdefault(code, []).append(row.number)
    repeated = [
        f"代码{code}（{'、'.join(f'第{number}行' for number in numbers)}）"
        for code, numbers in rows.items()
        if len(numbers) > 1
    ]
    if repeated:
        raise SheetRefused(f"“{sheet.name}”表中{'、'.join(repeated)}重复，每个代码只能有一行")


def _told_in_rows(table: Table, sheet: sheet_reader.Table) -> Iterator[tuple[str, str]]:
    types = {called: key for key, called in MEMBERS.items()}
    of: Mapping[str, Indicator] = {indicator_title(each): each for each in table.indicators}
    fields: Mapping[str, str] = _columns(table)
    for number, row in enumerate(sheet.rows):
        for title, text in row.cells.items():
            sent = _as_sent(of[title], text) if title in of else types.get(text, text)
            yield f"/{table.key}/{number}/{fields[title]}", sent


def _as_sent(indicator: Indicator, text: str) -> str:
    """What is written in a cell as a browser sends it of the same field."""
    if indicator.type == "yes_no":
        return YES_NO.get(text, text)
    if indicator.type == "day":
        return _day(text)
    return text


def _day(text: str) -> str:
    """A day as people type it: 2026/5/1 and 2026.5.1 too."""
    parts: Sequence[str] = text.replace("/", "-").replace(".", "-").split("-")
    try:
        return date(*map(int, parts)).isoformat() if len(parts) == 3 else text
    except ValueError:
        return text
