"""The audit as people read it: what each line is about, in words; and as a table to take away (审计记录表), with the names of then.

What stands in the record stays as it was written, for its hash rests on it: words are put to it when it is shown.
"""

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from activities.documents.sheets import Head, harmless, table
from gateway.remembered.audit import AuditKind, kind_of, role_of
from gateway.remembered.handling import HandlingKind
from gateway.remembered.people import People
from gateway.remembered.retention import Kept
from models.gateway import AuditRow
from models.rounds.base import parts
from models.rounds.round import ROUND_ACT_TYPES
from models.values import SHANGHAI
from models.vocabulary import ActKind, Role
from regulation import identity, offices
from regulation.phrases import Purpose

HEADS = (
    Head("号", 10), Head("时间", 20), Head("人员编号", 20), Head("姓名（当时）", 18), Head("机构", 24), Head("身份", 12), Head("事项", 12),
    Head("备案或轮次", 24), Head("对象", 40), Head("来源地址", 18), Head("结果", 8), Head("校验值", 66), Head("对象（登记原文）", 40),
)  # fmt: skip

Names = Mapping[tuple[str, datetime], str]


def names_then(people: People, lines: Sequence[AuditRow]) -> Names:
    """What those who did something were called when they did it; the service's own routines by what they do."""
    of_the_service = {(each.person, each.at): word for each in lines if (word := identity.ROUTINES.get(each.person))}
    return {**people.named_then((each.person, each.at) for each in lines), **of_the_service}


# What a line is about


class About(NamedTuple):
    """What a line is about, in words; and what identifies it, a digest, an address or a file, as it is."""

    words: str
    mark: str = ""


ACTS = {
    "submit": "提交备案申请", "read": "阅读消息",
    **{each.value: each.label for each in ActKind},
    **{name: each.model_fields["kind"].default.label for name, each in ROUND_ACT_TYPES.items()},
}  # fmt: skip
"""What was done, by the first word of what is on record."""

PAPERS = {**ACTS, "application": "备案申请表", "return": "统计调查表"}

MARK = re.compile(r"[0-9a-f]{64}")

HANDLED = {
    **{each.value: each.label for each in HandlingKind},
    "take_back": "拿回", "done": "办结", "deputy_for": "代同事办理", "redeliver": "重新投递", "absence": "委托代办", "phrase": "常用语",
    "webhooks/test": "试发到业务系统", "calendar": "日历订阅",
}  # fmt: skip

DRAFTED = {
    "begin": "新建草稿", "save": "保存草稿", "delete": "删除草稿", "review": "保存核对结果", "survey": "保存统计调查表", "report": "保存年度报告",
}  # fmt: skip

EXPORTED = {
    "docket": "卷宗", "dossier": "归档包", "form": "申请表", "draft": "公文草稿", "receipt": "收件回执", "proof": "证明",
    "calendar.ics": "期限日历", "calendar": "期限日历", "draft form": "草稿申请表",
}  # fmt: skip


def about(line: AuditRow) -> About:
    """What a line is about."""
    told = WORDED.get(line.kind)
    return told(line.object) if told and line.object else About(line.object)


def _acted(text: str) -> About:
    kind, _, _ = text.partition(" ")
    return About(ACTS[kind]) if kind in ACTS else About("无法识别的事项" if kind == "None" else text)


def _paper(text: str) -> About:
    name, _, mark = text.rpartition(" ")
    if MARK.fullmatch(mark):
        return About(PAPERS.get(name, "文书"), mark)
    if parts(name):
        return About(f"{name}第{mark}号登记所附文书" if mark.isdigit() else f"{name}{PAPERS.get(mark, '文书')}")
    return About(text)


def _upload(text: str) -> About:
    mark, _, page = text.partition(" page ")
    return About(f"上传材料第{page}页" if page else "上传材料", mark)


def _messages(text: str) -> About:
    return About({"inbox": "收件箱", "undelivered": "未送达的信函"}.get(text, text))


