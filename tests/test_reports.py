"""The annual report as a leader writes it: beside what was planned, saved while it is typed, nothing asked of it that is an office's."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.remembered.drafts import paper_about
from models.settings import Settings
from regulation.lodging import lodge
from tests.databases import Databases
from tests.leading import LEADER, OTHER, Leader, Page, leading
from tests.served import Clock
from tests.simulated import lived, written
from tests.story import application, instant
from tests.visiting import House, visiting

PLACE = "/my/reports/REPORTS/2027"


@pytest.fixture
async def house(tmp_path: Path, sqlite: Databases) -> AsyncIterator[House]:
    """A gateway in January 2028: an alliance that reported 2026, and owes 2027."""
    settings = Settings(var=tmp_path, database_url=sqlite.migrated())
    async with visiting(settings, Clock(instant("2028-01-05"))) as opened:
        written(opened.tools.register, lived("REPORTS").until("year_missed"))
        yield opened


@pytest.fixture
async def leader(house: House) -> AsyncIterator[Leader]:
    """Somebody who acts for the leader."""
    async with leading(house.tools, house.browser()) as found:
        yield found


def planned(house: House) -> str:
    """What was planned for 2027."""
    rows = [row for row in lived("REPORTS").papers if row[0] == "file_annual_report" and row[1]["year"] == 2026]
    return str(rows[0][1]["plan"]["text"])


async def test_a_report_begins_with_what_was_planned_beside_it(house: House, leader: Leader) -> None:
    page = await leader.page(PLACE)
    assert page.says("2027年度原计划")
    assert page.text.count(planned(house)) >= 2, "beside the text, and in it"
    names = {each.get("name", "") for each in page.inputs}
    assert {"/content/summary/text", "/content/plan/text", "/content/summary/tasks/1"} <= names
    assert not [each for each in names if "basis" in each or "document_no" in each]
    assert len(page.text) < 100_000
    assert page.says("没有启用脚本，不会自动保存"), "who has none is told to save"
    assert page.says("审核机关核查的，如实说明情况"), "what is promised is read where it is promised"
    assert page.says("我单位已阅读上述《年度报告承诺书》")
    async with leading(house.tools, house.browser(), OTHER) as other:
        await other.page(PLACE, 404)


async def test_what_is_typed_is_saved_and_the_last_report_taken_over_where_nothing_stands(
    house: House, leader: Leader
) -> None:
    page = await leader.page(PLACE)
    typed = [("/content/summary/text", "完成了三项"), ("/content/plan/text", ""), *page.hidden("seen", "held", "id")]
    saved = await leader.sends(f"{PLACE}/saved", typed)
    assert saved.status_code == 200, saved.text
    assert (await leader.page(PLACE)).says("完成了三项")
    page = await leader.page(PLACE)
    typed = [("/content/summary/text", "完成了三项"), ("/content/plan/text", ""), *page.hidden("seen", "held", "id")]
    assert (await leader.sends(PLACE, [*typed, ("do", "take_over")])).status_code == 303
    row = house.tools.drafts.find(paper_about("annual", "REPORTS", "2027"), LEADER.office, house.tools.clock())
    assert row
    assert "完成了三项" in row.body, "what was written stays"
    assert planned(house) in row.body


async def test_a_plan_that_is_sent_as_what_was_done_is_asked_about(house: House, leader: Leader) -> None:
    page = await leader.page(PLACE)
    typed = [
        ("/content/summary/text", planned(house)),
        ("/content/plan/text", "新的计划"),
        *page.hidden("seen", "held", "id"),
    ]
    asked = await leader.sends(PLACE, [*typed, ("/content/integrity_commitment", "yes"), ("do", "submit")])
    assert asked.status_code == 422
    assert Page.of(asked.text).says("当年度总结与上一年度所报的一字不差")


async def test_the_form_of_acts_leads_to_the_page_where_a_year_can_be_reported(house: House, leader: Leader) -> None:
    answer = await leader.client.get("/filings/REPORTS/acts/file_annual_report?year=2027")
    assert (answer.status_code, answer.headers["location"]) == (303, PLACE)
    nothing = await leader.client.get("/my/reports/REPORTS/2026")
    assert (nothing.status_code, nothing.headers["location"].partition("?")[0]) == (303, "/filings/REPORTS")


async def test_an_enterprise_is_asked_for_no_basis_and_no_document_number(house: House, leader: Leader) -> None:
    names = {each.get("name") for each in (await leader.page("/filings/REPORTS/acts/request_extension")).inputs}
    assert "/reason" in names
    assert not names & {"/basis", "/document_no"}


def test_two_errors_of_one_report_have_two_wordings() -> None:
    raw = {
        "id": "R-1", "kind": "file_annual_report", "year": 2027, "by": application()["by"],
        "received_at": "2027-11-01T09:00:00+08:00",
        "content": {"year": 2027, "summary": {}, "plan": {}, "integrity_commitment": True},
    }  # fmt: skip
    messages = [each.message for each in lodge("REPORTS", raw).findings]
    assert len(messages) == len(set(messages)) == 2, messages
    assert messages[0].startswith("当年度技术创新活动总结的")
