"""The typed client of filings: what a program does with them, whichever door it is.

A door reads what it is given, refuses it with every finding at once, stores the papers in the register and sends the act
with their digests. Whatever the engine knows or forgot, an act reaches its filing: where no workflow runs, it is sent together
with a start that revives it from the register.
"""

import asyncio
from asyncio import Future
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import count
from typing import Any
from uuid import uuid4
from weakref import WeakValueDictionary

from pydantic import JsonValue
from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import TypedSearchAttributes, WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from activities.arrivals import Arrival, Entered, OtherContent
from activities.encryption import Undecipherable
from activities.entering import Start
from activities.letters import Letters
from activities.register import Register
from gateway.problem import Conflict, KeyReused, NoMessage, Refused, Unreachable, refuse
from gateway.reception import Received, Reception, read_instant
from gateway.remembered.quotas import OTHERS, Quotas
from models.acts import AnyAct
from models.filing import Receipt
from models.findings import Refusal
from models.register import FilingRow
from models.values import digest, on_one_line
from models.vocabulary import ActKind
from regulation import codes, entries, identity, intake, lodging
from regulation.moment import Moment
from workflows import visibility
from workflows.filing import LEVEL, AllianceFiling
from workflows.ways import NEWEST

WHILE_BUSY = (0.1, 2.0)
"""Seconds to wait while a filing has as many acts under way as the engine takes at once: the first time, and at most.

Each time half as long again, so that many who wait do not keep the engine from the few whose turn it is.
"""

AT_ONCE_STAFF, AT_ONCE_OTHERS = 4, 2
"""How many acts a door sends to one filing at once, or all processes of one; the rest wait at the door.

A filing takes one after the other anyway, and the engine holds ten. So it is not turned away while others are under way,
and a run that is full finds the moment in which nothing is.
"""


WHILE_TAKEN_IN = (0.05, 0.5)
"""Seconds between two looks for the first entry of a filing, at first and at most: of a list very many are waited for."""

PATIENCE = timedelta(seconds=30)
"""How long a caller waits for an answer before its outcome counts as unknown."""


