"""Cables cut between the parts, for a minute each, and made whole (`make cuts`; root alone may lay cables: `ip netns`).

Worker, server and database live in network namespaces of their own; the gateway and whoever calls it stay here. Between any two
that speak with each other lies a bridge: while it is down, whatever is sent is lost without a word, as on a cable that was cut.
`CUT` is for how many seconds.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx

from bench.figures import table
from bench.storm.callers import LONGEST
from bench.storm.fleet import DATABASE, GATEWAY, SERVER, WORKER, Fleet, Network
from bench.storm.storm import Storm

CUT = float(os.environ.get("CUT", "60"))

CABLES = ((WORKER, SERVER), (WORKER, DATABASE), (GATEWAY, SERVER), (GATEWAY, DATABASE))
"""Who speaks with whom."""

ANSWERED = 45.0
"""Seconds within which whoever calls is told, whatever is cut."""


def ip(*words: str) -> None:
    """Lay something."""
    subprocess.run(["ip", *words], check=True)


class Cables(Network):
    """Each part in a place of its own, and cables between them."""

    listens = "0.0.0.0"

    def __init__(self) -> None:
        self.mark = f"{os.getpid() % 10_000:04}"
        self.places = {name: f"beian-{self.mark}-{name}" for name in (WORKER, SERVER, DATABASE)}

    def inside(self, name: str) -> Sequence[str]:
        """The gateway is here."""
        return ("ip", "netns", "exec", self.places[name]) if name in self.places else ()

    def address(self, of: str, to: str) -> str:
        """Where the cable from one to another ends; whoever is not named speaks by the gateway's."""
        return f"10.213.{self._cable(of if of == WORKER else GATEWAY, to)}.2"

    def _cable(self, one: str, other: str) -> int:
        return CABLES.index((one, other)) + 1

    def bridge(self, one: str, other: str) -> str:
        """What a cable runs over."""
        return f"cut{self.mark}-{self._cable(one, other)}"

    @contextmanager
    def laid(self) -> Iterator[None]:
        """All cables, for as long as they are needed."""
        try:
            for place in self.places.values():
                ip("netns", "add", place)
                ip("-n", place, "link", "set", "lo", "up")
            for ends in CABLES:
                ip("link", "add", self.bridge(*ends), "type", "bridge")
                ip("link", "set", self.bridge(*ends), "up")
                for number, end in enumerate(ends, 1):
                    self._ends(end, number, self._cable(*ends), self.bridge(*ends))
            yield
        finally:
            gone = [["link", "del", self._plug(self._cable(*ends), end)] for ends in CABLES for end in (1, 2)]
            gone += [["link", "del", self.bridge(*ends)] for ends in CABLES]
            gone += [["netns", "del", place] for place in self.places.values()]
            for each in gone:
                subprocess.run(["ip", *each], check=False, stderr=subprocess.DEVNULL)

    def _plug(self, cable: int, end: int) -> str:
        return f"p{self.mark}-{cable}{end}"

    def _ends(self, name: str, end: int, cable: int, bridge: str) -> None:
        """One end of a cable: what is plugged into the bridge, and what is plugged into a part."""
        plug, socket = self._plug(cable, end), f"s{self.mark}-{cable}{end}"
        ip("link", "add", plug, "type", "veth", "peer", "name", socket)
        ip("link", "set", plug, "master", bridge, "up")
        there = ["-n", self.places[name]] if name in self.places else []
        if there:
            ip("link", "set", socket, "netns", self.places[name])
        ip(*there, "addr", "add", f"10.213.{cable}.{end}/24", "dev", socket)
        ip(*there, "link", "set", socket, "up")

    @asynccontextmanager
    async def cut(self, one: str, other: str) -> AsyncIterator[None]:
        """A cable that carries nothing meanwhile."""
        await asyncio.to_thread(ip, "link", "set", self.bridge(one, other), "down")
        yield
        await asyncio.to_thread(ip, "link", "set", self.bridge(one, other), "up")


async def asks(http: httpx.AsyncClient, storm: Storm) -> tuple[int, float]:
    """Submit what was submitted long ago, under a number that is known; what is answered, and after how many seconds."""
    began, leader = time.monotonic(), {"Authorization": "Bearer u-leader-01"}
    answer = await http.post(f"{storm.fleet.doors[0]}/api/v1/filings", json=storm.entered(), headers=leader)
    return answer.status_code, time.monotonic() - began


async def test_what_is_cut_off_loses_nothing_and_every_caller_is_told_the_truth(tmp_path: Path) -> None:
    cables = Cables()
    storm = Storm(Fleet(tmp_path / "fleet", network=cables), clients=8, sleepers=4)
    with cables.laid(), storm.fleet.running():
        async with storm.working() as http:
            for ends in CABLES:
                before = len(storm.notes.told)
                async with cables.cut(*ends):
                    asked = [asyncio.create_task(asks(http, storm)) for _ in range(2)]
                    await asyncio.sleep(CUT)
                whole = time.monotonic()
                told = await asyncio.gather(*asked)
                answered = max(took for _, took in told)
                assert {status for status, _ in told} <= {200, 503}, ends
                while not any(each.outcome == "entered" and each.since > whole for each in storm.notes.told):
                    assert time.monotonic() < whole + LONGEST, f"{ends}: nothing works again"
                    await asyncio.sleep(0.2)
                back = time.monotonic() - whole
                sys.stderr.write(
                    f"{' – '.join(ends)}: {[status for status, _ in told]} after {answered:.1f} s, works {back:.1f} s after it "
                    f"was whole; {len(storm.notes.told) - before} acts meanwhile\n"
                )
                assert answered < ANSWERED, ends
        figures, faults = storm.found()
    sys.stderr.write("\n".join(table("Everything cut once", figures)))
    assert faults == []
