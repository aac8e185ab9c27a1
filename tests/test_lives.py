"""The simulator and the workflow agree: cases of the law are lived on a real server too, 28 years on, and compared.

`make test` lives as many as it takes for every event that is taken and every kind of armed timer, CI as many as it takes for every step that any case makes, every refusal and every timer at every stage, `make lives` every case. Compared are the docket, every row of the register, the answer to the query `agenda`, and the instant of the armed timer
as the server's history has it. What the regulation refuses is sent as a signal, everything else as an update.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import event as database_event
from sqlmodel import Session, SQLModel, select
from temporalio.api.enums.v1 import EventType
from temporalio.testing import WorkflowEnvironment

from activities import rows
from activities.lists import columns_of
from activities.register import Register
from deploy.skipping import EARLY
from gateway.problem import Refused
from models.acts import Lapse, Submit, Unreadable
from models.filing import Entry, Filing, Receipt
from models.register import AnnualReportRow, FilingRow, MessageRow, Paper, PublicNoticeRow
from models.values import INSTANT, canonical, digest
from models.vocabulary import ActKind, Kind, Stage
from regulation import agenda, identity, lifecycle, lodging, province
from regulation.simulation import Simulation, simulate
from tests.law.cases import Case, load
from tests.law.notation import past_of_case, written
from tests.patience import patiently
from tests.world import OpenWorld, World

AT_ONCE = 4
"""How many lives are lived side by side."""

LIVED = os.environ.get("LIVED", "events")
"""How many are lived: as many as show every event (`events`), every step (`steps`), or every case (`cases`)."""

BATCHES = {"events": 4, "steps": 8, "cases": 31}[LIVED]
"""How many tests the lives make."""

Shown = tuple[object, ...]
"""What a life shows: an event that is taken, and what the timer is armed for; or a step, whence, by which event, whereto, and of which
kind of alliance, an event that is refused, wherever, and what the timer is armed for at a stage."""


def shown(case: Case) -> set[Shown]:
    """The events or the steps of a case, and the days that it waits for."""
    before: Filing | None = None
    found = set[Shown]()
    for entry in case.life.docket:
        after, due = entry.filing, agenda.next_lapse(entry.filing)
        event, armed = entry.event.kind, due.lapse.kind if due else None
        if LIVED == "events":
            found |= {(armed,)} if entry.refused else {(event,), (armed,)}
        else:
            found.add((event,) if entry.refused else (after.kind, before.stage if before else None, event, after.stage))
            found.add((after.kind, after.stage, armed))
        before = after
    return found


@cache
def lives() -> list[Case]:
    """The cases to be lived, in order: all, or as many as it takes to show what any of them shows; the short ones first."""
    if LIVED == "cases":
        return [case.shifted() for case in load()]
    all_of, chosen = {case.id: shown(case) for case in load()}, list[str]()
    length = {case.id: len(case.life.docket) for case in load()}
    open_ = dict(all_of)
    while any(open_.values()):
        best = max(open_, key=lambda case: len(open_[case]) / length[case])
        chosen.append(best)
        these = open_.pop(best)
        open_ = {case: left - these for case, left in open_.items()}
    for case in sorted(chosen, key=length.__getitem__, reverse=True):  # a later choice may have made it needless
        if all_of[case] <= set[Shown]().union(*(all_of[each] for each in chosen if each != case)):
            chosen.remove(case)
    return [case.shifted() for case in load() if case.id in chosen]


TABLES: tuple[Any, ...] = (FilingRow, MessageRow, PublicNoticeRow, AnnualReportRow)
WRITTEN = {"created_at", "updated_at", "published_at", "head"}
"""When a row was written, which is no law, and the hash that covers it."""


UNREADABLE = "0" * 64
"""The digest that stands for a paper that could not be read."""

AT_THE_INSTANT = timedelta(minutes=1)
"""A timer's length is reckoned from the clock of the task that sets it; two instants of the law lie hours apart."""

SOON = timedelta(minutes=1)
"""If time brings something so soon after an act, the act may come too late: the wall's clock goes on while it is sent."""

TIMES = 5
"""How often a life is lived anew that was overtaken."""


def careless(connection: Any, _: Any) -> None:
    """These lives need not survive the machine: no waiting for its disk."""
    connection.execute("PRAGMA synchronous=OFF")


