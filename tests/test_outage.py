"""Outages: of the worker over a deadline, of the register, of a channel. Deadlines are judged by receipts (Instants)."""

import asyncio
import gc
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from httpx import ASGITransport, AsyncClient
from sqlalchemy.exc import OperationalError
from temporalio.testing import WorkflowEnvironment

from activities.appending import Appended
from activities.channels.channel import Carried, Letter, Recipient
from activities.channels.configured import Configured
from activities.letters import Letters
from activities.register import Register
from deploy.embedded import start_server
from gateway.app import create
from gateway.client import Filings
from gateway.problem import Unreachable
from models.channels import Filters
from models.filing import Entry, Receipt
from models.settings import Settings
from models.vocabulary import Stage, YearStatus
from tests.loopback import two_free_ports
from tests.patience import comes, patiently
from tests.simulated import lived, written
from tests.story import Story, application, instant, report
from tests.world import World
from worker import open_register, serve

LOOPBACK = "http://127.0.0.1"

RECEIVED = {
    "2028-11-30T23:59:59": (YearStatus.FILED, ["file_annual_report", "year_closed"]),
    "2028-12-01T00:00:00": (YearStatus.LATE, ["year_missed", "file_annual_report"]),
    "2028-12-01T00:00:01": (YearStatus.LATE, ["year_missed", "file_annual_report"]),
}


async def test_a_report_counts_by_its_receipt_even_if_the_worker_was_down_over_the_deadline(
    environment: WorkflowEnvironment, tmp_path: Path
) -> None:
    world = World.without_worker(environment, tmp_path)
    stories = {on: Story(world, f"DOWN-{on[-8:].replace(':', '')}") for on in RECEIVED}

    async def lived_up_to_the_deadline(story: Story) -> None:
        await story.archived(2027)
        await story.reports(2027, "2027-11-01")
        await world.on(story.id, instant("2028-11-30T12:00:00"))

    async def reported_while_nobody_works(story: Story, on: str) -> None:
        await world.on(story.id, instant("2028-11-30T23:59:56"))
        act = story.act("leader", "file_annual_report", on, year=2028, content=report(2028))
        waiting = asyncio.create_task(world.door_at(instant("2028-12-01T00:00:20")).act(story.id, act))
        left = instant("2028-12-01T00:00:01") - await world.now(story.id)
        await asyncio.sleep(left.total_seconds())
        nobody_works.release()
        await waiting

    async with world.working():
        await asyncio.gather(*(lived_up_to_the_deadline(story) for story in stories.values()))
    nobody_works = asyncio.Semaphore(0)
    reports = [asyncio.create_task(reported_while_nobody_works(story, on)) for on, story in stories.items()]
    for _ in reports:
        await nobody_works.acquire()
    async with world.working():
        await asyncio.gather(*reports)
        for on, (status, docket) in RECEIVED.items():
            story = stories[on]
            await world.on(story.id, instant("2028-12-01T08:00:00"))
            year = story.filing.year(2028)
            assert year
            assert (year.status, story.kinds()[-2:]) == (status, docket), on
    world.register.engine.dispose()


async def test_a_report_in_time_that_arrives_after_the_second_miss_undoes_miss_and_case(world: World) -> None:
    story = Story(world, "DOWN-UNDO")
    await story.archived(2027)
    await story.on("2028-12-03")
    assert story.filing.stage is Stage.REVOCATION_PENDING
    missed = next(entry for entry in reversed(story.docket) if entry.event.kind == "year_missed")
    act = story.act("leader", "file_annual_report", "2028-11-30T23:59:59", year=2028, content=report(2028))
    await world.acts(story.id, act | {"reaches": instant("2028-12-03T10:00").isoformat()})
    year = story.filing.year(2028)
    assert year
    assert (year.status, story.filing.stage, story.filing.missed_years) == (YearStatus.FILED, Stage.IN_FORCE, 0)
    assert story.docket[-1].undoes == missed.number
    told = {
        (message.text, message.to)
        for message in world.register.messages(story.id)
        if message.number == story.filing.number
    }
    assert {("miss_undone", "leader"), ("case_ended", "leader")} <= told


@dataclass
class FailingRegister(Register):
    """A register that is down for its first appends."""

    failures: int = 3
    tried: list[int] = field(default_factory=list)

    def append(self, entry: Entry) -> Appended:
        """Fail as a database does that cannot be reached, then work."""
        self.tried.append(entry.number)
        if len(self.tried) <= self.failures:
            raise OperationalError("INSERT", {}, ConnectionError("the database is down"))
        return super().append(entry)


