"""Uploads (上传的材料): files that people hand in, each kept once under its SHA-256, and whose they are.

A file is measured, compared with what its name says it is, and scanned before it gets its place; until then it lies apart
and nobody can fetch it. A document of a form then refers to it as `upload:<sha256>`.
"""

import hashlib
import os
import re
import shlex
import subprocess
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, TypedDict
from uuid import uuid4

import structlog
from anyio import CapacityLimiter, to_thread
from sqlalchemy import Engine, delete, text
from sqlmodel import Session, col, select
from starlette.datastructures import FormData, UploadFile

from activities.attachments import CHUNK, LOCATION, Attachments
from activities.database import reading, writing
from gateway.remembered.quotas import Quotas
from models.acts import By
from models.findings import Finding
from models.gateway import DraftRow, UploadRow
from models.register import Paper
from models.settings import Settings
from models.vocabulary import Role, Severity
from regulation.reading import finding

log = structlog.get_logger()

ZIPPED = b"PK\x03\x04"
OFFICE = "application/vnd.openxmlformats-officedocument"

TYPES: dict[str, tuple[str, bytes]] = {
    ".pdf": ("application/pdf", b"%PDF-"),
    ".ofd": ("application/ofd", ZIPPED),
    ".docx": (f"{OFFICE}.wordprocessingml.document", ZIPPED),
    ".xlsx": (f"{OFFICE}.spreadsheetml.sheet", ZIPPED),
    ".jpg": ("image/jpeg", b"\xff\xd8\xff"),
    ".jpeg": ("image/jpeg", b"\xff\xd8\xff"),
    ".png": ("image/png", b"\x89PNG\r\n\x1a\n"),
}
"""What is taken: the ending of a name, the media type, and how such a file begins (scans, OFD, office
files). No archives: what is in them is seen by no reviewer at a glance; several documents are several rows."""

PUBLIC = "public"
"""The owner of what the public brings, as their office stands in an act."""

LONGEST_NAME = 200
SCAN = timedelta(minutes=2)
"""How long a scanner may take."""

STORED_AT_ONCE = 4
"""So many files are taken in at the same time, on threads of their own: however long a scanner takes, nobody waits for it but
whoever brings a file."""

HALF_DONE = timedelta(days=1)
"""After this long, whatever was left half done is swept away."""

JUST_STORED = timedelta(minutes=10)
"""For this long a file is kept though nothing refers to it: what will refer to it is being saved."""


class Rejected(Exception):
    """An upload that was not taken; the text says why, for people."""


class Reference(TypedDict):
    """The fields of a document that a file in the store fills in (models/forms.py, Document)."""

    name: str
    media_type: str
    size: int
    sha256: str
    location: str


