"""What the pages of the desk share: that only staff see them, and what a table of filings needs to know."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, TypeVar

from fastapi import Depends
from starlette.exceptions import HTTPException

from activities.columns import overdue_of
from activities.survey_standing import standings
from activities.year_board import YearBoard
from gateway.pages.web import SignedIn
from gateway.problem import Failed, Problem
from gateway.remembered.sessions import Session
from gateway.shown.rounds.survey_status import SURVEYED
from gateway.tools import Tools
from models.register import FilingRow
from models.values import day_of
from models.vocabulary import Role

T = TypeVar("T")


def _staff(session: SignedIn) -> Session:
    if not session.who.staff:
        raise HTTPException(403)
    return session


Staff = Annotated[Session, Depends(_staff)]
"""The session of somebody at the desk; leaders have pages of their own."""


def _province(session: Staff) -> Session:
    if session.who.role is not Role.PROVINCE_ST:
        raise HTTPException(403)
    return session


Province = Annotated[Session, Depends(_province)]
"""The session of somebody of 省科技厅."""

LOOK_ON = (Role.AUDITOR,)
"""Roles that do no acts: nothing is ticked in their lists."""


def table(tools: Tools, session: Session, rows: Sequence[FilingRow], year: int | None = None) -> Mapping[str, Any]:
    """What a table of filings shows beside the filings: who of the visitor's office has which in hand, and what became of a
    reporting year and stands in its survey, if one is asked for."""
    today = day_of(tools.clock())
    handlers = tools.handling.handlers(session.who, today, [row.filing_id for row in rows])
    surveyed = standings(tools.register.engine, year, [row.filing_id for row in rows]) if year else {}
    return {
        "overdue": {
            row.filing_id: found
            for row in rows
            if (found := overdue_of(row, today, session.who.role, session.who.office))
        },
        "rows": rows,
        "reports": YearBoard(tools.register.engine).reports(year, [row.filing_id for row in rows]) if year else {},
        "surveyed": {filing_id: SURVEYED[stands] for filing_id, stands in surveyed.items()},
        "handlers": {filing_id: each.called(session.who) for filing_id, each in handlers.items()},
        "ticks": session.who.role not in LOOK_ON,
    }


def as_asked(read: Callable[[], T]) -> T:
    """What an address asks for; one that cannot be read is turned away in words."""
    try:
        return read()
    except ValueError as error:
        raise Failed(Problem(title="地址中的条件无法识别", status=422, code="malformed")) from error
