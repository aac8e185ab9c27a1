"""A whole life in a real browser, through the pages alone; and every page on the way is accessible, and fits a phone."""

import asyncio
import re
import shutil
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from os import environ, getpid, kill
from pathlib import Path
from signal import SIGKILL
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Locator, Page, Route, async_playwright

from examples.demo import OFFICES, first_year, know_call, know_working_days
from gateway.identity import EMBEDDED
from models.values import Value, digest
from models.vocabulary import Kind, Role, Stage
from regulation import intake
from regulation.checklist import CONDITIONS
from tests.filling import written
from tests.first_time import FirstTime
from tests.served import Served, served
from tests.story import application, instant
from tests.world import World

pytestmark = pytest.mark.xdist_group("browser")

WEIGHT = "performance.getEntriesByType('navigation')[0].decodedBodySize"
"""Bytes of a page, without pictures; its sheet and scripts are kept by browsers, and weighed by tests/test_design.py."""

CHROMIUM = ("--no-sandbox", "--disable-dev-shm-usage")
PHONE = {"width": 360, "height": 780}
"""The narrowest that is common."""

STICKING_OUT = """() => [...document.querySelectorAll("input, select, textarea, button, fieldset")].filter(each => {
  if (!each.offsetParent || each.closest(".unseen")) return false;
  let around = each.parentElement;
  while (/^inline$|contents/.test(getComputedStyle(around).display)) around = around.parentElement;
  const style = getComputedStyle(around);
  const right = around.getBoundingClientRect().right - parseFloat(style.paddingRight) - parseFloat(style.borderRightWidth);
  return each.getBoundingClientRect().right > right + 1;
}).map(each => each.name || each.id || each.outerHTML.slice(0, 80))"""
"""Inputs and groups of them that reach beyond what they stand in."""
LETTER_BENEATH_LETTER = """() => [...document.querySelectorAll("td, th, dd, dt, li, p, button, .button")].filter(each => {
  const style = getComputedStyle(each), {width, height} = each.getBoundingClientRect(), size = parseFloat(style.fontSize);
  const room = width - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  return width && !style.display.startsWith("inline") && each.innerText.trim().length > 5 && room < 3.2 * size && height > 5 * size;
}).map(each => each.innerText.trim().slice(0, 40))"""
"""What stands in a column so narrow that its words are read downwards."""
PARTED = """() => {
  const found = [], walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT), range = document.createRange();
  while (walker.nextNode()) for (const each of walker.currentNode.data.matchAll(/\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d/g)) {
    if (walker.currentNode.parentElement.closest(".told, code, textarea")) continue;
    range.setStart(walker.currentNode, each.index);
    range.setEnd(walker.currentNode, each.index + each[0].length);
    if (new Set([...range.getClientRects()].map(one => Math.round(one.top))).size > 1) found.push(each[0]);
  }
  return found;
}"""
"""Days that the end of a line parts from their hour, or within."""
EQUALS = """() => [...document.querySelectorAll("main .offers")].filter(each =>
  each.querySelectorAll(".button:not(.quiet, .grave)").length > 1).map(each => each.innerText)"""
"""Offers of which more than one looks like the main one."""
ON_PAPER = """() => {
  const seen = (which) => [...document.querySelectorAll(which)].filter(each => each.checkVisibility() && each.offsetParent);
  const pressed = seen("nav, button, .button, main form:not([method=post])").map(each => each.outerHTML.slice(0, 80));
  const filled = [...document.querySelectorAll("main form[method=post] .field :is(input, textarea)")].filter(each => !each.closest("details:not([open])"));
  return [...pressed, ...(filled.length && !seen("main form[method=post] .field").length ? ["what is filled in is not printed"] : [])];
}"""
"""What is amiss on paper: what can only be pressed is printed, or what was filled in is not."""
CONTENTS_FIRST = """() => {
  const [contents, form] = ["#found", ".application > form"].map((each) => document.querySelector(each)?.getBoundingClientRect().top);
  return contents === undefined || form === undefined || contents < form;
}"""
"""Whether the list of steps and findings stands above what is filled in, where they do not stand beside each other."""

DESK = {"width": 1200, "height": 900}

PATIENT = 900_000
"""Milliseconds that a browser waits for what ought to come: a busy machine brings it late, and what never comes is a fault anyway."""

