"""Sentinel: the pass that finds where engine and register differ, on a schedule of the engine's own.

One pass at a time, whichever worker makes it. What it does is an activity (gateway/watching/sentinel.py); this is only the when.
"""

from datetime import timedelta

from temporalio import workflow
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityConfig

with workflow.unsafe.imports_passed_through():
    from activities.watching import Watching
    from models.drift import Pass

PASS = ActivityConfig(
    start_to_close_timeout=timedelta(hours=2),
    heartbeat_timeout=timedelta(minutes=2),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=5), maximum_interval=timedelta(minutes=1), maximum_attempts=20
    ),
)
"""How a pass is made; the next one on the schedule comes anyway."""

SUMMARY = "巡查：引擎与备案库是否一致"


@workflow.defn(name="Sentinel")
class Sentinel:
    """巡查: one pass."""

    @workflow.run
    async def run(self) -> Pass:
        """Have a pass made, and show operators what it came to."""
        return await workflow.execute_activity_method(Watching.passes, **PASS)


def schedule_id(queue: str) -> str:
    """The schedule of what a task queue works on; other deployments may share the namespace."""
    return f"sentinel-{queue}"


async def scheduled(client: Client, queue: str, every: timedelta, *, at_once: bool = False) -> None:
    """Have passes made every so often from now on, whoever asks how often; `at_once`, the first one now, unless one is under way.

    A schedule that is there keeps its pause; one that was lost with the engine's database is made anew.
    """
    spec = ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)])
    action = ScheduleActionStartWorkflow(Sentinel.run, id=schedule_id(queue), task_queue=queue, static_summary=SUMMARY)
    policy = SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(minutes=1))
    try:
        await client.create_schedule(
            schedule_id(queue), Schedule(action=action, spec=spec, policy=policy), trigger_immediately=at_once
        )
    except ScheduleAlreadyRunningError:
        handle = client.get_schedule_handle(schedule_id(queue))
        if list((await handle.describe()).schedule.spec.intervals) != list(spec.intervals):

            def with_interval(found: ScheduleUpdateInput) -> ScheduleUpdate:
                found.description.schedule.spec = spec
                return ScheduleUpdate(found.description.schedule)

            await handle.update(with_interval)
        if at_once:
            await handle.trigger(overlap=ScheduleOverlapPolicy.SKIP)
