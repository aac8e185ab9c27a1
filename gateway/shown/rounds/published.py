"""What the public may know of rounds: which there are, how they stand, and what each published, byte for byte, with its proof."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Engine, func
from sqlmodel import col, select

from activities.database import reading
from activities.publishing.log_book import LogBook, Proof
from activities.publishing.publications import PublishedByRound
from activities.rounds.register import RoundRegister
from gateway.problem import NoFile
from models.register import PublicNoticeRow, RoundRow
from models.rounds.base import RoundKind, RoundStage, called
from regulation.rounds.every import FOR_ALL

MOST = 200
"""So many rounds are listed, those that close last."""


@dataclass(frozen=True)
class PublicRound:
    """A round, and what it published, the newest first."""

    row: RoundRow
    publications: Sequence[PublishedByRound]

    @property
    def kind(self) -> RoundKind:
        return RoundKind(self.row.kind)

    @property
    def called(self) -> str:
        """What its kind is called where it is held."""
        return called(self.kind, self.row.jurisdiction)

    @property
    def stage(self) -> RoundStage:
        return RoundStage(self.row.stage)


@dataclass(frozen=True)
class Proven:
    """What a page tells of the proof of an announcement: the proof, if an end of a day has it, and whether there is a log at all;
    what else the round published.
    """

    publication: PublishedByRound
    proof: Proof | None
    logged: bool
    others: Sequence[PublishedByRound] = ()


@dataclass(frozen=True)
class PublicRounds:
    """The rounds of a register, as anybody may see them."""

    engine: Engine

    def key(self) -> tuple[int, int, str]:
        """What changes when anything of it does: how many entries rounds have, and what was published last."""
        entries = select(func.coalesce(func.sum(RoundRow.number), 0))
        published = select(func.count(), func.coalesce(func.max(PublicNoticeRow.id), ""))
        with reading(self.engine) as session:
            counted, last = session.exec(published.where(col(PublicNoticeRow.round_id).is_not(None))).one()
            return int(session.exec(entries).one()), counted, last

    def listed(self, today: date) -> list[PublicRound]:
        """Every round that is shown to the public, the one that closes last first."""
        rows = RoundRegister(self.engine).rounds(kinds=FOR_ALL, limit=MOST)
        of: dict[str, list[PublishedByRound]] = {}
        for each in self._published([row.round_id for row in rows], today):
            of.setdefault(each.round_id, []).append(each)
        return [PublicRound(row, of.get(row.round_id, ())) for row in rows]

    def publication(self, round_id: str, notice_id: str, today: date) -> PublishedByRound:
        """One thing that a round published, as it was stored. Raises `NotFound`."""
        with reading(self.engine) as session:
            row = session.get(PublicNoticeRow, notice_id)
        if row is None or row.round_id != round_id or row.shown_from > today:
            raise NoFile(notice_id)
        return PublishedByRound(row)

    def proven(self, publication: PublishedByRound, today: date) -> Proven:
        """An announcement with its proof, and the others of its round."""
        book, row = LogBook.opened(self.engine), publication.row
        others = [each for each in self._published([publication.round_id], today) if each.row.id != row.id]
        return Proven(publication, book.proofs([row]).get(row.id), book.signed, others)

    def proof(self, round_id: str, notice_id: str, today: date) -> Proof:
        """The proof of an announcement. Raises `NotFound`, also while no end of a day has it."""
        row = self.publication(round_id, notice_id, today).row
        found = LogBook.opened(self.engine).proofs([row]).get(notice_id)
        if found is None:
            raise NoFile(notice_id)
        return found

    def newest(self, round_id: str, today: date) -> Proven | None:
        """What a round published last, with its proof; None if it published nothing."""
        found = self._published([round_id], today)
        return self.proven(found[0], today) if found else None

    def _published(self, round_ids: Sequence[str], today: date) -> list[PublishedByRound]:
        """What rounds published, the newest first."""
        query = select(PublicNoticeRow).where(
            col(PublicNoticeRow.round_id).in_(round_ids), col(PublicNoticeRow.shown_from) <= today
        )
        newest = col(PublicNoticeRow.published_at).desc(), col(PublicNoticeRow.number).desc(), col(PublicNoticeRow.id)
        with reading(self.engine) as session:
            return [PublishedByRound(row) for row in session.exec(query.order_by(*newest))]