FILLED = """values => {
  document.querySelectorAll("details").forEach(each => (each.open = true));
  const left = {};
  for (const [name, value] of Object.entries(values)) {
    const inputs = [...document.getElementsByName(name)], [first] = inputs;
    if (!first) { left[name] = value; continue; }
    if (first.type === "hidden") continue;
    const chosen = inputs.find(each => !/radio|checkbox/.test(each.type) || each.value === value);
    if (!chosen || chosen.disabled || chosen.readOnly || !chosen.offsetParent) throw new Error(`nobody can fill in ${name}`);
    if (/radio|checkbox/.test(chosen.type)) { chosen.checked || chosen.click(); continue; }
    chosen.focus();
    chosen.value = value;
    if (chosen.value.replace(/\\r?\\n/g, "\\n") !== value.replace(/\\r?\\n/g, "\\n")) throw new Error(`${name} takes no ${value}`);
    for (const event of ["input", "change"]) chosen.dispatchEvent(new Event(event, {bubbles: true}));
  }
  return left;
}"""
"""Fills in everything that is on a page, as whoever types would, all in one; what has no input yet comes back."""

LOOKED_AT = Path(gettempdir()) / f"beian-looked-at-{environ.get('PYTEST_XDIST_TESTRUNUID', getpid())}"
"""Sorts of pages that were looked at, a file each: one of each is enough, in whichever process."""


@dataclass
class Visitor:
    """Somebody with a browser. Every sort of page is looked at once: for accessibility, and on a phone."""

    gateway: Served
    page: Page
    starts: Callable[[], Awaitable[Page]]
    folder: str

    async def dies(self) -> None:
        """The browser is killed without a word, and started again on what it has left on the disk."""
        await asyncio.to_thread(kill_those_of, self.folder)
        self.page = await self.starts()

    async def opens(self, path: str) -> None:
        """Go to a page."""
        answer = await self.page.goto(self.gateway.base + path)
        assert answer
        assert answer.status == 200, f"{path}: {answer.status}"
        assert self.page.url.startswith(self.gateway.base + path), f"{path} led to {self.page.url}"
        await self.looks()

    async def looks(self) -> None:
        """Look at a page of a sort that was not yet looked at."""
        sort = re.sub(
            r"(?<=/rounds/)[\w-]+|(?<=/calls/)[\w-]+|LN-[\w-]+|\d+",
            "…",
            self.page.url.removeprefix(self.gateway.base).partition("?")[0],
        )
        sort += " as it would go out" if await self.page.locator("#going-out").count() else ""
        if not is_first(sort):
            return
        await self.is_accessible(sort)
        assert await self.page.evaluate(WEIGHT) <= 100_000, f"{sort} is heavy"
        assert await self.page.evaluate(STICKING_OUT) == [], f"{sort} at the desk"
        assert await self.page.evaluate(EQUALS) == [], f"{sort}: which is the main one?"
        await self.page.emulate_media(media="print")
        assert await self.page.evaluate(ON_PAPER) == [], f"{sort} on paper"
        await self.page.emulate_media(media="screen")
        await self.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        beyond = await self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert beyond <= 0, f"{sort}: {beyond} pixels do not fit a phone"
        assert await self.page.evaluate(STICKING_OUT) == [], f"{sort} on a phone"
        assert await self.page.evaluate(LETTER_BENEATH_LETTER) == [], f"{sort} on a phone"
        assert await self.page.evaluate(PARTED) == [], f"{sort} on a phone"
        assert await self.page.evaluate(CONTENTS_FIRST), f"{sort}: on a phone the contents come after what is filled in"
        await self.page.set_viewport_size(DESK)  # type: ignore[arg-type]

    async def is_accessible(self, sort: str, **only: Any) -> None:
        """No fault is found on the page that is open."""
        found = await Axe().run(self.page, options={"resultTypes": ["violations"], **only})
        faults = [(each["id"], [node["html"] for node in each["nodes"]][:3]) for each in found.response["violations"]]
        assert faults == [], f"{sort}: {faults}"

    async def signs_in(self, person: str) -> None:
        """Somebody comes to the page where their work lies."""
        await self.comes_in(person)
        await self.opens("/my" if EMBEDDED[person].role is Role.LEADER else "/desk")

    async def comes_in(self, person: str) -> None:
        """Somebody who is signed in has the browser from now on."""
        secret = await asyncio.to_thread(self.gateway.tools.sessions.begin, EMBEDDED[person], self.gateway.clock())
        await self.page.context.clear_cookies()
        await self.page.context.add_cookies([{"name": "beian", "value": secret, "url": self.gateway.base}])

    async def fills(self, values: Mapping[str, str]) -> None:
        """Fill in a form, adding rows where they are missing."""
        left = dict(values)
        await self.page.wait_for_load_state()
        while left := await self.page.evaluate(FILLED, left):
            name = next(iter(left))
            rows = name[: re.search(r"/\d+/", name).start()]  # type: ignore[union-attr]
            await self.page.locator(f"button[name=more][value='{rows}']").click()
            await self.page.locator(f"[name='{name}']").first.wait_for(state="attached")

    async def presses(self, words: str) -> str:
        """Press a button, and read what is then said."""
        return await self._presses(self.page.get_by_role("button", name=words, exact=True))

    async def _presses(self, button: Locator) -> str:
        async with self.page.expect_navigation():  # a long form is saved before it is sent
            await button.click()
        await self.looks()
        said = self.page.locator(".said")
        return (await said.text_content() or "") if await said.count() else ""

    async def sends(self, label: str) -> str:
        """Look at what would go out of an officer's act, and send what was read; what is then said."""
        for look in (f"预览“{label}”", "按现在填写的重新预览"):
            if await self.page.get_by_role("button", name=look, exact=True).count():
                await self.presses(look)
                break
        return await self.presses(f"确认办理“{label}”")

    async def reports(self, label: str) -> str:
        """Send a report from its page, which is saved before it leaves; what is then said."""
        await self.page.get_by_role("button", name=label, exact=True).click()
        await self.page.wait_for_url("**/done?*")
        await self.looks()
        return await self.page.locator(".said").text_content() or ""

    async def decides(self, filing_id: str, act: str, label: str, values: Mapping[str, str] | None = None) -> str:
        """Find a filing's page, choose an act there, fill in its form and send it."""
        await self.opens(f"/filings/{filing_id}")
        await self.page.get_by_role("link", name=label, exact=True).first.click()
        if "/review?" in self.page.url:
            return await self.decides_in_review(label, values or {})
        written = "/reports/" in self.page.url
        assert self.page.url.endswith(f"/acts/{act}") or "/corrections/" in self.page.url or written
        await self.looks()
        await self.fills(values or {})
        said = await (self.reports(label) if written else self._sends_act(label))
        assert f"“{label}”已登记" in said, await self.page.locator("main").inner_text()
        return said

    async def _sends_act(self, label: str) -> str:
        """A leader's form is sent at once, an officer's once it was read."""
        at_once = f"登记“{label}”"
        if await self.page.get_by_role("button", name=at_once, exact=True).count():
            return await self.presses(at_once)
        return await self.sends(label)

    async def decides_in_review(self, label: str, values: Mapping[str, str]) -> str:
        """Answer the checklist or fill in the decision, read what would go out, and send it."""
        await self.looks()
        await self.fills(values)
        if values:
            answered = any(name.endswith("/answer") for name in values)
            looks = re.compile(f"^(预览“{label}”|按现在填写的重新预览)$")
            await self._presses(
                self.page.locator("#checks" if answered else "#decision").get_by_role("button", name=looks)
            )
        said = await self.presses(f"确认办理“{label}”")
        assert f"“{label}”已登记" in said, await self.page.locator("main").inner_text()
        return said


