"""What an officer's act would bring about is read before it goes: on every form the same, and what goes is what was read."""

import re
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from activities.register import Register
from activities.rows import papers_of
from gateway.shown.foreseen import foreseen, previewed
from gateway.tools import Tools
from models.acts import Lapse, Submit
from models.filing import Entry
from models.settings import Settings
from models.values import digest
from models.vocabulary import Kind
from regulation import identity
from regulation.checklist import CONDITIONS
from regulation.moment import Moment
from tests.databases import Databases, statements
from tests.near import Near
from tests.served import Clock
from tests.simulated import Papered, holding, lived, told, written
from tests.story import application, instant
from tests.test_desk import Officer, at, section
from tests.test_review import clock_of, sent
from tests.visiting import UNREAD, House, visiting

FILING = "LIFE"
PROPOSAL = f"/filings/{FILING}/acts/propose_revocation"
WORDS = {"/ground": "14", "/reason": "连续两年未开展合作，经通知仍未改正", "/content/text": "2026年度评价记录"}


def asked(entry: Entry, papers: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """An act as it was sent to a door."""
    event: Any = entry.event
    raw: dict[str, Any] = event.model_dump(mode="json", exclude_none=True, exclude={*identity.ADDED, "paper"})
    if paper := getattr(event, "paper", None):
        raw["content"] = papers[paper]
    raw |= {"by": event.by.model_dump(mode="json"), "received_at": entry.at.isoformat()}
    return {name: value for name, value in raw.items() if name != "archive_number"}


async def test_what_is_foreseen_of_every_act_of_a_life_is_what_goes_out(tmp_path: Path, sqlite: Databases) -> None:
    """Its papers lie nowhere yet, and the number of the archive is not given."""
    life = lived(FILING)
    papers = {digest(paper): paper for _, paper in life.papers}
    async with visiting(Settings(var=tmp_path, database_url=sqlite.migrated()), Clock(life.docket[0].at)) as house:
        register, looked = house.tools.register, set()
        for entry in life.docket:
            would = None
            if not isinstance(entry.event, Submit | Lapse):
                row = register.row(FILING)
                assert row
                when = Moment(entry.at, entry.entered_at)
                would = foreseen(house.tools, row, asked(entry, papers), when)
                looked.add(str(entry.event.kind))
            lodged(register, entry, papers)
            register.append(entry)
            if would:
                goes_as(would, register, entry)
        assert {"confirm", "archive", "resubmit", "rule_on_objection", "record_announcement"} <= looked


def lodged(register: Register, entry: Entry, papers: dict[str, dict[str, Any]]) -> None:
    """The papers of an entry lie where a door puts them."""
    for key in papers_of(entry):
        register.lodge(FILING, "paper", papers[key], entry.at)


def goes_as(would: Any, register: Register, entry: Entry) -> None:
    """An entry told, and made public, what was foreseen of it."""
    assert would.refusal is None, (entry.event.kind, would.refusal)
    assert would.stage is entry.stage
    letters = [(each.title, each.body) for each in register.messages(FILING) if each.number == entry.number]
    told = Counter({(each.title, each.text): 1 + len(each.beside) for each in would.letters})
    assert told == Counter(letters), entry.event.kind
    assert len(would.letters) == len(told), "a text that several get is read once"
    notices = [each for each in register.public_notices(FILING) if each.number == entry.number]
    assert len(would.notices) == len(notices)


def in_force() -> Papered:
    """An alliance that was archived in April 2027."""
    met = {"checklist": [{"item": code, "met": True} for code in CONDITIONS[Kind.A]]}
    return told(
        application(filing_id=FILING, received_at="2027-03-10T09:00:00+08:00"),
        ("city", "accept", "2027-03-11T09:00", {}),
        ("iit", "give_iit_opinion", "2027-03-12T09:00", {"positive": True}),
        ("city2", "confirm", "2027-03-15T09:00", met),
        ("province2", "archive", "2027-04-20T09:00", {"archive_number": "LN-CXY-A-210100-2027-0001"}),
        until=instant("2027-06-16"),
    )


@pytest.fixture
async def house(tmp_path: Path, sqlite: Databases) -> AsyncIterator[House]:
    """A gateway in June 2027, an alliance in force, and an engine in this process."""
    url = sqlite.made("in force in 2027", holding(lambda register: written(register, in_force())))
    clock = Clock(instant("2027-06-16"))
    settings = Settings(var=tmp_path, database_url=url, reads_a_minute=9999, acts_a_minute=9999)
    async with visiting(settings, clock) as opened:
        tools: Tools = opened.app.state.tools
        door = Near.of(tools.register, clock=clock)
        opened.app.state.tools = replace(tools, filings=door)
        yield replace(opened, tools=opened.app.state.tools)


def form_of(page: str) -> dict[str, Any]:
    """What the form of an act sends as it stands on its page."""
    start = page.index("data-once")
    shown = page[start : page.index("</form>", start)]
    return sent(f'id="form"{shown}</form>', "form")


async def looks(officer: Officer, path: str, **filled: Any) -> tuple[dict[str, Any], str]:
    """Fill in the form of an act and look at what would go out: what the page then sends, and the page."""
    form = form_of(await officer.gets(path)) | filled
    page = unescape((await officer.posts(path, 200, **form, do="preview")).text)
    return form_of(page), page


async def test_a_proposal_is_read_and_goes_as_it_was_read(house: House) -> None:
    officer = await at(house, "c-101")
    first = await officer.gets(PROPOSAL)
    assert "data-send" not in first, "nothing goes that was not filled in and read"
    assert "预览“提议撤销备案”" in first
    form, page = await looks(officer, PROPOSAL, **WORDS)
    assert "请核对将要发出的内容" in page
    assert "确认办理“提议撤销备案”" in page
    assert "将公开发布的公告" in page
    assert len(house.tools.register.docket(FILING)) == form_number(form), "nothing was done"
    answer = await officer.posts(PROPOSAL, 303, **form)
    assert "已登记" in unescape(await officer.gets(answer.headers["location"]))
    for each in house.tools.register.messages(FILING):
        if each.number == form_number(form) + 1:
            assert each.body in page, "word for word"
    again = await officer.posts(PROPOSAL, 303, **form)
    assert again.headers["location"] == answer.headers["location"], "pressed twice it is one act"


def form_number(form: dict[str, Any]) -> int:
    """On which entry a form rests."""
    return int(form["seen"])


async def test_whoever_decides_on_a_revocation_reads_the_case_beside_the_form(house: House) -> None:
    """Who proposed it and when, on what ground and evidence, what was defended, which letters wait, and what follows (G-16)."""
    first, second, leader = await at(house, "c-101"), await at(house, "c-102"), await at(house, "u-leader-01")
    form, _ = await looks(first, PROPOSAL, **WORDS)
    await first.posts(PROPOSAL, 303, **form)
    defence = f"/filings/{FILING}/acts/state_defence"
    await leader.posts(
        defence, 303, **form_of(await leader.gets(defence)) | {"/content/text": "合作项目仍在进行，附验收单"}
    )
    approval = f"/filings/{FILING}/acts/approve_revocation"
    assert "已提出，待复核" in section(await second.gets(approval), "matter")
    clock_of(house).set("2027-06-16T15:00:00")
    ruling = f"/filings/{FILING}/acts/rule_on_defence"
    shown = await first.gets(ruling)
    assert "合作项目仍在进行，附验收单" in section(shown, "matter"), "who rules on a defence reads it"
    form, _ = await looks(first, ruling, **{"/outcome": "rejected", "/reason": "验收单系往年项目"})
    await first.posts(ruling, 303, **form)
    shown = section(await second.gets(approval), "matter")
    for said in (
        "长期未开展实质性产学研合作（《工作指引》第十四条）", WORDS["/reason"], WORDS["/content/text"],
        "2027-06-16 09:00", "合作项目仍在进行，附验收单", "已复核，未予采纳", "验收单系往年项目",
    ):  # fmt: skip
        assert said in shown, said
    assert re.search(
        r"提议撤销备案</strong>\s*<br><small><span class=.whole.>2027-06-16 09:00</span> · 沈阳市科技局 (受理人|c-101)",
        shown,
    )
    assert "备案即行撤销" in await second.gets(approval), "what follows"
    assert "不得含个人信息" not in shown, "advice for whoever writes is none for whoever reads"
    batch = {"filing": [FILING], "batch": "0" * 16, "kind": "drop_revocation", "/reason": "事由不成立"}
    many = unescape((await second.posts("/desk/batch/preview", 200, **batch)).text)
    beside = many.partition("<summary>所办事项的来由</summary>")[2]
    assert WORDS["/reason"] in beside, "and so does whoever decides on many"
    read = [each for each in house.tools.audit.lines(person="c-102") if each.kind == "read_paper"]
    assert read, "that papers were read is on record"


async def test_what_was_not_read_does_not_go(house: House) -> None:
    clock_of(house).set("2027-06-16T22:00:00")
    officer = await at(house, "c-101")
    form, _ = await looks(officer, PROPOSAL, **WORDS)
    before = len(house.tools.register.docket(FILING))
    changed = unescape((await officer.posts(PROPOSAL, 409, **form | {"/reason": "另一理由"})).text)
    assert UNREAD in changed
    assert "另一理由" in changed
    unread = {name: value for name, value in form.items() if name != "previewed"}
    await officer.posts(PROPOSAL, 409, **unread)
    clock_of(house).set("2027-06-17T00:10:00")
    tomorrow = unescape((await officer.posts(PROPOSAL, 409, **form)).text)
    assert UNREAD in tomorrow, "its letters bear another day"
    assert len(house.tools.register.docket(FILING)) == before
    await officer.posts(PROPOSAL, 303, **form_of(tomorrow))


async def test_what_others_entered_meanwhile_is_told_first_and_looked_at_anew(house: House) -> None:
    officer, colleague = await at(house, "c-101"), await at(house, "c-102")
    form, _ = await looks(officer, PROPOSAL, **WORDS)
    other, _ = await looks(
        colleague, f"/filings/{FILING}/acts/record_inspection", **{"/inspected_on": "2027-06-15", "/result": "in_order"}
    )
    await colleague.posts(f"/filings/{FILING}/acts/record_inspection", 303, **other)
    page = unescape((await officer.posts(PROPOSAL, 409, **form)).text)
    assert "您打开页面之后，此件已有新的登记，本次没有登记任何事项" in page
    assert "data-send" in page
    await officer.posts(PROPOSAL, 303, **form_of(page))


async def test_faults_are_told_at_their_fields_before_anything_can_be_sent(house: House) -> None:
    officer = await at(house, "c-101")
    form = form_of(await officer.gets(PROPOSAL))
    page = unescape((await officer.posts(PROPOSAL, 422, **form, do="preview")).text)
    assert "改正后再预览" in page
    assert "data-send" not in page
    assert 'id="found-/reason"' in page
    assert house.tools.register.refused_acts(FILING) == [], "who only looks was refused nothing"


async def test_the_second_of_two_sees_what_the_first_said_and_in_what_they_differ(house: House) -> None:
    first, second = await at(house, "c-101"), await at(house, "c-102")
    path = f"/filings/{FILING}/acts/excuse_year"
    words = {"/year": "2027", "/reason": "停产改造", "/document_no": "沈科发〔2027〕9号"}
    form, page = await looks(first, path, **words)
    assert "待另一人以同一内容办理后生效" in page
    answer = await first.posts(path, 303, **form)
    assert "尚未生效，待另一人以同一内容办理" in unescape(await first.gets(answer.headers["location"]))
    shown = await second.gets(path)
    assert re.search(r"沈阳市科技局 (受理人|c-101)已于<span class=.whole.>2027-06-16 09:00</span>先办理", shown)
    assert "data-send" in shown, "it is filled in, and what would come of it is read at once"
    assert "您所填的与先办理的不同" not in shown
    batch = {"filing": [FILING], "batch": "0" * 16, "kind": "excuse_year", **words, "/reason": "停业"}
    assert "您所填的与先办理的不同" in unescape((await second.posts("/desk/batch/preview", 200, **batch)).text)
    other = unescape((await second.posts(path, 200, **form_of(shown) | {"/reason": "停业"}, do="preview")).text)
    differs = other.partition("您所填的与先办理的不同")[2].partition("</table>")[0]
    assert re.findall(r"<th[^>]*>(.*?)</th><td[^>]*>(.*?)</td><td[^>]*>(.*?)</td>", differs) == [
        ("理由", "停产改造", "停业")
    ]
    await second.posts(path, 303, **form_of(shown))
    filing = house.tools.register.filing(FILING)
    assert filing
    assert filing.proposals == {}, "both said the same"


async def test_what_was_said_before_both_had_to_say_the_same_is_filled_in_and_compared_too(
    sqlite: Databases, tmp_path: Path
) -> None:
    """Before 1 December 2026 a filing does not hold what the first said: its entry does. What takes effect is what the second says."""
    said = {"year": 2026, "reason": "停产改造", "document_no": "沈科发〔2026〕9号"}
    met = {"checklist": [{"item": code, "met": True} for code in CONDITIONS[Kind.A]]}
    life = told(
        application(filing_id=FILING, received_at="2025-03-10T09:00:00+08:00", agreement_effective_on="2025-03-01"),
        ("city", "accept", "2025-03-11T09:00", {}),
        ("iit", "give_iit_opinion", "2025-03-12T09:00", {"positive": True}),
        ("city2", "confirm", "2025-03-13T09:00", met),
        ("province2", "archive", "2025-04-20T09:00", {"archive_number": "LN-CXY-A-210100-2025-0001"}),
        ("city", "excuse_year", "2026-11-02T09:00", said),
        until=instant("2026-11-03"),
    )
    settings = Settings(var=tmp_path, database_url=sqlite.made("halves of 2026", holding(lambda at: written(at, life))))
    async with visiting(settings, Clock(instant("2026-11-03"))) as house:
        filing = house.tools.register.filing(FILING)
        assert filing
        assert (filing.proposed, list(filing.proposals)) == ({}, ["excuse_year:2026"])
        second, path = await at(house, "c-102"), f"/filings/{FILING}/acts/excuse_year"
        page = await second.gets(path)
        assert re.search(r'<option value="2026" selected', page), "of the year that the first said"
        assert re.search(r"已于<span class=.whole.>2026-11-02 09:00</span>先办理（第\d+号登记），其内容如下", page)
        assert "停产改造" in page
        assert "以您所填的为准" in page
        other = await second.posts(path, 200, **form_of(page) | {"/reason": "停业"}, do="preview")
        assert "您所填的与先办理的不同，办理后以您所填的生效" in unescape(other.text)


async def test_what_an_officer_writes_outlives_the_browser_and_is_their_own(house: House) -> None:
    officer, colleague = await at(house, "c-101"), await at(house, "c-102")
    page = await officer.gets(PROPOSAL)
    assert f'data-autosave="{PROPOSAL}/saved' in page
    typed = form_of(page) | {"/reason": "写到一半的理由"}
    kept = await officer.posts(f"{PROPOSAL}/saved", 200, **typed)
    assert "写到一半的理由" in await officer.gets(PROPOSAL)
    assert "写到一半的理由" not in await colleague.gets(PROPOSAL)
    other = await officer.posts(f"{PROPOSAL}/saved", 409, **typed | {"/reason": "另一窗口所写"})
    assert "写到一半的理由" in unescape(other.json()["elsewhere"]), "neither window wipes the other"
    form, _ = await looks(officer, PROPOSAL, **WORDS, draft=kept.json()["seen"])
    await officer.posts(PROPOSAL, 303, **form)
    key = re.search(r'data-key="([^"]+)"', page)
    assert key
    assert house.tools.drafts.find(key[1], "210100", house.tools.clock()) is None, "it was sent"


async def test_a_draft_is_read_once_for_its_form(house: House) -> None:
    officer = await at(house, "c-101")
    page = await officer.gets(PROPOSAL)
    await officer.posts(f"{PROPOSAL}/saved", 200, **form_of(page) | {"/reason": "写到一半的理由"})
    with statements(house.tools.register) as asked:
        assert "写到一半的理由" in await officer.gets(PROPOSAL)
    assert len([each for each in asked if "FROM drafts" in each]) == 1


def test_a_no_that_a_form_shows_is_what_was_read() -> None:
    """Another office finds "no" ticked where the first said nothing: it sends what it read."""
    told = {"decided": [{"filing_id": "EV-1", "tag": "pilot", "note": None}], "document_no": "辽科发〔2027〕66号"}
    sent = {"decided": [{"filing_id": "EV-1", "tag": "pilot", "removed": False}], "document_no": "辽科发〔2027〕66号"}
    revoked = {"decided": [{"filing_id": "EV-1", "tag": "pilot", "removed": True}], "document_no": "辽科发〔2027〕66号"}
    day = date(2027, 6, 16)
    assert previewed(told, day) == previewed(sent, day) != previewed(revoked, day)
    assert previewed({"counted": 0}, day) != previewed({}, day), "a nought is something"


async def test_a_text_that_several_got_stands_once_with_the_receipts_of_each(house: House) -> None:
    officer = await at(house, "c-101")
    shown = section(await officer.gets(f"/filings/{FILING}"), "messages")
    archived = [each for each in house.tools.register.messages(FILING) if each.title.startswith("备案入库")]
    assert len(archived) > 1, "leader and offices"
    assert shown.count(f"<summary>{archived[0].title}</summary>") == 1
    assert f"同一内容发{len(archived)}处" in shown
    for name in ("盟主企业", "沈阳市科技局", "省工信厅"):
        assert f'致{name}：收件箱 <span class="whole">2027-04-20' in shown


async def test_what_did_not_arrive_is_picked_from_what_was_told(house: House) -> None:
    """Whoever reports it knows a letter by its name and day."""
    officer, path = await at(house, "c-101"), f"/filings/{FILING}/acts/report_undeliverable"
    shown = unescape(await officer.gets(path))
    found = re.search(r'<option value="(\d+)"[^>]*>第\1号登记：备案入库（2027年4月20日）</option>', shown)
    assert found, re.findall("<option.*", shown)
    assert '<option value="yes">是</option>' not in shown
    form, page = await looks(officer, path, **{"/entry": found[1], "/reason": "电话停机，信件退回"})
    assert "data-send" in page
    assert "补送" in page, "by when, and what, is then awaited"
    await officer.posts(path, 303, **form)
