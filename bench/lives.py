"""Lives in the engine: ours against the baseline, on one server in skipped time, in turns; and what a replay takes."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count, takewhile
from pathlib import Path
from statistics import median

from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from activities.letters import Letters
from bench import workers
from bench.baseline import Baseline
from bench.figures import Figure
from bench.quiet_life import QuietLife
from deploy.skipping import EARLY, World, skipping_server
from examples.demo import first_year
from gateway.client import workflow_id
from tests.test_budgets import OF_SKIPPING, name
from workflows.filing import AllianceFiling
from workflows.payloads import CONVERTER
from workflows.sandbox import Sandbox

AT_ONCE = 8
"""Lives lived at the same time."""

PATIENCE = 3000
"""Tenths of a second for the letters of a turn."""

SIDES = {"baseline": "baseline", "ours": "ours", "silent": "ours, letters undelivered", "encrypted": "ours, encrypted"}

STEPS = {
    "WORKFLOW_EXECUTION_UPDATE_COMPLETED": "updates",
    "TIMER_STARTED": "timers",
    "MARKER_RECORDED": "local activities",
    "WORKFLOW_EXECUTION_CONTINUED_AS_NEW": "continued as new",
}
"""What the baseline must do as often as we do."""

TO_THE_ARCHIVE = 4
"""So many acts bring a quiet life to the archive."""

BEGIN_A_TASK = {"TIMER_FIRED", "WORKFLOW_TASK_SCHEDULED"}
"""The events that are no longer of the task before."""


@dataclass
class Side:
    """One side of the comparison: a world of its own, its worker, and what each of its turns took."""

    side: str
    world: World
    worker: int
    seconds: list[float] = field(default_factory=list)
    worker_cpu: list[float] = field(default_factory=list)
    all_cpu: list[float] = field(default_factory=list)

    async def live(self, life: QuietLife) -> None:
        """One life, driven as the doors drive it, and the baseline's at the same instants."""
        if self.side == "baseline":
            await self.live_the_baseline(life)
        else:
            await self.world.submits(life.form)
            for act in life.acts():
                await self.world.acts(life.id, act)
        await self.world.on(life.id, life.left)

    async def live_the_baseline(self, life: QuietLife) -> None:
        """The same updates at the same instants."""
        first, *instants = (datetime.fromisoformat(each["received_at"]) for each in (life.form, *life.acts()))
        await self.world.environment.client.start_workflow(
            Baseline.run,
            args=[first, 0],
            id=workflow_id(life.id),
            task_queue=self.world.settings.task_queue,
            start_delay=max(first - EARLY - datetime.now(UTC), timedelta(0)),
        )
        for instant in instants:
            await self.world.on(life.id, instant - EARLY)
            await self.world.handle(life.id).execute_update(Baseline.act)

    async def turn(self, lives: Sequence[QuietLife], server: int) -> None:
        """Live some lives, measured a life. Delivering counts to the CPU, not to the pace."""
        everybody = (self.worker, server, os.getpid())
        before, before_all, began = workers.cpu(self.worker), workers.cpu(*everybody), time.monotonic()
        waiting = iter(lives)

        async def one_after_another() -> None:
            for life in waiting:
                await self.live(life)

        await asyncio.gather(*(one_after_another() for _ in range(AT_ONCE)))
        self.seconds.append((time.monotonic() - began) / len(lives))
        if self.side in workers.DELIVERING:
            await self.delivered()
        self.worker_cpu.append((workers.cpu(self.worker) - before) / len(lives))
        self.all_cpu.append((workers.cpu(*everybody) - before_all) / len(lives))

    async def delivered(self) -> None:
        """Wait until no letter is left, by a look that costs next to nothing."""
        letters = Letters(self.world.register.engine)
        for _ in range(PATIENCE):
            if not (await asyncio.to_thread(letters.backlog, datetime.now(UTC))).waiting:
                return
            await asyncio.sleep(0.1)
        raise TimeoutError("letters are not delivered")


def events_of(histories: Sequence[WorkflowHistory]) -> list[HistoryEvent]:
    """Everything in a life's histories but what skipping adds."""
    return [event for history in histories for event in history.events if name(event) not in OF_SKIPPING]


async def runs(world: World, filing_id: str) -> list[WorkflowHistory]:
    """The history of every run of a filing, the newest first."""
    histories, run = [], None
    while run != "":
        handle = world.environment.client.get_workflow_handle(workflow_id(filing_id), run_id=run)
        histories.append(await handle.fetch_history())
        run = histories[-1].events[0].workflow_execution_started_event_attributes.continued_execution_run_id
    return histories


