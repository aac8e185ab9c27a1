"""The cases of evaluation (rounds/evaluation.yaml): what is judged, suggested and proposed, and by which edition."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from models.rounds.evaluation_papers import EvaluationPaper
from regulation.articles import cite
from regulation.rounds import evaluation_items, evaluation_judging
from regulation.rounds.evaluation_facts import Facts, inactivity, noted, suggestions
from tests.law import cases
from tests.law.notation import plain

WRITTEN: dict[str, list[dict[str, Any]]] = plain(
    (Path(__file__).parent / "rounds" / "evaluation.yaml").read_text("utf-8")
)

SCORED = {
    "edition": "打分", "base": "PJ-2021", "effective": "2027-01-01", "jurisdiction": "210200", "document_no": "大科发〔2027〕1号",
    "items": [{"key": "chain", "article": "A-45", "title": "产业链上下游企业参与是否全面", "looks_for": "配套清单", "most": "20"}],
}  # fmt: skip


@pytest.fixture(scope="module")
def editions() -> Any:
    """What is shipped, and a city's own that scores one item."""
    known = evaluation_items.shipped()
    known.add(SCORED)
    return known


def test_the_nine_items_are_those_that_were_shipped() -> None:
    """An edition by which alliances were evaluated never changes."""
    assert (
        evaluation_items.ITEMS.digest("PJ-2021") == "e7ad4beaa22a7f55aba37c48827af78417965a16a9deb886ae8334766e9f56ef"
    )
    assert [item.favourable for item in evaluation_items.ITEMS["PJ-2021"].items.values()] == [True] * 8 + [False]


def by_name(part: str) -> pytest.MarkDecorator:
    """A test of each case of a part of the file."""
    return pytest.mark.parametrize("case", WRITTEN[part], ids=[case["name"] for case in WRITTEN[part]])


def test_every_case_names_articles_that_there_are() -> None:
    assert [cite(article) for part in WRITTEN.values() for case in part for article in case.get("articles", ())]


@by_name("judged")
def test_an_evaluation_is_judged_item_by_item(editions: Any, case: dict[str, Any]) -> None:
    edition = editions[case.get("edition", "PJ-2021")]
    told = case.get("answers", {})
    keys = [
        *(key for key in edition.items if key not in case.get("without", ())),
        *(key for key in told if key not in edition.items),
    ]
    answers = [
        {"key": key, "met": key not in edition.items or edition.items[key].favourable} | told.get(key, {})
        for key in keys
    ]
    paper = EvaluationPaper.model_validate({"answers": answers, **case["paper"]})
    found = [*evaluation_judging.judge(edition, paper)]
    assert len(found) == len(case["findings"]), found
    for each, wanted in zip(found, case["findings"], strict=True):
        field, _, said = wanted.partition(" ")
        assert each.field == field
        assert said in each.message
    assert evaluation_judging.favourable(edition, paper) == case["favourable"]
    assert evaluation_judging.misconduct(edition, paper) is case.get("misconduct", False)
    assert str(evaluation_judging.marks(edition, paper)) == str(case.get("marks"))


@by_name("suggested")
def test_a_suggestion_says_what_it_rests_on(editions: Any, case: dict[str, Any]) -> None:
    said = suggestions(editions["PJ-2021"], Facts.model_validate(case["facts"]))
    assert said.keys() == editions["PJ-2021"].items.keys()
    assert {key: [[each.says, each.rests_on, each.leans] for each in said[key]] for key in case["says"]} == case["says"]


@by_name("editions")
def test_the_newest_edition_of_the_place_counts(
    editions: Any, monkeypatch: pytest.MonkeyPatch, case: dict[str, Any]
) -> None:
    monkeypatch.setattr(evaluation_items, "ITEMS", editions)
    assert evaluation_items.edition_for(date.fromisoformat(str(case["day"])), case["jurisdiction"]) == case["edition"]


@by_name("docket")
def test_what_the_docket_says(case: dict[str, Any]) -> None:
    lived = cases.read({"id": f"evaluation-{WRITTEN['docket'].index(case)}", "then": "", "when": "", **case}).life
    assert lived.filing
    found = inactivity(lived.docket)
    assert (list(found.years) if found else None) == case.get("idle")
    assert case.get("evidence", "") in (found.text if found else "")
    if "noted" in case:
        said = [each.says + (" !" if each.grave else "") for each in noted(lived.docket, date(2026, 1, 1))]
        assert said == case["noted"]
