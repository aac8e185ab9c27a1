"""What a round publishes, in words, for whoever is about to publish it: the file itself is written for programs."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape

from models.rounds.base import RoundStage
from models.values import as_day

NAMES: Mapping[str, str] = {
    "title": "名称", "round": "轮次", "year": "年度", "purpose": "事项", "office": "发布机关", "document_no": "文号",
    "scheme_no": "方案文号", "stage": "状态", "opens": "开始日", "closes": "截止日", "recommend_by": "初审推荐截止日",
    "until": "公示截止日", "text": "正文", "attachments": "附件", "why": "原因",
    "draw": "抽取家数", "as_of": "名单截至", "listed": "名单家数", "taking_part": "参加抽签家数", "drawn": "抽中家数",
    "population": "总体名单的摘要（SHA-256）", "seed": "合成的随机数（SHA-256）", "lot": "抽签结果的摘要（SHA-256）",
    "list": "名单的摘要（SHA-256）", "budget": "资金总额（万元）", "total": "合计", "tie": "并列的次序", "bands": "定额表",
    "order": "择优次序", "rows": "名单", "unpaid": "未予下达", "how_to_object": "如何提出异议", "rank": "名次",
    "alliance": "联盟名称", "leader": "盟主企业", "archive_number": "备案编号", "city": "所在市", "grade": "等级",
    "score": "得分", "band": "档", "base": "研发投入（万元）", "amount": "金额（万元）", "number": "档", "interval": "区间",
    "answered": "已填报（家）", "lines": "汇总数", "code": "代码", "label": "指标名称", "unit": "单位", "table": "表",
}  # fmt: skip
"""What each thing in a published file is called."""

MOST_ROWS = 200
"""So many rows of a list are shown before it is published; its file has all."""


def in_words(said: Mapping[str, Any]) -> Markup:
    """A published file as a list of what it says; what it leaves empty is left out."""
    told = Markup("").join(
        Markup("<dt>{}</dt><dd>{}</dd>").format(NAMES[name], _value(name, value))
        for name, value in said.items()
        if name in NAMES and value not in (None, "", [], {})
    )
    return Markup('<dl class="facts">{}</dl>').format(told)


def _value(name: str, value: Any) -> Markup:
    if name == "stage":
        return escape(RoundStage(value).label)
    if isinstance(value, Mapping):
        return escape("；".join(f"{key} {each}" for key, each in value.items()))
    if isinstance(value, list | tuple):
        return _rows(value)
    return Markup("<br>").join(as_day(value).splitlines())


def _rows(rows: Sequence[Any]) -> Markup:
    """Rows as a table, with what each column is called; other things one after the other."""
    if not all(isinstance(each, Mapping) for each in rows):
        return escape("、".join(map(str, rows)))
    columns = [name for name in dict.fromkeys(name for each in rows for name in each) if name in NAMES]
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(NAMES[name]) for name in columns)
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(Markup("<td>{}</td>").format(_cell(name, each.get(name))) for name in columns)
        )
        for each in rows[:MOST_ROWS]
    )
    left = len(rows) - MOST_ROWS
    more = Markup("<p>另有{}行，见所公布的文件。</p>").format(left) if left > 0 else Markup("")
    table = Markup('<div class="scroll"><table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>{}')
    return table.format(head, body, more)


def _cell(name: str, value: Any) -> Markup:
    return Markup("") if value is None else _value(name, value)
