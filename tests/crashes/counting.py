"""Every crash point of a life died at: the points are counted in an undisturbed life, and shared out among others."""

import asyncio
import logging
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from deploy.skipping import skipping_server
from models.vocabulary import Kind
from tests.crashes.house import house
from tests.crashes.lives import YEAR, live
from tests.crashes.outcome import Told, differences, faults, outcome
from tests.crashes.points import FOLDERS, Points


@dataclass(frozen=True)
class Asked:
    """One life: of which kind, and where in it something is to die."""

    kind: Kind
    dies_at: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Lived:
    """What came of it."""

    asked: Asked
    passed: tuple[str, ...]
    died: tuple[str, ...]
    faults: tuple[str, ...]
    outcome: Told
    took: float
    work: float


def lived(asked: Asked) -> Lived:
    """Live it, on a server of its own."""
    os.environ |= {"GOMAXPROCS": "1", "GOGC": "400", "BEIAN_GATEWAY_METRICS_PORT": "0"}
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # workers that die amid their work complain of it
    os.dup2(2, 1)
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    return asyncio.run(_lived(asked))


async def _lived(asked: Asked) -> Lived:
    began, worked, points = time.monotonic(), _work(), Points(asked.dies_at.__contains__)
    with FOLDERS.watched(), tempfile.TemporaryDirectory() as folder:
        async with (
            skipping_server() as server,
            house(server, Path(folder), points, f"{YEAR}-03-15") as lives_in,
        ):
            filing_id = await live(lives_in, asked.kind)
            wrong, told = await faults(lives_in, filing_id), outcome(lives_in)
    took, work = time.monotonic() - began, _work() - worked
    return Lived(asked, tuple(points.passed), tuple(points.died), tuple(wrong), told, took, work)


def _work() -> float:
    """Seconds of a processor that this process has taken, and the servers that it had."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def shared_out(kind: Kind, points: Sequence[str], lives: int) -> Iterator[Asked]:
    """Lives in which together everything dies at each of these points. What follows upon each other falls to different lives:
    so a death meets a service that has recovered from the one before."""
    for number in range(min(lives, len(points))):
        yield Asked(kind, frozenset(points[number::lives]))


def unlike(undisturbed: Lived, lives: Sequence[Lived]) -> list[str]:
    """How lives came to something else than the undisturbed one, and what is wrong with them."""
    found = list(undisturbed.faults)
    for each in lives:
        found += each.faults
        found += differences(undisturbed.outcome, each.outcome)
    return found
