"""Editions: dated data that never changes once it was used.

An edition of terms or of the calendar names the one it builds on. What is shipped comes first; a deployment adds its
own from a folder, and a running service those that are published in it (activities/published_editions.py). Filings count by
editions, so the register remembers the digest of each one that was used, and `changed` tells whether one was altered, or lost,
since.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from threading import Lock
from typing import Any, Generic, Protocol, TypeVar

from pydantic import ValidationError

from models.faults import in_chinese
from models.values import Value
from regulation.reading import pointer

NAME = re.compile(r"[\w.-]{1,40}")


class EditionRefused(Exception):
    """A file of editions cannot be used; the message says which one and why."""


D = TypeVar("D", bound=Value)


class Edition(Protocol):
    """What both kinds of edition have. Of two, the one with the later `since` is newer, else the one added later."""

    @property
    def name(self) -> str: ...
    @property
    def since(self) -> date: ...
    @property
    def known_from(self) -> date | None: ...


E = TypeVar("E", bound=Edition)


class Editions(Generic[E]):
    """The editions of one subject; `make` turns a document and the edition it builds on into an edition.

    A process that serves takes in more while others read; so nothing here is changed, only replaced. `look_further` is what it
    does where one is asked for by a name that it does not know: another process may have published it.

    Two editions may build on the same one (a fork). Neither has the other's rows: what is newer counts, and whoever wants
    both repeats the rows in an edition that builds on the newer one.
    """

    def __init__(
        self,
        subject: str,
        make: Callable[[Mapping[str, Any], E | None], E],
        shipped: Iterable[Mapping[str, Any]] = (),
    ) -> None:
        self.subject = subject
        self._make = make
        self._editions: dict[str, E] = {}
        self._documents: dict[str, Mapping[str, Any]] = {}
        self._adding = Lock()
        self.look_further: Callable[[], None] | None = None
        for document in shipped:
            self.add(document)

    def add(self, document: Mapping[str, Any]) -> None:
        """Take one more edition. The same document twice is one edition; a changed one is refused."""
        name = str(document.get("edition"))
        with self._adding:
            if name in self._editions and self._documents[name] != document:
                raise EditionRefused(f"{self.subject} {name}: 已有同名而内容不同的版本")
            if name not in self._editions:
                made = self.made(document)
                self._documents = {**self._documents, name: document}
                self._editions = {**self._editions, name: made}

    def made(self, document: Mapping[str, Any]) -> E:
        """What a document would be as an edition; it is not taken. Raises `EditionRefused` for one that cannot be."""
        name, base = str(document.get("edition")), document.get("base")
        if not NAME.fullmatch(name):
            raise EditionRefused(f"{self.subject} {name[:60]}: 版本名称须为1至40个文字、数字或._-")
        there = isinstance(base, str) and base in self._editions
        if (self._editions or base is not None) and not there:
            raise EditionRefused(f"{self.subject} {name}: 没有它所依据的版本 {base}")
        try:
            return self._make(document, self._editions[base] if base else None)
        except ValueError as error:
            raise EditionRefused(f"{self.subject} {name}: {_in_chinese(error)}") from error

    @property
    def documents(self) -> list[Mapping[str, Any]]:
        """Every edition as it was written, each after the one it builds on."""
        return list(self._documents.values())

    def __contains__(self, name: object) -> bool:
        if isinstance(name, str) and name not in self._editions and self.look_further and NAME.fullmatch(name):
            self.look_further()
        return isinstance(name, str) and name in self._editions

    def __getitem__(self, name: str) -> E:
        try:
            return self._editions[name]
        except KeyError:
            if name in self:
                return self._editions[name]
            raise

    def __iter__(self) -> Iterator[str]:
        return iter(self._editions)

    def newest(self, day: date, suits: Callable[[E], bool] = lambda _: True) -> str:
        """The newest edition that was known on a day and suits; the first one if none does."""
        known = [name for name in self if _known(self[name], day) and suits(self[name])]
        return max(known, key=self._age) if known else next(iter(self))

    def newer(self, name: str, than: str) -> bool:
        """Whether one edition is newer than another."""
        return self._age(name) > self._age(than)

    def digest(self, name: str) -> str:
        """SHA-256 over an edition and everything it builds on: what a filing that counts by it relies on."""
        content = hashlib.sha256()
        for document in self.ancestry(name):
            content.update(json.dumps(document, sort_keys=True, ensure_ascii=False).encode())
        return content.hexdigest()

    def ancestry(self, name: str) -> list[Mapping[str, Any]]:
        """An edition and everything it builds on, itself first."""
        if name not in self:
            raise KeyError(name)
        found, ancestor = list[Mapping[str, Any]](), name
        while ancestor:
            found.append(self._documents[ancestor])
            ancestor = found[-1].get("base") or ""
        return found

    def changed(self, used: Mapping[str, str]) -> list[str]:
        """Of the editions that filings count by (name → digest), those that are gone or no longer the same."""
        return [name for name, digest in used.items() if name not in self or self.digest(name) != digest]

    def _age(self, name: str) -> tuple[date, int]:
        return self[name].since, list(self).index(name)


def read(model: type[D], document: Mapping[str, Any]) -> D:
    """A document as its model; raises `ValueError` for one that does not fit."""
    return model.model_validate(dict(document))


def over(document: Value, base: object | None, *names: str) -> dict[str, Any]:
    """What an edition holds of these: as its document says, or, where that is silent, as the edition that it builds on does.

    Raises `ValueError` if neither says it.
    """
    held = {name: getattr(document, name) for name in names}
    held |= {name: getattr(base, name, None) for name, value in held.items() if value is None}
    if missing := [name for name, value in held.items() if value is None]:
        raise ValueError(f"须写明 {'、'.join(missing)}")
    return held


def _in_chinese(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    return "；".join(f"{pointer(*each['loc'])} {in_chinese(each)}" for each in error.errors())


def _known(edition: Edition, day: date) -> bool:
    """An edition prepared ahead is not used before its day; one without such a day always was known."""
    return edition.known_from is None or edition.known_from <= day
