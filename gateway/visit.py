"""The visit (来访): who is at a door and from where, and the one way in which what they do there is done and put on record.

Whatever a door does for somebody goes through here: an act, an application, a reading, something taken away. What a door
refuses to somebody is noted where every refusal is answered (`failures.answer`). So no door can forget the audit.
"""

from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from gateway.identity import Identity
from gateway.problem import MovedOn, Refused
from gateway.remembered.audit import AuditKind
from gateway.tools import Tools
from models.filing import Entry, Receipt
from models.findings import Finding
from models.register import FilingRow
from models.rounds.inspections import InspectionActKind
from models.rounds.round import RoundReceipt
from models.values import day_of
from regulation import lodging

T = TypeVar("T")

SINCE = 40
"""How many of the entries that came in between somebody is told, the newest."""


def client_of(request: Request) -> str:
    """The address that a request comes from; behind a proxy that the server trusts, the one that it names."""
    return request.client.host if request.client else ""


@dataclass(frozen=True)
class Visit:
    """Somebody at a door."""

    tools: Tools
    who: Identity
    client: str

    def seen(self, filing_id: str) -> FilingRow:
        """A filing that they may see; `NotFound` for any other."""
        return self.tools.seen(filing_id, self.who)

    def note(self, kind: AuditKind, *, filing_id: str | None = None, about: str = "", success: bool = True) -> None:
        """Put something on record. `about` names a thing, never its content. Called on a thread, as it writes."""
        now = self.tools.clock()
        self.tools.audit.note(
            self.who, kind, now, filing_id=filing_id, about=about, client=self.client, success=success
        )

    def stamped(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """An act or an application with who brings it, and when."""
        return self.who.stamped(raw, self.tools.clock())

    async def act(self, filing_id: str, raw: Mapping[str, Any], *, seen: Collection[int] | None = None) -> Receipt:
        """Do an act to a filing, stamped here; done, refused or unknown, it is on record.

        Done before, it has its answer of then. `seen`: the entries on the last of which it rests; else it is `MovedOn`.
        """
        done = self._acted(filing_id, self.stamped(raw), seen)
        receipt = await self._noted(done, filing_id, f"{raw.get('kind')} {raw.get('id')}")
        if self.who.staff:
            await run_in_threadpool(self._note_deputy, filing_id, str(raw.get("id")))
        return receipt

    def _note_deputy(self, filing_id: str, act_id: str) -> None:
        """Put on record for whom a deputy did an act, which is the deputy's own (委托代办)."""
        today = day_of(self.tools.clock())
        in_hand = self.tools.handling.handlers(self.who, today, [filing_id]).get(filing_id)
        if in_hand and in_hand.deputy == self.who.person:
            self.note(AuditKind.HANDLED, filing_id=filing_id, about=f"deputy_for {in_hand.person} {act_id}")

    async def act_on_round(
        self, round_id: str, raw: Mapping[str, Any], *, seen: Collection[int] | None = None
    ) -> RoundReceipt:
        """Do an act in a round; the same."""
        done = self._acted_on_round(round_id, self.stamped(raw), seen)
        return await self._noted(done, round_id, f"{raw.get('kind')} {raw.get('id')}")

    async def _acted_on_round(
        self, round_id: str, act: Mapping[str, Any], seen: Collection[int] | None
    ) -> RoundReceipt:
        await run_in_threadpool(self._refuse_scan, round_id, act, "content")
        names_people = "came" in act or act.get("kind") == InspectionActKind.ASSIGN_INSPECTORS
        if names_people and not await run_in_threadpool(self.tools.rounds.is_known, round_id, str(act.get("id"))):
            act = await run_in_threadpool(self._received, round_id, act)
        return await self.tools.rounds.act(round_id, act, seen=seen)

    async def _acted(self, filing_id: str, act: Mapping[str, Any], seen: Collection[int] | None) -> Receipt:
        if "came" in act:
            await run_in_threadpool(self._refuse_scan, filing_id, act, "came")
            if not await run_in_threadpool(self.tools.register.entry_of, filing_id, str(act.get("id"))):
                act = await run_in_threadpool(self._received, filing_id, act)
        return await self.tools.filings.act(filing_id, act, seen=seen)

    def _refuse_scan(self, filing_id: str, act: Mapping[str, Any], at: str) -> None:
        """Refuse what came on paper with a scan that is not theirs."""
        if found := self.tools.uploads.of_scan(act, self.who.by, at):
            self._refuse(filing_id, act, found)

    def _received(self, filing_id: str, act: Mapping[str, Any]) -> Mapping[str, Any]:
        """What came on paper, with the id of whoever took it in, or an assignment, with those of whoever inspects; refused if nobody
        is called so."""
        told, found = self.tools.people.known(str(act.get("kind")), act, self.who)
        if found:
            self._refuse(filing_id, act, found)
        return told

    def _refuse(self, filing_id: str, act: Mapping[str, Any], found: Sequence[Finding]) -> NoReturn:
        refusal = lodging.refusal(found)
        self.tools.register.record_refusal(filing_id, act, refusal.message, self.tools.clock())
        raise Refused(refusal)

    def since(self, moved: MovedOn, filing_id: str) -> list[Entry]:
        """What was entered on a filing since somebody looked at it, as far as they may see it; the newest."""
        entered = self.tools.register.docket(filing_id, after=moved.last_seen or 0, most=SINCE)
        return [self.who.shown(entry) for entry in entered]

    async def submit(self, raw: Mapping[str, Any]) -> Receipt:
        """Submit an application; the same."""
        done = self.tools.filings.submit(self.stamped(raw))
        return await self._noted(done, str(raw.get("filing_id")), "submit")

    def note_imported(self, filing_ids: Sequence[str]) -> None:
        """Put on record what was entered from a list (A-02), as if each had been submitted. Called on a thread, as it writes."""
        for filing_id in filing_ids:
            self.note(AuditKind.ACTED, filing_id=filing_id, about="submit")

    async def read(self, message_id: str, filing_id: str | None) -> Receipt | None:
        """已读: a message was read, which is the 签收 of a notice that is to be served; the same."""
        done = self.tools.filings.read(message_id, self.who.by.model_dump(mode="json"))
        return await self._noted(done, filing_id, f"read {message_id}")

    async def _noted(self, done: Awaitable[T], filing_id: str | None, about: str) -> T:
        success = False
        try:
            result = await done
            success = True
        finally:
            await run_in_threadpool(self.note, AuditKind.ACTED, filing_id=filing_id, about=about, success=success)
        return result


def visit_of(request: Request, tools: Tools, who: Identity) -> Visit:
    """The visit that a request belongs to."""
    return Visit(tools, who, client_of(request))
