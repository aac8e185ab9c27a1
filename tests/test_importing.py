"""Alliances from before: a list is read however offices write it, imported once, and completed by the leader (A-02)."""

import asyncio
import json
import threading
from collections import Counter
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from urllib.parse import unquote, urlencode

import pytest
from openpyxl import Workbook, load_workbook

from activities.documents.sheet_reader import SheetRefused
from activities.documents.sheets import members_counted
from gateway import legacy
from gateway.asked import alliance_list, importing
from gateway.asked.importing import Outcome, Planned, Summary
from gateway.remembered.imports import FRESH, LISTS, WAITING, Importing, Running, Watch
from gateway.turns import Busy
from models.filing import Filing
from models.findings import Finding
from models.values import digest
from models.vocabulary import Kind, Role, Stage
from regulation import codes, identity, intake, judging, listed, offices
from tests.patience import comes
from tests.served import served
from tests.story import application
from tests.test_browser import Visitor, chromium, form_of, visiting
from tests.world import World

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LEADER = "91210102MA10ABCD6H"

HEADER = ["所在市", "联盟名称", "盟主企业", "统一社会信用代码", "备案日期", "备案编号", "成员单位", "以往年度"]
FULL = [
    "沈阳市", "沈阳甲数控产学研联盟", "沈阳甲有限公司", "９１210102MA10abcd6h", "2021年12月8日", "辽科备〔2021〕7号",
    "示例大学（高校）；示例研究所（院所，12210000MA10ABCD6L）；示例（集团）公司", "2022：有据（辽科函3号）；2023年自述；2024：不详",
]  # fmt: skip
BARE = ["大连", "大连乙产学研联盟", "大连乙公司", "", "2021/1/5", "辽科备〔2021〕8号"]
WRONG = ["", "丙", "", "123", "昨天", "辽科备〔2021〕8号", "", "20x"]
BY = {"person": "p-401", "office": offices.PROVINCE, "role": Role.PROVINCE_ST.value}
NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)


TYPED = (
    "[...new FormData(document.querySelector('form[data-findings]'))].filter(([, value]) => typeof value === 'string')"
)
"""What a browser sends of the form of an application, but for files."""

AS_A_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def workbook(*rows: list[str]) -> bytes:
    """A list as Excel writes it, under a line that says what it is."""
    book = Workbook()
    assert book.active
    for row in (["存量联盟名单"], HEADER, *rows):
        book.active.append(row)
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def comma_separated(*rows: list[str], encoding: str = "utf-8-sig") -> bytes:
    """A list as programs write it, and as Excel does in its older encoding."""
    return "\r\n".join(",".join(row) for row in (HEADER, *rows)).encode(encoding)


def findings(raw: dict[str, Any]) -> dict[str, str]:
    """What is found on a row that the province imports, by field."""
    found = intake.examine(raw | {"by": BY}, NOW, judging.Known()).findings
    return {each.field: each.message for each in found}


def test_a_list_says_the_same_however_it_is_written() -> None:
    lines = "\n".join(json.dumps(dict(zip(HEADER, row, strict=False)), ensure_ascii=False) for row in (FULL, BARE))
    written = {
        "a.xlsx": workbook(FULL, BARE),
        "a.csv": comma_separated(FULL, BARE),
        "b.CSV": comma_separated(FULL, BARE, encoding="gb18030"),
        "a.jsonl": lines.encode(),
    }
    read = {
        name: [each.raw for each in alliance_list.read(name, content, "辽科函9号")] for name, content in written.items()
    }
    for end in (b"\r", b"\n"):  # as Excel writes "CSV Macintosh", and other systems
        written_so = comma_separated(FULL, BARE).replace(b"\r\n", end)
        read[repr(end)] = [each.raw for each in alliance_list.read("a.csv", written_so, "辽科函9号")]
    assert all(rows == read["a.xlsx"] for rows in read.values())
    full, bare = read["a.xlsx"]
    assert full["legacy"] == {
        "archived_on": "2021-12-08", "archive_number": "辽科备〔2021〕7号", "document_no": "辽科函9号",
        "years": [
            {"year": 2022, "standing": "proven", "basis": "辽科函3号"}, {"year": 2023, "standing": "asserted"},
            {"year": 2024, "standing": "unknown"},
        ],
    }  # fmt: skip
    assert full["members"] == [
        {"name": "示例大学", "type": "university"},
        {"name": "示例研究所", "type": "institute", "code": "12210000MA10ABCD6L"},
        {"name": "示例（集团）公司"},
    ]
    assert (bare["jurisdiction"], bare["leader"]) == ("210200", {"name": "大连乙公司"})


