"""What people file: the two application forms with their documents, and the papers that acts bring.

Every field carries its number in docs/articles.md (`code`) and its Chinese label (`title`), so that a finding names
both and the JSON Schema can be shown to people. Amounts are in 万元. Rules across fields live in regulation/intake.py.
"""

from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field

from models import contacts
from models.acts import By
from models.values import (
    Amount,
    Day,
    Digest,
    FilingId,
    Instant,
    Jurisdiction,
    OneFor,
    Value,
    code_as_registered,
)

WRITTEN = r"^[^\x00]*[^\s\x00][^\x00]*$"
"""Something is written, not only white space."""

ON_ONE_LINE = r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$"
"""The same, on one line."""

NUMBER = r"^[A-Za-z0-9\u4e00-\u9fff][A-Za-z0-9\u4e00-\u9fff〔〕（）()_-]*$"
"""A number that an office gave: letters, digits, Chinese and what stands between them."""

Text = Annotated[str, Field(min_length=1, max_length=4000, pattern=WRITTEN)]
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=ON_ONE_LINE)]
Code = Annotated[str, Field(min_length=1, max_length=40), BeforeValidator(code_as_registered)]
"""统一社会信用代码, or what a body without one is registered under; kept in one way however it was typed."""

YesNo = Annotated[bool, Field(strict=True)]
Count = Annotated[int, Field(ge=0, le=10_000_000, strict=True)]
Phone = Annotated[str, Field(pattern=contacts.PHONE), BeforeValidator(contacts.phone)]
Email = Annotated[str, Field(max_length=200, pattern=contacts.EMAIL), AfterValidator(contacts.deliverable)]

MEMBERS, DOCUMENTS, SOME = 500, 1000, 100
"""The longest lists that are taken: of members, of an application's documents (a certificate a member), of anything else."""

FIELDS = (
    "电子信息",
    "生物与新医药",
    "航空航天",
    "新材料",
    "高技术服务",
    "新能源与节能",
    "资源与环境",
    "先进制造与自动化",
)
"""技术领域: the eight of form B; form A takes them too, or 其他 with a text (FB-02, G-34)."""


def item(code: str, label: str, default: Any = ..., *, offered: tuple[str, ...] = (), **constraints: Any) -> Any:
    """A field of a form: its number, its label, and which of its values a page offers, where not all."""
    extra: dict[str, Any] = {"code": code, "offered": list(offered)} if offered else {"code": code}
    return Field(default, title=label, json_schema_extra=extra, **constraints)


DocumentKind = Literal[
    "D1", "D2", "D3", "D4", "D5a", "D5b", "D6", "D7", "D8", "R1", "R2",
    "L1", "L2", "L3", "L4", "L5", "L6", "L7", "L8", "L9", "E1",
]  # fmt: skip
EVIDENCE: DocumentKind = "E1"
"""证据材料: what is brought where evidence is asked for, and nowhere else."""

UPLOADED = ("公开", "内部")
"""密级 of what may be brought here; what is secret goes another way (B-25)."""


class Service(Value):
    """电子送达确认书: consent to electronic service, and the designated address of service (G-18, Q30)."""

    consent: YesNo = item("G-18", "同意电子送达")
    address: Name = item("G-18", "送达地址（平台收件箱账号，不同意电子送达的为邮寄地址）")


class Document(Value):
    """A reference to one document: what it is, where it lies, whose it is. The document itself stays on the platform."""

    kind: DocumentKind = item(
        "A-28", "材料类别", offered=tuple(each for each in get_args(DocumentKind) if each != EVIDENCE)
    )
    name: Name = item("A-28", "文件名")
    media_type: Annotated[str, Field(max_length=200, pattern=r"^[a-z]+/[A-Za-z0-9.+-]+$")] = item("A-28", "媒体类型")
    size: Annotated[int, Field(gt=0, le=500_000_000, strict=True)] = item("A-28", "大小（字节）")
    sha256: Digest = item("A-28", "SHA-256 摘要")
    location: Name = item("A-28", "存放位置")
    owner: Code | None = item("A-28", "所属单位代码", None)
    secrecy: Literal["公开", "内部", "秘密", "机密", "绝密"] = item("B-25", "密级", "公开", offered=UPLOADED)


Documents = Annotated[tuple[Document, ...], OneFor(("kind", "owner", "sha256"))]
"""Documents, each named once for what it is and whose it is."""


