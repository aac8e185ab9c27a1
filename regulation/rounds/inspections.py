"""随机抽查、随机调研考察: the rules of a round of this kind (A-33, B-18).

The list of everybody is published; two people commit to secrets and reveal them (for a check one of each department:
that is how they act jointly, 会同); the lot follows from what was published (lot.py). Then each alliance that was drawn
is inspected by two people, and what is not in order is put right until a day. Nothing here revokes: what was found may
be a ground of Art. 11, which people propose. What papers must say: inspecting.py; what follows:
after_inspecting.py.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from models import contacts
from models.acts import By
from models.findings import Lack
from models.rounds.base import OpenRound, RoundActKind, RoundKind, RoundLapse, RoundLapseKind, RoundLine
from models.rounds.inspections import (
    AssignInspectors,
    Commitment,
    CommitSeed,
    DrawLot,
    EnterPublicValue,
    InspectionActKind,
    InspectionState,
    ListPopulation,
    Purpose,
    RecordFindings,
    ReplaceDrawn,
    RevealSeed,
    RuleOnRectification,
    Standing,
    VoidLot,
)
from models.rounds.round import Round
from models.values import at_hour, day_of, on_day
from models.vocabulary import Role
from regulation.articles import cite
from regulation.moment import STRICTER_SINCE, Moment
from regulation.rounds import after_inspecting, inspecting, lot
from regulation.rounds.agenda import window
from regulation.rounds.agreeing import half_of
from regulation.rounds.checks import CHECKS
from regulation.rounds.common_acts import cancelled as cancelled_as_any
from regulation.rounds.common_acts import closed as closed_as_any
from regulation.rounds.common_acts import common
from regulation.rounds.inspecting import ARTICLE, state
from regulation.rounds.rules import PROVINCE, Row, Rules

BOTH = PROVINCE | {Role.PROVINCE_IIT}

ON_PAPER = PROVINCE | {Role.CITY_ST, Role.ZONE}
"""Who enters for a leader what came on paper."""

PEOPLE = 2
"""So many commit to a secret."""

REMINDED = (30, 7, 1)
"""How many days before the last one what is not inspected is reminded of."""

MOST_DAYS = 60
"""On so many different days rectifications may fall due at once."""


def _with(round_: Round, counts: Mapping[str, int] | None = None, **changes: Any) -> Round:
    added = {name: round_.counts.get(name, 0) + more for name, more in (counts or {}).items()}
    return round_.but(of=state(round_).but(**changes), counts={**round_.counts, **added})


# Opening and the population


def opened(round_: Round, act: OpenRound, when: Moment) -> Round:
    """开启: what is drawn for and how many, as the plan says."""
    return round_.but(of=InspectionState.model_validate(act.facts or {}))


def may_list(round_: Round, by: By, when: Moment) -> Lack | None:
    """Once: what was published is not changed."""
    return Lack(missing="总体名单已经公布") if state(round_).population else None


def listed(round_: Round, act: ListPopulation, when: Moment) -> Round:
    """公布总体名单: its hash is the first part of the seed."""
    told = inspecting.told(act.facts)
    counts = {"population": told.listed, "taking_part": told.taking_part}
    return _with(round_, counts, population=told.population, population_paper=act.paper)


# The seed


def ready_to_commit(round_: Round, by: By, when: Moment) -> Lack | None:
    """After the list, before the public value can be known; one of each department for a check, two people for a visit."""
    of = state(round_)
    if of.population is None:
        return Lack(missing="总体名单尚未公布")
    if len(of.commitments) == PEOPLE:
        return Lack(missing="两个承诺值都已提交，不能更改")
    if of.public_value and when.day >= of.public_value.on:
        return Lack(missing=f"承诺值须在公开随机数的公布日期（{on_day(of.public_value.on)}）之前提交")
    if of.purpose is Purpose.SURVEY and by.role is not Role.PROVINCE_ST:
        return Lack(missing="随机调研考察由省科技厅两人提交承诺值")
    for each in of.commitments:
        if each.by.person == by.person:
            return Lack(missing="承诺值须由两人分别提交，您已提交")
        if of.purpose is Purpose.CHECK and each.by.role is by.role:
            return Lack(missing=f"{by.role.label}已提交，另一个须由另一厅提交")
    return None


def may_commit(round_: Round, act: CommitSeed, when: Moment) -> Lack | None:
    """To a secret of one's own."""
    copied = any(each.commitment == act.commitment for each in state(round_).commitments)
    return Lack(missing="与已提交的承诺值相同，须用自己的随机数") if copied else None


