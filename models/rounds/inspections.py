"""随机抽查、随机调研考察: what a round of this kind holds, its own acts and their papers (A-33, B-18)."""

from typing import Annotated, Literal

from pydantic import Field

from models.acts import By, ShortText
from models.forms import Document, Name, Text, YesNo
from models.rounds.base import CommonAct, OnAlliance, RoundAct, RoundKind, WithPaper
from models.rounds.lots import Drawable, PublicNumber, PublicValue, Secret
from models.values import Day, Digest, Named, OneFor, OpaqueId, Value
from models.vocabulary import Ground


class Purpose(Named):
    """What alliances are drawn for: of those on file a check by both departments, of those applied for (kind B) a visit."""

    CHECK = "check", "随机抽查"
    SURVEY = "survey", "随机调研考察"


class Standing(Named):
    """What a round has made of an alliance."""

    LEFT_OUT = "left_out", "不参加抽签"
    LISTED = "listed", "列入总体名单"
    DRAWN = "drawn", "已抽中，待指派"
    REPLACED = "replaced", "已由他家递补"
    ASSIGNED = "assigned", "已指派，待检查"
    IN_ORDER = "in_order", "未发现问题"
    DEFICIENT = "deficient", "限期整改"
    REPORTED = "reported", "已报整改，待核查"
    RECTIFIED = "rectified", "整改合格"
    NOT_RECTIFIED = "not_rectified", "逾期未整改"
    ENDED = "ended", "联盟已终止，整改终结"
    VISITED = "visited", "已调研考察"


class InspectionActKind(Named):
    """What only rounds of inspection know, in the order of a round."""

    LIST_POPULATION = "list_population", "公布总体名单"
    COMMIT_SEED = "commit_seed", "提交承诺值"
    REVEAL_SEED = "reveal_seed", "揭示随机数"
    ENTER_PUBLIC_VALUE = "enter_public_value", "登记公开随机数"
    DRAW_LOT = "draw_lot", "抽签"
    VOID_LOT = "void_lot", "抽签作废"
    REPLACE_DRAWN = "replace_drawn", "递补"
    ASSIGN_INSPECTORS = "assign_inspectors", "指派检查人员"
    RECORD_FINDINGS = "record_findings", "登记检查记录"
    REPORT_RECTIFICATION = "report_rectification", "报告整改情况"
    ENTER_RECTIFICATION = "enter_rectification", "代录整改报告"
    RULE_ON_RECTIFICATION = "rule_on_rectification", "核查整改情况"


class Commitment(Value):
    """Who committed to which hash, and the secret behind it once it is revealed."""

    by: By
    commitment: Digest
    secret: Secret | None = None


class InspectionState(Value):
    """What only a round of this kind holds. Digests are those of the published files; `rectify` is how many alliances
    have to put something right until which day; `voided` is why a lot was given up after both had committed."""

    kind: Literal[RoundKind.INSPECTION] = RoundKind.INSPECTION
    purpose: Purpose = Purpose.CHECK
    rule: str = ""
    draw: int = 0
    at_least_one: bool = False
    public_value: PublicValue | None = None
    population: Digest | None = None
    commitments: tuple[Commitment, ...] = ()
    reveal_by: Day | None = None
    voided: ShortText | None = None
    seed: Digest | None = None
    lot: Digest | None = None
    population_paper: Digest | None = None
    lot_paper: Digest | None = None
    rectify: dict[str, int] = {}


# Papers


class InspectionPlan(Value):
    """抽查方案: what is drawn for, how many, and what else the seed is made of. Laid down with the opening."""

    purpose: Purpose = Field(title="事项")
    draw: Drawable = Field(title="抽取家数")
    at_least_one: YesNo = Field(title="每类每市至少一家")
    public_value: PublicValue | None = Field(None, title="公开随机数（不用的不填）")


