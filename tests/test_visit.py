"""The visit: every door does what it does in one way, so that it is on record; and an inbox is a department's, not an office's."""

import ast
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete
from sqlmodel import Session

import gateway
from gateway.identity import EMBEDDED
from gateway.remembered.audit import AuditKind
from gateway.visit import Visit
from models.gateway import AuditRow
from models.register import DeliveryRow, LetterRow, MessageRow
from models.settings import Settings
from models.values import SHANGHAI
from models.vocabulary import Role
from regulation import offices
from tests.databases import prepare
from tests.served import Clock
from tests.simulated import lived, written
from tests.visiting import House, visiting

NOW = datetime(2030, 3, 20, 10, tzinfo=SHANGHAI)
SERVICE = {"continuing.py", "keys.py", "retention.py"}
"""What acts for nobody: routines of the worker, and its keys."""

DOORS = sorted(Path(gateway.__file__).parent.rglob("*.py"))


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A gateway on an empty register, with no engine behind it."""
    settings = Settings(var=tmp_path)
    prepare(settings.register_url)
    async with visiting(settings, Clock(NOW)) as opened:
        yield opened


def calls(path: Path) -> set[str]:
    """What a module calls, by the last two names: `filings.act`, `audit.note`."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            before = node.func.value
            name = before.attr if isinstance(before, ast.Attribute) else getattr(before, "id", "")
            found.add(f"{name}.{node.func.attr}")
    return found


def test_no_door_does_anything_past_the_visit() -> None:
    theirs = {"filings.act", "filings.submit", "filings.read", "audit.note", "letters.inbox"}
    past = {path.name: found for path in DOORS if path.name not in SERVICE and (found := calls(path) & theirs)}
    assert set(past) == {"visit.py", "tools.py"}
    assert past["tools.py"] == {"letters.inbox"}


def lines(house: House) -> list[AuditRow]:
    """The record, the oldest first."""
    return house.tools.audit.lines()[::-1]


async def test_what_is_done_refused_or_broken_is_on_record(house: House) -> None:
    class Filings:
        """What a filing answers."""

        async def act(self, filing_id: str, raw: dict[str, Any], *, seen: object) -> str:
            """Done, or not."""
            if raw["id"] == "b":
                raise RuntimeError
            return "done"

    tools: Any = house.tools
    object.__setattr__(tools, "filings", _with(tools.filings, Filings()))
    visit = Visit(tools, EMBEDDED["c-101"], "192.0.2.1")
    done: object = await visit.act("F-1", {"kind": "accept", "id": "a"})
    assert done == "done"
    with pytest.raises(RuntimeError):
        await visit.act("F-1", {"kind": "accept", "id": "b"})
    noted = [(each.person, each.client, each.filing_id, each.object, each.success) for each in lines(house)]
    assert noted == [
        ("c-101", "192.0.2.1", "F-1", "accept a", True),
        ("c-101", "192.0.2.1", "F-1", "accept b", False),
    ]


def _with(real: Any, doing: Any) -> Any:
    doing.register, doing.clock = real.register, real.clock
    return doing


async def test_drafts_are_on_record_from_beginning_to_end(house: House) -> None:
    browser = await house.signed_in("u-leader-01")
    overview = await browser.get("/my")
    csrf = overview.text.split('name="csrf" value="')[1].split('"')[0]
    browser.headers["Origin"] = house.origin
    begun = await browser.post("/my/drafts", data={"csrf": csrf, "kind": "A"})
    key = begun.headers["location"].rpartition("/")[2]
    await browser.post(f"/my/drafts/{key}", data={"csrf": csrf, "/alliance_name": "甲"})
    await browser.post(f"/my/drafts/{key}/delete", data={"csrf": csrf})
    noted = [(each.filing_id, each.object) for each in lines(house) if each.kind == AuditKind.DRAFTED]
    assert noted == [(key, "begin"), (key, "save"), (key, "delete")]


async def test_whoever_is_turned_away_is_on_record_at_every_door(house: House) -> None:
    desk, leader = await house.signed_in("c-101"), await house.signed_in("u-leader-01")
    api = house.browser()
    api.headers["Authorization"] = "Bearer d-111"
    for browser, path in (
        (desk, "/filings/NOBODY"),
        (leader, "/desk"),
        (leader, "/uploads/" + "0" * 64),
        (api, "/api/v1/filings/NOBODY"),
        (api, "/api/v1/filings/NOBODY/messages"),
    ):
        assert (await browser.get(path)).status_code in (403, 404)
    noted = [(each.person, each.object) for each in lines(house) if each.kind == AuditKind.REFUSED]
    assert noted == [
        ("c-101", "404 GET /filings/NOBODY"),
        ("u-leader-01", "403 GET /desk"),
        ("u-leader-01", "404 GET /uploads/" + "0" * 64),
        ("d-111", "404 GET /api/v1/filings/NOBODY"),
        ("d-111", "404 GET /api/v1/filings/NOBODY/messages"),
    ]


