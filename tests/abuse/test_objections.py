"""Many objections to one notice, at the doors: what staff are shown stays small, and nobody is shut out (G-04)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from activities.register import Register
from gateway.api import filings
from models.acts import TOGETHER
from models.settings import Settings
from models.vocabulary import Kind
from regulation.objections import LISTED
from tests.abuse.amounts import STORM
from tests.databases import prepare
from tests.served import Clock
from tests.simulated import told, written
from tests.story import application, checklist, instant
from tests.visiting import House, visiting

OBJECTIONS = 1000 if STORM else 60
"""Objections to the notice, written into the register by themselves."""

NOTICED = "NOTICED"
PAPER = {
    "party": "individual",
    "name": "何示例",
    "contact": "13900000002",
    "channel": "platform",
    "text": "公示的成员单位之一并未参与该领域合作。",
}
RULING = {"objection": TOGETHER, "reason": "内容相同，均无证明材料"}


def objected(register: Register) -> None:
    """A notice of 18 March 2030, objected to by everybody on the 20th; the oldest dozen are ruled on."""
    form = application(filing_id=NOTICED, received_at="2030-03-15T09:00:00+08:00", agreement_effective_on="2030-02-20")
    minutes = [f"2030-03-20T{hour:02}:{minute:02}" for hour in range(7, 24) for minute in range(60)]
    told_ = told(
        form,
        ("city", "accept", "2030-03-16T09:00", {}),
        ("iit", "give_iit_opinion", "2030-03-17T09:00", {"positive": True}),
        ("city2", "confirm", "2030-03-18T09:00", {"checklist": checklist(Kind.A)}),
        *(("public", "object", minute, {"content": PAPER}) for minute in minutes[:OBJECTIONS]),
        ("public", "object", "2030-03-21T07:00", {"content": PAPER | {"name": None}}),
        ("city", "rule_on_admissibility", "2030-03-21T09:00", RULING | {"admissible": False, "counted": 9}),
        ("city", "rule_on_admissibility", "2030-03-21T09:01", RULING | {"admissible": True, "counted": 3}),
        until=instant("2030-03-21T09:30"),
    )
    written(register, told_)


@pytest.fixture(scope="module")
def noticed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a register that holds that notice."""
    folder = tmp_path_factory.mktemp("noticed")
    settings = Settings(var=folder)
    prepare(settings.register_url)
    register = Register.at(settings.register_url)
    objected(register)
    register.engine.dispose()
    return folder


@asynccontextmanager
async def at_the_doors(noticed: Path, **settings: Any) -> AsyncIterator[House]:
    """The gateway on the morning of the 21st."""
    chosen = Settings(var=noticed, reads_a_minute=9999, acts_a_minute=9999, **settings)
    async with visiting(chosen, Clock(instant("2030-03-21T10:00"))) as house:
        yield house


async def test_the_page_of_a_filing_with_many_objections_stays_small(noticed: Path) -> None:
    async with at_the_doors(noticed) as house:
        officer = await house.signed_in("c-101")
        page = await officer.get(f"/filings/{NOTICED}")
        assert page.status_code == 200
        assert page.text.count('id="entry-') == 50
        assert len(page.content) < 200_000
        last = house.tools.register.row(NOTICED)
        assert last
        assert "合并处理9件，自当时最早收到的一件起" in page.text
        before = last.number - 50 + 1
        assert f"?before={before}#docket" in page.text
        earlier = await officer.get(f"/filings/{NOTICED}?before={before}")
        assert f'id="entry-{before - 1}"' in earlier.text
        assert f"{OBJECTIONS - 9}件" in page.text
        assert house.tools.register.verify(NOTICED) == []
        coming = page.text.partition('id="agenda"')[2].partition("</section>")[0]
        whole = await officer.get(f"/filings/{NOTICED}?agenda=all")
        everything = whole.text.partition('id="agenda"')[2].partition("</section>")[0]
        assert coming.count("<strong>") == min(everything.count("<strong>"), 50), (
            "what is further off is read on demand"
        )
        assert ("agenda=all" in coming) is (everything.count("<strong>") > 50)


