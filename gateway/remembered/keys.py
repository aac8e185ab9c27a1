"""Which keys have encrypted since when, as the audit has it, and who may still need one that is no longer in the ring.

A run is read by whatever keys encrypted since it began, for it begins with its filing and its memo encrypted anew. So nobody who
runs needs a key that had a successor when they began.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from temporalio.client import Client

from activities.keyring import OFF, Key, Ring
from gateway.identity import Identity
from gateway.remembered.audit import Audit, AuditKind
from models.vocabulary import Role
from regulation import identity, offices

log = structlog.get_logger()

KEYS = Identity(person=identity.ENCRYPTION, name="加密", office=offices.PROVINCE, role=Role.OPERATOR)
"""In whose name it is put on record that a key is in use."""

ROLLED_OUT = timedelta(days=1)
"""So long after a key had a successor, a process that was not started again may still have encrypted by it."""

RENEWED = timedelta(days=90)
"""A key in use is put on record again when its line is so old: lines of the audit are deleted after some years, a key may be used longer."""

CHANGES = 500
"""Changes of keys that are looked at, the latest."""


@dataclass(frozen=True)
class Used:
    """A key that encrypted from an instant on, and until the next one did; None if it still does."""

    id: str
    print: str
    since: datetime
    until: datetime | None

    def is_in(self, ring: Ring) -> bool:
        """Whether a ring has it, and not another of its name."""
        key = ring.keys.get(self.id)
        return key is not None and key.print == self.print


def _told(key: Key | None) -> str:
    return f"{key.id} {key.cipher} {key.print}" if key else OFF


def note(audit: Audit, ring: Ring, now: datetime) -> None:
    """Put on record by which key is encrypted from now on, unless that is known; that nothing is any more, too."""
    last = next(iter(audit.lines(person=KEYS.person, limit=1)), None)
    old = last is not None and ring.newest is not None and now - last.at > RENEWED
    if old or (last.object if last else OFF) != _told(ring.newest):
        audit.note(KEYS, AuditKind.KEYED, now, about=_told(ring.newest))


def used(audit: Audit) -> Sequence[Used]:
    """Every key that encrypted, the newest first, each once, until it last did."""
    found: dict[tuple[str, str], Used] = {}
    until: datetime | None = None
    for line in audit.lines(person=KEYS.person, limit=CHANGES):
        if line.object != OFF:
            id_, _, print_ = line.object.split()
            before = found.get((id_, print_))
            found[id_, print_] = Used(id_, print_, line.at, before.until if before else until)
        until = line.at
    return list(found.values())


async def needing(client: Client, queue: str, key: Used) -> int:
    """How many runs on a task queue may need a key: those that had begun when it had a successor."""
    query = f'TaskQueue="{queue}" AND ExecutionStatus="Running"'
    if key.until:
        query += f' AND StartTime < "{(key.until + ROLLED_OUT).isoformat()}"'
    return (await client.count_workflows(query)).count


async def warn(client: Client, queue: str, audited: Sequence[Used], ring: Ring) -> None:
    """Say which keys are missing that runs may need."""
    for each in audited:
        if not each.is_in(ring) and (runs := await needing(client, queue, each)):
            log.error("keys.missing", key=each.id, since=each.since.isoformat(), runs=runs)
