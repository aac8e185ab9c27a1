"""Looking every minute at what people need of the service, from a process that is not the part itself: register, engine, doors, mail."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
import structlog
from sqlalchemy import Engine, text
from temporalio.client import Client

from activities.availability import Availability, Noted
from activities.health.checks import engine_fault
from activities.health.kept import Kept
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
    """Whether the doors answer where people reach them."""

    async def ask() -> bool:
        async with httpx.AsyncClient(timeout=ANSWERS, trust_env=False) as client:
            return (await client.get(f"{address}/healthz")).is_success

    return ask


def of_mail(file: ChannelsFile) -> Probe:
    """Whether every mail server is there and greets; where none is configured, none is missed."""
    servers = [each for each in file.channels.values() if isinstance(each, MailSettings)]

    def greets(server: MailSettings) -> bool:
        context = ssl.create_default_context(cafile=str(server.ca_file) if server.ca_file else None)
        address = (server.host, server.usual_port)
        line = socket.create_connection(address, min(server.timeout, ANSWERS))
        try:
            if server.security == "tls":
                line = context.wrap_socket(line, server_hostname=server.host)
            line.settimeout(ANSWERS)
            greeting = line.recv(512)
        finally:
            line.close()
        return greeting.startswith(READY)

    return lambda: asyncio.to_thread(lambda: all(greets(each) for each in servers))


@dataclass
class Watcher:
    """One process that looks at parts and has it written down. What hangs is asked once, and by the way holds up nothing else."""

    noted: Noted
    probes: Mapping[Part, Probe]
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __post_init__(self) -> None:
        self._asking = {part: Kept(probe, 0, ANSWERS) for part, probe in self.probes.items()}

    async def keep(self) -> None:
        """Look every minute, until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(BEAT.total_seconds())

    async def look(self) -> frozenset[Part]:
        """Look once; which parts are up."""
        answers = await asyncio.gather(*(each.told() for each in self._asking.values()))
        up = frozenset(part for part, is_up in zip(self._asking, answers, strict=True) if is_up)
        now = self.clock()
        try:
            await asyncio.wait_for(asyncio.to_thread(self.noted.note, now, up), ANSWERS)
        except TimeoutError:  # the register went away meanwhile
            await asyncio.to_thread(self.noted.wait, now, up)
        return up


def watcher(process: str, settings: Settings, engine: Engine, probes: Mapping[Part, Probe]) -> Watcher:
    """A process as a watcher, by its name and its machine's."""
    name = f"{process}@{socket.gethostname()}"[:64]
    return Watcher(Noted(Availability(engine), name, settings.var / f"seen-up-{process}.jsonl"), probes)
