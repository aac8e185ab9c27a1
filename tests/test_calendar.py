"""Working days (工作日): our editions against two libraries, and how periods are counted."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import chinese_calendar
import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.filing import Counted, Unit
from models.values import SHANGHAI, at_hour, day_of, midnight_after
from regulation import calendar
from regulation.calendar import CALENDARS, STATUTORY, CalendarEdition, CalendarExhausted

NEWEST = "2026"
SHENYANG, DALIAN = "210100", "210200"


def days(first: date, last: date) -> Iterator[date]:
    """Every day from the first to the last."""
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        yield date.fromordinal(ordinal)


def statutory(year: int) -> set[date]:
    """The statutory days of a year as the `holidays` library has them, without the days in lieu of weekends."""
    return {
        day
        for day, name in holidays.country_holidays("CN", years=year, language="en_US").items()
        if day.year == year and "(observed)" not in name
    }


STATUTORY_DAYS = {day for year in range(2027, 2061) for day in statutory(year)}


def works(day: date) -> bool:
    """Whether a day is worked, by two libraries and nothing of ours."""
    if day.year <= int(NEWEST):
        return bool(chinese_calendar.is_workday(day))
    return day.weekday() < 5 and day not in STATUTORY_DAYS


def counted_on_fingers(start: date, count: int, *, first_day_counts: bool = False) -> date:
    """The last day of a period of working days, found by walking."""
    day = start if first_day_counts else start + timedelta(days=1)
    while True:
        count -= works(day)
        if count == 0:
            return day
        day += timedelta(days=1)


# The editions


def test_every_day_from_2021_to_2026_is_as_chinesecalendar_has_it() -> None:
    ours = set(CALENDARS[NEWEST].working_days(None))
    differing = [
        day
        for day in days(date(2021, 1, 1), date(2026, 12, 31))
        if (day.toordinal() in ours) is not chinese_calendar.is_workday(day)
    ]
    assert not differing


def test_every_weekday_off_is_named_by_its_festival() -> None:
    for day, festival in CALENDARS[NEWEST].off.items():
        is_off, name = chinese_calendar.get_holiday_detail(day)
        assert is_off
        assert festival.removesuffix("节") == chinese_calendar.Holiday(name).chinese.removesuffix("节"), day


def test_2026_has_248_working_days() -> None:
    ours = CALENDARS[NEWEST].working_days(None)
    assert sum(date.fromordinal(ordinal).year == 2026 for ordinal in ours) == 248


@pytest.mark.parametrize("year", range(2021, 2027))
def test_the_edition_of_a_year_knows_that_year_and_is_provisional_after_it(year: int) -> None:
    edition = CALENDARS[str(year)]
    assert edition.covers == year
    for day in days(date(2021, 1, 1), date(year, 12, 31)):
        assert (day.toordinal() in set_of(edition)) is chinese_calendar.is_workday(day)


def set_of(edition: CalendarEdition) -> frozenset[int]:
    """An edition's working days as a set, made once."""
    if edition.name not in _SETS:
        _SETS[edition.name] = frozenset(edition.working_days(None))
    return _SETS[edition.name]


_SETS: dict[str, frozenset[int]] = {}


@pytest.mark.parametrize("year", range(2027, 2061))
def test_the_statutory_table_is_as_the_library_has_it(year: int) -> None:
    assert {date.fromisoformat(f"{year}-{day}") for day in STATUTORY[str(year)]} == statutory(year)


def test_a_statutory_year_has_the_thirteen_days_of_the_2024_rule() -> None:
    # 13 by name; in a year whose 中秋节 falls on a day of 国庆节 they are 12 days.
    of_2027 = list(STATUTORY["2027"].values())
    assert {name: of_2027.count(name) for name in of_2027} == {
        "元旦": 1, "春节": 4, "清明节": 1, "劳动节": 2, "端午节": 1, "中秋节": 1, "国庆节": 3,
    }  # fmt: skip
    assert {len(each) for each in STATUTORY.values()} == {12, 13}


# The zone


