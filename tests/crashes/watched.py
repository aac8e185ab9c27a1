"""Channels as they are watched: each letter that leaves is a step."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from activities.channels.channel import Carried, Channel, Letter, Recipient, for_a_batch
from tests.crashes.points import Points


@dataclass
class Watched:
    """A channel each of whose letters is a step."""

    name: str
    channel: Any
    points: Points
    posted: Counter[tuple[str, str]]

    def __post_init__(self) -> None:
        self.words = self.channel.words

    def reaches(self, letter: Letter, recipient: Recipient) -> bool:
        """As the channel says."""
        return bool(self.channel.reaches(letter, recipient))

    @contextmanager
    def for_a_batch(self) -> Iterator["Watched"]:
        """As the channel does it."""
        with for_a_batch(self.channel) as carrier:
            yield Watched(self.name, carrier, self.points, self.posted)

    def send(self, letter: Letter, recipient: Recipient) -> Carried:
        """Send it."""
        with self.points.step(f"send {self.name} {letter.id}", lambda: ConnectionError("the answer was lost")):
            carried: Carried = self.channel.send(letter, recipient)
            self.posted[self.name, letter.id] += 1
            if process := self.points.current():
                process.about = f" of {self.name} {letter.id}"
        return carried


def watched(name: str, channel: Channel, points: Points, posted: Counter[tuple[str, str]]) -> Channel:
    """A channel whose letters are steps."""
    seen: Any = Watched(name, channel, points, posted)
    return seen  # type: ignore[no-any-return]
