"""What the pages of a site rest on, by digest: a day's writing renders those alone that rest on something else than when they were written.

Kept in a file beside the site. Where it is missing, or was kept under another design, everything is rendered.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from hashlib import sha256
from importlib import resources
from itertools import groupby
from pathlib import Path
from typing import Any

from activities import rules_wheel
from activities.files import put
from models.register import PublicNoticeRow
from models.values import canonical
from regulation import offices

DESIGN = "design"
PROGRAMS = ("verify.py", "recompute.py")
"""The programs that check proofs, beside the pages."""


def design(*settings: str | bytes) -> str:
    """The digest of what every page rests on: how they are made, how the law calls things, who the offices are; and `settings`."""
    made = [each.read_bytes() for each in _files(resources.files(__package__))]
    made += [resources.files("activities.documents").joinpath(name).read_bytes() for name in PROGRAMS]
    told = [each.encode() if isinstance(each, str) else each for each in settings]
    known = repr({key: offices.OFFICES[key] for key in offices.OFFICES}).encode()
    return _digest(*made, rules_wheel.wheel().content, known, *told)


def _files(folder: object) -> Iterator[Path]:
    return (each for each in sorted(Path(str(folder)).rglob("*")) if each.is_file() and each.suffix != ".pyc")


def _digest(*every: bytes) -> str:
    of = sha256()
    for each in every:
        of.update(len(each).to_bytes(8, "big") + each)
    return of.hexdigest()


@dataclass
class Rests:
    """What was written, by name, with the digest of what it rested on; kept in `file`."""

    file: Path
    design: str
    now: dict[str, str] = field(default_factory=dict)

    @cached_property
    def before(self) -> Mapping[str, str]:
        """What was written before under the same design; nothing if that was another, or if the file cannot be read."""
        try:
            told = json.loads(self.file.read_bytes())
        except (OSError, ValueError):
            return {}
        known = isinstance(told, dict) and told.get(DESIGN) == self.design
        return {name: str(each) for name, each in told.items()} if known else {}

    def differs(self, name: str, *rests_on: object) -> bool:
        """Whether something rests on something else than before; it is noted what on."""
        self.now[name] = _digest(*(repr(each).encode() for each in rests_on))[:32]
        return self.before.get(name) != self.now[name]

    def keep(self) -> None:
        """Remember it: once all that differs is written."""
        put(self.file, canonical({**self.now, DESIGN: self.design}).encode())


def of_row(row: PublicNoticeRow, today: date) -> tuple[object, ...]:
    """What is shown of a publication, and whether its period runs."""
    runs = row.shown_until is not None and row.shown_from <= today <= row.shown_until
    return (
        row.id, row.number, row.kind, row.jurisdiction, row.shown_from, row.shown_until, row.content,
        row.published_at, runs,
    )  # fmt: skip


def by_filing(rows: Iterable[PublicNoticeRow]) -> Iterator[tuple[str, list[PublicNoticeRow]]]:
    """Publications that come by filing, each filing's in order."""
    for filing_id, some in groupby(rows, lambda row: row.filing_id):
        yield str(filing_id), sorted(some, key=lambda row: (row.number, row.id))


def last_part(count: int, size: int) -> int:
    """The number, from 0, of the last part of a list that comes in parts of a size."""
    return max(count - 1, 0) // size


@dataclass
class Parts:
    """What the parts of months' lists rest on, each of a size."""

    size: int
    _of: dict[date, list[tuple[Any, object]]] = field(default_factory=dict)

    def add(self, month: date, place: Any, on: object) -> None:
        """Something on a month's list: by what it is put in order, and what it rests on."""
        self._of.setdefault(month, []).append((place, on))

    def last(self, month: date) -> int:
        """The number, from 0, of the last part of a month."""
        return last_part(len(self._of.get(month, ())), self.size)

    def every(self) -> Iterator[tuple[date, int, int, list[tuple[Any, object]]]]:
        """Each part: its month and number, that of the last one, and what it rests on."""
        for month, of in self._of.items():
            of.sort(key=lambda each: each[0])
            for part in range(self.last(month) + 1):
                yield month, part, self.last(month), of[part * self.size : (part + 1) * self.size]
