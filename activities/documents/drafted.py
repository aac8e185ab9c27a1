"""The application form (D1) of a draft: what is filled in so far, as the form prints it, and what is missing or wrong marked (A-28).

It is printed, sealed and uploaded before the application is submitted, so it is drawn from what no model takes yet.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import UnionType
from typing import Annotated, Any, Union, cast, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from activities.documents import forms
from models.faults import MISSING as REQUIRED
from models.faults import in_chinese
from models.findings import Finding
from models.forms import Application
from models.values import required
from models.vocabulary import Kind, Severity
from regulation.intake import FORM_OF

MISSING = "【未填】"
"""Stands in the form where something has to be filled in."""

WRONG = "【有误：{}】"
"""Follows what has to be put right, with the reason."""

NOT_PRINTED = frozenset({"kind", "filing_id", "jurisdiction", "documents", "type"})
"""What a form requires and does not print: nothing is missing on paper where it is."""


@dataclass
class Drawn:
    """A form as far as it is filled in, how much of it is missing, and how much is wrong."""

    content: bytes
    missing: int
    wrong: int = 0


@dataclass
class _Filling:
    """Makes a model of what was filled in, whatever is missing or wrong; counts what is, and marks it in its place.

    `faults` are what is wrong, by the pointers of their fields; `placed` those of which it says so in their place.
    """

    faults: Mapping[str, str] = field(default_factory=dict)
    mark: str = MISSING
    missing: int = 0
    wrong: int = 0
    placed: set[str] = field(default_factory=set)

    def made(self, model: type[BaseModel], raw: object, at: str = "") -> Any:
        """A model with these values, with `MISSING`, or as it was written with what is wrong with it."""
        told, must = raw if isinstance(raw, Mapping) else {}, required(model) - NOT_PRINTED
        values = {
            name: self._value(info, told.get(name), f"{at}/{name}", must=name in must)
            for name, info in model.model_fields.items()
        }
        return model.model_construct(**values)

    def _value(self, info: FieldInfo, raw: object, at: str, *, must: bool) -> Any:
        kind = _plain(info.annotation)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return self.made(kind, raw, at) if must or raw else None
        if get_origin(kind) is tuple:
            inner, rows = _plain(get_args(kind)[0]), list(raw) if isinstance(raw, list | tuple) else []
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                return tuple(self.made(inner, row, f"{at}/{n}") for n, row in enumerate(rows or [{}] * must))
            self.missing += must and not rows
            return tuple(str(each) for each in rows)
        return self._single(info, raw, at, must=must)

    def _single(self, info: FieldInfo, raw: object, at: str, *, must: bool) -> Any:
        fault = self.faults.get(at)
        if at.rpartition("/")[2] in NOT_PRINTED:
            fault = None
        elif fault:
            self.placed.add(at)
        if raw in (None, ""):
            self.missing += must or bool(fault)
            return self.mark if must or fault else info.get_default()
        try:
            adapter: TypeAdapter[Any] = TypeAdapter(cast("Any", Annotated[info.annotation, info]))
            value = adapter.validate_python(raw)
        except ValidationError as error:
            value, fault = str(raw), fault or in_chinese(error.errors()[0])
        if fault is None:
            return value
        self.wrong += 1
        return f"{forms.written(value)}{WRONG.format(fault.removeprefix(f'{info.title}：'))}"


def _plain(annotation: Any) -> Any:
    """A type without its constraints, and without the possibility of being absent."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, UnionType):
        return _plain(next(each for each in get_args(annotation) if each is not type(None)))
    return annotation


def drawn(raw: Mapping[str, Any], now: datetime, call: int, findings: Iterable[Finding] = ()) -> Drawn:
    """A draft as its form. `call` is the year of the application, `findings` what was found on the draft."""
    filling = _Filling(_faults(findings))
    form: Application = filling.made(FORM_OF[Kind(raw["kind"])], raw)
    others = [said for at, said in filling.faults.items() if at not in filling.placed and not said.endswith(REQUIRED)]
    wrong = filling.wrong + len(others)
    note = left_to_do(filling.missing, wrong, others)
    return Drawn(forms.form_of(form, now, call, note=note), filling.missing, wrong)


def _faults(findings: Iterable[Finding]) -> dict[str, str]:
    """What is wrong with what the form prints, by field: what is found on the whole, or on documents, is nothing to be put right in it."""
    faults: dict[str, list[str]] = {}
    for each in findings:
        if each.severity is Severity.ERROR and each.field and not each.field.startswith("/documents"):
            faults.setdefault(each.field, []).append(each.message)
    return {at: "；".join(dict.fromkeys(said)) for at, said in faults.items()}


def left_to_do(missing: int, wrong: int, others: Sequence[str] = ()) -> str:
    """What stands at the head of a form that is not to be sealed yet; nothing if it may be."""
    if not missing + wrong:
        return ""
    counted = (
        f"草稿：未填或有误共{missing + wrong}处（未填{missing}处，有误{wrong}处），文中注明；补齐、改正后再打印盖章。"
    )
    return counted + (f"另有：{'；'.join(others)}。" if others else "")


def blank(kind: Kind, now: datetime, call: int) -> bytes:
    """The form of a kind with nothing in it, to be looked at before anything is written."""
    form: Application = _Filling(mark="").made(FORM_OF[kind], {"kind": kind.value})
    return forms.form_of(form, now, call)
