"""What is offered and what may be done are the same: nobody is offered less, or more, than the regulation takes."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

from models.acts import Lapse, Submit, Unreadable
from models.filing import Entry, Filing
from models.values import required
from models.vocabulary import ActKind
from regulation import entries, identity, lifecycle, lodging
from regulation.moment import Moment
from regulation.offers import SOMEBODY, TYPES, lacking, offer, offers
from tests.law.cases import Case, load

CASES = load()


def steps(case: Case) -> Iterator[tuple[Filing, Entry]]:
    """Every act of a life that was taken, with the filing before it."""
    docket = case.life.docket
    for before, entry in pairwise(docket):
        if not isinstance(entry.event, Lapse | Submit | Unreadable) and entry.refused is None:
            yield before.filing, entry


def unoffered(before: Filing, entry: Entry) -> str | None:
    """What was wrong with the offer of an act that was taken."""
    act = entry.event
    assert not isinstance(act, Lapse | Submit | Unreadable)
    if identity.is_of_round(act.id):  # what a round leads to is in no form
        return None
    if act.kind == ActKind.HOLD and identity.is_own(act.id):  # nor what the service itself holds
        return None
    if entry.undoes:  # received before a lapse that was entered since: judged as of then, and offered then
        return None
    found = offer(before, ActKind(act.kind), Moment(entry.at, max(entry.at, entry.entered_at)), act.by)
    if not found:
        return "it was not known to the stage"
    if act.on_behalf_of:  # as of which day it counts, no offer can know
        return None if found.on_paper else "it was not offered to be entered on paper"
    if not found.mine:
        return f"it was not offered to {act.by.role}"
    return None if found.open else str(found.refusal)


def test_what_was_done_had_been_offered() -> None:
    taken = [(case.id, before, entry) for case in CASES for before, entry in steps(case)]
    wrong = [
        f"{case}, {entry.event.kind} at {entry.number}: {why}"
        for case, before, entry in taken
        if (why := unoffered(before, entry))
    ]
    assert wrong == []


def test_what_is_offered_can_be_done_and_what_is_not_says_why() -> None:
    for before, entry in (step for case in CASES[::7] for step in steps(case)):
        when = Moment(entry.at, entry.at)
        filing = entries.projected(before, when)
        for each in offers(before, when):
            refusal, where = lifecycle.check(filing, each.act, when), f"{before.id} at {entry.number}: {each.kind}"
            assert (refusal is None) is each.open, where
            assert each.open or (each.refusal and each.refusal.missing), where
            assert each.act.by.person == SOMEBODY, where
            assert not each.mine, where


def test_a_slip_in_the_form_of_what_may_be_done_is_told_alone() -> None:
    """Of every act that was taken, with one of its fields left out, the law finds nothing lacking besides."""
    wrong = []
    for before, entry in (step for case in CASES[::3] for step in steps(case)):
        raw = entry.event.model_dump(mode="json", exclude_none=True)
        when = Moment(entry.at, max(entry.at, entry.entered_at))
        if identity.is_own(raw["id"]) or identity.is_of_round(raw["id"]) or raw.get("came") or entry.undoes:
            continue
        raw |= {"received_at": entry.at.isoformat()}
        for name in sorted(required(type(entry.event)) - {"id", "by", "kind", "paper"}):
            left = {key: value for key, value in raw.items() if key != name}
            for told in lacking(before, left, lodging.read_act(left)[1], when):
                wrong.append(f"{before.id} at {entry.number}, {entry.event.kind} without {name}: {told.message}")
    assert wrong == []


def test_what_lacks_by_law_is_told_with_what_is_wrong_with_the_form() -> None:
    accepted = next(before for case in CASES for before, entry in steps(case) if entry.event.kind == ActKind.CONFIRM)
    when = Moment(accepted.submitted_at + timedelta(days=3), accepted.submitted_at + timedelta(days=3))
    city = {"person": "c-1", "office": accepted.jurisdiction, "role": "city_st"}

    def told(**raw: Any) -> list[str]:
        act = {"id": "x", "by": city, "received_at": when.at.isoformat(), **raw}
        return [each.message for each in lacking(accepted, act, lodging.lodge(accepted.id, act).findings, when)]

    [late] = told(kind="accept", nothing=1)
    assert "该行为只在“已提交”阶段可为" in late
    assert told(kind="return_for_correction", deficiencies=[]) == []
    for unread in (
        {"kind": ["accept"]},
        {"kind": "no act"},
        {"kind": "accept", "by": 1},
        {"kind": "accept", "came": 1},
    ):
        assert told(**unread) == []


def test_every_act_has_a_form_to_propose() -> None:
    assert set(TYPES) == set(ActKind)
