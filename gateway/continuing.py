"""Continuing (承接): at the archiving of a continuation the earlier filing ends as continued, and its reports count (G-32).

Two filings are two workflows, and neither waits for the other. Who is to end is read from the register, so a crash between
the archiving and the end loses nothing: a worker looks when a continuation was archived, when it starts, and every so often.
Both acts have ids of the service's own, one a filing and year, so a second look changes nothing.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import structlog

from activities.continuations import Continuation
from activities.logs import named
from gateway.client import Filings
from gateway.problem import KeyReused, NotFound, Refused
from models.values import in_shanghai
from models.vocabulary import ActKind, Role
from regulation import identity, offices
from regulation.annual import COUNTS

log = structlog.get_logger()

AGAIN_AFTER = 60.0
"""Seconds at most until a round that failed is made again."""


@dataclass
class Continuing:
    """Rounds over the continuations of a register."""

    filings: Filings
    _bell: asyncio.Event = field(default_factory=asyncio.Event)
    _loop: asyncio.AbstractEventLoop | None = None

    def ring(self) -> None:
        """Say that a continuation was archived; from any thread."""
        if self._loop:
            self._loop.call_soon_threadsafe(self._bell.set)

    async def keep(self, every: float) -> None:
        """Make a round at once, at every bell, and every so often, until cancelled. Whatever fails is tried again."""
        self._loop = asyncio.get_running_loop()
        while True:
            self._bell.clear()
            wait = every
            try:
                await self.round()
            except Exception as error:
                log.warning("continuing.round_failed", error=named(error))
                wait = min(every, AGAIN_AFTER)
            try:
                await asyncio.wait_for(self._bell.wait(), wait)
            except TimeoutError:
                continue

    async def round(self) -> list[str]:
        """End every predecessor that can end now; which ones did.

        Reports come first: once the predecessor has ended, nobody looks for it again. One that is refused (people have a
        revocation to decide first) is asked again in the next round.
        """
        ended = []
        for each in await asyncio.to_thread(self.filings.register.continuations):
            try:
                for report in reports(each):
                    await self.filings.act(each.filing.id, report, own=True)
                await self.filings.act(each.earlier.id, end(each), own=True)
            except (Refused, KeyReused, NotFound) as refused:
                log.warning("continuing.refused", filing=each.earlier.id, error=type(refused).__name__)
                continue
            ended.append(each.earlier.id)
        return ended


def end(continuation: Continuation) -> dict[str, Any]:
    """The act that ends the predecessor as of the instant at which its continuation was archived."""
    return {
        "id": identity.CONTINUED,
        "kind": ActKind.RECORD_CONTINUATION.value,
        "by": {"person": identity.SERVICE, "office": offices.PROVINCE, "role": Role.PLATFORM.value},
        "received_at": in_shanghai(continuation.archived_at),
        "successor": continuation.filing.id,
        "successor_number": continuation.filing.archive_number,
    }


def reports(continuation: Continuation) -> Iterator[dict[str, Any]]:
    """What the leader reported once, under the predecessor, counts for both: as of its receipt there."""
    filing, earlier = continuation.filing, continuation.earlier
    for year in filing.years:
        told, paper = earlier.year(year.year), continuation.papers.get(year.year)
        if paper is None or told is None or told.filed_at is None or told.status not in COUNTS or year.status in COUNTS:
            continue
        yield {
            "id": identity.of_carried(year.year),
            "kind": ActKind.FILE_ANNUAL_REPORT.value,
            "by": {"person": identity.SERVICE, "office": filing.leader, "role": Role.LEADER.value},
            "received_at": in_shanghai(max(told.filed_at, filing.submitted_at)),
            "year": year.year,
            "paper": paper,
            "reason": f"已在所承接的备案（平台申请编号 {earlier.id}）中报送",
        }
