"""The imports of lists that this process has under way (A-02), and what was refused in the last one of each.

Nothing is remembered beyond the process, and need not be: what was imported stands in the register.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

from models.findings import Finding

Key = tuple[str, str]
"""A list, and the document number that it is imported by."""


@dataclass
class Running:
    """An import under way: how many rows are done, of how many."""

    done: int = 0
    of: int = 0


@dataclass
class Importing:
    """Them all, each by its list."""

    _tasks: dict[Key, asyncio.Task[None]] = field(default_factory=dict)
    _running: dict[Key, Running] = field(default_factory=dict)
    _refused: dict[Key, dict[int, tuple[Finding, ...]]] = field(default_factory=dict)

    def running(self, key: Key) -> Running | None:
        """How far an import has come, if it is under way."""
        task = self._tasks.get(key)
        return self._running.get(key) if task and not task.done() else None

    def refused(self, key: Key) -> Mapping[int, tuple[Finding, ...]]:
        """What the last import of a list refused after all."""
        return self._refused.get(key, {})

    def begin(self, key: Key, work: Coroutine[Any, Any, None]) -> None:
        """Have an import go on by itself."""
        self._running[key], self._refused[key] = Running(), {}
        self._tasks[key] = asyncio.get_running_loop().create_task(work)

    def watching(self, key: Key) -> Callable[[int, int], None]:
        """Whom an import tells how far it has come."""

        def watch(done: int, of: int) -> None:
            self._running[key].done, self._running[key].of = done, of

        return watch

    def refusing(self, key: Key) -> dict[int, tuple[Finding, ...]]:
        """Where an import puts what is refused."""
        return self._refused[key]
