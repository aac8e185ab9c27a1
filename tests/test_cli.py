"""The command line: what it prints and how it ends.

Most commands run in this process; those under `Real processes` as anybody would call them.
"""

import asyncio
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zipfile import ZipFile

import docx
import openpyxl
import pytest
from icalendar import Calendar
from sqlalchemy import create_engine, update
from sqlmodel import Session, SQLModel, select

import starter
from activities.letter_queue import Tried
from activities.letters import Letters
from activities.log.notes import Key
from activities.register import Register
from cli import acts
from cli.exits import ended
from examples.demo import working_days
from gateway.asked.inputs import schemas
from models.acts import AcknowledgeService
from models.filing import Receipt
from models.findings import Refusal
from models.register import ArrivalRow, UsedEdition
from models.settings import Settings
from models.vocabulary import ActKind, Kind, Stage
from regulation import offices, texts
from tests.applications import EXAMPLES, good
from tests.carried import came_to, closed
from tests.databases import prepare
from tests.law.editions import FOLDER
from tests.patience import AT_MOST
from tests.simulated import END, NOW, YEAR, Papered, lived, written
from tests.simulated import told as tell
from tests.story import Story, application
from tests.test_channels import bounce as report_of_failure
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
    prepare(settings.register_url)
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
    assert beian("check", EXAMPLES / f"{name}.json").out == "没有发现问题\n"


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.json")), ids=lambda path: path.name)
def test_no_example_is_left_out(path: Path) -> None:
    named = {"kind_a", "kind_b", "accept", "annual_report", "forward", "objection", "survey_b"}
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
        ["messages"],
        ["inbox", "210100", "--after", "soon"],
        ["inbox", "210100", "--limit", "0"],
        ["redeliver"],
        ["bounce", "no-such-file.eml"],
        ["check-texts", "no-such-folder"],
        ["check-channels", "no-such-file.toml"],
        ["proof", "ENDED"],
        ["proof", "ENDED", "0", "."],
        ["export"],
        ["export", "nothing"],
        ["export", "docket"],
        ["export", "notice"],
        ["export", "drafts", "ENDED", "--entry", "0"],
        ["export", "drafts", "ENDED", "--to", __file__],
        ["export", "docket", "ENDED", "--to", f"{__file__}/below"],
        ["export", "summary", "--stage", "nowhere"],
        ["export", "deadlines", "--due-before", "soon"],
        ["export", "site", "--on", "soon"],
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_64(beian: Terminal, arguments: list[str]) -> None:
    answer = beian(*arguments)
    assert answer.code == 64
    assert answer.out + answer.err


def test_an_argument_that_is_no_text_is_wrong_usage(beian: Terminal) -> None:
    answer = beian("show", "\udcff")
    assert (answer.code, "第2个参数不是 UTF-8 文字" in answer.err) == (64, True)


def test_a_disk_that_takes_nothing_is_said_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(partial(os.mkdir, "/proc/nowhere"), json_=False) == 5
    assert capsys.readouterr().err.startswith("文件或目录无法读写")


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


