"""The command line: what it prints and how it ends (contract.md, Command line).

Most commands run in this process; those under `Real processes` as anybody would call them.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, update
from sqlmodel import SQLModel

import starter
from activities.register import Register
from deploy.database import migrate
from models.settings import Settings
from models.vocabulary import ActKind, Kind, Stage
from tests.applications import EXAMPLES, good
from tests.simulated import END, NOW, lived, written
from tests.story import application
from tests.world import World

ROOT = Path(__file__).parent.parent
NOBODY = "127.0.0.1:1"
"""Where no engine listens."""


@dataclass
class Answer:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, which must be one JSON document and nothing else."""
        return json.loads(self.out)


@dataclass
class Terminal:
    """Commands in this process, on a register that holds three filings."""

    folder: Path
    captured: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str | Path) -> Answer:
        """Run a command."""
        code = starter.run([str(each) for each in arguments])
        out, err = self.captured.readouterr()
        return Answer(code, out, err)

    def file(self, content: Any) -> Path:
        """A file with JSON in it, or with these very bytes."""
        path = self.folder / f"{len(list(self.folder.iterdir()))}.json"
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content, default=str).encode())
        return path


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as `make run` leaves it: one filing revoked, one under review, one just submitted."""
    folder = tmp_path_factory.mktemp("var")
    settings = Settings(var=folder)
    migrate(settings.register_url)
    register = Register.at(settings.register_url)
    for filing_id, length in (("ENDED", None), ("SUBMITTED", 1), ("RETURNED", 2)):
        told = lived(filing_id, alliance_name=f"沈阳市{filing_id}产学研联盟")
        told.lodged(register)
        for entry in told.docket[:length]:
            register.append(entry)
    register.engine.dispose()
    return folder


@pytest.fixture
def beian(var: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    """The command line of that folder, with no engine to be reached."""
    monkeypatch.setenv("BEIAN_VAR", str(var))
    monkeypatch.setenv("TEMPORAL_ADDRESS", NOBODY)
    return Terminal(tmp_path, capsys)


def submitted_in(year: int, kind: Kind = Kind.A) -> dict[str, Any]:
    """An example application, received in a year."""
    return application(kind, received_at=NOW.replace(year=year).isoformat())


# check


def test_a_good_application_has_no_errors(beian: Terminal) -> None:
    answer = beian("check", EXAMPLES / "kind_a.json", "--json")
    assert answer.code == 0
    assert {each["severity"] for each in answer.json} == {"warning", "check"}
    assert all(each.keys() == {"code", "field", "severity", "message", "article"} for each in answer.json)


def test_an_application_of_kind_b_is_refused_outside_its_call(beian: Terminal) -> None:
    inside = beian("check", beian.file(good("B") | {"received_at": "2023-04-10T09:00:00+08:00"}), "--json")
    assert inside.code == 0
    outside = beian("check", beian.file(good("B") | {"received_at": "2023-04-26T00:00:00+08:00"}), "--json")
    assert outside.code == 2
    assert [each["code"] for each in outside.json if each["severity"] == "error"] == ["B-02"]


def test_all_findings_are_printed_for_people_too(beian: Terminal) -> None:
    form = good("A") | {"integrity_commitment": False, "innovation_goal": "字" * 501}
    answer = beian("check", beian.file(form))
    assert answer.code == 2
    assert all(text in answer.out for text in ("错误", "A-27", "须作出诚信承诺", "FA-19", "限500字，现有501字", "核对"))


@pytest.mark.parametrize("name", ["accept", "annual_report", "forward", "objection"])
def test_the_example_acts_are_good(beian: Terminal, name: str) -> None:
    answer = beian("check", EXAMPLES / f"{name}.json", "--json")
    assert (answer.code, answer.json) == (0, [])


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.json")), ids=lambda path: path.name)
def test_no_example_is_left_out(path: Path) -> None:
    named = {"kind_a", "kind_b", "accept", "annual_report", "forward", "objection"}
    assert path.stem in named


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"kind": "approve_everything", "id": "x"},
        {"kind": ["A"]},
        {"kind": ["A"], "content": {}},
        {"kind": {"A": 1}, "alliance_name": 5},
        {"kind": "accept", "by": "x", "id": 5, "received_at": 7, "\ud800": "\ud800"},
        {"kind": "object", "content": []},
        {"kind": "file_annual_report", "content": {"year": "今年", "summary": 5, "text": 1}},
        {"kind": "archive", "content": {"text": "带文书"}},
    ],
    ids=str,
)
def test_what_is_no_act_is_refused_with_its_findings(beian: Terminal, raw: Mapping[str, Any]) -> None:
    answer = beian("check", beian.file(raw), "--json")
    assert answer.code == 2
    assert any(each["severity"] == "error" for each in answer.json)


# Wrong usage


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nothing"],
        ["check"],
        ["check", "no-such-file.json"],
        ["check", "."],
        ["show"],
        ["schema", "nothing"],
        ["list", "--stage", "nowhere"],
        ["list", "--jurisdiction", "110000"],
        ["list", "--due-before", "soon"],
        ["list", "--limit", "0"],
        ["list", "--limit", "many"],
        ["simulate", str(EXAMPLES / "kind_a.json"), "--until", "soon"],
        ["simulate", str(EXAMPLES / "kind_a.json"), "--acts", "no-such-file.json"],
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_64(beian: Terminal, arguments: list[str]) -> None:
    answer = beian(*arguments)
    assert answer.code == 64
    assert answer.out + answer.err


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe{}", b"[]", b"7", b"null"], ids=repr)
def test_a_file_that_holds_no_object_is_wrong_usage(beian: Terminal, content: bytes) -> None:
    assert beian("check", beian.file(content)).code == 64


@pytest.mark.parametrize(
    "acts", [b"[", {}, ["accept"], [{"kind": "accept"}], [{"received_at": "2026-03-16"}]], ids=repr
)
def test_acts_that_cannot_be_put_in_order_are_wrong_usage(beian: Terminal, acts: Any) -> None:
    answer = beian("simulate", beian.file(submitted_in(2026)), "--acts", beian.file(acts), "--json")
    assert answer.code == 64
    assert "message" in answer.json


def test_a_file_with_a_byte_order_mark_is_read(beian: Terminal) -> None:
    content = b"\xef\xbb\xbf" + (EXAMPLES / "kind_a.json").read_bytes()
    assert beian("check", beian.file(content)).code == 0


@pytest.mark.parametrize("arguments", [["-h"], ["--help"], ["check", "--help"], ["simulate", "-h"]], ids=" ".join)
def test_help_is_in_chinese_and_no_error(beian: Terminal, arguments: list[str]) -> None:
    answer = beian(*arguments)
    assert answer.code == 0
    assert "备案" in answer.out or "申请" in answer.out


# simulate


def test_a_simulation_prints_filing_docket_and_agenda(beian: Terminal) -> None:
    told = lived("LN-DEMO-A")
    form = submitted_in(2026)
    answer = beian(
        "simulate", beian.file(form), "--acts", beian.file(acts_of(form)), "--until", END.isoformat(), "--json"
    )
    assert answer.code == 0
    assert answer.json.keys() == {"filing", "docket", "agenda"}
    assert answer.json["filing"]["stage"] == "revoked"
    assert [entry["number"] for entry in answer.json["docket"]] == list(range(1, len(told.docket) + 1))
    assert [entry["event"]["kind"] for entry in answer.json["docket"]] == [e.event.kind for e in told.docket]
    assert all(entry["at"].endswith("+08:00") and entry["article"] for entry in answer.json["docket"])
    assert [datetime.fromisoformat(entry["at"]) for entry in answer.json["docket"]] == [e.at for e in told.docket]
    assert answer.json["agenda"] == []


def acts_of(form: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What people do in the life of the demonstration."""
    from examples.demo import life

    return list(life(Kind.A, deepcopy(dict(form)), 2026))


