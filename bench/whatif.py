"""What a what-if costs (推演): alliance-years a second on one core, either future of a filing counted. `python -m bench.whatif LIVES`"""

import sys
import time
from datetime import UTC, datetime

from activities.habits import KEPT
from bench.quiet_life import QuietLife
from bench.simulator import YEAR, lived
from models.whatif import Assumption, Habits
from regulation import whatif
from regulation.expectations import Expectations

YEARS = 3
"""How long filings are lived on."""


def rate(lives: int) -> float:
    """Alliance-years a second: filings in force, each lived on twice and compared."""
    last = lived(QuietLife(1, YEAR))[-1]
    since = datetime(YEAR, 12, 2, tzinfo=UTC)
    habits = Habits(reports={" A": tuple(each - KEPT for each in range(KEPT))})
    future = whatif.Future(since.replace(year=YEAR + YEARS), Expectations(Assumption(), habits, since))
    filings = [last.but(filing=last.filing.but(id=f"BENCH-{number:06d}")) for number in range(lives)]
    began = time.process_time()
    for each in filings:
        whatif.differs(future.lived(each), future.lived(each))
    return 2 * lives * YEARS / (time.process_time() - began)


if __name__ == "__main__":
    sys.stdout.write(f"{rate(int(sys.argv[1]) if sys.argv[1:] else 1000):,.0f} alliance-years/s on one core\n")
