"""What the announcements' site tells of the log: the proof of each announcement, and what came into the log between ends of days.

An announcement is proven up to the first end of a day at which it was there, of those that tell their times: so its page does not
change again but for who signs that end later, and says by when it was published at the latest, and since when at the earliest.
"""

import json
from base64 import b64encode
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, select, tuple_
from sqlmodel import col
from sqlmodel import select as rows_of

from activities.database import in_parts, reading
from activities.log import merkle, public_keys
from activities.log.ends import Ends
from activities.log.leaves import LEAVES, LOOKS_BACK, NOTICE, LeafKind, columns
from activities.log.merkle import HASHINGS, Hashing
from activities.log.notes import Note
from activities.log.sequencing import CHECKPOINTS, checkpoint_of, ends_of_days, newest
from activities.log.tiles import SIZE, Tile, nodes
from activities.log.tree import Tree
from activities.publishing.publications import next_month
from models.log import LogCheckpoint
from models.register import PublicNoticeRow
from models.values import canonical

NOTICES = PublicNoticeRow.metadata.tables["public_notices"]
OF_NOTICES = LEAVES.c.kind == LeafKind.NOTICE.value
AMONG_THEM = LEAVES.c.kind.concat("") == LeafKind.NOTICE.value
"""The same where a few days are read: the index by kind would lead through all announcements, that by position through those days."""


@dataclass(frozen=True)
class Step:
    """A step of the way from a leaf to the root: the hash beside it, on which side that is, and what the two make."""

    left: bool
    other: str
    made: str


@dataclass(frozen=True)
class Proof:
    """Where an announcement stands in the log, and the way from there to the end of a day; `before` is the end of a day before that.

    `sealed_by`: of a round's announcement, the end of a day before the seal of its entry came into the log, which covers it; those
    of before 0.10.0 had no leaf of their own until then.
    """

    row: PublicNoticeRow
    leaf: Mapping[str, Any]
    way: Sequence[bytes]
    end: LogCheckpoint
    before: LogCheckpoint | None
    keys: Sequence[str]
    hashing: Hashing
    sealed_by: LogCheckpoint | None = None
    is_sealed: bool = False

    @property
    def position(self) -> int:
        return int(self.leaf["position"])

    @property
    def late(self) -> bool:
        """Whether it says that it was published long before a root in which it is not (as `verify --all` says of entries)."""
        by = self.sealed_by if self.is_sealed else self.before
        return self._is_long_before(by)

    @property
    def vouched(self) -> bool:
        """Whether it came into the log late, but the seal that covers it did not."""
        return not self.late and self._is_long_before(self.before)

    def _is_long_before(self, end: LogCheckpoint | None) -> bool:
        return end is not None and self.row.published_at < end.made_at - LOOKS_BACK

    @property
    def text(self) -> str:
        """The announcement as its leaf covers it: the SHA-256 of this text."""
        return canonical(columns(self.row, *NOTICE))

    @property
    def hash(self) -> str:
        """The hash of its leaf."""
        told = f"beian leaf 1\n{self.leaf['kind']}\n{self.leaf['nonce']}\n{self.leaf['covers']}\n".encode()
        return self.hashing.leaf(merkle.SHA_256.of(told).digest()).hex()

    @property
    def steps(self) -> Iterator[Step]:
        """The way, from below."""
        now, index = bytes.fromhex(self.hash), self.position
        inner = (index ^ (self.end.size - 1)).bit_length()
        for height, other in enumerate(self.way):
            left = height >= inner or bool(index >> height & 1)
            now = self.hashing.node(other, now) if left else self.hashing.node(now, other)
            yield Step(left, other.hex(), now.hex())

    @property
    def digest(self) -> str:
        """By which digest the tree hashes."""
        return self.hashing.name

    @property
    def document(self) -> bytes:
        """The proof as a file that the verifier reads (activities/documents/verify.py)."""
        told = {name: self.leaf[name] for name in ("kind", "of", "number", "nonce", "covers", "position")}
        way = [b64encode(each).decode() for each in self.way]
        proof = {
            "checkpoint": self.end.note,
            "keys": list(self.keys),
            "leaves": [told | {"proof": way, "row": json.loads(self.text)}],
        }
        stamp = {"stamp": self.end.stamp} if self.end.stamp else {}
        return json.dumps(proof | stamp, ensure_ascii=False, indent=1).encode()


