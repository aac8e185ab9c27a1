"""The typed client of filings: what a program does with them, whichever door it is.

A door reads what it is given, refuses it with every finding at once, stores the papers in the register and sends the act
with their digests. Whatever the engine knows or forgot, an act reaches its filing: it is sent together with a start that
does nothing while the workflow runs, and else revives it from the register.
"""

import asyncio
from asyncio import Future
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import uuid4
from weakref import WeakValueDictionary

from pydantic import JsonValue, ValidationError
from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from activities.arrivals import Arrival, Arrivals, Entered, OtherContent
from activities.entering import Start
from activities.letters import Letters
from activities.papers import PaperMissing
from activities.register import Register
from gateway.problem import Conflict, KeyReused, NotFound, Refused, Unreachable, refuse
from gateway.remembered.quotas import OTHERS, Quotas
from models.acts import Act, By, Lapse, Submit, Unreadable
from models.filing import Filing, Receipt
from models.findings import Finding, Refusal
from models.register import FilingRow
from models.values import INSTANT, at_hour, canonical, day_of, digest, on_one_line
from models.vocabulary import ActKind, Role
from regulation import codes, entries, identity, intake, lifecycle, lodging, on_paper, province
from regulation.lodging import Lodged
from regulation.moment import Moment
from workflows import visibility
from workflows.filing import LEVEL, AllianceFiling
from workflows.ways import NEWEST

WHILE_BUSY = (0.1, 2.0)
"""Seconds to wait while a filing has as many acts under way as the engine takes at once: the first time, and at most.

Each time half as long again, so that many who wait do not keep the engine from the few whose turn it is.
"""

