"""The deadlines of somebody as a calendar (日程): of a leader what lies ahead of its own filings, of an office what waits for it.

Names of alliances, what is due and by which article: no person's data.
"""

from collections.abc import Iterator

from activities.channels.pages import Diary
from activities.publishing.calendars import Subject
from gateway.identity import Identity
from gateway.tools import Tools, value_of
from models.filing import AgendaLine
from models.register import FilingRow
from models.vocabulary import LapseKind, Role
from regulation import entries, overdue

MOST = 500
"""How many filings a calendar is made of, those that are due first."""

READERS = (Role.LEADER, Role.CITY_ST, Role.CITY_IIT, Role.ZONE, Role.PROVINCE_ST)
"""Whose deadlines there are."""

AMONG_OFFICES = frozenset(
    {
        LapseKind.CALENDAR_OVERDUE, LapseKind.SECOND_OVERDUE, LapseKind.HANDING_OVERDUE, LapseKind.HOLD_OVERDUE,
        LapseKind.ENDING_OVERDUE, LapseKind.CHALLENGE_OVERDUE, LapseKind.DELIVERY_OVERDUE, LapseKind.ANNOUNCEMENT_OVERDUE,
    }
)  # fmt: skip
"""What offices owe each other, and no leader waits for."""


def diary(tools: Tools, who: Identity) -> bytes:
    """The calendar of somebody now."""
    rows = _rows(tools, who)
    leader = next((row.leader_name for row in rows), "")
    told = Diary(leader if who.role is Role.LEADER else who.place)
    for row in rows:
        subject = Subject(row.filing_id, row.alliance_name, row.number, row.updated_at)
        told.lines.extend((subject, line) for line in _lines(row, who))
    return told.written()


def _rows(tools: Tools, who: Identity) -> list[FilingRow]:
    waiting = who.office if who.role in (Role.CITY_ST, Role.ZONE, Role.PROVINCE_ST) else None
    iit = who.role is Role.CITY_IIT
    found = tools.register.filings(scope=who.scope, waiting_for=waiting, awaits_iit=iit, limit=MOST)
    return [row for row in found if row.open]


def _lines(row: FilingRow, who: Identity) -> Iterator[AgendaLine]:
    """What lies ahead of a filing: for its leader but what only offices do among themselves, for an office what it must keep."""
    filing = value_of(row)
    told = set[LapseKind]()
    for line in entries.outlook(filing):
        lapse = line.lapse
        if lapse.kind is LapseKind.REMINDER or (lapse.level or 1) > 1:
            continue  # a calendar program reminds by itself, and who is late is chased by letters
        if who.role is Role.LEADER:
            if lapse.kind not in AMONG_OFFICES:
                yield line
        elif lapse.kind not in told and overdue.keeper(filing, lapse.kind) == (who.role, who.office):
            told.add(lapse.kind)
            yield line
