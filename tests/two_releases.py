"""Two releases side by side: `make two-releases`, a minute. The last release comes from the history of this repository, so this is no part of `make test`.

Worker and gateway of the last release begin filings on their own tables. Then a worker of today comes beside them, and brings the tables up to
date; both gateways work on them; everything is brought over; the worker of the last release goes, and its gateway works on.
"""

import io
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from activities.ending import end
from deploy.embedded import temporal, wait_for
from tests.databases import Databases, on_both_by_the_owner
from tests.loopback import free_port
from tests.story import application, checklist

ROOT = Path(__file__).parent.parent
CODE = (
    "activities",
    "deploy",
    "gateway",
    "models",
    "regulation",
    "workflows",
    "cli",
    "starter.py",
    "worker.py",
    "pyproject.toml",
)


def git(*command: str) -> bytes:
    """What git says."""
    return subprocess.run(["git", *command], cwd=ROOT, check=True, capture_output=True).stdout


@pytest.fixture(scope="module")
def last_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code of the last release."""
    commit = git("log", "-1", "--format=%H", "--grep=^Release [0-9]").decode().strip()
    assert commit, "the history of this clone does not reach the last release"
    folder = tmp_path_factory.mktemp("last")
    with tarfile.open(fileobj=io.BytesIO(git("archive", commit, "--", *CODE))) as archive:
        archive.extractall(folder, filter="data")
    return folder


@dataclass
class Service:
    """An engine, a database, and processes of either release on them."""

    database: str
    var: Path
    stack: ExitStack
    engine: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        flags = ["--headless", "--port", str(self.engine), "--log-level", "error"]
        server = subprocess.Popen([temporal(), "server", "start-dev", *flags], stdout=subprocess.DEVNULL)
        self.stack.callback(end, [server], 10)
        wait_for(self.engine, "Temporal", server)

    def environment(self, **settings: str) -> Mapping[str, str]:
        """The settings of a process."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("BEIAN_", "TEMPORAL_"))}
        return kept | {
            "TEMPORAL_ADDRESS": f"127.0.0.1:{self.engine}",
            "BEIAN_DATABASE_URL": self.database,
            "BEIAN_VAR": str(self.var),
            "BEIAN_ROUTINES": "false",
            "BEIAN_LOG_LEVEL": "ERROR",
            "BEIAN_METRICS_PORT": "0",
            "BEIAN_GATEWAY_METRICS_PORT": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            **settings,
        }

    def starts(self, code: Path, *command: str, port: int, **settings: str) -> subprocess.Popen[bytes]:
        """Start a process of a release, and wait until it listens on a port."""
        process = subprocess.Popen([sys.executable, *command], cwd=code, env=self.environment(**settings))
        self.stack.callback(end, [process], 30)
        wait_for(port, " ".join(command), process)
        return process

    def works(self, code: Path, **settings: str) -> subprocess.Popen[bytes]:
        """A worker of a release, once it is ready."""
        port = free_port()
        process = self.starts(code, "worker.py", port=port, BEIAN_METRICS_PORT=str(port), **settings)
        subprocess.run([str(ROOT / "deploy/machine/answers"), str(port), "/readyz", "60"], check=True)
        return process

    def door(self, code: Path) -> httpx.Client:
        """A gateway of a release."""
        port = free_port()
        self.starts(code, "-m", "gateway", port=port, BEIAN_GATEWAY_PORT=str(port))
        client = httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60, follow_redirects=True)
        self.stack.callback(client.close)
        return client

    def starter(self, *command: str) -> str:
        """Today's command line; what it says."""
        done = subprocess.run(
            [sys.executable, "starter.py", *command],
            cwd=ROOT,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout


@pytest.fixture
def service(databases: Databases, tmp_path: Path) -> Iterator[Service]:
    """A database without tables."""
    with ExitStack() as stack:
        yield Service(databases.empty(), tmp_path / "var", stack)


def does(door: httpx.Client, person: str, path: str, body: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Do something through a gateway."""
    answer = door.post(
        f"/api/v1{path}", json=body, headers={"Authorization": f"Bearer {person}", "Idempotency-Key": key}
    )
    assert answer.is_success, answer.text
    told: dict[str, Any] = answer.json()
    return told


def submits(door: httpx.Client, filing_id: str) -> None:
    """An application of now."""
    form = application(filing_id=filing_id, alliance_name=f"沈阳市{filing_id}产学研联盟")
    form = {name: value for name, value in form.items() if name not in ("received_at", "by")}
    form["agreement_effective_on"] = str(datetime.now(UTC).date())
    does(door, "u-leader-01", "/filings", form, f"{filing_id}-0")


def acts(door: httpx.Client, person: str, filing_id: str, number: int, kind: str, **fields: Any) -> int:
    """An act on it; the entry."""
    told = does(door, person, f"/filings/{filing_id}/acts", {"kind": kind, **fields}, f"{filing_id}-{number}")
    return int(told["number"])


def looks(door: httpx.Client, filing_id: str) -> list[Any]:
    """What a gateway tells of a filing, and that its pages open."""
    officer = {"Authorization": "Bearer c-101"}
    for page in ("/healthz", "/", "/notices", "/rounds"):
        assert door.get(page).is_success, page
    assert door.get("/api/v1/filings", headers=officer).is_success
    docket = door.get(f"/api/v1/filings/{filing_id}/docket", headers=officer)
    assert docket.is_success, docket.text
    agenda = door.get(f"/api/v1/filings/{filing_id}/agenda", headers=officer)
    return [docket.json(), agenda.json()]


@on_both_by_the_owner
def test_two_releases_work_on_one_register_while_one_is_rolled_out(service: Service, last_release: Path) -> None:
    worker_before = service.works(last_release)
    before = service.door(last_release)
    submits(before, "TWO-1")
    acts(before, "c-101", "TWO-1", 1, "accept")

    service.works(ROOT, BEIAN_BUILD="next")
    today = service.door(ROOT)
    assert "next" in service.starter("rotate")
    acts(before, "i-201", "TWO-1", 2, "give_iit_opinion", positive=True)
    submits(today, "TWO-2")
    submits(before, "TWO-3")
    assert looks(before, "TWO-1") == looks(today, "TWO-1")

    told = looks(today, "TWO-1")
    end([worker_before], 30)
    service.starter("rotate", "next")
    assert looks(before, "TWO-1") == looks(today, "TWO-1") == told, "no entry and no date has moved"
    confirmed = acts(before, "c-102", "TWO-1", 3, "confirm", checklist=checklist())
    assert acts(today, "c-101", "TWO-2", 1, "accept") == acts(before, "c-101", "TWO-3", 1, "accept") == 2
    assert looks(before, "TWO-1") == looks(today, "TWO-1")
    assert confirmed == 4
    assert "均与写入时一致" in service.starter("verify", "--all")
    assert "均一致" in service.starter("drift", "--mend")
