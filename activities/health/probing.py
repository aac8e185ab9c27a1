"""Looking every minute at what people need of the service, from a process that is not the part itself: register, engine, doors, mail."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import structlog
from sqlalchemy import Engine, text
from temporalio.client import Client

from activities.availability import Availability, is_measured
from activities.channels import authorities
from activities.health.checks import engine_fault
from activities.health.kept import Kept
from activities.logs import named
from activities.sightings import Sightings
from models.availability import BEAT, Part
from models.channels import ChannelsFile, MailSettings
from models.settings import Settings

log = structlog.get_logger()

ANSWERS = 10.0
"""Seconds within which a part must answer to be up."""

READY = b"220"
"""How a mail server greets that takes mail."""

Probe = Callable[[], Awaitable[bool]]
"""Whether a part is up. Whatever it raises, or where it does not answer, it is not."""


def of_register(engine: Engine) -> Probe:
    """Whether the register is read."""

    def ask() -> bool:
        with engine.connect() as db:
            return db.execute(text("SELECT 1")).scalar() == 1

    return lambda: asyncio.to_thread(ask)


def of_engine(client: Client) -> Probe:
    """Whether the engine answers. Asked by a worker it says that there is one: without any nothing is entered."""

    async def ask() -> bool:
        return not await engine_fault(client)

    return ask


def of_gateway(address: str) -> Probe:
    """Whether the doors answer where people reach them, by no proxy; an authority of the office's own is trusted as the system trusts it."""
    trusted = httpx.create_ssl_context()  # what sign-in and channels trust
    trusted.load_default_certs()  # and whatever this machine does

    async def ask() -> bool:
        async with httpx.AsyncClient(timeout=ANSWERS, trust_env=False, verify=trusted) as client:
            return (await client.get(f"{address}/healthz")).is_success

    return ask


def of_nothing(engine: Engine, part: Part) -> Probe:
    """A part that is not configured: it is not measured; where it was once, it is not missed from then on."""

    def ask() -> bool:
        with engine.connect() as db:
            return is_measured(db, part)

    return lambda: asyncio.to_thread(ask)


def of_mail(file: ChannelsFile, engine: Engine) -> Probe:
    """Whether every mail server is there and greets."""
    servers = [each for each in file.channels.values() if isinstance(each, MailSettings)]
    if not servers:
        return of_nothing(engine, Part.MAIL)

    def greets(server: MailSettings) -> bool:
        address = (server.host, server.usual_port)
        line = socket.create_connection(address, min(server.timeout, ANSWERS))
        try:
            if server.security == "tls":
                line = authorities.of_mail(server.ca_file).wrap_socket(line, server_hostname=server.host)
            line.settimeout(ANSWERS)
            greeting = line.recv(512)
        finally:
            line.close()
        return greeting.startswith(READY)

    return lambda: asyncio.to_thread(lambda: all(greets(each) for each in servers))


@dataclass
class Watcher:
    """One process that looks at parts and has it written down. What hangs is asked once, and holds up nothing else."""

    sightings: Sightings
    probes: Mapping[Part, Probe]
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    every: timedelta = BEAT

    def __post_init__(self) -> None:
        self._asking = {part: Kept(probe, 0, ANSWERS) for part, probe in self.probes.items()}

    async def keep(self) -> None:
        """Look again and again, until cancelled, whatever becomes of one look."""
        while True:
            try:
                await self.look()
            except Exception as error:
                log.error("availability.not_looked", error=named(error))
            await asyncio.sleep(self.every.total_seconds())

    async def look(self) -> frozenset[Part]:
        """Look once; which parts are up."""
        answers = await asyncio.gather(*(each.told() for each in self._asking.values()))
        up = frozenset(part for part, is_up in zip(self._asking, answers, strict=True) if is_up)
        now = self.clock()
        try:
            await asyncio.wait_for(asyncio.to_thread(self.sightings.note, now, up), ANSWERS)
        except TimeoutError:  # the register went away meanwhile
            await asyncio.to_thread(self.sightings.wait, now, up)
        return up


def watcher(process: str, settings: Settings, engine: Engine, probes: Mapping[Part, Probe]) -> Watcher:
    """A process as a watcher."""
    return Watcher(Sightings.of(process, Availability(engine), settings.var), probes)
