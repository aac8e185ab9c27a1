"""Lists of filings (备案列表): what somebody looks for, as a value and as a query string, and where the next page begins."""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlencode

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator, model_validator
from sqlalchemy import ColumnElement

from activities.lists import OfYear, Order, Place
from activities.pictures import flow
from activities.survey_standing import OfSurvey, Stands
from gateway.shown import paging
from models.acts import OfficeKey, Year
from models.register import FilingRow
from models.rounds.evaluation_papers import Grade
from models.values import DAY, INSTANT, Jurisdiction, Value, due_before, due_by
from models.vocabulary import Kind, ReportState, Role, Stage
from regulation import offices
from regulation.calendar import CALENDARS, last_day
from regulation.reporting import SHOWN

PAGE = 50
"""How many filings one page shows."""

HANDLER = "handler"
"""经办, a column that only pages have."""

LONGEST = 10_000
"""How many filings one table takes."""

IIT = "iit"
"""Waits for the 工信 department, whichever city's it is; it has no code of its own."""

WITHIN = {0: "今日", 3: "3个工作日内", 5: "5个工作日内", 10: "10个工作日内", 20: "20个工作日内"}
"""How soon a deadline may be asked for, in working days."""


ReportShown = Literal["expected", "filed", "late", "unreported", "overdue", "extended", "excused", "ended"]
"""What may have become of a reporting year, as a board shows it (`regulation.reporting.SHOWN`)."""


