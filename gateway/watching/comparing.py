"""What the register says of a filing or a round, beside what the engine shows and says of it: pure comparison, one kind at a time."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from temporalio.client import WorkflowExecutionStatus
from temporalio.common import SearchAttributeUpdate

from activities.rounds.entering import Stands
from gateway.watching.engine import PROBLEMS, Look, as_shown
from models.drift import DriftKind
from models.filing import Filing
from regulation import agenda, naming
from workflows import visibility


class Patience(NamedTuple):
    """How long a workflow task may wait for a worker, how long a worker may be at it (it writes to the register meanwhile, and tries
    again), and how long, or how often, it may fail: a worker that dies leaves one behind that is tried again at once. A server may
    count the time anew with each attempt."""

    waits: timedelta
    works: timedelta
    fails: timedelta
    tries: int


USUAL = Patience(timedelta(minutes=5), timedelta(minutes=10), timedelta(seconds=30), 5)
IN_A_HERD = Patience(timedelta(hours=2), timedelta(hours=2), timedelta(hours=2), 20)
"""While a deadline falls for thousands, their tasks wait for each other, and some are given up and done again."""

CLOSE = timedelta(minutes=1)
"""How far the instant for which a timer is armed may lie behind that of the agenda: armed when an entry was written, not before."""

FAILS = 5
"""How often what follows from a round may be tried before it counts as stuck."""

ENDED = {
    WorkflowExecutionStatus.CANCELED: DriftKind.CANCELLED,
    WorkflowExecutionStatus.TERMINATED: DriftKind.TERMINATED,
}
"""What became of a workflow that ought to run; of any other end it is simply missing."""


class Word(NamedTuple):
    """Where somebody says that a filing or a round stands: its last entry, its stage, and what time brings next, when."""

    number: int
    stage: str
    due_at: datetime | None


@dataclass(frozen=True)
class Ought:
    """What the register says of a filing or a round: whether its workflow ought to run, and what it ought to show.

    `shown` are the attributes of each way in which a run may show it (workflows/ways.py): a run shows them as those of its time do.
    """

    key: str
    word: Word
    is_open: bool
    shown: Callable[[], Iterable[Mapping[str, Any]]]
    waits: bool = True

    def is_shown(self, held: Mapping[str, Any]) -> bool:
        """Whether these attributes are what somebody looks for it by."""
        told = {name: value for name, value in held.items() if name in visibility.REGISTRATION and value}
        return any(told == each for each in self.shown())


def of_filing(filing: Filing, *, is_open: bool = True) -> Ought:
    """What the register says of a filing, by the agenda of today's release."""
    return Ought(
        filing.id, word_of(filing), is_open, lambda: (_shown(each) for each in visibility.by_every_way(filing))
    )


def of_round(round_id: str, stands: Stands) -> Ought:
    """What the register says of a round. While something is left to follow from an entry it waits for that, and for no day."""
    told = visibility.attributes_of_round(round_id, stands)
    return Ought(round_id, word_of(stands), stands.behind or not stands.over, lambda: [_shown(told)], not stands.behind)


def word_of(stands: Filing | Stands) -> Word:
    """Where a filing or a round stands by its own value."""
    if isinstance(stands, Stands):
        return Word(stands.number, stands.stage.label, stands.due_at)
    due = agenda.next_lapse(stands)
    return Word(stands.number, stands.stage.label, due.at if due else None)


def _shown(updates: Iterable[SearchAttributeUpdate[Any]]) -> dict[str, Any]:
    """Attributes as they are shown: what is unset, none or false is found by nobody."""
    return {each.key.name: as_shown(each.value) for each in updates if each.value}


class Judged(NamedTuple):
    """What is different, and how."""

    kind: DriftKind
    what: str


def judged(
    ought: Ought, entered: int, look: Look, queue: str, now: datetime, patience: Patience = USUAL
) -> Judged | None:
    """What is different, if anything is, of a filing or a round that was looked at.

    `entered` is the last entry by now: what was entered while it was looked at is no drift.
    """
    if not look.runs:
        return _not_running(look) if ought.is_open else None
    word = word_of(look.says) if look.says is not None else Word(0, "", None)
    if word.number > entered:  # whatever is under way: the register is written first, and was read last
        return Judged(DriftKind.REGISTER_BEHIND, f"引擎已到第{word.number}号，备案库为第{entered}号")
    if stuck := _stuck(look, queue, now, patience):
        return Judged(DriftKind.STUCK, stuck)
    if look.task or not look.asked:
        return None  # something is under way: it is for the next pass
    if word.number < ought.word.number:
        return Judged(DriftKind.ENGINE_BEHIND, f"引擎为第{word.number}号，备案库已到第{ought.word.number}号")
    if not ought.word.number == word.number == entered:
        return None
    if word.stage != ought.word.stage:
        return Judged(DriftKind.WRONG_STAGE, f"引擎为 {word.stage}，备案库为 {ought.word.stage}")
    if wrong := _wrong_instant(ought, word, look.armed):
        return Judged(DriftKind.WRONG_INSTANT, wrong)
    if look.attributes is not None and not ought.is_shown(look.attributes):
        return Judged(DriftKind.STALE_ATTRIBUTES, f"应为 {_differing(ought, look.attributes)}")
    return None


def _not_running(look: Look) -> Judged:
    if look.status is None:
        return Judged(DriftKind.MISSING, "引擎中没有这一工作流")
    kind = ENDED.get(look.status, DriftKind.MISSING)
    return Judged(kind, f"工作流已结束（{look.status.name}）而备案库中仍在办理")


def _stuck(look: Look, queue: str, now: datetime, patience: Patience) -> str | None:
    """Why a workflow does not go on, if it does not."""
    build = f"（构建 {look.build}）"
    if look.queue != queue:
        return f"在另一任务队列 {look.queue} 上{build}，本部署为 {queue}"
    failed = look.task.attempt - 1 if look.task else 0
    if look.attributes and PROBLEMS in look.attributes:
        return f"工作流任务接连失败{f'，已{failed}次' if failed else ''}{build}"
    if look.task:
        waited = now - look.task.since
        if failed:
            return f"工作流任务已失败{failed}次{build}" if waited > patience.fails or failed >= patience.tries else None
        if waited > (patience.works if look.task.taken else patience.waits):
            return (
                f"工作流任务{'进行' if look.task.taken else '无人领取'}已{int(waited.total_seconds() // 60)}分钟{build}"
            )
    if not look.answers:
        return f"不答复查询{build}"
    if look.failing > FAILS:
        return f"后续办理已失败{look.failing - 1}次{build}"
    return None


def _wrong_instant(ought: Ought, word: Word, armed: Sequence[datetime]) -> str | None:
    """How the engine waits for another instant than the register's agenda says: by its own agenda, or by its timer."""
    due = ought.word.due_at
    if word.due_at != due:
        return f"引擎的日程为 {_at(word.due_at)}，备案库为 {_at(due)}"
    if due is not None and ought.waits and not any(abs(at - due) <= CLOSE for at in armed):
        return f"定时器为 {'、'.join(map(_at, armed)) or '无'}，备案库的日程为 {_at(due)}"
    return None


def _at(instant: datetime | None) -> str:
    return naming.short_until(instant) if instant else "无"


def _differing(ought: Ought, held: Mapping[str, Any]) -> str:
    """The attributes that are not as they ought to be."""
    right = next(iter(ought.shown()))
    names = [name for name in visibility.REGISTRATION if right.get(name) != (held.get(name) or None)]
    return "、".join(f"{name}={right.get(name, '（无）')}（现为 {held.get(name, '（无）')}）" for name in names)