@dataclass
class Filings:
    """What a program does with filings. Every method that changes something may be repeated with the same ids."""

    client: Client
    register: Register
    task_queue: str = "filings"
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    patience: timedelta = PATIENCE
    may_stamp: Callable[[], None] = lambda: None
    quotas: Quotas | None = None
    doors: int = 1
    _turns: WeakValueDictionary[tuple[str, bool], asyncio.Semaphore] = field(
        default_factory=WeakValueDictionary, init=False, repr=False
    )

    @cached_property
    def reception(self) -> Reception:
        """What receives whatever is sent here."""
        return Reception(self.register, self.quotas)

    async def submit(self, raw: Mapping[str, Any]) -> Receipt:
        """Submit an application (A-27, B-16). The same one again is the same filing; another under its id a `Conflict`.

        Before anything else is tried it is noted as received: sent again, it counts as of then.
        """
        self.may_stamp()
        if found := lodging.in_own_name(raw):
            refuse(found)
        now, reception = self.clock(), self.reception
        paper = await asyncio.to_thread(lodging.application, raw)
        if paper and (receipt := await asyncio.to_thread(reception.submitted_before, raw, paper)):
            await self.level(str(raw["filing_id"]))
            return receipt
        received_at = read_instant(raw.get("received_at")) or now
        if not Moment(received_at, now).sensible:
            refuse([intake.future("/received_at")])
        if paper is None:
            refuse((await asyncio.to_thread(reception.examined, raw, received_at)).findings)
        filing_id, asked = str(raw["filing_id"]), digest(paper)
        try:
            arrival = await asyncio.to_thread(
                reception.arrivals.receive, filing_id, identity.SUBMISSION, asked, received_at, now
            )
        except OtherContent as other:
            if await self._is_started(filing_id):
                raise Conflict(filing_id) from other
            await asyncio.to_thread(reception.arrivals.answered, filing_id, identity.SUBMISSION)  # nothing came of that
            return await self.submit(raw)
        except Entered:
            return await self.submit(raw)
        try:
            turn = self._turns.setdefault((_leader(raw), True), asyncio.Semaphore(1))
            async with patiently(self.patience), turn:
                return await self._submitted(raw, paper, arrival, now)
        except (Refused, Conflict):
            await asyncio.to_thread(reception.arrivals.answered, filing_id, identity.SUBMISSION, asked)
            raise

    async def _submitted(
        self, raw: Mapping[str, Any], paper: Mapping[str, Any], arrival: Arrival, now: datetime
    ) -> Receipt:
        """Start the filing of an application that was received, as of its first receipt."""
        form, facts, key = await asyncio.to_thread(self.reception.application, raw, paper, arrival, now)
        start = Start(filing_id=form.filing_id, paper=key, received_at=arrival.received_at, by=facts.by, ways=NEWEST)
        found_by = visibility.from_the_start(entries.submitted(facts, Moment(arrival.received_at, now)).filing)
        named = self.named(form.filing_id, form.alliance_name, form.jurisdiction)
        handle = await self.start(start, found_by, named)
        (pause, longest), left = WHILE_TAKEN_IN, self.patience.total_seconds()
        for attempt in count():
            if receipt := await asyncio.to_thread(self.reception.submitted_before, raw, paper):
                return receipt
            if attempt % 6 == 5 and (await handle.describe()).status is WorkflowExecutionStatus.FAILED:
                raise Refused(await _why_it_failed(handle))
            if left <= 0:
                break
            await asyncio.sleep(pause)
            left, pause = left - pause, min(pause * 1.5, longest)
        raise Unreachable

    async def start(
        self, start: Start, found_by: TypedSearchAttributes, named: Mapping[str, Any]
    ) -> WorkflowHandle[Any, Any]:
        """Start a filing that shows from the start by what it is found, or use the run that it has."""
        async with patiently(self.patience):
            try:
                return await self._started(start, search_attributes=found_by, **named)
            except RPCError as error:
                if error.status is not RPCStatusCode.INVALID_ARGUMENT:
                    raise
                # no worker has told this server yet what filings are found by
                return await self._started(start, **named)

    async def _started(self, start: Start, **named: Any) -> WorkflowHandle[Any, Any]:
        return await self.client.start_workflow(
            AllianceFiling.run,
            start,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            **named,
        )

    async def _is_started(self, filing_id: str) -> bool:
        """Whether the engine has a filing, be it only that it waits for a worker to take it in."""
        try:
            async with patiently(self.patience):
                found = await self.client.get_workflow_handle(workflow_id(filing_id)).describe()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            raise
        return found.status is not WorkflowExecutionStatus.FAILED

    async def act(
        self, filing_id: str, raw: Mapping[str, Any], *, seen: Collection[int] | None = None, own: bool = False
    ) -> Receipt:
        """Do an act to a filing. The same act again gets the same answer; a refusal raises `Refused` with every finding.

        Before anything else is tried the act is noted as received: sent again under its id, it counts as of then. Another
        act under an id that is taken is `KeyReused`. With `seen`, an act that was not received yet must rest on one of these
        entries as the last; else it is `MovedOn`. `own`: the service itself acts, under an id of its own.
        """
        self.may_stamp()
        now = self.clock()
        received = await asyncio.to_thread(self.reception.receive, filing_id, raw, now, seen, own=own)
        return await self._answered(filing_id, received, now)

    async def _answered(self, filing_id: str, received: Received | Receipt, now: datetime) -> Receipt:
        """What a filing answers to what was received for it: of what is entered, the answer of then."""
        if isinstance(received, Receipt):
            await self.level(filing_id)
            return received
        row, act = received.row, received.act
        sent: JsonValue = act.but(seen=row.number).model_dump(mode="json")
        try:
            async with patiently(self.patience), self.turn(row.filing_id, act):
                receipt: Receipt = await self._update(row, "act", sent, act.id, Receipt)
        except WorkflowUpdateFailedError as failed:
            cause = failed.cause
            told = cause.details[0] if isinstance(cause, ApplicationError) and cause.details else None
            why = str(cause) if told is None else Refusal.model_validate(told)
            return await asyncio.to_thread(self.reception.answered_before, row.filing_id, received.asked, why, now)
        return receipt

    async def level(self, filing_id: str) -> bool:
        """Bring the engine level with the register, before something is told from the register alone; whether it was behind.

        Everything may have died after a commit and before the engine knew: the filing would wait for the day of then.
        """
        row = await asyncio.to_thread(self.reception.row, filing_id)
        try:
            if row.open:
                await self._update(row, "level", row.number, f"level-{row.number}")
            else:
                handle = self.client.get_workflow_handle(workflow_id(row.filing_id))
                async with patiently(self.patience):
                    await handle.execute_update("level", row.number)
        except WorkflowUpdateFailedError as failed:
            if isinstance(failed.cause, ApplicationError) and failed.cause.type == LEVEL:
                return False
            raise
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:  # it has come to its end: nothing is waited for
                return False
            raise
        return True

    def turn(self, filing_id: str, act: AnyAct) -> asyncio.Semaphore:
        """Leave to act on a filing, or in a round. Staff do not stand in the queue of everybody else, however long that is."""
        key = (filing_id, act.by.role in OTHERS)
        most = (AT_ONCE_OTHERS if key[1] else AT_ONCE_STAFF) // self.doors
        return self._turns.setdefault(key, asyncio.Semaphore(max(1, most)))

    async def _update(
        self, row: FilingRow, name: str, sent: JsonValue, key: str, result_type: type | None = None
    ) -> Any:
        """Ask a filing's workflow."""
        return await self.ask(workflow_id(row.filing_id), name, sent, key, lambda: self._start(row), result_type)

    async def ask(
        self,
        workflow: str,
        name: str,
        sent: JsonValue,
        key: str,
        start: Callable[[], WithStartWorkflowOperation[Any, Any]],
        result_type: type | None = None,
    ) -> Any:
        """Ask a workflow, which is started if it does not run; again while it is very busy.

        It knows itself which acts it has applied; an update id of its own lets a refused act be sent again.
        """
        runs, (pause, longest) = True, WHILE_BUSY
        async with patiently(self.patience):
            while True:
                once = f"{key}:{uuid4().hex[:8]}"
                try:
                    if runs:
                        handle = self.client.get_workflow_handle(workflow)
                        return await handle.execute_update(name, sent, id=once, result_type=result_type)
                    starting = start()
                    starting._workflow_handle.add_done_callback(_heard)
                    return await self.client.execute_update_with_start_workflow(
                        name, sent, start_workflow_operation=starting, id=once, result_type=result_type
                    )
                except RPCError as error:
                    if runs and error.status is RPCStatusCode.NOT_FOUND:
                        runs = False
                        continue
                    if not _passes(error):
                        raise
                    await asyncio.sleep(pause)
                    pause = min(pause * 1.5, longest)

    def _start(self, row: FilingRow) -> WithStartWorkflowOperation[AllianceFiling, Any]:
        """A filing is started from the register with an update already waiting for it, or used if it runs after all."""
        return WithStartWorkflowOperation(
            AllianceFiling.run,
            Start(filing_id=row.filing_id, ways=NEWEST),
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            **self.named(row.filing_id, row.alliance_name, row.jurisdiction),
        )

    async def read(self, message_id: str, by: Mapping[str, Any]) -> Receipt | None:
        """已读: a message was read in the inbox; the receipt of the 签收 if it was the notice that is to be served (G-18)."""
        self.may_stamp()
        if found := lodging.in_own_name({"by": by}):
            refuse(found)
        message = await asyncio.to_thread(Letters(self.register.engine).read, message_id, self.clock())
        if message is None:
            raise NoMessage(message_id)
        if message.filing_id is None:
            return None
        filing = await asyncio.to_thread(self.register.filing, message.filing_id)
        notice = filing.notification if filing and message.to == "leader" else None
        if filing is None or notice is None or notice.number != message.number or notice.read or not filing.consent:
            return None
        key = identity.of_reading(message.number, str(by["person"]))
        act = {"id": key, "kind": ActKind.ACKNOWLEDGE_SERVICE.value, "by": by}
        try:
            return await self.act(message.filing_id, act, own=True)
        except Refused:
            now = await asyncio.to_thread(self.register.filing, message.filing_id)
            if now and now.notification and now.notification.number == message.number and now.notification.read:
                return None  # somebody else read it at the same time
            raise

    async def revive(self, filing_ids: Collection[str] | None = None, *, anew: bool = False) -> list[str]:
        """Start again, from the register alone, open filings whose workflow is gone, all or of these; which ones it was.

        `anew`: one that runs is terminated first. No date moves by that, and what was entered stands.
        """
        every = await asyncio.to_thread(self.register.open_filings)
        gone = [each for each in every if filing_ids is None or each[0] in filing_ids]
        gate = asyncio.Semaphore(50)
        running = WorkflowIDConflictPolicy.TERMINATE_EXISTING if anew else WorkflowIDConflictPolicy.FAIL

        async def start(key: str, alliance: str, jurisdiction: str) -> bool:
            async with gate:
                try:
                    await self.client.start_workflow(
                        AllianceFiling.run,
                        Start(filing_id=key, ways=NEWEST),
                        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                        id_conflict_policy=running,
                        **self.named(key, alliance, jurisdiction),
                    )
                except WorkflowAlreadyStartedError:
                    return False
                return True

        started = await asyncio.gather(*(start(*each) for each in gone))
        return [key for (key, *_), revived in zip(gone, started, strict=True) if revived]

    def running(self, workflow: str) -> str:
        """What asks the engine for all workflows of a type that run here; other services may share its namespace."""
        return f'WorkflowType = "{workflow}" AND ExecutionStatus = "Running" AND TaskQueue = "{self.task_queue}"'

    def named(self, filing_id: str, alliance: str, jurisdiction: str) -> dict[str, Any]:
        """Under which id, where, and with which public name a filing's workflow is started, whoever starts it."""
        alliance = on_one_line(alliance)
        return {
            "id": workflow_id(filing_id),
            "task_queue": self.task_queue,
            "memo": {"alliance": alliance},
            "static_summary": visibility.static_summary(alliance, jurisdiction),
        }

    async def broadcast(self, raw: Mapping[str, Any], filing_ids: Sequence[str]) -> dict[str, Receipt | Refusal]:
        """Do the same act to many filings, one after another; what each answered. May be repeated as a whole.

        All of it is noted as received before any of it is sent: if the engine is not there, no filing's act is lost.
        To each it is done under an id that no caller can take, so nobody keeps a filing out by taking it beforehand.
        """
        given = raw.get("id")
        if found := lodging.kept_for_itself(raw):
            refuse(found)
        one = {**raw, "id": identity.of_all(given)} if isinstance(given, str) else raw
        self.may_stamp()
        now, answers = self.clock(), dict[str, Receipt | Refusal]()
        received: dict[str, Received | Receipt] = {}
        for filing_id in filing_ids:
            with _answering(answers, filing_id):
                received[filing_id] = await asyncio.to_thread(self.reception.receive, filing_id, one, now, own=True)
        for filing_id, each in received.items():
            with _answering(answers, filing_id):
                answers[filing_id] = await self._answered(filing_id, each, now)
        return {filing_id: answers[filing_id] for filing_id in filing_ids}


