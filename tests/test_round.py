"""A round on a real server: opened, moved, brought to its end by time and by people; what follows is done once; nothing is lost."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from html import unescape
from typing import Any, cast
from uuid import uuid4

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import delete, select, update
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle
from temporalio.worker import Replayer

from activities.letters import Letters
from activities.rounds.appending import ENTRIES, ROUNDS
from activities.rounds.entering import Stands
from activities.rounds.following import RoundFollowing
from activities.rounds.register import RoundRegister
from activities.rounds.rows import round_row
from activities.rounds.sealing import TOLD
from gateway.problem import KeyReused, MovedOn, NotFound, Refused
from gateway.rounds import Rounds, workflow_id
from gateway.shown.rounds import panels
from gateway.watching.sentinel import Sentinel
from models.drift import DriftKind
from models.register import PublicNoticeRow
from models.rounds.base import RoundKind
from models.values import day_of
from models.vocabulary import Role
from regulation.offices import ADDRESSED, OFFICES
from regulation.rounds.every import rules_of
from tests.patience import Patient, comes
from tests.plain_rounds import in_force, rules, tells_cities
from tests.served import Served, served
from tests.visiting import enters, sends
from tests.world import World
from workflows.payloads import CONVERTER
from workflows.round import Round
from workflows.sandbox import Sandbox

TODAY = day_of(datetime.now(UTC))
PROV = {"person": "p-401", "office": "210000", "role": "province_st"}


@pytest.fixture(autouse=True)
def plain_rounds(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Rounds of a kind that asks nothing of its own, shows nothing of its own, and of whose opening every city is told."""
    monkeypatch.delitem(cast(dict[RoundKind, Any], panels.PANELS), RoundKind.ANNUAL, raising=False)
    with in_force(rules(follows=tells_cities)):
        yield


def opening(act_id: str = "open-1", **said: Any) -> dict[str, Any]:
    """Opens a round for thirty days."""
    window = {"opens": str(TODAY), "closes": str(TODAY + timedelta(days=30))}
    return {"id": act_id, "kind": "open_round", "by": PROV, "title": "年度报送", **window, **said}


def handle(world: World, round_id: str) -> WorkflowHandle[Any, Any]:
    """A round's workflow."""
    return world.client.get_workflow_handle(workflow_id(round_id))


async def followed(register: RoundRegister, round_id: str, number: int) -> None:
    """Wait until everything that follows from an entry was done."""

    async def is_done() -> bool:
        row = await asyncio.to_thread(register.row, round_id)
        return bool(row and row.followed >= number)

    await comes(is_done)


async def at_rest(world: World, round_id: str, number: int) -> None:
    """Wait until the round itself knows that everything was done which follows from an entry."""

    async def knows_it() -> bool:
        found: Stands | None = await handle(world, round_id).query("stands", result_type=Stands)
        return bool(found and found.number == number and not found.behind)

    await comes(knows_it)


async def test_a_round_lives_from_its_opening_to_its_end(world: World) -> None:
    rounds, of = Rounds(world.door), f"annual-{TODAY.year}-LN-1"
    opened = await rounds.act(of, opening())
    assert (opened.number, opened.stage) == (1, "open")
    assert await rounds.act(of, opening()) == opened, "the same act has the same answer"
    with pytest.raises(KeyReused):
        await rounds.act(of, opening(title="另一名称"))
    with pytest.raises(Refused, match="已经开启"):
        await rounds.act(of, opening("open-2"))
    with pytest.raises(NotFound):
        await rounds.act(f"annual-{TODAY.year}-LN-9", {"id": "c", "kind": "close_round", "by": PROV})
    with pytest.raises(MovedOn):
        await rounds.act(of, {"id": "c-1", "kind": "close_round", "by": PROV}, seen=[0])
    with pytest.raises(Refused, match="截止日"):
        await rounds.act(of, {"id": "c-1", "kind": "close_round", "by": PROV}, seen=[1])

    until = TODAY + timedelta(days=40)
    moves = {"id": "m-1", "kind": "move_window", "by": PROV, "closes": str(until), "reason": "系统维护"}
    assert (await rounds.act(of, moves)).number == 2
    shown = (await handle(world, of).describe()).typed_search_attributes
    assert {"RoundKind": "annual", "RoundStage": "open"}.items() <= {
        each.key.name: each.value for each in shown
    }.items()

    await handle(world, of).cancel(reason="by mistake")  # nobody cancels a round but by an act: its clock runs on
    await world.environment.fast_forward(handle(world, of), timedelta(days=42))

    async def time_has_passed() -> bool:
        return [entry.event.kind for entry in await asyncio.to_thread(rounds.register.docket, of, after=2)] == [
            "reminder",
            "window_closed",
        ]

    await comes(time_has_passed)
    later = datetime.now(UTC) + timedelta(days=42)
    closed = await Rounds(world.door_at(later)).act(of, {"id": "c-2", "kind": "close_round", "by": PROV})
    assert (closed.number, closed.stage, closed.next) == (5, "closed", None)
    await handle(world, of).result()
    with pytest.raises(Refused, match="已结束"):
        await Rounds(world.door_at(later)).act(of, {"id": "c-3", "kind": "cancel_round", "by": PROV, "reason": "误"})
    assert rounds.register.verify(of) == []
    history = await handle(world, of).fetch_history()
    await Replayer(workflows=[Round], workflow_runner=Sandbox(), data_converter=CONVERTER).replay_workflow(history)


