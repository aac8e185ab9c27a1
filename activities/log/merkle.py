"""Merkle trees as RFC 6962 hashes them: roots, proofs, and whether a proof holds. Pure arithmetic on digests.

A *subtree* is complete: the hash at a `height` and an `index` covers the leaves from `index << height` on, `1 << height` of them.
Whoever keeps a tree gives these hashes (`Nodes`); what is made of them is worked out here.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

Nodes = Callable[[int, int], bytes]
"""The hash of a complete subtree by its height and its index."""


@dataclass(frozen=True)
class Hashing:
    """How a tree hashes, by the name of its digest: a leaf and a node begin with different bytes, so neither passes for the other."""

    name: str
    of: Callable[[bytes], Any]

    def leaf(self, data: bytes) -> bytes:
        """The hash of a leaf."""
        return self.of(b"\0" + data).digest()  # type: ignore[no-any-return]

    def node(self, left: bytes, right: bytes) -> bytes:
        """The hash of two subtrees side by side."""
        return self.of(b"\1" + left + right).digest()  # type: ignore[no-any-return]

    @property
    def empty(self) -> bytes:
        """The root of a tree without leaves."""
        return self.of(b"").digest()  # type: ignore[no-any-return]


def _sm3(data: bytes) -> Any:
    return hashlib.new("sm3", data)


SHA_256 = Hashing("sha-256", hashlib.sha256)
SM3 = Hashing("sm3", _sm3)
HASHINGS: Mapping[str, Hashing] = {each.name: each for each in (SHA_256, SM3)}
"""Every digest that a log may be hashed with: SHA-256 as RFC 6962 has it, or SM3 (GB/T 32905)."""


class Inconsistent(Exception):
    """A proof that does not hold."""


def subtrees(start: int, end: int) -> Iterator[tuple[int, int]]:
    """The largest complete subtrees that make up the leaves from `start` to before `end`, from the left."""
    while start < end:
        height = (end - start).bit_length() - 1
        if start:
            height = min(height, (start & -start).bit_length() - 1)
        yield height, start >> height
        start += 1 << height


def root(hashing: Hashing, start: int, end: int, nodes: Nodes) -> bytes:
    """The hash of the tree over the leaves from `start` to before `end`, as it stands in a larger one."""
    peaks = [nodes(height, index) for height, index in subtrees(start, end)]
    if not peaks:
        return hashing.empty
    return reduce(lambda right, left: hashing.node(left, right), reversed(peaks))


def inclusion(hashing: Hashing, index: int, size: int, nodes: Nodes) -> list[bytes]:
    """The way from a leaf to the root of the tree of the first `size` leaves, from below (RFC 6962, 2.1.1)."""
    start, end, ranges = 0, size, []
    while end - start > 1:
        middle = start + _half(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return [root(hashing, *each, nodes) for each in reversed(ranges)]


def consistency(hashing: Hashing, old: int, size: int, nodes: Nodes) -> list[bytes]:
    """That the tree of the first `size` leaves begins with that of the first `old` ones (RFC 6962, 2.1.2)."""
    if not 0 < old < size:
        return []
    start, end, ranges, whole = 0, size, list[tuple[int, int]](), True
    while old != end:
        middle = start + _half(end - start)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start, whole = middle, False
    if not whole:
        ranges.append((start, end))
    return [root(hashing, *each, nodes) for each in reversed(ranges)]


def _half(leaves: int) -> int:
    """The largest power of two below a number of leaves."""
    return 1 << (leaves - 1).bit_length() - 1


def root_of_inclusion(hashing: Hashing, leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root that a leaf's hash and its proof lead to. Raises `Inconsistent` if the proof has another length than its place asks for."""
    if not 0 <= index < size:
        raise Inconsistent("no such leaf")
    inner = (index ^ (size - 1)).bit_length()
    border = (index >> inner).bit_count()
    if len(proof) != inner + border:
        raise Inconsistent("a proof of another length")
    for height, other in enumerate(proof):
        left = height >= inner or index >> height & 1
        leaf = hashing.node(other, leaf) if left else hashing.node(leaf, other)
    return leaf


def verify_consistency(
    hashing: Hashing, old: int, old_root: bytes, size: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Raise `Inconsistent` unless the tree of `size` leaves begins with that of `old` ones, by their roots."""
    if not 0 <= old <= size:
        raise Inconsistent("the older tree is the larger one")
    if old in (0, size):
        if proof or (old == size and old_root != new_root) or (old == 0 and old_root != hashing.empty):
            raise Inconsistent("the roots differ")
        return
    hashes = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not hashes:
        raise Inconsistent("no proof")
    place, last = old - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    of_old = of_new = hashes[0]
    for other in hashes[1:]:
        if last == 0:
            raise Inconsistent("a proof of another length")
        if place & 1 or place == last:
            of_old, of_new = hashing.node(other, of_old), hashing.node(other, of_new)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            of_new = hashing.node(of_new, other)
        place, last = place >> 1, last >> 1
    if last or of_old != old_root or of_new != new_root:
        raise Inconsistent("the newer tree does not begin with the older one")
