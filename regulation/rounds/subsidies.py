"""后补助 (kind B, 细则 9–10, G-33): the rules of a round of this kind.

A scheme says how much money there is and how it is given; people note what the proven documents say; the list follows from that and from
the accepted evaluations, and from nothing else. Two people approve it, the public may object, and what is upheld is put right and approved
anew. What stands is paid out.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from models.acts import By
from models.choices import CHOICES
from models.findings import Lack
from models.forms import ObjectionLetter, ObjectionPaper
from models.rounds.base import (
    CloseRound,
    Item,
    OpenRound,
    RoundAct,
    RoundActKind,
    RoundKind,
    RoundLapse,
    RoundLapseKind,
    RoundStage,
)
from models.rounds.merit import BaseProof, Scheme, SubsidyList
from models.rounds.round import Round, RoundEntry
from models.rounds.subsidies import (
    AdmitListObjection,
    AdoptScheme,
    ApproveList,
    BringProof,
    NoteBase,
    ObjectToList,
    RecordExclusion,
    RecordPayment,
    RuleOnListObjection,
    SubsidyActKind,
    SubsidyState,
    WithdrawList,
)
from models.values import day_of, on_day
from models.vocabulary import Kind, Role
from regulation.moment import Moment
from regulation.rounds import common_acts, drawing_up, notices, paying
from regulation.rounds.after_subsidies import CANCELLED, FINAL, FOLLOWS, NOTICE, UNPAID_LIST, WITHDRAWN
from regulation.rounds.agenda import window
from regulation.rounds.common_acts import Lacks, all_at_once, common, edition_of, lacks_of_window
from regulation.rounds.drawing_up import ARTICLE, the_list
from regulation.rounds.known import Known, Needs
from regulation.rounds.list_letters import (
    confirm_letter,
    enter_letter,
    lacks_confirmation,
    may_confirm_letter,
    ready_to_confirm,
    ready_to_enter,
)
from regulation.rounds.rules import PROVINCE, Examined, Row, Rules
from regulation.rounds.subsidising import BEYOND, LEFT_OUT, LISTED, UNPAID, state_of

REMINDED = (7, 1)
"""How many days before the last one it is reminded of."""

BROUGHT, PROVEN, EXCLUDED = "brought", "proven", "excluded"
STATES = {
    BROUGHT: "已交材料待核对", PROVEN: "研发投入已核对", EXCLUDED: "登记不予支持",
    LISTED: "拟支持", BEYOND: "资金所限未安排", LEFT_OUT: "不予支持", UNPAID: "未予下达",
}  # fmt: skip
"""What becomes of an alliance in the round."""

NOTERS = frozenset({Role.CITY_ST, Role.ZONE, Role.PROVINCE_ST})
"""Who looks at a document and notes what it says."""

# Opening, scheme, bases


def may_begin(round_: Round, act: OpenRound, when: Moment) -> Lack | None:
    """细则 9 knows alliances of kind B, and money of the province."""
    return all_at_once(_lacks(round_, act, when))


def _lacks(round_: Round, act: OpenRound, when: Moment) -> Lacks:
    if round_.area.kind is not Kind.B:
        yield "/alliances", "后补助只对技术能力提升类联盟（《实施细则》第九条），联盟类别须选该类"
    if round_.area.jurisdiction or round_.area.zone:
        yield "/zone", "省专项资金后补助由全省统一安排，轮次须为全省"
    yield from lacks_of_window(round_, act, when)


def begun(round_: Round, act: OpenRound, when: Moment) -> Round:
    """It counts by one edition to its end."""
    return round_.but(of=SubsidyState(edition=edition_of(act)))


def before_the_list(round_: Round, by: By, when: Moment) -> Lack | None:
    """What the list rests on is put on record before it is final, and not while it is on notice."""
    if state_of(round_).final_at is not None:
        return Lack(missing="名单已经确定；须更正的，先由两人撤回名单")
    return None


def adopt(round_: Round, act: AdoptScheme, when: Moment) -> Round:
    """印发年度方案: a first half of an approval rests on the scheme before, and falls."""
    facts = act.facts or {}
    state = state_of(round_).but(
        scheme=act.paper,
        scheme_no=act.document_no,
        performance=tuple(str(each) for each in _listed(facts["performance"])),
        budget=Decimal(str(facts["budget"])),
    )
    return round_.but(of=state, agreed={})


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def noted(round_: Round, act: NoteBase | BringProof | RecordExclusion, when: Moment) -> Round:
    """How many bases are noted; what two people may have agreed on before rests on other facts."""
    more = int(str((act.facts or {}).get("new", 0)))
    return round_.but(counts={**round_.counts, "proven": round_.counts.get("proven", 0) + more}, agreed={})


# The list


def ready_to_approve(round_: Round, by: By, when: Moment) -> Lack | None:
    """There is a scheme, and no list that stands already."""
    if lack := before_the_list(round_, by, when):
        return lack
    return None if state_of(round_).scheme else Lack(missing="尚未印发年度方案")


def approve(round_: Round, act: ApproveList, when: Moment) -> Round:
    """审定名单并公示: with the second person's word it is on notice (G-01)."""
    facts = act.facts or {}
    state = state_of(round_)
    state = state.but(
        drawn=act.paper, drawn_no=act.document_no, lists=state.lists + 1, total=Decimal(str(facts["total"]))
    )
    counts = {name: int(str(facts[name])) for name in ("listed", "beyond", "left_out")}
    return notices.publish(round_.but(of=state, counts={**round_.counts, **counts}), act.paper, when.day)


