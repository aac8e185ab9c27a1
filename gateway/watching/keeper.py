"""Keeping the sentinel's schedule, in every worker: it is made again if the engine lost it, and it is said if no pass is made."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

import structlog

from activities.drift import DriftLog
from activities.logs import named
from gateway.client import Filings
from workflows.sentinel import scheduled

log = structlog.get_logger()

LOOK = 60.0
"""Seconds between two looks at whether the schedule is there, and at when the last pass was."""


@dataclass(frozen=True)
class Keeper:
    """Has passes made every so often."""

    filings: Filings
    every: timedelta

    async def keep(self) -> None:
        """Have a pass made now, and every so often; look after that until cancelled. Whatever fails is tried again."""
        at_once, memory = True, DriftLog(self.filings.register.engine, self.filings.task_queue)
        await self._anew(memory)
        while True:
            try:
                await scheduled(self.filings.client, self.filings.task_queue, self.every, at_once=at_once)
                at_once = False
            except Exception as error:
                log.warning("sentinel.not_scheduled", error=named(error))
            try:
                last = await asyncio.to_thread(memory.last)
            except Exception as error:
                log.warning("sentinel.not_told", error=named(error))
            else:
                if last and last.is_old(self.filings.clock(), self.every.total_seconds()):
                    log.error("sentinel.makes_no_pass", since=last.at.isoformat())
            await asyncio.sleep(min(LOOK, self.every.total_seconds()))

    async def _anew(self, memory: DriftLog) -> None:
        """Have every filing looked at anew: while nobody worked, somebody may have put an older register in place of this one."""
        try:
            await asyncio.to_thread(memory.forget)
        except Exception as error:
            log.warning("sentinel.not_forgotten", error=named(error))