def test_an_act_to_all_leaves_with_2_if_any_filing_refused_and_says_which(
    beian: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    done, no = Receipt(number=7, stage=Stage.IN_FORCE), Refusal(message="编号已用于其他行为", article="", missing="")
    monkeypatch.setattr(acts, "the_register", lambda: SimpleNamespace(open_filings=lambda **_: [("A",), ("B",)]))
    for answers, code in (({"A": done, "B": no}, 2), ({"A": done, "B": done}, 0)):
        monkeypatch.setattr(acts, "with_filings", lambda _, told=answers: told)
        for arguments in ([], ["--json"]):
            answer = beian("broadcast", str(EXAMPLES / "accept.json"), *arguments)
            assert answer.code == code
            assert ("1件未予登记：B" in answer.err) == (code == 2 and not arguments)


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
    known = schemas()
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


def test_why_tells_each_register_its_reasons(beian: Terminal) -> None:
    office = beian("why", "ENDED", "--lapse", "revoked")
    assert office.code == 0
    assert "“撤销备案”（第" in office.out
    assert "陈述申辩期限为10个工作日" in office.out
    court = beian("why", "ENDED", "--lapse", "revoked", "--for", "court", "--json").json
    assert court["worded_for"] == "court"
    assert court["reasons"][0]["because"]
    assert "现在不能“备案入库”" in beian("why", "SUBMITTED", "--act", "archive", "--for", "enterprise").out
    assert "现在到“审核”" in beian("why", "SUBMITTED").out
    assert beian("why", "SUBMITTED", "--at", "昨天").code == 64
    assert beian("why", "SUBMITTED", "--at", "2019-01-01").code == 64
    assert beian("why", "NOBODY").code == 3


def test_show_tells_a_filing_in_two_times_and_a_correction_is_planned(beian: Terminal) -> None:
    docket = beian("show", "ENDED", "--json").json["docket"]
    revoked = next(each for each in docket if each["event"]["kind"] == "revoked")
    opened = next(each for each in docket if each["event"]["kind"] == "revocation_opened")
    then = beian("show", "ENDED", "--as-of", opened["at"], "--json").json
    assert (then["filing"]["stage"], then["registered"]["stage"]) == ("revocation_pending", "revocation_pending")
    assert "实际：拟撤销" in beian("show", "ENDED", "--as-known", opened["entered_at"]).out
    assert beian("show", "ENDED", "--as-of", "昨天").code == 64
    assert beian("show", "ENDED", "--as-of", "2019-01-01").code == 64
    ahead = beian("show", "ENDED", "--as-of", "2058-02-15")
    assert (ahead.code, "日程" in ahead.err + ahead.out) == (64, True)
    assert beian("show", "ENDED", "--as-of", revoked["at"], "--as-known", opened["entered_at"]).code == 64
    assert "没有失去依据的登记" in beian("correction", "ENDED").out
    year, came_on = opened["event"]["year"], f"{opened['event']['year']}-11-30"
    arguments = ("correction", "ENDED", "--act", "file_annual_report", "--year", str(year), "--came-on", came_on)
    plan = beian(*arguments, "--json").json
    assert (plan["stage"], plan["truly"]) == ("revoked", "in_force")
    assert revoked["number"] in [each.get("entry") for each in plan["steps"]]
    assert "更正方案" in beian(*arguments).out
    assert beian("correction", "ENDED", "--act", "file_annual_report", "--year", str(year)).code == 64
    assert beian("correction", "NOBODY").code == 3


def test_show_says_so_when_one_byte_was_changed(
    beian: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(var=tmp_path / "var")
    prepare(settings.register_url)
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
    assert "受理截止" in table.out


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
    over = rows[1]["next_deadline"]
    assert over.endswith("T00:00:00+08:00")
    last, eve = (str(datetime.fromisoformat(over).date() - timedelta(days=days)) for days in (1, 2))
    for options, found in (
        (["--due-by", last], 2),
        (["--due-by", eve], 1),
        (["--due-before", over[:10]], 2),
        (["--due-before", last], 1),
        (["--due-by", over], 2),
        (["--due-before", over], 1),
        (["--due-by", last, "--due-before", last], 1),
        (["--due-before", rows[0]["next_deadline"]], 0),
    ):
        assert listed(*options) == ["SUBMITTED", "RETURNED"][:found], options
    table = beian("list")
    assert all(Stage(row["stage"]).label in table.out for row in rows)


def test_what_is_not_there_is_not_found(beian: Terminal) -> None:
    for command in ("show", "agenda", "messages", "redeliver"):
        answer = beian(command, "NOBODY", "--json")
        assert answer.code == 3
        assert "NOBODY" in answer.json["message"]
        assert beian(command, "NOBODY").err.startswith("没有这")


# Messages

LEADER = "91210102MA10ABCD6H"


@pytest.fixture
def house(beian: Terminal, var: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Register]:
    """The register of those commands: a copy, in which anything may be written."""
    settings = Settings(var=tmp_path / "house")
    shutil.copytree(var, settings.var)
    monkeypatch.setenv("BEIAN_VAR", str(settings.var))
    register = Register.at(settings.register_url)
    yield register
    register.engine.dispose()
    texts.reset()


@pytest.fixture
def given_up(house: Register) -> Letters:
    """Letters: the first one arrived by mail, and the SMS gateway refused it for good."""
    letters = Letters(house.engine)
    arrived = Tried(state="arrived", address="z***@example.org", receipt="250 queued", content="c")
    failed = Tried(state="failed", address="138****0001", receipt="短信网关拒收", content="c")
    came_to(letters.engine, "ENDED-1-1", "post", arrived, NOW)
    came_to(letters.engine, "ENDED-1-1", "sms", failed, NOW)
    closed(letters.engine, "ENDED-1-1", NOW, failed=True)
    return letters


def test_messages_are_shown_with_what_every_channel_has_to_show(
    beian: Terminal, house: Register, given_up: Letters
) -> None:
    given_up.read("ENDED-1-2", NOW)
    told = beian("messages", "ENDED", "--json").json
    assert {each["id"] for each in told} == {message.id for message in house.messages("ENDED")}
    first, second, *_ = told
    assert (first["text"], first["to"], first["office"]) == ("submitted", "leader", LEADER)
    assert first["created_at"] == NOW.isoformat()
    assert [(each["channel"], each["state"], each["receipt"]) for each in first["deliveries"]] == [
        ("post", "arrived", "250 queued"),
        ("sms", "failed", "短信网关拒收"),
    ]
    assert (first["read_at"], second["read_at"], second["deliveries"]) == (None, NOW.isoformat(), [])
    table = beian("messages", "ENDED")
    assert table.code == 0
    assert all(text in table.out for text in (first["title"], "post 已送", "sms 未送达", "ENDED-1-1", "沈阳市科技局"))


def test_what_others_wrote_is_shown_as_they_wrote_it(beian: Terminal, house: Register) -> None:
    """Names and receipts may look like the markup of a console, or like an emoji."""
    odd, letters = "[/x][red]:smile:", Letters(house.engine)
    told = lived("ODD", alliance_name=f"{odd}产学研联盟")
    told.lodged(house)
    house.append(told.docket[0])
    came_to(letters.engine, "ODD-1-1", "post", Tried(state="failed", receipt=f"250 {odd}", content="c"), NOW)
    closed(letters.engine, "ODD-1-1", NOW, failed=True)
    assert f"{odd}产学研联盟（ODD）" in beian("show", "ODD").out
    assert odd in beian("messages", "ODD").out
    assert f"post：250 {odd}" in beian("undelivered").out
    assert beian("list").code == beian("inbox", LEADER).code == 0
    assert f"没有这封信函 {odd}" in beian("redeliver", odd).err


def test_an_inbox_is_pulled_in_order_and_in_parts(beian: Terminal, house: Register) -> None:
    received = beian("inbox", LEADER, "--json").json
    assert {each["id"].partition("-")[0] for each in received} == {"ENDED", "SUBMITTED", "RETURNED"}
    assert [each["created_at"] for each in received] == sorted(each["created_at"] for each in received)
    assert {each["office"] for each in received} == {LEADER}

    def pulled(*options: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = beian("inbox", LEADER, *options, "--json").json
        return found

    assert pulled("--limit", "2") == received[-2:]
    assert pulled("--after", "2026-01-01", "--limit", "1")[0] == received[0]
    last = received[-1]["created_at"]
    assert pulled("--after", received[-2]["created_at"]) == received[-1:]
    assert pulled("--after", last) == []
    assert pulled("--after", "2026-03-15") == received, "a day stands for its beginning"
    assert (
        pulled("--after", "2026-03-16") == [each for each in received if each["created_at"] > "2026-03-16"] != received
    )
    Letters(house.engine).read(received[0]["id"], NOW)
    assert pulled("--unread") == received[1:]
    assert pulled()[0]["read_at"] == NOW.isoformat()
    table = beian("inbox", LEADER, "--limit", "2")
    assert all(received[-1][field] in table.out for field in ("id", "title"))
    assert beian("inbox", "nobody", "--json").json == []


def test_what_a_channel_gave_up_is_listed_until_it_is_sent_again(beian: Terminal, given_up: Letters) -> None:
    (row,) = beian("undelivered", "--json").json
    assert (row["id"], row["text"], row["closed_at"]) == ("ENDED-1-1", "submitted", NOW.isoformat())
    assert [each["state"] for each in row["deliveries"]] == ["arrived", "failed"]
    assert beian("undelivered", "--office", LEADER, "--json").json == [row]
    assert beian("undelivered", "--office", "210100", "--json").json == []
    table = beian("undelivered").out
    assert "sms：短信网关拒收" in table
    assert "250 queued" not in table
    assert beian("redeliver", "ENDED-1-1", "--json").json == {"letter": "ENDED-1-1"}
    assert beian("undelivered", "--json").json == []
    assert [each.state for each in given_up.deliveries("ENDED-1-1")] == ["arrived", "again"]
    assert "sms：短信网关拒收" in beian("undelivered", "--waiting", "--office", LEADER).out, "it waits again"
    first, *_ = beian("undelivered", "--waiting", "--json").json
    assert (first["id"], [each["state"] for each in first["deliveries"]]) == ("ENDED-1-1", ["arrived", "again"])
    reopened = given_up.row("ENDED-1-1")
    assert reopened
    assert reopened.closed_at is None
    assert beian("redeliver", "ENDED-1-1").out == "已交付再次投递\n"


MAIL_SERVER = """
[channels.post]
type = "mail"
host = "mail.example.cn"
sender = "beian@example.cn"
"""
CONTACT = """
[offices.210100]
telephone = "024-00000000"
postal_address = "沈阳市示例路1号"
"""


@pytest.fixture
def channels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of channels: a mail server, and an office's public contacts."""
    path = tmp_path / "channels.toml"
    path.write_text(MAIL_SERVER + CONTACT, "utf-8")
    monkeypatch.setenv("BEIAN_CHANNELS", str(path))
    return path


def test_a_bounced_mail_is_noted(
    beian: Terminal, given_up: Letters, channels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    returned = report_of_failure(head="X-Beian-Message: ENDED-1-1")
    assert beian("bounce", beian.file(returned), "--json").code == 64, "it was sent long ago"
    arrived = Tried(state="arrived", address="z***@example.org", receipt="250 queued", content="c")
    came_to(given_up.engine, "ENDED-1-1", "post", arrived, datetime.now(UTC))
    forged = returned.replace(b"zhang.san@example.org", b"wang.wu@example.org")
    assert beian("bounce", beian.file(forged), "--json").code == 64, "it was not sent there"
    told = {"letter": "ENDED-1-1", "status": "5.1.1", "address": "z***@example.org"}
    assert beian("bounce", beian.file(returned), "--json").json == told
    states = {each.channel: (each.state, each.receipt) for each in given_up.deliveries("ENDED-1-1")}
    assert states == {"post": ("failed", "退信 5.1.1"), "sms": ("failed", "短信网关拒收")}
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(returned)))
    came_to(given_up.engine, "ENDED-1-1", "post", arrived, datetime.now(UTC))
    assert beian("bounce", "-").out == "ENDED-1-1：退信 5.1.1\n"


def test_what_is_no_bounce_of_a_letter_is_not_noted(beian: Terminal, given_up: Letters, channels: Path) -> None:
    for raw in (
        b"Subject: hello\r\n\r\nhello",
        report_of_failure(head="X-Beian-Message: ENDED-1-1", action="delayed", status="4.4.1"),
        report_of_failure(head="X-Beian-Message: NOBODY-1-1"),
    ):
        answer = beian("bounce", beian.file(raw), "--json")
        assert answer.code == 64
        assert "不是本系统信函的退信" in answer.json["message"]
    channels.write_text("", "utf-8")
    assert beian("bounce", beian.file(report_of_failure(head="X-Beian-Message: ENDED-1-1"))).code == 64, "no mail here"
    assert [each.state for each in given_up.deliveries("ENDED-1-1")] == ["arrived", "failed"]


def test_a_folder_of_texts_is_checked_whole(beian: Terminal, house: Register, tmp_path: Path) -> None:
    (tmp_path / "texts" / "inbox").mkdir(parents=True)
    text = tmp_path / "texts" / "inbox" / "archived.txt"
    text.write_text("入库\n“{alliance}”已备案入库。", "utf-8")
    assert beian("check-texts", tmp_path / "texts").out == "1 个文件，均可用\n"
    assert beian("check-texts", tmp_path / "texts", "--json").json == {"texts": 1}
    text.write_text("入库\n“{allience}”已备案入库。", "utf-8")
    text.with_name("arkived.txt").write_text("入库\n已入库。", "utf-8")
    answer = beian("check-texts", tmp_path / "texts", "--json")
    assert answer.code == 64
    assert "allience" in answer.json["message"]
    assert "arkived" in answer.json["message"]
    assert beian("check-texts", tmp_path / "texts").err.count("\n") == 2


def test_a_file_of_channels_is_checked_whole(beian: Terminal, channels: Path) -> None:
    said = beian("check-channels", channels).out
    assert said.startswith("post：mail\n通讯录未列，邮件和短信到不了：")
    assert "大连市科技局" in said
    assert beian("check-channels", channels, "--json").json == [{"name": "post", "words": "mail"}]
    channels.write_text('[channels.fax]\ntype = "fax"\n[offices.999999]\ntelephone = "请问"\n', "utf-8")
    answer = beian("check-channels", channels, "--json")
    assert answer.code == 64
    assert "channels.fax：type 只能是" in answer.json["message"]
    assert "offices.999999.telephone：格式不正确" in answer.json["message"]
    channels.write_text(MAIL_SERVER + "[offices.999999]", "utf-8")
    assert "没有这样的机构" in beian("check-channels", channels).err


# Files


@pytest.fixture
def exported(beian: Terminal, tmp_path: Path) -> Callable[..., list[Path]]:
    """Exports into a folder; the files that stand there. People and programs are told the same, and nothing is left over."""

    def call(*arguments: str) -> list[Path]:
        to = tmp_path / "-".join(("out", *arguments))
        answer = beian("export", *arguments, "--to", to, "--json")
        assert (answer.code, answer.err) == (0, "")
        assert beian("export", *arguments, "--to", to).out.splitlines() == answer.json
        assert sorted(answer.json) == sorted(map(str, to.glob("*")))
        return [Path(each) for each in answer.json]

    return call


Exported = Callable[..., list[Path]]


def said(path: Path) -> str:
    """What a document says."""
    document = docx.Document(str(path))
    tables = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *tables])


