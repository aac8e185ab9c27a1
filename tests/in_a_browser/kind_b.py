"""The life of an alliance of kind B in a browser, from the draft to the archive."""

import pytest

from models.vocabulary import Kind, Stage
from tests.served import served
from tests.test_browser import MET, Life, chromium, submitted, visiting, year  # noqa: F401 - a fixture
from tests.world import World

pytestmark = pytest.mark.xdist_group("browser")


@pytest.mark.filterwarnings("default:Chromium")
async def test_a_life_of_kind_b_from_draft_to_archive(world: World, year: int) -> None:  # noqa: F811
    if (browser := chromium()) is None:
        return
    async with served(world, f"{year}-03-15") as gateway, visiting(gateway, browser) as visitor:
        filing = await submitted(visitor, Kind.B, alliance_name="沈阳市云帆浏览器联盟")
        life = Life(world, gateway, visitor, filing, year)
        gateway.clock.set(f"{year}-03-16")
        await life.does("z-301", "accept", "受理")
        await visitor.decides(filing, "recommend", "初审推荐", MET[Kind.B])
        await life.does("z-302", "confirm", "审核确认并公示")
        await life.on(f"{year}-04-12")
        await life.awaits("z-302")
        await visitor.opens(f"/filings/{filing}")
        await visitor.page.get_by_role("link", name="正式文件报省厅", exact=True).click()
        await visitor.fills({"/document_no": "沈高新报〔演示〕1号", "/content/document/kind": "D7"})
        letter = {"name": "正式文件.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n% a letter\n%%EOF\n"}
        await visitor.page.locator("[name='/content/document/file']").set_input_files(letter)  # type: ignore[arg-type]
        assert "“正式文件报省厅”已登记" in await visitor.sends("正式文件报省厅")
        gateway.clock.set(f"{year}-04-20")
        await life.does("p-401", "give_office_opinion", "出具业务处室意见", {"/positive": "yes"})
        minutes = {"/document_no": "纪要〔演示〕5号", "/decision": "approved", "/met_on": f"{year}-04-19"}
        await visitor.decides(filing, "record_party_group", "登记厅党组审定", minutes)
        await life.does("p-402", "archive", "备案入库")
        assert life.stands(Stage.IN_FORCE)
        assert world.register.verify(filing) == []
