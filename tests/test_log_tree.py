"""The arithmetic of the log: trees, tiles and signed notes, each against what was worked out in another way, and a library of others."""

import random
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from activities.log import keys, merkle, tiles
from activities.log.merkle import SHA_256, SM3, Hashing, Inconsistent
from activities.log.notes import Checkpoint, Key, NotANote, Note, NotSigned, Signer, Times, seen_at
from activities.log.tiles import Tile

SIZES = [*range(1, 40), 63, 64, 65, 255, 256, 257, 511, 513, 700]
AT = datetime(2026, 11, 29, tzinfo=UTC)


def hashes(hashing: Hashing) -> list[bytes]:
    """The hashes of seven hundred leaves."""
    return [hashing.leaf(str(number).encode()) for number in range(700)]


def by_definition(hashing: Hashing, some: list[bytes]) -> bytes:
    """The root as RFC 6962 defines it, word for word."""
    if len(some) < 2:
        return some[0] if some else hashing.empty
    half = next(1 << power for power in range(20) if 2 << power >= len(some))
    return hashing.node(by_definition(hashing, some[:half]), by_definition(hashing, some[half:]))


@pytest.mark.parametrize("hashing", [SHA_256, SM3], ids=lambda each: each.name)
def test_roots_and_proofs_hold_at_every_size(hashing: Hashing) -> None:
    leaves, dice = hashes(hashing), random.Random(6962)

    def node(height: int, index: int) -> bytes:
        return by_definition(hashing, leaves[index << height : (index + 1) << height])

    for size in SIZES:
        root = by_definition(hashing, leaves[:size])
        assert merkle.root(hashing, 0, size, node) == root
        for index in {0, size // 2, size - 1}:
            way = merkle.inclusion(hashing, index, size, node)
            assert merkle.root_of_inclusion(hashing, leaves[index], index, size, way) == root
        for old in {0, size, size // 2, dice.randrange(size + 1)}:
            before = by_definition(hashing, leaves[:old])
            merkle.verify_consistency(hashing, old, before, size, root, merkle.consistency(hashing, old, size, node))


def test_a_proof_that_was_altered_in_any_way_does_not_hold() -> None:
    leaves = hashes(SHA_256)

    def node(height: int, index: int) -> bytes:
        return by_definition(SHA_256, leaves[index << height : (index + 1) << height])

    size, old = 77, 50
    root, before = (by_definition(SHA_256, leaves[:each]) for each in (size, old))
    way = merkle.consistency(SHA_256, old, size, node)
    swapped = [*way[1:], way[0]]
    for wrong in ([], way[:-1], [*way, root], swapped, [bytes(32), *way[1:]]):
        with pytest.raises(Inconsistent):
            merkle.verify_consistency(SHA_256, old, before, size, root, wrong)
    with pytest.raises(Inconsistent):
        merkle.verify_consistency(SHA_256, size, root, old, before, way)
    with pytest.raises(Inconsistent):
        merkle.verify_consistency(SHA_256, size, root, size, before, [])
    found = merkle.inclusion(SHA_256, 33, size, node)
    for index, proof in ((33, found[:-1]), (size, found), (76, found), (33, [*found, root])):
        with pytest.raises(Inconsistent):
            merkle.root_of_inclusion(SHA_256, leaves[33], index, size, proof)
    assert merkle.root_of_inclusion(SHA_256, leaves[34], 33, size, found) != root
    assert merkle.root_of_inclusion(SHA_256, leaves[33], 32, size, found) != root


def test_tiles_lie_where_the_format_says_and_make_the_same_tree() -> None:
    assert Tile(0, 1_234_067).path == "tile/0/x001/x234/067"
    assert Tile(1, 5, 17).path == "tile/1/005.p/17"
    assert Tile(0, 1000).entries == "tile/entries/x001/000"
    partial = [each for each in tiles.tiles(70_000) if each.width < 256]
    assert partial == [Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert list(tiles.tiles(256)) == [Tile(0, 0), Tile(1, 0, 1)]
    assert list(tiles.tiles(70_000, 69_900)) == [Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)]
    leaves = hashes(SHA_256)

    def read(tile: Tile) -> bytes:
        begin, height = tile.number * 256, 8 * tile.level
        return b"".join(
            by_definition(SHA_256, leaves[at << height : (at + 1) << height]) for at in range(begin, begin + tile.width)
        )

    for size in (1, 255, 256, 257, 512, 700):
        nodes = tiles.nodes(SHA_256, size, read)
        assert merkle.root(SHA_256, 0, size, nodes) == by_definition(SHA_256, leaves[:size])
    assert tiles.unbundled(tiles.bundled([b"one", b"", b"x" * 999])) == [b"one", b"", b"x" * 999]
    with pytest.raises(ValueError, match="cut off"):
        tiles.unbundled(tiles.bundled([b"one"])[:-1])


def signer(name: str) -> Signer:
    """Somebody who signs."""
    private = Ed25519PrivateKey.generate()
    return Signer(Key(name, 1, private.public_key().public_bytes_raw()), private.sign)


def test_a_note_is_signed_cosigned_and_read_again() -> None:
    ours, witness = signer("ln.example/log"), signer("library.example")
    checkpoint = Checkpoint("ln.example/log", 42, bytes(32))
    note = Note(checkpoint.text, (ours.line(checkpoint.text),))
    note = note.with_lines([witness.cosignature(note.text, AT), ours.line(note.text)])
    read = Note.read(str(note))
    assert read == note
    assert Checkpoint.read(read.text) == checkpoint
    assert len(read.lines) == 2
    [(_, own), (_, theirs)] = read.signed_by([ours.key, witness.key.as_witness])
    assert len(own) == 64
    assert seen_at(theirs) == AT
    assert read.signed_by([signer("ln.example/log").key]) == []
    assert Key.read(str(witness.key.as_witness)) == witness.key.as_witness
    other = Checkpoint("ln.example/log", 42, bytes(32), SM3.name)
    assert Checkpoint.read(other.text) == other
    assert "digest sm3" in other.text
    with pytest.raises(NotSigned):
        Note(checkpoint.text.replace("42", "43"), note.lines).signed_by([ours.key])


def test_when_a_checkpoint_was_signed_is_signed_beside_it() -> None:
    ours = signer("ln.example/log")
    text = Checkpoint("ln.example/log", 42, bytes(32)).text
    first, last = Times(AT), Times(AT, AT.date(), 40, AT - timedelta(days=1))
    for times in (first, last):
        note = Note.read(str(Note(text, (ours.line(text), ours.times(text, times)))))
        assert note.times([ours.key]) == times
        assert [key for key, _ in note.signed_by([ours.key])] == [ours.key], "who knows no times passes them over"
        assert note.times([signer("ln.example/log").key]) is None
        with pytest.raises(NotSigned):
            Note(note.text.replace("42", "43"), note.lines[1:]).times([ours.key])
    assert Note(text, (ours.line(text),)).times([ours.key]) is None
    with pytest.raises(NotANote):
        Times.read("made yesterday")


@pytest.mark.parametrize(
    "wrong",
    ["", "text", "text\n\n", "text\n\n- a b\n", "a\x00\n\n— a b\n", "text\n\n— a b", "t" * 70_000 + "\n\n— a b\n"],
)
def test_what_is_no_note_is_refused(wrong: str) -> None:
    with pytest.raises(NotANote):
        Note.read(wrong)


@pytest.mark.parametrize("wrong", ["", "a\n1\n", "a\n01\nAAAA\n", "a\n-1\nAAAA\n", "a\n1\nAAAA\n", "\n1\nAAAA\n"])
def test_what_is_no_checkpoint_is_refused(wrong: str) -> None:
    with pytest.raises(NotANote):
        Checkpoint.read(wrong)


@pytest.mark.parametrize("wrong", ["", "a", "a+b", "a+00000000+AAAA", "a b+00000000+AQ==", "PRIVATE+KEY+a+b+c"])
def test_what_is_no_key_is_refused(wrong: str) -> None:
    with pytest.raises(NotANote):
        Key.read(wrong)


def test_the_format_of_others_is_read_and_written() -> None:
    """A key pair as Go's `note` prints it for a seed of zeroes, and its signature."""
    line, key = keys.made("example.com/log")
    name, known_as, packed = line.removeprefix(keys.PRIVATE).split("+", 2)
    private = Ed25519PrivateKey.from_private_bytes(b64decode(packed)[1:])
    assert (name, known_as) == ("example.com/log", key.id.hex())
    assert private.public_key().public_bytes_raw() == key.public
    assert b64encode(key.id).decode()[:5] in signer_of(line).line("text\n")


def signer_of(line: str) -> Signer:
    """Whoever signs by a line of a file of keys."""
    return keys._of_private(line)
