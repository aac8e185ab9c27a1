"""Objections to a notice (公示异议): admissibility, hold, outcome, each with a fate of its own (G-04, Q6, Q7).

The same rules serve the notice of an application, while in force that of a replaced leader (Q24), and that of a round's list.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

from models.acts import TOGETHER, Object, RuleOnAdmissibility, RuleOnObjection
from models.filing import Crowd, Filing, Notice, Objection, Period
from models.findings import Lack
from models.vocabulary import ActKind, Stage
from regulation.agenda import begin, end, last_day
from regulation.moment import Moment
from regulation.notice import notice_of
from regulation.review import not_confirmed, returned
from regulation.service import STRICTER_SINCE

CLEARED = (Stage.NOTICE_CLEARED, Stage.AT_PROVINCE)
"""Where a filing stands because its notice was cleared; a later return to the city has undone that already."""


def may_object(filing: Filing, act: Object, when: Moment) -> Lack | None:
    """There must be, or have been, a notice. What comes too late is taken and recorded all the same (Instants 4)."""
    if filing.notice and "notice" not in filing.periods:
        return Lack(missing="公示已随不予确认的决定撤下，申请恢复办理后须重新公示")
    return None if filing.notice else Lack(missing="本备案申请尚未公示")


LISTED = 8
"""How many open objections a filing lists one by one; what comes beyond is counted, and ruled on together or in turn.

No honest notice has met it; it bounds what strangers can add to a filing.
"""


class Objecting(Protocol):
    """An act that objects, whatever to."""

    @property
    def id(self) -> str: ...
    @property
    def anonymous(self) -> bool: ...
    @property
    def postmarked_on(self) -> date | None: ...


class Ruling(Protocol):
    """An act that rules on one objection, or on the oldest `counted`."""

    @property
    def objection(self) -> str: ...
    @property
    def counted(self) -> int | None: ...


Question = Literal["admissibility", "outcome"]
"""What a ruling is about: whether an objection is taken up, and, once it is, what comes of it."""


def receive(notice: Notice, period: Period, act: Objecting, when: Moment) -> tuple[Notice, str | None]:
    """The notice with one more objection, and the name under which it is open (None: an anonymous or late one is
    inadmissible by itself, Q6). A letter posted in time that comes after the clearing is for an officer to rule on
    (Instants 4)."""
    posted_in_time = act.postmarked_on is not None and act.postmarked_on <= last_day(period)
    late = when.at >= period.until and not posted_in_time
    bounded = when.day >= STRICTER_SINCE
    after_clearing = _after_clearing(notice, when) and not (posted_in_time and bounded)
    if act.anonymous or late or after_clearing:
        closed = () if bounded else (Objection(id=act.id, admissible=False),)
        return notice.but(objections=(*notice.objections, *closed)), None
    listed = tuple(each for each in notice.objections if each.open or not bounded)
    if bounded and (notice.unlisted or len(listed) >= LISTED):
        crowd = notice.crowd or Crowd()
        return notice.but(objections=listed, crowd=crowd.but(undecided=crowd.undecided + 1)), TOGETHER
    return notice.but(objections=(*listed, Objection(id=act.id))), act.id


def opened(filing: Filing, name: str, when: Moment) -> Filing:
    """The filing with the period in which an objection is handled; those that are not listed have one, from the first on."""
    period = f"objection:{name}"
    return filing if period in filing.periods else begin(filing, period, when.arrival_day)


def told(filing: Filing, name: str | None, when: Moment) -> Filing:
    """Staff and leader are told of a day's first objection, which speaks for those that follow that day (`messages`)."""
    if when.day < STRICTER_SINCE:
        return filing
    return filing.but(told={**filing.told, "objection_filed" if name else "objection_not_admitted": when.day})


def object_to_application(filing: Filing, act: Object, when: Moment) -> Filing:
    """An open objection holds the filing; one received before the clearing undoes it (Instants 4)."""
    notice, name = receive(notice_of(filing), filing.periods["notice"], act, when)
    filing = told(filing.but(notice=notice), name, when)
    if name is None:
        return filing
    filing = opened(filing, name, when)
    return _on_notice_again(filing) if filing.stage in CLEARED and not _after_clearing(notice, when) else filing


