"""Why, why not, what next, as a door asks it (为什么): about what, as of when, and for whom it is worded."""

from datetime import timedelta
from typing import Self

from pydantic import Field

from gateway.identity import Identity
from gateway.tools import Tools
from models.acts import MOST_ENTRIES, Year
from models.filing import Counted, Entry
from models.reasons import Answer, Fact, Reason, Register
from models.values import DAY, INSTANT, Value, midnight_after
from models.vocabulary import ActKind, LapseKind, Role
from regulation import calendar
from regulation.moment import Moment
from regulation.why import why

AT_ONCE = 1000
"""How many entries an answer looks back, the newest."""

OUT_OF_BOUNDS = f"at 须在备案申请提交之后、{calendar.LAST_YEAR}年之前"


class Wanted(Value):
    """What is asked: about an act, a lapse or an entry, of a year if it is about one; about nothing, what comes next."""

    act: ActKind | None = Field(None, description="能否办理这一行为")
    lapse: LapseKind | None = Field(None, description="这一届至事项为何发生，或者为何没有发生")
    entry: int | None = Field(None, ge=1, le=MOST_ENTRIES, description="这一号登记为何发生")
    year: Year | None = Field(None, description="就哪一报送年度而言")
    for_: Register | None = Field(
        None, alias="for", description="为谁写明：企业、办理机关或者法院；盟主企业只看为企业写明的"
    )
    at: str | None = Field(
        None, description="就哪一时刻而言：日期（含当日全天）或带时区的时间；不写即现在", max_length=40
    )

    def register(self, who: Identity) -> Register:
        """For whom it is worded: the enterprise for a leader, and for staff whom they choose."""
        if who.role is Role.LEADER:
            return Register.ENTERPRISE
        return self.for_ or Register.OFFICE


class Sentence(Value):
    """理由: a sentence, the entries that it rests on, its article, how a day in it was counted, and the reasons behind it."""

    text: str
    article: str
    facts: tuple[Fact, ...]
    counted: Counted | None = None
    terms: str | None = None
    calendar: str | None = None
    because: tuple["Sentence", ...] = ()

    @classmethod
    def of(cls, reason: Reason, register: Register) -> Self:
        """A reason as it is worded for somebody."""
        return cls(
            text=reason.worded(register),
            article=reason.article,
            facts=reason.facts,
            counted=reason.counted,
            terms=reason.terms,
            calendar=reason.calendar,
            because=tuple(cls.of(each, register) for each in reason.because),
        )


def moment_of(at: str | None, now: Moment) -> Moment:
    """The moment that a question is about: a day means the whole of it. Raises `ValueError`."""
    if not at:
        return now
    try:
        instant = midnight_after(DAY.validate_python(at)) - timedelta(microseconds=1)
    except ValueError:
        instant = INSTANT.validate_python(at)
    return Moment(instant, instant)


def out_of_bounds(docket: list[Entry], when: Moment) -> bool:
    """Whether nothing can be said of an instant: before there was an application, or beyond what this release can count."""
    return docket[0].at > when.at or when.day.year >= calendar.LAST_YEAR


def answered(tools: Tools, who: Identity, filing_id: str, wanted: Wanted, when: Moment) -> Answer:
    """The answer, of what somebody may see of the docket. Where the newest entries do not reach back, the oldest of them stands for what was before."""
    before = wanted.entry + 1 if wanted.entry else None
    docket = [who.shown(entry) for entry in tools.register.docket(filing_id, before=before, most=AT_ONCE)]
    return why(docket, when, act=wanted.act, lapse=wanted.lapse, number=wanted.entry, year=wanted.year)
