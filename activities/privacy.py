"""Whatever the service writes is its own: readable for nobody else on the machine, but for the announcements."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from models.settings import Settings

OWN = 0o077
"""What is left out of the rights of every file and folder (umask)."""

PUBLIC_FILE, PUBLIC_FOLDER = 0o644, 0o755
"""The rights of announcements, which any web server may serve."""


def keep_to_ourselves(settings: Settings) -> None:
    """From here on files are ours alone; what an earlier release left open is closed."""
    os.umask(OWN)
    settings.var.mkdir(parents=True, exist_ok=True)
    _close(settings.var, 0o711)  # who serves the announcements passes through it, and sees nothing else
    for path in (settings.outbox, settings.tray, settings.upload_folder, settings.calendars):
        _close(path, 0o700)
    # each before what lies beside it: SQLite gives what it makes there the rights of the database
    databases = ("register.db", "temporal.db", "register.db*", "temporal.db*")
    for pattern in (*databases, settings.secret_file.name, settings.token_file.name, "log-keys"):
        for path in settings.var.glob(pattern):
            _close(path, 0o600)


def _close(path: Path, rights: int) -> None:
    with suppress(FileNotFoundError):  # not there, or a log of the database's that goes at this moment
        if path.stat().st_uid == os.getuid():
            path.chmod(rights)


def kept_secret(path: Path) -> str:
    """A secret that is made once, readable for its owner alone, and read from its file ever after."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = path.with_name(f"{path.name}-{secrets.token_hex(8)}")
        with open(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(secrets.token_urlsafe(48))
        with suppress(FileExistsError):  # another process was quicker, and its secret is whole: a link appears at once
            os.link(made, path)
        made.unlink()
    return path.read_text("utf-8")


def open_to_all(path: Path, site: Path) -> None:
    """A file of the announcements, and the folders in which it lies."""
    path.chmod(PUBLIC_FILE)
    for folder in (path.parent, *path.parent.parents):
        folder.chmod(PUBLIC_FOLDER)
        if folder == site:
            break
