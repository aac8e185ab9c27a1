"""Alliances of a list (A-02): entered many at once, in one transaction of the register, and started from there.

`client.Filings.submit` has a workflow enter what it receives. Here nothing is to be judged that is not judged already and nobody
waits for a receipt each, so the register comes first, whole or not at all, and the engine after it. Whatever dies in between, what is
entered is found without a workflow: by the same list brought again, or by the sentinel, and is started as any filing is that the
engine lost.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from activities import papers
from activities.arrivals import fresh_nonce
from activities.entering import Start
from gateway.client import Filings, workflow_id
from models.acts import Submit
from models.filing import Entry
from regulation import entries, identity
from regulation.moment import Moment
from workflows import visibility
from workflows.ways import NEWEST

STARTED_AT_ONCE = 16
"""How many filings are started side by side."""


class NotTogether(Exception):
    """不能一并登记: something speaks against one of them, or one was received before. `submit` tells, one at a time."""


@dataclass(frozen=True)
class Row:
    """A row of a list as it was examined: its paper, and the facts by which it is in force from its receipt on."""

    paper: Mapping[str, Any]
    facts: Submit
    received_at: datetime

    @property
    def alliance(self) -> str:
        """What the alliance is called."""
        return str(self.paper["alliance_name"])


def enter(filings: Filings, rows: Sequence[Row]) -> list[Entry]:
    """Enter rows, all or none. Raises `NotTogether`."""
    filings.may_stamp()
    now, reception = filings.clock(), filings.reception
    if reception.arrivals.submitted(row.facts.filing for row in rows):
        raise NotTogether  # each counts as of its first receipt
    salted = [identity.salted(row.paper, fresh_nonce()) for row in rows]
    if reception.beyond(rows[0].facts.by, rows[0].facts.filing, salted, now):
        raise NotTogether
    brought = [
        papers.row_of(row.facts.filing, "application", paper, now) for row, paper in zip(rows, salted, strict=True)
    ]
    docket = [
        entries.submitted(row.facts.but(paper=paper["digest"]), Moment(row.received_at, now))
        for row, paper in zip(rows, brought, strict=True)
    ]
    try:
        filings.register.append_all(docket, brought)
    except (ValueError, SQLAlchemyError) as fault:
        raise NotTogether from fault
    return docket


async def start(filings: Filings, rows: Sequence[Row], docket: Sequence[Entry]) -> None:
    """Start the filings of what was entered: each finds itself in the register. It may be repeated."""
    gate = asyncio.Semaphore(STARTED_AT_ONCE)

    async def one(row: Row, entry: Entry) -> None:
        filing = entry.filing
        async with gate:
            await filings.start(
                Start(filing_id=filing.id, ways=NEWEST),
                visibility.from_the_start(filing),
                filings.named(filing.id, row.alliance, filing.jurisdiction),
            )

    await asyncio.gather(*(one(*each) for each in zip(rows, docket, strict=True)))


async def start_missing(filings: Filings, filing_ids: Collection[str]) -> list[str]:
    """Start those of these filings that are open and that the engine does not list; which ones it was."""
    missing = {workflow_id(each): each for each in filing_ids}
    if missing:
        async for each in filings.client.list_workflows(filings.running("AllianceFiling")):
            missing.pop(each.id, None)
    return await filings.revive(set(missing.values())) if missing else []
