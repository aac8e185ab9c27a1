"""What all rounds have in common: their kinds and stages, the acts that open and end them, what time brings, what is told of an alliance."""

import re
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, JsonValue

from models.acts import AnyAct, By, OfficeKey, ShortText
from models.values import Day, Digest, FilingId, Instant, Jurisdiction, Named, Value
from models.vocabulary import Kind


class RoundKind(Named):
    """The rounds of a year, in its order."""

    CALL = "call", "申报通知"
    SURVEY = "survey", "创新资源统计调查"
    ANNUAL = "annual", "年度报送"
    EVALUATION = "evaluation", "评估评价"
    PERFORMANCE = "performance", "年度绩效评价"
    SUBSIDY = "subsidy", "后补助"
    INSPECTION = "inspection", "随机抽查"
    OUTAGE = "outage", "故障顺延"


def called(kind: RoundKind, jurisdiction: str | None) -> str:
    """What a kind is called where it is held: a city has no call, it has a document of its own (Art. 17)."""
    return "属地文件" if kind is RoundKind.CALL and jurisdiction else kind.label


def of_year(kind: RoundKind, year: int, jurisdiction: str | None = None) -> str:
    """What a round of a kind is called in a year, if nobody calls it otherwise."""
    return f"{year}年度{called(kind, jurisdiction).removeprefix('年度')}"


class RoundStage(Named):
    """Where a round stands. Finer states are facts of its kind."""

    OPEN = "open", "进行中"
    ON_NOTICE = "on_notice", "公示中"
    CLOSED = "closed", "已结束"
    CANCELLED = "cancelled", "已取消"


OVER = (RoundStage.CLOSED, RoundStage.CANCELLED)

PROVINCE = "LN"
"""The place of a round over the whole province."""

ROUND_ID = re.compile(
    rf"({'|'.join(RoundKind)})-(20(?:2[1-9]|[3-5][0-9]|60))-({PROVINCE}|21(?:0[1-9]00|1[0-4]00|SF00))-([1-9][0-9]{{0,2}})"
)

RoundId = Annotated[str, Field(pattern=rf"^{ROUND_ID.pattern}$")]
"""`{kind}-{year}-{place}-{number}`: `survey-2027-LN-1`; the place is a jurisdiction, or `LN` for the province; years are those of `models.acts.Year`."""


class Parts(NamedTuple):
    """What a round's id says."""

    kind: RoundKind
    year: int
    place: str
    running: int

    @property
    def jurisdiction(self) -> str | None:
        """The jurisdiction that it is over; None for the province."""
        return None if self.place == PROVINCE else self.place


def parts(round_id: str) -> Parts | None:
    """The parts of a round's id; None if it is none."""
    told = ROUND_ID.fullmatch(round_id)
    return Parts(RoundKind(told[1]), int(told[2]), told[3], int(told[4])) if told else None


def round_id(kind: RoundKind, year: int, jurisdiction: str | None, running: int) -> str:
    """The id that is made of these parts."""
    return f"{kind.value}-{year}-{jurisdiction or PROVINCE}-{running}"


class Area(Value):
    """What a round is over: one kind of alliance or both, the province, a jurisdiction or a zone."""

    kind: Kind | None = None
    jurisdiction: Jurisdiction | None = None
    zone: OfficeKey | None = None


# Acts


class RoundActKind(Named):
    """What may be done to a round of any kind. What only one kind knows stands in its own file, under names of its own."""

    OPEN_ROUND = "open_round", "开启"
    MOVE_WINDOW = "move_window", "顺延截止日"
    CLOSE_ROUND = "close_round", "结束"
    CANCEL_ROUND = "cancel_round", "取消"


UNTOLD: Any = ""
"""The kind of an act that is of none."""


class RoundAct(AnyAct):
    """What every act in a round is built from. A field that is not an act's anywhere else brings its Chinese `title`.

    What only the register or the paper can tell is a field `facts`, which the service fills in and no caller sends.
    """

    kind: Named = Field(UNTOLD, description="each act has its own")


