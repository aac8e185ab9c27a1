"""Every stage × every event × every role, as matrix.md has it: allowed or refused, and why."""

import re
from functools import cache
from itertools import pairwise

import pytest

from models.acts import Act, Lapse
from models.filing import Filing
from models.values import canonical
from models.vocabulary import ActKind, Ground, Kind, LapseKind, Role, Stage
from regulation import entries, lifecycle, offers
from regulation.moment import Moment
from regulation.naming import CLAUSES
from tests.law import matrix
from tests.law.matrix import ACTS, CIRCUMSTANCES, ELSEWHERE, HAPPENS, LAPSES, Cells, Circumstance, tables
from tests.samples import one_in

QUESTIONS = [(circumstance, stage) for circumstance in CIRCUMSTANCES for stage in matrix.stages_of(circumstance.kind)]
every_stage = pytest.mark.parametrize(("circumstance", "stage"), QUESTIONS, ids=str)
every_circumstance = pytest.mark.parametrize("circumstance", CIRCUMSTANCES, ids=str)
every_kind = pytest.mark.parametrize("kind", Kind)

ASIDE = {
    ActKind.WITHDRAW, ActKind.REFUSE, ActKind.DEREGISTER, ActKind.RETURN_FOR_CORRECTION, ActKind.RULE_ON_OBJECTION,
    ActKind.PROPOSE_REVOCATION, ActKind.APPROVE_REVOCATION, LapseKind.CORRECTION_LAPSED, LapseKind.REVOCATION_OPENED, LapseKind.REVOKED,
}  # fmt: skip
"""Harm and ends, that nobody is advised to seek for the sake of something else."""

OF_ANOTHER_GROUND = (ActKind.APPROVE_REVOCATION, ActKind.DROP_REVOCATION)
"""What people decide only on a ground other than the sixth, which completes itself (G-16): no act makes it another."""

SETTLED = {
    (ActKind.CONFIRM, Stage.ON_NOTICE),
    (ActKind.URGE_REPORT, Stage.REVOCATION_PENDING),
    (ActKind.DEREGISTER, Stage.REVOCATION_PENDING),
    (ActKind.DEREGISTER, Stage.REVOKED),
    (ActKind.WITHDRAW, Stage.NOT_CONFIRMED),
    (ActKind.RESUBMIT, Stage.NOT_CONFIRMED),
}
"""No act takes back that a notice was published, or that a year is part of a case, nor makes something come earlier than it came."""


# The file


@every_kind
def test_the_file_has_a_row_for_every_event_and_calls_it_by_its_name(kind: Kind) -> None:
    text = (matrix.HERE / "matrix.md").read_text("utf-8")
    assert [*dict.fromkeys(event for event, _ in tables()[kind, ACTS])] == [each.value for each in ActKind]
    assert [*dict.fromkeys(event for event, _ in tables()[kind, LAPSES])] == [each.value for each in LapseKind]
    assert all(f"\n| {each.label} `{each.value}` |" in text for each in (*ActKind, *LapseKind))


@every_circumstance
def test_the_file_has_a_column_for_every_stage_that_a_kind_can_reach(circumstance: Circumstance) -> None:
    reached = {Stage.SUBMITTED} | {after for _, _, after in matrix.steps(circumstance)}
    assert reached == set(matrix.stages_of(circumstance.kind))
    assert {stage for _, stage in tables()[circumstance.kind, LAPSES]} == reached


# Acts


@every_stage
def test_whoever_may_act_may_and_nobody_else(circumstance: Circumstance, stage: Stage) -> None:
    assert matrix.differences(matrix.written(circumstance, stage), matrix.said(circumstance, stage)) == []


@every_stage
def test_every_allowed_cell_is_shown_by_a_filing(circumstance: Circumstance, stage: Stage) -> None:
    for event, roles in matrix.written(circumstance, stage).items():
        if roles:
            entry = matrix.ask(circumstance, stage, event).entry
            assert entry.refused is None
            assert entry.event.kind == event


@every_stage
def test_a_flip_of_any_cell_is_seen(circumstance: Circumstance, stage: Stage) -> None:
    written, said = matrix.written(circumstance, stage), matrix.said(circumstance, stage)
    for event, roles in one_in(3, written.items()):
        for role in Role:
            flipped = written | {event: roles ^ {role}}
            assert len(matrix.differences(flipped, said)) == 1, f"{event} {role}"


@every_stage
def test_a_refusal_changes_no_legal_fact(circumstance: Circumstance, stage: Stage) -> None:
    for event, answers in matrix.said(circumstance, stage).items():
        asked = matrix.ask(circumstance, stage, event)
        filing, when = asked.filing, Moment(asked.entry.at, asked.entry.at)
        for refusal in [each for each in answers.values() if each][:1]:
            entry = entries.refused(filing, asked.act, when, refusal.message)
            assert entry.filing.but(number=filing.number) == filing
            assert (entry.filing.number, entry.stage, entry.refused) == (filing.number + 1, stage, refusal.message)


