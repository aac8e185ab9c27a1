"""Somebody who leads an alliance for the first time fills in form A step by step, as people type; their browser dies on the way.

How long that takes by hand is reckoned, not waited for: `PACE` says how.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from playwright.async_api import FilePayload, Page, Route

from models.sections import SECTIONS
from models.vocabulary import Kind

PACE = {"chinese": 60 / 40, "other": 60 / 150, "choice": 4.0, "page": 20.0, "document": 25.0}
"""Seconds for a Chinese character (40 a minute, with an input method, looking up included), any other one, a choice, reading a page,
finding and choosing a document."""

LONGEST_GOAL = 500

PERSON = "u-leader-01"

KEPT = """async text => {
  const database = await new Promise((resolve, reject) => {
    const request = indexedDB.open("beian", 1);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const all = await new Promise(resolve => {
    const request = database.transaction("typed").objectStore("typed").getAll();
    request.onsuccess = () => resolve(request.result);
  });
  database.close();
  return JSON.stringify(all).includes(text);
}"""
"""Whether the browser has kept a text."""


class Visitor(Protocol):
    """Somebody with a browser that may die (tests/test_browser.py)."""

    page: Page

    async def opens(self, path: str) -> None:
        """Go to a page."""

    async def looks(self) -> None:
        """Look at a page."""

    async def comes_in(self, person: str) -> None:
        """Be somebody who is signed in."""

    async def fills(self, values: Mapping[str, str]) -> None:
        """Fill in a form."""

    async def presses(self, words: str) -> str:
        """Press a button."""

    async def dies(self) -> None:
        """The browser is killed, and started again."""


@dataclass
class FirstTime:
    """What was typed, chosen and read, and by what it is sent in the end."""

    visitor: Visitor
    values: Mapping[str, str]
    done: Counter[str] = field(default_factory=Counter)

    @property
    def minutes(self) -> float:
        """How long a person takes for it, and for as long a goal as may be written."""
        longest = LONGEST_GOAL - len(self.values["/innovation_goal"])
        return (sum(PACE[what] * times for what, times in self.done.items()) + longest * PACE["chinese"]) / 60

    def _typed(self, name: str, value: str) -> None:
        if re.fullmatch(r"yes|no|[a-z]+|\d{6}|D\w+", value) or name.endswith("_on"):
            self.done["choice"] += 1
            return
        chinese = len(re.findall(r"[\u3000-\uffef]", value))
        self.done.update(chinese=chinese, other=len(value) - chinese)

    async def submits(self) -> str:
        """From the overview to a filing; its id."""
        page = self.visitor.page
        await page.locator("form:has(input[name=kind][value=A]) button, button[name=kind][value=A]").first.click()
        await page.get_by_role("link", name=re.compile("^开始填写")).click()
        for section in SECTIONS[Kind.A]:
            await self._step(
                section.key, {name: each for name, each in self.values.items() if _of(name, section.names)}
            )
        await self.visitor.looks()
        said = await self.visitor.presses("提交申请")
        assert "登记" in said, await self.visitor.page.locator("main").inner_text()
        filing = re.search(r"/filings/([\w-]+)", self.visitor.page.url)
        assert filing, self.visitor.page.url
        return filing[1]

    async def _step(self, key: str, values: dict[str, str]) -> None:
        page = self.visitor.page
        assert page.url.endswith(f"?step={key}"), page.url
        await page.locator("form[data-ready]").wait_for()
        await self.visitor.looks()
        self.done["page"] += 1
        there = {name: await self._value(name) for name in values if "/documents/" not in name}
        if key == "documents":
            values = await self._brings(values)
        if key in DIES_AT:
            name, last = DIES_AT[key], values.pop(DIES_AT[key])
            await self.visitor.fills(values)
            await self._dies_while_typing(name, last, page.url)
            values[name] = last
        else:
            await self.visitor.fills(values)
        for name, value in values.items():
            if there.get(name) != value and not name.startswith("/documents/"):
                self._typed(name, value)
        last_step = SECTIONS[Kind.A][-1].key == key
        await self.visitor.presses("保存，到步骤一览" if last_step else "保存，下一步")

    async def _value(self, name: str) -> str | None:
        inputs = self.visitor.page.locator(f"[name='{name}']:not([type=radio]):not([type=checkbox])")
        return await inputs.first.input_value() if await inputs.count() else None

    async def _dies_while_typing(self, name: str, text: str, address: str) -> None:
        """The server is told nothing of the last keys; the browser dies a moment after them; everything is there again."""

        async def hold(route: Route) -> None:
            """What would be saved is on its way when the browser dies."""

        page = self.visitor.page
        await page.route("**/saved", hold)
        await page.locator(f"[name='{name}']").press_sequentially(text)
        await page.wait_for_function(KEPT, arg=text)
        await self.visitor.dies()
        await self.visitor.comes_in(PERSON)
        page = self.visitor.page
        await page.goto(address)
        await page.get_by_text("已恢复上次在这台电脑上填写").wait_for()
        assert await page.locator(f"[name='{name}']").input_value() == text
        await page.locator("[data-saved]", has_text="已自动保存").wait_for()

    async def _brings(self, values: dict[str, str]) -> dict[str, str]:
        """The sealed form is dropped, hashed here, and compared with what was stored; the other documents lie on the platform. Of
        what is refused no row is left."""
        page = self.visitor.page
        rows = await page.locator("[data-document]").count()
        none = FilePayload(name="会议纪要.pdf", mimeType="application/pdf", buffer=b"no document")
        await page.locator("[data-several]").set_input_files([none])
        await page.get_by_text("“会议纪要.pdf”未上传：内容不是pdf文件").wait_for()
        assert await page.locator("[data-document]").count() == rows
        content = b"%PDF-1.7\n% sealed\n%%EOF\n"
        sealed = FilePayload(name="申请表（盖章）.pdf", mimeType="application/pdf", buffer=content)
        await page.locator("[data-several]").set_input_files([sealed])
        await page.get_by_text("与服务器一致").wait_for()
        self.done["document"] += len({name.split("/")[2] for name in values})
        return {name: each for name, each in values.items() if not name.startswith("/documents/0/")}


DIES_AT = {"goal": "/innovation_goal", "members": "/members/3/position"}
"""At which steps the browser dies, while what is typed."""


def _of(name: str, names: Any) -> bool:
    return name.split("/")[1] in names
