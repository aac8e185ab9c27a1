"""Drift (不一致): where engine and register say different things of a filing or a round, and what mends it; and rounds that the
service itself ought to have opened and could not."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from models.rounds.base import parts
from models.values import Instant, Named, Value


class DriftKind(Named):
    """What can be different, in the order in which it is looked for."""

    UNREADABLE = "unreadable", "备案库的内容无法读取"
    MISSING = "missing", "引擎中没有"
    CANCELLED = "cancelled", "引擎中已被取消"
    TERMINATED = "terminated", "引擎中已被终止"
    STUCK = "stuck", "任务停滞"
    REGISTER_BEHIND = "register_behind", "备案库落后于引擎"
    ENGINE_BEHIND = "engine_behind", "引擎落后于备案库"
    WRONG_STAGE = "wrong_stage", "阶段不一致"
    WRONG_INSTANT = "wrong_instant", "定时不一致"
    STALE_ATTRIBUTES = "stale_attributes", "检索属性过时"
    NOT_PROPOSED = "not_proposed", "故障顺延未能提出"


GONE = frozenset({DriftKind.MISSING, DriftKind.CANCELLED, DriftKind.TERMINATED})
"""Nothing runs: what is started again from the register alone is whole."""

SAFE = GONE | {DriftKind.ENGINE_BEHIND, DriftKind.STALE_ATTRIBUTES}
"""What the sentinel mends by itself: nothing is lost by it, and no date moves."""


class Drift(Value):
    """Something that is different: of which filing or round, in what way, and whether it was mended at once."""

    key: str
    kind: DriftKind
    what: str
    mended: bool = False

    @property
    def is_round(self) -> bool:
        """Whether it is a round."""
        return parts(self.key) is not None

    @property
    def is_there(self) -> bool:
        """Whether it has a page."""
        return self.kind is not DriftKind.NOT_PROPOSED

    @property
    def command(self) -> str:
        """What mends it, once somebody has looked, or what says more of it: as it is typed."""
        if self.kind is DriftKind.UNREADABLE:
            return "starter.py verify --all" if self.is_round else f"starter.py verify {self.key}"
        if self.kind is DriftKind.NOT_PROPOSED:
            return "starter.py outages"
        if self.kind in GONE | {DriftKind.ENGINE_BEHIND}:
            return f"starter.py revive {self.key}"
        return f"starter.py revive {self.key} --anew"

    @property
    def advice(self) -> str:
        """What is to be done first, or why that is all."""
        return ADVICE[self.kind]


ADVICE = {
    DriftKind.UNREADABLE: "备案库中这一件已损坏，其余各件不受影响：先核验，再由备份恢复",
    DriftKind.MISSING: "由备案库重新启动",
    DriftKind.CANCELLED: "由备案库重新启动",
    DriftKind.TERMINATED: "由备案库重新启动",
    DriftKind.STUCK: "先看 worker 日志（Completing activity as failed、workflow task failed）：多为程序缺陷或无 worker 领取，换上修好的版本即自行恢复；缺检索属性的（doctor），登记后自行恢复；仍无法重放的，终止并由备案库重新启动",
    DriftKind.REGISTER_BEHIND: "备案库可能是旧的：先找回较新的备份；确已不可得的，终止并由备案库重新启动，请各方以原编号重发",
    DriftKind.ENGINE_BEHIND: "与备案库对齐",
    DriftKind.WRONG_STAGE: "以备案库为准，终止并由备案库重新启动",
    DriftKind.WRONG_INSTANT: "以备案库的日程为准，终止并由备案库重新启动",
    DriftKind.STALE_ATTRIBUTES: "未能自行更新的，终止并由备案库重新启动",
    DriftKind.NOT_PROPOSED: "年度报送期限前本系统可用率不足，而未能提出顺延：每次巡查重试，先看日志（outage.not_proposed）；一直提不出的，请省科技厅另行“调整年度报送期限”。因此未报送的联盟，撤销到期自行暂停",
}
"""By kind: what whoever mends it must know."""


OLD = 2
"""After how many intervals without a pass nobody looks after the engine any more."""


class Tally(Value):
    """How much of one kind a pass found: what is left for people, and what was mended at once."""

    left: int = 0
    mended: int = 0


class Failed(Value):
    """Passes that could not be made since the last one that was: how many in a row, the latest when, and by what."""

    times: int
    at: Instant
    why: str


class Pass(Value):
    """One pass of the sentinel (巡查): when it began, how long it took, how much was compared, and what was different.

    `looked_at` were asked one by one; `unseen` are still to be asked, and what the listing shows of them is as it should be. `builds` is
    how many run on which build of the worker, `tallies` how much was different, by kind; `failed`, what became of later ones.
    """

    at: Instant
    took: float = 0
    compared: int = 0
    looked_at: int = 0
    unseen: int = 0
    builds: dict[str, int] = {}
    tallies: dict[DriftKind, Tally] = {}
    failed: Failed | None = None

    def is_old(self, now: datetime, every: float) -> bool:
        """Whether no pass was made for too long, if one is to be made every so many seconds."""
        return now - self.at > OLD * timedelta(seconds=every)

    @property
    def left(self) -> int:
        """How much is for people to mend."""
        return sum(each.left for each in self.tallies.values())

    @property
    def mended(self) -> int:
        """How much was mended at once."""
        return sum(each.mended for each in self.tallies.values())


def tallied(drift: Iterable[Drift]) -> dict[DriftKind, Tally]:
    """How much is different, by kind, in the order of the kinds."""
    counts = Counter((each.kind, each.mended) for each in drift)
    kinds = {kind for kind, _ in counts}
    return {kind: Tally(left=counts[kind, False], mended=counts[kind, True]) for kind in DriftKind if kind in kinds}
