"""年度报送情况 (A-34, B-19): what a due reporting year is counted as on the board of a year, and the sums that are shown of it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_DOWN, Decimal

from models.filing import Filing, ReportingYear
from models.values import day_of
from models.vocabulary import Kind, ReportState, Stage, YearStatus
from regulation import terms
from regulation.agenda import first_due_year, first_due_year_of_continuation
from regulation.lifecycle import FILED
from regulation.service import STRICTER_SINCE

SETTLED = {
    YearStatus.FILED: ReportState.FILED,
    YearStatus.LATE: ReportState.LATE,
    YearStatus.MISSED: ReportState.MISSED,
    YearStatus.EXCUSED: ReportState.EXCUSED,
}
"""What became of a year, as a board calls it."""

R = ReportState


@dataclass(frozen=True)
class Shown:
    """A number of the board: what it is called, and which years it counts."""

    title: str
    states: tuple[ReportState, ...]


SHOWN: Mapping[str, Shown] = {
    "expected": Shown("应报", (R.FILED, R.LATE, R.OPEN, R.MISSED, R.EXTENDED)),
    "filed": Shown("已报", (R.FILED,)),
    "late": Shown("迟报", (R.LATE,)),
    "unreported": Shown("未报", (R.OPEN, R.MISSED)),
    "overdue": Shown("其中已逾期", (R.MISSED,)),
    "extended": Shown("准予延期", (R.EXTENDED,)),
    "excused": Shown("免报", (R.EXCUSED,)),
    "ended": Shown("期间终止", (R.ENDED,)),
}
"""The numbers of a board. 应报 is the sum of 已报, 迟报, 未报 and 准予延期; who was excused (G-12), or ended before its year was
due, is counted beside it."""


PLACE = Decimal("0.1")
"""How exactly a rate is told."""


@dataclass
class Tally:
    """How many years are counted as what."""

    counts: Counter[ReportState] = field(default_factory=Counter)

    def __getitem__(self, shown: str) -> int:
        """One of the numbers of a board (`SHOWN`)."""
        return sum(self.counts[state] for state in SHOWN[shown].states)

    @property
    def rate(self) -> Decimal | None:
        """Of a hundred that are expected so many have reported, late ones too (G-11); of none, or a year that has only begun, nothing is told."""
        return self.share("filed", "late")

    @property
    def on_time_rate(self) -> Decimal | None:
        """The same of those that reported in time."""
        return self.share("filed")

    def share(self, *shown: str) -> Decimal | None:
        """Of a hundred that are expected so many are counted as these, to one place: never a hundred while one is missing, nor none
        while there is one."""
        if self["expected"] <= self.counts[R.OPEN]:
            return None
        reported = sum(self[each] for each in shown)
        share = (100 * Decimal(reported) / self["expected"]).quantize(PLACE, ROUND_DOWN)
        return max(share, PLACE) if reported else share

    @classmethod
    def sum(cls, tallies: Iterable["Tally"]) -> "Tally":
        """Several as one."""
        return cls(sum((each.counts for each in tallies), Counter()))


def year_on(day: date) -> int:
    """The year whose reports are looked at on a day: the last one whose window has opened (G-12b)."""
    edition = terms.terms_on(day)
    opens = {terms.value(edition, "annual.window_opens", kind, "", day.year) for kind in Kind}
    return day.year if f"{day:%m-%d}" >= min(opens) else day.year - 1


def state_of(filing: Filing, year: ReportingYear) -> ReportState:
    """What a year of a filing is counted as. One still open when the alliance ended is owed by nobody any more; one that the
    filing which continues it owes too is counted there alone (G-32)."""
    if (
        filing.stage is Stage.CONTINUED
        and filing.ended_at
        and year.year >= _owed_by_successor(filing, day_of(filing.ended_at))
    ):
        return ReportState.ENDED
    if year.status is not YearStatus.OPEN:
        return SETTLED[year.status]
    if filing.stage not in FILED:
        return ReportState.ENDED
    return ReportState.EXTENDED if year.extended_from else ReportState.OPEN


def _owed_by_successor(filing: Filing, day: date) -> int:
    """The first year of the filing that continues one from a day."""
    stricter = day >= STRICTER_SINCE
    return first_due_year_of_continuation(filing, day) if stricter else first_due_year(filing, day)


def state_after(filing: Filing, year: ReportingYear) -> ReportState | None:
    """What a year that an entry left as it was is counted as after it; None where the entry changed the year itself.

    One that the filing does not know any more is what it was, unless it was open: then it never became due after all
    (a deadline was moved back, or the alliance was revoked when it would have come).
    """
    now = filing.year(year.year)
    if now is None:
        return ReportState.ENDED if year.status is YearStatus.OPEN else SETTLED[year.status]
    return state_of(filing, year) if now == year else None