def sheet(path: Path) -> list[list[Any]]:
    """The rows of a table."""
    (found,) = openpyxl.load_workbook(path).worksheets
    return [[cell.value for cell in row] for row in found.iter_rows()]


def test_drafts_of_a_life_say_how_the_office_is_reached(exported: Exported, channels: Path) -> None:
    paths = exported("drafts", "ENDED")
    assert [path.name for path in paths][:2] == ["ENDED-0002-补正通知书.docx", "ENDED-0004-受理通知书.docx"]
    assert {path.name.rpartition("-")[2] for path in paths} >= {"撤销备案事先告知书.docx", "撤销备案决定书.docx"}
    for path in paths:
        assert "沈阳市ENDED产学研联盟" in said(path)
    assert "联系电话：024-00000000\n通信地址：沈阳市示例路1号" in said(paths[1])


def test_drafts_of_one_entry_in_the_words_of_the_city(
    beian: Terminal, house: Register, exported: Exported, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path,) = exported("drafts", "ENDED", "--entry", "4")
    assert "现予受理" in said(path)
    assert exported("drafts", "ENDED", "--entry", "3") == [], "a resubmission has none"
    folder = tmp_path / "texts" / "210100" / "document"
    folder.mkdir(parents=True)
    (folder / "accepted.txt").write_text("收件告知\n“{alliance}”的材料已收下。", "utf-8")
    monkeypatch.setenv("BEIAN_TEXTS", str(tmp_path / "texts"))
    (path,) = [each for each in exported("drafts", "ENDED") if "-0004-" in each.name]
    assert path.name == "ENDED-0004-收件告知.docx"
    assert "“沈阳市ENDED产学研联盟”的材料已收下。" in said(path)
    answer = beian("export", "drafts", "ENDED", "--entry", "99", "--json")
    assert (answer.code, answer.json) == (3, {"message": "没有这一号登记 ENDED 99"})


