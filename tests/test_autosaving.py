"""The script that saves a form while it is filled in, in a real browser, with a server that answers when the test says."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Request, Route, async_playwright

import gateway.pages
from tests.test_browser import chromium

SCRIPTS = Path(gateway.pages.__file__).parent / "static"

PAGE = """<!doctype html><form method="post" action="/next" data-autosave="/saved" data-key="draft" data-person="p">
<input name="seen" value="1"><input name="code"><input name="name"><p data-saved></p><button>下一步</button></form>
<script type="module" src="/static/form/form.js"></script>"""


@pytest.mark.filterwarnings("default:Chromium")
async def test_what_is_filled_in_while_a_form_is_saved_to_be_sent_is_saved_too_and_it_is_sent() -> None:
    """A name that is put beside its code, as the field is left by the very press of the button."""
    if (browser := chromium()) is None:
        return
    arrived, answers, bodies = asyncio.Event(), asyncio.Event(), list[str]()

    async def served(route: Route, request: Request) -> None:
        path = request.url.removeprefix("http://127.0.0.1")
        if path.startswith("/static/"):
            script = (SCRIPTS / path.removeprefix("/static/")).read_text("utf-8")
            await route.fulfill(body=script, content_type="text/javascript")
        elif path == "/saved":
            bodies.append(request.post_data or "")
            arrived.set()
            await answers.wait()
            await route.fulfill(json={"seen": str(len(bodies) + 1), "held": "", "at": "09:00"})
        else:
            await route.fulfill(body=PAGE if path == "/" else "sent", content_type="text/html; charset=utf-8")

    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=browser)
        page = await opened.new_page()
        await page.route("**/*", served)
        page.set_default_timeout(8_000)
        await page.goto("http://127.0.0.1/")
        await page.locator("form[data-ready]").wait_for()
        await page.fill("[name=code]", "91210100")
        async with page.expect_navigation():
            await page.click("button")
            await arrived.wait()
            await page.fill("[name=name]", "示例企业")
            answers.set()
        assert page.url.endswith("/next")
        assert ["示例企业" in body for body in bodies] == [False, True]
        await opened.close()
