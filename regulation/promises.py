"""The texts that a leader confirms with an application: 诚信承诺书 (A-27) and 电子送达确认书 (G-18).

Editions are data, dated as terms are: a new wording is another row with its day, and the rows before it stay. What is confirmed is
named in the paper by the digest of its text, so that it can be told for ever which wording it was.
"""

import hashlib
from datetime import date
from typing import Literal

from models.values import Day, Value
from regulation import data

Subject = Literal["integrity", "service"]


class Promise(Value):
    """One wording of a text, in force from a day on, until the next one is."""

    since: Day
    title: str
    number: str
    text: tuple[str, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of its title and paragraphs, a line each, in UTF-8."""
        return hashlib.sha256("\n".join((self.title, *self.text)).encode()).hexdigest()


PROMISES: dict[str, tuple[Promise, ...]] = {
    subject: tuple(Promise.model_validate(each) for each in editions)
    for subject, editions in data.read("promises.json").items()
}
"""The wordings of each text, the oldest first."""


def in_force(subject: Subject, day: date) -> Promise:
    """The wording that is in force on a day; before the first one, that one."""
    known = [each for each in PROMISES[subject] if each.since <= day]
    return known[-1] if known else PROMISES[subject][0]
