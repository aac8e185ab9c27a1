"""An evaluation in a real browser, from its opening by a city to the joint decision of both departments."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models.values import SHANGHAI, day_of
from models.vocabulary import Kind
from regulation.checklist import CONDITIONS
from regulation.rounds.evaluation_items import ITEMS
from tests.applications import good
from tests.patience import comes
from tests.served import served
from tests.simulated import Step, told, written
from tests.test_browser import Visitor, chromium, visiting
from tests.world import World

pytestmark = pytest.mark.xdist_group("browser")

NOW = datetime.now(UTC)
KEYS = tuple(ITEMS["PJ-2021"].items)


def in_force(world: World, name: str, number: int) -> None:
    """An alliance that was archived a while ago, in the register of a world."""

    def on(days: int) -> str:
        return f"{day_of(NOW) - timedelta(days=days)}T10:00"

    form: dict[str, Any] = good("A") | {
        "filing_id": name,
        "alliance_name": f"沈阳市{name}产学研联盟",
        "received_at": (NOW - timedelta(days=80)).isoformat(),
        "agreement_effective_on": str(day_of(NOW) - timedelta(days=100)),
    }
    met = {"checklist": [{"item": item, "met": True} for item in CONDITIONS[Kind.A]]}
    steps: tuple[Step, ...] = (
        ("city", "accept", on(79), {}),
        ("iit", "give_iit_opinion", on(78), {"positive": True}),
        ("city2", "confirm", on(77), met),
        ("province2", "archive", on(40), {"archive_number": f"LN-CXY-A-210100-{day_of(NOW).year}-{number:04d}"}),
    )
    written(world.register, told(form, *steps, until=NOW))


async def evaluates(visitor: Visitor, round_id: str, filing: str, result: str, joint: int) -> None:
    """One alliance, item by item."""
    await visitor.opens(f"/rounds/{round_id}")
    await visitor.page.locator(f"a[href='/rounds/{round_id}/acts/evaluate?filing={filing}']").click()
    await visitor.looks()
    items = visitor.page.locator("fieldset:has(> .judged)")
    assert await items.count() == len(KEYS), "what the register says of an item stands beside it"
    assert await items.locator("details.rest").count() == len(KEYS), "and what need not be said is folded"
    answers = {f"/content/answers/{key}/met": "no" if key == "misconduct" else "yes" for key in KEYS}
    await visitor.fills({**answers, "/content/joint_activities": str(joint), "/content/result": result})
    assert "已登记" in await visitor.sends("评价联盟"), await visitor.page.locator("main").inner_text()


async def agrees(visitor: Visitor, person: str, round_id: str, kind: str, label: str) -> str:
    """Another office finds what the first said filled in, and says the same."""
    await visitor.comes_in(person)
    await visitor.opens(f"/rounds/{round_id}/acts/{kind}")
    assert await visitor.page.locator("#send").count(), "what would come of it is read on opening"
    said = await visitor.presses(f"确认办理“{label}”")
    assert "已登记" in said, "and goes as it was read"
    return said


TODAY = day_of(NOW)
WINDOW = {"/opens": str(TODAY), "/closes": str(TODAY + timedelta(days=30))}
CITY, PROVINCE = f"evaluation-{TODAY.year}-210100-1", f"evaluation-{TODAY.year}-LN-1"
REPORTING, DECIDING = "报送评估评价情况并推荐典型联盟", "确定典型联盟和试点示范"


def stands(world: World, filing: str) -> tuple[str | None, str | None]:
    """What an alliance is named, and as what it was evaluated last."""
    row = world.register.row(filing)
    assert row
    return row.named, row.evaluated


async def becomes(world: World, *told: tuple[str | None, str | None]) -> None:
    """Wait until both alliances stand so."""

    async def is_so() -> bool:
        return (stands(world, "EV-1"), stands(world, "EV-2")) == told

    await comes(is_so)


async def says(visitor: Visitor) -> str:
    """What a page says."""
    return await visitor.page.locator("main").inner_text()


async def opens_round(visitor: Visitor, person: str, round_id: str, title: str) -> None:
    """Somebody opens a round for thirty days."""
    await visitor.comes_in(person)
    await visitor.opens(f"/rounds/{round_id}/acts/open_round")
    await visitor.fills({"/title": title, **WINDOW})
    assert "已登记" in await visitor.sends("开启"), await says(visitor)


async def a_city_evaluates(visitor: Visitor) -> None:
    """Each office evaluates an alliance, and both say the same report."""
    await opens_round(visitor, "c-101", CITY, "沈阳市年度评估评价")
    await evaluates(visitor, CITY, "EV-1", "excellent", 6)
    await visitor.signs_in("i-201")
    await evaluates(visitor, CITY, "EV-2", "unqualified", 0)
    await visitor.comes_in("c-101")
    await visitor.opens(f"/rounds/{CITY}/acts/report_evaluation")
    content = {"text": "已逐家评价。", "not_evaluated": "其余联盟的材料尚在准备。"}
    content |= {"recommended/0/filing_id": "EV-1", "recommended/0/reason": "成效突出"}
    await visitor.fills({f"/content/{name}": value for name, value in content.items()})
    assert "尚未生效" in await visitor.sends(REPORTING), await says(visitor)
    assert "尚未生效" not in await agrees(visitor, "i-201", CITY, "report_evaluation", REPORTING)


async def is_shown(visitor: Visitor) -> None:
    """Offices see each answer and take the report away; a leader sees nothing of what offices say among themselves."""
    await visitor.opens(f"/rounds/{CITY}")
    assert await visitor.page.get_by_role("link", name="评估评价情况报告.docx").count()
    await visitor.page.get_by_role("link", name="优秀", exact=True).click()
    await visitor.looks()
    assert "是否建设共性技术服务平台" in await says(visitor)
    await visitor.comes_in("u-leader-01")
    await visitor.opens(f"/rounds/{CITY}")
    assert "EV-" not in await says(visitor)
    answer = await visitor.page.request.get(f"{visitor.gateway.base}/rounds/{CITY}/entries/2/paper")
    assert answer.status == 404


async def the_province_decides(visitor: Visitor, world: World) -> None:
    """One department proposes a list, which names nobody; the other says the same."""
    await opens_round(visitor, "p-401", PROVINCE, "典型联盟遴选")
    assert "EV-1" in await visitor.page.locator("#candidates + h3 + .scroll").inner_text()
    await visitor.opens(f"/rounds/{PROVINCE}/acts/decide_typical")
    rows = [("EV-1", "typical"), ("EV-1", "pilot")]
    filled = {f"/content/decided/{n}/filing_id": filing for n, (filing, _) in enumerate(rows)}
    filled |= {f"/content/decided/{n}/tag": tag for n, (_, tag) in enumerate(rows)}
    await visitor.fills({"/document_no": "辽科发〔2027〕66号", **filled})
    assert "尚未生效" in await visitor.sends(DECIDING), await says(visitor)
    assert stands(world, "EV-1")[0] == "recommended"
    assert "尚未生效" not in await agrees(visitor, "q-403", PROVINCE, "decide_typical", DECIDING)


@pytest.mark.filterwarnings("default:Chromium")
async def test_an_evaluation_from_its_opening_by_a_city_to_the_joint_decision(world: World) -> None:
    if (browser := chromium()) is None:
        return
    for number, name in enumerate(("EV-1", "EV-2"), 801):
        in_force(world, name, number)
    now = f"{NOW.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}"
    async with served(world, now) as gateway, visiting(gateway, browser) as visitor:
        await a_city_evaluates(visitor)
        await becomes(world, ("recommended", "excellent"), (None, "unqualified"))
        await is_shown(visitor)
        await the_province_decides(visitor, world)
        await becomes(world, ("recommended typical pilot", "excellent"), (None, "unqualified"))
        await visitor.opens("/desk/filings?named=typical")
        assert "典型联盟、试点示范" in await says(visitor)
        await visitor.opens("/register?named=pilot")
        assert "EV-1" in await says(visitor)
    for filing in ("EV-1", "EV-2"):
        assert world.register.verify(filing) == []
