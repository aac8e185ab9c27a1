"""The rules as a wheel (规则程序): `regulation` and what it reads, made of the running code, that a proof can bring along.

The same code is the same bytes, wherever it is made. Its digest is remembered like that of an edition (`used_editions`), and so is in
the log: whoever works an outcome out anew (regulation/recomputing.py) knows that it is by the rules of then.
"""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from io import BytesIO
from zipfile import ZipFile, ZipInfo

from sqlalchemy import Connection

from activities.database import unless_there
from models.register import UsedEdition

SUBJECT = "rules"
PACKAGES, ENDINGS = ("models", "regulation"), (".py", ".json", ".toml", ".txt")
NOTES = unless_there(UsedEdition.metadata.tables["used_editions"])


@dataclass(frozen=True)
class Wheel:
    """The rules of one state of the code; `name` is what they are remembered by, `file` what the wheel is called."""

    name: str
    file: str
    content: bytes

    @property
    def digest(self) -> str:
        """Its SHA-256."""
        return hashlib.sha256(self.content).hexdigest()


@cache
def wheel() -> Wheel:
    """The rules of the running code."""
    version = metadata.version("beian")
    about = f"beian_regulation-{version}.dist-info"
    needs = next(each for each in metadata.requires("beian") or () if each.startswith("pydantic>"))
    told = f"Metadata-Version: 2.1\nName: beian-regulation\nVersion: {version}\nRequires-Python: >=3.11\nRequires-Dist: {needs}\n"
    files = {name: content for package in PACKAGES for name, content in _files(resources.files(package), package)}
    files[f"{about}/METADATA"] = told.encode()
    files[f"{about}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: beian\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    sums = [f"{name},sha256={_of_record(content)},{len(content)}\n" for name, content in files.items()]
    files[f"{about}/RECORD"] = f"{''.join(sums)}{about}/RECORD,,\n".encode()
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(ZipInfo(name), content)
    content = packed.getvalue()
    name = f"{version}-{hashlib.sha256(content).hexdigest()[:12]}"
    return Wheel(name, f"beian_regulation-{version}-py3-none-any.whl", content)


def _files(folder: Traversable, path: str) -> Iterator[tuple[str, bytes]]:
    """The files of a package and of those below it, by their names."""
    for each in sorted(folder.iterdir(), key=lambda each: each.name):
        if each.is_dir():
            yield from _files(each, f"{path}/{each.name}")
        elif each.name.endswith(ENDINGS):
            yield f"{path}/{each.name}", each.read_bytes()


def _of_record(content: bytes) -> str:
    return urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def note(db: Connection, now: datetime) -> None:
    """Remember the rules by which is worked here from now on."""
    rules = wheel()
    row = {"subject": SUBJECT, "name": rules.name, "digest": rules.digest, "first_used_at": now}
    db.execute(NOTES[db.dialect.name], row)