class EvidenceDocument(Document):
    """A document where evidence is asked for; before there was a kind of its own it went under another."""

    kind: DocumentKind = item("A-28", "材料类别", offered=(EVIDENCE,))


Evidence = Annotated[tuple[EvidenceDocument, ...], OneFor(("kind", "owner", "sha256"))]
"""证据材料, each named once."""


OrganisationType = Literal["enterprise", "university", "institute", "finance", "intermediary", "other"]


class Member(Value):
    """A row of 联盟成员单位在行业（或领域）中地位的简要说明 (FA-20, FB-22)."""

    name: Name = item("FA-20", "成员单位名称")
    code: Code = item("FA-20", "法人代码")
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = item("G-35", "国别", "CN")
    type: OrganisationType = item("FA-20", "成员类型")
    position: Text = item("FA-20", "在行业（或领域）中的地位")
    is_main: YesNo = item("G-26", "主要成员单位", True)


class Leader(Value):
    """盟主情况, what both forms ask."""

    name: Name = item("FA-04", "企业名称")
    uscc: Code = item("FA-04", "统一社会信用代码")
    org_type: OrganisationType | None = item("A-06", "单位性质（须为企业）", None)
    registered_address: Name = item("A-12", "注册地址")
    operating_address: Name = item("A-12", "实际经营地址")
    contact: Name = item("FA-12", "联系人")
    phone: Phone = item("FA-13", "电话")
    fax: Phone | None = item("FA-14", "传真", None)
    email: Email | None = item("FA-13", "电子邮箱（系统增设）", None)


class LeaderA(Leader):
    """盟主情况 of form A; amounts of the year before the submission."""

    sales_last_year: Annotated[Amount, Field(ge=0)] = item("FA-05", "上一年度销售收入（万元）")
    rd_last_year: Annotated[Amount, Field(ge=0)] = item("FA-06", "上一年度研发投入（万元）")
    is_tech_sme: YesNo = item("FA-07", "是否为经备案入库的科技型中小企业")
    tech_sme_number: Name | None = item("FA-07", "入库登记编号", None)
    in_zone: YesNo = item("FA-08", "是否在省级以上高新区内")
    zone_name: Name | None = item("FA-09", "所在高新区名称", None)
    is_eagle_or_gazelle: YesNo = item("FA-10", "是否雏鹰、瞪羚企业")
    capability_alliance: YesNo = item("FA-11", "是否技术能力提升类联盟")


class LeaderYear(Value):
    """One year's column of form B. Amounts in 万元; profit may be negative."""

    staff: Count = item("FB-06", "员工总数（人）")
    tech_staff: Count = item("FB-07", "科技人员（人）")
    rd: Annotated[Amount, Field(ge=0)] = item("FB-08", "研究开发费用（万元）")
    cooperation: Annotated[Amount, Field(ge=0)] = item("FB-09", "产学研合作经费（万元）")
    sales: Annotated[Amount, Field(ge=0)] = item("FB-10", "销售收入（万元）")
    hightech_sales: Annotated[Amount, Field(ge=0)] = item("FB-11", "高新技术产品（服务）收入（万元）")
    profit: Amount = item("FB-12", "利润总额（万元）")
    ip_class1: Count = item("FB-13", "I类知识产权（项）")
    ip_class2: Count = item("FB-13", "II类知识产权（项）")


class LeaderB(Leader):
    """盟主企业情况 of form B, with the two years before the call."""

    types: Annotated[tuple[Literal["瞪羚", "雏鹰", "科技型中小企业"], ...], OneFor()] = item(
        "FB-04", "盟主单位类型", max_length=10
    )
    last_year: LeaderYear = item("FB-05", "上一年度")
    year_before: LeaderYear = item("FB-05", "上上年度")
    projects: Text | None = item("FB-14", "承担省级以上重点项目及平台名称", None)


class AllianceYear(Value):
    """The alliance's sums over all members for one year, in 万元."""

    sales: Annotated[Amount, Field(ge=0)] = item("FB-17", "联盟销售收入（万元）")
    rd: Annotated[Amount, Field(ge=0)] = item("FB-18", "联盟研究开发费用（万元）")


class Cooperation(Value):
    """A row of 产学研合作主要内容."""

    partner: Name = item("FB-15", "单位或团队名称")
    content: Text = item("FB-15", "合作内容及阶段目标")


