"""The calendar of deadlines (期限日历): a month day by day, twelve weeks city by city, and the filings behind a number."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from gateway.identity import Identity
from gateway.pages.staff import Staff, as_asked, table
from gateway.pages.web import page
from gateway.shown import lists
from gateway.shown.figures import Figures
from gateway.shown.paging import page_of
from gateway.tools import Doors
from models.register import FilingRow
from models.values import DAY, day_of
from regulation import offices
from regulation.calendar import CALENDARS, CalendarEdition

router = APIRouter(prefix="/desk")

BACK, AHEAD = 12, 36
"""How many months back and ahead the calendar goes: filings stand at their nearest deadline, which lies within."""

WEEKS = 12
"""How many weeks the heat map shows."""

NAMED = 5
"""How many filings a day names."""

HEAT = (1, 5, 20, 100)
"""From how many filings on a cell is one degree darker."""


@dataclass(frozen=True)
class DayShown:
    """A day of the month: how many deadlines, some of the filings, and what kind of day it is."""

    day: date
    inside: bool
    works: bool
    called: str
    count: int
    filings: Sequence[FilingRow]


@router.get("/calendar")
def show(request: Request, tools: Doors, session: Staff, month: str = "") -> HTMLResponse:
    """A month of deadlines, and the heat map."""
    who, today = session.who, day_of(tools.clock())
    this = today.replace(day=1)
    first = as_asked(lambda: DAY.validate_python(f"{month}-01") if month else this)
    first = min(max(first, _moved(this, -BACK)), _moved(this, AHEAD))
    figures = Figures(tools.register.engine)
    days = list(_days(figures, who, first, CALENDARS[CALENDARS.newest(today)]))
    monday = today - timedelta(days=today.weekday())
    return page(
        request,
        tools,
        "desk_calendar.html",
        session,
        first=first,
        this=this,
        before=_moved(first, -1) if first > _moved(this, -BACK) else None,
        after=_moved(first, 1) if first < _moved(this, AHEAD) else None,
        weeks=[days[begin : begin + 7] for begin in range(0, len(days), 7)],
        total=sum(each.count for each in days if each.inside),
        named=NAMED,
        mondays=[monday + timedelta(weeks=week) for week in range(WEEKS)],
        heat=figures.by_week(who.scope, monday, WEEKS),
        cities=cities(who.scope),
        degree=degree,
        HEAT=HEAT,
        week=timedelta(days=6),
        link=link,
    )


def _moved(first: date, months: int) -> date:
    """The first of another month."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, 1)


def _days(figures: Figures, who: Identity, first: date, calendar: CalendarEdition) -> Iterator[DayShown]:
    """Whole weeks from Monday to Sunday that hold a month."""
    end = _moved(first, 1) - timedelta(days=1)
    begin, last = first - timedelta(days=first.weekday()), end + timedelta(days=6 - end.weekday())
    counts = figures.by_day(who.scope, begin, last)
    working = set(calendar.working_days(who.scope.jurisdiction))
    for number in range((last - begin).days + 1):
        day = begin + timedelta(days=number)
        works, count = day.toordinal() in working, counts[day]
        yield DayShown(
            day=day,
            inside=first <= day <= end,
            works=works,
            called=_called(calendar, day, works, who.scope.jurisdiction),
            count=count,
            filings=figures.due(who.scope, day, day, limit=NAMED) if count else (),
        )


def _called(calendar: CalendarEdition, day: date, works: bool, jurisdiction: str | None) -> str:
    """A day off that is none by the week, or a working day that is one (调休), by name; others have none."""
    if works:
        return "调休上班" if day.weekday() >= 5 else ""
    if day.weekday() >= 5:
        return "休"
    return calendar.why_off(day, jurisdiction).partition(" ")[2]


def cities(scope: offices.Scope) -> Sequence[str]:
    """The cities of a scope, one after another: all, or a single one."""
    city = offices.ZONES[scope.zone].city if scope.zone else scope.jurisdiction
    return [city] if city else list(offices.OFFICES)


def degree(count: int) -> int:
    """How dark a cell of the heat map is."""
    return sum(count >= step for step in HEAT)


def link(first: date, last: date, jurisdiction: str = "") -> str:
    """The address of the filings behind a number."""
    told = {"first": first, "last": last, "jurisdiction": jurisdiction}
    return f"/desk/deadlines?{urlencode({name: value for name, value in told.items() if value})}"


@router.get("/deadlines")
def deadlines(
    request: Request, tools: Doors, session: Staff, first: str, last: str, jurisdiction: str = "", after: str = ""
) -> HTMLResponse:
    """The filings whose nearest deadline lies on certain days."""
    begin, end, behind = as_asked(
        lambda: (DAY.validate_python(first), DAY.validate_python(last), lists.position(after))
    )
    figures = Figures(tools.register.engine)
    place = as_asked(lambda: lists.read({"jurisdiction": jurisdiction})).jurisdiction
    read = figures.due(session.who.scope, begin, end, place, after=behind, limit=lists.PAGE + 1)
    found = page_of(read, lists.PAGE, lambda row: lists.place(row, row.next_deadline))
    return page(
        request,
        tools,
        "desk_deadlines.html",
        session,
        begin=begin,
        end=end,
        jurisdiction=place,
        first=not after,
        more=f"{link(begin, end, place or '')}&{urlencode({'after': found.more})}" if found.more else "",
        **table(tools, session, found.shown),
    )
