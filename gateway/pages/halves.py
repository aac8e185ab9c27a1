"""What the first of two people, or of two offices, said (G-42), beside what the second is about to say."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from gateway.asked.compared import Difference, differences_of_acts
from gateway.tools import Tools
from models.acts import By
from regulation import offices


@dataclass(frozen=True)
class FirstHalf:
    """Under which entry, when and by whom it was said, and every field in which the second says something else. `binds`: it takes
    effect only if both say the same; what was said before that was the law takes effect as the second says it."""

    number: int
    at: datetime
    by: str
    differs: tuple[Difference, ...] = ()
    binds: bool = True


def first_half(
    tools: Tools, number: int, at: datetime, by: By, said: Mapping[str, Any], now: Mapping[str, Any],
    models: Mapping[str, type[BaseModel]],
) -> FirstHalf:  # fmt: skip
    """A first half beside the second; `models` by where each stands: the act itself, and its paper."""
    named = tools.people.named([by.person]).get(by.person, by.person)
    return FirstHalf(
        number, at, f"{offices.title(by.role, by.office)} {named}", tuple(differences_of_acts(models, said, now))
    )
