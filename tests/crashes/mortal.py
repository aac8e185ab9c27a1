"""A world that can die at its points: its engine's calls, its workers, and its postman with what he carries.

The worker dies with whatever it knows of a filing, the postman with his batch; each is then there again.
"""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import temporalio.activity
import temporalio.client
import temporalio.worker
from sqlalchemy import text, update
from sqlmodel import col, select
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.failure.v1 import Failure
from temporalio.api.workflowservice.v1 import ResetStickyTaskQueueRequest
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Worker

import worker as service
from activities.channels.configured import Configured
from activities.database import reading, writing
from activities.postman import Postman
from deploy.skipping import EARLY
from gateway.client import workflow_id
from models.register import DeliveryRow, LetterRow
from models.vocabulary import DeliveryState
from tests.crashes.points import CURRENT, FOLDERS, Death, Points, Process, watch_commits
from tests.crashes.watched import watched
from tests.patience import Patience
from tests.served import Clock
from tests.story import instant
from tests.world import World

TASK = timedelta(seconds=2)
"""How long the engine waits for a worker that took a task."""

KNOCKS = frozenset({"mail", "sms"})
"""Channels of which every letter is noted before the next is sent (docs/messages.md)."""


def lost_commit() -> Exception:
    """How the database's silence is told: it did what was asked, and nobody heard of it."""
    return sqlite3.OperationalError("the answer to the commit was lost")


def lost_call() -> BaseException:
    """How the engine's silence is told."""
    return RPCError("the answer was lost", RPCStatusCode.UNAVAILABLE, b"")


# The engine


class Steps(temporalio.client.Interceptor):
    """What goes to the engine are steps."""

    def __init__(self, world: "Mortal") -> None:
        self.world = world

    def intercept_client(self, next: temporalio.client.OutboundInterceptor) -> temporalio.client.OutboundInterceptor:
        """Calls."""
        return _Calls(next, self.world)


class _Calls(temporalio.client.OutboundInterceptor):
    def __init__(self, next: temporalio.client.OutboundInterceptor, world: "Mortal") -> None:
        super().__init__(next)
        self.world = world

    async def start_workflow(self, input: temporalio.client.StartWorkflowInput) -> Any:
        """Start it; what a door starts begins at the door's time."""
        input.task_timeout = TASK
        process = self.world.points.current()
        if process is None or process.part != "door":
            return await super().start_workflow(input)
        delay = max(self.world.clock() - EARLY - datetime.now(UTC), timedelta(0))
        input.start_delay = delay
        with self.world.points.step("start_workflow", lost_call):
            started = await super().start_workflow(input)
            if delay and await self.world.is_early(input.id):
                await self.world._skip(input.id)
        return started

    async def start_workflow_update(self, input: temporalio.client.StartWorkflowUpdateInput) -> Any:
        """Ask it for something."""
        with self.world.points.step(f"update {input.update}", lost_call):
            return await super().start_workflow_update(input)

    async def start_update_with_start_workflow(self, input: temporalio.client.StartWorkflowUpdateWithStartInput) -> Any:
        """The same, of one that may not run."""
        with self.world.points.step(f"start with update {input.update_workflow_input.update}", lost_call):
            return await super().start_update_with_start_workflow(input)


EVICTING: ContextVar[bool] = ContextVar("evicting", default=False)
"""Whether a worker only says that it has forgotten a run."""