def some_time(written: object) -> date | datetime:
    """A day, which means the whole of it, or an instant; in years that filings have. Raises `ValueError`."""
    text = written.isoformat() if isinstance(written, date) else str(written)
    if re.match(r"20\d{2}-", text):
        with suppress(ValueError):
            return (
                DAY.validate_python(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else INSTANT.validate_python(text)
            )
    raise ValueError("须为本世纪的日期（如2026-03-15）或带时区的时间")


SOME_TIME = {"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]}
SomeTime = Annotated[Any, BeforeValidator(some_time), WithJsonSchema(SOME_TIME)]
"""A day, which means the whole of it, or an instant with its offset."""


class Filter(Value):
    """What somebody looks for among filings, at whichever door; what is left out does not matter."""

    stage: Stage | None = Field(None, description="阶段")
    kind: Kind | None = Field(None, description="类别")
    jurisdiction: Jurisdiction | None = Field(None, description="属地代码")
    zone: OfficeKey | None = Field(None, description="高新区代码")
    waiting_for: OfficeKey | Literal["iit"] | None = Field(None, description="待办机构代码；iit 即市工信部门")
    due_by: SomeTime | None = Field(None, description="最近期限不晚于（日期即含当日24时，或带时区的时间）")
    due_before: SomeTime | None = Field(
        None, description="最近期限早于（日期即至前一日24时，或带时区的时间）；宜用 due_by"
    )
    overdue: bool | None = Field(None, description="true：只列有部门逾期未办的事项的")
    year: Year | None = Field(None, description="报送年度")
    report: ReportShown | None = Field(None, description="该年度报送情况，如 unreported（未报）；须写明 year")
    survey: Stands | None = Field(
        None, description="该年度统计调查填报情况：answered 已填报，returned 退回待补正，none 未填报；须写明 year"
    )
    text: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")] | None = Field(
        None, description="编号、代码的开头，或联盟、盟主名称的一部分"
    )

    named: Literal["recommended", "typical", "pilot"] | None = Field(
        None, description="称号：recommended 推荐典型联盟，typical 典型联盟，pilot 试点示范"
    )
    evaluated: Grade | None = Field(None, description="最近一次评价的结果")

    @model_validator(mode="after")
    def _of_a_year(self) -> Self:
        """What became of a report, or of a return in a survey, is asked of a year."""
        if (self.report or self.survey) and self.year is None:
            raise ValueError("须写明报送年度（year）")
        return self

    @property
    def facts(self) -> dict[str, Any]:
        """As the register is asked: of several last instants the earliest."""
        ends = [due_by(self.due_by)] if self.due_by else []
        ends += [due_before(self.due_before)] if self.due_before else []
        iit = self.waiting_for == IIT
        return {
            "stage": self.stage, "kind": self.kind, "jurisdiction": self.jurisdiction, "zone": self.zone,
            "text": self.text, "overdue": bool(self.overdue), "of_year": self._report,
            "of_survey": OfSurvey(year=self.year, stands=self.survey) if self.year and self.survey else None,
            "named": self.named, "evaluated": self.evaluated, "waiting_for": None if iit else self.waiting_for, "awaits_iit": iit,
            "due_by": min(ends, default=None),
        }  # fmt: skip

    @property
    def _report(self) -> OfYear | None:
        """The reports that are looked for; of a year alone, whatever became of it. Whoever looks for returns means them alone."""
        if self.year is None or (self.survey and not self.report):
            return None
        return OfYear(year=self.year, states=SHOWN[self.report].states if self.report else tuple(ReportState))


class DeskFilter(Filter):
    """The same as it is asked at the desk, where `due` is in working days from today; and whatever a number of the 全景 counts:
    在册 or 在办 (`phase`), a post that is late (`late_at`), a step that was passed, when it came into the register (whole days)."""

    due: Literal[0, 3, 5, 10, 20] | None = None
    phase: Literal["on_file", "applying"] | None = None
    late_at: Annotated[str, Field(max_length=60, pattern=r"^[a-z_]+@[0-9A-Za-z-]+$")] | None = None
    passed: Stage | None = None
    archived_from: date | None = None
    archived_by: date | None = None
    order: Order | None = None
    columns: Annotated[str, Field(max_length=200)] | None = None

    @field_validator("columns")
    @classmethod
    def _of_the_list(cls, told: str | None) -> str | None:
        """Columns that there are, each once, in our order."""
        chosen = set((told or "").split(",")) - {""}
        if chosen - set(CHOSEN):
            raise ValueError("没有这一栏")
        usual = not chosen or chosen == set(LISTED)
        return None if usual else ",".join(key for key in CHOSEN if key in chosen)

    @field_validator("order")
    @classmethod
    def _other_than_usual(cls, told: Order | None) -> Order | None:
        """The usual order need not be said: one list has one address."""
        return None if told == "due" else told

    @property
    def shown(self) -> tuple[str, ...]:
        """The columns of the list, beside which filing it is."""
        return tuple(self.columns.split(",")) if self.columns else LISTED

    @property
    def query(self) -> str:
        """As a query string, always the same for the same filter."""
        return urlencode(self.model_dump(mode="json"))

    @property
    def also(self) -> list[ColumnElement[bool]]:
        """As the register is asked what only the desk asks."""
        phases = {"on_file": flow.on_file, "applying": flow.applying}
        role, _, office = (self.late_at or "").partition("@")
        return [
            *([phases[self.phase]()] if self.phase else []),
            *([flow.late_at(Role(role), office)] if self.late_at else []),
            *([flow.passed(self.passed)] if self.passed else []),
            *flow.archived_between(self.archived_from, self.archived_by),
        ]

    @field_validator("late_at")
    @classmethod
    def _of_a_post(cls, told: str | None) -> str | None:
        """A post that there is."""
        role, _, office = (told or "").partition("@")
        if told and (role not in set(Role) or not offices.is_post(Role(role), office)):
            raise ValueError("没有这个机构和身份")
        return told

    def within(self, scope: offices.Scope, today: date) -> dict[str, Any]:
        """As the register is asked today, by whoever sees a scope."""
        facts = self.facts
        ends = [facts["due_by"], _until(self.jurisdiction or scope.jurisdiction, today, self.due)]
        return {
            **facts,
            "order": self.order or "due",
            "also": self.also,
            "scope": scope,
            "due_by": min((each for each in ends if each), default=None),
        }


ORDERED: Mapping[Order, str] = {
    "due": "期限（逾期在前）",
    "submitted": "提交日期（早的在前）",
    "name": "联盟名称",
    "office": "属地",
}
"""By what the list may be ordered, in words."""

LISTED = ("stage", "awaited", "until", HANDLER)
"""The columns that a list has unless others are chosen."""

CHOSEN = (
    *LISTED,
    "kind",
    "city",
    "leader_name",
    "technical_field",
    "archive_number",
    "archived_on",
    "named",
    "evaluated",
)
"""The columns that may be chosen, in their order."""


def read(params: Mapping[str, str]) -> DeskFilter:
    """A filter from a query or a form; what is empty, or about something else, is left out. Raises `ValueError`."""
    told: dict[str, str | int] = {
        name: text for name in DeskFilter.model_fields if (text := params.get(name, "").strip())
    }
    if "due" in told:
        told["due"] = int(told["due"])
    return DeskFilter.model_validate(told)


def _until(jurisdiction: str | None, today: date, due: int | None) -> datetime | None:
    """24:00 of the last of so many working days."""
    if due is None:
        return None
    last = last_day(CALENDARS.newest(today), jurisdiction or "", today, due, "working_day") if due else today
    return due_by(last)


# Where the next page begins: after a filing as it was listed, wherever it stands by then


def place(row: FilingRow, at: datetime | None = None, order: Order = "due") -> str:
    """Where a filing stands in a list, to be carried in an address; by another instant, or in another order, where that is the list's."""
    at = at or (row.submitted_at if order == "submitted" else row.listed_at)
    word = {"name": row.alliance_name, "office": row.jurisdiction}.get(order)
    return paging.place(at, key=row.filing_id if word is None else f"{word}/{row.filing_id}")


def position(text: str) -> Place | None:
    """The other way round; None is the beginning. Raises `ValueError` if it is no place."""
    found = paging.position(text)
    if found is None:
        return None
    word, _, filing_id = found[1].rpartition("/")
    return Place(at=found[0][0], filing_id=filing_id, word=word)
