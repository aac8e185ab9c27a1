"""The texts that a leader confirms: with an application 诚信承诺书 (A-27) and 电子送达确认书 (G-18), with a year's report (G-11b) and with
a return in a survey (A-35) what is promised there.

Editions are data, dated as terms are, and a deployment adds its own from its folder: a new wording is another edition with its day,
and those before it stay. What is confirmed with an application is named in the paper by the digest of its text, so that it can be told
for ever which wording it was.
"""

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from pydantic import Field

from models.values import Day, Value
from regulation import data
from regulation.editions import Editions, read

Subject = Literal["integrity", "service", "report", "survey"]


class Wording(Value):
    """A text as a file tells it: its title, the number of the requirement that asks for it, its paragraphs."""

    title: str = Field(min_length=1, max_length=60)
    number: str = Field(min_length=1, max_length=10)
    text: tuple[str, ...] = Field(min_length=1, max_length=40)


class Promise(Wording):
    """One wording of a text, in force from a day on, until the next one is."""

    since: Day

    @property
    def digest(self) -> str:
        """SHA-256 of its title and paragraphs, a line each, in UTF-8."""
        return hashlib.sha256("\n".join((self.title, *self.text)).encode()).hexdigest()


class PromisesDocument(Value):
    """An edition as a file: the texts that it words anew, or all of them if it builds on none."""

    edition: str
    base: str | None
    effective: Day
    promises: dict[Subject, Wording]


class PromisesEdition(Value):
    """Every text as it is worded from a day on."""

    name: str
    since: Day
    known_from: Day | None = None
    promises: dict[Subject, Promise]


def _make(raw: Mapping[str, Any], base: PromisesEdition | None) -> PromisesEdition:
    document = read(PromisesDocument, raw)
    if base and document.effective < base.since:
        raise ValueError(f"施行之日不得早于所依据版本的 {base.since}")
    new = {
        subject: Promise(since=document.effective, **each.model_dump()) for subject, each in document.promises.items()
    }
    texts = {**(base.promises if base else {}), **new}
    if missing := sorted(set(SUBJECTS) - set(texts)):
        raise ValueError(f"须写明 {'、'.join(missing)}")
    return PromisesEdition(name=document.edition, since=document.effective, promises=texts)


SUBJECTS: tuple[Subject, ...] = ("integrity", "service", "report", "survey")


def shipped() -> Editions[PromisesEdition]:
    """The editions that come with this release, to which a deployment adds its own."""
    return Editions("承诺文本", _make, map(data.read, data.names("promises")))


PROMISES = shipped()
"""The wordings of each text; a deployment adds its own."""


def in_force(subject: Subject, day: date) -> Promise:
    """The wording that is in force on a day; before the first one, that one."""
    return PROMISES[PROMISES.newest(day, lambda edition: edition.since <= day)].promises[subject]
