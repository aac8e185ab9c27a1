"""A survey at the doors: a leader fills in a return, keeps it as a draft, is shown what is wrong with it; an office looks at what came."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

import starter
from activities.database import writing
from activities.published_editions import PublishedEditions
from activities.rounds.register import RoundRegister
from examples.demo import OFFICES
from gateway.identity import Identity
from gateway.remembered.drafts import paper_about
from gateway.shown.rounds.panels import ASIDE
from models.register import PublicNoticeRow
from models.rounds.base import RoundAct, RoundActKind
from models.rounds.round import ROUND_ACT, RoundEntry
from models.settings import Settings
from models.values import canonical, digest
from models.vocabulary import Role
from regulation.moment import Moment
from regulation.rounds import table
from regulation.rounds.every import RULES, rules_of
from regulation.rounds.figures import form_of
from regulation.rounds.questionnaires import CALLED_OFF, QUESTIONNAIRES, choices, examined, newest
from tests.databases import Databases
from tests.filling import written as filled_fields
from tests.in_force import editions_of_ones_own
from tests.law.notation import moment
from tests.leading import LEADER, OFFICER, OTHER, Leader, Page, leading
from tests.served import Clock
from tests.simulated import lived, written
from tests.story import instant
from tests.visiting import House, visiting

SURVEY = "survey-2027-LN-1"
TODAY = "2027-03-10"
EXAMPLE: dict[str, Any] = json.loads((Path(__file__).parents[1] / "examples" / "survey_b.json").read_text("utf-8"))


@pytest.fixture
async def house(tmp_path: Path, sqlite: Databases) -> AsyncIterator[House]:
    """A gateway in March 2027, behind which no engine runs."""
    settings = Settings(var=tmp_path, database_url=sqlite.migrated())
    async with visiting(settings, Clock(instant(TODAY))) as opened:
        yield opened


def enters(
    register: RoundRegister, kind: str, at: str, by: dict[str, str], content: Any = None, **said: Any
) -> RoundEntry:
    """Enter an act in the survey as the engine would."""
    when = Moment(moment(at), moment(at))
    rules, round_ = rules_of(SURVEY), register.round(SURVEY)
    paper = {"paper": digest(content)} if content else {}
    act: RoundAct = ROUND_ACT.validate_python({"id": f"{kind}-1", "kind": kind, "by": by, **said, **paper})
    found = register.examined(SURVEY, round_, act, content, when.day)
    assert isinstance(found, RoundAct), found
    entry = table.entered(rules, SURVEY, round_, found, when)
    register.append(entry)
    return entry


FILING = "LN-2026-0001"
PROV, LEADS = OFFICES["province"], {"person": LEADER.person, "office": LEADER.office, "role": "leader"}
ADDRESS = f"/my/surveys/{SURVEY}/{FILING}"


def returned(members: list[dict[str, Any]]) -> dict[str, Any]:
    """The return of the example, of an alliance with other members: the first has its figures, the others none."""
    figures = json.loads(json.dumps(EXAMPLE["figures"]))
    none = dict.fromkeys(("tech_staff", "ip_class1", "ip_class2"), 0) | dict.fromkeys(
        ("rd", "sales", "paid", "received"), "0.00"
    )
    rows = [{name: each[name] for name in ("name", "code", "type")} | none for each in members]
    rows[0] |= {"rd": "510.00", "sales": "2680.00"}
    figures["members"] = rows
    figures["alliance"] |= {"members": len(rows)}
    return EXAMPLE | {"figures": figures}


@pytest.fixture
def rounds(house: House) -> RoundRegister:
    """A survey of March 2027, in which one alliance of kind A has not answered."""
    written(house.tools.register, lived(FILING).until("archive"))
    register = RoundRegister(house.tools.register.engine)
    opening = {"year": 2026, "questionnaire": QUESTIONNAIRES["LN-2026"].model_dump(mode="json")}
    window = {"title": "2026年度创新资源统计调查", "opens": "2027-03-01", "closes": "2027-03-31"}
    house.tools.register.lodge(SURVEY, "open_round", opening, instant("2027-02-20"))
    enters(register, "open_round", "2027-02-20 10:00", PROV, opening, **window)
    return register


@pytest.fixture
async def leader(house: House, rounds: RoundRegister) -> AsyncIterator[Leader]:
    """Somebody who acts for its leader."""
    async with leading(house.tools, house.browser()) as opened:
        yield opened


def answer(house: House) -> dict[str, Any]:
    """What its leader might answer."""
    filing = house.tools.register.filing(FILING)
    assert filing
    return returned(house.tools.register.paper(filing.paper)["members"])


def pairs(raw: dict[str, Any]) -> list[tuple[str, str]]:
    """What a browser sends of a return."""
    fields = filled_fields(form_of(QUESTIONNAIRES["LN-2026"]), raw["figures"])
    return [*((name, str(value)) for name, value in fields.multi_items()), ("/integrity_commitment", "yes")]


async def test_whoever_is_asked_is_told_until_when_a_questionnaire_is_valid(house: House) -> None:
    """Whoever still has to answer a return that was sent back may refuse from then on (统计法)."""
    written(house.tools.register, lived(FILING).until("archive"))
    asked = QUESTIONNAIRES["LN-2026"].model_dump(mode="json") | {"edition": "LN-2027", "valid_until": "2027-03-31"}
    opening = {"year": 2026, "questionnaire": asked}
    house.tools.register.lodge(SURVEY, "open_round", opening, instant("2027-02-20"))
    window = {"title": "2026年度创新资源统计调查", "opens": "2027-03-01", "closes": "2027-03-31"}
    enters(RoundRegister(house.tools.register.engine), "open_round", "2027-02-20 10:00", PROV, opening, **window)
    async with leading(house.tools, house.browser()) as leader:
        page = await leader.page(ADDRESS)
        assert (page.says("有效期至 2027年3月31日"), page.says("有权拒绝填报")) == (True, False)
    house.tools.filings.clock.set("2027-04-01")  # type: ignore[attr-defined]
    async with leading(house.tools, house.browser()) as leader:
        assert (await leader.page(ADDRESS)).says("有效期已于2027年3月31日届满")


async def test_a_return_begins_with_what_is_known_and_is_kept_as_a_draft(house: House, leader: Leader) -> None:
    page = await leader.page(ADDRESS)
    for words in ("统计年度 2026年", "2027年3月31日", "空着的数填0", "直接从事研发和相关技术创新活动"):
        assert page.says(words), words
    assert page.says("我单位已阅读上述《统计调查承诺书》")
    assert page.value("/members/1/name") == "辽宁示例工业大学"
    sent = await leader.sends(ADDRESS, [*page.hidden("seen", "id"), ("/leader/staff", "９２"), ("do", "save")])
    assert sent.status_code == 303
    page = await leader.page(ADDRESS)
    assert page.value("/leader/staff") == "92"
    kept = await leader.sends(f"{ADDRESS}/saved", [*page.hidden("seen"), ("/leader/staff", "93")])
    assert kept.json()["at"] == "09:00"
    page = await leader.page(ADDRESS)
    assert page.value("/leader/staff") == "93"
    again = await leader.sends(ADDRESS, [*page.hidden("seen", "id"), ("/leader/staff", "92"), ("do", "zero")])
    assert again.status_code == 303
    page = await leader.page(f"{ADDRESS}?check=1")
    assert page.value("/leader/profit") == "0.00"
    assert page.says("缺成员单位")


async def test_the_overview_says_what_is_asked_for(house: House, leader: Leader) -> None:
    page = await leader.page("/my")
    assert ADDRESS in page.links
    assert page.says("填报统计调查表：2026年度创新资源统计调查")
    assert page.says("；未填报；截至2027年3月31日24时")


async def test_the_act_of_a_return_leads_to_where_its_figures_are_filled_in(house: House, leader: Leader) -> None:
    acts = f"/rounds/{SURVEY}/acts"
    officer = await house.signed_in("c-101")
    for client, asked, led in (
        (leader.client, "file_survey", "/my"),
        (leader.client, f"file_survey?filing={FILING}", ADDRESS),
        (officer, "enter_survey", f"/rounds/{SURVEY}/returns"),
        (officer, f"enter_survey?filing={FILING}", f"/rounds/{SURVEY}/returns/{FILING}/entry"),
        (officer, "enter_survey?filing=//else", f"/rounds/{SURVEY}/returns/%2F%2Felse/entry"),
    ):
        answer = await client.get(f"{acts}/{asked}", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, led)


async def test_the_page_of_a_survey_leads_its_leader_to_the_return_and_nowhere_else(
    house: House, leader: Leader
) -> None:
    shown = await leader.page(f"/rounds/{SURVEY}")
    assert [each for each in shown.links if each.startswith(("/my/surveys", "/rounds/"))] == [ADDRESS]


def test_what_calls_off_a_round_is_never_its_main_act() -> None:
    every = {kind for rules in RULES.values() for kind in rules.rows}
    assert every >= ASIDE
    assert [kind for kind, rules in RULES.items() if not set(rules.rows) - ASIDE - {RoundActKind.OPEN_ROUND}] == []


async def test_what_is_found_stands_at_its_figure(house: House, leader: Leader) -> None:
    page = await leader.page(ADDRESS)
    raw = answer(house)
    raw["figures"]["ip"]["shared"] = 99
    raw["figures"]["leader"]["staff"] = "很多"
    sent = await leader.sends(ADDRESS, [*page.hidden("seen", "id"), *pairs(raw), ("do", "submit")])
    assert sent.status_code == 422
    assert 'id="found-/ip/shared"' in sent.text
    assert 'id="found-/leader/staff"' in sent.text
    live = await leader.sends(f"{ADDRESS}/findings", pairs(raw))
    assert "不得大于“401 当年获得I类知识产权”" in live.text


async def test_what_is_refused_comes_back_with_everything_at_once(house: House, leader: Leader) -> None:
    page = await leader.page(ADDRESS)
    sent = await leader.sends(ADDRESS, [*page.hidden("seen", "id"), ("/leader/staff", "92"), ("do", "submit")])
    assert sent.status_code == 422
    ids = set(Page.of(sent.text).ids)
    assert {"found-/integrity_commitment", "found-/leader/rd"} <= ids, "the promise and the figures"


async def test_a_workbook_is_read_into_the_draft_and_what_is_found_told_by_cell(house: House, leader: Leader) -> None:
    page = await leader.page(ADDRESS)
    book = load_workbook(BytesIO((await leader.client.get(f"{ADDRESS}/form.xlsx")).content))
    assert book["3_二、成员单位情况"]["A3"].value == "辽宁示例工业大学"
    book["2_填报数"]["E2"], book["2_填报数"]["E3"] = 92, "不详"
    filled = BytesIO()
    book.save(filled)
    sent = await leader.sends(
        f"{ADDRESS}/form.xlsx", page.hidden("seen")[:1], {"sheet": ("表.xlsx", filled.getvalue())}
    )
    assert Page.of(sent.text).says("“2_填报数”表第3行E列“本年”：科技人员（人）")
    page = await leader.page(ADDRESS)
    assert (page.value("/leader/staff"), page.value("/leader/tech_staff")) == ("92", "不详")
    sent = await leader.sends(f"{ADDRESS}/form.xlsx", page.hidden("seen")[:1], {"sheet": ("表.xlsx", b"no workbook")})
    assert (sent.status_code, "不是可读的 xlsx 工作簿" in sent.text) == (422, True)
    assert (await leader.page(ADDRESS)).value("/leader/staff") == "92"


async def test_without_an_engine_nothing_is_lost_and_nothing_told_as_done(house: House, leader: Leader) -> None:
    page = await leader.page(ADDRESS)
    sent = await leader.sends(ADDRESS, [*page.hidden("seen", "id"), *pairs(answer(house)), ("do", "submit")])
    assert sent.status_code == 503
    assert "填写的内容已保存" in sent.text
    assert (await leader.page(ADDRESS)).value("/leader/staff") == "92"


async def test_a_return_is_printed_with_its_receipt_and_sent_back_with_its_points(
    house: House, leader: Leader, rounds: RoundRegister
) -> None:
    raw = answer(house)
    house.tools.register.lodge(SURVEY, "file_survey", raw, instant("2027-03-10"))
    enters(rounds, "file_survey", "2027-03-10 08:00", LEADS, raw, filing=FILING)
    page = await leader.page(ADDRESS)
    assert page.says("截止前可以修改后再次报送")
    assert page.value("/leader/staff") == "92"
    assert (await leader.client.get(f"{ADDRESS}/form.docx")).content[:2] == b"PK"
    points = [{"code": "104", "message": "与审计报告不一致"}]
    enters(rounds, "return_survey", "2027-03-10 08:30", OFFICES["city"], filing=FILING, reason="请核对", points=points)
    page = await leader.page(ADDRESS)
    assert page.says("退回：与审计报告不一致")
    assert page.says("补正报送")


async def test_of_others_it_is_not_even_said_that_there_are_any(house: House, leader: Leader) -> None:
    await leader.page(f"/my/surveys/{SURVEY}/LN-2026-9999", 404)
    await leader.page(f"/my/surveys/survey-2027-LN-9/{FILING}", 404)
    async with leading(house.tools, house.browser(), OTHER) as other:
        await other.page(ADDRESS, 404)
    async with leading(house.tools, house.browser(), OFFICER) as officer:
        await officer.page(ADDRESS, 403)


# At the desk


@pytest.fixture
async def officer(house: House, rounds: RoundRegister) -> AsyncIterator[Leader]:
    """Somebody of the city's office, after the leader answered."""
    raw = answer(house)
    house.tools.register.lodge(SURVEY, "file_survey", raw, instant("2027-03-10"))
    enters(rounds, "file_survey", "2027-03-10 08:00", LEADS, raw, filing=FILING)
    async with leading(house.tools, house.browser(), OFFICER) as opened:
        yield opened


