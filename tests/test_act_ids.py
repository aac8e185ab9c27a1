"""An act is known by its id and by what it is (Q21): whoever re-uses an id, no act is swallowed and none is done twice."""

import os
import random
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import event
from sqlmodel import select

from activities.arrivals import KEPT, Arrivals, OtherContent
from activities.database import reading
from activities.register import Register
from examples.demo import OFFICES
from gateway.problem import KeyReused, MovedOn, Refused, Unreachable
from gateway.rounds import Rounds
from models.filing import Entry, Receipt
from models.findings import Refusal
from models.register import FilingRow
from models.settings import Settings
from models.values import SHANGHAI, digest
from regulation import entries, identity, lodging
from regulation.moment import Moment
from regulation.simulation import Life
from tests import served
from tests.databases import Databases, on_both
from tests.near import Near, acts_of
from tests.population import LIVES, life
from tests.simulated import holding, lived, written
from tests.story import application, report
from tests.visiting import House, read_in, sends, visiting

LEADER = application()["by"]
IN_FORCE = datetime(2026, 6, 1, 9, tzinfo=SHANGHAI)
CONTACT = {
    "contact": "王五",
    "phone": "13800138000",
    "service": {"consent": True, "address": "inbox:u-leader-01"},
}


@dataclass
class Clock:
    """A clock that is moved."""

    now: datetime = IN_FORCE

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def in_force(databases: Databases) -> Iterator[Register]:
    """A register with an alliance in force, `LIFE`."""
    opened = Register.at(
        databases.made("in force", holding(lambda register: written(register, lived("LIFE").until("archive"))))
    )
    yield opened
    opened.engine.dispose()


def inspection(result: str = "in_order", by: str = "city") -> dict[str, Any]:
    """日常监督: an act that may be done again and again."""
    return {"kind": "record_inspection", "inspected_on": "2026-06-01", "result": result, "by": OFFICES[by]}


def contact(phone: str = "13800138000") -> dict[str, Any]:
    """更正联系人: an act with a paper."""
    return {"kind": "correct_contact", "content": CONTACT | {"phone": phone}, "by": LEADER}


# The same id, and what is the same act


