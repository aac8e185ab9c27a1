"""Health (activities/health): what a process needs, what it measures, and where it tells both."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest
from httpx import AsyncClient
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from activities.health import checks, instruments
from activities.health.counts import BY_PLACE, counted
from activities.health.health import Families, Health
from activities.health.kept import Kept
from activities.migrating import lacking, migrate
from activities.register import Register
from gateway.processes import HANGING, STARTING, Pulse
from models import metrics
from models.metrics import TABLE, Metric
from models.settings import Settings
from models.vocabulary import Kind, Role, Stage
from regulation import offices
from tests.databases import Databases, on_both, prepare, statements
from tests.patience import Patient
from tests.population import NOW, populate
from tests.served import Clock
from tests.simulated import holding
from tests.story import instant
from tests.visiting import visiting

BY_NAME: Mapping[str, Metric] = {each.name: each for each in TABLE}
AT_A_LOOK = 19
"""Statements that a look at the register takes, however much is in it: what is needed, and what is counted."""


@pytest.fixture
def spring(databases: Databases) -> Iterator[Register]:
    """A register that holds a dozen alliances."""
    opened = Register.at(databases.made("population", holding(populate)))
    yield opened
    opened.engine.dispose()


async def health_of(register: Register, tmp_path: Path, **changed: object) -> Health:
    """How a process on a register is whose engine nobody reaches."""
    nobody = await Client.connect("127.0.0.1:1", lazy=True)
    return Health("worker", Settings(var=tmp_path).model_copy(update=changed), register, nobody)


@asynccontextmanager
async def told(health: Health) -> AsyncIterator[AsyncClient]:
    """Whoever asks how a process is."""
    own = socket.create_server(("127.0.0.1", 0))
    own.setblocking(False)
    async with health.told_on(own), Patient(base_url=f"http://127.0.0.1:{own.getsockname()[1]}") as asking:
        yield asking


def samples(text: str) -> dict[str, dict[tuple[str, ...], float]]:
    """What is told of ours, as Prometheus reads it: by name, and by the values of the table's labels."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            metric = BY_NAME.get(family.name) or BY_NAME.get(f"{family.name}_total")
            if metric and sample.name in (metric.name, f"{metric.name}_count"):
                values = tuple(sample.labels[label] for label in metric.labels)
                found.setdefault(metric.name, {})[values] = sample.value
    return found


def test_the_table_names_each_metric_once_in_words_of_both_languages() -> None:
    assert len(BY_NAME) == len(TABLE)
    for each in TABLE:
        assert each.name.startswith("beian_")
        assert all((each.english, each.unit, any("\u4e00" <= sign <= "\u9fff" for sign in each.chinese)))


@on_both
async def test_what_is_told_is_in_the_table_and_its_labels_are_bounded(spring: Register, tmp_path: Path) -> None:
    spring.record_refusal("SY-NEW", {"kind": "我的电话是13900000000"}, "…", instant(NOW))
    spring.record_refusal("SY-NEW", {"kind": "A"}, "…", instant(NOW))
    async with told(await health_of(spring, tmp_path)) as asking:
        text = (await asking.get("/metrics")).text
    names = {family.name for family in text_string_to_metric_families(text)}
    known = {*BY_NAME, *(name.removesuffix("_total") for name in BY_NAME)}
    assert {name for name in names if not name.startswith("process_")} <= known
    found = samples(text)
    bounds: dict[str, set[str]] = {
        "stage": {each.value for each in Stage},
        "jurisdiction": set(offices.OFFICES),
        "kind": {each.value for each in Kind},
        "office": {*offices.KEYS, "other"},
        "role": {each.value for each in Role},
        "age": set(metrics.AGES),
        "check": set(checks.CHECKS),
        "act": {*instruments.ACTS, "submit", "other"},
    }
    for name, values in found.items():
        for label, seen in zip(BY_NAME[name].labels, zip(*values, strict=True), strict=False):
            assert set(seen) <= bounds.get(label, set(seen)), (name, label)
    assert found[metrics.FILINGS.name]["on_notice", "210200", "A"] == 1
    assert sum(found[metrics.FILINGS.name].values()) == 12
    assert found[metrics.OVERDUE.name]["210100", "city_st"] >= 1
    assert found[metrics.REFUSALS.name][("other",)] >= 1
    assert found[metrics.REFUSALS.name][("submit",)] >= 1
    assert found[metrics.BACKUP.name] == {(): 0}
    assert found[metrics.SENTINEL_AT.name] == {(): 0}, "no pass was made yet"
    assert not any(row.alliance_name in text or row.leader in text for row in spring.filings())


