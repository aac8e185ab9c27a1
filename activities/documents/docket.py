"""The docket (卷宗) as a document: everything entered on a filing, in order, and what came of it.

People appear by their opaque ids. What objectors, contacts and statements say stays in the papers, and what a refused signal
said in the record: a docket is handed on.
"""

import json
from collections.abc import Iterable, Sequence

from activities.documents import gongwen
from activities.documents.gongwen import FINE, Grid
from activities.documents.record import Record, minute, read, receipts
from activities.publishing.publications import KINDS
from activities.register import Register
from models.acts import By, Event, Lapse, Withheld
from models.filing import Entry
from models.findings import Finding
from models.register import EntryRow, MessageRow
from models.values import day_of, legible
from models.vocabulary import Kind, LapseKind, Role, Stage, YearStatus
from regulation import entries, offices
from regulation.articles import quoted
from regulation.lifecycle import PROPOSED, is_proposed
from regulation.naming import how_it_came, midnight, on_day

SHOWN_OF_A_HASH = 8

TO = {
    "leader": "盟主企业",
    "reviewer": "审核机构",
    "supervisor": "审核机构负责人",
    "taking": "接收机构",
    "giving": "移出机构",
    "public": "社会公众",
}
"""Addressees that are no roles."""


def docket(register: Register, filing_id: str) -> bytes:
    """A filing's docket."""
    return of_record(read(register, filing_id), register.verify(filing_id))


def of_record(record: Record, faults: Sequence[str]) -> bytes:
    """The same of what was read, with what verifying its chain found."""
    row, last = record.row, record.entries[-1]
    document = gongwen.blank(
        f"卷宗：{row.alliance_name}", offices.name_of(row.zone or row.jurisdiction), last.entered_at
    )
    gongwen.heading(document, "卷宗", 0)
    document.add_paragraph()
    gongwen.tabulate(document, _cover(record, faults))
    entered = _entries(record)
    for title, grid in (
        ("一、登记", entered),
        ("二、消息及送达", _messages(record)),
        ("三、公示公告", _notices(record)),
        ("四、申请版本及核对结果", _versions(record)),
        ("五、年度报送", _reports(record)),
    ):
        gongwen.heading(document, title, new_page=grid is entered)
        if grid.rows:
            gongwen.tabulate(document, grid, FINE)
        else:
            document.add_paragraph("无。", gongwen.TEXT)
    gongwen.heading(document, "六、核验结果")
    for line in faults or ("登记链完好：每条登记、消息、公示、申请版本和文书均与写入时一致。",):
        document.add_paragraph(legible(line), gongwen.TEXT)
    return gongwen.saved(document)


def _cover(record: Record, faults: Sequence[str]) -> Grid:
    row, filing = record.row, record.filing
    told = (
        ("联盟名称", row.alliance_name),
        ("盟主企业", f"{row.leader_name}\n{row.leader}"),
        ("类别", Kind(row.kind).label),
        ("技术领域", row.technical_field),
        ("办理机构", offices.name_of(row.zone or row.jurisdiction)),
        ("平台申请编号", row.filing_id),
        ("备案编号", row.archive_number or "（尚无编号）"),
        ("备案日期", on_day(row.archived_on) if row.archived_on else "（未入库）"),
        ("当前阶段", Stage(row.stage).label),
        ("提交时间", minute(filing.submitted_at)),
        ("登记条数", str(row.number)),
        ("末条登记的哈希", row.head),
        ("核验结果", f"发现{len(faults)}处不符" if faults else "登记链完好"),
    )
    return Grid(header=("项目", "内容"), widths=(40, 116), rows=told)


def _entries(record: Record) -> Grid:
    rows = [told_of(row, entries.withheld(step.entry)) for row, step in zip(record.entries, record.steps, strict=True)]
    header = ("号", "时间", "事项", "何人", "阶段", "依据", "哈希")
    return Grid(header=header, widths=(9, 24, 31, 28, 20, 24, 20), rows=rows)


