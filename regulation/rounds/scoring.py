"""年度绩效评价 (细则 8): how four scores become one, and one a grade. The weights and thresholds are dated data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from models.rounds.appraisals import DIMENSIONS, Appraisal, Dimension, Points
from models.rounds.merit import Grade
from models.values import Day, Value
from regulation import data
from regulation.editions import Editions, over, read

Weight = Annotated[int, Field(ge=0, le=100, strict=True)]


class PerformanceDocument(Value):
    """An edition as a file; what it does not say stays as the edition that it builds on has it."""

    edition: str
    base: str | None
    effective: Day
    known_from: Day | None = None
    document_no: Annotated[str, Field(min_length=1, max_length=200)]
    weights: dict[Dimension, Weight] | None = None
    excellent_from: Points | None = None
    qualified_from: Points | None = None
    publish_scores: bool | None = None


@dataclass(frozen=True)
class PerformanceTerms:
    """The numbers of the evaluation under one edition. Weights are per cent."""

    name: str
    since: date
    known_from: date | None
    document_no: str
    weights: Mapping[Dimension, int]
    excellent_from: Decimal
    qualified_from: Decimal
    publish_scores: bool

    def score(self, appraisal: Appraisal) -> Decimal:
        """The weighted score, exactly: two decimals of a score and two of a weight make four."""
        weighted = (getattr(appraisal, each) * weight for each, weight in self.weights.items())
        return sum(weighted, Decimal(0)) / 100

    def grade(self, score: Decimal) -> Grade:
        """The grade of a score; on a threshold it is the better one."""
        if score >= self.excellent_from:
            return "excellent"
        return "qualified" if score >= self.qualified_from else "unqualified"


def _make(raw: Mapping[str, Any], base: PerformanceTerms | None) -> PerformanceTerms:
    told = read(PerformanceDocument, raw)
    held = over(told, base, "weights", "excellent_from", "qualified_from", "publish_scores")
    if set(held["weights"]) != set(DIMENSIONS) or sum(held["weights"].values()) != 100:
        raise ValueError(f"权重（weights）须逐一写明{'、'.join(DIMENSIONS.values())}，合计为100")
    if held["excellent_from"] <= held["qualified_from"]:
        raise ValueError("优秀的分数线须高于合格的分数线")
    return PerformanceTerms(told.edition, told.effective, told.known_from, told.document_no, **held)


def shipped() -> Editions[PerformanceTerms]:
    """The editions that come with this release, to which a deployment adds its own."""
    return Editions("绩效评价标准", _make, map(data.read, data.names("rounds/performance")))


PERFORMANCE = shipped()
