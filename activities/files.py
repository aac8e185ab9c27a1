"""Files as they are put into folders that others look into meanwhile."""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO
from uuid import uuid4


def put(path: Path, content: bytes) -> Path:
    """Write a file whole or not at all, over whatever had its name; where it stands."""
    with putting(path) as file:
        file.write(content)
    return path


@contextmanager
def putting(path: Path, *, lasting: bool = False) -> Iterator[IO[bytes]]:
    """A file that gets its name when it is whole, over whatever had it; if it is to be lasting, once it is on the disk."""
    half, file = _begun(path)
    with file:
        try:
            yield file
            file.flush()
            if lasting:
                os.fsync(file.fileno())
            half.replace(path)
        except BaseException:
            half.unlink(missing_ok=True)
            raise


def _begun(path: Path) -> tuple[Path, IO[bytes]]:
    """The unfinished file. What somebody left who died over it is begun anew, so it lies there for nobody;
    while somebody else is at it, another one is begun."""
    half = path.with_name(f".{hashlib.sha256(path.name.encode()).hexdigest()[:32]}")
    file = _opened(half)
    with suppress(OSError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(file.fileno()).st_ino == half.stat().st_ino:  # else it has got its name meanwhile
            file.truncate(0)
            return half, file
    file.close()
    half = path.with_name(f".{uuid4().hex}")
    return half, _opened(half)


def _opened(path: Path) -> IO[bytes]:
    """A file as it is, or a new one; of many in one folder the first makes the folder."""
    try:
        return open(path, "wb", opener=_as_it_is)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return open(path, "wb", opener=_as_it_is)


def _as_it_is(path: str, flags: int) -> int:
    return os.open(path, flags & ~os.O_TRUNC | os.O_CREAT, 0o666)
