"""Several processes of one gateway: whoever answers, it is one gateway that signs in, counts and keeps."""

import hashlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from itertools import islice
from pathlib import Path

import pytest
from sqlmodel import SQLModel, select

from activities.database import reading
from activities.ending import end
from activities.register import Register
from activities.starting import PortTaken
from deploy.embedded import answers
from gateway import processes
from gateway.counters import A_DAY, A_MINUTE, AN_HOUR, NEAR, SIZE, SLOTS, SPANS, Counters, Limit
from gateway.remembered.spent import Spent
from models.gateway import CountedRow
from models.settings import Settings
from tests.databases import Databases, on_both, prepare
from tests.loopback import free_port
from tests.patience import eventually
from tests.story import instant

ROOT = Path(__file__).parent.parent
NOW = instant("2027-03-16T09:00")


# What is counted

BEGUN = 1_728_000.0
"""A window of a minute begins, one of an hour, and one of a day."""


def test_a_limit_holds_for_all_who_count_in_one_table() -> None:
    with tempfile.TemporaryFile() as file:
        file.truncate(SIZE)
        here, there = Counters(file.fileno()), Counters(file.fileno())
        limit = Limit("somebody", 5, A_MINUTE)
        turns = [(here, there)[number % 2].hit([limit], BEGUN) for number in range(8)]
        assert turns[:5] == [0] * 5
        assert all(0 < wait <= 60 for wait in turns[5:])
        assert there.hit([limit._replace(key="somebody else")], BEGUN) == 0
        assert there.hit([limit._replace(seconds=AN_HOUR)], BEGUN) == 0, "each span is counted for itself"


def test_what_was_counted_lately_counts_as_far_as_it_overlaps() -> None:
    counters, limits = Counters(), [Limit("somebody", 4, A_MINUTE)]
    assert [counters.hit(limits, BEGUN) for _ in range(4)] == [0] * 4
    assert counters.hit(limits, BEGUN + 30) > 0
    halfway = BEGUN + 60 + 30
    assert [bool(counters.hit(limits, halfway)) for _ in range(3)] == [False, False, True]
    wait = counters.hit(limits, halfway)
    assert counters.hit(limits, halfway + wait - 1) > 0
    assert counters.hit(limits, halfway + wait + 0.01) == 0, "whoever waits as long as they were told is let in"
    assert counters.hit(limits, BEGUN + 600) == 0


def test_a_limit_may_be_as_high_as_anybody_writes_it() -> None:
    assert Counters().hit([Limit("everybody", 10**30, A_MINUTE)], now=60.0) == 0


def test_what_one_limit_refuses_is_counted_for_none() -> None:
    counters, mine, ours = Counters(), Limit("mine", 2, A_MINUTE), Limit("ours", 3, A_DAY)
    assert [bool(counters.hit([mine, ours], BEGUN)) for _ in range(5)] == [False, False, True, True, True]
    assert [bool(counters.hit([ours], BEGUN)) for _ in range(2)] == [False, True]
    assert counters.hit([mine, ours], BEGUN) == A_DAY, "the longest wait is told"


def test_a_table_that_is_filled_forgets_nobody_at_their_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.counters.SLOTS", 512)
    counters = Counters()
    limits = [Limit(f"somebody {number}", 2, A_MINUTE) for number in range(64)]
    assert not any(counters.hit([limit], BEGUN) for limit in limits * 2)
    for number in range(10 * 512):
        counters.hit([Limit(f"made up {number}", 9, A_MINUTE)], BEGUN)
    assert all(counters.hit([limit], BEGUN) for limit in limits)
    for number in range(10 * 512):
        counters.hit([Limit(f"new {number}", 1, A_MINUTE)], BEGUN)
    assert all(counters.hit([limit], BEGUN) for limit in limits), "where all are at their limit, whoever is new waits"
    assert counters.hit([Limit("later", 1, A_MINUTE)], BEGUN + 120) == 0


def test_made_up_credentials_of_one_address_forget_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.counters.SLOTS", 512)
    counters, address = Counters(), Limit("people at an address", 100, A_MINUTE)
    others = [Limit("another", 9, seconds) for seconds in SPANS]
    assert [counters.hit(others, BEGUN) for _ in range(9)] == [0] * 9
    taken = [counters.hit([Limit(f"made up {n}", 10, A_MINUTE), address], BEGUN) == 0 for n in range(10 * 512)]
    assert taken == [True] * 100 + [False] * (10 * 512 - 100), "what is refused for the address takes no place"
    assert all(counters.hit([limit], BEGUN) for limit in others)


