"""年度绩效评价 (细则 8, B-20): four scores make one, and one a grade."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rounds.appraisals import DIMENSIONS, Appraisal
from regulation.editions import EditionRefused
from regulation.rounds.scoring import PERFORMANCE, shipped

LAW = PERFORMANCE["LN-2023"]


def appraisal(*scores: str) -> Appraisal:
    """An alliance with these scores."""
    return Appraisal.model_validate({"filing": "F1", "opinion": "略", **dict(zip(DIMENSIONS, scores, strict=True))})


@pytest.mark.parametrize(
    ("scores", "score", "grade"),
    [
        (("85", "85", "85", "85"), "85", "excellent"),
        (("84.99", "85", "85", "85"), "84.9975", "qualified"),
        (("60", "60", "60", "60"), "60", "qualified"),
        (("59.99", "60", "60", "60"), "59.9975", "unqualified"),
        (("100", "100", "100", "40"), "85", "excellent"),
        (("0", "0", "0", "0"), "0", "unqualified"),
    ],
)
def test_a_grade_follows_from_four_scores(scores: tuple[str, ...], score: str, grade: str) -> None:
    """On a threshold it is the better one; a hundredth of a point short it is not, for nothing is rounded."""
    found = LAW.score(appraisal(*scores))
    assert (found, LAW.grade(found)) == (Decimal(score), grade)


@given(st.lists(st.integers(0, 100_00), min_size=4, max_size=4), st.integers(0, 3), st.integers(0, 100_00))
def test_a_better_score_never_makes_a_worse_result(points: list[int], at: int, other: int) -> None:
    """Nor does it leave the scale of a hundred."""
    better = [max(point, other) if number == at else point for number, point in enumerate(points)]
    before, after = (LAW.score(appraisal(*(str(Decimal(each) / 100) for each in row))) for row in (points, better))
    assert 0 <= before <= after <= 100
    grades = ["unqualified", "qualified", "excellent"]
    assert grades.index(LAW.grade(before)) <= grades.index(LAW.grade(after))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"weights": {"direction": 30, "mechanism": 30, "results": 30, "activities": 30}}, "合计为100"),
        ({"weights": {"direction": 50, "results": 50}}, "逐一写明"),
        ({"qualified_from": "90"}, "须高于"),
    ],
)
def test_an_edition_that_cannot_be_used_is_refused(wrong: dict[str, Any], said: str) -> None:
    """A weight too many, a dimension too few, thresholds the wrong way round."""
    with pytest.raises(EditionRefused, match=said):
        shipped().add({"edition": "T", "base": "LN-2023", "effective": "2027-01-01", "document_no": "演示"} | wrong)
