"""Acts and lapses: what may happen to a filing, one class an act, told apart by `kind`.

Only acts come from outside. A lapse has no sender, so nobody can claim that a period is over.
"""

from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

from models.values import (
    Day,
    Digest,
    FilingId,
    Instant,
    Jurisdiction,
    OneFor,
    OpaqueId,
    Value,
    code_as_registered,
    required,
)
from models.vocabulary import ActKind, Ground, Kind, LapseKind, Role

ShortText = Annotated[str, Field(min_length=1, max_length=500)]
"""A short official text: a reason, a number of a document. Names of persons and statements belong into papers."""

YEARS = range(2021, 2061)
"""The years that are reported for, and that rounds are of."""

Year = Annotated[int, Field(ge=YEARS[0], le=YEARS[-1])]
"""A reporting year."""

MOST_ENTRIES = 1_000_000_000
"""More entries than a docket will ever have."""

OfficeKey = Annotated[str, Field(pattern=r"^(?:[0-9]{6}|21SF00|(?:[0-9]{6}|21SF00)-[a-z]{2,20}|[0-9A-Z]{18}|public)$")]
"""Division code, zone key `{city code}-{pinyin}`, the leader's 统一社会信用代码, or `public`."""

ArchiveNumber = Annotated[str, Field(pattern=r"^LN-CXY-[AB]-21[0-9SF]{2}00-20[0-9]{2}-[0-9]{4}$")]
"""备案编号 (G-40)."""

LABELS = {
    "person": "人员", "office": "机构", "role": "身份",
    "id": "行为编号（同一编号即同一行为）", "kind": "行为", "by": "何人", "received_at": "收到时间", "basis": "依据条款",
    "document_no": "文号", "reason": "理由（不得含个人信息）", "excused": "所免除的年度（不选即为撤销所依据的全部）", "seen": "所见最后登记号", "paper": "文书摘要（SHA-256）",
    "item": "核对事项编号", "message": "须补正的内容", "met": "是否符合", "note": "备注", "facts": "申请事项",
    "deficiencies": "须补正的事项", "positive": "是否同意", "checklist": "核对清单", "notice_from": "公示起日",
    "anonymous": "是否匿名", "postmarked_on": "寄出邮戳日期", "objection": "所针对的异议",
    "counted": "合并处理的件数",
    "admissible": "是否受理", "outcome": "结果", "surveyed_on": "调研日期", "decision": "决定", "met_on": "会议日期",
    "archive_number": "备案编号", "procedure": "程序", "authority": "复议机关或法院", "accepted_on": "受理日期",
    "challenge": "所针对的复议或诉讼", "ruling": "结果", "decided_on": "作出日期", "successor": "承接的备案（平台申请编号）", "successor_number": "承接的备案的编号", "year": "年度", "obstacle_ended_on": "障碍消除之日", "until": "末日",
    "change": "变更类别", "happened_on": "发生日期", "leader": "新盟主代码", "substance": "变更后主要事项摘要",
    "to": "移交至（属地）", "to_zone": "移交至（高新区）", "inspected_on": "检查日期", "result": "结论",
    "joint_activities": "当年合作活动次数", "tag": "标记", "removed": "是否取消标记", "ground": "撤销情形",
    "listing": "列入的名录", "served_on": "送达日期", "method": "送达方式", "url": "公告网址", "screenshot": "公告截图",
    "on_behalf_of": "代谁登记", "came": "来文", "on": "收到日期", "how": "如何收到", "received_by": "收件人",
    "record": "收件登记摘要（SHA-256）", "seconds": "所核对的来文登记的行为编号",
    "letter": "所针对的来文", "done_by": "办结来文所请之事的登记号", "entry": "消息所属的登记号", "consent": "同意电子送达", "address": "送达地址摘要", "calendar": "工作日历版本", "terms": "期限标准版本",
}  # fmt: skip
"""What the fields of acts are called in Chinese: in findings, and in the JSON Schema of every act."""


def _say_what_is_required(schema: dict[str, Any], model: type[BaseModel]) -> None:
    """The JSON Schema names what an act must bring, also where stored acts without it still load."""
    for name in sorted(required(model) - set(schema.get("required", ()))):
        schema.setdefault("required", []).append(name)
        described = schema["properties"][name]
        (text,) = (each for each in described.pop("anyOf") if each != {"type": "null"})
        described.pop("default", None)
        described.update(text)


