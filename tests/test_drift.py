"""Every way in which engine and register can differ is found by one pass (gateway/watching/sentinel.py), said, and told to operators once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func
from temporalio import workflow
from temporalio.client import WorkflowExecutionStatus
from temporalio.common import TypedSearchAttributes
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

import starter
from activities.database import stating
from activities.drift import DriftLog, Known
from activities.health.counts import counted
from activities.letters import Letters
from activities.register import Register
from cli import upkeep
from gateway.client import Filings, workflow_id
from gateway.problem import NotFound
from gateway.watching import comparing
from gateway.watching import sentinel as sentinels
from gateway.watching.engine import Engine, Listed, Look, Task, as_shown
from gateway.watching.sentinel import Sentinel
from gateway.watching.suspects import Suspects
from models import metrics
from models.drift import Drift, DriftKind, Pass, Tally, tallied
from models.filing import Filing
from models.register import FilingRow, FollowedRow
from models.vocabulary import Stage
from regulation import agenda
from tests.databases import Databases, on_both
from tests.patience import comes
from tests.population import populate
from tests.simulated import Papered, holding, lived, told, written
from tests.story import application
from tests.world import World
from workflows import searching, visibility

K = DriftKind


@workflow.defn(name="AllianceFiling")
class Impostor:
    """What runs under a filing's id, and says, waits for and shows what it was started with."""

    @workflow.init
    def __init__(self, tells: dict[str, Any]) -> None:
        self.tells = tells

    @workflow.run
    async def run(self, tells: dict[str, Any]) -> None:
        """Wait until an instant; or fail, again and again."""
        if tells.get("fails"):
            raise RuntimeError("a bug")
        if "until" in tells:
            await workflow.sleep(datetime.fromisoformat(tells["until"]) - workflow.now())
        await workflow.wait_condition(lambda: False)

    @workflow.update
    async def show(self) -> None:
        """Show what it ought to show."""
        workflow.upsert_search_attributes(visibility.attributes(Filing.model_validate(self.tells["says"])))

    @workflow.query(name="filing")
    def filing(self) -> Any:
        """As it was told."""
        return self.tells.get("says")


def life(filing_id: str) -> Papered:
    """A filing that waits to be accepted, in a year that is still to come, with its papers."""
    name = f"沈阳市{filing_id}产学研联盟"
    form = application(filing_id=filing_id, alliance_name=name, received_at="2040-03-15T09:00:00+08:00")
    return told(form, until=datetime(2040, 3, 16, tzinfo=UTC))


def filed(filing_id: str) -> Filing:
    """The same, as it stands."""
    return life(filing_id).docket[-1].filing


def tells(filing: Filing, *, later: timedelta = timedelta(0)) -> dict[str, Any]:
    """What a workflow says and waits for that is as it should be; or waits longer."""
    due = agenda.next_lapse(filing)
    assert due
    return {"says": filing.model_dump(mode="json"), "until": (due.at + later).isoformat()}


def another(filing: Filing) -> dict[str, tuple[DriftKind | None, dict[str, Any], TypedSearchAttributes]]:
    """By what is wrong: the kind of drift, what the workflow tells, and what it shows."""
    right, shown = tells(filing), visibility.from_the_start(filing)
    wrongly = visibility.from_the_start(filing.but(jurisdiction="210200"))
    return {
        "RIGHT": (None, right, shown),
        "CANCELLED": (K.CANCELLED, right, shown),
        "TERMINATED": (K.TERMINATED, right, shown),
        "FAILING": (K.STUCK, {"fails": True}, shown),
        "ELSEWHERE": (K.STUCK, right, shown),
        "AHEAD": (K.REGISTER_BEHIND, tells(filing.but(number=filing.number + 1)), shown),
        "BEHIND": (K.ENGINE_BEHIND, tells(filing.but(number=filing.number - 1)), shown),
        "STAGE": (K.WRONG_STAGE, tells(filing.but(stage=Stage.RETURNED)) | {"until": right["until"]}, shown),
        "INSTANT": (K.WRONG_INSTANT, tells(filing, later=timedelta(days=1)), shown),
        "SHOWN": (K.STALE_ATTRIBUTES, right, wrongly),
        "UNREADABLE": (K.UNREADABLE, right, shown),
        "STRANGE": (K.REGISTER_BEHIND, right, shown),
    }


