"""The door's clock (gateway/clock.py): what is stamped is right or is not stamped, and what counts from long before is seen."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from activities.database import clock_of
from activities.letters import Letters
from activities.register import Register
from gateway.client import Filings
from gateway.clock import ClockWrong, DoorClock
from models.acts import Came
from models.settings import Settings
from regulation import entries, lodging
from regulation.moment import Moment
from tests.databases import prepare
from tests.served import Clock
from tests.simulated import NOW, lived, written
from tests.story import application
from tests.visiting import visiting
from tests.world import World


def off(by: timedelta) -> DoorClock:
    """A door's clock that is off, as the database tells."""
    clock = DoorClock(lambda: datetime.now(UTC), lambda: datetime.now(UTC) + by)
    clock.compare()
    return clock


@pytest.mark.parametrize("seconds", [-59, -20, 20, 59])
def test_a_clock_that_is_a_little_off_is_set_right(seconds: int) -> None:
    clock = off(timedelta(seconds=seconds))
    clock.refuse_if_wrong()
    assert abs(clock() - datetime.now(UTC)) < timedelta(seconds=5)


@pytest.mark.parametrize("by", [timedelta(days=-3), timedelta(seconds=-70), timedelta(seconds=70), timedelta(days=3)])
def test_a_clock_that_is_further_off_stamps_nothing(by: timedelta) -> None:
    with pytest.raises(ClockWrong):
        off(by).refuse_if_wrong()


def test_a_database_that_does_not_answer_changes_nothing() -> None:
    clock = off(timedelta(seconds=20))
    ahead = clock.ahead

    def down() -> datetime:
        raise OperationalError("SELECT", {}, ConnectionError("the database is down"))

    clock.database = down
    clock.compare()
    assert clock.ahead == ahead


@pytest.mark.parametrize("register", ["sqlite", "postgresql"])
def test_either_database_tells_the_time(register: str, request: pytest.FixtureRequest) -> None:
    opened = Register.at(request.getfixturevalue(register).migrated())
    assert abs(clock_of(opened.engine) - datetime.now(UTC)) < timedelta(minutes=1)
    opened.engine.dispose()


async def test_people_behind_a_clock_that_is_twenty_seconds_ahead_are_not_blocked(world: World) -> None:
    clock = off(timedelta(seconds=20))
    door = Filings(world.client, world.register, world.settings.task_queue, clock, may_stamp=clock.refuse_if_wrong)
    form = application(filing_id="SKEWED", alliance_name="沈阳市快钟产学研联盟")
    assert (await door.submit({**form, "received_at": clock().isoformat()})).number == 1
    act = {"id": "s-1", "kind": "withdraw", "by": form["by"], "received_at": clock().isoformat()}
    assert (await door.act("SKEWED", act)).number == 2


async def test_a_door_whose_clock_is_wrong_shows_and_does_nothing(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path)
    prepare(settings.register_url)
    async with visiting(settings, Clock(NOW)) as house:
        written(house.tools.register, lived("LIFE").until("accept"))
        clock = off(timedelta(days=-3))
        filings = replace(house.tools.filings, may_stamp=clock.refuse_if_wrong)
        house.app.state.tools = replace(house.tools, filings=filings)
        browser = house.browser()
        browser.headers["Authorization"] = "Bearer u-leader-01"
        assert (await browser.get("/api/v1/filings/LIFE")).status_code == 200
        refused = await browser.post("/api/v1/filings/LIFE/acts", json={"id": "w-1", "kind": "withdraw"})
        assert (refused.status_code, refused.json()["code"]) == (503, "unreachable")
        assert "时钟有误" in refused.json()["detail"]
        unread = Letters(house.tools.register.engine).inbox("210100", unread=True)
        assert unread, "there is something to be read"
        for message, _ in unread:
            with pytest.raises(ClockWrong):
                await filings.read(message.id, {"person": "c-101", "office": "210100", "role": "city_st"})
        assert Letters(house.tools.register.engine).inbox("210100", unread=True) == unread, (
            "nor is anything marked as read"
        )


async def test_what_counts_from_long_before_it_was_entered_is_marked_where_it_is_read(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path)
    prepare(settings.register_url)
    async with visiting(settings, Clock(NOW + timedelta(days=9))) as house:
        register = house.tools.register
        written(register, lived("LIFE").until("submit"))
        filing = register.filing("LIFE")
        by = {"person": "c-101", "office": "210100", "role": "city_st"}
        act = lodging.lodge("LIFE", {"id": "a-1", "kind": "accept", "by": by}).act
        assert filing
        assert act
        at = NOW + timedelta(days=1)
        entry = entries.entered(filing, act.but(received_at=at), Moment(at, at + timedelta(days=3)))
        assert register.append(entry).outcome == "entered"
        browser = await house.signed_in("c-101")
        browser.headers["Authorization"] = "Bearer c-101"
        docket = (await browser.get("/api/v1/filings/LIFE/docket")).json()
        assert [each.get("back_dated", False) for each in docket] == [False, True]
        assert "明显晚于所记的收到时间" in (await browser.get("/filings/LIFE")).text
        assert register.verify("LIFE") == [], "and the chain is as it was"
        came = Came.model_validate({"on": "2026-03-16", "how": "post", "received_by": "c-103", "record": "0" * 64})
        on_paper = entry.but(event=act.but(came=came))
        assert (entry.back_dated, on_paper.back_dated) == (True, False), "what came on paper says so itself"
