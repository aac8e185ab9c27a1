"""Which year a leader is asked for, and which of several reports of a year counts for what."""

from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

from activities import rows
from models.acts import FileAnnualReport, Lapse, Submit, Unreadable
from models.filing import Entry
from models.register import AnnualReportRow
from models.values import day_of
from models.vocabulary import ActKind, ReportState, YearStatus
from regulation import lifecycle
from regulation.moment import Moment
from regulation.offers import offers
from regulation.reporting import Tally
from tests.law.notation import moment
from tests.law.test_bounds import Told


def report(life: Told, on: str, text: str, *, by: str = "leader", came: str = "") -> Entry:
    """A report of 2026 that says something of its own; one that came on paper as confirmed by another person."""
    entry = life.does(f"{on} {by} file_annual_report {{year: 2026, content: {{summary: {{text: {text}}}}}{came}}}")
    if not entry.awaits_second or isinstance(entry.event, Lapse | Submit | Unreadable):
        return entry
    return life.does(f"{on} city2 file_annual_report {{seconds: {entry.event.id}}}")


def row_of(docket: list[Entry], year: int) -> AnnualReportRow:
    """The register's row of a reporting year after a life."""
    found: dict[int, rows.Row] = {}
    before = None
    for entry in docket:
        found |= rows.reported(found, before, entry)
        before = entry.filing
    return AnnualReportRow(**found[year])


def paper(entry: Entry) -> str:
    """The digest of what a report says."""
    assert isinstance(entry.event, FileAnnualReport)
    return entry.event.paper


def test_of_several_reports_the_first_was_in_time_and_the_last_is_the_text() -> None:
    life = Told("B in_force 2026-05-15")
    first, second, third = (
        report(life, on, text)
        for on, text in (("2026-12-10 09:00", "甲"), ("2026-12-12 09:00", "乙"), ("2026-12-31 23:59", "丙"))
    )
    late = report(life, "2027-01-02 09:00", "丁")
    row = row_of(life.docket, 2026)
    assert (row.status, row.filed_at, row.paper) == (YearStatus.FILED, moment("2026-12-10 09:00"), paper(third))
    assert late.refused
    assert len({paper(each) for each in (first, second, third, late)}) == 4


def test_what_was_posted_before_and_came_after_is_no_newer_text() -> None:
    life = Told("B in_force 2026-05-15")
    online = report(life, "2026-12-20 10:00", "网上")
    posted = report(
        life, "2026-12-22 10:00", "信函", by="city", came=", came: {on: 2026-12-22, postmarked_on: 2026-12-15}"
    )
    assert posted.refused is None
    row = row_of(life.docket, 2026)
    assert row.filed_at
    assert (day_of(row.filed_at), row.paper) == (date(2026, 12, 15), paper(online))
    check = life.filing.periods["check:2026"]
    assert check.from_ == date(2026, 12, 20), "an older text is not checked anew"
    same_day = [
        report(life, f"2026-12-24 {hour}:00", text, by="city", came=", came: {on: 2026-12-24}")
        for hour, text in ((10, "上午"), (11, "下午"))
    ]
    assert row_of(life.docket, 2026).paper == paper(same_day[-1]), "of two of one day the one entered last"


def test_whoever_reports_again_is_told_what_counts() -> None:
    life = Told("B in_force 2026-05-15")
    when = Moment(moment("2026-12-10"), moment("2026-12-10"))
    act = next(each.act for each in offers(life.filing, when) if each.kind is ActKind.FILE_ANNUAL_REPORT)
    assert lifecycle.warnings(life.filing, act, when) == ()
    report(life, "2026-12-10 09:00", "甲")
    later, earlier = (Moment(moment(day), moment("2026-12-12")) for day in ("2026-12-11", "2026-12-09"))
    assert lifecycle.warnings(life.filing, act, later) == (
        "2026年度已经报送过；内容以本报告为准，是否按期以首次收到为准",
    )
    assert lifecycle.warnings(life.filing, act, earlier) == (
        "2026年度另有较晚收到的报告，内容以较晚的为准；是否按期以首次收到为准",
    )


