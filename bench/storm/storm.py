"""One storm: clients at work on a fleet, while its processes are killed; then rest, and a look at everything."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from random import Random
from typing import Any

import httpx

from activities import editions
from activities.letters import Letters
from activities.register import Register
from bench.figures import Figure, percentile
from bench.full_register import opened
from bench.storm.callers import LONGEST, Caller, Doors, Notes
from bench.storm.fleet import DATABASE, Fleet, Part
from bench.storm.sleepers import Sleeper, alliances, put_to_sleep
from bench.storm.truth import Truth, delivered
from deploy.embedded import answers
from tests.loopback import Received
from tests.patience import comes

BETWEEN, DEAD = (3.0, 12.0), (0.2, 4.0)
"""Seconds between two deaths, and seconds that whoever was killed is not started again."""

TOGETHER = 0.2
"""How often somebody else dies at the same moment."""

WORKS_WITHIN = 60.0
"""Seconds that are waited for after a death until something is entered again; whoever dies next dies of a service that works."""

PAUSE = 1.5
"""Seconds that a client thinks at most before it goes on."""

PLATFORM = "platform"
"""The channel by which letters leave."""


@dataclass
class Storm:
    """Clients at work on a fleet. `asleep` are the filings that were there before."""

    fleet: Fleet
    seed: int = 7
    clients: int = 30
    sleepers: int = 40
    notes: Notes = field(default_factory=Notes)
    asleep: Sequence[Sleeper] = ()
    back: list[float] = field(default_factory=list)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[httpx.AsyncClient]:
        """Everything started, and all clients at work; at the end everything comes to rest. What is given asks the doors."""
        parts = self.fleet.parts
        parts[DATABASE].start()
        await comes(lambda: answers(self.fleet.database_port, self.fleet.network.address("starter", DATABASE)))
        await asyncio.to_thread(self._prepare)
        for each in parts.values():
            if each.name != DATABASE:
                each.start()
        async with httpx.AsyncClient(timeout=LONGEST, trust_env=False) as http:
            for door in self.fleet.doors:
                await comes(partial(_opens, http, door))
            supervising = asyncio.create_task(self.fleet.supervise())
            stop = asyncio.Event()
            calling = asyncio.gather(*(each.calls(stop) for each in self._callers(http)))
            try:
                await comes(self.entered)
                yield http
                stop.set()
                await calling
                await self._rests()
            finally:
                calling.cancel()
                supervising.cancel()

    def entered(self) -> Mapping[str, Any] | None:
        """The first application that was taken in."""
        taken = (each for each in self.notes.told if each.kind == "submit" and each.outcome == "entered")
        return next((each.content for each in taken), None)

    def _prepare(self) -> None:
        """The tables, and those that sleep."""
        register, now = opened(self.fleet.register_url("starter")), datetime.now(UTC)
        several = alliances(cleared=10 * self.sleepers, others=self.sleepers, shared=3)
        self.asleep = [put_to_sleep(register, each, now) for each in several]
        register.engine.dispose()

    def _callers(self, http: httpx.AsyncClient) -> Iterator[Caller]:
        shared, cleared, noticed = (
            [each.id for each in self.asleep if each.id.startswith(name)] for name in ("SHARED", "CLEARED", "NOTICED")
        )
        left = iter(cleared), iter(noticed)
        for number in range(1, self.clients + 1):
            chance = Random(self.seed * 1000 + number)
            yield Caller(number, Doors(self.fleet.doors, chance, self.notes, http), chance, shared, *left, PAUSE)

    async def kills(self, seconds: float) -> None:
        """Kill everybody in turn for so long, in an order that is dealt anew each time; now and then two at once.

        Between two deaths something is entered again: else a busy machine would have them die before they have begun.
        """
        chance, parts, until = Random(self.seed), list(self.fleet.parts.values()), time.monotonic() + seconds
        while True:
            for part in chance.sample(parts, len(parts)):
                await asyncio.sleep(chance.uniform(*BETWEEN))
                if time.monotonic() > until:
                    return
                dying = {part.name: part}
                if chance.random() < TOGETHER:
                    other = chance.choice(parts)
                    dying[other.name] = other
                await self._dies(dying.values(), chance.uniform(*DEAD))
                self.back.append(await self._works())

    async def _dies(self, dying: Collection[Part], seconds: float) -> None:
        for each in dying:
            await asyncio.to_thread(each.kill)
        await asyncio.sleep(seconds)
        for each in dying:
            each.start()

    async def _works(self) -> float:
        """How many seconds it takes until something is entered again."""
        since = time.monotonic()
        while time.monotonic() < since + WORKS_WITHIN:
            if any(each.outcome == "entered" and each.since + each.took > since for each in self.notes.told):
                break
            await asyncio.sleep(0.1)
        return time.monotonic() - since

    async def _rests(self) -> None:
        """Wait until every letter is delivered, and engine and register agree."""
        register = Register.at(self.fleet.register_url("starter"))
        try:
            await comes(lambda: Letters(register.engine).backlog(datetime.now(UTC)).waiting == 0)
            await comes(lambda: self.fleet.starter("drift").returncode == 0)
        except TimeoutError:
            self.notes.wrong.append("it never came to rest")
        finally:
            register.engine.dispose()

    def found(self, posted: Sequence[Received] = ()) -> tuple[list[Figure], list[str]]:
        """What it came to, and everything that is wrong. `posted` is what the platform was sent."""
        register = Register.at(self.fleet.register_url("starter"))
        editions.load_all(None, register.published)
        truth = Truth(register, self.notes.told, {each.id: each for each in self.asleep})
        truth.look(datetime.now(UTC))
        sent, came = delivered(register, PLATFORM), Counter(each.headers["webhook-id"] for each in posted)
        register.engine.dispose()
        faults = [*self.notes.wrong, *truth.faults, *_of_letters(sent, came), *self._of_commands()]
        if self.notes.longest > LONGEST:
            faults.append(f"somebody waited {self.notes.longest:.0f} s for an answer")
        return [*self._figures(truth, sent, came), Figure("storm_faults", "faults", len(faults))], faults

    def _of_commands(self) -> Iterator[str]:
        """What whoever is on call would be told."""
        for command in (("verify", "--all", "--json"), ("drift", "--json")):
            done = self.fleet.starter(*command)
            if done.returncode != 0:
                yield f"starter.py {' '.join(command)}: {done.stdout[-2000:]} {done.stderr[-2000:]}"

    def _figures(self, truth: Truth, sent: set[str], came: Counter[str]) -> Iterator[Figure]:
        notes, parts = self.notes, self.fleet.parts.values()
        took = [each.took for each in notes.told if each.outcome] or [0]
        outcomes = Counter(each.outcome for each in notes.told)
        for part in parts:
            yield Figure(f"storm_killed_{part.name}", f"{part.name} killed", part.kills)
        for share, words in ((0.5, "half of the times"), (0.99, "99 of 100 times")):
            yield Figure(
                f"storm_back_{share}",
                f"from its start until acts are entered again, {words}",
                percentile(self.back or [0], share),
                "s",
            )
        yield Figure("storm_falls", "ended by themselves, because another was dead", sum(each.falls for each in parts))
        yield Figure("storm_entered", "acts that were accepted", outcomes["entered"])
        yield Figure("storm_refused", "acts that were refused", outcomes["refused"])
        yield Figure(
            "storm_unknown", "acts that had to be asked for again", sum(each.was_unknown for each in notes.told)
        )
        for what, number in sorted(notes.answers.items()):
            yield Figure(f"storm_answers_{what}", f"answers: {what}", number)
        yield Figure("storm_answer_longest", "the longest that a door took for an answer", notes.longest, "s")
        yield Figure("storm_known_p50", "until it was known, half of them", percentile(took, 0.5), "s")
        yield Figure("storm_known_p99", "until it was known, 99 of 100", percentile(took, 0.99), "s")
        yield Figure("storm_entries", "entries in the register", truth.entries)
        yield Figure("storm_lapses", "of these, what time brought", truth.lapses)
        yield Figure("storm_letters", "letters", len(sent))
        yield Figure("storm_twice", "letters that came again under their id", sum(came.values()) - len(came))


def _of_letters(sent: set[str], came: Counter[str]) -> Iterator[str]:
    if missing := sent - came.keys():
        yield f"{len(missing)} letters never came: {sorted(missing)[:3]}"
    if strange := came.keys() - sent:
        yield f"{len(strange)} letters came of which nobody knows: {sorted(strange)[:3]}"


async def _opens(http: httpx.AsyncClient, door: str) -> bool:
    try:
        return (await http.get(f"{door}/healthz")).status_code == 200
    except httpx.TransportError:
        return False
