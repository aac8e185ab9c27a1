"""The way of filings (办理进度) from the register: of each entry only where it led, so that a long docket costs no more than a short one."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Engine, func, or_, select

from models.filing import Filing
from models.register import EntryRow
from models.vocabulary import ActKind, Stage
from regulation.progress import Passed, Track, tracks

ENTRIES = EntryRow.metadata.tables["entries"]

TOLD = (ActKind.RECORD_PARTY_GROUP.value, ActKind.TRANSFER.value)
"""Acts that tell of the way even where the stage stays."""

_MOVED = select(
    ENTRIES.c.filing_id,
    ENTRIES.c.number,
    ENTRIES.c.stage,
    ENTRIES.c.kind,
    ENTRIES.c.at,
    func.lag(ENTRIES.c.stage).over(partition_by=ENTRIES.c.filing_id, order_by=ENTRIES.c.number).label("before"),
).where(ENTRIES.c.refused.is_(None))


def passed(engine: Engine, filing_ids: Collection[str]) -> dict[str, list[Passed]]:
    """Where each of these filings was, entry by entry that moved it."""
    moved = _MOVED.where(ENTRIES.c.filing_id.in_(filing_ids)).subquery()
    leads = or_(moved.c.before.is_(None), moved.c.before != moved.c.stage, moved.c.kind.in_(TOLD))
    found: dict[str, list[Passed]] = {each: [] for each in filing_ids}
    with engine.connect() as db:
        for row in db.execute(select(moved).where(leads).order_by(moved.c.filing_id, moved.c.number)):
            found[row.filing_id].append(Passed(row.number, Stage(row.stage), row.kind, row.at))
    return found


def ways(engine: Engine, filings: Mapping[str, Filing], now: datetime) -> dict[str, tuple[Track, ...]]:
    """The ways of these filings, each the one that it is on first."""
    walked = passed(engine, filings) if filings else {}
    return {each: tracks(filing, walked[each], now) for each, filing in filings.items()}