OFFERED = {
    "the year that is due": ("A in_force 2026-03-16", (), "2026-11-20", 2026, None),
    "missed, it may be made good, and comes first": ("A in_force 2026-03-16", (), "2026-12-20", 2026, None),
    "also when the next has begun": ("A in_force 2026-03-16", (), "2027-03-01", 2026, None),
    "once made good, the next": (
        "A in_force 2026-03-16",
        ("2027-01-20 09:00 leader file_annual_report {year: 2026}",),
        "2027-03-01",
        2027,
        None,
    ),
    "of two missed, the one that may be made good": ("A in_force 2025-03-16", (), "2026-12-05", 2026, None),
    "nothing is due yet: from when": (
        "A in_force 2026-03-16",
        ("2026-11-03 09:00 leader file_annual_report {year: 2026}",),
        "2026-12-20",
        2027,
        "2027年度尚未开始，自2027年1月1日起可以报送",
    ),
    "before the first due year begins": (
        "A in_force 2026-12-05",
        (),
        "2026-12-20",
        2027,
        "2027年度尚未开始，自2027年1月1日起可以报送",
    ),
    "both years open: the older": (
        "A in_force 2026-03-16",
        (
            "2026-11-20 09:00 leader request_extension {year: 2026}",
            "2026-11-24 09:00 city rule_on_extension {year: 2026, until: 2027-01-29}",
        ),
        "2027-01-10",
        2026,
        None,
    ),
    "reported, it may be replaced": (
        "B in_force 2026-05-15",
        ("2026-12-10 09:00 leader file_annual_report {year: 2026}",),
        "2026-12-20",
        2026,
        None,
    ),
}


@pytest.mark.parametrize(("given", "lines", "on", "year", "refused"), OFFERED.values(), ids=OFFERED)
def test_the_oldest_year_that_waits_is_offered(
    given: str, lines: tuple[str, ...], on: str, year: int, refused: str | None
) -> None:
    life = Told(given)
    for line in lines:
        assert life.does(line).refused is None
    offer = next(
        each for each in offers(life.filing, Moment(moment(on), moment(on))) if each.kind is ActKind.FILE_ANNUAL_REPORT
    )
    assert isinstance(offer.act, FileAnnualReport)
    assert offer.act.year == year
    assert (offer.refusal.missing if offer.refusal else None) == refused


# What a year is counted as


@pytest.mark.parametrize(
    ("expected", "reported", "rate"),
    [(3, 0, "0.0"), (3, 1, "33.3"), (3, 2, "66.6"), (3, 3, "100.0"), (2000, 1999, "99.9"), (2000, 1, "0.1")],
)
def test_a_rate_is_never_all_while_one_is_missing_nor_nothing_while_one_is_there(
    expected: int, reported: int, rate: str
) -> None:
    tally = Tally(Counter({ReportState.FILED: reported, ReportState.MISSED: expected - reported}))
    assert (tally.rate, tally.on_time_rate) == (Decimal(rate), Decimal(rate))


def test_of_an_alliance_that_goes_on_a_year_is_counted_once() -> None:
    """继续申报: what the new filing owes is counted there; the years before stay with the earlier one (G-32)."""
    life = Told("B in_force 2026-05-15")
    report(life, "2026-12-10 09:00", "甲")
    life.does("2027-06-01 09:00 leader file_annual_report {year: 2027}")
    continued = {"successor": "LN-NEXT", "successor_number": "LN-CXY-B-210100-2027-0002"}
    ended = life.does("2027-06-16 09:00 platform record_continuation", **continued)
    assert ended.refused is None
    assert [row_of(life.docket, year).state for year in (2026, 2027)] == [ReportState.FILED, ReportState.ENDED]


@pytest.mark.parametrize(
    ("archived", "previous", "first"),
    [
        ("2026-11-20", "LN-BEFORE", 2027),
        ("2027-11-02", "LN-BEFORE", 2027),
        ("2027-11-02", None, 2028),
        ("2027-12-31", "LN-BEFORE", 2027),
    ],
)
def test_an_alliance_that_goes_on_owes_the_year_that_it_still_owed(
    archived: str, previous: str | None, first: int
) -> None:
    """备案未中断的, 当年度仍须报送; 自2026年12月1日起入库的."""
    life = Told(f"B in_force {archived}", **({"previous_filing_id": previous} if previous else {}))
    assert life.filing.continues == previous
    assert [year.year for year in life.filing.years][:1] == [first]
