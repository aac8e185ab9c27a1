"""Signals, from whoever sends them and whatever they hold: entered, or refused in the docket; never any harm."""

import asyncio
import json
import subprocess
from typing import Any

import pytest
from temporalio.api.common.v1 import Payload, Payloads, WorkflowExecution
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.api.workflowservice.v1 import SignalWorkflowExecutionRequest
from temporalio.client import WorkflowExecutionStatus, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from deploy.embedded import temporal
from examples.demo import OFFICES
from gateway.client import workflow_id
from models.acts import Unreadable
from models.filing import Filing, Receipt
from models.values import digest
from models.vocabulary import Stage
from regulation import identity, lodging
from tests.patience import comes
from tests.story import Story, checklist, instant
from tests.world import World
from workflows.filing import EXAMPLE

OUT_OF_TIME = (
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-12:00",
    "1899-12-31T23:59:59Z",
    "2101-01-01T00:00:00+08:00",
)
"""Instants that overflow when they are told in another zone, and the first beyond the bounds."""


async def signal_by_command_line(world: World, filing_id: str, name: str, value: Any) -> None:
    """`temporal workflow signal`, as an operator types it."""
    config = world.environment.client.service_client.config
    command = [
        temporal(),
        "workflow",
        "signal",
        "--address",
        config.target_host,
        "--workflow-id",
        workflow_id(filing_id),
    ]
    text = json.dumps(value, ensure_ascii=False)
    done = await asyncio.to_thread(
        subprocess.run, [*command, "--name", name, "--input", text], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


async def settled(world: World, story: Story, number: int) -> Filing:
    """The filing once it has that many entries."""

    def come() -> Filing | None:
        filing = world.register.filing(story.id)
        return filing if filing and filing.number >= number else None

    filing: Filing = await comes(come)
    return filing


async def test_a_good_act_by_signal_from_the_command_line_works(world: World) -> None:
    story = Story(world, "SIGNAL-1")
    await story.submitted("2027-03-15")
    handle = world.handle(story.id)
    await signal_by_command_line(world, story.id, "act", story.act("city", "accept", "2027-03-15T08:59:59"))
    filing = await settled(world, story, 2)
    assert filing.stage is Stage.SUBMITTED, "received before the submission: refused"
    told = await handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
    assert "不予登记：" in told.current_details, "with the reason, where operators look"
    assert str(story.docket[-1].refused)[:10] in told.current_details
    await world.on(story.id, instant("2027-03-16"))
    await signal_by_command_line(world, story.id, "act", story.act("city", "accept", "2027-03-16"))
    assert (await settled(world, story, 3)).stage is Stage.UNDER_REVIEW


async def test_without_a_receipt_a_signal_counts_from_when_it_is_handled(world: World) -> None:
    story = Story(world, "SIGNAL-2")
    await story.submitted("2027-03-15")
    await world.on(story.id, instant("2027-03-17T10:00"))
    act = story.act("city", "accept", "2027-03-17")
    del act["received_at"]
    await signal_by_command_line(world, story.id, "act", act)
    await settled(world, story, 2)
    entry = story.docket[-1]
    assert instant("2027-03-17T10:00") <= entry.at == entry.entered_at < instant("2027-03-17T10:05")


async def test_what_is_refused_or_is_not_even_an_act_is_in_the_docket_and_harms_nothing(world: World) -> None:
    story = Story(world, "SIGNAL-3")
    await story.submitted("2027-03-15")
    before = story.filing
    handle = world.handle(story.id)
    refused = story.act("province", "archive", "2027-03-15", archive_number="LN-CXY-A-210100-2027-0009")
    wrong: list[tuple[str, list[Any]]] = [
        ("act", [refused]),
        ("act", [{"id": "half", "kind": "accept"}]),
        ("act", ["不是行为"]),
        ("act", [{"hello": 1}]),
        ("act", []),
        ("act", [1, 2]),
        ("act", [None]),
        ("act", [b"\x00\xff"]),
        ("Act", [story.act("city", "accept", "2027-03-15")]),
        ("confirm", [{"a": ["b", {"c": 1.5}]}]),
    ]
    for name, values in wrong:
        await handle.signal(name, args=values)
    filing = await settled(world, story, 1 + len(wrong))
    docket = story.docket[1:]
    assert all(entry.refused for entry in docket)
    assert [isinstance(entry.event, Unreadable) for entry in docket] == [False] + [True] * 9
    assert filing.but(number=1) == before, "no legal fact changed"
    assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING
    assert (await story.city("accept", "2027-03-16")).stage is Stage.UNDER_REVIEW
    assert world.register.verify(story.id) == []


async def test_the_same_signal_twice_is_one_entry_and_a_refused_one_keeps_its_answer(world: World) -> None:
    story = Story(world, "SIGNAL-4")
    await story.submitted("2027-03-15")
    handle = world.handle(story.id)
    early = story.act("city2", "confirm", "2027-03-15")
    for _ in range(3):
        await handle.signal("act", early)
        await handle.signal("act", {"not": "an act"})
    await settled(world, story, 3)
    await story.city("accept", "2027-03-16")
    await handle.signal("act", early)
    await story.iit("give_iit_opinion", "2027-03-17", positive=True)
    assert story.kinds() == ["submit", "confirm", "unreadable", "accept", "give_iit_opinion"]


async def test_the_temporal_ui_offers_act_by_name_with_an_example_that_is_one(world: World) -> None:
    story = Story(world, "SIGNAL-5")
    await story.submitted("2027-03-15")
    told = await world.handle(story.id).query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
    offered = {each.name: each.description for each in told.definition.signal_definitions}
    assert set(offered) == {"act", ""}, "and whatever else is sent"
    act, faults = lodging.read_act(json.loads(offered["act"][offered["act"].index("{") :]))
    assert (act and act.kind, faults) == ("accept", [])
    assert {each.name for each in told.definition.update_definitions} == {"act", "go_on", "level", "show"}
    await world.on(story.id, instant("2027-03-16"))
    await signal_by_command_line(world, story.id, "act", json.loads(EXAMPLE))
    assert (await settled(world, story, 2)).stage is Stage.UNDER_REVIEW


@pytest.mark.parametrize(
    "brought",
    [
        (),
        ("json/plain", "null"),
        ("json/plain", "{"),
        ("json/plain", "1", "json/plain", "2"),
        ("json/protobuf", EXAMPLE),
        ("binary/unheard-of", EXAMPLE),
        ("binary/plain", EXAMPLE),
        ("json/plain", "[" * 100_000),
        ("json/plain", "9" * 5_000),
    ],
    ids=lambda brought: "-".join(brought)[:30] or "nothing",
)
async def test_an_act_that_cannot_be_read_is_in_the_docket(world: World, brought: tuple[str, ...]) -> None:
    story = Story(world, f"SIGNAL-6-{digest(brought)[:6]}")
    await story.submitted("2027-03-15")
    payloads = [
        Payload(metadata={"encoding": encoding.encode()}, data=text.encode())
        for encoding, text in zip(brought[::2], brought[1::2], strict=True)
    ]
    await world.client.workflow_service.signal_workflow_execution(
        SignalWorkflowExecutionRequest(
            namespace=world.client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=workflow_id(story.id)),
            signal_name="act",
            input=Payloads(payloads=payloads),
        )
    )
    await settled(world, story, 2)
    assert story.docket[-1].refused
    assert (await story.city("accept", "2027-03-16")).stage is Stage.UNDER_REVIEW, "and harms nothing"