def test_the_members_of_a_list_are_counted_as_far_as_it_names_them() -> None:
    """For the 汇总表: the leader is one of them; where a type is not known none is counted, where nobody is named it says so."""
    full, bare = (
        each.raw | {"listed": True} for each in alliance_list.read("a.xlsx", workbook(FULL, BARE), "辽科函9号")
    )
    unknown = dict.fromkeys(("enterprises", "universities", "institutes"), "不详")
    assert members_counted(full) == {"total": 4, **unknown}
    known = full | {"members": full["members"][:2]}
    assert members_counted(known) == {"total": 3, "enterprises": 1, "universities": 1, "institutes": 1}
    assert members_counted(bare) == {"total": "名单未载"}
    assert members_counted(application()) == application()["counts"]


def test_the_template_is_a_list_that_can_be_read() -> None:
    book = load_workbook(BytesIO(alliance_list.template()))
    assert [cell.value for cell in book.worksheets[0][1]] == [column.title for column in alliance_list.COLUMNS]
    assert alliance_list.read("x.xlsx", alliance_list.template()) == []


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.pdf", b"%PDF", "须为 xlsx"),
        ("a.csv", "联盟名称\n甲".encode(), "缺少“所在市”"),
        ("a.csv", b"\xff\xff\xff", "编码"),
        ("a.csv", f"{','.join(alliance_list.NEEDED)},联盟名称\n".encode(), "表头重复：“联盟名称”"),
        ("a.jsonl", b"[" * 200_000, "第1行"),
        ("a.jsonl", b"[1]", "第1行"),
        ("a.jsonl", b'{}\n{"x": NaN}', "第2行不是"),
        ("a.jsonl", b'{}\n{"listed": true, "legacy": {"archive_number": "\\ud800"}}', "第2行有不能识别的字符"),
        ("a.jsonl", b'{"\xe8\x81\x94\xe7\x9b\x9f\xe5\x90\x8d\xe7\xa7\xb0": "\\ud800"}', "第1行有不能识别的字符"),
        ("a.csv", comma_separated(FULL, ["沈阳市", "沈\0阳"]), "第3行有不能识别的字符"),
        ("a.csv", comma_separated(FULL, ["沈阳市", "长" * 200_000]), "第3行不能读取：有一格过长"),
        ("a.csv", comma_separated(FULL, ["沈阳市", "长" * 5_001]), "第3行“联盟名称”一格超过5000字"),
        ("a.csv", comma_separated(["沈阳市", '"甲' + "长" * 200_000]), "第2行不能读取"),
        ("a.xlsx", b"PK", "不是可读的"),
        ("a.csv", b"x" * 10_000_001, "超过"),
    ],
)
def test_what_is_no_list_is_refused_in_words(name: str, content: bytes, why: str) -> None:
    with pytest.raises(SheetRefused, match=why):
        alliance_list.read(name, content)


def test_everything_wrong_with_a_row_is_said_at_once() -> None:
    full, bare, wrong = (each.raw for each in alliance_list.read("a.xlsx", workbook(FULL, BARE, WRONG), "辽科函9号"))
    assert findings(full) == {}
    assert list(findings(bare)) == ["/leader/uscc"]  # a warning: nobody knows the code
    assert set(findings(wrong)) == {
        "/jurisdiction", "/leader/name", "/leader/uscc", "/legacy/archived_on", "/legacy/years/0/year",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"archived_on": "2027-03-02"}, "/legacy/archived_on"),
        ({"archived_on": "1921-12-08"}, "/legacy/archived_on"),
        ({"years": [{"year": 2021, "standing": "proven"}]}, "/legacy/years/0/basis"),
        ({"years": [{"year": 2028, "standing": "unknown"}]}, "/legacy/years/0/year"),
    ],
)
def test_days_and_years_lie_between_the_archiving_and_the_import(changes: dict[str, Any], field: str) -> None:
    raw = alliance_list.read("a.xlsx", workbook(FULL), "辽科函9号")[0].raw
    assert field in findings(raw | {"legacy": {**raw["legacy"], **changes}})