async def test_an_office_sees_who_answered_and_takes_it_away(house: House, officer: Leader) -> None:
    page = await officer.page(f"/rounds/{SURVEY}")
    assert page.says("沈阳市 A类 1 0 1 0 100.0%")
    board = await officer.page("/desk/year?year=2027")
    assert board.says("地区 应填报 已填报 沈阳市 1 1")
    assert f"/rounds/{SURVEY}/returns?jurisdiction=210100&kind=&state=answered" in board.links
    assert not (await officer.page("/desk/year?year=2026")).says("统计调查填报情况")
    found = await officer.page("/desk/filings?survey=answered")
    assert f"/filings/{FILING}" in found.links
    assert found.says("统计调查：已填报")
    for elsewhere in ("survey=none&year=2027", "survey=returned&year=2027", "survey=answered&year=2026"):
        assert (await officer.page(f"/desk/filings?{elsewhere}")).says("没有符合条件的备案"), elsewhere
    program = house.browser()
    for asked in ("survey=answered&year=2027", "year=2027"):
        got = await program.get(f"/api/v1/filings?{asked}", headers={"Authorization": "Bearer c-101"})
        assert [each.get("survey") for each in got.json()["filings"]] == ["answered"] * len(got.json()["filings"])
    listed = await officer.page(f"/rounds/{SURVEY}/returns?state=answered")
    assert f"/rounds/{SURVEY}/returns/{FILING}" in listed.links
    assert (await officer.page(f"/rounds/{SURVEY}/returns?state=none")).says("没有符合条件的联盟")
    told = await officer.page(f"/rounds/{SURVEY}/returns/{FILING}")
    assert told.says("104 研究开发费用 万元 510.00 980.50")
    assert told.says("“109 销售收入”较2025年下降79%")
    assert f"/rounds/{SURVEY}/acts/return_survey?filing={FILING}" in told.links
    for ending, begins in (("xlsx", b"PK"), ("csv", "\ufeff备案".encode()), ("json", b'{"questionnaire"')):
        assert (await officer.client.get(f"/rounds/{SURVEY}/survey.{ending}")).content.startswith(begins)
    assert (await officer.client.get(f"/rounds/{SURVEY}/questionnaire.docx")).content[:2] == b"PK"
    assert (await officer.client.get(f"/rounds/{SURVEY}/returns/{FILING}/form.docx")).content[:2] == b"PK"
    await officer.page(f"/rounds/{SURVEY}/survey.pdf", 404)


