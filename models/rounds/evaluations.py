"""评估评价: what a round of this kind holds, and its own acts; their papers are in evaluation_papers.py."""

from typing import Literal

from pydantic import Field

from models.acts import ShortText
from models.rounds.base import CommonAct, OnAlliance, RoundAct, RoundKind, WithPaper
from models.rounds.evaluation_papers import Grade, Score
from models.values import Digest, Named, Value


class EvaluationActKind(Named):
    """What may be done to a round of evaluation besides what every round knows."""

    EVALUATE = "evaluate", "评价联盟"
    REPORT_EVALUATION = "report_evaluation", "报送评估评价情况并推荐典型联盟"
    DECIDE_TYPICAL = "decide_typical", "确定典型联盟和试点示范"


class EvaluationState(Value):
    """What only a round of this kind holds. `items` is the edition that its first evaluation asked by, for the whole round.

    `reported` is the entry of the last report of the city, `reported_before` of the one before it, `report` its paper;
    `decided` is the paper of what both departments decided last.
    """

    kind: Literal[RoundKind.EVALUATION] = RoundKind.EVALUATION
    items: str | None = None
    reported: int | None = None
    reported_before: int | None = None
    report: Digest | None = None
    decided: Digest | None = None


class EvaluationFacts(Value):
    """What an evaluation comes to: by which edition, how many of the answers are good, whether the
    alliance was evaluated before in the round, and how many the round is to evaluate."""

    items: str
    result: Grade
    joint_activities: int
    favourable: int
    asked: int
    marks: Score | None = None
    misconduct: bool = False
    again: bool = False
    expected: int = 0


class Evaluate(OnAlliance, WithPaper, RoundAct):
    """评价联盟 (A-45): every item of one alliance, and its result. Again, it replaces what was said of it before."""

    kind: Literal[EvaluationActKind.EVALUATE] = EvaluationActKind.EVALUATE
    facts: EvaluationFacts | None = Field(None, title="评价结论")


class ReportFacts(Value):
    """What a report is about: how many were to be evaluated and were, with which results, and how many it recommends."""

    expected: int
    evaluated: int
    results: dict[Grade, int] = {}
    recommended: int


class ReportEvaluation(WithPaper, RoundAct):
    """报送评估评价情况 to both departments of the province, and 择优推荐 (A-46, A-48). Again, it replaces the one before."""

    kind: Literal[EvaluationActKind.REPORT_EVALUATION] = EvaluationActKind.REPORT_EVALUATION
    facts: ReportFacts | None = Field(None, title="报送事项")


class DecisionFacts(Value):
    """How many alliances both departments name typical or pilot, and of how many a name is taken."""

    typical: int
    pilot: int
    removed: int


class DecideTypical(WithPaper, RoundAct):
    """省科技厅会同省工信厅确定典型联盟, and 遴选试点示范 (A-49): both say the same list."""

    kind: Literal[EvaluationActKind.DECIDE_TYPICAL] = EvaluationActKind.DECIDE_TYPICAL
    document_no: ShortText = Field(title="文号")
    facts: DecisionFacts | None = Field(None, title="确定事项")


EvaluationAct = CommonAct | Evaluate | ReportEvaluation | DecideTypical
"""The acts of a round of this kind."""