def kill_those_of(folder: str) -> None:
    """Kill every process of the browser whose profile lies in a folder."""
    for process in Path("/proc").iterdir():
        with suppress(OSError):
            if process.name.isdecimal() and f"--user-data-dir={folder}" in (process / "cmdline").read_text():
                kill(int(process.name), SIGKILL)


def is_first(sort: str) -> bool:
    """Whether nobody has looked at a page of this sort, in any process of this run."""
    LOOKED_AT.mkdir(exist_ok=True)
    with suppress(FileExistsError):
        (LOOKED_AT / digest(sort)).touch(exist_ok=False)
        return True
    return False


@asynccontextmanager
async def visiting(gateway: Served, browser_at: str) -> AsyncIterator[Visitor]:
    """A browser at the gateway. Anything on its console is a fault, but for forms that were turned back as they should."""
    said: list[str] = []
    with TemporaryDirectory(prefix="beian-browser-", ignore_cleanup_errors=True) as folder:
        async with async_playwright() as playwright:

            async def start() -> Page:
                context = await playwright.chromium.launch_persistent_context(
                    folder,
                    executable_path=browser_at,
                    args=list(CHROMIUM),
                    viewport=DESK,  # type: ignore[arg-type]
                    locale="zh-CN",
                )
                context.set_default_timeout(PATIENT)
                page = context.pages[0] if context.pages else await context.new_page()
                page.on("console", lambda message: said.append(f"{message.text} {message.location['url']}"))
                page.on("pageerror", lambda error: said.append(str(error)))
                return page

            visitor = Visitor(gateway, await start(), start, folder)
            yield visitor
            await visitor.page.context.close()
            assert [each for each in said if "status of 422" not in each] == []


BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The same pages by the same engine; the first has no windows around them, which takes a third less of the processor."""


def chromium() -> str | None:
    """The browser of this machine, if it has one."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        warnings.warn("Chromium is not installed: no life was lived in a browser", stacklevel=2)
    return found


@pytest.fixture(scope="module")
def year() -> int:
    """The year of these lives, with a call for kind B."""
    this = first_year(datetime.now(UTC))
    know_call(this)
    know_working_days(this)
    return this


def form_of(kind: Kind, **changes: Any) -> dict[str, str]:
    """The example application as somebody types it in."""
    model: type[Value] = intake.FORMS[kind.value]
    raw = application(kind, **changes)
    by_itself = ("/kind", "/filing_id", "/by", "/received_at")
    return {
        name: str(value)
        for name, value in written(model, raw).multi_items()
        if not name.startswith(by_itself) and "/legacy" not in name and value
    }


MET = {kind: {f"{code}/answer": "met" for code in CONDITIONS[kind]} for kind in Kind}


async def submitted(visitor: Visitor, kind: Kind, **changes: Any) -> str:
    """A leader writes an application and submits it; the id of its filing."""
    await visitor.comes_in("u-leader-01")
    await visitor.opens("/my")
    await visitor.page.locator(
        f"form:has(input[name=kind][value={kind}]) button, button[name=kind][value={kind}]"
    ).first.click()
    await visitor.presses("改为整表填写")
    await visitor.fills(form_of(kind, **changes))
    asked: list[str] = []

    async def hold(route: Route) -> None:
        """The application is under way for longer than findings wait for the last key."""
        visitor.page.on("request", lambda each: asked.append(each.url))
        await visitor.page.wait_for_timeout(700)
        await route.continue_()

    await visitor.page.route("**/my/drafts/*", hold, times=1)
    said = await visitor.presses("提交申请")
    assert not [each for each in asked if each.endswith("/findings")], "nothing is asked about a form that was sent"
    assert "登记" in said, await visitor.page.locator("main").inner_text()
    filing = re.search(r"/filings/([\w-]+)", visitor.page.url)
    assert filing, visitor.page.url
    return filing[1]


@dataclass
class Life:
    """A filing whose life is lived in a browser."""

    world: World
    gateway: Served
    visitor: Visitor
    filing: str
    year: int

    async def on(self, day: str) -> None:
        """Let time pass, for the filing and at the door."""
        await self.world.on(self.filing, instant(day))
        self.gateway.clock.set(day)

    async def does(self, person: str, act: str, label: str, values: Mapping[str, str] | None = None) -> None:
        """Somebody decides who is signed in."""
        await self.visitor.comes_in(person)
        await self.visitor.decides(self.filing, act, label, values)

    async def awaits(self, person: str) -> None:
        """The filing lies in somebody's inbox."""
        await self.visitor.signs_in(person)
        assert self.filing in await self.visitor.page.locator("main").inner_html()

    def stands(self, stage: Stage) -> bool:
        """Whether it stands there."""
        filing = self.world.register.filing(self.filing)
        return filing is not None and filing.stage is stage

    async def is_returned_and_corrected(self) -> None:
        """退回补正, reasons picked from the checklist, and 补正重报."""
        page = self.visitor.page
        await self.visitor.comes_in("c-101")
        await self.visitor.opens(f"/filings/{self.filing}/review?decide=return_for_correction")
        line = await page.locator("input[type=checkbox][value='A-17']").first.get_attribute("name") or ""
        lacking = {line: "A-17", line.replace("/item", "/message"): "请补充合作协议附件"}
        await self.visitor.decides(self.filing, "return_for_correction", "退回补正", lacking)
        await self.visitor.comes_in("u-leader-01")
        await self.visitor.opens(f"/filings/{self.filing}")
        await page.get_by_role("link", name="补正重报", exact=True).first.click()
        await self.visitor.looks()
        assert "请补充合作协议附件" in await page.locator("main").inner_text()
        await self.visitor.fills({"/leader/fax": "024-00000009"})
        assert "登记" in await self.visitor.presses("补正重报")

    async def is_objected_to(self) -> None:
        """Somebody objects on the public site; the city admits and dismisses it."""
        page = self.visitor.page
        await page.context.clear_cookies()
        await self.visitor.opens(f"/objections/{self.filing}")
        told = {"name": "异议人甲", "party": "individual", "contact": "13900000009", "text": "成员单位情况不实"}
        await self.visitor.fills({f"/content/{name}": value for name, value in told.items()})
        await page.get_by_role("button", name="提交异议", exact=True).click()
        await page.get_by_role("button", name="按现状提交", exact=True).click()  # no evidence: said, and taken
        await self.visitor.looks()
        ruling = {"/admissible": "yes", "/reason": "实名并附材料"}
        await self.does("c-101", "rule_on_admissibility", "认定异议是否受理", ruling)
        dismissed = {"/outcome": "dismissed", "/reason": "经核查不属实"}
        await self.visitor.decides(self.filing, "rule_on_objection", "处理异议", dismissed)

    async def loses_its_filing(self) -> None:
        """Two years missed; a defence that is rejected; revoked, on days of a published calendar, and announced."""
        await self.on(f"{self.year + 2}-02-02")
        published = {"id": "calendar", "kind": "calendar_published", "calendar": f"DEMO-{self.year}"}
        await self.gateway.tools.filings.act(self.filing, published | {"by": OFFICES["operator"]})
        await self.on(f"{self.year + 2}-12-02")
        assert self.stands(Stage.REVOCATION_PENDING)
        await self.visitor.comes_in("u-leader-01")
        await self.visitor.opens("/my/inbox")
        await self.visitor.decides(self.filing, "state_defence", "陈述申辩", {"/content/text": "因搬迁未能按期报送"})
        await self.on(f"{self.year + 2}-12-10")
        rejected = {"/outcome": "rejected", "/reason": "理由不成立"}
        await self.does("c-101", "rule_on_defence", "复核陈述申辩", rejected)
        await self.on(f"{self.year + 3}-01-10")
        assert self.stands(Stage.REVOKED)
        announced = {"/url": "https://kjj.example.gov.cn/gg/1"}
        await self.does("c-102", "record_announcement", "登记公告", announced)


