"""A round without engine and register: the same rules, judged and entered in the same order."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from models.findings import Finding, Refusal
from models.rounds.base import Item, RoundAct
from models.rounds.round import Round, RoundEntry, RoundReceipt
from regulation.lodging import refusal
from regulation.moment import Moment
from regulation.rounds import agenda, table
from regulation.rounds.consequences import Consequence
from regulation.rounds.every import rules_of
from regulation.rounds.known import Known
from regulation.rounds.rules import Rules


@dataclass
class RoundLife:
    """One round, from its opening on, as it is entered; `items` holds what stands of each alliance, `followed` what followed."""

    round_id: str
    round: Round | None = None
    entries: list[RoundEntry] = field(default_factory=list)
    items: dict[str, Item] = field(default_factory=dict)
    followed: list[Consequence] = field(default_factory=list)

    @property
    def rules(self) -> Rules:
        """By what it goes."""
        return rules_of(self.round_id)

    def act(
        self, act: RoundAct, at: datetime, content: Mapping[str, Any] | None = None, known: Known | None = None
    ) -> RoundReceipt | Refusal | list[Finding]:
        """Do an act: a receipt, the refusal, or every finding on what it brings."""
        known, when = known or Known(), Moment(at, at)
        self.until(at)
        if refused := table.check(self.rules, self.round_id, self.round, act, when):
            return refused
        found = table.examined(self.rules, self.round_id, self.round, act, content, known, when.day)
        if isinstance(found, list):
            return found
        entry = table.entered(self.rules, self.round_id, self.round, found, when)
        self._enter(entry, content, known)
        return table.receipt(self.rules, entry)

    def does(
        self, act: RoundAct, at: datetime, content: Mapping[str, Any] | None = None, known: Known | None = None
    ) -> Round:
        """Do an act that may be: the round after it. Raises what is against it."""
        answer = self.act(act, at, content, known)
        if not isinstance(answer, RoundReceipt) or self.round is None:
            raise ValueError(refusal(answer) if isinstance(answer, list) else answer)
        return self.round

    def until(self, at: datetime, known: Known | None = None) -> None:
        """Enter what time has brought up to an instant."""
        while self.round and (line := agenda.due_by(self.rules, self.round, at)):
            self._enter(table.passed(self.rules, self.round, line, Moment(line.at, line.at)), None, known or Known())

    def _enter(self, entry: RoundEntry, content: Mapping[str, Any] | None, known: Known) -> None:
        self.round = entry.round
        self.entries.append(entry)
        self.items |= {each.filing_id: each for each in table.items(self.rules, entry, content)}
        self.followed += table.following(self.rules, entry, content, known)
