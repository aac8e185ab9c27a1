"""催报: an office urges a leader to report a year that is still owed (A-34, B-19, G-13).

Beside the reminders that come by themselves (regulation/agenda.py). It moves no date and opens nothing; it is one letter, which
the docket holds.
"""

from datetime import datetime, timedelta

from models.acts import UrgeReport
from models.filing import Filing
from models.findings import Lack
from models.values import day_of, midnight_after, on_day
from models.vocabulary import ActKind, YearStatus
from regulation import annual
from regulation.agenda import window_opens
from regulation.moment import Moment

AGAIN = 5
"""Days after which a leader may be urged once more about the same year, whichever office did it last."""


def may_urge(filing: Filing, act: UrgeReport, when: Moment) -> Lack | None:
    """A year that waits for a report, from the opening of its window on; not again within a few days."""
    year = filing.year(act.year)
    if year is None:
        return Lack(missing=f"{act.year}年度不是本备案的应报年度")
    if year.status not in (YearStatus.OPEN, YearStatus.MISSED):
        return Lack(missing=f"{act.year}年度为“{year.status.label}”，无须催报")
    if act.year not in annual.to_report(filing, when):
        return Lack(missing=f"{act.year}年度的补报期已过，不能再报")
    if when.at < (opens := window_opens(filing, act.year)):
        return Lack(missing=f"{act.year}年度自{on_day(day_of(opens))}起报送，此前不催报")
    if filing.case and act.year in filing.case.years:
        return Lack(missing=f"{act.year}年度已进入撤销程序，如何补报以告知书为准，不另催报")
    if year.extension:
        return Lack(missing=f"{act.year}年度的延期申请尚未批复，不宜催报", supplied_by=ActKind.RULE_ON_EXTENSION)
    if year.urged and not may_urge_on(year.urged, when.at):
        return Lack(
            missing=f"{act.year}年度已于{on_day(day_of(year.urged))}催报，{on_day(day_of(_again(year.urged)))}起可再催报"
        )
    return None


def _again(urged: datetime) -> datetime:
    """From when a leader may be urged again."""
    return midnight_after(day_of(urged) + timedelta(days=AGAIN - 1))


def may_urge_on(urged: datetime | None, at: datetime) -> bool:
    """Whether it is long enough since a leader was last urged about a year."""
    return urged is None or at >= _again(urged)


def urge(filing: Filing, act: UrgeReport, when: Moment) -> Filing:
    """催报: the letter leaves with the entry; the year only remembers when."""
    return annual.replace(filing, annual.due_year(filing, act.year).but(urged=when.at))
