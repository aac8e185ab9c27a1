"""The application form (D1) of a draft: what is filled in so far, as the form prints it, and what is missing marked (A-28).

It is printed, sealed and uploaded before the application is submitted, so it is drawn from what no model takes yet.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import UnionType
from typing import Annotated, Any, Union, cast, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from activities.documents import forms
from models.forms import Application
from models.values import required
from models.vocabulary import Kind
from regulation.intake import FORM_OF

MISSING = "【未填】"
"""Stands in the form where something has to be filled in."""

NOT_PRINTED = frozenset({"kind", "filing_id", "jurisdiction", "documents", "type"})
"""What a form requires and does not print: nothing is missing on paper where it is."""


@dataclass
class Drawn:
    """A form as far as it is filled in, and how much of it is missing."""

    content: bytes
    missing: int


@dataclass
class _Filling:
    """Makes a model of what was filled in, whatever is missing; counts what is, and puts a mark in its place."""

    missing: int = 0
    mark: str = MISSING

    def made(self, model: type[BaseModel], raw: object) -> Any:
        """A model with these values, with `MISSING` or as it was written where the model would refuse."""
        told, must = raw if isinstance(raw, Mapping) else {}, required(model) - NOT_PRINTED
        values = {
            name: self._value(info, told.get(name), must=name in must) for name, info in model.model_fields.items()
        }
        return model.model_construct(**values)

    def _value(self, info: FieldInfo, raw: object, *, must: bool) -> Any:
        kind = _plain(info.annotation)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return self.made(kind, raw) if must or raw else None
        if get_origin(kind) is tuple:
            inner, rows = _plain(get_args(kind)[0]), list(raw) if isinstance(raw, list | tuple) else []
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                return tuple(self.made(inner, row) for row in rows or [{}] * must)
            self.missing += must and not rows
            return tuple(str(each) for each in rows)
        if raw in (None, ""):
            self.missing += must
            return self.mark if must else info.get_default()
        try:
            adapter: TypeAdapter[Any] = TypeAdapter(cast("Any", Annotated[info.annotation, info]))
            return adapter.validate_python(raw)
        except ValidationError:
            return str(raw)


def _plain(annotation: Any) -> Any:
    """A type without its constraints, and without the possibility of being absent."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, UnionType):
        return _plain(next(each for each in get_args(annotation) if each is not type(None)))
    return annotation


def drawn(raw: Mapping[str, Any], now: datetime, call: int) -> Drawn:
    """A draft as its form. `call` is the year of the application."""
    kind, filling = Kind(raw["kind"]), _Filling()
    form: Application = filling.made(FORM_OF[kind], raw)
    return Drawn(forms.form_of(form, now, call, missing=filling.missing), filling.missing)


def blank(kind: Kind, now: datetime, call: int) -> bytes:
    """The form of a kind with nothing in it, to be looked at before anything is written."""
    form: Application = _Filling(mark="").made(FORM_OF[kind], {"kind": kind.value})
    return forms.form_of(form, now, call)
