"""Appending an entry (登记): compare and append, in one transaction with everything that follows from it.

Nothing here decides anything: what an entry says was computed by the regulation.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Literal

from sqlalchemy import Connection, Engine, bindparam, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.dml import Update

from activities import arrivals, grounds, letter_contents, letter_opening, rows
from activities.database import stating
from activities.editions_used import EditionsUsed
from activities.grounds import BODY_OF_ACT
from activities.proposed import Proposed
from activities.rows import GENESIS
from models.acts import Lapse, NewVersion, Submit
from models.filing import Entry, Filing
from models.register import FilingRow
from models.values import Value, canonical
from regulation import identity, intake

FILINGS, ENTRIES, REPORTED = (FilingRow.metadata.tables[name] for name in ("filings", "entries", "annual_reports"))

BEGINS = insert(FILINGS)


@cache
def moves(*columns: str) -> Update:
    """Changes these columns of a filing's row. What stays as it was is not named, so no index is touched for it."""
    return (
        update(FILINGS)
        .where(FILINGS.c.filing_id == bindparam("of"))
        .values({name: bindparam(name) for name in columns})
    )


BODY_OF_NUMBER = select(ENTRIES.c.body).where(
    ENTRIES.c.filing_id == bindparam("of"), ENTRIES.c.number == bindparam("number")
)
ENTERS, SENDS, SHOWS, TAKES = (
    insert(FilingRow.metadata.tables[name]) for name in ("entries", "messages", "public_notices", "versions")
)


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


class RegisterBehind(Exception):
    """备案库落后于引擎: an older register was put in place. Nothing is written until it is set right; the chain has no hole."""


Outcome = Literal["entered", "known", "reused", "adopted", "refused"]


class Appended(Value):
    """What an append came to.

    `entered`: the event is written under its number. `known`: it already stood in the register, under `number`.
    `reused`: another act stands there under its id. `adopted`: other events hold the number. In these cases `filing` is the
    filing after the last entry, to be carried on.
    `refused`: the register knows better, for the `reason` given (no such paper, a number or a name that is another's);
    nothing was written. `warnings` is what it has to say about what it wrote.
    """

    outcome: Outcome
    number: int = 0
    filing: Filing | None = None
    reason: str = ""
    warnings: tuple[str, ...] = ()


ENTERED = Appended(outcome="entered")
"""It is written, and there is nothing more to say."""


