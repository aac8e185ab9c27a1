"""What entries that are appended together write: gathered, so that each statement is sent once, with all its rows.

What is gathered is written before anybody reads on the same connection (`settled`), and before the transaction ends.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import Update

from activities import arrivals, letter_opening, search_texts
from activities.rows import Row
from models.filing import Filing
from models.register import FilingRow

TABLES = FilingRow.metadata.tables
FILINGS, ENTRIES, REPORTED = (TABLES[name] for name in ("filings", "entries", "annual_reports"))

BEGINS = insert(FILINGS)


@cache
def moves(*columns: str) -> Update:
    """Changes these columns of a filing's row. What stays as it was is not named, so no index is touched for it."""
    return (
        update(FILINGS)
        .where(FILINGS.c.filing_id == bindparam("of"))
        .values({name: bindparam(name) for name in columns})
    )


ENTERS, SENDS, SHOWS, TAKES = (insert(TABLES[name]) for name in ("entries", "messages", "public_notices", "versions"))


def _reports(dialect: Any) -> Any:
    put = dialect.insert(REPORTED)
    kept_with = ("status", "due", "filed_at", "number", "jurisdiction", "zone", "state", "urged_at")
    now = {name: put.excluded[name] for name in kept_with}
    kept = {"paper": func.coalesce(put.excluded.paper, REPORTED.c.paper)}
    return put.on_conflict_do_update(index_elements=["filing_id", "year"], set_=now | kept)


REPORTS = {"sqlite": _reports(sqlite), "postgresql": _reports(postgresql)}
"""Reporting years as they now stand; one that brings no paper keeps the one that is known of it."""


OF_FILING = REPORTED.c.filing_id == bindparam("of")
MOVES_REPORTS = update(REPORTED).where(OF_FILING).values(jurisdiction=bindparam("jurisdiction"), zone=bindparam("zone"))
RESTATES_REPORTS = (
    update(REPORTED).where(OF_FILING, REPORTED.c.year == bindparam("of_year")).values(state=bindparam("state"))
)
"""Reporting years that nothing was reported of, but that are counted elsewhere, or as something else, from now on."""


@dataclass
class Written:
    """The rows of one entry or of several: what they send, show and take in, and what follows for reporting years."""

    entries: list[Row] = field(default_factory=list)
    sent: list[Row] = field(default_factory=list)
    shown: list[Row] = field(default_factory=list)
    versions: list[Row] = field(default_factory=list)
    reports: list[Row] = field(default_factory=list)
    moved: list[Row] = field(default_factory=list)
    restated: list[Row] = field(default_factory=list)
    answered: list[Row] = field(default_factory=list)

    def also(self, other: "Written") -> None:
        """The rows of a further entry."""
        for name, rows in vars(other).items():
            getattr(self, name).extend(rows)


@dataclass
class Gathering:
    """The writes of one transaction. `connection` is for what none of them changes."""

    connection: Connection
    _heads: dict[str, Mapping[Any, Any] | None] = field(default_factory=dict)
    _stand: dict[str, tuple[Row, Filing]] = field(default_factory=dict)
    _waiting: Written = field(default_factory=Written)

    @property
    def settled(self) -> Connection:
        """The connection, with everything written that was gathered so far."""
        self.write()
        return self.connection

    def stands(self, filing_id: str) -> tuple[Row, Filing] | None:
        """A filing's row and the filing after the last entry that was appended to it here."""
        return self._stand.get(filing_id)

    def add(self, head: Mapping[Any, Any] | None, stands: Row, filing: Filing, written: Written) -> None:
        """An entry's rows, and where its filing stands after it; `head` is the filing's row before it, if there was one."""
        self._heads.setdefault(filing.id, head)
        self._stand[filing.id] = stands, filing
        self._waiting.also(written)
        if written.moved or written.restated:  # what comes later is to find these years so
            self.write()

    def write(self) -> None:
        """Write what was gathered."""
        if not self._heads:
            return
        db, waiting, heads = self.connection, self._waiting, self._heads
        self._waiting, self._heads = Written(), {}
        begun = [self._stand[of][0] for of, head in heads.items() if head is None]
        renamed, moved = begun.copy(), dict[Update, list[Row]]()
        for of, head in heads.items():
            if head is not None:
                changed = {name: value for name, value in self._stand[of][0].items() if head[name] != value}
                moved.setdefault(moves(*changed), []).append(changed | {"of": of})
                if not search_texts.MADE_OF.isdisjoint(changed):
                    renamed.append(self._stand[of][0])
        for statement, each in [
            (BEGINS, begun),
            *moved.items(),
            (ENTERS, waiting.entries),
            (SENDS, waiting.sent),
            (SHOWS, waiting.shown),
            (TAKES, waiting.versions),
            (REPORTS[db.dialect.name], waiting.reports),
            (MOVES_REPORTS, waiting.moved),
            (RESTATES_REPORTS, waiting.restated),
            (letter_opening.OPENS, letter_opening.opened_for(waiting.sent, waiting.shown)),
            (arrivals.ANSWERED, waiting.answered),
        ]:
            if each:
                db.execute(statement, each[0] if len(each) == 1 else each)
        search_texts.put(db, renamed)
        letter_opening.bundle(db, waiting.sent)
