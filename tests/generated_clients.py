"""Clients that others generate from the API's description: nothing of it is dropped, and they work. Half a minute: `make whole`."""

import importlib
import json
import shutil
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from tests.story import application
from tests.test_openapi import TOKEN, Open, gateway

pytestmark = pytest.mark.xdist_group("api")

__all__ = ["gateway"]

CONFIG = Path(__file__).parent.parent / "docs" / "openapi-client.yaml"
TYPESCRIPT = "openapi-typescript"


@pytest.fixture(scope="module")
def description(gateway: Open, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The API's description as a file."""
    path = tmp_path_factory.mktemp("clients") / "openapi.json"
    path.write_text(json.dumps(gateway.described.document, ensure_ascii=False), "utf-8")
    return path


@pytest.fixture(scope="module")
def generated(description: Path) -> str:
    """What is said while the client is generated."""
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none", "--config", str(CONFIG)]
    command += ["--path", str(description), "--output-path", str(description.with_name("beian_client"))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


async def test_a_generated_python_client_submits_decides_and_reads(
    gateway: Open, description: Path, generated: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "arning" not in generated, "no model, parameter or answer is dropped"
    monkeypatch.syspath_prepend(description.parent)
    client, models = importlib.import_module("beian_client"), importlib.import_module("beian_client.models")

    async def calls(person: str, operation: str, *places: str, **brought: Any) -> Any:
        called = importlib.import_module(f"beian_client.api.{operation}").asyncio_detailed
        async with client.AuthenticatedClient(base_url=gateway.base, token=f"{person}.{TOKEN}") as opened:
            return await called(*places, client=opened, **brought)

    form = {
        name: value for name, value in application(filing_id="GENERATED").items() if name not in ("by", "received_at")
    }
    body = models.InputKindA.from_dict({**form, "alliance_name": "沈阳市生成产学研联盟"})
    submitted = await calls("u-leader-01", "办理.submit", body=body)
    assert (submitted.status_code, submitted.parsed.stage) == (201, models.Stage.SUBMITTED)
    accept = models.InputAccept.from_dict({"kind": "accept"})
    decided = await calls("c-101", "办理.act", "GENERATED", body=accept, idempotency_key="generated-1")
    assert (decided.status_code, decided.parsed.number) == (201, 2)
    refused = await calls("c-101", "办理.act", "GENERATED", body=accept, idempotency_key="generated-2")
    assert (refused.status_code, refused.parsed.title) == (422, "未予登记")
    read = await calls("c-101", "备案.show_docket", "GENERATED")
    assert [(entry.number, entry.event.kind) for entry in read.parsed] == [(1, "submit"), (2, "accept")]
    shown = await calls("c-101", "备案.show_filing", "GENERATED")
    assert shown.parsed.filing.stage is models.Stage.UNDER_REVIEW


@pytest.mark.filterwarnings("default:openapi-typescript is not installed")
def test_generated_typescript_has_a_type_for_everything(gateway: Open, description: Path) -> None:
    if shutil.which(TYPESCRIPT) is None:
        warnings.warn(f"{TYPESCRIPT} is not installed: no types were generated", stacklevel=1)
        return
    types = description.with_suffix(".ts")
    subprocess.run([TYPESCRIPT, str(description), "-o", str(types)], check=True, capture_output=True)
    lines = {line.strip().split(":")[0].strip('"') for line in types.read_text("utf-8").splitlines()}
    assert gateway.described.document["components"]["schemas"].keys() <= lines
    assert gateway.described.document["paths"].keys() <= lines
