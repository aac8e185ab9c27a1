"""The round (轮次): one frozen value that is its whole state, what may happen to it, and how that is written down."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, get_args

from pydantic import Field, TypeAdapter

from models.acts import By, ShortText, Year
from models.filing import LATE, Next, Notice, Period
from models.rounds import annual, calls, evaluations, inspections, outages, performance, subsidies, surveys
from models.rounds.base import (
    OVER,
    Agreed,
    Area,
    CommonAct,
    Pinned,
    RoundAct,
    RoundId,
    RoundKind,
    RoundLapse,
    RoundStage,
)
from models.values import Day, Digest, Instant, Value, at_hour, midnight_after

State = Annotated[
    calls.CallState
    | surveys.SurveyState
    | annual.AnnualState
    | evaluations.EvaluationState
    | performance.PerformanceState
    | subsidies.SubsidyState
    | inspections.InspectionState
    | outages.OutageState,
    Field(discriminator="kind"),
]
"""What only its kind holds. Each can be made from nothing: a round begins with it."""

STATES: Mapping[RoundKind, type[State]] = MappingProxyType(
    {each.model_fields["kind"].default: each for each in get_args(get_args(State)[0])}
)
"""The same by kind."""

AnyRoundAct = Annotated[
    CommonAct
    | calls.CallAct
    | surveys.SurveyAct
    | annual.AnnualAct
    | evaluations.EvaluationAct
    | performance.PerformanceAct
    | subsidies.SubsidyAct
    | inspections.InspectionAct
    | outages.OutageAct,
    Field(discriminator="kind"),
]

ROUND_ACT: TypeAdapter[AnyRoundAct] = TypeAdapter(AnyRoundAct)

ROUND_ACT_TYPES: Mapping[str, type[RoundAct]] = MappingProxyType(
    {each.model_fields["kind"].default: each for each in get_args(get_args(AnyRoundAct)[0])}
)
"""Every act that there is in rounds, by its kind."""

Happening = AnyRoundAct | RoundLapse


class Round(Value):
    """One round, from its opening to its end: at most 16 KB whatever happens, for what is long is a paper or an item.

    `passed` is when each lapse was last entered; `agreed` holds first halves of what several must say, those that say otherwise each of its own; `counts` is what a
    list shows of it; `of` is what only its kind holds.
    """

    id: RoundId
    year: Year
    area: Area
    stage: RoundStage = RoundStage.OPEN
    number: int = 0
    title: str
    document_no: ShortText | None = None
    opened_by: By
    opened_at: Instant
    opens: Day
    closes: Day
    moved: bool = False
    pinned: Pinned | None = None
    paper: Digest | None = None
    periods: dict[str, Period] = {}
    notice: Notice | None = None
    agreed: dict[str, Agreed] = {}
    counts: dict[str, int] = {}
    passed: dict[str, Instant] = {}
    closed_at: Instant | None = None
    of: State

    @property
    def looks_back(self) -> bool:
        """Whether it is of a year before the last one when it opens: what was not done then is made up for (补评)."""
        return self.opens.year > self.year + 1

    @property
    def kind(self) -> RoundKind:
        return self.of.kind

    @property
    def opens_at(self) -> datetime:
        """The first instant of the window."""
        return at_hour(self.opens, 0)

    @property
    def closes_at(self) -> datetime:
        """24:00 of the last day: what is received at that instant is late."""
        return midnight_after(self.closes)

    @property
    def over(self) -> bool:
        """Whether it has come to an end."""
        return self.stage in OVER


class RoundEntry(Value):
    """登记: what happened in a round as written down, with the round after it.

    Of what several must say: `proposed` if others must still, `first` who had said the same before.
    """

    number: int
    at: Instant
    entered_at: Instant
    event: Happening
    stage: RoundStage
    article: str
    proposed: bool = False
    first: tuple[By, ...] = ()
    round: Round

    @property
    def act(self) -> RoundAct | None:
        """The act, if it is one."""
        return self.event if isinstance(self.event, RoundAct) else None

    @property
    def back_dated(self) -> bool:
        """Whether an act counts from long before it was entered: a door's word for it, to be seen."""
        return self.act is not None and self.entered_at - self.at > LATE


class RoundReceipt(Value):
    """The short answer to an act in a round: its entry, the stage after it, the next date."""

    number: int
    stage: RoundStage
    next: Next | None = None
    warnings: tuple[str, ...] = ()
