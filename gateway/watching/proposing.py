"""Proposing to extend a deadline for all, where an outage of our own lay near it (G-29): opened with what was measured, decided by people.

Made with each pass of the sentinel. What nobody was kept from by an outage costs one question about spans.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple

import structlog
from sqlalchemy import Connection, Engine, select

from activities import outage_proposals
from activities.availability import spans_since
from activities.lists import FILINGS
from activities.logs import named
from gateway.rounds import Rounds
from models.drift import Drift, DriftKind
from models.register import AnnualReportRow
from models.rounds.base import RoundKind, parts, round_id
from models.rounds.outages import MOST_OUTAGES, Available, OutageEvidence
from models.rounds.round import Round
from models.values import day_of, digest, last_day_until
from models.vocabulary import Role
from regulation import availability, identity, naming, offices
from regulation.availability import Failing, Measure
from regulation.rounds.known import FILED
from regulation.rounds.outages import DECIDE_WITHIN, HELPED, state_of

log = structlog.get_logger()

REPORTS = AnnualReportRow.metadata.tables["annual_reports"].c

OWED = REPORTS.state.in_([each.value for each in HELPED])
"""Whose year is owed, missed or late."""

LOOKS_BACK = timedelta(days=60)
"""For so long after it an outage is proposed about: the service itself may have been away."""

WAITS = timedelta(days=1)
"""How long after a deadline it is waited for everything to be up again, before the outage is proposed about as it is by then."""


@dataclass(frozen=True)
class Proposal:
    """What is to be opened: under which id, about which year, what was measured and whom it concerns."""

    round_id: str
    year: int
    failed: Failing
    filings: tuple[str, ...]
    now: datetime

    @cached_property
    def act(self) -> dict[str, Any]:
        """The act that opens it, with the evidence."""
        failed = self.failed
        evidence = OutageEvidence(
            due=failed.deadline,
            since=failed.since,
            least=failed.least,
            whole=failed.whole,
            available=tuple(Available(part=part, percent=each) for part, each in failed.available.items()),
            outages=availability.in_few_lines(failed.outages, MOST_OUTAGES),
            until=availability.proposed_until(failed, self.now),
            filings=self.filings,
        )
        said = {
            "kind": "open_round",
            "by": {"person": identity.SERVICE, "office": offices.PROVINCE, "role": Role.PLATFORM.value},
            "title": f"{self.year}年度报送期限（{naming.on_day(last_day_until(failed.deadline))}）因系统故障顺延",
            "opens": str(day_of(self.now)),
            "closes": str(day_of(self.now) + DECIDE_WITHIN),
            "content": evidence.model_dump(mode="json"),
        }
        return {**said, "id": f"{self.round_id}-{digest(said)[:12]}"}


class Proposed(NamedTuple):
    """What became of a pass: which rounds were opened, and what could not be, for operators."""

    opened: list[str]
    failed: list[Drift]


@dataclass(frozen=True)
class Proposing:
    """Opens proposals by the client of rounds."""

    rounds: Rounds

    async def propose(self, now: datetime) -> Proposed:
        """Open what is to be proposed by now. What fails is told, hinders no other, and is tried again with the next pass."""
        told = Proposed([], [])
        try:
            proposals = await asyncio.to_thread(found, self.rounds.register.engine, now)
        except Exception as error:
            told.failed.append(_not_proposed(EVERY, error))
            return told
        for each in proposals:
            try:
                await self.rounds.act(each.round_id, each.act, own=True)
            except Exception as error:
                told.failed.append(_not_proposed(each.round_id, error))
            else:
                log.error("outage.proposed", round=each.round_id)
                told.opened.append(each.round_id)
        return told


EVERY = "outage"
"""What is told where it could not even be looked for what to propose."""


def _not_proposed(key: str, error: Exception) -> Drift:
    log.error("outage.not_proposed", round=key, error=named(error))
    return Drift(key=key, kind=DriftKind.NOT_PROPOSED, what=f"未能提出（{named(error)}）")


def found(engine: Engine, now: datetime) -> list[Proposal]:
    """What is to be proposed by now, as the register tells it: what people have not judged yet, nor are about to; and what they judged,
    for whoever their proposal does not name, because it came into the register later."""
    ahead = now + Measure.on(day_of(now)).before
    with engine.connect() as db:
        out = availability.outages(spans_since(db, now - LOOKS_BACK), now - LOOKS_BACK, now)
        if not out:
            return []
        since = min(now - LOOKS_BACK, *(each.since for each in out))  # one that was longer reaches further back
        spans = spans_since(db, since - Measure.on(day_of(since)).before)
        proposals, running, of_year = [], dict[int, int](), dict[int, list[Round]]()
        for year, due in _deadlines(db, since, ahead):
            if year not in of_year:
                of_year[year] = list(outage_proposals.of_year(db, year))
            same = [each for each in of_year[year] if state_of(each).due == due]
            if any(not each.over for each in same):
                continue
            judged_until, named = max((each.opened_at for each in same), default=None), set[str]()
            failed = availability.failing(spans, due, now, judged_until=judged_until)
            if failed is None and same:
                failed, named = availability.failing(spans, due, now), outage_proposals.named_by(db, same)
            if failed is None or not (failed.over or now >= due + WAITS):
                continue
            if filings := tuple(each for each in _concerned(db, year, due) if each not in named):
                last = max((each.running for each in map(parts, [one.id for one in of_year[year]]) if each), default=0)
                running[year] = max(running.get(year, 0), last) + 1
                of = round_id(RoundKind.OUTAGE, year, None, running[year])
                proposals.append(Proposal(of, year, failed, filings, now))
        return proposals


def _deadlines(db: Connection, since: datetime, until: datetime) -> list[tuple[int, datetime]]:
    """The deadlines of reporting years that fall into a time and that somebody has not kept, or not yet."""
    years = range(day_of(since).year - 1, day_of(until).year + 1)
    falls = (REPORTS.year.in_(years), REPORTS.due > since, REPORTS.due <= until)
    distinct = select(REPORTS.year, REPORTS.due).where(*falls, OWED).distinct().order_by(REPORTS.due)
    return [(year, due) for year, due in db.execute(distinct)]


def _concerned(db: Connection, year: int, due: datetime) -> Iterator[str]:
    """Whose year had this deadline and is owed, missed or late: all alike, wherever they lie."""
    stands = FILINGS.c.stage.in_([each.value for each in FILED])
    query = select(REPORTS.filing_id).join_from(
        REPORTS.filing_id.table, FILINGS, FILINGS.c.filing_id == REPORTS.filing_id
    )
    yield from db.scalars(
        query.where(REPORTS.year == year, REPORTS.due == due, OWED, stands).order_by(REPORTS.filing_id)
    )
