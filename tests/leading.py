"""Leaders at their pages: a browser without eyes that fills in forms as people do."""

import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
from starlette.datastructures import FormData

from gateway.asked import applications
from gateway.identity import Identity
from gateway.remembered.sessions import cookie_of
from gateway.tools import Tools
from models.vocabulary import Kind, Role
from tests.filling import sent
from tests.visiting import sends

EXAMPLES = Path(__file__).parent.parent / "examples"

LEADER = Identity(person="u-leader-01", name="经办人", role=Role.LEADER, office="91210102MA10ABCD6H")
COLLEAGUE = LEADER.but(person="u-leader-02", name="另一经办人")
OTHER = Identity(person="u-other", name="别家经办人", role=Role.LEADER, office="91210102MA20001KX5")
OFFICER = Identity(person="c-101", name="受理人", role=Role.CITY_ST, office="210100")

Pairs = list[tuple[str, str]]


@dataclass
class Leader:
    """Somebody signed in, with what their browser sends along."""

    client: httpx.AsyncClient
    csrf: str = ""

    def signs_in(self, tools: Tools, who: Identity) -> None:
        """Sign in as somebody, by the clock of the doors."""
        secret = tools.sessions.begin(who, tools.clock())
        session = tools.sessions.find(secret, tools.clock())
        assert session
        self.client.cookies.set(cookie_of(tools.settings), secret)
        self.csrf = session.csrf

    async def page(self, path: str, status: int = 200) -> "Page":
        """A page."""
        answer = await self.client.get(path)
        assert answer.status_code == status, answer.text
        return Page.of(answer.text)

    async def sends(
        self, path: str, pairs: Sequence[tuple[str, str]] = (), files: Mapping[str, tuple[str, bytes]] | None = None
    ) -> httpx.Response:
        """A form, as a browser sends it: with the session's token, and files if there are any."""
        fields: dict[str, list[str]] = {}
        for name, value in [("csrf", self.csrf), *pairs]:
            fields.setdefault(name, []).append(value)
        return await sends(self.client, path, fields, **({"files": dict(files)} if files else {}))

    async def begins(self, kind: str = "A") -> str:
        """A new draft, to be filled in as a whole; its address."""
        answer = await self.sends("/my/drafts", [("kind", kind), ("layout", "whole")])
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    async def fills(self, address: str, raw: Mapping[str, Any], *pairs: tuple[str, str]) -> httpx.Response:
        """Fill in the whole form of an application as it is shown, and press a button."""
        shown = await self.page(address)
        return await self.sends(address, [*filled(raw), *shown.hidden("seen", "id"), *(pairs or [("do", "save")])])


@asynccontextmanager
async def leading(tools: Tools, base: httpx.AsyncClient, who: Identity = LEADER) -> AsyncIterator[Leader]:
    """A browser in which somebody is signed in."""
    leader = Leader(base)
    leader.signs_in(tools, who)
    async with base:
        yield leader


def example(kind: str, **changes: Any) -> dict[str, Any]:
    """The good example of a kind, as its leader would fill it in."""
    raw: dict[str, Any] = json.loads((EXAMPLES / f"kind_{kind.lower()}.json").read_text("utf-8"))
    return applications.of_paper(raw) | changes


def filled(raw: Mapping[str, Any]) -> Pairs:
    """What a browser sends if somebody fills in an application so."""
    return [pair for part in applications.parts(raw, ()) for pair in sent(part.fields)]


def read_back(raw: Mapping[str, Any]) -> dict[str, Any]:
    """What comes back of it."""
    return applications.filled_in(Kind(raw["kind"]), FormData([*filled(raw)]))


@dataclass
class Page:
    """A page as its parts are told apart."""

    text: str
    ids: list[str]
    links: list[str]
    inputs: list[dict[str, str]]

    @classmethod
    def of(cls, text: str) -> "Page":
        """Read a page."""
        reader = _Reader()
        reader.feed(text)
        return cls(unescape(text), reader.ids, reader.links, reader.inputs)

    def hidden(self, *names: str) -> Pairs:
        """What a form sends along unseen."""
        return [
            (each["name"], each.get("value", ""))
            for each in self.inputs
            if each.get("type") == "hidden" and each.get("name") in names
        ]

    def value(self, name: str) -> str | None:
        """What stands in an input."""
        return next((each.get("value", "") for each in self.inputs if each.get("name") == name), None)

    def says(self, text: str) -> bool:
        """Whether a text is on it, however it is broken into lines."""
        return re.sub(r"\s+", "", text) in re.sub(r"<[^>]*>|\s+", "", self.text)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.inputs: list[dict[str, str]] = []
        self.templates = 0

    def handle_endtag(self, tag: str) -> None:
        """What stands in a template is not on the page yet."""
        self.templates -= tag == "template"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a page offers."""
        self.templates += tag == "template"
        if self.templates:
            return
        told = {name: value or "" for name, value in attrs}
        if "id" in told:
            self.ids.append(told["id"])
        if tag == "a":
            self.links.append(told.get("href", ""))
        if tag in ("input", "select", "textarea", "button"):
            self.inputs.append(told)
