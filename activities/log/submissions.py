"""What a log brings to a witness over HTTP (C2SP tlog-witness, `add-checkpoint`): how it is written and read. Texts, no files."""

import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from activities.log.merkle import HASHINGS
from activities.log.notes import LONGEST, Checkpoint, NotANote, Note

ADD = "add-checkpoint"
"""What is posted to, below the address of a witness."""

SIZE_TYPE = "text/x.tlog.size"
"""As which a witness tells the size that it saw last."""

MOST_HASHES = 63
"""Hashes of the longest proof."""

LARGEST = LONGEST + 46 * (MOST_HASHES + 1)
"""Bytes of the largest submission: a note, with a line of each hash and of the size before it."""

OLD = re.compile(r"old (0|[1-9][0-9]{0,17})")
HASH = re.compile(r"[A-Za-z0-9+/]{43}=")
SIZE = re.compile(rb"(0|[1-9][0-9]{0,17})\n")


@dataclass(frozen=True)
class Submission:
    """A checkpoint, and the proof that its tree begins with that of the first `old` leaves."""

    old: int
    proof: Sequence[bytes]
    note: Note
    says: Checkpoint

    def __str__(self) -> str:
        hashes = "".join(f"{b64encode(each).decode()}\n" for each in self.proof)
        return f"old {self.old}\n{hashes}\n{self.note}"

    @classmethod
    def read(cls, body: bytes) -> "Submission":
        """One as it was sent. Raises `NotANote`."""
        if len(body) > LARGEST:
            raise NotANote("a submission that is too large")
        try:
            above, blank, note = body.decode().partition("\n\n")
        except UnicodeDecodeError:
            raise NotANote("a submission that is no text") from None
        first, *hashes = above.split("\n")
        old = OLD.fullmatch(first)
        if not blank or old is None or len(hashes) > MOST_HASHES or not all(map(HASH.fullmatch, hashes)):
            raise NotANote("a submission that is cut off")
        read = Note.read(note)
        says = Checkpoint.read(read.text)
        if says.digest not in HASHINGS or not int(old[1]) <= says.size:
            raise NotANote("a checkpoint of another digest, or older than what it goes on from")
        return cls(int(old[1]), [b64decode(each) for each in hashes], read, says)


def size_in(answer: bytes) -> int:
    """The size that a witness says that it saw last. Raises `NotANote`."""
    told = SIZE.fullmatch(answer)
    if told is None:
        raise NotANote("a size that is none")
    return int(told[1])