class Inspector(Value):
    """One of those who inspect: an officer of ours, and what they declare (回避)."""

    person: OpaqueId = Field(
        title="人员编号",
        json_schema_extra={"help": "该人员登录本系统的编号：检查记录由其本人登记；本机构人员可以按姓名选用。"},
    )
    name: Name = Field(title="姓名")
    employer: Name = Field(title="工作单位")
    no_conflict: YesNo = Field(title="声明与被检查联盟各成员没有利害关系")


class Assignment(Value):
    """检查任务: on which day, by whom; at least two people."""

    planned_on: Day = Field(title="计划检查日期")
    inspectors: Annotated[tuple[Inspector, ...], OneFor(("person",))] = Field(
        title="检查人员（不少于两人）", min_length=2, max_length=10
    )


class CheckLine(Value):
    """What was found on one item of the record (检查事项)."""

    item: Name = Field(title="检查事项（依抽查规则逐字）")
    met: YesNo = Field(title="是否符合")
    note: ShortText | None = Field(None, title="检查情况")


class CheckRecord(Value):
    """检查记录: what two people found at the place, with what they took along."""

    inspected_on: Day = Field(title="检查日期")
    place: Name = Field(title="检查地点")
    present: Annotated[tuple[Name, ...], Field(title="被检查方在场人员", min_length=1, max_length=20)]
    lines: Annotated[tuple[CheckLine, ...], OneFor(("item",))] = Field(title="检查事项", max_length=50)
    conclusion: Text = Field(title="检查意见")
    rectify_by: Day | None = Field(None, title="整改期限（有不符合事项的填写）")
    documents: Annotated[tuple[Document, ...], Field(title="检查材料（记录表签字扫描件、照片等）", max_length=100)] = ()


class RectificationReport(Value):
    """整改报告: what a leader put right, and what shows it."""

    measures: Text = Field(title="整改措施和结果")
    finished_on: Day = Field(title="完成日期")
    documents: Annotated[tuple[Document, ...], Field(title="佐证材料", max_length=100)] = ()


class ReportOnPaper(RectificationReport):
    """纸质整改报告: what a leader that does not use this system handed in, with the document itself."""

    received_on: Day = Field(title="收到纸质报告之日")
    documents: Annotated[tuple[Document, ...], Field(title="纸质报告扫描件和佐证材料", min_length=1, max_length=100)]


# What only the paper or the register can tell


class Listed(Value):
    """What of the list the round holds: the hash of the published file, and how many it names."""

    population: Digest
    listed: int
    taking_part: int


class LotDrawn(Value):
    """What of the lot the round holds: its seed, the hash of the published file, and how many it drew."""

    seed: Digest
    lot: Digest
    drawn: int


class StandsIn(Value):
    """Who stands in; None where the stratum has nobody left. `assigned`: inspectors were named for who drops out."""

    filing: str | None = None
    assigned: bool = False


class Assigned(Value):
    """Who inspects when; `again` if there was an assignment before."""

    planned_on: Day
    inspectors: tuple[OpaqueId, ...]
    again: bool = False


class Found(Value):
    """What the record says: in order, or deficient, with the items that were not met, until when, and which grounds they may be."""

    inspected_on: Day
    not_met: tuple[str, ...] = ()
    rectify_by: Day | None = None
    grounds: tuple[Ground, ...] = ()


# Acts


class ListPopulation(WithPaper, RoundAct):
    """公布总体名单: drawn up by the service from the register as it stands; nobody is added or left out by hand."""

    kind: Literal[InspectionActKind.LIST_POPULATION] = InspectionActKind.LIST_POPULATION
    facts: Listed | None = Field(None, title="总体名单的事项")


class CommitSeed(RoundAct):
    """提交承诺值: the hash of a secret that whoever commits keeps; for a check one person of each department (会同)."""

    kind: Literal[InspectionActKind.COMMIT_SEED] = InspectionActKind.COMMIT_SEED
    commitment: Digest = Field(
        title="承诺值（SHA-256）",
        json_schema_extra={"help": "在本轮次页面“生成随机数”一栏生成：随机数自己保存，只提交承诺值。"},
    )


