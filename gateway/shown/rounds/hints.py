"""A hint: what stands beside a form for whoever judges, each line with where it stands. It fills in nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class Said(Protocol):
    """One thing that is known, and where it stands."""

    @property
    def says(self) -> str: ...
    @property
    def rests_on(self) -> str: ...


@dataclass(frozen=True)
class Hint:
    """About what, what evidence is to be looked for, and what the register says; `at`: the field beside which it stands."""

    title: str
    looks_for: str
    says: Sequence[Said]
    at: str = ""
