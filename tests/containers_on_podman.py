"""The composition in containers (deploy/containers/), as far as it goes without its vendors' images: `make containers`.

The image is the one that `make image` built. It runs as compose.yaml says, read by tests/composition.py, on Debian's PostgreSQL; the
development server of Temporal stands for its server, and what is never reached here says tests/containers/trial.yaml. Not tried: Temporal server on
PostgreSQL, its schema tool and its UI, whose images come from elsewhere, and compose itself.
"""

import json
import os
import shutil
import signal
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from examples.demo import OFFICES
from tests.composition import DEPLOYED, Podman, reduced, services
from tests.loopback import free_port
from tests.patience import eventually

VERSION = tomllib.loads((DEPLOYED.parent.parent / "pyproject.toml").read_text("utf-8"))["project"]["version"]
IMAGE = os.environ.get("BEIAN_IMAGE", f"localhost/beian:{VERSION}")
NAME = "beian.example.gov.cn"
KEY = ECKey.generate_key("P-256", {"kid": "trial", "use": "sig"})
LEADER = {"person": "u-leader-01", "office": "91210102MA10ABCD6H", "role": "leader"}
HERE = Path(__file__).parent


def token(person: str, office: str, role: str) -> str:
    """What the sign-in service says of somebody."""
    now = int(datetime.now(UTC).timestamp())
    claims = {"iss": "http://127.0.0.1:8081", "aud": "beian", "iat": now, "exp": now + 3600}
    return jwt.encode(
        {"alg": "ES256", "kid": "trial"}, {**claims, "sub": person, "name": person, "office": office, "role": role}, KEY
    )


def signs_in(folder: Path) -> None:
    """Lay what a sign-in service publishes."""
    issuer = "http://127.0.0.1:8081"
    told = {
        "issuer": issuer,
        "jwks_uri": f"{issuer}/jwks",
        "token_endpoint": f"{issuer}/token",
        "authorization_endpoint": f"{issuer}/a",
    }
    (folder / ".well-known").mkdir(parents=True)
    (folder / ".well-known" / "openid-configuration").write_text(json.dumps(told), "utf-8")
    (folder / "jwks").write_text(json.dumps(KeySet([KEY]).as_dict(private=False)), "utf-8")
    folder.chmod(0o755)


def until(what: Callable[[], Any]) -> Any:
    """Ask again and again; what it came to."""

    def found() -> Any:
        with suppress(httpx.HTTPError, AssertionError):
            return what()
        return None

    return eventually(found)


