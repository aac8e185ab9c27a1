"""What the public may know of rounds: which there are, how they stand, and what each published, byte for byte."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Engine, func
from sqlmodel import col, select

from activities.database import reading
from activities.rounds.register import RoundRegister
from gateway.problem import NoFile
from models.register import PublicNoticeRow, RoundRow
from models.rounds.base import RoundKind, RoundStage, called
from regulation.rounds.every import FOR_ALL, RULES

MOST = 200
"""So many rounds are listed, those that close last."""


@dataclass(frozen=True)
class PublishedByRound:
    """One thing that a round published."""

    row: PublicNoticeRow
    name: str

    @property
    def sha256(self) -> str:
        """The digest of the file as it is handed out."""
        return hashlib.sha256(self.row.content.encode()).hexdigest()


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
        shown = select(PublicNoticeRow).where(
            col(PublicNoticeRow.round_id).in_([row.round_id for row in rows]), col(PublicNoticeRow.shown_from) <= today
        )
        of: dict[str, list[PublishedByRound]] = {}
        with reading(self.engine) as session:
            for each in session.exec(shown.order_by(col(PublicNoticeRow.published_at).desc(), col(PublicNoticeRow.id))):
                kind = RoundKind(str(each.round_id).partition("-")[0])
                of.setdefault(str(each.round_id), []).append(PublishedByRound(each, RULES[kind].word(each.kind)))
        return [PublicRound(row, of.get(row.round_id, ())) for row in rows]

    def content(self, round_id: str, notice_id: str, today: date) -> str:
        """What a publication says, as it was stored. Raises `NotFound`."""
        with reading(self.engine) as session:
            row = session.get(PublicNoticeRow, notice_id)
        if row is None or row.round_id != round_id or row.shown_from > today:
            raise NoFile(notice_id)
        return row.content
