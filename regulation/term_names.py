"""What the numbers of the terms that filings under way live by are called, and how a proposed one is written down (推演)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from models.findings import Finding
from models.values import Value, as_day
from models.vocabulary import Kind, Severity
from regulation.editions import EditionRefused
from regulation.offices import OFFICES
from regulation.terms import ADDED, KEYS, TERMS, TermsEdition, terms_on

NAMES: Mapping[str, str] = {
    "review.acceptance_working_days": "受理期限（工作日）",
    "review.city_working_days": "审核期限（工作日）",
    "review.reminder_working_days": "审核中途提醒（第几个工作日）",
    "review.extension_working_days": "审核延长期限（工作日）",
    "review.iit_opinion_working_days": "工信部门意见期限（工作日）",
    "review.iit_required": "审核是否需工信部门意见",
    "correction.applicant_days": "补正期限（日）",
    "correction.lapses": "逾期不补正是否视为撤回",
    "chase.superior_working_days": "逾期后通报上级（工作日）",
    "notice.length": "公示期长短",
    "notice.unit": "公示期按工作日还是自然日",
    "notice.count_publication_day": "公示发布当日是否计入",
    "notice.postal_grace_working_days": "公示后等候邮寄异议（工作日）",
    "objection.handling_working_days": "异议处理期限（工作日）",
    "forwarding.working_days": "正式文件报送期限（工作日）",
    "archive.working_days": "省厅入库期限（工作日）",
    "annual.deadline": "年度总结和计划报送截止日（月-日）",
    "annual.first_due_min_days": "入库当年须报送的最少剩余日数",
    "annual.window_opens": "年度报送开始日（月-日）",
    "annual.roll_forward": "报送截止日遇休息日是否顺延",
    "annual.reminder_days": "年度报送提醒（截止前为负、截止后为正的日数）",
    "annual.copy_to_city_from": "年度提醒自何日起抄送审核机构",
    "annual.check_working_days": "年度报告审查期限（工作日）",
    "annual.answer_working_days": "年度报告退回答复期限（工作日）",
    "extension.max_days": "延期最长日数",
    "extension.obstacle_days": "障碍消除后申请延期的期限（日）",
    "letter.answer_days": "认定来文不符后盟主企业提供凭证的期限（日）",
    "extension.ruling_working_days": "延期批复期限（工作日）",
    "revocation.service_working_days": "告知书送达期限（工作日）",
    "revocation.statement_working_days": "陈述申辩期（工作日）",
    "revocation.postal_grace_working_days": "陈述申辩期后等候邮寄（工作日）",
    "revocation.publish_proposal": "拟撤销是否公示",
    "revocation.publish_proposal_working_days": "拟撤销公示期（工作日）",
    "revocation.defence_working_days": "申辩复核期限（工作日）",
    "revocation.decision_working_days": "撤销决定期限（工作日）",
    "revocation.auto_complete": "连续两年未报送的撤销是否期满自行办结",
    "revocation.city_most_a_day": "每市每日自行办结的撤销上限（件）",
    "revocation.province_most_a_day": "全省每日自行办结的撤销上限（件）",
    "revocation.listing_cure_days": "移出经营异常名录的期限（日）",
    "revocation.announce_working_days": "撤销公告期限（工作日）",
    "revocation.announce_alert_working_days": "撤销公告预警（工作日）",
    "change.report_days": "变更报告期限（日）",
    "change.review_working_days": "变更审核期限（工作日）",
    "notice.max_days_ahead": "公示起始日最多提前（日）",
}
"""The numbers that may move a date of a filing under way, in the order of a life; the others are asked for at a submission, or say how
long something is kept."""

OTHERS: Mapping[str, str] = {
    "correction.escalate_after": "多次退回后通报上级（次）",
    "revocation.missed_years": "启动撤销程序的连续未报送年数",
    "days.earliest": "最早可填日期",
    "days.doubtful_after_years": "日期过早须核对的年数",
    "text.max_chars": "文本字数上限",
    "intake.window": "申报期",
    "intake.recommend_deadline": "初审推荐截止日",
    "intake.allow_correction_after_close": "申报期后能否补正",
    "local.rules": "属地文件",
    "retention.draft_days": "草稿保存期限（日）",
    "retention.unmentioned_days": "无人引用的文书和上传材料保存期限（日）",
    "retention.applicant_years": "未入库即终结的备案的联系信息保存年数",
    "retention.filed_years": "入库后终结的备案的联系信息保存年数",
    "retention.objector_years": "异议人身份保存年数",
    "retention.refusal_years": "未予登记的行为的记录保存年数",
    "retention.person_years": "不再登录的人员保存年数",
    "retention.audit_years": "审计记录保存年数",
    "outage.hours_before": "系统故障认定时段（截止前的小时数）",
    "outage.least_percent": "系统可用率下限（%）",
}
"""What the numbers are called that move no date of a filing under way."""

PROPOSED = "推演"
"""The name of an edition that is only supposed."""


class Proposal(Value):
    """A number that is proposed: which, for which kind and where, and what it would be, as written."""

    key: str
    written: str
    kind: Kind | None = None
    jurisdiction: str | None = None


class Number(NamedTuple):
    """A number of the terms as it stands: for whom, how much, by which article."""

    key: str
    name: str
    kind: Kind | None
    jurisdiction: str | None
    value: Any
    article: str


def numbers(edition: TermsEdition) -> Iterator[Number]:
    """The numbers of an edition that may move a date of a filing under way."""
    for key, name in NAMES.items():
        rows = {of: row for of, row in edition.rows.items() if of[0] == key and of[3] is None}
        if not rows and key in ADDED:
            yield Number(key, name, None, None, ADDED[key], "G-16" if key.startswith("revocation") else "G-01")
        for (_, kind, place, _), (value, article) in rows.items():
            yield Number(key, name, Kind(kind) if kind else None, place, value, article)


def article_of(edition: TermsEdition, key: str) -> str:
    """The article behind a number."""
    return next(each.article for each in numbers(edition) if each.key == key)


def proposed(proposals: Sequence[Proposal], since: date) -> tuple[dict[str, Any] | None, list[Finding]]:
    """Proposals as an edition that would be published from a day on, built on that of the day; or everything that is wrong with them."""
    base = terms_on(since)
    findings, rows = list[Finding](), []
    for at, each in enumerate(proposals):
        field = f"/proposals/{at}"
        of = (each.key, each.kind, each.jurisdiction)
        if of in [(other.key, other.kind, other.jurisdiction) for other in proposals[:at]]:
            findings.append(_finding(field, f"{NAMES.get(each.key, each.key)}写了两次，只能写一次"))
            continue
        if each.key not in NAMES:
            findings.append(_finding(field, f"没有 {each.key} 这一项期限标准，或者改动它不影响办理中的备案"))
            continue
        row = {
            "key": each.key,
            "kind": each.kind,
            "jurisdiction": each.jurisdiction,
            "value": _value(each),
            "article": article_of(TERMS[base], each.key),
        }
        try:
            TERMS.made(_document(base, since, [row]))
        except EditionRefused:
            wanted = KEYS[each.key][1]
            findings.append(_finding(field, f"{NAMES[each.key]}：“{each.written[:40]}”不可用，须为{wanted}"))
        else:
            if prevails := _prevailing(TERMS[base], each):
                findings.append(_finding(field, prevails))
        rows.append(row)
    if rows and not findings:
        findings += _before_the_window(TERMS.made(_document(base, since, rows)), proposals)
    return (_document(base, since, rows) if rows and not findings else None), findings


def _prevailing(base: TermsEdition, each: Proposal) -> str:
    """Why a proposal for both kinds would not be one: a kind has a number of its own, which goes before and would stay as it is."""
    own = [f"{kind}类" for kind in Kind if (each.key, kind.value, each.jurisdiction, None) in base.rows]
    if each.kind or not own:
        return ""
    if len(own) < len(Kind):
        return f"{NAMES[each.key]}对{own[0]}另有规定，不写明类别的假定只改动另一类，须写明类别"
    return f"{NAMES[each.key]}由{'、'.join(own)}分别规定，不写明类别的假定不起作用，须写明类别"


def _before_the_window(edition: TermsEdition, proposals: Sequence[Proposal]) -> Iterator[Finding]:
    """A year's deadline that comes before the day from which on the year is reported, for whoever is concerned by a proposal."""
    for at, each in enumerate(proposals):
        if each.key not in (DEADLINE, OPENS):
            continue
        for kind in [each.kind] if each.kind else Kind:
            last, opens = (_of(edition, key, kind, each.jurisdiction) for key in (DEADLINE, OPENS))
            if last and opens and last < opens:
                told = f"{kind.value}类{NAMES[DEADLINE]}{last}早于{NAMES[OPENS]}{opens}"
                yield _finding(f"/proposals/{at}", f"{told}；须同时假定更早的开始日")
                break


