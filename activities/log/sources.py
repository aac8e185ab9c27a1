"""Logs that lie elsewhere: a folder, a file of a checkpoint, or an address; what is read of them, and how our own is gone on from one."""

from collections.abc import Callable
from pathlib import Path

import httpx

from activities.database import in_portions
from activities.log import public_keys
from activities.log.files import CHECKPOINT
from activities.log.leaves import Key, LeafKind
from activities.log.merkle import HASHINGS, root
from activities.log.notes import LONGEST, Checkpoint, NotANote, Note, NotSigned
from activities.log.sequencing import PORTION, Log, LogRefused, newest
from activities.log.tiles import Tile, nodes, tiles, unbundled
from activities.log.tree import Tree

ANSWERS = 20.0
"""Seconds within which another's log has to answer."""

LARGEST = 256 * 65_538
"""Bytes of the largest bundle of entries."""

Read = Callable[[str], bytes | None]
"""A file of a log by its name, such as `tile/0/000`; None if it is not there."""


def reading(source: str) -> Read:
    """How the files of a log are read that lies in a folder or at an address."""
    return _of_address(source) if source.startswith(("http://", "https://")) else _of_folder(Path(source))


def _of_folder(folder: Path) -> Read:
    def read(name: str) -> bytes | None:
        try:
            with (folder if folder.is_file() else folder / name).open("rb") as file:
                return file.read(LARGEST)
        except OSError:
            return None

    return read


def _of_address(address: str) -> Read:
    def read(name: str) -> bytes | None:
        try:
            with httpx.stream("GET", f"{address.rstrip('/')}/{name}", timeout=ANSWERS) as answer:
                content = b""
                for some in answer.iter_bytes():
                    content += some
                    if len(content) > LARGEST:
                        return None
                return content if answer.status_code == httpx.codes.OK else None
        except httpx.HTTPError:
            return None

    return read


def checkpoint(source: str) -> str | None:
    """The checkpoint of a log, as it is written there; None if there is none."""
    content = reading(source)(CHECKPOINT)
    return content.decode("utf-8", "replace") if content and len(content) <= LONGEST else None


def whole(read: Read, tile: Tile, path: str) -> bytes:
    """A tile or bundle; where the partial one is gone, the beginning of the whole. Raises `LookupError` if there is neither."""
    content = read(path) or read(path.partition(".p/")[0])
    if content is None:
        raise LookupError(path)
    return content


def adopted(log: Log, folder: Path) -> int:
    """Go on from a published log that is longer than ours, and begins with it: its further leaves are ours from now on, of which only
    the digests are known. How many those are. Raises `LogRefused`.
    """
    read = reading(str(folder))
    try:
        note = Note.read(checkpoint(str(folder)) or "")
        says = Checkpoint.read(note.text)
        hashing = HASHINGS[says.digest]
        with log.engine.connect() as db:
            last, ours = newest(db), Tree(db, hashing)
            size = ours.size
            known = public_keys.known(db, says.origin)
            begins = nodes(hashing, says.size, lambda tile: whole(read, tile, tile.path))
            if not note.signed_by(known):
                raise LogRefused("该日志不是以本部署已知的密钥签署的")
            if says.size < size or (size and root(hashing, 0, size, begins) != ours.root(size)):
                raise LogRefused("备案库中的日志不是该日志的前段")
        if last is None or root(hashing, 0, says.size, begins) != says.root:
            raise LogRefused("该日志的文件与其检查点不符")
        lost = [said for tile in tiles(says.size, size) if tile.level == 0 for said in _said(read, tile, size)]
        if len(lost) != says.size - size:
            raise LogRefused("该日志的条目不全")
        for some in in_portions(lost, PORTION):
            with log.turn() as db:
                first = Tree(db, hashing).size
                log.add(db, [(LeafKind.LOST, Key("log", first + n), said.hex()) for n, said in enumerate(some)])
    except (NotANote, NotSigned, LookupError, ValueError) as wrong:
        raise LogRefused(f"该日志无法读取（{type(wrong).__name__}）") from None
    return len(lost)


def _said(read: Read, tile: Tile, size: int) -> list[bytes]:
    """What the leaves of a tile say, from a position on."""
    begin = tile.number * 256
    return unbundled(whole(read, tile, tile.entries))[max(size - begin, 0) : tile.width]