def test_a_simulation_ends_with_its_last_act_or_at_an_instant(beian: Terminal) -> None:
    form = beian.file(submitted_in(2026))
    assert [entry["event"]["kind"] for entry in beian("simulate", form, "--json").json["docket"]] == ["submit"]
    later = beian("simulate", form, "--until", "2026-03-23T00:00:00+08:00", "--json").json
    assert [entry["event"]["kind"] for entry in later["docket"]][:2] == ["submit", "deemed_accepted"]
    line = later["agenda"][0]
    assert {"at", "lapse", "article", "terms", "calendar"} <= line.keys()
    assert line["at"] > "2026-03-23"


def test_a_refused_act_is_in_the_simulated_docket_with_its_reason(beian: Terminal) -> None:
    by = {"person": "p-401", "office": "210000", "role": "province_st"}
    acts = [
        {"id": "x-1", "kind": "archive", "by": by, "received_at": "2026-03-16T09:00:00+08:00"},
        {"kind": ["x"], "received_at": "2026-03-16T10:00:00+08:00"},
    ]
    answer = beian("simulate", beian.file(submitted_in(2026)), "--acts", beian.file(acts), "--json")
    assert answer.code == 0
    assert [bool(entry.get("refused")) for entry in answer.json["docket"]] == [False, True, True]
    assert answer.json["filing"]["stage"] == "submitted"