DEADLINE, OPENS = "annual.deadline", "annual.window_opens"


def _of(edition: TermsEdition, key: str, kind: Kind, place: str | None) -> Any:
    found = (edition.rows.get((key, of, where, None)) for where in (place, None) for of in (kind.value, None))
    return next((row[0] for row in found if row), None)


def _document(base: str, since: date, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"edition": PROPOSED, "base": base, "effective": str(since), "document_no": PROPOSED, "rows": rows}


def _value(proposal: Proposal) -> Any:
    """What was written, as the terms hold it: a number, yes or no, a list, or a text."""
    written = proposal.written.strip().replace("，", ",")
    if written in ("是", "否"):
        return written == "是"
    if proposal.key == "annual.reminder_days" and not written.startswith("["):
        written = f"[{written}]"
    try:
        value = json.loads(written)
    except ValueError:
        return written
    return value if isinstance(value, int | list) else written


def _finding(field: str, message: str) -> Finding:
    return Finding(code="G-44", field=field, severity=Severity.ERROR, message=message, article="")


def touches(new: TermsEdition, old: TermsEdition) -> bool:
    """Whether one edition has a number otherwise than another that may move a date of a filing under way."""
    return any(of[0] in NAMES and old.rows.get(of, (None,))[0] != value for of, (value, _) in new.rows.items())


def changed(new: TermsEdition, old: TermsEdition) -> list[str]:
    """The numbers that one edition has otherwise than another, in words."""
    return [
        f"{NAMES.get(key) or OTHERS[key]}{_where(kind, place, year)}：{_told(old.rows.get(of, (None,))[0])} → {_told(value)}"
        for of, (value, _) in new.rows.items()
        if old.rows.get(of, (None,))[0] != value
        for key, kind, place, year in [of]
    ]


def _where(kind: str | None, place: str | None, year: int | None) -> str:
    told = [
        each
        for each in (
            Kind(kind).value + "类" if kind else "",
            OFFICES[place].city if place else "",
            f"{year}年" if year else "",
        )
        if each
    ]
    return f"（{'，'.join(told)}）" if told else ""


def _told(value: Any) -> str:
    if value is None:
        return "（未单独规定）"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, dict):
        return "至".join(_told(value[end]) for end in ("opens", "closes") if end in value) or value.get(
            "document_no", "另有规定"
        )
    if isinstance(value, list):
        return "、".join(map(str, value))
    return as_day(value)
