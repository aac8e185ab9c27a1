"""Amounts of abuse at the doors: what is sent in amounts costs others a moment at most, and little memory and disk.

Bounded in time and count, and to loopback alone. That staff can decide while one filing is flooded, `test_one_filing.py` shows.
"""

import asyncio
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, closing, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from activities.loopback import hidden
from gateway import patience
from gateway.shipped import HEALTH
from models.settings import Settings
from tests.databases import prepare
from tests.patience import Patient, comes, patiently
from tests.samples import one_in
from tests.served import serving_with

MOMENT = 0.2
"""Seconds that others wait at most, where the machine has time for them."""


@dataclass(frozen=True)
class Gateway:
    """A gateway that runs, and a leader and an officer who are signed in."""

    base: str
    var: Path
    process: subprocess.Popen[bytes]

    async def signed_in(self, person: str) -> httpx.AsyncClient:
        """A browser that one of the seeded people signed in with."""
        browser = Patient(base_url=self.base, headers={"Origin": self.base})
        assert (await browser.post("/sign-in", data={"person": person})).status_code == 303
        return browser

    @property
    def memory(self) -> int:
        """Bytes that it holds."""
        return int(psutil.Process(self.process.pid).memory_info().rss)

    @property
    def disk(self) -> int:
        """Bytes that it wrote."""
        return sum(path.stat().st_size for path in self.var.rglob("*") if path.is_file())


def started(var: Path, port: int) -> subprocess.Popen[bytes]:
    """The gateway's process; what it logs counts as what it writes."""
    with (var / "log").open("wb") as log:
        return subprocess.Popen([sys.executable, "-m", "tests.abuse.gateway", str(var), str(port)], stderr=log)


@pytest.fixture(scope="module")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    """A gateway at default limits."""
    var = tmp_path_factory.mktemp("abuse")
    _, port = hidden()
    prepare(Settings(var=var).register_url)
    process = started(var, port)
    base = f"http://127.0.0.1:{port}"
    try:
        async with Patient(base_url=base) as asking:

            async def answers() -> bool:
                with suppress(httpx.TransportError):
                    return (await asking.get(HEALTH)).status_code == 200
                return False

            await comes(answers)
        yield Gateway(base, var, process)
    finally:
        process.terminate()
        process.wait()


async def csrf(browser: httpx.AsyncClient) -> str:
    """What the forms of a session bring along."""
    return (await browser.get("/sign-in")).text.split('name="csrf" value="')[1].split('"')[0]


async def many_documents(gateway: Gateway) -> int:
    """900 KB of documents that say nothing."""
    async with Patient(base_url=gateway.base) as api:
        body = b'{"kind":"A","documents":[' + b",".join([b"{}"] * 300_000) + b"]}"
        headers = {"Authorization": "Bearer u-leader-01", "Content-Type": "application/json"}
        return (await api.post("/api/v1/check", content=body, headers=headers)).status_code


async def as_many_documents_as_may_be(gateway: Gateway) -> int:
    """The longest lists that are taken, with a fault in every field."""
    async with Patient(base_url=gateway.base) as api:
        body = (
            b'{"kind":"A","documents":['
            + b",".join([b"{}"] * 1000)
            + b'],"members":['
            + b",".join([b"{}"] * 500)
            + b"]}"
        )
        headers = {"Authorization": "Bearer u-leader-01", "Content-Type": "application/json"}
        return (await api.post("/api/v1/check", content=body, headers=headers)).status_code


async def a_draft_of_thousands_of_rows(gateway: Gateway) -> int:
    """A form with far more members than an alliance has."""
    async with aclosing(await gateway.signed_in("u-leader-01")) as browser:
        token = await csrf(browser)
        begun = await browser.post("/my/drafts", data={"csrf": token, "kind": "A"})
        rows = {f"/members/{number}/name": "甲" for number in range(3000)}
        answer = await browser.post(f"{begun.headers['location']}/findings", data={"csrf": token, **rows})
        await browser.post(f"{begun.headers['location']}/delete", data={"csrf": token})
        return answer.status_code


