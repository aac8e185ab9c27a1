"""Those who call while the storm blows: thirty clients, each as a good one is. Whatever it asks it asks until it knows the answer.

An answer that tells that the outcome is unknown (503), or none at all, is asked for again under the same id, by any of the gateways.
"""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any

import httpx

from models.vocabulary import Kind
from tests.story import application, checklist

LONGEST = 90.0
"""Seconds within which a door must have answered, whatever is dead behind it."""

LOST = "lost"
"""What is noted where no answer came: the gateway died, or was not there."""

PERSON = {"leader": "u-leader-01", "city": "c-101", "city2": "c-102", "iit": "i-201", "province": "p-402"}

CHINESE = re.compile("[\u4e00-\u9fff]")


@dataclass
class Told:
    """One thing that was asked, and what whoever asked was told of it: `entered` under a number, `refused`, or `neither`, which is wrong."""

    filing: str
    key: str
    kind: str
    who: str
    content: Mapping[str, Any]
    outcome: str = ""
    number: int = 0
    since: float = field(default_factory=time.monotonic)
    took: float = 0.0
    answers: list[str] = field(default_factory=list)

    @property
    def was_unknown(self) -> bool:
        """Whether it had to be asked again."""
        return len(self.answers) > 1


@dataclass
class Notes:
    """What all of them were told, and every answer that should not have been."""

    told: list[Told] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    longest: float = 0.0

    def note(self, answer: str, took: float) -> None:
        """An answer, or that none came."""
        self.answers[answer] += 1
        self.longest = max(self.longest, took)


