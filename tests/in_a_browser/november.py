"""November for one city in a real browser: from the board by the names and the letters to the round's end and the closing report."""

from datetime import UTC, datetime
from typing import Any

import docx
import pytest

from examples.demo import OFFICES, first_year
from tests.served import served
from tests.story import application, report
from tests.test_browser import chromium, visiting
from tests.world import World

pytestmark = pytest.mark.xdist_group("browser")


def imported(number: int) -> dict[str, Any]:
    """An alliance that was archived before this system."""
    return application(
        filing_id=f"NOV-{number}",
        alliance_name=f"沈阳市十一月{number}号产学研联盟",
        by=OFFICES["province"],
        legacy={"archived_on": "2024-12-18", "archive_number": f"{number:06d}", "document_no": "辽科函1号"},
    )


@pytest.mark.filterwarnings("default:Chromium")
async def test_november_for_one_city_from_the_board_to_the_closing_report(world: World) -> None:
    if (browser := chromium()) is None:
        return
    year = first_year(datetime.now(UTC))
    async with served(world, f"{year}-03-15") as gateway, visiting(gateway, browser) as visitor:
        filings, page = gateway.tools.filings, visitor.page
        for number in (1, 2):
            await filings.submit(imported(number))
        gateway.clock.set(f"{year}-11-20")
        for number in (1, 2):
            await world.on(f"NOV-{number}", gateway.clock())

        # the board, the names behind a number, the letters, one each
        await visitor.comes_in("c-101")
        await visitor.opens(f"/desk/year?year={year}")
        await page.get_by_role("link", name="催报未报的2家").click()
        await visitor.looks()
        await page.locator("input[data-check-all='filing']").check()
        await visitor.presses("批量办理勾选的备案")
        await page.locator("input[name='kind'][value='urge_report']").check()
        await visitor.presses("下一步")
        await visitor.presses("预览")
        assert f"催报{year}年度总结和计划：沈阳市十一月1号产学研联盟" in await page.locator("main").inner_text()
        await visitor.presses("确认办理2件")
        sent = [each.text for number in (1, 2) for each in world.register.messages(f"NOV-{number}")]
        assert sent.count("report_urged") == 2

        # the round of the year
        await visitor.opens("/desk/rounds")
        round_id = f"annual-{year}-210100-1"
        await visitor.opens(f"/rounds/{round_id}/acts/open_round")
        await visitor.fills({"/opens": f"{year}-11-20", "/closes": f"{year}-11-30", "/alliances": "A"})
        await visitor.fills({"/title": f"沈阳市{year}年度报送"})
        assert "已登记" in await visitor.sends("开启")
        paper = {"year": year, "content": report(year), "by": application()["by"]}
        await filings.act("NOV-1", {"id": "NOV-1-filed", "kind": "file_annual_report", **paper})

        # after the deadline: settled, and the closing report taken away
        gateway.clock.set(f"{year}-12-02")
        for number in (1, 2):
            await world.on(f"NOV-{number}", gateway.clock())
        await visitor.comes_in("c-101")
        await visitor.opens(f"/rounds/{round_id}/acts/settle_year")
        assert "现为“已结束”" in await visitor.presses("确认办理“办结年度报送”")
        states = gateway.tools.rounds.register.states(round_id)
        assert states == {"filed": 1, "missed": 1}
        await visitor.opens(f"/desk/year?year={year}")
        async with page.expect_download() as download:
            await page.get_by_role("link", name="报告（docx）").click()
        file = await (await download.value).path()
        text = "\n".join(each.text for each in docx.Document(str(file)).paragraphs)
        assert "应报联盟2家，其中按期报送1家、未报1家（已逾期1家），报送率50.0%。" in text