LABELLED = ConfigDict(field_title_generator=lambda name, _: LABELS[name], json_schema_extra=_say_what_is_required)


class By(Value):
    """Who acts: an opaque person, their office, and in what role."""

    model_config = LABELLED

    person: OpaqueId
    office: OfficeKey
    role: Role


class Arrived(Value):
    """来文: when and how something reached an office on paper or by mail, and who took it in. The days are plain days and mean the whole day."""

    model_config = LABELLED

    on: Day = Field(description="the day on which the office received it")
    postmarked_on: Day | None = Field(None, description="the day of the postmark, if it was posted")
    how: Literal["post", "in_person", "email", "fax"]
    received_by: OpaqueId = Field(
        description="who took it in, by id, as `GET /api/v1/me` tells one's own; another person than `by` if it is entered on a later day"
    )


class Came(Arrived):
    """来文: how an act reached the office that enters it for somebody, on paper or by mail.

    `received_by` took it in, the act's own `by` enters it. `record` is the paper with the scan (models/forms.py, CamePaper):
    a door takes its fields here and fills in the digest.
    """

    record: Digest = Field(description="SHA-256 of the record of receipt; a door takes `scan` and `brought_by` instead")


class AnyAct(Value):
    """What every act carries, on a filing or in a round. `received_at` is the door's stamp and decides timeliness (docs/decisions.md, Instants)."""

    model_config = LABELLED

    id: OpaqueId = Field(
        title=LABELS["id"], description="the act's own id: the same id is the same act, with the same answer"
    )
    by: By = Field(title=LABELS["by"])
    received_at: Instant | None = Field(
        None, title=LABELS["received_at"], description="when the door received it; absent: when it is handled"
    )
    basis: ShortText | None = Field(None, title=LABELS["basis"], description="依据条款")
    document_no: ShortText | None = Field(None, title=LABELS["document_no"], description="文号")
    reason: ShortText | None = Field(None, title=LABELS["reason"], description="理由（不得含个人信息）")
    seen: int | None = Field(
        None,
        title=LABELS["seen"],
        ge=0,
        le=MOST_ENTRIES,
        description="the last entry of the docket that the door knew of",
    )


class _Act(AnyAct):
    """An act on a filing. What an office enters for somebody says for whom, and how it came."""

    on_behalf_of: Literal[Role.LEADER, Role.PUBLIC] | None = Field(
        None, description="whom an office enters it for: the leader, or the objector named in the paper"
    )
    came: Came | None = Field(None, description="how what is entered for somebody was received; decides when it counts")
    seconds: OpaqueId | None = Field(
        None, description="the act by which a colleague entered the same for somebody: with this one it takes effect"
    )

    @property
    def awaits_second(self) -> bool:
        """Whether it enters for somebody what has no effect until another person has compared it with what came (G-42)."""
        return self.on_behalf_of is not None and self.seconds is None


def left_out(act: _Act) -> tuple[str, ...]:
    """What an act must bring and does not: acts of 0.1 to 0.3 could leave out a 文号 or a reason, and still load."""
    return tuple(name for name in _loosened(type(act)) if getattr(act, name) is None)


@cache
def _loosened(kind: type[_Act]) -> tuple[str, ...]:
    """What an act of this kind must bring, though those that are on record may lack it."""
    return tuple(name for name, info in kind.model_fields.items() if name in required(kind) and not info.is_required())


class _WithReason(Value):
    reason: ShortText = Field(description="理由（不得含个人信息）")


class _WithDocumentNo(Value):
    document_no: ShortText = Field(description="文号")


class _WithPaper(Value):
    paper: Digest = Field(
        description="SHA-256 of the paper in the register; a door takes the paper itself as `content`"
    )


class Deficiency(Value):
    """One thing to be corrected, bound to a line of the checklist (A-30: one return tells all)."""

    model_config = LABELLED

    item: Annotated[str, Field(pattern=r"^(?:(?:A|B|FA|FB|D|G)-?[0-9]{1,2}[ab]?|[CL][1-9])$")]
    message: ShortText


class ChecklistLine(Value):
    """The reviewer's finding on one condition of 《工作指引》第五条 or 细则第四条, or of what its city adds (第十七条: C1…C9)."""

    model_config = LABELLED

    item: Annotated[str, Field(pattern=r"^(?:[AB]-[0-9]{2}|C[1-9])$")]
    met: bool
    note: ShortText | None = None


