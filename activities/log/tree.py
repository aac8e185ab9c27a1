"""The tree over the leaves, as the register keeps it: tiles that grow with each append, and what is read off them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite

from activities.log import merkle
from activities.log.merkle import Hashing
from activities.log.tiles import HEIGHT, SIZE, WIDTH, Tile, joined, nodes, split
from models.log import LogLeaf, LogTile

LEAVES, TILES = (model.metadata.tables[str(model.__tablename__)] for model in (LogLeaf, LogTile))
TILE = select(TILES.c.hashes).where(TILES.c.level == bindparam("at"), TILES.c.number == bindparam("of"))
LAST = select(func.max(LEAVES.c.position))


def _puts(dialect: Any) -> Any:
    put = dialect.insert(TILES)
    return put.on_conflict_do_update(index_elements=["level", "number"], set_={"hashes": put.excluded.hashes})


PUTS: Mapping[str, Any] = {"sqlite": _puts(sqlite), "postgresql": _puts(postgresql)}


class TileMissing(LookupError):
    """日志分片缺失: a piece of the tree that ought to be there is not, or is too short."""


@dataclass(frozen=True)
class Tree:
    """The tree behind a connection."""

    db: Connection
    hashing: Hashing

    @property
    def size(self) -> int:
        """How many leaves there are."""
        last = self.db.scalar(LAST)
        return 0 if last is None else int(last) + 1

    def tile(self, tile: Tile) -> bytes:
        """The hashes of a tile; as it stands it may have more than the one of a smaller tree. Raises `TileMissing`."""
        hashes = bytes.fromhex(self.db.scalar(TILE, {"at": tile.level, "of": tile.number}) or "")
        if len(hashes) < tile.width * SIZE:
            raise TileMissing(f"{tile.level}/{tile.number}")
        return hashes[: tile.width * SIZE]

    def append(self, size: int, leaves: Sequence[bytes]) -> None:
        """Add the hashes of leaves to a tree of a size. Each tile that becomes full is a hash of the level above."""
        level, first, more = 0, size, list(leaves)
        rows = []
        while more:
            number, width = divmod(first, WIDTH)
            there = split(self.tile(Tile(level, number, width)), width) if width else []
            hashes, begun, above = there + more, number, []
            for at in range(0, len(hashes), WIDTH):
                some = hashes[at : at + WIDTH]
                rows.append({"level": level, "number": number, "hashes": b"".join(some).hex()})
                if len(some) == WIDTH:
                    above.append(joined(self.hashing, some))
                number += 1
            level, first, more = level + 1, begun, above
        if rows:
            self.db.execute(PUTS[self.db.dialect.name], rows)

    def root(self, size: int) -> bytes:
        """The root of the first `size` leaves."""
        return merkle.root(self.hashing, 0, size, self._nodes(size))

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """The proof that a leaf stands in the tree of a size."""
        return merkle.inclusion(self.hashing, index, size, self._nodes(size))

    def consistency(self, old: int, size: int) -> list[bytes]:
        """The proof that the tree of a size begins with a smaller one."""
        return merkle.consistency(self.hashing, old, size, self._nodes(size))

    def _nodes(self, size: int) -> merkle.Nodes:
        return nodes(self.hashing, size, self.tile)

    def faults(self, hashes: Iterable[bytes]) -> list[str]:
        """Tiles that are not what the hashes of all leaves, in order, make of them."""
        wrong, levels, size = list[str](), dict[int, list[bytes]](), 0

        def full(level: int, some: list[bytes], number: int) -> None:
            try:
                there = self.tile(Tile(level, number, len(some)))
            except TileMissing:
                there = b""
            if there != b"".join(some):
                wrong.append(f"日志分片 {level}/{number} 与其条目不符")

        def add(level: int, count: int, value: bytes) -> None:
            some = levels.setdefault(level, [])
            some.append(value)
            if len(some) == WIDTH:
                full(level, some, (count >> HEIGHT * level) // WIDTH)
                levels[level] = []
                add(level + 1, count, joined(self.hashing, some))

        for value in hashes:
            add(0, size, value)
            size += 1
        for level, some in levels.items():
            if some:
                full(level, some, (size >> HEIGHT * level) // WIDTH)
        return wrong