class WithPaper(Value):
    """An act that brings a paper: a door takes it as `content`, the act holds its digest."""

    paper: Digest = Field(title="文书摘要（SHA-256）", description="a door takes the paper itself as `content`")


class OnAlliance(Value):
    """An act that is about one alliance of the round."""

    filing: FilingId = Field(title="联盟的平台申请编号")


class Pinned(Value):
    """By which editions a round counts, from its opening to its end."""

    terms: str
    calendar: str


class OpenRound(RoundAct):
    """开启轮次: from its opening day on, whole days, to its closing day. The id says kind, year and place.

    `paper` is what its kind lays down with it; `facts` and `pinned` are filled in by the service.
    """

    kind: Literal[RoundActKind.OPEN_ROUND] = RoundActKind.OPEN_ROUND
    title: Annotated[str, Field(title="名称", min_length=2, max_length=100)]
    opens: Day = Field(title="开始日")
    closes: Day = Field(title="截止日")
    alliances: Kind | None = Field(None, title="联盟类别（不选为两类）")
    zone: OfficeKey | None = Field(None, title="高新区（不填为全域）")
    paper: Digest | None = Field(None, title="文书摘要（SHA-256）", description="a door takes the paper as `content`")
    facts: dict[str, JsonValue] | None = Field(None, title="开启时的事项")
    pinned: Pinned | None = Field(None, title="所用版本")


class MoveWindow(RoundAct):
    """顺延截止日: to a later day; nobody's window is made shorter once it was told."""

    kind: Literal[RoundActKind.MOVE_WINDOW] = RoundActKind.MOVE_WINDOW
    closes: Day = Field(title="新的截止日")
    reason: ShortText = Field(title="理由（不得含个人信息）")


class CloseRound(RoundAct):
    """结束轮次."""

    kind: Literal[RoundActKind.CLOSE_ROUND] = RoundActKind.CLOSE_ROUND


class CancelRound(RoundAct):
    """取消轮次: what was entered stays on record."""

    kind: Literal[RoundActKind.CANCEL_ROUND] = RoundActKind.CANCEL_ROUND
    reason: ShortText = Field(title="理由（不得含个人信息）")


CommonAct = OpenRound | MoveWindow | CloseRound | CancelRound


# What time brings


class RoundLapseKind(Named):
    """What the passing of a day brings to a round; the order is that of lapses of one instant."""

    WINDOW_OPENED = "window_opened", "开始"
    WINDOW_CLOSED = "window_closed", "截止"
    NOTICE_ENDED = "notice_ended", "公示期满"
    NOTICE_CLEARED = "notice_cleared", "公示无异议"
    PERIOD_ENDED = "period_ended", "期限届满"
    OVERDUE = "overdue", "逾期催办"
    DIGEST = "digest", "每日简报"
    REMINDER = "reminder", "提醒"


class RoundLapse(Value):
    """What a day brings. `of` says of what, in words of the round's kind; `days` is the distance to what it reminds of."""

    kind: RoundLapseKind
    of: str | None = None
    days: int | None = None

    @property
    def name(self) -> str:
        """Under what a round remembers when this was last entered: one name for whatever comes again."""
        return ":".join(str(each) for each in (self.kind.value, self.of, self.days) if each is not None)


class RoundLine(Value):
    """日程: one lapse that time alone will bring to a round, and why then."""

    at: Instant
    lapse: RoundLapse
    article: str


# What is told of alliances


class Item(Value):
    """What an entry makes of one alliance in the round: its state there, and figures to list and sum by; bounded by its kind."""

    filing_id: FilingId
    state: Annotated[str, Field(pattern=r"^[a-z_]{1,30}$")]
    figures: dict[str, JsonValue] = {}


class Agreed(Value):
    """What the first of two people, or of several offices, did: who, under which entry, the digest of what it says, and its paper."""

    by: tuple[By, ...]
    number: int
    said: Digest
    paper: Digest | None = None
