"""Sentinel: the pass that finds where engine and register differ, on a schedule of the engine's own.

One pass at a time, whichever worker makes it. What it does is an activity (gateway/watching/sentinel.py); this is only the when.
"""

from datetime import timedelta

from temporalio import workflow
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionExecutionStartWorkflow,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleDescription,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
    WorkflowExecutionStatus,
)
from temporalio.common import RetryPolicy, VersioningBehavior
from temporalio.service import RPCError, RPCStatusCode
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

ANSWERS_WITHIN = timedelta(seconds=3)
"""How long the engine is asked for its schedule."""

SUMMARY = "巡查：引擎与备案库是否一致"


@workflow.defn(name="Sentinel")
class Sentinel:
    """巡查: one pass."""

    @workflow.run
    async def run(self) -> Pass:
        """Have a pass made, and show operators what it came to."""
        return await workflow.execute_activity_method(Watching.passes, **PASS)


@workflow.defn(name="Sentinel", versioning_behavior=VersioningBehavior.AUTO_UPGRADE)
class SentinelOfBuilds(Sentinel):
    """The same where workers have builds: whichever build is the current one makes it. A pass that stayed with a build whose worker is
    gone would never end, and none would be made after it. The engine takes no such word from a worker without a build."""

    @workflow.run
    async def run(self) -> Pass:
        """Have a pass made."""
        return await super().run()


def schedule_id(queue: str) -> str:
    """The schedule of what a task queue works on; other deployments may share the namespace."""
    return f"sentinel-{queue}"


async def pausing(client: Client, queue: str) -> str:
    """In words, why no pass is made by the schedule, and what to do; empty if it makes them."""
    there = await described(client, queue)
    if there is None:
        return "引擎中没有巡查日程，无人巡查；启动 worker 即建立"
    state = there.schedule.state
    if not state.paused:
        return ""
    why = f"（{' '.join(state.note.split())[:100]}）" if state.note else ""
    command = f"temporal schedule toggle --unpause --schedule-id {schedule_id(queue)} --reason …"
    return f"巡查日程已暂停{why}，无人巡查；恢复：{command}"


async def last_pass(client: Client, queue: str) -> Pass | None:
    """The last pass that the engine remembers to have been made by the schedule."""
    there = await described(client, queue)
    for each in reversed(there.info.recent_actions if there else ()):
        if isinstance(each.action, ScheduleActionExecutionStartWorkflow):
            run = each.action.workflow_id, each.action.first_execution_run_id
            handle = client.get_workflow_handle(run[0], run_id=run[1], result_type=Pass)
            try:
                if (await handle.describe()).status is WorkflowExecutionStatus.COMPLETED:
                    made: Pass = await handle.result()
                    return made
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:  # what is over is not kept for ever
                    raise
    return None


async def described(client: Client, queue: str) -> ScheduleDescription | None:
    """The schedule as the engine has it; None if there is none."""
    try:
        return await client.get_schedule_handle(schedule_id(queue)).describe(rpc_timeout=ANSWERS_WITHIN)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise


def passes_every(schedule: ScheduleDescription, every: timedelta) -> bool:
    """Whether a schedule has a pass made so often, and at no other time."""
    return list(schedule.schedule.spec.intervals) == [ScheduleIntervalSpec(every=every)]


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
        if not passes_every(await handle.describe(), every):

            def with_interval(found: ScheduleUpdateInput) -> ScheduleUpdate:
                found.description.schedule.spec = spec
                return ScheduleUpdate(found.description.schedule)

            await handle.update(with_interval)
        if at_once:
            await handle.trigger(overlap=ScheduleOverlapPolicy.SKIP)