def test_nobody_applies_under_an_id_that_a_row_would_get() -> None:
    row = alliance_list.read("a.xlsx", workbook(FULL), "辽科函9号")[0].raw
    form = application(filing_id=row["filing_id"].lower(), received_at=NOW.isoformat())
    assert [each.field for each in intake.examine(form, NOW, judging.Known()).findings if each.severity == "error"] == [
        "/filing_id"
    ]


def test_a_row_is_judged_like_an_application_by_its_id() -> None:
    raw = alliance_list.read("a.xlsx", workbook(FULL), "辽科函9号")[0].raw
    for taken in ("annual-2027-LN-1", "con"):
        assert "年度工作的编号" in findings(raw | {"filing_id": taken})["/filing_id"]


def test_only_the_province_imports() -> None:
    raw = alliance_list.read("a.xlsx", workbook(FULL), "辽科函9号")[0].raw
    city = {"person": "c-101", "office": "210100", "role": "city_st"}
    assert [each.field for each in intake.examine(raw | {"by": city}, NOW, judging.Known()).findings] == ["/by"]


def test_the_stand_in_of_a_code_is_no_code_and_of_one_filing_alone() -> None:
    one, other = listed.stand_in("A"), listed.stand_in("B")
    assert one != other
    assert listed.is_stand_in(one)
    assert len(one) == 18
    assert not codes.is_uscc(one)


@pytest.mark.xdist_group("browser")
@pytest.mark.filterwarnings("default:Chromium")
async def test_the_province_imports_a_list_from_a_page_and_the_leader_completes_it(world: World) -> None:
    if (browser := chromium()) is None:
        return
    content = workbook(
        ["沈阳市", "沈阳丁数控产学研联盟", "沈阳丁有限公司", LEADER, "2021-12-08", "辽科备〔2021〕9号"], WRONG
    )
    async with served(world, "2027-03-16") as gateway, visiting(gateway, browser) as visitor:
        await visitor.comes_in("p-401")
        await visitor.opens("/desk/import")
        sent = {"name": "名单.xlsx", "mimeType": XLSX, "buffer": content}
        await visitor.page.locator("[name=file]").set_input_files(sent)  # type: ignore[arg-type]
        await visitor.fills({"document_no": "辽科函〔演示〕9号"})
        await visitor.presses("核对名单")
        assert "须填写" in await visitor.page.locator("main").inner_text()
        await visitor.presses("导入可以导入的1行")
        await visitor.page.get_by_text("没有可以导入的行").wait_for()
        assert "已导入 1 行" in await visitor.page.locator("main").inner_text()

        await visitor.comes_in("u-leader-01")
        await visitor.opens("/my")
        await visitor.page.get_by_role("link", name="补充存量资料").first.click()
        await visitor.looks()
        assert "据存量名单导入" in await visitor.page.locator("main").inner_text()
        await completes(visitor)


