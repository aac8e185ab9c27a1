"""The API as it is described: complete, true for whatever is sent, and as its documentation shows it."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
import warnings
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from temporalio.testing import WorkflowEnvironment

from activities.files import put
from gateway.app import create, tools_of
from gateway.tools import Tools
from models.channels import ChannelsFile
from models.forms import FormA
from models.settings import Settings
from models.vocabulary import ActKind
from tests.described import Described
from tests.patience import Patient
from tests.samples import examples
from tests.served import serving
from tests.story import application
from tests.world import World

pytestmark = pytest.mark.xdist_group("api")

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "api.md").read_text("utf-8")
ADDRESS = "http://127.0.0.1:8000"
"""Where the page says that the gateway is."""

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
PERSONS = ("c-101", "u-leader-01", "p-401", "e-501", "platform", "nobody")
TOKEN = "the-start-up-token-of-these-tests"
"""As `make run` would have made it."""

EXAMPLES = examples(1, 4)
"""How many requests are made up for each operation and each way of making them up."""


@dataclass(frozen=True)
class Open:
    """A gateway over the engine, by the clock of the wall, and how it describes itself."""

    base: str
    described: Described


@pytest.fixture(scope="module")
async def gateway(environment: WorkflowEnvironment, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Open]:
    """A gateway in a world of its own."""
    async with World.opened(environment, tmp_path_factory.mktemp("open")) as world:
        unhindered = {"reads_a_minute": 1_000_000, "acts_a_minute": 1_000_000, "embedded_token": SecretStr(TOKEN)}
        chosen: Settings = world.settings.model_copy(update=unhindered)

        @asynccontextmanager
        async def open_tools(_: Settings) -> AsyncIterator[Tools]:
            yield tools_of(chosen, world.door, ChannelsFile())

        app = create(chosen, open_tools)
        async with serving(app) as base:
            yield Open(base, Described.by(app))


# The description


def test_every_operation_says_what_it_does_who_may_and_what_can_go_wrong(gateway: Open) -> None:
    document = gateway.described.document
    assert document["openapi"].startswith("3.1")
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    names = [told["operationId"] for _, _, told in gateway.described.operations]
    assert len(set(names)) == len(names) >= 25
    for method, path, told in gateway.described.operations:
        assert re.match(r"[A-Z\u4e00-\u9fff]", told["description"]), path
        assert told["security"] == [{"bearer": []}], path
        always = {"401", "403", "429", "503"} | ({"404", "422"} if "{" in path else set())
        always |= {"304"} if method == "get" and "application/json" in told["responses"]["200"]["content"] else set()
        always |= {"400", "413", "415", "422"} if "requestBody" in told else set()
        assert always <= told["responses"].keys(), path
        for status, answer in told["responses"].items():
            problem = status.startswith(("4", "5"))
            assert not problem or list(answer["content"]) == ["application/problem+json"], (path, status)


def test_inputs_are_components_and_none_of_them_is_what_the_door_fills_in(gateway: Open) -> None:
    schemas = gateway.described.document["components"]["schemas"]
    for name in ("kind_a", "kind_b", *(kind.value for kind in ActKind)):
        taken = schemas[f"Input_{name}"]
        assert taken["additionalProperties"] is False
        assert not {"by", "received_at", "seen", "paper", "facts"} & taken["properties"].keys(), name
        assert "$defs" not in str(taken), name
    assert len(schemas["Act"]["oneOf"]) == len(ActKind)
    assert schemas["Act"]["discriminator"]["mapping"]["accept"] == "#/components/schemas/Input_accept"
    assert {"content", "year"} <= schemas["Input_file_annual_report"]["properties"].keys()
    assert schemas["Problem"]["properties"]["findings"]["items"] == {"$ref": "#/components/schemas/Finding"}
    asked = re.findall(r"'\$ref': '#/components/schemas/(\w+)'", str(gateway.described.document))
    assert set(asked) <= schemas.keys(), "every reference leads somewhere"


def test_what_is_answered_has_a_shape_not_just_anything(gateway: Open) -> None:
    schemas = gateway.described.document["components"]["schemas"]
    for name in ("Summary", "Shown", "Entered", "Receipt", "Told", "Why", "Finding", "Problem", "Filing"):
        assert schemas[name]["properties"], name
        assert schemas[name]["required"], name
    assert schemas["LeaderA"]["properties"].keys() == FormA.model_fields["leader"].annotation.model_fields.keys()  # type: ignore[union-attr]


# Whatever is sent


async def test_whatever_is_sent_the_answer_is_one_that_was_announced(gateway: Open) -> None:
    form = {name: value for name, value in application(filing_id="OPEN-1").items() if name != "by"}
    async with Patient(base_url=gateway.base) as client:
        client.headers["Authorization"] = f"Bearer u-leader-01.{TOKEN}"
        submitted = await client.post("/api/v1/filings", json={**form, "alliance_name": "沈阳市开放产学研联盟"})
        assert submitted.status_code == 201, submitted.text
        (version,) = (await client.get("/api/v1/filings/OPEN-1/versions")).json()
    places = {
        "filing_id": "OPEN-1", "digest": version["paper"], "message_id": "OPEN-1-1-1", "letter_id": "OPEN-1-1-2",
    }  # fmt: skip
    seen = await asyncio.to_thread(made_up, gateway, places)
    assert {200, 202, 400, 401, 403, 404, 422} <= seen.keys(), seen


def made_up(gateway: Open, places: dict[str, str]) -> Counter[int]:
    """Requests that the description allows, and some that it does not, to every operation; what came back."""
    seen: Counter[int] = Counter()
    for result in gateway.described.schema.get_all_operations():
        operation = result.ok()
        named = dict(re.findall(r"\{(\w+)\}()", operation.path))
        there = {name: places[name] for name in named if name in places}
        if "name" in named:
            there["name"] = "docket" if "filing_id" in named else "accept"
        ways = [
            operation.as_strategy(GenerationMode.POSITIVE, path_parameters=there),
            operation.as_strategy(GenerationMode.NEGATIVE, path_parameters=there),
            *([operation.as_strategy(GenerationMode.POSITIVE)] if named else []),
        ]
        for cases in ways:
            sent(gateway, cases, seen)
    return seen


def sent(gateway: Open, cases: st.SearchStrategy[Any], seen: Counter[int]) -> None:
    """Some requests of one kind."""

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=cases, person=st.sampled_from(PERSONS))
    def calls(case: Any, person: str) -> None:
        answer = case.call(base_url=gateway.base, headers={"Authorization": f"Bearer {person}.{TOKEN}"})
        seen[answer.status_code] += 1
        case.validate_response(answer, checks=CHECKS)

    calls()


# The page


def blocks(language: str) -> str:
    """Every block of the page in one language, one after the other."""
    return "\n".join(re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE))


def test_the_page_shows_every_operation_in_both_languages(gateway: Open) -> None:
    shell = re.sub(r"\$(\w+)", "x", blocks("sh").replace("$api", ""))
    python = re.sub(r"\{[^{}]*\}", "x", blocks("python"))
    for _, path, _ in gateway.described.operations:
        below = re.sub(r"\{\w+\}", r"[\\w.-]+", path.removeprefix("/api/v1"))
        told = path.removeprefix("/api/v1")
        for name, text in (("curl", shell), ("Python", python)):
            assert re.search(rf"{below}(?=[\s\"'?]|$)", text, re.MULTILINE), f"{name}: {told}"


@pytest.mark.filterwarnings("default:curl")
async def test_the_page_can_be_followed_word_for_word(gateway: Open, tmp_path: Path) -> None:
    """All of it in a shell, then all of it in Python: the same again, and so the same answers."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    put(tmp_path / "var" / "embedded-token", TOKEN.encode())
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    languages = [(["bash", "-euo", "pipefail"], "sh"), ([sys.executable, "-"], "python")]
    if shutil.which("curl") is None:
        warnings.warn("curl is not installed: the page was followed in Python alone", stacklevel=1)
        del languages[0]
    for command, language in languages:
        ran = await asyncio.to_thread(
            subprocess.run,
            command,
            input=blocks(language).replace(ADDRESS, gateway.base),
            cwd=tmp_path,
            env={**os.environ, "PATH": path, "PYTHONUTF8": "1", "LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, f"{language}: {ran.stdout[-2000:]}{ran.stderr[-2000:]}"
        assert "LN-DEMO-A" in ran.stdout
    assert {"卷宗.docx", "汇总表.xlsx", "日程.ics"} <= set(os.listdir(tmp_path))
