"""存量联盟名单 as a table (xlsx, CSV) or as JSON lines: its rows as applications that can be imported (A-02).

Columns are found by their titles, in any order; only what a list of 2021 holds has to be there.
"""

import csv
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from activities.documents import sheet_reader
from activities.documents.sheet_reader import Row, SheetRefused
from activities.documents.sheets import Head, Sheet, workbook
from regulation import offices
from regulation.listed import ID_PREFIX

MOST = 20_000
"""Alliances of one list."""

LONGEST = 5_000
"""Characters of one cell. What is longer is no cell of a list: it is refused, and not cut."""

SHOWN = 20
"""Characters of a title that a refusal shows."""

KINDS = {"A": "A", "普通类": "A", "B": "B", "提升类": "B", "技术能力提升类": "B", "": "A"}
TYPES = {"企业": "enterprise", "高校": "university", "院所": "institute", "金融": "finance", "中介": "intermediary", "其他": "other"}  # fmt: skip
STANDINGS = {"有据": "proven", "自述": "asserted", "不详": "unknown"}
"""What is known of a year before: shown, said, or not known."""


class Column(NamedTuple):
    """A column: its title, an example, and what is said of it to whoever fills it in."""

    title: str
    example: str
    note: str
    needed: bool = False


COLUMNS = (
    Column("类别", "普通类", "普通类（2021年工作指引）或提升类（2023年通知）；不填为普通类"),
    Column("所在市", "沈阳市", "十四个市或沈抚示范区", needed=True),
    Column("联盟名称", "沈阳示例重工数控机床产学研联盟", "全称", needed=True),
    Column("盟主企业", "沈阳示例重工有限公司", "企业登记的名称", needed=True),
    Column("统一社会信用代码", "91210102MA10ABCD6H", "盟主的18位代码，或者9位组织机构代码；不详的留空，由盟主补充"),
    Column("备案日期", "2021-12-18", "年月日俱全，如2021年12月18日", needed=True),
    Column("备案编号", "辽科备〔2021〕7号", "原备案编号，不得重复", needed=True),
    Column("导入依据文号", "辽科函〔示例〕9号", "不填的，用导入时统一填写的文号"),
    Column("技术领域", "先进制造与自动化", "可以不填"),
    Column("所属高新区", "沈阳高新技术产业开发区", "提升类盟主在高新区的填写"),
    Column(
        "成员单位",
        "示例大学（高校）；沈阳示例研究所（院所，12210000MA10ABCD6L）",
        "用分号隔开；括号内可写类型（企业、高校、院所、金融、中介、其他）和代码",
    ),
    Column(
        "以往年度",
        "2022：有据（辽科函〔示例〕3号）；2023：自述；2024：不详",
        "各年度报送情况：有据（写明依据）、自述或者不详；导入以前的年度一律不作为撤销的依据",
    ),
    Column("备案申请编号", "", "可以不填，由系统编排；填写的，同一编号只导入一次"),
)
NEEDED = [column.title for column in COLUMNS if column.needed]
OPTIONAL = [column.title for column in COLUMNS if not column.needed]

PLACES: Mapping[str, str] = {
    name: office.code for office in offices.OFFICES.values() for name in (office.code, office.city, *office.names)
}


@dataclass(frozen=True)
class Listed:
    """A row of a list, as an application."""

    number: int
    raw: dict[str, Any]


def read(name: str, content: bytes, document_no: str = "") -> list[Listed]:
    """The rows of a list, by the ending of its name. Raises `SheetRefused`; what is wrong with a row, examining it tells."""
    ending = name.rpartition(".")[2].lower()
    if ending not in READERS:
        raise SheetRefused("名单须为 xlsx、csv 或者 jsonl 文件")
    listed = []
    for number, raw in READERS[ending](content, document_no):
        if any(NO_TEXT.search(each) for each in _texts(raw)):
            raise SheetRefused(f"第{number}行有不能识别的字符，请改正后再传")
        listed.append(Listed(number, raw))
    return listed


NO_TEXT = re.compile("[\0\ud800-\udfff]")
"""What no text holds and no database keeps: a zero, half of a character."""


def _texts(told: object) -> Iterator[str]:
    """Every text in it, names of fields too."""
    left = [told]
    while left:
        match left.pop():
            case str(text):
                yield text
            case dict(fields):
                left += [*fields, *fields.values()]
            case list(items):
                left += items


def template() -> bytes:
    """A list to be filled in, with an example and what each column means."""
    titles = [Head(column.title, max(14, 2 * len(column.title))) for column in COLUMNS]
    notes = [[column.title, "必填" if column.needed else "", column.note, column.example] for column in COLUMNS]
    explained = [Head("栏目", 18), Head("是否必填", 10), Head("填写说明", 60), Head("示例", 60)]
    sheets = [Sheet("存量联盟名单", titles, []), Sheet("填写说明", explained, notes)]
    return workbook("存量联盟名单", sheets, datetime(2021, 6, 28, tzinfo=UTC))


