"""Signed notes (C2SP signed-note), checkpoints (tlog-checkpoint) and cosignatures of them (tlog-cosignature): texts and bytes, no files.

What a log tells of the times of a checkpoint (`Times`) is a signature beside the others: the text that everybody reads stays as it is. A signature is named by its type: one that is not known here is passed over, as the format asks, so others can be added.
"""

import hashlib
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from activities.log.merkle import SHA_256

ED25519, COSIGNATURE = 0x01, 0x04
"""The types of signatures: of a log, and of a witness with the time at which it saw what it signs."""

TIMES = b"\xffbeian times 1"
"""The type of a signature that tells the times of a checkpoint: one of our own, which others pass over."""

COSIGNED = 8 + 64
"""Bytes of a cosignature: the time, and what was signed with it."""

DASH = "— "
LONGEST = 64_000
"""Bytes of the longest note that is looked at."""

DIGEST = "digest "
"""What begins the line of a checkpoint that names its digest, if that is not SHA-256."""


class NotANote(ValueError):
    """What was brought is no signed note, no checkpoint or no key."""


class NotSigned(Exception):
    """No known key has signed this, or a signature of one is false."""


@dataclass(frozen=True)
class Key:
    """A public key, by the name of whoever signs; a *vkey* is its one line."""

    name: str
    kind: int
    public: bytes = field(repr=False)

    @property
    def id(self) -> bytes:
        """The four bytes by which a signature names it."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{b64encode(bytes([self.kind]) + self.public).decode()}"

    @classmethod
    def read(cls, line: str) -> "Key":
        """A key from its line. Raises `NotANote`."""
        try:
            name, known_as, encoded = line.strip().split("+", 2)
            packed = b64decode(encoded, validate=True)
            key = cls(checked_name(name), packed[0], packed[1:])
        except (ValueError, NotBase64, IndexError) as error:
            raise NotANote("不是一行公钥（名称+编号+公钥）") from error
        if key.id.hex() != known_as or key.kind not in (ED25519, COSIGNATURE) or len(key.public) != 32:
            raise NotANote("公钥与其编号不符，或者不是本系统认得的签名算法")
        return key

    @property
    def times_id(self) -> bytes:
        """The four bytes by which what it tells of times names it."""
        return hashlib.sha256(self.name.encode() + b"\n" + TIMES + self.public).digest()[:4]

    @property
    def as_witness(self) -> "Key":
        """The same key, as it signs what others' logs say."""
        return Key(self.name, COSIGNATURE, self.public)

    def has_signed(self, text: str, signature: bytes) -> bool:
        """Whether it has signed a text."""
        message = text.encode()
        if self.kind == COSIGNATURE:
            message = cosigned(text, int.from_bytes(signature[:8], "big"))
            signature = signature[8:]
        return self.has_signed_bytes(message, signature)

    def has_signed_bytes(self, message: bytes, signature: bytes) -> bool:
        """Whether it has signed these bytes."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True


def checked_name(name: str) -> str:
    """A name of a key, as the format allows one. Raises `NotANote`."""
    if not name or "+" in name or any(each.isspace() or not each.isprintable() for each in name):
        raise NotANote("名称不得为空，也不得有空白、加号和控制字符")
    return name


def cosigned(text: str, seconds: int) -> bytes:
    """What a witness signs: that it saw this checkpoint at a time, in seconds since 1970."""
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


@dataclass(frozen=True)
class Times:
    """When a checkpoint was signed, at the end of which day if at one; how many leaves the end of a day before had, and when that was
    signed, if that is told with it (since 0.10.0). So whoever has a leaf's place knows when it came into the log."""

    made: datetime
    day: date | None = None
    after: int = 0
    after_made: datetime | None = None

    def __str__(self) -> str:
        since = _instant(self.after_made) if self.after_made else UNTOLD
        return f"made {_instant(self.made)}\nday {self.day or UNTOLD}\nafter {self.after} {since}\n"

    @classmethod
    def read(cls, text: str) -> "Times":
        """Times from their text. Raises `NotANote`."""
        try:
            made, day, after = (line.partition(" ")[2] for line in text.splitlines())
            size, _, since = after.partition(" ")
            return cls(
                datetime.fromisoformat(made),
                None if day == UNTOLD else date.fromisoformat(day),
                int(size),
                None if since == UNTOLD else datetime.fromisoformat(since),
            )
        except ValueError as error:
            raise NotANote("不是检查点的时间") from error

    def signed_with(self, text: str) -> bytes:
        """What is signed: these times, of this checkpoint."""
        return f"beian times 1\n{self}{text}".encode()


