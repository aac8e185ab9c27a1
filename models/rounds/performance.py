"""年度绩效评价 (kind B, 细则 8): what a round of this kind holds, its own acts and their papers."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, JsonValue

from models.acts import ShortText
from models.rounds.base import CommonAct, OnAlliance, RoundAct, RoundKind, WithPaper
from models.values import Day, Digest, Named, Value, code_as_registered

MOST_COMMISSIONS = 10
"""So many third parties may be commissioned in one round."""


class PerformanceActKind(Named):
    """What is done in a round of this kind alone, in its order."""

    COMMISSION = "commission", "委托第三方评价"
    END_COMMISSION = "end_commission", "解除委托"
    DECLARE_INTEREST = "declare_interest", "申报利害关系并回避"
    APPRAISE = "appraise", "提交评价"
    RETURN_APPRAISAL = "return_appraisal", "退回评价"
    ACCEPT_RESULTS = "accept_results", "验收评价结果"


class Commissioned(Value):
    """A commission as the round holds it: its people and alliances are in its paper. `number` is its entry."""

    number: int
    organisation: str
    code: str
    contract_no: str
    begins: Day
    ends: Day
    paper: Digest
    alliances: int
    ended: bool = False


class PerformanceState(Value):
    """What only a round of this kind holds. `edition` names the weights and thresholds by which it counts."""

    kind: Literal[RoundKind.PERFORMANCE] = RoundKind.PERFORMANCE
    edition: str | None = None
    commissions: tuple[Commissioned, ...] = ()
    results: Digest | None = None
    accepted_by: str | None = None


class CommissionThirdParty(WithPaper, RoundAct):
    """委托: an organisation, its contract and term, and in the paper its people and alliances (细则 8)."""

    kind: Literal[PerformanceActKind.COMMISSION] = PerformanceActKind.COMMISSION
    organisation: Annotated[str, Field(title="第三方评价机构名称", min_length=2, max_length=100)]
    code: Annotated[
        str, Field(title="统一社会信用代码", pattern=r"^[0-9A-Z]{18}$"), BeforeValidator(code_as_registered)
    ]
    contract_no: Annotated[str, Field(title="委托合同编号", min_length=1, max_length=100)]
    begins: Day = Field(title="委托起日")
    ends: Day = Field(title="委托止日（含当日）")
    facts: dict[str, JsonValue] | None = Field(None, title="登记的事项")


class EndCommission(RoundAct):
    """解除委托: nobody of that organisation evaluates any more; what it brought stays until another brings it anew."""

    kind: Literal[PerformanceActKind.END_COMMISSION] = PerformanceActKind.END_COMMISSION
    commission: Annotated[int, Field(title="所解除委托的登记号", ge=1)]
    reason: ShortText = Field(title="理由（不得含个人信息）")


class DeclareInterest(OnAlliance, RoundAct):
    """回避: an evaluator has to do with an alliance, or the whole organisation has; who has, does not evaluate it."""

    kind: Literal[PerformanceActKind.DECLARE_INTEREST] = PerformanceActKind.DECLARE_INTEREST
    whole: Annotated[bool, Field(title="整个机构回避")] = False
    reason: ShortText = Field(title="理由（不得含个人信息）")
    facts: dict[str, JsonValue] | None = Field(None, title="登记的事项")


class Appraise(WithPaper, RoundAct):
    """提交评价: four scores for one alliance or many, in the paper. Until acceptance it may be brought anew."""

    kind: Literal[PerformanceActKind.APPRAISE] = PerformanceActKind.APPRAISE
    facts: dict[str, JsonValue] | None = Field(None, title="登记的事项")


class ReturnAppraisal(OnAlliance, RoundAct):
    """退回评价: one alliance is to be evaluated anew before acceptance."""

    kind: Literal[PerformanceActKind.RETURN_APPRAISAL] = PerformanceActKind.RETURN_APPRAISAL
    reason: ShortText = Field(title="理由（不得含个人信息）")
    facts: dict[str, JsonValue] | None = Field(None, title="登记的事项")


class AcceptResults(WithPaper, RoundAct):
    """验收: all results together, as they follow from the scores; they then stand on each filing and are public (细则 8)."""

    kind: Literal[PerformanceActKind.ACCEPT_RESULTS] = PerformanceActKind.ACCEPT_RESULTS
    document_no: ShortText = Field(title="文号")
    unfinished: Annotated[bool, Field(title="尚有受托联盟未评价，其余先行验收")] = False
    facts: dict[str, JsonValue] | None = Field(None, title="登记的事项")


PerformanceAct = (
    CommonAct | CommissionThirdParty | EndCommission | DeclareInterest | Appraise | ReturnAppraisal | AcceptResults
)
"""The acts of a round of this kind."""