@on_both
async def test_the_same_id_with_anything_else_is_refused_and_said_to_be(in_force: Register) -> None:
    door = Near.of(in_force, clock=Clock())
    first = await door.act("LIFE", {"id": "move-2026-1", **inspection()})
    move = {
        "kind": "move_deadline", "year": 2026, "until": "2026-12-15", "document_no": "辽科办〔2026〕7号",
        "by": OFFICES["province"],
    }  # fmt: skip
    for other in (
        move,
        inspection("deficient"),
        inspection(by="city2"),
        inspection() | {"by": OFFICES["city"] | {"office": "210200"}},
        inspection() | {"reason": "另"},
        inspection() | {"on": "?"},
    ):
        before = in_force.row("LIFE")
        with pytest.raises((KeyReused, Refused)) as told:
            await door.act("LIFE", {"id": "move-2026-1", **other})
        assert isinstance(told.value, KeyReused) or "on" in other, "unreadable acts are refused for what they are"
        assert in_force.row("LIFE") == before
    assert await door.act("LIFE", {"id": "move-2026-1", **inspection()}) == first
    moved = await door.act("LIFE", {"id": "move-2026-2", **move})
    assert moved.number == first.number + 1


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
async def test_an_act_to_all_reaches_each_whatever_anybody_did_under_its_id_and_once(in_force: Register) -> None:
    door = Near.of(in_force, clock=Clock())
    move = {
        "id": "move-2026-1", "kind": "move_deadline", "year": 2026, "until": "2026-12-15", "document_no": "辽科办〔2026〕7号",
        "by": OFFICES["province"],
    }  # fmt: skip
    await door.act("LIFE", {"id": "move-2026-1", **inspection()})
    for key in ("beian:all:move-2026-1", "beian:all:x"):
        with pytest.raises(Refused, match="由系统自用"):
            await door.act("LIFE", {"id": key, **inspection()})
    answer = (await door.broadcast(move, ["LIFE"]))["LIFE"]
    assert isinstance(answer, Receipt)
    assert await door.broadcast(move, ["LIFE"]) == {"LIFE": answer}, "it may be repeated as a whole"
    other = (await door.broadcast(move | {"until": "2026-12-20"}, ["LIFE"]))["LIFE"]
    assert isinstance(other, Refusal)
    assert other.message == identity.REUSED
    entry = in_force.entry("LIFE", answer.number)
    assert entry
    assert (entry.at, entry.event.id) == (IN_FORCE, "beian:all:move-2026-1")  # type: ignore[union-attr]
    with pytest.raises(Refused, match="由系统自用"):
        await door.broadcast(move | {"id": "beian:all:move-2026-1"}, ["LIFE"])


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
async def test_an_act_to_all_is_noted_for_each_although_the_engine_is_down(in_force: Register) -> None:
    force = next(each for each in LIVES if each[0] == "SY-FORCE")
    written(in_force, life(*force))
    everybody, door = ["LIFE", "SY-FORCE"], Near.of(in_force, clock=Clock(), fate=lambda: "lost")
    seen = {"id": "look-1", **inspection()}
    with pytest.raises(Unreachable):
        await door.broadcast(seen, everybody)
    assert [door.reception.is_known(each, "beian:all:look-1") for each in everybody] == [True, True]
    door.fate = lambda: ""
    answers = await door.broadcast(seen, everybody)
    assert all(isinstance(each, Receipt) for each in answers.values()), "repeated as a whole, it is done as a whole"


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
async def test_an_act_rests_on_what_was_seen_and_a_repetition_on_nothing(in_force: Register) -> None:
    door, stands = Near.of(in_force, clock=Clock()), in_force.row("LIFE")
    assert stands
    with pytest.raises(MovedOn) as moved:
        await door.act("LIFE", {"id": "seen-1", **inspection()}, seen={stands.number - 2, stands.number - 1})
    assert moved.value.last_seen == stands.number - 1
    assert not door.reception.is_known("LIFE", "seen-1"), "it was not received"
    done = await door.act("LIFE", {"id": "seen-1", **inspection()}, seen={stands.number})
    assert await door.act("LIFE", {"id": "seen-1", **inspection()}, seen={stands.number}) == done


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
async def test_an_act_to_all_that_an_earlier_release_began_goes_on_where_it_was(in_force: Register) -> None:
    door = Near.of(in_force, clock=Clock())
    done = entered(in_force, {"id": "all-1", **inspection()})
    assert await door.broadcast({"id": "all-1", **inspection()}, ["LIFE"]) == {"LIFE": done}
    act, faults = lodging.read_act({"id": "beian:all:x", **contact(), "paper": "0" * 64})
    assert act is None, "a leader does nothing to all, nor at the engine"
    assert faults


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_the_register_takes_no_other_act_for_a_repetition(in_force: Register) -> None:
    filing = in_force.filing("LIFE")
    assert filing
    when = Moment(IN_FORCE, IN_FORCE)
    acts = [
        lodging.lodge("LIFE", {"id": "i-1", **each}).act
        for each in (inspection(), inspection("deficient"), inspection(by="city2"))
    ]
    outcomes = [in_force.append(entries.entered(filing, act, when)).outcome for act in (*acts, acts[0]) if act]
    assert outcomes == ["entered", "reused", "reused", "known"]


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
async def test_ids_of_the_service_s_own_form_are_nobody_else_s(in_force: Register) -> None:
    door = Near.of(in_force, clock=Clock())
    failure = {
        "kind": "report_undeliverable", "entry": 3, "reason": "渠道不通",
        "by": {"person": "delivering", "office": "210000", "role": "platform"},
    }  # fmt: skip
    own = identity.of_failure(3, 1, "渠道不通")
    for key in (own, "beian:read:8:0123456789abcdef", "beian:x", identity.SUBMISSION):
        with pytest.raises(Refused, match="beian:"):
            await door.act("LIFE", {"id": key, **inspection()})
        with pytest.raises(Refused, match="beian:"):
            await door.act("LIFE", {"id": key, **failure})
    for key in (own, identity.of_failure(4, 1, "渠道不通"), "beian:undeliverable:3-1:x"):
        act, faults = lodging.read_act({"id": key, **(inspection() if key == own else failure)})
        assert act is None, "nor at the engine, for another act than the one it names"
        assert [each.field for each in faults] == ["/id"]
    assert (await door.act("LIFE", {"id": own, **failure}, own=True)).number == (await door.act(
        "LIFE", {"id": own, **failure}, own=True
    )).number  # fmt: skip


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
async def test_no_door_takes_anything_in_the_services_own_name(in_force: Register) -> None:
    """Who may say what was measured, or that a year was reported elsewhere, is the service alone."""
    door = Near.of(in_force, clock=Clock())
    rounds = Rounds(door)
    opening = {
        "id": "forged", "kind": "open_round", "title": "2026年度报送期限因系统故障顺延", "opens": "2026-06-01", "closes": "2026-06-04",
        "content": {
            "due": "2026-11-30T16:00:00Z", "since": "2026-11-28T16:00:00Z", "least": "99", "until": "2026-12-10", "filings": ["LIFE"],
            "available": [{"part": "gateway", "percent": "50.00"}], "outages": [{"part": "gateway", "since": "2026-11-29T16:00:00Z", "until": "2026-11-30T16:00:00Z", "over": True}],
        },
    }  # fmt: skip
    for person in (*identity.ROUTINES, "Beian"):
        by = {"person": person, "office": "210000", "role": "platform"}
        asked = (
            rounds.act("outage-2026-LN-1", {**opening, "by": by}),
            rounds.act("outage-2026-LN-1", {**opening, "by": by, "id": "beian:outage-2026-LN-1-1"}),
            door.act("LIFE", {"id": "i-1", **inspection(), "by": by}),
            door.broadcast({"id": "i-1", **inspection(), "by": by}, ["LIFE"]),
            door.submit({**application(), "filing_id": "FORGED", "by": by}),
            door.read("LIFE-1-0", by),
        )
        for each in asked:
            with pytest.raises(Refused, match="系统自用"):
                await each
    assert rounds.register.row("outage-2026-LN-1") is None


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
async def test_what_earlier_releases_entered_under_their_own_ids_is_known_and_what_others_took_is_not(
    in_force: Register,
) -> None:
    door = Near.of(in_force, clock=Clock())
    by = {"person": "delivering", "office": "210000", "role": "platform"}
    failure = {"kind": "report_undeliverable", "entry": 3, "reason": "渠道不通", "by": by}
    old = entered(in_force, {"id": "undeliverable-3-1", **failure})
    assert await door.act("LIFE", {"id": identity.of_failure(3, 1, "渠道不通"), **failure}, own=True) == old
    entered(in_force, {"id": "undeliverable-4-1", **inspection()})
    told = await door.act("LIFE", {"id": identity.of_failure(4, 1, "渠道不通"), **failure, "entry": 4}, own=True)
    assert told.number == old.number + 2


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
async def test_nobody_takes_an_id_anew_that_earlier_releases_made_and_who_has_one_keeps_it(in_force: Register) -> None:
    door = Near.of(in_force, clock=Clock())
    taken = entered(in_force, {"id": "read-7", **inspection()})
    assert await door.act("LIFE", {"id": "read-7", **inspection()}) == taken, "as ever"
    with pytest.raises(KeyReused):
        await door.act("LIFE", {"id": "read-7", **inspection("deficient")})
    for key in ("read-8", "READ-8", "undeliverable-9-1", "unreadable-0123456789abcdef", "read-me"):
        with pytest.raises(Refused, match="由系统自用") as told:
            await door.act("LIFE", {"id": key, **inspection()})
        assert [each.field for each in told.value.refusal.findings] == ["/id"]
    assert (await door.act("LIFE", {"id": "reading-8", **inspection()})).number == taken.number + 1


