"""Backup and restore (备份与恢复): everything of a deployment that cannot be made again, with its hashes, in a folder or a zip.

A backup is made while the service runs, from one consistent view of the database: every row of every table, as lines of
JSON, so that SQLite and PostgreSQL restore each other's; then the attachments, which are only ever added while something
refers to them; then what the deployment brought itself. What is not in it is made again: the engine's database from the
register (`starter.py revive`), and pages, drafts, calendars and the outbox from its entries.

A backup holds personal data and the secret that signs cookies: it is readable for its owner alone.
"""

import hashlib
import json
import lzma
import os
import shutil
import tomllib
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from importlib.metadata import version
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import IO, Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from sqlalchemy import Connection, Date, DateTime, Engine, MetaData, Table, func, make_url, select, text
from sqlmodel import SQLModel

import models.gateway
import models.log
import models.register  # noqa: F401 (all for their tables)
from activities.attachments import CHUNK, Attachments, file_digest
from activities.database import connect, one_view
from activities.files import putting
from activities.migrating import migrate, revisions
from models.settings import Settings
from models.values import Instant, Value

MANIFEST = "manifest.json"
LARGEST_MANIFEST = 1 << 30
VERSIONS = "alembic_version"
ROWS = 500
"""How many rows are written into a database at once."""

Watch = Callable[[str, int, int], None]
"""Called as work goes on: what is being done, how much of it is done, and how much there is."""


class BackupRefused(Exception):
    """A backup that cannot be made or restored; nothing was changed. The text says why, in Chinese, a line each."""


PROJECT = Path(__file__).parents[1] / "pyproject.toml"


def release() -> str:
    """The version of this release: as its code says, or as it was installed where that file is not."""
    if PROJECT.is_file():
        return str(tomllib.loads(PROJECT.read_text("utf-8"))["project"]["version"])
    return version("beian")


class Part(Value):
    """One file of a backup."""

    name: str
    size: int
    sha256: str


class Manifest(Value):
    """What a backup holds. `revision` is that of the database's tables, `rows` how many each has.

    `missing` names attachments that the register refers to and that were gone or altered when the backup was made.
    `secret` says whether the secret that signs cookies is in it; one that is set as BEIAN_SECRET is not.
    """

    made_at: Instant
    release: str
    revision: str
    rows: dict[str, int]
    parts: tuple[Part, ...]
    missing: tuple[str, ...] = ()
    secret: bool = False


KNOWN = frozenset(SQLModel.metadata.tables)
"""The tables of this release, which `models.register` and `models.gateway` declare."""

OF_THE_ENGINE = frozenset({"followed", "drift", "passes"})
"""Tables that tell what was seen of the engine. The one that a register is restored beside is another, or further: it is looked at anew."""

FOLDERS = frozenset({"editions", "texts"})
"""Which of a deployment's own files are folders of them."""


def own_files(settings: Settings) -> dict[str, Path]:
    """What a deployment brings itself, by its place in a backup: where it is, or where a restore puts it."""
    return {
        "editions": settings.editions or settings.var / "editions",
        "texts": settings.texts or settings.var / "texts",
        "channels.toml": settings.channels or settings.var / "channels.toml",
        settings.secret_file.name: settings.secret_file,
        **({} if settings.log_keys else {settings.log_key_file.name: settings.log_key_file}),
    }


ELSEWHERE = (
    "secret", "log_keys", "encryption_keys", "encryption_keys_command", "log_witnesses", "log_witnessing", "log_stamp_roots",
)  # fmt: skip
"""Settings that name, or are, what a deployment keeps outside of `var`, and of its backups: secrets to be kept apart from them, and
others' public keys."""


def kept_elsewhere(settings: Settings) -> list[str]:
    """By which names of the environment a deployment has something of its own that is in no backup."""
    unset = {name: Settings.model_fields[name].get_default() for name in ELSEWHERE}
    return [f"BEIAN_{name.upper()}" for name in ELSEWHERE if getattr(settings, name) != unset[name]]


# Backup