@dataclass(frozen=True)
class Uploads:
    """The store in a folder, and behind one database whose each file is. `largest` is in bytes."""

    engine: Engine
    folder: Path
    largest: int
    scanner: str = ""
    taking: bool = True
    quotas: Quotas | None = None
    _threads: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(STORED_AT_ONCE))

    @classmethod
    def of(cls, settings: Settings, engine: Engine) -> "Uploads":
        """The store of a deployment."""
        folder = settings.upload_folder.absolute()
        quotas = Quotas.of(settings, engine)
        return cls(engine, folder, settings.largest_upload, settings.scanner, settings.uploads, quotas)

    async def store(
        self,
        file: UploadFile,
        owner: str,
        now: datetime,
        *,
        expected: str | None = None,
        person: str = "",
        notice: str = "",
    ) -> Reference:
        """Take a file for an owner: as `owner_of` says, or `PUBLIC`. The same content twice is one file.

        `expected` is the SHA-256 that somebody told beforehand. What is new counts towards the quotas of the person and the
        owner's office; what the public brings, of the `notice` that it is about. Raises `Rejected`, and then nothing
        is kept.
        """
        if not self.taking:
            raise Rejected("本系统不接收文件，请填写文件在平台的引用")
        name = safe_name(file.filename or "")
        await file.seek(0)
        office = "" if owner == PUBLIC else owner.partition("/")[0]
        whose = {"person": person, "office": office, "notice": notice}
        stored = partial(self._stored, file.file, name, owner, now, expected, whose)
        return await to_thread.run_sync(stored, limiter=self._threads)

    def _stored(
        self, content: BinaryIO, name: str, owner: str, now: datetime, expected: str | None, whose: Mapping[str, str]
    ) -> Reference:
        media_type, beginning = TYPES.get(Path(name).suffix.lower(), ("", b""))
        if not media_type:
            raise Rejected(f"只接收{'、'.join(ending.removeprefix('.') for ending in TYPES)}文件")
        with self._half_done(now) as half:
            sha256, size, first = self._copied(content, half)
            if not first.startswith(beginning):
                raise Rejected(f"内容不是{Path(name).suffix.lower().removeprefix('.')}文件")
            if expected and expected.lower() != sha256:
                raise Rejected("文件的摘要与所填的 SHA-256 不符")
            self._scan(half)
            if self.quotas and not self._path(sha256).exists() and (told := self.quotas.take(size, now, **whose)):
                raise Rejected(told)
            row = UploadRow(sha256=sha256, owner=owner, name=name, media_type=media_type, size=size, stored_at=now)
            with self._changing() as session:
                session.merge(row)
                session.flush()
                self._place(half, sha256)
        return Reference(name=name, media_type=media_type, size=size, sha256=sha256, location=f"{LOCATION}{sha256}")

    @contextmanager
    def _half_done(self, now: datetime) -> Iterator[Path]:
        """A new file apart from the others, gone afterwards; those that a crash left behind go too, when they are old."""
        apart = self.folder / "incoming"
        apart.mkdir(parents=True, exist_ok=True, mode=0o700)
        for old in apart.iterdir():
            with suppress(FileNotFoundError):  # another file, whose bringing ends at this moment
                if old.stat().st_mtime < (now - HALF_DONE).timestamp():
                    old.unlink()
        half = apart / uuid4().hex
        half.touch(mode=0o600)
        try:
            yield half
        finally:
            half.unlink(missing_ok=True)

    def _copied(self, content: BinaryIO, half: Path) -> tuple[str, int, bytes]:
        """Copy a file onto the disk; its SHA-256, its size and its first bytes."""
        digest, size, first = hashlib.sha256(), 0, b""
        with half.open("wb") as target:
            while chunk := content.read(CHUNK):
                first = first or chunk[:16]
                size += len(chunk)
                if size > self.largest:
                    raise Rejected(f"文件不得超过{self.largest / 1_000_000:g} MB")
                digest.update(chunk)
                target.write(chunk)
            target.flush()
            os.fsync(target.fileno())
        if not size:
            raise Rejected("文件是空的")
        return digest.hexdigest(), size, first

    def _scan(self, half: Path) -> None:
        """Ask the scanner, if there is one: 0 is clean, 1 infected, and anything else no answer (clamdscan's codes)."""
        if not self.scanner:
            return
        command = [*shlex.split(self.scanner), str(half)]
        try:
            quiet = subprocess.DEVNULL
            code = subprocess.run(
                command, stdin=quiet, stdout=quiet, stderr=quiet, timeout=SCAN.total_seconds(), check=False
            ).returncode
        except (OSError, subprocess.TimeoutExpired) as error:
            log.error("uploads.not_scanned", error=type(error).__name__)
            raise Rejected("现在不能查毒，未予收下，请稍后再传") from error
        if code == 1:
            log.warning("uploads.infected")
            raise Rejected("文件含有病毒，未予收下")
        if code != 0:
            log.error("uploads.not_scanned", code=code)
            raise Rejected("现在不能查毒，未予收下，请稍后再传")

    def _place(self, half: Path, sha256: str) -> None:
        """Give a file its place, whole or not at all; over one of the same content, if there is one."""
        final = self._path(sha256)
        final.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        half.replace(final)
        for folder in (final.parent, self.folder):
            opened = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(opened)
            finally:
                os.close(opened)

    def _path(self, sha256: str) -> Path:
        return Attachments(self.folder).path(sha256)

    @contextmanager
    def _changing(self) -> Iterator[Session]:
        """A transaction for a file and its row together: nobody takes away what another is just putting there."""
        with writing(self.engine) as session:
            if self.engine.dialect.name == "postgresql":
                session.connection().execute(text("LOCK TABLE uploads IN EXCLUSIVE MODE"))
            yield session

    def find(self, sha256: str, owners: Iterable[str]) -> tuple[UploadRow, Path] | None:
        """A file that one of these brought, and where it lies; None if none did, or it is gone."""
        if not re.fullmatch(r"[0-9a-f]{64}", sha256):
            return None
        query = select(UploadRow).where(UploadRow.sha256 == sha256, col(UploadRow.owner).in_(set(owners)))
        with reading(self.engine) as session:
            row = session.exec(query.order_by(col(UploadRow.stored_at).desc())).first()
        path = self._path(sha256)
        return (row, path) if row and path.is_file() else None

    def of_scan(self, act: Mapping[str, Any], by: By, at: str = "came") -> list[Finding]:
        """What is wrong with the scan of what came on paper: a file in the store is one that this post brought."""
        came = act.get(at)
        scan = came.get("scan") if isinstance(came, Mapping) else None
        if not isinstance(scan, Mapping) or not str(scan.get("location")).startswith(LOCATION):
            return []
        sha256 = str(scan.get("sha256"))
        if scan.get("location") == f"{LOCATION}{sha256}" and self.find(sha256, [owner_of(by)]):
            return []
        return [finding("G-03", f"/{at}/scan", Severity.ERROR, "来文扫描件不是本机构所上传的，请重新上传")]

    def release(self, digests: Iterable[str], now: datetime) -> None:
        """Let go of files that a draft referred to: those to which no paper and no other draft refers are deleted.

        A draft that was never submitted is not kept for ever, and neither is what was handed in with it.
        """
        for sha256 in digests:
            with reading(self.engine) as session:
                if not _is_let_go(session, sha256, now):
                    continue
            with self._changing() as session:
                if _is_let_go(session, sha256, now):
                    session.connection().execute(delete(UploadRow).where(col(UploadRow.sha256) == sha256))
                    self._path(sha256).unlink(missing_ok=True)

    def drop(self, sha256: str) -> None:
        """Delete a file that no row knows of."""
        with self._changing() as session:
            if not session.exec(select(UploadRow.sha256).where(UploadRow.sha256 == sha256)).first():
                self._path(sha256).unlink(missing_ok=True)


