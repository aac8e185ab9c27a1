"""Witnesses (见证), we of others' logs: this deployment signs that a log only ever grew, by what it saw of it (C2SP tlog-witness).

What it saw last of each log is kept (`log_witnessed`) before it signs what goes on from that, by one at a time: so it never signs a fork,
whoever asks it at once, and whenever it is killed.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, text

from activities.database import stating
from activities.log import public_keys
from activities.log.merkle import HASHINGS, Inconsistent, root, verify_consistency
from activities.log.notes import Checkpoint, Key, NotANote, Note, NotSigned, Signer
from activities.log.sources import checkpoint, reading, whole
from activities.log.submissions import Submission
from activities.log.tiles import nodes


class NotWitnessed(Exception):
    """未予见证: what a log shows does not go on from what was seen of it, or cannot be read. The text says why."""


class NotCosigned(Exception):
    """What a submission is answered with that is not cosigned: the status, and the size that was seen last if that is what it lacks."""

    def __init__(self, status: int, size: int | None = None) -> None:
        super().__init__(status)
        self.status, self.size = status, size


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
            with self.engine.connect() as db:
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
            with self.turn() as db:
                now_seen = public_keys.seen(db, says.origin)
                if (now_seen and (now_seen.size, now_seen.root)) != (before and (before.size, before.root)):
                    raise NotWitnessed("其间已另行见证该日志，请再执行一次")
                public_keys.note(db, says, note, now, known)
        except (NotANote, NotSigned, LookupError, ValueError) as wrong:
            raise NotWitnessed(f"该日志无法采信（{type(wrong).__name__}）") from None
        return says, self.signer.cosignature(note.text, now)

    def add(self, told: Submission, now: datetime, known: Collection[Key]) -> str:
        """The line of the signature of what a log brings, one of those whose keys are `known`, by their names. Raises `NotCosigned`.

        Whoever is cut off between what is kept and the signature brings the same again, from there.
        """
        says, hashing = told.says, HASHINGS[told.says.digest]
        trusted = [key for key in known if key.name == says.origin and key.name != self.signer.key.name]
        if not trusted:
            raise NotCosigned(404)
        signed = [key for key in trusted if told.note.is_signed_by(key)]
        if not signed:
            raise NotCosigned(403)
        with self.turn() as db:
            before = public_keys.seen(db, says.origin)
            size, before_root = (before.size, bytes.fromhex(before.root)) if before else (0, hashing.empty)
            if told.old != size or (says.size == size and says.root != before_root):
                raise NotCosigned(409, size)
            try:
                verify_consistency(hashing, size, before_root, says.size, says.root, told.proof)
            except Inconsistent:
                raise NotCosigned(422) from None
            public_keys.note(db, says, told.note, now, signed)
        return self.signer.cosignature(told.note.text, now)

    @contextmanager
    def turn(self) -> Iterator[Connection]:
        """A transaction in which nobody else notes what was seen, also of a log of which nothing was seen yet."""
        with stating(self.engine) as db:
            if db.dialect.name == "postgresql":
                db.execute(text("LOCK TABLE log_witnessed IN EXCLUSIVE MODE"))
            yield db