def test_the_fixed_offset_is_that_of_shanghai_on_every_day_until_2060() -> None:
    shanghai = ZoneInfo("Asia/Shanghai")
    for day in days(date(2021, 1, 1), date(2060, 12, 31)):
        midnight = datetime(day.year, day.month, day.day, tzinfo=shanghai)
        assert midnight == midnight.replace(tzinfo=SHANGHAI)


def test_a_day_is_over_at_midnight_of_shanghai() -> None:
    assert midnight_after(date(2026, 11, 30)) == datetime(2026, 11, 30, 16, tzinfo=UTC)
    assert day_of(datetime(2026, 11, 30, 15, 59, 59, tzinfo=UTC)) == date(2026, 11, 30)
    assert day_of(datetime(2026, 11, 30, 16, tzinfo=UTC)) == date(2026, 12, 1)
    assert at_hour(date(2026, 10, 1), 9) == datetime(2026, 10, 1, 1, tzinfo=UTC)


# Spans, counted by hand and by two libraries


def last(start: str, count: int, unit: Unit = "working_day", **options: Any) -> str:
    """The last day of a period counted by the newest edition."""
    return str(calendar.last_day(NEWEST, SHENYANG, date.fromisoformat(start), count, unit, **options))


@pytest.mark.parametrize(
    ("published", "excluded", "included"),
    [
        ("2026-01-05", "2026-01-12", "2026-01-09"),  # a plain week
        ("2026-02-09", "2026-02-14", "2026-02-13"),  # ends on a Saturday that is worked
        ("2026-02-12", "2026-02-26", "2026-02-25"),  # Spring Festival
        ("2026-04-28", "2026-05-08", "2026-05-07"),  # May Day
        ("2026-09-18", "2026-09-24", "2026-09-23"),  # Sunday 20 September is worked
        ("2026-09-28", "2026-10-10", "2026-10-09"),  # National Day; ends on a Saturday that is worked
        ("2025-09-25", "2025-10-09", "2025-09-30"),  # Sunday 28 September is worked
        ("2024-09-25", "2024-10-08", "2024-09-30"),  # Liaoning's real notice counted its first day
        ("2026-12-21", "2026-12-28", "2026-12-25"),  # the last notice fully inside known years
        ("2023-04-25", "2023-05-05", "2023-05-04"),  # kind B of 2023, begun on the last day of its window
    ],
)
def test_a_notice_of_five_working_days_ends(published: str, excluded: str, included: str) -> None:
    assert last(published, 5) == excluded
    assert last(published, 5, first_day_counts=True) == included


def test_the_postal_grace_continues_the_notice() -> None:
    assert last("2026-12-28", 3) == "2026-12-31"


@pytest.mark.parametrize(
    ("served", "window", "completion"),
    [
        ("2024-12-01", "2024-12-13", "2024-12-18"),
        ("2025-12-01", "2025-12-15", "2025-12-18"),
        ("2026-12-01", "2026-12-15", "2026-12-18"),
        ("2024-01-01", "2024-01-15", "2024-01-18"),
        ("2025-01-01", "2025-01-15", "2025-01-20"),
        ("2026-01-01", "2026-01-15", "2026-01-20"),
    ],
)
def test_the_window_after_service_and_its_grace(served: str, window: str, completion: str) -> None:
    assert last(served, 10) == window
    assert last(window, 3) == completion


# How it was counted


def explained(
    start: str, count: int | None, unit: Unit = "working_day", *, edition: str = NEWEST, first_day_counts: bool = False
) -> Counted:
    """A period's own account of itself."""
    first = date.fromisoformat(start)
    end = (
        first
        if count is None
        else calendar.last_day(edition, SHENYANG, first, count, unit, first_day_counts=first_day_counts)
    )
    return calendar.explain(edition, SHENYANG, first, end, count, unit, first_day_counts)


def test_every_skipped_day_and_every_worked_weekend_day_is_named() -> None:
    counted = explained("2026-09-18", 5)
    assert counted.last == date(2026, 9, 24)
    assert counted.skipped == ("2026-09-19 周六",)
    assert counted.worked == ("2026-09-20 周日上班",)


