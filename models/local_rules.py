"""What a city asks of applications besides what the province asks (属地实施办法, 《工作指引》第十七条): documents, criteria, and
days of its own.

It is published by a document with a number, for a kind of alliance and for as long as that document says; an application is
held to what was in force on the day on which it was first received (regulation/local_rules.py).
"""

from typing import Annotated, Literal

from pydantic import Field

from models.choices import MEASURES
from models.forms import Name, item
from models.values import Amount, Day, OneFor, Value

MOST = 9
"""Of each sort a document may ask at most so many: they are numbered L1…L9 and C1…C9."""

ShortText = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")]

Measure = Literal["members", "enterprises", "research_bodies", "rd", "sales"]
"""A figure of an application that can be compared with a number."""


class ExtraDocument(Value):
    """A document that every application of the city brings besides (numbered by its place: L1, L2, …)."""

    name: Name = item("A-51", "材料名称")
    explanation: ShortText | None = item("A-51", "要求说明", None)


class Criterion(Value):
    """A condition that the city's reviewer judges besides; with a measure, the figure is compared at intake (C1, C2, …)."""

    asks: Name = item("A-51", "核对事项（如：核对是否符合本市主导产业目录）")
    correction: ShortText = item("A-51", "不符合时的补正要求")
    measure: Measure | None = item("A-51", "量化指标", None)
    at_least: Annotated[Amount, Field(gt=0)] | None = item("A-51", "不少于（家或万元）", None)

    @property
    def wanted(self) -> str:
        """Its number in words, if it has one."""
        if self.measure is None or self.at_least is None:
            return ""
        label, unit = MEASURES[self.measure]
        return f"{label}不少于{self.at_least:f}{unit}"


class InnerDate(Value):
    """A day that the city sets for its own organisation. It shuts out no application that the law takes."""

    what: Name = item("A-51", "内部安排（如：区县科技局汇总上报）")
    day: Day = item("A-51", "日期")


Extras = Annotated[tuple[ExtraDocument, ...], OneFor(("name",))]
Criteria = Annotated[tuple[Criterion, ...], OneFor(("asks",))]
InnerDates = Annotated[tuple[InnerDate, ...], OneFor(("what",))]


class LocalRules(Value):
    """What one document of a city asks, from its first to its last day (both whole days)."""

    document_no: str = Field(min_length=1, max_length=500)
    opens: Day
    closes: Day
    documents: Extras = Field((), max_length=MOST)
    criteria: Criteria = Field((), max_length=MOST)
    dates: InnerDates = Field((), max_length=MOST)