def _exported(text: str) -> About:
    of, _, name = text.partition(" ")
    if parts(of) and name:
        return About(f"{of}的文件", name)
    kind, _, number = text.partition("-")
    if number.partition("-")[0].isdigit() and kind in EXPORTED:
        number = number.partition("-")[0]
        return About(f"第{number}版申请表" if kind == "form" else f"第{number}号登记的{EXPORTED[kind]}")
    words, _, query = text.partition("）")
    return About(
        EXPORTED.get(text) or EXPORTED.get(of) or (f"{words}）" if query else text), query if "=" in query else ""
    )


def _handled(text: str) -> About:
    kind, _, rest = text.partition(" ")
    if kind == "phrase":
        return About("删除常用语" if rest.startswith("deleted") else f"保存常用语（{_purpose(rest)}）")
    ends = {"withdrawn": "撤回", "begun": "开通"}
    ended = next((word for end, word in ends.items() if end in rest.split()), "设定" if kind == "absence" else "")
    return About(ended + HANDLED[kind] if kind in HANDLED else text)


def _purpose(value: str) -> str:
    return Purpose(value).label if value in set(Purpose) else value


def _drafted(text: str) -> About:
    kind, _, year = text.partition(" ")
    return About(f"{DRAFTED.get(kind, text)}{f'（{year}年度）' if year else ''}")


def _refused(text: str) -> About:
    status, _, address = text.partition(" ")
    method, _, path = address.partition(" ")
    said = {"404": "没有或者无权查看", "403": "无权办理", "401": "未登录"}.get(status, "")
    return About(f"{'查看' if method in ('GET', 'HEAD') else '办理'}：{said}", path) if said and path else About(text)


def _expired(text: str) -> About:
    told = [each.partition(":") for each in text.split(",")]
    known = {each.value: each.label for each in Kept}
    return About("；".join(f"{known.get(kept, kept)}{count}项" for kept, _, count in told))


def _cut(text: str) -> About:
    number, _, mark = text.partition(":")
    return About(f"至第{number}号", mark)


def _payloads(text: str) -> About:
    what, _, count = text.partition(" ")
    return About(f"{'加密' if what == 'encode' else '解密'}{count}项")


def _only_a_mark(words: str) -> Callable[[str], About]:
    return lambda text: About(words, text)


WORDED: Mapping[str, Callable[[str], About]] = {
    AuditKind.ACTED: _acted,
    AuditKind.READ_PAPER: _paper,
    AuditKind.READ_UPLOAD: _upload,
    AuditKind.READ_MESSAGES: _messages,
    AuditKind.EXPORTED: _exported,
    AuditKind.HANDLED: _handled,
    AuditKind.DRAFTED: _drafted,
    AuditKind.REFUSED: _refused,
    AuditKind.EXPIRED: _expired,
    AuditKind.CUT: _cut,
    AuditKind.CODEC: _payloads,
    AuditKind.BACKED_UP: _only_a_mark("备份文件"),
    AuditKind.SEARCHED: _only_a_mark("所查内容的摘要"),
    AuditKind.MASKED: _only_a_mark("遮蔽清单"),
    AuditKind.KEYED: _only_a_mark("密钥"),
}
"""How what is on record of each kind is put in words. Its own words where it is written in words already."""

# As a table


def _line(each: AuditRow, names: Names) -> list[str | int]:
    return [
        each.number, each.at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S"), each.person, names.get((each.person, each.at), ""),
        offices.title(Role(each.role), each.office), role_of(each), kind_of(each), each.filing_id or "", "　".join(filter(None, about(each))),
        each.client, "成功" if each.success else "未成功", each.hash, each.object,
    ]  # fmt: skip


def as_xlsx(lines: Sequence[AuditRow], names: Names, as_of: datetime) -> bytes:
    """As a workbook."""
    return table("审计记录", HEADS, (_line(each, names) for each in lines), as_of)


def as_csv(lines: Sequence[AuditRow], names: Names, as_of: datetime) -> bytes:
    """As CSV that a spreadsheet reads as it is."""
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\r\n")
    rows.writerow([each.title for each in HEADS])
    for each in lines:
        rows.writerow([harmless(str(cell)) for cell in _line(each, names)])
    return written.getvalue().encode("utf-8-sig")


MAKES: Mapping[str, Callable[[Sequence[AuditRow], Names, datetime], bytes]] = {"xlsx": as_xlsx, "csv": as_csv}
