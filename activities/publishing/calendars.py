"""Calendars of deadlines (日程) as iCalendar (RFC 5545, 7986), for an office or a leader to subscribe to.

An event a line of the agenda, with public names only. A day that is over at 24:00 is an all-day event of that day; a
reminder has its hour. A date that moves keeps its UID.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import NAMESPACE_URL, uuid5

from icalendar import Calendar, Event
from icalendar.enums import STATUS, TRANSP

from models.acts import Lapse
from models.filing import AgendaLine, Counted
from models.values import SHANGHAI, day_of, last_day_until, legible
from models.vocabulary import LapseKind
from regulation import naming
from regulation.articles import quoted
from regulation.naming import BEGINNINGS, due_at, on_day

REFRESH = timedelta(hours=12)
"""How often a subscriber should look again."""

REMINDED_OF = {
    "annual": "年度报送截止",
    "review": "审核期限过半",
    "notice": "公示期将满",
    "change_notice": "变更公示期将满",
}
UNITS = {"working_day": "个工作日", "calendar_day": "个自然日"}


@dataclass(frozen=True)
class Subject:
    """The filing that a line is about: its public name, its last entry, and the instant of that."""

    filing_id: str
    alliance: str
    number: int
    stamp: datetime


def calendar(lines: Iterable[tuple[Subject, AgendaLine]], name: str) -> bytes:
    """The calendar of that name. The same lines make the same bytes."""
    written = Calendar.new(
        prodid="-//beian//产学研联盟备案日程//ZH",
        method="PUBLISH",
        calscale="GREGORIAN",
        name=name,
        uid=uuid5(NAMESPACE_URL, f"beian:calendar:{name}"),
        subcomponents=[_event(subject, line) for subject, line in lines],
    )
    written.add("refresh-interval", REFRESH, {"VALUE": "DURATION"})  # RFC 7986, 5.7: the type is not implied
    written.add("x-wr-timezone", "Asia/Shanghai")
    text: bytes = written.to_ical()
    return text


def _event(subject: Subject, line: AgendaLine) -> Event:
    local = line.at.astimezone(SHANGHAI)
    last = day_of(line.at) if line.lapse.kind in BEGINNINGS else last_day_until(line.at)
    whole_day = local.time() == time.min
    return Event.new(
        uid=_uid(subject.filing_id, line.lapse),
        start=last if whole_day else line.at,
        end=last + timedelta(days=1) if whole_day else None,
        summary=legible(f"{_what(line.lapse)} · {subject.alliance}"),
        description="\n".join(_explained(line)),
        status=STATUS.TENTATIVE if line.provisional or line.unopened else STATUS.CONFIRMED,
        transparency=TRANSP.TRANSPARENT,
        categories=[naming.before(line.lapse)],
        stamp=subject.stamp,
        last_modified=subject.stamp,
        sequence=subject.number,
    )


def _uid(filing_id: str, lapse: Lapse) -> str:
    """What a line is about, whatever its date. No filing's id has a slash."""
    parts = (filing_id, lapse.kind, lapse.of, lapse.year, lapse.days, lapse.level)
    return "/".join("" if part is None else str(part) for part in parts) + "@beian"


def _what(lapse: Lapse) -> str:
    """A lapse that is to come in words, with its year and how often it was chased before."""
    year = f"{lapse.year}年度" if lapse.year else ""
    if lapse.kind is LapseKind.REMINDER:
        days = lapse.days or 0
        when = f"（{'前' if days < 0 else '后'}{abs(days)}日）" if days else ""
        return f"{lapse.kind.label}：{year}{REMINDED_OF[lapse.of or '']}{when}"
    again = f"（第{lapse.level}次）" if lapse.level and lapse.level > 1 else ""
    return f"{naming.before(lapse)}{again}" + (f"：{year}" if year else "")


def _explained(line: AgendaLine) -> Iterable[str]:
    yield f"期限：{due_at(line.at, line.lapse.kind)}"
    yield f"依据：{quoted(line.article)}"
    if line.counted:
        yield from counted_in_words(line.counted)
    yield f"工作日历：{line.calendar}；期限标准：{line.terms}"
    if line.unopened:
        yield "暂计：通知已送入收件箱，尚未签收，日期以送达为准"
    if line.provisional:
        yield "暂定：所跨年份的放假安排尚未公布，日期可能后延"


def counted_in_words(counted: Counted) -> Iterable[str]:
    """How the date was counted."""
    if counted.count is None or counted.unit == "date":
        yield f"计算：固定日期，{on_day(counted.last)}"
    elif counted.count < 0:
        yield f"计算：{on_day(counted.from_)}前{-counted.count}日"
    else:
        yield f"计算：自{on_day(counted.from_)}起{counted.count}{UNITS[counted.unit]}，至{on_day(counted.last)}"
    if counted.skipped:
        yield f"不计：{'、'.join(counted.skipped)}"
    if counted.worked:
        yield f"计入：{'、'.join(counted.worked)}"