@pytest.fixture(scope="module")
async def lanes(
    environment: WorkflowEnvironment, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[asyncio.Queue[World]]:
    """Worlds in which one case after another is lived, each as if there were no other. Nobody delivers messages."""
    free: asyncio.Queue[World] = asyncio.Queue()
    async with AsyncExitStack() as stack:
        for _ in range(AT_ONCE):
            folder = tmp_path_factory.mktemp("lane")
            lane = OpenWorld.opened(environment, folder, delivering=False, activity_threads=2)
            world = await stack.enter_async_context(lane)
            database_event.listen(world.register.engine, "connect", careless)
            world.register.engine.dispose()
            free.put_nowait(world)
        yield free


@pytest.mark.parametrize("batch", range(BATCHES))
async def test_a_life_is_lived_alike_by_simulator_and_workflow(batch: int, lanes: asyncio.Queue[World]) -> None:
    async def in_a_lane(case: Case) -> list[str]:
        lane = await lanes.get()
        try:
            return await differences(lane, case)
        finally:
            await lane.ends(case.application["filing_id"])
            lanes.put_nowait(lane)

    found = await asyncio.gather(*map(in_a_lane, lives()[batch::BATCHES]))
    if differ := [line for lines in found for line in lines]:
        pytest.fail("\n".join(differ), pytrace=False)


async def differences(world: World, case: Case) -> list[str]:
    """Where simulator and workflow come to something else."""
    outside = at_the_door(case)
    expected = simulate(case.application, [act for act in case.acts if act["id"] not in outside], case.until)
    lived, filing_id = world.register, case.application["filing_id"]
    for times in range(TIMES):
        try:
            async with patiently():
                await live(world, case, expected, outside)
            break
        except Overtaken as overtaken:
            if times == TIMES - 1:
                return [f"{case.id}: overtaken {TIMES} times by {overtaken}"]
            await world.ends(filing_id)
        except Exception as error:
            return [f"{case.id}: {type(error).__name__} {error}"]
    papers = Papers.of(lived, filing_id)
    docket = [papers.bare(plain(entry)) for entry in lived.docket(filing_id)]
    found = compared("entry", map(plain, expected.docket), docket)
    if not found:
        rows_found = sorted(map(papers.bare, found_rows(lived, filing_id)))
        found += compared("row", wanted_rows(expected, papers.said.__getitem__), rows_found)
        lines = await world.agenda(filing_id)
        found += compared("agenda", map(str, expected.agenda), map(str, lines))
        found += await timer_differs(world, expected)
        found += lived.verify(filing_id)
    return [f"{case.id}: {each}" for each in found]


def at_the_door(case: Case) -> set[str]:
    """The acts of a case that go no further than the door: it cannot read them, or the filing has closed."""
    whole = case.life
    acts = [(before.filing, after.event) for before, after in pairwise(whole.docket) if after.refused]
    return {
        act.id
        for filing, act in acts
        if not isinstance(act, Submit | Lapse)
        and (isinstance(act, Unreadable) or getattr(act, "paper", "") == UNREADABLE or lifecycle.is_over(filing))
    }


class Overtaken(Exception):
    """What time brings came before an act that was sent in time: no such life was to be lived, and it shows nothing."""


def at_risk(life: Simulation) -> dict[str, datetime]:
    """The acts that might come too late: when time would bring something soon after."""
    pairs = ((agenda.next_lapse(before.filing), after) for before, after in pairwise(life.docket) if before.filing)
    return {
        after.event.id: due.at
        for due, after in pairs
        if due and not isinstance(after.event, Submit | Lapse) and timedelta(0) < due.at - after.at < SOON
    }


async def live(world: World, case: Case, expected: Simulation, outside: set[str]) -> None:
    """Live a case on the server."""
    filing_id = case.application["filing_id"]
    overtaking = at_risk(expected)
    refused = {
        entry.event.id for entry in expected.docket if entry.refused and not isinstance(entry.event, Submit | Lapse)
    }
    preceded(world.register, case)
    await world.submits(case.application)
    for act in case.acts:
        if act["kind"] == ActKind.RECORD_CONTINUATION:
            succeeded(world.register, filing_id, act)
    sent: set[str] = set()
    for act in sorted(case.acts, key=arrival):
        refusal, is_signalled = None, act["id"] in refused - sent
        if is_signalled:
            await world.signals(filing_id, signalled(world, filing_id, act), arrival(act) - early(act))
        elif act["id"] in outside and not world.is_open(filing_id):
            refusal = await refused_with(world.door_at(arrival(act)).act(filing_id, without_arrival(act)))
        else:
            refusal = await refused_with(
                world.acts(filing_id, act, own=identity.is_of_round(act["id"]) or identity.is_of_stop(act["id"]))
            )
        if act["id"] in overtaking and await world.now(filing_id) >= overtaking[act["id"]]:
            raise Overtaken(overtaking[act["id"]])
        if not is_signalled:
            assert (refusal is not None) == (act["id"] in outside | refused), f"{act['id']}: {refusal}"
        sent.add(act["id"])
    if world.is_open(filing_id):
        await world.on(filing_id, case.until)


def preceded(register: Register, case: Case) -> None:
    """Put the filing into the register that an application goes on from: it had come to its end, or of kind B is in force (G-32)."""
    if earlier := case.application.get("previous_filing_id"):
        form = case.application | {"filing_id": earlier, "previous_filing_id": None}
        first = simulate(form).docket[0]
        paper = register.lodge(earlier, "application", form, first.at)
        shown = rows.public(None, {}, first, lambda _: form)
        row = rows.filing_row(first, paper, shown, "", lambda _: form)
        row["stage"] = Stage.IN_FORCE if form["kind"] == Kind.B else Stage.WITHDRAWN
        with Session(register.engine.execution_options(writes=True)) as session:
            session.add(FilingRow(**row))
            session.commit()


def succeeded(register: Register, filing_id: str, act: Mapping[str, Any]) -> None:
    """Put the archived filing into the register that continues this one (G-32)."""
    row = register.row(filing_id)
    assert row
    form = register.paper(row.first_paper) | {"previous_filing_id": filing_id}
    paper = register.lodge(act["successor"], "application", form, arrival(act))
    value = json.loads(row.value) | {"id": act["successor"], "paper": paper}
    successor = columns_of(row) | {"filing_id": act["successor"], "archive_number": act["successor_number"]}
    successor |= {"value": canonical(value), "stage": Stage.IN_FORCE.value, "open": False}
    with Session(register.engine.execution_options(writes=True)) as session:
        session.merge(FilingRow(**successor))
        session.commit()


async def refused_with(answer: Awaitable[Receipt]) -> str | None:
    """Why an act was refused; None if it was not."""
    try:
        await answer
    except Refused as refused:
        return refused.refusal.message
    return None


def arrival(act: Mapping[str, Any]) -> datetime:
    """When an act reaches the filing."""
    return INSTANT.validate_python(act.get("reaches") or act["received_at"])


def early(act: Mapping[str, Any]) -> timedelta:
    """How long before its receipt an act is sent, unless it is late anyway."""
    return timedelta() if "reaches" in act else EARLY


def without_arrival(act: Mapping[str, Any]) -> dict[str, Any]:
    """An act as a door takes it."""
    return {name: value for name, value in act.items() if name != "reaches"}


def signalled(world: World, filing_id: str, act: Mapping[str, Any]) -> Any:
    """An act as a platform signals it: its paper stored, the rest as JSON."""
    raw = without_arrival(act)
    filing = world.register.filing(filing_id)
    if raw["kind"] == "archive" and "archive_number" not in raw and filing:
        raw["archive_number"] = f"{province.number_prefix(filing, arrival(act).year)}0001"
    lodged = lodging.lodge(filing_id, raw)
    if lodged.paper is not None:
        world.register.lodge(filing_id, raw["kind"], lodged.paper, arrival(act))
    assert lodged.act, "what is not an act goes no further than the door"
    return lodged.act.model_dump(mode="json")


# What is compared


def compared(what: str, expected: Iterator[Any] | Sequence[Any], found: Iterator[Any] | Sequence[Any]) -> list[str]:
    """The first difference between two lists, if there is one."""
    ours, theirs = list(expected), list(found)
    for index, (one, other) in enumerate(zip(ours, theirs, strict=False), 1):
        if one != other:
            same = next((n for n, pair in enumerate(zip(str(one), str(other), strict=False)) if len(set(pair)) > 1), 0)
            here = slice(max(0, same - 100), same + 100)
            return [f"{what} {index}: …{str(one)[here]}… ≠ …{str(other)[here]}…"]
    return [] if len(ours) == len(theirs) else [f"{len(ours)} {what}s ≠ {len(theirs)}: {(ours + theirs)[-1]}"]


@dataclass(frozen=True)
class Papers:
    """The papers of a life: what the simulator, which makes no nonces, knows them by."""

    said: dict[str, dict[str, Any]]
    known_by: dict[str, str]

    @classmethod
    def of(cls, register: Register, filing_id: str) -> "Papers":
        """Those that the doors stored for a filing."""
        with Session(register.engine) as session:
            stored = session.exec(select(Paper.digest).where(Paper.filing_id == filing_id)).all()
        papers = {key: register.paper(key) for key in stored}
        return cls({digest(said): said for said in papers.values()}, {key: digest(papers[key]) for key in papers})

    def bare(self, text: str) -> str:
        """A text with the papers' digests as they would be without nonces."""
        for key, known_by in self.known_by.items():
            text = text.replace(key, known_by)
        return text


def plain(entry: Entry) -> str:
    """An entry without the clock of whoever entered it."""
    return canonical(entry.model_dump(mode="json", exclude={"entered_at"}))


def wanted_rows(life: Simulation, papers: rows.Papers) -> list[str]:
    """What a register holds of a life, made from what was simulated."""
    assert life.filing
    wanted: list[SQLModel] = []
    reports: dict[int, rows.Row] = {}
    before, public, evaluated = None, dict[str, Any](), dict[str, Any]()
    for number, entry in enumerate(life.docket, 1):
        public = rows.public(before, public, entry, papers)
        sent = rows.message_rows(before, entry, public, partial(past_of_case, life.docket[:number]))
        wanted += [MessageRow(**row) for row in sent]
        wanted += [PublicNoticeRow(**row) for row in rows.notice_rows(before, entry, public, papers)]
        reports |= rows.reported(reports, before, entry)
        evaluated = rows.evaluated(evaluated, entry)
        before = entry.filing
    stands = rows.filing_row(life.docket[-1], life.docket[0].filing.paper, public, "", papers)
    wanted.append(FilingRow(**stands, **evaluated))
    return sorted(map(written_row, [*wanted, *(AnnualReportRow(**row) for row in reports.values())]))


def found_rows(register: Register, filing_id: str) -> list[str]:
    """What the register holds."""
    with Session(register.engine) as session:
        return sorted(
            written_row(row)
            for table in TABLES
            for row in session.exec(select(table).where(table.filing_id == filing_id))
        )


def written_row(row: SQLModel) -> str:
    """A row as text, without when it was written."""
    return f"{type(row).__name__} {canonical(row.model_dump(mode='json', exclude=WRITTEN))}"


async def timer_differs(world: World, life: Simulation) -> list[str]:
    """Where the server would wake the workflow at another instant than the law says, or not at all."""
    assert life.filing
    due = agenda.next_lapse(life.filing)
    timers = await armed(world, life.filing.id)
    if len(timers) == (1 if due else 0) and all(due and abs(at - due.at) < AT_THE_INSTANT for at in timers):
        return []
    return [f"timer: {due} ≠ {[written(at) for at in timers]}"]


async def armed(world: World, filing_id: str) -> list[datetime]:
    """The instants at which the server will wake a workflow, from the timers in its history that still run."""
    timers: dict[int, datetime] = {}
    for event in (await world.handle(filing_id).fetch_history()).events:
        if event.event_type == EventType.EVENT_TYPE_TIMER_STARTED:
            started = event.event_time.ToDatetime(tzinfo=UTC)
            timers[event.event_id] = started + event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
        elif event.event_type == EventType.EVENT_TYPE_TIMER_FIRED:
            timers.pop(event.timer_fired_event_attributes.started_event_id)
        elif event.event_type == EventType.EVENT_TYPE_TIMER_CANCELED:
            timers.pop(event.timer_canceled_event_attributes.started_event_id)
    return list(timers.values())
