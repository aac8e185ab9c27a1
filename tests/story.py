"""Verbs for lives: `await story.city("accept", on="2027-03-16")` reads as the docket will."""

import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from examples.demo import OFFICES, know_working_days
from models.filing import Entry, Filing, Receipt
from models.values import SHANGHAI
from models.vocabulary import Kind
from regulation.checklist import CONDITIONS
from tests.world import World

EXAMPLES = Path(__file__).parent.parent / "examples"
Act = Callable[..., Awaitable[Receipt]]


def instant(on: str) -> datetime:
    """A day, at 9 in the morning, or a moment of it, in Shanghai."""
    return datetime.fromisoformat(on if "T" in on else f"{on}T09:00:00").replace(tzinfo=SHANGHAI)


def application(kind: Kind = Kind.A, **changes: Any) -> dict[str, Any]:
    """The example application with some fields changed."""
    form: dict[str, Any] = json.loads((EXAMPLES / f"kind_{kind.lower()}.json").read_text("utf-8"))
    return form | changes


def report(year: int, text: str = "完成两项攻关") -> dict[str, Any]:
    """An annual report's paper."""
    return {"year": year, "summary": {"text": text}, "plan": {"text": "继续攻关"}, "integrity_commitment": True}


def checklist(kind: Kind = Kind.A) -> list[dict[str, Any]]:
    """Every condition met."""
    return [{"item": item, "met": True} for item in CONDITIONS[kind]]


class Story:
    """One filing's life in a world, told act by act."""

    def __init__(self, world: World, filing_id: str, **changes: Any) -> None:
        self.world = world
        self.id = filing_id
        name = f"沈阳市{filing_id}产学研联盟"
        self.form = application(**{"filing_id": filing_id, "alliance_name": name, **changes})
        self.count = 0
        self.id_prefix = filing_id

    def act(self, who: str, kind: str, on: str, **fields: Any) -> dict[str, Any]:
        """An act as a door takes it."""
        self.count += 1
        by = self.form["by"] if who == "leader" else OFFICES[who]
        act = {"id": f"{self.id_prefix}-{self.count}", "kind": kind, "by": by, "received_at": instant(on).isoformat()}
        return act | fields

    def __getattr__(self, who: str) -> Act:
        if who != "leader" and who not in OFFICES:
            raise AttributeError(who)

        async def acts(kind: str, on: str, **fields: Any) -> Receipt:
            return await self.world.acts(self.id, self.act(who, kind, on, **fields))

        return acts

    async def submitted(self, on: str) -> Receipt:
        """The leader submits."""
        self.form = self.form | {"received_at": instant(on).isoformat()}
        return await self.world.submits(self.form)

    async def on_notice(self, year: int) -> Receipt:
        """Submitted on 15 March and published on the 18th of a year, without incident."""
        await self.submitted(f"{year}-03-15")
        await self.city("accept", f"{year}-03-16")
        await self.iit("give_iit_opinion", f"{year}-03-17", positive=True)
        return await self.city2("confirm", f"{year}-03-18", checklist=checklist())

    async def archived(self, year: int) -> Receipt:
        """On notice in March and in force on 20 April of a year, without incident."""
        await self.on_notice(year)
        return await self.province("archive", f"{year}-04-20")

    async def forwarded(self, year: int) -> Receipt:
        """Kind B outside any zone: submitted on 15 March of a year, and at the province on 1 April by the city's letter."""
        await self.submitted(f"{year}-03-15")
        await self.city("accept", f"{year}-03-16")
        await self.city("recommend", f"{year}-03-22", checklist=checklist(Kind.B))
        await self.city2("confirm", f"{year}-03-23")
        await self.on(f"{year}-03-31")
        await self.city("confirm_notice_clear", f"{year}-03-31")
        letter = {
            "kind": "D7",
            "name": "函.pdf",
            "media_type": "application/pdf",
            "size": 9,
            "sha256": "a" * 64,
            "location": "p",
        }
        return await self.city("forward", f"{year}-04-01", document_no="沈科报1号", content={"document": letter})

    async def counts_by_published_days(self, year: int) -> Receipt:
        """Two years after this one a calendar is published: nothing is revoked by itself on provisional days."""
        know_working_days(year)
        return await self.operator("calendar_published", f"{year + 2}-02-02", calendar=f"DEMO-{year}")

    async def reports(self, year: int, on: str) -> Receipt:
        """The leader files a year's report."""
        return await self.world.acts(
            self.id, self.act("leader", "file_annual_report", on, year=year, content=report(year))
        )

    async def on(self, day: str) -> None:
        """Let time pass."""
        await self.world.on(self.id, instant(day))

    @property
    def filing(self) -> Filing:
        """The filing as the register has it."""
        filing = self.world.register.filing(self.id)
        assert filing
        return filing

    @property
    def docket(self) -> list[Entry]:
        """Everything entered."""
        return self.world.register.docket(self.id)

    def all_kinds(self) -> list[str]:
        """The kinds of everything entered."""
        return [entry.event.kind for entry in self.docket]

    def kinds(self) -> list[str]:
        """The kinds of everything entered, reminders left out."""
        return [kind for kind in self.all_kinds() if kind != "reminder"]
