"""What an entry of a round leads to: letters, acts, publications, new terms; and how a kind tells it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from models.acts import By
from models.rounds.round import Round, RoundEntry
from models.vocabulary import Role
from regulation.rounds.known import Known, Needs


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that an entry leads to: which text, to whom, about which alliance, and the words of its own that the text fills in."""

    text: str
    to: Role
    office: str
    filing_id: str | None = None
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ActOnFiling:
    """An act that an entry leads to on a filing: as a door would take it, without id and sender, which the round fills in.

    It is done in the name of whoever did the round's act, or of another of those who said the same (`by`).
    """

    filing_id: str
    act: Mapping[str, Any]
    by: By | None = None


@dataclass(frozen=True, slots=True)
class ActInRound:
    """An act that an entry leads to in the round itself, done by the service in the name of the office that opened it: what
    only the register could tell when its day came."""

    act: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Published:
    """What an entry makes public, from a day to another (exclusive of neither), or for good."""

    kind: str
    content: Mapping[str, Any]
    shown_from: date
    shown_until: date | None = None


@dataclass(frozen=True, slots=True)
class NewTerms:
    """What an entry changes in the terms of the law: the rows of an edition, over those of the edition whose name they are given.

    It is in force before anybody is told.
    """

    document_no: str
    rows: Callable[[str], Sequence[Mapping[str, Any]]]


Consequence = Letter | ActOnFiling | ActInRound | Published | NewTerms


@dataclass(frozen=True)
class Follows:
    """What follows from the entries of one event: what it asks of the register, and what it leads to.

    The order of what it leads to is always the same: by it each thing has its id, so that nothing is done twice.
    """

    then: Callable[[Round, RoundEntry, Mapping[str, Any] | None, Known], Iterable[Consequence]]
    asks: Callable[[Round, RoundEntry], Needs] = lambda round_, entry: Needs()


PROPOSED = "{}:proposed"
"""Of what several must say, under what `Rules.follows` has what follows from a first half: that others are told of it."""