def test_nobody_chooses_next_to_whom_they_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the secret, keys that fall where somebody else is counted cannot be found."""
    slots = 512
    monkeypatch.setattr("gateway.counters.SLOTS", slots)

    def place(key: str) -> int:
        told = hashlib.blake2b(f"{A_MINUTE} {key}".encode(), digest_size=16).digest()
        return int.from_bytes(told[:4], "little") % slots

    steered = (f"made up {n}" for n in range(10**6) if place(f"made up {n}") == place("somebody"))
    counters = Counters()
    for key in islice(steered, NEAR):
        counters.hit([Limit(key, 1, A_MINUTE)], BEGUN)
    assert counters.hit([Limit("somebody", 1, A_MINUTE)], BEGUN) == 0


def test_a_table_at_its_size_finds_whom_it_counted() -> None:
    counters = Counters()
    for number in range(SLOTS // 8):
        counters.hit([Limit(f"somebody {number}", 1, A_MINUTE)], BEGUN)
    assert all(counters.hit([Limit(f"somebody {number}", 1, A_MINUTE)], BEGUN + 1) for number in range(500))


# What is good for once


@on_both
def test_what_is_good_for_once_is_used_once_at_whichever_gateway(databases: Databases) -> None:
    url = databases.migrated()
    doors = [Spent(Register.at(url).engine) for _ in range(2)]
    ten = timedelta(minutes=10)
    assert doors[0].first("state", NOW, ten)
    assert not doors[1].first("state", NOW, ten)
    assert doors[1].first("another", NOW, ten)
    assert doors[0].first("state", NOW + ten, ten), "it is forgotten when nobody could bring it any more"
    for door in doors:
        door.engine.dispose()


# The processes themselves


@contextmanager
def started(var: Path, **changed: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A gateway of two processes, and its port."""
    port = free_port()
    settings = {"BEIAN_VAR": str(var), "BEIAN_GATEWAY_PORT": str(port), "BEIAN_GATEWAY_PROCESSES": "2", **changed}
    quickly = "from gateway import __main__, processes; processes.HANGING = 15; __main__.main()"
    command = [sys.executable, "-c", quickly]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **settings}, stderr=pipe, stdout=pipe, text=True
    ) as process:
        try:
            eventually(lambda: len(children(process)) == 2)
            eventually(lambda: answers(port))
            yield process, port
        finally:
            process.terminate()
            process.communicate()


def children(process: subprocess.Popen[str]) -> list[int]:
    """The processes that one has started."""
    try:
        return [int(each) for each in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]
    except OSError:
        return []


def rows_of(register: Register, table: type[SQLModel]) -> int:
    """How many rows a table has."""
    with reading(register.engine) as session:
        return len(session.exec(select(table)).all())


def asked(port: int) -> int:
    """What somebody on a new connection is answered; 0 if by nobody."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/sign-in")
        return connection.getresponse().status
    except (OSError, HTTPException):
        return 0
    finally:
        connection.close()


def test_two_processes_count_together_and_one_that_dies_or_hangs_is_replaced(tmp_path: Path) -> None:
    prepare(url := Settings(var=tmp_path).register_url)
    together = {"BEIAN_LIMITS": "database", "BEIAN_SECRET": "0123456789" * 4}
    with started(tmp_path, BEIAN_READS_A_MINUTE="40", **together) as (process, port):
        met = [asked(port) for _ in range(60)]
        assert met.count(200) + met.count(429) == 60
        assert 38 <= met.count(200) <= 40, "each alone would have answered more"
        for number in (1, 2):
            with pytest.raises(PortTaken, match="BEIAN_GATEWAY_PORT"):
                processes.serve(Settings(gateway_port=port, gateway_processes=number))
        register = Register.at(url)
        eventually(lambda: rows_of(register, CountedRow))  # one of them told the other gateways
        register.engine.dispose()
        first = children(process)
        os.kill(first[0], signal.SIGKILL)
        os.kill(first[1], signal.SIGSTOP)
        eventually(lambda: len({*children(process)} - {*first}) == 2)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        assert not any(Path(f"/proc/{child}").exists() for child in first)


def test_an_answer_is_sent_at_once() -> None:
    port = free_port()
    with processes._bound(Settings(gateway_port=port)) as listening:
        assert listening.proto == socket.IPPROTO_TCP, "else asyncio leaves it to Nagle, who holds it back for 40 ms"


def test_a_port_that_another_gateway_has_is_refused() -> None:
    port = free_port()
    settings = Settings(gateway_port=port, gateway_processes=2)
    with processes._bound(settings) as first, processes._bound(settings) as second:
        first.listen()
        second.listen()
        with pytest.raises(PortTaken, match="BEIAN_GATEWAY_PORT"):
            processes._bound(settings, shared=False)
        processes._bound(settings).close()  # one that is started again has a place beside the others
    processes._bound(settings, shared=False).close()


def test_a_process_that_was_stopped_is_ended_too() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        process.send_signal(signal.SIGSTOP)
        os.waitpid(process.pid, os.WUNTRACED)  # it has stopped
        end([process], within=0.1)
        assert process.returncode == -signal.SIGKILL
