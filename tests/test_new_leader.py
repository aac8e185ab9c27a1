"""A filing that passed to another leader (盟主变更): what the new one begins is its own, and the drafts of the one before are neither shown nor lost."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.asked import applications
from gateway.remembered.drafts import Drafts, NoSuchDraft, kept, paper_about, version_of
from models.forms import LeaderA
from models.settings import Settings
from tests.databases import Databases
from tests.law.notation import NEW_LEADER, PAPERS
from tests.leading import LEADER, Leader, leading
from tests.served import Clock
from tests.simulated import Papered, told, written
from tests.story import application, checklist, instant
from tests.visiting import House, visiting

SUCCESSOR = LEADER.but(person="u-next", name="接任经办人", office="N2210421MA10ABCD61")
FILING = "PASSED-ON"
TODAY = instant("2027-03-01")
REPORT = f"/my/reports/{FILING}/2026"
CHANGE = f"/filings/{FILING}/acts/report_change"


def passed_on() -> Papered:
    """An alliance in force since April 2026 whose leader changed in January 2027, while 2026 is not reported yet."""
    form = application(filing_id=FILING, received_at="2026-03-15T09:00:00+08:00")
    content = PAPERS["report_change"](form, {"change": "leader", "to": SUCCESSOR.office})
    change = {"change": "leader", "happened_on": "2027-01-01", "content": content}
    return told(
        form,
        ("city", "accept", "2026-03-16T09:00", {}),
        ("iit", "give_iit_opinion", "2026-03-17T09:00", {"positive": True}),
        ("city2", "confirm", "2026-03-18T09:00", {"checklist": checklist()}),
        ("province", "archive", "2026-04-20T09:00", {}),
        ("leader", "report_change", "2027-01-05T09:00", change),
        ("iit", "give_iit_opinion", "2027-01-06T09:00", {"positive": True}),
        ("city2", "rule_on_change", "2027-01-07T09:00", {"decision": "confirmed"}),
        until=TODAY,
    )


@pytest.fixture
async def house(tmp_path: Path, sqlite: Databases) -> AsyncIterator[House]:
    """A gateway in March 2027, when the new leader writes the report that the one before had begun."""
    settings = Settings(var=tmp_path, database_url=sqlite.migrated())
    async with visiting(settings, Clock(TODAY)) as opened:
        written(opened.tools.register, passed_on())
        begun = {"summary": {"text": "前任盟主写到一半的总结"}}
        opened.tools.drafts.save(paper_about("annual", FILING, "2026"), LEADER, begun, opened.tools.clock())
        opened.tools.drafts.save(
            paper_about("act", FILING, "report_change", ""), LEADER, {"content": {"text": "前任盟主写到一半的变更"}},
            opened.tools.clock(),
        )  # fmt: skip
        yield opened


@pytest.fixture
async def successor(house: House) -> AsyncIterator[Leader]:
    """Somebody who acts for the new leader."""
    async with leading(house.tools, house.browser(), SUCCESSOR) as found:
        yield found


async def test_the_new_leader_can_report_the_year_that_the_one_before_had_begun_to_report(
    house: House, successor: Leader
) -> None:
    page = await successor.page(REPORT)
    assert not page.says("前任盟主写到一半")
    typed = [("/content/summary/text", "新盟主的总结"), ("/content/plan/text", "新盟主的计划")]
    saved = await successor.sends(f"{REPORT}/saved", [*typed, *page.hidden("seen", "held", "id")])
    assert saved.status_code == 200, saved.text
    page = await successor.page(REPORT)
    assert page.says("新盟主的总结")
    promised = [*typed, ("/content/integrity_commitment", "yes"), ("do", "submit")]
    sent = await successor.sends(REPORT, [*promised, *page.hidden("seen", "held", "id")])
    assert (sent.status_code, "填写的内容已保存" in sent.text) == (503, True), "no engine runs"


async def test_the_new_leaders_papers_are_kept_while_they_are_written(house: House, successor: Leader) -> None:
    page = await successor.page(CHANGE)
    assert not page.says("前任盟主写到一半")
    saved = await successor.sends(f"{CHANGE}/saved", [("/content/text", "新盟主的变更"), *page.hidden("draft")])
    assert saved.status_code == 200, saved.text
    assert (await successor.page(CHANGE)).says("新盟主的变更")


async def test_a_report_whose_draft_is_gone_is_saved_anew(house: House, successor: Leader) -> None:
    page = await successor.page(REPORT)
    typed = [("/content/summary/text", "新盟主的总结"), ("/content/plan/text", "")]
    await successor.sends(f"{REPORT}/saved", [*typed, *page.hidden("seen", "held", "id")])
    page = await successor.page(REPORT)
    house.tools.drafts.submitted(paper_about("annual", FILING, "2026"), SUCCESSOR.office)
    again = await successor.sends(REPORT, [*typed, *page.hidden("seen", "held", "id"), ("do", "save")])
    assert again.status_code == 303, "nobody saved anything elsewhere"
    assert (await successor.page(REPORT)).says("新盟主的总结")


@pytest.mark.parametrize("key", ["c-1", paper_about("annual", FILING, "2026")])
def test_what_two_leaders_began_about_one_thing_is_each_ones_own_until_its_time_is_over(house: House, key: str) -> None:
    drafts, now = house.tools.drafts, house.tools.clock()
    first = drafts.save(key, LEADER, {"text": "前任"}, now) if key == "c-1" else _version(drafts, key)
    second = drafts.save(key, SUCCESSOR, {"text": "后任"}, now)
    for who, text in ((LEADER, "前任"), (SUCCESSOR, "后任")):
        row = drafts.find(key, who.office, now)
        assert row
        assert text in row.body
    later = now + timedelta(days=1)
    drafts.save(key, SUCCESSOR, {"text": "后任再改"}, later, second)
    assert _version(drafts, key) == first, "and what one changes the other keeps"
    drafts.discard(key, LEADER.office, later)
    assert drafts.find(key, SUCCESSOR.office, later)
    drafts.forget(later + kept(later))
    assert drafts.find(key, SUCCESSOR.office, later) is None


def test_an_application_has_one_draft(house: House) -> None:
    drafts, now = house.tools.drafts, house.tools.clock()
    key = drafts.begin(LEADER, {"kind": "A"}, now)
    with pytest.raises(NoSuchDraft):
        drafts.save(key, SUCCESSOR, {"kind": "A"}, now)


def _version(drafts: Drafts, key: str) -> str:
    row = drafts.find(key, LEADER.office, TODAY)
    assert row
    return version_of(row)


def test_an_application_that_is_written_again_begins_with_what_the_change_left(house: House) -> None:
    raw = applications.continuing(house.tools.register.application(FILING), FILING)
    assert (raw["leader"]["uscc"], raw["leader"]["name"]) == (SUCCESSOR.office, NEW_LEADER)
    assert raw["innovation_goal"] == application()["innovation_goal"], "what nobody changed stays"
    assert raw["members"][0]["name"] == NEW_LEADER
    assert set(raw["leader"]) <= set(LeaderA.model_fields)