async def completes(visitor: Visitor) -> None:
    """A leader fills in what the list did not say, without documents, and the record is complete."""
    page = visitor.page
    told = form_of(Kind.A, alliance_name="沈阳丁数控产学研联盟")
    told = {name: value for name, value in told.items() if not name.startswith("/documents")}
    await visitor.fills({**told, "/leader/phone": "1"})
    await visitor.presses("补充存量资料")
    assert "没有提交成功" in await page.locator(".notice.bad").inner_text()
    assert await page.locator("[name^='/documents/1/']").count() == 0, "no document is asked for"
    await visitor.fills({"/leader/phone": told["/leader/phone"]})
    at, pressed = page.url, [*map(tuple, await page.evaluate(TYPED)), ("do", "submit")]
    said = await visitor.presses("补充存量资料")
    assert "已补充存量资料" in said, await page.locator("main").inner_text()
    again = await page.request.post(at, data=urlencode(pressed), headers=AS_A_FORM, max_redirects=0)
    assert "已补充存量资料" in unquote(again.headers["location"]), "pressed twice it is one act"
    number = page.url.partition("/filings/")[2].partition("?")[0].partition("/")[0]
    filing = visitor.gateway.tools.register.filing(number)
    assert filing
    assert (filing.incomplete, filing.consent, filing.leader) == (False, True, LEADER)
    await visitor.opens("/my")
    assert await page.get_by_role("link", name="补充存量资料").count() == 0, "nothing is left to be done"


async def test_what_would_come_of_a_list_is_looked_up_once_and_pressed_twice_it_is_one_import() -> None:
    now, looks, imports, key = [0.0], Counter[str](), Counter[str](), ("0" * 64, "辽科函9号")
    lists, began, goes_on = Importing(lambda: now[0]), asyncio.Event(), asyncio.Event()

    def look(watch: Watch) -> Summary:
        looks["again"] += 1
        watch(1, 1)
        return importing.summary([], 200)

    async def imported(watch: Watch, refused: dict[int, tuple[Finding, ...]]) -> None:
        imports["again"] += 1
        watch(0, 3)
        refused[4] = ()
        began.set()
        await goes_on.wait()

    seen = await asyncio.gather(*(lists.looked(key, look) for _ in range(3)))
    assert [type(each) for each in seen] == [Summary] * 3
    assert looks.total() == 1, "for whoever asks meanwhile, and later"
    for _ in range(2):
        lists.begin(key, imported)
        assert lists.running(key) == Running("导入"), "it is under way before it has found out anything"
    await began.wait()
    assert await lists.looked(key, look) == Running("导入", 0, 3)
    goes_on.set()
    await asyncio.gather(*lists._tasks.values())
    assert imports.total() == 1
    assert lists.refused(key) == {4: ()}
    assert isinstance(await lists.looked(key, look), Summary)
    now[0] += FRESH
    assert isinstance(await lists.looked(key, look), Summary)
    assert looks.total() == 3, "anew after the import, and after a while"
    assert lists.refused(key) == {4: ()}
    for number in range(3 * LISTS):
        await lists.looked((f"{number:064}", ""), look)
    assert len(lists._tasks) <= LISTS + 1, "what is remembered has a bound"


async def test_a_list_is_imported_once_however_often(world: World) -> None:
    rows = alliance_list.read("a.xlsx", workbook(FULL, BARE, WRONG), "辽科函9号")
    filings = world.door_at(NOW)
    planned = importing.plan(filings, rows, BY, NOW)
    assert [each.outcome for each in planned] == [Outcome.NEW, Outcome.NEW, Outcome.REFUSED]
    assert "备案编号与第4行相同" in [each.message for each in planned[2].findings]
    assert await importing.carry_out(filings, planned) == {}
    again = importing.plan(filings, rows, BY, NOW)
    assert [each.outcome for each in again] == [Outcome.DONE, Outcome.DONE, Outcome.REFUSED]
    filing = world.register.filing(planned[0].filing_id)
    assert filing
    assert (filing.stage, filing.incomplete, filing.consent, filing.archive_number) == (
        Stage.IN_FORCE, True, False, "辽科备〔2021〕7号",
    )  # fmt: skip
    assert world.register.verify(filing.id) == []


def named(place: str, *numbers: int) -> list[list[str]]:
    """Rows of alliances of a place that differ in name and number."""
    return [
        [place, f"{place}{n}号产学研联盟", f"{place}{n}公司", "", "2021-12-08", f"辽科备〔2021〕{n}号"] for n in numbers
    ]


def of_list(world: World, *rows: list[str]) -> list[Planned]:
    """What would come of these rows."""
    return importing.plan(world.door_at(NOW), alliance_list.read("a.xlsx", workbook(*rows), "辽科函9号"), BY, NOW)