def entered(register: Register, raw: dict[str, Any]) -> Receipt:
    """An act as an earlier release entered it, past today's doors."""
    filing, act = register.filing("LIFE"), lodging.lodge("LIFE", raw).act
    assert filing
    assert act
    entry = entries.entered(filing, act.but(received_at=IN_FORCE), Moment(IN_FORCE, IN_FORCE))
    assert register.append(entry).outcome == "entered"
    return entries.receipt(entry)


def test_a_signal_under_another_act_s_id_is_on_record_as_refused_once() -> None:
    life = Life.__new__(Life)
    life.docket = list(lived("LIFE").until("archive").docket)
    first = {"id": "i-1", **inspection(), "received_at": IN_FORCE.isoformat()}
    for act in (first, first | {"result": "deficient"}, first | {"result": "deficient"}, first, "?"):
        life.act(act if isinstance(act, dict) else {"id": "i-1", "received_at": IN_FORCE.isoformat(), "kind": "x"})
    told = [(getattr(entry.event, "id", ""), entry.refused) for entry in life.docket[-3:]]
    assert [key.partition(":")[0] for key, _ in told] == ["i-1", "beian", "beian"]
    assert [bool(refused and identity.REUSED in refused) for _, refused in told] == [False, True, True]


# The first receipt counts


