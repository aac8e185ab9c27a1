"""Ends of days as proofs need them, each read when a leaf is the first that asks for it: a log has one a day, for ever."""

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property

from sqlalchemy import Connection, func, select

from activities.log import public_keys
from activities.log.notes import Note, Times
from activities.log.sequencing import CHECKPOINTS, ENDS, checkpoint_of, ends_around
from models.log import LogCheckpoint

Around = tuple[LogCheckpoint | None, LogCheckpoint | None]


@dataclass
class Ends:
    """The ends of days of one log, as it stands in one view of the database."""

    db: Connection
    _read: list[tuple[LogCheckpoint, LogCheckpoint | None]] = field(default_factory=list)
    """Those that were asked for, the oldest first, each with the one before it."""
    _times: dict[int, Times | None] = field(default_factory=dict)

    def around(self, position: int) -> Around:
        """The first end of a day that has a leaf, and the last one that does not have it."""
        place = bisect_right(self._read, position, key=lambda each: each[0].size)
        if place < len(self._read):
            end, before = self._read[place]
            if before is None or before.size <= position:
                return end, before
        first, before = ends_around(self.db, position)
        if first:
            self._read.insert(place, (first, before))
        return first, before

    def dated(self, position: int) -> LogCheckpoint | None:
        """The first end of a day that has a leaf and tells its times; those of before 0.10.0 tell none."""
        end, _ = self.around(position)
        return end if end is None or self.times(end) else self.first_dated

    def times(self, end: LogCheckpoint) -> Times | None:
        """What an end tells of its times. Raises `NotSigned`."""
        if end.number not in self._times:
            known = public_keys.known(self.db, checkpoint_of(end).origin)
            self._times[end.number] = Note.read(end.note).times(known)
        return self._times[end.number]

    @cached_property
    def first_dated(self) -> LogCheckpoint | None:
        """The first end of all that tells its times, looked for by halves: from some day on all do."""
        low, high = 0, self.db.scalar(select(func.count()).select_from(ENDS.subquery())) or 0
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if (end := self._at(middle)) and self.times(end) else (middle + 1, high)
        return self._at(low)

    def _at(self, place: int) -> LogCheckpoint | None:
        row = self.db.execute(ENDS.order_by(CHECKPOINTS.c.day).offset(place).limit(1)).mappings().first()
        return LogCheckpoint(**row) if row else None