async def test_what_follows_is_done_once_however_often_it_is_tried(world: World) -> None:
    rounds, of = Rounds(world.door), f"annual-{TODAY.year}-LN-2"
    await rounds.act(of, opening())
    await followed(rounds.register, of, 1)
    letters = Letters(world.register.engine)

    def told() -> list[str]:
        return [
            message.title
            for city in OFFICES
            for message, _ in letters.inbox(city, to=ADDRESSED[Role.CITY_ST])
            if message.round_id == of and message.office == city
        ]

    assert told() == ["年度报送开始：年度报送"] * len(OFFICES)
    following = RoundFollowing(rounds.register, world.door.act)
    entry = rounds.register.entry(of, 1)
    assert entry
    following.write(entry, following.consequences(entry))
    assert len(told()) == len(OFFICES)
    with rounds.register.engine.connect() as db:
        shown = PublicNoticeRow.metadata.tables["public_notices"]
        assert len(db.execute(shown.select().where(shown.c.round_id == of)).all()) == 1


async def test_a_round_whose_workflow_is_gone_is_started_again_from_the_register(world: World) -> None:
    rounds, of = Rounds(world.door), f"annual-{TODAY.year}-LN-3"
    await rounds.act(of, opening())
    await followed(rounds.register, of, 1)
    await handle(world, of).terminate()
    assert await rounds.revive(of)
    assert not await rounds.revive(of)

    async def stands() -> int | None:
        found: Stands | None = await handle(world, of).query("stands", result_type=Stands)
        return found.number if found else None

    assert await comes(stands) == 1
    await handle(world, of).terminate()
    cancels = {"id": "x-1", "kind": "cancel_round", "by": PROV, "reason": "改期"}
    assert (await rounds.act(of, cancels)).stage == "cancelled"
    await handle(world, of).result()


async def test_a_round_that_nobody_works_on_is_in_no_other_round_s_way(world: World) -> None:
    mine, stuck, foreign = (f"annual-{TODAY.year}-LN-{number}" for number in (7, 6, 8))
    rounds = Rounds(world.door)
    for of in (mine, stuck):
        await rounds.act(of, opening())
        await followed(rounds.register, of, 1)
        await handle(world, of).terminate()
    for of in (stuck, foreign):  # another service's, in the same namespace
        await world.client.start_workflow(
            "Round", {"round_id": of}, id=workflow_id(of), task_queue=f"{world.settings.task_queue}-elsewhere"
        )
    _, different = await Sentinel(world.door).look()
    found = {each.key: each for each in different if each.is_round}
    assert (found[mine].kind, found[mine].mended) == (DriftKind.TERMINATED, True)
    assert (found[stuck].kind, found[stuck].mended) == (DriftKind.STUCK, False)
    assert foreign not in found, "another service's"
    for of in (stuck, foreign):
        await handle(world, of).terminate()


async def moved(rounds: Rounds, of: str, number: int) -> int:
    """The window of a round is moved; under which number that was entered."""
    until = str(TODAY + timedelta(days=30 + number))
    act = {"id": f"m-{uuid4().hex[:8]}", "kind": "move_window", "by": PROV, "closes": until, "reason": "系统维护"}
    return (await rounds.act(of, act)).number


