"""The gateway restarts under load, gently and not: what it said was taken is in the docket, once; what it left open can be
sent again."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import httpx

from deploy.embedded import answers
from models.acts import CorrectContact
from tests.loopback import free_port
from tests.patience import Patience, Patient, comes
from tests.samples import one_in
from tests.story import application
from tests.world import World

ROOT = Path(__file__).parent.parent
ACTS, HANDS = 30, 6
FAREWELLS = ((signal.SIGKILL, ACTS // 4), (signal.SIGTERM, ACTS // 2))
"""How a gateway goes, and after how many acts."""

CONTACT = {"contact": "郑示例", "phone": "13800000001", "service": {"consent": True, "address": "inbox:u-leader-01"}}


@contextmanager
def gateway(world: World, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A gateway in a process of its own, on the world's engine and register."""
    environ = os.environ | {
        "TEMPORAL_ADDRESS": world.environment.client.service_client.config.target_host,
        "BEIAN_VAR": str(world.settings.var),
        "BEIAN_TASK_QUEUE": world.settings.task_queue,
        "BEIAN_GATEWAY_PORT": str(port),
        "BEIAN_ACTS_A_MINUTE": "100000",
        "BEIAN_LOG_LEVEL": "ERROR",
    }
    process = subprocess.Popen([sys.executable, "-m", "gateway"], cwd=ROOT, env=environ)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def sends(client: httpx.AsyncClient, key: str, phone: int) -> int:
    """Send one act until it is answered; the number of its entry."""
    act = {"kind": "correct_contact", "content": CONTACT | {"phone": f"138{phone:08d}"}}
    patience = Patience()
    while patience.lasts():
        try:
            answer = await client.post(
                "/api/v1/filings/RESTARTED/acts", json=act, headers={"Idempotency-Key": key}, timeout=20
            )
        except httpx.TransportError:
            await asyncio.sleep(patience.pauses())
            continue
        if answer.status_code == 503:
            await asyncio.sleep(patience.pauses())
            continue
        assert answer.status_code in (200, 201), answer.text
        return int(answer.json()["number"])
    raise TimeoutError(key)


async def test_a_gateway_that_restarts_under_load_loses_no_accepted_act(world: World) -> None:
    await world.door.submit(application(filing_id="RESTARTED", alliance_name="沈阳市重启产学研联盟"))
    port = free_port()
    address, bearer = f"http://127.0.0.1:{port}", {"Authorization": "Bearer u-leader-01"}
    numbers: dict[str, int] = {}
    waiting = iter(range(ACTS))

    async def hand(client: httpx.AsyncClient) -> None:
        for each in waiting:
            numbers[f"contact-{each}"] = await sends(client, f"contact-{each}", each)

    with ExitStack() as running:
        serving = running.enter_context(gateway(world, port))
        async with Patient(base_url=address, headers=bearer) as client:
            hands = [asyncio.create_task(hand(client)) for _ in range(HANDS)]
            for farewell, after in one_in(2, FAREWELLS):
                await comes(partial(_as_many, numbers, after))
                serving.send_signal(farewell)
                await asyncio.to_thread(serving.wait)
                serving = running.enter_context(gateway(world, port))
                await comes(partial(answers, port))
            await asyncio.gather(*hands)
    assert len(numbers) == ACTS
    entered = _entered(world)
    assert entered == {key: [number] for key, number in numbers.items()}


def _as_many(numbers: dict[str, int], count: int) -> bool:
    return len(numbers) >= count


def _entered(world: World) -> dict[str, list[int]]:
    """The acts in the docket by their ids, each with every entry that it has."""
    entered: dict[str, list[int]] = {}
    for entry in world.register.docket("RESTARTED"):
        if isinstance(entry.event, CorrectContact):
            entered.setdefault(entry.event.id, []).append(entry.number)
    return entered
