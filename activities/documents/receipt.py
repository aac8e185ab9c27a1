"""收件回执: what an office hands to whoever brought something on paper, or keeps with what came by post."""

import io
from collections.abc import Mapping, Sequence

from docx.shared import Mm
from sqlmodel import col, select

from activities import query_codes
from activities.database import reading
from activities.documents import gongwen
from activities.documents.gongwen import Grid
from activities.documents.record import minute
from activities.register import Register
from models.acts import Came
from models.choices import HOW_IT_CAME
from models.filing import Entry
from models.register import EntryRow, FilingRow
from models.values import day_of
from models.vocabulary import ActKind, Role
from regulation import offices
from regulation.naming import on_day
from regulation.on_paper import ON_PAPER

NOT_TOLD = "（未填写）"


def came_of(entry: Entry) -> Came | None:
    """How what an entry took in had come on paper; None if it had not, was refused, or was taken in by an entry before it."""
    came = getattr(entry.event, "came", None)
    return came if isinstance(came, Came) and entry.refused is None and entry.awaits_second else None


def on_paper(register: Register, filing_id: str) -> list[Entry]:
    """The entries of a filing that an office made of what had come on paper."""
    may_have = (col(EntryRow.kind).in_(list(ON_PAPER)), col(EntryRow.body).contains('"came":{'))
    query = select(EntryRow.body).where(EntryRow.filing_id == filing_id, *may_have)
    with reading(register.engine) as session:
        entries = [Entry.model_validate_json(body) for body in session.exec(query.order_by(col(EntryRow.number)))]
    return [entry for entry in entries if came_of(entry)]


def persons(entry: Entry) -> list[str]:
    """The ids of who took in what came, and who entered it."""
    came, by = came_of(entry), getattr(entry.event, "by", None)
    return [*([came.received_by] if came else []), *([by.person] if by else [])]


def facts(register: Register, row: FilingRow, entry: Entry, names: Mapping[str, str]) -> Sequence[tuple[str, str]]:
    """What a receipt says, line by line. It names whoever brought it: it is for those who may read the paper itself. Of the office's
    people it tells the `names`, and the id of one who never signed in."""
    came = came_of(entry)
    if came is None:
        raise LookupError(f"{row.filing_id}: 第{entry.number}号登记不是来文")
    event, by, record = entry.event, getattr(entry.event, "by", None), register.paper(came.record)
    year = getattr(event, "year", None)
    counted = day_of(entry.at)
    return (
        ("回执编号", f"{row.filing_id}-{entry.number}"),
        ("联盟名称", row.alliance_name),
        ("来文单位（人）", _sender(register, row, entry)),
        ("来文事项", ActKind(event.kind).label + (f"（{year}年度）" if year else "")),
        ("收到方式", HOW_IT_CAME[came.how]),
        ("收到日期", on_day(came.on)),
        *([("邮戳日期", on_day(came.postmarked_on))] if came.postmarked_on else []),
        ("计为提出之日", on_day(counted) + ("（以邮戳日期计）" if counted < came.on else "")),
        ("送件人", record.get("brought_by") or NOT_TOLD),
        ("收件人", names.get(came.received_by, came.received_by)),
        ("登记人", names.get(by.person, by.person) if by else NOT_TOLD),
        ("登记时间", minute(entry.entered_at)),
        ("扫描件", f"{record['scan']['name']}（SHA-256：{record['scan']['sha256']}）"),
        ("登记机构", offices.name_of(row.zone or row.jurisdiction)),
    )


def _sender(register: Register, row: FilingRow, entry: Entry) -> str:
    if getattr(entry.event, "on_behalf_of", None) is Role.LEADER:
        return row.leader_name
    return str(register.paper(getattr(entry.event, "paper", "")).get("name") or "匿名")


def receipt(register: Register, row: FilingRow, entry: Entry, own: str, names: Mapping[str, str]) -> bytes:
    """The receipt as a document, to be stamped; `own` is where people reach the gateway, `names` what its people are called."""
    office = offices.name_of(row.zone or row.jurisdiction)
    document = gongwen.blank("收件回执", office, entry.entered_at)
    gongwen.heading(document, "收件回执", 0)
    document.add_paragraph()
    gongwen.tabulate(document, Grid(header=("项目", "内容"), widths=(40, 116), rows=facts(register, row, entry, names)))
    if code := query_codes.on_receipt(row, entry):
        gongwen.write(document, [("", ""), ("", f"查询码：{code}。凭此码或者扫描下图，可以查询办理进度：{own}/query")])
        document.add_picture(io.BytesIO(query_codes.picture(own, code, "png")), width=Mm(30))
    gongwen.write(document, [("", ""), (">", office), (">", on_day(day_of(entry.entered_at)))])
    return gongwen.saved(document)