async def fifty_megabytes_of_nobody(gateway: Gateway) -> int:
    """A long form of somebody who is not signed in, which does not say how long it is."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n'
        for _ in range(51):
            yield b'"' * 1_000_000

    async with Patient(base_url=gateway.base) as anybody:
        headers = {"Content-Type": "multipart/form-data; boundary=b", "Origin": gateway.base}
        answer = await anybody.post("/my/drafts/x", content=pieces(), headers=headers)
        assert len(answer.content) < 100_000
        return answer.status_code


async def a_form_of_ampersands(gateway: Gateway) -> int:
    """A hundred thousand inputs."""
    async with Patient(base_url=gateway.base) as anybody:
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": gateway.base}
        return (await anybody.post("/sign-in", content=b"a&" * 120_000, headers=headers)).status_code


HOSTILE: dict[Callable[[Gateway], Awaitable[int]], set[int]] = {
    many_documents: {400},
    as_many_documents_as_may_be: {200},
    a_draft_of_thousands_of_rows: {200},
    fifty_megabytes_of_nobody: {413},
    a_form_of_ampersands: {400, 413},
}
"""What somebody sends, and what may come of it."""


async def waits(gateway: Gateway, path: str, times: int, until: "asyncio.Task[object] | None" = None) -> list[float]:
    """How long others wait for a page, so often or until something is over."""
    found: list[float] = []
    async with Patient(base_url=gateway.base) as other:
        while len(found) < times or (until is not None and not until.done()):
            begun = time.monotonic()
            assert (await other.get(path)).status_code == 200
            found.append(time.monotonic() - begun)
    return found


@pytest.mark.parametrize("hostile", one_in(2, HOSTILE), ids=lambda hostile: hostile.__name__)
async def test_others_wait_a_moment_at_most(gateway: Gateway, hostile: Callable[[Gateway], Awaitable[int]]) -> None:
    quiet = statistics.median(await waits(gateway, "/", 5))
    before = gateway.memory
    running = asyncio.ensure_future(hostile(gateway))
    waited = await waits(gateway, "/", 5, running)
    assert running.result() in HOSTILE[hostile]
    assert statistics.median(waited) < max(MOMENT, 10 * quiet)
    assert gateway.memory - before < 150_000_000


async def test_a_locked_register_holds_up_no_style_and_no_supervisor(gateway: Gateway) -> None:
    """Another process keeps the register for itself; whoever wants to write there waits, and nobody else."""
    async with aclosing(await gateway.signed_in("c-101")) as browser:
        token = await csrf(browser)
        with closing(sqlite3.connect(gateway.var / "register.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            filters = [{"csrf": token, "name": f"f{number}", "query": ""} for number in range(20)]
            writing = [asyncio.ensure_future(browser.post("/desk/filings/saved", data=each)) for each in filters]
            try:
                waited = [*await waits(gateway, "/static/design.css", 10), *await waits(gateway, HEALTH, 10)]
                reading = await waits(gateway, "/", 5)
                assert not any(each.done() for each in writing)
            finally:
                other.execute("ROLLBACK")
        assert {(await each).status_code for each in writing} <= {303, 422}
    assert statistics.median(waited) < MOMENT
    assert statistics.median(reading) < 10 * MOMENT


A_LOG_AHEAD = 5_000_000
"""Bytes that SQLite's write-ahead log has at most before it is taken over."""


async def test_what_is_refused_costs_little_disk(gateway: Gateway) -> None:
    """Twelve megabytes are refused: of each only a line is kept."""
    before = gateway.disk
    headers = {"Authorization": "Bearer u-leader-01"}
    async with Patient(base_url=gateway.base, headers=headers) as api:
        for number in range(40):
            application = {"kind": "A", "filing_id": f"F-{number}", "innovation_goal": "甲" * 100_000}
            assert (await api.post("/api/v1/filings", json=application)).status_code == 422
            assert (await api.get("/api/v1/filings/NOBODY")).status_code == 404
    assert gateway.disk - before < A_LOG_AHEAD


async def test_half_requests_leave_room_for_whole_ones() -> None:
    """More half requests than there is room for, byte by byte: each is given up in time, and nobody else is kept out."""

    class Impatient(patience.Patient):
        most, head_time, body_time = 20, 0.5, 0.5

    async def app(scope: dict[str, object], receive: object, send: Callable[[object], Awaitable[None]]) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
            await send({"type": "http.response.body", "body": b"ok"})

    async with serving_with(app, http=Impatient) as base:
        port = int(base.rpartition(":")[2])

        async def half(head: bytes) -> bytes:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            with suppress(ConnectionError, RuntimeError):  # by which the loop tells that the other side has closed
                for byte in range(1000):
                    writer.write(head if not byte else b"x")
                    await writer.drain()
                    if reader.at_eof():
                        break
                    await asyncio.sleep(0.02)
            with suppress(ConnectionError):
                await reader.read()
            writer.close()
            return b"given up"

        heads = [b"", b"GET / HTTP/1.1\r\nX-Slow: ", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Le"]
        halves = [asyncio.ensure_future(half(heads[number % 3])) for number in range(60)]
        async with Patient(base_url=base) as other:

            async def gets_in() -> bool:
                with suppress(httpx.TransportError):
                    return (await other.get("/")).text == "ok"
                return False

            await comes(gets_in)
        async with patiently():
            assert {await each for each in halves} == {b"given up"}