@on_both
async def test_a_report_first_received_in_time_is_in_time_however_late_it_is_sent_again(in_force: Register) -> None:
    clock, fates = Clock(datetime(2026, 11, 30, 23, 59, 50, tzinfo=SHANGHAI)), iter(("lost", "lost", ""))
    door = Near.of(in_force, clock=clock, fate=lambda: next(fates))
    act = {"id": "r-1", "kind": "file_annual_report", "year": 2026, "content": report(2026), "by": LEADER}
    first = clock.now
    for later in (timedelta(0), timedelta(minutes=1)):
        clock.now = first + later
        with pytest.raises(Unreachable):
            await door.act("LIFE", act)
    with pytest.raises(KeyReused):
        await door.act("LIFE", act | {"content": report(2026, "另一份")})
    clock.now = first + timedelta(hours=9)
    receipt = await door.act("LIFE", act)
    entry = in_force.entry("LIFE", receipt.number)
    assert entry
    assert entry.at == first
    year = entry.filing.year(2026)
    assert year
    assert (year.status, year.filed_at) == ("filed", first)
    assert await door.act("LIFE", act) == receipt


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
async def test_a_refusal_is_an_answer_and_what_is_sent_after_it_is_received_then(in_force: Register) -> None:
    clock = Clock()
    door = Near.of(in_force, clock=clock)
    early = {"id": "r-1", "kind": "state_defence", "content": {"text": "不属实"}, "by": LEADER}
    with pytest.raises(Refused):
        await door.act("LIFE", early)
    clock.now += timedelta(hours=1)
    receipt = await door.act("LIFE", {"id": "r-1", **inspection()})
    entry = in_force.entry("LIFE", receipt.number)
    assert entry
    assert entry.at == clock.now, "another act under an id that was refused only, as of its own receipt"


@on_both
def test_what_nobody_answered_is_kept_until_it_is_swept(in_force: Register) -> None:
    """However late something else arrives: forgetting is the daily sweep's (tests/test_sweeping.py)."""
    arrivals, now = Arrivals(in_force.engine), datetime.now(UTC)
    first = arrivals.receive("LIFE", "a-1", "a" * 64, now, now)
    assert arrivals.receive("LIFE", "a-1", "a" * 64, now + KEPT, now + KEPT) == first
    with pytest.raises(OtherContent):
        arrivals.receive("LIFE", "a-1", "b" * 64, now, now)
    arrivals.answered("LIFE", "a-1", "b" * 64)
    assert arrivals.receive("LIFE", "a-1", "a" * 64, now, now) == first, "the answer to another act is none to this"
    late = now + 2 * KEPT
    arrivals.receive("LIFE", "a-2", "c" * 64, late, late)
    assert arrivals.receive("LIFE", "a-1", "a" * 64, late, late) == first


