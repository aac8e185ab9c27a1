"""What every chapter of the year goes by: its province, its service, its days."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from examples.province.alliances import Alliance
from examples.province.lives import at
from examples.province.service import Service
from models.rounds.base import RoundKind, round_id
from models.vocabulary import Kind


@dataclass
class Story:
    """One year of a province. `in_force` is who is on file when the year is reported of."""

    service: Service
    alliances: Sequence[Alliance]
    year: int
    in_force: dict[str, Alliance] = field(default_factory=dict)

    def day(self, month: int, day: int) -> date:
        """A day of the year; from January to March of its winding up, months 13 to 15."""
        return date(self.year + (month > 12), (month - 1) % 12 + 1, day)

    def at(self, month: int, day: int, hour: int = 10, minute: int = 0) -> datetime:
        """An instant of such a day."""
        return at(self.day(month, day), hour, minute)

    @property
    def over(self) -> datetime:
        """When everything is done, and the documents are drawn."""
        return self.at(15, 1, 18)

    def window(self, opens: tuple[int, int], closes: tuple[int, int]) -> dict[str, Any]:
        """From one day to another, as an act opens a round."""
        return {"opens": str(self.day(*opens)), "closes": str(self.day(*closes))}

    def round_id(self, kind: RoundKind, place: str | None = None, year: int = 0) -> str:
        """The round of a kind."""
        return round_id(kind, year or self.year, place, 1)

    def of_kind(self, kind: Kind) -> list[Alliance]:
        """The alliances in force of one kind."""
        return [each for each in self.in_force.values() if each.kind is kind]