def committed(round_: Round, act: CommitSeed, when: Moment) -> Round:
    """提交承诺值. With the second it is told until when both are revealed: before the public value, where there is one."""
    commitments = (*state(round_).commitments, Commitment(by=act.by, commitment=act.commitment))
    until = _reveal_by(state(round_), when.day) if len(commitments) == PEOPLE else None
    return _with(round_, commitments=commitments, reveal_by=until)


def _reveal_by(of: InspectionState, on: date) -> date:
    within = on + timedelta(days=CHECKS[of.rule].document.reveal_days)
    return min(within, of.public_value.on - timedelta(days=1)) if of.public_value else within


def _own(round_: Round, by: By) -> Commitment | None:
    return next((each for each in state(round_).commitments if each.by.person == by.person), None)


def ready_to_reveal(round_: Round, by: By, when: Moment) -> Lack | None:
    """Once both have committed; each what is their own."""
    if len(state(round_).commitments) < PEOPLE:
        return Lack(missing="两个承诺值尚未都提交")
    own = _own(round_, by)
    if own is None:
        return Lack(missing="您没有提交承诺值")
    return Lack(missing="您已经揭示") if own.secret else None


def may_reveal(round_: Round, act: RevealSeed, when: Moment) -> Lack | None:
    """What is revealed is what was committed to."""
    own = _own(round_, act.by)
    if own and lot.commitment(round_.id, act.secret) != own.commitment:
        said = "与您提交的承诺值不符，请核对随机数"
        return Lack(missing=said, on=(("/secret", said),))
    return None


def revealed(round_: Round, act: RevealSeed, when: Moment) -> Round:
    """揭示随机数."""
    return _with(
        round_,
        commitments=tuple(
            each.but(secret=act.secret) if each.by.person == act.by.person else each
            for each in state(round_).commitments
        ),
    )


def may_enter_public_value(round_: Round, by: By, when: Moment) -> Lack | None:
    """The value that was named, on its day or later."""
    of = state(round_)
    if of.public_value is None:
        return Lack(missing="抽查方案没有指定公开随机数")
    if of.public_value.value:
        return Lack(missing="公开随机数已经登记")
    if len(of.commitments) < PEOPLE:
        return Lack(missing="两个承诺值尚未都提交")
    if when.day < of.public_value.on:
        return Lack(missing=f"公开随机数于{on_day(of.public_value.on)}公布")
    return None


def public_value_entered(round_: Round, act: EnterPublicValue, when: Moment) -> Round:
    """登记公开随机数."""
    named = state(round_).public_value
    return _with(round_, public_value=named.but(value=act.value) if named else None)


# The lot


def may_draw(round_: Round, by: By, when: Moment) -> Lack | None:
    """When everything that the seed is made of is there; once."""
    of = state(round_)
    if of.lot:
        return Lack(missing="已经抽签")
    if len(of.commitments) < PEOPLE or not all(each.secret for each in of.commitments):
        return Lack(missing="双方尚未都揭示随机数")
    if of.public_value and not of.public_value.value:
        return Lack(missing="公开随机数尚未登记")
    return None


def drawn(round_: Round, act: DrawLot, when: Moment) -> Round:
    """抽签."""
    told = inspecting.told(act.facts)
    return _with(round_, {"drawn_in_all": told.drawn}, seed=told.seed, lot=told.lot, lot_paper=act.paper)


# Giving up


def may_cancel(round_: Round, by: By, when: Moment) -> Lack | None:
    """By whoever opened it until both have committed: from then on the last to reveal could draw again until it suited."""
    if len(state(round_).commitments) < PEOPLE:
        return None
    return Lack(
        missing=f"两个承诺值都已提交，不得单方取消；确须作废的，由{_both(round_)}办理“抽签作废”，理由向社会公布"
    )


def _both(round_: Round) -> str:
    return "两厅会同" if state(round_).purpose is Purpose.CHECK else "省科技厅两人"


def ready_to_void(round_: Round, by: By, when: Moment) -> Lack | None:
    """What both have committed to."""
    if len(state(round_).commitments) < PEOPLE:
        return Lack(missing="两个承诺值尚未都提交；不再进行的，由开启的机构取消")
    if round_.counts.get("inspected"):
        return Lack(missing="已按抽签结果检查，不再作废")
    if state(round_).purpose is Purpose.SURVEY and by.role is not Role.PROVINCE_ST:
        return Lack(missing="随机调研考察由省科技厅两人办理")
    return None


