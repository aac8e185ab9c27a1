"""The world of the tests: one whose time can be skipped, and in which closed filings can be revived at any time."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

from sqlmodel import SQLModel
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import UpdateWorkflowExecutionLifecycleStage
from temporalio.api.update.v1 import UpdateRef
from temporalio.api.workflowservice.v1 import PollWorkflowExecutionUpdateRequest
from temporalio.client import (
    Client,
    Interceptor,
    OutboundInterceptor,
    Plugin,
    StartWorkflowUpdateInput,
    StartWorkflowUpdateWithStartInput,
    WorkflowUpdateHandle,
)
from temporalio.plugin import SimplePlugin
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, WorkerConfig

from activities.entering import Start
from deploy import skipping
from deploy.skipping import EARLY
from gateway.client import workflow_id
from models.filing import Receipt
from tests.databases import prepare
from tests.patience import LASTING, comes
from workflows.ways import NEWEST

ADMITTED = UpdateWorkflowExecutionLifecycleStage.UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_ADMITTED


@dataclass
class Sent(Interceptor):
    """The update that was last sent to each workflow: its id."""

    updates: dict[str, str] = field(default_factory=dict)

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        """Note what is sent through a client."""
        return _Noting(next, self)


class _Noting(OutboundInterceptor):
    def __init__(self, next: OutboundInterceptor, sent: Sent) -> None:
        super().__init__(next)
        self.sent = sent

    async def start_workflow_update(self, input: StartWorkflowUpdateInput) -> WorkflowUpdateHandle[Any]:
        """Note it, and send it."""
        self.sent.updates[input.id] = input.update_id or ""
        return await super().start_workflow_update(input)

    async def start_update_with_start_workflow(
        self, input: StartWorkflowUpdateWithStartInput
    ) -> WorkflowUpdateHandle[Any]:
        """Note it, and send it."""
        self.sent.updates[input.start_workflow_input.id] = input.update_workflow_input.update_id or ""
        return await super().start_update_with_start_workflow(input)


class World(skipping.World):
    """One server, one register, one worker; any number of filings, each with its own time."""

    plugins: ClassVar[Sequence[Plugin]] = ()
    patience = LASTING

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, environment: WorkflowEnvironment, var: Path, *, delivering: bool = True, **settings: Any
    ) -> AsyncIterator[Self]:
        """A world with its worker; when it ends nothing goes on running in it, whoever opened it."""
        async with super().opened(environment, var, delivering=delivering, **settings) as world:
            try:
                yield world
            finally:
                await world.stops()

    @classmethod
    def prepares(cls, url: str) -> None:
        """Make a register's tables, which were made before for all worlds."""
        prepare(url)

    @cached_property
    def sent(self) -> Sent:
        """What was sent through the doors."""
        return Sent()

    @cached_property
    def client(self) -> Client:
        """The server's client, with this world's plugins, and with its updates noted."""
        config = self.environment.client.config()
        return Client(**config | {"plugins": self.plugins, "interceptors": [*config["interceptors"], self.sent]})

    async def acts_on_closed(
        self, filing_id: str, raw: Mapping[str, Any], at: datetime, *, own: bool = False
    ) -> Receipt:
        """A filing that had closed is started again at that time, with the act already waiting for it.

        Nobody works on its queue until the act is there, so the act finds the filing as the engine would revive it.
        """
        queue, row = f"again-{filing_id}-{at:%Y%m%d%H%M%S}", self.register.row(filing_id)
        assert row
        assert not (await self.at_rest(filing_id)).runs
        door = self.door_at(at, queue)
        named = door.named(filing_id, row.alliance_name, row.jurisdiction)
        await self.starts(Start(filing_id=filing_id, ways=NEWEST), max(at, datetime.now(UTC)) - EARLY, named)
        waiting = asyncio.create_task(door.act(filing_id, raw, own=own))

        async def has_it() -> bool:
            return waiting.done() or await self.is_admitted(filing_id)

        await comes(has_it)
        await self._more_work.enter_async_context(self.working(queue))
        return await waiting

    async def is_admitted(self, filing_id: str) -> bool:
        """Whether the server has the update that was last sent to a filing."""
        workflow = workflow_id(filing_id)
        update = UpdateRef(
            workflow_execution=WorkflowExecution(workflow_id=workflow), update_id=self.sent.updates.get(workflow, "-")
        )
        request = PollWorkflowExecutionUpdateRequest(namespace=self.client.namespace, update_ref=update)
        try:
            return (await self.client.workflow_service.poll_workflow_execution_update(request)).stage >= ADMITTED
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return False

    async def stops(self) -> None:
        """Whatever still runs here is terminated: the server is shared, and another world may want the same ids, as rounds have of a year."""
        query = f'TaskQueue = "{self.settings.task_queue}" AND ExecutionStatus = "Running"'
        async for each in self.client.list_workflows(query):
            with suppress(RPCError):
                await self.client.get_workflow_handle(each.id).terminate()

    async def ends(self, filing_id: str) -> None:
        """Nobody lives here any more: the filing's workflow and the workers that came for it end, the register is empty."""
        await self._more_work.aclose()
        with suppress(RPCError):
            await self.handle(filing_id).terminate()
        with self.register.engine.connect().execution_options(writes=True) as connection, connection.begin():
            for table in reversed(SQLModel.metadata.sorted_tables):
                connection.execute(table.delete())


class _Open(SimplePlugin):
    def configure_worker(self, config: WorkerConfig) -> WorkerConfig:
        """Workflows run where their worker runs, however long they take."""
        config = super().configure_worker(config)
        config["debug_mode"] = True
        return config


class OpenWorld(World):
    """A world whose workflows run at less cost: outside of the sandbox, on the worker's own thread, with no time limit.

    That they run inside of it, on threads, and quickly, is shown by every other world.
    """

    plugins = (_Open("open", workflow_runner=UnsandboxedWorkflowRunner()),)
