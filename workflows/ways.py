"""Which ways a run of a filing follows: those of the release that began it.

A running filing is rebuilt from its history by today's code. So what changes which commands a run makes may hold only for
runs that are begun with it. Each run is begun with a number in its `Start`, the `NEWEST` of whoever begins it: a door, or
the run before it that goes on in a new one. It follows every way since that number or a smaller one, for as long as it runs.

Runs without a number were begun by 0.1 to 0.4, or by hand. They ask the engine with a patch, which notes an event in their
history for each way that they follow, and never follow a way that has no patch. Within a year each goes on in a run that has a number.

A run with a larger number than a worker knows was begun by a later release, and waits for a worker of that one.

A new way: raise `NEWEST`, add a line below, and ask `is_followed` where both ways part.
"""

from typing import NamedTuple

from temporalio import workflow

NEWEST = 2
"""The number of runs that this release begins."""


class Way(NamedTuple):
    """A way of going about something."""

    since: int
    """The number from which on runs follow it."""

    patch: str | None = None
    """By which a run without a number asks whether it follows it too."""

    def is_followed(self, number: int) -> bool:
        """Whether a run with this number follows it."""
        return number >= self.since or (self.patch is not None and workflow.patched(self.patch))


REGISTER_IS_ASKED = Way(1, "the register is asked whether an act was entered before this run")
"""Runs of 0.1 to 0.3 carried the ids of acts along, and did not ask."""

CALENDAR_IS_AWAITED = Way(1, "a revocation waits for the calendar that its days are counted by")
"""Histories of 0.1 to 0.3 hold revocations that rested on provisional days."""

CHASED_UNTIL_DONE = Way(1, "whatever waits is chased until somebody acts")
"""Histories of 0.1 to 0.3 fell silent after two chases. A later run takes such a filing over."""

SHOWN_WHEN_LEVEL = Way(1, "shown-when-brought-level")
"""Runs of 0.1 to 0.3 showed a filing that was brought level only at its next entry."""

FULL_RUN_GOES_ON = Way(1, "a-full-run-goes-on")
"""Runs of 0.1 to 0.3 that were full went on when a day came, and not before."""

YEAR_IS_LEFT_LATER = Way(1)
"""Runs of 0.1 to 0.4 went on in a new one at the very deadline of a year, with every other filing."""

FEWER_ATTRIBUTES = Way(1)
"""Runs of 0.1 to 0.4 showed operators more search attributes than any query asks for."""

LATENESS_IS_SHOWN = Way(2)
"""Runs of 0.1 to 0.6 showed operators a date, and not who is late since when."""