@on_both
def test_a_lapse_that_nobody_enters_shows_by_how_much_it_is_late(spring: Register) -> None:
    with spring.engine.connect() as db:
        due = min(row.next_deadline for row in spring.filings() if row.next_deadline)
        early = samples(generate_latest(Families(list(counted(db, due - timedelta(seconds=1))))).decode())
        late = samples(generate_latest(Families(list(counted(db, due + timedelta(minutes=7))))).decode())
    assert early[metrics.LAPSES_LATE.name] == early[metrics.LATE_SECONDS.name] == {(): 0}
    assert late[metrics.LAPSES_LATE.name][()] >= 1
    assert late[metrics.LATE_SECONDS.name] == {(): 420}
    assert sum(late[metrics.LETTERS_BY_AGE.name].values()) > 0


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
async def test_however_often_it_is_asked_the_register_is_asked_once_in_a_while(
    spring: Register, tmp_path: Path
) -> None:
    health = await health_of(spring, tmp_path)
    health._register.clock = lambda: now
    now = 100.0
    async with told(health) as asking:
        with statements(spring) as asked:
            answers = await asyncio.gather(*(asking.get(f"/{path}") for path in ("metrics", "readyz") * 4))
        assert 0 < len(asked) <= AT_A_LOOK
        assert {each.status_code for each in answers} == {200, 503}, "the engine is not there"
        now += health.settings.metrics_interval - 0.1
        with statements(spring) as asked:
            await asking.get("/metrics")
            await asking.get("/healthz")
        assert asked == []
        now += 0.2
        with statements(spring) as asked:
            await asking.get("/metrics")
        assert 0 < len(asked) <= AT_A_LOOK


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_filings_are_counted_along_an_index_alone(spring: Register) -> None:
    with spring.engine.connect() as db:
        told = BY_PLACE.compile(db, compile_kwargs={"literal_binds": True})
        plan = " ".join(each.detail for each in db.exec_driver_sql(f"EXPLAIN QUERY PLAN {told}"))
    assert "COVERING INDEX" in plan, "a hundred thousand are counted in a quarter of a second, and else in one or two"


async def test_what_takes_too_long_is_not_waited_for_and_asked_once_only() -> None:
    gate, asked = asyncio.Event(), []

    async def ask() -> int:
        asked.append(1)
        await gate.wait()
        return len(asked)

    kept = Kept(ask, seconds=0.0, patience=0.01)
    assert [await kept.told(), await kept.told()] == [None, None]
    gate.set()
    kept.patience = 10.0
    assert (await kept.told(), len(asked)) == (1, 1)


# What is needed


async def test_a_process_is_ready_when_everything_it_needs_is_there(
    tmp_path: Path, environment: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'register.db'}"
    prepare(url)
    register = Register.at(url)
    health = Health("gateway", Settings(var=tmp_path, metrics_interval=0.001), register, environment.client)
    async with told(health) as asking:
        answer = await asking.get("/readyz")
        assert (answer.status_code, answer.json()) == (
            200,
            {"ready": True, "checks": dict.fromkeys(checks.CHECKS, "ok")},
        )
        monkeypatch.setattr(checks, "ahead_of_database", lambda engine: timedelta(seconds=-90))
        answer = await asking.get("/readyz")
        assert (answer.status_code, answer.json()["checks"]["clock"]) == (
            503,
            "本机时钟比备案库慢90秒，超过一分钟，不予办理",
        )
        assert (await asking.get("/readyz?exclude=clock")).status_code == 200
    register.engine.dispose()


