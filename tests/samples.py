"""What `make test` tries a sample of, and `make whole` all of, as CI does: matters of one sort, side by side in hundreds.

A sample is taken evenly, from the first to the last, and is the same in every run.
"""

import os
from collections.abc import Iterable
from typing import TypeVar

WHOLE = "WHOLE" in os.environ

T = TypeVar("T")


def one_in(count: int, every: Iterable[T], begin: int = 0) -> list[T]:
    """One in so many, beginning with the one at `begin`, or all of them. Whoever begins elsewhere has others."""
    found = list(every)
    return found if WHOLE else found[begin % count :: count]


def examples(few: int, many: int) -> int:
    """How many examples are made up."""
    return many if WHOLE else few
