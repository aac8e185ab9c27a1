"""Crash points: the steps at which a process can die. They are found by looking on, not listed by hand.

Whatever lasts passes through here: each commit, each call of the engine, each answer of a worker and of a door, each letter that
leaves, each file that gets its name. A point is named by who does what for which purpose, so it has the same name in every life.

A death in here is a `Death`, which nothing catches. What would still run of a process that died, be it to tidy up, comes to
nothing: whoever is dead does not pass another point. So it leaves behind what SIGKILL leaves behind, at a hundredth of the cost.
"""

import os
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event

ROOT = Path(__file__).parents[2]
OURS = tuple(str(ROOT / room) + os.sep for room in ("activities", "gateway", "workflows", "regulation", "models"))
NO_PLACE = str(ROOT / "activities" / "database.py")
"""Where transactions are made for everybody: the place of a commit is whoever asked for it."""


class Death(BaseException):
    """A process is over at a point."""


class Cut(StrEnum):
    """How a step is cut off: everything is over before it, or after it; or all goes on, and only its answer is lost."""

    BEFORE = "before"
    AFTER = "after"
    LOST = "answer lost"


@dataclass
class Process:
    """What one process does about one thing, from its beginning to its end or its death."""

    part: str
    doing: str
    dead: bool = False
    about: str = ""
    steps: Counter[str] = field(default_factory=Counter)


CURRENT: ContextVar[Process | None] = ContextVar("process", default=None)
"""As whose step counts what is done here; nobody's is what a test does itself."""

Plan = Callable[[str], bool]
"""Whether to die at a point, by its name."""


def nowhere(_: str) -> bool:
    """An undisturbed life: only looked at."""
    return False


@dataclass
class Points:
    """The points of one life: those that were passed, and those at which something died. At each at most once."""

    dies: Plan = nowhere
    passed: dict[str, None] = field(default_factory=dict)
    died: dict[str, None] = field(default_factory=dict)
    buried: list[Callable[[Process], None]] = field(default_factory=list)
    postman: Process | None = None
    doing: str = ""
    _one: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def current(self) -> Process | None:
        """Whose step this is. Threads of the postman have no context of their own."""
        return CURRENT.get() or self.postman

    @contextmanager
    def step(self, what: str, lost: Callable[[], BaseException] | None = None) -> Iterator[None]:
        """A step that lasts. `lost` makes the error by which whoever took it learns that the answer was lost."""
        process = self.current()
        if process is None:
            yield
            return
        name = self.begins(process, what)
        yield
        self.ends(process, name, lost)

    def begins(self, process: Process, what: str) -> str:
        """It is about to be taken; its name."""
        self.still(process)
        with self._one:
            process.steps[what] += 1
            name = f"{process.part} | {process.doing} | {what}"
            name += f" #{process.steps[what]}" if process.steps[what] > 1 else ""
        self._may_die(process, name, Cut.BEFORE)
        return name

    def ends(self, process: Process, name: str, lost: Callable[[], BaseException] | None = None) -> None:
        """It is taken."""
        self._may_die(process, name, Cut.AFTER)
        if lost and self._is_here(name, Cut.LOST):
            raise lost()

    def still(self, process: Process) -> None:
        """Whoever is dead does nothing more."""
        if process.dead:
            raise Death(process.doing)

    def _may_die(self, process: Process, name: str, cut: Cut) -> None:
        if self._is_here(name, cut):
            self.over(process)
            raise Death(f"{name} | {cut}")

    def over(self, process: Process) -> None:
        """A process is over."""
        process.dead = True
        for each in self.buried:
            each(process)

    def _is_here(self, name: str, cut: Cut) -> bool:
        point = f"{name} | {cut}"
        with self._one:
            self.passed.setdefault(point)
            if point in self.died or not self.dies(point):
                return False
            self.died[point] = None
            return True


# Commits


def place() -> str:
    """Who asked for what is done now: the two nearest functions of the service."""
    found: list[str] = []
    frame: Any = sys._getframe(1)
    while frame and len(found) < 2:
        code = frame.f_code
        if code.co_filename.startswith(OURS) and code.co_filename != NO_PLACE:
            told = f"{Path(code.co_filename).stem}.{code.co_name}"
            if told not in found:
                found.append(told)
        frame = frame.f_back
    return " < ".join(found)


def watch_commits(engine: Engine, points: Points, lost: Callable[[], Exception]) -> None:
    """Every transaction that writes is a step, whoever begins it."""
    local = threading.local()
    commits: Callable[[Any], None] = engine.dialect.do_commit

    def before(connection: Connection) -> None:
        process = points.current()
        local.step = None
        if process and connection.get_execution_options().get("writes"):
            process.about, about = "", process.about
            local.step = process, points.begins(process, f"commit {place()}{about}")

    def do_commit(connection: Any) -> None:
        commits(connection)
        step, local.step = getattr(local, "step", None), None
        if step:
            process, name = step
            points.ends(process, name, lost)

    event.listen(engine, "commit", before)
    vars(engine.dialect)["do_commit"] = do_commit


# Files


@dataclass
class Folders:
    """While it is watched, a file that gets its name below one of these folders is a step of that folder's points."""

    of: dict[str, Points] = field(default_factory=dict)

    def points(self, path: Any) -> tuple[Points, Process, str] | None:
        """Whose file it is, and where it stands there."""
        told = os.fspath(path)
        for folder, points in self.of.items():
            if str(told).startswith(folder) and (process := points.current()):
                return points, process, str(told)[len(folder) :]
        return None

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Look on."""
        replaces, unlinks = os.replace, os.unlink

        def replace(source: Any, target: Any, **options: Any) -> None:
            found = self.points(target)
            if not found:
                return replaces(source, target, **options)
            points, process, where = found
            name = points.begins(process, f"file {where}")
            replaces(source, target, **options)
            return points.ends(process, name)

        def unlink(path: Any, **options: Any) -> None:
            if found := self.points(path):
                found[0].still(found[1])
            unlinks(path, **options)

        vars(os).update(replace=replace, unlink=unlink)
        try:
            yield
        finally:
            vars(os).update(replace=replaces, unlink=unlinks)


FOLDERS = Folders()