def test_a_period_over_spring_festival_names_the_festival_and_the_weekend_days() -> None:
    counted = explained("2026-02-12", 5)
    assert counted.skipped == (
        "2026-02-15 周日",
        "2026-02-16 春节",
        "2026-02-17 春节",
        "2026-02-18 春节",
        "2026-02-19 春节",
        "2026-02-20 春节",
        "2026-02-21 周六",
        "2026-02-22 周日",
        "2026-02-23 春节",
    )
    assert counted.worked == ("2026-02-14 周六上班",)


def test_the_first_day_is_named_too_where_it_counts() -> None:
    assert explained("2026-09-20", 1, first_day_counts=True).worked == ("2026-09-20 周日上班",)
    assert explained("2026-09-20", 1).worked == ()


def test_a_period_of_calendar_days_skips_only_what_it_rolls_over() -> None:
    counted = explained("2026-09-01", 30, "calendar_day")
    assert counted.last == date(2026, 10, 8)
    assert counted.skipped == (
        "2026-10-01 国庆节",
        "2026-10-02 国庆节",
        "2026-10-03 周六",
        "2026-10-04 周日",
        "2026-10-05 国庆节",
        "2026-10-06 国庆节",
        "2026-10-07 国庆节",
    )


def test_a_fixed_date_was_not_counted() -> None:
    counted = explained("2026-11-30", None, "date")
    assert counted == Counted(from_=date(2026, 11, 30), unit="date", last=date(2026, 11, 30))


@given(
    st.dates(date(2021, 1, 1), date(2059, 1, 1)),
    st.integers(1, 60),
    st.booleans(),
)
def test_counted_skipped_and_worked_add_up(start: date, count: int, first_day_counts: bool) -> None:
    counted = explained(str(start), count, first_day_counts=first_day_counts)
    length = (counted.last - start).days + first_day_counts
    assert length == count + len(counted.skipped)
    assert all(date.fromisoformat(each[:10]).weekday() >= 5 for each in counted.worked)


# Calendar days (Instants 8)


@pytest.mark.parametrize(
    ("start", "count", "ends"),
    [
        ("2026-03-02", 30, "2026-04-01"),  # a Wednesday: no rolling
        ("2026-09-01", 30, "2026-10-08"),  # 1 October rolls past the whole holiday
        ("2026-09-10", 30, "2026-10-10"),  # a Saturday that is worked: no rolling
        ("2026-03-05", 30, "2026-04-07"),  # Saturday 4 April, then 清明节
        ("2026-05-20", 10, "2026-06-01"),  # ten days after an obstacle end on a Saturday
    ],
)
def test_a_period_of_calendar_days_ends_on_a_working_day(start: str, count: int, ends: str) -> None:
    assert last(start, count, "calendar_day") == ends


@given(st.dates(date(2021, 1, 1), date(2059, 1, 1)), st.integers(1, 200))
def test_rolling_goes_to_the_next_working_day_and_no_further(start: date, count: int) -> None:
    plain = start + timedelta(days=count)
    rolled = calendar.last_day(NEWEST, SHENYANG, start, count, "calendar_day")
    assert rolled == next(day for day in days(plain, plain + timedelta(days=30)) if works(day))


# Years without an edition (Instants 10)


def test_a_period_into_a_year_without_an_edition_is_counted_and_provisional() -> None:
    assert last("2026-12-25", 5) == "2027-01-04"
    assert calendar.provisional(NEWEST, date(2026, 12, 25), date(2027, 1, 4))


def test_a_period_that_ends_with_the_last_known_year_is_not_provisional() -> None:
    assert not calendar.provisional(NEWEST, date(2026, 12, 21), date(2026, 12, 31))


def test_an_older_edition_makes_no_claim_on_the_next_year() -> None:
    start = date(2026, 1, 5)
    ends = calendar.last_day("2025", SHENYANG, start, 5, "working_day")
    assert ends == date(2026, 1, 12)
    assert calendar.provisional("2025", start, ends)
    assert not calendar.provisional("2026", start, ends)


