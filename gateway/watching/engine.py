"""The engine as the sentinel sees it: what is listed of all that runs, and what one workflow says when it is asked.

A listing is read as it comes, a thousand at a time: what is made of each is counted, for there may be a hundred thousand.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from temporalio.api.common.v1 import SearchAttributes, WorkflowExecution
from temporalio.api.enums.v1 import EventType, PendingWorkflowTaskState
from temporalio.api.workflow.v1 import WorkflowExecutionInfo
from temporalio.api.workflowservice.v1 import (
    GetWorkflowExecutionHistoryReverseRequest,
    ListWorkflowExecutionsRequest,
)
from temporalio.client import Client, WorkflowExecutionDescription, WorkflowExecutionStatus, WorkflowQueryFailedError
from temporalio.service import RPCError, RPCStatusCode

from activities.encryption import Undecipherable
from workflows.builds import VERSION

PAGE = 1_000
"""How many workflows a page of a listing has: as many as a server gives at most."""

ANSWERS_WITHIN = timedelta(seconds=10)
"""How long a workflow is waited for: it may have to be replayed first. One that needs longer is stuck."""

PROBLEMS = "TemporalReportedProblems"
"""The search attribute by which the server says that workflow tasks fail one after another."""

UNVERSIONED = "未分版本"

UNDONE = {EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED, EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT}
"""The events that tell of a workflow task that it was not done. The engine writes down the first try of each, no further ones."""

LAST_EVENTS = 20
"""In how many events at the end of a history the last workflow task is looked for; what came since waits for it."""


class Listed(NamedTuple):
    """What a listing shows of a workflow that runs."""

    run_id: str
    attributes: Mapping[str, Any]
    build: str = UNVERSIONED


class Task(NamedTuple):
    """A workflow task that is pending: how often it was tried, since when it waits, and whether a worker has it."""

    attempt: int
    since: datetime
    taken: bool


@dataclass(frozen=True)
class Look:
    """A workflow, looked at: None stands for what nobody told. `says` is its own word, by the query that its type answers.

    `asked` says that it was asked for it, `answers` that it gave it.
    """

    status: WorkflowExecutionStatus | None
    run_id: str = ""
    queue: str = ""
    build: str = UNVERSIONED
    attributes: Mapping[str, Any] | None = None
    task: Task | None = None
    failing: int = 0
    asked: bool = False
    answers: bool = True
    says: Any = None
    armed: tuple[datetime, ...] = ()

    @property
    def runs(self) -> bool:
        """Whether it runs."""
        return self.status is WorkflowExecutionStatus.RUNNING


@dataclass(frozen=True)
class Engine:
    """What the sentinel asks of the engine."""

    client: Client
    queue: str

    async def listed(self, query: str) -> AsyncIterator[Mapping[str, Listed]]:
        """What a listing finds, by workflow id, page by page."""
        token = b""
        while True:
            request = ListWorkflowExecutionsRequest(
                namespace=self.client.namespace, page_size=PAGE, query=query, next_page_token=token
            )
            page = await self.client.workflow_service.list_workflow_executions(request, retry=True)
            yield await asyncio.to_thread(read, page.executions)
            token = page.next_page_token
            if not token:
                return

    async def look(self, workflow: str, query: str, result: type, *, closely: bool = True) -> Look:
        """Look at one workflow: what the server knows of it; and `closely`, if it runs and nothing keeps it, what it says itself."""
        handle = self.client.get_workflow_handle(workflow)
        try:
            found = await handle.describe(rpc_timeout=ANSWERS_WITHIN)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return Look(status=None)
            raise
        look = _described(found)
        if not (closely and look.runs and look.queue == self.queue) or (look.task and look.task.attempt > 1):
            return look
        run = self.client.get_workflow_handle(workflow, run_id=look.run_id)
        try:
            says = await run.query(query, result_type=result | None, rpc_timeout=ANSWERS_WITHIN)  # type: ignore[arg-type]
        except (RPCError, WorkflowQueryFailedError, Undecipherable):
            return replace(look, asked=True, answers=False)
        return replace(look, asked=True, says=says, armed=await self._armed(workflow, look.run_id))

    async def timed_out(self, workflow: str, run_id: str) -> bool:
        """Whether the last workflow task that the history tells not to have been done was not answered in time, rather than failed."""
        request = GetWorkflowExecutionHistoryReverseRequest(
            namespace=self.client.namespace,
            execution=WorkflowExecution(workflow_id=workflow, run_id=run_id),
            maximum_page_size=LAST_EVENTS,
        )
        found = await self.client.workflow_service.get_workflow_execution_history_reverse(request, retry=True)
        undone = [each.event_type for each in found.history.events if each.event_type in UNDONE]
        return undone[:1] == [EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT]

    async def _armed(self, workflow: str, run_id: str) -> tuple[datetime, ...]:
        """The instants at which a run will be woken, from the timers in its history that still run."""
        timers: dict[int, datetime] = {}
        events = self.client.get_workflow_handle(workflow, run_id=run_id).fetch_history_events()
        async for event in events:
            if event.event_type == EventType.EVENT_TYPE_TIMER_STARTED:
                started = event.event_time.ToDatetime(tzinfo=UTC)
                lasts = event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
                timers[event.event_id] = started + lasts
            elif event.event_type == EventType.EVENT_TYPE_TIMER_FIRED:
                timers.pop(event.timer_fired_event_attributes.started_event_id, None)
            elif event.event_type == EventType.EVENT_TYPE_TIMER_CANCELED:
                timers.pop(event.timer_canceled_event_attributes.started_event_id, None)
        return tuple(sorted(timers.values()))


def read(page: Any) -> Mapping[str, Listed]:
    """A page of a listing."""
    return {
        each.execution.workflow_id: Listed(each.execution.run_id, attributes, _build_of(attributes))
        for each in page
        for attributes in (shown(each.search_attributes),)
    }


def _build_of(attributes: Mapping[str, Any]) -> str:
    """On which build of the worker something runs, by what a listing shows of it."""
    return str(attributes.get(VERSION, "")).rpartition(":")[2] or UNVERSIONED


def shown(attributes: SearchAttributes) -> dict[str, Any]:
    """What is shown of a workflow, by the names of its search attributes."""
    return {
        name: value
        for name, payload in attributes.indexed_fields.items()
        if (value := _decoded(payload.data, payload.metadata.get("type", b""))) is not None
    }


@lru_cache(maxsize=50_000)
def _decoded(data: bytes, kind: bytes) -> Any:
    """A search attribute's value. Most are the same for many filings: a stage, an office, the deadline of all."""
    value = json.loads(data) if data else None
    if kind == b"Datetime" and isinstance(value, str):
        return as_shown(datetime.fromisoformat(value))
    return as_shown(value)


def as_shown(value: Any) -> Any:
    """A search attribute's value as it is compared: of an instant the seconds, for not every server keeps more; a list in its order."""
    if isinstance(value, datetime):
        return value.replace(microsecond=0)
    return tuple(value) if isinstance(value, list) else value


def _build(info: WorkflowExecutionInfo) -> str:
    """Which build of the worker carries it on."""
    return info.versioning_info.deployment_version.build_id or UNVERSIONED


def _described(found: WorkflowExecutionDescription) -> Look:
    raw = found.raw_description
    pending = raw.pending_workflow_task
    task = None
    if raw.HasField("pending_workflow_task"):
        taken = pending.state == PendingWorkflowTaskState.PENDING_WORKFLOW_TASK_STATE_STARTED
        task = Task(pending.attempt, pending.original_scheduled_time.ToDatetime(tzinfo=UTC), taken)
    return Look(
        status=found.status,
        run_id=found.run_id,
        queue=found.task_queue,
        build=_build(raw.workflow_execution_info),
        attributes=shown(raw.workflow_execution_info.search_attributes),
        task=task,
        failing=max((each.attempt for each in raw.pending_activities), default=0),
    )
