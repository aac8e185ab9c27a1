"""Containers (deploy/containers/): that image and composition keep to what the docs say, as far as reading shows; `make containers` runs them."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from models.settings import Settings, read_settings
from tests.composition import DEPLOYED, KNOWN, secrets, services

OURS = ("migrate", "cluster", "worker", "gateway", "backup")
COMPOSED = services(DEPLOYED / "compose.yaml", BEIAN_NAME="beian.example.gov.cn")
IMAGE = (DEPLOYED / "Containerfile").read_text("utf-8")
ROOT = DEPLOYED.parent.parent


def test_everything_named_like_a_setting_is_one() -> None:
    known = {f"BEIAN_{name.upper()}" for name in Settings.model_fields}
    told = {name for each in OURS for name in COMPOSED[each].get("environment", {})} | {
        name.upper() for name in secrets()
    }
    written = (DEPLOYED / "beian.env.sample").read_text("utf-8") + IMAGE + (DEPLOYED / "healthy").read_text("utf-8")
    told |= set(re.findall(r"BEIAN_\w+", written))
    assert {name for name in told if name.startswith("BEIAN_")} <= known


def test_the_image_is_made_in_stages_from_the_lock_and_runs_without_root() -> None:
    assert "--require-hashes" in IMAGE
    assert "--only-binary :all:" in IMAGE
    last = IMAGE.rpartition("\nFROM ")[2]
    assert "pip" not in last
    assert re.search(r"^USER 10001:10001$", last, re.MULTILINE)
    assert not re.search(r"https?://", IMAGE)
    assert all("/" not in each.partition("=")[2] for each in re.findall(r"^ARG (.*)", IMAGE, re.MULTILINE))


def test_what_the_image_is_made_of_is_what_the_release_is_made_of() -> None:
    """The list of the install script, the demonstration besides; and nothing that a deployment keeps secret."""
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    [listed] = re.findall(r"code='(.*)'", (ROOT / "deploy/machine/install").read_text("utf-8"))
    assert {each[1:] for each in lines if each.startswith("!")} == {*listed.split(), "examples"}
    kept = {
        "deploy/containers/.env",
        "deploy/containers/beian.env",
        "deploy/containers/secrets",
        "deploy/containers/secrets.part",
        "deploy/containers/backups",
    }
    assert kept <= set(lines)


@pytest.mark.parametrize("name", COMPOSED)
def test_a_service_is_confined(name: str) -> None:
    service = COMPOSED[name]
    assert service.keys() <= KNOWN
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service.get("read_only") or name == "ui"  # whose image writes its own settings when it starts
    assert all(each.startswith("127.0.0.1:") for each in service.get("ports", []))
    assert not {"privileged", "cap_add"} & service.keys()


def test_what_is_secret_stands_in_files_that_prepare_makes() -> None:
    made = set(re.findall(r"keep secrets(?:\.part)?/(\S+)", (DEPLOYED / "prepare").read_text("utf-8")))
    assert {Path(each).name for each in secrets().values()} | {"temporal.env"} == made
    assert not [
        name
        for each in COMPOSED.values()
        for name in each.get("environment", {})
        if re.search("PASSWORD$|SECRET$|PWD$", name)
    ]
    superuser = {name for name, each in COMPOSED.items() if "superuser" in str(each.get("secrets"))}
    assert superuser == {"database", "migrate"}


def test_prepare_cut_off_half_way_and_run_again_leaves_passwords_that_fit(tmp_path: Path) -> None:
    for name in ("prepare", "beian.env.sample"):
        shutil.copy2(DEPLOYED / name, tmp_path / name)
    chown = tmp_path / "chown"  # the third is that of the second file
    chown.write_text(f'#!/bin/sh\necho x >>{tmp_path}/done; [ "$(wc -l <{tmp_path}/done)" != 3 ]\n', "utf-8")
    chown.chmod(0o755)
    command = [str(tmp_path / "prepare"), "beian.example.gov.cn"]
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    assert subprocess.run(command, env=environment, capture_output=True, check=False).returncode
    assert not (tmp_path / "secrets").exists()
    subprocess.run(command, env=environment, capture_output=True, check=True)
    made = {each.name: each.read_text("utf-8").strip() for each in (tmp_path / "secrets").iterdir()}
    assert not (tmp_path / "secrets.part").exists()
    assert f":{made['superuser']}@" in made["superuser_url"]
    service, temporal = re.findall(r"PASSWORD '(\w+)'", made["roles.sql"])
    assert f":{service}@" in made["beian_database_url"]
    assert made["temporal.env"] == f"POSTGRES_PWD={temporal}\nSQL_PASSWORD={temporal}"
    subprocess.run(command, env=environment, capture_output=True, check=True)
    assert made == {each.name: each.read_text("utf-8").strip() for each in (tmp_path / "secrets").iterdir()}


def test_the_files_that_name_the_release_name_this_one() -> None:
    """At a new version of pyproject.toml this says which do not; the example of a cluster may be ahead until it is released."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    places = {"deploy/containers/compose.yaml": r"localhost/beian:([\w.]+)"}
    if "\n## Not yet released" not in (ROOT / "CHANGELOG.md").read_text("utf-8"):
        example = ROOT / "deploy/cluster/example"
        assert [each.name for each in (example / "builds").iterdir()] == [version]
        places |= {
            "deploy/cluster/example/kustomization.yml": r'newTag: "(.*?)"|builds/(\S+)',
            f"deploy/cluster/example/builds/{version}/kustomization.yml": r'newTag: "(.*?)"|build: "(.*?)"|value: "(\d.*?)"',
        }
    named = {(file, *filter(None, found.groups())) for file, of in places.items() for found in re.finditer(of, (ROOT / file).read_text("utf-8"))}  # fmt: skip
    assert {file for file, _ in named} == places.keys()
    assert not {each for each in named if each[1] != version}, f"these do not say {version}"


def test_the_settings_that_ship_let_the_service_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = [
        each.split("=", 1)
        for each in (DEPLOYED / "beian.env.sample").read_text("utf-8").splitlines()
        if re.match("[A-Z]", each)
    ]
    for name, value in (*told, *((n, v) for n, v in COMPOSED["gateway"]["environment"].items())):
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.encryption == "aes-256-gcm"
    assert settings.own_address == "https://beian.example.gov.cn"
    for each in OURS:  # workers write it into pages and look whether it answers
        assert COMPOSED[each]["environment"]["BEIAN_GATEWAY_ADDRESS"] == settings.own_address, each


def test_there_is_time_to_stop() -> None:
    """As much as the units of one machine give."""
    for name in ("worker", "gateway"):
        (unit,) = [each.read_text("utf-8") for each in (ROOT / "deploy/machine").glob(f"beian-{name}*.service")]
        assert f"TimeoutStopSec={COMPOSED[name]['stop_grace_period'].removesuffix('s')}\n" in unit


def test_the_scripts_read() -> None:
    for name in ("base", "entrypoint", "prepare"):
        subprocess.run(["sh", "-n", DEPLOYED / name], check=True)


def test_a_secret_is_read_from_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.settings.SECRETS", tmp_path)
    (tmp_path / "beian_database_url").write_text("postgresql+psycopg://beian:word@database/beian\n", "utf-8")
    (tmp_path / "of_somebody_else").write_text("x", "utf-8")
    assert read_settings().register_url == "postgresql+psycopg://beian:word@database/beian"