@dataclass(frozen=True)
class Day:
    """The end of a day, how many leaves there were at the end of the day before, and how many announcements came in between."""

    end: LogCheckpoint
    since: int
    announced: int

    @property
    def added(self) -> int:
        return self.end.size - self.since

    @property
    def month(self) -> str:
        """The month of the end of a day, as its page is called."""
        return f"{self.end.day:%Y-%m}"


class Standing(NamedTuple):
    """Where an announcement stands in the log: on whose page of a month, from when it may be shown (None: it is gone), by what proven."""

    of: str
    position: int
    month: date
    shown_from: date | None
    by: tuple[date | None, str]

    def is_shown(self, today: date) -> bool | None:
        """Whether it may be shown on a day; None if it is gone."""
        return None if self.shown_from is None else self.shown_from <= today


@dataclass(frozen=True)
class LogBook:
    """The log as it stood at one look: the newest end of a day, and whether anything is signed at all. Others are read as they are asked for."""

    engine: Engine
    signed: bool
    end: LogCheckpoint | None
    _tiles: dict[tuple[int, int], bytes] = field(default_factory=dict)

    @classmethod
    def opened(cls, engine: Engine) -> "LogBook":
        """The log as it stands."""
        with engine.connect() as db:
            return cls(engine, newest(db) is not None, next(iter(ends_of_days(db, limit=1)), None))

    def standing(self) -> Iterator[Standing]:
        """Every announcement that an end of a day has, in order, with the end that proves it, by its digest."""
        if self.end is None:
            return
        query = (
            select(LEAVES.c.of, LEAVES.c.position, NOTICES.c.shown_from)
            .select_from(LEAVES.outerjoin(NOTICES, NOTICES.c.id == LEAVES.c.of))
            .where(OF_NOTICES, LEAVES.c.position < self.end.size)
            .order_by(LEAVES.c.position)
        )
        with self.engine.connect() as db:
            ends, first = ends_of_days(db)[::-1], Ends(db).first_dated
            sizes = [each.size for each in ends]
            told = [(each.day, f"{each.note}{each.stamp}") for each in ends]
            least = ends.index(first) if first else 0
            for of, position, shown_from in db.execute(query):
                place = bisect_right(sizes, position)
                day = ends[place].day
                assert day
                yield Standing(of, position, day.replace(day=1), shown_from, told[max(place, least)])

    def latest_days(self, most: int) -> list[Day]:
        """The latest days, the newest first, with how much came in each."""
        with self.engine.connect() as db:
            return self._days(db, ends_of_days(db, limit=most))

    def days_of(self, month: date) -> list[Day]:
        """The days of a month, which is told by its first, the newest first."""
        with self.engine.connect() as db:
            return self._days(db, ends_of_days(db, since=month, before=next_month(month)))

    def _days(self, db: Connection, ends: Sequence[LogCheckpoint]) -> list[Day]:
        """Ends of days that follow each other, with how much came in each; of announcements, only those are read."""
        earlier = ends_of_days(db, before=ends[-1].day, limit=1) if ends else []
        sizes = [*(each.size for each in ends), *(each.size for each in earlier), 0]
        query = select(LEAVES.c.position).where(
            AMONG_THEM, LEAVES.c.position >= sizes[len(ends)], LEAVES.c.position < sizes[0]
        )
        places = sorted(db.scalars(query)) if ends else []
        return [
            Day(end, sizes[n + 1], bisect_left(places, end.size) - bisect_left(places, sizes[n + 1]))
            for n, end in enumerate(ends)
        ]

    def months(self) -> list[date]:
        """The months of which there are ends of days, the newest first, by their first days."""
        return [*self.ends()]

    def ends(self) -> dict[date, list[date]]:
        """The days of which there are ends, by their months, the newest first."""
        with self.engine.connect() as db:
            days = db.scalars(select(CHECKPOINTS.c.day).where(CHECKPOINTS.c.day.is_not(None)))
            found: dict[date, list[date]] = {}
            for day in sorted(days, reverse=True):
                found.setdefault(day.replace(day=1), []).append(day)
            return found

    def announced(self, days: Sequence[Day], begin: int, limit: int) -> list[tuple[int, str, PublicNoticeRow | None]]:
        """The announcements that came in days of one month, from one on, the newest first: position, id, and itself, if it is still there."""
        first, last = days[-1].since, days[0].end.size
        query = select(LEAVES.c.position, LEAVES.c.of).where(
            AMONG_THEM, LEAVES.c.position >= first, LEAVES.c.position < last
        )
        with reading(self.engine) as session:
            some_of_them = query.order_by(LEAVES.c.position).offset(begin).limit(limit)
            found = session.connection().execute(some_of_them).all()[::-1]
            there: dict[str, PublicNoticeRow] = {}
            for some in in_parts(row.of for row in found):
                rows = session.exec(rows_of(PublicNoticeRow).where(col(PublicNoticeRow.id).in_(some)))
                there |= {row.id: row for row in rows}
        return [(row.position, row.of, there.get(row.of)) for row in found]

    def proofs(self, rows: Collection[PublicNoticeRow]) -> dict[str, Proof]:
        """The proofs of announcements, by their ids; of those that an end of a day has."""
        by_id = {row.id: row for row in rows}
        found: dict[str, Proof] = {}
        if self.end is None:
            return found
        hashing = HASHINGS[checkpoint_of(self.end).digest]
        with self.engine.connect() as db:
            known, ends = public_keys.known(db, checkpoint_of(self.end).origin), Ends(db)
            for some in in_parts(by_id):
                query = select(LEAVES).where(OF_NOTICES, LEAVES.c.of.in_(some), LEAVES.c.position < self.end.size)
                seals = self._seals(db, [by_id[each] for each in some])
                for leaf in db.execute(query.order_by(LEAVES.c.position)).mappings().all():
                    end, before = ends.around(leaf["position"])
                    if end is None:
                        continue
                    end = ends.dated(leaf["position"]) or end
                    keys = [str(key) for key, _ in Note.read(end.note).signed_by(known)]
                    way = merkle.inclusion(hashing, leaf["position"], end.size, self._nodes(db, hashing, end.size))
                    row = by_id[leaf["of"]]
                    seal = seals.get((row.round_id, row.number))
                    sealed_by = ends.around(seal)[1] if seal is not None else None
                    found[row.id] = Proof(
                        row, dict(leaf), way, end, before, keys, hashing, sealed_by, is_sealed=seal is not None
                    )
        return found

    def _seals(self, db: Connection, rows: Collection[PublicNoticeRow]) -> dict[tuple[Any, int], int]:
        """Where the seals of the entries stand in the log that published these, by round and number."""
        wanted = {(row.round_id, row.number) for row in rows if row.round_id}
        if not wanted:
            return {}
        query = select(LEAVES.c.of, LEAVES.c.number, LEAVES.c.position).where(
            LEAVES.c.kind == LeafKind.TOLD.value, tuple_(LEAVES.c.of, LEAVES.c.number).in_(wanted)
        )
        return {(row.of, row.number): row.position for row in db.execute(query)}

    def _nodes(self, db: Connection, hashing: Hashing, size: int) -> merkle.Nodes:
        """The hashes of the tree of a size; a tile that several proofs need is read once."""
        tree = Tree(db, hashing)

        def tile(wanted: Tile) -> bytes:
            key = wanted.level, wanted.number
            if len(self._tiles.get(key, b"")) < wanted.width * SIZE:
                self._tiles[key] = tree.tile(wanted)
            return self._tiles[key][: wanted.width * SIZE]

        return nodes(hashing, size, tile)


def witnessed(note: str) -> list[tuple[str, datetime]]:
    """Who cosigned a checkpoint, and when, as it was taken (activities/log/cosigning.py)."""
    return Note.read(note).witnesses()


def in_base64(root: str) -> str:
    """A root as checkpoints write it, from hexadecimal."""
    return b64encode(bytes.fromhex(root)).decode()
