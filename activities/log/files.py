"""The log as static files that any web server can serve and any mirror can copy (C2SP tlog-tiles): `checkpoint`, `tile/…`, `keys`.

The checkpoint is written last, so everything it speaks of is there. What is there is not written again.
"""

from base64 import b64decode
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select

from activities.database import in_portions
from activities.files import put
from activities.log.leaves import data
from activities.log.notes import Checkpoint, Key, NotANote, Note
from activities.log.tiles import WIDTH, Tile, bundled, tiles
from activities.log.tree import Tree
from activities.privacy import open_to_all
from models.log import LogCheckpoint, LogLeaf

LEAVES, CHECKPOINTS = (model.metadata.tables[str(model.__tablename__)] for model in (LogLeaf, LogCheckpoint))

SIGNED_LATE = 31
"""Of so many of the last days a witness may still sign the ends."""

CHECKPOINT, KEYS, DAYS, WITNESSES = "checkpoint", "keys", "days", "witnesses"


@dataclass(frozen=True)
class LogFiles:
    """The log below `folder`, a part of the `site` that is open to all."""

    folder: Path
    site: Path

    def note(self) -> str | None:
        """The checkpoint that was published last, as it is written; None if there is none."""
        try:
            return (self.folder / CHECKPOINT).read_text("utf-8", "replace")
        except FileNotFoundError:
            return None

    def checkpoint(self) -> Checkpoint | None:
        """What it says; None if there is nothing that can be read."""
        try:
            return Checkpoint.read(Note.read(self.note() or "").text)
        except NotANote:
            return None

    def write(self, tree: Tree, last: LogCheckpoint, public: Collection[Key], witnesses: Collection[Key] = ()) -> None:
        """Bring the files up to a checkpoint, with the keys by which it may be verified, and those of its witnesses."""
        published = self.checkpoint()
        since = published.size if published and published.size <= last.size else 0
        for tile in tiles(last.size, since):
            self._put(tile.path, tree.tile(tile))
            if tile.level == 0:
                self._put(tile.entries, bundled(_said(tree.db, tile)))
        self._put_days(tree.db)
        self._put(WITNESSES, "".join(f"{key}\n" for key in witnesses).encode())
        self._put(KEYS, "".join(f"{key}\n" for key in public).encode())
        self._put(CHECKPOINT, last.note.encode())

    def faults(self, tree: Tree) -> Iterator[str]:
        """Which files are not what the register's log makes of them, up to the checkpoint that is there."""
        published = self.checkpoint()
        for tile in tiles(min(published.size, tree.size)) if published else ():
            if not self._is(tile.path, tree.tile(tile)):
                yield f"已发布的日志文件 {tile.path} 缺失或已被改动"
            if tile.level == 0 and not self._is(tile.entries, bundled(_said(tree.db, tile))):
                yield f"已发布的日志文件 {tile.entries} 缺失或已被改动"

    def _put_days(self, db: Connection) -> None:
        """The ends of days, and their stamps, that are not there; of those that are, the last ones, for a witness may have signed them
        since, and of the others nothing but the names."""
        there = {path.name for path in (self.folder / DAYS).glob("*")}
        query = select(CHECKPOINTS.c.day, CHECKPOINTS.c.stamp.is_not(None)).where(CHECKPOINTS.c.day.is_not(None))
        ended = db.execute(query.order_by(CHECKPOINTS.c.day)).all()
        lacking = [
            day for day, stamped in ended if not there.issuperset([str(day), *([f"{day}.tsr"] if stamped else [])])
        ]
        lacking += [day for day, _ in ended[-SIGNED_LATE:]]
        for some in in_portions(sorted({*lacking}), WIDTH):
            query = select(CHECKPOINTS.c.day, CHECKPOINTS.c.note, CHECKPOINTS.c.stamp).where(
                CHECKPOINTS.c.day.in_(some)
            )
            for day, note, stamp in db.execute(query):
                self._put(f"{DAYS}/{day}", note.encode())
                if stamp:
                    self._put(f"{DAYS}/{day}.tsr", b64decode(stamp))

    def _is(self, name: str, content: bytes) -> bool:
        path = self.folder / name
        return path.exists() and path.read_bytes() == content

    def _put(self, name: str, content: bytes) -> None:
        path = self.folder / name
        if self._is(name, content):
            return
        put(path, content)
        open_to_all(path, self.site)


def _said(db: Connection, tile: Tile) -> Iterator[bytes]:
    """What the leaves of a tile say."""
    begin = tile.number * WIDTH
    query = select(LEAVES.c.kind, LEAVES.c.nonce, LEAVES.c.covers).where(
        LEAVES.c.position >= begin, LEAVES.c.position < begin + tile.width
    )
    yield from (data(*row) for row in db.execute(query.order_by(LEAVES.c.position)))
