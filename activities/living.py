"""Where the lives of a fork are lived (forks.py): processes that serve nobody, and so may know editions that are only supposed.

They know no database and load nothing that does.
"""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from models.filing import Entry
from models.values import Value
from models.whatif import Assumption, Differs, Habits, Published
from regulation import offices, whatif
from regulation.breaker import Bound
from regulation.calendar import CALENDARS
from regulation.editions import Editions
from regulation.expectations import Expectations
from regulation.terms import TERMS
from regulation.whatif import Stop, Sums

EDITIONS: Mapping[str, Editions[Any]] = {"calendars": CALENDARS, "terms": TERMS, "offices": offices.DIRECTORIES}
"""What a life counts by, by the folder of a deployment."""

LISTED = 5000
"""How many filings that differ are listed one by one; all are counted."""


class Setting(Value):
    """What every process is told: the two futures, as far as they are no code."""

    until: datetime
    since: datetime
    assumption: Assumption
    habits: Habits
    was: tuple[Published, ...]
    is_now: tuple[Published, ...]
    acts: dict[str, tuple[dict[str, Any], ...]]


@dataclass
class Found:
    """What came of filings: the sums of either future, those that differ, and those that are still to be lived, for they are revoked."""

    was: Sums = field(default_factory=Sums)
    is_now: Sums = field(default_factory=Sums)
    lived: int = 0
    differing: int = 0
    listed: list[Differs] = field(default_factory=list)
    moved: Counter[str] = field(default_factory=Counter)
    stopped: Counter[str] = field(default_factory=Counter)
    revoked: dict[str, str] = field(default_factory=dict)
    on: tuple[dict[str, Stop], dict[str, Stop]] = field(default_factory=lambda: ({}, {}))

    def join(self, other: "Found") -> None:
        """And of others."""
        self.was.join(other.was)
        self.is_now.join(other.is_now)
        self.lived += other.lived
        self.differing += other.differing
        self.listed += other.listed[: LISTED - len(self.listed)]
        self.moved.update(other.moved)
        self.stopped.update(other.stopped)
        self.revoked |= other.revoked
        for mine, theirs in zip(self.on, other.on, strict=True):
            mine.update(theirs)


Stops = tuple[dict[Stop, Bound], dict[Stop, Bound]]


_here: dict[str, Any] = {}
"""What a process of a run was told."""


def settle(documents: Sequence[tuple[str, Mapping[str, Any]]], setting: Setting) -> None:
    """A process that serves nobody takes the editions, those that are supposed too; whoever serves has precedence over it."""
    with suppress(OSError):
        os.nice(10)
    for folder, document in documents:
        EDITIONS[folder].add(document)
    offices.take_effect()
    _here["setting"] = setting


def _futures(stops: Stops | None) -> tuple[whatif.Future, whatif.Future]:
    told: Setting = _here["setting"]
    expectations = Expectations(told.assumption, told.habits, told.since)
    was, is_now = stops or ({}, {})
    return (
        whatif.Future(told.until, expectations, told.was, told.acts, was),
        whatif.Future(told.until, expectations, told.is_now, told.acts, is_now),
    )


def live(bodies: Sequence[str], stops: Stops | None) -> Found:
    """Live filings on, in this process. Those that are revoked by themselves wait until it is known how many there are."""
    found, (was, is_now) = Found(), _futures(stops)
    for body in bodies:
        last = Entry.model_validate_json(body)
        before, after = was.lived(last), is_now.lived(last)
        revoked = whatif.revoked_on(before), whatif.revoked_on(after)
        if stops is None and any(revoked):
            found.revoked[last.filing.id] = body
            for of, stop in zip(found.on, revoked, strict=True):
                if stop:
                    of[last.filing.id] = stop
            continue
        found.lived += 1
        found.was.add(before)
        found.is_now.add(after)
        found.stopped.update(name for name, life in (("was", before), ("is_now", after)) if life.filing.on_hold)
        if differs := whatif.differs(before, after):
            found.differing += 1
            found.moved.update({each.what.kind for each in differs.changes})
            if len(found.listed) < LISTED:
                found.listed.append(differs)
    return found


def stopping(on: tuple[dict[str, Stop], dict[str, Stop]], supposed: str | None) -> Stops:
    """On which days too many are revoked, in either future; terms that are only supposed hold in one of them."""
    was, is_now = on
    return (
        whatif.stopping(was, lambda day: _terms_on(day, supposed)),
        whatif.stopping(is_now, lambda day: _terms_on(day, None)),
    )


def _terms_on(day: date, without: str | None) -> str:
    return TERMS.newest(day, lambda edition: edition.since <= day and edition.name != without)