def backup(settings: Settings, to: Path, now: datetime, watch: Watch = lambda *_: None) -> Manifest:
    """Make a backup into a folder that is new or empty, or into a new `.zip`. Raises `BackupRefused`."""
    if to.exists() and not (to.is_dir() and not any(to.iterdir())):
        raise BackupRefused(f"{to} 已存在，不覆盖；请换一个名称")
    if not to.absolute().parent.is_dir():  # a disk that is not mounted would be filled below its name
        raise BackupRefused(f"没有文件夹 {to.parent}；请先建立，或检查磁盘是否已挂载")
    half = to.with_name(f"{to.name}.part")
    _removed(half)
    try:
        with ExitStack() as stack:
            stack.callback(os.umask, os.umask(0o077))
            target: Target = stack.enter_context(
                ZipTarget.opened(half) if to.suffix == ".zip" else FolderTarget.opened(half)
            )
            manifest = _written(settings, target, now, watch)
        if to.is_dir():
            to.rmdir()
        half.replace(to)
    finally:
        _removed(half)
    return manifest


def _written(settings: Settings, target: "Target", now: datetime, watch: Watch) -> Manifest:
    engine = connect(settings.register_url)
    try:
        with one_view(engine) as connection:
            revision = connection.execute(text(f"SELECT version_num FROM {VERSIONS}")).scalar_one()
            tables = _tables(connection)
            counts = {}
            for number, table in enumerate(tables):
                watch("备案库", number, len(tables))
                counts[table.name] = target.chunks(f"register/{table.name}.jsonl", _rows_of(connection, table))
            uploads = sorted(set(connection.execute(select(_named(tables, "uploads").c.sha256)).scalars()))
        missing = tuple(_copied(Attachments(settings.upload_folder), uploads, engine, target, watch))
    finally:
        engine.dispose()
    for name, path in own_files(settings).items():
        for file in [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.is_file()):
            target.file(PurePosixPath(name, *file.relative_to(path).parts).as_posix(), file)
    manifest = Manifest(
        made_at=now,
        release=release(),
        revision=revision,
        rows=counts,
        parts=tuple(target.parts),
        missing=missing,
        secret=any(part.name == settings.secret_file.name for part in target.parts),
    )
    target.bytes(MANIFEST, manifest.model_dump_json(indent=1).encode())
    return manifest


def _copied(
    attachments: Attachments, digests: list[str], engine: Engine, target: "Target", watch: Watch
) -> Iterator[str]:
    """Copy the attachments; which of them are gone or altered, those aside that were let go meanwhile."""
    for number, sha256 in enumerate(digests):
        watch("附件", number, len(digests))
        if (fault := attachments.fault(sha256)) is None:
            target.file(f"uploads/{sha256}", attachments.path(sha256))
            continue
        with engine.connect() as connection:
            query = text("SELECT count(*) FROM uploads WHERE sha256 = :sha256")
            if connection.execute(query, {"sha256": sha256}).scalar_one():
                yield f"{fault}：{sha256}"


def _tables(connection: Connection) -> list[Table]:
    """The tables as they are in a database, those first to which others refer."""
    metadata = MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name != VERSIONS]


def _named(tables: Iterable[Table], name: str) -> Table:
    return next(table for table in tables if table.name == name)


def _rows_of(connection: Connection, table: Table) -> Iterator[bytes]:
    rows = connection.execution_options(yield_per=ROWS).execute(table.select().order_by(*table.primary_key.columns))
    for row in rows:
        plain = {name: _plain(value) for name, value in row._mapping.items()}
        yield json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return (value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)).isoformat()
    return value.isoformat() if isinstance(value, date) else value


# Restore


def restore(settings: Settings, source: Path, watch: Watch = lambda *_: None) -> Manifest:
    """Put a backup's content in place: its database into an empty one, its files where this deployment has them.

    Everything is looked over first. Raises `BackupRefused` if a part is missing, altered or unknown, if the database is not
    empty, if another file lies where one of its would go, or if the backup is of a newer release. A restore that was cut off
    may be repeated.
    """
    with Source.opened(source) as opened:
        manifest = opened.manifest()
        faults = [*opened.faults(manifest, watch), *_in_the_way(settings, manifest, opened)]
        if faults:
            raise BackupRefused("\n".join(faults))
        placed = _places(settings)
        for number, part in enumerate(manifest.parts):
            watch("文件", number, len(manifest.parts))
            if path := placed(part.name):
                with opened.open(part.name) as content, putting(path, lasting=True) as file:
                    os.fchmod(file.fileno(), 0o600)
                    shutil.copyfileobj(content, file, CHUNK)
        migrate(settings.register_url, manifest.revision)
        engine = connect(settings.register_url)
        try:
            with engine.connect().execution_options(writes=True) as connection, connection.begin():
                tables = _tables(connection)
                for number, table in enumerate(tables):
                    watch("备案库", number, len(tables))
                    if table.name in manifest.rows.keys() - OF_THE_ENGINE:
                        with opened.open(f"register/{table.name}.jsonl") as lines:
                            _fill(connection, table, lines)
        finally:
            engine.dispose()
        migrate(settings.register_url)
    return manifest