Checklist = Annotated[tuple[ChecklistLine, ...], OneFor(("item",)), Field(max_length=100)]


class Submit(Value):
    """备案申请 as taken in: the facts that the law decides by, computed from the paper (A-27, B-16)."""

    kind: Literal["submit"] = "submit"
    by: By
    filing: FilingId
    alliance: Kind
    jurisdiction: Jurisdiction
    zone: OfficeKey | None = None
    leader: str
    paper: Digest
    substance: Digest
    consent: bool = False
    address: Digest
    terms: str
    calendar: str
    serves_all: bool = Field(
        False, description="also 补正通知书 and 决定书 must be served; absent in filings of 0.1.0 (G-18)"
    )
    whole_checklist: bool = Field(
        False, description="every line that only a person can judge is asked; absent in filings before 0.4.0"
    )
    chased_until_done: bool = Field(
        False, description="what waits is chased until somebody acts; absent in filings before 0.4.0"
    )
    archived_on: Day | None = Field(None, description="存量联盟的原备案日期 (A-02)")
    archive_number: str | None = None
    continues: FilingId | None = Field(None, description="kind B: the earlier filing that it names (继续申报, G-32)")
    incomplete: bool = Field(False, description="imported from a list that does not say everything (A-02)")


# Review


class Accept(_Act):
    """受理 (G-05b)."""

    kind: Literal[ActKind.ACCEPT] = ActKind.ACCEPT


class ReturnForCorrection(_Act):
    """退回补正: all deficiencies at once (A-30, G-05b)."""

    kind: Literal[ActKind.RETURN_FOR_CORRECTION] = ActKind.RETURN_FOR_CORRECTION
    deficiencies: Annotated[tuple[Deficiency, ...], OneFor(("item", "message"))] = Field(min_length=1, max_length=500)


class NewVersion(_WithPaper, _Act):
    """The next immutable version of the application."""

    facts: Submit | None = Field(None, description="computed from the paper when it is taken in; a sender's is dropped")


class Resubmit(NewVersion):
    """补正重报 of what was returned (G-07)."""

    kind: Literal[ActKind.RESUBMIT] = ActKind.RESUBMIT


class CompleteRecord(NewVersion):
    """补充存量资料: what the list did not say from which the alliance was imported (A-02)."""

    kind: Literal[ActKind.COMPLETE_RECORD] = ActKind.COMPLETE_RECORD


NEW_VERSIONS = (ActKind.RESUBMIT, ActKind.COMPLETE_RECORD)
"""The acts that bring an application whole."""


class GiveIitOpinion(_Act):
    """工信部门会同意见 (A-29, Q4)."""

    kind: Literal[ActKind.GIVE_IIT_OPINION] = ActKind.GIVE_IIT_OPINION
    positive: bool


class ExtendReview(_WithReason, _Act):
    """延长审核期限: once a version, before the period is over (G-05, Q3)."""

    kind: Literal[ActKind.EXTEND_REVIEW] = ActKind.EXTEND_REVIEW


class Recommend(_Act):
    """初审推荐, kind B (B-03, Q1), with the checklist of 细则第四条."""

    kind: Literal[ActKind.RECOMMEND] = ActKind.RECOMMEND
    checklist: Checklist


class Confirm(_Act):
    """审核确认; publishes the notice (A-29, B-17, Q1). Kind A brings the checklist of 《工作指引》第五条."""

    kind: Literal[ActKind.CONFIRM] = ActKind.CONFIRM
    checklist: Checklist = ()
    notice_from: Day | None = Field(None, description="day of publication: that of the act, or later")


class Refuse(_WithReason, _Act):
    """不予确认 for a reason that no correction could cure; two people (G-07)."""

    kind: Literal[ActKind.REFUSE] = ActKind.REFUSE


class Withdraw(_Act):
    """撤回: always possible before archiving (A-26, G-41)."""

    kind: Literal[ActKind.WITHDRAW] = ActKind.WITHDRAW


# Public notice


TOGETHER = "beian:together"
"""What a ruling names instead of one objection when it is on several: those received first, as many as it counts."""

Together = Annotated[
    Annotated[int, Field(ge=1, le=1_000_000)] | None,
    Field(description="合并处理：自最早收到而待此项处理的一件起，共几件（逐件处理的不填）"),
]


