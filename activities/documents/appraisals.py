"""The sheet of an evaluation by a third party (评价表): taken away with its alliances, brought back with scores; and what came of all.

Made of plain values: who calls reads the round, its items and its papers.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from activities.documents import sheet_reader, sheets
from activities.documents.sheets import Head, Sheet
from models.findings import Finding
from models.rounds.appraisals import DIMENSIONS
from models.rounds.merit import LONGEST_LIST
from regulation.rounds.merit import GRADES
from regulation.rounds.scoring import PerformanceTerms

FILING, NUMBER, ALLIANCE, LEADER = "平台申请编号", "备案编号", "联盟名称", "盟主企业"
ACTIVITIES, OPINION = "当年合作活动次数", "评价意见"

COLUMNS: Mapping[str, str] = {
    FILING: "filing",
    **{title: name for name, title in DIMENSIONS.items()},
    ACTIVITIES: "joint_activities",
    OPINION: "opinion",
}
"""Which field of an appraisal each column fills."""


@dataclass(frozen=True)
class Evaluated:
    """An alliance of the round, and what was brought of it so far: figures of its item."""

    filing_id: str
    archive_number: str
    alliance: str
    leader_name: str
    figures: Mapping[str, Any]
    state: str = ""


def template(title: str, alliances: Iterable[Evaluated], terms: PerformanceTerms, at: datetime) -> bytes:
    """评价表: the alliances of whoever takes it away, with what they brought before. Only what is to be filled in can be written to."""
    heads = [
        Head(FILING, 22), Head(NUMBER, 26), Head(ALLIANCE, 36), Head(LEADER, 30),
        *(Head(name, 10, filled_in=True) for name in DIMENSIONS.values()),
        Head(ACTIVITIES, 18, filled_in=True), Head(OPINION, 50, filled_in=True),
    ]  # fmt: skip
    lines = [
        [
            each.filing_id, each.archive_number, each.alliance, each.leader_name,
            *(_number(each.figures.get(name)) for name in DIMENSIONS), each.figures.get("joint_activities"),
            each.figures.get("opinion"),
        ]
        for each in alliances
    ]  # fmt: skip
    return sheets.workbook(title, [Sheet("评价表", heads, lines), _notes(terms)], at)


def _notes(terms: PerformanceTerms) -> Sheet:
    weights = "，".join(f"{DIMENSIONS[name]}{weight}%" for name, weight in terms.weights.items())
    notes = [
        "一、只填白色可写的各列；平台申请编号、备案编号、联盟名称、盟主企业由系统填写，不得改动。",
        "二、建设方向、运行机制、创新成效、组织活动各按百分制评分，至多两位小数（《实施细则》第八条）。",
        f"三、得分按权重合计，不作四舍五入：{weights}；{terms.excellent_from}分以上为优秀，{terms.qualified_from}分以上为合格。",
        "四、不评价的联盟整行不填分数和意见，上传时自动略过；有利害关系的，请在系统中申报回避。",
        "五、填好后在系统中上传；有问题的，系统按行、列一次列明，改正后整表重新上传。",
    ]
    return Sheet("填表说明", [Head("填表说明", 110)], [[note] for note in notes])


def _number(value: Any) -> Decimal | None:
    return Decimal(str(value)) if value is not None else None


@dataclass(frozen=True)
class Brought:
    """What a sheet brings: the rows as a door takes them, and where each stands in the sheet."""

    rows: tuple[Mapping[str, Any], ...]
    numbers: tuple[int, ...]
    table: sheet_reader.Table

    def placed(self, finding: Finding) -> Finding:
        """A finding on a row, told by row and column as the sheet has them."""
        parts = finding.field.split("/")
        if parts[:3] != ["", "content", "rows"] or len(parts) < 4 or not parts[3].isdigit():
            return finding
        row = self.numbers[int(parts[3])]
        title = next((title for title, name in COLUMNS.items() if parts[4:5] == [name]), FILING)
        return finding.but(message=f"{self.table.where(row, title)}：{finding.message.removeprefix(f'{title}：')}")


def read(content: bytes) -> Brought:
    """A sheet that came back; rows in which nothing was filled in are left out. Raises `sheet_reader.SheetRefused`."""
    table = sheet_reader.table(
        content, [FILING, *DIMENSIONS.values(), OPINION], most=LONGEST_LIST, optional=[ACTIVITIES]
    )
    filled = [row for row in table.rows if row.cells.keys() - {FILING}]
    if not filled:
        raise sheet_reader.SheetRefused("评价表中没有填写任何评价")
    rows = tuple({COLUMNS[title]: _value(title, text) for title, text in row.cells.items()} for row in filled)
    return Brought(rows, tuple(row.number for row in filled), table)


def _value(title: str, text: str) -> Any:
    """A cell as JSON has it: a score as a text with its digits, a count as a number; what is none stays as it was written."""
    if title in DIMENSIONS.values():
        try:
            return f"{Decimal(text):f}"
        except InvalidOperation:
            return text
    if title == ACTIVITIES and text.isdecimal() and len(text) < 10:
        return int(text)
    return text


def results(title: str, alliances: Sequence[Evaluated], at: datetime) -> bytes:
    """评价结果汇总表: what came of all, for the province alone; the public is told grades."""
    heads = [
        Head("序号", 6), Head(FILING, 22), Head(NUMBER, 26), Head(ALLIANCE, 36), Head(LEADER, 30), Head("评价机构", 26),
        *(Head(name, 10) for name in DIMENSIONS.values()), Head("得分", 10), Head("等级", 8), Head("状态", 10), Head(OPINION, 50),
    ]  # fmt: skip
    lines = [
        [
            number, each.filing_id, each.archive_number, each.alliance, each.leader_name, each.figures.get("organisation"),
            *(_number(each.figures.get(name)) for name in DIMENSIONS), _number(each.figures.get("score")),
            GRADES.get(str(each.figures.get("grade")), ""), each.state, each.figures.get("opinion"),
        ]
        for number, each in enumerate(alliances, 1)
    ]  # fmt: skip
    return sheets.table("评价结果", heads, lines, at)
