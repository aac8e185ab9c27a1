"""Documents of a year of reports (年度报送): the closing report as a draft (docx) and as tables (xlsx), and what was reported (xlsx, CSV, JSON).

Made of plain values: who calls reads the board, the names behind it and the contents (activities/year_board.py, year_contents.py).
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from activities.documents import gongwen, sheets, yearbook
from activities.documents.gongwen import Grid
from activities.documents.sheets import Cell, Head, Sheet, harmless
from activities.pictures.datasets import Dataset
from activities.year_board import Board, Report
from activities.year_contents import PARTS, TASKS, Content, Contents
from models.register import FilingRow
from models.values import day_of, in_shanghai, last_day_until
from models.vocabulary import Kind, ReportState
from regulation import offices
from regulation.articles import GUIDELINE_TITLE, RULES_TITLE
from regulation.naming import on_day
from regulation.reporting import SHOWN, Tally

UNCHECKED = "草稿，须经机关审核后印发"
NUMBERS = ("expected", "filed", "late", "unreported", "overdue", "extended", "excused")
"""The numbers of the tables, in their order."""

NAMED = (ReportState.MISSED, ReportState.OPEN, ReportState.EXTENDED, ReportState.LATE, ReportState.EXCUSED)
"""Whose names the report lists, in this order."""


@dataclass(frozen=True)
class Closing:
    """What a closing report tells: the board of a year for an office, as of an instant, the names behind it, and what is drawn of it."""

    board: Board
    office: str
    where: str
    names: Sequence[tuple[FilingRow, Report]]
    contents: Contents
    at: datetime
    pictures: Sequence[Dataset] = ()

    @property
    def title(self) -> str:
        """What the report is called."""
        return f"关于{self.where}{self.board.year}年度实质性产学研联盟\n总结和计划报送情况的报告"

    def of(self, *states: ReportState) -> list[tuple[FilingRow, Report]]:
        """The names behind some of the numbers."""
        return [each for each in self.names if each[1].state in states]


def closing_report(told: Closing) -> bytes:
    """年度报送情况报告: a draft in the form of an official document, its tables and pictures attached."""
    document = gongwen.blank(told.title, told.office, told.at, UNCHECKED)
    gongwen.heading(document, told.title, 0)
    attached = [*_attached(told)]
    gongwen.write(document, [*_lines(told, [title for title, _ in attached])])
    for number, (title, grid) in enumerate(attached, 1):
        gongwen.attach(document, str(number) if len(attached) > 1 else "", title, grid)
    for number, table in enumerate(told.pictures, 1):
        yearbook.add(document, f"附图{number if len(told.pictures) > 1 else ''}　{table.title}", table, new_page=True)
    return gongwen.saved(document)


def _lines(told: Closing, attached: Sequence[str]) -> Iterator[tuple[str, str]]:
    board, total = told.board, told.board.total
    if told.office != offices.name_of(offices.PROVINCE):
        yield "<", "省科技厅："
    yield (
        "",
        (
            f"根据{GUIDELINE_TITLE}第十条和{RULES_TITLE}第七条，"
            f"现将{told.where}{board.year}年度技术创新活动总结和{board.year + 1}年度技术创新活动计划报送情况报告如下"
            f"（截至{on_day(day_of(told.at))}）。"
        ),
    )
    yield "#", "一、总体情况"
    yield "", _in_words("应报联盟", total)
    for kind in Kind:
        if (tally := board.of(kind=kind))["expected"]:
            yield "", _in_words(f"{kind.value}类应报", tally)
    yield "#", "二、未报和迟报情况"
    missed, late = told.of(ReportState.MISSED), told.of(ReportState.LATE)
    second = [row for row, _ in missed if row.missed_years > 1]
    waiting = told.of(ReportState.OPEN, ReportState.EXTENDED)
    if not missed and not waiting:
        yield "", f"应报联盟均已报送{'，其中迟报' + str(len(late)) + '家' if late else ''}。"
    else:
        yet = f"，期限未满尚未报送{len(waiting)}家" if waiting else ""
        yield "", f"逾期未报{len(missed)}家{yet}，迟报{len(late)}家，名单见附件。"
    if second:
        yield (
            "",
            f"连续两年未报送的{len(second)}家，已依《工作指引》第十一条第6项启动撤销程序或者列入程序：{_names(second)}。",
        )
    if extended := told.of(ReportState.EXTENDED):
        yield "", f"准予延期、尚未报送的{len(extended)}家：{_names([row for row, _ in extended])}。"
    if excused := told.of(ReportState.EXCUSED):
        yield "", f"免予报送的{len(excused)}家：{_names([row for row, _ in excused])}。"
    yield "#", "三、八项主要任务"
    yield (
        "",
        (
            f"已报送的{len(told.contents.reports)}家联盟中，总结涉及"
            + "，".join(f"{_bare(name)}{_sum(told.contents, 'summary', task)}家" for task, name in TASKS.items())
            + f"；{board.year + 1}年度计划涉及情况见附件。"
        ),
    )
    yield "", ""
    yield from (("+", title) for title in attached)
    yield "", ""
    yield ">", "辽宁省科学技术厅" if told.office == offices.name_of(offices.PROVINCE) else told.office
    yield ">", on_day(day_of(told.at))


FEW = 10
"""So many alliances are named in the text; the attachment has all."""


def _names(rows: Sequence[FilingRow]) -> str:
    return "、".join(f"“{row.alliance_name}”" for row in rows[:FEW]) + ("等" if len(rows) > FEW else "")


def _in_words(what: str, tally: Tally) -> str:
    """The numbers that are not nothing, in a sentence."""
    overdue = f"（已逾期{tally['overdue']}家）" if tally["overdue"] else ""
    parts = [
        f"{said}{tally[key]}家{more}"
        for key, said, more in (
            ("filed", "按期报送", ""), ("late", "迟报", ""), ("unreported", "未报", overdue), ("extended", "准予延期", ""),
        )
        if tally[key]
    ]  # fmt: skip
    rate = "" if tally.rate is None else f"，报送率{tally.rate}%"
    excused = f"；另有免报{tally['excused']}家" if tally["excused"] else ""
    return f"{what}{tally['expected']}家{'，其中' if parts else ''}{'、'.join(parts)}{rate}{excused}。"


def _bare(task: str) -> str:
    """A task's name without its number."""
    return task.partition("、")[2]


