"""What follows when something proves true late (更正方案): what loses its ground, what the register does itself, what people approve."""

from collections.abc import Iterator
from datetime import date

from pydantic import Field, ValidationError, model_validator

from models.acts import YEARS, Year
from models.values import Day, Instant, Named, Value, on_day
from models.vocabulary import ActKind, Stage

PROVEN_LATE = (
    ActKind.FILE_ANNUAL_REPORT,
    ActKind.ANSWER_ANNUAL_RETURN,
    ActKind.REQUEST_EXTENSION,
    ActKind.STATE_DEFENCE,
    ActKind.RESUBMIT,
)
"""What of a leader may prove to have come, or to have been posted, in time, and can be tried before anybody enters it."""


OF_NO_YEAR = (ActKind.STATE_DEFENCE, ActKind.RESUBMIT)
"""Those of them that are about no reporting year."""

FIRST_DAY = date(YEARS[0], 1, 1)
"""Before it nothing of any alliance came: 《工作指引》 is of that year."""

FACT = "须写明收到日期；来文为报送年度总结、答复退回、申请延期、陈述申辩或者补正重报，有年度的写明年度"
"""What a letter must tell, where what was sent tells less."""


class ProvenLate(Value):
    """A letter of the leader that is not entered yet: which act it is, of which year, and when it came or was posted."""

    act: ActKind = Field(description="来文是哪一行为")
    year: Year | None = Field(None, description="报送年度")
    came_on: Day = Field(description="收到日期")
    postmarked_on: Day | None = Field(None, description="邮戳日期；邮寄的才有")

    @model_validator(mode="after")
    def _sensible(self) -> "ProvenLate":
        if found := list(self._faults()):
            raise ValueError("；".join(found))
        return self

    def _faults(self) -> Iterator[str]:
        """Everything that no letter can be: the same at every door."""
        if self.act not in PROVEN_LATE:
            yield f"“{self.act.label}”不是可以查实的来文"
        elif (self.year is None) is not (self.act in OF_NO_YEAR):
            yield f"“{self.act.label}”{'须写明年度' if self.year is None else '不写年度'}"
        if self.postmarked_on and self.postmarked_on > self.came_on:
            yield f"邮戳日期{on_day(self.postmarked_on)}不得晚于收到日期{on_day(self.came_on)}"
        if min(self.came_on, self.postmarked_on or self.came_on) < FIRST_DAY:
            yield f"收到日期、邮戳日期不得早于{on_day(FIRST_DAY)}"


def what_is_wrong(error: ValidationError) -> str:
    """Why something is no letter, in words."""
    said = [str(each["ctx"]["error"]) for each in error.errors() if each["type"] == "value_error" and not each["loc"]]
    return "；".join(said) or FACT


class Sort(Named):
    """What kind of line of a plan it is, in the order in which people go through it."""

    DONE = "done", "更正已办结"
    ENTER = "enter", "先登记"
    GONE = "gone", "失去依据"
    ITSELF = "itself", "登记后自动发生"
    APPROVE = "approve", "须由人决定"
    LOOK = "look", "须复核"


class Step(Value):
    """One line: what, by which article, and who does or approves it with which act; `two`: it takes two of them.

    `entry` is that of the docket that it is about, `round_id` the round. `until` is when it is due (exclusive).
    """

    sort: Sort
    what: str
    article: str
    by: tuple[str, ...] = ()
    act: str | None = None
    two: bool = False
    entry: int | None = None
    round_id: str | None = None
    until: Instant | None = None


class Plan(Value):
    """A plan of correction. Nothing of it happens by itself: `stage` is how the register has the filing, `truly` how it ought to be."""

    about: str
    stage: Stage
    truly: Stage
    steps: tuple[Step, ...]


class InRound(Value):
    """What a round made of an alliance, and when: or, without a state, that it made nothing of it though it ran then."""

    round_id: str
    title: str
    state: str | None = None
    at: Instant
