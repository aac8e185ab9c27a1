"""Whatever reaches a workflow from outside, in any field, through any door: a finding or a refusal, never a fault of ours.

A few examples of each run with every `make test`; `make fuzz` makes as many as `FUZZ_EXAMPLES` says, in parts.
"""

import asyncio
import json
import os
import re
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.common import RawValue

import starter
from cli import tools
from gateway.api.queries import names_of
from models.acts import Resubmit
from models.filing import Entry, Filing
from models.findings import Refusal
from models.settings import Settings
from models.values import INSTANT, digest, storable
from models.vocabulary import Kind
from regulation import entries, intake, lifecycle, lodging, on_paper
from regulation.moment import Moment
from tests.databases import prepare
from tests.hostile import ANYTHING, DAYS, INSTANTS, spoilt
from tests.law.cases import Case, load
from tests.samples import examples as so_many
from tests.served import Clock
from tests.simulated import NOW, lived, written
from tests.story import Story, application
from tests.test_api import at_once
from tests.visiting import House, visiting
from tests.world import World
from workflows import visibility
from workflows.connection import connect

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
EVERY = 5 if EXAMPLES else 25
"""Of so many cases of the law one lends its filings and acts."""

PART = 2500
"""So many examples are one test: parts are shared by the processes, and what is made up later never repeats what is known to be fine."""