def cut_in_half(register: Register, filing_id: str) -> None:
    """Half of what the register keeps of a filing is lost."""
    table = FilingRow.metadata.tables["filings"]
    half = func.substr(table.c.value, 1, func.length(table.c.value) / 2)
    with stating(register.engine) as db:
        db.execute(table.update().where(table.c.filing_id == filing_id).values(value=half))


@pytest.fixture(scope="module")
async def door(environment: WorkflowEnvironment, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Filings]:
    """A register, and an engine in which one thing is wrong with each filing."""
    world = World.without_worker(environment, tmp_path_factory.mktemp("drift"))
    queue = world.settings.task_queue
    async with Worker(
        world.client, task_queue=queue, workflows=[Impostor], workflow_runner=UnsandboxedWorkflowRunner()
    ):
        for name in (*another(filed("ANY")), "MISSING"):
            if name != "STRANGE":
                written(world.register, life(f"DRIFT-{name}"))
        written(world.register, lived("DRIFT-OVER"))
        cut_in_half(world.register, "DRIFT-UNREADABLE")
        for name, (_, told_, shown) in ((n, another(filed(f"DRIFT-{n}"))[n]) for n in another(filed("ANY"))):
            await world.client.start_workflow(
                "AllianceFiling", told_, id=workflow_id(f"DRIFT-{name}"), search_attributes=shown,
                task_queue=queue if name != "ELSEWHERE" else f"{queue}-elsewhere",
            )  # fmt: skip
        await world.handle("DRIFT-CANCELLED").cancel()
        await world.handle("DRIFT-TERMINATED").terminate()

        async def is_ready() -> bool:
            engine, found = Engine(world.client, queue), set[str]()
            failing = (await world.handle("DRIFT-FAILING").describe()).raw_description.pending_workflow_task.attempt
            cancelled = (await world.handle("DRIFT-CANCELLED").describe()).status
            async for page in engine.listed(world.door.running("AllianceFiling")):
                found |= page.keys()
            return failing > 1 and cancelled == WorkflowExecutionStatus.CANCELED and len(found) == 9

        await comes(is_ready)
        yield world.door
        for name in (*another(filed("ANY")), "MISSING"):
            handle = world.handle(f"DRIFT-{name}")
            if (await handle.describe()).status == WorkflowExecutionStatus.RUNNING:
                await handle.terminate()
    world.register.engine.dispose()


EXPECTED = {f"DRIFT-{name}": kind for name, (kind, *_) in another(filed("ANY")).items() if kind} | {
    "DRIFT-MISSING": K.MISSING
}


def soon() -> datetime:
    """A minute from now: what fails has failed for so long."""
    return datetime.now(UTC) + timedelta(minutes=1)


async def test_every_kind_of_drift_is_found_by_one_pass(door: Filings) -> None:
    found, different = await Sentinel(door, soon).look(mends=False)
    assert {each.key: each.kind for each in different} == EXPECTED
    assert {*EXPECTED.values(), DriftKind.NOT_PROPOSED} == set(DriftKind), "that one is no difference of a filing"
    assert (found.compared, found.left, found.mended) == (12, len(EXPECTED), 0)
    commands = {each.key: each.command for each in different}
    assert commands.pop("DRIFT-UNREADABLE") == "starter.py verify DRIFT-UNREADABLE"
    assert all(command.startswith(f"starter.py revive {key}") for key, command in commands.items())


