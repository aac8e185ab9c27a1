"""A recorded life and what the law makes of it, as texts: written once, made again by the regulation as it is now."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from regulation import calendar, terms
from regulation.editions import Editions
from regulation.simulation import Simulation, simulate
from tests.law import cases
from tests.law.editions import load_editions
from tests.law.notation import agenda_line, entry_lines

TO_COME = 5
"""So many dates are kept of what time alone would bring where a life ends."""


@dataclass(frozen=True)
class Life:
    """A life as cases write theirs (tests/law/README.md): what is given, what people did, and until when it is told."""

    id: str
    given: str
    until: str
    acts: tuple[str, ...]
    changes: Mapping[str, Any] = field(default_factory=dict)

    def case(self) -> cases.Case:
        """It as a case of which nothing is expected."""
        return cases.read(
            {
                "id": self.id,
                "name": "",
                "articles": (),
                "given": self.given,
                "with": self.changes,
                "when": "\n".join(self.acts),
                "until": self.until,
                "then": "",
            }
        )

    def lived(self) -> Simulation:
        """What the regulation makes of it now."""
        case = self.case()
        return simulate(case.application, case.acts, case.until)


def outcome(life: Simulation) -> tuple[str, ...]:
    """Everything entered, each with its instant and where it led, then what would come next and when, with how it was counted.

    That an act was refused is an outcome; the words in which it was are not.
    """
    entered = (
        line.partition(" refused ")[0] + " refused" if " refused " in line else line
        for line in entry_lines(life.docket)
    )
    return (*entered, *(f"~ {agenda_line(line)}" for line in islice(life.agenda, TO_COME)))


def editions() -> dict[str, str]:
    """Every edition of terms and calendars that lives are recorded by, shipped or of the cases, with its digest."""
    load_editions()
    return {f"{each.subject} {name}": each.digest(name) for each in _kept() for name in each}


@contextmanager
def by_these_alone(recorded: Mapping[str, str]) -> Iterator[None]:
    """Only the editions of a record are known: a life of 2027 was recorded before the calendar of 2027 was.

    Raises `AssertionError` if one of them is gone or altered.
    """
    here = editions()
    assert not (altered := {name for name, made in recorded.items() if here.get(name) != made}), f"altered: {altered}"
    before = [(each, each._editions) for each in _kept()]
    for each, known in before:
        each._editions = {name: made for name, made in known.items() if f"{each.subject} {name}" in recorded}
    terms.find.cache_clear()
    try:
        yield
    finally:
        for each, known in before:
            each._editions = known
        terms.find.cache_clear()


def _kept() -> tuple[Editions[Any], Editions[Any]]:
    return terms.TERMS, calendar.CALENDARS
