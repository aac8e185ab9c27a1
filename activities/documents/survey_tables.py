"""What alliances told in a survey, to take away: a workbook with a sheet for each table and the sums, or one long table.

Amounts stay decimal, codes are text, and nothing that people wrote is ever a formula.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import StringIO
from typing import Any

from sqlalchemy import Connection

from activities import papers
from activities.documents.sheets import Cell, Head, Sheet, harmless, workbook
from activities.documents.survey_form import in_print
from activities.rounds import progress
from activities.rounds.progress import Line
from models.choices import MEMBERS
from models.rounds.questionnaires import Indicator, Questionnaire, Table
from models.rounds.round import Round
from models.rounds.surveys import Standing, SurveyFacts
from models.values import canonical, day_of, in_shanghai
from regulation.offices import Scope
from regulation.rounds import answering
from regulation.rounds.figures import figures_in
from regulation.rounds.sums import Answer, Sum
from regulation.rounds.sums import Line as SumLine
from regulation.rounds.sums import lines as sums_of
from regulation.rounds.survey_letters import GROUPINGS


@dataclass(frozen=True)
class Return:
    """One alliance's return that stands, as it was sent."""

    line: Line
    figures: Mapping[str, Any]

    @property
    def facts(self) -> SurveyFacts:
        """What the register noted of it when it was taken: where the alliance belonged."""
        return SurveyFacts.model_validate(self.line.figures)

    def answer(self, questionnaire: Questionnaire) -> Answer:
        """The same, for summing."""
        return Answer(self.facts.leader, self.facts.groups, figures_in(questionnaire, self.figures))


@dataclass(frozen=True)
class Survey:
    """A survey with the returns of it that stand and that somebody may see."""

    round: Round
    questionnaire: Questionnaire
    returns: tuple[Return, ...]

    @property
    def year(self) -> int:
        """Of which year the figures are."""
        return answering.state_of(self.round).year or self.round.year

    @property
    def as_of(self) -> datetime:
        """When the last return was taken."""
        return max((each.line.at for each in self.returns if each.line.at), default=self.round.opened_at)


def survey_in(db: Connection, round_: Round, scope: Scope) -> Survey:
    """A survey with its returns, in the order of the alliances' ids; those that wait to be put right are none."""
    questionnaire = answering.questionnaire_in(papers.content(db, round_.paper or ""))
    stand = progress.lines(db, round_, scope, states=[Standing.ANSWERED], most=None)
    told = progress.contents(db, stand)
    return Survey(round_, questionnaire, tuple(Return(line, paper.get("figures") or {}) for line, paper in told))


IDENTITY = (
    Head("备案", 24), Head("备案编号", 26), Head("联盟名称", 40), Head("盟主企业", 32), Head("统一社会信用代码", 22), Head("类别", 8),
    Head("所在市", 12), Head("技术领域", 18),
)  # fmt: skip
"""What each line of a table begins with."""


def _identity(told: Return) -> list[Cell]:
    line, groups = told.line, told.facts.groups
    return [
        line.filing_id, line.archive_number, line.alliance_name, line.leader_name, line.leader, groups.get("kind"),
        groups.get("city"), groups.get("field"),
    ]  # fmt: skip


def as_workbook(survey: Survey) -> bytes:
    """A workbook: the sums, by each grouping too; a line an alliance; and each table with rows on a sheet of its own."""
    questionnaire, returns = survey.questionnaire, survey.returns
    answers = [each.answer(questionnaire) for each in returns]
    sheets = [_sums(sums_of(questionnaire, answers))]
    sheets += [_by(called, sums_of(questionnaire, answers, by)) for by, called in GROUPINGS.items()]
    sheets.append(_once(questionnaire, returns))
    sheets += [_rows(table, returns) for table in questionnaire.tables if table.rows != "once"]
    named = [each._replace(name=sheet_name(number, each.name)) for number, each in enumerate(sheets, 1)]
    return workbook(survey.round.title, named, survey.as_of)


FORBIDDEN = re.compile(r"[\[\]:*?/\\']")


def sheet_name(number: int, name: str) -> str:
    """A name that a workbook takes: short, and no two alike."""
    return f"{number}_{FORBIDDEN.sub('', name)}"[:31]


def _sums(told: Sequence[SumLine]) -> Sheet:
    heads = (Head("代码", 8), Head("指标名称", 36), Head("计量单位", 10), Head("填报联盟（个）", 14), Head("合计", 18))
    return Sheet("汇总", heads, ([*_of(line), line.whole.answered, _total(line, line.whole)] for line in told))


def _by(called: str, told: Sequence[SumLine]) -> Sheet:
    groups = sorted({group for line in told for group in line.of})
    heads = (
        Head("代码", 8),
        Head("指标名称", 36),
        Head("计量单位", 10),
        *(Head(group, 16) for group in groups),
        Head("合计", 18),
    )
    none = Sum()
    return Sheet(
        f"按{called}汇总",
        heads,
        (
            [*_of(line), *(_total(line, line.of.get(group, none)) for group in groups), _total(line, line.whole)]
            for line in told
        ),
    )


def _of(line: SumLine) -> list[Cell]:
    return [line.indicator.code, line.indicator.label, line.indicator.unit]


def _total(line: SumLine, told: Sum) -> Cell:
    return told.total if line.indicator.type == "amount" else int(told.total)


