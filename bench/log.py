"""What the log costs: `python -m bench.log --leaves 1000000`. Of each figure both sides are taken in one run; told is processor time.

Appending is put beside what the same entries cost the register alone; the engine and the doors come on top of that.
"""

import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from activities.attachments import Attachments
from activities.documents import verify
from activities.documents.dossier import dossier
from activities.log import keys, proving
from activities.log.keeping import LogKeeping
from activities.log.leaves import Key, LeafKind
from activities.log.sequencing import newest
from activities.log.tree import Tree
from activities.migrating import migrate
from activities.register import Register
from bench.full_register import store_papers, write
from bench.quiet_life import QuietLife
from bench.simulator import YEAR, lived
from tests.logged import keeping

NOW = datetime(2031, 6, 1, tzinfo=UTC)
PROOFS = 200


def took(work: Callable[[], object]) -> float:
    """Seconds of processor time."""
    began = time.process_time()
    work()
    return time.process_time() - began


def grown(kept: LogKeeping, leaves: int) -> None:
    """A log with so many leaves, of which nothing else is known."""
    while True:
        with kept.log.turn() as db:
            size = Tree(db, kept.log.hashing(newest(db))).size
            more = min(leaves - size, 50_000)
            if more <= 0:
                return
            kept.log.add(db, [(LeafKind.LOST, Key("log", n), f"{n:064x}") for n in range(size, size + more)])


@click.command()
@click.option("--leaves", default=1_000_000, help="how many leaves there are before")
@click.option("--filings", default=200, help="how many alliances are entered in the day that is measured")
def main(leaves: int, filings: int) -> None:
    """Measure, and print."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        url = f"sqlite:///{folder / 'register.db'}"
        migrate(url)
        register = Register.at(url)
        kept = keeping(register.engine, folder)
        click.echo(f"a log of {leaves:,} leaves: {took(lambda: grown(kept, leaves)):.1f} s to fill")
        kept.passes(NOW)
        lives = [QuietLife(n, YEAR) for n in range(filings)]
        dockets = [lived(life, life.over) for life in lives]
        for life in lives:
            store_papers(register, life)
        entered = took(lambda: [write(register, docket) for docket in dockets])
        sequenced = took(lambda: click.echo(f"{kept.log.sequence(NOW)} leaves of {filings} alliances"))
        signed = took(lambda: kept.log.sign(NOW + timedelta(days=1)))
        published = took(kept.publish)
        with register.engine.connect() as db:
            last = newest(db)
            assert last
            entry = db.exec_driver_sql("SELECT \"of\", number FROM log_leaves WHERE kind = 'entry' LIMIT 1").one()
            proof = took(lambda: [proving.of_entry(db, last, *entry) for _ in range(PROOFS)]) / PROOFS
        click.echo(
            f"appending: {sequenced / entered:.1%} of what the register takes for the same entries ({sequenced:.2f} of {entered:.2f} s)"
        )
        click.echo(f"a day's checkpoint: {signed:.3f} s to sign, {published:.3f} s to publish")
        click.echo(f"a proof: {proof * 1000:.2f} ms")
        filing = dockets[0][-1].filing.id
        found = took(lambda: register.verify(filing))
        [signer] = keys.signers(kept.log.key_file)
        package = folder / "package.zip"
        made = took(lambda: package.write_bytes(dossier(register, filing, Attachments(folder), signer=signer)))
        offline = took(lambda: verify.check(package, [str(signer.key)], ""))
        assert not verify.WRONG, verify.WRONG
        click.echo(
            f"a docket of {len(dockets[0])} entries: {found:.2f} s to verify in the register; its package {made:.2f} s to make, "
            f"{offline:.2f} s to verify offline"
        )
        register.engine.dispose()


if __name__ == "__main__":
    main()