def test_several_alliances_share_one_notice(beian: Terminal, house: Register, exported: Exported) -> None:
    life = lived("SHOWN", alliance_name="沈阳市SHOWN产学研联盟")
    number = next(entry.number for entry in life.docket if entry.event.kind == "confirm")
    written(house, Papered(life.docket[:number], life.papers))
    (alone,) = exported("notice", "ENDED")
    assert "SHOWN" not in said(alone)
    (path,) = exported("notice", "ENDED", "SHOWN", "ENDED")
    assert path.name.startswith("ENDED-0006-关于拟备案实质性产学研联盟的公示")
    assert "等2家联盟" in said(path)
    assert said(path).count("沈阳市SHOWN产学研联盟") == 1
    for apart in (["ENDED", "RETURNED"], ["RETURNED"]):
        answer = beian("export", "notice", *apart, "--json")
        assert answer.code == 2
        assert answer.json["message"] == "RETURNED：尚未公示"
    assert beian("export", "notice", "RETURNED").err == "RETURNED：尚未公示\n"


def test_every_version_of_an_application_as_its_form(exported: Exported) -> None:
    paths = exported("form", "ENDED")
    assert [path.name for path in paths] == ["ENDED-申请表-V1.docx", "ENDED-申请表-V2.docx"]
    assert all("沈阳星海智造装备有限公司" in said(path) for path in paths)
    assert [path.name for path in exported("form", "SUBMITTED")] == ["SUBMITTED-申请表-V1.docx"]