def _once(questionnaire: Questionnaire, returns: Sequence[Return]) -> Sheet:
    tables = [table for table in questionnaire.tables if table.rows == "once"]
    heads = [*IDENTITY, Head("填报日期", 12)]
    heads += [_head(each) for table in tables for each in table.indicators]

    def line(each: Return) -> list[Cell]:
        told = [_held(each.figures, table) for table in tables]
        cells = [_cell(i, held.get(i.key)) for table, held in zip(tables, told, strict=True) for i in table.indicators]
        return [*_identity(each), each.line.at and day_of(each.line.at), *cells]

    return Sheet("各联盟填报数", heads, map(line, returns))


def _rows(table: Table, returns: Iterable[Return]) -> Sheet:
    members = (Head("单位名称", 32), Head("单位代码", 22), Head("单位类型", 12)) if table.rows == "members" else ()
    heads = [*IDENTITY, Head("序号", 6), *members, *map(_head, table.indicators)]
    return Sheet(table.title, heads, _lines(table, returns))


def _lines(table: Table, returns: Iterable[Return]) -> Iterator[list[Cell]]:
    for each in returns:
        for number, row in enumerate(_listed(each.figures, table), 1):
            member: list[Cell] = []
            if table.rows == "members":
                member = [row.get("name"), row.get("code"), MEMBERS.get(str(row.get("type")), row.get("type"))]
            told = [_cell(indicator, row.get(indicator.key)) for indicator in table.indicators]
            yield [*_identity(each), number, *member, *told]


def indicator_title(indicator: Indicator) -> str:
    """What stands over the column of an indicator."""
    return f"{indicator.code} {indicator.title}"


def _head(indicator: Indicator) -> Head:
    return Head(indicator_title(indicator), 16 if indicator.is_figure else 24)


def _held(figures: Mapping[str, Any], table: Table) -> Mapping[str, Any]:
    held = figures.get(table.key)
    return held if isinstance(held, Mapping) else {}


def _listed(figures: Mapping[str, Any], table: Table) -> list[Mapping[str, Any]]:
    held = figures.get(table.key)
    return [each for each in held if isinstance(each, Mapping)] if isinstance(held, list | tuple) else []


def _cell(indicator: Indicator, value: Any) -> Cell:
    """A cell of its sort: counts and amounts are numbers, days are days, all else is text."""
    if value is None:
        return None
    match indicator.type:
        case "whole":
            return int(value)
        case "amount":
            return Decimal(str(value))
        case "day":
            return date.fromisoformat(str(value))
        case _:
            return in_print(indicator, value)


# One long table

COLUMNS = ("备案", "备案编号", "联盟名称", "盟主企业", "统一社会信用代码", "类别", "所在市", "技术领域", "分表", "序号", "单位代码", "代码",
           "指标名称", "计量单位", "数值")  # fmt: skip


def as_csv(survey: Survey) -> Iterator[str]:
    """A line for each thing that was told, the same columns for every table; for programs and pivot tables. UTF-8 with its mark."""
    written = StringIO("\ufeff")
    written.seek(1)
    table = csv.writer(written)
    table.writerow(COLUMNS)
    for each in survey.returns:
        identity = [harmless(str(cell or "")) for cell in _identity(each)]
        for where, number, row, indicator in _told(survey.questionnaire, each.figures):
            said = in_print(indicator, row[indicator.key])
            value = said if indicator.is_figure else harmless(said)
            member = harmless(str(row.get("code", "")) if where.rows == "members" else "")
            table.writerow(
                [
                    *identity,
                    where.title,
                    number or "",
                    member,
                    indicator.code,
                    indicator.label,
                    indicator.unit or "",
                    value,
                ]
            )
        yield written.getvalue()
        written.seek(0)
        written.truncate()
    yield written.getvalue()


def _told(
    questionnaire: Questionnaire, figures: Mapping[str, Any]
) -> Iterator[tuple[Table, int, Mapping[str, Any], Indicator]]:
    """Each thing that was told: its table, its row if the table has rows, and its indicator."""
    for table in questionnaire.tables:
        rows = [(0, _held(figures, table))] if table.rows == "once" else list(enumerate(_listed(figures, table), 1))
        for number, row in rows:
            yield from ((table, number, row, each) for each in table.indicators if row.get(each.key) is not None)


def as_json(survey: Survey) -> dict[str, Any]:
    """Everything as it was sent, with the questionnaire that says what it means."""
    return {
        "round_id": survey.round.id,
        "year": survey.year,
        "questionnaire": survey.questionnaire.model_dump(mode="json"),
        "returns": [
            {
                "filing_id": each.line.filing_id,
                "archive_number": each.line.archive_number,
                "alliance_name": each.line.alliance_name,
                "leader": each.line.leader,
                **each.facts.groups,
                "filed_at": in_shanghai(each.line.at) if each.line.at else None,
                "figures": each.figures,
            }
            for each in survey.returns
        ],
    }


MADE: Mapping[str, Callable[[Survey], bytes]] = {
    "xlsx": as_workbook,
    "csv": lambda survey: "".join(as_csv(survey)).encode(),
    "json": lambda survey: canonical(as_json(survey)).encode(),
}
"""The files that a survey is taken away as."""
