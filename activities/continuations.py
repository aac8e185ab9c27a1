"""继续申报: filings of kind B that continue an earlier one, which ends when they are archived (G-32)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from models.filing import Filing
from models.register import AnnualReportRow, EntryRow, FilingRow
from models.vocabulary import ActKind, Stage
from regulation.lifecycle import FILED


@dataclass(frozen=True)
class Continuation:
    """An archived filing, the predecessor that it continues, when it was archived, and the predecessor's reports by year."""

    filing: Filing
    earlier: Filing
    archived_at: datetime
    papers: Mapping[int, str]

    @property
    def stood(self) -> bool:
        """Whether the predecessor stands, or was revoked only since the archiving and nobody announced it."""
        decided = self.earlier.decided
        revoked_since = decided is not None and decided.at > self.archived_at and self.earlier.announced is None
        return self.earlier.stage in FILED or revoked_since


def found(session: Session) -> list[Continuation]:
    """Archived filings whose predecessor stood when they were archived and has not ended since, each with it.

    One that was revoked meanwhile, when nobody knew of the archiving, ends as continued too while that is not announced.
    """
    in_force = col(FilingRow.stage).in_(FILED)
    mine = select(FilingRow.value).where(in_force, col(FilingRow.value).contains('"continues":"'))
    archived = [Filing.model_validate_json(value) for value in session.exec(mine)]
    named = [each.continues for each in archived if each.continues]
    stands = col(FilingRow.stage).in_([*FILED, Stage.REVOKED])
    still = select(FilingRow.value).where(stands, col(FilingRow.filing_id).in_(named))
    earlier = {each.id: each for each in map(Filing.model_validate_json, session.exec(still))}
    pairs = ((each, earlier.get(each.continues or "")) for each in archived)
    all_ = [_continuation(session, each, before) for each, before in pairs if before]
    return [each for each in all_ if each.stood]


def _continuation(session: Session, filing: Filing, earlier: Filing) -> Continuation:
    archiving = select(EntryRow.at).where(EntryRow.filing_id == filing.id, EntryRow.kind == ActKind.ARCHIVE.value)
    at = session.exec(archiving.where(col(EntryRow.refused).is_(None)).order_by(col(EntryRow.number).desc())).first()
    reports = session.exec(select(AnnualReportRow).where(AnnualReportRow.filing_id == earlier.id))
    papers = {each.year: each.paper for each in reports if each.paper}
    return Continuation(filing, earlier, at or filing.submitted_at, papers)
