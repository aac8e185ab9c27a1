"""How often somebody asked (计数), in one table that every process of a gateway looks at: so a limit holds for all of them together.

The table has a fixed size and lies in memory, a part for each span. What is counted is known by a digest that only this start of
the gateway can work out, so nobody can choose next to whom they are counted. Where something is looked for and all places are
in use, the one that is farthest from its limit is given up for what is new. One at its limit never is: where all are, whoever is
new must wait.
"""

import fcntl
import hashlib
import mmap
import secrets
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

A_MINUTE, AN_HOUR, A_DAY = 60, 3600, 86_400

SPANS = (A_MINUTE, AN_HOUR, A_DAY)
"""Within what is counted. Each has its part of the table: what many count by the minute takes no place of a day."""

SLOT = struct.Struct("<16sdIId")
"""A digest, when its window began, how often it was counted in that, and in the one before, and how often it may be."""

SLOTS = 65_536
"""Places for each span."""

NEAR = 8
"""In so many places from its own on something is looked for."""

SECRET = 32
"""Bytes at the head of the table, made up by whoever opens it first."""

SIZE = SECRET + SLOT.size * SLOTS * len(SPANS)


class Limit(NamedTuple):
    """What is counted, and how often it may be within so many seconds (one of `SPANS`)."""

    key: str
    most: int
    seconds: int


class Counters:
    """The table: of this process alone, or of a file that others have open too."""

    def __init__(self, file: int = -1) -> None:
        self._file = file
        self._table = mmap.mmap(file, SIZE)
        with self._alone():
            if not any(self._table[:SECRET]):
                self._table[:SECRET] = secrets.token_bytes(SECRET)
            self._secret = self._table[:SECRET]

    def hit(self, limits: Iterable[Limit], now: float) -> float:
        """Count something for all its limits, if none is reached; else after how many seconds it may be again.

        Of the window before this one as large a part counts as it still overlaps with the last `seconds`. What is refused is
        counted nowhere, and takes no place.
        """
        wait, counted = 0.0, []
        with self._alone():
            for key, most, seconds in limits:
                digest = hashlib.blake2b(f"{seconds} {key}".encode(), digest_size=16, key=self._secret).digest()
                window = now // seconds * seconds
                left = 1 - (now - window) / seconds
                place, count, before = self._find(digest, most, seconds, window, left)
                if before * left + count + 1 > most:
                    wait = max(wait, self._wait(most, count, before, left, seconds))
                counted.append((place, digest, window, count + 1, before, most))
            if not wait:
                for slot in counted:
                    SLOT.pack_into(self._table, *slot)
        return wait

    @staticmethod
    def _wait(most: int, count: int, before: int, left: float, seconds: int) -> float:
        """Until enough of the window before has passed, or this one is over."""
        room = most - 1 - count
        return max(seconds * (left - room / before), 0.001) if before and room >= 0 else max(seconds * left, 0.001)

    def _find(self, digest: bytes, most: int, seconds: int, window: float, left: float) -> tuple[int, int, int]:
        """Where something is counted, how often in this window, and in the one before."""
        part, first = SPANS.index(seconds) * SLOTS, int.from_bytes(digest[:4], "little")
        least, spare = 1.0, -1
        for offset in range(NEAR):
            place = SECRET + (part + (first + offset) % SLOTS) * SLOT.size
            known, begun, count, before, its_most = SLOT.unpack_from(self._table, place)
            if begun != window:
                count, before = 0, count if begun == window - seconds else 0
            if known == digest:
                return place, count, before
            used = before * left + count
            if not used or used + 1 <= its_most:
                least, spare = min((least, spare), (used / max(its_most, 1), place))
        return (spare, 0, 0) if spare >= 0 else (spare, most, 0)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else counts meanwhile; it takes some millionths of a second."""
        if self._file < 0:
            yield
            return
        fcntl.lockf(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN)