def object_(round_: Round, act: ObjectToList, when: Moment) -> Round:
    """对名单提出异议: an open one keeps the list from being final."""
    return notices.receive(round_, act, when)


def admit(round_: Round, act: AdmitListObjection, when: Moment) -> Round:
    """认定名单异议是否受理."""
    return notices.rule(round_, act, "admissibility", act.admissible, when)


def may_rule(round_: Round, act: RuleOnListObjection, when: Moment) -> Lack | None:
    """What was paid out is not put right by another list."""
    if act.outcome == "upheld" and state_of(round_).paid_on is not None:
        return Lack(missing="资金已经下达，不能再更正名单；应当追回的另行处理")
    if act.outcome == "upheld" and (lack := lacks_confirmation(round_)):
        return lack
    return notices.may_rule(round_, act, when)


def rule(round_: Round, act: RuleOnListObjection, when: Moment) -> Round:
    """处理名单异议: upheld, the list is taken from notice, put right and approved anew (Q7)."""
    after = notices.rule(round_, act, "outcome", act.outcome, when)
    if act.outcome == "dismissed":
        return after
    return taken_back(after)


def taken_back(round_: Round) -> Round:
    """The round without its list: off notice, and no longer final."""
    return notices.withdraw(round_).but(of=state_of(round_).but(drawn=None, total=None, final_at=None))


def ready_to_withdraw(round_: Round, by: By, when: Moment) -> Lack | None:
    """While the list is on notice, and after it became final until it is paid."""
    state = state_of(round_)
    if state.paid_on is not None:
        return Lack(missing=f"资金已于{on_day(state.paid_on)}下达，名单不能撤回；应当追回的另行处理")
    return lacks_confirmation(round_) if state.drawn else Lack(missing="没有公示中或者已经确定的名单")


def withdraw(round_: Round, act: WithdrawList, when: Moment) -> Round:
    """撤回名单: what it rests on may be put right, and it is approved and on notice anew; open objections stay open."""
    return taken_back(round_)


def may_confirm_clear(round_: Round, act: Any, when: Moment) -> Lack | None:
    """Nobody attests that no letter came while one waits to be compared."""
    return notices.may_confirm(round_, act, when) or lacks_confirmation(round_)


def clear(round_: Round, act: Any, when: Moment) -> Round:
    """公示无异议: the list is final."""
    cleared = notices.cleared(round_, when)
    return cleared.but(of=state_of(cleared).but(final_at=when.at))


def lapsed(round_: Round, lapse: RoundLapse, when: Moment) -> Round:
    """What time brings to a list on notice."""
    match lapse.kind:
        case RoundLapseKind.NOTICE_ENDED:
            return notices.ended(round_)
        case RoundLapseKind.NOTICE_CLEARED:
            return clear(round_, lapse, when)
        case _:
            return round_


# Payment


