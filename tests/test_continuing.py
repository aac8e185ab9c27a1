"""继续申报: two filings, two workflows, one alliance; the earlier one ends when the later is archived, whatever dies (G-32)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from examples.demo import know_call
from gateway.continuing import Continuing, reports
from gateway.problem import Refused
from models.vocabulary import Kind, Stage, YearStatus
from tests.story import Story, application, report
from tests.world import World

pytestmark = pytest.mark.xdist_group("continuing")


@pytest.fixture(scope="module")
async def world(environment: WorkflowEnvironment, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """A world of its own: a round ends every predecessor that there is."""
    async with World.opened(environment, tmp_path_factory.mktemp("continuing"), delivering=False) as opened:
        yield opened


async def archived(world: World, filing_id: str, year: int, **changes: Any) -> Story:
    """An alliance of kind B outside any zone, archived in June."""
    know_call(year)
    form = application(Kind.B, zone_name=None, agreement_effective_on=f"{year}-02-01") | changes
    story = Story(world, filing_id, **{name: form[name] for name in form if name not in ("filing_id", "alliance_name")})
    await story.forwarded(year)
    await story.province("give_office_opinion", f"{year}-04-20", positive=True)
    minutes = {"decision": "approved", "met_on": f"{year}-04-25", "document_no": "纪要3号"}
    await story.province("record_party_group", f"{year}-04-26", **minutes)
    await story.province2("archive", f"{year}-06-12")
    return story


async def test_a_continuation_ends_the_earlier_filing_and_its_report_counts_for_both(world: World) -> None:
    earlier = await archived(world, "EARLIER", 2027)
    later, stranger = await asyncio.gather(
        archived(world, "LATER", 2028, previous_filing_id="EARLIER"),
        archived(world, "STRANGER", 2028),
    )
    await earlier.leader("file_annual_report", "2027-12-01", year=2027, content=report(2027))
    await earlier.leader("file_annual_report", "2028-05-20", year=2028, content=report(2028))
    await earlier.on("2028-06-13")
    claimed = {"successor": "STRANGER", "successor_number": stranger.filing.archive_number}
    with pytest.raises(Refused, match="未写明继续申报本备案"):
        await earlier.province("record_continuation", "2028-06-13", **claimed)
    continuing = Continuing(world.door)
    assert await continuing.round() == ["EARLIER"], "nobody rang: it is read from the register"
    assert await continuing.round() == []
    assert (earlier.filing.stage, earlier.filing.continued_by) == (Stage.CONTINUED, "LATER")
    assert later.filing.continues == "EARLIER"
    counted = later.filing.year(2028)
    assert counted
    assert (counted.status, later.docket[-1].event.kind) == (YearStatus.FILED, "file_annual_report")
    assert earlier.docket[-1].at == next(each.at for each in later.docket if each.event.kind == "archive")
    assert not world.register.verify("EARLIER")
    assert not world.register.verify("LATER")
    (told,) = [each for each in world.register.messages("EARLIER") if (each.text, each.to) == ("continued", "leader")]
    assert str(later.filing.archive_number) in told.body


async def test_a_crash_after_the_first_of_both_acts_is_made_good(world: World) -> None:
    earlier = await archived(world, "BEFORE", 2029)
    await archived(world, "AFTER", 2030, previous_filing_id="BEFORE")
    await earlier.leader("file_annual_report", "2030-05-20", year=2030, content=report(2030))
    await earlier.on("2030-06-13")
    continuing = Continuing(world.door)
    (found,) = world.register.continuations()
    for each in reports(found):
        await world.door.act("AFTER", each, own=True)
    assert await continuing.round() == ["BEFORE"]