def test_the_docket_as_a_document(exported: Exported) -> None:
    (path,) = exported("docket", "ENDED")
    assert path.name == "ENDED-卷宗.docx"
    assert all(text in said(path) for text in ("沈阳市ENDED产学研联盟", "登记链完好", "补正重报"))


def test_the_dossier_proves_itself(exported: Exported, channels: Path) -> None:
    (path,) = exported("dossier", "ENDED")
    assert path.name == "ENDED-归档包.zip"
    with ZipFile(path) as package:
        sums = [line.split("  ", 1) for line in package.read("SHA256SUMS").decode().splitlines()]
        assert [hashlib.sha256(package.read(name)).hexdigest() for _, name in sums] == [sum_ for sum_, _ in sums]
        assert {name for _, name in sums} == set(package.namelist()) - {"SHA256SUMS", "证明.json"}, (
            "the proof signs the list"
        )
        with package.open("公文草稿/0004-受理通知书.docx") as draft:
            assert "024-00000000" in [
                p.text.partition("：")[2] for p in docx.Document(io.BytesIO(draft.read())).paragraphs
            ]


def test_what_others_are_given_of_the_log_is_printed_whole(beian: Terminal) -> None:
    """On whatever width of a terminal a note stays one that can be read, and a key one line."""
    assert beian("log", "pass").code == 0
    told = json.loads(beian("log", "show", "--json").out)
    shown = beian("log", "show").out
    assert told["note"] in shown
    [key] = told["keys"]
    assert f"公钥：{key}\n" in shown
    assert f"作见证的公钥：{Key.read(key).as_witness}\n" in shown


