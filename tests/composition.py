"""The composition (deploy/containers/compose.yaml) as a test reads it, and as podman is told to run it."""

import os
import re
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.patience import eventually

DEPLOYED = Path(__file__).parent.parent / "deploy" / "containers"

KNOWN = {
    "cap_drop", "command", "depends_on", "entrypoint", "env_file", "environment", "healthcheck", "image", "network_mode", "networks",
    "ports", "profiles", "read_only", "restart", "secrets", "security_opt", "shm_size", "stop_grace_period", "tmpfs", "user", "volumes",
}  # fmt: skip
"""What of a service is understood here; nothing else may stand in the file, or it would be run without."""


def services(*files: Path, **environment: str) -> dict[str, dict[str, Any]]:
    """The services of some files, each laid over those before it, as compose does; `${NAME:-default}` replaced."""
    merged: dict[str, dict[str, Any]] = {}
    for file in files:
        for name, service in yaml.safe_load(_replaced(file.read_text("utf-8"), environment))["services"].items():
            before = merged.setdefault(name, {})
            for key, value in service.items():
                together = isinstance(value, dict) and isinstance(before.get(key), dict)
                before[key] = {**before[key], **value} if together else value
    return merged


def secrets(environment: Mapping[str, str] = {}) -> dict[str, str]:
    """Where each secret lies beside the file."""
    told = yaml.safe_load(_replaced((DEPLOYED / "compose.yaml").read_text("utf-8"), environment))["secrets"]
    return {name: each["file"] for name, each in told.items()}


def _replaced(text: str, environment: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        return environment.get(found["name"], found["default"] or "")

    return re.sub(r"\$\{(?P<name>\w+)(?::-(?P<default>[^}]*)|:\?[^}]*)?\}", value, text).replace("$$", "$")


@dataclass(frozen=True)
class Podman:
    """The services of a folder, run by podman."""

    folder: Path
    services: Mapping[str, Mapping[str, Any]]
    prefix: str = "beian-trial"

    def says(self, *command: str, patient: float = 120, fails: bool = False) -> str:
        """What podman answers."""
        done = subprocess.run(["podman", *command], check=False, capture_output=True, text=True, timeout=patient)
        assert fails or done.returncode == 0, (command, done.stderr)
        return done.stdout.strip()

    def name(self, service: str) -> str:
        """What a service's container is called."""
        return f"{self.prefix}-{service}"

    def starts(self, service: str) -> None:
        """Run a service."""
        self.says("run", "--detach", "--replace", "--name", self.name(service), *self._options(service))

    def comes_to_its_end(self, service: str) -> None:
        """Run a service that is there for one thing, again until it is done, as its restart policy says."""

        def done() -> bool:
            self.starts(service)
            return self.says("wait", self.name(service), patient=300) == "0"

        eventually(done)

    def tells(self, service: str) -> str:
        """What a service logged."""
        return subprocess.run(
            ["podman", "logs", self.name(service)],
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ).stdout

    def is_well(self, service: str) -> bool:
        """Whether its own health check passes."""
        command = ["podman", "healthcheck", "run", self.name(service)]
        return subprocess.run(command, check=False, capture_output=True).returncode == 0

    def looks(self, service: str, template: str) -> str:
        """What podman knows of a container."""
        return self.says("inspect", "--format", template, self.name(service))

    def lays(self) -> None:
        """The networks."""
        self.says("network", "create", "--internal", f"{self.prefix}-inside")
        self.says("network", "create", f"{self.prefix}-outside")

    def clears(self) -> None:
        """Nothing of it is left."""
        for each in reversed([*self.services]):
            self.says("rm", "--force", "--time", "1", self.name(each), fails=True)
        for each in ("database", "state"):
            self.says("volume", "rm", "--force", f"{self.prefix}-{each}", fails=True)
        for each in ("inside", "outside"):
            self.says("network", "rm", "--force", f"{self.prefix}-{each}", fails=True)

    def _options(self, service: str) -> list[str]:
        told = self.services[service]
        assert told.keys() <= KNOWN, told.keys() - KNOWN
        options = [*self._place(service), *self._bounds(told)]
        for variable, value in told.get("environment", {}).items():
            options += ["--env", f"{variable}={value}"]
        for file in told.get("env_file", []):
            options += ["--env-file", str(self.folder / file)]
        for each in told.get("volumes", []):
            source, target = each.split(":", 1)
            of_folder = source.startswith(".")
            options += ["--volume", f"{self.folder / source if of_folder else f'{self.prefix}-{source}'}:{target}"]
        lie = secrets()
        for each in told.get("secrets", []):
            source, target = (each["source"], each["target"]) if isinstance(each, dict) else (each, each)
            options += ["--volume", f"{self.folder / lie[source]}:{Path('/run/secrets') / target}:ro"]
        if "entrypoint" in told:
            first, *rest = told["entrypoint"]
            return [*options, "--entrypoint", first, told["image"], *rest, *told.get("command", [])]
        return [*options, told["image"], *told.get("command", [])]

    def _place(self, service: str) -> list[str]:
        told = self.services[service]
        if "network_mode" in told:
            return ["--network", f"container:{self.name(told['network_mode'].removeprefix('service:'))}"]
        options = ["--network-alias", service]
        for each in told["networks"]:
            options += ["--network", f"{self.prefix}-{each}"]
        for each in told.get("ports", []):
            options += ["--publish", each]
        return options

    @staticmethod
    def _bounds(told: Mapping[str, Any]) -> list[str]:
        options = ["--restart", "no" if told.get("restart") == "on-failure" else told.get("restart", "no")]
        options += ["--read-only", "--read-only-tmpfs=false"] if told.get("read_only") else []
        for key, option in (("cap_drop", "--cap-drop"), ("security_opt", "--security-opt"), ("tmpfs", "--tmpfs")):
            for each in told.get(key, []):
                options += [option, each.removesuffix(":true") if key == "security_opt" else each]
        if "user" in told:
            options += ["--user", told["user"]]
        if "stop_grace_period" in told:
            options += ["--stop-timeout", told["stop_grace_period"].removesuffix("s")]
        if "shm_size" in told:
            options += ["--shm-size", told["shm_size"]]
        if "healthcheck" in told:
            options += ["--health-cmd", shlex.join(told["healthcheck"]["test"][1:])]
        return options


def reduced(folder: Path) -> Path:
    """What podman and buildah are to keep to where root may raise no limits, and systemd does not run."""
    kept = folder / "containers.conf"
    files = os.sysconf("SC_OPEN_MAX")
    kept.write_text(
        f'[containers]\ndefault_ulimits = ["nofile={files}:{files}", "nproc=32768:32768"]\n'
        '[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\n[network]\nnetwork_backend = "netavark"\n',
        "utf-8",
    )
    return kept
