"""The questionnaire in print (调查表): empty, for whoever gathers the figures, or as an alliance filled it in, which is its receipt."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from docx.document import Document

from activities.documents import gongwen
from activities.documents.gongwen import CENTRE, FINE, Grid
from models.choices import MEMBERS
from models.rounds.questionnaires import Indicator, Questionnaire, Table
from models.values import legible
from regulation.naming import on_day

NUMBER, WORDS = 8, 2
"""How wide the column of running numbers is, in millimetres, and how much wider than a figure's a column of words is."""

A_LINE = 20
"""So many characters of a title stand on one line."""

EMPTY_ROWS = 5
"""So many rows of a list, or of members, an empty questionnaire has."""


@dataclass(frozen=True)
class Filled:
    """What an alliance told: the facts at the head, receipt included, its figures as they were sent, and those of the year before."""

    facts: Sequence[tuple[str, str]] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)
    before: Mapping[str, Decimal] = field(default_factory=dict)


def form_of(
    questionnaire: Questionnaire, year: int, at: datetime, filled: Filled | None = None, online: str = ""
) -> bytes:
    """The questionnaire of the figures of a year as a document; `at` is when it was filled in, or laid down, `online` the address
    of the page at which that is done, or looked at."""
    document = gongwen.blank(questionnaire.title, questionnaire.made_by, at)
    gongwen.heading(document, _in_halves(questionnaire.title), 0)
    for text in (f"（{year}年）", *_head(questionnaire)):
        document.add_paragraph(text, FINE).alignment = CENTRE
    if filled:
        gongwen.tabulate(document, Grid(("项目", "内容"), (40, 116), filled.facts))
    gongwen.reached(document, "在线查看" if filled else "在线填报", online, FINE)
    for table in questionnaire.tables:
        gongwen.heading(document, table.title)
        for note in table.notes:
            document.add_paragraph(legible(note), FINE)
        _tables(document, table, filled)
    _explained(document, questionnaire)
    return gongwen.saved(document)


def _in_halves(title: str) -> str:
    """A title that is too long for one line, on two of one length."""
    half = (len(title) + 1) // 2
    return title if len(title) <= A_LINE else f"{title[:half]}\n{title[half:]}"


def _head(questionnaire: Questionnaire) -> Iterator[str]:
    told = (
        ("表号", questionnaire.number),
        ("制定机关", questionnaire.made_by),
        ("文号", questionnaire.document_no),
        ("有效期至", on_day(questionnaire.valid_until) if questionnaire.valid_until else None),
    )
    yield legible("　".join(f"{name}：{said}" for name, said in told if said))


def _tables(document: Document, table: Table, filled: Filled | None) -> None:
    told = (filled.figures if filled else {}).get(table.key)
    if table.rows == "once":
        held = told if isinstance(told, Mapping) else {}
        before = filled.before if filled else {}
        rows = [
            (each.code, each.label, each.unit or "", in_print(each, held.get(each.key)), _before(table, each, before))
            for each in table.indicators
        ]
        gongwen.tabulate(
            document, Grid(("代码", "指标名称", "计量单位", "本年", "上年"), (14, 66, 18, 29, 29), rows), FINE
        )
        return
    lines = list(told) if isinstance(told, list | tuple) else [{}] * (0 if filled else EMPTY_ROWS)
    if filled and not lines:
        document.add_paragraph("（没有填报）", FINE)
        return
    header, widths = _columns(table)
    rows_ = [(str(number), *_cells(table, line)) for number, line in enumerate(lines, 1)]
    gongwen.narrow(gongwen.tabulate(document, Grid(header, widths, rows_), FINE))


def _before(table: Table, indicator: Indicator, before: Mapping[str, Decimal]) -> str:
    figure = before.get(f"{table.key}.{indicator.key}")
    return "" if figure is None else str(figure)


def _columns(table: Table) -> tuple[Sequence[str], Sequence[float]]:
    """What stands over the columns of a table with rows, and their widths: words have more room than figures."""
    titles = [f"{each.code}\n{each.title}" for each in table.indicators]
    shares = [1 if each.is_figure or each.type == "yes_no" else WORDS for each in table.indicators]
    if table.rows == "members":
        titles, shares = ["单位名称、代码和类型", *titles], [WORDS, *shares]
    share = (gongwen.TYPE_AREA - NUMBER) / sum(shares)
    return ("序号", *titles), (NUMBER, *(each * share for each in shares))


def _cells(table: Table, line: Any) -> Iterator[str]:
    row = line if isinstance(line, Mapping) else {}
    if table.rows == "members":
        said = (row.get("name"), row.get("code"), MEMBERS.get(str(row.get("type")), row.get("type")))
        yield "\n".join(str(each) for each in said if each)
    yield from (in_print(each, row.get(each.key)) for each in table.indicators)


def _explained(document: Document, questionnaire: Questionnaire) -> None:
    """What the indicators mean, after the tables, as a statistical questionnaire has it."""
    gongwen.heading(document, "填报说明和指标解释")
    for number, note in enumerate(questionnaire.notes, 1):
        document.add_paragraph(legible(f"{number}．{note}"), FINE)
    for table in questionnaire.tables:
        for each in table.indicators:
            if each.definition:
                document.add_paragraph(legible(f"{each.code} {each.label}：{each.definition}"), FINE)


def in_print(indicator: Indicator, value: Any) -> str:
    """What an alliance told of an indicator, as it is read."""
    if value is None:
        return ""
    if indicator.type == "yes_no":
        return "是" if value is True else "否"
    return str(value)