@pytest.fixture(scope="module", autouse=True)
def as_this_machine_lets_it(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What podman keeps to here, unless somebody said so before."""
    os.environ.setdefault("CONTAINERS_CONF", str(reduced(tmp_path_factory.mktemp("podman"))))


@pytest.fixture(scope="module")
def port() -> int:
    """Where the gateway is published."""
    return free_port()


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[Podman]:
    """The composition, all of it started."""
    folder = tmp_path_factory.mktemp("composition")
    for each in ("compose.yaml", "prepare", "beian.env.sample"):
        shutil.copy(DEPLOYED / each, folder)
    subprocess.run([folder / "prepare", NAME], check=True, capture_output=True)
    settings = folder / "beian.env"
    settings.write_text(
        settings.read_text("utf-8").replace("https://sign-in.example.gov.cn", "http://127.0.0.1:8081"), "utf-8"
    )
    signs_in(folder / "sign-in")
    environment = {
        "BEIAN_IMAGE": IMAGE,
        "BEIAN_NAME": NAME,
        "BEIAN_PUBLISHED": str(port),
        "BEIAN_UI_PUBLISHED": str(free_port()),
    }
    podman = Podman(folder, services(folder / "compose.yaml", HERE / "containers" / "trial.yaml", **environment))
    podman.clears()
    try:
        podman.lays()
        for each in ("database", "temporal"):
            podman.starts(each)
        for each in ("migrate", "cluster"):
            podman.comes_to_its_end(each)
        for each in ("worker", "gateway", "sign-in"):
            podman.starts(each)
        yield podman
    finally:
        podman.clears()


@pytest.fixture(scope="module")
def api(trial: Podman, port: int) -> Iterator[Callable[..., httpx.Client]]:
    """Programs that ask the published port, as the machine's proxy does."""
    opened: list[httpx.Client] = []

    def of(who: dict[str, str]) -> httpx.Client:
        headers = {"Host": NAME, "X-Forwarded-Proto": "https", "Authorization": f"Bearer {token(**who)}"}
        opened.append(
            httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", headers=headers, timeout=60, trust_env=False)
        )
        return opened[-1]

    until(lambda: httpx.get(f"http://127.0.0.1:{port}/healthz", headers={"Host": NAME}, trust_env=False).is_success)
    yield of
    for each in opened:
        each.close()


def test_the_image_lives_a_whole_life_without_network_and_writes_nowhere_else() -> None:
    bounds = [
        "--read-only",
        "--read-only-tmpfs=false",
        "--tmpfs",
        "/tmp:mode=1777",
        "--network",
        "none",
        "--cap-drop",
        "ALL",
        "--security-opt",
        "no-new-privileges",
    ]
    done = subprocess.run(
        ["podman", "run", "--rm", *bounds, IMAGE, "demo"], check=True, capture_output=True, text=True, timeout=400
    )
    assert "登记链核验通过" in done.stdout
    for place, may in (("/opt/beian", False), ("/etc", False), ("/var/lib/beian", True), ("/tmp", True)):
        command = ["podman", "run", "--rm", *bounds, "--entrypoint", "touch", IMAGE, f"{place}/x"]
        assert (subprocess.run(command, check=False, capture_output=True).returncode == 0) is may, place


def test_every_container_is_confined_and_well(trial: Podman, api: Callable[..., httpx.Client]) -> None:
    for each in ("worker", "gateway"):
        until(partial(trial.is_well, each))
        status = trial.says("exec", trial.name(each), "cat", "/proc/1/status")
        for line in ("Uid:\t10001\t10001\t10001\t10001", "NoNewPrivs:\t1", "CapBnd:\t0000000000000000"):
            assert line in status
        assert trial.looks(each, "{{.HostConfig.ReadonlyRootfs}}") == "true"


def test_an_application_is_filed_and_goes_on_after_the_worker_was_killed(
    trial: Podman, api: Callable[..., httpx.Client]
) -> None:
    form = json.loads((HERE.parent / "examples" / "kind_a.json").read_text("utf-8"))
    for stamped in ("by", "received_at"):
        form.pop(stamped, None)
    leader, city = api(LEADER), api(OFFICES["city"])
    receipt = until(lambda: _ok(leader.post("filings", json=form)))
    assert receipt["stage"]
    killed = int(trial.looks("worker", "{{.State.Pid}}"))
    os.kill(killed, signal.SIGKILL)
    accepted = until(
        lambda: _ok(city.post(f"filings/{form['filing_id']}/acts", json={"kind": "accept", "id": "trial-accept"}))
    )
    assert accepted["stage"] != receipt["stage"]
    assert int(trial.looks("worker", "{{.State.Pid}}")) != killed
    assert "核验" in trial.says("exec", trial.name("worker"), "python", "starter.py", "verify", "--all")


def test_a_backup_lies_in_its_folder(trial: Podman) -> None:
    trial.comes_to_its_end("backup")
    [made] = (trial.folder / "backups").iterdir()
    assert made.stat().st_mode & 0o777 == 0o600


def test_whoever_is_told_to_stop_does_so_in_its_time(trial: Podman) -> None:
    for each in ("gateway", "worker"):
        trial.says("stop", trial.name(each), patient=200)
        assert trial.looks(each, "{{.State.ExitCode}}") == "0", trial.tells(each)[-2000:]


def _ok(answer: httpx.Response) -> Any:
    assert answer.is_success, answer.text
    return answer.json()
