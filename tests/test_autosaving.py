"""The script that saves a form while it is filled in, in a real browser, with a server that answers when the test says."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.async_api import Page, Request, Route, async_playwright

import gateway.pages
from tests.test_browser import chromium

SCRIPTS = Path(gateway.pages.__file__).parent / "static"

PAGE = """<!doctype html><form method="post" action="/next" data-autosave="/saved" data-key="draft" data-person="p">
<input name="seen" value="1"><input name="code"><input name="name"><p data-saved></p><button>下一步</button></form>
<script type="module" src="/static/form/form.js"></script>"""

WAITS = "保存后继续刚才的操作"

pytestmark = pytest.mark.filterwarnings("default:Chromium")


@dataclass
class Server:
    """Saves a draft as soon as it answers, or tells that it cannot."""

    answers: asyncio.Event = field(default_factory=asyncio.Event)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    down: bool = False
    saved: list[str] = field(default_factory=list)
    """What arrived and was kept, one after the other."""

    async def served(self, route: Route, request: Request) -> None:
        """Answer as a gateway would."""
        path = request.url.removeprefix("http://127.0.0.1")
        if path.startswith("/static/"):
            script = (SCRIPTS / path.removeprefix("/static/")).read_text("utf-8")
            await route.fulfill(body=script, content_type="text/javascript")
        elif path == "/saved":
            self.arrived.set()
            await self.answers.wait()
            if self.down:
                await route.fulfill(status=503, body="")
            else:
                self.saved.append(request.post_data or "")
                await route.fulfill(json={"seen": str(len(self.saved) + 1), "held": "", "at": "09:00"})
        else:
            await route.fulfill(body=PAGE if path == "/" else "sent", content_type="text/html; charset=utf-8")


@pytest.fixture
async def server() -> Server:
    """A server that waits until it is told to answer."""
    return Server()


@pytest.fixture
async def page(server: Server) -> AsyncIterator[Page | None]:
    """A form that saves itself, or nothing where there is no browser."""
    if (browser := chromium()) is None:
        yield None
        return
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=browser)
        page = await opened.new_page()
        await page.route("**/*", server.served)
        await page.goto("http://127.0.0.1/")
        await page.locator("form[data-ready]").wait_for()
        yield page
        await opened.close()


async def test_what_is_filled_in_while_a_form_is_saved_to_be_sent_is_saved_too_and_it_is_sent(
    server: Server, page: Page | None
) -> None:
    """A name that is put beside its code, as the field is left by the very press of the button."""
    if page is None:
        return
    await page.fill("[name=code]", "91210100")
    async with page.expect_navigation():
        await page.click("button")
        await server.arrived.wait()
        await page.fill("[name=name]", "示例企业")
        server.answers.set()
    assert page.url.endswith("/next")
    assert ["示例企业" in body for body in server.saved] == [False, True]


async def pressed_in_vain(server: Server, page: Page) -> None:
    """A press while the service cannot save: whoever pressed is told that it waits."""
    server.answers.set()
    server.down = True
    await page.fill("[name=code]", "91210100")
    await page.click("button")
    await page.locator("[data-saved]", has_text=WAITS).wait_for()
    assert page.url.endswith("/")
    await tried_again(server, page)
    await page.locator("[data-saved]", has_text=WAITS).wait_for()  # as long as it waits
    server.down = False


async def tried_again(server: Server, page: Page) -> None:
    """As a quarter of a minute later, or where the network is back."""
    server.arrived.clear()
    await page.evaluate("dispatchEvent(new Event('online'))")
    await server.arrived.wait()


async def test_a_press_that_could_not_be_saved_goes_on_by_itself_once_it_can(server: Server, page: Page | None) -> None:
    if page is None:
        return
    await pressed_in_vain(server, page)
    async with page.expect_navigation():
        await tried_again(server, page)
    assert page.url.endswith("/next")
    assert len(server.saved) == 1


async def test_a_press_that_waits_is_taken_back_by_whoever_goes_on_filling_in(
    server: Server, page: Page | None
) -> None:
    if page is None:
        return
    await pressed_in_vain(server, page)
    await page.locator("[name=code]").press_sequentially("X")
    await tried_again(server, page)
    await page.locator("[data-saved]", has_text="已自动保存").wait_for()
    assert page.url.endswith("/")
    async with page.expect_navigation():
        await page.click("button")
    assert page.url.endswith("/next")
    assert len(server.saved) == 1
