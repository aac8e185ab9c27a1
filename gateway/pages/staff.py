"""What the pages of the desk share: that only staff see them, and what a table of filings needs to know."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, TypeVar

from fastapi import Depends
from starlette.exceptions import HTTPException

from activities.rows import duties_of
from activities.survey_standing import standings
from activities.year_board import YearBoard
from gateway.identity import Identity
from gateway.pages.web import SignedIn
from gateway.problem import Failed, Problem
from gateway.remembered.sessions import Session
from gateway.shown.rounds.survey_status import SURVEYED
from gateway.tools import Tools
from models.register import FilingRow
from models.values import day_of
from models.vocabulary import Role
from regulation.calendar import days_left
from regulation.overdue import Late

T = TypeVar("T")


def _staff(session: SignedIn) -> Session:
    if not session.who.staff:
        raise HTTPException(403)
    return session


Staff = Annotated[Session, Depends(_staff)]
"""The session of somebody at the desk; leaders have pages of their own."""

LOOK_ON = (Role.AUDITOR,)
"""Roles that do no acts: nothing is ticked in their lists."""


def table(tools: Tools, session: Session, rows: Sequence[FilingRow], year: int | None = None) -> Mapping[str, Any]:
    """What a table of filings shows beside the filings: who of the visitor's office has which in hand, and what became of a
    reporting year and stands in its survey, if one is asked for."""
    today = day_of(tools.clock())
    handlers = tools.handling.handlers(session.who, today, [row.filing_id for row in rows])
    surveyed = standings(tools.register.engine, year, [row.filing_id for row in rows]) if year else {}
    return {
        "overdue": {row.filing_id: found for row in rows if (found := _overdue(row, today, session.who))},
        "rows": rows,
        "reports": YearBoard(tools.register.engine).reports(year, [row.filing_id for row in rows]) if year else {},
        "surveyed": {filing_id: SURVEYED[stands] for filing_id, stands in surveyed.items()},
        "handlers": {filing_id: each.called(session.who) for filing_id, each in handlers.items()},
        "ticks": session.who.role not in LOOK_ON,
    }


@dataclass(frozen=True)
class Overdue:
    """The duty that is overdue longest, and by how many working days."""

    duty: Late
    days: int


def _overdue(row: FilingRow, today: date, who: Identity) -> Overdue | None:
    """What is overdue on a filing: the visitor's own duty before any other's."""
    duties = duties_of(row.overdue)
    own = [each for each in duties if (each.role, each.office) == (who.role, who.office)]
    duty = min(own or duties, key=lambda each: each.last, default=None)
    return Overdue(duty, -days_left(row.calendar, row.jurisdiction, today, duty.last)) if duty else None


def as_asked(read: Callable[[], T]) -> T:
    """What an address asks for; one that cannot be read is turned away in words."""
    try:
        return read()
    except ValueError as error:
        raise Failed(Problem(title="地址中的条件无法识别", status=422, code="malformed")) from error
