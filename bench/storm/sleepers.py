"""Filings that slept while everything was down: their past is in the register, and days of theirs have come since.

They are started from the register alone, and enter what time brought meanwhile: each its own, and once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from activities.register import Register
from examples.seed import Alliance, Step, archived, confirmed, past
from regulation import intake
from regulation.lodging import lodge
from regulation.simulation import simulate

PASTS: tuple[tuple[int, tuple[Step, ...]], ...] = ((9, ()), (16, ((14, "city", "accept", {}),)), (700, archived(700)))
"""When they were submitted, in days ago, and what was done; besides those that are on notice, or through with it."""


@dataclass(frozen=True)
class Sleeper:
    """A filing with its past: the application and the acts, as they were sent then."""

    form: Mapping[str, Any]
    acts: tuple[Mapping[str, Any], ...] = ()

    @property
    def id(self) -> str:
        """The filing's id."""
        return str(self.form["filing_id"])


def alliances(cleared: int, others: int, shared: int) -> Iterator[Alliance]:
    """So many through with their notice, half as many on notice, so many at other stages, and a few in force on which everybody acts."""
    for number in range(cleared):
        yield _named(f"CLEARED-{number:04}", 60, confirmed(60))
    for number in range(cleared // 2):
        yield _named(f"NOTICED-{number:04}", 10, confirmed(10))
    for number in range(others):
        ago, steps = PASTS[number % len(PASTS)]
        yield _named(f"ASLEEP-{number:04}", ago, steps)
    for number in range(shared):
        yield _named(f"SHARED-{number}", 120, archived(120))


def _named(name: str, ago: int, steps: tuple[Step, ...]) -> Alliance:
    return Alliance(name, f"沈阳市{name}产学研联盟", "新材料", ago, steps)


def put_to_sleep(register: Register, alliance: Alliance, now: datetime) -> Sleeper:
    """Write the past of an alliance, up to the last thing that somebody did."""
    form, acts = past(alliance, now)
    for act in acts:
        if act["kind"] == "archive":
            prefix = f"LN-CXY-A-{alliance.city}-{act['received_at'][:4]}-"
            act["archive_number"] = register.reserve_archive_number(alliance.id, prefix)
    examined = intake.examine(form, datetime.fromisoformat(form["received_at"]))
    assert examined.form, examined.findings
    register.lodge(alliance.id, "application", intake.paper(examined.form), now)
    for act in acts:
        if paper := lodge(alliance.id, act).paper:
            register.lodge(alliance.id, str(act["kind"]), paper, now)
    for entry in simulate(form, acts).docket:
        register.append(entry)
    return Sleeper(form, tuple(acts))
