"""An annual report on a phone, from the leader's start page to its receipt: typed, lost with the browser, and found again.

With `PICTURES=docs` it takes the pictures of docs/盟主指南.md on its way.
"""

from datetime import UTC, datetime
from os import environ
from pathlib import Path

import pytest

from examples.demo import first_year, know_working_days
from tests.served import served
from tests.story import Story
from tests.test_browser import Visitor, chromium, visiting
from tests.world import World

pytestmark = pytest.mark.xdist_group("browser")

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1100, "height": 800}
TALLEST = 1500
"""How much of a page a picture shows, in pixels."""


async def pictured(visitor: Visitor, name: str) -> None:
    """A picture for the guide, where pictures are asked for: a page, or what of it one looks at first."""
    if folder := environ.get("PICTURES"):
        await visitor.page.evaluate(
            "document.querySelectorAll('.bar').forEach(each => (each.style.position = 'static'))"
        )
        tall = await visitor.page.evaluate("document.documentElement.scrollHeight")
        wide = (visitor.page.viewport_size or PHONE)["width"]
        part = {"x": 0, "y": 0, "width": wide, "height": min(tall, TALLEST)}
        path = Path(folder) / f"leader-{name}.png"
        await visitor.page.screenshot(path=path, full_page=True, clip=part)  # type: ignore[arg-type]


async def others_pictured(visitor: Visitor, story: Story, year: int) -> None:
    """What the guide shows besides: whom to ask, an application on its way, and the next year's report beside its plan."""
    clock = visitor.gateway.clock
    applied = Story(story.world, "PHONE-2", alliance_name="沈阳市星海新材料产学研联盟")
    await applied.submitted(f"{year}-11-15")
    await applied.city("accept", f"{year}-11-16")
    clock.set(f"{year}-11-16")
    await visitor.comes_in("u-leader-01")
    await visitor.opens("/subscription")
    await visitor.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    await pictured(visitor, "subscription")
    await visitor.page.set_viewport_size(DESK)  # type: ignore[arg-type]
    for path, name in (("/guide/a", "guide"), ("/filings/PHONE-2", "way")):
        await visitor.page.goto(visitor.gateway.base + path)
        await pictured(visitor, name)
    await story.on(f"{year + 1}-11-05")
    clock.set(f"{year + 1}-11-05")
    await visitor.comes_in("u-leader-01")
    await visitor.page.goto(f"{visitor.gateway.base}/my/reports/PHONE-1/{year + 1}")
    await pictured(visitor, "planned")


async def test_a_report_on_a_phone_from_the_start_page_to_the_receipt(world: World) -> None:
    if (browser := chromium()) is None:
        return
    year = first_year(datetime.now(UTC))
    know_working_days(year)
    story = Story(world, "PHONE-1", alliance_name="沈阳市星海智造产学研联盟")
    await story.archived(year)
    await story.on(f"{year}-11-12")
    async with served(world, f"{year}-11-12") as gateway, visiting(gateway, browser) as visitor:
        await visitor.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        await visitor.comes_in("u-leader-01")
        await visitor.opens("/my")
        await visitor.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        await pictured(visitor, "start")
        await visitor.page.get_by_role("link", name=f"报送年度总结和计划（{year}年度）").first.click()
        await visitor.looks()
        await visitor.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        wide = await visitor.page.evaluate(
            "[...document.querySelectorAll('textarea')].filter(each => each.offsetParent).map(each => each.offsetWidth)"
        )
        assert min(wide) > 270, "no text is typed into a slit"
        async with visitor.page.expect_response("**/saved"):
            await visitor.page.get_by_label("总体情况").first.fill("全年完成两项攻关，试制样机三台。")
        await visitor.page.goto("about:blank")  # the browser is gone
        await visitor.opens(f"/my/reports/PHONE-1/{year}")
        await visitor.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        assert await visitor.page.get_by_label("总体情况").first.input_value() == "全年完成两项攻关，试制样机三台。"
        await visitor.page.get_by_label("总体情况").nth(1).fill("明年继续攻关，扩大上下游合作。")
        await visitor.page.get_by_label("我单位已阅读上述").check()
        await pictured(visitor, "report")
        said = await visitor.reports("报送年度总结和计划")
        await visitor.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        assert "“报送年度总结和计划”已登记" in said, await visitor.page.locator("main").inner_text()
        receipt = await visitor.page.locator("main").inner_text()
        assert "沈阳市科技局" in receipt
        assert f"最迟{year}年12月" in receipt, receipt
        await pictured(visitor, "receipt")
        assert story.all_kinds()[-1] == "file_annual_report"
        if environ.get("PICTURES"):
            await others_pictured(visitor, story, year)
