"""Builds of the worker side by side: which one is the current one, what runs on which, and bringing what runs over (`starter.py rotate`).

Whatever runs is asked to go on in a new run, and that is the current build's. It carries the filing as it stands, so no date moves; acts that
come meanwhile wait for the new run. It may be repeated, cut off, and gone back by: what runs on the right build already is not asked.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

import structlog
from google.protobuf.field_mask_pb2 import FieldMask
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.deployment.v1 import WorkerDeploymentVersion
from temporalio.api.enums.v1 import WorkerDeploymentVersionStatus
from temporalio.api.workflow.v1 import VersioningOverride, WorkflowExecutionOptions
from temporalio.api.workflowservice.v1 import (
    DescribeWorkerDeploymentRequest,
    SetWorkerDeploymentCurrentVersionRequest,
    UpdateWorkflowExecutionOptionsRequest,
)
from temporalio.client import WorkflowUpdateFailedError
from temporalio.service import RPCError, RPCStatusCode

from activities import logs
from activities.backup import Watch
from gateway.client import Filings, patiently, workflow_id
from gateway.problem import Unreachable
from gateway.rounds import Rounds
from gateway.rounds import workflow_id as workflow_id_of_round
from gateway.watching.engine import UNVERSIONED, Listed
from gateway.watching.proving import ANSWERS_WITHIN, Proving, unless_one_fails
from gateway.watching.workers import PATIENCE, workers
from models.values import Value
from workflows import builds

log = structlog.get_logger()

AT_ONCE = 20
"""How many are asked side by side."""

PASSES = 3
"""How often those that did not answer, or were not listed as brought over yet, are asked again."""

LISTS_WITHIN = 3.0
"""Seconds after which a listing shows what has changed."""

AT_WORK = timedelta(minutes=2)
"""A worker that works asks for work every minute; who has not for longer has gone."""

AGAIN_AFTER = 10.0
"""Seconds until what failed for no known reason is tried again."""

NEVER_CURRENT = WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_INACTIVE

GROWS = 10
"""How many times as many are started anew once those before were taken; the first time one."""


WITHOUT = "unversioned"
"""How one says to `rotate` that workers without a build are meant."""


class NoBuild(ValueError):
    """没有 worker 以这一构建领取工作，未作任何改动："""


class Build(Value):
    """One build: how many workers it has, how many filings and rounds run on it, and whether it is the current one.

    `fresh`: it never was the current one. `needed`: the current one does not take everything yet, so there must be a way back.
    """

    name: str
    workers: int = 0
    runs: int = 0
    current: bool = False
    fresh: bool = False
    needed: bool = False

    @property
    def is_done(self) -> bool:
        """Whether its workers may be stopped: nothing runs on it, nothing will begin there, and nobody will have to go back."""
        return not (self.current or self.runs or self.fresh or self.needed)

    @property
    def is_to_come(self) -> bool:
        """Whether it only waits to be made the current one."""
        return self.fresh and not self.current and not self.runs

    @property
    def is_stranded(self) -> bool:
        """Whether something runs, or is about to begin, for which nobody works."""
        return not self.workers and (self.current or self.runs > 0)


def argument(build: str) -> str:
    """A build as `rotate` takes it."""
    return WITHOUT if build == UNVERSIONED else build


def lacking(stand: Sequence[Build]) -> str:
    """What stands still because a build has no worker, and what helps; empty if nothing does."""
    for each in stand:
        if each.is_stranded:
            of = "" if each.name == UNVERSIONED else f"{each.name} "
            ways = [one.name for one in stand if one.workers and (one.current or each.current)]
            way = min(ways, key=lambda one: one == UNVERSIONED, default=None)
            return f"{of}没有 worker，其在办的停滞：启动{'该构建的 ' if of else ' '}worker" + (
                f"，或者 rotate {argument(way)}" if way else ""
            )
    return ""


@dataclass(frozen=True)
class Builds:
    """The builds that work on the task queue of these filings."""

    filings: Filings
    answers_within: timedelta = ANSWERS_WITHIN

    @cached_property
    def _queue(self) -> str:
        return self.filings.task_queue

    @cached_property
    def _proving(self) -> Proving:
        return Proving(self.filings, self.answers_within)

    @property
    def _running(self) -> str:
        types = '(WorkflowType = "AllianceFiling" OR WorkflowType = "Round")'
        return f'{types} AND ExecutionStatus = "Running" AND TaskQueue = "{self._queue}"'

    def _on(self, build: str) -> str:
        if build == UNVERSIONED:
            return f"{self._running} AND {builds.VERSION} IS NULL AND {builds.TAKEN}"
        return f'{self._running} AND {builds.VERSION} = "{builds.version(self._queue, build)}"'

    def _elsewhere(self, build: str) -> str:
        if build == UNVERSIONED:
            return f"{self._running} AND {builds.VERSION} IS NOT NULL"
        other = f'{builds.VERSION} != "{builds.version(self._queue, build)}"'
        return f"{self._running} AND ({builds.VERSION} IS NULL OR {other})"

    async def stand(self) -> list[Build]:
        """Every build that works, or on which something runs, the newest first, and the current one, to which belongs what nobody has
        taken yet."""
        current, known = await self._known()
        at_work = await self._workers()
        names = list(dict.fromkeys((UNVERSIONED, *known, *at_work)))
        untaken = f"{self._running} AND {builds.UNTAKEN}"
        waiting, *running = await asyncio.gather(*map(self._count, (untaken, *map(self._on, names))))
        found = [
            Build(
                name=name,
                workers=at_work.count(name),
                runs=runs + (waiting if name == current else 0),
                current=name == current,
                fresh=known.get(name, name != UNVERSIONED),
                needed=waiting > 0 or current not in at_work,
            )
            for name, runs in zip(names, running, strict=True)
        ]
        return [each for each in found if each.workers or each.runs or (each.current and each.name != UNVERSIONED)]

    async def lacking(self) -> str:
        """What `lacking` tells of the builds as they stand, where a worker counts only if it takes work."""

        async def tried(each: Build) -> Build:
            can_be = each.workers and (each.current or each.name != UNVERSIONED)
            return each.but(workers=0) if can_be and not await self._proving.works(each.name) else each

        return lacking(await asyncio.gather(*map(tried, await self.stand())))

    async def side_by_side(self) -> list[Build] | None:
        """The builds as they stand, if any are used at all; None if the engine does not answer in good time."""
        try:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                found = await self.stand()
        except (RPCError, RuntimeError, TimeoutError, Unreachable):
            return None
        return found if any(each.name != UNVERSIONED for each in found) else []

    async def _count(self, query: str) -> int:
        return (await self.filings.client.count_workflows(query)).count

    async def current(self) -> str:
        """The current build."""
        return (await self._known())[0]

    async def _known(self) -> tuple[str, Mapping[str, bool]]:
        """The current build, and all that the engine has heard of, with whether they never were it."""
        request = DescribeWorkerDeploymentRequest(
            namespace=self.filings.client.namespace, deployment_name=builds.deployment(self._queue)
        )
        try:
            found = await self.filings.client.workflow_service.describe_worker_deployment(request)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return UNVERSIONED, {}
            raise
        told = found.worker_deployment_info
        current = told.routing_config.current_deployment_version.build_id or UNVERSIONED
        return current, {
            each.deployment_version.build_id: each.status == NEVER_CURRENT for each in told.version_summaries
        }

    async def _workers(self) -> list[str]:
        """On which builds workers work, one each. Raises `Unreachable` where the engine does not say: that is not nobody."""
        now, found = datetime.now(UTC), await workers(self.filings.client, self._queue)
        if found is None:
            raise Unreachable
        return [each.build or UNVERSIONED for each in found if now - each.last < AT_WORK]

    async def begin(self, build: str) -> None:
        """Make a build the current one where there is none, and nobody and nothing without one: else its worker would take nothing.

        So it is with an engine that is new, or was lost.
        """
        while True:
            try:
                if (await self._known())[0] != UNVERSIONED or UNVERSIONED in await self._workers():
                    return
                if await self._count(self._on(UNVERSIONED)):
                    return
                await self.make_current(build)
            except (NoBuild, RPCError):
                await asyncio.sleep(1)  # the engine has not heard of its worker yet
            except Exception as error:
                log.warning("build.not_current", error=logs.named(error))
                await asyncio.sleep(AGAIN_AFTER)
            else:
                log.info("build.current", build=build)
                return

    async def make_current(self, build: str) -> None:
        """What begins from now on, or goes on in a new run, is this build's. Raises `NoBuild` if nobody works for it.

        That somebody does is tried before; of workers without a build it can be only afterwards, and then the former one is it again.
        """
        if build not in await self._workers():
            raise NoBuild(build)
        former = await self.current()
        if build == UNVERSIONED:
            await self._set_current(build)
        if not await self._proving.works(build):
            if build == UNVERSIONED != former:
                await self._set_current(former)
            raise NoBuild(f"{build}（引擎仍列有其 worker，但试办的工作在{self.answers_within.seconds}秒内无人领取）")
        if build != UNVERSIONED:
            await self._set_current(build)

    async def _set_current(self, build: str) -> None:
        named = "" if build == UNVERSIONED else build
        request = SetWorkerDeploymentCurrentVersionRequest(
            namespace=self.filings.client.namespace,
            deployment_name=builds.deployment(self._queue),
            build_id=named,
            identity="starter.py rotate",
        )
        try:
            await self.filings.client.workflow_service.set_worker_deployment_current_version(request)
        except RPCError as error:
            if error.status is not RPCStatusCode.FAILED_PRECONDITION:
                raise
            raise NoBuild(f"{build}（{error.message}）") from error

    async def bring_over(self, build: str, watch: Watch = lambda *_: None, per_second: float = 20) -> list[str]:
        """Have everything that runs on another build go on in the current one; those that did not, by workflow id.

        Raises `NotTaken` as soon as one went on and nobody took it up; nobody else is asked then.
        """
        answered = set[str]()
        for _ in range(PASSES):
            left = await self._listed(build, answered)
            if not left:
                return []
            answered = await self._asked(left, build, watch, per_second)
        return sorted(await self._listed(build, answered))

    async def _asked(self, left: Mapping[str, Listed], build: str, watch: Watch, per_second: float) -> set[str]:
        """Ask these to go on, so many a second; those that answered."""
        others = {each.build for each in left.values()} & set(await self._workers())
        manned = {each for each in others if each == UNVERSIONED or await self._proving.works(each)}
        answered, turn = set[str](), asyncio.Semaphore(AT_ONCE)

        async def ask(workflow: str, each: Listed) -> None:
            async with turn:
                if await self._goes_on(workflow, each, build, abandoned=each.build not in manned):
                    answered.add(workflow)
                    watch("换用", len(answered), len(left))

        async with unless_one_fails() as asking:
            for workflow, each in left.items():
                asking.create_task(ask(workflow, each))
                await asyncio.sleep(1 / per_second)
        return answered

    async def _listed(self, build: str, answered: Collection[str]) -> dict[str, Listed]:
        """What the engine lists as running elsewhere; those that just answered are waited for, for a listing lags a little."""
        until = asyncio.get_running_loop().time() + LISTS_WITHIN
        while True:
            found = dict[str, Listed]()
            async for page in self._proving.engine.listed(self._elsewhere(build)):
                found |= page
            if found.keys().isdisjoint(answered) or asyncio.get_running_loop().time() > until:
                return found
            await asyncio.sleep(0.2)

    async def _goes_on(self, workflow: str, listed: Listed, build: str, *, abandoned: bool) -> bool:
        """Ask one to go on, by its run: one that has gone on meanwhile is not asked again. Whether it has, and was carried on.

        One whose build nobody works for is given to this build first, which replays it, as it does every history of earlier releases.
        """
        handle = self.filings.client.get_workflow_handle(workflow, run_id=listed.run_id)
        try:
            async with patiently(self.answers_within):
                if abandoned and UNVERSIONED not in (build, listed.build):
                    await self._given(workflow, listed.run_id, build)
                await handle.execute_update(builds.GO_ON)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                return False
        except (Unreachable, WorkflowUpdateFailedError):
            return False
        return await self._proving.was_taken(workflow)

    async def _given(self, workflow: str, run_id: str, build: str) -> None:
        """Give a run to a build, once: what it goes on in is again the current one's."""
        target = WorkerDeploymentVersion(deployment_name=builds.deployment(self._queue), build_id=build)
        override = VersioningOverride(one_time=VersioningOverride.OneTimeOverride(target_deployment_version=target))
        await self.filings.client.workflow_service.update_workflow_execution_options(
            UpdateWorkflowExecutionOptionsRequest(
                namespace=self.filings.client.namespace,
                workflow_execution=WorkflowExecution(workflow_id=workflow, run_id=run_id),
                workflow_execution_options=WorkflowExecutionOptions(versioning_override=override),
                update_mask=FieldMask(paths=["versioning_override"]),
            )
        )

    async def start_anew(self, left: Collection[str]) -> list[str]:
        """Terminate those that did not go on, and start them from the register on the current build; those that were not taken there.

        First one, then more and more, so that a build that does not work gets few. Raises `NotTaken` if nobody takes one up.
        """
        waiting, still, most = sorted(left), list[str](), 1
        while waiting:
            some, waiting, most = waiting[:most], waiting[most:], most * GROWS
            begun = await self._begun(some)
            async with unless_one_fails() as looking:
                taken = {each: looking.create_task(self._proving.was_taken(each)) for each in begun}
            still += [each for each in some if each not in taken or not taken[each].result()]
        return still

    async def _begun(self, left: Sequence[str]) -> set[str]:
        """Start these from the register, whether they run or not; those that were started."""
        rounds = Rounds(self.filings)
        of_rounds = [each for each in left if each.startswith(workflow_id_of_round(""))]
        keys = {each.removeprefix(workflow_id("")) for each in left if each not in of_rounds}
        begun = {workflow_id(key) for key in (await self.filings.revive(keys, anew=True) if keys else ())}
        for workflow in of_rounds:
            if await rounds.revive(workflow.removeprefix(workflow_id_of_round("")), anew=True):
                begun.add(workflow)
        return begun
