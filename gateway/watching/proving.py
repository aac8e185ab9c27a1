"""Whether a build of the worker works, by what it takes: the engine goes on listing a worker that has died for two minutes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from uuid import uuid4

from temporalio.common import PinnedVersioningOverride, WorkerDeploymentVersion
from temporalio.service import RPCError, RPCStatusCode

from gateway.client import Filings
from gateway.watching.engine import UNVERSIONED, Engine
from workflows import builds
from workflows.proof import Proof

ANSWERS_WITHIN = timedelta(seconds=15)
"""How long one is waited for: its history may have to be replayed first."""


MAY_TIME_OUT = 2
"""Up to which try the one before may not have been answered in time: that takes ten seconds. A try after it is that of one that failed."""

PAUSE = 0.1
"""Seconds between two looks."""


class NotTaken(RuntimeError):
    """Something went on, or began, on a build whose worker does not take it up."""


@dataclass(frozen=True)
class Proving:
    """Tries whether work is taken."""

    filings: Filings
    within: timedelta = ANSWERS_WITHIN

    @cached_property
    def engine(self) -> Engine:
        """The engine, as it is asked."""
        return Engine(self.filings.client, self.filings.task_queue)

    async def works(self, build: str) -> bool:
        """Whether a worker of a build, or one of the current ones if it is none, takes a run that does nothing."""
        until = asyncio.get_running_loop().time() + self.within.total_seconds()
        while (proof := await self._begun(build)) is None:
            if asyncio.get_running_loop().time() > until:
                return False
            await asyncio.sleep(PAUSE)
        return await self.taken(proof) is not None

    async def _begun(self, build: str) -> str | None:
        """Start a run that does nothing; None if the engine has not written down this build, which it does a little after its worker came."""
        version = WorkerDeploymentVersion(builds.deployment(self.filings.task_queue), build)
        try:
            handle = await self.filings.client.start_workflow(
                Proof.run,
                id=f"proof-{self.filings.task_queue}-{uuid4().hex[:12]}",
                task_queue=self.filings.task_queue,
                execution_timeout=2 * self.within,
                versioning_override=None if build == UNVERSIONED else PinnedVersioningOverride(version),
            )
        except RPCError as error:
            if error.status not in (RPCStatusCode.FAILED_PRECONDITION, RPCStatusCode.INVALID_ARGUMENT):
                raise
            return None
        return handle.id

    async def taken(self, workflow: str) -> bool | None:
        """Whether somebody has carried on the newest run of a workflow, or failed to; None if nobody takes it up.

        A try that was not answered in time is no failure: a slow worker has it, or it went to one that had just died, and another may take it.
        """
        until = asyncio.get_running_loop().time() + self.within.total_seconds()
        while True:
            look = await self.engine.look(workflow, "", object, closely=False)
            if not look.runs or look.task is None:
                return True
            again = look.task.attempt > 1
            if again and (look.task.attempt > MAY_TIME_OUT or not await self.engine.timed_out(workflow, look.run_id)):
                return False
            if asyncio.get_running_loop().time() > until:
                return True if look.task.taken else None
            await asyncio.sleep(PAUSE)

    async def was_taken(self, workflow: str) -> bool:
        """Whether somebody carried on what went on or began on the current build. Raises `NotTaken` if nobody takes it up."""
        try:
            taken = await self.taken(workflow)
        except RPCError:
            return False
        if taken is None:
            raise NotTaken(workflow)
        return taken


@asynccontextmanager
async def unless_one_fails() -> AsyncIterator[asyncio.TaskGroup]:
    """Work side by side that stops as soon as something of it fails, with what failed first."""
    try:
        async with asyncio.TaskGroup() as together:
            yield together
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from failed
