"""What docs/coverage.md is printed from: each requirement with what carries it, where people meet it, and what shows it.

The function comes from docstrings that cite the requirement, the case from tests/law/proofs.json; what those two cannot
tell (the page, and a test where no case of the law shows it) stands here. `tests/law/test_coverage.py` sees to it that
nothing is left out, and that every page and test named is there.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from regulation import checklist
from tests.law import coverage

OUT_OF_SCOPE = "OOS"

DRAFT, ACT, FILING = "/my/drafts/{draft_id}", "/filings/{filing_id}/acts/{kind}", "/filings/{filing_id}"
ROUND_ACT, ROUND = "/rounds/{round_id}/acts/{kind}", "/rounds/{round_id}"

PAGES: Mapping[str, str] = {
    DRAFT: "A-03 A-06 A-07 A-11…A-22 A-24 A-26…A-28 A-51 A-53 A-55 A-56 B-01 B-02 B-05 B-08 B-10…B-13 B-15 B-16 B-24 B-25 "
    "G-22 G-26 G-30 G-32 G-34…G-39 G-43",
    "/my/corrections/{filing_id}": "A-02 A-30 G-07",
    "/my": "A-34 B-19 G-08…G-14 G-21",
    "/my/surveys/{round_id}/{filing_id}": "A-35 B-19",
    "/rounds/{round_id}/questionnaire": "A-35",
    "/rounds/{round_id}/returns/{filing_id}/entry": "A-35 B-19 G-03",
    "/my/inbox/{message_id}": "B-06 B-26 G-13 G-17 G-18",
    ACT: "A-03 A-07 A-10…A-22 A-25 A-26 A-29…A-34 A-36…A-43 A-47 A-53 B-03 B-08 B-10…B-15 B-17…B-19 B-27 "
    "G-01…G-07 G-10…G-12 G-14…G-28 G-31 G-40…G-42 G-44 G-45",
    FILING: "A-09 A-16 A-25 G-05…G-09b G-12 G-13 G-19 G-22 G-28 G-39 G-45 G-46",
    "/desk/batch/{step}": "B-17 G-10 G-29 G-44",
    "/desk/import": "A-02",
    "/desk/year": "A-34 B-19",
    "/desk/whatif": "G-44",
    ROUND_ACT: "A-01 A-05 A-33 A-35 A-44…A-49 A-51 B-01…B-05 B-09 B-18 B-20…B-22 G-29 G-33",
    ROUND: "A-33 A-35 A-44 A-45 A-48 B-20…B-22 G-29 G-33",
    "/rounds/{round_id}/bases/{filing_id}": "B-22 G-33",
    "/calls/{round_id}": "A-51 B-01…B-03",
    "/objections/{filing_id}": "A-31 G-04",
    "/notices/{path:path}": "A-31 A-36 B-17 G-01 G-04b G-20",
    "/register": "A-32 A-49 G-40",
    "/lots/{round_id}": "A-33 B-18",
    "/outcomes/{outcome_id}": "B-20 B-21",
    "/surveys/{round_id}": "A-35",
    "/statistics/{year}": "A-34 B-19",
}
"""Where people meet a requirement: page → numbers."""

TESTS: Mapping[str, str] = {
    "A-01": "tests/test_evaluations.py::test_a_city_reports_to_both_departments_with_its_tables",
    "A-02": "tests/test_importing.py::test_the_province_imports_a_list_from_a_page_and_the_leader_completes_it",
    "A-05": "tests/test_evaluations.py::test_every_answer_stands_in_the_table",
    "A-16": "tests/test_leader.py::test_the_sections_are_those_of_the_printed_form",
    "A-33": "tests/in_a_browser/inspection.py::test_a_spot_check_from_its_opening_to_its_end",
    "A-34": "tests/test_year.py::test_the_city_opens_its_year_urges_all_at_once_and_settles_it",
    "A-35": "tests/test_survey_pages.py::test_a_return_begins_with_what_is_known_and_is_kept_as_a_draft",
    "A-44": "tests/in_a_browser/evaluation.py::",
    "G-46": "tests/test_retention.py::test_what_is_masked_is_gone_and_stays_provable",
    "B-04": "tests/test_money.py::test_a_subsidy_from_its_opening_to_the_payment_in_a_browser",
    "B-05": "tests/test_continuing.py::test_a_continuation_ends_the_earlier_filing_and_its_report_counts_for_both",
    "B-06": "tests/test_offices.py::test_what_is_shipped_is_the_directory_of_the_two_documents",
    "B-09": "tests/law/test_subsidies.py::",
    "B-20": "tests/test_money.py::test_a_third_party_evaluates_in_a_browser",
    "B-21": "tests/test_money.py::test_a_subsidy_from_its_opening_to_the_payment_in_a_browser",
    "B-22": "tests/law/test_subsidies.py::",
    "B-26": "tests/test_offices.py::test_what_is_shipped_is_the_directory_of_the_two_documents",
    "G-33": "tests/law/test_subsidies.py::",
}
"""What shows a requirement beyond the cases of the law: number → test, or the file of its tests."""

CARRIED: Mapping[str, str] = {
    "A-01": "models.rounds.evaluation_papers.EvaluationReport",
    "A-05": "regulation.rounds.evaluation_items",
    "A-33": "regulation.rounds.inspections",
    "A-35": "regulation.rounds.surveys",
    "A-44": "regulation.rounds.evaluations",
    "A-45": "regulation.rounds.evaluation_items",
    "A-51": "regulation.local_rules",
    "B-04": "regulation.rounds.subsidies",
    "B-20": "regulation.rounds.performance",
    "B-21": "regulation.rounds.subsidies",
    "B-06": "models.channels",
    "B-09": "regulation.rounds.merit",
    "B-22": "regulation.rounds.bands",
    "G-33": "regulation.rounds.bands",
}
"""What carries a requirement as a whole, named first: number → module."""


class Line(NamedTuple):
    """One requirement: how it is quoted, what it asks, and by what, where and how it is shown to be met."""

    number: str
    cite: str
    gist: str
    system: str
    functions: tuple[str, ...]
    pages: tuple[str, ...]
    tests: tuple[str, ...]


def lines() -> Iterator[Line]:
    """Every requirement of the two documents and every gap, in order."""
    pages = _by_number(PAGES)
    for each in coverage.covered():
        shown = tuple(dict.fromkeys(each.proofs.values())) or each.cases
        yield Line(
            each.number,
            each.cite,
            each.gist,
            each.system,
            (*_carried(each.number), *(tuple(each.proofs) or each.functions)),
            tuple(pages[each.number]),
            (TESTS[each.number].removesuffix("::"), *shown) if each.number in TESTS else shown,
        )


def table() -> Iterator[str]:
    """The table as Markdown; what is out of scope has one line each and nothing else."""
    yield from ("| No. | Article | 要求 | Function | Page | Test |", "|---|---|---|---|---|---|")
    for each in lines():
        if each.system == OUT_OF_SCOPE:
            yield f"| {each.number} | {each.cite} | {each.gist} | not for this service |  |  |"
            continue
        cells = (_cell(each.functions), _cell(each.pages), _cell(each.tests))
        yield f"| {each.number} | {each.cite} | {each.gist} | {' | '.join(cells)} |"


SHOWN = 3
"""How many of each a line names; the others are counted."""


def _cell(names: tuple[str, ...]) -> str:
    more = f"<br>and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return "<br>".join(f"`{name}`" for name in names[:SHOWN]) + more


def _carried(number: str) -> tuple[str, ...]:
    checked = any(line.code == number for lines in checklist.CHECKS.values() for line in lines)
    return (CARRIED[number],) if number in CARRIED else ("checklist.CHECKS",) if checked else ()


def _by_number(places: Mapping[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for place, numbers in places.items():
        for number in coverage.cited(numbers.replace(" ", ", ")):
            found[number].append(place)
    return found
