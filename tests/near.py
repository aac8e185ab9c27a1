"""Doors over an engine in this process: it judges and enters as the workflow does, and may die before or after it answers.

What the workflow does on a real server is shown elsewhere; here thousands of acts are sent in seconds.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from pydantic import JsonValue
from temporalio.client import Client, WorkflowUpdateFailedError

from activities.entering import refused, reused
from activities.register import Register
from gateway.client import Filings
from gateway.problem import Unreachable
from models.acts import Act, Unreadable
from models.filing import Entry, Filing, Receipt
from models.findings import Refusal
from models.register import FilingRow
from regulation import entries, identity, lifecycle, lodging
from regulation.moment import Moment

NOBODY = cast(Client, None)


@dataclass
class Near(Filings):
    """The doors. `fate` says what becomes of the next thing that is sent: `lost` before it is entered, or `unheard` of after."""

    fate: Callable[[], str] = lambda: ""
    sent: list[JsonValue] = field(default_factory=list)

    @classmethod
    def of(cls, register: Register, **options: Any) -> "Near":
        """The doors of a register."""
        return cls(NOBODY, register, **options)

    async def level(self, filing_id: str) -> bool:
        """This engine forgets nothing."""
        return False

    async def _update(
        self, row: FilingRow, name: str, sent: JsonValue, key: str, result_type: type | None = None
    ) -> Receipt:
        fate = self.fate()
        if fate == "lost":
            raise Unreachable
        self.sent.append(sent)
        try:
            answer = self.takes(row.filing_id, sent)
        except Exception as error:
            if fate == "unheard":
                raise Unreachable from error
            raise WorkflowUpdateFailedError(error) from error
        if fate == "unheard":
            raise Unreachable
        return answer

    def takes(self, filing_id: str, raw: JsonValue, *, by_signal: bool = False) -> Receipt:
        """What the engine does with an act."""
        filing = self.register.filing(filing_id)
        assert filing
        now = self.clock()
        while due := entries.due_by(filing, now):
            self.register.append(entries.entered(filing, due.lapse, Moment(due.at, now)))
            filing = self.register.filing(filing_id)
            assert filing
        act, faults = lodging.read_act(raw)
        event = act or entries.unreadable(raw)
        when = Moment((act and act.received_at) or now, now)
        refusal = lifecycle.check(filing, act, when) if act else lodging.refusal(faults)
        if refusal is None and act:
            entry = entries.entered(filing, act.but(received_at=when.at, seen=None), when)
        elif by_signal:
            entry = entries.refused(filing, event, when, refusal.message if refusal else "")
        else:
            assert refusal
            raise self._before(filing, event) or refused(refusal)
        appended = self.register.append(entry)
        if appended.outcome == "reused":
            if by_signal:
                self.register.append(entries.reused(filing, event, when, appended.number))
            raise reused(appended.number)
        stands = entry if appended.outcome == "entered" else self.register.entry(filing_id, appended.number)
        assert stands
        if stands.refused:
            raise refused(Refusal(message=stands.refused, article="", missing=""))
        return entries.receipt(stands)

    def _before(self, filing: Filing, event: Act | Unreadable) -> Exception | None:
        earlier = self.register.entry_of(filing.id, event.id)
        return reused(earlier.number) if earlier and not _same(earlier, event) else None


def _same(entry: Entry, event: Act | Unreadable) -> bool:
    return identity.same(cast(Act, entry.event), event)


def acts_of(docket: list[Entry]) -> Iterator[Entry]:
    """The entries of acts that were taken."""
    return (entry for entry in docket if getattr(entry.event, "id", None) and entry.refused is None)
