"""申报通知 and 属地文件: what such a round holds, and its paper.

A call over the province is the yearly invitation to apply for kind B (B-01…B-05): its window is when applications are taken. A
call of a city is the document by which it asks for more (《工作指引》第十七条): its window is when that holds.
"""

from typing import Annotated, Literal

from pydantic import Field

from models.forms import SOME, Scan, Text, item
from models.local_rules import MOST, Criteria, Extras, InnerDates
from models.rounds.base import CommonAct, RoundKind
from models.values import Day, OneFor, Value


class CallPaper(Value):
    """通知正文和附件; of the province's also until when is recommended, of a city's what it asks for besides."""

    text: Text = item("B-01", "正文")
    recommend_by: Day | None = item("B-03", "初审推荐截止日（省级通知）", None)
    extra: Extras = item("A-51", "另须提交的材料（市级文件）", (), max_length=MOST)
    criteria: Criteria = item("A-51", "审核时另行核对的条件（市级文件）", (), max_length=MOST)
    dates: InnerDates = item("A-51", "本市内部安排（市级文件）", (), max_length=MOST)
    attachments: Annotated[tuple[Scan, ...], OneFor(("sha256",))] = item("B-01", "附件", (), max_length=SOME)


class CallState(Value):
    """What only a call holds: until when is recommended, the province's alone."""

    kind: Literal[RoundKind.CALL] = RoundKind.CALL
    recommend_by: Day | None = Field(None, title="初审推荐截止日")


CallAct = CommonAct
"""A call knows no acts but those of every round."""
