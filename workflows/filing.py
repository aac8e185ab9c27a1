"""AllianceFiling: one workflow per alliance for its whole life.

While the filing is open it waits for an act or for the head of the agenda, and enters whichever comes. What may be done
and when time acts is decided by the regulation; what was entered stands in the register; this is only the waiting.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from pydantic import JsonValue
from temporalio import workflow
from temporalio.common import RawValue, RetryPolicy, SearchAttributeUpdate
from temporalio.exceptions import ApplicationError
from temporalio.workflow import LocalActivityConfig

with workflow.unsafe.imports_passed_through():
    from activities.appending import ENTERED, Appended
    from activities.entering import (
        Correction,
        Entering,
        Question,
        Recalled,
        Start,
        Submission,
        refused,
        reused,
    )
    from models.acts import Act, CalendarPublished, Lapse, NewVersion, Submit, TermsPublished, Unreadable
    from models.filing import AgendaLine, Entry, Filing, Receipt
    from models.findings import Refusal
    from regulation import agenda, entries, identity, lifecycle, lodging, on_paper
    from regulation.moment import Moment
    from workflows.builds import GO_ON
    from workflows.uncancelled import uncancelled
    from workflows.visibility import LINES, attributes, changed, rendered, timer_summary
    from workflows.ways import (
        CALENDAR_IS_AWAITED,
        CHASED_UNTIL_DONE,
        FEWER_ATTRIBUTES,
        FULL_RUN_GOES_ON,
        LATENESS_IS_SHOWN,
        NEWEST,
        REGISTER_IS_ASKED,
        SHOWN_WHEN_LEVEL,
        YEAR_IS_LEFT_LATER,
        Way,
    )

STEP = LocalActivityConfig(
    start_to_close_timeout=timedelta(seconds=30),
    retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(minutes=10)),
    local_retry_threshold=timedelta(seconds=5),
)
"""How the register is called: for as long as it takes, and without filling the history while it is down."""

ON_THE_CURRENT_BUILD = workflow.ContinueAsNewVersioningBehavior.AUTO_UPGRADE
"""Who carries on what goes on in a new run: the build that is the current one, not the one that began the run before."""

LEVEL = "Level"
"""The type of the error by which a filing says that it knows all that the register holds."""

ACT = "act"
EXAMPLE = '{"id": "accept-1", "kind": "accept", "by": {"person": "c-101", "office": "210100", "role": "city_st"}, "reason": "材料齐全"}'
"""An act as an operator writes it into the form of the Temporal UI."""


def _whatever_comes(handler: Callable[["AllianceFiling", RawValue], Awaitable[None]]) -> Any:
    """A signal of one value that is called also if none comes, or several: else its task would fail for ever.

    The SDK reads the signature of what is wrapped, so one value arrives raw, however it is written.
    """

    @wraps(handler)
    async def called(self: "AllianceFiling", *values: Any) -> None:
        await (handler(self, *values) if len(values) == 1 else self._signalled(ACT, values))

    return called


@workflow.defn(name="AllianceFiling")
class AllianceFiling:
    """备案: one alliance, from submission to its end."""

    @workflow.init
    def __init__(self, start: Start) -> None:
        self.ways = start.ways
        continued = workflow.info().continued_run_id is not None
        self.filing: Filing | None = start.filing if continued else None
        self.due = agenda.next_lapse(self.filing) if self.filing else None
        self.acts = _Acts()
        if self.filing:
            self.acts.carried(self.filing)
        self.recent: list[Entry] = []
        self.year_over = False
        self.full = False
        self.lock = asyncio.Lock()

    @workflow.run
    async def run(self, start: Start) -> Filing:
        """From the application to the end of the filing (《工作指引》第九条至第十一条). Nobody cancels it: the law knows no such act."""
        if start.ways > NEWEST:
            raise RuntimeError("begun by a later release: a worker of that release carries it on")
        return await uncancelled(self._life(start))

    async def _life(self, start: Start) -> Filing:
        if self.filing is None:
            await self._take_in(start)
        else:
            self._show()
        while not await self._is_over():
            was_over = self.year_over
            if await self._day_comes():
                async with self.lock:
                    await self._enter_lapses(workflow.now())
            year_over = was_over if self._follows(YEAR_IS_LEFT_LATER) else self.year_over
            if year_over or self.full or workflow.info().is_continue_as_new_suggested():
                await workflow.wait_condition(workflow.all_handlers_finished)
                goes_on = Start(filing_id=start.filing_id, filing=self.filing, ways=NEWEST)
                workflow.continue_as_new(
                    goes_on, memo=dict(workflow.memo()), initial_versioning_behavior=ON_THE_CURRENT_BUILD
                )
        return self.value

    def _follows(self, way: Way) -> bool:
        """Whether this run goes that way (workflows/ways.py)."""
        return way.is_followed(self.ways)

    # What may be asked of a filing

    @workflow.update(description="对备案作出一项行为；不合规则的当即退回并说明理由")
    async def act(self, raw: JsonValue) -> Receipt:
        """Do an act: a short receipt, or the reason why not."""
        return await self._act(raw)

    @act.validator
    def _act_may_be(self, raw: JsonValue) -> None:
        """Refuse, without a trace in the history, what the regulation refuses as things stand."""
        act, faults = lodging.read_act(raw)
        if act is None:
            raise refused(lodging.refusal(faults))
        if self.filing is None or (act.seen or 0) > self.filing.number:
            return
        if self.acts.entry_of(act) or not self.acts.would_know(act):
            return
        when = on_paper.moment(self.filing, act, workflow.now())
        if refusal := lifecycle.check(entries.projected(self.filing, when), act, when):
            raise refused(refusal)

    @workflow.update(description="与备案库对齐到第几号登记；已对齐的当即答复，不留痕迹")
    async def level(self, number: int) -> None:
        """Take over what the register holds up to a number, if this run does not know it yet."""
        await workflow.wait_condition(lambda: self.filing is not None)
        async with self.lock:
            if number > self.value.number:
                await self._catch_up()

    @level.validator
    def _level_is_behind(self, number: int) -> None:
        """A filing that is level, or is only now being read from the register, says so without a trace in the history."""
        if self.filing is None or self.filing.number >= number:
            raise ApplicationError("已与备案库对齐", type=LEVEL, non_retryable=True)

    @workflow.update(description="重新写出全部检索属性：列表显示的不是现状时用，不影响备案")
    async def show(self) -> None:
        """Show operators again what this filing is found by, whether or not it was shown before: their list may have lost it."""
        await workflow.wait_condition(lambda: self.filing is not None)
        workflow.upsert_search_attributes(self._attributes())

    @workflow.update(name=GO_ON, description="在新的运行中继续，由现行构建接手：不影响备案，期限不变")
    async def go_on(self) -> None:
        """Go on in a new run as soon as nothing is under way. What is waited for is waited for there, until the same instant."""
        await workflow.wait_condition(lambda: self.filing is not None)
        self.full = True

    @workflow.signal(name="act", description=f"对备案作出一项行为；不予登记的记入卷宗，不影响备案。例如 {EXAMPLE}")
    @_whatever_comes
    async def _act_signalled(self, raw: RawValue) -> None:
        """An act; what is none is refused in the docket and harms nothing."""
        await self._signalled(ACT, (raw,))

    @workflow.signal(dynamic=True, description="其他名称的信号不是行为：记入卷宗，不影响备案")
    async def _other_signalled(self, name: str, values: Sequence[RawValue]) -> None:
        """Any other signal at all: refused in the docket."""
        await self._signalled(name, values)

    async def _signalled(self, name: str, payloads: Sequence[Any]) -> None:
        values = [_readable(each) for each in payloads]
        raw: JsonValue = values[0] if name == ACT and len(values) == 1 else {"signal": name, "values": values}
        try:
            await self._act(raw, by_signal=True)
        except ApplicationError as error:
            workflow.logger.info("act.refused", extra={"error_type": error.type})

    @workflow.query(name="filing", description="备案现状")
    def _filing_now(self) -> Filing | None:
        return self.filing

    @workflow.query(name="agenda", description="日程：无人行为时，时间将带来什么")
    def _agenda_now(self) -> list[AgendaLine]:
        return list(entries.outlook(self.filing)) if self.filing else []

    # Waiting

    async def _day_comes(self) -> bool:
        """Wait for the head of the agenda; False if something else came first. One timer for as long as the head stays.

        A run that is full is something else: it must not wait for a day that may lie months ahead.
        """
        due = self.due
        left = due.at - workflow.now() if due else None
        if due and left and left > timedelta(0):
            try:
                await workflow.wait_condition(
                    lambda: self.full or self.due is not due,
                    timeout=left,
                    timeout_summary=timer_summary(due),
                )
            except TimeoutError:
                return True
            return False
        if due is None:
            await workflow.wait_condition(lambda: self.full or self.due is not None or self._at_an_end())
        return due is not None

    def _notice_fullness(self) -> None:
        """Whether this run is to go on in a new one: its year is over, or the server suggests it.

        Asked whenever an act comes, for acts may fill a run without moving any date: so many of them came, or so long is the
        history. Past the server's limit of updates a run takes no act at all.
        """
        year_over = self.year_over and self._follows(YEAR_IS_LEFT_LATER)
        suggested = workflow.info().is_continue_as_new_suggested()
        self.full = self.full or year_over or (suggested and self._follows(FULL_RUN_GOES_ON))

    async def _is_over(self) -> bool:
        """Whether the filing has come to an end, for which also its last callers have had their answers (Q18)."""
        if self._at_an_end():
            await workflow.wait_condition(workflow.all_handlers_finished)
        return self._at_an_end()

    def _at_an_end(self) -> bool:
        return self.due is None and self.value.stage in lifecycle.ENDS

    @property
    def value(self) -> Filing:
        """The filing, once it is taken in."""
        if self.filing is None:
            raise RuntimeError("the filing is not taken in yet")
        return self.filing

    # Entering

    async def _take_in(self, start: Start) -> None:
        """The stored filing, or a new one from the facts of its paper (Q20)."""
        now = workflow.now()
        submission = Submission(
            filing_id=start.filing_id, paper=start.paper, received_at=start.received_at or now, by=start.by
        )
        taken = await workflow.execute_local_activity_method(Entering.take_in, submission, **STEP)
        if taken.filing:
            self.acts.carried(taken.filing)
            self._carry(taken.filing)
        elif taken.facts:
            appended = await self._enter(entries.submitted(taken.facts, Moment(submission.received_at or now, now)))
            if appended.outcome == "refused":
                raise refused(Refusal(message=appended.reason, article="", missing=appended.reason))

    async def _act(self, raw: JsonValue, *, by_signal: bool = False) -> Receipt:
        """Enter an act, judged after everything that was due when it was received (Instants 2)."""
        self._notice_fullness()
        handled_at = workflow.now()
        await workflow.wait_condition(lambda: self.filing is not None)
        async with self.lock:
            act, faults = lodging.read_act(raw)
            event = act or entries.unreadable(raw)
            if act and (act.seen or 0) > self.value.number:
                await self._catch_up()
            while True:
                when = on_paper.moment(self.value, act, handled_at) if act else Moment(handled_at, handled_at)
                number = self.acts.entry_of(event)
                if number and (known := await self._recalled(number, event, when, by_signal=by_signal)):
                    return _told(known)
                judged = await self._judged(act, when) if act else lodging.refusal(faults)
                if not isinstance(judged, Refusal):
                    entry = entries.entered(self._taken_over(), judged, when)
                    warnings = lifecycle.warnings(self.value, judged, when)
                    appended = await self._enter(entry)
                    if appended.outcome == "entered":
                        return entries.receipt(entry, (*warnings, *appended.warnings))
                    if appended.outcome in ("known", "reused"):
                        return await self._recall(appended.number, event, when, by_signal=by_signal)
                    if appended.outcome == "adopted":
                        continue
                    judged = Refusal(message=appended.reason, article=entry.article, missing=appended.reason)
                if not by_signal:
                    if earlier := await self._answer_before_this_run(event):
                        return _told(earlier)
                    raise refused(judged)
                appended = await self._enter(entries.refused(self.value, event, when, judged.message))
                if appended.outcome in ("known", "reused"):
                    return await self._recall(appended.number, event, when, by_signal=True)
                if appended.outcome == "entered":
                    raise refused(judged)

    async def _judged(self, act: Act, when: Moment) -> Act | Refusal:
        """The act with the facts that only its paper or this release can tell, or why it may not be."""
        await self._enter_lapses(when.stamped_at if when.sensible else when.entered_at)
        act = act.but(received_at=when.stamped_at, seen=None)
        if isinstance(act, CalendarPublished | TermsPublished):
            name = act.calendar if isinstance(act, CalendarPublished) else act.terms
            if not await workflow.execute_local_activity_method(Entering.knows_edition, name, **STEP):
                return lifecycle.unknown_edition(self.value, act, name)
        if refusal := lifecycle.check(self.value, act, when):
            return refusal
        if isinstance(act, NewVersion):
            correction = Correction(filing=self.value, paper=act.paper, received_at=when.at)
            examined = await workflow.execute_local_activity_method(Entering.examine_correction, correction, **STEP)
            if examined.facts is None:
                return lodging.refusal(examined.findings)
            act = act.but(facts=examined.facts)
        return act

    async def _enter_lapses(self, until: datetime) -> None:
        """Enter what time has brought up to an instant."""
        while due := entries.due_by(self.value, until):
            lapse = due.lapse
            if lapse.provisional and not self._follows(CALENDAR_IS_AWAITED):
                lapse = lapse.but(provisional=False)
            await self._enter(entries.entered(self._taken_over(), lapse, Moment(due.at, workflow.now())))

    def _taken_over(self) -> Filing:
        """The filing, chased until somebody acts from now on if it was taken in by a release that was silent in time."""
        if self.value.chased_since or not self._follows(CHASED_UNTIL_DONE):
            return self.value
        return self.value.but(chased_since=workflow.now())

    async def _enter(self, entry: Entry) -> Appended:
        """The one place that enters. Where the register holds other events already, those are carried on instead."""
        appended = await workflow.execute_local_activity_method(Entering.enter, entry, **STEP) or ENTERED
        if appended.outcome == "entered":
            self.recent = [*self.recent[-LINES:], entry]
            self.acts.entered(entry)
            self._carry(entry.filing)
        elif appended.filing:
            if self.filing is None or appended.filing.number > self.filing.number:
                self.acts.carried(appended.filing)
            self._carry(appended.filing)
        elif self.filing:
            self._show()
        return appended

    async def _catch_up(self) -> None:
        """The door knew of entries that this run does not: everything died before the engine learned of them."""
        stored = await workflow.execute_local_activity_method(
            Entering.take_in, Submission(filing_id=self.value.id), **STEP
        )
        if stored.filing and stored.filing.number > self.value.number:
            self.acts.carried(stored.filing)
            (self._carry if self._follows(SHOWN_WHEN_LEVEL) else self._replace)(stored.filing)

    async def _recall(self, number: int, event: Act | Unreadable, when: Moment, *, by_signal: bool) -> Receipt:
        """The same act gets the same answer; another under its id is refused, and by signal that is on record (Q21)."""
        return _told(await self._recalled(number, event, when, by_signal=by_signal) or Recalled())

    async def _recalled(
        self, number: int, event: Act | Unreadable, when: Moment, *, by_signal: bool
    ) -> Recalled | None:
        """What an act was answered that stands under a number.

        None if that is another act, under an id that earlier releases made and somebody else took: it answers nothing.
        """
        ids = (event.id, *identity.earlier_ids(event))
        question = Question(filing_id=self.value.id, number=number, act_ids=ids, asked=identity.asked(event))
        recalled = await workflow.execute_local_activity_method(Entering.recall, question, **STEP)
        while recalled.reused and by_signal:
            await self._enter_lapses(when.stamped_at if when.sensible else when.entered_at)
            appended = await self._enter(entries.reused(self.value, event, when, recalled.reused))
            if appended.outcome != "adopted":
                break
        return None if recalled == Recalled() else recalled

    async def _answer_before_this_run(self, event: Act | Unreadable) -> Recalled | None:
        """What an act was answered that is refused now, if it was entered before the entries that this run knows (Q21)."""
        if self.acts.would_know(event) or not self._follows(REGISTER_IS_ASKED):
            return None
        ids = (event.id, *identity.earlier_ids(event))
        question = Question(filing_id=self.value.id, act_ids=ids, asked=identity.asked(event))
        recalled = await workflow.execute_local_activity_method(Entering.recall, question, **STEP)
        return None if recalled == Recalled() else recalled

    def _carry(self, filing: Filing) -> None:
        """Carry this filing on, for operators to see."""
        self._replace(filing)
        self._show()

    def _replace(self, filing: Filing) -> None:
        """Replace the filing; the timer is armed anew only if the head of the agenda has another instant."""
        closed = {year.year for year in self.filing.years if year.closed} if self.filing else set[int]()
        year_over = self.filing is not None and any(y.closed and y.year not in closed for y in filing.years)
        if year_over:
            self.acts.year_is_over(filing)
        self.year_over = self.year_over or year_over
        self.filing = filing
        due = agenda.next_lapse(filing)
        if due is None or self.due is None or due.at != self.due.at:
            self.due = due

    def _attributes(self) -> list[SearchAttributeUpdate[Any]]:
        """What operators find a filing by, as runs of this one's time show it."""
        return attributes(
            self.value,
            as_until_0_4=not self._follows(FEWER_ATTRIBUTES),
            as_until_0_6=not self._follows(LATENESS_IS_SHOWN),
        )

    def _show(self) -> None:
        """Show it, where it changed."""
        if updates := changed(self._attributes(), workflow.info().typed_search_attributes):
            workflow.upsert_search_attributes(updates)

    def details(self) -> str:
        """What operators see on the filing's page, rendered when they look (workflows/visibility.py)."""
        if self.filing is None:
            return ""
        alliance = workflow.memo_value("alliance", self.filing.id, type_hint=str)
        return rendered(self.filing, alliance, self.recent)