async def test_what_is_not_mended_is_told_to_operators_once(door: Filings) -> None:
    sentinel, letters = Sentinel(door, soon), Letters(door.register.engine)
    found, different = await sentinel.look(mends=False)
    by_hand = [each for each in different if each.kind not in (K.MISSING, K.CANCELLED, K.TERMINATED)]
    revived = [each.but(mended=True) for each in different if each not in by_hand]
    found = found.but(tallies=tallied([*by_hand, *revived]))
    new = await asyncio.to_thread(sentinel.memory.note, found, [*revived, *by_hand])
    assert {each.key for each in new} == {each.key for each in by_hand}
    [letter] = [row for row, _ in letters.waiting() if row.text == "drift"]
    assert (letter.to, letter.office, f"新发现{len(by_hand)}件" in (letter.title or "")) == ("operator", "210000", True)
    assert "starter.py revive DRIFT-STAGE --anew" in (letter.body or "")
    assert sentinel.memory.last() == found
    with door.register.engine.connect() as db:
        told_of = {each.name: each.samples for each in counted(db, found.at)}
    assert {each.labels["kind"]: each.value for each in told_of[metrics.DRIFT.name] if each.value} == Counter(
        each.kind.value for each in by_hand
    )
    assert [each.value for each in told_of[metrics.SENTINEL_AT.name]] == [found.at.timestamp()]
    again = found.but(at=found.at + timedelta(hours=1))
    assert await asyncio.to_thread(sentinel.memory.note, again, by_hand) == [], "nobody is written to again"
    assert {row.found_at for row in sentinel.memory.rows()} == {found.at}, "but since when it is so stays known"
    assert await asyncio.to_thread(sentinel.memory.note, again.but(tallies={}), []) == []
    assert sentinel.memory.rows() == []


