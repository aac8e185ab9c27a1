"""How values travel: as the SDK itself would write them."""

from temporalio.contrib.pydantic import pydantic_data_converter

from activities.entering import Start
from models.filing import Filing
from tests.simulated import lived
from workflows.payloads import CONVERTER
from workflows.ways import NEWEST


def test_payloads_are_those_that_the_sdk_writes_and_reads() -> None:
    filing = lived("LIFE").docket[-1].filing
    start = Start(filing_id=filing.id, filing=filing, ways=NEWEST)
    values = [start, filing, "一", 3, None, b"bytes", [{"any": 1.5}]]
    written = CONVERTER.payload_converter.to_payloads(values)
    assert written == pydantic_data_converter.payload_converter.to_payloads(values)
    hints = [Start, Filing, str, int, type(None), bytes, list]
    assert CONVERTER.payload_converter.from_payloads(written, hints) == values