def test_beyond_2060_the_service_refuses_loudly() -> None:
    with pytest.raises(CalendarExhausted, match="2060"):
        last("2060-12-20", 30)
    with pytest.raises(CalendarExhausted):
        last("2060-12-20", 30, "calendar_day")
    with pytest.raises(CalendarExhausted):
        last("2061-03-01", 5)


# Properties

STARTS = st.dates(date(2021, 1, 1), date(2059, 1, 1))
COUNTS = st.integers(1, 200)


@given(STARTS, COUNTS, st.booleans())
def test_a_walk_day_by_day_comes_to_the_same(start: date, count: int, first_day_counts: bool) -> None:
    ours = calendar.last_day(NEWEST, SHENYANG, start, count, "working_day", first_day_counts=first_day_counts)
    assert ours == counted_on_fingers(start, count, first_day_counts=first_day_counts)


@given(STARTS, COUNTS)
def test_one_working_day_more_ends_later(start: date, count: int) -> None:
    assert last(str(start), count) < last(str(start), count + 1)


@given(STARTS, STARTS, COUNTS)
def test_who_begins_later_does_not_end_earlier(one: date, other: date, count: int) -> None:
    earlier, later = sorted((one, other))
    assert last(str(earlier), count) <= last(str(later), count)


@given(STARTS, COUNTS, st.booleans())
def test_a_period_never_ends_on_a_day_off(start: date, count: int, first_day_counts: bool) -> None:
    assert works(date.fromisoformat(last(str(start), count, first_day_counts=first_day_counts)))


@given(STARTS, COUNTS)
def test_counting_the_first_day_never_ends_later(start: date, count: int) -> None:
    assert last(str(start), count, first_day_counts=True) <= last(str(start), count)


@given(st.dates(date(2021, 1, 1), date(2058, 1, 1)))
def test_a_day_off_rolls_to_the_next_working_day(day: date) -> None:
    rolled = calendar.next_working_day(NEWEST, SHENYANG, day)
    assert rolled == next(each for each in days(day, day + timedelta(days=30)) if works(each))


# A jurisdiction's own closures

CLOSED = {f"2026-07-{day:02d}": "台风停工" for day in range(20, 25)}


@pytest.fixture(scope="module")
def typhoon() -> Iterator[str]:
    """An edition of a deployment in which Dalian was closed for a week."""
    editions = calendar.shipped()
    editions.add({"edition": "2026-typhoon", "base": "2026", "years": {}, "closures": {DALIAN: CLOSED}})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calendar, "CALENDARS", editions)
        yield "2026-typhoon"


def test_a_closure_lengthens_the_periods_of_its_city_only(typhoon: str) -> None:
    start = date(2026, 7, 17)
    assert calendar.last_day(typhoon, DALIAN, start, 5, "working_day") == date(2026, 7, 31)
    assert calendar.last_day(typhoon, SHENYANG, start, 5, "working_day") == date(2026, 7, 24)
    assert calendar.last_day("2026", DALIAN, start, 5, "working_day") == date(2026, 7, 24)


def test_a_closure_is_named_as_the_reason(typhoon: str) -> None:
    counted = calendar.explain(typhoon, DALIAN, date(2026, 7, 17), date(2026, 7, 27), 1, "working_day", False)
    assert "2026-07-20 台风停工" in counted.skipped
    assert "2026-07-18 周六" in counted.skipped


def test_a_period_of_calendar_days_rolls_over_a_closure(typhoon: str) -> None:
    assert calendar.last_day(typhoon, DALIAN, date(2026, 6, 20), 30, "calendar_day") == date(2026, 7, 27)


@given(
    start=st.dates(date(2026, 5, 1), date(2026, 9, 1)),
    count=COUNTS,
    unit=st.sampled_from(["working_day", "calendar_day"]),
)
def test_closures_only_lengthen(typhoon: str, start: date, count: int, unit: Unit) -> None:
    closed = calendar.last_day(typhoon, DALIAN, start, count, unit)
    assert closed >= calendar.last_day(typhoon, SHENYANG, start, count, unit)
    assert str(closed) not in CLOSED
