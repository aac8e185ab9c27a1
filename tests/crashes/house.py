"""One alliance's service in which everything can die: a mortal world, doors that die with a request, and the world outside."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from temporalio.testing import WorkflowEnvironment

from gateway.app import create, tools_of
from gateway.client import Filings
from models.channels import ChannelsFile
from models.filing import Receipt
from tests.crashes.mortal import Mortal
from tests.crashes.points import CURRENT, Points, Process
from tests.loopback import MailServer, Receiver, mail_server, receiver, saying
from tests.served import Travelling, serving

ANSWERS = 80
"""How often somebody asks again who got no answer."""

CHANNELS = """
[channels.mail]
type = "mail"
host = "127.0.0.1"
port = {mail}
security = "none"
sender = "beian@kjt.example.cn"

[channels.sms]
type = "sms"
url = "http://127.0.0.1:{sms}/send"
signature = "辽宁科技"
fields = {{ to = "{{phone}}", text = "{{text}}", id = "{{id}}" }}
accepted = {{ path = "code", values = ["0"] }}
receipt = "msgid"

[channels.platform]
type = "webhook"
url = "http://127.0.0.1:{platform}/hook"
secret = "whsec_YSBrZXkgdGhhdCBub2JvZHkgZWxzZSBoYXMsIGF0IGFsbA=="

[offices.210100]
mail = ["st@sy.example.cn"]
[offices.210000]
mail = ["st@ln.example.cn"]
"""


@dataclass
class Door(Travelling):
    """A door that starts what is submitted itself, at its own time."""

    async def submit(self, raw: Mapping[str, Any]) -> Receipt:
        """Submit at the clock's time."""
        return await Filings.submit(self, {"received_at": self.clock().isoformat(), **raw})


def mortal(app: Any, points: Points) -> Any:
    """An application that dies with a request: whoever asked hears no more."""

    async def answering(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        process = Process("door", points.doing)
        CURRENT.set(process)

        async def says(message: Any) -> None:
            points.still(process)
            if message["type"] == "http.response.start":
                with points.step("answer"):
                    pass
            await send(message)

        try:
            await app(scope, receive, says)
        except BaseException:
            if not process.dead:
                raise
        if process.dead:
            await send({"type": "http.response.start", "status": 599, "headers": []})
            await send({"type": "http.response.body", "body": b""})

    return answering


@dataclass
class House:
    """A world with a gateway before it, and people who ask until they are told."""

    world: Mortal
    base: str
    mail: MailServer
    others: Sequence[Receiver]
    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def points(self) -> Points:
        """Its points."""
        return self.world.points

    async def asks(self, person: str, path: str, on: str, doing: str, **what: Any) -> dict[str, Any]:
        """Ask until there is an answer, and have the letters delivered; the answer, which is then told once more."""
        self.world.clock.set(on)
        self.points.doing = doing
        headers = {"Authorization": f"Bearer {person}"}
        async with httpx.AsyncClient(base_url=f"{self.base}/api/v1/", headers=headers, timeout=120) as client:
            answer = await self._answer(client, path, what)
            again = await self._answer(client, path, what)
        assert {**answer, "warnings": ()} == {**again, "warnings": ()}, "the same answer again"
        await self.world.deliver()
        return answer

    async def _answer(self, client: httpx.AsyncClient, path: str, what: Mapping[str, Any]) -> dict[str, Any]:
        for tries in range(ANSWERS):
            await asyncio.sleep(min(tries * 0.02, 1.0))
            answer = await client.post(path, **what)
            if answer.status_code < 300:
                told: dict[str, Any] = answer.json()
                return told
            if answer.status_code < 500:
                raise AssertionError(answer.text)
        raise TimeoutError(answer.text)


@asynccontextmanager
async def house(environment: WorkflowEnvironment, var: Path, points: Points, on: str) -> AsyncIterator[House]:
    """A house on a day."""
    with ExitStack() as stack:
        mail, sms, platform = (
            stack.enter_context(mail_server()),
            stack.enter_context(receiver()),
            stack.enter_context(receiver()),
        )
        sms.answer = saying({"code": "0", "msgid": "g-1"})
        channels = var / "channels.toml"
        channels.parent.mkdir(parents=True, exist_ok=True)
        channels.write_text(CHANNELS.format(mail=mail.port, sms=sms.port, platform=platform.port), "utf-8")
        settings = {"channels": channels, "drafts": True, "reads_a_minute": 100_000, "acts_a_minute": 100_000}
        async with Mortal.born(environment, var / "var", points, on, **settings) as world:
            filings = Door(world.client, world.register, world.settings.task_queue, world.clock, world=world)

            @asynccontextmanager
            async def open_tools(_: Any) -> AsyncIterator[Any]:
                yield tools_of(world.settings, filings, ChannelsFile())

            app = create(world.settings, open_tools)
            async with serving(mortal(app, points)) as base:
                yield House(world, base, mail, (sms, platform))
