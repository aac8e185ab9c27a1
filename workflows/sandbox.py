"""The SDK's sandbox, made once a worker and not once a run.

It keeps workflow code from what would not replay alike: clocks, chance, files, threads. That stays. The SDK's own makes
it anew for every run, by importing the workflow's module again, and asks each run in it in which context each payload
stands; both cost more than what a run does in it.

What is given up: runs on one worker share what the module of the workflow holds, as they share the modules that are passed
through (regulation, models). A test sees to it that this is nothing that changes. Contexts mean something only to a converter
that asks for them, or where payloads are stored elsewhere; ours does not, and they are not (workflows/payloads.py).

This rests on the insides of temporalio 1.35, which is pinned; tests/test_sandbox.py fails where they are others.
"""

import threading
from dataclasses import dataclass, field

from temporalio.converter import StorageDriverStoreContext
from temporalio.worker import WorkflowInstance
from temporalio.worker._workflow_instance import WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner
from temporalio.worker.workflow_sandbox._importer import Importer
from temporalio.worker.workflow_sandbox._restrictions import RestrictionContext
from temporalio.worker.workflow_sandbox._runner import _Instance

NOWHERE = StorageDriverStoreContext(target=None)


class _AtWork(threading.local, RestrictionContext):
    """Whether a run is at work, for each thread by itself: runs that share their modules are at work on several."""


class _Run(_Instance):
    """A run in a sandbox that is there already."""

    def __init__(self, details: WorkflowInstanceDetails, sandbox: "Sandbox") -> None:
        self.instance_details = details
        self.runner_class = sandbox.runner_class
        self._current_thread_id: int | None = None
        self.globals_and_locals = {"__file__": "workflow_sandbox.py"}
        self.importer = sandbox.importer(self._workflow_module_name())
        self._create_instance()

    def get_serialization_context(self, command_info: object) -> None:
        return None

    def get_external_store_context(self, command_info: object) -> StorageDriverStoreContext:
        return NOWHERE


@dataclass(frozen=True)
class Sandbox(SandboxedWorkflowRunner):
    """A runner whose runs share one sandbox for each workflow's module."""

    _importers: dict[str, Importer] = field(default_factory=dict, init=False, repr=False, compare=False)

    def importer(self, module: str) -> Importer:
        """What the runs of a workflow import by, and what was imported by it already."""
        if module not in self._importers:
            self._importers[module] = Importer(self.restrictions, _AtWork(), workflow_module_name=module)
        return self._importers[module]

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """A run."""
        return _Run(det, self)
