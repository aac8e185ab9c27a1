"""Two versions of what was filled in, field by field: what differs, in words, as it stands on the form."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from pydantic import BaseModel

from gateway.asked.forms import Field, fields_of


@dataclass(frozen=True)
class Difference:
    """One field that two versions say differently; empty where one says nothing."""

    at: str
    label: str
    one: str
    other: str


def differences(
    model: type[BaseModel], one: Mapping[str, Any], other: Mapping[str, Any], *, at: str = "", only: Iterable[str] = ()
) -> list[Difference]:
    """Every field that two versions say differently, in the order of the form."""
    sides = [dict(_told(fields_of(model, each, at=at, only=tuple(only) or None))) for each in (one, other)]
    silent = ("", "")
    found = []
    for place in dict.fromkeys(chain(*sides)):
        (label, first), (also, second) = (side.get(place, silent) for side in sides)
        if first != second:
            found.append(Difference(place, label or also, first, second))
    return found


def differences_of_acts(
    models: Mapping[str, type[BaseModel]], one: Mapping[str, Any], other: Mapping[str, Any]
) -> list[Difference]:
    """Every field that two versions of an act say differently, of those of which either says anything; `models` by where each stands:
    the act itself, and its paper."""
    found = list[Difference]()
    for at, model in models.items():
        parts = [(each.get("content") or {}) if at else each for each in (one, other)]
        said = {name for part in parts for name in part}
        if only := [name for name in model.model_fields if name in said]:
            found += differences(model, *parts, at=at, only=only)
    return found


def _told(fields: Iterable[Field], within: str = "") -> Iterator[tuple[str, tuple[str, str]]]:
    """What each field says, with its label within what it is part of."""
    for field in fields:
        called = f"{within} · {field.called}" if within else field.called
        if field.widget == "group":
            yield from _told(field.fields, called)
        elif field.widget == "rows":
            for number, row in enumerate(field.rows, 1):
                yield from _told(row, f"{called} 第{number}项")
        else:
            yield field.at, (called, _in_words(field))


def _in_words(field: Field) -> str:
    """What is written in a field, as it is read."""
    words = dict(field.options)
    match field.value:
        case None:
            return ""
        case bool(value):
            return "是" if value else "否"
        case list() | tuple() as several:
            return "、".join(words.get(str(each), str(each)) for each in several)
        case dict() as texts:
            return "\n".join(f"{words.get(key, key)}：{text}" for key, text in texts.items())
        case value:
            return words.get(str(value), str(value))
