"""The record: a compressed file for each release that recorded one.

One JSON value a line, the first with the editions that were known, each other a life with its outcome. Nothing in a record
changes after its release.
"""

import json
import lzma
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

from models.values import Value
from tests.decade.outcomes import Life, by_these_alone, outcome

HERE = Path(__file__).parent


def records() -> list[Path]:
    """The files, the oldest first."""
    return sorted(HERE.glob("*.jsonl.xz"))


def keep(path: Path, editions: Mapping[str, str], lives: Iterable[Life]) -> int:
    """Record lives with what becomes of them now; how many there are."""
    number = 0
    with lzma.open(path, "wt", encoding="utf-8", preset=9 | lzma.PRESET_EXTREME) as file:
        file.write(json.dumps(editions, ensure_ascii=False) + "\n")
        for life in lives:
            told = [life.id, life.given, life.until, life.changes, life.acts, outcome(life.lived())]
            file.write(json.dumps(told, ensure_ascii=False, separators=(",", ":")) + "\n")
            number += 1
    return number


class Difference(Value):
    """A life of which something else became: what was entered then and is not now, and the other way round."""

    life: str
    record: str
    was: tuple[str, ...]
    is_now: tuple[str, ...]

    @property
    def lines(self) -> Iterator[str]:
        """The difference, line by line."""
        yield f"{self.record} {self.life}"
        yield from (f"  - {line}" for line in self.was if line not in self.is_now)
        yield from (f"  + {line}" for line in self.is_now if line not in self.was)


def differences(path: Path, every: int = 1, first: int = 0) -> Iterator[Difference]:
    """Of the lives of a record, those of which something else becomes now; of every so many one, from one on."""
    with lzma.open(path, "rt", encoding="utf-8") as file:
        editions = json.loads(file.readline())
        with by_these_alone(editions):
            for line in islice(file, first, None, every):
                name, given, until, changes, acts, was = json.loads(line)
                now = outcome(Life(name, given, until, tuple(acts), changes).lived())
                if now != tuple(was):
                    yield Difference(life=name, record=path.name, was=tuple(was), is_now=now)