def may_void(round_: Round, act: VoidLot, when: Moment) -> Lack | None:
    """One of each department for a check (会同); two people for a visit. Its reason becomes public: no personal data stand in it (G-04b)."""
    if contacts.tells_of_somebody(act.reason) and when.day >= STRICTER_SINCE:
        return Lack(missing=f"作废理由{contacts.PUBLISHED}")
    first = half_of(round_, act) if state(round_).purpose is Purpose.CHECK else None
    if first and any(by.role is act.by.role for by in first.by):
        return Lack(missing=f"{act.by.role.label}已办理，待另一厅会同办理")
    return None


def voided(round_: Round, act: VoidLot, when: Moment) -> Round:
    """抽签作废: the round is over; what was published stays, with the reason."""
    return cancelled_as_any(_with(round_, voided=act.reason), act, when)


def may_inspect(round_: Round, by: By, when: Moment) -> Lack | None:
    """What is done to alliances that were drawn."""
    return None if state(round_).lot else Lack(missing="尚未抽签")


def replaced(round_: Round, act: ReplaceDrawn, when: Moment) -> Round:
    """递补; where nobody is left in the stratum there is one less to inspect."""
    told = inspecting.told(act.facts)
    return _with(round_, {"drawn_in_all": 0 if told.filing else -1, "assigned_in_all": -1 if told.assigned else 0})


def assigned(round_: Round, act: AssignInspectors, when: Moment) -> Round:
    """指派检查人员."""
    return _with(round_, {"assigned_in_all": 0 if inspecting.told(act.facts).again else 1})


# Findings and rectification


def may_record(round_: Round, by: By, when: Moment) -> Lack | None:
    """Rectifications fall due on a bounded number of days."""
    crowded = len(state(round_).rectify) >= MOST_DAYS
    return may_inspect(round_, by, when) or (
        Lack(missing=f"整改期限已分在{MOST_DAYS}个不同日期，请先核查到期的整改") if crowded else None
    )


def recorded(round_: Round, act: RecordFindings, when: Moment) -> Round:
    """登记检查记录."""
    due = inspecting.told(act.facts).rectify_by
    return _rectify(_with(round_, {"inspected": 1, "deficient_in_all": 1 if due else 0}), None, due)


def ruled(round_: Round, act: RuleOnRectification, when: Moment) -> Round:
    """核查整改情况: put right, another day is set, or it ends without."""
    was = inspecting.told(act.facts).rectify_by
    counts = {COUNTED[act.decision]: 1} if act.decision in COUNTED else {}
    return _rectify(_with(round_, counts), was, act.rectify_by)


COUNTED: Mapping[str, str] = {
    "accepted": "rectified_in_all", "not_rectified": "not_rectified_in_all", "ended": "ended_in_all",
}  # fmt: skip
"""Under what a round counts how rectifications end."""


def _rectify(round_: Round, was: date | None, until: date | None) -> Round:
    """One alliance less has to put something right until the one day, one more until the other."""
    days = dict(state(round_).rectify)
    for day, more in ((was, -1), (until, 1)):
        if day:
            days[str(day)] = days.get(str(day), 0) + more
    over = [day for day, count in days.items() if count <= 0]
    passed = {name: at for name, at in round_.passed.items() if name not in {_overdue(day).name for day in over}}
    return _with(round_, rectify={day: days[day] for day in sorted(days) if day not in over}).but(passed=passed)


def may_close(round_: Round, act: Any, when: Moment) -> Lack | None:
    """When everybody drawn was inspected and every rectification has ended; a round without a lot is cancelled."""
    of, counts = state(round_), round_.counts
    if of.lot is None:
        return Lack(missing="尚未抽签；不再进行的，请取消")
    if left := counts.get("drawn_in_all", 0) - counts.get("inspected", 0):
        return Lack(missing=f"尚有{left}家未检查")
    if of.rectify:
        return Lack(missing=f"尚有{sum(of.rectify.values())}家整改未办结")
    return None


# What time brings


def _overdue(day: str) -> RoundLapse:
    return RoundLapse(kind=RoundLapseKind.OVERDUE, of=day)


