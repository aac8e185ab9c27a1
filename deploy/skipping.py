"""A service whose time can be skipped: for the demonstration, the tests and the benches.

A real Temporal server, worker and register; only the clock of each filing is moved. A server's clock starts today and
only goes forward, so lives of past years are lived 28 years later: the same weekdays, the same leap years. Standalone
activities, such as deliveries, keep the clock of the wall.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self
from uuid import uuid4

from google.protobuf.field_mask_pb2 import FieldMask
from temporalio.api.common.v1 import TimeSkippingConfig, WorkflowExecution
from temporalio.api.workflow.v1 import WorkflowExecutionOptions
from temporalio.api.workflowservice.v1 import UpdateWorkflowExecutionOptionsRequest
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.converter import DataConverter
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment
from temporalio.testing._timeskipping import TimeSkippingConfig as Skipping
from temporalio.worker import Worker

import worker as service
from activities.channels.configured import Configured
from activities.entering import Start
from activities.letters import Letters
from activities.migrating import migrate
from activities.register import Register
from deploy.embedded import temporal
from gateway.client import PATIENCE, Filings, workflow_id
from gateway.reception import read_instant
from models.filing import AgendaLine, Filing, Receipt
from models.settings import Settings
from models.values import digest
from regulation import agenda, entries, intake, lifecycle
from regulation.moment import Moment
from workflows import searching, visibility
from workflows.filing import AllianceFiling
from workflows.payloads import CONVERTER
from workflows.round import RoundStart
from workflows.ways import NEWEST

FLAGS = (
    "frontend.WorkflowTimeSkippingEnabled=true",
    "history.workflowIdReuseMinimalInterval=0",
    'history.timerProcessorMaxTimeShift="1ms"',
    "history.timerProcessorMaxPollRPS=10000",  # by default 20: no more timers fire in a second, whoever they belong to
    "history.transferProcessorMaxPollRPS=10000",
)
EARLY = timedelta(seconds=4)
"""How long before an act's receipt the clock is brought, so that sending it does not overtake what follows. A receipt may
lie 5 seconds ahead (Instants 3)."""

QUIET = timedelta(minutes=10)
"""How far from everything that time brings a long skip ends: longer than any filing is at work, or any request under way.