async def test_what_dies_between_register_and_engine_is_started_by_the_next_run(world: World) -> None:
    filings, rows = world.door_at(NOW), named("鞍山", 101, 102)
    planned = of_list(world, *rows)
    legacy.enter(filings, [each.new for each in planned if each.new])  # and there everything dies
    begun = {each.filing_id: world.register.docket(each.filing_id) for each in planned}
    ids = sorted(begun)
    for again in ((*rows, *named("鞍山", 103)), rows):
        planned = of_list(world, *again)
        assert {each.outcome for each in planned if each.filing_id in begun} == {Outcome.DONE}
        assert await importing.carry_out(filings, planned) == {}
    for filing_id in (*ids, of_list(world, *named("鞍山", 103))[0].filing_id):
        assert await world.handle(filing_id).query("filing", result_type=Filing) == world.register.filing(filing_id)
    assert {filing_id: world.register.docket(filing_id) for filing_id in ids} == begun, "nothing is entered twice"
    assert not await filings.revive(ids), "whatever runs is left alone"


async def test_of_a_portion_that_cannot_be_entered_whole_each_row_is_told_by_itself(world: World) -> None:
    """Its name was taken meanwhile; or it was received before, when everything died, and counts as of then."""
    filings, earlier = world.door_at(NOW), NOW.replace(hour=8)
    planned = of_list(world, *named("抚顺", 201, 202, 203))
    taken, received, third = planned
    assert received.new
    assert third.new
    numbered = {**taken.listed.raw["legacy"], "archive_number": "抚1"}
    await filings.submit(taken.listed.raw | {"filing_id": "TAKES-ITS-NAME", "legacy": numbered})
    asked, arrivals = digest(received.new.paper), filings.reception.arrivals
    arrivals.receive(received.filing_id, identity.SUBMISSION, asked, earlier, earlier)
    refused = await importing.carry_out(filings, planned)
    assert list(refused) == [taken.listed.number]
    assert world.register.filing(taken.filing_id) is None
    stamped = [world.register.docket(each.filing_id)[0].at for each in (received, third)]
    assert stamped == [earlier, NOW]
    assert not arrivals.submitted([received.filing_id])


async def test_entered_together_or_submitted_alone_a_row_comes_to_the_same(world: World) -> None:
    """Everything that its entry says, sends and shows, but for names, digests of them, and when it was entered."""
    filings = world.door_at(NOW)
    alone, together = of_list(world, *named("本溪", 301, 302))
    await filings.submit(alone.listed.raw)
    assert await importing.carry_out(filings, [together]) == {}

    def says(of: Planned, number: int) -> str:
        (entry,), row = world.register.docket(of.filing_id), world.register.row(of.filing_id)
        assert row
        sent = [[each.text, each.to, each.office, each.body] for each in world.register.messages(of.filing_id)]
        event, filing = entry.event.model_dump(mode="json"), entry.filing.model_dump(mode="json")
        for each in (event, filing):
            each.update(dict.fromkeys(("paper", "substance", "address", "leader"), "…"))
        told = json.dumps([event, filing, entry.article, sent, row.public], ensure_ascii=False)
        return told.replace(of.filing_id, "…").replace(entry.filing.leader, "…").replace(str(number), "…")

    assert says(alone, 301) == says(together, 302)
    assert world.register.verify(together.filing_id) == []


async def test_so_many_lists_are_looked_through_at_once() -> None:
    """Whoever sends one list after the other, each another one, fills no memory with them; in time the next is taken."""
    lists, going = Importing(), threading.Event()

    def look(_: Watch) -> object:
        going.wait(60)
        return "found"

    asked = [asyncio.create_task(lists.looked((str(number), ""), look)) for number in range(WAITING)]
    await comes(lambda: all(lists.running((str(number), "")) for number in range(WAITING)))
    with pytest.raises(Busy):
        await lists.looked(("another", ""), look)
    going.set()
    assert await asyncio.gather(*asked) == ["found"] * WAITING
    assert await lists.looked(("another", ""), look) == "found"
