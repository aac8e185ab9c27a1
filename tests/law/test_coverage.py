"""Every article that is for the system is in a function and shown by a case, or it is written down why not."""

import re
from collections.abc import Iterator

from docs import coverage as described
from regulation.articles import ARTICLES
from tests.law import cases, coverage

COVERED = {each.number: each for each in coverage.covered()}
FOR_THE_SYSTEM = [number for number, each in COVERED.items() if each.system != "OOS"]


def test_an_article_for_the_system_has_a_function_or_a_case() -> None:
    shown = {number for number in FOR_THE_SYSTEM if COVERED[number].functions or COVERED[number].cases}
    assert set(FOR_THE_SYSTEM) - shown == set(coverage.ELSEWHERE) & set(FOR_THE_SYSTEM)


def test_what_the_system_decides_has_both() -> None:
    decided = [COVERED[number] for number in FOR_THE_SYSTEM if COVERED[number].system == "AUTO"]
    assert [f"{each.number} {each.gist}" for each in decided if not (each.functions and each.cases)] == []


def test_what_is_out_of_scope_is_nowhere() -> None:
    assert [each.number for each in COVERED.values() if each.system == "OOS" and (each.functions or each.cases)] == []


def test_whoever_cites_an_article_cites_one_that_there_is() -> None:
    numbers = set(coverage.functions()) | {each for each in coverage.covering_cases() if not each.startswith("Q")}
    assert numbers <= set(ARTICLES)


def test_a_range_is_every_article_in_it() -> None:
    assert coverage.cited("(A-36…A-38, A-47; G-04b)") == {"A-36", "A-37", "A-38", "A-47", "G-04b"}


def test_the_table_has_a_line_for_every_article() -> None:
    lines = coverage.table().splitlines()[2:]
    assert [line.split(" | ")[0].removeprefix("| ") for line in lines] == list(ARTICLES)
    assert all(line.count(" | ") == 5 for line in lines)
    assert all(line.count(" | ") == 3 for line in coverage.in_short().splitlines()[2:])
    shown = {each for covered in COVERED.values() for each in covered.cases}
    assert {case.id for case in cases.load() if any(number in ARTICLES for number in case.articles)} <= shown


LINES = {each.number: each for each in described.lines()}


def test_a_requirement_has_a_function_a_page_and_a_test() -> None:
    asked = [LINES[number] for number in FOR_THE_SYSTEM]
    assert [f"{each.number} {each.gist}" for each in asked if not (each.functions and each.pages and each.tests)] == []


def test_every_page_that_meets_a_requirement_is_there() -> None:
    assert set(described.PAGES) - set(pages()) == set()


def test_every_test_that_shows_a_requirement_is_there() -> None:
    named = [each.partition("::") for each in sorted(set(described.TESTS.values()))]
    texts = {path: (coverage.ROOT / path).read_text("utf-8") for path in {path for path, _, _ in named}}
    assert [f"{path}::{name}" for path, _, name in named if f"def {name}" not in texts[path]] == []


def pages() -> Iterator[str]:
    """The address of every page, as the code of the pages writes it."""
    for path in (coverage.ROOT / "gateway" / "pages").glob("*.py"):
        text = path.read_text("utf-8")
        prefix = re.search(r'^router = APIRouter\((?:prefix="([^"]*)")?', text, re.MULTILINE)
        for address in re.findall(r'@router\.(?:get|post|api_route)\(\s*"([^"]*)"', text):
            yield (prefix[1] or "" if prefix else "") + address