class Counts(Value):
    """成员数量, the leader counted among the enterprises (G-36)."""

    total: Count = item("FA-15", "成员总数")
    enterprises: Count = item("FA-16", "成员企业数量")
    universities: Count = item("FA-17", "成员高校数量")
    institutes: Count = item("FA-18", "成员研究机构数量")


class Legacy(Value):
    """存量联盟导入 (A-02): archived before this system; enters in force with its original date."""

    archived_on: Day = item("A-02", "原备案日期")
    archive_number: Annotated[str, Field(min_length=1, max_length=30, pattern=NUMBER)] = item("A-02", "原备案编号")
    document_no: Name = item("A-02", "导入依据文号")


class _Application(Value):
    """What both applications have. `received_at` is the door's stamp."""

    filing_id: FilingId = item("A-27", "备案申请编号（平台）")
    received_at: Instant | None = item("A-27", "收到时间", None)
    by: By | None = item("A-27", "提交账号", None)
    jurisdiction: Jurisdiction = item("A-24", "属地")
    alliance_name: Name = item("FA-01", "联盟名称（全称）")
    agreement_effective_on: Day = item("FA-02", "联盟协议生效时间")
    all_members_signed: YesNo = item("A-17", "全体成员均已签署协议")
    integrity_commitment: YesNo = item("A-27", "诚信承诺")
    members: tuple[Member, ...] = item("FA-20", "成员单位表", max_length=MEMBERS)
    counts: Counts = item("FA-15", "成员数量")
    documents: Documents = item("A-28", "申请材料", max_length=DOCUMENTS)
    service: Service = item("G-18", "电子送达确认书")
    integrity_text: Digest | None = item("A-27", "所确认的诚信承诺书文本（SHA-256）", None)
    service_text: Digest | None = item("G-18", "所确认的电子送达确认书文本（SHA-256）", None)
    previous_filing_id: FilingId | None = item("G-32", "此前的备案申请编号", None)
    legacy: Legacy | None = item("A-02", "存量联盟导入", None)


class FormA(_Application):
    """实质性产学研联盟备案申请表 (《工作指引》附件)."""

    kind: Literal["A"] = item("A-55", "申请表类别")
    technical_field: Name = item("FA-03", "技术领域")
    leader: LeaderA = item("FA-04", "盟主情况")
    innovation_goal: Text = item("FA-19", "技术创新目标（限500字）")


class FormB(_Application):
    """辽宁省科技型中小企业技术能力提升类联盟备案申请表 (2023年通知附件2)."""

    kind: Literal["B"] = item("B-24", "申请表类别")
    technical_field: Literal[
        "电子信息",
        "生物与新医药",
        "航空航天",
        "新材料",
        "高技术服务",
        "新能源与节能",
        "资源与环境",
        "先进制造与自动化",
    ] = item("FB-02", "技术领域")
    zone_name: Name | None = item("FB-03", "所属高新区", None)
    leader: LeaderB = item("FB-04", "盟主企业情况")
    last_year: AllianceYear = item("FB-17", "联盟上一年度")
    year_before: AllianceYear = item("FB-17", "联盟上上年度")
    cooperation: tuple[Cooperation, ...] = item("FB-15", "产学研合作主要内容", max_length=SOME)
    cooperation_forms: Annotated[
        tuple[Literal["签署产学研合作协议", "开展项目合作", "联合培养人才", "共建研发机构", "其他"], ...], OneFor()
    ] = item("FB-16", "产学研合作形式", max_length=10)
    other_cooperation_form: Name | None = item("FB-16", "其他合作形式", None)
    cooperation_status: Text = item("FB-20", "联盟开展产学研合作情况（限500字）")
    development_tasks: Text = item("FB-21", "联盟发展目标任务（限500字）")


Application = FormA | FormB


# Papers that acts bring


class Part(Value):
    """One half of the annual report, by the eight tasks of 《工作指引》第六条 where they apply (A-22)."""

    text: Text = item("A-34", "正文")
    tasks: dict[Literal["1", "2", "3", "4", "5", "6", "7", "8"], Text] = item("A-22", "八项任务", {}, max_length=8)
    documents: Documents = item("A-34", "附件", (), max_length=SOME)


