"""How often somebody asked (计数), in one table that every process of a gateway looks at: so a limit holds for all of them together.

The table has a fixed size and lies in memory, a part for each span. What is counted is known by a keyed digest, so nobody can
choose next to whom they are counted: the key is made up by this start of the gateway, or the deployment's own where several
gateways count together (gateway/together.py). Where something is looked for and all places are in use, the one that is
farthest from its limit is given up for what is new. One at its limit never is: where all are, whoever is new must wait.
"""

import fcntl
import hashlib
import math
import mmap
import secrets
import struct
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

A_MINUTE, AN_HOUR, A_DAY = 60, 3600, 86_400

SPANS = (A_MINUTE, AN_HOUR, A_DAY)
"""Within what is counted. Each has its part of the table: what many count by the minute takes no place of a day."""

SLOT = struct.Struct("<16sdIIIId")
"""A digest, when its window began, how often it was counted in that, and in the one before; how often at other gateways; how often it may be."""

SLOTS = 65_536
"""Places for each span."""

NEAR = 8
"""In so many places from its own on something is looked for."""

NOTED = 1024
"""So many counts of each span at most are told to other gateways: those nearest to their limits; each counts what is beyond for itself."""

AMONG = 16
"""Among so many noted places one is found, and the one farthest from its limit given up. Where they are follows from the digest."""

TENTH = 10
"""What has used so large a part of its limit is told: what many gateways keep to themselves is less than a limit."""

TOLD = struct.Struct("<16sIdIId")
"""What other gateways are told of a count: its digest, its span, when its window began, how often in that and before, how often it may be."""

HEADER = struct.Struct("<32sI")
"""At the head of the table: a secret, made up by whoever opens it first, and how often something was to be told for which no room was."""

PLACES = struct.Struct(f"<{AMONG}I")
"""Noted places, each one more than it is; 0 is none."""

GROUPS = NOTED // AMONG

COUNTED_FROM = HEADER.size + PLACES.size * GROUPS * len(SPANS)

SIZE = COUNTED_FROM + SLOT.size * SLOTS * len(SPANS)

MOST_OF_OTHERS = 2**32 - 1
"""More than that no place holds of what others told."""


class Limit(NamedTuple):
    """What is counted, and how often it may be within so many seconds (one of `SPANS`)."""

    key: str
    most: int
    seconds: int


class Slot(NamedTuple):
    """A place of the table, as `SLOT` has it."""

    digest: bytes
    begun: float
    here: int
    before: int
    others: int
    others_before: int
    most: float

    def used(self, left: float) -> float:
        """How much of the limit is used, when so large a part of the window is left."""
        return (self.before + self.others_before) * left + self.here + self.others


