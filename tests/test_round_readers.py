"""Who reads what was entered in a round: what a kind keeps for some, nobody else reads, whatever else they look at."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from gateway.identity import Identity
from gateway.shown.rounds import seen
from gateway.tools import Tools
from models.acts import By
from models.rounds.base import RoundKind
from models.rounds.round import ROUND_ACT_TYPES, RoundEntry
from models.vocabulary import Role
from regulation.moment import Moment
from regulation.rounds import table
from regulation.rounds.every import RULES
from tests.law.notation import moment
from tests.law.test_rounds import PROV, opening

TOOLS = cast("Tools", SimpleNamespace(register=SimpleNamespace(rows=lambda *_, **__: {})))
"""Doors that know of no filing: what is about none is all that is asked of them."""

KEPT = [(kind, act) for kind, rules in RULES.items() for act in rules.readers]
WHO_LOOKS = sorted(seen.LOOK_AT_ALL)


def entry_of(kind: RoundKind, act: str) -> RoundEntry:
    """An entry of an act of a kind, by somebody whom nobody here is."""
    when = Moment(moment("2027-02-20 10:00"), moment("2027-02-20 10:00"))
    round_ = table.begun(f"{kind.value}-2027-LN-1", opening(PROV), when)
    model = ROUND_ACT_TYPES[act]
    by = By(person="x-1", office="public", role=Role.PUBLIC)
    event: Any = model.model_construct(None, id="a", by=by, kind=model.model_fields["kind"].default)
    return RoundEntry.model_construct(
        None, number=2, at=when.at, entered_at=when.at, event=event, stage=round_.stage, article="", round=round_
    )


@pytest.mark.parametrize("role", WHO_LOOKS)
@pytest.mark.parametrize(("kind", "act"), KEPT)
def test_what_a_kind_keeps_for_some_nobody_else_reads(kind: RoundKind, act: str, role: Role) -> None:
    who = Identity(person="p-9", name="某", office="210000", role=role)
    assert seen.may_read(TOOLS, who, entry_of(kind, act)) is (role in RULES[kind].readers[act])


def test_who_objected_to_a_list_is_known_to_whoever_rules_on_it_alone() -> None:
    readers = {who for who in WHO_LOOKS if Role.PROVINCE_ST is not who}
    assert not readers & RULES[RoundKind.SUBSIDY].readers["object_to_list"]