class AnnualReport(Value):
    """年度报告: summary of this year and plan of the next, with the commitment (A-34, G-11b)."""

    year: Annotated[int, Field(ge=2021, le=2060, strict=True)] = item("A-34", "年度")
    summary: Part = item("A-34", "当年度技术创新活动总结")
    plan: Part = item("A-34", "下一年度技术创新活动计划")
    integrity_commitment: YesNo = item("G-11b", "诚信承诺")


class ObjectionPaper(Value):
    """公示异议: real name, in writing, with evidence; a unit stamps it (G-04). Kept from everyone but the reviewer."""

    name: Name | None = item("G-04", "异议人姓名或单位名称（匿名的留空）", None)
    party: Literal["unit", "individual"] = item("G-04", "异议人类别")
    contact: Name | None = item("G-04", "联系方式", None)
    stamped: YesNo = item("G-04", "单位已加盖公章", False)
    channel: Literal["letter", "platform", "in_person", "email"] = item("G-04", "提出方式")
    postmarked_on: Day | None = item("G-03", "寄出邮戳日期", None)
    text: Text = item("G-04", "异议内容")
    evidence: Evidence = item("G-04", "证明材料", (), max_length=SOME)


class DefencePaper(Value):
    """陈述申辩书 (G-17)."""

    text: Text = item("G-17", "陈述申辩内容")
    documents: Evidence = item("G-17", "证据材料", (), max_length=SOME)


class Scan(Value):
    """A reference to the scan of what came on paper, with its envelope if it was posted."""

    name: Name = item("A-28", "文件名")
    media_type: Annotated[str, Field(pattern=r"^[a-z]+/[A-Za-z0-9.+-]+$")] = item("A-28", "媒体类型")
    size: Annotated[int, Field(gt=0, le=500_000_000, strict=True)] = item("A-28", "大小（字节）")
    sha256: Digest = item("A-28", "SHA-256 摘要")
    location: Name = item("A-28", "存放位置")


class CamePaper(Value):
    """收件登记: who brought what came on paper, and its scan. What else there is to say stands in the act (Came)."""

    brought_by: Name | None = item("G-03", "送件人（邮寄的为寄件人）", None)
    scan: Scan = item("G-03", "来文扫描件（邮寄的连同信封）")


class ObjectionLetter(CamePaper):
    """书面异议: an objection that came on paper, as an office enters it with its scan (G-03, G-04)."""

    name: Name | None = item("G-04", "异议人姓名或单位名称（匿名的留空）", None)
    party: Literal["unit", "individual"] = item("G-04", "异议人类别")
    contact: Name | None = item("G-04", "联系方式", None)
    stamped: YesNo = item("G-04", "单位已加盖公章", False)
    text: Text = item("G-04", "异议内容")
    evidence: Evidence = item("G-04", "证明材料", (), max_length=SOME)


class EvidencePaper(Value):
    """证据和相关材料: of a proposal or decision of revocation (G-19), of a 复议 or 诉讼 (G-23)."""

    text: Text | None = item("G-19", "说明", None)
    documents: Evidence = item("G-19", "证据和相关材料", (), max_length=SOME)


class ForwardingPaper(Value):
    """报送省厅的正式文件 (B-17): the document D7."""

    document: Document = item("B-17", "正式文件")


class ContactPaper(Value):
    """更正后的联系与送达信息 (G-18, Q26)."""

    contact: Name = item("FA-12", "联系人")
    phone: Phone = item("FA-13", "电话")
    fax: Phone | None = item("FA-14", "传真", None)
    email: Email | None = item("FA-13", "电子邮箱（系统增设）", None)
    service: Service = item("G-18", "电子送达确认书")


class LeaderAfter(Leader):
    """盟主情况 after a change; one that takes over tells its research of last year (A-13)."""

    rd_last_year: Annotated[Amount, Field(ge=0)] | None = item("FA-06", "新盟主上一年度研发投入（万元）", None)


class ChangePaper(Value):
    """变更材料 (G-24): what changed, and for members or leader the state after the change (regulation/changes.py)."""

    text: Text = item("G-24", "变更说明")
    alliance_name: Name | None = item("FA-01", "变更后的联盟名称", None)
    leader: LeaderAfter | None = item("FA-04", "变更后的盟主", None)
    members: tuple[Member, ...] | None = item("FA-20", "变更后的成员单位表", None, max_length=MEMBERS)
    counts: Counts | None = item("FA-15", "变更后的成员数量", None)
    documents: Documents = item("G-24", "证明材料", (), max_length=DOCUMENTS)