class Counters:
    """The table: of this process alone, or of a file that others have open too. With a `secret`, gateways that have it know each other's digests."""

    def __init__(self, file: int = -1, secret: str = "") -> None:
        self._file = file
        self._thread = threading.Lock()  # the lock of a file belongs to the process, whichever thread has it
        self._table = mmap.mmap(file, SIZE)
        with self._alone():
            made, untold = HEADER.unpack_from(self._table)
            if not any(made):
                made = secrets.token_bytes(32)
                HEADER.pack_into(self._table, 0, made, untold)
        self._secret = (
            hashlib.blake2b(secret.encode(), digest_size=32, person=b"beian limits").digest() if secret else made
        )

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
                place, slot = self._find(digest, most, seconds, window, left)
                if slot.used(left) + 1 > most:
                    wait = max(wait, self._wait(most, slot, left, seconds))
                counted.append((place, slot._replace(here=slot.here + 1, most=most)))
            if not wait:
                for place, slot in counted:
                    self._put(place, slot)
                    if slot.here * TENTH >= slot.most:
                        self._note(place, now)
        return wait

    def told(self, now: float) -> bytes:
        """What is counted here and that other gateways should know: each as `TOLD` has it."""
        with self._alone():
            return b"".join(
                TOLD.pack(slot.digest, seconds, slot.begun, slot.here, slot.before, slot.most)
                for slot, seconds in map(self._counted, self._noted())
                if _share(slot, seconds, now)
            )

    def untold(self) -> int:
        """How often, since this was asked last, something was to be told and there was no room for it."""
        with self._alone():
            made, untold = HEADER.unpack_from(self._table)
            HEADER.pack_into(self._table, 0, made, 0)
        return int(untold)

    def heard(self, told: Iterable[bytes], now: float) -> None:
        """Count along what all other gateways told: it counts here as if it had been asked here."""
        sums: dict[tuple[bytes, int], tuple[int, int, float]] = {}
        for digest, seconds, begun, count, before, most in (each for all_ in told for each in TOLD.iter_unpack(all_)):
            window, (others, others_before, _) = now // seconds * seconds, sums.get((digest, seconds), (0, 0, 0.0))
            if begun == window:
                sums[digest, seconds] = others + count, others_before + before, most
            elif begun == window - seconds:
                sums[digest, seconds] = others, others_before + count, most
        with self._alone():
            for (digest, seconds), (others, others_before, most) in sums.items():
                window = now // seconds * seconds
                place, slot = self._find(digest, most, seconds, window, 1 - (now - window) / seconds)
                if place >= 0:
                    told_now, told_before = min(others, MOST_OF_OTHERS), min(others_before, MOST_OF_OTHERS)
                    self._put(place, slot._replace(others=told_now, others_before=told_before))

    @staticmethod
    def _wait(most: float, slot: Slot, left: float, seconds: int) -> float:
        """Until enough of the window before has passed, or this one is over."""
        room, before = most - 1 - slot.here - slot.others, slot.before + slot.others_before
        return max(seconds * (left - room / before), 0.001) if before and room >= 0 else max(seconds * left, 0.001)

    def _find(self, digest: bytes, most: float, seconds: int, window: float, left: float) -> tuple[int, Slot]:
        """Where something is counted, and how often in this window and in the one before; place -1, and at its limit, where there is no room."""
        part, first = SPANS.index(seconds) * SLOTS, int.from_bytes(digest[:4], "little")
        least, spare = 1.0, -1
        for offset in range(NEAR):
            place = part + (first + offset) % SLOTS
            slot = _in_window(self._slot(place), window, seconds)
            if slot.digest == digest:
                return place, slot
            used = slot.used(left)
            if not used or used + 1 <= slot.most:
                least, spare = min((least, spare), (used / max(slot.most, 1), place))
        return spare, Slot(digest, window, 0 if spare >= 0 else math.ceil(most), 0, 0, 0, most)

    def _slot(self, place: int) -> Slot:
        return Slot(*SLOT.unpack_from(self._table, self._at(place)))

    def _put(self, place: int, slot: Slot) -> None:
        SLOT.pack_into(self._table, self._at(place), *slot)

    @staticmethod
    def _at(place: int) -> int:
        return COUNTED_FROM + place * SLOT.size

    def _counted(self, place: int) -> tuple[Slot, int]:
        return self._slot(place), SPANS[place // SLOTS]

    def _note(self, place: int, now: float) -> None:
        """Remember that something here is to be told, in place of what is farthest from its limit."""
        slot, seconds = self._counted(place)
        group = SPANS.index(seconds) * GROUPS + int.from_bytes(slot.digest[4:8], "little") % GROUPS
        noted = list(PLACES.unpack_from(self._table, HEADER.size + group * PLACES.size))
        if place + 1 in noted:
            return
        shares = [_share(*self._counted(each - 1), now) if each else 0 for each in noted]
        least = min(shares)
        if least:
            made, untold = HEADER.unpack_from(self._table)
            HEADER.pack_into(self._table, 0, made, min(untold + 1, MOST_OF_OTHERS))
        if least <= _share(slot, seconds, now):
            noted[shares.index(least)] = place + 1
            PLACES.pack_into(self._table, HEADER.size + group * PLACES.size, *noted)

    def _noted(self) -> Iterator[int]:
        for group in range(GROUPS * len(SPANS)):
            noted = PLACES.unpack_from(self._table, HEADER.size + group * PLACES.size)
            yield from (each - 1 for each in dict.fromkeys(noted) if each)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else counts meanwhile, no thread of this process and no other process; it takes some millionths of a second."""
        with self._thread:
            if self._file < 0:
                yield
                return
            fcntl.lockf(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN)


def _in_window(slot: Slot, window: float, seconds: int) -> Slot:
    """A place as it is in a window."""
    if slot.begun == window:
        return slot
    if slot.begun == window - seconds:
        return slot._replace(begun=window, here=0, before=slot.here, others=0, others_before=slot.others)
    return Slot(slot.digest, window, 0, 0, 0, 0, slot.most)


def _share(slot: Slot, seconds: int, now: float) -> float:
    """How much of its limit is used of what is to be told; 0 where nothing is: too little was counted here, or long ago."""
    window = now // seconds * seconds
    lately = _in_window(slot, window, seconds)
    if not slot.most or max(lately.here, lately.before) * TENTH < slot.most:
        return 0
    return lately.used(1 - (now - window) / seconds) / slot.most
