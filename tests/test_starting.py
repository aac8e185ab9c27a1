"""Starting (activities/starting.py): what cannot be is said in one line, names its variable, and repeats nothing of it."""

import asyncio
import errno
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy.exc import OperationalError
from temporalio.client import Client

import starter
import worker
from activities import logs
from activities.register import Register
from activities.starting import PortTaken
from deploy import embedded
from gateway import __main__ as gateway
from models.settings import Settings, SettingsRefused, read_settings

SECRET = "hunter2secret"
DATABASE = f"postgresql+psycopg://beian:{SECRET}@db.example/beian"


def command_line() -> None:
    """The command line, as a program."""
    sys.exit(starter.run(["list"]))


PROGRAMS = [command_line, worker.main, gateway.main, embedded.main]
WRONG = {
    "BEIAN_LOG_LEVL": "INFO",
    "BEIAN_LOG_LEVEL": SECRET,
    "BEIAN_DATABASE_URL": SECRET,
    "BEIAN_METRICS_PORT": SECRET,
    "BEIAN_EMBEDDED_TOKEN": SECRET,
    "BEIAN_IDENTITY": SECRET,
    "BEIAN_OIDC_CLAIMS": f'{{"{SECRET}',
    "BEIAN_DRAFTS": SECRET,
    "BEIAN_SITE_ADDRESS": SECRET,
}


