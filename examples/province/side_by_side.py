"""The same year in two processes: what is done to each alliance by itself is shared out, and long rounds run side by side.

Each process has the same province of the same seed, and its own connections to the one register.
"""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

from sqlalchemy import event

from activities.migrating import migrate
from activities.register import Register
from examples.province.alliances import province
from examples.province.service import Service
from examples.province.story import Story
from examples.province.year import YEAR, Chapter, title
from models.filing import Entry
from regulation.rounds.known import FILED

PROCESSES = 2
BESIDE = frozenset({"survey", "evaluation"})
"""Chapters that are long enough to be worth another process."""


@dataclass(frozen=True)
class Setting:
    """Of which province, in which register."""

    url: str
    how_many: int
    seed: int
    year: int

    def story(self) -> Story:
        """The story as it stands in the register."""
        story = Story(opened(self.url), province(self.how_many, self.seed), self.year)
        rows = story.service.register.rows((each.id for each in story.alliances), whole=False)
        there = {key for key, row in rows.items() if row.stage in FILED}
        story.in_force |= {each.id: each for each in story.alliances if each.id in there}
        return story


def made(url: str) -> None:
    """The tables of a new register."""
    migrate(url)


def opened(url: str) -> Service:
    """A service over a register that need not outlast a failure of this machine."""
    register = Register.at(url)
    if register.engine.dialect.name == "sqlite":
        event.listen(register.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    register.published.follow()
    return Service(register)


def live(setting: Setting, told: Callable[[str], None]) -> Story:
    """Live it; `told` hears what each step was about as it ends. The story as it stands at the end."""
    refused: list[Entry] = []
    with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool:
        for step in YEAR:
            shared = step.each or all(chapter.__name__ in BESIDE for chapter in step.chapters)
            parts = range(PROCESSES) if step.each else (None,)
            if shared:
                done = [pool.submit(_part, setting, chapter, part) for chapter in step.chapters for part in parts]
                refused += [entry for each in done for entry in each.result()]
            else:
                story = setting.story()
                for chapter in step.chapters:
                    chapter(story)
                refused += story.service.refused
                story.service.close()
            told("；".join(title(chapter) for chapter in step.chapters))
    story = setting.story()
    story.service.refused += refused
    return story


def _part(setting: Setting, chapter: Chapter, part: int | None) -> list[Entry]:
    """A chapter in another process: of everybody, or of a part of the alliances."""
    story = setting.story()
    if part is not None:
        story.alliances = story.alliances[part::PROCESSES]
    chapter(story)
    story.service.close()
    return story.service.refused
