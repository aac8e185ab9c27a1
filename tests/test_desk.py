"""The desk's lists: inbox, list and search, saved filters, tables, handling, calendar, charts, and acts done in batches."""

import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
import pytest
from httpx import AsyncClient, Response
from openpyxl import load_workbook
from sqlalchemy import true
from sqlmodel import Session

from activities.letter_queue import Tried
from activities.lists import FILINGS, LINES, Order, Place, columns_of, in_order
from activities.pictures.stays import Actor, Spent, stays, stays_of
from activities.register import Register
from activities.tasks import Task
from gateway.identity import EMBEDDED
from gateway.pages import calendar
from gateway.pages.desk import after_the_last
from gateway.shown import lists
from gateway.shown.figures import Figures
from gateway.shown.foreseen import previewed
from gateway.shown.inbox import Group, Inbox, Urgency
from models.acts import By
from models.register import FilingRow
from models.rounds.base import CancelRound, OpenRound, Pinned
from models.rounds.round import RoundEntry
from models.settings import Settings
from models.values import day_of, due_before, due_by, last_day_until
from models.vocabulary import DeliveryState, Kind, LapseKind, Role, Stage
from regulation import offices
from regulation.moment import Moment
from regulation.overdue import late
from regulation.rounds import table as table_of_rounds
from regulation.rounds.every import rules_of
from tests.carried import came_to, closed, waiting
from tests.databases import Databases, on_both, statements
from tests.patience import Patient
from tests.population import LACKING, MET_B, NOW, accepted, life, populate
from tests.served import Clock, Served, served
from tests.simulated import Step, holding, told, written
from tests.story import Story, application, checklist, instant
from tests.visiting import House, visiting
from tests.world import World

UI = "http://127.0.0.1:8233"


@dataclass
class Officer:
    """Somebody at the desk, with a browser that has no eyes."""

    browser: AsyncClient
    origin: str
    csrf: str = field(default="", init=False)

    async def gets(self, path: str, status: int = 200) -> str:
        """A page, as text."""
        answer = await self.browser.get(path)
        assert answer.status_code == status, answer.text
        return unescape(answer.text)

    async def posts(self, path: str, status: int = 303, **filled: Any) -> Response:
        """A form of a page, sent as the page would send it."""
        if not self.csrf:
            found = re.search(r'name="csrf" value="([^"]+)"', (await self.browser.get("/")).text)
            found = found or re.search(r'name="csrf" value="([^"]+)"', (await self.browser.get("/desk")).text)
            assert found
            self.csrf = found[1]
        answer = await self.browser.post(path, data={"csrf": self.csrf} | filled, headers={"Origin": self.origin})
        assert answer.status_code == status, answer.text
        return answer


def listed(page: str) -> list[str]:
    """The filings in a table of a page, in its order."""
    return re.findall(r'<th scope="row"><a href="/filings/([^"]+)">', page)


def section(page: str, name: str) -> str:
    """A part of a page, by the id of its heading."""
    return page.partition(f'aria-labelledby="{name}"')[2].partition("</section>")[0]


def opened(sqlite: Databases, folder: Path) -> AbstractAsyncContextManager[House]:
    """A gateway over a population of its own."""
    register = sqlite.made("population", holding(populate))
    settings = Settings(
        var=folder, database_url=register, ui_address=UI, session_hours=24, reads_a_minute=9999, acts_a_minute=9999
    )
    return visiting(settings, Clock(instant(NOW)))


