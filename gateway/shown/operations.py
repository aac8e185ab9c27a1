"""What operators see of the whole deployment (运维): which releases work, how old the tables are, what was backed up."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Engine
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from activities.backup import release
from activities.migrating import revision_of, revisions
from gateway.remembered.audit import BACKUP, Audit
from models.gateway import AuditRow
from regulation import offices
from workflows import sentinel
from workflows.links import Asked

PATIENCE = timedelta(seconds=3)
"""How long the engine is waited for: the page is looked at when something is wrong."""

BACKUPS = 5
"""How many backups the page shows, the latest."""

LATEST = timedelta(days=2)
"""How old the latest backup may be."""


@dataclass(frozen=True)
class Worker:
    """Somebody who takes work: who it is, the release, and when it last asked for work."""

    name: str
    release: str
    last: datetime


@dataclass(frozen=True)
class Tables:
    """Which migration the database stands at, and which one this release needs."""

    at: str
    newest: str


def asked(day: date, office: str) -> Asked:
    """What links are narrowed by, for this release."""
    return Asked(day, office, offices.name_of(office), release())


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
    return [
        Worker(each.identity, each.deployment_options.build_id or "—", each.last_access_time.ToDatetime(tzinfo=UTC))
        for each in answer.pollers
    ]


async def pausing(client: Client, queue: str) -> str:
    """Why the sentinel makes no passes, in words; nothing if it does, or if the engine does not answer, which is told elsewhere."""
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            return await sentinel.pausing(client, queue)
    except (RPCError, RuntimeError, TimeoutError):
        return ""


def tables(engine: Engine) -> Tables:
    """How old the tables are."""
    return Tables(revision_of(engine) or "—", revisions()[-1])


def backups(audit: Audit) -> Sequence[AuditRow]:
    """The latest backups, the newest first."""
    return audit.lines(person=BACKUP.person, limit=BACKUPS)


def is_old(made: Sequence[AuditRow], now: datetime) -> bool:
    """Whether the latest backup is too long ago, or there is none that is whole."""
    whole = [each.at for each in made if each.success]
    return not whole or now - max(whole) > LATEST
