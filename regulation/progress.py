"""Where a filing stands on its way (办理进度): steps with the days that were and the days that will be, who has it and until when.

`tracks` makes of a filing and what was entered on it the ways that it goes: the application to the register, a year's report, a
revocation. A day ahead is the last on which its step is over if everybody takes the whole of their time; each is counted by
`agenda` and says how. No page, letter or query works out a step of its own.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple

from models.filing import Entry, Filing, Period
from models.values import day_of
from models.vocabulary import ActKind, ByKind, LapseKind, Role, Stage
from regulation import agenda, lifecycle, naming, offices, service, steps_on_file
from regulation.review import taker_of
from regulation.steps import Step, Track, if_nobody, with_day

__all__ = ["STOPPED", "Passed", "Step", "Track", "passed", "tracks"]


class Passed(NamedTuple):
    """What an entry says of the way: its number, the stage after it, what it was, when it counts."""

    number: int
    stage: Stage
    kind: str
    at: datetime


def passed(docket: Iterable[Entry]) -> list[Passed]:
    """The same of whole entries; what was refused moved nothing."""
    return [Passed(each.number, each.stage, str(each.event.kind), each.at) for each in docket if each.refused is None]


def tracks(filing: Filing, docket: Sequence[Passed], now: datetime) -> tuple[Track, ...]:
    """The ways that a filing goes, the one that it is on first."""
    found = [
        steps_on_file.revoking(filing, now),
        steps_on_file.reporting(filing, now),
        _application(filing, docket, now),
    ]
    return tuple(each for each in found if each)


# From submission to the register

WAYS: ByKind[tuple[tuple[str, str], ...]] = ByKind(
    a=(
        ("submission", "提交"),
        ("review", "审核"),
        ("notice", "公示"),
        ("forwarding", "报省"),
        ("archiving", "入库"),
    ),
    b=(
        ("submission", "提交"),
        ("review", "初审推荐"),
        ("notice", "公示"),
        ("forwarding", "正式文件报省"),
        ("decision", "省厅审定"),
        ("archiving", "入库"),
    ),
)
"""The steps of each kind, in order."""

SAYS = {
    "submission": "提交备案申请",
    "review": "核对条件和材料，作出审核确认或者一次性告知补正",
    "notice": "向社会公示，任何人可以实名提出异议",
    "forwarding": "公示无异议的，报省科技厅备案",
    "decision": "调研考察、业务处室提出意见、厅党组审定",
    "archiving": "省科技厅备案入库，发给备案编号",
}
"""What is done in each step."""

AT: ByKind[dict[Stage, str]] = ByKind(
    a={
        Stage.SUBMITTED: "review",
        Stage.RETURNED: "review",
        Stage.UNDER_REVIEW: "review",
        Stage.ON_NOTICE: "notice",
        Stage.AT_PROVINCE: "archiving",
    },
    b={
        Stage.SUBMITTED: "review",
        Stage.RETURNED: "review",
        Stage.UNDER_REVIEW: "review",
        Stage.REVIEW_PASSED: "review",
        Stage.ON_NOTICE: "notice",
        Stage.NOTICE_CLEARED: "forwarding",
        Stage.AT_PROVINCE: "decision",
    },
)
"""At which step an application is in each of its stages."""

STOPPED = (Stage.WITHDRAWN, Stage.LAPSED, Stage.NOT_CONFIRMED)
"""Ends of an application that was not archived."""

ENDED = (Stage.REVOKED, Stage.DEREGISTERED, Stage.CONTINUED)
"""Ends of an alliance that had been archived."""

CHASED = "逾期不自动通过：系统催办，再逾期的告知上级机关"
"""What happens if an office does nothing by its day."""


def _application(filing: Filing, docket: Sequence[Passed], now: datetime) -> Track | None:
    """提交→审核→公示→报省→入库, and kind B's own steps; what was archived before this system has none."""
    if not docket or docket[0].stage is Stage.IN_FORCE:
        return None
    keys = [key for key, _ in WAYS[filing.kind]]
    at, over = _walked(filing, docket)
    ended = filing.stage in STOPPED and at < len(keys)
    steps = [
        Step(key, title, state="done" if number < at else "ahead", on=over.get(number), says=SAYS[key])
        for number, (key, title) in enumerate(WAYS[filing.kind])
    ]
    if ended:
        on = day_of(filing.ended_at or docket[-1].at)
        steps[at] = replace(steps[at], state="stopped", on=on, says=filing.stage.label)
    elif at < len(keys):
        ahead = dict(_ahead(filing, keys[at]))
        steps = [
            replace(each, who=_has(filing, each.key)) if number >= at else each for number, each in enumerate(steps)
        ]
        steps = [with_day(filing, each, ahead.get(each.key), now) for each in steps]
        by_itself = (steps[at].key == "notice" and not filing.open_objections) or _waits_for_post(filing)
        late = steps[at].late and not by_itself  # time alone is late with nothing
        steps = [replace(each, late=late and number == at) for number, each in enumerate(steps)]
        given = [day_of(each.at) for each in docket if each.kind == ActKind.TRANSFER]
        steps[at] = replace(_at_hand(filing, steps[at], max(given, default=None)), state="current")
    if filing.stage in ENDED:
        on = day_of(filing.ended_at or docket[-1].at)
        steps.append(Step("end", filing.stage.label, "stopped", on))
    return Track("application", "备案申请", tuple(steps))


