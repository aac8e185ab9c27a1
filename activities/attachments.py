"""Attachments (附件): the files that papers refer to as `upload:<sha256>`, each kept once under its SHA-256.

Doors put them there (gateway/remembered/uploads.py). Here they are read: for the archive, for a backup, and to see that each is still
what it was.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.values import Value

LOCATION = "upload:"
"""How the location of a document in this store begins."""

CHUNK = 1 << 20


class Reference(Value):
    """A file that a paper refers to, and what it is called there."""

    sha256: str
    name: str


@dataclass(frozen=True)
class Attachments:
    """The store in a folder."""

    folder: Path

    def path(self, sha256: str) -> Path:
        """Where a file lies, or would."""
        return self.folder / sha256[:2] / sha256

    def fault(self, sha256: str) -> str | None:
        """What is wrong with a file, in words: it is gone, cannot be read, or is not what it was."""
        path = self.path(sha256)
        if not path.is_file():
            return "附件缺失"
        try:
            return None if file_digest(path) == sha256 else "附件内容已被改动"
        except OSError:
            return "附件无法读取"

    def faults(self, references: Iterable[Reference]) -> Iterator[str]:
        """What is wrong with files that papers refer to, each by its name."""
        for each in references:
            if fault := self.fault(each.sha256):
                yield f"{fault}：{each.name}（{each.sha256}）"


def file_digest(path: Path) -> str:
    """SHA-256 of a file of any size."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def references(papers: Iterable[str]) -> list[Reference]:
    """The files that papers, as they are stored, refer to: each once, by the name that it has where it comes first."""
    found: dict[str, Reference] = {}
    for body in papers:
        if LOCATION in body:
            for each in _documents(json.loads(body)):
                found.setdefault(each.sha256, each)
    return list(found.values())


def _documents(value: Any) -> Iterator[Reference]:
    """The documents in a paper that lie in this store, wherever in it they stand."""
    if isinstance(value, Mapping):
        location = value.get("location")
        if isinstance(location, str) and re.fullmatch(f"{LOCATION}[0-9a-f]{{64}}", location):
            yield Reference(sha256=location.removeprefix(LOCATION), name=str(value.get("name") or location))
        for each in value.values():
            yield from _documents(each)
    elif isinstance(value, list):
        for each in value:
            yield from _documents(each)