@pytest.mark.parametrize("received_at", OUT_OF_TIME)
async def test_an_instant_at_the_edge_of_time_is_refused_in_the_docket(world: World, received_at: str) -> None:
    story = Story(world, f"SIGNAL-7-{digest(received_at)[:6]}")
    await story.submitted("2027-03-15")
    act = story.act("city", "accept", "2027-03-16")
    await world.handle(story.id).signal("act", act | {"received_at": received_at})
    await settled(world, story, 2)
    assert story.docket[-1].refused == "/received_at 收到时间：须在1900年至2100年之间"
    assert (await story.city("accept", "2027-03-16")).stage is Stage.UNDER_REVIEW, "and harms nothing"


async def test_a_signal_under_another_act_s_id_is_on_record_and_swallows_nothing(world: World) -> None:
    story = Story(world, "SIGNAL-6")
    await story.archived(2027)
    handle, day = world.handle(story.id), {"inspected_on": "2027-05-01", "result": "in_order"}
    first = story.act("city", "record_inspection", "2027-05-01", **day)
    receipt = await world.acts(story.id, first)
    for other in (first | {"result": "deficient"}, first | {"by": OFFICES["city2"]}, first | {"result": "deficient"}):
        await handle.signal("act", other)
    await settled(world, story, receipt.number + 2)
    await story.city("record_inspection", "2027-05-02", **day)
    entries = story.docket[receipt.number - 1 :]
    assert [bool(entry.refused) for entry in entries] == [False, True, True, False]
    assert all(f"{first['id']} 为第{receipt.number}号" in str(entry.refused) for entry in entries[1:3])
    assert world.register.verify(story.id) == []


