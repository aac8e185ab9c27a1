"""A survey in a real browser, from its opening by the province through a leader's return to its closing, its export and its sums."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import FilePayload, ViewportSize
from temporalio.testing import WorkflowEnvironment

from gateway.identity import EMBEDDED
from gateway.remembered.drafts import paper_about
from gateway.rounds import workflow_id
from models.values import SHANGHAI, day_of
from regulation import data
from tests.in_a_browser.evaluation import in_force
from tests.in_force import editions_of_ones_own
from tests.served import served
from tests.test_browser import DESK, Visitor, chromium, visiting
from tests.test_round import followed
from tests.test_survey_pages import returned
from tests.world import World

pytestmark = pytest.mark.xdist_group("browser")

NOW = datetime.now(UTC)
TODAY = day_of(NOW)
FILING, SURVEY = "SV-1", f"survey-{TODAY.year}-LN-1"
DAYS = 20
A_PHONE: ViewportSize = {"width": 390, "height": 844}
"""How long its window is."""
BROUGHT = "LN-browser"
"""What the questionnaire that is brought is called."""


async def shown(visitor: Visitor) -> str:
    """What a page says."""
    return await visitor.page.locator("main").inner_text()


def drafted(visitor: Visitor) -> None:
    """What its leader wrote yesterday: everything but a figure or two; the lists are left empty."""
    tools = visitor.gateway.tools
    filing = tools.register.filing(FILING)
    assert filing
    raw = returned(tools.register.paper(filing.paper)["members"])
    raw["figures"] |= {"project_list": [], "platform_list": [], "result_list": []}
    tools.drafts.save(paper_about(SURVEY, FILING), EMBEDDED["u-leader-01"], raw, tools.clock())


async def opened_by_the_province(visitor: Visitor) -> None:
    """From the desk, with a questionnaire that was brought, and told to leaders."""
    await visitor.comes_in("p-401")
    await visitor.opens("/desk/rounds")
    await visitor.page.get_by_role("link", name=f"{TODAY.year}年度创新资源统计调查", exact=True).click()
    await visitor.looks()
    await visitor.page.get_by_role("link", name="上传新的调查表").click()
    await visitor.looks()
    document = data.read("rounds/surveys/LN-2026.json") | {"edition": BROUGHT, "base": "LN-2026", "since": str(TODAY)}
    file = FilePayload(name="调查表.json", mimeType="application/json", buffer=json.dumps(document).encode())
    await visitor.page.set_input_files("[name=questionnaire]", files=[file])
    await visitor.presses("上传并核对")
    assert "所问指标与LN-2026相同" in await shown(visitor)
    told = {"/title": "年度创新资源统计调查", "/document_no": "辽科办发〔演示〕9号", "/content/year": str(TODAY.year)}
    window = {"/opens": str(TODAY), "/closes": str(TODAY + timedelta(days=DAYS))}
    await visitor.fills({**told, **window})
    assert "已登记" in await visitor.sends("开启"), await shown(visitor)
    await followed(visitor.gateway.tools.rounds.register, SURVEY, 1)


async def answered_by_the_leader(visitor: Visitor) -> None:
    """From the draft, on a phone to its end: first with a figure that cannot be, then as it is."""
    drafted(visitor)
    await visitor.comes_in("u-leader-01")
    await visitor.page.set_viewport_size(A_PHONE)
    await visitor.opens("/my")
    await visitor.page.locator("a[href^='/my/surveys/']").first.click()
    await visitor.looks()
    await visitor.page.set_viewport_size(A_PHONE)
    assert await visitor.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await visitor.fills({"/ip/shared": "99", "/leader/is_eagle": "no", "/integrity_commitment": "yes"})
    await visitor.presses("报送")
    assert "不得大于“401 当年获得I类知识产权”" in await shown(visitor)
    await visitor.fills({"/ip/shared": "1"})
    assert "已报送" in await visitor.presses("报送"), await shown(visitor)
    await visitor.page.set_viewport_size(DESK)  # type: ignore[arg-type]


async def sent_back_by_the_city(visitor: Visitor) -> None:
    """From the list of who answered, with a reason and a point."""
    await visitor.comes_in("c-101")
    await visitor.opens(f"/rounds/{SURVEY}")
    assert "100.0%" in await shown(visitor)
    await visitor.opens(f"/rounds/{SURVEY}/returns?state=answered")
    await visitor.page.get_by_role("link", name=f"沈阳市{FILING}产学研联盟").click()
    await visitor.looks()
    await visitor.page.get_by_role("link", name="退回补正（一次）").click()
    await visitor.looks()
    points = {"/points/0/code": "104", "/points/0/message": "与审计报告不一致"}
    await visitor.fills({"/reason": "请核对研究开发费用", **points})
    assert "已登记" in await visitor.sends("退回统计调查表"), await shown(visitor)
    await visitor.comes_in("u-leader-01")
    await visitor.opens(f"/my/surveys/{SURVEY}/{FILING}")
    assert "退回：与审计报告不一致" in await shown(visitor)


async def put_right_on_paper(visitor: Visitor) -> None:
    """The leader sends paper: one officer enters it with its scan, another compares it and says the same."""
    address = f"/rounds/{SURVEY}/returns/{FILING}/entry"
    await visitor.comes_in("c-101")
    await visitor.opens(address)
    file = FilePayload(name="来件.pdf", mimeType="application/pdf", buffer=b"%PDF-1.7\n%%EOF\n")
    await visitor.page.set_input_files("[name='/scan/file']", files=[file])
    came = {"/came/on": str(TODAY), "/came/how": "in_person", "/came/received_by": "c-101"}
    await visitor.fills({**came, "/leader/rd": "512.00", "/integrity_commitment": "yes"})
    await visitor.presses("预览登记")
    assert "待另一人对照来文核对后生效" in await visitor.presses("确认登记"), await shown(visitor)
    await visitor.comes_in("c-102")
    await visitor.opens(address)
    assert "另一人已登记" in await shown(visitor)
    await visitor.presses("预览登记")
    assert "不同，办理后不生效" not in await shown(visitor)
    assert "已登记" in await visitor.presses("确认登记"), await shown(visitor)


async def closed_and_published(visitor: Visitor) -> None:
    """When its window is over."""
    await visitor.comes_in("p-401")
    await visitor.opens(f"/rounds/{SURVEY}/acts/close_round")
    assert "已登记" in await visitor.presses("确认办理“结束”"), await shown(visitor)
    visitor.gateway.clock.now = datetime.now(UTC)  # what goes on after its end is a new run, in the engine's own time
    await visitor.comes_in("p-401")
    await visitor.opens(f"/rounds/{SURVEY}/acts/publish_survey_sums")
    assert "已登记" in await visitor.presses("确认办理“公布汇总数”"), await shown(visitor)
    register = visitor.gateway.tools.rounds.register
    row = register.row(SURVEY)
    assert row
    await followed(register, SURVEY, row.number)


@pytest.mark.filterwarnings("default:Chromium")
async def test_a_survey_from_its_opening_through_a_return_to_its_closing_and_export(
    environment: WorkflowEnvironment, tmp_path: Path
) -> None:
    if (browser := chromium()) is None:
        return
    with editions_of_ones_own():
        async with World.opened(environment, tmp_path) as world:
            in_force(world, FILING, 811)
            later = timedelta(days=DAYS + 2)
            async with (
                served(world, f"{NOW.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}") as gateway,
                visiting(gateway, browser) as visitor,
            ):
                await opened_by_the_province(visitor)
                await answered_by_the_leader(visitor)
                await sent_back_by_the_city(visitor)
                await put_right_on_paper(visitor)
                await world.environment.fast_forward(world.client.get_workflow_handle(workflow_id(SURVEY)), later)
                gateway.clock.now = NOW + later
                await closed_and_published(visitor)
                taken = await visitor.page.request.get(f"{gateway.base}/rounds/{SURVEY}/survey.json")
                (only,) = (await taken.json())["returns"]
                assert (only["filing_id"], only["figures"]["ip"]["shared"]) == (FILING, 1)
                assert only["figures"]["leader"]["rd"] == "512.00", "as the paper says"
                await visitor.opens("/surveys")
                await visitor.opens(f"/surveys/{SURVEY}")
                assert "填报联盟1个" in await shown(visitor)
                assert "研究开发费用" not in await shown(visitor), "one enterprise's figures are nobody's to see"
                assert gateway.tools.rounds.register.verify(SURVEY) == []
            assert world.register.verify(FILING) == []