def test_an_application_with_errors_is_not_simulated(beian: Terminal) -> None:
    answer = beian("simulate", beian.file(submitted_in(2026) | {"integrity_commitment": False}), "--json")
    assert answer.code == 2
    assert "A-27" in [each["code"] for each in answer.json["findings"]]
    assert beian("simulate", EXAMPLES / "kind_a.json").code == 2, "it says when it was received"


# schema


def test_every_input_has_a_schema(beian: Terminal) -> None:
    known = starter.schemas()
    assert beian("schema").json == sorted(known)
    assert known.keys() == {"kind_a", "kind_b", *ActKind}
    for schema in known.values():
        assert schema["type"] == "object"
        assert schema["additionalProperties"] is False
    assert beian("schema", "kind_a").json == known["kind_a"]


@pytest.mark.parametrize("name", ["accept", "annual_report", "forward", "objection"])
def test_an_example_act_has_the_fields_of_its_schema(beian: Terminal, name: str) -> None:
    act = json.loads((EXAMPLES / f"{name}.json").read_text("utf-8"))
    schema = beian("schema", act["kind"]).json
    assert set(schema["required"]) <= act.keys() | {"kind"} <= schema["properties"].keys()


# show, agenda, list


def test_show_prints_the_docket_and_that_the_chain_verifies(beian: Terminal) -> None:
    answer = beian("show", "ENDED")
    assert answer.code == 0
    assert all(text in answer.out for text in ("沈阳市ENDED产学研联盟", "已撤销", "登记链核验通过", "卷宗", "补正重报"))
    told = beian("show", "ENDED", "--json").json
    assert told["chain"] == {"verified": True, "faults": []}
    assert [entry["number"] for entry in told["docket"]] == list(range(1, len(lived("ENDED").docket) + 1))
    assert told["filing"]["stage"] == "revoked"
    assert told["agenda"] == []
    assert [each["version"] for each in told["versions"]] == [1, 2]


def test_show_says_so_when_one_byte_was_changed(
    beian: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(var=tmp_path / "var")
    migrate(settings.register_url)
    register = Register.at(settings.register_url)
    written(register, lived("LIFE"))
    register.engine.dispose()
    messages = SQLModel.metadata.tables["messages"]
    engine = create_engine(settings.register_url)
    with engine.begin() as connection:
        title = connection.exec_driver_sql("SELECT title FROM messages WHERE id = 'LIFE-1-1'").scalar_one()
        changed = update(messages).where(messages.c.id == "LIFE-1-1").values(title=title[:-1] + chr(ord(title[-1]) ^ 1))
        connection.execute(changed)
    engine.dispose()
    monkeypatch.setenv("BEIAN_VAR", str(settings.var))
    answer = beian("show", "LIFE")
    assert "登记链核验未通过" in answer.out
    assert "第1号登记的消息" in answer.out
    told = beian("show", "LIFE", "--json").json
    assert told["chain"]["verified"] is False
    assert told["chain"]["faults"]


def test_the_agenda_says_how_each_instant_was_counted(beian: Terminal) -> None:
    lines = beian("agenda", "SUBMITTED", "--json").json
    assert lines == beian("show", "SUBMITTED", "--json").json["agenda"]
    assert lines[0]["lapse"]["kind"] == "deemed_accepted"
    assert lines[0]["counted"]["count"] == 5
    assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)
    table = beian("agenda", "SUBMITTED")
    assert table.code == 0
    assert "视为受理" in table.out


