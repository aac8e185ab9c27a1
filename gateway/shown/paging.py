"""Pages of a list (分页): one page of what was read, and where the next begins, as an address carries it.

A place names what the page ended with, by what the list is ordered by: whatever comes or goes meanwhile, nothing is shown
twice and nothing left out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from models.values import INSTANT

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """What one page shows, and the place where the next begins; empty if there is none."""

    shown: tuple[T, ...]
    more: str = ""


def page_of(read: Sequence[T], most: int, place: Callable[[T], str]) -> Page[T]:
    """One page of what was read, which is one more than a page shows where there is a next."""
    shown = tuple(read[:most])
    return Page(shown, place(shown[-1]) if len(read) > most else "")


def place(*instants: datetime, key: str) -> str:
    """A place in a list that is ordered by instants and, of the same ones, by a key."""
    return "~".join([*(each.isoformat() for each in instants), key])


def position(text: str, instants: int = 1) -> tuple[tuple[datetime, ...], str] | None:
    """The other way round; None is the beginning. Raises `ValueError` if it is no place."""
    if not text:
        return None
    *times, key = text.split("~", instants)
    try:
        at = tuple(map(INSTANT.validate_python, times))
    except ValueError:
        at = ()
    if len(at) != instants or not key:
        raise ValueError("不是本列表给出的续页标记")
    return at, key
