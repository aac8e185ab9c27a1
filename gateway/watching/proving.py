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
            return False  # the engine has not heard of it
        return await self.taken(handle.id) is not None

    async def taken(self, workflow: str) -> bool | None:
        """Whether somebody has carried on the newest run of a workflow, or failed to; None if nobody takes it up."""
        until = asyncio.get_running_loop().time() + self.within.total_seconds()
        while True:
            look = await self.engine.look(workflow, "", object, closely=False)
            if not look.runs or look.task is None:
                return True
            if look.task.attempt > 1:
                return False
            if asyncio.get_running_loop().time() > until:
                return True if look.task.taken else None
            await asyncio.sleep(0.1)

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