@pytest.fixture(scope="module")
async def house(sqlite: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A gateway that nobody changes anything in."""
    async with opened(sqlite, tmp_path_factory.mktemp("desk")) as house:
        yield house


@pytest.fixture
async def own_house(sqlite: Databases, tmp_path: Path) -> AsyncIterator[House]:
    """A gateway that a test has for itself."""
    async with opened(sqlite, tmp_path) as house:
        yield house


async def at(house: House, person: str) -> Officer:
    """Somebody signed in."""
    return Officer(await house.signed_in(person), house.origin)


# Why


async def test_a_page_tells_why_with_its_entries_and_for_whom_staff_choose(house: House) -> None:
    officer = await at(house, "c-101")
    assert 'href="/filings/SY-NEW/why"' in await officer.gets("/filings/SY-NEW")
    assert 'href="/filings/SY-NEW/why?entry=1"' in await officer.gets("/filings/SY-NEW")
    page = await officer.gets("/filings/SY-NEW/why?about=archive&for=court")
    assert "能不能办理：备案入库" in page
    assert "不得“备案入库”" in page
    assert 'href="/filings/SY-NEW?before=2#entry-1"' in page
    coming = await officer.gets("/filings/SY-NEW/why?about=&year=&at=")
    assert "接下来会怎样" in coming
    assert "受理期限为5个工作日" in coming
    assert "以下按现在回答" in await officer.gets("/filings/SY-NEW/why?at=2019-01-01")
    assert "没有这一号登记" in await officer.gets("/filings/SY-NEW/why?entry=99")
    await officer.gets("/filings/DL-1/why", 404)


async def test_a_page_shows_a_filing_in_two_times_and_plans_a_correction(house: House) -> None:
    officer = await at(house, "c-101")
    assert 'href="/filings/SY-NEW/then"' in await officer.gets("/filings/SY-NEW")
    page = await officer.gets("/filings/SY-NEW/then")
    assert "实际情况与当时的登记一致" in page
    assert "没有失去依据的登记" in page
    asked = "act=file_annual_report&year=2022&came_on=2023-01-01&postmarked_on="
    assert "现在不能登记这一来文" in await officer.gets(f"/filings/SY-NEW/then?{asked}")
    assert "须写明收到日期" in await officer.gets("/filings/SY-NEW/then?act=file_annual_report")
    assert "时间须为日期" in await officer.gets("/filings/SY-NEW/then?as_of=1999-01-01")
    assert "不得晚于现在" in await officer.gets("/filings/SY-NEW/then?as_of=2058-02-15")
    await officer.gets("/filings/DL-1/then", 404)


# Inbox


async def test_the_inbox_shows_what_waits_for_my_office_what_is_late_first(house: House) -> None:
    page = await (await at(house, "c-101")).gets("/desk")
    waiting = section(page, "waiting")
    assert listed(waiting) == ["SY-LATE", "SY-IIT", "SY-NEW", "SY-NEXT"]
    assert re.findall(r'id="task-([a-z]+)"', waiting) == ["review", "accept"], "what is late comes first"
    assert re.findall(r'class="title">([^<]+)</span> (\d+)件', waiting) == [("审核", "2"), ("受理", "2")]
    assert "逾期27个工作日" in waiting
    assert "审核，2023-03-30止" in waiting
    assert "余3个工作日" in waiting
    assert re.findall(r"<strong>(\d+)</strong> 件", waiting) == ["1", "1", "2"]


def opened_round(of: str, by: By, title: str, opens: date, closes: date) -> RoundEntry:
    """The entry by which somebody opened a round on 2 May 2023."""
    pinned = Pinned(terms="LN-2023", calendar="CN-2026")
    act = OpenRound(id=f"{of}-opened", by=by, title=title, opens=opens, closes=closes, pinned=pinned)
    when = Moment(instant("2023-05-02"), instant("2023-05-02"))
    return table_of_rounds.entered(rules_of(of), of, None, act, when)


async def test_an_inbox_shows_the_rounds_that_wait_for_an_office_by_kind_and_until_when(own_house: House) -> None:
    rounds = own_house.tools.rounds.register
    of_all, city = "annual-2023-LN-1", By(person="c-101", office="210100", role=Role.CITY_ST)
    province = By(person="p-401", office="210000", role=Role.PROVINCE_ST)
    rounds.append(opened_round(of_all, province, "2023年度报送", date(2023, 5, 1), date(2023, 12, 31)))
    evaluation = opened_round("evaluation-2023-210100-1", city, "沈阳市评估评价", date(2023, 5, 20), date(2023, 8, 31))
    rounds.append(evaluation)
    told = {}
    for person in ("c-101", "i-201", "d-111", "z-301", "q-403", "a-601"):
        waiting = section(await (await at(own_house, person)).gets("/desk"), "rounds")
        told[person] = re.sub(r"\s+", "", re.sub(r"<[^>]*>", "", waiting.partition("</h2>")[2]))
    annual = "年度报送（1）2023年度报送：催报全部未报的2023年12月31日24时截止"
    evaluating = "评估评价（1）沈阳市评估评价：2023年5月20日起办理2023年8月31日24时截止"
    assert told == {
        "c-101": evaluating + annual, "i-201": evaluating, "d-111": annual, "z-301": annual, "q-403": "", "a-601": "",
    }  # fmt: skip
    rounds.append(
        table_of_rounds.entered(
            rules_of(of_all),
            of_all,
            rounds.round(of_all),
            CancelRound(id="x", by=province, reason="改期"),
            Moment(instant("2023-05-09"), instant("2023-05-09")),
        )
    )
    assert "2023年度报送" not in section(await (await at(own_house, "d-111")).gets("/desk"), "rounds")


async def test_an_inbox_is_few_statements_however_much_is_in_it(own_house: House) -> None:
    copied(own_house, "SY-NEW", 60)
    officer = await at(own_house, "c-101")
    await officer.gets("/desk")
    with statements(own_house.tools.register) as asked:
        assert len(listed(section(await officer.gets("/desk"), "waiting"))) == 12
    assert len(asked) <= 6, asked


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        ("i-201", ["SY-IIT"]),
        ("z-301", ["GX-NEW", "GX-PASSED"]),
        ("p-401", ["SY-SENT"]),
        ("d-111", ["DL-NEW"]),
    ],
)
async def test_every_post_has_an_inbox_of_its_own(house: House, person: str, expected: list[str]) -> None:
    assert listed(section(await (await at(house, person)).gets("/desk"), "waiting")) == expected


@pytest.mark.parametrize("person", ["q-403", "a-601", "o-701"])
async def test_who_has_nothing_to_decide_finds_a_page_to_start_from(house: House, person: str) -> None:
    page = await (await at(house, person)).gets("/desk")
    assert 'id="waiting"' not in page
    assert 'href="/desk/filings"' in section(page, "stages")
    assert ('href="/desk/audit"' in section(page, "stages")) is (person == "a-601")
    counted = dict(re.findall(r'stage=(\w+)">[^<]+</a></th><td class="number">(\d+)<', page))
    applying = {"submitted": "3", "returned": "1", "under_review": "3", "review_passed": "1", "on_notice": "2"}
    assert counted == applying | {"at_province": "1", "in_force": "1"}


async def test_an_evaluator_sees_nothing_that_was_not_assigned(house: House) -> None:
    evaluator = await at(house, "e-501")
    assert "?stage=" not in await evaluator.gets("/desk")
    assert listed(await evaluator.gets("/desk/filings")) == []


async def test_only_operators_are_led_to_the_engine(house: House) -> None:
    link = f'href="{UI}/namespaces/default/workflows/filing-SY-NEW"'
    assert link in await (await at(house, "o-701")).gets("/desk/filings")
    assert UI not in await (await at(house, "p-401")).gets("/desk/filings")


async def test_an_inbox_is_read_page_by_page_and_misses_nothing(own_house: House) -> None:
    copied(own_house, "SY-NEW", 120)
    officer = await at(own_house, "c-101")
    seen, address = [], "/desk?task=accept"
    while address:
        page = await officer.gets(address)
        seen += listed(section(page, "waiting"))
        found = re.search(r'href="(/desk\?[^"]+)" rel="next"', page)
        address = found[1] if found else ""
    assert len(seen) == len(set(seen)) == 122
    assert f'href="{"/desk?task=accept"}">全部122件' in await officer.gets("/desk")
    for nonsense in ("task=accept&after=nonsense", "task=nothing"):
        assert await officer.gets(f"/desk?{nonsense}", 422)


async def test_a_group_is_done_one_after_the_other(house: House) -> None:
    officer = await at(house, "c-101")
    seen, address = [], "/desk/queue?task=accept"
    while address.startswith("/desk/queue"):
        opened = (await officer.browser.get(address)).headers["location"]
        seen.append(opened.partition("?")[0])
        page = await officer.gets(opened)
        found = re.search(r'href="(/desk/queue[^"]+&after=[^"]+)"', page)
        address = found[1] if found else ""
    assert seen == ["/filings/SY-NEW/review", "/filings/SY-NEXT/review", "/desk"], "read and decided there"
    assert "“受理”已到最后一件，本组还有2件没有办理；另有“" in page, "what was passed over, and what other groups have"


def test_the_end_of_a_group_leads_to_what_is_left() -> None:
    """Back to what was passed over in it; nothing left there, to the next group; nothing at all, to the desk."""
    two, one = Counter({Urgency.LATE: 2}), Counter({Urgency.LATER: 1})
    both = Inbox((Group(Task.REVIEW, two), Group(Task.ACCEPT, one)))
    assert after_the_last(both, Task.ACCEPT) == (
        "accept", f"“{Task.ACCEPT.label}”已到最后一件，本组还有1件没有办理；另有“{Task.REVIEW.label}”2件",
    )  # fmt: skip
    assert after_the_last(both, Task.PUBLISH) == (
        "review", f"“{Task.PUBLISH.label}”已到最后一件，另有“{Task.REVIEW.label}”2件、“{Task.ACCEPT.label}”1件",
    )  # fmt: skip
    assert after_the_last(Inbox(), Task.ACCEPT) == ("", f"“{Task.ACCEPT.label}”已到最后一件，待办已全部办完")


async def test_a_condition_is_counted_once_wherever_it_is_counted(house: House) -> None:
    """Several lines ask about one condition: whoever reviews answers it once."""
    officer = await at(house, "c-101")
    shown = await officer.gets("/filings/SY-NEXT")
    reviewed = await officer.gets("/filings/SY-NEXT/review")
    counts = re.findall(r"核对清单（(\d+)项）", shown), re.findall(r"共(\d+)项</span>", reviewed)
    assert set(counts[0]) == set(counts[1]), counts
    assert counts[0]


def copied(house: House, filing_id: str, times: int) -> None:
    """More filings like one of them, for lists that take more than a page."""
    register = house.tools.register
    row = register.row(filing_id)
    assert row
    with register.engine.connect().execution_options(writes=True) as connection, Session(connection) as session:
        for number in range(times):
            session.add(FilingRow(**columns_of(row) | {"filing_id": f"{filing_id}-{number:04d}"}))
        session.commit()


async def test_whoever_is_late_has_it_first_and_not_whoever_waits_for_them(own_house: House) -> None:
    slow = life("SY-SLOW", "210100", "A", "2023-04-03", (accepted("2023-04-04"),))
    written(own_house.tools.register, slow)
    assert {each.role: each.lapse for each in late(slow.docket[-1].filing)} == {
        Role.CITY_IIT: LapseKind.IIT_OVERDUE,
        Role.CITY_ST: LapseKind.REVIEW_OVERDUE,
    }
    iit = section(await (await at(own_house, "i-201")).gets("/desk"), "waiting")
    assert listed(iit) == ["SY-SLOW", "SY-IIT"]
    assert "沈阳市工信部门 · 工信部门意见，2023-04-19止" in iit
    city = section(await (await at(own_house, "c-101")).gets("/desk"), "waiting")
    assert listed(city)[:2] == ["SY-LATE", "SY-SLOW"], "the one that is overdue longest comes first"
    assert "沈阳市科技局 · 审核" in city


async def test_what_did_not_arrive_is_a_task_of_the_office_that_must_make_it_good(own_house: House) -> None:
    platform = {"by": {"person": "delivering", "office": "210000", "role": "platform"}}
    undelivered: Step = ("", "report_undeliverable", "2023-05-09T10:00", {"entry": 2, "reason": "空号"} | platform)
    written(
        own_house.tools.register, life("SY-LOST", "210100", "A", "2023-05-04", (accepted("2023-05-05"), undelivered))
    )
    closed(own_house.tools.letters.engine, "SY-NEW-1-2", own_house.tools.clock(), failed=True)
    city, zone, operator = [await at(own_house, person) for person in ("c-101", "z-301", "o-701")]
    page = await city.gets("/desk")
    assert "/filings/SY-LOST/acts/settle_delivery" in section(page, "unsettled")
    assert "第2号登记" in section(page, "unsettled")
    assert "SY-NEW-1-2" in section(page, "bounced")
    assert 'id="unsettled"' not in await zone.gets("/desk")
    assert 'id="bounced"' not in await zone.gets("/desk")
    assert "SY-NEW-1-2" in section(await operator.gets("/desk"), "bounced")
    assert 'id="backlog"' not in page, "what is on its way concerns operators alone"
    await city.posts("/desk/messages/read", message="SY-NEW-1-2")
    assert 'id="bounced"' not in await city.gets("/desk")


async def test_operators_see_what_waits_to_be_delivered_and_which_channel_is_down(own_house: House) -> None:
    engine, now = own_house.tools.letters.engine, own_house.tools.clock()
    trying = Tried(state=DeliveryState.TRYING, receipt="短信网关无应答", content="c")
    for letter in ("SY-NEW-1-1", "SY-NEW-1-2"):
        came_to(engine, letter, "sms", trying, now)
    shown = section(await (await at(own_house, "o-701")).gets("/desk"), "backlog")
    assert f"待投递的信函（{len(waiting(engine))}）" in shown
    assert "sms：2封" in shown
    assert "短信网关无应答" in shown


# Messages


async def test_a_message_is_read_by_the_department_that_it_is_for(own_house: House) -> None:
    city, iit, dalian = [await at(own_house, person) for person in ("c-101", "i-201", "d-111")]
    asked = section(await iit.gets("/desk"), "unread")
    assert "请出具意见：沈阳市SY-IIT产学研联盟" in asked
    assert "请出具意见" not in section(await city.gets("/desk"), "unread")
    message = re.findall(r'name="message" value="([^"]+)"', asked)[0]
    for stranger in (city, dalian):
        assert "没有这条消息" in (await stranger.posts("/desk/messages/read", 404, message=message)).text
    await iit.posts("/desk/messages/read", message=message)
    assert f'value="{message}"' not in await iit.gets("/desk")


async def test_all_that_is_shown_is_read_at_once(own_house: House) -> None:
    city = await at(own_house, "c-101")
    before = section(await city.gets("/desk"), "unread")
    shown = list(dict.fromkeys(re.findall(r'name="message" value="([^"]+)"', before)))
    assert len(shown) == 10
    await city.posts("/desk/messages/read", message=shown)
    after = section(await city.gets("/desk"), "unread")
    assert not set(shown) & set(re.findall(r'name="message" value="([^"]+)"', after))
    opened = await city.posts("/desk/messages/read", message="SY-LATE-1-2", open="SY-LATE")
    assert opened.headers["location"] == "/filings/SY-LATE"


# Lists and search


@pytest.mark.parametrize(
    ("person", "query", "expected"),
    [
        ("p-401", "stage=on_notice", ["SY-NOTICE", "DL-NOTICE"]),
        ("p-401", "kind=B", ["GX-NEW", "GX-PASSED"]),
        ("p-401", "jurisdiction=210200", ["DL-NEW", "DL-NOTICE"]),
        ("p-401", "waiting_for=210100", ["SY-LATE", "SY-NEW", "SY-NEXT", "SY-IIT"]),
        ("p-401", "waiting_for=iit", ["SY-IIT"]),
        ("p-401", "due=3", ["GX-PASSED", "SY-NOTICE", "DL-NEW", "DL-NOTICE", "SY-NEW"]),
        ("p-401", "due=0", []),
        ("p-401", "text=SY-L", ["SY-LATE"]),
        ("p-401", "text=+大连市+", ["DL-NEW", "DL-NOTICE"]),
        ("p-401", "text=%25", []),
        ("d-111", "text=SY-", []),
        ("d-111", "jurisdiction=210100", []),
        ("d-111", "", ["DL-NEW", "DL-NOTICE"]),
        ("z-301", "", ["GX-NEW", "GX-PASSED"]),
    ],
)
async def test_a_list_shows_what_is_looked_for_within_what_one_may_see(
    house: House, person: str, query: str, expected: list[str]
) -> None:
    assert listed(await (await at(house, person)).gets(f"/desk/filings?{query}")) == expected


@pytest.mark.parametrize("query", ["stage=gone", "due=4", "due=soon", "jurisdiction=110000", "after=x", "after=x~y"])
async def test_what_nobody_can_look_for_is_refused_in_words(house: House, query: str) -> None:
    page = await (await at(house, "p-401")).gets(f"/desk/filings?{query}", 422)
    assert "地址中的条件无法识别" in page


async def test_a_list_is_read_page_by_page(own_house: House) -> None:
    copied(own_house, "SY-FORCE", 0)
    copied(own_house, "DL-NEW", 60)
    copied(own_house, "SY-LATE", 60)
    officer = await at(own_house, "p-401")
    seen, address = [], "/desk/filings?kind=A"
    while address:
        page = await officer.gets(address)
        assert len(listed(page)) <= lists.PAGE
        seen += listed(page)
        found = re.search(r'href="(/desk/filings\?[^"]+)" rel="next"', page)
        address = found[1] if found else ""
    assert len(seen) == len(set(seen)) == 130


@pytest.mark.parametrize(
    ("order", "by"),
    [
        ("submitted", lambda row: (row.submitted_at, row.filing_id)),
        ("name", lambda row: (row.alliance_name, row.filing_id)),
        ("office", lambda row: (row.jurisdiction, row.listed_at, row.filing_id)),
    ],
)
async def test_a_list_is_ordered_as_one_chooses_over_all_its_pages_and_in_its_table(
    own_house: House, monkeypatch: pytest.MonkeyPatch, order: str, by: Callable[[FilingRow], Any]
) -> None:
    monkeypatch.setattr(lists, "PAGE", 3)
    officer = await at(own_house, "p-401")
    expected = [row.filing_id for row in sorted(own_house.tools.register.filings(limit=1000), key=by)]
    seen, address = [], f"/desk/filings?order={order}&columns=stage&columns=leader_name"
    while address:
        page = await officer.gets(address)
        seen += listed(page)
        found = re.search(r'href="(/desk/filings\?[^"]+)" rel="next"', page)
        address = found[1] if found else ""
    assert seen == expected
    assert re.findall(r'<th scope="col">([^<]*)</th>', page) == ["备案", "阶段", "盟主企业"]
    table = re.search(r'href="(/desk/filings/list\.xlsx\?[^"]+)"', page)
    assert table
    sheet = load_workbook(BytesIO((await officer.browser.get(table[1])).content)).active
    assert sheet is not None
    rows = [*sheet.iter_rows(values_only=True)]
    assert rows[0] == ("备案", "联盟名称", "阶段", "盟主企业")
    assert [row[0] for row in rows[1:]] == expected


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("order", "index"), [("due", "listed"), ("submitted", "submitted"), ("name", "called"), ("office", "listed_place")]
)
def test_every_order_is_read_along_an_index(register: Register, order: Order, index: str) -> None:
    """A hundred thousand filings are not sorted for one page of fifty."""
    place = Place(at=instant(NOW), filing_id="A", word="210100")
    of_city = FILINGS.c.jurisdiction == "210100"
    for way, name in ((true(), f"ix_filings_{index}"), (of_city, f"ix_filings_{index.removesuffix('_place')}_place")):
        for after in (None, place):
            asked = in_order(LINES, [], [way], after, 50, order)
            with register.engine.connect() as db:
                told = asked.compile(db, compile_kwargs={"literal_binds": True})
                plan = [each.detail for each in db.exec_driver_sql(f"EXPLAIN QUERY PLAN {told}")]
            assert any(f"USING COVERING INDEX {name} " in f"{each} " for each in plan), plan


async def test_a_filter_is_kept_under_a_name_as_it_is_meant(own_house: House) -> None:
    officer, other = await at(own_house, "c-101"), await at(own_house, "c-102")
    query = "text=+SY+&due=&stage=on_notice&after=x"
    saved = await officer.posts("/desk/filings/saved", name=" 公示 ", query=query)
    assert saved.headers["location"].startswith("/desk/filings?stage=on_notice&text=SY&said=")
    await officer.posts("/desk/filings/saved", name="公示", query="stage=on_notice")
    page = await officer.gets("/desk/filings?kind=&stage=on_notice")
    assert re.findall(r'href="/desk/filings\?(stage[^"]*)" aria-current="true">公示<', page) == ["stage=on_notice"]
    assert "公示</a>" not in await other.gets("/desk/filings")
    delete = re.findall(r'action="(/desk/filings/saved/\d+/delete)"', page)[0]
    await other.posts(delete, 404)
    await officer.posts(delete)
    assert "公示</a>" not in await officer.gets("/desk/filings")


async def test_nobody_keeps_filters_without_end(own_house: House) -> None:
    officer = await at(own_house, "c-101")
    for number in range(30):
        await officer.posts("/desk/filings/saved", name=f"第{number}", query="kind=A")
    refused = await officer.posts("/desk/filings/saved", 422, name="再一个", query="kind=A")
    assert "最多保存30个常用筛选" in refused.text
    await officer.posts("/desk/filings/saved", name="第0", query="kind=B")
    await officer.posts("/desk/filings/saved", 422, name="", query="kind=B")


# Tables to take away


async def test_a_list_is_taken_away_as_it_is_shown_and_that_is_on_record(own_house: House) -> None:
    officer = await at(own_house, "d-111")
    for table, title, column in (("deadlines", "期限表", 0), ("summary", "汇总表", 1)):
        answer = await officer.browser.get(f"/desk/filings/{table}.xlsx?stage=on_notice")
        assert answer.status_code == 200
        sheet = load_workbook(BytesIO(answer.content)).active
        assert sheet is not None
        assert sheet.title == title
        told = [str(row[column]) for row in sheet.iter_rows(min_row=2, values_only=True)]
        assert told == [["DL-NOTICE"], ["大连市DL-NOTICE产学研联盟"]][column]
        line = own_house.tools.audit.lines(person="d-111")[0]
        assert (line.kind, line.object, line.client) == ("exported", f"{title}（1件）", "127.0.0.1")


async def test_a_table_takes_only_so_many_filings(own_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "LONGEST", 5)
    refused = await (await at(own_house, "p-401")).gets("/desk/filings/deadlines.xlsx", 422)
    assert "一张表最多5件" in refused
    assert not [line for line in own_house.tools.audit.lines(person="p-401") if line.kind == "exported"]


# Handling


async def test_a_filing_handed_over_lies_in_the_inbox_of_whoever_has_it(own_house: House) -> None:
    giver, taker = await at(own_house, "c-101"), await at(own_house, "c-102")
    path = "/filings/SY-NEW/handling"
    await giver.posts(path, kind="hand_over", to="person/c-102", note="请核对研发投入")
    page = await taker.gets("/desk?mine=1")
    assert listed(section(page, "waiting")) == ["SY-NEW"]
    assert "请核对研发投入" in section(page, "sent")
    assert "受理人" in section(page, "sent")
    assert "审核人" in section(await giver.gets("/desk"), "waiting")
    assert listed(section(await giver.gets("/desk?mine=1"), "waiting")) == []
    await taker.posts(path, kind="depute", to="person/c-101")
    assert listed(section(await giver.gets("/desk?mine=1"), "waiting")) == ["SY-NEW"]
    deputed = re.findall(rf'action="({path}/\d+/take-back)"', await taker.gets("/filings/SY-NEW"))
    assert "没有这项交办" in (await giver.posts(deputed[0], 404)).text
    await taker.posts(deputed[0])
    assert listed(section(await taker.gets("/desk?mine=1"), "waiting")) == ["SY-NEW"]
    done = re.findall(r'action="(/desk/handling/\d+/done)"', await taker.gets("/desk"))
    await giver.posts(done[0], 404)
    await taker.posts(done[0])
    assert listed(section(await taker.gets("/desk?mine=1"), "waiting")) == []
    assert own_house.tools.register.docket("SY-NEW")[-1].number == 1, "no legal fact was touched"


async def test_whoever_hands_over_again_takes_it_from_the_one_before(own_house: House) -> None:
    officer, other = await at(own_house, "c-101"), await at(own_house, "c-102")
    await officer.posts("/filings/SY-NEW/handling", kind="hand_over", to="person/c-102")
    await officer.posts("/filings/SY-NEW/handling", kind="hand_over", to="person/c-101")
    assert "SY-NEW" not in section(await other.gets("/desk"), "sent")
    assert listed(section(await officer.gets("/desk?mine=1"), "waiting")) == ["SY-NEW"]


def handed_over(house: House, filing_id: str, alliance: str, *taken: Step) -> None:
    """An application that 沈阳 hands over to 大连, and what 大连 does with it."""
    form = application(
        filing_id=filing_id, alliance_name=alliance, agreement_effective_on="2023-02-20",
        received_at="2023-05-08T09:00:00+08:00",
    )  # fmt: skip
    given: Step = ("city", "transfer", "2023-05-09T09:00", {"to": "210200"})
    life = told(form, given, *taken, until=instant("2023-05-10"))
    assert {each.outcome for each in written(house.tools.register, life)} == {"entered"}


async def test_what_another_city_hands_over_is_taken_from_its_page(own_house: House) -> None:
    """It is all that the taking office may do: its page leads there, beside the review, and proposes where it goes."""
    handed_over(own_house, "SY-GIVEN", "沈阳市移送产学研联盟")
    door = "/filings/SY-GIVEN/acts/transfer"
    for person in ("d-111", "c-101"):
        assert f'href="{door}"' in await (await at(own_house, person)).gets("/filings/SY-GIVEN")
    giver, taker = await at(own_house, "c-101"), await at(own_house, "d-111")
    page = await giver.gets("/filings/SY-GIVEN")
    assert "自2023年5月9日起等候大连市科技局接收" in page
    assert "下一步：公示（大连市科技局）" in page
    assert "沈阳市科技局）" not in page.partition('id="docket"')[0], "nothing that comes next is the giver's"
    assert "登记来文" not in page
    assert "逐项审核" not in page
    assert "正在移送至大连市科技局，由其接收后办理" in page
    assert "须先“属地移交”" not in page
    assert '<option value="210200" selected>' in await taker.gets(door)
    assert not re.findall(r'<option value="\d+" selected>', await giver.gets("/filings/SY-NEW/acts/transfer")), (
        "nobody says where"
    )


async def test_what_is_past_is_not_told_as_still_to_come(own_house: House) -> None:
    for person in ("c-101", "c-102"):
        page = await (await at(own_house, person)).gets("/filings/SY-NOTICE")
        assert "确认公示无异议" in page, "what still comes is"
        assert '/filings/SY-NOTICE/why?about=confirm"' not in page


async def test_who_handed_a_filing_over_is_told_that_it_was_taken(own_house: House) -> None:
    """By a message, and by its old links too: by whom it was taken, and nothing else of it."""
    dalian = {"by": {"person": "d-111", "office": "210200", "role": "city_st"}, "to": "210200"}
    handed_over(own_house, "SY-TAKEN", "沈阳市接收产学研联盟", ("dalian", "transfer", "2023-05-09T10:00", dalian))
    giver, other = await at(own_house, "c-101"), await at(own_house, "z-301")
    assert "的备案申请已移送大连市科技局办理" in section(await giver.gets("/desk"), "unread")
    gone = await giver.gets("/filings/SY-TAKEN", status=404)
    assert "该备案现由大连市科技局办理" in gone
    assert "沈阳市接收产学研联盟" not in gone
    assert "现由" not in await other.gets("/filings/SY-TAKEN", status=404), "who was never told of it is told nothing"


async def test_who_is_awaited_is_nudged_once_a_day(own_house: House) -> None:
    city, iit, leader = [await at(own_house, person) for person in ("c-101", "i-201", "u-leader-01")]
    first = await city.posts("/filings/SY-IIT/handling", kind="nudge", note="请尽快出具意见", back="/filings/SY-IIT")
    assert first.headers["location"].startswith("/filings/SY-IIT?said=")
    page = await iit.gets("/desk")
    assert "催办" in section(page, "sent")
    assert "请尽快出具意见" in section(page, "sent")
    again = await city.posts("/filings/SY-IIT/handling", kind="nudge")
    assert await said(city, again) == "今日已催办过，未重复发送"
    await leader.posts("/filings/SY-IIT/handling", kind="nudge", note="盼复")
    assert section(await city.gets("/desk"), "sent").count("盼复") == 1
    assert section(await iit.gets("/desk"), "sent").count("办理") == 0
    assert len(own_house.tools.handling.of_filing("SY-IIT")) == 3
    waiting = own_house.tools.handling.for_(EMBEDDED["u-leader-01"], date(2023, 5, 10))
    assert waiting == []
    province = await at(own_house, "p-401")
    await province.posts("/filings/SY-BACK/handling", kind="nudge")
    nudged = own_house.tools.handling.for_(EMBEDDED["u-leader-01"], date(2023, 5, 10))
    await city.posts(f"/desk/handling/{nudged[0].id}/done", 404)
    assert (await leader.posts(f"/desk/handling/{nudged[0].id}/done")).headers["location"].startswith("/my?said=")
    nobody = await city.posts("/filings/SY-NEW/handling", kind="nudge")
    assert await said(city, nobody) == "现在没有需要催办的机构，未发送"
    clock = own_house.tools.clock
    assert isinstance(clock, Clock)
    clock.set("2023-05-11T08:00:00")
    await city.posts("/filings/SY-IIT/handling", kind="nudge")
    assert len(own_house.tools.handling.of_filing("SY-IIT")) == 4


async def said(officer: Officer, answer: Response) -> str:
    """What somebody is told where a form leads them."""
    page = await officer.gets(answer.headers["location"])
    found = re.search(r'role="status">([^<]+)<', page)
    assert found
    return found[1]


async def test_a_copy_reaches_one_department_and_not_its_neighbour(own_house: House) -> None:
    city, province, iit = [await at(own_house, person) for person in ("c-101", "p-401", "q-403")]
    await city.posts("/filings/SY-NEW/handling", kind="copy", to="office/province_iit@210000", note="供参考")
    assert "供参考" in section(await iit.gets("/desk"), "sent")
    assert "供参考" not in section(await province.gets("/desk"), "sent")
    shown = await city.gets("/filings/SY-NEW")
    assert "省工信厅" in section(shown, "handling")
    assert "供参考" not in section(await province.gets("/filings/SY-NEW"), "handling")


@pytest.mark.parametrize(
    "form",
    [
        {"kind": "hand_over", "to": "person/d-111"},
        {"kind": "hand_over", "to": "office/province_st@210000"},
        {"kind": "copy", "to": "office/city_st@210200"},
        {"kind": "copy", "to": "office/public@public"},
        {"kind": "copy", "to": "office/nobody@210100"},
        {"kind": "copy", "to": ""},
        {"kind": "praise", "to": "person/c-101"},
        {"kind": "nudge", "note": "字" * 201},
    ],
)
async def test_nothing_is_sent_to_whom_it_does_not_concern(house: House, form: Mapping[str, str]) -> None:
    await at(house, "d-111")
    await (await at(house, "c-101")).posts("/filings/SY-NEXT/handling", 422, **form)
    assert house.tools.handling.of_filing("SY-NEXT") == []


async def test_who_does_not_see_a_filing_learns_nothing_by_handling_it(house: House) -> None:
    stranger = await at(house, "d-111")
    known = await stranger.posts("/filings/SY-NEXT/handling", 404, kind="nudge")
    unknown = await stranger.posts("/filings/NO-SUCH/handling", 404, kind="nudge")
    assert re.sub("NO-SUCH", "SY-NEXT", unknown.text) == known.text


async def test_a_leader_does_not_share_the_work_of_an_office(house: House) -> None:
    leader = await at(house, "u-leader-01")
    await leader.posts("/filings/SY-NEXT/handling", 422, kind="hand_over", to="person/c-101")
    for path in ("/desk", "/desk/filings", "/desk/filings/deadlines.xlsx", "/desk/calendar", "/desk/charts"):
        await leader.gets(path, 403)


# Calendar


async def test_a_month_shows_its_deadlines_and_its_days_off_by_name(house: House) -> None:
    page = await (await at(house, "c-101")).gets("/desk/calendar")
    days = dict(re.findall(r'<time datetime="(2023-\d\d-\d\d)">[^<]+</time>(.*?)</td>', page, re.DOTALL))
    assert "劳动节" in days["2023-05-01"]
    assert "调休上班" in days["2023-05-06"]
    assert "休</span>" in days["2023-05-07"]
    assert "called" not in days["2023-05-08"]
    assert re.findall(r'href="/filings/([^"]+)"', days["2023-05-15"]) == ["SY-NEW"]
    assert re.findall(r">(\d+)件<", days["2023-05-12"]) == ["2"]
    assert "?month=2023-04" in page
    assert "?month=2023-06" in page


async def test_a_day_with_many_deadlines_names_five_and_leads_to_all(own_house: House) -> None:
    copied(own_house, "SY-NEW", 70)
    officer = await at(own_house, "c-101")
    page = await officer.gets("/desk/calendar")
    assert len(re.findall(r'href="/filings/SY-NEW', page)) == 5
    link = re.findall(r'href="(/desk/deadlines[^"]+)">其余66件', page)[0]
    first = await officer.gets(link)
    following = re.findall(r'href="(/desk/deadlines[^"]+)" rel="next"', first)[0]
    seen = listed(first) + listed(await officer.gets(following))
    assert len(seen) == len(set(seen)) == 71


async def test_the_heat_map_counts_by_city_and_week(house: House) -> None:
    province, city = await at(house, "p-401"), await at(house, "d-111")
    rows = heat(await province.gets("/desk/calendar"))
    assert len(rows) == 15
    assert rows["沈阳市"][:5] == ["2", "4", "0", "0", "1"]
    assert rows["大连市"][:2] == ["0", "2"]
    own = heat(await city.gets("/desk/calendar"))
    assert list(own) == ["大连市"]
    assert own["大连市"] == rows["大连市"]
    assert len(own["大连市"]) == calendar.WEEKS
    link = re.findall(r'class="heat-1"><a href="([^"]+)"', await city.gets("/desk/calendar"))[0]
    assert listed(await city.gets(link)) == ["DL-NEW", "DL-NOTICE"]


def heat(page: str) -> dict[str, list[str]]:
    """The rows of the heat map."""
    rows = re.findall(r'<th scope="row">([^<]+)</th>(.*?)</tr>', section(page, "heat"), re.DOTALL)
    return {city: re.findall(r">(\d+)<", cells) for city, cells in rows}


async def test_the_calendar_goes_only_so_far(house: House) -> None:
    officer = await at(house, "c-101")
    assert "2022年5月" in await officer.gets("/desk/calendar?month=1990-01")
    last = await officer.gets("/desk/calendar?month=2099-12")
    assert "2026年5月" in last
    assert 'rel="next"' not in last
    assert await officer.gets("/desk/calendar?month=soon", 422)
    assert await officer.gets("/desk/deadlines?first=2023-05-01&last=soon", 422)


OPENED: tuple[Step, ...] = (
    ("city", "return_for_correction", "2023-05-05T10:00", LACKING),
    ("leader", "acknowledge_service", "2023-05-06T10:00", {}),
)


async def test_a_day_that_runs_from_a_notice_nobody_has_opened_is_told_as_provisional(own_house: House) -> None:
    """On its page, in lists, in the calendar, by the API and in the sheet; once it is opened, as a fact."""
    written(own_house.tools.register, life("SY-OPENED", "210100", "A", "2023-05-04", OPENED))
    officer, mark = await at(own_house, "c-101"), "（暂计，以送达为准）"
    row = own_house.tools.register.row("SY-BACK")
    assert row
    assert row.next_deadline
    last = last_day_until(row.next_deadline)
    for filing_id, unopened in (("SY-BACK", True), ("SY-OPENED", False)):
        page = await officer.gets(f"/filings/{filing_id}")
        assert page.count(f"{mark}") >= (3 if unopened else 0), "the head, the way and the agenda"
        assert (mark in page) is unopened
        lists = [
            await officer.gets(f"/desk/filings?text={filing_id}"),
            await officer.gets(f"/desk/deadlines?first={last}&last={last}&text={filing_id}"),
        ]
        of_it = [each.partition(f'href="/filings/{filing_id}"')[2].partition("</tr>")[0] for each in lists]
        assert [mark in each for each in of_it] == [unopened, unopened]
        named = await officer.gets(f"/desk/calendar?month={last:%Y-%m}")
        assert (mark in named.partition(f'href="/filings/{filing_id}"')[2].partition("</li>")[0]) is unopened
        why = await officer.gets(f"/filings/{filing_id}/why")
        assert ("暂计，以送达为准" in why) is unopened
    program = {"Authorization": "Bearer c-101"}
    found = (await officer.browser.get("/api/v1/filings", headers=program)).json()["filings"]
    assert {each["filing_id"] for each in found if each.get("unopened")} == {"SY-BACK"}


# Charts


async def test_charts_tell_where_time_is_spent(house: House) -> None:
    engine, today = house.tools.register.engine, date.fromisoformat(NOW)
    figures = Figures(engine)
    province = offices.scope(Role.PROVINCE_ST, offices.PROVINCE)
    assert province
    told = stays(engine, province, today)
    assert sorted(told.by_city) == ["210100", "210200"]
    assert told.over_all[Actor.REVIEWER].filings == 5
    assert told.by_city["210200"] == {Actor.REVIEWER: Spent((11,)), Actor.IIT: Spent((2,))}
    assert told.over_all[Actor.PROVINCE] == Spent((16,))
    assert not told.bounded
    assert stays(engine, province, today, Kind.B).over_all == {}
    assert stays(engine, province, date(2025, 1, 1)).over_all == {}
    late = {(Role.CITY_ST, "210100"): 1, (Role.ZONE, "210100-shengaoqu"): 1, (Role.PROVINCE_ST, "210000"): 1}
    assert figures.overdue(province) == late
    assert figures.by_stage(province)[Stage.UNDER_REVIEW] == 3


def test_a_filing_that_comes_back_stays_with_each_of_them_twice() -> None:
    def day(number: int) -> date:
        return date(2023, 3, number)

    life = [
        (day(1), "submitted", "submit"),
        (day(2), "returned", "return_for_correction"),
        (day(6), "submitted", "resubmit"),
        (day(7), "under_review", "accept"),
        (day(10), "under_review", "give_iit_opinion"),
        (day(13), "on_notice", "confirm"),
        (day(20), "at_province", "notice_cleared"),
        (day(21), "on_notice", "object"),
        (day(23), "at_province", "notice_cleared"),
        (day(27), "in_force", "archive"),
    ]
    assert list(stays_of(life)) == [
        (Actor.REVIEWER, day(1), day(2)),
        (Actor.LEADER, day(2), day(6)),
        (Actor.IIT, day(7), day(10)),
        (Actor.REVIEWER, day(6), day(13)),
        (Actor.NOTICE, day(13), day(20)),
        (Actor.PROVINCE, day(20), day(21)),
        (Actor.NOTICE, day(21), day(23)),
        (Actor.PROVINCE, day(23), day(27)),
    ]


def test_nine_of_ten_took_no_longer() -> None:
    spent = Spent(tuple(range(20, 0, -1)))
    assert (spent.filings, spent.mean, spent.ninety) == (20, 10.5, 18)
    assert Spent((4,)).ninety == 4


async def test_a_city_sees_its_own_figures_only(house: House) -> None:
    province, city = await at(house, "p-401"), await at(house, "d-111")
    assert "分市" in section(await province.gets("/desk/charts"), "stays")
    page = await city.gets("/desk/charts")
    assert "分市" not in page
    assert "沈阳" not in page.partition("<main")[2]
    assert dict(re.findall(r"stage=(\w+)\">[^<]+</a></th><td class=\"number\">(\d+)<", page)) == {
        "submitted": "1",
        "on_notice": "1",
    }
    assert "没有逾期未办的事项" in page
    assert "没有在办的备案" in await city.gets("/desk/charts?kind=B")


async def test_charts_are_drawn_from_a_bounded_sample(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("activities.pictures.stays.SAMPLE", 15)
    page = await (await at(house, "p-401")).gets("/desk/charts")
    assert "每市按编号取最后的1件，共2件" in page


# Batches, without an engine


async def test_a_batch_offers_what_needs_no_word_on_the_single_filing(house: House) -> None:
    officer = await at(house, "c-101")
    page = (await officer.posts("/desk/batch", 200, filing=["SY-NEW", "SY-NEXT", "SY-LATE", "SY-NEW"])).text
    assert "3件" in page
    offered = dict(re.findall(r'name="kind" value="(\w+)" required> [^<]+</label> <small>(\d)件', page))
    assert offered == {"accept": "2", "refuse": "1", "transfer": "3", "record_challenge": "3"}, (
        "a confirmation of kind A needs a checklist each"
    )
    zone = await at(house, "z-301")
    page = (await zone.posts("/desk/batch", 200, filing=["GX-NEW", "GX-PASSED"])).text
    assert "confirm" not in re.findall(r'name="kind" value="(\w+)"', page), "who recommended does not confirm"
    other = await at(house, "z-302")
    page = (await other.posts("/desk/batch", 200, filing=["GX-NEW", "GX-PASSED"])).text
    assert "confirm" in re.findall(r'name="kind" value="(\w+)"', page)


async def test_a_batch_of_nothing_of_too_much_or_of_others_is_refused(house: House) -> None:
    officer = await at(house, "c-101")
    assert "没有勾选备案" in (await officer.posts("/desk/batch", 422)).text
    many = [f"F-{number}" for number in range(101)]
    assert "一次最多办理100件" in (await officer.posts("/desk/batch", 422, filing=many)).text
    await officer.posts("/desk/batch", 404, filing=["SY-NEW", "DL-NEW"])
    await officer.posts("/desk/batch", 404, filing=["SY-NEW", "NO-SUCH"])
    assert (await officer.browser.get("/desk/batch/preview")).status_code == 303
    nothing = (await officer.posts("/desk/batch", 200, filing=["SY-FORCE", "SY-BACK"])).text
    assert "accept" not in re.findall(r'name="kind" value="(\w+)"', nothing)


async def test_a_preview_tells_for_each_filing_what_would_come_of_it(house: House) -> None:
    officer = await at(house, "c-101")
    chosen = {"filing": ["SY-NEW", "SY-LATE", "SY-NEXT"], "batch": "0" * 16}
    await officer.posts("/desk/batch/form", 422, **chosen)
    await officer.posts("/desk/batch/form", 404, kind="confirm_notice_clear", **chosen)
    assert "预览" in (await officer.posts("/desk/batch/form", 200, kind="accept", **chosen)).text
    page = (await officer.posts("/desk/batch/preview", 200, kind="accept", **chosen)).text
    assert "3件中2件可以办理" in page
    refused = page[page.index("/filings/SY-LATE") : page.index("/filings/SY-NEXT")]
    assert "不能“受理”：备案处于“审核中”" in unescape(refused)
    assert re.findall(r'name="filing" value="([^"]+)"', page) == ["SY-NEW", "SY-NEXT"]
    missing = await officer.posts("/desk/batch/preview", 422, kind="refuse", **chosen)
    assert "/reason" in missing.text
    half = await officer.posts("/desk/batch/preview", 200, kind="refuse", **chosen | {"/reason": "不符合条件"})
    assert "待另一人办理后生效" in half.text


CLEARED: tuple[Step, ...] = (
    ("zone", "accept", "2023-04-13T10:00", {}),
    ("zone", "recommend", "2023-04-14T10:00", MET_B),
    ("zone2", "confirm", "2023-04-17T10:00", {}),
)


async def test_one_formal_letter_goes_upward_for_many_alliances_with_their_summary(own_house: House) -> None:
    for name in ("GX-ONE", "GX-TWO"):
        written(own_house.tools.register, life(name, "210100", "B", "2023-04-12", CLEARED))
    officer = await at(own_house, "z-301")
    chosen = {"filing": ["GX-ONE", "GX-TWO"], "batch": "0" * 16, "kind": "forward"}
    assert "forward" in re.findall(
        r'name="kind" value="(\w+)"', (await officer.posts("/desk/batch", 200, **chosen)).text
    )
    form = (await officer.posts("/desk/batch/form", 200, **chosen)).text
    assert 'name="/content/document/kind" value="D7"' in form
    assert "汇总表（docx）" in form
    nothing = await officer.posts("/desk/batch/preview", 422, **chosen)
    assert "/document_no" in nothing.text
    letter = chosen | {"/document_no": "沈高新报〔2023〕1号", "/content/document/kind": "D7"}
    document = {"/content/document/file": ("正式文件.pdf", b"%PDF-1.7 letter", "application/pdf")}
    sent = await officer.browser.post(
        "/desk/batch/preview", data=letter | {"csrf": officer.csrf}, files=document, headers={"Origin": officer.origin}
    )
    assert "2件中2件可以办理" in sent.text, sent.text
    (reference,) = re.findall(r'name="/content/document/location" value="upload:([0-9a-f]{64})"', sent.text)
    assert reference == sha256(b"%PDF-1.7 letter").hexdigest(), "the file is stored once, and confirmed with the rest"
    wanted = {"filing": chosen["filing"], "/document_no": letter["/document_no"]}
    table = docx.Document(BytesIO((await officer.posts("/desk/batch/summary.docx", 200, **wanted)).content))
    assert any(
        "报送单位：沈阳高新技术产业开发区　　文号：沈高新报〔2023〕1号　　共2个联盟" in each.text
        for each in table.paragraphs
    )
    header, *rows = ([cell.text for cell in row.cells] for row in table.tables[0].rows)
    assert header[:4] == ["序号", "联盟名称", "盟主企业", "统一社会信用代码"]
    assert "备案编号" not in header, "nothing was archived yet"
    assert [row[1] for row in rows] == ["沈阳市GX-ONE产学研联盟", "沈阳市GX-TWO产学研联盟"]
    assert (await officer.posts("/desk/batch/summary.xlsx", 200, **wanted)).content.startswith(b"PK")
    taken_away = [each.object for each in own_house.tools.audit.lines() if each.kind == "exported"]
    assert taken_away == ["汇总表（2件）"] * 2


FORMS = (
    "/desk/messages/read",
    "/desk/handling/1/done",
    "/desk/filings/saved",
    "/desk/filings/saved/1/delete",
    "/desk/batch",
    "/desk/batch/form",
    "/desk/batch/preview",
    "/desk/batch/summary.docx",
    "/desk/batch/done",
    "/filings/SY-NEW/handling",
    "/filings/SY-NEW/handling/1/take-back",
)


@pytest.mark.parametrize("path", FORMS)
async def test_a_form_that_no_page_of_this_session_showed_is_refused(house: House, path: str) -> None:
    officer = await at(house, "c-101")
    for csrf in ("", "forged"):
        answer = await officer.browser.post(path, data={"csrf": csrf}, headers={"Origin": officer.origin})
        assert (answer.status_code, "页面已过期" in answer.text) == (403, True)


async def test_what_was_filled_in_outlives_the_session(house: House) -> None:
    """The session ended while somebody wrote: the form comes back filled in, and goes through after signing in again."""
    path, written, headers = (
        "/desk/filings/saved",
        {"name": "沈阳<待办>", "stage": "submitted"},
        {"Origin": house.origin},
    )
    ended = await house.browser().post(path, data=written | {"csrf": "of old"}, headers=headers)
    assert (ended.status_code, kept_in(ended)) == (401, written | {"csrf": ""})
    officer = await at(house, "c-101")
    again = await officer.browser.post(path, data=kept_in(ended), headers=headers)
    assert again.status_code == 403
    assert kept_in(again).items() > written.items()
    assert "沈阳<待办>" not in await officer.gets("/desk/filings")
    assert (await officer.browser.post(path, data=kept_in(again), headers=headers)).status_code == 303
    assert "沈阳<待办>" in await officer.gets("/desk/filings")


async def test_what_nobody_sent_is_not_shown_again(house: House) -> None:
    officer, path = await at(house, "c-101"), "/desk/filings/saved"
    elsewhere = {"Origin": "https://evil.example"}
    assert (
        "from elsewhere"
        not in (await officer.browser.post(path, data={"name": "from elsewhere"}, headers=elsewhere)).text
    )
    too_long = {"name": "x" * (house.tools.settings.largest_request + 1)}
    answer = await house.browser().post(path, data=too_long, headers={"Origin": officer.origin})
    assert answer.status_code == 413


def kept_in(answer: Response) -> dict[str, str]:
    """The hidden fields of the form on a page."""
    form = re.search(r'<form method="post" action="/desk.*?</form>', answer.text, re.DOTALL)
    assert form, answer.text
    return {name: unescape(value) for name, value in re.findall(r'type="hidden" name="(.*?)" value="(.*?)"', form[0])}


@pytest.mark.parametrize("path", ["/desk", "/desk/filings", "/desk/calendar", "/desk/deadlines", "/desk/charts"])
async def test_nobody_sees_the_desk_without_signing_in(house: House, path: str) -> None:
    answer = await house.browser().get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")


@on_both
async def test_lists_and_figures_are_the_same_on_every_database(databases: Databases, tmp_path: Path) -> None:
    settings = Settings(var=tmp_path, database_url=databases.made("population", holding(populate)))
    async with visiting(settings, Clock(instant(NOW))) as house:
        city, province = await at(house, "c-101"), await at(house, "p-401")
        assert listed(section(await city.gets("/desk"), "waiting")) == ["SY-LATE", "SY-IIT", "SY-NEW", "SY-NEXT"]
        await city.posts("/filings/SY-NEW/handling", kind="hand_over", to="person/c-101")
        assert listed(section(await city.gets("/desk?mine=1"), "waiting")) == ["SY-NEW"]
        await city.posts("/desk/filings/saved", name="公示", query="stage=on_notice")
        assert listed(await city.gets("/desk/filings?stage=on_notice")) == ["SY-NOTICE"]
        assert heat(await province.gets("/desk/calendar"))["沈阳市"][:5] == ["2", "4", "0", "0", "1"]
        assert listed(await province.gets("/desk/deadlines?first=2023-05-15&last=2023-05-15"))[0] == "DL-NEW"
        charts = await province.gets("/desk/charts")
        assert "11.0（11）" in section(charts, "stays")
        assert "沈阳高新技术产业开发区" in section(charts, "overdue")


# Batches, by the engine


@pytest.fixture(scope="module")
async def gateway(world: World) -> AsyncIterator[Served]:
    """A gateway with an engine behind it, in March 2027."""
    async with served(world, "2027-03-16") as running:
        yield running


@pytest.fixture
async def colleague(gateway: Served) -> AsyncIterator[Officer]:
    """Whoever accepts applications in 沈阳."""
    async with Patient(base_url=gateway.base) as browser:
        answer = await browser.post("/sign-in", data={"person": "c-101"}, headers={"Origin": gateway.base})
        assert answer.status_code == 303
        yield Officer(browser, gateway.base)


def hidden(page: str) -> dict[str, list[str]]:
    """Everything that the form of a preview sends along."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page):
        if name != "csrf":
            found.setdefault(name, []).append(value)
    return found


def answers(page: str) -> dict[str, str]:
    """What each filing answered, on the page with the result of a batch."""
    return dict(re.findall(r'href="/filings/([^"]+)">.*?<strong class="(?:yes|no)">([^<]+)<', page, re.DOTALL))


@pytest.mark.xdist_group("desk")
async def test_a_batch_is_entered_once_however_often_it_is_sent(world: World, colleague: Officer) -> None:
    stories = [Story(world, f"BATCH-{number}") for number in range(1, 4)]
    for story in stories:
        await story.submitted("2027-03-15")
    ids = [story.id for story in stories]
    chosen = await colleague.posts("/desk/batch", 200, filing=ids)
    batch = re.findall(r'name="batch" value="([0-9a-f]{16})"', chosen.text)[0]
    filled = {"filing": ids, "batch": batch, "kind": "accept", "/document_no": "沈科受〔2027〕1号"}
    confirm = hidden((await colleague.posts("/desk/batch/preview", 200, **filled)).text)
    assert confirm["filing"] == ids
    await stories[2].leader("withdraw", "2027-03-16T08:00:00")
    first = (await colleague.posts("/desk/batch/done", 200, **confirm)).text
    assert answers(first) == {"BATCH-1": "已登记", "BATCH-2": "已登记", "BATCH-3": "未登记"}
    assert "预览之后已有新的登记（现为第2号）" in first
    again = (await colleague.posts("/desk/batch/done", 200, **confirm)).text
    assert answers(again) == answers(first)
    assert [story.kinds() for story in stories] == [["submit", "accept"], ["submit", "accept"], ["submit", "withdraw"]]
    entry = stories[0].docket[-1]
    assert entry.event.document_no == "沈科受〔2027〕1号"  # type: ignore[union-attr]
    assert (entry.event.by.person, entry.event.by.office) == ("c-101", "210100")  # type: ignore[union-attr]
    assert stories[0].docket[-1].event.id != stories[1].docket[-1].event.id  # type: ignore[union-attr]


TODAY = date(2027, 3, 16)


@pytest.mark.xdist_group("desk")
async def test_a_batch_tells_what_the_engine_refused(world: World, gateway: Served, colleague: Officer) -> None:
    story = Story(world, "BATCH-4")
    await story.submitted("2027-03-15")
    await story.city("accept", "2027-03-16T08:00:00")
    of = {"filing": story.id, "batch": "1" * 16}
    sent = of | {"seen": f"{story.id}:2", "kind": "accept", "previewed": f"{story.id}:{previewed({}, TODAY)}"}
    page = (await colleague.posts("/desk/batch/done", 200, **sent)).text
    assert answers(page) == {story.id: "未登记"}
    assert "不能“受理”" in page
    forged = sent | {"/by/person": "p-401", "by": "p-401", "/received_at": "2027-03-15T09:00:00+08:00"}
    forged |= {"kind": "extend_review", "/reason": "材料较多"}
    unread = (await colleague.posts("/desk/batch/done", 200, **forged)).text
    assert answers(unread) == {story.id: "未登记"}, "another letter than the one that was read"
    assert "重新预览未登记的1件" in unread
    again = hidden((await colleague.posts("/desk/batch/preview", 200, **hidden(unread))).text)
    assert again.pop("/reason") == ["材料较多"]
    read = again | forged | {"previewed": again["previewed"], "seen": again["seen"]}
    assert answers((await colleague.posts("/desk/batch/done", 200, **read)).text) == {story.id: "已登记"}
    entry = story.docket[-1]
    assert entry.event.by.person == "c-101"  # type: ignore[union-attr]
    assert entry.at == gateway.clock()


@pytest.mark.xdist_group("desk")
async def test_what_a_deputy_does_is_their_own_act_and_it_is_on_record_for_whom(
    world: World, gateway: Served, colleague: Officer
) -> None:
    story, other = Story(world, "DEPUTY-1"), Story(world, "DEPUTY-2")
    for each in (story, other):
        await each.submitted("2027-03-15")
    await colleague.posts("/filings/DEPUTY-1/handling", kind="hand_over", to="person/c-101")
    away: dict[str, Any] = {"person": "c-101", "deputy": "c-102", "first": "2027-03-16", "last": "2027-03-16"}
    async with Patient(base_url=gateway.base) as browser:
        await browser.post("/sign-in", data={"person": "c-102"}, headers={"Origin": gateway.base})
        deputy = Officer(browser, gateway.base)
        await colleague.posts("/desk/absences", **away)
        for each in (story, other):
            page = await deputy.gets(f"/filings/{each.id}/review")
            form: dict[str, Any] = {
                name: value[0]
                for name, value in hidden(page.partition('class="do"')[2].partition("</form>")[0]).items()
            }
            await deputy.posts(f"/filings/{each.id}/review/accept", **form)
            assert each.docket[-1].event.by.person == "c-102"  # type: ignore[union-attr]
        confirm = await deputy.gets("/filings/DEPUTY-1/review")
        assert "须由不同的人为之" in confirm, "whoever stands in for somebody is no second person"
    noted = [line for line in gateway.tools.audit.lines(filing_id="DEPUTY-1") if line.object.startswith("deputy_for")]
    assert [(line.person, line.object.split()[1]) for line in noted] == [("c-102", "c-101")]
    assert noted[0].object.split()[2] == story.docket[-1].event.id  # type: ignore[union-attr]
    others = [line.object for line in gateway.tools.audit.lines(filing_id="DEPUTY-2")]
    assert not [each for each in others if each.startswith("deputy_for")], "nobody had that one in hand"
    [absence] = gateway.tools.absences.of_post("city_st@210100", TODAY)
    await colleague.posts(f"/desk/absences/{absence.id}/withdraw")


async def test_what_ends_with_a_day_is_due_by_that_day_at_every_door(house: House) -> None:
    """The desk's list, by working days from today; the register, as the other doors ask it, by plain days."""
    register, today = house.tools.register, date.fromisoformat(NOW[:10])
    rows = {row.filing_id: row.next_deadline for row in register.filings(limit=1000) if row.next_deadline}
    assert rows

    def due(until: datetime) -> set[str]:
        return {row.filing_id for row in register.filings(due_by=until, limit=1000)}

    for filing_id, deadline in rows.items():
        last = day_of(deadline - datetime.resolution)
        eve = last - timedelta(days=1)
        assert filing_id in due(due_by(last)) & due(due_before(last + timedelta(days=1)))
        assert filing_id not in due(due_by(eve)) | due(due_before(last))
    scope = EMBEDDED["p-401"].scope
    for days in (0, 3, 5, 10, 20):
        until = lists._until(None, today, days)
        assert until is not None
        found = register.filings(**lists.DeskFilter(due=days).within(scope, today), limit=1000)
        assert {row.filing_id for row in found} == {name for name, deadline in rows.items() if deadline <= until}


# A change under review


async def test_whoever_reviews_a_change_sees_what_is_found_on_the_alliance_after_it(own_house: House) -> None:
    """Members are confirmed with what intake would say of them in view (G-24)."""
    form = application(
        filing_id="CHANGED",
        alliance_name="沈阳市变更产学研联盟",
        agreement_effective_on="2023-02-20",
        received_at="2023-03-15T09:00:00+08:00",
    )
    stated = ("name", "uscc", "registered_address", "operating_address", "contact", "phone")
    after = {"text": "成员退出", "leader": {name: form["leader"][name] for name in stated}}
    after |= {"alliance_name": form["alliance_name"], "members": form["members"][:3]}
    after["counts"] = {"total": 3, "enterprises": 1, "universities": 1, "institutes": 1}
    life = told(
        form,
        ("city", "accept", "2023-03-16T09:00", {}),
        ("iit", "give_iit_opinion", "2023-03-17T09:00", {"positive": True}),
        ("city2", "confirm", "2023-03-20T09:00", {"checklist": checklist()}),
        ("province", "archive", "2023-04-20T09:00", {"archive_number": "LN-CXY-A-210100-2023-0777"}),
        ("leader", "report_change", "2023-04-25T09:00", {"change": "members", "happened_on": "2023-04-20", "content": after}),
        until=instant("2023-04-26"),
    )  # fmt: skip
    assert {each.outcome for each in written(own_house.tools.register, life)} == {"entered"}
    page = await (await at(own_house, "c-101")).gets("/filings/CHANGED")
    assert "变更核对" in page
    assert "核对高校或科研机构在合作领域的比较优势" in page
    assert "除盟主外没有企业成员" in page
    assert "变更核对" not in await (await at(own_house, "c-101")).gets("/filings/SY-NEW")


# The order of lists


async def test_what_is_overdue_is_listed_first_then_what_is_due_then_what_waits_for_no_day(house: House) -> None:
    register = house.tools.register
    rows = register.filings(limit=1000)
    groups = [0 if row.overdue else 1 if row.next_deadline else 2 for row in rows]
    assert groups == sorted(groups)
    assert {0, 1} <= set(groups)
    assert "SY-LATE" in {row.filing_id for row, of in zip(rows, groups, strict=True) if of == 0}
    assert [row.listed_at for row in rows] == sorted(row.listed_at for row in rows), (
        "what is overdue longest comes first"
    )
    assert all(row.listed_at == row.next_deadline for row, of in zip(rows, groups, strict=True) if of == 1)
    paged, place = [], ""
    while page := register.filings(after=lists.position(place), limit=1):
        paged += [row.filing_id for row in page]
        place = lists.place(page[-1])
    assert paged == [row.filing_id for row in rows]
