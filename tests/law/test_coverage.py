"""Every article that is for the system is in a function and shown by a case, or it is written down why not."""

import re
from collections.abc import Iterator

import pytest

from docs import coverage as described
from regulation.articles import ARTICLES
from tests.law import cases, coverage

COVERED = {each.number: each for each in coverage.covered()}
FOR_THE_SYSTEM = [number for number, each in COVERED.items() if each.system != "OOS"]


@pytest.mark.parametrize("number", FOR_THE_SYSTEM)
def test_an_article_for_the_system_has_a_function_or_a_case(number: str) -> None:
    covered = COVERED[number]
    assert bool(covered.functions or covered.cases) is (number not in coverage.ELSEWHERE), covered.gist


@pytest.mark.parametrize("number", [each for each in FOR_THE_SYSTEM if COVERED[each].system == "AUTO"])
def test_what_the_system_decides_has_both(number: str) -> None:
    assert COVERED[number].functions, COVERED[number].gist
    assert COVERED[number].cases, COVERED[number].gist


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


@pytest.mark.parametrize("number", FOR_THE_SYSTEM)
def test_a_requirement_has_a_function_a_page_and_a_test(number: str) -> None:
    line = LINES[number]
    assert line.functions, line.gist
    assert line.pages, line.gist
    assert line.tests, line.gist


def test_every_page_that_meets_a_requirement_is_there() -> None:
    assert set(described.PAGES) - set(pages()) == set()


@pytest.mark.parametrize("named", sorted(set(described.TESTS.values())))
def test_every_test_that_shows_a_requirement_is_there(named: str) -> None:
    path, _, name = named.partition("::")
    assert f"def {name}" in (coverage.ROOT / path).read_text("utf-8")


def pages() -> Iterator[str]:
    """The address of every page, as the code of the pages writes it."""
    for path in (coverage.ROOT / "gateway" / "pages").glob("*.py"):
        text = path.read_text("utf-8")
        prefix = re.search(r'^router = APIRouter\((?:prefix="([^"]*)")?', text, re.MULTILINE)
        for address in re.findall(r'@router\.(?:get|post|api_route)\(\s*"([^"]*)"', text):
            yield (prefix[1] or "" if prefix else "") + address
