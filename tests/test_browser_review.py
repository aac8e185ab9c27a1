"""A reviewer's day in a real browser: applications read and decided on one page, counted.

With `PICTURES=docs` it takes the picture of docs/desk.md on its way.
"""

from os import environ
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Page

from gateway.remembered.uploads import Uploads
from models.values import digest
from models.vocabulary import Kind, Stage
from regulation.checklist import CONDITIONS
from tests.served import Served, served
from tests.story import application
from tests.test_attachments import pdf
from tests.test_browser import Visitor, chromium, visiting, year  # noqa: F401 - a fixture
from tests.test_uploads import file
from tests.world import World

pytestmark = pytest.mark.xdist_group("browser")

APPLICATIONS = int(environ.get("BEIAN_APPLICATIONS", "2"))
"""How many are decided; 20 are a day (docs/desk.md)."""

AT_MOST = 12
"""Key presses and clicks beside the answers, from the inbox to the notice."""


AGREEMENT = """<body style="font: 14px/2 sans-serif; margin: 3em"><h3 style="text-align: center">产学研联盟协议</h3>
<p>甲方：沈阳星海智造装备有限公司（盟主）<br>乙方：辽宁示例工业大学<br>丙方：大连海示例精密研究院<br>丁方：抚顺示例铸造合作社</p>
<p>第一条　各方以五轴联动数控机床的关键技术为共同目标，三年内形成两个系列的整机产品并实现批量应用。</p>
<p>第二条　研发投入由盟主承担六成，其余由成员按约定分担；形成的知识产权归实际完成方所有，联盟成员优先使用。</p>
<p>第三条　任何一方违反本协议的，赔偿守约方因此受到的损失。</p></body>"""
"""What the picture shows of an agreement."""


async def agreement(page: Page) -> bytes:
    """The agreement that lies there: two pages of nothing, or, for the picture, one with words."""
    if "PICTURES" not in environ:
        return pdf(2)
    await page.set_content(AGREEMENT)
    return await page.pdf(format="A4")


async def pictured(page: Page, name: str) -> None:
    """A picture for docs/desk.md, where pictures are asked for."""
    if folder := environ.get("PICTURES"):
        before = page.viewport_size
        await page.set_viewport_size({"width": 1280, "height": 820})
        await page.locator("[data-current]").evaluate(
            "each => each.scrollIntoView({block: 'start', behavior: 'instant'})"
        )
        await page.screenshot(path=Path(folder) / f"{name}.png")
        if before:
            await page.set_viewport_size(before)


class Hands:
    """What a reviewer does with keyboard and mouse, counted; and how many pages are loaded for it."""

    def __init__(self, page: Page) -> None:
        self.page, self.presses, self.answers, self.loads = page, 0, 0, 0
        page.on("framenavigated", lambda frame: self._loaded(frame == page.main_frame))

    def _loaded(self, whole: bool) -> None:
        self.loads += whole

    async def clicks(self, name: str) -> None:
        """Press a button or a link by its name, and wait for where it leads."""
        self.presses += 1
        async with self.page.expect_navigation():
            await self.page.locator("main").get_by_text(name, exact=True).first.click()

    async def presses_key(self, key: str) -> None:
        """A key that leads somewhere."""
        self.presses += 1
        async with self.page.expect_navigation():
            await self.page.keyboard.press(key)

    async def answers_with(self, key: str) -> None:
        """A key that answers the check that is looked at."""
        self.answers += 1
        await self.page.keyboard.press(key)


async def submitted(gateway: Served, filing_id: str, number: int, signed: bytes) -> None:
    """An application lies there, its agreement with us."""
    uploads: Uploads = gateway.tools.uploads
    form: dict[str, Any] = application(
        filing_id=filing_id,
        alliance_name=f"沈阳市星海智造{'甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉'[number]}产学研联盟",
    )
    stored = await uploads.store(file(signed, "联盟协议.pdf"), form["leader"]["uscc"], gateway.tools.clock())
    form["documents"] = [each | stored if each["kind"] == "D2" else each for each in form["documents"]]
    leader = form.pop("by")
    form.pop("received_at", None)
    stamped = form | {"by": leader, "received_at": gateway.tools.clock().isoformat()}
    await gateway.tools.filings.submit(stamped)


