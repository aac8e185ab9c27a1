"""Who works: the workers that have asked the engine for work."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import TaskQueueType, WorkerVersioningMode
from temporalio.api.taskqueue.v1 import PollerInfo, TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

PATIENCE = timedelta(seconds=3)
"""How long the engine is waited for: whoever asks looks because something is wrong."""


@dataclass(frozen=True)
class Worker:
    """Somebody who takes work: who it is, the release or the build, and when it last asked for work.

    `build` is empty where it takes whatever there is.
    """

    name: str
    release: str
    last: datetime
    build: str = ""


async def workers(client: Client, queue: str) -> list[Worker] | None:
    """Who has taken work from a task queue in the last minutes; None if the engine does not answer."""
    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=queue),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            answer = await client.workflow_service.describe_task_queue(request)
    except (RPCError, RuntimeError, TimeoutError):
        return None
    return [_worker(each) for each in answer.pollers]


def _worker(poller: PollerInfo) -> Worker:
    told = poller.deployment_options
    build = (
        told.build_id if told.worker_versioning_mode == WorkerVersioningMode.WORKER_VERSIONING_MODE_VERSIONED else ""
    )
    return Worker(poller.identity, told.build_id or "—", poller.last_access_time.ToDatetime(tzinfo=UTC), build)
