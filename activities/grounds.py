"""What the register alone can tell against an entry (a paper it lacks, a number or a name that is another's), or beside it."""

from sqlalchemy import bindparam, select

from activities import outage_proposals, rows
from activities.proposed import Proposed
from models.acts import (
    ApproveRevocation,
    CloseLetter,
    Lapse,
    NewVersion,
    RecordContinuation,
    ReportChange,
    Restore,
    RuleOnChange,
    Submit,
    Unreadable,
)
from models.filing import Entry, Filing
from models.register import EntryRow, FilingRow
from models.values import day_of, digest
from models.vocabulary import Ground, Stage
from regulation import changes, identity, intake, judging, letters, lodging
from regulation.agenda import letter_of
from regulation.service import STRICTER_SINCE

FILINGS, ENTRIES = (model.metadata.tables[model.__tablename__].c for model in (FilingRow, EntryRow))
ARCHIVED_AS = select(FILINGS.filing_id).where(FILINGS.archive_number == bindparam("archived_as"))
SUCCESSOR = select(FILINGS.archive_number, FILINGS.leader, FILINGS.kind, FILINGS.value).where(
    FILINGS.filing_id == bindparam("successor")
)
BODIES = select(ENTRIES.body).where(
    ENTRIES.filing_id == bindparam("of"), ENTRIES.number.in_(bindparam("numbers", expanding=True))
)
BODY_OF_ACT = select(ENTRIES.body).where(ENTRIES.filing_id == bindparam("of"), ENTRIES.act_id == bindparam("act"))


def against(proposed: Proposed, *, looks: bool) -> str | None:
    """What only the register can tell against an entry; what its tables refuse by themselves only if it `looks`."""
    entry, before = proposed.entry, proposed.before
    if not all(map(proposed.has_paper, rows.papers_of(entry))):
        return lodging.PAPER_MISSING
    number = entry.filing.archive_number
    if looks and number and (before is None or number != before.archive_number):
        held = proposed.db.scalars(ARCHIVED_AS, {"archived_as": number})
        if any(each != entry.filing.id for each in held):
            return f"备案编号 {number} 已属于另一备案"
    if entry.refused is not None:
        return None
    if isinstance(entry.event, RecordContinuation):
        return _not_continued(proposed, entry.event)
    if fault := _not_as_entered(proposed) or _not_done(proposed) or _not_yet_decided(proposed):
        return fault
    if name := _name_brought(proposed):
        around = proposed.around(name)
        if before is None and day_of(entry.at) >= STRICTER_SINCE and around.id_is_taken:
            return judging.ID_TAKEN
        if around.name_is_taken(but_by=proposed.content.get("previous_filing_id")):
            return judging.NAME_TAKEN
    if before is None or not rows.paper_of(entry) or isinstance(entry.event, Submit | Lapse | Unreadable):
        return None
    shown = proposed.shown_before
    subject = changes.Subject(filing=before, alliance_name=shown["alliance_name"], leader_name=shown["leader"]["name"])
    return lodging.unfounded(entry.event, proposed.content, subject)


def _not_as_entered(proposed: Proposed) -> str | None:
    """Whether what confirms a letter says something else than what was entered: then nobody has confirmed that."""
    event = proposed.entry.event
    if isinstance(event, Submit | Lapse | Unreadable) or event.seconds is None:
        return None
    body = proposed.db.execute(BODY_OF_ACT, {"of": proposed.entry.filing.id, "act": event.seconds}).scalar()
    first = Entry.model_validate_json(body).event if body else None
    read = proposed.paper
    if isinstance(first, Submit | Lapse | None) or identity.said(first, read) != identity.said(event, read):
        return f"与来文登记 {event.seconds} 所载不同，无从核对"
    return None


