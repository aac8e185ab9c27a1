"""Round: one workflow per round, from its opening to its end.

It waits for an act, for what time brings next, or for what is left to follow from an entry. What may be done and what follows
is decided by the rules of the round's kind, in the register's presence; the engine holds only until when to wait.
"""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any

from pydantic import JsonValue
from temporalio import workflow
from temporalio.common import RetryPolicy, SearchAttributeUpdate
from temporalio.exceptions import ApplicationError
from temporalio.workflow import ActivityConfig

with workflow.unsafe.imports_passed_through():
    from activities.entering import refused, reused
    from activities.rounds.entering import Acted, Acting, Passing, RoundEntering, Stands
    from activities.rounds.following import RoundFollowing
    from models.rounds.round import ROUND_ACT, RoundReceipt
    from models.values import Value
    from workflows.builds import GO_ON
    from workflows.filing import LEVEL, ON_THE_CURRENT_BUILD, STEP
    from workflows.uncancelled import uncancelled
    from workflows.visibility import attributes_of_round, changed, rendered_round

FOLLOW = ActivityConfig(
    start_to_close_timeout=timedelta(hours=2),
    heartbeat_timeout=timedelta(seconds=30),
    retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=10)),
)
"""How what follows from an entry is done: thousands of letters may take a while, and it is tried until it is done."""


class RoundStart(Value):
    """A start names a round; the register has the rest. `patience`: seconds that it waits for its opening, if nobody sent one yet."""

    round_id: str
    patience: float = 0