class OneWorkersSteps(temporalio.client.Interceptor, temporalio.worker.Interceptor):
    """What a worker does for the engine are steps."""

    worker: "OneWorker"

    def __init__(self, world: "Mortal") -> None:
        self.world = world

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Activities."""
        return _Activities(next, self.worker)


class _Activities(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, worker: "OneWorker") -> None:
        super().__init__(next)
        self.worker = worker

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        """Do it, and perhaps die of it."""
        info, world = temporalio.activity.info(), self.worker.world
        number = getattr(input.args[0], "number", None) if input.args else None
        process = self.worker.process(f"{info.activity_type} {number}" if number else info.activity_type)
        CURRENT.set(process)
        try:
            with world.points.step("activity"):
                return await super().execute_activity(input)
        except Death:
            self.worker.dies()
            raise ApplicationError("dead", non_retryable=True) from None


@dataclass
class OneWorker:
    """A worker until its death. What it still says then does not count: the engine hears that its tasks are lost.

    A worker that was killed says nothing; the engine comes to know when its patience is over, some seconds later.
    """

    world: "Mortal"
    built: Worker
    postman: Postman
    dead: bool = False

    def begins(self) -> None:
        """Begin to work, and answer the engine in steps."""
        workflows, bridge = self.built._workflow_worker, self.built._bridge_worker
        assert workflows
        self._says, evicts = bridge.complete_workflow_activation, workflows._handle_cache_eviction

        async def evict(*what: Any) -> None:
            EVICTING.set(True)
            await evicts(*what)

        vars(workflows)["_handle_cache_eviction"] = evict
        vars(bridge)["complete_workflow_activation"] = self._answers
        self.running = asyncio.create_task(self.built.run())
        self.running.add_done_callback(self._ended)

    def _ended(self, running: asyncio.Task[None]) -> None:
        """A worker that fails is over, too."""
        if not running.cancelled() and running.exception():
            self.dies()

    def process(self, doing: str) -> Process:
        """One thing that it does."""
        return Process("worker", f"{self.world.at()} {doing}", dead=self.dead)

    def dies(self) -> None:
        """It is over; another begins."""
        if not self.dead:
            self.dead = True
            self.world.burials.append(asyncio.create_task(self._replaced()))

    async def _replaced(self) -> None:
        patience = Patience()
        while True:
            try:
                await self.world._worker()
                break
            except RuntimeError:  # a busy server does not take a client at once
                if not patience.lasts():
                    raise
                await asyncio.sleep(patience.pauses())
        await self.world.forgets_whose_turn_it_is()
        with suppress(Exception):  # how it ends is nobody's concern
            await self.built.shutdown()

    async def _answers(self, completion: Any) -> None:
        said = [each.WhichOneof("variant") for each in completion.successful.commands]
        if EVICTING.get() or "respond_to_query" in said:
            return await self._says(completion)
        if self.dead:
            return await self._loses(completion)
        process = self.process(" ".join(_counted(said)) or "nothing")
        try:
            name = self.world.points.begins(process, "answer")
        except Death:
            self.dies()
            return await self._loses(completion)
        await self._says(completion)
        try:
            self.world.points.ends(process, name)
        except Death:
            self.dies()
        return None

    async def _loses(self, completion: Any) -> None:
        completion.ClearField("successful")
        completion.failed.failure.CopyFrom(Failure(message="dead"))
        await self._says(completion)


# Everything


class Mortal(World):
    """A world that can die at its points."""

    points: Points
    clock: Clock
    postman: Postman
    filing_id: str = ""
    workers: list[OneWorker]
    burials: list[asyncio.Task[None]]
    posted: Counter[tuple[str, str]]
    twice: Counter[tuple[str, str]]

    @classmethod
    @asynccontextmanager
    async def born(
        cls, environment: WorkflowEnvironment, var: Path, points: Points, on: str, **settings: Any
    ) -> AsyncIterator["Mortal"]:
        """A world with its worker."""
        world = cls.without_worker(environment, var, **settings)
        world.delivering = False
        world.points, world.clock = points, Clock(instant(on))
        world.workers, world.burials = [], []
        world.posted, world.twice = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
        watch_commits(world.register.engine, points, lost_commit)
        FOLDERS.of[str(var)] = points
        async with world.working(), world._more_work:
            yield world
            await world.stops()
        del FOLDERS.of[str(var)]
        world.register.engine.dispose()

    @cached_property
    def client(self) -> Client:
        """The server's client, with its points."""
        config = self.environment.client.config()
        return Client(
            **config | {"plugins": self.plugins, "interceptors": [*config["interceptors"], self.sent, Steps(self)]}
        )

    def at(self) -> int:
        """How far the filing has come."""
        with self.register.engine.connect() as db:
            return int(db.execute(text("SELECT coalesce(max(number), 0) FROM entries")).scalar_one())

    @asynccontextmanager
    async def working(
        self, queue: str | None = None, channels: Sequence[Configured] | None = None, **_: Any
    ) -> AsyncIterator[Worker]:
        """A worker, after each of its deaths another one, and a postman who goes when he is sent."""
        self.postman = (await self._worker()).postman
        self.postman.delivering.channels = [
            Configured(each.name, watched(each.name, each.channel, self.points, self.posted), each.filters)
            for each in self.postman.delivering.channels
        ]
        try:
            yield self.workers[-1].built
        finally:
            for each in self.workers:
                each.running.remove_done_callback(each._ended)
            while any(not each.running.done() for each in self.workers):
                ends = (each.built.shutdown() for each in self.workers if not each.running.done())
                await asyncio.gather(*ends, *self.burials, return_exceptions=True)
            await asyncio.gather(*(each.running for each in self.workers), return_exceptions=True)

    async def is_early(self, workflow: str) -> bool:
        """Whether a workflow has not come to the door's time yet."""
        now = await self.environment.get_current_time(self.client.get_workflow_handle(workflow))
        return now < self.clock() - 2 * EARLY

    async def forgets_whose_turn_it_is(self) -> None:
        """The engine no longer keeps tasks for a worker that had the filing in memory: the seconds in which it does are over."""
        filing = WorkflowExecution(workflow_id=workflow_id(self.filing_id))
        request = ResetStickyTaskQueueRequest(namespace=self.client.namespace, execution=filing)
        with suppress(RPCError):
            await self.client.workflow_service.reset_sticky_task_queue(request)

    async def _worker(self) -> "OneWorker":
        """Another worker, as a process of its own would have it: with a connection and a memory of its own."""
        config = self.client.config()
        target = self.client.service_client.config.target_host
        client = await Client.connect(
            target, namespace=self.client.namespace, data_converter=self.client.data_converter
        )
        steps = OneWorkersSteps(self)
        asking = Client(**config | {"service_client": client.service_client, "interceptors": [Steps(self), steps]})
        built, postman = service.build(asking, self.register, self.settings, one_clock=self.one_clock)
        one = steps.worker = OneWorker(self, built, postman)
        self.workers.append(one)
        one.begins()
        return one

    # The postman

    async def deliver(self) -> None:
        """Have everything delivered that is there to be delivered."""
        for _ in range(400):
            self.points.postman = Process("postman", self.points.doing)
            sent, cut = self.posted.copy(), len(self.points.died)
            try:
                with ThreadPoolExecutor(1, "postman") as threads:
                    await self.postman._deliver(threads)
            except Death:
                pass
            except Exception:
                if not self.points.died:
                    raise
            finally:
                self.points.postman = None
            await asyncio.to_thread(self._unnoted, self.posted - sent, len(self.points.died) - cut)
            self.postman.delivering._lines.clear()
            if not await asyncio.to_thread(self._waits):
                return
        raise TimeoutError("letters are not delivered")

    def _unnoted(self, sent: Counter[tuple[str, str]], cuts: int) -> None:
        """What was sent and is not noted goes out once more; of what knocks at a door that is one letter at most for each cut."""
        with reading(self.register.engine) as session:
            arrived = {
                (each.channel, each.letter)
                for each in session.exec(select(DeliveryRow).where(col(DeliveryRow.state) == DeliveryState.ARRIVED))
            }
        again = [each for each in sent if each not in arrived]
        assert sum(channel in KNOCKS for channel, _ in again) <= cuts, again
        self.twice.update(again)

    def _waits(self) -> bool:
        """Whether letters wait; then their time comes: leases run out, pauses end."""
        ago = datetime.now(UTC) - timedelta(seconds=5)
        with writing(self.register.engine) as session:
            left = session.exec(select(LetterRow.id).where(col(LetterRow.closed_at).is_(None))).all()
            if left:
                session.connection().execute(update(LetterRow).where(col(LetterRow.id).in_(left)).values(due_at=ago))
                session.connection().execute(
                    update(DeliveryRow)
                    .where(col(DeliveryRow.letter).in_(left))
                    .values(last_tried_at=ago - timedelta(hours=1), first_tried_at=ago - timedelta(hours=1))
                )
        return bool(left)


def _counted(said: Sequence[str]) -> Iterator[str]:
    for what, times in sorted(Counter(said).items()):
        yield what if times == 1 else f"{times} {what}"
