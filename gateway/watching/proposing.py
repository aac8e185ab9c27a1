"""Proposing to extend a deadline for all, where an outage of our own lay near it (G-29): opened with what was measured, decided by people.

Made with each pass of the sentinel. What nobody was kept from by an outage costs one question about spans.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import SQLAlchemyError
from temporalio.client import WorkflowUpdateFailedError
from temporalio.service import RPCError

from activities import outage_proposals
from activities.availability import spans_since
from activities.lists import FILINGS
from activities.logs import named
from gateway.problem import KeyReused, Refused, Unreachable
from gateway.rounds import Rounds
from models.availability import Span
from models.register import AnnualReportRow
from models.rounds.base import RoundKind, parts, round_id
from models.rounds.outages import Available, OutageEvidence
from models.rounds.round import Round
from models.values import day_of, digest, last_day_until
from models.vocabulary import Role
from regulation import availability, identity, naming, offices
from regulation.availability import Failing, Measure
from regulation.rounds.known import FILED
from regulation.rounds.outages import DECIDE_WITHIN, HELPED, state_of

log = structlog.get_logger()

REPORTS = AnnualReportRow.metadata.tables["annual_reports"].c

LOOKS_BACK = timedelta(days=60)
"""For so long after it an outage is proposed about: the service itself may have been away."""

WAITS = timedelta(days=1)
"""How long after a deadline it is waited for everything to be up again, before the outage is proposed about as it is by then."""


@dataclass(frozen=True)
class Proposal:
    """What is to be opened: under which id, and the act."""

    round_id: str
    act: dict[str, Any]


@dataclass(frozen=True)
class Proposing:
    """Opens proposals by the client of rounds."""

    rounds: Rounds

    async def propose(self, now: datetime) -> list[str]:
        """Open what is to be proposed by now; which rounds. What fails is tried again with the next pass."""
        opened = []
        try:
            for each in await asyncio.to_thread(found, self.rounds.register.engine, now):
                await self.rounds.act(each.round_id, each.act)
                log.error("outage.proposed", round=each.round_id)
                opened.append(each.round_id)
        except (Refused, KeyReused, Unreachable, RPCError, SQLAlchemyError, WorkflowUpdateFailedError) as error:
            log.error("outage.not_proposed", error=named(error))
        return opened


def found(engine: Engine, now: datetime) -> list[Proposal]:
    """What is to be proposed by now, as the register tells it."""
    ahead = now + Measure.on(day_of(now)).before
    with engine.connect() as db:
        spans = spans_since(db, now - LOOKS_BACK)
        if not availability.outages(spans, now - LOOKS_BACK, now):
            return []
        proposals, running = [], dict[int, int]()
        for year, due in _deadlines(db, now - LOOKS_BACK, ahead):
            before = list(outage_proposals.of_year(db, year))
            failed = _failing(spans, due, now, before)
            if failed is None or not (failed.over or now >= due + WAITS):
                continue
            if filings := list(_concerned(db, year, due)):
                last = max((each.running for each in map(parts, [one.id for one in before]) if each), default=0)
                running[year] = max(running.get(year, 0), last) + 1
                proposals.append(_opening(year, running[year], failed, filings, now))
        return proposals


def _failing(spans: list[Span], due: datetime, now: datetime, before: list[Round]) -> Failing | None:
    """Whether availability before a deadline was too low, and people have not judged it yet, nor are about to."""
    same = [each for each in before if state_of(each).due == due]
    if any(not each.over for each in same):
        return None
    return availability.failing(spans, due, now, judged_until=max((each.opened_at for each in same), default=None))


def _deadlines(db: Connection, since: datetime, until: datetime) -> list[tuple[int, datetime]]:
    """The deadlines of reporting years that fall into a time and that somebody has not kept, or not yet."""
    years = range(day_of(since).year - 1, day_of(until).year + 1)
    falls = (REPORTS.year.in_(years), REPORTS.due > since, REPORTS.due <= until)
    owed = REPORTS.state.in_([each.value for each in HELPED])
    distinct = select(REPORTS.year, REPORTS.due).where(*falls, owed).distinct().order_by(REPORTS.due)
    return [(year, due) for year, due in db.execute(distinct)]


def _concerned(db: Connection, year: int, due: datetime) -> Iterator[str]:
    """Whose year had this deadline and is owed, missed or late: all alike, wherever they lie."""
    stands = FILINGS.c.stage.in_([each.value for each in FILED])
    query = select(REPORTS.filing_id).join_from(
        REPORTS.filing_id.table, FILINGS, FILINGS.c.filing_id == REPORTS.filing_id
    )
    owed = REPORTS.state.in_([each.value for each in HELPED])
    yield from db.scalars(
        query.where(REPORTS.year == year, REPORTS.due == due, owed, stands).order_by(REPORTS.filing_id)
    )


def _opening(year: int, running: int, failed: Failing, filings: list[str], now: datetime) -> Proposal:
    last = last_day_until(failed.deadline)
    evidence = OutageEvidence(
        due=failed.deadline,
        since=failed.since,
        least=failed.least,
        available=tuple(Available(part=part, percent=each) for part, each in failed.available.items()),
        outages=failed.outages,
        until=availability.proposed_until(failed, now),
        filings=tuple(filings),
    )
    said = {
        "kind": "open_round",
        "by": {"person": identity.SERVICE, "office": offices.PROVINCE, "role": Role.PLATFORM.value},
        "title": f"{year}年度报送期限（{naming.on_day(last)}）因系统故障顺延",
        "opens": str(day_of(now)),
        "closes": str(day_of(now) + DECIDE_WITHIN),
        "content": evidence.model_dump(mode="json"),
    }
    of = round_id(RoundKind.OUTAGE, year, None, running)
    return Proposal(of, {**said, "id": f"{of}-{digest(said)[:12]}"})