def test_the_proof_of_an_entry_is_written_into_a_folder(beian: Terminal, tmp_path: Path, channels: Path) -> None:
    answer = beian("proof", "ENDED", "4", tmp_path / "out", "--json")
    assert (answer.code, answer.err) == (0, "")
    assert answer.json == [str(tmp_path / "out" / "ENDED-第4号证明.zip")]
    with ZipFile(answer.json[0]) as package:
        assert "一、决定：受理" in package.read("说明.txt").decode()
    assert beian("proof", "ENDED", "999", tmp_path).code == 3
    assert beian("proof", "NOBODY", "1", tmp_path).code == 3


def test_the_summary_has_a_line_a_filing(exported: Exported) -> None:
    (path,) = exported("summary")
    header, *lines = sheet(path)
    assert (path.name, header[1]) == ("汇总表.xlsx", "联盟名称")
    assert [line[1] for line in lines] == [f"沈阳市{name}产学研联盟" for name in ("ENDED", "RETURNED", "SUBMITTED")]
    (path,) = exported("summary", "--stage", "returned", "--jurisdiction", "210100")
    assert [line[1] for line in sheet(path)[1:]] == ["沈阳市RETURNED产学研联盟"]
    (path,) = exported("summary", "--jurisdiction", "210200")
    assert len(sheet(path)) == 1


def test_the_deadlines_are_those_of_the_list(beian: Terminal, exported: Exported) -> None:
    rows = beian("list", "--json").json
    (path,) = exported("deadlines")
    assert path.name == "期限表.xlsx"
    assert [line[0] for line in sheet(path)[1:]] == [row["filing_id"] for row in rows]
    for options in (
        ["--stage", "submitted"],
        ["--jurisdiction", "210200"],
        ["--waiting-for", rows[0]["waiting_for"]],
        ["--due-before", rows[1]["next_deadline"]],
    ):
        (path,) = exported("deadlines", *options)
        wanted = [row["filing_id"] for row in beian("list", *options, "--json").json]
        assert [line[0] for line in sheet(path)[1:]] == wanted
        assert len(wanted) < len(rows)


def test_the_announcements_as_they_were_on_a_day(beian: Terminal, house: Register, tmp_path: Path) -> None:
    to = tmp_path / "site"
    answer = beian("export", "site", "--to", to, "--on", "2026-04-02", "--json")
    assert answer.code == 0
    assert sorted(answer.json) == sorted(str(path) for path in to.rglob("*") if path.is_file())
    assert "沈阳市ENDED产学研联盟" in (to / "index.html").read_text("utf-8")
    assert (
        json.loads((to / "feed.json").read_text("utf-8"))["items"][0]["title"]
        == "关于拟备案“沈阳市ENDED产学研联盟”的公示"
    )
    again = beian("export", "site", "--to", to, "--on", "2026-04-02")
    assert (again.code, again.out) == (0, ""), "nothing has changed"
    later = beian("export", "site", "--to", to, "--on", "2030-01-01").out.splitlines()
    assert str(to / "index.html") in later
    assert "已撤销" in (to / "index.html").read_text("utf-8")
    where_the_service_writes = Settings().site
    assert str(where_the_service_writes / "index.html") in beian("export", "site", "--json").json


