"""A step on a filing's way (办理进度): how it stands, its days, who has it, and what follows if nobody does it."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from models.filing import Counted, Filing, Period
from models.values import last_day_until
from models.vocabulary import ActKind
from regulation import agenda, naming

State = Literal["done", "current", "ahead", "stopped"]

STATES: dict[State, str] = {"done": "已完成", "current": "进行中", "ahead": "未开始", "stopped": "已终止"}
"""What the states of a step are called."""


@dataclass(frozen=True)
class Step:
    """One step. `on` is the day on which it was over, or stopped; `until` (exclusive) when it is over at the latest, `since` the
    day on which what it waits for begins, where that is still ahead.

    `who` has it, `says` what is done in it, `otherwise` what happens if nobody does it by then. `late`: that day has passed.
    `counted` explains the day; `provisional`: it may move when the next working days are arranged;
    `unopened`: it holds if the notice that lies in the inbox is served by that.
    """

    key: str
    title: str
    state: State = "ahead"
    on: date | None = None
    since: date | None = None
    until: datetime | None = None
    who: str = ""
    says: str = ""
    otherwise: str = ""
    late: bool = False
    provisional: bool = False
    unopened: bool = False
    counted: Counted | None = None

    @property
    def called(self) -> str:
        """Its state in a word."""
        return "逾期" if self.late and self.state == "current" else STATES[self.state]

    @property
    def reserved(self) -> str:
        """What is told beside its day if that may still move."""
        return naming.reserved(provisional=self.provisional, unopened=self.unopened)

    @property
    def last(self) -> date | None:
        """The last day on which it is to be over."""
        return last_day_until(self.until) if self.until else None


@dataclass(frozen=True)
class Track:
    """A way that a filing goes, step by step."""

    key: str
    title: str
    steps: tuple[Step, ...]

    @property
    def current(self) -> Step | None:
        """The step that it is at; None once it is through, or was stopped."""
        return next((each for each in self.steps if each.state == "current"), None)

    @property
    def following(self) -> Step | None:
        """What comes after that step."""
        return next((each for each in self.steps if each.state == "ahead"), None)


def with_day(filing: Filing, step: Step, period: Period | None, now: datetime) -> Step:
    """A step with the last day that there is for it."""
    if period is None:
        return step
    return replace(
        step,
        until=period.until,
        late=period.until <= now,
        provisional=period.provisional,
        counted=agenda.explained(filing, period),
    )


MISSED_TWICE = "连续两年未报送的，启动撤销备案程序（《工作指引》第十一条第6项）"


# What the leader does


def if_nobody(filing: Filing, kind: ActKind) -> str:
    """What follows if a leader does not do what it is waited for with; nothing of what nobody waits for."""
    if kind is ActKind.RESUBMIT:
        lapses = agenda.number(filing, "correction.lapses")
        return "逾期未补正的，申请视为撤回；可以重新申请" if lapses else "逾期未补正的，系统催办，其间仍可补正"
    return IF_NOBODY.get(kind, "")


IF_NOBODY = {
    ActKind.FILE_ANNUAL_REPORT: f"逾期记为未报送；{MISSED_TWICE}",
    ActKind.ANSWER_ANNUAL_RETURN: "逾期未答复的，审核机构可以不予计入，该年度按未报送处理",
    ActKind.STATE_DEFENCE: "逾期未陈述、申辩的，视为放弃",
    ActKind.COMPLETE_RECORD: "不影响备案；补充以前，文书不以收件箱送达",
}
"""The same of acts whose consequence is the same for every filing."""
