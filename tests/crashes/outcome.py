"""What a life has come to: everything that lasts, but the moments at which it was written down."""

import hashlib
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

from sqlmodel import Session, SQLModel, select

from activities import database
from gateway.client import workflow_id
from gateway.watching.sentinel import Sentinel
from models.filing import Filing
from models.register import Paper
from models.values import canonical, digest
from regulation import identity
from tests.crashes.house import House

WRITTEN_AT = frozenset(
    {
        "closed_at", "created_at", "due_at", "entered_at", "first_tried_at", "handed_at", "last_tried_at",
        "published_at", "stored_at", "updated_at",
    }
)  # fmt: skip
"""Columns that tell when something was written down; everything else is equal to the second."""

CHAINED = frozenset({"effects", "hash", "head"})
"""What is made of entries with their moments: each life's chain is verified for itself."""

COUNTED = {"audit": ("number",), "deliveries": ("tries",)}
"""What counts how often something was tried, by table."""

REWRITTEN = frozenset({"site"})
"""Channels whose receipt says how many files were not what they are now."""

QUEUED = re.compile(r"queued as Q[0-9]+")
"""The number that a mail server gives to what it takes, which tells how much it took before."""

AS_OF_THEN = frozenset({"drafts"})
"""Folders whose files tell what had been delivered when they were drawn up: there the names are compared."""

FOLDERS = ("uploads", "site", "drafts", "calendars")

Told = dict[str, Any]


def outcome(house: House) -> Told:
    """What a life has come to, as far as it must be the same however often everything died.

    The audit also tells of tries of which nobody knew the outcome. A day's quota counts what was about to be stored.
    """
    with database.reading(house.world.register.engine) as session:
        told = of_register(session)
    told["files"] = _files(house.world.settings.var)
    return told


def of_register(session: Session) -> Told:
    """What stands in a register, table by table."""
    names = {paper.digest: f"paper {digest(_said(paper))}" for paper in session.exec(select(Paper)).all()}
    told: Told = {}
    for table in SQLModel.metadata.sorted_tables:
        rows = session.connection().execute(table.select()).mappings()
        told[table.name] = sorted(_line(table.name, dict(row), names) for row in rows)
    told["audit"] = sorted({each for each in told["audit"] if '"success": true' in each})
    del told["stored"]
    return told


async def faults(house: House, filing_id: str) -> list[str]:
    """What is wrong with a life in itself."""
    world, found = house.world, []
    found += [str(each) for each in world.register.verify(filing_id)]
    with world.register.engine.connect() as connection:
        found += database.astray(connection)
    final = await world.client.get_workflow_handle(workflow_id(filing_id), result_type=Filing).result()
    if final != world.register.filing(filing_id):
        found.append("the engine came to another end than the register")
    found += [f"drift: {each}" for each in (await Sentinel(world.door).look(every=True))[1]]
    for (channel, letter), times in (world.posted - world.twice).items():
        if times != 1:
            found.append(
                f"{letter} by {channel}: {world.posted[channel, letter]} times, {world.twice[channel, letter]} excused"
            )
    return found


def differences(one: Told, other: Told) -> list[str]:
    """Where two lives differ."""
    found = []
    for name in sorted({*one, *other}):
        here, there = Counter[str](one.get(name, [])), Counter[str](other.get(name, []))
        found += [f"{name} - {each}" for each in here - there]
        found += [f"{name} + {each}" for each in there - here]
    return found


def _said(paper: Paper) -> Any:
    return identity.content_of(json.loads(paper.body))


def _line(table: str, row: dict[str, Any], names: dict[str, str]) -> str:
    left_out = WRITTEN_AT | CHAINED | {*COUNTED.get(table, ())}
    kept = {name: value for name, value in row.items() if name not in left_out}
    if table == "papers":  # without what made it one of a kind
        kept["body"] = digest(identity.content_of(json.loads(kept["body"])))
    if kept.get("channel") in REWRITTEN:
        del kept["receipt"]
    for name, value in kept.items():
        if isinstance(value, str) and value.startswith("{"):
            kept[name] = canonical(_unstamped(json.loads(value)))
    line = QUEUED.sub("queued", json.dumps(kept, ensure_ascii=False, sort_keys=True, default=str))
    for key, name in names.items():
        line = line.replace(key, name)
    return line


def _unstamped(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _unstamped(each) for name, each in value.items() if name not in WRITTEN_AT}
    return [_unstamped(each) for each in value] if isinstance(value, list) else value


def _files(var: Path) -> list[str]:
    found = []
    for folder in FOLDERS:
        for path in sorted((var / folder).rglob("*")):
            if path.is_file():
                said = "" if folder in AS_OF_THEN else hashlib.sha256(path.read_bytes()).hexdigest()[:16]
                found.append(f"{path.relative_to(var)} {said}")
    return found
