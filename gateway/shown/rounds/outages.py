"""What the page of a proposal to extend adds: what was measured, what is proposed, and what it comes to for whom it names (G-29)."""

from collections.abc import Mapping
from typing import Any

from gateway.identity import Identity
from gateway.tools import Tools
from models.rounds.outages import OutageActKind, OutageEvidence
from models.rounds.round import Round
from models.values import last_day_until
from regulation.rounds.outages import state_of


def panel(tools: Tools, who: Identity, round_: Round) -> Mapping[str, Any]:
    """The evidence that the proposal was opened with."""
    opening = tools.rounds.register.entry(round_.id, 1)
    content = tools.rounds.register.content(opening.event) if opening else None
    evidence = OutageEvidence.model_validate(content)
    return {
        "evidence": evidence,
        "last": last_day_until(evidence.due),
        "since": evidence.since,
        "extended_to": state_of(round_).extended_to,
        "ways": OutageActKind,
        "decides": who.role.value == "province_st" and not round_.over,
    }
