"""Two builds of the worker side by side on a real server: what sleeps on the old one is brought over, and no date moves.

The docket of each filing is that of a fleet that never moved: the simulator's, which knows of no engine.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from types import SimpleNamespace
from typing import Any, cast

import pytest
from temporalio import workflow
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import PollWorkflowTaskQueueRequest
from temporalio.client import WorkflowExecutionStatus
from temporalio.common import VersioningBehavior
from temporalio.testing import WorkflowEnvironment

from cli.examinations import State, builds_told
from cli.exits import USAGE
from cli.rotate import led_back
from cli.upkeep import mending
from deploy.skipping import EARLY
from examples.demo import know_call
from gateway.client import Filings
from gateway.problem import Unreachable
from gateway.rounds import Rounds
from gateway.rounds import workflow_id as workflow_id_of_round
from gateway.watching.builds import Build, Builds, NoBuild, lacking
from gateway.watching.engine import UNVERSIONED, Engine, Look, Task
from gateway.watching.proving import ANSWERS_WITHIN, NotTaken, Proving
from gateway.watching.workers import workers
from models.drift import Drift, DriftKind
from models.filing import Entry, Filing
from models.values import day_of
from models.vocabulary import Kind
from regulation.simulation import simulate
from starter import run
from tests.patience import LASTING, comes
from tests.plain_rounds import in_force, rules
from tests.record import line
from tests.story import Story, application, instant
from tests.test_lives import AT_THE_INSTANT, armed
from tests.world import OpenWorld, World
from workflows.builds import GO_ON
from workflows.filing import AllianceFiling
from workflows.proof import Proof
from workflows.round import Round
from workflows.sentinel import SentinelOfBuilds

ROUND = f"annual-{datetime.now(UTC).year}-LN-1"
NUMBERS = count(1)
OLD, NEW = "0.8.0-1a2b3c4d5e", "0.9.0-6f7a8b9c0d"


def in_the_call() -> dict[str, Any]:
    """What an alliance of kind B outside any zone says besides."""
    form = application(Kind.B, zone_name=None, agreement_effective_on="2027-02-01")
    return {name: form[name] for name in form if name not in ("filing_id", "alliance_name")}


def opening() -> dict[str, Any]:
    """Opens a round for thirty days."""
    today = day_of(datetime.now(UTC))
    by = {"person": "p-401", "office": "210000", "role": "province_st"}
    window = {"opens": str(today), "closes": str(today + timedelta(days=30))}
    return {"id": "open-1", "kind": "open_round", "by": by, "title": "年度报送", **window}


def outcome(entry: Entry) -> dict[str, Any]:
    """An entry with all its dates, but for the paper, whose digest a door makes of more than the simulator is told."""
    told = line(entry)
    return told | {"event": {name: value for name, value in told["event"].items() if name != "paper"}}


class Told(Story):
    """A life of which every act is kept, to be told to the simulator too."""

    def __init__(self, world: World, filing_id: str, **changes: Any) -> None:
        super().__init__(world, filing_id, **changes)
        self.said: list[dict[str, Any]] = []

    def act(self, who: str, kind: str, on: str, **fields: Any) -> dict[str, Any]:
        """An act, noted."""
        if kind == "archive":
            fields["archive_number"] = f"LN-CXY-A-210100-{on[:4]}-{next(NUMBERS):04d}"  # the simulator has none to give
        self.said.append(super().act(who, kind, on, **fields))
        return self.said[-1]

    def ought(self, until: str) -> list[dict[str, Any]]:
        """Its docket, had nothing ever moved."""
        return [outcome(entry) for entry in simulate(self.form, self.said, instant(until)).docket]

    async def awaits(self) -> tuple[Filing, list[datetime]]:
        """What it is and what its workflow is armed for, as the engine has them."""
        filing: Filing = await self.world.handle(self.id).query("filing", result_type=Filing)
        return filing, await armed(self.world, self.id)


@pytest.fixture(scope="module")
async def world(environment: WorkflowEnvironment, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """A world in which nobody works yet."""
    opened = OpenWorld.without_worker(environment, tmp_path_factory.mktemp("builds"))
    opened.delivering = False
    yield opened
    await opened.stops()
    opened.register.engine.dispose()


@dataclass
class Shift:
    """Who works: workers of builds, come and gone by name."""

    world: World
    at_work: dict[str, AsyncExitStack] = field(default_factory=dict)

    async def __aenter__(self) -> "Shift":
        return self

    async def __aexit__(self, *_: object) -> None:
        for build in list(self.at_work):
            await self.goes(build)

    async def comes(self, build: str) -> None:
        """A worker of a build, or of none, begins to work."""
        self.at_work[build] = AsyncExitStack()
        named, now = "" if build == UNVERSIONED else build, datetime.now(UTC)
        await self.at_work[build].enter_async_context(self.world.working(build=named))

        async def is_seen() -> bool:
            """Whether it has asked for work since: of one who went before the engine goes on telling."""
            known = await workers(self.world.client, self.world.settings.task_queue) or ()
            return any(each.build == named and each.last >= now for each in known)

        await comes(is_seen)

    async def makes_current(self, build: str) -> None:
        """Make a build the current one whose worker works, however often this machine keeps it from proving that in time."""

        async def made() -> bool:
            try:
                await Present(self, ANSWERS_WITHIN).make_current(build)
            except NoBuild:
                return False
            return True

        await comes(made)

    async def goes(self, build: str) -> None:
        """It ends."""
        await self.at_work.pop(build).aclose()


class Present(Builds):
    """Builds of which the engine forgets at once who went: it takes minutes, which no test has. Who is there is waited for."""

    def __init__(self, shift: Shift, answers_within: timedelta = LASTING) -> None:
        super().__init__(shift.world.door, answers_within)
        vars(self)["at_work"] = shift.at_work

    async def _workers(self) -> list[str]:
        return [each for each in await super()._workers() if each in vars(self)["at_work"]]


async def runs_on(world: World, workflow: str) -> str:
    """On which build the engine says that something runs."""
    found = await world.client.get_workflow_handle(workflow).describe()
    assert found.status is WorkflowExecutionStatus.RUNNING
    return found.raw_description.workflow_execution_info.versioning_info.deployment_version.build_id or UNVERSIONED


async def is_on(world: World, workflow: str, build: str) -> bool:
    """Whether something has come to run on a build."""
    return await runs_on(world, workflow) == build


@pytest.fixture(autouse=True)
def plain_rounds() -> Iterator[None]:
    """Rounds that ask nothing."""
    with in_force(rules()):
        yield


async def test_what_sleeps_on_an_old_build_is_brought_over_and_no_date_moves(world: World) -> None:
    know_call(2027)
    of_a, of_b = Told(world, "MOVES-A"), Told(world, "MOVES-B", **in_the_call())
    of_0_7, busy = Told(world, "MOVES-0-7"), Told(world, "MOVES-BUSY")
    async with Shift(world) as shift:
        found = Present(shift)
        await shift.comes(OLD)
        await found.begin(OLD)
        assert [(each.name, each.current) for each in await found.stand()] == [(OLD, True)], (
            "the first is the current one"
        )
        await shift.comes(UNVERSIONED)  # as 0.7.0 works
        await shift.makes_current(UNVERSIONED)
        await shift.goes(OLD)
        await of_0_7.archived(2027)
        await shift.goes(UNVERSIONED)
        await shift.comes(OLD)
        with pytest.raises(NoBuild):
            await found.make_current(NEW)
        await shift.makes_current(OLD)
        await asyncio.gather(of_a.archived(2027), of_b.forwarded(2027), busy.archived(2027))
        await Rounds(world.door).act(ROUND, opening())
        assert await runs_on(world, "filing-MOVES-A") == await runs_on(world, "filing-MOVES-B") == OLD
        assert await runs_on(world, "filing-MOVES-0-7") == UNVERSIONED

        await shift.comes(NEW)
        [fresh] = [each for each in await found.stand() if each.name == NEW]
        assert (fresh.is_to_come, fresh.is_done) == (True, False), "it waits to be made the current one"
        stories = (of_a, of_b, of_0_7, busy)
        before = [await each.awaits() for each in stories]
        assert all(filing.number and timers for filing, timers in before)
        await shift.makes_current(NEW)
        assert [(each.name, each.runs, each.current) for each in await found.stand()] == [
            *((UNVERSIONED, 1, False), (NEW, 0, True), (OLD, 4, False)),
        ]
        now = await world.on(busy.id, instant("2027-05-06") - EARLY)
        seen = {"inspected_on": "2027-05-05", "result": "in_order"}
        acts = (
            world.door_at(now).act(busy.id, busy.act("city", "record_inspection", "2027-05-06", **seen))
            for _ in range(3)
        )
        left, receipts = await asyncio.gather(found.bring_over(NEW), asyncio.gather(*acts))
        assert left == []
        came = sorted(zip([each.number for each in receipts], busy.said[-3:], strict=True), key=lambda each: each[0])
        busy.said[-3:] = [each for _, each in came]
        assert [await runs_on(world, f"filing-{each.id}") for each in stories] == [NEW] * 4
        assert await runs_on(world, workflow_id_of_round(ROUND)) == NEW

        for story, (filing, timers) in list(zip(stories, before, strict=True))[:3]:
            after, armed_now = await story.awaits()
            assert after == filing
            assert max(abs(one - other) for one, other in zip(timers, armed_now, strict=True)) < AT_THE_INSTANT
        assert [each.name for each in await found.stand() if each.is_done] == [OLD]
        assert await found.bring_over(NEW) == [], "again, there is nobody to ask"
        await shift.goes(OLD)
        await asyncio.gather(*(each.on("2029-01-10") for each in stories))
    for story in stories:
        for entry, ought in zip(story.docket, story.ought("2029-01-10"), strict=True):
            assert outcome(entry) == ought
    assert "revocation_opened" in of_a.kinds()


async def test_what_a_build_left_behind_is_given_to_the_next_and_goes_back_with_it(world: World) -> None:
    async with Shift(world) as shift:
        found = Present(shift)
        await shift.comes(OLD)
        await shift.makes_current(OLD)
        story = Told(world, "BACK-1")
        await story.archived(2027)
        before, timers = await story.awaits()
        await shift.goes(OLD)

        await shift.comes(NEW)
        await shift.makes_current(NEW)
        assert [(each.runs, each.workers) for each in await found.stand() if each.name == OLD] == [(1, 0)]
        assert await found.bring_over(NEW) == [], "nobody works for the old build: it is given to the new one"
        assert await runs_on(world, "filing-BACK-1") == NEW

        await shift.comes(OLD)
        await shift.makes_current(OLD)
        assert await found.bring_over(OLD) == []
        assert await runs_on(world, "filing-BACK-1") == OLD, "and goes back as it came"
        after, armed_now = await story.awaits()
        assert after == before
        assert abs(armed_now[0] - timers[0]) < AT_THE_INSTANT

        await shift.comes(UNVERSIONED)
        await shift.makes_current(UNVERSIONED)
        assert await found.bring_over(UNVERSIONED) == []
        assert await runs_on(world, "filing-BACK-1") == UNVERSIONED
        await story.on("2027-12-01T08:00")
        assert [outcome(entry) for entry in story.docket] == story.ought("2027-12-01T08:00")


async def test_operators_rotate_by_the_command_line_and_start_anew_who_does_not_answer(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = world.settings
    told = {"TEMPORAL_ADDRESS": world.client.service_client.config.target_host, "BEIAN_TASK_QUEUE": settings.task_queue}
    for name, value in (told | {"BEIAN_DATABASE_URL": settings.register_url, "BEIAN_VAR": str(settings.var)}).items():
        monkeypatch.setenv(name, value)
    async with Shift(world) as shift:
        found = Present(shift)
        await shift.comes(OLD)
        assert await asyncio.to_thread(run, ["rotate", "0.0.0"]) == USAGE
        assert "0.0.0" in capsys.readouterr().err
        await comes(lambda: run(["rotate", OLD, "--json"]) == 0)
        said = capsys.readouterr().out
        answer = json.loads(said[said.index("{\n") :])  # the world's own log goes to the same place
        assert [each["name"] for each in answer["builds"] if each["current"]] == [OLD]
        assert answer["left"] == []
        story = Told(world, "STUCK-1")
        await story.archived(2027)
        before, _ = await story.awaits()
        assert await asyncio.to_thread(run, ["rotate"]) == 0
        assert re.search(rf"{OLD}.*现行", capsys.readouterr().out)

        await shift.comes(NEW)
        await shift.goes(NEW)
        listed = Builds(world.door, timedelta(seconds=3))
        assert NEW in [each.name for each in await listed.stand() if each.workers], "the engine has not noticed"
        with pytest.raises(NoBuild):
            await listed.make_current(NEW)
        assert await listed.current() == OLD

        await listed._set_current(NEW)  # it was, and its worker has just died
        for stops in (listed.bring_over(NEW), listed.start_anew(["filing-STUCK-1"])):
            with pytest.raises(NotTaken):
                await stops
            stand = {each.name: each for each in await found.stand()}
            assert stand[NEW].is_stranded
            assert not stand[OLD].is_done, "there must be a way back"
        assert f"或者 rotate {OLD}" in await listed.lacking()
        assert f"已将 {OLD} 恢复为现行" in await led_back(found, NEW, OLD)
        await comes(partial(is_on, world, "filing-STUCK-1", OLD))
        assert (await story.awaits())[0] == before, "and what nobody had taken is taken there"

        await shift.goes(OLD)
        await shift.comes(NEW)
        await shift.makes_current(NEW)
        assert await found.start_anew(["filing-STUCK-1"]) == []
        assert (await story.awaits())[0] == before
        assert await runs_on(world, "filing-STUCK-1") == NEW


@dataclass
class Looks:
    """An engine at which one looks again and again: the first task that waits, then the next, the last for ever."""

    tasks: list[Task | None]
    timed: bool = False

    async def look(self, *_: Any, **__: Any) -> Look:
        """A look."""
        return Look(WorkflowExecutionStatus.RUNNING, task=self.tasks.pop(0) if len(self.tasks) > 1 else self.tasks[0])

    async def timed_out(self, *_: Any) -> bool:
        """Whether the first try was not answered in time."""
        return self.timed


async def test_the_engine_tells_that_a_try_was_not_answered_in_time(environment: WorkflowEnvironment) -> None:
    client, queue = environment.client, "taken-and-left"
    second = timedelta(seconds=1)
    proof = await client.start_workflow(Proof.run, id="proof-left", task_queue=queue, task_timeout=second)
    asks = PollWorkflowTaskQueueRequest(
        namespace=client.namespace, task_queue=TaskQueue(name=queue), identity="dies having taken it"
    )
    assert (await client.workflow_service.poll_workflow_task_queue(asks)).task_token
    engine = Engine(client, queue)

    async def is_tried_again() -> bool:
        task = (await engine.look(proof.id, "", object, closely=False)).task
        return bool(task and task.attempt == 2)

    assert not await engine.timed_out(proof.id, proof.result_run_id or "")
    await comes(is_tried_again)
    assert await engine.timed_out(proof.id, proof.result_run_id or "")
    await proof.terminate()


WAITS, TAKEN = (Task(1, datetime.now(UTC), taken) for taken in (False, True))
AGAIN, TAKEN_AGAIN, THIRD = (WAITS._replace(attempt=n, taken=taken) for n, taken in ((2, False), (2, True), (3, False)))


@pytest.mark.parametrize(
    ("looks", "taken"),
    [
        (Looks([WAITS]), None),
        (Looks([WAITS, None]), True),
        (Looks([WAITS, TAKEN]), True),
        (Looks([TAKEN, AGAIN]), False),
        (Looks([TAKEN, AGAIN], timed=True), None),  # it went to a worker that had just died
        (Looks([TAKEN, AGAIN, TAKEN_AGAIN], timed=True), True),  # and then to one that is slow
        (Looks([TAKEN, AGAIN, None], timed=True), True),
        (Looks([TAKEN, AGAIN, THIRD], timed=True), False),
    ],
)
async def test_a_try_that_was_not_answered_in_time_is_not_one_that_failed(
    looks: Looks, taken: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.watching.proving.PAUSE", 0)
    proving = Proving(cast(Filings, None), timedelta(milliseconds=20))
    vars(proving)["engine"] = looks
    assert await proving.taken("filing-LN-1") is taken


@pytest.mark.parametrize(
    ("stand", "state", "says"),
    [
        ([Build(name=NEW, workers=1, runs=7, current=True)], State.WELL, f"{NEW}（现行） 7件"),
        ([Build(name=NEW, workers=1, current=True), Build(name=OLD, workers=1, runs=2)], State.NOTE, "尚未全部换用"),
        ([Build(name=NEW, workers=1, current=True), Build(name=OLD, runs=2)], State.FAULT, f"{OLD} 没有 worker"),
        ([Build(name=NEW, runs=2, current=True)], State.FAULT, f"{NEW} 没有 worker"),
        ([Build(name=NEW, workers=1)], State.FAULT, f"没有现行构建，worker 不领取工作；执行 rotate {NEW}"),
        ([Build(name=NEW, workers=1), Build(name=OLD, workers=1)], State.FAULT, f"执行 rotate {NEW}"),
    ],
)
def test_the_doctor_tells_what_builds_lack(stand: list[Build], state: State, says: str) -> None:
    [line] = builds_told(stand)
    assert line.state is state
    assert says in line.says


@pytest.mark.parametrize("type_", [AllianceFiling, Round, SentinelOfBuilds])
def test_whatever_runs_is_brought_over_or_goes_on_in_the_current_build(type_: type) -> None:
    of = workflow._Definition.must_from_class(type_)
    assert GO_ON in of.updates or of.versioning_behavior is VersioningBehavior.AUTO_UPGRADE


@pytest.mark.parametrize(
    ("stand", "says"),
    [
        ([Build(name=NEW, runs=9, current=True), Build(name=OLD, workers=1)], f"{NEW} 没有 worker.*或者 rotate {OLD}$"),
        (
            [Build(name=UNVERSIONED, workers=1), Build(name=NEW, current=True), Build(name=OLD, workers=1)],
            f"{NEW} 没有 worker.*rotate {OLD}$",
        ),
        ([Build(name=NEW, workers=1, current=True), Build(name=OLD, runs=9)], f"{OLD} 没有 worker.*rotate {NEW}$"),
        ([Build(name=UNVERSIONED, runs=9, current=True)], "^没有 worker，其在办的停滞：启动 worker$"),
        ([Build(name=NEW, workers=1, runs=9, current=True)], "^$"),
    ],
)
def test_what_stands_still_for_want_of_a_worker_is_told_once_for_all(stand: list[Build], says: str) -> None:
    cause = lacking(stand)
    assert re.search(says, cause)
    stuck = Drift(key="LN-1", kind=DriftKind.STUCK, what="不答复查询")
    assert (mending(stuck, cause) == "") == bool(cause)


async def test_an_engine_that_does_not_answer_is_not_taken_for_a_build_without_workers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def silent(*_: Any) -> None:
        return None

    monkeypatch.setattr("gateway.watching.builds.workers", silent)
    asked = Builds(cast(Filings, SimpleNamespace(client=None, task_queue="filings")))
    with pytest.raises(Unreachable):
        await asked.make_current(NEW)


def test_without_builds_the_doctor_says_nothing_of_them() -> None:
    assert list(builds_told([])) == []