def _after_clearing(notice: Notice, when: Moment) -> bool:
    return notice.cleared is not None and when.at >= notice.cleared.at


def _on_notice_again(filing: Filing) -> Filing:
    """The clearing is undone: what was done at the province since rests on it (Instants 4)."""
    notice = notice_of(filing).but(cleared=None)
    return end(filing, "forwarding", "archiving").but(stage=Stage.ON_NOTICE, notice=notice, province=None)


def to_be_ruled_on(filing: Filing) -> Lack | None:
    """A letter posted in time whose admissibility nobody has ruled on keeps a cleared filing where it is (G-03, G-04)."""
    if filing.notice and filing.notice.open_objections:
        return Lack(missing="公示期内寄出的异议尚待认定是否受理", supplied_by=ActKind.RULE_ON_ADMISSIBILITY)
    return None


def undoes_clearing(filing: Filing, act: Object, when: Moment) -> int | None:
    """The clearing that an objection received before it undoes."""
    if filing.stage not in CLEARED or filing.notice is None or filing.notice.cleared is None:
        return None
    if _after_clearing(filing.notice, when):
        return None
    _, name = receive(filing.notice, filing.periods["notice"], act, when)
    return filing.notice.cleared.number if name else None


def _find(notice: Notice | None, act_id: str) -> Objection | None:
    return next((each for each in notice.objections if each.id == act_id), None) if notice else None


def _one_by_one(act: Ruling) -> Lack | None:
    return Lack(missing="逐件处理的不填件数") if act.counted is not None else None


def _together(act: Ruling, waiting: int, what: str) -> Lack | None:
    """A ruling on several says on how many, so that nothing is ruled on that came after they were read."""
    if act.counted is None:
        return Lack(missing=f"合并处理的须写明件数，{what}的异议现有 {waiting} 件")
    if act.counted > waiting:
        return Lack(missing=f"{what}的异议只有 {waiting} 件")
    return None


def _no_such(notice: Notice | None, act: Ruling) -> Lack:
    if notice and notice.unlisted:
        return Lack(missing=f"编号为 {act.objection} 的异议已经了结，或在合并处理之列，须与先收到的一并处理")
    if notice is None or not notice.open_objections:
        return Lack(missing="没有尚未了结的异议")
    return Lack(missing=f"没有编号为 {act.objection} 的异议，或已经了结")


def may_rule_on_admissibility_of(notice: Notice | None, act: Ruling) -> Lack | None:
    """Each objection is ruled on once."""
    if act.objection == TOGETHER:
        return _together(act, notice.undecided if notice else 0, "待认定是否受理")
    objection = _find(notice, act.objection)
    if objection is None:
        return _no_such(notice, act)
    if objection.admissible is not None:
        return Lack(missing="该异议是否受理已有认定")
    return _one_by_one(act)


def may_rule_on_objection_to(notice: Notice | None, act: Ruling) -> Lack | None:
    """Only an admissible, undecided objection has an outcome."""
    if act.objection == TOGETHER:
        return _together(act, notice.admitted if notice else 0, "已受理")
    objection = _find(notice, act.objection)
    if objection is None:
        return _no_such(notice, act)
    if not objection.open:
        return Lack(missing="该异议已经了结")
    if objection.admissible is None:
        return Lack(missing="该异议是否受理尚未认定", supplied_by=ActKind.RULE_ON_ADMISSIBILITY)
    return _one_by_one(act)


@dataclass(frozen=True)
class Ruled:
    """What a ruling makes of a notice: which objections are closed by it, and whether those that are not listed wait anew."""

    notice: Notice
    closed: tuple[str, ...]
    again: bool


