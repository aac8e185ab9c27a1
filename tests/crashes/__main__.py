"""`make crashes`: one whole life of each kind, in which everything dies once at every step; how many, and whether all are equal."""

import argparse
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from itertools import chain
from multiprocessing import get_context

from cli.output import console
from models.values import day_of
from models.vocabulary import Kind
from tests.crashes.counting import Asked, Lived, lived, shared_out, unlike

LIVES = 10
"""Among how many lives of a kind its points are shared out."""

AT_ONCE = 4
"""Lives at once: on two processors, for half of the time each waits for its server."""


def main(kinds: Sequence[Kind], lives: int, at_once: int, days: int) -> int:
    """Live them, or those whose turn is today if they take so many `days`: each day others, so that every point has its turn. What a life did not come to, because it had died of something before it, is left to another one."""
    began, deaths, found = time.monotonic(), 0, list[str]()
    with ProcessPoolExecutor(at_once, get_context("forkserver")) as processes:
        censuses = dict(zip(kinds, processes.map(lived, map(Asked, kinds)), strict=True))
        today = day_of(datetime.now(UTC)).toordinal() % days
        left, before = {kind: list(censuses[kind].passed)[today::days] for kind in kinds}, 0
        points_of_today = sum(map(len, left.values()))
        while (points := sum(map(len, left.values()))) and points != before:
            asked = [each for kind in kinds for each in shared_out(kind, left[kind], lives)]
            for one in processes.map(lived, asked):
                kind = one.asked.kind
                said(one, differs := unlike(censuses[kind], [one]))
                found, deaths = found + differs, deaths + len(one.died)
                left[kind] = [each for each in left[kind] if each not in one.died]
            before, lives = points, 1
    found += [f"never come to: {each}" for each in chain(*left.values())]
    told = "all equal" if not found else f"{len(found)} differences"
    console.print(
        f"{points_of_today} points, {deaths} deaths, {told} ({time.monotonic() - began:.0f} s)", soft_wrap=True
    )
    return 1 if found else 0


def said(one: Lived, differs: Sequence[str]) -> None:
    """One life, for whoever waits."""
    told = "equal" if not differs else f"{len(differs)} differences"
    work = f"{one.took:.0f} s, {one.work:.0f} s of a processor"
    console.print(f"kind {one.asked.kind}: {len(one.died)} deaths in {work}: {told}", soft_wrap=True)
    for each in differs[:20]:
        console.print(f"  {each[:1000]}", soft_wrap=True, markup=False)


if __name__ == "__main__":
    asks = argparse.ArgumentParser(description=__doc__)
    asks.add_argument("--kinds", default="AB")
    asks.add_argument("--lives", type=int, default=LIVES)
    asks.add_argument("--at-once", type=int, default=AT_ONCE)
    asks.add_argument("--days", type=int, default=1)
    chosen = asks.parse_args()
    sys.exit(main([Kind(each) for each in chosen.kinds], chosen.lives, chosen.at_once, chosen.days))