def _in_the_way(settings: Settings, manifest: Manifest, opened: "Source") -> Iterator[str]:
    """What keeps a backup from being restored here."""
    if manifest.revision not in revisions():
        yield f"备份由更新的版本（{manifest.release}）所作，请先升级本系统"
    if full := _full_tables(settings.register_url):
        yield f"备案库非空（{'、'.join(full)}），只能恢复到空库"
    placed = _places(settings)
    rows = {f"register/{name}.jsonl" for name in manifest.rows if name in KNOWN}
    for part in manifest.parts:
        path = placed(part.name)
        if path is None and part.name not in rows:
            yield f"备份里有不知放在何处的 {part.name}"
        if path and path.exists() and not (path.is_file() and file_digest(path) == part.sha256):
            yield f"{path} 已有另一文件，不覆盖"


def _full_tables(url: str) -> list[str]:
    """The tables of a database that hold anything. A database that is not there yet is not made."""
    database = make_url(url)
    if database.get_backend_name() == "sqlite" and not Path(database.database or "").exists():
        return []
    engine = connect(url)
    try:
        with engine.connect() as connection:
            return [each.name for each in _tables(connection) if connection.execute(each.select().limit(1)).first()]
    finally:
        engine.dispose()


def _places(settings: Settings) -> Callable[[str], Path | None]:
    """Where a part goes that is a file here too; None for any that has no place here."""
    attachments, own = Attachments(settings.upload_folder), own_files(settings)

    def place(name: str) -> Path | None:
        top, *rest = name.split("/")
        if top == "uploads" and len(rest) == 1:
            return attachments.path(rest[0])
        return own[top].joinpath(*rest) if top in own and bool(rest) == (top in FOLDERS) else None

    return place


def _fill(connection: Connection, table: Table, lines: IO[bytes]) -> None:
    """Write the rows of a table, and let its numbers go on after them."""
    while batch := [json.loads(line) for line in islice(lines, ROWS)]:
        connection.execute(table.insert(), [_typed(table, row) for row in batch])
    key = list(table.primary_key.columns)
    if connection.dialect.name == "postgresql" and len(key) == 1:
        sequence = connection.execute(select(func.pg_get_serial_sequence(table.name, key[0].name))).scalar()
        if sequence:
            following = select(
                func.setval(sequence, select(func.coalesce(func.max(key[0]), 0) + 1).scalar_subquery(), False)
            )
            connection.execute(following)


def _typed(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _of_type(table.c[name].type, value) for name, value in row.items()}


def _of_type(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, DateTime):
        instant = datetime.fromisoformat(value).astimezone(UTC)
        return instant if kind.timezone else instant.replace(tzinfo=None)
    return date.fromisoformat(value) if isinstance(kind, Date) else value


# Where a backup lies


@dataclass
class Target:
    """A backup that is being written: each part with its hash."""

    place: Any
    parts: list[Part] = field(default_factory=list)

    @contextmanager
    def writing(self, name: str) -> Iterator[IO[bytes]]:
        """A new part."""
        raise NotImplementedError

    def chunks(self, name: str, content: Iterable[bytes]) -> int:
        """Write a part; of how many chunks it was made."""
        digest, size, count = hashlib.sha256(), 0, 0
        with self.writing(name) as target:
            for chunk in content:
                target.write(chunk)
                digest.update(chunk)
                size, count = size + len(chunk), count + 1
        self.parts.append(Part(name=name, size=size, sha256=digest.hexdigest()))
        return count

    def bytes(self, name: str, content: bytes) -> None:
        """Write a small part."""
        self.chunks(name, [content])

    def file(self, name: str, path: Path) -> None:
        """Copy a file."""
        with path.open("rb") as source:
            self.chunks(name, iter(lambda: source.read(CHUNK), b""))


