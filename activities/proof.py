"""Proof: what is wrong with a filing's chain. Every row is made again from the entries, and compared."""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from sqlmodel import Session, SQLModel, col, select

from activities import papers as papers_
from activities import rows
from activities.rows import GENESIS, Papers, Row
from models.filing import Entry, Filing
from models.register import AnnualReportRow, EntryRow, FilingRow, MessageRow, PublicNoticeRow, VersionRow

Told = TypeVar("Told", MessageRow, PublicNoticeRow)

OF_ROUNDS = ("round_id", "about")
"""Columns that only what rounds tell and publish fills: what filings tell was hashed without them."""


def faults(session: Session, filing_id: str, papers: Papers) -> Iterator[str]:
    """Every fault of a filing's chain, its messages, notices, versions, reports and papers, in words."""
    previous, last = GENESIS, None
    before: Filing | None = None
    first_paper = ""
    public: dict[str, Any] = {}
    evaluated: Row = {}
    reports: dict[int, Row] = {}
    taken_in = select(VersionRow).where(VersionRow.filing_id == filing_id).order_by(col(VersionRow.version))
    versions = list(session.exec(taken_in))
    sent = by_entry(session.exec(select(MessageRow).where(MessageRow.filing_id == filing_id)))
    shown = by_entry(session.exec(select(PublicNoticeRow).where(PublicNoticeRow.filing_id == filing_id)))
    query = select(EntryRow).where(EntryRow.filing_id == filing_id).order_by(col(EntryRow.number))
    for expected, row in enumerate(session.exec(query), 1):
        if row.number != expected:
            yield f"第{expected}号登记缺失"
            return
        entry = Entry.model_validate_json(row.body)
        told, made_public = sent.pop(expected, []), shown.pop(expected, [])
        brought = [versions.pop(0)] if versions and rows.submission(entry) else []
        seen = rows.effects(*([as_hashed(row) for row in each] for each in (told, made_public, brought)))
        yield from (f"第{expected}号登记{fault}" for fault in _entry_faults(row, entry, seen, previous))
        reports |= rows.reported(reports, before, entry)
        for key in dict.fromkeys(filter(None, (row.paper, *rows.papers_of(entry)))):
            if papers_.fault(session.connection(), key):
                yield f"第{expected}号登记的文书已被改动或缺失"
        evaluated = rows.evaluated(evaluated, entry)
        public = rows.public(before, public, entry, papers)
        first_paper = first_paper or entry.filing.paper
        previous, last, before = row.hash, row, entry.filing
    if sent or shown or versions:
        yield "有消息、公告或申请版本不属于任何登记"
    kept = session.exec(select(AnnualReportRow).where(AnnualReportRow.filing_id == filing_id))
    if {row.year: row.model_dump() for row in kept} != reports:
        yield "年度报送情况与登记不符"
    again = rows.filing_row(entry, first_paper, public, last.hash, papers) | evaluated if last else None
    yield from _head_faults(session.get(FilingRow, filing_id), again)


def as_hashed(row: SQLModel, mode: str = "python") -> Row:
    """A row as its entry's hash covers it; `mode` as pydantic has it."""
    told = row.model_dump(mode=mode)
    return {name: value for name, value in told.items() if value is not None or name not in OF_ROUNDS}


def by_entry(told: Iterable[Told]) -> dict[int, list[Told]]:
    """Messages, or announcements, by the entry that told them, each in the order in which its hash covers them."""
    found: dict[int, list[Told]] = {}
    for row in sorted(told, key=lambda row: (len(row.id), row.id)):
        found.setdefault(row.number, []).append(row)
    return found


def _entry_faults(row: EntryRow, entry: Entry, seen: str, previous: str) -> Iterator[str]:
    if row.effects != seen:
        yield "的消息、公告或申请版本已被改动"
    if row.hash != rows.link(previous, row.body, row.effects):
        yield "与前后登记的哈希不符"
        return
    for name, told in rows.searched(entry).items():
        if getattr(row, name) != told:
            yield f"的检索列 {name} 与登记内容不符"


def _head_faults(head: FilingRow | None, again: Row | None) -> Iterator[str]:
    if head is None or again is None:
        yield "备案或其登记缺失"
        return
    for name, told in again.items():
        if getattr(head, name) != told:
            yield f"备案现状的 {name} 与最后一条登记不符"
