"""The SDK's sandbox, made once a worker and not once a run, and entered without ceremony.

It keeps workflow code from what would not replay alike: clocks, chance, files, threads. That stays. The SDK's own makes
it anew for every run, by importing the workflow's module again; compiles for every task the two lines that enter it; and asks
each run in it in which context each payload stands. Each of these costs more than what a run does in it.

What is given up: runs on one worker share what the module of the workflow holds, as they share the modules that are passed
through (regulation, models). A test sees to it that this is nothing that changes. Contexts mean something only to a converter
that asks for them, or where payloads are stored elsewhere; ours does not, and they are not (workflows/payloads.py). And
`isinstance` stays Python's own: the SDK's costs each of a run's 1,500 questions three times as much, so that one may ask it of a
class that the sandbox guards, as of a `datetime` that the workflow's module imports for itself. A test sees to it that none does.

This rests on the insides of temporalio 1.35, which is pinned; tests/test_sandbox.py fails where they are others.
"""

import builtins
import sys
import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.converter import StorageDriverStoreContext
from temporalio.worker import WorkflowInstance
from temporalio.worker._workflow_instance import WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner
from temporalio.worker.workflow_sandbox._importer import (
    Importer,
    _thread_local_import,
    _thread_local_sys_modules,
    _ThreadLocalOverride,
)
from temporalio.worker.workflow_sandbox._restrictions import RestrictionContext
from temporalio.worker.workflow_sandbox._runner import _Instance
from temporalio.workflow import unsafe

NOWHERE = StorageDriverStoreContext(target=None)


class _AtWork(threading.local, RestrictionContext):
    """Whether a run is at work, for each thread by itself: runs that share their modules are at work on several."""


class _Guards(Importer):
    """What runs import by, and the guards that stand while one is at work, known once and not looked up for each task."""

    UNGUARDED = ("isinstance", "issubclass")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.guards: list[tuple[object, str, _ThreadLocalOverride[Any], Any]] = [
            (sys, "modules", _thread_local_sys_modules, self.new_modules),
            (builtins, "__import__", _thread_local_import, self.import_func),
            *(
                (builtins, name, local, guard)
                for name, local, guard in self.restricted_builtins
                if name not in self.UNGUARDED
            ),
        ]

    def applied(self) -> "_Raised":  # type: ignore[override]
        """Raise the guards on this thread, for as long as a run is at work on it."""
        return _Raised(self)


class _Raised:
    """The guards while they stand on a thread, as `Importer.applied` raises and lowers them by as many generators."""

    def __init__(self, importer: _Guards) -> None:
        self.importer = importer

    def __enter__(self) -> None:
        self.before = Importer.current_importer(), [local.maybe_current for _, _, local, _ in self.importer.guards]
        Importer._thread_local_current.importer = self.importer
        for owner, name, local, guard in self.importer.guards:
            with local.applied_counter_lock:
                local.applied_counter += 1
                if getattr(owner, name) is not local:
                    setattr(owner, name, local)
            local.current = guard

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        importer, guards = self.before
        for (owner, name, local, _), before in zip(self.importer.guards, guards, strict=True):
            if before is None:
                del local.current
            else:
                local.current = before
            with local.applied_counter_lock:
                local.applied_counter -= 1
                if not local.applied_counter:
                    setattr(owner, name, local.orig)
        Importer._thread_local_current.importer = importer


class _Run(_Instance):
    """A run in a sandbox that is there already."""

    def __init__(self, details: WorkflowInstanceDetails, sandbox: "Sandbox") -> None:
        self.instance_details = details
        self.runner_class = sandbox.runner_class
        self._current_thread_id: int | None = None
        self.globals_and_locals = {"__file__": "workflow_sandbox.py"}
        self.importer = sandbox.importer(self._workflow_module_name())
        self._create_instance()

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        """Let the run do its task, in the sandbox."""
        at_work = self.importer.restriction_context
        self._current_thread_id = threading.get_ident()
        unsafe._set_in_sandbox(True)
        at_work.is_runtime = at_work.in_activation = True
        try:
            with self.importer.applied():
                inside: Any = self.globals_and_locals["__temporal_in_sandbox"]
                done: WorkflowActivationCompletion = inside.activate(act)
                return done
        finally:
            at_work.is_runtime = at_work.in_activation = False
            unsafe._set_in_sandbox(False)
            self._current_thread_id = None

    def get_serialization_context(self, command_info: object) -> None:
        return None

    def get_external_store_context(self, command_info: object) -> StorageDriverStoreContext:
        return NOWHERE


@dataclass(frozen=True)
class Sandbox(SandboxedWorkflowRunner):
    """A runner whose runs share one sandbox for each workflow's module."""

    _importers: dict[str, _Guards] = field(default_factory=dict, init=False, repr=False, compare=False)

    def importer(self, module: str) -> _Guards:
        """What the runs of a workflow import by, and what was imported by it already."""
        if module not in self._importers:
            self._importers[module] = _Guards(self.restrictions, _AtWork(), workflow_module_name=module)
        return self._importers[module]

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """A run."""
        return _Run(det, self)
