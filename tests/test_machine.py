"""What the install script decides about releases (deploy/machine/releases), with a systemd that says what a test lets it; `make machine` runs the whole."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

MACHINE = Path(__file__).parent.parent / "deploy" / "machine"
A, B, C = "0.8.0-aaaaaaaaaa", "0.8.1-bbbbbbbbbb", "0.8.2-cccccccccc"

SYSTEMCTL = r"""
systemctl() {
    case "$*" in
    *show*) cat "$opt/../gateway" ;;
    *is-active*|*is-enabled*) grep -qx "${!#}" "$opt/../working" ;;
    esac
}
"""


@dataclass
class Machine:
    """A folder with releases in it, whose workers and gateway run or not."""

    opt: Path
    gateway: subprocess.Popen[bytes] | None = None

    def has(self, *builds: str) -> None:
        """Lay releases."""
        for each in builds:
            (self.opt / "releases" / each).mkdir(parents=True)

    def works(self, *builds: str) -> None:
        """Which workers run."""
        units = "".join(f"beian-worker@{each}.service\n" for each in builds)
        (self.opt.parent / "working").write_text(units, "utf-8")

    def serves(self, build: str) -> None:
        """From which release the gateway runs."""
        self.stops()
        self.gateway = subprocess.Popen(["sleep", "60"], cwd=self.opt / "releases" / build)
        (self.opt.parent / "gateway").write_text(f"{self.gateway.pid}\n", "utf-8")

    def stops(self) -> None:
        """The gateway runs no more."""
        if self.gateway:
            self.gateway.kill()
            self.gateway.wait()
        self.gateway = None
        (self.opt.parent / "gateway").write_text("0\n", "utf-8")

    def does(self, told: str) -> str:
        """Have the script's own functions do something."""
        script = f"set -eu; opt={self.opt} root=''; {SYSTEMCTL} . {MACHINE}/releases; {told}"
        return subprocess.run(["bash", "-c", script], check=True, capture_output=True, text=True).stdout.strip()

    def port(self, build: str) -> str:
        """Name a build; the port it is given."""
        self.does(f"name_build {build}")
        return (self.opt / "releases" / build / "build.env").read_text("utf-8").strip().rpartition("=")[2]

    @property
    def links(self) -> dict[str, str]:
        """Which release each link leads to."""
        return {each.name: each.readlink().name for each in self.opt.iterdir() if each.is_symlink()}

    @property
    def kept(self) -> set[str]:
        """Which releases lie there."""
        return {each.name for each in (self.opt / "releases").iterdir()}


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A machine on which nothing runs."""
    made = Machine(tmp_path / "opt")
    (made.opt / "environments" / "of-nobody").mkdir(parents=True)
    made.works()
    made.stops()
    yield made
    made.stops()


def test_a_release_stays_for_the_way_back_however_often_the_same_is_installed(machine: Machine) -> None:
    machine.has(A, B)
    machine.does(f"switch_to {A}")
    machine.serves(A)
    machine.works(B)
    for _ in range(3):
        machine.does(f"switch_to {B}")
        machine.serves(B)
        machine.does("clear_away")
        assert machine.links == {"current": B, "previous": A}
        assert machine.kept == {A, B}
    assert not list((machine.opt / "environments").iterdir())
    machine.does(f"switch_to {A}")
    assert machine.links == {"current": A, "previous": B}, "the way back can be gone again"


def test_after_a_run_that_ended_half_way_the_gateway_is_known_to_run_from_the_release_before(machine: Machine) -> None:
    """It switched, its worker came up, and it ended there: the next run, of the same release or a mended one, changes the gateway."""
    machine.has(A, B, C)
    machine.does(f"switch_to {A}")
    machine.serves(A)
    machine.works(A, B)
    machine.does(f"switch_to {B}")
    for mended in (B, C):
        machine.does(f"switch_to {mended}")
        assert machine.does("serving") == A
        assert machine.links == {"current": mended, "previous": A}
    machine.works(C)
    machine.does("clear_away")
    assert machine.kept == {A, C}


def test_nothing_is_taken_away_from_under_what_runs(machine: Machine) -> None:
    machine.has(A, B, C, "0.8.3-dddddddddd", "0.8.4-eeeeeeeeee")
    machine.serves(A)
    machine.works(B)
    (machine.opt / "current").symlink_to(f"releases/{C}")
    (machine.opt / "previous").symlink_to("releases/0.8.3-dddddddddd")
    machine.does("clear_away")
    assert machine.kept == {A, B, C, "0.8.3-dddddddddd"}


def test_each_worker_that_lives_has_a_port_of_its_own(machine: Machine) -> None:
    machine.has(A, B, C)
    assert machine.port(A) == "9464"
    machine.works(A)
    assert machine.port(B) == "9463"
    machine.works(A, B)
    assert machine.port(C) == "9462"
    machine.works(B, C)
    assert machine.port(B) == "9463", "one that works keeps what it has"
    assert machine.port(A) == "9464"
    machine.works(A)
    assert machine.port(B) == machine.port(C) == "9463", "one that has ended takes what is free when it comes back"


def test_the_release_before_serves_until_the_worker_of_the_next_one_is_up() -> None:
    script = (MACHINE / "install").read_text("utf-8")
    _, _, whole = script.partition('"$(id -u)" = 0')
    steps = ["systemctl start temporal.service", 'systemctl start "beian-worker@$laid.service"', 'switch_to "$laid"', 'beian rotate "$laid"',
             '"$(serving)" = "$laid"', "systemctl start beian-gateway.service", "clear_away"]  # fmt: skip
    places = [whole.index(step) for step in steps]
    assert places == sorted(places)
    assert re.findall(r"\bname=\S*", script) == ["name=''", "name=$1"], (
        "what people call the service stays what was told"
    )


def test_the_scripts_read() -> None:
    for name in ("answers", "back-up", "command", "database", "install", "releases", "watch"):
        subprocess.run(["sh", "-n", MACHINE / name], check=True)
