"""What a what-if costs (推演). `python -m bench.whatif LIVES`: alliance-years a second on one core, either future of a filing counted.
`python -m bench.whatif --register 100000`: asked of a register of so many, in one process or more, with the memory it takes."""

import resource
import tempfile
import time
from datetime import UTC, datetime
from multiprocessing import Process
from pathlib import Path

import click
import psutil
from sqlalchemy import insert, select

from activities import forks
from activities.database import stating
from activities.habits import KEPT
from activities.register import Register
from bench.full_register import SEEDED_AT_ONCE, copies, copy, opened, store_papers, write
from bench.quiet_life import QuietLife
from bench.simulator import YEAR, lived
from bench.workers import cpu, memory
from models.filing import Entry, Filing
from models.register import EntryRow
from models.values import canonical, day_of
from models.whatif import Assumption, Habits, Outcome, Question
from regulation import whatif
from regulation.expectations import Expectations
from regulation.terms import TERMS

YEARS = 3
"""How long filings are lived on."""

ENTRIES = EntryRow.metadata.tables["entries"]


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


LIFE = QuietLife(1, YEAR)


def fill(url: str, filings: int) -> None:
    """A register of filings in force, each with its last entry."""
    register, life = opened(url), LIFE
    store_papers(register, life)
    docket = lived(life, life.over)
    write(register, docket)
    last, due = docket[-1], docket[-1].filing.years[-1].due
    with register.engine.connect() as db:
        newest = select(ENTRIES).where(ENTRIES.c.filing_id == last.filing.id).order_by(ENTRIES.c.number.desc())
        of = dict(db.execute(newest.limit(1)).mappings().one())
    for first in range(0, filings, SEEDED_AT_ONCE):
        some = list(copies(last.filing, min(SEEDED_AT_ONCE, filings - first), lambda _: due, first))
        copy(register, last.filing.id, some)
        with stating(register.engine) as db:
            db.execute(insert(ENTRIES), [of | {"filing_id": each.id, "body": _body(last, each)} for each in some])
    register.engine.dispose()


def _body(last: Entry, filing: Filing) -> str:
    return canonical(last.but(filing=filing).model_dump(mode="json"))


def asked(register: Register, at: datetime) -> tuple[Outcome, float, int]:
    """What comes of it if reports are due later; the seconds of processor time that living took, and the most bytes of one process."""
    deadline = {"key": "annual.deadline", "kind": "A", "value": "12-20", "article": "A-34"}
    terms = {
        "edition": "BENCH",
        "base": TERMS.newest(day_of(at), lambda _: True),
        "effective": f"{at.year + 1}-01-01",
        "document_no": "BENCH",
        "rows": [deadline],
    }
    told = [0]
    took: dict[int, tuple[float, int]] = {}

    def watch(_: str, done: int, of: int) -> None:
        for each in psutil.Process().children(recursive=True):
            took[each.pid] = cpu(each.pid), memory(each.pid)
        if done - told[0] >= of // 20:
            told[0] = done
            click.echo(f"  {done:,} of {of:,}", err=True)

    outcome = forks.run(register.engine, Question(years=YEARS, terms=terms), at, watch)
    return outcome, sum(seconds for seconds, _ in took.values()), max(each for _, each in took.values())


@click.command()
@click.argument("lives", default=1000)
@click.option("--register", "filings", default=0, help="how many filings are on the register; 0: no register")
@click.option("--processes", default=forks.PROCESSES, help="in how many processes lives are lived")
def main(lives: int, filings: int, processes: int) -> None:
    """Measure, and print."""
    if not filings:
        click.echo(f"{rate(lives):,.0f} alliance-years/s on one core")
        return
    forks.PROCESSES = processes
    with tempfile.TemporaryDirectory() as place:
        url = f"sqlite:///{Path(place) / 'register.db'}"
        filling = Process(target=fill, args=(url, filings))  # so that what it takes is not told as the what-if's
        filling.start()
        filling.join()
        register, at = Register.at(url), lived(LIFE, LIFE.over)[-1].entered_at
        began, here = time.monotonic(), time.process_time()
        outcome, lived_in, most = asked(register, at)
        clock, read_in = time.monotonic() - began, time.process_time() - here
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        click.echo(
            f"{outcome.lived:,} filings, {YEARS} years, {outcome.differing:,} differ: {clock:.0f} s by the clock; processor time {lived_in:.0f} s "
            f"to live, {read_in:.1f} s to read and sum up; memory {most / 2**20:.0f} MiB where lives are lived, {own:.0f} MiB here"
        )
        register.engine.dispose()


if __name__ == "__main__":
    main()
