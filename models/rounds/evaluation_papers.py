"""What is filed about evaluations of kind A (评估评价, 《工作指引》第十二至十五条): of one alliance, by a city, by both departments."""

from typing import Annotated, Literal

from pydantic import Field

from models.forms import Count, Documents, Evidence, Name, Text, YesNo, item
from models.values import Amount, FilingId, OneFor, Value

ItemKey = Annotated[str, Field(pattern=r"^[a-z][a-z_]{1,29}$")]
"""What an item of evaluation is known by."""

Score = Annotated[Amount, Field(ge=0, le=1000)]
"""Marks, with two decimals at most."""

Grade = Literal["excellent", "qualified", "unqualified"]
"""The result of an evaluation (评价结果)."""

Note = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")]

MOST_LISTED = 500
"""How many alliances one list names: more than any city has, and twice what the province ever called typical."""


class Answer(Value):
    """单项评价: the answer to one item, yes or no or a score, what it rests on, and its evidence."""

    met: YesNo | None = item("A-45", "是否", None)
    score: Score | None = item("A-45", "得分", None)
    finding: Note | None = item("A-45", "评价情况", None)
    note: Name | None = item("A-45", "备注", None)
    documents: Evidence = item("A-45", "佐证材料", (), max_length=20)


class EvaluationPaper(Value):
    """评估评价表: the answers to every item for one alliance, its joint activities of the year, and the result (A-45).

    What is filled in is a form of the items of an edition (`evaluation_items.paper_of`); it reads back as this.
    """

    answers: dict[ItemKey, Answer] = item("A-45", "逐项评价", max_length=30)
    joint_activities: Count = item("G-28", "当年产学研合作活动次数")
    result: Grade = item("A-44", "评价结果")
    conclusion: Text | None = item("A-44", "综合评价", None)


class Recommended(Value):
    """A row of 推荐典型联盟名单 (A-46)."""

    filing_id: FilingId = item("A-46", "联盟")
    reason: Note = item("A-46", "推荐理由")


class EvaluationReport(Value):
    """评估评价情况报告: what a city sends to both departments of the province, with whom it recommends (A-46, A-48)."""

    text: Text = item("A-48", "评估评价工作情况")
    not_evaluated: Text | None = item("A-48", "未评价联盟的情况说明", None)
    feedback: Text | None = item("A-01", "建设过程中的新情况、新问题和新经验", None)
    recommended: Annotated[tuple[Recommended, ...], OneFor(("filing_id",))] = item(
        "A-46", "推荐典型联盟", (), max_length=MOST_LISTED
    )
    documents: Documents = item("A-48", "附件", (), max_length=20)


class Decided(Value):
    """A row of what both departments decide: an alliance becomes typical or a pilot, or is no longer (A-49)."""

    filing_id: FilingId = item("A-49", "联盟")
    tag: Literal["typical", "pilot"] = item("A-49", "确定为")
    removed: YesNo = item("A-49", "取消", False)
    note: Name | None = item("A-49", "备注", None)


class TypicalList(Value):
    """典型联盟和试点示范联盟名单, the same from both departments (A-49)."""

    decided: Annotated[tuple[Decided, ...], OneFor(("filing_id", "tag"))] = item(
        "A-49", "名单", min_length=1, max_length=MOST_LISTED
    )
    text: Text | None = item("A-49", "遴选情况说明", None)
