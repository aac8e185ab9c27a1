"""Files as they are put into folders that others look into meanwhile."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
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
    half = path.with_name(f".{uuid4().hex}")
    try:
        with _new(half) as file:
            yield file
            if lasting:
                file.flush()
                os.fsync(file.fileno())
        half.replace(path)
    except BaseException:
        half.unlink(missing_ok=True)
        raise


def _new(path: Path) -> IO[bytes]:
    """A new file; of many in one folder the first makes the folder."""
    try:
        return path.open("xb")
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("xb")