UNTOLD = "-"


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Signer:
    """Signs with a private key that nobody here need see; `sign` is given the bytes."""

    key: Key
    sign: Callable[[bytes], bytes] = field(repr=False)

    def line(self, text: str) -> str:
        """A signature of a text."""
        return line(self.key, self.sign(text.encode()))

    def times(self, text: str, times: Times) -> str:
        """What is told of the times of a checkpoint, signed."""
        signature = self.sign(times.signed_with(text))
        return _line(self.key.name, self.key.times_id + signature + str(times).encode())

    def cosignature(self, text: str, now: datetime) -> str:
        """A signature of another log's checkpoint, with the time."""
        seconds = int(now.timestamp())
        return line(self.key.as_witness, seconds.to_bytes(8, "big") + self.sign(cosigned(text, seconds)))


def line(key: Key, signature: bytes) -> str:
    """The line of a signature."""
    return _line(key.name, key.id + signature)


def _line(name: str, packed: bytes) -> str:
    return f"{DASH}{name} {b64encode(packed).decode()}\n"


@dataclass(frozen=True)
class Note:
    """A text with its signatures, a line each."""

    text: str
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.text}\n{''.join(self.lines)}"

    @classmethod
    def read(cls, content: str) -> "Note":
        """A note as it is written. Raises `NotANote`."""
        text, blank, signed = content.rpartition("\n\n")
        lines = tuple(signed.splitlines(keepends=True))
        well = blank and lines and all(each.startswith(DASH) and each.endswith("\n") for each in lines)
        if not well or len(content.encode()) > LONGEST or any(each < " " and each != "\n" for each in content):
            raise NotANote("不是带签名的文本")
        return cls(f"{text}\n", lines)

    def signed_by(self, keys: Collection[Key]) -> list[tuple[Key, bytes]]:
        """Which of these keys have signed it, each with its signature. Raises `NotSigned` if one of them has signed something else."""
        known = {(key.name, key.id): key for key in keys}
        found = []
        for name, id_, signature in self._signatures():
            if key := known.get((name, id_)):
                if not key.has_signed(self.text, signature):
                    raise NotSigned(f"{name} 的签名不实")
                found.append((key, signature))
        return found

    def is_signed_by(self, key: Key) -> bool:
        """Whether a true signature of a key is on it."""
        try:
            return bool(self.signed_by([key]))
        except (NotSigned, NotANote):
            return False

    def times(self, keys: Collection[Key]) -> Times | None:
        """When it was signed, as one of these keys says; None if none does. Raises `NotSigned`, `NotANote`."""
        known = {(key.name, key.times_id): key for key in keys}
        for name, id_, packed in self._signatures():
            if key := known.get((name, id_)):
                times = Times.read(packed[64:].decode(errors="replace"))
                if not key.has_signed_bytes(times.signed_with(self.text), packed[:64]):
                    raise NotSigned(f"{name} 的时间签名不实")
                return times
        return None

    def _signatures(self) -> Iterator[tuple[str, bytes, bytes]]:
        for each in self.lines:
            name, _, encoded = each.removeprefix(DASH).rstrip("\n").rpartition(" ")
            try:
                packed = b64decode(encoded, validate=True)
            except (NotBase64, ValueError) as error:
                raise NotANote("签名不是 base64") from error
            yield name, packed[:4], packed[4:]

    def witnesses(self) -> list[tuple[str, datetime]]:
        """By whom it was cosigned, and when, as its lines say; nothing is verified here."""
        lines = [(name, signature) for name, _, signature in self._signatures()]
        return [(name, seen_at(signature)) for name, signature in lines if len(signature) == COSIGNED]

    def with_lines(self, more: Sequence[str]) -> "Note":
        """The same note with further signatures; one that it has already is not repeated."""
        return Note(self.text, (*self.lines, *(each for each in dict.fromkeys(more) if each not in self.lines)))


def seen_at(signature: bytes) -> datetime:
    """When a witness saw what it signed."""
    return datetime.fromtimestamp(int.from_bytes(signature[:8], "big"), UTC)


@dataclass(frozen=True)
class Checkpoint:
    """What a log signs: how many leaves it has, and their root."""

    origin: str
    size: int
    root: bytes
    digest: str = SHA_256.name

    @property
    def text(self) -> str:
        """As it is signed. That the digest is another than SHA-256 stands in a line of its own."""
        other = "" if self.digest == SHA_256.name else f"{DIGEST}{self.digest}\n"
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n{other}"

    @classmethod
    def read(cls, text: str) -> "Checkpoint":
        """A checkpoint from its text; further lines of other logs are passed over. Raises `NotANote`."""
        try:
            origin, size, root, *others = text.removesuffix("\n").split("\n")
            digests = [each.removeprefix(DIGEST) for each in others if each.startswith(DIGEST)]
            read = cls(origin, int(size), b64decode(root, validate=True), *digests[:1])
        except (ValueError, NotBase64) as error:
            raise NotANote("不是日志的检查点") from error
        if not origin or str(read.size) != size or read.size < 0 or len(read.root) != 32:
            raise NotANote("不是日志的检查点")
        return read