class Object(_WithPaper, _Act):
    """公示异议 (G-04). The paper holds who objects and why; the act only what admissibility turns on."""

    kind: Literal[ActKind.OBJECT] = ActKind.OBJECT
    anonymous: bool = False
    postmarked_on: Day | None = None


class RuleOnAdmissibility(_WithReason, _Act):
    """认定异议是否受理 (G-04)."""

    kind: Literal[ActKind.RULE_ON_ADMISSIBILITY] = ActKind.RULE_ON_ADMISSIBILITY
    objection: OpaqueId = Field(description="id of the act that objected; `beian:together` for the oldest, `counted`")
    counted: Together = None
    admissible: bool


class RuleOnObjection(_WithReason, _Act):
    """处理异议 (G-04, Q7)."""

    kind: Literal[ActKind.RULE_ON_OBJECTION] = ActKind.RULE_ON_OBJECTION
    objection: OpaqueId = Field(description="id of the act that objected; `beian:together` for the oldest, `counted`")
    counted: Together = None
    outcome: Literal["dismissed", "returned", "not_confirmed"]


class ConfirmNoticeClear(_Act):
    """An official attests that no letter came; ends the postal grace (G-03, Q6)."""

    kind: Literal[ActKind.CONFIRM_NOTICE_CLEAR] = ActKind.CONFIRM_NOTICE_CLEAR


# Province


class Forward(_WithPaper, _WithDocumentNo, _Act):
    """以正式文件报省厅, kind B (B-17). The paper names the formal document (D7)."""

    kind: Literal[ActKind.FORWARD] = ActKind.FORWARD
    document_no: ShortText | None = Field(None, description="文号")  # type: ignore[assignment]  # see `left_out`


class RecordSurvey(_Act):
    """随机调研考察, kind B, optional (B-18)."""

    kind: Literal[ActKind.RECORD_SURVEY] = ActKind.RECORD_SURVEY
    surveyed_on: Day


class GiveOfficeOpinion(_Act):
    """业务处室意见, kind B (B-18)."""

    kind: Literal[ActKind.GIVE_OFFICE_OPINION] = ActKind.GIVE_OFFICE_OPINION
    positive: bool


class RecordPartyGroup(_WithDocumentNo, _Act):
    """厅党组审定, kind B (B-18, Q9). `document_no` is the number of the minutes."""

    kind: Literal[ActKind.RECORD_PARTY_GROUP] = ActKind.RECORD_PARTY_GROUP
    decision: Literal["approved", "rejected"]
    met_on: Day


class ReturnToCity(_WithReason, _Act):
    """省厅退回地方 (G-06, Q8)."""

    kind: Literal[ActKind.RETURN_TO_CITY] = ActKind.RETURN_TO_CITY


class Archive(_Act):
    """备案入库 (A-32, B-18). The number is reserved by the door (G-40)."""

    kind: Literal[ActKind.ARCHIVE] = ActKind.ARCHIVE
    archive_number: ArchiveNumber


# The annual duty


class FileAnnualReport(_WithPaper, _Act):
    """当年度总结和下一年度计划 (A-34, B-19, G-11b). The paper holds both parts and the commitment."""

    kind: Literal[ActKind.FILE_ANNUAL_REPORT] = ActKind.FILE_ANNUAL_REPORT
    year: Year


class ReturnAnnualReport(_WithReason, _Act):
    """退回空白或无关的年度报告, once (G-11b)."""

    kind: Literal[ActKind.RETURN_ANNUAL_REPORT] = ActKind.RETURN_ANNUAL_REPORT
    year: Year


class AnswerAnnualReturn(_WithPaper, _Act):
    """答复年度报告退回 (G-11b, Q13)."""

    kind: Literal[ActKind.ANSWER_ANNUAL_RETURN] = ActKind.ANSWER_ANNUAL_RETURN
    year: Year


class RequestExtension(_WithReason, _Act):
    """申请延期: before the deadline, or within 10 days after the obstacle ended (G-14)."""

    kind: Literal[ActKind.REQUEST_EXTENSION] = ActKind.REQUEST_EXTENSION
    year: Year
    obstacle_ended_on: Day | None = None


class RuleOnExtension(_Act):
    """批复延期 (G-14, Q12). `until` is the last day granted."""

    kind: Literal[ActKind.RULE_ON_EXTENSION] = ActKind.RULE_ON_EXTENSION
    year: Year
    outcome: Literal["granted", "refused"]
    until: Day | None = None