def lapses(round_: Round) -> Iterator[RoundLine]:
    """The window with its reminders; each day on which a rectification is due, and again while it is not done."""
    of = state(round_)
    yield from window(round_, ARTICLE[of.purpose], REMINDED)
    if round_.over:
        return
    if of.reveal_by and not all(each.secret for each in of.commitments):
        yield _chase(round_, _overdue(after_inspecting.REVEALING), of.reveal_by)
    for day in of.rectify:
        yield _chase(round_, _overdue(day), date.fromisoformat(day))


def _chase(round_: Round, lapse: RoundLapse, due: date) -> RoundLine:
    """The next letter to whoever is late."""
    of, last = state(round_), round_.passed.get(lapse.name)
    on = CHECKS[of.rule].next_chase(due, day_of(last) if last else None)
    return RoundLine(at=at_hour(on, 0), lapse=lapse, article=cite(ARTICLE[of.purpose]))


WORDS: Mapping[str, str] = {
    **{each.value: each.label for each in Standing},
    "population": "名单家数", "drawn_in_all": "抽中家数", "assigned_in_all": "已指派家数", "deficient_in_all": "责令整改家数",
    "rectified_in_all": "整改合格家数", "not_rectified_in_all": "逾期未整改家数", "ended_in_all": "随联盟终止家数", "taking_part": "参加抽签家数", "inspected": "已检查家数", "planned_on": "计划检查日期", "inspected_on": "检查日期",
    "rectify_by": "整改期限", "place": "层内次序", "again": "重新指派",
    after_inspecting.REVEALING: "揭示随机数",
    after_inspecting.LISTED: "抽签总体名单", after_inspecting.DRAWN: "抽签结果", after_inspecting.VOIDED: "抽签作废",
}  # fmt: skip
"""What standings, counts and figures are called."""

_COMMON = common("A-33")

RULES = Rules(
    kind=RoundKind.INSPECTION,
    leaders_read=frozenset(
        {
            InspectionActKind.RECORD_FINDINGS,
            InspectionActKind.ENTER_RECTIFICATION,
            InspectionActKind.RULE_ON_RECTIFICATION,
        }
    ),
    rows={
        **_COMMON,
        RoundActKind.OPEN_ROUND: replace(_COMMON[RoundActKind.OPEN_ROUND], then=opened),
        RoundActKind.CANCEL_ROUND: replace(_COMMON[RoundActKind.CANCEL_ROUND], ready=may_cancel),
        RoundActKind.CLOSE_ROUND: Row("A-33", PROVINCE, may=may_close, then=closed_as_any),
        InspectionActKind.LIST_POPULATION: Row("A-33", PROVINCE, ready=may_list, then=listed),
        InspectionActKind.COMMIT_SEED: Row("A-33", BOTH, ready=ready_to_commit, may=may_commit, then=committed),
        InspectionActKind.REVEAL_SEED: Row("A-33", BOTH, ready=ready_to_reveal, may=may_reveal, then=revealed),
        InspectionActKind.ENTER_PUBLIC_VALUE: Row(
            "A-33", BOTH, together="two_people", ready=may_enter_public_value, then=public_value_entered
        ),
        InspectionActKind.DRAW_LOT: Row("A-33", BOTH, ready=may_draw, then=drawn),
        InspectionActKind.VOID_LOT: Row(
            "A-33", BOTH, together="two_people", ready=ready_to_void, may=may_void, then=voided
        ),
        InspectionActKind.REPLACE_DRAWN: Row("A-33", BOTH, together="two_people", ready=may_inspect, then=replaced),
        InspectionActKind.ASSIGN_INSPECTORS: Row("A-33", BOTH, ready=may_inspect, then=assigned),
        InspectionActKind.RECORD_FINDINGS: Row("A-33", BOTH, together="two_people", ready=may_record, then=recorded),
        InspectionActKind.REPORT_RECTIFICATION: Row("A-33", frozenset({Role.LEADER}), ready=may_inspect),
        InspectionActKind.ENTER_RECTIFICATION: Row("A-33", ON_PAPER, together="two_people", ready=may_inspect),
        InspectionActKind.RULE_ON_RECTIFICATION: Row("A-33", BOTH, ready=may_inspect, then=ruled),
    },
    papers=inspecting.PAPERS,
    words=WORDS,
    draws={
        InspectionActKind.LIST_POPULATION: inspecting.listing,
        InspectionActKind.DRAW_LOT: inspecting.drawing,
    },
    asks=inspecting.asks,
    examine=inspecting.examine,
    items=after_inspecting.items,
    lapses=lapses,
    follows=after_inspecting.FOLLOWS,
)