@dataclass
class Doors:
    """All gateways, to somebody who asks until the answer is known."""

    addresses: Sequence[str]
    chance: Random
    notes: Notes
    http: httpx.AsyncClient

    async def act(self, who: str, filing: str, kind: str, key: str, **fields: Any) -> Told:
        """Do an act."""
        told = Told(filing, key, kind, who, fields)
        body = {"kind": kind, **fields}
        return await self._asked(told, f"/api/v1/filings/{filing}/acts", body, {"Idempotency-Key": key})

    async def submit(self, form: Mapping[str, Any]) -> Told:
        """Submit an application."""
        filing = str(form["filing_id"])
        return await self._asked(Told(filing, "", "submit", "leader", form), "/api/v1/filings", form, {})

    async def object(self, filing: str, key: str, paper: Mapping[str, Any]) -> Told:
        """Object, by the public form."""
        told = Told(filing, key, "object", "public", paper)
        form = {f"/content/{name}": value for name, value in paper.items()} | {"anyway": "yes", "key": key}
        return await self._asked(told, f"/objections/{filing}", form, {})

    async def number(self, filing: str) -> int:
        """The number of the last entry that a filing is shown with; 0 if nobody can tell just now."""
        try:
            address = f"{self.chance.choice(self.addresses)}/api/v1/filings/{filing}"
            shown = await self.http.get(address, headers=_bearer("city"))
        except httpx.TransportError:
            return 0
        return int(shown.json()["filing"]["number"]) if shown.status_code == 200 else 0

    async def docket(self, filing: str) -> list[dict[str, Any]]:
        """Everything that was entered, as staff are told it; asked until it is answered."""
        while True:
            try:
                address = f"{self.chance.choice(self.addresses)}/api/v1/filings/{filing}/docket"
                answer = await self.http.get(address, headers=_bearer("city"))
                if answer.status_code == 200:
                    return list(answer.json())
            except httpx.TransportError:
                pass
            await asyncio.sleep(self.chance.uniform(0.5, 2))

    async def _asked(self, told: Told, path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> Told:
        """Ask until it is known what became of it."""
        self.notes.told.append(told)
        while not told.outcome:
            asked = time.monotonic()
            try:
                answer = await self._sent(self.chance.choice(self.addresses), told, path, body, headers)
            except httpx.TransportError as error:
                self.notes.note(LOST, time.monotonic() - asked)
                told.answers.append(type(error).__name__)
                await asyncio.sleep(self.chance.uniform(0.5, 2))
                continue
            self.notes.note(str(answer.status_code), time.monotonic() - asked)
            told.answers.append(str(answer.status_code))
            if wait := self._read(told, answer):
                await asyncio.sleep(wait * self.chance.uniform(1, 1.5))
        told.took = time.monotonic() - told.since
        return told

    async def _sent(
        self, address: str, told: Told, path: str, body: Mapping[str, Any], headers: Mapping[str, str]
    ) -> httpx.Response:
        if told.who == "public":
            return await self.http.post(address + path, data=dict(body), headers={"Origin": address})
        return await self.http.post(address + path, json=body, headers={**headers, **_bearer(told.who)})

    def _read(self, told: Told, answer: httpx.Response) -> float:
        """Note what an answer says; how long to wait before the same is asked again, if it says nothing."""
        if answer.status_code in (200, 201):
            told.outcome, told.number = "entered", int(answer.json()["number"])
        elif answer.status_code == 303:
            told.outcome = "entered"  # the public form leads to its receipt
        elif answer.status_code == 422:
            told.outcome = "refused"
        elif answer.status_code == 404 and told.who == "public":
            told.outcome = "refused"  # nothing is on notice
        elif answer.status_code == 503:
            self._must(answer, "Retry-After" in answer.headers, "503 without Retry-After")
            self._must(answer, bool(CHINESE.search(answer.text)), "503 in no words")
            return min(float(answer.headers.get("Retry-After", 1)), 5.0)
        else:
            told.outcome = "neither"
            self._must(answer, False, f"answered {answer.status_code} to {told.kind} {told.filing} {told.key}")
        return 0.0

    def _must(self, answer: httpx.Response, holds: bool, words: str) -> None:
        if not holds:
            self.notes.wrong.append(f"{words}: {answer.text[:300]}")


def _bearer(who: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {PERSON[who]}"}


@dataclass
class Caller:
    """One of many clients: leads filings of its own through their lives, and meets the others at filings that all share."""

    number: int
    doors: Doors
    chance: Random
    shared: Sequence[str]
    cleared: Iterator[str]
    noticed: Iterator[str]
    pause: float
    ids: Iterator[int] = field(default_factory=lambda: count(1))
    other: str = "city2"

    async def calls(self, stop: asyncio.Event) -> None:
        """Lead one filing after another, until it is told to stop."""
        while not stop.is_set():
            for asked in self._life():
                await asked
                if stop.is_set():
                    return
                await asyncio.sleep(self.chance.uniform(0, self.pause))

    def _life(self) -> Iterator[Any]:
        """What it does next, thing by thing."""
        kind = self.chance.random()
        if kind < 0.3 and (cleared := next(self.cleared, None)):
            yield from self._archived(cleared)
        elif kind < 0.5 and (noticed := next(self.noticed, None)):
            yield self._objected(noticed)
        else:
            yield from self._applied(f"STORM-{self.number:02}-{next(self.ids):04}")
        for _ in range(2):
            yield self._contact(self.chance.choice(self.shared), "entered")

    def _applied(self, filing: str) -> Iterator[Any]:
        """An application, up to its notice, with mistakes on the way."""
        form = application(filing_id=filing, alliance_name=f"沈阳市{filing}产学研联盟")
        del form["by"]
        if self.chance.random() < 0.2:
            yield self._must(self.doors.submit(form | {"members": []}), "refused")
        yield self._must(self.doors.submit(form), "entered")
        if self.chance.random() < 0.3:
            lacks = [{"item": "A-17", "message": "请补充联盟协议的签署页"}]
            yield self._acts("city", filing, "return_for_correction", "entered", deficiencies=lacks)
            corrected = form | {"innovation_goal": form["innovation_goal"] + "补充说明。"}
            yield self._acts("leader", filing, "resubmit", "entered", content=corrected)
        if self.chance.random() < 0.3:
            yield self._acts("city2", filing, "confirm", "refused", checklist=checklist())
        yield self._two_at_once(filing)
        if self.chance.random() < 0.2:
            yield self._acts("leader", filing, "withdraw", "entered")
            yield self._acts("iit", filing, "give_iit_opinion", "refused", positive=True)
            return
        yield self._acts("iit", filing, "give_iit_opinion", "entered", positive=True)
        yield self._acts(self.other, filing, "confirm", "entered", checklist=checklist(Kind.A))
        yield self._contact(filing, "entered")

    def _archived(self, filing: str) -> Iterator[Any]:
        """What is through with its notice is archived, and its leader goes on."""
        yield self._acts("province", filing, "archive", "entered")
        yield self._acts("province", filing, "archive", "refused")
        yield self._contact(filing, "entered")
        yield self._acts("city", filing, "accept", "refused")

    def _key(self) -> str:
        return f"storm-{self.number:02}-{next(self.ids):05}"

    async def _must(self, asked: Any, outcome: str) -> Told:
        """What is asked has one right answer, and when it was entered everybody sees it."""
        told: Told = await asked
        notes = self.doors.notes
        if told.outcome != outcome:
            notes.wrong.append(f"{told.kind} {told.filing} {told.key}: {told.outcome}, not {outcome} {told.answers}")
        shown = await self.doors.number(told.filing) if told.number and self.chance.random() < 0.3 else 0
        if shown and shown < told.number:
            notes.wrong.append(f"{told.filing} is shown with entry {shown} after {told.number} was told")
        return told

    def _acts(self, who: str, filing: str, kind: str, outcome: str, **fields: Any) -> Any:
        return self._must(self.doors.act(who, filing, kind, self._key(), **fields), outcome)

    def _contact(self, filing: str, outcome: str) -> Any:
        service = {"consent": True, "address": "inbox:u-leader-01"}
        paper = {"contact": "郑示例", "phone": f"138{self.chance.randrange(10**8):08}", "service": service}
        return self._acts("leader", filing, "correct_contact", outcome, content=paper)

    async def _two_at_once(self, filing: str) -> None:
        """Two officers accept at the same moment: one of them did, and the other is to confirm."""
        both = [self.doors.act(who, filing, "accept", self._key()) for who in ("city", "city2")]
        told = await asyncio.gather(*both)
        outcomes = sorted(each.outcome for each in told)
        self.other = next((each.who for each in told if each.outcome == "refused"), "city2")
        if outcomes != ["entered", "refused"]:
            self.doors.notes.wrong.append(f"{filing} was accepted by two: {outcomes}")

    async def _objected(self, filing: str) -> None:
        """Somebody objects to what is on notice, and an office rules on it."""
        key = f"{self.chance.getrandbits(128):032x}"
        paper = {"party": "individual", "name": f"何示例{key}", "contact": "13900000002"}
        paper |= {"text": "公示的成员单位之一并未参与该领域合作。"}
        await self._must(self.doors.object(filing, key, paper), "entered")
        for entered in await self.doors.docket(filing):
            if entered["event"]["kind"] == "object":
                ruled = {"objection": entered["event"]["id"], "admissible": True, "reason": "属实名异议"}
                await self._acts("city", filing, "rule_on_admissibility", "entered", **ruled)
