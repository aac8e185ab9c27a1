"""The gateway: one application for the platform, staff, leaders and the public.

It is thin: every act goes through `client.Filings`, every rule stays in the regulation. What is here is who is asking,
what they may see, and how it is shown.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import timedelta
from functools import cache, partial
from socket import socket
from typing import Any

from fastapi import APIRouter, FastAPI

from activities import editions, tracing
from activities.channels import configured
from activities.database import clock_of
from activities.health import probing
from activities.health.health import Health
from activities.letters import Letters
from activities.log.cosigning import witnessed_by
from activities.register import Register
from activities.starting import bound
from activities.whatifs import WhatIfs
from gateway import codec, failures, guard, measuring
from gateway.api import router as api
from gateway.api.openapi import OF_THE_SERVICE, describe, document
from gateway.client import Filings
from gateway.clock import DoorClock
from gateway.counters import Counters
from gateway.identity import EMBEDDED
from gateway.oidc import Oidc
from gateway.pages import router as pages
from gateway.pages.design import sheet as design
from gateway.remembered.audit import Audit
from gateway.remembered.drafts import Drafts
from gateway.remembered.handling import Handling
from gateway.remembered.imports import Importing
from gateway.remembered.kept import KeptPages
from gateway.remembered.people import People
from gateway.remembered.pictures import Pictures
from gateway.remembered.reviews import Reviews
from gateway.remembered.sessions import Sessions, signing_secret
from gateway.remembered.spent import Spent
from gateway.remembered.subscriptions import Subscriptions
from gateway.remembered.sweeping import Sweeping
from gateway.remembered.uploads import Uploads
from gateway.shipped import ship
from gateway.together import Together
from gateway.tools import Tools
from gateway.witness import router as witness
from models.availability import Part
from models.channels import ChannelsFile
from models.settings import Settings
from workflows.connection import connect, reached
from workflows.payloads import converter

API = "/api/v1"

ADDRESSES = APIRouter()
"""Every address of the service. What FastAPI makes of them is made once, however many applications a process has."""
api.enter(ADDRESSES, API)
pages.enter(ADDRESSES)
ADDRESSES.include_router(witness)


@cache
def described() -> dict[str, Any]:
    """How they are described, worked out once as well."""
    return document(ADDRESSES)


def tools_of(settings: Settings, filings: Filings, channels: ChannelsFile) -> Tools:
    """The tools of the doors, on the register of a client."""
    engine = filings.register.engine
    uploads = Uploads.of(settings, engine)
    filings.quotas = uploads.quotas
    return Tools(
        settings=settings,
        filings=filings,
        letters=Letters(engine),
        channels=channels,
        contacts=configured.contacts(channels),
        sessions=Sessions(engine, timedelta(hours=settings.session_hours)),
        subscriptions=Subscriptions(engine),
        people=People(engine, EMBEDDED if settings.identity == "embedded" else {}),
        audit=Audit(engine),
        handling=Handling(engine),
        oidc=Oidc(settings, filings.clock, Spent(engine)) if settings.identity == "oidc" else None,
        drafts=Drafts(engine, uploads),
        reviews=Reviews(engine),
        uploads=uploads,
        kept=KeptPages(engine),
        pictures=Pictures(engine),
        importing=Importing(),
        whatifs=WhatIfs(engine),
    )


def deployed(settings: Settings) -> ChannelsFile:
    """What the deployment brings, loaded, its keys tried, and its channels. Raises what `activities.starting.REFUSED` names."""
    editions.load(settings.editions, patient=True)
    converter(settings)
    witnessed_by(settings)
    return configured.as_deployed(settings)


def counters_of(settings: Settings, file: int = -1) -> Counters:
    """In what a gateway counts; a `file` that its other processes have open too."""
    return Counters(file, signing_secret(settings) if settings.limits == "database" else "")


def health_socket(settings: Settings, number: int) -> socket | None:
    """Where a process of a gateway tells how it is, each on a port of its own. Raises `PortTaken`."""
    if not settings.gateway_metrics_port:
        return None
    port = settings.gateway_metrics_port + number
    return bound(settings.metrics_host, port, ("BEIAN_METRICS_HOST", "BEIAN_GATEWAY_METRICS_PORT"), "（0：不提供）")


@asynccontextmanager
async def connected(settings: Settings, *, number: int = 0, counters: Counters | None = None) -> AsyncIterator[Tools]:
    """The tools, on the engine and the register, for as long as the gateway runs. Its first process (0) also sweeps, sees
    whether the register is up, tells operators what is in it, and has the `counters` count together with those of other gateways.

    The engine may come later, or go: what is only read is read from the register, and what is done is answered with 503.
    """
    channels = deployed(settings)
    register = Register.at(settings.register_url)
    await asyncio.to_thread(editions.load_all, settings.editions, register.published)
    if traces := tracing.begun():
        traces.of_statements(register.engine)
    client = await connect(settings, lazy=True)
    clock = DoorClock(partial(clock_of, register.engine))
    await asyncio.to_thread(clock.compare)
    keeping = (reached(client), clock.keep(), register.published.keep())
    meanwhile = [asyncio.create_task(each) for each in keeping]
    filings = Filings(
        client, register, settings.task_queue, clock, may_stamp=clock.refuse_if_wrong, doors=settings.gateway_processes
    )
    tools = tools_of(settings, filings, channels)
    first = number == 0
    if first:
        meanwhile.append(asyncio.create_task(Sweeping(tools.uploads, tools.drafts).keep(clock)))
        seen = probing.watcher(
            "gateway", settings, register.engine, {Part.REGISTER: probing.of_register(register.engine)}
        )
        meanwhile.append(asyncio.create_task(seen.keep()))
    if first and counters and settings.limits == "database":
        meanwhile.append(asyncio.create_task(Together(register.engine, counters).keep()))
    health = Health("gateway", settings, register, client, counts=first)
    own = health_socket(settings, number)
    try:
        async with health.told_on(own) if own else nullcontext():
            yield tools
    finally:
        tools.whatifs.stopping.set()
        for each in meanwhile:
            each.cancel()
        register.engine.dispose()
        if traces:
            traces.end()


def create(
    settings: Settings,
    open_tools: Callable[[Settings], AbstractAsyncContextManager[Tools]] = connected,
    counters: Counters | None = None,
) -> FastAPI:
    """The application; it counts with whoever has the same `counters`."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_tools(settings) as tools:
            app.state.tools = tools
            yield

    app = FastAPI(
        **OF_THE_SERVICE,
        openapi_url=f"{API}/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    guard.protect(app, settings, counters or Counters())
    codec.serve(app, settings)
    measuring.measure(app, API, tracing.begin(settings, "gateway"))
    failures.handle(app)
    app.router.routes.extend(ADDRESSES.routes)
    describe(app, described, settings)
    ship(app, {design.NAME: design.sheet()})
    return app
