"""The same year in two processes: what is done to each alliance by itself is shared out, what has nothing to do with each other runs side by side.

Each process has the same province of the same seed, and its own connections to the one register. On Linux they are forked, and so
need not load the service anew: `processes` is entered before anything is opened.
"""

import gc
import os
import sys
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from fcntl import LOCK_EX, LOCK_UN, flock
from multiprocessing import get_context
from pathlib import Path

from sqlalchemy import Connection, Engine, event

from activities.migrating import migrate
from activities.register import Register
from examples.province.alliances import province
from examples.province.documents import LONGEST, PARTS, Document, Documents, publish
from examples.province.reconciliation import Reconciliation, Told
from examples.province.service import Service
from examples.province.story import Story
from examples.province.year import YEAR, Strand, title
from models.filing import Entry
from regulation.rounds.known import FILED

PROCESSES = 2


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
        _take_turns(register.engine, url.removeprefix("sqlite:///") + ".turn")
    register.published.follow()
    return Service(register)


def _take_turns(engine: Engine, path: str) -> None:
    """Processes that write to one file wait for each other, and not for SQLite, which looks only now and then whether it is free."""
    turn = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)

    def taken(connection: Connection) -> None:
        if connection.get_execution_options().get("writes"):
            flock(turn, LOCK_EX)

    event.listen(engine, "begin", taken, insert=True)
    for over in ("commit", "rollback"):
        event.listen(engine, over, lambda _: flock(turn, LOCK_UN))
    event.listen(engine, "engine_disposed", lambda _: os.close(turn), once=True)


def live(setting: Setting, pool: Executor, told: Callable[[str], None]) -> Story:
    """Live it; `told` hears what each step was about as it ends. The story as it stands at the end."""
    refused: list[Entry] = []
    for step in YEAR:
        parts = range(PROCESSES) if step.each else (None,)
        done = [pool.submit(_lived, setting, strand, part) for strand in step.strands for part in parts]
        refused += [entry for each in done for entry in each.result()]
        told("；".join(title(chapter) for chapter in step.chapters))
    story = setting.story()
    story.service.refused += refused
    return story


def _lived(setting: Setting, strand: Strand, part: int | None) -> list[Entry]:
    """Chapters in another process: of everybody, or of a part of the alliances. What they wanted and was refused."""
    story = setting.story()
    if part is not None:
        story.alliances = story.alliances[part::PROCESSES]
    for chapter in strand:
        chapter(story)
    story.service.close()
    return story.service.refused


def documents(setting: Setting, pool: Executor, folder: Path) -> tuple[list[Document], list[Told]]:
    """The documents of a year that was lived, drawn part by part, what takes longest first, and the sums that its register tells; its
    public site is written below a folder.
    """
    longest_first = sorted(PARTS, key=lambda part: part not in LONGEST)
    told = pool.submit(_told, setting, folder)
    drawn = {part: pool.submit(_drawn, setting, part) for part in longest_first}
    published = pool.submit(_published, setting, folder)
    found = [document for part in PARTS for document in drawn[part].result()]
    published.result()
    return found, told.result()


def _drawn(setting: Setting, part: str) -> list[Document]:
    story = setting.story()
    found = Documents(story, story.over).of(part)
    story.service.close()
    return found


def _told(setting: Setting, folder: Path) -> list[Told]:
    story = setting.story()
    found = Reconciliation(story, folder).of_register()
    story.service.close()
    return found


def _published(setting: Setting, folder: Path) -> None:
    story = setting.story()
    publish(story, folder)
    story.service.close()


def processes() -> ProcessPoolExecutor:
    """The processes in which it is lived and its documents are drawn."""
    return ProcessPoolExecutor(
        PROCESSES, get_context("fork" if sys.platform == "linux" else "spawn"), initializer=_settled
    )


def _settled() -> None:
    """What a process has loaded stays: garbage is not looked for in it again."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
