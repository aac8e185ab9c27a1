"""What each kind of round adds to the page of one, and to the forms of its acts. One table each."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from gateway.identity import Identity
from gateway.shown.rounds import annual, calls, evaluation, inspections, outages, performance, subsidies, surveys
from gateway.shown.rounds.hints import Hint
from gateway.tools import Tools
from models.rounds.base import Parts, RoundActKind, RoundKind
from models.rounds.evaluations import EvaluationActKind
from models.rounds.inspections import InspectionActKind
from models.rounds.performance import PerformanceActKind
from models.rounds.round import Round
from models.rounds.subsidies import SubsidyActKind
from models.rounds.surveys import SurveyActKind

Panel = Callable[[Tools, Identity, Round], Mapping[str, Any]]

PANELS: Mapping[RoundKind, Panel] = {
    RoundKind.CALL: calls.panel,
    RoundKind.ANNUAL: annual.panel,
    RoundKind.EVALUATION: evaluation.panel,
    RoundKind.INSPECTION: inspections.panel,
    RoundKind.SURVEY: surveys.panel,
    RoundKind.PERFORMANCE: performance.panel,
    RoundKind.SUBSIDY: subsidies.panel,
    RoundKind.OUTAGE: outages.panel,
}
"""What its template `round_<kind>.html` is given; a kind that is here has one."""

ASIDE: frozenset[str] = frozenset(
    {
        RoundActKind.CANCEL_ROUND, RoundActKind.MOVE_WINDOW, SurveyActKind.RETURN_SURVEY, SurveyActKind.ENTER_SURVEY,
        PerformanceActKind.DECLARE_INTEREST, PerformanceActKind.END_COMMISSION, PerformanceActKind.RETURN_APPRAISAL, SubsidyActKind.RECORD_EXCLUSION,
        SubsidyActKind.ENTER_LIST_LETTER, SubsidyActKind.WITHDRAW_LIST, InspectionActKind.VOID_LOT,
        InspectionActKind.REPLACE_DRAWN, InspectionActKind.ENTER_RECTIFICATION,
    }
)  # fmt: skip
"""What calls off, sets right or stands in for somebody: offered after what a round goes on by, and never as the main act."""

UNASKED: Mapping[RoundKind, Callable[[Parts], Collection[str]]] = {
    RoundKind.CALL: calls.unasked,
    RoundKind.INSPECTION: lambda told: ("/content/public_value/value",),  # it is not known yet
}
"""Fields that the form of its opening does not ask, by what its id says; by their pointers."""

FILLED_IN: Mapping[str, Callable[[Tools, Round, str], Mapping[str, Any]]] = {
    EvaluationActKind.EVALUATE: evaluation.filled_in,
    InspectionActKind.RECORD_FINDINGS: lambda tools, round_, filing: inspections.empty_record(round_),
    PerformanceActKind.COMMISSION: lambda tools, round_, filing: performance.proposed_commission(tools, round_),
    SubsidyActKind.ADOPT_SCHEME: lambda tools, round_, filing: subsidies.proposed_scheme(tools, round_),
}
"""What the paper of an act holds when its form is shown first: what the kind knows already, of the alliance that it is about."""

HINTS: Mapping[str, Callable[[Tools, Round, str], Sequence[Hint]]] = {EvaluationActKind.EVALUATE: evaluation.hints}
"""What stands beside the form of an act about an alliance: what the register says of it, for whoever judges."""

CHOICES: Mapping[str, Callable[[Tools, Round], Sequence[tuple[str, str]]]] = {
    EvaluationActKind.EVALUATE: evaluation.to_evaluate,
    EvaluationActKind.REPORT_EVALUATION: evaluation.to_recommend,
    EvaluationActKind.DECIDE_TYPICAL: evaluation.to_name,
    SubsidyActKind.RECORD_EXCLUSION: subsidies.considered,
    **inspections.CHOICES,
}
"""Whom the form of an act lets one choose where it asks for an alliance: ids with names."""


ONE_OF: Mapping[str, tuple[str, Callable[[Tools, Round], Sequence[tuple[str, str]]]]] = {
    SubsidyActKind.RECORD_EXCLUSION: ("code", lambda tools, round_: subsidies.recorded(round_)),
    SubsidyActKind.ADMIT_LIST_OBJECTION: ("objection", subsidies.objections),
    SubsidyActKind.RULE_ON_LIST_OBJECTION: ("objection", subsidies.objections),
    SubsidyActKind.CONFIRM_LIST_LETTER: ("letter", subsidies.letters),
}
"""The field of an act's form that names something by a code or an id, and what may be chosen there, in words."""


LISTED, OBJECTED = "round_subsidy_list.html", "round_subsidy_objected.html"

BESIDE: Mapping[str, tuple[str, Panel]] = {
    SubsidyActKind.APPROVE_LIST: (LISTED, subsidies.panel),
    SubsidyActKind.WITHDRAW_LIST: (LISTED, subsidies.panel),
    SubsidyActKind.CONFIRM_LIST_CLEAR: (LISTED, subsidies.panel),
    SubsidyActKind.RECORD_PAYMENT: (LISTED, subsidies.panel),
    SubsidyActKind.ADMIT_LIST_OBJECTION: (OBJECTED, subsidies.panel),
    SubsidyActKind.RULE_ON_LIST_OBJECTION: (OBJECTED, subsidies.panel),
    SubsidyActKind.CONFIRM_LIST_LETTER: (OBJECTED, subsidies.panel),
}
"""The part of a round's page that stands beside the form of an act, for whoever decides on what it shows."""
