"""What the register alone can tell against an entry (a paper it lacks, a number or a name that is another's), or beside it."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from sqlmodel import Session, select

from activities import known, papers, rows
from models.acts import Lapse, RecordContinuation, ReportChange, Restore, Resubmit, RuleOnChange, Submit, Unreadable
from models.filing import Entry, Filing
from models.register import EntryRow, FilingRow, Paper
from models.values import day_of
from regulation import changes, identity, intake, lodging
from regulation.service import STRICTER_SINCE


def against(session: Session, head: Any, before: Filing | None, entry: Entry) -> str | None:
    """What only the register can tell against an entry."""
    key, number = rows.paper_of(entry), entry.filing.archive_number
    body = session.exec(select(Paper.body).where(Paper.digest == key)).first() if key else None
    if key and body is None:
        return lodging.PAPER_MISSING
    for record in set(rows.papers_of(entry)) - {key}:
        if not papers.is_stored(session, record):
            return lodging.PAPER_MISSING
    if number and (before is None or number != before.archive_number):
        others = select(FilingRow.filing_id).where(FilingRow.archive_number == number)
        if session.exec(others.where(FilingRow.filing_id != entry.filing.id)).first():
            return f"备案编号 {number} 已属于另一备案"
    if entry.refused is not None:
        return None
    if before is None and day_of(entry.at) >= STRICTER_SINCE and known.id_is_taken(session, entry.filing.id):
        return intake.ID_TAKEN
    if isinstance(entry.event, RecordContinuation):
        return _not_continued(session, entry, entry.event)
    if fault := _not_as_entered(session, entry):
        return fault
    paper = identity.content_of(json.loads(body)) if body else {}
    if name := _name_brought(session, before, entry, paper):
        continued = paper.get("previous_filing_id")
        if known.name_is_taken(session, entry.filing.id, name, but_by=continued):
            return intake.NAME_TAKEN
    if before is None or not key or isinstance(entry.event, Submit | Lapse | Unreadable):
        return None
    shown = json.loads(head.public)
    subject = changes.Subject(filing=before, alliance_name=shown["alliance_name"], leader_name=shown["leader"]["name"])
    return lodging.unfounded(entry.event, paper, subject)


def _not_as_entered(session: Session, entry: Entry) -> str | None:
    """Whether what confirms a letter says something else than what was entered: then nobody has confirmed that."""
    event = entry.event
    if isinstance(event, Submit | Lapse | Unreadable) or event.seconds is None:
        return None
    query = select(EntryRow.body).where(EntryRow.filing_id == entry.filing.id, EntryRow.act_id == event.seconds)
    body = session.exec(query).first()
    first = Entry.model_validate_json(body).event if body else None
    read = partial(papers.content, session)
    if isinstance(first, Submit | Lapse | None) or identity.said(first, read) != identity.said(event, read):
        return f"与来文登记 {event.seconds} 所载不同，无从核对"
    return None


def _not_continued(session: Session, entry: Entry, act: RecordContinuation) -> str | None:
    """Whether a filing names another as its predecessor, is of the same leader, and was archived under this number."""
    row = session.get(FilingRow, act.successor)
    if row is None or row.archive_number != act.successor_number or row.leader != entry.filing.leader:
        return f"没有同一盟主的、编号为 {act.successor_number} 的备案 {act.successor}"
    body = session.get_one(Paper, Filing.model_validate_json(row.value).paper).body
    if row.kind != entry.filing.kind.value or json.loads(body).get("previous_filing_id") != entry.filing.id:
        return f"{act.successor} 的备案申请未写明继续申报本备案"
    return None


def _name_brought(session: Session, before: Filing | None, entry: Entry, paper: Mapping[str, Any]) -> str | None:
    """The name that an entry brings to life: of an application, or of a change that is recorded, reported or confirmed."""
    event = entry.event
    named = isinstance(event, Submit | Resubmit)
    named |= isinstance(event, ReportChange) and event.change in ("rename", "leader")
    if isinstance(event, RuleOnChange) and event.decision == "confirmed" and before and before.change:
        reported = session.get(Paper, before.change.paper) if before.change.change == "leader" else None
        paper, named = json.loads(reported.body) if reported else {}, reported is not None
    name = paper.get("alliance_name") if named else None
    return name if isinstance(name, str) else None


def beside(session: Session, head: Any, before: Filing | None, entry: Entry) -> tuple[str, ...]:
    """Warnings about an entry that the register takes: a correction that corrects nothing, a name taken meanwhile (FA-01)."""
    if entry.refused is not None or entry.awaits_second:
        return ()
    if isinstance(entry.event, Resubmit) and before:
        versions = [papers.substance(session, paper) for paper in (before.paper, entry.filing.paper)]
        return (intake.NOTHING_CORRECTED,) if versions[0] == versions[1] else ()
    if not isinstance(entry.event, Restore):
        return ()
    name = json.loads(head.public)["alliance_name"]
    others = "、".join(row.filing_id for row in known.others_called(session, entry.filing.id, name))
    return (f"撤销期间已有同名联盟备案或正在申请（{others}），请通知盟主更名",) if others else ()
