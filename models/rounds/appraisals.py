"""年度绩效评价 (kind B, 细则 8): who is commissioned to evaluate which alliances, what they find, and the grades that are accepted."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from models.acts import ShortText
from models.forms import Count, Name, YesNo, item
from models.rounds.merit import LONGEST_LIST, Grade, Score
from models.values import FilingId, OneFor, OpaqueId, Value

Dimension = Literal["direction", "mechanism", "results", "activities"]

DIMENSIONS: dict[Dimension, str] = {
    "direction": "建设方向",
    "mechanism": "运行机制",
    "results": "创新成效",
    "activities": "组织活动",
}
"""The four dimensions of 细则 8, in its order."""

MOST_PEOPLE = 100
"""More evaluators than one organisation will ever name."""

Points = Annotated[Decimal, Field(ge=0, le=100, max_digits=5, decimal_places=2)]
"""A score of one dimension: of a hundred, with at most two decimals."""


class Commission(Value):
    """委托书: the people of a third party, as opaque ids, and the alliances that they evaluate."""

    people: Annotated[tuple[OpaqueId, ...], OneFor()] = item(
        "B-20", "评价人员（人员编号）", min_length=1, max_length=MOST_PEOPLE
    )
    alliances: Annotated[tuple[FilingId, ...], OneFor()] = item(
        "B-20", "受托评价的联盟（平台申请编号）", min_length=1, max_length=LONGEST_LIST
    )
    no_interest: YesNo = item("B-20", "机构已书面声明与受托评价的联盟无利害关系")


class Appraisal(Value):
    """One alliance as it was evaluated: a score for each dimension, and whether there was joint activity in the year."""

    filing: FilingId = item("B-20", "平台申请编号")
    direction: Points = item("B-20", "建设方向")
    mechanism: Points = item("B-20", "运行机制")
    results: Points = item("B-20", "创新成效")
    activities: Points = item("B-20", "组织活动")
    joint_activities: Count | None = item("B-13", "当年合作活动次数", None)
    opinion: ShortText = item("B-20", "评价意见")


class Appraisals(Value):
    """评价表: what a third party brings, of one alliance or of many at once."""

    rows: Annotated[tuple[Appraisal, ...], OneFor(("filing",))] = item(
        "B-20", "评价", min_length=1, max_length=LONGEST_LIST
    )


class Result(Appraisal):
    """An alliance's result: what was brought of it, by which organisation; its weighted score, and the grade that follows from it."""

    alliance: Name = item("B-20", "联盟名称")
    leader: Annotated[str, Field(max_length=18)] = item("B-20", "盟主代码")
    leader_name: Name = item("B-20", "盟主企业")
    archive_number: Annotated[str, Field(max_length=30)] | None = item("B-20", "备案编号", None)
    commission: Annotated[int, Field(ge=1)] = item("B-20", "委托登记号")
    organisation: Name = item("B-20", "评价机构")
    score: Score = item("B-20", "得分")
    grade: Grade = item("B-20", "等级")


class Results(Value):
    """评价结果: every alliance that is accepted together, computed from its scores."""

    rows: Annotated[tuple[Result, ...], OneFor(("filing",))] = item("B-20", "结果", max_length=LONGEST_LIST)