def rule(notice: Notice, act: Ruling, question: Question, answer: bool | str, when: Moment) -> Ruled:
    """The notice with the ruling on one objection or the oldest few. With the last one closed it may be cleared from now on."""
    change = {"admissible": answer} if question == "admissibility" else {"outcome": answer}
    meant = [act.objection] if act.objection != TOGETHER else _oldest(notice, act, question)
    after = tuple(each.but(**change) if each.id in meant else each for each in notice.objections)
    kept = tuple(each for each in after if each.open) if when.day >= STRICTER_SINCE else after
    more = (act.counted or 0) - len(meant)
    crowd = _of_crowd(notice.crowd, question, answer, more) if act.objection == TOGETHER else notice.crowd
    closed = [each.id for each in after if not each.open]
    # What is left of a crowd came later: its period is counted from the ruling on what came before it.
    again = crowd is not None and notice.unlisted > crowd.undecided + crowd.admitted
    return Ruled(
        notice.but(objections=kept, crowd=crowd, ready_at=when.at),
        (*closed, *([TOGETHER] if crowd is None else [])),
        again,
    )


def ruled(
    filing: Filing, notice: Notice, act: RuleOnAdmissibility | RuleOnObjection, when: Moment
) -> tuple[Filing, Notice]:
    """The filing without the periods of what is closed, and its notice after the ruling."""
    question, answer = told_by(act)
    after = rule(notice, act, question, answer, when)
    filing = _closed(filing, *after.closed)
    if after.again:
        filing = begin(filing, f"objection:{TOGETHER}", when.day)
    return filing, after.notice


def told_by(act: RuleOnAdmissibility | RuleOnObjection) -> tuple[Question, bool | str]:
    """What a ruling on a filing's objection is about, and what it says."""
    if isinstance(act, RuleOnAdmissibility):
        return "admissibility", act.admissible
    return "outcome", act.outcome


def _closed(filing: Filing, *names: str) -> Filing:
    """The filing without the periods of objections that are closed, and without what one of two people proposed on them."""
    proposed = {f"{ActKind.RULE_ON_OBJECTION.value}:{name}" for name in names}
    proposals = {each: by for each, by in filing.proposals.items() if each not in proposed}
    return end(filing, *(f"objection:{name}" for name in names)).but(proposals=proposals)


def _oldest(notice: Notice, act: Ruling, question: Question) -> list[str]:
    """Those listed that a ruling on several means: all that are listed came before what is not."""
    waiting = None if question == "admissibility" else True
    return [each.id for each in notice.objections if each.open and each.admissible is waiting][: act.counted]


def _of_crowd(crowd: Crowd | None, question: Question, answer: bool | str, count: int) -> Crowd | None:
    """What is not listed, after a ruling on so many of it; None if that was the last."""
    if crowd is None or count <= 0:
        return crowd
    if question == "outcome":
        crowd = crowd.but(admitted=crowd.admitted - count)
    else:
        crowd = Crowd(undecided=crowd.undecided - count, admitted=crowd.admitted + (count if answer else 0))
    return crowd if crowd.undecided or crowd.admitted else None


def may_rule_on_admissibility(filing: Filing, act: RuleOnAdmissibility, when: Moment) -> Lack | None:
    """See `may_rule_on_admissibility_of`."""
    return may_rule_on_admissibility_of(filing.notice, act)


def rule_on_admissibility(filing: Filing, act: RuleOnAdmissibility, when: Moment) -> Filing:
    """认定异议是否受理: an inadmissible one is recorded and blocks nothing; one admitted after the clearing undoes it (G-04)."""
    filing, notice = ruled(filing, notice_of(filing), act, when)
    filing = filing.but(notice=notice)
    return _on_notice_again(filing) if act.admissible and filing.stage in CLEARED else filing


def may_rule_on_objection(filing: Filing, act: RuleOnObjection, when: Moment) -> Lack | None:
    """See `may_rule_on_objection_to`."""
    return may_rule_on_objection_to(filing.notice, act)


def rule_on_objection(filing: Filing, act: RuleOnObjection, when: Moment) -> Filing:
    """处理异议: dismissed, or upheld by a return or by not confirming (G-04, Q7)."""
    filing, notice = ruled(filing, notice_of(filing), act, when)
    filing = filing.but(notice=notice)
    if act.outcome == "returned":
        return returned(filing, when, by_objection=True)
    if act.outcome == "not_confirmed":
        return not_confirmed(filing, when)
    return filing
