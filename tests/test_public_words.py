"""What a round publishes and what time brings is told in words: whoever is about to publish it is no program."""

import re

import pytest

from gateway.shown.rounds.public_words import MOST_ROWS, in_words
from regulation.rounds.every import rules_of

CALL = {
    "title": "关于组织申报的通知", "document_no": "辽科办发〔2026〕12号", "office": "省科技厅", "stage": "open", "opens": "2026-11-30",
    "closes": "2026-12-20", "recommend_by": None, "text": "请按时申报。\n<b>附件</b>见下。", "attachments": ["申请表.pdf", "承诺书.pdf"],
}  # fmt: skip
LOT = {
    "title": "2026年度随机抽查",
    "purpose": "随机抽查",
    "document_no": None,
    "draw": 1,
    "as_of": "2026-11-29",
    "listed": 4,
    "taking_part": 3,
}
SUMS = {"round": "统计调查", "year": 2025, "answered": 3, "lines": [
    {"code": "101", "label": "从业人员期末人数", "unit": "人", "table": "一、盟主企业情况", "total": "30", "city": {"沈阳市": "30"}},
]}  # fmt: skip


def test_a_call_is_read_before_it_is_published() -> None:
    told = in_words(CALL)
    assert "<dt>状态</dt><dd>进行中</dd>" in told
    assert "<dt>截止日</dt><dd>2026年12月20日</dd>" in told
    assert "<dd>请按时申报。<br>&lt;b&gt;附件&lt;/b&gt;见下。</dd>" in told
    assert "<dd>申请表.pdf、承诺书.pdf</dd>" in told
    assert "初审推荐" not in told, "what is empty is left out"


@pytest.mark.parametrize("said", [CALL, LOT, SUMS])
def test_no_name_of_a_program_is_left(said: dict[str, object]) -> None:
    shown = re.sub(r"<[^>]*>|&lt;b&gt;|&lt;/b&gt;|\.pdf", "", in_words(said))
    assert not re.search("[a-z_{}]", shown), shown


def test_a_list_is_a_table_and_has_a_bound() -> None:
    assert '<th scope="col">指标名称</th>' in in_words(SUMS)
    assert "沈阳市 30" in in_words(SUMS)
    rows = [{"rank": number, "alliance": f"第{number}联盟"} for number in range(MOST_ROWS + 5)]
    told = in_words({"rows": rows})
    assert told.count("<tr>") == 1 + MOST_ROWS
    assert "另有5行" in told


@pytest.mark.parametrize(
    ("of", "name"),
    [
        ("evaluation-2026-210100-1", "report"), ("inspection-2026-LN-1", "reveal"), ("outage-2026-LN-1", "decision"),
        ("subsidy-2026-LN-1", "list"), ("subsidy-2026-LN-1", "objection:3"),
    ],
)  # fmt: skip
def test_what_is_overdue_has_a_name_on_the_agenda(of: str, name: str) -> None:
    assert not re.search("[a-z]", rules_of(of).word(name))
