"""Which editions are about to end (版本到期): the working days of next year, and the yearly call for kind B.

The State Council arranges a year in the November before it. From 15 December on a year that is missing is urgent: dates that reach
into it are provisional, and no revocation completes on them (G-09).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from models.vocabulary import Kind
from regulation.calendar import CALENDARS
from regulation.terms import TERMS

MISSED_FROM = (12, 15)
"""Month and day from which next year's working days are missed."""

SOON_DAYS = 30
"""How many days ahead the end of a call is told."""


@dataclass(frozen=True)
class Expiring:
    """An edition by its subject and name, the last day that it covers, and what is to be done; `urgent` now."""

    subject: str
    edition: str
    until: date | None
    told: str
    urgent: bool = False


def expiring(today: date) -> Iterator[Expiring]:
    """How long editions last, as they are known on a day; what is urgent says so."""
    yield _calendar(today)
    yield _call(today)


def is_missed(covers: int, today: date) -> bool:
    """Whether the year after the last one that is known ought to be known on a day."""
    return covers < today.year or (covers == today.year and (today.month, today.day) >= MISSED_FROM)


def _calendar(today: date) -> Expiring:
    edition = CALENDARS.newest(today)
    covers = CALENDARS[edition].covers
    missing = covers + 1
    urgent = is_missed(covers, today)
    told = (
        f"缺{missing}年日历；公布后放入 calendars/{missing}.json，重启并 broadcast"
        if urgent
        else f"{covers}年及以前均已公布"
    )
    return Expiring("工作日历", edition, date(covers, 12, 31), told, urgent)


def _call(today: date) -> Expiring:
    edition = TERMS.newest(today)
    rows = TERMS[edition].rows
    window = (rows.get(("intake.window", Kind.B.value, None, today.year)) or (None, ""))[0]
    if window is None:
        return Expiring("B类申报通知", edition, None, f"{today.year}年尚未发布，不受理B类申请")
    closes = date.fromisoformat(window["closes"])
    left = (closes - today).days
    if left < 0:
        return Expiring("B类申报通知", edition, closes, f"{today.year}年的申报已结束")
    opens = date.fromisoformat(window["opens"])
    told = f"自{opens}起" if opens > today else f"余{left}天"
    return Expiring("B类申报通知", edition, closes, told, opens <= today and left <= SOON_DAYS)
