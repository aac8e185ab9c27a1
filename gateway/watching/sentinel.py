"""The sentinel (巡查): the engine is kept level with the register, whatever died, was cancelled, terminated or lost; what is not so is said.

A filing that is open has a workflow that runs, knows every entry, waits for the instant that the agenda says, and is found by what
it is. An answer that a door gives from the register brings its filing level first (`client.Filings.level`); a pass finds what nobody asks
about. It costs one listing of what runs, compared with the register, and a closer look at what differs, and at what was entered
or has gone on in a new run since it was last looked at.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import NoReturn, TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError
from temporalio.client import WorkflowUpdateFailedError
from temporalio.service import RPCError, RPCStatusCode

from activities.database import in_portions
from activities.drift import DriftLog, Known
from activities.logs import named
from activities.rounds.entering import Stands, told
from gateway.client import Filings, patiently, workflow_id
from gateway.problem import NoRound, NotFound, Unreachable
from gateway.rounds import Rounds
from gateway.rounds import workflow_id as workflow_id_of_round
from gateway.watching import comparing
from gateway.watching.comparing import IN_A_HERD, USUAL, Judged, Ought, Patience
from gateway.watching.engine import Engine, Listed, Look
from gateway.watching.proposing import Proposing
from gateway.watching.suspects import Suspects, lists
from models.drift import GONE, SAFE, Drift, DriftKind, Pass, tallied
from models.filing import Filing
from models.register import FollowedRow
from models.rounds.base import parts
from regulation import identity, lifecycle
from workflows import searching
from workflows import sentinel as scheduled

log = structlog.get_logger()

T = TypeVar("T")

AT_ONCE = 20
"""How many filings are asked side by side."""

LOOKS = 3_000
"""How many filings a pass looks at closely, at most: what differs first. The others are left to the next pass, and counted."""

LISTS_WITHIN = 3.0
"""Seconds after which a listing shows what has changed."""

NAMED = 20
"""How many filings a line of the log names."""


@dataclass
class Sentinel:
    """Passes over the filings and rounds of a register."""

    filings: Filings
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    looks: int = LOOKS

    @cached_property
    def memory(self) -> DriftLog:
        """What passes leave to the next, and to operators."""
        return DriftLog(self.filings.register.engine, self.filings.task_queue)

    @cached_property
    def engine(self) -> Engine:
        """The engine, as it is asked."""
        return Engine(self.filings.client, self.filings.task_queue)

    @cached_property
    def rounds(self) -> Rounds:
        """The client of rounds."""
        return Rounds(self.filings)

    async def passes(self) -> Pass:
        """Make a pass, mend what is safe to mend, remember it, and write to operators of what is new; and propose to extend a deadline
        near which the service itself was out. It may be repeated."""
        try:
            found, different = await self.look()
            failed = (await Proposing(self.rounds).propose(self.clock())).failed
            found, different = found.but(tallies=tallied([*different, *failed])), [*different, *failed]
            new = await asyncio.to_thread(self.memory.note, found, different)
        except Exception as error:
            await self._survived(asyncio.to_thread(self.memory.note_failed, self.clock(), named(error)))
            raise
        if new:
            log.error("sentinel.drift", found=len(new), first=[f"{each.key} {each.kind}" for each in new[:NAMED]])
        if found.mended:
            mended = [each.key for each in different if each.mended]
            log.warning("sentinel.mended", found=found.mended, first=mended[:NAMED])
        return found

    async def look(self, *, every: bool = False, mends: bool = True) -> tuple[Pass, list[Drift]]:
        """Compare everything, and mend what is safe; what there was, and what is different.

        With `every`, each open filing is looked at closely: after the engine was given an older database of its own.
        """
        began, at = time.monotonic(), self.clock()
        if mends:
            await searching.register(self.filings.client)
        if await self._register_is_older():
            log.error("sentinel.register_is_older")
            await asyncio.to_thread(self.memory.forget)
        listed: dict[str, Listed] = {}
        async for page in self.engine.listed(self.filings.running("AllianceFiling")):
            listed |= page
        suspects, compared = await self._compared(listed, at, every=every)
        most = compared if every else self.looks
        chosen, left = suspects.there(most)
        look = partial(self._looked, patience=IN_A_HERD if suspects.are_a_herd else USUAL)
        gone = partial(look, closely=len(suspects.gone) <= most)
        seen = [*await _side_by_side(gone, suspects.gone), *await _side_by_side(look, chosen)]
        different = [each.drift for each in seen if each.drift]
        different += [_strange(key) for key in suspects.strange]
        different += await self._listed_wrong([each for each in seen if each.ought and not each.drift], listed)
        await asyncio.to_thread(self.memory.follow, [each.follows for each in seen if each.follows])
        of_rounds = await self._of_rounds()
        different = sorted(
            [*different, *of_rounds.different], key=lambda each: (list(DriftKind).index(each.kind), each.key)
        )
        if mends:
            different = await self._mended(different)
        builds = Counter(each.build for each in listed.values())
        found = Pass(
            at=at,
            took=round(time.monotonic() - began, 3),
            compared=compared + of_rounds.compared,
            looked_at=len(seen) + of_rounds.compared,
            unseen=left,
            builds=dict(sorted(builds.items())),
            tallies=tallied(different),
        )
        return found, different

    async def one(self, key: str, *, anew: bool = False) -> list[str]:
        """Look at one filing or round and mend what is safe, or start it anew from the register whatever it is; whether it was called for.

        What it shows is made known to the server first: a run that cannot show it stands still.
        """
        if parts(key):
            if await asyncio.to_thread(self.rounds.register.row, key) is None:
                raise NoRound(key)
            await searching.register(self.filings.client)
            return [key] if await self.rounds.revive(key, anew=anew) else []
        known = (await asyncio.to_thread(self.memory.known, [key])).get(key)
        if known is None:
            return await self._ended(key) if anew else _not_found(key)
        await searching.register(self.filings.client)
        if anew:
            return await self.filings.revive([key], anew=True)
        seen = await self._looked(known)
        if seen.drift is None:
            return []
        return [each.key for each in await self._mended([seen.drift]) if each.mended]

    async def _register_is_older(self) -> bool:
        """Whether the engine remembers a pass of which the register does not know: what was seen of filings came back with an older one."""
        try:
            made = await scheduled.last_pass(self.filings.client, self.filings.task_queue)
        except RPCError as error:
            log.warning("sentinel.not_asked", error=named(error))
            return False
        known = await asyncio.to_thread(self.memory.last)
        return made is not None and (known is None or known.at < made.at)

    async def _ended(self, key: str) -> list[str]:
        """End what runs and is in no register: whatever it knows came from another one, and nobody can bring it back."""
        if await asyncio.to_thread(self.filings.reception.is_known, key, identity.SUBMISSION):
            _not_found(key)  # an application came, and is about to be entered
        try:
            await self.filings.client.get_workflow_handle(workflow_id(key)).terminate(reason=UNKNOWN)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                _not_found(key)
            raise
        return [key]

    # Filings

    async def _compared(self, listed: Mapping[str, Listed], at: datetime, *, every: bool) -> tuple[Suspects, int]:
        """Whom to look at closely, of everything that is open, or runs; and how much was compared."""
        suspects, running, compared = Suspects(), set(listed), 0
        async for rows in _in_turn(self.memory.open_filings()):
            await asyncio.to_thread(suspects.compare, rows, listed, at, every=every)
            running -= {workflow_id(each.filing_id) for each in rows}
            compared += len(rows)
        async for rows in _in_turn(self.memory.ended()):
            suspects.behind += [each for each in rows if workflow_id(each.filing_id) in running]
            over = [each for each in rows if workflow_id(each.filing_id) not in running]
            await asyncio.to_thread(self.memory.follow, [_followed(each) for each in over])
            running -= {workflow_id(each.filing_id) for each in rows}
        rest = await asyncio.to_thread(self.memory.known, [_key_of(each) for each in running])
        suspects.behind += rest.values()
        suspects.strange += await asyncio.to_thread(self.unknown, running - {workflow_id(key) for key in rest})
        return suspects, compared

    def unknown(self, running: Iterable[str]) -> list[str]:
        """Those that run and of which the register knows nothing, not even that an application came: it is an older one.

        After a restore that left the engine as it was they would wait for ever, and nobody would know of them.
        """
        strange = [_key_of(each) for each in sorted(running)]
        known = self.memory.known(strange)
        reception = self.filings.reception
        return [key for key in strange if key not in known and not reception.is_known(key, identity.SUBMISSION)]

    async def _looked(self, known: Known, *, patience: Patience = USUAL, closely: bool = True) -> "Seen":
        """Look at one filing. What cannot be asked now is asked in the next pass."""
        try:
            filing = Filing.model_validate_json(known.value)
            ought = comparing.of_filing(filing, is_open=not lifecycle.is_over(filing))
        except ValueError as error:
            return Seen(drift=_unreadable(known.filing_id, error))
        try:
            look = await self.engine.look(workflow_id(known.filing_id), "filing", Filing, closely=closely)
            row = await asyncio.to_thread(self.filings.register.row, known.filing_id)
        except (RPCError, SQLAlchemyError) as error:
            log.warning("sentinel.not_asked", filing=known.filing_id, error=named(error))
            return Seen()
        entered = row.number if row else known.number
        found = comparing.judged(ought, entered, look, self.filings.task_queue, self.clock(), patience)
        if found:
            return Seen(drift=_drift(known.filing_id, found))
        if look.task:
            return Seen()
        if look.runs and not look.asked:
            return Seen(ought)
        return Seen(ought, _followed(known, look, ought)) if entered == known.number else Seen()

    async def _listed_wrong(self, level: Sequence["Seen"], listed: Mapping[str, Listed]) -> list[Drift]:
        """Those that show what they are, while the listing goes on showing something else: operators look at the listing."""
        wrong = {
            workflow_id(each.ought.key): each.ought
            for each in level
            if each.ought and each.ought.is_open and not lists(listed, each.ought)
        }
        if not wrong:
            return []
        await asyncio.sleep(LISTS_WITHIN)
        by_now: dict[str, Listed] = {}
        for some in in_portions(sorted(wrong), AT_ONCE):
            names = ", ".join(f'"{each}"' for each in some)
            async for page in self.engine.listed(
                f"WorkflowId IN ({names}) AND {self.filings.running('AllianceFiling')}"
            ):
                by_now |= page
        stale = [ought for ought in wrong.values() if not lists(by_now, ought)]
        return [Drift(key=each.key, kind=DriftKind.STALE_ATTRIBUTES, what=NOT_LISTED) for each in stale]

    # Rounds

    async def _of_rounds(self) -> "OfRounds":
        """Every open round, and every one that runs, looked at closely: they are few."""
        keys = set(await asyncio.to_thread(self.rounds.register.round_ids, is_open=True))
        async for page in self.engine.listed(self.filings.running("Round")):
            keys |= {each.removeprefix(workflow_id_of_round("")) for each in page}
        found = await _side_by_side(self._looked_at_round, sorted(keys))
        return OfRounds(len(keys), [each for each in found if each])

    async def _looked_at_round(self, round_id: str) -> Drift | None:
        row = await asyncio.to_thread(self.rounds.register.row, round_id)
        try:
            look = await self.engine.look(workflow_id_of_round(round_id), "stands", Stands)
            after = await asyncio.to_thread(self.rounds.register.row, round_id)
        except (RPCError, SQLAlchemyError) as error:
            log.warning("sentinel.not_asked", round=round_id, error=named(error))
            return None
        if row is None:
            known = look.runs and look.says is not None and after is None
            return Drift(key=round_id, kind=DriftKind.REGISTER_BEHIND, what=UNKNOWN) if known else None
        try:
            ought = comparing.of_round(round_id, told(row.model_dump()))
        except ValueError as error:
            return _unreadable(round_id, error)
        number = after.number if after else row.number
        found = comparing.judged(ought, number, look, self.filings.task_queue, self.clock())
        return _drift(round_id, found) if found else None

    # Mending

    async def _mended(self, different: Sequence[Drift]) -> list[Drift]:
        """What is different, after what is safe to mend was mended."""
        gone = {each.key for each in different if each.kind in GONE and not each.is_round}
        revived = gone if gone and await self._survived(self.filings.revive(gone)) is not None else set[str]()

        async def one(each: Drift) -> Drift:
            match each.kind:
                case _ if each.key in revived:
                    mended = True
                case DriftKind.STALE_ATTRIBUTES:
                    mended = await self._survived(self._shows(each)) is not None
                case _ if each.is_round and each.kind in SAFE | {DriftKind.REGISTER_BEHIND}:
                    mended = bool(await self._survived(self.rounds.revive(each.key)))
                case DriftKind.ENGINE_BEHIND:
                    mended = bool(await self._survived(self.filings.level(each.key)))
                case _:
                    mended = False
            return each.but(mended=mended)

        return await _side_by_side(one, different)

    async def _shows(self, each: Drift) -> bool:
        """Have a workflow show again what it is found by."""
        workflow = (workflow_id_of_round if each.is_round else workflow_id)(each.key)
        async with patiently(self.filings.patience):
            await self.filings.client.get_workflow_handle(workflow).execute_update("show")
        return True

    async def _survived(self, mending: Awaitable[T]) -> T | None:
        """What mending came to; None if it could not be done now."""
        try:
            return await mending
        except (Unreachable, RPCError, SQLAlchemyError, WorkflowUpdateFailedError) as error:
            log.warning("sentinel.not_mended", error=named(error))
            return None


@dataclass(frozen=True)
class Seen:
    """What came of a close look: what is different, or what is to be remembered of a filing that is as it should be."""

    ought: Ought | None = None
    follows: FollowedRow | None = None
    drift: Drift | None = None


@dataclass(frozen=True)
class OfRounds:
    """What came of looking at rounds: how many there were, and what is different."""

    compared: int
    different: list[Drift]


UNKNOWN = "引擎中在办，备案库中没有"
NOT_LISTED = "列表中没有，或仍为旧值"


def _strange(key: str) -> Drift:
    return Drift(key=key, kind=DriftKind.REGISTER_BEHIND, what=UNKNOWN)


def _drift(key: str, found: Judged) -> Drift:
    return Drift(key=key, kind=found.kind, what=found.what)


def _unreadable(key: str, error: ValueError) -> Drift:
    return Drift(key=key, kind=DriftKind.UNREADABLE, what=f"备案库所存的现状无法读取（{named(error)}）")


def _not_found(key: str) -> NoReturn:
    raise NotFound(key)


def _key_of(workflow: str) -> str:
    return workflow.removeprefix(workflow_id(""))


def _followed(known: Known, look: Look | None = None, ought: Ought | None = None) -> FollowedRow:
    """What is remembered of a filing that is as it should be."""
    runs = look if look and look.runs else None
    armed_for = ought.word.due_at if runs and ought else None
    return FollowedRow(
        filing_id=known.filing_id, number=known.number, run_id=runs.run_id if runs else None, armed_for=armed_for
    )


async def _in_turn(chunks: Iterator[Sequence[T]]) -> AsyncIterator[Sequence[T]]:
    """Chunks that are read one after another, each on a thread."""
    while rows := await asyncio.to_thread(next, chunks, None):
        yield rows


A = TypeVar("A")


async def _side_by_side(work: Callable[[A], Awaitable[T]], on: Collection[A]) -> list[T]:
    """Some at a time, in their order."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(each: A) -> T:
        async with gate:
            return await work(each)

    return await asyncio.gather(*map(one, on))
