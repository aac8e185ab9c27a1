"""The gateway as people meet it: served on loopback over a world whose time is skipped, and a browser that looks at it."""

import asyncio
import traceback
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar, copy_context
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import uvicorn
from fastapi import FastAPI
from sqlalchemy import Engine, event

from deploy.skipping import EARLY
from gateway import patience
from gateway.app import create, tools_of
from gateway.client import Filings
from gateway.tools import Tools
from models.channels import ChannelsFile
from models.filing import Receipt
from models.settings import Settings
from tests.story import instant
from tests.world import World


@dataclass
class Travelling(Filings):
    """A door whose clock a test sets: each filing is taken to that time before anything is sent to it."""

    world: World = field(kw_only=True)
    _skipping: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def submit(self, raw: Mapping[str, Any]) -> Receipt:
        """Submit at the clock's time."""
        SERVING.set(False)  # the world is the test's
        return await self.world.submits({"received_at": self.clock().isoformat(), **raw})

    async def ask(self, workflow: str, *asked: Any) -> Any:
        """Ask a workflow; a round is taken to the clock's time first."""
        if workflow.startswith("round-"):
            SERVING.set(False)
            await self.world.round_at(workflow.removeprefix("round-"), self.clock())
        return await super().ask(workflow, *asked)

    async def act(
        self, filing_id: str, raw: Mapping[str, Any], *, seen: Collection[int] | None = None, own: bool = False
    ) -> Receipt:
        """Act at the clock's time. One at a time is taken there; then they may meet."""
        SERVING.set(False)
        if self.register.entry_of(filing_id, str(raw.get("id"))):
            return await super().act(filing_id, raw, own=own)
        self.reception.unmoved(self.reception.row(filing_id), raw, seen)
        async with self._skipping:
            if self.world.is_open(filing_id):
                await self.world.on(filing_id, self.clock() - EARLY)
        return await self.world.acts(filing_id, {"received_at": self.clock().isoformat(), **raw}, own=own)


@dataclass
class Clock:
    """A clock that stands until it is set."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def set(self, on: str) -> None:
        """Set it to a day, at 9 in the morning, or to a moment."""
        self.now = instant(on)


SERVING: ContextVar[bool] = ContextVar("serving", default=False)
"""Whether what runs is a gateway that answers, and not the test that asks."""


@contextmanager
def never_on_the_loop(engine: Engine) -> Iterator[list[str]]:
    """While a gateway answers, no statement runs on its event loop; those that did are listed, and fail at the end."""
    found: list[str] = []

    def look(_: Any, __: Any, statement: str, *___: Any) -> None:
        with suppress(RuntimeError):
            asyncio.get_running_loop()
            if SERVING.get():
                places = [
                    f"{each.name}:{each.lineno}" for each in traceback.extract_stack() if "gateway" in each.filename
                ]
                found.append(f"{statement[:80]} {places}")

    event.listen(engine, "before_cursor_execute", look)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", look)
    assert not found, found[0]


class Quiet(uvicorn.Server):
    """A server that leaves signals to whoever runs the tests."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


@dataclass(frozen=True)
class Served:
    """A gateway that is being served."""

    base: str
    clock: Clock
    tools: Tools
    app: FastAPI


@asynccontextmanager
async def served(world: World, on: str, **settings: Any) -> AsyncIterator[Served]:
    """The gateway over a world, at a time of its own."""
    chosen: Settings = world.settings.model_copy(update=settings)
    clock = Clock(instant(on))
    filings = Travelling(world.environment.client, world.register, chosen.task_queue, clock, world=world)

    @asynccontextmanager
    async def open_tools(_: Settings) -> AsyncIterator[Tools]:
        yield tools_of(chosen, filings, ChannelsFile())

    app = create(chosen, open_tools)
    with never_on_the_loop(world.register.engine):
        async with serving(app) as base:
            yield Served(base, clock, app.state.tools, app)


@asynccontextmanager
async def serving(app: Any) -> AsyncIterator[str]:
    """An application served on loopback, with the patience of the gateway; its address."""
    async with serving_with(app, lifespan="on", **patience.served()) as base:
        yield base


@asynccontextmanager
async def serving_with(app: Any, **how: Any) -> AsyncIterator[str]:
    """An application served on loopback in some way; its address."""
    server = Quiet(uvicorn.Config(app, host="127.0.0.1", port=0, **{"log_config": None, **how}))
    answering = copy_context()
    answering.run(SERVING.set, True)
    running = asyncio.create_task(server.serve(), context=answering)
    while not server.started:
        await asyncio.sleep(0.01)
        if running.done():
            running.result()
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await running


Address = Callable[[str], str]
