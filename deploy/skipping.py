"""A service whose time can be skipped: for the demonstration, the tests and the benches.

A real Temporal server, worker and register; only the clock of each filing is moved. A server's clock starts today and
only goes forward, so lives of past years are lived 28 years later: the same weekdays, the same leap years. Standalone
activities, such as deliveries, keep the clock of the wall.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from temporalio.client import WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.testing._timeskipping import TimeSkippingConfig
from temporalio.worker import Worker

import worker as service
from activities.channels.configured import Configured
from activities.entering import Start
from activities.letters import Letters
from activities.register import Register
from deploy.database import migrate
from deploy.embedded import temporal
from gateway.client import Filings, read_instant, workflow_id
from models.filing import AgendaLine, Receipt
from models.settings import Settings
from models.values import digest
from regulation import intake
from workflows.filing import AllianceFiling

FLAGS = (
    "frontend.WorkflowTimeSkippingEnabled=true",
    "history.workflowIdReuseMinimalInterval=0",
    'history.timerProcessorMaxTimeShift="1ms"',
)
EARLY = timedelta(seconds=2)
"""How long before an act's receipt the clock is brought, so that sending it does not overtake what follows."""

BEFORE_THE_START = timedelta(milliseconds=500)
"""How long before a delayed start skipping stops: a skip whose end falls into a busy moment runs on to the next timer."""


@asynccontextmanager
async def skipping_server(**options: Any) -> AsyncIterator[WorkflowEnvironment]:
    """A real server with the filings' search attributes, on which time can be skipped."""
    extra = [part for flag in FLAGS for part in ("--dynamic-config-value", flag)]
    environment = await WorkflowEnvironment.start_time_skipping_v2(
        ts_config=TimeSkippingConfig(enabled=False),
        dev_server_existing_path=temporal(),
        dev_server_log_level="error",
        dev_server_extra_args=extra,
        data_converter=pydantic_data_converter,
        **options,
    )
    async with environment:
        await service.register_search_attributes(environment.client)
        yield environment


@dataclass
class World:
    """One server, one register, one worker; any number of filings, each with its own time."""

    environment: WorkflowEnvironment
    settings: Settings
    register: Register
    delivering: bool = True
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
        migrate(chosen.register_url)
        return cls(environment, chosen, Register.at(chosen.register_url))

    @asynccontextmanager
    async def working(
        self, queue: str | None = None, channels: Sequence[Configured] | None = None
    ) -> AsyncIterator[Worker]:
        """A worker and its postman."""
        settings = self.settings.model_copy(update={"task_queue": queue or self.settings.task_queue})
        built, postman = service.build(self.environment.client, self.register, settings, channels)
        async with built:
            rounds = [asyncio.create_task(postman.run())] if self.delivering else []
            try:
                yield built
            finally:
                for each in rounds:
                    each.cancel()
                await asyncio.gather(*rounds, return_exceptions=True)

    @property
    def door(self) -> Filings:
        """The door for programs, by the clock of the wall."""
        return Filings(self.environment.client, self.register, self.settings.task_queue)

    def door_at(self, now: datetime, queue: str | None = None) -> Filings:
        """The door at another time."""
        return Filings(self.environment.client, self.register, queue or self.settings.task_queue, clock=lambda: now)

    def handle(self, filing_id: str) -> WorkflowHandle[Any, Any]:
        """A filing's workflow, whichever run it is in."""
        return self.environment.client.get_workflow_handle(workflow_id(filing_id))

    async def now(self, filing_id: str) -> datetime:
        """A filing's clock."""
        return await self.environment.get_current_time(self.handle(filing_id))

    async def on(self, filing_id: str, instant: datetime) -> None:
        """Skip a filing's time to an instant, if that is still to come."""
        left = instant - await self.now(filing_id)
        if left > timedelta(0):
            await self.environment.fast_forward(self.handle(filing_id), left)

    async def submits(self, application: Mapping[str, Any]) -> Receipt:
        """Submit an application at its `received_at`, which may lie years ahead."""
        received_at = read_instant(application["received_at"])
        assert received_at
        form = intake.examine(application, received_at, self.register.known("", application)).form
        assert form, "an application with errors starts nothing"
        key = self.register.lodge(form.filing_id, "application", intake.paper(form), received_at)
        by = form.by
        await self.environment.client.start_workflow(
            AllianceFiling.run,
            Start(filing_id=form.filing_id, paper=key, received_at=received_at, by=by),
            start_delay=max(received_at - EARLY - datetime.now(UTC), timedelta(0)),
            **self.door.named(form.filing_id, form.alliance_name, form.jurisdiction),
        )
        await self.on(form.filing_id, received_at - EARLY - BEFORE_THE_START)
        return await self.door_at(received_at).submit(application)

    async def acts(self, filing_id: str, raw: Mapping[str, Any]) -> Receipt:
        """Do an act when it reaches the filing (`reaches`, else `received_at`)."""
        raw = dict(raw)
        received_at, reaches = read_instant(raw["received_at"]), read_instant(raw.pop("reaches", None))
        assert received_at
        if self.is_open(filing_id):
            await self.on(filing_id, reaches or received_at - EARLY)
        if not self.is_open(filing_id):
            return await self.acts_on_closed(filing_id, raw, reaches or received_at)
        return await self.door_at(await self.now(filing_id)).act(filing_id, raw)

    def is_open(self, filing_id: str) -> bool:
        """Whether a filing's workflow ought to run."""
        row = self.register.row(filing_id)
        return row is not None and row.open

    async def acts_on_closed(self, filing_id: str, raw: Mapping[str, Any], at: datetime) -> Receipt:
        """Do an act to a filing whose workflow had closed: it is revived, by the clock of the wall."""
        return await self.door_at(at).act(filing_id, raw)

    async def signals(self, filing_id: str, raw: Any, at: datetime) -> None:
        """Send a signal `act` at an instant, and wait until it is in the docket."""
        await self.on(filing_id, at)
        before = self.register.row(filing_id)
        await self.handle(filing_id).signal("act", raw)
        for _ in range(600):
            row = self.register.row(filing_id)
            if row and before and row.number > before.number:
                return
            await asyncio.sleep(0.05)
        raise TimeoutError(f"{filing_id}: the signal was not entered")

    async def agenda(self, filing_id: str) -> list[AgendaLine]:
        """What the workflow answers when asked for its agenda."""
        lines: list[AgendaLine] = await self.handle(filing_id).query("agenda", result_type=list[AgendaLine])
        return lines

    async def delivered(self, filing_id: str) -> int:
        """How many messages a filing has sent, once all of them are delivered."""
        for _ in range(600):
            told = await asyncio.to_thread(Letters(self.register.engine).of_filing, filing_id)
            if all(letter.closed_at for _, letters, _ in told for letter in letters):
                return len(told)
            await asyncio.sleep(0.05)
        raise TimeoutError(f"{filing_id}: messages are not delivered")
