"""An edition of terms that only a test knows."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from itertools import count
from typing import Any

from regulation import calendar, terms
from regulation.calendar import CALENDARS
from regulation.editions import Editions
from regulation.rounds import questionnaires
from regulation.rounds.questionnaires import QUESTIONNAIRES
from regulation.terms import TERMS

NUMBERS = count(1)


@contextmanager
def also_in_force(day: date, *rows: Mapping[str, Any], base: str | None = None) -> Iterator[str]:
    """The newest terms of a day, or those of an edition, with some rows more, for a while; its name."""
    name = f"test-{next(NUMBERS)}"
    base = base or TERMS.newest(day, lambda edition: edition.since <= day)
    document = {"edition": name, "base": base, "effective": str(TERMS[base].since), "document_no": "测试", "rows": rows}
    try:
        TERMS.add(document)
        yield name
    finally:
        TERMS._editions.pop(name, None)
        TERMS._documents.pop(name, None)


def asked_by(jurisdiction: str, kind: str, *rules: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row of terms: what a city asks besides."""
    return {"key": "local.rules", "kind": kind, "jurisdiction": jurisdiction, "value": list(rules), "article": "A-51"}


@contextmanager
def editions_of_ones_own() -> Iterator[None]:
    """The shipped terms, calendars and questionnaires, and what is published meanwhile: other tests of this process have other
    registers."""
    mine: tuple[tuple[Editions[Any], Editions[Any]], ...]
    mine = (TERMS, terms.shipped()), (CALENDARS, calendar.shipped()), (QUESTIONNAIRES, questionnaires.shipped())
    before = [(each, each._editions, each._documents, each.look_further) for each, _ in mine]
    for each, fresh in mine:
        each._editions, each._documents, each.look_further = fresh._editions, fresh._documents, None
    _forget()
    try:
        yield
    finally:
        for each, editions, documents, looks in before:
            each._editions, each._documents, each.look_further = editions, documents, looks
        _forget()


def _forget() -> None:
    """Whatever the law remembers by the name of an edition: another register may have had other rows under the same name."""
    for name, module in list(sys.modules.items()):
        if name.startswith("regulation."):
            for each in vars(module).values():
                if hasattr(each, "cache_clear"):
                    each.cache_clear()
