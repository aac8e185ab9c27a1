"""What is offered and what may be done are the same: nobody is offered less, or more, than the regulation takes."""

from collections.abc import Iterator
from itertools import pairwise

import pytest

from models.acts import Lapse, Submit, Unreadable
from models.filing import Entry, Filing
from models.vocabulary import ActKind
from regulation import entries, identity, lifecycle
from regulation.moment import Moment
from regulation.offers import SOMEBODY, TYPES, offer, offers
from tests.law.cases import Case, load

CASES = load()


def steps(case: Case) -> Iterator[tuple[Filing, Entry]]:
    """Every act of a life that was taken, with the filing before it."""
    docket = case.life.docket
    for before, entry in pairwise(docket):
        if not isinstance(entry.event, Lapse | Submit | Unreadable) and entry.refused is None:
            yield before.filing, entry


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_what_was_done_had_been_offered(case: Case) -> None:
    for before, entry in steps(case):
        act = entry.event
        assert not isinstance(act, Lapse | Submit | Unreadable)
        if identity.is_of_round(act.id):  # what a round leads to is in no form
            continue
        if act.kind == ActKind.HOLD and identity.is_own(act.id):  # nor what the service itself holds
            continue
        if entry.undoes:  # received before a lapse that was entered since: judged as of then, and offered then
            continue
        when = Moment(entry.at, max(entry.at, entry.entered_at))
        found = offer(before, ActKind(act.kind), when, act.by)
        assert found, f"{act.kind} at {entry.number} was not known to the stage"
        if act.on_behalf_of:
            assert found.on_paper, f"{act.kind} at {entry.number} was not offered to be entered on paper"
            continue  # as of which day it counts, no offer can know
        assert found.mine, f"{act.kind} at {entry.number} was not offered to {act.by.role}"
        assert found.open, f"{act.kind} at {entry.number}: {found.refusal}"


@pytest.mark.parametrize("case", CASES[::7], ids=lambda case: case.id)
def test_what_is_offered_can_be_done_and_what_is_not_says_why(case: Case) -> None:
    for before, entry in steps(case):
        when = Moment(entry.at, entry.at)
        filing = entries.projected(before, when)
        for each in offers(before, when):
            refusal = lifecycle.check(filing, each.act, when)
            assert (refusal is None) is each.open
            assert each.open or (each.refusal and each.refusal.missing)
            assert each.act.by.person == SOMEBODY
            assert not each.mine


def test_every_act_has_a_form_to_propose() -> None:
    assert set(TYPES) == set(ActKind)
