"""What operators see of the whole deployment (运维): how old the tables are, what was backed up."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Engine
from temporalio.client import Client
from temporalio.service import RPCError

from activities.migrating import revision_of, revisions
from gateway.remembered.audit import BACKUP, Audit
from models.gateway import AuditRow
from models.settings import Settings
from regulation import offices
from workflows import builds, sentinel
from workflows.links import Asked

PATIENCE = timedelta(seconds=3)
"""How long the engine is waited for: the page is looked at when something is wrong."""

BACKUPS = 5
"""How many backups the page shows, the latest."""

DAYS = 30
"""Of how many days the page tells outages."""

LATEST = timedelta(days=2)
"""How old the latest backup may be."""


@dataclass(frozen=True)
class Tables:
    """Which migration the database stands at, and which one this release needs."""

    at: str
    newest: str


def asked(day: date, office: str, settings: Settings, build: str = "") -> Asked:
    """What links are narrowed by, for this release, or for the build that is the current one."""
    deployment = builds.deployment(settings.task_queue)
    return Asked(day, office, offices.name_of(office), build or builds.build_of(settings), deployment)


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