async def test_the_reviewer_sees_each_objection_and_what_became_of_it(noticed: Path) -> None:
    async with at_the_doors(noticed) as house:
        officer = await house.signed_in("c-101")
        page = await officer.get(f"/filings/{NOTICED}/objections")
        assert f"{OBJECTIONS - 12}件待认定，3件已受理待处理" in page.text
        shown = page.text.partition("<tbody>")[2].partition("</tbody>")[0]
        assert shown.count("<tr>") == min(OBJECTIONS - 9, 100)
        assert shown.index("已受理，待处理") < shown.index("待认定是否受理"), "the oldest first"
        assert "不予受理：9件" in page.text
        assert "未予受理（匿名、逾期或已无公示），登记备查：1件" in page.text
        for other in ("i-201", "p-401", "d-111"):
            assert (await (await house.signed_in(other)).get(f"/filings/{NOTICED}/objections")).status_code == 404, (
                other
            )


async def test_a_docket_is_answered_in_parts(noticed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filings, "AT_ONCE", 25)
    async with at_the_doors(noticed) as house:
        platform, path = house.browser(), f"/api/v1/filings/{NOTICED}/docket"
        headers = {"Authorization": "Bearer c-101"}
        first = (await platform.get(path, headers=headers)).json()
        assert [entry["number"] for entry in first] == [*range(1, 26)]
        more = (await platform.get(path, headers=headers, params={"after": 25})).json()
        assert more[0]["number"] == 26


async def test_the_form_of_a_ruling_offers_the_oldest_together(noticed: Path) -> None:
    async with at_the_doors(noticed) as house:
        form = await (await house.signed_in("c-101")).get(f"/filings/{NOTICED}/acts/rule_on_admissibility")
        assert "合并处理（自最早收到的一件起）" in form.text
        assert 'name="/counted"' in form.text
        assert form.text.count("异议 NOTICED-") <= LISTED


async def test_beyond_what_people_send_in_a_day_the_other_way_is_named(noticed: Path) -> None:
    async with at_the_doors(noticed, objections_in_all=1) as house:
        visitor, origin = house.browser("192.0.2.9"), {"Origin": house.origin}
        form = {f"/content/{name}": value for name, value in PAPER.items()} | {"anyway": "yes", "key": "a" * 32}
        refused = await visitor.post(f"/objections/{NOTICED}", data=form, headers=origin)
        assert refused.status_code == 422
        assert "今日对本公示的网上异议已达1件" in refused.text
        assert "邮寄的以邮戳日期为准" in refused.text
        assert PAPER["text"] in refused.text, "what was written is still there"


async def test_whoever_objects_while_the_engine_is_gone_is_told_when_to_send_it_again(noticed: Path) -> None:
    async with at_the_doors(noticed) as house:
        form = {f"/content/{name}": value for name, value in PAPER.items()} | {"anyway": "yes", "key": "b" * 32}
        visitor, origin = house.browser("192.0.2.8"), {"Origin": house.origin}
        answer = await visitor.post(f"/objections/{NOTICED}", data=form, headers=origin)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert "服务暂不可用" in answer.text


async def test_one_address_objects_to_one_notice_so_often_a_day(noticed: Path) -> None:
    async with at_the_doors(noticed, objections_a_day=2, objections_an_hour=50) as house:
        visitor, origin = house.browser("192.0.2.9"), {"Origin": house.origin}
        answers = [await visitor.post(f"/objections/{NOTICED}", headers=origin) for _ in range(4)]
        assert [answer.status_code for answer in answers[:2]] == [422, 422]
        assert answers[-1].status_code == 429
        assert "邮寄的以邮戳日期为准" in answers[-1].text
        assert (await visitor.post("/objections/OTHER", headers=origin)).status_code == 404
        assert (await house.browser("192.0.2.10").post(f"/objections/{NOTICED}", headers=origin)).status_code == 422
