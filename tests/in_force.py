"""An edition of terms that only a test knows."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from itertools import count
from typing import Any

from regulation.rounds.questionnaires import QUESTIONNAIRES
from regulation.terms import TERMS, find, shipped

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
def terms_of_ones_own() -> Iterator[None]:
    """The shipped terms and what is published meanwhile: other tests of this process have other registers."""
    before, fresh = (TERMS._editions, TERMS._documents, TERMS.look_further), shipped()
    looks = QUESTIONNAIRES.look_further
    TERMS._editions, TERMS._documents, TERMS.look_further = fresh._editions, fresh._documents, None
    find.cache_clear()  # another register may have had other rows under the same name
    try:
        yield
    finally:
        TERMS._editions, TERMS._documents, TERMS.look_further = before
        QUESTIONNAIRES.look_further = looks
        find.cache_clear()
