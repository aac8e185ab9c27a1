"""How values travel: as the SDK itself would write them, but for an entry on its way to be entered."""

from typing import Any

import pytest
from temporalio import workflow
from temporalio.contrib.pydantic import pydantic_data_converter

from activities.entering import Start
from models.filing import Entry, Filing
from tests.simulated import lived
from workflows.filing import AllianceFiling
from workflows.payloads import CONVERTER
from workflows.round import Round
from workflows.ways import NEWEST


def test_payloads_are_those_that_the_sdk_writes_and_reads() -> None:
    filing = lived("LIFE").docket[-1].filing
    start = Start(filing_id=filing.id, filing=filing, ways=NEWEST)
    values = [start, filing, "一", 3, None, b"bytes", [{"any": 1.5}]]
    written = CONVERTER.payload_converter.to_payloads(values)
    assert written == pydantic_data_converter.payload_converter.to_payloads(values)
    hints = [Start, Filing, str, int, type(None), bytes, list]
    assert CONVERTER.payload_converter.from_payloads(written, hints) == values


def test_an_entry_is_handed_over_itself_for_as_long_as_its_run_holds_it() -> None:
    entry = lived("LIFE").docket[-1].but()
    (written,) = CONVERTER.payload_converter.to_payloads([entry])
    for _ in range(2):
        (read,) = CONVERTER.payload_converter.from_payloads([written], [Entry])
        assert read is entry
    del read, entry
    with pytest.raises(KeyError):
        CONVERTER.payload_converter.from_payloads([written], [Entry])


def test_no_entry_goes_where_a_history_or_another_process_would_have_to_read_it() -> None:
    for each in (AllianceFiling, Round):
        definition = workflow._Definition.must_from_class(each)
        asked: list[Any] = [*definition.updates.values(), *definition.queries.values(), definition]
        assert Entry not in [kind for one in asked for kind in (one.ret_type, *(one.arg_types or ()))]