@contextmanager
def _answering(answers: dict[str, Receipt | Refusal], filing_id: str) -> Iterator[None]:
    """One of many answers: that a filing refuses is an answer too, and keeps nobody from the next."""
    try:
        yield
    except Refused as refused:
        answers[filing_id] = refused.refusal
    except KeyReused:
        answers[filing_id] = Refusal(message=identity.REUSED, article="", missing=identity.REUSED)


def _leader(raw: Mapping[str, Any]) -> str:
    """Whose turn an application takes: one of a leader after the other, so that each is counted before the next."""
    leader = raw.get("leader")
    return f"leader {codes.normalised(str(leader.get('uscc'))) if isinstance(leader, Mapping) else ''}"


def _heard(start: Future[Any]) -> None:
    """A start that failed did so for the reason its update tells: nobody else asks, and nothing complains that nobody did."""
    if not start.cancelled():
        start.exception()


@asynccontextmanager
async def patiently(patience: timedelta) -> AsyncIterator[None]:
    """What takes longer than a caller waits, is cut off or cannot be read, is `Unreachable`: its outcome is unknown."""
    try:
        async with asyncio.timeout(patience.total_seconds()):
            yield
    except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError, Undecipherable) as late:
        raise Unreachable from late
    except RuntimeError as error:
        if "client connect" in str(error):  # the engine was not there yet, and still is not
            raise Unreachable from error
        raise


def _passes(error: RPCError) -> bool:
    """Whether the engine would take the same again in a moment.

    It is busy; or the task that had the act was given up; or this run takes no more acts and is about to go on in a new one.
    """
    aborted = any(words in error.message for words in ("Update-with-Start", "update was aborted"))
    given_up = error.status in (RPCStatusCode.UNAVAILABLE, RPCStatusCode.ABORTED) and aborted
    full = error.status is RPCStatusCode.FAILED_PRECONDITION and "total number of distinct updates" in error.message
    return given_up or full or error.status is RPCStatusCode.RESOURCE_EXHAUSTED


def workflow_id(filing_id: str) -> str:
    """The workflow of a filing."""
    return f"filing-{filing_id}"


async def _why_it_failed(handle: WorkflowHandle[Any, Any]) -> Refusal:
    """The findings for which a workflow refused its own start."""
    try:
        await handle.result()
    except WorkflowFailureError as failed:
        cause: BaseException | None = failed.cause
        while cause is not None and not (isinstance(cause, ApplicationError) and cause.type == "Refused"):
            cause = cause.__cause__
        if isinstance(cause, ApplicationError) and cause.details:
            return Refusal.model_validate(cause.details[0])
    return Refusal(message="备案申请未能受理", article="", missing="")