def in_parts(share: float) -> pytest.MarkDecorator:
    """The share of a door in all examples that are made, as tests of a bounded size."""
    return pytest.mark.parametrize("part", range(-(-int(EXAMPLES * share) // PART) or 1))


def examples(few: int, share: float) -> settings:
    """A few, or one part of a door's share in all that are made."""
    return settings(
        max_examples=min(int(EXAMPLES * share), PART) or few,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        derandomize=not EXAMPLES,
    )


@dataclass(frozen=True)
class Next:
    """A filing, the act that comes next as it is written at a door, and as it reaches the workflow; and its paper."""

    filing: Filing
    act: dict[str, Any]
    sent: dict[str, Any]
    paper: dict[str, Any] | None

    @property
    def at(self) -> datetime:
        """When the act is received."""
        at: datetime = INSTANT.validate_python(self.act["received_at"])
        return at


@cache
def moments() -> list[Next]:
    """Filings of the law's cases, each with the act that comes next."""
    return [each for case in load()[::EVERY] for each in _moments(case)]


def _moments(case: Case) -> Iterator[Next]:
    docket = case.life.docket
    before = {getattr(entry.event, "id", None): docket[entry.number - 2].filing for entry in docket[1:]}
    for act in case.acts:
        if filing := before.get(act["id"]):
            brought = lodging.lodge(filing.id, {name: value for name, value in act.items() if name != "reaches"})
            sent = brought.act.model_dump(mode="json") if brought.act else act
            yield Next(filing, act, sent, brought.paper)


def of_all() -> st.SearchStrategy[Next]:
    """One of them; they are too many and too long for `sampled_from`, which prints each."""
    return st.integers(0, len(moments()) - 1).map(moments().__getitem__)


def handled(filing: Filing, raw: Any, at: datetime, papers: Mapping[str, dict[str, Any]]) -> Entry:
    """What a workflow does with a signal (workflows/filing.py), and what is told and shown of it."""
    act, faults = lodging.read_act(raw)
    event = act or entries.unreadable(raw)
    when = on_paper.moment(filing, act, at) if act else Moment(at, at)
    if act:
        lifecycle.check(entries.projected(filing, when), act, when)
    while due := entries.due_by(filing, when.stamped_at if when.sensible else at):
        filing = entries.entered(filing, due.lapse, Moment(due.at, at)).filing
    refusal: Refusal | None = lodging.refusal(faults)
    if act:
        act = act.but(received_at=when.stamped_at, seen=None)
        refusal = lifecycle.check(filing, act, when)
    if refusal is None and isinstance(act, Resubmit):
        examined = intake.examine(papers.get(act.paper, {}), when.at, correcting=filing)
        act = act.but(facts=examined.facts)
        refusal = None if examined.facts else lodging.refusal(examined.findings)
    if act and refusal is None:
        entry = entries.entered(filing, act, when)
        lifecycle.warnings(filing, act, when)
    else:
        assert refusal
        assert refusal.message
        entry = entries.refused(filing, event, when, refusal.message)
    assert Entry.model_validate_json(entry.model_dump_json()) == entry
    entries.receipt(entry)
    list(entries.outlook(entry.filing))
    visibility.attributes(entry.filing)
    visibility.rendered(entry.filing, "联盟", [entry])
    return entry


@in_parts(0.6)
@examples(150, 0.6)
@given(data=st.data())
def test_a_workflow_enters_or_refuses_whatever_act_a_signal_brings(part: int, data: st.DataObject) -> None:
    next_ = data.draw(of_all())
    filing = data.draw(of_all()).filing if data.draw(st.integers(0, 4)) == 0 else next_.filing
    sent = data.draw(spoilt(next_.sent) | ANYTHING)
    papers = {digest(next_.paper): next_.paper} if next_.paper else {}
    handled(filing, sent, next_.at + timedelta(minutes=data.draw(st.integers(0, 10**6))), papers)


@in_parts(0.1)
@examples(75, 0.1)
@given(data=st.data())
def test_an_application_is_found_on_or_taken_in(part: int, data: st.DataObject) -> None:
    form = application(data.draw(st.sampled_from(Kind)), received_at=NOW.isoformat())
    sent = data.draw(spoilt(form))
    examination = intake.examine(sent, NOW)
    if examination.facts is None:
        assert any(each.severity == "error" and each.message for each in examination.findings), sent
        return
    assert examination.form
    intake.paper(examination.form)
    filing = entries.submitted(examination.facts, Moment(NOW, NOW)).filing
    list(entries.outlook(filing))


@pytest.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A gateway over filings at several stages, and no engine."""
    chosen = Settings(var=tmp_path_factory.mktemp("fuzz"), acts_a_minute=10**9, reads_a_minute=10**9)
    prepare(chosen.register_url)
    async with visiting(chosen, Clock(NOW + timedelta(days=1))) as opened:
        register = opened.tools.register
        written(register, lived("LIFE").until("accept"))
        written(register, lived("SHOWN", alliance_name="沈阳市第二产学研联盟").until("confirm"))
        yield opened


PEOPLE = ("c-101", "c-102", "i-301", "p-401", "u-leader-01", "z-301")


@in_parts(0.2)
def test_a_door_finds_refuses_or_cannot_reach_the_engine_and_is_never_at_fault(part: int, house: House) -> None:
    with at_once() as run:

        @examples(60, 0.2)
        @given(data=st.data())
        def sends(data: st.DataObject) -> None:
            person = data.draw(st.sampled_from(PEOPLE))
            filing_id = data.draw(st.sampled_from(("LIFE", "SHOWN")))
            act = data.draw(of_all()).act
            bare = {name: value for name, value in act.items() if name not in ("by", "received_at", "reaches")}
            form = {name: value for name, value in application(Kind.A).items() if name != "by"}
            address, document = data.draw(
                st.sampled_from(
                    [(f"filings/{filing_id}/acts", bare), (f"filings/{filing_id}/versions", form)] * 2
                    + [("filings", form)]
                )
            )
            sent = json.dumps(data.draw(spoilt(document) | ANYTHING))
            key = data.draw(st.sampled_from(["fuzz-1", "x" * 65, "Ω", ""]))
            headers = [
                ("Authorization", f"Bearer {person}"),
                ("Content-Type", "application/json"),
                ("Idempotency-Key", key),
            ]
            told = [(name.encode(), value.encode()) for name, value in headers]
            asked = house.browser(errors=False).post(f"/api/v1/{address}", content=sent, headers=told)
            answer = run(asked)
            assert answer.status_code < 500 or answer.json()["code"] == "unreachable", (answer.text, sent)

        sends()


LISTED_ODDITIES = (
    b"", b"0", b"-1", b"9" * 40, b"1e999", b"%", b"\x00", b"a\x00b", b"\xed\xa0\x80", b"\xff\xfe", "甲".encode(), b"x" * 6000,
    b"../../etc/passwd", b"null", b"true", b"{}", b"[]", b"2030-02-30", b"9999-12-31T23:59:59-12:00", b"' OR 1=1 --", b"\r\nX: y",
    "１２".encode(), "\u202e".encode(), b"*",
)  # fmt: skip
"""What no parameter means."""

PLACES = {"filing_id": "SHOWN", "number": "1", "version": "1", "kind": "object", "key": "docket", "name": "accept"}
"""What some parameters of addresses mean, so that what lies below them is reached too."""


def addresses(house: House) -> list[tuple[str, tuple[str, ...]]]:
    """Every address that is read at any door, each with the parameters that it takes: what is new joins by itself."""
    routes = [each for each in iter_route_contexts(house.app.routes) if "GET" in (each.methods or ())]
    return [(each.path or "/", tuple(sorted(_named(each.original_route)))) for each in routes]


def _named(route: object) -> set[str]:
    return names_of(route.dependant) if isinstance(route, APIRoute) else set()


@st.composite
def looks(draw: st.DrawFn, path: str, named: tuple[str, ...]) -> bytes:
    """A path with something odd in it, and a query that is odd too: what is known, twice, and what is not."""
    odd = st.sampled_from(LISTED_ODDITIES) | st.binary(max_size=30)
    there = re.sub(
        r"\{(\w+)(?::\w+)?\}",
        lambda name: (
            PLACES[name[1]] if name[1] in PLACES and draw(st.booleans()) else quote(draw(odd) or b"0", safe="")
        ),
        path,
    )
    names = draw(st.lists(st.sampled_from([*named, *named, "unknown", "verify", "before"]), max_size=4))
    asked = "&".join(f"{name}={quote(draw(odd), safe='')}" for name in names)
    return f"{there}?{asked}".encode()


def test_whatever_is_asked_of_any_address_is_answered_in_bounds_and_is_no_fault_of_ours(house: House) -> None:
    asked: list[tuple[str, bytes]] = []
    for path, named in addresses(house):

        @examples(so_many(3, 6), 0.002)
        @given(who=st.sampled_from(("", "c-101", "u-leader-01", "a-601")), address=looks(path, named))
        def collects(who: str, address: bytes) -> None:
            asked.append((who, address))

        collects()
    assert len({address for _, address in asked}) > so_many(125, 250)
    with at_once() as run:
        browsers = {who: run(house.signed_in(who)) if who else house.browser() for who in {who for who, _ in asked}}
        for who, address in asked:
            browser = browsers[who]
            url = browser.base_url.copy_with(raw_path=address)
            told = {"Authorization": f"Bearer {who}"} if who else {}
            begun = time.process_time()
            answer = run(browser.get(url, headers=told))
            assert answer.status_code < 500, (address, answer.text[:500])
            assert len(answer.content) < 2_000_000, address
            assert time.process_time() - begun < 5, address


@in_parts(0.1)
def test_the_command_line_ends_with_a_code_that_says_what_was_wrong(
    part: int, house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BEIAN_VAR", str(house.tools.settings.var))
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    monkeypatch.setattr(tools, "connect", partial(connect, lazy=True))
    file, acts = tmp_path / "sent.json", tmp_path / "acts.json"

    @examples(25, 0.1)
    @given(data=st.data())
    def runs(data: st.DataObject) -> None:
        act = data.draw(of_all()).act
        form = application(data.draw(st.sampled_from(Kind)), received_at=NOW.isoformat())
        commands = st.sampled_from(("check", "submit", "act", "simulate", "list"))
        match data.draw(commands):
            case "act":
                sent, command = data.draw(spoilt(act) | ANYTHING), ["act", "LIFE", str(file)]
            case "simulate":
                acts.write_text(json.dumps([data.draw(spoilt(act))]), "utf-8")
                sent, command = data.draw(spoilt(form)), ["simulate", str(file), "--acts", str(acts)]
            case "list":
                when = data.draw(st.sampled_from([*INSTANTS, *DAYS]) | st.text(max_size=20))
                sent, command = None, ["list", "--due-before", storable(when)]
            case command_:
                sent, command = data.draw(spoilt(form) | spoilt(act) | ANYTHING), [command_, str(file)]
        file.write_text(json.dumps(sent), "utf-8")
        code = starter.run([*command, "--json"])
        assert code in (0, 2, 3, 4, 5, 64), (command, sent)
        capsys.readouterr()

    runs()


async def test_no_signal_fails_a_workflow_task(world: World) -> None:
    story = Story(world, "FUZZED")
    await story.on_notice(2027)
    before = story.filing
    acts = [each.act for each in moments()]

    sent: list[Any] = []

    @examples(30, 0.02)
    @given(act=st.sampled_from(acts).flatmap(lambda act: spoilt(dict(act))) | ANYTHING)
    def collects(act: Any) -> None:
        sent.append(act)

    collects()
    handle = world.handle(story.id)
    for each in sent:
        payload = Payload(metadata={"encoding": b"json/plain"}, data=json.dumps(each).encode())
        await handle.signal("act", RawValue(payload))
        await asyncio.sleep(0)
    await world.at_rest(story.id)
    async for run in world.client.list_workflows(f"WorkflowId = '{handle.id}'"):
        history = await world.client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
        failed = [event for event in history.events if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED]
        causes = {event.workflow_task_failed_event_attributes.cause for event in failed}
        assert causes <= {WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND}, (
            "too many at once: again"
        )
    assert story.filing.number > before.number
    assert world.register.verify(story.id) == []
