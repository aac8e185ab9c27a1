"""Every rule is shown by a case that fails without it, or it is written down why not."""

from collections.abc import Mapping

import pytest

from tests.law import coverage, mutation
from tests.law.coverage import proofs
from tests.samples import one_in

AGAIN = "`make law-mutations` looks for its case"

PAIRS = sorted(
    {(rule, case) for rule, case in proofs()["rules"].items() if case}
    | {pair for shown in proofs()["requirements"].values() for pair in shown.items()}
)

_WARNING = "taken with a warning, and cases say nothing of warnings"
_WORD = "no case asks for this part of a text yet"
_NO_CASE = "no case does what it refuses yet"
_FORESEEN = "how far a filing has come, as a page shows it: tests/law/test_progress.py"
_ELSEWHERE = "no life in the simulator asks it: it is for the doors and the register"
NOT_SHOWN: Mapping[str, str] = {
    "agenda.in_time_until": "no case goes as far yet: what came in time proves an untold denial in each of them",
    "annual._without_settled": "no case goes as far yet",
    "annual.warn_no_grant": _WARNING,
    "annual.warn_of_report": _WARNING,
    "because._unopened": _ELSEWHERE,
    "days._an_extension_ahead": "a bound on days far ahead, which no case reaches yet",
    "identity.of_carried": _ELSEWHERE,
    "identity.of_failure": _ELSEWHERE,
    "identity.of_reading": _ELSEWHERE,
    "identity.of_stop": _ELSEWHERE,
    "listed.Judge.findings": _ELSEWHERE,
    "offers._posts": _ELSEWHERE,
    "offices.may_read": _ELSEWHERE,
    "progress._after_notice": _FORESEEN,
    "progress._waits_for_post": _FORESEEN,
    "province.record_survey": "recorded, without an effect on the filing",
    "reporting.year_on": "which year a board shows; the filing knows its own",
    "retention.contacts": _ELSEWHERE,
    "review.may_return_for_correction": _NO_CASE,
    "review.warn_withdrawal": _WARNING,
    "revocation.may_record_challenge": _NO_CASE,
    "revocation.warn_without_evidence": _WARNING,
    "standing.may_give_iit_opinion": _NO_CASE,
    "standing.may_rule_on_objection": _NO_CASE,
    "standing.warn_late_change": _WARNING,
    "steps_on_file.reporting": _FORESEEN,
    "steps_on_file.revoking": _FORESEEN,
    "wording.Facts.word_annual_clause": _WORD,
    "wording.Facts.word_case_facts": _WORD,
    "wording.Facts.word_deficiencies": _WORD,
    "wording.Facts.word_grounds_with_annex": _WORD,
    "wording.Facts.word_letter_foot": _WORD,
    "wording.Facts.word_notice_period": _WORD,
    "wording.Facts.word_postal_address": _WORD,
    "wording.Facts.word_refusal_reason": _WORD,
    "wording.Facts.word_telephone": _WORD,
}
"""The rules without which no case goes red, and why. It may only become shorter."""


TRIED = one_in(2, PAIRS)


@pytest.mark.parametrize(("rule", "case"), TRIED, ids=[" → ".join(pair) for pair in TRIED])
def test_a_case_goes_red_without_the_rule(rule: str, case: str) -> None:
    assert rule in mutation.rules(), f"{rule} is no rule any more: {AGAIN}"
    assert case in mutation.showing(), f"{case} is no case any more: {AGAIN}"
    assert mutation.goes_red(rule, case), AGAIN


def test_a_rule_that_is_off_is_on_again() -> None:
    rule, case = PAIRS[0]
    assert mutation.goes_red(rule, case)
    mutation.showing()[case].holds()


def test_every_rule_has_been_tried() -> None:
    tried = set(proofs()["rules"])
    assert {name for name, rule in mutation.rules().items() if isinstance(rule, mutation.Rule)} == tried, AGAIN


def test_a_rule_without_a_case_is_written_down_and_no_other() -> None:
    assert {rule for rule, case in proofs()["rules"].items() if not case} == set(NOT_SHOWN), AGAIN


def test_a_requirement_without_a_case_is_written_down_and_no_other() -> None:
    without = {each.number for each in coverage.covered() if not each.proofs}
    assert without & set(coverage.asked()) == set(coverage.NOT_SHOWN), AGAIN


def test_only_a_recorded_grade_shows_nothing() -> None:
    """That a grade is recorded says nothing about who evaluates what."""
    assert {"A-44", "A-45", "B-20", "B-21"} <= set(coverage.NOT_SHOWN)
    assert coverage.table().count(coverage.NOT_SHOWN_YET) == len(coverage.NOT_SHOWN)
