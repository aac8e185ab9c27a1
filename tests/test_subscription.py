"""日历订阅: a calendar by a secret address, that is shown once, can be renewed and withdrawn, and tells nobody's data."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from icalendar import Calendar
from sqlalchemy import text

from gateway.guard import CALENDAR, CALENDARS_AN_HOUR
from gateway.identity import Identity
from models.settings import Settings
from models.vocabulary import Role
from tests.databases import Databases
from tests.leading import LEADER, OFFICER, Leader, leading
from tests.served import Clock
from tests.simulated import lived, written
from tests.story import instant
from tests.visiting import House, visiting

IIT = Identity(person="c-109", name="工信经办", role=Role.CITY_IIT, office="210100")


@pytest.fixture
async def house(tmp_path: Path, sqlite: Databases) -> AsyncIterator[House]:
    """A gateway, with one alliance that is under review and one in force."""
    settings = Settings(var=tmp_path, database_url=sqlite.migrated())
    async with visiting(settings, Clock(instant("2026-06-01"))) as opened:
        for name, until in (("UNDER-REVIEW", "accept"), ("IN-FORCE", "archive")):
            written(opened.tools.register, lived(name, alliance_name=f"沈阳市{name}产学研联盟").until(until))
        for who in (LEADER, OFFICER, IIT):
            opened.tools.people.remember(who, opened.tools.clock())
        yield opened


async def begins(leader: Leader) -> str:
    """Somebody asks for an address; its path as it is shown."""
    answer = await leader.sends("/subscription", [("do", "begin")])
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    (found,) = re.findall(rf"{CALENDAR}\?key=[\w-]{{40,}}", answer.text)
    return str(found)


async def test_an_address_is_shown_once_renewed_and_withdrawn(house: House) -> None:
    async with leading(house.tools, house.browser()) as leader, house.browser() as program:
        address = await begins(leader)
        assert "key=" not in (await leader.client.get("/subscription")).text, "shown once"
        secret = address.partition("key=")[2]
        with house.tools.register.engine.connect() as db:
            kept = [str(row) for row in db.execute(text("SELECT * FROM subscriptions"))]
            noted = [str(row) for row in db.execute(text("SELECT * FROM audit"))]
        assert len(kept) == 1
        assert not [row for row in (*kept, *noted) if secret in row]

        answer = await program.get(address)
        assert answer.status_code == 200
        assert answer.headers["cache-control"].startswith("private")
        summaries = [str(event["summary"]) for event in Calendar.from_ical(answer.content).events]
        assert "年度报送截止：2026年度 · 沈阳市IN-FORCE产学研联盟" in summaries
        assert "审核截止 · 沈阳市UNDER-REVIEW产学研联盟" in summaries
        assert not [each for each in summaries if "未报送" in each or "催办" in each or "提醒" in each]
        assert LEADER.name not in answer.text
        assert LEADER.person not in answer.text
        again = await program.get(address, headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304

        renewed = await begins(leader)
        assert [(await program.get(each)).status_code for each in (address, renewed)] == [404, 200]
        await leader.sends("/subscription", [("do", "withdraw")])
        assert [(await program.get(each)).status_code for each in (renewed, CALENDAR)] == [404, 404]


async def test_an_office_sees_what_waits_for_it_and_who_left_it_nothing(house: House) -> None:
    async with leading(house.tools, house.browser(), OFFICER) as officer, house.browser() as program:
        address = await begins(officer)
        events = Calendar.from_ical((await program.get(address)).content).events
        assert [str(event["summary"]) for event in events] == ["审核截止 · 沈阳市UNDER-REVIEW产学研联盟"], (
            "not IN-FORCE's"
        )
        moved = OFFICER.but(office="210200")
        house.tools.people.remember(moved, house.tools.clock())
        assert (await program.get(address)).status_code == 404
    async with leading(house.tools, house.browser(), IIT) as iit, house.browser() as program:
        events = Calendar.from_ical((await program.get(await begins(iit))).content).events
        assert [str(event["summary"]) for event in events] == ["工信部门意见截止 · 沈阳市UNDER-REVIEW产学研联盟"]


async def test_a_program_that_asks_too_often_is_told_to_wait(house: House) -> None:
    async with house.browser() as program:
        found = [(await program.get(f"{CALENDAR}?key=nobody")).status_code for _ in range(CALENDARS_AN_HOUR + 1)]
        others = [
            "key=nobody&x=1",
            "x=1&key=nobody",
            "key=other&key=nobody",
            "%6bey=nobod%79",
            f"x={'1' * 300}&key=nobody",
        ]
        same = [(await program.get(f"{CALENDAR}?{each}")).status_code for each in others]
        other = (await program.get(f"{CALENDAR}?key=another")).status_code
    assert found == [404] * CALENDARS_AN_HOUR + [429]
    assert same == [429] * len(others), "what else is asked makes it no other address"
    assert other == 404