def _walked(filing: Filing, docket: Sequence[Passed]) -> tuple[int, dict[int, date]]:
    """At which step it is, and on which day each before it was over; what was gone back over is not over any more."""
    keys = [key for key, _ in WAYS[filing.kind]]
    at, over = 0, dict[int, date]()
    for each in docket:
        if each.stage in STOPPED:
            continue
        step = AT[filing.kind].get(each.stage)
        to = keys.index(step) if step else len(keys)
        if each.kind == ActKind.RECORD_PARTY_GROUP and step == "decision":
            to += 1
        elif step == "decision" and keys[min(at, len(keys) - 1)] == "archiving":
            to = at
        over = {number: day for number, day in over.items() if number < to}
        over |= {number: day_of(each.at) for number in range(at, to)}
        at = to
    if _waits_for_post(filing):
        over[at] = max(agenda.last_day(filing.periods["notice"]), *over.values())  # one that goes on was over before
        at += 1
    return at, over


def _waits_for_post(filing: Filing) -> bool:
    """Whether a notice is over and nobody objected, while a letter posted in time may still come (G-03)."""
    notice = filing.notice if filing.stage is Stage.ON_NOTICE else None
    return bool(notice and notice.ended and not notice.open_objections and "notice" in filing.periods)


def _has(filing: Filing, key: str) -> str:
    """Who has a step."""
    if key == "submission":
        return Role.LEADER.label
    if key in ("decision", "archiving"):
        return offices.name_of(offices.PROVINCE)
    return taker_of(filing) or offices.reviewer_of(filing)


def _ahead(filing: Filing, at: str) -> Iterator[tuple[str, Period]]:
    """Until when each step is over at the latest, from the one at hand on: while the leader corrects, or another office
    is to take it and begins anew, nobody knows."""
    if filing.stage is Stage.RETURNED or taker_of(filing) or (filing.open_objections and at != "review"):
        return
    review = _running(filing, "review", "acceptance")
    if at == "review":
        if review is None:
            return
        if filing.stage is Stage.SUBMITTED:
            review = _from(
                filing, "review", day_of(filing.review.received_at if filing.review else filing.submitted_at)
            )  # 视为受理 (Q2), as the agenda counts it
        if recommended := filing.periods.get("recommendation"):
            review = min(review, recommended, key=lambda each: each.until)
        yield "review", review
    if _waits_for_post(filing):
        cleared = _cleared(filing)
    elif at in ("review", "notice"):
        notice = _running(filing, "notice") if at == "notice" else None
        notice = notice or (_from(filing, "notice", agenda.last_day(review)) if review else None)
        if notice is None:
            return
        yield "notice", notice
        grace = filing.periods.get("grace") if at == "notice" else None
        cleared = grace or _from(filing, "grace", agenda.last_day(notice))
    else:
        cleared = None
    yield from _after_notice(filing, cleared)