async def test_the_engine_itself_tells_a_repetition_from_another_act_also_runs_later(world: World) -> None:
    """By an update past all doors, as from the Temporal UI: nothing says which entries its sender knew."""
    story = Story(world, "SIGNAL-7")
    await story.submitted("2027-03-15")
    accept = story.act("city", "accept", "2027-03-16")
    first = await world.acts(story.id, accept)
    await story.iit("give_iit_opinion", "2027-03-17", positive=True)
    await story.city2("confirm", "2027-03-18", checklist=checklist())
    await story.province("archive", "2027-04-20")

    async def asked(raw: Any) -> Receipt:
        answer: Receipt = await world.handle(story.id).execute_update("act", raw, result_type=Receipt)
        return answer

    for _ in range(2):
        assert await asked(accept) == first, "an act that was applied is not refused for what it brought about"
        with pytest.raises(WorkflowUpdateFailedError, match="Workflow update failed") as told:
            await asked(accept | {"by": OFFICES["city2"]})
        assert isinstance(told.value.cause, ApplicationError)
        assert (told.value.cause.type, told.value.cause.message) == ("KeyReused", "编号已用于其他行为（第2号登记）")
        with pytest.raises(WorkflowUpdateFailedError) as told:
            await asked(story.act("city", "accept", "2027-03-16"))
        assert isinstance(told.value.cause, ApplicationError)
        assert told.value.cause.type == "Refused", "an act that never was is refused for what it is"
        await story.on("2027-12-02")
    assert story.all_kinds().count("accept") == 1


async def test_an_act_that_took_an_id_of_earlier_releases_keeps_the_service_from_nothing(world: World) -> None:
    """Past all doors, as filings of 0.1 to 0.3 have them: the notice's own 未送达 and 签收 are entered, and once."""
    story = Story(world, "SIGNAL-8")
    await story.archived(2027)
    notice = (await story.city("propose_revocation", "2027-05-06", ground="7", reason="查实", document_no="文1")).number
    because, platform = "渠道不通", {"person": "delivering", "office": "210000", "role": "platform"}
    failed = story.act("city", "report_undeliverable", "2027-05-07", entry=notice, reason=because, by=platform)
    old = story.act("city", "report_undeliverable", "2027-05-06", entry=notice - 1, reason=because, by=platform)
    read = story.act("leader", "acknowledge_service", "2027-05-07")
    day = {"inspected_on": "2027-05-06", "result": "in_order"}
    for act in (
        old | {"id": f"undeliverable-{notice - 1}-1"},
        story.act("city", "record_inspection", "2027-05-06", **day) | {"id": f"undeliverable-{notice}-1"},
        story.act("city", "record_inspection", "2027-05-06", **day) | {"id": f"read-{notice}"},
    ):
        await world.handle(story.id).execute_update("act", act)
    again = await world.acts(story.id, old | {"id": identity.of_failure(notice - 1, 1, because)}, own=True)
    assert again.number == notice + 1, "what an earlier release told is not told twice"
    receipt = await world.acts(story.id, failed | {"id": identity.of_failure(notice, 1, because)}, own=True)
    assert receipt.number == notice + 4
    assert story.filing.notification
    assert story.filing.notification.doubted_at
    await world.acts(story.id, read | {"id": identity.of_reading(notice, read["by"]["person"])}, own=True)
    assert story.filing.notification.read
    assert [entry.refused for entry in story.docket] == [None] * story.filing.number