def told_of(row: EntryRow, entry: Entry) -> tuple[str, ...]:
    """An entry as a row of the docket: number, instant, what, who, stage, article, the beginning of its hash."""
    what = _event_name(entry)
    if entry.refused is not None:
        what += f"\n（不予办理：{entry.refused}）"
    if entry.undoes:
        what += f"\n（推翻第{entry.undoes}号登记）"
    by = getattr(entry.event, "by", None)
    who = _who(by, entry) if isinstance(by, By) else "期限届至" if isinstance(entry.event, Lapse) else "—"
    later = entry.back_dated or day_of(row.entered_at) != day_of(row.at)
    return (
        str(row.number),
        minute(row.at).replace(" ", "\n") + (f"\n（{minute(row.entered_at)}登记）" if later else ""),
        what,
        who,
        entry.stage.label,
        quoted(entry.article),
        row.hash[:SHOWN_OF_A_HASH],
    )


def _who(by: By, entry: Entry) -> str:
    """Role, office, and the person's opaque id; of what came on paper also for whom, and who took it in."""
    sender, came = getattr(entry.event, "on_behalf_of", None), getattr(entry.event, "came", None)
    half = "须另一人核对" if entry.awaits_second else "核对无误"
    on_paper = (
        (f"代{sender.label}登记", how_it_came(came), f"收件人 {came.received_by}", half) if sender and came else ()
    )
    return "\n".join(filter(None, (by.role.label, _place(by.office), by.person, *on_paper)))


def _place(key: str) -> str:
    """The city or zone of an office, where the role does not say which it is."""
    return offices.OFFICES[key].city if key in offices.OFFICES else offices.name_of(key) if key in offices.ZONES else ""


def _event_name(entry: Entry) -> str:
    """An event in words: what, of which year, how many days before or after."""
    event: Event | Withheld = entry.event
    kind = event.act if isinstance(event, Withheld) else event.kind
    label = getattr(kind, "label", None) or {"submit": "提交备案申请"}.get(str(kind), "无法识别的信号")
    year, days = getattr(event, "year", None), getattr(event, "days", None)
    if isinstance(event, Lapse) and event.kind is LapseKind.REMINDER and not year:
        label = "提醒：期限将满"
    when = f"\n{'逾期' if days > 0 else '提前'}{abs(days)}日" if days else ""
    name = label + (f" {year}年度" if year else "") + when
    return PROPOSED.format(name) if is_proposed(entry) else name


def _messages(record: Record) -> Grid:
    rows = [
        (
            str(sent.message.number),
            _to(sent.message),
            sent.message.title + ("\n（送达文书）" if sent.message.service else ""),
            "\n".join(receipts(sent)),
        )
        for sent in record.sent
    ]
    return Grid(header=("登记号", "收件", "标题", "送达情况"), widths=(14, 34, 64, 44), rows=rows)


def _to(message: MessageRow) -> str:
    return f"{TO.get(message.to) or Role(message.to).label}\n{_place(message.office)}".strip()


def _notices(record: Record) -> Grid:
    rows = []
    for each in record.notices:
        until = f"至{each.shown_until}" if each.shown_until else "起"
        content = {key: value for key, value in json.loads(each.content).items() if value is not None}
        days = f"{each.shown_from}\n{until}"
        rows.append((str(each.number), KINDS[each.kind].label, days, "\n".join(_told(content.items()))))
    return Grid(header=("登记号", "类别", "期间", "内容"), widths=(14, 24, 26, 92), rows=rows)


def _told(content: Iterable[tuple[str, object]]) -> Iterable[str]:
    for name, value in content:
        yield f"{name}：{'、'.join(map(str, value)) if isinstance(value, list) else value}"


def _versions(record: Record) -> Grid:
    rows = [
        (
            f"V{version.version}\n{minute(version.received_at)}",
            finding.severity.label,
            finding.message,
            quoted(finding.article),
        )
        for version in record.versions
        for finding in map(Finding.model_validate, json.loads(version.findings))
    ]
    return Grid(header=("版本", "性质", "核对结果", "依据"), widths=(36, 14, 66, 40), rows=rows)


def _reports(record: Record) -> Grid:
    rows = [
        (
            f"{each.year}年度",
            YearStatus(each.status).label,
            midnight(each.due),
            minute(each.filed_at) if each.filed_at else "—",
        )
        for each in record.reports
    ]
    return Grid(header=("年度", "情况", "报送截止", "报送时间"), widths=(30, 30, 52, 44), rows=rows)
