"""Revocations that nobody decides, over all filings: how many complete on a day (regulation/breaker.py), and which are coming.

What completes on a day is told by the register's columns where they say so, and else by the filings themselves; no more of these
is read than it takes to exceed a bound.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Engine, select

from activities import outage_proposals
from activities.availability import LOOKED_BACK, spans_since
from activities.lists import FILINGS, read_rows, sees
from models.filing import Entry, Filing
from models.register import EntryRow, FilingRow
from models.values import at_hour, day_of, midnight_after
from models.vocabulary import ActKind, Kind, LapseKind, Stage
from regulation import availability, breaker, identity, offices
from regulation.breaker import Coming, Undecided, Why
from regulation.naming import due_at
from regulation.rounds.outages import state_of

ENTRIES = EntryRow.metadata.tables["entries"]

AHEAD = 30
"""How many days ahead revocations are told."""

PENDING = (FILINGS.c.open.is_(True), FILINGS.c.stage == Stage.REVOCATION_PENDING.value)
PLACE = (FILINGS.c.filing_id, FILINGS.c.jurisdiction)
NEVER_STOPPED = ~FILINGS.c.value.contains('"stopped":', autoescape=True)


COMPLETES, OPENS, STOPS = "期满自行撤销", "仍不报送即启动撤销程序", "届时暂停、待两人复核"
MEANS: Mapping[str, str] = {
    COMPLETES: "连续两年未报送，告知书已经送达；无人行为时，期满自行撤销。",
    OPENS: "一个年度未报送，下一年度尚未报送；届时仍不报送的，启动撤销程序、送达告知书，期满撤销。",
    STOPS: "当日期满的过多，或者是否因系统故障顺延尚未决定，届时暂停；由两人复核后分别解除的，方才撤销。",
}
"""What becomes of a revocation that is coming, if nothing changes by then, and what that means."""


@dataclass(frozen=True)
class Listed:
    """A revocation that is coming: of which alliance, why, and what will stop it, if nothing changes by then."""

    row: FilingRow
    coming: Coming
    stopped_by: Why | None = None

    @property
    def office(self) -> str:
        """The office whose it is."""
        return self.row.zone or self.row.jurisdiction

    @property
    def becomes(self) -> str:
        """What becomes of it: one of `MEANS`."""
        return STOPS if self.stopped_by else COMPLETES if self.coming.served_on else OPENS

    @property
    def why(self) -> str:
        """Why, in words."""
        return self.coming.why + (f"；{self.stopped_by.told}" if self.stopped_by else "")

    @property
    def line(self) -> str:
        """In a line, as letters tell it."""
        then = f"{due_at(self.coming.at, LapseKind.REVOKED)}{'暂停' if self.stopped_by else '撤销'}"
        return f"{self.row.alliance_name}（{self.row.filing_id}）：{then}。{self.why}"


def by_outcome(found: Iterable[Listed]) -> dict[str, list[Listed]]:
    """Those that are coming by what becomes of them; what becomes of none is left out."""
    groups: dict[str, list[Listed]] = {name: [] for name in MEANS}
    for each in found:
        groups[each.becomes].append(each)
    return {name: of_group for name, of_group in groups.items() if of_group}


def counted(found: Iterable[Listed]) -> str:
    """How many there are, by what becomes of them: 期满自行撤销2件，届时暂停、待两人复核1件."""
    return "，".join(f"{name}{len(of_group)}件" for name, of_group in by_outcome(found).items())


@dataclass(frozen=True)
class Revocations:
    """Those of one register."""

    engine: Engine

    def stop(self, entry: Entry) -> Entry | None:
        """What is entered in the place of a revocation, if its day exceeds a bound or an outage of our own may have brought it about;
        None if it may be entered."""
        if entry.event.kind != LapseKind.REVOKED:
            return None
        with self.engine.connect() as db:
            value = db.scalar(select(FILINGS.c.value).where(FILINGS.c.filing_id == entry.filing.id))
            before = Filing.model_validate_json(value) if value else None
            if before is None or not breaker.may_stop(entry, before):
                return None
            why = _of_outage(db, entry, before) or _of_many(db, entry, before)
        return breaker.stopped(before, entry, why) if why else None

    def coming(self, now: datetime, scope: offices.Scope, days: int = AHEAD) -> list[Listed]:
        """Which revocations the coming days bring if nobody acts, of those that an office may see; the nearest first."""
        until = midnight_after(day_of(now) + timedelta(days=days))
        perhaps = FILINGS.c.stage.in_([Stage.REVOCATION_PENDING.value, Stage.IN_FORCE.value])
        rows = select(FILINGS).where(FILINGS.c.open.is_(True), perhaps, FILINGS.c.missed_years > 0)
        with self.engine.connect() as db:
            found = [
                Listed(row, told)
                for row in read_rows(db, rows)
                if (told := breaker.coming(Filing.model_validate_json(row.value), until))
            ]
            undecided = dict(outage_proposals.undecided(db))
        by_day = defaultdict[date, dict[str, str]](dict)
        for each in found:
            if not each.coming.let_go:
                by_day[day_of(each.coming.at)][each.row.filing_id] = each.row.jurisdiction
        seen = [_with_why(each, by_day, undecided) for each in found if sees(scope, each.row)]
        return sorted(seen, key=lambda each: (each.coming.at, each.row.filing_id))


def _with_why(each: Listed, by_day: Mapping[date, Mapping[str, str]], undecided: Mapping[str, Undecided]) -> Listed:
    """A revocation with what will stop it: a proposal to extend that nobody decided on, or the bound that its day exceeds."""
    waits = undecided.get(each.row.filing_id)
    if each.coming.let_go:
        return replace(each, stopped_by=waits)
    day = day_of(each.coming.at)
    kind, place = Kind(each.row.kind), each.row.jurisdiction
    return replace(each, stopped_by=waits or breaker.exceeded(day, kind, place, lambda _: by_day[day].items()))


def _of_many(db: Connection, entry: Entry, before: Filing) -> Why | None:
    """Whether too many complete on its day (G-16); what two people let go on is not asked again."""
    if breaker.is_let_go(before):
        return None
    day = day_of(entry.entered_at)
    return breaker.exceeded(day, before.kind, before.jurisdiction, lambda place: _completing(db, day, place))


def _of_outage(db: Connection, entry: Entry, before: Filing) -> Why | None:
    """Whether an outage of our own may have brought a revocation about (G-29): before its own end, or before a deadline on which it
    rests, whether or not anybody proposed to extend that. What people have judged is not held up to them again: who let the case go
    on, or kept the deadline that a proposal named the alliance for."""
    proposals = outage_proposals.naming(db, before.id)
    if waits := outage_proposals.waits_for(before, proposals):
        return waits
    ends = [*breaker.rests_on(before), entry.at]
    spans = spans_since(db, min(ends) - LOOKED_BACK)
    released = _released(db, before)
    for end in ends:
        kept = [each.opened_at for each in proposals if (state_of(each).due, state_of(each).extended_to) == (end, None)]
        judged = max((*kept, *released), default=None)
        if failed := availability.failing(spans, end, entry.entered_at, judged_until=judged):
            return failed
    return None


def _released(db: Connection, before: Filing) -> list[datetime]:
    """When two people let a case go on that had been stopped, the last time."""
    if not breaker.is_let_go(before):
        return []
    of_filing = (ENTRIES.c.filing_id == before.id, ENTRIES.c.kind == ActKind.RELEASE.value, ENTRIES.c.refused.is_(None))
    last = select(ENTRIES.c.entered_at).where(*of_filing).order_by(ENTRIES.c.number.desc()).limit(1)
    return list(db.scalars(last))


def _completing(db: Connection, day: date, jurisdiction: str | None) -> Iterator[tuple[str, str]]:
    """What completes by itself on a day, with its place: what is due by then, what completed on it, what was stopped on it.

    What two people let go on is none of it, before it completes and after.
    """
    begins, ends = at_hour(day, 0), midnight_after(day)
    there = () if jurisdiction is None else (FILINGS.c.jurisdiction == jurisdiction,)
    due = (*there, *PENDING, FILINGS.c.next_deadline < ends)
    by_column = select(*PLACE).where(*due, FILINGS.c.next_lapse == LapseKind.REVOKED.value, NEVER_STOPPED)
    yield from ((row.filing_id, row.jurisdiction) for row in db.execute(by_column))
    on_the_day = (*there, ENTRIES.c.entered_at >= begins, ENTRIES.c.entered_at < ends, ENTRIES.c.refused.is_(None))
    of_entries = select(*PLACE, ENTRIES.c.act_id).join(ENTRIES, ENTRIES.c.filing_id == FILINGS.c.filing_id)
    for row in db.execute(of_entries.where(*on_the_day, ENTRIES.c.kind == LapseKind.REVOKED.value, NEVER_STOPPED)):
        yield row.filing_id, row.jurisdiction
    for row in db.execute(of_entries.where(*on_the_day, ENTRIES.c.kind == ActKind.HOLD.value)):
        if identity.is_of_stop(row.act_id, first=True):
            yield row.filing_id, row.jurisdiction
    by_themselves = select(*PLACE, FILINGS.c.value).where(*due, FILINGS.c.next_lapse != LapseKind.REVOKED.value)
    for row in db.execute(by_themselves):
        if breaker.completes(Filing.model_validate_json(row.value), day):
            yield row.filing_id, row.jurisdiction
