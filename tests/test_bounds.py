"""Days, instants and numbers at the edges, from wherever they come: a finding, never a fault of the service."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from models.faults import in_chinese
from models.rounds.base import OpenRound
from models.settings import Settings
from models.values import DAY, INSTANT, Day, Instant, at_hour, in_shanghai, midnight_after
from regulation import intake, lodging
from tests.databases import prepare
from tests.served import Clock
from tests.simulated import NOW, lived, written
from tests.story import application, report
from tests.test_signals import OUT_OF_TIME
from tests.visiting import House, visiting

BY = {"person": "c-101", "office": "210100", "role": "city_st"}
DAYS = ("0001-01-01", "1899-12-31", "2101-01-01", "9999-12-31")
OUT_OF_IT_HERE = ("1900-01-01T00:00:00+14:00", "2100-12-31T23:59:59-12:00")
"""Within bounds as they are written, but not as they are printed."""
BEYOND = "须在1900年至2100年之间"
HUGE = str(10**30)


@pytest.mark.parametrize(
    ("kind", "written"), [(Instant, each) for each in OUT_OF_TIME + OUT_OF_IT_HERE] + [(Day, each) for each in DAYS]
)
def test_what_lies_out_of_bounds_is_a_finding(kind: Any, written: str) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(kind).validate_python(written)
    assert [in_chinese(each) for each in refused.value.errors()] == [BEYOND]


def test_what_lies_within_can_be_told_in_any_zone_and_has_a_day_before_and_after() -> None:
    for told in ("1900-01-01T00:00:00+08:00", "2100-12-31T15:59:59Z"):
        instant = INSTANT.validate_python(told)
        assert INSTANT.validate_python(in_shanghai(instant)) == instant
    for each in ("1900-01-01", "2100-12-31"):
        day = DAY.validate_python(each)
        assert at_hour(day, 0) < midnight_after(day)


ACTS: list[tuple[dict[str, Any], str]] = [
    ({"kind": "accept", "received_at": OUT_OF_TIME[0]}, "/received_at"),
    ({"kind": "confirm", "checklist": [], "notice_from": DAYS[3]}, "/notice_from"),
    ({"kind": "record_service", "method": "post", "served_on": DAYS[0]}, "/served_on"),
    ({"kind": "record_service", "method": "post", "served_on": 20_000}, "/served_on"),
    ({"kind": "move_deadline", "document_no": "1号", "year": 2026, "until": DAYS[3]}, "/until"),
    ({"kind": "file_annual_report", "year": 10**400, "content": report(2026)}, "/year"),
    ({"kind": "accept", "seen": 2**31}, "/seen"),
    ({"kind": "settle_delivery", "method": "phone", "entry": 2**63}, "/entry"),
    (
        {"kind": "record_evaluation", "year": 2026, "result": "qualified", "joint_activities": 2**63},
        "/joint_activities",
    ),
]


@pytest.mark.parametrize(("act", "field"), ACTS)
def test_an_act_that_holds_one_names_its_field(act: dict[str, Any], field: str) -> None:
    found = lodging.lodge("LN-1", {"id": "a1", "by": BY, **act}).findings
    assert field in [each.field for each in found]


def test_an_application_that_holds_one_names_its_field() -> None:
    form = application() | {"agreement_effective_on": DAYS[0], "received_at": OUT_OF_TIME[0]}
    form["legacy"] = {"archived_on": DAYS[3], "archive_number": "1", "document_no": "1号"}
    found = {each.field: each.message for each in intake.examine(form, NOW).findings}
    fields = ("/agreement_effective_on", "/received_at", "/legacy/archived_on")
    assert all(found[each].endswith(BEYOND) for each in fields), found


@pytest.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A gateway over one life."""
    settings = Settings(var=tmp_path_factory.mktemp("bounds"))
    prepare(settings.register_url)
    async with visiting(settings, Clock(NOW)) as opened:
        written(opened.tools.register, lived("LIFE"))
        yield opened


ADDRESSES = [
    f"/desk/deadlines?first={DAYS[0]}&last={DAYS[3]}",
    "/desk/calendar?month=0001-01",
    "/desk/calendar?month=9999-12",
    f"/desk?after=1~{OUT_OF_TIME[0]}~{OUT_OF_TIME[0]}~LIFE",
    f"/desk/filings?after={OUT_OF_TIME[0]}~LIFE",
    f"/filings/LIFE/versions/{HUGE}",
    f"/filings/LIFE/entries/{HUGE}/paper",
    f"/sitemap/register-{HUGE}.xml",
    f"/desk/audit?before={HUGE}",
    f"/api/v1/filings?due_before={OUT_OF_TIME[0]}",
    f"/api/v1/filings?after={OUT_OF_TIME[1]}~LIFE",
    f"/api/v1/inbox?after={OUT_OF_TIME[1]}",
    f"/api/v1/filings/LIFE/why?entry={HUGE}",
    f"/api/v1/filings/LIFE/why?at={OUT_OF_TIME[0]}",
]


@pytest.mark.parametrize("address", ADDRESSES)
async def test_an_address_that_holds_one_is_not_the_service_s_fault(house: House, address: str) -> None:
    for person in ("c-101", "a-601"):
        browser = await house.signed_in(person)
        browser.headers["Authorization"] = f"Bearer {person}"
        answer = await browser.get(address.replace("+", "%2B"))
        assert answer.status_code in (200, 404, 422, 304), answer.text


def test_whoever_is_no_person_is_refused_and_the_refusal_recorded(house: House) -> None:
    register = house.tools.register
    register.record_refusal("LIFE", {"id": "r-1", "kind": None, "by": OUT_OF_TIME[0]}, "须为对象", NOW)
    assert [each.act_id for each in register.refused_acts("LIFE")] == ["r-1"]


async def test_a_form_that_holds_one_is_not_either(house: House) -> None:
    browser = await house.signed_in("c-101")
    page = await browser.get("/filings/LIFE")
    form = {"csrf": page.text.partition('name="csrf" value="')[2].partition('"')[0], "id": "desk-1"}
    for seen in ("", "abc", "-1", "²", HUGE, OUT_OF_TIME[0]):
        answer = await browser.post("/filings/LIFE/acts/record_announcement", data=form | {"seen": seen})
        assert answer.status_code == 409, (seen, answer.text)
    for action in (f"/desk/handling/{HUGE}/done", f"/filings/LIFE/handling/{HUGE}/take-back"):
        assert (await browser.post(action, data=form)).status_code in (303, 404, 422)


@pytest.mark.parametrize(
    ("title", "said"), [("", "不得为空"), ("x", "至少2字，现有1字"), ("长" * 101, "限100字，现有101字")]
)
def test_a_text_that_is_too_short_is_not_called_empty(title: str, said: str) -> None:
    by = {"person": "p-401", "office": "210000", "role": "province_st"}
    told = {"id": "a", "by": by, "title": title, "opens": "2027-03-01", "closes": "2027-03-31"}
    with pytest.raises(ValidationError) as refused:
        OpenRound.model_validate(told)
    assert [in_chinese(each) for each in refused.value.errors()] == [said]
