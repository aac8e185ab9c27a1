"""The words of the lifecycle. Values are the contract's; labels are what people read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar, assert_never

from models.values import Named

T = TypeVar("T")


class Kind(Named):
    """The two kinds of alliance, each under its own document."""

    A = "A", "实质性产学研联盟"
    B = "B", "科技型中小企业技术能力提升类实质性产学研联盟"


@dataclass(frozen=True)
class ByKind(Mapping[Kind, T]):
    """One thing for each kind of alliance. Where kinds differ, this says how; a third kind is a field more, which is then
    asked for wherever one of these is made."""

    a: T
    b: T

    def __getitem__(self, kind: Kind) -> T:
        match kind:
            case Kind.A:
                return self.a
            case Kind.B:
                return self.b
            case _:
                assert_never(kind)

    def __iter__(self) -> Iterator[Kind]:
        return iter(Kind)

    def __len__(self) -> int:
        return len(Kind)


class Stage(Named):
    """Where a filing stands (docs/lifecycle.md). Finer states are facts on the filing."""

    SUBMITTED = "submitted", "已提交"
    RETURNED = "returned", "退回补正"
    UNDER_REVIEW = "under_review", "审核中"
    REVIEW_PASSED = "review_passed", "审核通过"
    ON_NOTICE = "on_notice", "公示中"
    NOTICE_CLEARED = "notice_cleared", "公示无异议"
    AT_PROVINCE = "at_province", "已报省厅"
    IN_FORCE = "in_force", "已备案入库"
    REVOCATION_PENDING = "revocation_pending", "拟撤销"
    REVOKED = "revoked", "已撤销"
    WITHDRAWN = "withdrawn", "撤回"
    LAPSED = "lapsed", "视为撤回"
    NOT_CONFIRMED = "not_confirmed", "不予确认"
    DEREGISTERED = "deregistered", "自愿注销"
    CONTINUED = "continued", "已由新备案承接"


class Role(Named):
    """In what capacity somebody acts."""

    LEADER = "leader", "盟主企业"
    CITY_ST = "city_st", "市科技部门"
    CITY_IIT = "city_iit", "市工信部门"
    ZONE = "zone", "高新区"
    PROVINCE_ST = "province_st", "省科技厅"
    PROVINCE_IIT = "province_iit", "省工信厅"
    EVALUATOR = "evaluator", "评价机构"
    AUDITOR = "auditor", "审计员"
    PUBLIC = "public", "社会公众"
    OPERATOR = "operator", "运维人员"
    PLATFORM = "platform", "平台"


class ActKind(Named):
    """What somebody may do to a filing, in the order of a life."""

    ACCEPT = "accept", "受理"
    RETURN_FOR_CORRECTION = "return_for_correction", "退回补正"
    RESUBMIT = "resubmit", "补正重报"
    COMPLETE_RECORD = "complete_record", "补充存量资料"
    GIVE_IIT_OPINION = "give_iit_opinion", "出具工信部门意见"
    EXTEND_REVIEW = "extend_review", "延长审核期限"
    RECOMMEND = "recommend", "初审推荐"
    CONFIRM = "confirm", "审核确认并公示"
    REFUSE = "refuse", "不予确认"
    WITHDRAW = "withdraw", "撤回申请"
    OBJECT = "object", "提出异议"
    RULE_ON_ADMISSIBILITY = "rule_on_admissibility", "认定异议是否受理"
    RULE_ON_OBJECTION = "rule_on_objection", "处理异议"
    CONFIRM_NOTICE_CLEAR = "confirm_notice_clear", "确认公示无异议"
    FORWARD = "forward", "正式文件报省厅"
    RECORD_SURVEY = "record_survey", "登记调研考察"
    GIVE_OFFICE_OPINION = "give_office_opinion", "出具业务处室意见"
    RECORD_PARTY_GROUP = "record_party_group", "登记厅党组审定"
    RETURN_TO_CITY = "return_to_city", "退回地方"
    ARCHIVE = "archive", "备案入库"
    FILE_ANNUAL_REPORT = "file_annual_report", "报送年度总结和计划"
    RETURN_ANNUAL_REPORT = "return_annual_report", "退回年度报告"
    ANSWER_ANNUAL_RETURN = "answer_annual_return", "答复年度报告退回"
    REQUEST_EXTENSION = "request_extension", "申请延期"
    RULE_ON_EXTENSION = "rule_on_extension", "批复延期"
    REPORT_CHANGE = "report_change", "报告变更"
    RULE_ON_CHANGE = "rule_on_change", "审核变更"
    TRANSFER = "transfer", "属地移交"
    RECORD_INSPECTION = "record_inspection", "登记检查"
    RECORD_EVALUATION = "record_evaluation", "登记评价"
    TAG = "tag", "标记"
    DEREGISTER = "deregister", "自愿注销"
    RECORD_CONTINUATION = "record_continuation", "登记由新备案承接"
    EXCUSE_YEAR = "excuse_year", "免除年度报送"
    URGE_REPORT = "urge_report", "催报年度总结和计划"
    DISCOUNT_ANNUAL_REPORT = "discount_annual_report", "年度报告不予计入"
    PROPOSE_REVOCATION = "propose_revocation", "提议撤销备案"
    APPROVE_REVOCATION = "approve_revocation", "批准撤销备案"
    DROP_REVOCATION = "drop_revocation", "终止撤销程序"
    RECORD_SERVICE = "record_service", "登记送达"
    STATE_DEFENCE = "state_defence", "陈述申辩"
    RULE_ON_DEFENCE = "rule_on_defence", "复核陈述申辩"
    CONFIRM_NO_STATEMENT = "confirm_no_statement", "确认无陈述申辩"
    HOLD = "hold", "暂停撤销"
    RELEASE = "release", "解除暂停"
    RECORD_ANNOUNCEMENT = "record_announcement", "登记公告"
    RESTORE = "restore", "恢复备案"
    RECORD_CHALLENGE = "record_challenge", "登记行政复议或诉讼"
    RECORD_CHALLENGE_OUTCOME = "record_challenge_outcome", "登记复议或诉讼结果"
    ACKNOWLEDGE_SERVICE = "acknowledge_service", "签收"
    REPORT_UNDELIVERABLE = "report_undeliverable", "报告无法送达"
    SETTLE_DELIVERY = "settle_delivery", "登记补送"
    CORRECT_CONTACT = "correct_contact", "更正联系与送达信息"
    DENY_LETTER = "deny_letter", "认定来文不符"
    CLOSE_LETTER = "close_letter", "认定来文无须处理"
    MOVE_DEADLINE = "move_deadline", "调整年度报送期限"
    CALENDAR_PUBLISHED = "calendar_published", "启用新工作日历"
    TERMS_PUBLISHED = "terms_published", "启用新期限标准"


class LapseKind(Named):
    """What the passing of a day does. The order is the order in which lapses of one instant are entered."""

    SERVICE_FAILED = "service_failed", "未能送达"
    DEEMED_ACCEPTED = "deemed_accepted", "视为受理"
    CORRECTION_LAPSED = "correction_lapsed", "逾期未补正视为撤回"
    CORRECTION_OVERDUE = "correction_overdue", "补正逾期催办"
    IIT_OVERDUE = "iit_overdue", "工信部门意见逾期催办"
    REVIEW_OVERDUE = "review_overdue", "审核逾期催办"
    RECOMMENDATION_OVERDUE = "recommendation_overdue", "初审推荐逾期催办"
    NOTICE_ENDED = "notice_ended", "公示期满"
    OBJECTION_OVERDUE = "objection_overdue", "异议处理逾期催办"
    NOTICE_CLEARED = "notice_cleared", "公示无异议"
    FORWARDING_OVERDUE = "forwarding_overdue", "正式文件报送逾期催办"
    ARCHIVING_OVERDUE = "archiving_overdue", "入库逾期催办"
    EXTENSION_OVERDUE = "extension_overdue", "延期批复逾期催办"
    ANNUAL_ANSWER_OVERDUE = "annual_answer_overdue", "年度报告退回未答复"
    CHANGE_OVERDUE = "change_overdue", "变更审核逾期催办"
    CHANGE_NOTICE_ENDED = "change_notice_ended", "变更公示期满"
    CHANGE_NOTICE_CLEARED = "change_notice_cleared", "变更公示无异议"
    YEAR_CLOSED = "year_closed", "年度报送截止"
    YEAR_MISSED = "year_missed", "年度未报送"
    SERVICE_OVERDUE = "service_overdue", "送达逾期催办"
    DEFENCE_OVERDUE = "defence_overdue", "申辩复核逾期催办"
    STATEMENT_ENDED = "statement_ended", "陈述申辩期满"
    DECISION_OVERDUE = "decision_overdue", "撤销决定逾期催办"
    CALENDAR_OVERDUE = "calendar_overdue", "工作日历逾期催办"
    REVOKED = "revoked", "撤销备案"
    REVOCATION_OPENED = "revocation_opened", "启动撤销程序"
    RESTORATION_DUE = "restoration_due", "应予恢复备案"
    DELIVERY_OVERDUE = "delivery_overdue", "补送逾期催办"
    ANNOUNCEMENT_OVERDUE = "announcement_overdue", "公告逾期催办"
    HOLD_OVERDUE = "hold_overdue", "暂停未解除催办"
    HANDING_OVERDUE = "handing_overdue", "移交接收催办"
    SECOND_OVERDUE = "second_overdue", "第二人决定催办"
    ENDING_OVERDUE = "ending_overdue", "联盟终止处理催办"
    CHALLENGE_OVERDUE = "challenge_overdue", "复议诉讼结果催办"
    REMINDER = "reminder", "提醒"


class YearStatus(Named):
    """What became of one due reporting year."""

    OPEN = "open", "待报送"
    FILED = "filed", "已报送"
    LATE = "late", "补报"
    MISSED = "missed", "未报送"
    EXCUSED = "excused", "免报"


class ReportState(Named):
    """年度报送情况: what a board counts one due reporting year of one alliance as, each year as exactly one of these."""

    FILED = "filed", "已报"
    LATE = "late", "迟报"
    OPEN = "open", "未报（未到期）"
    MISSED = "missed", "未报（已逾期）"
    EXTENDED = "extended", "准予延期"
    EXCUSED = "excused", "免报"
    ENDED = "ended", "期间终止"


class DeliveryState(Named):
    """投递结果: what became of a letter on one channel; `again` was given up, until people asked for another try."""

    ARRIVED = "arrived", "已送达"
    TRYING = "trying", "重试中"
    AGAIN = "again", "重试中"
    FAILED = "failed", "未送达"


class Ground(Named):
    """Why a filing may be revoked: 《工作指引》第十一条第1–7项, and its 第十四条."""

    ART5_LOST = "1", "发生重大变化，不再符合第五条规定条件"
    FALSIFICATION = "2", "严重弄虚作假"
    MISCONDUCT = "3", "科研严重失信"
    ACCIDENT = "4", "重大安全生产事故或严重环境违法"
    LISTED = "5", "列入经营异常名录或严重违法失信名单"
    TWO_YEARS_MISSED = "6", "连续两年未在系统中更新年度数据"
    OTHER = "7", "其他违规、违法行为"
    NO_COOPERATION = "14", "长期未开展实质性产学研合作"


class Severity(Named):
    """What a finding does: refuses, warns the reviewer, or is a line of the reviewer's checklist."""

    ERROR = "error", "错误"
    WARNING = "warning", "提示"
    CHECK = "check", "核对"
