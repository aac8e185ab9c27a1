"""The world of the tests: one whose time can be skipped, and in which closed filings can be revived at any time."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from sqlmodel import SQLModel
from temporalio import workflow
from temporalio.service import RPCError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker
from temporalio.workflow import ParentClosePolicy

from activities.entering import Start
from deploy import skipping
from deploy.skipping import BEFORE_THE_START, EARLY
from gateway.client import workflow_id
from models.filing import Receipt
from workflows.filing import AllianceFiling

SENT = 0.5
"""Seconds in which a request reaches the server."""


@workflow.defn
class TimeMachine:
    """Starts a filing's workflow at a later time: a child has its parent's clock. For filings that had closed."""

    @workflow.run
    async def run(self, filing_id: str, queue: str, at: datetime) -> None:
        """Sleep until then, and start it from the register."""
        await workflow.sleep(at - workflow.now())
        await workflow.start_child_workflow(
            AllianceFiling.run,
            Start(filing_id=filing_id),
            id=workflow_id(filing_id),
            task_queue=queue,
            parent_close_policy=ParentClosePolicy.ABANDON,
        )


class World(skipping.World):
    """One server, one register, one worker; any number of filings, each with its own time."""

    async def acts_on_closed(self, filing_id: str, raw: Mapping[str, Any], at: datetime) -> Receipt:
        """A filing that had closed is started again at that time, with the act already waiting for it.

        Nobody works on its queue until the act is there, so the act finds the filing as the engine would revive it.
        """
        queue, client = f"again-{filing_id}-{at:%Y%m%d%H%M%S}", self.environment.client
        machines = f"{queue}-machine"
        start = max(at, datetime.now(UTC)) - EARLY
        async with Worker(
            client, task_queue=machines, workflows=[TimeMachine], workflow_runner=UnsandboxedWorkflowRunner()
        ):
            machine = await client.start_workflow(
                TimeMachine.run, args=[filing_id, queue, start], id=machines, task_queue=machines
            )
            await self.environment.fast_forward(machine, start - datetime.now(UTC) - BEFORE_THE_START)
            await machine.result()
        waiting = asyncio.create_task(self.door_at(at, queue).act(filing_id, raw))
        await asyncio.sleep(SENT)
        await self._more_work.enter_async_context(self.working(queue))
        return await waiting

    async def ends(self, filing_id: str) -> None:
        """Nobody lives here any more: the filing's workflow and the workers that came for it end, the register is empty."""
        await self._more_work.aclose()
        with suppress(RPCError):
            await self.handle(filing_id).terminate()
        with self.register.engine.connect().execution_options(writes=True) as connection, connection.begin():
            for table in reversed(SQLModel.metadata.sorted_tables):
                connection.execute(table.delete())