@asynccontextmanager
async def doors(register: Register, door: Near, folder: Path) -> AsyncIterator[House]:
    """Every door of a gateway, over an engine in this process."""
    chosen = Settings(var=folder, database_url=str(register.engine.url), reads_a_minute=100_000, acts_a_minute=100_000)
    async with visiting(chosen, served.Clock(door.clock())) as opened:
        opened.app.state.tools = replace(opened.tools, filings=door)
        yield opened


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
async def test_at_the_platform_s_door_and_at_the_desk_the_first_receipt_counts_too(
    in_force: Register, tmp_path: Path
) -> None:
    clock, fates = Clock(datetime(2026, 11, 30, 23, 59, 50, tzinfo=SHANGHAI)), ["lost", "lost"]
    door = Near.of(in_force, clock=clock, fate=lambda: fates.pop() if fates else "")
    first, told = clock.now, {"kind": "file_annual_report", "year": 2026, "content": report(2026)}
    async with doors(in_force, door, tmp_path) as house, house.browser() as api:
        desk = await house.signed_in("c-101")
        files = partial(
            api.post, "/api/v1/filings/LIFE/acts", json=told,
            headers={"Authorization": "Bearer u-leader-01", "Idempotency-Key": "r-1"},
        )  # fmt: skip
        page = "/filings/LIFE/acts/record_inspection"
        shown = (await desk.get(page)).text
        form = dict(re.findall(r'<input type="hidden" name="(csrf|id|seen)" value="([^"]*)"', shown))
        form |= {"/inspected_on": "2026-11-30", "/result": "in_order"}
        origin = {"Origin": house.origin}
        looked = await desk.post(page, data=form | {"do": "preview"}, headers=origin)
        form["previewed"] = read_in(looked.text)
        assert (await files()).status_code == 503
        assert (await desk.post(page, data=form, headers=origin)).status_code == 503
        clock.now += timedelta(hours=1)
        assert (await files()).status_code == 201
        other = await sends(desk, page, form | {"/result": "deficient"}, headers=origin)
        assert other.status_code == 409
        assert "此前已按其他内容送出" in other.text
        assert form["id"] not in other.text, "it can be sent under another number"
        assert (await desk.post(page, data=form, headers=origin)).status_code == 303, "it needs no second look: it came"
        assert (await files()).status_code == 200
        await desk.aclose()
    reported, inspected = list(acts_of(in_force.docket("LIFE")))[-2:]
    assert (reported.event.kind, reported.at) == ("file_annual_report", first)
    year = reported.filing.year(2026)
    assert year
    assert year.status == "filed"
    assert (inspected.event.kind, inspected.at) == ("record_inspection", first)


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
async def test_an_objection_that_was_received_while_the_notice_was_shown_counts_as_of_then(
    databases: Databases, tmp_path: Path
) -> None:
    on_notice = lived("LIFE").until("confirm")
    register = Register.at(databases.made("on notice", holding(lambda empty: written(empty, on_notice))))
    clock, fates = Clock(on_notice.docket[-1].at + timedelta(days=1)), ["lost"]
    door = Near.of(register, clock=clock, fate=lambda: fates.pop() if fates else "")
    first = clock.now
    async with doors(register, door, tmp_path) as house, house.browser() as site:
        page = "/objections/LIFE"
        (key,) = re.findall(r'name="key" value="([0-9a-f]{32})"', (await site.get(page)).text)
        form = {"key": key, "anyway": "yes", "/content/party": "individual", "/content/name": "何示例"}
        form |= {"/content/contact": "13900000002", "/content/text": "并未参与合作"}
        assert (await site.post(page, data=form)).status_code == 503
        clock.now += timedelta(days=30)
        assert (await site.get(page)).status_code == 404
        assert (await site.post(page, data=form | {"/content/text": "又一件"})).status_code == 404
        assert (await site.post(page, data=form)).status_code == 303
        assert (await site.post(page, data=form)).status_code == 303
    (objected,) = (entry for entry in register.docket("LIFE") if entry.event.kind == "object")
    assert objected.at == first
    assert register.verify("LIFE") == []
    register.engine.dispose()