def forget(register: RoundRegister, of: str, to: int) -> None:
    """The register is as it was after an entry, or before the round was opened: restored, while the engine went on."""
    entry = register.entry(of, to) if to else None
    with register.engine.connect().execution_options(writes=True) as db, db.begin():
        db.execute(delete(ENTRIES).where(ENTRIES.c.round_id == of, ENTRIES.c.number > to))
        for told in TOLD:
            db.execute(delete(told).where(told.c.round_id == of, told.c.number > to))
        if entry is None:
            db.execute(delete(ROUNDS).where(ROUNDS.c.round_id == of))
            return
        [head] = db.scalars(select(ENTRIES.c.hash).where(ENTRIES.c.round_id == of, ENTRIES.c.number == to))
        stands = round_row(rules_of(of), entry, head, entry.round.model_dump(mode="json")) | {"followed": to}
        db.execute(update(ROUNDS).where(ROUNDS.c.round_id == of).values(**stands))


async def test_a_round_that_knows_more_than_a_restored_register_takes_its_word(world: World) -> None:
    rounds, of = Rounds(world.door), f"annual-{TODAY.year}-LN-5"
    with in_force(rules(follows=tells_cities, of=("open_round", "move_window"))):
        await rounds.act(of, opening())
        for number in (2, 3):
            assert await moved(rounds, of, number) == number
        await at_rest(world, of, 3)
        forget(rounds.register, of, 1)
        assert await moved(rounds, of, 4) == 2
        await followed(rounds.register, of, 2)
        assert rounds.register.verify(of) == []
        assert await moved(rounds, of, 5) == 3
        await at_rest(world, of, 3)
        forget(rounds.register, of, 1)
        assert await rounds.revive(of), "whoever revives it need not wait for its next day"
        assert not await rounds.revive(of)
        found: Stands | None = await handle(world, of).query("stands", result_type=Stands)
        assert found
        assert (found.number, found.behind) == (1, False)
        forget(rounds.register, of, 0)
        assert await rounds.revive(of)
        await handle(world, of).result()
    history = await handle(world, of).fetch_history()
    await Replayer(workflows=[Round], workflow_runner=Sandbox(), data_converter=CONVERTER).replay_workflow(history)


async def test_an_opening_that_is_refused_leaves_no_workflow_behind(world: World) -> None:
    rounds, of = Rounds(world.door), f"annual-{TODAY.year}-LN-4"
    with pytest.raises(Refused) as refused:
        await rounds.act(of, {"id": "o", "kind": "open_round", "by": PROV, "title": "短", "closes": "2027-02-30"})
    assert {each.field for each in refused.value.refusal.findings} == {"/title", "/opens", "/closes"}
    assert rounds.register.row(of) is None
    await world.client.start_workflow(
        "Round", {"round_id": of}, id=workflow_id(of), task_queue=world.settings.task_queue
    )
    await handle(world, of).result()
    assert (await handle(world, of).describe()).status is WorkflowExecutionStatus.COMPLETED


# Through the doors


@pytest.fixture(scope="module")
async def gateway(world: World) -> AsyncIterator[Served]:
    """The doors over it, by the clock of the wall."""
    async with served(world, f"{TODAY}T09:00") as opened:
        yield opened


@asynccontextmanager
async def signed_in(gateway: Served, person: str) -> AsyncIterator[AsyncClient]:
    """A browser of one of the seeded people, with no eyes."""
    async with Patient(base_url=gateway.base) as browser:
        assert (await enters(browser, person)).status_code == 303
        yield browser


async def posts(browser: AsyncClient, path: str, filled: dict[str, str], status: int = 303) -> Response:
    """A form of a page, sent as the page would send it."""
    shown = (await browser.get(path)).text
    hidden = dict(re.findall(r'<input type="hidden" name="(csrf|id|seen)" value="([^"]*)">', shown))
    origin = str(browser.base_url).rstrip("/")
    answer = await sends(browser, path, hidden | filled, headers={"Origin": origin})
    assert answer.status_code == status, unescape(answer.text)
    return answer


async def test_a_round_is_opened_and_ended_from_its_pages(gateway: Served) -> None:
    async with signed_in(gateway, "p-401") as province, signed_in(gateway, "c-101") as city:
        await opened_and_ended(gateway, province, city)


