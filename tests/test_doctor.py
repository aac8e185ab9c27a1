"""The doctor (`starter.py doctor`): every part of a deployment in a line, and what is wrong with it."""

import asyncio
import json
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import make_url

import starter
from activities.availability import Availability
from activities.drift import DriftLog
from activities.migrating import migrate
from activities.register import Register
from cli import examinations
from cli.doctor import examined
from cli.examinations import Deployment, State
from gateway.remembered.audit import noted_backup
from models.availability import Part, Span
from models.settings import Settings
from tests.databases import prepare
from tests.oidc_provider import provider
from tests.population import LIVES, life
from tests.simulated import written
from tests.world import World
from workflows import sentinel

NOBODY = "127.0.0.1:1"
"""Where no engine listens."""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A deployment on this machine whose tables are made; no engine, no process."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", NOBODY)
    chosen = Settings(var=tmp_path / "var", metrics_port=0)
    prepare(chosen.register_url)
    closed(chosen.var)
    return chosen


def closed(var: Path) -> None:
    """What a process does when it starts: its files are its own."""
    for pattern in ("*.db", "*.db*"):  # the database first: SQLite gives what it makes beside it the same rights
        for path in var.glob(pattern):
            path.chmod(0o600)


def told(settings: Settings, now: datetime | None = None) -> dict[str, tuple[State, str]]:
    """What the doctor says, by name; the last line of each."""
    return {each.name: (each.state, each.says) for each in examined(Deployment(settings, now or datetime.now(UTC)))}


def faults(found: dict[str, tuple[State, str]]) -> set[str]:
    """What is wrong."""
    return {name for name, (state, _) in found.items() if state is State.FAULT}