class ExcuseYear(_WithDocumentNo, _WithReason, _Act):
    """免除一个年度的报送; two people, document number (G-12)."""

    kind: Literal[ActKind.EXCUSE_YEAR] = ActKind.EXCUSE_YEAR
    year: Year
    reason: ShortText | None = Field(None, description="理由（不得含个人信息）")  # type: ignore[assignment]  # see `left_out`


class DiscountAnnualReport(_WithReason, _Act):
    """退回后未答复的报告不予计入; two people (G-11b, Q13)."""

    kind: Literal[ActKind.DISCOUNT_ANNUAL_REPORT] = ActKind.DISCOUNT_ANNUAL_REPORT
    year: Year


class UrgeReport(_Act):
    """催报: an office urges the leader to report a year; one letter, and no sooner again than is sensible (G-13)."""

    kind: Literal[ActKind.URGE_REPORT] = ActKind.URGE_REPORT
    year: Year


class MoveDeadline(_WithDocumentNo, _Act):
    """省厅调整一个年度的报送期限 (G-10). `until` is the new last day; never an earlier one."""

    kind: Literal[ActKind.MOVE_DEADLINE] = ActKind.MOVE_DEADLINE
    year: Year
    until: Day


# Changes and other acts while in force


class ReportChange(_WithPaper, _Act):
    """报告变更 (G-24): (a) contact or rename, (b) members, (c) leader, (d) end of leader or agreement."""

    kind: Literal[ActKind.REPORT_CHANGE] = ActKind.REPORT_CHANGE
    change: Literal["contact", "rename", "members", "leader", "ended"]
    happened_on: Day
    leader: Annotated[str, Field(pattern=r"^[0-9A-Z]{18}$"), BeforeValidator(code_as_registered)] | None = Field(
        None, description="the new leader's code"
    )
    substance: Digest | None = Field(None, description="digest of name, leader, members and field after the change")


class RuleOnChange(_Act):
    """审核变更 (G-24, Q24)."""

    kind: Literal[ActKind.RULE_ON_CHANGE] = ActKind.RULE_ON_CHANGE
    decision: Literal["confirmed", "refused"]
    notice_from: Day | None = None


class Transfer(_Act):
    """属地移交: the giving office, then the taking one (G-31, Q25)."""

    kind: Literal[ActKind.TRANSFER] = ActKind.TRANSFER
    to: Jurisdiction
    to_zone: OfficeKey | None = None


class RecordInspection(_Act):
    """日常监督和随机抽查 (A-33)."""

    kind: Literal[ActKind.RECORD_INSPECTION] = ActKind.RECORD_INSPECTION
    inspected_on: Day
    result: Literal["in_order", "deficient"]


class RecordEvaluation(_Act):
    """评估评价 (A-44, B-20). `joint_activities` counts the year's cooperation; two zeros in a row raise a hint (G-28)."""

    kind: Literal[ActKind.RECORD_EVALUATION] = ActKind.RECORD_EVALUATION
    year: Year
    result: Literal["excellent", "qualified", "unqualified"]
    joint_activities: Annotated[int, Field(ge=0, le=1_000_000)] | None = None


class Tag(_Act):
    """典型联盟、试点示范 (A-46, A-49)."""

    kind: Literal[ActKind.TAG] = ActKind.TAG
    tag: Literal["recommended", "typical", "pilot"]
    removed: bool = False


class Deregister(_Act):
    """自愿注销 (G-25)."""

    kind: Literal[ActKind.DEREGISTER] = ActKind.DEREGISTER


class RecordContinuation(_Act):
    """由新备案承接: the archived continuation takes the place of this filing (G-32). Sent when that is archived."""

    kind: Literal[ActKind.RECORD_CONTINUATION] = ActKind.RECORD_CONTINUATION
    successor: FilingId
    successor_number: ArchiveNumber


# Revocation


class ProposeRevocation(_WithReason, _Act):
    """提议撤销 on any ground but the sixth, which opens itself (G-15, G-16)."""

    kind: Literal[ActKind.PROPOSE_REVOCATION] = ActKind.PROPOSE_REVOCATION
    ground: Ground
    listing: Literal["abnormal", "serious"] | None = Field(None, description="ground 5: which list (G-27)")
    paper: Digest | None = Field(None, description="the evidence; a door takes it as `content`")


