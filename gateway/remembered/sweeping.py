"""Sweeping (清理): what nobody refers to a day after it was stored is deleted, whoever brought it; then what is past its time
is masked or deleted (gateway/remembered/retention.py).

An act that passed the door and was refused by the engine leaves its paper, a form that was never sent its files, somebody who
never came back a draft. What an entry mentions, be it a refused one, or a version, a report or a draft, stays; and so does what
belongs to an act that was received and not answered yet, for as long as its first receipt is remembered
(activities/arrivals.py): it may still be sent again.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import delete, or_
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from activities.arrivals import KEPT
from activities.database import reading, writing
from activities.logs import named
from gateway.remembered.drafts import Drafts
from gateway.remembered.retention import Expired, Retention
from gateway.remembered.uploads import HALF_DONE, Uploads
from models.gateway import CountedRow, DraftRow, StoredRow, UploadRow
from models.register import AnnualReportRow, ArrivalRow, EntryRow, FilingRow, Paper, VersionRow
from models.values import day_of
from regulation import retention

log = structlog.get_logger()

DAILY = timedelta(days=1)
FIRST = timedelta(minutes=5)
"""How long after its start a gateway sweeps first."""

DIGEST = re.compile(r"\b[0-9a-f]{64}\b")

AT_ONCE = 500
"""Papers that are deleted in one transaction."""

COUNTED = timedelta(days=2)
"""After this long what a gateway told the others counts nowhere: limits are of a day at most."""

QUIET = timedelta(hours=1)
"""So long nothing was entered on a filing whose papers are looked through: what was just entered is looked for next time."""


@dataclass(frozen=True)
class Swept:
    """How much was deleted."""

    papers: int
    uploads: int
    drafts: int
    expired: tuple[Expired, ...] = ()


@dataclass(frozen=True)
class Sweeping:
    """Rounds over what the doors have stored."""

    uploads: Uploads
    drafts: Drafts

    async def keep(self, now: Callable[[], datetime]) -> None:
        """Make a round soon, and one every day, until cancelled. Whatever fails is tried again the next day."""
        await asyncio.sleep(FIRST.total_seconds())
        while True:
            try:
                swept = await asyncio.to_thread(self.round, now())
            except Exception as error:
                log.warning("sweeping.round_failed", error=named(error))
            else:
                told = Counter[str]()
                for each in swept.expired:
                    told[each.kept] += each.count
                log.info("sweeping.swept", papers=swept.papers, uploads=swept.uploads, drafts=swept.drafts, **told)
            await asyncio.sleep(DAILY.total_seconds())

    def round(self, now: datetime) -> Swept:
        """What is past its time goes first, then drafts and papers that nobody refers to, then the files that only these mentioned."""
        expired = Retention(self.uploads.engine).apply(now)
        drafts = self._drafts(now)
        papers = self._papers(now)
        uploads = self._uploads(now)
        with writing(self.uploads.engine) as session:
            session.connection().execute(delete(StoredRow).where(col(StoredRow.day) < day_of(now)))
            session.connection().execute(delete(CountedRow).where(col(CountedRow.written_at) < now - COUNTED))
            session.connection().execute(delete(ArrivalRow).where(col(ArrivalRow.stored_at) < now - KEPT))
        return Swept(papers, uploads, drafts, tuple(expired))

    def due(self, now: datetime) -> Swept:
        """What a round would do now; nothing is changed. Files that only go with what goes first are not counted."""
        with reading(self.uploads.engine) as session:
            loose = self._loose_papers(session, now)
        drafts = len(self.drafts.past(now)) + len(self._filed(now))
        expired = Retention(self.uploads.engine).due(now)
        files, orphans = self._loose_uploads(now)
        return Swept(len(loose), len(files) + len(orphans), drafts, tuple(expired))

    def _drafts(self, now: datetime) -> int:
        """Drafts past their time, and those whose application was submitted, though the door died before it said so."""
        forgotten, rows = self.drafts.forget(now), self._filed(now)
        for row in rows:
            self.drafts.submitted(row.id, row.leader)
        return forgotten + len(rows)

    def _filed(self, now: datetime) -> Sequence[DraftRow]:
        filed = select(DraftRow).where(
            col(DraftRow.id).in_(select(FilingRow.filing_id)), col(DraftRow.updated_at) <= now - HALF_DONE
        )
        with reading(self.uploads.engine) as session:
            return session.exec(filed).all()

    def _loose_papers(self, session: Session, now: datetime) -> set[str]:
        loose = set(session.exec(_loose(now)))
        return loose - _mentioned_by_entries(session) if loose else loose

    def _papers(self, now: datetime) -> int:
        with reading(self.uploads.engine) as session:
            ordered, gone = sorted(self._loose_papers(session, now)), 0
        for start in range(0, len(ordered), AT_ONCE):
            these = ordered[start : start + AT_ONCE]
            try:
                with writing(self.uploads.engine) as session:
                    still = set(session.exec(_loose(now).where(col(Paper.digest).in_(these))))
                    session.connection().execute(delete(Paper).where(col(Paper.digest).in_(still)))
                    gone += len(still)
            except IntegrityError:  # one was just entered: the next round looks again
                log.info("sweeping.entered_meanwhile")
        return gone

    def _uploads(self, now: datetime) -> int:
        """Files with nobody who refers to them, and files that a crash left without a row."""
        loose, orphans = self._loose_uploads(now)
        self.uploads.release(loose, now)
        for path in orphans:
            self.uploads.drop(path.name)
        return len(loose) + len(orphans)

    def _loose_uploads(self, now: datetime) -> tuple[list[str], list[Path]]:
        uploads, cutoff = self.uploads, now - unmentioned(now)
        with reading(uploads.engine) as session:
            ordered = select(UploadRow.sha256, UploadRow.stored_at).order_by(col(UploadRow.stored_at))
            brought = {row[0]: row[1] for row in session.exec(ordered)}
            old = {sha256 for sha256, at in brought.items() if at <= cutoff}
            mentioned: set[str] = set()
            for texts in (select(Paper.body), select(DraftRow.body)):
                for body in session.exec(texts.execution_options(yield_per=100)):
                    mentioned.update(DIGEST.findall(body))
        orphans = [
            path
            for path in uploads.folder.glob("[0-9a-f][0-9a-f]/*")
            if path.name not in brought and path.name not in mentioned and _lies_since(path, cutoff)
        ]
        return sorted(old - mentioned), orphans


def _lies_since(path: Path, cutoff: datetime) -> bool:
    """Whether a file lies there since before an instant; one that somebody else took away meanwhile does not."""
    with suppress(FileNotFoundError):
        return path.stat().st_mtime <= cutoff.timestamp()
    return False


def unmentioned(now: datetime) -> timedelta:
    """How long what nobody refers to is kept."""
    return retention.days("retention.unmentioned_days", now)


def _loose(now: datetime) -> SelectOfScalar[str]:
    """Papers of a day ago to which no row refers; those of a filing that still waits for an answer stay."""
    referring = (
        select(EntryRow.paper).where(col(EntryRow.paper).is_not(None)),
        select(VersionRow.paper),
        select(AnnualReportRow.paper).where(col(AnnualReportRow.paper).is_not(None)),
        select(FilingRow.first_paper),
    )
    waiting = select(ArrivalRow.filing_id).where(col(ArrivalRow.stored_at) >= now - KEPT)
    busy = select(EntryRow.filing_id).where(col(EntryRow.entered_at) >= now - QUIET)
    used = or_(
        *(col(Paper.digest).in_(query) for query in referring),
        col(Paper.filing_id).in_(waiting),
        col(Paper.filing_id).in_(busy),
    )
    return select(Paper.digest).where(col(Paper.stored_at) <= now - unmentioned(now), ~used)


def _mentioned_by_entries(session: Session) -> set[str]:
    """Digests in the texts of entries: the record of what came on paper, and the papers of what was refused."""
    telling = or_(col(EntryRow.refused).is_not(None), col(EntryRow.body).contains('"record":"'))
    found: set[str] = set()
    for body in session.exec(select(EntryRow.body).where(telling).execution_options(yield_per=100)):
        found.update(DIGEST.findall(body))
    return found