ONCE: dict[tuple[str, Role], str] = {(ActKind.TRANSFER, Role.PROVINCE_ST): "移出机构尚未移交"}
"""What somebody may do once another has acted, and is told to wait for."""


@every_stage
def test_a_refusal_says_whether_the_stage_or_the_role_is_wrong(circumstance: Circumstance, stage: Stage) -> None:
    cells = tables()[circumstance.kind, ACTS]
    for event, roles in matrix.written(circumstance, stage).items():
        never = not any(cell for (of, _), cell in cells.items() if of == event)
        reason = "不适用于" if never else "无权" if roles else f"备案处于“{stage.label}”"
        for role, refusal in matrix.said(circumstance, stage)[event].items():
            if role not in roles:
                assert refusal is not None
                assert reason in refusal.missing or ONCE.get((event, role), "-") in refusal.missing, f"{event} {role}"
                assert refusal.missing in refusal.message
                assert refusal.article


@every_stage
def test_out_of_stage_a_refusal_names_the_next_act_on_the_way(circumstance: Circumstance, stage: Stage) -> None:
    cells, steps = tables()[circumstance.kind, ACTS], matrix.steps(circumstance)
    for event, roles in matrix.written(circumstance, stage).items():
        if roles:
            continue
        refusal = matrix.said(circumstance, stage)[event][Role.CITY_ST]
        there = {of for (each, of), cell in cells.items() if each == event and cell}
        onward = {
            act
            for before, act, after in steps
            if before is stage is not Stage.NOT_CONFIRMED
            and act not in ASIDE
            and _leads(steps, act, before, after, there)
        }
        assert refusal is not None
        if refusal.supplied_by is None:
            assert not onward & set(ActKind), event
        else:
            assert refusal.supplied_by in onward, f"{event}: {refusal.supplied_by}"
            assert refusal.supplied_by.label in refusal.message


HARM = ASIDE - {ActKind.RETURN_FOR_CORRECTION, ActKind.RULE_ON_OBJECTION}
"""What is no way to anything; an objection is ruled on, and an application sent back, where it stands in the way itself."""

CODE = re.compile(r"[A-Za-z_]{2,}")
"""What is no word that a person would say, in a sentence of ours."""


def _asked_for(filing: Filing, act: Act) -> str:
    """What a refusal may repeat: the names that an act or a filing brought, of offices, editions, ids and numbers."""
    mine = act.model_dump(mode="json", exclude={"kind": True, "by": {"role"}})
    return f"{canonical(mine)} {filing.leader} {filing.terms} {filing.calendar}"


@every_stage
def test_no_advice_is_better_than_wrong_advice(circumstance: Circumstance, stage: Stage) -> None:
    """What a refusal says must be done first can be done now by somebody, or itself names what leads there; and no harm."""
    for event, answers in matrix.said(circumstance, stage).items():
        asked = matrix.ask(circumstance, stage, event)
        offered = {each.kind: each.refusal for each in asked.offered}
        for told in (*answers.values(), *offered.values()):
            refusal, seen = told, set[ActKind]()
            while refusal and refusal.supplied_by and refusal.supplied_by != event:
                advised = refusal.supplied_by
                assert advised not in HARM, f"{event}: {refusal.message}"
                assert advised in offered, f"{event}: {refusal.message}"
                assert advised not in seen, f"{event}: {refusal.message}"
                seen.add(advised)
                refusal = offered[advised]


@every_stage
def test_a_refusal_is_a_sentence_a_person_would_say(circumstance: Circumstance, stage: Stage) -> None:
    """No None, no value of ours in English, no name of what is not there."""
    for event, answers in matrix.said(circumstance, stage).items():
        asked = matrix.ask(circumstance, stage, event)
        posed = [(asked.act, refusal) for refusal in answers.values()]
        posed += [(each.act, each.refusal) for each in asked.offered]
        for act, refusal in posed:
            for word in CODE.findall(refusal.message if refusal else ""):
                assert word != offers.UNNAMED, refusal
                assert word in (known := _asked_for(asked.filing, act)), f"{event}: {refusal}, {known}"