class _Acts:
    """The entries of the acts that this run entered, by their ids: of this period, and of the one before it.

    A memory aid that is not carried on: the register knows every act. `since` is the entry from which on this run would
    know any act. Runs that 0.1 to 0.3 began brought what their filing carried along, and forget it when that would have.
    """

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.earlier: dict[str, int] = {}
        self.since = self.turned = 0

    def carried(self, filing: Filing) -> None:
        """The filing came from elsewhere: what was entered on it before is not known here."""
        self.numbers |= filing.answers
        self.earlier |= filing.answers_before
        self.since = filing.number

    def entered(self, entry: Entry) -> None:
        """An act was entered."""
        if not isinstance(entry.event, Lapse | Submit):
            self.numbers[entry.event.id] = entry.number

    def year_is_over(self, filing: Filing) -> None:
        """A period is over: what was entered in the one before it is forgotten."""
        self.earlier, self.numbers = self.numbers, {}
        self.since, self.turned = max(self.since, self.turned), filing.number

    def entry_of(self, event: Act | Unreadable) -> int | None:
        """The entry under an act's id, if this run made it."""
        ids = (event.id, *identity.earlier_ids(event))
        return next((known[each] for each in ids for known in (self.numbers, self.earlier) if each in known), None)

    def would_know(self, event: Act | Unreadable) -> bool:
        """Whether an act that this run does not know is a new one: its door has asked the register up to entry `seen`."""
        return (getattr(event, "seen", None) or 0) >= self.since


def _told(recalled: Recalled) -> Receipt:
    """An answer as it was given before."""
    if recalled.reused:
        raise reused(recalled.reused)
    if recalled.receipt is None:
        raise refused(Refusal(message=recalled.refused or "", article="", missing=""))
    return recalled.receipt


def _readable(value: Any) -> JsonValue:
    """What a signal brought, as JSON, whatever it is."""
    decoded = value
    if isinstance(value, RawValue):
        try:
            decoded = workflow.payload_converter().from_payload(value.payload)
        except Exception:
            decoded = bytes(value.payload.data)
    return decoded.decode("utf-8", "replace") if isinstance(decoded, bytes) else decoded
