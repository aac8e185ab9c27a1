"""How often somebody asked (计数), in one table that every process of a gateway looks at: so a limit holds for all of them together.

The table has a fixed size and lies in memory. What is counted is known by its digest; where the table is full, whoever was
counted longest ago is forgotten.
"""

import fcntl
import hashlib
import mmap
import struct
from collections.abc import Iterator
from contextlib import contextmanager

SLOT = struct.Struct("<16sdII")
"""A digest, when its window began, how often it was counted in that, and in the one before."""

SLOTS = 65_536
NEAR = 8
"""In so many places from its own on something is looked for."""

SIZE = SLOT.size * SLOTS


class Counters:
    """The table: of this process alone, or of a file that others have open too."""

    def __init__(self, file: int = -1) -> None:
        self._file = file
        self._table = mmap.mmap(file, SIZE)

    def hit(self, key: str, most: int, seconds: int, now: float) -> float:
        """Count something, if it may be so often within so many seconds; else after how many seconds it may be again.

        Of the window before this one as large a part counts as it still overlaps with the last `seconds`.
        """
        digest, window = hashlib.blake2b(f"{seconds} {key}".encode(), digest_size=16).digest(), now // seconds * seconds
        with self._alone():
            place, count, before = self._find(digest, window, seconds)
            left = 1 - (now - window) / seconds
            if before * left + count + 1 > most:
                return self._wait(most, count, before, left, seconds)
            SLOT.pack_into(self._table, place, digest, window, count + 1, before)
            return 0.0

    @staticmethod
    def _wait(most: int, count: int, before: int, left: float, seconds: int) -> float:
        """Until enough of the window before has passed, or this one is over."""
        room = most - 1 - count
        return max(seconds * (left - room / before), 0.001) if before and room >= 0 else max(seconds * left, 0.001)

    def _find(self, digest: bytes, window: float, seconds: int) -> tuple[int, int, int]:
        """Where something is counted, how often in this window, and in the one before."""
        first, oldest = int.from_bytes(digest[:4], "little"), (float("inf"), 0)
        for offset in range(NEAR):
            place = (first + offset) % SLOTS * SLOT.size
            known, begun, count, before = SLOT.unpack_from(self._table, place)
            if known == digest:
                if begun == window:
                    return place, count, before
                return place, 0, count if begun == window - seconds else 0
            oldest = min(oldest, (begun, place))
        return oldest[1], 0, 0

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
