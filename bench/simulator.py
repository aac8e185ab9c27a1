"""What the regulation costs by itself: lives that the simulator lives."""

import time
from collections.abc import Iterator
from datetime import datetime
from statistics import median

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


def simulated(turns: int, lives: int, years: int = 10) -> Iterator[Figure]:
    """Alliance-years per second on one core, intake included; the median of the turns."""
    life = QuietLife(1, YEAR, years)
    lived(life, life.over)
    rates = []
    for _ in range(turns):
        began = time.process_time()
        for number in range(lives):
            lived(QuietLife(number, YEAR, years), life.over)
        rates.append(lives * years / (time.process_time() - began))
    yield Figure(
        "simulator_alliance_years_per_s", "simulator, lives of ten years, on one core", median(rates), "years/s"
    )
