"""Working days (工作日): the published calendar, 调休 included, and how a period is counted on it.

A year without an edition counts Monday to Friday minus the statutory days of the 2024 rule, and whatever is counted
through it is provisional (Instants 10).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from models.filing import Counted, Unit
from models.values import Day, Jurisdiction, Value
from regulation import data
from regulation.editions import Editions, read

WEEKDAYS = "一二三四五六日"

STATUTORY: dict[str, dict[str, str]] = data.read("statutory_2027_2060.json")
"""Year → day → festival, for years that the State Council has not yet arranged (全国年节及纪念日放假办法, 2024)."""

STATUTORY_DAYS = [date.fromisoformat(f"{year}-{day}") for year, days in STATUTORY.items() for day in days]
A_MONDAY = 1
"""The ordinal of 1 January of the year 1, by which days of the week are known."""

FIRST_YEAR, LAST_YEAR = 2021, max(map(int, STATUTORY))


class CalendarExhausted(Exception):
    """A period reaches beyond the last year that this release can count, even provisionally."""


@dataclass(frozen=True)
class CalendarEdition:
    """The working days of all years up to and including `covers`; later years are provisional."""

    name: str
    covers: int
    known_from: date | None
    off: Mapping[date, str]
    made_up: frozenset[date]
    closures: Mapping[str, Mapping[date, str]]
    _days: dict[str | None, list[int]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def since(self) -> date:
        """The last day it covers: of two editions, the one that reaches further is newer."""
        return date(self.covers, 12, 31)

    def working_days(self, jurisdiction: str | None) -> list[int]:
        """Ordinals of all working days, in order, less a jurisdiction's own closures."""
        place = jurisdiction if jurisdiction in self.closures else None
        if place not in self._days:
            closed = set(map(date.toordinal, self.closures.get(place, {}) if place else ()))
            festivals = {day.toordinal() for day in (*self.off, *STATUTORY_DAYS) if self.festival(day) is not None}
            made_up = set(map(date.toordinal, self.made_up))
            self._days[place] = [
                ordinal
                for ordinal in range(date(FIRST_YEAR, 1, 1).toordinal(), date(LAST_YEAR, 12, 31).toordinal() + 1)
                if ordinal not in closed
                and (ordinal in made_up or ((ordinal - A_MONDAY) % 7 < 5 and ordinal not in festivals))
            ]
        return self._days[place]

    def festival(self, day: date) -> str | None:
        """The festival for which a weekday is off, if it is."""
        if day.year <= self.covers:
            return self.off.get(day)
        return STATUTORY.get(str(day.year), {}).get(f"{day:%m-%d}")

    def why_off(self, day: date, jurisdiction: str | None) -> str:
        """A skipped day by name: 2026-02-17 春节, 2026-02-22 周日."""
        closure = self.closures.get(jurisdiction or "", {}).get(day)
        return f"{day} {closure or self.festival(day) or '周' + WEEKDAYS[day.weekday()]}"


class CalendarYear(Value):
    """One year as the State Council arranged it: weekdays that are off, by festival, and weekend days that work (调休)."""

    days_off: dict[Day, str]
    workdays: tuple[Day, ...]


class CalendarDocument(Value):
    """An edition of the calendar as a file; `closures` are a jurisdiction's own days off."""

    edition: str
    base: str | None
    known_from: Day | None = None
    years: dict[str, CalendarYear] = {}
    closures: dict[Jurisdiction, dict[Day, str]] = {}


def _make(raw: Mapping[str, Any], base: CalendarEdition | None) -> CalendarEdition:
    document = read(CalendarDocument, raw)
    first = base.covers + 1 if base else FIRST_YEAR
    if sorted(document.years) != [str(year) for year in range(first, first + len(document.years))]:
        raise ValueError(f"年份须自 {first} 年起连续")
    off = dict(base.off) if base else {}
    made_up = set(base.made_up) if base else set()
    for year, days in document.years.items():
        for day in days.days_off:
            _must_be(day, year, weekend=False)
        for day in days.workdays:
            _must_be(day, year, weekend=True)
        off |= days.days_off
        made_up |= set(days.workdays)
    closures = {place: dict(days) for place, days in base.closures.items()} if base else {}
    for place, closed in document.closures.items():
        closures.setdefault(place, {}).update(closed)
    return CalendarEdition(
        name=document.edition,
        covers=first + len(document.years) - 1,
        known_from=document.known_from,
        off=off,
        made_up=frozenset(made_up),
        closures=closures,
    )


def _must_be(day: date, year: str, *, weekend: bool) -> None:
    if str(day.year) != year or (day.weekday() >= 5) is not weekend:
        raise ValueError(f"{day} 不是 {year} 年的{'周末' if weekend else '周一至周五'}")


def shipped() -> Editions[CalendarEdition]:
    """The editions that come with this release, to which a deployment adds its own."""
    return Editions("工作日历", _make, map(data.read, data.names("calendars")))


CALENDARS = shipped()


def last_day(
    edition: str, jurisdiction: str, start: date, count: int, unit: Unit, *, first_day_counts: bool = False
) -> date:
    """The last day of a period that begins on `start`, that day excluded unless it counts (民法典 201).

    Working-day periods end on a working day. Calendar-day periods whose last day is none end with the next (民法典 203).
    """
    days = CALENDARS[edition].working_days(jurisdiction)
    if unit == "working_day":
        before = (bisect_left if first_day_counts else bisect_right)(days, start.toordinal())
        index = before + count - 1
    else:
        index = bisect_left(days, start.toordinal() + count - (1 if first_day_counts else 0))
    if not 0 <= index < len(days):
        raise CalendarExhausted(f"自 {start} 起 {count} 日超出 {LAST_YEAR} 年")
    return date.fromordinal(days[index])


def next_working_day(edition: str, jurisdiction: str, day: date) -> date:
    """The day itself if it works, else the next that does."""
    return last_day(edition, jurisdiction, day, 0, "calendar_day")


def days_left(edition: str, jurisdiction: str, today: date, last: date) -> int:
    """Working days from tomorrow to a last day, as people count what is left; negative: how many it is over."""
    days = CALENDARS[edition].working_days(jurisdiction)
    return bisect_right(days, last.toordinal()) - bisect_right(days, today.toordinal())


def provisional(edition: str, start: date, last: date) -> bool:
    """Whether a day from `start` to `last` lies in a year that the edition does not cover."""
    return max(start, last).year > CALENDARS[edition].covers


def explain(
    edition: str, jurisdiction: str, start: date, last: date, count: int | None, unit: Unit, first_day_counts: bool
) -> Counted:
    """How a date was counted, with every day off that was skipped and every weekend day that worked, by name."""
    if unit == "date":
        return Counted(from_=start, unit=unit, last=last)
    calendar = CALENDARS[edition]
    working = calendar.working_days(jurisdiction)
    ordinals = range(start.toordinal() + (0 if first_day_counts else 1), last.toordinal() + 1)
    worked = set(working[bisect_left(working, ordinals.start) : bisect_right(working, ordinals.stop - 1)])
    days = [date.fromordinal(ordinal) for ordinal in ordinals]
    return Counted(
        from_=start,
        count=count,
        unit=unit,
        last=last,
        skipped=tuple(calendar.why_off(day, jurisdiction) for day in days if day.toordinal() not in worked)
        if unit == "working_day"
        else tuple(calendar.why_off(day, jurisdiction) for day in days[(count or 1) - 1 : -1]),
        worked=tuple(
            f"{day} 周{WEEKDAYS[day.weekday()]}上班" for day in days if day.weekday() >= 5 and day.toordinal() in worked
        ),
    )
