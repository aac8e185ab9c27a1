"""A spot check in a browser, from its opening to its end; and the public draws the lot again from what it finds on the site."""

import runpy
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from gateway.shown.rounds.inspections import proposal
from models.rounds.inspections import Purpose, Standing
from models.vocabulary import Stage
from regulation.rounds.checks import CHECKS
from tests.patience import comes
from tests.served import Served, served
from tests.story import Story, instant
from tests.test_browser import Visitor, chromium, visiting
from tests.world import World

pytestmark = pytest.mark.xdist_group("browser")

ROUND = "inspection-2028-LN-1"
PROVINCE = {"person": "p-401", "office": "210000", "role": "province_st"}
SCRIPT = Path(__file__).parents[2] / "gateway" / "pages" / "static" / "recompute_lot.py"
ITEMS = CHECKS["LN-2026"].items(Purpose.CHECK)


@pytest.fixture
async def world(environment: WorkflowEnvironment, tmp_path: Path) -> AsyncIterator[World]:
    """A world of its own: a lot is drawn of everybody there is."""
    async with World.opened(environment, tmp_path / "world") as opened:
        yield opened


async def on_file(world: World, number: int) -> Story:
    """An alliance on file since 2020."""
    legacy = {"archived_on": "2020-12-18", "archive_number": f"辽科备〔2020〕9{number}号", "document_no": "辽科函1号"}
    story = Story(
        world,
        f"LOT-{number}",
        by=PROVINCE,
        legacy=legacy,
        alliance_name=f"沈阳市抽签{number}产学研联盟",
    )
    assert (await story.submitted("2028-03-01")).stage is Stage.IN_FORCE
    return story


async def presses(visitor: Visitor, words: str) -> None:
    """Press the button that begins with some words, and wait for the page it leads to."""
    async with visitor.page.expect_navigation():
        await visitor.page.get_by_role("button", name=words).click()


async def does(visitor: Visitor, person: str, act: str, values: dict[str, str] | None = None, filing: str = "") -> None:
    """Somebody signs in, opens the form of an act in the round, fills it in and sends it."""
    await visitor.comes_in(person)
    await visitor.opens(f"/rounds/{ROUND}/acts/{act}" + (f"?filing={filing}" if filing else ""))
    await visitor.fills(values or {})
    for doing in ("预览“", "按现在填写的重新预览", "确认办理“", "登记“"):  # a leader's goes at once
        if await visitor.page.get_by_role("button", name=doing).count():
            await presses(visitor, doing)
    said = visitor.page.locator(".said")
    assert await said.count(), await visitor.page.locator("main").inner_text()
    assert "已登记" in (await said.text_content() or "")


async def commits(visitor: Visitor, person: str) -> str:
    """Somebody has a secret made in their browser and commits to it; the secret."""
    await visitor.comes_in(person)
    await visitor.opens(f"/rounds/{ROUND}")
    await visitor.page.get_by_role("button", name="生成随机数和承诺值").click()
    link = visitor.page.get_by_role("link", name="提交承诺值", exact=True).last
    await link.wait_for()
    secret = await visitor.page.locator("[data-secret]").text_content()
    await link.click()
    await presses(visitor, "预览“提交承诺值”")
    await presses(visitor, "确认办理“提交承诺值”")
    assert "已登记" in (await visitor.page.locator(".said").text_content() or "")
    assert secret
    return secret


