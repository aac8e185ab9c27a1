"""后补助 (kind B, 细则 9–10): what a round of this kind holds, its own acts and their papers."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from models.acts import Arrived, ShortText, Together
from models.rounds.base import CommonAct, OnAlliance, RoundAct, RoundId, RoundKind, WithPaper
from models.rounds.merit import Proof
from models.values import Amount, Day, Digest, FilingId, Instant, Named, OpaqueId, Value


class SubsidyActKind(Named):
    """What is done in a round of this kind alone, in its order."""

    ADOPT_SCHEME = "adopt_scheme", "印发年度方案"
    BRING_PROOF = "bring_proof", "提交研发投入证明材料"
    NOTE_BASE = "note_base", "登记核对的研发投入"
    RECORD_EXCLUSION = "record_exclusion", "登记不予支持的情形"
    APPROVE_LIST = "approve_list", "审定名单并公示"
    OBJECT_TO_LIST = "object_to_list", "对名单提出异议"
    ENTER_LIST_LETTER = "enter_list_letter", "登记对名单的书面异议"
    CONFIRM_LIST_LETTER = "confirm_list_letter", "核对对名单的书面异议"
    ADMIT_LIST_OBJECTION = "admit_list_objection", "认定名单异议是否受理"
    RULE_ON_LIST_OBJECTION = "rule_on_list_objection", "处理名单异议"
    CONFIRM_LIST_CLEAR = "confirm_list_clear", "确认名单公示无异议"
    WITHDRAW_LIST = "withdraw_list", "撤回名单"
    RECORD_PAYMENT = "record_payment", "登记资金下达"


class ListLetter(Value):
    """书面异议待核对: what one officer entered for an objector, until another has compared it with what came. `id` is its act."""

    id: OpaqueId
    person: OpaqueId
    came: Arrived
    anonymous: bool = False


class SubsidyState(Value):
    """What only a round of this kind holds. `drawn` is the list that was last approved, `editions_of_list` how often one was.

    `final_at`: since when the list stands, its notice being over without an open objection. `unpaid`: who of it was not paid all the
    same, and by which row of the edition.
    """

    kind: Literal[RoundKind.SUBSIDY] = RoundKind.SUBSIDY
    edition: str | None = None
    scheme: Digest | None = None
    scheme_no: str | None = None
    performance: tuple[RoundId, ...] = ()
    budget: Amount | None = None
    drawn: Digest | None = None
    drawn_no: str | None = None
    lists: int = 0
    total: Decimal | None = None
    final_at: Instant | None = None
    letters: tuple[ListLetter, ...] = ()
    paid_on: Day | None = None
    paid_no: str | None = None
    unpaid: dict[FilingId, str] = {}


class AdoptScheme(WithPaper, RoundAct):
    """印发年度方案: the budget, the table of intervals, who comes first (细则 9–10); until a list is approved it may be replaced."""

    kind: Literal[SubsidyActKind.ADOPT_SCHEME] = SubsidyActKind.ADOPT_SCHEME
    document_no: ShortText = Field(title="文号")
    facts: dict[str, JsonValue] | None = Field(None, title="登记的事项")


class BringProof(OnAlliance, WithPaper, RoundAct):
    """提交研发投入证明材料: a newer D5a or D5b than the application has."""

    kind: Literal[SubsidyActKind.BRING_PROOF] = SubsidyActKind.BRING_PROOF
    facts: dict[str, JsonValue] | None = Field(None, title="登记的事项")


class NoteBase(OnAlliance, RoundAct):
    """登记核对的研发投入: what a person read off the proven document of the prior year; never off the form (细则 10)."""

    kind: Literal[SubsidyActKind.NOTE_BASE] = SubsidyActKind.NOTE_BASE
    amount: Annotated[Amount, Field(title="经核对的上一年度研发投入总额（万元）", ge=0)]
    proof: Proof = Field(title="核对所依据的证明材料")
    document: Digest = Field(title="该材料的 SHA-256 摘要")
    facts: dict[str, JsonValue] | None = Field(None, title="登记的事项")


class RecordExclusion(OnAlliance, RoundAct):
    """登记不予支持的情形: one that no data shows, by its code in the edition, with the document it rests on; or that it is over."""

    kind: Literal[SubsidyActKind.RECORD_EXCLUSION] = SubsidyActKind.RECORD_EXCLUSION
    code: Annotated[str, Field(title="情形", pattern=r"^[a-z_]{2,30}$")]
    lifted: Annotated[bool, Field(title="该情形已消除")] = False
    document_no: ShortText = Field(title="所依据文件的文号")
    reason: ShortText = Field(title="理由（不得含个人信息）")
    facts: dict[str, JsonValue] | None = Field(None, title="登记的事项")


class ApproveList(WithPaper, RoundAct):
    """审定名单: two people say the same of the list as it is drawn up from what is on record; it is then on public notice."""

    kind: Literal[SubsidyActKind.APPROVE_LIST] = SubsidyActKind.APPROVE_LIST
    document_no: ShortText = Field(title="文号")
    facts: dict[str, JsonValue] | None = Field(None, title="登记的事项")


class ObjectToList(WithPaper, RoundAct):
    """对名单提出异议 (G-04): the paper holds who objects and why; the act only what admissibility turns on."""

    kind: Literal[SubsidyActKind.OBJECT_TO_LIST] = SubsidyActKind.OBJECT_TO_LIST
    anonymous: Annotated[bool, Field(title="是否匿名")] = False
    postmarked_on: Day | None = Field(None, title="寄出邮戳日期")
    facts: dict[str, JsonValue] | None = Field(None, title="登记的事项")


class EnterListLetter(WithPaper, RoundAct):
    """登记对名单的书面异议 (G-03, G-04): what came by post or over the counter; it counts once a colleague has compared it."""

    kind: Literal[SubsidyActKind.ENTER_LIST_LETTER] = SubsidyActKind.ENTER_LIST_LETTER
    came: Arrived = Field(title="来文")
    anonymous: Annotated[bool, Field(title="是否匿名")] = False
    facts: dict[str, JsonValue] | None = Field(None, title="登记的事项")


class ConfirmListLetter(RoundAct):
    """核对对名单的书面异议: another person compared it with what came; what is not the same falls away and is entered anew."""

    kind: Literal[SubsidyActKind.CONFIRM_LIST_LETTER] = SubsidyActKind.CONFIRM_LIST_LETTER
    letter: OpaqueId = Field(title="所核对来文的行为编号")
    same: bool = Field(title="登记与来文原件一致（不一致的，本次登记作废）")


class AdmitListObjection(RoundAct):
    """认定名单异议是否受理 (G-04)."""

    kind: Literal[SubsidyActKind.ADMIT_LIST_OBJECTION] = SubsidyActKind.ADMIT_LIST_OBJECTION
    objection: OpaqueId = Field(title="所针对的异议")
    counted: Together = Field(None, title="合并处理的件数")
    admissible: bool = Field(title="是否受理")
    reason: ShortText = Field(title="理由（不得含个人信息）")


class RuleOnListObjection(RoundAct):
    """处理名单异议: dismissed; or upheld, and then what was wrong is put right and the list approved anew (G-04)."""

    kind: Literal[SubsidyActKind.RULE_ON_LIST_OBJECTION] = SubsidyActKind.RULE_ON_LIST_OBJECTION
    objection: OpaqueId = Field(title="所针对的异议")
    counted: Together = Field(None, title="合并处理的件数")
    outcome: Literal["dismissed", "upheld"] = Field(title="结果")
    reason: ShortText = Field(title="理由（不得含个人信息）")


class ConfirmListClear(RoundAct):
    """确认名单公示无异议: an official attests that no letter came; ends the postal grace (G-03)."""

    kind: Literal[SubsidyActKind.CONFIRM_LIST_CLEAR] = SubsidyActKind.CONFIRM_LIST_CLEAR


class WithdrawList(RoundAct):
    """撤回名单: the office itself finds a list wrong that is on notice or final; put right, it is approved and on notice anew."""

    kind: Literal[SubsidyActKind.WITHDRAW_LIST] = SubsidyActKind.WITHDRAW_LIST
    reason: ShortText = Field(title="理由（不得含个人信息）")


class RecordPayment(RoundAct):
    """登记资金下达: by which document the money of the final list went out, and when; not to whoever fell from it since."""

    kind: Literal[SubsidyActKind.RECORD_PAYMENT] = SubsidyActKind.RECORD_PAYMENT
    document_no: ShortText = Field(title="资金下达文号")
    paid_on: Day = Field(title="下达日期")
    facts: dict[str, JsonValue] | None = Field(None, title="登记的事项")


SubsidyAct = (
    CommonAct
    | AdoptScheme
    | BringProof
    | NoteBase
    | RecordExclusion
    | ApproveList
    | ObjectToList
    | EnterListLetter
    | ConfirmListLetter
    | AdmitListObjection
    | RuleOnListObjection
    | ConfirmListClear
    | WithdrawList
    | RecordPayment
)
"""The acts of a round of this kind."""