def owner_of(by: By) -> str:
    """Whose a file is that somebody brings: the leader's company's, or that of an office's post, for not all of an
    office may read everything (G-04)."""
    return by.office if by.role in (Role.LEADER, Role.PUBLIC) else f"{by.office}/{by.role}"


def _is_let_go(session: Session, sha256: str, now: datetime) -> bool:
    """Whether a file is in the store, not just brought, and mentioned nowhere."""
    rows = session.exec(select(UploadRow).where(UploadRow.sha256 == sha256)).all()
    late = all(row.stored_at <= now - JUST_STORED for row in rows)
    return bool(rows) and late and not _mentioned(session, sha256)


def _mentioned(session: Session, sha256: str) -> bool:
    """Whether a paper or a draft refers to a file."""
    papers = select(Paper.digest).where(col(Paper.body).contains(sha256))
    drafts = select(DraftRow.id).where(col(DraftRow.body).contains(sha256))
    return any(session.exec(query.limit(1)).first() for query in (papers, drafts))


def safe_name(name: str) -> str:
    """The last part of a file's name, on one line and without characters that cannot be seen or turn the text around."""
    last = re.split(r"[/\\]", name)[-1]
    visible = "".join(char for char in last if unicodedata.category(char)[0] != "C" and char not in "\u2028\u2029")
    stem, dot, ending = visible.strip().strip(".").rpartition(".")
    return f"{stem[: LONGEST_NAME - len(ending) - 1]}{dot}{ending}" if stem else ending[:LONGEST_NAME]


# Files in forms


FILE = "/file"
"""How the name of a file's input ends; before it stands the pointer of the document."""


async def taken(
    form: FormData, uploads: Uploads, owner: str, now: datetime, *, person: str = "", notice: str = ""
) -> tuple[FormData, tuple[Finding, ...]]:
    """A form with its files in the store, as if somebody had typed what their documents need; and what was not taken."""
    filled: dict[str, Any] = {}
    faults: list[Finding] = []
    for name, file in form.multi_items():
        if not isinstance(file, UploadFile) or not file.filename or not name.endswith(FILE):
            continue
        at = name.removesuffix(FILE)
        try:
            reference = await uploads.store(file, owner, now, expected=_told(form, at), person=person, notice=notice)
        except Rejected as rejected:
            message = f"“{safe_name(file.filename)}”未收下：{rejected}"
            faults.append(finding("A-28", re.sub(r"/[0-9]+$", "", at), Severity.ERROR, message))
        else:
            filled |= {f"{at}/{key}": str(value) for key, value in reference.items()}
    typed = [(name, value) for name, value in form.multi_items() if isinstance(value, str) and name not in filled]
    return FormData([*typed, *filled.items()]), tuple(faults)


def named(form: FormData) -> FormData:
    """A form with its files named by their digests, and none of them kept: for one that was taken before."""
    files = [(name, file) for name, file in form.multi_items() if isinstance(file, UploadFile) and file.filename]
    told = {
        f"{name.removesuffix(FILE)}/{key}": value
        for name, file in files
        for key, value in (
            ("name", safe_name(file.filename or "")),
            ("sha256", hashlib.sha256(file.file.read()).hexdigest()),
        )
    }
    typed = [(name, value) for name, value in form.multi_items() if isinstance(value, str) and name not in told]
    return FormData([*typed, *told.items()])


def _told(form: FormData, at: str) -> str | None:
    """The digest that somebody typed for a document; what stands there of an earlier upload is none."""
    typed, location = form.get(f"{at}/sha256"), form.get(f"{at}/location")
    earlier = isinstance(location, str) and location.startswith(LOCATION)
    return typed.strip() or None if isinstance(typed, str) and not earlier else None