@dataclass(frozen=True)
class Appending:
    """Appends to one register."""

    engine: Engine
    editions: EditionsUsed

    def append(self, entry: Entry) -> Appended:
        """Compare and append: the entry takes its number unless the number, or its act, is already held.

        Written first and asked afterwards: an act that is held has its id in the way, and is found in a second try. So a retry,
        or the same event computed again after everything died between commit and engine, finds what it wrote.
        """
        for looks in (False, True):
            try:
                with stating(self.engine) as db:
                    return self._append(Proposed.of(db, entry), looks=looks)
            except IntegrityError:
                if looks:
                    raise
        raise AssertionError

    def append_all(self, docket: Sequence[Entry]) -> None:
        """Entries that nobody else has written or could, one after the other in one transaction: all of them, or none.

        For lives that no engine lives (regulation/simulation.py). Raises `ValueError` with why one cannot be written.
        """
        with stating(self.engine) as db:
            for entry in docket:
                appended = self._append(Proposed.of(db, entry), looks=False)
                if appended.outcome != "entered":
                    raise ValueError(f"{entry.filing.id}/{entry.number}: {appended.reason or appended.outcome}")

    def _append(self, proposed: Proposed, *, looks: bool) -> Appended:
        entry, last = proposed.entry, proposed.last
        reason = grounds.against(proposed, looks=looks) if entry.number == last + 1 else None
        if proposed.before and (looks or reason or entry.number <= last):
            held = _held(proposed.db, entry)
            if held or entry.number <= last:
                outcome, number = held or ("adopted", 0)
                return Appended(outcome=outcome, number=number, filing=proposed.before)
        if entry.number != last + 1:
            raise RegisterBehind(f"{entry.filing.id}: 备案库只到第{last}号，不能登记第{entry.number}号")
        if reason:
            return Appended(outcome="refused", reason=reason)
        self._write(proposed)
        return Appended(outcome="entered", warnings=grounds.beside(proposed))

    def _write(self, proposed: Proposed) -> None:
        """The entry with everything that follows from it, in the transaction that is open."""
        db, head, before, entry = proposed.db, proposed.head, proposed.before, proposed.entry
        public = rows.public(before, proposed.shown_before, entry, proposed.paper)
        sent = rows.message_rows(before, entry, public, partial(letter_contents.past_of_case, db, entry.filing))
        shown = rows.notice_rows(before, entry, public, proposed.paper)
        versions = _versions(proposed)
        row, stands = rows.entry_rows(
            entry, rows.effects(sent, shown, versions), head.head if head else GENESIS,
            head.first_paper if head else entry.filing.paper, public, proposed.paper,
        )  # fmt: skip
        stands |= rows.evaluated(head._mapping if head else {}, entry)
        writes = [
            _moved(head, stands) if head else (BEGINS, [stands]),
            (ENTERS, [row]),
            (SENDS, sent),
            (SHOWS, shown),
            (TAKES, versions),
            (REPORTS[db.dialect.name], list(rows.report_rows(before, entry))),
            (MOVES_REPORTS, list(rows.moved_reports(before, entry.filing))),
            (RESTATES_REPORTS, list(rows.restated_reports(before, entry.filing))),
            (letter_opening.OPENS, letter_opening.opened_for(sent, shown)),
            (arrivals.ANSWERED, arrivals.answered_by(entry)),
        ]
        for statement, each in writes:
            if each:
                db.execute(statement, each[0] if len(each) == 1 else each)
        letter_opening.bundle(db, sent)
        self.editions.note(db, entry.filing, entry.entered_at)


def _moved(head: Any, stands: rows.Row) -> tuple[Update, list[rows.Row]]:
    """What of a filing's row has changed."""
    changed = {name: value for name, value in stands.items() if getattr(head, name) != value}
    return moves(*changed), [changed | {"of": head.filing_id}]


def _held(db: Connection, entry: Entry) -> tuple[Outcome, int] | None:
    """What the register already holds of this event, and under which number: of an act by its id, of a lapse by its number."""
    event, of = entry.event, {"of": entry.filing.id}
    if isinstance(event, Submit | Lapse):
        body = db.execute(BODY_OF_NUMBER, of | {"number": entry.number}).scalar()
        stored = Entry.model_validate_json(body) if body else None
        return ("known", entry.number) if stored and (stored.event, stored.at) == (event, entry.at) else None
    body = db.execute(BODY_OF_ACT, of | {"act": event.id}).scalar()
    if body is None:
        return None
    stored = Entry.model_validate_json(body)
    is_same = not isinstance(stored.event, Submit | Lapse) and identity.same(stored.event, event)
    return ("known" if is_same else "reused", stored.number)


def _versions(proposed: Proposed) -> list[rows.Row]:
    """The version of the application that an entry brings, if it brings one."""
    entry, happened = proposed.entry, rows.submission(proposed.entry)
    if happened is None:
        return []
    filing = entry.filing
    by = None if _for_somebody(happened) else happened.by.model_dump(mode="json")
    correcting = proposed.before if isinstance(happened, NewVersion) else None
    examined = intake.examine(proposed.content | {"by": by}, entry.at, proposed.known, correcting=correcting)
    return [
        {
            "filing_id": filing.id,
            "version": filing.version,
            "paper": filing.paper,
            "received_at": entry.at,
            "findings": canonical([each.model_dump(mode="json") for each in examined.findings]),
        }
    ]


def _for_somebody(happened: Submit | NewVersion) -> bool:
    """Whether an office entered what a leader had brought on paper: then no account of the leader's did."""
    return isinstance(happened, NewVersion) and happened.on_behalf_of is not None
