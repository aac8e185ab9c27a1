"""What the regulation costs by itself: lives that the simulator lives."""

import time
from collections.abc import Iterator
from datetime import datetime

from bench.figures import Figure
from bench.quiet_life import QuietLife
from models.filing import Entry
from regulation.simulation import simulate

YEAR = 2026
"""When the lives begin that need no engine."""


def lived(life: QuietLife, until: datetime | None = None) -> tuple[Entry, ...]:
    """The docket of a life, by the simulator."""
    simulation = simulate(life.form, life.acts(), until)
    refused = [entry.refused for entry in simulation.docket if entry.refused]
    if refused or simulation.filing is None:
        raise AssertionError(refused or simulation.findings)
    return simulation.docket


def simulated(lives: int, years: int = 10) -> Iterator[Figure]:
    """Alliance-years per second on one core, intake included."""
    life = QuietLife(1, YEAR, years)
    lived(life, life.over)
    began = time.process_time()
    for number in range(lives):
        lived(QuietLife(number, YEAR, years), life.over)
    rate = lives * years / (time.process_time() - began)
    yield Figure("simulator_alliance_years_per_s", "simulator, lives of ten years", rate, "years/s", at_least=2000)