def _sum(contents: Contents, part: str, task: str) -> int:
    return sum(count for key, counted in contents.sums.items() if key == (part, task) for count in counted.values())


def _attached(told: Closing) -> Iterator[tuple[str, Grid]]:
    titles = ("地区", *(SHOWN[key].title for key in NUMBERS), "报送率")
    yield f"{told.board.year}年度报送情况统计表", Grid(titles, (28, *[16] * 8), [*_statistics(told.board)])
    if listed := told.of(*NAMED):
        rows = [
            (
                str(number),
                row.alliance_name,
                row.leader_name,
                f"{row.kind}类",
                row.archive_number or "",
                *_became(report),
            )
            for number, (row, report) in enumerate(sorted(listed, key=_in_order), 1)
        ]
        yield (
            "未报、延期、迟报、免报联盟名单",
            Grid(
                ("序号", "联盟名称", "盟主企业", "类别", "备案编号", "情况", "报送期限"),
                (10, 40, 36, 12, 26, 16, 16),
                rows,
            ),
        )
    yield (
        "八项主要任务统计表",
        Grid(
            ("主要任务", f"{told.board.year}年度总结（家）", f"{told.board.year + 1}年度计划（家）"),
            (76, 40, 40),
            [
                (name, str(_sum(told.contents, "summary", task)), str(_sum(told.contents, "plan", task)))
                for task, name in TASKS.items()
            ],
        ),
    )


def _in_order(pair: tuple[FilingRow, Report]) -> tuple[int, str, str]:
    row, report = pair
    return NAMED.index(report.state), row.jurisdiction, row.filing_id


def _became(report: Report) -> tuple[str, str]:
    return report.state.label, str(last_day_until(report.due))


def _statistics(board: Board) -> Iterator[tuple[str, ...]]:
    for name, tally in _places(board):
        rate = "—" if tally.rate is None else f"{tally.rate}%"
        yield (name, *(str(tally[key]) for key in NUMBERS), rate)


def _places(board: Board) -> Iterator[tuple[str, Tally]]:
    """City by city, each zone below its city, and all together."""
    for city, tally in board.cities.items():
        yield offices.OFFICES[city].city, tally
        for zone, within in board.zones.items():
            if offices.ZONES[zone].city == city:
                yield f"　其中：{offices.ZONES[zone].name}", within
    yield "合计", board.total


def closing_tables(told: Closing) -> bytes:
    """年度报送情况表: the numbers by place and kind, every alliance with what became of its year, and the eight tasks."""
    numbers = [
        Head("地区", 26),
        Head("类别", 8),
        *(Head(SHOWN[key].title, 12) for key in NUMBERS),
        Head("报送率（%）", 12),
    ]
    heads = [
        Head("备案", 24), Head("联盟名称", 40), Head("盟主企业", 32), Head("统一社会信用代码", 22), Head("类别", 8), Head("所在市", 12),
        Head("备案编号", 28), Head("情况", 16), Head("报送期限", 12), Head("首次收到", 12), Head("最近催报", 12), Head("连续未报年数", 14),
    ]  # fmt: skip
    sheets_ = [
        Sheet("报送情况", numbers, _by_kind(told.board)),
        Sheet(
            "名单", heads, map(_named, sorted(told.names, key=lambda each: (each[0].jurisdiction, each[0].filing_id)))
        ),
        Sheet("八项任务", SUMS, _sums(told.contents)),
    ]
    return sheets.workbook(f"{told.board.year}年度报送情况", sheets_, told.at)