@pytest.mark.filterwarnings("default:Chromium")
async def test_a_life_of_kind_a_from_draft_to_revocation(world: World, year: int) -> None:
    if (browser := chromium()) is None:
        return
    async with served(world, f"{year}-03-15") as gateway, visiting(gateway, browser) as visitor:
        for path in ("/", "/register", "/statistics", "/revocations", "/about", "/design"):
            await visitor.opens(path)
        await visitor.page.emulate_media(color_scheme="dark")
        await visitor.is_accessible("every part, dark", runOnly=["color-contrast"])
        await visitor.page.emulate_media(color_scheme="light")
        await visitor.opens("/sign-in")
        await visitor.page.locator("button[value='u-leader-01']").click()
        assert visitor.page.url == f"{gateway.base}/my"
        leader = FirstTime(visitor, form_of(Kind.A, alliance_name="沈阳市星海智造浏览器产学研联盟"))
        filing = await leader.submits()
        assert leader.minutes <= 25, leader.done
        life = Life(world, gateway, visitor, filing, year)
        gateway.clock.set(f"{year}-03-16")
        await life.awaits("c-101")
        for path in ("/desk/filings", "/desk/calendar", "/desk/charts", f"/filings/{filing}/versions/1"):
            await visitor.opens(path)
        await life.is_returned_and_corrected()
        gateway.clock.set(f"{year}-03-17")
        await life.does("c-101", "accept", "受理")
        await life.awaits("i-201")
        await visitor.decides(filing, "give_iit_opinion", "出具工信部门意见", {"/positive": "yes"})
        await life.does("c-102", "confirm", "审核确认并公示", MET[Kind.A])
        assert life.stands(Stage.ON_NOTICE)
        await life.is_objected_to()
        await life.on(f"{year}-05-10")
        await life.awaits("p-402")
        await visitor.decides(filing, "archive", "备案入库")
        assert life.stands(Stage.IN_FORCE)
        await life.on(f"{year}-11-12")
        report = {"summary/text": "完成两项攻关", "plan/text": "继续攻关", "integrity_commitment": "yes"}
        filed = {f"/content/{name}": value for name, value in report.items()}
        await life.does("u-leader-01", "file_annual_report", "报送年度总结和计划", filed)
        await life.loses_its_filing()
        await visitor.comes_in("a-601")
        await visitor.opens(f"/desk/audit?filing={filing}")
        assert world.register.verify(filing) == []
        assert list(gateway.tools.audit.faults()) == []
