"""Appending an entry (登记): compare and append, in one transaction with everything that follows from it.

Nothing here decides anything: what an entry says was computed by the regulation.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, Engine, bindparam, select
from sqlalchemy.exc import IntegrityError

from activities import arrivals, grounds, letter_contents, papers, rows
from activities.database import stating
from activities.editions_used import EditionsUsed
from activities.gathering import Gathering, Written
from activities.grounds import BODY_OF_ACT
from activities.proposed import Proposed
from activities.rows import GENESIS
from models.acts import Lapse, NewVersion, Submit
from models.filing import Entry, Filing
from models.register import EntryRow
from models.values import Value, canonical
from regulation import identity, intake

ENTRIES = EntryRow.metadata.tables["entries"]
BODY_OF_NUMBER = select(ENTRIES.c.body).where(
    ENTRIES.c.filing_id == bindparam("of"), ENTRIES.c.number == bindparam("number")
)


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
                with self._gathering() as writes:
                    return self._append(Proposed.of(writes, entry), looks=looks)
            except IntegrityError:
                if looks:
                    raise
        raise AssertionError

    def append_all(self, docket: Sequence[Entry], brought: Sequence[rows.Row] = ()) -> None:
        """Entries that nobody else has written or could, one after the other in one transaction, with the papers that they bring:
        all of them, or none.

        For lives that no engine lives (regulation/simulation.py), and for alliances of a list (A-02), whose workflows find them here. Raises `ValueError` with why one cannot be written.
        """
        with self._gathering() as writes:
            papers.store_all(writes.connection, brought)
            for entry in docket:
                appended = self._append(Proposed.of(writes, entry), looks=False)
                if appended.outcome != "entered":
                    raise ValueError(f"{entry.filing.id}/{entry.number}: {appended.reason or appended.outcome}")

    @contextmanager
    def _gathering(self) -> Iterator[Gathering]:
        """One transaction, in which everything is written that was gathered."""
        with stating(self.engine) as db:
            writes = Gathering(db)
            yield writes
            writes.write()

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
        writes, head, before, entry = proposed.writes, proposed.head, proposed.before, proposed.entry
        public = rows.public(before, proposed.shown_before, entry, proposed.paper)
        sent = rows.message_rows(
            before, entry, public, lambda: letter_contents.past_of_case(writes.settled, entry.filing)
        )
        shown = rows.notice_rows(before, entry, public, proposed.paper)
        versions = _versions(proposed)
        row, stands = rows.entry_rows(
            entry, rows.effects(sent, shown, versions), head["head"] if head else GENESIS,
            head["first_paper"] if head else entry.filing.paper, public, proposed.paper,
        )  # fmt: skip
        stands |= rows.evaluated(head or {}, entry)
        written = Written(
            entries=[row], sent=sent, shown=shown, versions=versions,
            reports=list(rows.report_rows(before, entry)), moved=list(rows.moved_reports(before, entry.filing)),
            restated=list(rows.restated_reports(before, entry.filing)), answered=arrivals.answered_by(entry),
        )  # fmt: skip
        writes.add(head, stands, entry.filing, written)
        self.editions.note(writes.connection, entry.filing, entry.entered_at)


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