def _by_kind(board: Board) -> Iterator[Sequence[Cell]]:
    places: dict[str, str | None] = {code: offices.OFFICES[code].city for code in board.cities}
    for city, name in places.items():
        for kind in Kind:
            if (tally := board.of(city, kind)).counts:
                yield (name, f"{kind.value}类", *(tally[key] for key in NUMBERS), tally.rate)
    for kind in Kind:
        tally = board.of(kind=kind)
        yield ("合计", f"{kind.value}类", *(tally[key] for key in NUMBERS), tally.rate)
    yield ("合计", None, *(board.total[key] for key in NUMBERS), board.total.rate)


def _named(pair: tuple[FilingRow, Report]) -> Sequence[Cell]:
    row, report = pair
    return (
        row.filing_id, row.alliance_name, row.leader_name, row.leader, f"{row.kind}类", offices.OFFICES[row.jurisdiction].city,
        row.archive_number, report.state.label, last_day_until(report.due), day_of(report.filed_at) if report.filed_at else None,
        day_of(report.urged_at) if report.urged_at else None, row.missed_years,
    )  # fmt: skip


# What was reported

SUMS = (Head("主要任务", 36), Head("内容", 8), Head("所在市", 12), Head("类别", 8), Head("联盟（家）", 12))


def _sums(contents: Contents) -> Iterator[Sequence[Cell]]:
    """A line for each task, part, city and kind that anybody speaks of; the last ones are all together."""
    for (part, task), counted in contents.sums.items():
        for (city, kind), count in sorted(counted.items(), key=lambda pair: list(offices.OFFICES).index(pair[0][0])):
            yield (TASKS[task], PARTS[part], offices.OFFICES[city].city, f"{kind.value}类", count)
    for (part, task), counted in contents.sums.items():
        yield (TASKS[task], PARTS[part], "合计", None, counted.total())


TOLD = ("备案", "联盟名称", "盟主企业", "所在市", "类别", "备案编号", "情况", "首次收到")


def _heads(contents: Contents) -> list[str]:
    year = contents.year
    return [
        *TOLD, f"{year}年度总结", *(f"总结：{name}" for name in TASKS.values()),
        f"{year + 1}年度计划", *(f"计划：{name}" for name in TASKS.values()),
    ]  # fmt: skip


def _line(each: Content) -> list[Cell]:
    told: list[Cell] = [
        each.filing_id, each.alliance, each.leader, offices.OFFICES[each.jurisdiction].city, f"{each.kind.value}类",
        each.archive_number, each.state.label, day_of(each.filed_at) if each.filed_at else None,
    ]  # fmt: skip
    for part in PARTS:
        tasks = each.tasks(part)
        told += [each.text(part), *(tasks.get(task) for task in TASKS)]
    return told


def contents_xlsx(contents: Contents, as_of: datetime) -> bytes:
    """年度报告内容表: a line a report, and the sums by task."""
    heads = [Head(title, 40 if number >= len(TOLD) else 20) for number, title in enumerate(_heads(contents))]
    sheets_ = [Sheet("报告内容", heads, map(_line, contents.reports)), Sheet("八项任务", SUMS, _sums(contents))]
    return sheets.workbook(f"{contents.year}年度报告内容", sheets_, as_of)


def contents_csv(contents: Contents) -> bytes:
    """The same lines, as CSV that a spreadsheet reads as it is."""
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\r\n")
    table.writerow(_heads(contents))
    for each in contents.reports:
        table.writerow([harmless(str(cell)) if cell is not None else "" for cell in _line(each)])
    return written.getvalue().encode("utf-8-sig")


def contents_told(contents: Contents) -> dict[str, object]:
    """The same as JSON: every report, and how many alliances speak of each task."""
    return {
        "year": contents.year,
        "reports": [_told(each) for each in contents.reports],
        "tasks": {
            task: {"name": name, **{part: contents.sums[part, task].total() for part in PARTS}}
            for task, name in TASKS.items()
        },
    }


def _told(each: Content) -> Mapping[str, object]:
    return {
        "filing_id": each.filing_id, "alliance": each.alliance, "leader": each.leader, "jurisdiction": each.jurisdiction,
        "zone": each.zone, "kind": each.kind.value, "archive_number": each.archive_number, "state": each.state.value,
        "filed_at": in_shanghai(each.filed_at) if each.filed_at else None,
        **{part: {"text": each.text(part), "tasks": dict(each.tasks(part))} for part in PARTS},
    }  # fmt: skip


def contents_json(contents: Contents) -> bytes:
    """The same as a file."""
    return json.dumps(contents_told(contents), ensure_ascii=False, indent=1).encode()
