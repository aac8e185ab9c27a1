"""The call in a real browser: published by the province, added to by a city, read by the public, and an application under it."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from gateway.asked import applications
from gateway.identity import EMBEDDED
from models.vocabulary import Kind
from tests.in_force import editions_of_ones_own
from tests.served import Served, served
from tests.story import application
from tests.test_browser import Visitor, chromium, visiting
from tests.test_call import CALL, DOCUMENT, LAST, TODAY
from tests.test_round import followed
from tests.world import World

pytestmark = pytest.mark.xdist_group("browser")

ATTACHED = b"%PDF-1.7\n% a form\n%%EOF\n"
CLOSES = min(TODAY + timedelta(days=10), LAST)


async def publishes(visitor: Visitor, gateway: Served, round_id: str, title: str, said: dict[str, str]) -> None:
    """Open a call from the desk, and wait for what follows."""
    await visitor.opens("/desk/rounds")
    called = "属地文件" if round_id == DOCUMENT else "申报通知"
    await visitor.page.get_by_role("link", name=f"{TODAY.year}年度{called}", exact=True).click()
    await visitor.looks()
    await visitor.fills({"/title": title, "/opens": str(TODAY), "/content/text": "请按时申报。", **said})
    await visitor.fills({"/content/attachments/0/name": "格式.pdf"})
    attached = {"name": "格式.pdf", "mimeType": "application/pdf", "buffer": ATTACHED}
    await visitor.page.locator("[name='/content/attachments/0/file']").set_input_files(attached)  # type: ignore[arg-type]
    assert "已登记" in await visitor.sends("开启"), await visitor.page.locator("main").inner_text()
    await followed(gateway.tools.rounds.register, round_id, 1)


@pytest.mark.filterwarnings("default:Chromium")
async def test_from_the_call_to_an_application_under_it(environment: WorkflowEnvironment, tmp_path: Path) -> None:
    if (browser := chromium()) is None:
        return
    with editions_of_ones_own():
        async with (
            World.opened(environment, tmp_path, delivering=False) as world,
            served(world, "2027-03-16") as gateway,
            visiting(gateway, browser) as visitor,
        ):
            gateway.clock.now = datetime.now(UTC)
            await visitor.signs_in("p-401")
            told = {
                "/document_no": "辽科办发〔演示〕12号",
                "/closes": str(CLOSES),
                "/content/recommend_by": str(CLOSES),
            }
            await publishes(visitor, gateway, CALL, "关于组织申报的通知", told)
            await visitor.signs_in("c-101")
            told = {
                "/document_no": "沈科发〔演示〕31号",
                "/closes": str(LAST),
                "/content/extra/0/name": "产业链配套证明",
            }
            told |= {"/content/dates/0/what": "区县汇总上报", "/content/dates/0/day": str(CLOSES)}
            await publishes(visitor, gateway, DOCUMENT, "沈阳市实施办法", told)

            await visitor.page.context.clear_cookies()
            await visitor.opens("/")
            assert "关于组织申报的通知" in await visitor.page.locator("main").inner_text()
            await visitor.opens("/calls")
            await visitor.page.get_by_role("link", name="关于组织申报的通知").click()
            await visitor.looks()
            assert "申报中" in await visitor.page.locator("main").inner_text()
            files = f"{gateway.base}/calls/{CALL}/files"
            fetched = await visitor.page.request.get(f"{files}/{sha256(ATTACHED).hexdigest()}")
            assert await fetched.body() == ATTACHED
            assert (await visitor.page.request.get(f"{files}/{'0' * 64}")).status == 404

            await visitor.comes_in("u-leader-01")
            await visitor.opens("/my")
            assert "现在可以提交" in await visitor.page.locator("main").inner_text()
            raw = applications.of_paper(application(Kind.B, alliance_name="沈阳市申报联盟"))
            draft = gateway.tools.drafts.begin(EMBEDDED["u-leader-01"], raw, gateway.clock())
            await visitor.opens(f"/my/drafts/{draft}?check=1")
            shown = await visitor.page.locator("main").inner_text()
            assert "须提交属地要求的“产业链配套证明”（沈科发〔演示〕31号）" in shown
            documents = application(Kind.B)["documents"]
            asked = {name: str(value) for name, value in documents[0].items() if name != "owner"} | {"kind": "L1"}
            await visitor.fills({f"/documents/{len(documents)}/{name}": value for name, value in asked.items()})
            assert "备案申请已提交" in await visitor.presses("提交申请"), await visitor.page.locator(
                "main"
            ).inner_text()
            (row,) = world.register.filings()
            assert row.terms == DOCUMENT