def ready_to_pay(round_: Round, by: By, when: Moment) -> Lack | None:
    """Only a list that stands is paid out, once."""
    state = state_of(round_)
    if state.final_at is None:
        return Lack(missing="名单尚未确定")
    if round_.notice and round_.notice.open_objections:
        return Lack(missing=f"尚有 {round_.notice.open_objections} 件异议未处理")
    if lack := lacks_confirmation(round_):
        return lack
    if state.paid_on is not None:
        return Lack(missing=f"资金已于{on_day(state.paid_on)}下达")
    return None


def may_pay(round_: Round, act: RecordPayment, when: Moment) -> Lack | None:
    """On a day from that on which the list became final."""
    final_at = state_of(round_).final_at
    if final_at is None or not day_of(final_at) <= act.paid_on <= when.day:
        return Lack(missing="下达日期须在名单确定之后，且不晚于今日")
    return None


def pay(round_: Round, act: RecordPayment, when: Moment) -> Round:
    """登记资金下达."""
    told = (act.facts or {}).get("unpaid")
    unpaid = {name: str(code) for name, code in told.items()} if isinstance(told, Mapping) else {}
    state = state_of(round_).but(paid_on=act.paid_on, paid_no=act.document_no, unpaid=unpaid)
    return round_.but(of=state, counts={**round_.counts, "unpaid": len(unpaid)} if unpaid else round_.counts)


def may_close(round_: Round, act: CloseRound, when: Moment) -> Lack | None:
    """A round that has paid is over; one that has not is cancelled."""
    paid = state_of(round_).paid_on is not None
    return None if paid else Lack(missing="资金尚未下达；不再安排的，请取消本轮次")


def ready_to_cancel(round_: Round, by: By, when: Moment) -> Lack | None:
    """What was paid out is not as if it had never been."""
    paid_on = state_of(round_).paid_on
    return Lack(missing=f"资金已于{on_day(paid_on)}下达，轮次不能取消；应当追回的另行处理") if paid_on else None


def never_listed(round_: Round) -> bool:
    """Nobody was told of a list yet."""
    return state_of(round_).lists == 0


# What its acts rest on


def asks(round_: Round | None, act: RoundAct) -> Needs:
    """What an act asks of the register: a list, and its payment, all that it rests on."""
    return paying.needs(round_) if round_ and isinstance(act, RecordPayment) else drawing_up.asks(round_, act)


def examine(round_: Round | None, act: RoundAct, content: Mapping[str, Any] | None, known: Known) -> Examined:
    """An act with what its paper and the register tell, or everything that is wrong with it."""
    if round_ and isinstance(act, RecordPayment):
        return paying.examine(round_, act, known)
    return drawing_up.examine(round_, act, content, known)


# What an entry makes of alliances


def items(round_: Round, entry: RoundEntry, content: Mapping[str, Any] | None) -> Iterable[Item]:
    """What became of each alliance that an entry is about. What a list rests on stays in its figures."""
    act = entry.event
    match act:
        case BringProof() | NoteBase() | RecordExclusion():
            facts: dict[str, Any] = act.facts or {}
            figures = facts["figures"]
            proven = "base" in figures and not isinstance(act, BringProof)
            state = EXCLUDED if figures.get("recorded") else PROVEN if proven else BROUGHT
            yield Item(filing_id=act.filing, state=state, figures=figures)
        case ApproveList():
            for line in SubsidyList.model_validate(content).lines:
                state = LISTED if line.amount is not None else BEYOND if line.rank is not None else LEFT_OUT
                told = line.model_dump(
                    mode="json", exclude={"filing", "alliance", "leader_name", "jurisdiction", "why"}
                )
                yield Item(filing_id=line.filing, state=state, figures=told)
        case RecordPayment():
            for filing_id, code in state_of(round_).unpaid.items():
                yield Item(filing_id=filing_id, state=UNPAID, figures={"left_out": code})
        case _:
            return


A = SubsidyActKind
ON_NOTICE = frozenset({RoundStage.ON_NOTICE})
OF_LISTS = frozenset({Role.PROVINCE_ST, Role.PROVINCE_IIT, Role.AUDITOR, Role.PLATFORM})
"""Who reads a whole list with scores and bases; a leader reads its own lines, the public what is published. Who objected is known to
whoever rules on it alone (G-04)."""
EITHER = frozenset({RoundStage.OPEN, RoundStage.ON_NOTICE})

