"""The breaker on a register and on an engine: too many revocations on one day stop, and two people let them go on."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook
from temporalio.testing import WorkflowEnvironment

import starter
from activities.entering import Entering, Start
from activities.letters import Letters
from activities.mondays import Mondays
from activities.register import Register
from activities.revocations import Revocations, counted
from deploy.skipping import EARLY
from examples.demo import OFFICES, know_working_days
from models.acts import Hold, Release
from models.filing import Entry, Filing
from models.settings import Settings
from models.values import in_shanghai
from models.vocabulary import Stage
from regulation import agenda, entries, identity, offices
from regulation.breaker import Bound
from regulation.moment import Moment
from tests.databases import prepare
from tests.in_force import also_in_force
from tests.served import Clock
from tests.simulated import Papered, told, written
from tests.story import application, instant
from tests.visiting import visiting
from tests.world import World
from workflows.ways import NEWEST

ONE, OTHER, THIRD = "BREAK-1", "BREAK-2", "BREAK-3"
NAMES = {ONE: "沈阳市熔断甲产学研联盟", OTHER: "沈阳市熔断乙产学研联盟"}


@pytest.fixture
def one_a_day() -> Iterator[None]:
    """By the terms in force Shenyang may have one alliance a day revoked by itself."""
    row = {"key": "revocation.city_most_a_day", "jurisdiction": "210100", "value": 1, "article": "G-16"}
    with also_in_force(date(2027, 12, 1), row):
        yield


@cache
def about_to_be_revoked(key: str) -> tuple[Papered, Entry]:
    """The life of an alliance that was archived before this system, and never reported: up to its revocation, and that."""
    know_working_days(2026)
    form = application(
        filing_id=key, alliance_name=NAMES.get(key, "沈阳市熔断丙产学研联盟"), by=OFFICES["province"], received_at="2026-03-15T09:00:00+08:00",
        legacy={"archived_on": "2024-12-18", "archive_number": f"00000{key[-1]}", "document_no": "辽科函1号"},
    )  # fmt: skip
    calendar = {"calendar": "DEMO-2026", "by": OFFICES["operator"]}
    whole = told(form, ("operator", "calendar_published", "2027-12-02T10:00", calendar), until=instant("2028-02-01"))
    brought = whole.until("revoked")
    return Papered(brought.docket[:-1], brought.papers), brought.docket[-1]


@pytest.fixture
def register(tmp_path: Path) -> Register:
    """A register of two filings of one city that are revoked on one day."""
    url = f"sqlite:///{tmp_path / 'register.db'}"
    prepare(url)
    opened = Register.at(url)
    for key in (ONE, OTHER):
        written(opened, about_to_be_revoked(key)[0])
    return opened


async def test_whoever_comes_first_of_too_many_on_one_day_all_are_stopped(register: Register, one_a_day: None) -> None:
    stop, revoked = Revocations(register.engine).stop, [about_to_be_revoked(key)[1] for key in (ONE, OTHER)]
    entering = Entering(register, stop=stop)
    for entry in revoked:
        appended = entering.enter(entry)
        assert appended
        assert (appended.outcome, appended.filing and appended.filing.on_hold) == ("adopted", True)
        again = entering.enter(entry)
        assert again, "tried again it finds what it wrote"
        assert again.filing == appended.filing
    docket = register.docket(OTHER)
    assert docket[-1].event.kind == "hold"
    assert "沈阳市当日期满自行办结的撤销超过1件" in str(getattr(docket[-1].event, "reason", ""))
    assert register.verify(OTHER) == []


async def test_one_that_is_reported_in_time_is_not_counted(register: Register, one_a_day: None) -> None:
    stop, (_, entry) = Revocations(register.engine).stop, about_to_be_revoked(ONE)
    assert stop(entry), "two are due"
    late = entry.but(entered_at=entry.entered_at + timedelta(days=40))
    assert stop(late), "after an outage what was due before counts for the day on which it would complete"
    early = entry.but(entered_at=entry.entered_at - timedelta(days=1))
    assert stop(early) is None, "on another day"
    held = register.filing(OTHER)
    assert held
    assert stop(about_to_be_revoked(OTHER)[0].docket[-1]) is None, "no revocation"


def test_what_two_people_let_go_on_counts_on_no_day(register: Register, one_a_day: None) -> None:
    stop, (_, first), (_, other) = Revocations(register.engine).stop, *map(about_to_be_revoked, (ONE, OTHER))
    stopped = stop(first)
    assert stopped
    register.append(stopped)
    filing, at = stopped.filing, first.at + timedelta(hours=10)
    for person in ("city", "city2"):
        release = Release.model_validate(
            {"id": person, "by": OFFICES[person], "received_at": at, "reason": "已逐件复核"}
        )
        let_go = entries.entered(filing, release, Moment(at, at))
        register.append(let_go)
        filing = let_go.filing
    due = agenda.next_lapse(filing)
    assert due
    assert due.at == first.at + timedelta(days=1)
    next_day = other.but(entered_at=due.at + timedelta(hours=1))
    assert stop(next_day) is None, "the other alone is due on the next day, before what was let go has completed"
    register.append(entries.entered(filing, due.lapse, Moment(due.at, due.at)))
    revoked = register.filing(ONE)
    assert revoked
    assert revoked.stage is Stage.REVOKED
    assert stop(next_day) is None, "and after it"


def test_a_hold_that_officers_ordered_for_many_is_no_stop_by_the_service(register: Register, one_a_day: None) -> None:
    stop, (told, _), (_, other) = Revocations(register.engine).stop, *map(about_to_be_revoked, (ONE, OTHER))
    received_at = other.at - timedelta(hours=1)
    ordered = Hold.model_validate(
        {"id": identity.of_all("b1"), "by": OFFICES["city"], "received_at": received_at, "reason": "核实"}
    )
    late = Moment(received_at, other.at + timedelta(minutes=10))
    register.append(entries.entered(told.docket[-1].filing, ordered, late))
    assert stop(other) is None, "one alone is due: the other is held, and that was written down on the day"


async def test_within_the_bound_it_completes(register: Register) -> None:
    stop, (_, entry) = Revocations(register.engine).stop, about_to_be_revoked(ONE)
    assert stop(entry) is None
    assert Entering(register, stop=stop).enter(entry) is None
    filing = register.filing(ONE)
    assert filing
    assert filing.stage is Stage.REVOKED


def test_what_the_coming_days_revoke_is_listed_with_why_for_those_whom_it_concerns(register: Register) -> None:
    revocations, at = Revocations(register.engine), about_to_be_revoked(ONE)[1].at
    found = revocations.coming(at - timedelta(days=30), offices.Scope())
    assert [each.row.filing_id for each in found] == [ONE, OTHER]
    assert all("年度连续未报送" in each.coming.why and each.coming.at == at for each in found)
    missed_once = replace(found[0], coming=replace(found[0].coming, served_on=None))
    stopping = replace(found[1], stopped_by=Bound("沈阳市", "210100", 1))
    assert counted([found[0], missed_once, stopping]) == (
        "期满自行撤销1件，仍不报送即启动撤销程序1件，届时暂停、待两人复核1件"
    ), "each told as what becomes of it"
    assert ("0时撤销。" in found[1].line, "0时暂停。" in stopping.line) == (True, True)
    assert revocations.coming(at - timedelta(days=32), offices.Scope()) == [], "later than that"
    assert len(revocations.coming(at - timedelta(days=1), offices.Scope(jurisdiction="210100"))) == len(found)
    assert revocations.coming(at - timedelta(days=1), offices.Scope(jurisdiction="210200")) == []


async def test_every_door_tells_what_is_coming_and_monday_s_letter_too(
    register: Register,
    one_a_day: None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings, now = Settings(var=tmp_path), instant("2027-12-06T09:00")  # a Monday
    async with visiting(settings, Clock(now)) as house:
        desk = await house.signed_in("c-101")
        shown = (await desk.get("/desk/revocations")).text
        assert all(f'href="/filings/{key}"' in shown for key in NAMES)
        assert "沈阳市当日期满自行办结的撤销超过1件" in shown, "it will be stopped, and that is said"
        table = load_workbook(BytesIO((await desk.get("/desk/revocations/list.xlsx")).content)).active
        assert table
        assert [row[0].value for row in table.iter_rows()][1:] == [ONE, OTHER]
        other = await house.signed_in("d-111")
        assert "名单（0）" in (await other.get("/desk/revocations")).text
        assert (await (await house.signed_in("u-leader-01")).get("/desk/revocations")).status_code == 403
    mondays = Mondays(Letters(register.engine))
    sunday = now - timedelta(days=1)
    assert mondays.compile(now - timedelta(hours=1)) == [], "not before half past eight"
    opened = mondays.compile(now)
    assert opened == ["_revocations_coming-210000-2027-12-06", "_revocations_coming-210100-2027-12-06"]
    assert mondays.compile(now) == Mondays(Letters(register.engine)).compile(now + timedelta(days=3)) == [], (
        "once a week"
    )
    letter = Letters(register.engine).row(opened[1])
    assert letter
    title, body = str(letter.title), str(letter.body)
    assert title == "2027年12月6日起30日内期满的撤销：届时暂停、待两人复核2件"
    assert "一、届时暂停、待两人复核（2件）" in body
    assert "自行撤销" not in body.partition("完整名单")[0].replace("期满自行办结的撤销", "")
    assert all(name in body for name in NAMES.values())
    assert "年度连续未报送；告知书于" in body
    assert Mondays(Letters(register.engine)).compile(sunday - timedelta(days=300)) == [], (
        "nothing is coming, nobody is written to"
    )
    monkeypatch.setenv("BEIAN_VAR", str(tmp_path))
    assert starter.run(["revocations", "--days", "366", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == [] or {each["filing_id"] for each in told} == set(NAMES), "by the clock of the wall"


@pytest.fixture
async def together(environment: WorkflowEnvironment, tmp_path: Path) -> AsyncIterator[World]:
    """A world in which what completes on one day is counted."""
    world = World.without_worker(environment, tmp_path)
    world.delivering, world.one_clock = False, True
    async with world.working():
        yield world
        await world.stops()
    world.register.engine.dispose()


async def test_a_stopped_revocation_waits_for_two_people_and_completes_the_next_day(
    together: World, one_a_day: None
) -> None:
    world = together
    for key in (ONE, OTHER):
        written(world.register, about_to_be_revoked(key)[0])
    at = about_to_be_revoked(ONE)[1].at
    await world.starts(
        Start(filing_id=ONE, ways=NEWEST), at - timedelta(hours=1), world.door.named(ONE, "联盟", "210100")
    )
    await world.on(ONE, at + timedelta(hours=1))

    def filing() -> Filing:
        found = world.register.filing(ONE)
        assert found
        return found

    assert (filing().stage, filing().on_hold) == (Stage.REVOCATION_PENDING, True)
    when = at + timedelta(hours=10)
    for number, person in enumerate(("city", "city2")):
        act = {"id": f"let-go-{number}", "kind": "release", "by": OFFICES[person], "reason": "已逐件复核"}
        await world.acts(ONE, act | {"received_at": in_shanghai(when + EARLY * number)})
        assert filing().on_hold is (person == "city"), "the first alone changes nothing"
    await world.on(ONE, at + timedelta(days=1, hours=1))
    assert filing().stage is Stage.REVOKED, "and is not stopped again, though the other still waits"
    assert world.register.docket(ONE)[-1].at == at + timedelta(days=1)
