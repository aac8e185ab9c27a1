"""Signs of life (心跳) of an activity that takes long: without them the engine has it done by another worker."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from temporalio import activity

BEAT = 5.0
"""Seconds between two signs of life."""


@asynccontextmanager
async def beating() -> AsyncIterator[None]:
    """Tell the engine that the activity goes on, for as long as it does."""
    beats = asyncio.create_task(_beat())
    try:
        yield
    finally:
        beats.cancel()


async def _beat() -> None:
    while True:
        activity.heartbeat()
        await asyncio.sleep(BEAT)
