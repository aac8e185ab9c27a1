"""Documents of evaluations (评估评价): what a city reports to both departments, and what both decide; with their tables.

Made of plain values: who calls reads the round, its items and its papers.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from activities.documents import gongwen, sheets
from activities.documents.gongwen import Grid
from activities.documents.sheets import Head
from models.choices import CHOICES, OUTCOMES
from models.rounds.evaluation_papers import Answer, Decided, EvaluationPaper, EvaluationReport, TypicalList
from models.values import day_of
from regulation.articles import GUIDELINE_TITLE
from regulation.naming import on_day
from regulation.rounds.evaluation_items import Item, ItemsEdition
from regulation.rounds.evaluation_judging import favourable, marks

UNCHECKED = "草稿，须经机关审核后印发"


@dataclass(frozen=True)
class Subject:
    """One alliance of a list, as tables name it."""

    filing_id: str
    name: str
    leader: str
    city: str
    archive_number: str
    technical_field: str = ""


@dataclass(frozen=True)
class Evaluated:
    """One alliance of a round with its evaluation; None if there is none."""

    subject: Subject
    paper: EvaluationPaper | None
    officer: str = ""


@dataclass(frozen=True)
class Reported:
    """What a city reports: of which year, by which offices (市科技, 市工信), everything that was evaluated, and the report."""

    year: int
    city: str
    offices: tuple[str, ...]
    edition: ItemsEdition
    evaluated: Sequence[Evaluated]
    report: EvaluationReport
    at: datetime
    document_no: str = ""

    @property
    def title(self) -> str:
        """What the report is called."""
        return f"关于报送{self.city}{self.year}年度\n实质性产学研联盟评估评价情况的报告"

    @property
    def results(self) -> Counter[str]:
        """How many alliances have each result."""
        return Counter(each.paper.result for each in self.evaluated if each.paper)

    @property
    def done(self) -> int:
        """How many were evaluated."""
        return self.results.total()

    @property
    def recommended(self) -> list[tuple[Subject, str]]:
        """Whom the city recommends as typical, and why."""
        subjects = {each.subject.filing_id: each.subject for each in self.evaluated}
        return [(subjects[row.filing_id], row.reason) for row in self.report.recommended if row.filing_id in subjects]


# The report of a city


def report(told: Reported) -> bytes:
    """评估评价情况报告: a draft in the form of an official document, its tables attached (A-48)."""
    document = gongwen.blank(told.title, told.offices[0], told.at, UNCHECKED)
    gongwen.heading(document, told.title, 0)
    gongwen.write(document, [*_report_lines(told)])
    attached = [("评估评价结果汇总表", _results(told))]
    if told.recommended:
        attached.append(("推荐典型联盟名单", _recommended(told)))
    for number, (title, grid) in enumerate(attached, 1):
        gongwen.attach(document, str(number) if len(attached) > 1 else "", title, grid)
    return gongwen.saved(document)


def _report_lines(told: Reported) -> Iterator[tuple[str, str]]:
    if told.document_no:
        yield "^", told.document_no
    yield "<", "省科技厅、省工业和信息化厅："
    yield (
        "",
        (
            f"根据{GUIDELINE_TITLE}第十二条、第十三条、第十四条，{'会同'.join(told.offices)}"
            f"组织开展了本地区已备案联盟{told.year}年度评估评价，现将有关情况报告如下。"
        ),
    )
    yield "#", "一、组织开展情况"
    yield from (("", line) for line in _paragraphs(told.report.text))
    yield "#", "二、评估评价结果"
    results = "、".join(f"{OUTCOMES[grade]}{count}家" for grade in GRADES if (count := told.results[grade]))
    yield "", f"应评联盟{len(told.evaluated)}家，已评{told.done}家{'，其中' + results if results else ''}。"
    if missing := [each.subject.name for each in told.evaluated if each.paper is None]:
        yield "", f"未评{len(missing)}家：{'、'.join(missing)}。"
    yield from (("", line) for line in _paragraphs(told.report.not_evaluated or ""))
    yield "#", "三、推荐典型联盟情况"
    if told.recommended:
        names = "、".join(f"“{subject.name}”" for subject, _ in told.recommended[:NAMED])
        more = "等" if len(told.recommended) > NAMED else ""
        yield "", f"依据评估评价结果，择优推荐{names}{more}{len(told.recommended)}家联盟为典型联盟，名单见附件2。"
    else:
        yield "", "本次没有推荐典型联盟。"
    if told.report.feedback:
        yield "#", "四、新情况、新问题和新经验"
        yield from (("", line) for line in _paragraphs(told.report.feedback))
    yield "", ""
    yield "+", "评估评价结果汇总表"
    if told.recommended:
        yield "+", "推荐典型联盟名单"
    yield "", ""
    yield from ((">", office) for office in told.offices)
    yield ">", on_day(day_of(told.at))


NAMED = 5
"""So many alliances are named in the text; the attachment has all."""

GRADES = ("excellent", "qualified", "unqualified")


def _paragraphs(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _results(told: Reported) -> Grid:
    return Grid(
        header=("序号", "联盟名称", "盟主企业", "备案编号", "逐项评价", "活动次数", "评价结果"),
        widths=(12, 36, 32, 26, 20, 14, 16),
        rows=[
            (
                str(number),
                each.subject.name,
                each.subject.leader,
                each.subject.archive_number,
                _tally(told.edition, each.paper) if each.paper else "—",
                str(each.paper.joint_activities) if each.paper else "—",
                OUTCOMES[each.paper.result] if each.paper else "未评",
            )
            for number, each in enumerate(told.evaluated, 1)
        ],
    )


def _tally(edition: ItemsEdition, paper: EvaluationPaper) -> str:
    """What the answers come to: how many are good, and the marks where there are any."""
    asked = sum(not item.scored for item in edition.items.values())
    scored = marks(edition, paper)
    parts = [f"{asked}项中{favourable(edition, paper)}项较好"] if asked else []
    return "\n".join([*parts, *([f"{scored}分"] if scored is not None else [])])


def _recommended(told: Reported) -> Grid:
    return Grid(
        header=("序号", "联盟名称", "盟主企业", "备案编号", "推荐理由"),
        widths=(12, 36, 34, 26, 48),
        rows=[
            (str(number), subject.name, subject.leader, subject.archive_number, reason)
            for number, (subject, reason) in enumerate(told.recommended, 1)
        ],
    )


def sheet(told: Reported) -> bytes:
    """评估评价汇总表: a line an alliance with every answer, its finding beside it (A-45)."""
    recommended = {row.filing_id: row.reason for row in told.report.recommended}
    items = [*told.edition.items.values()]
    heads = [
        Head("序号", 6), Head("联盟名称", 24), Head("盟主企业", 22), Head("备案编号", 16), Head("技术领域", 12),
        *(Head(item.title + (f"（满分{item.most}分）" if item.most else ""), 15) for item in items),
        Head("合作活动（次）", 10), Head("评价结果", 10), Head("推荐典型联盟", 10), Head("推荐理由", 24), Head("评价人", 10),
    ]  # fmt: skip
    return sheets.table(
        "评估评价汇总表",
        heads,
        (_line(number, each, items, recommended) for number, each in enumerate(told.evaluated, 1)),
        told.at,
    )


def _line(number: int, each: Evaluated, items: Sequence[Item], recommended: Mapping[str, str]) -> list[sheets.Cell]:
    subject, paper = each.subject, each.paper
    answers = paper.answers if paper else {}
    return [
        number, subject.name, subject.leader, subject.archive_number, subject.technical_field,
        *(_answered(answers.get(item.key)) for item in items),
        paper.joint_activities if paper else None,
        OUTCOMES[paper.result] if paper else "未评",
        "推荐" if subject.filing_id in recommended else None,
        recommended.get(subject.filing_id),
        each.officer or None,
    ]  # fmt: skip


def _answered(answer: Answer | None) -> str | None:
    """An answer in a cell: yes, no or a score, and what was found."""
    if answer is None:
        return None
    word = str(answer.score) if answer.met is None else "是" if answer.met else "否"
    return f"{word}。{answer.finding}" if answer.finding else word


# What both departments decide


@dataclass(frozen=True)
class Chosen:
    """What both departments decided: the list, with the alliances that it names, and when."""

    year: int
    decided: TypicalList
    subjects: Mapping[str, Subject]
    at: datetime
    document_no: str = ""

    @property
    def title(self) -> str:
        """What the decision is called."""
        return f"关于公布{self.year}年度辽宁省典型\n实质性产学研联盟名单的通知"

    def of(self, tag: str, *, removed: bool = False) -> list[tuple[Subject, Decided]]:
        """The alliances that are given a name, or that it is taken from."""
        rows = (row for row in self.decided.decided if row.tag == tag and row.removed is removed)
        return [(self.subjects[row.filing_id], row) for row in rows if row.filing_id in self.subjects]


def typical_list(told: Chosen) -> bytes:
    """确定典型联盟和试点示范的通知, as a draft; its lists attached (A-49)."""
    document = gongwen.blank(told.title, "辽宁省科学技术厅", told.at, UNCHECKED)
    gongwen.heading(document, told.title, 0)
    lists = [(title, told.of(tag, removed=removed)) for title, tag, removed in LISTS]
    lists = [(title, rows) for title, rows in lists if rows]
    gongwen.write(document, [*_decision_lines(told, [title for title, _ in lists])])
    for number, (title, rows) in enumerate(lists, 1):
        gongwen.attach(document, str(number) if len(lists) > 1 else "", title, _named(rows))
    return gongwen.saved(document)


LISTS = (
    ("典型联盟名单", "typical", False),
    ("试点示范联盟名单", "pilot", False),
    ("取消典型联盟名单", "typical", True),
    ("取消试点示范联盟名单", "pilot", True),
)
"""What a decision may hold, each a list of its own."""


def _decision_lines(told: Chosen, attached: Sequence[str]) -> Iterator[tuple[str, str]]:
    if told.document_no:
        yield "^", told.document_no
    yield "<", "各市及沈抚示范区科技管理部门、工业和信息化主管部门："
    yield (
        "",
        (
            f"根据{GUIDELINE_TITLE}第十五条，省科技厅会同省工业和信息化厅在各地区评估评价和择优推荐的基础上，"
            f"共同确定了典型联盟{_counted(told)}，现予公布。"
        ),
    )
    yield from (("", line) for line in _paragraphs(told.decided.text or ""))
    yield "", "请各地区加强跟踪服务和管理，依托典型联盟实施好相关科技计划项目和产业化示范项目。"
    yield "", ""
    yield from (("+", title) for title in attached)
    yield "", ""
    yield ">", "辽宁省科学技术厅"
    yield ">", "辽宁省工业和信息化厅"
    yield ">", on_day(day_of(told.at))


def _counted(told: Chosen) -> str:
    pilots, removed = len(told.of("pilot")), sum(row.removed for row in told.decided.decided)
    parts = [f"{len(told.of('typical'))}家"]
    parts += [f"遴选试点示范联盟{pilots}家"] if pilots else []
    parts += [f"取消称号{removed}项"] if removed else []
    return "，".join(parts)


def _named(rows: Sequence[tuple[Subject, Decided]]) -> Grid:
    return Grid(
        header=("序号", "联盟名称", "所在市", "盟主企业", "备案编号", "备注"),
        widths=(12, 42, 18, 38, 26, 20),
        rows=[
            (str(number), each.name, each.city, each.leader, each.archive_number, row.note or "")
            for number, (each, row) in enumerate(rows, 1)
        ],
    )


def typical_sheet(told: Chosen) -> bytes:
    """The same as a table."""
    heads = [
        Head("序号", 6), Head("联盟名称", 40), Head("所在市", 14), Head("盟主企业", 32), Head("备案编号", 26),
        Head("称号", 14), Head("确定或取消", 12), Head("备注", 30),
    ]  # fmt: skip
    rows = [(told.subjects[row.filing_id], row) for row in told.decided.decided if row.filing_id in told.subjects]
    lines = [
        [
            number, each.name, each.city, each.leader, each.archive_number, CHOICES["tag"][row.tag],
            "取消" if row.removed else "确定", row.note,
        ]
        for number, (each, row) in enumerate(rows, 1)
    ]  # fmt: skip
    return sheets.table("典型联盟名单", heads, lines, told.at)