async def agrees(gateway: Served, filing_id: str) -> None:
    """工信 agrees, by its own program."""
    by = {"person": "i-201", "office": "210100", "role": "city_iit"}
    received = gateway.tools.clock().isoformat()
    act = {"id": f"iit-{digest(filing_id)[:8]}", "kind": "give_iit_opinion", "positive": True}
    await gateway.tools.filings.act(filing_id, act | {"by": by, "received_at": received})


def standing(world: World, filing_id: str) -> Stage | None:
    """Where a filing stands."""
    filing = world.register.filing(filing_id)
    return filing.stage if filing else None


async def mends_a_slip(page: Page) -> None:
    """A wrong answer, and a digit in a note, which is no answer."""
    note = page.locator("[data-current] input[type=text]")
    await page.keyboard.press("2")
    await page.keyboard.type("1")
    assert await note.input_value() == "1", "no key acts in a field"
    await note.fill("")
    await page.locator("[data-current]").focus()


async def stands_beside(page: Page) -> None:
    """The first document that proves something is drawn in its frame."""
    await page.wait_for_selector("iframe[name=proof]")
    proof = page.frame(name="proof")
    assert proof
    drawn = await proof.locator("img").first.evaluate("async image => (await image.decode(), image.naturalWidth)")
    assert drawn in (1000, 1001)


@pytest.mark.filterwarnings("default:Chromium")
async def test_applications_are_read_and_decided_on_one_page(world: World, year: int) -> None:  # noqa: F811
    if (browser := chromium()) is None:
        return
    async with served(world, f"{year}-03-15") as gateway, visiting(gateway, browser) as visitor:
        filings = [f"LN-{uuid4().hex[:8]}-{number}" for number in range(APPLICATIONS)]
        page = visitor.page
        signed = await agreement(page)
        for number, filing_id in enumerate(filings):
            await submitted(gateway, filing_id, number, signed)
        gateway.clock.set(f"{year}-03-16")

        await visitor.comes_in("c-101")
        await page.goto(f"{gateway.base}/desk")
        accepting = Hands(page)
        await accepting.clicks("逐件办理")
        await visitor.looks()
        await stands_beside(page)
        for _ in filings:
            await accepting.clicks("受理")
        for filing_id in filings:
            assert standing(world, filing_id) is Stage.UNDER_REVIEW
            await agrees(gateway, filing_id)

        await visitor.comes_in("c-102")
        await page.goto(f"{gateway.base}/desk")
        deciding = Hands(page)
        await deciding.clicks("逐件办理")
        checks = len(CONDITIONS[Kind.A])
        for number in range(APPLICATIONS):
            if number == 0:
                await pictured(page, "desk-review")
                await mends_a_slip(page)
            for _ in range(checks - 1):
                await deciding.answers_with("1")
            async with page.expect_response(lambda answer: answer.request.method == "POST"):
                await deciding.answers_with("1")
            if number == 0:
                await page.reload()
                assert await page.locator("input[value=met]:checked").count() == checks, "nothing is lost by leaving"
                deciding.loads -= 1
            await deciding.presses_key("d")
            await page.locator("[data-send]:focus").wait_for()
            if number == 0:
                await visitor.looks()
                await page.locator("[data-send]").focus()
                assert "将公开发布的公告" in await page.locator("#decision").inner_text()
            await deciding.presses_key("Enter")
            assert "已登记" in await page.locator(".said").inner_text()
        assert page.url.startswith(f"{gateway.base}/desk"), "nothing is left"
        for filing_id in filings:
            assert standing(world, filing_id) is Stage.ON_NOTICE
        assert deciding.answers == checks * APPLICATIONS
        each = (accepting.presses + deciding.presses) / APPLICATIONS
        loads = (accepting.loads + deciding.loads) / APPLICATIONS
        assert each <= AT_MOST, f"{APPLICATIONS} applications: {each} presses and {loads} pages each"
        assert loads <= AT_MOST