class FolderTarget(Target):
    """A folder, for its owner alone."""

    @classmethod
    @contextmanager
    def opened(cls, place: Path) -> Iterator["FolderTarget"]:
        """A new folder."""
        place.mkdir()
        yield cls(place)

    @contextmanager
    def writing(self, name: str) -> Iterator[IO[bytes]]:
        """A new file, on the disk when it is done."""
        path = self.place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())


class ZipTarget(Target):
    """A zip, for its owner alone."""

    @classmethod
    @contextmanager
    def opened(cls, place: Path) -> Iterator["ZipTarget"]:
        """A new zip, on the disk when it is done."""
        with place.open("xb") as file:
            with ZipFile(file, "w", ZIP_DEFLATED) as pack:
                yield cls(pack)
            file.flush()
            os.fsync(file.fileno())

    @contextmanager
    def writing(self, name: str) -> Iterator[IO[bytes]]:
        """A new member, of any size."""
        with self.place.open(name, "w", force_zip64=True) as file:
            yield file


UNREADABLE = (OSError, EOFError, BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError, RuntimeError)
"""What a damaged part of a zip is read as: a wrong sum or header, another way of packing, or a part that asks for a password."""


@dataclass
class Source:
    """A backup that is being read."""

    place: Path
    pack: ZipFile | None = None

    @classmethod
    @contextmanager
    def opened(cls, place: Path) -> Iterator["Source"]:
        """A backup's folder or zip."""
        if place.is_dir():
            yield cls(place)
            return
        try:
            with ZipFile(place) as pack:
                yield cls(place, pack)
        except (OSError, BadZipFile) as error:
            raise BackupRefused(f"{place} 不是备份文件夹，也不是备份的 zip") from error

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """A part's content."""
        with self.pack.open(name) if self.pack else (self.place / name).open("rb") as content:
            yield content

    def names(self) -> set[str]:
        """Every part there is."""
        if self.pack:
            return {each.filename for each in self.pack.infolist() if not each.is_dir()}
        return {each.relative_to(self.place).as_posix() for each in self.place.rglob("*") if not each.is_dir()}

    def manifest(self) -> Manifest:
        """What the backup says that it holds."""
        try:
            with self.open(MANIFEST) as content:
                return Manifest.model_validate_json(content.read(LARGEST_MANIFEST))
        except (KeyError, ValueError, *UNREADABLE) as error:
            raise BackupRefused(f"{self.place} 没有可读的备份清单（{MANIFEST}）") from error

    def faults(self, manifest: Manifest, watch: Watch) -> Iterator[str]:
        """What is wrong with the parts: missing, altered, under a name that leads elsewhere, or not on the list."""
        names, listed = self.names(), {part.name for part in manifest.parts}
        wanted = {f"register/{table}.jsonl" for table in manifest.rows}
        yield from (f"备份缺少 {name}" for name in sorted((listed | wanted) - names | wanted - listed))
        yield from (f"备份里有清单未列的 {name}" for name in sorted(names - listed - {MANIFEST}))
        for number, part in enumerate(manifest.parts):
            watch("核对备份", number, len(manifest.parts))
            if not _is_place(part):
                yield f"清单里的名称有误：{part.name}"
            elif part.name in names and self._digest(part.name) != part.sha256:
                yield f"备份里的 {part.name} 已被改动"

    def _digest(self, name: str) -> str | None:
        """The hash of a part's content, if it can be read at all."""
        try:
            with self.open(name) as content:
                return hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]
        except UNREADABLE:
            return None


def _is_place(part: Part) -> bool:
    """Whether a part's name leads to nowhere but its place; an attachment lies under its own hash."""
    steps = part.name.split("/")
    if any(step in ("", ".", "..") or "\\" in step or "\x00" in step for step in steps):
        return False
    return steps[0] != "uploads" or (len(steps) == 2 and steps[1] == part.sha256)


def _removed(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