def _cleared(filing: Filing) -> Period | None:
    """The days for letters, to the instant at which the notice is clear by itself: after a ruling that came later, that ruling's."""
    grace = filing.periods.get("grace")
    at = next((due.at for due in agenda.dues(filing) if due.lapse.kind is LapseKind.NOTICE_CLEARED), None)
    if grace is None or at is None or at <= grace.until:
        return grace
    return agenda.begin_until(filing, "grace", grace.from_, at).periods["grace"]


def _after_notice(filing: Filing, cleared: Period | None) -> Iterator[tuple[str, Period]]:
    """报省 and what follows: at once when the notice is clear, or by the formal letter (B-17)."""
    sends = dict(WAYS[filing.kind]).keys() & {"decision"}
    forwarding = filing.periods.get("forwarding")
    if cleared:
        forwarding = _from(filing, "forwarding", day_of(cleared.until)) if sends else cleared
    if forwarding:
        yield "forwarding", forwarding
    archiving = filing.periods.get("archiving")
    if archiving is None and forwarding:
        archiving = _from(filing, "archiving", agenda.last_day(forwarding) if sends else day_of(forwarding.until))
    if archiving:
        if sends:
            yield "decision", archiving
        yield "archiving", archiving


def _running(filing: Filing, *names: str) -> Period | None:
    return next((filing.periods[name] for name in names if name in filing.periods), None)


def _from(filing: Filing, name: str, start: date) -> Period:
    """A period as it would run from a day."""
    return agenda.begin(filing, name, start).periods[name]


def _at_hand(filing: Filing, step: Step, given: date | None) -> Step:
    """The step at hand: who really has it now, and what happens if they do nothing. `given`: when it was last handed over."""
    waits = naming.awaited(lifecycle.awaited(filing), filing.leader, lifecycle.awaits_iit(filing))
    step = replace(step, who=waits or step.who, otherwise=CHASED)
    if (there := taker_of(filing)) and given:
        says = f"自{naming.on_day(given)}起等候{there}接收；接收后重新计算受理和审核期限，尚未接收的可以收回"
        return replace(step, says=says)
    if filing.stage is Stage.SUBMITTED:
        return _accepting(filing, step)
    if filing.stage is Stage.RETURNED:
        return _correcting(filing, step)
    if step.key == "notice":
        return _on_notice(filing, step)
    if _waits_for_post(filing):
        says = f"公示期已满；等候公示期内寄出的书面异议，没有的，{SAYS[step.key].removeprefix('公示无异议的，')}"
        return replace(step, says=says, otherwise="无人提出异议的，期满自动进入下一步")
    return step


def _accepting(filing: Filing, step: Step) -> Step:
    acceptance = filing.periods.get("acceptance")
    if acceptance is None:
        return step
    day = naming.midnight(acceptance.until)
    return replace(
        step, says=f"先在{day}前决定是否受理；{SAYS[step.key]}", otherwise=f"{day}前未作决定的，视为受理。审核{CHASED}"
    )


def _correcting(filing: Filing, step: Step) -> Step:
    """退回补正: the leader has it, until the day of the correction, which may wait for service (G-07, G-18)."""
    period = filing.periods.get("correction")
    otherwise = if_nobody(filing, ActKind.RESUBMIT)
    says = "已退回补正：按补正通知修改申请表或者补充材料后重新提交，期限重新计算"
    unopened = service.is_unopened(filing, "correction")
    return replace(step, until=period.until if period else None, unopened=unopened, says=says, otherwise=otherwise)


def _on_notice(filing: Filing, step: Step) -> Step:
    """公示: time alone, while nobody objects (G-01, G-03, G-04)."""
    if filing.open_objections:
        says = f"有{filing.open_objections}件异议待处理；处理完毕前不报省"
        return replace(step, says=says)
    grace = agenda.number(filing, "notice.postal_grace_working_days")
    says = f"{SAYS['notice']}；期满后另留{grace}个工作日，等候期内寄出的书面异议" if grace else SAYS["notice"]
    return replace(step, says=says, otherwise="无人提出异议的，期满自动进入下一步")