# Papers tell nothing by their digests


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
async def test_a_paper_s_digest_cannot_be_guessed_and_the_same_paper_is_the_same_act(in_force: Register) -> None:
    door = Near.of(in_force, clock=Clock())
    receipt = await door.act("LIFE", {"id": "c-1", **contact()})
    entry = in_force.entry("LIFE", receipt.number)
    paper = lodging.lodge("LIFE", {"id": "c-1", **contact()}).paper
    assert entry
    key = entry.event.paper  # type: ignore[union-attr]
    assert key
    assert in_force.paper(key) == paper, "what it says is read as before"
    assert key != digest(paper), "who knows all but a digit of it finds nothing by trying"
    assert await door.act("LIFE", {"id": "c-1", **contact()}) == receipt
    with pytest.raises(KeyReused):
        await door.act("LIFE", {"id": "c-1", **contact("13800138001")})
    again = in_force.entry("LIFE", (await door.act("LIFE", {"id": "c-2", **contact()})).number)
    assert again
    assert again.event.paper != key  # type: ignore[union-attr]
    assert in_force.verify("LIFE") == []


# Whoever, whatever, by any door


@dataclass
class Model:
    """What must be true: who did what under which id, and what is received under which and not answered yet.

    A refused signal has no receipt, and its id is used up.
    """

    register: Register
    door: Near
    api: AsyncClient
    done: dict[str, tuple[dict[str, Any], Receipt | None]] = field(default_factory=dict)
    waiting: dict[str, tuple[dict[str, Any], datetime]] = field(default_factory=dict)
    said: dict[str, int] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """The last entry."""
        with reading(self.register.engine) as session:
            return session.exec(select(FilingRow.number).where(FilingRow.filing_id == "LIFE")).one()

    async def asks(self, key: str, what: dict[str, Any]) -> Receipt:
        """By the platform's door."""
        headers = {"Authorization": f"Bearer {what['by']['person']}", "Idempotency-Key": key}
        told = {name: value for name, value in what.items() if name != "by"}
        answer = await self.api.post("/api/v1/filings/LIFE/acts", json=told, headers=headers)
        match answer.status_code:
            case 200 | 201:
                return Receipt.model_validate(answer.json())
            case 409:
                raise KeyReused(key)
            case 503:
                raise Unreachable
        assert answer.status_code == 422, answer.text
        raise Refused(Refusal(message=answer.json()["detail"], article="", missing=""))

    async def sends(self, key: str, what: dict[str, Any], *, by_api: bool = False) -> None:
        """By a door: taken, answered as before, refused, or its outcome is not known."""
        before, now = self.number, self.door.clock()
        done, waits = self.done.get(key), self.waiting.get(key)
        try:
            receipt = await (self.asks(key, what) if by_api else self.door.act("LIFE", {"id": key, **what}))
        except KeyReused:
            assert (done and done[0] != what) or (waits and waits[0] != what), f"{key} was free"
            assert self.number == before
            return self._says("reused")
        except Refused:
            assert done in (None, (what, None)), "an act that was taken is not refused"
            assert waits is None or waits[0] == what
            assert self.number == before
            self.waiting.pop(key, None)
            return self._says("refused")
        except Unreachable:
            stamp = waits[1] if waits else now
            assert waits is None or waits[0] == what
            if self.number == before:
                self.waiting[key] = (what, stamp)
                return self._says("lost")
            receipt = entries.receipt(self._entry(self.number))
        if done:
            assert done == (what, receipt), "the same act, the same answer"
            assert self.number == before
            return self._says("answered")
        assert (receipt.number, self.number) == (before + 1, before + 1)
        entry = self._entry(receipt.number)
        assert entry.at == (waits[1] if waits else now), "as of its first receipt"
        assert self._is(entry, key, what)
        self.waiting.pop(key, None)
        self.done[key] = (what, receipt)
        return self._says("entered late" if waits else "entered")

    def signals(self, key: str, what: dict[str, Any]) -> None:
        """By a signal: what is refused, or sent under another's id, is in the docket."""
        raw = {name: value for name, value in what.items() if name != "content"}
        before, now = self.number, self.door.clock()
        done = self.done.get(key)
        try:
            receipt = self.door.takes("LIFE", {"id": key, **raw, "received_at": now.isoformat()}, by_signal=True)
        except Exception:
            assert done != (what, done and done[1]) or done == (what, None)
            if self.number == before:  # it is in the docket already
                return self._says("signal again")
            entry = self._entry(self.number)
            assert entry.refused
            if done:
                assert getattr(entry.event, "id", "").startswith(identity.OWN)
                return self._says("signal reused")
            self.done[key] = (what, None)
            self.waiting.pop(key, None)
            return self._says("signal refused")
        if done:
            assert done == (what, receipt)
            return self._says("signal answered")
        assert self._is(self._entry(receipt.number), key, what)
        self.waiting.pop(key, None)
        self.done[key] = (what, receipt)
        return self._says("signal entered")

    def _says(self, what: str) -> None:
        self.said[what] = self.said.get(what, 0) + 1

    def _entry(self, number: int) -> Entry:
        entry = self.register.entry("LIFE", number)
        assert entry
        return entry

    def _is(self, entry: Entry, key: str, what: Mapping[str, Any]) -> bool:
        act = lodging.lodge("LIFE", {"id": key, **what})
        assert act.act
        assert entry.refused is None
        return identity.same(identity.bared(entry.event, self.register.paper), act.act)  # type: ignore[arg-type]


