"""Whom a pass looks at closely: what the register and a listing say of each open filing, put side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from activities.drift import Known
from gateway.client import workflow_id
from gateway.watching import comparing
from gateway.watching.comparing import Ought
from gateway.watching.engine import PROBLEMS, Listed
from models.filing import Filing

LATE = timedelta(minutes=5)
"""How long a day may have passed before it is asked why nothing was entered."""

HERD, MEANWHILE = 200, 100
"""How many may be late at once before the deadlines have the machine, and how many are looked at meanwhile."""


@dataclass
class Suspects:
    """What seems gone; what shows something else; what is behind, or may be; what was not seen as it runs now; whom the register may not know."""

    gone: list[Known] = field(default_factory=list)
    differing: list[Known] = field(default_factory=list)
    behind: list[Known] = field(default_factory=list)
    unseen: list[Known] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    late: int = 0

    def compare(self, rows: Sequence[Known], listed: Mapping[str, Listed], at: datetime, *, every: bool) -> None:
        """Put aside whom to look at, of some open filings; with `every`, all of them."""
        for known in rows:
            there = listed.get(workflow_id(known.filing_id))
            if there is None:
                self.gone.append(known)
                continue
            try:
                ought = comparing.of_filing(Filing.model_validate_json(known.value))
            except ValueError:
                self.differing.append(known)  # a closer look says so
                continue
            late = ought.word.due_at is not None and ought.word.due_at < at - LATE
            self.late += late
            seen = known.number, there.run_id, ought.word.due_at
            if late or PROBLEMS in there.attributes or not ought.is_shown(there.attributes):
                self.differing.append(known)
            elif known.followed is not None and known.followed < known.number:
                self.behind.append(known)
            elif every or (known.followed, known.run_id, known.armed_for) != seen:
                self.unseen.append(known)

    @property
    def are_a_herd(self) -> bool:
        """Whether so many are late that they must have been due at once."""
        return self.late > HERD

    def there(self, most: int) -> tuple[list[Known], int]:
        """As many of those that run as a pass looks at, and how many are left to the next one."""
        every = [*self.differing, *self.behind, *self.unseen]
        most = min(most, MEANWHILE) if self.are_a_herd else most
        return every[:most], max(0, len(every) - most)


def lists(listed: Mapping[str, Listed], ought: Ought) -> bool:
    """Whether a listing shows a filing that runs, as what it is."""
    found = listed.get(workflow_id(ought.key))
    return found is not None and ought.is_shown(found.attributes)