def _not_done(proposed: Proposed) -> str | None:
    """Whether an entry is not the one that left nothing to do upon a letter (G-42)."""
    event, before = proposed.entry.event, proposed.before
    if before is None or not isinstance(event, CloseLetter):
        return None
    bodies = proposed.db.scalars(BODIES, {"of": before.id, "numbers": [event.done_by - 1, event.done_by]})
    found = {entry.number: entry for entry in map(Entry.model_validate_json, bodies)}
    earlier, entry = found.get(event.done_by - 1), found.get(event.done_by)
    name = letter_of(before, event.letter) or ""
    if earlier and entry and letters.is_done_by(earlier.filing, entry, name, before.letters.get(name)):
        return None
    return f"来文所请之事不是由第{event.done_by}号登记办结的"


def _not_yet_decided(proposed: Proposed) -> str | None:
    """Whether people decide a revocation for years not reported, while it is open whether the deadline of one was to be extended for
    an outage of our own (G-29): what time alone must not bring, they do not bring either."""
    entry, before = proposed.entry, proposed.before
    case = before.case if before and isinstance(entry.event, ApproveRevocation) else None
    if before is None or case is None or case.ground is not Ground.TWO_YEARS_MISSED:
        return None
    if day_of(entry.entered_at) < STRICTER_SINCE:
        return None
    waits = outage_proposals.waits_for(before, outage_proposals.naming(proposed.db, before.id))
    return waits.refuses if waits else None


def _not_continued(proposed: Proposed, act: RecordContinuation) -> str | None:
    """Whether a filing names another as its predecessor, is of the same leader, and was archived under this number."""
    filing = proposed.entry.filing
    row = proposed.db.execute(SUCCESSOR, {"successor": act.successor}).one_or_none()
    if row is None or row.archive_number != act.successor_number or row.leader != filing.leader:
        return f"没有同一盟主的、编号为 {act.successor_number} 的备案 {act.successor}"
    form = proposed.paper(Filing.model_validate_json(row.value).paper)
    if row.kind != filing.kind.value or form.get("previous_filing_id") != filing.id:
        return f"{act.successor} 的备案申请未写明继续申报本备案"
    return None


def _name_brought(proposed: Proposed) -> str | None:
    """The name that an entry brings to life: of an application, or of a change that is recorded, reported or confirmed."""
    event, before, paper = proposed.entry.event, proposed.before, None
    if isinstance(event, Submit | NewVersion) or (
        isinstance(event, ReportChange) and event.change in ("rename", "leader")
    ):
        paper = proposed.content
    elif isinstance(event, RuleOnChange) and event.decision == "confirmed" and before and before.change:
        paper = proposed.paper(before.change.paper) if before.change.change == "leader" else None
    name = paper.get("alliance_name") if paper else None
    return name if isinstance(name, str) else None


def beside(proposed: Proposed) -> tuple[str, ...]:
    """Warnings about an entry that the register takes: a correction that corrects nothing, a name taken meanwhile (FA-01)."""
    entry, before = proposed.entry, proposed.before
    if entry.refused is not None or entry.awaits_second:
        return ()
    if isinstance(entry.event, NewVersion) and before:
        versions = [digest(proposed.paper(paper)) for paper in (before.paper, entry.filing.paper)]
        told = (intake.NOTHING_CORRECTED,) if versions[0] == versions[1] else ()
        back = before.stage in (Stage.LAPSED, Stage.NOT_CONFIRMED)
        name = proposed.content["alliance_name"]
        return (*told, *(_called_alike(proposed, name, before.stage.label) if back else ()))
    return (
        _called_alike(proposed, proposed.shown_before["alliance_name"], "撤销")
        if isinstance(entry.event, Restore)
        else ()
    )


def _called_alike(proposed: Proposed, name: str, meanwhile: str) -> tuple[str, ...]:
    """Whether the name that comes back to life was taken while its filing was at an end (FA-01)."""
    others = proposed.around(name).called_alike
    named = "、".join(row.filing_id for row in others)
    return (f"{meanwhile}期间已有同名联盟备案或正在申请（{named}），请通知盟主更名",) if others else ()