@pytest.fixture(autouse=True)
def deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deployment with secrets."""
    monkeypatch.setenv("BEIAN_VAR", str(tmp_path))
    monkeypatch.setenv("BEIAN_DATABASE_URL", DATABASE)
    monkeypatch.setenv("BEIAN_OIDC_CLIENT_SECRET", SECRET)


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_program_refuses_a_wrong_setting_in_one_line_and_with_64(
    program: Callable[[], None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BEIAN_LOG_LEVL", "INFO")
    with pytest.raises(SystemExit) as left:
        program()
    said = capsys.readouterr().err
    assert (left.value.code, len(said.splitlines()), SECRET in said) == (64, 1, False)
    assert "环境变量 BEIAN_LOG_LEVL 不是本系统的设置；是否为 BEIAN_LOG_LEVEL？" in said


def test_a_gateway_refuses_in_one_line_what_its_deployment_brings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "channels.toml").write_text(f'[channels.mail]\ntype = "{SECRET}"\n', "utf-8")
    for name, value, word in (
        ("BEIAN_CHANNELS", str(tmp_path / "channels.toml"), "mail"),
        ("BEIAN_GATEWAY_HOST", "0.0.0.0", "BEIAN_IDENTITY"),
    ):
        monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as left:
            gateway.main()
        said = capsys.readouterr().err
        assert (left.value.code, word in said, SECRET in said, "Traceback" in said) == (64, True, False, False)


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_setting_is_named_and_its_value_is_not(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, WRONG[name])
    with pytest.raises(SettingsRefused) as refused:
        read_settings()
    said = str(refused.value)
    assert (f"环境变量 {name} " in said, SECRET in said, len(said.splitlines())) == (True, False, 1)


def test_all_that_is_wrong_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEIAN_METRICS_PORT", "70000")
    monkeypatch.setenv("BEIAN_CACHED_WORKFLOWS", "0")
    monkeypatch.setenv("BEIAN_IDENTITY", "nobody")
    with pytest.raises(SettingsRefused) as refused:
        read_settings()
    assert str(refused.value) == (
        "环境变量 BEIAN_CACHED_WORKFLOWS 不得小于20；环境变量 BEIAN_METRICS_PORT 不得大于65535；"
        "环境变量 BEIAN_IDENTITY 只能是：embedded、oidc"
    )


@pytest.mark.parametrize("url", ["nonsense", "mysql://db/beian", "postgresql://db/beian", f"sqlite//{SECRET}"])
def test_a_database_is_one_that_the_service_works_with(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEIAN_DATABASE_URL", url)
    assert starter.run(["list"]) == 64


def test_a_database_that_does_not_answer_is_said_in_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BEIAN_DATABASE_URL", DATABASE.replace("db.example", "127.0.0.1:1"))
    monkeypatch.setenv("BEIAN_METRICS_PORT", "0")
    with pytest.raises(SystemExit) as left:
        worker.main()
    said = capsys.readouterr().err
    assert (left.value.code, "BEIAN_DATABASE_URL" in said, SECRET in said, "Traceback" in said) == (
        5,
        True,
        False,
        False,
    )


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (OSError(errno.ENOSPC, "no space left", SECRET), "OSError ENOSPC"),
        (FileNotFoundError(errno.ENOENT, SECRET), "FileNotFoundError ENOENT"),
        (ValueError(SECRET), "ValueError"),
    ],
)
def test_what_went_wrong_is_logged_by_its_type_and_code(error: Exception, name: str) -> None:
    assert logs.named(error) == name


def test_what_went_wrong_in_the_database_is_logged_by_its_code(tmp_path: Path) -> None:
    with pytest.raises(OperationalError) as failed:
        Register.at(f"sqlite:///{tmp_path / SECRET / 'register.db'}").filing_ids()
    assert logs.named(failed.value) == "OperationalError SQLITE_CANTOPEN"


def test_a_second_worker_of_a_machine_is_told_which_port_to_change() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"{port} 已被占用.*BEIAN_METRICS_PORT.*0"):
            worker.health_socket(Settings(metrics_port=port))


def test_the_whole_service_ends_when_one_of_its_processes_does(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = []

    async def serve(*_: object, stop: asyncio.Event, **__: object) -> None:
        own = asyncio.create_task(stop.wait())  # as the engine's client has tasks of its own
        await asyncio.wait({own})
        ended.append("cancelled" if own.cancelled() else "in order")

    monkeypatch.setattr(worker, "serve", serve)
    monkeypatch.setattr(embedded, "LOOK", 0.01)
    gone = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as there:
        with pytest.raises(SystemExit, match="网页服务已停止（退出码 3）"):
            asyncio.run(embedded.work_beside({"Temporal 服务": there, "网页服务": gone}, Settings()))
        there.kill()
    assert ended == ["in order"]


def test_the_whole_service_ends_when_its_gateway_is_there_and_answers_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    async def serve(*_: object, stop: asyncio.Event, **__: object) -> None:
        await stop.wait()

    monkeypatch.setattr(worker, "serve", serve)
    monkeypatch.setattr(embedded, "PROBE", 0.01)
    deaf = socket.create_server(("127.0.0.1", 0))  # the system takes connections for it, as for one that was stopped
    with deaf, subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as there:
        settings = Settings(gateway_metrics_port=deaf.getsockname()[1])
        with pytest.raises(SystemExit, match="网页服务没有应答，其余随之停止"):
            asyncio.run(embedded.work_beside({"网页服务": there}, settings))
        there.kill()


def test_a_process_that_does_not_end_by_itself_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "GRACE", 0.01)
    deaf = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with deaf, embedded.stopping(deaf):
        deaf.send_signal(signal.SIGSTOP)
        os.waitpid(deaf.pid, os.WUNTRACED)  # until it is
    assert deaf.returncode == -signal.SIGKILL


def test_what_is_started_is_waited_for_while_it_lives(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    looks = iter([False, False, True])
    monkeypatch.setattr(embedded, "answers", lambda port: next(looks))
    monkeypatch.setattr(embedded, "PATIENCE", 0.0)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as slow:
        embedded.wait_for(1, "网页服务", slow)
        slow.kill()
    assert capsys.readouterr().err == "网页服务启动较慢，请稍候\n", "once"
    monkeypatch.setattr(embedded, "answers", lambda port: False)
    with pytest.raises(SystemExit, match="网页服务没有启动（退出码 -9）"):
        embedded.wait_for(1, "网页服务", slow)


def test_the_engine_knows_the_limit_that_make_run_sets() -> None:
    name = embedded.TIMERS_AT_ONCE.partition("=")[0]
    with Path(embedded.temporal()).open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as engine:
        assert engine.find(name.encode()) > 0, "it passes over in silence what it does not know"


async def test_a_worker_that_waits_for_the_engine_stops_when_it_is_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """As process 1 of a container it would be killed after its grace otherwise."""

    async def reached(client: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(worker, "reached", reached)
    stop = asyncio.Event()
    stop.set()
    assert not await worker.reached_before(stop, cast(Client, None))
