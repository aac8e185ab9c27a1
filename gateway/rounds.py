"""The client of rounds: what a program does with them, whichever door it is.

A door reads an act with its paper, refuses it with every finding at once, notes it as arrived, stores the paper and sends the
act with its digest. The opening starts the round's workflow; any other act reaches it, or revives it from the register.
"""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from typing import Any

from pydantic import JsonValue
from temporalio.client import WithStartWorkflowOperation, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from activities.arrivals import Arrivals, Entered, OtherContent
from activities.entering import REUSED
from activities.papers import PaperMissing
from activities.rounds.register import RoundRegister
from gateway.client import Filings, patiently
from gateway.problem import KeyReused, MovedOn, NoRound, Refused, refuse
from models.findings import Finding, Lack, Refusal
from models.rounds.base import OpenRound, RoundAct, parts
from models.rounds.round import Round, RoundEntry, RoundReceipt
from models.values import digest, on_one_line
from regulation import identity, lodging
from regulation.moment import Moment
from regulation.rounds import agreeing, table
from regulation.rounds.every import rules_of
from regulation.rounds.lodging import RoundLodged, lacks_of_opening, lodge
from regulation.rounds.rules import Rules
from workflows import round as running


@dataclass(frozen=True)
class RoundReceived:
    """An act as it was received, as it may travel on."""

    act: RoundAct
    title: str


@dataclass(frozen=True)
class _Examined:
    """An act against which nothing speaks: as it is sent, with the facts that only its paper or the register can tell, what its paper
    says, and what of that is to be stored."""

    act: RoundAct
    with_facts: RoundAct
    content: Mapping[str, Any] | None
    paper: dict[str, Any] | None


