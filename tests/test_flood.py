"""Nobody fills an office's desk alone, and whoever came first is seen first."""

from datetime import datetime, timedelta

import pytest

from activities.register import Register
from activities.tasks import Task
from gateway.identity import Identity
from gateway.problem import Refused
from gateway.remembered.quotas import Quotas
from gateway.shown.inbox import inbox
from models.values import SHANGHAI, day_of
from models.vocabulary import Role
from tests.databases import Databases, on_both
from tests.near import Near
from tests.simulated import lived, told, written
from tests.story import application

NOW = datetime(2026, 6, 1, 9, tzinfo=SHANGHAI)
LEADER = application()["leader"]["uscc"]


def submitted(register: Register, filing_id: str, at: datetime) -> None:
    """An application that came at an instant."""
    form = application(filing_id=filing_id, alliance_name=f"沈阳市{filing_id}产学研联盟", received_at=at.isoformat())
    written(register, told(form, until=at))


@on_both
def test_applications_of_a_leader_are_counted_while_they_are_under_way_and_by_the_day(register: Register) -> None:
    assert register.applications_of(LEADER, NOW) == (0, 0)
    submitted(register, "ONE", NOW - timedelta(days=1))
    submitted(register, "TWO", NOW)
    written(register, lived("LIFE").until("archive"))
    assert register.applications_of(LEADER, NOW) == (2, 1), "what is decided on counts no longer"
    assert register.applications_of("91210102MA10ABCD9X", NOW) == (0, 0)
    quotas = Quotas(register.engine, {}, applications=2)
    assert quotas.one_more(1, 1) == ()
    assert [each.message for each in quotas.one_more(2, 2)] == [
        "本单位已有2件备案申请在办，最多2件；请待办结或撤回后再申请",
        "本单位今日已提交2件备案申请，每日最多2件；请明日再申请",
    ]


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
async def test_a_leader_with_too_many_applications_is_refused_at_the_door_and_told_why(register: Register) -> None:
    submitted(register, "ONE", NOW - timedelta(days=1))
    door = Near.of(register, clock=lambda: NOW, quotas=Quotas(register.engine, {}, applications=1))
    form = application(filing_id="TWO", alliance_name="沈阳市又一产学研联盟")
    with pytest.raises(Refused, match="本单位已有1件备案申请在办") as refused:
        await door.submit(form)
    assert [each.code for each in refused.value.refusal.findings] == ["G-39"]
    assert not door.reception.is_known("TWO", "beian:submit"), "it may be sent again when there is room"


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_of_those_that_wait_until_the_same_day_the_one_that_came_first_is_first(databases: Databases) -> None:
    register = Register.at(databases.migrated())
    for hours, filing_id in enumerate(("M-1", "AAA", "Z-9", "A.A")):
        submitted(register, filing_id, NOW + timedelta(hours=hours))
    officer = Identity(person="c-101", name="", office="210100", role=Role.CITY_ST)
    first = inbox(register.engine, officer, day_of(NOW), task=Task.ACCEPT, limit=2)
    rest = inbox(register.engine, officer, day_of(NOW), task=Task.ACCEPT, after=first.more)
    assert [row.filing_id for row in (*first.rows, *rest.rows)] == ["M-1", "AAA", "Z-9", "A.A"]
    assert first.more.endswith("~AAA")
    register.engine.dispose()
