"""How values travel: as the SDK would write them, and past the sandbox, which stays what it is."""

from dataclasses import dataclass, field

from temporalio import workflow
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import WorkflowInstance
from temporalio.worker._workflow_instance import WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from activities.entering import Start
from models.filing import Filing
from tests.simulated import lived
from workflows.filing import AllianceFiling
from workflows.payloads import CONVERTER, Sandbox, _Run
from workflows.ways import NEWEST


def test_payloads_are_those_that_the_sdk_writes_and_reads() -> None:
    filing = lived("LIFE").docket[-1].filing
    start = Start(filing_id=filing.id, filing=filing, ways=NEWEST)
    values = [start, filing, "一", 3, None, b"bytes", [{"any": 1.5}]]
    written = CONVERTER.payload_converter.to_payloads(values)
    assert written == pydantic_data_converter.payload_converter.to_payloads(values)
    hints = [Start, Filing, str, int, type(None), bytes, list]
    assert CONVERTER.payload_converter.from_payloads(written, hints) == values


@dataclass(frozen=True)
class Seen(Sandbox):
    """A sandbox that shows what it made."""

    made: list[WorkflowInstance] = field(default_factory=list)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """Note it."""
        self.made.append(super().create_instance(det))
        return self.made[-1]


async def test_a_run_is_in_the_sandbox_and_only_its_contexts_are_answered_from_outside() -> None:
    seen = Seen()
    seen.prepare_workflow(workflow._Definition.must_from_class(AllianceFiling))
    (run,) = seen.made
    assert isinstance(run, _Run)
    assert type(run.inside).__module__ == SandboxedWorkflowRunner.__module__
    assert run.get_info() is run.inside.get_info()
    asked = {name for name in vars(WorkflowInstance) if not name.startswith("_")}
    assert asked == {name for name in vars(_Run) if not name.startswith("_")} - {"NOWHERE"}, (
        "the SDK asks a run for something else: see workflows/payloads.py"
    )
