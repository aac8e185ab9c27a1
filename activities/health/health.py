"""How a process is: what it needs and whether it is there, and what it measures; kept for some seconds, whoever asks."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from socket import socket
from typing import Literal

from prometheus_client import Metric as Family
from prometheus_client import generate_latest
from temporalio.client import Client

from activities import backup
from activities.health import checks
from activities.health.counts import counted, gauge
from activities.health.instruments import REGISTRY
from activities.health.kept import Kept
from activities.health.listening import Answer, document, listening, plain
from activities.register import Register
from models import metrics
from models.settings import Settings

EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"

NO_ANSWER = "没有答复"

OF_REGISTER = ("register", "migrations", "editions", "clock")
"""The checks that ask the register; the engine is asked apart from them."""

Told = Callable[[], Awaitable[bytes]]
"""What somebody else measures in this process, as it is to be told."""


async def nothing() -> bytes:
    """Nobody else measures anything."""
    return b""


@dataclass(frozen=True)
class Look:
    """What a look at the register came to."""

    faults: Mapping[str, str] = field(default_factory=lambda: dict.fromkeys(OF_REGISTER, NO_ANSWER))
    ahead: timedelta | None = None
    families: Sequence[Family] = ()


@dataclass
class Health:
    """How a process is. `counts`: whether it tells what is in the register; one of the processes of a gateway does."""

    process: Literal["worker", "gateway"]
    settings: Settings
    register: Register
    client: Client
    counts: bool = True
    core: Told = nothing

    def __post_init__(self) -> None:
        every = self.settings.metrics_interval
        self._register = Kept(lambda: asyncio.to_thread(self._look), every)
        self._engine = Kept(lambda: checks.engine_fault(self.client), every)

    def told_on(self, own: socket) -> AbstractAsyncContextManager[None]:
        """Tell it on a socket, for as long as the context lasts."""
        return listening(own, {"/healthz": self.alive, "/readyz": self.ready, "/metrics": self.measured})

    async def alive(self, _: Mapping[str, Sequence[str]]) -> Answer:
        """在运行: it answers, whatever register and engine do."""
        return plain("ok")

    async def ready(self, asked: Mapping[str, Sequence[str]]) -> Answer:
        """就绪: every check, and why it fails; what is `exclude`d is told and does not count."""
        _, faults = await self._looked()
        wrong = {name for name, fault in faults.items() if fault} - set(asked.get("exclude", ()))
        told = {name: fault or "ok" for name, fault in faults.items()}
        status = HTTPStatus.SERVICE_UNAVAILABLE if wrong else HTTPStatus.OK
        return document({"ready": not wrong, "checks": told}, status)

    async def measured(self, _: Mapping[str, Sequence[str]]) -> Answer:
        """指标: in the text format of Prometheus."""
        look, faults = await self._looked()
        own = await asyncio.to_thread(lambda: list(self._own(look, faults)))
        return (
            HTTPStatus.OK,
            EXPOSITION,
            generate_latest(REGISTRY) + generate_latest(Families(own)) + await self.core(),
        )

    async def _looked(self) -> tuple[Look, Mapping[str, str]]:
        look, engine = await asyncio.gather(self._register.told(), self._engine.told())
        look = look or Look()
        return look, {**look.faults, "engine": NO_ANSWER if engine is None else engine}

    def _look(self) -> Look:
        """On a thread: everything that is asked of the register at once."""
        faults, ahead = checks.register_faults(self.register)
        if not self.counts or any(faults[name] for name in ("register", "migrations")):
            return Look(faults, ahead)
        with self.register.engine.connect() as db:
            return Look(faults, ahead, list(counted(db, datetime.now(UTC))))

    def _own(self, look: Look, faults: Mapping[str, str]) -> Iterator[Family]:
        """What is told beside what this process counts: of the register, of this machine, of itself."""
        yield gauge(metrics.BUILD, {(backup.release(), self.process): 1})
        yield gauge(metrics.READY, {(name,): not fault for name, fault in faults.items()})
        if look.ahead is not None and not faults["register"]:
            yield gauge(metrics.CLOCK_AHEAD, {(): look.ahead.total_seconds()})
        yield gauge(metrics.CALENDAR, {(): checks.last_year_known()})
        disk = shutil.disk_usage(self.settings.var)
        yield gauge(metrics.DISK_FREE, {(): disk.free})
        yield gauge(metrics.DISK_SIZE, {(): disk.total})
        yield from look.families


@dataclass(frozen=True)
class Families:
    """What was measured, as the exposition asks for it."""

    families: Sequence[Family]

    def collect(self) -> Sequence[Family]:
        """All of it."""
        return self.families
