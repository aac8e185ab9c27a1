"""The questionnaire (调查表) of the yearly survey as dated data: its tables, its indicators, and the checks between them.

Words are those of 统计调查制度: a table (分表) has indicators (指标), each with its code, unit and definition (指标解释); a check
(审核关系) compares sums of them. `regulation/rounds/questionnaires.py` makes a form of it.
"""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from models.acts import ShortText, Year
from models.forms import ON_ONE_LINE, SOME, Name
from models.values import Day, Value, once
from models.vocabulary import ByKind, Kind, Severity

Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,29}$")]
"""How a table or an indicator is named in JSON."""

Term = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,29}(\.[a-z][a-z0-9_]{0,29})?$")]
"""`table.indicator`: a figure, of a table with rows the sum of its column; `table`: how many rows it has."""

Pointer = Annotated[str, Field(max_length=80, pattern=r"^(/[a-z0-9_]{1,40}){1,4}$")]

Explanation = Annotated[str, Field(min_length=1, max_length=500)]

TABLES, INDICATORS, CHECKS = 20, 60, 100
"""The most tables, indicators of one table, and checks that are taken."""


class Source(Value):
    """Where in the application the first value of an indicator is found: what stands (`standing`), or what was told of the
    year before the application (`last_year`) and of the year before that. `has`: whether a list there contains this."""

    standing: Pointer | None = Field(None, title="现状所在位置")
    last_year: Pointer | None = Field(None, title="上一年度所在位置")
    year_before: Pointer | None = Field(None, title="上上年度所在位置")
    has: Name | None = Field(None, title="列表中含有")


class Carried(Value):
    """Where an indicator's first value comes from, by the kind of alliance."""

    a: Source | None = Field(None, title="甲类申请表", alias="A")
    b: Source | None = Field(None, title="乙类申请表", alias="B")

    def of(self, kind: Kind) -> Source | None:
        """The source in the application of one kind."""
        return ByKind(a=self.a, b=self.b)[kind]


class When(Value):
    """What must be so for an indicator to be asked for: another one of the same table is positive, is yes, or is one of
    these words."""

    indicator: Key = Field(title="指标")
    is_: Literal["positive", "yes"] | tuple[Name, ...] = Field(title="满足", alias="is")


class Indicator(Value):
    """A figure or a statement that is asked for (指标)."""

    key: Key = Field(title="名称（英文键）")
    code: Annotated[str, Field(title="指标代码", pattern=r"^[A-Z]?[0-9]{2,5}$")]
    label: Name = Field(title="指标名称")
    type: Literal["whole", "amount", "yes_no", "choice", "line", "text", "day"] = Field(title="类型")
    unit: Annotated[str, Field(title="计量单位", max_length=10, pattern=ON_ONE_LINE)] | None = Field(
        None, title="计量单位"
    )
    definition: Explanation | None = Field(None, title="指标解释")
    options: Annotated[tuple[Name, ...], Field(title="选项", max_length=40)] = Field((), title="选项")
    limit: Annotated[int, Field(ge=1, le=4000)] | None = Field(None, title="字数上限")
    negative: bool = Field(False, title="可为负数")
    required: bool = Field(True, title="必填")
    when: When | None = Field(None, title="在何种情况下必填")
    carried: Carried | None = Field(None, title="首次填报时取自")
    year_on_year: Annotated[Decimal, Field(gt=0, le=100)] | None = Field(None, title="与上年相差超过此比例时提示")
    public: bool = Field(False, title="汇总数可以公开")

    @property
    def is_figure(self) -> bool:
        """Whether it can be added up."""
        return self.type in ("whole", "amount")

    @property
    def title(self) -> str:
        """What it is called, with its unit."""
        return f"{self.label}（{self.unit}）" if self.unit else self.label

    @property
    def named(self) -> str:
        """What it is called in a sentence, after its code."""
        return f"“{self.code} {self.label}”"


class Table(Value):
    """A part of the questionnaire (分表): one value of each indicator (`once`), a row for each member of the alliance
    (`members`), or as many rows as there is something to tell (`list`)."""

    key: Key = Field(title="名称（英文键）")
    title: Name = Field(title="表名")
    rows: Literal["once", "members", "list"] = Field("once", title="每个联盟填写")
    most: Annotated[int, Field(ge=1, le=SOME)] = Field(SOME, title="最多行数")
    covers: Literal["all", "main", "any"] = Field("all", title="须列明的成员")
    kept: bool = Field(False, title="上年所填各行带入")
    notes: Annotated[tuple[Explanation, ...], Field(max_length=10)] = Field((), title="填报说明")
    indicators: Annotated[tuple[Indicator, ...], Field(min_length=1, max_length=INDICATORS)] = Field(title="指标")


class Check(Value):
    """审核关系: one sum of figures against another. `by_row`: in each row of a table with rows.

    An error must be put right before the return is taken; a warning is looked at, and may stand.
    """

    left: Annotated[tuple[Term, ...], Field(min_length=1, max_length=20)] = Field(title="左")
    is_: Literal["at_most", "at_least", "equals"] = Field(title="关系", alias="is")
    right: Annotated[tuple[Term, ...], Field(min_length=1, max_length=20)] = Field(title="右")
    severity: Literal[Severity.ERROR, Severity.WARNING] = Field(Severity.ERROR, title="强制性或提示性")
    kinds: tuple[Kind, ...] = Field((), title="只用于（不填为两类）")
    by_row: bool = Field(False, title="逐行审核")
    why: Explanation | None = Field(None, title="说明")


class Questionnaire(Value):
    """One edition of the questionnaire, whole: it builds on `base` only in that it comes after it.

    It suits surveys of the figures of `first_year` and later, until a newer edition does.
    """

    edition: Annotated[str, Field(title="版本名称", pattern=r"^[\w.-]{1,40}$")]
    base: Annotated[str, Field(title="接续的版本", max_length=40)] | None = Field(None, title="接续的版本")
    since: Day = Field(title="制定日期")
    first_year: Year = Field(title="从哪一统计年度起适用")
    title: Name = Field(title="表名")
    number: Name | None = Field(None, title="表号")
    made_by: Name = Field(title="制定机关")
    document_no: ShortText | None = Field(None, title="文号")
    valid_until: Day | None = Field(None, title="有效期至")
    notes: Annotated[tuple[Explanation, ...], Field(max_length=20)] = Field((), title="总说明")
    tables: Annotated[tuple[Table, ...], Field(min_length=1, max_length=TABLES)] = Field(title="分表")
    checks: Annotated[tuple[Check, ...], Field(max_length=CHECKS)] = Field((), title="审核关系")

    @property
    def name(self) -> str:
        """What the edition is called."""
        return self.edition

    @property
    def known_from(self) -> None:
        """It may be chosen as soon as it is there; from which year on it suits, it says itself."""
        return None

    def table(self, key: str) -> Table | None:
        """The table of a name."""
        return next((each for each in self.tables if each.key == key), None)

    def find(self, term: str) -> tuple[Table, Indicator | None] | None:
        """The table and the indicator that a term names; no indicator if it names the rows of a table."""
        return _terms(self).get(term)


@once
def _terms(questionnaire: Questionnaire) -> dict[str, tuple[Table, Indicator | None]]:
    """Everything that a term can name."""
    found: dict[str, tuple[Table, Indicator | None]] = {}
    for table in reversed(questionnaire.tables):  # of two of one name the first counts
        found |= {table.key: (table, None)} | {
            f"{table.key}.{each.key}": (table, each) for each in reversed(table.indicators)
        }
    return found
