"""Witnesses (见证): another office, a mirror or a library signs that a log only ever grew, by what it saw of it; we sign so for them.

A witness keeps the last checkpoint it saw of each log, and signs the next one only if that begins with it (C2SP tlog-witness). What it saw is
kept before it signs, so it never signs a fork, whenever it is killed.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, update

from activities.database import stating
from activities.log import public_keys
from activities.log.merkle import HASHINGS, root
from activities.log.notes import Checkpoint, Key, NotANote, Note, NotSigned, Signer
from activities.log.sequencing import CHECKPOINTS, newest
from activities.log.sources import checkpoint, reading, whole
from activities.log.tiles import nodes
from models.log import LogCheckpoint


class NotWitnessed(Exception):
    """未予见证: what a log shows does not go on from what was seen of it, or cannot be read. The text says why."""


@dataclass(frozen=True)
class Witness:
    """Signs what it sees of others' logs, and remembers it in one register."""

    engine: Engine
    signer: Signer

    def cosign(self, source: str, now: datetime, more: Collection[Key] = ()) -> tuple[Checkpoint, str]:
        """Look at a log in a folder or at an address, and sign its checkpoint; that, and the line of the signature.

        The first time, `more` says by which keys the log is known. Raises `NotWitnessed`.
        """
        read = reading(source)
        try:
            note = Note.read(checkpoint(source) or "")
            says = Checkpoint.read(note.text)
            hashing = HASHINGS[says.digest]
            if says.origin == self.signer.key.name:
                raise NotWitnessed("不为自己的日志作见证")
            begins = nodes(hashing, says.size, lambda tile: whole(read, tile, tile.path))
            if root(hashing, 0, says.size, begins) != says.root:
                raise NotWitnessed("该日志的文件与其检查点不符")
            with stating(self.engine) as db:
                before = public_keys.seen(db, says.origin)
                known = [*(public_keys.known(db, says.origin)), *([] if before else more)]
                if not known:
                    raise NotWitnessed(f"初次见证 {says.origin}，须以 --key 给出其公钥")
                if not note.signed_by(known):
                    raise NotWitnessed("检查点没有其已知密钥的签名")
                if before and before.size > says.size:
                    raise NotWitnessed(f"此前所见已有{before.size}条，现只有{says.size}条")
                if before and root(hashing, 0, before.size, begins).hex() != before.root:
                    raise NotWitnessed(f"不是此前所见{before.size}条的延续：该日志已被改写")
                public_keys.note(db, says, note, now, known)
        except (NotANote, NotSigned, LookupError, ValueError) as wrong:
            raise NotWitnessed(f"该日志无法采信（{type(wrong).__name__}）") from None
        return says, self.signer.cosignature(note.text, now)


def take(engine: Engine, lines: Collection[str], witnesses: Collection[Key]) -> LogCheckpoint:
    """Put witnesses' signatures on our newest checkpoint; it. Raises `NotWitnessed` if one is of nobody whom we know, or of something else."""
    with stating(engine) as db:
        last = newest(db)
        if last is None:
            raise NotWitnessed("日志尚未签署")
        note = Note.read(last.note)
        try:
            added = Note(note.text, tuple(lines)).signed_by([key.as_witness for key in witnesses])
        except (NotSigned, NotANote):
            added = []
        if len(added) != len(lines) or not lines:
            raise NotWitnessed("签名不是已知见证人对最近检查点的签名")
        last.note = str(note.with_lines(list(lines)))
        db.execute(update(CHECKPOINTS).where(CHECKPOINTS.c.number == last.number).values(note=last.note))
    return last