def test_the_list_is_sorted_by_the_nearest_deadline_and_can_be_narrowed(beian: Terminal) -> None:
    rows = beian("list", "--json").json
    assert [row["filing_id"] for row in rows] == ["SUBMITTED", "RETURNED", "ENDED"]
    assert rows[0]["next_deadline"].endswith("+08:00")
    assert rows[2]["next_deadline"] is None

    def listed(*options: str) -> list[str]:
        return [row["filing_id"] for row in beian("list", *options, "--json").json]

    assert listed("--stage", "returned") == ["RETURNED"]
    assert listed("--jurisdiction", "210200") == []
    assert listed("--limit", "1") == ["SUBMITTED"]
    assert listed("--waiting-for", rows[0]["waiting_for"]) == ["SUBMITTED"]
    day = rows[1]["next_deadline"][:10]
    assert listed("--due-before", day) == ["SUBMITTED"]
    assert listed("--due-before", rows[0]["next_deadline"]) == []
    table = beian("list")
    assert all(Stage(row["stage"]).label in table.out for row in rows)


def test_what_is_not_there_is_not_found(beian: Terminal) -> None:
    for command in ("show", "agenda"):
        answer = beian(command, "NOBODY", "--json")
        assert answer.code == 3
        assert "NOBODY" in answer.json["message"]


# The engine


def test_without_an_engine_the_outcome_is_unknown(beian: Terminal) -> None:
    answer = beian("submit", EXAMPLES / "kind_a.json", "--json")
    assert answer.code == 5
    assert "同一编号重新发送" in answer.json["message"]


async def test_submit_and_act_on_a_real_engine(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = world.environment.client
    monkeypatch.setenv("TEMPORAL_ADDRESS", client.service_client.config.target_host)
    monkeypatch.setenv("TEMPORAL_NAMESPACE", client.namespace)
    monkeypatch.setenv("BEIAN_VAR", str(world.settings.var))
    monkeypatch.setenv("BEIAN_TASK_QUEUE", world.settings.task_queue)
    form = application(filing_id="CLI-1", alliance_name="沈阳市命令行产学研联盟")

    async def ends(content: Mapping[str, Any], command: Callable[[str], list[str]]) -> int:
        path = tmp_path / "sent.json"
        path.write_text(json.dumps(content), "utf-8")
        return await asyncio.to_thread(starter.run, [*command(str(path)), "--json"])

    def submit(path: str) -> list[str]:
        return ["submit", path]

    def act(path: str) -> list[str]:
        return ["act", "CLI-1", path]

    accept = json.loads((EXAMPLES / "accept.json").read_text("utf-8"))
    assert await ends(form, submit) == 0
    assert await ends(form, submit) == 0, "the same again is the same filing"
    assert await ends(form | {"technical_field": "新材料"}, submit) == 4
    assert await ends(form | {"filing_id": "CLI-2", "integrity_commitment": False}, submit) == 2
    assert await ends(accept, act) == 0
    assert await ends(accept, act) == 0, "the same act has the same answer"
    assert await ends(accept | {"id": "again"}, act) == 2
    assert await ends(accept, lambda path: ["act", "NOBODY", path]) == 3
    assert [entry.event.kind for entry in world.register.docket("CLI-1")] == ["submit", "accept"]


# Real processes


@pytest.fixture(scope="module")
def processes(var: Path) -> Callable[..., Answer]:
    """The command line as anybody calls it."""
    environment = os.environ | {"BEIAN_VAR": str(var), "TEMPORAL_ADDRESS": NOBODY}

    def call(*arguments: str, stdin: bytes = b"") -> Answer:
        done = subprocess.run(
            [sys.executable, "starter.py", *arguments],
            cwd=ROOT,
            env=environment,
            input=stdin,
            capture_output=True,
            timeout=60,
            check=False,
        )
        return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())

    return call


def test_the_commands_as_anybody_calls_them(processes: Callable[..., Answer]) -> None:
    application_a = (EXAMPLES / "kind_a.json").read_bytes()
    received = application_a.replace(b"{", b'{"received_at": "2026-03-15T09:00:00+08:00",', 1)
    checked = processes("check", "-", "--json", stdin=application_a)
    assert (checked.code, type(checked.json)) == (0, list)
    assert processes("check", "examples/kind_a.json").code == 0
    assert processes("check", "-", stdin=b"{").code == 64
    refused = processes("simulate", "-", "--json", stdin=application_a)
    assert (refused.code, refused.json["findings"][0]["field"]) == (2, "/received_at")
    assert processes("simulate", "-", "--json", stdin=received).json["filing"]["stage"] == "submitted"
    assert processes("schema", "kind_b").json["title"]
    shown = processes("show", "ENDED")
    assert (shown.code, "登记链核验通过" in shown.out, shown.err) == (0, True, "")
    assert processes("show", "NOBODY", "--json").code == 3
    assert len(processes("list", "--json").json) == 3