async def opened_and_ended(gateway: Served, province: AsyncClient, city: AsyncClient) -> None:
    """What the province and a city see and do."""
    of = gateway.tools.rounds.register.next_id(RoundKind.ANNUAL, TODAY.year, None)
    listed = unescape((await province.get("/desk/rounds")).text)
    assert f'href="/rounds/{of}/acts/open_round"' in listed
    assert f"/rounds/{of}/acts/open_round" not in (await city.get("/desk/rounds")).text
    asks = f"/rounds/{of}/acts/open_round"
    unseen = [await city.get(each) for each in (asks, f"/rounds/{of}", f"/objections/rounds/{of}")]
    assert {each.status_code for each in unseen} == {404}
    assert all("没有这一轮次" in each.text for each in unseen), "who asks for a round is told of no filing"
    refused = await posts(province, asks, {"/title": "年度报送", "/opens": "2027-02-30", "/closes": str(TODAY)}, 422)
    assert "开始日" in unescape(refused.text)
    until = TODAY + timedelta(days=20)
    told = {
        "/title": f"{TODAY.year}年度报送",
        "/opens": str(TODAY),
        "/closes": str(until),
        "/document_no": "辽科发〔2026〕1号",
    }
    opened = await posts(province, asks, told)
    assert opened.headers["location"].startswith(f"/rounds/{of}?said=")
    shown = unescape((await city.get(f"/rounds/{of}")).text)
    assert "辽科发〔2026〕1号" in shown
    assert "由他人办理" in shown
    await followed(gateway.tools.rounds.register, of, 1)
    async with Patient(base_url=gateway.base) as anybody:
        listed = (await anybody.get("/rounds")).text
        [(address, told)] = re.findall(rf'href="(/rounds/{of}/published/[^"]+)">.*?<code>([0-9a-f]+)</code>', listed)
        assert sha256((await anybody.get(address)).content).hexdigest() == told
        assert (await anybody.get(address.replace(of, "annual-2026-LN-98"))).status_code == 404
        assert (await anybody.get("/")).status_code == 200
    await posts(province, f"/rounds/{of}/acts/cancel_round", {"/reason": "改期"})
    assert "已取消" in unescape((await province.get(f"/rounds/{of}")).text)
    assert (await province.get(f"/rounds/{of}/items")).status_code == 200
    assert (await province.get("/rounds/annual-2026-LN-99")).status_code == 404


async def test_programs_read_and_do_the_same(gateway: Served) -> None:
    of = gateway.tools.rounds.register.next_id(RoundKind.ANNUAL, TODAY.year, None)
    act = {name: value for name, value in opening().items() if name != "by"}
    async with Patient(base_url=f"{gateway.base}/api/v1", headers={"Authorization": "Bearer p-401"}) as program:
        claimed = await program.post(f"/rounds/{of}/acts", json=opening())
        assert (claimed.status_code, claimed.json()["findings"][0]["field"]) == (422, "/by")
        first = await program.post(f"/rounds/{of}/acts", json=act)
        assert (first.status_code, first.json()["number"]) == (201, 1)
        assert (await program.post(f"/rounds/{of}/acts", json=act)).status_code == 200
        assert (await program.post(f"/rounds/{of}/acts", json=act | {"title": "另一名称"})).status_code == 409
        moved = await program.post(
            f"/rounds/{of}/acts",
            json={"id": "x", "kind": "cancel_round", "reason": "改期"},
            headers={"If-Match": '"0-ab"'},
        )
        assert moved.status_code == 412
        shown = (await program.get(f"/rounds/{of}")).json()
        assert shown["summary"]["stage"] == "open"
        assert {each["kind"] for each in shown["offers"]} == {"move_window", "close_round", "cancel_round"}
        assert of in [each["round_id"] for each in (await program.get("/rounds?kind=annual&open=true")).json()]
        assert (await program.get(f"/rounds/{of}/items")).json() == {"items": []}
        entries = (await program.get(f"/rounds/{of}/entries")).json()
        assert [each["event"]["kind"] for each in entries] == ["open_round"]
        assert (await program.get("/rounds/annual-2026-LN-999")).status_code == 404
        assert (
            await program.post("/rounds/annual-2026-LN-998/acts", json=act | {"kind": "close_round"})
        ).status_code == 404
