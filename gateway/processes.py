"""Several processes of one gateway on one port (`BEIAN_GATEWAY_PROCESSES`), and whoever starts them, looks after them and ends them.

Each has a socket of its own on the port; the system deals connections out. They share the database, in which sessions, quotas
and what is good for once lie, and one table of counters. `python -m gateway.processes` is one of them.
"""

import asyncio
import mmap
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from functools import partial
from typing import Any

import structlog
import uvicorn

from activities import garbage, logs
from activities.ending import end
from activities.starting import bound
from gateway import patience
from gateway.app import connected, counters_of, create, health_socket
from gateway.counters import SIZE
from models.settings import Settings, read_settings

log = structlog.get_logger()

GRACE = 40
"""Seconds for what a process has taken before it was told to end."""

TO_END = GRACE + 5
"""Seconds after which a process that was told to end is killed: it hangs, or somebody stopped it."""

LOOK = 0.2
"""Seconds between two looks at them."""

BEAT = 1.0
"""Seconds between two beats of a process."""

HANGING, STARTING = 150, 600
"""After so many looks without a beat a process hangs, or was stopped (half a minute); one that was just started has longer."""

AT_LEAST = 5.0
"""Whoever leaves sooner after its start could not serve: it is not started again, and all end. One that was killed could."""


def serve(settings: Settings) -> None:
    """The gateway, as many processes as it is to have, until interrupted. Raises `PortTaken`."""
    _bound(settings, shared=False).close()  # whoever has a port already, another gateway too, is met here, once
    for number in range(settings.gateway_processes):
        if own := health_socket(settings, number):
            own.close()
    if settings.gateway_processes == 1:
        counters = counters_of(settings)
        uvicorn.run(create(settings, partial(connected, counters=counters), counters), **_options(settings))
    elif fault := _together(settings):
        sys.exit(fault)


def _together(settings: Settings) -> str:
    """Start them all and look after them; why all had to end, if nobody told them to."""
    stop = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: stop.set())
    with ExitStack() as held:
        held.enter_context(_bound(settings))
        counters, pulses = (held.enter_context(tempfile.TemporaryFile()) for _ in range(2))
        counters.truncate(SIZE)
        pulse = Pulse(pulses.fileno(), settings.gateway_processes)
        alive, mine = os.pipe()  # it ends for them when this process does, however that is
        started = partial(_start, counters.fileno(), pulses.fileno(), alive)
        running = {number: (started(number), time.monotonic()) for number in range(settings.gateway_processes)}
        try:
            while not stop.wait(LOOK):
                for number, (process, since) in running.items():
                    if process.poll() is None:
                        if pulse.is_gone(number):
                            log.error("gateway.process_hangs", number=number + 1)
                            process.kill()
                        continue
                    if process.returncode >= 0 and time.monotonic() - since < AT_LEAST:
                        return f"网页服务的进程{number + 1}没有启动（退出码 {process.returncode}），其余随之停止"
                    log.error("gateway.process_ended", number=number + 1, code=process.returncode)
                    running[number] = started(number), time.monotonic()
                    pulse.begins(number)
            return ""
        finally:
            end([process for process, _ in running.values()], TO_END)
            os.close(mine)


class Pulse:
    """Whether processes live or only are there: each beats every second on the loop on which it answers.

    Counted are looks and not seconds: where whoever looks stood still too, with the whole machine, nobody is missed.
    """

    def __init__(self, file: int, processes: int) -> None:
        os.ftruncate(file, processes)
        self._beats = mmap.mmap(file, processes)
        self._seen = [(0, STARTING)] * processes

    def begins(self, number: int) -> None:
        """A process was started, and has yet to begin."""
        self._seen[number] = self._beats[number], STARTING

    def is_gone(self, number: int) -> bool:
        """Look at a process: whether it has not beaten for too many looks."""
        beats, left = self._seen[number]
        self._seen[number] = (beats, left - 1) if self._beats[number] == beats else (self._beats[number], HANGING)
        return self._seen[number][1] <= 0

    async def beat(self, number: int) -> None:
        """Beat, until cancelled."""
        while True:
            self._beats[number] = (self._beats[number] + 1) % 256
            await asyncio.sleep(BEAT)


def _start(counters: int, pulses: int, alive: int, number: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "gateway.processes", *map(str, (counters, pulses, alive, number))]
    return subprocess.Popen(command, pass_fds=(counters, pulses, alive), start_new_session=True)


def _bound(settings: Settings, *, shared: bool = True) -> socket.socket:
    """A socket on the port; if it is shared, others of this gateway may have one too."""
    return bound(
        settings.gateway_host, settings.gateway_port, ("BEIAN_GATEWAY_HOST", "BEIAN_GATEWAY_PORT"), shared=shared
    )


def _options(settings: Settings) -> dict[str, Any]:
    where: dict[str, Any] = {"host": settings.gateway_host, "port": settings.gateway_port}
    return {**where, "loop": "asyncio", "timeout_graceful_shutdown": GRACE, **patience.served()}


def be_one(counters: int, pulses: int, alive: int, number: int) -> None:
    """Be one of several, until told to end or nobody is there to tell. The first does what is done once for all."""
    settings = read_settings()
    prepare(settings)
    shared = counters_of(settings, counters)
    app = create(settings, partial(connected, number=number, counters=shared), shared)
    garbage.settle()
    server = uvicorn.Server(uvicorn.Config(app, **_options(settings)))

    async def running() -> None:
        asyncio.get_running_loop().add_reader(alive, server.handle_exit, signal.SIGTERM, None)
        beating = asyncio.create_task(Pulse(pulses, settings.gateway_processes).beat(number))
        await server.serve([_bound(settings)])
        beating.cancel()

    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(running())


def prepare(settings: Settings) -> None:
    """How every process of a gateway logs, and how much it may hold at once."""
    logs.configure(settings.log_level)
    patience.make_room()
    sys.setswitchinterval(patience.TURN)


if __name__ == "__main__":
    be_one(*map(int, sys.argv[1:5]))
