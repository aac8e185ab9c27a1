"""The rules of every kind of round."""

from collections.abc import Mapping
from types import MappingProxyType

from models.rounds.base import RoundKind, parts
from regulation.rounds import annual, calls, evaluations, inspections, outages, performance, subsidies, surveys
from regulation.rounds.rules import Rules

RULES: Mapping[RoundKind, Rules] = MappingProxyType(
    {
        each.kind: each
        for each in (
            calls.RULES,
            surveys.RULES,
            annual.RULES,
            evaluations.RULES,
            performance.RULES,
            subsidies.RULES,
            inspections.RULES,
            outages.RULES,
        )
    }
)

FOR_ALL = tuple(kind for kind, rules in RULES.items() if not rules.of_staff)
"""Rounds of these kinds others than staff may know of."""


def rules_of(round_id: str) -> Rules:
    """The rules by which the round of an id goes. Raises `KeyError` if it is none."""
    told = parts(round_id)
    if told is None:
        raise KeyError(round_id)
    return RULES[told.kind]
