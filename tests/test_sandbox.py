"""The sandbox that all runs of a worker share: it refuses what the SDK's own refuses, and holds nothing that changes."""

import inspect
import re
import threading
from dataclasses import dataclass, field
from types import BuiltinFunctionType, FunctionType, ModuleType

import pytest
from temporalio import workflow
from temporalio.worker import WorkflowInstance
from temporalio.worker._workflow_instance import WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox import RestrictedWorkflowAccessError
from temporalio.worker.workflow_sandbox._restrictions import _RestrictedProxy
from temporalio.worker.workflow_sandbox._runner import _Instance

from models.values import Value
from workflows import filing, round
from workflows.sandbox import Sandbox


@dataclass(frozen=True)
class Compared(Sandbox):
    """Makes a run of ours, and one of the SDK's beside it."""

    made: list[tuple[WorkflowInstance, WorkflowInstance]] = field(default_factory=list)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """Note both."""
        ours = super().create_instance(det)
        self.made.append((ours, _Instance(det, self.runner_class, self.restrictions)))
        return ours


async def test_a_run_is_the_sdk_s_but_for_what_it_shares() -> None:
    compared = Compared()
    for _ in range(2):
        compared.prepare_workflow(workflow._Definition.must_from_class(filing.AllianceFiling))
    (first, theirs), (second, _) = compared.made
    assert vars(first).keys() == vars(theirs).keys(), (
        "the SDK's runs are made of other things: see workflows/sandbox.py"
    )
    assert vars(first)["importer"] is vars(second)["importer"]
    assert vars(first)["globals_and_locals"].keys() == vars(theirs)["globals_and_locals"].keys()


def test_what_would_not_replay_is_refused_while_a_run_is_at_work_on_its_thread_and_no_other() -> None:
    importer = Sandbox().importer(filing.__name__)
    at_work = importer.restriction_context
    elsewhere: list[bool] = []
    at_work.is_runtime = True
    with importer.applied():
        from datetime import datetime
        from random import random

        with pytest.raises(RestrictedWorkflowAccessError):
            datetime.now()  # noqa: DTZ005
        with pytest.raises(RestrictedWorkflowAccessError):
            random()
        with pytest.raises(RestrictedWorkflowAccessError):
            input()
    other = threading.Thread(target=lambda: elsewhere.append(at_work.is_runtime))
    other.start()
    other.join()
    assert elsewhere == [False]


async def test_no_workflow_asks_whether_something_is_what_the_sandbox_guards() -> None:
    sandbox, guarded = Sandbox(), set[str]()
    for module, kind in ((filing, filing.AllianceFiling), (round, round.Round)):
        sandbox.prepare_workflow(workflow._Definition.must_from_class(kind))
        held = vars(sandbox.importer(module.__name__).new_modules[module.__name__])
        guarded |= {name for name, value in held.items() if type(value) is _RestrictedProxy}
        asked = re.findall(r"is(?:instance|subclass)\([^()]*\)", inspect.getsource(module))
        assert not [each for each in asked if guarded & set(re.findall(r"\w+", each))], "workflows/sandbox.py"
    assert "datetime" in guarded


def test_the_module_that_runs_share_holds_nothing_that_a_run_could_change() -> None:
    fixed = (ModuleType, type, FunctionType, BuiltinFunctionType, str, int, tuple, Value)
    held = {name for name, value in vars(filing).items() if not name.startswith("__") and not isinstance(value, fixed)}
    typing = {"Any", "Awaitable", "Callable", "Sequence", "JsonValue", "Act"}
    assert held <= {"STEP", *typing}, "workflows/sandbox.py"
