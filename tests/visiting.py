"""The gateway without an engine behind it: its doors on a register, and browsers that call at them."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from typing import Any

from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from temporalio.client import Client

from activities.register import Register
from gateway.app import create, tools_of
from gateway.client import Filings
from gateway.counters import Counters
from gateway.tools import Tools
from models.channels import ChannelsFile
from models.settings import Settings
from tests.served import Clock
from workflows.payloads import converter

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class House:
    """A gateway whose register is migrated."""

    app: FastAPI
    tools: Tools

    @property
    def origin(self) -> str:
        """Where its pages come from."""
        address = self.tools.settings.gateway_address
        return address or f"http://{LOOPBACK}"

    def browser(self, client: str = LOOPBACK, *, errors: bool = True) -> AsyncClient:
        """Somebody's browser, or a program; without `errors`, an error nobody expected is answered as served."""
        transport = ASGITransport(self.app, raise_app_exceptions=errors, client=(client, 50000))
        return AsyncClient(transport=transport, base_url=self.origin)

    async def signed_in(self, person: str) -> AsyncClient:
        """A browser that one of the seeded people signed in with."""
        browser = self.browser()
        assert (await enters(browser, person)).status_code == 303
        return browser


async def enters(browser: AsyncClient, person: str, **form: str) -> Response:
    """Sign in as one of the seeded people, as the page's form does."""
    origin = str(browser.base_url).rstrip("/")
    return await browser.post("/sign-in", data={"person": person, **form}, headers={"Origin": origin})


UNREAD = "您预览之后，所填或者日期有变，本次没有登记任何事项"
"""What a page says of what was to be sent and was not read."""


def read_in(page: str) -> str:
    """The digest of what would go out, as a page shows it last; empty if it shows nothing."""
    return "".join(re.findall(r'name="previewed" value="([^"]*)"', page)[-1:])


async def sends(browser: AsyncClient, path: str, form: Mapping[str, Any], **how: Any) -> Response:
    """A form as an officer sends it: what would go out is looked at first, where a page shows it, and goes as it was read."""
    answer = await browser.post(path, data=form, **how)
    if answer.status_code == 307:  # what is decided in a review is looked at there
        path = answer.headers["location"]
        answer = await browser.post(path, data=form, **how)
    if UNREAD in unescape(answer.text):
        answer = await browser.post(path, data={**form, "previewed": read_in(answer.text)}, **how)
    return answer


@asynccontextmanager
async def visiting(settings: Settings, clock: Clock, counters: Counters | None = None) -> AsyncIterator[House]:
    """A gateway that is open."""

    @asynccontextmanager
    async def open_tools(_: Settings) -> AsyncIterator[Tools]:
        register = Register.at(settings.register_url)
        nobody = await Client.connect("127.0.0.1:1", data_converter=converter(settings), lazy=True)
        yield tools_of(settings, Filings(nobody, register, clock=clock), ChannelsFile())
        register.engine.dispose()

    app = create(settings, open_tools, counters)
    async with app.router.lifespan_context(app):
        yield House(app, app.state.tools)