class ApproveRevocation(_WithDocumentNo, _Act):
    """批准撤销 by another person, after the window (G-16, Q17)."""

    kind: Literal[ActKind.APPROVE_REVOCATION] = ActKind.APPROVE_REVOCATION
    paper: Digest | None = Field(None, description="what the decision rests on besides; a door takes it as `content`")


class DropRevocation(_WithReason, _Act):
    """终止撤销程序."""

    kind: Literal[ActKind.DROP_REVOCATION] = ActKind.DROP_REVOCATION


class RecordService(_Act):
    """登记事先告知书的送达 (G-18). The window counts from `served_on`."""

    kind: Literal[ActKind.RECORD_SERVICE] = ActKind.RECORD_SERVICE
    served_on: Day
    method: Literal["inbox", "post", "in_person", "public_notice"]


class StateDefence(_WithPaper, _Act):
    """陈述申辩, taken until the decision (G-17, Q16)."""

    kind: Literal[ActKind.STATE_DEFENCE] = ActKind.STATE_DEFENCE


class RuleOnDefence(_WithReason, _Act):
    """复核陈述申辩; accepted ends the case."""

    kind: Literal[ActKind.RULE_ON_DEFENCE] = ActKind.RULE_ON_DEFENCE
    outcome: Literal["accepted", "rejected"]


class ConfirmNoStatement(_Act):
    """Staff attest that no letter is pending; ends the postal grace (G-17)."""

    kind: Literal[ActKind.CONFIRM_NO_STATEMENT] = ActKind.CONFIRM_NO_STATEMENT


class Hold(_WithReason, _Act):
    """暂停: keeps the revocation from completing (G-16)."""

    kind: Literal[ActKind.HOLD] = ActKind.HOLD


class Release(_WithReason, _Act):
    """解除暂停."""

    kind: Literal[ActKind.RELEASE] = ActKind.RELEASE


class RecordAnnouncement(_Act):
    """登记官网公告 (A-36, G-20)."""

    kind: Literal[ActKind.RECORD_ANNOUNCEMENT] = ActKind.RECORD_ANNOUNCEMENT
    url: Annotated[str, Field(pattern=r"^https?://[^\s]{3,300}$")]
    screenshot: Digest | None = Field(None, json_schema_extra={"by_programs": True})


class Restore(_WithDocumentNo, _Act):
    """恢复备案 (G-23, Q22): it excuses the years that it names, or all that the decision rested on."""

    kind: Literal[ActKind.RESTORE] = ActKind.RESTORE
    basis: ShortText | None = Field(
        None, title="依据（向社会公布，不得含个人信息）", description="依据（向社会公布，不得含个人信息）"
    )
    excused: Annotated[tuple[Year, ...], Field(min_length=1, max_length=12)] | None = Field(
        None,
        description="the years that it excuses, where a defence proved some only; absent: all that the decision rested on",
    )


class RecordChallenge(_Act):
    """登记行政复议或行政诉讼 against a decision, once it is accepted: suspends nothing by itself (G-23)."""

    kind: Literal[ActKind.RECORD_CHALLENGE] = ActKind.RECORD_CHALLENGE
    procedure: Literal["reconsideration", "suit"]
    authority: ShortText
    accepted_on: Day
    paper: Digest | None = Field(None, description="what came from the authority; a door takes it as `content`")


class RecordChallengeOutcome(_WithDocumentNo, _Act):
    """登记复议决定或裁判 (G-23). Restoring, or deciding anew, stays an act of its own."""

    kind: Literal[ActKind.RECORD_CHALLENGE_OUTCOME] = ActKind.RECORD_CHALLENGE_OUTCOME
    challenge: OpaqueId
    ruling: Literal["maintained", "set_aside", "unlawful", "remade", "rejected", "ended"]
    decided_on: Day
    paper: Digest | None = Field(None, description="the decision or judgment; a door takes it as `content`")


# At any stage


class AcknowledgeService(_Act):
    """签收: the leader has read the notice in the inbox (G-18)."""

    kind: Literal[ActKind.ACKNOWLEDGE_SERVICE] = ActKind.ACKNOWLEDGE_SERVICE


class ReportUndeliverable(_WithReason, _Act):
    """报告无法送达: what an entry told the leader got through by no channel but the inbox (G-18)."""

    kind: Literal[ActKind.REPORT_UNDELIVERABLE] = ActKind.REPORT_UNDELIVERABLE
    entry: Annotated[int, Field(ge=1, le=MOST_ENTRIES)]