SAYS = (
    inspection(), inspection("deficient"), inspection(by="city2"), inspection(by="province"),
    contact(), contact("13800138001"),
    {"kind": "record_evaluation", "year": 2026, "result": "qualified", "by": OFFICES["province"]},
    {"kind": "accept", "by": OFFICES["city"]},
    {"kind": "state_defence", "content": {"text": "不属实"}, "by": LEADER},
    {"kind": "move_deadline", "year": 2026, "until": "2026-12-15", "document_no": "7号", "by": OFFICES["province"]},
)  # fmt: skip
"""What callers want: mostly acts that may be done, some that may not, some with papers."""


def hurried(register: Register) -> None:
    """Nothing dies here: nothing has to be on the disk."""
    event.listen(register.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    register.engine.dispose()


STEPS = int(os.environ.get("STEPS", "500"))
"""`make storm` takes ten thousand."""


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
async def test_whoever_re_uses_an_id_nothing_is_swallowed_and_nothing_done_twice(
    in_force: Register, tmp_path: Path
) -> None:
    """Random callers re-use each other's ids by doors and signals, while answers are lost before and after the commit."""
    chance, clock = random.Random(20261201), Clock()
    hurried(in_force)
    door = Near.of(in_force, clock=clock, fate=lambda: chance.choice(("", "", "", "lost", "unheard")))
    begun = in_force.docket("LIFE")
    async with doors(in_force, door, tmp_path) as house, house.browser() as api:
        hurried(house.tools.register)
        model = Model(in_force, door, api)
        for step in range(STEPS):
            clock.now += timedelta(seconds=60)
            key = f"id-{chance.randint(max(0, step // 20 - 12), step // 20)}"
            what, way = chance.choice(SAYS), chance.random()
            if way < 0.2 and "content" not in what:
                model.signals(key, what)
            else:
                await model.sends(key, what, by_api=way > 0.9)
    assert len(model.said) >= 9, model.said
    docket = in_force.docket("LIFE")
    taken = list(acts_of(docket[len(begun) :]))
    assert {entry.event.id for entry in taken} == {  # type: ignore[union-attr]
        key for key, (_, receipt) in model.done.items() if receipt
    }
    assert len(taken) == len({entry.event.id for entry in taken})  # type: ignore[union-attr]
    assert in_force.verify("LIFE") == []
