"""Golden histories of every release replay on today's code, and come to the same dockets, instant by instant."""

import asyncio
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.worker import (
    Interceptor,
    Replayer,
    StartLocalActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)

from activities.register import Register
from activities.rounds.entering import Acting, Passing, RoundEntering
from activities.rounds.register import RoundRegister
from examples.demo import know_call
from models.filing import Entry
from models.rounds.round import ROUND_ACT
from regulation.calendar import CALENDARS
from regulation.terms import TERMS
from tests.databases import Databases
from tests.lives import LIVES
from tests.plain_rounds import in_force, rules
from tests.record import HISTORIES, ROUNDS, line, release
from tests.samples import one_in
from workflows.filing import AllianceFiling
from workflows.payloads import CONVERTER
from workflows.round import Round
from workflows.sandbox import Sandbox

GOLDEN = [path for path in sorted(HISTORIES.glob("*/*.json")) if path.parent.name != ROUNDS]
OF_ROUNDS = sorted((HISTORIES / ROUNDS).glob("*.json"))

entered: list[Entry] = []
"""What today's code wanted to enter while replaying."""


class _Outbound(WorkflowOutboundInterceptor):
    def start_local_activity(self, input: StartLocalActivityInput) -> workflow.ActivityHandle[Any]:
        if input.activity == "enter":
            entered.append(input.args[0])
        return super().start_local_activity(input)


class _Inbound(WorkflowInboundInterceptor):
    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        super().init(_Outbound(outbound))


class Watching(Interceptor):
    """Sees every entry that a replayed workflow makes, with its dates: replay itself compares only kinds of commands."""

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:
        """Watch this workflow."""
        return _Inbound


def read(path: Path) -> dict[str, Any]:
    """A golden history, with the editions by which it counted."""
    golden: dict[str, Any] = json.loads(path.read_text("utf-8"))
    for edition in golden["editions"]:
        if edition["edition"] not in TERMS:
            TERMS.add(edition)
    for calendar in golden.get("calendars", ()):  # until 0.3.0 none was needed
        if calendar["edition"] not in CALENDARS:
            CALENDARS.add(calendar)
    return golden


def test_every_way_to_end_is_recorded_for_this_release() -> None:
    assert {path.stem for path in GOLDEN if path.parent.name == release()} == set(LIVES)


def test_a_round_is_recorded_for_every_release_that_has_rounds() -> None:
    releases = {path.parent.name for path in GOLDEN if tuple(map(int, path.parent.name.split("."))) > (0, 5, 0)}
    assert releases <= {path.stem for path in OF_ROUNDS}


async def test_golden_histories_of_rounds_replay() -> None:
    replayer = Replayer(workflows=[Round], workflow_runner=Sandbox(), data_converter=CONVERTER)
    for path in OF_ROUNDS:
        golden = json.loads(await asyncio.to_thread(path.read_text, "utf-8"))
        for run in golden["runs"]:
            await replayer.replay_workflow(WorkflowHistory.from_json("round", run))
        assert [each["number"] for each in golden["entries"]] == list(range(1, len(golden["entries"]) + 1))


@pytest.mark.parametrize("path", OF_ROUNDS, ids=lambda path: path.stem)
def test_a_golden_round_comes_to_the_same_entries_by_today_s_rules(path: Path, sqlite: Databases) -> None:
    """The engine holds only until when to wait: what a round comes to, and when, is decided by its steps, and they are done again."""
    golden = json.loads(path.read_text("utf-8"))["entries"]
    register = RoundRegister(Register.at(sqlite.migrated()).engine)
    steps, of = RoundEntering(register), json.loads(path.read_text("utf-8"))["runs"][0]["events"][0]
    round_id = of["workflowExecutionStartedEventAttributes"]["workflowId"].removeprefix("round-")
    know_call(int(round_id.split("-")[1]))
    with in_force(rules()):
        for entry in golden:
            at = datetime.fromisoformat(entry["at"])
            if "by" not in entry["event"]:
                steps.passes(Passing(round_id=round_id, until=at))
                continue
            told = {name: value for name, value in entry["event"].items() if name != "pinned"}
            steps.acts(Acting(round_id=round_id, act=ROUND_ACT.validate_python(told), handled_at=at))
    again = [each.model_dump(mode="json", exclude={"round", "entered_at"}) for each in register.docket(round_id)]
    for entry in (*golden, *again):
        entry["event"].pop("pinned", None)  # the editions of then; their numbers are not asked here
    assert again == golden


@pytest.mark.parametrize("path", one_in(5, GOLDEN), ids=lambda path: f"{path.parent.name}-{path.stem}")
async def test_a_golden_history_replays_to_its_docket(path: Path) -> None:
    golden = await asyncio.to_thread(read, path)
    histories = [WorkflowHistory.from_json(golden["workflow_id"], json.dumps(run)) for run in golden["runs"]]
    replayer = Replayer(
        workflows=[AllianceFiling], data_converter=CONVERTER, workflow_runner=Sandbox(), interceptors=[Watching()]
    )
    entered.clear()
    for history in histories:
        await replayer.replay_workflow(history)
    assert [line(entry) for entry in entered] == golden["docket"]


async def test_a_changed_date_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    from regulation import terms

    real = terms.value
    monkeypatch.setattr(
        terms, "value", lambda *asked: real(*asked) + 1 if asked[1] == "notice.length" else real(*asked)
    )
    with pytest.raises(AssertionError):
        await test_a_golden_history_replays_to_its_docket(HISTORIES / release() / "withdrawn_on_notice.json")
