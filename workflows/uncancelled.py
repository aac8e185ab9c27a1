"""What nobody cancels: the law knows no such act, neither for a filing nor for a round. Who is to end one does so by an act."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from temporalio import workflow

T = TypeVar("T")


async def uncancelled(life: Coroutine[Any, Any, T]) -> T:
    """A workflow's life, to its own end: what a request to cancel would interrupt runs on, be it a wait or the writing of an entry."""
    running = asyncio.create_task(life)
    while True:
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            if running.cancelled():  # this worker lets go of it, to take it up again another time
                raise
            workflow.logger.warning("cancel.refused")