async def test_a_deployment_that_is_well_is_told_so_line_by_line(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", world.client.service_client.config.target_host)
    for name in ("var", "task_queue", "metrics_port"):
        monkeypatch.setenv(f"BEIAN_{name.upper()}", str(getattr(world.settings, name)))
    closed(world.settings.var)
    assert await asyncio.to_thread(starter.run, ["drift", "--mend", "--json"]) == 0
    assert (
        json.loads(capsys.readouterr().out)["drift"],
        DriftLog(world.register.engine, world.settings.task_queue).last() is None,
    ) == ([], False)
    queue = world.settings.task_queue
    await sentinel.scheduled(world.client, queue, timedelta(hours=1))
    try:
        code = await asyncio.to_thread(starter.run, ["doctor", "--json"])
    finally:
        await world.client.get_schedule_handle(sentinel.schedule_id(queue)).delete()
    lines = {each["name"]: each for each in json.loads(capsys.readouterr().out)}
    assert [each for each in lines.values() if each["state"] == "fault"] == []
    assert code == 0
    assert list(lines)[:3] == ["本系统", "备案库", "表结构"]
    assert {
        "版本",
        "工作日历",
        "时钟",
        "引擎",
        "检索属性",
        "worker",
        "引擎时钟",
        "密钥",
        "附件",
        "备份",
        "磁盘",
    } <= lines.keys()
    assert lines["worker"]["says"].startswith("1个，版本 ")


def test_what_is_wrong_is_named_and_the_exit_code_is_1(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BEIAN_VAR", str(settings.var))
    monkeypatch.setenv("BEIAN_METRICS_PORT", "0")
    assert starter.run(["doctor"]) == 1
    said = capsys.readouterr().out.splitlines()
    assert [line.partition("：")[0].split()[-1] for line in said if line.startswith("有问题")] == ["引擎"]
    assert said[-1].endswith("1项有问题")
    keys = [
        str(line)
        for identity in ("embedded", "oidc")
        for line in examinations.of_keys(Deployment(settings.model_copy(update={"identity": identity})))
    ]
    assert "演示身份登录不用密钥" in keys[0]
    assert any("尚未生成；首次有人登录时生成" in line for line in keys)


class Wrong(NamedTuple):
    """A deployment with one thing wrong, by the line that tells it and a word in it."""

    line: str
    word: str
    settings: Settings


def spoilt(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wrong]:
    """Deployments that have one fault each, one after the other."""
    var = settings.var

    def but(**changed: object) -> Settings:
        return settings.model_copy(update=changed)

    yield Wrong("备案库", "不存在", but(database_url=f"sqlite:///{var / 'none.db'}"))
    migrate(f"sqlite:///{var / 'old.db'}", "0005")
    closed(var)
    yield Wrong("表结构", "缺 0006", but(database_url=f"sqlite:///{var / 'old.db'}"))
    yield Wrong("版本", "没有版本目录", but(editions=var / "nowhere"))
    (var / "channels.toml").write_text("[channels.mail]\ntype = 'smoke'\n", "utf-8")
    yield Wrong("渠道", "channels.mail", but(channels=var / "channels.toml"))
    yield Wrong(
        "身份",
        "无法连接",
        but(identity="oidc", oidc_issuer="http://127.0.0.1:1", gateway_address="https://b.example.gov.cn"),
    )
    with provider(lambda: datetime.now(UTC)) as idp:
        yield Wrong("对外地址", "BEIAN_GATEWAY_ADDRESS", but(identity="oidc", oidc_issuer=idp.issuer))
    settings.secret_file.write_text("x" * 48)
    settings.secret_file.chmod(0o644)
    yield Wrong("文件权限", "gateway-secret", settings)
    settings.secret_file.chmod(0o600)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(100, 95, 5))
    yield Wrong("磁盘", "5%", settings)
    monkeypatch.undo()


def test_each_part_that_is_spoilt_is_found(settings: Settings) -> None:
    with pytest.MonkeyPatch.context() as changing:
        for line, word, chosen in spoilt(settings, changing):
            found = told(chosen)
            assert line in faults(found) <= {line, "引擎"}, (line, found)
            assert word in found[line][1]
    assert not (settings.var / "none.db").exists(), "looking makes no database"


def test_what_is_late_lost_or_not_backed_up_is_found(settings: Settings) -> None:
    register = Register.at(settings.register_url)
    written(register, life(*LIVES[0]))
    now = datetime.now(UTC) + timedelta(hours=2)
    assert {"期限登记", "信函", "备份"} <= faults(told(settings, now)), "a filing of 2023 whose days nobody enters"
    noted_backup(register.engine, now - timedelta(days=1), "monday", whole=True)
    found = told(settings, now)
    assert "备份" not in faults(found)
    assert "monday" in found["备份"][1]
    assert "备份" in faults(told(settings, now + timedelta(days=2)))
    with register.engine.connect().execution_options(writes=True) as db, db.begin():
        table = examinations.UPLOADS
        db.execute(
            table.insert().values(
                sha256="a" * 64, owner="b", name="c.pdf", media_type="application/pdf", size=1, stored_at=now
            )
        )
    seen = [Span(part, now - timedelta(hours=23), now) for part in (Part.ENGINE, Part.REGISTER)]
    Availability(register.engine).keep("worker@a", seen)
    assert "可用情况" not in faults(told(settings, now)), "it may still come"
    unseen = told(settings, now + timedelta(hours=1))["可用情况"]
    assert unseen[0] is State.FAULT
    assert unseen[1].startswith("网上入口从未被看到可用")
    assert told(settings, now)["附件"] == (State.FAULT, "1个中缺1个；逐一列出：verify --all")
    register.engine.dispose()


def test_one_row_that_refers_to_nothing_is_named_and_stops_no_start(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = settings.register_url
    register = Register.at(url)
    written(register, life(*LIVES[0]))
    with sqlite3.connect(make_url(url).database or "") as db:
        db.execute("DELETE FROM filings")
    named = told(settings)["备案库内容"]
    assert (named[0], "所指的 filings 不存在" in named[1]) == (State.FAULT, True)
    migrate(url)
    monkeypatch.setenv("BEIAN_VAR", str(settings.var))
    assert starter.run(["verify", "--all"]) == 1
    assert "所指的 filings 不存在" in capsys.readouterr().out
    register.engine.dispose()


def test_next_years_calendar_is_an_alarm_from_15_december_on(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.health.checks.last_year_known", lambda: 2026)
    before, after = (datetime(2026, 12, day, tzinfo=UTC) for day in (14, 15))
    assert "工作日历" not in faults(told(settings, before))
    assert "工作日历" in faults(told(settings, after))
