"""`python -m tests.decade`: look whether the law still makes of every recorded life what it made; record anew; except."""

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import chain, count, islice
from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.decade import exceptions
from tests.decade.exceptions import FOLDER, SIGNERS, ExceptionToTheRecord
from tests.decade.kept import HERE, Difference, differences, keep, records
from tests.decade.lives import born
from tests.decade.outcomes import Life, editions

LIVES = 10_000
"""How many a record holds."""


def _of_a_share(path: Path, every: int, first: int) -> list[Difference]:
    return list(differences(path, every, first))


def found() -> list[Difference]:
    """Every difference of every record, by all cores."""
    cores = os.cpu_count() or 1
    with ProcessPoolExecutor(cores) as pool:
        shares = [pool.submit(_of_a_share, path, cores, first) for path in records() for first in range(cores)]
        return sorted(chain.from_iterable(each.result() for each in shares), key=lambda each: (each.record, each.life))


def _born() -> Iterator[Life]:
    editions()
    with ProcessPoolExecutor() as pool:
        yield from islice((each for each in pool.map(born, range(3 * LIVES), chunksize=50) if each), LIVES)


@click.group(invoke_without_command=True)
@click.pass_context
def main(context: click.Context) -> None:
    """Leaves with 1 if a life ends otherwise than recorded and no signed exception says so."""
    if context.invoked_subcommand:
        return
    left = list(exceptions.not_excepted(found(), exceptions.exceptions(), exceptions.signers()))
    for each in left:
        click.echo("\n".join(each.lines))
    click.echo(f"{len(left)} lives end otherwise than recorded")
    sys.exit(bool(left))


@main.command()
@click.argument("release")
def record(release: str) -> None:
    """Record so many lives by the editions of today, as RELEASE.jsonl.xz."""
    click.echo(keep(HERE / f"{release}.jsonl.xz", editions(), _born()))


@main.command("except")
@click.argument("name")
@click.option("--reason", required=True, help="why these lives may end otherwise")
@click.option("--article", required=True, help="the article, or the decision, on which that rests")
@click.option("--by", required=True, help="who answers for it, as signers.json names them")
@click.option(
    "--key", required=True, type=click.Path(path_type=Path), help="their private key; made if it is not there"
)
def except_(name: str, reason: str, article: str, by: str, key: Path) -> None:
    """Except what differs now, and sign that."""
    signing = _key(key)
    public = signing.public_key().public_bytes_raw().hex()
    known = exceptions.signers()
    if known.get(by, public) != public:
        raise click.ClickException(f"{by} signs with another key")
    SIGNERS.write_text(exceptions.written(known | {by: public}), "utf-8")
    left = list(exceptions.not_excepted(found(), exceptions.exceptions(), known))
    FOLDER.mkdir(exist_ok=True)
    numbers = count(len(list(FOLDER.glob("*.json"))) + 1)
    for of in sorted({each.record for each in left}):
        lives = {each.life: exceptions.allowed(each) for each in left if each.record == of}
        made = ExceptionToTheRecord(record=of, reason=reason, article=article, lives=lives, by=by).signed_with(signing)
        path = FOLDER / f"{next(numbers):04d}-{name}.json"
        path.write_text(exceptions.written(made.model_dump(mode="json")), "utf-8")
        click.echo(f"{path.name}: {len(lives)} lives")


def _key(path: Path) -> Ed25519PrivateKey:
    if not path.exists():
        path.touch(0o600)
        path.write_bytes(Ed25519PrivateKey.generate().private_bytes_raw())
    return Ed25519PrivateKey.from_private_bytes(path.read_bytes())


if __name__ == "__main__":
    main()
