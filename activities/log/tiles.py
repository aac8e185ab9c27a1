"""Tiles: a tree cut into pieces of 256 hashes, and where each lies in a folder (C2SP tlog-tiles). Pure.

The tile `number` at a `level` holds the hashes of the complete subtrees of height `8 * level`; its last one may be partial.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from activities.log.merkle import Hashing, Nodes

WIDTH, HEIGHT = 256, 8
SIZE = 32
"""Bytes of a hash; every digest that a log may have is as long."""

ENTRIES = "entries"
"""The folder of what the leaves say, in place of a level."""


@dataclass(frozen=True, order=True)
class Tile:
    """A tile by its level and number; `width` is how many hashes it has, fewer than 256 only at the right edge."""

    level: int
    number: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Where its hashes lie."""
        return self._path(str(self.level))

    @property
    def entries(self) -> str:
        """Where what its leaves say lies, at level 0."""
        return self._path(ENTRIES)

    def _path(self, level: str) -> str:
        digits = f"{self.number:03d}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        parts = [digits[begin : begin + 3] for begin in range(0, len(digits), 3)]
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{'/'.join([*(f'x{each}' for each in parts[:-1]), parts[-1]])}{partial}"

    @property
    def partials(self) -> str:
        """The folder in which it lay while it was partial."""
        return f"{Tile(self.level, self.number).path}.p"


def tiles(size: int, since: int = 0) -> Iterator[Tile]:
    """The tiles of a tree of a size that a tree of fewer leaves (`since`) did not have so."""
    level = 0
    while hashes := size >> HEIGHT * level:
        for number in range((since >> HEIGHT * level) // WIDTH, -(-hashes // WIDTH)):
            yield Tile(level, number, min(WIDTH, hashes - number * WIDTH))
        level += 1


def tile_with(height: int, index: int, size: int) -> tuple[Tile, int, int]:
    """The tile of a tree of a size from which a subtree's hash can be made, and which of its hashes: the first, and how many."""
    level, above = divmod(height, HEIGHT)
    first = index << above
    number = first // WIDTH
    hashes = size >> HEIGHT * level
    return Tile(level, number, min(WIDTH, hashes - number * WIDTH)), first % WIDTH, 1 << above


def nodes(hashing: Hashing, size: int, read: Callable[[Tile], bytes]) -> Nodes:
    """The hashes of a tree of a size, made from its tiles; each tile is read once."""
    kept: dict[Tile, list[bytes]] = {}

    def node(height: int, index: int) -> bytes:
        tile, first, count = tile_with(height, index, size)
        if tile not in kept:
            kept[tile] = split(read(tile), tile.width)
        return joined(hashing, kept[tile][first : first + count])

    return node


def joined(hashing: Hashing, hashes: Sequence[bytes]) -> bytes:
    """The hash of a complete subtree from those below it, a power of two of them."""
    while len(hashes) > 1:
        hashes = [hashing.node(*hashes[at : at + 2]) for at in range(0, len(hashes), 2)]
    return hashes[0]


def split(content: bytes, width: int) -> list[bytes]:
    """The first hashes of a tile. Raises `ValueError` if it has fewer."""
    if len(content) % SIZE or len(content) < width * SIZE:
        raise ValueError(f"a tile of {len(content)} bytes")
    return [content[at : at + SIZE] for at in range(0, width * SIZE, SIZE)]


def bundled(entries: Iterable[bytes]) -> bytes:
    """What leaves say, one after the other, each after its length."""
    return b"".join(len(each).to_bytes(2, "big") + each for each in entries)


def unbundled(content: bytes) -> list[bytes]:
    """What the leaves in a bundle say. Raises `ValueError` if it is cut off."""
    entries, at = [], 0
    while at < len(content):
        end = at + 2 + int.from_bytes(content[at : at + 2], "big")
        if end > len(content) or at + 2 > len(content):
            raise ValueError("a bundle that is cut off")
        entries.append(content[at + 2 : end])
        at = end
    return entries