AT_ONCE_STAFF, AT_ONCE_OTHERS = 4, 2
"""How many acts a door sends to one filing at once; the rest wait at the door.

A filing takes one after the other anyway, and the engine holds ten. So it is not turned away while others are under way,
and a run that is full finds the moment in which nothing is.
"""


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
    _turns: WeakValueDictionary[tuple[str, bool], asyncio.Semaphore] = field(
        default_factory=WeakValueDictionary, init=False, repr=False
    )

    @cached_property
    def _arrivals(self) -> Arrivals:
        return Arrivals(self.register.engine)

    async def submit(self, raw: Mapping[str, Any]) -> Receipt:
        """Submit an application (A-27, B-16). The same one again is the same filing; another under its id a `Conflict`.

        Before anything else is tried it is noted as received: sent again, it counts as of then.
        """
        self.may_stamp()
        now = self.clock()
        paper = await asyncio.to_thread(lodging.application, raw)
        if paper and (receipt := await asyncio.to_thread(self._submitted_before, raw, paper)):
            await self.level(str(raw["filing_id"]))
            return receipt
        received_at = read_instant(raw.get("received_at")) or now
        if not Moment(received_at, now).sensible:
            refuse([intake.future("/received_at")])
        if paper is None:
            refuse((await asyncio.to_thread(self._examined, raw, received_at)).findings)
        filing_id, asked = str(raw["filing_id"]), digest(paper)
        try:
            arrival = await asyncio.to_thread(
                self._arrivals.receive, filing_id, identity.SUBMISSION, asked, received_at, now
            )
        except OtherContent as other:
            if await self._is_started(filing_id):
                raise Conflict(filing_id) from other
            await asyncio.to_thread(self._arrivals.answered, filing_id, identity.SUBMISSION)  # nothing came of that
            return await self.submit(raw)
        except Entered:
            return await self.submit(raw)
        try:
            async with self._turns.setdefault((_leader(raw), True), asyncio.Semaphore(1)):
                return await self._submitted(raw, paper, arrival, now)
        except (Refused, Conflict):
            await asyncio.to_thread(self._arrivals.answered, filing_id, identity.SUBMISSION, asked)
            raise

    async def _submitted(
        self, raw: Mapping[str, Any], paper: Mapping[str, Any], arrival: Arrival, now: datetime
    ) -> Receipt:
        """Start the filing of an application that was received, as of its first receipt."""
        examination = await asyncio.to_thread(self._examined, raw, arrival.received_at)
        form, facts = examination.form, examination.facts
        if form is None or facts is None:
            refuse(examination.findings)
        if facts.by.role is Role.LEADER and (many := await asyncio.to_thread(self._too_many, facts.leader, now)):
            refuse(many)
        salted = identity.salted(paper, arrival.nonce)
        if beyond := await asyncio.to_thread(self._beyond, facts.by, form.filing_id, [salted], now):
            refuse(beyond)
        key = await asyncio.to_thread(self.register.lodge, form.filing_id, "application", salted, now)
        submitted = entries.submitted(facts, Moment(arrival.received_at, now)).filing
        async with _patience(self.patience):
            handle = await self.client.start_workflow(
                AllianceFiling.run,
                Start(filing_id=form.filing_id, paper=key, received_at=arrival.received_at, by=facts.by, ways=NEWEST),
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                search_attributes=visibility.from_the_start(submitted),
                **self.named(form.filing_id, form.alliance_name, form.jurisdiction),
            )
        for attempt in range(int(self.patience.total_seconds() * 20)):
            if receipt := await asyncio.to_thread(self._submitted_before, raw, paper):
                return receipt
            if attempt % 20 == 19 and (await handle.describe()).status is WorkflowExecutionStatus.FAILED:
                raise Refused(await _why_it_failed(handle))
            await asyncio.sleep(0.05)
        raise Unreachable

    def _too_many(self, leader: str, now: datetime) -> tuple[Finding, ...]:
        """What speaks against one more application of a leader: nobody fills an office's desk alone."""
        if self.quotas is None:
            return ()
        return self.quotas.one_more(*self.register.applications_of(leader, at_hour(day_of(now), 0)))

    async def _is_started(self, filing_id: str) -> bool:
        """Whether the engine has a filing, be it only that it waits for a worker to take it in."""
        try:
            async with _patience(self.patience):
                found = await self.client.get_workflow_handle(workflow_id(filing_id)).describe()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            raise
        return found.status is not WorkflowExecutionStatus.FAILED

    def _submitted_before(self, raw: Mapping[str, Any], paper: Mapping[str, Any]) -> Receipt | None:
        """The receipt of what was submitted under a filing's id, if anything was; other content is a `Conflict` (Q19)."""
        row = self.register.row(str(raw["filing_id"]))
        first = self.register.entry(row.filing_id, 1) if row else None
        if row is None or first is None:
            return None
        if digest(self.register.paper(row.first_paper)) != digest(paper):
            raise Conflict(row.filing_id)
        return entries.receipt(first)

    def _examined(self, raw: Mapping[str, Any], received_at: datetime) -> intake.Examination:
        return intake.examine(raw, received_at, self.register.known(str(raw.get("filing_id")), raw))

    async def act(self, filing_id: str, raw: Mapping[str, Any], *, own: bool = False) -> Receipt:
        """Do an act to a filing. The same act again gets the same answer; a refusal raises `Refused` with every finding.

        Before anything else is tried the act is noted as received: sent again under its id, it counts as of then. Another
        act under an id that is taken is `KeyReused`. `own`: the service itself acts, under an id of its own.
        """
        self.may_stamp()
        now = self.clock()
        taken = await asyncio.to_thread(self._taken, filing_id, raw, now, own)
        if isinstance(taken, Receipt):
            await self.level(filing_id)
            return taken
        row, asked, act = taken
        sent: JsonValue = act.but(seen=row.number).model_dump(mode="json")
        try:
            async with _patience(self.patience), self._turn(filing_id, act):
                receipt: Receipt = await self._update(row, "act", sent, act.id, Receipt)
        except WorkflowUpdateFailedError as failed:
            return await asyncio.to_thread(self._answered_before, filing_id, asked, failed, now)
        return receipt

    def _taken(
        self, filing_id: str, raw: Mapping[str, Any], now: datetime, own: bool
    ) -> "tuple[FilingRow, Asked, Act] | Receipt":
        """The filing as it stands, and the act as asked for and as it may travel on; or its answer, if it is entered."""
        row = self._row(filing_id)
        filing = Filing.model_validate_json(row.value)
        raw = self.as_entered(filing_id, raw)
        asked = self._asked(filing, raw, now, own=own)
        if receipt := self._told(filing_id, asked, now):
            return receipt
        try:
            act = self._received(filing, raw, asked, now)
        except Entered:
            return self._taken(filing_id, raw, now, own)
        return row, asked, act

    def told(self, filing_id: str, raw: Mapping[str, Any]) -> Receipt | None:
        """What an act was answered that is entered; None if none is under its id. Raises `KeyReused` if that is another."""
        if self.register.entry_of(filing_id, str(raw.get("id"))) is None:
            return None
        now = self.clock()
        filing = Filing.model_validate_json(self._row(filing_id).value)
        try:
            asked = self._asked(filing, self.as_entered(filing_id, raw), now)
        except Refused as unreadable:
            raise KeyReused(raw.get("id")) from unreadable
        return self._told(filing_id, asked, now)

    def as_entered(self, filing_id: str, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """An act that confirms what a colleague entered for somebody, with all that was entered: nobody types it again."""
        entry = self.register.entry_of(filing_id, str(raw.get("seconds"))) if raw.get("seconds") else None
        event: Any = entry.event if entry else None
        came = getattr(event, "came", None)
        if event is None or came is None or "came" in raw or "content" in raw:
            return raw
        first = event.model_dump(
            mode="json", exclude={*identity.ADDED, "by", "id", "paper", "seconds"}, exclude_none=True
        )
        first["came"] = {**first["came"], **self.register.paper(came.record)}
        del first["came"]["record"]
        paper = getattr(event, "paper", None)
        content = {"content": self.register.paper(paper)} if paper else {}
        from_the_paper = lodging.FROM_THE_PAPER.get(event.kind, ()) if content else ()
        return {**{name: value for name, value in first.items() if name not in from_the_paper}, **content, **raw}

    def is_known(self, filing_id: str, act_id: str) -> bool:
        """Whether something is under an act's id already: entered, or received and not answered yet."""
        return self.register.entry_of(filing_id, act_id) is not None or self._arrivals.are_noted(filing_id, act_id)

    def _row(self, filing_id: str) -> FilingRow:
        row = self.register.row(filing_id)
        if row is None:
            raise NotFound(filing_id)
        return row

    async def level(self, filing_id: str) -> bool:
        """Bring the engine level with the register, before something is told from the register alone; whether it was behind.

        Everything may have died after a commit and before the engine knew: the filing would wait for the day of then.
        """
        row = await asyncio.to_thread(self._row, filing_id)
        try:
            if row.open:
                await self._update(row, "level", row.number, f"level-{row.number}")
            else:
                handle = self.client.get_workflow_handle(workflow_id(row.filing_id))
                async with _patience(self.patience):
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

    def _turn(self, filing_id: str, act: Act) -> asyncio.Semaphore:
        """Leave to act on a filing. Staff do not stand in the queue of everybody else, however long that is."""
        key = (filing_id, act.by.role in OTHERS)
        return self._turns.setdefault(key, asyncio.Semaphore(AT_ONCE_OTHERS if key[1] else AT_ONCE_STAFF))

    async def _update(
        self, row: FilingRow, name: str, sent: JsonValue, key: str, result_type: type | None = None
    ) -> Any:
        """Ask a filing's workflow, which is started if it does not run; again while the filing is very busy.

        The filing itself knows which acts it has applied; an update id of its own lets a refused act be sent again.
        """
        pause, longest = WHILE_BUSY
        async with _patience(self.patience):
            while True:
                start = WithStartWorkflowOperation(
                    AllianceFiling.run,
                    Start(filing_id=row.filing_id, ways=NEWEST),
                    id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                    id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                    **self.named(row.filing_id, row.alliance_name, row.jurisdiction),
                )
                start._workflow_handle.add_done_callback(_heard)
                try:
                    return await self.client.execute_update_with_start_workflow(
                        name,
                        sent,
                        start_workflow_operation=start,
                        id=f"{key}:{uuid4().hex[:8]}",
                        result_type=result_type,
                    )
                except RPCError as busy:
                    if not _passes(busy):
                        raise
                    await asyncio.sleep(pause)
                    pause = min(pause * 1.5, longest)

    def _asked(self, filing: Filing, raw: Mapping[str, Any], now: datetime, *, own: bool = False) -> "Asked":
        """An act as it is asked for, with its papers; refused with every finding if it is none."""
        numbered = raw
        if raw.get("kind") == ActKind.ARCHIVE and "archive_number" not in raw:
            day = day_of(read_instant(raw.get("received_at")) or now)
            numbered = {**raw, "archive_number": f"{province.number_prefix(filing, day.year)}0001"}
        reported = raw.get("kind") == ActKind.REPORT_CHANGE
        subject = self.register.subject(filing.id, raw.get("content")) if reported else None
        lodged = lodging.lodge(filing.id, numbered, subject)
        if not own and self._is_reserved(filing.id, raw.get("id")):
            lodged = Lodged(findings=(*lodged.findings, lodging.reserved(raw.get("kind"))))
        if lodged.act is None:
            self.register.record_refusal(filing.id, raw, lodging.refusal(lodged.findings).message, now)
            refuse(lodged.findings)
        return Asked(lodged.act, lodged, ("archive_number",) if numbered is not raw else ())

    def _is_reserved(self, filing_id: str, act_id: object) -> bool:
        """Whether callers may not take an id. What they entered before it was reserved has its answer, as ever."""
        earlier = identity.is_earlier(act_id) and self.register.entry_of(filing_id, str(act_id)) is None
        return earlier or identity.is_own(act_id)

    def _received(self, filing: Filing, raw: Mapping[str, Any], asked: "Asked", now: datetime) -> Act:
        """The act as it may travel on: stamped as of its first receipt, its papers stored in the register."""
        stamp = asked.act.received_at or now
        try:
            arrival = self._arrivals.receive(filing.id, asked.act.id, asked.digest, stamp, now)
        except OtherContent as other:
            self.register.record_refusal(filing.id, raw, identity.REUSED, now)
            raise KeyReused(asked.act.id) from other
        act, papers = asked.salted(arrival)
        if act.kind is ActKind.RESUBMIT and "content" in raw:
            known = self.register.known(filing.id, raw["content"])
            counts_at = on_paper.moment(filing, act, now).at
            examination = intake.examine(raw["content"], counts_at, known, correcting=filing)
            if examination.refused:
                raise self._refused(filing.id, asked, lodging.refusal(examination.findings), now)
        if not identity.is_by_service(act.id):  # the service's own acts count by the engine's clock: it judges them
            when = on_paper.moment(filing, act, now)
            if refusal := lifecycle.check(entries.projected(filing, when), act, when):
                raise self._refused(filing.id, asked, refusal, now)  # nothing of it is stored
        if asked.left_to_the_door:
            prefix = province.number_prefix(filing, day_of(arrival.received_at).year)
            act = act.but(archive_number=self.register.reserve_archive_number(filing.id, prefix))
        if not identity.is_by_service(act.id) and (beyond := self._beyond(act.by, filing.id, papers, now)):
            raise self._refused(filing.id, asked, lodging.refusal(beyond), now)
        for paper in papers:  # the record of what came on paper is read by whoever reads the act's own
            self.register.lodge(filing.id, act.kind.value, paper, now)
        return act

    def _beyond(
        self, by: By | None, filing_id: str, papers: Sequence[Mapping[str, Any]], now: datetime
    ) -> tuple[Finding, ...]:
        """What speaks against storing papers today; those that are stored already cost nothing."""
        if self.quotas is None or by is None:
            return ()
        new = sum(len(canonical(each).encode()) for each in papers if not self.register.has_paper(digest(each)))
        return self.quotas.take_for(by, filing_id, new, now)

    def _refused(self, filing_id: str, asked: "Asked", refusal: Refusal, now: datetime) -> Refused:
        """A refusal is an answer: it is on record, and whatever is sent under this id now is received now."""
        act = asked.act.model_dump(mode="json")
        self.register.record_refusal(filing_id, act, refusal.message, now, asked=asked.digest)
        return Refused(refusal)

    def _told(self, filing_id: str, asked: "Asked", now: datetime) -> Receipt | None:
        """The answer of then to an act that was entered, however long ago; `KeyReused` if another is under its id (Q21)."""
        act = asked.act
        for key in (act.id, *identity.earlier_ids(act)):
            entry = self.register.entry_of(filing_id, key)
            if entry is None or isinstance(entry.event, Submit | Lapse):
                continue
            if asked.is_same(entry.event.but(id=act.id), self.register):
                if entry.refused is None:
                    return entries.receipt(entry)
                raise Refused(Refusal(message=entry.refused, article=entry.article, missing=entry.refused))
            if key == act.id:
                raw = act.model_dump(mode="json")
                self.register.record_refusal(filing_id, raw, identity.REUSED, now, asked=asked.digest)
                raise KeyReused(act.id)
        return None

    def _answered_before(
        self, filing_id: str, asked: "Asked", failed: WorkflowUpdateFailedError, now: datetime
    ) -> Receipt:
        """A refusal, unless this very act was entered long ago: then its answer of then (Q21)."""
        if receipt := self._told(filing_id, asked, now):
            return receipt
        cause = failed.cause
        details = cause.details[0] if isinstance(cause, ApplicationError) and cause.details else None
        if details is None:
            raise Refused(Refusal(message=str(cause), article="", missing=str(cause))) from failed
        raise self._refused(filing_id, asked, Refusal.model_validate(details), now) from failed

    async def read(self, message_id: str, by: Mapping[str, Any]) -> Receipt | None:
        """已读: a message was read in the inbox; the receipt of the 签收 if it was the notice that is to be served (G-18)."""
        message = await asyncio.to_thread(Letters(self.register.engine).read, message_id, self.clock())
        if message is None:
            raise NotFound(message_id)
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

    async def revive(self, filing_ids: Collection[str] | None = None) -> list[str]:
        """Start again, from the register alone, open filings whose workflow is gone, all or of these; which ones it was."""
        every = await asyncio.to_thread(self.register.open_filings)
        gone = [each for each in every if filing_ids is None or each[0] in filing_ids]
        gate = asyncio.Semaphore(50)

        async def start(key: str, alliance: str, jurisdiction: str) -> bool:
            async with gate:
                try:
                    await self.client.start_workflow(
                        AllianceFiling.run,
                        Start(filing_id=key, ways=NEWEST),
                        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                        id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                        **self.named(key, alliance, jurisdiction),
                    )
                except WorkflowAlreadyStartedError:
                    return False
                return True

        started = await asyncio.gather(*(start(*each) for each in gone))
        return [key for (key, *_), revived in zip(gone, started, strict=True) if revived]

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

        To each it is done under an id that no caller can take, so nobody keeps a filing out by taking it beforehand.
        """
        given = raw.get("id")
        if identity.is_own(given):
            refuse([lodging.reserved(raw.get("kind"))])
        one = {**raw, "id": identity.of_all(given)} if isinstance(given, str) else raw
        answers: dict[str, Receipt | Refusal] = {}
        for filing_id in filing_ids:
            try:
                answers[filing_id] = await self.act(filing_id, one, own=True)
            except Refused as refused:
                answers[filing_id] = refused.refusal
            except KeyReused:
                answers[filing_id] = Refusal(message=identity.REUSED, article="", missing=identity.REUSED)
        return answers


@dataclass(frozen=True)
class Asked:
    """An act as somebody asks for it, with its papers, and the fields that the door is to fill in."""

    act: Act
    lodged: Lodged
    left_to_the_door: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """By what it is known (regulation/identity.py)."""
        return identity.asked(self.act, leaving_out=self.left_to_the_door)

    def salted(self, arrival: Arrival) -> tuple[Act, list[dict[str, Any]]]:
        """The act as of its first receipt, and the papers that it brings. What the service does itself keeps no time limit."""
        lodged = self.lodged.salted(arrival.nonce)
        act = lodged.act or self.act
        stamped = act if identity.is_by_service(act.id) else act.but(received_at=arrival.received_at)
        return stamped, [paper for paper in (lodged.paper, lodged.record) if paper is not None]

    def is_same(self, event: Act | Unreadable, register: Register) -> bool:
        """Whether this is what was entered: by its papers' digests, or by what they say."""
        if identity.asked(event, leaving_out=self.left_to_the_door) == self.digest:
            return True
        try:
            said = identity.bared(event, register.paper)
        except PaperMissing:
            return False
        return identity.asked(said, leaving_out=self.left_to_the_door) == self.digest


def _leader(raw: Mapping[str, Any]) -> str:
    """Whose turn an application takes: one of a leader after the other, so that each is counted before the next."""
    leader = raw.get("leader")
    return f"leader {codes.normalised(str(leader.get('uscc'))) if isinstance(leader, Mapping) else ''}"


def _heard(start: Future[Any]) -> None:
    """A start that failed did so for the reason its update tells: nobody else asks, and nothing complains that nobody did."""
    if not start.cancelled():
        start.exception()


@asynccontextmanager
async def _patience(patience: timedelta) -> AsyncIterator[None]:
    """What takes longer than a caller waits, or is cut off, is `Unreachable`: its outcome is unknown."""
    try:
        async with asyncio.timeout(patience.total_seconds()):
            yield
    except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError) as late:
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


def read_instant(value: Any) -> datetime | None:
    """An instant from JSON; None if there is none or it cannot be read (then a finding says so elsewhere)."""
    with suppress(ValidationError):
        return INSTANT.validate_python(value) if value is not None else None
    return None


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