def test_the_calendar_of_an_office_or_a_leader(beian: Terminal, exported: Exported) -> None:
    summaries: dict[str, list[str]] = {}
    for whose in ("210100", "210000", LEADER, "210500", next(iter(offices.ZONES))):
        (path,) = exported("calendar", whose)
        assert path.name == f"{whose}.ics"
        summaries[whose] = [str(event["summary"]) for event in Calendar.from_ical(path.read_bytes()).events]
    ahead = [line for name in ("SUBMITTED", "RETURNED") for line in beian("agenda", name, "--json").json]
    assert len(summaries["210100"]) == len(ahead) > 0
    assert summaries["210100"] == summaries["210000"] == summaries[LEADER]
    assert "受理截止 · 沈阳市SUBMITTED产学研联盟" in summaries[LEADER]
    assert summaries["210500"] == summaries[next(iter(offices.ZONES))] == [], "nothing is due there"
    answer = beian("export", "calendar", "NOBODY", "--json")
    assert (answer.code, answer.json) == (3, {"message": "没有这一机构或盟主企业 NOBODY"})


@pytest.mark.parametrize("what", ["drafts", "notice", "form", "docket", "dossier"])
def test_nothing_is_written_of_a_filing_that_is_not_there(beian: Terminal, tmp_path: Path, what: str) -> None:
    answer = beian("export", what, "NOBODY", "--to", tmp_path / "out", "--json")
    assert (answer.code, answer.json) == (3, {"message": "没有这一备案 NOBODY"})
    assert beian("export", what, "NOBODY", "--to", tmp_path / "out").err == "没有这一备案 NOBODY\n"
    assert not (tmp_path / "out").exists()