async def test_the_command_line_writes_the_same(
    house: House, officer: Leader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BEIAN_VAR", str(tmp_path))
    monkeypatch.setenv("BEIAN_DATABASE_URL", str(house.tools.settings.database_url))
    told = ["export", "survey", SURVEY, "--as", "json", "--to", str(tmp_path / "out")]
    ran = await asyncio.to_thread(CliRunner().invoke, starter.beian, told)
    assert ran.exit_code == 0, ran.output
    (file,) = (tmp_path / "out").iterdir()
    assert file.read_bytes() == (await officer.client.get(f"/rounds/{SURVEY}/survey.json")).content
    assert (await asyncio.to_thread(CliRunner().invoke, starter.beian, ["export", "survey", "nothing"])).exit_code


async def test_what_came_on_paper_is_entered_by_one_and_compared_by_another(
    house: House, rounds: RoundRegister
) -> None:
    address = f"/rounds/{SURVEY}/returns/{FILING}/entry"
    came = {"on": TODAY, "how": "in_person", "received_by": "c-101"}
    async with leading(house.tools, house.browser(), OFFICER) as first:
        assert address in (await first.page(f"/rounds/{SURVEY}/returns")).links
        page = await first.page(address)
        whole = await first.page(f"{address}?open=all")
        tables = len(QUESTIONNAIRES["LN-2026"].tables)
        assert (page.text.count('<details class="card part"'), page.text.count('<details class="card part" open')) == (
            tables,
            1,
        )
        assert whole.text.count('<details class="card part" open') == tables
        assert [each.get("name") for each in page.inputs] == [each.get("name") for each in whole.inputs], (
            "what is folded is sent as well"
        )
        told = [*page.hidden("seen", "id")[:2], *((f"/came/{name}", value) for name, value in came.items())]
        scanned = {"/scan/file": ("来件.pdf", b"%PDF-1.7\n%%EOF\n")}
        strange = [(name, "c-999" if name == "/came/received_by" else value) for name, value in told]
        nobody = await first.sends(address, [*strange, *pairs(answer(house)), ("do", "submit")], scanned)
        assert (nobody.status_code, "收件人须为本机构工作人员的姓名，或者其编号" in nobody.text) == (422, True)
        told = [*(await first.page(address)).hidden("seen", "id")[:2], *told[2:]]
        told = [(name, "受理人" if name == "/came/received_by" else value) for name, value in told]
        sent = await first.sends(address, [*told, *pairs(answer(house)), ("do", "submit")], scanned)
        assert (sent.status_code, "填写的内容已保存" in sent.text) == (503, True), "no engine runs"
        page = await first.page(address)
        assert (page.value("/came/on"), page.value("/scan/name")) == (TODAY, "来件.pdf")
    scan = {name: page.value(f"/scan/{name}") for name in ("name", "media_type", "sha256", "location")} | {"size": 15}
    raw = answer(house) | {"scan": scan}
    house.tools.register.lodge(SURVEY, "enter_survey", raw, instant("2027-03-10"))
    enters(rounds, "enter_survey", "2027-03-10 08:00", OFFICES["city"], raw, filing=FILING, came=came)
    house.tools.drafts.submitted(paper_about(SURVEY, FILING, "paper"), OFFICER.office)
    async with leading(house.tools, house.browser(), OFFICER.but(person="c-102")) as second:
        page = await second.page(address)
        assert page.says("另一人已登记为第2号")
        assert (page.value("/leader/staff"), page.value("/came/received_by")) == ("92", "c-101")
    async with leading(house.tools, house.browser(), OFFICER.but(person="c-301", office="210200")) as elsewhere:
        await elsewhere.page(address, 404)


async def test_what_is_another_citys_is_not_shown(house: House, officer: Leader) -> None:
    elsewhere = OFFICER.but(person="c-301", office="210200")
    async with leading(house.tools, house.browser(), elsewhere) as other:
        assert not (await other.page(f"/rounds/{SURVEY}")).says("进展"), (
            "no number of the province's, and none of its own"
        )
        assert (await other.page(f"/rounds/{SURVEY}/returns")).says("没有符合条件的联盟")
        await other.page(f"/rounds/{SURVEY}/returns/{FILING}", 404)
        assert (await other.client.get(f"/rounds/{SURVEY}/survey.json")).json()["returns"] == []


async def test_the_form_of_its_opening_offers_the_editions(house: House) -> None:
    province = Identity(person="p-401", name="省厅", role=Role.PROVINCE_ST, office="210000")
    async with leading(house.tools, house.browser(), province) as opened:
        page = await opened.page("/rounds/survey-2027-LN-1/acts/open_round")
        assert page.says("LN-2026（适用于2021年起的统计年度）")
        assert not page.says("指标名称")


@pytest.fixture
def own_editions() -> Iterator[None]:
    """What is brought is an edition for this test alone."""
    with editions_of_ones_own():
        yield
    CALLED_OFF.clear()


async def test_a_questionnaire_is_brought_looked_over_and_an_edition_once_a_survey_is_opened_with_it(
    house: House, own_editions: None
) -> None:
    address, opening = f"/rounds/{SURVEY}/questionnaire", f"/rounds/{SURVEY}/acts/open_round"
    province = Identity(person="p-401", name="省厅", role=Role.PROVINCE_ST, office="210000")
    async with leading(house.tools, house.browser(), province) as opened:
        assert address in (await opened.page(opening)).links
        document = (await opened.client.get(f"{address}/newest.json")).json()

        async def brings(changed: Any) -> Page:
            content = json.dumps(changed).encode()
            return Page.of((await opened.sends(address, files={"questionnaire": ("新.json", content)})).text)

        document["tables"][0]["indicators"][0]["label"] = "员工期末人数"
        assert (await brings(document)).says("/edition 已有版本LN-2026而内容不同，须另起版本名称")
        document |= {"edition": "LN-2027", "base": "LN-2026", "since": "2027-01-10", "first_year": 2026}
        faulty = document | {"checks": [{"left": ["leader.none"], "is": "at_least", "right": ["leader.staff"]}]}
        assert (await brings(faulty)).says("/checks/0/left/0 没有leader.none")
        assert (await brings([])).says("内容为一个对象")
        for content, why in (
            (json.dumps(document, ensure_ascii=False).encode("gb18030"), "编码不是 UTF-8"),
            (b"[" * 200_000, "内容为一个对象"),
            (b'{"tables": ' + b"[" * 500 + b"]" * 500 + b"}", "嵌套不得超过"),
            (b'{"\\ud800": 1}', "半个代理对"),
        ):
            sent = await opened.sends(address, files={"questionnaire": ("新.json", content)})
            assert (sent.status_code, Page.of(sent.text).says(why)) == (422, True), why
        page = await brings(document)
        assert page.says("与LN-2026相比 改动 101 员工期末人数（人）")
        window = {"/title": "调查", "/opens": "2027-04-01", "/closes": "2027-03-31", "/content/year": "2026"}
        told = [*page.hidden("id", "seen", "brought")[-3:], *window.items()]
        again = Page.of((await opened.sends(opening, told)).text)
        assert again.says("截止日不得早于开始日")
        assert again.says("员工期末人数"), "what was brought is still there"
        await opened.page("/rounds/survey-2027-210100-1/questionnaire", 404)
    brought = {"year": 2026, "questionnaire": json.loads(dict(again.hidden("brought"))["brought"])}
    house.tools.register.lodge(SURVEY, "open_round", brought, instant("2027-02-20"))
    days = {"title": "调查", "opens": "2027-03-01", "closes": "2027-03-31"}
    enters(RoundRegister(house.tools.register.engine), "open_round", "2027-02-20 10:00", PROV, brought, **days)
    assert "LN-2027" not in QUESTIONNAIRES
    PublishedEditions(house.tools.register.engine).catch_up()
    assert newest(date(2027, 12, 31), 2027) == "LN-2027"
    enters(
        RoundRegister(house.tools.register.engine), "cancel_round", "2027-02-21 10:00", PROV, None, reason="指标有误"
    )
    PublishedEditions(house.tools.register.engine).catch_up()
    assert newest(date(2027, 12, 31), 2027) == "LN-2026", "nobody is given it who chooses none"
    assert choices()[-1] == ("LN-2027", "LN-2027（适用于2026年起的统计年度；所属调查已取消，不选则不采用）")
    changed = QUESTIONNAIRES["LN-2027"].model_dump(mode="json") | {"title": "改正后的调查表"}
    _, (refused,) = examined(changed)
    assert refused.message == "已有版本LN-2027（所属调查已取消，名称仍予保留）而内容不同，须另起版本名称"


# For everybody


async def test_published_sums_are_a_page_and_a_file(house: House, rounds: RoundRegister) -> None:
    line = {"code": "104", "label": "研究开发费用", "unit": "万元", "table": "一、盟主企业情况", "total": "2550.00"}
    told = {"round": "调查", "year": 2026, "answered": 5, "lines": [line | {"city": {"沈阳市": "1530.00"}, "kind": {}}]}
    row = PublicNoticeRow(
        id=f"{SURVEY}-9-1", round_id=SURVEY, number=9, kind="survey_sums", jurisdiction="210000",
        shown_from=instant("2027-03-09").date(), content=canonical(told), published_at=instant("2027-03-09"),
    )  # fmt: skip
    browser = house.browser()
    assert Page.of((await browser.get("/surveys")).text).says("尚未公布")
    assert (await browser.get(f"/surveys/{SURVEY}")).status_code == 404
    with writing(house.tools.register.engine) as session:
        session.add(row)
    assert f"/surveys/{SURVEY}" in Page.of((await browser.get("/surveys")).text).links
    page = Page.of((await browser.get(f"/surveys/{SURVEY}")).text)
    assert page.says("统计年度2026年，填报联盟5个")
    assert page.says("104 研究开发费用 万元 2550.00")
    assert page.says("沈阳市 104 研究开发费用（万元）1530.00")
    (file,) = (link for link in page.links if link.endswith(".json"))
    assert (await browser.get(file)).json() == told
