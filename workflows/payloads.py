"""How values travel through the engine: as JSON by pydantic, whoever reads or writes them, and in whichever context.

The SDK makes converters anew for every task, each with type adapters of its own, and asks a run for every payload in which
context it stands, which in the sandbox costs more than the payload. Nothing here depends on either.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import DataConverter, PayloadConverter, StorageDriverStoreContext
from temporalio.worker import WorkflowInstance
from temporalio.worker._workflow_instance import WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner
from temporalio.workflow import Info

SHARED = PydanticPayloadConverter()


class Converter(PayloadConverter):
    """The SDK's converter for pydantic, one for all."""

    def to_payloads(self, values: Sequence[Any]) -> list[Payload]:
        """Write values."""
        return SHARED.to_payloads(values)

    def from_payloads(self, payloads: Sequence[Payload], type_hints: list[type] | None = None) -> list[Any]:
        """Read values."""
        return SHARED.from_payloads(payloads, type_hints)


CONVERTER = DataConverter(payload_converter_class=Converter)
"""What every client and worker of ours is given. It reads and writes what the SDK's own for pydantic does."""


class _Run(WorkflowInstance):
    """A run in the sandbox that is not asked for contexts: all of them are answered from outside, as the same."""

    NOWHERE = StorageDriverStoreContext(target=None)

    def __init__(self, inside: WorkflowInstance) -> None:
        self.inside = inside

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        return self.inside.activate(act)

    def get_info(self) -> Info:
        return self.inside.get_info()

    def get_thread_id(self) -> int | None:
        return self.inside.get_thread_id()

    def get_serialization_context(self, command_info: object) -> None:
        return None

    def get_external_store_context(self, command_info: object) -> StorageDriverStoreContext:
        return self.NOWHERE


@dataclass(frozen=True)
class Sandbox(SandboxedWorkflowRunner):
    """The SDK's sandbox, unchanged, but that no payload enters it to ask for its context.

    That is right as long as the converter is ours, which takes no context, and payloads are stored nowhere else. It rests
    on `WorkflowInstance` of temporalio 1.35, which is pinned; tests/test_payloads.py fails if that asks for more.
    """

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """A run in the sandbox."""
        return _Run(super().create_instance(det))