RULES = Rules(
    kind=RoundKind.SUBSIDY,
    rows={
        **common(ARTICLE, PROVINCE),
        RoundActKind.OPEN_ROUND: Row(ARTICLE, PROVINCE, may=may_begin, then=begun),
        RoundActKind.CLOSE_ROUND: Row(ARTICLE, PROVINCE, may=may_close, then=common_acts.closed),
        RoundActKind.CANCEL_ROUND: Row(
            ARTICLE, PROVINCE, EITHER, together="two_people", alone=never_listed, ready=ready_to_cancel, then=common_acts.cancelled
        ),
        A.ADOPT_SCHEME: Row("B-22", PROVINCE, ready=before_the_list, then=adopt),
        A.BRING_PROOF: Row("B-16", NOTERS | {Role.LEADER}, ready=before_the_list, then=noted),
        A.NOTE_BASE: Row("B-22", NOTERS, ready=before_the_list, then=noted),
        A.RECORD_EXCLUSION: Row(ARTICLE, NOTERS, ready=before_the_list, then=noted),
        A.APPROVE_LIST: Row(ARTICLE, PROVINCE, together="two_people", ready=ready_to_approve, then=approve),
        A.OBJECT_TO_LIST: Row("G-04", frozenset({Role.PUBLIC}), EITHER, may=notices.may_object, then=object_),
        A.ENTER_LIST_LETTER: Row("G-03", PROVINCE, EITHER, ready=ready_to_enter, then=enter_letter),
        A.CONFIRM_LIST_LETTER: Row("G-03", PROVINCE, EITHER, ready=ready_to_confirm, may=may_confirm_letter, then=confirm_letter),
        A.ADMIT_LIST_OBJECTION: Row("G-04", PROVINCE, EITHER, ready=notices.ready_to_admit, may=notices.may_admit, then=admit),
        A.RULE_ON_LIST_OBJECTION: Row("G-04", PROVINCE, EITHER, ready=notices.ready_to_rule, may=may_rule, then=rule),
        A.CONFIRM_LIST_CLEAR: Row("G-03", PROVINCE, ON_NOTICE, may=may_confirm_clear, then=clear),
        A.WITHDRAW_LIST: Row(ARTICLE, PROVINCE, EITHER, together="two_people", ready=ready_to_withdraw, then=withdraw),
        A.RECORD_PAYMENT: Row("B-22", PROVINCE, ready=ready_to_pay, may=may_pay, then=pay),
    },
    papers={
        A.ADOPT_SCHEME: Scheme, A.BRING_PROOF: BaseProof, A.APPROVE_LIST: SubsidyList, A.OBJECT_TO_LIST: ObjectionPaper, A.ENTER_LIST_LETTER: ObjectionLetter,
    },
    draws={A.APPROVE_LIST: the_list},
    asks=asks,
    examine=examine,
    items=items,
    follows=FOLLOWS,
    words={
        **STATES, **CHOICES["order"], "list": "名单", "objection": "处理名单异议", NOTICE: "后补助拟支持名单公示", FINAL: "后补助支持名单", WITHDRAWN: "后补助名单更正", CANCELLED: "后补助轮次取消", UNPAID_LIST: "后补助未予下达名单", "proven": "研发投入已核对", "rank": "名次", "amount": "金额（万元）", "band": "档", "grade": "等级",
        "left_out": "不予支持", "leader": "盟主代码", "archive_number": "备案编号",
    },
    readers={
        A.APPROVE_LIST: OF_LISTS, A.OBJECT_TO_LIST: frozenset({Role.PROVINCE_ST}),
        A.ENTER_LIST_LETTER: frozenset({Role.PROVINCE_ST}), A.CONFIRM_LIST_LETTER: frozenset({Role.PROVINCE_ST}),
        A.ADMIT_LIST_OBJECTION: OF_LISTS, A.RULE_ON_LIST_OBJECTION: OF_LISTS,
    },
    hidden=frozenset({"score"}),
    lapses=lambda round_: (*window(round_, ARTICLE, REMINDED), *notices.lines(round_, "G-01", held=lacks_confirmation(round_) is not None)),
    lapsed=lapsed,
)  # fmt: skip