async def measured(folder: Path, turns: int, lives: int, times: int) -> AsyncIterator[Figure]:
    """Every figure of lives: so many turns of so many lives a side, after a first turn that does not count; so many replays."""
    year = first_year(datetime.now(UTC))
    numbers = count(1)
    with ExitStack() as stack:
        async with skipping_server() as environment:
            sides: dict[str, Side] = {}
            for key in SIDES:
                (folder / key).mkdir(parents=True)
                world = World.without_worker(environment, folder / key)
                if key == "encrypted":
                    config = environment.client.config()
                    world.client = Client(**config | {"data_converter": workers.LOCKED})
                address = environment.client.service_client.config.target_host
                worker = workers.working(key, address, world.settings.task_queue, world.settings.var)
                sides[key] = Side(key, world, stack.enter_context(worker))
            server = workers.server()
            for turn in range(turns + 1):
                for each in sides.values():
                    await each.turn([QuietLife(next(numbers), year) for _ in range(lives if turn else 1)], server)
            last: dict[str, Sequence[WorkflowHistory]] = {}
            for key, each in sides.items():
                del each.seconds[0], each.worker_cpu[0], each.all_cpu[0]
                alone = QuietLife(next(numbers), year)
                await each.live(alone)
                last[key] = await runs(each.world, alone.id)
            for figure in compared(sides, {key: events_of(histories) for key, histories in last.items()}):
                yield figure
            five = QuietLife(next(numbers), year, 5)
            await sides["silent"].live(five)
            histories = await runs(sides["silent"].world, five.id)
            stack.close()
    for figure in events(histories):
        yield figure
    async for figure in replayed(last, histories, times):
        yield figure


def compared(sides: dict[str, Side], last: dict[str, list[HistoryEvent]]) -> Iterator[Figure]:
    """Both sides, and ours as a ratio to the baseline; the median of the turns."""
    steps = {side: Counter(name(event) for event in events) for side, events in last.items()}
    size = {side: sum(event.ByteSize() for event in events) for side, events in last.items()}
    for event, words in STEPS.items():
        made, wanted = steps["baseline"][event], steps["ours"][event]
        assert made == wanted, f"the baseline is not the baseline: {words} {made} instead of {wanted}"
    typical = {
        side: {
            f"lives of {AT_ONCE} at once, a second": ("lives", "", 1 / median(each.seconds)),
            "CPU of the worker a life": ("cpu", "ms", 1000 * median(each.worker_cpu)),
            "CPU with server and client a life": ("cpu_all", "ms", 1000 * median(each.all_cpu)),
            "events of a life": ("history_events", "", len(last[side])),
            "history of a life": ("history_bytes", "bytes", size[side]),
        }
        for side, each in sides.items()
    }
    for side, figures in typical.items():
        for words, (key, unit, value) in figures.items():
            yield Figure(f"{key}_{side}", words, value, unit, SIDES[side])
    for side in ("ours", "silent"):
        for words, (key, _, value) in typical[side].items():
            ratio = value / typical["baseline"][words][2]
            yield Figure(f"{key}_ratio_{side}", words, ratio, side=f"{SIDES[side]} / baseline")
    for words, (key, _, value) in typical["encrypted"].items():
        yield Figure(f"{key}_ratio_encrypted", words, value / typical["ours"][words][2], side="ours, encrypted / ours")


def events(histories: Sequence[WorkflowHistory]) -> Iterator[Figure]:
    """What a filing writes into its history until it is archived, and in a quiet year: of several runs, the newest first."""
    *_, second, first = (
        [name(each) for each in history.events if name(each) not in OF_SKIPPING] for history in histories
    )
    answers = [index for index, each in enumerate(first) if each == "WORKFLOW_EXECUTION_UPDATE_COMPLETED"]
    archived = answers[TO_THE_ARCHIVE - 1] + 1
    commands = takewhile(lambda each: each not in BEGIN_A_TASK, first[archived:])
    yield Figure("events_to_archive", "events from submission to archive", archived + len(list(commands)), side="ours")
    yield Figure("events_a_year", "events of a quiet year", len(second), side="ours")


async def replays(replayer: Replayer, histories: Sequence[WorkflowHistory], times: int) -> list[tuple[float, float]]:
    """What replaying these histories takes a worker that is at work: seconds of the clock and of the processor, each time."""
    took = []
    async with replayer.workflow_replay_iterator(_each([*histories] * (times + 1))) as results:
        for _ in range(times + 1):
            began, used = time.perf_counter(), time.process_time()
            failures = [
                each.replay_failure for each in [await anext(results) for _ in histories] if each.replay_failure
            ]
            took.append((time.perf_counter() - began, time.process_time() - used))
            assert not failures, failures
    return took[1:]


async def replayed(
    life: dict[str, Sequence[WorkflowHistory]], five: Sequence[WorkflowHistory], times: int
) -> AsyncIterator[Figure]:
    """What it takes to replay a life, ours and the baseline's, and every run of one of five years."""
    replayers = {
        "baseline": Replayer(workflows=[Baseline], data_converter=pydantic_data_converter),
        "ours": Replayer(workflows=[AllianceFiling], data_converter=CONVERTER, workflow_runner=Sandbox()),
    }
    of_life = {side: median(cpu for _, cpu in await replays(replayers[side], life[side], times)) for side in replayers}
    for side, cpu in of_life.items():
        yield Figure(f"replay_cpu_{side}", "CPU of the replay of a life", 1000 * cpu, "ms", side)
    ratio = of_life["ours"] / of_life["baseline"]
    yield Figure("replay_cpu_ratio", "CPU of the replay of a life", ratio, side="ours / baseline")
    clock, cpu = (median(each) for each in zip(*await replays(replayers["ours"], five, times), strict=True))
    length = sum(len(history.events) for history in five)
    words = f"replay of five years, {len(five)} runs with {length} events"
    yield Figure("replay_five_years_ms", words, 1000 * clock, "ms", "ours")
    yield Figure("replay_five_years_cpu", f"CPU of the {words}", 1000 * cpu, "ms", "ours")


async def _each(histories: Sequence[WorkflowHistory]) -> AsyncIterator[WorkflowHistory]:
    for history in histories:
        yield history
