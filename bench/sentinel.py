"""A pass of the sentinel over a register of very many filings: what it costs a worker, and the engine beside it is stubbed.

The register is real. What an engine would list is built beforehand, as the protobuf messages that come over the wire, a thousand a page, and
read from bytes as a client reads them: so what is measured is all that the pass does, and nothing that a server does.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest, ListSearchAttributesResponse
from temporalio.api.workflow.v1 import WorkflowExecutionInfo
from temporalio.api.workflowservice.v1 import ListWorkflowExecutionsRequest, ListWorkflowExecutionsResponse
from temporalio.converter import encode_search_attributes
from temporalio.service import RPCError, RPCStatusCode

from bench import full_register
from bench.figures import Figure
from bench.quiet_life import QuietLife
from bench.simulator import YEAR, lived
from gateway.client import Filings, workflow_id
from gateway.watching.engine import PAGE
from gateway.watching.sentinel import Sentinel
from models.filing import Filing
from models.register import FollowedRow
from regulation import agenda
from workflows import visibility

QUEUE = "filings"


@dataclass
class Listing:
    """What answers for the engine: pages of a listing, as bytes."""

    namespace: str = "default"
    pages: list[bytes] = field(default_factory=list)
    asked: int = 0

    @property
    def workflow_service(self) -> "Listing":
        """Itself: nothing else is asked of the engine."""
        return self

    @property
    def operator_service(self) -> "Listing":
        """Itself too."""
        return self

    async def list_search_attributes(self, _: ListSearchAttributesRequest) -> ListSearchAttributesResponse:
        """All that there ought to be."""
        return ListSearchAttributesResponse(custom_attributes=visibility.REGISTRATION)

    def list(self, filings: Sequence[Filing]) -> None:
        """List these as they ought to be."""
        for begin in range(0, len(filings), PAGE):
            more = begin + PAGE < len(filings)
            page = ListWorkflowExecutionsResponse(next_page_token=b"more" if more else b"")
            page.executions.extend(_listed(each) for each in filings[begin : begin + PAGE])
            self.pages.append(page.SerializeToString())

    async def list_workflow_executions(
        self, request: ListWorkflowExecutionsRequest, **_: Any
    ) -> ListWorkflowExecutionsResponse:
        """The next page of filings; of rounds there are none."""
        if '"Round"' in request.query:
            return ListWorkflowExecutionsResponse()
        self.asked = self.asked + 1 if request.next_page_token else 1
        return ListWorkflowExecutionsResponse.FromString(self.pages[self.asked - 1])

    def get_schedule_handle(self, _: str) -> "Listing":
        """Itself: of a schedule it knows nothing."""
        return self

    async def describe(self, **_: Any) -> NoReturn:
        """As an engine says that there is none."""
        raise RPCError("no schedule", RPCStatusCode.NOT_FOUND, b"")


def _listed(filing: Filing) -> WorkflowExecutionInfo:
    info = WorkflowExecutionInfo()
    info.execution.workflow_id, info.execution.run_id = workflow_id(filing.id), run_of(filing.id)
    encode_search_attributes(visibility.from_the_start(filing), info.search_attributes)
    return info


def run_of(filing_id: str) -> str:
    """The run that is listed of a filing."""
    return f"run-{filing_id}"


def measured(folder: Path, filings: int) -> Iterator[Figure]:
    """Seconds of one core that a pass takes over so many filings, each of which was seen before."""
    register = full_register.opened(f"sqlite:///{folder / 'sentinel.db'}")
    life = QuietLife(1, YEAR)
    full_register.store_papers(register, life)
    docket = lived(life, life.over)
    full_register.write(register, docket)
    first = docket[-1].filing
    noon = datetime(max(datetime.now(UTC).year, YEAR) + 1, 1, 1, tzinfo=UTC)
    copied = list(full_register.copies(first, filings, lambda number: noon + timedelta(minutes=number)))
    full_register.copy(register, first.id, copied)
    engine = Listing()
    engine.list([first, *copied])
    sentinel = Sentinel(Filings(engine, register, QUEUE))  # type: ignore[arg-type]
    sentinel.memory.follow([_followed(each) for each in (first, *copied)])
    began, used = time.perf_counter(), time.process_time()
    found, different = asyncio.run(sentinel.look())
    used, took = time.process_time() - used, time.perf_counter() - began
    assert (found.compared, found.looked_at, found.unseen, different) == (filings + 1, 0, 0, [])
    register.engine.dispose()
    yield Figure("sentinel_pass_cpu_s", f"a pass over {filings:,} filings, of one core", used, "s")
    yield Figure("sentinel_pass_s", "the same, by the clock of the wall", took, "s")


def _followed(filing: Filing) -> FollowedRow:
    due = agenda.next_lapse(filing)
    return FollowedRow(
        filing_id=filing.id, number=filing.number, run_id=run_of(filing.id), armed_for=due.at if due else None
    )
