"""The evaluation by third parties and the subsidy at the doors: in a browser from opening to payment, and who sees what on the way."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from typing import Any

import openpyxl
import pytest

from gateway.identity import EMBEDDED
from gateway.problem import Refused
from gateway.shown.rounds.seen import may_read
from gateway.shown.rounds.subsidies import proofs
from gateway.visit import Visit
from models.rounds.round import RoundEntry, RoundReceipt
from models.vocabulary import Kind
from tests.applications import enterprise
from tests.foretold import goes_as_foreseen
from tests.law.rounds_of_money import COMMISSION, scores
from tests.law.test_subsidy_rounds import BANDS
from tests.patience import comes
from tests.served import Served, served
from tests.story import application, instant
from tests.test_browser import Visitor, chromium, visiting
from tests.world import World

pytestmark = pytest.mark.xdist_group("browser")

YEAR = 2027
EVALUATION, SUBSIDY = f"performance-{YEAR}-LN-1", f"subsidy-{YEAR}-LN-1"
PROVINCE = {"person": "p-401", "office": "210000", "role": "province_st"}
COLLEAGUE = PROVINCE | {"person": "p-402"}
EVALUATOR = {"person": "e-501", "office": "210000", "role": "evaluator"}


EVIDENCE = b"%PDF-1.7 evidence"
D5A = next(each["sha256"] for each in application(Kind.B)["documents"] if each["kind"] == "D5a")
"""What proves the research of every alliance here."""


def alliance(number: int) -> dict[str, Any]:
    """An alliance of before, of a leader of its own."""
    form = application(Kind.B)
    own, other = enterprise(6000 + number), form["leader"]["uscc"]
    text = (
        json.dumps(form, ensure_ascii=False)
        .replace(other, own)
        .replace(form["leader"]["name"], f"沈阳第{number}传感有限公司")
    )
    changed: dict[str, Any] = json.loads(text)
    return changed | {
        "filing_id": f"MONEY-{number}", "alliance_name": f"沈阳市第{number}传感产学研联盟", "by": PROVINCE,
        "legacy": {"archived_on": "2025-06-18", "archive_number": f"辽科备{number:04}", "document_no": "辽科函〔2025〕1号"},
        "received_at": instant(f"{YEAR}-01-11").isoformat(),
    }  # fmt: skip


@asynccontextmanager
async def town(world: World) -> AsyncIterator[Served]:
    """A gateway over three alliances of kind B."""
    for number in (1, 2, 3):
        if world.register.row(f"MONEY-{number}") is None:
            await world.submits(alliance(number))
    async with served(world, f"{YEAR}-02-01") as gateway:
        yield gateway


async def does(gateway: Served, round_id: str, on: str, by: dict[str, str], kind: str, **said: Any) -> RoundReceipt:
    """An act in a round, as a door takes it."""
    gateway.clock.set(on)
    raw = {"id": f"{kind}-{on}-{by['person']}-{said.get('filing', '')}", "by": by, "kind": kind, **said}
    return await goes_as_foreseen(gateway.tools, round_id, raw)


def window(opens: str, closes: str) -> dict[str, str]:
    """Opens a round over kind B."""
    return {"title": f"{YEAR}年度", "opens": opens, "closes": closes, "alliances": "B"}


async def evaluated(gateway: Served) -> None:
    """The evaluation was opened, commissioned, brought and accepted."""
    if gateway.tools.rounds.register.row(EVALUATION):
        return
    await does(gateway, EVALUATION, f"{YEAR}-02-01", PROVINCE, "open_round", **window(f"{YEAR}-02-01", f"{YEAR}-03-31"))
    content = {"people": ["e-501"], "alliances": [f"MONEY-{number}" for number in (1, 2, 3)], "no_interest": True}
    await does(gateway, EVALUATION, f"{YEAR}-02-02", PROVINCE, "commission", content=content, **COMMISSION)
    rows = [scores(f"MONEY-{number}", points) for number, points in ((1, "92.5"), (2, "80"), (3, "70"))]
    await does(gateway, EVALUATION, f"{YEAR}-03-01", EVALUATOR, "appraise", content={"rows": rows})
    await does(gateway, EVALUATION, f"{YEAR}-03-20", PROVINCE, "accept_results", document_no="辽科发〔2027〕1号")


def filled(content: bytes, points: dict[int, Any]) -> bytes:
    """The sheet that was taken away, with the same score in every dimension of some rows."""
    book = openpyxl.load_workbook(BytesIO(content))
    sheet = book.worksheets[0]
    titles = [str(cell.value) for cell in sheet[1]]
    for row, given in points.items():
        for title in ("建设方向", "运行机制", "创新成效", "组织活动"):
            sheet.cell(row, titles.index(title) + 1, given)
        sheet.cell(row, titles.index("评价意见") + 1, "运行正常")
    written = BytesIO()
    book.save(written)
    return written.getvalue()


async def uploads(visitor: Visitor, content: bytes) -> str:
    """Upload a sheet on the page of the round."""
    file = {"name": "评价表.xlsx", "mimeType": "application/octet-stream", "buffer": content}
    await visitor.page.set_input_files("#sheet-file", file)  # type: ignore[arg-type]
    await visitor.page.get_by_role("button", name="上传评价表", exact=True).click()
    await visitor.looks()
    return await visitor.page.locator("main").inner_text()


def docket_of(gateway: Served, round_id: str) -> list[RoundEntry]:
    """What was entered of a round."""
    return gateway.tools.rounds.register.docket(round_id)


async def taken_away(visitor: Visitor, path: str) -> bytes:
    """A file that somebody who is signed in downloads."""
    answer = await visitor.page.request.get(visitor.gateway.base + path)
    assert answer.status == 200, path
    return await answer.body()


async def acts(visitor: Visitor, person: str, round_id: str, kind: str, label: str, values: dict[str, str]) -> str:
    """Somebody fills in the form of an act and sends it."""
    await visitor.comes_in(person)
    await visitor.opens(f"/rounds/{round_id}/acts/{kind}")
    await visitor.fills(values)
    said = await visitor.sends(label)
    assert f"“{label}”已登记" in said, await visitor.page.locator("main").inner_text()
    return said


@pytest.mark.filterwarnings("default:Chromium")
async def test_a_third_party_evaluates_in_a_browser(world: World) -> None:
    if (browser := chromium()) is None:
        return
    async with town(world) as gateway, visiting(gateway, browser) as visitor:
        opened = {f"/{name}": value for name, value in window(f"{YEAR}-02-01", f"{YEAR}-03-31").items()}
        await acts(visitor, "p-401", EVALUATION, "open_round", "开启", opened)
        told = {f"/{name}": value for name, value in COMMISSION.items()}
        told |= {"/content/people": "e-501\ne-502", "/content/no_interest": "yes"}
        await acts(visitor, "p-401", EVALUATION, "commission", "委托第三方评价", told)
        await visitor.comes_in("e-501")
        await visitor.opens("/desk/filings")
        assert "MONEY-1" in await visitor.page.content()
        await visitor.opens("/filings/MONEY-1/versions/1")
        assert (await visitor.page.request.get(gateway.base + "/filings/NOBODYS")).status == 404
        await visitor.opens(f"/rounds/{EVALUATION}")
        sheet = await taken_away(visitor, f"/rounds/{EVALUATION}/documents/appraisals.xlsx")
        wrong = await uploads(visitor, filled(sheet, {2: "92.5", 3: 101, 4: "七十"}))
        assert "评价表有8处须改正" in wrong
        assert "第3行E列“建设方向”" in wrong
        await visitor.opens(f"/rounds/{EVALUATION}")
        assert "3家联盟的评价已登记" in await uploads(visitor, filled(sheet, {2: "92.5", 3: 80, 4: 70}))
        gateway.clock.set(f"{YEAR}-03-20")
        await acts(
            visitor, "p-401", EVALUATION, "accept_results", "验收评价结果", {"/document_no": "辽科发〔2027〕1号"}
        )
        await visitor.opens(f"/rounds/{EVALUATION}")
        assert "1\n优秀" in await visitor.page.locator(".counts").inner_text()
        appraised = next(each for each in docket_of(gateway, EVALUATION) if each.event.kind == "appraise")
        await visitor.opens(f"/rounds/{EVALUATION}/entries/{appraised.number}/paper")
        read = await visitor.page.locator("main").inner_text()
        assert "沈阳市第1传感产学研联盟（" in read, "alliances by name, not by the id of the platform alone"
        results = openpyxl.load_workbook(
            BytesIO(await taken_away(visitor, f"/rounds/{EVALUATION}/documents/results.xlsx"))
        )
        assert [cell.value for cell in results.worksheets[0][2]][9:11] == [92.5, 92.5]


async def test_who_withdrew_reads_neither_the_filing_nor_what_others_declared(world: World) -> None:
    """细则 8: in no round of the year, whatever was accepted since; what one evaluator declares of themselves is for the province alone."""
    again, colleague = f"performance-{YEAR}-LN-2", EVALUATOR | {"person": "e-502"}
    other, mine, theirs = (EMBEDDED["e-501"].but(person=each) for each in ("e-503", "e-501", "e-502"))
    async with town(world) as gateway:
        await evaluated(gateway)  # else nobody could be commissioned with it any more
        await does(gateway, again, f"{YEAR}-02-01", PROVINCE, "open_round", **window(f"{YEAR}-02-01", f"{YEAR}-03-31"))
        content = {"people": ["e-501", "e-502"], "alliances": ["MONEY-1"], "no_interest": True}
        await does(gateway, again, f"{YEAR}-02-02", PROVINCE, "commission", content=content, **COMMISSION)
        assert "MONEY-1" in gateway.tools.at_work(mine).assigned
        said = {"filing": "MONEY-1", "reason": "曾任该企业顾问"}
        await does(gateway, again, f"{YEAR}-02-03", EVALUATOR, "declare_interest", **said)
        assert "MONEY-1" not in gateway.tools.at_work(mine).assigned
        declared = gateway.tools.rounds.register.entry_of(again, f"declare_interest-{YEAR}-02-03-e-501-MONEY-1")
        assert declared
        readers = [each.person for each in (other, mine, theirs) if may_read(gateway.tools, each, declared)]
        assert readers == ["e-501"]
        content = {"rows": [scores("MONEY-1", "80")]}
        await does(gateway, again, f"{YEAR}-03-01", colleague, "appraise", content=content)
        await does(gateway, again, f"{YEAR}-03-20", PROVINCE, "accept_results", document_no="辽科发〔2027〕2号")
        assert "MONEY-1" not in gateway.tools.at_work(mine).assigned
        assert "MONEY-1" in gateway.tools.at_work(theirs).assigned


BANDS_TYPED = {
    f"/content/bands/{number}/{name}": value for number, band in enumerate(BANDS) for name, value in band.items()
}


async def names_are_offered(visitor: Visitor) -> None:
    """Nobody types a digest or an id: what is noted is read off a document that is there, an alliance chosen by its name."""
    page, base = visitor.page, visitor.gateway.base
    await page.goto(f"{base}/rounds/{SUBSIDY}/acts/note_base?filing=MONEY-1")
    assert page.url == f"{base}/rounds/{SUBSIDY}/bases/MONEY-1"
    await page.goto(f"{base}/rounds/{SUBSIDY}/acts/note_base")
    assert page.url == f"{base}/rounds/{SUBSIDY}#considered"
    await visitor.opens(f"/rounds/{SUBSIDY}/acts/record_exclusion")
    told = await page.locator("select[name='/filing'] option").all_inner_texts()
    assert [each.partition("（")[0] for each in told[1:]] == [f"沈阳市第{number}传感产学研联盟" for number in (1, 2, 3)]


@pytest.mark.filterwarnings("default:Chromium")
async def test_a_subsidy_from_its_opening_to_the_payment_in_a_browser(world: World) -> None:
    if (browser := chromium()) is None:
        return
    async with town(world) as gateway, visiting(gateway, browser) as visitor:
        await evaluated(gateway)
        page = visitor.page
        gateway.clock.set(f"{YEAR}-04-01")
        opened = {f"/{name}": value for name, value in window(f"{YEAR}-04-01", f"{YEAR}-06-30").items()}
        await acts(visitor, "p-401", SUBSIDY, "open_round", "开启", opened)
        scheme = {"/document_no": "辽科发〔2027〕9号", "/content/budget": "90", **BANDS_TYPED}
        await acts(visitor, "p-401", SUBSIDY, "adopt_scheme", "印发年度方案", scheme)
        await visitor.comes_in("c-101")
        await visitor.opens(f"/rounds/{SUBSIDY}/bases/MONEY-1")
        await page.locator("#amount").fill("150")
        assert "“沈阳市第1传感产学研联盟”的研发投入已登记" in await visitor.presses("登记核对结果")
        await names_are_offered(visitor)
        leader = {"person": "u-2", "office": enterprise(6002), "role": "leader"}
        newer = {
            "kind": "D5b",
            "name": "审计报告.pdf",
            "media_type": "application/pdf",
            "size": 9,
            "location": "upload:x",
        }
        brought = {"year": YEAR - 1, "stated": "601", "document": newer | {"sha256": "b" * 64}}
        await does(gateway, SUBSIDY, f"{YEAR}-04-04", leader, "bring_proof", filing="MONEY-2", content=brought)
        round_ = gateway.tools.rounds.register.round(SUBSIDY)
        assert round_
        offered, on_the_form = proofs(gateway.tools, round_, "MONEY-2")
        assert ([each.kind for each in offered], offered[0].of_round, on_the_form) == (["D5b", "D5a"], True, "420.00")
        for filing, amount, document in (("MONEY-2", "600", "b" * 64), ("MONEY-3", "38.4", D5A)):
            noted = {
                "filing": filing,
                "amount": amount,
                "proof": "D5a" if document == D5A else "D5b",
                "document": document,
            }
            await does(gateway, SUBSIDY, f"{YEAR}-04-05", PROVINCE, "note_base", **noted)
        gateway.clock.set(f"{YEAR}-05-06")
        number = {"/document_no": "辽科发〔2027〕12号"}
        assert "尚未生效" in await acts(visitor, "p-401", SUBSIDY, "approve_list", "审定名单并公示", number)
        await visitor.comes_in("p-402")
        await visitor.opens(f"/rounds/{SUBSIDY}/acts/approve_list")
        read = await page.locator("main").inner_text()
        assert all(
            each in read for each in ("先办理", "按现有登记试算的名单", "沈阳市第1传感产学研联盟", "逐项说明")
        ), read
        await acts(visitor, "p-402", SUBSIDY, "approve_list", "审定名单并公示", number)
        assert await page.locator(".stands").inner_text() == "公示中"
        await is_objected_to(gateway, visitor)
        gateway.clock.set(f"{YEAR}-05-30")
        paid = {"/document_no": "辽财〔2027〕3号", "/paid_on": f"{YEAR}-05-28"}
        await acts(visitor, "p-401", SUBSIDY, "record_payment", "登记资金下达", paid)
        book = openpyxl.load_workbook(BytesIO(await taken_away(visitor, f"/rounds/{SUBSIDY}/documents/payment.xlsx")))
        rows = [[cell.value for cell in row] for row in book.worksheets[0].iter_rows(min_row=2)]
        assert {row[6] for row in rows} == {6, 30, 50, 86}, "in whatever order the newest of the evaluations puts them"
        await acts(visitor, "p-401", SUBSIDY, "close_round", "结束", {})
        assert await page.locator(".stands").inner_text() == "已结束"
        assert gateway.tools.rounds.register.verify(SUBSIDY) == []
        await page.context.clear_cookies()
        await visitor.opens("/outcomes")
        await page.get_by_role("link", name="2027年度").first.click()
        await visitor.looks()
        assert "沈阳市第1传感产学研联盟" in await page.locator("main").inner_text()


async def is_objected_to(gateway: Served, visitor: Visitor) -> None:
    """Somebody objects to the list on the public site; the province admits and dismisses it."""
    page = visitor.page
    await page.context.clear_cookies()
    await followed(gateway, SUBSIDY)
    await visitor.opens(f"/objections/rounds/{SUBSIDY}")
    told = {"name": "异议人甲", "party": "individual", "contact": "13900000009", "text": "第二名的研发投入与事实不符"}
    await visitor.fills({f"/content/{name}": value for name, value in told.items()})
    await page.get_by_role("button", name="提交异议", exact=True).click()
    await visitor.looks()
    assert "须提供必要的证明材料" in await page.locator(".notice").inner_text(), "what an objector is warned of"
    evidence = {"name": "审计报告.pdf", "mimeType": "application/pdf", "buffer": EVIDENCE}
    await page.set_input_files("[name='/content/evidence/0/file']", evidence)  # type: ignore[arg-type]
    await page.get_by_role("button", name="提交异议", exact=True).click()
    await visitor.looks()
    receipt = await page.locator("main").inner_text()
    assert all(each in receipt for each in ("回执", "省科技厅", "20个工作日，至"))
    await evidence_is_read_by_whoever_rules(gateway, visitor)
    ruling = {"/admissible": "yes", "/reason": "实名并附材料"}
    round_ = gateway.tools.rounds.register.round(SUBSIDY)
    assert round_
    assert round_.notice
    about = f"?objection={round_.notice.objections[0].id}"
    await visitor.comes_in("p-401")
    await visitor.opens(f"/rounds/{SUBSIDY}/acts/admit_list_objection{about}")
    assert "第二名的研发投入与事实不符" in await page.locator("main").inner_text(), "who rules on it reads it"
    await acts(visitor, "p-401", SUBSIDY, f"admit_list_objection{about}", "认定名单异议是否受理", ruling)
    assert "第二名的研发投入与事实不符" in await page.locator("main").inner_text()
    dismissed = {"/outcome": "dismissed", "/reason": "经核查不属实"}
    await acts(visitor, "p-401", SUBSIDY, f"rule_on_list_objection{about}", "处理名单异议", dismissed)
    await is_written_to(gateway, visitor)


async def evidence_is_read_by_whoever_rules(gateway: Served, visitor: Visitor) -> None:
    """The file that somebody brought with an objection: for whoever rules, for nobody else; and looked after as any other."""
    register, sha256 = gateway.tools.register, hashlib.sha256(EVIDENCE).hexdigest()
    await visitor.comes_in("p-401")
    await visitor.opens(f"/rounds/{SUBSIDY}")
    assert "逾期催办（处理名单异议）" in await visitor.page.locator("main").inner_text()
    link = await visitor.page.get_by_role("link", name="审计报告.pdf").get_attribute("href")
    assert await taken_away(visitor, str(link)) == EVIDENCE
    for other in ("q-403", "c-101"):
        await visitor.comes_in(other)
        answer = await visitor.page.request.get(f"{gateway.base}{link}")
        assert answer.status == 404, "who objects is known to whoever rules on it alone (G-04)"
    assert sha256 in {each.sha256 for each in register.attached()}


async def is_written_to(gateway: Served, visitor: Visitor) -> None:
    """A letter against the list: entered with its scan, compared by a colleague from the page, and dismissed."""
    page, register = visitor.page, gateway.tools.rounds.register
    await visitor.comes_in("p-401")
    await visitor.opens(f"/rounds/{SUBSIDY}/acts/enter_list_letter")
    told = {"came/on": f"{YEAR}-05-06", "came/how": "in_person", "came/received_by": "入库人"}
    told |= {f"content/{name}": value for name, value in {"name": "异议人乙", "party": "individual"}.items()}
    await visitor.fills(
        {f"/{name}": value for name, value in told.items()} | {"/content/text": "第一名已获其他专项支持"}
    )
    scan = {"name": "来信.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 letter"}
    await page.set_input_files("[name='/content/scan/file']", scan)  # type: ignore[arg-type]
    await visitor.sends("登记对名单的书面异议")
    assert "待另一人核对的书面异议" in await page.locator("main").inner_text()
    assert await page.locator("a[href*='confirm_list_letter?']").count() == 0, "not by who entered it"
    await visitor.comes_in("p-402")
    await visitor.opens(f"/rounds/{SUBSIDY}")
    link = await page.get_by_role("link", name="来信.pdf").get_attribute("href")
    assert await taken_away(visitor, str(link)) == b"%PDF-1.7 letter"
    foreign = {
        "name": "x.pdf",
        "media_type": "application/pdf",
        "size": 9,
        "sha256": "e" * 64,
        "location": f"upload:{'e' * 64}",
    }
    brought = {"scan": foreign, "party": "individual", "text": "同上"}
    visit = Visit(gateway.tools, EMBEDDED["p-402"], "")
    with pytest.raises(Refused, match="扫描件不是本机构所上传"):
        await visit.act_on_round(SUBSIDY, {"id": "foreign", "kind": "enter_list_letter", "content": brought})
    await page.locator("a[href*='confirm_list_letter?']").click()
    await visitor.fills({"/same": "yes"})
    await visitor.sends("核对对名单的书面异议")
    assert "第一名已获其他专项支持" in await page.locator("#objections ~ dl").inner_text()
    (letter,) = (each for each in register.docket(SUBSIDY) if each.event.kind == "enter_list_letter")
    assert letter.act
    said = {"objection": letter.act.id, "reason": "经核查不属实"}
    await does(gateway, SUBSIDY, f"{YEAR}-05-06", PROVINCE, "admit_list_objection", admissible=True, **said)
    await does(gateway, SUBSIDY, f"{YEAR}-05-06", PROVINCE, "rule_on_list_objection", outcome="dismissed", **said)


async def followed(gateway: Served, round_id: str) -> None:
    """Wait until everything that follows from what was entered was done."""

    async def is_done() -> bool:
        row = await asyncio.to_thread(gateway.tools.rounds.register.row, round_id)
        return bool(row and row.followed >= row.number)

    await comes(is_done)
