"""An entry that is proposed, and what the register holds of all that it touches: each read once, however many ask."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, bindparam, select

from activities import known, papers, rows
from activities.gathering import Gathering
from activities.known import Neighbours
from activities.papers import PaperMissing
from models.filing import Entry, Filing
from models.register import FilingRow
from models.values import digest
from regulation import judging

FILINGS = FilingRow.metadata.tables["filings"]

STANDS = (
    select(FILINGS, papers.BODY.scalar_subquery().label("paper"))
    .where(FILINGS.c.filing_id == bindparam("of"))
    .with_for_update(of=FILINGS)
)
"""The row of a filing on which the next entry is written, and the paper that this names."""


@dataclass
class Proposed:
    """An entry, in the transaction that is to write it; `head` is the row of its filing."""

    writes: Gathering
    entry: Entry
    head: Mapping[Any, Any] | None
    _papers: dict[str, dict[str, Any]] = field(default_factory=dict)
    _around: Neighbours | None = None

    @classmethod
    def of(cls, writes: Gathering, entry: Entry) -> "Proposed":
        """An entry, and its filing held fast until the transaction is over."""
        if appended := writes.stands(entry.filing.id):
            proposed = cls(writes, entry, appended[0])
            proposed.before = appended[1]
            return proposed
        key = rows.paper_of(entry)
        head = writes.connection.execute(STANDS, {"of": entry.filing.id, "key": key}).mappings().one_or_none()
        return cls(writes, entry, head, {key: papers.read(head["paper"])} if key and head and head["paper"] else {})

    @property
    def db(self) -> Connection:
        """The connection of the transaction, on which all that came before is written."""
        return self.writes.settled

    @property
    def last(self) -> int:
        """The number of the filing's last entry."""
        return self.head["number"] if self.head else 0

    @cached_property
    def before(self) -> Filing | None:
        """The filing as it stands."""
        return Filing.model_validate_json(self.head["value"]) if self.head else None

    @cached_property
    def shown_before(self) -> dict[str, Any]:
        """What may be shown of it."""
        shown: dict[str, Any] = json.loads(self.head["public"]) if self.head else {}
        return shown

    def paper(self, key: str) -> dict[str, Any]:
        """What a paper says. Raises `PaperMissing`."""
        if key not in self._papers:
            self._papers[key] = papers.content(self.writes.connection, key)
        return self._papers[key]

    def has_paper(self, key: str) -> bool:
        """Whether a paper is stored."""
        try:
            self.paper(key)
        except PaperMissing:
            return False
        return True

    @property
    def content(self) -> dict[str, Any]:
        """What the paper says that the entry rests on; nothing if it rests on none."""
        key = rows.paper_of(self.entry)
        return self.paper(key) if key else {}

    def around(self, name: str) -> Neighbours:
        """The filings around it under a name that it brings to life, for which everybody else has to wait."""
        if self._around is None or self._around.name != name:
            self._around = known.around(self.db, self.entry.filing.id, name, self.entry.filing.leader, in_turn=True)
        return self._around

    @cached_property
    def known(self) -> judging.Known:
        """What the register knows that bears on the version of the application that it brings."""
        form = self.paper(self.entry.filing.paper)
        present = digest(self.paper(self.before.paper)) if self.before else None
        return known.of_application(self.around(form["alliance_name"]), form, self.entry.filing.leader, present)
