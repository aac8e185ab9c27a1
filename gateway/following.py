"""Following (对齐): the engine is kept level with the register, whatever died, was cancelled, terminated or lost.

A filing that is open has a workflow that runs; and the workflow knows every entry. An answer that a door gives from the
register brings its filing level first (`client.Filings.level`); a round finds what nobody asks about. It costs one listing of
what runs, and one question for each filing that was entered since it was last asked; a filing that is level answers
without a trace.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import SQLAlchemyError
from temporalio.service import RPCError

from activities.logs import named
from gateway.client import Filings, workflow_id
from gateway.problem import NotFound, Unreachable
from gateway.rounds import Rounds
from models.register import FilingRow
from regulation import identity

log = structlog.get_logger()

AT_ONCE = 20
"""How many filings are asked side by side."""

NAMED = 20
"""How many filings a line of the log names."""

AGAIN_AFTER = 60.0
"""Seconds at most until a round that failed is made again."""


@dataclass(frozen=True)
class Following:
    """Rounds over the filings of a register."""

    filings: Filings

    async def keep(self, every: float) -> None:
        """Make a round, and one every so often, until cancelled. What fails is tried again."""
        while True:
            try:
                if brought := await self.round():
                    log.warning("following.brought_level", filings=len(brought))
                if revived := await Rounds(self.filings).revive():
                    log.warning("following.revived", rounds=len(revived))
            except (RPCError, SQLAlchemyError) as error:
                log.warning("following.round_failed", error=named(error))
                await asyncio.sleep(min(every, AGAIN_AFTER))
            else:
                await asyncio.sleep(every)

    async def round(self, *, every: bool = False) -> list[str]:
        """Start open filings again whose workflow is gone, and bring those level that are behind; which ones it was.

        Asked are those with entries of which it is not known that the engine has them; or all, if its own database may be an older one.
        """
        register, client = self.filings.register, self.filings.client
        running = {each.id async for each in client.list_workflows(self.filings.running("AllianceFiling"))}
        if strange := await asyncio.to_thread(self.unknown, running):
            log.error("following.not_in_register", filings=len(strange), first=strange[:NAMED])
        rows = await asyncio.to_thread(register.unfollowed, every=every)
        opened = [key for key, *_ in await asyncio.to_thread(register.open_filings)]
        return await self._bring(rows, [key for key in opened if every or workflow_id(key) not in running])

    def unknown(self, running: Collection[str]) -> list[str]:
        """Filings that run and of which the register knows nothing, not even that an application came: it is an older one.

        After a restore that left the engine as it was they would wait for ever, and nobody would know of them.
        """
        known = {workflow_id(key) for key in self.filings.register.filing_ids()}
        strange = sorted(each.removeprefix(workflow_id("")) for each in set(running) - known)
        return [key for key in strange if not self.filings.reception.is_known(key, identity.SUBMISSION)]

    async def one(self, filing_id: str) -> list[str]:
        """The same for one filing."""
        row = await asyncio.to_thread(self.filings.register.row, filing_id)
        if row is None:
            raise NotFound(filing_id)
        return await self._bring([row], [filing_id])

    async def _bring(self, rows: Sequence[FilingRow], perhaps_gone: Sequence[str]) -> list[str]:
        revived = await self.filings.revive(set(perhaps_gone))
        behind = await self._level(rows)
        return sorted({*revived, *behind})

    async def _level(self, rows: Sequence[FilingRow]) -> list[str]:
        """Those of these filings that the engine was behind with. What cannot be asked now is asked in the next round."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(row: FilingRow) -> bool:
            async with gate:
                try:
                    behind = await self.filings.level(row.filing_id)
                    await asyncio.to_thread(self.filings.register.follows, row.filing_id, row.number)
                except (Unreachable, RPCError, SQLAlchemyError) as error:
                    log.warning("following.not_asked", filing=row.filing_id, error=named(error))
                    return False
                return behind

        asked = await asyncio.gather(*map(one, rows))
        return [row.filing_id for row, behind in zip(rows, asked, strict=True) if behind]