def test_nothing_is_written_by_terms_that_are_not_there(
    beian: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A register whose filings count by an edition of another deployment, as that of a demonstration does."""
    settings = Settings(var=tmp_path)
    prepare(settings.register_url)
    engine = Register.at(settings.register_url).engine
    with Session(engine) as session:
        session.add(UsedEdition(subject="terms", name="ELSEWHERE", digest="0" * 64, first_used_at=NOW))
        session.commit()
    engine.dispose()
    monkeypatch.setenv("BEIAN_VAR", str(tmp_path))
    answer = beian("export", "summary", "--to", tmp_path / "out", "--json")
    assert (answer.code, (tmp_path / "out").exists()) == (64, False)
    assert "ELSEWHERE" in answer.json["message"]


def test_files_are_written_where_one_stands(beian: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert beian("export", "docket", "SUBMITTED").out == "SUBMITTED-卷宗.docx\n"
    assert "沈阳市SUBMITTED产学研联盟" in said(tmp_path / "SUBMITTED-卷宗.docx")


# The engine


@pytest.fixture
def today(beian: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Register]:
    """A register in which one filing was submitted a moment ago, for the command line of it; no engine is to be reached."""
    monkeypatch.setenv("BEIAN_VAR", str(tmp_path))
    prepare(Settings().register_url)
    register = Register.at(Settings().register_url)
    now = datetime.now(UTC)
    form = application(filing_id="TODAY", alliance_name="沈阳市今日产学研联盟", received_at=now.isoformat())
    written(register, tell(form, until=now))
    yield register
    register.engine.dispose()


def noted(register: Register) -> dict[str, datetime]:
    """What was received and not answered, by its id, and when first."""
    with Session(register.engine) as session:
        return {row.act_id: row.received_at for row in session.exec(select(ArrivalRow))}


def test_without_an_engine_what_is_sent_is_received_once_and_the_answer_says_so(
    beian: Terminal, today: Register
) -> None:
    act = EXAMPLES / "accept.json"
    before = datetime.now(UTC)
    answer = beian("act", "TODAY", act, "--json")
    assert answer.code == 5
    act_id = json.loads(act.read_text("utf-8"))["id"]
    assert all(each in answer.json["message"] for each in ("已收到并记下", "TODAY", act_id, NOBODY, "同一编号重新发送"))
    first = noted(today)
    assert before <= first[act_id] <= datetime.now(UTC)
    assert beian("act", "TODAY", act).code == 5
    assert noted(today) == first, "what is sent again counts as of then"


def test_without_an_engine_an_application_is_received_too(beian: Terminal, today: Register) -> None:
    answer = beian("submit", EXAMPLES / "kind_a.json", "--json")
    assert answer.code == 5
    assert all(each in answer.json["message"] for each in ("已收到并记下", "LN-DEMO-A", NOBODY))
    assert len(noted(today)) == 1
    assert beian("act", "NOBODY", EXAMPLES / "accept.json").code == 3, "what is not there needs no engine"
    assert beian("revive", "--json").json["message"].startswith(f"引擎（{NOBODY}）或 worker 没有答复")


def test_nothing_is_stamped_by_a_clock_that_is_behind_what_is_written(beian: Terminal, var: Path) -> None:
    answer = beian("act", "SUBMITTED", EXAMPLES / "accept.json")
    assert answer.code == 5
    assert all(each in answer.err for each in ("本机时钟比备案库慢", "时钟有误"))
    register = Register.at(Settings(var=var).register_url)
    assert noted(register) == {}
    register.engine.dispose()


def test_a_clock_that_is_far_from_the_database_s_stamps_nothing(
    beian: Terminal, today: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(hours: int) -> None:
        monkeypatch.setattr(Register, "clock", lambda _: datetime.now(UTC) + timedelta(hours=hours))

    for hours, word in ((24, "慢86400秒"), (-1, "快3600秒")):
        told(hours)
        answer = beian("submit", EXAMPLES / "kind_a.json")
        assert (answer.code, word in answer.err, "时钟有误" in answer.err) == (5, True, True)
    assert noted(today) == {}


@pytest.fixture
def connected(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Terminal:
    """The command line of a world with a real engine; to be called beside the loop that the world runs on."""
    client = world.environment.client
    monkeypatch.setenv("TEMPORAL_ADDRESS", client.service_client.config.target_host)
    monkeypatch.setenv("TEMPORAL_NAMESPACE", client.namespace)
    monkeypatch.setenv("BEIAN_VAR", str(world.settings.var))
    monkeypatch.setenv("BEIAN_TASK_QUEUE", world.settings.task_queue)
    monkeypatch.setattr(Register, "clock", lambda _: datetime.now(UTC))  # the world's filings live in years to come
    return Terminal(tmp_path, capsys)


async def test_submit_and_act_on_a_real_engine(world: World, connected: Terminal) -> None:
    form = application(filing_id="CLI-1", alliance_name="沈阳市命令行产学研联盟")

    async def ends(content: Mapping[str, Any], command: Callable[[str], list[str]]) -> int:
        answer = await asyncio.to_thread(connected, *command(str(connected.file(content))), "--json")
        assert answer.json
        return answer.code

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


async def test_reading_the_notice_that_is_to_be_served_is_an_entry(world: World, connected: Terminal) -> None:
    async def reads(*arguments: str) -> Answer:
        return await asyncio.to_thread(connected, "read", *arguments)

    story = Story(world, "CLI-READ")
    await story.archived(2027)
    await story.on("2028-12-01T10:00")
    sent = {message.text: message.id for message in world.register.messages(story.id) if message.to == "leader"}
    assert (await reads(sent["submitted"])).out == "已登记为已读\n"
    assert (await reads(sent["submitted"], "--json")).json == {}
    receipt = (await reads(sent["revocation_notice"], "--person", "u-9", "--json")).json
    assert receipt["number"] == story.docket[-1].number
    assert receipt["stage"] == "revocation_pending"
    acknowledged = story.docket[-1].event
    assert isinstance(acknowledged, AcknowledgeService)
    assert acknowledged.by.person == "u-9"
    assert (await reads(sent["revocation_notice"], "--json")).json == {}, "it was acknowledged before"
    assert (await reads("NOBODY-1-1", "--json")).code == 3
    unread = await asyncio.to_thread(connected, "inbox", story.filing.leader, "--unread", "--limit", "10000", "--json")
    assert {sent["submitted"], sent["revocation_notice"]}.isdisjoint(each["id"] for each in unread.json)


# Real processes


@pytest.fixture(scope="module")
def processes(var: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Answer]:
    """The command line as anybody calls it; it knows the editions that lives count by, also if the law's cases were read."""
    editions = shutil.copytree(FOLDER, tmp_path_factory.mktemp("deployment") / "editions")
    (editions / "calendars" / "demo.json").write_text(json.dumps(working_days(YEAR), ensure_ascii=False), "utf-8")
    known = {"BEIAN_EDITIONS": str(editions)}
    environment = os.environ | known | {"BEIAN_VAR": str(var), "TEMPORAL_ADDRESS": NOBODY}

    def call(*arguments: str, stdin: bytes = b"") -> Answer:
        done = subprocess.run(
            [sys.executable, "starter.py", *arguments],
            cwd=ROOT,
            env=environment,
            input=stdin,
            capture_output=True,
            timeout=AT_MOST,
            check=False,
        )
        return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())

    return call


def test_the_commands_as_anybody_calls_them(processes: Callable[..., Answer]) -> None:
    form = (EXAMPLES / "kind_a.json").read_bytes()
    received = form.replace(b"{", b'{"received_at": "2026-03-15T09:00:00+08:00",', 1)
    assert processes("simulate", "-", "--json", stdin=received).json["filing"]["stage"] == "submitted"
    broken = processes("check", "-", stdin=b"{")
    assert (broken.code, broken.out, "不是 JSON" in broken.err) == (64, "", True)
