"""What is to be written in a field of a long form, and why it is asked: one place, beside the models, for every door.

The definitions are those of 填表说明 (2023年通知附件2, B-25) and of the notes on both forms; `number` is the requirement for which a
field is asked (docs/articles.md). A field whose label says everything has a reason for having no help instead.
"""

from dataclasses import dataclass

from pydantic import BaseModel


@dataclass(frozen=True)
class Help:
    """Help at one field: what is to be written, why it is asked, and by which requirement."""

    what: str
    why: str = ""
    number: str = ""


_SALES = Help("按财务报表填写，单位为万元，可写到分，如 12600.50。", "核对盟主的规模；与上一年度研发投入对照。", "A-13")
_TOTAL = "全部成员（含盟主）之和，单位为万元；不得小于盟主一家的数。"

HELP: dict[str, Help] = {
    # 联盟简况
    "FormA.alliance_name": Help(
        "所在市＋盟主简称＋主导产业＋“产学研联盟”，如“沈阳市星海智造机器人产学研联盟”。",
        "名称用于公示和备案名录，不得与已备案的联盟相同。",
        "FA-01",
    ),
    "FormB.alliance_name": Help(
        "写作“××市××联盟”。", "名称用于公示和备案名录，不得与已备案的联盟相同。", "FB-01"
    ),
    "_Application.agreement_effective_on": Help(
        "协议载明的生效日期；没有载明的，填最后一方签署之日。不得晚于提交之日。", "须先有签署生效的协议，才能申请备案。", "A-17"
    ),
    "FormA.technical_field": Help(
        "从所列领域中选，或者自行填写。", "核对是否符合我省重点产业链、创新链的建设方向。", "A-19"
    ),
    "FormB.technical_field": Help(
        "选一项；按联盟主导产品（服务）的核心技术所属领域选。", "核对核心技术是否属于《技术领域》规定的范围。", "B-25"
    ),
    "_Application.jurisdiction": Help(
        "盟主注册并实际经营所在的市。", "备案实行属地管理，由该市（示范区）受理和审核。", "A-24"
    ),
    "_Application.previous_filing_id": Help(
        "本联盟此前申请过备案的，填当时的申请编号；首次申请的不填。", "继续申报须与此前的备案相衔接。", "G-32"
    ),
    "FormB.zone_name": Help(
        "省级以上高新区或者沈大自创区的名称；不在区内的不填。", "在高新区内的，由该区初审推荐。", "B-14"
    ),
    # 盟主
    "_Application.leader": Help("填盟主一家的情况，不是全联盟之和。"),
    "Leader.name": Help("营业执照上的全称。", "盟主须为企业。", "A-06"),
    "Leader.uscc": Help(
        "营业执照上的18位代码；小写、全角、空格会自动规整。", "核对是否为登录账号所属的企业、是否在省内登记。", "A-12"
    ),
    "Leader.org_type": Help("选“企业”。", "坚持由企业做盟主。", "A-06"),
    "Leader.registered_address": Help("营业执照上的住所。", "盟主须在辽宁省内注册。", "A-12"),
    "Leader.operating_address": Help(
        "实际生产经营的地址；与注册地址相同的照填一遍。", "盟主须在省内实地经营，审核机关可能现场核查。", "A-12"
    ),
    "Leader.contact": Help(
        "办理本申请的人；审核中的问题都找这个人。", "只供审核机关联系使用，不公开。", "FA-12"
    ),
    "Leader.phone": Help("手机，或者带区号的座机，如 024-22740339。", "补正、公示等通知会同时发短信。", "FA-13"),
    "Leader.fax": Help("带区号；没有的不填。"),
    "Leader.email": Help("没有的不填。", "通知会抄送到这个邮箱；送达以平台收件箱为准。", "G-18"),
    "LeaderA.sales_last_year": _SALES,
    "LeaderA.rd_last_year": Help(
        "单位为万元，须大于0；一般不大于销售收入。", "盟主须有一定的科技研发经费投入，数额没有门槛。", "A-13"
    ),
    "LeaderA.is_tech_sme": Help("以全国科技型中小企业评价入库为准。"),
    "LeaderA.tech_sme_number": Help("选“是”的填入库登记编号，有助于核对；不清楚的可不填。"),
    "LeaderA.in_zone": Help("以实际经营地址为准。"),
    "LeaderA.zone_name": Help("选“是”的必填。"),
    "LeaderA.is_eagle_or_gazelle": Help("以省级认定名单为准。"),
    "LeaderA.capability_alliance": Help(
        "技术能力提升类联盟另用一张申请表，在每年申报期内申请；填“是”的，请先核对是否选错了申请表。"
    ),
    "LeaderB.types": Help("至少选一项，可以多选。", "盟主须为瞪羚、雏鹰或者评价入库的科技型中小企业。", "B-10"),
    "LeaderB.last_year": Help("申报年度的上一年，按财务报表和统计报表填写。"),
    "LeaderB.year_before": Help("再往前一年，口径与上一年度相同。"),
    "LeaderB.projects": Help("项目、平台的名称和级别，一行一项；没有的不填。"),
    "LeaderYear.staff": Help("年末人数。"),
    "LeaderYear.tech_staff": Help(
        "直接从事研发和相关技术创新活动，以及专门从事上述活动的管理和提供直接技术服务的人员，包括在职、兼职和临时聘用人员。"
    ),
    "LeaderYear.rd": Help("上一年度须大于0。", "盟主上一年度须有研发活动，并有一定的研发投入。", "B-12"),
    "LeaderYear.cooperation": Help("企业与科研院所、大专院校开展技术合作所发生的费用。"),
    "LeaderYear.sales": _SALES,
    "LeaderYear.hightech_sales": Help(
        "通过研发和相关技术创新活动取得的产品（服务）收入与技术性收入的总和，其核心技术须在《技术领域》规定的范围内。"
    ),
    "LeaderYear.profit": Help("亏损的填负数，如 -35.20。"),
    "LeaderYear.ip_class1": Help(
        "发明专利（含国防专利）、植物新品种、国家级农作物品种、国家新药、国家一级中药保护品种、集成电路布图设计专有权等。"
        "填了数的，须附证明材料；涉密的不得上传。"
    ),
    "LeaderYear.ip_class2": Help(
        "实用新型专利、外观设计专利、软件著作权等，不含商标。填了数的，须附证明材料。"
    ),
    # 联盟
    "_Application.counts": Help("盟主也是成员，计入总数和企业数。"),
    "Counts.total": Help(
        "不少于2；可以大于后三项之和（还可以有金融、中介等机构）。", "与成员单位表、证照份数相核对。", "FA-15"
    ),
    "Counts.enterprises": Help("含盟主。", "产业链、创新链上下游相关优势企业应当共同参与。", "A-15"),
    "Counts.universities": Help("与研究机构合计不少于1。", "大学或科研机构是必要成员单位。", "A-14"),
    "Counts.institutes": Help("与高校合计不少于1。", "大学或科研机构是必要成员单位。", "A-14"),
    "FormA.innovation_goal": Help(
        "限500字（不计空格）。写明要解决的技术问题、各方分工、达到的指标和时间；须与协议一致。",
        "联盟须有明确的技术创新目标，能够形成生产力。",
        "A-18",
    ),
    "_Application.members": Help("盟主列为第一项。"),
    "Member.name": Help("登记证书上的全称。"),
    "Member.code": Help(
        "18位统一社会信用代码；港澳台和境外单位填当地的登记号，并改选国别。", "核对成员是否真实存在，并与其证照对应。", "G-35"
    ),
    "Member.country": Help("两位字母代码；境内单位为 CN。"),
    "Member.type": Help("高校或科研机构至少一家。", "大学或科研机构是必要成员单位。", "A-14"),
    "Member.position": Help(
        "用一两句话写：主导产品或者优势学科、市场或者学术地位、在联盟中承担什么。", "核对成员在合作领域是否具备比较优势。", "A-14"
    ),
    "Member.is_main": Help("联盟成员不超过10家的，都选“是”。"),
    "FormB.last_year": Help("申报年度的上一年，全部成员之和。"),
    "FormB.year_before": Help("再往前一年，全部成员之和。"),
    "AllianceYear.sales": Help(_TOTAL),
    "AllianceYear.rd": Help(_TOTAL),
    "FormB.cooperation": Help("至少一项；已有合作的单位或者人才团队逐家写。", "须已开展产学研合作。", "B-11"),
    "Cooperation.partner": Help("合作的高校、科研机构或者人才团队。"),
    "Cooperation.content": Help("合作做什么、分几个阶段、各阶段达到什么目标。"),
    "FormB.cooperation_forms": Help("至少选一项，可以多选。"),
    "FormB.other_cooperation_form": Help("选了“其他”的填写。"),
    "FormB.cooperation_status": Help(
        "限500字（不计空格）。主要包括：产业（行业）领域地位、产学研合作、人才团队、项目实施、开展活动。"
    ),
    "FormB.development_tasks": Help("限500字（不计空格）。写明建设期内的目标、任务和进度。"),
    # 材料、承诺
    "_Application.documents": Help(
        "申请表可以在本页下载已填好的，打印盖章后扫描上传。", "材料不全的，审核机关将一次性告知补正。", "A-28"
    ),
    "Document.kind": Help("每份文件选一类；一类有多份的，各占一项。"),
    "Document.owner": Help("证照填该成员的代码；其他材料不填。", "全体成员的证照每家一份。", "A-28"),
    "Document.secrecy": Help("只能是公开或者内部；涉密材料不得上传。", "涉密的，按保密规定另行报送。", "B-25"),
    "_Application.all_members_signed": Help(
        "协议须由全体成员（含盟主）签署。", "须已签署具有法律约束力的协议。", "A-17"
    ),
    "_Application.integrity_commitment": Help(
        "请通读承诺书全文后确认。", "本着诚信原则提交；提供虚假材料的，撤销备案。", "A-27"
    ),
    "_Application.service": Help("两种方式选一种；以后可以随时变更。"),
    "Service.consent": Help(
        "同意的，通知、决定送到平台收件箱即为送达，以到达收件箱之日为送达日期；不同意的，按所填地址邮寄。",
        "电子送达须经受送达人同意。",
        "G-18",
    ),
    "Service.address": Help("同意电子送达的不用改；不同意的填收件人、地址和邮编。"),
    # 年度报告、陈述申辩、异议
    "AnnualReport.summary": Help("写本年度做了什么、取得什么成果、与上年计划相比完成得怎样。"),
    "AnnualReport.plan": Help("写下一年度做什么、各方分工、时间和指标；明年的总结将与它对照。"),
    "AnnualReport.integrity_commitment": Help("所报内容须真实。", "提供虚假材料的，撤销备案。", "G-11b"),
    "Part.text": Help(
        "限4000字。有数字的写数字，有名称的写全称。", "联盟应在每年年底前提交总结和计划。", "A-34"
    ),
    "Part.tasks": Help("涉及哪项写哪项，不涉及的空着。", "工作指引规定的八项主要任务。", "A-22"),
    "Part.documents": Help("选填；总结为 R1，计划为 R2。"),
    "DefencePaper.text": Help(
        "逐条写明不同意的事实、理由和依据。", "撤销备案前有权陈述、申辩；不会因申辩而从重处理。", "G-17"
    ),
    "DefencePaper.documents": Help("能证明上述事实的材料，选填。"),
    "ObjectionPaper.name": Help("个人写姓名，单位写全称；匿名的留空，一般只作线索处理。"),
    "ObjectionPaper.party": Help("以单位名义提出的，书面材料须加盖公章。"),
    "ObjectionPaper.contact": Help("电话、地址或者邮箱；处理结果按此告知。"),
    "ObjectionPaper.text": Help("写明对公示中的哪一项有异议、事实和依据。"),
}  # fmt: skip
"""By the model that has the field, or the base that it has it from."""

WITHOUT: dict[str, str] = {
    "_Application.integrity_text": "由页面填写，不须人填",
    "_Application.service_text": "由页面填写，不须人填",
    "Document.name": "由所选的文件自动填写",
    "Document.media_type": "由所选的文件自动填写",
    "Document.size": "由所选的文件自动填写",
    "Document.sha256": "由所选的文件自动填写",
    "Document.location": "由所选的文件自动填写",
    "ObjectionPaper.stamped": "栏目名称已说明",
    "ObjectionPaper.evidence": "页面上说明可以附什么文件",
}
"""Fields that have none, each with its reason."""


def help_of(model: type[BaseModel], name: str) -> Help | None:
    """The help at a field of a model: its own, or that of the base from which it has the field."""
    for base in model.__mro__:
        if found := HELP.get(f"{base.__name__}.{name}"):
            return found
    return None
