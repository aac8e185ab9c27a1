"""The pass of the sentinel, as an activity (workflows/sentinel.py has it made, gateway/watching/sentinel.py makes it)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from temporalio import activity

from models.drift import Pass

Passing = Callable[[Callable[[], None]], Awaitable[Pass]]
"""Makes a pass; it says now and then that it is alive."""


@dataclass(frozen=True)
class Watching:
    """The sentinel's work."""

    passing: Passing

    @activity.defn(name="sentinel_passes")
    async def passes(self) -> Pass:
        """Make a pass. One that was cut off is made again: what it mended needs no mending, and nobody is written to twice."""
        return await self.passing(activity.heartbeat)
