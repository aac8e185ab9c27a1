"""检查记录表: to be taken to the place, with what is known of the alliance filled in; and the same as it was recorded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from docx.document import Document

from activities.documents import gongwen
from activities.documents.forms import COLUMNS, Cell, Row, boxes, lay
from models.rounds.inspections import Assignment, CheckRecord, InspectionState, Purpose
from models.rounds.round import Round
from regulation import offices
from regulation.naming import on_day
from regulation.rounds.checks import CHECKS
from regulation.rounds.known import Alliance

TITLES = {Purpose.CHECK: "实质性产学研联盟随机抽查记录表", Purpose.SURVEY: "技术能力提升类联盟调研考察记录表"}

MET, NOT_MET = "符合", "不符合"
EMPTY_DAY = "　　　年　　月　　日"


@dataclass(frozen=True)
class Inspected:
    """One alliance that was drawn: its task, and the record once there is one."""

    round: Round
    alliance: Alliance
    task: Assignment | None = None
    record: CheckRecord | None = None

    @property
    def state(self) -> InspectionState:
        """What the round holds of its kind."""
        if not isinstance(self.round.of, InspectionState):
            raise TypeError(self.round.id)
        return self.round.of


def record_sheet(inspected: Inspected, at: datetime) -> bytes:
    """The sheet as a document; `at` is when it was caused."""
    title = TITLES[inspected.state.purpose]
    document = gongwen.blank(title, offices.name_of(offices.PROVINCE), at)
    gongwen.heading(document, title, 0)
    document.add_paragraph()
    gongwen.heading(document, "一、联盟情况")
    lay(document, _facts(inspected))
    gongwen.heading(document, "二、检查情况")
    lay(document, _visit(inspected))
    _lines(document, inspected)
    gongwen.heading(document, "三、检查意见")
    lay(document, _conclusion(inspected))
    note = "本表一式两份，检查机关、被检查联盟各执一份。检查人员不少于两人，检查时出示证件。"
    document.add_paragraph(f"注：{note}", gongwen.CELL)
    return gongwen.saved(document)


def _asked(label: str, value: str, wide: int = 9) -> Row:
    return [Cell(label, 3, label=True), Cell(value, wide)]


def _facts(inspected: Inspected) -> list[Row]:
    alliance = inspected.alliance
    archived = on_day(alliance.archived_on) if alliance.archived_on else "（尚未入库）"
    return [
        _asked("联盟名称", alliance.name),
        _asked("盟主企业", f"{alliance.leader_name}\n{alliance.leader}"),
        [
            *_asked("所在市", offices.CITIES.get(alliance.jurisdiction, ""), 3),
            *_asked("技术领域", alliance.technical_field, 3),
        ],
        [*_asked("备案编号", alliance.archive_number or "—", 4), Cell("备案日期", 2, label=True), Cell(archived, 3)],
        _asked(
            "检查事项", inspected.round.title + (f"（{number}）" if (number := inspected.round.document_no) else "")
        ),
    ]


def _visit(inspected: Inspected) -> list[Row]:
    task, record = inspected.task, inspected.record
    people = "\n".join(f"{each.name}（{each.employer}）" for each in task.inspectors) if task else "\n"
    on = record.inspected_on if record else None
    return [
        [*_asked("检查日期", _day(on), 3), *_asked("检查地点", record.place if record else "", 3)],
        _asked("检查人员", people),
        _asked("被检查方\n在场人员", "、".join(record.present) if record else "\n"),
    ]


def _day(day: date | None) -> str:
    return on_day(day) if day else EMPTY_DAY


def _lines(document: Document, inspected: Inspected) -> None:
    record = inspected.record
    found = {line.item: line for line in record.lines} if record else {}
    rows: list[Sequence[str]] = []
    for number, item in enumerate(CHECKS[inspected.state.rule].items(inspected.state.purpose), 1):
        line = found.get(item.asks)
        chosen = () if line is None else (MET if line.met else NOT_MET,)
        rows.append((str(number), item.asks, boxes((MET, NOT_MET), chosen), (line.note or "") if line else ""))
    gongwen.tabulate(document, gongwen.Grid(("序号", "检查事项", "结果", "检查情况"), (12, 66, 36, 42), rows))


def _conclusion(inspected: Inspected) -> list[Row]:
    record = inspected.record
    rows: list[Row] = [_asked("检查意见", record.conclusion if record else "\n\n\n")]
    if inspected.state.purpose is Purpose.CHECK:
        until = EMPTY_DAY if record is None else on_day(record.rectify_by) if record.rectify_by else "无须整改"
        rows.append(_asked("整改期限", until))
    if record and record.documents:
        rows.append(_asked("检查材料", "\n".join(each.name for each in record.documents)))
    signed = f"（签字）\n\n\n{EMPTY_DAY}"
    rows.append([Cell(f"检查人员{signed}", COLUMNS // 2), Cell(f"被检查方负责人{signed}", COLUMNS // 2)])
    return rows