def _of_workbook(content: bytes, document_no: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for row in sheet_reader.table(content, NEEDED, most=MOST, optional=OPTIONAL).rows:
        yield row.number, _application(row, document_no)


def _of_csv(content: bytes, document_no: str) -> Iterator[tuple[int, dict[str, Any]]]:
    lines = csv.reader(io.StringIO(_text(content), newline=""))
    records = _records(lines)
    header = [title.strip() for title in next(records, [])]
    if lacking := [title for title in NEEDED if title not in header]:
        raise SheetRefused(f"没有找到表头：缺少{'、'.join(f'“{title}”' for title in lacking)}")
    sheet_reader.refuse_repeated([title for title in header if title in (*NEEDED, *OPTIONAL)])
    for taken, cells in enumerate(records):
        if taken >= MOST:
            raise SheetRefused(f"超过{MOST}行")
        known = dict(zip(header, (cell.strip().removeprefix("'") for cell in cells), strict=False))
        if any(known.values()):
            yield (
                lines.line_num,
                _application(Row(lines.line_num, {key: each for key, each in known.items() if each}), document_no),
            )


def _records(lines: Any) -> Iterator[list[str]]:
    """The records of a CSV, whatever its lines end with."""
    try:
        yield from lines
    except csv.Error as error:
        raise SheetRefused(f"第{lines.line_num}行不能读取：有一格过长，或者引号不成对") from error


def _of_lines(content: bytes, document_no: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """JSON lines: each is an object of the same titles, or an application as models/legacy.py has it."""
    lines = LINE_END.split(_text(content).rstrip("\r\n"))
    if len(lines) > MOST:
        raise SheetRefused(f"超过{MOST}行")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            told = json.loads(line, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            raise SheetRefused(f"第{number}行不是一个 JSON 对象") from error
        if not isinstance(told, dict):
            raise SheetRefused(f"第{number}行不是一个 JSON 对象")
        if told.get("listed"):
            yield number, told
        else:
            cells = {str(key): str(each).strip() for key, each in told.items() if each not in (None, "")}
            yield number, _application(Row(number, cells), document_no)


LINE_END = re.compile(r"\r\n|\n|\r")


def _no_number(written: str) -> None:
    raise ValueError(written)


READERS: Mapping[str, Callable[[bytes, str], Iterator[tuple[int, dict[str, Any]]]]] = {
    "xlsx": _of_workbook,
    "csv": _of_csv,
    "jsonl": _of_lines,
}


def _text(content: bytes) -> str:
    """Excel writes UTF-8 with a mark in front, older programs GB 18030."""
    if len(content) > sheet_reader.LARGEST:
        raise SheetRefused(f"文件超过{sheet_reader.LARGEST // 1_000_000}兆字节")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SheetRefused("文字编码须为 UTF-8 或者 GB 18030")


def _application(row: Row, document_no: str) -> dict[str, Any]:
    """A row as an application; what cannot be read stays as it was written, so that the finding names it."""
    cells = row.cells
    if long := next((title for title, text in cells.items() if len(text) > LONGEST), None):
        raise SheetRefused(f"第{row.number}行“{long[:SHOWN]}”一格超过{LONGEST}字")
    kind = KINDS.get(cells.get("类别", ""), cells.get("类别"))
    place = PLACES.get(cells.get("所在市", ""), cells.get("所在市"))
    number = cells.get("备案编号")
    leader = {"name": cells.get("盟主企业"), "uscc": cells.get("统一社会信用代码")}
    legacy = {
        "archived_on": _day(cells.get("备案日期", "")),
        "archive_number": number,
        "document_no": cells.get("导入依据文号") or document_no or None,
        "years": [_year(each) for each in _several(cells.get("以往年度", ""))],
    }
    told = {
        "kind": kind,
        "filing_id": cells.get("备案申请编号") or _id_of(kind, place, number),
        "jurisdiction": place,
        "alliance_name": cells.get("联盟名称"),
        "technical_field": cells.get("技术领域"),
        "zone_name": cells.get("所属高新区"),
    }
    members = [_member(each) for each in _several(cells.get("成员单位", ""))]
    return {"listed": True, **_filled(told), "leader": _filled(leader), "legacy": _filled(legacy), "members": members}


def _filled(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, "")}


def _id_of(kind: str | None, place: str | None, number: str | None) -> str:
    """The same row has the same id whenever it is imported: by its kind, place and number."""
    return ID_PREFIX + hashlib.sha256(f"{kind}|{place}|{number}".encode()).hexdigest()[:16].upper()


DAY = re.compile(r"(\d{4})[-年/.](\d{1,2})[-月/.](\d{1,2})日?")


def _day(written: str) -> str:
    """A day as ISO 8601, however it is usually written."""
    found = DAY.fullmatch(written.strip())
    return f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}" if found else written


def _several(written: str) -> list[str]:
    return [each.strip() for each in re.split(r"[；;\n]", written) if each.strip()]


BRACKETED = re.compile(r"(?P<name>.*?)[（(](?P<told>[^（）()]*)[）)]")


def _member(written: str) -> dict[str, Any]:
    """示例大学（高校，1221…）: a name, and in brackets its type and code, where those are told."""
    found = BRACKETED.fullmatch(written)
    told = [each.strip() for each in re.split(r"[，,、 ]", found["told"]) if each.strip()] if found else []
    kinds = [TYPES[each] for each in told if each in TYPES]
    rest = [each for each in told if each not in TYPES]
    if found is None or not (kinds or (rest and rest[0].isascii())):
        return {"name": written}  # the brackets belong to the name
    return _filled(
        {"name": found["name"].strip(), "type": kinds[0] if kinds else None, "code": rest[0] if rest else None}
    )


YEAR = re.compile(r"(?P<year>\d{4})(?:年度?)?[：:\s]*(?P<standing>\w{2})(?:[（(](?P<basis>.*)[）)])?")


def _year(written: str) -> dict[str, Any]:
    """2022：有据（辽科函〔2023〕3号）."""
    found = YEAR.fullmatch(written)
    if found is None:
        return {"year": written, "standing": "unknown"}
    standing = STANDINGS.get(found["standing"], found["standing"])
    return _filled({"year": int(found["year"]), "standing": standing, "basis": found["basis"]})