@workflow.defn(name="Round")
class Round:
    """轮次: from its opening to its end."""

    @workflow.init
    def __init__(self, start: RoundStart) -> None:
        self.round_id = start.round_id
        self.stands: Stands | None = None
        self.asked = False
        self.full = False
        self.lock = asyncio.Lock()

    @workflow.run
    async def run(self, start: RoundStart) -> None:
        """While the round is open, wait for whatever comes first, and have it entered. Nobody cancels it but by an act."""
        await uncancelled(self._life(start))

    async def _life(self, start: RoundStart) -> None:
        async with self.lock:
            await self._ask()
            self.asked = True
        await self._opened(start.patience)
        while await self._goes_on():
            if self.stands and self.stands.behind:
                await self._follow()
            elif await self._day_comes():
                async with self.lock:
                    passing = Passing(round_id=self.round_id, until=workflow.now())
                    self._carry(await workflow.execute_local_activity_method(RoundEntering.passes, passing, **STEP))
            if self._is_full():
                await workflow.wait_condition(workflow.all_handlers_finished)
                workflow.continue_as_new(start, initial_versioning_behavior=ON_THE_CURRENT_BUILD)

    def _is_full(self) -> bool:
        """Whether this run is to go on in a new one: the server suggests it, or somebody asked."""
        return self.full or workflow.info().is_continue_as_new_suggested()

    async def _goes_on(self) -> bool:
        """Whether anything is left: until it is over, and then until all that was done meanwhile has had what follows from it."""
        if self.stands and (self.stands.behind or not self.stands.over):
            return True
        await workflow.wait_condition(workflow.all_handlers_finished)
        return bool(self.stands and self.stands.behind)

    async def _ask(self) -> None:
        """Carry on where the register says that the round stands."""
        self._carry(await workflow.execute_local_activity_method(RoundEntering.stands, self.round_id, **STEP))

    async def _follow(self) -> None:
        """Have everything done that is left to follow. What was entered meanwhile is newer than what this comes back with."""
        before = self.stands
        found = await workflow.execute_activity_method(RoundFollowing.follow, self.round_id, **FOLLOW)
        if self.stands is before or (found and found.number >= self.number):
            self._carry(found)

    async def _opened(self, patience: float) -> None:
        """Wait until the round is opened, or nobody is about to open it."""
        if patience and self.stands is None:
            with suppress(TimeoutError):
                await workflow.wait_condition(lambda: self.stands is not None, timeout=timedelta(seconds=patience))
        await workflow.wait_condition(lambda: self.stands is not None or workflow.all_handlers_finished())

    async def _day_comes(self) -> bool:
        """Wait for what time brings next; False if something else came first."""
        stands = self.stands
        left = stands.due_at - workflow.now() if stands and stands.due_at else None
        if left is not None and left <= timedelta(0):
            return True
        try:
            await workflow.wait_condition(lambda: self.stands is not stands or self._is_full(), timeout=left)
        except TimeoutError:
            return True
        return False

    @workflow.update(description="对轮次作出一项行为；不合规则的说明理由")
    async def act(self, raw: JsonValue) -> RoundReceipt:
        """Do an act: a short receipt, or the reason why not."""
        act = ROUND_ACT.validate_python(raw)
        await workflow.wait_condition(lambda: self.asked)
        async with self.lock:
            acting = Acting(round_id=self.round_id, act=act, handled_at=workflow.now())
            acted: Acted = await workflow.execute_local_activity_method(RoundEntering.acts, acting, **STEP)
            self._carry(acted.stands)
        if acted.reused:
            raise reused(acted.reused)
        if acted.receipt is None:
            raise refused(acted.refusal) if acted.refusal else ApplicationError("没有答复", non_retryable=True)
        return acted.receipt

    @act.validator
    def _act_can_be_read(self, raw: JsonValue) -> None:
        """What cannot even be read leaves no trace; doors say what is wrong with it."""
        try:
            ROUND_ACT.validate_python(raw)
        except ValueError as error:
            raise ApplicationError("不是本系统的行为", type="Refused", non_retryable=True) from error

    @workflow.update(description="与备案库对齐到第几号登记；已对齐的当即答复，不留痕迹")
    async def level(self, number: int) -> None:
        """Take the register's word for where the round stands, whatever this run knows."""
        await workflow.wait_condition(lambda: self.asked)
        async with self.lock:
            if number != self.number:
                await self._ask()

    @level.validator
    def _level_is_not(self, number: int) -> None:
        """A round that stands where the register says leaves no trace of being asked."""
        if self.asked and self.number == number:
            raise ApplicationError("已与备案库对齐", type=LEVEL, non_retryable=True)

    @workflow.update(name=GO_ON, description="在新的运行中继续，由现行构建接手：不影响轮次，日程不变")
    async def go_on(self) -> None:
        """Go on in a new run as soon as nothing is under way, and what is left to follow was done."""
        await workflow.wait_condition(lambda: self.asked)
        self.full = True

    @workflow.update(description="重新写出全部检索属性：列表显示的不是现状时用，不影响轮次")
    async def show(self) -> None:
        """Show operators again what this round is found by: their list may have lost it."""
        await workflow.wait_condition(lambda: self.asked)
        if self.stands:
            workflow.upsert_search_attributes(self._attributes(self.stands))

    def _attributes(self, stands: Stands) -> list[SearchAttributeUpdate[Any]]:
        return attributes_of_round(self.round_id, stands)

    @property
    def number(self) -> int:
        """The last entry that this run knows."""
        return self.stands.number if self.stands else 0

    @workflow.query(name="stands", description="轮次现状")
    def _stands_now(self) -> Stands | None:
        return self.stands

    def _carry(self, stands: Stands | None) -> None:
        """Carry on where the register says that the round stands, and show it.

        A register that knows less than this run was restored without its engine: its word holds, and operators are told.
        """
        if (stands.number if stands else 0) < self.number:
            workflow.logger.error("round.register_is_older")
        self.stands = stands
        if stands is None:
            return
        if updates := changed(self._attributes(stands), workflow.info().typed_search_attributes):
            workflow.upsert_search_attributes(updates)

    def details(self) -> str:
        """What operators see on the round's page, rendered when they look."""
        return rendered_round(self.round_id, self.stands) if self.stands else ""
