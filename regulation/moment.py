"""When an event takes legal effect, and when it was entered (contract.md, Instants 1)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from models.values import day_of

MAX_AHEAD = timedelta(seconds=5)
"""How far ahead of the engine's clock a receipt may be stamped (Instants 3)."""


@dataclass(frozen=True, slots=True)
class Moment:
    """`at` is an act's receipt or a lapse's instant; `entered_at` the clock of whoever enters it."""

    at: datetime
    entered_at: datetime

    @property
    def sensible(self) -> bool:
        """Whether the stamp does not lie in the future."""
        return self.at <= self.entered_at + MAX_AHEAD

    @property
    def day(self) -> date:
        """The Shanghai day on which the event takes effect, from which a period counts (Instants 9)."""
        return day_of(self.at)

    @property
    def service_day(self) -> date:
        """The day of a service by inbox: an outage of ours never eats the window (Instants 6)."""
        return max(self.day, day_of(self.entered_at))
