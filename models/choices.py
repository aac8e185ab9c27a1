"""How the values of fields that offer a choice are called."""

from collections.abc import Mapping

OUTCOMES = {
    "dismissed": "不成立",
    "returned": "成立，退回补正",
    "not_confirmed": "成立，不予确认",
    "upheld": "成立，更正名单",
    "granted": "同意",
    "refused": "不同意",
    "confirmed": "同意",
    "accepted": "采纳",
    "rejected": "不予采纳",
    "excellent": "优秀",
    "qualified": "合格",
    "unqualified": "不合格",
}
"""How what was decided is called."""

RULINGS = {
    "maintained": "维持",
    "set_aside": "撤销原决定",
    "unlawful": "确认原决定违法",
    "remade": "责令重新作出决定",
    "rejected": "驳回请求",
    "ended": "终止（撤回或者和解）",
}
PROCEDURES = {"reconsideration": "行政复议", "suit": "行政诉讼"}
"""行政复议 and 行政诉讼, and how they end."""

HOW_IT_CAME = {"post": "邮寄", "in_person": "当面递交", "email": "电子邮件", "fax": "传真"}
"""How what came on paper reached an office."""

CHANGES = {"contact": "联系信息", "rename": "更名", "members": "成员", "leader": "盟主", "ended": "盟主或协议终止"}
"""What of an alliance can change."""

MEMBERS = {
    "enterprise": "企业",
    "university": "高校",
    "institute": "科研机构",
    "finance": "金融机构",
    "intermediary": "中介机构",
    "other": "其他",
}
"""What a member of an alliance can be."""

MEASURES = {
    "members": ("成员总数", "家"),
    "enterprises": ("成员企业数量", "家"),
    "research_bodies": ("成员高校和研究机构数量", "家"),
    "rd": ("盟主上一年度研发投入", "万元"),
    "sales": ("盟主上一年度销售收入", "万元"),
}
"""Figures of an application that a city's criterion can ask for, each with its unit."""

LOCAL_DOCUMENTS = {f"L{number}": f"属地要求的材料（{number}）" for number in range(1, 10)}
"""What a city asks for besides; its document says how each is called (regulation/local_rules.py)."""

CHOICES: Mapping[str, Mapping[str, str]] = {
    "type": {
        **MEMBERS, "whole": "整数", "amount": "数额", "yes_no": "是否", "choice": "单选", "line": "文字", "text": "长文字", "day": "日期",
    },
    "rows": {"once": "每个联盟一次", "members": "每个成员一行", "list": "逐行填写"},
    "covers": {"all": "全部成员", "main": "主要成员", "any": "任一成员"},
    "is_": {
        "positive": "大于零", "yes": "是", "at_most": "不大于", "at_least": "不小于", "equals": "等于",
    },
    "severity": {"error": "强制性审核", "warning": "提示性审核"},
    "org_type": MEMBERS,
    "kind": {
        "D1": "备案申请表", "D2": "联盟协议文本", "D3": "营业执照或法人证书", "D4": "上一年度纳税申报表",
        "D5a": "研发费用加计扣除明细表", "D5b": "研发投入专项审计报告", "D6": "知识产权证明材料",
        "D7": "正式文件", "D8": "推荐函或汇总表", "R1": "年度总结", "R2": "年度计划", "E1": "证据材料", **LOCAL_DOCUMENTS,
    },
    "tasks": {
        "1": "一、产学研联合攻关", "2": "二、利益联结与大中小企业融通", "3": "三、产业集聚", "4": "四、共性技术服务平台、新型研发机构",
        "5": "五、技术转移与成果转化", "6": "六、“带土移植”引进培养人才", "7": "七、领域（行业）服务", "8": "八、标准化工作",
    },
    "measure": {key: f"{label}（{unit}）" for key, (label, unit) in MEASURES.items()},
    "outcome": OUTCOMES,
    "grade": OUTCOMES,
    "decision": {
        "approved": "同意", "rejected": "不同意", "confirmed": "确认", "refused": "不予确认",
        "accepted": "整改合格", "again": "继续整改", "not_rectified": "逾期未整改", "ended": "联盟已终止，整改终结",
    },
    "result": {**OUTCOMES, "in_order": "未发现问题", "deficient": "存在问题"},
    "change": CHANGES,
    "tag": {"recommended": "推荐典型联盟", "typical": "典型联盟", "pilot": "试点示范"},
    "listing": {"abnormal": "经营异常名录", "serious": "严重违法失信名单"},
    "method": {"inbox": "平台收件箱", "phone": "电话", "post": "邮寄", "in_person": "直接送达", "public_notice": "公告送达"},
    "procedure": PROCEDURES,
    "ruling": RULINGS,
    "party": {"unit": "单位", "individual": "个人"},
    "how": HOW_IT_CAME,
    "grades": {"excellent": "优秀", "qualified": "合格"},
    "order": {
        "grade": "评价等级高者在先", "score": "评价得分高者在先", "zone": "位于高新区者在先", "base": "上一年度研发投入高者在先",
        "archived_on": "备案在先者在先",
    },
    "proof": {"D5a": "D5a 研发费用加计扣除明细表", "D5b": "D5b 研发投入专项审计报告"},
    "channel": {"letter": "信函", "platform": "平台", "in_person": "当面", "email": "电子邮件"},
}  # fmt: skip
"""By the name of the field."""


def worded(name: str, value: str) -> str:
    """A value of a field as people call it: the value itself where it is no choice."""
    return CHOICES.get(name, {}).get(value, value)
