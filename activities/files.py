"""Files as they are put into folders that others look into meanwhile."""

from pathlib import Path
from uuid import uuid4


def put(path: Path, content: bytes) -> Path:
    """Write a file whole or not at all, over whatever had its name; where it stands."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{uuid4().hex}")
    try:
        half.write_bytes(content)
        return half.replace(path)
    finally:
        half.unlink(missing_ok=True)
