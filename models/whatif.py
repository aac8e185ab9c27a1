"""推演: what is asked of a fork of the register, what is supposed of people, and what came of it."""

from datetime import date
from typing import Annotated, Any

from pydantic import Field

from models.values import Instant, Named, Value

MOST_YEARS = 10
"""How far ahead a fork is lived at most."""

MOST_DELAY = 120
"""Working days by which an office may be supposed to be slower."""


class Conduct(Named):
    """What is supposed of people."""

    AS_BEFORE = "as_before", "按以往的实际情况"
    IN_TIME = "in_time", "全部按期办理"
    NOBODY = "nobody", "无人办理"


Share = Annotated[int, Field(ge=0, le=100)]
Days = Annotated[int, Field(ge=0, le=MOST_DELAY)]


class Assumption(Value):
    """What people are expected to do: leaders, offices, and by how many working days an office is slower than that.

    `share`: of a hundred alliances so many act at all, the others as if nobody did; which, is drawn from their ids. `calendars`: each
    year's working days are published in the year before, as the statute alone would have them, unless they are known.
    """

    leaders: Conduct = Conduct.AS_BEFORE
    share: Share = 100
    offices: Conduct = Conduct.AS_BEFORE
    delay: Days = 0
    delays: dict[str, Days] = {}
    calendars: bool = True


class Habits(Value):
    """How people acted in the past, as measured, by office; `""` is all offices together.

    `reports`: by how many days a report of a year came after the last day of its deadline, negative if before; None if it never
    came. `steps`: how many working days an office took for an act, from what came before it. Both in order.
    """

    reports: dict[str, tuple[int | None, ...]] = {}
    steps: dict[str, dict[str, tuple[int, ...]]] = {}


class Published(Value):
    """An edition that is supposed to be published: of terms or of the calendar, told to the filings under way at an instant."""

    subject: str
    name: str
    at: Instant


class Question(Value):
    """What is asked: for how many years, under which assumption, and what would be published besides what is.

    `terms` and `calendar` are documents of editions as a folder holds them. `one_in`: only one filing of so many is lived, chosen by
    its id. `acts` are what is expected besides, by filing, as a door takes it.
    """

    years: Annotated[int, Field(ge=1, le=MOST_YEARS)] = 3
    assumption: Assumption = Assumption()
    terms: dict[str, Any] | None = None
    calendar: dict[str, Any] | None = None
    one_in: Annotated[int, Field(ge=1, le=100_000)] = 1
    acts: dict[str, tuple[dict[str, Any], ...]] = {}


class Happened(Value):
    """Something that is entered on a filing in a fork: what, and when."""

    kind: str
    at: Instant
    of: str | None = None
    year: int | None = None
    days: int | None = None
    level: int | None = None

    @property
    def name(self) -> tuple[str, str | None, int | None, int | None, int | None]:
        """What it is, whenever it is."""
        return self.kind, self.of, self.year, self.days, self.level


class Change(Value):
    """A difference on one filing: something that comes at another time (`was` and `is_now`), no more, or newly."""

    what: Happened
    was: Instant | None = None
    is_now: Instant | None = None


class Differs(Value):
    """A filing on which the two futures differ; `stages`: where it ends in either."""

    filing: str
    office: str
    kind: str
    stages: tuple[str, str]
    changes: tuple[Change, ...]


class Sum(Value):
    """How often something comes in either future, how many filings it moves on, and its fullest day in either."""

    kind: str
    was: int
    is_now: int
    moved: int = 0
    peak_was: tuple[date, int] | None = None
    peak_is_now: tuple[date, int] | None = None


class Load(Value):
    """What an office has in hand in either future: the fullest day, what it was chased for, the fullest day of reports that come in."""

    office: str
    most_was: int
    most_is_now: int
    on_was: date | None = None
    on_is_now: date | None = None
    chased_was: int = 0
    chased_is_now: int = 0
    reports_was: int = 0
    reports_is_now: int = 0

    @property
    def grows(self) -> int:
        """By how much its fullest day is fuller."""
        return self.most_is_now - self.most_was


class Outcome(Value):
    """What came of a question: sums, offices, months, and the filings that differ, of which only the first are listed.

    `months` counts by kind of event and month. `stopped` are the
    revocations that stand stopped at the end, in either future; `nothing`: what was asked about moves nothing of a filing under way.
    """

    question: Question
    at: Instant
    until: Instant
    filings: int
    lived: int
    differing: int
    sums: tuple[Sum, ...]
    offices: tuple[Load, ...]
    months: tuple[tuple[str, str, int, int], ...] = ()
    listed: tuple[Differs, ...] = ()
    stopped: tuple[int, int] = (0, 0)
    refused: int = 0
    nothing: bool = False


def sum_of(outcome: Outcome, kind: str) -> Sum:
    """How often something comes, if it ever does."""
    return next((each for each in outcome.sums if each.kind == kind), Sum(kind=kind, was=0, is_now=0))
