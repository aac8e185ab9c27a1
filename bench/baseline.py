"""The baseline: a quiet life's updates, timers, local activities and continue-as-new, a row a step, and no domain."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from sqlite3 import Connection

from temporalio import activity, workflow

DAYS = (8, 16, 23, 9, 11, 16, 46, 200, 230, 246, 261, 566, 596)
"""Until how many days after the first one each entry waits, if nobody acts."""
A_STEP = workflow.LocalActivityConfig(start_to_close_timeout=timedelta(seconds=30))


@dataclass
class Rows:
    """A table of steps."""

    connection: Connection

    @activity.defn
    def write(self, number: int) -> int:
        return self.connection.execute("INSERT INTO steps (number) VALUES (?)", (number,)).rowcount


@workflow.defn
class Baseline:
    """A number that counts up, by hand or when its day comes; after a year and one day more it continues as new."""

    @workflow.init
    def __init__(self, first: datetime, number: int) -> None:
        self.first, self.number, self.lock = first, number, asyncio.Lock()

    @workflow.run
    async def run(self, first: datetime, number: int) -> None:
        if not number:
            await workflow.execute_local_activity_method(Rows.write, 0, **A_STEP)
            await self.step()
        while number or self.number < len(DAYS):
            here, left = self.number, first + timedelta(DAYS[self.number - 1]) - workflow.now()
            try:
                await workflow.wait_condition(partial(self.is_past, here), timeout=left)
            except TimeoutError:
                await self.step()
        workflow.continue_as_new(args=[first, self.number])

    @workflow.update
    async def act(self) -> int:
        return await self.step()

    def is_past(self, number: int) -> bool:
        return self.number > number

    async def step(self) -> int:
        async with self.lock:
            await workflow.execute_local_activity_method(Rows.write, self.number, **A_STEP)
            self.number += 1
            return self.number