async def test_an_address_that_nothing_has_is_no_refusal(house: House) -> None:
    desk = await house.signed_in("c-101")
    assert (await desk.get("/nothing-here")).status_code == 404
    assert [each.kind for each in lines(house)] == [AuditKind.SIGNED_IN]


# Inboxes

ADDRESSES = {
    "leader": "91210102MA10ABCD6H",
    "reviewer": "210100",
    "supervisor": "210100",
    "taking": "210100",
    "giving": "210100",
    "city_iit": "210100",
    "province_st": "210000",
    "province_iit": "210000",
}
"""Every addressee of a message, at an office of the seeded people."""


def key_of(to: str) -> str:
    """The message to one of them."""
    return f"F-1-{list(ADDRESSES).index(to)}"


def sent(house: House) -> None:
    """A filing of which nothing was told but one message to each addressee."""
    written(house.tools.register, lived("F"))
    with Session(house.tools.register.engine) as session:
        for table in (DeliveryRow, LetterRow, MessageRow):
            session.connection().execute(delete(table))
        for to, office in ADDRESSES.items():
            key = key_of(to)
            session.add(
                MessageRow(
                    id=key, filing_id="F", number=1, text="x", to=to, office=office, service=False, title="告知", body=to,
                    created_at=NOW,
                )
            )  # fmt: skip
            session.add(
                LetterRow(
                    id=key, filing_id="F", text="x", to=to, office=office, messages=f'["{key}"]', created_at=NOW,
                    failed=True, closed_at=NOW, due_at=NOW,
                )
            )  # fmt: skip
        session.commit()


def theirs(person: str) -> set[str]:
    """The addressees whose messages somebody reads, by the one rule."""
    who = EMBEDDED[person]
    return {
        to for to, office in ADDRESSES.items() if to in offices.ADDRESSED.get(who.role, ()) and office == who.office
    }


def test_each_department_reads_its_own_messages_and_no_other() -> None:
    assert {person: theirs(person) for person in EMBEDDED if theirs(person)} == {
        "u-leader-01": {"leader"},
        "u-leader-02": {"leader"},
        "c-101": {"reviewer", "supervisor", "taking", "giving"},
        "c-102": {"reviewer", "supervisor", "taking", "giving"},
        "i-201": {"city_iit"},
        "p-401": {"province_st"},
        "p-402": {"province_st"},
        "q-403": {"province_iit"},
    }


async def test_an_inbox_is_a_departments_at_every_door(house: House) -> None:
    """Who lists, reads and sends anew what was told to whom, over the API and at the desk: one matrix."""
    sent(house)
    for person in ("u-leader-01", "c-101", "i-201", "d-111", "p-401", "q-403", "e-501", "a-601"):
        who, own = EMBEDDED[person], theirs(person)
        api = house.browser()
        api.headers["Authorization"] = f"Bearer {person}"
        assert {each["to"] for each in (await api.get("/api/v1/inbox")).json()} == own, person
        looked_after = own | (set(ADDRESSES) if (who.role, who.office) == (Role.CITY_ST, "210100") else set())
        undelivered = (await api.get("/api/v1/undelivered")).json()
        assert {each["to"] for each in undelivered} == looked_after, person
        desk = await house.signed_in(person)
        csrf = (await desk.get("/sign-in")).text.split('name="csrf" value="')[1].split('"')[0]
        for to in ADDRESSES:
            key = key_of(to)
            assert ((await api.post(f"/api/v1/messages/{key}/read")).status_code == 200) == (to in own), (person, to)
            read = await desk.post(
                "/desk/messages/read", data={"csrf": csrf, "message": key}, headers={"Origin": house.origin}
            )
            assert (read.status_code == 303) == (to in own and who.staff), (person, to)
    for person, status in (("i-201", 404), ("c-101", 202)):
        again = house.browser()
        again.headers["Authorization"] = f"Bearer {person}"
        assert (await again.post(f"/api/v1/letters/{key_of('reviewer')}/redeliver")).status_code == status