async def test_a_dead_register_holds_an_act_up_and_loses_nothing(
    environment: WorkflowEnvironment, tmp_path: Path
) -> None:
    world = World.without_worker(environment, tmp_path)
    world.register = register = FailingRegister(world.register.engine)
    story = Story(world, "DEAD-REGISTER")
    async with world.working():
        receipt = await story.submitted("2027-03-15")
        assert (receipt.number, register.tried) == (1, [1, 1, 1, 1])
        await world.agenda(story.id)  # a query is answered after the task that wrote
        history = await world.handle(story.id).fetch_history()
        assert sum(event.HasField("marker_recorded_event_attributes") for event in history.events) == 2
    register.engine.dispose()


@dataclass
class FailingChannel:
    """A channel that is down for a while, and remembers what it was asked to send."""

    words: ClassVar[str] = "inbox"

    down: bool = True
    sent: list[str] = field(default_factory=list)

    def reaches(self, letter: Letter, recipient: Recipient) -> bool:
        """Everybody."""
        return True

    def send(self, letter: Letter, recipient: Recipient) -> Carried:
        """Fail, or take the letter."""
        if self.down:
            raise ConnectionError("the channel is down")
        self.sent.append(letter.id)
        return Carried(address=letter.office, receipt="taken")


async def test_a_dead_channel_holds_up_no_clock_and_sends_once_when_it_is_back(
    environment: WorkflowEnvironment, tmp_path: Path
) -> None:
    quick = {"delivery_retry": 0.2, "delivery_interval": 0.2}  # else the pauses grow with the time that the year takes
    world, channel = World.without_worker(environment, tmp_path, **quick), FailingChannel()
    story = Story(world, "DEAD-CHANNEL")
    async with world.working(channels=[Configured("failing", channel, Filters())]):
        await story.archived(2027)
        await story.on("2028-12-02")
        assert story.kinds()[-1] == "revocation_opened", "a year passed meanwhile"
        letters = Letters(world.register.engine)

        def owed() -> bool:
            backlog = letters.backlog(datetime.now(UTC))
            return backlog.waiting == backlog.down["failing"].letters

        await comes(owed)
        assert letters.backlog(datetime.now(UTC)).down["failing"].why == "the channel is down"
        channel.down = False
        assert await world.delivered(story.id) == len(channel.sent) == len(set(channel.sent))
    world.register.engine.dispose()


async def test_who_is_started_before_the_engine_waits_for_it_and_what_needs_only_the_register_is_served(
    tmp_path: Path,
) -> None:
    temporal, ui = two_free_ports()
    settings = Settings(var=tmp_path, temporal_port=temporal, ui_port=ui, metrics_port=0, routines=False, drafts=False)
    ready, complaints = asyncio.Event(), list[str]()
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context["message"]))
    open_register(settings).engine.dispose()
    app = create(settings)
    working = asyncio.create_task(serve(settings, ready.set))
    async with app.router.lifespan_context(app), AsyncClient(transport=ASGITransport(app), base_url=LOOPBACK) as house:
        written(app.state.tools.register, lived("EARLY").until("accept"))
        leader = {"Authorization": "Bearer u-leader-01"}
        for served in ("/", "/register", "/api/v1/filings/EARLY", "/api/v1/filings", "/api/v1/openapi.json"):
            assert (await house.get(served, headers=leader)).status_code == 200, served
        withdraw = {"id": "early-1", "kind": "withdraw"}
        named = application(filing_id="EARLY-2", alliance_name="沈阳市后来产学研联盟")
        form = {name: value for name, value in named.items() if name != "by"}
        for address, document in (("filings/EARLY/acts", withdraw), ("filings", form)):
            answer = await house.post(f"/api/v1/{address}", json=document, headers=leader)
            assert (answer.status_code, answer.json()["code"]) == (503, "unreachable")
        assert not ready.is_set()
        engine = start_server(settings)
        try:
            async with patiently():
                await ready.wait()
            answer = await house.post("/api/v1/filings/EARLY/acts", json=withdraw, headers=leader)
            assert (answer.status_code, answer.json()["stage"]) == (201, "withdrawn"), "sent again under the same key"
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            engine.kill()
            engine.wait()
            asyncio.get_running_loop().set_exception_handler(None)
    gc.collect()
    assert complaints == [], "a start that failed is heard"


@dataclass
class Stuck(Filings):
    """A door behind which the engine never answers."""

    async def _submitted(self, *_: Any) -> Receipt:
        return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]


async def test_who_waits_for_the_turn_of_a_leader_is_told_as_soon_as_whoever_has_it(world: World) -> None:
    door = Stuck(world.environment.client, world.register, patience=timedelta(milliseconds=50))
    forms = [application(filing_id=f"TURN-{each}", alliance_name=f"沈阳市第{each}轮产学研联盟") for each in range(3)]
    told = await asyncio.gather(*map(door.submit, forms), return_exceptions=True)
    assert [type(each) for each in told] == [Unreachable] * len(forms), "the third does not wait for the other two"