A skip whose end passes while the filing is at work runs on to the timer after it (temporalio/temporal#11373).
"""

NEAR = timedelta(seconds=10)
"""What comes as soon as this is waited for: a request to skip must not meet it."""

A_SKIP = 60
"""Seconds that a skip is waited for; it takes a few, over years a dozen."""

AT_REST = 300
"""How often a filing in which nothing happens is looked at before it comes to rest, each time a little later: minutes in
all, for on a busy machine the worker's turn comes late."""


@asynccontextmanager
async def skipping_server(
    *, flags: Sequence[str] = (), converter: DataConverter = CONVERTER, **options: Any
) -> AsyncIterator[WorkflowEnvironment]:
    """A real server with the filings' search attributes, on which time can be skipped; `flags` set more of its limits."""
    extra = [part for flag in (*FLAGS, *flags) for part in ("--dynamic-config-value", flag)]
    environment = await WorkflowEnvironment.start_time_skipping_v2(
        ts_config=Skipping(enabled=False),
        dev_server_existing_path=temporal(),
        dev_server_log_level="error",
        dev_server_extra_args=extra,
        data_converter=converter,
        **options,
    )
    async with environment:
        await searching.register(environment.client)
        yield environment


@dataclass(frozen=True)
class Rest:
    """A filing of which nothing is under way: its clock, and what it is, if the register knows it and it still runs."""

    now: datetime
    filing: Filing | None = None
    runs: bool = True

    @property
    def due(self) -> datetime | None:
        """When time brings something next."""
        due = agenda.next_lapse(self.filing) if self.filing else None
        return due.at if due else None

    def quiet_before(self, instant: datetime) -> datetime:
        """The latest instant up to this one that lies far from everything that time will bring."""
        filing, coming = self.filing, list[datetime]()
        while filing and (due := entries.due_by(filing, instant + QUIET)):
            coming.append(due.at)
            filing = lifecycle.apply(filing, due.lapse, Moment(due.at, due.at))
        for at in reversed(coming):
            if instant - at < QUIET:
                instant = at - QUIET
        return instant


@dataclass
class World:
    """One server, one register, one worker; any number of filings, each with its own time."""

    environment: WorkflowEnvironment
    settings: Settings
    register: Register
    delivering: bool = True
    one_clock: bool = False
    patience: ClassVar[timedelta] = PATIENCE
    _more_work: AsyncExitStack = field(default_factory=AsyncExitStack)

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, environment: WorkflowEnvironment, var: Path, *, delivering: bool = True, **settings: Any
    ) -> AsyncIterator[Self]:
        """A world with its worker running and, if messages are to be delivered, its postman."""
        world = cls.without_worker(environment, var, **settings)
        world.delivering = delivering
        async with world.working(), world._more_work:
            yield world
        world.register.engine.dispose()

    @classmethod
    def without_worker(cls, environment: WorkflowEnvironment, var: Path, **settings: Any) -> Self:
        """A world where nobody works yet."""
        quick = {"metrics_port": 0, "routines": False, "drafts": False, "bundle_wait": 0.0}
        chosen = Settings(var=var, task_queue=f"queue-{digest(str(var))[:12]}", **(quick | settings))
        cls.prepares(chosen.register_url)
        return cls(environment, chosen, Register.at(chosen.register_url))

    @classmethod
    def prepares(cls, url: str) -> None:
        """Make a register's tables."""
        migrate(url)

    @asynccontextmanager
    async def working(
        self, queue: str | None = None, channels: Sequence[Configured] | None = None, *, build: str = ""
    ) -> AsyncIterator[Worker]:
        """A worker, of a build or of none, and its postman."""
        chosen = {"task_queue": queue or self.settings.task_queue, "build": build}
        settings = self.settings.model_copy(update=chosen)
        built, postman = service.build(self.client, self.register, settings, channels, one_clock=self.one_clock)
        async with built:
            rounds = [asyncio.create_task(postman.run())] if self.delivering else []
            try:
                yield built
            finally:
                for each in rounds:
                    each.cancel()
                await asyncio.gather(*rounds, return_exceptions=True)

    @cached_property
    def client(self) -> Client:
        """Through which everything here reaches the server."""
        return self.environment.client

    @property
    def door(self) -> Filings:
        """The door for programs, by the clock of the wall."""
        return Filings(self.client, self.register, self.settings.task_queue, patience=self.patience)

    def door_at(self, now: datetime, queue: str | None = None) -> Filings:
        """The door at another time."""
        return Filings(self.client, self.register, queue or self.settings.task_queue, lambda: now, self.patience)

    def handle(self, filing_id: str) -> WorkflowHandle[Any, Any]:
        """A filing's workflow, whichever run it is in."""
        return self.client.get_workflow_handle(workflow_id(filing_id))

    # Time

    async def now(self, filing_id: str) -> datetime:
        """A filing's clock."""
        return await self.environment.get_current_time(self.handle(filing_id))

    async def on(self, filing_id: str, instant: datetime) -> datetime:
        """Let a filing's time pass to an instant, if that is still to come, with all that it brings; its clock then.

        What lies far off the server skips to by itself, over whatever comes; near what time brings it goes step by step.
        """
        rest = await self.at_rest(filing_id, unless_past=instant)
        while rest.runs and rest.now < instant:
            due, quiet = rest.due, rest.quiet_before(instant)
            next_step = min(due, instant) if due else instant
            if next_step - rest.now < NEAR:
                await asyncio.sleep((next_step - rest.now).total_seconds())
            elif quiet - rest.now >= QUIET:
                with suppress(TimeoutError):  # an answer that is lost is not waited for: the filing tells where it is
                    async with asyncio.timeout(A_SKIP):
                        await self.environment.fast_forward(self.handle(filing_id), quiet - rest.now)
                    if quiet == instant:
                        return instant
            else:
                await self.skip_once(filing_id, None if next_step == due else instant - rest.now)
            rest = await self.at_rest(filing_id)
        return rest.now

    async def at_rest(self, filing_id: str, unless_past: datetime | None = None) -> "Rest":
        """Wait until nothing is under way in a filing, and nothing is due that has not been entered; or not, if it is late."""
        tries, events = 0, 0
        while tries < AT_REST:
            await asyncio.sleep(0.01 * tries)
            found = (await self.handle(filing_id).describe()).raw_description
            clock = found.workflow_extended_info.time_skipping_info.current_time
            now = clock.ToDatetime(tzinfo=UTC) if clock.seconds else datetime.now(UTC)
            if found.workflow_execution_info.status != int(WorkflowExecutionStatus.RUNNING):
                return Rest(now, runs=False)
            if unless_past and now >= unless_past:
                return Rest(now)
            if not found.HasField("pending_workflow_task"):
                filing = self.register.filing(filing_id)
                if not (filing and entries.due_by(filing, now)):
                    return Rest(now, filing)
            before, events = events, found.workflow_execution_info.history_length
            tries = tries + 1 if events == before else 1
        raise TimeoutError(f"{filing_id}: it does not come to rest")

    async def round_at(self, round_id: str, instant: datetime, queue: str | None = None) -> None:
        """Bring a round to a little before an instant, with all that time brings; one that does not run is started there,
        for whoever works on a `queue`."""
        handle = self.client.get_workflow_handle(f"round-{round_id}")
        try:
            runs = (await handle.describe()).status == WorkflowExecutionStatus.RUNNING
        except RPCError:
            runs = False
        now = await self.environment.get_current_time(handle) if runs else datetime.now(UTC)
        left = max(instant - EARLY - now, timedelta(0))
        if not runs:
            start = RoundStart(round_id=round_id, patience=3600)
            await self.client.start_workflow(
                "Round", start, id=handle.id, task_queue=queue or self.settings.task_queue, start_delay=left
            )
        if left > NEAR:
            await (self.environment.fast_forward(handle, left) if runs else self._skip(handle.id))

    async def skip_once(self, filing_id: str, by: timedelta | None = None) -> None:
        """Skip to a filing's next timer, or by so much if that is less, and no further. Of a filing at rest it is done at once."""
        await self._skip(workflow_id(filing_id), by)

    async def _skip(self, workflow: str, by: timedelta | None = None) -> None:
        config = TimeSkippingConfig(enabled=True, max_session_skip_count=1)
        if by:
            config.fast_forward_config.id = uuid4().hex
            config.fast_forward_config.duration.FromTimedelta(by)
        await self.client.workflow_service.update_workflow_execution_options(
            UpdateWorkflowExecutionOptionsRequest(
                namespace=self.client.namespace,
                workflow_execution=WorkflowExecution(workflow_id=workflow),
                workflow_execution_options=WorkflowExecutionOptions(time_skipping_config=config),
                update_mask=FieldMask(paths=["time_skipping_config"]),
            ),
            timeout=NEAR,
        )

    # What people do

    async def submits(self, application: Mapping[str, Any]) -> Receipt:
        """Submit an application at its `received_at`, which may lie years ahead."""
        received_at = read_instant(application["received_at"])
        assert received_at
        examination = intake.examine(application, received_at, self.register.known("", application))
        form, facts = examination.form, examination.facts
        assert form, "an application with errors starts nothing"
        assert facts
        submitted = entries.submitted(facts, Moment(received_at, received_at)).filing
        key = self.register.lodge(form.filing_id, "application", intake.paper(form), received_at)
        start = Start(filing_id=form.filing_id, paper=key, received_at=received_at, by=form.by, ways=NEWEST)
        named = self.door.named(form.filing_id, form.alliance_name, form.jurisdiction)
        named["search_attributes"] = visibility.from_the_start(submitted)
        await self.starts(start, received_at - EARLY, named)
        return await self.door_at(received_at).submit(application)

    async def starts(self, start: Start, at: datetime, named: Mapping[str, Any]) -> None:
        """Start a filing's workflow at an instant, which may lie years ahead."""
        delay = max(at - datetime.now(UTC), timedelta(0))
        await self.client.start_workflow(AllianceFiling.run, start, start_delay=delay, **named)
        if delay > NEAR:
            await self.skip_once(start.filing_id)

    async def acts(self, filing_id: str, raw: Mapping[str, Any], *, own: bool = False) -> Receipt:
        """Do an act when it reaches the filing (`reaches`, else `received_at`)."""
        raw = dict(raw)
        received_at, reaches = read_instant(raw["received_at"]), read_instant(raw.pop("reaches", None))
        assert received_at
        if self.is_open(filing_id):
            now = await self.on(filing_id, reaches or received_at - EARLY)
            if self.is_open(filing_id):
                return await self.door_at(now).act(filing_id, raw, own=own)
        return await self.acts_on_closed(filing_id, raw, reaches or received_at, own=own)

    def is_open(self, filing_id: str) -> bool:
        """Whether a filing's workflow ought to run."""
        return self.register.is_open(filing_id)

    async def acts_on_closed(
        self, filing_id: str, raw: Mapping[str, Any], at: datetime, *, own: bool = False
    ) -> Receipt:
        """Do an act to a filing whose workflow had closed: it is revived, by the clock of the wall."""
        return await self.door_at(at).act(filing_id, raw, own=own)

    async def signals(self, filing_id: str, raw: Any, at: datetime) -> None:
        """Send a signal `act` at an instant, and wait until it is dealt with."""
        await self.on(filing_id, at)
        await self.handle(filing_id).signal("act", raw)
        await self.at_rest(filing_id)

    async def agenda(self, filing_id: str) -> list[AgendaLine]:
        """What the workflow answers when asked for its agenda."""
        lines: list[AgendaLine] = await self.handle(filing_id).query("agenda", result_type=list[AgendaLine])
        return lines

    async def delivered(self, filing_id: str) -> int:
        """How many messages a filing has sent, once all of them are delivered."""
        for tries in range(AT_REST):
            told = await asyncio.to_thread(Letters(self.register.engine).of_filing, filing_id)
            if all(letter.closed_at for _, letters, _ in told for letter in letters):
                return len(told)
            await asyncio.sleep(0.01 * tries)
        raise TimeoutError(f"{filing_id}: messages are not delivered")