async def test_what_is_missing_is_named(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    migrate(url, "0005")
    old, gone = Register.at(url), Register.at(f"sqlite:///{tmp_path / 'nowhere' / 'register.db'}")
    assert lacking(old.engine)[:1] == ["0006"]
    for register, check, word in (
        (old, "migrations", "表结构落后于本版本，缺 0006"),
        (gone, "register", "SQLITE_CANTOPEN"),
    ):
        async with told(await health_of(register, tmp_path)) as asking:
            answer = await asking.get("/readyz")
            found = samples((await asking.get("/metrics")).text)
        assert (answer.status_code, word in answer.json()["checks"][check]) == (503, True)
        assert "引擎无法连接" in answer.json()["checks"]["engine"]
        assert found[metrics.READY.name][(check,)] == 0
        assert metrics.FILINGS.name not in found, "what cannot be counted is not told as none"
        register.engine.dispose()
    with old.engine.connect().execution_options(writes=True) as db, db.begin():
        db.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    assert lacking(old.engine) == [], "a newer release made these tables"
    old.engine.dispose()


@pytest.mark.parametrize(
    ("today", "missing"),
    [("2026-12-14", False), ("2026-12-15", True), ("2026-12-31", True), ("2025-12-31", False), ("2027-01-01", True)],
)
def test_next_years_calendar_is_missed_from_15_december_on(
    today: str, missing: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "last_year_known", lambda: 2026)
    assert ("没有2027年工作日历" in checks.calendar_fault(date.fromisoformat(today))) is missing


# Where it is told


async def test_it_answers_to_this_machines_own_name_and_tells_only(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'register.db'}"
    async with told(await health_of(Register.at(url), tmp_path)) as asking:
        assert (await asking.get("/healthz")).text == "ok\n"
        assert (await asking.head("/healthz")).text == ""
        assert (await asking.get("/healthz", headers={"Host": "evil.example"})).status_code == 403
        assert (await asking.post("/healthz")).status_code == 405
        assert (await asking.get("/desk")).status_code == 404
        reader, writer = await asyncio.open_connection("127.0.0.1", asking.base_url.port)
        writer.write(b"GET /" + b"x" * 20_000)
        assert await reader.read() == b"", "a head that is too long is not read"
        writer.close()


async def test_requests_are_measured_by_their_route_and_not_by_what_was_asked(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path)
    prepare(settings.register_url)
    async with visiting(settings, Clock(instant(NOW))) as house, house.browser() as browser:
        for path in ("/filings/13900000000", "/api/v1/filings/13900000000", "/13900000000"):
            await browser.get(path)
    text = generate_latest(instruments.REGISTRY).decode()
    routes = {route for route, *_ in samples(text)[metrics.REQUESTS.name]}
    assert {"/filings/{filing_id}", "/api/v1/filings/{filing_id}", "none"} <= routes
    assert "13900000000" not in text


def test_a_process_that_beats_no_more_is_missed_and_one_that_was_just_started_has_longer(tmp_path: Path) -> None:
    with (tmp_path / "pulses").open("w+b") as file:
        pulse = Pulse(file.fileno(), 2)
        looks = [pulse.is_gone(0) for _ in range(STARTING)]
        assert looks == [False] * (STARTING - 1) + [True]
        pulse._beats[1] = 1
        assert [pulse.is_gone(1) for _ in range(HANGING + 1)] == [False] * HANGING + [True]
        pulse.begins(1)
        assert not pulse.is_gone(1)
