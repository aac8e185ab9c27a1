"""Filling in forms as a browser would: what the inputs of a form send, given what somebody writes."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from starlette.datastructures import FormData

from gateway.asked.forms import Field, fields_of
from models.values import Value


def sent(fields: Iterable[Field]) -> Iterator[tuple[str, str]]:
    """The names and values that a browser sends of fields as they stand."""
    for field in fields:
        match field.widget:
            case "group":
                yield from sent(field.fields)
            case "rows" | "checklist" | "picks":
                for row in field.rows:
                    yield from sent(row)
            case "choices":
                yield from ((field.at, each) for each in field.value or ())
            case "texts":
                yield from ((f"{field.at}/{key}", text) for key, text in (field.value or {}).items())
            case "confirm":
                if field.value is True:
                    yield field.at, "yes"
            case "yes_no":
                if field.value is not None:
                    yield field.at, "yes" if field.value else "no"
            case "fixed":
                yield field.at, field.options[0][0]
            case "pick":
                if field.value:
                    yield field.at, field.options[0][0]
            case _:
                yield field.at, "" if field.value is None else str(field.value)


def written(model: type[Value], value: Mapping[str, Any], *, at: str = "") -> FormData:
    """What a browser sends if somebody fills in a model's form with these values."""
    return FormData([*sent(fields_of(model, value, at=at))])


def pointers_of(model: type[Value]) -> set[str]:
    """Every field of a form by its pointer, those within groups too."""

    def below(fields: Iterable[Field]) -> Iterator[str]:
        for field in fields:
            yield field.at
            yield from below(field.fields)

    return set(below(fields_of(model, {})))
