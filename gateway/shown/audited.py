"""The audit as a table to take away (审计记录表): the same lines that the page shows, with the names of then."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from activities.documents.sheets import Head, harmless, table
from gateway.remembered.audit import kind_of, role_of
from gateway.remembered.people import People
from models.gateway import AuditRow
from models.values import SHANGHAI
from models.vocabulary import Role
from regulation import offices

HEADS = (
    Head("号", 10), Head("时间", 20), Head("人员编号", 20), Head("姓名（当时）", 18), Head("机构", 24), Head("身份", 12), Head("事项", 12),
    Head("备案或轮次", 24), Head("对象", 40), Head("来源地址", 18), Head("结果", 8), Head("校验值", 66),
)  # fmt: skip

Names = Mapping[tuple[str, datetime], str]


def names_then(people: People, lines: Sequence[AuditRow]) -> Names:
    """What those who did something were called when they did it."""
    return people.named_then((each.person, each.at) for each in lines)


def _line(each: AuditRow, names: Names) -> list[str | int]:
    return [
        each.number, each.at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S"), each.person, names.get((each.person, each.at), ""),
        offices.title(Role(each.role), each.office), role_of(each), kind_of(each), each.filing_id or "", each.object,
        each.client, "成功" if each.success else "未成功", each.hash,
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
