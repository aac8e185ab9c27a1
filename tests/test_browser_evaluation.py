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
    answers = {f"/content/answers/{key}/met": "no" if key == "misconduct" else "yes" for key in KEYS}
    await visitor.fills({**answers, "/content/joint_activities": str(joint), "/content/result": result})
    assert "已登记" in await visitor.presses("登记“评价联盟”"), await visitor.page.locator("main").inner_text()


async def agrees(visitor: Visitor, person: str, round_id: str, kind: str, label: str) -> str:
    """Another office finds what the first said filled in, and says the same."""
    await visitor.signs_in(person)
    await visitor.opens(f"/rounds/{round_id}/acts/{kind}")
    return await visitor.presses(f"登记“{label}”")


@pytest.mark.filterwarnings("default:Chromium")
async def test_an_evaluation_from_its_opening_by_a_city_to_the_joint_decision(world: World) -> None:
    if (browser := chromium()) is None:
        return
    for number, name in enumerate(("EV-1", "EV-2"), 801):
        in_force(world, name, number)
    today = day_of(NOW)
    city, province = f"evaluation-{today.year}-210100-1", f"evaluation-{today.year}-LN-1"
    window = {"/opens": str(today), "/closes": str(today + timedelta(days=30))}
    async with (
        served(world, f"{NOW.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}") as gateway,
        visiting(gateway, browser) as visitor,
    ):
        await visitor.signs_in("c-101")
        await visitor.opens(f"/rounds/{city}/acts/open_round")
        await visitor.fills({"/title": "沈阳市年度评估评价", **window})
        assert "已登记" in await visitor.presses("登记“开启”"), await visitor.page.locator("main").inner_text()
        await evaluates(visitor, city, "EV-1", "excellent", 6)
        await visitor.signs_in("i-201")
        await evaluates(visitor, city, "EV-2", "unqualified", 0)
        reporting = "报送评估评价情况并推荐典型联盟"
        await visitor.signs_in("c-101")
        await visitor.opens(f"/rounds/{city}/acts/report_evaluation")
        told_ = {"text": "已逐家评价。", "recommended/0/filing_id": "EV-1", "recommended/0/reason": "成效突出"}
        await visitor.fills({f"/content/{name}": value for name, value in told_.items()})
        assert "尚未生效" in await visitor.presses(f"登记“{reporting}”"), await visitor.page.locator(
            "main"
        ).inner_text()
        assert "尚未生效" not in await agrees(visitor, "i-201", city, "report_evaluation", reporting)

        def stands(filing: str) -> tuple[str | None, str | None]:
            row = world.register.row(filing)
            assert row
            return row.named, row.evaluated

        async def recommended() -> bool:
            return (stands("EV-1"), stands("EV-2")) == (("recommended", "excellent"), (None, "unqualified"))

        await comes(recommended)
        await visitor.opens(f"/rounds/{city}")
        assert await visitor.page.get_by_role("link", name="评估评价情况报告.docx").count()
        await visitor.page.get_by_role("link", name="优秀", exact=True).click()
        await visitor.looks()
        assert "是否建设共性技术服务平台" in await visitor.page.locator("main").inner_text()
        await visitor.signs_in("p-401")
        await visitor.opens(f"/rounds/{province}/acts/open_round")
        await visitor.fills({"/title": "典型联盟遴选", **window})
        await visitor.presses("登记“开启”")
        assert "EV-1" in await visitor.page.locator("#candidates + h3 + .scroll").inner_text()
        deciding = "确定典型联盟和试点示范"
        await visitor.opens(f"/rounds/{province}/acts/decide_typical")
        rows = {
            f"/content/decided/{n}/{name}": value
            for n, tag in enumerate(("typical", "pilot"))
            for name, value in (("filing_id", "EV-1"), ("tag", tag))
        }
        await visitor.fills({"/document_no": "辽科发〔2027〕66号", **rows})
        assert "尚未生效" in await visitor.presses(f"登记“{deciding}”"), await visitor.page.locator("main").inner_text()
        assert stands("EV-1")[0] == "recommended", "one department alone decides nothing"
        assert "尚未生效" not in await agrees(visitor, "q-403", province, "decide_typical", deciding)

        async def named() -> bool:
            return stands("EV-1")[0] == "recommended typical pilot"

        await comes(named)
        await visitor.opens("/desk/filings?named=typical")
        assert "典型联盟、试点示范" in await visitor.page.locator("main").inner_text()
        await visitor.opens("/register?named=pilot")
        assert "EV-1" in await visitor.page.locator("main").inner_text()
    for filing in ("EV-1", "EV-2"):
        assert world.register.verify(filing) == []