@pytest.mark.filterwarnings("default:Chromium")
async def test_a_spot_check_from_its_opening_to_its_end(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if (browser := chromium()) is None:
        return
    for number in (1, 2):
        await on_file(world, number)
    async with served(world, "2028-03-02") as gateway, visiting(gateway, browser) as visitor:
        visitor.page.set_default_timeout(8_000)
        await opens(visitor)
        secrets = {person: await commits(visitor, person) for person in ("p-401", "q-403")}
        for person, secret in secrets.items():
            await does(visitor, person, "reveal_seed", {"/secret": secret})
        await does(visitor, "p-401", "draw_lot")
        await draws_again(visitor, gateway, tmp_path, monkeypatch)
        assert capsys.readouterr().out == "一致：1家\n"
        (drawn,) = [each.filing_id for each in gateway.tools.rounds.register.items(ROUND, state=Standing.DRAWN.value)]
        await world.on(drawn, instant("2028-03-02"))
        await is_inspected(visitor, gateway, drawn)
        await comes(lambda: in_docket(gateway, drawn))
        found = proposal(gateway.tools, ROUND, drawn)
        assert found
        assert found["ground"] == "1"
        await does(
            visitor,
            "u-leader-01",
            "report_rectification",
            {"/content/measures": "协议已续签", "/content/finished_on": "2028-03-02"},
            drawn,
        )
        await does(visitor, "q-403", "rule_on_rectification", {"/decision": "accepted"}, drawn)
        await does(visitor, "p-401", "close_round")
        await visitor.opens(f"/rounds/{ROUND}")
        assert await visitor.page.get_by_text("已结束").count()
        assert gateway.tools.rounds.register.verify(ROUND) == []


async def opens(visitor: Visitor) -> None:
    """The province opens the round and publishes whom it draws of."""
    window = {"/title": "2028年度随机抽查", "/opens": "2028-03-02", "/closes": "2028-10-31"}
    plan = {"/content/purpose": "check", "/content/draw": "1", "/content/at_least_one": "no"}
    await does(visitor, "p-401", "open_round", window | plan)
    await does(visitor, "p-401", "list_population")


async def draws_again(visitor: Visitor, gateway: Served, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anybody takes the three files and the script from the public site, and finds the same."""
    await visitor.page.context.clear_cookies()
    await visitor.opens("/lots")
    await visitor.opens(f"/lots/{ROUND}")
    for name in ("population.json", "seeds.json", "lot.json"):
        answer = await visitor.page.request.get(f"{gateway.base}/lots/{ROUND}/{name}")
        (folder / name).write_bytes(await answer.body())
    script = await visitor.page.request.get(f"{gateway.base}/static/recompute_lot.py")
    assert await script.body() == SCRIPT.read_bytes()
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), str(folder)])
    runpy.run_path(str(SCRIPT), run_name="__main__")


async def is_inspected(visitor: Visitor, gateway: Served, drawn: str) -> None:
    """Two people are named, take the sheet along, and record what they found: the second confirms what the first says."""
    people = {
        f"/content/inspectors/{at}/{name}": value
        for at, (person, who, employer) in enumerate((("p-401", "张衡", "省科技厅"), ("q-403", "王充", "省工信厅")))
        for name, value in {"person": person, "name": who, "employer": employer, "no_conflict": "yes"}.items()
    }
    await does(visitor, "p-401", "assign_inspectors", {"/content/planned_on": "2028-03-02", **people}, drawn)
    await visitor.opens(f"/rounds/{ROUND}")
    sheet = await visitor.page.request.get(f"{gateway.base}/rounds/{ROUND}/documents/{drawn}.docx")
    assert (await sheet.body())[:2] == b"PK"
    lines = {f"/content/lines/{at}/met": "no" if each.item == "agreement" else "yes" for at, each in enumerate(ITEMS)}
    at = next(at for at, each in enumerate(ITEMS) if each.item == "agreement")
    record = {
        "/content/inspected_on": "2028-03-02", "/content/place": "沈阳市", "/content/present": "赵示例",
        "/content/conclusion": "协议到期未续签", "/content/rectify_by": "2028-04-01", f"/content/lines/{at}/note": "2027年到期", **lines,
    }  # fmt: skip
    await does(visitor, "p-401", "record_findings", record, drawn)
    await does(visitor, "q-403", "record_findings", None, drawn)


async def in_docket(gateway: Served, filing: str) -> bool:
    """Whether the inspection is entered on the filing too."""
    return any(each.event.kind == "record_inspection" for each in gateway.tools.register.docket(filing))
