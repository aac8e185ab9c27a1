"""The pass of the sentinel, as an activity (workflows/sentinel.py has it made, gateway/watching/sentinel.py makes it)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from temporalio import activity

from activities.beating import beating
from models.drift import Pass


@dataclass(frozen=True)
class Watching:
    """The sentinel's work; `passing` makes a pass."""

    passing: Callable[[], Awaitable[Pass]]

    @activity.defn(name="sentinel_passes")
    async def passes(self) -> Pass:
        """Make a pass. One that was cut off is made again: what it mended needs no mending, and nobody is written to twice."""
        async with beating():
            return await self.passing()
