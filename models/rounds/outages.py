"""故障顺延: what a proposal to extend a deadline after an outage of our own holds, its acts and its papers (G-29)."""

from decimal import Decimal
from typing import Literal

from pydantic import Field

from models.acts import ShortText
from models.availability import Outage, Part
from models.forms import item
from models.rounds.base import CommonAct, RoundAct, RoundKind
from models.values import Day, FilingId, Instant, Named, Value

MOST = 100_000
"""More alliances than there will ever be."""

MOST_OUTAGES = 200
"""Lines that people look through; of more, those that lie close together are told as one (`availability.in_few_lines`)."""


class OutageActKind(Named):
    """What may be done with a proposal."""

    EXTEND_ALL = "extend_all", "同意顺延"
    KEEP_DEADLINE = "keep_deadline", "不予顺延"


class OutageState(Value):
    """Which deadline it is about, which last day is proposed, and which one was decided on."""

    kind: Literal[RoundKind.OUTAGE] = RoundKind.OUTAGE
    due: Instant | None = None
    until: Day | None = None
    extended_to: Day | None = None


# Papers


class Available(Value):
    """How available a part was."""

    part: Part = item("G-29", "部分")
    percent: Decimal = item("G-29", "可用率（%）", ge=0, le=100)


class OutageEvidence(Value):
    """实测记录: what was out and when, how available each part was in the hours that count, whom it concerns, and what is proposed."""

    due: Instant = item("G-29", "期限届满")
    since: Instant = item("G-29", "可用率自何时起计")
    least: Decimal = item("G-29", "应有的可用率（%）", ge=0, le=100)
    whole: Decimal = item("G-29", "本系统的可用率（%）", ge=0, le=100)
    available: tuple[Available, ...] = item("G-29", "各部分的可用率", max_length=len(Part))
    outages: tuple[Outage, ...] = item("G-29", "故障时段", min_length=1, max_length=MOST_OUTAGES)
    until: Day = item("G-29", "建议顺延至")
    filings: tuple[FilingId, ...] = item("G-29", "涉及的联盟", min_length=1, max_length=MOST)


# Acts


class ExtendAll(RoundAct):
    """同意顺延: for all that the proposal names, to one day; two people say the same. It is entered on each filing as a moved deadline."""

    kind: Literal[OutageActKind.EXTEND_ALL] = OutageActKind.EXTEND_ALL
    until: Day = Field(title="报送期限顺延至")
    document_no: ShortText = Field(title="文号")


class KeepDeadline(RoundAct):
    """不予顺延: the deadline stays, with the reason; two people say the same."""

    kind: Literal[OutageActKind.KEEP_DEADLINE] = OutageActKind.KEEP_DEADLINE
    reason: ShortText = Field(title="理由（不得含个人信息）")


OutageAct = CommonAct | ExtendAll | KeepDeadline
"""The acts of a proposal."""
