"""What the service writes is its own, and nobody fills its disk with lines, or looks at its UI through a foreign page."""

import asyncio
import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from activities import logs
from activities.files import put
from activities.privacy import keep_to_ourselves, open_to_all
from deploy import ui
from models.settings import Settings


@pytest.fixture
def umask() -> Iterator[None]:
    """Leaves the rights of later files as they were."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def rights(path: Path) -> int:
    """The rights of a file or folder."""
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.usefixtures("umask")
def test_what_is_written_is_ours_alone_and_what_lay_open_is_closed(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path / "var")
    for name in ("register.db", "register.db-wal", "temporal.db", "gateway-secret"):
        put(settings.var / name, b"x")
    for folder in (settings.outbox, settings.tray, settings.upload_folder, settings.calendars):
        folder.mkdir()
    keep_to_ourselves(settings)
    for name in ("register.db", "register.db-wal", "temporal.db", "gateway-secret"):
        assert rights(settings.var / name) == 0o600
    for folder in (settings.outbox, settings.tray, settings.upload_folder, settings.calendars):
        assert rights(folder) == 0o700
    assert rights(put(settings.outbox / "letter.json", b"x")) == 0o600
    assert rights(settings.var) == 0o711


@pytest.mark.usefixtures("umask")
def test_announcements_are_for_everybody(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path / "var")
    keep_to_ourselves(settings)
    page = put(settings.site / "notices" / "N-1.html", b"x")
    open_to_all(page, settings.site)
    assert (rights(page), rights(page.parent), rights(settings.site)) == (0o644, 0o755, 0o755)


def test_a_thousand_bad_requests_are_sixty_lines_a_minute_and_a_number() -> None:
    now, written = [0.0], 0
    bounded = logs.Bounded(lambda: now[0])

    def line(level: int = logging.WARNING) -> logging.LogRecord:
        return logging.LogRecord("uvicorn.error", level, "", 0, {"event": "bad"}, None, None)

    for _ in range(1000):
        written += bounded.filter(line())
    assert written == logs.MOST
    assert bounded.filter(line(logging.INFO)), "what goes well is not bounded"
    now[0] += logs.A_MINUTE
    again = line()
    assert bounded.filter(again)
    assert again.msg == {"event": "bad", "left_out": 1000 - logs.MOST}


@pytest.mark.parametrize(
    ("head", "passes"),
    [
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1:8233\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\nhost:localhost:8233\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\nHost: evil.example:8233\r\n\r\n", False),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1:8233\r\nHost: evil.example\r\n\r\n", False),
        (b"GET / HTTP/1.1\r\n\r\n", False),
        (b"GET / HTTP/1.1\r\nX: a\r\nHost: 127.0.0.1:8233.evil.example\r\n\r\n", False),
    ],
)
def test_the_ui_is_asked_by_this_machines_own_name(head: bytes, passes: bool) -> None:
    assert ui.ours(head, 8233) is passes


async def test_what_asks_rightly_is_passed_on_and_what_does_not_reaches_nobody() -> None:
    reached: list[bytes] = []

    async def behind(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        writer.close()

    host, port = ui.hidden()
    hidden = await asyncio.start_server(behind, host, port)
    _, free = ui.hidden()
    async with hidden, await ui.stand_before((host, port), free):
        answers = []
        for name in ("127.0.0.1", "evil.example"):
            reader, writer = await asyncio.open_connection("127.0.0.1", free)
            writer.write(f"GET / HTTP/1.1\r\nHost: {name}:{free}\r\n\r\n".encode())
            answers.append(await reader.read())
            writer.close()
    assert answers[0].endswith(b"ok")
    assert answers[1].startswith(b"HTTP/1.1 403")
    assert len(reached) == 1