ANSWERS = {
    ActKind.OBJECT, ActKind.RULE_ON_ADMISSIBILITY, ActKind.RULE_ON_OBJECTION, ActKind.RULE_ON_CHANGE,
    ActKind.GIVE_IIT_OPINION, ActKind.CONFIRM_NOTICE_CLEAR, ActKind.RULE_ON_EXTENSION, ActKind.RULE_ON_DEFENCE,
    ActKind.RELEASE, ActKind.RETURN_ANNUAL_REPORT, ActKind.ANSWER_ANNUAL_RETURN, ActKind.DISCOUNT_ANNUAL_REPORT,
    ActKind.SETTLE_DELIVERY, ActKind.ACKNOWLEDGE_SERVICE, ActKind.RECORD_CONTINUATION, ActKind.COMPLETE_RECORD,
    ActKind.DENY_LETTER, ActKind.CLOSE_LETTER,
}  # fmt: skip
"""What answers something that has not come: nobody is advised to bring it about in order to answer it."""

TAKES_BACK = {ActKind.RETURN_TO_CITY, ActKind.RESTORE}
"""Acts that are done in order to take a filing back. Nobody returns a filing only to have it resubmitted."""


def _leads(
    steps: frozenset[tuple[Stage, str, Stage]], act: str, before: Stage, stage: Stage, there: set[Stage]
) -> bool:
    """Whether an act that brings a filing to a stage is one on the way to others: onwards all the way, or straight back."""
    if not _onwards(before, act, stage):
        return act in TAKES_BACK and stage in there
    seen, new = set(), {stage}
    while new:
        seen |= new
        new = {to for at, by, to in steps if at in new and by not in ASIDE and _onwards(at, by, to)} - seen
    return bool(seen & there)


def _onwards(at: Stage, act: str, to: Stage) -> bool:
    """Whether an act takes a filing further on its course; a correction always does."""
    course = list(Stage).index
    return course(to) > course(at) or act == ActKind.RESUBMIT


@every_stage
def test_where_a_fact_is_lacking_the_refusal_names_the_act_that_supplies_it(
    circumstance: Circumstance, stage: Stage
) -> None:
    for event, roles in matrix.written(circumstance, stage).items():
        if not roles or not matrix.prepared(event, stage):
            continue
        bare = matrix.ask(circumstance, stage, event, prepared=False)
        refusal = bare.by(next(iter(roles)))
        if refusal and event not in OF_ANOTHER_GROUND and (event, stage) not in SETTLED:
            supplied = matrix.ask(circumstance, stage, event).before - bare.before
            if refusal.supplied_by is None:
                assert event in ANSWERS, f"{event}: {refusal.missing}"
                continue
            assert refusal.supplied_by in supplied, f"{event}: {refusal.missing}"
            assert refusal.supplied_by.label in refusal.message


# Lapses


@cache
def brought(kind: Kind) -> dict[tuple[str, Stage], str]:
    """What time brings, as matrix.md would have to say it."""
    lived = {
        (str(after.event.kind), before.stage)
        for docket in matrix.lives(kind)
        for before, after in pairwise(docket)
        if isinstance(after.event, Lapse)
    }
    possible = {(event, stage) for event, stage, of in lifecycle.ROWS if of is kind}
    return {
        cell: HAPPENS if cell in lived else ELSEWHERE if cell in possible else "" for cell in tables()[kind, LAPSES]
    }


def lapses_told_wrong(kind: Kind, cells: Cells) -> list[tuple[str, Stage]]:
    """Every cell in which what is written and what time brings differ."""
    return [cell for cell, mark in cells.items() if mark != brought(kind)[cell]]


@every_kind
def test_time_brings_what_the_file_says_where_it_says(kind: Kind) -> None:
    assert lapses_told_wrong(kind, tables()[kind, LAPSES]) == []


@every_kind
def test_a_flip_of_any_lapse_is_seen(kind: Kind) -> None:
    cells = tables()[kind, LAPSES]
    for cell, mark in cells.items():
        for other in {"", HAPPENS, ELSEWHERE} - {mark}:
            assert len(lapses_told_wrong(kind, {**cells, cell: other})) == 1, cell


@every_kind
def test_nothing_is_refused_in_the_lives_that_time_is_watched_in(kind: Kind) -> None:
    assert [entry.refused for docket in matrix.lives(kind) for entry in docket if entry.refused] == []


def test_what_is_done_in_a_case_cites_the_ground_of_that_case() -> None:
    """A proposal, its approval, the end of a case, a hold and its end, and what is chased in it: no other case's item."""
    acts = (
        ActKind.PROPOSE_REVOCATION,
        ActKind.APPROVE_REVOCATION,
        ActKind.DROP_REVOCATION,
        ActKind.HOLD,
        ActKind.RELEASE,
    )
    chases = (LapseKind.DECISION_OVERDUE, LapseKind.HOLD_OVERDUE)
    rows = [row for row in lifecycle.TABLE if row.event in (*acts, *chases)]
    for ground in set(Ground) - {Ground.TWO_YEARS_MISSED}:
        cited = {row.article(kind, ground).partition("（")[0] for row in rows for kind in Kind}
        assert cited == {CLAUSES[ground]}
