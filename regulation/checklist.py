"""The reviewer's checklist (审核清单): what only a person can judge of an application, and what its leader has to do about a line
that is found wanting (A-30)."""

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from importlib.resources import files
from typing import Any, NamedTuple

from models.findings import Finding
from models.vocabulary import ByKind, Kind
from regulation import data


class Line(NamedTuple):
    """What an officer looks at, by its requirement, and how a return asks the leader to correct it.

    `claimed` are the fields of the form that it is about, by their pointers, `proved` the sorts of documents that prove it.
    """

    code: str
    asks: str
    correction: str
    claimed: tuple[str, ...] = ()
    proved: tuple[str, ...] = ()


class Edition(NamedTuple):
    """A checklist from its day on: the lines for every application of a kind, and what intake finds on some, by name."""

    since: date
    checks: ByKind[tuple[Line, ...]]
    sometimes: Mapping[str, Line]


def _line(row: Mapping[str, Any]) -> Line:
    return Line(row["code"], row["asks"], row["correction"], tuple(row["claimed"]), tuple(row["proved"]))


def _edition(row: Mapping[str, Any]) -> Edition:
    lines = {kind: tuple(map(_line, row[kind.value])) for kind in Kind}
    sometimes = {name: _line(each) for name, each in row["sometimes"].items()}
    return Edition(row["since"], ByKind(a=lines[Kind.A], b=lines[Kind.B]), sometimes)


_written = tomllib.loads((files(data) / "checklist.toml").read_text("utf-8"))

EDITIONS = tuple(map(_edition, _written["editions"]))
"""Every checklist, the one in force last (regulation/data/checklist.toml)."""

CHECKS: ByKind[tuple[Line, ...]] = EDITIONS[-1].checks
"""The lines for every application of a kind."""

SOMETIMES = EDITIONS[-1].sometimes
"""What intake finds on some applications, for an officer to look at."""

CODE_OF_ANOTHER_PROVINCE = SOMETIMES["code_of_another_province"]
CODE_OF_ANOTHER_CITY = SOMETIMES["code_of_another_city"]
CODE_DOES_NOT_FIT = SOMETIMES["code_does_not_fit"]
ANOTHER_FIELD = SOMETIMES["another_field"]
UNKNOWN_ZONE = SOMETIMES["unknown_zone"]
ZONE_OF_ANOTHER_CITY = SOMETIMES["zone_of_another_city"]
NOT_WITH_APPLICATIONS = SOMETIMES["not_with_applications"]

CORRECTIONS: dict[str, str] = {
    line.asks: line.correction
    for edition in EDITIONS
    for line in (*edition.checks.a, *edition.checks.b, *edition.sometimes.values())
}
"""How a return words each line, of whichever edition found it."""

NOT_WANTING = frozenset({"A-51", "G-07", "G-18", "G-22", "G-32", "G-39"})
"""Findings that tell an officer something and that nobody can correct."""


def correction_of(each: Finding, local: Iterable[Line] = ()) -> str | None:
    """What a leader has to do about a finding on its application; None if it is nothing to be corrected.

    `local`: the lines that its city adds (regulation/local_rules.py).
    """
    corrections = CORRECTIONS | {line.asks: line.correction for line in local}
    return None if each.code in NOT_WANTING else corrections.get(each.message, each.message)


def wording(code: str, lines: Iterable[Line], called: str) -> str:
    """What a return asks for where only the reason was picked: by the checklist's `lines` of the code, or of a document by
    what it is `called`. The reviewer's own text never goes out."""
    asked = "；".join(line.correction for line in lines if line.code == code)
    return asked or f"请补充或者更正“{called}”"


CONDITIONS: Mapping[Kind, tuple[str, ...]] = {
    kind: tuple(dict.fromkeys(line.code for line in lines)) for kind, lines in CHECKS.items()
}
"""Every requirement of a kind that only a person can judge, once."""

CONDITIONS_UNTIL_0_3: ByKind[tuple[str, ...]] = ByKind(
    a=("A-12", "A-13", "A-14", "A-15", "A-17", "A-18", "A-19", "A-20", "A-21"),
    b=("B-10", "B-11", "B-12", "B-13"),
)
"""What filings taken in before release 0.4.0 are asked: the conditions of 《工作指引》第五条, and those of 细则第四条."""

OF_MEMBERS: ByKind[tuple[str, ...]] = ByKind(
    a=("A-07", "A-14", "A-15", "A-17", "A-21", "A-28", "A-53"),
    b=("B-08", "B-10", "B-16"),
)
"""The requirements that a change of members bears on; a replaced leader is reviewed in full (G-24)."""

ON_CONFIRMING = ByKind(a=True, b=False)
"""Whether a confirmation brings the checklist; of kind B the recommendation did (B-03)."""