async def test_what_cannot_be_read_is_verified_by_name(
    door: Filings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(upkeep, "the_register", lambda: door.register)
    for command in (["verify", "DRIFT-UNREADABLE"], ["verify", "--all"]):
        assert await asyncio.to_thread(starter.run, command) == 1
        assert "DRIFT-UNREADABLE" in capsys.readouterr().out


async def test_nothing_is_started_anew_where_it_cannot_show_what_it_is(
    door: Filings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(_: Any) -> None:
        raise RPCError("no", RPCStatusCode.PERMISSION_DENIED, b"")

    monkeypatch.setattr(searching, "register", refused)
    handle = door.client.get_workflow_handle(workflow_id("DRIFT-RIGHT"))
    before = (await handle.describe()).run_id
    with pytest.raises(RPCError):
        await Sentinel(door, soon).one("DRIFT-RIGHT", anew=True)
    assert (await handle.describe()).run_id == before


async def test_a_pass_that_cannot_be_made_is_told_until_one_is(door: Filings, monkeypatch: pytest.MonkeyPatch) -> None:
    sentinel, now = Sentinel(door, soon), soon()
    before = Pass(at=now, compared=3)
    await asyncio.to_thread(sentinel.memory.note, before, [])

    async def broken() -> None:
        raise RuntimeError("nobody expected this")

    monkeypatch.setattr(sentinel, "look", broken)
    for times in (1, 2):
        with pytest.raises(RuntimeError):
            await sentinel.passes()
        last = sentinel.memory.last()
        assert last
        assert (last.at, last.compared, last.failed and (last.failed.times, last.failed.why)) == (
            now,
            3,
            (times, "RuntimeError"),
        )
    await asyncio.to_thread(sentinel.memory.note, before, [])
    assert sentinel.memory.last() == before


@dataclass(frozen=True)
class Forgetful(Engine):
    """An engine whose list has lost a filing, for ever or until it is asked for by name."""

    lost: str = ""
    for_ever: bool = True

    async def listed(self, query: str) -> AsyncIterator[Mapping[str, Listed]]:
        """What is listed, without it."""
        async for page in super().listed(query):
            gone = {self.lost} if self.for_ever or "WorkflowId IN" not in query else set[str]()
            yield {each: shows for each, shows in page.items() if each not in gone}


@pytest.mark.parametrize("for_ever", [True, False])
async def test_one_that_runs_and_is_not_listed_is_shown_again_unless_the_list_is_only_slow(
    door: Filings, for_ever: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sentinels, "LISTS_WITHIN", 0.0)
    sentinel = Sentinel(door, soon)
    vars(sentinel)["engine"] = Forgetful(door.client, door.task_queue, workflow_id("DRIFT-RIGHT"), for_ever)
    _, different = await sentinel.look(mends=False)
    found = [each.kind for each in different if each.key == "DRIFT-RIGHT"]
    assert found == ([K.STALE_ATTRIBUTES] if for_ever else [])


@on_both
def test_what_was_seen_is_remembered_until_it_changes(databases: Databases) -> None:
    register = Register.at(databases.made("population", holding(populate)))
    memory = DriftLog(register.engine, "filings")
    known = [each for rows in memory.open_filings() for each in rows]
    assert [each.filing_id for each in known] == sorted(each.filing_id for each in known)
    assert len(known) == len(register.open_filings()) == 12
    first, second = known[:2]
    for number in (first.number, first.number + 1):  # anew, and in place of what was seen before
        memory.follow([FollowedRow(filing_id=first.filing_id, number=number, run_id="r", armed_for=NOW)])
    told_of = memory.known([first.filing_id, second.filing_id, "NOBODY"])
    assert [told_of[first.filing_id].followed, told_of[first.filing_id].armed_for] == [first.number + 1, NOW]
    assert told_of.keys() == {first.filing_id, second.filing_id}
    assert list(memory.ended()) == []
    stuck = Drift(key=first.filing_id, kind=K.STUCK, what="")
    for number in range(2):
        found = Pass(at=NOW + timedelta(hours=number), tallies=tallied([stuck]))
        assert memory.note(found, [stuck]) == ([] if number else [stuck])
    assert (memory.last(), len(memory.rows())) == (found, 1)
    register.engine.dispose()


async def test_what_is_safe_is_mended_and_nothing_else(door: Filings) -> None:
    """Whoever runs here cannot be brought level, so that one is left too."""
    _, different = await Sentinel(door).look()
    mended = {each.key for each in different if each.mended}
    assert mended == {f"DRIFT-{name}" for name in ("MISSING", "CANCELLED", "TERMINATED", "SHOWN")}
    _, left = await Sentinel(door).look(mends=False)
    assert "DRIFT-SHOWN" not in {each.key for each in left}
    assert await Sentinel(door).one("DRIFT-STRANGE", anew=True) == ["DRIFT-STRANGE"], "what is in no register is ended"
    with pytest.raises(NotFound):
        await Sentinel(door).one("DRIFT-NOBODY", anew=True)


def looked(filing: Filing, **changes: Any) -> Look:
    """A filing that is as it should be, or not quite."""
    due = agenda.next_lapse(filing)
    assert due
    shown = {pair.key.name: as_shown(pair.value) for pair in visibility.from_the_start(filing)}
    right: dict[str, Any] = {
        "status": WorkflowExecutionStatus.RUNNING,
        "queue": "q",
        "attributes": shown,
        "asked": True,
        "says": filing,
        "armed": (due.at,),
    }
    return Look(**(right | changes))


NOW = datetime(2040, 3, 16, 12, tzinfo=UTC)


def task(attempt: int = 1, *, minutes: float = 0, taken: bool = False) -> Task:
    """A workflow task that has been pending for so long."""
    return Task(attempt, NOW - timedelta(minutes=minutes), taken)


@pytest.mark.parametrize(
    ("changes", "entered", "kind"),
    [
        ({}, 0, None),
        ({"armed": ()}, 0, K.WRONG_INSTANT),
        ({"armed": (), "task": task()}, 0, None),
        ({"armed": (), "task": task(minutes=6)}, 0, K.STUCK),
        ({"task": task(minutes=2, taken=True)}, 0, None),
        ({"task": task(minutes=11, taken=True)}, 0, K.STUCK),
        ({"task": task(2)}, 0, None),
        ({"task": task(2, minutes=1)}, 0, K.STUCK),
        ({"task": task(5)}, 0, None),
        ({"task": task(6)}, 0, K.STUCK),
        ({"task": task(2), "attributes": {"TemporalReportedProblems": ("x",)}}, 0, K.STUCK),
        ({"says": None, "answers": False}, 0, K.STUCK),
        ({"failing": 6}, 0, K.STUCK),
        ({"armed": ()}, 1, None),
        ({"attributes": {}}, 1, None),
        ({"status": WorkflowExecutionStatus.FAILED}, 0, K.MISSING),
        ({"status": WorkflowExecutionStatus.COMPLETED}, 0, K.MISSING),
    ],
)
def test_what_is_under_way_is_no_drift(changes: dict[str, Any], entered: int, kind: DriftKind | None) -> None:
    filing = filed("JUDGED")
    ought = comparing.of_filing(filing)
    found = comparing.judged(ought, filing.number + entered, looked(filing, **changes), "q", NOW)
    assert (found.kind if found else None) == kind


@pytest.mark.parametrize("waits", [0, 6])
def test_who_waits_for_a_register_that_is_older_is_told_so(waits: int) -> None:
    """An act that is tried again and again, for its number was given before, is under way for ever."""
    filing = filed("AHEAD")
    hangs = looked(filing.but(number=filing.number + 1), task=task(minutes=waits, taken=True))
    found = comparing.judged(comparing.of_filing(filing), filing.number, hangs, "q", NOW)
    assert found
    assert found.kind is K.REGISTER_BEHIND


def test_where_thousands_are_due_at_once_they_wait_for_each_other() -> None:
    """Nobody is woken because the law's own work takes a while."""
    filing = filed("HERD")
    ought, waiting = comparing.of_filing(filing), looked(filing, armed=(), task=task(2, minutes=50))
    assert comparing.judged(ought, filing.number, waiting, "q", NOW)
    assert comparing.judged(ought, filing.number, waiting, "q", NOW, comparing.IN_A_HERD) is None
    due = ought.word.due_at
    assert due
    row = Known(filing.id, filing.number, filing.model_dump_json(), NOW, None, None, None)
    listed = {workflow_id(filing.id): Listed("run", {})}
    suspects = Suspects()
    suspects.compare([row] * 201, listed, due + timedelta(hours=1), every=False)
    assert suspects.are_a_herd
    assert (len(suspects.there(3000)[0]), suspects.there(3000)[1]) == (100, 101), "and few are looked at meanwhile"


def test_a_run_shows_what_those_of_its_time_do() -> None:
    filing = filed("SHOWN")
    ought = comparing.of_filing(filing)
    for updates in visibility.by_every_way(filing):
        held = {each.key.name: as_shown(each.value) for each in updates if each.value is not None}
        assert ought.is_shown(held | {"BuildIds": ("unversioned",), "TemporalReportedProblems": ("x",)})
        assert not ought.is_shown(held | {"Jurisdiction": "210200"})
    assert not ought.is_shown({})


def test_a_pass_counts_by_kind() -> None:
    found = [Drift(key="A", kind=K.STUCK, what=""), Drift(key="B", kind=K.MISSING, what="", mended=True)]
    told_of = Pass(at=NOW, tallies=tallied(found))
    assert told_of.tallies == {K.MISSING: Tally(mended=1), K.STUCK: Tally(left=1)}
    assert (told_of.left, told_of.mended) == (1, 1)
    assert Pass.model_validate_json(told_of.model_dump_json()) == told_of