@dataclass(frozen=True)
class Rounds:
    """What a program does with rounds, through the same engine and register as with filings."""

    filings: Filings

    @cached_property
    def register(self) -> RoundRegister:
        """The rounds in the register."""
        return RoundRegister(self.filings.register.engine)

    @cached_property
    def arrivals(self) -> Arrivals:
        """What was received and nobody has answered yet."""
        return Arrivals(self.filings.register.engine)

    async def act(
        self, round_id: str, raw: Mapping[str, Any], *, seen: Collection[int] | None = None, own: bool = False
    ) -> RoundReceipt:
        """Do an act in a round, the first of which opens it. The same act again gets the same answer.

        Raises `Refused` with every finding, `KeyReused` for another act under an id that is taken, and with `seen` `MovedOn`
        if it rests on an entry that is not the last any more. `own`: the service itself acts, under an id that it makes of the
        given one and that no caller can take.
        """
        self.filings.may_stamp()
        now = self.filings.clock()
        received = await asyncio.to_thread(self.receive, round_id, raw, now, seen, own=own)
        if isinstance(received, RoundReceipt):
            return received
        try:
            async with self.filings.turn(round_id, received.act):
                return await self._update(round_id, received)
        except WorkflowUpdateFailedError as failed:
            cause = failed.cause
            if not isinstance(cause, ApplicationError) or not cause.details:
                raise
            if cause.type == REUSED:
                raise KeyReused(received.act.id) from failed
            refusal = Refusal.model_validate(cause.details[0])
            await asyncio.to_thread(self._record, round_id, received.act, refusal, now)
            raise Refused(refusal) from failed

    # What a door does before anything is sent

    def is_known(self, round_id: str, act_id: str) -> bool:
        """Whether something is under an act's id already: entered, or received and not answered yet."""
        return self.register.entry_of(round_id, act_id) is not None or self.arrivals.are_noted(round_id, act_id)

    def receive(
        self,
        round_id: str,
        raw: Mapping[str, Any],
        now: datetime,
        seen: Collection[int] | None = None,
        *,
        own: bool = False,
    ) -> RoundReceived | RoundReceipt:
        """Receive an act: noted as arrived, judged, its paper stored; or its answer, if it is entered."""
        if parts(round_id) is None:
            raise NoRound(round_id)
        round_ = self.register.round(round_id)
        if round_ is None and raw.get("kind") != OpenRound.model_fields["kind"].default:
            raise NoRound(round_id)
        if own:
            raw = {**raw, "id": identity.of_own(raw["id"])}
        lodged = lodge(rules_of(round_id), round_, raw)
        act, kept = lodged.act, () if own else lodging.kept_for_itself(raw)
        if act is None or kept:
            refuse((*_lacks(round_id, round_, raw, lodged, Moment(now, now)), *kept))
        asked = self._asked(act, lodged)
        if entry := self.register.entry_of(round_id, act.id):
            return self._answer_of(entry, asked, lodged)
        if seen is not None and round_ and round_.number not in seen and not self.arrivals.are_noted(round_id, act.id):
            raise MovedOn(round_id, seen)
        return self._noted(round_id, round_, act, asked, lodged, now)

    def _noted(
        self, round_id: str, round_: Round | None, act: RoundAct, asked: str, lodged: RoundLodged, now: datetime
    ) -> RoundReceived | RoundReceipt:
        try:
            arrival = self.arrivals.receive(round_id, act.id, asked, act.received_at or now, now)
        except OtherContent as other:
            raise KeyReused(act.id) from other
        except Entered:
            entry = self.register.entry_of(round_id, act.id)
            if entry is None:
                raise
            return self._answer_of(entry, asked, lodged)
        act = act.but(received_at=arrival.received_at)
        when = Moment(arrival.received_at, now)
        stands = table.projected(rules_of(round_id), round_, when)
        examined = self._examined(round_id, stands, act, lodged, when, arrival.nonce)
        if isinstance(examined, Refusal):
            raise self._refused(round_id, act, examined, now)
        act, paper = examined.act, examined.paper
        if paper is not None and (beyond := self.filings.reception.beyond(act.by, round_id, [paper], now)):
            raise self._refused(round_id, act, lodging.refusal(beyond), now)
        if paper is not None:
            self.filings.register.lodge(round_id, str(act.kind), paper, now)
        title = act.title if isinstance(act, OpenRound) else stands.title if stands else ""
        return RoundReceived(act.but(seen=round_.number if round_ else None), title)

    def foreseen(
        self, round_id: str, raw: Mapping[str, Any], when: Moment
    ) -> tuple[RoundEntry, Mapping[str, Any] | None] | Refusal:
        """What an act would be as written down if it were received now, with what its paper says; or why it may not be. Nothing is
        stored."""
        rules, round_ = rules_of(round_id), self.register.round(round_id)
        lodged = lodge(rules, round_, raw)
        if lodged.act is None:
            return lodging.refusal(_lacks(round_id, round_, raw, lodged, when))
        stands = table.projected(rules, round_, when)
        examined = self._examined(round_id, stands, lodged.act, lodged, when)
        if isinstance(examined, Refusal):
            return examined
        return table.entered(rules, round_id, stands, examined.with_facts, when), examined.content

    def _examined(
        self, round_id: str, stands: Round | None, act: RoundAct, lodged: RoundLodged, when: Moment, nonce: str = ""
    ) -> "_Examined | Refusal":
        """An act with its paper, or everything that speaks against it: what its fields lack is told with what its paper does."""
        rules = rules_of(round_id)
        refusal = table.check(rules, round_id, stands, act, when)
        if refusal and not refusal.findings:
            return refusal
        try:
            act, content, paper = self._with_paper(round_id, stands, act, lodged, when, nonce)
        except PaperMissing:
            return _no_paper(rules, act)
        examined = self.register.examined(round_id, stands, act, content, when.day)
        found = examined if isinstance(examined, list) else ()
        if refusal:
            return refusal.but(findings=(*refusal.findings, *found))
        if isinstance(examined, list):
            return lodging.refusal(examined)
        return _Examined(act, examined, content, paper)

    def _with_paper(
        self, round_id: str, stands: Round | None, act: RoundAct, lodged: RoundLodged, when: Moment, nonce: str = ""
    ) -> tuple[RoundAct, Mapping[str, Any] | None, dict[str, Any] | None]:
        """An act with its paper: what that says, and what is to be stored of it, if that is not stored yet. Raises `PaperMissing`."""
        basis = stands or table.begun(round_id, act, when)
        drawn = self.register.drawn(basis, act) if lodged.is_drawn else lodged.paper
        if drawn is None:
            return act, self.register.content(act), None
        if agreed := self._agreed(stands, act, drawn):
            return act.but(paper=agreed), drawn, None
        paper = identity.salted(drawn, nonce)
        return act.but(paper=digest(paper)), drawn, paper

    def _agreed(self, round_: Round | None, act: RoundAct, content: Mapping[str, Any]) -> str | None:
        """The paper of a first half of an act that says the same: so whoever follows says the very same."""
        there = agreeing.halves(round_, agreeing.key_of(act)).values() if round_ else ()
        papers = [half.paper for half in there if half.paper]
        return next((each for each in papers if self.filings.register.paper(each) == dict(content)), None)

    def _answer_of(self, entry: RoundEntry, asked: str, lodged: RoundLodged) -> RoundReceipt:
        """The answer of then to the same act; `KeyReused` for another."""
        if entry.act is None or self._asked(entry.act, lodged.but(paper=None)) != asked:
            raise KeyReused(entry.act.id if entry.act else "")
        return table.receipt(rules_of(entry.round.id), entry)

    def _asked(self, act: RoundAct, lodged: RoundLodged) -> str:
        """Digest of what is asked: of the act, its paper known by what it says; what the door draws up is no part of it."""
        if lodged.is_drawn:
            return identity.asked(act, leaving_out=("paper",))
        if lodged.paper is not None:
            return identity.asked(act.but(paper=digest(lodged.paper)))
        try:
            return identity.asked(identity.bared(act, self.filings.register.paper))
        except PaperMissing:
            return identity.asked(act)

    def _refused(self, round_id: str, act: RoundAct, refusal: Refusal, now: datetime) -> Refused:
        self._record(round_id, act, refusal, now)
        return Refused(refusal)

    def _record(self, round_id: str, act: RoundAct, refusal: Refusal, now: datetime) -> None:
        """A refusal is an answer: it is on record, and whatever is sent under this id now is received now."""
        self.filings.register.record_refusal(round_id, act.model_dump(mode="json"), refusal.message, now)
        self.arrivals.answered(round_id, act.id)

    # The engine

    async def _update(self, round_id: str, received: RoundReceived) -> RoundReceipt:
        sent: JsonValue = received.act.model_dump(mode="json")
        start = partial(self._start, round_id, received.title)
        receipt: RoundReceipt = await self.filings.ask(
            workflow_id(round_id), "act", sent, received.act.id, start, RoundReceipt
        )
        return receipt

    def _start(self, round_id: str, title: str) -> WithStartWorkflowOperation[Any, Any]:
        return WithStartWorkflowOperation(
            running.Round.run,
            running.RoundStart(round_id=round_id),
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            **self.named(round_id, title),
        )

    def named(self, round_id: str, title: str) -> dict[str, Any]:
        """Under which id, where, and with which title a round's workflow is started, whoever starts it."""
        return {
            "id": workflow_id(round_id),
            "task_queue": self.filings.task_queue,
            "static_summary": on_one_line(title)[:100],
        }

    async def revive(self, round_id: str, *, anew: bool = False) -> bool:
        """Start a round that ought to run, from the register alone, or have one that runs take the register's word.

        False if neither was called for. One that the register does not know ends by its word. `anew`: one that runs is
        terminated first; what was entered stands.
        """
        row = await asyncio.to_thread(self.register.row, round_id)
        if row and (row.open or row.followed < row.number) and await self._revived(round_id, row.title, anew=anew):
            return True
        handle = self.filings.client.get_workflow_handle(workflow_id(round_id))
        try:
            async with patiently(self.filings.patience):
                await handle.execute_update("level", row.number if row else 0)
        except WorkflowUpdateFailedError:  # it stands where the register says, or came to its end meanwhile
            return False
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:  # it has come to its end: nothing is waited for
                return False
            raise
        return True

    async def _revived(self, round_id: str, title: str, *, anew: bool) -> bool:
        running_one = WorkflowIDConflictPolicy.TERMINATE_EXISTING if anew else WorkflowIDConflictPolicy.FAIL
        try:
            await self.filings.client.start_workflow(
                running.Round.run,
                running.RoundStart(round_id=round_id),
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                id_conflict_policy=running_one,
                **self.named(round_id, title),
            )
        except WorkflowAlreadyStartedError:
            return False
        return True


def _lacks(
    round_id: str, round_: Round | None, raw: Mapping[str, Any], lodged: RoundLodged, when: Moment
) -> list[Finding]:
    """Everything that an act lacks which cannot be read; of an opening, what its kind asks for with it."""
    return (
        lacks_of_opening(rules_of(round_id), round_id, raw, lodged, when) if round_ is None else list(lodged.findings)
    )


def _no_paper(rules: Rules, act: RoundAct) -> Refusal:
    """That the paper which an act names is not there."""
    return table.refusal(rules, act, Lack(missing=lodging.PAPER_MISSING))


def workflow_id(round_id: str) -> str:
    """The workflow of a round."""
    return f"round-{round_id}"