class SettleDelivery(_Act):
    """登记补送: staff told the leader in another way (G-18). What runs from it counts from `served_on`."""

    kind: Literal[ActKind.SETTLE_DELIVERY] = ActKind.SETTLE_DELIVERY
    entry: Annotated[int, Field(ge=1, le=MOST_ENTRIES)]
    method: Literal["phone", "post", "in_person", "public_notice"]
    served_on: Day | None = Field(
        None, description="the day on which it was served; absent: that on which it is recorded"
    )


class DenyLetter(_WithReason, _Act):
    """认定来文不符: what a colleague entered for somebody never came, or not as it was entered; two people (G-42)."""

    kind: Literal[ActKind.DENY_LETTER] = ActKind.DENY_LETTER
    letter: OpaqueId = Field(description="the act by which it was entered")


class CloseLetter(_WithReason, _Act):
    """认定来文无须处理: what a letter asks for was done in another way, or what it is about has ended, by an entry; two people (G-42)."""

    kind: Literal[ActKind.CLOSE_LETTER] = ActKind.CLOSE_LETTER
    letter: OpaqueId = Field(description="the act by which it was entered")
    done_by: Annotated[int, Field(ge=1, le=MOST_ENTRIES)] = Field(
        description="the entry by which what it asks for was done, or the case that it is about ended"
    )


class CorrectContact(_WithPaper, _Act):
    """更正联系与送达信息 (Q26). `address` is a digest of the designated address of service."""

    kind: Literal[ActKind.CORRECT_CONTACT] = ActKind.CORRECT_CONTACT
    consent: bool
    address: Digest


class CalendarPublished(_Act):
    """启用新工作日历: provisional dates are counted again, never to an earlier day."""

    kind: Literal[ActKind.CALENDAR_PUBLISHED] = ActKind.CALENDAR_PUBLISHED
    calendar: ShortText


class TermsPublished(_Act):
    """启用新期限标准 for periods that begin from now on (G-44)."""

    kind: Literal[ActKind.TERMS_PUBLISHED] = ActKind.TERMS_PUBLISHED
    terms: ShortText


Act = Annotated[
    Accept
    | ReturnForCorrection
    | Resubmit
    | CompleteRecord
    | GiveIitOpinion
    | ExtendReview
    | Recommend
    | Confirm
    | Refuse
    | Withdraw
    | Object
    | RuleOnAdmissibility
    | RuleOnObjection
    | ConfirmNoticeClear
    | Forward
    | RecordSurvey
    | GiveOfficeOpinion
    | RecordPartyGroup
    | ReturnToCity
    | Archive
    | FileAnnualReport
    | ReturnAnnualReport
    | AnswerAnnualReturn
    | RequestExtension
    | RuleOnExtension
    | ReportChange
    | RuleOnChange
    | Transfer
    | RecordInspection
    | RecordEvaluation
    | Tag
    | Deregister
    | RecordContinuation
    | ExcuseYear
    | UrgeReport
    | DiscountAnnualReport
    | ProposeRevocation
    | ApproveRevocation
    | DropRevocation
    | RecordService
    | StateDefence
    | RuleOnDefence
    | ConfirmNoStatement
    | Hold
    | Release
    | RecordAnnouncement
    | Restore
    | RecordChallenge
    | RecordChallengeOutcome
    | AcknowledgeService
    | ReportUndeliverable
    | SettleDelivery
    | CorrectContact
    | DenyLetter
    | CloseLetter
    | MoveDeadline
    | CalendarPublished
    | TermsPublished,
    Field(discriminator="kind"),
]

ACT: TypeAdapter[Act] = TypeAdapter(Act)


class Lapse(Value):
    """What a day brings. `of` says which period, `year` which reporting year, `level` how often it was chased.

    `provisional` is only said where something irreversible would follow from days that no published calendar covers.
    """

    kind: LapseKind
    of: str | None = None
    year: int | None = None
    days: int | None = None
    level: int | None = None
    provisional: bool = False


class Unreadable(Value):
    """A signal that is not even an act: kept as evidence, harms nothing."""

    kind: Literal["unreadable"] = "unreadable"
    id: str
    raw: str


Event = Submit | Act | Lapse | Unreadable


class Withheld(Value):
    """A signal that was refused, as whoever may not read what its sender wrote sees it: which act, and in whose name.

    It is no event: nothing enters it.
    """

    kind: Literal["withheld"] = "withheld"
    act: ActKind | None = None
    by: By | None = None
