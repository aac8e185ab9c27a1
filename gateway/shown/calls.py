"""What the public may know of calls: the province's yearly 申报通知, and the documents by which cities ask for more."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from activities.rounds.register import RoundRegister
from gateway.problem import NoFile
from gateway.remembered.uploads import owner_of
from gateway.tools import Tools
from models.gateway import UploadRow
from models.local_rules import LocalRules
from models.rounds.base import RoundKind, RoundStage, parts
from models.rounds.calls import CallPaper
from models.rounds.round import Round
from regulation import naming, offices
from regulation.rounds import calls

MOST = 100
"""So many are listed; there is one of the province's a year, and a few of each city's."""


@dataclass(frozen=True)
class Announced:
    """A call as it stands on a day."""

    round: Round
    today: date

    @property
    def local(self) -> bool:
        """Whether it is a city's document."""
        return self.round.area.jurisdiction is not None

    @property
    def office(self) -> str:
        """Who published it."""
        return offices.title(self.round.opened_by.role, self.round.opened_by.office)

    @property
    def recommend_by(self) -> date | None:
        """Until when is recommended."""
        return calls.state(self.round).recommend_by

    @property
    def current(self) -> bool:
        """Whether its window is running, or yet to come."""
        return self.round.stage is not RoundStage.CANCELLED and self.today <= self.round.closes

    @property
    def state(self) -> str:
        """Where it stands, in a word."""
        words = (
            ("已废止", "尚未施行", "施行中", "有效期届满") if self.local else ("已取消", "尚未开始", "申报中", "已截止")
        )
        if self.round.stage is RoundStage.CANCELLED:
            return words[0]
        return words[1] if self.today < self.round.opens else words[2] if self.current else words[3]

    @property
    def window(self) -> str:
        """Its days."""
        return f"{naming.on_day(self.round.opens)}至{naming.on_day(self.round.closes)}"


@dataclass(frozen=True)
class PublicCalls:
    """The calls behind the doors of a gateway."""

    tools: Tools

    @cached_property
    def register(self) -> RoundRegister:
        """The rounds in the register."""
        return RoundRegister(self.tools.register.engine)

    def listed(self, today: date) -> list[Announced]:
        """Every call and document, the province's first, those that begin last first."""
        rows = self.register.rounds(kind=RoundKind.CALL, limit=MOST)
        told = [Announced(Round.model_validate_json(row.value), today) for row in rows]
        return sorted(told, key=lambda each: (each.local, -each.round.opens.toordinal(), each.round.id))

    def current(self, today: date) -> list[Announced]:
        """Those of the province whose window is running or yet to come."""
        return [each for each in self.listed(today) if each.current and not each.local]

    def one(self, round_id: str, today: date) -> tuple[Announced, CallPaper, LocalRules | None]:
        """A call with what it says; what a city's document asks. `NotFound` for what is no call."""
        told = parts(round_id)
        round_ = self.register.round(round_id) if told and told.kind is RoundKind.CALL else None
        if round_ is None or round_.paper is None:
            raise NoFile(round_id)
        content = self.tools.register.paper(round_.paper)
        announced = Announced(round_, today)
        return announced, CallPaper.model_validate(content), calls.rules(round_, content) if announced.local else None

    def attachment(self, round_id: str, sha256: str, today: date) -> tuple[UploadRow, Path]:
        """A file that a call was published with; `NotFound` for any other."""
        announced, paper, _ = self.one(round_id, today)
        known = any(each.sha256 == sha256 for each in paper.attachments)
        found = self.tools.uploads.find(sha256, [owner_of(announced.round.opened_by)]) if known else None
        if found is None:
            raise NoFile(sha256)
        return found


def paragraphs(text: str) -> Sequence[str]:
    """A text by its lines, without empty ones."""
    return [line for line in _lines(text) if line]


def _lines(text: str) -> Iterator[str]:
    return (line.strip() for line in text.split("\n"))
