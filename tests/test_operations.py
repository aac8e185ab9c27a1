"""The operators' page: what they look at, whether the engine answers or not; and nobody else finds it."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.client import Client

import starter
from activities.drift import DriftLog
from gateway.remembered.audit import noted_backup
from gateway.shown import operations
from gateway.watching import workers
from gateway.watching.builds import Build, Builds
from models.drift import Drift, DriftKind, Pass, tallied
from models.settings import Settings
from models.values import SHANGHAI
from regulation import calendar, terms
from regulation import expiring as editions
from regulation.expiring import expiring
from tests.databases import prepare
from tests.served import Clock
from tests.visiting import visiting

NOW = datetime(2026, 12, 20, 10, tzinfo=SHANGHAI)


@pytest.fixture(autouse=True)
def as_shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """No editions but those that are shipped: other tests add theirs."""
    monkeypatch.setattr(editions, "CALENDARS", calendar.shipped())
    monkeypatch.setattr(editions, "TERMS", terms.shipped())


async def nobody(client: Client, queue: str) -> list[workers.Worker]:
    """The engine answers: nobody works."""
    return []


async def two_builds(builds: Builds) -> list[Build]:
    """Builds side by side."""
    return [
        Build(name="0.8.0", workers=2, runs=7, current=True),
        Build(name="0.7.9", workers=1),
        Build(name="0.7.8", runs=3),
    ]


async def test_operators_see_links_releases_editions_backups_and_letters_and_others_see_no_such_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(var=tmp_path, ui_address="http://ui.example")
    prepare(settings.register_url)
    for each in (operations, workers):
        monkeypatch.setattr(each, "PATIENCE", timedelta(seconds=0.1))
    async with visiting(settings, Clock(NOW)) as house:
        for person in ("c-101", "a-601", "u-leader-01"):
            assert (await (await house.signed_in(person)).get("/ops")).status_code == 404
        operator = await house.signed_in("o-701")
        shown = (await operator.get("/ops?day=2026-11-30&office=210200")).text
        assert 'href="http://ui.example/namespaces/default/workflows?query=' in shown
        assert "2026-12-01T00%3A00%3A01%2B08%3A00" in shown, "the whole of the day"
        assert "大连市科学技术局逾期" in shown or "大连市科技局逾期" in shown
        assert "引擎没有答复" in shown
        assert "缺2027年日历" in shown
        assert "最近两日没有完整的备份" in shown
        assert "未送达的信函（0）" in shown
        assert "尚未巡查过" in shown
        noted_backup(house.tools.register.engine, datetime.now(UTC), "2026-12-20.zip", whole=True)
        stuck = Drift(key="LN-1", kind=DriftKind.STUCK, what="工作流任务已失败2次")
        started = Drift(key="annual-2026-LN-1", kind=DriftKind.TERMINATED, what="", mended=True)
        found = Pass(at=datetime.now(UTC), compared=9, tallies=tallied([stuck, started]))
        DriftLog(house.tools.register.engine, settings.task_queue).note(found, [started, stuck])
        again = (await operator.get("/ops")).text
        assert "（1件待处理）" in again
        assert "<code>starter.py revive LN-1 --anew</code>" in again
        assert (again.index("/filings/LN-1"), "已很久没有巡查" in again) < (
            again.index("/rounds/annual-2026-LN-1"),
            True,
        )
        assert "最近两日没有完整的备份" not in again
        DriftLog(house.tools.register.engine, settings.task_queue).note_failed(NOW, "ValidationError")
        assert "此后1次巡查未能完成" in (await operator.get("/ops")).text
        assert "2026-12-20.zip" in again
        monkeypatch.setattr("gateway.pages.operations.workers", nobody)
        monkeypatch.setattr("gateway.pages.operations.Builds.side_by_side", two_builds)
        shown = re.sub(r"\s+", " ", (await operator.get("/ops")).text)
        assert "构建 0.8.0（现行）：worker 2 个，在办 7 件<" in shown
        assert "构建 0.7.9：worker 1 个，在办 0 件，worker 可以停止" in shown
        assert "构建 0.7.8：worker 0 个，在办 3 件，<strong>没有 worker，在办的停滞</strong>" in shown
        assert "pinned:beian-filings:0.8.0" in shown, "what runs elsewhere than on the current build is one link away"
        for day in ("nonsense", "9999-12-31", "0001-01-01"):
            assert (await operator.get(f"/ops?day={day}")).status_code == 422


def test_next_year_s_calendar_is_missed_from_15_december_on_and_a_call_ends_soon() -> None:
    def urgent(day: date) -> dict[str, bool]:
        return {each.subject: each.urgent for each in expiring(day)}

    assert urgent(date(2026, 12, 14)) == {"工作日历": False, "B类申报通知": False}
    assert urgent(date(2026, 12, 15))["工作日历"]
    assert urgent(date(2027, 1, 4))["工作日历"], "and what was missed stays urgent"
    ends = {day: urgent(day)["B类申报通知"] for day in (date(2023, 4, 2), date(2023, 4, 3), date(2023, 4, 26))}
    assert list(ends.values()) == [False, True, False], "before it, in it, after it"


def test_the_command_line_prints_every_link(capsys: pytest.CaptureFixture[str]) -> None:
    assert starter.run(["links", "--day", "9999-12-31"]) == 64
    assert starter.run(["links", "--day", "2026-11-30", "--office", "210100"]) == 0
    printed = capsys.readouterr().out
    assert "2026-11-30（含当日24时）以前到期\n  http://127.0.0.1:8233/namespaces/default/workflows?query=" in printed
    assert "2026-12-01T00%3A00%3A01%2B08%3A00" in printed
