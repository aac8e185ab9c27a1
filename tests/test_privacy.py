"""What the service writes is its own, and nobody fills its disk with lines, or looks at its UI through a foreign page."""

import asyncio
import logging
import os
import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from activities import logs, loopback
from activities.files import put
from activities.privacy import keep_to_ourselves, open_to_all
from activities.register import Register
from deploy import ui
from gateway.identity import EMBEDDED
from gateway.oidc import _private
from gateway.remembered.sessions import Sessions
from models.settings import Settings
from models.values import SHANGHAI
from tests.databases import prepare
from tests.simulated import lived, written
from tests.story import application
from workflows.connection import CORE

NOW = datetime(2030, 3, 20, 10, tzinfo=SHANGHAI)


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
    assert loopback.ours(head, 8233) is passes


async def test_what_asks_rightly_is_passed_on_and_what_does_not_reaches_nobody() -> None:
    reached: list[bytes] = []

    async def behind(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        writer.close()

    host, port = loopback.hidden()
    hidden = await asyncio.start_server(behind, host, port)
    _, free = loopback.hidden()
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


# What a deployment sets


@pytest.mark.parametrize("secret", ["x", "a" * 31])
def test_a_secret_that_can_be_guessed_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="至少32个字符"):
        Settings(secret=SecretStr(secret))


def test_a_misspelt_setting_is_an_error_and_says_what_was_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEIAN_MAIL_PASSWORD", "of a channel")
    Settings()
    monkeypatch.setenv("BEIAN_IDENTIY", "oidc")
    with pytest.raises(ValueError, match=r"BEIAN_IDENTIY.*BEIAN_IDENTITY"):
        Settings()


def test_a_provider_is_asked_where_nobody_listens_in() -> None:
    assert _private("https://login.example.gov.cn/token")
    assert _private("http://127.0.0.1:8080/token")
    assert not _private("http://login.example.gov.cn/token")
    assert not _private("https.example/token")


# What is kept, and who knows it


@pytest.fixture
def house_register(tmp_path: Path) -> Iterator[Register]:
    """A register with one life in it."""
    url = Settings(var=tmp_path).register_url
    prepare(url)
    register = Register.at(url)
    written(register, lived("F"))
    yield register
    register.engine.dispose()


def test_of_a_refusal_two_kilobytes_are_kept_whatever_was_refused(house_register: Register) -> None:
    huge = dict.fromkeys(("id", "kind"), "甲" * 1000000) | {"by": {"person": "乙" * 1_000_000, "office": "x" * 9_999}}
    for _ in range(30):
        house_register.record_refusal("F", huge, "丙" * 1_000_000, NOW)
    for row in house_register.refused_acts("F"):
        assert len(row.model_dump_json().encode()) < 3_000
        assert len(row.message.encode()) < 2_048
    assert len(house_register.refused_acts("F", 20)) == 20
    assert house_register.refused_acts("F", 20) == house_register.refused_acts("F")[-20:]


def test_what_the_register_knows_is_told_to_whom_it_concerns(house_register: Register) -> None:
    """A revoked alliance is told to its leader and to the province; to nobody else who names that leader."""
    form = application() | {"filing_id": "NEW", "alliance_name": "别的产学研联盟"}
    own = form["leader"]["uscc"]

    def known(office: str, role: str) -> tuple[str, ...]:
        return house_register.known("NEW", {**form, "by": {"person": "p", "office": office, "role": role}}).revoked

    assert known(own, "leader")
    assert known("210000", "province_st")
    assert known("912102007777777775", "leader") == ()
    assert known("210200", "city_st") == ()
    another = {**form, "alliance_name": application()["alliance_name"]}
    taken = house_register.known("NEW", another | {"by": {"office": "912102007777777775", "role": "leader"}})
    assert taken.revoked == ()


def test_who_has_another_post_has_lost_the_sessions_of_the_one_before(house_register: Register) -> None:
    sessions = Sessions(house_register.engine, timedelta(hours=8))
    officer = EMBEDDED["c-101"]
    first, second = sessions.begin(officer, NOW), sessions.begin(officer, NOW)
    assert sessions.find(first, NOW)
    moved = sessions.begin(officer.but(office="210200"), NOW)
    assert [sessions.find(each, NOW) is not None for each in (first, second, moved)] == [False, False, True]


def test_the_engine_s_core_logs_through_ours_without_what_it_quotes() -> None:
    assert CORE.forwarding is not None
    assert not CORE.forwarding.append_log_fields_to_message, "its fields hold payloads"
    assert CORE.forwarding.logger.name == "temporalio.core"