class RevealSeed(RoundAct):
    """揭示随机数: the secret behind one's commitment, once both have committed."""

    kind: Literal[InspectionActKind.REVEAL_SEED] = InspectionActKind.REVEAL_SEED
    secret: Secret = Field(
        title="随机数", json_schema_extra={"help": "填写生成承诺值时自己保存的随机数，逐字相同；揭示后即行公布。"}
    )


class EnterPublicValue(RoundAct):
    """登记公开随机数: two people read the same number at its source."""

    kind: Literal[InspectionActKind.ENTER_PUBLIC_VALUE] = InspectionActKind.ENTER_PUBLIC_VALUE
    value: PublicNumber = Field(title="公布的数值")


class DrawLot(WithPaper, RoundAct):
    """抽签: what follows from the published files, and nothing else; drawn up by the service."""

    kind: Literal[InspectionActKind.DRAW_LOT] = InspectionActKind.DRAW_LOT
    facts: LotDrawn | None = Field(None, title="抽签的事项")


class VoidLot(RoundAct):
    """抽签作废: once both have committed, a lot is given up only by both, for a reason that is published; it stays so."""

    kind: Literal[InspectionActKind.VOID_LOT] = InspectionActKind.VOID_LOT
    reason: ShortText = Field(title="作废理由（向社会公布，不得含个人信息）")


class ReplaceDrawn(OnAlliance, RoundAct):
    """递补: an alliance that cannot be inspected any more gives way to the next in its stratum."""

    kind: Literal[InspectionActKind.REPLACE_DRAWN] = InspectionActKind.REPLACE_DRAWN
    reason: ShortText = Field(title="理由（不得含个人信息）")
    facts: StandsIn | None = Field(None, title="递补的联盟")


class AssignInspectors(WithPaper, OnAlliance, RoundAct):
    """指派检查人员: two people or more, none of whom has a conflict (回避)."""

    kind: Literal[InspectionActKind.ASSIGN_INSPECTORS] = InspectionActKind.ASSIGN_INSPECTORS
    facts: Assigned | None = Field(None, title="检查任务")


class RecordFindings(WithPaper, OnAlliance, RoundAct):
    """登记检查记录: entered by one of the inspectors, confirmed by another."""

    kind: Literal[InspectionActKind.RECORD_FINDINGS] = InspectionActKind.RECORD_FINDINGS
    facts: Found | None = Field(None, title="检查结果")


class ReportRectification(WithPaper, OnAlliance, RoundAct):
    """报告整改情况."""

    kind: Literal[InspectionActKind.REPORT_RECTIFICATION] = InspectionActKind.REPORT_RECTIFICATION
    facts: Found | None = Field(None, title="检查结果")


class EnterRectification(WithPaper, OnAlliance, RoundAct):
    """代录整改报告: what came on paper is entered by one officer and confirmed by another."""

    kind: Literal[InspectionActKind.ENTER_RECTIFICATION] = InspectionActKind.ENTER_RECTIFICATION
    facts: Found | None = Field(None, title="检查结果")


class RuleOnRectification(OnAlliance, RoundAct):
    """核查整改情况: accepted, again until another day, not put right in time, or ended with the alliance."""

    kind: Literal[InspectionActKind.RULE_ON_RECTIFICATION] = InspectionActKind.RULE_ON_RECTIFICATION
    decision: Literal["accepted", "again", "not_rectified", "ended"] = Field(title="核查结论")
    rectify_by: Day | None = Field(None, title="新的整改期限（须继续整改的填写）")
    facts: Found | None = Field(None, title="检查结果")


InspectionAct = (
    CommonAct
    | ListPopulation
    | CommitSeed
    | RevealSeed
    | EnterPublicValue
    | DrawLot
    | VoidLot
    | ReplaceDrawn
    | AssignInspectors
    | RecordFindings
    | ReportRectification
    | EnterRectification
    | RuleOnRectification
)
"""Whatever is done to a round of this kind."""
