"""Who may fetch an uploaded file: whoever brought it, or who may read the paper of a filing or a round that refers to it."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from sqlmodel import col, select

from activities.database import reading
from activities.rows import papers_of
from gateway.identity import Identity
from gateway.problem import NoFile, NotFound
from gateway.remembered.audit import AuditKind
from gateway.remembered.uploads import owner_of
from gateway.shown.rounds import seen
from gateway.tools import Tools, value_of
from gateway.visit import Visit
from models.filing import Entry
from models.gateway import UploadRow
from models.register import EntryRow, Paper, RoundEntryRow
from models.rounds.round import RoundEntry
from regulation.offices import READERS


def fetched(
    visit: Visit, sha256: str, filing_id: str | None, round_id: str | None = None, *, page: int | None = None
) -> tuple[UploadRow, Path]:
    """A file and where it lies; `NotFound` if there is none for them. That it was asked for, or a `page` of it, is on record.

    Without a filing or a round it is for those of the post that brought it.
    """
    tools, who = visit.tools, visit.who
    owners = set[str]() if filing_id or round_id else {owner_of(who.by)}
    with suppress(NotFound):  # a filing that they may not see is as good as none, and that they asked is on record too
        owners |= set(_bringers(tools, filing_id, sha256, who) if filing_id else ())
        owners |= set(_bringers_of_round(tools, round_id, sha256, who) if round_id else ())
    found = tools.uploads.find(sha256, owners)
    about = sha256 if page is None else f"{sha256} page {page}"
    visit.note(AuditKind.READ_UPLOAD, filing_id=filing_id if found else None, about=about, success=bool(found))
    if found is None:
        raise NoFile(sha256)
    return found


def _bringers(tools: Tools, filing_id: str, sha256: str, who: Identity) -> Iterator[str]:
    """Whose papers on a filing refer to a document, as far as somebody may read them.

    What a paper names counts only if whoever brought the paper brought the document too: to know its digest is not enough.
    """
    filing = value_of(tools.seen(filing_id, who))
    with reading(tools.register.engine) as session:
        rows = session.exec(select(EntryRow.kind, EntryRow.body).where(EntryRow.filing_id == filing_id)).all()
    for kind, body in rows:
        if not who.reads(filing, kind) or '"by":' not in body:
            continue
        entry = Entry.model_validate_json(body)
        by = getattr(entry.event, "by", None)
        if by and any(_mentions(tools.register.paper(paper), sha256) for paper in papers_of(entry)):
            yield from (owner_of(by), by.office)  # files of 0.3.0 and before are the office's


def _bringers_of_round(tools: Tools, round_id: str, sha256: str, who: Identity) -> Iterator[str]:
    """The same of a round: of its papers that somebody may read."""
    seen.seen(tools, who, round_id)
    if who.role not in READERS:
        return
    rests = select(RoundEntryRow.body).join(Paper, col(Paper.digest) == RoundEntryRow.paper)
    rests = rests.where(RoundEntryRow.round_id == round_id, col(Paper.body).contains(sha256, autoescape=True))
    with reading(tools.register.engine) as session:
        bodies = session.exec(rests).all()
    for entry in map(RoundEntry.model_validate_json, bodies):
        if entry.act and seen.may_read(tools, who, entry):
            yield owner_of(entry.act.by)


def _mentions(paper: object, sha256: str) -> bool:
    """Whether a document with this digest is anywhere in a paper."""
    if isinstance(paper, dict):
        return paper.get("sha256") == sha256 or any(_mentions(each, sha256) for each in paper.values())
    return isinstance(paper, list) and any(_mentions(each, sha256) for each in paper)
