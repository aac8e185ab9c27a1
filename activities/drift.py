"""What the sentinel remembers in the register: what it has seen of each filing, its last pass, what is different, who was told.

None of it is a record of the law. Without it everything is looked at once more, and operators are told once more.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Engine, Select, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col
from sqlmodel import select as rows_of

from activities.channels.configured import OPERATORS
from activities.compiled import compiled, listed
from activities.database import in_parts, reading, stating, writing
from activities.letters import Letters
from models.drift import Drift, DriftKind, Failed, Pass
from models.register import DriftRow, FilingRow, FollowedRow, LetterRow, PassRow
from regulation import offices

FILINGS, FOLLOWED = (model.metadata.tables[model.__tablename__].c for model in (FilingRow, FollowedRow))

DRIFT = DriftRow.metadata.tables["drift"]

MOST = 1_000
"""How much of what a pass found is kept by name."""

AT_ONCE = 5_000
"""How many filings are read at once: no pass holds a whole register in memory."""


def _remembers(dialect: Any) -> Any:
    put = dialect.insert(FollowedRow.metadata.tables["followed"])
    told = {name: put.excluded[name] for name in FollowedRow.model_fields if name != "filing_id"}
    return put.on_conflict_do_update(index_elements=["filing_id"], set_=told)


REMEMBERS = {"sqlite": _remembers(sqlite), "postgresql": _remembers(postgresql)}
"""Remember what was seen of a filing, in place of what was seen before."""

TEXT = "drift"
"""The text of a letter to operators on what is different."""


class Known(NamedTuple):
    """An open filing as the register has it, with what was last seen of it in the engine."""

    filing_id: str
    number: int
    value: str
    updated_at: datetime
    followed: int | None
    run_id: str | None
    armed_for: datetime | None


EVERY = (
    select(
        *(FILINGS.filing_id, FILINGS.number, FILINGS.value, FILINGS.updated_at),
        *(FOLLOWED.number.label("followed"), FOLLOWED.run_id, FOLLOWED.armed_for),
    )
    .outerjoin_from(FilingRow, FollowedRow, FILINGS.filing_id == FOLLOWED.filing_id)
    .where(FILINGS.filing_id > bindparam("after"))
    .order_by(FILINGS.filing_id)
    .limit(AT_ONCE)
)
OPEN = EVERY.where(FILINGS.open)
BEHIND = EVERY.where(FILINGS.open.is_(False), (FOLLOWED.number.is_(None)) | (FOLLOWED.number < FILINGS.number))
"""Those that have ended, and of which it is not known that the engine knows it."""


@dataclass(frozen=True)
class DriftLog:
    """The sentinel's memory in one register; `queue` is the task queue that it passes over."""

    engine: Engine
    queue: str

    # What was seen of each filing

    def open_filings(self) -> Iterator[Sequence[Known]]:
        """Every filing whose workflow ought to run, some thousand at a time, in the order of their ids."""
        return self._some(OPEN)

    def ended(self) -> Iterator[Sequence[Known]]:
        """Filings that have come to an end which the engine may not know of."""
        return self._some(BEHIND)

    def _some(self, query: Select[Any]) -> Iterator[Sequence[Known]]:
        after = ""
        while True:
            with self.engine.connect() as db:
                rows = [Known(*row) for row in db.execute(query, {"after": after})]
            if rows:
                yield rows
            if len(rows) < AT_ONCE:
                return
            after = rows[-1].filing_id

    def known(self, filing_ids: Collection[str]) -> Mapping[str, Known]:
        """Some filings, open or not, by their ids."""
        query = EVERY.where(FILINGS.filing_id.in_(bindparam("some", expanding=True)))
        with self.engine.connect() as db:
            found = (db.execute(query, {"after": "", "some": some}) for some in in_parts(filing_ids))
            return {row.filing_id: Known(*row) for rows in found for row in rows}

    def follow(self, seen: Sequence[FollowedRow]) -> None:
        """Remember what was seen of filings that are as they should be."""
        if seen:
            with stating(self.engine) as db:
                db.execute(REMEMBERS[db.dialect.name], [each.model_dump() for each in seen])

    def forget(self) -> None:
        """Forget what was seen of every filing: each is looked at anew."""
        with stating(self.engine) as db:
            db.execute(FollowedRow.metadata.tables["followed"].delete())

    # What is different

    def note(self, found: Pass, drift: Sequence[Drift]) -> list[Drift]:
        """Remember a pass in place of the one before it, and write to operators of what is new and was not mended; of what.

        What is left to mend is kept before what was mended, and no more of it than anybody reads: the tallies count the rest.
        """
        before, kept = {row.key: row for row in self.rows()}, sorted(drift, key=lambda each: each.mended)[:MOST]
        now = [_row(each, before.get(each.key), found.at) for each in kept]
        with stating(self.engine) as db:
            db.execute(DRIFT.delete())
            if now:
                db.execute(DRIFT.insert(), [row.model_dump() for row in now])
        with writing(self.engine) as session:
            session.merge(PassRow(queue=self.queue, at=found.at, body=found.model_dump_json()))
        untold = [row for row in now if not row.told]
        if untold:
            Letters(self.engine).compile(_letter(untold, found.at))
            with stating(self.engine) as db:
                db.execute(DRIFT.update().values(told=True))
        return [drift_of(row) for row in untold]

    def note_failed(self, at: datetime, why: str) -> None:
        """Remember that a pass could not be made, beside what the last one found."""
        last = self.last()
        times = last.failed.times + 1 if last and last.failed else 1
        told = (last or Pass(at=at)).but(failed=Failed(times=times, at=at, why=why))
        with writing(self.engine) as session:
            session.merge(PassRow(queue=self.queue, at=told.at, body=told.model_dump_json()))

    def rows(self) -> list[DriftRow]:
        """What the last pass found to be different: what is for people to mend comes first, the oldest of it first."""
        in_order = rows_of(DriftRow).order_by(col(DriftRow.mended), col(DriftRow.found_at), col(DriftRow.key))
        with reading(self.engine) as session:
            return list(session.exec(in_order))

    def last(self) -> Pass | None:
        """The last pass; None before the first."""
        with reading(self.engine) as session:
            row = session.get(PassRow, self.queue)
        return Pass.model_validate_json(row.body) if row else None


def drift_of(row: DriftRow) -> Drift:
    """What a row tells."""
    return Drift(key=row.key, kind=DriftKind(row.kind), what=row.what, mended=row.mended)


def _row(found: Drift, before: DriftRow | None, at: datetime) -> DriftRow:
    """What was there before, in the same way, is not new: it is told of since when it was there, and nobody is written to again."""
    same = before is not None and (before.kind, before.mended) == (found.kind.value, found.mended)
    return DriftRow(
        key=found.key,
        kind=found.kind.value,
        what=found.what,
        mended=found.mended,
        found_at=before.found_at if before and same else at,
        told=found.mended or bool(before and same and before.told),
    )


def _letter(rows: Sequence[DriftRow], at: datetime) -> LetterRow:
    """One letter of all that is new."""
    lines = [f"{row.key} {DriftKind(row.kind).label}：{row.what}；{drift_of(row).command}" for row in rows]
    words, key = {"count": str(len(rows)), "lines": listed(lines)}, f"_{TEXT}-{at.astimezone(UTC):%Y%m%dT%H%M%S}"
    return compiled(key, TEXT, offices.PROVINCE, words, at, OPERATORS)
