"""When an event takes legal effect, and when it was entered (Instants 1)."""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from models.values import at_hour, day_of

STRICTER_SINCE = date(2026, 12, 1)
"""From when on acts are held to what release 0.4.0 newly refuses, and later ones besides: what was taken earlier stands, its history must replay."""

MAX_AHEAD = timedelta(seconds=5)
"""How far ahead of the engine's clock a receipt may be stamped (Instants 3)."""


class Moment(NamedTuple):
    """`at` is when an act counts or a lapse falls; `entered_at` the clock of whoever enters it.

    An act counts as of its receipt at a door. `received_at` is that receipt where an act counts as of an earlier day,
    because it had come to an office before (on_paper.py). `came_on` is the day on which it came there: a postmark keeps
    its sender's period, an office's own periods begin when the letter is in its hands.
    """

    at: datetime
    entered_at: datetime
    received_at: datetime | None = None
    came_on: date | None = None

    @property
    def stamped_at(self) -> datetime:
        """When the door received an act, whenever it counts."""
        return self.received_at or self.at

    @property
    def sensible(self) -> bool:
        """Whether the stamp does not lie in the future."""
        return self.stamped_at <= self.entered_at + MAX_AHEAD

    @property
    def written_at(self) -> datetime:
        """When its entry is written: a door's clock may be a little ahead, but nothing is written before it is.

        Else a paper of an act in a day's first seconds, or of a lapse at its midnight, would bear the day before. A stamp
        further ahead than `MAX_AHEAD` is refused, and its entry says by the engine's clock when that was.
        """
        return max(self.at, self.entered_at) if self.sensible else self.entered_at

    @property
    def day(self) -> date:
        """The Shanghai day on which the event takes effect, from which a period counts (Instants 9)."""
        return day_of(self.at)

    @property
    def arrival(self) -> datetime:
        """When an office had what it acts on in its hands: never before it came, however early it was posted."""
        return max(self.at, at_hour(self.came_on, 0)) if self.came_on else self.at

    @property
    def arrival_day(self) -> date:
        """The Shanghai day from which a period of an office counts (许可法32, 民事诉讼法85)."""
        return day_of(self.arrival)

    @property
    def service_day(self) -> date:
        """The day of a service by inbox: an outage of ours never eats the window (Instants 6)."""
        return max(self.day, day_of(self.entered_at))
